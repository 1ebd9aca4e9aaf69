//! Packages, as two teams use them: one packs, signs and publishes, the other installs, locks, updates and takes them along; and
//! somebody between them who changes what he can.

#[path = "../core/oci/tests/support/mod.rs"]
mod registry;
mod support;

use registry::{LOGIN, Server};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use support::{bless, folder, texts, top};

/// Packages of the first team: `weather-team/door` in two versions and `weather-team/gate`, not signed; and its key.
struct Works {
    folder: PathBuf,
}

impl Works {
    fn get() -> &'static Works {
        static WORKS: OnceLock<Works> = OnceLock::new();
        WORKS.get_or_init(Works::make)
    }

    /// In C, which compiles in no time.
    fn make() -> Works {
        let works = Works { folder: folder("works") };
        for (name, key) in [("door", "udp.port=4711"), ("gate", "udp.port=4712")] {
            works.good(&["plugin", "new", name, "--lang", "c", "--on", key]);
            let file = works.folder.join(name).join("plugin.toml");
            let text = std::fs::read_to_string(&file).expect("a file");
            let text = text.replace("[package]\n", "[package]\nnamespace = \"weather-team\"\n");
            std::fs::write(&file, text + "\n[test]\norigin = \"made by prosector plugin new\"\n").expect("a file");
            works.good(&["package", "pack", name, "-o", &format!("{name}-0.1.0.wasm")]);
        }
        let source = works.folder.join("door/src/door.c");
        let text = std::fs::read_to_string(&source).expect("a file");
        std::fs::write(&source, text.replace("\"0.1.0\"", "\"0.2.0\"")).expect("a file");
        works.good(&["package", "pack", "door", "-o", "door-0.2.0.wasm"]);
        works.good(&["package", "keygen", "ada", "--no-password"]);
        works.good(&["package", "keygen", "mallory", "--no-password"]);
        works
    }

    fn good(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_prosector"));
        let (out, err, status) =
            texts(&command.current_dir(&self.folder).args(arguments).output().expect("prosector runs"));
        assert_eq!(status, 0, "{arguments:?}: {out}{err}");
        out
    }

    /// A package, signed or not.
    fn package(&self, name: &str, key: Option<&str>) -> Vec<u8> {
        let bytes = std::fs::read(self.folder.join(format!("{name}.wasm"))).expect("a package");
        let Some(key) = key else { return bytes };
        let text = std::fs::read_to_string(self.folder.join(format!("{key}.key"))).expect("a key");
        let key = prosector_package::SecretKey::parse(&text, None).expect("a key");
        prosector_package::sign(&bytes, &key).expect("signed")
    }

    fn public(&self, key: &str) -> String {
        let text = std::fs::read_to_string(self.folder.join(format!("{key}.pub"))).expect("a key");
        text.lines().nth(1).expect("a key").to_owned()
    }
}

/// A folder in which somebody works, with a cache of its own.
struct Desk {
    folder: PathBuf,
}

impl Desk {
    fn new(name: &str, plugins: &str) -> Desk {
        let desk = Desk { folder: folder(name) };
        desk.write("plugins.toml", plugins);
        desk
    }

    /// One at which Ada's signatures are trusted.
    fn trusting(name: &str, plugins: &str) -> Desk {
        let desk = Desk::new(name, plugins);
        desk.good(&["package", "trust", &Works::get().public("ada"), "--name", "Ada", "--for", "weather-team/*"]);
        desk
    }

    /// The same, with one registry for everything.
    fn using(name: &str, registry: &str) -> Desk {
        Desk::trusting(name, &format!("[registries]\ndefault = \"{registry}\"\n"))
    }

    fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        let path = self.folder.join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, content).expect("a file");
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.join(file)).unwrap_or_default()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_prosector"));
        command.current_dir(&self.folder).args(arguments).env("PROSECTOR_CACHE", self.folder.join("cache"));
        command.env("DOCKER_CONFIG", self.folder.join("docker")).env("NO_COLOR", "1");
        command
    }

    fn run(&self, arguments: &[&str]) -> (String, String, i32) {
        texts(&self.command(arguments).output().expect("prosector runs"))
    }

    #[track_caller]
    fn good(&self, arguments: &[&str]) -> String {
        let (out, err, status) = self.run(arguments);
        assert_eq!(status, 0, "{arguments:?}: {out}{err}");
        out
    }

    /// What a call says that must fail, without changing what is installed.
    #[track_caller]
    fn refused(&self, arguments: &[&str]) -> String {
        let before = (self.read("plugins.toml"), self.read("plugins.lock"));
        let (out, err, status) = self.run(arguments);
        assert_ne!(status, 0, "{arguments:?}: {out}{err}");
        assert_eq!(before, (self.read("plugins.toml"), self.read("plugins.lock")), "{arguments:?}");
        err
    }

    /// What the host says of the sample's first frame.
    fn first_frame(&self, options: &[&str]) -> (String, String, i32) {
        let sample = Works::get().folder.join("door/tests/first.pcap");
        self.run(&[&["read", sample.to_str().expect("a path"), "-c", "1"], options].concat())
    }

    #[track_caller]
    fn dissects(&self, options: &[&str]) {
        let (out, err, status) = self.first_frame(options);
        assert!(status == 0 && out.contains("DOOR") && err.is_empty(), "{out}{err}");
    }

    /// The file of what is installed, in the cache.
    fn kept(&self) -> PathBuf {
        let mut files = std::fs::read_dir(self.folder.join("cache/packages")).expect("a cache");
        files.next().expect("a package").expect("a package").path()
    }
}

fn location(server: &Server) -> String {
    format!("oci://{}/prosector", server.address())
}

/// One team publishes two versions, the other pins, runs, updates, rolls back, and moves all of it to a machine without network.
fn two_teams(name: &str, registry: &str) {
    let works = Works::get();
    let team = Desk::new(&format!("{name}-team"), &format!("[registries]\nweather-team = \"{registry}\"\n"));
    team.write("door.wasm", works.package("door-0.1.0", Some("ada")));
    assert_eq!(
        team.good(&["package", "publish", "door.wasm"]),
        format!("weather-team/door 0.1.0 published in {registry}\n")
    );
    assert!(team.good(&["package", "publish", "door.wasm"]).contains("is already in"));
    // A version stays what it is.
    team.write("door.wasm", works.package("door-0.1.0", Some("mallory")));
    assert!(team.refused(&["package", "publish", "door.wasm"]).contains("has another weather-team/door 0.1.0 already"));

    let ours = "# what we use\nprecedence = [\"door\"] # first\n";
    let desk = Desk::trusting(&format!("{name}-desk"), &format!("{ours}\n[registries]\ndefault = \"{registry}\"\n"));
    assert!(desk.refused(&["package", "install", "weather-team/door@^2"]).contains("is ^2; there are 0.1.0"));
    assert!(desk.refused(&["package", "install", "weather-team/floor"]).contains("has no weather-team/floor"));
    let installed = desk.good(&["package", "install", "weather-team/door@^0.1"]);
    assert_eq!(installed, "weather-team/door 0.1.0, 1 capture passed, signed by Ada\n");
    let plugins = desk.read("plugins.toml");
    assert!(plugins.starts_with(ours), "{plugins}");
    assert!(plugins.ends_with("\n[[plugin]]\npackage = \"weather-team/door\"\nversion = \"^0.1\"\n"), "{plugins}");
    desk.dissects(&["--locked"]);
    assert!(desk.good(&["package", "list"]).starts_with("weather-team/door\t0.1.0\t^0.1\tready\t"));

    team.write("door.wasm", works.package("door-0.2.0", Some("ada")));
    team.good(&["package", "publish", "door.wasm"]);
    assert_eq!(desk.good(&["package", "outdated"]), "weather-team/door\t0.1.0\t0.1.0\t0.2.0\n");
    assert_eq!(desk.good(&["package", "update"]), "weather-team/door 0.1.0, in its place already, signed by Ada\n");
    let installed = desk.good(&["package", "install", "weather-team/door@^0.2"]);
    assert_eq!(installed, "weather-team/door 0.2.0 (was 0.1.0), 1 capture passed, signed by Ada\n");
    desk.dissects(&["--locked"]);
    let back = ["package", "install", "weather-team/door@=0.1.0"];
    assert!(desk.refused(&back).contains("is older than 0.2.0 in plugins.lock; --downgrade"));
    desk.good(&[&back[..], &["--downgrade"]].concat());
    assert!(desk.good(&["package", "list"]).starts_with("weather-team/door\t0.1.0\t=0.1.0\tready\t"));
    desk.dissects(&[]);

    // On another machine, the lock brings the same.
    let other = Desk::new(&format!("{name}-other"), desk.read("plugins.toml").as_str());
    for file in ["plugins.lock", "trust.toml"] {
        other.write(file, desk.read(file));
    }
    let (_, err, _) = other.first_frame(&[]);
    assert!(err.contains("weather-team/door 0.1.0 is not in the cache; `prosector package install` gets it"), "{err}");
    other.good(&["package", "install", "--locked"]);
    assert_eq!(other.read("plugins.lock"), desk.read("plugins.lock"));
    other.dissects(&["--locked"]);

    // And on one without a network, a bundle.
    desk.good(&["package", "bundle", "-o", "all.bundle"]);
    let site = Desk::new(&format!("{name}-site"), "");
    std::fs::remove_file(site.folder.join("plugins.toml")).expect("a file");
    let bundle = desk.folder.join("all.bundle");
    let unbundle = ["package", "unbundle", bundle.to_str().expect("a path"), "--plugins", "plugins.toml"];
    assert!(site.refused(&unbundle).contains("no key is trusted here"));
    site.good(&[&unbundle[..], &["--trust"]].concat());
    site.dissects(&["--locked"]);
    assert_eq!(site.read("plugins.lock"), desk.read("plugins.lock"));

    desk.good(&["package", "remove", "weather-team/door"]);
    assert!(!desk.read("plugins.toml").contains("door\"\nversion") && !desk.read("plugins.lock").contains("door"));
}

