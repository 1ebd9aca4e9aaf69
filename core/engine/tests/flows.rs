//! What depends on frames before: dissectors that keep something for a flow, and heuristics.

mod support;

use prosector_engine::{Demand, Engine, Registry};
use prosector_sdk::frame::{Batch, Frame, LinkType};
use prosector_sdk::prelude::*;
use std::sync::Arc;
use support::{add, dissect};

/// Sender and receiver, one byte each.
mod net {
    use super::*;
    #[derive(Default)]
    pub struct Net;
    protocol! {
        Net = net "Net" { from: u8 "From", to: u8 "To" }
        claims { link = 1 }
        tables { TAG: "test.tag", PORTS: "@ports" }
    }
    impl Dissector for Net {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            pdu.take(FROM)?;
            let to = pdu.take(TO)?;
            // A receiver behind a tag is found in one more step.
            match to & 0x80 {
                0 => pdu.hand_to(PORTS).addresses(0, 1, 1),
                _ => pdu.hand_on(TAG, 1u8).addresses(0, 1, 1),
            };
            Ok(())
        }
    }
}

/// One byte of no meaning between addresses and ports, so that its frames come later.
mod tag {
    use super::*;
    #[derive(Default)]
    pub struct Tag;
    protocol! {
        Tag = tag "Tag" { tag: u8 "Tag" }
        claims { test.tag = 1 }
        tables { PORTS: "@ports" }
    }
    impl Dissector for Tag {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            pdu.take(TAG)?;
            pdu.hand_to(PORTS);
            Ok(())
        }
    }
}

mod ports {
    use super::*;
    #[derive(Default)]
    pub struct Ports;
    protocol! {
        Ports = ports "Ports" { from: u8 "From", to: u8 "To" }
        tables { PORT: "test.port" }
    }
    impl Dissector for Ports {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            let (from, to) = (pdu.take(FROM)?, pdu.take(TO)?);
            pdu.hand_on(PORT, [from.min(to), from.max(to)]).ports(0, 1, 1);
            Ok(())
        }
    }
}

/// Counts the PDUs of its flow.
mod count {
    use super::*;
    use std::collections::HashMap;
    #[derive(Default)]
    pub struct Count(HashMap<u64, u32>);
    protocol! {
        Count = count "Count" { n: computed u32 "Number", reverse: computed bool "Other direction" }
        claims { test.port = 7 }
        stateful
    }
    impl Dissector for Count {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            let n = self.0.entry(pdu.flow()).or_default();
            *n += 1;
            pdu.computed(N, 0..0, *n);
            pdu.computed(REVERSE, 0..0, pdu.is_reverse());
            assert_ne!(pdu.rest(), b"!!!", "too loud");
            Ok(())
        }
        fn flow_end(&mut self, flow: u64) {
            self.0.remove(&flow);
        }
    }
}

/// Recognizes what begins with a letter of its own.
macro_rules! recognizer {
    ($module:ident, $type:ident, $name:ident, $($byte:pat => $verdict:expr),+) => {
        mod $module {
            use super::*;
            #[derive(Default)]
            pub struct $type;
            protocol! {
                $type = $name "A recognizer" { text: str "Text" }
                heuristics { test.port }
            }
            impl Dissector for $type {
                fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
                    pdu.take_rest(TEXT);
                    Ok(())
                }
                fn probe(&self, pdu: &mut Pdu<'_>) -> Verdict {
                    match pdu.rest().first() {
                        $(Some($byte) => $verdict,)+
                        _ => Verdict::NotMine,
                    }
                }
            }
        }
    };
}
recognizer!(apple, Apple, apple, b'a' => Verdict::Certain, b'e' => Verdict::Error, b'?' => Verdict::Maybe);
recognizer!(berry, Berry, berry, b'b' => Verdict::Certain, b'!' => panic!("a bad berry"), b'?' => Verdict::Maybe);

mod data {
    use super::*;
    #[derive(Default)]
    pub struct Data;
    protocol! { Data = data "Data" { data: str "Data" } }
    impl Dissector for Data {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            pdu.take_rest(DATA);
            Ok(())
        }
    }
}

