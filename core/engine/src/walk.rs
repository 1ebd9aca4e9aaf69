//! The vector walk: slices queue before their dissector, and the whole queue is dissected in one call.

use crate::calls::{FaultReport, Group};
use crate::demand::Demand;
use crate::dissection::{Dissection, Layer, NONE};
use crate::flows::{Recent, flow_of};
use crate::frame::{self, Clock};
use crate::heuristics::{Heuristics, Unclaimed};
use crate::registry::{Claimed, Origin, Plugin, Registered, Registry, Why};
use crate::trace::{Lookup, Outcome};
use prosector_sdk::dissector::{Entry, Vector};
use prosector_sdk::frame::Batch;
use prosector_sdk::pdu::{Next, Sink, Slice};
use prosector_sdk::span::Severity;
use std::collections::HashMap;
use std::sync::Arc;

/// Layers below one frame, and how deep they may nest. Real tunnels stay below ten; a frame that exceeds this is made
/// to. A layer divides what it may have below it evenly among the parts that it hands on: so what is cut away depends
/// on the frame alone, not on the order of the walk.
const MAX_LAYERS: u16 = 500;
const MAX_DEPTH: u16 = 64;

/// What a key of a table leads to, under the present demand.
#[derive(Clone, Copy)]
pub(crate) enum Target {
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
pub(crate) struct Table {
    low: Vec<u32>,
    high: HashMap<u64, u32>,
    targets: Vec<Target>,
    /// Who is asked about what nobody claims, if anybody is.
    pub(crate) heuristics: Option<Heuristics>,
}

impl Table {
    fn new(keys: impl Iterator<Item = (u64, Target)>) -> Table {
        let mut table = Table { targets: vec![Target::Unclaimed], ..Table::default() };
        for (key, target) in keys {
            let at = table.targets.len() as u32;
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
pub(crate) struct Station {
    /// `None` where the dissector can't run under the present demand, or was set aside.
    pub(crate) vector: Option<Box<dyn Vector>>,
    /// For each of its tables, the position in [`Engine::tables`].
    tables: Vec<u32>,
    /// Slices for [`Entry::Dissect`] and for [`Entry::Trailer`], with their layers.
    pub(crate) waiting: [(Vec<Slice>, Vec<u32>); 2],
    wants_trailer: bool,
    /// Which of [`Engine::groups`] it belongs to.
    pub(crate) group: usize,
    /// The flows that it may keep something for, if it does.
    pub(crate) flows: Option<Recent<()>>,
}

/// Flows that a dissector may keep something for, in each of two generations.
const MAX_FLOWS: usize = 64 << 10;

/// What waits for its turn, taken out.
enum Waiting {
    Call(u16, Entry, (Vec<Slice>, Vec<u32>)),
    Ask(u32, Vec<Unclaimed>),
}

/// What is to be done in a batch.
#[derive(Clone, Copy)]
enum Work {
    Call(u16, Entry),
    /// Asks about what nobody claims in a table.
    Ask(u32),
}

/// Takes batches of frames through the dissectors, on one worker.
pub struct Engine {
    pub(crate) registry: Arc<Registry>,
    pub(crate) demand: Demand,
    pub(crate) stations: Vec<Station>,
    /// The sources of dissectors, which stand or fall together.
    pub(crate) groups: Vec<Group>,
    pub(crate) tables: Vec<Table>,
    /// What the tables are called, for notes.
    names: Vec<String>,
    link_table: u32,
    pub(crate) data: Target,
    /// Whether anybody needs to know of flows.
    with_flows: bool,
    /// Stations with something waiting, with its entry, in the order in which they got it.
    ready: Vec<(u16, Entry)>,
    /// What needs the order of the frames, and so waits until nothing is ready.
    late: Vec<Work>,
    /// How often that has been done in this batch. What is reached later is of another flow, even if it has the same
    /// addresses: otherwise a tunnel could bring an earlier frame to a dissector that has seen later ones.
    level: u32,
    pub(crate) dissection: Dissection,
    clock: Clock,
    pub(crate) faults: Vec<FaultReport>,
    pub(crate) explain_faults: bool,
    /// Every hand-on of the batch, if somebody wants to know.
    pub(crate) trace: Option<Vec<Lookup>>,
}

impl Engine {
    /// Makes the dissectors that the demand needs and gives them their settings; the error is for people.
    pub fn new(registry: Arc<Registry>, demand: Demand) -> Result<Engine, String> {
        let useful = demand.useful(&registry);
        let trailers = demand.trailers(&registry);
        let mut names: HashMap<String, u32> = HashMap::new();
        let mut tables = Vec::new();
        let mut resolve = |name: &str| -> u32 {
            if let Some(&at) = names.get(name) {
                return at;
            }
            let target = |claimed: &Claimed| match useful[claimed.protocol as usize] {
                true => Target::Run(*claimed),
                false => Target::Skip,
            };
            let keys = registry.tables.get(name).into_iter().flatten();
            let mut table = Table::new(keys.map(|(key, claimed)| (*key, target(claimed))));
            let asked = registry.heuristics.get(name).filter(|ids| ids.iter().any(|&id| useful[id as usize]));
            table.heuristics = asked.map(|ids| Heuristics::new(name, ids.clone()));
            tables.push(table);
            names.insert(name.to_owned(), tables.len() as u32 - 1);
            tables.len() as u32 - 1
        };
        let link_table = resolve("link");
        let mut made = make(&registry, &useful)?;
        let mut groups: Vec<Group> = made.iter().map(|_| Group::default()).collect();
        groups.push(Group::default());
        let mut stations = Vec::new();
        for (id, registered) in registry.protocols.iter().enumerate() {
            let Registered { protocol, origin, settings, source } = registered;
            let mut vector = source.filter(|_| useful[id]).and_then(|(source, at)| made[source].get_mut(at)?.take());
            if let Some(vector) = &mut vector {
                vector.configure(settings).map_err(|e| format!("{} refuses its settings: {e}", protocol.name))?;
            }
            let group = source.map_or(groups.len() - 1, |(source, _)| source);
            if let Origin::Plugin(plugin) = origin {
                groups[group].plugin = Some(plugin.clone());
            }
            stations.push(Station {
                vector,
                tables: protocol.tables.iter().map(|name| resolve(name)).collect(),
                waiting: Default::default(),
                wants_trailer: trailers[id],
                group,
                flows: protocol.stateful.then(|| Recent::new(MAX_FLOWS)),
            });
        }
        let data = match registry.find_protocol("data") {
            Some(data) if useful[data as usize] => {
                Target::Run(Claimed { protocol: data, claim: Slice::NO_CLAIM, why: Why::Declared })
            }
            _ => Target::Skip,
        };
        let with_flows = stations.iter().any(|s: &Station| s.flows.is_some() && s.vector.is_some())
            || tables.iter().any(|t: &Table| t.heuristics.is_some());
        let mut table_names = vec![String::new(); tables.len()];
        names.into_iter().for_each(|(name, at)| table_names[at as usize] = name);
        Ok(Engine {
            demand,
            stations,
            groups,
            tables,
            names: table_names,
            link_table,
            data,
            with_flows,
            ready: Vec::new(),
            late: Vec::new(),
            level: 0,
            dissection: Dissection::default(),
            clock: Clock::default(),
            faults: Vec::new(),
            explain_faults: false,
            trace: None,
            registry,
        })
    }

    /// Says where in a plugin's code a fault happened, in its diagnostic.
    pub fn explain_faults(&mut self, on: bool) {
        self.explain_faults = on;
    }

    /// Goes on where another engine ends: the times of frames count on from those that it has seen.
    pub fn follow_up(&mut self, before: &Engine) {
        self.clock = before.clock;
    }

    /// Goes on with the faults of an engine that was used before in the same run: what is set aside stays so, and what
    /// faults may cost is not given anew.
    pub fn inherit_faults(&mut self, before: &Engine, is_same: impl Fn(&Plugin) -> bool) {
        for group in self.groups.iter_mut().filter(|group| group.plugin.as_deref().is_some_and(&is_same)) {
            if let Some(old) = before.groups.iter().find(|old| old.plugin == group.plugin) {
                group.inherit_faults(old);
            }
        }
    }

    /// Notes every hand-on of the next batches; [`Engine::trace`] has those of the last one.
    pub fn start_trace(&mut self) {
        self.trace = Some(Vec::new());
    }

    /// Every hand-on of the last batch, if they are noted.
    pub fn trace(&self) -> &[Lookup] {
        self.trace.as_deref().unwrap_or_default()
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
        if let Some(trace) = &mut self.trace {
            trace.clear();
        }
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
            let context = frame.fcs_len.map_or(0, |n| 1 + n as u64);
            let slice =
                Slice { start: frame.start, len: frame.len, wire_len: frame.wire_len, context, ..Slice::default() };
            self.look_up(self.link_table, &[frame.link.0.into()], slice, i as u32, false, MAX_LAYERS - 1);
        }
        let mut turn = 0;
        loop {
            while let Some(&(station, entry)) = self.ready.get(turn) {
                turn += 1;
                self.call(station, entry, batch);
            }
            if self.late.is_empty() {
                break;
            }
            // All that waits now, and nothing that comes of it.
            self.level += 1;
            let late: Vec<Waiting> = std::mem::take(&mut self.late).into_iter().map(|work| self.take(work)).collect();
            for waiting in late {
                match waiting {
                    Waiting::Call(station, entry, slices) => self.call_in_order(station, entry, batch, slices),
                    Waiting::Ask(table, slices) => self.ask(table as usize, batch, slices),
                }
            }
        }
        self.level = 0;
        self.ready.clear();
        frame::describe(&mut self.dissection, batch, &self.demand.want[frame::ID as usize], &mut self.clock);
        &self.dissection
    }

    fn take(&mut self, work: Work) -> Waiting {
        match work {
            Work::Call(station, entry) => {
                let waiting = &mut self.stations[station as usize].waiting[entry as usize];
                Waiting::Call(station, entry, std::mem::take(waiting))
            }
            Work::Ask(table) => {
                let heuristics = self.tables[table as usize].heuristics.as_mut();
                Waiting::Ask(table, heuristics.map(|h| std::mem::take(&mut h.waiting)).unwrap_or_default())
            }
        }
    }

    /// Puts a slice before its dissector, as a new layer below `parent`.
    #[inline]
    pub(crate) fn enqueue(&mut self, target: Target, mut slice: Slice, parent: u32, quoted: bool, budget: u16) {
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
        if self.stations[protocol as usize].waiting[entry as usize].0.is_empty() {
            match self.stations[protocol as usize].flows {
                None => self.ready.push((protocol, entry)),
                Some(_) => self.late.push(Work::Call(protocol, entry)),
            }
        }
        let (slices, layers) = &mut self.stations[protocol as usize].waiting[entry as usize];
        slices.push(slice);
        layers.push(layer);
    }

    /// Says that a frame has more layers than are looked at, in the layer that would have had one more.
    #[cold]
    fn too_deep(&mut self, layer: u32) {
        let text = format!("more than {MAX_DEPTH} layers deep or {MAX_LAYERS} in all; the rest is not dissected");
        self.diagnose(layer, Severity::Warning, "too-deep", &text);
    }

    /// Takes the answers of one call: where each layer's words are, and who comes next.
    pub(crate) fn settle(
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
                self.hand_on(protocol, batch, slice, layer, &next[at..answer.next as usize]);
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
    fn hand_on(&mut self, protocol: u16, batch: &Batch<'_>, slice: &Slice, layer: u32, next: &[Next]) {
        let Layer { depth, budget, .. } = self.dissection.layers[layer as usize];
        let followed = if depth < MAX_DEPTH { next.len().min(budget as usize) } else { 0 };
        for part in &next[..followed] {
            self.follow(protocol, batch, slice, layer, part, (budget - followed as u16) / followed as u16);
        }
        if followed < next.len() {
            self.too_deep(layer);
        }
    }

    /// Looks a hand-on up and puts it before whoever owns it.
    #[inline]
    fn follow(&mut self, protocol: u16, batch: &Batch<'_>, slice: &Slice, layer: u32, next: &Next, budget: u16) {
        let Some(&table) = self.stations[protocol as usize].tables.get(next.table as usize) else { return };
        let (flow, reverse) = match self.with_flows && next.ends.len > 0 {
            true => {
                let bytes = &batch.data[slice.start as usize..][..slice.len as usize];
                flow_of(bytes, slice, next.ends, (protocol, self.level))
            }
            false => (slice.flow, slice.reverse),
        };
        let keys = &next.keys[..next.key_count.min(2) as usize];
        if let Some(part) = part(slice, next.offset, next.wire_len) {
            // A quotation says nothing of the flow that it was taken from.
            let flow = if next.quoted || slice.quoted { 0 } else { flow };
            let part = Slice { context: next.context, flow, reverse: reverse && flow != 0, ..part };
            self.look_up(table, keys, part, layer, next.quoted, budget);
        }
    }

    /// Puts a slice before whoever owns one of the keys, or before those who may recognize it.
    #[inline]
    fn look_up(&mut self, table: u32, keys: &[u64], slice: Slice, parent: u32, quoted: bool, budget: u16) {
        let there = &self.tables[table as usize];
        let mut target = Target::Unclaimed;
        for key in keys {
            target = there.get(*key);
            if !matches!(target, Target::Unclaimed) {
                break;
            }
        }
        if self.trace.is_some() {
            self.note(table, keys, &slice, parent, target);
        }
        if let Target::Unclaimed = target {
            let lookup = self.trace.as_ref().map_or(0, |trace| trace.len() - 1);
            if let Some(heuristics) = &mut self.tables[table as usize].heuristics
                && slice.wire_len > 0
            {
                if heuristics.waiting.is_empty() {
                    self.late.push(Work::Ask(table));
                }
                heuristics.waiting.push(Unclaimed { slice, parent, quoted, budget, lookup });
                return;
            }
            target = self.data;
        }
        self.enqueue(target, slice, parent, quoted, budget);
    }

    /// Notes a hand-on for whoever wants to know why.
    #[cold]
    fn note(&mut self, table: u32, keys: &[u64], slice: &Slice, parent: u32, target: Target) {
        let name = self.names[table as usize].clone();
        let outcome = match target {
            _ if slice.wire_len == 0 => Outcome::Nothing,
            Target::Run(claimed) => {
                let at = keys.iter().position(|key| self.registry.owner(&name, *key).is_some());
                Outcome::Claimed(claimed.protocol, at.unwrap_or(0))
            }
            Target::Unclaimed | Target::Skip => Outcome::Unclaimed,
        };
        let lookup =
            Lookup { layer: parent, table: name, keys: keys.to_vec(), len: slice.wire_len, asked: Vec::new(), outcome };
        if let Some(trace) = &mut self.trace {
            trace.push(lookup);
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
        let slice = Slice { claim: Slice::NO_CLAIM, context, flow: slice.flow, reverse: slice.reverse, ..part };
        self.add(outer.protocol, Entry::Trailer, slice, outer_at, false, 0);
    }
}

/// The dissectors of one source, until their stations take them.
type Made = Vec<Option<Box<dyn Vector>>>;

/// Lets every source that has a useful dissector make its dissectors.
fn make(registry: &Registry, useful: &[bool]) -> Result<Vec<Made>, String> {
    let mut made: Vec<Made> = registry.sources.iter().map(|_| Vec::new()).collect();
    for (registered, _) in registry.protocols.iter().zip(useful).filter(|(_, useful)| **useful) {
        if let Some((source, _)) = registered.source
            && made[source].is_empty()
        {
            made[source] = registry.sources[source]()?.into_iter().map(Some).collect();
        }
    }
    Ok(made)
}

/// A part of a slice; `None` where it would begin behind the slice's end.
#[inline]
fn part(slice: &Slice, offset: u32, wire_len: u32) -> Option<Slice> {
    let wire_len = wire_len.min(slice.wire_len.checked_sub(offset)?);
    let len = slice.len.saturating_sub(offset).min(wire_len);
    Some(Slice { start: slice.start + offset.min(slice.len), len, wire_len, ..Slice::default() })
}
