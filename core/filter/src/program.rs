//! What a filter's tree becomes: names are numbers, values are read, types are checked.

use crate::lex::{Quantifier, Relation, Sign};
use crate::literal::Const;
use crate::parse::Part;
use memchr::memmem::Finder;
use prosector_engine::FieldRef;
use regex::bytes::Regex;

/// What is true or false of a frame.
#[derive(Debug)]
pub(crate) enum Op {
    Or(Vec<Op>),
    And(Vec<Op>),
    Xor(Vec<Op>),
    Not(Box<Op>),
    Exists(Operand),
    NotZero(Operand),
    /// Compared with what stands in the filter: a test for each type that the operand may have.
    Test(Quantifier, Operand, Vec<Test>),
    /// Compared with what stands in the frame.
    Pair(Quantifier, Operand, Relation, Operand),
}

/// What one value is tested for.
#[derive(Debug)]
pub(crate) enum Test {
    Relation(Relation, Const),
    Contains(Box<Finder<'static>>),
    Matches(Regex),
    /// Single values and ranges.
    In(Vec<(Const, Option<Const>)>),
    /// The filter's value is none for a field of this type.
    Never,
}

/// What has values in a frame: none, one or several.
#[derive(Debug)]
pub(crate) enum Operand {
    Field(Vec<Source>, Layers),
    /// All its bytes.
    Protocol(u16, Layers),
    /// A field of the diagnostics; `None` for the diagnostics as such.
    Expert(Option<u16>),
    Slice(Box<Operand>, Vec<Part>),
    Sign(Sign, Box<Operand>, Box<Operand>),
    Call(Function, Vec<Operand>),
    Const(Const),
    /// A span of time; as [`Operand::Const`] it would be a point.
    Span(i128),
}

/// Which layers of a protocol count; empty: all.
pub(crate) type Layers = Vec<Part>;

/// One of the fields that have the name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    pub field: FieldRef,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Len,
    Count,
    Upper,
    Lower,
    Text,
    Abs,
    Max,
    Min,
    Negative,
}

impl Function {
    pub const ALL: [(&'static str, Function); 8] = [
        ("len", Function::Len),
        ("count", Function::Count),
        ("upper", Function::Upper),
        ("lower", Function::Lower),
        ("string", Function::Text),
        ("abs", Function::Abs),
        ("max", Function::Max),
        ("min", Function::Min),
    ];
}
