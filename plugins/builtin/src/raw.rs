//! Raw IP: a frame is an IPv4 or IPv6 packet (LINKTYPE_RAW, <https://www.tcpdump.org/linktypes.html>). Files also use
//! two of the numbers that BSD systems have for it.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Raw;

protocol! {
    /// A frame that is an IP packet, with nothing before it.
    Raw = raw "Raw", "Raw packet data" {}
    claims { link = [101, 12, 14] }
    tables { IP: "@ip", IPV6: "@ipv6", PPP: "@ppp", DATA: "@data" }
}

impl Dissector for Raw {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let inner = match *pdu.rest() {
            [0x40..=0x4f, ..] => IP,
            [0x60..=0x6f, ..] => IPV6,
            // Address and control field of PPP in HDLC-like framing (RFC 1662, section 3.1).
            [0xff, 0x03, ..] => PPP,
            _ => DATA,
        };
        pdu.hand_to(inner);
        Ok(())
    }
}

builtin!(Raw);

#[test]
fn the_version_decides() {
    check::<Raw>(
        "4500",
        expect![[r#"
            Raw packet data
            → @ip [0]: bytes 0..2
        "#]],
    );
    check::<Raw>(
        "6000",
        expect![[r#"
            Raw packet data
            → @ipv6 [0]: bytes 0..2
        "#]],
    );
    check::<Raw>(
        "ff03 0021",
        expect![[r#"
            Raw packet data
            → @ppp [0]: bytes 0..4
        "#]],
    );
    check::<Raw>(
        "1000",
        expect![[r#"
            Raw packet data
            → @data [0]: bytes 0..2
        "#]],
    );
    check::<Raw>(
        "",
        expect![[r#"
            Raw packet data
            → @data [0]: bytes 0..0
        "#]],
    );
}
