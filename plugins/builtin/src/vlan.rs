//! VLAN tags (IEEE Std 802.1Q, clause 9): behind the ethertype 0x8100 two bytes of priority and VLAN, then the type or
//! length of what is tagged. Tags stack; the outer one then often has a type of its own, 0x88a8 (802.1ad, here the
//! protocol `ieee8021ad`) or 0x9100 (from before that).

use crate::eth::{Place, padding};
use crate::ethertypes::ETHERTYPES;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Vlan;

protocol! {
    /// A VLAN tag, IEEE 802.1Q.
    Vlan = vlan "VLAN", "802.1Q Virtual LAN" {
        priority: u16 & 0xe000     "Priority" = {
            0 "Best Effort (default)",
            1 "Background",
            2 "Excellent Effort",
            3 "Critical Applications",
            4 "Video, < 100ms latency and jitter",
            5 "Voice, < 10ms latency and jitter",
            6 "Internetwork Control",
            7 "Network Control",
        },
        /// Drop eligible indicator.
        dei: bool(u16) & 0x1000    "DEI" = { 0 "Ineligible", 1 "Eligible" },
        id: u16 & 0x0fff           "ID",
        etype: u16 hex             "Type" = ETHERTYPES,
        /// Bytes of LLC PDU that follow, where there is no type.
        len: u16                   "Length",
        /// Bytes behind the payload that are not padding.
        trailer: bytes             "Trailer" trailer,
    }
    claims { ethertype = [0x8100, 0x9100] }
    tables { ETHERTYPE: "ethertype" named, LLC: "@llc", IPX: "@ipx" }
}

const HEADER_LEN: usize = 4;

impl Dissector for Vlan {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let place = Place(pdu.context());
        let priority = pdu.show(PRIORITY)?;
        let dei = pdu.show(DEI)?;
        let id = pdu.take(ID)?;
        pdu.info(format_args!("PRI: {priority}, DEI: {}, ID: {id}", u8::from(dei)));
        let kind = pdu.peek(ETYPE)?;
        if kind > 1500 {
            pdu.take(ETYPE)?;
            pdu.hand_on(ETHERTYPE, kind).context(place.payload(HEADER_LEN).0);
            return Ok(());
        }
        let len = usize::from(pdu.take(LEN)?);
        let raw = pdu.rest().starts_with(&[0xff, 0xff]);
        pdu.hand_to(if raw { IPX } else { LLC }).len(len);
        let room = pdu.wire_remaining();
        if len > room {
            let range = HEADER_LEN - 2..HEADER_LEN;
            pdu.diagnostic(Severity::Error, "bad-length", range, format_args!("only {room} bytes follow"));
        }
        if pdu.remaining() > len {
            pdu.skip(len)?;
            tail(pdu, place.before() + HEADER_LEN + len)?;
        }
        Ok(())
    }

    fn trailer(&mut self, pdu: &mut Pdu<'_>) -> Step {
        tail(pdu, Place(pdu.context() >> 32).before() + pdu.context() as u32 as usize)
    }
}

/// What lies behind the payload, `before` bytes after the start of the frame.
fn tail(pdu: &mut Pdu<'_>, before: usize) -> Step {
    pdu.skip(padding(pdu, before))?;
    if pdu.remaining() > 0 {
        pdu.take_rest(TRAILER);
    }
    Ok(())
}

builtin!(Vlan);

/// The outer tags of provider bridges.
mod provider {
    use crate::eth::Place;
    use crate::ethertypes::ETHERTYPES;
    use prosector_sdk::prelude::*;

    /// The dissector.
    #[derive(Default)]
    pub struct ProviderBridge;

    const ETHERTYPE_AD: u16 = 0x88a8;

    protocol! {
        /// The outer tag of a provider bridge, IEEE 802.1ad; or two of them, one behind the other.
        ProviderBridge = ieee8021ad "802.1ad", "IEEE 802.1ad" {
            priority: u16 & 0xe000     "Priority",
            /// Drop eligible indicator.
            dei: u16 & 0x1000          "DEI",
            id: u16 & 0x0fff           "ID",
            /// VLAN of the service, in the first of two tags.
            svid: u16 & 0x0fff         "ID",
            /// VLAN of the customer, in the second of two tags.
            cvid: u16 & 0x0fff         "ID",
            /// Wireshark has no field of this protocol's for it.
            .ieee8021ah.etype: u16 hex "Type" = ETHERTYPES,
        }
        claims { ethertype = ETHERTYPE_AD }
        tables { ETHERTYPE: "ethertype" named }
    }

