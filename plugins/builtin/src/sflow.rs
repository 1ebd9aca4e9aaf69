//! sFlow, version 5 (sflow.org, "sFlow Version 5", 2004): samples of packets and counters of interfaces, from switches.

use crate::eth::Place;
use prosector_sdk::handle::Handle;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Sflow;

protocol! {
    /// Samples of packets and counters of interfaces, sFlow version 5.
    Sflow = sflow "sFlow", "InMon sFlow" {
        .sflow_245.version as VERSION: u32              "Datagram version",
        .sflow_245.agenttype as AGENT_TYPE: u32         "Agent address type" = { 1 "IPv4", 2 "IPv6" },
        .sflow_245.agent as AGENT: ipv4                 "Agent address",
        .sflow_245.agent.v6 as AGENT_V6: ipv6           "Agent address",
        .sflow_245.sub_agent_id as SUB_AGENT_ID: u32    "Sub-agent ID",
        .sflow_245.sequence_number as SEQUENCE: u32     "Sequence number",
        .sflow_245.sysuptime as SYSUPTIME: u32          "SysUptime" unit "ms",
        .sflow_245.numsamples as NUMSAMPLES: u32        "NumSamples",
        sample: group                                   "Sample",
        enterprise: u32 & 0xfffff000                    "Enterprise" = { 0 "standard sFlow" },
        .sflow_245.sampletype as SAMPLE_TYPE: u32 & 0xfff "sFlow sample type" = {
            1 "Flow sample", 2 "Counters sample", 3 "Expanded flow sample", 4 "Expanded counters sample",
        },
        sample_length: u32                              "Sample length" unit "bytes",
        flow_sample.sequence_number: u32                "Sequence number",
        flow_sample.source_id_class: u32 & 0xff000000   "Source ID class",
        flow_sample.index: u32 & 0x00ffffff             "Index",
        flow_sample.sampling_rate: u32                  "Sampling rate",
        flow_sample.sample_pool: u32                    "Sample pool" unit "packets",
        flow_sample.dropped_packets: u32                "Dropped packets",
        flow_sample.input_interface: u32                "Input interface (ifIndex)",
        flow_sample.output_interface: u32 hex           "Output interface",
        flow_sample.output_interface_format: u32 & 0xc0000000 "Output interface format",
        flow_sample.output_interface_value: u32 & 0x3fffffff "Output interface value",
        flow_sample.flow_record: u32                    "Flow record",
        record: group                                   "Record",
        .sflow_245.flow_record_format as FLOW_FORMAT: u32 & 0xfff "Format" = {
            1 "Raw packet header", 2 "Ethernet frame data", 3 "IPv4 data", 4 "IPv6 data",
            1001 "Extended switch data", 1002 "Extended router data", 1003 "Extended gateway data",
        },
        flow_data_length: u32                           "Flow data length" unit "bytes",
        .sflow_245.header_protocol as HEADER_PROTOCOL: u32 "Header protocol" = {
            1 "Ethernet", 2 "Token bus", 3 "Token ring", 4 "FDDI", 5 "Frame Relay", 6 "X.25", 7 "PPP", 8 "SMDS",
            9 "AAL5", 10 "AAL5-IP", 11 "IPv4", 12 "IPv6", 13 "MPLS", 14 "POS",
        },
        .sflow_245.header.frame_length as FRAME_LENGTH: u32 "Frame Length" unit "bytes",
        .sflow_245.header.payload_stripped as STRIPPED: u32 "Payload stripped" unit "bytes",
        .sflow_245.header.sampled_header_length as SAMPLED: u32 "Sampled header length" unit "bytes",
        .sflow_245.header as HEADER: bytes              "Header of sampled packet",
        .sflow_245.vlan.in as VLAN_IN: u32              "Incoming 802.1Q VLAN",
        .sflow_245.pri.in as PRI_IN: u32                "Incoming 802.1p priority",
        .sflow_245.vlan.out as VLAN_OUT: u32            "Outgoing 802.1Q VLAN",
        .sflow_245.pri.out as PRI_OUT: u32              "Outgoing 802.1p priority",
        counters_sample.sequence_number: u32            "Sequence number",
        counters_sample.source_id_type: u32 & 0xff000000 "Source ID type",
        counters_sample.source_id_index: u32 & 0x00ffffff "Source ID index",
        counters_sample.counters_records: u32           "Counters records",
        .sflow_245.counters_record_format as COUNTERS_FORMAT: u32 & 0xfff "Format" = {
            1 "Generic interface counters", 2 "Ethernet interface counters", 3 "Token ring counters",
            4 "100 BaseVG interface counters", 5 "VLAN counters", 1001 "Processor information",
        },
        .sflow_245.ifindex as IFINDEX: u32              "Interface index",
        .sflow_245.iftype as IFTYPE: u32                "Interface Type",
        .sflow_245.ifspeed as IFSPEED: u64              "Interface Speed",
        .sflow_245.ifdirection as IFDIRECTION: u32      "Interface Direction"
            = { 1 "Full-Duplex", 2 "Half-Duplex", 3 "In", 4 "Out" },
        .sflow_245.ifadmin_status as IFADMIN: bool(u32) & 1 "IfAdminStatus" = { 0 "Down", 1 "Up" },
        .sflow_245.ifoper_status as IFOPER: bool(u32) & 2 "IfOperStatus" = { 0 "Down", 1 "Up" },
        .sflow_245.ifinoct as IFINOCT: u64              "Input Octets",
        .sflow_245.ifinpkt as IFINPKT: u32              "Input Packets",
        .sflow_245.ifinmcast as IFINMCAST: u32          "Input Multicast Packets",
        .sflow_245.ifinbcast as IFINBCAST: u32          "Input Broadcast Packets",
        .sflow_245.ifindisc as IFINDISC: u32            "Input Discarded Packets",
        .sflow_245.ifinerr as IFINERR: u32              "Input Errors",
        .sflow_245.ifinunk as IFINUNK: u32              "Input Unknown Protocol Packets",
        .sflow_245.ifoutoct as IFOUTOCT: u64            "Output Octets",
        .sflow_245.ifoutpkt as IFOUTPKT: u32            "Output Packets",
        .sflow_245.ifoutmcast as IFOUTMCAST: u32        "Output Multicast Packets",
        .sflow_245.ifoutbcast as IFOUTBCAST: u32        "Output Broadcast Packets",
        .sflow_245.ifoutdisc as IFOUTDISC: u32          "Output Discarded Packets",
        .sflow_245.ifouterr as IFOUTERR: u32            "Output Errors",
        .sflow_245.ifpromisc as IFPROMISC: u32          "Promiscuous Mode",
        .sflow_245.dot3StatsAlignmentErrors as DOT3_1: u32 "Alignment Errors",
        .sflow_245.dot3StatsFCSErrors as DOT3_2: u32    "FCS Errors",
        .sflow_245.dot3StatsSingleCollisionFrames as DOT3_3: u32 "Single Collision Frames",
        .sflow_245.dot3StatsMultipleCollisionFrames as DOT3_4: u32 "Multiple Collision Frames",
        .sflow_245.dot3StatsSQETestErrors as DOT3_5: u32 "SQE Test Errors",
        .sflow_245.dot3StatsDeferredTransmissions as DOT3_6: u32 "Deferred Transmissions",
        .sflow_245.dot3StatsLateCollisions as DOT3_7: u32 "Late Collisions",
        .sflow_245.dot3StatsExcessiveCollisions as DOT3_8: u32 "Excessive Collisions",
        .sflow_245.dot3StatsInternalMacTransmitErrors as DOT3_9: u32 "Internal Mac Transmit Errors",
        .sflow_245.dot3StatsCarrierSenseErrors as DOT3_10: u32 "Carrier Sense Errors",
        .sflow_245.dot3StatsFrameTooLongs as DOT3_11: u32 "Frame Too Longs",
        .sflow_245.dot3StatsInternalMacReceiveErrors as DOT3_12: u32 "Internal Mac Receive Errors",
        .sflow_245.dot3StatsSymbolErrors as DOT3_13: u32 "Symbol Errors",
    }
    claims { udp.port = 6343 }
    tables { ETH: "@eth" }
}

