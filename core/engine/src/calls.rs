//! Calls of dissectors, and what becomes of their faults.
//!
//! Invariant: a fault costs the frame that it happens on and nothing else: what a faulty call has given is thrown away, and
//! its slices are dissected anew, one by one. What faults may cost in all is limited, whatever the capture's length.

use crate::dissection::{Dissection, NONE};
use crate::order::{Keeper, Place};
use crate::registry::Plugin;
use crate::walk::{Engine, Queue, Station};
use prosector_sdk::dissector::{Entry, Fault, Usage, Vector, panic_text};
use prosector_sdk::frame::Batch;
use prosector_sdk::pdu::{Answer, Slice, Want};
use prosector_sdk::span::{Diagnostic, Severity};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a dissector did wrong, for a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultReport {
    /// Number of its protocol.
    pub protocol: u16,
    /// The frame that it happened on.
    pub frame: u64,
    /// Why, and where in the plugin's code.
    pub fault: Fault,
    /// It happened too often; the dissectors of this source are not called again.
    pub set_aside: bool,
}

/// Dissectors from one source: they share an instance, and are set aside together.
pub(crate) struct Group {
    /// `None` for what is linked in.
    pub plugin: Option<Arc<Plugin>>,
    pub faults: u32,
    /// How many of these happened to another engine.
    inherited: u32,
    /// Time spent on failed calls, and on doing their slices again.
    lost: Duration,
    pub set_aside: bool,
    calls: u64,
    slices: u64,
    time: Duration,
    longest: Duration,
}

impl Default for Group {
    fn default() -> Self {
        let zero = Duration::ZERO;
        Group {
            plugin: None,
            faults: 0,
            inherited: 0,
            lost: zero,
            set_aside: false,
            calls: 0,
            slices: 0,
            time: zero,
            longest: zero,
        }
    }
}

impl Group {
    pub(crate) fn inherit_faults(&mut self, before: &Group) {
        (self.faults, self.inherited) = (before.faults, before.faults);
        (self.lost, self.set_aside) = (before.lost, before.set_aside);
    }

    /// Whether its faults have come to more than they may.
    pub(crate) fn is_exhausted(&self) -> bool {
        let default = Plugin::default();
        let Plugin { max_faults, max_lost, .. } = self.plugin.as_deref().unwrap_or(&default);
        self.faults >= *max_faults || self.lost >= *max_lost
    }
}

/// What a plugin has done and used in a run.
#[derive(Clone, Debug)]
pub struct PluginStats {
    /// Which plugin.
    pub plugin: Arc<Plugin>,
    /// Calls into it.
    pub calls: u64,
    /// Slices that these had.
    pub slices: u64,
    /// Time in it.
    pub time: Duration,
    /// The longest call.
    pub longest: Duration,
    /// What it did wrong.
    pub faults: u32,
    /// It was not called any more.
    pub set_aside: bool,
    /// What it used of what it may.
    pub usage: Option<Usage>,
}

impl PluginStats {
    /// Adds what the same plugin has done for another engine.
    pub fn add(&mut self, other: &PluginStats) {
        self.calls += other.calls;
        self.slices += other.slices;
        self.time += other.time;
        self.longest = self.longest.max(other.longest);
        self.faults += other.faults;
        self.set_aside |= other.set_aside;
        self.usage = merge(self.usage, other.usage);
    }
}

/// The most of both.
fn merge(a: Option<Usage>, b: Option<Usage>) -> Option<Usage> {
    match (a, b) {
        (Some(a), Some(b)) => Some(Usage { memory: a.memory.max(b.memory), words: a.words.max(b.words), ..a }),
        (a, b) => a.or(b),
    }
}

/// Where the bytes of a call are.
#[derive(Clone, Copy)]
pub(crate) enum Bytes<'a> {
    /// In the batch.
    Batch,
    /// In what was put together for it.
    Stitched,
    /// These.
    Own(&'a [u8]),
}

impl Bytes<'_> {
    pub(crate) fn of(stitched: bool) -> Bytes<'static> {
        if stitched { Bytes::Stitched } else { Bytes::Batch }
    }
}

pub(crate) const SET_ASIDE: &str = "set aside after its faults";

impl Engine {
    /// What every plugin has done so far.
    pub fn plugin_stats(&self) -> Vec<PluginStats> {
        let stats = |(at, group): (usize, &Group)| {
            let of_group = self.stations.iter().zip(&self.state.keepers).filter(|(station, _)| station.group == at);
            let vector = |(station, keeper): (&'_ Station, &'_ Option<Keeper>)| {
                let vector = station.vector.as_ref().or(keeper.as_ref().and_then(|keeper| keeper.vector.as_ref()));
                vector?.usage()
            };
            let usage = of_group.filter_map(vector);
            Some(PluginStats {
                plugin: group.plugin.clone()?,
                calls: group.calls,
                slices: group.slices,
                time: group.time,
                longest: group.longest,
                faults: group.faults - group.inherited,
                set_aside: group.set_aside,
                usage: usage.map(Some).reduce(merge).flatten(),
            })
        };
        self.groups.iter().enumerate().filter_map(stats).collect()
    }

