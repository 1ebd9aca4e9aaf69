//! Telnet (RFC 854): text with commands in it, which the byte 255 begins. Options are negotiated (RFC 855) and some
//! say more in a subnegotiation.

use crate::lines::{Line, USUAL};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Telnet;

protocol! {
    /// Telnet (RFC 854).
    Telnet = telnet "TELNET", "Telnet" {
        data: str                   "Data",
        cmd: u8                     "Command" = {
            236 "End of File", 237 "Suspend Current Process", 238 "Abort Process", 239 "End of Record",
            240 "Suboption End", 241 "No Operation", 242 "Data Mark", 243 "Break", 244 "Interrupt Process",
            245 "Abort Output", 246 "Are You There?", 247 "Escape Character", 248 "Erase Line", 249 "Go Ahead",
            250 "Suboption", 251 "Will", 252 "Won't", 253 "Do", 254 "Don't", 255 "Data Escape",
        },
        subcmd: u8                  "Subcommand" = {
            0 "Binary Transmission", 1 "Echo", 2 "Reconnection", 3 "Suppress Go Ahead", 4 "Approx Message Size Negotiation",
            5 "Status", 6 "Timing Mark", 7 "Remote Controlled Trans and Echo", 8 "Output Line Width",
            9 "Output Page Size", 10 "Output Carriage-Return Disposition", 11 "Output Horizontal Tab Stops",
            12 "Output Horizontal Tab Disposition", 13 "Output Formfeed Disposition", 14 "Output Vertical Tabstops",
            15 "Output Vertical Tab Disposition", 16 "Output Linefeed Disposition", 17 "Extended ASCII", 18 "Logout",
            19 "Byte Macro", 20 "Data Entry Terminal", 21 "SUPDUP", 22 "SUPDUP Output", 23 "Send Location",
            24 "Terminal Type", 25 "End of Record", 26 "TACACS User Identification", 27 "Output Marking",
            28 "Terminal Location Number", 29 "Telnet 3270 Regime", 30 "X.3 PAD", 31 "Negotiate About Window Size",
            32 "Terminal Speed", 33 "Remote Flow Control", 34 "Linemode", 35 "X Display Location", 36 "Environment Option",
            37 "Authentication Option", 38 "Encryption Option", 39 "New Environment Option", 40 "TN3270E", 41 "XAUTH",
            42 "CHARSET", 43 "Remote Serial Port", 44 "COM Port Control", 45 "Suppress Local Echo", 46 "Start TLS",
            47 "KERMIT", 48 "SEND-URL", 49 "FORWARD_X",
        },
        naws_subopt.width: u16      "Width",
        naws_subopt.height: u16     "Height",
        string_subopt.value: str    "Value",
        option_data: bytes          "Option data",
    }
    claims { tcp.port = [23, 2323] }
}

const IAC: u8 = 255;
const SUBNEGOTIATION: u8 = 250;
const SUBNEGOTIATION_END: u8 = 240;
const WINDOW_SIZE: u8 = 31;
/// Terminal type (RFC 1091) and X display location (RFC 1096) are a byte (0: it is, 1: say it) and text.
const TEXTS: [u8; 2] = [24, 35];

impl Dissector for Telnet {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.info(format_args!("Telnet Data ..."));
        while pdu.remaining() > 0 {
            let rest = pdu.rest();
            match (rest.first(), rest.get(1)) {
                (Some(&IAC), Some(&second)) if second != IAC => command(pdu)?,
                (Some(&IAC), None) => pdu.skip(2)?,
                _ => {
                    let line = Line::of(rest.get(..data_len(rest)).unwrap_or_default());
                    pdu.take_bytes(DATA, line.whole.max(1))?;
                }
            }
        }
        Ok(())
    }
}

/// How many bytes there are before the next command; of two escape bytes the second is data.
fn data_len(bytes: &[u8]) -> usize {
    let mut len = 0;
    while let Some(&byte) = bytes.get(len) {
        len += match (byte, bytes.get(len + 1)) {
            (IAC, Some(&IAC)) => 2,
            (IAC, _) => break,
            _ => 1,
        };
    }
    len
}

fn command(pdu: &mut Pdu<'_>) -> Step {
    pdu.skip(1)?;
    let command = pdu.take(CMD)?;
    if command < SUBNEGOTIATION {
        return Ok(());
    }
    let option = pdu.take(SUBCMD)?;
    if command != SUBNEGOTIATION {
        return Ok(());
    }
    let end = pdu.rest().windows(2).position(|pair| pair == [IAC, SUBNEGOTIATION_END]);
    if end.is_none() && pdu.is_stream() && pdu.remaining() < USUAL {
        return pdu.wait_more();
    }
    let len = end.unwrap_or(pdu.remaining());
    match option {
        WINDOW_SIZE if len == 4 => {
            pdu.take(NAWS_SUBOPT_WIDTH)?;
            pdu.take(NAWS_SUBOPT_HEIGHT)?;
        }
        _ if TEXTS.contains(&option) && len > 0 => {
            pdu.take(SUBCMD)?;
            if len > 1 {
                pdu.take_bytes(STRING_SUBOPT_VALUE, len - 1)?;
            }
        }
        _ if len > 0 => {
            pdu.take_bytes(OPTION_DATA, len)?;
        }
        _ => {}
    }
    if end.is_some() {
        pdu.skip(1)?;
        pdu.take(CMD)?;
    }
    Ok(())
}

builtin!(Telnet);

#[test]
fn options_and_text() {
    check::<Telnet>(
        "fffd18 fffa1f00500020fff0 fffa18007874fff0 6c6f67696e3a20ffff",
        expect![[r#"
        Telnet, Telnet Data ...
          Command: Do (253)
          Subcommand: Terminal Type (24)
          Command: Suboption (250)
          Subcommand: Negotiate About Window Size (31)
          Width: 80
          Height: 32
          Command: Suboption End (240)
          Command: Suboption (250)
          Subcommand: Terminal Type (24)
          Subcommand: Binary Transmission (0)
          Value: xt
          Command: Suboption End (240)
          Data: login: ��
    "#]],
    );
}

#[test]
fn a_command_that_is_cut_off() {
    check::<Telnet>(
        "61 fffa",
        expect![[r#"
        Telnet, Telnet Data ...
          Data: a
          Command: Suboption (250)
          [error] short: telnet.subcmd needs 1 bytes at offset 3, 0 are there
    "#]],
    );
}
