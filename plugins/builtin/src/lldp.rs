//! LLDP, the link layer discovery protocol (IEEE Std 802.1AB-2016, clause 8), with the TLVs of IEEE 802.1 (802.1Q, annex D),
//! IEEE 802.3 (802.3, clause 79), of telephones (ANSI/TIA-1057), and of RFC 8520.

// Without parentheses, `= ADDRESS_FAMILIES {` would be the beginning of a struct literal.
#![allow(unused_parens)]

use crate::address_families::ADDRESS_FAMILIES;
use crate::flag_names::{CAPABLE, ENABLED};
use crate::lines::Hex;
use prosector_sdk::handle::{Handle, Variable};
use prosector_sdk::prelude::*;
use std::fmt;

/// The dissector.
#[derive(Default)]
pub struct Lldp;

protocol! {
    /// Link Layer Discovery Protocol, IEEE 802.1AB.
    Lldp = lldp "LLDP", "Link Layer Discovery Protocol" {
        tlv: group                              "TLV",
        tlv.type: u16 & 0xfe00                  "TLV Type" = {
            0 "End of LLDPDU", 1 "Chassis Id", 2 "Port Id", 3 "Time to Live", 4 "Port Description", 5 "System Name",
            6 "System Description", 7 "System Capabilities", 8 "Management Address", 127 "Organization Specific",
        },
        tlv.len: u16 & 0x01ff                   "TLV Length",
        chassis.subtype: u8                     "Chassis Id Subtype" = {
            0 "Reserved", 1 "Chassis component", 2 "Interface alias", 3 "Port component", 4 "MAC address",
            5 "Network address", 6 "Interface name", 7 "Locally assigned",
        },
        chassis.id: str                         "Chassis Id",
        chassis.id.mac: mac                     "Chassis Id",
        chassis.id.ip4: ipv4                    "Chassis Id",
        chassis.id.ip6: ipv6                    "Chassis Id",
        port.subtype: u8                        "Port Id Subtype" = {
            0 "Reserved", 1 "Interface alias", 2 "Port component", 3 "MAC address", 4 "Network address",
            5 "Interface name", 6 "Agent circuit Id", 7 "Locally assigned",
        },
        port.id: str                            "Port Id",
        port.id.mac: mac                        "Port Id",
        port.id.ip4: ipv4                       "Port Id",
        port.id.ip6: ipv6                       "Port Id",
        network_address.subtype: u8             "Network Address family" = ADDRESS_FAMILIES,
        time_to_live: u16                       "Seconds",
        port.desc: str                          "Port Description",
        tlv.system.name: str                    "System Name",
        tlv.system.desc: str                    "System Description",
        tlv.system_cap: u16 hex                 "Capabilities" {
            other: 0x01                         "Other" = CAPABLE,
            repeater: 0x02                      "Repeater" = CAPABLE,
            bridge: 0x04                        "Bridge" = CAPABLE,
            wlan_access_pt: 0x08                "WLAN access point" = CAPABLE,
            router: 0x10                        "Router" = CAPABLE,
            telephone: 0x20                     "Telephone" = CAPABLE,
            docsis_cable_device: 0x40           "DOCSIS cable device" = CAPABLE,
            station_only: 0x80                  "Station only" = CAPABLE,
        },
        tlv.enable_system_cap: u16 hex          "Enabled Capabilities" {
            other: 0x01                         "Other" = CAPABLE,
            repeater: 0x02                      "Repeater" = CAPABLE,
            bridge: 0x04                        "Bridge" = CAPABLE,
            wlan_access_pt: 0x08                "WLAN access point" = CAPABLE,
            router: 0x10                        "Router" = CAPABLE,
            telephone: 0x20                     "Telephone" = CAPABLE,
            docsis_cable_device: 0x40           "DOCSIS cable device" = CAPABLE,
            station_only: 0x80                  "Station only" = CAPABLE,
        },
        /// With the subtype.
        mgn.address.len: u8                     "Address String Length",
        mgn.address.subtype: u8                 "Address Subtype" = ADDRESS_FAMILIES,
        mgn.addr.ip4: ipv4                      "Management Address",
        mgn.addr.ip6: ipv6                      "Management Address",
        mgn.addr.hex: bytes                     "Management Address",
        mgn.interface.subtype: u8               "Interface Subtype" = {
            1 "Unknown", 2 "ifIndex", 3 "System port number",
        },
        mgn.interface.number: u32               "Interface Number",
        mgn.obj.len: u8                         "OID String Length",
        mgn.obj.id: bytes                       "Object Identifier",
        orgtlv.oui: u24 hex                     "Organization Unique Code" = {
            0x0080c2 "IEEE 802.1", 0x00120f "IEEE 802.3", 0x0012bb "TIA", 0x00005e "IANA", 0x000ecf "PROFIBUS",
        },
        unknown_subtype: u8 hex                 "Unknown Subtype",
        unknown_subtype.content: bytes          "Unknown Subtype Content",

        "ieee.802_1.subtype": u8 hex            "IEEE 802.1 Subtype" = {
            0x01 "Port VLAN ID", 0x02 "Port and Protocol VLAN ID", 0x03 "VLAN Name", 0x04 "Protocol Identity",
            0x05 "VID Usage Digest", 0x06 "Management VID", 0x07 "Link Aggregation", 0x08 "Congestion Notification",
            0x09 "ETS Configuration", 0x0a "ETS Recommendation", 0x0b "Priority Flow Control Configuration",
            0x0c "Application Protocol", 0x0d "EVB", 0x0e "CDCP", 0x0f "Port extension", 0x10 "Application VLAN",
        },
        "ieee.802_1.port_vlan.id": u16          "Port VLAN Identifier",
        "ieee.802_1.port_and_vlan_id_flag": u8 hex "Flags" {
            supported: 0x02                     "Port and Protocol VLAN" = { 0 "Not supported", 1 "Supported" },
            enabled: 0x04                       "Port and Protocol VLAN" = { 0 "Disabled", 1 "Enabled" },
        },
        "ieee.802_1.port_proto_vlan.id": u16    "Port and Protocol VLAN Identifier",
        "ieee.802_1.vlan.id": u16               "VLAN Identifier",
        "ieee.802_1.vlan.name_len": u8          "VLAN Name Length",
        "ieee.802_1.vlan.name": str             "VLAN Name",
        "ieee.802_1.proto.id_length": u8        "Protocol Identity Length",
        "ieee.802_1.proto.id": bytes            "Protocol Identity",
        "ieee.802_1.aggregation_status": u8 hex "Aggregation Status" {
            cap: 0x01                           "Aggregation Capability",
            enabled: 0x02                       "Aggregation Status" = ENABLED,
        },
        "ieee.802_1.aggregated_port_id": u32    "Aggregated Port Id",
        dcbx.ieee.app.reserved: u8 hex          "Reserved",
        dcbx.feature.app.prio: u8 & 0xe0        "Application Priority",
        dcbx.feature.app.sf: u8 & 0x07          "Application Selector" = {
            1 "EtherType", 2 "Port over TCP/SCTP", 3 "Port over UDP/DCCP", 4 "Port over TCP/SCTP/UDP/DCCP",
            5 "DSCP",
        },
        dcbx.feature.app.proto: u16 hex         "Application Protocol Id",

        "ieee.802_3.subtype": u8 hex            "IEEE 802.3 Subtype" = {
            0x01 "MAC/PHY Configuration/Status", 0x02 "Power Via MDI", 0x03 "Link Aggregation",
            0x04 "Maximum Frame Size", 0x05 "EEE", 0x07 "Preemption",
        },
        "ieee.802_3.mac_phy_auto_neg_status": u8 hex "Auto-Negotiation Support/Status" {
            supported: 0x01                     "Auto-Negotiation" = { 0 "Not supported", 1 "Supported" },
            enabled: 0x02                       "Auto-Negotiation" = { 0 "Disabled", 1 "Enabled" },
        },
        "ieee.802_3.pmd_auto_neg_advertised_caps": u16 hex "PMD Auto-Negotiation Advertised Capability" {
            "1000base_tfd" as CAPS_1000T_FD: 0x0001 "1000BASE-T (full duplex mode)" = CAPABLE,
            "1000base_t" as CAPS_1000T: 0x0002  "1000BASE-T (half duplex mode)" = CAPABLE,
            "1000base_xfd" as CAPS_1000X_FD: 0x0004 "1000BASE-X (-LX, -SX, -CX full duplex mode)" = CAPABLE,
            "1000base_x" as CAPS_1000X: 0x0008  "1000BASE-X (-LX, -SX, -CX half duplex mode)" = CAPABLE,
            fdx_bpause: 0x0010                  "Asymmetric and Symmetric PAUSE (for full-duplex links)" = CAPABLE,
            fdx_spause: 0x0020                  "Symmetric PAUSE (for full-duplex links)" = CAPABLE,
            fdx_apause: 0x0040                  "Asymmetric PAUSE (for full-duplex links)" = CAPABLE,
            fdx_pause: 0x0080                   "PAUSE (for full-duplex links)" = CAPABLE,
            "100base_t2fd" as CAPS_100T2_FD: 0x0100 "100BASE-T2 (full duplex mode)" = CAPABLE,
            "100base_t2" as CAPS_100T2: 0x0200  "100BASE-T2 (half duplex mode)" = CAPABLE,
            "100base_txfd" as CAPS_100TX_FD: 0x0400 "100BASE-TX (full duplex mode)" = CAPABLE,
            "100base_tx" as CAPS_100TX: 0x0800  "100BASE-TX (half duplex mode)" = CAPABLE,
            "100base_t4" as CAPS_100T4: 0x1000  "100BASE-T4" = CAPABLE,
            "10base_tfd" as CAPS_10T_FD: 0x2000 "10BASE-T (full duplex mode)" = CAPABLE,
            "10base_t" as CAPS_10T: 0x4000      "10BASE-T (half duplex mode)" = CAPABLE,
            other: 0x8000                       "Other or unknown" = CAPABLE,
        },
        "ieee.802_3.pmd_mau_type": u16 hex      "Operational MAU Type" = {
            0x0000 "Other or unknown", 0x000a "10BaseTHD", 0x000b "10BaseTFD", 0x000f "100BaseTXHD",
            0x0010 "100BaseTXFD", 0x0011 "100BaseFXHD", 0x0012 "100BaseFXFD", 0x0015 "1000BaseXHD",
            0x0016 "1000BaseXFD", 0x0017 "1000BaseLXHD", 0x0018 "1000BaseLXFD", 0x0019 "1000BaseSXHD",
            0x001a "1000BaseSXFD", 0x001d "1000BaseTHD", 0x001e "1000BaseTFD", 0x001f "10GigBaseX",
            0x0020 "10GigBaseLX4", 0x0021 "10GigBaseR", 0x0022 "10GigBaseER", 0x0023 "10GigBaseLR",
            0x0024 "10GigBaseSR",
        },
        "ieee.802_3.mdi_power_support": u8 hex  "MDI Power Support" {
            port_class: 0x01                    "Port Class" = { 0 "PD", 1 "PSE" },
            supported: 0x02                     "PSE MDI Power" = { 0 "Not supported", 1 "Supported" },
            enabled: 0x04                       "PSE MDI Power" = { 0 "Disabled", 1 "Enabled" },
            pse_pairs: 0x08                     "PSE Pairs Control Ability",
        },
        "ieee.802_3.mdi_pse_pair": u8           "PSE Power Pair" = { 1 "Signal", 2 "Spare" },
        "ieee.802_3.mdi_power_class": u8        "Power Class" = { 1 "0", 2 "1", 3 "2", 4 "3", 5 "4" },
        "ieee.802_3.mdi_power_type": u8 & 0xc0  "Power Type" = {
            0 "Type 2 PSE Device", 1 "Type 2 PD Device", 2 "Type 1 PSE Device", 3 "Type 1 PD Device",
        },
        "ieee.802_3.mdi_power_source": u8 & 0x30 "Power Source",
        "ieee.802_3.mdi_power_priority": u8 & 0x0f "Power Priority" = { 0 "Unknown", 1 "Critical", 2 "High", 3 "Low" },
        /// In units of 0.1 W, as the next.
        "ieee.802_3.mdi_pde_requested": u16     "PD Requested Power Value",
        "ieee.802_3.mdi_pse_allocated": u16     "PSE Allocated Power Value",
        "ieee.802_3.aggregation_status": u8 hex "Aggregation Status" {
            cap: 0x01                           "Aggregation Capability",
            enabled: 0x02                       "Aggregation Status" = ENABLED,
        },
        "ieee.802_3.aggregated_port_id": u32    "Aggregated Port Id",
        "ieee.802_3.max_frame_size": u16        "Maximum Frame Size",
        "ieee.802_3.eee.transmit": u16          "Transmit",
        "ieee.802_3.eee.receive": u16           "Receive",
        "ieee.802_3.eee.fallback_receive": u16  "Fallback Receive",
        "ieee.802_3.eee.echo_transmit": u16     "Echo Transmit",
        "ieee.802_3.eee.echo_receive": u16      "Echo Receive",

        media.subtype: u8 hex                   "Media Subtype" = {
            0x01 "Media Capabilities", 0x02 "Network Policy", 0x03 "Location Identification",
            0x04 "Extended Power-via-MDI", 0x05 "Inventory - Hardware Revision",
            0x06 "Inventory - Firmware Revision", 0x07 "Inventory - Software Revision",
            0x08 "Inventory - Serial Number", 0x09 "Inventory - Manufacturer Name", 0x0a "Inventory - Model Name",
            0x0b "Inventory - Asset ID",
        },
        media.subtype.caps: u16 hex             "Capabilities" {
            llpd: 0x0001                        "LLDP-MED Capabilities" = CAPABLE,
            network_policy: 0x0002              "Network Policy" = CAPABLE,
            location_id: 0x0004                 "Location Identification" = CAPABLE,
            mdi_pse: 0x0008                     "Extended Power via MDI-PSE" = CAPABLE,
            mid_pd: 0x0010                      "Extended Power via MDI-PD" = CAPABLE,
            inventory: 0x0020                   "Inventory" = CAPABLE,
        },
        media.subtype.class: u8                 "Class Type" = {
            0 "Type Not Defined", 1 "Endpoint Class I", 2 "Endpoint Class II", 3 "Endpoint Class III",
            4 "Network Connectivity",
        },
        media.app_type: u8                      "Application Type" = {
            1 "Voice", 2 "Voice Signaling", 3 "Guest Voice", 4 "Guest Voice Signaling", 5 "Softphone Voice",
            6 "Video Conferencing", 7 "Streaming Video", 8 "Video Signaling",
        },
        media.policy_flag: bool(u24) & 0x800000 "Policy" = { 0 "Defined", 1 "Unknown" },
        media.tag_flag: bool(u24) & 0x400000    "Tagged",
        media.vlan_id: u24 & 0x1ffe00           "VLAN Id",
        media.l2_prio: u24 & 0x0001c0           "L2 Priority",
        media.dscp: u24 & 0x00003f              "DSCP Priority",
        media.loc.data_format: u8               "Location Data Format" = {
            0 "Invalid", 1 "Coordinate-based LCI", 2 "Civic Address LCI", 3 "ECS ELIN",
        },
        media.civic.length: u8                  "LCI Length",
        media.civic.what: u8                    "What",
        media.civic.country: str                "Country",
        media.civic.type: u8                    "CA Type",
        media.civic.value: str                  "CA Value",
        media.ecs: str                          "ELIN",
        media.power.type: u8 & 0xc0             "Power Type" = { 0 "PSE Device", 1 "PD Device" },
        media.power.source: u8 & 0x30           "Power Source",
        media.power.prio: u8 & 0x0f             "Power Priority" = { 0 "Unknown", 1 "Critical", 2 "High", 3 "Low" },
        /// In units of 0.1 W.
        media.power.value: u16                  "Power Value",
        media.hardware: str                     "Hardware Revision",
        media.firmware: str                     "Firmware Revision",
        media.software: str                     "Software Revision",
        media.sn: str                           "Serial Number",
        media.manufacturer: str                 "Manufacturer Name",
        media.model: str                        "Model Name",
        media.asset: str                        "Asset ID",

        iana.subtype: u8 hex                    "IANA Subtype" = { 1 "Manufacturer Usage Description URL" },
        iana.mudurl: str                        "Manufacturer Usage Description URL",
    }
    claims { ethertype = 0x88cc }
}

