//! Compressed captures.

use std::io::{Cursor, Write};

use prosector_capture::Reader;

use crate::build::{Build, Order, Random, small_pcap};
use crate::{drain, read};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn lz4(bytes: &[u8]) -> Vec<u8> {
    lz4_blocks(bytes, lz4_flex::frame::BlockSize::Max64KB)
}

fn lz4_blocks(bytes: &[u8], size: lz4_flex::frame::BlockSize) -> Vec<u8> {
    let info = lz4_flex::frame::FrameInfo::new()
        .block_size(size)
        .block_mode(lz4_flex::frame::BlockMode::Linked)
        .content_checksum(true);
    let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

type Compress = fn(&[u8]) -> Vec<u8>;
const ALL: [(&str, Compress); 3] = [("gzip", gzip), ("zstd", zstd), ("lz4", lz4)];

/// A pcap of some 300 kB, hard to compress, and where each frame ends.
fn larger_pcap() -> (Vec<u8>, Vec<usize>) {
    let mut random = Random(1);
    let mut b = Build::new(Order::Little).pcap(0xa1b2c3d4, (2, 4), 1);
    let mut ends = Vec::new();
    for _ in 0..500 {
        let data: Vec<u8> = (0..random.below(1200)).map(|_| random.below(200) as u8).collect();
        b = b.record((0, 0), (data.len() as u32, 2000), &data);
        ends.push(b.bytes.len());
    }
    (b.bytes, ends)
}

#[test]
fn every_compression() {
    let (capture, _) = larger_pcap();
    let plain = read(&capture);
    assert_eq!((plain.frames.len(), &plain.error), (500, &None));
    for (name, compress) in ALL {
        let all = read(&compress(&capture));
        assert_eq!(all.error, None, "{name}");
        assert_eq!(all.bytes(), plain.bytes(), "{name}");
    }
}

#[test]
fn several_members_or_frames() {
    let (capture, ends) = larger_pcap();
    let (first, second) = capture.split_at(ends[100] + 3);
    for (name, compress) in ALL {
        let all = read(&[compress(first), compress(second), compress(b"")].concat());
        assert_eq!((all.frames.len(), all.error), (500, None), "{name}");
    }
    use lz4_flex::frame::BlockSize;
    let all = read(&[lz4_blocks(first, BlockSize::Max1MB), lz4_blocks(second, BlockSize::Max64KB)].concat());
    assert_eq!((all.frames.len(), all.error), (500, None));
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3], &zstd(&capture)[..]].concat();
    let all = read(&skippable);
    assert_eq!((all.frames.len(), all.error), (500, None));
}

#[test]
fn cut_anywhere() {
    let (capture, ends) = small_pcap();
    for (name, compress) in ALL {
        let compressed = compress(&capture);
        for cut in 4..compressed.len() {
            let all = read(&compressed[..cut]);
            assert!(all.frames.len() <= ends.len());
            let error = all.error.expect("a cut stream is an error");
            assert!(error.ends_with(&format!("the {name} stream cut short")), "{cut}: {error}");
        }
    }
}

#[test]
fn cut_after_what_decompresses() {
    let (capture, ends) = larger_pcap();
    for (name, compress) in ALL {
        let compressed = compress(&capture);
        let all = read(&compressed[..compressed.len() / 2]);
        // lz4 and zstd decompress block by block, of 64 and 128 KiB.
        assert!(all.frames.len() > 150, "{name}: {}", all.frames.len());
        let error = all.error.unwrap();
        let at = ends[all.frames.len() - 1];
        assert!(error.starts_with(&format!("test: at byte {at}: expected a packet")), "{error}");
        assert!(error.ends_with(&format!("the {name} stream cut short")), "{error}");
    }
}

#[test]
fn damaged_anywhere() {
    let (capture, _) = larger_pcap();
    let plain = read(&capture);
    let mut random = Random(2);
    for (name, compress) in ALL {
        let compressed = compress(&capture);
        for _ in 0..200 {
            let mut damaged = compressed.clone();
            let at = random.below(damaged.len());
            damaged[at] ^= 1 << random.below(8);
            let all = read(&damaged);
            // A flag or a name in a header may change without a consequence.
            if at > 20 {
                assert!(all.error.is_some(), "{name}, byte {at}");
            }
            assert!(all.frames.len() <= plain.frames.len());
        }
    }
}

#[test]
fn damage_is_told() {
    let (capture, _) = larger_pcap();
    for (name, compress) in ALL {
        let mut damaged = compress(&capture);
        // In the checksum, which is behind all frames.
        let end = damaged.len();
        damaged[end - 2] ^= 1;
        let all = read(&damaged);
        assert_eq!(all.frames.len(), 500, "{name}");
        let error = all.error.unwrap();
        assert!(error.contains(&format!("damage in the {name} stream (")), "{error}");
    }
}

#[test]
fn hostile_lz4_does_not_panic() {
    let mut random = Random(3);
    let seed = lz4(&small_pcap().0);
    for _ in 0..20_000 {
        let mut damaged = seed.clone();
        for _ in 0..=random.below(4) {
            let at = 4 + random.below(damaged.len() - 4);
            damaged[at] = random.below(256) as u8;
        }
        read(&damaged);
    }
}

#[test]
fn a_pipe_delivers_what_is_there() {
    /// Panics if read more often than needed for the bytes that it has given.
    struct Pipe(Vec<Vec<u8>>);
    impl std::io::Read for Pipe {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let chunk = self.0.pop().expect("waits for bytes that don't come");
            buffer[..chunk.len()].copy_from_slice(&chunk);
            Ok(chunk.len())
        }
    }
    let (capture, ends) = small_pcap();
    let chunks = vec![capture[..4].to_vec(), capture[4..24].to_vec(), capture[24..ends[1] + 5].to_vec()];
    let mut reader = Reader::new(Box::new(Pipe(chunks.into_iter().rev().collect())), "pipe".into()).unwrap();
    assert_eq!(reader.next_batch(100).unwrap().frames.len(), 2);

    // Flushed after the second frame, with no end yet.
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&capture[..ends[1]]).unwrap();
    encoder.flush().unwrap();
    let chunk = encoder.get_ref().clone();
    let chunks = vec![chunk[..4].to_vec(), chunk[4..].to_vec()];
    let mut reader = Reader::new(Box::new(Pipe(chunks.into_iter().rev().collect())), "pipe".into()).unwrap();
    assert_eq!(reader.next_batch(100).unwrap().frames.len(), 2);
}

#[test]
fn small_batches_and_small_reads_change_nothing() {
    /// One byte a read.
    struct Drip(Cursor<Vec<u8>>);
    impl std::io::Read for Drip {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            std::io::Read::read(&mut self.0, &mut buffer[..1])
        }
    }
    let (capture, _) = small_pcap();
    let plain = read(&capture);
    for bytes in [capture.clone(), gzip(&capture), zstd(&capture), lz4(&capture)] {
        for max in [1, 2, 100] {
            let reader = Reader::new(Box::new(Drip(Cursor::new(bytes.clone()))), "drip".into()).unwrap();
            let all = drain(reader, max);
            assert_eq!((all.bytes(), &all.error), (plain.bytes(), &None));
        }
    }
}
