//! ARP, the address resolution protocol (RFC 826), and what shares its format: RARP (RFC 903), DRARP (RFC 1931),
//! InARP (RFC 2390). ATM addresses (RFC 2225) have a format of their own, which is not read.

use crate::ethertypes::ETHERTYPES;
use prosector_sdk::handle::{Handle, Variable};
use prosector_sdk::prelude::*;
use std::fmt;
use std::net::Ipv4Addr;

/// The dissector.
#[derive(Default)]
pub struct Arp;

protocol! {
    /// Address resolution: which hardware address has the owner of a protocol address?
    Arp = arp "ARP", "Address Resolution Protocol" {
        hw.type: u16                        "Hardware type" = HARDWARE_TYPES,
        proto.type: u16 hex                 "Protocol type" = ETHERTYPES,
        hw.size: u8                         "Hardware size",
        proto.size: u8                      "Protocol size",
        opcode: u16                         "Opcode" = {
            0 "reserved",
            1 "request",
            2 "reply",
            3 "reverse request",
            4 "reverse reply",
            5 "drarp request",
            6 "drarp reply",
            7 "drarp error",
            8 "inverse request",
            9 "inverse reply",
            10 "arp nak",
            11 "mars request",
            12 "mars multi",
            13 "mars mserv",
            14 "mars join",
            15 "mars leave",
            16 "mars nak",
            17 "mars unserv",
            18 "mars sjoin",
            19 "mars sleave",
            20 "mars grouplist request",
            21 "mars grouplist reply",
            22 "mars redirect map",
            23 "mapos unarp",
            24 "experimental 1",
            25 "experimental 2",
            65535 "reserved",
        },
        /// Somebody tells everybody its own address.
        isgratuitous: computed bool         "Is gratuitous",
        /// Somebody asks whether an address is taken that it wants for itself (RFC 5227).
        isprobe: computed bool              "Is probe",
        /// Somebody says that it now has an address (RFC 5227).
        isannouncement: computed bool       "Is announcement",
        src.hw: bytes                       "Sender hardware address",
        src.hw_mac: mac                     "Sender MAC address",
        src.proto: bytes                    "Sender protocol address",
        src.proto_ipv4: ipv4                "Sender IP address",
        dst.hw: bytes                       "Target hardware address",
        dst.hw_mac: mac                     "Target MAC address",
        dst.proto: bytes                    "Target protocol address",
        dst.proto_ipv4: ipv4                "Target IP address",
        dst.drarp_error_status: u8          "DRARP error status" = {
            1 "restricted", 2 "no address", 3 "serverdown", 4 "moved", 5 "failure",
        },
    }
    claims { ethertype = [0x0806, 0x8035] }
}

