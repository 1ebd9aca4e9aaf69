//! SIP, session initiation (RFC 3261).

use prosector_sdk::handle::{ComputedWord, Handle, Variable};
use prosector_sdk::prelude::*;
use prosector_sdk::requests::Recent;
use std::ops::Range;

/// The dissector.
#[derive(Default)]
pub struct Sip {
    flows: Flows<Recent<Transaction, Seen>>,
}

protocol! {
    /// Session Initiation Protocol (RFC 3261).
    Sip = sip "SIP", "Session Initiation Protocol" {
        "Request-Line" as REQUEST_LINE: str     "Request-Line",
        "Method" as METHOD: str                 "Method",
        "r-uri" as R_URI: str                              "Request-URI",
        "r-uri.user" as R_URI_USER: str                         "Request-URI User Part",
        "r-uri.host" as R_URI_HOST: str                         "Request-URI Host Part",
        "r-uri.port" as R_URI_PORT: str                         "Request-URI Host Port",
        "r-uri.param" as R_URI_PARAM: str                        "Request URI parameter",
        "Status-Line" as STATUS_LINE: str       "Status-Line",
        "Status-Code" as STATUS_CODE: computed u32 "Status-Code",
        resend: computed bool                   "Resent Packet",
        "response-request" as RESPONSE_REQUEST: computed u32          "Request Frame",
        "response-time" as RESPONSE_TIME: computed u32             "Response Time (ms)",
        msg_hdr: str                            "Message Header",
        "Accept" as ACCEPT: str                 "Accept",
        "Accept-Contact" as ACCEPT_CONTACT: str "Accept-Contact",
        "Accept-Encoding" as ACCEPT_ENCODING: str "Accept-Encoding",
        "Accept-Language" as ACCEPT_LANGUAGE: str "Accept-Language",
        "Alert-Info" as ALERT_INFO: str         "Alert-Info",
        "Allow" as ALLOW: str                   "Allow",
        "Allow-Events" as ALLOW_EVENTS: str     "Allow-Events",
        "Authorization" as AUTHORIZATION: str   "Authorization",
        "Call-ID" as CALL_ID: str               "Call-ID",
        "Call-Info" as CALL_INFO: str           "Call-Info",
        "Contact" as CONTACT: str               "Contact",
        "Content-Disposition" as CONTENT_DISPOSITION: str "Content-Disposition",
        "Content-Encoding" as CONTENT_ENCODING: str "Content-Encoding",
        "Content-Language" as CONTENT_LANGUAGE: str "Content-Language",
        "Content-Type" as CONTENT_TYPE: str     "Content-Type",
        "CSeq" as CSEQ: str                     "CSeq",
        "Date" as DATE: str                     "Date",
        "Error-Info" as ERROR_INFO: str         "Error-Info",
        "Event" as EVENT: str                   "Event",
        "From" as FROM: str                     "From",
        "Identity" as IDENTITY: str             "Identity",
        "In-Reply-To" as IN_REPLY_TO: str       "In-Reply-To",
        "Min-SE" as MIN_SE: str                 "Min-SE",
        "MIME-Version" as MIME_VERSION: str     "MIME-Version",
        "Organization" as ORGANIZATION: str     "Organization",
        "P-Access-Network-Info" as P_ACCESS_NETWORK_INFO: str "P-Access-Network-Info",
        "P-Asserted-Identity" as P_ASSERTED_IDENTITY: str "P-Asserted-Identity",
        "P-Charging-Vector" as P_CHARGING_VECTOR: str "P-Charging-Vector",
        "P-Preferred-Identity" as P_PREFERRED_IDENTITY: str "P-Preferred-Identity",
        "Path" as PATH: str                     "Path",
        "Priority" as PRIORITY: str             "Priority",
        "Privacy" as PRIVACY: str               "Privacy",
        "Proxy-Authenticate" as PROXY_AUTHENTICATE: str "Proxy-Authenticate",
        "Proxy-Authorization" as PROXY_AUTHORIZATION: str "Proxy-Authorization",
        "Proxy-Require" as PROXY_REQUIRE: str   "Proxy-Require",
        "RAck" as RACK: str                     "RAck",
        "Reason" as REASON: str                 "Reason",
        "Record-Route" as RECORD_ROUTE: str     "Record-Route",
        "Refer-To" as REFER_TO: str             "Refer-To",
        "Reply-To" as REPLY_TO: str             "Reply-To",
        "Require" as REQUIRE: str               "Require",
        "Route" as ROUTE: str                   "Route",
        "Server" as SERVER: str                 "Server",
        "Service-Route" as SERVICE_ROUTE: str   "Service-Route",
        "Session-Expires" as SESSION_EXPIRES: str "Session-Expires",
        "Subject" as SUBJECT: str               "Subject",
        "Subscription-State" as SUBSCRIPTION_STATE: str "Subscription-State",
        "Supported" as SUPPORTED: str           "Supported",
        "Timestamp" as TIMESTAMP: str           "Timestamp",
        "To" as TO: str                         "To",
        "Unsupported" as UNSUPPORTED: str       "Unsupported",
        "User-Agent" as USER_AGENT: str         "User-Agent",
        "Via" as VIA_HEADER: str                "Via",
        "Warning" as WARNING: str               "Warning",
        "WWW-Authenticate" as WWW_AUTHENTICATE: str "WWW-Authenticate",
        "Content-Length" as CONTENT_LENGTH: computed u32 "Content-Length",
        "Max-Forwards" as MAX_FORWARDS: computed u32 "Max-Forwards",
        "Expires" as EXPIRES: computed u32      "Expires",
        "Min-Expires" as MIN_EXPIRES: computed u32 "Min-Expires",
        auth as AUTH_WHOLE: str                               "Authentication" hidden,
        auth.scheme: str                        "Authentication Scheme",
        auth.digest.response: str               "Digest Authentication Response",
        auth.nc: str                            "Nonce Count",
        auth.username: str                      "Username",
        auth.realm: str                         "Realm",
        auth.nonce: str                         "Nonce Value",
        auth.algorithm: str                     "Algorithm",
        auth.opaque: str                        "Opaque Value",
        auth.qop: str                           "QOP",
        auth.cnonce: str                        "CNonce Value",
        auth.uri: str                           "Authentication URI",
        auth.domain: str                        "Authentication Domain",
        auth.stale: str                         "Stale Flag",
        display.info: str                       "SIP Display info" hidden,
        tag: str                                "SIP tag" hidden,
        from.display.info: str                  "SIP from display info",
        from.addr: str                          "SIP from address",
        from.user: str                          "SIP from address User Part",
        from.host: str                          "SIP from address Host Part",
        from.port: str                          "SIP from address Host Port",
        from.param: str                         "SIP From URI parameter",
        from.tag: str                           "SIP from tag",
        to.display.info: str                    "SIP to display info",
        to.addr: str                            "SIP to address",
        to.user: str                            "SIP to address User Part",
        to.host: str                            "SIP to address Host Part",
        to.port: str                            "SIP to address Host Port",
        to.param: str                           "SIP To URI parameter",
        to.tag: str                             "SIP to tag",
        contact.display.info: str               "SIP C-URI display info",
        contact.uri: str                        "Contact URI",
        contact.user: str                       "Contact URI User Part",
        contact.host: str                       "Contact URI Host Part",
        contact.port: str                       "Contact URI Host Port",
        contact.param: str                      "Contact URI parameter",
        contact.parameter: str                  "Contact parameter",
        "CSeq.seq" as CSEQ_SEQ: computed u32    "Sequence Number",
        "CSeq.method" as CSEQ_METHOD: str       "Method",
        "Via.transport" as VIA_TRANSPORT: str   "Transport",
        "Via.sent-by.address" as VIA_ADDRESS: str "Sent-by Address",
        "Via.sent-by.port" as VIA_PORT: computed u16 "Sent-by port",
        "Via.branch" as VIA_BRANCH: str         "Branch",
        "Via.maddr" as VIA_MADDR: str           "Maddr",
        "Via.rport" as VIA_RPORT: str           "RPort",
        "Via.received" as VIA_RECEIVED: str     "Received",
        "Via.ttl" as VIA_TTL: str               "TTL",
        call_id_generated: str                  "Generated Call-ID" hidden,
    }
    claims { tcp.port = 5060, udp.port = 5060 }
    tables { SDP: "@sdp" }
    heuristics { udp.port, tcp.port }
    stateful
}

