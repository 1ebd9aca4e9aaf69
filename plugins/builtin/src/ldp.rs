//! LDP, the Label Distribution Protocol (RFC 5036).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Ldp;

protocol! {
    /// Label Distribution Protocol (RFC 5036).
    Ldp = ldp "LDP", "Label Distribution Protocol" {
        hdr.version: u16                        "Version",
        hdr.pdu_len: u16                        "PDU Length",
        hdr.ldpid.lsr: ipv4                     "LSR ID",
        hdr.ldpid.lsid: u16                     "Label Space ID",
        msg: group                              "Message",
        msg.ubit: bool & 0x80                   "U bit" = { 0 "Unknown bit not set", 1 "Unknown bit set" },
        msg.type: u16 hex & 0x7fff              "Message Type" = {
            0x0001 "Notification Message", 0x0100 "Hello Message", 0x0200 "Initialization Message",
            0x0201 "Keep Alive Message", 0x0202 "Capability Message", 0x0300 "Address Message",
            0x0301 "Address Withdrawal Message", 0x0400 "Label Mapping Message", 0x0401 "Label Request Message",
            0x0402 "Label Withdrawal Message", 0x0403 "Label Release Message", 0x0404 "Label Abort Request Message",
        },
        msg.len: u16                            "Message Length",
        msg.id: u32 hex                         "Message ID",
        msg.tlv: group                          "TLV",
        msg.tlv.unknown: u8 hex & 0xc0          "TLV Unknown bits" = {
            0 "Known TLV, do not Forward", 1 "Known TLV, do Forward", 2 "Unknown TLV, do not Forward",
            3 "Unknown TLV, do Forward",
        },
        msg.tlv.type: u16 hex & 0x3fff          "TLV Type" = {
            0x0100 "FEC", 0x0101 "Address List", 0x0103 "Hop Count", 0x0104 "Path Vector", 0x0200 "Generic Label",
            0x0201 "ATM Label", 0x0202 "Frame Relay Label", 0x0300 "Status", 0x0301 "Extended Status", 0x0302 "Returned PDU",
            0x0303 "Returned Message", 0x0400 "Common Hello Parameters", 0x0401 "IPv4 Transport Address",
            0x0402 "Configuration Sequence Number", 0x0403 "IPv6 Transport Address", 0x0500 "Common Session Parameters",
            0x0501 "ATM Session Parameters", 0x0502 "Frame Relay Session Parameters", 0x0503 "Fault Tolerance",
            0x0506 "Dynamic Capability Announcement", 0x050b "Typed Wildcard FEC Capability", 0x0600 "Label Request Message ID",
            0x0603 "Unrecognized Notification", 0x0701 "Dual-Stack capability",
        },
        msg.tlv.len: u16                        "TLV Length",
        msg.tlv.value: bytes                    "TLV Value",
        msg.tlv.hello.hold: u16                 "Hold Time",
        msg.tlv.hello.targeted: bool(u16) & 0x8000 "Targeted Hello" = { 0 "Link Hello", 1 "Targeted Hello" },
        msg.tlv.hello.requested: bool(u16) & 0x4000 "Hello Requested",
        msg.tlv.hello.gtsm: bool(u16) & 0x2000  "GTSM Flag" = { 0 "Not set", 1 "Set" },
        msg.tlv.hello.res: u16 hex & 0x1fff     "Reserved",
        msg.tlv.hello.cnf_seqno: u32            "Configuration Sequence Number",
        msg.tlv.ipv4.taddr: ipv4                "IPv4 Transport Address",
        msg.tlv.ipv6.taddr: ipv6                "IPv6 Transport Address",
        msg.tlv.sess.ver: u16                   "Session Protocol Version",
        msg.tlv.sess.ka: u16                    "Session KeepAlive Time",
        msg.tlv.sess.advbit: bool & 0x80        "Session Label Advertisement Discipline" = {
            0 "Downstream Unsolicited proposed", 1 "Downstream On Demand proposed",
        },
        msg.tlv.sess.ldetbit: bool & 0x40       "Session Loop Detection" = {
            0 "Loop Detection Disabled", 1 "Loop Detection Enabled",
        },
        msg.tlv.sess.pvlim: u8                  "Session Path Vector Limit",
        msg.tlv.sess.mxpdu: u16                 "Session Max PDU Length",
        msg.tlv.sess.rxlsr: ipv4                "Session Receiver LSR Identifier",
        msg.tlv.sess.rxls: u16                  "Session Receiver Label Space Identifier",
        msg.tlv.status.ebit: bool & 0x80        "E Bit" = { 0 "Advisory Notification", 1 "Fatal Error Notification" },
        msg.tlv.status.fbit: bool & 0x40        "F Bit" = { 0 "Notification should not be forwarded", 1 "Notification should be forwarded" },
        msg.tlv.status.data: u32 hex & 0x3fffffff "Status Data" = {
            0x00 "Success", 0x01 "Bad LDP Identifier", 0x02 "Bad Protocol Version", 0x03 "Bad PDU Length",
            0x04 "Unknown Message Type", 0x05 "Bad Message Length", 0x06 "Unknown TLV", 0x07 "Bad TLV Length",
            0x08 "Malformed TLV Value", 0x09 "Hold Timer Expired", 0x0a "Shutdown", 0x0b "Loop Detected",
            0x0c "Unknown FEC", 0x0d "No Route", 0x0e "No Label Resources", 0x0f "Label Resources / Available",
            0x10 "Session Rejected / No Hello", 0x11 "Session Rejected / Parameters Advertisement Mode",
            0x12 "Session Rejected / Parameters Max PDU Length", 0x13 "Session Rejected / Parameters Label Range",
            0x14 "KeepAlive Timer Expired", 0x15 "Label Request Aborted", 0x16 "Missing Message Parameters",
            0x17 "Unsupported Address Family", 0x18 "Session Rejected / Bad KeepAlive Time", 0x19 "Internal Error",
        },
        msg.tlv.status.msg.id: u32 hex          "Message ID",
        msg.tlv.status.msg.type: u16 hex        "Message Type",
        msg.tlv.addrl.addr_family: u16          "Address Family" = FAMILIES,
        msg.tlv.addrl.addr: computed str        "Address",
        msg.tlv.fec.type: u8                    "FEC Element Type" = {
            1 "Wildcard FEC", 2 "Prefix FEC", 3 "Host Address FEC", 5 "Typed Wildcard FEC", 128 "PWid FEC Element",
            129 "Generalized PWid FEC",
        },
        msg.tlv.fec.af: u16                     "FEC Element Address Type" = FAMILIES,
        msg.tlv.fec.len: u8                     "FEC Element Length",
        msg.tlv.fec.pfval: computed str         "FEC Element Prefix Value",
        msg.tlv.fec.hoval: computed str         "FEC Element Host Address Value",
        msg.tlv.fec.vc.controlword: bool & 0x80 "C-bit" = { 0 "No control word", 1 "Control word present" },
        msg.tlv.fec.vc.vctype: u16 hex & 0x7fff "VC Type",
        msg.tlv.fec.vc.infolength: u8           "VC Info Length",
        msg.tlv.fec.vc.groupid: u32             "Group ID",
        msg.tlv.fec.vc.vcid: u32                "VC ID",
        msg.tlv.fec.vc.intparam.id: u8 hex      "ID",
        msg.tlv.fec.vc.intparam.length: u8      "Length",
        msg.tlv.fec.vc.intparam.mtu: u16        "MTU",
        msg.tlv.generic.label: u32 hex & 0x000fffff "Generic Label",
        msg.tlv.hc.value: u8                    "Hop Count Value",
        msg.tlv.pv.lsrid: ipv4                  "LSR Id",
        msg.tlv.lbl_req_msg_id: u32 hex         "Label Request Message ID",
    }
    claims { tcp.port = 646, udp.port = 646 }
}

