//! Values as they stand in a filter, read as what the field beside them is.

use crate::parse::{Term, What};
use prosector_engine::nearest;
use prosector_sdk::declare::{Field, Kind};
use std::net::{Ipv4Addr, Ipv6Addr};

/// What a value in a frame is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Const {
    Uint(u64),
    /// A name that means all these numbers.
    Numbers(u64, u64),
    Int(i64),
    Float(f64),
    /// Also texts, hardware addresses and UUIDs.
    Bytes(Box<[u8]>),
    /// A network and its mask.
    Ipv4(u32, u32),
    Ipv6(u128, u128),
    /// Nanoseconds, since 1970 or as a span.
    Time(i128),
}

/// What kind of value something is, as far as it matters for what it can be compared with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Type<'r> {
    pub kind: Kind,
    /// The field, whose names and width count; none where the value was calculated.
    pub field: Option<&'r Field>,
    /// A part of something, or a whole protocol: unquoted values are bytes, quoted ones texts.
    pub part: bool,
}

impl Type<'_> {
    pub fn of(kind: Kind) -> Type<'static> {
        Type { kind, field: None, part: false }
    }

    /// For messages.
    pub fn name(&self) -> &'static str {
        match self.kind {
            Kind::None | Kind::Group => "a field without a value",
            Kind::Uint => "an unsigned number",
            Kind::Int => "a signed number",
            Kind::Bool => "a boolean",
            Kind::Float => "a floating-point number",
            Kind::Bytes => "bytes",
            Kind::Str => "a text",
            Kind::Mac => "a MAC address",
            Kind::Eui64 => "an EUI-64 address",
            Kind::Ipv4 => "an IPv4 address",
            Kind::Ipv6 => "an IPv6 address",
            Kind::Uuid => "a UUID",
            Kind::TimeS | Kind::TimeNs | Kind::TimeNtp => "a point in time",
            Kind::Duration => "a time span",
        }
    }

    pub fn is_number(&self) -> bool {
        matches!(self.kind, Kind::Uint | Kind::Int | Kind::Bool)
    }

    pub fn is_time(&self) -> bool {
        matches!(self.kind, Kind::TimeS | Kind::TimeNs | Kind::TimeNtp)
    }

    /// Whether its bytes can be searched.
    pub fn is_bytes(&self) -> bool {
        matches!(self.kind, Kind::Bytes | Kind::Str | Kind::Mac | Kind::Eui64 | Kind::Uuid)
    }

    /// Whether its bytes can be cut into slices.
    pub fn can_be_sliced(&self) -> bool {
        self.is_bytes() || matches!(self.kind, Kind::Ipv4 | Kind::Ipv6)
    }

    /// Whether two values can be compared.
    pub fn goes_with(&self, other: &Type<'_>) -> bool {
        (self.is_number() && other.is_number())
            || (self.is_time() && other.is_time())
            || (self.kind == other.kind && !matches!(self.kind, Kind::None | Kind::Group))
            || (self.is_bytes() && other.is_bytes())
            || (self.part && other.can_be_sliced())
            || (other.part && self.can_be_sliced())
    }

    /// A literal, read as a value of this type; the error says what would be right.
    pub fn read(&self, term: &Term) -> Result<Const, String> {
        match &term.what {
            What::Word(word) => self.word(word),
            What::Text(text) => self.text(text),
            What::Char(c) if self.is_number() => Ok(Const::Uint(*c)),
            What::Char(c) if self.is_bytes() => Ok(Const::Bytes([*c as u8].into())),
            What::Char(_) => Err(format!("{} is compared with a character", self.name())),
            _ => Err("a value must stand here".into()),
        }
    }

    /// A quoted text.
    fn text(&self, text: &[u8]) -> Result<Const, String> {
        let as_str = || String::from_utf8_lossy(text);
        match self.kind {
            _ if self.is_bytes() || self.part => Ok(Const::Bytes(text.into())),
            Kind::TimeS | Kind::TimeNs | Kind::TimeNtp => time(&as_str()).ok_or_else(|| self.example(&as_str())),
            _ => match self.name_of_value(&as_str()) {
                Some(named) => Ok(named),
                None if self.has_names() => Err(self.unknown_name(&as_str())),
                None => {
                    Err(format!("{} is not compared with a quoted text; write the value without quotes", self.name()))
                }
            },
        }
    }

    /// A value without quotes.
    fn word(&self, word: &str) -> Result<Const, String> {
        let bytes = |len: usize| hex_bytes(word).filter(|b| b.len() == len).map(|b| Const::Bytes(b.into()));
        let read = match self.kind {
            _ if self.part => hex_bytes(word).map(|b| Const::Bytes(b.into())),
            Kind::None | Kind::Group => None,
            Kind::Uint => match number(word) {
                Some(n) => return self.fits(word, n),
                None => self.name_of_value(word),
            },
            Kind::Int => match number(word) {
                Some(n) => Some(Const::Int(i64::try_from(n).map_err(|_| format!("{word} is too large"))?)),
                None => self.name_of_value(word),
            },
            Kind::Bool => match number(word) {
                Some(n) => Some(Const::Uint((n != 0) as u64)),
                None => self.name_of_value(word),
            },
            Kind::Float => word.parse().ok().or_else(|| number(word).map(|n| n as f64)).map(|n: f64| {
                // What the frame holds in four bytes is only as exact as they are.
                let narrow = self.field.is_some_and(|f| f.width == 4 && !f.computed);
                Const::Float(if narrow { n as f32 as f64 } else { n })
            }),
            Kind::Bytes => hex_bytes(word).map(|b| Const::Bytes(b.into())),
            Kind::Str => Some(Const::Bytes(word.as_bytes().into())),
            Kind::Mac => bytes(6),
            Kind::Eui64 => bytes(8),
            Kind::Uuid => bytes(16),
            Kind::Ipv4 => ipv4(word)?,
            Kind::Ipv6 => ipv6(word)?,
            Kind::TimeS | Kind::TimeNs | Kind::TimeNtp => time(word),
            Kind::Duration => seconds(word).map(Const::Time),
        };
        read.ok_or_else(|| if self.has_names() { self.unknown_name(word) } else { self.example(word) })
    }

    fn fits(&self, word: &str, n: i128) -> Result<Const, String> {
        let width = self.field.filter(|f| f.scale <= 1).map_or(8, |f| if f.width == 0 { 8 } else { f.width.min(8) });
        let most = u64::MAX >> (64 - 8 * width as u32);
        match u64::try_from(n) {
            Ok(n) if n <= most => Ok(Const::Uint(n)),
            _ if n < 0 && self.field.is_none() => Ok(Const::Int(n as i64)),
            _ => Err(format!("{word} does not fit: the field goes from 0 to {most}")),
        }
    }

    fn has_names(&self) -> bool {
        self.is_number() && self.field.is_some_and(|f| !f.names.is_empty())
    }

    /// The numbers that the field calls so, whatever the case.
    fn name_of_value(&self, name: &str) -> Option<Const> {
        if !self.is_number() {
            return None;
        }
        let mut names = self.field.map(|f| &*f.names).unwrap_or_default().iter();
        if let Some(named) = names.find(|n| n.name.eq_ignore_ascii_case(name)) {
            return Some(Const::Numbers(named.from, named.to));
        }
        let truth = [("true", 1), ("false", 0), ("set", 1), ("not set", 0)];
        let mut truth = truth.iter().filter(|_| self.kind == Kind::Bool);
        truth.find(|(truth, _)| truth.eq_ignore_ascii_case(name)).map(|(_, n)| Const::Uint(*n))
    }

    fn unknown_name(&self, name: &str) -> String {
        let Some(field) = self.field else { return self.example(name) };
        let near = nearest(name, field.names.iter().map(|n| n.name.to_string()));
        format!("{name:?} is neither a number nor the name of a value of {}{near}", field.name)
    }

    /// What a value of this type looks like.
    fn example(&self, word: &str) -> String {
        let example = match self.kind {
            _ if self.part => "as in 00:11:22, 0011.22 or \"text\"",
            Kind::None | Kind::Group => return "a field without a value can only be there or not".into(),
            Kind::Uint | Kind::Int => "as in 10, 0x0a, 012, 0b1010 or 'a'",
            Kind::Bool => "as in true, false, 1 or 0",
            Kind::Float => "as in 0.5",
            Kind::Bytes | Kind::Str => "as in 00:11:22, 0011.22 or \"text\"",
            Kind::Mac => "as in 00:11:22:33:44:55, 00-11-22-33-44-55 or 0011.2233.4455",
            Kind::Eui64 => "as in 00:11:22:33:44:55:66:77",
            Kind::Uuid => "as in 00112233-4455-6677-8899-aabbccddeeff",
            Kind::Ipv4 => "as in 192.0.2.1 or 192.0.2.0/24",
            Kind::Ipv6 => "as in 2001:db8::1 or 2001:db8::/32",
            Kind::TimeS | Kind::TimeNs | Kind::TimeNtp => "as in \"2023-11-14 22:13:20.5\" or 1700000000.5",
            Kind::Duration => "in seconds, as in 1.5",
        };
        format!("{word:?} is not {}, {example}", self.name())
    }
}

