//! HTTP/2 (RFC 9113): frames of streams on one connection. Header fields are packed by [HPACK](hpack), whose tables last as
//! long as the connection; bodies come in parts.

mod hpack;

use crate::media;
use crate::unpack::unpack;
use hpack::{Field, Item};
use prosector_sdk::handle::{ComputedBytes, Handle};
use prosector_sdk::prelude::*;
use std::collections::HashMap;

/// The dissector.
#[derive(Default)]
pub struct Http2 {
    flows: Flows<Connection>,
}

value_names! {
    /// Error codes (RFC 9113, section 7).
    ERRORS {
        0 "NO_ERROR",
        1 "PROTOCOL_ERROR",
        2 "INTERNAL_ERROR",
        3 "FLOW_CONTROL_ERROR",
        4 "SETTINGS_TIMEOUT",
        5 "STREAM_CLOSED",
        6 "FRAME_SIZE_ERROR",
        7 "REFUSED_STREAM",
        8 "CANCEL",
        9 "COMPRESSION_ERROR",
        10 "CONNECT_ERROR",
        11 "ENHANCE_YOUR_CALM",
        12 "INADEQUATE_SECURITY",
        13 "HTTP_1_1_REQUIRED",
    }
}

protocol! {
    /// Hypertext Transfer Protocol, version 2.
    Http2 = http2 "HTTP2", "HyperText Transfer Protocol 2" {
        magic as MAGIC_FIELD: str               "Magic",
        length: u24                             "Length",
        type as TYPE: u8                        "Type" = {
            0 "DATA", 1 "HEADERS", 2 "PRIORITY", 3 "RST_STREAM", 4 "SETTINGS", 5 "PUSH_PROMISE", 6 "PING", 7 "GOAWAY",
            8 "WINDOW_UPDATE", 9 "CONTINUATION", 10 "ALTSVC", 12 "ORIGIN", 16 "PRIORITY_UPDATE",
        },
        flags: u8 hex                           "Flags",
        flags.unused: u8 hex & 0xff             "Unused",
        flags.unused_data: u8 hex & 0xf6        "Unused",
        flags.unused_headers: u8 hex & 0xd2     "Unused",
        flags.unused_settings: u8 hex & 0xfe    "Unused",
        flags.unused_push_promise: u8 hex & 0xf3 "Unused",
        flags.unused_ping: u8 hex & 0xfe        "Unused",
        flags.unused_continuation: u8 hex & 0xfb "Unused",
        flags.priority: bool(u8) & 0x20         "Priority",
        flags.padded: bool(u8) & 0x08           "Padded",
        flags.eh: bool(u8) & 0x04               "End Headers",
        flags.end_stream: bool(u8) & 0x01       "End Stream",
        flags.ack.settings: bool(u8) & 0x01     "ACK",
        flags.ack.ping: bool(u8) & 0x01         "ACK",
        r: u32 hex & 0x80000000                 "Reserved",
        streamid: u32 & 0x7fffffff              "Stream Identifier",
        /// 0 where the frame is not padded.
        pad_length: computed u16                "Pad Length",
        exclusive: bool(u32) & 0x80000000       "Exclusive",
        stream_dependency: u32 & 0x7fffffff     "Stream Dependency",
        headers.weight: u8                      "Weight",
        headers.weight_real: computed u8        "Weight real",
        data.data: bytes                        "Data",
        /// With the last frame of a body all of it, unpacked.
        data.data as WHOLE: computed bytes      "Data",
        data.padding: bytes                     "Padding",
        headers as BLOCK: bytes                 "Header Block Fragment",
        headers.padding: bytes                  "Padding",
        continuation.header: bytes              "Continuation Header",
        /// Bytes of the header once it is unpacked.
        header.length: computed u32             "Header Length",
        header.count: computed u32              "Header Count",
        header: group                           "Header",
        header.name.length: computed u32        "Name Length",
        header.name: computed str               "Name",
        header.value.length: computed u32       "Value Length",
        header.value: computed str              "Value",
        headers.authority: computed str                  ":authority",
        headers.status: computed str                     ":status",
        headers.path: computed str                       ":path",
        headers.method: computed str                     ":method",
        headers.scheme: computed str                     ":scheme",
        headers.accept: computed str                     "Accept",
        headers.accept_charset: computed str             "Accept-Charset",
        headers.accept_encoding: computed str            "Accept-Encoding",
        headers.accept_language: computed str            "Accept-Language",
        headers.accept_ranges: computed str              "Accept-Ranges",
        headers.access_control_allow_origin: computed str "Access-Control-Allow-Origin",
        headers.age: computed str                        "Age",
        headers.allow: computed str                      "Allow",
        headers.authorization: computed str              "Authorization",
        headers.cache_control: computed str              "Cache-Control",
        headers.content_disposition: computed str        "Content-Disposition",
        headers.content_encoding: computed str           "Content-Encoding",
        headers.content_language: computed str           "Content-Language",
        headers.content_length: computed str             "Content-Length",
        headers.content_location: computed str           "Content-Location",
        headers.content_range: computed str              "Content-Range",
        headers.content_type: computed str               "Content-Type",
        headers.cookie: computed str                     "Cookie",
        headers.date: computed str                       "Date",
        headers.etag: computed str                       "Etag",
        headers.expect: computed str                     "Expect",
        headers.expires: computed str                    "Expires",
        headers.from: computed str                       "From",
        headers.if_match: computed str                   "If-Match",
        headers.if_modified_since: computed str          "If-Modified-Since",
        headers.if_none_match: computed str              "If-None-Match",
        headers.if_range: computed str                   "If-Range",
        headers.if_unmodified_since: computed str        "If-Unmodified-Since",
        headers.last_modified: computed str              "Last-Modified",
        headers.link: computed str                       "Link",
        headers.location: computed str                   "Location",
        headers.max_forwards: computed str               "Max-Forwards",
        headers.proxy_authenticate: computed str         "Proxy-Authenticate",
        headers.proxy_authorization: computed str        "Proxy-Authorization",
        headers.range: computed str                      "Range",
        headers.referer: computed str                    "Referer",
        headers.refresh: computed str                    "Refresh",
        headers.retry_after: computed str                "Retry-After",
        headers.server: computed str                     "Server",
        headers.set_cookie: computed str                 "Set-Cookie",
        headers.strict_transport_security: computed str  "Strict-Transport-Security",
        headers.user_agent: computed str                 "User-Agent",
        headers.vary: computed str                       "Vary",
        headers.via: computed str                        "Via",
        headers.www_authenticate: computed str           "Www-Authenticate",
        header.unescaped: computed str          "Unescaped",
        header.repr: computed str               "Representation",
        header.index: computed u32              "Index",
        header_table_size_update.header_table_size: computed u32 "Header table size",
        request.full_uri: computed str          "Full request URI",
        rst_stream.error: u32                   "Error" = ERRORS,
        settings: group                         "Settings",
        settings.id: u16                        "Settings Identifier" = {
            1 "Header table size", 2 "Enable PUSH", 3 "Max concurrent streams", 4 "Initial Windows size",
            5 "Max frame size", 6 "Max header list size", 8 "Extended CONNECT",
        },
        settings.header_table_size: u32         "Header table size",
        settings.enable_push: u32               "Enable PUSH",
        settings.max_concurrent_streams: u32    "Max concurrent streams",
        settings.initial_window_size: u32       "Initial Windows Size",
        settings.max_frame_size: u32            "Max frame size",
        settings.max_header_list_size: u32      "Max header list size",
        settings.extended_connect: u32          "Extended CONNECT",
        settings.unknown: u32                   "Unknown Settings",
        push_promise.r: u32 hex & 0x80000000    "Reserved",
        push_promise.promised_stream_id: u32 & 0x7fffffff "Promised-Stream-ID",
        push_promise.header: bytes              "Header Block Fragment",
        push_promise.padding: bytes             "Padding",
        ping: bytes[8]                          "Ping",
        pong: bytes[8]                          "Pong",
        goway.r: u32 hex & 0x80000000           "Reserved",
        goaway.last_stream_id: u32 & 0x7fffffff "Last-Stream-ID",
        goaway.error: u32                       "Error" = ERRORS,
        goaway.addata: bytes                    "Additional Debug Data",
        window_update.r: u32 hex & 0x80000000   "Reserved",
        window_update.window_size_increment: u32 & 0x7fffffff "Window Size Increment",
        unknown: bytes                          "Unknown",
    }
    tables { MEDIA_TYPE: "media_type" }
    stateful
}

