//! SMTP (RFC 5321): commands and replies in lines; between `DATA` and a line with a dot alone, and behind `BDAT` (RFC 3030),
//! a message, which may come in many segments. `STARTTLS` (RFC 3207) hands the connection to TLS.

use crate::lines::{self, Line, Part, USUAL};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Smtp {
    flows: Flows<Session>,
}

protocol! {
    /// Simple Mail Transfer Protocol (RFC 5321).
    Smtp = smtp "SMTP", "Simple Mail Transfer Protocol" {
        req: computed bool                      "Request",
        rsp: computed bool                      "Response",
        command_line: str                       "Command Line",
        req.command: str                        "Command",
        req.parameter: str                      "Request parameter",
        response: str                           "Response",
        response.code: computed u32             "Response code",
        rsp.parameter: str                      "Response parameter",
        auth.username: str                      "Username",
        auth.password: str                      "Password",
        /// Bytes of the whole message.
        data.reassembled.length: computed u32   "Reassembled DATA length",
    }
    claims { tcp.port = [25, 587], tls.port = 465 }
    tables { IMF: "@imf", TLS: "@tls" bound }
    stateful
}

const PORTS: &[u16] = &[25, 587];

/// What is kept of a connection.
#[derive(Default)]
struct Session {
    state: State,
    /// Counts the messages.
    message: u64,
    /// Bytes of the message so far.
    len: usize,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Command,
    /// `DATA` was said; what follows is a message unless the server refuses.
    Asked,
    Data,
    /// So many bytes of a message follow, the last of it or not.
    Chunk {
        left: usize,
        last: bool,
    },
    Username,
    Password,
    StartTls,
}

impl Dissector for Smtp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        // Nothing of it was captured.
        if pdu.data().is_empty() {
            return pdu.reject();
        }
        let session = self.flows.of(pdu.flow());
        if lines::is_from_server(pdu, PORTS) {
            return session.replies(pdu);
        }
        if session.state == State::Asked {
            session.state = State::Data;
        }
        match session.state {
            State::Data => session.message(pdu),
            State::Chunk { left, last } => session.chunk(pdu, left, last),
            _ => session.commands(pdu),
        }
    }

    fn flow_end(&mut self, flow: u64) {
        self.flows.end(flow);
    }
}

impl Session {
    fn replies(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let mut goes_on = false;
        Line::at(pdu, USUAL)?;
        pdu.computed(RSP, 0..0, true);
        while pdu.remaining() > 0 && Line::is_whole(pdu, USUAL) {
            let line = Line::at(pdu, USUAL)?;
            let at = pdu.position();
            let text = pdu.rest().get(..line.text).unwrap_or_default();
            let code = text.get(..3).and_then(lines::number).unwrap_or_default();
            if !goes_on {
                pdu.info(format_args!("S: {}", lines::show(text)));
                pdu.mark(RESPONSE, at..at + line.whole);
                pdu.computed(RESPONSE_CODE, at..at + line.text.min(3), code as u32);
            }
            if line.text > 4 {
                pdu.mark(RSP_PARAMETER, at + 4..at + line.text);
            }
            pdu.skip(line.whole)?;
            goes_on = text.get(3) == Some(&b'-');
            if !goes_on {
                self.state = match (self.state, code) {
                    (State::Asked, 354) => State::Data,
                    (State::StartTls, 220) => {
                        pdu.bind(TLS);
                        State::Command
                    }
                    (State::Asked | State::Data, 400..=599) if self.len == 0 => State::Command,
                    (State::StartTls | State::Username | State::Password, 400..=599) => State::Command,
                    (state, _) => state,
                };
            }
        }
        pdu.end_here();
        Ok(())
    }

    fn commands(&mut self, pdu: &mut Pdu<'_>) -> Step {
        Line::at(pdu, USUAL)?;
        while pdu.remaining() > 0 && Line::is_whole(pdu, USUAL) {
            let line = Line::at(pdu, USUAL)?;
            let at = pdu.position();
            let text = pdu.rest().get(..line.text).unwrap_or_default();
            let (command, parameter) = lines::word(text);
            if matches!(self.state, State::Username | State::Password) {
                let is_user = self.state == State::Username;
                pdu.info(format_args!("C: {}", if is_user { "User" } else { "Pass" }));
                pdu.mark(if is_user { AUTH_USERNAME } else { AUTH_PASSWORD }, at..at + line.text);
                self.state = if is_user { State::Password } else { State::Command };
                pdu.skip(line.whole)?;
                continue;
            }
            pdu.info(format_args!("C: {}", lines::show(text)));
            pdu.computed(REQ, at..at + line.whole, true);
            pdu.mark(COMMAND_LINE, at..at + line.whole);
            pdu.mark(REQ_COMMAND, at..at + command.len());
            if !parameter.is_empty() {
                pdu.mark(REQ_PARAMETER, at + line.text - parameter.len()..at + line.text);
            }
            pdu.skip(line.whole)?;
            self.state = self.after(command, parameter);
            if matches!(self.state, State::Asked | State::Chunk { .. } | State::StartTls) {
                break;
            }
        }
        pdu.end_here();
        Ok(())
    }

