//! TFTP (RFC 1350), with options (RFC 2347 to RFC 2349, RFC 7440).
//!
//! A request goes to port 69. Everything else goes between the client's port and one that the server chooses.

use prosector_sdk::handle::{Handle, Variable};
use prosector_sdk::prelude::*;
use std::collections::VecDeque;

/// The dissector.
#[derive(Default)]
pub struct Tftp {
    /// The requests that came last, by the client's port.
    requests: VecDeque<(u16, Request)>,
    transfers: Flows<Option<Request>>,
}

/// A request, and how far its transfer is.
#[derive(Clone, Debug, Default)]
struct Request {
    frame: u64,
    file: Vec<u8>,
    /// The block number without its wrapping, of the block seen last.
    block: u32,
}

protocol! {
    /// Trivial File Transfer Protocol, RFC 1350.
    Tftp = tftp "TFTP", "Trivial File Transfer Protocol" {
        opcode: u16                     "Opcode" = OPCODES,
        source_file: str                "Source File",
        destination_file: str           "Destination File",
        /// The file that the request named.
        destination_file as FILE_OF_TRANSFER: computed str "Destination File" linked,
        request_frame: computed u32     "Request frame" linked,
        type: str                       "Type",
        block: u16                      "Block",
        /// Counted on where the 16 bits wrap.
        block.full: computed u32        "Full Block Number" linked,
        error.code: u16                 "Error code" = {
            0 "Not defined", 1 "File not found", 2 "Access violation", 3 "Disk full or allocation exceeded",
            4 "Illegal TFTP Operation", 5 "Unknown transfer ID", 6 "File already exists", 7 "No such user",
            8 "Option negotiation failed",
        },
        error.message: str              "Error message",
        option.name: str                "Option name",
        option.value: str               "Option value",
    }
    claims { udp.port = 69 }
    tables { PORTS: "udp.port" bound, TFTP: "@tftp" bound, DATA: "@data" }
    stateful
}

value_names! {
    /// Kinds of messages.
    OPCODES {
        1 "Read Request", 2 "Write Request", 3 "Data Packet", 4 "Acknowledgement", 5 "Error Code",
        6 "Option Acknowledgement",
    }
}

const READ: u16 = 1;
const WRITE: u16 = 2;
const MAX_REQUESTS: usize = 100;

impl Dissector for Tftp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let opcode = pdu.take(OPCODE)?;
        match opcode {
            READ | WRITE => {
                let file = text(pdu, if opcode == READ { SOURCE_FILE } else { DESTINATION_FILE })?;
                let kind = text(pdu, TYPE)?;
                pdu.info(format_args!(
                    "{}, File: {}, Transfer type: {}",
                    Tftp::name(OPCODE, opcode),
                    String::from_utf8_lossy(file),
                    String::from_utf8_lossy(kind)
                ));
                options(pdu)?;
                let client = (pdu.context() >> 16) as u16;
                pdu.expect(PORTS, &[], client, TFTP);
                let request = Request { frame: pdu.frame_number(), file: file.to_vec(), block: 0 };
                if self.requests.len() >= MAX_REQUESTS {
                    self.requests.pop_front();
                }
                self.requests.push_back((client, request));
            }
            3 | 4 => {
                self.transfer(pdu);
                let block = pdu.take(BLOCK)?;
                self.full_block(pdu, block);
                if opcode == 4 {
                    pdu.info(format_args!("Acknowledgement, Block: {block}"));
                } else {
                    let last = if pdu.wire_remaining() < 512 { " (last)" } else { "" };
                    pdu.info(format_args!("Data Packet, Block: {block}{last}"));
                    if pdu.wire_remaining() > 0 {
                        pdu.hand_to(DATA);
                    }
                }
            }
            5 => {
                self.transfer(pdu);
                let code = pdu.take(ERROR_CODE)?;
                let message = text(pdu, ERROR_MESSAGE)?;
                let shown = String::from_utf8_lossy(message);
                pdu.info(format_args!("Error Code, Code: {}, Message: {shown}", Tftp::name(ERROR_CODE, code)));
            }
            6 => {
                self.transfer(pdu);
                pdu.info(format_args!("Option Acknowledgement"));
                options(pdu)?;
            }
            _ => {
                pdu.info(format_args!("Unknown (0x{opcode:04x})"));
                if pdu.wire_remaining() > 0 {
                    pdu.hand_to(DATA);
                }
            }
        }
        Ok(())
    }

    fn flow_end(&mut self, flow: u64) {
        self.transfers.end(flow);
    }
}

