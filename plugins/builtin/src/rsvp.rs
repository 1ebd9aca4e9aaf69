//! RSVP, the Resource Reservation Protocol (RFC 2205), with label switched tunnels (RFC 3209), and the values of
//! integrated services (RFC 2210) and of hellos (RFC 3209, section 5).

use prosector_sdk::handle::{Handle, Variable};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Rsvp;

protocol! {
    /// Resource Reservation Protocol (RFC 2205).
    Rsvp = rsvp "RSVP", "Resource ReserVation Protocol (RSVP)" {
        version: u8 & 0xf0                      "RSVP Version",
        flags: u8 hex & 0x0f                    "Flags",
        msg: u8                                 "Message Type" = MESSAGES,
        message_checksum: u16 hex               "Message Checksum",
        sending_ttl: u8                         "Sending TTL",
        message_length: u16                     "Message length",
        path: computed bool                     "Path Message" hidden,
        resv: computed bool                     "Resv Message" hidden,
        perr: computed bool                     "Path Error Message" hidden,
        rerr: computed bool                     "Resv Error Message" hidden,
        ptear: computed bool                    "Path Tear Message" hidden,
        rtear: computed bool                    "Resv Tear Message" hidden,
        resvconf: computed bool                 "Resv Confirm Message" hidden,
        hello: computed bool                    "HELLO Message" hidden,

        object_group: group                     "Object",
        length: u16                             "Length",
        object: u8                              "Object class" = CLASSES,
        ctype: u8                               "C-type",
        ctype.session: u8                       "C-type" = { 1 "IPv4", 2 "IPv6", 7 "IPv4-LSP", 8 "IPv6-LSP" },
        ctype.hop: u8                           "C-Type" = { 1 "IPv4", 2 "IPv6" },
        ctype.time_values: u8                   "C-Type",
        ctype.error: u8                         "C-Type" = { 1 "IPv4", 2 "IPv6" },
        ctype.style: u8                         "C-Type",
        ctype.flowspec: u8                      "C-Type" = { 2 "Integrated Services" },
        ctype.template: u8                      "C-Type" = { 1 "IPv4", 2 "IPv6", 7 "IPv4-LSP", 8 "IPv6-LSP" },
        ctype.tspec: u8                         "C-Type" = { 2 "Integrated Services" },
        ctype.adspec: u8                        "C-Type",
        ctype.confirm: u8                       "C-Type" = { 1 "IPv4", 2 "IPv6" },
        ctype.label: u8                         "C-type",
        ctype.label_request: u8                 "C-Type",
        ctype.explicit_route: u8                "C-Type",
        ctype.record_route: u8                  "C-Type",
        ctype.hello: u8                         "C-Type",
        ctype.attribute: u8                     "C-Type",
        ctype.generalized_uni: u8               "C-type",
        ctype.restart_cap: u8                   "C-type",

        session.ip: ipv4                        "Destination address",
        session.proto: u8                       "Protocol" = crate::ip_protocols::IP_PROTOCOLS,
        session.flags: u8 hex                   "Flags",
        session.port: u16                       "Port number",
        session.short_call_id: u16              "Short Call ID",
        session.tunnel_id: u16                  "Tunnel ID",
        session.ext_tunnel_id: u32              "Extended Tunnel ID",
        hop.neighbor_address_ipv4: ipv4         "Neighbor address",
        hop.logical_interface: u32              "Logical interface",
        refresh_interval: u32                   "Refresh interval" unit "ms",
        error.error_node_ipv4: ipv4             "Error node",
        error_flags: u8 hex                     "Flags" {
            path_state_removed: 0x04            "Path State Removed" = SET,
            not_guilty: 0x02                    "NotGuilty" = SET,
            in_place: 0x01                      "InPlace" = SET,
        },
        error.error_code: u8                    "Error code" = {
            0 "Confirmation", 1 "Admission Control Failure", 2 "Policy Control Failure", 3 "No path information for this Resv message",
            4 "No sender information for this Resv message", 5 "Conflicting reservation style", 6 "Unknown reservation style",
            7 "Conflicting destination ports", 8 "Conflicting source ports", 12 "Service preempted", 13 "Unknown object class",
            14 "Unknown object C-type", 21 "Traffic Control Error", 22 "Traffic Control System Error",
            23 "RSVP System Error", 24 "Routing Error", 25 "RSVP Notify Error",
        },
        error_value: u16                        "Error value",
        style.flags: u8 hex                     "Flags",
        style.style: u24 hex                    "Style" = {
            0x0a "Fixed Filter", 0x11 "Wildcard Filter", 0x12 "Shared Explicit",
        },
        flowspec.message_format_version: u8 & 0xf0 "Message format version",
        data_length: u16                        "Data length" unit "words",
        flowspec.service_header: u8             "Service header" = {
            1 "Traffic specification", 2 "Guaranteed Rate", 5 "Controlled Load",
        },
        parameter: u8                           "Parameter",
        parameter_flags: u8 hex                 "Parameter flags",
        parameter_length: u16                   "Parameter length" unit "words",
        flowspec.token_bucket_rate: f32         "Token bucket rate",
        flowspec.token_bucket_size: f32         "Token bucket size",
        flowspec.peak_data_rate: f32            "Peak data rate",
        minimum_policed_unit: u32               "Minimum policed unit [m]",
        maximum_packet_size: u32                "Maximum packet size [M]",
        adspec.message_format_version: u8 & 0xf0 "Message format version",
        adspec.service_header: u8               "Service header" = {
            1 "Default General Parameters", 2 "Guaranteed Rate", 5 "Controlled Load",
        },
        adspec.break_bit: bool & 0x80           "Break bit",
        adspec.type: u8                         "Adspec Type" = {
            4 "IS Hop Count", 6 "Path b/w estimate", 8 "Minimum path latency", 10 "Composed MTU",
            133 "End-to-end composed value for C", 134 "End-to-end composed value for D",
            135 "Since-last-reshaping point composed C", 136 "Since-last-reshaping point composed D",
        },
        adspec.len: u16                         "Length" unit "words",
        adspec.uint: u32                        "Adspec uint",
        adspec.float: f32                       "Adspec float",
        adspec.bytes: bytes                     "Adspec bytes",
        session_attribute.exclude_any: u32 hex  "Exclude-Any",
        session_attribute.include_any: u32 hex  "Include-Any",
        session_attribute.include_all: u32 hex  "Include-All",
        session_attribute.setup_priority: u8    "Setup priority",
        session_attribute.hold_priority: u8     "Hold priority",
        session_attribute.flags: u8 hex         "Flags",
        session_attribute.name_length: u8       "Name length",
        session_attribute.name: str             "Name",
        flowspec.rate: f32                      "Rate",
        flowspec.slack_term: u32                "Slack term",
        sender.ip: ipv4                         "Sender IPv4 address",
        sender.port: u16                        "Sender port number",
        sender.short_call_id: u16               "Short Call ID",
        sender.lsp_id: u16                      "Sender LSP ID",
        confirm.receiver_address_ipv4: ipv4     "Receiver address",
        label.label: u32                        "Label",
        label_request.l3pid: u16 hex            "L3PID",
        loose_hop: bool & 0x80                  "Hop" = { 0 "Strict Hop", 1 "Loose Hop" },
        type: u8 & 0x7f                         "Type" = {
            1 "IPv4", 2 "IPv6", 3 "Label", 4 "Unnumbered", 32 "Autonomous System",
        },
        ero_rro_subobjects.length: u8           "Length",
        ero_rro_subobjects.ipv4_hop: ipv4       "IPv4 hop",
        ero_rro_subobjects.ipv6_hop: ipv6       "IPv6 hop",
        ero_rro_subobjects.prefix_length: u8    "Prefix length",
        ero_rro_subobjects.flags: u8 hex        "Flags",
        ero_rro_subobjects.label: u32           "Label",
        ero_rro_subobjects.router_id: ipv4      "Router-ID",
        ero_rro_subobjects.interface_id: u32    "Interface-ID",
        ero_rro_subobjects.autonomous_system: u16 "Autonomous System",
        hello.source_instance: u32 hex          "Source Instance",
        hello.destination_instance: u32 hex     "Destination Instance",
        restart_cap.restart_time: u32           "Restart Time" unit "ms",
        restart_cap.recovery_time: u32          "Recovery Time" unit "ms",
        object.data: bytes                      "Data",
    }
    claims { ip.proto = 46, udp.port = [1698, 1699] }
}

