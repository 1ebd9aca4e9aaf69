//! Cisco ISL, the inter-switch link: a header of its own before a whole frame, and another CRC behind it ("Inter-Switch
//! Link and IEEE 802.1Q Frame Format", Cisco, document 17056).

use crate::eth::Place;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Isl;

protocol! {
    /// Cisco Inter-Switch Link.
    Isl = isl "ISL", "ISL" {
        dst: mac                "Destination",
        type: u8 & 0xf0         "Type" = { 0 "Ethernet", 1 "Token-Ring", 2 "FDDI", 3 "ATM" },
        user_eth: u8 & 0x03     "User" = {
            0 "Normal Priority", 1 "Priority 1", 2 "Priority 2", 3 "Highest Priority",
        },
        user: u8 hex & 0x0f     "User",
        src: mac                "Source",
        addr: mac               "Source or Destination Address" hidden,
        len: u16                "Length",
        dsap: u8 hex            "DSAP",
        ssap: u8 hex            "SSAP",
        control: u8 hex         "Control",
        /// The first three bytes of the source.
        hsa: u24 hex            "HSA",
        vlan_id: u16 & 0xfffe   "VLAN ID",
        bpdu: bool(u16) & 0x01  "BPDU/CDP/VTP",
        index: u16              "Index",
        reserved: u16 hex       "Reserved",
    }
    tables { ETH: "@eth", DATA: "@data" }
}

const ETHERNET: u8 = 0;
/// Where type and user are, in the sixth byte of what looks like the destination.
const TYPE_AT: usize = 5;

impl Dissector for Isl {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.show(DST)?;
        let kind = pdu.show_at(TYPE, TYPE_AT)?;
        if kind == ETHERNET {
            pdu.show_at(USER_ETH, TYPE_AT)?;
        } else {
            pdu.show_at(USER, TYPE_AT)?;
        }
        pdu.take(ADDR)?;
        pdu.show(SRC)?;
        pdu.take(ADDR)?;
        pdu.take(LEN)?;
        pdu.take(DSAP)?;
        pdu.take(SSAP)?;
        pdu.take(CONTROL)?;
        pdu.take(HSA)?;
        let vlan = pdu.show(VLAN_ID)?;
        pdu.take(BPDU)?;
        pdu.info(format_args!("VLAN ID: {vlan}"));
        pdu.take(INDEX)?;
        pdu.take(RESERVED)?;
        if kind == ETHERNET {
            pdu.hand_to(ETH).context(Place::TUNNEL_WITH_FCS.0);
        } else {
            pdu.hand_to(DATA);
        }
        Ok(())
    }
}

builtin!(Isl);

#[test]
fn a_frame() {
    check::<Isl>(
        "01000c000000 020000000001 004c aaaa03 00000c 0003 0000 0000 0200",
        expect![[r#"
        ISL, VLAN ID: 1
          Destination: 01:00:0c:00:00:00
          Type: Ethernet (0)
          User: Normal Priority (0)
          Source: 02:00:00:00:00:01
          Length: 76
          DSAP: 0xaa
          SSAP: 0xaa
          Control: 0x03
          HSA: 0x00000c
          VLAN ID: 1
          BPDU/CDP/VTP: True
          Index: 0
          Reserved: 0x0000
        → @eth [0]: bytes 26..28
    "#]],
    );
    check::<Isl>(
        "01000c000000 020000000001 004c aaaa",
        expect![[r#"
        ISL
          Destination: 01:00:0c:00:00:00
          Type: Ethernet (0)
          User: Normal Priority (0)
          Source: 02:00:00:00:00:01
          Length: 76
          DSAP: 0xaa
          SSAP: 0xaa
          [error] short: isl.control needs 1 bytes at offset 16, 0 are there
    "#]],
    );
}
