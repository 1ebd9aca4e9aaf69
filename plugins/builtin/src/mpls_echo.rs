//! MPLS echo, LSP ping and traceroute (RFC 8029, section 3).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct MplsEcho;

protocol! {
    /// Multiprotocol Label Switching Echo.
    MplsEcho = "mpls-echo" "MPLS ECHO", "Multiprotocol Label Switching Echo" {
        .mpls_echo.version: u16         "Version",
        .mpls_echo.flags: u16 hex       "Global Flags",
        .mpls_echo.flag_sbz: u16 hex & 0xfff8 "Reserved",
        .mpls_echo.flag_r: bool(u16) & 0x0004 "Validate Reverse Path",
        .mpls_echo.flag_t: bool(u16) & 0x0002 "Respond only if TTL expired",
        .mpls_echo.flag_v: bool(u16) & 0x0001 "Validate FEC Stack",
        .mpls_echo.msg_type: u8         "Message Type" = {
            1 "MPLS Echo Request", 2 "MPLS Echo Reply", 3 "MPLS Data Plane Verification Request",
            4 "MPLS Data Plane Verification Reply",
        },
        .mpls_echo.reply_mode: u8       "Reply Mode" = {
            1 "Do not reply", 2 "Reply via an IPv4/IPv6 UDP packet",
            3 "Reply via an IPv4/IPv6 UDP packet with Router Alert",
            4 "Reply via application level control channel",
        },
        .mpls_echo.return_code: u8      "Return Code" = {
            0 "No return code", 1 "Malformed echo request received",
            2 "One or more of the TLVs was not understood",
            3 "Replying router is an egress for the FEC at stack depth RSC",
            4 "Replying router has no mapping for the FEC at stack depth RSC", 5 "Downstream Mapping Mismatch",
            6 "Upstream Interface Index Unknown", 7 "Reserved", 8 "Label switched at stack-depth RSC",
            9 "Label switched but no MPLS forwarding at stack-depth RSC",
            10 "Mapping for this FEC is not the given label at stack depth RSC",
            11 "No label entry at stack-depth RSC",
            12 "Protocol not associated with interface at FEC stack depth RSC",
            13 "Premature termination, label stack shrinking to a single label",
        },
        .mpls_echo.return_subcode: u8   "Return Subcode",
        .mpls_echo.sender_handle: u32 hex "Sender's Handle",
        .mpls_echo.sequence: u32        "Sequence Number",
        .mpls_echo.timestamp_sent: time_ntp "Timestamp Sent",
        .mpls_echo.timestamp_rec: time_ntp "Timestamp Received",
        .mpls_echo.tlv: group           "TLV",
        .mpls_echo.tlv.type: u16        "Type" = {
            1 "Target FEC Stack", 2 "Downstream Mapping", 3 "Pad", 4 "Error Code", 5 "Vendor Enterprise Code",
            7 "Interface and Label Stack Object", 9 "Errored TLVs", 10 "Reply TOS Byte",
            20 "Detailed Downstream Mapping",
        },
        .mpls_echo.tlv.len: u16         "Length",
        .mpls_echo.tlv.fec: group       "FEC Element",
        .mpls_echo.tlv.fec.type: u16    "Type" = {
            1 "LDP IPv4 prefix", 2 "LDP IPv6 prefix", 3 "RSVP IPv4 Session Query", 4 "RSVP IPv6 Session Query",
            6 "VPN IPv4 prefix", 7 "VPN IPv6 prefix", 8 "L2 VPN endpoint",
            9 "FEC 128 Pseudowire (old)", 10 "FEC 128 Pseudowire (new)", 11 "FEC 129 Pseudowire",
            12 "BGP labeled IPv4 prefix", 13 "BGP labeled IPv6 prefix", 14 "Generic IPv4 prefix",
            15 "Generic IPv6 prefix", 16 "Nil FEC",
        },
        .mpls_echo.tlv.fec.len: u16     "Length",
        .mpls_echo.tlv.fec.ldp_ipv4: ipv4 "IPv4 Prefix",
        .mpls_echo.tlv.fec.ldp_ipv4_mask: u8 "Prefix Length",
        .mpls_echo.tlv.fec.ldp_ipv6: ipv6 "IPv6 Prefix",
        .mpls_echo.tlv.fec.ldp_ipv6_mask: u8 "Prefix Length",
        .mpls_echo.tlv.fec.rsvp_ipv4_ep: ipv4 "IPv4 Tunnel endpoint address",
        .mpls_echo.tlv.fec.rsvp_ip_tun_id: u16 "Tunnel ID",
        .mpls_echo.tlv.fec.rsvp_ipv4_ext_tun_id: u32 hex "Extended Tunnel ID",
        .mpls_echo.tlv.fec.rsvp_ipv4_sender: ipv4 "IPv4 Tunnel sender address",
        .mpls_echo.tlv.fec.rsvp_ip_lsp_id: u16 "LSP ID",
        .mpls_echo.tlv.fec.value: bytes "Value",
        .mpls_echo.tlv.pad_action: u8   "Pad Action" = {
            1 "Drop Pad TLV from reply", 2 "Copy Pad TLV to reply",
        },
        .mpls_echo.tlv.pad_padding: bytes "Padding",
        .mpls_echo.tlv.vendor_id: u32   "Vendor Id",
        .mpls_echo.tlv.value: bytes     "Value",
    }
    claims { udp.port = 3503 }
}

