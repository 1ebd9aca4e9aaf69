//! Display filters from outside: what they match is what tshark matches, and what is wrong with one is shown.

mod support;

use prosector_capture::Reader;
use prosector_engine::{Demand, Engine, Registry};
use prosector_filter::Filter;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use support::{prosector, texts, top};

fn registry() -> Arc<Registry> {
    prosector_builtin::link();
    let mut registry = Registry::new();
    registry.add_builtins().expect("the built-ins go together");
    Arc::new(registry)
}

/// How many frames match. Batches are small, so that captures have several.
fn count(registry: &Arc<Registry>, filter: &Filter, capture: &Path) -> usize {
    let mut demand = Demand::nothing(registry);
    filter.demand(&mut demand);
    let mut engine = Engine::new(registry.clone(), demand).expect("an engine");
    let mut reader = Reader::open(capture).expect("a capture");
    let mut matching = 0;
    loop {
        let batch = match reader.next_batch(64) {
            Ok(batch) if !batch.frames.is_empty() => batch,
            _ => return matching,
        };
        engine.dissect(&batch);
        matching +=
            (0..batch.frames.len()).filter(|&i| filter.matches(registry, &batch, engine.dissection(), i)).count();
    }
}

/// `tests/filters.tsv`: capture, filter, and the number of frames that tshark 4.0 finds (scripts/filter-cases.py).
#[test]
fn filters_match_what_tshark_matches() {
    let registry = registry();
    let cases = std::fs::read_to_string(top().join("tests/filters.tsv")).expect("tests/filters.tsv");
    let corpus = top().join("../shared/corpus");
    let (mut passed, mut unknown, mut without, mut wrong) = (0, 0, 0, Vec::new());
    for line in cases.lines().filter(|line| !line.starts_with("# ") && !line.is_empty()) {
        let [capture, text, expected] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("three columns: {line}")
        };
        let own = !capture.contains('/');
        let path: PathBuf = if own { top().join("tests/captures").join(capture) } else { corpus.join(capture) };
        if !path.is_file() {
            assert!(!own, "{} is missing", path.display());
            without += 1;
            continue;
        }
        match Filter::compile(text, &registry) {
            Ok(filter) => match count(&registry, &filter, &path) {
                found if found.to_string() == expected => passed += 1,
                found => wrong.push(format!("{line}: {found}")),
            },
            Err(e) if !own && e.message.starts_with("there is no field or protocol") => unknown += 1,
            Err(e) => wrong.push(format!("{line}:\n{e}")),
        }
    }
    println!("{passed} filters as expected; skipped: {unknown} with unknown fields, {without} without their capture");
    assert!(passed >= 60, "the project's own captures are there");
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), wrong.len() + passed, wrong.join("\n"));
}

/// Runs the command where no plugins.toml is.
fn read(arguments: &[&str]) -> (String, String, i32) {
    let captures = top().join("tests/captures");
    let arguments = arguments.iter().map(|a| a.strip_prefix('@').unwrap_or(a));
    let mut command = prosector();
    command.current_dir(&captures).env("XDG_CONFIG_HOME", &captures).arg("read").args(arguments);
    texts(&command.output().expect("prosector runs"))
}

#[test]
fn every_format_shows_only_what_matches() {
    let filter = ["@office.pcap", "-Y", "tcp.flags.syn == 1"];
    let with = |more: &[&str]| read(&[&filter[..], more].concat());
    assert_eq!(with(&["-T", "fields", "-e", "frame.number"]).0, "5\n6\n");
    let (summary, _, status) = with(&[]);
    assert_eq!((summary.lines().count(), status), (2, 0), "{summary}");
    let whole = read(&["@office.pcap"]).0;
    let lines: Vec<&str> = summary.lines().collect();
    assert_eq!(lines, whole.lines().skip(4).take(2).collect::<Vec<_>>(), "numbers and times are the capture's");
    // What only the filter needs isn't shown.
    for format in ["tree", "ndjson"] {
        let of_port = |filter| read(&["@office.pcap", "-T", format, "-Y", filter]).0;
        assert_eq!(of_port("tcp.port == 80"), of_port("tcp"));
    }
    assert_eq!(with(&["-V"]).0, with(&["-T", "tree"]).0);
    assert!(with(&["-x"]).0.lines().count() > 8);
}

#[test]
fn frames_are_counted_before_they_are_filtered() {
    let number = ["-T", "fields", "-e", "frame.number", "-Y", "tcp"];
    let count = |n| read(&[&["@office.pcap", "-c", n], &number[..]].concat()).0;
    assert_eq!((count("4").as_str(), count("6").as_str()), ("", "5\n6\n"));
    let (out, _, status) = read(&[&["@office.pcap", "@big-endian-nano.pcap", "@office.pcap"], &number[..]].concat());
    assert_eq!(status, 0);
    assert!(out.starts_with("5\n6\n7\n8\n9\n") && out.ends_with("5\n6\n7\n8\n9\n"), "{out}");
}

#[test]
fn a_wrong_filter_is_shown_with_its_place() {
    let (out, err, status) = read(&["@office.pcap", "-Y", "ip && tcp.prot == 80"]);
    assert_eq!((out.as_str(), status), ("", 2));
    let lines: Vec<&str> = err.lines().collect();
    assert!(lines[0].starts_with("prosector: there is no field or protocol tcp.prot; did you mean tcp.port"), "{err}");
    assert_eq!(lines[1..], ["  ip && tcp.prot == 80", "        ^~~~~~~~"]);
}

#[test]
fn diagnostics_are_columns_too() {
    let fields = ["-T", "fields", "-e", "_ws.expert.severity", "-e", "_ws.expert.code", "-e", "_ws.expert.protocol"];
    let (out, err, status) = read(&[&["@broken.pcap", "-Y", "_ws.expert"], &fields[..]].concat());
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(!out.is_empty() && out.lines().all(|line| line.split('\t').all(|column| !column.is_empty())), "{out}");
}