const END: u16 = 0;
const ORGANIZATION: u16 = 127;

impl Dissector for Lldp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let (mut chassis, mut port, mut name) = (&[][..], &[][..], &[][..]);
        let mut time_to_live = None;
        let mut mandatory = [1, 2, 3].into_iter();
        while pdu.remaining() > 0 {
            if let Some(first) = mandatory.next()
                && pdu.peek(TLV_TYPE)? != first
            {
                let at = pdu.position();
                let text = format_args!("a TLV of type {first} must be here");
                pdu.diagnostic(Severity::Error, "bad-order", at..at + 2, text);
                return Ok(());
            }
            let kind = pdu.group(TLV, |pdu| {
                let kind = pdu.show(TLV_TYPE)?;
                let len = usize::from(pdu.take(TLV_LEN)?);
                let text = pdu.rest().get(..len).unwrap_or_default();
                match (kind, text) {
                    (1, _) => chassis = text,
                    (2, _) => port = text,
                    (3, &[high, low, ..]) => time_to_live = Some(u16::from_be_bytes([high, low])),
                    (5, _) => name = text,
                    _ => {}
                }
                pdu.within(TLV_LEN, len, |pdu| value(pdu, kind, len))?;
                Ok(kind)
            })?;
            if kind == END {
                let at = pdu.position();
                pdu.set_len(TLV_LEN, at);
                break;
            }
        }
        pdu.info(format_args!("{}", Summary { chassis, port, time_to_live, name }));
        Ok(())
    }
}

