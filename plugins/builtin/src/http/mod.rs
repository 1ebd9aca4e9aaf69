//! HTTP/1.x (RFC 9110, RFC 9112): a request or a response is a line, header lines and a body, whose length the header gives.
//!
//! Each side of a connection is read as it comes; requests and responses are counted in pairs, a response belonging to
//! the request before it. Behind `CONNECT`, `Upgrade` and the preface of HTTP/2 the connection carries something else.

mod body;
mod head;
mod status;
#[cfg(test)]
mod tests;

use crate::lines::{self, Line};
use head::{Head, Kind, Scanned};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Http {
    flows: Flows<Connection>,
}

protocol! {
    /// Hypertext Transfer Protocol, version 1.x.
    Http = http "HTTP", "Hypertext Transfer Protocol" {
        request.method: str                         "Request Method",
        request.uri: str                            "Request URI",
        request.uri.path: str                       "Request URI Path",
        request.uri.query: str                      "Request URI Query",
        request.uri.query.parameter: str            "Request URI Query Parameter",
        request.version: str                        "Request Version",
        response.version: str                       "Response Version",
        response.code: computed u16                 "Status Code",
        response.code.desc: computed str            "Status Code Description",
        response.phrase: str                        "Response Phrase",
        /// A header line of a request.
        request.line: str                           "Request line",
        /// A header line of a response.
        response.line: str                          "Response line",
        /// A header line of something else.
        unknown_header: str                         "Unknown header",
        host: str                                   "Host",
        user_agent: str                             "User-Agent",
        accept: str                                 "Accept",
        accept_encoding: str                        "Accept Encoding",
        accept_language: str                        "Accept-Language",
        authorization: str                          "Authorization",
        /// User and password of the basic scheme, decoded.
        authbasic: computed str                     "Credentials",
        cache_control: str                          "Cache-Control",
        connection: str                             "Connection",
        content_encoding: str                       "Content-Encoding",
        content_length_header: str                  "Content-Length",
        content_length: computed u64                "Content length",
        content_type: str                           "Content-Type",
        cookie: str                                 "Cookie",
        cookie_pair: str                            "Cookie pair",
        date: str                                   "Date",
        http2_settings: str                         "HTTP2-Settings",
        last_modified: str                          "Last-Modified",
        location: str                               "Location",
        proxy_authenticate: str                     "Proxy-Authenticate",
        proxy_authorization: str                    "Proxy-Authorization",
        referer: str                                "Referer",
        sec_websocket_accept: str                   "Sec-WebSocket-Accept",
        sec_websocket_extensions: str               "Sec-WebSocket-Extensions",
        sec_websocket_key: str                      "Sec-WebSocket-Key",
        sec_websocket_protocol: str                 "Sec-WebSocket-Protocol",
        sec_websocket_version: str                  "Sec-WebSocket-Version",
        server: str                                 "Server",
        set_cookie: str                             "Set-Cookie",
        transfer_encoding: str                      "Transfer-Encoding",
        upgrade: str                                "Upgrade",
        www_authenticate: str                       "WWW-Authenticate",
        x_forwarded_for: str                        "X-Forwarded-For",
        request: computed bool                      "Request",
        response: computed bool                     "Response",
        notification: computed bool                 "Notification",
        /// With the host; what the request says is only the rest.
        request.full_uri: computed str              "Full request URI",
        request_number: computed u32                "Request number",
        response_number: computed u32               "Response number",
        /// Between the request and this response.
        time: computed duration                     "Time since request",
        request_in: computed u32                    "Request in frame",
        prev_request_in: computed u32               "Prev request in frame",
        prev_response_in: computed u32              "Prev response in frame",
        response_for.uri: computed str              "Request URI",
        chunk: group                                "Data chunk",
        chunk_size: computed u32                    "Chunk size" unit "octets",
        chunk_data: bytes                           "Chunk data",
        chunk_boundary: bytes                       "Chunk boundary",
        chunked_trailer_part: str                   "trailer-part",
        /// The body up to its first NUL.
        file_data: str                              "File Data",
        /// The body of chunks, or unpacked, up to its first NUL.
        file_data as DECODED: computed str          "File Data",
        /// Where the tunnel leads that these bytes go through.
        proxy_connect_host: computed str            "Proxy-Connect-Hostname",
        proxy_connect_port: computed u16            "Proxy-Connect-Port",
    }
    claims {
        tcp.port = [80, 631, 1900, 2710, 2869, 3128, 3132, 3689, 5985, 8080, 8088, 11371],
        sctp.port = 80,
        tls.port = 443,
    }
    tables {
        TCP_PORT: "tcp.port" stream,
        MEDIA_TYPE: "media_type",
        MULTIPART: "@mime_multipart",
        WEBSOCKET: "@websocket" stream,
        HTTP2: "@http2" stream,
        DATA: "@data",
        GSS_API: "@gss-api",
        NTLMSSP: "@ntlmssp",
    }
    heuristics { tcp.port }
    stateful
}

