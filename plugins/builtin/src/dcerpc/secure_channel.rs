//! What the secure channel of NETLOGON says behind a PDU (MS-NRPC, section 2.2.1.3).

use super::*;

pub(super) fn verifier(pdu: &mut Pdu<'_>, binds: bool) -> Step {
    if binds { message(pdu) } else { signature(pdu) }
}

/// NL_AUTH_MESSAGE: names, each of which a flag announces.
fn message(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(NL_TYPE)?;
    let flags = pdu.take(NL_FLAGS)?;
    for (flag, field) in [(0x01, NL_NB_DOMAIN), (0x02, NL_NB_HOST)] {
        if flags & flag != 0 {
            let rest = pdu.rest();
            let len = rest.iter().position(|&b| b == 0).unwrap_or(rest.len());
            pdu.take_bytes(field, len)?;
            pdu.skip(1)?;
        }
    }
    for (flag, field) in [(0x04, NL_DNS_DOMAIN), (0x08, NL_DNS_HOST), (0x10, NL_NB_HOST_UTF8)] {
        if flags & flag != 0 {
            labels(pdu, field)?;
        }
    }
    Ok(())
}

/// A name in labels (RFC 1035, section 4.1.4), but without pointers.
fn labels(pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>) -> Step {
    let at = pdu.position();
    let mut text = Vec::new();
    loop {
        let rest = pdu.rest();
        let len = usize::from(rest.first().copied().unwrap_or(0));
        pdu.skip(1 + len)?;
        if len == 0 {
            break;
        }
        if !text.is_empty() {
            text.push(b'.');
        }
        text.extend_from_slice(rest.get(1..=len).unwrap_or_default());
    }
    pdu.computed_bytes(field, at..pdu.position(), &text);
    Ok(())
}

/// NL_AUTH_SIGNATURE and NL_AUTH_SHA2_SIGNATURE.
fn signature(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(NL_SIGN)?;
    pdu.take(NL_SEAL)?;
    pdu.skip(2)?;
    pdu.take_bytes(NL_SIGNATURE_FLAGS, 2)?;
    pdu.take_bytes(NL_SEQUENCE, 8)?;
    pdu.take_bytes(NL_DIGEST, 8)?;
    // Only of PDUs that are encrypted.
    if pdu.remaining() >= 8 {
        pdu.take_bytes(NL_NONCE, 8)?;
    }
    Ok(())
}