#[test]
fn two_teams_share_by_a_folder() {
    let shared = folder("shared-folder");
    two_teams("by-folder", shared.to_str().expect("a path"));
    // People see what is there, and `sha256sum` checks it.
    let mut check = Command::new("sha256sum");
    check.args(["--check", "--quiet", "0.1.0.wasm.sha256"]).current_dir(shared.join("weather-team/door"));
    assert!(check.status().expect("sha256sum runs").success());
}

#[test]
fn two_teams_share_by_an_oci_registry() {
    let Some(server) = Server::start(false) else { return };
    two_teams("by-oci", &location(&server));
    let desk = Desk::new("oci-search", "");
    let found = desk.good(&["package", "search", "door", "--registry", &location(&server)]);
    assert!(found.starts_with("weather-team/door\t0.2.0\t"), "{found}");
}

#[test]
fn a_git_repository_is_a_registry_too() {
    let repository = folder("git-registry");
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]).args(arguments).current_dir(&repository);
        git.stdout(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    if !git(&["init", "--quiet"]) {
        eprintln!("skipped: git is not installed");
        return;
    }
    let works = Works::get();
    let registry = format!("git+file://{}", repository.display());
    let desk = Desk::using("git-desk", &registry);
    for version in ["0.1.0", "0.2.0"] {
        desk.write("door.wasm", works.package(&format!("door-{version}"), Some("ada")));
        desk.good(&["package", "publish", "door.wasm", "--registry", repository.to_str().expect("a path")]);
        assert!(git(&["add", "."]) && git(&["commit", "--quiet", "-m", version]));
        let installed = desk.good(&["package", "install", "weather-team/door"]);
        assert!(installed.starts_with(&format!("weather-team/door {version}")), "{installed}");
    }
    desk.write("gate.wasm", works.package("gate-0.1.0", Some("ada")));
    assert!(desk.refused(&["package", "publish", "gate.wasm", "--registry", &registry]).contains("commit and push"));
    assert!(desk.refused(&["package", "search", "--registry", "git+file:///nowhere"]).contains("nowhere"));
    assert!(desk.refused(&["package", "search", "--registry", "git+ext::sh -c true"]).contains("ext"));
}

