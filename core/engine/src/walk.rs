//! The vector walk: slices queue before their dissector, and the whole queue is dissected in one call.

use crate::calls::{FaultReport, Group};
use crate::demand::Demand;
use crate::dissection::{Dissection, Layer, NO_KEY, NONE};
use crate::flows::{flow_of, of_part};
use crate::fragments::Piece;
use crate::frame;
use crate::heuristics;
use crate::order::{Keeper, Late, Place, State, Unclaimed};
use crate::pieces;
use crate::registry::{Claimed, Origin, Plugin, Registered, Registry, Why};
use crate::streams::{Chunk, How, Tapped};
use crate::trace::{Lookup, Outcome};
use prosector_sdk::dissector::{Entry, Vector};
use prosector_sdk::frame::Batch;
use prosector_sdk::pdu::{Answer, Ends, HandOn, Next, Sink, Slice};
use prosector_sdk::span::Severity;
use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
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
    /// Who is asked about what nobody claims.
    pub(crate) heuristics: Vec<u16>,
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
    pub(crate) fn get(&self, key: u64) -> Target {
        let at = match self.low.get(key as usize) {
            Some(&at) => at,
            None if self.high.is_empty() => 0,
            None => self.high.get(&key).copied().unwrap_or(0),
        };
        self.targets[at as usize]
    }

    /// The first owner among those of these keys, and the keys behind his.
    #[inline]
    fn owner<'k>(&self, mut keys: &'k [u64]) -> (Target, &'k [u64]) {
        let mut target = Target::Unclaimed;
        while let (Target::Unclaimed, [key, after @ ..]) = (target, keys) {
            target = self.get(*key);
            keys = after;
        }
        (target, keys)
    }
}

/// A dissector and what waits for it.
pub(crate) struct Station {
    /// `None` where the dissector can't run under the present demand, or keeps something: then it is in [`State::keepers`] (but see
    /// [`Station::early`]).
    pub(crate) vector: Option<Box<dyn Vector>>,
    /// It keeps something for its flows, so its slices come in the order of the frames.
    pub(crate) keeps: bool,
    /// It does so for its streams only. It is called for all slices at once, as if it kept nothing, and in order once more for those
    /// that may lead to somebody: the dissector here is for the first, that in [`State::keepers`] for the second.
    pub(crate) early: bool,
    /// For each of its tables, the position in [`Engine::tables`].
    pub(crate) tables: Vec<u32>,
    /// Of its first 64 tables, those that `frame.protocols` names.
    named: u64,
    /// Slices with their layers, by [`Queue`].
    pub(crate) waiting: [(Vec<Slice>, Vec<u32>); Queue::COUNT],
    wants_trailer: bool,
    /// Which of [`Engine::groups`] it belongs to.
    pub(crate) group: usize,
}

/// Which of a station's queues: slices in one queue are in one buffer.
#[derive(Clone, Copy)]
pub(crate) struct Queue {
    pub entry: Entry,
    pub stitched: bool,
}

impl Queue {
    const COUNT: usize = 4;

    fn of(entry: Entry, stitched: bool) -> Queue {
        Queue { entry, stitched }
    }

    pub(crate) fn number(self) -> usize {
        (self.entry == Entry::Trailer) as usize + 2 * self.stitched as usize
    }
}

/// What engines that share the work hand on from batch to batch, see [`Engine::swap_state`].
#[derive(Default)]
pub struct SharedState(State);

