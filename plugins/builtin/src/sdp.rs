//! SDP, session description (RFC 8866). Says which ports will carry RTP and RTCP.

use crate::rtp::PAYLOAD_TYPES;
use prosector_sdk::handle::{Handle, Variable};
use prosector_sdk::prelude::*;
use std::net::IpAddr;

/// The dissector.
#[derive(Default)]
pub struct Sdp;

protocol! {
    /// Session Description Protocol (RFC 8866).
    Sdp = sdp "SDP", "Session Description Protocol" {
        version: str                            "Session Description Protocol Version (v)",
        owner: str                              "Owner/Creator, Session Id (o)",
        owner.username: str                     "Owner Username",
        owner.sessionid: str                    "Session ID",
        owner.version: str                      "Session Version",
        owner.network_type: str                 "Owner Network Type",
        owner.address_type: str                 "Owner Address Type",
        owner.address: str                      "Owner Address",
        session_name: str                       "Session Name (s)",
        session_info: str                       "Session Information (i)",
        uri: str                                "URI of Description (u)",
        email: str                              "E-mail Address (e)",
        phone: str                              "Phone Number (p)",
        connection_info: str                    "Connection Information (c)",
        connection_info.network_type: str       "Connection Network Type",
        connection_info.address_type: str       "Connection Address Type",
        connection_info.address: str            "Connection Address",
        connection_info.ttl: str                "Connection TTL",
        connection_info.num_addr: str           "Connection Number of Addresses",
        bandwidth: str                          "Bandwidth Information (b)",
        bandwidth.modifier: str                 "Bandwidth Modifier",
        bandwidth.value: str                    "Bandwidth Value",
        time: str                               "Time Description, active time (t)",
        time.start: str                         "Session Start Time",
        time.stop: str                          "Session Stop Time",
        repeat_time: str                        "Repeat Time (r)",
        repeat_time.interval: str               "Repeat Interval",
        repeat_time.duration: str               "Repeat Duration",
        repeat_time.offset: str                 "Repeat Offset",
        timezone: str                           "Time Zone Adjustments (z)",
        timezone.time: str                      "Timezone Time",
        timezone.offset: str                    "Timezone Offset",
        encryption_key: str                     "Encryption Key (k)",
        session_attr: str                       "Session Attribute (a)",
        session_attr.field: str                 "Session Attribute Fieldname",
        session_attr.value: str                 "Session Attribute Value",
        media: str                              "Media Description, name and address (m)",
        media.media: str                        "Media Type",
        media.port_string: str                  "Media Port" hidden,
        media.port: computed u16                "Media Port",
        media.portcount: str                    "Media Port Count",
        media.proto: str                        "Media Protocol",
        media.format: str                       "Media Format",
        media.format as MEDIA_FORMAT_NAME: computed str "Media Format",
        media_title: str                        "Media Title (i)",
        media_attr: str                         "Media Attribute (a)",
        media_attribute.field: str              "Media Attribute Fieldname",
        mime.type: str                          "MIME Type",
        sample_rate: str                        "Sample Rate",
        fmtp.parameter: str                     "Media format specific parameters",
        invalid: str                            "Invalid line",
    }
    tables { UDP_PORT: "udp.port" bound, RTP: "@rtp" bound, RTCP: "@rtcp" bound }
}

/// What a session is known by before the media: where it goes.
#[derive(Default)]
struct Description {
    address: Option<IpAddr>,
    /// The protocol of the media that is being read, if there is one.
    media: Option<String>,
}

impl Dissector for Sdp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let data = pdu.data();
        let mut known = Description::default();
        let mut at = pdu.position();
        while let Some(rest) = data.get(at..).filter(|rest| !rest.is_empty()) {
            let len = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
            let line = rest.get(..len).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            match line {
                [kind @ b'a'..=b'z', b'=', value @ ..] => describe(pdu, *kind, Words::new(value, at + 2), &mut known),
                [] => {}
                _ => pdu.mark(INVALID, at..at + line.len()),
            }
            at += len + 1;
        }
        pdu.skip(pdu.remaining())
    }
}

/// The words of a line, each with its place in the PDU.
#[derive(Clone, Copy)]
struct Words<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Words<'a> {
    fn new(text: &'a [u8], at: usize) -> Words<'a> {
        Words { text, at }
    }

    fn mark(self, pdu: &mut Pdu<'_>, field: Handle<Variable>) {
        pdu.mark(field, self.at..self.at + self.text.len());
    }

    /// What stands before the separator, and behind it; all of it, and nothing, where there is none.
    fn split(self, separator: u8) -> (Words<'a>, Option<Words<'a>>) {
        match self.text.iter().position(|&b| b == separator) {
            Some(n) => {
                let (before, behind) = self.text.split_at(n);
                (
                    Words { text: before, ..self },
                    Some(Words { text: behind.get(1..).unwrap_or_default(), at: self.at + n + 1 }),
                )
            }
            None => (self, None),
        }
    }

    fn all(self) -> impl Iterator<Item = Words<'a>> {
        let mut rest = Some(self);
        std::iter::from_fn(move || {
            let (word, behind) = rest?.split(b' ');
            rest = behind;
            Some(word)
        })
    }

    /// Marks one word for each field.
    fn mark_each(self, pdu: &mut Pdu<'_>, fields: &[Handle<Variable>]) {
        for (word, field) in self.all().zip(fields) {
            word.mark(pdu, *field);
        }
    }

    fn text(self) -> String {
        String::from_utf8_lossy(self.text).into_owned()
    }
}

