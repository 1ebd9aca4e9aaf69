//! What a segment is in its connection: numbers relative to its start, scaled windows, and what looks like loss, repetition
//! or a full window. The rules are those of Wireshark's "TCP Analysis" (User's Guide, section 7.5), so that the same
//! segments are marked.

use super::*;
use crate::tcp::options::kind;
use prosector_sdk::handle::{Group, Handle};
use std::collections::VecDeque;
use std::ops::Range;

/// What is said of a duplicate acknowledgment, with the first one's frame and how many there were.
const DUPLICATE: &str = "Dup ACK";
/// Segments whose acknowledgment is waited for, in each direction.
const MAX_UNACKED: usize = 10_000;
/// A segment that comes so soon after the one with the highest number is out of order, later it is a retransmission; where the
/// round-trip time is not known.
const OUT_OF_ORDER: i64 = 3_000_000;
/// The same after a duplicate acknowledgment makes it a fast retransmission.
const FAST: i64 = 20_000_000;
/// Where a stream's offsets begin, so that a byte before the first is no negative number.
const STREAM_START: u64 = 1 << 32;
/// So many holes of a stream are known at most.
const MAX_HOLES: usize = 64;
/// So many segments from behind a gap do not say yet that what is missing was lost (RFC 5681, section 3.2).
const REORDERED: u8 = 2;

/// A segment as it stands in its header.
#[derive(Clone, Copy)]
pub(super) struct Segment<'a> {
    /// The sender's, and the receiver's.
    pub ports: [u16; 2],
    pub seq: u32,
    pub ack: u32,
    pub flags: u16,
    pub window: u16,
    /// Bytes of payload.
    pub len: u32,
    pub options: &'a [u8],
}

/// When a segment was seen.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    pub number: u64,
    pub time: i64,
    pub reverse: bool,
    /// The connection before it had the same addresses and ports.
    pub reused: bool,
}

/// Where a segment is in its connection.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// Which part of the flow the connection is.
    pub part: u64,
    /// Where in the stream its payload begins.
    pub offset: u64,
    /// Where in the stream the next new byte is expected.
    pub expected: u64,
    /// What lies before this offset and has not come was acknowledged already; it will not come.
    pub gap: Option<u64>,
    /// What acknowledged numbers are relative to.
    pub ack_base: u32,
    pub seq: u32,
    pub ack: u32,
    /// Scaled.
    pub window: u32,
    /// What is to be said of it in the summary.
    pub note: Option<&'static str>,
    /// If that is a duplicate acknowledgment: how many there were, and the frame of the first.
    pub duplicate_ack: Option<(u32, u64)>,
    /// The port of who was called, where the beginning was seen.
    pub server: Option<u16>,
}

/// How windows are scaled.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Scale {
    #[default]
    Unknown,
    Unused,
    Shift(u8),
}

/// A segment that is not acknowledged yet.
#[derive(Clone, Copy)]
struct Unacked {
    seq: u32,
    end: u32,
    number: u64,
    time: i64,
}

/// One direction of a connection.
#[derive(Default)]
struct Direction {
    /// Numbers are relative to this one.
    base: Option<u32>,
    scale: Scale,
    /// The number behind the highest that was sent, and when that was.
    next: Option<u32>,
    next_time: i64,
    /// The number up to which nothing is missing.
    complete: Option<u32>,
    window: Option<u16>,
    last_ack: Option<u32>,
    last_ack_time: i64,
    /// The frame of the first acknowledgment of that number.
    first_ack_frame: u64,
    duplicates: u32,
    was_keep_alive: bool,
    was_probe: bool,
    /// Something that was sent is missing, and nothing has been acknowledged since.
    in_flight_unknown: bool,
    unacked: VecDeque<Unacked>,
    /// From the lowest to behind the highest number of these.
    range: (u32, u32),
    since_push: u32,
    /// Where in the stream the number `next` belongs.
    offset: u64,
    /// What has not come of the stream, in order, and may come.
    holes: Vec<Range<u64>>,
    /// What lies before this offset was acknowledged since, and not all of it was captured.
    lost: Option<u64>,
    /// Segments that have come since from behind the first of them.
    behind_hole: u8,
}

