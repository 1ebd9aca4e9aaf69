//! FTP (RFC 959): commands and replies in lines. Data has a connection of its own, whose end point `PORT`, `PASV`
//! and, for any address family, `EPRT` and `EPSV` (RFC 2428) tell. `AUTH TLS` (RFC 4217) hands the connection to TLS.

use crate::lines::{self, Line, USUAL};
use prosector_sdk::prelude::*;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The dissector.
#[derive(Default)]
pub struct Ftp {
    flows: Flows<Session>,
}

protocol! {
    /// File Transfer Protocol, the connection for commands.
    Ftp = ftp "FTP", "File Transfer Protocol" {
        request: computed bool                      "Request",
        response: computed bool                     "Response",
        request.command: str                        "Request command",
        request.arg: str                            "Request arg",
        response.code: computed u32                 "Response code",
        response.arg: str                           "Response arg",
        active.cip: computed ipv4                   "Active IP address",
        active.port: computed u16                   "Active port",
        passive.ip: computed ipv4                   "Passive IP address",
        passive.port: computed u16                  "Passive port",
        eprt.af: computed u8                        "Extended active address family" = { 1 "IPv4", 2 "IPv6" },
        eprt.ip: computed ipv4                      "Extended active IP address",
        eprt.ipv6: computed ipv6                    "Extended active IPv6 address",
        eprt.port: computed u16                     "Extended active port",
        epsv.port: computed u16                     "Extended passive port",
        /// As far as the server has told.
        "current-working-directory": computed str   "Current working directory",
    }
    claims { tcp.port = 21 }
    tables { TCP_PORT: "tcp.port" bound, FTP_DATA: "@ftp-data" bound, TLS: "@tls" bound }
    stateful
}

const PORTS: &[u16] = &[21];
/// No more of a directory's name is kept than this.
const KEPT: usize = 1024;

/// What is kept of a connection.
#[derive(Default)]
struct Session {
    directory: Vec<u8>,
    /// The directory that the client wants to go to.
    wanted: Vec<u8>,
    asked: Asked,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Asked {
    #[default]
    Other,
    Tls,
    ChangeDirectory,
    PrintDirectory,
}

impl Dissector for Ftp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let session = self.flows.of(pdu.flow());
        let line = Line::at(pdu, USUAL)?;
        let is_response = lines::is_from_server(pdu, PORTS);
        pdu.computed(REQUEST, 0..0, !is_response);
        pdu.computed(RESPONSE, 0..0, is_response);
        let text = pdu.rest().get(..line.text).unwrap_or_default();
        if is_response {
            session.reply(pdu, text);
        } else {
            session.command(pdu, text);
        }
        if !session.directory.is_empty() {
            pdu.computed_bytes(CURRENT_WORKING_DIRECTORY, 0..0, &session.directory);
        }
        pdu.skip(line.whole)?;
        // The other lines of a long reply.
        while pdu.remaining() > 0 && Line::is_whole(pdu, USUAL) {
            let whole = Line::at(pdu, USUAL)?.whole;
            pdu.skip(whole)?;
        }
        pdu.end_here();
        Ok(())
    }

    fn flow_end(&mut self, flow: u64) {
        self.flows.end(flow);
    }
}

impl Session {
    fn command(&mut self, pdu: &mut Pdu<'_>, text: &[u8]) {
        let (command, arg) = lines::word(text);
        let at = text.len() - arg.len();
        pdu.info(format_args!("Request: {}", lines::show(text)));
        pdu.mark(REQUEST_COMMAND, 0..command.len());
        if !arg.is_empty() {
            pdu.mark(REQUEST_ARG, at..text.len());
        }
        self.asked = Asked::Other;
        match command.to_ascii_uppercase().as_slice() {
            b"PORT" => {
                if let Some((ip, port)) = six_numbers(arg) {
                    pdu.computed(ACTIVE_CIP, at..text.len(), ip);
                    pdu.computed(ACTIVE_PORT, at..text.len(), port);
                    pdu.expect(TCP_PORT, &ip, port, FTP_DATA);
                }
            }
            b"EPRT" => extended_port(pdu, arg, at..text.len()),
            b"AUTH" if arg.eq_ignore_ascii_case(b"TLS") || arg.eq_ignore_ascii_case(b"SSL") => self.asked = Asked::Tls,
            b"CWD" => {
                self.asked = Asked::ChangeDirectory;
                self.wanted = arg.get(..arg.len().min(KEPT)).unwrap_or_default().to_vec();
            }
            b"CDUP" => {
                self.asked = Asked::ChangeDirectory;
                self.wanted = b"..".to_vec();
            }
            b"PWD" => self.asked = Asked::PrintDirectory,
            _ => {}
        }
    }

