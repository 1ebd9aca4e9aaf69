//! From the tree to the program: finds fields, checks types, reads values, collects what must be recorded.

use crate::error::Wrong;
use crate::lex::{Quantifier, Relation, Sign};
use crate::literal::{Const, Type, number};
use crate::parse::{Node, Term, What};
use crate::program::{Function, Op, Operand, Source, Test};
use memchr::memmem::Finder;
use prosector_engine::{EXPERT, FieldRef, Registry, nearest};
use prosector_sdk::declare::Kind;
use regex::bytes::RegexBuilder;

/// What the program needs of a dissection.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    pub fields: Vec<FieldRef>,
    pub protocols: Vec<u16>,
    /// Every layer, for its diagnostics.
    pub all: bool,
}

/// Compiles a tree.
pub(crate) fn compile(node: &Node, registry: &Registry) -> Result<(Op, Needs), Wrong> {
    let mut compiler = Compiler { registry, needs: Needs::default() };
    let op = compiler.node(node)?;
    Ok((op, compiler.needs))
}

struct Compiler<'r> {
    registry: &'r Registry,
    needs: Needs,
}

/// An operand and the types that its values may have, each with the number that [`crate::eval`] says for it.
type Typed<'r> = (Operand, Vec<Type<'r>>);

impl<'r> Compiler<'r> {
    fn node(&mut self, node: &Node) -> Result<Op, Wrong> {
        let registry = self.registry;
        let mut all = |nodes: &[Node]| nodes.iter().map(|n| self.node(n)).collect::<Result<Vec<_>, _>>();
        Ok(match node {
            Node::Or(nodes) => Op::Or(all(nodes)?),
            Node::And(nodes) => Op::And(all(nodes)?),
            Node::Xor(nodes) => Op::Xor(all(nodes)?),
            Node::Not(node) => Op::Not(Box::new(self.node(node)?)),
            Node::Is(term) => match self.operand(term)? {
                None => return Err(Wrong::new(&term.place, not_a_field(term, registry))),
                Some((Operand::Call(..), _)) if !matches!(term.what, What::Minus(_)) => {
                    return Err(Wrong::new(&term.place, "a function has a value always; compare it with something"));
                }
                Some((operand @ (Operand::Sign(..) | Operand::Call(..)), _)) => Op::NotZero(operand),
                Some((operand, _)) => Op::Exists(operand),
            },
            Node::Compare { quantifier, left, relation, right } => {
                let (operand, types) = self.left(left)?;
                self.compare(*quantifier, (operand, types), *relation, left, right)?
            }
            Node::In { quantifier, left, items } => {
                let (operand, types) = self.left(left)?;
                self.set(*quantifier, (operand, types), items)?
            }
        })
    }

