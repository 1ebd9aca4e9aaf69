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
        let mut useful: Vec<bool> = (0..self.want.len()).map(|id| self.is_on(id)).collect();
        // Whom each table leads to: far fewer than it has keys.
        let mut led_to: HashMap<&str, BTreeSet<u16>> = HashMap::new();
        for (table, keys) in &registry.tables {
            led_to.entry(table).or_default().extend(keys.values().map(|claimed| claimed.protocol));
        }
        for (table, ids) in &registry.heuristics {
            led_to.entry(table).or_default().extend(ids);
        }
        // In a bound table that is no dissector's own, flows are expected; nothing is handed on there.
        let expects = |id: usize, table: &str| {
            !table.starts_with('@') && registry.protocols[id].protocol.bound.iter().any(|bound| bound == table)
        };
        let leads = |id: usize| {
            let tables = registry.protocols[id].protocol.tables.iter().filter(move |table| !expects(id, table));
            tables.filter_map(|table| led_to.get_key_value(&**table))
        };
        // In a tunnel through the table that the tunnel itself was found in (HTTP CONNECT, SOCKS, TLS) only that is looked for which
        // leads to something wanted on a way up, not by a frame within: else every field of Ethernet and IP would need
        // all tunnels, for OpenFlow.
        let begins = |id: u16| led_to.get("link").is_some_and(|ids| ids.contains(&id));
        let mut above = useful.clone();
        let to_above = |id: usize, above: &[bool]| {
            leads(id).flat_map(|(_, ids)| ids).any(|&target| above[usize::from(target)] && !begins(target))
        };
        while let Some(id) = (0..above.len()).find(|&id| !above[id] && to_above(id, &above)) {
            above[id] = true;
        }
        let above = &above;
        let is_tunnel = |id: usize, table: &str| {
            let streams = &registry.protocols[id].protocol.streams;
            streams.iter().any(|stream| stream == table) && led_to[table].contains(&(id as u16))
        };
        let targets = |id: usize| {
            leads(id).flat_map(move |(table, ids)| {
                let tunnel = is_tunnel(id, table);
                ids.iter().map(|id| usize::from(*id)).filter(move |&id| !tunnel || above[id])
            })
        };
        for (id, trailer) in self.trailers(registry).into_iter().enumerate() {
            if trailer || pieces::Fields::of(&registry.protocols[id].protocol).wanted(&self.want[id]) {
                targets(id).for_each(|target| useful[target] = true);
            }
        }
        // What nobody claims goes to `data`, from everywhere.
        let data = registry.find_protocol("data").is_some_and(|data| useful[data as usize]);
        if data {
            useful.iter_mut().for_each(|u| *u = true);
        }
        loop {
            // Who is asked first may take what another one would take: all are asked, or none. They are asked about what an owner
            // refuses, too.
            for (table, ids) in &registry.heuristics {
                if ids.iter().any(|&id| useful[id as usize]) {
                    led_to[&**table].iter().for_each(|&id| useful[id as usize] = true);
                }
            }
            let more: Vec<usize> =
                (0..useful.len()).filter(|&id| !useful[id] && targets(id).any(|t| useful[t])).collect();
            if more.is_empty() {
                return useful;
            }
            more.into_iter().for_each(|id| useful[id] = true);
        }
    }
}
