//! Byte streams: what a protocol hands on piece by piece is put in order, and cut into PDUs by the dissectors above.
//!
//! A piece that lies ahead of what is there is held back until the gap before it is filled, or the protocol below says
//! that it won't be; what has been there before is passed over, so of bytes that come twice the
//! first ones count. A PDU shows in the frame that completes it.
//!
//! Invariant: memory is bounded, whatever comes: so much for a PDU, so much ahead of a gap, so many streams, and so much in
//! all; what was seen least recently goes first.

use crate::dissection::Dissection;
use crate::flows::{Recent, of_part};
use crate::order::Place;
use crate::trace::Outcome;
use crate::walk::{Engine, Target, part};
use prosector_sdk::frame::Batch;
use prosector_sdk::pdu::{Answer, Slice};
use std::collections::BTreeMap;

/// Streams, in each of two generations.
const MAX_STREAMS: usize = 128 << 10;
/// What one stream holds ahead of a gap, in bytes and in pieces.
const MAX_HELD: usize = 1 << 20;
const MAX_HELD_PIECES: usize = 1 << 10;
/// What all streams hold, in bytes.
const MAX_BYTES: usize = 256 << 20;
/// A PDU that is longer is not waited for.
const MAX_PDU: usize = 4 << 20;
/// PDUs that one piece may complete.
const MAX_PDUS: u16 = 400;

/// Bytes that have come next in a stream.
#[derive(Clone, Copy, Debug)]
pub struct Tapped {
    /// The layer that has handed them on, see [`LayerView::id`](crate::LayerView::id).
    pub layer: u32,
    stitched: bool,
    start: u32,
    len: u32,
}

impl Tapped {
    /// The bytes; `data` is the batch's.
    pub fn bytes<'a>(&self, dissection: &'a Dissection, data: &'a [u8]) -> &'a [u8] {
        &dissection.buffer(self.stitched, data)[self.start as usize..][..self.len as usize]
    }
}

/// A piece of a stream.
#[derive(Clone, Copy)]
pub(crate) struct Chunk {
    pub slice: Slice,
    pub place: Place,
    pub keys: [u64; 2],
    pub key_count: u8,
    /// Where in the stream it begins.
    pub at: u64,
    pub how: How,
}

/// What else is known of a piece.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Goes,
    /// It is the last one.
    Ends,
    /// It has no bytes: what lies before it and isn't there will not come.
    Lost,
}

/// One direction of a flow, in one table.
#[derive(Default)]
pub(crate) struct Stream {
    /// Where the next byte belongs that has not come yet.
    next: Option<u64>,
    /// The beginning of a PDU that is not complete.
    pending: Vec<u8>,
    /// The frames that it is from, with how many bytes of each.
    pieces: Vec<(u64, u32)>,
    /// So many bytes must be there before it is looked at again.
    need: usize,
    /// Bytes of a PDU too long to be kept that are still to come.
    skip: u64,
    /// What lies ahead of a gap, by where it begins.
    held: BTreeMap<u64, Held>,
    held_bytes: usize,
}

struct Held {
    frame: u64,
    bytes: Vec<u8>,
    wire_len: u32,
    ends: bool,
}

/// All streams.
pub(crate) struct Streams {
    streams: Recent<Stream>,
    /// What all of them hold.
    bytes: usize,
}

impl Default for Streams {
    fn default() -> Self {
        Streams { streams: Recent::new(MAX_STREAMS), bytes: 0 }
    }
}

impl Streams {
    /// Takes a stream out; it is to be put back.
    fn take(&mut self, key: u64) -> Stream {
        if !self.streams.touch(key).is_empty() {
            self.count();
        }
        let stream = self.streams.get(key).map(std::mem::take).unwrap_or_default();
        self.bytes -= stream.pending.len() + stream.held_bytes;
        stream
    }

    fn put(&mut self, key: u64, stream: Stream) {
        self.bytes += stream.pending.len() + stream.held_bytes;
        if let Some(place) = self.streams.get(key) {
            *place = stream;
        }
        while self.bytes > MAX_BYTES {
            self.streams.forget_older();
            self.count();
        }
    }

    fn count(&mut self) {
        self.bytes = self.streams.values().map(|stream| stream.pending.len() + stream.held_bytes).sum();
    }

    pub(crate) fn forgotten(&self) -> u64 {
        self.streams.forgotten
    }
}

impl Engine {
    /// Takes a piece into its stream.
    pub(crate) fn stream(&mut self, batch: &Batch<'_>, chunk: Chunk) {
        let Slice { flow, reverse, .. } = chunk.slice;
        let key = of_part(flow, chunk.place.table as u16, reverse.into());
        let mut stream = self.state.streams.take(key);
        self.advance(batch, &chunk, &mut stream);
        self.state.streams.put(key, stream);
    }