/// A connection.
pub(super) struct Connection {
    stream: u32,
    directions: [Direction; 2],
    first_time: i64,
    last_time: i64,
    syn: Option<(u64, i64)>,
    /// The port that the first SYN went to, and the first SYN with an ACK came from.
    server: Option<u16>,
    round_trip: Option<i64>,
    /// Both sides have shaken hands.
    established: bool,
}

/// Whether `a` comes behind `b`; numbers go round in a circle (RFC 9293, section 3.4).
fn behind(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) > 0
}

/// The shift count in the options of a SYN.
fn window_shift(mut options: &[u8]) -> Option<u8> {
    loop {
        options = match *options {
            [kind::NOP, ref rest @ ..] => rest,
            [kind::WINDOW_SCALE, 3, shift, ..] => return Some(shift),
            [other, len, ..] if other != kind::END && len >= 2 => options.get(usize::from(len)..)?,
            _ => return None,
        };
    }
}

impl Connection {
    pub(super) fn new(stream: u32, time: i64) -> Connection {
        Connection {
            stream,
            directions: Default::default(),
            first_time: time,
            last_time: time,
            syn: None,
            server: None,
            round_trip: None,
            established: false,
        }
    }

    /// Whether a segment begins another connection with the same ends.
    pub(super) fn is_over(&self, segment: &Segment<'_>, reverse: bool) -> bool {
        let base = self.directions[reverse as usize].base;
        segment.flags & flag::SYN != 0 && base.is_some_and(|base| base != segment.seq)
    }

