//! QUIC (RFC 9000), version 2 of it (RFC 9369) and the drafts from 17 on. Initial packets are opened, as anybody can
//! (RFC 9001, section 5.2); what they have of TLS is handed on.

mod frames;
mod initial;
#[cfg(test)]
mod tests;

use crate::lines::Hex;
use crate::tls::hello::Terms;
use crate::tls::reader::Reader;
use crate::tls::{Carried, carry};
use initial::{Keys, Opened};
use prosector_sdk::handle::{ComputedWord, Handle, Variable};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Quic {
    flows: Flows<Flow>,
    /// Connections so far.
    connections: u32,
}

protocol! {
    /// QUIC, a UDP-based multiplexed and secure transport.
    Quic = quic "QUIC", "QUIC IETF" {
        packet: group                           "Packet",
        /// Counted from 0, in the order of the capture.
        connection.number: computed u32         "Connection Number",
        packet_length: computed u32             "Packet Length",
        header_form: u8 & 0x80                  "Header Form" = { 0 "Short Header", 1 "Long Header" },
        fixed_bit: bool(u8) & 0x40              "Fixed Bit",
        spin_bit: bool(u8) & 0x20               "Spin Bit",
        long.packet_type: u8 & 0x30             "Packet Type" = { 0 "Initial", 1 "0-RTT", 2 "Handshake", 3 "Retry" },
        long.packet_type_v2: u8 & 0x30          "Packet Type" = { 0 "Retry", 1 "Initial", 2 "0-RTT", 3 "Handshake" },
        /// This and the next are protected: they are those of the opened header.
        long.reserved: computed u8              "Reserved",
        packet_number_length: computed u8       "Packet Number Length"
            = { 0 "1 bytes", 1 "2 bytes", 2 "3 bytes", 3 "4 bytes" },
        vn.unused: u8 hex & 0x7f                "Unused",
        version: u32 hex                        "Version" = VERSIONS,
        supported_version: u32 hex              "Supported Version" = VERSIONS,
        dcil: u8                                "Destination Connection ID Length",
        dcid: bytes                             "Destination Connection ID",
        scil: u8                                "Source Connection ID Length",
        scid: bytes                             "Source Connection ID",
        token_length: computed u64              "Token Length",
        token: bytes                            "Token",
        length: computed u64                    "Length",
        packet_number: computed u64             "Packet Number",
        payload: bytes                          "Payload",
        /// What can't be opened.
        remaining_payload: bytes                "Remaining Payload",
        retry_token: bytes                      "Retry Token",
        retry_integrity_tag: bytes              "Retry Integrity Tag",
        coalesced_padding_data: bytes           "Coalesced Padding Data",

        frame: group                            "Frame",
        frame_type: computed u64 hex            "Frame Type" = {
            0 "PADDING", 1 "PING", 2..=3 "ACK", 4 "RESET_STREAM", 5 "STOP_SENDING", 6 "CRYPTO", 7 "NEW_TOKEN",
            8..=15 "STREAM", 0x10 "MAX_DATA", 0x11 "MAX_STREAM_DATA", 0x12 "MAX_STREAMS (BIDI)", 0x13 "MAX_STREAMS (UNI)",
            0x14 "DATA_BLOCKED", 0x15 "STREAM_DATA_BLOCKED", 0x16 "STREAMS_BLOCKED (BIDI)", 0x17 "STREAMS_BLOCKED (UNI)",
            0x18 "NEW_CONNECTION_ID", 0x19 "RETIRE_CONNECTION_ID", 0x1a "PATH_CHALLENGE", 0x1b "PATH_RESPONSE",
            0x1c "CONNECTION_CLOSE (Transport)", 0x1d "CONNECTION_CLOSE (Application)", 0x1e "HANDSHAKE_DONE",
            0x30..=0x31 "DATAGRAM",
        },
        padding_length: computed u32            "Padding Length",
        ack.largest_acknowledged: computed u64  "Largest Acknowledged",
        ack.ack_delay: computed u64             "ACK Delay",
        ack.ack_range_count: computed u64       "ACK Range Count",
        ack.first_ack_range: computed u64       "First ACK Range",
        ack.gap: computed u64                   "Gap",
        ack.ack_range: computed u64             "ACK Range",
        ack.ect0_count: computed u64            "ECT(0) Count",
        ack.ect1_count: computed u64            "ECT(1) Count",
        ack.ecn_ce_count: computed u64          "ECN-CE Count",
        crypto.offset: computed u64             "Offset",
        crypto.length: computed u64             "Length",
        cc.error_code: computed u64             "Error code" = {
            0 "NO_ERROR", 1 "INTERNAL_ERROR", 2 "CONNECTION_REFUSED", 3 "FLOW_CONTROL_ERROR", 4 "STREAM_LIMIT_ERROR",
            5 "STREAM_STATE_ERROR", 6 "FINAL_SIZE_ERROR", 7 "FRAME_ENCODING_ERROR", 8 "TRANSPORT_PARAMETER_ERROR",
            9 "CONNECTION_ID_LIMIT_ERROR", 10 "PROTOCOL_VIOLATION", 11 "INVALID_TOKEN", 12 "APPLICATION_ERROR",
            13 "CRYPTO_BUFFER_EXCEEDED", 14 "KEY_UPDATE_ERROR", 15 "AEAD_LIMIT_REACHED", 16 "NO_VIABLE_PATH",
            17 "VERSION_NEGOTIATION_ERROR", 256..=511 "CRYPTO_ERROR",
        },
        cc.error_code.app: computed u64         "Application Error code",
        cc.error_code.tls_alert: computed u8    "TLS Alert Description" = crate::tls::names::ALERTS,
        cc.frame_type: computed u64             "Frame Type",
        cc.reason_phrase.length: computed u64   "Reason phrase Length",
        cc.reason_phrase: computed str          "Reason phrase",
    }
    stateful
    tables { TLS: "@tls" stream }
    heuristics { udp.port }
}

