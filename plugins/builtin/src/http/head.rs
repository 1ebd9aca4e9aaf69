//! The first line of a message and its header lines.

use super::*;
use prosector_sdk::handle::{Handle, Variable};

/// What a message is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    Unknown,
    Request,
    Response,
    /// Header lines whose first line is missing.
    Rest,
}

/// Requests with these methods are known without a look at the rest of their line.
const METHODS: &[&str] = &[
    "GET",
    "POST",
    "HEAD",
    "PUT",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PATCH",
    // WebDAV and what belongs to it: RFC 4918, RFC 3253, RFC 3648, RFC 3744, RFC 5323, RFC 5842
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "POLL",
    "REPORT",
    "BCOPY",
    "BMOVE",
    "SEARCH",
    "MKDIR",
    "BDELETE",
    "BPROPFIND",
    "BPROPPATCH",
    "LABEL",
    "MERGE",
    "UPDATE",
    "CHECKIN",
    "CHECKOUT",
    "UNCHECKOUT",
    "MKACTIVITY",
    "MKWORKSPACE",
    "VERSION-CONTROL",
    "BASELINE-CONTROL",
    "ORDERPATCH",
    "ACL",
    "BIND",
    "UNBIND",
    "REBIND",
    // UPnP
    "NOTIFY",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "M-SEARCH",
    // Microsoft, Citrix and others
    "RPC_CONNECT",
    "RPC_IN_DATA",
    "RPC_OUT_DATA",
    "CCM_POST",
    "SSTP_DUPLEX_POST",
    "ICY",
];
/// Messages of UPnP, which are no request of a pair.
const NOTIFICATIONS: &[&[u8]] = &[b"NOTIFY", b"SUBSCRIBE", b"UNSUBSCRIBE"];

impl Kind {
    /// By the beginning of a message.
    pub fn of(bytes: &[u8]) -> Kind {
        if bytes.starts_with(b"HTTP/") {
            return Kind::Response;
        }
        let line = bytes.get(..Line::of(bytes).text).unwrap_or_default();
        let method = lines::word(line).0;
        if METHODS.iter().any(|known| known.as_bytes() == method) {
            return Kind::Request;
        }
        if is_token(method) && version(line).starts_with(b"HTTP/1.") {
            return Kind::Request;
        }
        if is_header(line) { Kind::Rest } else { Kind::Unknown }
    }
}

/// Whether a few bytes may be the beginning of a message.
pub fn may_begin(bytes: &[u8]) -> bool {
    let mut starts = METHODS.iter().copied().chain(["HTTP/"]);
    starts.any(|start| start.len() > bytes.len() && start.as_bytes().starts_with(bytes))
}

/// The code in a status line; 0 if there is none.
pub fn code(line: &[u8]) -> u16 {
    lines::number(lines::word(line).1).unwrap_or_default() as u16
}

/// The version at the end of a request line.
pub fn version(line: &[u8]) -> &[u8] {
    lines::word(lines::word(line).1).1
}

/// Letters that names are made of (RFC 9110, section 5.6.2).
fn is_token(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|&byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn is_header(line: &[u8]) -> bool {
    line.iter().position(|&byte| byte == b':').and_then(|colon| line.get(..colon)).is_some_and(is_token)
}

/// What the header lines say of the body, found without recording anything.
#[derive(Default)]
pub struct Scanned {
    /// Bytes up to the empty line and with it; `None` if it is not there.
    pub len: Option<usize>,
    pub content_length: Option<u64>,
    pub is_chunked: bool,
    pub has_type: bool,
}

/// Looks for the end of the header in what follows the first line.
pub fn scan(bytes: &[u8]) -> Scanned {
    let (mut scanned, mut at) = (Scanned::default(), 0);
    while let Some(line) = Line::first(bytes.get(at..).unwrap_or_default()) {
        let text = bytes.get(at..at + line.text).unwrap_or_default();
        at += line.whole;
        if text.is_empty() {
            scanned.len = Some(at);
            break;
        }
        if lines::starts_with(text, b"content-length:") {
            scanned.content_length = lines::number(lines::trim_start(text.get(15..).unwrap_or_default()));
        } else if lines::starts_with(text, b"transfer-encoding:") {
            scanned.is_chunked = is_chunked(lines::to_nul(text.get(18..).unwrap_or_default()));
        } else if lines::starts_with(text, b"content-type:") {
            scanned.has_type = true;
        }
    }
    scanned
}

/// Whether one of the transfer codings is `chunked`.
fn is_chunked(value: &[u8]) -> bool {
    value.split(|&byte| byte == b',').any(|coding| lines::starts_with(lines::trim_start(coding), b"chunked"))
}

/// What of the header matters later.
#[derive(Default)]
pub struct Head<'a> {
    pub kind: Kind,
    pub method: Method,
    pub uri: &'a [u8],
    pub host: &'a [u8],
    pub code: u16,
    pub content_type: &'a [u8],
    /// `None` if there is no such header.
    pub content_encoding: Option<&'a [u8]>,
    pub content_length: Option<u64>,
    pub is_chunked: bool,
    pub upgrade: &'a [u8],
}

