//! QUIC's transport parameters (RFC 9000, section 18), which an extension has.

use super::handshake::part;
use super::reader::Reader;
use super::*;

/// Records a number of variable length (RFC 9000, section 16) and moves behind it.
fn varint(pdu: &mut Pdu<'_>, field: Handle<ComputedWord>) -> Result<u64, Stop> {
    let at = pdu.position();
    let mut reader = Reader(pdu.rest());
    let value = reader.varint();
    // Where it does not fit, the stop says so.
    pdu.skip(if value.is_some() { pdu.remaining() - reader.0.len() } else { pdu.remaining() + 1 })?;
    let value = value.unwrap_or_default();
    pdu.computed(field, at..pdu.position(), value);
    Ok(value)
}

/// Reads the parameters up to the limit.
pub(super) fn parameters(pdu: &mut Pdu<'_>, _message: u8) -> Step {
    while pdu.wire_remaining() > 0 {
        let kind = varint(pdu, QUIC_PARAMETER_TYPE)?;
        let len = varint(pdu, QUIC_PARAMETER_LENGTH)? as usize;
        if len <= pdu.remaining() {
            pdu.mark(QUIC_PARAMETER_VALUE, pdu.position()..pdu.position() + len);
        }
        part(pdu, QUIC_PARAMETER_VALUE, len, |pdu| value(pdu, kind))?;
    }
    Ok(())
}

fn value(pdu: &mut Pdu<'_>, kind: u64) -> Step {
    let number = match kind {
        0x01 => QUIC_PARAMETER_MAX_IDLE_TIMEOUT,
        0x03 => QUIC_PARAMETER_MAX_UDP_PAYLOAD_SIZE,
        0x04 => QUIC_PARAMETER_INITIAL_MAX_DATA,
        0x05 => QUIC_PARAMETER_INITIAL_MAX_STREAM_DATA_BIDI_LOCAL,
        0x06 => QUIC_PARAMETER_INITIAL_MAX_STREAM_DATA_BIDI_REMOTE,
        0x07 => QUIC_PARAMETER_INITIAL_MAX_STREAM_DATA_UNI,
        0x08 => QUIC_PARAMETER_INITIAL_MAX_STREAMS_BIDI,
        0x09 => QUIC_PARAMETER_INITIAL_MAX_STREAMS_UNI,
        0x0a => QUIC_PARAMETER_ACK_DELAY_EXPONENT,
        0x0b => QUIC_PARAMETER_MAX_ACK_DELAY,
        0x0e => QUIC_PARAMETER_ACTIVE_CONNECTION_ID_LIMIT,
        0x20 => QUIC_PARAMETER_MAX_DATAGRAM_FRAME_SIZE,
        0x1057 => QUIC_PARAMETER_LOSS_BITS,
        0x3127 => QUIC_PARAMETER_GOOGLE_INITIAL_RTT,
        0x7158 => QUIC_PARAMETER_ENABLE_TIME_STAMP_V2,
        0xff03_de1a | 0xff04_de1b => QUIC_PARAMETER_MIN_ACK_DELAY,
        _ => return other(pdu, kind),
    };
    varint(pdu, number)?;
    Ok(())
}

fn other(pdu: &mut Pdu<'_>, kind: u64) -> Step {
    let bytes = match kind {
        0x00 => QUIC_PARAMETER_ORIGINAL_DESTINATION_CONNECTION_ID,
        0x02 => QUIC_PARAMETER_STATELESS_RESET_TOKEN,
        0x0f => QUIC_PARAMETER_INITIAL_SOURCE_CONNECTION_ID,
        0x10 => QUIC_PARAMETER_RETRY_SOURCE_CONNECTION_ID,
        0x3128 => QUIC_PARAMETER_GOOGLE_CONNECTION_OPTIONS,
        0x3129 => QUIC_PARAMETER_GOOGLE_USER_AGENT,
        0x0d => return preferred_address(pdu),
        // Version information (RFC 9368, section 3).
        0x11 => {
            pdu.take(QUIC_PARAMETER_VI_CHOSEN_VERSION)?;
            while pdu.wire_remaining() > 0 {
                pdu.take(QUIC_PARAMETER_VI_OTHER_VERSION)?;
            }
            return Ok(());
        }
        0x4752 => {
            pdu.take(QUIC_PARAMETER_GOOGLE_QUIC_VERSION)?;
            if pdu.wire_remaining() > 0 {
                pdu.take(QUIC_PARAMETER_GOOGLE_SUPPORTED_VERSIONS_LENGTH)?;
            }
            while pdu.wire_remaining() > 0 {
                pdu.take(QUIC_PARAMETER_GOOGLE_SUPPORTED_VERSION)?;
            }
            return Ok(());
        }
        _ => return Ok(()),
    };
    pdu.take_rest(bytes);
    Ok(())
}

fn preferred_address(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(QUIC_PARAMETER_PREFERRED_ADDRESS_IPV4ADDRESS)?;
    pdu.take(QUIC_PARAMETER_PREFERRED_ADDRESS_IPV4PORT)?;
    pdu.take(QUIC_PARAMETER_PREFERRED_ADDRESS_IPV6ADDRESS)?;
    pdu.take(QUIC_PARAMETER_PREFERRED_ADDRESS_IPV6PORT)?;
    let len = pdu.take(QUIC_PARAMETER_PREFERRED_ADDRESS_CONNECTIONID_LENGTH)?.into();
    pdu.take_bytes(QUIC_PARAMETER_PREFERRED_ADDRESS_CONNECTIONID, len)?;
    pdu.take_rest(QUIC_PARAMETER_PREFERRED_ADDRESS_STATELESSRESETTOKEN);
    Ok(())
}