fn registry() -> Registry {
    let mut registry = Registry::new();
    add::<net::Net>(&mut registry);
    add::<tag::Tag>(&mut registry);
    add::<ports::Ports>(&mut registry);
    add::<count::Count>(&mut registry);
    add::<apple::Apple>(&mut registry);
    add::<berry::Berry>(&mut registry);
    add::<data::Data>(&mut registry);
    registry
}

const WANT: [&str; 5] = ["count.n", "count.reverse", "apple.text", "berry.text", "data.data"];

/// What is found beside addresses and ports, the same at every size of batches.
fn found(frames: &[&[u8]]) -> Vec<String> {
    let frames: Vec<(&[u8], u32)> = frames.iter().map(|f| (*f, f.len() as u32)).collect();
    let [one, two, all] = [1, 2, 256].map(|size| dissect(registry(), &WANT, &frames, size).0);
    assert_eq!(one, all);
    assert_eq!(two, all);
    all.iter().map(|line| line.replace("net() ", "").replace("tag() ", "").replace("ports() ", "")).collect()
}

#[test]
fn a_dissector_that_keeps_something_sees_its_flow_in_the_order_of_the_frames() {
    // Receivers from 0x80 on are reached by one layer more, so within a batch their frames come later.
    let there: &[u8] = &[1, 0x82, 0, 9, 7, b'x'];
    let back: &[u8] = &[0x82, 1, 7, 9, b'x'];
    let other: &[u8] = &[0x82, 1, 7, 8, b'x'];
    assert_eq!(
        found(&[there, back, other, back, there]),
        [
            "count(n=1 reverse=0)",
            "count(n=2 reverse=1)",
            "count(n=1 reverse=1)",
            "count(n=3 reverse=1)",
            "count(n=4 reverse=0)"
        ]
    );
}

#[test]
fn a_flow_that_was_not_heard_of_for_long_is_forgotten() {
    let first: [u8; 5] = [1, 2, 9, 7, b'x'];
    let others: Vec<[u8; 5]> = (0..140_000u32)
        .map(|n| [0x10 | (n >> 14) as u8, (n >> 7) as u8 & 0x7f, (n & 0x7f) as u8 | 0x80, 7, b'x'])
        .collect();
    let counts = |between: usize, size: usize| {
        let all = [&[first], &others[..between], &[first]].concat();
        let frames: Vec<(&[u8], u32)> = all.iter().map(|f| (&f[..], 5)).collect();
        dissect(registry(), &["count.n"], &frames, size).0.pop()
    };
    assert_eq!(counts(1000, 256).as_deref(), Some("net() ports() count(n=2)"));
    for size in [1, 256] {
        assert_eq!(counts(others.len(), size).as_deref(), Some("net() ports() count(n=1)"));
    }
}

#[test]
fn a_fault_says_what_else_is_lost() {
    let (quiet, loud): (&[u8], &[u8]) = (&[1, 2, 9, 7, b'x'], &[1, 2, 9, 7, b'!', b'!', b'!']);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let registry = Arc::new(registry());
    let mut engine = Engine::new(registry.clone(), Demand::tree(&registry)).expect("an engine");
    let data = [quiet, loud].concat();
    let frame = |number: u64, start: u32, len: u32| Frame {
        number,
        time: 0,
        start,
        len,
        wire_len: len,
        link: LinkType(1),
        fcs_len: None,
        interface: None,
        extra: None,
    };
    let frames = [frame(1, 0, 5), frame(2, 5, 7)];
    engine.dissect(&Batch { data: &data, frames: &frames, interfaces: &[], extras: &[] });
    std::panic::set_hook(hook);
    let text = engine.dissection().layers(1, &data).last().map(|l| String::from_utf8_lossy(l.side()).into_owned());
    let text = text.expect("a layer");
    assert!(text.contains("too loud") && text.contains("what it kept of earlier frames is lost"), "{text}");
}

#[test]
fn who_is_certain_gets_the_rest_of_the_flow() {
    let frames: [&[u8]; 6] = [
        &[1, 2, 20, 30, b'x'],
        &[1, 2, 20, 31, b'b', b'1'],
        &[2, 1, 31, 20, b'a', b'2'],
        &[1, 2, 20, 30, b'a', b'3'], // both have said that this flow is not theirs
        &[1, 2, 20, 32, b'a', b'4'],
        &[1, 2, 20, 31, b'5'],
    ];
    assert_eq!(
        found(&frames),
        ["data(data=x)", "berry(text=b1)", "berry(text=a2)", "data(data=a3)", "apple(text=a4)", "berry(text=5)"]
    );
}

