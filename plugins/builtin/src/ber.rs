//! Reading of BER and DER (ITU-T X.690) with a [`Pdu`]: no protocol of its own, but the cursor that those use whose
//! messages are specified in ASN.1.
//!
//! Nothing here insists on a universal tag: a protocol that tags implicitly reads `[3] IMPLICIT INTEGER` with
//! [`integer`] as well. Who wants to know what comes asks [`peek`] or [`next_is`] first. A length that reaches over
//! the limit is read as far as the limit, and the field that doesn't fit says so.

#![allow(dead_code)]

use prosector_sdk::handle::{ComputedBytes, ComputedWord, Handle, Variable};
use prosector_sdk::prelude::*;
use prosector_sdk::span::NO_FIELD;
use std::marker::PhantomData;
use std::ops::Range;

/// Identifier octets of universal types.
pub mod id {
    pub const BOOLEAN: u8 = 0x01;
    pub const INTEGER: u8 = 0x02;
    pub const BIT_STRING: u8 = 0x03;
    pub const OCTET_STRING: u8 = 0x04;
    pub const NULL: u8 = 0x05;
    pub const OID: u8 = 0x06;
    pub const ENUMERATED: u8 = 0x0a;
    pub const UTF8_STRING: u8 = 0x0c;
    pub const SEQUENCE: u8 = 0x30;
    pub const SET: u8 = 0x31;
    pub const PRINTABLE_STRING: u8 = 0x13;
    pub const UTC_TIME: u8 = 0x17;
    pub const GENERALIZED_TIME: u8 = 0x18;

    /// The tag `[number]` of a primitive, `number` below 31.
    pub const fn context(number: u8) -> u8 {
        0x80 | number
    }

    /// The tag `[number]` of something constructed (so of everything that is tagged explicitly), `number` below 31.
    pub const fn constructed(number: u8) -> u8 {
        0xa0 | number
    }

    /// The tag `[APPLICATION number]` of something constructed, `number` below 31.
    pub const fn application(number: u8) -> u8 {
        0x60 | number
    }
}

/// How deep a dissector may follow what nests without a limit of its own.
pub const MAX_DEPTH: usize = 24;

/// Tag and length of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The identifier octet: two bits of class, one for "constructed", and the number if that is below 31.
    pub id: u8,
    /// The tag's number, whatever its size; one that fits in no u32 is the largest u32.
    pub number: u32,
    /// Bytes of tag and length.
    pub head: usize,
    /// Bytes of contents, as claimed; of the indefinite form, as found.
    pub len: usize,
    /// Bytes behind the contents that belong to the element: the end-of-contents octets of the indefinite form.
    pub tail: usize,
}

impl Header {
    /// Whether elements are inside (X.690, section 8.1.2.5).
    pub fn is_constructed(self) -> bool {
        self.id & 0x20 != 0
    }

    /// Class: 0 universal, 1 application, 2 context-specific, 3 private.
    pub fn class(self) -> u8 {
        self.id >> 6
    }

    /// Bytes of the whole element; at least two.
    pub fn total(self) -> usize {
        self.head.saturating_add(self.len).saturating_add(self.tail)
    }

    /// Reads the tag and length that `bytes` begin with; `None` if they are cut.
    pub fn parse(bytes: &[u8]) -> Option<Header> {
        let (mut header, definite) = Header::raw(bytes)?;
        if !definite {
            let contents = bytes.get(header.head..)?;
            (header.len, header.tail) = match end_of_contents(contents) {
                Some(len) => (len, 2),
                None => (contents.len(), 0),
            };
        }
        Some(header)
    }

    /// The same without a look at the contents; says too whether the length is definite.
    fn raw(bytes: &[u8]) -> Option<(Header, bool)> {
        let mut at = 1;
        let mut next = || {
            at += 1;
            bytes.get(at - 1).copied()
        };
        let id = *bytes.first()?;
        let mut number = u32::from(id & 0x1f);
        if number == 0x1f {
            let mut n = 0u32;
            loop {
                let byte = next()?;
                n = n.checked_mul(128).map_or(u32::MAX, |n| n | u32::from(byte & 0x7f));
                if byte & 0x80 == 0 {
                    break;
                }
            }
            number = n;
        }
        let first = next()?;
        let mut len = usize::from(first & 0x7f);
        if first > 0x80 {
            let mut n = 0usize;
            for _ in 0..len {
                let byte = next()?;
                n = n.checked_mul(256).map_or(usize::MAX, |n| n | usize::from(byte));
            }
            len = n;
        }
        Some((Header { id, number, head: at, len, tail: 0 }, first != 0x80))
    }
}