/// Headers with a field of their own.
const HEADERS: &[(&[u8], Handle<ComputedBytes>)] = &[
    (b":authority", HEADERS_AUTHORITY),
    (b":status", HEADERS_STATUS),
    (b":path", HEADERS_PATH),
    (b":method", HEADERS_METHOD),
    (b":scheme", HEADERS_SCHEME),
    (b"accept", HEADERS_ACCEPT),
    (b"accept-charset", HEADERS_ACCEPT_CHARSET),
    (b"accept-encoding", HEADERS_ACCEPT_ENCODING),
    (b"accept-language", HEADERS_ACCEPT_LANGUAGE),
    (b"accept-ranges", HEADERS_ACCEPT_RANGES),
    (b"access-control-allow-origin", HEADERS_ACCESS_CONTROL_ALLOW_ORIGIN),
    (b"age", HEADERS_AGE),
    (b"allow", HEADERS_ALLOW),
    (b"authorization", HEADERS_AUTHORIZATION),
    (b"cache-control", HEADERS_CACHE_CONTROL),
    (b"content-disposition", HEADERS_CONTENT_DISPOSITION),
    (b"content-encoding", HEADERS_CONTENT_ENCODING),
    (b"content-language", HEADERS_CONTENT_LANGUAGE),
    (b"content-length", HEADERS_CONTENT_LENGTH),
    (b"content-location", HEADERS_CONTENT_LOCATION),
    (b"content-range", HEADERS_CONTENT_RANGE),
    (b"content-type", HEADERS_CONTENT_TYPE),
    (b"cookie", HEADERS_COOKIE),
    (b"date", HEADERS_DATE),
    (b"etag", HEADERS_ETAG),
    (b"expect", HEADERS_EXPECT),
    (b"expires", HEADERS_EXPIRES),
    (b"from", HEADERS_FROM),
    (b"if-match", HEADERS_IF_MATCH),
    (b"if-modified-since", HEADERS_IF_MODIFIED_SINCE),
    (b"if-none-match", HEADERS_IF_NONE_MATCH),
    (b"if-range", HEADERS_IF_RANGE),
    (b"if-unmodified-since", HEADERS_IF_UNMODIFIED_SINCE),
    (b"last-modified", HEADERS_LAST_MODIFIED),
    (b"link", HEADERS_LINK),
    (b"location", HEADERS_LOCATION),
    (b"max-forwards", HEADERS_MAX_FORWARDS),
    (b"proxy-authenticate", HEADERS_PROXY_AUTHENTICATE),
    (b"proxy-authorization", HEADERS_PROXY_AUTHORIZATION),
    (b"range", HEADERS_RANGE),
    (b"referer", HEADERS_REFERER),
    (b"refresh", HEADERS_REFRESH),
    (b"retry-after", HEADERS_RETRY_AFTER),
    (b"server", HEADERS_SERVER),
    (b"set-cookie", HEADERS_SET_COOKIE),
    (b"strict-transport-security", HEADERS_STRICT_TRANSPORT_SECURITY),
    (b"user-agent", HEADERS_USER_AGENT),
    (b"vary", HEADERS_VARY),
    (b"via", HEADERS_VIA),
    (b"www-authenticate", HEADERS_WWW_AUTHENTICATE),
];