#[test]
fn maybe_is_asked_again_and_gives_way_to_certain() {
    let frames: [&[u8]; 5] = [
        &[1, 2, 20, 30, b'?', b'1'],
        &[1, 2, 20, 30, b'e', b'2'],
        &[1, 2, 20, 30, b'b', b'3'], // apple says that it is not its own
        &[1, 2, 20, 30, b'a', b'4'],
        &[1, 2, 20, 33, b'e', b'5'],
    ];
    assert_eq!(
        found(&frames),
        ["apple(text=?1)", "apple(text=e2)", "berry(text=b3)", "berry(text=a4)", "apple(text=e5)"]
    );
}

/// A tunnel that is recognized by its first byte; with `q` what is inside is a quotation.
mod tunnel {
    use super::*;
    #[derive(Default)]
    pub struct Tunnel;
    protocol! {
        Tunnel = tunnel "Tunnel" { kind: str[1] "Kind" }
        tables { NET: "@net" }
        heuristics { test.port }
    }
    impl Dissector for Tunnel {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            let kind = pdu.take(KIND)?;
            let next = pdu.hand_to(NET);
            if &kind == b"q" {
                next.quoted();
            }
            Ok(())
        }
        fn probe(&self, pdu: &mut Pdu<'_>) -> Verdict {
            if matches!(pdu.rest().first(), Some(b'w' | b'q')) { Verdict::Certain } else { Verdict::NotMine }
        }
    }
}

/// What is found at every size of batches, with tunnels.
fn found_with_tunnels(frames: &[(&[u8], u32)]) -> String {
    let [one, two, all] = [1, 2, 256].map(|size| {
        let mut registry = registry();
        add::<tunnel::Tunnel>(&mut registry);
        dissect(registry, &WANT, frames, size).0.join("; ").replace("net() ", "").replace("ports() ", "")
    });
    assert_eq!(one, all);
    assert_eq!(two, all);
    all
}

#[test]
fn an_earlier_frame_says_something_of_a_later_one_and_not_the_other_way_round() {
    // The second frame has the addresses and ports of what is in the first one, in a tunnel: by then nobody is asked any more.
    let frames: [(&[u8], u32); 3] = [
        (&[1, 2, 20, 30, b'w', 3, 4, 40, 50, b'x'], 10),
        (&[3, 4, 40, 50, b'a'], 5),
        (&[1, 2, 20, 30, b'w', 3, 4, 40, 7, b'n'], 10),
    ];
    assert_eq!(found_with_tunnels(&frames), "tunnel() data(data=x); data(data=a); tunnel() count(n=1 reverse=0)");
}

#[test]
fn a_quotation_or_a_cut_frame_says_nothing_for_the_rest_of_the_flow() {
    let frames: [(&[u8], u32); 4] = [
        (&[1, 2, 20, 31, b'q', 3, 4, 40, 50, b'x'], 10),
        (&[3, 4, 40, 50, b'a'], 5),
        (&[3, 4, 40, 51], 5),
        (&[3, 4, 40, 51, b'b'], 5),
    ];
    assert_eq!(found_with_tunnels(&frames), "tunnel() data(data=x); apple(text=a); data(data=); berry(text=b)");
}

/// Hands on each of its bytes as a slice of its own, from an address that the byte names.
mod fan {
    use super::*;
    #[derive(Default)]
    pub struct Fan;
    protocol! {
        Fan = fan "Fan" { byte: u8 "Byte" }
        claims { link = 1 }
        tables { PORT: "test.port" }
    }
    impl Dissector for Fan {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            while pdu.remaining() > 0 {
                let at = pdu.position();
                pdu.hand_on(PORT, 99u8).len(1).addresses(at, at, 1);
                pdu.take(BYTE)?;
            }
            Ok(())
        }
    }
}