/// Takes batches of frames through the dissectors, on one worker.
pub struct Engine {
    pub(crate) registry: Arc<Registry>,
    pub(crate) demand: Demand,
    pub(crate) stations: Vec<Station>,
    /// The sources of dissectors, which stand or fall together.
    pub(crate) groups: Vec<Group>,
    pub(crate) tables: Vec<Table>,
    /// What the tables are called, for notes.
    pub(crate) names: Vec<String>,
    link_table: u32,
    pub(crate) data: Target,
    /// For each protocol, what it shows of PDUs that come in pieces.
    pub(crate) pieces: Vec<pieces::Fields>,
    /// Whether anybody needs to know of flows.
    with_flows: bool,
    /// Whether anybody may say whose flows to come are.
    promises: bool,
    /// Queues with something in them, in the order in which they got it.
    ready: Vec<(u16, Queue)>,
    /// What needs the order of the frames, for each frame of the batch.
    pub(crate) late: Vec<VecDeque<Late>>,
    /// That is being done now.
    pub(crate) is_in_order: bool,
    pub(crate) state: State,
    pub(crate) dissection: Dissection,
    pub(crate) faults: Vec<FaultReport>,
    pub(crate) explain_faults: bool,
    /// What has come in the batch's streams, in order, if somebody wants to know.
    pub(crate) tap: Option<Vec<Tapped>>,
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
            table.heuristics = asked.cloned().unwrap_or_default();
            tables.push(table);
            names.insert(name.to_owned(), tables.len() as u32 - 1);
            tables.len() as u32 - 1
        };
        let link_table = resolve("link");
        let mut made = make(&registry, &useful)?;
        let mut groups: Vec<Group> = made.iter().map(|_| Group::default()).collect();
        groups.push(Group::default());
        let ordered = demand.ordered(&registry, &useful);
        let data = match registry.find_protocol("data") {
            Some(data) if useful[data as usize] => {
                Target::Run(Claimed { protocol: data, claim: Slice::NO_CLAIM, why: Why::Declared })
            }
            _ => Target::Skip,
        };
        let data_useful = matches!(data, Target::Run(_));
        let promises = registry.protocols.iter().zip(&useful).any(|(registered, useful)| {
            let leads = |table: &str| Some(usize::from(registry.find_protocol(table.strip_prefix('@')?)?));
            *useful && registered.protocol.bound.iter().filter_map(|table| leads(table)).any(|id| demand.is_on(id))
        });
        let is_asked = |table: &Cow<'static, str>| {
            registry.heuristics.get(&**table).is_some_and(|ids| ids.iter().any(|&id| useful[id as usize]))
        };
        let mut stations = Vec::new();
        let mut keepers = Vec::new();
        for (id, registered) in registry.protocols.iter().enumerate() {
            let Registered { protocol, origin, settings, source } = registered;
            let configured = |mut vector: Box<dyn Vector>| match vector.configure(settings) {
                Ok(()) => Ok(vector),
                Err(e) => Err(format!("{} refuses its settings: {e}", protocol.name)),
            };
            let vector = source.filter(|_| useful[id]).and_then(|(source, at)| made[source].get_mut(at)?.take());
            let mut vector = vector.map(configured).transpose()?;
            let group = source.map_or(groups.len() - 1, |(source, _)| source);
            if let Origin::Plugin(plugin) = origin {
                groups[group].plugin = Some(plugin.clone());
            }
            let named = |at: usize| protocol.named.contains(&protocol.tables[at]);
            let named = (0..protocol.tables.len().min(64)).filter(|at| named(*at)).fold(0, |bits, at| bits | 1 << at);
            keepers.push(if ordered[id] { vector.take().map(Keeper::new) } else { None });
            let keeps = keepers[id].is_some();
            let is_quiet = |table| protocol.streams.contains(table) && !is_asked(table);
            let early = keeps
                && matches!(origin, Origin::Builtin)
                && !demand.needs_state(id, protocol)
                && !(promises || data_useful)
                && protocol.tables.iter().all(is_quiet);
            if let (true, Some((source, at))) = (early, source) {
                let another = registry.sources[*source]()?.into_iter().nth(*at);
                vector = another.map(configured).transpose()?;
            }
            stations.push(Station {
                vector,
                keeps,
                early,
                named,
                tables: protocol.tables.iter().map(|name| resolve(name)).collect(),
                waiting: Default::default(),
                wants_trailer: trailers[id],
                group,
            });
        }
        let with_flows = promises
            || stations.iter().any(|s: &Station| s.keeps && !s.early)
            || tables.iter().any(|t: &Table| !t.heuristics.is_empty());
        let memories = tables.iter().map(|_| heuristics::memory()).collect();
        let pieces = registry.protocols.iter().map(|r| pieces::Fields::of(&r.protocol)).collect();
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
            pieces,
            with_flows,
            promises,
            ready: Vec::new(),
            late: Vec::new(),
            is_in_order: false,
            state: State::new(memories, keepers),
            dissection: Dissection::default(),
            faults: Vec::new(),
            explain_faults: false,
            trace: None,
            tap: None,
            registry,
        })
    }

    /// Says where in a plugin's code a fault happened, in its diagnostic.
    pub fn explain_faults(&mut self, on: bool) {
        self.explain_faults = on;
    }

    /// Goes on where another engine ends: the times of frames count on from those that it has seen.
    pub fn follow_up(&mut self, before: &Engine) {
        self.state.clock = before.state.clock;
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

    /// Notes what comes in streams in the next batches; [`Engine::tapped`] has that of the last one.
    pub fn tap_streams(&mut self) {
        self.tap = Some(Vec::new());
    }

    /// What has come in the streams of the last batch, in order, without gaps or repetitions.
    pub fn tapped(&self) -> &[Tapped] {
        self.tap.as_deref().unwrap_or_default()
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
        self.dissect_unordered(batch);
        self.dissect_in_order(batch);
        &self.dissection
    }

    /// The first part of [`Engine::dissect`]: what depends on no other frame.
    pub fn dissect_unordered(&mut self, batch: &Batch<'_>) {
        self.dissection.clear();
        if let Some(trace) = &mut self.trace {
            trace.clear();
        }
        if let Some(tap) = &mut self.tap {
            tap.clear();
        }
        if self.late.len() < batch.frames.len() {
            self.late.resize_with(batch.frames.len(), VecDeque::new);
        }
        for (i, frame) in batch.frames.iter().enumerate() {
            let context = frame.fcs_len.map_or(0, |n| 1 + n as u64);
            self.dissection.push(Layer {
                budget: MAX_LAYERS,
                frame: i as u32,
                start: frame.start,
                len: frame.len,
                context,
                ..Layer::of(frame::ID, NONE)
            });
        }
        for (i, frame) in batch.frames.iter().enumerate() {
            let context = frame.fcs_len.map_or(0, |n| 1 + n as u64);
            let slice =
                Slice { start: frame.start, len: frame.len, wire_len: frame.wire_len, context, ..Slice::default() };
            let place = Place {
                parent: i as u32,
                table: self.link_table,
                named: false,
                stitched: false,
                quoted: false,
                detail: false,
                budget: MAX_LAYERS - 1,
                ports: Ends::default(),
            };
            self.look_up(place, &[frame.link.0.into()], slice);
        }
        self.run_ready(batch);
    }

    /// The second part: what depends on the frames before, and what is known of them. Between engines that share the work it is
    /// handed on by [`Engine::swap_state`].
    pub fn dissect_in_order(&mut self, batch: &Batch<'_>) {
        self.in_order(batch);
        let want = &self.demand.want[frame::ID as usize];
        frame::describe(&mut self.dissection, batch, want, &mut self.state.clock, &self.registry, &self.names);
    }

    /// Exchanges what is known of earlier frames with another engine of the same registry and demand.
    pub fn swap_state(&mut self, other: &mut SharedState) {
        std::mem::swap(&mut self.state, &mut other.0);
    }

    /// Runs dissectors until nothing is ready.
    pub(crate) fn run_ready(&mut self, batch: &Batch<'_>) {
        let mut turn = 0;
        while let Some(&(protocol, queue)) = self.ready.get(turn) {
            turn += 1;
            self.call(protocol, queue, batch);
        }
        self.ready.clear();
    }

    /// Puts a slice before its dissector. `others` are the keys that come next if it is rejected.
    #[inline]
    pub(crate) fn enqueue(&mut self, target: Target, mut slice: Slice, place: &Place, others: &[u64]) {
        let Target::Run(claimed) = target else { return };
        if slice.wire_len == 0 {
            return;
        }
        slice.claim = claimed.claim;
        self.add(claimed.protocol, Entry::Dissect, slice, place, others.first().copied());
    }

    #[inline]
    fn add(&mut self, protocol: u16, entry: Entry, slice: Slice, place: &Place, other: Option<u64>) {
        let layer = self.push_layer(protocol, entry, &slice, place, other);
        let slice = Slice { quoted: self.dissection.layers[layer as usize].quoted, ..slice };
        let is_early = self.is_early(protocol);
        let station = &mut self.stations[protocol as usize];
        if station.keeps && !is_early {
            return self.put_off(layer, Late::Call(protocol, entry, slice, layer));
        }
        // Who is called early must not know of flows.
        let slice = if is_early { slice.without_flow() } else { slice };
        let queue = Queue::of(entry, place.stitched);
        let (slices, layers) = &mut station.waiting[queue.number()];
        if slices.is_empty() {
            self.ready.push((protocol, queue));
        }
        slices.push(slice);
        layers.push(layer);
    }

    /// A new layer for a slice.
    #[inline]
    pub(crate) fn push_layer(
        &mut self,
        protocol: u16,
        entry: Entry,
        slice: &Slice,
        place: &Place,
        other: Option<u64>,
    ) -> u32 {
        let above = &self.dissection.layers[place.parent as usize];
        self.dissection.push(Layer {
            depth: above.depth + 1,
            budget: place.budget,
            quoted: place.quoted || above.quoted,
            detail: place.detail || above.detail,
            trailer: entry == Entry::Trailer,
            stitched: place.stitched,
            empty: slice.wire_len == 0,
            via: place.table,
            named: place.named,
            other_key: other.unwrap_or(NO_KEY),
            frame: above.frame,
            start: slice.start,
            len: slice.len,
            context: slice.context,
            ..Layer::of(protocol, place.parent)
        })
    }

    /// Says that a frame has more layers than are looked at, in the layer that would have had one more.
    #[cold]
    pub(crate) fn too_deep(&mut self, layer: u32) {
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
        let is_early = self.is_early(protocol);
        let mut at = 0;
        for ((slice, &layer), answer) in slices.iter().zip(layers).zip(&answers) {
            if answer.end == Answer::REJECTED {
                self.rejected(slice, layer);
            } else {
                self.dissection.answer(layer, answer, words as u32, side as u32);
                let next = &next[at..answer.next as usize];
                let is_ahead = is_early && !slice.quoted;
                if is_ahead && (next.is_empty() || next.iter().any(|next| self.leads(protocol, next))) {
                    let (flow, reverse) = self.flow_around(batch, layer);
                    let slice = Slice { flow, reverse, ..*slice };
                    self.put_off(layer, Late::Call(protocol, Entry::Dissect, slice, layer));
                } else {
                    if !next.is_empty() && !is_ahead {
                        self.hand_on(protocol, batch, slice, layer, next);
                    }
                    if answer.end < slice.wire_len {
                        self.trailer(slice, layer, answer.end);
                    }
                }
            }
            (words, side) = (answer.words as usize, answer.side as usize);
            at = answer.next as usize;
        }
        next.clear();
        answers.clear();
        (self.dissection.sink.next, self.dissection.sink.answers) = (next, answers);
    }

    /// The flow of a layer: that of the nearest addresses around it.
    fn flow_around(&self, batch: &Batch<'_>, layer: u32) -> (u64, bool) {
        let layers = &self.dissection.layers;
        let mut at = layers[layer as usize].parent;
        while let Some(layer) = layers.get(at as usize) {
            if layer.ends.len > 0 {
                let bytes = &self.dissection.buffer(layer.stitched, batch.data)[layer.start as usize..];
                let bytes = &bytes[..layer.len as usize];
                return flow_of(bytes, &Slice::default(), layer.ends, layer.protocol);
            }
            at = layer.parent;
        }
        (0, false)
    }

    /// Whether there is somebody for what is handed on, by its keys.
    fn leads(&self, protocol: u16, next: &Next) -> bool {
        let Some(&table) = self.stations[protocol as usize].tables.get(next.table as usize) else { return false };
        let table = &self.tables[table as usize];
        next.keys[..next.key_count.min(2).into()].iter().any(|key| matches!(table.get(*key), Target::Run(_)))
    }

    /// Finds somebody else for what its owner does not take for its own.
    #[cold]
    fn rejected(&mut self, slice: &Slice, layer: u32) {
        let Layer { parent, via, named, stitched, quoted, detail, budget, other_key, .. } =
            self.dissection.layers[layer as usize];
        self.dissection.layers[layer as usize].dead = true;
        let place = Place { parent, table: via, named, stitched, quoted, detail, budget, ports: Ends::default() };
        let slice = Slice { claim: Slice::NO_CLAIM, number: 0, time: 0, ..*slice };
        let refused = self.refused(layer);
        let Some(table) = self.tables.get(via as usize) else { return self.enqueue(self.data, slice, &place, &[]) };
        match if other_key == NO_KEY { Target::Unclaimed } else { table.get(other_key) } {
            Target::Run(claimed) if !refused.contains(&claimed.protocol) => {
                self.enqueue(Target::Run(claimed), slice, &place, &[]);
            }
            Target::Skip => {}
            _ if !table.heuristics.is_empty() => {
                let unclaimed = Unclaimed { slice, place, refused, lookup: None };
                self.put_off(parent, Late::Ask(unclaimed));
            }
            _ => self.enqueue(self.data, slice, &place, &[]),
        }
    }

    /// Who has refused the slice of this layer so far, this one's dissector among them: so nobody gets it twice.
    fn refused(&self, layer: u32) -> Vec<u16> {
        let layers = &self.dissection.layers;
        let own = layers[layer as usize];
        let mut refused = Vec::new();
        let mut at = layers[own.parent as usize].first_child;
        while let Some(other) = layers.get(at as usize) {
            if other.dead && (other.start, other.len, other.via) == (own.start, own.len, own.via) {
                refused.push(other.protocol);
            }
            at = other.next_sibling;
        }
        refused
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
        let station = &self.stations[protocol as usize];
        let Some(&table) = station.tables.get(next.table as usize) else { return };
        if matches!(next.what, HandOn::Bind | HandOn::Expect) {
            return match self.is_in_order {
                true => self.promise(protocol, layer, slice, next),
                false => self.put_off(layer, Late::Promise(protocol, layer, *slice, *next)),
            };
        }
        let named = station.named & 1 << next.table.min(63) != 0;
        let above = self.dissection.layers[layer as usize];
        let (mut flow, mut reverse) = (slice.flow, slice.reverse);
        // A quotation says nothing of the flow that it was taken from.
        let quoted = next.quoted || slice.quoted;
        let piece = !matches!(next.what, HandOn::Whole | HandOn::EvenEmpty);
        if quoted {
            (flow, reverse) = (0, false);
        } else if self.with_flows || piece || self.is_in_order {
            if next.ends.len > 0 {
                let bytes = &self.dissection.buffer(above.stitched, batch.data)[slice.start as usize..];
                (flow, reverse) = flow_of(&bytes[..slice.len as usize], slice, next.ends, protocol);
            }
            use HandOn::{Stream, StreamEnd, StreamGap, StreamLost};
            let stream = matches!(next.what, Stream | StreamEnd | StreamLost | StreamGap);
            let is_part = next.part > 0 && !matches!(next.what, HandOn::Fragment | HandOn::LastFragment);
            if flow != 0 && (is_part || stream && next.ends.len == 0) {
                flow = of_part(flow, protocol, next.part);
            }
            reverse &= flow != 0;
        }
        if next.ends.len > 0 && !next.ends.ports {
            self.dissection.layers[layer as usize].ends = next.ends;
        }
        let (part, stitched) = if next.side {
            let side = above.side.0 as usize + next.offset as usize;
            let Dissection { sink, stitched, layers } = &mut self.dissection;
            let side = side..(side + next.wire_len as usize).min(layers[layer as usize].side.1 as usize);
            let Some(bytes) = sink.side.get(side) else { return };
            let start = stitched.len() as u32;
            stitched.extend_from_slice(bytes);
            let len = bytes.len() as u32;
            (Slice { start, len, wire_len: len, ..Slice::default() }, true)
        } else {
            let Some(part) = part(slice, next.offset, next.wire_len) else { return };
            (part, above.stitched)
        };
        let part = Slice { context: next.context, flow, reverse, ..part };
        let ports = if next.ends.ports { next.ends } else { Ends::default() };
        let place =
            Place { parent: layer, table, named, stitched, quoted: next.quoted, detail: next.detail, budget, ports };
        let Next { keys, key_count, at, part: id, .. } = *next;
        let key_count = key_count.min(2);
        let (owner, _) = self.tables[table as usize].owner(&keys[..key_count.into()]);
        // Nothing is put together for somebody who need not run.
        if piece && matches!(owner, Target::Skip) {
            return;
        }
        match next.what {
            HandOn::Stream | HandOn::StreamEnd | HandOn::StreamLost | HandOn::StreamGap if flow != 0 => {
                let slice = Slice { reverse: reverse ^ (next.what == HandOn::StreamLost), ..part };
                let how = match next.what {
                    HandOn::StreamEnd => How::Ends,
                    HandOn::StreamLost | HandOn::StreamGap => How::Lost,
                    _ => How::Goes,
                };
                let chunk = Chunk { slice, place, keys, key_count, at, how };
                // In order already, it is a stream on a stream, whose next PDU may depend on it.
                match self.is_in_order {
                    true => self.stream(batch, chunk),
                    false => self.put_off(layer, Late::Stream(chunk)),
                }
            }
            HandOn::Fragment | HandOn::LastFragment if flow != 0 => {
                let last = next.what == HandOn::LastFragment;
                let piece = Piece { slice: part, place, keys, key_count, id, at, last };
                self.put_off(layer, Late::Fragment(piece));
            }
            HandOn::StreamLost | HandOn::StreamGap => {}
            HandOn::Fragment | HandOn::LastFragment if at > 0 => self.enqueue(self.data, part, &place, &[]),
            // Nobody recognizes nothing, and it is no data.
            HandOn::EvenEmpty if part.wire_len == 0 => {
                if let Target::Run(claimed) = owner {
                    let part = Slice { claim: claimed.claim, ..part };
                    self.add(claimed.protocol, Entry::Dissect, part, &place, None);
                }
            }
            _ => self.look_up(place, &keys[..key_count.into()], part),
        }
    }

    /// Puts a slice before whoever owns one of the keys, or before those who may recognize it.
    #[inline]
    pub(crate) fn look_up(&mut self, place: Place, keys: &[u64], slice: Slice) {
        let table = &self.tables[place.table as usize];
        let (mut target, others) = table.owner(keys);
        let asks = !table.heuristics.is_empty() || self.promises && place.ports.len > 0;
        if self.trace.is_some() {
            self.note(&place, keys, &slice, target);
        }
        if let Target::Unclaimed = target {
            if asks && slice.wire_len > 0 {
                let lookup = self.trace.as_ref().map(|trace| trace.len() - 1);
                let unclaimed = Unclaimed { slice, place, refused: Vec::new(), lookup };
                return self.put_off(place.parent, Late::Ask(unclaimed));
            }
            target = self.data;
        }
        self.enqueue(target, slice, &place, others);
    }

    /// Notes a hand-on for whoever wants to know why.
    #[cold]
    fn note(&mut self, place: &Place, keys: &[u64], slice: &Slice, target: Target) {
        let (name, parent) = (self.names[place.table as usize].clone(), place.parent);
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
        let Layer { parent: outer_at, trailer, stitched, .. } = self.dissection.layers[layer as usize];
        let Some(&outer) = self.dissection.layers.get(outer_at as usize) else { return };
        if !self.stations[outer.protocol as usize].wants_trailer || trailer || stitched != outer.stitched {
            return;
        }
        let Some(part) = part(slice, end, slice.wire_len - end) else { return };
        let before = u64::from(slice.start + end - outer.start);
        let context = outer.context << 32 | before;
        let slice = Slice { claim: Slice::NO_CLAIM, context, flow: slice.flow, reverse: slice.reverse, ..part };
        let (table, ports) = (NONE, Ends::default());
        let place =
            Place { parent: outer_at, table, named: false, stitched, quoted: false, detail: false, budget: 0, ports };
        self.add(outer.protocol, Entry::Trailer, slice, &place, None);
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
pub(crate) fn part(slice: &Slice, offset: u32, wire_len: u32) -> Option<Slice> {
    let wire_len = wire_len.min(slice.wire_len.checked_sub(offset)?);
    let len = slice.len.saturating_sub(offset).min(wire_len);
    Some(Slice { start: slice.start + offset.min(slice.len), len, wire_len, ..Slice::default() })
}
