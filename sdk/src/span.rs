//! Spans: the words in which a dissector answers.
//!
//! A word is `field << 48 | offset << 24 | length`: 16 bits of field number, 24 bits each of offset and
//! length in bytes, relative to the slice that the dissector was given. A computed field's span is followed
//! by a second word: its value, or for long kinds (text, bytes, IPv6, UUID) `offset << 32 | length` in the
//! side buffer. Field numbers from [`FIRST_CONTROL`] on are not fields:
//!
//! * [`END`] closes the innermost open group.
//! * [`DIAGNOSTIC`] spans the bytes that a diagnostic is about; three words follow, see [`Diagnostic`].

/// Field numbers from here on have a meaning of their own.
pub const FIRST_CONTROL: u16 = 0xff00;
/// Closes the innermost open group.
pub const END: u16 = 0xffff;
/// A diagnostic; three words follow.
pub const DIAGNOSTIC: u16 = 0xfffe;
/// Stands for "no field" inside a diagnostic.
pub const NO_FIELD: u16 = 0xffff;
/// The largest offset or length that fits into a span.
pub const MAX: usize = (1 << 24) - 1;

/// A field and the bytes that it was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Number of the field in its protocol.
    pub field: u16,
    /// First byte, counted from the start of the slice.
    pub offset: u32,
    /// Number of bytes.
    pub len: u32,
}

impl Span {
    /// Packs a span; offset and length are at most [`MAX`].
    #[inline(always)]
    pub const fn pack(field: u16, offset: usize, len: usize) -> u64 {
        (field as u64) << 48 | (offset as u64) << 24 | len as u64
    }

    /// Unpacks a word.
    #[inline(always)]
    pub const fn unpack(word: u64) -> Span {
        Span { field: (word >> 48) as u16, offset: (word >> 24) as u32 & MAX as u32, len: word as u32 & MAX as u32 }
    }
}

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Note,
    /// Unusual, perhaps wrong.
    Warning,
    /// The bytes break the protocol's rules.
    Error,
}

impl Severity {
    /// As it is written in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }

    /// From its number in a word; unknown numbers are errors.
    pub const fn from_bits(bits: u8) -> Severity {
        match bits {
            0 => Severity::Note,
            1 => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

/// What is wrong, or worth knowing, and where.
///
/// Behind the [`DIAGNOSTIC`] span: `severity << 48 | field << 32 | claim << 16`, then `needed << 32 | available`,
/// then `code length << 48 | offset << 24 | text length` in the side buffer, where the code stands before the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Diagnostic<'a> {
    /// How much it matters.
    pub severity: Severity,
    /// A short fixed name for it: `short`, `cut`, `bad-length`.
    pub code: &'a str,
    /// A sentence, or empty where the rest says it all.
    pub text: &'a str,
    /// The field that could not be read.
    pub field: Option<u16>,
    /// The field that set the limit which was hit; `None` where it was the end of the slice.
    pub claim: Option<u16>,
    /// First byte that it is about.
    pub offset: u32,
    /// Bytes that the field needs.
    pub needed: u32,
    /// Bytes that there were.
    pub available: u32,
}

impl<'a> Diagnostic<'a> {
    /// The code of a field that did not fit into its PDU.
    pub const SHORT: &'static str = "short";
    /// The code of a field that was on the wire but not captured.
    pub const CUT: &'static str = "cut";
    /// The code of a fault of the dissector itself: the frame is not to blame.
    pub const FAULT: &'static str = "fault";

    /// Number of words that follow the span.
    pub const WORDS: usize = 3;

    /// Appends the words and texts of this diagnostic.
    pub fn write(&self, words: &mut Vec<u64>, side: &mut Vec<u8>) {
        let code = &self.code[..self.code.floor_char_boundary(255)];
        let text = &self.text[..self.text.floor_char_boundary(4096)];
        words.push(Span::pack(DIAGNOSTIC, self.offset as usize & MAX, self.available as usize & MAX));
        words.push(
            (self.severity as u64) << 48
                | (self.field.unwrap_or(NO_FIELD) as u64) << 32
                | (self.claim.unwrap_or(NO_FIELD) as u64) << 16,
        );
        words.push((self.needed as u64) << 32 | self.available as u64);
        words.push((code.len() as u64) << 48 | (side.len() as u64 & MAX as u64) << 24 | text.len() as u64);
        side.extend_from_slice(code.as_bytes());
        side.extend_from_slice(text.as_bytes());
    }

    /// Reads a diagnostic from its span and the three words behind it; `None` if they point outside `side`.
    pub fn read(words: &[u64], side: &'a [u8]) -> Option<Diagnostic<'a>> {
        let &[span, what, amounts, texts] = words.first_chunk::<4>()?;
        let (code_len, at, len) = ((texts >> 48) as usize, (texts >> 24) as usize & MAX, texts as usize & MAX);
        let field = |bits: u64| Some(bits as u16).filter(|&f| f != NO_FIELD);
        Some(Diagnostic {
            severity: Severity::from_bits((what >> 48) as u8),
            code: str::from_utf8(side.get(at..at + code_len)?).ok()?,
            text: str::from_utf8(side.get(at + code_len..at + code_len + len)?).ok()?,
            field: field(what >> 32),
            claim: field(what >> 16),
            offset: Span::unpack(span).offset,
            needed: (amounts >> 32) as u32,
            available: amounts as u32,
        })
    }
}
