//! What must not change a result: the size of batches, where a dissector runs, what else is asked for.

mod support;

use prosector_capture::Reader;
use prosector_engine::{Demand, Engine, Next, Registry, run_workers};
use prosector_loader::{Config, Limits, PluginEntry};
use prosector_output::{Fields, Ndjson, Writer};
use prosector_sdk::dissector::Builtin;
use prosector_sdk::frame::{Batch, Frame, LinkType};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use support::{captures, native, plugin, top};

/// Linked-in dissectors, and acme from its component.
fn registry() -> Arc<Registry> {
    prosector_builtin::link();
    let config = Config {
        plugins: vec![PluginEntry::file(plugin("acme"), &Limits::default(), "--plugin")],
        ..Config::default()
    };
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

/// The same, with several workers. What comes before a break in the capture, if there is one.
fn with_workers(registry: &Arc<Registry>, capture: &Path, batch_size: usize, count: usize) -> String {
    let engine = || Engine::new(registry.clone(), Ndjson.demand(registry)).expect("an engine");
    let Ok(mut reader) = Reader::open(capture) else { return String::new() };
    let mut out = String::new();
    let (workers, outcome) = run_workers(
        (0..count).map(|_| (engine(), Ndjson)).collect(),
        |owned, _| {
            let Ok(batch) = reader.next_batch(batch_size) else { return Ok(Next::End) };
            owned.copy(&batch);
            Ok(if batch.frames.is_empty() { Next::End } else { Next::Frames })
        },
        |engine, writer, batch| {
            let mut out = Vec::new();
            for i in 0..batch.frames.len() {
                writer.frame(engine.registry(), batch, engine.dissection(), i, &mut out);
            }
            String::from_utf8(out).expect("UTF-8")
        },
        |part: String| {
            out += &part;
            Ok::<bool, ()>(true)
        },
    );
    outcome.expect("no errors");
    assert_eq!(workers.len(), count);
    out
}

#[test]
fn neither_the_size_of_batches_nor_the_number_of_workers_changes_anything() {
    let registry = registry();
    for capture in captures() {
        let one = everything(&registry, &capture, 1);
        assert!(one.lines().count() > 1, "{} has frames", capture.display());
        for size in [2, 7, 256] {
            assert!(one == everything(&registry, &capture, size), "{} in batches of {size}", capture.display());
        }
        for (size, count) in [(1, 4), (3, 2), (256, 1), (256, 2)] {
            assert!(
                one == with_workers(&registry, &capture, size, count),
                "{} with {count} workers",
                capture.display()
            );
        }
    }
}

/// The same over a corpus of real captures, where there is one.
#[test]
fn nothing_changes_over_the_corpus_either() {
    let corpus = top().join("../shared/corpus");
    if !corpus.is_dir() {
        println!("skipped: {} is not there", corpus.display());
        return;
    }
    let registry = registry();
    let mut folders = vec![corpus];
    let (mut files, mut differ) = (0, Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if !name.ends_with(".tsv.gz") && name != "INDEX.tsv" && name != "README.md" {
                files += 1;
                let one = digest(&with_workers(&registry, &path, 1, 1));
                for (size, count) in [(2, 1), (256, 1), (64, 2), (256, 4)] {
                    if digest(&with_workers(&registry, &path, size, count)) != one {
                        differ.push(format!("{name}: batches of {size}, {count} workers"));
                    }
                }
            }
        }
    }
    assert!(files > 1000, "{files} captures");
    assert!(differ.is_empty(), "{} differ: {differ:#?}", differ.len());
}

fn digest(text: &str) -> u64 {
    let mut hash = DefaultHasher::new();
    text.hash(&mut hash);
    hash.finish()
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
            // What is wrong with a trailer shows only where a trailer is looked at.
            if rows.iter().all(|row| row[column].is_empty()) || field.starts_with("_ws.expert") {
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

/// The registries of the three ways in which acme and the test plugin can be there, with what else is linked in.
fn three_ways() -> [(&'static str, Arc<Registry>); 3] {
    prosector_builtin::link();
    let mut linked_in = Registry::new();
    let ours = [
        Builtin::of::<prosector_acme::Acme>(),
        Builtin::of::<prosector_every::Every>(),
        Builtin::of::<prosector_every::Tally>(),
        Builtin::of::<prosector_every::Talk>(),
    ];
    ours.iter().for_each(|builtin| linked_in.add_builtin(builtin).expect("a new name"));
    linked_in.add_builtins().expect("built-ins");
    let loaded = |files: [PathBuf; 2]| {
        let entry = |file: &PathBuf| {
            let digest = prosector_loader::sha256(&std::fs::read(file).expect("a plugin"));
            format!("[[plugin]]\nfile = {:?}\nsha256 = {digest:?}\n", file.display().to_string())
        };
        let text: String = files.iter().map(entry).collect();
        let config = Config::parse(&text, Path::new("plugins.toml")).expect("it is right");
        let loaded = prosector_loader::load(&config, false).expect("it loads");
        let protocols: Vec<_> = loaded.plugins.iter().flat_map(|p| p.protocols()).collect();
        assert_eq!(format!("{protocols:?}"), format!("{:?}", ours.each_ref().map(|builtin| builtin.protocol)));
        loaded.registry
    };
    [
        ("linked in", Arc::new(linked_in)),
        ("native libraries", Arc::new(loaded([native("acme"), native("every")]))),
        ("components", Arc::new(loaded([plugin("acme"), plugin("every")]))),
    ]
}

#[test]
fn acme_gives_the_same_linked_in_as_library_and_as_component() {
    let (data, frames) = acme_frames();
    let found = three_ways().map(|(way, registry)| {
        let mut engine = Engine::new(registry.clone(), Ndjson.demand(&registry)).expect("an engine");
        let mut out = Vec::new();
        for frames in frames.chunks(256) {
            let batch = Batch { data: &data, frames, interfaces: &[], extras: &[] };
            engine.dissect(&batch);
            for i in 0..frames.len() {
                Ndjson.frame(&registry, &batch, engine.dissection(), i, &mut out);
            }
        }
        assert_eq!(engine.take_faults(), [], "as {way}");
        String::from_utf8(out).expect("UTF-8")
    });
    assert!(found[0].contains(r#""code":"short""#) && found[0].contains(r#""code":"cut""#), "some frames are broken");
    assert_eq!(found[0].lines().count(), frames.len());
    for other in &found[1..] {
        assert_eq!(found[0].lines().zip(other.lines()).find(|(a, b)| a != b), None);
        assert_eq!(found[0].len(), other.len());
    }
}

#[test]
fn captures_give_the_same_in_all_three_ways() {
    let ways = three_ways();
    for capture in captures().into_iter().chain([top().join("tests/fixtures/every.pcap")]) {
        let [linked_in, others @ ..] = ways.each_ref().map(|(_, registry)| everything(registry, &capture, 256));
        for (other, (way, _)) in others.iter().zip(&ways[1..]) {
            assert!(*other == linked_in, "{} with plugins as {way}", capture.display());
        }
        for ((way, registry), all) in ways.iter().zip([&linked_in, &others[0], &others[1]]) {
            for size in [1, 3] {
                assert!(
                    *all == everything(registry, &capture, size),
                    "{} in batches of {size}, {way}",
                    capture.display()
                );
            }
        }
    }
}
