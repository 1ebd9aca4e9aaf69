//! Plugins as their users meet them: `plugins.toml`, options, clashes, digests, reload.

mod support;

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use support::{folder, native, plugin, prosector, run, texts, top};

const ACME: &str = "tests/captures/acme.pcap";
const OFFICE: &str = "tests/captures/office.pcap";
const EVERY: &str = "tests/fixtures/every.pcap";

/// Writes a `plugins.toml` into a folder of its own; in it `@acme`, `@every` and so on stand for files.
fn configured(name: &str, text: &str) -> String {
    let file = folder(name).join("plugins.toml");
    let digest = |file: PathBuf| prosector_loader::sha256(&std::fs::read(file).expect("a plugin"));
    let text = text
        .replace("@acme.so", &native("acme").to_string_lossy())
        .replace("@acme.sha256", &digest(native("acme")))
        .replace("@acme", &plugin("acme").to_string_lossy())
        .replace("@every", &plugin("every").to_string_lossy());
    std::fs::write(&file, text).expect("a file");
    file.to_string_lossy().into_owned()
}

/// Standard output, standard error and exit status of a call with a `plugins.toml`.
fn with(toml: &str, call: &[&str]) -> (String, String, i32) {
    texts(&run(&[call, &["--plugins", toml]].concat()))
}

/// Of a call that is right and has nothing to say.
fn quiet(toml: &str, call: &[&str]) -> String {
    let (out, err, status) = with(toml, call);
    assert_eq!((err.as_str(), status), ("", 0), "{call:?}");
    out
}

fn error(toml: &str, call: &[&str]) -> String {
    let (out, err, status) = with(toml, call);
    assert_eq!((out.as_str(), status), ("", 2), "{err}");
    err.replace(Path::new(toml).parent().and_then(Path::to_str).expect("a folder"), "")
}

/// The acme plugin with a text in it replaced by one of the same length.
fn changed_acme(from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = std::fs::read(plugin("acme")).expect("acme");
    for at in 0..=bytes.len() - from.len() {
        if &bytes[at..at + from.len()] == from {
            bytes[at..at + from.len()].copy_from_slice(to);
        }
    }
    bytes
}

/// The first three layers of a frame of acme.
fn protocols(toml: &str, more: &[&str]) -> Vec<String> {
    let out = quiet(toml, &[&["read", ACME, "-T", "ndjson"], more].concat());
    let frame: Value = serde_json::from_str(out.lines().next().expect("a frame")).expect("JSON");
    frame["layers"]
        .as_array()
        .expect("layers")
        .iter()
        .take(3)
        .map(|l| l["protocol"].to_string().replace('"', ""))
        .collect()
}

#[test]
fn a_plugin_is_switched_off_and_on() {
    let on = configured("on", "[[plugin]]\nfile = '@acme'\n");
    let off = configured("off", "[[plugin]]\nfile = '@acme'\nenabled = false\n");
    assert_eq!(protocols(&on, &[]), ["frame", "eth", "acme"]);
    assert_eq!(protocols(&off, &[]), ["frame", "eth", "data"]);
    assert_eq!(protocols(&on, &["--disable", "acme"]), ["frame", "eth", "data"]);
    assert_eq!(protocols(&on, &["--only", "eth,acme"]), ["frame", "eth", "acme"]);
    assert_eq!(protocols(&on, &["--only", "eth"]), ["frame", "eth", "data"]);
    // What the file says of a plugin that is off now is for when it is on again.
    let kept = configured("kept", "[[plugin]]\nfile = '@acme'\nenabled = false\n[decode_as]\nudp.port.9 = 'acme'\n");
    assert_eq!(protocols(&kept, &[]), ["frame", "eth", "data"]);

    let unknown = error(&off, &["read", ACME, "-e", "acme.seq"]);
    assert!(unknown.contains("unknown field acme.seq"), "{unknown}");
    assert!(
        error(&on, &["read", ACME, "--disable", "acm"]).contains("--disable: no plugin or dissector is called acm")
    );
    assert!(error(&on, &["read", ACME, "--disable", "acme", "-e", "acme.seq"]).contains("acme.seq"));
}

