//! L2TP, the layer two tunneling protocol: version 2 over UDP (RFC 2661, sections 3 and 4), and version 3 over UDP and IP
//! (RFC 3931, sections 3 and 4).
//!
//! What a session of version 3 carries, and how long its cookie is, was agreed on when it was set up; here such data is not
//! read.

use prosector_sdk::handle::{Handle, Variable};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct L2tp;

protocol! {
    /// Layer 2 Tunneling Protocol.
    L2tp = l2tp "L2TP", "Layer 2 Tunneling Protocol" {
        flags: u16 hex                      "Flags" {
            .type: uint 0x8000              "Type" = { 0 "Data Message", 1 "Control Message" },
            .length_bit: 0x4000             "Length Bit" = { 0 "Length field is not present", 1 "Length field is present" },
            .seq_bit: 0x0800                "Sequence Bit" = { 0 "Ns and Nr fields are not present", 1 "Ns and Nr fields are present" },
            .offset_bit: 0x0200             "Offset bit" = { 0 "Offset size field is not present", 1 "Offset size field is present" },
            .priority: 0x0100               "Priority" = { 0 "No priority", 1 "This data message has priority" },
            .version: 0x000f                "Version",
        },
        length: u16                         "Length",
        tunnel: u16                         "Tunnel ID",
        session: u16                        "Session ID",
        res: u16 hex                        "Reserved",
        sid: u32 hex                        "Session ID",
        ccid: u32 hex                       "Control Connection ID",
        Ns: u16                             "Ns",
        Nr: u16                             "Nr",
        offset: u16                         "Offset",
        avp: group                          "AVP",
        avp.mandatory: bool(u16) & 0x8000   "Mandatory",
        avp.hidden: bool(u16) & 0x4000      "Hidden",
        avp.length: u16 & 0x03ff            "Length",
        avp.vendor_id: u16                  "Vendor ID",
        avp.type: u16                       "AVP Type" = {
            0 "Control Message", 1 "Result-Error Code", 2 "Protocol Version", 3 "Framing Capabilities",
            4 "Bearer Capabilities", 5 "Tie Breaker", 6 "Firmware Revision", 7 "Host Name", 8 "Vendor Name",
            9 "Assigned Tunnel ID", 10 "Receive Window Size", 11 "Challenge", 12 "Cause Code",
            13 "Challenge Response", 14 "Assigned Session", 15 "Call Serial Number", 16 "Minimum BPS",
            17 "Maximum BPS", 18 "Bearer Type", 19 "Framing Type", 21 "Called Number", 22 "Calling Number",
            23 "Sub-Address", 24 "Connect Speed", 25 "Physical Channel", 26 "Initial Received LCP CONFREQ",
            27 "Last Sent LCP CONFREQ", 28 "Last Received LCP CONFREQ", 29 "Proxy Authen Type",
            30 "Proxy Authen Name", 31 "Proxy Authen Challenge", 32 "Proxy Authen ID", 33 "Proxy Authen Response",
            34 "Call status AVPs", 35 "ACCM", 36 "Random Vector", 37 "Private group ID", 38 "RxConnect Speed",
            39 "Sequencing Required", 46 "PPP Disconnect Cause Code", 58 "Extended Vendor ID", 59 "Message Digest",
            60 "Router ID", 61 "Assigned Control Connection ID", 62 "Pseudowire Capability List",
            63 "Local Session ID", 64 "Remote Session ID", 65 "Assigned Cookie", 66 "Remote End ID",
            68 "Pseudowire Type", 69 "Layer2 Specific Sublayer", 70 "Data Sequencing", 71 "Circuit Status",
        },
        avp.message_type: u16               "Message Type" = {
            1 "Start_Control_Request", 2 "Start_Control_Reply", 3 "Start_Control_Connected",
            4 "Stop_Control_Notification", 6 "Hello", 7 "Outgoing_Call_Request", 8 "Outgoing_Call_Reply",
            9 "Outgoing_Call_Connected", 10 "Incoming_Call_Request", 11 "Incoming_Call_Reply",
            12 "Incoming_Call_Connected", 14 "Call_Disconnect_Notification", 15 "WAN_Error_Notify",
            16 "Set_Link_Info", 20 "Explicit_Acknowledgement",
        },
        result_code: u16                    "Result code",
        avp.error_code: u16                 "Error code",
        avp.error_message: str              "Error Message",
        avp.protocol_version: u8            "Version",
        avp.protocol_revision: u8           "Revision",
        avp.async_framing_supported: bool(u32) & 0x02 "Async Framing Supported",
        avp.sync_framing_supported: bool(u32) & 0x01 "Sync Framing Supported",
        avp.analog_access_supported: bool(u32) & 0x02 "Analog Access Supported",
        avp.digital_access_supported: bool(u32) & 0x01 "Digital Access Supported",
        tie_breaker: u64 hex                "Tie Breaker",
        avp.firmware_revision: u16 hex      "Firmware Revision",
        avp.host_name: str                  "Host Name",
        avp.vendor_name: str                "Vendor Name",
        avp.assigned_tunnel_id: u16         "Assigned Tunnel ID",
        avp.receive_window_size: u16        "Receive Window Size",
        avp.chap_challenge: bytes           "CHAP Challenge",
        avp.chap_challenge_response: bytes  "CHAP Challenge Response",
        avp.assigned_session_id: u16        "Assigned Session ID",
        avp.call_serial_number: u32         "Call Serial Number",
        avp.minimum_bps: u32                "Minimum BPS",
        avp.maximum_bps: u32                "Maximum BPS",
        avp.called_number: str              "Called Number",
        avp.calling_number: str             "Calling Number",
        avp.sub_address: str                "Sub-Address",
        avp.connect_speed: u32              "Connect Speed",
        avp.physical_channel: u32           "Physical Channel",
        avp.proxy_authen_type: u16          "Proxy Authen Type",
        avp.assigned_control_conn_id: u32   "Assigned Control Connection ID",
        avp.local_session_id: u32           "Local Session ID",
        avp.remote_session_id: u32          "Remote Session ID",
        avp.data: bytes                     "Data",
    }
    claims { udp.port = 1701, ip.proto = 115 }
    tables { PPP: "@ppp", DATA: "@data" }
}