value_names! {
    /// A flag.
    SET { 0 "Not set", 1 "Set" }
}

value_names! {
    /// Message types.
    MESSAGES {
        1 "PATH Message", 2 "RESV Message", 3 "PATH ERROR Message", 4 "RESV ERROR Message", 5 "PATH TEAR Message",
        6 "RESV TEAR Message", 7 "CONFIRM Message", 12 "BUNDLE Message", 13 "ACK Message", 15 "SREFRESH Message",
        20 "HELLO Message", 21 "NOTIFY Message",
    }
}

value_names! {
    /// Object classes.
    CLASSES {
        1 "SESSION object", 3 "HOP object", 4 "INTEGRITY object", 5 "TIME VALUES object", 6 "ERROR object", 7 "SCOPE object",
        8 "STYLE object", 9 "FLOWSPEC object", 10 "FILTER SPEC object", 11 "SENDER TEMPLATE object",
        12 "SENDER TSPEC object", 13 "ADSPEC object", 14 "POLICY object", 15 "CONFIRM object", 16 "LABEL object",
        19 "LABEL REQUEST object", 20 "EXPLICIT ROUTE object", 21 "RECORD ROUTE object", 22 "HELLO object",
        23 "MESSAGE-ID object", 24 "MESSAGE-ID ACK/NACK object", 36 "LABEL SET object", 37 "PROTECTION object",
        63 "DETOUR object", 131 "RESTART-CAPABILITY object", 195 "NOTIFY-REQUEST object", 196 "ADMIN-STATUS object",
        205 "FAST-REROUTE object", 207 "SESSION ATTRIBUTE object", 229 "GENERALIZED-UNI object",
    }
}

