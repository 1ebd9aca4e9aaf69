//! Signed certificate timestamps (RFC 6962, section 3.3), in an extension or in a certificate.

use super::handshake::{part, some};
use super::reader::Reader;
use super::*;

/// Reads a list of them and its length.
pub(super) fn list(pdu: &mut Pdu<'_>) -> Step {
    let len = pdu.take(SCT_SCTS_LENGTH)?.into();
    part(pdu, SCT_SCTS_LENGTH, len, |pdu| {
        while pdu.wire_remaining() > 0 {
            let len = pdu.take(SCT_SCT_LENGTH)?.into();
            part(pdu, SCT_SCT_LENGTH, len, one)?;
        }
        Ok(())
    })
}

fn one(pdu: &mut Pdu<'_>) -> Step {
    if pdu.take(SCT_SCT_VERSION)? != 0 {
        return Ok(());
    }
    pdu.take(SCT_SCT_LOGID)?;
    let at = pdu.position();
    let ms = Reader(pdu.rest()).number(8).unwrap_or(0);
    pdu.skip(8)?;
    pdu.computed(SCT_SCT_TIMESTAMP, at..at + 8, (ms as u64).wrapping_mul(1_000_000));
    some(pdu, SCT_SCT_EXTENSIONS_LENGTH, SCT_SCT_EXTENSIONS)?;
    pdu.take(HANDSHAKE_SIG_HASH_ALG)?;
    some(pdu, SCT_SCT_SIGNATURE_LENGTH, SCT_SCT_SIGNATURE)
}
