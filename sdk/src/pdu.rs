//! The cursor that a dissector reads its slice with, and the sink that what it finds goes into.

use crate::handle::{ComputedBytes, ComputedWord, Fixed, Group, Handle, Table, Variable};
use crate::span::{Diagnostic, END, MAX, NO_FIELD, Severity, Span};
use std::fmt::{self, Write};
use std::ops::Range;

/// Side bytes of all PDUs that are dissected together: what is unpacked beyond is not handed on.
const MAX_SIDE: usize = 512 << 20;
/// A line of text is not waited for longer than so many bytes.
const MAX_LINE: usize = 64 << 10;

/// How a dissection ends: with everything read, or where the bytes ran out.
pub type Step = Result<(), Stop>;

/// The bytes ran out: what was to be read, and where. Everything before it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Number of the field that did not fit; [`NO_FIELD`] for bytes that were skipped.
    pub field: u16,
    /// Number of the field that set the limit; [`NO_FIELD`] where it was the end of the slice.
    pub claim: u16,
    /// Where the field begins, counted from the start of the slice.
    pub offset: u32,
    /// Bytes that it needs.
    pub needed: u32,
    /// Bytes that there were.
    pub available: u32,
    /// The bytes were on the wire, but the capture does not have them.
    pub cut: bool,
}

impl Stop {
    /// The dissector leaves of its own will, and has said why otherwise.
    const LEAVES: Stop = Stop { field: NO_FIELD, claim: NO_FIELD, offset: 0, needed: 0, available: 0, cut: false };
}

/// A slice that waits for a dissector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    /// First byte in the buffer of the call.
    pub start: u32,
    /// Bytes that were captured.
    pub len: u32,
    /// Bytes that were on the wire; never less than `len`.
    pub wire_len: u32,
    /// Which of the protocol's claims it came by; [`Slice::NO_CLAIM`] where another way.
    pub claim: u16,
    /// It is a part of a quotation, see [`Next::quoted`].
    pub quoted: bool,
    /// It goes in the second direction of its flow.
    pub reverse: bool,
    /// It is of a stream, so more may follow behind its end.
    pub stream: bool,
    /// Number of the frame; 0 where the slices of a call are in no order.
    pub number: u64,
    /// When the frame was captured, in nanoseconds since 1970.
    pub time: i64,
    /// A number from the protocol around it: below an IP header, the sum of the addresses for the checksum.
    pub context: u64,
    /// Which conversation it belongs to, the same number in both directions; 0 where that is not known.
    pub flow: u64,
}

impl Slice {
    /// The value of [`Slice::claim`] for a slice that came by no claim.
    pub const NO_CLAIM: u16 = u16::MAX;

    /// As a dissector gets it that keeps nothing: whether the host knows of flows depends on who else needs them.
    pub fn without_flow(self) -> Slice {
        Slice { flow: 0, reverse: false, number: 0, time: 0, ..self }
    }
}

/// What the caller wants to know of one protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Want {
    /// One bit for each field.
    pub fields: Vec<u64>,
    /// Whether the info line is wanted.
    pub info: bool,
}

impl Want {
    /// Nothing, for a protocol of `fields` fields.
    pub fn nothing(fields: usize) -> Want {
        Want { fields: vec![0; fields.div_ceil(64)], info: false }
    }

    /// Wants one more field.
    pub fn insert(&mut self, field: u16) {
        self.fields[field as usize / 64] |= 1 << (field % 64);
    }

    /// Whether a field is wanted.
    #[inline(always)]
    pub fn has(&self, field: u16) -> bool {
        has(&self.fields, field)
    }

    /// Whether nothing at all is wanted.
    pub fn is_empty(&self) -> bool {
        !self.info && self.fields.iter().all(|w| *w == 0)
    }
}

#[inline(always)]
fn has(wanted: &[u64], field: u16) -> bool {
    wanted.get(field as usize / 64).is_some_and(|word| word >> (field % 64) & 1 != 0)
}

