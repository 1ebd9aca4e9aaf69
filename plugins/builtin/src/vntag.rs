//! VN-Tag, the tag of virtual interfaces (as proposed for IEEE 802.1Qbh).

use crate::eth::Place;
use crate::ethertypes::ETHERTYPES;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Vntag;

protocol! {
    /// VN-Tag.
    Vntag = vntag "VNTAG", "VN-Tag" {
        dir: bool(u32) & 0x80000000       "Direction" = { 0 "To Bridge", 1 "From Bridge" },
        ptr: bool(u32) & 0x40000000       "Pointer" = { 0 "vif_id", 1 "vif_list_id" },
        dst: u32 & 0x3fff0000             "Destination",
        looped: bool(u32) & 0x00008000    "Looped",
        r: u32 & 0x00004000               "Reserved",
        version: u32 & 0x00003000         "Version",
        src: u32 & 0x00000fff             "Source",
        etype: u16 hex                    "Type" = ETHERTYPES,
        /// Bytes of LLC PDU that follow, where there is no type.
        len: u16                          "Length",
    }
    claims { ethertype = 0x8926 }
    tables { ETHERTYPE: "ethertype" named, LLC: "@llc" }
}

const HEADER_LEN: usize = 6;

impl Dissector for Vntag {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let place = Place(pdu.context());
        pdu.show(DIR)?;
        pdu.show(PTR)?;
        pdu.show(DST)?;
        pdu.show(LOOPED)?;
        pdu.show(R)?;
        pdu.show(VERSION)?;
        pdu.take(SRC)?;
        let kind = pdu.peek(ETYPE)?;
        if kind > 1500 {
            pdu.take(ETYPE)?;
            pdu.hand_on(ETHERTYPE, kind).context(place.payload(HEADER_LEN).0);
        } else {
            pdu.take(LEN)?;
            pdu.hand_to(LLC).len(kind.into());
        }
        Ok(())
    }
}

builtin!(Vntag);

#[test]
fn a_tag() {
    check::<Vntag>(
        "c0018002 0800 45",
        expect![[r#"
            VN-Tag
              Direction: From Bridge
              Pointer: vif_list_id
              Destination: 1
              Looped: True
              Reserved: 0
              Version: 0
              Source: 2
              Type: IPv4 (0x0800)
            → ethertype [2048]: bytes 6..7
        "#]],
    );
    check::<Vntag>(
        "c0018002 08",
        expect![[r#"
            VN-Tag
              Direction: From Bridge
              Pointer: vif_list_id
              Destination: 1
              Looped: True
              Reserved: 0
              Version: 0
              Source: 2
              [error] short: vntag.etype needs 2 bytes at offset 4, 1 are there
        "#]],
    );
}