    pub(crate) fn group(&mut self, protocol: u16) -> &mut Group {
        &mut self.groups[self.stations[protocol as usize].group]
    }

    /// Appends a diagnostic to a layer that has its words already, by moving them to the end.
    #[cold]
    pub(crate) fn diagnose(&mut self, layer: u32, severity: Severity, code: &str, text: &str) {
        let Dissection { layers, sink, .. } = &mut self.dissection;
        let layer = &mut layers[layer as usize];
        let (words, side) = (sink.words.len(), sink.side.len());
        let info = (layer.info.0 - layer.side.0, layer.info.1 - layer.side.0);
        sink.words.extend_from_within(layer.words.0 as usize..layer.words.1 as usize);
        let mut texts = sink.side[layer.side.0 as usize..layer.side.1 as usize].to_vec();
        Diagnostic { severity, code, text, field: None, claim: None, offset: 0, needed: 0, available: 0 }
            .write(&mut sink.words, &mut texts);
        sink.side.append(&mut texts);
        layer.words = (words as u32, sink.words.len() as u32);
        layer.side = (side as u32, sink.side.len() as u32);
        layer.info = (layer.side.0 + info.0, layer.side.0 + info.1);
    }

    /// Lets a dissector work through what waits for it.
    pub(crate) fn call(&mut self, protocol: u16, queue: Queue, batch: &Batch<'_>) {
        let waiting = std::mem::take(&mut self.stations[protocol as usize].waiting[queue.number()]);
        self.call_with(protocol, queue.entry, batch, queue.stitched, &waiting.0, &waiting.1);
        self.give_back(protocol, queue, waiting);
    }

    /// Tells a dissector which flows it need not keep anything for.
    pub(crate) fn end_flows(&mut self, protocol: u16, batch: &Batch<'_>, flows: &[u64], layer: u32) {
        let Some(mut vector) = self.take_vector(protocol) else { return };
        let slices: Vec<Slice> = flows.iter().map(|&flow| Slice { flow, number: 1, ..Slice::default() }).collect();
        // A fault has thrown away what it kept: then there is nothing to forget, so nothing to do again.
        if let Err(fault) = self.run(&mut *vector, protocol, Entry::FlowEnd, batch, Bytes::Batch, &slices, false) {
            self.count_fault(protocol, batch, layer, fault);
        }
        self.dissection.sink.answers.clear();
        self.put_vector(protocol, vector);
    }

    /// Calls a dissector for one PDU of a stream, whose bytes are `own` if they are in no buffer of the batch. Gives where it
    /// ends, [`Answer::REJECTED`], or, in a stream, more than there is if it waits; then nothing of it is kept.
    pub(crate) fn call_pdu(
        &mut self,
        batch: &Batch<'_>,
        protocol: u16,
        slice: Slice,
        place: &Place,
        own: Option<&[u8]>,
    ) -> u32 {
        // Who comes next after a rejection is for the stream to find.
        let place = Place { table: NONE, named: false, stitched: place.stitched || own.is_some(), ..*place };
        let layer = self.push_layer(protocol, Entry::Dissect, &slice, &place, None);
        let mut slice = Slice { quoted: self.dissection.layers[layer as usize].quoted, ..slice };
        if self.stations[protocol as usize].keeps {
            slice = self.seen(protocol, batch, slice, layer);
        }
        let (words, side) = (self.dissection.sink.words.len(), self.dissection.sink.side.len());
        let outcome = match self.take_vector(protocol) {
            Some(mut vector) => {
                let bytes = own.map_or(Bytes::of(place.stitched), Bytes::Own);
                let slices = std::slice::from_ref(&slice);
                let outcome = self.run(&mut *vector, protocol, Entry::Dissect, batch, bytes, slices, false);
                self.put_vector(protocol, vector);
                outcome
            }
            None => Err(Fault::new(SET_ASIDE)),
        };
        let end = self.dissection.sink.answers.first().map_or(slice.wire_len, |answer| answer.end);
        if outcome.is_ok() && (end == Answer::REJECTED || slice.stream && end > slice.wire_len) {
            let Dissection { layers, sink, .. } = &mut self.dissection;
            layers[layer as usize].dead = true;
            sink.words.truncate(words);
            sink.side.truncate(side);
            sink.next.clear();
            sink.answers.clear();
            return end;
        }
        if let Some(bytes) = own {
            slice.start = self.dissection.stitch(bytes);
            self.dissection.layers[layer as usize].start = slice.start;
        }
        match outcome {
            Ok(()) => {
                let (slices, layers) = (std::slice::from_ref(&slice), std::slice::from_ref(&layer));
                self.settle(protocol, batch, slices, layers, words, side);
            }
            Err(fault) => {
                let text = self.fault_text(protocol, &fault);
                self.diagnose(layer, Severity::Error, Diagnostic::FAULT, &text);
                if fault.reason != SET_ASIDE {
                    self.count_fault(protocol, batch, layer, fault);
                }
            }
        }
        end
    }