    /// Sees a segment and records what it is.
    pub(super) fn see(&mut self, pdu: &mut Pdu<'_>, segment: &Segment<'_>, seen: Seen) -> Place {
        let Segment { ports: [src, dst], seq, ack, flags, window, len, options } = *segment;
        let Seen { number, time, reverse, reused } = seen;
        let has = |flag: u16| flags & flag != 0;
        let [first, second] = &mut self.directions;
        let (own, other) = if reverse { (second, first) } else { (first, second) };

        pdu.computed(STREAM, 0..0, self.stream);
        pdu.computed(TIME_RELATIVE, 0..0, time.saturating_sub(self.first_time));
        pdu.computed(TIME_DELTA, 0..0, time.saturating_sub(self.last_time));
        self.last_time = time;

        // The number of a SYN counts as one byte before the first.
        let base = *own.base.get_or_insert(if has(flag::SYN) { seq } else { seq.wrapping_sub(1) });
        if has(flag::ACK) {
            other.base.get_or_insert(ack.wrapping_sub(1));
            other.in_flight_unknown = false;
        }
        let ack_base = other.base.filter(|_| has(flag::ACK)).unwrap_or(0);
        let relative_ack = ack.wrapping_sub(ack_base);
        if has(flag::SYN) {
            match window_shift(options) {
                Some(shift) if !(has(flag::ACK) && other.scale == Scale::Unused) => {
                    own.scale = Scale::Shift(shift.min(14))
                }
                Some(_) => own.scale = Scale::Unused,
                None => (own.scale, other.scale) = (Scale::Unused, Scale::Unused),
            }
            self.server.get_or_insert(if has(flag::ACK) { src } else { dst });
            if !has(flag::ACK) {
                self.syn = Some((number, time));
            }
        } else if has(flag::ACK) && !self.established && other.base.is_some() {
            // The third segment of the handshake ends its round trip.
            self.established = true;
            self.round_trip = self.syn.map(|(_, begun)| time.saturating_sub(begun)).filter(|_| len == 0);
        }
        let (shift, factor) = match own.scale {
            Scale::Unknown => (0, -1),
            Scale::Unused => (0, -2),
            Scale::Shift(shift) => (shift, 1 << shift),
        };
        let scaled = if has(flag::SYN) { window.into() } else { u32::from(window) << shift };

        let relative = seq.wrapping_sub(base);
        let next = seq.wrapping_add(len).wrapping_add(has(flag::SYN).into()).wrapping_add(has(flag::FIN).into());
        pdu.computed(SEQ, 4..8, relative);
        pdu.computed(NXTSEQ, 0..0, next.wrapping_sub(base));
        pdu.computed(ACK, 8..12, relative_ack);
        pdu.computed(WINDOW_SIZE, 14..16, scaled);
        if !has(flag::SYN) {
            pdu.computed(WINDOW_SIZE_SCALEFACTOR, 14..16, factor);
        }

        // Where the payload is in the stream. The stream's bytes begin behind the number of the SYN.
        let expected = own.next;
        if expected.is_none() {
            own.offset = STREAM_START;
        }
        let ahead = expected.map_or(0, |next| seq.wrapping_sub(next) as i32);
        let payload = own.offset.wrapping_add_signed(ahead.into()).wrapping_add(has(flag::SYN).into());

        let marks = Marks::of(own, other, segment, seen, self.round_trip);
        let acked = has(flag::ACK).then(|| other.acknowledge(ack)).flatten();
        own.follow(segment, next, seen, &marks);
        if expected.is_none_or(|expected| behind(next, expected)) && !marks.zero_window_probe {
            own.offset = payload + u64::from(len) + u64::from(has(flag::FIN));
        }
        let mut gap = None;
        own.fill(payload..payload + u64::from(len));
        if expected.is_some() && ahead > 0 && !has(flag::RESET) {
            match other.last_ack {
                Some(ack) if !behind(seq, ack) => gap = Some(payload),
                _ if own.holes.len() < MAX_HOLES => own.holes.push(payload - ahead as u64..payload),
                _ => {}
            }
        }
        // If only one direction was captured, no acknowledgment can come.
        if other.last_ack.is_none() && len > 0 && own.holes.first().is_some_and(|hole| payload >= hole.end) {
            own.behind_hole += 1;
            if own.behind_hole > REORDERED {
                gap = Some(payload);
                own.holes.clear();
                own.behind_hole = 0;
            }
        }
        // What was acknowledged has arrived, so it is the capture that lacks it.
        let acknowledged =
            other.next.map(|next| other.offset.wrapping_add_signed((ack.wrapping_sub(next) as i32).into()));
        // It shows in a frame of its own direction, so that addresses and ports fit.
        if let Some(acknowledged) = acknowledged.filter(|_| has(flag::ACK))
            && other.holes.first().is_some_and(|hole| acknowledged > hole.start)
        {
            other.lost = Some(acknowledged);
            other.fill(0..acknowledged);
        }
        gap = gap.max(own.lost.take());

        let in_flight = own.in_flight(len, flags);
        if len > 0 {
            own.since_push = if has(flag::PUSH) { own.since_push } else { own.since_push.wrapping_add(len) };
        }
        let pushed = own.since_push.wrapping_add(if has(flag::PUSH) { len } else { 0 });
        if has(flag::PUSH) {
            own.since_push = 0;
        }
        let note = marks.note(reused);
        let anything = note.is_some() || acked.is_some() || in_flight.is_some();
        if anything {
            let _ = pdu.group(ANALYSIS, |pdu| {
                if let Some(Unacked { number, time: sent, .. }) = acked {
                    pdu.computed(ANALYSIS_ACKS_FRAME, 8..12, number);
                    pdu.computed(ANALYSIS_ACK_RTT, 0..0, time.saturating_sub(sent));
                }
                if let Some(round_trip) = self.round_trip {
                    pdu.computed(ANALYSIS_INITIAL_RTT, 0..0, round_trip);
                }
                if let Some(bytes) = in_flight {
                    pdu.computed(ANALYSIS_BYTES_IN_FLIGHT, 0..0, bytes);
                    pdu.computed(ANALYSIS_PUSH_BYTES_SENT, 0..0, pushed);
                }
                if note.is_some() {
                    pdu.group(ANALYSIS_FLAGS, |pdu| {
                        marks.record(pdu, reused);
                        Ok(())
                    })?;
                }
                Ok(())
            });
        }
        Place {
            part: u64::from(self.stream) + 1,
            offset: payload,
            expected: own.offset,
            gap,
            ack_base,
            seq: relative,
            ack: relative_ack,
            window: scaled,
            note,
            duplicate_ack: marks.duplicate_ack.filter(|_| note == Some(DUPLICATE)),
            server: self.server,
        }
    }
}

