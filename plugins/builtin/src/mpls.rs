//! MPLS: a stack of labels (RFC 3032). Nothing says what it carries, so the first four bits of that decide (RFC 4928,
//! RFC 4385).

use crate::eth::Place;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Mpls;

protocol! {
    /// A stack of MPLS labels.
    Mpls = mpls "MPLS", "MultiProtocol Label Switching Header" {
        label: u32 & 0xfffff000     "MPLS Label" = {
            0 "IPv4 Explicit-Null",
            1 "Router Alert",
            2 "IPv6 Explicit-Null",
            3 "Implicit-Null",
            7 "Entropy Label Indicator (ELI)",
            13 "Generic Associated Channel Label (GAL)",
            14 "OAM Alert",
        },
        /// The traffic class (RFC 5462).
        exp: u32 & 0x00000e00       "MPLS Experimental Bits",
        bottom: u32 & 0x00000100    "MPLS Bottom Of Label Stack",
        ttl: u32 & 0x000000ff       "MPLS TTL",
    }
    claims { ethertype = [0x8847, 0x8848], ip.proto = 137, udp.port = 6635, ppp.protocol = [0x0281, 0x0283] }
    tables { LABEL_TABLE: "mpls.label", IP: "@ip", IPV6: "@ipv6", ETH: "@eth", CHANNEL: "@pwach", DATA: "@data" }
}

const ASSOCIATED_CHANNEL: u32 = 13;
const OAM_ALERT: u32 = 14;

impl Dissector for Mpls {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let mut label;
        loop {
            label = pdu.show(LABEL)?;
            pdu.show(EXP)?;
            let bottom = pdu.show(BOTTOM)?;
            pdu.take(TTL)?;
            if bottom == 1 {
                break;
            }
        }
        pdu.info(format_args!("Label: {label}"));
        let start = pdu.position();
        match (label, pdu.rest()) {
            (OAM_ALERT, _) => drop(pdu.hand_on(LABEL_TABLE, label)),
            (ASSOCIATED_CHANNEL, _) | (_, [0x10..=0x1f, ..]) => drop(pdu.hand_to(CHANNEL)),
            // The packet's length is set here already: the padding of an Ethernet frame is not ours, but the frame's.
            (_, [0x40..=0x4f, _, high, low, ..]) => {
                let len = usize::from(u16::from_be_bytes([*high, *low]));
                if len >= 20 {
                    pdu.set_len(LABEL, start + len);
                }
                pdu.hand_to(IP);
            }
            (_, [0x60..=0x6f, _, _, _, high, low, ..]) => {
                let len = usize::from(u16::from_be_bytes([*high, *low]));
                if len > 0 {
                    pdu.set_len(LABEL, start + 40 + len);
                }
                pdu.hand_to(IPV6);
            }
            // An Ethernet frame behind a control word (RFC 4448, section 4.6), or without one.
            (_, [0x00, 0x00, ..]) => {
                pdu.skip(4)?;
                pdu.hand_to(ETH).context(Place::TUNNEL.0);
            }
            (_, [0x00..=0x0f, ..]) => drop(pdu.hand_to(ETH).context(Place::TUNNEL.0)),
            _ => drop(pdu.hand_to(DATA)),
        }
        Ok(())
    }
}

builtin!(Mpls);

#[test]
fn a_stack_with_ipv4() {
    check::<Mpls>(
        &format!("00064640 000c8740 4500 0014 {} 0000", "00".repeat(16)),
        expect![[r#"
            MultiProtocol Label Switching Header, Label: 200
              MPLS Label: 100
              MPLS Experimental Bits: 3
              MPLS Bottom Of Label Stack: 0
              MPLS TTL: 64
              MPLS Label: 200
              MPLS Experimental Bits: 3
              MPLS Bottom Of Label Stack: 1
              MPLS TTL: 64
            → @ip [0]: bytes 8..28
        "#]],
    );
}

#[test]
fn ipv6() {
    check::<Mpls>(
        &format!("00064140 60000000 0001 {}", "00".repeat(36)),
        expect![[r#"
            MultiProtocol Label Switching Header, Label: 100
              MPLS Label: 100
              MPLS Experimental Bits: 0
              MPLS Bottom Of Label Stack: 1
              MPLS TTL: 64
            → @ipv6 [0]: bytes 4..45
        "#]],
    );
}

#[test]
fn ethernet() {
    check::<Mpls>(
        "00064140 00000007 020000000001",
        expect![[r#"
            MultiProtocol Label Switching Header, Label: 100
              MPLS Label: 100
              MPLS Experimental Bits: 0
              MPLS Bottom Of Label Stack: 1
              MPLS TTL: 64
            → @eth [0]: bytes 8..14
        "#]],
    );
    check::<Mpls>(
        "00064140 00155d000001",
        expect![[r#"
            MultiProtocol Label Switching Header, Label: 100
              MPLS Label: 100
              MPLS Experimental Bits: 0
              MPLS Bottom Of Label Stack: 1
              MPLS TTL: 64
            → @eth [0]: bytes 4..10
        "#]],
    );
}

#[test]
fn channels_and_other_payloads() {
    check::<Mpls>(
        "0000d140 10000021 45",
        expect![[r#"
            MultiProtocol Label Switching Header, Label: 13
              MPLS Label: Generic Associated Channel Label (GAL) (13)
              MPLS Experimental Bits: 0
              MPLS Bottom Of Label Stack: 1
              MPLS TTL: 64
            → @pwach [0]: bytes 4..9
        "#]],
    );
    check::<Mpls>(
        "0000e140 01",
        expect![[r#"
            MultiProtocol Label Switching Header, Label: 14
              MPLS Label: OAM Alert (14)
              MPLS Experimental Bits: 0
              MPLS Bottom Of Label Stack: 1
              MPLS TTL: 64
            → mpls.label [14]: bytes 4..5
        "#]],
    );
    check::<Mpls>(
        "00064140 80",
        expect![[r#"
            MultiProtocol Label Switching Header, Label: 100
              MPLS Label: 100
              MPLS Experimental Bits: 0
              MPLS Bottom Of Label Stack: 1
              MPLS TTL: 64
            → @data [0]: bytes 4..5
        "#]],
    );
}

#[test]
fn no_bottom() {
    check::<Mpls>(
        "00064040 0006",
        expect![[r#"
            MultiProtocol Label Switching Header
              MPLS Label: 100
              MPLS Experimental Bits: 0
              MPLS Bottom Of Label Stack: 0
              MPLS TTL: 64
              [error] short: mpls.label needs 4 bytes at offset 4, 2 are there
        "#]],
    );
}
