//! Live capture, on the loopback interface and on virtual ones that a test makes itself. All traffic is the tests' own and stays on this
//! machine. What lacks the privilege to capture says so and passes.
#![cfg(unix)]

mod support;

use std::io::{BufRead, BufReader, Read};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::{folder, prosector, run, texts};

/// The loopback interface's name.
const LO: &str = if cfg!(target_os = "macos") { "lo0" } else { "lo" };

/// Whether this process may capture; says it if not.
fn may_capture() -> bool {
    let (out, _, _) = texts(&run(&["interfaces"]));
    let may = out.lines().any(|line| line.starts_with(&format!("{LO}: ")) && !line.contains("cannot be opened"));
    if !may {
        eprintln!("skipped: no permission to capture");
    }
    may
}

/// Two sockets of a test's own: what the first sends, the second gets.
struct Talk {
    from: UdpSocket,
    to: UdpSocket,
}

impl Talk {
    fn new() -> Talk {
        let socket = || UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let talk = Talk { from: socket(), to: socket() };
        talk.from.connect(talk.to.local_addr().expect("an address")).expect("it connects");
        talk
    }

    fn filter(&self) -> String {
        format!("udp dst port {}", self.to.local_addr().expect("an address").port())
    }

    fn send(&self, bytes: &[u8]) {
        self.from.send(bytes).expect("it is sent");
    }
}

/// A capture that runs.
struct Capture {
    child: Child,
    messages: BufReader<std::process::ChildStderr>,
}

impl Capture {
    /// Starts it, and waits until it captures.
    fn start(arguments: &[&str]) -> Capture {
        // Whatever goes wrong, it ends.
        Capture::of(prosector().args(["capture", "-a", "duration:60"]).args(arguments))
    }

    fn of(command: &mut Command) -> Capture {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        let messages = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut capture = Capture { child, messages };
        let line = capture.message();
        assert!(line.contains("capturing from"), "{line}");
        capture
    }

    fn message(&mut self) -> String {
        let mut line = String::new();
        self.messages.read_line(&mut line).expect("a message");
        line
    }

    fn signal(&self, name: &str) {
        let done = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(done.expect("kill runs").success());
    }

