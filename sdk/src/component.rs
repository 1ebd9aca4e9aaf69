//! The guest's side of the component interface: what [`export!`](crate::export) builds on.

use crate::declare::{self, Settings};
use crate::dissector::{self, Dissector, Vector};
use crate::flat;
use crate::pdu::{Sink, Slice, Want};
use bindings::prosector::plugin::types;
use std::cell::RefCell;

#[doc(hidden)]
pub use wit_bindgen;

/// What `wit-bindgen` makes of `sdk/wit/v0.1`.
#[allow(unsafe_code, missing_docs, clippy::all)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "wit/v0.1",
        world: "plugin",
        pub_export_macro: true,
        default_bindings_module: "prosector_sdk::component::bindings",
        runtime_path: "prosector_sdk::component::wit_bindgen::rt",
    });
}

/// A dissector of this component.
pub struct Loaded {
    protocol: &'static declare::Protocol,
    vector: Box<dyn Vector>,
}

impl Loaded {
    /// A new one.
    pub fn of<D: Dissector>() -> Loaded {
        Loaded { protocol: D::PROTOCOL, vector: Box::<D>::default() }
    }
}

/// What [`export!`](crate::export) implements: the dissectors of the component.
pub trait Plugin {
    /// Makes them, each once.
    fn dissectors() -> Vec<Loaded>;
}

/// The one instance's dissectors, and buffers that are reused from call to call.
#[derive(Default)]
struct State {
    dissectors: Vec<Loaded>,
    slices: Vec<Slice>,
    want: Want,
    sink: Sink,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

fn with_state<P: Plugin, R>(act: impl FnOnce(&mut State) -> R) -> R {
    STATE.with_borrow_mut(|state| {
        if state.dissectors.is_empty() {
            state.dissectors = P::dissectors();
        }
        act(state)
    })
}

impl<P: Plugin> bindings::Guest for P {
    fn describe() -> Vec<types::Protocol> {
        with_state::<P, _>(|state| state.dissectors.iter().map(|d| protocol(d.protocol)).collect())
    }

    fn configure(dissector: u32, settings: Vec<(String, types::SettingValue)>) -> Result<(), String> {
        let value = |value| match value {
            types::SettingValue::Bool(b) => declare::SettingValue::Bool(b),
            types::SettingValue::Uint(n) => declare::SettingValue::Uint(n),
            types::SettingValue::Text(text) => declare::SettingValue::Text(text.into()),
        };
        let settings = Settings(settings.into_iter().map(|(name, v)| (name.into(), value(v))).collect());
        with_state::<P, _>(|state| state.dissectors[dissector as usize].vector.configure(&settings))
    }

    fn dissect(
        dissector: u32,
        entry: types::Entry,
        bytes: Vec<u8>,
        slices: Vec<u64>,
        want: Vec<u64>,
    ) -> types::Answers {
        let entry = match entry {
            types::Entry::Dissect => dissector::Entry::Dissect,
            types::Entry::Trailer => dissector::Entry::Trailer,
        };
        with_state::<P, _>(|state| {
            let State { dissectors, slices: unpacked, want: wanted, sink } = state;
            unpacked.clear();
            unpacked.extend(flat::slices(&slices));
            flat::read_want(&want, wanted);
            // The lists of the last call went to the host; as much is likely to be found again.
            let (words, side) = (sink.words.capacity(), sink.side.capacity());
            sink.clear();
            if let Err(fault) = dissectors[dissector as usize].vector.run(entry, &bytes, unpacked, wanted, sink) {
                panic!("{}", fault.0);
            }
            let mut next = Vec::with_capacity(sink.next.len() * 5);
            sink.next.iter().for_each(|n| flat::push_next(n, &mut next));
            let mut ends = Vec::with_capacity(sink.answers.len() * 3);
            sink.answers.iter().for_each(|a| flat::push_answer(a, &mut ends));
            let words = std::mem::replace(&mut sink.words, Vec::with_capacity(words));
            let side = std::mem::replace(&mut sink.side, Vec::with_capacity(side));
            types::Answers { words, side, next, ends }
        })
    }
}

fn protocol(p: &declare::Protocol) -> types::Protocol {
    types::Protocol {
        name: p.name.to_string(),
        short: p.short.to_string(),
        title: p.title.to_string(),
        description: p.description.to_string(),
        fields: p.fields.iter().map(field).collect(),
        claims: p.claims.iter().map(|c| types::Claim { table: c.table.to_string(), key: c.key }).collect(),
        tables: p.tables.iter().map(|t| t.to_string()).collect(),
        settings: p.settings.iter().map(setting).collect(),
    }
}

fn field(f: &declare::Field) -> types::Field {
    types::Field {
        name: f.name.to_string(),
        title: f.title.to_string(),
        description: f.description.to_string(),
        kind: kind(f.kind),
        width: f.width,
        little_endian: f.little_endian,
        mask: f.mask,
        scale: f.scale,
        base: match f.base {
            declare::Base::Dec => types::Base::Dec,
            declare::Base::Hex => types::Base::Hex,
            declare::Base::Oct => types::Base::Oct,
        },
        unit: f.unit.to_string(),
        names: f
            .names
            .iter()
            .map(|n| types::ValueName { start: n.from, end: n.to, name: n.name.to_string() })
            .collect(),
        computed: f.computed,
        hidden: f.hidden,
        trailer: f.trailer,
        part: f.part,
        role: match f.role {
            declare::Role::None => types::Role::None,
            declare::Role::Source => types::Role::Source,
            declare::Role::Destination => types::Role::Destination,
        },
    }
}

fn kind(kind: declare::Kind) -> types::Kind {
    match kind {
        declare::Kind::None => types::Kind::None,
        declare::Kind::Group => types::Kind::Group,
        declare::Kind::Uint => types::Kind::Uint,
        declare::Kind::Int => types::Kind::Int,
        declare::Kind::Bool => types::Kind::Bool,
        declare::Kind::Float => types::Kind::Float,
        declare::Kind::Bytes => types::Kind::Bytes,
        declare::Kind::Str => types::Kind::Str,
        declare::Kind::Mac => types::Kind::Mac,
        declare::Kind::Eui64 => types::Kind::Eui64,
        declare::Kind::Ipv4 => types::Kind::Ipv4,
        declare::Kind::Ipv6 => types::Kind::Ipv6,
        declare::Kind::Uuid => types::Kind::Uuid,
        declare::Kind::TimeS => types::Kind::TimeS,
        declare::Kind::TimeNs => types::Kind::TimeNs,
        declare::Kind::TimeNtp => types::Kind::TimeNtp,
        declare::Kind::Duration => types::Kind::Duration,
    }
}

fn setting(s: &declare::Setting) -> types::Setting {
    types::Setting {
        name: s.name.to_string(),
        description: s.description.to_string(),
        default: match &s.default {
            declare::SettingValue::Bool(b) => types::SettingValue::Bool(*b),
            declare::SettingValue::Uint(n) => types::SettingValue::Uint(*n),
            declare::SettingValue::Text(text) => types::SettingValue::Text(text.to_string()),
        },
    }
}