/// Who says it, at which port, for how many seconds: `MA/00:01:02:03:04:05 IN/eth0 120 SysN=box`.
struct Summary<'a> {
    chassis: &'a [u8],
    port: &'a [u8],
    time_to_live: Option<u16>,
    name: &'a [u8],
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // By subtype (IEEE Std 802.1AB-2016, clauses 8.5.2.2 and 8.5.3.2).
        const CHASSIS: &[&str] = &["", "CC", "IA", "PC", "MA", "NA", "IN", "LA"];
        const PORT: &[&str] = &["", "IA", "PC", "MA", "NA", "IN", "AC", "LA"];
        for (names, id) in [(CHASSIS, self.chassis), (PORT, self.port)] {
            let Some((&subtype, id)) = id.split_first() else { continue };
            let name = names.get(usize::from(subtype)).copied().unwrap_or("");
            match (name, id) {
                ("MA", &[a, b, c, d, e, g]) => write!(f, "MA/{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x} ")?,
                ("NA", &[1, a, b, c, d]) => write!(f, "NA/{a}.{b}.{c}.{d} ")?,
                ("MA" | "NA" | "", _) => write!(f, "{name}/{} ", Hex(id))?,
                _ => write!(f, "{name}/{} ", id.escape_ascii())?,
            }
        }
        if let Some(seconds) = self.time_to_live {
            write!(f, "{seconds}")?;
        }
        if !self.name.is_empty() {
            write!(f, " SysN={}", self.name.escape_ascii())?;
        }
        Ok(())
    }
}

