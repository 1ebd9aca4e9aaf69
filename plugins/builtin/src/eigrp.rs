//! EIGRP, the enhanced interior gateway routing protocol (RFC 7868, section 6).

use crate::checksum::{self, STATUS, UNVERIFIED};
use prosector_sdk::handle::Handle;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Eigrp;

protocol! {
    /// Enhanced Interior Gateway Routing Protocol.
    Eigrp = eigrp "EIGRP", "Cisco EIGRP" {
        version: u8                         "Version",
        opcode: u8                          "Opcode" = {
            1 "Update", 2 "Request", 3 "Query", 4 "Reply", 5 "Hello", 6 "IPX/SAP Update", 7 "Route Probe",
            8 "Hello (Ack)", 9 "Stub-Info", 10 "SIA-Query", 11 "SIA-Reply",
        },
        checksum: u16 hex                   "Checksum",
        checksum.status: computed u8        "Checksum Status" = STATUS,
        flags: u32 hex                      "Flags" {
            init: 0x01                      "Init",
            condrecv: 0x02                  "Conditional Receive",
            restart: 0x04                   "Restart",
            eot: 0x08                       "End Of Table",
        },
        seq: u32                            "Sequence",
        ack: u32                            "Acknowledge",
        vrid: u16                           "Virtual Router ID",
        as: u16                             "Autonomous System",
        tlv: group                          "TLV",
        tlv_type: u16 hex                   "Type" = {
            0x0001 "Parameters", 0x0002 "Authentication", 0x0003 "Sequence", 0x0004 "Software Version",
            0x0005 "Next multicast sequence", 0x0006 "Peer Stub Information", 0x0007 "Peer Termination",
            0x0008 "Peer Topology ID List", 0x0102 "Internal Route(IPv4)", 0x0103 "External Route(IPv4)",
            0x0104 "Ext-Community(IPv4)", 0x0402 "Internal Route(IPv6)", 0x0403 "External Route(IPv6)",
            0x0602 "Internal Route", 0x0603 "External Route",
        },
        tlv.len: u16                        "Length",
        par.k1: u8                          "K1",
        par.k2: u8                          "K2",
        par.k3: u8                          "K3",
        par.k4: u8                          "K4",
        par.k5: u8                          "K5",
        par.k6: u8                          "K6",
        par.holdtime: u16                   "Hold Time" unit "s",
        auth.type: u16                      "Type" = { 1 "Text", 2 "MD5", 3 "SHA256" },
        auth.length: u16                    "Length",
        auth.keyid: u32                     "Key ID",
        auth.keyseq: u32                    "Key Sequence",
        auth.nullpad: bytes[8]              "Nullpad",
        auth.digest: bytes                  "Digest",
        seq.addrlen: u8                     "Address length",
        seq.ipv4addr: ipv4                  "IP Address",
        seq.ipv6addr: ipv6                  "IPv6 Address",
        release_version: u16                "EIGRP Release",
        tlv_version: u16                    "EIGRP TLV version",
        next_mcast_seq: u32                 "Multicast Sequence",
        stub_flags: u16 hex                 "Stub Options" {
            connected: 0x0001               "Connected",
            static: 0x0002                  "Static",
            summary: 0x0004                 "Summary",
            recvonly: 0x0008                "Receive-Only",
            redist: 0x0010                  "Redistributed",
            leakmap: 0x0020                 "Leak-Map",
        },
        ipv4.nexthop: ipv4                  "NextHop",
        ipv6.nexthop: ipv6                  "NextHop",
        extdata.origrid: ipv4               "Originating RID",
        extdata.as: u32                     "Originating A.S.",
        extdata.tag: u32                    "Administrative Tag",
        extdata.metric: u32                 "External Metric",
        extdata.reserved: u16               "Reserved",
        extdata.proto: u8                   "External Protocol ID" = {
            1 "IGRP", 2 "EIGRP", 3 "Static Route", 4 "RIP", 5 "HELLO", 6 "OSPF", 7 "IS-IS", 8 "EGP", 9 "BGP",
            10 "IDRP", 11 "Connected Route",
        },
        extdata.flag: u8 hex                "Flags",
        old_metric.delay: u32               "Scaled Delay",
        old_metric.bw: u32                  "Scaled BW",
        old_metric.mtu: u24                 "MTU",
        old_metric.hopcount: u8             "Hop Count",
        old_metric.rel: u8                  "Reliability",
        old_metric.load: u8                 "Load",
        old_metric.intag: u8                "Route Tag",
        metric.flags.srcwd: bool(u8) & 0x01 "Source Withdraw",
        metric.flags.cd: bool(u8) & 0x02    "Candidate Default",
        metric.flags.active: bool(u8) & 0x04 "Route is Active",
        metric.flags.repl: bool(u8) & 0x08  "Route is Replicated",
        ipv4.prefixlen: u8                  "Prefix Length",
        ipv4.destination: ipv4              "Destination",
        ipv6.prefixlen: u8                  "Prefix Length",
        ipv6.destination: ipv6              "Destination",
        data: bytes                         "Data",
    }
    claims { ip.proto = 88 }
}