/// A header, the field of its value, and the letter that its name may be shortened to (RFC 3261, section 7.3.3).
const HEADERS: &[(&str, char, Handle<Variable>)] = &[
    ("accept", '\0', ACCEPT),
    ("accept-contact", 'a', ACCEPT_CONTACT),
    ("accept-encoding", '\0', ACCEPT_ENCODING),
    ("accept-language", '\0', ACCEPT_LANGUAGE),
    ("alert-info", '\0', ALERT_INFO),
    ("allow", '\0', ALLOW),
    ("allow-events", 'u', ALLOW_EVENTS),
    ("authorization", '\0', AUTHORIZATION),
    ("call-id", 'i', CALL_ID),
    ("call-info", '\0', CALL_INFO),
    ("contact", 'm', CONTACT),
    ("content-disposition", '\0', CONTENT_DISPOSITION),
    ("content-encoding", 'e', CONTENT_ENCODING),
    ("content-language", '\0', CONTENT_LANGUAGE),
    ("content-type", 'c', CONTENT_TYPE),
    ("cseq", '\0', CSEQ),
    ("date", '\0', DATE),
    ("error-info", '\0', ERROR_INFO),
    ("event", 'o', EVENT),
    ("from", 'f', FROM),
    ("identity", 'y', IDENTITY),
    ("in-reply-to", '\0', IN_REPLY_TO),
    ("min-se", '\0', MIN_SE),
    ("mime-version", '\0', MIME_VERSION),
    ("organization", '\0', ORGANIZATION),
    ("p-access-network-info", '\0', P_ACCESS_NETWORK_INFO),
    ("p-asserted-identity", '\0', P_ASSERTED_IDENTITY),
    ("p-charging-vector", '\0', P_CHARGING_VECTOR),
    ("p-preferred-identity", '\0', P_PREFERRED_IDENTITY),
    ("path", '\0', PATH),
    ("priority", '\0', PRIORITY),
    ("privacy", '\0', PRIVACY),
    ("proxy-authenticate", '\0', PROXY_AUTHENTICATE),
    ("proxy-authorization", '\0', PROXY_AUTHORIZATION),
    ("proxy-require", '\0', PROXY_REQUIRE),
    ("rack", '\0', RACK),
    ("reason", '\0', REASON),
    ("record-route", '\0', RECORD_ROUTE),
    ("refer-to", 'r', REFER_TO),
    ("reply-to", '\0', REPLY_TO),
    ("require", '\0', REQUIRE),
    ("route", '\0', ROUTE),
    ("server", '\0', SERVER),
    ("service-route", '\0', SERVICE_ROUTE),
    ("session-expires", 'x', SESSION_EXPIRES),
    ("subject", 's', SUBJECT),
    ("subscription-state", '\0', SUBSCRIPTION_STATE),
    ("supported", 'k', SUPPORTED),
    ("timestamp", '\0', TIMESTAMP),
    ("to", 't', TO),
    ("unsupported", '\0', UNSUPPORTED),
    ("user-agent", '\0', USER_AGENT),
    ("via", 'v', VIA_HEADER),
    ("warning", '\0', WARNING),
    ("www-authenticate", '\0', WWW_AUTHENTICATE),
];