fn value(pdu: &mut Pdu<'_>, kind: u16, len: usize) -> Step {
    match kind {
        1 => match pdu.take(CHASSIS_SUBTYPE)? {
            4 => drop(pdu.take(CHASSIS_ID_MAC)?),
            5 => network(pdu, CHASSIS_ID_IP4, CHASSIS_ID_IP6, CHASSIS_ID)?,
            _ => drop(pdu.take_bytes(CHASSIS_ID, len - 1)?),
        },
        2 => match pdu.take(PORT_SUBTYPE)? {
            3 => drop(pdu.take(PORT_ID_MAC)?),
            4 => network(pdu, PORT_ID_IP4, PORT_ID_IP6, PORT_ID)?,
            _ => drop(pdu.take_bytes(PORT_ID, len - 1)?),
        },
        3 => drop(pdu.take(TIME_TO_LIVE)?),
        4 => drop(pdu.take_bytes(PORT_DESC, len)?),
        5 => drop(pdu.take_bytes(TLV_SYSTEM_NAME, len)?),
        6 => drop(pdu.take_bytes(TLV_SYSTEM_DESC, len)?),
        7 => {
            pdu.take(TLV_SYSTEM_CAP)?;
            pdu.take(TLV_ENABLE_SYSTEM_CAP)?;
        }
        8 => management(pdu)?,
        ORGANIZATION => match pdu.take(ORGTLV_OUI)? {
            0x0080c2 => ieee_802_1(pdu)?,
            0x00120f => ieee_802_3(pdu)?,
            0x0012bb => media(pdu)?,
            0x00005e => match pdu.take(IANA_SUBTYPE)? {
                1 => drop(pdu.take_rest(IANA_MUDURL)),
                _ => drop(pdu.take_rest(UNKNOWN_SUBTYPE_CONTENT)),
            },
            _ => {
                pdu.take(UNKNOWN_SUBTYPE)?;
                pdu.take_rest(UNKNOWN_SUBTYPE_CONTENT);
            }
        },
        _ => {}
    }
    Ok(())
}