    /// What follows a command.
    fn after(&mut self, command: &[u8], parameter: &[u8]) -> State {
        if command.eq_ignore_ascii_case(b"DATA") {
            self.begin();
            State::Asked
        } else if command.eq_ignore_ascii_case(b"BDAT") {
            let (size, last) = lines::word(parameter);
            let left = lines::number(size).unwrap_or_default().min(u32::MAX.into()) as usize;
            match left {
                0 => State::Command,
                _ => State::Chunk { left, last: last.eq_ignore_ascii_case(b"LAST") },
            }
        } else if command.eq_ignore_ascii_case(b"STARTTLS") {
            State::StartTls
        } else if command.eq_ignore_ascii_case(b"AUTH") && lines::starts_with(parameter, b"LOGIN") {
            if lines::word(parameter).1.is_empty() { State::Username } else { State::Password }
        } else if command.eq_ignore_ascii_case(b"MAIL") || command.eq_ignore_ascii_case(b"RSET") {
            self.begin();
            State::Command
        } else {
            State::Command
        }
    }

    fn begin(&mut self) {
        self.message += 1;
        self.len = 0;
    }

    fn message(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let Part { len, end } = lines::to_dot(pdu)?;
        pdu.info(format_args!("C: DATA fragment, {len} bytes"));
        pdu.hand_to(IMF).len(len).detail().fragment(self.message, self.len, end.is_none());
        self.len += len;
        pdu.skip(len)?;
        if let Some(end) = end {
            pdu.skip(end)?;
            pdu.computed(DATA_REASSEMBLED_LENGTH, 0..0, self.len);
            (self.state, self.len) = (State::Command, 0);
        }
        pdu.end_here();
        Ok(())
    }

    fn chunk(&mut self, pdu: &mut Pdu<'_>, left: usize, last: bool) -> Step {
        let len = left.min(pdu.remaining());
        let is_end = last && len == left;
        pdu.info(format_args!("C: BDAT fragment, {len} bytes"));
        pdu.hand_to(IMF).len(len).detail().fragment(self.message, self.len, !is_end);
        self.len += len;
        pdu.skip(len)?;
        if is_end {
            pdu.computed(DATA_REASSEMBLED_LENGTH, 0..0, self.len);
            self.len = 0;
        }
        self.state = if len == left { State::Command } else { State::Chunk { left: left - len, last } };
        pdu.end_here();
        Ok(())
    }
}

builtin!(Smtp);

#[test]
fn a_message() {
    check_stream::<Smtp>(
        &[
            &format!("<{}", lines::hex("220 mail.example.org\r\n")),
            &lines::hex("DATA\r\n"),
            &format!("<{}", lines::hex("354 Go on\r\n")),
            &lines::hex("Subject: a\r\n\r\nte"),
            &lines::hex("xt\r\n.\r\nQUIT\r\n"),
        ],
        expect![[r#"
            segment 1
            Simple Mail Transfer Protocol, S: 220 mail.example.org
              [Response: True]
              Response: 220 mail.example.org\r\n
              Response code: 220
              Response parameter: mail.example.org
            segment 2
            Simple Mail Transfer Protocol, C: DATA
              Request: True
              Command Line: DATA\r\n
              Command: DATA
            segment 3
            Simple Mail Transfer Protocol, S: 354 Go on
              [Response: True]
              Response: 354 Go on\r\n
              Response code: 354
              Response parameter: Go on
            segment 4
            Simple Mail Transfer Protocol, C: DATA fragment, 14 bytes
            → @imf [0] part 1: bytes 0..14, Fragment at 0
            waits for 3 bytes
            segment 5
            Simple Mail Transfer Protocol, C: DATA fragment, 6 bytes
              [Reassembled DATA length: 20]
            → @imf [0] part 1: bytes 0..6, LastFragment at 14
            Simple Mail Transfer Protocol, C: QUIT
              Request: True
              Command Line: QUIT\r\n
              Command: QUIT
        "#]],
    );
}

#[test]
fn a_line_that_does_not_end() {
    check::<Smtp>(
        &lines::hex("EHLO example.org"),
        expect![[r#"
        Simple Mail Transfer Protocol, C: EHLO example.org
          Request: True
          Command Line: EHLO example.org
          Command: EHLO
          Request parameter: example.org
    "#]],
    );
}
