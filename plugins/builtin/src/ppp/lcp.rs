//! LCP, the link control protocol of PPP (RFC 1661, sections 5 and 6), with the options of RFC 1570 and RFC 1990.

use super::PROTOCOLS;
use super::control::{CODES, Fields, packet};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Lcp;

protocol! {
    /// PPP Link Control Protocol.
    Lcp = lcp "PPP LCP", "PPP Link Control Protocol" {
        .ppp.code: u8                   "Code" = CODES,
        .ppp.identifier: u8             "Identifier",
        .ppp.length: u16                "Length",
        .ppp.data: bytes                "Data",
        magic_number: u32 hex           "Magic Number",
        data: bytes                     "Data",
        message: str                    "Message",
        secs_remaining: u32             "Seconds Remaining",
        rej_proto: u16 hex              "Rejected Protocol" = PROTOCOLS,
        opt: group                      "Option",
        opt.type: u8                    "Type" = {
            0 "Vendor Specific", 1 "Maximum Receive Unit", 2 "Async Control Character Map",
            3 "Authentication Protocol", 4 "Quality Protocol", 5 "Magic Number", 7 "Protocol Field Compression",
            8 "Address and Control Field Compression", 9 "FCS Alternatives", 10 "Self-Describing Pad",
            11 "Numbered Mode", 13 "Callback", 15 "Compound Frames", 17 "Multilink MRRU",
            18 "Multilink Short Sequence Number Header", 19 "Multilink Endpoint Discriminator",
            23 "Link Discriminator", 27 "Multilink header format", 28 "Internationalization",
        },
        opt.length: u8                  "Length",
        opt.mru: u16                    "Maximum Receive Unit",
        opt.asyncmap: u32 hex           "Async Control Character Map",
        opt.auth_protocol: u16 hex      "Authentication Protocol" = PROTOCOLS,
        opt.algorithm: u8               "Algorithm" = {
            0..=4 "Reserved", 5 "CHAP with MD5", 6 "CHAP with SHA-1", 128 "MS-CHAP", 129 "MS-CHAP-2",
        },
        opt.quality_protocol: u16 hex   "Quality Protocol" = PROTOCOLS,
        opt.reporting_period: u32       "Reporting Period",
        opt.magic_number: u32 hex       "Magic Number",
        opt.fcs_alternatives: u8 hex    "FCS Alternatives" {
            null: 0x01                  "NULL FCS",
            ccitt16: 0x02               "CCITT 16-bit",
            ccitt32: 0x04               "CCITT 32-bit",
        },
        opt.operation: u8               "Operation",
        opt.message: bytes              "Message",
        opt.mrru: u16                   "MRRU",
        opt.ep_disc_class: u8           "Class" = {
            0 "Null", 1 "Locally assigned address", 2 "Internet Protocol (IP) address",
            3 "IEEE 802.1 globally assigned MAC address", 4 "PPP magic-number block",
            5 "Public switched network directory number",
        },
        opt.ip_address: ipv4            "IP Address",
        "opt.802_1_address": mac        "IEEE 802.1 Address",
        opt.link_discrim: u16 hex       "Link Discriminator",
        opt.data: bytes                 "Data",
    }
    claims { ppp.protocol = 0xc021, ethertype = 0xc021 }
    tables { PROTOCOL_TABLE: "ppp.protocol" }
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

impl Dissector for Lcp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        packet(pdu, &FIELDS, option, |pdu, code| {
            match code {
                8 => {
                    let protocol = pdu.take(REJ_PROTO)?;
                    pdu.hand_on(PROTOCOL_TABLE, protocol).quoted();
                    return Ok(true);
                }
                9..=13 => drop(pdu.take(MAGIC_NUMBER)?),
                _ => return Ok(false),
            }
            if code == 13 {
                pdu.take(SECS_REMAINING)?;
            }
            if pdu.remaining() > 0 {
                pdu.take_rest(if code > 11 { MESSAGE } else { DATA });
            }
            Ok(true)
        })
    }
}

