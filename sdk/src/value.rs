//! Values: what a span's bytes mean, and how that is written.
//!
//! Nothing is decoded before somebody looks. The texts are those of `tshark -T fields`, so that scripts written for
//! it keep working.

use crate::declare::{Base, Field, Kind, Protocol, name_of};
use crate::handle::{fixed_point, read_number, sign_extend};
use crate::span::{self, Diagnostic, Span};
use std::net::Ipv6Addr;

/// The value of a field in one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// The field is there; that is all.
    None,
    /// Unsigned number.
    Uint(u64),
    /// Signed number.
    Int(i64),
    /// True or false.
    Bool(bool),
    /// Floating-point number.
    Float(f64),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Text as it stands in the frame, perhaps not UTF-8.
    Str(&'a [u8]),
    /// 48-bit MAC address.
    Mac([u8; 6]),
    /// 64-bit MAC address.
    Eui64([u8; 8]),
    /// IPv4 address.
    Ipv4([u8; 4]),
    /// IPv6 address.
    Ipv6([u8; 16]),
    /// UUID.
    Uuid([u8; 16]),
    /// Nanoseconds since 1970-01-01 00:00 UTC.
    Time(i128),
    /// Nanoseconds.
    Duration(i128),
}

/// The second word of a computed field, and the side bytes that it may point into.
#[derive(Clone, Copy, Debug)]
pub struct Computed<'a> {
    /// The word behind the span.
    pub word: u64,
    /// The side bytes of the slice that the span belongs to.
    pub side: &'a [u8],
}

/// Seconds from 1900 to 1970, the difference between the NTP and the Unix epoch.
const NTP_TO_UNIX: i128 = 2_208_988_800;
const NS: i128 = 1_000_000_000;

/// Decodes a field from the bytes of its span or from its computed value.
#[inline]
pub fn decode<'a>(field: &Field, bytes: &'a [u8], computed: Option<Computed<'a>>) -> Value<'a> {
    match computed {
        Some(c) if field.kind.is_long() => {
            let (offset, len) = ((c.word >> 32) as usize, c.word as u32 as usize);
            let long = c.side.get(offset..).and_then(|s| s.get(..len)).unwrap_or_default();
            from_bytes(field, long)
        }
        Some(c) => from_word(field, c.word),
        None => from_bytes(field, bytes),
    }
}

fn from_word<'a>(field: &Field, word: u64) -> Value<'a> {
    match field.kind {
        Kind::Int => Value::Int(word as i64),
        Kind::Bool => Value::Bool(word != 0),
        Kind::Float => Value::Float(f64::from_bits(word)),
        Kind::Ipv4 => Value::Ipv4((word as u32).to_be_bytes()),
        Kind::Mac => {
            let [_, _, mac @ ..] = word.to_be_bytes();
            Value::Mac(mac)
        }
        Kind::Eui64 => Value::Eui64(word.to_be_bytes()),
        Kind::TimeS | Kind::TimeNs | Kind::TimeNtp => Value::Time(word as i64 as i128),
        Kind::Duration => Value::Duration(word as i64 as i128),
        Kind::None | Kind::Group => Value::None,
        _ => Value::Uint(word),
    }
}

#[inline]
fn from_bytes<'a>(field: &Field, bytes: &'a [u8]) -> Value<'a> {
    let number = || {
        let n = read_number(bytes, field.little_endian);
        if field.mask == 0 { n } else { (n & field.mask) >> field.mask.trailing_zeros() }
    };
    match field.kind {
        Kind::None | Kind::Group => Value::None,
        Kind::Uint => Value::Uint(number().wrapping_mul(field.scale as u64)),
        Kind::Int => Value::Int(sign_extend(number(), bytes.len() as u8, field.mask).wrapping_mul(field.scale as i64)),
        Kind::Bool => Value::Bool(number() != 0),
        Kind::Float if let Some(fixed) = &field.fixed => {
            Value::Float(fixed_point(fixed, number(), field.scale, bytes.len() as u8, field.mask))
        }
        Kind::Float if bytes.len() == 4 => Value::Float(f32::from_bits(number() as u32) as f64),
        Kind::Float => Value::Float(f64::from_bits(number())),
        Kind::Bytes => Value::Bytes(bytes),
        Kind::Str => Value::Str(bytes),
        // Where a length from the frame makes an address of another size, it is bytes.
        Kind::Mac => bytes.try_into().map_or(Value::Bytes(bytes), Value::Mac),
        Kind::Eui64 => bytes.try_into().map_or(Value::Bytes(bytes), Value::Eui64),
        Kind::Ipv4 => Value::Ipv4(padded(bytes)),
        Kind::Ipv6 => Value::Ipv6(padded(bytes)),
        Kind::Uuid if field.little_endian => Value::Uuid(mixed_endian(padded(bytes))),
        Kind::Uuid => Value::Uuid(padded(bytes)),
        Kind::TimeS => Value::Time(number() as i128 * NS),
        Kind::TimeNs => Value::Time(number() as i128 * field.scale as i128),
        Kind::TimeNtp => {
            let n = number();
            // Zero is no time (RFC 5905, section 6), shown as the beginning of Unix's.
            if n == 0 {
                return Value::Time(0);
            }
            // The era that RFC 5905 calls 1 begins in 2036; small second counts belong to it.
            let era = if n >> 63 == 0 { 1 << 32 } else { 0 };
            Value::Time(((n >> 32) as i128 + era - NTP_TO_UNIX) * NS + (((n & 0xffff_ffff) as i128 * NS) >> 32))
        }
        Kind::Duration => Value::Duration(number() as i128 * field.scale as i128),
    }
}

