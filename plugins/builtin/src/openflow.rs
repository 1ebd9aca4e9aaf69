//! OpenFlow: version 1.0 (OpenFlow Switch Specification, 1.0.0, section 5), and the header of later versions.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Openflow;

protocol! {
    /// OpenFlow, between a switch and its controller.
    Openflow = openflow "OpenFlow", "OpenFlow" {
        version: u8 hex & 0x7f              "Version" = {
            1 "1.0", 2 "1.1", 3 "1.2", 4 "1.3", 5 "1.4", 6 "1.5",
        },
        .openflow_1_0.type as TYPE: u8      "Type" = {
            0 "OFPT_HELLO", 1 "OFPT_ERROR", 2 "OFPT_ECHO_REQUEST", 3 "OFPT_ECHO_REPLY", 4 "OFPT_VENDOR",
            5 "OFPT_FEATURES_REQUEST", 6 "OFPT_FEATURES_REPLY", 7 "OFPT_GET_CONFIG_REQUEST", 8 "OFPT_GET_CONFIG_REPLY",
            9 "OFPT_SET_CONFIG", 10 "OFPT_PACKET_IN", 11 "OFPT_FLOW_REMOVED", 12 "OFPT_PORT_STATUS",
            13 "OFPT_PACKET_OUT", 14 "OFPT_FLOW_MOD", 15 "OFPT_PORT_MOD", 16 "OFPT_STATS_REQUEST",
            17 "OFPT_STATS_REPLY", 18 "OFPT_BARRIER_REQUEST", 19 "OFPT_BARRIER_REPLY",
            20 "OFPT_QUEUE_GET_CONFIG_REQUEST", 21 "OFPT_QUEUE_GET_CONFIG_REPLY",
        },
        length: u16                         "Length",
        xid: u32                            "Transaction ID",
        .openflow_v4.version as V4_VERSION: u8 hex "Version" = { 4 "1.3" },
        .openflow_v4.type as V4_TYPE: u8    "Type" = {
            0 "OFPT_HELLO", 1 "OFPT_ERROR", 2 "OFPT_ECHO_REQUEST", 3 "OFPT_ECHO_REPLY", 4 "OFPT_EXPERIMENTER",
            5 "OFPT_FEATURES_REQUEST", 6 "OFPT_FEATURES_REPLY", 7 "OFPT_GET_CONFIG_REQUEST", 8 "OFPT_GET_CONFIG_REPLY",
            9 "OFPT_SET_CONFIG", 10 "OFPT_PACKET_IN", 11 "OFPT_FLOW_REMOVED", 12 "OFPT_PORT_STATUS",
            13 "OFPT_PACKET_OUT", 14 "OFPT_FLOW_MOD", 15 "OFPT_GROUP_MOD", 16 "OFPT_PORT_MOD", 17 "OFPT_TABLE_MOD",
            18 "OFPT_MULTIPART_REQUEST", 19 "OFPT_MULTIPART_REPLY", 20 "OFPT_BARRIER_REQUEST", 21 "OFPT_BARRIER_REPLY",
            22 "OFPT_QUEUE_GET_CONFIG_REQUEST", 23 "OFPT_QUEUE_GET_CONFIG_REPLY", 24 "OFPT_ROLE_REQUEST",
            25 "OFPT_ROLE_REPLY", 26 "OFPT_GET_ASYNC_REQUEST", 27 "OFPT_GET_ASYNC_REPLY", 28 "OFPT_SET_ASYNC",
            29 "OFPT_METER_MOD",
        },
        .openflow_v4.length as V4_LENGTH: u16 "Length",
        .openflow_v4.xid as V4_XID: u32     "Transaction ID",

        datapath_id: u64 hex                "Datapath unique ID",
        datapath_imp: u16 hex               "Implementers part",
        datapath_mac: mac                   "MAC addr",
        n_buffers: u32                      "n_buffers",
        n_tables: u8                        "n_tables",
        features_reply.pad: bytes[3]        "Pad",
        capabilities: u32 hex               "capabilities" {
            .flow_stats: 0x01               "Flow statistics",
            .table_stats: 0x02              "Table statistics",
            .port_stats: 0x04               "Port statistics",
            .group_stats: 0x08              "Group statistics",
            .ip_reasm: 0x20                 "Can reassemble IP fragments",
            .queue_stats: 0x40              "Queue statistics",
            .port_blocked: 0x100            "Switch will block looping ports",
        },
        actions: u32 hex                    "actions" {
            .output: 0x001                  "Output to switch port",
            .set_vlan_vid: 0x002            "Set the 802.1q VLAN id",
            .set_vlan_pcp: 0x004            "Set the 802.1q priority",
            .strip_vlan: 0x008              "Strip the 802.1q header",
            .set_dl_src: 0x010              "Ethernet source address",
            .set_dl_ds: 0x020               "Ethernet destination address",
            .set_nw_src: 0x040              "IP source address",
            .set_nw_ds: 0x080               "IP destination address",
            .set_nw_tos: 0x100              "IP ToS (DSCP field, 6 bits)",
            .set_tp_src: 0x200              "TCP/UDP source port",
            .set_tp_dst: 0x400              "TCP/UDP destination port",
            .enqueue: 0x800                 "Output to queue",
        },
        port: group                         "Port data",
        port_no: u16                        "Port number" = PORTS,
        hw_add: mac                         "HW Address",
        port_name: str                      "Port Name",
        port_config: u32 hex                "Config flags" {
            .port_down: 0x01                "Port is administratively down",
            .no_stp: 0x02                   "Disable 802.1D spanning tree on port",
            .no_recv: 0x04                  "Drop all packets except 802.1D spanning tree packets",
            .no_recv_stp: 0x08              "Drop received 802.1D STP packets",
            .no_flood: 0x10                 "Do not include this port when flooding",
            .no_fwd: 0x20                   "Drop packets forwarded to port",
            .no_packet_in: 0x40             "Do not send packet-in msgs for port",
        },
        port_state: u32 hex                 "State flags" {
            .link_down: 0x01                "No physical link present",
        },
        port_curr: u32 hex                  "Current features" {
            ."10mb_hd" as TEN_HALF: 0x001   "10 Mb half-duplex rate support",
            ."10mb_fd" as TEN_FULL: 0x002   "10 Mb full-duplex rate support",
            ."100mb_hd" as HUNDRED_HALF: 0x004 "100 Mb half-duplex rate support",
            ."100mb_0fd" as HUNDRED_FULL: 0x008 "100 Mb full-duplex rate support",
            ."1gb_hd" as GIGABIT_HALF: 0x010 "1 Gb half-duplex rate support",
            ."1gb_fd" as GIGABIT_FULL: 0x020 "1 Gb full-duplex rate support",
            ."10gb_fd" as TEN_GIGABIT: 0x040 "10 Gb full-duplex rate support",
            .copper: 0x080                  "Copper medium",
            .fiber: 0x100                   "Fiber medium",
            .autoneg: 0x200                 "Auto-negotiation",
            .pause: 0x400                   "Pause",
            .pause_asym: 0x800              "Asymmetric pause",
        },
        port_advertised: u32 hex            "Advertised features",
        port_supported: u32 hex             "Features supported",
        port_peer: u32 hex                  "Features advertised by peer",
        config_flags: u16 hex               "Config flags",
        miss_send_len: u16 hex              "Max bytes of packet",
        wildcards: u32                      "Wildcards",
        in_port: u16                        "In port" = PORTS,
        eth_src: mac                        "Ethernet source address",
        eth_dst: mac                        "Ethernet destination address",
        dl_vlan: u16                        "Input VLAN id",
        dl_vlan_pcp: u8                     "Input VLAN priority",
        ofp_match.pad: bytes                "Pad",
        ofp_match.dl_type: u16              "Dl type",
        ofp_match.tos: u8                   "IP ToS",
        ofp_match.nw_proto: u8              "IP protocol",
        ofp_match.source_addr: ipv4         "Source Address",
        ofp_match.dest_addr: ipv4           "Destination Address",
        ofp_match.source_port: u16          "Source Port",
        ofp_match.dest_port: u16            "Destination Port",
        cookie: u64 hex                     "Cookie",
        command: u16                        "Command" = {
            0 "New flow", 1 "Modify all matching flows", 2 "Modify entry strictly matching wildcards",
            3 "Delete all matching flows", 4 "Strictly match wildcards and priority",
        },
        idle_timeout: u16                   "Idle time-out",
        hard_timeout: u16                   "hard time-out",
        priority: u16                       "Priority",
        buffer_id: u32 hex                  "Buffer Id",
        out_port: u16                       "Out port",
        flags: u16                          "Flags",
        action: group                       "Action",
        action_typ: u16                     "Actions type" = {
            0 "Output to switch port", 1 "Set the 802.1q VLAN id", 2 "Set the 802.1q priority", 3 "Strip the 802.1q header",
            4 "Ethernet source address", 5 "Ethernet destination address", 6 "IP source address", 7 "IP destination address",
            8 "IP ToS (DSCP field, 6 bits)", 9 "TCP/UDP source port", 10 "TCP/UDP destination port", 11 "Output to queue",
            65535 "Vendor specific action",
        },
        action_len: u16                     "Action length",
        output_port: u16                    "Output port" = PORTS,
        max_len: u16                        "Max length",
        reason: u8                          "Reason" = { 0 "No matching flow", 1 "Action explicitly output to controller" },
        stats.type: u16                     "Type" = {
            0 "OFPST_DESC", 1 "OFPST_FLOW", 2 "OFPST_AGGREGATE", 3 "OFPST_TABLE", 4 "OFPST_PORT", 5 "OFPST_QUEUE",
            65535 "OFPST_VENDOR",
        },
        stats.request_pad: u8               "Pad",
        table_id: u8                        "Table Id",
    }
    claims { tcp.port = [6633, 6653] }
    tables { ETH: "@eth" }
}

