//! The program run on the spans of a frame. Values are decoded when a test asks for them, and nothing more is looked at once
//! the answer is known.

use crate::lex::{Quantifier, Relation, Sign};
use crate::literal::Const;
use crate::parse::Part;
use crate::program::{Function, Layers, Op, Operand, Source, Test};
use prosector_engine::{Dissection, LayerView, Registry, expert_value};
use prosector_sdk::frame::Batch;
use prosector_sdk::span::{DIAGNOSTIC, Diagnostic, Span};
use prosector_sdk::value::{Computed, Value, Word, decode, write_value};
use std::cell::Cell;
use std::cmp::Ordering;

/// The frame that is looked at.
pub(crate) struct Frame<'a> {
    pub registry: &'a Registry,
    pub data: &'a [u8],
    pub dissection: &'a Dissection,
    pub frame: usize,
    /// Memory for texts that are made on the way.
    pub scratch: &'a Cell<Vec<u8>>,
}

/// What came of going through the values of an operand.
#[derive(Clone, Copy, Default)]
pub(crate) struct Reach {
    /// There was something to go through: slices that lie outside their value count as that.
    seen: bool,
    /// The visitor has seen enough.
    stopped: bool,
}

/// Is told the number of the value's type among those of the operand, and says whether it has seen enough.
type Visitor<'v> = &'v mut dyn FnMut(usize, Value<'_>) -> bool;

impl<'a> Frame<'a> {
    pub fn new(
        registry: &'a Registry,
        batch: &Batch<'a>,
        dissection: &'a Dissection,
        frame: usize,
        scratch: &'a Cell<Vec<u8>>,
    ) -> Frame<'a> {
        Frame { registry, data: batch.data, dissection, frame, scratch }
    }

    pub fn holds(&self, op: &Op) -> bool {
        match op {
            Op::And(ops) => ops.iter().all(|op| self.holds(op)),
            Op::Or(ops) => ops.iter().any(|op| self.holds(op)),
            Op::Xor(ops) => ops.iter().fold(false, |odd, op| odd ^ self.holds(op)),
            Op::Not(op) => !self.holds(op),
            Op::Exists(operand) => self.each(operand, &mut |_, _| true).stopped,
            Op::NotZero(operand) => self.each(operand, &mut |_, value| !is_zero(&value)).stopped,
            Op::Test(quantifier, Operand::Field(sources, layers), tests) => match quantifier {
                Quantifier::Any => self.fields(sources, layers, |i, v| tests[i].passes(&v) == Some(true)).stopped,
                Quantifier::All => {
                    let reach = self.fields(sources, layers, |i, v| tests[i].passes(&v) == Some(false));
                    reach.seen && !reach.stopped
                }
            },
            Op::Test(quantifier, operand, tests) => {
                let passes = |i: usize, v: Value<'_>| tests.get(i).and_then(|test| test.passes(&v));
                match quantifier {
                    Quantifier::Any => self.each(operand, &mut |i, v| passes(i, v) == Some(true)).stopped,
                    Quantifier::All => {
                        let reach = self.each(operand, &mut |i, v| passes(i, v) == Some(false));
                        reach.seen && !reach.stopped
                    }
                }
            }
            Op::Pair(quantifier, left, relation, right) => {
                let wanted = *quantifier == Quantifier::Any;
                let mut right_seen = false;
                let reach = self.each(left, &mut |_, a| {
                    let inner = self.each(right, &mut |_, b| related(&a, *relation, &b) == Some(wanted));
                    right_seen |= inner.seen;
                    inner.stopped
                });
                if wanted { reach.stopped } else { reach.seen && right_seen && !reach.stopped }
            }
        }
    }

    /// Visits the values of fields.
    #[inline]
    fn fields(&self, sources: &[Source], layers: &Layers, mut visit: impl FnMut(usize, Value<'a>) -> bool) -> Reach {
        let mut reach = Reach::default();
        for layer in self.dissection.layers(self.frame, self.data) {
            let id = layer.protocol();
            if !sources.iter().any(|s| s.field.protocol == id) || !self.is_wanted(&layer, layers) {
                continue;
            }
            let protocol = self.registry.protocol(id);
            let mut words = layer.words();
            while let [word, after @ ..] = words {
                let span = Span::unpack(*word);
                words = after;
                let Some(field) = protocol.fields.get(span.field as usize) else {
                    if span.field == DIAGNOSTIC {
                        words = after.get(Diagnostic::WORDS..).unwrap_or_default();
                    }
                    continue;
                };
                let mut computed = None;
                if field.computed {
                    let Some((word, after)) = after.split_first() else { break };
                    computed = Some(Computed { word: *word, side: layer.side() });
                    words = after;
                }
                let source = sources.iter().position(|s| s.field.field == span.field && s.field.protocol == id);
                let Some(source) = source else { continue };
                let bytes = layer.data().get(span.offset as usize..(span.offset + span.len) as usize);
                reach.seen = true;
                if visit(source, decode(field, bytes.unwrap_or_default(), computed)) {
                    reach.stopped = true;
                    return reach;
                }
            }
        }
        reach
    }

    /// Whether a layer is among those that a filter names by `#`.
    #[inline]
    fn is_wanted(&self, layer: &LayerView<'_>, wanted: &Layers) -> bool {
        wanted.is_empty() || self.is_chosen(layer, wanted)
    }

    #[cold]
    fn is_chosen(&self, layer: &LayerView<'_>, wanted: &[Part]) -> bool {
        // A trailer is a part of the layer around it.
        let id = layer.parent().filter(|_| layer.is_trailer()).unwrap_or(layer.id());
        let (mut before, mut all) = (0, 0);
        let same = |l: &LayerView<'_>| l.protocol() == layer.protocol() && !l.is_trailer();
        for (at, other) in self.dissection.layers(self.frame, self.data).filter(same).enumerate() {
            if other.id() == id {
                before = at;
            }
            all = at + 1;
        }
        wanted.iter().any(|part| part.has(before, all))
    }

    /// Visits the values of an operand.
    fn each(&self, operand: &Operand, visit: Visitor<'_>) -> Reach {
        match operand {
            Operand::Field(sources, layers) => self.fields(sources, layers, visit),
            Operand::Protocol(id, layers) => {
                let mut reach = Reach::default();
                let layer = |l: &LayerView<'_>| l.protocol() == *id && !l.is_trailer() && self.is_wanted(l, layers);
                for layer in self.dissection.layers(self.frame, self.data).filter(layer) {
                    reach.seen = true;
                    if visit(0, Value::Bytes(layer.data())) {
                        reach.stopped = true;
                        break;
                    }
                }
                reach
            }
            Operand::Expert(field) => self.diagnostics(*field, visit),
            Operand::Const(c) => one(visit, value_of(c)),
            Operand::Span(ns) => one(visit, Value::Duration(*ns)),
            Operand::Slice(of, parts) => self.slices(of, parts, visit),
            Operand::Sign(Sign::And, a, b) => self.pairs(a, b, &mut |a, b| self.mask(&a, &b, visit)),
            Operand::Sign(sign, a, b) => self.pairs(a, b, &mut |a, b| match combine(*sign, &a, &b) {
                Some(value) => visit(0, value),
                None => false,
            }),
            Operand::Call(function, arguments) => self.call(*function, arguments, visit),
        }
    }

    fn pairs(&self, a: &Operand, b: &Operand, visit: &mut dyn FnMut(Value<'_>, Value<'_>) -> bool) -> Reach {
        let mut seen = false;
        let reach = self.each(a, &mut |_, a| {
            let inner = self.each(b, &mut |_, b| visit(a, b));
            seen |= inner.seen;
            inner.stopped
        });
        Reach { seen, ..reach }
    }

    fn diagnostics(&self, field: Option<u16>, visit: Visitor<'_>) -> Reach {
        let mut reach = Reach::default();
        for layer in self.dissection.layers(self.frame, self.data) {
            let protocol = self.registry.protocol(layer.protocol());
            for word in layer.fields(protocol) {
                let Word::Diagnostic(diagnostic) = word else { continue };
                reach.seen = true;
                let stop = match field {
                    None => visit(0, Value::None),
                    Some(field) => {
                        let mut text = String::new();
                        visit(0, expert_value(field, protocol, &diagnostic, &mut text))
                    }
                };
                if stop {
                    return Reach { stopped: true, ..reach };
                }
            }
        }
        reach
    }

    fn slices(&self, of: &Operand, parts: &[Part], visit: Visitor<'_>) -> Reach {
        self.each(of, &mut |i, value| {
            let mut array = [0; 16];
            let Some(bytes) = bytes_of(&value, &mut array) else { return false };
            if let [part] = parts {
                return part.of(bytes.len()).is_some_and(|range| visit(i, Value::Bytes(&bytes[range])));
            }
            self.with_scratch(|joined| {
                for part in parts {
                    let Some(range) = part.of(bytes.len()) else { return false };
                    joined.extend_from_slice(&bytes[range]);
                }
                visit(i, Value::Bytes(joined))
            })
        })
    }

    /// Memory that is used again for the next frame.
    fn with_scratch(&self, with: impl FnOnce(&mut Vec<u8>) -> bool) -> bool {
        let mut scratch = self.scratch.take();
        scratch.clear();
        let done = with(&mut scratch);
        self.scratch.set(scratch);
        done
    }

    fn mask(&self, a: &Value<'_>, b: &Value<'_>, visit: Visitor<'_>) -> bool {
        if let (Some(a), Some(b)) = (integer(a), integer(b)) {
            return visit(0, number(a & b));
        }
        let (mut room_a, mut room_b) = ([0; 16], [0; 16]);
        let (Some(a), Some(b)) = (bytes_of(a, &mut room_a), bytes_of(b, &mut room_b)) else { return false };
        if a.len() != b.len() {
            return false;
        }
        self.with_scratch(|both| {
            both.extend(a.iter().zip(b).map(|(a, b)| a & b));
            visit(0, Value::Bytes(both))
        })
    }

    fn call(&self, function: Function, arguments: &[Operand], visit: Visitor<'_>) -> Reach {
        let [first, ..] = arguments else { return Reach::default() };
        match function {
            Function::Len => self.each(first, &mut |_, value| {
                let len = match (first, &value) {
                    (Operand::Field(..), value) => value_len(value),
                    (_, Value::Bytes(bytes) | Value::Str(bytes)) => bytes.len() as u64,
                    (_, value) => value_len(value),
                };
                visit(0, Value::Uint(len))
            }),
            Function::Count => {
                let mut count = 0;
                let reach = self.each(first, &mut |_, _| {
                    count += 1;
                    false
                });
                match count {
                    0 => reach,
                    _ => one(visit, Value::Uint(count)),
                }
            }
            Function::Upper | Function::Lower => self.each(first, &mut |i, value| {
                let Value::Str(text) = value else { return false };
                self.with_scratch(|changed| {
                    changed.extend_from_slice(text);
                    match function {
                        Function::Upper => changed.make_ascii_uppercase(),
                        _ => changed.make_ascii_lowercase(),
                    }
                    visit(i, Value::Str(changed))
                })
            }),
            Function::Text => self.each(first, &mut |i, value| {
                self.with_scratch(|text| {
                    match (&value, first) {
                        // Numbers are decimal, whatever the field's base.
                        (Value::Uint(n), _) => prosector_sdk::value::write_dec(*n, text),
                        (_, Operand::Field(sources, _)) => {
                            write_value(self.registry.field(sources[i].field), value, text);
                        }
                        _ => {}
                    }
                    visit(0, Value::Str(text))
                })
            }),
            Function::Abs => self.each(first, &mut |_, value| visit(0, absolute(value, false))),
            Function::Negative => self.each(first, &mut |_, value| visit(0, absolute(value, true))),
            Function::Max | Function::Min => self.extreme(function, arguments, visit),
        }
    }

    /// Visits the one value that no other exceeds.
    fn extreme(&self, function: Function, arguments: &[Operand], visit: Visitor<'_>) -> Reach {
        let better = if function == Function::Max { Ordering::Greater } else { Ordering::Less };
        let (mut seen, mut stopped) = (false, false);
        // The values are few: each is held against all others.
        let best = |value: &Value<'_>| {
            !arguments.iter().any(|other| self.each(other, &mut |_, b| order(&b, value) == Some(better)).stopped)
        };
        for argument in arguments {
            let reach = self.each(argument, &mut |_, value| {
                seen = true;
                let found = best(&value);
                if found {
                    stopped = visit(0, value);
                }
                found
            });
            if reach.stopped {
                break;
            }
        }
        Reach { seen, stopped }
    }
}