    /// Waits for its end: standard output, messages, status.
    fn end(mut self) -> (String, String, Option<i32>) {
        let (mut out, mut err) = (String::new(), String::new());
        self.child.stdout.take().expect("a pipe").read_to_string(&mut out).expect("UTF-8");
        self.messages.read_to_string(&mut err).expect("UTF-8");
        (out, err, self.child.wait().expect("it ends").code())
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

/// Waits until something is so.
fn until(what: &str, mut so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}: not in 20 s");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// How many frames a capture file has; none where it can't be read to its end.
fn frames(file: &Path) -> Option<usize> {
    let (out, _, status) = texts(&run(&["read", text(file), "-T", "fields", "-e", "frame.number"]));
    (status == 0).then(|| out.lines().count())
}

#[test]
fn what_cannot_be_captured_says_why() {
    let wrong = |arguments: &[&str], says: &str| {
        let (out, err, status) = texts(&run(&[&["capture", "-a", "duration:1"], arguments].concat()));
        assert_eq!((out.as_str(), status), ("", 2), "{err}");
        assert!(err.contains(says), "{err}");
    };
    wrong(&["-i", "lp"], "lp: no such interface; did you mean lo?");
    wrong(&["-i", LO, "-b", "files:2", "-w", "x.pcapng"], "-b files: needs -b filesize:");
    wrong(&["-i", LO, "-b", "packets:2", "-w", "-"], "can't be a ring");
    wrong(&["-i", LO, "-a", "filesize:2"], "go with -w");
    wrong(&["-i", LO, "-a", "size:2"], "expected duration:SECONDS");
    wrong(&["-i", LO, "-w", "-", "-V"], "standard output");
    if may_capture() {
        wrong(&["-i", LO, "tcp", "prot", "80"], "capture filter: syntax error\n  tcp prot 80\n      ^\n");
        wrong(&["-i", LO, "-f", "udp port nowhere"], "\n  udp port nowhere\n           ^\n");
        wrong(&["-i", LO, "--user", "nobody-of-this-name"], "there is no such user");
    }
}

#[test]
fn frames_are_shown_while_the_capture_goes_on() {
    if !may_capture() {
        return;
    }
    for more in [&[][..], &["--workers", "2"], &["--immediate"]] {
        let talk = Talk::new();
        let fields = ["-T", "fields", "-e", "frame.number", "-e", "data.len", "-e", "frame.interface_name"];
        let filter = talk.filter();
        let mut capture = Capture::start(&[&["-i", LO, "-f", &filter, "-c", "3"], more, &fields].concat());
        let mut out = BufReader::new(capture.child.stdout.take().expect("a pipe"));
        for n in 1..=3 {
            talk.send(&vec![0; n]);
            let mut line = String::new();
            out.read_line(&mut line).expect("a line");
            assert_eq!(line, format!("{n}\t{n}\t{LO}\n"), "it comes before the next is sent");
        }
        let mut messages = String::new();
        capture.messages.read_to_string(&mut messages).expect("messages");
        assert_eq!(messages, format!("prosector: {LO}: 3 frames received, 0 dropped by the kernel\n"));
        assert!(capture.child.wait().expect("it ends").success());
    }
}

#[test]
fn the_file_can_be_read_while_it_is_written_and_after_a_kill() {
    if !may_capture() {
        return;
    }
    let folder = folder("live-file");
    for name in ["a.pcapng", "a.pcap", "a.pcapng.gz", "a.pcapng.zst", "a.pcap.lz4"] {
        let (file, talk) = (folder.join(name), Talk::new());
        let mut capture = Capture::start(&["-i", LO, "-f", &talk.filter(), "-w", text(&file)]);
        (0..10).for_each(|n| talk.send(&[n; 100]));
        until("ten frames", || frames(&file) == Some(10));
        (0..10).for_each(|n| talk.send(&[n; 100]));
        until("twenty frames", || frames(&file) == Some(20));
        capture.child.kill().expect("it is killed");
        capture.child.wait().expect("it ends");
        assert_eq!(frames(&file), Some(20), "{name}");
    }
}

#[test]
fn signals_tell_counters_and_end_in_order() {
    if !may_capture() {
        return;
    }
    let (file, talk) = (folder("live-signals").join("a.pcapng"), Talk::new());
    let filter = talk.filter();
    let mut capture = Capture::start(&["-i", LO, "-f", &filter, "-w", text(&file), "-T", "fields", "-e", "udp.length"]);
    (0..5).for_each(|_| talk.send(b"12345"));
    until("five frames", || frames(&file) == Some(5));
    capture.signal("USR1");
    assert_eq!(capture.message(), format!("prosector: {LO}: 5 frames received, 0 dropped by the kernel\n"));
    talk.send(b"12345");
    until("six frames", || frames(&file) == Some(6));
    capture.signal("INT");
    let (out, err, status) = capture.end();
    assert_eq!((out, status), ("13\n".repeat(6), Some(0)));
    let expected = format!(
        "prosector: {LO}: 6 frames received, 0 dropped by the kernel\nprosector: 6 frames written to {}\n",
        file.display()
    );
    assert_eq!(err, expected);
    let (info, _, _) = texts(&run(&["info", "--json", text(&file)]));
    let info: serde_json::Value = serde_json::from_str(&info).expect("JSON");
    let interface = &info["interfaces"][0];
    assert_eq!((&interface["name"], &interface["filter"]), (&LO.into(), &filter.into()));
    assert_eq!((&interface["frames"], &interface["dropped"]), (&6.into(), &0.into()));
}

#[test]
fn a_ring_keeps_the_last_files_and_stops_where_it_is_to() {
    if !may_capture() {
        return;
    }
    let (folder, talk) = (folder("live-ring"), Talk::new());
    let file = folder.join("ring.pcapng");
    let ring = ["-b", "packets:3", "-b", "files:2", "-a", "files:4"];
    let capture = Capture::start(&[&["-i", LO, "-f", &talk.filter(), "-w", text(&file)], &ring[..]].concat());
    (0..20).for_each(|n| talk.send(&[n; 10]));
    let (_, err, status) = capture.end();
    assert_eq!(status, Some(0), "{err}");
    assert!(err.contains("12 frames written to 4 files"), "{err}");
    let mut files: Vec<_> = std::fs::read_dir(&folder).expect("a folder").map(|f| f.expect("a file").path()).collect();
    files.sort();
    let names: Vec<_> =
        files.iter().map(|f| f.file_name().expect("a name").to_string_lossy()[..10].to_owned()).collect();
    assert_eq!(names, ["ring_00003", "ring_00004"]);
    let first = |file: &Path| texts(&run(&["read", text(file), "-T", "fields", "-e", "data.data"])).0;
    assert_eq!(first(&files[0]), ["06", "07", "08"].map(|b| b.repeat(10) + "\n").concat());
    assert_eq!(first(&files[1]), ["09", "0a", "0b"].map(|b| b.repeat(10) + "\n").concat());

    let file = folder.join("limited.pcap");
    let capture = Capture::start(&["-i", LO, "-f", &talk.filter(), "-w", text(&file), "-a", "filesize:1"]);
    (0..20).for_each(|n| talk.send(&[n; 100]));
    assert_eq!(capture.end().2, Some(0));
    // Each record has 16 bytes of header, 14 of Ethernet, 28 of IP and UDP.
    assert_eq!(frames(&file), Some((1000 - 24) / (16 + 14 + 28 + 100)));
}

#[test]
fn a_file_that_is_removed_ends_the_capture() {
    if !may_capture() {
        return;
    }
    let (file, talk) = (folder("live-removed").join("a.pcapng"), Talk::new());
    let capture = Capture::start(&["-i", LO, "-f", &talk.filter(), "-w", text(&file)]);
    talk.send(b"1");
    until("a frame", || frames(&file) == Some(1));
    std::fs::remove_file(&file).expect("it is there");
    let (_, err, status) = capture.end();
    assert_eq!(status, Some(1));
    assert!(err.contains("a.pcapng: cannot write it: somebody has removed it"), "{err}");
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_capture() {
    if !may_capture() {
        return;
    }
    let talk = Talk::new();
    let mut capture = Capture::start(&["-i", LO, "-f", &talk.filter()]);
    drop(capture.child.stdout.take());
    until("the end", || {
        talk.send(b"1");
        capture.child.try_wait().expect("a state").is_some()
    });
    assert!(capture.child.wait().expect("it ended").success());
}

#[test]
fn a_link_type_without_a_dissector_is_told_once_and_shown_as_bytes() {
    if !may_capture() {
        return;
    }
    let talk = Talk::new();
    let fields = ["-T", "fields", "-e", "frame.protocols"];
    let calls = ["-i", LO, "--disable", "eth", "-c", "2", "-f", &talk.filter()];
    let mut capture = Capture::start(&[&calls[..], &fields].concat());
    let told = format!("prosector: {LO}: no dissector for Ethernet: its frames are shown as bytes\n");
    assert_eq!(capture.message(), told);
    (0..2).for_each(|_| talk.send(b"x"));
    let (out, err, status) = capture.end();
    assert_eq!((out.as_str(), status), ("data\ndata\n", Some(0)));
    assert!(!err.contains("no dissector"), "{err}");
}

/// Whoever reads the output may never take it: the second signal ends the capture all the same.
#[test]
fn a_second_signal_ends_what_cannot_end_in_order() {
    if !may_capture() {
        return;
    }
    let talk = Talk::new();
    let filter = talk.filter();
    let mut capture = Capture::start(&["-i", LO, "-f", &filter, "-x", "--stats-interval", "0.2"]);
    // More than a pipe holds, which nobody reads.
    (0..200).for_each(|_| talk.send(&[0; 1000]));
    until("all are received", || capture.message().contains(": 200 frames received"));
    until("the end", || {
        capture.signal("INT");
        capture.child.try_wait().expect("a state").is_some()
    });
    assert_eq!(capture.child.wait().expect("it ended").code(), Some(130));
}

/// On Linux `/proc` says what a process may do.
#[cfg(target_os = "linux")]
#[test]
fn nothing_is_dissected_with_privileges() {
    if !may_capture() {
        return;
    }
    let status_of = |path: String, name: &str| {
        let status = std::fs::read_to_string(path).expect("a status");
        let line = status.lines().find(|line| line.starts_with(name)).expect("a line").to_owned();
        line.split_whitespace().nth(1).expect("a value").to_owned()
    };
    let capture = Capture::start(&["-i", LO, "-a", "duration:20"]);
    let id = capture.child.id();
    // The main thread dissects and prints.
    until("no capabilities", || status_of(format!("/proc/{id}/task/{id}/status"), "CapEff:") == "0".repeat(16));
    drop(capture);
    if status_of("/proc/self/status".into(), "Uid:") == "0" {
        // From where he may read: he needn't be allowed into this folder.
        let mut command = prosector();
        command.current_dir("/").env("HOME", "/").env_remove("XDG_CONFIG_HOME");
        let capture = Capture::of(command.args(["capture", "-i", LO, "-a", "duration:20", "--user", "nobody"]));
        let id = capture.child.id();
        for task in std::fs::read_dir(format!("/proc/{id}/task")).expect("tasks") {
            let status = task.expect("a task").path().join("status").display().to_string();
            assert_ne!(status_of(status.clone(), "Uid:"), "0");
            assert_eq!(status_of(status, "CapPrm:"), "0".repeat(16));
        }
    } else {
        eprintln!("skipped: only root can become another user");
    }
}

/// A pair of virtual interfaces in network namespaces of a test's own.
#[cfg(target_os = "linux")]
struct Namespaces([String; 2]);

#[cfg(target_os = "linux")]
impl Namespaces {
    /// `None`, and a word about it, where that isn't allowed.
    fn new(name: &str) -> Option<Namespaces> {
        let both = Namespaces([0, 1].map(|i| format!("prosector-{name}-{}-{i}", std::process::id())));
        let [a, b] = &both.0;
        let calls = [
            format!("netns add {a}"),
            format!("netns add {b}"),
            format!("-n {a} link add va type veth peer name vb netns {b}"),
            format!("-n {a} link set va up"),
            format!("-n {b} link set vb up"),
            format!("-n {a} addr add 192.0.2.1/24 dev va"),
        ];
        if !calls.iter().all(|call| ip(call)) {
            eprintln!("skipped: no network namespaces can be made here");
            return None;
        }
        Some(both)
    }
}

#[cfg(target_os = "linux")]
impl Drop for Namespaces {
    fn drop(&mut self) {
        for name in &self.0 {
            ip(&format!("netns del {name}"));
        }
    }
}

#[cfg(target_os = "linux")]
fn ip(arguments: &str) -> bool {
    let done = Command::new("ip").args(arguments.split(' ')).stdout(Stdio::null()).stderr(Stdio::null()).status();
    done.is_ok_and(|status| status.success())
}

#[cfg(target_os = "linux")]
#[test]
fn an_interface_goes_down_comes_back_and_is_removed() {
    if !may_capture() {
        return;
    }
    let Some(spaces) = Namespaces::new("down") else { return };
    let [a, b] = &spaces.0;
    let program = env!("CARGO_BIN_EXE_prosector");
    let mut command = Command::new("ip");
    command.args(["netns", "exec", b, program, "capture", "-i", "vb"]);
    let mut capture = Capture::of(&mut command);
    assert!(ip(&format!("-n {b} link set vb down")));
    assert_eq!(capture.message(), "prosector: vb: is down; waiting for it to come back\n");
    assert!(ip(&format!("-n {b} link set vb up")));
    assert_eq!(capture.message(), "prosector: vb: is up again\n");
    assert!(ip(&format!("-n {a} link del va")));
    let (_, err, status) = capture.end();
    assert_eq!(status, Some(1), "{err}");
    assert!(err.contains("vb: capture ends: ") && err.contains("frames received"), "{err}");
}

#[cfg(target_os = "linux")]
#[test]
fn several_interfaces_give_one_file() {
    if !may_capture() {
        return;
    }
    let (file, talk) = (folder("live-several").join("a.pcapng"), Talk::new());
    let capture = Capture::start(&["-i", LO, "-i", "any", "-f", &talk.filter(), "-w", text(&file)]);
    talk.send(b"x");
    let both = || {
        let fields = ["-T", "fields", "-e", "frame.interface_name", "-e", "data.data"];
        let (out, _, _) = texts(&run(&[&["read", text(&file)], &fields[..]].concat()));
        ["lo\t78", "any\t78"].iter().all(|wanted| out.lines().any(|line| line == *wanted))
    };
    until("the frame from both", both);
    capture.signal("INT");
    let (_, err, status) = capture.end();
    assert_eq!(status, Some(0), "{err}");
    assert!(both());
    let (_, err, status) = texts(&run(&["capture", "-i", LO, "-i", "any", "-w", "x.pcap", "-a", "duration:1"]));
    assert_eq!(status, 2);
    assert!(err.contains("pcap holds frames of one link type"), "{err}");
}