const MAGIC: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const FRAME_HEADER: usize = 9;
/// So many streams of a connection are remembered.
const MAX_STREAMS: usize = 1000;
/// A header that goes on in further frames is kept up to this length.
const MAX_BLOCK: usize = 256 << 10;
/// A body is put together up to this length, and those of one direction of a connection together up to four times that.
const MAX_BODY: usize = 1 << 20;
/// So many fields of one header are shown.
const MAX_FIELDS: usize = 1000;

mod flag {
    pub const END_STREAM: u8 = 0x01;
    pub const ACK: u8 = 0x01;
    pub const END_HEADERS: u8 = 0x04;
    pub const PADDED: u8 = 0x08;
    pub const PRIORITY: u8 = 0x20;
}

mod kind {
    pub const DATA: u8 = 0;
    pub const HEADERS: u8 = 1;
    pub const PRIORITY: u8 = 2;
    pub const RST_STREAM: u8 = 3;
    pub const SETTINGS: u8 = 4;
    pub const PUSH_PROMISE: u8 = 5;
    pub const PING: u8 = 6;
    pub const GOAWAY: u8 = 7;
    pub const WINDOW_UPDATE: u8 = 8;
    pub const CONTINUATION: u8 = 9;
}

/// What is kept of a connection, for each direction.
#[derive(Default)]
struct Connection {
    sides: [Side; 2],
}

