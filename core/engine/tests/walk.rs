//! The walk, with small dissectors made for it.

mod support;

use prosector_engine::{Demand, Engine, Origin, Plugin, Registry, Why};
use prosector_sdk::prelude::*;
use std::cell::Cell;
use std::sync::Arc;
use support::{add, dissect};

/// A length, a kind, a payload of that length; what lies behind is trailer.
mod outer {
    use super::*;
    #[derive(Default)]
    pub struct Outer;
    protocol! {
        Outer = outer "Outer" {
            len: u8 "Length",
            kind: u8 "Kind",
            trailer: bytes "Trailer" trailer,
            before: computed u32 "Bytes before the trailer" trailer,
        }
        claims { link = 1, test.kind = 0 }
        tables { KIND_TABLE: "test.kind" }
    }
    impl Dissector for Outer {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            pdu.take(LEN)?;
            let kind = pdu.take(KIND)?;
            pdu.hand_on(KIND_TABLE, [kind, kind / 16]);
            Ok(())
        }
        fn trailer(&mut self, pdu: &mut Pdu<'_>) -> Step {
            pdu.take_rest(TRAILER);
            pdu.computed(BEFORE, 0..0, pdu.context() as u32);
            Ok(())
        }
    }
}

/// Takes two bytes and no more; panics on 0xff.
mod inner {
    use super::*;
    thread_local! { pub static CALLS: Cell<u32> = const { Cell::new(0) }; }
    #[derive(Default)]
    pub struct Inner;
    protocol! {
        Inner = inner "Inner" { value: u16 "Value", claim: computed u32 "Claim" }
        claims { test.kind = [1, 2] }
        settings { refuse: bool = false "Refuse to be configured" }
    }
    impl Dissector for Inner {
        fn configure(&mut self, settings: &Settings) -> Result<(), String> {
            if settings.is_on("refuse") { Err("as told".into()) } else { Ok(()) }
        }
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            CALLS.set(CALLS.get() + 1);
            pdu.set_len(VALUE, 2);
            let value = pdu.take(VALUE)?;
            assert_ne!(value, 0xffff, "an unlucky value");
            pdu.computed(CLAIM, 0..0, pdu.claim().unwrap_or(99));
            Ok(())
        }
    }
}

/// Hands everything on to itself, twice.
mod endless {
    use super::*;
    #[derive(Default)]
    pub struct Endless;
    protocol! {
        Endless = endless "Endless" { byte: u8 "Byte" }
        claims { test.kind = 3 }
        tables { SELF: "@endless" }
    }
    impl Dissector for Endless {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            pdu.show(BYTE)?;
            pdu.hand_to(SELF);
            pdu.hand_to(SELF);
            Ok(())
        }
    }
}

/// What nobody claims.
mod data {
    use super::*;
    #[derive(Default)]
    pub struct Data;
    protocol! { Data = data "Data" { data: bytes "Data" } }
    impl Dissector for Data {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            pdu.take_rest(DATA);
            Ok(())
        }
    }
}

fn registry() -> Registry {
    let mut registry = Registry::new();
    add::<outer::Outer>(&mut registry);
    add::<data::Data>(&mut registry);
    add::<endless::Endless>(&mut registry);
    add::<inner::Inner>(&mut registry);
    registry
}

fn lines(want: &[&str], frames: &[(&[u8], u32)]) -> Vec<String> {
    let (lines, faults) = dissect(registry(), want, frames, 256);
    assert_eq!(faults, []);
    lines
}

#[test]
fn keys_lead_to_owners_and_the_first_key_with_one_decides() {
    let found = lines(&[], &[(&[0, 2, 0, 7], 4), (&[0, 0x15, 0, 8], 4), (&[0, 0x99, 1], 3), (&[0, 1], 2)]);
    assert_eq!(
        found,
        [
            "outer(len=0 kind=2) inner(value=7 claim=1)",
            "outer(len=0 kind=21) inner(value=8 claim=0)",
            "outer(len=0 kind=153) data(data=01)",
            "outer(len=0 kind=1)",
        ]
    );
}

#[test]
fn what_is_behind_a_pdu_is_the_outer_protocol_s_trailer() {
    // The frame was six bytes long; five were captured.
    let found = lines(&[], &[(&[0, 1, 0, 7, 0xaa], 6), (&[0, 0, 0, 1, 0, 7, 0xbb], 7)]);
    assert_eq!(
        found,
        [
            "outer(len=0 kind=1) inner(value=7 claim=0) outer(trailer=aa before=4)",
            "outer(len=0 kind=0) outer(len=0 kind=1) inner(value=7 claim=0) outer(trailer=bb before=4)",
        ]
    );
    assert_eq!(lines(&["outer.trailer"], &[(&[0, 1, 0, 7, 0xaa], 5)]), ["outer() inner() outer(trailer=aa)"]);
}

#[test]
fn only_what_is_wanted_is_recorded_and_what_cannot_lead_to_it_is_not_run() {
    let frames: [(&[u8], u32); 1] = [(&[0, 1, 0, 7], 4)];
    inner::CALLS.set(0);
    assert_eq!(lines(&["outer.kind"], &frames), ["outer(kind=1)"]);
    assert_eq!(inner::CALLS.get(), 0);
    assert_eq!(lines(&["inner.value"], &frames), ["outer() inner(value=7)"]);
    assert_eq!(inner::CALLS.get(), 1);
}