value_names! {
    /// IANA's ARP hardware types; those from 256 on are Linux's own.
    HARDWARE_TYPES {
        0 "NET/ROM pseudo",
        1 "Ethernet",
        2 "Experimental Ethernet",
        3 "AX.25",
        4 "ProNET",
        5 "Chaos",
        6 "IEEE 802",
        7 "ARCNET",
        8 "Hyperchannel",
        9 "Lanstar",
        10 "Autonet Short Address",
        11 "Localtalk",
        12 "LocalNet",
        13 "Ultra link",
        14 "SMDS",
        15 "Frame Relay DLCI",
        16 "ATM",
        17 "HDLC",
        18 "Fibre Channel",
        19 "ATM (RFC 2225)",
        20 "Serial Line",
        21 "ATM",
        22 "MIL-STD-188-220",
        23 "Metricom STRIP",
        24 "IEEE 1394.1995",
        25 "MAPOS",
        26 "Twinaxial",
        27 "EUI-64",
        28 "HIPARP",
        29 "IP and ARP over ISO 7816-3",
        30 "ARPSec",
        31 "IPsec tunnel",
        32 "InfiniBand",
        33 "TIA-102 Project 25 CAI",
        34 "Wiegand Interface",
        35 "Pure IP",
        36 "Experimental 1",
        37 "HFI",
        256 "Experimental 2",
        257 "AEthernet",
        264 "ADAPT",
        270 "ROSE",
        271 "CCITT X.25",
        272 "Boards with X.25 in firmware",
        280 "Controller Area Network",
        512 "PPP",
        513 "Cisco HDLC",
        516 "LAPB",
        517 "Digital's DDCMP protocol",
        518 "Raw HDLC",
        519 "Raw IP",
        768 "IPIP tunnel",
        769 "IP6IP6 tunnel",
        770 "Frame Relay Access Device",
        771 "SKIP vif",
        772 "Loopback",
        774 "Fiber Distributed Data Interface",
        775 "AP1000 BIF",
        776 "sit0 device - IPv6-in-IPv4",
        777 "IP over DDP tunneller",
        778 "GRE over IP",
        779 "PIMSM register interface",
        780 "High Performance Parallel Interface",
        781 "Nexus 64Mbps Ash",
        782 "Acorn Econet",
        783 "Linux-IrDA",
        784 "Point to point fibrechannel",
        785 "Fibrechannel arbitrated loop",
        786 "Fibrechannel public loop",
        787 "Fibrechannel fabric",
        800 "Magic type ident for TR",
        801 "IEEE 802.11",
        802 "IEEE 802.11 + Prism2 header",
        803 "IEEE 802.11 + radiotap header",
        804 "IEEE 802.15.4",
        805 "IEEE 802.15.4 network monitor",
        820 "PhoNet media type",
        821 "PhoNet pipe header",
        822 "CAIF media type",
        823 "GRE over IPv6",
        824 "Netlink",
        825 "IPv6 over LoWPAN",
        826 "Vsock monitor header",
        65534 "zero header length",
        65535 "Void type, nothing is known",
    }
}

const HEADER_LEN: usize = 8;
const ETHERNET: u16 = 1;
const IEEE_802: u16 = 6;
const ATM: u16 = 19;
const IPV4: u16 = 0x0800;

const REQUEST: u16 = 1;
const REPLY: u16 = 2;
const DRARP_ERROR: u16 = 7;

impl Dissector for Arp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let hardware = pdu.take(HW_TYPE)?;
        let protocol = pdu.take(PROTO_TYPE)?;
        if hardware == ATM {
            return Ok(());
        }
        let hw_size = usize::from(pdu.take(HW_SIZE)?);
        let proto_size = usize::from(pdu.take(PROTO_SIZE)?);
        pdu.set_len(PROTO_SIZE, HEADER_LEN + 2 * (hw_size + proto_size));
        let opcode = pdu.take(OPCODE)?;
        pdu.info(format_args!("{}", Self::name(OPCODE, opcode)));

        let mac = matches!(hardware, ETHERNET | IEEE_802) && hw_size == 6;
        let ipv4 = protocol == IPV4 && proto_size == 4;
        let addresses = Addresses::new(pdu.rest(), hw_size, proto_size);
        if let Some(a) = &addresses {
            a.flags(pdu, opcode, mac);
            if ipv4 {
                a.info(pdu, opcode);
            }
        }
        address(pdu, hw_size, mac.then_some(SRC_HW_MAC), SRC_HW)?;
        address(pdu, proto_size, ipv4.then_some(SRC_PROTO_IPV4), SRC_PROTO)?;
        address(pdu, hw_size, mac.then_some(DST_HW_MAC), DST_HW)?;
        if opcode == DRARP_ERROR && proto_size > 0 {
            pdu.take(DST_DRARP_ERROR_STATUS)?;
            return Ok(());
        }
        address(pdu, proto_size, ipv4.then_some(DST_PROTO_IPV4), DST_PROTO)
    }
}