/// How many bytes lie before the end-of-contents octets that match an indefinite length.
fn end_of_contents(bytes: &[u8]) -> Option<usize> {
    let (mut at, mut open) = (0usize, 1u32);
    loop {
        let rest = bytes.get(at..)?;
        if rest.starts_with(&[0, 0]) {
            open -= 1;
            if open == 0 {
                return Some(at);
            }
            at += 2;
            continue;
        }
        let (header, definite) = Header::raw(rest)?;
        at = at.checked_add(header.head)?.checked_add(header.len)?;
        open += u32::from(!definite);
    }
}

/// Stands where [`Pdu::within`] asks for the field that gave a length: BER's lengths are none.
const LENGTH: Handle<Variable> = Handle {
    id: NO_FIELD,
    width: 0,
    little_endian: false,
    mask: 0,
    scale: 1,
    fixed: None,
    parts: 0,
    value: PhantomData,
};

/// Tag and length at the cursor, without moving; `None` where the bytes run out.
pub fn peek(pdu: &Pdu<'_>) -> Option<Header> {
    Header::parse(pdu.rest())
}

/// Whether the next element has this identifier octet.
pub fn next_is(pdu: &Pdu<'_>, id: u8) -> bool {
    pdu.rest().first() == Some(&id)
}

/// Reads tag and length and moves behind them.
pub fn header(pdu: &mut Pdu<'_>) -> Result<Header, Stop> {
    let Some(header) = peek(pdu) else {
        // One byte more than there is: says where the bytes ran out, and waits in a stream.
        pdu.skip(pdu.remaining() + 1)?;
        return Ok(Header { id: 0, number: 0, head: 0, len: 0, tail: 0 });
    };
    pdu.skip(header.head)?;
    Ok(header)
}

/// Reads one element: `read` sees its contents only. Afterwards the cursor is behind it.
pub fn element<'a, R>(
    pdu: &mut Pdu<'a>,
    read: impl FnOnce(&mut Pdu<'a>, Header) -> Result<R, Stop>,
) -> Result<R, Stop> {
    let header = header(pdu)?;
    let result = pdu.within(LENGTH, header.len, |pdu| read(pdu, header))?;
    pdu.skip(header.tail.min(pdu.remaining()))?;
    Ok(result)
}

/// Reads one element if it has this identifier octet. Says whether it had.
pub fn optional<'a>(pdu: &mut Pdu<'a>, id: u8, read: impl FnOnce(&mut Pdu<'a>) -> Step) -> Result<bool, Stop> {
    let there = next_is(pdu, id);
    if there {
        element(pdu, |pdu, _| read(pdu))?;
    }
    Ok(there)
}

/// Reads every element up to the limit; `read` sees the contents of one.
pub fn each<'a>(pdu: &mut Pdu<'a>, mut read: impl FnMut(&mut Pdu<'a>, Header) -> Step) -> Step {
    while pdu.remaining() > 0 {
        element(pdu, &mut read)?;
    }
    Ok(())
}

/// Reads every element up to the limit, whose number is told before it is read: `read` begins at its tag, and must move
/// behind it.
pub fn each_tagged<'a>(pdu: &mut Pdu<'a>, mut read: impl FnMut(&mut Pdu<'a>, u32) -> Step) -> Step {
    while pdu.remaining() > 0 {
        let at = pdu.position();
        read(pdu, peek(pdu).map_or(0, |header| header.number))?;
        if pdu.position() == at {
            skip(pdu)?;
        }
    }
    Ok(())
}

/// How many elements there are in some bytes.
pub fn count(mut bytes: &[u8]) -> u32 {
    let mut n = 0;
    while let Some(header) = Header::parse(bytes) {
        n += 1;
        bytes = bytes.get(header.total()..).unwrap_or_default();
    }
    n
}

/// Reads a sequence of elements of one kind, and records how many there are.
pub fn counted<'a>(pdu: &mut Pdu<'a>, count: Handle<ComputedWord>, mut read: impl FnMut(&mut Pdu<'a>) -> Step) -> Step {
    let at = pdu.position();
    element(pdu, |pdu, header| {
        if pdu.wants(count) {
            pdu.computed(count, at..at + header.head, self::count(pdu.rest()));
        }
        while pdu.remaining() > 0 {
            read(pdu)?;
        }
        Ok(())
    })
}

