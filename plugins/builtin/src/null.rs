//! The loopback headers of BSD: an address family in four bytes, in the byte order of the sender (LINKTYPE_NULL) or in
//! network byte order (LINKTYPE_LOOP), <https://www.tcpdump.org/linktypes.html>.

use crate::eth::Place;
use crate::ethertypes::ETHERTYPES;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Null;

protocol! {
    /// The loopback headers of BSD.
    Null = null "Null", "Null/Loopback" {
        family: u32                                 "Family" = FAMILIES,
        family as FAMILY_LE: u32 le                 "Family" = FAMILIES,
        /// A number of 16 bits, in either byte order, where one of 32 bits belongs.
        family as FAMILY_HIGH: u32 & 0xffff0000     "Family" = FAMILIES,
        family as FAMILY_THIRD: u32 & 0x0000ff00    "Family" = FAMILIES,
        /// An ethertype, which some senders write where the family belongs.
        type: u32 hex                               "Type" = ETHERTYPES,
        type as TYPE_LE: u32 le hex                 "Type" = ETHERTYPES,
    }
    claims { link = [0, 108] }
    tables { FAMILY_TABLE: "null.type", ETHERTYPE: "ethertype", IP: "@ip", IPV6: "@ipv6", PPP: "@ppp" }
}

value_names! {
    /// AF_INET6 is 24 with NetBSD and OpenBSD, 28 with FreeBSD, 30 with Darwin.
    FAMILIES {
        2 "IP", 7 "OSI", 16 "Appletalk", 23 "Netware IPX/SPX", 24 "IPv6", 28 "IPv6", 30 "IPv6",
    }
}

/// Position of LINKTYPE_LOOP in the claims.
const LOOP: usize = 1;
/// Numbers up to this one are families, larger ones ethertypes.
const MAX_FAMILY: u32 = 1500;
const HEADER_LEN: usize = 4;

impl Dissector for Null {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let in_network_order = pdu.claim() == Some(LOOP);
        // Address and control field of PPP in HDLC-like framing (RFC 1662, section 3.1).
        if !in_network_order && pdu.rest().starts_with(&[0xff, 0x03]) {
            pdu.hand_to(PPP);
            return Ok(());
        }
        let (family, kind) = match pdu.peek(FAMILY)? {
            _ if in_network_order => (FAMILY, TYPE),
            n @ 0x100..0x600 if n & 0xff == 0 => (FAMILY_THIRD, TYPE),
            ..0x1_0000 => (FAMILY, TYPE),
            n @ ..0x6_0000 if n & 0xffff == 0 => (FAMILY_HIGH, TYPE),
            _ => (FAMILY_LE, TYPE_LE),
        };
        let number = pdu.peek(family)?;
        if number > MAX_FAMILY && !in_network_order {
            pdu.take(kind)?;
            let place = Place(pdu.context()).payload(HEADER_LEN);
            pdu.hand_on(ETHERTYPE, number).context(place.0);
            return Ok(());
        }
        pdu.take(family)?;
        pdu.info(format_args!("{}", Self::name(FAMILY, number)));
        match number {
            2 => pdu.hand_to(IP),
            24 | 28 | 30 => pdu.hand_to(IPV6),
            _ => pdu.hand_on(FAMILY_TABLE, number),
        };
        Ok(())
    }
}

builtin!(Null);

#[test]
fn either_byte_order() {
    check::<Null>(
        "00000002 45",
        expect![[r#"
            Null/Loopback, IP
              Family: IP (2)
            → @ip [0]: bytes 4..5
        "#]],
    );
    check::<Null>(
        "1e000000 60",
        expect![[r#"
            Null/Loopback, IPv6
              Family: IPv6 (30)
            → @ipv6 [0]: bytes 4..5
        "#]],
    );
}

#[test]
fn sixteen_bits() {
    check::<Null>(
        "00020000 45",
        expect![[r#"
            Null/Loopback, IP
              Family: IP (2)
            → @ip [0]: bytes 4..5
        "#]],
    );
    check::<Null>(
        "00000200 45",
        expect![[r#"
            Null/Loopback, IP
              Family: IP (2)
            → @ip [0]: bytes 4..5
        "#]],
    );
}

#[test]
fn an_ethertype() {
    check::<Null>(
        "00080000 45",
        expect![[r#"
            Null/Loopback
              Type: IPv4 (0x00000800)
            → ethertype [2048]: bytes 4..5
        "#]],
    );
    check::<Null>(
        "000086dd 60",
        expect![[r#"
            Null/Loopback
              Type: IPv6 (0x000086dd)
            → ethertype [34525]: bytes 4..5
        "#]],
    );
}

#[test]
fn ppp() {
    check::<Null>(
        "ff03 0021 45",
        expect![[r#"
            Null/Loopback
            → @ppp [0]: bytes 0..5
        "#]],
    );
}

#[test]
fn cut_short() {
    check::<Null>(
        "0200",
        expect![[r#"
            Null/Loopback
              [error] short: null.family needs 4 bytes at offset 0, 2 are there
        "#]],
    );
}
