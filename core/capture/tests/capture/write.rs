//! What is copied is what was there, whatever the byte order.

use crate::build::{Build, none};
use crate::{All, read};
use prosector_capture::{Copier, Format, Reader};
use std::path::Path;

use crate::build::ORDERS;

/// Copies the frames that are chosen by their numbers; gives the bytes of the copy.
fn copy(capture: &[u8], format: Format, snaplen: Option<u32>, chosen: impl Fn(u64) -> bool) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("copy");
    let mut reader = reader(capture);
    reader.keep_blocks();
    let mut copier = Copier::create(&path, format, snaplen).expect("a file");
    while !reader.next_batch(2).expect("a whole capture").frames.is_empty() {
        copier.copy(&mut reader, |_, frame| chosen(frame.number)).expect("it is written");
    }
    copier.finish(&mut reader).expect("it is written");
    std::fs::read(&path).expect("it is there")
}

fn reader(capture: &[u8]) -> Reader {
    let input = std::io::Cursor::new(capture.to_vec());
    Reader::new(Box::new(input), "test".into()).expect("a capture")
}

/// The kinds of the blocks of a little-endian file, and the first number in each.
fn kinds(file: &[u8]) -> Vec<(u32, u32)> {
    let number = |at: usize| u32::from_le_bytes(*file[at..].first_chunk().expect("four bytes"));
    let (mut kinds, mut at) = (Vec::new(), 0);
    while at < file.len() {
        kinds.push((number(at), number(at + 8)));
        at += number(at + 4) as usize;
    }
    kinds
}

const SECTION: (u32, u32) = (0x0a0d_0d0a, 0x1a2b_3c4d);

/// Two sections with everything that a pcapng file may have.
fn everything(order: crate::build::Order) -> Vec<u8> {
    let statistics = |b: Build| {
        let b = b.u32(1).u32(0).u32(7_000_000);
        let b = b.option(2, &Build::new(order).u32(0).u32(1_000_000).bytes);
        b.option(5, &Build::new(order).u64(9).bytes).option(0, &[])
    };
    let names = |b: Build| b.u16(1).u16(6).raw(&[192, 0, 2, 1, b'a', 0]).pad().u16(0).u16(0).option(2, b"dns");
    Build::new(order)
        .section()
        .interface(1, 0, |b| b.option(8, &Build::new(order).u64(1_000_000).bytes).option(11, b"\0tcp"))
        .interface(113, 64, |b| b.option(2, b"any").option(9, &[6]))
        .block(4, names)
        .packet(0, 1, 60, b"first", |b| b.option(4, &Build::new(order).u64(3).bytes).option(1, b"a comment"))
        .block(0xbad, |b| b.u32(32473).raw(b"custom"))
        .packet(1, 2, 6, b"second", |b| b.option(2988, &Build::new(order).u32(32473).raw(b"mine").bytes))
        .block(5, statistics)
        .section()
        .interface(1, 0, none)
        .block(3, |b| b.u32(6).raw(b"simple"))
        .block(9, |b| b.raw(b"a journal"))
        .bytes
}

#[test]
fn both_byte_orders_give_the_same_copy() {
    let [little, big] = ORDERS.map(|order| copy(&everything(order), Format::Pcapng, None, |_| true));
    assert_eq!(little, big);
    // Blocks stand between the same frames; the journal is left out, the interface statistics are of number 1.
    let (names, custom, statistics) = ((4, 1 | 6 << 16), (0xbad, 32473), (5, 1));
    let first = [SECTION, (1, 1), (1, 113), names, (6, 0), custom, (6, 1), statistics];
    assert_eq!(kinds(&little), [&first[..], &[SECTION, (1, 1), (3, 6)]].concat());
}

#[test]
fn a_copy_of_a_copy_is_the_same() {
    for order in ORDERS {
        let once = copy(&everything(order), Format::Pcapng, None, |_| true);
        assert_eq!(copy(&once, Format::Pcapng, None, |_| true), once);
        let same = |all: &All| {
            all.frames
                .iter()
                .map(|f| (f.frame.time, f.frame.wire_len, f.bytes.clone(), f.extra.clone()))
                .collect::<Vec<_>>()
        };
        let (before, after) = (read(&everything(order)), read(&once));
        assert_eq!((before.error, after.error.clone()), (None, None));
        assert_eq!(same(&read(&everything(order))), same(&after));
        assert_eq!(read(&everything(order)).interfaces, after.interfaces);
    }
}

#[test]
fn interfaces_keep_their_numbers_whatever_is_left_out() {
    for order in ORDERS {
        let copied = read(&copy(&everything(order), Format::Pcapng, None, |number| number == 2));
        let of: Vec<_> = copied.frames.iter().map(|f| (f.frame.interface, f.bytes.clone())).collect();
        assert_eq!(of, [(Some(1), b"second".to_vec())]);
        assert_eq!(copied.interfaces.len(), 3);
    }
}

#[test]
fn frames_are_cut_and_know_how_long_they_were() {
    for order in ORDERS {
        let copied = read(&copy(&everything(order), Format::Pcapng, Some(3), |_| true));
        assert_eq!(copied.error, None);
        let lengths: Vec<_> = copied.frames.iter().map(|f| (f.bytes.len(), f.frame.wire_len)).collect();
        assert_eq!(lengths, [(3, 60), (3, 6), (3, 6)]);
    }
}

#[test]
fn pcap_has_one_link_type_and_says_what_does_not_fit() {
    let everything = everything(crate::build::Order::Big);
    let pcap = Format::Pcap { nanoseconds: true };
    let copied = read(&copy(&everything, pcap, None, |number| number != 2));
    assert_eq!(copied.bytes(), [&b"first"[..], b"simple"]);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("both");
    let mut copier = Copier::create(&path, pcap, None).expect("a file");
    let mut reader = reader(&everything);
    reader.next_batch(10).expect("frames");
    let error = copier.copy(&mut reader, |_, _| true).expect_err("two link types").to_string();
    assert!(error.contains("frame 2 is of type 113, the first was of type 1"), "{error}");
    copier.finish(&mut reader).expect("the first is written");
    assert_eq!(read(&std::fs::read(&path).expect("it is there")).bytes(), [b"first"]);
}

#[test]
fn what_cannot_be_made_says_so() {
    let error = Copier::create(Path::new("/no/such/folder/x"), Format::Pcapng, None).err().expect("an error");
    assert_eq!(error.to_string(), "/no/such/folder/x: cannot write it: there is no such folder");
}