value_names! {
    /// Versions.
    VERSIONS {
        0 "Version Negotiation", 1 "1", 0x6b3343cf "2", 0x709a50c4 "v2-draft-01", 0xff020000 "v2-draft-00",
        0xff000011 "draft-17", 0xff000012 "draft-18", 0xff000013 "draft-19", 0xff000014 "draft-20", 0xff000015 "draft-21",
        0xff000016 "draft-22", 0xff000017 "draft-23", 0xff000018 "draft-24", 0xff000019 "draft-25", 0xff00001a "draft-26",
        0xff00001b "draft-27", 0xff00001c "draft-28", 0xff00001d "draft-29", 0xff00001e "draft-30", 0xff00001f "draft-31",
        0xff000020 "draft-32", 0xff000021 "draft-33", 0xff000022 "draft-34",
        0xfaceb001 "Facebook mvfst (draft-22)", 0xfaceb002 "Facebook mvfst (draft-27)", 0xfaceb003..=0xfaceb00f "Facebook mvfst",
    }
}

/// Connection IDs are no longer (RFC 9000, section 17.2).
const MAX_CONNECTION_ID: u8 = 20;

/// Whether a version of QUIC is read here; those reserved to exercise negotiation are (RFC 9000, section 15).
fn is_version(version: u32) -> bool {
    version & 0x0f0f_0f0f == 0x0a0a_0a0a || name_of(VERSIONS, version.into()).is_some()
}

/// Version 2 has other numbers for the packet types, and other labels for keys.
fn is_v2(version: u32) -> bool {
    matches!(version, 0x6b33_43cf | 0x709a_50c4 | 0xff02_0000)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Initial,
    ZeroRtt,
    Handshake,
    Retry,
}

impl Kind {
    fn of(first: u8, version: u32) -> Kind {
        let kinds = [Kind::Initial, Kind::ZeroRtt, Kind::Handshake, Kind::Retry];
        kinds[usize::from((first >> 4).wrapping_sub(u8::from(is_v2(version))) & 3)]
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Initial => "Initial",
            Kind::ZeroRtt => "0-RTT",
            Kind::Handshake => "Handshake",
            Kind::Retry => "Retry",
        }
    }
}

/// What is kept of the connections between two ports.
#[derive(Default)]
struct Flow {
    /// The number of the latest connection.
    number: Option<u32>,
    /// The keys of its Initial packets.
    keys: Option<Keys>,
    /// The direction in which the client sends.
    client: usize,
    /// The connection IDs that the ends have chosen for themselves.
    ids: [Option<Vec<u8>>; 2],
    /// TLS has been handed on from this end.
    has_begun: [bool; 2],
}