/// A network address: its family, and the address.
fn network(pdu: &mut Pdu<'_>, v4: Handle<[u8; 4]>, v6: Handle<[u8; 16]>, other: Handle<Variable>) -> Step {
    match (pdu.take(NETWORK_ADDRESS_SUBTYPE)?, pdu.wire_remaining()) {
        (1, 4) => drop(pdu.take(v4)?),
        (2, 16) => drop(pdu.take(v6)?),
        _ => drop(pdu.take_rest(other)),
    }
    Ok(())
}

fn management(pdu: &mut Pdu<'_>) -> Step {
    let len = usize::from(pdu.take(MGN_ADDRESS_LEN)?);
    match (pdu.take(MGN_ADDRESS_SUBTYPE)?, len) {
        (1, 5) => drop(pdu.take(MGN_ADDR_IP4)?),
        (2, 17) => drop(pdu.take(MGN_ADDR_IP6)?),
        _ => drop(pdu.take_bytes(MGN_ADDR_HEX, len.saturating_sub(1))?),
    }
    pdu.take(MGN_INTERFACE_SUBTYPE)?;
    pdu.take(MGN_INTERFACE_NUMBER)?;
    let len = usize::from(pdu.take(MGN_OBJ_LEN)?);
    if len > 0 {
        pdu.take_bytes(MGN_OBJ_ID, len)?;
    }
    Ok(())
}

