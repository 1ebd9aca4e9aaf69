//! Plugins as WebAssembly components.
//!
//! A component sees the bytes it is handed, its settings and a log; nothing else exists for it. Every worker has an
//! instance of its own, a fault throws it away, and the next call makes a new one.

use crate::cache;
use crate::check::Checker;
use crate::config::ConfigError;
use bindings::prosector::plugin::{log, types};
use prosector_sdk::declare::{
    Base, Claim, Field, Kind, Protocol, Role, Setting, SettingValue, Settings, Text, ValueName,
};
use prosector_sdk::dissector::{Entry, Fault, Vector};
use prosector_sdk::flat;
use prosector_sdk::pdu::{Answer, Sink, Slice, Want};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Engine, Store, StoreLimits, StoreLimitsBuilder};

/// What wasmtime makes of `sdk/wit/v0.1`.
#[allow(unsafe_code, missing_docs, clippy::all)]
mod bindings {
    wasmtime::component::bindgen!({ path: "../../sdk/wit/v0.1", world: "plugin" });
}

/// Memory that an instance may use.
const MAX_MEMORY: usize = 64 << 20;
/// How often the clock that limits calls ticks, and how many ticks a call may take.
const TICK: Duration = Duration::from_millis(50);
const MAX_TICKS: u64 = 20;
/// Protocols of a plugin; fields, claims, tables and settings that each may declare; bytes that its texts may have.
const MAX_PROTOCOLS: usize = 64;
const MAX_FIELDS: usize = 16 << 10;
const MAX_CLAIMS: usize = 4 << 10;
const MAX_TABLES: usize = 256;
const MAX_SETTINGS: usize = 256;
const MAX_TEXT: usize = 4096;
/// Log lines that an instance may write.
const MAX_LOG_LINES: u32 = 100;
/// What a guest may answer to one slice: words, side bytes, hand-ons.
const MAX_WORDS: usize = 64 << 10;
const MAX_SIDE: usize = 1 << 20;
const MAX_NEXT: usize = 1 << 10;
/// What all answers to a batch may come to, in words and in side bytes: places in them are kept in 32 bits.
const MAX_BATCH: usize = 64 << 20;

/// What an instance can reach of the host.
struct Host {
    limits: StoreLimits,
    plugin: String,
    log_lines: u32,
}

impl log::Host for Host {
    fn write(&mut self, level: log::Level, text: String) {
        self.log_lines += 1;
        if self.log_lines <= MAX_LOG_LINES && !matches!(level, log::Level::Debug) {
            let mut line = Vec::new();
            prosector_sdk::value::write_text(&text.as_bytes()[..text.len().min(MAX_TEXT)], &mut line);
            eprintln!("prosector: {}: {}", self.plugin, String::from_utf8_lossy(&line));
        }
    }
}

impl types::Host for Host {}

/// Loads components, all with the same settings and limits.
pub struct Sandbox {
    engine: Engine,
    linker: Arc<Linker<Host>>,
}

impl Sandbox {
    /// Starts the runtime, and the clock that limits calls.
    pub fn new() -> Result<Sandbox, ConfigError> {
        let mut config = wasmtime::Config::new();
        config.epoch_interruption(true);
        let engine = Engine::new(&config).map_err(|e| ConfigError::new(format!("{e:#}")))?;
        let mut linker = Linker::new(&engine);
        log::add_to_linker::<_, HasSelf<Host>>(&mut linker, |host| host)
            .and_then(|()| types::add_to_linker::<_, HasSelf<Host>>(&mut linker, |host| host))
            .map_err(|e| ConfigError::new(format!("{e:#}")))?;
        let clock = engine.weak();
        // Ends with the last engine that it ticks for.
        std::thread::spawn(move || {
            while let Some(engine) = clock.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(TICK);
            }
        });
        Ok(Sandbox { engine, linker: Arc::new(linker) })
    }

    /// Loads a component and asks it what it dissects.
    pub fn load(&self, path: &Path) -> Result<Plugin, ConfigError> {
        let named = |e: &dyn std::fmt::Display| ConfigError::new(format!("{}: {e}", path.display()));
        let bytes = std::fs::read(path).map_err(|e| named(&e))?;
        if !is_component(&bytes) {
            return Err(named(&"not a WebAssembly component; `prosector package pack` makes one of a module"));
        }
        let component = cache::compile(&self.engine, &bytes).map_err(|e| named(&format!("{e:#}")))?;
        let mut plugin = Plugin(Arc::new(Inner {
            engine: self.engine.clone(),
            linker: self.linker.clone(),
            component,
            path: path.to_owned(),
            protocols: Vec::new(),
        }));
        let protocols = plugin.describe().map_err(|e| named(&e))?;
        if let Some(inner) = Arc::get_mut(&mut plugin.0) {
            inner.protocols = protocols;
        }
        Ok(plugin)
    }
}