/// Moves over one element.
pub fn skip(pdu: &mut Pdu<'_>) -> Step {
    element(pdu, |pdu, _| pdu.skip(pdu.remaining()))
}

/// Takes the contents of one element: where they lie, and what they are.
pub fn contents<'a>(pdu: &mut Pdu<'a>) -> Result<(Range<usize>, &'a [u8]), Stop> {
    let header = header(pdu)?;
    let (at, rest) = (pdu.position(), pdu.rest());
    pdu.skip(header.len)?;
    let bytes = rest.get(..header.len).unwrap_or_default();
    pdu.skip(header.tail.min(pdu.remaining()))?;
    Ok((at..at + bytes.len(), bytes))
}

/// Takes the contents of one element as a field's value: text, bytes, also an address in an octet string.
pub fn octets<'a, T>(pdu: &mut Pdu<'a>, field: Handle<T>) -> Result<&'a [u8], Stop> {
    let (range, bytes) = contents(pdu)?;
    pdu.mark(field, range);
    Ok(bytes)
}

/// Takes an integer, enumerated value or boolean as the value of a field of numbers or of `bool`.
pub fn integer<T>(pdu: &mut Pdu<'_>, field: Handle<T>) -> Result<i64, Stop> {
    octets(pdu, field).map(number)
}

/// The number in the contents of an integer; of more than eight bytes, in the last eight.
pub fn number(bytes: &[u8]) -> i64 {
    let sign = if bytes.first().is_some_and(|b| b & 0x80 != 0) { -1 } else { 0 };
    bytes.iter().fold(sign, |n, &b| n << 8 | i64::from(b))
}

/// Takes a bit string as the value of a field: the bytes behind the count of unused bits.
pub fn bits<'a, T>(pdu: &mut Pdu<'a>, field: Handle<T>) -> Result<&'a [u8], Stop> {
    let (range, bytes) = contents(pdu)?;
    if range.is_empty() {
        return Ok(bytes);
    }
    pdu.mark(field, range.start + 1..range.end);
    Ok(bytes.get(1..).unwrap_or_default())
}

/// Takes a bit string as a number with parts, the first bit on the wire its highest; bits that are left out are 0, and
/// the field is not there if it has more bytes than the string.
pub fn flags<T: prosector_sdk::handle::Fixed>(pdu: &mut Pdu<'_>, field: Handle<T>) -> Step {
    let (range, bytes) = contents(pdu)?;
    if bytes.len() > usize::from(field.width) {
        pdu.show_at(field, range.start + 1)?;
    }
    Ok(())
}

/// Takes an object identifier as dotted text and returns its bytes.
pub fn oid<'a>(pdu: &mut Pdu<'a>, field: Handle<ComputedBytes>) -> Result<&'a [u8], Stop> {
    let (range, bytes) = contents(pdu)?;
    if pdu.wants(field) {
        pdu.computed_bytes(field, range, oid_text(bytes).as_bytes());
    }
    Ok(bytes)
}

/// The dotted text of an object identifier (X.690, section 8.19).
pub fn oid_text(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    let mut n = 0u64;
    for &byte in bytes {
        n = n.checked_mul(128).map_or(u64::MAX, |n| n | u64::from(byte & 0x7f));
        if byte & 0x80 != 0 {
            continue;
        }
        // Writing into memory can't fail.
        let _ = if text.is_empty() {
            // The first two components are one number, and the first is at most 2.
            let first = (n / 40).min(2);
            write!(text, "{first}.{}", n - first * 40)
        } else {
            write!(text, ".{n}")
        };
        n = 0;
    }
    text
}

/// Takes a UTCTime or GeneralizedTime as the value of a field of absolute time; nothing if it is neither.
pub fn time(pdu: &mut Pdu<'_>, field: Handle<ComputedWord>) -> Result<Option<i64>, Stop> {
    let (range, bytes) = contents(pdu)?;
    let time = nanoseconds(bytes);
    if let Some(time) = time {
        pdu.computed(field, range, time);
    }
    Ok(time)
}

