//! What Linux's packet filter logs: LINKTYPE_NFLOG (<https://www.tcpdump.org/linktypes/LINKTYPE_NFLOG.html>).
//!
//! A header, then parts with length and type in the byte order of the machine, which is taken to be a little endian
//! one. The values are in network byte order. One of them is the packet.

use crate::ethertypes::ETHERTYPES;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Nflog;

protocol! {
    /// What Linux's packet filter logs.
    Nflog = nflog "NFLOG", "Linux Netfilter NFLOG" {
        family: u8                     "Family" = {
            0 "Unspecified", 1 "IPv4/IPv6", 2 "IPv4", 3 "ARP", 5 "Netdev", 7 "Bridge", 10 "IPv6", 12 "DECNET",
        },
        version: u8                    "Version",
        res_id: u16                    "Resource id",
        tlv: bytes                     "TLV",
        tlv_length: u16 le             "Length",
        tlv_type: u16 le & 0x7fff      "Type" = {
            0 "NFULA_UNSPEC",
            1 "NFULA_PACKET_HDR",
            2 "NFULA_MARK",
            3 "NFULA_TIMESTAMP",
            4 "NFULA_IFINDEX_INDEV",
            5 "NFULA_IFINDEX_OUTDEV",
            6 "NFULA_IFINDEX_PHYSINDEV",
            7 "NFULA_IFINDEX_PHYSOUTDEV",
            8 "NFULA_HWADDR",
            9 "NFULA_PAYLOAD",
            10 "NFULA_PREFIX",
            11 "NFULA_UID",
            12 "NFULA_SEQ",
            13 "NFULA_SEQ_GLOBAL",
            14 "NFULA_GID",
            15 "NFULA_HWTYPE",
            16 "NFULA_HWHEADER",
            17 "NFULA_HWLEN",
        },
        protocol: u16 hex              "HW protocol" = ETHERTYPES,
        hook: u8                       "Netfilter hook" = {
            0 "Pre-routing", 1 "Local in", 2 "Forward", 3 "Local out", 4 "Post-routing",
        },
        ifindex_indev: u32             "IFINDEX_INDEV",
        ifindex_outdev: u32            "IFINDEX_OUTDEV",
        ifindex_physindev: u32         "IFINDEX_PHYSINDEV",
        ifindex_physoutdev: u32        "IFINDEX_PHYSOUTDEV",
        prefix: str                    "Prefix",
        uid: i32                       "UID",
        gid: i32                       "GID",
        timestamp: computed time_ns    "Timestamp",
        /// Of the types that have no field of their own.
        tlv_value: bytes               "Value",
    }
    claims { link = 239 }
    tables { IP: "@ip", IPV6: "@ipv6", DATA: "@data" }
}

/// Length and type of a part.
const PART_HEADER: usize = 4;

impl Dissector for Nflog {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let family = pdu.take(FAMILY)?;
        pdu.take(VERSION)?;
        pdu.take(RES_ID)?;
        pdu.info(format_args!("{}", Self::name(FAMILY, family)));
        while pdu.remaining() > 0 {
            let at = pdu.position();
            let len = usize::from(pdu.peek(TLV_LENGTH)?);
            if len < PART_HEADER {
                let text = format_args!("a part has at least {PART_HEADER} bytes");
                pdu.diagnostic(Severity::Error, "bad-length", at..at + 2, text);
                return Ok(());
            }
            pdu.mark(TLV, at..at + len.min(pdu.remaining()));
            pdu.take(TLV_LENGTH)?;
            let kind = pdu.take(TLV_TYPE)?;
            pdu.within(TLV_LENGTH, len - PART_HEADER, |pdu| part(pdu, family, kind))?;
            // Each part begins at a multiple of four.
            let padding = len.next_multiple_of(4) - len;
            pdu.skip(padding.min(pdu.remaining()))?;
        }
        Ok(())
    }
}

