//! RADIUS: authentication (RFC 2865), accounting (RFC 2866), and changes that the server asks for (RFC 5176). What the
//! attributes are is a table here (`attribute`).

use crate::handles::any;
use prosector_sdk::handle::{Handle, Variable};
use prosector_sdk::prelude::*;
use prosector_sdk::requests::{Recent, Sighting};

/// The dissector.
#[derive(Default)]
pub struct Radius {
    requests: Flows<Recent<u8, Sighting>>,
}

protocol! {
    /// Authentication, authorization and accounting, RFC 2865.
    Radius = radius "RADIUS", "RADIUS Protocol" {
        code: u8                            "Code" = CODES,
        id: u8                              "Packet identifier",
        length: u16                         "Length",
        authenticator: bytes[16]            "Authenticator",
        req: computed bool                  "Request",
        rsp: computed bool                  "Response",
        "req.dup" as REQ_DUP: computed u32  "Duplicate Request Frame Number" linked,
        reqframe: computed u32              "Request Frame" linked,
        time: computed duration             "Time from request" linked,
        attribute: group                    "AVP",
        avp: bytes                          "AVP" hidden,
        avp.type: u8                        "Type" = ATTRIBUTES,
        avp.length: u8                      "Length",
        avp.vendor_id: u32                  "Vendor ID",
        avp.vendor_type: u8                 "Type",
        avp.vendor_len: u8                  "Length",
        avp.vendor_bytes: bytes             "Value",
        User_Name: str                      "User-Name",
        User_Password_encrypted: bytes      "User-Password (encrypted)",
        CHAP_Password: bytes                "CHAP-Password",
        NAS_IP_Address: ipv4                "NAS-IP-Address",
        NAS_Port: u32                       "NAS-Port",
        Service_Type: u32                   "Service-Type" = SERVICES,
        Framed_Protocol: u32                "Framed-Protocol" = { 1 "PPP", 2 "SLIP", 3 "ARAP", 7 "GPRS-PDP-Context" },
        "Framed-IP-Address": ipv4           "Framed-IP-Address",
        "Framed-IP-Netmask": ipv4           "Framed-IP-Netmask",
        Framed_Routing: u32                 "Framed-Routing",
        Filter_Id: str                      "Filter-Id",
        Framed_MTU: u32                     "Framed-MTU",
        Framed_Compression: u32             "Framed-Compression",
        Login_IP_Host: ipv4                 "Login-IP-Host",
        Login_Service: u32                  "Login-Service",
        Login_TCP_Port: u32                 "Login-TCP-Port",
        Reply_Message: str                  "Reply-Message",
        Callback_Number: str                "Callback-Number",
        Framed_Route: str                   "Framed-Route",
        State: bytes                        "State",
        Class: bytes                        "Class",
        Session_Timeout: u32                "Session-Timeout",
        Idle_Timeout: u32                   "Idle-Timeout",
        Termination_Action: u32             "Termination-Action" = { 0 "Default", 1 "RADIUS-Request" },
        Called_Station_Id: str              "Called-Station-Id",
        Calling_Station_Id: str             "Calling-Station-Id",
        NAS_Identifier: str                 "NAS-Identifier",
        Proxy_State: bytes                  "Proxy-State",
        Acct_Status_Type: u32               "Acct-Status-Type" = {
            1 "Start", 2 "Stop", 3 "Interim-Update", 7 "Accounting-On", 8 "Accounting-Off", 9 "Tunnel-Start",
            10 "Tunnel-Stop", 11 "Tunnel-Reject", 15 "Failed",
        },
        Acct_Delay_Time: u32                "Acct-Delay-Time",
        Acct_Input_Octets: u32              "Acct-Input-Octets",
        Acct_Output_Octets: u32             "Acct-Output-Octets",
        Acct_Session_Id: str                "Acct-Session-Id",
        Acct_Authentic: u32                 "Acct-Authentic" = { 1 "RADIUS", 2 "Local", 3 "Remote", 4 "Diameter" },
        Acct_Session_Time: u32              "Acct-Session-Time",
        Acct_Input_Packets: u32             "Acct-Input-Packets",
        Acct_Output_Packets: u32            "Acct-Output-Packets",
        Acct_Terminate_Cause: u32           "Acct-Terminate-Cause",
        Acct_Multi_Session_Id: str          "Acct-Multi-Session-Id",
        Acct_Link_Count: u32                "Acct-Link-Count",
        Acct_Input_Gigawords: u32           "Acct-Input-Gigawords",
        Acct_Output_Gigawords: u32          "Acct-Output-Gigawords",
        Event_Timestamp: time_s             "Event-Timestamp",
        "Egress_VLANID_Tag" as EGRESS_VLANID_TAG: u32 hex & 0xff000000 "Tag" = { 0x31 "Tagged", 0x32 "Untagged" },
        "Egress_VLANID_Vlan_ID" as EGRESS_VLANID: u32 & 0x00000fff "Vlan ID",
        Ingress_Filters: u32                "Ingress-Filters" = { 1 "Enabled", 2 "Disabled" },
        User_Priority_Table: bytes          "User-Priority-Table",
        CHAP_Challenge: bytes               "CHAP-Challenge",
        NAS_Port_Type: u32                  "NAS-Port-Type" = PORT_TYPES,
        Port_Limit: u32                     "Port-Limit",
        Connect_Info: str                   "Connect-Info",
        Configuration_Token: str            "Configuration-Token",
        /// A piece of a message of EAP.
        EAP_Message: bytes                  "EAP fragment",
        Message_Authenticator: bytes        "Message-Authenticator",
        Acct_Interim_Interval: u32          "Acct-Interim-Interval",
        NAS_Port_Id: str                    "NAS-Port-Id",
        Framed_Pool: str                    "Framed-Pool",
        Chargeable_User_Identity: bytes     "Chargeable-User-Identity",
        NAS_IPv6_Address: ipv6              "NAS-IPv6-Address",
        Framed_Interface_Id: bytes          "Framed-Interface-Id",
        Framed_IPv6_Prefix: bytes           "Framed-IPv6-Prefix",
        Login_IPv6_Host: ipv6               "Login-IPv6-Host",
        Framed_IPv6_Route: str              "Framed-IPv6-Route",
        Framed_IPv6_Pool: str               "Framed-IPv6-Pool",
        Error_Cause: u32                    "Error-Cause" = ERROR_CAUSES,
        Operator_Name: str                  "Operator-Name",
        Location_Information: bytes         "Location-Information",
        Location_Data: bytes                "Location-Data",
        Basic_Location_Policy_Rules: bytes  "Basic-Location-Policy-Rules",
        Extended_Location_Policy_Rules: bytes "Extended-Location-Policy-Rules",
        Location_Capable: u32               "Location-Capable",
        Requested_Location_Info: u32        "Requested-Location-Info",
        Delegated_IPv6_Prefix: bytes        "Delegated-IPv6-Prefix",
    }
    claims { udp.port = [1645, 1646, 1700, 1812, 1813, 3799] }
    tables { EAP: "@eap" }
    stateful
}