impl Direction {
    /// Takes what has come out of the holes.
    fn fill(&mut self, come: Range<u64>) {
        let first = self.holes.first().cloned();
        let mut rest = None;
        for hole in &mut self.holes {
            if come.start <= hole.start {
                hole.start = hole.start.max(come.end.min(hole.end));
            } else if come.end >= hole.end {
                hole.end = hole.end.min(come.start.max(hole.start));
            } else {
                rest = Some(come.end..hole.end);
                hole.end = come.start;
            }
        }
        self.holes.retain(|hole| !hole.is_empty());
        if let Some(rest) = rest {
            let at = self.holes.partition_point(|hole| hole.start < rest.start);
            self.holes.insert(at, rest);
        }
        if self.holes.first() != first.as_ref() {
            self.behind_hole = 0;
        }
    }

    /// Forgets what is acknowledged. Gives the segment that ends exactly there, the first that did.
    fn acknowledge(&mut self, ack: u32) -> Option<Unacked> {
        let mut acked = None;
        self.unacked.retain_mut(|segment| {
            if segment.end == ack && acked.is_none() {
                acked = Some(*segment);
            }
            if behind(ack, segment.seq) && behind(segment.end, ack) {
                segment.seq = ack;
            }
            behind(segment.end, ack)
        });
        let mut segments = self.unacked.iter();
        if let Some(first) = segments.next() {
            self.range = segments.fold((first.seq, first.end), |(from, to), s| {
                (if behind(from, s.seq) { s.seq } else { from }, if behind(s.end, to) { s.end } else { to })
            });
        }
        acked
    }

    /// Takes over what a segment of its own says.
    fn follow(&mut self, segment: &Segment<'_>, end: u32, seen: Seen, marks: &Marks) {
        let Segment { seq, ack, flags, window, len, .. } = *segment;
        let Seen { number, time, .. } = seen;
        if marks.lost_segment {
            self.in_flight_unknown = true;
        }
        if self.last_ack != Some(ack) {
            (self.first_ack_frame, self.duplicates) = (number, 0);
        }
        if (len > 0 || flags & (flag::SYN | flag::FIN) != 0) && self.unacked.len() < MAX_UNACKED {
            self.unacked.push_back(Unacked { seq, end, number, time });
            let (from, to) = if self.unacked.len() == 1 { (seq, end) } else { self.range };
            self.range = (if behind(from, seq) { seq } else { from }, if behind(end, to) { end } else { to });
        }
        if !marks.zero_window_probe {
            if self.next.is_none_or(|next| behind(end, next)) {
                (self.next, self.next_time) = (Some(end), time);
            }
            if self.complete.is_none_or(|complete| complete == seq) {
                self.complete = self.next;
            }
        }
        (self.window, self.last_ack, self.last_ack_time) = (Some(window), Some(ack), time);
        (self.was_keep_alive, self.was_probe) = (marks.keep_alive, marks.zero_window_probe);
    }

    /// How many bytes were sent that nobody has acknowledged.
    fn in_flight(&self, len: u32, flags: u16) -> Option<u32> {
        if len == 0 || self.in_flight_unknown || self.unacked.is_empty() {
            return None;
        }
        let (from, to) = self.range;
        // SYN and FIN count as a byte each, but are none.
        let virtual_byte = flags & (flag::SYN | flag::FIN) != 0;
        let bytes = to.wrapping_sub(from).saturating_sub(virtual_byte.into());
        (1..2_000_000_000).contains(&bytes).then_some(bytes)
    }
}