value_names! {
    /// Address families (IANA).
    FAMILIES { 1 "IPv4", 2 "IPv6" }
}

/// Version and length, which the length does not count.
const UNCOUNTED: usize = 4;

impl Dissector for Ldp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if let [high, low, ..] = *pdu.rest()
            && (high, low) != (0, 1)
        {
            return pdu.reject();
        }
        // Datagrams may have several PDUs; of a stream each is given alone.
        let in_stream = pdu.is_stream();
        loop {
            let start = pdu.position();
            pdu.take(HDR_VERSION)?;
            let len = usize::from(pdu.take(HDR_PDU_LEN)?);
            if in_stream {
                pdu.set_len(HDR_PDU_LEN, UNCOUNTED + len);
                pdu.wait_for(UNCOUNTED + len)?;
            }
            pdu.within(HDR_PDU_LEN, len, |pdu| {
                pdu.take(HDR_LDPID_LSR)?;
                pdu.take(HDR_LDPID_LSID)?;
                while pdu.wire_remaining() > 0 {
                    pdu.group(MSG, message)?;
                }
                Ok(())
            })?;
            if in_stream || pdu.wire_remaining() == 0 || pdu.position() == start {
                return Ok(());
            }
        }
    }
}

fn message(pdu: &mut Pdu<'_>) -> Step {
    pdu.show(MSG_UBIT)?;
    let kind = pdu.take(MSG_TYPE)?;
    pdu.info(format_args!("{}", Ldp::name(MSG_TYPE, kind)));
    let len = pdu.take(MSG_LEN)?.into();
    pdu.within(MSG_LEN, len, |pdu| {
        pdu.take(MSG_ID)?;
        while pdu.wire_remaining() > 0 {
            pdu.group(MSG_TLV, |pdu| {
                pdu.show(MSG_TLV_UNKNOWN)?;
                let kind = pdu.take(MSG_TLV_TYPE)?;
                let len = usize::from(pdu.take(MSG_TLV_LEN)?);
                pdu.within(MSG_TLV_LEN, len, |pdu| value(pdu, kind, len))
            })?;
        }
        Ok(())
    })
}