value_names! {
    /// Kinds of messages.
    CODES {
        1 "Access-Request", 2 "Access-Accept", 3 "Access-Reject", 4 "Accounting-Request", 5 "Accounting-Response",
        6 "Accounting-Status", 11 "Access-Challenge", 12 "Status-Server", 13 "Status-Client",
        40 "Disconnect-Request", 41 "Disconnect-ACK", 42 "Disconnect-NAK", 43 "CoA-Request", 44 "CoA-ACK",
        45 "CoA-NAK",
    }
}

value_names! {
    /// Attributes.
    ATTRIBUTES {
        1 "User-Name", 2 "User-Password", 3 "CHAP-Password", 4 "NAS-IP-Address", 5 "NAS-Port", 6 "Service-Type",
        7 "Framed-Protocol", 8 "Framed-IP-Address", 9 "Framed-IP-Netmask", 10 "Framed-Routing", 11 "Filter-Id",
        12 "Framed-MTU", 13 "Framed-Compression", 14 "Login-IP-Host", 15 "Login-Service", 16 "Login-TCP-Port",
        18 "Reply-Message", 19 "Callback-Number", 20 "Callback-Id", 22 "Framed-Route", 23 "Framed-IPX-Network",
        24 "State", 25 "Class", 26 "Vendor-Specific", 27 "Session-Timeout", 28 "Idle-Timeout",
        29 "Termination-Action", 30 "Called-Station-Id", 31 "Calling-Station-Id", 32 "NAS-Identifier",
        33 "Proxy-State", 34 "Login-LAT-Service", 40 "Acct-Status-Type", 41 "Acct-Delay-Time",
        42 "Acct-Input-Octets", 43 "Acct-Output-Octets", 44 "Acct-Session-Id", 45 "Acct-Authentic",
        46 "Acct-Session-Time", 47 "Acct-Input-Packets", 48 "Acct-Output-Packets", 49 "Acct-Terminate-Cause",
        50 "Acct-Multi-Session-Id", 51 "Acct-Link-Count", 52 "Acct-Input-Gigawords", 53 "Acct-Output-Gigawords",
        55 "Event-Timestamp", 56 "Egress-VLANID", 57 "Ingress-Filters", 58 "Egress-VLAN-Name",
        59 "User-Priority-Table", 60 "CHAP-Challenge", 61 "NAS-Port-Type", 62 "Port-Limit", 63 "Login-LAT-Port",
        64 "Tunnel-Type", 65 "Tunnel-Medium-Type", 66 "Tunnel-Client-Endpoint", 67 "Tunnel-Server-Endpoint",
        69 "Tunnel-Password", 70 "ARAP-Password", 75 "Password-Retry", 76 "Prompt", 77 "Connect-Info",
        78 "Configuration-Token", 79 "EAP-Message", 80 "Message-Authenticator", 81 "Tunnel-Private-Group-Id",
        82 "Tunnel-Assignment-Id", 83 "Tunnel-Preference", 85 "Acct-Interim-Interval", 87 "NAS-Port-Id",
        88 "Framed-Pool", 89 "Chargeable-User-Identity", 90 "Tunnel-Client-Auth-Id", 91 "Tunnel-Server-Auth-Id",
        95 "NAS-IPv6-Address", 96 "Framed-Interface-Id", 97 "Framed-IPv6-Prefix", 98 "Login-IPv6-Host",
        99 "Framed-IPv6-Route", 100 "Framed-IPv6-Pool", 101 "Error-Cause", 123 "Delegated-IPv6-Prefix",
        126 "Operator-Name", 127 "Location-Information", 128 "Location-Data", 129 "Basic-Location-Policy-Rules",
        130 "Extended-Location-Policy-Rules", 131 "Location-Capable", 132 "Requested-Location-Info",
    }
}

