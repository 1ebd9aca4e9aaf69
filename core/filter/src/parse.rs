//! Tokens as a tree. From loosest to tightest: `||`, `^^`, `&&`, `!`, comparisons, `&`, `+ -`, `* / %`, sign, slice.

use crate::error::Wrong;
use crate::lex::{Quantifier, Relation, Sign, Token, lex};
use std::ops::Range;

/// What is true or false of a frame.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Or(Vec<Node>),
    Xor(Vec<Node>),
    And(Vec<Node>),
    Not(Box<Node>),
    /// It is there, or, of a number that was calculated: it is not 0.
    Is(Term),
    Compare {
        quantifier: Quantifier,
        left: Term,
        relation: Relation,
        right: Term,
    },
    In {
        quantifier: Quantifier,
        left: Term,
        items: Vec<(Term, Option<Term>)>,
    },
}

/// What has values.
#[derive(Clone, Debug)]
pub(crate) struct Term {
    pub what: What,
    pub place: Range<usize>,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    Word(String),
    Text(Vec<u8>),
    Char(u64),
    Slice(Box<Term>, Vec<Part>),
    Layers(Box<Term>, Vec<Part>),
    Call(String, Vec<Term>),
    Sign(Sign, Box<Term>, Box<Term>),
    Minus(Box<Term>),
}

/// Some bytes of a value or some layers of a frame; a negative place counts from the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub from: i32,
    pub to: To,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum To {
    /// So many.
    Count(i32),
    /// Up to this one.
    Last(i32),
    End,
}

impl Part {
    /// The places that it means among `len`; `None` if they aren't all there. Places count from 0.
    #[inline]
    pub fn of(self, len: usize) -> Option<Range<usize>> {
        let place = |at: i32| match at {
            0.. => Some(at as usize),
            _ => len.checked_sub(at.unsigned_abs() as usize),
        };
        let from = place(self.from)?;
        let to = match self.to {
            To::Count(count) => from.checked_add(usize::try_from(count).ok()?)?,
            To::Last(last) => place(last)? + 1,
            To::End => len,
        };
        (from < to && to <= len).then_some(from..to)
    }

    /// Whether it means the place `at` among `len`, of which not all need be there.
    pub fn has(self, at: usize, len: usize) -> bool {
        let place = |p: i32| if p < 0 { len as i64 + p as i64 } else { p as i64 };
        let (at, from) = (at as i64, place(self.from));
        let end = match self.to {
            To::Count(count) => from + count as i64,
            To::Last(last) => place(last) + 1,
            To::End => i64::MAX,
        };
        (from..end).contains(&at)
    }
}

/// How deep parentheses may nest.
const MAX_DEPTH: usize = 100;

/// The tree of a filter's text; `None` where nothing stands in it.
pub(crate) fn parse(text: &str) -> Result<Option<Node>, Wrong> {
    let mut parser = Parser { tokens: lex(text)?, at: 0, depth: 0 };
    if parser.peek() == &Token::End {
        return Ok(None);
    }
    let node = parser.or()?;
    match parser.peek() {
        Token::End => Ok(Some(node)),
        Token::Paren(')') => Err(parser.wrong("no ( goes with this )")),
        _ => Err(parser.wrong("unexpected here; conditions are joined by && or ||")),
    }
}

struct Parser {
    tokens: Vec<(Token, Range<usize>)>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn place(&self) -> Range<usize> {
        self.tokens[self.at].1.clone()
    }