/// Changed packages and locks: none may be installed, and none may run.
#[test]
fn nothing_that_was_tampered_with_is_accepted() {
    let works = Works::get();
    let good = works.package("door-0.1.0", Some("ada"));
    let other = works.package("gate-0.1.0", Some("ada"));
    let desk = Desk::using("tampered", "registry");
    desk.write("registry/weather-team/door/0.1.0.wasm", &good);
    desk.good(&["package", "install", "weather-team/door"]);
    desk.dissects(&["--locked"]);

    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    // Every section: its head, its name, its first and last bytes, some in between; every bit of some byte.
    let ranges = sections(&good);
    assert!(ranges.len() > 10, "{ranges:?}");
    for (i, range) in ranges.iter().enumerate() {
        let len = range.len();
        for (n, at) in [0, 1, 2, len / 4, len / 2, len * 3 / 4, len - 2, len - 1].into_iter().enumerate() {
            let mut bytes = good.clone();
            bytes[range.start + at.min(len - 1)] ^= 1 << ((i + n) % 8);
            files.push((format!("section {i}, byte {at}"), bytes));
        }
        files.push((format!("cut before section {i}"), good[..range.start].to_vec()));
        files.push((format!("without section {i}"), [&good[..range.start], &good[range.end..]].concat()));
        let twice = [&good[..range.end], &good[range.start..]].concat();
        files.push((format!("section {i} twice"), twice));
    }
    let (signature, others) = (ranges.last().expect("a section").start, sections(&other).last().expect("one").clone());
    files.push(("another package's signature".into(), [&good[..signature], &other[others]].concat()));
    files.push(("no signature".into(), works.package("door-0.1.0", None)));
    files.push(("somebody else's signature".into(), works.package("door-0.1.0", Some("mallory"))));
    files.push(("another package".into(), other.clone()));
    files.push(("another version".into(), works.package("door-0.2.0", Some("ada"))));
    files.push(("more behind it".into(), [&good[..], b"\0\x05\x04note"].concat()));
    for (what, beginning) in [
        ("a script", &b"#!/bin/sh\n"[..]),
        ("a library", b"\x7fELF"),
        ("nothing", b""),
        ("a module", b"\0asm\x01\0\0\0"),
    ] {
        files.push((what.into(), beginning.to_vec()));
    }
    // One of its own for each worker: the lock of the good one must not be what refuses.
    let fresh = Desk::using("tampered-fresh", "registry");
    let (kept, mut tried) = (desk.kept(), 0);
    for (what, bytes) in &files {
        fresh.write("registry/weather-team/door/0.1.0.wasm", bytes);
        let err = fresh.refused(&["package", "install", "weather-team/door"]);
        assert!(err.starts_with("prosector: ") && err.contains("0.1.0: "), "{what}: {err}");
        assert!(!err.contains("panicked"), "{what}: {err}");
        std::fs::write(&kept, bytes).expect("a file");
        let (out, err, status) = desk.first_frame(&[]);
        assert!(status != 0 && out.is_empty() && err.contains("it is not loaded"), "{what}: {out}{err}");
        tried += 2;
    }
    std::fs::write(&kept, &good).expect("a file");
    desk.dissects(&["--locked"]);

    // The lock.
    let lock = desk.read("plugins.lock");
    let key = works.public("ada");
    let edits = [
        (lock.replace("version = \"0.1.0\"", "version = \"0.2.0\""), "plugins.lock has 0.2.0"),
        (lock.replace("version = \"0.1.0\"", "version = \"0.1.1\""), "this file is weather-team/door 0.1.0"),
        (lock.replace("weather-team/door", "weather-team/gate"), "weather-team/door is not in plugins.lock"),
        (lock.replace("weather-team/door", "weather-team/../door"), "no package name"),
        (lock.replace(&key, &works.public("mallory")), "another key than plugins.lock says"),
        (lock.replace("sha256 = \"", "sha256 = \"0"), "is no digest"),
        (lock.replace("form = 1", "form = 2"), "form 2"),
        (String::new(), "not a lock file"),
        (lock.replace(&prosector_package::sha256(&good), &prosector_package::sha256(&other)), "not in the cache"),
    ];
    for (edited, why) in edits {
        desk.write("plugins.lock", edited);
        let (out, err, status) = desk.first_frame(&[]);
        assert!(status != 0 && out.is_empty() && err.contains(why), "{why}: {out}{err}");
        tried += 1;
    }
    // A digest whose file is there, of another package; and of one that nobody has signed.
    for bytes in [&other, &works.package("door-0.1.0", None)] {
        let digest = prosector_package::sha256(bytes);
        std::fs::write(kept.with_file_name(format!("{digest}.wasm")), bytes).expect("a file");
        desk.write("plugins.lock", lock.replace(&prosector_package::sha256(&good), &digest));
        let (out, _, status) = desk.first_frame(&[]);
        assert!(status != 0 && out.is_empty());
        tried += 1;
    }
    desk.write("plugins.lock", lock);
    desk.dissects(&["--locked"]);
    println!("0 of {tried} tampered packages accepted");
    assert!(tried >= 200, "{tried}");
}