    fn advance(&mut self, batch: &Batch<'_>, chunk: &Chunk, stream: &mut Stream) {
        let Chunk { slice, at, how, .. } = *chunk;
        let next = *stream.next.get_or_insert(at);
        if how == How::Lost {
            while stream.next.is_some_and(|next| at > next) {
                self.give_up(batch, chunk, stream);
            }
            return;
        }
        if at > next && (slice.wire_len > 0 || how == How::Ends) {
            let full = stream.held.len() >= MAX_HELD_PIECES || stream.held_bytes + slice.len as usize > MAX_HELD;
            self.hold(batch, chunk, stream);
            if full {
                self.give_up(batch, chunk, stream);
            }
            return;
        }
        let frame = self.frame_number(&chunk.place, batch);
        self.deliver(batch, chunk, stream, frame, slice, chunk.place, next - at.min(next), how == How::Ends);
        self.release(batch, chunk, stream);
    }

    fn hold(&mut self, batch: &Batch<'_>, chunk: &Chunk, stream: &mut Stream) {
        let Chunk { slice, place, at, how, .. } = *chunk;
        if stream.held.get(&at).is_some_and(|held| held.wire_len >= slice.wire_len) {
            return;
        }
        let bytes = self.bytes(&place, &slice, batch.data).to_vec();
        stream.held_bytes += bytes.len();
        let frame = self.frame_number(&place, batch);
        let held = Held { frame, bytes, wire_len: slice.wire_len, ends: how == How::Ends };
        if let Some(before) = stream.held.insert(at, held) {
            stream.held_bytes -= before.bytes.len();
        }
        self.show_segment(&place, &slice);
    }

    /// Goes on behind a gap that will not be filled.
    fn give_up(&mut self, batch: &Batch<'_>, chunk: &Chunk, stream: &mut Stream) {
        // Behind the gap, what is held comes next; or nothing is, and it is known where the stream goes on.
        let lost = if chunk.how == How::Lost { Some(chunk.at) } else { None };
        let Some(first) = stream.held.keys().next().copied().into_iter().chain(lost).min() else { return };
        // What was begun before the gap comes to no end.
        let nothing = Slice { len: 0, wire_len: 0, ..chunk.slice };
        let frame = self.frame_number(&chunk.place, batch);
        self.deliver(batch, chunk, stream, frame, nothing, chunk.place, 0, true);
        (stream.next, stream.skip) = (Some(first), 0);
        self.release(batch, chunk, stream);
    }

    /// Takes what was held back as far as there is no gap.
    fn release(&mut self, batch: &Batch<'_>, chunk: &Chunk, stream: &mut Stream) {
        while let (Some(first), Some(next)) = (stream.held.first_entry(), stream.next) {
            if *first.key() > next {
                return;
            }
            let (at, held) = first.remove_entry();
            stream.held_bytes -= held.bytes.len();
            let start = self.dissection.stitch(&held.bytes);
            let slice = Slice { start, len: held.bytes.len() as u32, wire_len: held.wire_len, ..chunk.slice };
            let place = Place { stitched: true, ..chunk.place };
            self.deliver(batch, chunk, stream, held.frame, slice, place, next - at, held.ends);
        }
    }

    fn frame_number(&self, place: &Place, batch: &Batch<'_>) -> u64 {
        batch.frames[self.dissection.layers[place.parent as usize].frame as usize].number
    }