/// Headers whose value is a number.
const NUMBERS: &[(&str, char, Handle<ComputedWord>)] = &[
    ("content-length", 'l', CONTENT_LENGTH),
    ("max-forwards", '\0', MAX_FORWARDS),
    ("expires", '\0', EXPIRES),
    ("min-expires", '\0', MIN_EXPIRES),
];

const AUTH: &[(&str, Handle<Variable>)] = &[
    ("response", AUTH_DIGEST_RESPONSE),
    ("nc", AUTH_NC),
    ("username", AUTH_USERNAME),
    ("realm", AUTH_REALM),
    ("nonce", AUTH_NONCE),
    ("algorithm", AUTH_ALGORITHM),
    ("opaque", AUTH_OPAQUE),
    ("qop", AUTH_QOP),
    ("cnonce", AUTH_CNONCE),
    ("uri", AUTH_URI),
    ("domain", AUTH_DOMAIN),
    ("stale", AUTH_STALE),
];

const VIA: &[(&str, Handle<Variable>)] =
    &[("branch", VIA_BRANCH), ("maddr", VIA_MADDR), ("rport", VIA_RPORT), ("received", VIA_RECEIVED), ("ttl", VIA_TTL)];

/// What responses are matched by: Call-ID, and number and method of CSeq.
type Transaction = (Vec<u8>, u32, Vec<u8>);

#[derive(Clone, Copy)]
struct Seen {
    frame: u64,
    time: i64,
    /// The last response, 0 before there is one.
    status: u32,
}

/// The fields of a URI's parts.
struct Uri {
    user: Handle<Variable>,
    host: Handle<Variable>,
    port: Handle<Variable>,
    param: Handle<Variable>,
}