/// Headers with a field of their own, by name.
const HEADERS: &[(&[u8], Handle<Variable>)] = &[
    (b"Accept", ACCEPT),
    (b"Accept-Encoding", ACCEPT_ENCODING),
    (b"Accept-Language", ACCEPT_LANGUAGE),
    (b"Authorization", AUTHORIZATION),
    (b"Cache-Control", CACHE_CONTROL),
    (b"Connection", CONNECTION),
    (b"Content-Encoding", CONTENT_ENCODING),
    (b"Content-Length", CONTENT_LENGTH_HEADER),
    (b"Content-Type", CONTENT_TYPE),
    (b"Cookie", COOKIE),
    (b"Date", DATE),
    (b"HTTP2-Settings", HTTP2_SETTINGS),
    (b"Host", HOST),
    (b"Last-Modified", LAST_MODIFIED),
    (b"Location", LOCATION),
    (b"Proxy-Authenticate", PROXY_AUTHENTICATE),
    (b"Proxy-Authorization", PROXY_AUTHORIZATION),
    (b"Referer", REFERER),
    (b"Sec-WebSocket-Accept", SEC_WEBSOCKET_ACCEPT),
    (b"Sec-WebSocket-Extensions", SEC_WEBSOCKET_EXTENSIONS),
    (b"Sec-WebSocket-Key", SEC_WEBSOCKET_KEY),
    (b"Sec-WebSocket-Protocol", SEC_WEBSOCKET_PROTOCOL),
    (b"Sec-WebSocket-Version", SEC_WEBSOCKET_VERSION),
    (b"Server", SERVER),
    (b"Set-Cookie", SET_COOKIE),
    (b"Transfer-Encoding", TRANSFER_ENCODING),
    (b"Upgrade", UPGRADE),
    (b"User-Agent", USER_AGENT),
    (b"WWW-Authenticate", WWW_AUTHENTICATE),
    (b"X-Forwarded-For", X_FORWARDED_FOR),
];

impl<'a> Head<'a> {
    /// Reads the first line, which is `line`, and the header lines up to the body.
    pub fn read(&mut self, pdu: &mut Pdu<'a>, line: Line) -> Step {
        match self.kind {
            Kind::Request => self.request_line(pdu, line)?,
            Kind::Response => self.status_line(pdu, line)?,
            _ => {}
        }
        while pdu.remaining() > 0 {
            let rest = pdu.rest();
            let line = Line::of(rest);
            let text = rest.get(..line.text).unwrap_or_default();
            if text.is_empty() {
                return pdu.skip(line.whole);
            }
            let Some(colon) = text.iter().position(|&byte| byte == b':') else {
                return Ok(());
            };
            self.header(pdu, line, text, colon);
            pdu.skip(line.whole)?;
        }
        Ok(())
    }

    fn request_line(&mut self, pdu: &mut Pdu<'a>, line: Line) -> Step {
        let start = pdu.position();
        let text = pdu.rest().get(..line.text).unwrap_or_default();
        let (method, rest) = lines::word(text);
        let (uri, version) = lines::word(rest);
        self.uri = uri;
        self.method = match method {
            b"CONNECT" => Method::Connect,
            b"HEAD" => Method::Head,
            _ => Method::Other,
        };
        pdu.info(format_args!("{}", lines::show(text)));
        pdu.mark(REQUEST_METHOD, start..start + method.len());
        let at = start + text.len() - rest.len();
        pdu.mark(REQUEST_URI, at..at + uri.len());
        if let Some(mark) = uri.iter().position(|&byte| byte == b'?') {
            pdu.mark(REQUEST_URI_PATH, at..at + mark);
            pdu.mark(REQUEST_URI_QUERY, at + mark + 1..at + uri.len());
            let mut at = at + mark + 1;
            for parameter in uri.get(mark + 1..).unwrap_or_default().split(|&byte| byte == b'&') {
                pdu.mark(REQUEST_URI_QUERY_PARAMETER, at..at + parameter.len());
                at += parameter.len() + 1;
            }
        }
        let at = start + text.len() - version.len();
        pdu.mark(REQUEST_VERSION, at..start + text.len());
        if NOTIFICATIONS.contains(&method) {
            self.kind = Kind::Rest;
            pdu.computed(NOTIFICATION, 0..0, true);
        } else {
            pdu.computed(REQUEST, 0..0, true);
        }
        pdu.skip(line.whole)
    }

