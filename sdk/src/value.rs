//! Values: what a span's bytes mean, and how that is written.
//!
//! Nothing is decoded before somebody looks. The texts are those of `tshark -T fields`, so that scripts written for
//! it keep working.

use crate::declare::{Base, Field, Kind, Protocol, name_of};
use crate::handle::sign_extend;
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
    /// 48-bit or 64-bit MAC address.
    Mac(&'a [u8]),
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
        Kind::TimeS | Kind::TimeNs | Kind::TimeNtp => Value::Time(word as i64 as i128),
        Kind::Duration => Value::Duration(word as i64 as i128),
        Kind::None | Kind::Group => Value::None,
        _ => Value::Uint(word),
    }
}

#[inline]
fn from_bytes<'a>(field: &Field, bytes: &'a [u8]) -> Value<'a> {
    let number = || {
        let mut n = 0u64;
        if field.little_endian {
            for &b in bytes.iter().rev() {
                n = n << 8 | b as u64;
            }
        } else {
            for &b in bytes {
                n = n << 8 | b as u64;
            }
        }
        if field.mask != 0 {
            n = (n & field.mask) >> field.mask.trailing_zeros();
        }
        n
    };
    match field.kind {
        Kind::None | Kind::Group => Value::None,
        Kind::Uint => Value::Uint(number().wrapping_mul(field.scale as u64)),
        Kind::Int => Value::Int(sign_extend(number(), bytes.len() as u8, field.mask).wrapping_mul(field.scale as i64)),
        Kind::Bool => Value::Bool(number() != 0),
        Kind::Float if bytes.len() == 4 => Value::Float(f32::from_bits(number() as u32) as f64),
        Kind::Float => Value::Float(f64::from_bits(number())),
        Kind::Bytes => Value::Bytes(bytes),
        Kind::Str => Value::Str(bytes),
        Kind::Mac | Kind::Eui64 => Value::Mac(bytes),
        Kind::Ipv4 => Value::Ipv4(padded(bytes)),
        Kind::Ipv6 => Value::Ipv6(padded(bytes)),
        Kind::Uuid => Value::Uuid(padded(bytes)),
        Kind::TimeS => Value::Time(number() as i128 * NS),
        Kind::TimeNs => Value::Time(number() as i128),
        Kind::TimeNtp => {
            let n = number();
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

/// Appends a decimal number.
#[inline]
pub fn write_dec(n: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
}

/// Appends bytes as hexadecimal digits with `separator` between two bytes.
#[inline]
pub fn write_hex(bytes: &[u8], separator: Option<u8>, out: &mut Vec<u8>) {
    out.reserve(bytes.len() * 3);
    for (i, b) in bytes.iter().enumerate() {
        if i > 0 && let Some(s) = separator {
            out.push(s);
        }
        out.push(HEX[(b >> 4) as usize]);
        out.push(HEX[(b & 15) as usize]);
    }
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

/// Appends a value as `tshark -T fields` writes it.
#[inline]
pub fn write_value(field: &Field, value: Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::None => out.extend_from_slice(field.name.as_bytes()),
        Value::Uint(n) => write_number(field, n, out),
        Value::Int(n) => out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes()),
        Value::Bool(b) => out.push(b'0' + b as u8),
        Value::Float(f) => out.extend_from_slice(f.to_string().as_bytes()),
        Value::Bytes([]) => out.extend_from_slice(b"<MISSING>"),
        Value::Bytes(bytes) => write_hex(bytes, None, out),
        Value::Str(bytes) => write_text(bytes, out),
        Value::Mac(bytes) => write_hex(bytes, Some(b':'), out),
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
    if field.part && let Some(bits) = bit_picture(field, &value) {
        out.extend_from_slice(bits.as_bytes());
    }
    out.extend_from_slice(field.title.as_bytes());
    if matches!(value, Value::None) {
        return;
    }
    out.extend_from_slice(b": ");
    match (value_name(field, &value), value) {
        (Some(name), Value::Bool(_)) => out.extend_from_slice(name.as_bytes()),
        (Some(name), _) => {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b" (");
            write_value(field, value, out);
            out.push(b')');
        }
        (None, Value::Bool(b)) => out.extend_from_slice(if b { b"True" } else { b"False" }),
        (None, Value::Bytes([])) => out.extend_from_slice(b"<none>"),
        (None, _) => write_value(field, value, out),
    }
    if matches!(value, Value::Duration(_)) {
        out.extend_from_slice(b" seconds");
    } else if !field.unit.is_empty() {
        out.push(b' ');
        out.extend_from_slice(field.unit.as_bytes());
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
