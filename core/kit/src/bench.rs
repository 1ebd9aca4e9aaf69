//! What a dissector costs, in the sandbox and outside of it.
//!
//! The PDUs that a package's captures give its dissectors are recorded once. They are then handed to each dissector again and
//! again, in vectors as the host makes them, without the rest of the host: so the figures are those of the plugin and its border.

use crate::lab::Frames;
use crate::package::file_name;
use crate::{KitError, Package, build};
use prosector_engine::{Demand, Engine, Origin, Registry, Why};
use prosector_loader::{Config, Plugin, Sandbox};
use prosector_sdk::declare::{Protocol, Settings};
use prosector_sdk::dissector::{Builtin, Entry, Fault, Usage, Vector};
use prosector_sdk::pdu::{Sink, Slice, Want};
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Slices that the host hands over together.
const VECTOR: usize = 256;
/// Rounds, in each of which every way is measured once.
const ROUNDS: usize = 9;
/// How long one measurement takes, about.
const SPAN: Duration = Duration::from_millis(60);

/// What the host may want of a dissector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Every field that doesn't come from other frames, as columns and filters do.
    Fields,
    /// Every field and the info line, as for a tree.
    Tree,
}

/// What a dissector costs.
pub struct Measured {
    /// The name of its protocol.
    pub protocol: String,
    /// What was wanted.
    pub wanted: Wanted,
    /// Different PDUs that it was measured with, and their bytes.
    pub pdus: usize,
    /// See there.
    pub bytes: usize,
    /// How many PDUs it got in one call.
    pub vector: usize,
    /// Nanoseconds of CPU a PDU as a component.
    pub wasm: f64,
    /// The same as a native library; `None` where there is none.
    pub native: Option<f64>,
    /// Shares of its time as a component, summing to 1: its own code, copying over the border, packing and checking.
    pub shares: [f64; 3],
}

/// PDUs of one dissector, as they came.
#[derive(Default)]
struct Recorded {
    bytes: Vec<u8>,
    slices: Vec<Slice>,
}

/// A dissector that records what it is given.
struct Recorder {
    inner: Box<dyn Vector>,
    dissector: usize,
    log: Arc<Mutex<Vec<Recorded>>>,
}

impl Vector for Recorder {
    fn configure(&mut self, settings: &Settings) -> Result<(), String> {
        self.inner.configure(settings)
    }

    fn run(
        &mut self,
        entry: Entry,
        buffer: &[u8],
        slices: &[Slice],
        want: &Want,
        sink: &mut Sink,
    ) -> Result<(), Fault> {
        if entry == Entry::Dissect {
            let recorded = &mut self.log.lock().unwrap_or_else(PoisonError::into_inner)[self.dissector];
            for slice in slices {
                let start = recorded.bytes.len() as u32;
                recorded.bytes.extend_from_slice(&buffer[slice.start as usize..][..slice.len as usize]);
                recorded.slices.push(Slice { start, ..*slice });
            }
        }
        self.inner.run(entry, buffer, slices, want, sink)
    }
}

/// Measures every dissector of a package that its captures reach.
pub fn bench(package: &Package, plugin: &Plugin) -> Result<Vec<Measured>, KitError> {
    let measuring = Sandbox::measuring().load(plugin.file(), &package.file.limits, package.file.wasi)?;
    let native = build::native(package)?.map(|library| load_native(&library)).transpose()?;
    let recorded = record(package, plugin)?;
    let mut rows = Vec::new();
    for (dissector, (protocol, recorded)) in plugin.protocols().iter().zip(&recorded).enumerate() {
        if recorded.slices.is_empty() {
            continue;
        }
        let linked = protocol.stateful && protocol.fields.iter().any(|field| field.linked);
        // What depends on earlier frames comes one by one; where nothing of that is wanted, in vectors.
        let together = |wanted| if protocol.stateful && !(linked && wanted == Wanted::Fields) { 1 } else { VECTOR };
        for wanted in [Wanted::Fields, Wanted::Tree] {
            let job = Job::new(package, protocol, recorded, together(wanted), wanted);
            rows.push(measure(&job, plugin, native.as_ref(), &measuring, dissector)?);
        }
    }
    match rows.is_empty() {
        true => Err(KitError::new("no capture in tests/ has anything for this plugin")),
        false => Ok(rows),
    }
}