    fn reply(&mut self, pdu: &mut Pdu<'_>, text: &[u8]) {
        pdu.info(format_args!("Response: {}", lines::show(text)));
        let has_code = text.len() >= 3 && text.iter().take(3).all(u8::is_ascii_digit);
        let code = if has_code { text.get(..3).and_then(lines::number).unwrap_or_default() } else { 0 };
        let arg = match has_code {
            true => {
                pdu.computed(RESPONSE_CODE, 0..3, code as u32);
                text.get(4..).unwrap_or_default()
            }
            false => text,
        };
        let range = text.len() - arg.len()..text.len();
        if !arg.is_empty() {
            pdu.mark(RESPONSE_ARG, range.clone());
        }
        match (code, self.asked) {
            (227, _) => {
                let digits = arg.iter().position(u8::is_ascii_digit).unwrap_or(arg.len());
                if let Some((ip, port)) = six_numbers(arg.get(digits..).unwrap_or_default()) {
                    pdu.computed(PASSIVE_IP, range.clone(), ip);
                    pdu.computed(PASSIVE_PORT, range, port);
                    pdu.expect(TCP_PORT, &ip, port, FTP_DATA);
                }
            }
            (229, _) => {
                // "(|||port|)", where any sign may stand for the bar
                let inner = arg.iter().position(|&byte| byte == b'(').and_then(|open| arg.get(open + 4..));
                if let Some(port) = inner.and_then(lines::number) {
                    pdu.computed(EPSV_PORT, range, port as u16);
                    pdu.expect(TCP_PORT, &[], port as u16, FTP_DATA);
                }
            }
            (234, Asked::Tls) => pdu.bind(TLS),
            (257, Asked::PrintDirectory) => {
                let mut parts = arg.split(|&byte| byte == b'"');
                if let (Some(_), Some(name)) = (parts.next(), parts.next()) {
                    self.directory = name.get(..name.len().min(KEPT)).unwrap_or_default().to_vec();
                }
            }
            (200 | 250, Asked::ChangeDirectory) => self.change_directory(),
            _ => {}
        }
    }

    fn change_directory(&mut self) {
        if self.wanted.starts_with(b"/") {
            self.directory = std::mem::take(&mut self.wanted);
            return;
        }
        if self.directory.is_empty() {
            return;
        }
        for part in self.wanted.split(|&byte| byte == b'/') {
            match part {
                b"" | b"." => {}
                b".." => {
                    let slash = self.directory.iter().rposition(|&byte| byte == b'/').unwrap_or_default();
                    self.directory.truncate(slash.max(1));
                }
                _ if self.directory.len() < KEPT => {
                    if !self.directory.ends_with(b"/") {
                        self.directory.push(b'/');
                    }
                    self.directory.extend_from_slice(part);
                }
                _ => {}
            }
        }
    }
}

/// `h1,h2,h3,h4,p1,p2`: an address and a port (RFC 959, section 4.1.2).
fn six_numbers(text: &[u8]) -> Option<([u8; 4], u16)> {
    let mut numbers = text.split(|&byte| byte == b',').map(|part| lines::number(part)?.try_into().ok());
    let mut next = || -> Option<u8> { numbers.next()? };
    let ip = [next()?, next()?, next()?, next()?];
    Some((ip, u16::from_be_bytes([next()?, next()?])))
}