fn ieee_802_1(pdu: &mut Pdu<'_>) -> Step {
    match pdu.take(IEEE_802_1_SUBTYPE)? {
        1 => drop(pdu.take(IEEE_802_1_PORT_VLAN_ID)?),
        2 => {
            pdu.take(IEEE_802_1_PORT_AND_VLAN_ID_FLAG)?;
            pdu.take(IEEE_802_1_PORT_PROTO_VLAN_ID)?;
        }
        3 => {
            pdu.take(IEEE_802_1_VLAN_ID)?;
            let len = pdu.take(IEEE_802_1_VLAN_NAME_LEN)?;
            pdu.take_bytes(IEEE_802_1_VLAN_NAME, len.into())?;
        }
        4 => {
            let len = pdu.take(IEEE_802_1_PROTO_ID_LENGTH)?;
            pdu.take_bytes(IEEE_802_1_PROTO_ID, len.into())?;
        }
        7 => {
            pdu.take(IEEE_802_1_AGGREGATION_STATUS)?;
            pdu.take(IEEE_802_1_AGGREGATED_PORT_ID)?;
        }
        0x0c => {
            pdu.take(DCBX_IEEE_APP_RESERVED)?;
            while pdu.remaining() > 0 {
                pdu.show(DCBX_FEATURE_APP_PRIO)?;
                pdu.take(DCBX_FEATURE_APP_SF)?;
                pdu.take(DCBX_FEATURE_APP_PROTO)?;
            }
        }
        _ => drop(pdu.take_rest(UNKNOWN_SUBTYPE_CONTENT)),
    }
    Ok(())
}

fn ieee_802_3(pdu: &mut Pdu<'_>) -> Step {
    match pdu.take(IEEE_802_3_SUBTYPE)? {
        1 => {
            pdu.take(IEEE_802_3_MAC_PHY_AUTO_NEG_STATUS)?;
            pdu.take(IEEE_802_3_PMD_AUTO_NEG_ADVERTISED_CAPS)?;
            pdu.take(IEEE_802_3_PMD_MAU_TYPE)?;
        }
        2 => {
            pdu.take(IEEE_802_3_MDI_POWER_SUPPORT)?;
            pdu.take(IEEE_802_3_MDI_PSE_PAIR)?;
            pdu.take(IEEE_802_3_MDI_POWER_CLASS)?;
            // From 802.3at on.
            if pdu.remaining() > 0 {
                pdu.show(IEEE_802_3_MDI_POWER_TYPE)?;
                pdu.show(IEEE_802_3_MDI_POWER_SOURCE)?;
                pdu.take(IEEE_802_3_MDI_POWER_PRIORITY)?;
                pdu.take(IEEE_802_3_MDI_PDE_REQUESTED)?;
                pdu.take(IEEE_802_3_MDI_PSE_ALLOCATED)?;
            }
        }
        3 => {
            pdu.take(IEEE_802_3_AGGREGATION_STATUS)?;
            pdu.take(IEEE_802_3_AGGREGATED_PORT_ID)?;
        }
        4 => drop(pdu.take(IEEE_802_3_MAX_FRAME_SIZE)?),
        5 => {
            pdu.take(IEEE_802_3_EEE_TRANSMIT)?;
            pdu.take(IEEE_802_3_EEE_RECEIVE)?;
            pdu.take(IEEE_802_3_EEE_FALLBACK_RECEIVE)?;
            pdu.take(IEEE_802_3_EEE_ECHO_TRANSMIT)?;
            pdu.take(IEEE_802_3_EEE_ECHO_RECEIVE)?;
        }
        _ => drop(pdu.take_rest(UNKNOWN_SUBTYPE_CONTENT)),
    }
    Ok(())
}

fn media(pdu: &mut Pdu<'_>) -> Step {
    let text = match pdu.take(MEDIA_SUBTYPE)? {
        1 => {
            pdu.take(MEDIA_SUBTYPE_CAPS)?;
            pdu.take(MEDIA_SUBTYPE_CLASS)?;
            return Ok(());
        }
        2 => {
            pdu.take(MEDIA_APP_TYPE)?;
            pdu.show(MEDIA_POLICY_FLAG)?;
            pdu.show(MEDIA_TAG_FLAG)?;
            pdu.show(MEDIA_VLAN_ID)?;
            pdu.show(MEDIA_L2_PRIO)?;
            pdu.take(MEDIA_DSCP)?;
            return Ok(());
        }
        3 => return location(pdu),
        4 => {
            pdu.show(MEDIA_POWER_TYPE)?;
            pdu.show(MEDIA_POWER_SOURCE)?;
            pdu.take(MEDIA_POWER_PRIO)?;
            pdu.take(MEDIA_POWER_VALUE)?;
            return Ok(());
        }
        5 => MEDIA_HARDWARE,
        6 => MEDIA_FIRMWARE,
        7 => MEDIA_SOFTWARE,
        8 => MEDIA_SN,
        9 => MEDIA_MANUFACTURER,
        10 => MEDIA_MODEL,
        11 => MEDIA_ASSET,
        _ => UNKNOWN_SUBTYPE_CONTENT,
    };
    pdu.take_rest(text);
    Ok(())
}