value_names! {
    /// What is asked for (RFC 2865, section 5.6).
    SERVICES {
        1 "Login", 2 "Framed", 3 "Callback-Login", 4 "Callback-Framed", 5 "Outbound", 6 "Administrative",
        7 "NAS-Prompt", 8 "Authenticate-Only", 9 "Callback-NAS-Prompt", 10 "Call-Check",
        11 "Callback-Administrative", 17 "Authorize-Only",
    }
}

value_names! {
    /// Kinds of ports (RFC 2865, section 5.41).
    PORT_TYPES {
        0 "Async", 1 "Sync", 2 "ISDN", 3 "ISDN-V120", 4 "ISDN-V110", 5 "Virtual", 6 "PIAFS",
        7 "HDLC-Clear-Channel", 8 "X.25", 9 "X.75", 10 "G.3-Fax", 11 "SDSL", 12 "ADSL-CAP", 13 "ADSL-DMT",
        14 "IDSL", 15 "Ethernet", 16 "xDSL", 17 "Cable", 18 "Wireless-Other", 19 "Wireless-802.11",
    }
}

value_names! {
    /// Why a change was refused (RFC 5176, section 3.5).
    ERROR_CAUSES {
        201 "Residual-Context-Removed", 202 "Invalid-EAP-Packet", 401 "Unsupported-Attribute",
        402 "Missing-Attribute", 403 "NAS-Identification-Mismatch", 404 "Invalid-Request",
        405 "Unsupported-Service", 406 "Unsupported-Extension", 501 "Administratively-Prohibited",
        502 "Proxy-Request-Not-Routable", 503 "Session-Context-Not-Found", 504 "Session-Context-Not-Removable",
        505 "Proxy-Processing-Error", 506 "Resources-Unavailable", 507 "Request-Initiated",
    }
}