/// A component's preamble: the magic number, then version 13, layer 1.
fn is_component(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\0asm\x0d\0\x01\0")
}

/// A loaded component.
#[derive(Clone)]
pub struct Plugin(Arc<Inner>);

struct Inner {
    engine: Engine,
    linker: Arc<Linker<Host>>,
    component: Component,
    path: PathBuf,
    protocols: Vec<Protocol>,
}

impl Plugin {
    /// What it dissects; never empty.
    pub fn protocols(&self) -> &[Protocol] {
        &self.0.protocols
    }

    /// Makes one of its dissectors, in an instance of its own. The error is for people.
    pub fn instantiate(&self, dissector: u32) -> Result<Box<dyn Vector>, String> {
        let protocol = &self.0.protocols[dissector as usize];
        Ok(Box::new(Guest {
            checker: Checker::new(protocol),
            plugin: self.clone(),
            dissector,
            settings: Settings::of(protocol),
            instance: None,
            bytes: Vec::new(),
            slices: Vec::new(),
        }))
    }

    fn store(&self) -> Store<Host> {
        let limits = StoreLimitsBuilder::new()
            .memory_size(MAX_MEMORY)
            .memories(1)
            .tables(4)
            .table_elements(64 << 10)
            .instances(16)
            .trap_on_grow_failure(true)
            .build();
        let plugin = self.0.path.display().to_string();
        let mut store = Store::new(&self.0.engine, Host { limits, plugin, log_lines: 0 });
        store.limiter(|host| &mut host.limits);
        store.set_epoch_deadline(MAX_TICKS);
        store
    }

    fn describe(&self) -> Result<Vec<Protocol>, String> {
        let mut store = self.store();
        let plugin = bindings::Plugin::instantiate(&mut store, &self.0.component, &self.0.linker)
            .map_err(|e| format!("{e:#}"))?;
        let described = plugin.call_describe(&mut store).map_err(|e| reason(&e))?;
        if !(1..=MAX_PROTOCOLS).contains(&described.len()) {
            return Err(format!("it describes {} protocols; 1 to {MAX_PROTOCOLS} are allowed", described.len()));
        }
        described.into_iter().map(protocol).collect()
    }
}

/// Why a call into a guest failed: the trap itself, without the backtrace.
fn reason(e: &wasmtime::Error) -> String {
    match e.downcast_ref::<wasmtime::Trap>() {
        Some(wasmtime::Trap::Interrupt) => format!("took longer than {:?}", TICK * MAX_TICKS as u32),
        Some(trap) => trap.to_string(),
        None => e.root_cause().to_string(),
    }
}

/// One dissector of a component, for one worker.
struct Guest {
    plugin: Plugin,
    checker: Checker,
    dissector: u32,
    settings: Settings,
    /// `None` before the first call and after a fault.
    instance: Option<(Store<Host>, bindings::Plugin)>,
    bytes: Vec<u8>,
    slices: Vec<u64>,
}