    /// Where the last token that was taken ends.
    fn end(&self) -> usize {
        self.tokens[self.at.saturating_sub(1)].1.end
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn take(&mut self, token: &Token) -> bool {
        let there = self.peek() == token;
        if there {
            self.next();
        }
        there
    }

    fn wrong(&self, message: &str) -> Wrong {
        match self.peek() {
            Token::End => Wrong::new(&self.place(), format!("the filter ends too early: {message}")),
            _ => Wrong::new(&self.place(), message),
        }
    }

    fn deeper<T>(&mut self, inside: impl FnOnce(&mut Parser) -> Result<T, Wrong>) -> Result<T, Wrong> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.wrong("nested too deeply"));
        }
        let done = inside(self);
        self.depth -= 1;
        done
    }

    fn chain(
        &mut self,
        between: Token,
        make: fn(Vec<Node>) -> Node,
        one: fn(&mut Parser) -> Result<Node, Wrong>,
    ) -> Result<Node, Wrong> {
        let first = one(self)?;
        if self.peek() != &between {
            return Ok(first);
        }
        let mut nodes = vec![first];
        while self.take(&between) {
            nodes.push(one(self)?);
        }
        Ok(make(nodes))
    }

    fn or(&mut self) -> Result<Node, Wrong> {
        self.deeper(|parser| parser.chain(Token::Or, Node::Or, Parser::xor))
    }

    fn xor(&mut self) -> Result<Node, Wrong> {
        self.chain(Token::Xor, Node::Xor, Parser::and)
    }

    fn and(&mut self) -> Result<Node, Wrong> {
        self.chain(Token::And, Node::And, Parser::not)
    }

    fn not(&mut self) -> Result<Node, Wrong> {
        if self.take(&Token::Not) {
            return Ok(Node::Not(Box::new(self.deeper(Parser::not)?)));
        }
        if let Token::Quantifier(quantifier) = *self.peek() {
            self.next();
            let left = self.term()?;
            return self.comparison(left, Some(quantifier));
        }
        if self.take(&Token::Paren('(')) {
            let node = self.or()?;
            if !self.take(&Token::Paren(')')) {
                return Err(self.wrong("the ) is missing here, or && or ||"));
            }
            // Parentheses around a calculation: what follows belongs to it.
            return match node {
                Node::Is(term) => {
                    let term = self.signs(term, 0)?;
                    self.comparison(term, None)
                }
                node => Ok(node),
            };
        }
        let left = self.term()?;
        self.comparison(left, None)
    }

    /// What is said of `left`.
    fn comparison(&mut self, left: Term, quantifier: Option<Quantifier>) -> Result<Node, Wrong> {
        match *self.peek() {
            Token::Relation(relation, usual) => {
                self.next();
                let right = self.term()?;
                let quantifier_here = quantifier.unwrap_or(usual);
                let node = Node::Compare { quantifier: quantifier_here, left, relation, right: right.clone() };
                // a < b < c
                match self.peek() {
                    Token::Relation(..) => Ok(Node::And(vec![node, self.deeper(|p| p.comparison(right, quantifier))?])),
                    _ => Ok(node),
                }
            }
            Token::In => {
                self.next();
                Ok(Node::In { quantifier: quantifier.unwrap_or(Quantifier::Any), left, items: self.set()? })
            }
            Token::Not if self.tokens.get(self.at + 1).is_some_and(|(token, _)| *token == Token::In) => {
                self.at += 2;
                let set = Node::In { quantifier: quantifier.unwrap_or(Quantifier::Any), left, items: self.set()? };
                Ok(Node::Not(Box::new(set)))
            }
            _ if quantifier.is_some() => Err(self.wrong("any and all go with a comparison")),
            Token::Word(_) | Token::Text(_) | Token::Char(_) => {
                Err(self.wrong("an operator is missing before this: ==, contains, in, && …"))
            }
            _ => Ok(Node::Is(left)),
        }
    }

    fn set(&mut self) -> Result<Vec<(Term, Option<Term>)>, Wrong> {
        if !self.take(&Token::Paren('{')) {
            return Err(self.wrong("in goes with a set: {1, 2, 80..90}"));
        }
        let mut items = Vec::new();
        loop {
            let from = self.term()?;
            let to = if self.take(&Token::To) { Some(self.term()?) } else { None };
            items.push((from, to));
            if self.take(&Token::Paren('}')) {
                return Ok(items);
            }
            if !self.take(&Token::Comma) {
                return Err(self.wrong("a comma or the } of the set must stand here"));
            }
        }
    }

    fn term(&mut self) -> Result<Term, Wrong> {
        self.deeper(|parser| {
            let first = parser.unary()?;
            parser.signs(first, 0)
        })
    }

    /// What is calculated with `left`, as far as it binds at least so tightly.
    fn signs(&mut self, mut left: Term, least: u8) -> Result<Term, Wrong> {
        while let Token::Sign(sign) = *self.peek() {
            let tight = match sign {
                Sign::And => 0,
                Sign::Plus | Sign::Minus => 1,
                Sign::Times | Sign::Over | Sign::Rest => 2,
            };
            if tight < least {
                break;
            }
            self.next();
            let right = self.unary()?;
            let right = self.signs(right, tight + 1)?;
            let place = left.place.start..right.place.end;
            left = Term { what: What::Sign(sign, Box::new(left), Box::new(right)), place };
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Term, Wrong> {
        let start = self.place().start;
        if self.take(&Token::Sign(Sign::Minus)) {
            let of = self.deeper(Parser::unary)?;
            let place = start..of.place.end;
            return Ok(Term { what: What::Minus(Box::new(of)), place });
        }
        let mut term = self.primary()?;
        loop {
            let place = self.place();
            let of = |term: Term| Box::new(term);
            let (what, end) = match self.peek().clone() {
                Token::Slice(text) => (What::Slice(of(term), parts(&text, &place)?), place.end),
                Token::Layers(text) => (What::Layers(of(term), layers(&text, &place)?), place.end),
                _ => return Ok(term),
            };
            self.next();
            term = Term { what, place: start..end };
        }
    }

    fn primary(&mut self) -> Result<Term, Wrong> {
        let place = self.place();
        let what = match self.peek().clone() {
            Token::Word(word) => {
                self.next();
                match self.take(&Token::Paren('(')) {
                    true => What::Call(word, self.arguments()?),
                    false => What::Word(word),
                }
            }
            Token::Text(text) => {
                self.next();
                What::Text(text)
            }
            Token::Char(c) => {
                self.next();
                What::Char(c)
            }
            Token::Paren(open @ ('{' | '(')) => {
                self.next();
                let term = self.term()?;
                let close = if open == '{' { '}' } else { ')' };
                if !self.take(&Token::Paren(close)) {
                    return Err(self.wrong(&format!("the {close} is missing here")));
                }
                return Ok(Term { place: place.start..self.end(), ..term });
            }
            _ => return Err(self.wrong("a field, a protocol or a value must stand here")),
        };
        Ok(Term { what, place: place.start..self.end() })
    }

    fn arguments(&mut self) -> Result<Vec<Term>, Wrong> {
        let mut arguments = Vec::new();
        if self.take(&Token::Paren(')')) {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.term()?);
            if self.take(&Token::Paren(')')) {
                return Ok(arguments);
            }
            if !self.take(&Token::Comma) {
                return Err(self.wrong("a comma or the ) of the function must stand here"));
            }
        }
    }
}