fn one(visit: Visitor<'_>, value: Value<'_>) -> Reach {
    Reach { seen: true, stopped: visit(0, value) }
}

impl Test {
    /// `None` where value and filter can't be compared.
    #[inline]
    fn passes(&self, value: &Value<'_>) -> Option<bool> {
        match self {
            Test::Relation(relation, c) => order_const(value, c).map(|order| relation.allows(order)),
            Test::Contains(finder) => {
                let mut array = [0; 16];
                bytes_of(value, &mut array).map(|bytes| finder.find(bytes).is_some())
            }
            Test::Matches(regex) => {
                let mut array = [0; 16];
                bytes_of(value, &mut array).map(|bytes| regex.is_match(bytes))
            }
            Test::In(set) => Some(set.iter().any(|(from, to)| {
                let Some(low) = order_const(value, from) else { return false };
                match to {
                    None => low.is_eq(),
                    Some(to) => low.is_ge() && order_const(value, to).is_some_and(Ordering::is_le),
                }
            })),
            Test::Never => None,
        }
    }
}

impl Relation {
    #[inline]
    fn allows(self, order: Ordering) -> bool {
        match self {
            Relation::Eq => order.is_eq(),
            Relation::Ne => order.is_ne(),
            Relation::Gt => order.is_gt(),
            Relation::Lt => order.is_lt(),
            Relation::Ge => order.is_ge(),
            Relation::Le => order.is_le(),
            Relation::Contains | Relation::Matches => false,
        }
    }
}