/// Where the sections of a component lie (Component Model, Binary.md): a number, a length in LEB128, the content.
fn sections(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let (mut at, mut ranges) = (8, Vec::new());
    while at < bytes.len() {
        let (mut len, mut shift, mut end) = (0, 0, at + 1);
        loop {
            let byte = bytes[end];
            len |= usize::from(byte & 0x7f) << shift;
            (shift, end) = (shift + 7, end + 1);
            if byte < 0x80 {
                break;
            }
        }
        ranges.push(at..end + len);
        at = end + len;
    }
    ranges
}

#[test]
fn policies_and_trust() {
    let works = Works::get();
    let desk = Desk::new("policies", "[registries]\ndefault = \"registry\"\n");
    let put = |bytes: &[u8]| desk.write("registry/weather-team/door/0.1.0.wasm", bytes);
    let install = ["package", "install", "weather-team/door"];
    // Without a word, signatures are asked for.
    put(&works.package("door-0.1.0", None));
    assert!(desk.refused(&install).contains("weather-team/door 0.1.0: it is not signed"));
    put(&works.package("door-0.1.0", Some("ada")));
    assert!(desk.refused(&install).contains("which is not trusted"));
    let trust = |packages: &str| {
        let _ = std::fs::remove_file(desk.folder.join("trust.toml"));
        desk.good(&["package", "trust", &works.public("ada"), "--name", "Ada", "--for", packages]);
    };
    trust("door,other-team/*");
    assert!(desk.refused(&install).contains("(Ada), which is not trusted for weather-team/door"));
    trust("weather-team/door");
    desk.good(&install);
    desk.dissects(&["--locked"]);
    // A key that is no longer trusted.
    trust("gate");
    let (out, err, status) = desk.first_frame(&[]);
    assert!(status == 2 && out.is_empty() && err.contains("not trusted for weather-team/door"), "{err}");
    // With a warning.
    desk.write("plugins.toml", format!("signatures = \"warn\"\n{}", desk.read("plugins.toml")));
    let (out, err, status) = desk.first_frame(&[]);
    assert!(status == 0 && out.contains("DOOR") && err.contains("not trusted for weather-team/door"), "{out}{err}");
    desk.write("plugins.toml", desk.read("plugins.toml").replace("warn", "off"));
    desk.dissects(&["--locked"]);

    // Files can be asked for signatures too.
    desk.write("plugins.toml", "signatures = \"required\"\n[[plugin]]\nfile = \"door.wasm\"\n");
    desk.write("door.wasm", works.package("door-0.1.0", None));
    let (_, err, status) = desk.first_frame(&[]);
    assert!(status == 2 && err.contains("door.wasm: it is not signed"), "{err}");
    trust("*");
    desk.write("door.wasm", works.package("door-0.1.0", Some("ada")));
    desk.dissects(&[]);
    let (_, err, _) = desk.first_frame(&["--locked"]);
    assert!(err.contains("has no sha256, and --locked loads only what has one"), "{err}");
    let verified = desk.good(&["package", "verify", "door.wasm"]);
    assert_eq!(verified, "door.wasm: weather-team/door 0.1.0, signed by Ada\n");
    assert!(
        desk.refused(&["package", "verify", "door.wasm", "--key", &works.public("mallory")]).contains("not trusted")
    );
}