fn value(pdu: &mut Pdu<'_>, kind: u16, len: usize) -> Step {
    match (kind, len) {
        (0x0100, _) => {
            while pdu.wire_remaining() > 0 {
                element(pdu)?;
            }
        }
        (0x0101, 2..) => {
            let family = pdu.take(MSG_TLV_ADDRL_ADDR_FAMILY)?;
            let width = if family == 1 { 4 } else { 16 };
            while pdu.wire_remaining() > 0 {
                address(pdu, MSG_TLV_ADDRL_ADDR, family, width)?;
            }
        }
        (0x0103, 1) => drop(pdu.take(MSG_TLV_HC_VALUE)?),
        (0x0104, _) => {
            while pdu.wire_remaining() > 0 {
                pdu.take(MSG_TLV_PV_LSRID)?;
            }
        }
        (0x0200, 4) => drop(pdu.take(MSG_TLV_GENERIC_LABEL)?),
        (0x0300, 10) => {
            pdu.show(MSG_TLV_STATUS_EBIT)?;
            pdu.show(MSG_TLV_STATUS_FBIT)?;
            pdu.take(MSG_TLV_STATUS_DATA)?;
            pdu.take(MSG_TLV_STATUS_MSG_ID)?;
            pdu.take(MSG_TLV_STATUS_MSG_TYPE)?;
        }
        (0x0400, 4) => {
            pdu.take(MSG_TLV_HELLO_HOLD)?;
            pdu.show(MSG_TLV_HELLO_TARGETED)?;
            pdu.show(MSG_TLV_HELLO_REQUESTED)?;
            pdu.show(MSG_TLV_HELLO_GTSM)?;
            pdu.take(MSG_TLV_HELLO_RES)?;
        }
        (0x0401, 4) => drop(pdu.take(MSG_TLV_IPV4_TADDR)?),
        (0x0402, 4) => drop(pdu.take(MSG_TLV_HELLO_CNF_SEQNO)?),
        (0x0403, 16) => drop(pdu.take(MSG_TLV_IPV6_TADDR)?),
        (0x0500, 14) => {
            pdu.take(MSG_TLV_SESS_VER)?;
            pdu.take(MSG_TLV_SESS_KA)?;
            pdu.show(MSG_TLV_SESS_ADVBIT)?;
            pdu.take(MSG_TLV_SESS_LDETBIT)?;
            pdu.take(MSG_TLV_SESS_PVLIM)?;
            pdu.take(MSG_TLV_SESS_MXPDU)?;
            pdu.take(MSG_TLV_SESS_RXLSR)?;
            pdu.take(MSG_TLV_SESS_RXLS)?;
        }
        (0x0600, 4) => drop(pdu.take(MSG_TLV_LBL_REQ_MSG_ID)?),
        (_, 1..) => drop(pdu.take_bytes(MSG_TLV_VALUE, len)?),
        _ => {}
    }
    Ok(())
}

