//! Plugins that do wrong, each in its own way. What one may cost stands at the top of its file in `tests/hostile`, in
//! lines `;; key: value`:
//!
//! * `status`: the exit status, if not 0. Then there is one message and nothing else.
//! * `stderr`: what a message says, once for each line.
//! * `culprits`: on which frames it fails: none, `all`, or those whose first byte is this.
//! * `diagnostic`: what these frames say then.
//! * `differs`: which frames, named in the same way, it dissects in another way than `good.wat`.
//! * `faults`: how many faults are told, where that is not the number of culprits, or which numbers are right.
//! * `probes`: what frames say where it failed on the question whether they are its own.
//! * `log`: how many log lines are shown.
//! * `own`: parts of `prelude.wat` that it replaces.

mod support;

use std::fmt::Write as _;
use std::io::Read;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use support::{acme, prosector, texts, top};

/// Nothing may take longer, on a machine however busy.
const FOR_EVER: Duration = Duration::from_secs(60);
const MAX_FAULTS: usize = 5;
const MAX_LOG_LINES: usize = 100;
const SET_ASIDE: &str = "set aside after its faults";
/// First byte of the frame on which most guests do wrong.
const CULPRIT: u8 = 0xee;

/// A file of `tests/hostile`.
struct Guest {
    name: String,
    text: String,
}

impl Guest {
    fn new(name: &str) -> Guest {
        let file = top().join("tests/hostile").join(name).with_extension("wat");
        Guest { name: name.to_owned(), text: std::fs::read_to_string(file).expect("a guest") }
    }

    /// All but the prelude.
    fn all() -> Vec<Guest> {
        let files = std::fs::read_dir(top().join("tests/hostile")).expect("tests/hostile");
        let names =
            files.map(|f| f.expect("a file").path().file_stem().expect("a name").to_string_lossy().into_owned());
        let mut names: Vec<String> = names.filter(|name| name != "prelude").collect();
        names.sort();
        names.iter().map(|name| Guest::new(name)).collect()
    }

    fn said(&self, key: &str) -> impl Iterator<Item = &str> {
        let head = self.text.lines().map_while(|line| line.strip_prefix(";; "));
        head.filter_map(move |line| Some(line.strip_prefix(key)?.strip_prefix(": ")?.trim()))
    }

    /// The first bytes of the frames that a key is about.
    fn bytes(&self, key: &str) -> RangeInclusive<u8> {
        match self.said(key).next() {
            Some("all") => 0..=255,
            Some(byte) => {
                let byte = u8::from_str_radix(byte.trim_start_matches("0x"), 16).expect("a byte");
                byte..=byte
            }
            // None.
            None => RangeInclusive::new(1, 0),
        }
    }

    /// A number, or the least and the most that it may be: `1-5`.
    fn range(&self, key: &str) -> Option<RangeInclusive<usize>> {
        let range = self.said(key).next()?;
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        Some(from.parse().expect("a number")..=to.parse().expect("a number"))
    }

    /// Its file as a plugin. The text of a component is one as it is; a module gets the parts of the prelude that it
    /// doesn't have itself, and is told to keep our interface.
    fn wasm(&self) -> PathBuf {
        let component = match self.text.contains("\n(component") {
            true => wat::parse_str(&self.text).expect(&self.name),
            false => prosector_package::pack(&self.module()).expect(&self.name),
        };
        file(&format!("{}.wasm", self.name), &component)
    }

    fn module(&self) -> Vec<u8> {
        let prelude = include_str!("hostile/prelude.wat");
        let own: Vec<&str> = self.said("own").flat_map(|own| own.split(", ")).collect();
        let mut text = String::from("(module\n");
        for part in prelude.split(";; part: ").skip(1) {
            let (name, part) = part.split_once('\n').expect("a name");
            if !own.contains(&name) {
                text += part;
            }
        }
        write!(text, "{})", self.text).expect("memory");
        let mut module = wat::parse_str(&text).unwrap_or_else(|e| panic!("{}: {e}", self.name));
        let mut wit = wit_parser::Resolve::default();
        let (package, _) = wit.push_path(top().join("sdk/wit/v0.1")).expect("our interface");
        let world = wit.select_world(&[package], Some("plugin")).expect("its world");
        wit_component::embed_component_metadata(&mut module, &wit, world, wit_component::StringEncoding::UTF8)
            .expect("a module");
        module
    }
}

fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile");
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(name);
    // Two tests may use the same file: whoever reads it sees all of it or nothing.
    let part = folder.join(format!("{name}.{:?}", std::thread::current().id()));
    std::fs::write(&part, bytes).expect("a file");
    std::fs::rename(part, &path).expect("a file");
    path
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// With its first byte.
    Hostile(u8),
    Acme,
    Arp,
    Udp,
}

fn ethernet(kind: u16) -> Vec<u8> {
    [&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2][..], &kind.to_be_bytes()].concat()
}

/// 600 frames for the guests, and between them 300 for others, in four batches.
fn frames() -> Vec<(Kind, Vec<u8>)> {
    let mut frames = Vec::new();
    for i in 0..600u16 {
        let [high, low] = i.to_be_bytes();
        let byte = if i == 300 { CULPRIT } else { (i % 100) as u8 };
        let payload = [&[byte, high, low][..], &[7; 43]].concat();
        frames.push((Kind::Hostile(byte), [ethernet(0x88b6), payload].concat()));
        let (kind, ethertype, payload) = match i % 6 {
            1 => (Kind::Arp, 0x0806, [&[0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, high, low][..], &[0; 32]].concat()),
            3 => (Kind::Acme, 0x88b5, [&[1, 1, 0, 0, 0, 0, high, low][..], &[0; 38]].concat()),
            5 => {
                let ip = [0x45, 0, 0, 46, high, low, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2];
                let udp = [0xc0 | high, low, 0xc0, 0, 0, 26, 0, 0];
                (Kind::Udp, 0x0800, [&ip[..], &udp, &[0xa5; 18]].concat())
            }
            _ => continue,
        };
        frames.push((kind, [ethernet(ethertype), payload].concat()));
    }
    frames
}

/// A capture of Ethernet frames.
fn pcap(name: &str, frames: &[Vec<u8>]) -> PathBuf {
    let mut bytes = Vec::new();
    [0xa1b2_c3d4, 4 << 16 | 2, 0, 0, 1 << 20, 1].iter().for_each(|n: &u32| bytes.extend(n.to_le_bytes()));
    for (i, frame) in frames.iter().enumerate() {
        let len = frame.len() as u32;
        [1_700_000_000, i as u32, len, len].iter().for_each(|n| bytes.extend(n.to_le_bytes()));
        bytes.extend(frame);
    }
    file(name, &bytes)
}

/// The capture of [`frames`].
fn capture() -> &'static Path {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        let frames: Vec<Vec<u8>> = frames().into_iter().map(|(_, frame)| frame).collect();
        pcap("capture.pcap", &frames)
    })
}

