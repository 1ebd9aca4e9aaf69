//! Provider backbone bridges, "mac-in-mac": the I-tag of IEEE Std 802.1Q (802.1ah), clause 9.7, and the customer's frame.

use crate::eth::Place;
use crate::ethertypes::ETHERTYPES;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Ieee8021ah;

protocol! {
    /// IEEE 802.1ah, provider backbone bridges.
    Ieee8021ah = ieee8021ah "802.1ah", "IEEE 802.1ah" {
        priority: u32 & 0xe0000000    "Priority",
        drop: u32 & 0x10000000        "DROP",
        nca: u32 & 0x08000000         "NCA",
        res1: u32 & 0x04000000        "RES1",
        res2: u32 & 0x03000000        "RES2",
        isid: u32 & 0x00ffffff        "I-SID",
        cdst: mac                     "C-Destination" destination,
        csrc: mac                     "C-Source" source,
        etype: u16 hex                "Type" = ETHERTYPES,
        trailer: bytes                "Trailer" trailer,
    }
    claims { ethertype = 0x88e7 }
    tables { ETHERTYPE: "ethertype" named, LLC: "@llc" }
}

const HEADER_LEN: usize = 18;

impl Dissector for Ieee8021ah {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let place = Place(pdu.context());
        for field in [PRIORITY, DROP, NCA, RES1, RES2] {
            pdu.show(field)?;
        }
        let isid = pdu.take(ISID)?;
        pdu.info(format_args!("I-SID: {isid}"));
        pdu.take(CDST)?;
        pdu.take(CSRC)?;
        let kind = pdu.take(ETYPE)?;
        if kind > 1500 {
            pdu.hand_on(ETHERTYPE, kind).context(place.payload(HEADER_LEN).0);
        } else {
            pdu.hand_to(LLC).len(kind.into());
        }
        Ok(())
    }

    fn trailer(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take_rest(TRAILER);
        Ok(())
    }
}

builtin!(Ieee8021ah);

#[test]
fn frames() {
    check::<Ieee8021ah>(
        "f81ebb30 020000000001 020000000002 0800 45",
        expect![[r#"
            IEEE 802.1ah, Src: 02:00:00:00:00:02, Dst: 02:00:00:00:00:01, I-SID: 2014000
              Priority: 7
              DROP: 1
              NCA: 1
              RES1: 0
              RES2: 0
              I-SID: 2014000
              C-Destination: 02:00:00:00:00:01
              C-Source: 02:00:00:00:00:02
              Type: IPv4 (0x0800)
            → ethertype [2048]: bytes 18..19
        "#]],
    );
    check::<Ieee8021ah>(
        "001ebb30 020000000001 0200",
        expect![[r#"
            IEEE 802.1ah, Dst: 02:00:00:00:00:01, I-SID: 2014000
              Priority: 0
              DROP: 0
              NCA: 0
              RES1: 0
              RES2: 0
              I-SID: 2014000
              C-Destination: 02:00:00:00:00:01
              [error] short: ieee8021ah.csrc needs 6 bytes at offset 10, 2 are there
        "#]],
    );
}
