//! Internet Group Management Protocol: hosts tell routers which multicast groups they listen to.
//!
//! Version 0 is RFC 988, appendix I; version 1 RFC 1112, appendix I; version 2 RFC 2236, section 2; version 3 RFC
//! 3376, section 4. Multicast traceroute travels in the same messages (RFC 8487, section 2, tells its history).

use crate::checksum;
use prosector_sdk::prelude::*;
use std::fmt;
use std::net::Ipv4Addr;

/// The dissector.
#[derive(Default)]
pub struct Igmp;

protocol! {
    /// Internet Group Management Protocol: which multicast groups a host listens to; RFC 3376 and its predecessors.
    Igmp = igmp "IGMP", "Internet Group Management Protocol" {
        /// Told by type and length; the message has no field for it.
        version: computed u8                "IGMP Version",
        type: u8 hex                        "Type" = {
            1 "Create Group Request", 2 "Create Group Reply", 3 "Join Group Request", 4 "Join Group Reply",
            5 "Leave Group Request", 6 "Leave Group Reply", 7 "Confirm Group Request", 8 "Confirm Group Reply",
            0x11 "Membership Query", 0x12 "Membership Report", 0x13 "DVMRP Protocol", 0x14 "PIM Routing Message",
            0x16 "Membership Report", 0x17 "Leave Group", 0x1e "Traceroute Response",
            0x1f "Traceroute Query or Request", 0x22 "Membership Report",
        },
        reserved: bytes                     "Reserved",
        /// In tenths of a second; version 3 writes 12.8 s and more as exponent and mantissa.
        max_resp: computed u16              "Max Resp Time",
        max_resp.exp: u8 hex & 0x70         "Exponent",
        max_resp.mant: u8 hex & 0x0f        "Mantissa",
        checksum: u16 hex                   "Checksum",
        checksum.status: computed u8        "Checksum Status" = checksum::STATUS,
        /// The group; 0.0.0.0 in a query asks for all groups.
        maddr: ipv4                         "Multicast Address",
        data: bytes                         "Data",

        // Version 0
        group_type: u8                      "Type Of Group" = { 0 "Public Group", 1 "Private Group" },
        reply: u8                           "Reply" = {
            0 "Request Granted", 1 "Request Denied, No Resources", 2 "Request Denied, Invalid Code",
            3 "Request Denied, Invalid Group", 4 "Request Denied, Invalid Key",
        },
        /// When to ask again.
        reply.pending: u8                   "Reply Pending" unit "s",
        identifier: u32                     "Identifier",
        access_key: bytes[8]                "Access Key",

        // Version 3
        s: bool(u8) & 0x08                  "S" = {
            0 "Do not suppress router side processing", 1 "SUPPRESS router side processing",
        },
        /// The querier's robustness variable.
        qrv: u8 & 0x07                      "QRV",
        /// The querier's query interval, coded like the response time, in seconds.
        qqic: u8                            "QQIC",
        num_grp_recs: u16                   "Num Group Records",
        record: group                       "Group Record",
        record_type: u8                     "Record Type" = {
            1 "Mode Is Include", 2 "Mode Is Exclude", 3 "Change To Include Mode", 4 "Change To Exclude Mode",
            5 "Allow New Sources", 6 "Block Old Sources",
        },
        /// In words of four bytes.
        aux_data_len: u8                    "Aux Data Len",
        num_src: u16                        "Num Src",
        saddr: ipv4                         "Source Address",
        aux_data: bytes                     "Aux Data",

        // Traceroute
        mtrace.max_hops: u8                 "# hops",
        mtrace.saddr: ipv4                  "Source Address",
        mtrace.raddr: ipv4                  "Receiver Address",
        mtrace.rspaddr: ipv4                "Response Address",
        mtrace.resp_ttl: u8                 "Response TTL",
        mtrace.q_id: u24                    "Query ID",
        mtrace.block: group                 "Response data block",
        mtrace.q_arrival: u32               "Query Arrival",
        mtrace.q_inaddr: ipv4               "In itf addr",
        mtrace.q_outaddr: ipv4              "Out itf addr",
        mtrace.q_prevrtr: ipv4              "Previous rtr addr",
        mtrace.q_inpkt: u32                 "In pkts",
        mtrace.q_outpkt: u32                "Out pkts",
        mtrace.q_total: u32                 "S,G pkt count",
        mtrace.q_rtg_proto: u8              "Rtg Protocol" = {
            1 "DVMRP", 2 "MOSPF", 3 "PIM", 4 "CBT", 5 "PIM using special routing table",
            6 "PIM using a static route", 7 "DVMRP using a static route", 8 "PIM using MBGP (aka BGP4+) route",
            9 "CBT using special routing table", 10 "CBT using a static route",
            11 "PIM using state created by Assert processing",
        },
        mtrace.q_fwd_ttl: u8                "FwdTTL",
        mtrace.q_mbz: u8 hex & 0x80         "MBZ",
        mtrace.q_s: u8 hex & 0x40           "S",
        mtrace.q_src_mask: u8 hex & 0x3f    "Src Mask",
        mtrace.q_fwd_code: u8 hex           "Forwarding Code" = {
            0 "NO_ERROR", 1 "WRONG_IF", 2 "PRUNE_SENT", 3 "PRUNE_RCVD", 4 "SCOPED", 5 "NO_ROUTE",
            6 "WRONG_LAST_HOP", 7 "NOT_FORWARDING", 8 "REACHED_RP", 9 "RPF_IF", 10 "NO_MULTICAST",
            11 "INFO_HIDDEN", 0x81 "NO_SPACE", 0x82 "OLD_ROUTER", 0x83 "ADMIN_PROHIB",
        },
    }
    claims { ip.proto = 2 }
}