/// What a hand-on is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum HandOn {
    /// A PDU.
    #[default]
    Whole,
    /// Bytes of a stream, at [`Next::at`].
    Stream,
    /// The last bytes of a stream.
    StreamEnd,
    /// A fragment of a PDU, at [`Next::at`]; more follow.
    Fragment,
    /// Its last fragment.
    LastFragment,
    /// No bytes: what lies before [`Next::at`] in the stream of the flow's other direction and has not come will not come.
    StreamLost,
    /// No bytes: the flow's further PDUs are for the dissector that the table names.
    Bind,
    /// No PDU: the bytes are an address (none: any), the first key is a port of the table, the second key the position of
    /// the table that names the dissector for flows with that end.
    Expect,
    /// No bytes: what lies before [`Next::at`] in the stream of this direction and has not come will not come.
    StreamGap,
    /// A PDU that may have no bytes: the context tells enough.
    EvenEmpty,
}

impl HandOn {
    /// From its number; `None` where there is none of that number.
    pub const fn from_number(number: u8) -> Option<HandOn> {
        const ALL: [HandOn; 10] = [
            HandOn::Whole,
            HandOn::Stream,
            HandOn::StreamEnd,
            HandOn::Fragment,
            HandOn::LastFragment,
            HandOn::StreamLost,
            HandOn::Bind,
            HandOn::Expect,
            HandOn::StreamGap,
            HandOn::EvenEmpty,
        ];
        if (number as usize) < ALL.len() { Some(ALL[number as usize]) } else { None }
    }
}

/// A part of a slice that is for another dissector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Next {
    /// What it is.
    pub what: HandOn,
    /// Its bytes are side bytes of the answer, not of the slice.
    pub side: bool,
    /// Where in its stream, or in the PDU that it is a fragment of, it begins.
    pub at: u64,
    /// Which part of the flow it belongs to, or which PDU a fragment is of; 0: the flow itself.
    pub part: u64,
    /// Which of the protocol's tables to look in.
    pub table: u16,
    /// First byte, counted from the start of the slice.
    pub offset: u32,
    /// Bytes on the wire.
    pub wire_len: u32,
    /// The keys to look up, in this order; the first that has an owner decides.
    pub keys: [u64; 2],
    /// How many of `keys` count.
    pub key_count: u8,
    /// It quotes another frame (as ICMP errors do) and says nothing of who talks to whom in this one.
    pub quoted: bool,
    /// It is a detail of this PDU, see [`Next::detail`].
    pub detail: bool,
    /// Passed on as [`Slice::context`].
    pub context: u64,
    /// Who talks to whom.
    pub ends: Ends,
}

/// Where in a slice the sender's and the receiver's address or port lie; nowhere if `len` is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// First byte of the sender's, counted from the start of the slice.
    pub from: u16,
    /// First byte of the receiver's.
    pub to: u16,
    /// Bytes of each; less than 0x8000.
    pub len: u16,
    /// They are ports, which part the flow of the addresses around them; addresses begin a flow.
    pub ports: bool,
}

impl Next {
    /// Says that those who talk have their addresses `from` and `to` bytes after the start of the PDU, `len` bytes long:
    /// what is handed on belongs to their flow.
    pub fn addresses(&mut self, from: usize, to: usize, len: usize) -> &mut Next {
        self.ends = Ends { from: from as u16, to: to as u16, len: len as u16, ports: false };
        self
    }

    /// Says that those who talk have their ports there: what is handed on belongs to that part of the addresses' flow.
    pub fn ports(&mut self, from: usize, to: usize, len: usize) -> &mut Next {
        self.ends = Ends { from: from as u16, to: to as u16, len: len as u16, ports: true };
        self
    }

    /// Passes a number on to whoever gets the slice, see [`Pdu::context`].
    pub fn context(&mut self, context: u64) -> &mut Next {
        self.context = context;
        self
    }

    /// Ends the slice `len` bytes after its start instead of at the end of the PDU.
    pub fn len(&mut self, len: usize) -> &mut Next {
        self.wire_len = self.wire_len.min(len as u32);
        self
    }

    /// Hands it on even if it has no bytes, to whoever owns the key: a call without arguments still is one.
    pub fn even_empty(&mut self) -> &mut Next {
        self.what = HandOn::EvenEmpty;
        self
    }

    /// Marks the slice as the quotation of another frame.
    pub fn quoted(&mut self) -> &mut Next {
        self.quoted = true;
        self
    }

    /// Says that it is a detail of this PDU (a certificate in a handshake, a description in an invitation), and not what this PDU
    /// carries: in a summary the PDU stays what the frame is about, and the detail's info line stands behind its own.
    pub fn detail(&mut self) -> &mut Next {
        self.detail = true;
        self
    }

    /// Says that these are bytes of a stream, the first at this offset. Where the count begins is free.
    pub fn stream(&mut self, offset: u64) -> &mut Next {
        (self.what, self.at) = (HandOn::Stream, offset);
        self
    }