const ETHERNET: u32 = 1;

impl Dissector for Sflow {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let version = pdu.take(VERSION)?;
        if version != 5 {
            pdu.info(format_args!("V{version}"));
            return Ok(());
        }
        match pdu.take(AGENT_TYPE)? {
            1 => drop(pdu.take(AGENT)?),
            2 => drop(pdu.take(AGENT_V6)?),
            _ => return Ok(()),
        }
        pdu.take(SUB_AGENT_ID)?;
        let sequence = pdu.take(SEQUENCE)?;
        pdu.take(SYSUPTIME)?;
        let samples = pdu.take(NUMSAMPLES)?;
        pdu.info(format_args!("V5, seq {sequence}, {samples} samples"));
        for _ in 0..samples {
            pdu.group(SAMPLE, |pdu| {
                let enterprise = pdu.show(ENTERPRISE)?;
                let kind = pdu.take(SAMPLE_TYPE)?;
                let len = pdu.take(SAMPLE_LENGTH)? as usize;
                pdu.within(SAMPLE_LENGTH, len, |pdu| match (enterprise, kind) {
                    (0, 1) => flow(pdu),
                    (0, 2) => counters(pdu),
                    _ => Ok(()),
                })
            })?;
        }
        Ok(())
    }
}

fn flow(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(FLOW_SAMPLE_SEQUENCE_NUMBER)?;
    pdu.show(FLOW_SAMPLE_SOURCE_ID_CLASS)?;
    pdu.take(FLOW_SAMPLE_INDEX)?;
    pdu.take(FLOW_SAMPLE_SAMPLING_RATE)?;
    pdu.take(FLOW_SAMPLE_SAMPLE_POOL)?;
    pdu.take(FLOW_SAMPLE_DROPPED_PACKETS)?;
    pdu.take(FLOW_SAMPLE_INPUT_INTERFACE)?;
    pdu.show(FLOW_SAMPLE_OUTPUT_INTERFACE)?;
    pdu.show(FLOW_SAMPLE_OUTPUT_INTERFACE_FORMAT)?;
    pdu.take(FLOW_SAMPLE_OUTPUT_INTERFACE_VALUE)?;
    let records = pdu.take(FLOW_SAMPLE_FLOW_RECORD)?;
    self::records(pdu, records, FLOW_FORMAT, |pdu, format| match format {
        1 => {
            let protocol = pdu.take(HEADER_PROTOCOL)?;
            pdu.take(FRAME_LENGTH)?;
            pdu.take(STRIPPED)?;
            let len = pdu.take(SAMPLED)? as usize;
            let at = pdu.position();
            if protocol == ETHERNET {
                pdu.hand_to(ETH).len(len).quoted().context(Place::TUNNEL.0);
            }
            pdu.skip(len)?;
            pdu.mark(HEADER, at..at + len);
            Ok(())
        }
        1001 => all(pdu, &[VLAN_IN, PRI_IN, VLAN_OUT, PRI_OUT]),
        _ => Ok(()),
    })
}

