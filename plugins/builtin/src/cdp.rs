//! CDP, the Cisco discovery protocol, as seen in captures; a partial description is in "Understanding and Configuring
//! Cisco Discovery Protocol" (Cisco, IOS software configuration guide).

use crate::checksum::{self, STATUS};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Cdp;

protocol! {
    /// Cisco Discovery Protocol.
    Cdp = cdp "CDP", "Cisco Discovery Protocol" {
        version: u8                     "Version",
        ttl: u8                         "TTL" unit "s",
        checksum: u16 hex               "Checksum",
        checksum.status: computed u8    "Checksum Status" = STATUS,
        tlv: group                      "TLV",
        tlv.type: u16 hex               "Type" = {
            0x01 "Device ID", 0x02 "Addresses", 0x03 "Port ID", 0x04 "Capabilities", 0x05 "Software version",
            0x06 "Platform", 0x07 "IP Prefix/Gateway (used for ODR)", 0x08 "Protocol Hello",
            0x09 "VTP Management Domain", 0x0a "Native VLAN", 0x0b "Duplex", 0x0e "VoIP VLAN Reply",
            0x0f "VoIP VLAN Query", 0x10 "Power consumption", 0x11 "MTU", 0x12 "Trust Bitmap",
            0x13 "Untrusted Port CoS", 0x14 "System Name", 0x15 "System Object ID", 0x16 "Management Address",
            0x17 "Location", 0x18 "External Port-ID", 0x19 "Power Requested", 0x1a "Power Available",
            0x1b "Port Unidirectional", 0x1d "EnergyWise", 0x1f "Spare PoE",
        },
        tlv.len: u16                    "Length",
        deviceid: str                   "Device ID",
        portid: str                     "Sent through Interface",
        platform: str                   "Platform",
        software_version: str           "Software version",
        capabilities: u32 hex           "Capabilities" {
            router: 0x01                "Router",
            trans_bridge: 0x02          "Transparent Bridge",
            src_bridge: 0x04            "Source Route Bridge",
            switch: 0x08                "Switch",
            host: 0x10                  "Host",
            igmp_capable: 0x20          "IGMP capable",
            repeater: 0x40              "Repeater",
            voip_phone: 0x80            "VoIP Phone",
            remote: 0x0100              "Remotely Managed Device",
            cvta: 0x0200                "CVTA/STP Dispute Resolution/Cisco VT Camera",
            mac_relay: 0x0400           "Two Port Mac Relay",
        },
        number_of_addresses: u32        "Number of addresses",
        protocol_type: u8 hex           "Protocol type" = { 1 "NLPID", 2 "802.2" },
        protocol_length: u8             "Protocol length",
        protocol: bytes                 "Protocol",
        address_length: u16             "Address length",
        nrgyz.ip_address: ipv4          "IP Address",
        nrgyz.ipv6_address: ipv6        "IPv6 Address",
        address: bytes                  "Address",
        odr_default_gateway: ipv4       "ODR Default gateway",
        ip_prefix: ipv4                 "IP Prefix",
        ip_prefix_len: u8               "IP Prefix length",
        oui: u24 hex                    "OUI",
        protocol_id: u16 hex            "Protocol ID" = { 0x0112 "Cluster Management" },
        cluster.master_ip: ipv4         "Cluster Master IP",
        cluster.ip: ipv4                "IP?",
        cluster.version: u8 hex         "Version?",
        cluster.sub_version: u8 hex     "Sub Version?",
        cluster.status: u8 hex          "Status?",
        cluster.unknown: u8 hex         "UNKNOWN",
        cluster.commander_mac: mac      "Cluster Commander MAC",
        cluster.switch_mac: mac         "Switch's MAC",
        cluster.management_vlan: u16    "Management VLAN",
        hello.unknown: bytes            "Unknown",
        vtp_management_domain: str      "VTP Management Domain",
        native_vlan: u16                "Native VLAN",
        duplex: bool                    "Duplex" = { 0 "Half", 1 "Full" },
        voice_vlan: u16                 "Voice VLAN",
        power_consumption: u16          "Power Consumption" unit "mW",
        mtu: u32                        "MTU",
        trust_bitmap: u8 hex            "Trust Bitmap",
        untrusted_port_cos: u8 hex      "Untrusted port CoS",
        system_name: str                "System Name",
        system_object_identifier: bytes "System Object Identifier",
        location.unknown: u8 hex        "UNKNOWN",
        location: str                   "Location",
        request_id: u16                 "Request-ID",
        management_id: u16              "Management-ID",
        power_requested: u32            "Power Requested" unit "mW",
        power_available: u32            "Power Available" unit "mW",
        spare_poe_tlv: u8 hex           "Spare Pair PoE" {
            poe: 0x01                   "PSE Four-Wire PoE" = { 0 "Not supported", 1 "Supported" },
            spare_pair_arch: 0x02       "PD Spare Pair Architecture" = { 0 "Independent", 1 "Shared" },
            req_spare_pair_poe: 0x04    "PD Request Spare Pair PoE" = { 0 "Off", 1 "On" },
            pse_spare_pair_poe: 0x08    "PSE Spare Pair PoE" = { 0 "Off", 1 "On" },
        },
        data: bytes                     "Data",
    }
    claims { llc.snap = 0x0c2000, chdlc.protocol = 0x2000, gre.proto = 0x2000 }
}