    fn left(&mut self, term: &Term) -> Result<Typed<'r>, Wrong> {
        match self.operand(term)? {
            Some(operand) => Ok(operand),
            None => {
                let why = match &term.what {
                    What::Word(word) if word.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
                        not_a_field(term, self.registry)
                    }
                    _ => "a field must stand on the left, the value on the right".to_owned(),
                };
                Err(Wrong::new(&term.place, why))
            }
        }
    }

    fn compare(
        &mut self,
        quantifier: Quantifier,
        (operand, types): Typed<'r>,
        relation: Relation,
        left: &Term,
        right: &Term,
    ) -> Result<Op, Wrong> {
        if matches!(relation, Relation::Contains | Relation::Matches)
            && let Some(other) = types.iter().find(|t| !t.is_bytes())
            && !types.iter().any(Type::is_bytes)
        {
            let name = if relation == Relation::Contains { "contains" } else { "matches" };
            let help = if other.is_number() || matches!(other.kind, Kind::Ipv4 | Kind::Ipv6) {
                "; string(…) makes it a text"
            } else {
                ""
            };
            return Err(Wrong::new(
                &left.place,
                format!("{name} takes texts and bytes, and this is {}{help}", other.name()),
            ));
        }
        if relation == Relation::Matches {
            let What::Text(pattern) = &right.what else {
                return Err(Wrong::new(&right.place, "matches takes a regular expression in double quotes"));
            };
            // Bytes that are no ASCII, as escapes: the pattern is matched against bytes.
            let escaped = |b: &u8| if b.is_ascii() { (*b as char).to_string() } else { format!("\\x{b:02x}") };
            let pattern: String = pattern.iter().map(escaped).collect();
            let regex = RegexBuilder::new(&pattern).case_insensitive(true).unicode(false).build().map_err(|e| {
                let lines = e.to_string();
                let why = lines.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                Wrong::new(&right.place, format!("no regular expression: {why}"))
            })?;
            let test = |t: &Type<'_>| if t.is_bytes() { Test::Matches(regex.clone()) } else { Test::Never };
            return Ok(Op::Test(quantifier, operand, types.iter().map(test).collect()));
        }
        // What may be a value of the field as well as the name of a protocol is a value.
        let is_protocol = |word: &str| self.registry.find_protocol(word).is_some();
        let ambiguous = matches!(&right.what, What::Word(word) if is_protocol(word));
        if (!ambiguous || types.iter().all(|t| t.read(right).is_err()))
            && let Some((other, other_types)) = self.operand_beside(right, &types)?
        {
            let fits = |a: &Type<'_>| other_types.iter().any(|b| a.goes_with(b));
            if !types.iter().any(fits) {
                let (a, mut b) = (types[0].name(), other_types[0].name());
                if let Operand::Protocol(..) = other {
                    b = "a protocol";
                }
                return Err(Wrong::new(&right.place, format!("this is {b} and can't be compared with {a}")));
            }
            return Ok(Op::Pair(quantifier, operand, relation, other));
        }
        let tests = match relation {
            // A few bytes of an address are looked for, not an address.
            Relation::Contains => {
                let part = |t: &Type<'r>| Type { part: t.part || t.is_bytes() && t.kind != Kind::Str, ..*t };
                let parts: Vec<Type<'r>> = types.iter().map(part).collect();
                self.read_for_all(&parts, right, |t, c| match c {
                    Const::Bytes(bytes) if t.is_bytes() => Test::Contains(Box::new(Finder::new(&bytes).into_owned())),
                    _ => Test::Never,
                })
            }
            _ => self.read_for_all(&types, right, |_, c| Test::Relation(relation, c)),
        }?;
        Ok(Op::Test(quantifier, operand, tests))
    }

    /// Reads a literal for each type; it must be a value of at least one.
    fn read_for_all(
        &self,
        types: &[Type<'r>],
        literal: &Term,
        make: impl Fn(&Type<'_>, Const) -> Test,
    ) -> Result<Vec<Test>, Wrong> {
        let read: Vec<Result<Const, String>> = types.iter().map(|t| t.read(literal)).collect();
        if read.iter().all(Result::is_err) {
            let why = read.into_iter().find_map(Result::err).unwrap_or_default();
            return Err(Wrong::new(&literal.place, self.with_near_fields(why, literal)));
        }
        let test = |(t, read): (&Type<'_>, Result<Const, String>)| read.map_or(Test::Never, |c| make(t, c));
        Ok(types.iter().zip(read).map(test).collect())
    }

    /// A value that looks like the name of a field may be meant as one.
    fn with_near_fields(&self, why: String, literal: &Term) -> String {
        match &literal.what {
            What::Word(word) if word.starts_with(|c: char| c.is_ascii_lowercase()) && word.contains('.') => {
                let unknown = self.registry.find_fields(word).err().map(|e| e.to_string()).unwrap_or_default();
                if unknown.contains("did you mean") { format!("{why}; {unknown}") } else { why }
            }
            _ => why,
        }
    }

    fn set(
        &mut self,
        quantifier: Quantifier,
        (operand, types): Typed<'r>,
        items: &[(Term, Option<Term>)],
    ) -> Result<Op, Wrong> {
        let mut tests: Vec<Vec<(Const, Option<Const>)>> = types.iter().map(|_| Vec::new()).collect();
        for (from, to) in items {
            let mut errors = Vec::new();
            let mut read_one = false;
            for (t, set) in types.iter().zip(&mut tests) {
                let one = |term: &Term| t.read(term).map_err(|why| Wrong::new(&term.place, why));
                match (one(from), to.as_ref().map(one).transpose()) {
                    (Ok(from), Ok(to)) => {
                        set.push((from, to));
                        read_one = true;
                    }
                    (Err(e), _) | (_, Err(e)) => errors.push(e),
                }
            }
            if !read_one {
                return Err(errors.swap_remove(0));
            }
        }
        Ok(Op::Test(quantifier, operand, tests.into_iter().map(Test::In).collect()))
    }

    /// What has values in the frame; `None` for a literal.
    fn operand(&mut self, term: &Term) -> Result<Option<Typed<'r>>, Wrong> {
        Ok(Some(match &term.what {
            What::Text(_) | What::Char(_) => return Ok(None),
            What::Word(word) => match self.named(word) {
                Some(found) => found,
                None => return Ok(None),
            },
            What::Layers(of, parts) => {
                let (operand, types) = self.field_of(of)?;
                match operand {
                    Operand::Field(sources, _) => (Operand::Field(sources, parts.clone()), types),
                    Operand::Protocol(id, _) => (Operand::Protocol(id, parts.clone()), types),
                    _ => return Err(Wrong::new(&term.place, "layers are chosen of fields and protocols only")),
                }
            }
            What::Slice(of, parts) => {
                let (operand, types) = self.field_of(of)?;
                if let Some(other) = types.iter().find(|t| !t.can_be_sliced()) {
                    let why =
                        format!("this is {}; only bytes, texts, addresses and protocols have slices", other.name());
                    return Err(Wrong::new(&of.place, why));
                }
                let part = |_: &Type<'r>| Type { part: true, ..Type::of(Kind::Bytes) };
                (Operand::Slice(Box::new(operand), parts.clone()), types.iter().map(part).collect())
            }
            What::Minus(of) => {
                let (operand, types) = self.field_of(of)?;
                let kind = self.calculable(&of.place, &types)?;
                (Operand::Call(Function::Negative, vec![operand]), vec![Type::of(signed(kind))])
            }
            What::Sign(sign, a, b) => return self.sign(*sign, a, b),
            What::Call(name, arguments) => {
                let Some((_, function)) = Function::ALL.iter().find(|(known, _)| known == name) else {
                    let names = Function::ALL.iter().map(|(known, _)| known.to_string());
                    let place = term.place.start..term.place.start + name.len();
                    return Err(Wrong::new(&place, format!("there is no function {name}{}", nearest(name, names))));
                };
                self.call(*function, term, arguments)?
            }
        }))
    }

    /// An operand where a literal makes no sense.
    fn field_of(&mut self, term: &Term) -> Result<Typed<'r>, Wrong> {
        self.operand(term)?.ok_or_else(|| Wrong::new(&term.place, not_a_field(term, self.registry)))
    }

    /// A field or a protocol by its name.
    fn named(&mut self, word: &str) -> Option<Typed<'r>> {
        let registry = self.registry;
        let name = word.strip_prefix('.').unwrap_or(word);
        if let Some(fields) = registry.fields_of(name) {
            let types = fields.iter().map(|f| {
                let field = registry.field(*f);
                let kind = if field.kind == Kind::Group { Kind::None } else { field.kind };
                Type { kind, field: Some(field), part: false }
            });
            let types = types.collect();
            if let [FieldRef { protocol, field }] = *fields
                && registry.protocol(protocol).name == EXPERT
            {
                self.needs.all = true;
                return Some((Operand::Expert(Some(field)), types));
            }
            self.needs.fields.extend(fields);
            let sources = fields.iter().map(|f| Source { field: *f }).collect();
            return Some((Operand::Field(sources, Vec::new()), types));
        }
        let id = registry.find_protocol(name)?;
        if name == EXPERT {
            self.needs.all = true;
            return Some((Operand::Expert(None), vec![Type::of(Kind::None)]));
        }
        self.needs.protocols.push(id);
        Some((Operand::Protocol(id, Vec::new()), vec![Type { part: true, ..Type::of(Kind::Bytes) }]))
    }

    /// An operand on the right: calculations with literals take their types from the left.
    fn operand_beside(&mut self, term: &Term, types: &[Type<'r>]) -> Result<Option<Typed<'r>>, Wrong> {
        if let What::Sign(sign, a, b) = &term.what
            && let (Some(a), Some(b)) = (literal_number(a), literal_number(b))
            && types.iter().any(Type::is_number)
        {
            let n = crate::eval::calculate(*sign, a, b);
            let n = n.ok_or_else(|| Wrong::new(&term.place, "this has no value"))?;
            return Ok(Some((Operand::Const(number_const(n)), vec![Type::of(Kind::Int)])));
        }
        self.operand(term)
    }

    fn call(&mut self, function: Function, call: &Term, arguments: &[Term]) -> Result<Typed<'r>, Wrong> {
        let [one] = arguments else {
            if !matches!(function, Function::Max | Function::Min) || arguments.is_empty() {
                return Err(Wrong::new(&call.place, "this function takes one field"));
            }
            return self.extreme(function, arguments);
        };
        if matches!(function, Function::Max | Function::Min) {
            return self.extreme(function, arguments);
        }
        let (operand, types) = self.field_of(one)?;
        let only = |fits: fn(&Type<'_>) -> bool, what: &str| match types.iter().find(|t| !fits(t)) {
            Some(other) => {
                Err(Wrong::new(&one.place, format!("this function takes {what}, and this is {}", other.name())))
            }
            None => Ok(()),
        };
        let types = match function {
            Function::Len => {
                only(|t| !matches!(t.kind, Kind::None | Kind::Group), "what has a value")?;
                vec![Type::of(Kind::Uint)]
            }
            Function::Count => vec![Type::of(Kind::Uint)],
            Function::Upper | Function::Lower => {
                only(|t| t.kind == Kind::Str, "texts")?;
                types
            }
            Function::Text => {
                only(|t| !matches!(t.kind, Kind::None | Kind::Group | Kind::Str), "what is no text yet")?;
                if !matches!(operand, Operand::Field(..) | Operand::Expert(_)) {
                    return Err(Wrong::new(&one.place, "string takes a field"));
                }
                vec![Type::of(Kind::Str)]
            }
            _ => {
                let kind = self.calculable(&one.place, &types)?;
                vec![Type::of(signed(kind))]
            }
        };
        Ok((Operand::Call(function, vec![operand]), types))
    }

    fn extreme(&mut self, function: Function, arguments: &[Term]) -> Result<Typed<'r>, Wrong> {
        let found = arguments.iter().map(|a| self.operand(a)).collect::<Result<Vec<_>, _>>()?;
        let Some(first) = found.iter().flatten().next().map(|(_, types)| types[0]) else {
            return Err(Wrong::new(&arguments[0].place, not_a_field(&arguments[0], self.registry)));
        };
        let mut operands = Vec::new();
        for (argument, found) in arguments.iter().zip(found) {
            operands.push(match found {
                Some((operand, types)) => {
                    if let Some(other) = types.iter().find(|t| !t.goes_with(&first)) {
                        let why = format!("this is {}, and the others are {}", other.name(), first.name());
                        return Err(Wrong::new(&argument.place, why));
                    }
                    operand
                }
                None => constant(argument, &first)?,
            });
        }
        let kind = if first.is_number() { Kind::Int } else { first.kind };
        Ok((Operand::Call(function, operands), vec![Type { field: None, kind, ..first }]))
    }

    fn sign(&mut self, sign: Sign, a: &Term, b: &Term) -> Result<Option<Typed<'r>>, Wrong> {
        let (left, right) = (self.operand(a)?, self.operand(b)?);
        let (operand_a, operand_b, types) = match (left, right) {
            (None, None) => match (literal_number(a), literal_number(b)) {
                (Some(a), Some(b)) => {
                    let n = crate::eval::calculate(sign, a, b).unwrap_or(0);
                    let n = number_const(n);
                    return Ok(Some((Operand::Const(n), vec![Type::of(Kind::Int)])));
                }
                _ => return Err(Wrong::new(&a.place, not_a_field(a, self.registry))),
            },
            (Some((left, types)), None) => {
                let right = constant(b, &beside(sign, &types[0]))?;
                (left, right, types)
            }
            (None, Some((right, types))) => (constant(a, &beside(sign, &types[0]))?, right, types),
            (Some((left, types)), Some((right, others))) => {
                let fits = types[0].goes_with(&others[0]) || types[0].is_time() && others[0].kind == Kind::Duration;
                if !fits {
                    let why = format!("{} and {} can't be put together", types[0].name(), others[0].name());
                    return Err(Wrong::new(&(a.place.start..b.place.end), why));
                }
                let both_times = types[0].is_time() && others[0].is_time();
                (left, right, if both_times { vec![Type::of(Kind::Duration)] } else { types })
            }
        };
        if sign == Sign::And {
            let fits = |t: &Type<'_>| t.is_number() || t.can_be_sliced() && t.kind != Kind::Str;
            if let Some(other) = types.iter().find(|t| !fits(t)) {
                return Err(Wrong::new(
                    &a.place,
                    format!("& takes numbers, addresses and bytes, and this is {}", other.name()),
                ));
            }
            let kind = types[0].kind;
            let types =
                vec![if types[0].is_number() { Type::of(Kind::Int) } else { Type { field: None, kind, ..types[0] } }];
            return Ok(Some((Operand::Sign(sign, Box::new(operand_a), Box::new(operand_b)), types)));
        }
        let kind = self.calculable(&a.place, &types)?;
        if matches!(sign, Sign::Times | Sign::Over | Sign::Rest)
            && !matches!(kind, Kind::Int | Kind::Uint | Kind::Float)
        {
            return Err(Wrong::new(&a.place, "times are added and subtracted only"));
        }
        let operand = Operand::Sign(sign, Box::new(operand_a), Box::new(operand_b));
        Ok(Some((operand, vec![Type::of(signed(kind))])))
    }

    /// The kind of something that can be calculated with.
    fn calculable(&self, place: &std::ops::Range<usize>, types: &[Type<'r>]) -> Result<Kind, Wrong> {
        let fits =
            |t: &Type<'_>| matches!(t.kind, Kind::Uint | Kind::Int | Kind::Float | Kind::Duration) || t.is_time();
        match types.iter().find(|t| !fits(t)) {
            Some(other) => {
                Err(Wrong::new(place, format!("this is {}, with which nothing can be calculated", other.name())))
            }
            None => Ok(types[0].kind),
        }
    }
}

