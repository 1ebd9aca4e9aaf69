//! ARCNET (RFC 1201, and RFC 1051 before it): LINKTYPE_ARCNET_BSD and LINKTYPE_ARCNET_LINUX
//! (<https://www.tcpdump.org/linktypes.html>).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Arcnet;

protocol! {
    /// ARCNET.
    Arcnet = arcnet "ARCNET", "ARCNET" {
        src: u8 hex               "Source" source,
        dst: u8 hex               "Dest" destination,
        /// Only in captures of Linux.
        offset: bytes[2]          "Offset",
        protID: u8 hex            "Protocol ID" = {
            0x00 "Datapoint boot",
            0x01 "Datapoint mount",
            0x08 "PowerLAN beacon",
            0x80 "Diagnose",
            0xc4 "IPv6",
            0xcd "BACnet",
            0xd4 "RFC 1201 IP",
            0xd5 "RFC 1201 ARP",
            0xd6 "RFC 1201 RARP",
            0xdd "Appletalk",
            0xe8 "Encapsulated Ethernet",
            0xec "Novell of some sort",
            0xf0 "RFC 1051 IP",
            0xf1 "RFC 1051 ARP",
            0xf3 "PowerLAN beacon2",
            0xf7 "Banyan VINES",
            0xfa "IPX",
        },
        /// Which part of a packet it is; 0 where it is the only one.
        split_flag: u8            "Split Flag",
        /// Before a packet whose length no frame can have.
        exception_flag: u8 hex    "Exception Flag",
        padding: u16 hex          "Padding",
        sequence: u16             "Sequence",
    }
    claims { link = [7, 129] }
    tables { PROTOCOL_TABLE: "arcnet.protocol_id", IP: "@ip", IPV6: "@ipv6", ARP: "@arp", LLC: "@llc" }
}

/// Position of the link type of Linux in the claims.
const LINUX: usize = 1;
const EXCEPTION: u8 = 0xff;

impl Dissector for Arcnet {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(SRC)?;
        pdu.take(DST)?;
        if pdu.claim() == Some(LINUX) {
            pdu.take(OFFSET)?;
        }
        let protocol = pdu.take(PROTID)?;
        pdu.info(format_args!("{}", Self::name(PROTID, protocol)));
        // The protocols of before RFC 1201 are never split.
        if !matches!(protocol, 0x80 | 0xcd | 0xf0 | 0xf1) {
            if pdu.peek(SPLIT_FLAG)? == EXCEPTION {
                pdu.take(EXCEPTION_FLAG)?;
                pdu.take(PADDING)?;
            }
            pdu.take(SPLIT_FLAG)?;
            pdu.take(SEQUENCE)?;
        }
        match protocol {
            0xd4 | 0xf0 => pdu.hand_to(IP),
            0xc4 => pdu.hand_to(IPV6),
            0xd5 | 0xd6 | 0xf1 => pdu.hand_to(ARP),
            0xcd => pdu.hand_to(LLC),
            _ => pdu.hand_on(PROTOCOL_TABLE, protocol),
        };
        Ok(())
    }
}

builtin!(Arcnet);

#[test]
fn rfc_1201() {
    check::<Arcnet>(
        "be 50 d4 00 0102 45",
        expect![[r#"
            ARCNET, Src: 0xbe, Dst: 0x50, RFC 1201 IP
              Source: 0xbe
              Dest: 0x50
              Protocol ID: RFC 1201 IP (0xd4)
              Split Flag: 0
              Sequence: 258
            → @ip [0]: bytes 6..7
        "#]],
    );
    check::<Arcnet>(
        "be 50 d4 ff ffff 00 0102 45",
        expect![[r#"
            ARCNET, Src: 0xbe, Dst: 0x50, RFC 1201 IP
              Source: 0xbe
              Dest: 0x50
              Protocol ID: RFC 1201 IP (0xd4)
              Exception Flag: 0xff
              Padding: 0xffff
              Split Flag: 0
              Sequence: 258
            → @ip [0]: bytes 9..10
        "#]],
    );
}

#[test]
fn rfc_1051_and_cut_short() {
    check::<Arcnet>(
        "be 50 f1 0007",
        expect![[r#"
            ARCNET, Src: 0xbe, Dst: 0x50, RFC 1051 ARP
              Source: 0xbe
              Dest: 0x50
              Protocol ID: RFC 1051 ARP (0xf1)
            → @arp [0]: bytes 3..5
        "#]],
    );
    check::<Arcnet>(
        "be 50 d4 00 01",
        expect![[r#"
            ARCNET, Src: 0xbe, Dst: 0x50, RFC 1201 IP
              Source: 0xbe
              Dest: 0x50
              Protocol ID: RFC 1201 IP (0xd4)
              Split Flag: 0
              [error] short: arcnet.sequence needs 2 bytes at offset 4, 1 are there
        "#]],
    );
}
