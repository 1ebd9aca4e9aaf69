//! The author's kit, as an author uses it: a new package, built, tested, broken, mended, measured, fuzzed.
//!
//! Packages are made in folders of their own outside the workspace's rules; they share one target folder and the workspace's
//! `Cargo.lock`, so that each compiles little and nothing is fetched.

mod support;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use support::{folder, texts, top};

/// A package that was just made.
struct Made(PathBuf);

impl Made {
    fn new(name: &str, options: &[&str]) -> Made {
        let package = folder("kit").parent().expect("a parent").join("kit-packages").join(name);
        let _ = std::fs::remove_dir_all(&package);
        std::fs::create_dir_all(package.parent().expect("a parent")).expect("a folder");
        let made = Made(package);
        let (out, err, status) = made.run_in("..", &[&["plugin", "new", name], options].concat());
        assert_eq!((&*err, status), ("", 0));
        assert!(out.ends_with(&format!("Next: prosector plugin test {name}\n")), "{out}");
        std::fs::copy(top().join("Cargo.lock"), made.file("Cargo.lock")).expect("a lock file");
        made
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn command(&self, folder: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_prosector"));
        let target = self.0.parent().expect("a parent").join("target");
        command.current_dir(self.file(folder)).env("CARGO_TARGET_DIR", target).env("NO_COLOR", "1");
        command
    }

    fn run_in(&self, folder: &str, arguments: &[&str]) -> (String, String, i32) {
        // `new` is called beside the folder that it makes.
        let folder = if folder == ".." { self.0.parent().expect("a parent") } else { &self.0 };
        let output = self.command(".").current_dir(folder).args(arguments).output().expect("prosector runs");
        texts(&output)
    }

    fn run(&self, arguments: &[&str]) -> (String, String, i32) {
        self.run_in(".", arguments)
    }

    /// Changes a file's text.
    fn edit(&self, file: &str, old: &str, new: &str) {
        let text = std::fs::read_to_string(self.file(file)).expect("the file");
        assert!(text.contains(old), "{file} has no {old:?}:\n{text}");
        std::fs::write(self.file(file), text.replace(old, new)).expect("the file");
    }
}

#[test]
fn a_new_package_passes_its_test_without_an_edit() {
    for (name, on) in [("by-type", "ethertype=0x88B5"), ("by-udp", "udp.port=4711"), ("by-tcp", "tcp.port=4711")] {
        let made = Made::new(name, &["--on", on]);
        let (out, err, status) = made.run(&["plugin", "test"]);
        assert_eq!(status, 0, "{out}{err}");
        assert!(out.contains("first.pcap: ok (3 frames, "), "{out}");
        assert!(out.contains("fields shown by some capture: 4 of 4\n"), "{out}");
        assert!(out.contains(" MiB, ") && out.ends_with("1 passed, 0 failed\n"), "{out}");
        let (out, _, status) = made.run(&["plugin", "build"]);
        let protocol = name.replace('-', "_");
        assert!(out.contains(&format!("{name} 0.1.0\n  {protocol}: ")), "{out}");
        assert!(out.contains(&format!("build/{name}.wasm: ")) && status == 0, "{out}");
        // What it made is what everybody loads.
        let read = ["read", "tests/first.pcap", "--plugin", &format!("build/{name}.wasm"), "-T", "fields", "-e"];
        let (out, _, _) = made.run(&[&read[..], &[&format!("{protocol}.text")]].concat());
        assert!(out.starts_with("hello\nworld\n"), "{out}");
    }
}

#[test]
fn the_same_dissector_passes_its_tests_as_native_code() {
    let made = Made::new("natively", &[]);
    let mut cargo = Command::new("cargo");
    cargo.args(["test", "--release"]).current_dir(&made.0).env("CARGO_TARGET_DIR", made.file("../target"));
    let output = cargo.output().expect("cargo runs");
    let (out, err, status) = texts(&output);
    assert_eq!(status, 0, "{out}{err}");
    assert!(out.contains("2 passed; 0 failed"), "{out}");
}

#[test]
fn a_difference_is_shown_and_can_be_blessed() {
    let made = Made::new("changed", &[]);
    made.edit("src/lib.rs", "2 \"response\"", "2 \"answer\"");
    made.edit(
        "src/lib.rs",
        "text: str       \"Text\",",
        "text: str       \"Text\",\n        rest: bytes     \"Rest\",",
    );
    let (out, _, status) = made.run(&["plugin", "test"]);
    assert_eq!(status, 1);
    assert!(out.contains("-  Type: response (2)\n    +  Type: answer (2)\n"), "{out}");
    assert!(out.contains("4 of 5\n    never: changed.rest\n"), "{out}");
    let (out, _, status) = made.run(&["plugin", "test", "--bless"]);
    assert!(out.contains("first.pcap: written") && status == 0, "{out}");
    let (_, _, status) = made.run(&["plugin", "test"]);
    assert_eq!(status, 0);
}

#[test]
fn what_is_wrong_is_told() {
    let made = Made::new("wrong", &[]);
    let beside = |arguments: &[&str]| made.run_in("..", arguments);
    let (_, err, status) = beside(&["plugin", "new", "Wrong"]);
    assert!(err.contains("\"Wrong\" is no plugin name: a lower-case letter") && status == 1, "{err}");
    let (_, err, _) = beside(&["plugin", "new", "wrong"]);
    assert!(err.contains("wrong: is there already, and not empty"), "{err}");
    let (_, err, _) = beside(&["plugin", "new", "dns"]);
    assert!(err.contains("a linked-in dissector is called dns"), "{err}");
    let (_, err, status) = beside(&["plugin", "new", "other", "--on", "udp.prt=1"]);
    assert!(err.contains("\"udp.prt=1\" is no key; expected ethertype=0x88b5") && status == 2, "{err}");
    let (_, err, _) = beside(&["plugin", "test", "nowhere"]);
    assert!(err.contains("nowhere: no plugin package") && err.contains("plugin new"), "{err}");

    made.edit("plugin.toml", "license =", "licence =");
    let (_, err, status) = made.run(&["plugin", "test"]);
    assert!(err.contains("plugin.toml:5: package.licence: unknown key; did you mean license?"), "{err}");
    assert_eq!(status, 1);
    made.edit("plugin.toml", "licence =", "license =");

    // What the compiler says comes as it is, in front of our line.
    made.edit("src/lib.rs", "pdu.take(VERSION)?;", "pdu.take(VERSON)?;");
    let (out, err, status) = made.run(&["plugin", "build"]);
    assert!(err.contains("error[E0425]") && err.contains("src/lib.rs:24:18"), "{err}");
    assert!(err.contains("\nprosector: cargo failed, exit status: 101; what it said is above\n"), "{err}");
    assert_eq!((&*out, status), ("", 1));
    made.edit("src/lib.rs", "VERSON", "VERSION");

    // Declarations are checked at compile time, with the place.
    made.edit("src/lib.rs", "version: u8 ", "version: u9 ");
    let (_, err, _) = made.run(&["plugin", "build"]);
    assert!(err.contains("expected a type: u8 … u64") && err.contains("src/lib.rs:12:18"), "{err}");
    made.edit("src/lib.rs", "version: u9 ", "version: u8 ");

    let output = made.command(".").args(["plugin", "build"]).env("PATH", "/nowhere").output().expect("prosector runs");
    let (_, err, status) = texts(&output);
    assert!(err.contains("cargo is not there: install Rust with rustup, https://rustup.rs") && status == 1, "{err}");
}

#[test]
fn a_panic_is_told_with_its_place_and_fuzzing_finds_it() {
    let made = Made::new("panics", &["--on", "ethertype=0x88b5"]);
    let right = "pdu.info(";
    let wrong = "assert!(text.len() < 40, \"too long\");\n        pdu.info(";
    made.edit("src/lib.rs", right, wrong);
    let (out, _, status) = made.run(&["plugin", "test"]);
    assert_eq!(status, 0, "no capture shows it: {out}");
    let (out, _, status) = made.run(&["plugin", "fuzz", "--time", "20", "--seed", "7"]);
    assert_eq!(status, 1, "{out}");
    assert!(out.contains("tests/fuzz-1.pcap: panics failed: panicked at src/lib.rs:27:9: too long"), "{out}");
    assert!(out.contains("#[test]\n    fn fuzz_1() {\n        check::<Panics>(\""), "{out}");
    assert!(out.contains("failure") && out.contains("(--seed 7)\n"), "{out}");
    // It is kept, fails until it is mended, and then is a test like others.
    let (out, _, status) = made.run(&["plugin", "test"]);
    assert!(out.contains("fuzz-1.pcap: FAILED") && out.contains("frame 1: panics failed: panicked"), "{out}");
    assert_eq!(status, 1);
    made.edit("src/lib.rs", wrong, right);
    let (out, _, status) = made.run(&["plugin", "test", "--bless"]);
    assert!(out.ends_with("2 passed, 0 failed\n") && status == 0, "{out}");
    let (out, _, status) = made.run(&["plugin", "fuzz", "--time", "2"]);
    assert!(out.contains(" frames, 0 failures (--seed ") && status == 0, "{out}");
}

#[test]
fn state_that_is_not_declared_is_noticed() {
    let made = Made::new("forgets", &["--on", "ethertype=0x88b5"]);
    made.edit("src/lib.rs", "pub struct Forgets;", "pub struct Forgets(u64);");
    made.edit("src/lib.rs", "pdu.take(VERSION)?;", "self.0 += 1;\n        pdu.take(VERSION)?;");
    made.edit("src/lib.rs", "\"{} {}\", ", "\"no. {}: {} {}\", self.0, ");
    let (out, _, status) = made.run(&["plugin", "test", "--bless"]);
    assert!(out.contains("forgets keeps something that changes how a later PDU is read: in another order"), "{out}");
    assert!(out.ends_with("1 passed, 1 failed\n") && status == 1, "{out}");
    made.edit("src/lib.rs", "claims { ethertype = 0x88b5 }", "claims { ethertype = 0x88b5 }\n    stateful");
    let (out, _, status) = made.run(&["plugin", "test"]);
    assert_eq!(status, 0, "{out}");
}

#[test]
fn a_new_package_in_c_passes_the_same_test() {
    if !is_there("clang") {
        return println!("skipped: clang is not there");
    }
    for (name, on) in [("c-by-type", "ethertype=0x88B5"), ("c-by-tcp", "tcp.port=4711")] {
        let made = Made::new(name, &["--lang", "c", "--on", on]);
        let (out, err, status) = made.run(&["plugin", "test"]);
        assert_eq!((&*err, status), ("", 0), "{out}");
        assert!(out.contains("first.pcap: ok (3 frames, ") && out.contains("4 of 4\n"), "{out}");
    }
    let made = Made::new("c-wrong", &["--lang", "c"]);
    made.edit("src/c_wrong.c", "ps_take(pdu, VERSION);", "ps_take(pdu, VERSON);");
    let (_, err, status) = made.run(&["plugin", "build"]);
    assert!(err.contains("src/c_wrong.c:21:18: error: use of undeclared identifier 'VERSON'") && status == 1, "{err}");
    let output = made.command(".").args(["plugin", "build"]).env("CC", "no-clang").output().expect("prosector runs");
    let (_, err, _) = texts(&output);
    assert!(err.contains("no-clang is not there"), "{err}");
}

/// acme in C gives what acme in Rust gives.
#[test]
fn the_same_protocol_in_c_passes_the_expectations_of_rust() {
    if !is_there("clang") {
        return println!("skipped: clang is not there");
    }
    let package = top().join("examples/c/acme");
    let expected = |folder: &str| std::fs::read(top().join(folder).join("tests/acme.pcap.txt")).expect("it is there");
    assert_eq!(expected("examples/c/acme"), expected("plugins/acme"));
    let file = folder("kit-c").join("acme.wasm");
    let mut build = support::prosector();
    build.args(["plugin", "build"]).arg(&package).arg("-o").arg(&file);
    let (out, err, status) = texts(&build.output().expect("prosector runs"));
    assert_eq!((&*err, status), ("", 0), "{out}");
    let (out, err, status) = test_package(&package, &file);
    assert_eq!(status, 0, "{out}{err}");
    for arguments in [&["-V"][..], &["-T", "ndjson"], &["-T", "fields", "-e", "acme.tlv.value", "-e", "acme.sum"]] {
        let read = |plugin: &Path| {
            let mut command = support::prosector();
            command.args(["read", "tests/captures/acme.pcap", "--plugin"]).arg(plugin).args(arguments);
            texts(&command.output().expect("prosector runs")).0
        };
        assert_eq!(read(&file), read(&support::acme()), "{arguments:?}");
    }
}

/// So does acme in Python; it takes a minute, where componentize-py is there at all.
#[test]
fn the_same_protocol_in_python_passes_the_expectations_of_rust() {
    let package = top().join("examples/python/acme");
    let expected = |folder: &Path| std::fs::read(folder.join("tests/acme.pcap.txt")).expect("it is there");
    assert_eq!(expected(&package), expected(&top().join("plugins/acme")));
    if !is_there("componentize-py") {
        return println!("skipped: componentize-py is not there");
    }
    let mut command = support::prosector();
    let (out, err, status) = texts(&command.args(["plugin", "test"]).arg(&package).output().expect("prosector runs"));
    assert_eq!(status, 0, "{out}{err}");
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

#[test]
fn costs_are_measured() {
    let made = Made::new("measured", &[]);
    let (out, err, status) = made.run(&["plugin", "bench"]);
    assert_eq!(status, 0, "{err}");
    let rows: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!((rows.len(), rows[1][0], rows[1][1], rows[1][2]), (3, "measured", "fields", "3"), "{out}");
    for row in &rows[1..] {
        assert!(row[5..8].iter().all(|cell| cell.parse::<f64>().is_ok_and(|n| n > 0.0)), "{out}");
    }
}

#[test]
fn a_change_is_built_and_tested_at_once() {
    let made = Made::new("watched", &[]);
    let mut child = made.command(".").args(["plugin", "dev"]).stdout(Stdio::piped()).spawn().expect("prosector runs");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut turn = || {
        let lines: Vec<String> = lines.by_ref().map_while(Result::ok).take_while(|l| !l.starts_with("---")).collect();
        lines.join("\n")
    };
    assert!(turn().ends_with("1 passed, 0 failed"));
    made.edit("src/lib.rs", "2 \"response\"", "2 \"answer\"");
    let said = turn();
    assert!(said.contains("+  Type: answer (2)") && said.ends_with("0 passed, 1 failed"), "{said}");
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

/// Settings, keys and other plugins that a package's tests use.
#[test]
fn a_test_has_its_own_settings() {
    let made = Made::new("set", &[]);
    made.edit(
        "src/lib.rs",
        "claims { udp.port = 4500 }",
        "claims { udp.port = 4501 }\n    settings { shout: bool = false \"Say it twice\" }",
    );
    let (out, _, _) = made.run(&["plugin", "test"]);
    assert!(out.contains("nothing in it is for this plugin") || out.contains("-frame 1"), "{out}");
    let mut text = std::fs::read_to_string(made.file("plugin.toml")).expect("it is there");
    text += "[test]\nsettings = { shout = true }\ndecode_as = { udp.port = { 4500 = \"set\" } }\n";
    std::fs::write(made.file("plugin.toml"), &text).expect("it can be written");
    let (out, err, status) = made.run(&["plugin", "test"]);
    assert_eq!(status, 0, "{out}{err}");
    std::fs::write(made.file("plugin.toml"), text.replace("shout", "shuot")).expect("it can be written");
    let (_, err, _) = made.run(&["plugin", "test"]);
    assert!(err.contains("shuot") && err.contains("shout"), "{err}");
}

/// A package of the repository passes what its own tests say, as the host's plugin.
#[test]
fn our_own_packages_pass_their_tests() {
    let plugins =
        std::fs::read_dir(top().join("plugins")).expect("plugins").map(|entry| entry.expect("a folder").path());
    let packages: Vec<PathBuf> = plugins.filter(|folder| folder.join("plugin.toml").is_file()).collect();
    assert!(packages.len() >= 4, "{packages:?}");
    for package in packages {
        let name = package.file_name().expect("a name").to_string_lossy().into_owned();
        let plugin = support::plugin(&name);
        let (out, err, status) = test_package(&package, &plugin);
        assert_eq!(status, 0, "{name}: {out}{err}");
    }
}

fn test_package(package: &Path, plugin: &Path) -> (String, String, i32) {
    let mut command = support::prosector();
    command.args(["plugin", "test"]).arg(package).arg("--plugin").arg(plugin);
    texts(&command.output().expect("prosector runs"))
}
