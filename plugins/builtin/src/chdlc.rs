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
    check::<Chdlc>("0f00 0800 45", expect![[""]]);
}

#[test]
fn others_and_cut_short() {
    check::<Chdlc>("8f00 8035 00", expect![[""]]);
    check::<Chdlc>("0f00 fefe 03 82", expect![[""]]);
    check::<Chdlc>("0f00 08", expect![[""]]);
}