value_names! {
    /// Ports that stand for something else.
    PORTS {
        0xfff8 "In", 0xfff9 "Table", 0xfffa "Normal", 0xfffb "Flood", 0xfffc "All", 0xfffd "Controller", 0xfffe "Local",
        0xffff "None",
    }
}

const HEADER: usize = 8;
const VERSION_1_0: u8 = 1;
const NEWEST: u8 = 6;

impl Dissector for Openflow {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let version = pdu.peek(VERSION)?;
        if !(VERSION_1_0..=NEWEST).contains(&version) {
            return pdu.reject();
        }
        let kind;
        let len = if version == VERSION_1_0 {
            pdu.take(VERSION)?;
            kind = pdu.take(TYPE)?;
            pdu.info(format_args!("Type: {}", Self::name(TYPE, kind)));
            usize::from(pdu.take(LENGTH)?)
        } else {
            pdu.take(V4_VERSION)?;
            kind = pdu.take(V4_TYPE)?;
            pdu.info(format_args!("Type: {}", Self::name(V4_TYPE, kind)));
            usize::from(pdu.take(V4_LENGTH)?)
        };
        if len < HEADER {
            let text = format_args!("{len} bytes, less than the header's {HEADER}");
            pdu.diagnostic(Severity::Error, "bad-length", 2..4, text);
            return Ok(());
        }
        pdu.set_len(LENGTH, len);
        pdu.wait_for(len)?;
        if version != VERSION_1_0 {
            return pdu.take(V4_XID).map(drop);
        }
        pdu.take(XID)?;
        message(pdu, kind)
    }
}