    /// Says, behind [`Next::stream`], that nothing follows these bytes.
    pub fn stream_end(&mut self) -> &mut Next {
        self.what = HandOn::StreamEnd;
        self
    }

    /// Says that there are no bytes, but that whatever lies before this offset in the stream of the other direction, and has not
    /// come, will not come: it was acknowledged, so the capture lacks it.
    pub fn lost(&mut self, offset: u64) -> &mut Next {
        (self.what, self.at) = (HandOn::StreamLost, offset);
        self
    }

    /// The same of this direction's stream.
    pub fn gap(&mut self, offset: u64) -> &mut Next {
        (self.what, self.at) = (HandOn::StreamGap, offset);
        self
    }

    /// Says that this is the fragment at `offset` of the PDU that the sender calls `id`, and whether more follow.
    pub fn fragment(&mut self, id: u64, offset: usize, more: bool) -> &mut Next {
        self.what = if more { HandOn::Fragment } else { HandOn::LastFragment };
        (self.part, self.at) = (id, offset as u64);
        self
    }

    /// Says that it belongs to a part of the flow, such as one stream of a multiplexed connection. What is kept for a flow
    /// is kept for each part of it.
    pub fn part(&mut self, part: u64) -> &mut Next {
        self.part = part;
        self
    }
}

/// Keys to look up: one, or two in order of preference.
pub trait Keys {
    /// The keys and how many of them count.
    fn keys(self) -> ([u64; 2], u8);
}

macro_rules! keys {
    ($($t:ty),*) => {$(
        impl Keys for $t {
            fn keys(self) -> ([u64; 2], u8) {
                ([self.into(), 0], 1)
            }
        }

        impl Keys for [$t; 2] {
            fn keys(self) -> ([u64; 2], u8) {
                (self.map(Into::into), 2)
            }
        }
    )*};
}
keys!(u8, u16, u32, u64);

/// How far the lists of a [`Sink`] reach after one slice, and what was said of the slice as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// End of its words.
    pub words: u32,
    /// End of its side bytes.
    pub side: u32,
    /// End of its hand-ons.
    pub next: u32,
    /// Where the PDU ends, in bytes on the wire; what lies behind is the outer protocol's trailer. Of a probe, the number
    /// of its [`Verdict`](crate::dissector::Verdict).
    pub end: u32,
    /// The info line, offset in the slice's side bytes.
    pub info_start: u32,
    /// The info line, length in bytes.
    pub info_len: u32,
}

impl Answer {
    /// In place of the end of the PDU: the slice is not of the dissector's protocol.
    pub const REJECTED: u32 = u32::MAX;
}

/// What the dissectors of one call have found, one [`Answer`] a slice; reused from call to call.
#[derive(Debug, Default)]
pub struct Sink {
    /// Spans, see [`crate::span`].
    pub words: Vec<u64>,
    /// Texts and other long values that are not in the slice. Offsets into it count from the slice's first side byte.
    pub side: Vec<u8>,
    /// Parts for other dissectors.
    pub next: Vec<Next>,
    /// One for each slice.
    pub answers: Vec<Answer>,
}

impl Sink {
    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.words.clear();
        self.side.clear();
        self.next.clear();
        self.answers.clear();
    }
}

/// A protocol data unit: the slice that a dissector was given, a cursor in it, and where the findings go.
///
/// Every reading method fails softly with [`Stop`]; a dissector passes that on with `?` and loses nothing of
/// what it has read before.
pub struct Pdu<'a> {
    data: &'a [u8],
    slice: Slice,
    at: usize,
    /// The bytes that may be read now: captured, and inside the current limit. They begin where `data` does.
    readable: &'a [u8],
    /// Where the current limit is, in bytes on the wire.
    limit: usize,
    claim: u16,
    /// Where the PDU ends, in bytes on the wire.
    end: usize,
    side_base: usize,
    info: (u32, u32),
    wanted: &'a [u64],
    /// The first word of `wanted`, by value: most protocols have no more fields.
    wanted_low: u64,
    wants_info: bool,
    sink: &'a mut Sink,
}

