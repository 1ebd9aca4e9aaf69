//! Options of hop-by-hop and destination options headers (RFC 8200, section 4.2; the others where they are read).

use super::*;
use prosector_sdk::handle::{Handle, Variable};

mod kind {
    pub const PAD_1: u8 = 0x00;
    pub const PAD_N: u8 = 0x01;
    pub const TUNNEL_LIMIT: u8 = 0x04;
    pub const ROUTER_ALERT: u8 = 0x05;
    pub const CALIPSO: u8 = 0x07;
    pub const SMF_DPD: u8 = 0x08;
    pub const PDM: u8 = 0x0f;
    pub const QUICK_START: u8 = 0x26;
    pub const PATH_MTU: u8 = 0x30;
    pub const RPL: u8 = 0x63;
    pub const MPL: u8 = 0x6d;
    pub const ILNP_NONCE: u8 = 0x8b;
    pub const LINE_ID: u8 = 0x8c;
    pub const JUMBO: u8 = 0xc2;
    pub const HOME_ADDRESS: u8 = 0xc9;
    pub const DFF: u8 = 0xee;
}

/// Reads options up to the limit. `jumbo` becomes the length of a jumbogram's payload.
pub(super) fn read(pdu: &mut Pdu<'_>, jumbo: &mut Option<u32>) -> Step {
    while pdu.wire_remaining() > 0 {
        pdu.group(OPT, |pdu| {
            let at = pdu.position();
            if pdu.peek(OPT_TYPE)? == kind::PAD_1 {
                pdu.mark(OPT_TYPE, at..at + 1);
                pdu.mark(OPT_PAD1, at..at + 1);
                return pdu.skip(1);
            }
            let kind = pdu.take(OPT_TYPE)?;
            let (len, rest) = (usize::from(pdu.take(OPT_LENGTH)?), pdu.wire_remaining());
            if len > rest {
                let text = format_args!("{len} bytes, but the header ends after {rest}");
                pdu.diagnostic(Severity::Error, "bad-option", at..at + 2, text);
            }
            let len = len.min(rest);
            pdu.within(OPT_LENGTH, len, |pdu| body(pdu, kind, len, jumbo))
        })?;
    }
    Ok(())
}

