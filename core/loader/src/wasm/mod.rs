//! Plugins as WebAssembly components.
//!
//! A component sees the bytes it is handed, its settings and a log; nothing else exists for it. Every worker has an
//! instance of its own, a fault throws it away, and the next call makes a new one.

mod v0_1;

use crate::config::{ConfigError, Limits};
use crate::plugin::{Code as AnyCode, Instance, Plugin};
use crate::{cache, wasi};
use prosector_sdk::dissector::Fault;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use wasmtime::component::{Component, Linker};
use wasmtime::{CallHook, Engine, ResourceLimiter, Store, Trap, WasmBacktrace};

/// How often the clock that limits calls ticks.
const TICK: Duration = Duration::from_millis(10);
/// What a call may take where fuel limits it.
const FUEL_TIME: Duration = Duration::from_secs(60);
/// Bytes of a log line.
const MAX_LINE: usize = 4096;
/// Functions of a backtrace.
const MAX_FRAMES: usize = 16;
/// What an instance may have beside memory.
const MAX_TABLES: usize = 16;
const MAX_TABLE_ELEMENTS: usize = 64 << 10;
const MAX_INSTANCES: usize = 16;

/// Loads components.
#[derive(Default)]
pub struct Sandbox {
    /// Time is limited by a clock.
    timed: OnceLock<Result<Engine, String>>,
    /// Time is limited by counting instructions too.
    fuelled: OnceLock<Result<Engine, String>>,
    /// Nothing is limited.
    free: OnceLock<Result<Engine, String>>,
    /// Whether time is measured at the border.
    measuring: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Timed,
    Fuelled,
    Free,
}

impl Sandbox {
    /// A sandbox; the runtime starts with the first plugin.
    pub fn new() -> Sandbox {
        Sandbox::default()
    }

    /// A sandbox that measures how long its plugins' own code runs, see [`Usage`](prosector_sdk::dissector::Usage).
    pub fn measuring() -> Sandbox {
        Sandbox { measuring: true, ..Sandbox::default() }
    }

    /// Loads a component and asks it what it dissects. With `wasi` it gets an empty WASI.
    pub fn load(&self, path: &Path, limits: &Limits, wasi: bool) -> Result<Plugin, ConfigError> {
        let bytes = std::fs::read(path).map_err(|e| ConfigError::new(format!("{}: {e}", path.display())))?;
        self.load_bytes(&bytes, path, limits, wasi)
    }

    /// The same for the bytes of a file.
    pub fn load_bytes(&self, bytes: &[u8], path: &Path, limits: &Limits, wasi: bool) -> Result<Plugin, ConfigError> {
        let mode = if limits.fuel.is_some() { Mode::Fuelled } else { Mode::Timed };
        self.load_in(mode, bytes, path, limits, wasi)
    }

    /// Loads a component whose calls may take for ever and any memory: for measuring what limits cost.
    #[doc(hidden)]
    pub fn load_without_limits(&self, path: &Path) -> Result<Plugin, ConfigError> {
        let bytes = std::fs::read(path).map_err(|e| ConfigError::new(format!("{}: {e}", path.display())))?;
        self.load_in(Mode::Free, &bytes, path, &Limits::default(), false)
    }

    fn load_in(
        &self,
        mode: Mode,
        bytes: &[u8],
        path: &Path,
        limits: &Limits,
        wasi: bool,
    ) -> Result<Plugin, ConfigError> {
        let named = |e: &dyn std::fmt::Display| ConfigError::new(format!("{}: {e}", path.display()));
        prosector_package::check_component(bytes).map_err(|e| named(&e))?;
        let engine = match mode {
            Mode::Timed => &self.timed,
            Mode::Fuelled => &self.fuelled,
            Mode::Free => &self.free,
        };
        let engine = engine.get_or_init(|| start(mode)).as_ref().map_err(|e| named(e))?;
        let component = cache::compile(engine, bytes).map_err(|e| named(&format!("{e:#}")))?;
        let code = Code::new(engine, component, mode, wasi, self.measuring).map_err(|e| named(&e))?;
        let name: String =
            path.file_stem().unwrap_or_default().to_string_lossy().chars().filter(|c| !c.is_control()).collect();
        let description = code.describe(&name, limits).map_err(|e| named(&e))?;
        Ok(Plugin::new(description, path, limits, AnyCode::Component(Box::new(code))))
    }
}

/// Starts a runtime, and the clock that limits calls.
fn start(mode: Mode) -> Result<Engine, String> {
    let mut config = wasmtime::Config::new();
    config.epoch_interruption(mode != Mode::Free).consume_fuel(mode == Mode::Fuelled);
    let engine = Engine::new(&config).map_err(|e| format!("{e:#}"))?;
    let clock = engine.weak();
    // Ends with the last engine that it ticks for.
    std::thread::spawn(move || {
        while let Some(engine) = clock.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    });
    Ok(engine)
}

