//! What protocols of text lines share: where a line ends, words, numbers in decimal digits.

use prosector_sdk::prelude::*;

/// A line of some bytes: how long its text is, and how long it is with its end (CR LF, LF, or a CR alone).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Bytes before the line end.
    pub text: usize,
    /// Bytes with the line end.
    pub whole: usize,
}

impl Line {
    /// The first line of `bytes`. `None` if it has no end, or ends with a CR that an LF may still follow.
    pub fn first(bytes: &[u8]) -> Option<Line> {
        let text = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n'))?;
        match (bytes.get(text), bytes.get(text + 1)) {
            (Some(b'\r'), None) => None,
            (Some(b'\r'), Some(b'\n')) => Some(Line { text, whole: text + 2 }),
            _ => Some(Line { text, whole: text + 1 }),
        }
    }

    /// The first line of `bytes`; without a line end it is all of them.
    pub fn of(bytes: &[u8]) -> Line {
        let text = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len());
        Line::first(bytes).unwrap_or(Line { text, whole: bytes.len() })
    }

    /// The line that the cursor stands at. In a stream a line that has no end yet is waited for, unless there are `limit`
    /// bytes of it: those are a line then.
    pub fn at(pdu: &mut Pdu<'_>, limit: usize) -> Result<Line, Stop> {
        match Line::first(pdu.rest()) {
            Some(line) => Ok(line),
            None if pdu.is_stream() && pdu.remaining() < limit => pdu.wait_more(),
            None => Ok(Line::of(pdu.rest())),
        }
    }

    /// Whether `bytes` has a whole line, or needs no waiting for one as [`Line::at`] has it.
    pub fn is_whole(pdu: &Pdu<'_>, limit: usize) -> bool {
        Line::first(pdu.rest()).is_some() || !pdu.is_stream() || pdu.remaining() >= limit
    }
}

/// A line is waited for up to this length: what people and mail programs write is shorter.
pub const USUAL: usize = 512;

/// Whether the server sends the PDU, whose port is one of `ports`. Below TCP the context has both ports; elsewhere the
/// second direction is taken for the server's.
pub fn is_from_server(pdu: &Pdu<'_>, ports: &[u16]) -> bool {
    if pdu.context() >> 32 & 1 == 0 {
        return pdu.is_reverse();
    }
    let (source, destination) = ((pdu.context() >> 16) as u16, pdu.context() as u16);
    ports.contains(&source) && !ports.contains(&destination)
}

/// The first word of `text` and the rest, without the blanks between them.
pub fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|&byte| byte == b' ').unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (word, trim_start(rest))
}

/// Without the blanks before it.
pub fn trim_start(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    text.get(blanks..).unwrap_or_default()
}

/// `text` up to its first NUL.
pub fn to_nul(text: &[u8]) -> &[u8] {
    text.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// The number that `text` begins with, in decimal digits.
pub fn number(text: &[u8]) -> Option<u64> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(text.get(..digits)?).ok()?.parse().ok()
}

/// Whether `text` begins with `start`, whatever the case of the letters.
pub fn starts_with(text: &[u8], start: &[u8]) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// Whether `text` has `part` in it, whatever the case of the letters.
pub fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}

/// `text` for an info line.
pub fn show(text: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(text.get(..text.len().min(200)).unwrap_or_default())
}

/// Bytes as hexadecimal digits.
pub struct Hex<'a>(pub &'a [u8]);

impl std::fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Decodes base64 (RFC 4648, section 4) up to the first byte that is none of it.
pub fn base64(text: &[u8]) -> Vec<u8> {
    let (mut out, mut bits, mut count) = (Vec::with_capacity(text.len() / 4 * 3 + 2), 0u32, 0);
    for &byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => break,
        };
        (bits, count) = (bits << 6 | u32::from(value), count + 6);
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out
}

/// A part of a text that ends with a dot alone on a line (RFC 5321, section 4.5.2).
pub struct Part {
    /// Bytes of the text.
    pub len: usize,
    /// Bytes of the line with the dot, if it is there.
    pub end: Option<usize>,
}

/// The whole lines at the cursor up to the dot. In a stream, waits for the first of them.
pub fn to_dot(pdu: &mut Pdu<'_>) -> Result<Part, Stop> {
    let (rest, mut len) = (pdu.rest(), 0);
    while let Some(line) = Line::first(rest.get(len..).unwrap_or_default()) {
        if rest.get(len..len + line.text) == Some(b".") {
            return Ok(Part { len, end: Some(line.whole) });
        }
        len += line.whole;
    }
    if !pdu.is_stream() || len == 0 && rest.len() >= USUAL {
        len = rest.len();
    } else if len == 0 {
        return pdu.wait_more();
    }
    Ok(Part { len, end: None })
}

/// Text as the digits that tests are given.
#[cfg(test)]
pub fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}