fn location(pdu: &mut Pdu<'_>) -> Step {
    match pdu.take(MEDIA_LOC_DATA_FORMAT)? {
        2 => {
            pdu.take(MEDIA_CIVIC_LENGTH)?;
            pdu.take(MEDIA_CIVIC_WHAT)?;
            pdu.take_bytes(MEDIA_CIVIC_COUNTRY, 2)?;
            while pdu.remaining() > 0 {
                pdu.take(MEDIA_CIVIC_TYPE)?;
                let len = pdu.rest().first().copied().unwrap_or(0);
                pdu.skip(1)?;
                pdu.take_bytes(MEDIA_CIVIC_VALUE, len.into())?;
            }
        }
        3 => drop(pdu.take_rest(MEDIA_ECS)),
        _ => drop(pdu.take_rest(UNKNOWN_SUBTYPE_CONTENT)),
    }
    Ok(())
}

builtin!(Lldp);

#[test]
fn the_mandatory_ones() {
    check::<Lldp>(
        "0207 04 020000000001 0403 05 4731 0602 0078 0a02 5331 0e04 0014 0004
         100c 05 01 0a000001 02 00000007 00 0000 ffff",
        expect![[r#"
            Link Layer Discovery Protocol, MA/02:00:00:00:00:01 IN/G1 120 SysN=S1
              TLV: Chassis Id (1)
                TLV Type: Chassis Id (1)
                TLV Length: 7
                Chassis Id Subtype: MAC address (4)
                Chassis Id: 02:00:00:00:00:01
              TLV: Port Id (2)
                TLV Type: Port Id (2)
                TLV Length: 3
                Port Id Subtype: Interface name (5)
                Port Id: G1
              TLV: Time to Live (3)
                TLV Type: Time to Live (3)
                TLV Length: 2
                Seconds: 120
              TLV: System Name (5)
                TLV Type: System Name (5)
                TLV Length: 2
                System Name: S1
              TLV: System Capabilities (7)
                TLV Type: System Capabilities (7)
                TLV Length: 4
                Capabilities: 0x0014
                  .... .... .... ...0 = Other: Not capable
                  .... .... .... ..0. = Repeater: Not capable
                  .... .... .... .1.. = Bridge: Capable
                  .... .... .... 0... = WLAN access point: Not capable
                  .... .... ...1 .... = Router: Capable
                  .... .... ..0. .... = Telephone: Not capable
                  .... .... .0.. .... = DOCSIS cable device: Not capable
                  .... .... 0... .... = Station only: Not capable
                Enabled Capabilities: 0x0004
                  .... .... .... ...0 = Other: Not capable
                  .... .... .... ..0. = Repeater: Not capable
                  .... .... .... .1.. = Bridge: Capable
                  .... .... .... 0... = WLAN access point: Not capable
                  .... .... ...0 .... = Router: Not capable
                  .... .... ..0. .... = Telephone: Not capable
                  .... .... .0.. .... = DOCSIS cable device: Not capable
                  .... .... 0... .... = Station only: Not capable
              TLV: Management Address (8)
                TLV Type: Management Address (8)
                TLV Length: 12
                Address String Length: 5
                Address Subtype: IPv4 (1)
                Management Address: 10.0.0.1
                Interface Subtype: ifIndex (2)
                Interface Number: 7
                OID String Length: 0
              TLV: End of LLDPDU (0)
                TLV Type: End of LLDPDU (0)
                TLV Length: 0
        "#]],
    );
}

#[test]
fn of_organizations() {
    check::<Lldp>(
        "0207 04 020000000001 0403 05 4731 0602 0078 fe06 0080c2 01 000a fe07 0080c2 02 02 0001 fe0a 0080c2 03 000a 03 6c616e
         fe09 00120f 01 03 6c01 001e fe08 0012bb 02 01 40c800",
        expect![[r#"
            Link Layer Discovery Protocol, MA/02:00:00:00:00:01 IN/G1 120
              TLV: Chassis Id (1)
                TLV Type: Chassis Id (1)
                TLV Length: 7
                Chassis Id Subtype: MAC address (4)
                Chassis Id: 02:00:00:00:00:01
              TLV: Port Id (2)
                TLV Type: Port Id (2)
                TLV Length: 3
                Port Id Subtype: Interface name (5)
                Port Id: G1
              TLV: Time to Live (3)
                TLV Type: Time to Live (3)
                TLV Length: 2
                Seconds: 120
              TLV: Organization Specific (127)
                TLV Type: Organization Specific (127)
                TLV Length: 6
                Organization Unique Code: IEEE 802.1 (0x0080c2)
                IEEE 802.1 Subtype: Port VLAN ID (0x01)
                Port VLAN Identifier: 10
              TLV: Organization Specific (127)
                TLV Type: Organization Specific (127)
                TLV Length: 7
                Organization Unique Code: IEEE 802.1 (0x0080c2)
                IEEE 802.1 Subtype: Port and Protocol VLAN ID (0x02)
                Flags: 0x02
                  .... ..1. = Port and Protocol VLAN: Supported
                  .... .0.. = Port and Protocol VLAN: Disabled
                Port and Protocol VLAN Identifier: 1
              TLV: Organization Specific (127)
                TLV Type: Organization Specific (127)
                TLV Length: 10
                Organization Unique Code: IEEE 802.1 (0x0080c2)
                IEEE 802.1 Subtype: VLAN Name (0x03)
                VLAN Identifier: 10
                VLAN Name Length: 3
                VLAN Name: lan
              TLV: Organization Specific (127)
                TLV Type: Organization Specific (127)
                TLV Length: 9
                Organization Unique Code: IEEE 802.3 (0x00120f)
                IEEE 802.3 Subtype: MAC/PHY Configuration/Status (0x01)
                Auto-Negotiation Support/Status: 0x03
                  .... ...1 = Auto-Negotiation: Supported
                  .... ..1. = Auto-Negotiation: Enabled
                PMD Auto-Negotiation Advertised Capability: 0x6c01
                  .... .... .... ...1 = 1000BASE-T (full duplex mode): Capable
                  .... .... .... ..0. = 1000BASE-T (half duplex mode): Not capable
                  .... .... .... .0.. = 1000BASE-X (-LX, -SX, -CX full duplex mode): Not capable
                  .... .... .... 0... = 1000BASE-X (-LX, -SX, -CX half duplex mode): Not capable
                  .... .... ...0 .... = Asymmetric and Symmetric PAUSE (for full-duplex links): Not capable
                  .... .... ..0. .... = Symmetric PAUSE (for full-duplex links): Not capable
                  .... .... .0.. .... = Asymmetric PAUSE (for full-duplex links): Not capable
                  .... .... 0... .... = PAUSE (for full-duplex links): Not capable
                  .... ...0 .... .... = 100BASE-T2 (full duplex mode): Not capable
                  .... ..0. .... .... = 100BASE-T2 (half duplex mode): Not capable
                  .... .1.. .... .... = 100BASE-TX (full duplex mode): Capable
                  .... 1... .... .... = 100BASE-TX (half duplex mode): Capable
                  ...0 .... .... .... = 100BASE-T4: Not capable
                  ..1. .... .... .... = 10BASE-T (full duplex mode): Capable
                  .1.. .... .... .... = 10BASE-T (half duplex mode): Capable
                  0... .... .... .... = Other or unknown: Not capable
                Operational MAU Type: 1000BaseTFD (0x001e)
              TLV: Organization Specific (127)
                TLV Type: Organization Specific (127)
                TLV Length: 8
                Organization Unique Code: TIA (0x0012bb)
                Media Subtype: Network Policy (0x02)
                Application Type: Voice (1)
                Policy: Defined
                Tagged: True
                VLAN Id: 100
                L2 Priority: 0
                DSCP Priority: 0
        "#]],
    );
}

#[test]
fn lengths_that_cannot_be() {
    check::<Lldp>(
        "0207 04 0200",
        expect![[r#"
            Link Layer Discovery Protocol
              TLV: Chassis Id (1)
                TLV Type: Chassis Id (1)
                TLV Length: 7
                Chassis Id Subtype: MAC address (4)
              [error] short: lldp.chassis.id.mac needs 6 bytes at offset 3, 2 are there
        "#]],
    );
    check::<Lldp>(
        "0200 0403",
        expect![[r#"
            Link Layer Discovery Protocol
              TLV: Chassis Id (1)
                TLV Type: Chassis Id (1)
                TLV Length: 0
              [error] short: lldp.chassis.subtype needs 1 bytes at offset 2, 0 are there (the end is set by lldp.tlv.len)
        "#]],
    );
}
