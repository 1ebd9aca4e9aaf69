//! Texts in fields of a fixed length, which NULs fill up.

use prosector_sdk::handle::{Handle, Variable};
use prosector_sdk::prelude::*;

/// Takes the next `len` bytes, and records the text in them, up to the first NUL.
pub(crate) fn take_padded<'a>(pdu: &mut Pdu<'a>, field: Handle<Variable>, len: usize) -> Result<&'a [u8], Stop> {
    let rest = pdu.rest();
    let Some(bytes) = rest.get(..len) else {
        return pdu.take_bytes(field, len);
    };
    let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    let at = pdu.position();
    pdu.mark(field, at..at + text.len());
    pdu.skip(len)?;
    Ok(text)
}