#[test]
fn what_a_layer_hands_on_stays_in_order() {
    let frames: [(&[u8], u32); 3] = [(b"x?a", 3), (b"?x?xaa", 6), (b"a?x", 3)];
    let found = [1, 2, 256].map(|size| {
        let mut registry = Registry::new();
        add::<fan::Fan>(&mut registry);
        add::<apple::Apple>(&mut registry);
        add::<data::Data>(&mut registry);
        dissect(registry, &["apple.text", "data.data"], &frames, size)
            .0
            .join("; ")
            .replace("apple(text=", "")
            .replace("data(data=", "")
            .replace(")", "")
            .replace("fan( ", "")
    });
    assert_eq!(found[0], "x ? a; ? x ? x a a; a ? x");
    assert_eq!(found[1], found[0]);
    assert_eq!(found[2], found[0]);
}

#[test]
fn a_fault_in_a_question_costs_the_question() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let frames: [(&[u8], u32); 3] =
        [(&[1, 2, 20, 30, b'!'], 5), (&[1, 2, 20, 31, b'b'], 5), (&[1, 2, 20, 30, b'b'], 5)];
    let found = [1, 256].map(|size| dissect(registry(), &WANT, &frames, size));
    std::panic::set_hook(hook);
    for (lines, faults) in found {
        assert_eq!(
            lines,
            ["net() ports([fault]) data(data=!)", "net() ports() berry(text=b)", "net() ports() berry(text=b)"]
        );
        assert_eq!(faults.iter().map(|f| f.frame).collect::<Vec<_>>(), [1]);
    }
}

#[test]
fn all_heuristics_of_a_table_are_asked_or_none() {
    let frames: [(&[u8], u32); 2] = [(&[1, 2, 20, 30, b'a'], 5), (&[1, 2, 20, 31, b'b'], 5)];
    // Apple must run, or berry would be asked about what is apple's.
    let (lines, _) = dissect(registry(), &["berry.text"], &frames, 256);
    assert_eq!(lines, ["net() ports() apple()", "net() ports() berry(text=b)"]);
    let (lines, _) = dissect(registry(), &["ports.to"], &frames, 256);
    assert_eq!(lines, ["net() ports(to=30)", "net() ports(to=31)"]);
}

/// Owns a port, and refuses what does not begin with its letter.
mod picky {
    use super::*;
    #[derive(Default)]
    pub struct Picky;
    protocol! {
        Picky = picky "Picky" { letter: str "Letter" }
        claims { test.port = 8 }
    }
    impl Dissector for Picky {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            if pdu.rest().first() != Some(&b'p') {
                return pdu.reject();
            }
            pdu.take_bytes(LETTER, 1)?;
            Ok(())
        }
    }
}

#[test]
fn what_an_owner_refuses_is_recognized_whoever_is_wanted() {
    let frames: [(&[u8], u32); 2] = [(&[1, 2, 8, 30, b'b'], 5), (&[1, 2, 8, 30, b'p'], 5)];
    for (want, line) in [(&["berry.text", "picky.letter"][..], "picky(letter=p)"), (&["berry.text"], "picky()")] {
        let mut registry = registry();
        add::<picky::Picky>(&mut registry);
        let (lines, _) = dissect(registry, want, &frames, 256);
        assert_eq!(lines, ["net() ports() berry(text=b)", &format!("net() ports() {line}")]);
    }
}

/// Recognizes everything, and refuses it.
macro_rules! fickle {
    ($module:ident, $type:ident, $name:ident) => {
        mod $module {
            use super::*;
            #[derive(Default)]
            pub struct $type;
            protocol! {
                $type = $name "Fickle" { text: str "Text" }
                heuristics { test.port }
            }
            impl Dissector for $type {
                fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
                    pdu.reject()
                }
                fn probe(&self, _pdu: &mut Pdu<'_>) -> Verdict {
                    Verdict::Maybe
                }
            }
        }
    };
}
fickle!(fickle, Fickle, fickle);
fickle!(vague, Vague, vague);

#[test]
fn nobody_gets_twice_what_he_has_refused() {
    let frames: [(&[u8], u32); 1] = [(&[1, 2, 20, 30, b'x'], 5)];
    let mut registry = registry();
    add::<fickle::Fickle>(&mut registry);
    add::<vague::Vague>(&mut registry);
    let (lines, _) = dissect(registry, &["data.data", "fickle.text", "vague.text"], &frames, 256);
    assert_eq!(lines, ["net() ports() data(data=x)"]);
}
