//! Components that keep `sdk/wit/v0.1`.

use super::{Code, Host, Mode, fault};
use crate::check::Flat;
use crate::config::Limits;
use crate::plugin::{Call, Take};
use bindings::prosector::plugin::{log, types};
use prosector_sdk::declare::{
    Base, Claim, Field, FixedPoint, Kind, Protocol, Role, Setting, SettingValue, Settings, Text, ValueName,
};
use prosector_sdk::dissector::{Entry, Fault};
use prosector_sdk::pdu::Slice;
use std::time::{Duration, Instant};
use wasmtime::Store;
use wasmtime::component::{Component, HasSelf, Linker};

/// Bytes of the slices of one call, if it has more than one: a guest's memory is limited, and so is ours.
const MAX_CALL: usize = 8 << 20;

/// What wasmtime makes of `sdk/wit/v0.1`.
#[allow(unsafe_code, missing_docs, clippy::all)]
mod bindings {
    wasmtime::component::bindgen!({ path: "../../sdk/wit/v0.1", world: "plugin" });
}

impl log::Host for Host {
    fn write(&mut self, level: log::Level, text: String) {
        if !matches!(level, log::Level::Debug) {
            Host::log(self, &text, matches!(level, log::Level::Error));
        }
    }
}

impl types::Host for Host {}

/// Gives a component what it may import.
pub(super) fn link(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    log::add_to_linker::<_, HasSelf<Host>>(linker, |host| host)?;
    types::add_to_linker::<_, HasSelf<Host>>(linker, |host| host)
}

/// What a plugin says of itself, unchecked.
pub(super) struct Described {
    pub name: String,
    pub version: String,
    pub protocols: Vec<Protocol>,
}

pub(super) fn describe(
    store: &mut Store<Host>,
    component: &Component,
    linker: &Linker<Host>,
) -> wasmtime::Result<Described> {
    let plugin = bindings::Plugin::instantiate(&mut *store, component, linker)?;
    let described = plugin.prosector_plugin_dissector().call_describe(store)?;
    let protocols = described.protocols.into_iter().map(protocol).collect();
    Ok(Described { name: described.name, version: described.version, protocols })
}

/// A component that runs.
pub(super) struct Running(bindings::Plugin);

impl Running {
    pub(super) fn new(
        store: &mut Store<Host>,
        component: &Component,
        linker: &Linker<Host>,
    ) -> wasmtime::Result<Running> {
        bindings::Plugin::instantiate(store, component, linker).map(Running)
    }
}

/// A component that runs, in its store, and buffers that are reused from call to call.
pub(super) struct Instance {
    store: Store<Host>,
    plugin: bindings::Plugin,
    mode: Mode,
    bytes: Vec<u8>,
    slices: Vec<u64>,
}

impl Instance {
    pub(super) fn new(store: Store<Host>, running: Running, mode: Mode) -> Instance {
        Instance { store, plugin: running.0, mode, bytes: Vec::new(), slices: Vec::new() }
    }

    fn call(&mut self, dissector: u32, entry: Entry, call: Call<'_>, take: Take<'_>) -> Result<(), Fault> {
        // The guest gets the bytes of its slices and no others, one behind the other.
        self.bytes.clear();
        self.slices.clear();
        for slice in call.slices {
            let start = self.bytes.len() as u32;
            self.bytes.extend_from_slice(&call.buffer[slice.start as usize..][..slice.len as usize]);
            call.push_slice(slice, start, &mut self.slices);
        }
        let entry = match entry {
            Entry::Dissect => types::Entry::Dissect,
            Entry::Trailer => types::Entry::Trailer,
            Entry::Probe => types::Entry::Probe,
            Entry::FlowEnd => types::Entry::FlowEnd,
        };
        let Instance { store, plugin, mode, bytes, slices } = self;
        let plugin = plugin.prosector_plugin_dissector();
        let Limits { time, frame_time, fuel, .. } = store.data().limits;
        let time = time.min(frame_time.saturating_mul(call.slices.len().try_into().unwrap_or(u32::MAX)));
        let answers = Code::arm(store, *mode, time, fuel)
            .and_then(|()| {
                let begun = store.data().clock.on.then(Instant::now);
                let answers = plugin.call_dissect(&mut *store, dissector, entry, bytes, slices, call.want);
                store.data_mut().clock.calls += begun.map_or(Duration::ZERO, |begun| begun.elapsed());
                answers
            })
            .map_err(|e| fault(store, &e, time))?;
        store.data_mut().show_error();
        let types::Answers { words, side, next, ends } = answers;
        take(Flat { words: &words, side: &side, next: &next, ends: &ends }, call.slices).map_err(Fault::new)
    }
}