const TLV_HEADER: usize = 4;
const CLUSTER_MANAGEMENT: (u32, u16) = (0x00000c, 0x0112);

impl Dissector for Cdp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(VERSION)?;
        pdu.take(TTL)?;
        pdu.take(CHECKSUM)?;
        if pdu.wants(CHECKSUM_STATUS) {
            let status = sum(pdu.data(), pdu.wire_len());
            pdu.computed(CHECKSUM_STATUS, 2..4, status);
        }
        let (mut device, mut port) = (&b""[..], &b""[..]);
        while pdu.remaining() > 0 {
            pdu.group(TLV, |pdu| {
                let kind = pdu.take(TLV_TYPE)?;
                let at = pdu.position();
                let len = usize::from(pdu.take(TLV_LEN)?);
                let Some(data) = len.checked_sub(TLV_HEADER) else {
                    pdu.diagnostic(Severity::Error, "bad-length", at..at + 2, format_args!("{len} bytes, less than 4"));
                    return pdu.skip(pdu.remaining());
                };
                match kind {
                    0x01 => device = pdu.take_bytes(DEVICEID, data)?,
                    0x03 => port = pdu.take_bytes(PORTID, data)?,
                    _ => pdu.within(TLV_LEN, data, |pdu| value(pdu, kind))?,
                }
                Ok(())
            })?;
        }
        pdu.info(format_args!("Device ID: {}  Port ID: {}", device.escape_ascii(), port.escape_ascii()));
        Ok(())
    }
}

/// Whether the checksum holds. Of an odd number of bytes RFC 1071 has the last as the high half of a word. Cisco has it
/// as the low half, and as a signed number whose carry is off by one.
fn sum(data: &[u8], wire_len: usize) -> u8 {
    if data.len() < wire_len {
        return checksum::UNVERIFIED;
    }
    match data.split_last() {
        Some((&last, even)) if !data.len().is_multiple_of(2) => {
            let word = i16::from(last as i8) - i16::from(last >= 0x80);
            checksum::plain(&[even, &word.to_be_bytes()].concat())
        }
        _ => checksum::plain(data),
    }
}

fn value(pdu: &mut Pdu<'_>, kind: u16) -> Step {
    let len = pdu.wire_remaining();
    match kind {
        0x02 | 0x16 => {
            for _ in 0..pdu.take(NUMBER_OF_ADDRESSES)? {
                address(pdu)?;
            }
        }
        0x04 => drop(pdu.take(CAPABILITIES)?),
        0x05 => {
            while let Some(line) = pdu.rest().split(|&byte| byte == b'\n').next().filter(|_| pdu.remaining() > 0) {
                pdu.take_bytes(SOFTWARE_VERSION, line.len())?;
                pdu.skip(pdu.remaining().min(1))?;
            }
        }
        0x06 => drop(pdu.take_bytes(PLATFORM, len)?),
        0x07 if len == 4 => drop(pdu.take(ODR_DEFAULT_GATEWAY)?),
        0x07 => {
            while pdu.remaining() > 0 {
                pdu.take(IP_PREFIX)?;
                pdu.take(IP_PREFIX_LEN)?;
            }
        }
        0x08 => hello(pdu)?,
        0x09 => drop(pdu.take_bytes(VTP_MANAGEMENT_DOMAIN, len)?),
        0x0a => drop(pdu.take(NATIVE_VLAN)?),
        0x0b => drop(pdu.take(DUPLEX)?),
        0x0e | 0x0f => {
            pdu.take_bytes(DATA, 1)?;
            if len > 1 {
                pdu.take(VOICE_VLAN)?;
            }
        }
        0x10 => drop(pdu.take(POWER_CONSUMPTION)?),
        0x11 => drop(pdu.take(MTU)?),
        0x12 => drop(pdu.take(TRUST_BITMAP)?),
        0x13 => drop(pdu.take(UNTRUSTED_PORT_COS)?),
        0x14 => drop(pdu.take_bytes(SYSTEM_NAME, len)?),
        0x15 => drop(pdu.take_bytes(SYSTEM_OBJECT_IDENTIFIER, len)?),
        0x17 => {
            pdu.take(LOCATION_UNKNOWN)?;
            pdu.take_rest(LOCATION);
        }
        0x19 | 0x1a => {
            pdu.take(REQUEST_ID)?;
            pdu.take(MANAGEMENT_ID)?;
            while pdu.remaining() > 0 {
                pdu.take(if kind == 0x19 { POWER_REQUESTED } else { POWER_AVAILABLE })?;
            }
        }
        0x1f => drop(pdu.take(SPARE_POE_TLV)?),
        _ => drop(pdu.take_bytes(DATA, len)?),
    }
    Ok(())
}

