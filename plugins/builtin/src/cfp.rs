//! Cisco FabricPath: a header as long as Ethernet's, with switches for addresses and the type 0x8903, before an
//! Ethernet frame. There is no public specification. The FCS is part of every capture.

use crate::checksum::{STATUS, UNVERIFIED};
use crate::eth::Place;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Cfp;

protocol! {
    /// Cisco FabricPath.
    Cfp = cfp "CFP", "Cisco FabricPath" {
        d_hmac_mc: mac                "MC Destination",
        d_hmac: group                 "Destination",
        s_hmac: group                 "Source",
        eid: computed u32             "End Node ID",
        ul: bool(u24) & 0x020000      "U/L bit" = { 0 "Globally unique address", 1 "Locally administered address" },
        ig: bool(u24) & 0x010000      "I/G bit" = { 0 "Individual address", 1 "Group address" },
        ooodl: bool(u24) & 0x001000   "OOO/DL Bit" = { 0 "Deliver in order, or learn", 1 "Out of order delivery, or do not learn" },
        swid: u24 & 0x000fff          "switch-id",
        sswid: u8                     "sub-switch-id",
        lid: u16                      "Source LID",
        etype: u16 hex                "FP Ethertype",
        ftag: u16 & 0xffc0            "FTAG",
        ttl: u16 & 0x003f             "TTL",
        fcs: u32 hex                  "Frame check sequence",
        fcs.status: computed u8       "FCS status" = STATUS,
    }
    tables { ETH: "@eth" }
}

const HEADER_LEN: usize = 16;
const FCS_LEN: usize = 4;

impl Dissector for Cfp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if pdu.rest().first().is_some_and(|first| first & 1 == 1) {
            pdu.take(D_HMAC_MC)?;
        } else {
            pdu.group(D_HMAC, switch)?;
        }
        pdu.group(S_HMAC, switch)?;
        pdu.take(ETYPE)?;
        pdu.show(FTAG)?;
        pdu.take(TTL)?;
        let end = pdu.wire_len().saturating_sub(FCS_LEN);
        pdu.hand_to(ETH).len(end.saturating_sub(HEADER_LEN)).context(Place::TUNNEL.0);
        if end >= HEADER_LEN && pdu.data().len() == end + FCS_LEN {
            pdu.show_at(FCS, end)?;
            pdu.computed(FCS_STATUS, end..end + FCS_LEN, UNVERIFIED);
        }
        Ok(())
    }
}

/// An address that stands for a switch and a port.
fn switch(pdu: &mut Pdu<'_>) -> Step {
    let at = pdu.position();
    pdu.peek(SWID)?;
    if let [high, low, ..] = *pdu.rest() {
        // Six bits, then two that stand behind `ul` and `ig`.
        pdu.computed(EID, at..at + 3, high & 0xfc | low >> 6);
    }
    pdu.show(UL)?;
    pdu.show(IG)?;
    pdu.show(OOODL)?;
    pdu.take(SWID)?;
    pdu.take(SSWID)?;
    pdu.take(LID)?;
    Ok(())
}

builtin!(Cfp);

#[test]
fn a_frame() {
    check::<Cfp>(
        "01005e000005 020eb94e0171 8903 0020  01005e000005 01020304",
        expect![[r#"
            Cisco FabricPath
              MC Destination: 01:00:5e:00:00:05
              Source
                End Node ID: 0
                U/L bit: Locally administered address
                I/G bit: Individual address
                OOO/DL Bit: Deliver in order, or learn
                switch-id: 3769
                sub-switch-id: 78
                Source LID: 369
              FP Ethertype: 0x8903
              FTAG: 0
              TTL: 32
              Frame check sequence: 0x01020304
              FCS status: Unverified (2)
            → @eth [0]: bytes 16..22
        "#]],
    );
    check::<Cfp>(
        "020001020003 020eb94e",
        expect![[r#"
            Cisco FabricPath
              Destination
                End Node ID: 0
                U/L bit: Locally administered address
                I/G bit: Individual address
                OOO/DL Bit: Deliver in order, or learn
                switch-id: 1
                sub-switch-id: 2
                Source LID: 3
              Source
                End Node ID: 0
                U/L bit: Locally administered address
                I/G bit: Individual address
                OOO/DL Bit: Deliver in order, or learn
                switch-id: 3769
                sub-switch-id: 78
              [error] short: cfp.lid needs 2 bytes at offset 10, 0 are there
        "#]],
    );
}
