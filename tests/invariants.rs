//! What must not change a result: the size of batches, where a dissector runs, what else is asked for.

mod support;

use prosector_capture::Reader;
use prosector_engine::{Demand, Engine, Origin, Registry};
use prosector_loader::{Config, Limits, PluginEntry, Sandbox};
use prosector_output::{Fields, Ndjson, Writer};
use prosector_sdk::dissector::{Builtin, Declared};
use prosector_sdk::frame::{Batch, Frame, LinkType};
use std::path::Path;
use std::sync::Arc;
use support::{acme, captures};

/// Linked-in dissectors, and acme from its component.
fn registry() -> Arc<Registry> {
    prosector_builtin::link();
    let config = Config { plugins: vec![PluginEntry::file(acme(), &Limits::default())], ..Config::default() };
    Arc::new(prosector_loader::load(&config, false).expect("acme loads").registry)
}

/// Everything that is found in a capture, as NDJSON.
fn everything(registry: &Arc<Registry>, capture: &Path, batch: usize) -> String {
    let demand = Ndjson.demand(registry);
    through(registry, demand, &mut Ndjson, capture, batch)
}

fn through(
    registry: &Arc<Registry>,
    demand: Demand,
    writer: &mut dyn Writer,
    capture: &Path,
    batch_size: usize,
) -> String {
    let mut engine = Engine::new(registry.clone(), demand).expect("an engine");
    let mut reader = Reader::open(capture).expect("a capture");
    let mut out = Vec::new();
    loop {
        let batch = reader.next_batch(batch_size).expect("a whole capture");
        if batch.frames.is_empty() {
            return String::from_utf8(out).expect("UTF-8");
        }
        engine.dissect(&batch);
        for i in 0..batch.frames.len() {
            writer.frame(registry, &batch, engine.dissection(), i, &mut out);
        }
    }
}

#[test]
fn the_size_of_batches_changes_nothing() {
    let registry = registry();
    for capture in captures() {
        let one = everything(&registry, &capture, 1);
        assert!(one.lines().count() > 1, "{} has frames", capture.display());
        for size in [2, 7, 256] {
            assert!(one == everything(&registry, &capture, size), "{} in batches of {size}", capture.display());
        }
    }
}

/// A field's values don't depend on which other fields are recorded.
#[test]
fn asking_for_less_gives_the_same_values() {
    let registry = registry();
    let mut fields: Vec<String> = (0..registry.len() as u16)
        .flat_map(|id| registry.protocol(id).fields.iter().map(|f| f.name.to_string()))
        .collect();
    fields.sort();
    fields.dedup();
    for capture in captures() {
        let mut all = Fields::new(&registry, &fields).expect("known fields");
        let demand = all.demand(&registry);
        let together = through(&registry, demand, &mut all, &capture, 256);
        let rows: Vec<Vec<&str>> = together.lines().map(|line| line.split('\t').collect()).collect();
        for (column, field) in fields.iter().enumerate() {
            if rows.iter().all(|row| row[column].is_empty()) {
                continue;
            }
            let mut alone = Fields::new(&registry, std::slice::from_ref(field)).expect("a known field");
            let demand = alone.demand(&registry);
            let alone = through(&registry, demand, &mut alone, &capture, 256);
            let together: Vec<&str> = rows.iter().map(|row| row[column]).collect();
            assert_eq!(together, alone.lines().collect::<Vec<_>>(), "{field} of {}", capture.display());
        }
    }
}

/// Frames of acme, whole, cut short and random, enough for many vectors.
fn acme_frames() -> (Vec<u8>, Vec<Frame>) {
    let (mut data, mut frames) = (Vec::new(), Vec::new());
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    for number in 1..=100_000u64 {
        let start = data.len();
        data.extend([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5]);
        let readings = next() % 9;
        data.extend([1, (next() % 6) as u8]);
        data.extend((next() as u16).to_be_bytes());
        data.extend((number as u32).to_be_bytes());
        data.extend(next().to_be_bytes());
        data.extend((readings as u16).to_be_bytes());
        for _ in 0..readings {
            data.extend((next() as u16).to_be_bytes());
            data.extend((next() as u32).to_be_bytes());
        }
        let wire_len = (data.len() - start) as u32;
        if next() % 50 == 0 {
            data.truncate(data.len() - (next() % 20) as usize);
        }
        if next() % 50 == 0 {
            let last = data.len() - 1;
            data[last.min(start + 31)] = next() as u8; // the number of readings lies
        }
        frames.push(Frame {
            number,
            time: number as i64 * 1000,
            start: start as u32,
            len: (data.len() - start) as u32,
            wire_len,
            link: LinkType(1),
            fcs_len: None,
            interface: None,
            extra: None,
        });
    }
    (data, frames)
}

#[test]
fn acme_gives_the_same_as_component_and_linked_in() {
    let (data, frames) = acme_frames();
    let found = |registry: Registry| {
        let registry = Arc::new(registry);
        let mut engine = Engine::new(registry.clone(), Ndjson.demand(&registry)).expect("an engine");
        let mut out = Vec::new();
        for frames in frames.chunks(256) {
            let batch = Batch { data: &data, frames, interfaces: &[], extras: &[] };
            engine.dissect(&batch);
            for i in 0..frames.len() {
                Ndjson.frame(&registry, &batch, engine.dissection(), i, &mut out);
            }
        }
        assert_eq!(engine.take_faults(), []);
        String::from_utf8(out).expect("UTF-8")
    };

    let mut linked_in = Registry::new();
    let declared = prosector_acme::Acme::PROTOCOL;
    linked_in.add_builtin(&Builtin::of::<prosector_acme::Acme>(), |_| None).expect("acme");
    linked_in.add_builtins().expect("built-ins");

    let mut sandboxed = Registry::new();
    let plugin = Sandbox::new().load(&acme(), &Limits::default(), false).expect("acme loads");
    assert_eq!(format!("{:?}", plugin.protocols()), format!("{:?}", [declared]));
    let new = Box::new(move || Ok(plugin.instantiate()));
    sandboxed.add(vec![declared.clone()], Origin::Builtin, |_| None, new).expect("acme");
    sandboxed.add_builtins().expect("built-ins");

    let (linked_in, sandboxed) = (found(linked_in), found(sandboxed));
    assert!(linked_in.contains(r#""code":"short""#) && linked_in.contains(r#""code":"cut""#), "some frames are broken");
    let differ = linked_in.lines().zip(sandboxed.lines()).find(|(a, b)| a != b);
    assert_eq!(differ, None);
    assert_eq!(linked_in.lines().count(), frames.len());
}