/// The type of a literal beside an operand of this type: times are moved by spans.
fn beside(sign: Sign, t: &Type<'_>) -> Type<'static> {
    let kind = match t.kind {
        Kind::TimeS | Kind::TimeNs | Kind::TimeNtp if sign != Sign::And => Kind::Duration,
        Kind::Uint | Kind::Bool => Kind::Int,
        kind => kind,
    };
    Type { part: t.part, ..Type::of(kind) }
}

/// Differences of unsigned numbers have signs.
fn signed(kind: Kind) -> Kind {
    if kind == Kind::Uint { Kind::Int } else { kind }
}

fn constant(term: &Term, t: &Type<'_>) -> Result<Operand, Wrong> {
    match t.read(term).map_err(|why| Wrong::new(&term.place, why))? {
        Const::Time(ns) if t.kind == Kind::Duration => Ok(Operand::Span(ns)),
        Const::Numbers(n, _) => Ok(Operand::Const(Const::Uint(n))),
        c => Ok(Operand::Const(c)),
    }
}

fn number_const(n: i128) -> Const {
    match (i64::try_from(n), u64::try_from(n)) {
        (Ok(n), _) => Const::Int(n),
        (_, Ok(n)) => Const::Uint(n),
        _ => Const::Float(n as f64),
    }
}

fn literal_number(term: &Term) -> Option<i128> {
    match &term.what {
        What::Word(word) => number(word),
        What::Char(c) => Some(i128::from(*c)),
        What::Minus(of) => literal_number(of).map(|n| -n),
        What::Sign(sign, a, b) => crate::eval::calculate(*sign, literal_number(a)?, literal_number(b)?),
        _ => None,
    }
}

/// Why something that must be a field isn't one.
fn not_a_field(term: &Term, registry: &Registry) -> String {
    let What::Word(word) = &term.what else { return "a field or protocol must stand here, not a value".into() };
    let there = format!("there is no field or protocol {word}");
    let of_protocols = registry.unknown_protocol(word).0;
    let of_fields = registry.find_fields(word).err().map(|e| e.0).unwrap_or_default();
    // A word with a dot is a field.
    let both = if word.contains('.') { [of_fields, of_protocols] } else { [of_protocols, of_fields] };
    if let Some(why) = both.iter().find_map(|text| text.find("is not used").map(|_| text.as_str())) {
        return format!("{there}: {}", why.strip_prefix("unknown field ").unwrap_or(why));
    }
    let hint = both.iter().find_map(|text| text.find("; did you mean").map(|at| &text[at..]));
    format!("{there}{}", hint.unwrap_or_default())
}
