//! MQTT 3.1, 3.1.1 and 5.0 (OASIS Standards mqtt-v3.1.1, mqtt-v5.0): a byte of type and flags, a length, and what the type
//! says. Which version is spoken only `CONNECT` tells.

use crate::lines;
use prosector_sdk::handle::{Handle, Variable};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Mqtt {
    /// The version of each connection; 0 where it is not known.
    versions: Flows<u8>,
}

value_names! {
    /// How surely a message arrives.
    QOS {
        0 "At most once delivery (Fire and Forget)",
        1 "At least once delivery (Acknowledged deliver)",
        2 "Exactly once delivery (Assured Delivery)",
        3 "Reserved",
    }
}

value_names! {
    /// Reason codes (mqtt-v5.0, section 2.4).
    REASONS {
        0 "Success",
        1 "Granted QoS 1",
        2 "Granted QoS 2",
        4 "Disconnect with Will Message",
        16 "No matching subscribers",
        17 "No subscription existed",
        24 "Continue authentication",
        25 "Re-authenticate",
        128 "Unspecified error",
        129 "Malformed Packet",
        130 "Protocol Error",
        131 "Implementation specific error",
        132 "Unsupported Protocol Version",
        133 "Client Identifier not valid",
        134 "Bad User Name or Password",
        135 "Not authorized",
        136 "Server unavailable",
        137 "Server busy",
        138 "Banned",
        139 "Server shutting down",
        140 "Bad authentication method",
        141 "Keep Alive timeout",
        142 "Session taken over",
        143 "Topic Filter invalid",
        144 "Topic Name invalid",
        145 "Packet Identifier in use",
        146 "Packet Identifier not found",
        147 "Receive Maximum exceeded",
        148 "Topic Alias invalid",
        149 "Packet too large",
        150 "Message rate too high",
        151 "Quota exceeded",
        152 "Administrative action",
        153 "Payload format invalid",
        154 "Retain not supported",
        155 "QoS not supported",
        156 "Use another server",
        157 "Server moved",
        158 "Shared Subscriptions not supported",
        159 "Connection rate exceeded",
        160 "Maximum connect time",
        161 "Subscription Identifiers not supported",
        162 "Wildcard Subscriptions not supported",
    }
}

