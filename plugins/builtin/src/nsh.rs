//! NSH, the network service header (RFC 8300, section 2).

use crate::eth::Place;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Nsh;

protocol! {
    /// Network Service Header.
    Nsh = nsh "NSH", "Network Service Header" {
        version: u16 hex & 0xc000       "Version",
        Obit: u16 & 0x2000              "O Bit",
        CBit: u16 & 0x1000              "C Bit",
        ttl: u16 hex & 0x0fc0           "Time to live",
        /// In words of four bytes, of the whole header.
        length: u16 hex & 0x003f        "Length",
        mdtype: u8 hex & 0x0f           "MD Type",
        nextproto: u8 hex               "Next Protocol" = {
            1 "IPv4", 2 "IPv6", 3 "Ethernet", 4 "NSH", 5 "MPLS",
        },
        spi: u24 hex                    "SPI",
        si: u8 hex                      "SI",
        contextheader: bytes[4]         "Context Header",
        metadataclass: u16              "TLV Class",
        metadatatype: u8                "Type",
        metadatalen: u8 & 0x7f          "Length",
        metadata: bytes                 "Variable Metadata",
    }
    claims { ethertype = 0x894f, vxlan.next_proto = 4, gre.proto = 0x894f }
    tables { IP: "@ip", IPV6: "@ipv6", ETH: "@eth", NSH: "@nsh", MPLS: "@mpls", DATA: "@data" }
}

const BASE: usize = 8;
const FIXED_METADATA: u8 = 1;
const CONTEXTS: usize = 4;

impl Dissector for Nsh {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.show(VERSION)?;
        pdu.show(OBIT)?;
        pdu.show(CBIT)?;
        pdu.show(TTL)?;
        let len = 4 * usize::from(pdu.take(LENGTH)?);
        let kind = pdu.take(MDTYPE)?;
        let next = pdu.take(NEXTPROTO)?;
        let path = pdu.take(SPI)?;
        let index = pdu.take(SI)?;
        pdu.info(format_args!("SPI: {path}, SI: {index}"));
        if len < BASE {
            pdu.diagnostic(Severity::Error, "bad-length", 0..2, format_args!("{len} bytes, less than {BASE}"));
            return Ok(());
        }
        pdu.within(LENGTH, len - BASE, |pdu| {
            if kind == FIXED_METADATA {
                for _ in 0..CONTEXTS {
                    pdu.take(CONTEXTHEADER)?;
                }
            }
            while pdu.remaining() > 0 {
                pdu.take(METADATACLASS)?;
                pdu.take(METADATATYPE)?;
                let len = usize::from(pdu.take(METADATALEN)?);
                if len > 0 {
                    pdu.take_bytes(METADATA, len)?;
                }
                // Padded to words, of which the length does not tell.
                pdu.skip((len.next_multiple_of(4) - len).min(pdu.remaining()))?;
            }
            Ok(())
        })?;
        match next {
            1 => pdu.hand_to(IP),
            2 => pdu.hand_to(IPV6),
            3 => pdu.hand_to(ETH).context(Place::TUNNEL.0),
            4 => pdu.hand_to(NSH),
            5 => pdu.hand_to(MPLS),
            _ => pdu.hand_to(DATA),
        };
        Ok(())
    }
}

builtin!(Nsh);

#[test]
fn headers() {
    check::<Nsh>(
        "0fc6 01 01 000309 07 00000001 00000002 00000003 00000004 45",
        expect![[r#"
            Network Service Header, SPI: 777, SI: 7
              Version: 0x0
              O Bit: 0
              C Bit: 0
              Time to live: 0x3f
              Length: 0x06
              MD Type: 0x1
              Next Protocol: IPv4 (0x01)
              SPI: 0x000309
              SI: 0x07
              Context Header: 00000001
              Context Header: 00000002
              Context Header: 00000003
              Context Header: 00000004
            → @ip [0]: bytes 24..25
        "#]],
    );
    check::<Nsh>(
        "0004 02 03 000309 07 0001 02 03 aabbcc00 0200",
        expect![[r#"
            Network Service Header, SPI: 777, SI: 7
              Version: 0x0
              O Bit: 0
              C Bit: 0
              Time to live: 0x00
              Length: 0x04
              MD Type: 0x2
              Next Protocol: Ethernet (0x03)
              SPI: 0x000309
              SI: 0x07
              TLV Class: 1
              Type: 2
              Length: 3
              Variable Metadata: aabbcc
            → @eth [0]: bytes 16..18
        "#]],
    );
    check::<Nsh>(
        "0001 02 03 000309 07",
        expect![[r#"
            Network Service Header, SPI: 777, SI: 7
              Version: 0x0
              O Bit: 0
              C Bit: 0
              Time to live: 0x00
              Length: 0x01
              MD Type: 0x2
              Next Protocol: Ethernet (0x03)
              SPI: 0x000309
              SI: 0x07
              [error] bad-length: 4 bytes, less than 8
        "#]],
    );
    check::<Nsh>(
        "0006 01 03 000309 07 0000",
        expect![[r#"
            Network Service Header, SPI: 777, SI: 7
              Version: 0x0
              O Bit: 0
              C Bit: 0
              Time to live: 0x00
              Length: 0x06
              MD Type: 0x1
              Next Protocol: Ethernet (0x03)
              SPI: 0x000309
              SI: 0x07
              [error] short: nsh.contextheader needs 4 bytes at offset 8, 2 are there
        "#]],
    );
}