fn counters(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(COUNTERS_SAMPLE_SEQUENCE_NUMBER)?;
    pdu.show(COUNTERS_SAMPLE_SOURCE_ID_TYPE)?;
    pdu.take(COUNTERS_SAMPLE_SOURCE_ID_INDEX)?;
    let records = pdu.take(COUNTERS_SAMPLE_COUNTERS_RECORDS)?;
    self::records(pdu, records, COUNTERS_FORMAT, |pdu, format| match format {
        1 => {
            all(pdu, &[IFINDEX, IFTYPE])?;
            pdu.take(IFSPEED)?;
            pdu.take(IFDIRECTION)?;
            pdu.show(IFADMIN)?;
            pdu.take(IFOPER)?;
            pdu.take(IFINOCT)?;
            all(pdu, &[IFINPKT, IFINMCAST, IFINBCAST, IFINDISC, IFINERR, IFINUNK])?;
            pdu.take(IFOUTOCT)?;
            all(pdu, &[IFOUTPKT, IFOUTMCAST, IFOUTBCAST, IFOUTDISC, IFOUTERR, IFPROMISC])
        }
        2 => all(
            pdu,
            &[
                DOT3_1, DOT3_2, DOT3_3, DOT3_4, DOT3_5, DOT3_6, DOT3_7, DOT3_8, DOT3_9, DOT3_10, DOT3_11, DOT3_12,
                DOT3_13,
            ],
        ),
        _ => Ok(()),
    })
}