const FEC_STACK: u16 = 1;
const PAD: u16 = 3;
const VENDOR: u16 = 5;

impl Dissector for MplsEcho {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(MPLS_ECHO_VERSION)?;
        pdu.show(MPLS_ECHO_FLAGS)?;
        pdu.show(MPLS_ECHO_FLAG_SBZ)?;
        pdu.show(MPLS_ECHO_FLAG_R)?;
        pdu.show(MPLS_ECHO_FLAG_T)?;
        pdu.take(MPLS_ECHO_FLAG_V)?;
        let kind = pdu.take(MPLS_ECHO_MSG_TYPE)?;
        pdu.info(format_args!("{}", Self::name(MPLS_ECHO_MSG_TYPE, kind)));
        pdu.take(MPLS_ECHO_REPLY_MODE)?;
        pdu.take(MPLS_ECHO_RETURN_CODE)?;
        pdu.take(MPLS_ECHO_RETURN_SUBCODE)?;
        pdu.take(MPLS_ECHO_SENDER_HANDLE)?;
        pdu.take(MPLS_ECHO_SEQUENCE)?;
        pdu.take(MPLS_ECHO_TIMESTAMP_SENT)?;
        pdu.take(MPLS_ECHO_TIMESTAMP_REC)?;
        while pdu.remaining() > 0 {
            pdu.group(MPLS_ECHO_TLV, |pdu| {
                let kind = pdu.take(MPLS_ECHO_TLV_TYPE)?;
                let len = usize::from(pdu.take(MPLS_ECHO_TLV_LEN)?);
                pdu.within(MPLS_ECHO_TLV_LEN, len, |pdu| value(pdu, kind))?;
                padding(pdu, len)
            })?;
        }
        Ok(())
    }
}

/// TLVs are padded to four bytes, of which the length does not tell.
fn padding(pdu: &mut Pdu<'_>, len: usize) -> Step {
    pdu.skip((len.next_multiple_of(4) - len).min(pdu.remaining()))
}

fn value(pdu: &mut Pdu<'_>, kind: u16) -> Step {
    match kind {
        FEC_STACK => {
            while pdu.remaining() > 0 {
                pdu.group(MPLS_ECHO_TLV_FEC, |pdu| {
                    let kind = pdu.take(MPLS_ECHO_TLV_FEC_TYPE)?;
                    let len = usize::from(pdu.take(MPLS_ECHO_TLV_FEC_LEN)?);
                    pdu.within(MPLS_ECHO_TLV_FEC_LEN, len, |pdu| fec(pdu, kind, len))?;
                    padding(pdu, len)
                })?;
            }
        }
        PAD => {
            pdu.take(MPLS_ECHO_TLV_PAD_ACTION)?;
            pdu.take_rest(MPLS_ECHO_TLV_PAD_PADDING);
        }
        VENDOR => drop(pdu.take(MPLS_ECHO_TLV_VENDOR_ID)?),
        _ if pdu.remaining() > 0 => drop(pdu.take_rest(MPLS_ECHO_TLV_VALUE)),
        _ => {}
    }
    Ok(())
}