/// A compiled component that is known to keep to an interface of ours.
pub(crate) struct Code {
    mode: Mode,
    measuring: bool,
    engine: Engine,
    component: Component,
    linker: Linker<Host>,
    /// Lines that its instances have written to the log.
    log_lines: Arc<AtomicU64>,
}

impl Code {
    fn new(engine: &Engine, component: Component, mode: Mode, wasi: bool, measuring: bool) -> Result<Code, String> {
        check_version(engine, &component)?;
        check_imports(engine, &component, wasi)?;
        let mut linker = Linker::new(engine);
        v0_1::link(&mut linker).map_err(|e| format!("{e:#}"))?;
        if wasi {
            wasi::add_empty(&mut linker, &component).map_err(|e| format!("{e:#}"))?;
        }
        Ok(Code { mode, measuring, engine: engine.clone(), component, linker, log_lines: Arc::default() })
    }

    fn store(&self, plugin: &str, limits: &Limits) -> Store<Host> {
        let host = Host {
            plugin: plugin.to_owned(),
            free: self.mode == Mode::Free,
            limits: limits.clone(),
            memory: 0,
            log_lines: self.log_lines.clone(),
            error: None,
            clock: Clock { on: self.measuring, ..Clock::default() },
        };
        let mut store = Store::new(&self.engine, host);
        store.limiter(|host| host);
        if self.measuring {
            store.call_hook(|mut store, at| {
                store.data_mut().clock.crossed(at);
                Ok(())
            });
        }
        store
    }

    /// Lets the next call take so long, and use so much fuel if that is limited.
    fn arm(store: &mut Store<Host>, mode: Mode, time: Duration, fuel: Option<u64>) -> wasmtime::Result<()> {
        if mode != Mode::Free {
            // Where fuel decides, the clock must not, but a call that neither ends nor burns fuel is to end.
            let time = if fuel.is_some() { FUEL_TIME } else { time };
            // The present tick has begun already.
            store.set_epoch_deadline(1 + time.as_millis().div_ceil(TICK.as_millis()) as u64);
        }
        if mode == Mode::Fuelled { store.set_fuel(fuel.unwrap_or(u64::MAX)) } else { Ok(()) }
    }

    fn describe(&self, name: &str, limits: &Limits) -> Result<crate::declared::Description, String> {
        let mut store = self.store(name, limits);
        let described = Code::arm(&mut store, self.mode, limits.time, None)
            .and_then(|()| v0_1::describe(&mut store, &self.component, &self.linker))
            .map_err(|e| fault(&mut store, &e, limits.time).reason)?;
        store.data_mut().show_error();
        crate::declared::Description::new(&described.name, &described.version, described.protocols)
    }

    /// Makes an instance.
    pub(crate) fn start(&self, name: &str, limits: &Limits) -> Result<Box<dyn Instance>, Fault> {
        let mut store = self.store(name, limits);
        let instance = Code::arm(&mut store, self.mode, limits.time, None)
            .and_then(|()| v0_1::Running::new(&mut store, &self.component, &self.linker));
        match instance {
            Ok(running) => {
                store.data_mut().show_error();
                Ok(Box::new(v0_1::Instance::new(store, running, self.mode)))
            }
            Err(e) => Err(fault(&mut store, &e, limits.time)),
        }
    }
}

/// The interface that a component keeps must be one of ours.
fn check_version(engine: &Engine, component: &Component) -> Result<(), String> {
    const DISSECTOR: &str = "prosector:plugin/dissector";
    let kind = component.component_type();
    let version = kind.exports(engine).find_map(|(name, _)| Some(name.strip_prefix(DISSECTOR)?.to_owned()));
    match version.as_deref().map(|v| v.trim_start_matches('@')) {
        Some(v) if v.parse().is_ok_and(|v: semver::Version| (v.major, v.minor) == (0, 1)) => Ok(()),
        Some(v) => Err(format!("it keeps version {v:?} of the plugin interface; this prosector knows 0.1")),
        None => Err(format!("a component, but not a prosector plugin: it does not export {DISSECTOR}")),
    }
}