impl Guest {
    fn start(&self) -> Result<(Store<Host>, bindings::Plugin), String> {
        let mut store = self.plugin.store();
        let plugin = bindings::Plugin::instantiate(&mut store, &self.plugin.0.component, &self.plugin.0.linker)
            .map_err(|e| reason(&e))?;
        let setting = |(name, value): &(Text, SettingValue)| {
            let value = match value {
                SettingValue::Bool(b) => types::SettingValue::Bool(*b),
                SettingValue::Uint(n) => types::SettingValue::Uint(*n),
                SettingValue::Text(text) => types::SettingValue::Text(text.to_string()),
            };
            (name.to_string(), value)
        };
        let settings: Vec<_> = self.settings.0.iter().map(setting).collect();
        plugin.call_configure(&mut store, self.dissector, &settings).map_err(|e| reason(&e))??;
        Ok((store, plugin))
    }

    fn call(&mut self, entry: Entry, slices: &[Slice], want: &Want, sink: &mut Sink) -> Result<(), String> {
        if self.instance.is_none() {
            self.instance = Some(self.start()?);
        }
        let Some((store, plugin)) = &mut self.instance else { return Ok(()) };
        store.set_epoch_deadline(MAX_TICKS);
        let entry = match entry {
            Entry::Dissect => types::Entry::Dissect,
            Entry::Trailer => types::Entry::Trailer,
        };
        let want = flat::want_words(want);
        let answers = plugin
            .call_dissect(store, self.dissector, entry, &self.bytes, &self.slices, &want)
            .map_err(|e| reason(&e))?;
        self.take(answers, slices, sink)
    }

    /// Checks the answers and appends them to the sink.
    fn take(&self, answers: types::Answers, slices: &[Slice], sink: &mut Sink) -> Result<(), String> {
        let types::Answers { words, side, next, ends } = answers;
        let (ends, next) = (ends.as_chunks::<3>().0, next.as_chunks::<5>().0);
        if ends.len() != slices.len() {
            return Err(format!("{} answers to {} slices", ends.len(), slices.len()));
        }
        let (base_words, base_side, base_next) = (sink.words.len(), sink.side.len(), sink.next.len());
        if base_words + words.len() > MAX_BATCH || base_side + side.len() > MAX_BATCH {
            return Err(format!("the answers to a batch come to more than {MAX_BATCH} words or bytes"));
        }
        let mut before = Answer::default();
        for (slice, ends) in slices.iter().zip(ends) {
            let answer = flat::answer(*ends);
            self.checker.answer(&answer, &before, words.len(), side.len(), next.len())?;
            let side = &side[before.side as usize..answer.side as usize];
            let words = &words[before.words as usize..answer.words as usize];
            let next = &next[before.next as usize..answer.next as usize];
            if words.len() > MAX_WORDS || side.len() > MAX_SIDE || next.len() > MAX_NEXT {
                return Err(format!(
                    "the answer to one slice is too long: {} words, {} side bytes, {} hand-ons",
                    words.len(),
                    side.len(),
                    next.len()
                ));
            }
            self.checker.words(words, slice, side)?;
            for next in flat::nexts(next) {
                self.checker.table(next.table)?;
                sink.next.push(next);
            }
            before = answer;
            sink.answers.push(Answer {
                words: answer.words + base_words as u32,
                side: answer.side + base_side as u32,
                next: answer.next + base_next as u32,
                ..answer
            });
        }
        sink.words.extend_from_slice(&words[..before.words as usize]);
        sink.side.extend_from_slice(&side[..before.side as usize]);
        Ok(())
    }
}

impl Vector for Guest {
    fn configure(&mut self, settings: &Settings) -> Result<(), String> {
        self.settings = settings.clone();
        self.instance = Some(self.start()?);
        Ok(())
    }

    fn run(
        &mut self,
        entry: Entry,
        buffer: &[u8],
        slices: &[Slice],
        want: &Want,
        sink: &mut Sink,
    ) -> Result<(), Fault> {
        // The guest gets the bytes of its slices and no others, one behind the other.
        self.bytes.clear();
        self.slices.clear();
        for slice in slices {
            let start = self.bytes.len() as u32;
            self.bytes.extend_from_slice(&buffer[slice.start as usize..][..slice.len as usize]);
            flat::push_slice(&Slice { start, ..*slice }, &mut self.slices);
        }
        self.call(entry, slices, want, sink).map_err(|reason| {
            // Nothing is known of the instance's state now.
            self.instance = None;
            Fault(reason)
        })
    }
}