#[derive(Default)]
struct Side {
    table: hpack::Table,
    /// What is left of a header that further frames continue.
    block: Vec<u8>,
    bodies: HashMap<u32, Body>,
    /// Bytes in all bodies.
    kept: usize,
}

/// The body that a stream carries.
#[derive(Default)]
struct Body {
    content_type: Vec<u8>,
    encoding: Option<Vec<u8>>,
    bytes: Vec<u8>,
    /// Some of it was not kept.
    is_cut: bool,
}

impl Dissector for Http2 {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if pdu.rest().starts_with(&MAGIC[..3]) {
            pdu.wait_for(MAGIC.len())?;
            pdu.take_bytes(MAGIC_FIELD, MAGIC.len())?;
            pdu.info(format_args!("Magic"));
            pdu.end_here();
            return Ok(());
        }
        let len = FRAME_HEADER + pdu.peek(LENGTH)? as usize;
        pdu.wait_for(len)?;
        pdu.set_len(LENGTH, len);
        pdu.take(LENGTH)?;
        let kind = pdu.take(TYPE)?;
        let flags = show_flags(pdu, kind)?;
        pdu.show(R)?;
        let stream = pdu.take(STREAMID)?;
        pdu.info(format_args!("{}[{stream}]", Self::name(TYPE, kind)));
        let connection = self.flows.of(pdu.flow());
        let [first, second] = &mut connection.sides;
        let side = if pdu.is_reverse() { second } else { first };
        match kind {
            kind::DATA => side.data(pdu, flags, stream),
            kind::HEADERS => side.headers(pdu, flags, stream),
            kind::PRIORITY => priority(pdu),
            kind::RST_STREAM => pdu.take(RST_STREAM_ERROR).map(drop),
            kind::SETTINGS => settings(pdu),
            kind::PUSH_PROMISE => side.push_promise(pdu, flags),
            kind::PING => pdu.take(if flags & flag::ACK != 0 { PONG } else { PING }).map(drop),
            kind::GOAWAY => {
                pdu.show(GOWAY_R)?;
                pdu.take(GOAWAY_LAST_STREAM_ID)?;
                pdu.take(GOAWAY_ERROR)?;
                if pdu.remaining() > 0 {
                    pdu.take_rest(GOAWAY_ADDATA);
                }
                Ok(())
            }
            kind::WINDOW_UPDATE => {
                pdu.show(WINDOW_UPDATE_R)?;
                pdu.take(WINDOW_UPDATE_WINDOW_SIZE_INCREMENT).map(drop)
            }
            kind::CONTINUATION => {
                let at = pdu.position();
                let bytes = pdu.take_rest(CONTINUATION_HEADER);
                side.block(pdu, bytes, flags, stream, at);
                Ok(())
            }
            _ => {
                pdu.take_rest(UNKNOWN);
                Ok(())
            }
        }
    }

    fn flow_end(&mut self, flow: u64) {
        self.flows.end(flow);
    }
}