protocol! {
    /// MQ Telemetry Transport Protocol, versions 3.1 to 5.0.
    Mqtt = mqtt "MQTT", "MQ Telemetry Transport Protocol" {
        hdrflags: u8 hex                        "Header Flags",
        msgtype: u8 & 0xf0                      "Message Type" = {
            0 "Reserved", 1 "Connect Command", 2 "Connect Ack", 3 "Publish Message", 4 "Publish Ack", 5 "Publish Received",
            6 "Publish Release", 7 "Publish Complete", 8 "Subscribe Request", 9 "Subscribe Ack", 10 "Unsubscribe Request",
            11 "Unsubscribe Ack", 12 "Ping Request", 13 "Ping Response", 14 "Disconnect Req", 15 "Authentication Exchange",
        },
        hdr_reserved: u8 & 0x0f                 "Reserved",
        dupflag: bool(u8) & 0x08                "DUP Flag",
        qos as QOS_FIELD: u8 & 0x06             "QoS Level" = QOS,
        retain: bool(u8) & 0x01                 "Retain",
        retain_reserved: u8 & 0x01              "Reserved",
        len: computed u64                       "Msg Len",
        proto_len: u16                          "Protocol Name Length",
        protoname: str                          "Protocol Name",
        ver: u8                                 "Version" = { 3 "MQTT v3.1", 4 "MQTT v3.1.1", 5 "MQTT v5.0" },
        conflags: u8 hex                        "Connect Flags",
        conflag.uname: bool(u8) & 0x80          "User Name Flag",
        conflag.passwd: bool(u8) & 0x40         "Password Flag",
        conflag.retain: bool(u8) & 0x20         "Will Retain",
        conflag.qos: u8 & 0x18                  "QoS Level" = QOS,
        conflag.willflag: bool(u8) & 0x04       "Will Flag",
        conflag.cleansess: bool(u8) & 0x02      "Clean Session Flag",
        conflag.reserved: bool(u8) & 0x01       "(Reserved)",
        kalive: u16                             "Keep Alive" unit "s",
        clientid_len: u16                       "Client ID Length",
        clientid: str                           "Client ID",
        willtopic_len: u16                      "Will Topic Length",
        willtopic: str                          "Will Topic",
        willmsg_len: u16                        "Will Message Length",
        willmsg: bytes                          "Will Message",
        username_len: u16                       "User Name Length",
        username: str                           "User Name",
        passwd_len: u16                         "Password Length",
        passwd: str                             "Password",
        conack.flags: u8 hex                    "Acknowledge Flags",
        conack.flags.reserved: bool(u8) & 0xfe  "Reserved",
        conack.flags.sp: bool(u8) & 0x01        "Session Present",
        conack.val: u8                          "Return Code" = {
            0 "Connection Accepted", 1 "Connection Refused: unacceptable protocol version",
            2 "Connection Refused: identifier rejected", 3 "Connection Refused: server unavailable",
            4 "Connection Refused: bad user name or password", 5 "Connection Refused: not authorized",
        },
        connack.reason_code: u8                 "Reason Code" = REASONS,
        topic_len: u16                          "Topic Length",
        topic: str                              "Topic",
        msgid: u16                              "Message Identifier",
        msg: bytes                              "Message",
        puback.reason_code: u8                  "Reason Code" = REASONS,
        pubrec.reason_code: u8                  "Reason Code" = REASONS,
        pubrel.reason_code: u8                  "Reason Code" = REASONS,
        pubcomp.reason_code: u8                 "Reason Code" = REASONS,
        sub.qos: u8                             "Requested QoS" = QOS,
        subscription_options: u8 hex            "Subscription Options",
        subscription_options_reserved: u8 hex & 0xc0 "Reserved",
        subscription_options_retain: u8 & 0x30  "Retain Handling",
        subscription_options_rap: bool(u8) & 0x08 "Retain As Published",
        subscription_options_nl: bool(u8) & 0x04 "No Local",
        subscription_options_qos: u8 & 0x03     "QoS" = QOS,
        suback.qos: u8                          "Granted QoS" = {
            0 "At most once delivery (Fire and Forget)", 1 "At least once delivery (Acknowledged deliver)",
            2 "Exactly once delivery (Assured Delivery)", 128 "Failure",
        },
        suback.reason_code: u8                  "Reason Code" = REASONS,
        unsuback.reason_code: u8                "Reason Code" = REASONS,
        disconnect.reason_code: u8              "Reason Code" = REASONS,
        auth.reason_code: u8                    "Reason Code" = REASONS,
        properties: group                       "Properties",
        will_properties: group                  "Will Properties",
        property_len: computed u64              "Total Length",
        property_id: u8 hex                     "ID" = {
            1 "Payload Format Indicator", 2 "Publication Expiry Interval", 3 "Content Type", 8 "Response Topic",
            9 "Correlation Data", 11 "Subscription Identifier", 17 "Session Expiry Interval",
            18 "Assigned Client Identifier", 19 "Server Keep Alive", 21 "Authentication Method",
            22 "Authentication Data", 23 "Request Problem Information", 24 "Will Delay Interval",
            25 "Request Response Information", 26 "Response Information", 28 "Server Reference", 31 "Reason String",
            33 "Receive Maximum", 34 "Topic Alias Maximum", 35 "Topic Alias", 36 "Maximum QoS", 37 "Retain Available",
            38 "User Property", 39 "Maximum Packet Size", 40 "Wildcard Subscription Available",
            41 "Subscription Identifier Available", 42 "Shared Subscription Available",
        },
        prop_number as PROP_NUMBER8: u8         "Value",
        prop_number as PROP_NUMBER16: u16       "Value",
        prop_number: u32                        "Value",
        prop_number as PROP_VARIABLE: computed u32 "Value",
        property.content_type: str              "Content Type",
        property.max_qos: u8                    "QoS" = QOS,
        property.topic_alias: u16               "Topic Alias",
        prop_string_len: u16                    "Length",
        prop_string: str                        "Value",
        prop_key_len: u16                       "Key Length",
        prop_key: str                           "Key",
        prop_value_len: u16                     "Value Length",
        prop_value: str                         "Value",
        prop_unknown: bytes                     "Unknown Property",
    }
    claims { tcp.port = 1883, tls.port = 8883 }
    stateful
}

