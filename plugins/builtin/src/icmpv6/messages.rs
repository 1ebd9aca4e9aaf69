//! The bodies of messages, behind the checksum, in the order of their types; [`super`] names their RFCs.

use super::*;
use std::fmt;
use std::net::Ipv6Addr;

/// A query for multicast listeners; from 28 bytes on it is version 2 (RFC 3810, section 8.1).
pub(super) fn listener_query(pdu: &mut Pdu<'_>) -> Step {
    if pdu.wire_len() < 28 {
        return listener(pdu);
    }
    let at = pdu.position();
    if let Some(&[high, low]) = pdu.rest().first_chunk::<2>() {
        let code = u32::from(high) << 8 | u32::from(low);
        let delay = if code < 0x8000 { code } else { (code & 0x0fff | 0x1000) << ((code >> 12 & 7) + 3) };
        pdu.computed(MLD_MAXIMUM_RESPONSE_CODE, at..at + 2, delay);
    }
    pdu.skip(2)?;
    pdu.take_bytes(RESERVED, 2)?;
    pdu.take(MLD_MULTICAST_ADDRESS)?;
    pdu.take(MLD_FLAG)?;
    pdu.take(MLD_QQI)?;
    for _ in 0..pdu.take(MLD_NB_SOURCES)? {
        pdu.take(MLD_SOURCE_ADDRESS)?;
    }
    Ok(())
}

/// Query, report and done of version 1.
pub(super) fn listener(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(MLD_MAXIMUM_RESPONSE_DELAY)?;
    pdu.take_bytes(RESERVED, 2)?;
    pdu.take(MLD_MULTICAST_ADDRESS)?;
    Ok(())
}

