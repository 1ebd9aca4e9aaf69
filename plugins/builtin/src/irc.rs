//! IRC (RFC 1459, RFC 2812): lines of a prefix, a command, parameters and a trailer, which may have blanks in it.
//! Behind `STARTTLS` and the answer 670 the connection is one of TLS.

use crate::lines::{self, Line, USUAL};
use prosector_sdk::handle::{Handle, Variable};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Irc;

protocol! {
    /// Internet Relay Chat (RFC 2812).
    Irc = irc "IRC", "Internet Relay Chat" {
        request: str                        "Request",
        request.prefix: str                 "Prefix",
        request.command: str                "Command",
        request.command_parameter: str      "Parameter",
        request.trailer: str                "Trailer",
        response: str                       "Response",
        response.prefix: str                "Prefix",
        response.command: str               "Command",
        response.num_command: computed u16  "Numeric Command",
        response.command_parameter: str     "Parameter",
        response.trailer: str               "Trailer",
    }
    claims { tcp.port = [6667, 57000] }
    tables { TLS: "@tls" bound }
    stateful
}

const PORTS: &[u16] = &[6667, 57000];
/// The answer to `STARTTLS` behind which TLS begins, in both directions.
const STARTS_TLS: &[u8] = b"670";

/// The fields of one direction.
struct Side {
    line: Handle<Variable>,
    prefix: Handle<Variable>,
    command: Handle<Variable>,
    parameter: Handle<Variable>,
    trailer: Handle<Variable>,
}

const CLIENT: Side = Side {
    line: REQUEST,
    prefix: REQUEST_PREFIX,
    command: REQUEST_COMMAND,
    parameter: REQUEST_COMMAND_PARAMETER,
    trailer: REQUEST_TRAILER,
};
const SERVER: Side = Side {
    line: RESPONSE,
    prefix: RESPONSE_PREFIX,
    command: RESPONSE_COMMAND,
    parameter: RESPONSE_COMMAND_PARAMETER,
    trailer: RESPONSE_TRAILER,
};

impl Dissector for Irc {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let side = if lines::is_from_server(pdu, PORTS) { &SERVER } else { &CLIENT };
        Line::at(pdu, USUAL)?;
        while pdu.remaining() > 0 && Line::is_whole(pdu, USUAL) {
            let line = Line::at(pdu, USUAL)?;
            let at = pdu.position();
            let text = pdu.rest().get(..line.text).unwrap_or_default();
            if !text.is_empty() && message(pdu, side, text, at) == STARTS_TLS {
                pdu.bind(TLS);
            }
            pdu.skip(line.whole)?;
        }
        pdu.end_here();
        Ok(())
    }
}

/// Records the parts of a message. Returns its command.
fn message<'a>(pdu: &mut Pdu<'_>, side: &Side, text: &'a [u8], start: usize) -> &'a [u8] {
    pdu.mark(side.line, start..start + text.len());
    let end = start + text.len();
    let mut rest = text.trim_ascii_start();
    if let Some(prefixed) = rest.strip_prefix(b":") {
        let prefix = lines::word(prefixed).0;
        let at = end - prefixed.len();
        pdu.mark(side.prefix, at..at + prefix.len());
        rest = lines::word(prefixed).1;
    }
    let (command, mut parameters) = lines::word(rest);
    pdu.info(format_args!("{}", lines::show(command)));
    let at = end - rest.len();
    pdu.mark(side.command, at..at + command.len());
    if side.line.id == RESPONSE.id && command.len() == 3 && command.iter().all(u8::is_ascii_digit) {
        pdu.computed(RESPONSE_NUM_COMMAND, at..at + 3, lines::number(command).unwrap_or_default());
    }
    while !parameters.is_empty() {
        let at = end - parameters.len();
        if parameters.starts_with(b":") {
            pdu.mark(side.trailer, at + 1..end);
            break;
        }
        let (parameter, rest) = lines::word(parameters);
        pdu.mark(side.parameter, at..at + parameter.len());
        parameters = rest;
    }
    command
}

builtin!(Irc);

#[test]
fn a_message_and_a_reply() {
    check_stream::<Irc>(
        &[
            &lines::hex("PRIVMSG #a :hello there\r\n"),
            &format!("<{}", lines::hex(":irc.example.org 001 a :Welcome\r\nPING")),
        ],
        expect![[r#"
            segment 1
            Internet Relay Chat, PRIVMSG
              Request: PRIVMSG #a :hello there
              Command: PRIVMSG
              Parameter: #a
              Trailer: hello there
            segment 2
            Internet Relay Chat, 001
              Response: :irc.example.org 001 a :Welcome
              Prefix: irc.example.org
              Command: 001
              Numeric Command: 1
              Parameter: a
              Trailer: Welcome
            waits for 5 bytes
        "#]],
    );
}