/// What a segment looks like.
#[derive(Clone, Copy, Default)]
struct Marks {
    retransmission: bool,
    fast_retransmission: bool,
    spurious_retransmission: bool,
    out_of_order: bool,
    lost_segment: bool,
    ack_lost_segment: bool,
    window_update: bool,
    window_full: bool,
    keep_alive: bool,
    keep_alive_ack: bool,
    zero_window: bool,
    zero_window_probe: bool,
    zero_window_probe_ack: bool,
    /// Which duplicate it is, and of which frame.
    duplicate_ack: Option<(u32, u64)>,
}

impl Marks {
    fn of(own: &mut Direction, other: &mut Direction, s: &Segment<'_>, seen: Seen, round_trip: Option<i64>) -> Marks {
        let mut marks = Marks::default();
        let special = s.flags & (flag::SYN | flag::FIN | flag::RESET) != 0;
        let at_next = own.next == Some(s.seq);
        marks.zero_window_probe = s.len == 1 && at_next && other.window == Some(0);
        if !marks.zero_window_probe {
            marks.states(own, other, s, special, at_next);
        }
        if s.flags & flag::ACK != 0 && other.complete.is_some_and(|complete| behind(s.ack, complete)) {
            marks.ack_lost_segment = true;
            other.complete = other.next;
        }
        if s.len > 0 || s.flags & (flag::SYN | flag::FIN) != 0 {
            marks.repetition(own, other, s, seen, round_trip);
        }
        marks
    }

    /// What it says of windows, and whether it only keeps the connection alive.
    fn states(&mut self, own: &mut Direction, other: &mut Direction, s: &Segment<'_>, special: bool, at_next: bool) {
        self.zero_window = s.window == 0 && !special;
        self.lost_segment = s.flags & flag::RESET == 0 && own.next.is_some_and(|next| behind(s.seq, next));
        if special {
            return;
        }
        self.keep_alive = s.len <= 1 && own.next.is_some_and(|next| s.seq == next.wrapping_sub(1));
        let same_ack = own.last_ack == Some(s.ack);
        let same_window = own.window == Some(s.window);
        let repeats = s.len == 0 && at_next && same_ack;
        self.window_update = repeats && s.window != 0 && !same_window;
        let edge = match (other.scale, other.last_ack, other.window) {
            (Scale::Unknown, ..) | (_, None, _) | (.., None) => None,
            (Scale::Unused, Some(ack), Some(window)) => Some(ack.wrapping_add(window.into())),
            (Scale::Shift(shift), Some(ack), Some(window)) => Some(ack.wrapping_add(u32::from(window) << shift)),
        };
        self.window_full = s.len > 0 && edge == Some(s.seq.wrapping_add(s.len));
        if repeats && s.window != 0 && same_window {
            if other.was_keep_alive {
                self.keep_alive_ack = true;
            } else {
                own.duplicates += 1;
                self.duplicate_ack = Some((own.duplicates, own.first_ack_frame));
            }
        }
        let next_ack = own.last_ack.map(|ack| ack.wrapping_add(1));
        if s.len == 0 && at_next && s.window == 0 && same_window && other.was_probe {
            if same_ack {
                self.zero_window_probe_ack = true;
            } else if next_ack == Some(s.ack) {
                // The receiver had room for the probe's byte.
                self.zero_window_probe_ack = true;
                (other.next, other.complete) = (Some(s.ack), Some(s.ack));
                other.offset += 1;
            }
        }
    }

    /// Whether it was sent before.
    fn repetition(&mut self, own: &Direction, other: &Direction, s: &Segment<'_>, seen: Seen, round_trip: Option<i64>) {
        let Some(next) = own.next else { return };
        let (seq, end) = (s.seq, s.seq.wrapping_add(s.len));
        let virtual_byte = s.flags & (flag::SYN | flag::FIN) != 0;
        let mut not_advanced = behind(next, seq);
        if not_advanced && self.keep_alive {
            return;
        }
        // The byte before it was a probe of the window.
        if s.len > 1 && seq == next.wrapping_sub(1) {
            not_advanced = false;
        }
        let acked = other.last_ack.filter(|ack| *ack != 0);
        if s.len > 0 && acked.is_some_and(|ack| !behind(end, ack)) {
            self.spurious_retransmission = true;
        } else if !not_advanced {
        } else if other.duplicates >= 2
            && other.last_ack == Some(seq)
            && seen.time.saturating_sub(other.last_ack_time) < FAST
        {
            self.fast_retransmission = true;
        } else if seen.time.saturating_sub(own.next_time) < round_trip.filter(|t| *t != 0).unwrap_or(OUT_OF_ORDER)
            && next != end.wrapping_add(virtual_byte.into())
        {
            self.out_of_order = true;
        } else {
            self.retransmission = true;
        }
    }