/// What a package asks for beyond what it would get, and tests that fail.
#[test]
fn a_package_gets_what_it_asks_for_only_if_it_is_granted() {
    let works = Works::get();
    let desk = Desk::new("granted", "signatures = \"off\"\n");
    let bytes = works.package("door-0.1.0", None);
    let package = prosector_package::Package::read(&bytes).expect("a package");
    let mut about = package.about.clone();
    about.manifest.limits.insert("memory_mib".into(), 128);
    desk.write("door.wasm", prosector_package::describe(&bytes, &about).expect("a package"));
    let install = ["package", "install", "door.wasm"];
    assert!(desk.refused(&install).contains("memory_mib = 128; --grant writes that"));
    desk.good(&[&install[..], &["--grant"]].concat());
    assert!(desk.read("plugins.toml").contains("limits = { memory_mib = 128 }"), "{}", desk.read("plugins.toml"));
    desk.dissects(&[]);

    let desk = Desk::new("failing", "signatures = \"off\"\n");
    let mut about = package.about.clone();
    about.samples[0].expected = "frame 1\nSomething else\n".into();
    desk.write("door.wasm", prosector_package::describe(&bytes, &about).expect("a package"));
    let err = desk.refused(&install);
    assert!(err.contains("it does not pass its own tests:") && err.contains("-Something else"), "{err}");
    let mut about = package.about.clone();
    about.manifest.protocols[0]["title"] = "A better title".into();
    desk.write("door.wasm", prosector_package::describe(&bytes, &about).expect("a package"));
    assert!(desk.refused(&install).contains("its manifest says something else of its protocols"));
    about.manifest.name = "d\u{43e}or".into();
    assert!(prosector_package::describe(&bytes, &about).is_ok_and(|bytes| {
        desk.write("door.wasm", bytes);
        desk.refused(&install).contains("U+043E can't be in one")
    }));
}

#[test]
fn many_at_once_lose_nothing() {
    let works = Works::get();
    let desk = Desk::using("at-once", "registry");
    for name in ["door", "gate"] {
        let package = works.package(&format!("{name}-0.1.0"), Some("ada"));
        desk.write(&format!("registry/weather-team/{name}/0.1.0.wasm"), package);
    }
    let names = ["weather-team/door", "weather-team/gate"].repeat(4);
    let all: Vec<Child> = names
        .iter()
        .map(|name| {
            let mut command = desk.command(&["package", "install", name]);
            command.stdout(Stdio::null()).spawn().expect("prosector runs")
        })
        .collect();
    for mut child in all {
        assert!(child.wait().expect("it ends").success());
    }
    assert_eq!(desk.good(&["package", "list"]).lines().count(), 2);
    assert_eq!(desk.read("plugins.toml").matches("[[plugin]]").count(), 2);
    desk.dissects(&["--locked"]);
}