const HEADER: usize = 8;
const OBJECT_HEADER: usize = 4;

impl Dissector for Rsvp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.show(VERSION)?;
        pdu.take(FLAGS)?;
        let kind = pdu.take(MSG)?;
        pdu.info(format_args!("{}", Self::name(MSG, kind)));
        let flag = match kind {
            1 => Some(PATH),
            2 => Some(RESV),
            3 => Some(PERR),
            4 => Some(RERR),
            5 => Some(PTEAR),
            6 => Some(RTEAR),
            7 => Some(RESVCONF),
            20 => Some(HELLO),
            _ => None,
        };
        if let Some(flag) = flag {
            pdu.computed(flag, 1..2, true);
        }
        pdu.take(MESSAGE_CHECKSUM)?;
        pdu.take(SENDING_TTL)?;
        pdu.skip(1)?;
        let len = usize::from(pdu.take(MESSAGE_LENGTH)?);
        pdu.within(MESSAGE_LENGTH, len.saturating_sub(HEADER), |pdu| {
            while pdu.wire_remaining() > 0 {
                if !pdu.group(OBJECT_GROUP, object)? {
                    break;
                }
            }
            Ok(())
        })
    }
}

/// Returns whether there may be more behind it.
fn object(pdu: &mut Pdu<'_>) -> Result<bool, Stop> {
    let at = pdu.position();
    let len = usize::from(pdu.take(LENGTH)?);
    if len < OBJECT_HEADER {
        let text = format_args!("{len} bytes, less than the object's header");
        pdu.diagnostic(Severity::Error, "bad-length", at..at + 2, text);
        return Ok(false);
    }
    pdu.within(LENGTH, len - 2, |pdu| {
        let class = pdu.take(OBJECT)?;
        let own = match class {
            1 => Some(CTYPE_SESSION),
            3 => Some(CTYPE_HOP),
            5 => Some(CTYPE_TIME_VALUES),
            6 => Some(CTYPE_ERROR),
            8 => Some(CTYPE_STYLE),
            9 => Some(CTYPE_FLOWSPEC),
            10 | 11 => Some(CTYPE_TEMPLATE),
            12 => Some(CTYPE_TSPEC),
            13 => Some(CTYPE_ADSPEC),
            15 => Some(CTYPE_CONFIRM),
            16 => Some(CTYPE_LABEL),
            19 => Some(CTYPE_LABEL_REQUEST),
            20 => Some(CTYPE_EXPLICIT_ROUTE),
            21 => Some(CTYPE_RECORD_ROUTE),
            22 => Some(CTYPE_HELLO),
            131 => Some(CTYPE_RESTART_CAP),
            207 => Some(CTYPE_ATTRIBUTE),
            229 => Some(CTYPE_GENERALIZED_UNI),
            _ => None,
        };
        if let Some(own) = own {
            pdu.show(own)?;
        }
        let kind = pdu.take(CTYPE)?;
        value(pdu, class, kind)
    })?;
    Ok(true)
}

