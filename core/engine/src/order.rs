//! What must be done in the order of the frames.
//!
//! Invariant: a frame is finished before anything of the next one is begun here, so what one frame decides (whose a flow
//! is, what is kept for it, how far a stream has got) holds for every frame behind it and for none before, however the
//! capture is cut into batches. What needs no order has gone through the dissectors before, by vectors.

use crate::flows::Recent;
use crate::fragments::{Fragments, Piece};
use crate::frame::Clock;
use crate::heuristics::Memory;
use crate::streams::{Chunk, Streams};
use crate::walk::{Engine, Target};
use prosector_sdk::declare::{SettingValue, Settings, Text};
use prosector_sdk::dissector::{Entry, Vector};
use prosector_sdk::frame::Batch;
use prosector_sdk::pdu::{Ends, HandOn, Next, Slice};
use prosector_sdk::span::{Diagnostic, Severity};
use std::collections::{HashMap, VecDeque};

/// Flows that somebody has bound to a dissector, in each of two generations.
const MAX_BOUND: usize = 64 << 10;
/// What dissectors are given of a capture's secrets, in bytes: they keep it.
const MAX_SECRETS: usize = 64 << 20;
/// Flows to come that somebody has told of.
const MAX_EXPECTED: usize = 16 << 10;
/// Flows that a dissector may keep something for, in each of two generations.
const MAX_KEPT: usize = 64 << 10;

/// A piece of work that waits for its frame's turn.
pub(crate) enum Late {
    /// Call a dissector that keeps something.
    Call(u16, Entry, Slice, u32),
    /// See who may want what nobody claims.
    Ask(Unclaimed),
    /// Take bytes into a stream.
    Stream(Chunk),
    /// Take a fragment.
    Fragment(Piece),
    /// Note whose further flows are; said by this layer of this protocol.
    Promise(u16, u32, Slice, Next),
}

/// A slice that nobody claims.
pub(crate) struct Unclaimed {
    pub slice: Slice,
    pub place: Place,
    /// Who has said that it is not its own.
    pub refused: Vec<u16>,
    /// Its entry in the trace, if there is one.
    pub lookup: Option<usize>,
}

/// Where a slice is handed on.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// The layer that hands it on.
    pub parent: u32,
    /// The table, as a position in the engine's.
    pub table: u32,
    /// That table is one that `frame.protocols` names.
    pub named: bool,
    /// The slice's bytes are stitched.
    pub stitched: bool,
    pub quoted: bool,
    pub detail: bool,
    pub budget: u16,
    /// Where in the parent the ports of those who talk lie, if they do.
    pub ports: Ends,
}

/// What is known of earlier frames. Of several workers, one at a time has it.
#[derive(Default)]
pub(crate) struct State {
    pub streams: Streams,
    pub fragments: Fragments,
    /// Whose a flow is, said by the dissector that had it before.
    bound: Recent<Option<u16>>,
    expected: Expected,
    /// What heuristics have said, by table.
    pub memories: Vec<Recent<Memory>>,
    /// Dissectors that keep something, by protocol.
    pub keepers: Vec<Option<Keeper>>,
    pub clock: Clock,
    /// Bytes of secrets that the capture has given.
    secrets: usize,
}

/// Whose flows to come are: by table, address (empty: any) and port of one end.
#[derive(Default)]
struct Expected {
    protocols: HashMap<(u32, Vec<u8>, u16), u16>,
    /// The oldest first.
    order: VecDeque<(u32, Vec<u8>, u16)>,
}

/// A dissector that keeps something for its flows.
pub(crate) struct Keeper {
    pub vector: Option<Box<dyn Vector>>,
    flows: Recent<()>,
}

impl Keeper {
    pub(crate) fn new(vector: Box<dyn Vector>) -> Keeper {
        Keeper { vector: Some(vector), flows: Recent::new(MAX_KEPT) }
    }
}

impl State {
    pub(crate) fn new(memories: Vec<Recent<Memory>>, keepers: Vec<Option<Keeper>>) -> State {
        State { bound: Recent::new(MAX_BOUND), memories, keepers, ..State::default() }
    }
}

impl Expected {
    fn insert(&mut self, key: (u32, Vec<u8>, u16), protocol: u16) {
        if self.protocols.insert(key.clone(), protocol).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() > MAX_EXPECTED
            && let Some(oldest) = self.order.pop_front()
        {
            self.protocols.remove(&oldest);
        }
    }
}

/// What was forgotten for want of room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evicted {
    /// Flows for which dissectors may have kept something.
    pub flows: u64,
    /// Streams, in each direction.
    pub streams: u64,
    /// PDUs of which fragments were missing.
    pub fragmented: u64,
}

impl Engine {
    /// What was forgotten for want of room so far.
    pub fn evicted(&self) -> Evicted {
        let flows = self.state.keepers.iter().flatten().map(|keeper| keeper.flows.forgotten).sum();
        Evicted { flows, streams: self.state.streams.forgotten(), fragmented: self.state.fragments.forgotten }
    }

    /// Does what waits, frame by frame.
    pub(crate) fn in_order(&mut self, batch: &Batch<'_>) {
        self.is_in_order = true;
        for frame in 0..batch.frames.len() {
            if let Some(extra) = batch.frames[frame].extra.and_then(|at| batch.extras.get(at as usize))
                && !extra.secrets.is_empty()
            {
                self.learn(frame as u32, &extra.secrets);
            }
            while let Some(work) = self.late[frame].pop_front() {
                match work {
                    Late::Call(protocol, entry, slice, layer) => self.call_keeper(protocol, entry, batch, slice, layer),
                    Late::Ask(unclaimed) => self.ask(batch, unclaimed),
                    Late::Stream(chunk) => self.stream(batch, chunk),
                    Late::Fragment(piece) => self.fragment(batch, piece),
                    Late::Promise(protocol, layer, slice, next) => self.promise(protocol, layer, &slice, &next),
                }
                self.run_ready(batch);
            }
        }
        self.is_in_order = false;
    }

