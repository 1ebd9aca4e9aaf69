//! IPCP, with which PPP agrees on IPv4 addresses (RFC 1332, RFC 1877).

use super::control::{CODES, Fields, nothing, packet};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Ipcp;

protocol! {
    /// PPP IP Control Protocol.
    Ipcp = ipcp "PPP IPCP", "PPP IP Control Protocol" {
        .ppp.code: u8                   "Code" = CODES,
        .ppp.identifier: u8             "Identifier",
        .ppp.length: u16                "Length",
        data: bytes                     "Data",
        opt: group                      "Option",
        opt.type: u8                    "Type" = {
            1 "IP Addresses (deprecated)", 2 "IP Compression Protocol", 3 "IP Address",
            4 "Mobile Node's Home IP Address", 129 "Primary DNS Server IP Address",
            130 "Primary NBNS Server IP Address", 131 "Secondary DNS Server IP Address",
            132 "Secondary NBNS Server IP Address",
        },
        opt.length: u8                  "Length",
        opt.src_address: ipv4           "Source IP Address",
        opt.dst_address: ipv4           "Destination IP Address",
        opt.compress_proto: u16 hex     "IP Compression Protocol" = {
            0x0003 "Robust Header Compression (ROHC)", 0x002d "VJ compression",
            0x0037 "VJ compression (RFC1172-typo)", 0x0061 "IPHC compression",
        },
        opt.max_slot_id: u8             "Max Slot ID",
        opt.comp_slot_id: bool(u8) & 0x01 "Comp Slot ID" = {
            0 "The slot identifier must not be compressed", 1 "The slot identifier may be compressed",
        },
        opt.ip_address: ipv4            "IP Address",
        opt.mobilenodehomeaddress: ipv4 "Mobile Node's Home Address",
        opt.pri_dns_address: ipv4       "Primary DNS Address",
        opt.pri_nbns_address: ipv4      "Primary NBNS Address",
        opt.sec_dns_address: ipv4       "Secondary DNS Address",
        opt.sec_nbns_address: ipv4      "Secondary NBNS Address",
        opt.data: bytes                 "Data",
    }
    claims { ppp.protocol = 0x8021, ethertype = 0x8021 }
}

const FIELDS: Fields = Fields {
    code: PPP_CODE,
    identifier: PPP_IDENTIFIER,
    length: PPP_LENGTH,
    data: DATA,
    option: OPT,
    option_type: OPT_TYPE,
    option_length: OPT_LENGTH,
};

impl Dissector for Ipcp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        packet(pdu, &FIELDS, option, nothing)
    }
}

fn option(pdu: &mut Pdu<'_>, kind: u8, _: usize) -> Step {
    let address = match kind {
        1 => {
            pdu.take(OPT_SRC_ADDRESS)?;
            OPT_DST_ADDRESS
        }
        2 => {
            // RFC 1332, section 4, for Van Jacobson's compression.
            if matches!(pdu.take(OPT_COMPRESS_PROTO)?, 0x002d | 0x0037) {
                pdu.take(OPT_MAX_SLOT_ID)?;
                pdu.take(OPT_COMP_SLOT_ID)?;
            }
            if pdu.remaining() > 0 {
                pdu.take_rest(OPT_DATA);
            }
            return Ok(());
        }
        3 => OPT_IP_ADDRESS,
        4 => OPT_MOBILENODEHOMEADDRESS,
        129 => OPT_PRI_DNS_ADDRESS,
        130 => OPT_PRI_NBNS_ADDRESS,
        131 => OPT_SEC_DNS_ADDRESS,
        132 => OPT_SEC_NBNS_ADDRESS,
        _ => {
            pdu.take_rest(OPT_DATA);
            return Ok(());
        }
    };
    pdu.take(address)?;
    Ok(())
}

builtin!(Ipcp);

#[test]
fn a_request() {
    check::<Ipcp>(
        "01 01 0016 03 06 0a000001 81 06 0a000002 02 06 002d 0f 01",
        expect![[r#"
            PPP IP Control Protocol, Configuration Request
              Code: Configuration Request (1)
              Identifier: 1
              Length: 22
              Option: IP Address (3)
                Type: IP Address (3)
                Length: 6
                IP Address: 10.0.0.1
              Option: Primary DNS Server IP Address (129)
                Type: Primary DNS Server IP Address (129)
                Length: 6
                Primary DNS Address: 10.0.0.2
              Option: IP Compression Protocol (2)
                Type: IP Compression Protocol (2)
                Length: 6
                IP Compression Protocol: VJ compression (0x002d)
                Max Slot ID: 15
                Comp Slot ID: The slot identifier may be compressed
        "#]],
    );
    check::<Ipcp>(
        "01 01 000a 03 03 0a",
        expect![[r#"
            PPP IP Control Protocol, Configuration Request
              Code: Configuration Request (1)
              Identifier: 1
              Length: 10
              Option: IP Address (3)
                Type: IP Address (3)
                Length: 3
              [error] short: ipcp.opt.ip_address needs 4 bytes at offset 6, 1 are there (the end is set by ipcp.opt.length)
        "#]],
    );
}
