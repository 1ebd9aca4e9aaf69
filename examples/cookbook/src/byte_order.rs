//! Byte order: declared, or told by the frame.
//!
//! Numbers are big-endian unless their declaration says `le`. That covers protocols with one order, and those that
//! mix both: each field has its own.
//!
//! Where a mark in the frame tells the order, as in pcap, TIFF, GIOP and DCE/RPC, it can't be declared. There are two
//! ways:
//!
//! * `computed` fields and `take_number(FIELD, width, little_endian)`: for unsigned numbers. The declared type then
//!   says only how the number is shown; the width is that of the call.
//! * Two fields of one name, one of them `le`, told apart by `as`: for everything else (signed numbers, floats,
//!   times, numbers with flags in them). Filters and columns know the name only, so nobody sees that there are two.
//!
//! What can go wrong:
//!
//! * A mark that is neither of the two known values. Say so and stop: all that follows would be guessed.
//! * Masks count in the number, after the byte order is undone. `0x8000` is the top bit of the *value*, which lies in
//!   the second byte of a little-endian `u16`.
//! * `le` does nothing to addresses and UUIDs; see the page on ids.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Probe;

protocol! {
    /// Readings of a probe, in the byte order of its processor.
    Probe = probe "PROBE", "Probe readings" {
        /// `II` (as with Intel) is little-endian, `MM` (as with Motorola) big-endian.
        order: str[2]                   "Byte order",
        /// Always big-endian, whatever the mark says.
        station: u16                    "Station",
        /// Always little-endian.
        crc: u16 le hex                 "Header checksum",
        count: computed u32             "Samples so far",
        flags: u16 hex                  "Flags"
            { overrun: 0x8000 "Overrun", channel: 0x00ff "Channel" },
        flags as FLAGS_LE: u16 le hex   "Flags"
            { overrun as OVERRUN_LE: 0x8000 "Overrun", channel as CHANNEL_LE: 0x00ff "Channel" },
        level: i32                      "Level",
        level as LEVEL_LE: i32 le       "Level",
    }
    claims { udp.port = 7103 }
}

impl Dissector for Probe {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let little_endian = match &pdu.take(ORDER)? {
            b"II" => true,
            b"MM" => false,
            _ => {
                pdu.diagnostic(Severity::Error, "bad-order", 0..2, format_args!("neither II nor MM"));
                return Ok(());
            }
        };
        pdu.take(STATION)?;
        pdu.take(CRC)?;
        let count = pdu.take_number(COUNT, 4, little_endian)?;
        pdu.take(if little_endian { FLAGS_LE } else { FLAGS })?;
        let level = pdu.take(if little_endian { LEVEL_LE } else { LEVEL })?;
        pdu.info(format_args!("sample {count}, level {level}"));
        pdu.end_here();
        Ok(())
    }
}

#[test]
fn both_orders_show_the_same() {
    check::<Probe>(
        "4d4d 0007 cdab 00000102 8003 fffffffe",
        expect![[r#"
        Probe readings, sample 258, level -2
          Byte order: MM
          Station: 7
          Header checksum: 0xabcd
          Samples so far: 258
          Flags: 0x8003
            1... .... .... .... = Overrun: True
            .... .... 0000 0011 = Channel: 3
          Level: -2
    "#]],
    );
    check::<Probe>(
        "4949 0007 cdab 02010000 0380 feffffff",
        expect![[r#"
        Probe readings, sample 258, level -2
          Byte order: II
          Station: 7
          Header checksum: 0xabcd
          Samples so far: 258
          Flags: 0x8003
            1... .... .... .... = Overrun: True
            .... .... 0000 0011 = Channel: 3
          Level: -2
    "#]],
    );
}

#[test]
fn an_unknown_order() {
    check::<Probe>(
        "4d49 0007 cdab 02010000 0380 feffffff",
        expect![[r#"
        Probe readings
          Byte order: MI
          [error] bad-order: neither II nor MM
    "#]],
    );
}