fn fec(pdu: &mut Pdu<'_>, kind: u16, len: usize) -> Step {
    match (kind, len) {
        (1, 5..) => {
            pdu.take(MPLS_ECHO_TLV_FEC_LDP_IPV4)?;
            pdu.take(MPLS_ECHO_TLV_FEC_LDP_IPV4_MASK)?;
        }
        (2, 17..) => {
            pdu.take(MPLS_ECHO_TLV_FEC_LDP_IPV6)?;
            pdu.take(MPLS_ECHO_TLV_FEC_LDP_IPV6_MASK)?;
        }
        (3, 20) => {
            pdu.take(MPLS_ECHO_TLV_FEC_RSVP_IPV4_EP)?;
            pdu.skip(2)?;
            pdu.take(MPLS_ECHO_TLV_FEC_RSVP_IP_TUN_ID)?;
            pdu.take(MPLS_ECHO_TLV_FEC_RSVP_IPV4_EXT_TUN_ID)?;
            pdu.take(MPLS_ECHO_TLV_FEC_RSVP_IPV4_SENDER)?;
            pdu.skip(2)?;
            pdu.take(MPLS_ECHO_TLV_FEC_RSVP_IP_LSP_ID)?;
        }
        (_, 0) => {}
        _ => drop(pdu.take_rest(MPLS_ECHO_TLV_FEC_VALUE)),
    }
    Ok(())
}

builtin!(MplsEcho);

#[test]
fn a_request() {
    check::<MplsEcho>(
        "0001 0001 01 02 00 00 00000000 00000001 e3c8a2fb 00000000 0000000000000000
         0001 000c 0001 0005 0a000001 20 000000",
        expect![[r#"
            Multiprotocol Label Switching Echo, MPLS Echo Request
              Version: 1
              Global Flags: 0x0001
              Reserved: 0x0000
              Validate Reverse Path: False
              Respond only if TTL expired: False
              Validate FEC Stack: True
              Message Type: MPLS Echo Request (1)
              Reply Mode: Reply via an IPv4/IPv6 UDP packet (2)
              Return Code: No return code (0)
              Return Subcode: 0
              Sender's Handle: 0x00000000
              Sequence Number: 1
              Timestamp Sent: Feb  6, 2021 05:09:15.000000000 UTC
              Timestamp Received: Jan  1, 1970 00:00:00.000000000 UTC
              TLV: Target FEC Stack (1)
                Type: Target FEC Stack (1)
                Length: 12
                FEC Element: LDP IPv4 prefix (1)
                  Type: LDP IPv4 prefix (1)
                  Length: 5
                  IPv4 Prefix: 10.0.0.1
                  Prefix Length: 32
        "#]],
    );
    check::<MplsEcho>(
        "0001 0000 02 02 03 00 00000000 00000001 e3c8a2fb 0000",
        expect![[r#"
        Multiprotocol Label Switching Echo, MPLS Echo Reply
          Version: 1
          Global Flags: 0x0000
          Reserved: 0x0000
          Validate Reverse Path: False
          Respond only if TTL expired: False
          Validate FEC Stack: False
          Message Type: MPLS Echo Reply (2)
          Reply Mode: Reply via an IPv4/IPv6 UDP packet (2)
          Return Code: Replying router is an egress for the FEC at stack depth RSC (3)
          Return Subcode: 0
          Sender's Handle: 0x00000000
          Sequence Number: 1
          [error] short: mpls_echo.timestamp_sent needs 8 bytes at offset 16, 6 are there
    "#]],
    );
    check::<MplsEcho>(
        "0001 0000 02 02 03 00 00000000 00000001 e3c8a2fb 00000000 0000000000000000 0003 0010 01 0000",
        expect![[r#"
            Multiprotocol Label Switching Echo, MPLS Echo Reply
              Version: 1
              Global Flags: 0x0000
              Reserved: 0x0000
              Validate Reverse Path: False
              Respond only if TTL expired: False
              Validate FEC Stack: False
              Message Type: MPLS Echo Reply (2)
              Reply Mode: Reply via an IPv4/IPv6 UDP packet (2)
              Return Code: Replying router is an egress for the FEC at stack depth RSC (3)
              Return Subcode: 0
              Sender's Handle: 0x00000000
              Sequence Number: 1
              Timestamp Sent: Feb  6, 2021 05:09:15.000000000 UTC
              Timestamp Received: Jan  1, 1970 00:00:00.000000000 UTC
              TLV: Pad (3)
                Type: Pad (3)
                Length: 16
                Pad Action: Drop Pad TLV from reply (1)
                Padding: 0000
        "#]],
    );
}
