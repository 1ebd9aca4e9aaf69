//! LLC, logical link control (IEEE Std 802.2), and SNAP (IEEE Std 802, clause 9).
//!
//! Two service access points and a control field, of one byte in unnumbered PDUs and of two in others. Both points
//! being 0xaa, SNAP follows: an organization and a protocol number of its own.

// Without parentheses, `= SAPS {` would be the beginning of a struct literal.
#![allow(unused_parens)]

use crate::eth::Place;
use crate::ethertypes::ETHERTYPES;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Llc;

protocol! {
    /// Logical link control, IEEE 802.2, with SNAP.
    Llc = llc "LLC", "Logical-Link Control" {
        dsap: u8 hex                               "DSAP" = (SAPS) {
            sap: 0xfe                              "SAP" = SAPS_OF_7_BITS,
            ig: 0x01                               "IG Bit" = { 0 "Individual", 1 "Group" },
        },
        ssap: u8 hex                               "SSAP" = (SAPS) {
            sap: 0xfe                              "SAP" = SAPS_OF_7_BITS,
            cr: 0x01                               "CR Bit" = { 0 "Command", 1 "Response" },
        },
        control as NUMBERED: u16 le hex            "Control field" {
            n_r: 0xfe00                            "N(R)",
            n_s: 0x00fe                            "N(S)",
            ftype: uint hex 0x0001                 "Frame type" = FRAME_TYPES,
        },
        control as SUPERVISORY: u16 le hex         "Control field" {
            n_r as S_N_R: 0xfe00                   "N(R)",
            s_ftype: hex 0x000c                    "Supervisory frame type" = {
                0 "Receiver ready", 1 "Receiver not ready", 2 "Reject", 3 "Selective reject",
            },
            ftype as S_FTYPE: hex 0x0003           "Frame type" = FRAME_TYPES,
        },
        control as COMMAND: u8 hex                 "Control field" {
            u_modifier_cmd: hex 0xec               "Command" = COMMANDS,
            ftype as CMD_FTYPE: hex 0x03           "Frame type" = FRAME_TYPES,
        },
        control as RESPONSE: u8 hex                "Control field" {
            u_modifier_resp: hex 0xec              "Response" = RESPONSES,
            ftype as RESP_FTYPE: hex 0x03          "Frame type" = FRAME_TYPES,
        },
        /// Recorded only where it is set, as the one below.
        control.p as P: bool(u8) & 0x10            "Poll" = { 1 "Set" },
        control.p as P_WIDE: bool(u16) le & 0x0100 "Poll" = { 1 "Set" },
        control.f as F: bool(u8) & 0x10            "Final" = { 1 "Set" },
        control.f as F_WIDE: bool(u16) le & 0x0100 "Final" = { 1 "Set" },
        oui: u24 hex                               "Organization Code" = {
            0x000000 "Xerox Corporation",
            0x00000c "Cisco Systems, Inc",
            0x0000f8 "Digital Equipment Corporation",
            0x0080c2 "IEEE 802.1 Committee",
            0x00005e "ICANN, IANA Department",
            0x080007 "Apple, Inc.",
        },
        type: u16 hex                              "Type" = ETHERTYPES,
        pid: u16 hex                               "Protocol ID",
        cisco_pid: u16 hex                         "PID" = {
            0x0102 "DRIP",
            0x0104 "PAgP",
            0x0105 "MLS Hello",
            0x0108 "RLQ BPDUs (request)",
            0x0109 "RLQ BPDUs (response)",
            0x010b "PVSTP+",
            0x010c "VLAN Bridge",
            0x0111 "UDLD",
            0x0139 "MCP",
            0x2000 "CDP",
            0x2001 "CGMP",
            0x2003 "VTP",
            0x2004 "DTP",
            0x200a "STP Uplink Fast",
        },
        nortel_pid: u16 hex                        "PID" = {
            0x01a1 "NDP flatnet hello", 0x01a2 "NDP segment hello", 0x01a3 "NDP bridge hello",
        },
        extreme_pid: u16 hex                       "PID" = { 0x00bb "EDP" },
        foundry_pid: u16 hex                       "PID" = { 0x2000 "FDP" },
        force10_pid: u16 hex                       "PID" = { 0x0111 "FEFD" },
        iana_pid: u16 hex                          "PID" = {
            1 "MARS Data Messages (short form)",
            2 "Reserved for future NHRP use",
            3 "MARS/NHRP Control Messages",
            4 "MARS Data Messages (long form)",
            5 "SCSP",
            6 "VRID",
            7 "L2TP",
            8 "VPN ID",
            9 "MSDP-GRE-Protocol Type",
        },
        apple_atalk_pid: u16 hex                   "PID" = { 0x809b "AppleTalk" },
        apple_awdl_pid: u16 hex                    "PID" = { 0x0800 "AWDL" },
        bluetooth_pid: u16 hex                     "PID" = {
            1 "AMP_U L2CAP ACL data",
            2 "AMP-C Activity Report",
            3 "AMP-C Security frames",
            4 "AMP-C Link supervision request",
            5 "AMP-C Link supervision reply",
        },
        cimetrics_pid: u16 hex                     "PID" = { 1 "U+4 MS/TP" },
        wlccp_pid: u16 hex                         "PID" = { 0 "WLCCP" },
        hpteam_pid: u16 hex                        "PID" = { 2 "HP Teaming heartbeat" },
    }
    claims { link = 100, ethertype = 0x8870, sll.ltype = 4 }
    tables {
        DSAP_TABLE: "llc.dsap", XID_TABLE: "llc.xid_dsap", CONTROL_TABLE: "llc.control",
        SNAP: "llc.snap", ETHERTYPE: "ethertype", ETH: "@eth", STP: "@stp",
    }
}