const TLV_HEADER: usize = 4;
const HELLO: u8 = 5;

impl Dissector for Eigrp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(VERSION)?;
        let opcode = pdu.take(OPCODE)?;
        pdu.take(CHECKSUM)?;
        if pdu.wants(CHECKSUM_STATUS) {
            let data = pdu.data();
            let status = if data.len() < pdu.wire_len() { UNVERIFIED } else { checksum::plain(data) };
            pdu.computed(CHECKSUM_STATUS, 2..4, status);
        }
        pdu.take(FLAGS)?;
        pdu.take(SEQ)?;
        let ack = pdu.take(ACK)?;
        // Opcode 8, which nobody sends, is the name of a hello that acknowledges.
        pdu.info(format_args!("{}", Self::name(OPCODE, if opcode == HELLO && ack != 0 { 8 } else { opcode })));
        pdu.take(VRID)?;
        pdu.take(AS)?;
        while pdu.remaining() > 0 {
            pdu.group(TLV, |pdu| {
                let kind = pdu.take(TLV_TYPE)?;
                let at = pdu.position();
                let len = usize::from(pdu.take(TLV_LEN)?);
                let Some(data) = len.checked_sub(TLV_HEADER) else {
                    let text = format_args!("{len} bytes, less than {TLV_HEADER}");
                    pdu.diagnostic(Severity::Error, "bad-length", at..at + 2, text);
                    return pdu.skip(pdu.remaining());
                };
                pdu.within(TLV_LEN, data, |pdu| value(pdu, kind))
            })?;
        }
        Ok(())
    }
}

fn value(pdu: &mut Pdu<'_>, kind: u16) -> Step {
    match kind {
        0x0001 => {
            for field in [PAR_K1, PAR_K2, PAR_K3, PAR_K4, PAR_K5, PAR_K6] {
                pdu.take(field)?;
            }
            pdu.take(PAR_HOLDTIME)?;
        }
        0x0002 => {
            pdu.take(AUTH_TYPE)?;
            let len = pdu.take(AUTH_LENGTH)?;
            pdu.take(AUTH_KEYID)?;
            pdu.take(AUTH_KEYSEQ)?;
            pdu.take(AUTH_NULLPAD)?;
            pdu.take_bytes(AUTH_DIGEST, len.into())?;
        }
        0x0003 => {
            while pdu.remaining() > 0 {
                match pdu.take(SEQ_ADDRLEN)? {
                    4 => drop(pdu.take(SEQ_IPV4ADDR)?),
                    16 => drop(pdu.take(SEQ_IPV6ADDR)?),
                    len => pdu.skip(len.into())?,
                }
            }
        }
        0x0004 => {
            pdu.take(RELEASE_VERSION)?;
            pdu.take(TLV_VERSION)?;
        }
        0x0005 => drop(pdu.take(NEXT_MCAST_SEQ)?),
        0x0006 => drop(pdu.take(STUB_FLAGS)?),
        0x0102 | 0x0103 => {
            pdu.take(IPV4_NEXTHOP)?;
            route(pdu, kind == 0x0103)?;
            while pdu.remaining() > 0 {
                let bits = pdu.take(IPV4_PREFIXLEN)?;
                destination(pdu, IPV4_DESTINATION, bits, 4)?;
            }
        }
        0x0402 | 0x0403 => {
            pdu.take(IPV6_NEXTHOP)?;
            route(pdu, kind == 0x0403)?;
            while pdu.remaining() > 0 {
                let bits = pdu.take(IPV6_PREFIXLEN)?;
                destination(pdu, IPV6_DESTINATION, bits, 16)?;
            }
        }
        _ if pdu.remaining() > 0 => drop(pdu.take_rest(DATA)),
        _ => {}
    }
    Ok(())
}

/// Where a route comes from, if from outside, and how good it is.
fn route(pdu: &mut Pdu<'_>, external: bool) -> Step {
    if external {
        pdu.take(EXTDATA_ORIGRID)?;
        pdu.take(EXTDATA_AS)?;
        pdu.take(EXTDATA_TAG)?;
        pdu.take(EXTDATA_METRIC)?;
        pdu.take(EXTDATA_RESERVED)?;
        pdu.take(EXTDATA_PROTO)?;
        pdu.take(EXTDATA_FLAG)?;
    }
    pdu.take(OLD_METRIC_DELAY)?;
    pdu.take(OLD_METRIC_BW)?;
    pdu.take(OLD_METRIC_MTU)?;
    pdu.take(OLD_METRIC_HOPCOUNT)?;
    pdu.take(OLD_METRIC_REL)?;
    pdu.take(OLD_METRIC_LOAD)?;
    pdu.take(OLD_METRIC_INTAG)?;
    pdu.show(METRIC_FLAGS_SRCWD)?;
    pdu.show(METRIC_FLAGS_CD)?;
    pdu.show(METRIC_FLAGS_ACTIVE)?;
    pdu.take(METRIC_FLAGS_REPL)?;
    Ok(())
}

