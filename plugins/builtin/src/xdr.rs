//! What the programs of ONC RPC share of XDR, the external data representation (RFC 4506).

use prosector_sdk::handle::{Handle, Variable};
use prosector_sdk::prelude::*;

/// The fields of one protocol that stand around texts and bytes.
pub(crate) struct Xdr {
    pub(crate) length: Handle<u32>,
    pub(crate) fill: Handle<Variable>,
}

impl Xdr {
    /// Text or bytes of variable length (section 4.10 and 4.11): the length, the bytes, and what fills the last word.
    pub(crate) fn opaque<'a>(&self, pdu: &mut Pdu<'a>, field: Handle<Variable>) -> Result<&'a [u8], Stop> {
        let len = pdu.take(self.length)? as usize;
        let bytes = if len > 0 { pdu.take_bytes(field, len)? } else { &[] };
        if fill(len) > 0 {
            pdu.take_bytes(self.fill, fill(len))?;
        }
        Ok(bytes)
    }
}

/// Bytes that fill up the last word of `len` bytes (section 3).
pub(crate) fn fill(len: usize) -> usize {
    len.next_multiple_of(4).saturating_sub(len)
}
