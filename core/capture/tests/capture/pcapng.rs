//! pcapng blocks and options.

use prosector_sdk::frame::{BlockOption, Extra, Frame, Interface, LinkType};

use crate::build::{Build, ORDERS, Order, none};
use crate::read;

#[test]
fn interfaces_and_sections_of_either_byte_order() {
    let first = Build::new(Order::Little)
        .section()
        .interface(1, 0, |b| b.option(2, b"eth0\0").option(3, b"the first").option(0, b""))
        .interface(105, 0, none)
        .packet(1, 5, 100, b"wifi", none)
        .packet(0, 6, 4, b"ethernet", none);
    let second = Build::new(Order::Big).section().interface(113, 0, none).packet(0, 7, 3, b"sll", none);
    let all = read(&[first.bytes, second.bytes].concat());

    assert_eq!(all.error, None);
    assert_eq!(all.bytes(), [&b"wifi"[..], b"ethernet", b"sll"]);
    let seen: Vec<_> = all.frames.iter().map(|f| (f.frame.link.0, f.frame.interface, f.frame.wire_len)).collect();
    assert_eq!(seen, [(105, Some(1), 100), (1, Some(0), 8), (113, Some(2), 3)]);
    let interface = |id, section, link, name: Option<&str>, description: Option<&str>| Interface {
        id,
        section,
        link: LinkType(link),
        name: name.map(str::to_owned),
        description: description.map(str::to_owned),
        snaplen: 0,
        options: Vec::new(),
    };
    assert_eq!(
        all.interfaces,
        [
            interface(0, 1, 1, Some("eth0"), Some("the first")),
            interface(1, 1, 105, None, None),
            interface(0, 2, 113, None, None),
        ]
    );
}

#[test]
fn time_stamp_resolutions_and_offset() {
    let seconds = 1_700_000_000u64;
    for (resolution, stamp, time) in [
        (6, seconds * 1_000_000 + 5, 1_700_000_000_000_005_000),
        (9, seconds * 1_000_000_000 + 5, 1_700_000_000_000_000_005),
        (0, seconds, 1_700_000_000_000_000_000),
        (3, seconds * 1000 + 7, 1_700_000_000_007_000_000),
        (12, 5_000_000_001_999, 5_000_000_001),
        (127, u64::MAX - 1, 0),
        (0x80, seconds, 1_700_000_000_000_000_000),
        (0x80 | 10, seconds << 10 | 512, 1_700_000_000_500_000_000),
        (0x80 | 32, seconds << 32 | 1 << 30, 1_700_000_000_250_000_000),
        (0xff, u64::MAX, 0),
        (0, u64::MAX, i64::MAX),
    ] {
        for order in ORDERS {
            let all = read(
                &Build::new(order)
                    .section()
                    .interface(1, 0, |b| b.option(9, &[resolution]))
                    .packet(0, stamp, 1, b"a", none)
                    .bytes,
            );
            assert_eq!(all.frames[0].frame.time, time, "resolution {resolution:#x}");
        }
    }
    for (offset, time) in [(10i64, 13_000_000_000), (-3, 0), (i64::MIN, i64::MIN + 1), (i64::MAX, i64::MAX)] {
        for order in ORDERS {
            let value = Build::new(order).u64(offset as u64).bytes;
            let all = read(
                &Build::new(order)
                    .section()
                    .interface(1, 0, |b| b.option(14, &value))
                    .packet(0, 3_000_000, 1, b"a", none)
                    .bytes,
            );
            assert_eq!(all.frames[0].frame.time, time);
        }
    }
}