/// One address: by its own type, or else as so many bytes.
fn address<const N: usize>(
    pdu: &mut Pdu<'_>,
    size: usize,
    typed: Option<Handle<[u8; N]>>,
    bytes: Handle<Variable>,
) -> Step {
    match typed {
        Some(field) => drop(pdu.take(field)?),
        None if size > 0 => drop(pdu.take_bytes(bytes, size)?),
        None => {}
    }
    Ok(())
}

/// The four addresses, where all of them are there.
struct Addresses<'a> {
    sender_hw: &'a [u8],
    sender: &'a [u8],
    target_hw: &'a [u8],
    target: &'a [u8],
}

impl<'a> Addresses<'a> {
    fn new(bytes: &'a [u8], hw_size: usize, proto_size: usize) -> Option<Addresses<'a>> {
        let (sender_hw, bytes) = bytes.split_at_checked(hw_size)?;
        let (sender, bytes) = bytes.split_at_checked(proto_size)?;
        let (target_hw, bytes) = bytes.split_at_checked(hw_size)?;
        Some(Addresses { sender_hw, sender, target_hw, target: bytes.get(..proto_size)? })
    }

    /// Records each of the three only where it is true.
    fn flags(&self, pdu: &mut Pdu<'_>, opcode: u16, mac: bool) {
        let zero = |bytes: &[u8]| bytes.iter().all(|&byte| byte == 0);
        let range = HEADER_LEN..HEADER_LEN + 2 * (self.sender_hw.len() + self.sender.len());
        let to_nobody = opcode == REQUEST && mac && zero(self.target_hw);
        if matches!(opcode, REQUEST | REPLY) && !self.sender.is_empty() && self.sender == self.target {
            pdu.computed(ISGRATUITOUS, range.clone(), true);
            if to_nobody {
                pdu.computed(ISANNOUNCEMENT, range, true);
            }
        } else if to_nobody && zero(self.sender) {
            pdu.computed(ISPROBE, range, true);
        }
    }

    fn info(&self, pdu: &mut Pdu<'_>, opcode: u16) {
        let (&[a, b, c, d], &[e, f, g, h]) = (self.sender, self.target) else { return };
        let (sender, target) = (Ipv4Addr::new(a, b, c, d), Ipv4Addr::new(e, f, g, h));
        match opcode {
            REQUEST if sender == target => pdu.info(format_args!("ARP Announcement for {sender}")),
            REQUEST => pdu.info(format_args!("Who has {target}? Tell {sender}")),
            REPLY => pdu.info(format_args!("{sender} is at {}", Colons(self.sender_hw))),
            _ => {}
        }
    }
}

/// `0a:00:00:00:00:01`
struct Colons<'a>(&'a [u8]);

impl fmt::Display for Colons<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            write!(f, "{}{byte:02x}", if i > 0 { ":" } else { "" })?;
        }
        Ok(())
    }
}

builtin!(Arp);

