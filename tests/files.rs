//! The file tools: what is written reads back as it was.

mod support;

use serde_json::Value;
use std::path::Path;
use support::{acme, captures, folder, prosector, run, texts, top};

fn ok(arguments: &[&str]) -> String {
    let (out, err, status) = texts(&run(arguments));
    assert_eq!((err.as_str(), status), ("", 0), "{arguments:?}");
    out
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// Every frame as JSON; of a capture without interfaces, without those that it has after it was written as pcapng.
fn frames(capture: &Path, with_interfaces: bool) -> Vec<Value> {
    let (out, _, _) = texts(&run(&["read", "-T", "ndjson", text(capture)]));
    let mut frames: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for frame in frames.iter_mut().filter(|_| !with_interfaces) {
        remove(frame, &["frame.interface_id", "frame.interface_name", "frame.section_number"]);
    }
    frames
}

fn remove(value: &mut Value, names: &[&str]) {
    match value {
        Value::Object(object) => {
            names.iter().for_each(|name| drop(object.remove(*name)));
            object.values_mut().for_each(|value| remove(value, names));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| remove(value, names)),
        _ => {}
    }
}

#[test]
fn a_capture_that_is_written_reads_as_before() {
    acme();
    let folder = folder("written");
    for capture in captures() {
        let pcapng = capture.extension().is_some_and(|e| e == "pcapng");
        for name in ["a.pcapng", "a.pcapng.gz", "a.pcapng.zst", "a.pcapng.lz4", "a.nsec"] {
            let out = folder.join(name);
            let format = if name == "a.nsec" { "nsecpcap" } else { "pcapng" };
            // pcap has no room for much of what pcapng has.
            if format == "nsecpcap" && pcapng {
                continue;
            }
            assert_eq!(ok(&["read", text(&capture), "-w", text(&out), "-F", format]), "");
            let (before, after) = (frames(&capture, pcapng), frames(&out, pcapng));
            assert!(!before.is_empty());
            assert_eq!(before, after, "{} as {name}", capture.display());
        }
    }
}

#[test]
fn a_filter_chooses_what_is_written() {
    acme();
    let out = folder("chosen").join("dns.pcapng");
    assert_eq!(ok(&["read", "tests/captures/office.pcap", "-Y", "dns", "-w", text(&out)]), "");
    assert_eq!(ok(&["read", text(&out), "-T", "fields", "-e", "dns.qry.name"]), "www.example.com\nwww.example.com\n");
    // Printed as well, where that is asked for.
    let printed = ok(&[
        "read",
        "tests/captures/office.pcap",
        "-Y",
        "arp",
        "-w",
        text(&out),
        "-T",
        "fields",
        "-e",
        "frame.number",
    ]);
    assert_eq!(printed, "1\n2\n");
    assert_eq!(ok(&["read", text(&out), "-T", "fields", "-e", "arp.opcode"]), "1\n2\n");
}

#[test]
fn nothing_chosen_is_a_capture_too() {
    acme();
    let folder = folder("nothing");
    for name in ["none.pcapng", "none.pcap", "none.pcapng.gz"] {
        let out = folder.join(name);
        ok(&["read", "tests/captures/office.pcap", "-Y", "sip", "-w", text(&out)]);
        assert_eq!(ok(&["read", text(&out)]), "");
    }
}

#[test]
fn a_capture_goes_through_a_pipe() {
    acme();
    let written = prosector().args(["read", "tests/captures/links.pcapng", "-w", "-"]).output().expect("it runs");
    let out = folder("piped").join("a.pcapng");
    std::fs::write(&out, &written.stdout).expect("a file");
    assert_eq!(frames(&out, true), frames(&top().join("tests/captures/links.pcapng"), true));
}

#[test]
fn what_makes_no_sense_is_said() {
    acme();
    let wrong = |arguments: &[&str], says: &str| {
        let (out, err, status) = texts(&run(arguments));
        assert_eq!((out.as_str(), status), ("", 2), "{arguments:?}: {err}");
        assert!(err.contains(says), "{err}");
    };
    let office = "tests/captures/office.pcap";
    wrong(&["read", office, office, "-w", "x.pcapng"], "prosector merge");
    wrong(&["read", office, "-w", "-", "-V"], "standard output");
    wrong(&["slice", office, "-w", "x.pcapng", "--frames", "9-3"], "9-3");
    wrong(&["slice", office, "-w", "x.pcapng", "--from", "yesterday"], "expected a time");
    let own = folder("own").join("own.pcap");
    std::fs::copy(top().join(office), &own).expect("a copy");
    let before = std::fs::read(&own).expect("it is there");
    for call in [&["read", text(&own)][..], &["slice", text(&own)], &["merge", office, text(&own)]] {
        wrong(&[call, &["-w", text(&own)]].concat(), "that is the capture that is read");
    }
    assert_eq!(std::fs::read(&own).expect("it is there"), before);
    let (_, err, status) = texts(&run(&["read", office, "-w", "/no/such/folder/x.pcapng"]));
    assert_eq!(
        (err.as_str(), status),
        ("prosector: /no/such/folder/x.pcapng: cannot write it: there is no such folder\n", 1)
    );
    let (_, err, status) =
        texts(&run(&["slice", "tests/captures/links.pcapng", "-w", text(&folder("links").join("x.pcap"))]));
    assert_eq!(status, 2, "{err}");
    assert!(err.contains("one link type") && err.contains("pcapng holds both"), "{err}");
    // The frames before that are there.
    let written = folder("links-merged").join("x.pcap");
    for call in [&["read"][..], &["slice"], &["merge"]] {
        let (_, _, status) = texts(&run(&[call, &["tests/captures/links.pcapng", "-w", text(&written)]].concat()));
        assert_eq!((status, ok(&["read", text(&written)]).lines().count()), (2, 1), "{call:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    acme();
    let (_, err, status) = texts(&run(&["read", "tests/captures/office.pcap", "-w", "/dev/full"]));
    assert_eq!(status, 1);
    assert_eq!(err, "prosector: /dev/full: the disk is full; the file ends with the last whole frame\n");
}

#[test]
fn secrets_before_a_frame_that_is_not_chosen_are_not_lost() {
    acme();
    let secrets = "tests/captures/secrets.pcapng";
    let decrypted = |arguments: &[&str]| ok(&[&["read", "-Y", "tls && http"], arguments].concat()).lines().count();
    let all = decrypted(&[secrets]);
    assert!(all > 0);
    assert_eq!(decrypted(&[secrets, "-f", "tcp[tcpflags] & tcp-syn == 0"]), all);
    let out = folder("secrets").join("a.pcapng");
    ok(&["slice", secrets, "-f", "tcp[tcpflags] & tcp-syn == 0", "-w", text(&out)]);
    assert_eq!(decrypted(&[text(&out)]), all);
}

#[test]
fn capture_filters_choose_frames_of_files() {
    acme();
    let numbers =
        |filter: &str| ok(&["read", "tests/captures/office.pcap", "-f", filter, "-T", "fields", "-e", "frame.number"]);
    assert_eq!(numbers("arp"), "1\n2\n");
    assert_eq!(numbers("udp port 53 or icmp6"), "3\n4\n13\n14\n");
    assert_eq!(numbers("tcp port 443"), "");
    let (_, err, status) = texts(&run(&["read", "tests/captures/links.pcapng", "-f", "tcp prot 80"]));
    assert_eq!(status, 2);
    assert_eq!(err, "prosector: capture filter: syntax error\n  tcp prot 80\n      ^\n");
}

#[test]
fn slices_by_number_time_and_length() {
    acme();
    let out = folder("slices").join("s.pcapng");
    let numbers = |arguments: &[&str], file: &str| {
        ok(&[&["slice", file, "-w", text(&out)], arguments].concat());
        ok(&["read", text(&out), "-T", "fields", "-e", "frame.time_epoch"])
    };
    let office = "tests/captures/office.pcap";
    let times = ok(&["read", office, "-T", "fields", "-e", "frame.time_epoch"]);
    let times: Vec<&str> = times.lines().collect();
    let lines = |range: &[usize]| range.iter().map(|n| format!("{}\n", times[n - 1])).collect::<String>();
    assert_eq!(numbers(&["--frames", "2-3,15"], office), lines(&[2, 3, 15]));
    assert_eq!(numbers(&["--frames", "14-"], office), lines(&[14, 15]));
    assert_eq!(numbers(&["--frames", "-2"], office), lines(&[1, 2]));
    assert_eq!(numbers(&["--from", "+0.0025", "--to", "+0.005"], office), lines(&[4, 5]));
    assert_eq!(numbers(&["--from", times[13]], office), lines(&[14, 15]));
    assert_eq!(numbers(&["--to", "2023-11-14 22:13:20.001"], office), lines(&[1]));
    ok(&["slice", office, "-w", text(&out), "-s", "20"]);
    let lengths = ok(&["read", text(&out), "-T", "fields", "-e", "frame.cap_len", "-e", "frame.len"]);
    assert!(lengths.starts_with("20\t60\n20\t60\n20\t75\n"), "{lengths}");
}

#[test]
fn parts_merge_into_the_whole() {
    acme();
    let folder = folder("merged");
    for capture in ["tests/captures/links.pcapng", "tests/captures/secrets.pcapng", "tests/captures/office.pcap"] {
        let (odd, even, whole) = (folder.join("odd.pcapng"), folder.join("even.pcapng"), folder.join("whole.pcapng"));
        // The last frame of links.pcapng has no time, and a place in the order by that alone.
        let last = if capture.contains("links") { 8 } else { 60 };
        let numbers = |first: usize| (first..=last).step_by(2).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        ok(&["slice", capture, "-w", text(&odd), "--frames", &numbers(1)]);
        ok(&["slice", capture, "-w", text(&even), "--frames", &numbers(2)]);
        ok(&["merge", text(&even), text(&odd), "-w", text(&whole)]);
        let strip = |mut frames: Vec<Value>| {
            // Sections become one, and their interfaces are numbered through.
            let own = ["frame.section_number", "frame.interface_id", "frame.interface_name"];
            frames.iter_mut().for_each(|frame| remove(frame, &own));
            frames
        };
        let mut expected = frames(&top().join(capture), true);
        expected.truncate(last);
        // Compared one by one: whole captures are too long to be told apart.
        for (merged, frame) in strip(frames(&whole, true)).iter().zip(strip(expected)) {
            assert_eq!(*merged, frame, "{capture}");
        }
        ok(&["merge", "-a", text(&even), text(&odd), "-w", text(&whole)]);
        let appended = ok(&["read", text(&whole), "-T", "fields", "-e", "frame.time_epoch"]);
        let parts = [&even, &odd].map(|part| ok(&["read", text(part), "-T", "fields", "-e", "frame.time_epoch"]));
        assert_eq!(appended, parts.concat());
    }
}

#[test]
fn info_says_what_a_capture_is() {
    acme();
    let of = |capture: &str| -> Value { serde_json::from_str(&ok(&["info", "--json", capture])).expect("JSON") };
    let office = of("tests/captures/office.pcap");
    assert_eq!(office["frames"], 15);
    assert_eq!(office["format"], "pcap");
    assert_eq!(office["first"], "1700000000.000000000");
    assert_eq!(office["frames_by_link_type"], serde_json::json!({"1": 15}));
    assert_eq!(office["in_order"], true);
    let gz = of("tests/captures/little-endian.pcap.gz");
    assert_eq!(gz["compression"], "gzip");
    let links = of("tests/captures/links.pcapng");
    assert!(links["interfaces"].as_array().is_some_and(|i| i.len() > 3));
    let lines = ok(&["info", "tests/captures/office.pcap"]);
    assert!(
        lines.contains("Frames:            15\n") && lines.contains("Link type:         Ethernet (1), 15 frames\n"),
        "{lines}"
    );
}

#[test]
fn what_is_before_a_break_is_kept_and_the_break_told() {
    acme();
    let folder = folder("cut-short");
    let (cut, out) = (folder.join("cut.pcap"), folder.join("out.pcapng"));
    let whole = std::fs::read(top().join("tests/captures/office.pcap")).expect("a capture");
    std::fs::write(&cut, &whole[..whole.len() - 5]).expect("a file");
    let numbers = |file: &Path| ok(&["read", text(file), "-T", "fields", "-e", "frame.number"]).lines().count();
    let cases: [&[&str]; 3] =
        [&["read", text(&cut), "-w"], &["slice", text(&cut), "-w"], &["merge", text(&cut), text(&cut), "-w"]];
    for (call, frames) in cases.iter().zip([14, 14, 28]) {
        let (_, err, status) = texts(&run(&[call, &[text(&out)][..]].concat()));
        assert_eq!(status, 1, "{call:?}");
        assert!(err.lines().all(|line| line.contains("cut.pcap: at byte")) && !err.is_empty(), "{err}");
        assert_eq!(numbers(&out), frames, "{call:?}");
    }
    let (info, err, status) = texts(&run(&["info", text(&cut), "tests/captures/office.pcap"]));
    assert_eq!(status, 1);
    assert!(info.contains("Frames:            14\n") && info.contains("Frames:            15\n"), "{info}");
    assert!(err.contains("cut.pcap: at byte"), "{err}");
}