/// A whole number in any notation.
pub(crate) fn number(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, &lower[..]),
    };
    let n = u64::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with('+'))?;
    Some(if negative { -i128::from(n) } else { i128::from(n) })
}

/// `00:11:22`, `00-11`, `0.1.0.d`, `0011.22`, `001122`.
pub(crate) fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for group in text.split([':', '-', '.']) {
        if group.len() != 1 && (group.is_empty() || group.len() % 2 != 0) || !group.is_ascii() {
            return None;
        }
        for pair in group.as_bytes().chunks(2) {
            let digits = str::from_utf8(pair).ok().filter(|d| !d.starts_with('+'))?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        }
    }
    Some(bytes)
}

/// The address and the length of its prefix, where one is said.
fn prefix(text: &str, most: u32) -> Result<(&str, u32), String> {
    let Some((address, bits)) = text.split_once('/') else { return Ok((text, most)) };
    match bits.parse() {
        Ok(bits) if bits <= most => Ok((address, bits)),
        _ => Err(format!("a prefix has 0 to {most} bits, not {bits}")),
    }
}

fn ipv4(text: &str) -> Result<Option<Const>, String> {
    let (address, bits) = prefix(text, 32)?;
    let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
    Ok(address.parse::<Ipv4Addr>().ok().map(|a| Const::Ipv4(u32::from(a) & mask, mask)))
}

