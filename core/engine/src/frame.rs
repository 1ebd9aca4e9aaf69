//! The protocol `frame`: what the capture says of a frame, as fields like any other.

use crate::dissection::Dissection;
use crate::link_types;
use crate::registry::Registry;
use prosector_sdk::declare::Protocol;
use prosector_sdk::dissector::Declared;
use prosector_sdk::frame::{Batch, Frame};
use prosector_sdk::handle::Handle;
use prosector_sdk::pdu::{Answer, Want, Word};
use prosector_sdk::protocol;
use prosector_sdk::span::Span;

/// Its number in every registry.
pub(crate) const ID: u16 = 0;
pub(crate) const PROTOCOL: &Protocol = Capture::PROTOCOL;

struct Capture;

protocol! {
    /// What the capture says of a frame: its number, times, lengths and interface.
    Capture = frame "Frame", "Frame" {
        number: computed u32                  "Frame number",
        time: computed time_ns                "Arrival time",
        time_epoch: computed duration         "Epoch time",
        time_delta: computed duration         "Time since the previous frame",
        time_relative: computed duration      "Time since the first frame",
        len: computed u32                     "Length on the wire"      unit "bytes",
        cap_len: computed u32                 "Captured length"         unit "bytes",
        /// Numbered as in Wireshark's wiretap library.
        encap_type: computed u16              "Encapsulation type" = link_types::ENCAPSULATIONS,
        section_number: computed u32          "Section number",
        interface_id: computed u32            "Interface id",
        interface_name: computed str          "Interface name",
        interface_description: computed str   "Interface description",
        comment: computed str                 "Comment",
        /// Names of the protocols of all layers, outer before inner, parted by colons.
        protocols: computed str               "Protocols in frame",
        /// `epb_flags`: draft-ietf-opsawg-pcapng, section 4.3.1.
        packet_flags: computed u32 hex        "Packet flags",
        packet_flags_direction: computed u32 hex                    "Direction" = { 0 "Unknown", 1 "Inbound", 2 "Outbound" },
        packet_flags_reception_type: computed u32                   "Reception type"
            = { 0 "Not specified", 1 "Unicast", 2 "Multicast", 3 "Broadcast", 4 "Promiscuous" },
        packet_flags_fcs_length: computed u32                       "FCS length",
        packet_flags_reserved: computed u32                         "Reserved",
        packet_flags_crc_error: computed bool                       "CRC error",
        packet_flags_packet_too_error: computed bool                "Packet too long error",
        packet_flags_packet_too_short_error: computed bool          "Packet too short error",
        packet_flags_wrong_inter_frame_gap_error: computed bool     "Wrong interframe gap error",
        packet_flags_unaligned_frame_error: computed bool           "Unaligned frame error",
        packet_flags_start_frame_delimiter_error: computed bool     "Start frame delimiter error",
        packet_flags_preamble_error: computed bool                  "Preamble error",
        packet_flags_symbol_error: computed bool                    "Symbol error",
    }
}

/// The times that relative times count from.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    first: Option<i64>,
    previous: Option<i64>,
}

/// Writes down the `frame` layer of every frame of the batch, as far as it is wanted.
pub(crate) fn describe(
    dissection: &mut Dissection,
    batch: &Batch<'_>,
    want: &Want,
    clock: &mut Clock,
    registry: &Registry,
    tables: &[String],
) {
    if want.is_empty() {
        return;
    }
    let mut names = String::new();
    for (i, frame) in batch.frames.iter().enumerate() {
        if want.has(PROTOCOLS.id) {
            name_protocols(dissection, i, registry, tables, &mut names);
        }
        let sink = &mut dissection.sink;
        let (words, side) = (sink.words.len() as u32, sink.side.len() as u32);
        let mut record = Record { words: &mut sink.words, side: &mut sink.side, base: side as usize, want };
        record.frame(batch, frame, clock);
        record.text(PROTOCOLS, &names);
        let info_start = record.side.len() as u32 - side;
        if want.info {
            let text = format!("{} bytes on the wire, {} captured", frame.wire_len, frame.len);
            record.side.extend_from_slice(text.as_bytes());
        }
        let answer = Answer {
            words: sink.words.len() as u32,
            side: sink.side.len() as u32,
            info_start,
            info_len: sink.side.len() as u32 - side - info_start,
            ..Answer::default()
        };
        dissection.answer(i as u32, &answer, words, side);
    }
}

