//! Flags with names.
//!
//! A number and its bits: `flags: u16 hex "Flags" { urgent: 0x8000 "Urgent", … }`. Each bit is a field,
//! `alarm.flags.urgent`, true or false; with names (`= { 0 "…", 1 "…" }`) it shows these. Several bits together are a
//! number, which may have names too. Trees show every part with the bits that it comes from.
//!
//! A single flag in a byte of its own is a `bool`. `none` is for what has no value at all: `mark` records that it is
//! there.
//!
//! What can go wrong:
//!
//! * Declare every bit, also the reserved ones, and say so where they are set: new versions of a protocol begin
//!   there.
//! * A part's name is below its number's. With a leading dot it stands beside it: `.urgent` is `alarm.urgent`.
//! * A summary of the flags in the info line is made when it is written, not before: `fmt::from_fn` costs nothing
//!   where nobody wants the line. The declaration knows the titles; don't write them twice.

use prosector_sdk::prelude::*;
use std::fmt;

/// The dissector.
#[derive(Default)]
pub struct Alarm;

protocol! {
    /// An alarm of a plant.
    Alarm = alarm "ALARM", "Plant alarm" {
        flags: u16 hex                  "Flags" {
            urgent: 0x8000              "Urgent",
            acknowledged: 0x4000        "Acknowledged",
            test: 0x2000                "Test",
            source: 0x1800              "Source" = { 0 "sensor", 1 "operator", 2 "timer" },
            latched: 0x0400             "Latched" = { 0 "clears itself", 1 "stays until somebody clears it" },
            reserved: hex 0x03ff        "Reserved",
        },
        siren: bool                     "Siren",
        /// The plant stands still.
        stopped: none                   "The plant has been stopped",
        code: u8                        "Code",
    }
    claims { udp.port = 7115 }
}

const STOPPED_CODE: u8 = 0xff;

impl Dissector for Alarm {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let reserved = pdu.peek(FLAGS_RESERVED)?;
        let flags = pdu.take(FLAGS)?;
        pdu.info(format_args!("[{}]", set(flags)));
        if reserved != 0 {
            pdu.diagnostic(Severity::Note, "reserved-flags", 0..2, format_args!("flags that have no meaning yet"));
        }
        pdu.take(SIREN)?;
        let at = pdu.position();
        if pdu.take(CODE)? == STOPPED_CODE {
            pdu.mark(STOPPED, at..at + 1);
        }
        pdu.end_here();
        Ok(())
    }
}

/// The titles of the flags that are set, with commas between them.
fn set(flags: u16) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        let parts = Alarm::PROTOCOL.fields.iter().skip(usize::from(FLAGS.id) + 1).take(FLAGS.parts.into());
        let single = parts.filter(|part| part.mask.is_power_of_two() && u64::from(flags) & part.mask != 0);
        for (at, part) in single.enumerate() {
            write!(f, "{}{}", if at > 0 { ", " } else { "" }, part.title)?;
        }
        Ok(())
    })
}

#[test]
fn an_alarm() {
    check::<Alarm>(
        "c800 01 07",
        expect![[r#"
        Plant alarm, [Urgent, Acknowledged]
          Flags: 0xc800
            1... .... .... .... = Urgent: True
            .1.. .... .... .... = Acknowledged: True
            ..0. .... .... .... = Test: False
            ...0 1... .... .... = Source: operator (1)
            .... .0.. .... .... = Latched: clears itself
            .... ..00 0000 0000 = Reserved: 0x000
          Siren: True
          Code: 7
    "#]],
    );
}

#[test]
fn everything_is_set() {
    check::<Alarm>(
        "ffff 00 ff",
        expect![[r#"
        Plant alarm, [Urgent, Acknowledged, Test, Latched]
          Flags: 0xffff
            1... .... .... .... = Urgent: True
            .1.. .... .... .... = Acknowledged: True
            ..1. .... .... .... = Test: True
            ...1 1... .... .... = Source: 3
            .... .1.. .... .... = Latched: stays until somebody clears it
            .... ..11 1111 1111 = Reserved: 0x3ff
          [note] reserved-flags: flags that have no meaning yet
          Siren: False
          Code: 255
          The plant has been stopped
    "#]],
    );
}

#[test]
fn half_of_the_flags() {
    check::<Alarm>(
        "c8",
        expect![[r#"
        Plant alarm
          [error] short: alarm.flags.reserved needs 2 bytes at offset 0, 1 are there
    "#]],
    );
}
