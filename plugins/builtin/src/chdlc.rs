//! Cisco HDLC: LINKTYPE_C_HDLC (<https://www.tcpdump.org/linktypes.html>; RFC 1547, section 4.3.1 tells of it).

use crate::ethertypes::ETHERTYPES;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Chdlc;

protocol! {
    /// Cisco's framing of serial links.
    Chdlc = chdlc "CHDLC", "Cisco HDLC" {
        address: u8 hex         "Address" = { 0x0f "Unicast", 0x8f "Multicast" },
        control: u8 hex         "Control",
        protocol: u16 hex       "Protocol" = ETHERTYPES,
        /// Before an OSI packet.
        clns_padding: u8 hex    "CLNS Padding",
    }
    claims { link = 104 }
    tables { ETHERTYPE: "ethertype", PROTOCOL_TABLE: "chdlc.protocol" }
}

const OSI: u16 = 0xfefe;

/// Whether a protocol means what it means as an ethertype; 0x8035 doesn't: SLARP, not RARP.
pub(crate) fn is_ethertype(protocol: u16) -> bool {
    matches!(protocol, 0x0600 | 0x0800 | 0x6003 | 0x6558 | 0x809b | 0x80f3 | 0x8137 | 0x86dd | 0x8847 | 0x8848)
}

impl Dissector for Chdlc {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(ADDRESS)?;
        pdu.take(CONTROL)?;
        let protocol = pdu.take(PROTOCOL)?;
        pdu.info(format_args!("{} (0x{protocol:04x})", Self::name(PROTOCOL, protocol)));
        if protocol == OSI {
            pdu.take(CLNS_PADDING)?;
        }
        pdu.hand_on(if is_ethertype(protocol) { ETHERTYPE } else { PROTOCOL_TABLE }, protocol)
            .context(crate::eth::Place::TUNNEL.0);
        Ok(())
    }
}

builtin!(Chdlc);

#[test]
fn an_ethertype() {
    check::<Chdlc>(
        "0f00 0800 45",
        expect![[r#"
        Cisco HDLC, IPv4 (0x0800)
          Address: Unicast (0x0f)
          Control: 0x00
          Protocol: IPv4 (0x0800)
        → ethertype [2048]: bytes 4..5
    "#]],
    );
}

#[test]
fn others_and_cut_short() {
    check::<Chdlc>(
        "8f00 8035 00",
        expect![[r#"
        Cisco HDLC, RARP (0x8035)
          Address: Multicast (0x8f)
          Control: 0x00
          Protocol: RARP (0x8035)
        → chdlc.protocol [32821]: bytes 4..5
    "#]],
    );
    check::<Chdlc>(
        "0f00 fefe 03 82",
        expect![[r#"
        Cisco HDLC, unknown (0xfefe)
          Address: Unicast (0x0f)
          Control: 0x00
          Protocol: 0xfefe
          CLNS Padding: 0x03
        → chdlc.protocol [65278]: bytes 5..6
    "#]],
    );
    check::<Chdlc>(
        "0f00 08",
        expect![[r#"
        Cisco HDLC
          Address: Unicast (0x0f)
          Control: 0x00
          [error] short: chdlc.protocol needs 2 bytes at offset 2, 1 are there
    "#]],
    );
}
