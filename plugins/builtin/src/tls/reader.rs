//! A cursor over bytes, for what is read twice: once for its fields, once for what it means to the connection.

/// The bytes that are still to be read.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }

    /// A number of `width` bytes, at most 8.
    pub fn number(&mut self, width: usize) -> Option<usize> {
        Some(self.bytes(width)?.iter().fold(0, |n, &byte| n << 8 | usize::from(byte)))
    }

    pub fn u8(&mut self) -> Option<u8> {
        self.number(1).map(|n| n as u8)
    }

    pub fn u16(&mut self) -> Option<u16> {
        self.number(2).map(|n| n as u16)
    }

    /// What stands behind its length, a number of `width` bytes.
    pub fn vector(&mut self, width: usize) -> Option<Reader<'a>> {
        let len = self.number(width)?;
        self.bytes(len).map(Reader)
    }

    /// The rest as numbers of two bytes.
    pub fn pairs(self) -> impl Iterator<Item = u16> + Clone + 'a {
        self.0.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
    }

    /// A number of 1, 2, 4 or 8 bytes, whose first two bits say which (RFC 9000, section 16).
    pub fn varint(&mut self) -> Option<u64> {
        let first = *self.0.first()?;
        let width = 1usize << (first >> 6);
        let bytes = self.bytes(width)?;
        Some(bytes.iter().fold(0u64, |n, &byte| n << 8 | u64::from(byte)) & (u64::MAX >> (64 - 8 * width + 2)))
    }
}
