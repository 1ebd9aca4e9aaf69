//! A walk through DER (X.690, section 10) by positions, for what many layers read at many places of one PDU.

use std::ops::Range;

/// Identifier octets.
pub const BOOLEAN: u8 = 0x01;
pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const OCTET_STRING: u8 = 0x04;
pub const OID: u8 = 0x06;
pub const ENUMERATED: u8 = 0x0a;
pub const SEQUENCE: u8 = 0x30;
pub const UTC_TIME: u8 = 0x17;
pub const GENERALIZED_TIME: u8 = 0x18;

/// Elements one behind the other.
#[derive(Clone)]
pub struct Der<'a> {
    data: &'a [u8],
    rest: Range<usize>,
}

/// One element.
#[derive(Clone, Debug)]
pub struct Item {
    pub tag: u8,
    /// With tag and length.
    pub whole: Range<usize>,
    pub contents: Range<usize>,
}

impl<'a> Der<'a> {
    /// The elements in a range of `data`.
    pub fn new(data: &'a [u8], range: Range<usize>) -> Der<'a> {
        let end = range.end.min(data.len());
        Der { data, rest: range.start.min(end)..end }
    }

    /// The elements inside one.
    pub fn inside(&self, item: &Item) -> Der<'a> {
        Der::new(self.data, item.contents.clone())
    }

    pub fn bytes(&self, range: &Range<usize>) -> &'a [u8] {
        self.data.get(range.clone()).unwrap_or_default()
    }

    /// Tag of the next element.
    pub fn peek(&self) -> Option<u8> {
        self.data.get(self.rest.clone())?.first().copied()
    }

    /// The next element; `None` at the end, and where it does not fit.
    pub fn next(&mut self) -> Option<Item> {
        let bytes = self.data.get(self.rest.clone())?;
        let (tag, first) = (*bytes.first()?, *bytes.get(1)?);
        // No tag of these specifications has a number over 30, and DER has no indefinite lengths.
        let (len, header) = match first {
            0..=0x7f => (usize::from(first), 2),
            0x81..=0x84 => {
                let width = usize::from(first & 0x7f);
                (bytes.get(2..2 + width)?.iter().fold(0, |n, &byte| n << 8 | usize::from(byte)), 2 + width)
            }
            _ => return None,
        };
        let start = self.rest.start;
        let end = start.checked_add(header)?.checked_add(len).filter(|&end| end <= self.rest.end)?;
        self.rest.start = end;
        Some(Item { tag, whole: start..end, contents: start + header..end })
    }

    /// The next element if it has this tag.
    pub fn next_if(&mut self, tag: u8) -> Option<Item> {
        if self.peek() == Some(tag) { self.next() } else { None }
    }

    /// How many elements there are.
    pub fn count(&self) -> usize {
        let (mut der, mut count) = (self.clone(), 0);
        while der.next().is_some() {
            count += 1;
        }
        count
    }

    /// An object identifier as text: numbers with dots.
    pub fn oid(&self, item: &Item) -> String {
        let (mut text, mut n) = (String::new(), 0u64);
        for &byte in self.bytes(&item.contents) {
            n = n << 7 | u64::from(byte & 0x7f);
            if byte & 0x80 != 0 {
                continue;
            }
            if text.is_empty() {
                let first = (n / 40).min(2);
                text = format!("{first}.{}", n - 40 * first);
            } else {
                text += &format!(".{n}");
            }
            n = 0;
        }
        text
    }

    /// A GeneralizedTime or UTCTime in nanoseconds since 1970.
    pub fn time(&self, item: &Item) -> Option<i64> {
        let text = std::str::from_utf8(self.bytes(&item.contents)).ok()?;
        let (year, rest) = if item.tag == UTC_TIME {
            let year: i64 = text.get(..2)?.parse().ok()?;
            // RFC 5280, section 4.1.2.5.1
            (if year < 50 { 2000 + year } else { 1900 + year }, text.get(2..)?)
        } else {
            (text.get(..4)?.parse().ok()?, text.get(4..)?)
        };
        let two = |at: usize| rest.get(at..at + 2)?.parse::<i64>().ok();
        let (month, day, hour, minute) = (two(0)?, two(2)?, two(4)?, two(6)?);
        let second = two(8).unwrap_or(0);
        // Days since 1970 in the calendar of Gregory, years beginning in March.
        let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let days =
            365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + day - 719_469;
        (((days * 24 + hour) * 60 + minute) * 60 + second).checked_mul(1_000_000_000)
    }
}

#[test]
fn elements() {
    let data = [0x30, 7, 6, 3, 0x55, 0x1d, 0x11, 5, 0, 2, 0x85];
    let mut der = Der::new(&data, 0..data.len());
    let sequence = der.next().unwrap();
    let mut inner = der.inside(&sequence);
    assert_eq!(inner.count(), 2);
    let oid = inner.next_if(OID).unwrap();
    assert_eq!(inner.oid(&oid), "2.5.29.17");
    assert!(der.next().is_none());
    let time = b"\x18\x0f20150711011056Z";
    let mut der = Der::new(time, 0..time.len());
    let item = der.next().unwrap();
    assert_eq!(der.time(&item), Some(1_436_577_056_000_000_000));
}