/// A prefix, of which no more bytes are sent than it has.
fn destination<T>(pdu: &mut Pdu<'_>, field: Handle<T>, bits: u8, most: usize) -> Step {
    let (at, len) = (pdu.position(), usize::from(bits).div_ceil(8).min(most));
    pdu.skip(len)?;
    pdu.mark(field, at..at + len);
    Ok(())
}

builtin!(Eigrp);

#[test]
fn a_hello() {
    check::<Eigrp>(
        "02 05 ed66 00000000 00000000 00000000 0000 0064  0001 000c 01 00 01 00 00 00 000f  0004 0008 0c04 0102",
        expect![[r#"
            Cisco EIGRP, Hello
              Version: 2
              Opcode: Hello (5)
              Checksum: 0xed66
              Checksum Status: Bad (0)
              Flags: 0x00000000
                .... .... .... .... .... .... .... ...0 = Init: False
                .... .... .... .... .... .... .... ..0. = Conditional Receive: False
                .... .... .... .... .... .... .... .0.. = Restart: False
                .... .... .... .... .... .... .... 0... = End Of Table: False
              Sequence: 0
              Acknowledge: 0
              Virtual Router ID: 0
              Autonomous System: 100
              TLV: Parameters (0x0001)
                Type: Parameters (0x0001)
                Length: 12
                K1: 1
                K2: 0
                K3: 1
                K4: 0
                K5: 0
                K6: 0
                Hold Time: 15 s
              TLV: Software Version (0x0004)
                Type: Software Version (0x0004)
                Length: 8
                EIGRP Release: 3076
                EIGRP TLV version: 258
        "#]],
    );
}

#[test]
fn an_update() {
    check::<Eigrp>(
        "02 01 0000 00000008 00000018 00000017 0000 0064
         0102 001c 00000000 00000a00 00006400 0005dc 00 ff 01 00 00 18 c0a801",
        expect![[r#"
            Cisco EIGRP, Update
              Version: 2
              Opcode: Update (1)
              Checksum: 0x0000
              Checksum Status: Bad (0)
              Flags: 0x00000008
                .... .... .... .... .... .... .... ...0 = Init: False
                .... .... .... .... .... .... .... ..0. = Conditional Receive: False
                .... .... .... .... .... .... .... .0.. = Restart: False
                .... .... .... .... .... .... .... 1... = End Of Table: True
              Sequence: 24
              Acknowledge: 23
              Virtual Router ID: 0
              Autonomous System: 100
              TLV: Internal Route(IPv4) (0x0102)
                Type: Internal Route(IPv4) (0x0102)
                Length: 28
                NextHop: 0.0.0.0
                Scaled Delay: 2560
                Scaled BW: 25600
                MTU: 1500
                Hop Count: 0
                Reliability: 255
                Load: 1
                Route Tag: 0
                Source Withdraw: False
                Candidate Default: False
                Route is Active: False
                Route is Replicated: False
                Prefix Length: 24
                Destination: 192.168.1.0
        "#]],
    );
}

#[test]
fn lengths_that_cannot_be() {
    check::<Eigrp>(
        "02 05 0000 00000000 00000000 00000000 0000 0064 0001 0003",
        expect![[r#"
            Cisco EIGRP, Hello
              Version: 2
              Opcode: Hello (5)
              Checksum: 0x0000
              Checksum Status: Bad (0)
              Flags: 0x00000000
                .... .... .... .... .... .... .... ...0 = Init: False
                .... .... .... .... .... .... .... ..0. = Conditional Receive: False
                .... .... .... .... .... .... .... .0.. = Restart: False
                .... .... .... .... .... .... .... 0... = End Of Table: False
              Sequence: 0
              Acknowledge: 0
              Virtual Router ID: 0
              Autonomous System: 100
              TLV: Parameters (0x0001)
                Type: Parameters (0x0001)
                Length: 3
                [error] bad-length: 3 bytes, less than 4
        "#]],
    );
    check::<Eigrp>(
        "02 05 0000 00000000 00000000 00000000 0000 0064 0004 0007 0c04 01",
        expect![[r#"
            Cisco EIGRP, Hello
              Version: 2
              Opcode: Hello (5)
              Checksum: 0x0000
              Checksum Status: Bad (0)
              Flags: 0x00000000
                .... .... .... .... .... .... .... ...0 = Init: False
                .... .... .... .... .... .... .... ..0. = Conditional Receive: False
                .... .... .... .... .... .... .... .0.. = Restart: False
                .... .... .... .... .... .... .... 0... = End Of Table: False
              Sequence: 0
              Acknowledge: 0
              Virtual Router ID: 0
              Autonomous System: 100
              TLV: Software Version (0x0004)
                Type: Software Version (0x0004)
                Length: 7
                EIGRP Release: 3076
              [error] short: eigrp.tlv_version needs 2 bytes at offset 26, 1 are there (the end is set by eigrp.tlv.len)
        "#]],
    );
}