/// The field for an attribute's value. One of a fixed width is there only if the value has it.
fn attribute(code: u8) -> Option<Handle<Variable>> {
    Some(match code {
        1 => USER_NAME,
        2 => USER_PASSWORD_ENCRYPTED,
        3 => CHAP_PASSWORD,
        4 => any(NAS_IP_ADDRESS),
        5 => any(NAS_PORT),
        6 => any(SERVICE_TYPE),
        7 => any(FRAMED_PROTOCOL),
        8 => any(FRAMED_IP_ADDRESS),
        9 => any(FRAMED_IP_NETMASK),
        10 => any(FRAMED_ROUTING),
        11 => FILTER_ID,
        12 => any(FRAMED_MTU),
        13 => any(FRAMED_COMPRESSION),
        14 => any(LOGIN_IP_HOST),
        15 => any(LOGIN_SERVICE),
        16 => any(LOGIN_TCP_PORT),
        18 => REPLY_MESSAGE,
        19 => CALLBACK_NUMBER,
        22 => FRAMED_ROUTE,
        24 => STATE,
        25 => CLASS,
        27 => any(SESSION_TIMEOUT),
        28 => any(IDLE_TIMEOUT),
        29 => any(TERMINATION_ACTION),
        30 => CALLED_STATION_ID,
        31 => CALLING_STATION_ID,
        32 => NAS_IDENTIFIER,
        33 => PROXY_STATE,
        40 => any(ACCT_STATUS_TYPE),
        41 => any(ACCT_DELAY_TIME),
        42 => any(ACCT_INPUT_OCTETS),
        43 => any(ACCT_OUTPUT_OCTETS),
        44 => ACCT_SESSION_ID,
        45 => any(ACCT_AUTHENTIC),
        46 => any(ACCT_SESSION_TIME),
        47 => any(ACCT_INPUT_PACKETS),
        48 => any(ACCT_OUTPUT_PACKETS),
        49 => any(ACCT_TERMINATE_CAUSE),
        50 => ACCT_MULTI_SESSION_ID,
        51 => any(ACCT_LINK_COUNT),
        52 => any(ACCT_INPUT_GIGAWORDS),
        53 => any(ACCT_OUTPUT_GIGAWORDS),
        55 => any(EVENT_TIMESTAMP),
        57 => any(INGRESS_FILTERS),
        59 => USER_PRIORITY_TABLE,
        60 => CHAP_CHALLENGE,
        61 => any(NAS_PORT_TYPE),
        62 => any(PORT_LIMIT),
        77 => CONNECT_INFO,
        78 => CONFIGURATION_TOKEN,
        EAP_MESSAGE_CODE => EAP_MESSAGE,
        80 => MESSAGE_AUTHENTICATOR,
        85 => any(ACCT_INTERIM_INTERVAL),
        87 => NAS_PORT_ID,
        88 => FRAMED_POOL,
        89 => CHARGEABLE_USER_IDENTITY,
        95 => any(NAS_IPV6_ADDRESS),
        96 => FRAMED_INTERFACE_ID,
        97 => FRAMED_IPV6_PREFIX,
        98 => any(LOGIN_IPV6_HOST),
        99 => FRAMED_IPV6_ROUTE,
        100 => FRAMED_IPV6_POOL,
        101 => any(ERROR_CAUSE),
        123 => DELEGATED_IPV6_PREFIX,
        126 => OPERATOR_NAME,
        127 => LOCATION_INFORMATION,
        128 => LOCATION_DATA,
        129 => BASIC_LOCATION_POLICY_RULES,
        130 => EXTENDED_LOCATION_POLICY_RULES,
        131 => any(LOCATION_CAPABLE),
        132 => any(REQUESTED_LOCATION_INFO),
        _ => return None,
    })
}

const VENDOR_SPECIFIC: u8 = 26;
const EAP_MESSAGE_CODE: u8 = 79;
const EGRESS_VLAN: u8 = 56;
const HEADER: usize = 20;

impl Dissector for Radius {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let code = pdu.take(CODE)?;
        let id = pdu.take(ID)?;
        pdu.info(format_args!("{} id={id}", Radius::name(CODE, code)));
        let len = usize::from(pdu.take(LENGTH)?);
        if len < HEADER {
            let text = format_args!("{len} bytes, less than the header's {HEADER}");
            pdu.diagnostic(Severity::Error, "bad-length", 2..4, text);
            return Ok(());
        }
        pdu.set_len(LENGTH, len);
        pdu.take(AUTHENTICATOR)?;
        self.link(pdu, code, id);
        let attributes = pdu.rest();
        while pdu.wire_remaining() > 0 {
            pdu.group(ATTRIBUTE, pair)?;
        }
        // A message that is too long for one attribute is in several (RFC 3579, section 3.1).
        let message = eap_message(attributes);
        if !message.is_empty() {
            pdu.hand_on_bytes(EAP, 0u64, &message).detail();
        }
        Ok(())
    }

    fn flow_end(&mut self, flow: u64) {
        self.requests.end(flow);
    }
}

impl Radius {
    /// Says which request a response answers.
    fn link(&mut self, pdu: &mut Pdu<'_>, code: u8, id: u8) {
        let now = Sighting::of(pdu);
        let requests = self.requests.of(pdu.flow());
        match code {
            1 | 4 | 12 | 40 | 43 => {
                pdu.computed(REQ, 0..0, true);
                requests.insert(id, now);
            }
            2 | 3 | 5 | 11 | 41 | 42 | 44 | 45 => {
                pdu.computed(RSP, 0..0, true);
                if let Some(sent) = requests.get(&id) {
                    pdu.computed(REQFRAME, 0..0, sent.frame);
                    pdu.computed(TIME, 0..0, now.time.saturating_sub(sent.time));
                }
            }
            _ => {}
        }
    }
}