fn option(pdu: &mut Pdu<'_>, kind: u8, len: usize) -> Step {
    match kind {
        1 => drop(pdu.take(OPT_MRU)?),
        2 => drop(pdu.take(OPT_ASYNCMAP)?),
        3 => {
            // RFC 1994, section 3: which CHAP.
            let chap = pdu.take(OPT_AUTH_PROTOCOL)? == 0xc223;
            if chap {
                pdu.take(OPT_ALGORITHM)?;
            }
        }
        4 => {
            pdu.take(OPT_QUALITY_PROTOCOL)?;
            if len > 2 {
                pdu.take(OPT_REPORTING_PERIOD)?;
            }
        }
        5 => drop(pdu.take(OPT_MAGIC_NUMBER)?),
        9 => drop(pdu.take(OPT_FCS_ALTERNATIVES)?),
        13 => {
            pdu.take(OPT_OPERATION)?;
            pdu.take_rest(OPT_MESSAGE);
        }
        17 => drop(pdu.take(OPT_MRRU)?),
        19 => match (pdu.take(OPT_EP_DISC_CLASS)?, len) {
            (2, 5) => drop(pdu.take(OPT_IP_ADDRESS)?),
            (3, 7) => drop(pdu.take(OPT_802_1_ADDRESS)?),
            _ => {}
        },
        23 => drop(pdu.take(OPT_LINK_DISCRIM)?),
        _ => {}
    }
    if pdu.remaining() > 0 {
        pdu.take_rest(OPT_DATA);
    }
    Ok(())
}

builtin!(Lcp);

#[test]
fn a_request() {
    check::<Lcp>(
        "01 01 0014 01 04 05d4 05 06 01020304 03 05 c223 05 0702",
        expect![[r#"
            PPP Link Control Protocol, Configuration Request
              Code: Configuration Request (1)
              Identifier: 1
              Length: 20
              Option: Maximum Receive Unit (1)
                Type: Maximum Receive Unit (1)
                Length: 4
                Maximum Receive Unit: 1492
              Option: Magic Number (5)
                Type: Magic Number (5)
                Length: 6
                Magic Number: 0x01020304
              Option: Authentication Protocol (3)
                Type: Authentication Protocol (3)
                Length: 5
                Authentication Protocol: Challenge Handshake Authentication Protocol (0xc223)
                Algorithm: CHAP with MD5 (5)
              Option: Protocol Field Compression (7)
                Type: Protocol Field Compression (7)
              [error] short: lcp.opt.length needs 1 bytes at offset 20, 0 are there (the end is set by ppp.length)
        "#]],
    );
}

#[test]
fn other_codes() {
    check::<Lcp>(
        "09 02 000a 01020304 aabb",
        expect![[r#"
        PPP Link Control Protocol, Echo Request
          Code: Echo Request (9)
          Identifier: 2
          Length: 10
          Magic Number: 0x01020304
          Data: aabb
    "#]],
    );
    check::<Lcp>(
        "08 02 0008 8057 0101",
        expect![[r#"
        PPP Link Control Protocol, Protocol Reject
          Code: Protocol Reject (8)
          Identifier: 2
          Length: 8
          Rejected Protocol: IPv6 Control Protocol (0x8057)
        → ppp.protocol [32855]: bytes 6..8
    "#]],
    );
}

#[test]
fn lengths_that_cannot_be() {
    check::<Lcp>(
        "01 01 0003",
        expect![[r#"
        PPP Link Control Protocol, Configuration Request
          Code: Configuration Request (1)
          Identifier: 1
          Length: 3
          [error] bad-length: 3 bytes, less than 4
    "#]],
    );
    check::<Lcp>(
        "01 01 0008 01 01 05d4",
        expect![[r#"
            PPP Link Control Protocol, Configuration Request
              Code: Configuration Request (1)
              Identifier: 1
              Length: 8
              Option: Maximum Receive Unit (1)
                Type: Maximum Receive Unit (1)
                Length: 1
                [error] bad-length: 1 bytes, less than 2
        "#]],
    );
    check::<Lcp>(
        "01 01 0008 01 04 05",
        expect![[r#"
            PPP Link Control Protocol, Configuration Request
              Code: Configuration Request (1)
              Identifier: 1
              Length: 8
              Option: Maximum Receive Unit (1)
                Type: Maximum Receive Unit (1)
                Length: 4
              [error] short: lcp.opt.mru needs 2 bytes at offset 6, 1 are there
        "#]],
    );
}
