//! What the programs of ONC RPC share of XDR, the external data representation (RFC 4506).

use crate::checksum::crc32;
use prosector_sdk::handle::{ComputedWord, Handle, Variable};
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

/// The fields of one protocol that show a file handle of NFS.
pub(crate) struct FileHandle {
    pub(crate) length: Handle<u32>,
    pub(crate) bytes: Handle<Variable>,
    /// CRC-32, by which handles are told apart at a glance.
    pub(crate) hash: Handle<ComputedWord>,
}

impl FileHandle {
    /// One with its length before it.
    pub(crate) fn take(&self, pdu: &mut Pdu<'_>) -> Step {
        let len = pdu.take(self.length)? as usize;
        self.take_fixed(pdu, len)
    }

    /// One of `len` bytes.
    pub(crate) fn take_fixed(&self, pdu: &mut Pdu<'_>, len: usize) -> Step {
        let at = pdu.position();
        let bytes = pdu.take_bytes(self.bytes, len)?;
        if pdu.wants(self.hash) {
            pdu.computed(self.hash, at..at + len, crc32(bytes));
        }
        pdu.skip(fill(len))
    }
}

/// A number that is no field of its own.
pub(crate) fn word(pdu: &mut Pdu<'_>) -> Result<u32, Stop> {
    let value = pdu.rest().first_chunk().map_or(0, |&bytes| u32::from_be_bytes(bytes));
    pdu.skip(4)?;
    Ok(value)
}

/// Bytes that fill up the last word of `len` bytes (section 3).
pub(crate) fn fill(len: usize) -> usize {
    len.next_multiple_of(4).saturating_sub(len)
}