value_names! {
    /// The same without the lowest bit.
    SAPS_OF_7_BITS {
        0x00 "NULL LSAP",
        0x01 "LLC Sub-Layer Management",
        0x02 "SNA Path Control",
        0x03 "TCP/IP",
        0x04 "SNA",
        0x06 "SNA",
        0x07 "PROWAY (IEC955) Network Management and Initialization",
        0x08 "NetWare (unofficial?)",
        0x0a "ISO Network Layer (OSLAN 1)",
        0x0c "Texas Instruments",
        0x10 "ISO Network Layer (unofficial?)",
        0x1a "ISO Network Layer (unofficial?)",
        0x21 "Spanning Tree BPDU",
        0x27 "EIA RS-511 Manufacturing Message Service",
        0x2a "ISO Network Layer (OSLAN 2)",
        0x3f "ISO 8208 (X.25 over 802.2)",
        0x40 "XNS",
        0x41 "BACnet",
        0x43 "Nestar",
        0x47 "PROWAY (IEC955) Active Station List Maintenance",
        0x4c "ARP",
        0x55 "SNAP",
        0x5a "HP JetDirect Printer",
        0x5d "Banyan Vines",
        0x5e "Banyan Vines",
        0x70 "NetWare",
        0x78 "NetBIOS",
        0x7a "IBM Net Management",
        0x7c "HP Extended LLC",
        0x7d "Ungermann-Bass",
        0x7e "Remote Program Load",
        0x7f "ISO Network Layer",
    }
}

value_names! {
    /// Service access points; some have the group or response bit set.
    SAPS {
        0x00..=0x01 "NULL LSAP",
        0x02 "LLC Sub-Layer Management",
        0x04 "SNA Path Control",
        0x06 "TCP/IP",
        0x08 "SNA",
        0x0c "SNA",
        0x0e "PROWAY (IEC955) Network Management and Initialization",
        0x10 "NetWare (unofficial?)",
        0x14 "ISO Network Layer (OSLAN 1)",
        0x18 "Texas Instruments",
        0x20 "ISO Network Layer (unofficial?)",
        0x34 "ISO Network Layer (unofficial?)",
        0x42 "Spanning Tree BPDU",
        0x4e "EIA RS-511 Manufacturing Message Service",
        0x54 "ISO Network Layer (OSLAN 2)",
        0x7e "ISO 8208 (X.25 over 802.2)",
        0x7f "ISO 802.2",
        0x80 "XNS",
        0x82 "BACnet",
        0x86 "Nestar",
        0x8e "PROWAY (IEC955) Active Station List Maintenance",
        0x98 "ARP",
        0xaa "SNAP",
        0xb4 "HP JetDirect Printer",
        0xba "Banyan Vines",
        0xbc "Banyan Vines",
        0xe0 "NetWare",
        0xf0 "NetBIOS",
        0xf4 "IBM Net Management",
        0xf8 "HP Extended LLC",
        0xfa "Ungermann-Bass",
        0xfc "Remote Program Load",
        0xfe "ISO Network Layer",
        0xff "Global LSAP",
    }
}

value_names! { FRAME_TYPES { 0 "Information frame", 1 "Supervisory frame", 3 "Unnumbered frame" } }