fn message(pdu: &mut Pdu<'_>, kind: u8) -> Step {
    match kind {
        6 => features(pdu),
        8 | 9 => {
            pdu.take(CONFIG_FLAGS)?;
            pdu.take(MISS_SEND_LEN)?;
            Ok(())
        }
        10 => {
            pdu.take(BUFFER_ID)?;
            // How long the packet was, whatever of it is here.
            pdu.skip(2)?;
            pdu.take(IN_PORT)?;
            pdu.take(REASON)?;
            pdu.skip(1)?;
            if pdu.wire_remaining() > 0 {
                pdu.hand_to(ETH).detail();
            }
            Ok(())
        }
        13 => {
            pdu.take(BUFFER_ID)?;
            pdu.take(IN_PORT)?;
            let len = pdu.rest().first_chunk().map_or(0, |&bytes| u16::from_be_bytes(bytes)).into();
            pdu.skip(2)?;
            pdu.within(LENGTH, len, actions)?;
            if pdu.wire_remaining() > 0 {
                pdu.hand_to(ETH).detail();
            }
            Ok(())
        }
        14 => {
            matching(pdu)?;
            pdu.take(COOKIE)?;
            pdu.take(COMMAND)?;
            pdu.take(IDLE_TIMEOUT)?;
            pdu.take(HARD_TIMEOUT)?;
            pdu.take(PRIORITY)?;
            pdu.take(BUFFER_ID)?;
            pdu.take(OUT_PORT)?;
            pdu.take(FLAGS)?;
            actions(pdu)
        }
        16 => {
            let kind = pdu.take(STATS_TYPE)?;
            pdu.take(FLAGS)?;
            if let 1 | 2 = kind {
                matching(pdu)?;
                pdu.take(TABLE_ID)?;
                pdu.take(STATS_REQUEST_PAD)?;
                pdu.take(OUT_PORT)?;
            }
            Ok(())
        }
        17 => {
            pdu.take(STATS_TYPE)?;
            pdu.take(FLAGS)?;
            Ok(())
        }
        _ => Ok(()),
    }
}

