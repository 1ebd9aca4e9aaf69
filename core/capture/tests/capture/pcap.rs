//! pcap in its variants.

use prosector_sdk::frame::LinkType;

use crate::build::{Build, ORDERS, Order};
use crate::read;

#[test]
fn micro_and_nano_in_both_byte_orders() {
    for order in ORDERS {
        for (magic, unit) in [(0xa1b2c3d4, 1000), (0xa1b23c4d, 1)] {
            let all = read(
                &Build::new(order)
                    .pcap(magic, (2, 4), 113)
                    .record((0x8000_0000, 999_999), (5, 1514), b"hello")
                    .record((0, 0), (0, 0), b"")
                    .bytes,
            );
            assert_eq!(all.error, None);
            assert_eq!(all.bytes(), [&b"hello"[..], b""]);
            let frame = all.frames[0].frame;
            assert_eq!(frame.time, 0x8000_0000 * 1_000_000_000 + 999_999 * unit);
            assert_eq!((frame.len, frame.wire_len), (5, 1514));
            assert_eq!(frame.link, LinkType(113));
            assert_eq!((frame.fcs_len, frame.interface, frame.extra), (None, None, None));
            assert_eq!(all.frames[1].frame.time, 0);
        }
    }
}

#[test]
fn old_versions_swap_the_lengths() {
    for (minor, lengths) in [(0, (60, 3)), (1, (60, 3)), (2, (60, 3)), (3, (60, 3)), (3, (3, 60)), (4, (3, 60))] {
        let all = read(&Build::new(Order::Big).pcap(0xa1b2c3d4, (2, minor), 1).record((0, 0), lengths, b"abc").bytes);
        assert_eq!(all.error, None);
        assert_eq!((all.frames[0].frame.len, all.frames[0].frame.wire_len), (3, 60), "version 2.{minor}");
        assert_eq!(all.bytes(), [b"abc"]);
    }
}

#[test]
fn another_major_version_is_refused() {
    let all = read(&Build::new(Order::Big).pcap(0xa1b2c3d4, (3, 1), 1).bytes);
    assert_eq!(all.error.unwrap(), "test: at byte 0: expected pcap version 2, found 3.1");
}

#[test]
fn longer_record_headers() {
    let all = read(
        &Build::new(Order::Little)
            .pcap(0xa1b2cd34, (2, 4), 1)
            .record((1, 2), (2, 60), &[0xee; 8])
            .raw(b"ab")
            .record((3, 4), (3, 60), &[0xee; 8])
            .raw(b"cde")
            .bytes,
    );
    assert_eq!(all.error, None);
    assert_eq!(all.bytes(), [&b"ab"[..], b"cde"]);
    assert_eq!(all.frames[1].frame.time, 3_000_004_000);
}

#[test]
fn frame_check_sequence_length() {
    for (network, fcs_len) in
        [(1, None), (0x2400_0001, Some(4)), (0x0400_0001, Some(0)), (0xf400_0001, Some(30)), (0x2000_0001, None)]
    {
        let all = read(&Build::new(Order::Little).pcap(0xa1b2c3d4, (2, 4), network).record((0, 0), (1, 1), b"a").bytes);
        assert_eq!(all.frames[0].frame.fcs_len, fcs_len);
        assert_eq!(all.frames[0].frame.link, LinkType(1));
    }
}

#[test]
fn fewer_bytes_on_the_wire_than_captured() {
    let all = read(&Build::new(Order::Little).pcap(0xa1b2c3d4, (2, 4), 1).record((0, 0), (4, 1), b"abcd").bytes);
    assert_eq!((all.frames[0].frame.len, all.frames[0].frame.wire_len), (4, 4));
}

#[test]
fn a_packet_longer_than_the_buffer() {
    let long: Vec<u8> = (0..3_000_000u32).map(|i| (i / 7) as u8).collect();
    let len = long.len() as u32;
    let all = read(
        &Build::new(Order::Little)
            .pcap(0xa1b2c3d4, (2, 4), 1)
            .record((0, 0), (2, 2), b"ab")
            .record((0, 0), (len, len), &long)
            .record((0, 0), (2, 2), b"cd")
            .bytes,
    );
    assert_eq!(all.error, None);
    assert_eq!(all.bytes(), [b"ab", &long[..], b"cd"]);
}
