//! POP3 (RFC 1939): commands, replies that begin with `+OK` or `-ERR`, and behind some of them lines up to a dot alone. `STLS`
//! (RFC 2595) hands the connection to TLS.

use crate::lines::{self, Line, USUAL};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Pop {
    flows: Flows<Session>,
}

protocol! {
    /// Post Office Protocol, version 3.
    Pop = pop "POP", "Post Office Protocol" {
        request.command: str            "Request command",
        request.parameter: str          "Request parameter",
        response.indicator: str         "Response indicator",
        response.description: str       "Response description",
        /// A line of a list.
        response.data: str              "Response data",
    }
    claims { tcp.port = 110, tls.port = 995 }
    tables { IMF: "@imf", TLS: "@tls" bound }
    stateful
}

/// What is kept of a connection.
#[derive(Default)]
struct Session {
    /// What the reply to the last command is.
    reply: Reply,
    /// The lines of the reply are coming.
    is_open: bool,
    message: u64,
    len: usize,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Reply {
    #[default]
    Line,
    List,
    Message,
    Tls,
}

impl Dissector for Pop {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let session = self.flows.of(pdu.flow());
        let is_server = lines::is_from_server(pdu, &[110]);
        if is_server && session.is_open && session.reply == Reply::Message {
            return session.message(pdu);
        }
        Line::at(pdu, USUAL)?;
        while pdu.remaining() > 0 && Line::is_whole(pdu, USUAL) {
            let line = Line::at(pdu, USUAL)?;
            let at = pdu.position();
            let text = pdu.rest().get(..line.text).unwrap_or_default();
            let (word, rest) = lines::word(text);
            let rest_range = at + text.len() - rest.len()..at + text.len();
            if !is_server {
                pdu.info(format_args!("C: {}", lines::show(text)));
                pdu.mark(REQUEST_COMMAND, at..at + word.len());
                if !rest.is_empty() {
                    pdu.mark(REQUEST_PARAMETER, rest_range);
                }
                session.is_open = false;
                session.reply = match word.to_ascii_uppercase().as_slice() {
                    b"RETR" | b"TOP" => Reply::Message,
                    b"CAPA" => Reply::List,
                    b"LIST" | b"UIDL" if rest.is_empty() => Reply::List,
                    b"STLS" => Reply::Tls,
                    _ => Reply::Line,
                };
                pdu.skip(line.whole)?;
                continue;
            }
            pdu.skip(line.whole)?;
            if session.is_open {
                if text == b"." {
                    session.is_open = false;
                } else {
                    pdu.mark(RESPONSE_DATA, at..at + line.text);
                }
                continue;
            }
            pdu.info(format_args!("S: {}", lines::show(text)));
            pdu.mark(RESPONSE_INDICATOR, at..at + word.len());
            if !rest.is_empty() {
                pdu.mark(RESPONSE_DESCRIPTION, rest_range);
            }
            let is_ok = word.eq_ignore_ascii_case(b"+OK");
            match session.reply {
                Reply::Tls if is_ok => pdu.bind(TLS),
                Reply::Message if is_ok => {
                    session.is_open = true;
                    (session.message, session.len) = (session.message + 1, 0);
                    break;
                }
                Reply::List => session.is_open = is_ok,
                _ => {}
            }
        }
        pdu.end_here();
        Ok(())
    }

    fn flow_end(&mut self, flow: u64) {
        self.flows.end(flow);
    }
}

impl Session {
    fn message(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let part = lines::to_dot(pdu)?;
        pdu.info(format_args!("S: DATA fragment, {} bytes", part.len));
        pdu.hand_to(IMF).len(part.len).detail().fragment(self.message, self.len, part.end.is_none());
        self.len += part.len;
        self.is_open = part.end.is_none();
        pdu.skip(part.len + part.end.unwrap_or_default())?;
        pdu.end_here();
        Ok(())
    }
}

builtin!(Pop);

#[test]
fn a_message() {
    check_stream::<Pop>(
        &[
            &lines::hex("RETR 1\r\n"),
            &format!("<{}", lines::hex("+OK 20 octets\r\nSubject: a\r\n\r\nb")),
            &format!("<{}", lines::hex("\r\n.\r\n")),
        ],
        expect![[r#"
            segment 1
            Post Office Protocol, C: RETR 1
              Request command: RETR
              Request parameter: 1
            segment 2
            Post Office Protocol, S: +OK 20 octets
              Response indicator: +OK
              Response description: 20 octets
            Post Office Protocol, S: DATA fragment, 14 bytes
            → @imf [0] part 1: bytes 0..14, Fragment at 0
            waits for 2 bytes
            segment 3
            Post Office Protocol, S: DATA fragment, 3 bytes
            → @imf [0] part 1: bytes 0..3, LastFragment at 14
        "#]],
    );
}