    /// Gives bytes of a frame that come next in their stream, but for `known` ones, to whoever dissects them.
    #[allow(clippy::too_many_arguments)]
    fn deliver(
        &mut self,
        batch: &Batch<'_>,
        chunk: &Chunk,
        stream: &mut Stream,
        frame: u64,
        slice: Slice,
        place: Place,
        known: u64,
        ends: bool,
    ) {
        let fresh = u64::from(slice.wire_len).saturating_sub(known);
        stream.next = stream.next.map(|next| next + fresh);
        let passed = stream.skip.min(fresh);
        stream.skip -= passed;
        let from = (u64::from(slice.wire_len) - fresh + passed) as u32;
        let Some(rest) = part(&slice, from, slice.wire_len - from) else { return };
        let mut slice = Slice { start: rest.start, len: rest.len, wire_len: rest.wire_len, ..slice };
        let whole = slice.len == slice.wire_len;
        if let Some(tap) = &mut self.tap
            && slice.len > 0
        {
            tap.push(Tapped { layer: place.parent, stitched: place.stitched, start: slice.start, len: slice.len });
        }
        let (mut pending, mut pieces) = (std::mem::take(&mut stream.pending), std::mem::take(&mut stream.pieces));
        if !pending.is_empty() && slice.wire_len > 0 {
            pending.extend_from_slice(self.bytes(&place, &slice, batch.data));
            pieces.push((frame, slice.len));
            if pending.len() < stream.need && !ends && whole {
                self.show_segment(&place, &slice);
                (stream.pending, stream.pieces) = (pending, pieces);
                return;
            }
        }
        let mut refused = Vec::new();
        let mut pdus = 0;
        loop {
            // What is pending ends with the slice's bytes.
            let kept = !pending.is_empty();
            let cut = slice.wire_len - slice.len;
            let len = if kept { pending.len() as u32 } else { slice.len };
            let start = if kept { 0 } else { slice.start };
            let stream_goes_on = !ends && whole;
            let pdu = Slice { start, len, wire_len: len + cut, stream: stream_goes_on, ..slice };
            if pdu.wire_len == 0 {
                return;
            }
            let own = if kept { Some(&pending[..]) } else { None };
            let claimed = match self.owner(batch, chunk, &pdu, &place, own, &refused) {
                Target::Run(claimed) => claimed,
                Target::Skip => return,
                Target::Unclaimed => {
                    let (pdu, place) = self.at_home(pdu, place, own);
                    return self.enqueue(self.data, Slice { stream: false, ..pdu }, &place, &[]);
                }
            };
            if pdus == MAX_PDUS.min(place.budget) {
                return self.too_deep(place.parent);
            }
            // What is below a PDU may not depend on how many follow it.
            let budget = place.budget.min(if pdus < 16 { 48 } else { 8 });
            let pdu = Slice { claim: claimed.claim, ..pdu };
            let mut end = self.call_pdu(batch, claimed.protocol, pdu, &Place { budget, ..place }, own);
            if end == Answer::REJECTED {
                refused.push(claimed.protocol);
                continue;
            }
            if pdu.stream && end > pdu.wire_len {
                if end as usize <= MAX_PDU {
                    stream.need = end as usize;
                    if pieces.is_empty() {
                        pieces.push((frame, slice.len));
                    }
                    if !kept {
                        pending.extend_from_slice(self.bytes(&place, &slice, batch.data));
                    }
                    self.show_segment(&place, &slice);
                    (stream.pending, stream.pieces) = (pending, pieces);
                    return;
                }
                // Too long to wait for: what is there is dissected as the beginning of it, the rest is passed over.
                stream.skip = u64::from(end - pdu.wire_len);
                let beginning = Slice { stream: false, wire_len: end, ..pdu };
                self.call_pdu(batch, claimed.protocol, beginning, &Place { budget, ..place }, own);
                return;
            }
            pdus += 1;
            refused.clear();
            if end == 0 || end > pdu.wire_len {
                end = pdu.wire_len;
            }
            if pieces.len() > 1 {
                self.show_pieces(&place, &pieces, end);
            }
            pieces.clear();
            let left = pdu.wire_len - end;
            if left <= slice.wire_len {
                // The rest is of this frame alone.
                let Some(rest) = part(&slice, slice.wire_len - left, left) else { return };
                slice = Slice { start: rest.start, len: rest.len, wire_len: rest.wire_len, ..slice };
                pending.clear();
            } else {
                pending.drain(..(end as usize).min(pending.len()));
                pieces.push((frame, slice.len));
            }
        }
    }

    /// Whose the next PDU of a stream is; `own` are its bytes if they are in no buffer of the batch.
    fn owner(
        &mut self,
        batch: &Batch<'_>,
        chunk: &Chunk,
        pdu: &Slice,
        place: &Place,
        own: Option<&[u8]>,
        refused: &[u16],
    ) -> Target {
        if let Some(protocol) = self.bound(pdu.flow)
            && !refused.contains(&protocol)
        {
            return self.target_in(protocol, place.table);
        }
        for key in &chunk.keys[..chunk.key_count.into()] {
            match self.tables[place.table as usize].get(*key) {
                Target::Unclaimed => {}
                Target::Run(claimed) if refused.contains(&claimed.protocol) => {}
                target => return target,
            }
        }
        if let Some(protocol) = self.expected(place, batch.data)
            && !refused.contains(&protocol)
        {
            return self.target_in(protocol, place.table);
        }
        if self.tables[place.table as usize].heuristics.is_empty() {
            return Target::Unclaimed;
        }
        let (pdu, place) = self.at_home(*pdu, *place, own);
        match self.recognize(batch, &place, &pdu, refused, None) {
            Outcome::Taken(protocol) | Outcome::Remembered(protocol) => self.target_in(protocol, place.table),
            _ => Target::Unclaimed,
        }
    }

    /// The same slice in a buffer of the batch.
    fn at_home(&mut self, pdu: Slice, place: Place, own: Option<&[u8]>) -> (Slice, Place) {
        match own {
            Some(bytes) => {
                let start = self.dissection.stitch(bytes);
                (Slice { start, ..pdu }, Place { stitched: true, ..place })
            }
            None => (pdu, place),
        }
    }

    fn bytes<'a>(&'a self, place: &Place, slice: &Slice, data: &'a [u8]) -> &'a [u8] {
        let buffer = self.dissection.buffer(place.stitched, data);
        &buffer[slice.start as usize..][..slice.len as usize]
    }
}