/// A report of version 2.
pub(super) fn listener_report(pdu: &mut Pdu<'_>) -> Step {
    pdu.take_bytes(RESERVED, 2)?;
    for _ in 0..pdu.take(MLDR_NB_MCAST_RECORDS)? {
        pdu.group(MLDR_MAR, |pdu| {
            pdu.take(MLDR_MAR_RECORD_TYPE)?;
            let auxiliary = usize::from(pdu.take(MLDR_MAR_AUX_DATA_LEN)?) * 4;
            let sources = pdu.take(MLDR_MAR_NB_SOURCES)?;
            pdu.take(MLDR_MAR_MULTICAST_ADDRESS)?;
            for _ in 0..sources {
                pdu.take(MLDR_MAR_SOURCE_ADDRESS)?;
            }
            if auxiliary > 0 {
                pdu.take_bytes(MLDR_MAR_AUXILIARY_DATA, auxiliary)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Router and neighbor discovery, redirect, and inverse discovery (RFC 3122), which is options only.
pub(super) fn neighbor(pdu: &mut Pdu<'_>, kind: u8) -> Step {
    let name = Icmpv6::name(TYPE, kind);
    match kind {
        134 => {
            pdu.take(ND_RA_CUR_HOP_LIMIT)?;
            pdu.take(ND_RA_FLAG)?;
            pdu.take(ND_RA_ROUTER_LIFETIME)?;
            pdu.take(ND_RA_REACHABLE_TIME)?;
            pdu.take(ND_RA_RETRANS_TIMER)?;
        }
        135 => {
            pdu.take_bytes(RESERVED, 4)?;
            let target = Ipv6Addr::from(pdu.take(ND_NS_TARGET_ADDRESS)?);
            pdu.info(format_args!("{name} for {target}"));
            let link = options::all(pdu)?;
            pdu.info(format_args!("{name} for {target}{link}"));
            return Ok(());
        }
        136 => {
            let flags = pdu.take(ND_NA_FLAG)?;
            let flags = NeighborFlags(flags);
            let target = Ipv6Addr::from(pdu.take(ND_NA_TARGET_ADDRESS)?);
            pdu.info(format_args!("{name} {target} ({flags})"));
            let link = options::all(pdu)?;
            pdu.info(format_args!("{name} {target} ({flags}){link}"));
            return Ok(());
        }
        137 => {
            pdu.take_bytes(RESERVED, 4)?;
            pdu.take(ND_RD_TARGET_ADDRESS)?;
            pdu.take(RD_NA_DESTINATION_ADDRESS)?;
        }
        _ => {
            pdu.take_bytes(RESERVED, 4)?;
        }
    }
    let link = options::all(pdu)?;
    pdu.info(format_args!("{name}{link}"));
    Ok(())
}

/// The flags of a neighbor advertisement, for the info line.
#[derive(Clone, Copy)]
struct NeighborFlags(u32);

impl fmt::Display for NeighborFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 >> 29 {
            0 => "none",
            1 => "ovr",
            2 => "sol",
            3 => "sol, ovr",
            4 => "rtr",
            5 => "rtr, ovr",
            6 => "rtr, sol",
            _ => "rtr, sol, ovr",
        })
    }
}

pub(super) fn renumbering(pdu: &mut Pdu<'_>, code: u8) -> Step {
    pdu.take(RR_SEQUENCE_NUMBER)?;
    pdu.take(RR_SEGMENT_NUMBER)?;
    pdu.take(RR_FLAG)?;
    pdu.take(RR_MAXDELAY)?;
    pdu.take_bytes(RESERVED, 4)?;
    while pdu.wire_remaining() > 0 {
        match code {
            0 => {
                let prefixes = pdu.group(RR_PCO_MP, match_prefix)?;
                for _ in 0..prefixes {
                    pdu.group(RR_PCO_UP, use_prefix)?;
                }
            }
            1 => pdu.group(RR_RM, result)?,
            _ => break,
        }
    }
    Ok(())
}

/// The first part of a prefix control operation; says how many prefixes to use follow (RFC 2894, section 3.2.1).
fn match_prefix(pdu: &mut Pdu<'_>) -> Result<u8, Stop> {
    pdu.take(RR_PCO_MP_OPCODE)?;
    let words = pdu.take(RR_PCO_MP_OPLENGTH)?;
    pdu.take(RR_PCO_MP_ORDINAL)?;
    pdu.take(RR_PCO_MP_MATCHLEN)?;
    pdu.take(RR_PCO_MP_MINLEN)?;
    pdu.take(RR_PCO_MP_MAXLEN)?;
    pdu.take_bytes(RESERVED, 2)?;
    pdu.take(RR_PCO_MP_MATCHPREFIX)?;
    Ok(words.saturating_sub(3) / 4)
}

fn use_prefix(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(RR_PCO_UP_USELEN)?;
    pdu.take(RR_PCO_UP_KEEPLEN)?;
    pdu.take(RR_PCO_UP_FLAGMASK)?;
    // The flags have the same meaning as in the mask.
    let at = pdu.position();
    pdu.take(RR_PCO_UP_RAFLAGS)?;
    pdu.mark(RR_PCO_UP_FLAGMASK_L, at..at + 1);
    pdu.mark(RR_PCO_UP_FLAGMASK_A, at..at + 1);
    pdu.mark(RR_PCO_UP_FLAGMASK_RESERVED, at..at + 1);
    pdu.take(RR_PCO_UP_VALIDLIFETIME)?;
    pdu.take(RR_PCO_UP_PREFERREDLIFETIME)?;
    pdu.take(RR_PCO_UP_FLAG)?;
    pdu.take(RR_PCO_UP_USEPREFIX)?;
    Ok(())
}

fn result(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(RR_RM_FLAG)?;
    pdu.take(RR_RM_ORDINAL)?;
    pdu.take(RR_RM_MATCHEDLEN)?;
    pdu.take(RR_RM_INTERFACEINDEX)?;
    pdu.take(RR_RM_MATCHEDPREFIX)?;
    Ok(())
}

pub(super) fn node_query(pdu: &mut Pdu<'_>, code: u8) -> Step {
    pdu.take(NI_QTYPE)?;
    pdu.take(NI_FLAG)?;
    pdu.take(NI_NONCE)?;
    match code {
        0 => {
            pdu.take(NI_QUERY_SUBJECT_IPV6)?;
        }
        1 => {
            options::domain(pdu, NI_QUERY_SUBJECT_FQDN)?;
        }
        2 => {
            pdu.take(NI_QUERY_SUBJECT_IPV4)?;
        }
        _ => {}
    }
    Ok(())
}

pub(super) fn node_reply(pdu: &mut Pdu<'_>) -> Step {
    let kind = pdu.take(NI_QTYPE)?;
    pdu.take(NI_FLAG)?;
    pdu.take(NI_NONCE)?;
    match kind {
        2 if pdu.wire_remaining() > 0 => {
            pdu.take(NI_REPLY_NODE_TTL)?;
            while pdu.wire_remaining() > 0 {
                options::domain(pdu, NI_REPLY_NODE_NAME)?;
            }
        }
        3 => {
            while pdu.wire_remaining() > 0 {
                pdu.take(NI_REPLY_NODE_TTL)?;
                pdu.take(NI_REPLY_NODE_ADDRESS)?;
            }
        }
        4 => {
            while pdu.wire_remaining() > 0 {
                pdu.take(NI_REPLY_NODE_TTL)?;
                pdu.take(NI_REPLY_IPV4_ADDRESS)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Home agent discovery and mobile prefixes.
pub(super) fn mobile_prefix(pdu: &mut Pdu<'_>, kind: u8) -> Step {
    pdu.take(MIP6_IDENTIFIER)?;
    if kind == 147 {
        pdu.take(MIP6_FLAG)?;
        options::all(pdu)?;
        return Ok(());
    }
    pdu.take_bytes(RESERVED, 2)?;
    while kind == 145 && pdu.wire_remaining() > 0 {
        pdu.take(MIP6_HOME_AGENT_ADDRESS)?;
    }
    Ok(())
}

pub(super) fn certification_path(pdu: &mut Pdu<'_>, kind: u8) -> Step {
    pdu.take(SEND_IDENTIFIER)?;
    if kind == 149 {
        pdu.take(SEND_ALL_COMPONENTS)?;
        pdu.take(SEND_COMPONENT)?;
        pdu.take_bytes(RESERVED, 2)?;
    } else {
        pdu.take(SEND_COMPONENT)?;
    }
    options::all(pdu)?;
    Ok(())
}

pub(super) fn fast_handover(pdu: &mut Pdu<'_>, kind: u8) -> Step {
    let subtype = pdu.take(FMIP6_SUBTYPE)?;
    let name = Icmpv6::name(TYPE, kind);
    pdu.info(format_args!("{name} ({})", Icmpv6::name(FMIP6_SUBTYPE, subtype)));
    match subtype {
        2 | 3 | 5 => {
            pdu.take_bytes(RESERVED, 1)?;
        }
        4 => {
            pdu.take(FMIP6_HI_FLAG)?;
        }
        _ => pdu.skip(1)?,
    }
    pdu.take(FMIP6_IDENTIFIER)?;
    options::all(pdu)?;
    Ok(())
}

pub(super) fn multicast_router(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(MCAST_RA_QUERY_INTERVAL)?;
    pdu.take(MCAST_RA_ROBUSTNESS_VARIABLE)?;
    Ok(())
}

pub(super) fn locators(pdu: &mut Pdu<'_>) -> Step {
    let count = pdu.take(ILNP_NB_LOCS)?;
    pdu.take_bytes(RESERVED, 1)?;
    pdu.take_bytes(RESERVED, 2)?;
    for _ in 0..count {
        pdu.take(ILNP_NB_LOCATOR)?;
        pdu.take(ILNP_NB_PREFERENCE)?;
        pdu.take(ILNP_NB_LIFETIME)?;
    }
    Ok(())
}

pub(super) fn duplicate_address(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(DA_STATUS)?;
    pdu.take(DA_RSV)?;
    pdu.take(DA_LIFETIME)?;
    pdu.take(DA_EUI64)?;
    pdu.take(DA_REG_ADDR)?;
    Ok(())
}

/// What an MPL forwarder has buffered, seed by seed.
pub(super) fn seeds(pdu: &mut Pdu<'_>) -> Step {
    while pdu.wire_remaining() > 0 {
        pdu.group(MPL_SEED_INFO, seed)?;
    }
    Ok(())
}

fn seed(pdu: &mut Pdu<'_>) -> Step {
    let first = pdu.take(MPL_SEED_INFO_MIN_SEQUENCE)?;
    let bytes = pdu.show(MPL_SEED_INFO_BM_LEN)?;
    let len = match pdu.take(MPL_SEED_INFO_S)? {
        0 => 0,
        1 => 2,
        2 => 8,
        _ => 16,
    };
    let at = pdu.position();
    let id = pdu.rest();
    pdu.skip(len)?;
    if len > 0 && pdu.wants(MPL_SEED_INFO_SEED_ID) {
        let id = id.get(..len).unwrap_or_default();
        let text = match <[u8; 16]>::try_from(id) {
            Ok(address) => Ipv6Addr::from(address).to_string(),
            Err(_) => {
                let hex: Vec<_> = id.iter().map(|b| format!("{b:02x}")).collect();
                hex.join(if len == 8 { ":" } else { "" })
            }
        };
        pdu.computed_bytes(MPL_SEED_INFO_SEED_ID, at..at + len, text.as_bytes());
    }
    // Each bit stands for the sequence number so many behind the first; the numbers wrap around.
    let mut number = first;
    for _ in 0..bytes {
        let at = pdu.position();
        let bits = pdu.rest().first().copied().unwrap_or_default();
        pdu.skip(1)?;
        for bit in 0..8 {
            if bits & 0x80 >> bit != 0 {
                pdu.computed(MPL_SEED_INFO_SEQUENCE, at..at + 1, number);
            }
            number = number.wrapping_add(1);
        }
    }
    Ok(())
}

#[test]
fn neighbor_solicitation() {
    check::<Icmpv6>(
        "87 00 1234 00000000 fe800000000000000000000000000002  01 01 020000000001",
        expect![[r#"
            Internet Control Message Protocol v6, Neighbor Solicitation for fe80::2 from 02:00:00:00:00:01
              Type: Neighbor Solicitation (135)
              Code: 0
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Reserved: 00000000
              Target Address: fe80::2
              ICMPv6 Option: Source link-layer address (1)
                Type: Source link-layer address (1)
                Length: 1
                Link-layer address: 02:00:00:00:00:01
        "#]],
    );
}

#[test]
fn neighbor_advertisement() {
    check::<Icmpv6>(
        "88 00 1234 60000000 fe800000000000000000000000000002  02 01 020000000002",
        expect![[r#"
            Internet Control Message Protocol v6, Neighbor Advertisement fe80::2 (sol, ovr) is at 02:00:00:00:00:02
              Type: Neighbor Advertisement (136)
              Code: 0
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Flags: 0x60000000
                0... .... .... .... .... .... .... .... = Router: Not set
                .1.. .... .... .... .... .... .... .... = Solicited: Set
                ..1. .... .... .... .... .... .... .... = Override: Set
                ...0 0000 0000 0000 0000 0000 0000 0000 = Reserved: 0
              Target Address: fe80::2
              ICMPv6 Option: Target link-layer address (2)
                Type: Target link-layer address (2)
                Length: 1
                Link-layer address: 02:00:00:00:00:02
        "#]],
    );
}

#[test]
fn listener_query_of_version_2() {
    check::<Icmpv6>(
        "82 00 1234 8abc 0000 00000000000000000000000000000000  0a 7d 0001 20010db8000000000000000000000099",
        expect![[r#"
            Internet Control Message Protocol v6, Multicast Listener Query
              Type: Multicast Listener Query (130)
              Code: 0
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Maximum Response Code: 54752
              Reserved: 0000
              Multicast Address: ::
              Flags: 0x0a
                .... 1... = Suppress Router-Side Processing: True
                .... .010 = QRV (Querier's Robustness Variable): 2
                0000 .... = Reserved: 0
              QQIC (Querier's Query Interval Code): 125
              Number of Sources: 1
              Source Address: 2001:db8::99
        "#]],
    );
}

#[test]
fn listener_report_of_version_2() {
    check::<Icmpv6>(
        "8f 00 1234 0000 0001  04 00 0001 ff0200000000000000000000000000fb 20010db8000000000000000000000099",
        expect![[r#"
            Internet Control Message Protocol v6, Multicast Listener Report Message v2
              Type: Multicast Listener Report Message v2 (143)
              Code: 0
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Reserved: 0000
              Number of Multicast Address Records: 1
              Multicast Address Record: Changed to exclude (4)
                Record Type: Changed to exclude (4)
                Aux Data Len: 0
                Number of Sources: 1
                Multicast Address: ff02::fb
                Source Address: 2001:db8::99
        "#]],
    );
}

#[test]
fn two_prefixes_to_use_are_announced_and_one_is_missing() {
    check::<Icmpv6>(
        "8a 00 1234 00000007 01 c0 03e8 00000000
         01 0b 09 40 20 80 0000 20010db8000000000000000000000000
         30 10 c0 80 00000064 ffffffff c0000000 20010db8000100000000000000000000",
        expect![[r#"
            Internet Control Message Protocol v6, Router Renumbering (Command)
              Type: Router Renumbering (138)
              Code: 0
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Sequence Number: 7
              Segment Number: 1
              Flags: 0xc0
                1... .... = Test Command: Set
                .1.. .... = Result requested: Set
                ..0. .... = All Interfaces: Not set
                ...0 .... = Site-specific: Not set
                .... 0... = Processed previously: Not set
                .... .000 = Reserved: 0
              Max Delay: 1000 ms
              Reserved: 00000000
              Match-Prefix Part: Add (1)
                OpCode: Add (1)
                OpLength: 11
                Ordinal: 0x09
                MatchLen: 64
                MinLen: 32
                MaxLen: 128
                Reserved: 0000
                MatchPrefix: 2001:db8::
              Use-Prefix Part: Infinity (4294967295)
                UseLen: 48
                KeepLen: 16
                FlagMask: 0xc0
                  1... .... = On-link flag(L): Set
                  .1.. .... = Autonomous address-configuration flag(A): Set
                  ..00 0000 = Reserved: 0
                RAFlags: 0x80
                  1... .... = On-link flag(L): Set
                  .0.. .... = Autonomous address-configuration flag(A): Not set
                  ..00 0000 = Reserved: 0
                Valid Lifetime: 100 s
                Preferred Lifetime: Infinity (4294967295)
                Flags: 0xc0000000
                  1... .... .... .... .... .... .... .... = Decrement valid lifetime: Set
                  .1.. .... .... .... .... .... .... .... = Decrement preferred lifetime: Set
                  ..00 0000 0000 0000 0000 0000 0000 0000 = Reserved: 0
                UsePrefix: 2001:db8:1::
              Use-Prefix Part
              [error] short: icmpv6.rr.pco.up.uselen needs 1 bytes at offset 72, 0 are there
        "#]],
    );
}

#[test]
fn node_names() {
    check::<Icmpv6>(
        "8c 00 1234 0002 0000 0102030405060708  0000003c 04686f7374 076578616d706c65 00 0373656c00",
        expect![[r#"
            Internet Control Message Protocol v6, Node Information Reply (Successful)
              Type: Node Information Reply (140)
              Code: 0
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Qtype: Node Name (2)
              Flags: 0x0000
                .... .... ..0. .... = Global-scope addresses: Not set
                .... .... ...0 .... = Site-local addresses: Not set
                .... .... .... 0... = Link-local addresses: Not set
                .... .... .... .0.. = Compression: Not set
                .... .... .... ..0. = Unicast Addresses: Unicast addresses on the queried interface
                .... .... .... ...0 = Truncated: Not set
                0000 0000 00.. .... = Reserved: 0x000
              Nonce: 0x0102030405060708
              TTL: 60 s
              Name Node: host.example
              Name Node: sel
        "#]],
    );
}

#[test]
fn buffered_messages() {
    check::<Icmpv6>(
        "9f 00 1234  fa 05 0102 a1  01 08 8001",
        expect![[r#"
            Internet Control Message Protocol v6, MPL Control Message
              Type: MPL Control Message (159)
              Code: 0
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              MPL Seed Info: 16 bits (1)
                MinSequence: 250
                Buffered Messages Length: 1
                Seed ID Length: 16 bits (1)
                Seed ID: 0102
                Sequence: 250
                Sequence: 252
                Sequence: 1
              MPL Seed Info: 0 bit, not included in MPL Seed Info (0)
                MinSequence: 1
                Buffered Messages Length: 2
                Seed ID Length: 0 bit, not included in MPL Seed Info (0)
                Sequence: 1
                Sequence: 16
        "#]],
    );
}

#[test]
fn duplicate_address_request() {
    check::<Icmpv6>(
        "9d 00 1234 00 00 003c 0200000000000001 20010db8000000000000000000000099",
        expect![[r#"
            Internet Control Message Protocol v6, Duplicate Address Request
              Type: Duplicate Address Request (157)
              Code: 0
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Status: Success (0)
              Reserved: 0
              Lifetime: 60 min
              EUI-64: 02:00:00:00:00:00:00:01
              Registered Address: 2001:db8::99
        "#]],
    );
}
