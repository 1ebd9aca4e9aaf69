//! The vector walk: slices queue before their dissector, and the whole queue is dissected in one call.

use crate::demand::Demand;
use crate::dissection::{Dissection, Layer, NONE};
use crate::frame::{self, Clock};
use crate::registry::{Claimed, Registry};
use prosector_sdk::dissector::{Entry, Fault, Vector};
use prosector_sdk::frame::Batch;
use prosector_sdk::pdu::{Answer, Next, Sink, Slice};
use prosector_sdk::span::{Diagnostic, Severity};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Layers below one frame, and how deep they may nest. Real tunnels stay below ten; a frame that exceeds this is made
/// to. A layer divides what it may have below it evenly among the parts that it hands on: so what is cut away depends
/// on the frame alone, not on the order of the walk.
const MAX_LAYERS: u16 = 500;
const MAX_DEPTH: u16 = 64;

/// What a key of a table leads to, under the present demand.
#[derive(Clone, Copy)]
enum Target {
    /// Nobody claims it.
    Unclaimed,
    /// Its owner need not run.
    Skip,
    /// Its owner.
    Run(Claimed),
}

/// One dispatch table under the present demand. Most keys are 16 bits wide and looked up for every frame, so those
/// lie in an array, and only what an array can't hold is hashed.
#[derive(Default)]
struct Table {
    low: Vec<u16>,
    high: HashMap<u64, u16>,
    targets: Vec<Target>,
}

impl Table {
    fn new(keys: impl Iterator<Item = (u64, Target)>) -> Table {
        let mut table = Table { targets: vec![Target::Unclaimed], ..Table::default() };
        for (key, target) in keys {
            let at = table.targets.len() as u16;
            table.targets.push(target);
            if key <= u16::MAX.into() {
                let key = key as usize;
                table.low.resize(table.low.len().max(key + 1), 0);
                table.low[key] = at;
            } else {
                table.high.insert(key, at);
            }
        }
        table
    }

    #[inline]
    fn get(&self, key: u64) -> Target {
        let at = match self.low.get(key as usize) {
            Some(&at) => at,
            None if self.high.is_empty() => 0,
            None => self.high.get(&key).copied().unwrap_or(0),
        };
        self.targets[at as usize]
    }
}

/// A dissector and what waits for it.
struct Station {
    /// `None` where the dissector can't run under the present demand, or was set aside.
    vector: Option<Box<dyn Vector>>,
    /// For each of its tables, the position in [`Engine::tables`].
    tables: Vec<u16>,
    /// Slices for [`Entry::Dissect`] and for [`Entry::Trailer`], with their layers.
    waiting: [(Vec<Slice>, Vec<u32>); 2],
    wants_trailer: bool,
    faults: u32,
}

/// What a dissector did wrong, for a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultReport {
    /// Number of its protocol.
    pub protocol: u16,
    /// The frame that it happened on.
    pub frame: u64,
    /// Why.
    pub reason: String,
    /// It happened too often; the dissector is not called again.
    pub set_aside: bool,
}

/// After so many faults a dissector is not called again.
const MAX_FAULTS: u32 = 5;
const SET_ASIDE: &str = "set aside after too many faults";

/// Takes batches of frames through the dissectors, on one worker.
pub struct Engine {
    registry: std::sync::Arc<Registry>,
    demand: Demand,
    stations: Vec<Station>,
    tables: Vec<Table>,
    link_table: u16,
    data: Target,
    /// Stations with something waiting, with its entry, in the order in which they got it.
    ready: Vec<(u16, Entry)>,
    dissection: Dissection,
    clock: Clock,
    faults: Vec<FaultReport>,
}

