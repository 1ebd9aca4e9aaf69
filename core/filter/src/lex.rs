//! A filter's text as tokens.

use crate::error::Wrong;
use std::ops::Range;

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Eq,
    Ne,
    Gt,
    Lt,
    Ge,
    Le,
    Contains,
    Matches,
}

/// Whether one occurrence of a field must pass the test, or each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantifier {
    Any,
    All,
}

/// An operation that makes a number of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    And,
    Plus,
    Minus,
    Times,
    Over,
    Rest,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// A name or an unquoted value.
    Word(String),
    /// A quoted text.
    Text(Vec<u8>),
    /// A character in single quotes.
    Char(u64),
    /// With the quantifier that it means where none is written.
    Relation(Relation, Quantifier),
    Sign(Sign),
    /// What stands between `[` and `]`.
    Slice(String),
    /// What stands behind `#`.
    Layers(String),
    Quantifier(Quantifier),
    In,
    And,
    Or,
    Xor,
    Not,
    /// `( ) { }`
    Paren(char),
    Comma,
    /// `..`
    To,
    End,
}

use Quantifier::{All, Any};

/// Longer ones first.
const SYMBOLS: &[(&str, Token)] = &[
    ("===", Token::Relation(Relation::Eq, All)),
    ("!==", Token::Relation(Relation::Ne, Any)),
    ("==", Token::Relation(Relation::Eq, Any)),
    ("!=", Token::Relation(Relation::Ne, All)),
    ("~=", Token::Relation(Relation::Ne, Any)),
    (">=", Token::Relation(Relation::Ge, Any)),
    ("<=", Token::Relation(Relation::Le, Any)),
    ("&&", Token::And),
    ("||", Token::Or),
    ("^^", Token::Xor),
    ("..", Token::To),
    (">", Token::Relation(Relation::Gt, Any)),
    ("<", Token::Relation(Relation::Lt, Any)),
    ("~", Token::Relation(Relation::Matches, Any)),
    ("!", Token::Not),
    ("&", Token::Sign(Sign::And)),
    ("+", Token::Sign(Sign::Plus)),
    ("-", Token::Sign(Sign::Minus)),
    ("*", Token::Sign(Sign::Times)),
    ("/", Token::Sign(Sign::Over)),
    ("%", Token::Sign(Sign::Rest)),
    (",", Token::Comma),
    ("(", Token::Paren('(')),
    (")", Token::Paren(')')),
    ("{", Token::Paren('{')),
    ("}", Token::Paren('}')),
];

const NAMES: &[(&str, Token)] = &[
    ("and", Token::And),
    ("or", Token::Or),
    ("xor", Token::Xor),
    ("not", Token::Not),
    ("in", Token::In),
    ("any", Token::Quantifier(Any)),
    ("all", Token::Quantifier(All)),
    ("eq", Token::Relation(Relation::Eq, Any)),
    ("any_eq", Token::Relation(Relation::Eq, Any)),
    ("all_eq", Token::Relation(Relation::Eq, All)),
    ("ne", Token::Relation(Relation::Ne, All)),
    ("all_ne", Token::Relation(Relation::Ne, All)),
    ("any_ne", Token::Relation(Relation::Ne, Any)),
    ("gt", Token::Relation(Relation::Gt, Any)),
    ("lt", Token::Relation(Relation::Lt, Any)),
    ("ge", Token::Relation(Relation::Ge, Any)),
    ("le", Token::Relation(Relation::Le, Any)),
    ("contains", Token::Relation(Relation::Contains, Any)),
    ("matches", Token::Relation(Relation::Matches, Any)),
    ("bitwise_and", Token::Sign(Sign::And)),
];

/// All tokens with their places; the last is [`Token::End`].
pub(crate) fn lex(text: &str) -> Result<Vec<(Token, Range<usize>)>, Wrong> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens: Vec<(Token, Range<usize>)> = Vec::new();
    loop {
        lexer.at += lexer.rest().len() - lexer.rest().trim_start().len();
        let start = lexer.at;
        let token = lexer.token(tokens.last().is_none_or(|(token, _)| !ends_operand(token)))?;
        tokens.push((token, start..lexer.at));
        if let Some((Token::End, _)) = tokens.last() {
            return Ok(tokens);
        }
    }
}