/// Takes over what a guest declares, if it keeps to the limits.
fn protocol(p: types::Protocol) -> Result<Protocol, String> {
    let name = text(p.name)?;
    let is_word =
        |n: &str| !n.is_empty() && n.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.".contains(c));
    if !is_word(&name) || name.contains('.') {
        return Err(format!("{name:?} is not a protocol name: lower-case letters, digits, _ and -"));
    }
    for (what, count, most) in [
        ("fields", p.fields.len(), MAX_FIELDS),
        ("claims", p.claims.len(), MAX_CLAIMS),
        ("tables", p.tables.len(), MAX_TABLES),
        ("settings", p.settings.len(), MAX_SETTINGS),
    ] {
        if count > most {
            return Err(format!("{name} declares {count} {what}; {most} are allowed"));
        }
    }
    let field = |f: types::Field| -> Result<Field, String> {
        let field = field(f)?;
        let below = field.name.strip_prefix(&*name).and_then(|rest| rest.strip_prefix('.'));
        match below {
            Some(rest) if is_word(&rest.to_ascii_lowercase()) => Ok(field),
            _ => Err(format!("field {:?} does not begin with {name:?} and a dot", field.name)),
        }
    };
    Ok(Protocol {
        short: text(p.short)?,
        title: text(p.title)?,
        description: text(p.description)?,
        fields: p.fields.into_iter().map(field).collect::<Result<Vec<_>, _>>()?.into(),
        claims: p
            .claims
            .into_iter()
            .map(|c| Ok(Claim { table: text(c.table)?, key: c.key }))
            .collect::<Result<Vec<_>, String>>()?
            .into(),
        tables: p.tables.into_iter().map(text).collect::<Result<Vec<_>, _>>()?.into(),
        settings: p.settings.into_iter().map(setting).collect::<Result<Vec<_>, _>>()?.into(),
        name,
    })
}

/// A guest's text, with control characters taken out, so that it can't reach a terminal.
fn text(text: String) -> Result<Text, String> {
    if text.len() > MAX_TEXT {
        return Err(format!("a text of {} bytes; {MAX_TEXT} are allowed", text.len()));
    }
    Ok(text.chars().filter(|c| !c.is_control()).collect::<String>().into())
}

fn field(f: types::Field) -> Result<Field, String> {
    let name = |n: types::ValueName| Ok(ValueName { from: n.start, to: n.end, name: text(n.name)? });
    if f.width > 8 && matches!(f.kind, types::Kind::Uint | types::Kind::Int | types::Kind::Bool) {
        return Err(format!("field {:?} is a number of {} bytes; 8 are allowed", f.name, f.width));
    }
    Ok(Field {
        name: text(f.name)?,
        title: text(f.title)?,
        description: text(f.description)?,
        kind: Kind::ALL[f.kind as usize],
        width: f.width,
        little_endian: f.little_endian,
        mask: f.mask,
        scale: f.scale,
        base: match f.base {
            types::Base::Dec => Base::Dec,
            types::Base::Hex => Base::Hex,
            types::Base::Oct => Base::Oct,
        },
        unit: text(f.unit)?,
        names: f.names.into_iter().map(name).collect::<Result<Vec<_>, String>>()?.into(),
        computed: f.computed,
        hidden: f.hidden,
        trailer: f.trailer,
        part: f.part,
        role: match f.role {
            types::Role::None => Role::None,
            types::Role::Source => Role::Source,
            types::Role::Destination => Role::Destination,
        },
    })
}

fn setting(s: types::Setting) -> Result<Setting, String> {
    Ok(Setting {
        name: text(s.name)?,
        description: text(s.description)?,
        default: match s.default {
            types::SettingValue::Bool(b) => SettingValue::Bool(b),
            types::SettingValue::Uint(n) => SettingValue::Uint(n),
            types::SettingValue::Text(t) => SettingValue::Text(text(t)?),
        },
    })
}
