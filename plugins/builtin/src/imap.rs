//! IMAP4 (RFC 9051): lines that begin with a tag, which the answer repeats, or with `*`; a length in braces at the end of a line
//! says how many bytes follow that are no lines. `STARTTLS` hands the connection to TLS.

use crate::lines::{self, Line};
use prosector_sdk::prelude::*;
use std::collections::VecDeque;

/// The dissector.
#[derive(Default)]
pub struct Imap {
    flows: Flows<Session>,
}

protocol! {
    /// Internet Message Access Protocol.
    Imap = imap "IMAP", "Internet Message Access Protocol" {
        isrequest: computed bool            "Request",
        line: str                           "Line",
        request: str                        "Request",
        response: str                       "Response",
        tag as TAG: computed str            "Tag" hidden,
        command as COMMAND: computed str    "Command" hidden,
        request_tag: str                    "Request Tag",
        request.command: str                "Request Command",
        response_tag: str                   "Response Tag",
        response.status: str                "Response Status",
        response.command: str               "Response Command",
        response_to: computed u32           "Response To",
        time: computed duration             "Response Time",
    }
    claims { tcp.port = 143, tls.port = 993 }
    tables { IMF: "@imf", TLS: "@tls" bound }
    stateful
}

/// A line is waited for up to this length.
const LONG_LINE: usize = 8192;
/// So many requests without an answer are remembered.
const OPEN: usize = 32;
/// No more of a tag is kept than this.
const TAG_KEPT: usize = 32;

/// What is kept of a connection.
#[derive(Default)]
struct Session {
    open: VecDeque<Asked>,
    /// Bytes that are no lines, in each direction.
    literal: [Literal; 2],
}

#[derive(Default)]
struct Literal {
    /// Counts them.
    id: u64,
    len: usize,
    left: usize,
    is_message: bool,
}

struct Asked {
    tag: Vec<u8>,
    frame: u64,
    time: i64,
    is_starttls: bool,
}

impl Dissector for Imap {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let session = self.flows.of(pdu.flow());
        let is_request = !lines::is_from_server(pdu, &[143]);
        let direction = usize::from(is_request);
        if !session.in_literal(direction) {
            Line::at(pdu, LONG_LINE)?;
        }
        pdu.computed(ISREQUEST, 0..0, is_request);
        while pdu.remaining() > 0 {
            if session.in_literal(direction) {
                session.literal(pdu, direction)?;
                continue;
            }
            if !Line::is_whole(pdu, LONG_LINE) {
                break;
            }
            let line = Line::at(pdu, LONG_LINE)?;
            let text = pdu.rest().get(..line.text).unwrap_or_default();
            session.line(pdu, text, line, is_request);
            pdu.skip(line.whole)?;
        }
        pdu.end_here();
        Ok(())
    }

    fn flow_end(&mut self, flow: u64) {
        self.flows.end(flow);
    }
}

impl Session {
    fn in_literal(&self, direction: usize) -> bool {
        self.literal.get(direction).is_some_and(|literal| literal.left > 0)
    }

    fn literal(&mut self, pdu: &mut Pdu<'_>, direction: usize) -> Step {
        let Some(literal) = self.literal.get_mut(direction) else { return Ok(()) };
        let len = literal.left.min(pdu.remaining());
        literal.left -= len;
        if literal.is_message {
            pdu.hand_to(IMF).len(len).detail().fragment(
                literal.id << 1 | direction as u64,
                literal.len,
                literal.left > 0,
            );
        }
        literal.len += len;
        pdu.skip(len)
    }