const IS_CONTROL: u16 = 0x8000;
const HAS_LENGTH: u16 = 0x4000;
const HAS_SEQUENCE: u16 = 0x0800;
const HAS_OFFSET: u16 = 0x0200;
const AVP_HEADER: usize = 6;
/// Position of the IP protocol in the claims.
const OVER_IP: usize = 1;

impl Dissector for L2tp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if pdu.claim() == Some(OVER_IP) {
            // Over IP, control messages are those of the session 0.
            let session = pdu.take(SID)?;
            if session != 0 {
                pdu.info(format_args!("Data Message - Session Id={session}"));
                pdu.hand_to(DATA);
                return Ok(());
            }
        }
        let at = pdu.position();
        let flags = pdu.take(FLAGS)?;
        match (flags & 0xf, flags & IS_CONTROL != 0) {
            (2, _) => version_2(pdu, flags),
            (3, true) => {
                let len = usize::from(pdu.take(LENGTH)?);
                pdu.set_len(LENGTH, at + len.max(12));
                let connection = pdu.take(CCID)?;
                pdu.take(NS)?;
                pdu.take(NR)?;
                control(pdu, connection, 0)
            }
            (3, false) => {
                pdu.take(RES)?;
                let session = pdu.take(SID)?;
                pdu.info(format_args!("Data Message - Session Id={session}"));
                pdu.hand_to(DATA);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn version_2(pdu: &mut Pdu<'_>, flags: u16) -> Step {
    if flags & HAS_LENGTH != 0 {
        let len = usize::from(pdu.take(LENGTH)?);
        pdu.set_len(LENGTH, len.max(pdu.position()));
    }
    let tunnel = pdu.take(TUNNEL)?;
    let session = pdu.take(SESSION)?;
    if flags & HAS_SEQUENCE != 0 {
        pdu.take(NS)?;
        pdu.take(NR)?;
    }
    if flags & HAS_OFFSET != 0 {
        let offset = pdu.take(OFFSET)?;
        pdu.skip(offset.into())?;
    }
    if flags & IS_CONTROL != 0 {
        return control(pdu, tunnel.into(), session.into());
    }
    pdu.info(format_args!("Data Message (tunnel id={tunnel}, session id={session})"));
    pdu.hand_to(PPP);
    Ok(())
}

/// The AVPs of a control message.
fn control(pdu: &mut Pdu<'_>, tunnel: u32, session: u32) -> Step {
    if pdu.remaining() == 0 {
        pdu.info(format_args!("Control Message - ZLB (tunnel id={tunnel}, session id={session})"));
    }
    while pdu.remaining() > 0 {
        pdu.group(AVP, |pdu| {
            let at = pdu.position();
            pdu.show(AVP_MANDATORY)?;
            let hidden = pdu.show(AVP_HIDDEN)?;
            let len = usize::from(pdu.take(AVP_LENGTH)?);
            let Some(data) = len.checked_sub(AVP_HEADER) else {
                let text = format_args!("{len} bytes, less than {AVP_HEADER}");
                pdu.diagnostic(Severity::Error, "bad-length", at..at + 2, text);
                return pdu.skip(pdu.remaining());
            };
            let vendor = pdu.take(AVP_VENDOR_ID)?;
            let kind = pdu.take(AVP_TYPE)?;
            pdu.within(AVP_LENGTH, data, |pdu| {
                if vendor != 0 || hidden {
                    return rest(pdu, AVP_DATA);
                }
                if kind == 0 {
                    let message = pdu.take(AVP_MESSAGE_TYPE)?;
                    let name = L2tp::name(AVP_MESSAGE_TYPE, message);
                    pdu.info(format_args!("Control Message - {name} (tunnel id={tunnel}, session id={session})"));
                    return Ok(());
                }
                value(pdu, kind)
            })
        })?;
    }
    Ok(())
}

fn rest(pdu: &mut Pdu<'_>, field: Handle<Variable>) -> Step {
    if pdu.remaining() > 0 {
        pdu.take_rest(field);
    }
    Ok(())
}

/// The value of an AVP of the IETF's.
fn value(pdu: &mut Pdu<'_>, kind: u16) -> Step {
    match kind {
        1 => {
            pdu.take(RESULT_CODE)?;
            if pdu.remaining() > 0 {
                pdu.take(AVP_ERROR_CODE)?;
            }
            return rest(pdu, AVP_ERROR_MESSAGE);
        }
        2 => {
            pdu.take(AVP_PROTOCOL_VERSION)?;
            pdu.take(AVP_PROTOCOL_REVISION)?;
        }
        3 => {
            pdu.show(AVP_ASYNC_FRAMING_SUPPORTED)?;
            pdu.take(AVP_SYNC_FRAMING_SUPPORTED)?;
        }
        4 => {
            pdu.show(AVP_ANALOG_ACCESS_SUPPORTED)?;
            pdu.take(AVP_DIGITAL_ACCESS_SUPPORTED)?;
        }
        5 => drop(pdu.take(TIE_BREAKER)?),
        6 => drop(pdu.take(AVP_FIRMWARE_REVISION)?),
        7 => return rest(pdu, AVP_HOST_NAME),
        8 => return rest(pdu, AVP_VENDOR_NAME),
        9 => drop(pdu.take(AVP_ASSIGNED_TUNNEL_ID)?),
        10 => drop(pdu.take(AVP_RECEIVE_WINDOW_SIZE)?),
        11 => return rest(pdu, AVP_CHAP_CHALLENGE),
        13 => return rest(pdu, AVP_CHAP_CHALLENGE_RESPONSE),
        14 => drop(pdu.take(AVP_ASSIGNED_SESSION_ID)?),
        15 => drop(pdu.take(AVP_CALL_SERIAL_NUMBER)?),
        16 => drop(pdu.take(AVP_MINIMUM_BPS)?),
        17 => drop(pdu.take(AVP_MAXIMUM_BPS)?),
        21 => return rest(pdu, AVP_CALLED_NUMBER),
        22 => return rest(pdu, AVP_CALLING_NUMBER),
        23 => return rest(pdu, AVP_SUB_ADDRESS),
        24 => drop(pdu.take(AVP_CONNECT_SPEED)?),
        25 => drop(pdu.take(AVP_PHYSICAL_CHANNEL)?),
        29 => drop(pdu.take(AVP_PROXY_AUTHEN_TYPE)?),
        61 => drop(pdu.take(AVP_ASSIGNED_CONTROL_CONN_ID)?),
        63 => drop(pdu.take(AVP_LOCAL_SESSION_ID)?),
        64 => drop(pdu.take(AVP_REMOTE_SESSION_ID)?),
        _ => return rest(pdu, AVP_DATA),
    }
    Ok(())
}

builtin!(L2tp);

#[test]
fn a_control_message() {
    check::<L2tp>(
        "c802 0026 0001 0000 0000 0001 8008 0000 0000 0001 8008 0000 0002 0100 800a 0000 0007 6c6163 32",
        expect![[r#"
            Layer 2 Tunneling Protocol, Control Message - Start_Control_Request (tunnel id=1, session id=0)
              Flags: 0xc802
                1... .... .... .... = Type: Control Message (1)
                .1.. .... .... .... = Length Bit: Length field is present
                .... 1... .... .... = Sequence Bit: Ns and Nr fields are present
                .... ..0. .... .... = Offset bit: Offset size field is not present
                .... ...0 .... .... = Priority: No priority
                .... .... .... 0010 = Version: 2
              Length: 38
              Tunnel ID: 1
              Session ID: 0
              Ns: 0
              Nr: 1
              AVP: Control Message (0)
                Mandatory: True
                Hidden: False
                Length: 8
                Vendor ID: 0
                AVP Type: Control Message (0)
                Message Type: Start_Control_Request (1)
              AVP: Protocol Version (2)
                Mandatory: True
                Hidden: False
                Length: 8
                Vendor ID: 0
                AVP Type: Protocol Version (2)
                Version: 1
                Revision: 0
              AVP: Host Name (7)
                Mandatory: True
                Hidden: False
                Length: 10
                Vendor ID: 0
                AVP Type: Host Name (7)
                Host Name: lac2
        "#]],
    );
    check::<L2tp>(
        "c802 000c 0001 0000 0001 0001",
        expect![[r#"
        Layer 2 Tunneling Protocol, Control Message - ZLB (tunnel id=1, session id=0)
          Flags: 0xc802
            1... .... .... .... = Type: Control Message (1)
            .1.. .... .... .... = Length Bit: Length field is present
            .... 1... .... .... = Sequence Bit: Ns and Nr fields are present
            .... ..0. .... .... = Offset bit: Offset size field is not present
            .... ...0 .... .... = Priority: No priority
            .... .... .... 0010 = Version: 2
          Length: 12
          Tunnel ID: 1
          Session ID: 0
          Ns: 1
          Nr: 1
    "#]],
    );
}

#[test]
fn data() {
    check::<L2tp>(
        "0002 0001 0002 ff03 0021 45",
        expect![[r#"
        Layer 2 Tunneling Protocol, Data Message (tunnel id=1, session id=2)
          Flags: 0x0002
            0... .... .... .... = Type: Data Message (0)
            .0.. .... .... .... = Length Bit: Length field is not present
            .... 0... .... .... = Sequence Bit: Ns and Nr fields are not present
            .... ..0. .... .... = Offset bit: Offset size field is not present
            .... ...0 .... .... = Priority: No priority
            .... .... .... 0010 = Version: 2
          Tunnel ID: 1
          Session ID: 2
        → @ppp [0]: bytes 6..11
    "#]],
    );
    check::<L2tp>(
        "4202 000e 0001 0002 0002 0000 0021 0000",
        expect![[r#"
        Layer 2 Tunneling Protocol, Data Message (tunnel id=1, session id=2)
          Flags: 0x4202
            0... .... .... .... = Type: Data Message (0)
            .1.. .... .... .... = Length Bit: Length field is present
            .... 0... .... .... = Sequence Bit: Ns and Nr fields are not present
            .... ..1. .... .... = Offset bit: Offset size field is present
            .... ...0 .... .... = Priority: No priority
            .... .... .... 0010 = Version: 2
          Length: 14
          Tunnel ID: 1
          Session ID: 2
          Offset: 2
        → @ppp [0]: bytes 12..14
    "#]],
    );
    check::<L2tp>(
        "0003 0000 00000001 aabb",
        expect![[r#"
        Layer 2 Tunneling Protocol, Data Message - Session Id=1
          Flags: 0x0003
            0... .... .... .... = Type: Data Message (0)
            .0.. .... .... .... = Length Bit: Length field is not present
            .... 0... .... .... = Sequence Bit: Ns and Nr fields are not present
            .... ..0. .... .... = Offset bit: Offset size field is not present
            .... ...0 .... .... = Priority: No priority
            .... .... .... 0011 = Version: 3
          Reserved: 0x0000
          Session ID: 0x00000001
        → @data [0]: bytes 8..10
    "#]],
    );
}

#[test]
fn lengths_that_cannot_be() {
    check::<L2tp>(
        "c802 0012 0001 0000 0000 0001 8005 0000 0000",
        expect![[r#"
        Layer 2 Tunneling Protocol
          Flags: 0xc802
            1... .... .... .... = Type: Control Message (1)
            .1.. .... .... .... = Length Bit: Length field is present
            .... 1... .... .... = Sequence Bit: Ns and Nr fields are present
            .... ..0. .... .... = Offset bit: Offset size field is not present
            .... ...0 .... .... = Priority: No priority
            .... .... .... 0010 = Version: 2
          Length: 18
          Tunnel ID: 1
          Session ID: 0
          Ns: 0
          Nr: 1
          AVP
            Mandatory: True
            Hidden: False
            Length: 5
            [error] bad-length: 5 bytes, less than 6
    "#]],
    );
    check::<L2tp>(
        "c802 0012 0001 0000 0000 0001 8018 0000 0000",
        expect![[r#"
            Layer 2 Tunneling Protocol
              Flags: 0xc802
                1... .... .... .... = Type: Control Message (1)
                .1.. .... .... .... = Length Bit: Length field is present
                .... 1... .... .... = Sequence Bit: Ns and Nr fields are present
                .... ..0. .... .... = Offset bit: Offset size field is not present
                .... ...0 .... .... = Priority: No priority
                .... .... .... 0010 = Version: 2
              Length: 18
              Tunnel ID: 1
              Session ID: 0
              Ns: 0
              Nr: 1
              AVP: Control Message (0)
                Mandatory: True
                Hidden: False
                Length: 24
                Vendor ID: 0
                AVP Type: Control Message (0)
              [error] short: l2tp.avp.message_type needs 2 bytes at offset 18, 0 are there
        "#]],
    );
    check::<L2tp>(
        "0202 0001 0002 00ff 00",
        expect![[r#"
        Layer 2 Tunneling Protocol
          Flags: 0x0202
            0... .... .... .... = Type: Data Message (0)
            .0.. .... .... .... = Length Bit: Length field is not present
            .... 0... .... .... = Sequence Bit: Ns and Nr fields are not present
            .... ..1. .... .... = Offset bit: Offset size field is present
            .... ...0 .... .... = Priority: No priority
            .... .... .... 0010 = Version: 2
          Tunnel ID: 1
          Session ID: 2
          Offset: 255
          [error] short: bytes needs 255 bytes at offset 8, 1 are there
    "#]],
    );
}