const REQUEST: Uri = Uri { user: R_URI_USER, host: R_URI_HOST, port: R_URI_PORT, param: R_URI_PARAM };
const FROM_URI: Uri = Uri { user: FROM_USER, host: FROM_HOST, port: FROM_PORT, param: FROM_PARAM };
const TO_URI: Uri = Uri { user: TO_USER, host: TO_HOST, port: TO_PORT, param: TO_PARAM };
const CONTACT_URI_PARTS: Uri = Uri { user: CONTACT_USER, host: CONTACT_HOST, port: CONTACT_PORT, param: CONTACT_PARAM };

impl Dissector for Sip {
    fn flow_end(&mut self, flow: u64) {
        self.flows.end(flow);
    }

    fn probe(&self, pdu: &mut Pdu<'_>) -> Verdict {
        let rest = pdu.rest();
        let line = rest.split(|&b| b == b'\n').next().unwrap_or_default();
        if is_start(line) { Verdict::Certain } else { Verdict::NotMine }
    }

    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if !pdu.is_stream() || pdu.rest().contains(&b'\n') {
            let line = pdu.rest().split(|&b| b == b'\n').next().unwrap_or_default();
            if !is_start(line) {
                return pdu.reject();
            }
        }
        let data = pdu.data();
        let head_end = match header_end(data) {
            Some(end) => end,
            None if pdu.is_stream() => return pdu.wait_more(),
            None => data.len(),
        };
        let length = content_length(data.get(..head_end.min(data.len())).unwrap_or_default());
        if pdu.is_stream() {
            let len = head_end.saturating_add(length.unwrap_or(0));
            pdu.set_len(CONTENT_LENGTH, len);
            pdu.wait_for(len)?;
        }
        message(pdu, self.flows.of(pdu.flow()), head_end)
    }
}

/// RFC 3261, sections 7.1 and 7.2.
fn is_start(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    line.starts_with(b"SIP/2.0 ") || line.ends_with(b" SIP/2.0") && line.first().is_some_and(u8::is_ascii_uppercase)
}

/// Where the empty line ends that ends the header.
fn header_end(data: &[u8]) -> Option<usize> {
    let mut start = 0;
    for (i, _) in data.iter().enumerate().filter(|(_, b)| **b == b'\n') {
        if data.get(start..i).unwrap_or_default().trim_ascii().is_empty() && start > 0 {
            return Some(i + 1);
        }
        start = i + 1;
    }
    None
}

fn content_length(head: &[u8]) -> Option<usize> {
    head.split(|&b| b == b'\n').find_map(|line| {
        let colon = line.iter().position(|&b| b == b':')?;
        let name = line.get(..colon).unwrap_or_default().trim_ascii();
        let is_it = name.eq_ignore_ascii_case(b"content-length") || name.eq_ignore_ascii_case(b"l");
        if is_it { std::str::from_utf8(line.get(colon + 1..)?.trim_ascii()).ok()?.parse().ok() } else { None }
    })
}

/// What the headers say of the whole message.
#[derive(Default)]
struct Head {
    call_id: Range<usize>,
    sequence: u32,
    method: Vec<u8>,
    is_sdp: bool,
}

fn message(pdu: &mut Pdu<'_>, seen: &mut Recent<Transaction, Seen>, head_end: usize) -> Step {
    let data = pdu.data();
    let first = line_at(data, 0, head_end);
    let line = data.get(first.clone()).unwrap_or_default();
    let status = start_line(pdu, line);
    // The next line, and whatever goes on with white space after it.
    let mut at = next_line(data, first.end, head_end);
    let headers = at;
    let mut lines = Vec::new();
    while at < head_end {
        let mut line = line_at(data, at, head_end);
        let start = at;
        at = next_line(data, line.end, head_end);
        if line.is_empty() {
            break;
        }
        while at < head_end && matches!(data.get(at), Some(b' ' | b'\t')) {
            line = start..line_at(data, at, head_end).end;
            at = next_line(data, line.end, head_end);
        }
        lines.push(line);
    }
    let end = lines.last().map_or(headers, |line| next_line(data, line.end, head_end));
    let mut head = Head::default();
    for line in lines {
        header(pdu, data, line, &mut head);
    }
    if end > headers {
        // Wireshark has the empty line and the body in it.
        pdu.mark(MSG_HDR, headers..end.max(pdu.position() + pdu.remaining()));
    }
    remember(pdu, seen, data, &head, status);
    pdu.skip(head_end.min(pdu.position() + pdu.remaining()).saturating_sub(pdu.position()))?;
    if pdu.remaining() > 0 && head.is_sdp {
        pdu.hand_to(SDP).detail();
    }
    Ok(())
}