fn related(a: &Value<'_>, relation: Relation, b: &Value<'_>) -> Option<bool> {
    if relation == Relation::Contains {
        let (mut room_a, mut room_b) = ([0; 16], [0; 16]);
        let (a, b) = (bytes_of(a, &mut room_a)?, bytes_of(b, &mut room_b)?);
        return Some(memchr::memmem::find(a, b).is_some());
    }
    order(a, b).map(|order| relation.allows(order))
}

fn order(a: &Value<'_>, b: &Value<'_>) -> Option<Ordering> {
    if let (Some(a), Some(b)) = (integer(a), integer(b)) {
        return Some(a.cmp(&b));
    }
    match (a, b) {
        (Value::Time(a) | Value::Duration(a), Value::Time(b) | Value::Duration(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Float(a), b) => a.partial_cmp(&(integer(b)? as f64)),
        (a, Value::Float(b)) => (integer(a)? as f64).partial_cmp(b),
        _ => {
            let (mut room_a, mut room_b) = ([0; 16], [0; 16]);
            Some(bytes_of(a, &mut room_a)?.cmp(bytes_of(b, &mut room_b)?))
        }
    }
}

#[inline]
fn order_const(value: &Value<'_>, c: &Const) -> Option<Ordering> {
    Some(match (value, c) {
        (Value::Uint(a), Const::Uint(b)) => a.cmp(b),
        (Value::Bool(a), Const::Uint(b)) => u64::from(*a).cmp(b),
        (Value::Ipv4(a), Const::Ipv4(b, mask)) => (u32::from_be_bytes(*a) & mask).cmp(b),
        (Value::Ipv6(a), Const::Ipv6(b, mask)) => (u128::from_be_bytes(*a) & mask).cmp(b),
        (Value::Time(a) | Value::Duration(a), Const::Time(b)) => a.cmp(b),
        (Value::Float(a), Const::Float(b)) => return a.partial_cmp(b),
        (Value::Bytes(a), Const::Ipv4(b, _)) => (**a).cmp(&b.to_be_bytes()),
        (Value::Bytes(a), Const::Ipv6(b, _)) => (**a).cmp(&b.to_be_bytes()),
        (value, Const::Numbers(from, to)) => {
            let n = integer(value)?;
            match () {
                _ if n < i128::from(*from) => Ordering::Less,
                _ if n > i128::from(*to) => Ordering::Greater,
                _ => Ordering::Equal,
            }
        }
        (value, Const::Uint(b)) => integer(value)?.cmp(&i128::from(*b)),
        (value, Const::Int(b)) => integer(value)?.cmp(&i128::from(*b)),
        (value, Const::Bytes(b)) => {
            let mut array = [0; 16];
            bytes_of(value, &mut array)?.cmp(b)
        }
        _ => return None,
    })
}

fn integer(value: &Value<'_>) -> Option<i128> {
    match *value {
        Value::Uint(n) => Some(n.into()),
        Value::Int(n) => Some(n.into()),
        Value::Bool(b) => Some(b.into()),
        _ => None,
    }
}

/// The bytes of a value that has any; addresses are laid into `room`.
#[inline]
fn bytes_of<'v>(value: &Value<'v>, room: &'v mut [u8; 16]) -> Option<&'v [u8]> {
    let mut lay = |bytes: &[u8]| room[..bytes.len()].copy_from_slice(bytes);
    let len = match value {
        Value::Bytes(bytes) | Value::Str(bytes) => return Some(bytes),
        Value::Mac(a) => {
            lay(a);
            6
        }
        Value::Eui64(a) => {
            lay(a);
            8
        }
        Value::Ipv4(a) => {
            lay(a);
            4
        }
        Value::Ipv6(a) | Value::Uuid(a) => {
            lay(a);
            16
        }
        _ => return None,
    };
    Some(&room[..len])
}

fn value_len(value: &Value<'_>) -> u64 {
    let mut array = [0; 16];
    match value {
        Value::Uint(_) | Value::Int(_) | Value::Float(_) | Value::Time(_) | Value::Duration(_) => 8,
        Value::Bool(_) => 1,
        value => bytes_of(value, &mut array).map_or(0, |bytes| bytes.len() as u64),
    }
}

fn is_zero(value: &Value<'_>) -> bool {
    let mut array = [0; 16];
    match value {
        Value::Float(f) => *f == 0.0,
        Value::Time(n) | Value::Duration(n) => *n == 0,
        Value::None => true,
        value => match integer(value) {
            Some(n) => n == 0,
            None => bytes_of(value, &mut array).is_none_or(|bytes| bytes.iter().all(|b| *b == 0)),
        },
    }
}

fn value_of(c: &Const) -> Value<'_> {
    match c {
        Const::Uint(n) | Const::Numbers(n, _) => Value::Uint(*n),
        Const::Int(n) => Value::Int(*n),
        Const::Float(n) => Value::Float(*n),
        Const::Bytes(bytes) => Value::Bytes(bytes),
        Const::Ipv4(a, _) => Value::Ipv4(a.to_be_bytes()),
        Const::Ipv6(a, _) => Value::Ipv6(a.to_be_bytes()),
        Const::Time(ns) => Value::Time(*ns),
    }
}

