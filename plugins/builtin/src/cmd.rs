//! Cisco MetaData: a security group tag between Ethernet's addresses and its real type (draft-smith-kandula-sxp-06 has
//! the tag; the header is Cisco's).

use crate::eth::Place;
use crate::ethertypes::ETHERTYPES;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Cmd;

protocol! {
    /// Cisco MetaData.
    Cmd = cmd "CMD", "Cisco MetaData" {
        version: u8         "Version",
        length: u8          "Length",
        options: u16 hex    "Options",
        sgt: u16            "SGT",
        type: u16 hex       "Type" = ETHERTYPES,
    }
    claims { ethertype = 0x8909, gre.proto = 0x8909 }
    tables { ETHERTYPE: "ethertype" }
}

const HEADER_LEN: usize = 8;

impl Dissector for Cmd {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        // Below GRE the type stands first.
        let in_gre = pdu.claim() == Some(1);
        let first = if in_gre { Some(pdu.take(TYPE)?) } else { None };
        pdu.take(VERSION)?;
        pdu.take(LENGTH)?;
        pdu.take(OPTIONS)?;
        let sgt = pdu.take(SGT)?;
        pdu.info(format_args!("SGT: {sgt}"));
        let kind = if let Some(kind) = first { kind } else { pdu.take(TYPE)? };
        let place = if in_gre { Place::TUNNEL } else { Place(pdu.context()).payload(HEADER_LEN) };
        pdu.hand_on(ETHERTYPE, kind).context(place.0);
        Ok(())
    }
}

builtin!(Cmd);

#[test]
fn a_tag() {
    check::<Cmd>(
        "01 01 0001 0007 0800 45",
        expect![[r#"
            Cisco MetaData, SGT: 7
              Version: 1
              Length: 1
              Options: 0x0001
              SGT: 7
              Type: IPv4 (0x0800)
            → ethertype [2048]: bytes 8..9
        "#]],
    );
    check::<Cmd>(
        "01 01 0001 00",
        expect![[r#"
            Cisco MetaData
              Version: 1
              Length: 1
              Options: 0x0001
              [error] short: cmd.sgt needs 2 bytes at offset 4, 1 are there
        "#]],
    );
}