    /// The lists go back for the next batch; what waits already came by a loop in the graph.
    fn give_back(&mut self, protocol: u16, queue: Queue, mut lists: (Vec<Slice>, Vec<u32>)) {
        let waiting = &mut self.stations[protocol as usize].waiting[queue.number()];
        std::mem::swap(waiting, &mut lists);
        waiting.0.clear();
        waiting.1.clear();
        waiting.0.extend(lists.0);
        waiting.1.extend(lists.1);
    }

    pub(crate) fn call_with(
        &mut self,
        protocol: u16,
        entry: Entry,
        batch: &Batch<'_>,
        stitched: bool,
        slices: &[Slice],
        layers: &[u32],
    ) {
        let Some(mut vector) = self.take_vector(protocol) else {
            let text = self.fault_text(protocol, &Fault::new(SET_ASIDE));
            layers.iter().for_each(|layer| self.diagnose(*layer, Severity::Error, Diagnostic::FAULT, &text));
            return;
        };
        if slices.is_empty() {
            return self.put_vector(protocol, vector);
        }
        let (words, side) = (self.dissection.sink.words.len(), self.dissection.sink.side.len());
        match self.run(&mut *vector, protocol, entry, batch, Bytes::of(stitched), slices, false) {
            Ok(()) => self.settle(protocol, batch, slices, layers, words, side),
            Err(fault) => {
                let before = self.group(protocol).faults;
                self.one_by_one(&mut *vector, protocol, entry, batch, stitched, slices, layers);
                self.after_retry(protocol, batch, layers[0], fault, before);
            }
        }
        self.put_vector(protocol, vector);
    }

    /// A dissector for a call, unless it can't run or was set aside.
    pub(crate) fn take_vector(&mut self, protocol: u16) -> Option<Box<dyn Vector>> {
        if self.group(protocol).set_aside {
            return None;
        }
        let is_early = self.is_early(protocol);
        match self.keeper(protocol) {
            Some(keeper) if !is_early => keeper.vector.take(),
            _ => self.stations[protocol as usize].vector.take(),
        }
    }

    /// Takes a dissector back after a call.
    pub(crate) fn put_vector(&mut self, protocol: u16, vector: Box<dyn Vector>) {
        let is_early = self.is_early(protocol);
        match self.keeper(protocol) {
            Some(keeper) if !is_early => keeper.vector = Some(vector),
            _ => self.stations[protocol as usize].vector = Some(vector),
        }
    }

    /// Whether a dissector is called ahead of its turn, see [`Station::early`].
    pub(crate) fn is_early(&self, protocol: u16) -> bool {
        !self.is_in_order && self.stations[protocol as usize].early
    }

    /// A dissector that keeps something; only in order it is here.
    pub(crate) fn keeper(&mut self, protocol: u16) -> Option<&mut Keeper> {
        self.state.keepers.get_mut(protocol as usize)?.as_mut()
    }