impl Dissector for Quic {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let flow = self.flows.of(pdu.flow());
        let way = usize::from(pdu.is_reverse());
        while pdu.wire_remaining() > 0 {
            let rest = pdu.rest();
            let first = pdu.peek(DCIL)?;
            if pdu.position() > 0 && first == 0 {
                // Behind the last packet there may be zeros (RFC 9000, section 12.2).
                pdu.take_rest(COALESCED_PADDING_DATA);
                break;
            }
            if first & 0x80 != 0 {
                let version = Reader(rest).bytes(1).and_then(|_| Reader(rest.get(1..)?).number(4)).unwrap_or(0) as u32;
                if !is_version(version) {
                    if pdu.position() == 0 {
                        return pdu.reject();
                    }
                    pdu.take_rest(REMAINING_PAYLOAD);
                    break;
                }
                pdu.group(PACKET, |pdu| long(pdu, flow, &mut self.connections, way, version))?;
            } else {
                pdu.group(PACKET, |pdu| short(pdu, flow, way))?;
            }
        }
        Ok(())
    }

    fn probe(&self, pdu: &mut Pdu<'_>) -> Verdict {
        let mut reader = Reader(pdu.data());
        let mut read = || {
            let first = reader.u8()?;
            let version = reader.number(4)? as u32;
            let (dcil, _) = (*reader.0.first()?, reader.vector(1)?);
            let (scil, _) = (*reader.0.first()?, reader.vector(1)?);
            let is_good = if version == 0 {
                !reader.0.is_empty() && reader.0.len().is_multiple_of(4)
            } else {
                first & 0x40 != 0 && is_version(version)
            };
            (first & 0x80 != 0 && is_good && dcil.max(scil) <= MAX_CONNECTION_ID).then_some(())
        };
        if read().is_some() { Verdict::Certain } else { Verdict::NotMine }
    }

    fn flow_end(&mut self, flow: u64) {
        self.flows.end(flow);
    }
}

/// Records a number of variable length and moves behind it.
fn varint(pdu: &mut Pdu<'_>, field: Handle<ComputedWord>) -> Result<u64, Stop> {
    let at = pdu.position();
    let width = 1 << (pdu.peek(DCIL)? >> 6);
    let value = Reader(pdu.rest()).varint();
    pdu.skip(width)?;
    let value = value.unwrap_or_default();
    pdu.computed(field, at..at + width, value);
    Ok(value)
}

/// Records the connection's number, once a datagram.
fn connection_number(pdu: &mut Pdu<'_>, flow: &Flow, start: usize) {
    if let Some(number) = flow.number
        && start == 0
    {
        pdu.computed(CONNECTION_NUMBER, 0..0, number);
    }
}

/// Takes a connection ID and its length.
fn connection_id<'a>(pdu: &mut Pdu<'a>, len: Handle<u8>, id: Handle<Variable>) -> Result<&'a [u8], Stop> {
    match pdu.take(len)? {
        0 => Ok(&[]),
        len => pdu.take_bytes(id, len.into()),
    }
}

fn long(pdu: &mut Pdu<'_>, flow: &mut Flow, connections: &mut u32, way: usize, version: u32) -> Step {
    let (start, packet) = (pdu.position(), pdu.rest());
    pdu.take(HEADER_FORM)?;
    let first = packet.first().copied().unwrap_or(0);
    if version == 0 {
        return negotiation(pdu, start);
    }
    let kind = Kind::of(first, version);
    if kind != Kind::Retry {
        pdu.show_at(FIXED_BIT, start)?;
    }
    pdu.show_at(if is_v2(version) { LONG_PACKET_TYPE_V2 } else { LONG_PACKET_TYPE }, start)?;
    pdu.take(VERSION)?;
    let dcid = connection_id(pdu, DCIL, DCID)?;
    let scid = connection_id(pdu, SCIL, SCID)?;
    let first_of_connection = kind == Kind::Initial && (flow.number.is_none() || is_new(flow, way, dcid, scid));
    if first_of_connection {
        *flow = Flow { number: Some(*connections), client: way, ..Flow::default() };
        *connections += 1;
    }
    flow.ids[way] = Some(scid.to_vec());
    connection_number(pdu, flow, start);
    let ids = Ids { dcid, scid };
    pdu.info(format_args!("{}{ids}", kind.name()));
    if kind == Kind::Retry {
        let token = pdu.remaining().saturating_sub(16);
        pdu.take_bytes(RETRY_TOKEN, token)?;
        pdu.take_bytes(RETRY_INTEGRITY_TAG, 16)?;
        pdu.computed(PACKET_LENGTH, start..pdu.position(), pdu.position() - start);
        return Ok(());
    }
    if kind == Kind::Initial {
        match varint(pdu, TOKEN_LENGTH)? {
            0 => {}
            len => pdu.take_bytes(TOKEN, len as usize).map(drop)?,
        }
    }
    let len = varint(pdu, LENGTH)? as usize;
    let header = pdu.position() - start;
    let len = len.min(pdu.wire_remaining());
    pdu.computed(PACKET_LENGTH, start..start, header + len);
    if kind != Kind::Initial {
        let there = len.min(pdu.remaining());
        pdu.take_bytes(REMAINING_PAYLOAD, there)?;
        return pdu.skip(len - there);
    }
    let packet = packet.get(..header + len).unwrap_or(packet);
    let opened = open(flow, packet, header, way, version, dcid);
    let there = len.min(pdu.remaining());
    let Some(opened) = opened else {
        pdu.take_bytes(REMAINING_PAYLOAD, there)?;
        return pdu.skip(len - there);
    };
    pdu.computed(LONG_RESERVED, start..start + 1, opened.first >> 2 & 3);
    pdu.computed(PACKET_NUMBER_LENGTH, start..start + 1, opened.first & 3);
    let width = usize::from(opened.first & 3) + 1;
    let at = pdu.position();
    pdu.computed(PACKET_NUMBER, at..at + width, opened.number);
    pdu.skip(width.min(there))?;
    pdu.take_bytes(PAYLOAD, there.saturating_sub(width))?;
    if let Some(content) = &opened.content {
        let terms = Terms { version: 0x0304, is_quic: true, ..Terms::default() };
        let part = 1 + 4 * u64::from(flow.number.unwrap_or(0));
        let context = carry(Carried::Messages, terms);
        frames::read(pdu, content, |pdu, offset, data| {
            // The first frame need not be the beginning, which is at 0.
            if !std::mem::replace(&mut flow.has_begun[way], true) && offset > 0 {
                pdu.hand_on_bytes(TLS, 0u64, &[]).context(context).stream(0).part(part).detail();
            }
            pdu.hand_on_bytes(TLS, 0u64, data).context(context).stream(offset).part(part).detail();
        });
        pdu.info(format_args!("Initial{ids}, PKN: {}, {}", opened.number, frames::Names(content)));
    }
    pdu.skip(len - there)
}