    /// All of it, in the order in which a tree shows it; with how grave it is, if that is to be complained of.
    #[allow(clippy::type_complexity)]
    fn list(&self, reused: bool) -> [(bool, Handle<Group>, &'static str, Option<Severity>); 14] {
        const NOTE: Option<Severity> = Some(Severity::Note);
        const WARNING: Option<Severity> = Some(Severity::Warning);
        let plain = self.retransmission && !self.fast_retransmission && !self.spurious_retransmission;
        [
            (plain, ANALYSIS_RETRANSMISSION, "Retransmission", NOTE),
            (self.fast_retransmission, ANALYSIS_FAST_RETRANSMISSION, "Fast Retransmission", NOTE),
            (self.spurious_retransmission, ANALYSIS_SPURIOUS_RETRANSMISSION, "Spurious Retransmission", NOTE),
            (self.out_of_order, ANALYSIS_OUT_OF_ORDER, "Out-Of-Order", WARNING),
            (reused, ANALYSIS_REUSED_PORTS, "Port numbers reused", NOTE),
            (self.lost_segment, ANALYSIS_LOST_SEGMENT, "Previous segment not captured", WARNING),
            (self.ack_lost_segment, ANALYSIS_ACK_LOST_SEGMENT, "ACKed unseen segment", WARNING),
            (self.window_update, ANALYSIS_WINDOW_UPDATE, "Window Update", None),
            (self.window_full, ANALYSIS_WINDOW_FULL, "Window Full", WARNING),
            (self.keep_alive, ANALYSIS_KEEP_ALIVE, "Keep-Alive", NOTE),
            (self.keep_alive_ack, ANALYSIS_KEEP_ALIVE_ACK, "Keep-Alive ACK", NOTE),
            (self.zero_window_probe, ANALYSIS_ZERO_WINDOW_PROBE, "ZeroWindowProbe", NOTE),
            (self.zero_window_probe_ack, ANALYSIS_ZERO_WINDOW_PROBE_ACK, "ZeroWindowProbeAck", NOTE),
            (self.zero_window, ANALYSIS_ZERO_WINDOW, "ZeroWindow", WARNING),
        ]
    }

    fn record(&self, pdu: &mut Pdu<'_>, reused: bool) {
        for (is_it, field, text, severity) in self.list(reused) {
            // Every kind of retransmission is a retransmission.
            let repeated = self.fast_retransmission || self.spurious_retransmission;
            if is_it || field.id == ANALYSIS_RETRANSMISSION.id && repeated {
                pdu.mark(field, 0..0);
            }
            if let Some(severity) = severity.filter(|_| is_it) {
                let code = text.to_ascii_lowercase().replace(' ', "-");
                pdu.diagnostic(severity, &code, 0..0, format_args!(""));
            }
        }
        if let Some((count, frame)) = self.duplicate_ack {
            pdu.mark(ANALYSIS_DUPLICATE_ACK, 0..0);
            pdu.computed(ANALYSIS_DUPLICATE_ACK_NUM, 0..0, count);
            pdu.computed(ANALYSIS_DUPLICATE_ACK_FRAME, 0..0, frame);
            pdu.diagnostic(Severity::Note, "dup-ack", 0..0, format_args!(""));
        }
    }

    /// The first of what is to be said of it, for the summary.
    fn note(&self, reused: bool) -> Option<&'static str> {
        let first = self.list(reused).into_iter().find(|(is_it, ..)| *is_it).map(|(_, _, text, _)| text);
        first.or(self.duplicate_ack.map(|_| DUPLICATE))
    }
}
