//! Slices under keys that nobody claims: dissectors that may recognize them are asked, and their answers are remembered
//! for the flow.
//!
//! Invariant: what becomes of a slice depends on the slice and on the slices of its flow in frames before it. So slices
//! wait until nothing else is to be done, and of each flow one slice at a time is asked about, in the order of the
//! frames; the first ones of many flows go together in one call.

use crate::flows::Recent;
use crate::registry::{Claimed, Why, claim_in};
use crate::trace::Outcome;
use crate::walk::{Engine, Target};
use prosector_sdk::dissector::{Entry, Fault, Vector, Verdict};
use prosector_sdk::frame::Batch;
use prosector_sdk::pdu::Slice;
use prosector_sdk::span::{Diagnostic, Severity};
use std::collections::HashSet;

/// Flows whose answers are kept, in each of two generations.
const MAX_FLOWS: usize = 64 << 10;

/// A slice that nobody claims.
pub(crate) struct Unclaimed {
    pub slice: Slice,
    pub parent: u32,
    pub quoted: bool,
    pub budget: u16,
    /// Its entry in the trace, if there is one.
    pub lookup: usize,
}

/// What dissectors have said of a flow.
#[derive(Default)]
pub(crate) struct Memory {
    certain: Option<u16>,
    not_mine: Vec<u16>,
}

/// The dissectors to ask, of one table.
pub(crate) struct Heuristics {
    table: String,
    protocols: Vec<u16>,
    pub(crate) waiting: Vec<Unclaimed>,
    memory: Recent<Memory>,
}

impl Heuristics {
    pub(crate) fn new(table: &str, protocols: Vec<u16>) -> Heuristics {
        Heuristics { table: table.to_owned(), protocols, waiting: Vec::new(), memory: Recent::new(MAX_FLOWS) }
    }
}

impl Engine {
    /// Settles what waits for the heuristics of one table. Whoever takes a slice has it waiting afterwards.
    pub(crate) fn ask(&mut self, table: usize, batch: &Batch<'_>) {
        let Some(mut heuristics) = self.tables[table].heuristics.take() else { return };
        let mut waiting = std::mem::take(&mut heuristics.waiting);
        waiting.sort_by_key(|w| self.dissection.layers[w.parent as usize].frame);
        for w in &waiting {
            heuristics.memory.touch(w.slice.flow);
        }
        while !waiting.is_empty() {
            // Of each flow the first slice; those behind it wait for what comes out.
            let mut flows = HashSet::new();
            let (now, later) = waiting.into_iter().partition(|w| w.slice.flow == 0 || flows.insert(w.slice.flow));
            self.ask_one_of_each_flow(&mut heuristics, now, batch);
            waiting = later;
        }
        self.tables[table].heuristics = Some(heuristics);
    }

    fn ask_one_of_each_flow(&mut self, heuristics: &mut Heuristics, slices: Vec<Unclaimed>, batch: &Batch<'_>) {
        let mut outcomes: Vec<Option<Outcome>> = slices
            .iter()
            .map(|w| heuristics.memory.get(w.slice.flow).and_then(|memory| memory.certain).map(Outcome::Remembered))
            .collect();
        let mut maybe: Vec<Option<u16>> = vec![None; slices.len()];
        for &protocol in &heuristics.protocols {
            let asked: Vec<usize> = (0..slices.len())
                .filter(|&i| {
                    let memory = heuristics.memory.get(slices[i].slice.flow);
                    outcomes[i].is_none() && memory.is_none_or(|m| !m.not_mine.contains(&protocol))
                })
                .collect();
            let claim = claim_in(self.registry().protocol(protocol), &heuristics.table);
            let questions: Vec<(Slice, u32)> =
                asked.iter().map(|&i| (Slice { claim, ..slices[i].slice }, slices[i].parent)).collect();
            let verdicts = self.probe(protocol, batch, &questions);
            for (&i, verdict) in asked.iter().zip(verdicts) {
                let memory = heuristics.memory.get(slices[i].slice.flow);
                match verdict {
                    Some(Verdict::Certain) => {
                        outcomes[i] = Some(Outcome::Taken(protocol));
                        if let Some(memory) = memory {
                            memory.certain = Some(protocol);
                        }
                    }
                    Some(Verdict::Error) => outcomes[i] = Some(Outcome::Taken(protocol)),
                    Some(Verdict::Maybe) => maybe[i] = maybe[i].or(Some(protocol)),
                    Some(Verdict::NotMine) => {
                        if let Some(memory) = memory {
                            memory.not_mine.push(protocol);
                        }
                    }
                    None => {}
                }
                if let Some(trace) = &mut self.trace {
                    trace[slices[i].lookup].asked.push((protocol, verdict));
                }
            }
        }
        for ((w, outcome), maybe) in slices.into_iter().zip(outcomes).zip(maybe) {
            let outcome = outcome.or(maybe.map(Outcome::Taken)).unwrap_or(Outcome::Unclaimed);
            if let Some(trace) = &mut self.trace {
                trace[w.lookup].outcome = outcome;
            }
            let target = match outcome {
                Outcome::Taken(protocol) | Outcome::Remembered(protocol) => {
                    let claim = claim_in(self.registry().protocol(protocol), &heuristics.table);
                    Target::Run(Claimed { protocol, claim, why: Why::Declared })
                }
                _ => self.data,
            };
            self.enqueue(target, w.slice, w.parent, w.quoted, w.budget);
        }
    }

    /// Asks one dissector about slices, each below a layer; `None` where it fails, which costs that slice the question.
    fn probe(&mut self, protocol: u16, batch: &Batch<'_>, questions: &[(Slice, u32)]) -> Vec<Option<Verdict>> {
        let Some(mut vector) = (!questions.is_empty()).then(|| self.take_vector(protocol)).flatten() else {
            return vec![None; questions.len()];
        };
        let slices: Vec<Slice> = questions.iter().map(|(slice, _)| *slice).collect();
        let verdicts = self.verdicts(&mut *vector, protocol, batch, &slices, false).unwrap_or_else(|fault| {
            let before = self.group(protocol).faults;
            let verdicts = questions.iter().map(|(slice, parent)| {
                if self.group(protocol).is_exhausted() {
                    return None;
                }
                let slice = std::slice::from_ref(slice);
                let verdict = self.verdicts(&mut *vector, protocol, batch, slice, true);
                verdict.map(|v| v.first().copied().flatten()).unwrap_or_else(|fault| {
                    let text = self.fault_text(protocol, &fault);
                    self.diagnose(*parent, Severity::Error, Diagnostic::FAULT, &text);
                    self.count_fault(protocol, batch, *parent, fault);
                    None
                })
            });
            let verdicts = verdicts.collect();
            self.after_retry(protocol, batch, questions[0].1, fault, before);
            verdicts
        });
        self.stations[protocol as usize].vector = Some(vector);
        verdicts
    }

    fn verdicts(
        &mut self,
        vector: &mut dyn Vector,
        protocol: u16,
        batch: &Batch<'_>,
        slices: &[Slice],
        retry: bool,
    ) -> Result<Vec<Option<Verdict>>, Fault> {
        self.run(vector, protocol, Entry::Probe, batch, slices, retry)?;
        Ok(self.dissection.sink.answers.drain(..).map(|answer| Verdict::from_number(answer.end)).collect())
    }
}