#[test]
fn keys_are_added_in_the_file_and_on_the_command_line() {
    let plain = configured("keys", "[[plugin]]\nfile = '@acme'\n");
    let port = configured("port", "[[plugin]]\nfile = '@acme'\nclaims = { udp.port = [53, 54] }\n");
    let seq = |toml: &str, more: &[&str]| {
        let call = ["read", OFFICE, "-c", "4", "-T", "fields", "-e", "dns.id", "-e", "acme.flags"];
        quiet(toml, &[&call[..], more].concat())
    };
    assert_eq!(seq(&plain, &[]), "\t\n\t\n0x1234\t\n0x1234\t\n");
    assert_eq!(seq(&port, &[]), "\t\n\t\n\t0x0100\n\t0x8180\n");
    assert_eq!(seq(&plain, &["-d", "udp.port==53,acme"]), "\t\n\t\n\t0x0100\n\t0x8180\n");
    assert_eq!(seq(&port, &["-d", "udp.port==0x35,dns"]), "\t\n\t\n0x1234\t\n0x1234\t\n");

    let tables = quiet(&port, &["list", "tables"]);
    assert!(
        tables
            .lines()
            .any(|l| l.starts_with("udp.port\t53\tacme\t") && l.ends_with("claims in plugins.toml, before dns"))
    );

    for (binding, reason) in [
        ("udp.port=53,acme", "udp.port==4500,acme"),
        ("udp.prt==53,acme", "there is no table udp.prt; did you mean udp.port"),
        ("udp.port==53,acmee", "no dissector is called acmee; did you mean acme"),
    ] {
        let message = error(&plain, &["read", OFFICE, "-d", binding]);
        assert!(message.contains("-d") && message.contains(reason), "{message}");
    }
}

#[test]
fn decode_as_is_remembered() {
    let toml = configured("remember", "# mine\n[[plugin]]\nfile = '@acme' # ours\n");
    let call = ["read", OFFICE, "-c", "3", "-e", "acme.flags"];
    let (_, err, status) = with(&toml, &[&call[..], &["-d", "udp.port==53,acme", "--save"]].concat());
    assert_eq!((err.lines().count(), status), (1, 0), "{err}");
    assert_eq!(quiet(&toml, &call), "\n\n0x0100\n");
    let text = std::fs::read_to_string(&toml).expect("it is there");
    assert!(text.starts_with("# mine\n[[plugin]]\n") && text.contains("# ours"), "{text}");
    // What can't be loaded is not saved.
    error(&toml, &[&call[..], &["-d", "udp.port==54,nobody", "--save"]].concat());
    assert_eq!(std::fs::read_to_string(&toml).expect("it is there"), text);
}

#[test]
fn two_plugins_that_want_one_key_are_named_and_order_or_precedence_decides() {
    let rival = folder("rival").join("bcme.wasm").to_string_lossy().into_owned();
    std::fs::write(&rival, changed_acme(b"acme", b"bcme")).expect("a file");
    let both = format!("[[plugin]]\nfile = '@acme'\n[[plugin]]\nfile = '{rival}'\n");
    let winner = |name: &str, text: &str| {
        let toml = configured(name, text);
        let (out, err, status) =
            with(&toml, &["read", ACME, "-c", "1", "-T", "fields", "-e", "acme.seq", "-e", "bcme.seq"]);
        assert_eq!((status, err.lines().count()), (0, 1), "{err}");
        assert!(err.contains("ethertype 34997 (0x88b5)") && err.contains("acme") && err.contains("bcme"), "{err}");
        out
    };
    assert_eq!(winner("fight", &both), "1\t\n");
    assert_eq!(winner("fight-2", &format!("precedence = ['bcme']\n{both}")), "\t1\n");
    // Who is told to have it has it, and that is no surprise.
    let bound = configured("fight-3", &format!("{both}[decode_as]\nethertype.0x88b5 = 'bcme'\n"));
    assert_eq!(quiet(&bound, &["read", ACME, "-c", "1", "-e", "bcme.seq"]), "1\n");
    // Before a linked-in dissector a plugin stands of itself, and behind it if told so.
    let dns = configured("fight-4", "[[plugin]]\nfile = '@every'\n");
    assert_eq!(quiet(&dns, &["read", OFFICE, "-c", "3", "-e", "dns.id"]), "\n\n0x1234\n");

    let twice =
        configured("twice", "[[plugin]]\nfile = '@acme'\n[[plugin]]\nfile = '@acme.so'\nsha256 = '@acme.sha256'\n");
    let message = error(&twice, &["read", ACME]);
    assert!(message.contains("plugins.toml:4: plugin.file: two dissectors are called acme"), "{message}");
}