/// `0:3`, `1-2`, `:4`, `4:`, `-2:`, `7`, several parted by commas.
fn parts(text: &str, place: &Range<usize>) -> Result<Vec<Part>, Wrong> {
    let one = |text: &str| -> Option<Part> {
        let text = text.trim();
        let number = |text: &str| {
            let text = text.trim();
            match text.strip_prefix("0x") {
                Some(digits) => i32::from_str_radix(digits, 16).ok(),
                None => text.parse::<i32>().ok(),
            }
        };
        if let Some((from, count)) = text.split_once(':') {
            let from = if from.trim().is_empty() { 0 } else { number(from)? };
            let to = match count.trim() {
                "" => To::End,
                count => To::Count(number(count).filter(|count| *count > 0)?),
            };
            return Some(Part { from, to });
        }
        // The first may be the sign of the first place.
        if let Some(dash) = text.get(1..).and_then(|after| after.find('-')) {
            return Some(Part { from: number(&text[..dash + 1])?, to: To::Last(number(&text[dash + 2..])?) });
        }
        Some(Part { from: number(text)?, to: To::Count(1) })
    };
    let parts: Option<Vec<Part>> = text.split(',').map(one).collect();
    parts.ok_or_else(|| Wrong::new(place, "a slice is [from:count], [from-last], [:count], [from:] or [place]"))
}

/// Like slices, but layers count from 1.
fn layers(text: &str, place: &Range<usize>) -> Result<Vec<Part>, Wrong> {
    let down = |at: i32| if at > 0 { Some(at - 1) } else { Some(at).filter(|at| *at < 0) };
    let one = |part: Part| {
        let to = match part.to {
            To::Last(last) => To::Last(down(last)?),
            to => to,
        };
        let from = if part.from == 0 && text.trim_start().starts_with(':') { 0 } else { down(part.from)? };
        Some(Part { from, to })
    };
    let parts = parts(text, place).ok().and_then(|parts| parts.into_iter().map(one).collect());
    parts.ok_or_else(|| Wrong::new(place, "layers are #1, #-1 (the last), #1-2 or #[2:]; the first is 1"))
}
