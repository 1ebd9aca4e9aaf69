//! What the border between host and plugin costs: acme as a component, as a component without limits and as a native
//! library, against the same source linked in.
//!
//! `cargo bench -p prosector-cli --bench boundary -- CAPTURE [ROUNDS]`: all dissect the capture in turn, all acme fields
//! as text; printed are medians of CPU time, and their ratios to linked in.

use prosector_capture::Reader;
use prosector_engine::{Engine, Origin, Registry};
use prosector_loader::{Config, Limits, Sandbox};
use prosector_output::{Fields, Writer};
use prosector_sdk::dissector::{Builtin, Declared};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Makes a registry that has acme in one of the ways.
type Way = Box<dyn Fn() -> Registry>;

fn main() {
    prosector_builtin::link();
    let mut arguments = std::env::args().skip(1).filter(|a| a != "--bench");
    let Some(capture) = arguments.next() else {
        return println!("boundary: name a capture of acme frames, e.g. target/bench/inputs/custom1m.pcap");
    };
    let rounds: usize = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(9);
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/plugins");
    let (sandbox, acme) = (Sandbox::new(), plugins.join("acme.wasm"));
    let limited = sandbox.load(&acme, &Limits::default(), false).expect("`make build` makes acme.wasm");
    let free = sandbox.load_without_limits(&acme).expect("it was loaded before");
    let component = |plugin: prosector_loader::Plugin| -> Way {
        Box::new(move || {
            let (mut registry, plugin) = (Registry::new(), plugin.clone());
            let protocols = plugin.protocols().to_vec();
            let make = Box::new(move || Ok(plugin.instantiate()));
            registry.add(protocols, Origin::Builtin, make).expect("a new name");
            registry
        })
    };
    let linked_in = || {
        let mut registry = Registry::new();
        registry.add_builtin(&Builtin::of::<prosector_acme::Acme>()).expect("a new name");
        registry
    };
    let ways: [(&str, Way); 4] = [
        ("linked in", Box::new(linked_in)),
        ("native library", component(native(&plugins))),
        ("component", component(limited)),
        ("without limits", component(free)),
    ];

    let mut times: [Vec<Duration>; 4] = Default::default();
    let mut frames = 0;
    for _ in 0..rounds {
        for ((_, way), times) in ways.iter().zip(&mut times) {
            let mut registry = way();
            registry.add_builtins().expect("built-ins");
            let start = cpu_time();
            frames = read(Arc::new(registry), Path::new(&capture));
            times.push(cpu_time() - start);
        }
    }
    let medians = times.map(|mut t| {
        t.sort();
        t[t.len() / 2]
    });
    println!("{frames} frames, {rounds} rounds, medians");
    for ((name, _), median) in ways.iter().zip(medians) {
        let ns = median.as_nanos() as f64 / frames.max(1) as f64;
        println!("{name:16} {ns:6.1} ns a frame  {:4.2}", median.as_secs_f64() / medians[0].as_secs_f64());
    }
}

/// acme as a native library, named with its digest as in anybody's `plugins.toml`.
fn native(plugins: &Path) -> prosector_loader::Plugin {
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let file = plugins.join(format!("{prefix}prosector_acme_native{suffix}"));
    let digest = prosector_loader::sha256(&std::fs::read(&file).expect("`make build` makes it"));
    let text = format!("[[plugin]]\nfile = {:?}\nsha256 = \"{digest}\"\n", file.display().to_string());
    let config = Config::parse(&text, Path::new("plugins.toml")).expect("it is right");
    prosector_loader::load(&config, false).expect("it loads").plugins.remove(0)
}

fn read(registry: Arc<Registry>, capture: &Path) -> u64 {
    let names: Vec<String> = (prosector_acme::Acme::PROTOCOL.fields.iter()).map(|f| f.name.to_string()).collect();
    let mut writer = Fields::new(&registry, &names).expect("acme's fields");
    let mut engine = Engine::new(registry.clone(), writer.demand(&registry)).expect("an engine");
    let mut reader = Reader::open(capture).expect("a capture");
    let (mut out, mut frames) = (Vec::new(), 0);
    loop {
        let batch = reader.next_batch(256).expect("a whole capture");
        if batch.frames.is_empty() {
            return frames;
        }
        frames += batch.frames.len() as u64;
        engine.dissect(&batch);
        out.clear();
        for i in 0..batch.frames.len() {
            writer.frame(&registry, &batch, engine.dissection(), i, &mut out);
        }
        std::hint::black_box(&out);
    }
}

/// CPU time of this thread.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