    fn line(&mut self, pdu: &mut Pdu<'_>, text: &[u8], line: Line, is_request: bool) {
        let at = pdu.position();
        pdu.mark(LINE, at..at + line.whole);
        pdu.info(format_args!("{}: {}", if is_request { "Request" } else { "Response" }, lines::show(text)));
        if let Some(literal) = self.literal.get_mut(usize::from(is_request))
            && let Some(len) = literal_len(text)
        {
            let is_message = lines::contains(text, b"BODY") || lines::contains(text, b"RFC822");
            *literal = Literal { id: literal.id + 1, len: 0, left: len, is_message };
        }
        let (tag, rest) = lines::word(text);
        if tag == b"*" || tag == b"+" || rest.is_empty() {
            return;
        }
        let end = at + text.len();
        pdu.mark(if is_request { REQUEST } else { RESPONSE }, at..end);
        pdu.mark(if is_request { REQUEST_TAG } else { RESPONSE_TAG }, at..at + tag.len());
        pdu.computed_bytes(TAG, at..at + tag.len(), tag);
        let start = end - rest.len();
        let (word, behind) = lines::word(rest);
        let kept = tag.get(..tag.len().min(TAG_KEPT)).unwrap_or_default();
        if is_request {
            pdu.mark(REQUEST_COMMAND, start..start + word.len());
            pdu.computed_bytes(COMMAND, start..start + word.len(), word);
            if self.open.len() >= OPEN {
                self.open.pop_front();
            }
            let is_starttls = word.eq_ignore_ascii_case(b"STARTTLS");
            self.open.push_back(Asked { tag: kept.to_vec(), frame: pdu.frame_number(), time: pdu.time(), is_starttls });
            return;
        }
        pdu.mark(RESPONSE_STATUS, start..start + word.len());
        let command = lines::word(behind).0;
        if !command.is_empty() {
            let start = end - behind.len();
            pdu.mark(RESPONSE_COMMAND, start..start + command.len());
            pdu.computed_bytes(COMMAND, start..start + command.len(), command);
        }
        let asked = self.open.iter().position(|asked| asked.tag == kept).and_then(|i| self.open.remove(i));
        if let Some(asked) = asked {
            pdu.computed(RESPONSE_TO, 0..0, asked.frame);
            pdu.computed(TIME, 0..0, pdu.time() - asked.time);
            if asked.is_starttls && word.eq_ignore_ascii_case(b"OK") {
                pdu.bind(TLS);
            }
        }
    }
}

/// The length at the end of a line, `{123}` or `{123+}` (RFC 9051, section 4.3).
fn literal_len(text: &[u8]) -> Option<usize> {
    let inner = text.strip_suffix(b"}")?;
    let inner = inner.strip_suffix(b"+").unwrap_or(inner);
    let open = inner.iter().rposition(|&byte| byte == b'{')?;
    let digits = inner.get(open + 1..)?;
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(lines::number(digits)?.min(u32::MAX.into()) as usize)
}

builtin!(Imap);

#[test]
fn a_login_and_a_literal() {
    check_stream::<Imap>(
        &[
            &lines::hex("a1 FETCH 1 BODY[]\r\n"),
            &format!("<{}", lines::hex("* 1 FETCH (BODY[] {12}\r\nSubject: ")),
            &format!("<{}", lines::hex("a\r\n)\r\na1 OK FETCH done\r\n")),
        ],
        expect![[r#"
            segment 1
            Internet Message Access Protocol, Request: a1 FETCH 1 BODY[]
              [Request: True]
              Line: a1 FETCH 1 BODY[]\r\n
              Request: a1 FETCH 1 BODY[]
              Request Tag: a1
              Request Command: FETCH
            segment 2
            Internet Message Access Protocol, Response: * 1 FETCH (BODY[] {12}
              [Request: False]
              Line: * 1 FETCH (BODY[] {12}\r\n
            → @imf [0] part 2: bytes 24..33, Fragment at 0
            segment 3
            Internet Message Access Protocol, Response: a1 OK FETCH done
              [Request: False]
              Line: )\r\n
              Line: a1 OK FETCH done\r\n
              Response: a1 OK FETCH done
              Response Tag: a1
              Response Status: OK
              Response Command: FETCH
              [Response To: 1]
              [Response Time: 0.002000000 seconds]
            → @imf [0] part 2: bytes 0..3, LastFragment at 9
        "#]],
    );
}