#[test]
fn a_plugin_takes_the_place_of_a_linked_in_dissector_of_the_same_name() {
    let file = folder("place").join("icmp.wasm");
    std::fs::write(&file, changed_acme(b"acme", b"icmp")).expect("a file");
    let entry = format!("[[plugin]]\nfile = '{}'\n", file.display());
    let message = error(&configured("place-1", &entry), &["read", ACME]);
    assert!(message.contains("two dissectors are called icmp") && message.contains("built-in"), "{message}");
    let toml = configured("place-2", &format!("{entry}[builtin]\ndisabled = ['icmp']\n"));
    assert_eq!(quiet(&toml, &["read", ACME, "-c", "1", "-e", "icmp.sum"]), "0\n");
    let message = error(&toml, &["read", ACME, "--disable", "icmp", "-d", "udp.port==9,icmp"]);
    assert!(message.contains("-d udp.port==9,icmp: icmp is not used: --disable"), "{message}");
}

#[test]
fn a_native_plugin_needs_its_digest() {
    let right = configured("native", "[[plugin]]\nfile = '@acme.so'\nsha256 = '@acme.sha256'\n");
    assert_eq!(protocols(&right, &[]), ["frame", "eth", "acme"]);
    let wrong = configured("native-wrong", &format!("[[plugin]]\nfile = '@acme.so'\nsha256 = '{}'\n", "0".repeat(64)));
    let message = error(&wrong, &["read", ACME]);
    assert!(message.contains("plugins.toml:3: plugin.sha256: the SHA-256 of") && message.contains("it is not loaded"));
    let none = configured("native-none", "[[plugin]]\nfile = '@acme.so'\n");
    let message = error(&none, &["read", ACME]);
    assert!(message.contains("a native plugin runs without a sandbox") && message.contains("sha256 = "), "{message}");
    let (_, err, status) =
        texts(&run(&["read", ACME, "--plugins", "/dev/null", "--plugin", &native("acme").to_string_lossy()]));
    assert!(status == 2 && err.contains("--plugin: ") && err.contains("sha256 = "), "{err}");
    // A library that is none of ours.
    let folder = folder("library");
    let foreign = folder.join("foreign.so");
    std::fs::write(&foreign, b"\x7fELF, but not really").expect("a file");
    let digest = prosector_loader::sha256(b"\x7fELF, but not really");
    let foreign = configured("foreign", &format!("[[plugin]]\nfile = '{}'\nsha256 = '{digest}'\n", foreign.display()));
    assert!(error(&foreign, &["read", ACME]).contains("foreign.so: it can't be loaded"));
}

#[test]
fn settings_reach_the_plugin_and_are_checked() {
    let run = |name: &str, settings: &str| {
        configured(name, &format!("[[plugin]]\nfile = '@every'\nsettings = {{ {settings} }}\n"))
    };
    let text = |toml: &str, more: &[&str]| {
        quiet(
            toml,
            &[&["read", EVERY, "-c", "1", "-T", "fields", "-e", "every.shifted", "-e", "every.text"], more].concat(),
        )
    };
    assert_eq!(text(&run("set-none", ""), &[]), "12\t12 °C\n");
    let changed = run("set", "offset = 30, every.unit = 'F'");
    assert_eq!(text(&changed, &[]), "42\t12 °F\n");
    assert_eq!(text(&changed, &["-o", "every.offset:1"]), "13\t12 °F\n");
    for (name, settings, reason) in [
        ("set-1", "offset = 1001", "plugin.settings.offset: setting every.offset takes a whole number from 0 to 1000"),
        ("set-2", "unit = 'K'", "plugin.settings.unit: setting every.unit takes one of C, F, not \"K\""),
        ("set-3", "ofset = 1", "plugin.settings.ofset: unknown setting every.ofset; did you mean every.offset"),
        ("set-4", "refuse = true", "every refuses its settings: it was told to refuse"),
    ] {
        let message = error(&run(name, settings), &["read", EVERY]);
        assert!(message.contains(reason), "{reason:?} in {message:?}");
    }
}