#[test]
fn short_and_cut_are_told_apart_and_keep_what_was_read() {
    let found = lines(&[], &[(&[0, 1, 9], 3), (&[0, 1, 9], 4), (&[5], 1), (&[], 4)]);
    assert_eq!(
        found,
        [
            "outer(len=0 kind=1) inner([short])",
            "outer(len=0 kind=1) inner([cut])",
            "outer(len=5 [short])",
            "outer([cut])"
        ]
    );
}

#[test]
fn a_loop_in_the_graph_ends() {
    let found = lines(&["endless.byte"], &[(&[0, 3, 1], 3), (&[0, 1, 0, 7], 4)]);
    assert!(found[0].contains("[too-deep]"));
    assert!(found[0].matches("endless").count() <= 500);
    assert_eq!(found[1], "outer()");
}

#[test]
fn a_panic_costs_its_own_layer_and_too_many_the_dissector() {
    let good: (&[u8], u32) = (&[0, 1, 0, 7], 4);
    let bad: (&[u8], u32) = (&[0, 1, 0xff, 0xff], 4);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let (found, faults) = dissect(registry(), &["inner.value"], &[good, bad, good], 256);
    assert_eq!(found, ["outer() inner(value=7)", "outer() inner([fault])", "outer() inner(value=7)"]);
    assert_eq!(faults.len(), 1);
    assert_eq!((faults[0].frame, faults[0].set_aside), (2, false));
    assert!(faults[0].fault.reason.contains("an unlucky value"), "{}", faults[0].fault.reason);

    let (found, faults) = dissect(registry(), &["inner.value"], &[bad, bad, bad, bad, bad, bad, good], 256);
    std::panic::set_hook(hook);
    assert_eq!(found[6], "outer() inner([fault])", "it was set aside before");
    assert_eq!(faults.len(), 5);
    assert!(faults[4].set_aside && !faults[3].set_aside);
}

#[test]
fn a_key_has_one_owner_and_the_other_is_named() {
    let mut registry = registry();
    let mut thief = inner::Inner::PROTOCOL.clone();
    thief.name = "thief".into();
    thief.fields = Default::default();
    let plugin = |file: &str| Origin::Plugin(Arc::new(Plugin { file: file.into(), ..Plugin::default() }));
    let never = || -> prosector_engine::Factory { Box::new(|| Err("never made".into())) };
    registry.add(vec![thief], plugin("thief.wasm"), never()).expect("added");
    let clashes: Vec<_> =
        registry.clashes().iter().map(|c| (c.table.as_str(), c.key, &*registry.protocol(c.other).name)).collect();
    assert_eq!(clashes, [("test.kind", 1, "thief"), ("test.kind", 2, "thief")]);
    let owner = registry.owner("test.kind", 1).expect("an owner");
    assert_eq!((&*registry.protocol(owner.protocol).name, owner.why), ("inner", Why::Declared));

    let twice = registry.add(vec![inner::Inner::PROTOCOL.clone()], plugin("x.wasm"), never());
    let error = twice.expect_err("the name is taken").to_string();
    assert!(error.contains("inner") && error.contains("x.wasm") && error.contains("built-in"), "{error}");
}

#[test]
fn settings_are_checked_and_given() {
    let mut wrong = registry();
    assert!(wrong.set("inner.refuze", "true").expect_err("unknown").to_string().contains("inner.refuse"));
    assert!(wrong.set("inner.refuse", "1").expect_err("not a bool").to_string().contains("true or false"));
    wrong.set("inner.refuse", "true").expect("a bool");
    let wrong = Arc::new(wrong);
    let error = Engine::new(wrong.clone(), Demand::tree(&wrong)).err().expect("refused");
    assert_eq!(error, "inner refuses its settings: as told");
}

#[test]
fn a_key_can_be_given_to_another_protocol() {
    let found = |bind: &[(&str, u64, &str)]| {
        let mut registry = registry();
        bind.iter().for_each(|(table, key, name)| registry.bind(table, *key, name, Why::DecodeAs).expect("bound"));
        dissect(registry, &["inner.claim", "data.data"], &[(&[0, 1, 0, 7], 4), (&[0, 0x99, 0, 7], 4)], 256).0
    };
    assert_eq!(found(&[]), ["outer() inner(claim=0)", "outer() data(data=0007)"]);
    // It comes by the way of a claim of its own in that table.
    assert_eq!(found(&[("test.kind", 0x99, "inner")])[1], "outer() inner(claim=0)");
    assert_eq!(found(&[("test.kind", 1, "data")])[0], "outer() data(data=0007)");
    let mut registry = registry();
    let error = registry.bind("test.kinds", 1, "data", Why::DecodeAs).expect_err("no table").to_string();
    assert_eq!(error, "there is no table test.kinds; did you mean test.kind?");
    let error = registry.bind("test.kind", 1, "inne", Why::DecodeAs).expect_err("nobody").to_string();
    assert_eq!(error, "no dissector is called inne; did you mean inner?");
}