impl crate::plugin::Instance for Instance {
    fn configure(&mut self, dissector: u32, settings: &Settings, time: Duration) -> Result<(), Fault> {
        let setting = |(name, value): &(Text, SettingValue)| {
            let value = match value {
                SettingValue::Bool(b) => types::SettingValue::Bool(*b),
                SettingValue::Uint(n) => types::SettingValue::Uint(*n),
                SettingValue::Text(text) => types::SettingValue::Text(text.to_string()),
            };
            (name.to_string(), value)
        };
        let settings: Vec<_> = settings.0.iter().map(setting).collect();
        let done = Code::arm(&mut self.store, self.mode, time, None).and_then(|()| {
            let plugin = self.plugin.prosector_plugin_dissector();
            plugin.call_configure(&mut self.store, dissector, &settings)
        });
        let limit = self.store.data().limits.time;
        let answer = done.map_err(|e| fault(&mut self.store, &e, limit))?;
        self.store.data_mut().show_error();
        answer.map_err(Fault::new)
    }

    fn dissect(&mut self, dissector: u32, entry: Entry, call: Call<'_>, take: Take<'_>) -> Result<(), Fault> {
        let mut rest = call.slices;
        while !rest.is_empty() {
            // How much fuel a slice may use must not depend on its neighbours.
            let one_by_one = self.mode == Mode::Fuelled && entry != Entry::FlowEnd;
            let count = if one_by_one { 1 } else { together(rest) };
            let (slices, after) = rest.split_at(count);
            self.call(dissector, entry, Call { slices, ..call }, take)?;
            rest = after;
        }
        Ok(())
    }

    fn memory(&self) -> usize {
        self.store.data().memory
    }

    fn time(&self) -> (Duration, Duration) {
        let clock = &self.store.data().clock;
        (clock.inside, clock.calls)
    }
}

/// How many of these slices, at least one, go into one call.
fn together(slices: &[Slice]) -> usize {
    let mut bytes = 0;
    let fits = |slice: &&Slice| {
        bytes += slice.len as usize;
        bytes <= MAX_CALL
    };
    slices.iter().take_while(fits).count().max(1)
}

fn protocol(p: types::Protocol) -> Protocol {
    let texts = |list: Vec<String>| list.into_iter().map(Text::from).collect::<Vec<_>>().into();
    Protocol {
        name: p.name.into(),
        short: p.short.into(),
        title: p.title.into(),
        description: p.description.into(),
        fields: p.fields.into_iter().map(field).collect::<Vec<_>>().into(),
        claims: p.claims.into_iter().map(|c| Claim { table: c.table.into(), key: c.key }).collect::<Vec<_>>().into(),
        tables: texts(p.tables),
        heuristics: texts(p.heuristics),
        settings: p.settings.into_iter().map(setting).collect::<Vec<_>>().into(),
        streams: texts(p.streams),
        named: texts(p.named),
        bound: texts(p.bound),
        stateful: p.stateful,
    }
}

fn field(f: types::Field) -> Field {
    let name = |n: types::ValueName| ValueName { from: n.start, to: n.end, name: n.name.into() };
    Field {
        name: f.name.into(),
        title: f.title.into(),
        description: f.description.into(),
        kind: Kind::ALL[f.kind as usize],
        width: f.width,
        little_endian: f.little_endian,
        mask: f.mask,
        scale: f.scale,
        fixed: f.fixed.map(|f| FixedPoint { signed: f.signed, divisor: f.divisor, offset: f.offset }),
        base: match f.base {
            types::Base::Dec => Base::Dec,
            types::Base::Hex => Base::Hex,
            types::Base::Oct => Base::Oct,
        },
        unit: f.unit.into(),
        names: f.names.into_iter().map(name).collect::<Vec<_>>().into(),
        computed: f.computed,
        hidden: f.hidden,
        trailer: f.trailer,
        part: f.part,
        linked: f.linked,
        role: match f.role {
            types::Role::None => Role::None,
            types::Role::Source => Role::Source,
            types::Role::Destination => Role::Destination,
        },
    }
}

fn setting(s: types::Setting) -> Setting {
    Setting {
        name: s.name.into(),
        description: s.description.into(),
        default: match s.default {
            types::SettingValue::Bool(b) => SettingValue::Bool(b),
            types::SettingValue::Uint(n) => SettingValue::Uint(n),
            types::SettingValue::Text(t) => SettingValue::Text(t.into()),
        },
        choices: s.choices.into_iter().map(Text::from).collect::<Vec<_>>().into(),
        range: (s.min, s.max),
    }
}
