//! The guest's side of the component interface: what [`export!`](crate::export) builds on.

use crate::declare::{self, Settings};
use crate::dissector::Entry;
use crate::guest::{Answers, Instance, Plugin};
use bindings::prosector::plugin::{log, types};
use std::cell::RefCell;

#[doc(hidden)]
pub use wit_bindgen;

/// What wit-bindgen makes of `sdk/wit/v0.1`.
#[allow(unsafe_code, missing_docs, clippy::all)]
#[path = "bindings.rs"]
#[rustfmt::skip]
pub mod bindings;

thread_local! {
    /// The one instance.
    static INSTANCE: RefCell<Option<Instance>> = const { RefCell::new(None) };
}

fn with_instance<P: Plugin, R>(act: impl FnOnce(&mut Instance) -> R) -> R {
    INSTANCE.with_borrow_mut(|instance| act(instance.get_or_insert_with(start::<P>)))
}

fn start<P: Plugin>() -> Instance {
    // A trap says nothing of the panic that led to it; the host takes the last error line as its reason.
    std::panic::set_hook(Box::new(|panic| log::write(log::Level::Error, &panic.to_string())));
    Instance::new::<P>()
}

impl<P: Plugin> bindings::exports::prosector::plugin::dissector::Guest for P {
    fn describe() -> types::Description {
        with_instance::<P, _>(|instance| types::Description {
            name: P::NAME.into(),
            version: P::VERSION.into(),
            protocols: instance.dissectors.iter().map(|d| protocol(d.protocol)).collect(),
        })
    }

    fn configure(dissector: u32, settings: Vec<(String, types::SettingValue)>) -> Result<(), String> {
        let value = |value| match value {
            types::SettingValue::Bool(b) => declare::SettingValue::Bool(b),
            types::SettingValue::Uint(n) => declare::SettingValue::Uint(n),
            types::SettingValue::Text(text) => declare::SettingValue::Text(text.into()),
        };
        let settings = Settings(settings.into_iter().map(|(name, v)| (name.into(), value(v))).collect());
        with_instance::<P, _>(|instance| instance.configure(dissector, &settings))
    }

    fn dissect(
        dissector: u32,
        entry: types::Entry,
        bytes: Vec<u8>,
        slices: Vec<u64>,
        want: Vec<u64>,
    ) -> types::Answers {
        let entry = Entry::ALL[entry as usize];
        with_instance::<P, _>(|instance| match instance.dissect(dissector, entry, &bytes, &slices, &want) {
            Ok(Answers { words, side, next, ends }) => types::Answers { words, side, next, ends },
            Err(fault) => panic!("{}", fault.reason),
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
        heuristics: p.heuristics.iter().map(|t| t.to_string()).collect(),
        settings: p.settings.iter().map(setting).collect(),
        streams: p.streams.iter().map(|t| t.to_string()).collect(),
        named: p.named.iter().map(|t| t.to_string()).collect(),
        bound: p.bound.iter().map(|t| t.to_string()).collect(),
        stateful: p.stateful,
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
        fixed: f.fixed.map(|f| types::FixedPoint { signed: f.signed, divisor: f.divisor, offset: f.offset }),
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
        linked: f.linked,
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
        choices: s.choices.iter().map(|c| c.to_string()).collect(),
        min: s.range.0,
        max: s.range.1,
    }
}
