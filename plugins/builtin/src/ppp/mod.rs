//! PPP, the point-to-point protocol (RFC 1661), with the HDLC-like framing of RFC 1662 where it is there.
//!
//! The address and control bytes, always ff 03, may be left out, and so may the first byte of the protocol number
//! where it is zero. The control protocols lie beside this file.

mod ccp;
mod chap;
mod control;
mod ipcp;
mod ipv6cp;
mod lcp;
mod pap;

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Ppp;

protocol! {
    /// Point-to-point protocol.
    Ppp = ppp "PPP", "Point-to-Point Protocol" {
        address: u8 hex                       "Address",
        control: u8 hex                       "Control",
        protocol: u16 hex                     "Protocol" = PROTOCOLS,
        protocol as COMPRESSED: u8 hex        "Protocol" = PROTOCOLS,
    }
    claims { link = [9, 50], gre.proto = [0x880b, 0x8881, 0x88d2], fr.nlpid = 0xcf, sll.ltype = 7 }
    tables { PROTOCOL_TABLE: "ppp.protocol", CHDLC: "@chdlc" }
}

value_names! {
    /// Protocol numbers (IANA, "Point-to-Point (PPP) Protocol Field Assignments").
    PROTOCOLS {
        0x0001 "Padding Protocol",
        0x0021 "Internet Protocol version 4",
        0x0023 "OSI Network Layer",
        0x0025 "Xerox NS IDP",
        0x0027 "DECnet Phase IV",
        0x0029 "Appletalk",
        0x002b "Novell IPX",
        0x002d "Van Jacobson Compressed TCP/IP",
        0x002f "Van Jacobson Uncompressed TCP/IP",
        0x0031 "Bridging PDU",
        0x0035 "Banyan Vines",
        0x003d "Multi-Link",
        0x004b "SNA over 802.2",
        0x004d "SNA",
        0x0053 "Encryption",
        0x0057 "Internet Protocol version 6",
        0x0059 "PPP Muxing",
        0x00fb "Single link compression in multilink",
        0x00fd "Compressed datagram",
        0x0207 "Cisco Discovery Protocol",
        0x0281 "MPLS Unicast",
        0x0283 "MPLS Multicast",
        0x8021 "Internet Protocol Control Protocol",
        0x8023 "OSI Network Layer Control Protocol",
        0x8029 "AppleTalk Control Protocol",
        0x802b "Novell IPX Control Protocol",
        0x8031 "Bridging NCP",
        0x8053 "Encryption Control Protocol",
        0x8057 "IPv6 Control Protocol",
        0x80fd "Compression Control Protocol",
        0x8207 "Cisco Discovery Protocol Control Protocol",
        0x8281 "MPLS Control Protocol",
        0xc021 "Link Control Protocol",
        0xc023 "Password Authentication Protocol",
        0xc025 "Link Quality Report",
        0xc029 "Callback Control Protocol (CBCP)",
        0xc223 "Challenge Handshake Authentication Protocol",
        0xc227 "Extensible Authentication Protocol",
    }
}

/// How many of the claims are link layers.
const LINKS: usize = 2;

impl Dissector for Ppp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        // Serial links of Cisco's are captured under the same number. Their addresses are no PPP protocols.
        let link = pdu.claim().is_some_and(|claim| claim < LINKS);
        if link && matches!(pdu.rest(), [0x0f | 0x8f, ..]) {
            pdu.hand_to(CHDLC);
            return Ok(());
        }
        if pdu.peek(ADDRESS)? == 0xff {
            pdu.take(ADDRESS)?;
            pdu.take(CONTROL)?;
        }
        // The last bit of a protocol number is one, and the last bit of its first byte zero (RFC 1661, section 2).
        let protocol = match pdu.peek(COMPRESSED)? & 1 {
            1 => pdu.take(COMPRESSED)?.into(),
            _ => pdu.take(PROTOCOL)?,
        };
        pdu.info(format_args!("{}", Self::name(PROTOCOL, protocol)));
        pdu.hand_on(PROTOCOL_TABLE, protocol);
        Ok(())
    }
}

builtin!(Ppp);

#[test]
fn with_and_without_hdlc_framing() {
    check::<Ppp>(
        "ff03 0021 45",
        expect![[r#"
        Point-to-Point Protocol, Internet Protocol version 4
          Address: 0xff
          Control: 0x03
          Protocol: Internet Protocol version 4 (0x0021)
        → ppp.protocol [33]: bytes 4..5
    "#]],
    );
    check::<Ppp>(
        "0057 60",
        expect![[r#"
        Point-to-Point Protocol, Internet Protocol version 6
          Protocol: Internet Protocol version 6 (0x0057)
        → ppp.protocol [87]: bytes 2..3
    "#]],
    );
}

#[test]
fn a_compressed_protocol_number() {
    check::<Ppp>(
        "21 45",
        expect![[r#"
        Point-to-Point Protocol, Internet Protocol version 4
          Protocol: Internet Protocol version 4 (0x21)
        → ppp.protocol [33]: bytes 1..2
    "#]],
    );
}

#[test]
fn cut_short() {
    check::<Ppp>(
        "ff03 00",
        expect![[r#"
        Point-to-Point Protocol
          Address: 0xff
          Control: 0x03
          [error] short: ppp.protocol needs 2 bytes at offset 2, 1 are there
    "#]],
    );
}