/// The value of one part, up to the limit.
fn part(pdu: &mut Pdu<'_>, family: u8, kind: u16) -> Step {
    match kind {
        1 => {
            pdu.take(PROTOCOL)?;
            pdu.take(HOOK)?;
        }
        3 => timestamp(pdu)?,
        4 => drop(pdu.take(IFINDEX_INDEV)?),
        5 => drop(pdu.take(IFINDEX_OUTDEV)?),
        6 => drop(pdu.take(IFINDEX_PHYSINDEV)?),
        7 => drop(pdu.take(IFINDEX_PHYSOUTDEV)?),
        9 => {
            let first = pdu.rest().first().map_or(0, |byte| byte >> 4);
            pdu.hand_to(match (family, first) {
                (2, _) | (0 | 1, 4) => IP,
                (10, _) | (0 | 1, 6) => IPV6,
                _ => DATA,
            });
        }
        10 => {
            let len = pdu.rest().iter().position(|&byte| byte == 0).unwrap_or(pdu.remaining());
            pdu.take_bytes(PREFIX, len)?;
        }
        11 => drop(pdu.take(UID)?),
        14 => drop(pdu.take(GID)?),
        _ if pdu.remaining() > 0 => drop(pdu.take_rest(TLV_VALUE)),
        _ => {}
    }
    Ok(())
}

/// Seconds and microseconds, in 8 bytes each.
fn timestamp(pdu: &mut Pdu<'_>) -> Step {
    let at = pdu.position();
    let bytes = pdu.rest().first_chunk::<16>().map_or(0, |&bytes| u128::from_be_bytes(bytes));
    pdu.skip(16)?;
    let (seconds, micros) = ((bytes >> 64) as u64, bytes as u64);
    let nanos = seconds.wrapping_mul(1_000_000_000).wrapping_add(micros.wrapping_mul(1000));
    pdu.computed(TIMESTAMP, at..at + 16, nanos);
    Ok(())
}

builtin!(Nflog);

#[test]
fn a_packet_with_its_parts() {
    check::<Nflog>(
        "02 00 0014  0800 0100 0800 01 00  0700 0a00 414200 00  0800 0400 00000002  0800 0b00 ffffffff  0600 0f00 0001 0000
         1400 0300 0000000000000001 0000000000000002  0500 0900 45",
        expect![[r#"
            Linux Netfilter NFLOG, IPv4
              Family: IPv4 (2)
              Version: 0
              Resource id: 20
              TLV: 0800010008000100
              Length: 8
              Type: NFULA_PACKET_HDR (1)
              HW protocol: IPv4 (0x0800)
              Netfilter hook: Local in (1)
              TLV: 07000a00414200
              Length: 7
              Type: NFULA_PREFIX (10)
              Prefix: AB
              TLV: 0800040000000002
              Length: 8
              Type: NFULA_IFINDEX_INDEV (4)
              IFINDEX_INDEV: 2
              TLV: 08000b00ffffffff
              Length: 8
              Type: NFULA_UID (11)
              UID: -1
              TLV: 06000f000001
              Length: 6
              Type: NFULA_HWTYPE (15)
              Value: 0001
              TLV: 1400030000000000000000010000000000000002
              Length: 20
              Type: NFULA_TIMESTAMP (3)
              Timestamp: Jan  1, 1970 00:00:01.000002000 UTC
              TLV: 0500090045
              Length: 5
              Type: NFULA_PAYLOAD (9)
            → @ip [0]: bytes 68..69
        "#]],
    );
}

#[test]
fn malformed() {
    check::<Nflog>(
        "02 00 0014 0300 0100",
        expect![[r#"
        Linux Netfilter NFLOG, IPv4
          Family: IPv4 (2)
          Version: 0
          Resource id: 20
          [error] bad-length: a part has at least 4 bytes
    "#]],
    );
    check::<Nflog>(
        "0a 00 0014 0c00 0900 60",
        expect![[r#"
        Linux Netfilter NFLOG, IPv6
          Family: IPv6 (10)
          Version: 0
          Resource id: 20
          TLV: 0c00090060
          Length: 12
          Type: NFULA_PAYLOAD (9)
        → @ipv6 [0]: bytes 8..9
    "#]],
    );
    check::<Nflog>(
        "0a 00 0014 0800 0100 08",
        expect![[r#"
        Linux Netfilter NFLOG, IPv6
          Family: IPv6 (10)
          Version: 0
          Resource id: 20
          TLV: 0800010008
          Length: 8
          Type: NFULA_PACKET_HDR (1)
          [error] short: nflog.protocol needs 2 bytes at offset 8, 1 are there
    "#]],
    );
}