/// Prefixes of addresses are filled up with zeros.
fn padded<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    let len = bytes.len().min(N);
    array[..len].copy_from_slice(&bytes[..len]);
    array
}

/// A UUID of which the first three numbers stand with the least significant byte first, as Windows writes them (MS-DTYP, section
/// 2.3.4.2).
fn mixed_endian(mut id: [u8; 16]) -> [u8; 16] {
    id[..4].reverse();
    id[4..6].reverse();
    id[6..8].reverse();
    id
}

/// One thing that the words of a layer say.
#[derive(Clone, Copy, Debug)]
pub enum Word<'p, 'a> {
    /// A field; a group stays open until its [`Word::End`].
    Field {
        /// Its declaration.
        field: &'p Field,
        /// Its number and the bytes it was read from, relative to the layer.
        span: Span,
        /// Its value, not yet decoded.
        value: Encoded<'p, 'a>,
    },
    /// The end of the innermost open group.
    End,
    /// A diagnostic.
    Diagnostic(Diagnostic<'a>),
}

/// A value that is decoded when somebody looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Encoded<'p, 'a> {
    field: &'p Field,
    data: &'a [u8],
    span: Span,
    computed: Option<Computed<'a>>,
}

impl<'p, 'a> Encoded<'p, 'a> {
    /// The declaration of its field.
    pub fn field(&self) -> &'p Field {
        self.field
    }

    /// Decodes it.
    #[inline]
    pub fn get(&self) -> Value<'a> {
        let bytes = self.data.get(self.span.offset as usize..).and_then(|d| d.get(..self.span.len as usize));
        decode(self.field, bytes.unwrap_or_default(), self.computed)
    }
}