fn describe(pdu: &mut Pdu<'_>, kind: u8, value: Words<'_>, known: &mut Description) {
    let whole = match kind {
        b'v' => VERSION,
        b'o' => OWNER,
        b's' => SESSION_NAME,
        b'i' if known.media.is_some() => MEDIA_TITLE,
        b'i' => SESSION_INFO,
        b'u' => URI,
        b'e' => EMAIL,
        b'p' => PHONE,
        b'c' => CONNECTION_INFO,
        b'b' => BANDWIDTH,
        b't' => TIME,
        b'r' => REPEAT_TIME,
        b'z' => TIMEZONE,
        b'k' => ENCRYPTION_KEY,
        b'a' if known.media.is_some() => MEDIA_ATTR,
        b'a' => SESSION_ATTR,
        b'm' => MEDIA,
        _ => INVALID,
    };
    value.mark(pdu, whole);
    match kind {
        b'o' => value.mark_each(
            pdu,
            &[OWNER_USERNAME, OWNER_SESSIONID, OWNER_VERSION, OWNER_NETWORK_TYPE, OWNER_ADDRESS_TYPE, OWNER_ADDRESS],
        ),
        b'c' => connection(pdu, value, known),
        b'b' => {
            let (modifier, behind) = value.split(b':');
            modifier.mark(pdu, BANDWIDTH_MODIFIER);
            if let Some(behind) = behind {
                behind.mark(pdu, BANDWIDTH_VALUE);
            }
        }
        b't' => value.mark_each(pdu, &[TIME_START, TIME_STOP]),
        b'r' => {
            value.mark_each(pdu, &[REPEAT_TIME_INTERVAL, REPEAT_TIME_DURATION]);
            for offset in value.all().skip(2) {
                offset.mark(pdu, REPEAT_TIME_OFFSET);
            }
        }
        b'z' => value.mark_each(pdu, &[TIMEZONE_TIME, TIMEZONE_OFFSET]),
        b'm' => media(pdu, value, known),
        b'a' => attribute(pdu, value, known),
        _ => {}
    }
}

fn connection(pdu: &mut Pdu<'_>, value: Words<'_>, known: &mut Description) {
    value.mark_each(pdu, &[CONNECTION_INFO_NETWORK_TYPE, CONNECTION_INFO_ADDRESS_TYPE]);
    let Some(place) = value.all().nth(2) else { return };
    let (address, ttl) = place.split(b'/');
    address.mark(pdu, CONNECTION_INFO_ADDRESS);
    if let Some(ttl) = ttl {
        let (ttl, count) = ttl.split(b'/');
        ttl.mark(pdu, CONNECTION_INFO_TTL);
        if let Some(count) = count {
            count.mark(pdu, CONNECTION_INFO_NUM_ADDR);
        }
    }
    known.address = address.text().parse().ok();
}

fn media(pdu: &mut Pdu<'_>, value: Words<'_>, known: &mut Description) {
    let mut words = value.all();
    if let Some(kind) = words.next() {
        kind.mark(pdu, MEDIA_MEDIA);
    }
    let mut port = 0;
    if let Some(ports) = words.next() {
        let (first, count) = ports.split(b'/');
        first.mark(pdu, MEDIA_PORT_STRING);
        if let Ok(number) = first.text().parse::<u16>() {
            port = number;
            pdu.computed(MEDIA_PORT, first.at..first.at + first.text.len(), number);
        }
        if let Some(count) = count {
            count.mark(pdu, MEDIA_PORTCOUNT);
        }
    }
    let Some(protocol) = words.next() else { return };
    protocol.mark(pdu, MEDIA_PROTO);
    let name = protocol.text();
    let is_rtp = name.starts_with("RTP/");
    for format in words {
        match format.text().parse::<u8>() {
            Ok(number) if is_rtp && number < 128 => {
                let name = match name_of(PAYLOAD_TYPES, number.into()) {
                    Some(name) if number < 96 => name.to_owned(),
                    Some(name) => format!("{name}-{number}"),
                    None => number.to_string(),
                };
                pdu.computed_bytes(MEDIA_FORMAT_NAME, format.at..format.at + format.text.len(), name.as_bytes());
            }
            _ => format.mark(pdu, MEDIA_FORMAT),
        }
    }
    known.media = Some(name);
    if is_rtp && port > 0 {
        // RFC 3550, section 11: the next port is that of RTCP.
        let mut expect = |address: &[u8]| {
            pdu.expect(UDP_PORT, address, port, RTP);
            if let Some(next) = port.checked_add(1) {
                pdu.expect(UDP_PORT, address, next, RTCP);
            }
        };
        match known.address {
            Some(IpAddr::V4(address)) => expect(&address.octets()),
            Some(IpAddr::V6(address)) => expect(&address.octets()),
            None => expect(&[]),
        }
    }
}