const V5: u8 = 5;

mod kind {
    pub const CONNECT: u8 = 1;
    pub const CONNACK: u8 = 2;
    pub const PUBLISH: u8 = 3;
    pub const PUBACK: u8 = 4;
    pub const PUBREC: u8 = 5;
    pub const PUBREL: u8 = 6;
    pub const PUBCOMP: u8 = 7;
    pub const SUBSCRIBE: u8 = 8;
    pub const SUBACK: u8 = 9;
    pub const UNSUBSCRIBE: u8 = 10;
    pub const UNSUBACK: u8 = 11;
    pub const DISCONNECT: u8 = 14;
    pub const AUTH: u8 = 15;
}

impl Dissector for Mqtt {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let version = self.versions.of(pdu.flow());
        let flags = pdu.take(HDRFLAGS)?;
        let at = pdu.position();
        let len = variable(pdu)?;
        let start = pdu.position();
        pdu.wait_for(start + len as usize)?;
        pdu.set_len(LEN, start + len as usize);
        let kind = pdu.show_at(MSGTYPE, 0)?;
        pdu.info(format_args!("{}", Self::name(MSGTYPE, kind)));
        match kind {
            kind::PUBLISH => {
                pdu.show_at(DUPFLAG, 0)?;
                pdu.show_at(QOS_FIELD, 0)?;
                pdu.show_at(RETAIN, 0)?;
            }
            // Version 3.1 has the same flags here as in a publication.
            kind::PUBREL | kind::SUBSCRIBE | kind::UNSUBSCRIBE if *version == 3 => {
                pdu.show_at(DUPFLAG, 0)?;
                pdu.show_at(QOS_FIELD, 0)?;
                pdu.show_at(RETAIN_RESERVED, 0)?;
            }
            _ => {
                pdu.show_at(HDR_RESERVED, 0)?;
            }
        }
        pdu.computed(LEN, at..start, len);
        if kind == kind::CONNECT {
            *version = connect(pdu)?;
            return Ok(());
        }
        packet(pdu, kind, flags, *version)
    }

    fn flow_end(&mut self, flow: u64) {
        self.versions.end(flow);
    }
}

/// A number of one to four bytes, seven bits in each (mqtt-v5.0, section 1.5.5).
fn variable(pdu: &mut Pdu<'_>) -> Result<u64, Stop> {
    let mut value = 0;
    for i in 0..4 {
        let Some(&byte) = pdu.rest().first() else {
            pdu.skip(1)?;
            break;
        };
        pdu.skip(1)?;
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Ok(value)
}

/// Text or bytes behind their length.
fn counted<'a>(pdu: &mut Pdu<'a>, len: Handle<u16>, field: Handle<Variable>) -> Result<&'a [u8], Stop> {
    let len = pdu.take(len)?;
    pdu.take_bytes(field, len.into())
}