/// Dissectors are called alike, whatever they are.
fn instance(plugin: &Plugin, dissector: usize, settings: &Settings) -> Result<Box<dyn Vector>, KitError> {
    let mut vector = plugin.instantiate().swap_remove(dissector);
    vector.configure(settings).map_err(KitError::new)?;
    Ok(vector)
}

fn measure(
    job: &Job,
    plugin: &Plugin,
    native: Option<&Plugin>,
    measuring: &Plugin,
    dissector: usize,
) -> Result<Measured, KitError> {
    let mut wasm = instance(plugin, dissector, &job.settings)?;
    let mut native = native.map(|native| instance(native, dissector, &job.settings)).transpose()?;
    let (mut wasm_times, mut native_times) = (Vec::new(), Vec::new());
    let calls = job.calls_in(&mut *wasm, SPAN)?;
    for _ in 0..ROUNDS {
        wasm_times.push(job.time(&mut *wasm, calls)?);
        if let Some(native) = &mut native {
            native_times.push(job.time(&mut **native, calls)?);
        }
    }
    let mut observed = instance(measuring, dissector, &job.settings)?;
    job.time(&mut *observed, 16)?;
    let before = observed.usage().unwrap_or_default();
    let all = job.time(&mut *observed, calls)?.as_secs_f64();
    let after = observed.usage().unwrap_or_default();
    let spent = |of: fn(&Usage) -> Duration| (of(&after).saturating_sub(of(&before))).as_secs_f64();
    let (inside, in_calls) = (spent(|u| u.inside), spent(|u| u.calls));
    let all = all.max(in_calls);
    let per_pdu = |times: Vec<Duration>| median(times).as_secs_f64() * 1e9 / (calls * job.vectors[0].len()) as f64;
    Ok(Measured {
        protocol: job.protocol.to_owned(),
        wanted: job.wanted,
        pdus: job.pdus,
        bytes: job.bytes.len(),
        vector: job.vectors[0].len(),
        wasm: per_pdu(wasm_times),
        native: native.is_some().then(|| per_pdu(native_times)),
        shares: [inside / all, (in_calls - inside) / all, (all - in_calls) / all],
    })
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// PDUs in vectors, to be dissected again and again.
struct Job<'a> {
    protocol: &'a str,
    pdus: usize,
    bytes: &'a [u8],
    wanted: Wanted,
    settings: Settings,
    vectors: Vec<Vec<Slice>>,
    want: Want,
}

impl<'a> Job<'a> {
    fn new(
        package: &Package,
        protocol: &'a Protocol,
        recorded: &'a Recorded,
        vector: usize,
        wanted: Wanted,
    ) -> Job<'a> {
        let mut want = Want::nothing(protocol.fields.len());
        want.info = wanted == Wanted::Tree;
        for (i, field) in protocol.fields.iter().enumerate() {
            if want.info || !field.linked {
                want.insert(i as u16);
            }
        }
        let mut settings = Settings::of(protocol);
        for setting in &package.file.test.settings {
            let (name, text) = &setting.value;
            let own = name.strip_prefix(&*protocol.name).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name);
            let declared = protocol.settings.iter().find(|declared| declared.name == own);
            if let Some(value) = declared.and_then(|declared| declared.parse(text).ok()) {
                settings.0.retain(|(name, _)| name != own);
                settings.0.push((own.to_owned().into(), value));
            }
        }
        // Each turn over the PDUs is of conversations of its own. The lowest bit of a flow's number has a meaning.
        let turns = 4096usize.div_ceil(recorded.slices.len());
        let slices = (0..turns).flat_map(|turn| {
            recorded.slices.iter().map(move |slice| match slice.flow {
                0 => *slice,
                flow => Slice { flow: flow.wrapping_add(turn as u64 * 0x9e37_79b9_7f4a_7c16), ..*slice },
            })
        });
        let slices: Vec<Slice> = slices.collect();
        // A call must not be longer than the host makes it: 8 MiB.
        let most = recorded.slices.iter().map(|slice| slice.len as usize).max().unwrap_or(1).max(1);
        let vectors = slices.chunks_exact(vector.min((8 << 20) / most).max(1)).map(<[Slice]>::to_vec).collect();
        Job {
            protocol: &protocol.name,
            pdus: recorded.slices.len(),
            bytes: &recorded.bytes,
            wanted,
            settings,
            vectors,
            want,
        }
    }

    /// CPU time of so many calls.
    fn time(&self, vector: &mut dyn Vector, calls: usize) -> Result<Duration, KitError> {
        let mut sink = Sink::default();
        let begun = cpu_time();
        for slices in self.vectors.iter().cycle().take(calls) {
            sink.clear();
            let done = vector.run(Entry::Dissect, self.bytes, slices, &self.want, &mut sink);
            done.map_err(|fault| KitError::new(format!("{} failed: {}", self.protocol, fault.reason)))?;
        }
        Ok(cpu_time().saturating_sub(begun))
    }

    /// How many calls take about this long, once the code is warm.
    fn calls_in(&self, vector: &mut dyn Vector, span: Duration) -> Result<usize, KitError> {
        let mut calls = 16;
        loop {
            let time = self.time(vector, calls)?;
            if time >= span / 4 || calls >= 1 << 24 {
                let wanted = calls as f64 * span.as_secs_f64() / time.as_secs_f64().max(1e-9);
                return Ok((wanted as usize).clamp(1, 1 << 24));
            }
            calls *= 4;
        }
    }
}

