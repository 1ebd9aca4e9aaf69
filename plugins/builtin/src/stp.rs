//! Spanning tree BPDUs: STP, RSTP and MSTP (IEEE Std 802.1Q-2018, clause 14), and the VLAN that Cisco puts behind
//! them in its own per-VLAN trees.

use crate::padded::take_padded;
use prosector_sdk::handle::{ComputedWord, Handle};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Stp;

protocol! {
    /// Spanning tree protocol, with its rapid and multiple variants.
    Stp = stp "STP", "Spanning Tree Protocol" {
        protocol: u16 hex               "Protocol Identifier" = { 0 "Spanning Tree Protocol" },
        version: u8                     "Protocol Version Identifier" = {
            0 "Spanning Tree", 2 "Rapid Spanning Tree", 3 "Multiple Spanning Tree", 4 "Shortest Path Tree",
        },
        type: u8 hex                    "BPDU Type" = {
            0x00 "Configuration", 0x02 "Rapid/Multiple Spanning Tree", 0x80 "Topology Change Notification",
        },
        flags: u8 hex                   "BPDU flags",
        flags.tcack: bool(u8) & 0x80    "Topology Change Acknowledgment",
        flags.agreement: bool(u8) & 0x40 "Agreement",
        flags.forwarding: bool(u8) & 0x20 "Forwarding",
        flags.learning: bool(u8) & 0x10 "Learning",
        flags.port_role: u8 & 0x0c      "Port Role" = { 1 "Alternate or Backup", 2 "Root", 3 "Designated" },
        flags.proposal: bool(u8) & 0x02 "Proposal",
        flags.tc: bool(u8) & 0x01       "Topology Change",
        root.prio: computed u16         "Root Bridge Priority",
        root.ext: u16 & 0x0fff          "Root Bridge System ID Extension",
        root.hw: mac                    "Root Bridge System ID",
        root.cost: u32                  "Root Path Cost",
        bridge.prio: computed u16       "Bridge Priority",
        bridge.ext: u16 & 0x0fff        "Bridge System ID Extension",
        bridge.hw: mac                  "Bridge System ID",
        port: u16 hex                   "Port identifier",
        msg_age: computed f64           "Message Age" unit "s",
        max_age: computed f64           "Max Age" unit "s",
        hello: computed f64             "Hello Time" unit "s",
        forward: computed f64           "Forward Delay" unit "s",
        version_1_length: u8            "Version 1 Length",

        pvst.tlvtype: u16 hex           "Type" = { 0 "Originating VLAN" },
        pvst.tlvlen: u16                "Length",
        pvst.origvlan: u16              "Originating VLAN",
        pvst.tlvval: bytes              "Value",

        .mstp.version_3_length: u16     "Version 3 Length",
        .mstp.config_format_selector: u8 "MST Config ID format selector",
        .mstp.config_name: str          "MST Config name",
        .mstp.config_revision_level: u16 "MST Config revision",
        .mstp.config_digest: bytes[16]  "MST Config digest",
        .mstp.cist_internal_root_path_cost: u32 "CIST Internal Root Path Cost",
        .mstp.cist_bridge.prio: computed u16 "CIST Bridge Priority",
        .mstp.cist_bridge.ext: u16 & 0x0fff "CIST Bridge Identifier System ID Extension",
        .mstp.cist_bridge.hw: mac       "CIST Bridge Identifier System ID",
        .mstp.cist_remaining_hops: u8   "CIST Remaining hops",
        .mstp.msti: group               "MST instance",
        .mstp.msti.flags: u8 hex        "MSTI flags",
        .mstp.msti.priority: u8 hex & 0xf0 "Priority",
        .mstp.msti.msti_id: u16 & 0x0fff "MSTID",
        .mstp.msti.root.hw: mac         "Regional Root",
        .mstp.msti.root_cost: u32       "Internal root path cost",
        .mstp.msti.bridge_priority: u8 & 0xf0 "Bridge Identifier Priority",
        .mstp.msti.port_priority: u8 & 0xf0 "Port identifier priority",
        .mstp.msti.remaining_hops: u8   "Remaining hops",
        .mstp.version_4_length: u16     "Version 4 Length",
        .mstp.agreement_digest: bytes   "Agreement Digest",
    }
    // Cisco's number for per-VLAN trees stands in SNAP.
    claims { llc.dsap = 0x42, llc.snap = 0x0c010b, ethertype = 0x8181 }
}

