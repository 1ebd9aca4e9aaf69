//! GRE, generic routing encapsulation: RFC 2784 with the key and sequence number of RFC 2890 and the routes of RFC 1701,
//! and version 1, which PPTP uses (RFC 2637, section 4.1).

use crate::checksum::{self, STATUS, UNVERIFIED};
use crate::eth::Place;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Gre;

protocol! {
    /// Generic routing encapsulation.
    Gre = gre "GRE", "Generic Routing Encapsulation" {
        flags_and_version: u16 hex                   "Flags and Version" {
            .flags.checksum: 0x8000                  "Checksum Bit" = YES_NO,
            .flags.routing: 0x4000                   "Routing Bit" = YES_NO,
            .flags.key: 0x2000                       "Key Bit" = YES_NO,
            .flags.sequence_number: 0x1000           "Sequence Number Bit" = YES_NO,
            .flags.strict_source_route: 0x0800       "Strict Source Route Bit" = YES_NO,
            .flags.recursion_control: 0x0700         "Recursion control",
            .flags.reserved: 0x00f8                  "Flags (Reserved)",
            .flags.version: 0x0007                   "Version" = VERSIONS,
        },
        flags_and_version as PPTP_FLAGS: u16 hex     "Flags and Version" {
            .flags.checksum as C: 0x8000             "Checksum Bit" = YES_NO,
            .flags.routing as R: 0x4000              "Routing Bit" = YES_NO,
            .flags.key as K: 0x2000                  "Key Bit" = YES_NO,
            .flags.sequence_number as S: 0x1000      "Sequence Number Bit" = YES_NO,
            .flags.strict_source_route as SSR: 0x0800    "Strict Source Route Bit" = YES_NO,
            .flags.recursion_control as RECUR: 0x0700    "Recursion control",
            .flags.ack: 0x0080                       "Acknowledgment" = YES_NO,
            .flags.reserved as RESERVED: 0x0078      "Flags (Reserved)",
            .flags.version as VERSION: 0x0007        "Version" = VERSIONS,
        },
        proto: u16 hex                               "Protocol Type" = PROTOCOLS,
        checksum: u16 hex                            "Checksum",
        checksum.status: computed u8                 "Checksum Status" = STATUS,
        /// Where in the routing field the active route entry is.
        offset: u16                                  "Offset",
        key: u32 hex                                 "Key",
        key.payload_length: u16                      "Payload Length",
        /// The peer's number for the session.
        key.call_id: u16                             "Call ID",
        sequence_number: u32                         "Sequence Number",
        /// The highest sequence number that the sender has received.
        ack_number: u32                              "Acknowledgment Number",
        routing: group                               "Routing",
        routing.address_family: u16                  "Address Family",
        routing.sre_offset: u8                       "SRE Offset",
        routing.src_length: u8                       "SRE Length",
        routing.information: bytes                   "Routing Information",
        wccp.redirect_header: group                  "Redirect Header",
        wccp.dynamic_service: bool(u8) & 0x01        "Dynamic Service" = { 0 "Well-known service", 1 "Dynamic service" },
        wccp.alternative_bucket_used: bool(u8) & 0x02    "Alternative bucket used" = { 0 "Primary bucket", 1 "Alternative bucket" },
        wccp.redirect_header_valid: bool(u8) & 0x04      "WCCP Redirect header is valid" = { 0 "Contents are valid", 1 "Present, but contents to be ignored" },
        wccp.service_id: u8                          "Service ID",
        wccp.alternative_bucket: u8                  "Alternative Bucket",
        wccp.primary_bucket: u8                      "Primary Bucket",
    }
    claims { ip.proto = 47, udp.port = 4754 }
    tables { GRE_PROTO: "gre.proto", ETHERTYPE: "ethertype", ETH: "@eth", IP: "@ip" }
}

value_names! { YES_NO { 0 "No", 1 "Yes" } }
value_names! { VERSIONS { 0 "GRE", 1 "Enhanced GRE" } }

value_names! {
    /// Ethertypes, and numbers that mean something else here.
    PROTOCOLS {
        0x0000 "Possible GRE keepalive packet",
        0x00fe "OSI",
        0x0800 "IP",
        0x0806 "ARP",
        0x2000 "CDP (Cisco)",
        0x2001 "NHRP",
        0x22eb "ERSPAN III",
        0x6400 "MIKROTIK EoIP",
        0x6558 "Transparent Ethernet bridging",
        0x6559 "Frame Relay",
        0x8137 "IPX",
        0x8200..=0x83ff "ARUBA WLAN",
        0x86dd "IPv6",
        0x880b "PPP",
        0x883e "WCCP",
        0x8847 "MPLS label switched packet",
        0x8881 "CDMA2000 A10 Unstructured byte stream",
        0x88be "ERSPAN",
        0x88d2 "CDMA2000 A10 3GPP2 Packet",
        0x8909 "CiscoMetaData",
        0x894f "Network Service Header",
        0x9000 "ARUBA WLAN",
        0xb7ea "Huawei GRE bonding",
        0xfeae "AIROHIVE AP AP",
    }
}

