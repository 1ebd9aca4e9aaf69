//! IPv6CP, with which PPP agrees on IPv6 interface identifiers (RFC 5072, section 4).

use super::control::{CODES, Fields, nothing, packet};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Ipv6Cp;

protocol! {
    /// PPP IPv6 Control Protocol.
    Ipv6Cp = ipv6cp "PPP IPV6CP", "PPP IPv6 Control Protocol" {
        .ppp.code: u8                   "Code" = CODES,
        .ppp.identifier: u8             "Identifier",
        .ppp.length: u16                "Length",
        .ppp.data: bytes                "Data",
        opt: group                      "Option",
        opt.type: u8                    "Type" = { 1 "Interface Identifier", 2 "IPv6 Compression Protocol" },
        opt.length: u8                  "Length",
        interface_identifier: eui64     "Interface Identifier",
        opt.data: bytes                 "Data",
    }
    claims { ppp.protocol = 0x8057 }
}

const FIELDS: Fields = Fields {
    code: PPP_CODE,
    identifier: PPP_IDENTIFIER,
    length: PPP_LENGTH,
    data: PPP_DATA,
    option: OPT,
    option_type: OPT_TYPE,
    option_length: OPT_LENGTH,
};

impl Dissector for Ipv6Cp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let option = |pdu: &mut Pdu<'_>, kind, _| {
            if kind == 1 {
                pdu.take(INTERFACE_IDENTIFIER)?;
            } else if pdu.remaining() > 0 {
                pdu.take_rest(OPT_DATA);
            }
            Ok(())
        };
        packet(pdu, &FIELDS, option, nothing)
    }
}

builtin!(Ipv6Cp);

#[test]
fn a_request() {
    check::<Ipv6Cp>(
        "01 01 000e 01 0a 020000fffe000001",
        expect![[r#"
            PPP IPv6 Control Protocol, Configuration Request
              Code: Configuration Request (1)
              Identifier: 1
              Length: 14
              Option: Interface Identifier (1)
                Type: Interface Identifier (1)
                Length: 10
                Interface Identifier: 02:00:00:ff:fe:00:00:01
        "#]],
    );
    check::<Ipv6Cp>(
        "01 01 000e 01 09 020000fffe000001",
        expect![[r#"
            PPP IPv6 Control Protocol, Configuration Request
              Code: Configuration Request (1)
              Identifier: 1
              Length: 14
              Option: Interface Identifier (1)
                Type: Interface Identifier (1)
                Length: 9
              [error] short: ipv6cp.interface_identifier needs 8 bytes at offset 6, 7 are there (the end is set by ipv6cp.opt.length)
        "#]],
    );
}