const QUERY: u8 = 0x11;
const REPORT_V1: u8 = 0x12;
const REPORT_V2: u8 = 0x16;
const LEAVE: u8 = 0x17;
const TRACE_RESPONSE: u8 = 0x1e;
const TRACE: u8 = 0x1f;
const REPORT_V3: u8 = 0x22;

impl Dissector for Igmp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let kind = pdu.peek(TYPE)?;
        match kind {
            0..=0x0f => {
                header(pdu, 0)?;
                version0(pdu, kind)
            }
            QUERY => {
                // RFC 3376, section 7.1: the length tells version 3, an empty response time version 1.
                let version = match pdu.rest().get(1) {
                    _ if pdu.wire_len() >= 12 => 3,
                    Some(0) => 1,
                    _ => 2,
                };
                header(pdu, version)?;
                query(pdu, version)
            }
            REPORT_V1 | REPORT_V2 => {
                let version = if kind == REPORT_V1 { 1 } else { 2 };
                header(pdu, version)?;
                let group = group(pdu, version)?;
                pdu.info(format_args!("Membership Report group {group}"));
                Ok(())
            }
            LEAVE => {
                header(pdu, 2)?;
                let group = group(pdu, 2)?;
                pdu.info(format_args!("Leave Group {group}"));
                Ok(())
            }
            REPORT_V3 => {
                header(pdu, 3)?;
                report(pdu)
            }
            TRACE | TRACE_RESPONSE => {
                pdu.take(TYPE)?;
                trace(pdu, kind)
            }
            _ => {
                pdu.take(TYPE)?;
                pdu.info(format_args!("Unknown Type:0x{kind:02x}"));
                pdu.take_rest(DATA);
                Ok(())
            }
        }
    }
}

fn header(pdu: &mut Pdu<'_>, version: u8) -> Step {
    pdu.computed(VERSION, 0..0, version);
    let kind = pdu.take(TYPE)?;
    match name_of(&Igmp::PROTOCOL.fields[TYPE.id as usize].names, kind.into()) {
        Some(name) => pdu.info(format_args!("{name}")),
        None => pdu.info(format_args!("Unknown Type:0x{kind:02x}")),
    }
    Ok(())
}