/// A forwarding equivalence class (RFC 5036, section 3.4.1; RFC 8077, section 6.1 for pseudowires).
fn element(pdu: &mut Pdu<'_>) -> Step {
    match pdu.take(MSG_TLV_FEC_TYPE)? {
        2 => {
            let family = pdu.take(MSG_TLV_FEC_AF)?;
            let bits = pdu.take(MSG_TLV_FEC_LEN)?;
            address(pdu, MSG_TLV_FEC_PFVAL, family, usize::from(bits).div_ceil(8))
        }
        3 => {
            let family = pdu.take(MSG_TLV_FEC_AF)?;
            let len = pdu.take(MSG_TLV_FEC_LEN)?.into();
            address(pdu, MSG_TLV_FEC_HOVAL, family, len)
        }
        128 => {
            pdu.show(MSG_TLV_FEC_VC_CONTROLWORD)?;
            pdu.take(MSG_TLV_FEC_VC_VCTYPE)?;
            let len = pdu.take(MSG_TLV_FEC_VC_INFOLENGTH)?.into();
            pdu.take(MSG_TLV_FEC_VC_GROUPID)?;
            pdu.within(MSG_TLV_FEC_VC_INFOLENGTH, len, |pdu| {
                if len > 0 {
                    pdu.take(MSG_TLV_FEC_VC_VCID)?;
                }
                while pdu.wire_remaining() > 0 {
                    parameter(pdu)?;
                }
                Ok(())
            })
        }
        // How long others are isn't known.
        _ => pdu.skip(pdu.remaining()),
    }
}

/// An interface parameter, whose length includes its header.
fn parameter(pdu: &mut Pdu<'_>) -> Step {
    let id = pdu.take(MSG_TLV_FEC_VC_INTPARAM_ID)?;
    let len = usize::from(pdu.take(MSG_TLV_FEC_VC_INTPARAM_LENGTH)?).saturating_sub(2);
    pdu.within(MSG_TLV_FEC_VC_INTPARAM_LENGTH, len, |pdu| match (id, len) {
        (1, 2) => pdu.take(MSG_TLV_FEC_VC_INTPARAM_MTU).map(drop),
        _ => Ok(()),
    })
}

/// An address of so many bytes, filled up with zeros, as text.
fn address(
    pdu: &mut Pdu<'_>,
    field: prosector_sdk::handle::Handle<prosector_sdk::handle::ComputedBytes>,
    family: u16,
    len: usize,
) -> Step {
    use std::net::{Ipv4Addr, Ipv6Addr};
    let (at, rest) = (pdu.position(), pdu.rest());
    pdu.skip(len)?;
    if pdu.wants(field) {
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(rest).take(len).for_each(|(to, from)| *to = *from);
        let [a, b, c, d, ..] = bytes;
        let text = match family {
            1 => Ipv4Addr::from([a, b, c, d]).to_string(),
            _ => Ipv6Addr::from(bytes).to_string(),
        };
        pdu.computed_bytes(field, at..at + len, text.as_bytes());
    }
    Ok(())
}