/// Nanoseconds since 1970 of a UTCTime (`YYMMDDhhmm[ss]`) or GeneralizedTime (`YYYYMMDDhhmmss[.f…]`) that ends in `Z`.
pub fn nanoseconds(text: &[u8]) -> Option<i64> {
    let text = text.strip_suffix(b"Z")?;
    let whole = text.iter().position(|&b| matches!(b, b'.' | b',')).unwrap_or(text.len());
    let (digits, fraction) = text.split_at(whole);
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let two = |at: usize| digits.get(at..at + 2).map(|d| i64::from(d[0] - b'0') * 10 + i64::from(d[1] - b'0'));
    let (year, rest) = match digits.len() {
        // RFC 5280, section 4.1.2.5.1: 50 and more is of the last century.
        10 | 12 if fraction.is_empty() => match two(0)? {
            year @ 50.. => (1900 + year, 2),
            year => (2000 + year, 2),
        },
        14 => (two(0)? * 100 + two(2)?, 4),
        _ => return None,
    };
    let (month, day, hour, minute) = (two(rest)?, two(rest + 2)?, two(rest + 4)?, two(rest + 6)?);
    let second = two(rest + 8).unwrap_or(0);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    // Days since 1970-03-01 of the proleptic Gregorian calendar, in years that begin in March.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719_468;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    let mut nanoseconds = 0;
    for (i, &digit) in fraction.iter().skip(1).take(9).enumerate() {
        if !digit.is_ascii_digit() {
            return None;
        }
        nanoseconds += i64::from(digit - b'0') * 10i64.pow(8 - i as u32);
    }
    seconds.checked_mul(1_000_000_000)?.checked_add(nanoseconds)
}

/// An element as hexadecimal text, for tests: its contents are such texts, and its length, below 128, is theirs.
#[cfg(test)]
pub fn tlv(tag: &str, contents: &[&str]) -> String {
    let contents: String = contents.concat().split_whitespace().collect();
    format!("{tag} {:02x} {contents} ", contents.len() / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use prosector_sdk::testkit::parse_hex;

    #[test]
    fn headers() {
        let parse = |hex: &str| Header::parse(&parse_hex(hex)).map(|h| (h.id, h.number, h.head, h.len, h.tail));
        assert_eq!(parse("02 01 05"), Some((2, 2, 2, 1, 0)));
        assert_eq!(parse("30 82 0102"), Some((0x30, 16, 4, 258, 0)));
        assert_eq!(parse("bf 8101 03"), Some((0xbf, 129, 4, 3, 0)));
        assert_eq!(parse("04 89 ffffffffffffffffff"), Some((4, 4, 11, usize::MAX, 0)));
        assert_eq!(parse("30 82 01"), None);
        assert_eq!(parse("bf ff"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn indefinite_lengths() {
        let parse = |hex: &str| Header::parse(&parse_hex(hex)).map(|h| (h.len, h.tail, h.total()));
        assert_eq!(parse("30 80 02 01 00 0000 ff"), Some((3, 2, 7)));
        assert_eq!(parse("30 80 30 80 05 00 0000 0000"), Some((6, 2, 10)));
        assert_eq!(parse("30 80 02 01 00"), Some((3, 0, 5)));
        assert_eq!(parse("30 80 02 7f 00"), Some((3, 0, 5)));
    }

    #[test]
    fn object_identifiers() {
        assert_eq!(oid_text(&parse_hex("2b 06 01 04 01 82 37")), "1.3.6.1.4.1.311");
        assert_eq!(oid_text(&parse_hex("88 37 03")), "2.999.3");
        assert_eq!(oid_text(&[]), "");
    }

    #[test]
    fn numbers() {
        assert_eq!([number(&[]), number(&[0x7f]), number(&[0xff]), number(&[0, 0xff])], [0, 127, -1, 255]);
    }

    #[test]
    fn times() {
        let s = |text: &str| nanoseconds(text.as_bytes()).map(|n| n as f64 / 1e9);
        assert_eq!(s("700101000000Z"), Some(0.0));
        assert_eq!(s("20000229123456Z"), Some(951_827_696.0));
        assert_eq!(s("20000229123456.25Z"), Some(951_827_696.25));
        assert_eq!(s("491231235959Z"), Some(2_524_607_999.0));
        assert_eq!(s("20001329123456Z"), None);
        assert_eq!(s("2000"), None);
        assert_eq!(s("20000229123456.x"), None);
    }
}