impl<'a> Pdu<'a> {
    /// Begins with a slice of `buffer`.
    #[inline]
    pub fn new(buffer: &'a [u8], slice: Slice, want: &'a Want, sink: &'a mut Sink) -> Pdu<'a> {
        let data = &buffer[slice.start as usize..][..(slice.len as usize).min(MAX)];
        let limit = (slice.wire_len as usize).min(MAX);
        let side_base = sink.side.len();
        Pdu {
            data,
            slice,
            at: 0,
            readable: data,
            limit,
            claim: NO_FIELD,
            end: limit,
            side_base,
            info: (0, 0),
            wanted: &want.fields,
            wanted_low: want.fields.first().copied().unwrap_or(0),
            wants_info: want.info,
            sink,
        }
    }

    /// Ends with the outcome of the dissection: a [`Stop`] becomes a diagnostic.
    #[inline]
    pub fn finish(mut self, outcome: Step) {
        if let Err(stop) = outcome {
            self.left(stop);
        }
        self.sink.answers.push(Answer {
            words: self.sink.words.len() as u32,
            side: self.sink.side.len() as u32,
            next: self.sink.next.len() as u32,
            end: self.end as u32,
            info_start: self.info.0,
            info_len: self.info.1,
        });
    }

    /// Ends a probe.
    pub(crate) fn verdict(mut self, verdict: crate::dissector::Verdict) {
        self.end = verdict as usize;
        self.finish(Ok(()));
    }

    /// In a stream, who runs off the end waits for more.
    #[cold]
    fn left(&mut self, stop: Stop) {
        if stop == Stop::LEAVES || self.waits() {
            return;
        }
        if self.slice.stream && stop.claim == NO_FIELD && !stop.cut {
            // Nothing longer than a slice can be is waited for, whatever a length says.
            self.end = (stop.offset as usize).saturating_add(stop.needed as usize).max(self.end + 1).min(MAX);
        } else {
            self.stopped(stop);
        }
    }

    /// Whether the PDU is known to be longer than the slice, in a stream.
    fn waits(&self) -> bool {
        self.slice.stream && self.end > self.slice.wire_len as usize
    }

    #[cold]
    fn stopped(&mut self, stop: Stop) {
        let field = |f| Some(f).filter(|&f| f != NO_FIELD);
        // A quotation ends where whoever quotes has had enough.
        let cut = stop.cut || self.slice.quoted && stop.claim == NO_FIELD;
        let diagnostic = Diagnostic {
            severity: if cut { Severity::Note } else { Severity::Error },
            code: if cut { Diagnostic::CUT } else { Diagnostic::SHORT },
            text: "",
            field: field(stop.field),
            claim: field(stop.claim),
            offset: stop.offset,
            needed: stop.needed,
            available: stop.available,
        };
        self.write_diagnostic(&diagnostic);
    }

    /// Side offsets count from the slice's first side byte, so the diagnostic is written into its own buffer first.
    fn write_diagnostic(&mut self, diagnostic: &Diagnostic<'_>) {
        let mut side = self.sink.side.split_off(self.side_base);
        diagnostic.write(&mut self.sink.words, &mut side);
        self.sink.side.append(&mut side);
    }

    // Where the cursor is.

    /// Bytes between the start of the PDU and the cursor.
    #[inline(always)]
    pub fn position(&self) -> usize {
        self.at
    }

    /// Bytes that can still be read: captured, and inside the limit.
    #[inline(always)]
    pub fn remaining(&self) -> usize {
        self.readable.len().saturating_sub(self.at)
    }

    /// Bytes up to the limit, whether they were captured or not.
    #[inline(always)]
    pub fn wire_remaining(&self) -> usize {
        self.limit.saturating_sub(self.at)
    }

    /// Length of the PDU on the wire, as far as is known: the slice's, or what [`Pdu::set_len`] said.
    #[inline(always)]
    pub fn wire_len(&self) -> usize {
        self.end
    }

    /// Which conversation the PDU belongs to, the same number in both directions; 0 where that is not known, and for
    /// protocols that are not declared as `stateful`. See [`Dissector::flow_end`](crate::Dissector::flow_end).
    #[inline(always)]
    pub fn flow(&self) -> u64 {
        self.slice.flow
    }

    /// Which of its flow's two directions the PDU goes in.
    #[inline(always)]
    pub fn is_reverse(&self) -> bool {
        self.slice.reverse
    }

    /// Whether both ends of its flow have the same address, so that only ports tell its directions apart.
    #[inline(always)]
    pub fn is_own(&self) -> bool {
        self.slice.flow & 1 != 0
    }

    /// Every captured byte of the PDU.
    #[inline(always)]
    pub fn data(&self) -> &'a [u8] {
        &self.data[..self.data.len().min(self.end)]
    }