fn connect(pdu: &mut Pdu<'_>) -> Result<u8, Stop> {
    counted(pdu, PROTO_LEN, PROTONAME)?;
    let version = pdu.take(VER)?;
    let flags = pdu.show(CONFLAGS)?;
    pdu.show(CONFLAG_UNAME)?;
    pdu.show(CONFLAG_PASSWD)?;
    pdu.show(CONFLAG_RETAIN)?;
    pdu.show(CONFLAG_QOS)?;
    pdu.show(CONFLAG_WILLFLAG)?;
    pdu.show(CONFLAG_CLEANSESS)?;
    pdu.take(CONFLAG_RESERVED)?;
    pdu.take(KALIVE)?;
    if version == V5 {
        pdu.group(PROPERTIES, properties)?;
    }
    counted(pdu, CLIENTID_LEN, CLIENTID)?;
    if flags & 0x04 != 0 {
        if version == V5 {
            pdu.group(WILL_PROPERTIES, properties)?;
        }
        counted(pdu, WILLTOPIC_LEN, WILLTOPIC)?;
        counted(pdu, WILLMSG_LEN, WILLMSG)?;
    }
    if flags & 0x80 != 0 {
        counted(pdu, USERNAME_LEN, USERNAME)?;
    }
    if flags & 0x40 != 0 {
        counted(pdu, PASSWD_LEN, PASSWD)?;
    }
    Ok(version)
}

/// The topics of a subscription, for the summary line.
#[derive(Default)]
struct Topics<'a> {
    first: &'a [u8],
    count: usize,
}

impl<'a> Topics<'a> {
    /// Reads one more.
    fn add(&mut self, pdu: &mut Pdu<'a>, kind: u8, id: u16) -> Step {
        let topic = counted(pdu, TOPIC_LEN, TOPIC)?;
        if self.count == 0 {
            self.first = topic;
        }
        self.count += 1;
        let (name, first) = (Mqtt::name(MSGTYPE, kind), lines::show(self.first));
        match self.count {
            1 => pdu.info(format_args!("{name} (id={id}) [{first}]")),
            count => pdu.info(format_args!("{name} (id={id}) [{first}] and {} more", count - 1)),
        }
        Ok(())
    }
}

/// Everything but `CONNECT`.
fn packet(pdu: &mut Pdu<'_>, kind: u8, flags: u8, version: u8) -> Step {
    let is_v5 = version == V5;
    match kind {
        kind::CONNACK => {
            if version != 3 {
                pdu.show(CONACK_FLAGS)?;
                pdu.show(CONACK_FLAGS_RESERVED)?;
                pdu.take(CONACK_FLAGS_SP)?;
            } else {
                pdu.take(CONACK_FLAGS_RESERVED)?;
            }
            if !is_v5 {
                pdu.take(CONACK_VAL)?;
                return Ok(());
            }
            pdu.take(CONNACK_REASON_CODE)?;
            pdu.group(PROPERTIES, properties)
        }
        kind::PUBLISH => {
            let topic = lines::show(counted(pdu, TOPIC_LEN, TOPIC)?);
            let name = Mqtt::name(MSGTYPE, kind);
            if flags & 0x06 != 0 {
                let id = pdu.take(MSGID)?;
                pdu.info(format_args!("{name} (id={id}) [{topic}]"));
            } else {
                pdu.info(format_args!("{name} [{topic}]"));
            }
            if is_v5 {
                pdu.group(PROPERTIES, properties)?;
            }
            if pdu.remaining() > 0 {
                pdu.take_rest(MSG);
            }
            Ok(())
        }
        kind::PUBACK => reason(pdu, true, is_v5, PUBACK_REASON_CODE),
        kind::PUBREC => reason(pdu, true, is_v5, PUBREC_REASON_CODE),
        kind::PUBREL => reason(pdu, true, is_v5, PUBREL_REASON_CODE),
        kind::PUBCOMP => reason(pdu, true, is_v5, PUBCOMP_REASON_CODE),
        kind::SUBSCRIBE => {
            let id = pdu.take(MSGID)?;
            if is_v5 {
                pdu.group(PROPERTIES, properties)?;
            }
            let mut topics = Topics::default();
            while pdu.wire_remaining() > 0 {
                topics.add(pdu, kind, id)?;
                if is_v5 {
                    pdu.show(SUBSCRIPTION_OPTIONS)?;
                    pdu.show(SUBSCRIPTION_OPTIONS_RESERVED)?;
                    pdu.show(SUBSCRIPTION_OPTIONS_RETAIN)?;
                    pdu.show(SUBSCRIPTION_OPTIONS_RAP)?;
                    pdu.show(SUBSCRIPTION_OPTIONS_NL)?;
                    pdu.take(SUBSCRIPTION_OPTIONS_QOS)?;
                } else {
                    pdu.take(SUB_QOS)?;
                }
            }
            Ok(())
        }
        kind::UNSUBSCRIBE => {
            let id = pdu.take(MSGID)?;
            if is_v5 {
                pdu.group(PROPERTIES, properties)?;
            }
            let mut topics = Topics::default();
            while pdu.wire_remaining() > 0 {
                topics.add(pdu, kind, id)?;
            }
            Ok(())
        }
        kind::SUBACK | kind::UNSUBACK => {
            let id = pdu.take(MSGID)?;
            pdu.info(format_args!("{} (id={id})", Mqtt::name(MSGTYPE, kind)));
            if is_v5 {
                pdu.group(PROPERTIES, properties)?;
            }
            let field = match (kind, is_v5) {
                (kind::UNSUBACK, _) => UNSUBACK_REASON_CODE,
                (_, true) => SUBACK_REASON_CODE,
                _ => SUBACK_QOS,
            };
            while pdu.wire_remaining() > 0 {
                pdu.take(field)?;
            }
            Ok(())
        }
        kind::DISCONNECT => reason(pdu, false, is_v5, DISCONNECT_REASON_CODE),
        kind::AUTH => reason(pdu, false, is_v5, AUTH_REASON_CODE),
        _ => Ok(()),
    }
}