    /// One call. After a fault the sink is as it was before.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn run(
        &mut self,
        vector: &mut dyn Vector,
        protocol: u16,
        entry: Entry,
        batch: &Batch<'_>,
        bytes: Bytes<'_>,
        slices: &[Slice],
        retry: bool,
    ) -> Result<(), Fault> {
        static NOTHING: Want = Want { fields: Vec::new(), info: false };
        let group = &mut self.groups[self.stations[protocol as usize].group];
        let Dissection { sink, stitched, .. } = &mut self.dissection;
        let buffer = match bytes {
            Bytes::Batch => batch.data,
            Bytes::Stitched => stitched,
            Bytes::Own(bytes) => bytes,
        };
        let (words, side) = (sink.words.len(), sink.side.len());
        sink.next.clear();
        sink.answers.clear();
        let want = match entry {
            Entry::Dissect | Entry::Trailer => &self.demand.want[protocol as usize],
            Entry::Probe | Entry::FlowEnd => &NOTHING,
        };
        let begun = (group.plugin.is_some() || retry).then(Instant::now);
        // A panic leaves nothing half done that is looked at again: the sink is cut back, and every dissector is
        // written to start afresh with each slice.
        DISSECTING.set(true);
        let outcome = catch_unwind(AssertUnwindSafe(|| vector.run(entry, buffer, slices, want, sink)));
        DISSECTING.set(false);
        let outcome = match outcome {
            Ok(Ok(())) if sink.answers.len() == slices.len() => Ok(()),
            Ok(Ok(())) => Err(Fault::new(format!("{} answers to {} slices", sink.answers.len(), slices.len()))),
            Ok(Err(fault)) => Err(fault),
            Err(panic) => Err(Fault::new(panic_text(&*panic))),
        };
        if let Some(begun) = begun {
            let time = begun.elapsed();
            group.calls += 1;
            group.slices += slices.len() as u64;
            group.time += time;
            group.longest = group.longest.max(time);
            if retry || outcome.is_err() {
                group.lost += time;
            }
        }
        if outcome.is_err() || matches!(entry, Entry::Probe | Entry::FlowEnd) {
            sink.words.truncate(words);
            sink.side.truncate(side);
            sink.next.clear();
        }
        if outcome.is_err() {
            sink.answers.clear();
        }
        outcome
    }

    /// After a fault: every slice gets a call of its own, so that only the culprit's frame goes without.
    #[cold]
    #[allow(clippy::too_many_arguments)]
    fn one_by_one(
        &mut self,
        vector: &mut dyn Vector,
        protocol: u16,
        entry: Entry,
        batch: &Batch<'_>,
        stitched: bool,
        slices: &[Slice],
        layers: &[u32],
    ) {
        for (slice, layer) in slices.iter().zip(layers) {
            let (words, side) = (self.dissection.sink.words.len(), self.dissection.sink.side.len());
            let exhausted = self.group(protocol).is_exhausted();
            let outcome = match exhausted {
                true => Err(Fault::new(SET_ASIDE)),
                false => {
                    let slice = std::slice::from_ref(slice);
                    self.run(vector, protocol, entry, batch, Bytes::of(stitched), slice, true)
                }
            };
            match outcome {
                Ok(()) => {
                    let (slice, layer) = (std::slice::from_ref(slice), std::slice::from_ref(layer));
                    self.settle(protocol, batch, slice, layer, words, side);
                }
                Err(fault) => {
                    let (words, side) = (words as u32, side as u32);
                    self.dissection.answer(*layer, &Answer { words, side, ..Answer::default() }, words, side);
                    let text = self.fault_text(protocol, &fault);
                    self.diagnose(*layer, Severity::Error, Diagnostic::FAULT, &text);
                    if !exhausted {
                        self.count_fault(protocol, batch, *layer, fault);
                    }
                }
            }
        }
    }

    /// Counts the fault of a whole call whose slices, one by one, gave none: a dissector that fails only on many must not
    /// cost a retry each time, nor may one whose retries have taken too long. `before` is how many faults it had.
    pub(crate) fn after_retry(&mut self, protocol: u16, batch: &Batch<'_>, layer: u32, fault: Fault, before: u32) {
        let group = self.group(protocol);
        if group.faults == before || group.is_exhausted() && !group.set_aside {
            self.count_fault(protocol, batch, layer, fault);
        }
    }

    /// What a diagnostic says of a fault: who, why, and what else is lost by it.
    pub(crate) fn fault_text(&self, protocol: u16, fault: &Fault) -> String {
        let station = &self.stations[protocol as usize];
        let mut text = match &self.groups[station.group].plugin {
            Some(plugin) => format!("{plugin}: {}", fault.reason),
            None => fault.reason.clone(),
        };
        if self.explain_faults && !fault.backtrace.is_empty() {
            text += &format!("; in {}", fault.backtrace);
        }
        // All dissectors of the plugin lose theirs.
        let keeps = |other: &Station| other.group == station.group && other.keeps;
        if fault.reason != SET_ASIDE && self.stations.iter().any(keeps) {
            text += "; what it kept of earlier frames is lost";
        }
        text
    }

    pub(crate) fn count_fault(&mut self, protocol: u16, batch: &Batch<'_>, layer: u32, fault: Fault) {
        let group = self.group(protocol);
        group.faults += 1;
        let set_aside = group.is_exhausted() && !group.set_aside;
        group.set_aside |= set_aside;
        let frame = batch.frames[self.dissection.layers[layer as usize].frame as usize].number;
        self.faults.push(FaultReport { protocol, frame, fault, set_aside });
    }
}

thread_local! {
    static DISSECTING: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Whether this thread is inside a dissector, whose panics are contained: for a panic hook that leaves those alone.
pub fn is_dissecting() -> bool {
    DISSECTING.get()
}