#[test]
fn what_is_packed_can_be_inspected_and_is_the_same_every_time() {
    let works = Works::get();
    let again = works.folder.join("again");
    let _ = std::fs::remove_dir_all(&again);
    copy(&works.folder.join("door"), &again.join("door"));
    works.good(&["package", "pack", "again/door", "-o", "again.wasm"]);
    assert!(works.package("again", None) == works.package("door-0.2.0", None), "the same source gives the same bytes");

    let text = works.good(&["package", "inspect", "door-0.2.0.wasm"]);
    let text: Vec<&str> = text.lines().filter(|line| !line.contains("sha256: ") && !line.contains("size: ")).collect();
    let (text, file) = (text.join("\n") + "\n", top().join("tests/expected/package.txt"));
    if bless() {
        std::fs::write(&file, &text).expect("a file");
    }
    assert_eq!(std::fs::read_to_string(file).unwrap_or_default(), text);
    let json = works.good(&["package", "inspect", "door-0.2.0.wasm", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["name"], "weather-team/door");
    assert_eq!(json["captures"][0]["origin"], "made by prosector plugin new");
    assert_eq!(json["imports"].as_array().map(Vec::len), Some(2));
    assert_eq!(json["protocols"][0]["claims"][0]["table"], "udp.port");
    // In Rust too, where paths and hashes are many: our own packages, from two places.
    let module = top().join("target/plugins/acme.wasm");
    let package = std::fs::read(&module).expect("a plugin");
    let home = std::env::var("HOME").unwrap_or_else(|_| "/root".into());
    let leaks = package.windows(home.len()).any(|window| window == home.as_bytes());
    assert!(!leaks, "{} tells where it was built", module.display());
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("a file").path();
        let target = to.join(path.file_name().expect("a name"));
        match path.is_dir() {
            true if path.ends_with("build") => {}
            true => copy(&path, &target),
            false => drop(std::fs::copy(&path, &target).expect("a copy")),
        }
    }
}

#[test]
fn a_registry_asks_for_a_password() {
    let Some(server) = Server::start(true) else { return };
    let works = Works::get();
    let desk = Desk::using("oci-password-desk", &location(&server));
    desk.write("door.wasm", works.package("door-0.1.0", Some("ada")));
    let publish = ["package", "publish", "door.wasm"];
    assert!(desk.refused(&publish).contains("wants a user and a password; `docker login"));
    let login = |auth: &str| {
        desk.write("docker/config.json", format!("{{\"auths\":{{\"{}\":{{\"auth\":\"{auth}\"}}}}}}", server.address()));
    };
    login("YWRhOndyb25n"); // ada:wrong
    let err = desk.refused(&publish);
    assert!(err.contains("refuses this user or password") && !err.contains("wrong"), "{err}");
    login(LOGIN);
    desk.good(&publish);
    desk.good(&["package", "install", "weather-team/door"]);
    desk.dissects(&["--locked"]);
}

#[test]
fn a_registry_that_changes_what_it_has_is_noticed() {
    let Some(server) = Server::start(false) else { return };
    let works = Works::get();
    let desk = Desk::using("oci-tampered-desk", &location(&server));
    desk.write("door.wasm", works.package("door-0.1.0", Some("ada")));
    desk.good(&["package", "publish", "door.wasm"]);
    desk.good(&["package", "install", "weather-team/door"]);
    // The tag has moved to other bytes, though they are rightly signed.
    let key = works.folder.join("ada.key");
    desk.good(&["package", "sign", "door.wasm", "--key", key.to_str().expect("a path")]);
    assert!(desk.refused(&["package", "publish", "door.wasm"]).contains("--force"));
    let (_, err, status) = desk.run(&["package", "publish", "door.wasm", "--force"]);
    assert!(status == 0 && err.contains("is replaced: who has locked it is stopped"), "{err}");
    assert!(desk.refused(&["package", "update"]).contains("it was replaced in oci://"));
    std::fs::remove_dir_all(desk.folder.join("cache")).expect("a cache");
    assert!(desk.refused(&["package", "install", "--locked"]).contains("it was replaced in oci://"));
    assert!(desk.refused(&["package", "install"]).contains("it was replaced in oci://"));
    // Bytes on the server's disk.
    desk.good(&["package", "remove", "weather-team/door"]);
    desk.good(&["package", "install", "weather-team/door"]);
    std::fs::remove_dir_all(desk.folder.join("cache")).expect("a cache");
    let mut bytes = std::fs::read(desk.folder.join("door.wasm")).expect("a package");
    let blob = server.blob(&prosector_package::sha256(&bytes));
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(blob, bytes).expect("a blob");
    let err = desk.refused(&["package", "install", "--locked"]);
    assert!(err.contains("weather-team/door 0.1.0: "), "{err}");
    drop(server);
    assert!(desk.refused(&["package", "install", "--locked"]).contains("can't be reached"));
}