/// Whether a value or field can't begin right behind it.
fn ends_operand(token: &Token) -> bool {
    use Token::*;
    matches!(token, Word(_) | Text(_) | Char(_) | Slice(_) | Layers(_) | Paren(')' | '}'))
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The next token; `operand` says whether a value may begin here, so that `-` may be its sign.
    fn token(&mut self, operand: bool) -> Result<Token, Wrong> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(Token::End) };
        match first {
            '"' => return self.quoted(1, false),
            'r' if rest.starts_with("r\"") => return self.quoted(2, true),
            '\'' => return self.character(),
            '[' => {
                let Some(end) = rest.find(']') else {
                    return Err(Wrong::new(&(self.at..self.at + 1), "the ] of this slice is missing"));
                };
                self.at += end + 1;
                return Ok(Token::Slice(rest[1..end].to_owned()));
            }
            '#' => {
                let after = &rest[1..];
                let len = match after.starts_with('[') {
                    true => after.find(']').map_or(after.len(), |end| end + 1),
                    false => after.find(|c: char| !c.is_ascii_digit() && c != '-' && c != ':').unwrap_or(after.len()),
                };
                self.at += 1 + len;
                return Ok(Token::Layers(after[..len].trim_matches(['[', ']']).to_owned()));
            }
            _ => {}
        }
        let begins_word = first.is_ascii_alphanumeric() || first == '_' || !first.is_ascii();
        let begins_value = operand
            && match first {
                '.' | ':' => !rest.starts_with(".."),
                '-' => rest[1..].starts_with(|c: char| c.is_ascii_digit()),
                _ => false,
            };
        if begins_word || begins_value {
            return Ok(self.word());
        }
        for (symbol, token) in SYMBOLS {
            if rest.starts_with(symbol) {
                self.at += symbol.len();
                return Ok(token.clone());
            }
        }
        let place = self.at..self.at + first.len_utf8();
        let hint = match first {
            '=' => "; equality is ==",
            '|' => "; or is ||",
            '^' => "; exclusive or is ^^",
            _ => "",
        };
        Err(Wrong::new(&place, format!("{first:?} means nothing here{hint}")))
    }

    fn word(&mut self) -> Token {
        let rest = self.rest();
        let mut len = 1;
        for (i, c) in rest.char_indices().skip(1) {
            let before = &rest[..i];
            let more = match c {
                // 80..90 is a range.
                '.' => !rest[i..].starts_with(".."),
                '/' => before.contains(['.', ':']) && before.chars().all(|c| c.is_ascii_hexdigit() || ".:".contains(c)),
                _ => c.is_ascii_alphanumeric() || "_:-".contains(c) || !c.is_ascii(),
            };
            if !more {
                break;
            }
            len = i + c.len_utf8();
        }
        // A first character of several bytes, alone.
        let len = len.max(rest.chars().next().map_or(0, char::len_utf8));
        let word = &rest[..len];
        self.at += len;
        let known = NAMES.iter().find(|(name, _)| *name == word);
        known.map_or_else(|| Token::Word(word.to_owned()), |(_, token)| token.clone())
    }

    fn quoted(&mut self, skip: usize, raw: bool) -> Result<Token, Wrong> {
        let start = self.at;
        self.at += skip;
        let mut text = Vec::new();
        loop {
            let at = self.at;
            match self.next() {
                Some('"') => return Ok(Token::Text(text)),
                Some('\\') if raw => {
                    text.push(b'\\');
                    if self.rest().starts_with('"') {
                        text.push(b'"');
                        self.at += 1;
                    }
                }
                Some('\\') => self.escape(at, &mut text)?,
                Some(c) => text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                None => return Err(Wrong::new(&(start..self.at), "the closing quote of this text is missing")),
            }
        }
    }

    fn character(&mut self) -> Result<Token, Wrong> {
        let start = self.at;
        self.at += 1;
        let mut text = Vec::new();
        let at = self.at;
        match self.next() {
            Some('\\') => self.escape(at, &mut text)?,
            Some(c) if c.is_ascii() => text.push(c as u8),
            _ => {}
        }
        match (&text[..], self.next()) {
            ([byte], Some('\'')) => Ok(Token::Char(u64::from(*byte))),
            _ => Err(Wrong::new(
                &(start..self.at),
                "single quotes hold one character of one byte, as 'A' or '\\n'; texts stand in double quotes",
            )),
        }
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest().chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// What follows a backslash that stands at `start`.
    fn escape(&mut self, start: usize, text: &mut Vec<u8>) -> Result<(), Wrong> {
        let wrong = |at: usize, what: &str| Err(Wrong::new(&(start..at), what));
        let Some(c) = self.next() else { return wrong(self.at, "nothing follows this backslash") };
        let simple = match c {
            '\'' | '"' | '\\' => c as u8,
            'a' => 7,
            'b' => 8,
            't' => 9,
            'n' => 10,
            'v' => 11,
            'f' => 12,
            'r' => 13,
            '0'..='7' => {
                self.at -= 1;
                let digits = self.digits(3, 8);
                match u8::from_str_radix(digits, 8) {
                    Ok(n) => n,
                    Err(_) => return wrong(self.at, "an octal escape goes up to \\377"),
                }
            }
            'x' => match u8::from_str_radix(self.digits(2, 16), 16) {
                Ok(n) => n,
                Err(_) => return wrong(self.at, "\\x takes hexadecimal digits, as in \\x1f"),
            },
            'u' | 'U' => {
                let count = if c == 'u' { 4 } else { 8 };
                let digits = self.digits(count, 16);
                let code = u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() == count);
                return match code.and_then(char::from_u32) {
                    Some(c) => {
                        text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                        Ok(())
                    }
                    None => wrong(self.at, "\\u takes the four digits of a character, \\U eight"),
                };
            }
            _ => return wrong(self.at, "no such escape; a backslash is \\\\, or write a raw text: r\"…\""),
        };
        text.push(simple);
        Ok(())
    }

    fn digits(&mut self, most: usize, radix: u32) -> &'a str {
        let rest = self.rest();
        let len = rest.chars().take(most).take_while(|c| c.is_digit(radix)).count();
        self.at += len;
        &rest[..len]
    }
}