impl Engine {
    /// Makes the dissectors that the demand needs and gives them their settings; the error is for people.
    pub fn new(registry: std::sync::Arc<Registry>, demand: Demand) -> Result<Engine, String> {
        let useful = demand.useful(&registry);
        let trailers = demand.trailers(&registry);
        let mut names: HashMap<&str, u16> = HashMap::new();
        let mut tables = Vec::new();
        let mut resolve = |name: &str| -> u16 {
            if let Some((key, _)) = registry.tables.get_key_value(name)
                && let Some(&at) = names.get(key.as_str())
            {
                return at;
            }
            let target = |claimed: &Claimed| match useful[claimed.protocol as usize] {
                true => Target::Run(*claimed),
                false => Target::Skip,
            };
            let at = tables.len() as u16;
            match registry.tables.get_key_value(name) {
                Some((key, keys)) => {
                    tables.push(Table::new(keys.iter().map(|(k, claimed)| (*k, target(claimed)))));
                    names.insert(key, at);
                }
                None => tables.push(Table::new(std::iter::empty())),
            }
            at
        };
        let link_table = resolve("link");
        let mut stations = Vec::new();
        for (id, registered) in registry.protocols.iter().enumerate() {
            let vector = match &registered.factory {
                Some(factory) if useful[id] => {
                    let mut vector = factory()?;
                    vector
                        .configure(&registered.settings)
                        .map_err(|e| format!("{} refuses its settings: {e}", registered.protocol.name))?;
                    Some(vector)
                }
                _ => None,
            };
            let tables = registered.protocol.tables.iter().map(|name| resolve(name)).collect();
            let wants_trailer = trailers[id];
            stations.push(Station { vector, tables, waiting: Default::default(), wants_trailer, faults: 0 });
        }
        let data = match registry.find_protocol("data") {
            Some(data) if useful[data as usize] => Target::Run(Claimed { protocol: data, claim: Slice::NO_CLAIM }),
            _ => Target::Skip,
        };
        Ok(Engine {
            demand,
            stations,
            tables,
            link_table,
            data,
            ready: Vec::new(),
            dissection: Dissection::default(),
            clock: Clock::default(),
            faults: Vec::new(),
            registry,
        })
    }

    /// The protocols it works with.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// What was found in the last batch.
    pub fn dissection(&self) -> &Dissection {
        &self.dissection
    }

    /// What dissectors did wrong since the last call.
    pub fn take_faults(&mut self) -> Vec<FaultReport> {
        std::mem::take(&mut self.faults)
    }

    /// Dissects a batch. Batches are to come in the order of the capture.
    pub fn dissect(&mut self, batch: &Batch<'_>) -> &Dissection {
        self.dissection.clear();
        for (i, frame) in batch.frames.iter().enumerate() {
            self.dissection.push(Layer {
                protocol: frame::ID,
                depth: 0,
                budget: MAX_LAYERS,
                quoted: false,
                trailer: false,
                frame: i as u32,
                start: frame.start,
                len: frame.len,
                context: frame.fcs_len.map_or(0, |n| 1 + n as u64),
                words: (0, 0),
                side: (0, 0),
                info: (0, 0),
                parent: NONE,
                first_child: NONE,
                last_child: NONE,
                next_sibling: NONE,
            });
        }
        for (i, frame) in batch.frames.iter().enumerate() {
            let slice = Slice { start: frame.start, len: frame.len, wire_len: frame.wire_len, ..Slice::default() };
            let context = frame.fcs_len.map_or(0, |n| 1 + n as u64);
            let target = match self.tables[self.link_table as usize].get(frame.link.0.into()) {
                Target::Unclaimed => self.data,
                target => target,
            };
            self.enqueue(target, Slice { context, ..slice }, i as u32, false, MAX_LAYERS - 1);
        }
        let mut turn = 0;
        while let Some(&(station, entry)) = self.ready.get(turn) {
            turn += 1;
            self.call(station, entry, batch);
        }
        self.ready.clear();
        frame::describe(&mut self.dissection, batch, &self.demand.want[frame::ID as usize], &mut self.clock);
        &self.dissection
    }

    /// Puts a slice before its dissector, as a new layer below `parent`.
    #[inline]
    fn enqueue(&mut self, target: Target, mut slice: Slice, parent: u32, quoted: bool, budget: u16) {
        let Target::Run(claimed) = target else { return };
        if slice.wire_len == 0 {
            return;
        }
        slice.claim = claimed.claim;
        self.add(claimed.protocol, Entry::Dissect, slice, parent, quoted, budget);
    }

    #[inline]
    fn add(&mut self, protocol: u16, entry: Entry, slice: Slice, parent: u32, quoted: bool, budget: u16) {
        let above = &self.dissection.layers[parent as usize];
        let (frame, depth) = (above.frame, above.depth + 1);
        let quoted = quoted || above.quoted;
        let slice = Slice { quoted, ..slice };
        let layer = self.dissection.push(Layer {
            protocol,
            depth,
            budget,
            quoted,
            trailer: entry == Entry::Trailer,
            frame,
            start: slice.start,
            len: slice.len,
            context: slice.context,
            words: (0, 0),
            side: (0, 0),
            info: (0, 0),
            parent,
            first_child: NONE,
            last_child: NONE,
            next_sibling: NONE,
        });
        let (slices, layers) = &mut self.stations[protocol as usize].waiting[entry as usize];
        if slices.is_empty() {
            self.ready.push((protocol, entry));
        }
        slices.push(slice);
        layers.push(layer);
    }