fn features(pdu: &mut Pdu<'_>) -> Step {
    const NAME: usize = 16;
    pdu.show(DATAPATH_ID)?;
    pdu.take(DATAPATH_IMP)?;
    pdu.take(DATAPATH_MAC)?;
    pdu.take(N_BUFFERS)?;
    pdu.take(N_TABLES)?;
    pdu.take(FEATURES_REPLY_PAD)?;
    pdu.take(CAPABILITIES)?;
    pdu.take(ACTIONS)?;
    while pdu.wire_remaining() > 0 {
        pdu.group(PORT, |pdu| {
            pdu.take(PORT_NO)?;
            pdu.take(HW_ADD)?;
            let (at, rest) = (pdu.position(), pdu.rest());
            pdu.skip(NAME)?;
            let len = rest.iter().take(NAME).position(|byte| *byte == 0).unwrap_or(NAME);
            pdu.mark(PORT_NAME, at..at + len);
            pdu.take(PORT_CONFIG)?;
            pdu.take(PORT_STATE)?;
            pdu.take(PORT_CURR)?;
            pdu.take(PORT_ADVERTISED)?;
            pdu.take(PORT_SUPPORTED)?;
            pdu.take(PORT_PEER)
        })?;
    }
    Ok(())
}

fn matching(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(WILDCARDS)?;
    pdu.take(IN_PORT)?;
    pdu.take(ETH_SRC)?;
    pdu.take(ETH_DST)?;
    pdu.take(DL_VLAN)?;
    pdu.take(DL_VLAN_PCP)?;
    pdu.take_bytes(OFP_MATCH_PAD, 1)?;
    pdu.take(OFP_MATCH_DL_TYPE)?;
    pdu.take(OFP_MATCH_TOS)?;
    pdu.take(OFP_MATCH_NW_PROTO)?;
    pdu.take_bytes(OFP_MATCH_PAD, 2)?;
    pdu.take(OFP_MATCH_SOURCE_ADDR)?;
    pdu.take(OFP_MATCH_DEST_ADDR)?;
    pdu.take(OFP_MATCH_SOURCE_PORT)?;
    pdu.take(OFP_MATCH_DEST_PORT)?;
    Ok(())
}