fn ipv6(text: &str) -> Result<Option<Const>, String> {
    let (address, bits) = prefix(text, 128)?;
    let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
    Ok(address.parse::<Ipv6Addr>().ok().map(|a| Const::Ipv6(u128::from(a) & mask, mask)))
}

const NS: i128 = 1_000_000_000;

/// Seconds with up to nine decimals, as nanoseconds.
fn seconds(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !plain(whole)
        || !plain(fraction)
        || fraction.len() > 9
        || whole.len() > 18
        || digits.len() < 2 && whole.is_empty()
    {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let ns = whole * NS + format!("{fraction:0<9}").parse::<i128>().ok()?;
    Some(if negative { -ns } else { ns })
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn time(text: &str) -> Option<Const> {
    parse_time(text).map(Const::Time)
}

/// A point in time, in nanoseconds since 1970: ISO 8601, `Nov 14, 2023 22:13:20.5`, or seconds since 1970. In UTC where no zone is
/// said.
pub fn parse_time(text: &str) -> Option<i128> {
    let text = text.trim();
    if let Some(ns) = seconds(text) {
        return Some(ns);
    }
    let mut parts;
    let (date, clock) = if text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        parts = text.splitn(4, ' ').filter(|part| !part.is_empty()).collect::<Vec<_>>();
        if parts.len() == 3 && parts[2].trim_start().contains(' ') {
            // The day had two blanks before it.
            let rest = parts.pop()?.trim_start();
            parts.extend(rest.splitn(2, ' '));
        }
        let month = MONTHS.iter().position(|m| parts.first().is_some_and(|p| m.eq_ignore_ascii_case(p)))? as i64 + 1;
        let day = parts.get(1)?.strip_suffix(',')?.parse().ok()?;
        ((parts.get(2)?.parse().ok()?, month, day), parts.get(3).copied().unwrap_or(""))
    } else {
        let (date, clock) = text.split_at_checked(10)?;
        let mut numbers = date.split('-');
        let mut next = |len| numbers.next().filter(|n| n.len() == len)?.parse::<i64>().ok();
        ((next(4)?, next(2)?, next(2)?), clock.strip_prefix(['T', ' ']).unwrap_or(clock))
    };
    let (clock, offset) = zone(clock.trim())?;
    let mut fields = clock.split(':');
    let mut next = |most| match fields.next() {
        None | Some("") => Some(0),
        Some(n) => n.parse::<i64>().ok().filter(|n| (0..most).contains(n)),
    };
    let (hour, minute) = (next(24)?, next(60)?);
    let second = match fields.next() {
        None => 0,
        Some(text) => seconds(text).filter(|s| (0..61 * NS).contains(s))?,
    };
    if fields.next().is_some() {
        return None;
    }
    let minutes = days(date)? * 1440 + hour * 60 + minute - offset;
    Some(minutes as i128 * 60 * NS + second)
}

/// Splits the zone off; its offset in minutes.
fn zone(clock: &str) -> Option<(&str, i64)> {
    if let Some(clock) = clock.strip_suffix("UTC").or_else(|| clock.strip_suffix('Z')) {
        return Some((clock.trim_end(), 0));
    }
    let Some(at) = clock.find(['+', '-']) else { return Some((clock, 0)) };
    let digits: String = clock[at + 1..].chars().filter(|c| *c != ':').collect();
    let n: i64 = digits.parse().ok().filter(|_| digits.len() == 4)?;
    let minutes = n / 100 * 60 + n % 100;
    Some((clock[..at].trim_end(), if clock[at..].starts_with('-') { -minutes } else { minutes }))
}

/// Days from 1970 to a date, by counting from March of the year 0, so that leap days come last.
fn days((year, month, day): (i64, i64, i64)) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) || !(0..=9999).contains(&year) {
        return None;
    }
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let before = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(before + (153 * month + 2) / 5 + day - 1 - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_every_notation() {
        let ns = |text: &str| match time(text) {
            Some(Const::Time(ns)) => Some(ns),
            _ => None,
        };
        let same = [
            "2023-11-14 22:13:20.5",
            "2023-11-14T22:13:20.5",
            "2023-11-14T22:13:20.5Z",
            "2023-11-14 22:13:20.5 UTC",
            "2023-11-14 23:13:20.5+01:00",
            "2023-11-14 20:13:20.500-0200",
            "Nov 14, 2023 22:13:20.5",
            "Nov 14, 2023 22:13:20.5 UTC",
            "1700000000.5",
        ];
        for text in same {
            assert_eq!(ns(text), Some(1_700_000_000_500_000_000), "{text}");
        }
        assert_eq!(ns("1970-01-01"), Some(0));
        assert_eq!(ns("1969-12-31 23:59:59"), Some(-NS));
        assert_eq!(ns("Jan  1, 1970 00:00:01"), Some(NS));
        assert_eq!(ns("2000-02-29T12:00"), Some(951_825_600 * NS));
        for wrong in ["2023-02-29", "2023-13-01", "2023-1-1", "now", "", "2023-11-14 25:00", "2023-11-14 1:2:3:4"] {
            assert_eq!(ns(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn numbers_and_bytes() {
        assert_eq!(["10", "0xa", "012", "0b1010", "-3", "0"].map(number), [10, 10, 10, 10, -3, 0].map(Some));
        assert_eq!(["", "0x", "1.5", "08", "ten", "--1", "+1"].map(number), [None; 7]);
        for text in ["00:01:0d", "00-01-0d", "0.1.d", "0001.0d", "00010d", "00010D"] {
            assert_eq!(hex_bytes(text).as_deref(), Some(&[0, 1, 13][..]), "{text}");
        }
        assert_eq!(["", "001", "00:", "0x1", "gg"].map(hex_bytes), [const { None }; 5]);
        assert_eq!(["1.5", "-0.25", "7", ".5"].map(seconds), [1_500, -250, 7_000, 500].map(|ms| Some(ms * 1_000_000)));
        assert_eq!(["", ".", "1e3", "1.2.3", "-"].map(seconds), [None; 5]);
    }
}