/// `|family|address|port|`
fn extended_port(pdu: &mut Pdu<'_>, arg: &[u8], range: std::ops::Range<usize>) {
    let Some((&bar, rest)) = arg.split_first() else { return };
    let mut parts = rest.split(|&byte| byte == bar);
    let mut next = || std::str::from_utf8(parts.next()?).ok();
    let (Some(family), Some(address), Some(port)) = (next(), next(), next()) else { return };
    let (Ok(family), Ok(port)) = (family.parse::<u8>(), port.parse::<u16>()) else { return };
    pdu.computed(EPRT_AF, range.clone(), family);
    if let Ok(ip) = address.parse::<Ipv4Addr>() {
        pdu.computed(EPRT_IP, range.clone(), ip.octets());
        pdu.expect(TCP_PORT, &ip.octets(), port, FTP_DATA);
    } else if let Ok(ip) = address.parse::<Ipv6Addr>() {
        pdu.computed_bytes(EPRT_IPV6, range.clone(), &ip.octets());
        pdu.expect(TCP_PORT, &ip.octets(), port, FTP_DATA);
    }
    pdu.computed(EPRT_PORT, range, port);
}

builtin!(Ftp);

#[test]
fn a_passive_connection() {
    check_stream::<Ftp>(
        &[
            &lines::hex("PASV\r\n"),
            &format!("<{}", lines::hex("227 Entering Passive Mode (192,0,2,1,4,1)\r\n")),
            &lines::hex("EPRT |2|2001:db8::1|1025|\r\n"),
            &format!("<{}", lines::hex("229 Entering Extended Passive Mode (|||1026|)\r\n")),
        ],
        expect![[r#"
            segment 1
            File Transfer Protocol, Request: PASV
              [Request: True]
              [Response: False]
              Request command: PASV
            segment 2
            File Transfer Protocol, Response: 227 Entering Passive Mode (192,0,2,1,4,1)
              [Request: False]
              [Response: True]
              Response code: 227
              Response arg: Entering Passive Mode (192,0,2,1,4,1)
              Passive IP address: 192.0.2.1
              Passive port: 1025
            → tcp.port 1025 of [192, 0, 2, 1] is for @ftp-data
            segment 3
            File Transfer Protocol, Request: EPRT |2|2001:db8::1|1025|
              [Request: True]
              [Response: False]
              Request command: EPRT
              Request arg: |2|2001:db8::1|1025|
              Extended active address family: IPv6 (2)
              Extended active IPv6 address: 2001:db8::1
              Extended active port: 1025
            → tcp.port 1025 of [32, 1, 13, 184, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] is for @ftp-data
            segment 4
            File Transfer Protocol, Response: 229 Entering Extended Passive Mode (|||1026|)
              [Request: False]
              [Response: True]
              Response code: 229
              Response arg: Entering Extended Passive Mode (|||1026|)
              Extended passive port: 1026
            → tcp.port 1026 of [] is for @ftp-data
        "#]],
    );
}

#[test]
fn addresses_that_cannot_be() {
    check::<Ftp>(
        &lines::hex("PORT 1,2,3,4,256,1\r\n"),
        expect![[r#"
            File Transfer Protocol, Request: PORT 1,2,3,4,256,1
              [Request: True]
              [Response: False]
              Request command: PORT
              Request arg: 1,2,3,4,256,1
        "#]],
    );
    check::<Ftp>(
        &lines::hex("EPRT |\r\n"),
        expect![[r#"
            File Transfer Protocol, Request: EPRT |
              [Request: True]
              [Response: False]
              Request command: EPRT
              Request arg: |
        "#]],
    );
}

/// The connection for data.
mod data {
    use crate::media;
    use prosector_sdk::prelude::*;

    /// The dissector.
    #[derive(Default)]
    pub struct FtpData;

    protocol! {
        /// What a file transfer carries.
        FtpData = "ftp-data" "FTP-DATA", "FTP Data" {}
        claims { tcp.port = 20 }
        tables { MEDIA_TYPE: "media_type" }
    }

    impl Dissector for FtpData {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            pdu.info(format_args!("FTP Data: {} bytes", pdu.wire_len()));
            let is_text = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
            if pdu.rest().iter().take(64).all(is_text) {
                pdu.hand_on(MEDIA_TYPE, media::key(b"text/plain"));
            }
            Ok(())
        }
    }

    builtin!(FtpData);
}