/// The line at `at`, without its end.
fn line_at(data: &[u8], at: usize, limit: usize) -> Range<usize> {
    let rest = data.get(at..limit.min(data.len())).unwrap_or_default();
    let len = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
    at..at + rest.get(..len).unwrap_or_default().strip_suffix(b"\r").map_or(len, <[u8]>::len)
}

/// Behind the end of the line that ends at `end`.
fn next_line(data: &[u8], end: usize, limit: usize) -> usize {
    let rest = data.get(end..limit.min(data.len())).unwrap_or_default();
    end + rest.iter().position(|&b| b == b'\n').map_or(rest.len().max(1), |n| n + 1)
}

/// The first line. Returns the status of a response, 0 for a request.
fn start_line(pdu: &mut Pdu<'_>, line: &[u8]) -> u32 {
    let text = String::from_utf8_lossy(line);
    if let Some(rest) = line.strip_prefix(b"SIP/2.0 ") {
        pdu.mark(STATUS_LINE, 0..line.len());
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).take(9).count();
        let status = number(rest.get(..digits).unwrap_or_default());
        pdu.computed(STATUS_CODE, 8..8 + digits, status);
        pdu.info(format_args!("Status: {}", text.get(8..).unwrap_or_default()));
        return status;
    }
    pdu.mark(REQUEST_LINE, 0..line.len());
    pdu.info(format_args!("Request: {}", text.strip_suffix(" SIP/2.0").unwrap_or(&text)));
    let method = line.iter().position(|&b| b == b' ').unwrap_or(line.len());
    pdu.mark(METHOD, 0..method);
    let start = (method + 1).min(line.len());
    let end = line.len().saturating_sub(b" SIP/2.0".len()).max(start);
    if end > start {
        pdu.mark(R_URI, start..end);
        uri(pdu, line.get(start..end).unwrap_or_default(), start, &REQUEST);
    }
    0
}

fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |n, b| n * 10 + u32::from(b.wrapping_sub(b'0')))
}

/// Leading digits as a number, as far as it fits.
fn leading_number(text: &[u8]) -> Option<u32> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).take(9).count();
    (digits > 0).then(|| number(text.get(..digits).unwrap_or_default()))
}

/// A header line, with its name.
fn header(pdu: &mut Pdu<'_>, data: &[u8], line: Range<usize>, head: &mut Head) {
    let text = data.get(line.clone()).unwrap_or_default();
    let Some(colon) = text.iter().position(|&b| b == b':') else { return };
    let name = String::from_utf8_lossy(text.get(..colon).unwrap_or_default().trim_ascii()).to_ascii_lowercase();
    let is = |long: &str, short: char| name == long || name.len() == 1 && name.starts_with(short);
    let value = text.get(colon + 1..).unwrap_or_default();
    let start = line.start + colon + 1 + (value.len() - value.trim_ascii_start().len());
    let value = value.trim_ascii();
    let range = start..start + value.len();
    if let Some((_, _, field)) = NUMBERS.iter().find(|(long, short, _)| is(long, *short)) {
        if let Some(n) = leading_number(value) {
            pdu.computed(*field, range, n);
        }
        return;
    }
    let Some((long, _, field)) = HEADERS.iter().find(|(long, short, _)| is(long, *short)) else { return };
    pdu.mark(*field, range.clone());
    match *long {
        "from" => address(pdu, value, start, &FROM_URI, &mut |pdu, what, range| match what {
            Part::Display => pdu.mark(FROM_DISPLAY_INFO, range),
            Part::Address => pdu.mark(FROM_ADDR, range),
            Part::Tag => pdu.mark(FROM_TAG, range),
            Part::Parameter => {}
        }),
        "to" => address(pdu, value, start, &TO_URI, &mut |pdu, what, range| match what {
            Part::Display => pdu.mark(TO_DISPLAY_INFO, range),
            Part::Address => pdu.mark(TO_ADDR, range),
            Part::Tag => pdu.mark(TO_TAG, range),
            Part::Parameter => {}
        }),
        "contact" => {
            for (offset, one) in split(value, b',') {
                address(pdu, one, start + offset, &CONTACT_URI_PARTS, &mut |pdu, what, range| match what {
                    Part::Display => pdu.mark(CONTACT_DISPLAY_INFO, range),
                    Part::Address => pdu.mark(CONTACT_URI, range),
                    Part::Tag => {}
                    Part::Parameter => pdu.mark(CONTACT_PARAMETER, range),
                });
            }
        }
        "via" => {
            for (offset, one) in split(value, b',') {
                via(pdu, one, start + offset);
            }
        }
        "cseq" => {
            let digits = value.iter().take_while(|b| b.is_ascii_digit()).count();
            head.sequence = leading_number(value).unwrap_or(0);
            pdu.computed(CSEQ_SEQ, start..start + digits, head.sequence);
            let rest = value.get(digits..).unwrap_or_default();
            let at = start + digits + (rest.len() - rest.trim_ascii_start().len());
            head.method = rest.trim_ascii().to_vec();
            pdu.mark(CSEQ_METHOD, at..at + head.method.len());
        }
        "call-id" => {
            pdu.mark(CALL_ID_GENERATED, range.clone());
            head.call_id = range;
        }
        "content-type" => {
            let kind = value.split(|&b| b == b';').next().unwrap_or_default().trim_ascii();
            head.is_sdp = kind.eq_ignore_ascii_case(b"application/sdp");
        }
        "authorization" | "www-authenticate" | "proxy-authenticate" | "proxy-authorization" => {
            let end = next_line(data, line.end, data.len());
            pdu.mark(AUTH_WHOLE, line.start..end);
            authentication(pdu, value, start);
        }
        _ => {}
    }
}

