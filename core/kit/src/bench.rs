//! What a dissector costs, in the sandbox and outside of it.
//!
//! The PDUs that a package's captures give its dissectors are recorded once. They are then handed to each dissector again and
//! again, in vectors as the host makes them, without the rest of the host: so the figures are those of the plugin and its border.

use crate::record::{self, Recorded, VECTOR, instance};
use crate::{KitError, Package, build, lab};
use prosector_loader::{Config, Plugin, Sandbox};
use prosector_sdk::declare::{Protocol, Settings};
use prosector_sdk::dissector::{Entry, Usage, Vector};
use prosector_sdk::pdu::{Sink, Slice, Want};
use std::fmt;
use std::path::Path;
use std::time::Duration;

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

/// Measures every dissector of a package that its captures reach.
pub fn bench(package: &Package, plugin: &Plugin) -> Result<Vec<Measured>, KitError> {
    let measuring = Sandbox::measuring().load(plugin.file(), &package.file.limits, package.file.wasi)?;
    let native = build::native(package)?.map(|library| load_native(&library, plugin)).transpose()?;
    let recorded = record::record(package, plugin)?;
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
        let mut want = record::everything(protocol);
        if wanted == Wanted::Fields {
            want = Want::nothing(protocol.fields.len());
            let fields = protocol.fields.iter().enumerate().filter(|(_, field)| !field.linked);
            fields.for_each(|(i, _)| want.insert(i as u16));
        }
        let settings = record::settings(package, protocol);
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
fn load_native(library: &Path, component: &Plugin) -> Result<Plugin, KitError> {
    let bytes = std::fs::read(library).map_err(|e| KitError::file(library, e))?;
    let (file, digest) = (library.display().to_string(), prosector_loader::sha256(&bytes));
    let mut config =
        Config::parse(&format!("[[plugin]]\nfile = {file:?}\nsha256 = \"{digest}\"\n"), Path::new("bench"))?;
    lab::give_way(&mut config, component);
    let mut plugins = prosector_loader::load(&config, false)?.plugins;
    plugins.pop().ok_or_else(|| KitError::file(library, "holds no plugin"))
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
