//! SOME/IP, calls and events between the computers of a vehicle (AUTOSAR PRS_SOMEIPProtocol R22-11, section 4.1), also
//! in segments (SOME/IP-TP). Which services there are, its service discovery tells: `sd.rs`.

use prosector_sdk::prelude::*;

mod sd;
pub use sd::Someipsd;

/// The dissector of messages.
#[derive(Default)]
pub struct Someip;

protocol! {
    /// SOME/IP: messages of services, one behind the other in datagrams and streams.
    Someip = someip "SOME/IP", "SOME/IP Protocol" {
        /// Service and method in one number, which `someip.messageid` knows their payload by.
        messageid: u32 hex                      "Message ID" hidden,
        serviceid: u16 hex                      "Service ID",
        methodid: u16 hex                       "Method ID",
        length: u32                             "Length" unit "bytes",
        clientid: u16 hex                       "Client ID",
        sessionid: u16 hex                      "Session ID",
        protoversion: u8 hex                    "SOME/IP Version",
        interfaceversion: u8 hex                "Interface Version",
        messagetype: u8 hex                     "Message Type" = {
            0x00 "Request", 0x01 "Request no response", 0x02 "Notification", 0x20 "Segment of a request",
            0x21 "Segment of a request no response", 0x22 "Segment of a notification", 0x40 "Request Ack",
            0x41 "Request no response Ack", 0x42 "Notification Ack", 0x80 "Response", 0x81 "Error",
            0xa0 "Segment of a response", 0xa1 "Segment of an error", 0xc0 "Response Ack", 0xc1 "Error Ack",
        } {
            ack: 0x40                           "Message Type Ack Flag",
            tp: 0x20                            "Message Type TP Flag",
        },
        returncode: u8 hex                      "Return Code" = {
            0 "Ok", 1 "Not Ok", 2 "Unknown Service", 3 "Unknown Method", 4 "Not Ready", 5 "Not Reachable", 6 "Timeout",
            7 "Wrong Protocol Version", 8 "Wrong Interface Version", 9 "Malformed Message", 10 "Wrong Message Type",
            11 "E2E Repeated", 12 "E2E Wrong Sequence", 13 "E2E Error", 14 "E2E Not Available", 15 "E2E No New Data",
        },
        tp: bytes                               "SOME/IP-TP",
        tp.offset: u32 & 0xfffffff0 * 16        "Offset" unit "bytes",
        tp.flags: u8 hex & 0x0f                 "Flags" {
            reserved: hex 0x0e                  "Reserved",
            more_segments: 0x01                 "More Segments",
        },
        payload: bytes                          "Payload",
    }
    claims { udp.port = 30490 }
    tables { MESSAGES: "someip.messageid", SOMEIP: "@someip" }
}

/// Service and method, and the length of everything behind it.
const BEFORE_LENGTH: usize = 8;
const HEADER: usize = 16;
const VERSION: u8 = 1;
const SEGMENT: u8 = 0x20; // of the message type
const SERVICE_DISCOVERY: u32 = 0xffff_8100;
const DISCOVERY_PORT: u64 = 30490;

impl Dissector for Someip {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        // This port is that of service discovery. Ports of other services are known to those who use them, and to it.
        let (ports, id) = ([pdu.context() & 0xffff, pdu.context() >> 16 & 0xffff], pdu.show(MESSAGEID)?);
        if ports.contains(&DISCOVERY_PORT) && id != SERVICE_DISCOVERY {
            return pdu.reject();
        }
        if pdu.is_stream() {
            pdu.wait_for(HEADER)?;
            // Whatever else there is in a stream would be waited for, by a length that is none.
            if pdu.rest().get(12) != Some(&VERSION) {
                return pdu.reject();
            }
        }
        let (service, method) = (pdu.take(SERVICEID)?, pdu.take(METHODID)?);
        let len = pdu.take(LENGTH)? as usize;
        pdu.info(format_args!("Service ID: 0x{service:04x}, Method ID: 0x{method:04x}, Length: {len}"));
        if len < HEADER - BEFORE_LENGTH {
            pdu.diagnostic(Severity::Error, "bad-length", 4..8, format_args!("{len}, less than the header's rest"));
            return Ok(());
        }
        pdu.within(LENGTH, len, |pdu| message(pdu, id, len))?;
        if pdu.is_stream() {
            pdu.end_here();
        }
        // Each of the other messages of a datagram is a PDU of its own.
        pdu.repeat(|pdu| {
            let len = match *pdu.rest() {
                [_, _, _, _, a, b, c, d, ..] => u32::from_be_bytes([a, b, c, d]).saturating_add(8) as usize,
                _ => BEFORE_LENGTH,
            };
            pdu.hand_to(SOMEIP).len(len).detail();
            pdu.skip(len.min(pdu.wire_remaining()))
        })
    }
}

/// A message from its client on, which says that it is `len` bytes from there.
fn message(pdu: &mut Pdu<'_>, id: u32, len: usize) -> Step {
    let (client, session) = (pdu.take(CLIENTID)?, pdu.take(SESSIONID)?);
    let version = pdu.take(PROTOVERSION)?;
    if version != VERSION {
        pdu.diagnostic(Severity::Warning, "bad-version", 12..13, format_args!("version {version} is not known"));
    }
    pdu.take(INTERFACEVERSION)?;
    let kind = pdu.take(MESSAGETYPE)?;
    pdu.take(RETURNCODE)?;
    if kind & SEGMENT != 0 {
        pdu.mark(TP, pdu.position()..pdu.position() + pdu.remaining());
        let offset = pdu.show(TP_OFFSET)? as usize;
        pdu.skip(3)?;
        let more = pdu.take(TP_FLAGS)? & 1 != 0;
        // What segments have in common, beside the message.
        let whole = u64::from(client) << 32 | u64::from(session) << 16 | u64::from(kind);
        pdu.hand_on(MESSAGES, id).fragment(whole, offset, more);
    } else if pdu.wire_remaining() > 0 {
        pdu.hand_on(MESSAGES, id);
        if id == SERVICE_DISCOVERY {
            return Ok(());
        }
    }
    let (at, there) = (pdu.position(), pdu.remaining());
    let len = len.saturating_sub(at - BEFORE_LENGTH);
    // What is there of a payload that is not all there; the diagnostic says how many bytes are missing.
    if (1..len).contains(&there) {
        pdu.mark(PAYLOAD, at..at + there);
    }
    if len > 0 { pdu.take_bytes(PAYLOAD, len).map(drop) } else { Ok(()) }
}

builtin!(Someip);
export!(Someip, Someipsd);
