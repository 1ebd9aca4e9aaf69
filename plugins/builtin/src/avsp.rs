//! Arista's vendor specific protocol: the time at which a switch saw a frame, between its addresses and its type
//! ("Timestamping on the 7500R", Arista EOS).

use crate::eth::Place;
use crate::ethertypes::ETHERTYPES;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Avsp;

protocol! {
    /// Arista Vendor Specific Protocol.
    Avsp = avsp "AVSP", "Arista Vendor Specific Protocol" {
        sub_type: u16           "Sub Type" = { 1 "timestamp" },
        ver: u16 hex            "Version" = {
            0x0010 "Version 1", 0x0020 "Version 2", 0x0110 "Version 1", 0x0120 "Version 2",
        },
        "64sec" as SECONDS: u32 "Seconds",
        "64ns" as NANOSECONDS: u32 "Nanoseconds",
        "48sec" as LOW_SECONDS: u16 "Seconds",
        "48ns" as LOW_NANOSECONDS: u32 "Nanoseconds",
        etype: u16 hex          "Type" = ETHERTYPES,
    }
    claims { ethertype = 0xd28b }
    tables { ETHERTYPE: "ethertype" }
}

const TIMESTAMP: u16 = 1;

impl Dissector for Avsp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let place = Place(pdu.context());
        if pdu.take(SUB_TYPE)? != TIMESTAMP {
            return Ok(());
        }
        // The second digit is 1 for UTC and 0 for TAI, the third the format.
        match pdu.take(VER)? & 0xff {
            0x10 => {
                let seconds = pdu.take(SECONDS)?;
                let nanoseconds = pdu.take(NANOSECONDS)?;
                pdu.info(format_args!("{seconds}.{nanoseconds:09}"));
            }
            0x20 => {
                pdu.take(LOW_SECONDS)?;
                pdu.take(LOW_NANOSECONDS)?;
            }
            _ => return Ok(()),
        }
        let kind = pdu.take(ETYPE)?;
        let at = pdu.position();
        pdu.hand_on(ETHERTYPE, kind).context(place.payload(at).0);
        Ok(())
    }
}

builtin!(Avsp);

#[test]
fn time_stamps() {
    check::<Avsp>(
        "0001 0010 00000001 00000002 0800 45",
        expect![[r#"
        Arista Vendor Specific Protocol, 1.000000002
          Sub Type: timestamp (1)
          Version: Version 1 (0x0010)
          Seconds: 1
          Nanoseconds: 2
          Type: IPv4 (0x0800)
        → ethertype [2048]: bytes 14..15
    "#]],
    );
    check::<Avsp>(
        "0001 0020 0001 00000002 0800 45",
        expect![[r#"
        Arista Vendor Specific Protocol
          Sub Type: timestamp (1)
          Version: Version 2 (0x0020)
          Seconds: 1
          Nanoseconds: 2
          Type: IPv4 (0x0800)
        → ethertype [2048]: bytes 12..13
    "#]],
    );
    check::<Avsp>(
        "0001 0010 0000",
        expect![[r#"
        Arista Vendor Specific Protocol
          Sub Type: timestamp (1)
          Version: Version 1 (0x0010)
          [error] short: avsp.64sec needs 4 bytes at offset 4, 2 are there
    "#]],
    );
}