#[test]
fn comments_and_flags() {
    for order in ORDERS {
        let flags = |value| Build::new(order).u32(value).bytes;
        let all = read(
            &Build::new(order)
                .section()
                .interface(1, 0, |b| b.option(13, &[4]))
                .packet(0, 0, 1, b"a", |b| b.option(1, b"one").option(2, &flags(1)).option(1, b"two"))
                .packet(0, 0, 1, b"b", none)
                .packet(0, 0, 1, b"c", |b| b.option(2, &flags(2 << 5)).option(0, b""))
                .packet(0, 0, 1, b"d", |b| b.option(4, &[0; 8]))
                .bytes,
        );
        assert_eq!(all.error, None);
        let extras: Vec<_> = all.frames.iter().map(|f| f.extra.clone()).collect();
        assert_eq!(
            extras,
            [
                Some(Extra { comments: vec!["one".into(), "two".into()], flags: Some(1), ..Extra::default() }),
                None,
                Some(Extra { flags: Some(64), ..Extra::default() }),
                Some(Extra { options: vec![BlockOption { code: 4, value: vec![0; 8] }], ..Extra::default() }),
            ]
        );
        let fcs: Vec<_> = all.frames.iter().map(|f| f.frame.fcs_len).collect();
        assert_eq!(fcs, [Some(4), Some(4), Some(2), Some(4)]);
    }
}

#[test]
fn frame_check_sequence_length_in_bits_or_bytes() {
    for (value, fcs_len) in [(0, 0), (2, 2), (4, 4), (16, 2), (32, 4)] {
        let all = read(
            &Build::new(Order::Big)
                .section()
                .interface(1, 0, |b| b.option(13, &[value]))
                .packet(0, 0, 1, b"a", none)
                .bytes,
        );
        assert_eq!(all.frames[0].frame.fcs_len, Some(fcs_len));
    }
}

#[test]
fn simple_packets() {
    for (snaplen, wire_len, data, len) in
        [(0, 5, &b"hello"[..], 5), (3, 5, b"hel", 3), (0, 100, b"cut short by the block..", 24), (10, 4, b"four", 4)]
    {
        let all = read(
            &Build::new(Order::Big)
                .section()
                .interface(1, snaplen, none)
                .interface(2, 0, none)
                .block(3, |b| b.u32(wire_len).raw(data))
                .bytes,
        );
        assert_eq!(all.error, None);
        assert_eq!(all.bytes(), [&data[..len]]);
        let frame = all.frames[0].frame;
        assert_eq!((frame.wire_len, frame.time, frame.interface), (wire_len, Frame::NO_TIME, Some(0)));
    }
}

#[test]
fn obsolete_packets() {
    for order in ORDERS {
        let all = read(
            &Build::new(order)
                .section()
                .interface(1, 0, none)
                .interface(113, 0, none)
                .block(2, |b| {
                    let b = b.u16(1).u16(0xffff).u32(0).u32(9).u32(3).u32(70);
                    b.raw(b"old").pad().option(1, b"aged")
                })
                .bytes,
        );
        assert_eq!(all.error, None);
        assert_eq!(all.bytes(), [b"old"]);
        let Frame { time, wire_len, link, interface, .. } = all.frames[0].frame;
        assert_eq!((time, wire_len, link, interface), (9000, 70, LinkType(113), Some(1)));
        assert_eq!(all.frames[0].extra.as_ref().unwrap().comments, ["aged"]);
    }
}

#[test]
fn other_blocks_are_skipped() {
    let mut b = Build::new(Order::Little).section();
    for kind in [0, 4, 5, 7, 9, 10, 0xbad, 0x4000_0bad, 0x8000_0001] {
        b = b.block(kind, |b| b.raw(&[0xff; 40])).block(kind, none);
    }
    let all = read(&b.interface(1, 0, none).block(5, |b| b.raw(&[0; 12])).packet(0, 0, 1, b"a", none).bytes);
    assert_eq!(all.error, None);
    assert_eq!(all.bytes(), [b"a"]);
}

