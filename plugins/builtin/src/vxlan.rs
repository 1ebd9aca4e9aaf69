//! VXLAN: Ethernet frames in UDP (RFC 7348), with the group policy of draft-smith-vxlan-group-policy; and on a port of
//! its own the Generic Protocol Extension (draft-ietf-nvo3-vxlan-gpe).

use crate::eth::Place;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Vxlan;

protocol! {
    /// Virtual eXtensible Local Area Network, with and without the Generic Protocol Extension.
    Vxlan = vxlan "VXLAN", "Virtual eXtensible Local Area Network" {
        flags: u16 hex                 "Flags" {
            .flag_g: 0x8000            "GBP Extension" = { 0 "Not defined", 1 "Defined" },
            .flag_i: 0x0800            "VXLAN Network ID (VNI)",
            .flag_d: 0x0040            "Don't Learn",
            .flag_a: 0x0008            "Policy Applied",
            .flags_reserved: hex 0x77b7    "Reserved(R)",
        },
        flags as GPE_FLAGS: u8 hex     "Flags" {
            .ver: 0x30                 "Version",
            .i_bit: uint 0x08          "Instance",
            .p_bit: uint 0x04          "Next Protocol Bit",
            .o_bit: uint 0x01          "OAM bit",
            .flags_reserved as GPE_FLAGS_RESERVED: hex 0xc2    "Reserved(R)",
        },
        /// Which policies are applied to the frame, if the G flag is set.
        gbp: u16                       "Group Policy ID",
        reserved_16: u16               "Reserved",
        next_proto: u8                 "Next Protocol" = {
            1 "IPv4", 2 "IPv6", 3 "Ethernet", 4 "Network Service Header", 5 "MPLS",
        },
        vni: u24                       "VXLAN Network Identifier (VNI)",
        reserved8: u8                  "Reserved",
    }
    claims { udp.port = [4789, 4790] }
    tables { ETH: "@eth", IP: "@ip", IPV6: "@ipv6", MPLS: "@mpls", NEXT_PROTO_TABLE: "vxlan.next_proto" }
}

/// Position of the port of the Generic Protocol Extension in the claims.
const GPE: usize = 1;
const ETHERNET: u8 = 3;

impl Dissector for Vxlan {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let mut next = ETHERNET;
        if pdu.claim() == Some(GPE) {
            pdu.take(GPE_FLAGS)?;
            pdu.take(RESERVED_16)?;
            next = pdu.take(NEXT_PROTO)?;
        } else {
            pdu.take(FLAGS)?;
            pdu.take(GBP)?;
        }
        let vni = pdu.take(VNI)?;
        pdu.take(RESERVED8)?;
        pdu.info(format_args!("VNI {vni}"));
        match next {
            1 => pdu.hand_to(IP),
            2 => pdu.hand_to(IPV6),
            ETHERNET => pdu.hand_to(ETH).context(Place::TUNNEL.0),
            5 => pdu.hand_to(MPLS),
            _ => pdu.hand_on(NEXT_PROTO_TABLE, next),
        };
        Ok(())
    }
}

builtin!(Vxlan);

#[test]
fn a_frame() {
    check::<Vxlan>(
        "0800 0000 001389 00  ffffffffffff",
        expect![[r#"
            Virtual eXtensible Local Area Network, VNI 5001
              Flags: 0x0800
                0... .... .... .... = GBP Extension: Not defined
                .... 1... .... .... = VXLAN Network ID (VNI): True
                .... .... .0.. .... = Don't Learn: False
                .... .... .... 0... = Policy Applied: False
                .000 .000 0.00 .000 = Reserved(R): 0x000
              Group Policy ID: 0
              VXLAN Network Identifier (VNI): 5001
              Reserved: 0
            → @eth [0]: bytes 8..14
        "#]],
    );
}

#[test]
fn a_group_policy() {
    check::<Vxlan>(
        "8848 0017 001389 00  ffffffffffff",
        expect![[r#"
            Virtual eXtensible Local Area Network, VNI 5001
              Flags: 0x8848
                1... .... .... .... = GBP Extension: Defined
                .... 1... .... .... = VXLAN Network ID (VNI): True
                .... .... .1.. .... = Don't Learn: True
                .... .... .... 1... = Policy Applied: True
                .000 .000 0.00 .000 = Reserved(R): 0x000
              Group Policy ID: 23
              VXLAN Network Identifier (VNI): 5001
              Reserved: 0
            → @eth [0]: bytes 8..14
        "#]],
    );
}

#[test]
fn cut_short() {
    check::<Vxlan>(
        "0800 0000 0013",
        expect![[r#"
            Virtual eXtensible Local Area Network
              Flags: 0x0800
                0... .... .... .... = GBP Extension: Not defined
                .... 1... .... .... = VXLAN Network ID (VNI): True
                .... .... .0.. .... = Don't Learn: False
                .... .... .... 0... = Policy Applied: False
                .000 .000 0.00 .000 = Reserved(R): 0x000
              Group Policy ID: 0
              [error] short: vxlan.vni needs 3 bytes at offset 4, 2 are there
        "#]],
    );
}
