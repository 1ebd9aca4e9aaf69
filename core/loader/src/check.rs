//! What a plugin answers, before it is believed.

use crate::config::Limits;
use prosector_sdk::declare::{Kind, Protocol};
use prosector_sdk::dissector::{Entry, Verdict};
use prosector_sdk::flat;
use prosector_sdk::pdu::{Answer, HandOn, Next, Sink, Slice};
use prosector_sdk::span::{self, Diagnostic, Span};

/// Hand-ons of one slice.
const MAX_NEXT: usize = 1 << 10;
/// How often each byte of a slice may be shown as a value: fields may overlap, but an output is to stay in proportion.
const MAX_SHOWN: u64 = 64;
/// What all answers to a batch may come to, in words and in side bytes: places in them are kept in 32 bits.
const MAX_BATCH: usize = 64 << 20;

/// What of a declaration the check of a word needs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// By far the most: one word, and its bytes are in the slice.
    Plain,
    Group,
    /// Computed, the value in the second word.
    Word,
    /// Computed, the second word says where in the side bytes.
    Long,
}

/// Answers to the slices of one call, as they crossed the border.
pub(crate) struct Flat<'a> {
    pub words: &'a [u64],
    pub side: &'a [u8],
    pub next: &'a [u64],
    pub ends: &'a [u64],
}

/// Checks answers of one protocol.
pub(crate) struct Checker {
    shapes: Vec<Shape>,
    tables: u16,
    limits: Limits,
    /// The most words that a slice has given.
    pub(crate) most_words: usize,
}

impl Checker {
    pub(crate) fn new(protocol: &Protocol, limits: &Limits) -> Checker {
        let shape = |f: &prosector_sdk::declare::Field| match (f.computed, f.kind) {
            (true, kind) if kind.is_long() => Shape::Long,
            (true, _) => Shape::Word,
            (false, Kind::Group) => Shape::Group,
            (false, _) => Shape::Plain,
        };
        Checker {
            shapes: protocol.fields.iter().map(shape).collect(),
            tables: protocol.tables.len() as u16,
            limits: limits.clone(),
            most_words: 0,
        }
    }

    /// Checks the answers to a call and appends them to the sink.
    pub(crate) fn take(
        &mut self,
        flat: &Flat<'_>,
        entry: Entry,
        slices: &[Slice],
        sink: &mut Sink,
    ) -> Result<(), String> {
        let Flat { words, side, next, ends } = flat;
        let (ends, next) = (ends.as_chunks::<3>().0, next.as_chunks::<{ flat::NEXT }>().0);
        if ends.len() != slices.len() {
            return Err(format!("{} answers to {} slices", ends.len(), slices.len()));
        }
        let (base_words, base_side, base_next) = (sink.words.len(), sink.side.len(), sink.next.len());
        if base_words + words.len() > MAX_BATCH || base_side + side.len() > MAX_BATCH {
            return Err(format!("the answers to a batch come to more than {MAX_BATCH} words or bytes"));
        }
        let mut before = Answer::default();
        for (slice, ends) in slices.iter().zip(ends) {
            let answer = flat::answer(*ends);
            self.answer(&answer, &before, words.len(), side.len(), next.len())?;
            if entry == Entry::Probe && Verdict::from_number(answer.end).is_none() {
                return Err(format!("{} is no verdict", answer.end));
            }
            let side = &side[before.side as usize..answer.side as usize];
            let words = &words[before.words as usize..answer.words as usize];
            let next = &next[before.next as usize..answer.next as usize];
            self.lengths(words.len(), side.len(), next.len())?;
            self.words(words, slice, side)?;
            for next in flat::nexts(next) {
                let next = next.ok_or("a hand-on of an unknown kind")?;
                self.next(&next, side.len())?;
                sink.next.push(next);
            }
            before = answer;
            sink.answers.push(Answer {
                words: answer.words + base_words as u32,
                side: answer.side + base_side as u32,
                next: answer.next + base_next as u32,
                ..answer
            });
        }
        sink.words.extend_from_slice(&words[..before.words as usize]);
        sink.side.extend_from_slice(&side[..before.side as usize]);
        Ok(())
    }

