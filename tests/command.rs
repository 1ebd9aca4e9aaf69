//! The command as a person meets it: messages, exit statuses, pipes.

mod support;

use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;
use support::{acme, folder, prosector, run, texts, top};

#[test]
fn what_cannot_be_read_says_why() {
    let folder = folder("unreadable");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).expect("a file");
        path.to_string_lossy().into_owned()
    };
    let empty = file("empty", b"");
    let text = file("text", b"#!/bin/sh\necho this is no capture\n");
    let (folder, missing) = (folder.to_string_lossy().into_owned(), "/no/such/file".to_owned());
    for (path, reason) in [(&empty, "empty"), (&text, "capture"), (&folder, "director"), (&missing, "no such file")] {
        let (out, err, status) = texts(&run(&["read", path]));
        assert_eq!((out.as_str(), status), ("", 1), "{path}");
        assert_eq!(err.lines().count(), 1, "one line: {err}");
        assert!(err.contains(path.as_str()) && err.contains(reason), "{reason:?} in {err:?}");
    }
}

#[test]
fn a_capture_that_breaks_off_gives_every_frame_before_the_break() {
    acme();
    let whole = std::fs::read(top().join("tests/captures/office.pcap")).expect("a capture");
    let cut = folder("cut").join("cut.pcap");
    std::fs::write(&cut, &whole[..whole.len() - 5]).expect("a file");
    let (out, err, status) = texts(&run(&["read", &cut.to_string_lossy(), "-T", "fields", "-e", "frame.number"]));
    assert_eq!(out, (1..15).map(|n| format!("{n}\n")).collect::<String>());
    assert_eq!(status, 1);
    assert_eq!(err.lines().count(), 1, "one line: {err}");
    assert!(err.contains("cut.pcap") && err.contains("byte"), "{err}");
}

#[test]
fn other_files_are_read_when_one_is_broken() {
    acme();
    let (out, _, status) = texts(&run(&["read", "/no/such/file", "tests/captures/acme.pcap"]));
    assert_eq!(status, 1);
    assert!(out.contains("==> tests/captures/acme.pcap <==") && out.contains("hello seq 1"), "{out}");
}

#[test]
fn an_unknown_field_names_the_nearest() {
    acme();
    let (out, err, status) = texts(&run(&["read", "tests/captures/acme.pcap", "-T", "fields", "-e", "ip.scr"]));
    assert_eq!((out.as_str(), status), ("", 2));
    assert!(err.contains("unknown field ip.scr") && err.contains("ip.src"), "{err}");
    let (_, err, status) = texts(&run(&["read", "tests/captures/acme.pcap", "-o", "ip.check_checksums:true"]));
    assert_eq!(status, 2);
    assert!(err.contains("ip.check_checksum?") || err.contains("ip.check_checksum"), "{err}");
    let (_, err, status) = texts(&run(&["read", "tests/captures/acme.pcap", "-o", "ip.check_checksum:perhaps"]));
    assert_eq!(status, 2);
    assert!(err.contains("true or false"), "{err}");
}

#[test]
fn fields_are_parted_by_tabs_and_occurrences_by_commas() {
    acme();
    let fields = ["frame.number", "vlan.id", "acme.seq", "acme.tlv.value", "acme.sum", "ip.src"];
    let mut call = vec!["read", "tests/captures/acme.pcap", "-T", "fields"];
    fields.iter().for_each(|f| call.extend(["-e", f]));
    let (out, err, status) = texts(&run(&call));
    assert_eq!((err.as_str(), status), ("", 0));
    assert_eq!(
        out,
        "1\t\t1\t\t0\t\n2\t\t2\t42,1\t43\t\n3\t100\t3\t4294967295,1\t4294967296\t\n4\t\t4\t5\t\t\n5\t\t5\t\t\t\n"
    );
}

#[test]
fn checksums_are_verified_on_request() {
    acme();
    let status = |setting: &str| {
        let call = ["read", "tests/captures/office.pcap", "-o", setting, "-c", "5", "-e", "ip.checksum.status"];
        texts(&run(&call)).0
    };
    assert_eq!(status("ip.check_checksum:false"), "\n\n2\n2\n2\n");
    assert_eq!(status("ip.check_checksum:true"), "\n\n1\n1\n1\n");
}