/// Which flags there are depends on the type.
fn show_flags(pdu: &mut Pdu<'_>, kind: u8) -> Result<u8, Stop> {
    let flags = pdu.show(FLAGS)?;
    let (unused, used): (_, &[Handle<bool>]) = match kind {
        kind::DATA => (FLAGS_UNUSED_DATA, &[FLAGS_PADDED, FLAGS_END_STREAM]),
        kind::HEADERS => (FLAGS_UNUSED_HEADERS, &[FLAGS_PRIORITY, FLAGS_PADDED, FLAGS_EH, FLAGS_END_STREAM]),
        kind::SETTINGS => (FLAGS_UNUSED_SETTINGS, &[FLAGS_ACK_SETTINGS]),
        kind::PUSH_PROMISE => (FLAGS_UNUSED_PUSH_PROMISE, &[FLAGS_PADDED, FLAGS_EH]),
        kind::PING => (FLAGS_UNUSED_PING, &[FLAGS_ACK_PING]),
        kind::CONTINUATION => (FLAGS_UNUSED_CONTINUATION, &[FLAGS_EH]),
        _ => (FLAGS_UNUSED, &[]),
    };
    pdu.show(unused)?;
    for flag in used {
        pdu.show(*flag)?;
    }
    pdu.skip(1)?;
    Ok(flags)
}

/// Reads the length of the padding, if there is one (RFC 9113, section 6.1).
fn pad_length(pdu: &mut Pdu<'_>, flags: u8) -> Result<usize, Stop> {
    let at = pdu.position();
    let len = if flags & flag::PADDED == 0 {
        0
    } else {
        let len = pdu.rest().first().copied().unwrap_or_default();
        pdu.skip(1)?;
        len.into()
    };
    pdu.computed(PAD_LENGTH, at..pdu.position(), len);
    Ok(len.min(pdu.remaining()))
}

fn priority(pdu: &mut Pdu<'_>) -> Step {
    pdu.show(EXCLUSIVE)?;
    pdu.take(STREAM_DEPENDENCY)?;
    let at = pdu.position();
    let weight = pdu.take(HEADERS_WEIGHT)?;
    pdu.computed(HEADERS_WEIGHT_REAL, at..at + 1, u16::from(weight) + 1);
    Ok(())
}

fn settings(pdu: &mut Pdu<'_>) -> Step {
    while pdu.wire_remaining() > 0 {
        pdu.group(SETTINGS, |pdu| {
            let field = match pdu.take(SETTINGS_ID)? {
                1 => SETTINGS_HEADER_TABLE_SIZE,
                2 => SETTINGS_ENABLE_PUSH,
                3 => SETTINGS_MAX_CONCURRENT_STREAMS,
                4 => SETTINGS_INITIAL_WINDOW_SIZE,
                5 => SETTINGS_MAX_FRAME_SIZE,
                6 => SETTINGS_MAX_HEADER_LIST_SIZE,
                8 => SETTINGS_EXTENDED_CONNECT,
                _ => SETTINGS_UNKNOWN,
            };
            pdu.take(field).map(drop)
        })?;
    }
    Ok(())
}