/// Runs the command to its end.
fn run(arguments: &[&str]) -> Output {
    fn reader(mut pipe: impl Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            pipe.read_to_end(&mut bytes).expect("a pipe");
            bytes
        })
    }
    let mut command = prosector();
    // Compiled code of guests is nothing for the user's cache.
    command.args(arguments).env("PROSECTOR_CACHE", "/dev/null");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (mut child, begun) = (command.spawn().expect("prosector runs"), Instant::now());
    let (out, err) = (reader(child.stdout.take().expect("a pipe")), reader(child.stderr.take().expect("a pipe")));
    let status = loop {
        match child.try_wait().expect("a child") {
            Some(status) => break status,
            None if begun.elapsed() > FOR_EVER => {
                child.kill().expect("it was ours");
                panic!("{arguments:?} does not end");
            }
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    Output { status, stdout: out.join().expect("its output"), stderr: err.join().expect("its messages") }
}

/// Standard output, standard error and exit status of a run over [`capture`].
fn read(plugin: &Path, more: &[&str]) -> (String, String, i32) {
    let (plugin, capture) = (plugin.to_string_lossy(), capture().to_string_lossy());
    let call = ["read", "--plugins", "/dev/null", "--plugin", &plugin, &capture, "-T", "ndjson"];
    // A later --plugins stands for the first.
    let call: Vec<&str> = match more.first() {
        Some(&"--plugins") => [&["read"][..], more, &call[3..]].concat(),
        _ => [&call[..], more].concat(),
    };
    texts(&run(&call))
}

/// What every frame gives without any plugin.
fn without() -> &'static [String] {
    static LINES: OnceLock<Vec<String>> = OnceLock::new();
    LINES.get_or_init(|| {
        let call = ["read", "--plugins", "/dev/null", &capture().to_string_lossy(), "-T", "ndjson"];
        let (out, err, status) = texts(&run(&call));
        assert_eq!((err.as_str(), status), ("", 0));
        out.lines().map(str::to_owned).collect()
    })
}

/// What every frame gives with the guest that keeps the rules.
fn good() -> &'static [String] {
    static LINES: OnceLock<Vec<String>> = OnceLock::new();
    LINES.get_or_init(|| {
        let (out, err, status) = read(&Guest::new("good").wasm(), &[]);
        assert_eq!((err.as_str(), status), ("", 0));
        out.lines().map(str::to_owned).collect()
    })
}

#[test]
fn the_reference_dissects_its_frames_and_no_others() {
    let (good, without, mut own) = (good(), without(), 0);
    assert_eq!((good.len(), without.len()), (900, 900));
    for (((kind, _), good), without) in frames().iter().zip(good).zip(without) {
        let Kind::Hostile(byte) = kind else {
            assert_eq!(good, without);
            continue;
        };
        own += 1;
        let expected = format!(
            r#""hostile","info":"an info","fields":{{"hostile.byte":[{byte}],"hostile.number":[{byte}000],"hostile.text":["a text"]}}}}"#
        );
        assert!(good.contains(&expected.replace("[0000]", "[0]")), "{expected} in {good}");
        assert!(!good.contains("diagnostics") && !without.contains("hostile"));
    }
    assert_eq!(own, 600);
}