fn number(n: i128) -> Value<'static> {
    match (i64::try_from(n), u64::try_from(n)) {
        (Ok(n), _) => Value::Int(n),
        (_, Ok(n)) => Value::Uint(n),
        _ => Value::Float(n as f64),
    }
}

/// `None` for what has no value: division by 0.
pub(crate) fn calculate(sign: Sign, a: i128, b: i128) -> Option<i128> {
    match sign {
        Sign::And => Some(a & b),
        Sign::Plus => a.checked_add(b),
        Sign::Minus => a.checked_sub(b),
        Sign::Times => a.checked_mul(b),
        Sign::Over => a.checked_div(b),
        Sign::Rest => a.checked_rem(b),
    }
}

fn combine(sign: Sign, a: &Value<'_>, b: &Value<'_>) -> Option<Value<'static>> {
    if let (Some(a), Some(b)) = (integer(a), integer(b)) {
        return calculate(sign, a, b).map(number);
    }
    let float = |value: &Value<'_>| match value {
        Value::Float(f) => Some(*f),
        other => integer(other).map(|n| n as f64),
    };
    match (a, b) {
        (Value::Duration(a), Value::Duration(b)) | (Value::Time(a), Value::Time(b)) => {
            calculate(sign, *a, *b).map(Value::Duration)
        }
        (Value::Time(a), Value::Duration(b)) | (Value::Duration(a), Value::Time(b)) => {
            calculate(sign, *a, *b).map(Value::Time)
        }
        _ => {
            let (a, b) = (float(a)?, float(b)?);
            Some(Value::Float(match sign {
                Sign::Plus => a + b,
                Sign::Minus => a - b,
                Sign::Times => a * b,
                Sign::Over => a / b,
                Sign::Rest => a % b,
                Sign::And => return None,
            }))
        }
    }
}

/// The value without its sign, or with the other one.
fn absolute(value: Value<'_>, negate: bool) -> Value<'_> {
    let turn = |n: i128| if negate { n.checked_neg().unwrap_or(n) } else { n.checked_abs().unwrap_or(n) };
    match value {
        Value::Float(f) => Value::Float(if negate { -f } else { f.abs() }),
        Value::Duration(ns) => Value::Duration(turn(ns)),
        Value::Time(ns) => Value::Time(turn(ns)),
        other => integer(&other).map_or(other, |n| number(turn(n))),
    }
}