fn value(pdu: &mut Pdu<'_>, class: u8, kind: u8) -> Step {
    match (class, kind) {
        (1, 1) => {
            pdu.take(SESSION_IP)?;
            pdu.take(SESSION_PROTO)?;
            pdu.take(SESSION_FLAGS)?;
            pdu.take(SESSION_PORT)?;
        }
        (1, 7) => {
            pdu.take(SESSION_IP)?;
            pdu.take(SESSION_SHORT_CALL_ID)?;
            pdu.take(SESSION_TUNNEL_ID)?;
            pdu.take(SESSION_EXT_TUNNEL_ID)?;
        }
        (3, 1) => {
            pdu.take(HOP_NEIGHBOR_ADDRESS_IPV4)?;
            pdu.take(HOP_LOGICAL_INTERFACE)?;
        }
        (5, 1) => drop(pdu.take(REFRESH_INTERVAL)?),
        (6, 1) => {
            pdu.take(ERROR_ERROR_NODE_IPV4)?;
            pdu.take(ERROR_FLAGS)?;
            pdu.take(ERROR_ERROR_CODE)?;
            pdu.take(ERROR_VALUE)?;
        }
        (8, 1) => {
            pdu.take(STYLE_FLAGS)?;
            pdu.take(STYLE_STYLE)?;
        }
        (9 | 12, 2) => return services(pdu),
        (10 | 11, 1) => {
            pdu.take(SENDER_IP)?;
            pdu.skip(2)?;
            pdu.take(SENDER_PORT)?;
        }
        (10 | 11, 7) => {
            pdu.take(SENDER_IP)?;
            pdu.take(SENDER_SHORT_CALL_ID)?;
            pdu.take(SENDER_LSP_ID)?;
        }
        (13, 2) => return adspec(pdu),
        (15, 1) => drop(pdu.take(CONFIRM_RECEIVER_ADDRESS_IPV4)?),
        (16, 1) => drop(pdu.take(LABEL_LABEL)?),
        (19, 1) => {
            pdu.skip(2)?;
            pdu.take(LABEL_REQUEST_L3PID)?;
        }
        (20 | 21, 1) => return route(pdu, class == 20),
        (22, 1 | 2) => {
            pdu.take(HELLO_SOURCE_INSTANCE)?;
            pdu.take(HELLO_DESTINATION_INSTANCE)?;
        }
        (131, 1) => {
            pdu.take(RESTART_CAP_RESTART_TIME)?;
            pdu.take(RESTART_CAP_RECOVERY_TIME)?;
        }
        (207, 1 | 7) => {
            // RFC 3209, section 4.7: the first kind begins with affinities.
            if kind == 1 {
                pdu.take(SESSION_ATTRIBUTE_EXCLUDE_ANY)?;
                pdu.take(SESSION_ATTRIBUTE_INCLUDE_ANY)?;
                pdu.take(SESSION_ATTRIBUTE_INCLUDE_ALL)?;
            }
            pdu.take(SESSION_ATTRIBUTE_SETUP_PRIORITY)?;
            pdu.take(SESSION_ATTRIBUTE_HOLD_PRIORITY)?;
            pdu.take(SESSION_ATTRIBUTE_FLAGS)?;
            let len = pdu.take(SESSION_ATTRIBUTE_NAME_LENGTH)?;
            pdu.take_bytes(SESSION_ATTRIBUTE_NAME, len.into())?;
        }
        _ => return data(pdu, OBJECT_DATA),
    }
    Ok(())
}