/// Actions, each with a length that includes its header.
fn actions(pdu: &mut Pdu<'_>) -> Step {
    while pdu.wire_remaining() > 0 {
        pdu.group(ACTION, |pdu| {
            let kind = pdu.take(ACTION_TYP)?;
            let len = usize::from(pdu.take(ACTION_LEN)?).saturating_sub(4);
            pdu.within(ACTION_LEN, len, |pdu| {
                if kind == 0 {
                    pdu.take(OUTPUT_PORT)?;
                    pdu.take(MAX_LEN)?;
                }
                Ok(())
            })
        })?;
    }
    Ok(())
}

builtin!(Openflow);

#[test]
fn messages() {
    check::<Openflow>(
        "01 00 0008 00000001",
        expect![[r#"
        OpenFlow, Type: OFPT_HELLO
          Version: 1.0 (0x01)
          Type: OFPT_HELLO (0)
          Length: 8
          Transaction ID: 1
    "#]],
    );
    check::<Openflow>(
        "01 09 000c 00000003 0000 ffff",
        expect![[r#"
        OpenFlow, Type: OFPT_SET_CONFIG
          Version: 1.0 (0x01)
          Type: OFPT_SET_CONFIG (9)
          Length: 12
          Transaction ID: 3
          Config flags: 0x0000
          Max bytes of packet: 0xffff
    "#]],
    );
    check::<Openflow>(
        "04 00 0010 00000001 0001 0008 00000010",
        expect![[r#"
        OpenFlow, Type: OFPT_HELLO
          Version: 1.3 (0x04)
          Type: OFPT_HELLO (0)
          Length: 16
          Transaction ID: 1
    "#]],
    );
}

#[test]
fn a_flow() {
    check::<Openflow>(
        "01 0e 0050 00000004  003fffff 0001 000000000000 000000000000 0000 00 00 0800 00 06 0000 0a000001 0a000002
         0000 0050  0000000000000001 0000 0000 0000 8000 ffffffff ffff 0000  0000 0008 0002 0000",
        expect![[r#"
            OpenFlow, Type: OFPT_FLOW_MOD
              Version: 1.0 (0x01)
              Type: OFPT_FLOW_MOD (14)
              Length: 80
              Transaction ID: 4
              Wildcards: 4194303
              In port: 1
              Ethernet source address: 00:00:00:00:00:00
              Ethernet destination address: 00:00:00:00:00:00
              Input VLAN id: 0
              Input VLAN priority: 0
              Pad: 00
              Dl type: 2048
              IP ToS: 0
              IP protocol: 6
              Pad: 0000
              Source Address: 10.0.0.1
              Destination Address: 10.0.0.2
              Source Port: 0
              Destination Port: 80
              Cookie: 0x0000000000000001
              Command: New flow (0)
              Idle time-out: 0
              hard time-out: 0
              Priority: 32768
              Buffer Id: 0xffffffff
              Out port: 65535
              Flags: 0
              Action: Output to switch port (0)
                Actions type: Output to switch port (0)
                Action length: 8
                Output port: 2
                Max length: 0
        "#]],
    );
}

#[test]
fn a_length_that_cannot_be_and_one_over_the_end() {
    check::<Openflow>(
        "01 00 0007 00000001",
        expect![[r#"
        OpenFlow, Type: OFPT_HELLO
          Version: 1.0 (0x01)
          Type: OFPT_HELLO (0)
          Length: 7
          [error] bad-length: 7 bytes, less than the header's 8
    "#]],
    );
    check::<Openflow>(
        "01 09 000c 00000003 0000",
        expect![[r#"
        OpenFlow, Type: OFPT_SET_CONFIG
          Version: 1.0 (0x01)
          Type: OFPT_SET_CONFIG (9)
          Length: 12
          Transaction ID: 3
          Config flags: 0x0000
          [error] short: openflow.miss_send_len needs 2 bytes at offset 10, 0 are there
    "#]],
    );
}
