//! What the border between host and plugin costs: acme as a component against the same source linked in.
//!
//! `cargo bench -p prosector-cli --bench boundary -- CAPTURE [ROUNDS]`: both dissect the capture in turn, all acme fields
//! as text; printed are medians of CPU time and their ratio.

use prosector_capture::Reader;
use prosector_engine::{Engine, Origin, Registry};
use prosector_output::{Fields, Writer};
use prosector_sdk::dissector::{Builtin, Declared};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

fn main() {
    prosector_builtin::link();
    let mut arguments = std::env::args().skip(1).filter(|a| a != "--bench");
    let Some(capture) = arguments.next() else {
        return println!("boundary: name a capture of acme frames, e.g. target/bench/inputs/custom1m.pcap");
    };
    let rounds: usize = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(9);
    let plugin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/plugins/acme.wasm");
    let plugin = prosector_loader::Sandbox::new().and_then(|s| s.load(&plugin)).expect("`make build` makes acme.wasm");
    let acme = prosector_acme::Acme::PROTOCOL;

    let mut times: [Vec<Duration>; 2] = Default::default();
    let mut frames = 0;
    for _ in 0..rounds {
        for (linked_in, times) in [true, false].into_iter().zip(&mut times) {
            let mut registry = Registry::new();
            let plugin = plugin.clone();
            let new = Builtin::of::<prosector_acme::Acme>().new;
            let factory: prosector_engine::Factory = match linked_in {
                true => Box::new(move || Ok(new())),
                false => Box::new(move || plugin.instantiate(0)),
            };
            registry.add(acme.clone(), Origin::Builtin, factory).expect("a new name");
            registry.add_builtins(&[]).expect("built-ins");
            let start = cpu_time();
            frames = read(Arc::new(registry), Path::new(&capture));
            times.push(cpu_time() - start);
        }
    }
    let [linked_in, component] = times.map(|mut t| {
        t.sort();
        t[t.len() / 2]
    });
    let ns = |t: Duration| t.as_nanos() as f64 / frames.max(1) as f64;
    println!("frames      {frames}, {rounds} rounds");
    println!("linked in   {:6.1} ns a frame", ns(linked_in));
    println!("component   {:6.1} ns a frame", ns(component));
    println!("ratio       {:6.2}", component.as_secs_f64() / linked_in.as_secs_f64());
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
