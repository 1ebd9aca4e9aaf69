//! Reading what a declaration alone doesn't tell: numbers of varying length or byte order, decimal digits, texts in other
//! encodings, parts that end at a delimiter, repeated parts, the verdict on a checksum.
//!
//! Values that the host can't decode from their bytes by the declaration are recorded as `computed`, with their bytes.

use crate::checksum::{BAD, GOOD, UNVERIFIED};
use crate::handle::{ComputedBytes, ComputedWord, Fixed, Handle, Variable, read_number};
use crate::pdu::{Pdu, Step, Stop};
use crate::span::Severity;
use std::ops::Range;

/// How the characters of a text are encoded, where it isn't UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// ISO 8859-1: every byte is a character.
    Latin1,
    /// UTF-16, most significant byte first.
    Utf16,
    /// UTF-16, least significant byte first, as Windows writes it.
    Utf16Le,
}

impl Encoding {
    /// The text in some bytes, up to the first zero character. What can't be decoded is replaced.
    pub fn decode(self, bytes: &[u8]) -> String {
        let wide = |unit: fn([u8; 2]) -> u16| {
            let units = bytes.as_chunks().0.iter().map(|&pair| unit(pair)).take_while(|&unit| unit != 0);
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        };
        match self {
            Encoding::Latin1 => bytes.iter().take_while(|&&byte| byte != 0).map(|&byte| char::from(byte)).collect(),
            Encoding::Utf16 => wide(u16::from_be_bytes),
            Encoding::Utf16Le => wide(u16::from_le_bytes),
        }
    }
}

/// No number of varying length has more bytes.
const MAX_LEB128: usize = 10;

impl<'a> Pdu<'a> {
    /// The next `len` bytes and where they are, moving behind them.
    fn next<T>(&mut self, field: Handle<T>, len: usize) -> Result<(&'a [u8], Range<usize>), Stop> {
        let start = self.position();
        Ok((self.take_raw(field, len)?, start..start + len))
    }

    /// Takes a number of 1 to 8 bytes, unsigned, where only the frame tells how many bytes or in which order.
    pub fn take_number(&mut self, field: Handle<ComputedWord>, len: usize, little_endian: bool) -> Result<u64, Stop> {
        let (bytes, range) = self.next(field, len)?;
        let number = read_number(bytes, little_endian);
        self.computed(field, range, number);
        Ok(number)
    }

    /// Takes an unsigned LEB128 number, as in Protocol Buffers, DWARF, WebAssembly and MQTT: seven bits a byte, the least
    /// significant first; the top bit says that more follow. Bits above the 64th are lost.
    pub fn take_leb128(&mut self, field: Handle<ComputedWord>) -> Result<u64, Stop> {
        let (number, range) = self.leb128(field)?;
        self.computed(field, range, number);
        Ok(number)
    }

    /// Takes a signed number in the zigzag form of Protocol Buffers (`sint64`): 0, -1, 1, -2, … as LEB128.
    pub fn take_zigzag(&mut self, field: Handle<ComputedWord>) -> Result<i64, Stop> {
        let (number, range) = self.leb128(field)?;
        let number = (number >> 1) as i64 ^ -((number & 1) as i64);
        self.computed(field, range, number);
        Ok(number)
    }

    fn leb128(&mut self, field: Handle<ComputedWord>) -> Result<(u64, Range<usize>), Stop> {
        let rest = self.rest();
        let len = 1 + rest.iter().take(MAX_LEB128 - 1).take_while(|&&byte| byte & 0x80 != 0).count();
        let (bytes, range) = self.next(field, len)?;
        let number = bytes.iter().rev().fold(0, |number: u64, &byte| number << 7 | u64::from(byte & 0x7f));
        Ok((number, range))
    }

    /// Takes a number in the form of QUIC (RFC 9000, section 16): the top two bits of the first byte say whether it has 1, 2,
    /// 4 or 8 bytes.
    pub fn take_varint(&mut self, field: Handle<ComputedWord>) -> Result<u64, Stop> {
        let len = 1 << (self.rest().first().copied().unwrap_or(0) >> 6);
        let (bytes, range) = self.next(field, len)?;
        let number = read_number(bytes, false) & (u64::MAX >> (66 - 8 * len));
        self.computed(field, range, number);
        Ok(number)
    }

    /// Takes a number in packed decimal, two digits a byte, the higher half first: `12 34` is 1234. Halves that are no digits
    /// get a diagnostic and count as they are.
    pub fn take_bcd(&mut self, field: Handle<ComputedWord>, len: usize) -> Result<u64, Stop> {
        let (bytes, range) = self.next(field, len)?;
        let halves = || bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        let number = halves().fold(0u64, |number, half| number.wrapping_mul(10).wrapping_add(half.into()));
        self.computed(field, range.clone(), number);
        if halves().any(|half| half > 9) {
            self.diagnostic(Severity::Warning, "bad-digit", range, format_args!("not a decimal number"));
        }
        Ok(number)
    }