/// What the client of HTTP/2 begins with (RFC 9113, section 3.4), as far as it is in one line.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n";

/// What is kept of a connection.
#[derive(Default)]
struct Connection {
    pair: Pair,
    previous: Pair,
    /// The request seen last.
    request: Request,
    tunnel: Option<Tunnel>,
    /// Bytes that went through the tunnel, in each direction.
    passed: [u64; 2],
}

/// A request and its response, by their frames; 0 where there is none.
#[derive(Clone, Copy, Default)]
struct Pair {
    number: u32,
    request: u64,
    time: i64,
    response: u64,
}

#[derive(Default)]
struct Request {
    /// With the host in front.
    uri: Vec<u8>,
    method: Method,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Method {
    #[default]
    Other,
    Connect,
    Head,
}

/// What a connection carries that is no HTTP/1 any more.
enum Tunnel {
    Websocket,
    Http2,
    Connect { host: Vec<u8>, port: u16 },
}

/// A first line is waited for up to this length.
const LONG_LINE: usize = 64 << 10;
/// No more of a URI is kept than this.
const KEPT_URI: usize = 8192;

impl Dissector for Http {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let connection = self.flows.of(pdu.flow());
        if connection.tunnel.is_some() {
            return connection.pass(pdu);
        }
        if pdu.rest().starts_with(PREFACE) {
            connection.tunnel = Some(Tunnel::Http2);
            return connection.pass(pdu);
        }
        // Empty lines before a message are passed over (RFC 9112, section 2.2).
        let blank = pdu.rest().iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let kind = Kind::of(pdu.rest().get(blank..).unwrap_or_default());
        if kind == Kind::Unknown && connection.pair.number > 0 && !head::may_begin(pdu.rest()) {
            return body::continuation(pdu);
        }
        if kind == Kind::Unknown {
            return if pdu.is_stream() && head::may_begin(pdu.rest()) { pdu.wait_more() } else { pdu.reject() };
        }
        pdu.skip(blank)?;
        let line = Line::at(pdu, LONG_LINE)?;
        let scanned = head::scan(pdu.rest().get(line.whole..).unwrap_or_default());
        let len = body::message_len(pdu, &scanned, kind, connection.request.method, line)?;
        if let Some(len) = len {
            pdu.wait_for(len)?;
            pdu.set_len(CONTENT_LENGTH, len);
        }
        let mut head = Head { kind, ..Head::default() };
        head.read(pdu, line)?;
        connection.count(pdu, &head);
        body::read(pdu, &head)?;
        connection.after(&head);
        Ok(())
    }

    fn probe(&self, pdu: &mut Pdu<'_>) -> Verdict {
        let line = pdu.rest();
        let line = line.get(..Line::of(line).text).unwrap_or_default();
        let is_message = match Kind::of(line) {
            Kind::Response => true,
            Kind::Request => head::version(line).starts_with(b"HTTP/"),
            _ => line == b"PRI * HTTP/2.0",
        };
        if is_message { Verdict::Certain } else { Verdict::NotMine }
    }

    fn flow_end(&mut self, flow: u64) {
        self.flows.end(flow);
    }
}