impl Side {
    fn data(&mut self, pdu: &mut Pdu<'_>, flags: u8, stream: u32) -> Step {
        let padding = pad_length(pdu, flags)?;
        let len = pdu.remaining() - padding;
        let range = pdu.position()..pdu.position() + len;
        let bytes = pdu.rest().get(..len).unwrap_or_default();
        if flags & flag::END_STREAM == 0 {
            self.keep(stream, bytes);
            if len > 0 {
                pdu.mark(DATA_DATA, range);
            }
        } else {
            let body = self.bodies.remove(&stream).unwrap_or_default();
            self.kept -= body.bytes.len();
            finish(pdu, stream, body, bytes);
        }
        pdu.skip(len)?;
        if padding > 0 {
            pdu.take_bytes(DATA_PADDING, padding)?;
        }
        Ok(())
    }

    /// Keeps a part of a body until its end.
    fn keep(&mut self, stream: u32, bytes: &[u8]) {
        let room = (4 * MAX_BODY).saturating_sub(self.kept);
        let Some(body) = self.bodies.get_mut(&stream) else { return };
        let len = bytes.len().min(room).min(MAX_BODY - body.bytes.len());
        body.is_cut |= len < bytes.len();
        body.bytes.extend_from_slice(bytes.get(..len).unwrap_or_default());
        self.kept += len;
    }

    fn headers(&mut self, pdu: &mut Pdu<'_>, flags: u8, stream: u32) -> Step {
        let padding = pad_length(pdu, flags)?;
        if flags & flag::PRIORITY != 0 {
            priority(pdu)?;
        }
        let at = pdu.position();
        let bytes = pdu.take_bytes(BLOCK, pdu.remaining().saturating_sub(padding))?;
        self.block.clear();
        self.block(pdu, bytes, flags, stream, at);
        if padding > 0 {
            pdu.take_bytes(HEADERS_PADDING, padding.min(pdu.remaining()))?;
        }
        Ok(())
    }

    fn push_promise(&mut self, pdu: &mut Pdu<'_>, flags: u8) -> Step {
        let padding = pad_length(pdu, flags)?;
        pdu.show(PUSH_PROMISE_R)?;
        let stream = pdu.take(PUSH_PROMISE_PROMISED_STREAM_ID)?;
        let at = pdu.position();
        let bytes = pdu.take_bytes(PUSH_PROMISE_HEADER, pdu.remaining().saturating_sub(padding))?;
        self.block.clear();
        self.block(pdu, bytes, flags, stream, at);
        if padding > 0 {
            pdu.take_bytes(PUSH_PROMISE_PADDING, padding.min(pdu.remaining()))?;
        }
        Ok(())
    }

    /// A part of a header block, with the fields that end in it.
    fn block(&mut self, pdu: &mut Pdu<'_>, bytes: &[u8], flags: u8, stream: u32, at: usize) {
        let is_end = flags & flag::END_HEADERS != 0;
        let mut block = std::mem::take(&mut self.block);
        block.extend_from_slice(bytes);
        let mut rest = block.as_slice();
        let range = at..at + bytes.len();
        let mut fields = Vec::new();
        while !rest.is_empty() && fields.len() < MAX_FIELDS {
            let Some((item, behind)) = self.table.next(rest) else { break };
            fields.push(item);
            rest = behind;
        }
        if !is_end {
            self.block = rest.get(..rest.len().min(MAX_BLOCK)).unwrap_or_default().to_vec();
        } else if !rest.is_empty() {
            let text = format_args!("this header block can't be unpacked: {} bytes are left", rest.len());
            pdu.diagnostic(Severity::Warning, "bad-header", range.clone(), text);
        }
        if !fields.is_empty() {
            self.show(pdu, &fields, stream, range);
        }
    }