#[test]
fn standard_input_is_read_and_a_closed_pipe_ends_quietly() {
    acme();
    let capture = std::fs::read(top().join("tests/captures/office.pcap")).expect("a capture");
    let mut child = prosector()
        .args(["read", "-", "-T", "fields", "-e", "frame.len"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("prosector runs");
    child.stdin.take().expect("a pipe").write_all(&capture).expect("it reads");
    let (out, _, status) = texts(&child.wait_with_output().expect("it ends"));
    assert_eq!((out.lines().count(), status), (15, 0));

    let mut child = prosector()
        .args(["read", "-V", "tests/captures/office.pcap"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("prosector runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn the_first_frames_of_a_pipe_come_out_while_it_is_open() {
    use std::io::{BufRead, BufReader};
    acme();
    let capture = std::fs::read(top().join("tests/captures/office.pcap")).expect("a capture");
    let mut child =
        prosector().args(["read", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("prosector runs");
    let mut pipe = child.stdin.take().expect("a pipe");
    pipe.write_all(&capture[..200]).expect("it reads");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    assert!(line.contains("Who has 192.0.2.2?"), "{line}");
    drop(pipe);
    child.wait().expect("it ends");
}

#[test]
fn lists_name_what_is_there() {
    acme();
    let list = |what: &str| texts(&run(&["list", what])).0;
    assert!(list("protocols").lines().any(|l| l.starts_with("acme\tACME telemetry\ttarget/plugins/acme.wasm")));
    assert!(list("fields").lines().any(|l| l == "acme.seq\tu32\tSequence number"));
    assert!(list("tables").lines().any(|l| l.starts_with("ethertype\t34997\tacme\t")));
    assert!(list("plugins").lines().any(|l| l == "acme\t0.1.0\ttarget/plugins/acme.wasm\tacme"));
    for what in ["protocols", "fields", "tables", "plugins"] {
        let (out, _, status) = texts(&run(&["list", what, "--json"]));
        let rows: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        assert!(status == 0 && rows.as_array().is_some_and(|r| !r.is_empty()), "{what}");
    }
}

#[test]
fn ndjson_is_json_with_typed_values() {
    acme();
    let (out, _, _) = texts(&run(&["read", "tests/captures/acme.pcap", "-T", "ndjson"]));
    let frames: Vec<serde_json::Value> = out.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!(frames.len(), 5);
    let layers = frames[1]["layers"].as_array().expect("layers");
    let acme = layers.iter().find(|l| l["protocol"] == "acme").expect("acme");
    assert_eq!(acme["fields"]["acme.tlv.value"], serde_json::json!([42, 1]));
    assert_eq!(acme["fields"]["acme.sum"], serde_json::json!([43]));
}

#[test]
fn a_plugins_toml_that_is_wrong_names_the_place() {
    let folder = folder("toml");
    let check = |text: &str, expected: &[&str]| {
        let file = folder.join("plugins.toml");
        std::fs::write(&file, text).expect("a file");
        let (_, err, status) = texts(&run(&["list", "plugins", "--plugins", &file.to_string_lossy()]));
        assert_eq!(status, 2, "{err}");
        for part in expected {
            assert!(err.contains(part), "{part:?} in {err:?}");
        }
    };
    check("[[plugin]]\nfiel = \"x.wasm\"\n", &["plugins.toml:2: plugin.fiel", "did you mean file?"]);
    check("\n[[plugin]]\nfile = \"missing.wasm\"\n", &["missing.wasm", "No such file"]);
    check("[[plugin]]\nfile = \"plugins.toml\"\n", &["plugins.toml", "not a WebAssembly component"]);
    check(
        "[builtin]\ndisabled = [\"dnss\"]\n",
        &["plugins.toml:2: builtin.disabled: no linked-in dissector is called dnss; did you mean dns"],
    );
    check(
        "[settings]\n\"ip.nonsense\" = true\n",
        &["plugins.toml:2: settings.ip.nonsense: unknown setting ip.nonsense"],
    );
}

#[test]
fn a_damaged_cache_is_made_anew() {
    let cache = folder("cache");
    let read = || {
        let call = ["read", "--plugin", &acme().to_string_lossy(), "tests/captures/acme.pcap", "-e", "acme.sum"]
            .map(str::to_owned);
        let output = prosector().env("PROSECTOR_CACHE", &cache).args(call).args(["--plugins", "/dev/null"]).output();
        texts(&output.expect("prosector runs"))
    };
    let entries = || -> Vec<PathBuf> {
        std::fs::read_dir(cache.join("plugins")).expect("a cache").map(|e| e.expect("an entry").path()).collect()
    };
    let first = read();
    assert_eq!((first.0.as_str(), first.2), ("0\n43\n4294967296\n\n\n", 0));
    let [entry] = &entries()[..] else { panic!("one entry") };
    let good = std::fs::read(entry).expect("an entry");
    for damage in [&good[..good.len() / 2], b"", &[&good[..5000], b"x", &good[5001..]].concat()] {
        std::fs::write(entry, damage).expect("an entry");
        assert_eq!(read(), first);
        assert!(std::fs::read(entry).expect("an entry") == good, "it was made anew");
    }
}

#[test]
fn follow_prints_what_both_sides_have_sent() {
    let follow = |args: &[&str]| texts(&run(&[&["follow"], args, &["tests/captures/streams.pcap"]].concat()));
    let (out, _, status) = follow(&["tcp,2"]);
    assert_eq!(status, 0);
    assert_eq!(out, "client 192.0.2.1:40003\nserver 192.0.2.2:50000\n\n--- server, 7 bytes\na file\n");
    let (out, _, _) = follow(&["tcp,2", "--as", "raw"]);
    assert_eq!(out, "a file\n");
    let (out, _, _) = follow(&["tcp,2", "--as", "hex"]);
    assert!(out.contains("61 20 66 69 6c 65 0a"), "{out}");
    // Segments out of order and sent twice are there once and in order; a side alone; messages with their bodies.
    let body = "one\ntwo\nthree\n".repeat(20);
    let (out, _, _) = follow(&["tcp,0", "--as", "raw", "--only-from", "server"]);
    assert!(out.contains(&format!("\r\n\r\n{body}HTTP/1.1 404")), "{out}");
    let (out, _, _) = follow(&["http,0", "--as", "raw", "--only-from", "server"]);
    assert!(out.contains(&format!("\r\n\r\n{body}HTTP/1.1 404")), "{out}");
    let (out, _, _) = follow(&["udp,2", "--as", "raw"]);
    assert!(out.contains("\x03big\x07example\x03com"), "{out}");
    let (out, err, status) = follow(&["tcp,99"]);
    assert_eq!((out.as_str(), status), ("", 1));
    assert!(err.contains("numbers 0 to 6 are there"), "{err}");
    let (_, err, status) = follow(&["dns,0"]);
    assert_eq!(status, 2);
    assert!(err.contains("tcp,N, udp,N or http,N"), "{err}");
}

#[test]
fn statistics_count_diagnostics() {
    let captures = ["tests/captures/streams.pcap", "tests/captures/broken.pcap"];
    let stats = |args: &[&str]| texts(&run(&[&["stats", "--diagnostics"], args].concat()));
    let (out, _, status) = stats(&captures);
    assert_eq!(status, 0);
    let row = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let rows: Vec<_> = out.lines().map(row).collect();
    assert!(rows.contains(&row("1 error dns pointer-loop tests/captures/broken.pcap frame 8")), "{out}");
    assert!(rows.contains(&row("1 note tcp port-numbers-reused tests/captures/streams.pcap frame 31")), "{out}");
    let (out, _, _) = stats(&["--json", "-Y", "frame.number == 6", captures[1]]);
    let found: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let one = &found["diagnostics"][0];
    assert_eq!((&one["code"], &one["count"], &one["first"]["frame"]), (&"short".into(), &1.into(), &6.into()));
    assert_eq!(found["diagnostics"].as_array().map(Vec::len), Some(1));
    let (_, err, status) = stats(&["-Y", "ip.scr", captures[1]]);
    assert_eq!(status, 2);
    assert!(err.contains("ip.src"), "{err}");
}