/// `rtpmap:0 PCMU/8000`, `fmtp:97 mode=20` (RFC 8866, section 6).
fn attribute(pdu: &mut Pdu<'_>, value: Words<'_>, known: &Description) {
    let (name, behind) = value.split(b':');
    let Some(behind) = behind else { return };
    if known.media.is_none() {
        name.mark(pdu, SESSION_ATTR_FIELD);
        behind.mark(pdu, SESSION_ATTR_VALUE);
        return;
    }
    name.mark(pdu, MEDIA_ATTRIBUTE_FIELD);
    let (format, rest) = behind.split(b' ');
    match (name.text, rest) {
        (b"rtpmap", Some(rest)) => {
            format.mark(pdu, MEDIA_FORMAT);
            let (kind, rate) = rest.split(b'/');
            kind.mark(pdu, MIME_TYPE);
            if let Some(rate) = rate {
                rate.split(b'/').0.mark(pdu, SAMPLE_RATE);
            }
        }
        (b"fmtp", Some(rest)) => {
            format.mark(pdu, MEDIA_FORMAT);
            let mut rest = Some(rest);
            while let Some(words) = rest {
                let (one, behind) = words.split(b';');
                let space = one.text.len() - one.text.trim_ascii_start().len();
                Words { text: one.text.trim_ascii(), at: one.at + space }.mark(pdu, FMTP_PARAMETER);
                rest = behind;
            }
        }
        _ => {}
    }
}

builtin!(Sdp);

#[test]
fn a_description() {
    let text = "v=0\r\no=- 7 8 IN IP4 192.0.2.1\r\ns=x\r\nc=IN IP4 224.0.0.1/16\r\nb=AS:64\r\nt=0 0\r\na=tool:y\r\n\
                m=audio 4000/2 RTP/AVP 0 97\r\na=rtpmap:97 iLBC/8000\r\na=fmtp:97 mode=20;x\r\na=sendrecv\r\n";
    let hex: String = text.bytes().map(|b| format!("{b:02x}")).collect();
    check::<Sdp>(
        &hex,
        expect![[r#"
        Session Description Protocol
          Session Description Protocol Version (v): 0
          Owner/Creator, Session Id (o): - 7 8 IN IP4 192.0.2.1
          Owner Username: -
          Session ID: 7
          Session Version: 8
          Owner Network Type: IN
          Owner Address Type: IP4
          Owner Address: 192.0.2.1
          Session Name (s): x
          Connection Information (c): IN IP4 224.0.0.1/16
          Connection Network Type: IN
          Connection Address Type: IP4
          Connection Address: 224.0.0.1
          Connection TTL: 16
          Bandwidth Information (b): AS:64
          Bandwidth Modifier: AS
          Bandwidth Value: 64
          Time Description, active time (t): 0 0
          Session Start Time: 0
          Session Stop Time: 0
          Session Attribute (a): tool:y
          Session Attribute Fieldname: tool
          Session Attribute Value: y
          Media Description, name and address (m): audio 4000/2 RTP/AVP 0 97
          Media Type: audio
          Media Port: 4000
          Media Port Count: 2
          Media Protocol: RTP/AVP
          Media Format: ITU-T G.711 PCMU
          Media Format: DynamicRTP-Type-97
          Media Attribute (a): rtpmap:97 iLBC/8000
          Media Attribute Fieldname: rtpmap
          Media Format: 97
          MIME Type: iLBC
          Sample Rate: 8000
          Media Attribute (a): fmtp:97 mode=20;x
          Media Attribute Fieldname: fmtp
          Media Format: 97
          Media format specific parameters: mode=20
          Media format specific parameters: x
          Media Attribute (a): sendrecv
        → udp.port 4000 of [224, 0, 0, 1] is for @rtp
        → udp.port 4001 of [224, 0, 0, 1] is for @rtcp
    "#]],
    );
}

#[test]
fn lines_that_are_none() {
    check::<Sdp>(
        "763d 0a 0a ff 0a 6d3d",
        expect![[r#"
        Session Description Protocol
          Session Description Protocol Version (v): 
          Invalid line: �
          Media Description, name and address (m): 
          Media Type: 
    "#]],
    );
}