enum Part {
    Display,
    Address,
    Tag,
    Parameter,
}

/// The pieces between separators that stand outside quotation marks and angle brackets, without white space around
/// them, each with its offset.
fn split(text: &[u8], separator: u8) -> Vec<(usize, &[u8])> {
    let (mut quoted, mut bracket, mut start) = (false, false, 0);
    let mut pieces = Vec::new();
    let mut push = |start: usize, end: usize| {
        let piece = text.get(start..end).unwrap_or_default();
        let trimmed = piece.trim_ascii_start();
        pieces.push((start + piece.len() - trimmed.len(), trimmed.trim_ascii_end()));
    };
    for (i, &b) in text.iter().enumerate() {
        match b {
            b'"' => quoted = !quoted,
            b'<' if !quoted => bracket = true,
            b'>' if !quoted => bracket = false,
            _ if b == separator && !quoted && !bracket => {
                push(start, i);
                start = i + 1;
            }
            _ => {}
        }
    }
    push(start, text.len());
    pieces
}

/// An address as From, To and Contact have it (RFC 3261, section 20.10).
fn address(
    pdu: &mut Pdu<'_>,
    text: &[u8],
    start: usize,
    parts: &Uri,
    show: &mut dyn FnMut(&mut Pdu<'_>, Part, Range<usize>),
) {
    let pieces = split(text, b';');
    let Some(&(offset, first)) = pieces.first() else { return };
    let open = first.iter().rposition(|&b| b == b'<');
    let close = first.iter().rposition(|&b| b == b'>').unwrap_or(first.len());
    let address = match open {
        Some(open) if open < close => open + 1..close,
        _ => 0..first.len(),
    };
    if let Some(open) = open
        && let display = first.get(..open).unwrap_or_default().trim_ascii()
        && !display.is_empty()
    {
        let at = start + offset;
        show(pdu, Part::Display, at..at + display.len());
        pdu.mark(DISPLAY_INFO, at..at + display.len());
    }
    let at = start + offset + address.start;
    show(pdu, Part::Address, at..at + address.len());
    uri(pdu, &first[address], at, parts);
    for &(offset, piece) in pieces.get(1..).unwrap_or_default() {
        let at = start + offset;
        if let Some(tag) = piece.strip_prefix(b"tag=") {
            show(pdu, Part::Tag, at + 4..at + piece.len());
            if matches!(parts.user.id, id if id == FROM_USER.id || id == TO_USER.id) {
                pdu.mark(TAG, at + 4..at + 4 + tag.len());
            }
        }
        show(pdu, Part::Parameter, at..at + piece.len());
    }
}

/// `sip:user:password@host:port;parameters` (RFC 3261, section 19.1).
fn uri(pdu: &mut Pdu<'_>, text: &[u8], start: usize, parts: &Uri) {
    let Some(scheme) = text.iter().position(|&b| b == b':') else { return };
    let mut at = scheme + 1;
    let rest = text.get(at..).unwrap_or_default();
    if let Some(sign) = rest.iter().position(|&b| b == b'@') {
        let user = rest.get(..sign).unwrap_or_default().iter().position(|&b| b == b':').unwrap_or(sign);
        pdu.mark(parts.user, start + at..start + at + user);
        at += sign + 1;
    }
    let mut pieces = text.get(at..).unwrap_or_default().split(|&b| matches!(b, b';' | b'?'));
    let host = pieces.next().unwrap_or_default();
    let bracket = host.iter().position(|&b| b == b']').unwrap_or(0);
    let colon = host.get(bracket..).unwrap_or_default().iter().position(|&b| b == b':').map(|n| n + bracket);
    let len = colon.unwrap_or(host.len());
    pdu.mark(parts.host, start + at..start + at + len);
    if let Some(colon) = colon {
        pdu.mark(parts.port, start + at + colon + 1..start + at + host.len());
    }
    at += host.len();
    for piece in pieces {
        at += 1;
        if !piece.is_empty() {
            pdu.mark(parts.param, start + at..start + at + piece.len());
        }
        at += piece.len();
    }
}

/// `SIP/2.0/UDP host:port;parameters` (RFC 3261, section 20.42).
fn via(pdu: &mut Pdu<'_>, text: &[u8], start: usize) {
    let pieces = split(text, b';');
    let Some(&(offset, first)) = pieces.first() else { return };
    let at = start + offset;
    let Some(space) = first.iter().position(|b| b.is_ascii_whitespace()) else { return };
    let slash = first.get(..space).unwrap_or_default().iter().rposition(|&b| b == b'/').map_or(0, |n| n + 1);
    pdu.mark(VIA_TRANSPORT, at + slash..at + space);
    let by = first.get(space..).unwrap_or_default().trim_ascii_start();
    let at = at + first.len() - by.len();
    let bracket = by.iter().position(|&b| b == b']').unwrap_or(0);
    let colon = by.get(bracket..).unwrap_or_default().iter().position(|&b| b == b':').map(|n| n + bracket);
    pdu.mark(VIA_ADDRESS, at..at + colon.unwrap_or(by.len()));
    if let Some(colon) = colon
        && let Some(port) = leading_number(by.get(colon + 1..).unwrap_or_default())
    {
        pdu.computed(VIA_PORT, at + colon + 1..at + by.len(), port);
    }
    for &(offset, piece) in pieces.get(1..).unwrap_or_default() {
        parameter(pdu, piece, start + offset, VIA);
    }
}

/// `name=value`, or a name alone, which then is its own value.
fn parameter(pdu: &mut Pdu<'_>, piece: &[u8], at: usize, fields: &[(&str, Handle<Variable>)]) {
    let equals = piece.iter().position(|&b| b == b'=');
    let name = piece.get(..equals.unwrap_or(piece.len())).unwrap_or_default().trim_ascii();
    let Some((_, field)) = fields.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name)) else { return };
    let value = equals.map_or(0, |n| n + 1);
    let skipped =
        piece.get(value..).unwrap_or_default().len() - piece.get(value..).unwrap_or_default().trim_ascii_start().len();
    pdu.mark(*field, at + value + skipped..at + piece.len());
}