value_names! {
    COMMANDS {
        0x00 "Unnumbered Information",
        0x01 "Set Initialization Mode",
        0x03 "Set Asynchronous Response Mode",
        0x08 "Unnumbered Poll",
        0x0b "Set Asynchronous Balanced Mode",
        0x10 "Disconnect",
        0x13 "Set Asynchronous Response Mode Extended",
        0x18 "Unnumbered Acknowledge",
        0x1b "Set Asynchronous Balanced Mode Extended",
        0x20 "Set Normal Response Mode",
        0x21 "Frame reject",
        0x23 "Reset",
        0x2b "Exchange identification",
        0x31 "Configure",
        0x33 "Set Normal Response Mode Extended",
        0x38 "Test",
        0x3b "Beacon",
    }
}

value_names! {
    RESPONSES {
        0x00 "Unnumbered Information",
        0x01 "Request Initialization Mode",
        0x03 "Disconnected mode",
        0x08 "Unnumbered Poll",
        0x0b "Set Asynchronous Balanced Mode",
        0x10 "Request Disconnect",
        0x13 "Set Asynchronous Response Mode Extended",
        0x18 "Unnumbered Acknowledge",
        0x1b "Set Asynchronous Balanced Mode Extended",
        0x20 "Set Normal Response Mode",
        0x21 "Frame reject",
        0x23 "Reset",
        0x2b "Exchange identification",
        0x31 "Configure",
        0x33 "Set Normal Response Mode Extended",
        0x38 "Test",
        0x3b "Beacon",
    }
}

const SAP_SNAP: u8 = 0xaa;
const POLL_FINAL: u8 = 0x10;
const POLL_FINAL_WIDE: u16 = 0x0100;
/// The control field of an unnumbered PDU that carries information.
const UI: u8 = 0x03;
/// What tells unnumbered PDUs apart, and its value in those that exchange identification.
const U_MODIFIER: u8 = 0xec;
const XID: u8 = 0xac;

/// What a PDU is there for.
enum Purpose {
    /// It carries information.
    Information,
    /// It says what the sender can.
    Xid,
    /// Anything else; the control field.
    Other(u16),
}

impl Dissector for Llc {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let dsap = pdu.take(DSAP)?;
        let ssap = pdu.take(SSAP)?;
        let purpose = control(pdu, ssap & 1 == 1)?;
        if (dsap, ssap) == (SAP_SNAP, SAP_SNAP) {
            return snap(pdu, purpose);
        }
        pdu.info(format_args!("DSAP {}, SSAP {}", Self::name(DSAP, dsap), Self::name(SSAP, ssap & 0xfe)));
        match purpose {
            Purpose::Information => pdu.hand_on(DSAP_TABLE, dsap),
            Purpose::Xid => pdu.hand_on(XID_TABLE, dsap),
            Purpose::Other(control) => pdu.hand_on(CONTROL_TABLE, control),
        };
        Ok(())
    }
}

fn control(pdu: &mut Pdu<'_>, response: bool) -> Result<Purpose, Stop> {
    let at = pdu.position();
    let first = pdu.peek(COMMAND)?;
    if first & 3 == 3 {
        pdu.take(if response { RESPONSE } else { COMMAND })?;
        if first & POLL_FINAL != 0 {
            pdu.show_at(if response { F } else { P }, at)?;
        }
        return Ok(match first {
            UI => Purpose::Information,
            _ if first & U_MODIFIER == XID => Purpose::Xid,
            _ => Purpose::Other(first.into()),
        });
    }
    let numbered = first & 1 == 0;
    let control = pdu.take(if numbered { NUMBERED } else { SUPERVISORY })?;
    if control & POLL_FINAL_WIDE != 0 {
        pdu.show_at(if response && !numbered { F_WIDE } else { P_WIDE }, at)?;
    }
    Ok(if numbered { Purpose::Information } else { Purpose::Other(control) })
}

