//! A struct as a whole dissector.
//!
//! Use it where the fields of a protocol lie one behind the other in every PDU, each of a width that never changes:
//! sensors, beacons, shims. Write the struct as the specification draws it and derive `Layout`; no code is needed.
//! `#[layout(…)]` says what [`protocol!`] says around its fields, `#[field(…)]` what stands behind a field's colon
//! there. A field whose attribute begins with no type has the type of the struct: `u16` is a number, `[u8; 4]` four
//! bytes.
//!
//! * `Rest`, as the last one, is everything up to the end. Without it, what lies behind the last field is not part of
//!   the PDU: it goes back to the protocol around it, as padding does.
//! * In `info` a field's name stands for its value, or for its value's name where it has one. What Rust can't print
//!   with `{}`, such as `[u8; 6]`, can't stand there.
//! * Over TCP it does without `Rest` (several PDUs in one segment, and one in several, come out right), but not with
//!   it: the rest is what has arrived so far.
//! * Nothing can be optional, repeated or computed, and settings can't be asked for. Then write `protocol!` and
//!   `dissect`, as all other pages do; the fields move over as they are.

use prosector_sdk::prelude::*;

/// A beacon that a container sends from its lock.
#[derive(Layout)]
#[layout(lock "LOCK", "Container lock beacon"
    claims { udp.port = 7101 }
    info "container {container}, {state}, {temperature} °C")]
pub struct Lock {
    /// Counted up since the lock was made.
    #[field("Sequence number")]
    seq: u16,
    #[field(u24 "Container")]
    container: u32,
    #[field(mac "Lock" source)]
    lock: [u8; 6],
    #[field(i16 le / 10 "Temperature" unit "°C")]
    temperature: f64,
    #[field("State" = { 0 "open", 1 "closed", 2 "forced" })]
    state: u8,
    #[field(hex "Flags" { moving: 0x80 "Moving", battery: 0x0f "Battery" = { 0..=3 "low", 4..=15 "good" } })]
    flags: u8,
    #[field(time_s(u32) "Sealed")]
    sealed: u32,
    #[field("Seal")]
    seal: [u8; 4],
}

#[test]
fn a_beacon() {
    check::<Lock>(
        "0007 0f4240 02005e000001 fd00 01 8c 6553f100 c0ffee01",
        expect![[r#"
            Container lock beacon, Src: 02:00:5e:00:00:01, container 1000000, closed, 25.3 °C
              Sequence number: 7
              Container: 1000000
              Lock: 02:00:5e:00:00:01
              Temperature: 25.3 °C
              State: closed (1)
              Flags: 0x8c
                1... .... = Moving: True
                .... 1100 = Battery: good (12)
              Sealed: Nov 14, 2023 22:13:20.000000000 UTC
              Seal: c0ffee01
        "#]],
    );
}

#[test]
fn two_beacons_in_three_segments() {
    check_stream::<Lock>(
        &[
            "0007 0f4240 02005e0000",
            "01 fd00 01 8c 6553f100 c0ffee01 0008 0f4240",
            "02005e000001 fd00 02 02 6553f100 c0ffee01",
        ],
        expect![[r#"
            segment 1
            waits for 11 bytes
            segment 2
            Container lock beacon, Src: 02:00:5e:00:00:01, container 1000000, closed, 25.3 °C
              Sequence number: 7
              Container: 1000000
              Lock: 02:00:5e:00:00:01
              Temperature: 25.3 °C
              State: closed (1)
              Flags: 0x8c
                1... .... = Moving: True
                .... 1100 = Battery: good (12)
              Sealed: Nov 14, 2023 22:13:20.000000000 UTC
              Seal: c0ffee01
            waits for 11 bytes
            segment 3
            Container lock beacon, Src: 02:00:5e:00:00:01, container 1000000, forced, 25.3 °C
              Sequence number: 8
              Container: 1000000
              Lock: 02:00:5e:00:00:01
              Temperature: 25.3 °C
              State: forced (2)
              Flags: 0x02
                0... .... = Moving: False
                .... 0010 = Battery: low (2)
              Sealed: Nov 14, 2023 22:13:20.000000000 UTC
              Seal: c0ffee01
        "#]],
    );
}

#[test]
fn cut_off_in_the_temperature() {
    check::<Lock>(
        "0007 0f4240 02005e000001 fd",
        expect![[r#"
        Container lock beacon, Src: 02:00:5e:00:00:01
          Sequence number: 7
          Container: 1000000
          Lock: 02:00:5e:00:00:01
          [error] short: lock.temperature needs 2 bytes at offset 11, 1 are there
    "#]],
    );
}

/// A shim between Ethernet and what it carries: `payload` hands on what lies behind the fields.
#[derive(Layout)]
#[layout(zone "ZONE", "Zone shim"
    claims { ethertype = 0x88b5 }
    tables { ETHERTYPE: "ethertype" }
    payload ETHERTYPE = kind
    info "zone {zone}")]
pub struct Zone {
    #[field("Zone")]
    zone: u16,
    #[field(hex "Type")]
    kind: u16,
}

#[test]
fn a_shim() {
    check::<Zone>(
        "0002 0800 45000014",
        expect![[r#"
        Zone shim, zone 2
          Zone: 2
          Type: 0x0800
        → ethertype [2048]: bytes 4..8
    "#]],
    );
}

/// The end of a measurement, with a remark up to the end of the datagram.
#[derive(Layout)]
#[layout(remark "REMARK", "Remark" claims { udp.port = 7102 } info "{author}: {text}")]
pub struct Remark {
    #[field("Author")]
    author: u8,
    #[field(str "Text")]
    text: Rest,
}

#[test]
fn a_remark() {
    check::<Remark>(
        "05 6e6f742073656120776f72746879",
        expect![[r#"
        Remark, 5: not sea worthy
          Author: 5
          Text: not sea worthy
    "#]],
    );
}