/// `tests/fixtures/wasi/every.wasm` is the test plugin, built for wasm32-wasip2.
#[test]
fn a_component_that_imports_wasi_gets_an_empty_one_on_request() {
    let wasi = top().join("tests/fixtures/wasi/every.wasm").display().to_string();
    let refused = configured("wasi-off", &format!("[[plugin]]\nfile = '{wasi}'\n"));
    let message = error(&refused, &["read", EVERY]);
    assert!(message.contains("it imports wasi:") && message.contains("`wasi = true`"), "{message}");
    let with_wasi = configured("wasi-on", &format!("[[plugin]]\nfile = '{wasi}'\nwasi = true\n"));
    let without = configured("wasi-none", "[[plugin]]\nfile = '@every'\n");
    let found = |toml: &str| quiet(toml, &["read", EVERY, "-T", "ndjson"]);
    assert!(found(&with_wasi) == found(&without));
}

#[test]
fn versions_and_names_are_held_against_the_entry() {
    let message =
        |name: &str, entry: &str| error(&configured(name, &format!("[[plugin]]\n{entry}\n")), &["plugins", "check"]);
    assert!(message("version", "file = '@acme'\nversion = '>=2'").contains("plugins.toml:3: plugin.version: "));
    assert!(message("version", "file = '@acme'\nversion = '>=2'").contains("is version 0.1.0, which is not >=2"));
    assert!(message("name", "file = '@acme'\nname = 'other'").contains("is called acme, not other"));
    let searched = format!(
        "search = ['{}']\n[[plugin]]\nname = 'acme'\nversion = '0.1'\n",
        top().join("target/plugins").display()
    );
    assert_eq!(protocols(&configured("search", &searched), &[]), ["frame", "eth", "acme"]);
}

#[test]
fn check_says_what_is_used_and_everything_that_is_wrong() {
    let toml = configured("check", "[[plugin]]\nfile = '@acme'\n[[plugin]]\nfile = '@every'\nenabled = false\n");
    let out = quiet(&toml, &["plugins", "check"]);
    assert!(out.contains("plugins.toml is right\nacme 0.1.0 ("), "{out}");
    assert!(out.contains("acme: ACME telemetry; claims ethertype 34997 (0x88b5)"), "{out}");
    assert!(
        out.contains("every (")
            && out.contains("is not used: ")
            && out.contains("plugins.toml:5: plugin.enabled = false"),
        "{out}"
    );
    let wrong = configured(
        "check-wrong",
        "[[plugin]]\nfile = 'missing.wasm'\n[[plugin]]\nfile = '@acme'\nversion = '9'\n[settings]\nip.x = 1\n",
    );
    let message = error(&wrong, &["plugins", "check"]);
    assert_eq!(message.lines().count(), 3, "{message}");
}