impl Connection {
    /// Hands bytes of the tunnel to whom they are for.
    fn pass(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let (direction, len) = (usize::from(pdu.is_reverse()), pdu.wire_remaining());
        let passed = self.passed.get(direction).copied().unwrap_or_default();
        match &self.tunnel {
            Some(Tunnel::Connect { host, port }) => {
                pdu.info(format_args!("{}:{port}", lines::show(host)));
                pdu.computed_bytes(PROXY_CONNECT_HOST, 0..0, host);
                pdu.computed(PROXY_CONNECT_PORT, 0..0, *port);
                pdu.hand_on(TCP_PORT, *port).stream(passed);
            }
            Some(Tunnel::Http2) => {
                // Where a frame is completed, its own summary stands in place of this.
                pdu.info(format_args!("Part of an HTTP/2 frame"));
                pdu.hand_to(HTTP2).stream(passed);
            }
            _ => {
                pdu.info(format_args!("Part of a WebSocket frame"));
                pdu.hand_to(WEBSOCKET).stream(passed);
            }
        }
        if let Some(passed) = self.passed.get_mut(direction) {
            *passed += len as u64;
        }
        Ok(())
    }

    /// Counts the message and records what links it with others.
    fn count(&mut self, pdu: &mut Pdu<'_>, head: &Head<'_>) {
        let frame = pdu.frame_number();
        match head.kind {
            Kind::Request => {
                self.next_pair();
                (self.pair.request, self.pair.time) = (frame, pdu.time());
                self.request.method = head.method;
                self.request.uri = full_uri(pdu, head);
                self.request.uri.truncate(KEPT_URI);
                pdu.computed(REQUEST_NUMBER, 0..0, self.pair.number);
                if self.previous.request > 0 {
                    pdu.computed(PREV_REQUEST_IN, 0..0, self.previous.request);
                }
            }
            Kind::Response => {
                if self.pair.number == 0 || self.pair.response > 0 {
                    self.next_pair();
                }
                self.pair.response = frame;
                pdu.computed(RESPONSE_NUMBER, 0..0, self.pair.number);
                if self.pair.request > 0 {
                    pdu.computed(TIME, 0..0, pdu.time() - self.pair.time);
                    pdu.computed(REQUEST_IN, 0..0, self.pair.request);
                }
                if self.previous.request > 0 {
                    pdu.computed(PREV_REQUEST_IN, 0..0, self.previous.request);
                }
                if self.previous.response > 0 {
                    pdu.computed(PREV_RESPONSE_IN, 0..0, self.previous.response);
                }
                if !self.request.uri.is_empty() {
                    pdu.computed_bytes(RESPONSE_FOR_URI, 0..0, &self.request.uri);
                }
            }
            // A notification counts as no request, but is answered like one.
            _ if !head.uri.is_empty() => {
                self.request.uri = full_uri(pdu, head);
                self.request.uri.truncate(KEPT_URI);
            }
            _ => {}
        }
    }

    fn next_pair(&mut self) {
        self.previous = self.pair;
        self.pair = Pair { number: self.pair.number + 1, ..Pair::default() };
    }

    /// Whether something else follows the message.
    fn after(&mut self, head: &Head<'_>) {
        if head.kind != Kind::Response {
            return;
        }
        if head.code == 101 && lines::contains(head.upgrade, b"websocket") {
            self.tunnel = Some(Tunnel::Websocket);
        } else if head.code == 101 && lines::contains(head.upgrade, b"h2c") {
            self.tunnel = Some(Tunnel::Http2);
        } else if head.code / 100 == 2 && self.request.method == Method::Connect {
            // host:port (RFC 9110, section 9.3.6)
            let uri = &self.request.uri;
            let colon = uri.iter().rposition(|&byte| byte == b':').unwrap_or(uri.len());
            let port = uri.get(colon + 1..).and_then(lines::number).unwrap_or_default() as u16;
            let host = uri.get(..colon).unwrap_or_default().to_vec();
            self.tunnel = Some(Tunnel::Connect { host, port });
        }
    }
}

/// The URI with the host in front, recorded if the header names one.
fn full_uri(pdu: &mut Pdu<'_>, head: &Head<'_>) -> Vec<u8> {
    let mut uri = Vec::new();
    let absolute = head.uri.contains(&b':') && !head.uri.starts_with(b"/") || head.method == Method::Connect;
    if !head.host.is_empty() && !absolute {
        uri.extend_from_slice(b"http://");
        uri.extend_from_slice(head.host);
    }
    uri.extend_from_slice(head.uri);
    if !head.host.is_empty() {
        pdu.computed_bytes(REQUEST_FULL_URI, 0..0, &uri);
    }
    uri
}

builtin!(Http);