    /// Checks how much was answered to one slice.
    fn lengths(&mut self, words: usize, side: usize, next: usize) -> Result<(), String> {
        let Limits { spans, bytes, .. } = self.limits;
        for (what, count, most) in [("spans", words, spans), ("side bytes", side, bytes), ("hand-ons", next, MAX_NEXT)]
        {
            if count > most {
                return Err(format!("the answer to one slice has {count} {what}; {most} are allowed"));
            }
        }
        self.most_words = self.most_words.max(words);
        Ok(())
    }

    /// Checks the words that belong to one slice: `side` are its side bytes.
    fn words(&self, words: &[u64], slice: &Slice, side: &[u8]) -> Result<(), String> {
        let mut depth = 0usize;
        let mut rest = words;
        // Bytes that an output has to show. Values may be the same bytes again and again.
        let (mut shown, most) = (0u64, self.limits.bytes as u64 + MAX_SHOWN * u64::from(slice.len));
        let too_much = || format!("the values of one slice come to more than {most} bytes, which are allowed");
        while let Some((&word, after)) = rest.split_first() {
            let Span { field, offset, len } = Span::unpack(word);
            rest = match self.shapes.get(field as usize) {
                // Computed values may be about bytes that were not captured.
                Some(Shape::Plain | Shape::Group) if offset + len > slice.len => {
                    return Err(format!("field {field} spans bytes {offset}+{len} of {}", slice.len));
                }
                Some(Shape::Plain) => {
                    shown += u64::from(len);
                    after
                }
                Some(Shape::Group) => {
                    depth += 1;
                    if depth > self.limits.nesting {
                        return Err(format!("groups nest deeper than {}", self.limits.nesting));
                    }
                    after
                }
                Some(shape) => {
                    let Some((&value, after)) = after.split_first() else {
                        return Err(format!("computed field {field} has no value"));
                    };
                    if *shape == Shape::Long && (value >> 32) + (value & 0xffff_ffff) > side.len() as u64 {
                        return Err(format!("the value of field {field} is outside the side bytes"));
                    }
                    if *shape == Shape::Long {
                        shown += value & 0xffff_ffff;
                    }
                    after
                }
                None if field == span::END => {
                    depth = depth.checked_sub(1).ok_or("a group ends that did not begin")?;
                    after
                }
                None if field == span::DIAGNOSTIC => {
                    let read = Diagnostic::read(rest, side).ok_or("a diagnostic is not complete")?;
                    shown += (read.code.len() + read.text.len()) as u64;
                    // Now: reading texts takes time too.
                    if shown > most {
                        return Err(too_much());
                    }
                    &rest[1 + Diagnostic::WORDS..]
                }
                None => return Err(format!("field {field} is not declared")),
            };
        }
        match depth {
            0 if shown > most => Err(too_much()),
            0 => Ok(()),
            _ => Err("a group does not end".into()),
        }
    }

    /// Checks that an answer's lists grow, and that its info line is inside its side bytes. `before` is the answer
    /// before it, `ends` how long the lists are.
    fn answer(&self, answer: &Answer, before: &Answer, words: usize, side: usize, next: usize) -> Result<(), String> {
        let grows = before.words <= answer.words && before.side <= answer.side && before.next <= answer.next;
        let fits = answer.words as usize <= words && answer.side as usize <= side && answer.next as usize <= next;
        let info =
            answer.info_start as u64 + answer.info_len as u64 <= (answer.side - before.side.min(answer.side)) as u64;
        if grows && fits && info { Ok(()) } else { Err("the ends of an answer do not fit its lists".into()) }
    }