    fn show(&mut self, pdu: &mut Pdu<'_>, items: &[Item], stream: u32, range: std::ops::Range<usize>) {
        let len: usize = items
            .iter()
            .map(|item| match item {
                // Each text counts with its length in four bytes.
                Item::Field(field) => field.name.len() + field.value.len() + 8,
                Item::Resize(_) => 0,
            })
            .sum();
        pdu.computed(HEADER_LENGTH, range.clone(), len);
        pdu.computed(HEADER_COUNT, range.clone(), items.len());
        let is_known = self.bodies.contains_key(&stream);
        let mut body = if is_known || self.bodies.len() < MAX_STREAMS {
            Some(self.bodies.entry(stream).or_default())
        } else {
            None
        };
        let mut uri: [&[u8]; 3] = [b""; 3];
        for item in items {
            let field = match item {
                Item::Field(field) => field,
                Item::Resize(size) => {
                    pdu.computed(HEADER_TABLE_SIZE_UPDATE_HEADER_TABLE_SIZE, range.clone(), *size);
                    continue;
                }
            };
            header(pdu, field, &range);
            match field.name.as_slice() {
                b"content-type" => {
                    if let Some(body) = &mut body {
                        body.content_type.clone_from(&field.value);
                    }
                }
                b"content-encoding" => {
                    if let Some(body) = &mut body {
                        body.encoding = Some(field.value.clone());
                    }
                }
                b":scheme" => uri[0] = &field.value,
                b":authority" => uri[1] = &field.value,
                b":path" => uri[2] = &field.value,
                b":method" | b":status" => {
                    pdu.info(format_args!("HEADERS[{stream}]: {}", crate::lines::show(&field.value)));
                }
                _ => {}
            }
        }
        if uri.iter().all(|part| !part.is_empty()) {
            let text = [uri[0], b"://".as_slice(), uri[1], uri[2]].concat();
            pdu.computed_bytes(REQUEST_FULL_URI, range, &text);
        }
    }
}

/// The end of a body, whose last part is `last`: what was in all its frames, unpacked, goes to whoever knows its type.
fn finish(pdu: &mut Pdu<'_>, stream: u32, body: Body, last: &[u8]) {
    let range = pdu.position()..pdu.position() + last.len();
    let keys = media::keys(&body.content_type);
    if body.bytes.is_empty() && body.encoding.is_none() {
        if !last.is_empty() {
            pdu.mark(DATA_DATA, range);
            pdu.hand_on(MEDIA_TYPE, keys).len(last.len()).part(stream.into());
        }
        return;
    }
    let mut whole = body.bytes;
    whole.extend_from_slice(last);
    if whole.is_empty() {
        return;
    }
    let unpacked = body.encoding.as_ref().and_then(|encoding| unpack(encoding, &whole));
    let is_readable = !body.is_cut && (unpacked.is_some() || body.encoding.is_none());
    let whole = unpacked.unwrap_or(whole);
    pdu.computed_bytes(WHOLE, range, &whole);
    pdu.hand_on_bytes(MEDIA_TYPE, if is_readable { keys } else { [0; 2] }, &whole).part(stream.into());
}

fn header(pdu: &mut Pdu<'_>, field: &Field, range: &std::ops::Range<usize>) {
    let _ = pdu.group(HEADER, |pdu| {
        pdu.computed(HEADER_NAME_LENGTH, range.clone(), field.name.len());
        pdu.computed_bytes(HEADER_NAME, range.clone(), &field.name);
        pdu.computed(HEADER_VALUE_LENGTH, range.clone(), field.value.len());
        pdu.computed_bytes(HEADER_VALUE, range.clone(), &field.value);
        if let Some((_, own)) = HEADERS.iter().find(|(name, _)| *name == field.name) {
            pdu.computed_bytes(*own, range.clone(), &field.value);
        }
        if pdu.wants(HEADER_UNESCAPED) {
            pdu.computed_bytes(HEADER_UNESCAPED, range.clone(), &unescaped(&field.value));
        }
        pdu.computed_bytes(HEADER_REPR, range.clone(), representation(field).as_bytes());
        if let Some(index) = field.index {
            pdu.computed(HEADER_INDEX, range.clone(), index);
        }
        Ok(())
    });
}

