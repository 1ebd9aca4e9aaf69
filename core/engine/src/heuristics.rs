//! Slices under keys that nobody claims: dissectors that may recognize them are asked, and their answers are remembered
//! for the flow.
//!
//! Invariant: what becomes of a slice depends on the slice and on the slices of its flow in frames before it. So slices
//! wait until nothing else is to be done, and of each flow one slice at a time is asked about, in the order of the
//! frames; the first ones of many flows go together in one call, then the second ones.

use crate::flows::Recent;
use crate::registry::{Claimed, Why, claim_in};
use crate::trace::Outcome;
use crate::walk::{Engine, Target};
use prosector_sdk::dissector::{Entry, Fault, Vector, Verdict};
use prosector_sdk::frame::Batch;
use prosector_sdk::pdu::Slice;
use prosector_sdk::span::{Diagnostic, Severity};
use std::collections::{HashMap, HashSet, VecDeque};

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
    pub(crate) fn ask(&mut self, table: usize, batch: &Batch<'_>, mut slices: Vec<Unclaimed>) {
        let Some(mut heuristics) = self.tables[table].heuristics.take() else { return };
        slices.sort_by_key(|w| self.dissection.layers[w.parent as usize].frame);
        // The slices of each flow, in order; those that belong to no flow each for itself.
        let (mut queues, mut of_flow) = (Vec::<VecDeque<usize>>::new(), HashMap::new());
        for (at, w) in slices.iter().enumerate() {
            heuristics.memory.touch(w.slice.flow);
            let queue = match w.slice.flow {
                0 => queues.len(),
                flow => *of_flow.entry(flow).or_insert(queues.len()),
            };
            queues.resize_with(queues.len().max(queue + 1), VecDeque::new);
            queues[queue].push_back(at);
        }
        let mut outcomes = vec![Outcome::Unclaimed; slices.len()];
        while !queues.is_empty() {
            let mut asked = Vec::new();
            for queue in &mut queues {
                while let Some(at) = queue.pop_front() {
                    match heuristics.memory.get(slices[at].slice.flow) {
                        Some(Memory { certain: Some(protocol), .. }) => outcomes[at] = Outcome::Remembered(*protocol),
                        Some(memory) if memory.not_mine.len() == heuristics.protocols.len() => {}
                        _ => {
                            // What comes out is for those behind it to know.
                            asked.push(at);
                            break;
                        }
                    }
                }
            }
            queues.retain(|queue| !queue.is_empty());
            self.ask_about(&mut heuristics, &slices, &asked, &mut outcomes, batch);
        }
        for (w, outcome) in slices.into_iter().zip(outcomes) {
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
        self.tables[table].heuristics = Some(heuristics);
    }

    /// Asks everybody about some of the slices, no two of one flow.
    fn ask_about(
        &mut self,
        heuristics: &mut Heuristics,
        slices: &[Unclaimed],
        asked: &[usize],
        outcomes: &mut [Outcome],
        batch: &Batch<'_>,
    ) {
        let mut settled = HashSet::new();
        for &protocol in &heuristics.protocols {
            let claim = claim_in(self.registry().protocol(protocol), &heuristics.table);
            let memory = &mut heuristics.memory;
            let mut is_asked = |at: &usize| {
                let memory = memory.get(slices[*at].slice.flow);
                !settled.contains(at) && memory.is_none_or(|memory| !memory.not_mine.contains(&protocol))
            };
            let asked: Vec<usize> = asked.iter().copied().filter(|at| is_asked(at)).collect();
            let questions: Vec<(Slice, u32)> =
                asked.iter().map(|&at| (Slice { claim, ..slices[at].slice }, slices[at].parent)).collect();
            let verdicts = self.probe(protocol, batch, &questions);
            for (&at, verdict) in asked.iter().zip(verdicts) {
                let memory = heuristics.memory.get(slices[at].slice.flow);
                match (verdict, memory) {
                    (Some(Verdict::Certain), Some(memory)) => memory.certain = Some(protocol),
                    // Of what was not captured whole nobody can say that for good.
                    (Some(Verdict::NotMine), Some(memory)) if slices[at].slice.len == slices[at].slice.wire_len => {
                        memory.not_mine.push(protocol);
                    }
                    _ => {}
                }
                if let Some(Verdict::Certain | Verdict::Error) = verdict {
                    outcomes[at] = Outcome::Taken(protocol);
                    settled.insert(at);
                } else if verdict == Some(Verdict::Maybe) && outcomes[at] == Outcome::Unclaimed {
                    // Unless somebody is certain.
                    outcomes[at] = Outcome::Taken(protocol);
                }
                if let Some(trace) = &mut self.trace {
                    trace[slices[at].lookup].asked.push((protocol, verdict));
                }
            }
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