/// Reads the `len` bytes behind type and length.
fn body(pdu: &mut Pdu<'_>, kind: u8, len: usize, jumbo: &mut Option<u32>) -> Step {
    let right = match kind {
        kind::TUNNEL_LIMIT => 1,
        kind::ROUTER_ALERT => 2,
        kind::DFF => 3,
        kind::PATH_MTU | kind::JUMBO | kind::RPL => 4,
        kind::QUICK_START => 6,
        kind::PDM => 10,
        kind::HOME_ADDRESS => 16,
        kind::CALIPSO => len.max(8),
        kind::MPL => len.max(2),
        kind::SMF_DPD | kind::LINE_ID => len.max(1),
        _ => len,
    };
    if len != right {
        let at = pdu.position();
        let text = format_args!("option {kind:#04x} has {len} bytes instead of {right}");
        pdu.diagnostic(Severity::Error, "bad-option", at - 1..at, text);
        if len < right {
            return bytes(pdu, OPT_UNKNOWN_DATA);
        }
    }
    match kind {
        kind::PAD_N => pdu.take_bytes(OPT_PADN, len).map(drop),
        // RFC 2473, section 4.1.1.
        kind::TUNNEL_LIMIT => pdu.take(OPT_TEL).map(drop),
        // RFC 2711.
        kind::ROUTER_ALERT => pdu.take(OPT_ROUTER_ALERT).map(drop),
        // RFC 2675, section 2.
        kind::JUMBO => pdu.take(OPT_JUMBO).map(|len| *jumbo = Some(len)),
        // RFC 9268, section 5.
        kind::PATH_MTU => {
            pdu.take(OPT_PMTU_MIN)?;
            pdu.show(OPT_PMTU_RTN)?;
            pdu.skip(1)?;
            pdu.take(OPT_PMTU_R_FLAG).map(drop)
        }
        // RFC 5570, section 5.1.
        kind::CALIPSO => {
            pdu.take(OPT_CALIPSO_DOI)?;
            let bitmap = 4 * usize::from(pdu.take(OPT_CALIPSO_CMPT_LENGTH)?);
            pdu.take(OPT_CALIPSO_SENS_LEVEL)?;
            pdu.take(OPT_CALIPSO_CHECKSUM)?;
            match bitmap.min(pdu.wire_remaining()) {
                0 => Ok(()),
                len => pdu.take_bytes(OPT_CALIPSO_CMPT_BITMAP, len).map(drop),
            }
        }
        // RFC 6621, section 6.1.1.
        kind::SMF_DPD => {
            if pdu.show(OPT_SMF_DPD_HASH_BIT)? {
                return bytes(pdu, OPT_SMF_DPD_HAV);
            }
            let tagger = pdu.show(OPT_SMF_DPD_TID_TYPE)?;
            let len = usize::from(pdu.take(OPT_SMF_DPD_TID_LEN)?) + 1;
            if tagger != 0 {
                pdu.take_bytes(OPT_SMF_DPD_TAGGER_ID, len.min(pdu.wire_remaining()))?;
            }
            bytes(pdu, OPT_SMF_DPD_IDENT)
        }
        // RFC 8250, section 3.2.
        kind::PDM => {
            pdu.take(OPT_PDM_SCALE_DTLR)?;
            pdu.take(OPT_PDM_SCALE_DTLS)?;
            pdu.take(OPT_PDM_PSN_THIS_PKT)?;
            pdu.take(OPT_PDM_PSN_LAST_RECV)?;
            pdu.take(OPT_PDM_DELTA_LAST_RECV)?;
            pdu.take(OPT_PDM_DELTA_LAST_SENT).map(drop)
        }
        // RFC 4782, section 3.2.
        kind::QUICK_START => {
            let function = pdu.show(OPT_QS_FUNC)?;
            pdu.take(OPT_QS_RATE)?;
            pdu.take(if function == 0 { OPT_QS_TTL } else { OPT_QS_UNUSED })?;
            pdu.take(OPT_QS_NONCE).map(drop)
        }
        // RFC 6553, section 3.
        kind::RPL => {
            pdu.take(OPT_RPL_FLAG)?;
            pdu.take(OPT_RPL_INSTANCE_ID)?;
            pdu.take(OPT_RPL_SENDER_RANK).map(drop)
        }
        // RFC 7731, section 6.1.
        kind::MPL => {
            pdu.take(OPT_MPL_FLAG)?;
            pdu.take(OPT_MPL_SEQUENCE)?;
            bytes(pdu, OPT_MPL_SEED_ID)
        }
        // RFC 6744, section 2.
        kind::ILNP_NONCE => bytes(pdu, OPT_ILNP_NONCE),
        // RFC 6788, section 6.
        kind::LINE_ID => {
            let len = usize::from(pdu.take(OPT_LIO_LENGTH)?);
            pdu.take_bytes(OPT_LIO_LINE_ID, len.min(pdu.wire_remaining())).map(drop)
        }
        // RFC 6275, section 6.3.
        kind::HOME_ADDRESS => pdu.take(OPT_MIPV6_HOME_ADDRESS).map(drop),
        // RFC 6971, section 8.
        kind::DFF => {
            pdu.take(OPT_DFF_FLAGS)?;
            pdu.take(OPT_DFF_SEQUENCE_NUMBER).map(drop)
        }
        // RFC 4727, section 3.4: the low five bits all set but the last.
        _ if kind & 0x1f == 0x1e => bytes(pdu, OPT_EXPERIMENTAL),
        _ => pdu.take_bytes(OPT_UNKNOWN, len).map(drop),
    }?;
    if len > right { bytes(pdu, OPT_UNKNOWN_DATA) } else { Ok(()) }
}

/// Takes what is left of the option, if there is something.
fn bytes(pdu: &mut Pdu<'_>, field: Handle<Variable>) -> Step {
    match pdu.wire_remaining() {
        0 => Ok(()),
        len => pdu.take_bytes(field, len).map(drop),
    }
}