    /// The bytes between the cursor and the limit, as far as they were captured.
    #[inline(always)]
    pub fn rest(&self) -> &'a [u8] {
        self.readable.get(self.at..).unwrap_or_default()
    }

    /// The number that the outer protocol passed on, see [`Next::context`].
    #[inline(always)]
    pub fn context(&self) -> u64 {
        self.slice.context
    }

    /// Which of the protocol's claims the slice came by, as a position in [`crate::declare::Protocol::claims`].
    #[inline(always)]
    pub fn claim(&self) -> Option<usize> {
        (self.slice.claim != Slice::NO_CLAIM).then_some(self.slice.claim as usize)
    }

    /// Whether the PDU is a part of a quotation of another frame: often cut short, and perhaps changed on its way, so
    /// that its checksums say nothing.
    #[inline(always)]
    pub fn is_quoted(&self) -> bool {
        self.slice.quoted
    }

    // Reading.

    #[cold]
    #[inline(never)]
    fn stop(&self, field: u16, needed: usize) -> Stop {
        Stop {
            field,
            claim: self.claim,
            offset: self.at as u32,
            needed: needed as u32,
            available: self.remaining() as u32,
            cut: self.at.saturating_add(needed) <= self.limit,
        }
    }

    /// The next `n` bytes, without moving.
    #[inline(always)]
    fn ahead(&self, field: u16, n: usize) -> Result<&'a [u8], Stop> {
        match self.at.checked_add(n).and_then(|end| self.readable.get(self.at..end)) {
            Some(bytes) => Ok(bytes),
            None => Err(self.stop(field, n)),
        }
    }

    /// Whether a field is wanted.
    #[inline(always)]
    fn has(&self, field: u16) -> bool {
        if field < 64 { self.wanted_low >> field & 1 != 0 } else { has(self.wanted, field) }
    }

    /// Records a span if somebody wants it.
    #[inline(always)]
    fn record(&mut self, field: u16, offset: usize, len: usize) {
        if self.has(field) {
            self.sink.words.push(Span::pack(field, offset, len));
        }
    }

    /// Reads a field at the cursor, records it and its parts, and moves behind it.
    #[inline(always)]
    pub fn take<T: Fixed>(&mut self, field: Handle<T>) -> Result<T, Stop> {
        let value = self.show(field)?;
        self.at += field.width as usize;
        Ok(value)
    }

    /// Reads a field at the cursor and records it and its parts, without moving.
    #[inline(always)]
    pub fn show<T: Fixed>(&mut self, field: Handle<T>) -> Result<T, Stop> {
        let bytes = self.ahead(field.id, field.width as usize)?;
        for id in field.id..=field.id + field.parts {
            self.record(id, self.at, field.width as usize);
        }
        Ok(T::decode(&field, bytes))
    }

    /// Reads a field at the cursor without recording it or moving.
    #[inline(always)]
    pub fn peek<T: Fixed>(&self, field: Handle<T>) -> Result<T, Stop> {
        Ok(T::decode(&field, self.ahead(field.id, field.width as usize)?))
    }

    /// Reads and records a field that begins `offset` bytes after the start of the PDU, without moving.
    #[inline(always)]
    pub fn show_at<T: Fixed>(&mut self, field: Handle<T>, offset: usize) -> Result<T, Stop> {
        let back = std::mem::replace(&mut self.at, offset);
        let value = self.show(field);
        self.at = back;
        value
    }

    /// Takes the next `len` bytes as the value of a field.
    #[inline(always)]
    pub fn take_bytes(&mut self, field: Handle<Variable>, len: usize) -> Result<&'a [u8], Stop> {
        let bytes = self.ahead(field.id, len)?;
        self.record(field.id, self.at, len);
        self.at += len;
        Ok(bytes)
    }

    /// Moves over the next `len` bytes, from which the value of a field will be computed. Nothing is recorded; if they are
    /// missing, it is this field that did not fit.
    #[inline(always)]
    pub fn take_raw<T>(&mut self, field: Handle<T>, len: usize) -> Result<&'a [u8], Stop> {
        let bytes = self.ahead(field.id, len)?;
        self.at += len;
        Ok(bytes)
    }

    /// Takes everything up to the limit, as far as it was captured, as the value of a field.
    #[inline(always)]
    pub fn take_rest(&mut self, field: Handle<Variable>) -> &'a [u8] {
        let bytes = self.rest();
        self.record(field.id, self.at, bytes.len());
        self.at += bytes.len();
        bytes
    }

    /// Records a range of the PDU, which must have been captured, as the value of a field, whatever its type.
    #[inline(always)]
    pub fn mark<T>(&mut self, field: Handle<T>, range: Range<usize>) {
        debug_assert!(range.end <= self.data.len());
        self.record(field.id, range.start, range.len());
    }

    /// Moves over bytes that no field stands for.
    #[inline(always)]
    pub fn skip(&mut self, len: usize) -> Step {
        self.ahead(NO_FIELD, len)?;
        self.at += len;
        Ok(())
    }

    // Structure.

    /// Reads several fields under one heading. The group spans what was read in it.
    #[inline(always)]
    pub fn group<R>(
        &mut self,
        field: Handle<Group>,
        read: impl FnOnce(&mut Pdu<'a>) -> Result<R, Stop>,
    ) -> Result<R, Stop> {
        if !self.has(field.id) {
            return read(self);
        }
        let (word, start) = (self.sink.words.len(), self.at);
        self.sink.words.push(Span::pack(field.id, start, 0));
        let result = read(self);
        self.sink.words[word] = Span::pack(field.id, start, self.at.saturating_sub(start));
        self.sink.words.push(Span::pack(END, self.at, 0));
        result
    }

    /// Limits reading to the next `len` bytes, a length that `claim` gave, and afterwards moves to their end.
    ///
    /// A length that reaches over the present limit is read as far as that one; the field that doesn't fit says so.
    #[inline(always)]
    pub fn within<T, R>(
        &mut self,
        claim: Handle<T>,
        len: usize,
        read: impl FnOnce(&mut Pdu<'a>) -> Result<R, Stop>,
    ) -> Result<R, Stop> {
        let outer = (self.limit, self.readable, self.claim);
        let end = self.at.saturating_add(len);
        if end > self.limit && self.claim == NO_FIELD {
            self.wait_for(end)?;
        }
        if end <= self.limit {
            (self.limit, self.claim) = (end, claim.id);
            self.readable = &self.readable[..self.readable.len().min(end)];
        }
        let result = read(self);
        (self.limit, self.readable, self.claim) = outer;
        if result.is_ok() {
            self.at = self.at.max(end.min(self.readable.len()));
        }
        result
    }

    /// The same for a part whose insides are of no matter for what follows, an item of a list: if they don't fit into its
    /// length, that is a diagnostic, and reading goes on behind it. Only a part that is not all there ends the dissection.
    pub fn contained<T>(&mut self, claim: Handle<T>, len: usize, read: impl FnOnce(&mut Pdu<'a>) -> Step) -> Step {
        let end = self.at.saturating_add(len);
        match self.within(claim, len, read) {
            Err(stop) if stop != Stop::LEAVES && end <= self.readable.len() => {
                self.stopped(stop);
                self.at = end;
                Ok(())
            }
            other => other,
        }
    }

    /// Says that the PDU is `len` bytes long, as `claim` gave it. What lies behind belongs to the outer protocol, as
    /// its trailer. A `len` over the slice's own length changes nothing.
    #[inline(always)]
    pub fn set_len<T>(&mut self, claim: Handle<T>, len: usize) {
        if len < self.end {
            (self.end, self.limit, self.claim) = (len, len, claim.id);
            self.readable = &self.readable[..self.readable.len().min(len)];
        } else if self.slice.stream {
            if len == self.end {
                // All of it is here: who runs off its end would wait in vain.
                self.claim = claim.id;
            }
            self.end = len.min(MAX);
        }
    }

    /// Ends the PDU at the cursor. What lies behind belongs to the outer protocol, or is the stream's next PDU.
    pub fn end_here(&mut self) {
        if self.at < self.end {
            (self.end, self.limit) = (self.at, self.at);
            self.readable = &self.readable[..self.readable.len().min(self.at)];
        }
    }

    // Streams.

    /// Whether the slice is of a byte stream, so that more may follow. Running off its end is then no fault: what was found is
    /// dropped, and the PDU is dissected anew when there are more bytes.
    #[inline(always)]
    pub fn is_stream(&self) -> bool {
        self.slice.stream
    }

    /// Leaves, in a stream, if there are fewer than `len` bytes from the start of the PDU.
    pub fn wait_for(&mut self, len: usize) -> Step {
        if !self.slice.stream || len <= self.slice.wire_len as usize {
            return Ok(());
        }
        self.end = len.min(MAX);
        Err(Stop::LEAVES)
    }

    /// Leaves, in a stream, until there is at least one byte more or the stream ends.
    pub fn wait_more<T>(&mut self) -> Result<T, Stop> {
        if self.slice.stream {
            self.end = (self.slice.wire_len as usize + 1).min(MAX);
        }
        Err(Stop::LEAVES)
    }

    /// Says that the slice is not of this protocol: what was found in it is dropped, and others may have it.
    pub fn reject<T>(&mut self) -> Result<T, Stop> {
        self.end = Answer::REJECTED as usize;
        Err(Stop::LEAVES)
    }

    /// Whether the bytes up to the limit are not all: the slice is of a stream, nothing has set a limit, and it is not longer than
    /// anybody waits.
    pub(crate) fn may_grow(&self) -> bool {
        self.slice.stream && self.claim == NO_FIELD && self.rest().len() < MAX_LINE
    }

    /// Where the line at the cursor ends, and how long its line end is. In a stream without one: waits.
    fn line(&mut self) -> Result<(usize, usize), Stop> {
        let rest = self.rest();
        match rest.iter().position(|&byte| byte == b'\n') {
            Some(at) if at > 0 && rest[at - 1] == b'\r' => Ok((at - 1, 2)),
            Some(at) => Ok((at, 1)),
            None if self.may_grow() => self.wait_more(),
            None => Ok((rest.len(), 0)),
        }
    }

    /// Takes the bytes up to the next line end (CRLF or LF) as the value of a field, and moves behind the line end. Without one,
    /// a stream waits; elsewhere the rest is the line.
    pub fn take_line(&mut self, field: Handle<Variable>) -> Result<&'a [u8], Stop> {
        let (len, line_end) = self.line()?;
        let line = self.take_bytes(field, len)?;
        self.at += line_end;
        Ok(line)
    }

    /// The bytes up to the next line end, without moving.
    pub fn peek_line(&mut self) -> Result<&'a [u8], Stop> {
        let (len, _) = self.line()?;
        Ok(&self.rest()[..len])
    }

    /// Number of the frame, counted from 1; 0 for protocols that are not `stateful`.
    #[inline(always)]
    pub fn frame_number(&self) -> u64 {
        self.slice.number
    }

    /// When the frame was captured, in nanoseconds since 1970; 0 for protocols that are not `stateful`.
    #[inline(always)]
    pub fn time(&self) -> i64 {
        self.slice.time
    }

    // What is not in the bytes.

    /// Records a value that was computed from `range` of the PDU (empty where it comes from no bytes of it).
    #[inline(always)]
    pub fn computed(&mut self, field: Handle<ComputedWord>, range: Range<usize>, value: impl Word) {
        if self.has(field.id) {
            self.sink.words.push(Span::pack(field.id, range.start.min(MAX), range.len().min(MAX)));
            self.sink.words.push(value.word());
        }
    }

    /// Records a text or other long value that was computed from `range` of the PDU.
    #[inline(always)]
    pub fn computed_bytes(&mut self, field: Handle<ComputedBytes>, range: Range<usize>, value: &[u8]) {
        if self.has(field.id) {
            let offset = (self.sink.side.len() - self.side_base) as u64;
            self.sink.words.push(Span::pack(field.id, range.start.min(MAX), range.len().min(MAX)));
            self.sink.words.push(offset << 32 | value.len() as u64);
            self.sink.side.extend_from_slice(value);
        }
    }

    /// Whether somebody wants this field, for values that are dear to compute.
    #[inline(always)]
    pub fn wants<T>(&self, field: Handle<T>) -> bool {
        self.has(field.id)
    }

    /// Sets the info line; a later call replaces it. Nothing is formatted unless somebody wants it.
    #[inline(always)]
    pub fn info(&mut self, text: fmt::Arguments<'_>) {
        if self.wants_info {
            self.info = self.write_text(text);
        }
    }

    #[inline(never)]
    fn write_text(&mut self, text: fmt::Arguments<'_>) -> (u32, u32) {
        struct Side<'v>(&'v mut Vec<u8>);
        impl Write for Side<'_> {
            fn write_str(&mut self, s: &str) -> fmt::Result {
                self.0.extend_from_slice(s.as_bytes());
                Ok(())
            }
        }
        let start = self.sink.side.len();
        // Writing into memory can't fail, and a `Display` that does has written what it could.
        let _ = Side(&mut self.sink.side).write_fmt(text);
        ((start - self.side_base) as u32, (self.sink.side.len() - start) as u32)
    }

    /// Records a diagnostic about `range` of the PDU. `code` is a short fixed name for it, like `bad-length`.
    #[cold]
    pub fn diagnostic(&mut self, severity: Severity, code: &str, range: Range<usize>, text: fmt::Arguments<'_>) {
        let text = text.to_string();
        self.write_diagnostic(&Diagnostic {
            severity,
            code,
            text: &text,
            field: None,
            claim: None,
            offset: range.start as u32,
            needed: 0,
            available: range.len() as u32,
        });
    }

    // Handing on.

    /// Hands everything between cursor and limit to whoever owns the key in a table; with two keys, the first that has
    /// an owner decides.
    #[inline(always)]
    pub fn hand_on(&mut self, table: Table, keys: impl Keys) -> &mut Next {
        let (offset, wire_len) = (self.at as u32, self.wire_remaining() as u32);
        self.push_next(table, keys, Next { offset, wire_len, ..Next::default() })
    }

    #[inline(always)]
    fn push_next(&mut self, table: Table, keys: impl Keys, next: Next) -> &mut Next {
        let (keys, key_count) = keys.keys();
        self.sink.next.push(Next { table: table.0, keys, key_count, ..next });
        let last = self.sink.next.len() - 1;
        &mut self.sink.next[last]
    }

    /// Hands on bytes that are not in the frame: decrypted, decompressed, put together.
    pub fn hand_on_bytes(&mut self, table: Table, keys: impl Keys, bytes: &[u8]) -> &mut Next {
        let mut bytes = &bytes[..bytes.len().min(MAX)];
        if self.sink.side.len() + bytes.len() > MAX_SIDE {
            let text = format_args!("more was unpacked from a few frames than can be kept");
            self.diagnostic(Severity::Warning, "too-much", 0..0, text);
            bytes = &[];
        }
        self.hand_on_side(table, keys, bytes)
    }

    fn hand_on_side(&mut self, table: Table, keys: impl Keys, bytes: &[u8]) -> &mut Next {
        let offset = (self.sink.side.len() - self.side_base) as u32;
        self.sink.side.extend_from_slice(bytes);
        self.push_next(table, keys, Next { side: true, offset, wire_len: bytes.len() as u32, ..Next::default() })
    }

    /// From the next PDU on, whatever comes in this flow, in both directions, is for the dissector of this name, one of
    /// the protocol's tables that are declared as `bound`.
    pub fn bind(&mut self, dissector: Table) {
        self.push_next(dissector, 0u64, Next { what: HandOn::Bind, ..Next::default() });
    }

    /// Flows that begin later, have this address (empty: any) and port at one end and would look the port up in this
    /// table, are for the dissector of this name, declared as `bound`, unless somebody claims the port. The table is declared as
    /// `bound` too where nothing else is handed on to it: then who wants a field of its dissectors need not run this one.
    pub fn expect(&mut self, ports: Table, address: &[u8], port: u16, dissector: Table) {
        self.hand_on_side(ports, [u64::from(port), u64::from(dissector.0)], address).what = HandOn::Expect;
    }

    /// Hands everything between cursor and limit to the dissector of this name, one of the protocol's tables.
    #[inline(always)]
    pub fn hand_to(&mut self, dissector: Table) -> &mut Next {
        self.hand_on(dissector, 0u64)
    }
}

/// Values that fit into the second word of a computed field.
pub trait Word {
    /// The value as a word.
    fn word(self) -> u64;
}

macro_rules! words {
    ($($t:ty),*) => {$(
        impl Word for $t {
            #[inline(always)]
            fn word(self) -> u64 {
                self as u64
            }
        }
    )*};
}
words!(u8, u16, u32, u64, usize, i8, i16, i32, i64, bool);

impl Word for f64 {
    fn word(self) -> u64 {
        self.to_bits()
    }
}

impl Word for [u8; 4] {
    fn word(self) -> u64 {
        u32::from_be_bytes(self).into()
    }
}

impl Word for [u8; 6] {
    fn word(self) -> u64 {
        self.iter().fold(0, |word, &byte| word << 8 | byte as u64)
    }
}
