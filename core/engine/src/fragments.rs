//! Fragments: what a protocol hands on in parts is put together and handed on whole, in the frame that completes it.
//!
//! Of bytes that come twice the first ones count, and the frame says that fragments overlap (RFC 8200, section 4.5, would
//! have all of them dropped; whoever reads a capture wants to see what was there). What is not complete after a minute of the capture's
//! time is begun anew, since senders number their PDUs in a circle.
//!
//! Invariant: memory is bounded: so many PDUs, so much in all; the oldest go first.

use crate::flows::of_part;
use crate::order::Place;
use crate::walk::Engine;
use prosector_sdk::frame::Batch;
use prosector_sdk::pdu::Slice;
use prosector_sdk::span::Severity;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// PDUs that are not complete.
const MAX_PDUS: usize = 16 << 10;
/// Their bytes.
const MAX_BYTES: usize = 64 << 20;
/// Fragments of one PDU, and its bytes.
const MAX_PIECES: usize = 8 << 10;
const MAX_LEN: u64 = 1 << 20;
/// Nanoseconds that a PDU may take to be complete.
const MAX_AGE: i64 = 60_000_000_000;

/// A fragment.
#[derive(Clone, Copy)]
pub(crate) struct Piece {
    pub slice: Slice,
    pub place: Place,
    pub keys: [u64; 2],
    pub key_count: u8,
    /// Which PDU it is of.
    pub id: u64,
    /// Where in the PDU it begins.
    pub at: u64,
    pub last: bool,
}

/// A PDU that is not complete.
#[derive(Default)]
struct Assembly {
    /// By where they begin; they don't overlap.
    parts: BTreeMap<u32, Vec<u8>>,
    /// The frames that it is from, with how many bytes of each.
    pieces: Vec<(u64, u32)>,
    /// How long it is, once that is known.
    len: Option<u32>,
    bytes: usize,
    begun: i64,
}

/// All PDUs that are not complete.
#[derive(Default)]
pub(crate) struct Fragments {
    assemblies: HashMap<u64, Assembly>,
    /// The oldest first; some may be complete by now.
    order: VecDeque<u64>,
    bytes: usize,
    /// How many were given up for want of room.
    pub forgotten: u64,
}

/// What is wrong with a fragment.
enum Fault {
    Overlap,
    /// It doesn't agree with what is known of the PDU's length, or is too much.
    Impossible,
}

impl Assembly {
    fn insert(&mut self, at: u32, bytes: &[u8], last: bool) -> Result<(), Fault> {
        let end = at + bytes.len() as u32;
        let reach = self.parts.last_key_value().map_or(0, |(at, part)| at + part.len() as u32);
        if last && (self.len.is_some_and(|len| len != end) || reach > end) || self.len.is_some_and(|len| end > len) {
            return Err(Fault::Impossible);
        }
        if last {
            self.len = Some(end);
        }
        // What lies between the parts that are there.
        let mut from = at;
        let mut gaps = Vec::new();
        let before = self.parts.range(..at).next_back().map(|(at, part)| at + part.len() as u32);
        from = from.max(before.unwrap_or(0));
        for (&start, part) in self.parts.range(at..end) {
            if start > from {
                gaps.push(from..start);
            }
            from = from.max(start + part.len() as u32);
        }
        if from < end {
            gaps.push(from..end);
        }
        let mut fresh = 0;
        for gap in gaps {
            let part = &bytes[(gap.start - at) as usize..(gap.end - at) as usize];
            fresh += part.len();
            self.parts.insert(gap.start, part.to_vec());
        }
        self.bytes += fresh;
        if fresh < bytes.len() { Err(Fault::Overlap) } else { Ok(()) }
    }

    fn is_complete(&self) -> bool {
        self.len.is_some_and(|len| self.bytes == len as usize)
    }
}

impl Fragments {
    fn make_room(&mut self) {
        while self.assemblies.len() > MAX_PDUS || self.bytes > MAX_BYTES {
            let Some(oldest) = self.order.pop_front() else { return };
            if let Some(given_up) = self.assemblies.remove(&oldest) {
                self.bytes -= given_up.bytes;
                self.forgotten += 1;
            }
        }
        // Complete ones leave their place in the order behind.
        if self.order.len() > 2 * MAX_PDUS {
            self.order.retain(|key| self.assemblies.contains_key(key));
        }
    }
}

impl Engine {
    /// Takes a fragment; until its PDU is complete it is data.
    pub(crate) fn fragment(&mut self, batch: &Batch<'_>, piece: Piece) {
        let Piece { slice, place, keys, key_count, id, at, last } = piece;
        let end = at + u64::from(slice.wire_len);
        // The last one may have no bytes and only say where the end is.
        if slice.len < slice.wire_len || end > MAX_LEN || slice.wire_len == 0 && !(last && at > 0) {
            return self.enqueue(self.data, slice, &place, &[]);
        }
        let frame = batch.frames[self.dissection.layers[place.parent as usize].frame as usize];
        let key = of_part(of_part(slice.flow, place.table as u16, keys[0]), slice.reverse.into(), id);
        let fragments = &mut self.state.fragments;
        let mut assembly = match fragments.assemblies.remove(&key) {
            Some(assembly) if frame.time.saturating_sub(assembly.begun) <= MAX_AGE => assembly,
            other => {
                fragments.bytes -= other.map_or(0, |old| old.bytes);
                fragments.order.push_back(key);
                Assembly { begun: frame.time, ..Assembly::default() }
            }
        };
        let buffer = self.dissection.buffer(place.stitched, batch.data);
        let bytes = &buffer[slice.start as usize..][..slice.len as usize];
        let before = assembly.bytes;
        let outcome = match assembly.pieces.len() {
            MAX_PIECES.. => Err(Fault::Impossible),
            _ => assembly.insert(at as u32, bytes, last),
        };
        let fragments = &mut self.state.fragments;
        fragments.bytes += assembly.bytes - before;
        match outcome {
            Ok(()) => {}
            Err(Fault::Overlap) => {
                let text = "bytes that have come before; the first ones count";
                self.diagnose(place.parent, Severity::Warning, "fragment-overlap", text);
            }
            Err(Fault::Impossible) => {
                let text = "it does not agree with the other fragments about the length";
                self.diagnose(place.parent, Severity::Error, "bad-fragment", text);
            }
        }
        assembly.pieces.push((frame.number, slice.len));
        if !assembly.is_complete() {
            self.state.fragments.assemblies.insert(key, assembly);
            self.state.fragments.make_room();
            return self.enqueue(self.data, slice, &place, &[]);
        }
        self.state.fragments.bytes -= assembly.bytes;
        let start = self.dissection.stitched.len() as u32;
        assembly.parts.values().for_each(|part| self.dissection.stitched.extend_from_slice(part));
        let len = assembly.bytes as u32;
        self.show_pieces(&place, &assembly.pieces, len);
        let whole = Slice { start, len, wire_len: len, ..slice };
        self.look_up(Place { stitched: true, ..place }, &keys[..key_count.into()], whole);
    }
}