    impl Dissector for ProviderBridge {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            let two = pdu.rest().get(2..4) == Some(&ETHERTYPE_AD.to_be_bytes());
            let ids: &[_] = if two { &[SVID, CVID] } else { &[ID] };
            let mut kind = 0;
            for &id in ids {
                pdu.show(PRIORITY)?;
                pdu.show(DEI)?;
                let id = pdu.take(id)?;
                pdu.info(format_args!("ID: {id}"));
                kind = pdu.take(IEEE8021AH_ETYPE)?;
            }
            let place = Place(pdu.context()).payload(pdu.position());
            pdu.hand_on(ETHERTYPE, kind).context(place.0);
            Ok(())
        }
    }

    builtin!(ProviderBridge);

    #[test]
    fn one_tag() {
        check::<ProviderBridge>(
            "b0c8 8100 0005 0800",
            expect![[r#"
                IEEE 802.1ad, ID: 200
                  Priority: 5
                  DEI: 1
                  ID: 200
                  Type: 802.1Q Virtual LAN (0x8100)
                → ethertype [33024]: bytes 4..8
            "#]],
        );
    }

    #[test]
    fn two_tags() {
        check::<ProviderBridge>(
            "00c8 88a8 e0c9 0800 45",
            expect![[r#"
                IEEE 802.1ad, ID: 201
                  Priority: 0
                  DEI: 0
                  ID: 200
                  Type: 802.1ad Provider Bridge (Q-in-Q) (0x88a8)
                  Priority: 7
                  DEI: 0
                  ID: 201
                  Type: IPv4 (0x0800)
                → ethertype [2048]: bytes 8..9
            "#]],
        );
    }
}

#[test]
fn a_tag() {
    check::<Vlan>(
        "b0c8 0800 45",
        expect![[r#"
            802.1Q Virtual LAN, PRI: 5, DEI: 1, ID: 200
              Priority: Voice, < 10ms latency and jitter (5)
              DEI: Eligible
              ID: 200
              Type: IPv4 (0x0800)
            → ethertype [2048]: bytes 4..5
        "#]],
    );
}

#[test]
fn llc_with_padding() {
    let padded = format!("0064 0003 424203 {} aabb", "00".repeat(53));
    check::<Vlan>(
        &padded,
        expect![[r#"
            802.1Q Virtual LAN, PRI: 0, DEI: 0, ID: 100
              Priority: Best Effort (default) (0)
              DEI: Ineligible
              ID: 100
              Length: 3
              Trailer: aabb
            → @llc [0]: bytes 4..7
        "#]],
    );
}

#[test]
fn llc_that_is_too_short() {
    check::<Vlan>(
        "0064 0004 424203",
        expect![[r#"
            802.1Q Virtual LAN, PRI: 0, DEI: 0, ID: 100
              Priority: Best Effort (default) (0)
              DEI: Ineligible
              ID: 100
              Length: 4
              [error] bad-length: only 3 bytes follow
            → @llc [0]: bytes 4..7
        "#]],
    );
}

#[test]
fn raw_802_3() {
    check::<Vlan>(
        "0064 0004 ffff 0022",
        expect![[r#"
            802.1Q Virtual LAN, PRI: 0, DEI: 0, ID: 100
              Priority: Best Effort (default) (0)
              DEI: Ineligible
              ID: 100
              Length: 4
            → @ipx [0]: bytes 4..8
        "#]],
    );
}

#[test]
fn cut_short() {
    check::<Vlan>(
        "2064 08",
        expect![[r#"
            802.1Q Virtual LAN, PRI: 1, DEI: 0, ID: 100
              Priority: Background (1)
              DEI: Ineligible
              ID: 100
              [error] short: vlan.etype needs 2 bytes at offset 2, 1 are there
        "#]],
    );
}