/// Servers that break off in the middle of a package, send more than they said, or announce too much.
#[test]
fn a_transfer_that_goes_wrong_leaves_nothing() {
    let works = Works::get();
    let good = works.package("door-0.1.0", Some("ada"));
    for (what, why) in [("short", "broke off"), ("long", "more bytes come than"), ("huge", "67108864 are allowed")] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let location = format!("oci://{}", listener.local_addr().expect("a port"));
        let bytes = good.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.expect("a connection"), &bytes, what);
            }
        });
        let desk = Desk::using(&format!("oci-{what}"), &location);
        let err = desk.refused(&["package", "install", "weather-team/door"]);
        assert!(err.contains(why), "{what}: {err}");
        assert!(!desk.folder.join("cache/packages").exists(), "{what}");
    }
}

/// Answers one request as a registry with one package does, but for its bytes.
fn answer(mut stream: TcpStream, package: &[u8], what: &str) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
        request.push(byte[0]);
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default();
    let digest = format!("sha256:{}", prosector_package::sha256(package));
    let size = match what {
        "long" => package.len() / 2,
        "huge" => 1 << 40,
        _ => package.len(),
    };
    let (kind, body) = if path.ends_with("/v2/") {
        ("application/json", b"{}".to_vec())
    } else if path.contains("/tags/list") {
        ("application/json", br#"{"name":"weather-team/door","tags":["0.1.0"]}"#.to_vec())
    } else if path.contains("/manifests/") {
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.wasm.config.v0+json","digest":"{digest}","size":2}},"layers":[{{"mediaType":"application/wasm","digest":"{digest}","size":{size}}}]}}"#
        );
        ("application/vnd.oci.image.manifest.v1+json", manifest.into_bytes())
    } else {
        ("application/octet-stream", package.to_vec())
    };
    let sent = if what == "short" && kind.ends_with("octet-stream") { body.len() / 2 } else { body.len() };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body[..sent]));
}

/// Bundles that somebody has changed.
#[test]
fn a_bundle_has_what_bundles_have_and_nothing_else() {
    let works = Works::get();
    let desk = Desk::using("bundle-desk", "registry");
    assert!(desk.refused(&["package", "bundle", "-o", "all.bundle"]).contains("has no packages"));
    desk.write("registry/weather-team/door/0.1.0.wasm", works.package("door-0.1.0", Some("ada")));
    desk.good(&["package", "install", "weather-team/door"]);
    desk.good(&["package", "bundle", "-o", "all.bundle"]);
    let good = std::fs::read(desk.folder.join("all.bundle")).expect("a bundle");
    let site = Desk::trusting("bundle-site", "");
    let unbundle = |bytes: &[u8]| {
        site.write("some.bundle", bytes);
        site.refused(&["package", "unbundle", "some.bundle"])
    };
    // The name of the second file, whose header has a checksum.
    let renamed = |name: &str| {
        let mut header = tar::Header::new_ustar();
        header.set_size(4);
        header.as_ustar_mut().expect("a header").name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        let mut block = [0; 512];
        block[..4].copy_from_slice(b"evil");
        [&header.as_bytes()[..], &block, &good].concat()
    };
    for name in ["../plugins.toml", "/etc/passwd", "packages/../x.wasm", "x.cwasm", "packages/0.so"] {
        assert!(unbundle(&renamed(name)).contains("which no bundle has"), "{name}");
    }
    assert!(unbundle(&renamed("plugins.lock")).contains("is in it twice"));
    let extra = format!("packages/{}.wasm", "0".repeat(64));
    assert!(unbundle(&renamed(&extra)).contains("which plugins.lock does not name"));
    assert!(unbundle(b"nothing").contains("broken"));
    assert!(unbundle(&good[..good.len() / 2]).contains("some.bundle"));
    let mut changed = good.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    assert!(unbundle(&changed).contains("missing or broken"));
    site.write("some.bundle", &good);
    site.good(&["package", "unbundle", "some.bundle"]);
    site.dissects(&["--locked"]);
}