fn data(pdu: &mut Pdu<'_>, field: Handle<Variable>) -> Step {
    match pdu.wire_remaining() {
        0 => Ok(()),
        len => pdu.take_bytes(field, len).map(drop),
    }
}

/// RFC 2210, section 3.
fn services(pdu: &mut Pdu<'_>) -> Step {
    const TOKEN_BUCKET: u8 = 127;
    const GUARANTEED: u8 = 130;
    pdu.take(FLOWSPEC_MESSAGE_FORMAT_VERSION)?;
    pdu.skip(1)?;
    pdu.take(DATA_LENGTH)?;
    while pdu.wire_remaining() > 0 {
        pdu.take(FLOWSPEC_SERVICE_HEADER)?;
        pdu.skip(1)?;
        let len = 4 * usize::from(pdu.take(DATA_LENGTH)?);
        pdu.within(DATA_LENGTH, len, |pdu| {
            while pdu.wire_remaining() > 0 {
                let kind = pdu.take(PARAMETER)?;
                pdu.take(PARAMETER_FLAGS)?;
                let len = 4 * usize::from(pdu.take(PARAMETER_LENGTH)?);
                pdu.within(PARAMETER_LENGTH, len, |pdu| {
                    match kind {
                        TOKEN_BUCKET => {
                            pdu.take(FLOWSPEC_TOKEN_BUCKET_RATE)?;
                            pdu.take(FLOWSPEC_TOKEN_BUCKET_SIZE)?;
                            pdu.take(FLOWSPEC_PEAK_DATA_RATE)?;
                            pdu.take(MINIMUM_POLICED_UNIT)?;
                            pdu.take(MAXIMUM_PACKET_SIZE)?;
                        }
                        GUARANTEED => {
                            pdu.take(FLOWSPEC_RATE)?;
                            pdu.take(FLOWSPEC_SLACK_TERM)?;
                        }
                        _ => {}
                    }
                    Ok(())
                })?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// What the routers on the way can do (RFC 2210, section 3.3; RFC 2212, section 6; RFC 2215, section 3).
fn adspec(pdu: &mut Pdu<'_>) -> Step {
    const BANDWIDTH: u8 = 6;
    pdu.take(ADSPEC_MESSAGE_FORMAT_VERSION)?;
    pdu.skip(1)?;
    pdu.take(DATA_LENGTH)?;
    while pdu.wire_remaining() > 0 {
        pdu.take(ADSPEC_SERVICE_HEADER)?;
        pdu.take(ADSPEC_BREAK_BIT)?;
        let len = 4 * usize::from(pdu.take(DATA_LENGTH)?);
        pdu.within(DATA_LENGTH, len, |pdu| {
            while pdu.wire_remaining() > 0 {
                let kind = pdu.take(ADSPEC_TYPE)?;
                pdu.skip(1)?;
                let len = 4 * usize::from(pdu.take(ADSPEC_LEN)?);
                pdu.within(ADSPEC_LEN, len, |pdu| match (kind, len) {
                    (BANDWIDTH, 4) => pdu.take(ADSPEC_FLOAT).map(drop),
                    (4 | 8 | 10 | 133..=136, 4) => pdu.take(ADSPEC_UINT).map(drop),
                    _ => data(pdu, ADSPEC_BYTES),
                })?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// The hops of a route, given (RFC 3209, section 4.3) or recorded (section 4.4).
fn route(pdu: &mut Pdu<'_>, explicit: bool) -> Step {
    while pdu.wire_remaining() > 0 {
        let at = pdu.position();
        if explicit {
            pdu.show(LOOSE_HOP)?;
        }
        let kind = pdu.take(TYPE)?;
        let len = usize::from(pdu.take(ERO_RRO_SUBOBJECTS_LENGTH)?);
        if kind == 3 && len < 8 && pdu.wire_remaining() >= 6 {
            // What a label is, even where its length is wrong.
            pdu.skip(1)?;
            pdu.take(CTYPE)?;
            pdu.take(ERO_RRO_SUBOBJECTS_LABEL)?;
        }
        if len < 2 {
            pdu.diagnostic(Severity::Error, "bad-length", at + 1..at + 2, format_args!("{len} bytes"));
            return pdu.skip(pdu.remaining());
        }
        let len = (at + len).saturating_sub(pdu.position());
        pdu.within(ERO_RRO_SUBOBJECTS_LENGTH, len, |pdu| {
            match kind {
                1 => {
                    pdu.take(ERO_RRO_SUBOBJECTS_IPV4_HOP)?;
                    pdu.take(ERO_RRO_SUBOBJECTS_PREFIX_LENGTH)?;
                    if !explicit {
                        pdu.take(ERO_RRO_SUBOBJECTS_FLAGS)?;
                    }
                }
                2 => {
                    pdu.take(ERO_RRO_SUBOBJECTS_IPV6_HOP)?;
                    pdu.take(ERO_RRO_SUBOBJECTS_PREFIX_LENGTH)?;
                    if !explicit {
                        pdu.take(ERO_RRO_SUBOBJECTS_FLAGS)?;
                    }
                }
                3 if len >= 6 => {
                    pdu.skip(1)?;
                    pdu.take(CTYPE)?;
                    pdu.take(ERO_RRO_SUBOBJECTS_LABEL)?;
                }
                4 => {
                    pdu.skip(2)?;
                    pdu.take(ERO_RRO_SUBOBJECTS_ROUTER_ID)?;
                    pdu.take(ERO_RRO_SUBOBJECTS_INTERFACE_ID)?;
                }
                32 => drop(pdu.take(ERO_RRO_SUBOBJECTS_AUTONOMOUS_SYSTEM)?),
                _ => {}
            }
            Ok(())
        })?;
    }
    Ok(())
}

builtin!(Rsvp);

#[test]
fn a_path() {
    check::<Rsvp>(
        "10 01 0000 ff 00 0034  000c 0101 0a000001 11 00 0010  000c 0301 0a000002 00000001
         0014 1401 01 08 0a000003 20 00 01 08 0a000004 20 00",
        expect![[r#"
            Resource ReserVation Protocol (RSVP), PATH Message
              RSVP Version: 1
              Flags: 0x0
              Message Type: PATH Message (1)
              Message Checksum: 0x0000
              Sending TTL: 255
              Message length: 52
              Object: SESSION object (1)
                Length: 12
                Object class: SESSION object (1)
                C-type: IPv4 (1)
                C-type: 1
                Destination address: 10.0.0.1
                Protocol: UDP (17)
                Flags: 0x00
                Port number: 16
              Object: HOP object (3)
                Length: 12
                Object class: HOP object (3)
                C-Type: IPv4 (1)
                C-type: 1
                Neighbor address: 10.0.0.2
                Logical interface: 1
              Object: EXPLICIT ROUTE object (20)
                Length: 20
                Object class: EXPLICIT ROUTE object (20)
                C-Type: 1
                C-type: 1
                Hop: Strict Hop
                Type: IPv4 (1)
                Length: 8
                IPv4 hop: 10.0.0.3
                Prefix length: 32
                Hop: Strict Hop
                Type: IPv4 (1)
                Length: 8
                IPv4 hop: 10.0.0.4
                Prefix length: 32
        "#]],
    );
}

#[test]
fn a_reservation_and_a_hello() {
    check::<Rsvp>(
        "10 02 0000 ff 00 0034  0008 0801 00 00000a
         0024 0902 00 00 0007 05 00 0006 7f 00 0005 45bb8000 45bb8000 45bb8000 00000000 00000000",
        expect![[r#"
            Resource ReserVation Protocol (RSVP), RESV Message
              RSVP Version: 1
              Flags: 0x0
              Message Type: RESV Message (2)
              Message Checksum: 0x0000
              Sending TTL: 255
              Message length: 52
              Object: STYLE object (8)
                Length: 8
                Object class: STYLE object (8)
                C-Type: 1
                C-type: 1
                Flags: 0x00
                Style: Fixed Filter (0x00000a)
              Object: FLOWSPEC object (9)
                Length: 36
                Object class: FLOWSPEC object (9)
                C-Type: Integrated Services (2)
                C-type: 2
                Message format version: 0
                Data length: 7 words
                Service header: Controlled Load (5)
                Data length: 6 words
                Parameter: 127
                Parameter flags: 0x00
                Parameter length: 5 words
                Token bucket rate: 6000
                Token bucket size: 6000
                Peak data rate: 6000
                Minimum policed unit [m]: 0
                Maximum packet size [M]: 0
        "#]],
    );
    check::<Rsvp>(
        "10 14 0000 01 00 0014  000c 1601 00000001 00000002",
        expect![[r#"
            Resource ReserVation Protocol (RSVP), HELLO Message
              RSVP Version: 1
              Flags: 0x0
              Message Type: HELLO Message (20)
              Message Checksum: 0x0000
              Sending TTL: 1
              Message length: 20
              Object: HELLO object (22)
                Length: 12
                Object class: HELLO object (22)
                C-Type: 1
                C-type: 1
                Source Instance: 0x00000001
                Destination Instance: 0x00000002
        "#]],
    );
}

#[test]
fn lengths_that_cannot_be() {
    check::<Rsvp>(
        "10 14 0000 01 00 000c  0003 1601",
        expect![[r#"
            Resource ReserVation Protocol (RSVP), HELLO Message
              RSVP Version: 1
              Flags: 0x0
              Message Type: HELLO Message (20)
              Message Checksum: 0x0000
              Sending TTL: 1
              Message length: 12
              Object
                Length: 3
                [error] bad-length: 3 bytes, less than the object's header
        "#]],
    );
    check::<Rsvp>(
        "10 01 0000 01 00 0010  0008 1401 01 00 0a00",
        expect![[r#"
            Resource ReserVation Protocol (RSVP), PATH Message
              RSVP Version: 1
              Flags: 0x0
              Message Type: PATH Message (1)
              Message Checksum: 0x0000
              Sending TTL: 1
              Message length: 16
              Object: EXPLICIT ROUTE object (20)
                Length: 8
                Object class: EXPLICIT ROUTE object (20)
                C-Type: 1
                C-type: 1
                Hop: Strict Hop
                Type: IPv4 (1)
                Length: 0
                [error] bad-length: 0 bytes
        "#]],
    );
}

#[test]
fn a_session_s_name_and_what_the_way_is_like() {
    check::<Rsvp>(
        "10 01 0000 40 00 003c
         000c cf07 07 07 04 03 61626300
         0028 0d02 00 00 0008 01 00 0002 04 00 0001 00000001  05 80 0000  02 00 0003 06 00 0001 461c4000 85 00",
        expect![[r#"
            Resource ReserVation Protocol (RSVP), PATH Message
              RSVP Version: 1
              Flags: 0x0
              Message Type: PATH Message (1)
              Message Checksum: 0x0000
              Sending TTL: 64
              Message length: 60
              Object: SESSION ATTRIBUTE object (207)
                Length: 12
                Object class: SESSION ATTRIBUTE object (207)
                C-Type: 7
                C-type: 7
                Setup priority: 7
                Hold priority: 7
                Flags: 0x04
                Name length: 3
                Name: abc
              Object: ADSPEC object (13)
                Length: 40
                Object class: ADSPEC object (13)
                C-Type: 2
                C-type: 2
                Message format version: 0
                Data length: 8 words
                Service header: Default General Parameters (1)
                Break bit: False
                Data length: 2 words
                Adspec Type: IS Hop Count (4)
                Length: 1 words
                Adspec uint: 1
                Service header: Controlled Load (5)
                Break bit: True
                Data length: 0 words
                Service header: Guaranteed Rate (2)
                Break bit: False
                Data length: 3 words
                Adspec Type: Path b/w estimate (6)
                Length: 1 words
                Adspec float: 10000
                Adspec Type: End-to-end composed value for C (133)
              [error] short: rsvp.adspec.len needs 2 bytes at offset 58, 0 are there
        "#]],
    );
}