/// Packets that say how something went; version 5 may leave out what is usual (mqtt-v5.0, section 3.4.2.1).
fn reason(pdu: &mut Pdu<'_>, has_id: bool, is_v5: bool, field: Handle<u8>) -> Step {
    if has_id {
        pdu.take(MSGID)?;
    }
    if is_v5 && pdu.wire_remaining() > 0 {
        pdu.take(field)?;
        if pdu.wire_remaining() > 0 {
            pdu.group(PROPERTIES, properties)?;
        }
    }
    Ok(())
}

/// Properties (mqtt-v5.0, section 2.2.2).
fn properties(pdu: &mut Pdu<'_>) -> Step {
    let at = pdu.position();
    let len = variable(pdu)? as usize;
    pdu.computed(PROPERTY_LEN, at..pdu.position(), len);
    pdu.within(PROPERTY_LEN, len, |pdu| {
        while pdu.wire_remaining() > 0 {
            match pdu.take(PROPERTY_ID)? {
                0x24 => pdu.take(PROPERTY_MAX_QOS).map(drop)?,
                0x23 => pdu.take(PROPERTY_TOPIC_ALIAS).map(drop)?,
                0x01 | 0x17 | 0x19 | 0x25 | 0x28..=0x2a => pdu.take(PROP_NUMBER8).map(drop)?,
                0x13 | 0x21 | 0x22 => pdu.take(PROP_NUMBER16).map(drop)?,
                0x02 | 0x11 | 0x18 | 0x27 => pdu.take(PROP_NUMBER).map(drop)?,
                0x0b => {
                    let at = pdu.position();
                    let value = variable(pdu)?;
                    pdu.computed(PROP_VARIABLE, at..pdu.position(), value);
                }
                0x03 => {
                    let len = pdu.peek(PROP_STRING_LEN)?;
                    pdu.skip(2)?;
                    pdu.take_bytes(PROPERTY_CONTENT_TYPE, len.into())?;
                }
                0x08 | 0x09 | 0x12 | 0x15 | 0x16 | 0x1a | 0x1c | 0x1f => {
                    counted(pdu, PROP_STRING_LEN, PROP_STRING)?;
                }
                0x26 => {
                    counted(pdu, PROP_KEY_LEN, PROP_KEY)?;
                    counted(pdu, PROP_VALUE_LEN, PROP_VALUE)?;
                }
                _ => {
                    pdu.take_rest(PROP_UNKNOWN);
                }
            }
        }
        Ok(())
    })
}