fn all(pdu: &mut Pdu<'_>, fields: &[Handle<u32>]) -> Step {
    for &field in fields {
        pdu.take(field)?;
    }
    Ok(())
}

/// The records of a sample: `read` is told the format of each.
fn records<'a>(pdu: &mut Pdu<'a>, count: u32, format: Handle<u32>, read: impl Fn(&mut Pdu<'a>, u32) -> Step) -> Step {
    for _ in 0..count {
        pdu.group(RECORD, |pdu| {
            let enterprise = pdu.show(ENTERPRISE)?;
            let kind = pdu.take(format)?;
            let len = pdu.take(FLOW_DATA_LENGTH)? as usize;
            pdu.within(FLOW_DATA_LENGTH, len, |pdu| if enterprise == 0 { read(pdu, kind) } else { Ok(()) })
        })?;
    }
    Ok(())
}

builtin!(Sflow);

#[test]
fn samples() {
    check::<Sflow>(
        "00000005 00000001 c0000201 00000000 00000001 000003e8 00000001
         00000001 00000040 00000007 00000009 00000400 00000800 00000000 00000009 80000000 00000001
         00000001 00000018 00000001 00000040 00000000 00000008 0102030405060708",
        expect![[r#"
            InMon sFlow, V5, seq 1, 1 samples
              Datagram version: 5
              Agent address type: IPv4 (1)
              Agent address: 192.0.2.1
              Sub-agent ID: 0
              Sequence number: 1
              SysUptime: 1000 ms
              NumSamples: 1
              Sample: standard sFlow (0)
                Enterprise: standard sFlow (0)
                sFlow sample type: Flow sample (1)
                Sample length: 64 bytes
                Sequence number: 7
                Source ID class: 0
                Index: 9
                Sampling rate: 1024
                Sample pool: 2048 packets
                Dropped packets: 0
                Input interface (ifIndex): 9
                Output interface: 0x80000000
                Output interface format: 2
                Output interface value: 0
                Flow record: 1
                Record: standard sFlow (0)
                  Enterprise: standard sFlow (0)
                  Format: Raw packet header (1)
                  Flow data length: 24 bytes
                  Header protocol: Ethernet (1)
                  Frame Length: 64 bytes
                  Payload stripped: 0 bytes
                  Sampled header length: 8 bytes
                  Header of sampled packet: 0102030405060708
            → @eth [0]: bytes 92..100
        "#]],
    );
}

#[test]
fn a_count_that_lies() {
    check::<Sflow>(
        "00000005 00000001 c0000201 00000000 00000001 000003e8 ffffffff 00000002 000000ff",
        expect![[r#"
            InMon sFlow, V5, seq 1, 4294967295 samples
              Datagram version: 5
              Agent address type: IPv4 (1)
              Agent address: 192.0.2.1
              Sub-agent ID: 0
              Sequence number: 1
              SysUptime: 1000 ms
              NumSamples: 4294967295
              Sample: standard sFlow (0)
                Enterprise: standard sFlow (0)
                sFlow sample type: Counters sample (2)
                Sample length: 255 bytes
              [error] short: sflow.counters_sample.sequence_number needs 4 bytes at offset 36, 0 are there
        "#]],
    );
}