    /// Gives secrets of the capture to every dissector that takes some: it has a setting `keylog`, to which these lines are added.
    /// What it does not like is for it to say, as diagnostics.
    fn learn(&mut self, frame: u32, secrets: &str) {
        self.state.secrets += secrets.len();
        if self.state.secrets > MAX_SECRETS {
            return self.diagnose(frame, Severity::Warning, "too-much", "more secrets than are kept");
        }
        for id in 0..self.stations.len() as u16 {
            let given = &self.registry.protocols[id as usize].settings.0;
            if !given.iter().any(|(name, _)| name == "keylog") {
                continue;
            }
            let setting = |(name, value): &(Text, SettingValue)| match &**name {
                "keylog" => (name.clone(), SettingValue::Text(secrets.to_owned().into())),
                _ => (name.clone(), value.clone()),
            };
            let settings = Settings(given.iter().map(setting).collect());
            if let Some(vector) = self.keeper(id).and_then(|keeper| keeper.vector.as_mut()) {
                let _ = vector.configure(&settings);
            }
        }
    }

    /// Puts work before its frame, the frame of this layer.
    pub(crate) fn put_off(&mut self, layer: u32, work: Late) {
        let frame = self.dissection.layers[layer as usize].frame;
        self.late[frame as usize].push_back(work);
    }

    /// Calls a dissector that keeps something for its flows.
    fn call_keeper(&mut self, protocol: u16, entry: Entry, batch: &Batch<'_>, slice: Slice, layer: u32) {
        let slice = self.seen(protocol, batch, slice, layer);
        let stitched = self.dissection.layers[layer as usize].stitched;
        self.call_with(protocol, entry, batch, stitched, std::slice::from_ref(&slice), std::slice::from_ref(&layer));
    }

    /// Notes that a dissector sees a flow, and adds to the slice what such a dissector may know.
    pub(crate) fn seen(&mut self, protocol: u16, batch: &Batch<'_>, slice: Slice, layer: u32) -> Slice {
        if let Some(keeper) = self.keeper(protocol) {
            let ended = keeper.flows.touch(slice.flow);
            if !ended.is_empty() {
                self.end_flows(protocol, batch, &ended, layer);
            }
        }
        let frame = &batch.frames[self.dissection.layers[layer as usize].frame as usize];
        Slice { number: frame.number, time: frame.time, ..slice }
    }

    /// Notes whose further flows are.
    pub(crate) fn promise(&mut self, protocol: u16, layer: u32, slice: &Slice, next: &Next) {
        let dissector = if next.what == HandOn::Bind { next.table } else { next.keys[1] as u16 };
        let Some(name) = self.registry.protocol(protocol).tables.get(dissector as usize) else { return };
        if !self.registry.protocol(protocol).bound.contains(name) {
            let text = format!("{name} is not declared as bound");
            return self.diagnose(layer, Severity::Error, Diagnostic::FAULT, &text);
        }
        let tables = &self.stations[protocol as usize].tables;
        let (Some(&table), Some(&dissector)) = (tables.get(next.table as usize), tables.get(dissector as usize)) else {
            return;
        };
        let Target::Run(claimed) = self.tables[dissector as usize].get(0) else { return };
        if next.what == HandOn::Bind {
            self.state.bound.touch(slice.flow);
            if let Some(bound) = self.state.bound.get(slice.flow) {
                *bound = Some(claimed.protocol);
            }
        } else {
            let side = self.dissection.layer(layer, &[]).side();
            let address = side.get(next.offset as usize..).and_then(|side| side.get(..next.wire_len as usize));
            let key = (table, address.unwrap_or_default().to_vec(), next.keys[0] as u16);
            self.state.expected.insert(key, claimed.protocol);
        }
    }

    /// Whose a flow is, if its dissector has said so.
    pub(crate) fn bound(&mut self, flow: u64) -> Option<u16> {
        *self.state.bound.get(flow)?
    }

    /// Whose a slice is that nobody claims, if somebody has told of it.
    pub(crate) fn expected(&mut self, place: &Place, data: &[u8]) -> Option<u16> {
        if self.state.expected.protocols.is_empty() || place.ports.len != 2 {
            return None;
        }
        let layers = &self.dissection.layers;
        let ports = layers[place.parent as usize];
        // The addresses are where the nearest layer around it says.
        let mut around = ports.parent;
        while layers.get(around as usize)?.ends.len == 0 {
            around = layers[around as usize].parent;
        }
        let addresses = &layers[around as usize];
        let at = |layer: &crate::dissection::Layer, from: u16, len: u16| {
            let buffer = self.dissection.buffer(layer.stitched, data);
            buffer.get(layer.start as usize..)?.get(..layer.len as usize)?.get(from as usize..)?.get(..len as usize)
        };
        for (port, address) in [(place.ports.to, addresses.ends.to), (place.ports.from, addresses.ends.from)] {
            let port = u16::from_be_bytes(at(&ports, port, 2)?.try_into().ok()?);
            let address = at(addresses, address, addresses.ends.len)?.to_vec();
            for address in [address, Vec::new()] {
                if let Some(&protocol) = self.state.expected.protocols.get(&(place.table, address, port)) {
                    return Some(protocol);
                }
            }
        }
        None
    }
}