/// `Digest name="value", …` (RFC 3261, section 20.7).
fn authentication(pdu: &mut Pdu<'_>, value: &[u8], start: usize) {
    let scheme = value.iter().position(|&b| b == b' ').unwrap_or(value.len());
    pdu.mark(AUTH_SCHEME, start..start + scheme);
    for (offset, piece) in split(value.get(scheme..).unwrap_or_default(), b',') {
        parameter(pdu, piece, start + scheme + offset, AUTH);
    }
}

/// Finds the request of a response, and what was sent again.
fn remember(pdu: &mut Pdu<'_>, seen: &mut Recent<Transaction, Seen>, data: &[u8], head: &Head, status: u32) {
    let id = data.get(head.call_id.clone()).unwrap_or_default().to_vec();
    let key = (id, head.sequence, head.method.clone());
    let (frame, time) = (pdu.frame_number(), pdu.time());
    let Some(known) = seen.get_mut(&key) else {
        pdu.computed(RESEND, 0..0, false);
        if status == 0 {
            seen.insert(key, Seen { frame, time, status });
        }
        return;
    };
    let again = status == known.status && (status != 0 || known.frame != frame);
    pdu.computed(RESEND, 0..0, again);
    if status > 0 {
        known.status = status;
        pdu.computed(RESPONSE_REQUEST, 0..0, known.frame);
        pdu.computed(RESPONSE_TIME, 0..0, (time.saturating_sub(known.time).saturating_add(500_000)) / 1_000_000);
    }
}