impl Tftp {
    /// Finds the request that the message belongs to, and says what it was.
    fn transfer(&mut self, pdu: &mut Pdu<'_>) {
        let (src, dst) = ((pdu.context() >> 16) as u16, pdu.context() as u16);
        let transfer = self.transfers.of(pdu.flow());
        if transfer.is_none() {
            let found = self.requests.iter().rev().find(|(client, _)| *client == src || *client == dst);
            *transfer = found.map(|(_, request)| request.clone());
        }
        if let Some(request) = transfer {
            pdu.computed_bytes(FILE_OF_TRANSFER, 0..0, &request.file);
            pdu.computed(REQUEST_FRAME, 0..0, request.frame);
        }
    }

    fn full_block(&mut self, pdu: &mut Pdu<'_>, block: u16) {
        let Some(request) = self.transfers.of(pdu.flow()) else { return };
        // The nearest number with these low bits.
        let step = block.wrapping_sub(request.block as u16) as i16;
        request.block = request.block.saturating_add_signed(step.into());
        let at = pdu.position();
        pdu.computed(BLOCK_FULL, at - 2..at, request.block);
    }
}

fn options(pdu: &mut Pdu<'_>) -> Step {
    while pdu.remaining() > 0 {
        text(pdu, OPTION_NAME)?;
        text(pdu, OPTION_VALUE)?;
    }
    Ok(())
}

/// Takes text and the zero byte behind it.
fn text<'a>(pdu: &mut Pdu<'a>, field: Handle<Variable>) -> Result<&'a [u8], Stop> {
    let rest = pdu.rest();
    let len = rest.iter().position(|&b| b == 0);
    // Without an end, one byte more than there is: says that it doesn't fit.
    let text = pdu.take_bytes(field, len.unwrap_or(rest.len() + 1))?;
    pdu.skip(1)?;
    Ok(text)
}

builtin!(Tftp);

#[test]
fn requests() {
    check::<Tftp>(
        "0001 612e747874 00 6f63746574 00 626c6b73697a65 00 31343638 00",
        expect![[r#"
        Trivial File Transfer Protocol, Read Request, File: a.txt, Transfer type: octet
          Opcode: Read Request (1)
          Source File: a.txt
          Type: octet
          Option name: blksize
          Option value: 1468
        → udp.port 0 of [] is for @tftp
    "#]],
    );
    check::<Tftp>(
        "0002 612e7478",
        expect![[r#"
        Trivial File Transfer Protocol
          Opcode: Write Request (2)
          [error] short: tftp.destination_file needs 5 bytes at offset 2, 4 are there
    "#]],
    );
}

#[test]
fn the_rest() {
    check::<Tftp>(
        "0003 0001 616263",
        expect![[r#"
        Trivial File Transfer Protocol, Data Packet, Block: 1 (last)
          Opcode: Data Packet (3)
          Block: 1
        → @data [0]: bytes 4..7
    "#]],
    );
    check::<Tftp>(
        "0004 0001",
        expect![[r#"
        Trivial File Transfer Protocol, Acknowledgement, Block: 1
          Opcode: Acknowledgement (4)
          Block: 1
    "#]],
    );
    check::<Tftp>(
        "0005 0001 6e6f 00",
        expect![[r#"
        Trivial File Transfer Protocol, Error Code, Code: File not found, Message: no
          Opcode: Error Code (5)
          Error code: File not found (1)
          Error message: no
    "#]],
    );
    check::<Tftp>(
        "0006 626c6b73697a65 00 31343638 00",
        expect![[r#"
        Trivial File Transfer Protocol, Option Acknowledgement
          Opcode: Option Acknowledgement (6)
          Option name: blksize
          Option value: 1468
    "#]],
    );
}