const HAS_CHECKSUM: u16 = 0x8000;
const HAS_ROUTING: u16 = 0x4000;
const HAS_KEY: u16 = 0x2000;
const HAS_SEQUENCE_NUMBER: u16 = 0x1000;
const HAS_ACK: u16 = 0x0080;

const PPP: u16 = 0x880b;
const CDMA2000: u16 = 0x8881;
const CDMA2000_3GPP2: u16 = 0x88d2;
const WCCP: u16 = 0x883e;
const ETHERNET: u16 = 0x6558;
const MIKROTIK_EOIP: u16 = 0x6400;

/// Whether a protocol type means what it means as an ethertype; others are looked up in `gre.proto`.
pub(crate) fn is_ethertype(protocol: u16) -> bool {
    !matches!(
        protocol,
        ..0x0600 | 0x2000 | 0x2001 | 0x22eb | 0x6559 | 0x8200..=0x83ff | PPP | CDMA2000 | 0x88be | CDMA2000_3GPP2 | 0x8909
            | 0x9000 | 0xb7ea | 0xfeae
    )
}

impl Dissector for Gre {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let flags = pdu.peek(FLAGS_AND_VERSION)?;
        let protocol = pdu.data().get(2..).and_then(|bytes| bytes.first_chunk());
        let protocol = protocol.map_or(0, |&bytes| u16::from_be_bytes(bytes));
        let enhanced = match protocol {
            PPP => flags & 7 == 1,
            CDMA2000 | CDMA2000_3GPP2 => true,
            _ => false,
        };
        pdu.take(if enhanced { PPTP_FLAGS } else { FLAGS_AND_VERSION })?;
        pdu.take(PROTO)?;
        pdu.info(format_args!("Encapsulated {}", Self::name(PROTO, protocol)));
        if flags & (HAS_CHECKSUM | HAS_ROUTING) != 0 {
            checksum(pdu, flags & HAS_CHECKSUM != 0)?;
            pdu.take(OFFSET)?;
        }
        if flags & HAS_KEY != 0 {
            if enhanced && protocol != CDMA2000 {
                pdu.take(KEY_PAYLOAD_LENGTH)?;
                pdu.take(KEY_CALL_ID)?;
            } else {
                pdu.take(KEY)?;
            }
        }
        if flags & HAS_SEQUENCE_NUMBER != 0 {
            pdu.take(SEQUENCE_NUMBER)?;
        }
        if enhanced && flags & HAS_ACK != 0 {
            pdu.take(ACK_NUMBER)?;
        }
        if flags & HAS_ROUTING != 0 {
            while route(pdu)? {}
        }
        if protocol == WCCP && pdu.rest().first().is_some_and(|first| first >> 4 != 4) {
            redirect_header(pdu)?;
        }
        match protocol {
            ETHERNET | MIKROTIK_EOIP => pdu.hand_to(ETH).context(Place::TUNNEL.0),
            WCCP => pdu.hand_to(IP),
            // ERSPAN tells its types apart by whether there is a sequence number.
            _ if !is_ethertype(protocol) => pdu.hand_on(GRE_PROTO, protocol).context(flags.into()),
            _ => pdu.hand_on(ETHERTYPE, protocol).context(Place::TUNNEL.0),
        };
        Ok(())
    }
}

fn checksum(pdu: &mut Pdu<'_>, present: bool) -> Step {
    let at = pdu.position();
    pdu.take(CHECKSUM)?;
    if pdu.wants(CHECKSUM_STATUS) {
        let whole = pdu.data().len() == pdu.wire_len();
        let status = if present && whole { checksum::plain(pdu.data()) } else { UNVERIFIED };
        pdu.computed(CHECKSUM_STATUS, at..at + 2, status);
    }
    Ok(())
}

/// One source route entry (RFC 1701); the last is empty, and `false`.
fn route(pdu: &mut Pdu<'_>) -> Result<bool, Stop> {
    pdu.group(ROUTING, |pdu| {
        let family = pdu.take(ROUTING_ADDRESS_FAMILY)?;
        pdu.take(ROUTING_SRE_OFFSET)?;
        let len = pdu.take(ROUTING_SRC_LENGTH)?;
        if len > 0 {
            pdu.take_bytes(ROUTING_INFORMATION, len.into())?;
        }
        Ok((family, len) != (0, 0))
    })
}

