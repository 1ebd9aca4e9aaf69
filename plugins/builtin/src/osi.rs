//! OSI network layer protocols (ISO/IEC TR 9577): what the first byte of a packet says it is. The byte stays where it
//! is, as a part of each protocol's header.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Osi;

protocol! {
    /// The OSI network layer, told apart by the network layer protocol identifier.
    Osi = osi "OSI", "OSI" {
        nlpid: u8 hex       "Network Layer Protocol Identifier" hidden = {
            0x00 "NULL", 0x81 "CLNP", 0x82 "ESIS", 0x83 "ISIS", 0x8e "IPv6", 0xcc "IP",
        },
    }
    claims { llc.dsap = 0xfe, chdlc.protocol = 0xfefe, ppp.protocol = 0x0023, gre.proto = 0x00fe }
    tables { NLPIDS: "osi.nlpid" }
}

impl Dissector for Osi {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let kind = pdu.show(NLPID)?;
        pdu.hand_on(NLPIDS, kind);
        Ok(())
    }
}

builtin!(Osi);

#[test]
fn the_byte_is_handed_on() {
    check::<Osi>(
        "83 1b",
        expect![[r#"
        OSI
        → osi.nlpid [131]: bytes 0..2
    "#]],
    );
    check::<Osi>(
        "",
        expect![[r#"
        OSI
          [error] short: osi.nlpid needs 1 bytes at offset 0, 0 are there
    "#]],
    );
}
