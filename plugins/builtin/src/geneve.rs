//! Geneve, generic network virtualization encapsulation (RFC 8926, section 3).

use crate::eth::Place;
use crate::ethertypes::ETHERTYPES;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Geneve;

protocol! {
    /// Generic network virtualization encapsulation.
    Geneve = geneve "Geneve", "Generic Network Virtualization Encapsulation" {
        version: u8 & 0xc0                  "Version",
        /// First that of all options, then that of each one, with its header.
        option.length: computed u8          "Length" unit "bytes",
        flags: u8 hex                       "Flags" {
            oam: 0x80                       "Operations, Administration and Management Frame",
            critical: 0x40                  "Critical Options Present",
            reserved: bool 0x3f             "Reserved",
        },
        proto_type: u16 hex                 "Protocol Type" = ETHERTYPES,
        vni: u24 hex                        "Virtual Network Identifier (VNI)",
        reserved: u8 hex                    "Reserved",
        options: bytes                      "Geneve Options",
        option: bytes                       "Option",
        option.class: u16 hex               "Class" = { 0x0132 "Google LLC" },
        option.type: u8 hex                 "Type" {
            critical: 0x80                  "Critical Option",
        },
        option.flags: u8 hex & 0xe0         "Flags",
        option.flags.reserved: bool(u8) & 0xe0 "Reserved",
        option.unknown.data: bytes          "Unknown Option Data",
    }
    claims { udp.port = 6081 }
    tables { ETHERTYPE: "ethertype", ETH: "@eth" }
}

const ETHERNET: u16 = 0x6558;
/// Google's options, which Wireshark knows.
const GOOGLE: u16 = 0x0132;

impl Dissector for Geneve {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.show(VERSION)?;
        let len = 4 * usize::from(pdu.rest().first().copied().unwrap_or(0) & 0x3f);
        pdu.computed(OPTION_LENGTH, 0..1, len);
        pdu.skip(1)?;
        pdu.take(FLAGS)?;
        let protocol = pdu.take(PROTO_TYPE)?;
        let vni = pdu.take(VNI)?;
        pdu.take(RESERVED)?;
        pdu.info(format_args!("VNI: 0x{vni:06x}"));
        let end = pdu.position() + len;
        if len > 0 {
            let at = pdu.position();
            if len <= pdu.remaining() {
                pdu.mark(OPTIONS, at..end);
            }
            while pdu.position() < end {
                option(pdu, end)?;
            }
        }
        if protocol == ETHERNET {
            pdu.hand_to(ETH).context(Place::TUNNEL.0);
        } else {
            pdu.hand_on(ETHERTYPE, protocol).context(Place::TUNNEL.0);
        }
        Ok(())
    }
}

/// One option of those that end at `end`.
fn option(pdu: &mut Pdu<'_>, end: usize) -> Step {
    let at = pdu.position();
    let data_len = 4 * usize::from(pdu.rest().get(3).copied().unwrap_or(0) & 0x1f);
    let len = 4 + data_len;
    if at + len <= end && len <= pdu.remaining() {
        pdu.mark(OPTION, at..at + len);
    }
    let class = pdu.take(OPTION_CLASS)?;
    let kind = pdu.take(OPTION_TYPE)?;
    pdu.show(OPTION_FLAGS)?;
    pdu.take(OPTION_FLAGS_RESERVED)?;
    pdu.computed(OPTION_LENGTH, at + 3..at + 4, len);
    if at + len > end {
        let text = format_args!("{len} bytes, but there are {}", end.saturating_sub(at));
        pdu.diagnostic(Severity::Error, "bad-length", at + 3..at + 4, text);
        return pdu.skip(end.saturating_sub(at + 4));
    }
    if data_len == 0 || class == GOOGLE && matches!(kind, 1..=3) {
        return pdu.skip(data_len);
    }
    pdu.take_bytes(OPTION_UNKNOWN_DATA, data_len)?;
    Ok(())
}

builtin!(Geneve);

#[test]
fn packets() {
    check::<Geneve>(
        "00 00 6558 00000a 00 ffff",
        expect![[r#"
            Generic Network Virtualization Encapsulation, VNI: 0x00000a
              Version: 0
              Length: 0 bytes
              Flags: 0x00
                0... .... = Operations, Administration and Management Frame: False
                .0.. .... = Critical Options Present: False
                ..00 0000 = Reserved: False
              Protocol Type: Transparent Ethernet bridging (0x6558)
              Virtual Network Identifier (VNI): 0x00000a
              Reserved: 0x00
            → @eth [0]: bytes 8..10
        "#]],
    );
    check::<Geneve>(
        "02 40 0800 00000a 00  0102 80 01 0000000c 45",
        expect![[r#"
            Generic Network Virtualization Encapsulation, VNI: 0x00000a
              Version: 0
              Length: 8 bytes
              Flags: 0x40
                0... .... = Operations, Administration and Management Frame: False
                .1.. .... = Critical Options Present: True
                ..00 0000 = Reserved: False
              Protocol Type: IPv4 (0x0800)
              Virtual Network Identifier (VNI): 0x00000a
              Reserved: 0x00
              Geneve Options: 010280010000000c
              Option: 010280010000000c
              Class: 0x0102
              Type: 0x80
                1... .... = Critical Option: True
              Flags: 0x0
              Reserved: False
              Length: 8 bytes
              Unknown Option Data: 0000000c
            → ethertype [2048]: bytes 16..17
        "#]],
    );
}

#[test]
fn bad_options() {
    check::<Geneve>(
        "01 00 0800 00000a 00  0102 80 01 45",
        expect![[r#"
            Generic Network Virtualization Encapsulation, VNI: 0x00000a
              Version: 0
              Length: 4 bytes
              Flags: 0x00
                0... .... = Operations, Administration and Management Frame: False
                .0.. .... = Critical Options Present: False
                ..00 0000 = Reserved: False
              Protocol Type: IPv4 (0x0800)
              Virtual Network Identifier (VNI): 0x00000a
              Reserved: 0x00
              Geneve Options: 01028001
              Class: 0x0102
              Type: 0x80
                1... .... = Critical Option: True
              Flags: 0x0
              Reserved: False
              Length: 8 bytes
              [error] bad-length: 8 bytes, but there are 4
            → ethertype [2048]: bytes 12..13
        "#]],
    );
    check::<Geneve>(
        "02 00 0800 00000a 00  0102 80",
        expect![[r#"
            Generic Network Virtualization Encapsulation, VNI: 0x00000a
              Version: 0
              Length: 8 bytes
              Flags: 0x00
                0... .... = Operations, Administration and Management Frame: False
                .0.. .... = Critical Options Present: False
                ..00 0000 = Reserved: False
              Protocol Type: IPv4 (0x0800)
              Virtual Network Identifier (VNI): 0x00000a
              Reserved: 0x00
              Class: 0x0102
              Type: 0x80
                1... .... = Critical Option: True
              [error] short: geneve.option.flags needs 1 bytes at offset 11, 0 are there
        "#]],
    );
}