/// `text` with what is escaped with percent signs as it is meant (RFC 3986, section 2.1).
fn unescaped(text: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some((&byte, behind)) = rest.split_first() {
        let digit = |at: usize| rest.get(at).and_then(|&digit| char::from(digit).to_digit(16));
        match (byte, digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high << 4 | low) as u8);
                rest = rest.get(3..).unwrap_or_default();
            }
            _ => {
                out.push(byte);
                rest = behind;
            }
        }
    }
    out
}

fn representation(field: &Field) -> &'static str {
    use hpack::Kind::{Incremental, Indexed, Never, Without};
    match (field.kind, field.index.is_some()) {
        (Indexed, _) => "Indexed Header Field",
        (Incremental, true) => "Literal Header Field with Incremental Indexing - Indexed Name",
        (Incremental, false) => "Literal Header Field with Incremental Indexing - New Name",
        (Without, true) => "Literal Header Field without Indexing - Indexed Name",
        (Without, false) => "Literal Header Field without Indexing - New Name",
        (Never, true) => "Literal Header Field never Indexed - Indexed Name",
        (Never, false) => "Literal Header Field never Indexed - New Name",
    }
}

builtin!(Http2);

#[test]
fn settings_and_a_request() {
    check_stream::<Http2>(
        &[
            "505249202a20485454502f322e300d0a0d0a534d0d0a0d0a 000006 04 00 00000000 0003 00000064",
            "000011 01 05 00000001 828684418cf1e3c2e5f23a6ba0ab90f4ff",
        ],
        expect![[r#"
            segment 1
            HyperText Transfer Protocol 2, Magic
              Magic: PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n
            HyperText Transfer Protocol 2, SETTINGS[0]
              Length: 6
              Type: SETTINGS (4)
              Flags: 0x00
              Unused: 0x00
              ACK: False
              Reserved: 0x0
              Stream Identifier: 0
              Settings: Max concurrent streams (3)
                Settings Identifier: Max concurrent streams (3)
                Max concurrent streams: 100
            segment 2
            HyperText Transfer Protocol 2, HEADERS[1]: GET
              Length: 17
              Type: HEADERS (1)
              Flags: 0x05
              Unused: 0x0
              Priority: False
              Padded: False
              End Headers: True
              End Stream: True
              Reserved: 0x0
              Stream Identifier: 1
              [Pad Length: 0]
              Header Block Fragment: 828684418cf1e3c2e5f23a6ba0ab90f4ff
              Header Length: 84
              Header Count: 4
              Header: :method
                Name Length: 7
                Name: :method
                Value Length: 3
                Value: GET
                :method: GET
                Unescaped: GET
                Representation: Indexed Header Field
                Index: 2
              Header: :scheme
                Name Length: 7
                Name: :scheme
                Value Length: 4
                Value: http
                :scheme: http
                Unescaped: http
                Representation: Indexed Header Field
                Index: 6
              Header: :path
                Name Length: 5
                Name: :path
                Value Length: 1
                Value: /
                :path: /
                Unescaped: /
                Representation: Indexed Header Field
                Index: 4
              Header: :authority
                Name Length: 10
                Name: :authority
                Value Length: 15
                Value: www.example.com
                :authority: www.example.com
                Unescaped: www.example.com
                Representation: Literal Header Field with Incremental Indexing - Indexed Name
                Index: 1
              Full request URI: http://www.example.com/
        "#]],
    );
}

#[test]
fn a_header_that_makes_no_sense() {
    check::<Http2>(
        "000002 01 04 00000001 ffff",
        expect![[r#"
            HyperText Transfer Protocol 2, HEADERS[1]
              Length: 2
              Type: HEADERS (1)
              Flags: 0x04
              Unused: 0x0
              Priority: False
              Padded: False
              End Headers: True
              End Stream: False
              Reserved: 0x0
              Stream Identifier: 1
              [Pad Length: 0]
              Header Block Fragment: ffff
              [warning] bad-header: this header block can't be unpacked: 2 bytes are left
        "#]],
    );
}
