//! Integers of every kind.
//!
//! `u8 u16 u24 u32 u40 u48 u56 u64`, signed ones with `i`. `take` gives them in the next Rust type that has room:
//! `u32` for `u24`, `u64` for `u40` to `u56`, extended by their sign where they have one.
//!
//! Numbers whose bytes tell how many they are are `computed` fields, each with its own way of reading:
//!
//! | form | call | met in |
//! |---|---|---|
//! | LEB128, seven bits a byte, the lowest first | `take_leb128` | Protocol Buffers, WebAssembly, MQTT |
//! | the same in zigzag, for signed numbers | `take_zigzag` | Protocol Buffers (`sint32`, `sint64`), Avro |
//! | the length in the top two bits of the first byte | `take_varint` | QUIC, HTTP/3 |
//! | a length that another field gives | `take_number` | SNMP, GTP, many TLVs |
//!
//! What can go wrong:
//!
//! * LEB128 is read to the tenth byte at most, which is enough for 64 bits. A protocol with a smaller limit (MQTT:
//!   four bytes) has to check that itself: `position` before and behind tells how many there were.
//! * Numbers that are longer than they need be (`80 00` is 0) are read without a word. Whether that is allowed
//!   differs.
//! * `take_number` takes 1 to 8 bytes. A length from the frame must be checked before: nothing else tells that it was
//!   too much.
//! * The declared type of a `computed` field decides how the number is shown. A negative number in an unsigned field
//!   is huge.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Counters;

protocol! {
    /// Counters of a switch, one of each form.
    Counters = counters "COUNTERS", "Switch counters" {
        label: u24 hex                  "Label",
        drift: i24                      "Clock drift" unit "ns",
        frames: u40                     "Frames",
        octets: u48 le                  "Octets",
        serial: u56 hex                 "Serial number",
        /// Seven bits a byte.
        errors: computed u32            "Errors",
        balance: computed i64           "Balance",
        stream: computed u64            "Stream",
        peak.len: u8                    "Length of peak",
        peak: computed u64              "Peak",
    }
    claims { udp.port = 7104 }
}

impl Dissector for Counters {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(LABEL)?;
        pdu.take(DRIFT)?;
        let frames = pdu.take(FRAMES)?;
        pdu.info(format_args!("{frames} frames"));
        pdu.take(OCTETS)?;
        pdu.take(SERIAL)?;
        let at = pdu.position();
        pdu.take_leb128(ERRORS)?;
        if pdu.position() - at > 5 {
            pdu.diagnostic(Severity::Warning, "long-number", at..pdu.position(), format_args!("5 bytes are the most"));
        }
        pdu.take_zigzag(BALANCE)?;
        pdu.take_varint(STREAM)?;
        let at = pdu.position();
        let len = pdu.take(PEAK_LEN)?;
        if !(1..=8).contains(&len) {
            pdu.diagnostic(Severity::Error, "bad-length", at..at + 1, format_args!("{len} bytes, not 1 to 8"));
            return Ok(());
        }
        pdu.take_number(PEAK, len.into(), false)?;
        pdu.end_here();
        Ok(())
    }
}

#[test]
fn every_form() {
    check::<Counters>(
        "0a0b0c fffffe 0000000100 000100000000 00c0ffee000001  ac02 03 7bbd 03 010000",
        expect![[r#"
            Switch counters, 256 frames
              Label: 0x0a0b0c
              Clock drift: -2 ns
              Frames: 256
              Octets: 256
              Serial number: 0x00c0ffee000001
              Errors: 300
              Balance: -2
              Stream: 15293
              Length of peak: 3
              Peak: 65536
        "#]],
    );
}

#[test]
fn more_bytes_than_are_allowed() {
    check::<Counters>(
        "0a0b0c 000000 0000000100 000100000000 00c0ffee000001  808080808000 00 00 09 01",
        expect![[r#"
            Switch counters, 256 frames
              Label: 0x0a0b0c
              Clock drift: 0 ns
              Frames: 256
              Octets: 256
              Serial number: 0x00c0ffee000001
              Errors: 0
              [warning] long-number: 5 bytes are the most
              Balance: 0
              Stream: 0
              Length of peak: 9
              [error] bad-length: 9 bytes, not 1 to 8
        "#]],
    );
}

#[test]
fn a_number_without_an_end() {
    check::<Counters>(
        "0a0b0c 000000 0000000100 000100000000 00c0ffee000001  8080",
        expect![[r#"
        Switch counters, 256 frames
          Label: 0x0a0b0c
          Clock drift: 0 ns
          Frames: 256
          Octets: 256
          Serial number: 0x00c0ffee000001
          [error] short: counters.errors needs 3 bytes at offset 24, 2 are there
    "#]],
    );
}