builtin!(Mqtt);

#[test]
fn connect_and_publish() {
    check_stream::<Mqtt>(
        &["10 11 0004 4d515454 05 02 003c 03 210014 0001 61", "30 09 0001 74 02 0101 6869 21"],
        expect![[r#"
            segment 1
            MQ Telemetry Transport Protocol, Connect Command
              Header Flags: 0x10
              Message Type: Connect Command (1)
              Reserved: 0
              Msg Len: 17
              Protocol Name Length: 4
              Protocol Name: MQTT
              Version: MQTT v5.0 (5)
              Connect Flags: 0x02
              User Name Flag: False
              Password Flag: False
              Will Retain: False
              QoS Level: At most once delivery (Fire and Forget) (0)
              Will Flag: False
              Clean Session Flag: True
              (Reserved): False
              Keep Alive: 60 s
              Properties: Receive Maximum (0x21)
                Total Length: 3
                ID: Receive Maximum (0x21)
                Value: 20
              Client ID Length: 1
              Client ID: a
            segment 2
            MQ Telemetry Transport Protocol, Publish Message [t]
              Header Flags: 0x30
              Message Type: Publish Message (3)
              DUP Flag: False
              QoS Level: At most once delivery (Fire and Forget) (0)
              Retain: False
              Msg Len: 9
              Topic Length: 1
              Topic: t
              Properties: Payload Format Indicator (0x01)
                Total Length: 2
                ID: Payload Format Indicator (0x01)
                Value: 1
              Message: 686921
        "#]],
    );
}

#[test]
fn lengths_that_cannot_be() {
    check::<Mqtt>(
        "30 ffffffff 00",
        expect![[r#"
        MQ Telemetry Transport Protocol, Publish Message
          Header Flags: 0x30
          Message Type: Publish Message (3)
          DUP Flag: False
          QoS Level: At most once delivery (Fire and Forget) (0)
          Retain: False
          Msg Len: 268435455
          [error] short: mqtt.topic_len needs 2 bytes at offset 5, 1 are there
    "#]],
    );
    check::<Mqtt>(
        "82 04 0001 ffff",
        expect![[r#"
        MQ Telemetry Transport Protocol, Subscribe Request
          Header Flags: 0x82
          Message Type: Subscribe Request (8)
          Reserved: 2
          Msg Len: 4
          Message Identifier: 1
          Topic Length: 65535
          [error] short: mqtt.topic needs 65535 bytes at offset 6, 0 are there
    "#]],
    );
}

#[test]
fn topics() {
    check_stream::<Mqtt>(
        &["82 0b 0001 0002 6162 00 0001 63 01", "34 06 0001 74 0009 21", "90 03 0001 00"],
        expect![[r#"
            segment 1
            MQ Telemetry Transport Protocol, Subscribe Request (id=1) [ab] and 1 more
              Header Flags: 0x82
              Message Type: Subscribe Request (8)
              Reserved: 2
              Msg Len: 11
              Message Identifier: 1
              Topic Length: 2
              Topic: ab
              Requested QoS: At most once delivery (Fire and Forget) (0)
              Topic Length: 1
              Topic: c
              Requested QoS: At least once delivery (Acknowledged deliver) (1)
            segment 2
            MQ Telemetry Transport Protocol, Publish Message (id=9) [t]
              Header Flags: 0x34
              Message Type: Publish Message (3)
              DUP Flag: False
              QoS Level: Exactly once delivery (Assured Delivery) (2)
              Retain: False
              Msg Len: 6
              Topic Length: 1
              Topic: t
              Message Identifier: 9
              Message: 21
            segment 3
            MQ Telemetry Transport Protocol, Subscribe Ack (id=1)
              Header Flags: 0x90
              Message Type: Subscribe Ack (9)
              Reserved: 0
              Msg Len: 3
              Message Identifier: 1
              Granted QoS: At most once delivery (Fire and Forget) (0)
        "#]],
    );
}