/// The values of all EAP-Message attributes, one behind the other.
fn eap_message(mut attributes: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    while let &[code, len, ..] = attributes
        && let Some((attribute, rest)) = attributes.split_at_checked(usize::from(len.max(2)))
    {
        if code == EAP_MESSAGE_CODE {
            message.extend_from_slice(&attribute[2..]);
        }
        attributes = rest;
    }
    message
}

/// Type, length and value.
fn pair(pdu: &mut Pdu<'_>) -> Step {
    let at = pdu.position();
    let len = usize::from(pdu.rest().get(1).copied().unwrap_or(0));
    if len >= 2 && len <= pdu.remaining() {
        pdu.mark(AVP, at..at + len);
    }
    let code = pdu.take(AVP_TYPE)?;
    pdu.take(AVP_LENGTH)?;
    if len < 2 {
        pdu.diagnostic(
            Severity::Error,
            "bad-length",
            at + 1..at + 2,
            format_args!("{len} bytes, less than the head's 2"),
        );
        return pdu.skip(pdu.remaining());
    }
    pdu.within(AVP_LENGTH, len - 2, |pdu| match (code, attribute(code)) {
        (VENDOR_SPECIFIC, _) => {
            pdu.take(AVP_VENDOR_ID)?;
            while pdu.remaining() >= 2 {
                pdu.take(AVP_VENDOR_TYPE)?;
                let len = usize::from(pdu.take(AVP_VENDOR_LEN)?);
                pdu.take_bytes(AVP_VENDOR_BYTES, len.saturating_sub(2).min(pdu.remaining()))?;
            }
            Ok(())
        }
        (EGRESS_VLAN, _) => {
            pdu.show(EGRESS_VLANID_TAG)?;
            pdu.take(EGRESS_VLANID).map(drop)
        }
        (_, Some(field)) if field.width == 0 && len > 2 => pdu.take_bytes(field, len - 2).map(drop),
        (_, Some(field)) if usize::from(field.width) == len - 2 && len > 2 => {
            let at = pdu.position();
            pdu.skip(len - 2)?;
            pdu.mark(field, at..at + len - 2);
            Ok(())
        }
        _ => pdu.skip(pdu.remaining()),
    })
}

builtin!(Radius);

#[test]
fn a_request() {
    check::<Radius>(
        "01 67 0026 000102030405060708090a0b0c0d0e0f  0106 61636d65 0406 c0000205 0606 00000002",
        expect![[r#"
            RADIUS Protocol, Access-Request id=103
              Code: Access-Request (1)
              Packet identifier: 103
              Length: 38
              Authenticator: 000102030405060708090a0b0c0d0e0f
              [Request: True]
              AVP: User-Name (1)
                Type: User-Name (1)
                Length: 6
                User-Name: acme
              AVP: NAS-IP-Address (4)
                Type: NAS-IP-Address (4)
                Length: 6
                NAS-IP-Address: 192.0.2.5
              AVP: Service-Type (6)
                Type: Service-Type (6)
                Length: 6
                Service-Type: Framed (2)
        "#]],
    );
}

#[test]
fn lengths_that_lie() {
    check::<Radius>(
        "02 67 0016 000102030405060708090a0b0c0d0e0f  0101",
        expect![[r#"
            RADIUS Protocol, Access-Accept id=103
              Code: Access-Accept (2)
              Packet identifier: 103
              Length: 22
              Authenticator: 000102030405060708090a0b0c0d0e0f
              [Response: True]
              AVP: User-Name (1)
                Type: User-Name (1)
                Length: 1
                [error] bad-length: 1 bytes, less than the head's 2
        "#]],
    );
    check::<Radius>(
        "02 67 0018 000102030405060708090a0b0c0d0e0f  0120 6162",
        expect![[r#"
            RADIUS Protocol, Access-Accept id=103
              Code: Access-Accept (2)
              Packet identifier: 103
              Length: 24
              Authenticator: 000102030405060708090a0b0c0d0e0f
              [Response: True]
              AVP: User-Name (1)
                Type: User-Name (1)
                Length: 32
              [error] short: radius.User_Name needs 30 bytes at offset 22, 2 are there
        "#]],
    );
    check::<Radius>(
        "02 67 0010",
        expect![[r#"
        RADIUS Protocol, Access-Accept id=103
          Code: Access-Accept (2)
          Packet identifier: 103
          Length: 16
          [error] bad-length: 16 bytes, less than the header's 20
    "#]],
    );
}