const RAPID: u8 = 0x02;
const NOTIFICATION: u8 = 0x80;
const MULTIPLE: u8 = 3;
const SHORTEST_PATH: u8 = 4;
/// Position of Cisco's number in the claims.
const PVST: usize = 1;
/// The MST part without instances, behind its length.
const MST_FIXED: usize = 64;
const MST_INSTANCE: usize = 16;

impl Dissector for Stp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(PROTOCOL)?;
        let version = pdu.take(VERSION)?;
        let kind = pdu.take(TYPE)?;
        if kind == NOTIFICATION {
            pdu.info(format_args!("Topology Change Notification"));
            return Ok(());
        }
        let rapid = kind == RAPID;
        flags(pdu, FLAGS, rapid)?;
        let (prio, ext, hw) = bridge(pdu, ROOT_PRIO, ROOT_EXT, ROOT_HW)?;
        let cost = pdu.take(ROOT_COST)?;
        bridge(pdu, BRIDGE_PRIO, BRIDGE_EXT, BRIDGE_HW)?;
        let port = pdu.take(PORT)?;
        let name = match (rapid, version) {
            (false, _) => "Conf",
            (true, MULTIPLE) => "MST",
            (true, SHORTEST_PATH) => "SPT",
            (true, _) => "RST",
        };
        let [a, b, c, d, e, f] = hw;
        pdu.info(format_args!(
            "{name}. Root = {prio}/{ext}/{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}  Cost = {cost}  Port = 0x{port:04x}"
        ));
        for field in [MSG_AGE, MAX_AGE, HELLO, FORWARD] {
            let at = pdu.position();
            if let Some(&time) = pdu.rest().first_chunk() {
                pdu.computed(field, at..at + 2, f64::from(u16::from_be_bytes(time)) / 256.0);
            }
            pdu.skip(2)?;
        }
        if rapid {
            pdu.take(VERSION_1_LENGTH)?;
        }
        if pdu.claim() == Some(PVST) {
            return pvst(pdu, rapid);
        }
        if rapid && version >= MULTIPLE && pdu.remaining() > 0 {
            multiple(pdu)?;
            if version >= SHORTEST_PATH && pdu.remaining() > 0 {
                let len = usize::from(pdu.take(MSTP_VERSION_4_LENGTH)?);
                pdu.take_bytes(MSTP_AGREEMENT_DIGEST, len)?;
            }
        }
        Ok(())
    }
}

fn flags(pdu: &mut Pdu<'_>, whole: Handle<u8>, rapid: bool) -> Step {
    pdu.show(whole)?;
    pdu.show(FLAGS_TCACK)?;
    if rapid {
        pdu.show(FLAGS_AGREEMENT)?;
        pdu.show(FLAGS_FORWARDING)?;
        pdu.show(FLAGS_LEARNING)?;
        pdu.show(FLAGS_PORT_ROLE)?;
        pdu.show(FLAGS_PROPOSAL)?;
    }
    pdu.take(FLAGS_TC)?;
    Ok(())
}

/// A bridge: a priority, whose lower 12 bits tell the tree, and an address.
fn bridge(
    pdu: &mut Pdu<'_>,
    prio: Handle<ComputedWord>,
    ext: Handle<u16>,
    hw: Handle<[u8; 6]>,
) -> Result<(u16, u16, [u8; 6]), Stop> {
    let at = pdu.position();
    let priority = u16::from(pdu.rest().first().copied().unwrap_or(0) & 0xf0) << 8;
    pdu.peek(ext)?;
    pdu.computed(prio, at..at + 2, priority);
    Ok((priority, pdu.take(ext)?, pdu.take(hw)?))
}