/// Writes the names of a frame's protocols, and of the tables between them that are declared to be named.
fn name_protocols(dissection: &Dissection, frame: usize, registry: &Registry, tables: &[String], names: &mut String) {
    names.clear();
    for (layer, _) in dissection.tree(frame).skip(1).filter(|(layer, _)| !layer.trailer && !layer.empty) {
        let table = tables.get(layer.via as usize).filter(|_| layer.named);
        for name in table.map(String::as_str).into_iter().chain([&*registry.protocol(layer.protocol).name]) {
            if !names.is_empty() {
                names.push(':');
            }
            names.push_str(name);
        }
    }
}

/// Records computed values of one frame.
struct Record<'a> {
    words: &'a mut Vec<u64>,
    side: &'a mut Vec<u8>,
    /// Where the frame's side bytes begin.
    base: usize,
    want: &'a Want,
}

impl Record<'_> {
    fn word<T>(&mut self, field: Handle<T>, value: impl Word) {
        if self.want.has(field.id) {
            self.words.push(Span::pack(field.id, 0, 0));
            self.words.push(value.word());
        }
    }

    fn text<T>(&mut self, field: Handle<T>, text: &str) {
        if self.want.has(field.id) {
            self.word(field, ((self.side.len() - self.base) as u64) << 32 | text.len() as u64);
            self.side.extend_from_slice(text.as_bytes());
        }
    }

    fn frame(&mut self, batch: &Batch<'_>, frame: &Frame, clock: &mut Clock) {
        if let Some(interface) = frame.interface.and_then(|i| batch.interfaces.get(i as usize)) {
            self.word(SECTION_NUMBER, interface.section);
            self.word(INTERFACE_ID, interface.id);
            self.text(INTERFACE_NAME, interface.name.as_deref().unwrap_or("unknown"));
            if let Some(description) = &interface.description {
                self.text(INTERFACE_DESCRIPTION, description);
            }
        }
        if let Some(encapsulation) = link_types::encapsulation(frame.link) {
            self.word(ENCAP_TYPE, encapsulation);
        }
        if frame.time != Frame::NO_TIME {
            let since = |other: Option<i64>| frame.time.saturating_sub(other.unwrap_or(frame.time));
            self.word(TIME, frame.time);
            self.word(TIME_EPOCH, frame.time);
            self.word(TIME_DELTA, since(clock.previous));
            self.word(TIME_RELATIVE, since(clock.first));
            clock.first.get_or_insert(frame.time);
            clock.previous = Some(frame.time);
        }
        self.word(NUMBER, frame.number);
        self.word(LEN, frame.wire_len);
        self.word(CAP_LEN, frame.len);
        if let Some(extra) = frame.extra.and_then(|i| batch.extras.get(i as usize)) {
            for comment in &extra.comments {
                self.text(COMMENT, comment);
            }
            if let Some(flags) = extra.flags {
                self.packet_flags(flags);
            }
        }
    }

    fn packet_flags(&mut self, flags: u32) {
        self.word(PACKET_FLAGS, flags);
        self.word(PACKET_FLAGS_DIRECTION, flags & 3);
        self.word(PACKET_FLAGS_RECEPTION_TYPE, flags >> 2 & 7);
        self.word(PACKET_FLAGS_FCS_LENGTH, flags >> 5 & 15);
        self.word(PACKET_FLAGS_RESERVED, flags >> 9 & 0x7f);
        self.word(PACKET_FLAGS_CRC_ERROR, flags >> 24 & 1 != 0);
        self.word(PACKET_FLAGS_PACKET_TOO_ERROR, flags >> 25 & 1 != 0);
        self.word(PACKET_FLAGS_PACKET_TOO_SHORT_ERROR, flags >> 26 & 1 != 0);
        self.word(PACKET_FLAGS_WRONG_INTER_FRAME_GAP_ERROR, flags >> 27 & 1 != 0);
        self.word(PACKET_FLAGS_UNALIGNED_FRAME_ERROR, flags >> 28 & 1 != 0);
        self.word(PACKET_FLAGS_START_FRAME_DELIMITER_ERROR, flags >> 29 & 1 != 0);
        self.word(PACKET_FLAGS_PREAMBLE_ERROR, flags >> 30 & 1 != 0);
        self.word(PACKET_FLAGS_SYMBOL_ERROR, flags >> 31 & 1 != 0);
    }
}