/// From the organization on.
fn snap(pdu: &mut Pdu<'_>, purpose: Purpose) -> Step {
    /// Ethernet frames, from the type on: RFC 1042 and, for AppleTalk, what Apple and Cisco made of it.
    const ENCAPSULATED_ETHERNET: [u32; 2] = [0x000000, 0x0000f8];
    /// Frames as a bridge gets them, from the destination on: RFC 2684, section 5.2. Two bytes go before them.
    const BRIDGED: u32 = 0x0080c2;
    const BRIDGED_WITH_FCS: u16 = 0x0001;
    const BRIDGED_WITHOUT_FCS: u16 = 0x0007;
    const BRIDGED_BPDU: u16 = 0x000e;

    let oui = pdu.take(OUI)?;
    let field = match oui {
        _ if ENCAPSULATED_ETHERNET.contains(&oui) => TYPE,
        0x00000c => CISCO_PID,
        0x000081 => NORTEL_PID,
        0x00e02b => EXTREME_PID,
        0x00e052 => FOUNDRY_PID,
        0x0001e8 => FORCE10_PID,
        0x00005e => IANA_PID,
        0x080007 => APPLE_ATALK_PID,
        0x0017f2 => APPLE_AWDL_PID,
        0x001958 => BLUETOOTH_PID,
        0x001090 => CIMETRICS_PID,
        0x004096 => WLCCP_PID,
        0x00805f => HPTEAM_PID,
        _ => PID,
    };
    let pid = pdu.take(field)?;
    pdu.info(format_args!("SNAP, OUI 0x{oui:06x}, PID 0x{pid:04x}"));
    if let Purpose::Other(control) = purpose {
        pdu.hand_on(CONTROL_TABLE, control);
        return Ok(());
    }
    match (oui, pid) {
        _ if ENCAPSULATED_ETHERNET.contains(&oui) => pdu.hand_on(ETHERTYPE, pid).context(Place::TUNNEL.0),
        (BRIDGED, BRIDGED_WITH_FCS | BRIDGED_WITHOUT_FCS) => {
            pdu.skip(2)?;
            let place = if pid == BRIDGED_WITH_FCS { Place::TUNNEL_WITH_FCS } else { Place::TUNNEL };
            pdu.hand_to(ETH).context(place.0)
        }
        (BRIDGED, BRIDGED_BPDU) => pdu.hand_to(STP),
        _ => pdu.hand_on(SNAP, oui << 16 | u32::from(pid)),
    };
    Ok(())
}

builtin!(Llc);