    /// Takes digits, two a byte, the lower half first, up to a half of ones, which fills up: telephone numbers and the like. Beside
    /// the ten digits there are `*`, `#`, `a`, `b` and `c` (TBCD, 3GPP TS 29.002, section 17.7.8).
    pub fn take_digits(&mut self, field: Handle<ComputedBytes>, len: usize) -> Step {
        let (bytes, range) = self.next(field, len)?;
        if self.wants(field) {
            let halves = bytes.iter().flat_map(|byte| [byte & 0xf, byte >> 4]).take_while(|&half| half != 0xf);
            let digits: Vec<u8> = halves.map(|half| b"0123456789*#abc"[usize::from(half)]).collect();
            self.computed_bytes(field, range, &digits);
        }
        Ok(())
    }

    /// Takes a text of `len` bytes in another encoding than UTF-8, up to the first zero character in it.
    pub fn take_text(&mut self, field: Handle<ComputedBytes>, len: usize, encoding: Encoding) -> Step {
        let (bytes, range) = self.next(field, len)?;
        if self.wants(field) {
            self.computed_bytes(field, range, encoding.decode(bytes).as_bytes());
        }
        Ok(())
    }

    /// Takes a text or bytes whose length stands before it. Gives the text.
    pub fn take_prefixed<T: Fixed + Into<u64>>(
        &mut self,
        len: Handle<T>,
        field: Handle<Variable>,
    ) -> Result<&'a [u8], Stop> {
        let len = self.take(len)?.into();
        self.take_bytes(field, len.try_into().unwrap_or(usize::MAX))
    }

    /// Takes a text that has `len` bytes of room and is filled up with zeros. Gives the text without them.
    pub fn take_padded(&mut self, field: Handle<Variable>, len: usize) -> Result<&'a [u8], Stop> {
        let start = self.position();
        let bytes = self.take_raw(field, len)?;
        let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
        self.mark(field, start..start + text.len());
        Ok(text)
    }

    /// Takes a text that a zero byte ends. In a stream without one it waits, elsewhere the rest is the text, with a diagnostic.
    pub fn take_cstr(&mut self, field: Handle<Variable>) -> Result<&'a [u8], Stop> {
        self.take_until(field, b"\0")
    }

    /// Takes everything before the next `delimiter` as the value of a field, and moves behind the delimiter. In a stream without
    /// one it waits, elsewhere the rest is the value, with a diagnostic.
    pub fn take_until(&mut self, field: Handle<Variable>, delimiter: &[u8]) -> Result<&'a [u8], Stop> {
        match self.rest().windows(delimiter.len().max(1)).position(|window| window == delimiter) {
            Some(len) => {
                let bytes = self.take_bytes(field, len)?;
                self.skip(delimiter.len())?;
                Ok(bytes)
            }
            None if self.may_grow() => self.wait_more(),
            // Not even the delimiter of nothing.
            None if self.remaining() == 0 => self.take_raw(field, delimiter.len()),
            None => {
                let (start, is_all) = (self.position(), self.remaining() == self.wire_remaining());
                let bytes = self.take_rest(field);
                if is_all && !self.is_quoted() {
                    let text = format_args!("what should end this is not there");
                    self.diagnostic(Severity::Warning, "unterminated", start..self.position(), text);
                }
                Ok(bytes)
            }
        }
    }

    /// Reads a part again and again, as long as there are bytes before the limit: items of a list, options, TLVs. Ends too
    /// where a turn took nothing, so that no frame can hold it for ever.
    pub fn repeat(&mut self, mut read: impl FnMut(&mut Pdu<'a>) -> Step) -> Step {
        while self.wire_remaining() > 0 {
            let before = self.position();
            read(self)?;
            if self.position() == before {
                break;
            }
        }
        Ok(())
    }

    /// Records what became of verifying the checksum in `range` of the PDU, as a field with the names
    /// [`checksum::STATUS`](crate::checksum::STATUS): whether it holds, or `None` where that can't be said because bytes are
    /// missing or nobody asked. A bad one gets a diagnostic.
    pub fn checksum(&mut self, status: Handle<ComputedWord>, range: Range<usize>, holds: Option<bool>) {
        let number = match holds {
            Some(true) => GOOD,
            Some(false) => BAD,
            None => UNVERIFIED,
        };
        self.computed(status, range.clone(), number);
        if holds == Some(false) {
            self.diagnostic(Severity::Error, "bad-checksum", range, format_args!("the checksum does not hold"));
        }
    }
}
