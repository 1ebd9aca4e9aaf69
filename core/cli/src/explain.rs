//! `prosector explain`.

use crate::list::others;
use crate::{Dissectors, Failure, print};
use clap::Args;
use prosector_capture::Reader;
use prosector_engine::{Demand, Engine, LayerView, Lookup, Outcome, Registry};
use prosector_sdk::dissector::Verdict;
use prosector_sdk::frame::Batch;
use prosector_sdk::testkit::diagnostic_text;
use prosector_sdk::value::{Word, write_text};
use std::path::PathBuf;
use std::sync::Arc;

/// Say step by step which dissectors were asked for a frame, who took it, and why.
#[derive(Args)]
pub(crate) struct ExplainArgs {
    /// A capture file; - is standard input
    file: PathBuf,
    /// Which frame, counted from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    frame: u64,
    #[command(flatten)]
    dissectors: Dissectors,
}

/// Frames before the one that is explained go through the dissectors too, because they may decide about it.
const BATCH: u64 = 256;

pub(crate) fn run(args: &ExplainArgs) -> Result<(), Failure> {
    let registry = Arc::new(args.dissectors.load(true)?.registry);
    let mut engine = Engine::new(registry.clone(), Demand::tree(&registry)).map_err(Failure::usage)?;
    engine.explain_faults(true);
    let mut reader = Reader::open(&args.file).map_err(Failure::input)?;
    let mut before = args.frame - 1;
    loop {
        let batch = reader.next_batch(before.clamp(1, BATCH) as usize).map_err(Failure::input)?;
        if batch.frames.is_empty() {
            let there = args.frame - 1 - before;
            return Err(Failure::input(format!("{}: there are {there} frames only", args.file.display())));
        }
        if before == 0 {
            engine.start_trace();
            engine.dissect(&batch);
            return print(&Explanation { registry: &registry, engine: &engine, batch: &batch }.text());
        }
        engine.dissect(&batch);
        before -= batch.frames.len() as u64;
    }
}

struct Explanation<'a> {
    registry: &'a Registry,
    engine: &'a Engine,
    batch: &'a Batch<'a>,
}

impl Explanation<'_> {
    fn text(&self) -> String {
        let mut lines = Vec::new();
        for layer in self.engine.dissection().layers(0, self.batch.data) {
            let indent = "  ".repeat(layer.depth());
            lines.push(format!("{indent}{}", self.heading(&layer)));
            for word in layer.fields(self.registry.protocol(layer.protocol())) {
                if let Word::Diagnostic(d) = word {
                    lines.push(format!("{indent}  {}", diagnostic_text(self.registry.protocol(layer.protocol()), &d)));
                }
            }
            for lookup in self.engine.trace().iter().filter(|lookup| lookup.layer == layer.id()) {
                lines.extend(self.lookup(lookup).into_iter().map(|line| format!("{indent}  {line}")));
            }
        }
        lines.iter().map(|line| line.to_owned() + "\n").collect()
    }

    fn heading(&self, layer: &LayerView<'_>) -> String {
        let (bytes, what) = (layer.data().len(), if layer.is_trailer() { ", the trailer" } else { "" });
        match self.batch.frames.first() {
            Some(frame) if layer.depth() == 0 => format!("frame {}, {bytes} bytes", frame.number),
            _ => {
                let mut info = Vec::new();
                write_text(layer.info(), &mut info);
                let info =
                    if info.is_empty() { String::new() } else { format!(": {}", String::from_utf8_lossy(&info)) };
                format!("{}, {bytes} bytes{what}{info}", self.who(layer.protocol()))
            }
        }
    }

    /// `acme (target/plugins/acme.wasm)`
    fn who(&self, protocol: u16) -> String {
        format!("{} ({})", self.registry.protocol(protocol).name, self.registry.origin(protocol))
    }

    fn lookup(&self, lookup: &Lookup) -> Vec<String> {
        let Lookup { table, keys, len, outcome, .. } = lookup;
        if let Some(name) = table.strip_prefix('@') {
            return vec![match outcome {
                Outcome::Nothing => format!("→ {name} by name: no bytes are left for it"),
                Outcome::Unclaimed => format!("→ {name} by name: {}", self.absence(name)),
                _ => format!("→ {name} by name, {len} bytes"),
            }];
        }
        let shown: Vec<String> = keys.iter().map(|key| show_key(*key)).collect();
        let mut lines = Vec::new();
        let head = format!("→ {table} {}", shown.join(", then "));
        match outcome {
            Outcome::Nothing => lines.push(format!("{head}: no bytes are left to hand on")),
            Outcome::Claimed(owner, at) => {
                let key = keys.get(*at).copied().unwrap_or(0);
                let why = self.registry.owner(table, key).map_or("", |claimed| claimed.why.name());
                lines.push(format!("{head}: {} has {}: {why}", self.who(*owner), show_key(key)));
                lines.extend(others(self.registry, table, key).map(|id| format!("  {} claims it too", self.who(id))));
            }
            _ => lines.push(format!("{head}: nobody claims {}", if keys.len() > 1 { "them" } else { "it" })),
        }
        for absent in self.registry.absent() {
            for claim in absent.protocol.claims.iter().filter(|c| c.table == *table && keys.contains(&c.key)) {
                let (name, key) = (&absent.protocol.name, show_key(claim.key));
                lines.push(format!("  {name} ({}) claims {key}, but is not used: {}", absent.origin, absent.reason));
            }
        }
        for (protocol, verdict) in &lookup.asked {
            let said = match verdict {
                Some(Verdict::Certain) => "certain; so is the rest of the flow",
                Some(Verdict::Maybe) => "maybe",
                Some(Verdict::NotMine) => "not mine; it is not asked again in this flow",
                Some(Verdict::Error) => "mine, but broken",
                None => "failed, or was set aside",
            };
            lines.push(format!("  asked {}: {said}", self.who(*protocol)));
        }
        match outcome {
            Outcome::Taken(owner) => lines.push(format!("  taken by {}", self.who(*owner))),
            Outcome::Remembered(owner) => {
                lines.push(format!("  {} was certain of an earlier frame of the flow", self.who(*owner)));
            }
            Outcome::Promised(owner) => {
                lines.push(format!("  an earlier PDU has said that it is for {}", self.who(*owner)));
            }
            Outcome::Unclaimed => lines.push(format!("  {len} bytes go to data")),
            _ => {}
        }
        lines
    }

    /// Why there is nobody of that name.
    fn absence(&self, name: &str) -> String {
        match self.registry.absent().iter().find(|a| a.protocol.name == name) {
            Some(absent) => format!("it is not used: {}", absent.reason),
            None => "there is no such dissector".into(),
        }
    }
}

fn show_key(key: u64) -> String {
    if key < 10 { key.to_string() } else { format!("{key} (0x{key:x})") }
}