#[test]
fn an_information_pdu() {
    check::<Llc>(
        "42 43 03 0000",
        expect![[r#"
            Logical-Link Control, DSAP Spanning Tree BPDU, SSAP Spanning Tree BPDU
              DSAP: Spanning Tree BPDU (0x42)
                0100 001. = SAP: Spanning Tree BPDU (33)
                .... ...0 = IG Bit: Individual
              SSAP: 0x43
                0100 001. = SAP: Spanning Tree BPDU (33)
                .... ...1 = CR Bit: Response
              Control field: 0x03
                000. 00.. = Response: Unnumbered Information (0x00)
                .... ..11 = Frame type: Unnumbered frame (0x3)
            → llc.dsap [66]: bytes 3..5
        "#]],
    );
}

#[test]
fn numbered_pdus() {
    check::<Llc>(
        "04 04 0a09 31",
        expect![[r#"
            Logical-Link Control, DSAP SNA Path Control, SSAP SNA Path Control
              DSAP: SNA Path Control (0x04)
                0000 010. = SAP: SNA Path Control (2)
                .... ...0 = IG Bit: Individual
              SSAP: SNA Path Control (0x04)
                0000 010. = SAP: SNA Path Control (2)
                .... ...0 = CR Bit: Command
              Control field: 0x090a
                0000 100. .... .... = N(R): 4
                .... .... 0000 101. = N(S): 5
                .... .... .... ...0 = Frame type: Information frame (0x0)
              Poll: Set
            → llc.dsap [4]: bytes 4..5
        "#]],
    );
    check::<Llc>(
        "04 05 0508",
        expect![[r#"
            Logical-Link Control, DSAP SNA Path Control, SSAP SNA Path Control
              DSAP: SNA Path Control (0x04)
                0000 010. = SAP: SNA Path Control (2)
                .... ...0 = IG Bit: Individual
              SSAP: 0x05
                0000 010. = SAP: SNA Path Control (2)
                .... ...1 = CR Bit: Response
              Control field: 0x0805
                0000 100. .... .... = N(R): 4
                .... .... .... 01.. = Supervisory frame type: Receiver not ready (0x1)
                .... .... .... ..01 = Frame type: Supervisory frame (0x1)
            → llc.control [2053]: bytes 4..4
        "#]],
    );
}

#[test]
fn snap_with_an_ethertype() {
    check::<Llc>(
        "aa aa 03 000000 0800 45",
        expect![[r#"
            Logical-Link Control, SNAP, OUI 0x000000, PID 0x0800
              DSAP: SNAP (0xaa)
                1010 101. = SAP: SNAP (85)
                .... ...0 = IG Bit: Individual
              SSAP: SNAP (0xaa)
                1010 101. = SAP: SNAP (85)
                .... ...0 = CR Bit: Command
              Control field: 0x03
                000. 00.. = Command: Unnumbered Information (0x00)
                .... ..11 = Frame type: Unnumbered frame (0x3)
              Organization Code: Xerox Corporation (0x000000)
              Type: IPv4 (0x0800)
            → ethertype [2048]: bytes 8..9
        "#]],
    );
}

#[test]
fn snap_of_a_vendor() {
    check::<Llc>(
        "aa aa 03 00000c 2000 02",
        expect![[r#"
            Logical-Link Control, SNAP, OUI 0x00000c, PID 0x2000
              DSAP: SNAP (0xaa)
                1010 101. = SAP: SNAP (85)
                .... ...0 = IG Bit: Individual
              SSAP: SNAP (0xaa)
                1010 101. = SAP: SNAP (85)
                .... ...0 = CR Bit: Command
              Control field: 0x03
                000. 00.. = Command: Unnumbered Information (0x00)
                .... ..11 = Frame type: Unnumbered frame (0x3)
              Organization Code: Cisco Systems, Inc (0x00000c)
              PID: CDP (0x2000)
            → llc.snap [794624]: bytes 8..9
        "#]],
    );
}

#[test]
fn a_bridged_frame() {
    check::<Llc>(
        "aa aa 03 0080c2 0007 0000 ffffffffffff",
        expect![[r#"
            Logical-Link Control, SNAP, OUI 0x0080c2, PID 0x0007
              DSAP: SNAP (0xaa)
                1010 101. = SAP: SNAP (85)
                .... ...0 = IG Bit: Individual
              SSAP: SNAP (0xaa)
                1010 101. = SAP: SNAP (85)
                .... ...0 = CR Bit: Command
              Control field: 0x03
                000. 00.. = Command: Unnumbered Information (0x00)
                .... ..11 = Frame type: Unnumbered frame (0x3)
              Organization Code: IEEE 802.1 Committee (0x0080c2)
              Protocol ID: 0x0007
            → @eth [0]: bytes 10..16
        "#]],
    );
}

#[test]
fn exchange_identification() {
    check::<Llc>(
        "00 01 bf 8101",
        expect![[r#"
            Logical-Link Control, DSAP NULL LSAP, SSAP NULL LSAP
              DSAP: NULL LSAP (0x00)
                0000 000. = SAP: NULL LSAP (0)
                .... ...0 = IG Bit: Individual
              SSAP: NULL LSAP (0x01)
                0000 000. = SAP: NULL LSAP (0)
                .... ...1 = CR Bit: Response
              Control field: 0xbf
                101. 11.. = Response: Exchange identification (0x2b)
                .... ..11 = Frame type: Unnumbered frame (0x3)
              Final: Set
            → llc.xid_dsap [0]: bytes 3..5
        "#]],
    );
}

#[test]
fn a_test_of_snap() {
    check::<Llc>(
        "aa aa f3 000000 0800 45",
        expect![[r#"
            Logical-Link Control, SNAP, OUI 0x000000, PID 0x0800
              DSAP: SNAP (0xaa)
                1010 101. = SAP: SNAP (85)
                .... ...0 = IG Bit: Individual
              SSAP: SNAP (0xaa)
                1010 101. = SAP: SNAP (85)
                .... ...0 = CR Bit: Command
              Control field: 0xf3
                111. 00.. = Command: Test (0x38)
                .... ..11 = Frame type: Unnumbered frame (0x3)
              Poll: Set
              Organization Code: Xerox Corporation (0x000000)
              Type: IPv4 (0x0800)
            → llc.control [243]: bytes 8..9
        "#]],
    );
}

#[test]
fn cut_short() {
    check::<Llc>(
        "aa aa 03 0000",
        expect![[r#"
            Logical-Link Control
              DSAP: SNAP (0xaa)
                1010 101. = SAP: SNAP (85)
                .... ...0 = IG Bit: Individual
              SSAP: SNAP (0xaa)
                1010 101. = SAP: SNAP (85)
                .... ...0 = CR Bit: Command
              Control field: 0x03
                000. 00.. = Command: Unnumbered Information (0x00)
                .... ..11 = Frame type: Unnumbered frame (0x3)
              [error] short: llc.oui needs 3 bytes at offset 3, 2 are there
        "#]],
    );
}
