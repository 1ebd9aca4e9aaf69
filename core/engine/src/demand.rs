//! What the caller wants to know, and which dissectors must run for it.

use crate::frame;
use crate::pieces;
use crate::registry::{FieldRef, Registry};
use prosector_sdk::declare::{Protocol, Role};
use prosector_sdk::pdu::Want;
use std::collections::{BTreeSet, HashMap};

/// What the caller wants to know. Nothing else is recorded, and branches of the dispatch graph that cannot reach it
/// are not walked.
#[derive(Clone, Debug)]
pub struct Demand {
    /// For each protocol, which of its fields and whether its info line.
    pub(crate) want: Vec<Want>,
    /// Whether every layer is wanted even if none of its fields is.
    layers: bool,
    /// Protocols of which the layers as such are wanted.
    layers_of: Vec<u16>,
}

impl Demand {
    /// Nothing, so that frames are only counted.
    pub fn nothing(registry: &Registry) -> Demand {
        let want = registry.protocols.iter().map(|r| Want::nothing(r.protocol.fields.len())).collect();
        Demand { want, layers: false, layers_of: Vec::new() }
    }

    /// Wants one more field.
    pub fn field(&mut self, field: FieldRef) {
        self.want[field.protocol as usize].insert(field.field);
        // It names all layers.
        self.layers |= field.protocol == frame::ID && field.field == frame::PROTOCOLS.id;
    }

    /// Wants to know where a protocol has layers, though perhaps none of its fields.
    pub fn layers_of(&mut self, protocol: u16) {
        self.layers_of.push(protocol);
    }

    /// Wants every layer, for its diagnostics.
    pub fn every_layer(&mut self) {
        self.layers = true;
    }

    /// Wants what a tree shows: every layer, every field that isn't hidden, every info line.
    pub fn tree(registry: &Registry) -> Demand {
        let mut demand = Demand::nothing(registry);
        demand.every(registry, |field| !field.hidden);
        demand
    }

    /// Wants what a summary line shows: every layer, its addresses and its info line.
    pub fn summary(registry: &Registry) -> Demand {
        let mut demand = Demand::nothing(registry);
        demand.every(registry, |field| field.role != Role::None);
        demand
    }

    fn every(&mut self, registry: &Registry, wanted: impl Fn(&prosector_sdk::declare::Field) -> bool) {
        self.layers = true;
        for (want, registered) in self.want.iter_mut().zip(&registry.protocols) {
            want.info = true;
            for (i, field) in registered.protocol.fields.iter().enumerate() {
                if wanted(field) {
                    want.insert(i as u16);
                }
            }
        }
    }

    /// Whether anything of a protocol is wanted.
    pub(crate) fn is_on(&self, id: usize) -> bool {
        self.layers || !self.want[id].is_empty() || self.layers_of.contains(&(id as u16))
    }

    /// For each protocol, whether it needs the order of the frames: it keeps something that decides about more than fields
    /// that nobody wants, or hands on a stream that leads to somebody useful.
    pub(crate) fn ordered(&self, registry: &Registry, useful: &[bool]) -> Vec<bool> {
        let leads = |table: &str| {
            let claimed = registry.tables.get(table).into_iter().flat_map(|keys| keys.values().map(|c| c.protocol));
            let asked = registry.heuristics.get(table).into_iter().flatten().copied();
            claimed.chain(asked).any(|id| useful[id as usize])
        };
        let data = registry.find_protocol("data").is_some_and(|data| useful[data as usize]);
        let is_ordered = |(id, registered): (usize, &crate::registry::Registered)| {
            let protocol = &registered.protocol;
            protocol.stateful
                && (self.needs_state(id, protocol) || protocol.streams.iter().any(|table| data || leads(table)))
        };
        registry.protocols.iter().enumerate().map(is_ordered).collect()
    }

    /// Whether what a stateful protocol keeps decides about what is wanted of it (fields, or its info line), and not only about its
    /// streams.
    pub(crate) fn needs_state(&self, id: usize, protocol: &Protocol) -> bool {
        let mut linked = protocol.fields.iter().enumerate().filter(|(_, field)| field.linked).peekable();
        self.want[id].info || linked.peek().is_none() || linked.any(|(at, _)| self.want[id].has(at as u16))
    }

    /// For each protocol, whether a trailer of it is wanted.
    pub(crate) fn trailers(&self, registry: &Registry) -> Vec<bool> {
        let wants_trailer = |(want, registered): (&Want, &crate::registry::Registered)| {
            registered.protocol.fields.iter().enumerate().any(|(i, f)| f.trailer && want.has(i as u16))
        };
        self.want.iter().zip(&registry.protocols).map(wants_trailer).collect()
    }