/// CPU time of this thread.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// A library that was just built here: it is named with its digest, as in anybody's `plugins.toml`.
fn load_native(library: &Path) -> Result<Plugin, KitError> {
    let bytes = std::fs::read(library).map_err(|e| KitError::file(library, e))?;
    let (file, digest) = (library.display().to_string(), prosector_loader::sha256(&bytes));
    let config = Config::parse(&format!("[[plugin]]\nfile = {file:?}\nsha256 = \"{digest}\"\n"), Path::new("bench"))?;
    let mut plugins = prosector_loader::load(&config, false)?.plugins;
    plugins.pop().ok_or_else(|| KitError::file(library, "holds no plugin"))
}

/// What the captures give each dissector of a plugin, whatever else there is.
fn record(package: &Package, plugin: &Plugin) -> Result<Vec<Recorded>, KitError> {
    let log: Arc<Mutex<Vec<Recorded>>> =
        Arc::new(Mutex::new(plugin.protocols().iter().map(|_| Recorded::default()).collect()));
    for capture in package.captures()? {
        let mut registry = Registry::new();
        let (own, kept) = (plugin.clone(), log.clone());
        let recorders = move || {
            let recorder =
                |(dissector, inner)| -> Box<dyn Vector> { Box::new(Recorder { inner, dissector, log: kept.clone() }) };
            Ok(own.instantiate().into_iter().enumerate().map(recorder).collect())
        };
        registry.add(plugin.protocols().to_vec(), Origin::Builtin, Box::new(recorders)).map_err(KitError::new)?;
        for builtin in Builtin::all() {
            if plugin.protocols().iter().all(|own| own.name != builtin.protocol.name) {
                registry.add_builtin(builtin).map_err(KitError::new)?;
            }
        }
        let config = package.file.config(plugin.file(), &file_name(&capture));
        for binding in config.decode_as.iter().map(|binding| &binding.value) {
            let bound = registry.bind(&binding.table, binding.key, &binding.dissector, Why::DecodeAs);
            bound.map_err(KitError::new)?;
        }
        let registry = Arc::new(registry);
        let mut engine = Engine::new(registry.clone(), Demand::tree(&registry)).map_err(KitError::new)?;
        let (frames, _) = Frames::read(&capture)?;
        for batch in frames.batches(VECTOR) {
            engine.dissect(&batch);
        }
    }
    Ok(std::mem::take(&mut *log.lock().unwrap_or_else(PoisonError::into_inner)))
}

impl Measured {
    /// The head of the table that the rows are of.
    pub const HEAD: &'static str =
        "dissector        wanted   PDUs   bytes  a call   native ns    WASM ns   ratio   guest   copy   host";
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted = if self.wanted == Wanted::Fields { "fields" } else { "tree" };
        let Measured { protocol, pdus, vector, wasm, native, shares, .. } = self;
        let bytes = self.bytes as f64 / *pdus as f64;
        let (native, ratio) = match native {
            Some(native) => (format!("{native:.1}"), format!("{:.2}", wasm / native)),
            None => ("-".into(), "-".into()),
        };
        let [guest, copy, host] = shares.map(|share| format!("{:.0} %", 100.0 * share));
        write!(
            f,
            "{protocol:16} {wanted:6} {pdus:>6} {bytes:>7.0} {vector:>7} {native:>11} {wasm:>10.1} {ratio:>7} {guest:>7} {copy:>6} {host:>6}"
        )
    }
}