/// What version 2 of WCCP puts before a redirected packet (draft-wilson-wrec-wccp-v2, section 4.12).
fn redirect_header(pdu: &mut Pdu<'_>) -> Step {
    pdu.group(WCCP_REDIRECT_HEADER, |pdu| {
        pdu.show(WCCP_DYNAMIC_SERVICE)?;
        pdu.show(WCCP_ALTERNATIVE_BUCKET_USED)?;
        pdu.take(WCCP_REDIRECT_HEADER_VALID)?;
        pdu.take(WCCP_SERVICE_ID)?;
        pdu.take(WCCP_ALTERNATIVE_BUCKET)?;
        pdu.take(WCCP_PRIMARY_BUCKET)?;
        Ok(())
    })
}

builtin!(Gre);

#[test]
fn ipv4() {
    check::<Gre>(
        "0000 0800 45",
        expect![[r#"
            Generic Routing Encapsulation, Encapsulated IP
              Flags and Version: 0x0000
                0... .... .... .... = Checksum Bit: No
                .0.. .... .... .... = Routing Bit: No
                ..0. .... .... .... = Key Bit: No
                ...0 .... .... .... = Sequence Number Bit: No
                .... 0... .... .... = Strict Source Route Bit: No
                .... .000 .... .... = Recursion control: 0
                .... .... 0000 0... = Flags (Reserved): 0
                .... .... .... .000 = Version: GRE (0)
              Protocol Type: IP (0x0800)
            → ethertype [2048]: bytes 4..5
        "#]],
    );
}

#[test]
fn key_and_sequence_number() {
    check::<Gre>(
        "3000 88be 00000002 0000002a 10",
        expect![[r#"
            Generic Routing Encapsulation, Encapsulated ERSPAN
              Flags and Version: 0x3000
                0... .... .... .... = Checksum Bit: No
                .0.. .... .... .... = Routing Bit: No
                ..1. .... .... .... = Key Bit: Yes
                ...1 .... .... .... = Sequence Number Bit: Yes
                .... 0... .... .... = Strict Source Route Bit: No
                .... .000 .... .... = Recursion control: 0
                .... .... 0000 0... = Flags (Reserved): 0
                .... .... .... .000 = Version: GRE (0)
              Protocol Type: ERSPAN (0x88be)
              Key: 0x00000002
              Sequence Number: 42
            → gre.proto [35006]: bytes 12..13
        "#]],
    );
}

#[test]
fn the_checksum() {
    check::<Gre>(
        "8000 0800 32ff 0000 4500",
        expect![[r#"
            Generic Routing Encapsulation, Encapsulated IP
              Flags and Version: 0x8000
                1... .... .... .... = Checksum Bit: Yes
                .0.. .... .... .... = Routing Bit: No
                ..0. .... .... .... = Key Bit: No
                ...0 .... .... .... = Sequence Number Bit: No
                .... 0... .... .... = Strict Source Route Bit: No
                .... .000 .... .... = Recursion control: 0
                .... .... 0000 0... = Flags (Reserved): 0
                .... .... .... .000 = Version: GRE (0)
              Protocol Type: IP (0x0800)
              Checksum: 0x32ff
              Checksum Status: Good (1)
              Offset: 0
            → ethertype [2048]: bytes 8..10
        "#]],
    );
    check::<Gre>(
        "8000 0800 0001 0000 4500",
        expect![[r#"
            Generic Routing Encapsulation, Encapsulated IP
              Flags and Version: 0x8000
                1... .... .... .... = Checksum Bit: Yes
                .0.. .... .... .... = Routing Bit: No
                ..0. .... .... .... = Key Bit: No
                ...0 .... .... .... = Sequence Number Bit: No
                .... 0... .... .... = Strict Source Route Bit: No
                .... .000 .... .... = Recursion control: 0
                .... .... 0000 0... = Flags (Reserved): 0
                .... .... .... .000 = Version: GRE (0)
              Protocol Type: IP (0x0800)
              Checksum: 0x0001
              Checksum Status: Bad (0)
              Offset: 0
            → ethertype [2048]: bytes 8..10
        "#]],
    );
}

#[test]
fn pptp() {
    check::<Gre>(
        "3081 880b 0002 0007 00000001 00000000 c021",
        expect![[r#"
            Generic Routing Encapsulation, Encapsulated PPP
              Flags and Version: 0x3081
                0... .... .... .... = Checksum Bit: No
                .0.. .... .... .... = Routing Bit: No
                ..1. .... .... .... = Key Bit: Yes
                ...1 .... .... .... = Sequence Number Bit: Yes
                .... 0... .... .... = Strict Source Route Bit: No
                .... .000 .... .... = Recursion control: 0
                .... .... 1... .... = Acknowledgment: Yes
                .... .... .000 0... = Flags (Reserved): 0
                .... .... .... .001 = Version: Enhanced GRE (1)
              Protocol Type: PPP (0x880b)
              Payload Length: 2
              Call ID: 7
              Sequence Number: 1
              Acknowledgment Number: 0
            → gre.proto [34827]: bytes 16..18
        "#]],
    );
}

#[test]
fn routes() {
    check::<Gre>(
        "4000 0800 0000 0000  0800 00 04 0a000001  0000 00 00  45",
        expect![[r#"
            Generic Routing Encapsulation, Encapsulated IP
              Flags and Version: 0x4000
                0... .... .... .... = Checksum Bit: No
                .1.. .... .... .... = Routing Bit: Yes
                ..0. .... .... .... = Key Bit: No
                ...0 .... .... .... = Sequence Number Bit: No
                .... 0... .... .... = Strict Source Route Bit: No
                .... .000 .... .... = Recursion control: 0
                .... .... 0000 0... = Flags (Reserved): 0
                .... .... .... .000 = Version: GRE (0)
              Protocol Type: IP (0x0800)
              Checksum: 0x0000
              Checksum Status: Unverified (2)
              Offset: 0
              Routing
                Address Family: 2048
                SRE Offset: 0
                SRE Length: 4
                Routing Information: 0a000001
              Routing
                Address Family: 0
                SRE Offset: 0
                SRE Length: 0
            → ethertype [2048]: bytes 20..21
        "#]],
    );
}

#[test]
fn ethernet() {
    check::<Gre>(
        "2000 6558 00000001 ffffffffffff",
        expect![[r#"
            Generic Routing Encapsulation, Encapsulated Transparent Ethernet bridging
              Flags and Version: 0x2000
                0... .... .... .... = Checksum Bit: No
                .0.. .... .... .... = Routing Bit: No
                ..1. .... .... .... = Key Bit: Yes
                ...0 .... .... .... = Sequence Number Bit: No
                .... 0... .... .... = Strict Source Route Bit: No
                .... .000 .... .... = Recursion control: 0
                .... .... 0000 0... = Flags (Reserved): 0
                .... .... .... .000 = Version: GRE (0)
              Protocol Type: Transparent Ethernet bridging (0x6558)
              Key: 0x00000001
            → @eth [0]: bytes 8..14
        "#]],
    );
}

#[test]
fn wccp() {
    check::<Gre>(
        "0000 883e 06 00 00 01 45",
        expect![[r#"
            Generic Routing Encapsulation, Encapsulated WCCP
              Flags and Version: 0x0000
                0... .... .... .... = Checksum Bit: No
                .0.. .... .... .... = Routing Bit: No
                ..0. .... .... .... = Key Bit: No
                ...0 .... .... .... = Sequence Number Bit: No
                .... 0... .... .... = Strict Source Route Bit: No
                .... .000 .... .... = Recursion control: 0
                .... .... 0000 0... = Flags (Reserved): 0
                .... .... .... .000 = Version: GRE (0)
              Protocol Type: WCCP (0x883e)
              Redirect Header
                Dynamic Service: Well-known service
                Alternative bucket used: Alternative bucket
                WCCP Redirect header is valid: Present, but contents to be ignored
                Service ID: 0
                Alternative Bucket: 0
                Primary Bucket: 1
            → @ip [0]: bytes 8..9
        "#]],
    );
}

#[test]
fn cut_short() {
    check::<Gre>(
        "2000 0800 0000",
        expect![[r#"
            Generic Routing Encapsulation, Encapsulated IP
              Flags and Version: 0x2000
                0... .... .... .... = Checksum Bit: No
                .0.. .... .... .... = Routing Bit: No
                ..1. .... .... .... = Key Bit: Yes
                ...0 .... .... .... = Sequence Number Bit: No
                .... 0... .... .... = Strict Source Route Bit: No
                .... .000 .... .... = Recursion control: 0
                .... .... 0000 0... = Flags (Reserved): 0
                .... .... .... .000 = Version: GRE (0)
              Protocol Type: IP (0x0800)
              [error] short: gre.key needs 4 bytes at offset 4, 2 are there
        "#]],
    );
    check::<Gre>(
        "2000",
        expect![[r#"
            Generic Routing Encapsulation
              Flags and Version: 0x2000
                0... .... .... .... = Checksum Bit: No
                .0.. .... .... .... = Routing Bit: No
                ..1. .... .... .... = Key Bit: Yes
                ...0 .... .... .... = Sequence Number Bit: No
                .... 0... .... .... = Strict Source Route Bit: No
                .... .000 .... .... = Recursion control: 0
                .... .... 0000 0... = Flags (Reserved): 0
                .... .... .... .000 = Version: GRE (0)
              [error] short: gre.proto needs 2 bytes at offset 2, 0 are there
        "#]],
    );
}