    /// For each protocol, whether its dissector must run: something of it is wanted, or of one that it leads to, or
    /// its length, for the trailer of the protocol around it or for the pieces that its PDUs come in.
    pub(crate) fn useful(&self, registry: &Registry) -> Vec<bool> {
        if self.layers {
            return vec![true; self.want.len()];
        }
        let graph = Graph::of(registry);
        let mut useful: Vec<bool> = (0..self.want.len()).map(|id| self.is_on(id)).collect();
        // In a tunnel through the table that the tunnel itself was found in (HTTP CONNECT, SOCKS, TLS) only that is looked for which
        // leads to something wanted on a way up, not by a frame within: else every field of Ethernet and IP would need
        // all tunnels, for OpenFlow.
        let mut above = useful.clone();
        close(&mut above, |id, above| {
            graph.leads(id).flat_map(|(_, ids)| ids).any(|&target| above[target] && !graph.begins(target))
        });
        for (id, trailer) in self.trailers(registry).into_iter().enumerate() {
            if trailer || pieces::Fields::of(&registry.protocols[id].protocol).wanted(&self.want[id]) {
                graph.targets(id, &above).for_each(|target| useful[target] = true);
            }
        }
        // What nobody claims goes to `data`, from everywhere.
        if registry.find_protocol("data").is_some_and(|data| useful[data as usize]) {
            return vec![true; useful.len()];
        }
        loop {
            close(&mut useful, |id, useful| graph.targets(id, &above).any(|target| useful[target]));
            // Who is asked first may take what another one would take: all are asked, or none. They are asked about what an owner
            // refuses, too.
            let before = useful.clone();
            for (table, ids) in &registry.heuristics {
                if ids.iter().any(|&id| useful[id as usize]) {
                    graph.led_to[&**table].iter().for_each(|&id| useful[id] = true);
                }
            }
            if useful == before {
                return useful;
            }
        }
    }
}

/// Who hands on to whom.
struct Graph<'r> {
    registry: &'r Registry,
    /// Whom each table leads to: far fewer than it has keys.
    led_to: HashMap<&'r str, BTreeSet<usize>>,
}

impl<'r> Graph<'r> {
    fn of(registry: &'r Registry) -> Graph<'r> {
        let mut led_to: HashMap<&str, BTreeSet<usize>> = HashMap::new();
        for (table, keys) in &registry.tables {
            led_to.entry(table).or_default().extend(keys.values().map(|claimed| usize::from(claimed.protocol)));
        }
        for (table, ids) in &registry.heuristics {
            led_to.entry(table).or_default().extend(ids.iter().map(|id| usize::from(*id)));
        }
        Graph { registry, led_to }
    }

    /// The tables that a protocol hands on to, and whom they lead to.
    fn leads(&self, id: usize) -> impl Iterator<Item = (&str, &BTreeSet<usize>)> {
        let protocol = &self.registry.protocols[id].protocol;
        // In a bound table that is no dissector's own, flows are expected; nothing is handed on there.
        let expects = |table: &str| !table.starts_with('@') && protocol.bound.iter().any(|bound| bound == table);
        let tables = protocol.tables.iter().filter(move |table| !expects(table));
        tables.filter_map(|table| Some((&**table, self.led_to.get(&**table)?)))
    }

    /// Whom it leads to; through a tunnel, only those of the set.
    fn targets(&self, id: usize, above: &[bool]) -> impl Iterator<Item = usize> {
        self.leads(id).flat_map(move |(table, ids)| {
            let is_tunnel = self.is_tunnel(id, table);
            ids.iter().copied().filter(move |&target| !is_tunnel || above[target])
        })
    }

    /// Whether a frame may begin with it.
    fn begins(&self, id: usize) -> bool {
        self.led_to.get("link").is_some_and(|ids| ids.contains(&id))
    }

    /// Whether it hands on streams through the table that it is found in itself.
    fn is_tunnel(&self, id: usize, table: &str) -> bool {
        let streams = &self.registry.protocols[id].protocol.streams;
        streams.iter().any(|stream| stream == table) && self.led_to[table].contains(&id)
    }
}

/// Adds to a set whoever leads to somebody in it, until nobody does.
fn close(set: &mut [bool], leads: impl Fn(usize, &[bool]) -> bool) {
    loop {
        let more: Vec<usize> = (0..set.len()).filter(|&id| !set[id] && leads(id, set)).collect();
        if more.is_empty() {
            return;
        }
        more.into_iter().for_each(|id| set[id] = true);
    }
}