#[test]
fn a_request() {
    check::<Arp>(
        "0001 0800 06 04 0001  020000000001 0a000001  000000000000 0a000002  0000",
        expect![[r#"
            Address Resolution Protocol, Who has 10.0.0.2? Tell 10.0.0.1
              Hardware type: Ethernet (1)
              Protocol type: IPv4 (0x0800)
              Hardware size: 6
              Protocol size: 4
              Opcode: request (1)
              Sender MAC address: 02:00:00:00:00:01
              Sender IP address: 10.0.0.1
              Target MAC address: 00:00:00:00:00:00
              Target IP address: 10.0.0.2
        "#]],
    );
}

#[test]
fn a_reply() {
    check::<Arp>(
        "0001 0800 06 04 0002  020000000001 0a000001  020000000002 0a000002",
        expect![[r#"
            Address Resolution Protocol, 10.0.0.1 is at 02:00:00:00:00:01
              Hardware type: Ethernet (1)
              Protocol type: IPv4 (0x0800)
              Hardware size: 6
              Protocol size: 4
              Opcode: reply (2)
              Sender MAC address: 02:00:00:00:00:01
              Sender IP address: 10.0.0.1
              Target MAC address: 02:00:00:00:00:02
              Target IP address: 10.0.0.2
        "#]],
    );
}

#[test]
fn a_probe() {
    check::<Arp>(
        "0001 0800 06 04 0001  020000000001 00000000  000000000000 0a000002",
        expect![[r#"
            Address Resolution Protocol, Who has 10.0.0.2? Tell 0.0.0.0
              Hardware type: Ethernet (1)
              Protocol type: IPv4 (0x0800)
              Hardware size: 6
              Protocol size: 4
              Opcode: request (1)
              Is probe: True
              Sender MAC address: 02:00:00:00:00:01
              Sender IP address: 0.0.0.0
              Target MAC address: 00:00:00:00:00:00
              Target IP address: 10.0.0.2
        "#]],
    );
}

#[test]
fn an_announcement() {
    check::<Arp>(
        "0001 0800 06 04 0001  020000000001 0a000001  000000000000 0a000001",
        expect![[r#"
            Address Resolution Protocol, ARP Announcement for 10.0.0.1
              Hardware type: Ethernet (1)
              Protocol type: IPv4 (0x0800)
              Hardware size: 6
              Protocol size: 4
              Opcode: request (1)
              Is gratuitous: True
              Is announcement: True
              Sender MAC address: 02:00:00:00:00:01
              Sender IP address: 10.0.0.1
              Target MAC address: 00:00:00:00:00:00
              Target IP address: 10.0.0.1
        "#]],
    );
}

#[test]
fn other_addresses() {
    check::<Arp>(
        "0007 86dd 01 03 0001  0a 0b0b0b  0c 0d0d0d",
        expect![[r#"
            Address Resolution Protocol, request
              Hardware type: ARCNET (7)
              Protocol type: IPv6 (0x86dd)
              Hardware size: 1
              Protocol size: 3
              Opcode: request (1)
              Sender hardware address: 0a
              Sender protocol address: 0b0b0b
              Target hardware address: 0c
              Target protocol address: 0d0d0d
        "#]],
    );
}

#[test]
fn no_hardware_address() {
    check::<Arp>(
        "0017 0800 00 04 0001  0a000001 0a000002",
        expect![[r#"
            Address Resolution Protocol, Who has 10.0.0.2? Tell 10.0.0.1
              Hardware type: Metricom STRIP (23)
              Protocol type: IPv4 (0x0800)
              Hardware size: 0
              Protocol size: 4
              Opcode: request (1)
              Sender IP address: 10.0.0.1
              Target IP address: 10.0.0.2
        "#]],
    );
}

#[test]
fn a_drarp_error() {
    check::<Arp>(
        "0001 0800 06 04 0007  020000000001 00000000  020000000002 03000000",
        expect![[r#"
            Address Resolution Protocol, drarp error
              Hardware type: Ethernet (1)
              Protocol type: IPv4 (0x0800)
              Hardware size: 6
              Protocol size: 4
              Opcode: drarp error (7)
              Sender MAC address: 02:00:00:00:00:01
              Sender IP address: 0.0.0.0
              Target MAC address: 02:00:00:00:00:02
              DRARP error status: serverdown (3)
        "#]],
    );
}

#[test]
fn cut_short() {
    check::<Arp>(
        "0001 0800 06 04 0001  020000000001 0a0000",
        expect![[r#"
            Address Resolution Protocol, request
              Hardware type: Ethernet (1)
              Protocol type: IPv4 (0x0800)
              Hardware size: 6
              Protocol size: 4
              Opcode: request (1)
              Sender MAC address: 02:00:00:00:00:01
              [error] short: arp.src.proto_ipv4 needs 4 bytes at offset 14, 3 are there
        "#]],
    );
}