builtin!(Sip);

#[test]
fn a_request_and_its_response() {
    let hex = |text: &str| text.bytes().map(|b| format!("{b:02x}")).collect::<String>();
    check::<Sip>(
        &hex(
            "INVITE sip:bob@example.org:5070;transport=udp SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK7\r\n \
             ;rport\r\nf: \"Ann\" <sip:ann@example.org>;tag=1\r\nTo: sip:bob@example.org\r\ni: 7@192.0.2.1\r\n\
             CSeq: 2 INVITE\r\nContact: <sip:ann@192.0.2.1>;expires=60\r\nContent-Type: application/sdp\r\n\
             Content-Length: 5\r\n\r\nv=0\r\n",
        ),
        expect![[r#"
            Session Initiation Protocol, Request: INVITE sip:bob@example.org:5070;transport=udp
              Request-Line: INVITE sip:bob@example.org:5070;transport=udp SIP/2.0
              Method: INVITE
              Request-URI: sip:bob@example.org:5070;transport=udp
              Request-URI User Part: bob
              Request-URI Host Part: example.org
              Request-URI Host Port: 5070
              Request URI parameter: transport=udp
              Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK7\r\n ;rport
              Transport: UDP
              Sent-by Address: 192.0.2.1
              Sent-by port: 5060
              Branch: z9hG4bK7
              RPort: rport
              From: "Ann" <sip:ann@example.org>;tag=1
              SIP from display info: "Ann"
              SIP from address: sip:ann@example.org
              SIP from address User Part: ann
              SIP from address Host Part: example.org
              SIP from tag: 1
              To: sip:bob@example.org
              SIP to address: sip:bob@example.org
              SIP to address User Part: bob
              SIP to address Host Part: example.org
              Call-ID: 7@192.0.2.1
              CSeq: 2 INVITE
              Sequence Number: 2
              Method: INVITE
              Contact: <sip:ann@192.0.2.1>;expires=60
              Contact URI: sip:ann@192.0.2.1
              Contact URI User Part: ann
              Contact URI Host Part: 192.0.2.1
              Contact parameter: expires=60
              Content-Type: application/sdp
              Content-Length: 5
              Message Header: Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK7\r\n ;rport\r\nf: "Ann" <sip:ann@example.org>;tag=1\r\nTo: sip:bob@example.org\r\ni: 7@192.0.2.1\r\nCSeq: 2 INVITE\r\nContact: <sip:ann@192.0.2.1>;expires=60\r\nContent-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n
              [Resent Packet: False]
            → @sdp [0]: bytes 301..306
        "#]],
    );
    check::<Sip>(
        &hex("SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"a, b\", nonce=\"1\",stale=false\r\n\
             CSeq: 2 INVITE\r\n\r\n"),
        expect![[r#"
            Session Initiation Protocol, Status: 401 Unauthorized
              Status-Line: SIP/2.0 401 Unauthorized
              Status-Code: 401
              WWW-Authenticate: Digest realm="a, b", nonce="1",stale=false
              Authentication Scheme: Digest
              Realm: "a, b"
              Nonce Value: "1"
              Stale Flag: false
              CSeq: 2 INVITE
              Sequence Number: 2
              Method: INVITE
              Message Header: WWW-Authenticate: Digest realm="a, b", nonce="1",stale=false\r\nCSeq: 2 INVITE\r\n\r\n
              [Resent Packet: False]
        "#]],
    );
}

#[test]
fn it_is_no_sip() {
    assert_eq!(prosector_sdk::testkit::probe::<Sip>(b"GET / HTTP/1.1\r\n"), Verdict::NotMine);
    assert_eq!(prosector_sdk::testkit::probe::<Sip>(b"OPTIONS sip:a@b SIP/2.0\r\n"), Verdict::Certain);
}

#[test]
fn a_header_without_an_end() {
    check::<Sip>(
        "424945 20 7369703a 20 5349502f322e30 0d0a 5669613a",
        expect![[r#"
            Session Initiation Protocol, Request: BIE sip:
              Request-Line: BIE sip: SIP/2.0
              Method: BIE
              Request-URI: sip:
              Request-URI Host Part: 
              Via: 
              Message Header: 
              [Resent Packet: False]
        "#]],
    );
}