/// Takes the checksum, which covers the first `covered` bytes of the message.
fn sum(pdu: &mut Pdu<'_>, covered: usize) -> Step {
    pdu.take(CHECKSUM)?;
    if pdu.wants(CHECKSUM_STATUS) {
        let status = pdu.data().get(..covered).map_or(checksum::UNVERIFIED, checksum::plain);
        pdu.computed(CHECKSUM_STATUS, 2..4, status);
    }
    Ok(())
}

fn version0(pdu: &mut Pdu<'_>, kind: u8) -> Step {
    if kind == 1 {
        pdu.take(GROUP_TYPE)?;
    } else if kind.is_multiple_of(2) {
        // RFC 988: replies are even; codes without a name are seconds to wait.
        let code = pdu.peek(REPLY)?;
        pdu.take(if code <= 4 { REPLY } else { REPLY_PENDING })?;
    } else {
        pdu.skip(1)?;
    }
    sum(pdu, 20)?;
    pdu.take(IDENTIFIER)?;
    pdu.take(MADDR)?;
    pdu.take(ACCESS_KEY)?;
    Ok(())
}

/// The message that versions 1 to 3 share, behind its type.
fn group(pdu: &mut Pdu<'_>, version: u8) -> Result<Ipv4Addr, Stop> {
    let covered = match version {
        1 => {
            pdu.take_bytes(RESERVED, 1)?;
            8
        }
        _ => {
            let at = pdu.position();
            let code = pdu.rest().first().copied().map_or(0, u16::from);
            pdu.skip(1)?;
            if version == 3 && code >= 0x80 {
                pdu.computed(MAX_RESP, at..at + 1, (code & 0x0f | 0x10) << ((code >> 4 & 7) + 3));
                pdu.show_at(MAX_RESP_EXP, at)?;
                pdu.show_at(MAX_RESP_MANT, at)?;
            } else {
                pdu.computed(MAX_RESP, at..at + 1, code);
            }
            // RFC 2236, section 2.5: bytes behind the message count, although they are ignored.
            pdu.wire_len().max(8)
        }
    };
    sum(pdu, covered)?;
    pdu.take(MADDR).map(Ipv4Addr::from)
}

fn query(pdu: &mut Pdu<'_>, version: u8) -> Step {
    let group = group(pdu, version)?;
    if group.is_unspecified() {
        pdu.info(format_args!("Membership Query, general"));
    } else {
        pdu.info(format_args!("Membership Query, specific for group {group}"));
    }
    if version == 3 {
        pdu.show(S)?;
        pdu.take(QRV)?;
        pdu.take(QQIC)?;
        for _ in 0..pdu.take(NUM_SRC)? {
            pdu.take(SADDR)?;
        }
    }
    Ok(())
}