/// Type, length, value, of which one type is known. A configuration BPDU has a byte of padding before.
fn pvst(pdu: &mut Pdu<'_>, rapid: bool) -> Step {
    if !rapid {
        pdu.skip(1)?;
    }
    while pdu.remaining() > 0 {
        let kind = pdu.take(PVST_TLVTYPE)?;
        let len = usize::from(pdu.take(PVST_TLVLEN)?);
        if (kind, len) == (0, 2) {
            pdu.take(PVST_ORIGVLAN)?;
        } else {
            pdu.take_bytes(PVST_TLVVAL, len)?;
        }
    }
    Ok(())
}

fn multiple(pdu: &mut Pdu<'_>) -> Step {
    const NAME_LEN: usize = 32;
    let len = usize::from(pdu.take(MSTP_VERSION_3_LENGTH)?);
    if len < MST_FIXED {
        let at = pdu.position();
        pdu.diagnostic(Severity::Error, "bad-length", at - 2..at, format_args!("{len} bytes, less than {MST_FIXED}"));
        return Ok(());
    }
    pdu.within(MSTP_VERSION_3_LENGTH, len, |pdu| {
        pdu.take(MSTP_CONFIG_FORMAT_SELECTOR)?;
        take_padded(pdu, MSTP_CONFIG_NAME, NAME_LEN)?;
        pdu.take(MSTP_CONFIG_REVISION_LEVEL)?;
        pdu.take(MSTP_CONFIG_DIGEST)?;
        pdu.take(MSTP_CIST_INTERNAL_ROOT_PATH_COST)?;
        bridge(pdu, MSTP_CIST_BRIDGE_PRIO, MSTP_CIST_BRIDGE_EXT, MSTP_CIST_BRIDGE_HW)?;
        pdu.take(MSTP_CIST_REMAINING_HOPS)?;
        for _ in 0..(len - MST_FIXED) / MST_INSTANCE {
            pdu.group(MSTP_MSTI, |pdu| {
                flags(pdu, MSTP_MSTI_FLAGS, true)?;
                pdu.show(MSTP_MSTI_PRIORITY)?;
                pdu.take(MSTP_MSTI_MSTI_ID)?;
                pdu.take(MSTP_MSTI_ROOT_HW)?;
                pdu.take(MSTP_MSTI_ROOT_COST)?;
                pdu.take(MSTP_MSTI_BRIDGE_PRIORITY)?;
                pdu.take(MSTP_MSTI_PORT_PRIORITY)?;
                pdu.take(MSTP_MSTI_REMAINING_HOPS)?;
                Ok(())
            })?;
        }
        Ok(())
    })
}

builtin!(Stp);