builtin!(Ldp);

#[test]
fn a_hello() {
    check::<Ldp>(
        "0001 001e 0a000001 0000  0100 0014 00000001  0400 0004 000f 0000  0401 0004 0a000001",
        expect![[r#"
            Label Distribution Protocol, Hello Message
              Version: 1
              PDU Length: 30
              LSR ID: 10.0.0.1
              Label Space ID: 0
              Message: Hello Message (0x0100)
                U bit: Unknown bit not set
                Message Type: Hello Message (0x0100)
                Message Length: 20
                Message ID: 0x00000001
                TLV: Known TLV, do not Forward (0x0)
                  TLV Unknown bits: Known TLV, do not Forward (0x0)
                  TLV Type: Common Hello Parameters (0x0400)
                  TLV Length: 4
                  Hold Time: 15
                  Targeted Hello: Link Hello
                  Hello Requested: False
                  GTSM Flag: Not set
                  Reserved: 0x0000
                TLV: Known TLV, do not Forward (0x0)
                  TLV Unknown bits: Known TLV, do not Forward (0x0)
                  TLV Type: IPv4 Transport Address (0x0401)
                  TLV Length: 4
                  IPv4 Transport Address: 10.0.0.1
        "#]],
    );
}

#[test]
fn a_mapping_and_a_length_over_the_end() {
    check::<Ldp>(
        "0001 0021 0a000001 0000  0400 0017 00000001  0100 0007 02 0001 18 0a0102  0200 0004 00000010",
        expect![[r#"
            Label Distribution Protocol, Label Mapping Message
              Version: 1
              PDU Length: 33
              LSR ID: 10.0.0.1
              Label Space ID: 0
              Message: Label Mapping Message (0x0400)
                U bit: Unknown bit not set
                Message Type: Label Mapping Message (0x0400)
                Message Length: 23
                Message ID: 0x00000001
                TLV: Known TLV, do not Forward (0x0)
                  TLV Unknown bits: Known TLV, do not Forward (0x0)
                  TLV Type: FEC (0x0100)
                  TLV Length: 7
                  FEC Element Type: Prefix FEC (2)
                  FEC Element Address Type: IPv4 (1)
                  FEC Element Length: 24
                  FEC Element Prefix Value: 10.1.2.0
                TLV: Known TLV, do not Forward (0x0)
                  TLV Unknown bits: Known TLV, do not Forward (0x0)
                  TLV Type: Generic Label (0x0200)
                  TLV Length: 4
                  Generic Label: 0x00010
        "#]],
    );
    check::<Ldp>(
        "0001 0016 0a000001 0000  0400 000c 00000001  0100 000a 02 0001 20",
        expect![[r#"
            Label Distribution Protocol, Label Mapping Message
              Version: 1
              PDU Length: 22
              LSR ID: 10.0.0.1
              Label Space ID: 0
              Message: Label Mapping Message (0x0400)
                U bit: Unknown bit not set
                Message Type: Label Mapping Message (0x0400)
                Message Length: 12
                Message ID: 0x00000001
                TLV: Known TLV, do not Forward (0x0)
                  TLV Unknown bits: Known TLV, do not Forward (0x0)
                  TLV Type: FEC (0x0100)
                  TLV Length: 10
                  FEC Element Type: Prefix FEC (2)
                  FEC Element Address Type: IPv4 (1)
                  FEC Element Length: 32
              [error] short: bytes needs 4 bytes at offset 26, 0 are there (the end is set by ldp.msg.len)
        "#]],
    );
}