#[test]
fn explain_says_who_was_asked_and_who_took_it() {
    let toml = configured("explain", "[[plugin]]\nfile = '@every'\n[[plugin]]\nfile = '@acme'\nenabled = false\n");
    let explain = |capture: &str, frame: &str, more: &[&str]| {
        quiet(&toml, &[&["explain", capture, "--frame", frame], more].concat())
    };
    let found = explain(ACME, "1", &[]);
    for part in [
        "→ link 1: eth (built-in) has 1: declared",
        "→ ethertype 34997 (0x88b5): nobody claims it",
        "claims 34997 (0x88b5), but is not used: ",
        "plugins.toml:5: plugin.enabled = false",
        "46 bytes go to data",
    ] {
        assert!(found.contains(part), "{part:?} in {found}");
    }
    let certain = explain(EVERY, "2", &[]);
    assert!(certain.contains("→ udp.port 5000 (0x1388), then 6000 (0x1770): nobody claims them"), "{certain}");
    assert!(
        certain.contains("certain; so is the rest of the flow") && certain.contains("taken by every ("),
        "{certain}"
    );
    assert!(explain(EVERY, "3", &[]).contains("was certain of an earlier frame of the flow"));
    assert!(explain(EVERY, "5", &[]).contains("not mine; it is not asked again in this flow"));
    assert!(explain(EVERY, "7", &[]).contains(": maybe"));
    let bound = explain(OFFICE, "3", &["-d", "udp.port==53,every"]);
    assert!(bound.contains("has 53 (0x35): decode as") && bound.contains("dns (built-in) claims it too"), "{bound}");
    let message = texts(&run(&["explain", ACME, "--frame", "99"]));
    assert!(message.2 == 1 && message.1.contains("there are 5 frames only"), "{}", message.1);
}

#[test]
fn a_fault_names_the_plugin_and_on_request_the_place() {
    // A record of kind 0xdd makes the test plugin panic; here the first of two frames has one.
    let mut capture = std::fs::read(top().join(EVERY)).expect("a capture");
    let at = 24 + 16 + 14 + 90;
    let kind = capture[..].windows(2).position(|w| w == [1, 1]).expect("a record");
    assert!(kind < at + 20, "the first frame has it");
    capture[kind] = 0xdd;
    let folder = folder("fault");
    let file = folder.join("fault.pcap").to_string_lossy().into_owned();
    std::fs::write(&file, &capture).expect("a file");
    let toml = configured("fault-toml", "[[plugin]]\nfile = '@every'\n");
    let (out, err, status) = with(&toml, &["read", &file, "-T", "ndjson"]);
    assert_eq!((out.lines().count(), status), (26, 0));
    let lines: Vec<&str> = err.lines().collect();
    assert_eq!(lines.len(), 2, "{err}");
    assert!(
        lines[0].starts_with("prosector: frame 1: dissector every (") && lines[0].contains("a deadly record"),
        "{err}"
    );
    assert!(lines[1].starts_with("prosector: every 0.1.0 (") && lines[1].ends_with("fault in this run"), "{err}");
    let frame: Value = serde_json::from_str(out.lines().next().expect("a frame")).expect("JSON");
    let diagnostic = frame["layers"][2]["diagnostics"][0]["text"].to_string();
    assert!(diagnostic.contains("every 0.1.0 (") && diagnostic.contains("a deadly record"), "{frame}");
    let quiet: Vec<_> = out.lines().skip(1).collect();
    let whole = quiet_lines(&toml);
    assert_eq!(quiet, whole[1..].iter().map(String::as_str).collect::<Vec<_>>(), "every other frame is as ever");

    // Over several files it is one run.
    let (out, err, _) =
        with(&toml, &["read", &file, &file, &file, &file, &file, &file, "-c", "1", "-e", "every.magic"]);
    assert_eq!(out, "\n".repeat(6));
    assert!(err.contains("5 faults in this run, then it was set aside"), "{err}");
    assert_eq!(err.lines().count(), 6, "{err}");

    let (_, err, _) = with(&toml, &["read", &file, "--explain-trap"]);
    assert!(err.contains("; in ") && err.contains("every::Every") && err.contains(" < "), "{err}");
}

fn quiet_lines(toml: &str) -> Vec<String> {
    quiet(toml, &["read", EVERY, "-T", "ndjson"]).lines().map(str::to_owned).collect()
}

#[test]
fn a_plugin_claims_keys_in_another_plugins_table_whatever_the_order() {
    for files in [["@acme", "@every"], ["@every", "@acme"]] {
        let entry = |file: &str| match file {
            "@acme" => "[[plugin]]\nfile = '@acme'\nclaims = { every.kind = 66 }\n",
            _ => "[[plugin]]\nfile = '@every'\n",
        };
        let toml = configured("order", &files.map(entry).concat());
        assert_eq!(quiet(&toml, &["read", EVERY, "-c", "1", "-e", "acme.type"]), "122\n");
    }
}