fn report(pdu: &mut Pdu<'_>) -> Step {
    pdu.take_bytes(RESERVED, 1)?;
    sum(pdu, pdu.wire_len())?;
    pdu.take_bytes(RESERVED, 2)?;
    let count = pdu.take(NUM_GRP_RECS)?;
    pdu.info(format_args!("Membership Report{}", Records(pdu.rest(), count)));
    for _ in 0..count {
        pdu.group(RECORD, |pdu| {
            pdu.take(RECORD_TYPE)?;
            let aux = usize::from(pdu.take(AUX_DATA_LEN)?) * 4;
            let sources = pdu.take(NUM_SRC)?;
            pdu.take(MADDR)?;
            for _ in 0..sources {
                pdu.take(SADDR)?;
            }
            if aux > 0 {
                pdu.take_bytes(AUX_DATA, aux)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Group records, at most as many as the number says, in words.
struct Records<'a>(&'a [u8], u16);

impl fmt::Display for Records<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Records(mut rest, count) = *self;
        for _ in 0..count {
            let Some((&[kind, aux, high, low, a, b, c, d], behind)) = rest.split_first_chunk::<8>() else { break };
            let sources = usize::from(high) << 8 | usize::from(low);
            let group = Ipv4Addr::from([a, b, c, d]);
            match (kind, sources) {
                (1 | 3, 0) => write!(f, " / Leave group {group}")?,
                (2 | 4, 0) => write!(f, " / Join group {group} for any sources")?,
                _ => write!(f, " / Group {group}, {}, {sources} sources", Igmp::name(RECORD_TYPE, kind))?,
            }
            let Some(next) = behind.get(sources * 4 + usize::from(aux) * 4..) else { break };
            rest = next;
        }
        Ok(())
    }
}

fn trace(pdu: &mut Pdu<'_>, kind: u8) -> Step {
    const HEADER: usize = 24;
    const BLOCK: usize = 32;
    let blocks = pdu.wire_len().saturating_sub(HEADER) / BLOCK;
    match kind {
        TRACE_RESPONSE => pdu.info(format_args!("Traceroute Response, {blocks} blocks")),
        _ if pdu.wire_len() == HEADER => pdu.info(format_args!("Traceroute Query")),
        _ => pdu.info(format_args!("Traceroute Request")),
    }
    pdu.take(MTRACE_MAX_HOPS)?;
    sum(pdu, pdu.wire_len())?;
    pdu.take(MADDR)?;
    pdu.take(MTRACE_SADDR)?;
    pdu.take(MTRACE_RADDR)?;
    pdu.take(MTRACE_RSPADDR)?;
    pdu.take(MTRACE_RESP_TTL)?;
    pdu.take(MTRACE_Q_ID)?;
    for _ in 0..blocks {
        pdu.group(MTRACE_BLOCK, |pdu| {
            pdu.take(MTRACE_Q_ARRIVAL)?;
            pdu.take(MTRACE_Q_INADDR)?;
            pdu.take(MTRACE_Q_OUTADDR)?;
            pdu.take(MTRACE_Q_PREVRTR)?;
            pdu.take(MTRACE_Q_INPKT)?;
            pdu.take(MTRACE_Q_OUTPKT)?;
            pdu.take(MTRACE_Q_TOTAL)?;
            pdu.take(MTRACE_Q_RTG_PROTO)?;
            pdu.take(MTRACE_Q_FWD_TTL)?;
            pdu.show(MTRACE_Q_MBZ)?;
            pdu.show(MTRACE_Q_S)?;
            pdu.take(MTRACE_Q_SRC_MASK)?;
            pdu.take(MTRACE_Q_FWD_CODE)?;
            Ok(())
        })?;
    }
    Ok(())
}

builtin!(Igmp);

#[test]
fn a_query_of_version_1() {
    check::<Igmp>(
        "11 00 eeff 00000000",
        expect![[r#"
            Internet Group Management Protocol, Membership Query, general
              [IGMP Version: 1]
              Type: Membership Query (0x11)
              Reserved: 00
              Checksum: 0xeeff
              Checksum Status: Good (1)
              Multicast Address: 0.0.0.0
        "#]],
    );
}

#[test]
fn a_query_of_version_2() {
    check::<Igmp>(
        "11 64 fd96 ef010203",
        expect![[r#"
            Internet Group Management Protocol, Membership Query, specific for group 239.1.2.3
              [IGMP Version: 2]
              Type: Membership Query (0x11)
              Max Resp Time: 100
              Checksum: 0xfd96
              Checksum Status: Good (1)
              Multicast Address: 239.1.2.3
        "#]],
    );
}

#[test]
fn a_query_of_version_3_with_a_long_time() {
    check::<Igmp>(
        "11 9a e0d2 ef010203  0a 7d 0001 0a090807",
        expect![[r#"
            Internet Group Management Protocol, Membership Query, specific for group 239.1.2.3
              [IGMP Version: 3]
              Type: Membership Query (0x11)
              Max Resp Time: 416
              Exponent: 0x1
              Mantissa: 0xa
              Checksum: 0xe0d2
              Checksum Status: Good (1)
              Multicast Address: 239.1.2.3
              S: SUPPRESS router side processing
              QRV: 2
              QQIC: 125
              Num Src: 1
              Source Address: 10.9.8.7
        "#]],
    );
}

#[test]
fn a_report_of_version_3() {
    check::<Igmp>(
        "22 00 064b 0000 0002  04 00 0000 ef010203  06 01 0001 ef010203 0a090807 61757821",
        expect![[r#"
            Internet Group Management Protocol, Membership Report / Join group 239.1.2.3 for any sources / Group 239.1.2.3, Block Old Sources, 1 sources
              [IGMP Version: 3]
              Type: Membership Report (0x22)
              Reserved: 00
              Checksum: 0x064b
              Checksum Status: Good (1)
              Reserved: 0000
              Num Group Records: 2
              Group Record: Change To Exclude Mode (4)
                Record Type: Change To Exclude Mode (4)
                Aux Data Len: 0
                Num Src: 0
                Multicast Address: 239.1.2.3
              Group Record: Block Old Sources (6)
                Record Type: Block Old Sources (6)
                Aux Data Len: 1
                Num Src: 1
                Multicast Address: 239.1.2.3
                Source Address: 10.9.8.7
                Aux Data: 61757821
        "#]],
    );
}

#[test]
fn a_source_is_missing() {
    check::<Igmp>(
        "22 00 0000 0000 0001  01 00 0002 ef010203 0a090807 0a",
        expect![[r#"
            Internet Group Management Protocol, Membership Report / Group 239.1.2.3, Mode Is Include, 2 sources
              [IGMP Version: 3]
              Type: Membership Report (0x22)
              Reserved: 00
              Checksum: 0x0000
              Checksum Status: Bad (0)
              Reserved: 0000
              Num Group Records: 1
              Group Record: Mode Is Include (1)
                Record Type: Mode Is Include (1)
                Aux Data Len: 0
                Num Src: 2
                Multicast Address: 239.1.2.3
                Source Address: 10.9.8.7
              [error] short: igmp.saddr needs 4 bytes at offset 20, 1 are there
        "#]],
    );
}

#[test]
fn a_traceroute_response() {
    check::<Igmp>(
        "1e 20 6201 ef010203 0a090807 0a000002 0a000001 40 010203
         d1d2d3d4 0a000001 0a000002 0a090807 00000001 00000002 00000003 03 01 58 00",
        expect![[r#"
            Internet Group Management Protocol, Traceroute Response, 1 blocks
              Type: Traceroute Response (0x1e)
              # hops: 32
              Checksum: 0x6201
              Checksum Status: Good (1)
              Multicast Address: 239.1.2.3
              Source Address: 10.9.8.7
              Receiver Address: 10.0.0.2
              Response Address: 10.0.0.1
              Response TTL: 64
              Query ID: 66051
              Response data block: PIM (3)
                Query Arrival: 3520254932
                In itf addr: 10.0.0.1
                Out itf addr: 10.0.0.2
                Previous rtr addr: 10.9.8.7
                In pkts: 1
                Out pkts: 2
                S,G pkt count: 3
                Rtg Protocol: PIM (3)
                FwdTTL: 1
                MBZ: 0x0
                S: 0x1
                Src Mask: 0x18
                Forwarding Code: NO_ERROR (0x00)
        "#]],
    );
}

#[test]
fn a_reply_of_version_0_asks_for_patience() {
    check::<Igmp>(
        "02 1e 0cd6 00000007 ef010203 0000000000000000",
        expect![[r#"
            Internet Group Management Protocol, Create Group Reply
              [IGMP Version: 0]
              Type: Create Group Reply (0x02)
              Reply Pending: 30 s
              Checksum: 0x0cd6
              Checksum Status: Good (1)
              Identifier: 7
              Multicast Address: 239.1.2.3
              Access Key: 0000000000000000
        "#]],
    );
}

#[test]
fn an_unknown_type() {
    check::<Igmp>(
        "21 07 0000 0102",
        expect![[r#"
        Internet Group Management Protocol, Unknown Type:0x21
          Type: 0x21
          Data: 0700000102
    "#]],
    );
}