    /// Says that a frame has more layers than are looked at, in the layer that would have had one more.
    #[cold]
    fn too_deep(&mut self, layer: u32) {
        let text = format!("more than {MAX_DEPTH} layers deep or {MAX_LAYERS} in all; the rest is not dissected");
        self.diagnose(layer, Severity::Warning, "too-deep", &text);
    }

    /// Appends a diagnostic to a layer that has its words already, by moving them to the end.
    #[cold]
    fn diagnose(&mut self, layer: u32, severity: Severity, code: &str, text: &str) {
        let Dissection { layers, sink } = &mut self.dissection;
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
    fn call(&mut self, protocol: u16, entry: Entry, batch: &Batch<'_>) {
        let station = &mut self.stations[protocol as usize];
        let (slices, layers) = std::mem::take(&mut station.waiting[entry as usize]);
        let mut vector = station.vector.take();
        if let Some(vector) = &mut vector {
            let (words, side) = (self.dissection.sink.words.len(), self.dissection.sink.side.len());
            match self.run(&mut **vector, protocol, entry, batch, &slices) {
                Ok(()) => self.settle(protocol, batch, &slices, &layers, words, side),
                Err(Fault(reason)) => {
                    let before = self.stations[protocol as usize].faults;
                    self.one_by_one(&mut **vector, protocol, entry, batch, &slices, &layers);
                    // No slice did it alone; a dissector that fails only on many must not cost a retry each time.
                    if self.stations[protocol as usize].faults == before {
                        self.count_fault(protocol, batch, layers[0], reason);
                    }
                }
            }
        } else {
            layers.iter().for_each(|layer| self.diagnose(*layer, Severity::Error, "fault", SET_ASIDE));
        }
        let station = &mut self.stations[protocol as usize];
        station.vector = vector.filter(|_| station.faults < MAX_FAULTS);
        // The lists go back for the next batch; what waits already came by a loop in the graph.
        let (now_slices, now_layers) = std::mem::replace(&mut station.waiting[entry as usize], (slices, layers));
        let (slices, layers) = &mut station.waiting[entry as usize];
        slices.clear();
        layers.clear();
        slices.extend(now_slices);
        layers.extend(now_layers);
    }

    /// One call. After a fault the sink is as it was before.
    fn run(
        &mut self,
        vector: &mut dyn Vector,
        protocol: u16,
        entry: Entry,
        batch: &Batch<'_>,
        slices: &[Slice],
    ) -> Result<(), Fault> {
        let sink = &mut self.dissection.sink;
        let (words, side) = (sink.words.len(), sink.side.len());
        sink.next.clear();
        sink.answers.clear();
        let want = &self.demand.want[protocol as usize];
        // A panic leaves nothing half done that is looked at again: the sink is cut back, and every dissector is
        // written to start afresh with each slice.
        DISSECTING.set(true);
        let outcome = catch_unwind(AssertUnwindSafe(|| vector.run(entry, batch.data, slices, want, sink)));
        DISSECTING.set(false);
        let outcome = match outcome {
            Ok(Ok(())) if sink.answers.len() == slices.len() => Ok(()),
            Ok(Ok(())) => Err(Fault(format!("{} answers to {} slices", sink.answers.len(), slices.len()))),
            Ok(Err(fault)) => Err(fault),
            Err(panic) => Err(Fault(panic_text(&*panic))),
        };
        if outcome.is_err() {
            sink.words.truncate(words);
            sink.side.truncate(side);
            sink.next.clear();
            sink.answers.clear();
        }
        outcome
    }

    /// After a fault: every slice gets a call of its own, so that only the culprit's frame goes without.
    #[cold]
    fn one_by_one(
        &mut self,
        vector: &mut dyn Vector,
        protocol: u16,
        entry: Entry,
        batch: &Batch<'_>,
        slices: &[Slice],
        layers: &[u32],
    ) {
        for (slice, layer) in slices.iter().zip(layers) {
            let (words, side) = (self.dissection.sink.words.len(), self.dissection.sink.side.len());
            let set_aside = self.stations[protocol as usize].faults >= MAX_FAULTS;
            let outcome = match set_aside {
                true => Err(Fault(SET_ASIDE.into())),
                false => self.run(vector, protocol, entry, batch, std::slice::from_ref(slice)),
            };
            match outcome {
                Ok(()) => {
                    let (slice, layer) = (std::slice::from_ref(slice), std::slice::from_ref(layer));
                    self.settle(protocol, batch, slice, layer, words, side);
                }
                Err(Fault(reason)) => {
                    let (words, side) = (words as u32, side as u32);
                    self.dissection.answer(*layer, &Answer { words, side, ..Answer::default() }, words, side);
                    self.diagnose(*layer, Severity::Error, "fault", &reason);
                    if !set_aside {
                        self.count_fault(protocol, batch, *layer, reason);
                    }
                }
            }
        }
    }

    fn count_fault(&mut self, protocol: u16, batch: &Batch<'_>, layer: u32, reason: String) {
        let faults = &mut self.stations[protocol as usize].faults;
        *faults += 1;
        let set_aside = *faults == MAX_FAULTS;
        let frame = batch.frames[self.dissection.layers[layer as usize].frame as usize].number;
        self.faults.push(FaultReport { protocol, frame, reason, set_aside });
    }

    /// Takes the answers of one call: where each layer's words are, and who comes next.
    fn settle(
        &mut self,
        protocol: u16,
        batch: &Batch<'_>,
        slices: &[Slice],
        layers: &[u32],
        mut words: usize,
        mut side: usize,
    ) {
        let Sink { next, answers, .. } = &mut self.dissection.sink;
        let (mut next, mut answers) = (std::mem::take(next), std::mem::take(answers));
        let mut at = 0;
        for ((slice, &layer), answer) in slices.iter().zip(layers).zip(&answers) {
            self.dissection.answer(layer, answer, words as u32, side as u32);
            (words, side) = (answer.words as usize, answer.side as usize);
            if at < answer.next as usize {
                self.hand_on(protocol, slice, layer, &next[at..answer.next as usize]);
            }
            at = answer.next as usize;
            if answer.end < slice.wire_len {
                self.trailer(slice, layer, answer.end);
            }
        }
        debug_assert!(slices.iter().all(|s| (s.start + s.len) as usize <= batch.data.len()));
        next.clear();
        answers.clear();
        (self.dissection.sink.next, self.dissection.sink.answers) = (next, answers);
    }

    /// Follows the hand-ons of one layer, as far as its budget goes.
    #[inline]
    fn hand_on(&mut self, protocol: u16, slice: &Slice, layer: u32, next: &[Next]) {
        let Layer { depth, budget, .. } = self.dissection.layers[layer as usize];
        let followed = if depth < MAX_DEPTH { next.len().min(budget as usize) } else { 0 };
        for part in &next[..followed] {
            self.follow(protocol, slice, layer, part, (budget - followed as u16) / followed as u16);
        }
        if followed < next.len() {
            self.too_deep(layer);
        }
    }

    /// Looks a hand-on up and puts it before whoever owns it.
    #[inline]
    fn follow(&mut self, protocol: u16, slice: &Slice, layer: u32, next: &Next, budget: u16) {
        let Some(&table) = self.stations[protocol as usize].tables.get(next.table as usize) else { return };
        let table = &self.tables[table as usize];
        let mut target = Target::Unclaimed;
        for key in &next.keys[..next.key_count.min(2) as usize] {
            target = table.get(*key);
            if !matches!(target, Target::Unclaimed) {
                break;
            }
        }
        if matches!(target, Target::Unclaimed) {
            target = self.data;
        }
        if let Some(part) = part(slice, next.offset, next.wire_len) {
            self.enqueue(target, Slice { context: next.context, ..part }, layer, next.quoted, budget);
        }
    }

    /// Gives what lies behind a PDU to the protocol around it.
    fn trailer(&mut self, slice: &Slice, layer: u32, end: u32) {
        let Layer { parent: outer_at, trailer, .. } = self.dissection.layers[layer as usize];
        let Some(&outer) = self.dissection.layers.get(outer_at as usize) else { return };
        if !self.stations[outer.protocol as usize].wants_trailer || trailer {
            return;
        }
        let Some(part) = part(slice, end, slice.wire_len - end) else { return };
        let before = u64::from(slice.start + end - outer.start);
        let context = outer.context << 32 | before;
        let slice = Slice { claim: Slice::NO_CLAIM, context, ..part };
        self.add(outer.protocol, Entry::Trailer, slice, outer_at, false, 0);
    }
}

/// A part of a slice; `None` where it would begin behind the slice's end.
#[inline]
fn part(slice: &Slice, offset: u32, wire_len: u32) -> Option<Slice> {
    let wire_len = wire_len.min(slice.wire_len.checked_sub(offset)?);
    let len = slice.len.saturating_sub(offset).min(wire_len);
    Some(Slice { start: slice.start + offset.min(slice.len), len, wire_len, ..Slice::default() })
}

thread_local! {
    static DISSECTING: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Whether this thread is inside a dissector, whose panics are contained: for a panic hook that leaves those alone.
pub fn is_dissecting() -> bool {
    DISSECTING.get()
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("without a message"))
}
