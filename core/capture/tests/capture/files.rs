//! Files that cannot be read, and those that can.

use std::path::{Path, PathBuf};

use prosector_capture::{Error, Progress, Reader};

use crate::build::small_pcap;
use crate::{drain, line, read};

/// A path in a directory for tests that cargo provides.
fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn error(path: &Path) -> String {
    let error = line(&Reader::open(path).unwrap_err());
    error.strip_prefix(&format!("{}: ", path.display())).expect("begins with the file's name").to_owned()
}

#[test]
fn a_capture_file() {
    let (capture, ends) = small_pcap();
    let path = path("small.pcap");
    std::fs::write(&path, &capture).unwrap();
    let size = Some(capture.len() as u64);
    let mut reader = Reader::open(&path).unwrap();
    assert_eq!(reader.progress().size, size);
    assert_eq!(reader.next_batch(1).unwrap().frames.len(), 1);
    // One frame has been delivered already.
    assert_eq!(reader.next_batch(100).unwrap().frames.len(), ends.len() - 1);
    assert!(reader.next_batch(100).unwrap().frames.is_empty());
    assert_eq!(reader.progress(), Progress { read: capture.len() as u64, size });
    assert_eq!(drain(Reader::open(&path).unwrap(), 3).bytes(), read(&capture).bytes());
}

#[test]
fn a_compressed_capture_file_of_more_than_a_buffer() {
    let mut capture = small_pcap().0;
    let records = capture.split_off(24);
    let count = 10_000;
    capture.extend(records.repeat(count));
    let path = path("large.pcap.zst");
    std::fs::write(&path, zstd::encode_all(&capture[..], 1).unwrap()).unwrap();
    let mut reader = Reader::open(&path).unwrap();
    let len = reader.next_batch(usize::MAX).unwrap().data.len();
    assert!(len > 500_000, "batches of a file are full, whatever the decompressor gives at once: {len}");
    assert_eq!(drain(Reader::open(&path).unwrap(), 1000).frames.len(), 4 * count);
    let compressed = std::fs::read(&path).unwrap();
    std::fs::write(&path, &compressed[..compressed.len() - 9]).unwrap();
    let all = drain(Reader::open(&path).unwrap(), 1000);
    assert!(all.error.unwrap().ends_with("the zstd stream cut short"));
}

#[test]
fn a_missing_file() {
    assert_eq!(error(&path("no-such.pcap")), "no such file");
}

#[test]
fn a_directory() {
    assert_eq!(error(&path("")), "a directory, expected a capture file");
}

#[test]
fn no_permission() {
    let cause = std::io::ErrorKind::PermissionDenied.into();
    let error = Error::Open { name: "secret.pcap".into(), cause };
    assert_eq!(line(&error), "secret.pcap: no permission to read it");
}

#[test]
fn an_empty_file() {
    let empty = path("empty.pcap");
    std::fs::write(&empty, b"").unwrap();
    assert_eq!(error(&empty), "an empty file, expected a pcap or pcapng capture");
    let compressed = zstd::encode_all(&b""[..], 1).unwrap();
    assert_eq!(read(&compressed).error.unwrap(), "test: an empty zstd stream, expected a pcap or pcapng capture in it");
}

#[test]
fn a_file_of_another_kind() {
    assert_eq!(
        read(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR and so on").error.unwrap(),
        "test: not a capture: begins with 89 50 4e 47 0d 0a 1a 0a 00 00 00 0d 49 48 44 52 (.PNG........IHDR), \
         expected pcap or pcapng, plain or in gzip, zstd or lz4"
    );
    assert_eq!(
        read(&zstd::encode_all(&b"hi"[..], 1).unwrap()).error.unwrap(),
        "test: not a capture: the zstd stream in it begins with 68 69 (hi), \
         expected pcap or pcapng, plain or in gzip, zstd or lz4"
    );
    assert!(read(b"x").error.unwrap().contains("begins with 78 (x), "));
}