/// What the words of one layer say, in order: `data` is the layer's slice, `side` its side bytes. Ends early at a word
/// that breaks the rules of [`crate::span`].
#[inline]
pub fn read_words<'p, 'a>(
    protocol: &'p Protocol,
    data: &'a [u8],
    mut words: &'a [u64],
    side: &'a [u8],
) -> impl Iterator<Item = Word<'p, 'a>> + use<'p, 'a> {
    std::iter::from_fn(move || {
        let span = Span::unpack(*words.first()?);
        let (word, len) = match span.field {
            span::END => (Word::End, 1),
            span::DIAGNOSTIC => (Word::Diagnostic(Diagnostic::read(words, side)?), 1 + Diagnostic::WORDS),
            id => {
                let field = protocol.fields.get(id as usize)?;
                let computed = match field.computed {
                    true => Some(Computed { word: *words.get(1)?, side }),
                    false => None,
                };
                let value = Encoded { field, data, span, computed };
                (Word::Field { field, span, value }, 1 + field.computed as usize)
            }
        };
        words = &words[len..];
        Some(word)
    })
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The two digits of every byte.
static HEX_PAIRS: [[u8; 2]; 256] = {
    let mut pairs = [[0; 2]; 256];
    let mut i = 0;
    while i < 256 {
        pairs[i] = [HEX[i >> 4], HEX[i & 15]];
        i += 1;
    }
    pairs
};

/// The digits of a number below 10^8 as ASCII, the first in the lowest byte, with leading zeros.
#[inline]
fn eight_digits(n: u32) -> u64 {
    // Halves, then quarters, then digits, each in a lane of its own: two digits are divided by 10 at once for all.
    let (high, low) = ((n / 10_000) as u64, (n % 10_000) as u64);
    let halves = high | low << 32;
    let hundreds = ((halves * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let quarters = hundreds | (halves - hundreds * 100) << 16;
    let tens = ((quarters * 103) >> 10) & 0x000f_000f_000f_000f;
    let digits = tens | (quarters - tens * 10) << 8;
    digits | 0x3030_3030_3030_3030
}

/// Appends a decimal number.
pub fn write_dec(n: u64, out: &mut Vec<u8>) {
    if n < 10 {
        return out.push(b'0' + n as u8);
    }
    // Groups of eight digits, the first without its zeros. Eight bytes are one store; what is too much of the first
    // group is cut off again.
    const GROUP: u64 = 100_000_000;
    let (first, rest) = match n {
        ..GROUP => (n, 0),
        _ if n < GROUP * GROUP => (n / GROUP, 1),
        _ => (n / (GROUP * GROUP), 2),
    };
    let digits = eight_digits(first as u32);
    let zeros = (digits & 0x0f0f_0f0f_0f0f_0f0f).trailing_zeros() / 8;
    let end = out.len() + 8 - zeros as usize;
    out.extend_from_slice(&(digits >> (8 * zeros)).to_le_bytes());
    out.truncate(end);
    if rest == 2 {
        out.extend_from_slice(&eight_digits((n / GROUP % GROUP) as u32).to_le_bytes());
    }
    if rest >= 1 {
        out.extend_from_slice(&eight_digits((n % GROUP) as u32).to_le_bytes());
    }
}

/// Appends bytes as hexadecimal digits with `separator` between two bytes.
#[inline]
pub fn write_hex(bytes: &[u8], separator: Option<u8>, out: &mut Vec<u8>) {
    out.reserve(bytes.len() * 3);
    for (i, b) in bytes.iter().enumerate() {
        if i > 0
            && let Some(s) = separator
        {
            out.push(s);
        }
        out.extend_from_slice(&HEX_PAIRS[*b as usize]);
    }
}

/// Appends a MAC address.
#[inline]
fn write_mac(mac: [u8; 6], out: &mut Vec<u8>) {
    let mut text = [b':'; 17];
    for (i, byte) in mac.into_iter().enumerate() {
        text[3 * i..3 * i + 2].copy_from_slice(&HEX_PAIRS[byte as usize]);
    }
    out.extend_from_slice(&text);
}

/// Appends a number as the field's base writes it.
#[inline]
fn write_number(field: &Field, n: u64, out: &mut Vec<u8>) {
    match field.base {
        Base::Dec => write_dec(n, out),
        Base::Hex => {
            out.extend_from_slice(b"0x");
            let digits = (field.width.max(1) as u32 * 2).max((64 - n.leading_zeros()).div_ceil(4));
            for i in (0..digits).rev() {
                out.push(HEX[(n >> (4 * i) & 15) as usize]);
            }
        }
        Base::Oct => {
            out.push(b'0');
            out.extend_from_slice(format!("{n:o}").as_bytes());
        }
    }
}

/// Appends text with everything escaped that would break a line or reach a terminal.
pub fn write_text(bytes: &[u8], out: &mut Vec<u8>) {
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\t' => out.extend_from_slice(b"\\t"),
                '\n' => out.extend_from_slice(b"\\n"),
                '\r' => out.extend_from_slice(b"\\r"),
                c if c.is_control() => out.extend_from_slice(c.escape_unicode().to_string().as_bytes()),
                c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
}

/// Whether a field is nothing but a decimal number, see [`read_plain`].
pub fn is_plain(field: &Field) -> bool {
    field.kind == Kind::Uint && field.base == Base::Dec && field.mask == 0 && field.scale == 1 && !field.little_endian
}

/// The value of a field that [`is_plain`]: the short way for what is most of most outputs.
#[inline]
pub fn read_plain(bytes: &[u8]) -> u64 {
    read_number(bytes, false)
}

/// Appends a value as `tshark -T fields` writes it.
#[inline]
pub fn write_value(field: &Field, value: Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::None => out.push(b'1'),
        Value::Uint(n) => write_number(field, n, out),
        Value::Int(n) => out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes()),
        Value::Bool(b) => out.push(b'0' + b as u8),
        Value::Float(f) => write_float(field, f, out),
        Value::Bytes([]) => out.extend_from_slice(b"<MISSING>"),
        Value::Bytes(bytes) => write_hex(bytes, None, out),
        Value::Str(bytes) => write_text(bytes, out),
        Value::Mac(mac) => write_mac(mac, out),
        Value::Eui64(mac) => write_hex(&mac, Some(b':'), out),
        Value::Ipv4(address) => {
            for (i, n) in address.into_iter().enumerate() {
                if i > 0 {
                    out.push(b'.');
                }
                write_dec(n.into(), out);
            }
        }
        Value::Ipv6(address) => out.extend_from_slice(Ipv6Addr::from(address).to_string().as_bytes()),
        Value::Uuid(id) => {
            for (i, part) in [&id[..4], &id[4..6], &id[6..8], &id[8..10], &id[10..]].into_iter().enumerate() {
                if i > 0 {
                    out.push(b'-');
                }
                write_hex(part, None, out);
            }
        }
        Value::Time(ns) => write_time(ns, out),
        Value::Duration(ns) => write_seconds(ns, out),
    }
}

/// Appends a float with as many digits as tell it from its neighbours: of four bytes, that are fewer.
pub fn write_float(field: &Field, f: f64, out: &mut Vec<u8>) {
    let text = if field.width == 4 && field.fixed.is_none() { (f as f32).to_string() } else { f.to_string() };
    out.extend_from_slice(text.as_bytes());
}

/// Appends seconds with nine decimals.
pub fn write_seconds(ns: i128, out: &mut Vec<u8>) {
    if ns < 0 {
        out.push(b'-');
    }
    let ns = ns.unsigned_abs();
    out.extend_from_slice(format!("{}.{:09}", ns / NS as u128, ns % NS as u128).as_bytes());
}

/// Appends a point in time, in UTC: `Apr 22, 2016 14:20:57.000000000 UTC`.
pub fn write_time(ns: i128, out: &mut Vec<u8>) {
    let Ok(t) = time::OffsetDateTime::from_unix_timestamp_nanos(ns) else {
        return out.extend_from_slice(b"Not representable");
    };
    let month = t.month().to_string();
    let (day, year, ns) = (t.day(), t.year(), t.nanosecond());
    let (hour, minute, second) = t.to_hms();
    out.extend_from_slice(
        format!("{} {day:2}, {year} {hour:02}:{minute:02}:{second:02}.{ns:09} UTC", &month[..3]).as_bytes(),
    );
}

/// The declared name of a value, where the field has one for it.
pub fn value_name<'f>(field: &'f Field, value: &Value<'_>) -> Option<&'f str> {
    match *value {
        Value::Uint(n) => name_of(&field.names, n),
        Value::Int(n) => name_of(&field.names, n as u64),
        Value::Bool(b) => name_of(&field.names, b.into()),
        _ => None,
    }
}

/// Appends a field as a tree shows it: `Title: name (value) unit`, parts with the bits they come from.
pub fn write_label(field: &Field, value: Value<'_>, out: &mut Vec<u8>) {
    if field.part
        && let Some(bits) = bit_picture(field, &value)
    {
        out.extend_from_slice(bits.as_bytes());
    }
    out.extend_from_slice(field.title.as_bytes());
    if matches!(value, Value::None) {
        return;
    }
    out.extend_from_slice(b": ");
    write_named(field, value, out);
    if matches!(value, Value::Duration(_)) {
        out.extend_from_slice(b" seconds");
    } else if !field.unit.is_empty() && value_name(field, &value).is_none() {
        out.push(b' ');
        out.extend_from_slice(field.unit.as_bytes());
    }
}

/// Appends a value with its name: `name (value)`.
pub fn write_named(field: &Field, value: Value<'_>, out: &mut Vec<u8>) {
    match (value_name(field, &value), value) {
        (Some(name), Value::Bool(_)) => out.extend_from_slice(name.as_bytes()),
        (Some(name), _) => {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b" (");
            write_narrow(field, value, out);
            out.push(b')');
        }
        (None, Value::Bool(b)) => out.extend_from_slice(if b { b"True" } else { b"False" }),
        (None, Value::Bytes([])) => out.extend_from_slice(b"<none>"),
        (None, _) => write_narrow(field, value, out),
    }
}

