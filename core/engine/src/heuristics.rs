//! Slices under keys that nobody claims: whose they are by what was said before, then dissectors that may recognize them are
//! asked, and their answers are remembered for the flow.

use crate::calls::Bytes;
use crate::flows::Recent;
use crate::order::{Place, Unclaimed};
use crate::registry::{Claimed, Why, claim_in};
use crate::trace::Outcome;
use crate::walk::{Engine, Target};
use prosector_sdk::dissector::{Entry, Verdict};
use prosector_sdk::frame::Batch;
use prosector_sdk::pdu::Slice;
use prosector_sdk::span::{Diagnostic, Severity};

/// Flows whose answers are kept, in each of two generations.
const MAX_FLOWS: usize = 64 << 10;

/// What dissectors have said of a flow.
#[derive(Default)]
pub(crate) struct Memory {
    certain: Option<u16>,
    not_mine: Vec<u16>,
    /// How many parts of a stream nobody took.
    missed: u8,
}

/// A stream of which nobody took so many parts one after the other is not asked about any more.
const MAX_MISSED: u8 = 8;

/// The memory of one table.
pub(crate) fn memory() -> Recent<Memory> {
    Recent::new(MAX_FLOWS)
}

impl Engine {
    /// Settles whose a slice is that nobody claims.
    pub(crate) fn ask(&mut self, batch: &Batch<'_>, unclaimed: Unclaimed) {
        let Unclaimed { slice, place, refused, lookup } = unclaimed;
        let may = |protocol: &u16| !refused.contains(protocol);
        let bound = self.bound(slice.flow).filter(may);
        let outcome = match bound.or_else(|| self.expected(&place, batch.data).filter(may)) {
            Some(protocol) => Outcome::Promised(protocol),
            None => self.recognize(batch, &place, &slice, &refused, lookup),
        };
        if let (Some(trace), Some(lookup)) = (&mut self.trace, lookup) {
            trace[lookup].outcome = outcome;
        }
        let target = match outcome {
            Outcome::Taken(protocol) | Outcome::Remembered(protocol) | Outcome::Promised(protocol) => {
                self.target_in(protocol, place.table)
            }
            _ => self.data,
        };
        self.enqueue(target, slice, &place, &[]);
    }

    /// A protocol as the owner of something looked up in a table.
    pub(crate) fn target_in(&self, protocol: u16, table: u32) -> Target {
        let claim = claim_in(self.registry().protocol(protocol), &self.names[table as usize]);
        Target::Run(Claimed { protocol, claim, why: Why::Declared })
    }

    /// Asks everybody who may recognize what is looked up in this table.
    pub(crate) fn recognize(
        &mut self,
        batch: &Batch<'_>,
        place: &Place,
        slice: &Slice,
        refused: &[u16],
        lookup: Option<usize>,
    ) -> Outcome {
        let table = place.table as usize;
        if self.tables[table].heuristics.is_empty() || slice.wire_len == 0 {
            return Outcome::Unclaimed;
        }
        let flow = slice.flow;
        self.state.memories[table].touch(flow);
        if let Some(memory) = self.state.memories[table].get(flow) {
            match memory.certain {
                Some(protocol) if !refused.contains(&protocol) => return Outcome::Remembered(protocol),
                None if memory.missed >= MAX_MISSED => return Outcome::Unclaimed,
                _ => {}
            }
        }
        let mut outcome = Outcome::Unclaimed;
        for at in 0..self.tables[table].heuristics.len() {
            let protocol = self.tables[table].heuristics[at];
            let memory = self.state.memories[table].get(flow);
            if refused.contains(&protocol) || memory.is_some_and(|memory| memory.not_mine.contains(&protocol)) {
                continue;
            }
            let claim = claim_in(self.registry().protocol(protocol), &self.names[table]);
            let verdict = self.probe(protocol, batch, Slice { claim, ..*slice }, place);
            if let (Some(trace), Some(lookup)) = (&mut self.trace, lookup) {
                trace[lookup].asked.push((protocol, verdict));
            }
            match (verdict, self.state.memories[table].get(flow)) {
                (Some(Verdict::Certain), Some(memory)) => memory.certain = Some(protocol),
                // Of what was not captured whole nobody can say that for good, nor of the beginning of a stream.
                (Some(Verdict::NotMine), Some(memory)) if slice.len == slice.wire_len && !slice.stream => {
                    memory.not_mine.push(protocol);
                }
                _ => {}
            }
            match verdict {
                Some(Verdict::Certain | Verdict::Error) => return Outcome::Taken(protocol),
                // Unless somebody else is certain.
                Some(Verdict::Maybe) if outcome == Outcome::Unclaimed => outcome = Outcome::Taken(protocol),
                _ => {}
            }
        }
        if let Some(memory) = self.state.memories[table].get(flow) {
            let missed = slice.stream && outcome == Outcome::Unclaimed;
            memory.missed = if missed { memory.missed.saturating_add(1) } else { 0 };
        }
        outcome
    }

    /// Asks one dissector about a slice; `None` where it fails.
    fn probe(&mut self, protocol: u16, batch: &Batch<'_>, slice: Slice, place: &Place) -> Option<Verdict> {
        let mut vector = self.take_vector(protocol)?;
        let slice = std::slice::from_ref(&slice);
        let outcome = self.run(&mut *vector, protocol, Entry::Probe, batch, Bytes::of(place.stitched), slice, false);
        self.put_vector(protocol, vector);
        match outcome {
            Ok(()) => Verdict::from_number(self.dissection.sink.answers.pop()?.end),
            Err(fault) => {
                let text = self.fault_text(protocol, &fault);
                self.diagnose(place.parent, Severity::Error, Diagnostic::FAULT, &text);
                self.count_fault(protocol, batch, place.parent, fault);
                None
            }
        }
    }
}