    /// Checks that a hand-on names tables of the protocol, and bytes that there are. `side` is how many side bytes the slice has.
    fn next(&self, next: &Next, side: usize) -> Result<(), String> {
        let second = if next.what == HandOn::Expect { next.keys[1] } else { 0 };
        for table in [next.table.into(), second] {
            if table >= self.tables.into() {
                return Err(format!("table {table} is not declared"));
            }
        }
        if next.side && next.offset as usize + next.wire_len as usize > side {
            return Err("a hand-on is outside the side bytes".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prosector_sdk::declare::Field;
    use prosector_sdk::testkit::write_fields;

    fn protocol() -> Protocol {
        let field = |kind, computed| Field { kind, computed, width: 1, ..Field::EMPTY };
        let fields = vec![
            field(Kind::Uint, false),
            field(Kind::Group, false),
            field(Kind::Uint, true),
            field(Kind::Str, true),
            field(Kind::Bytes, false),
        ];
        Protocol { name: "p".into(), fields: fields.into(), tables: vec!["t".into()].into(), ..Protocol::default() }
    }

    fn check(words: &[u64]) -> Result<(), String> {
        let slice = Slice { len: 10, wire_len: 10, ..Slice::default() };
        Checker::new(&protocol(), &Limits::default()).words(words, &slice, b"side")
    }

    #[test]
    fn what_keeps_to_the_rules_passes() {
        let words = [Span::pack(1, 0, 10), Span::pack(0, 9, 1), Span::pack(3, 10, 0), 4, Span::pack(span::END, 0, 0)];
        assert_eq!(check(&words), Ok(()));
    }

    #[test]
    fn what_breaks_them_does_not() {
        let end = Span::pack(span::END, 0, 0);
        let group = Span::pack(1, 0, 0);
        let cases: [(&[u64], &str); 9] = [
            (&[Span::pack(0, 10, 1)], "spans bytes 10+1 of 10"),
            (&[Span::pack(5, 0, 0)], "field 5 is not declared"),
            (&[Span::pack(0xff00, 0, 0)], "is not declared"),
            (&[Span::pack(2, 0, 0)], "has no value"),
            (&[Span::pack(3, 0, 0), 5], "outside the side bytes"),
            (&[Span::pack(3, 0, 0), u64::MAX], "outside the side bytes"),
            (&[end], "a group ends that did not begin"),
            (&[group, group, end], "a group does not end"),
            (&[Span::pack(span::DIAGNOSTIC, 0, 0), 0, 0], "a diagnostic is not complete"),
        ];
        for (words, reason) in cases {
            let error = check(words).expect_err(reason);
            assert!(error.contains(reason), "{reason:?} in {error:?}");
        }
        assert!(check(&[group; 40]).expect_err("deep").contains("deeper"));
    }

    #[test]
    fn answers_grow_and_fit() {
        let checker = Checker::new(&protocol(), &Limits::default());
        let before = Answer { words: 2, side: 3, next: 1, ..Answer::default() };
        let answer = |words, side, next, info_start, info_len| {
            let answer = Answer { words, side, next, end: 0, info_start, info_len };
            checker.answer(&answer, &before, 5, 6, 2).is_ok()
        };
        assert!(answer(5, 6, 2, 1, 2));
        assert!(answer(2, 3, 1, 0, 0));
        assert!(!answer(1, 3, 1, 0, 0));
        assert!(!answer(6, 3, 1, 0, 0));
        assert!(!answer(5, 2, 1, 0, 0));
        assert!(!answer(5, 6, 3, 0, 0));
        assert!(!answer(5, 6, 2, 2, 2));
        assert!(!answer(5, 6, 2, u32::MAX, u32::MAX));
        let to = |table| Next { table, ..Next::default() };
        assert!(checker.next(&to(0), 0).is_ok() && checker.next(&to(1), 0).is_err());
        let side = Next { side: true, offset: 1, wire_len: 2, ..to(0) };
        assert!(checker.next(&side, 3).is_ok() && checker.next(&side, 2).is_err());
        let expect = Next { what: HandOn::Expect, keys: [80, 1], ..to(0) };
        assert!(checker.next(&expect, 0).is_err());
    }

    /// Whatever passes can be shown.
    #[test]
    fn random_words_are_refused_or_harmless() {
        let mut random = 0x2545_f491_4f6c_dd1du64;
        let mut next = move || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random
        };
        let (protocol, mut passed) = (protocol(), 0);
        for _ in 0..200_000 {
            let words: Vec<u64> = (0..next() % 6)
                .map(|_| match next() % 8 {
                    0 => next(),
                    1 => Span::pack(span::END, 0, 0),
                    2 => Span::pack(span::DIAGNOSTIC, 0, 0),
                    3 => ((next() % 5) << 32) | (next() % 5),
                    _ => Span::pack((next() % 6) as u16, (next() % 12) as usize, (next() % 12) as usize),
                })
                .collect();
            if check(&words).is_ok() {
                passed += 1;
                write_fields(&protocol, &[0; 10], &words, b"side", &mut Vec::new());
            }
        }
        assert!(passed > 10_000, "{passed} passed");
    }
}