fn address(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(PROTOCOL_TYPE)?;
    let len = pdu.take(PROTOCOL_LENGTH)?;
    pdu.take_bytes(PROTOCOL, len.into())?;
    match pdu.take(ADDRESS_LENGTH)? {
        4 => drop(pdu.take(NRGYZ_IP_ADDRESS)?),
        16 => drop(pdu.take(NRGYZ_IPV6_ADDRESS)?),
        len => drop(pdu.take_bytes(ADDRESS, len.into())?),
    }
    Ok(())
}

fn hello(pdu: &mut Pdu<'_>) -> Step {
    let protocol = (pdu.take(OUI)?, pdu.take(PROTOCOL_ID)?);
    if protocol != CLUSTER_MANAGEMENT {
        pdu.take_rest(HELLO_UNKNOWN);
        return Ok(());
    }
    pdu.take(CLUSTER_MASTER_IP)?;
    pdu.take(CLUSTER_IP)?;
    pdu.take(CLUSTER_VERSION)?;
    pdu.take(CLUSTER_SUB_VERSION)?;
    pdu.take(CLUSTER_STATUS)?;
    pdu.take(CLUSTER_UNKNOWN)?;
    pdu.take(CLUSTER_COMMANDER_MAC)?;
    pdu.take(CLUSTER_SWITCH_MAC)?;
    pdu.take(CLUSTER_UNKNOWN)?;
    pdu.take(CLUSTER_MANAGEMENT_VLAN)?;
    Ok(())
}

builtin!(Cdp);

#[test]
fn a_message() {
    check::<Cdp>(
        "02 b4 0000 0001 0006 5231 0002 0011 00000001 01 01 cc 0004 0a000001 0003 0008 47692f31
         0004 0008 00000028 000b 0005 01 000e 0007 01 0064",
        expect![[r#"
            Cisco Discovery Protocol, Device ID: R1  Port ID: Gi/1
              Version: 2
              TTL: 180 s
              Checksum: 0x0000
              Checksum Status: Bad (0)
              TLV: Device ID (0x0001)
                Type: Device ID (0x0001)
                Length: 6
                Device ID: R1
              TLV: Addresses (0x0002)
                Type: Addresses (0x0002)
                Length: 17
                Number of addresses: 1
                Protocol type: NLPID (0x01)
                Protocol length: 1
                Protocol: cc
                Address length: 4
                IP Address: 10.0.0.1
              TLV: Port ID (0x0003)
                Type: Port ID (0x0003)
                Length: 8
                Sent through Interface: Gi/1
              TLV: Capabilities (0x0004)
                Type: Capabilities (0x0004)
                Length: 8
                Capabilities: 0x00000028
                  .... .... .... .... .... .... .... ...0 = Router: False
                  .... .... .... .... .... .... .... ..0. = Transparent Bridge: False
                  .... .... .... .... .... .... .... .0.. = Source Route Bridge: False
                  .... .... .... .... .... .... .... 1... = Switch: True
                  .... .... .... .... .... .... ...0 .... = Host: False
                  .... .... .... .... .... .... ..1. .... = IGMP capable: True
                  .... .... .... .... .... .... .0.. .... = Repeater: False
                  .... .... .... .... .... .... 0... .... = VoIP Phone: False
                  .... .... .... .... .... ...0 .... .... = Remotely Managed Device: False
                  .... .... .... .... .... ..0. .... .... = CVTA/STP Dispute Resolution/Cisco VT Camera: False
                  .... .... .... .... .... .0.. .... .... = Two Port Mac Relay: False
              TLV: Duplex (0x000b)
                Type: Duplex (0x000b)
                Length: 5
                Duplex: Full
              TLV: VoIP VLAN Reply (0x000e)
                Type: VoIP VLAN Reply (0x000e)
                Length: 7
                Data: 01
                Voice VLAN: 100
        "#]],
    );
}

#[test]
fn lengths_that_cannot_be() {
    check::<Cdp>(
        "02 b4 0000 0001 0003 52",
        expect![[r#"
            Cisco Discovery Protocol, Device ID:   Port ID: 
              Version: 2
              TTL: 180 s
              Checksum: 0x0000
              Checksum Status: Bad (0)
              TLV: Device ID (0x0001)
                Type: Device ID (0x0001)
                Length: 3
                [error] bad-length: 3 bytes, less than 4
        "#]],
    );
    check::<Cdp>(
        "02 b4 0000 0002 0009 00000009 01",
        expect![[r#"
            Cisco Discovery Protocol
              Version: 2
              TTL: 180 s
              Checksum: 0x0000
              Checksum Status: Bad (0)
              TLV: Addresses (0x0002)
                Type: Addresses (0x0002)
                Length: 9
                Number of addresses: 9
                Protocol type: NLPID (0x01)
              [error] short: cdp.protocol_length needs 1 bytes at offset 13, 0 are there (the end is set by cdp.tlv.len)
        "#]],
    );
}