#[test]
fn statistics_count_what_a_plugin_did() {
    let toml = configured("stats", "[[plugin]]\nfile = '@acme'\n");
    let (out, err, status) = with(&toml, &["read", ACME, ACME, "--plugin-stats=json"]);
    assert_eq!((status, out.is_empty()), (0, false));
    let stats: Value = serde_json::from_str(&err).expect("JSON");
    let acme = &stats[0];
    assert_eq!((&acme["plugin"], &acme["frames"], &acme["faults"]), (&"acme".into(), &10.into(), &0.into()));
    let number = |name: &str| acme[name].as_f64().unwrap_or_else(|| panic!("{name} is a number"));
    assert!(number("memory_bytes") > 1e6 && number("memory_bytes") < number("memory_limit_bytes"), "{acme}");
    assert!(number("ns_per_frame") > 0.0 && number("longest_call_ms") < number("call_limit_ms"), "{acme}");
    let (_, table, _) = with(&toml, &["read", ACME, "--plugin-stats"]);
    assert!(table.starts_with("plugin  version  calls") && table.lines().count() == 2, "{table}");
}

/// Feeds frames of acme.pcap one by one to `prosector read --watch -` while files change.
#[test]
fn a_changed_plugin_is_taken_over_and_a_bad_one_is_not() {
    let folder = folder("watch");
    let file = folder.join("acme.wasm");
    let good = std::fs::read(plugin("acme")).expect("acme");
    std::fs::write(&file, &good).expect("a file");
    let toml = folder.join("plugins.toml");
    std::fs::write(&toml, "[[plugin]]\nfile = 'acme.wasm'\n").expect("a file");
    let mut child = prosector()
        .args(["read", "-", "--watch", "--plugins", &toml.to_string_lossy()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("prosector runs");
    let mut input = child.stdin.take().expect("a pipe");
    let mut output = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut messages = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let capture = std::fs::read(top().join(ACME)).expect("a capture");
    input.write_all(&capture[..24]).expect("it reads");
    input.write_all(&capture[24..][..76]).expect("it reads");
    assert!(output.next().expect("a line").expect("UTF-8").contains("hello seq 1"));
    // The second record of acme.pcap, 60 bytes: `data seq 2`, 1,234 µs after the first.
    let record = &capture[24 + 76..][..76];
    let mut next = || {
        input.write_all(record).expect("it reads");
        output.next().expect("a line").expect("UTF-8")
    };
    let mut message = || messages.next().expect("a message").expect("UTF-8");
    let change = |bytes: &[u8]| {
        std::fs::write(&file, bytes).expect("a file");
        // A file counts as whole when nobody has written to it for a while.
        std::thread::sleep(Duration::from_millis(400));
    };

    assert!(next().contains("ACME        60 data seq 2"));
    change(&good[..good.len() / 2]);
    assert!(next().contains("ACME        60 data seq 2"), "the old one goes on");
    assert!(message().contains("acme.wasm"));
    assert!(message().contains("has changed but can't be used; what was loaded goes on"));
    change(&changed_acme(b"readings", b"Readings"));
    let line = next();
    assert!(line.contains("data seq 2, 2 Readings"), "the new one is used: {line}");
    assert!(line.contains(" 0.001234 "), "times go on: {line}");
    assert!(message().contains("acme.wasm has changed and is used from here on"));
    std::fs::write(&toml, "[[plugin]]\nfile = 'acme.wasm'\nenabled = false\n").expect("a file");
    std::thread::sleep(Duration::from_millis(400));
    let line = next();
    assert!(line.contains("0x88b5") || line.contains("DATA") || line.contains("Local Experimental"), "{line}");
    assert!(!line.contains("data seq 2"), "{line}");
    assert!(message().contains("plugins.toml has changed and is used from here on"));
    drop(input);
    assert!(child.wait().expect("it ends").success());
}