#[test]
fn malformed_options_lose_no_frame() {
    let all = read(
        &Build::new(Order::Little)
            .section()
            .interface(1, 0, |b| b.option(2, b"eth0").u16(9).u16(400))
            .packet(0, 0, 1, b"a", |b| b.option(1, b"kept").u16(1).u16(9).raw(b"four"))
            .packet(0, 0, 1, b"b", |b| b.option(2, b"5long").option(1, &[0xff, b'x']))
            .bytes,
    );
    assert_eq!(all.error, None);
    assert_eq!(all.bytes(), [b"a", b"b"]);
    assert_eq!(all.interfaces[0].name.as_deref(), Some("eth0"));
    assert_eq!(all.frames[0].extra.as_ref().unwrap().comments, ["kept"]);
    assert_eq!(all.frames[1].extra, Some(Extra { comments: vec!["\u{fffd}x".into()], ..Extra::default() }));
}

#[test]
fn damaged_blocks() {
    let good = || Build::new(Order::Little).section().interface(1, 0, none).packet(0, 0, 1, b"a", none);
    let at = good().bytes.len();
    for (bytes, problem) in [
        (good().packet(1, 0, 1, b"b", none), "expected an interface from 0 to 0, found interface 1"),
        (
            good().section().packet(0, 0, 1, b"b", none),
            "expected an interface description before the section's first packet, found interface 0",
        ),
        (
            good().u32(6).u32(11).u32(0).u32(11),
            "expected a block length from 12 to 268435456, a multiple of 4, found 11",
        ),
        (
            good().u32(6).u32(14).u32(0).u32(14),
            "expected a block length from 12 to 268435456, a multiple of 4, found 14",
        ),
        (
            good().u32(6).u32(0x7000_0000).u32(0),
            "expected a block length from 12 to 268435456, a multiple of 4, found 1879048192",
        ),
        (good().u32(9).u32(16).u32(0).u32(20), "expected the block's length 16 again at its end, found 20"),
        (
            good().block(6, |b| b.raw(&[0; 12]).u32(5).u32(5).raw(b"four")),
            "expected at most 4 captured bytes in the block, found 5",
        ),
        (
            good().block(6, |b| b.raw(&[0; 12]).u32(u32::MAX).u32(5).raw(b"four")),
            "expected at most 4 captured bytes in the block, found 4294967295",
        ),
        (good().block(6, |b| b.raw(&[0; 16])), "expected a packet block of at least 32 bytes, found 28"),
        (good().block(1, |b| b.u32(1)), "expected an interface description block of at least 20 bytes, found 16"),
        (good().block(0x0a0d0d0a, |b| b.u32(7)), "expected byte-order magic 1a2b3c4d, found 07000000"),
        (
            good().block(0x0a0d0d0a, |b| b.u32(0x1a2b3c4d).u16(2).u16(1).u64(0)),
            "expected pcapng version 1.0, found 2.1",
        ),
    ] {
        let all = read(&bytes.bytes);
        assert_eq!(all.bytes(), [b"a"]);
        let error = all.error.unwrap();
        assert!(error.starts_with(&format!("test: at byte {at}: {problem}")) || error.ends_with(problem), "{error}");
    }
}

#[test]
fn secrets_are_with_the_frame_behind_them() {
    for order in ORDERS {
        let secrets = |kind: u32, len: u32, text: &'static [u8]| move |b: Build| b.u32(kind).u32(len).raw(text).pad();
        let start = || Build::new(order).section().interface(1, 0, none).packet(0, 0, 1, b"a", none);
        let all = read(
            &start()
                .block(10, secrets(0x544c_534b, 5, b"one 1"))
                .block(10, secrets(0x5747_4b4c, 3, b"two"))
                .block(10, secrets(0x544c_534b, 5, b"three"))
                .packet(0, 0, 1, b"b", none)
                .packet(0, 0, 1, b"c", none)
                .bytes,
        );
        assert_eq!(all.error, None);
        let found: Vec<_> = all.frames.iter().map(|f| f.extra.clone().unwrap_or_default().secrets).collect();
        assert_eq!(found, ["", "one 1\nthree\n", ""]);
        let all = read(&start().block(10, secrets(0x544c_534b, 99, b"short")).packet(0, 0, 1, b"b", none).bytes);
        assert_eq!((all.frames.len(), all.error), (2, None));
        assert_eq!(all.frames[1].extra, None);
    }
}