/// A component may import our own interfaces, and WASI where its entry says so.
fn check_imports(engine: &Engine, component: &Component, wasi: bool) -> Result<(), String> {
    let allowed = |name: &str| {
        ["prosector:plugin/log@0.1.", "prosector:plugin/types@0.1."].iter().any(|own| name.starts_with(own))
            || wasi && wasi::is_wasi(name)
    };
    let kind = component.component_type();
    let refused: Vec<&str> = kind.imports(engine).map(|(name, _)| name).filter(|name| !allowed(name)).collect();
    let Some(first) = refused.first() else { return Ok(()) };
    let others = match refused.len() - 1 {
        0 => String::new(),
        n => format!(" (and {n} more)"),
    };
    let hint = match wasi::is_wasi(first) {
        true => "; with `wasi = true` in its entry it gets an empty WASI: no files, network, environment, clock",
        false => "; a plugin may import prosector:plugin/log only",
    };
    Err(format!("it imports {first}{others}, which is not there for plugins{hint}"))
}

/// What an instance can reach of the host.
struct Host {
    plugin: String,
    free: bool,
    limits: Limits,
    /// The most memory that it has had.
    memory: usize,
    log_lines: Arc<AtomicU64>,
    /// The last line that it wrote as an error.
    error: Option<String>,
    clock: Clock,
}

/// Measures where time goes, if that is asked for.
#[derive(Default)]
struct Clock {
    on: bool,
    /// Since when the guest's code runs.
    since: Option<Instant>,
    /// Time in the guest's code.
    inside: Duration,
    /// Time in calls, with what is copied for them.
    calls: Duration,
}

impl Clock {
    fn crossed(&mut self, at: CallHook) {
        if at.exiting_host() {
            self.since = Some(Instant::now());
        } else if let Some(since) = self.since.take() {
            self.inside += since.elapsed();
        }
    }
}

impl Host {
    /// Takes a log line. An error waits for what follows: if it is a trap, then the line is its reason.
    fn log(&mut self, text: &str, is_error: bool) {
        let text = &text[..text.floor_char_boundary(MAX_LINE)];
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let mut line = Vec::new();
        prosector_sdk::value::write_text(lines.join("; ").replace(":; ", ": ").as_bytes(), &mut line);
        let line = String::from_utf8_lossy(&line).into_owned();
        match is_error {
            true => {
                self.show_error();
                self.error = Some(line);
            }
            false => self.show(&line),
        }
    }

    /// Shows the error that waits.
    fn show_error(&mut self) {
        if let Some(line) = self.error.take() {
            self.show(&line);
        }
    }

    /// Shows a line on standard error, as long as the plugin may write any.
    fn show(&self, line: &str) {
        match self.log_lines.fetch_add(1, Ordering::Relaxed).cmp(&self.limits.log_lines.into()) {
            std::cmp::Ordering::Less => eprintln!("prosector: {}: {line}", self.plugin),
            std::cmp::Ordering::Equal => eprintln!("prosector: {}: no more of its messages are shown", self.plugin),
            std::cmp::Ordering::Greater => {}
        }
    }
}

impl ResourceLimiter for Host {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired > self.limits.memory && !self.free {
            let mib = self.limits.memory as f64 / f64::from(1 << 20);
            return Err(wasmtime::Error::msg(format!("more memory than the {mib} MiB that are allowed")));
        }
        self.memory = self.memory.max(desired);
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        match desired <= MAX_TABLE_ELEMENTS {
            true => Ok(true),
            false => {
                Err(wasmtime::Error::msg(format!("a table of {desired} elements; {MAX_TABLE_ELEMENTS} are allowed")))
            }
        }
    }

    fn instances(&self) -> usize {
        MAX_INSTANCES
    }

    fn tables(&self) -> usize {
        MAX_TABLES
    }

    fn memories(&self) -> usize {
        1
    }
}

/// Why a call into a guest failed, and where; it might take so long.
fn fault(store: &mut Store<Host>, e: &wasmtime::Error, time: Duration) -> Fault {
    let host = store.data_mut();
    let reason = match e.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => format!("took longer than {time:?}"),
        Some(Trap::OutOfFuel) => format!("used more than {} units of fuel", host.limits.fuel.unwrap_or_default()),
        // What a panic says is better than that it ended in an unreachable instruction.
        Some(Trap::UnreachableCodeReached) if host.error.is_some() => host.error.take().unwrap_or_default(),
        Some(trap) => trap.to_string(),
        None => e.root_cause().to_string(),
    };
    host.show_error();
    let frames = e.downcast_ref::<WasmBacktrace>().map(WasmBacktrace::frames).unwrap_or_default();
    let names = frames.iter().take(MAX_FRAMES).map(|frame| match frame.func_name() {
        Some(name) => format!("{:#}", rustc_demangle::demangle(name)),
        None => format!("function {}", frame.func_index()),
    });
    Fault { reason, backtrace: names.collect::<Vec<_>>().join(" < ") }
}