#[test]
fn a_configuration() {
    check::<Stp>(
        "0000 00 00 01 8001 020000000001 00000004 8001 020000000002 8005 0100 1400 0200 0f00",
        expect![[r#"
        Spanning Tree Protocol, Conf. Root = 32768/1/02:00:00:00:00:01  Cost = 4  Port = 0x8005
          Protocol Identifier: Spanning Tree Protocol (0x0000)
          Protocol Version Identifier: Spanning Tree (0)
          BPDU Type: Configuration (0x00)
          BPDU flags: 0x01
          Topology Change Acknowledgment: False
          Topology Change: True
          Root Bridge Priority: 32768
          Root Bridge System ID Extension: 1
          Root Bridge System ID: 02:00:00:00:00:01
          Root Path Cost: 4
          Bridge Priority: 32768
          Bridge System ID Extension: 1
          Bridge System ID: 02:00:00:00:00:02
          Port identifier: 0x8005
          Message Age: 1 s
          Max Age: 20 s
          Hello Time: 2 s
          Forward Delay: 15 s
    "#]],
    );
    check::<Stp>(
        "0000 00 80",
        expect![[r#"
        Spanning Tree Protocol, Topology Change Notification
          Protocol Identifier: Spanning Tree Protocol (0x0000)
          Protocol Version Identifier: Spanning Tree (0)
          BPDU Type: Topology Change Notification (0x80)
    "#]],
    );
}

#[test]
fn a_rapid_one_that_is_cut() {
    check::<Stp>(
        "0000 02 02 3c 8001 020000000001 00000004 8001 0200",
        expect![[r#"
        Spanning Tree Protocol
          Protocol Identifier: Spanning Tree Protocol (0x0000)
          Protocol Version Identifier: Rapid Spanning Tree (2)
          BPDU Type: Rapid/Multiple Spanning Tree (0x02)
          BPDU flags: 0x3c
          Topology Change Acknowledgment: False
          Agreement: False
          Forwarding: True
          Learning: True
          Port Role: Designated (3)
          Proposal: False
          Topology Change: False
          Root Bridge Priority: 32768
          Root Bridge System ID Extension: 1
          Root Bridge System ID: 02:00:00:00:00:01
          Root Path Cost: 4
          Bridge Priority: 32768
          Bridge System ID Extension: 1
          [error] short: stp.bridge.hw needs 6 bytes at offset 19, 2 are there
    "#]],
    );
}

#[test]
fn a_multiple_one() {
    check::<Stp>(
        "0000 03 02 78 8000 020000000001 00000000 8000 020000000002 8012 0100 1400 0200 0f00 00
         0050 00 6e616d6500000000000000000000000000000000000000000000000000000000 0001
         000102030405060708090a0b0c0d0e0f 00030d40 8000 020000000002 14
         7c 6001 020000000003 00000000 60 80 14",
        expect![[r#"
            Spanning Tree Protocol, MST. Root = 32768/0/02:00:00:00:00:01  Cost = 0  Port = 0x8012
              Protocol Identifier: Spanning Tree Protocol (0x0000)
              Protocol Version Identifier: Multiple Spanning Tree (3)
              BPDU Type: Rapid/Multiple Spanning Tree (0x02)
              BPDU flags: 0x78
              Topology Change Acknowledgment: False
              Agreement: True
              Forwarding: True
              Learning: True
              Port Role: Root (2)
              Proposal: False
              Topology Change: False
              Root Bridge Priority: 32768
              Root Bridge System ID Extension: 0
              Root Bridge System ID: 02:00:00:00:00:01
              Root Path Cost: 0
              Bridge Priority: 32768
              Bridge System ID Extension: 0
              Bridge System ID: 02:00:00:00:00:02
              Port identifier: 0x8012
              Message Age: 1 s
              Max Age: 20 s
              Hello Time: 2 s
              Forward Delay: 15 s
              Version 1 Length: 0
              Version 3 Length: 80
              MST Config ID format selector: 0
              MST Config name: name
              MST Config revision: 1
              MST Config digest: 000102030405060708090a0b0c0d0e0f
              CIST Internal Root Path Cost: 200000
              CIST Bridge Priority: 32768
              CIST Bridge Identifier System ID Extension: 0
              CIST Bridge Identifier System ID: 02:00:00:00:00:02
              CIST Remaining hops: 20
              MST instance: Designated (3)
                MSTI flags: 0x7c
                Topology Change Acknowledgment: False
                Agreement: True
                Forwarding: True
                Learning: True
                Port Role: Designated (3)
                Proposal: False
                Topology Change: False
                Priority: 0x6
                MSTID: 1
                Regional Root: 02:00:00:00:00:03
                Internal root path cost: 0
                Bridge Identifier Priority: 6
                Port identifier priority: 8
                Remaining hops: 20
        "#]],
    );
}