/// Whether an Initial packet begins another connection between the same ports: it goes to an ID that neither end has chosen,
/// from an ID that is new.
fn is_new(flow: &Flow, way: usize, dcid: &[u8], scid: &[u8]) -> bool {
    let known = flow.ids[1 - way].as_deref();
    let answered = known.is_some_and(|id| id != dcid);
    answered
        && (flow.ids[way].as_deref() != Some(scid) || scid.is_empty())
        && flow.keys.as_ref().is_none_or(|k| k.id != dcid)
}

/// Opens an Initial packet with the connection's keys; a client's with those that its connection ID makes, if the others
/// don't fit.
fn open(flow: &mut Flow, packet: &[u8], header: usize, way: usize, version: u32, dcid: &[u8]) -> Option<Opened> {
    let from_client = way == flow.client;
    let known = flow.keys.as_mut().and_then(|keys| keys.open(packet, header, !from_client));
    if !from_client || known.as_ref().is_some_and(|opened| opened.content.is_some()) {
        return known;
    }
    let mut keys = Keys::new(version, dcid)?;
    let opened = keys.open(packet, header, false)?;
    if opened.content.is_some() || flow.keys.is_none() {
        flow.keys = Some(keys);
        return Some(opened);
    }
    known
}

fn negotiation(pdu: &mut Pdu<'_>, start: usize) -> Step {
    pdu.show_at(VN_UNUSED, start)?;
    pdu.take(VERSION)?;
    let dcid = connection_id(pdu, DCIL, DCID)?;
    let scid = connection_id(pdu, SCIL, SCID)?;
    pdu.info(format_args!("Version Negotiation{}", Ids { dcid, scid }));
    while pdu.wire_remaining() > 0 {
        pdu.take(SUPPORTED_VERSION)?;
    }
    pdu.computed(PACKET_LENGTH, start..start, pdu.position() - start);
    Ok(())
}

fn short(pdu: &mut Pdu<'_>, flow: &Flow, way: usize) -> Step {
    let start = pdu.position();
    connection_number(pdu, flow, start);
    pdu.computed(PACKET_LENGTH, start..start, pdu.wire_remaining());
    pdu.show(HEADER_FORM)?;
    pdu.show(FIXED_BIT)?;
    pdu.take(SPIN_BIT)?;
    // The ID has no length here: it is as long as its owner's first one.
    let id = flow.ids[1 - way].as_deref().unwrap_or_default();
    if !id.is_empty() && id.len() <= pdu.remaining() {
        let id = pdu.take_bytes(DCID, id.len())?;
        pdu.info(format_args!("Protected Payload (KP0), DCID={}", Hex(id)));
    } else {
        pdu.info(format_args!("Protected Payload (KP0)"));
    }
    pdu.take_rest(REMAINING_PAYLOAD);
    pdu.skip(pdu.wire_remaining())
}

/// Connection IDs, as far as there are some.
struct Ids<'a> {
    dcid: &'a [u8],
    scid: &'a [u8],
}

impl std::fmt::Display for Ids<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (name, id) in [("DCID", self.dcid), ("SCID", self.scid)] {
            if !id.is_empty() {
                write!(f, ", {name}={}", Hex(id))?;
            }
        }
        Ok(())
    }
}

builtin!(Quic);
