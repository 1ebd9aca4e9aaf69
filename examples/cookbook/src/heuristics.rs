//! Recognizing a protocol that has no port of its own.
//!
//! `heuristics { udp.port }` names tables in which the dissector is asked about what nobody claims.
//! [`Dissector::probe`] looks at the slice and says:
//!
//! | verdict | meaning | for |
//! |---|---|---|
//! | `Certain` | it is, and all else in this conversation | a magic number, or several checks that agree |
//! | `Maybe` | dissect it so, unless somebody else is certain; ask again next time | weak signs |
//! | `Error` | it is, but broken; ask again next time | the magic number, with a version that nobody knows |
//! | `NotMine` | it isn't, nor is anything else in this conversation | all the rest |
//!
//! `prosector list tables` shows who is asked where, and `prosector explain` what was said.
//!
//! What can go wrong:
//!
//! * The answer may depend on the slice alone (and on settings), so `probe` has no `mut`. What was asked of it before
//!   can't matter.
//! * Everything that nobody claims comes by, the noise of a whole network. Count the bits that are checked: two bytes
//!   of magic agree with one datagram in 65536, and with far more if they are zeros or letters.
//! * Check what costs least first, and read with `peek` and `rest`: nothing that `probe` records is kept.
//! * Less was captured than there was? `remaining` and `wire_remaining` differ then, and a length in the header is
//!   that of the wire.
//! * A port that most installations use may be claimed as well: then nobody is asked there.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Drone;

protocol! {
    /// Telemetry of drones, on whatever port.
    Drone = drone "DRONE", "Drone telemetry" {
        magic: u16 hex                  "Magic number",
        version: u8                     "Version",
        len: u8                         "Length" unit "bytes",
        altitude: i16                   "Altitude" unit "m",
        battery: u8                     "Battery" unit "%",
    }
    heuristics { udp.port }
}

const MAGIC_NUMBER: u16 = 0xd20e;
const NEWEST_VERSION: u8 = 2;

impl Dissector for Drone {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(MAGIC)?;
        let version = pdu.take(VERSION)?;
        if !(1..=NEWEST_VERSION).contains(&version) {
            pdu.diagnostic(Severity::Warning, "bad-version", 2..3, format_args!("only 1 and 2 are known"));
        }
        pdu.take(LEN)?;
        let altitude = pdu.take(ALTITUDE)?;
        pdu.info(format_args!("{altitude} m"));
        pdu.take(BATTERY)?;
        pdu.end_here();
        Ok(())
    }

    fn probe(&self, pdu: &mut Pdu<'_>) -> Verdict {
        let &[a, b, version, len, ..] = pdu.rest() else { return Verdict::NotMine };
        if u16::from_be_bytes([a, b]) != MAGIC_NUMBER || usize::from(len) != pdu.wire_remaining() {
            return Verdict::NotMine;
        }
        match version {
            1..=NEWEST_VERSION => Verdict::Certain,
            _ => Verdict::Error,
        }
    }
}

#[cfg(test)]
use prosector_sdk::testkit::{parse_hex, probe};

#[test]
fn what_is_recognized() {
    assert_eq!(probe::<Drone>(&parse_hex("d20e 01 07 0078 50")), Verdict::Certain);
    assert_eq!(probe::<Drone>(&parse_hex("d20e 09 07 0078 50")), Verdict::Error);
}

#[test]
fn what_is_not() {
    for hex in ["", "d20e", "d20f 01 07 0078 50", "d20e 01 08 0078 50"] {
        assert_eq!(probe::<Drone>(&parse_hex(hex)), Verdict::NotMine, "{hex}");
    }
}

#[test]
fn what_is_shown() {
    check::<Drone>(
        "d20e 01 07 0078 50",
        expect![[r#"
        Drone telemetry, 120 m
          Magic number: 0xd20e
          Version: 1
          Length: 7 bytes
          Altitude: 120 m
          Battery: 80 %
    "#]],
    );
    check::<Drone>(
        "d20e 09 05 00",
        expect![[r#"
        Drone telemetry
          Magic number: 0xd20e
          Version: 9
          [warning] bad-version: only 1 and 2 are known
          Length: 5 bytes
          [error] short: drone.altitude needs 2 bytes at offset 4, 1 are there
    "#]],
    );
}