#[test]
fn every_guest_costs_what_its_head_says() {
    let wrong: Vec<String> = Guest::all()
        .iter()
        .filter_map(|guest| {
            let (out, err, status) = read(&guest.wasm(), &[]);
            let messages: Vec<&str> = err.lines().collect();
            let checked = check(guest, &out, &messages, status);
            checked.err().map(|why| format!("{}: {why}\n{}", guest.name, messages[..messages.len().min(12)].join("\n")))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn ensure(is_so: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(otherwise()) }
}

fn check(guest: &Guest, out: &str, messages: &[&str], status: i32) -> Result<(), String> {
    let expected: i32 = guest.said("status").next().map_or(0, |s| s.parse().expect("a status"));
    ensure(status == expected, || format!("status {status}"))?;
    for part in guest.said("stderr") {
        ensure(messages.iter().any(|m| m.contains(part)), || format!("no message says {part:?}"))?;
    }
    ensure(messages.iter().all(|m| m.starts_with("prosector: ")), || "a message in several lines".into())?;
    if expected != 0 {
        return ensure(out.is_empty() && messages.len() == 1, || "more than one message".into());
    }
    let lines: Vec<&str> = out.lines().collect();
    let faults = match guest.said("probes").next() {
        Some(text) => check_probes(&lines, text)?,
        None => check_frames(guest, &lines)?,
    };
    check_messages(guest, messages, faults)
}

/// Checks every frame; gives how many had a fault of their own.
fn check_frames(guest: &Guest, lines: &[&str]) -> Result<usize, String> {
    ensure(lines.len() == good().len(), || format!("{} frames", lines.len()))?;
    let (culprits, different) = (guest.bytes("culprits"), guest.bytes("differs"));
    let text = guest.said("diagnostic").next().unwrap_or_default();
    let (mut faults, mut set_aside) = (0, false);
    for (i, ((kind, _), line)) in frames().iter().zip(lines).enumerate() {
        let fault = || line.contains(r#""code":"fault""#);
        let is_right = match kind {
            Kind::Hostile(byte) if culprits.contains(byte) || set_aside => {
                // Where time is what counts, it may be set aside before the last fault that it may have.
                set_aside |= faults == MAX_FAULTS || faults > 0 && line.contains(SET_ASIDE);
                faults += !set_aside as usize;
                fault() && line.contains(if set_aside { SET_ASIDE } else { text })
            }
            Kind::Hostile(byte) if different.contains(byte) => !fault() && *line != good()[i],
            Kind::Hostile(_) => *line == good()[i],
            _ => *line == without()[i],
        };
        ensure(is_right, || format!("frame {}, {kind:?}: {line}", i + 1))?;
        set_aside |= faults == MAX_FAULTS;
    }
    Ok(faults)
}

/// Checks every frame for a guest that is asked about UDP: some say that it failed, and nothing else is different.
fn check_probes(lines: &[&str], text: &str) -> Result<usize, String> {
    ensure(lines.len() == without().len(), || format!("{} frames", lines.len()))?;
    let mut faults = 0;
    for (i, ((kind, _), line)) in frames().iter().zip(lines).enumerate() {
        let mut line = line.to_string();
        if let (Kind::Udp, Some(at)) = (kind, line.find(r#","diagnostics":"#)) {
            let end = at + line[at..].find("}]").expect("the end of a list") + 2;
            ensure(line[at..end].contains(text), || format!("frame {}: {line}", i + 1))?;
            line.replace_range(at..end, "");
            faults += 1;
        }
        ensure(line == without()[i], || format!("frame {}, {kind:?}: {line}", i + 1))?;
    }
    Ok(faults)
}

/// Checks that there are the messages which there must be, and no others.
fn check_messages(guest: &Guest, messages: &[&str], faults: usize) -> Result<(), String> {
    let count = |part: &str| messages.iter().filter(|m| m.contains(part)).count();
    let told = count("dissector hostile (");
    ensure(guest.range("faults").unwrap_or(faults..=faults).contains(&told), || format!("{told} faults are told"))?;
    let set_aside = (told >= MAX_FAULTS || count("then it was set aside") > 0) as usize;
    ensure(count("; it is set aside: not called again in this run") == set_aside, || "set aside is told".into())?;
    ensure(count("then it was set aside: later frames are without it") == set_aside, || "the end says it".into())?;
    let summary = count(" in this run") - set_aside * count("not called again in this run");
    ensure(summary == (told > 0) as usize, || format!("{summary} messages at the end"))?;
    // Before a guest has said its name, it has that of its file.
    let written = count("prosector: hostile: ") + count(&format!("prosector: {}: ", guest.name));
    let lines = written - count("no more of its messages");
    ensure(guest.range("log").unwrap_or(0..=0).contains(&lines), || format!("{lines} log lines"))?;
    let ends = count("no more of its messages are shown");
    ensure(ends == (lines == MAX_LOG_LINES) as usize, || format!("the end of the log is told {ends} times"))?;
    let others = messages.len() - told - summary - written;
    ensure(others == 0, || format!("{others} other messages"))
}

/// Whatever a guest writes, nothing that a terminal obeys comes out.
#[test]
fn escapes_reach_no_terminal() {
    let (plugin, capture) = (Guest::new("escapes").wasm(), capture().to_string_lossy().into_owned());
    let plugin = plugin.to_string_lossy().into_owned();
    let read = ["read", &capture];
    let calls: [&[&str]; 16] = [
        &read,
        &[&read[..], &["-x"]].concat(),
        &[&read[..], &["-V"]].concat(),
        &[&read[..], &["-T", "ndjson"]].concat(),
        &[&read[..], &["-e", "hostile.text", "-e", "hostile.byte"]].concat(),
        &[&read[..], &["--explain-trap"]].concat(),
        &[&read[..], &["-V", "--explain-trap", "--plugin-stats"]].concat(),
        &[&read[..], &["--plugin-stats=json"]].concat(),
        &["explain", &capture, "--frame", "1"],
        &["list", "protocols"],
        &["list", "fields"],
        &["list", "tables"],
        &["list", "plugins"],
        &["list", "protocols", "--json"],
        &["list", "fields", "--json"],
        &["plugins", "check"],
    ];
    for call in calls {
        let output = run(&[call, &["--plugins", "/dev/null", "--plugin", &plugin]].concat());
        let (out, err, status) = texts(&output);
        assert_eq!(status, 0, "{call:?}: {err}");
        assert!(out.contains("hostile") || out.contains("owne"), "{call:?}: {out}");
        assert!(err.contains("owned"), "{call:?}: its log lines are shown: {err}");
        for text in [&output.stdout, &output.stderr] {
            let text = str::from_utf8(text).expect("UTF-8");
            let place = text.find(|c: char| c.is_control() && c != '\n' && c != '\t');
            let around = place.map(|at| &text[text.floor_char_boundary(at.saturating_sub(60))..at]);
            assert_eq!(around, None, "{call:?}: a control character after this");
        }
    }
}

/// With fuel, what is too much does not depend on the machine nor on what else is in the call.
#[test]
fn fuel_gives_the_same_each_time() {
    let config = file("fuel.toml", b"[limits]\nfuel = 100000\n");
    let config = config.to_string_lossy();
    for (guest, faults) in [("loop", 5), ("loop_once", 1), ("trap_some", 5), ("good", 0), ("only_many", 0)] {
        let plugin = Guest::new(guest).wasm();
        let (out, err, status) = read(&plugin, &["--plugins", &config]);
        assert_eq!((out.lines().count(), status), (900, 0), "{err}");
        assert_eq!(err.lines().filter(|l| l.contains("dissector hostile (")).count(), faults, "{err}");
        if guest.starts_with("loop") {
            let text = "used more than 100000 units of fuel";
            assert_eq!(out.lines().filter(|line| line.contains(text)).count(), faults);
            assert_eq!(err.lines().filter(|line| line.contains(text)).count(), faults);
        }
        let others = frames().iter().zip(out.lines()).zip(without()).all(|(((kind, _), line), without)| match kind {
            Kind::Hostile(_) => true,
            _ => line == without,
        });
        assert!(others, "other frames are as without it");
        assert!((out.clone(), err, status) == read(&plugin, &["--plugins", &config]), "{guest}, once more");
        for count in ["1", "3", "7", "255", "256", "257", "450", "899"] {
            let (some, ..) = read(&plugin, &["--plugins", &config, "-c", count]);
            let expected = out.lines().take(count.parse().expect("a number"));
            assert!(some.lines().eq(expected), "{guest}, the first {count} frames");
        }
    }
}

#[test]
fn a_faulty_plugin_does_no_harm_to_another() {
    let acme = acme().to_string_lossy().into_owned();
    let call = ["read", "--plugins", "/dev/null", "--plugin", &acme, &capture().to_string_lossy(), "-T", "ndjson"];
    let (alone, err, status) = texts(&run(&call));
    assert_eq!((err.as_str(), status), ("", 0));
    for guest in ["trap", "loop", "memory_grow", "escapes"] {
        for first in [true, false] {
            let plugin = Guest::new(guest).wasm().to_string_lossy().into_owned();
            let mut call = call.to_vec();
            let at = if first { 3 } else { 5 };
            call.splice(at..at, ["--plugin", &plugin]);
            let (out, err, status) = texts(&run(&call));
            assert!(status == 0 && err.contains("dissector hostile ("), "{err}");
            assert!(!err.contains("dissector acme"), "{err}");
            let mut acmes = 0;
            for (((kind, _), alone), line) in frames().iter().zip(alone.lines()).zip(out.lines()) {
                if !matches!(kind, Kind::Hostile(_)) {
                    assert_eq!(line, alone);
                    acmes += line.contains(r#""acme.seq":["#) as u32;
                }
            }
            assert_eq!((acmes, out.lines().count()), (100, 900));
        }
    }
}

/// What waits for a plugin may be more than it has memory: it gets it in parts.
#[test]
fn many_parts_of_a_large_frame_are_no_fault() {
    let frame = [&ethernet(0x88b6)[..], &[CULPRIT], &[0; 400_000]].concat();
    let capture = pcap("large.pcap", &[frame]);
    let plugin = Guest::new("parts").wasm();
    let call = ["read", "--plugins", "/dev/null", "--plugin", &plugin.to_string_lossy(), &capture.to_string_lossy()];
    let (out, err, status) = texts(&run(&[&call[..], &["-e", "hostile.byte"]].concat()));
    assert_eq!((err.as_str(), status), ("", 0));
    assert_eq!(out, [vec!["0"; 400].join(","), "\n".into()].concat());
}

#[test]
fn what_is_no_component_is_refused() {
    let good = std::fs::read(Guest::new("good").wasm()).expect("a component");
    let module = Guest::new("good").module();
    let refused = |name: &str, bytes: &[u8], reason: &str| {
        let (out, err, status) = read(&file(name, bytes), &[]);
        assert_eq!((out.as_str(), status), ("", 2), "{name}: {err}");
        assert!(err.lines().count() == 1 && err.contains(name) && err.contains(reason), "{reason:?} in {err:?}");
    };
    refused("module.wasm", &module, "a core module, not a component; `prosector package pack` makes one of it");
    refused("empty.wasm", b"", "not a WebAssembly component");
    refused("text.wasm", b"(component)\n", "not a WebAssembly component");
    for cut in [4, 8, 9, 100, good.len() / 3, good.len() / 2, good.len() - 100, good.len() - 1] {
        refused("cut.wasm", &good[..cut], "cut.wasm");
    }
    refused("longer.wasm", &[&good[..], b"\xffmore"].concat(), "longer.wasm");
}

/// A plugin with a flipped bit is refused, or fails, or works; the command always ends as it does with any other.
#[test]
fn a_flipped_bit_is_no_more_than_a_fault() {
    let good_plugin = std::fs::read(Guest::new("good").wasm()).expect("a component");
    let mut random = 0x2545_f491_4f6c_dd1du64;
    let (mut refused, mut faulty, mut fine) = (0, 0, 0);
    for _ in 0..300 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let bit = random as usize % (good_plugin.len() * 8);
        let mut flipped = good_plugin.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let (out, err, status) = read(&file("flipped.wasm", &flipped), &[]);
        assert!(!err.contains("panicked") && err.lines().all(|l| l.starts_with("prosector: ")), "bit {bit}: {err}");
        match status {
            2 => {
                assert!(out.is_empty() && !err.is_empty(), "bit {bit}: {err}");
                refused += 1;
            }
            _ => {
                assert_eq!((status, out.lines().count()), (0, 900), "bit {bit}: {err}");
                // It may claim something else now, but what it does not get is as it was.
                let untouched = frames()
                    .iter()
                    .zip(out.lines())
                    .zip(without())
                    .all(|(((kind, _), line), without)| matches!(kind, Kind::Hostile(_)) || line == without);
                assert!(untouched, "bit {bit}: other frames are as without it");
                if err.contains("failed") { faulty += 1 } else { fine += 1 }
            }
        }
    }
    assert!(refused > 20 && faulty > 0 && fine > 20, "{refused} refused, {faulty} faulty, {fine} fine");
}