/// Appends a value; a hexadecimal one that has some bits only, with their digits only.
fn write_narrow(field: &Field, value: Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Uint(n) if field.base == Base::Hex && field.mask != 0 => {
            let digits = field.mask.count_ones().div_ceil(4) as usize;
            out.extend_from_slice(format!("0x{n:0digits$x}").as_bytes());
        }
        _ => write_value(field, value, out),
    }
}

/// `.... ..1. = ` for a part of one to four bytes.
fn bit_picture(field: &Field, value: &Value<'_>) -> Option<String> {
    let n = match *value {
        Value::Uint(n) => n / field.scale.max(1) as u64,
        Value::Bool(b) => b as u64,
        _ => return None,
    };
    let bits = field.width as u32 * 8;
    if !(8..=32).contains(&bits) || field.mask == 0 {
        return None;
    }
    let n = n << field.mask.trailing_zeros();
    let mut picture = String::with_capacity(bits as usize * 5 / 4 + 3);
    for i in (0..bits).rev() {
        picture.push(match (field.mask >> i & 1, n >> i & 1) {
            (0, _) => '.',
            (_, 0) => '0',
            _ => '1',
        });
        if i % 4 == 0 {
            picture.push(' ');
        }
    }
    picture.push_str("= ");
    Some(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_numbers_are_those_of_the_library() {
        let mut n = 1u64;
        let cases =
            (0..200_000u64).chain((0..64).flat_map(|i| [1 << i, (1u64 << i) - 1])).chain((0..20_000).map(|_| {
                n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                n >> (n % 64)
            }));
        for n in cases.chain((0..20).flat_map(|i| [10u64.pow(i), 10u64.pow(i) - 1])).chain([u64::MAX]) {
            let mut out = b"x".to_vec();
            write_dec(n, &mut out);
            assert_eq!(out, format!("x{n}").as_bytes());
        }
    }

    #[test]
    fn numbers_of_every_width() {
        let bytes = [0x81, 2, 3, 4, 5, 6, 7, 8];
        for width in 1..=8 {
            let big = bytes[..width].iter().fold(0u64, |n, &b| n << 8 | b as u64);
            assert_eq!(read_number(&bytes[..width], false), big);
            assert_eq!(read_number(&bytes[..width], true), big.swap_bytes() >> (64 - 8 * width));
        }
    }

    #[test]
    fn values_as_tshark_writes_them() {
        let text = |field: Field, bytes: &[u8]| {
            let mut out = Vec::new();
            write_value(&field, decode(&field, bytes, None), &mut out);
            String::from_utf8(out).expect("UTF-8")
        };
        let field = |kind| Field { kind, ..Field::EMPTY };
        let hex = Field { base: Base::Hex, width: 2, mask: 0x0fff, ..field(Kind::Uint) };
        assert_eq!(text(hex, &[0xf0, 0x1b]), "0x001b");
        assert_eq!(text(Field { scale: 4, mask: 0x0f, ..field(Kind::Uint) }, &[0x45]), "20");
        assert_eq!(text(field(Kind::Int), &[0xff, 0xfe]), "-2");
        assert_eq!(text(Field { mask: 0x80, ..field(Kind::Bool) }, &[0x80]), "1");
        assert_eq!(text(field(Kind::Bytes), &[]), "<MISSING>");
        assert_eq!(text(field(Kind::Bytes), &[0, 0xff]), "00ff");
        assert_eq!(text(field(Kind::Mac), &[0, 1, 2, 0xab, 0xcd, 0xef]), "00:01:02:ab:cd:ef");
        assert_eq!(text(field(Kind::Ipv4), &[192, 0, 2, 255]), "192.0.2.255");
        assert_eq!(text(field(Kind::Ipv6), &[0x20, 1, 0xd, 0xb8]), "2001:db8::");
        assert_eq!(text(field(Kind::Uuid), &[0x11; 16]), "11111111-1111-1111-1111-111111111111");
        assert_eq!(text(field(Kind::Str), b"a\tb\x1b[31m\xff"), "a\\tb\\u{1b}[31m\u{fffd}");
        assert_eq!(text(field(Kind::TimeS), &[0x57, 0x1a, 0x32, 0xd9]), "Apr 22, 2016 14:19:05.000000000 UTC");
        let ntp = [0x83, 0xaa, 0x7e, 0x80, 0x80, 0, 0, 0];
        assert_eq!(text(field(Kind::TimeNtp), &ntp), "Jan  1, 1970 00:00:00.500000000 UTC");
        assert_eq!(text(field(Kind::Float), &1.5f32.to_be_bytes()), "1.5");
    }
}