    fn status_line(&mut self, pdu: &mut Pdu<'a>, line: Line) -> Step {
        let start = pdu.position();
        let text = pdu.rest().get(..line.text).unwrap_or_default();
        let (version, rest) = lines::word(text);
        let (code, phrase) = lines::word(rest);
        pdu.info(format_args!("{}", lines::show(text)));
        pdu.mark(RESPONSE_VERSION, start..start + version.len());
        if let Some(number) = lines::number(code) {
            self.code = number as u16;
            let at = start + text.len() - rest.len();
            pdu.computed(RESPONSE_CODE, at..at + code.len(), self.code);
            if pdu.wants(RESPONSE_CODE_DESC) {
                let text = status::description(self.code);
                pdu.computed_bytes(RESPONSE_CODE_DESC, at..at + code.len(), text.as_bytes());
            }
            pdu.mark(RESPONSE_PHRASE, start + text.len() - phrase.len()..start + text.len());
        }
        pdu.computed(RESPONSE, 0..0, true);
        pdu.skip(line.whole)
    }

    fn header(&mut self, pdu: &mut Pdu<'a>, line: Line, text: &'a [u8], colon: usize) {
        let start = pdu.position();
        let name = text.get(..colon).unwrap_or_default();
        let value = lines::trim_start(text.get(colon + 1..).unwrap_or_default());
        let at = start + text.len() - value.len();
        let value = lines::to_nul(value);
        let whole = start..start + if text.contains(&0) { lines::to_nul(text).len() } else { line.whole };
        let field = HEADERS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, field)| *field);
        match self.kind {
            Kind::Request => pdu.mark(REQUEST_LINE, whole),
            Kind::Response => pdu.mark(RESPONSE_LINE, whole),
            _ if field.is_none() => pdu.mark(UNKNOWN_HEADER, whole),
            _ => {}
        }
        let Some(field) = field else { return };
        pdu.mark(field, at..at + value.len());
        let id = field.id;
        if id == HOST.id {
            self.host = value;
        } else if id == CONTENT_LENGTH_HEADER.id {
            self.content_length = lines::number(value);
            if let Some(len) = self.content_length {
                pdu.computed(CONTENT_LENGTH, at..at + value.len(), len);
            }
        } else if id == CONTENT_TYPE.id {
            self.content_type = value;
        } else if id == CONTENT_ENCODING.id {
            self.content_encoding = Some(value);
        } else if id == TRANSFER_ENCODING.id {
            self.is_chunked = is_chunked(value);
        } else if id == UPGRADE.id {
            self.upgrade = value;
        } else if id == COOKIE.id {
            cookies(pdu, value, at);
        } else if id == AUTHORIZATION.id || id == PROXY_AUTHORIZATION.id {
            if lines::starts_with(value, b"basic ") {
                let credentials = lines::base64(value.get(6..).unwrap_or_default().trim_ascii());
                pdu.computed_bytes(AUTHBASIC, at..at + value.len(), &credentials);
            }
            token(pdu, value);
        } else if id == WWW_AUTHENTICATE.id || id == PROXY_AUTHENTICATE.id {
            token(pdu, value);
        }
    }
}

/// A token of the schemes of Windows, which either side sends (RFC 4559, section 4).
fn token(pdu: &mut Pdu<'_>, value: &[u8]) {
    let (scheme, token) = lines::word(value);
    let mechanism = match scheme.to_ascii_lowercase().as_slice() {
        b"ntlm" => NTLMSSP,
        b"negotiate" => GSS_API,
        _ => return,
    };
    let token = lines::base64(token.trim_ascii());
    if !token.is_empty() {
        pdu.hand_on_bytes(mechanism, 0u64, &token);
    }
}

/// The pairs of a cookie (RFC 6265, section 4.2.1).
fn cookies(pdu: &mut Pdu<'_>, value: &[u8], mut at: usize) {
    for part in value.split(|&byte| byte == b';') {
        let pair = lines::trim_start(part);
        let start = at + part.len() - pair.len();
        if !pair.is_empty() {
            pdu.mark(COOKIE_PAIR, start..start + pair.len());
        }
        at += part.len() + 1;
    }
}
