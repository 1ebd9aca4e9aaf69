//! `prosector stats`.

use crate::read::compile;
use crate::{Dissectors, Failure, print};
use clap::Args;
use prosector_capture::Reader;
use prosector_engine::{Demand, Engine};
use prosector_sdk::span::Severity;
use prosector_sdk::value::{Word, write_text};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Count what is in capture files.
#[derive(Args)]
pub(crate) struct StatsArgs {
    /// Capture files; - is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Count diagnostics: by severity, protocol and code, with the first frame that has each
    #[arg(long, required = true)]
    diagnostics: bool,
    /// Count only in the frames that match this display filter, as for prosector read
    #[arg(short = 'Y', long = "display-filter", value_name = "FILTER", allow_hyphen_values = true)]
    filter: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    dissectors: Dissectors,
}

/// How often a diagnostic occurs, and where it does first: file and frame.
struct Count {
    count: u64,
    file: PathBuf,
    frame: u64,
}

pub(crate) fn run(args: &StatsArgs) -> Result<(), Failure> {
    let registry = Arc::new(args.dissectors.load(false)?.registry);
    let filter = compile(args.filter.as_deref(), &registry)?;
    let mut demand = Demand::summary(&registry);
    if let Some(filter) = &filter {
        filter.demand(&mut demand);
    }
    let mut counts: BTreeMap<(Reverse<Severity>, String, String), Count> = BTreeMap::new();
    let mut failures = Vec::new();
    for file in &args.files {
        let mut engine = Engine::new(registry.clone(), demand.clone()).map_err(Failure::usage)?;
        let mut reader = match Reader::open(file) {
            Ok(reader) => reader,
            Err(e) => {
                failures.push(e.to_string());
                continue;
            }
        };
        loop {
            let batch = match reader.next_batch(256) {
                Ok(batch) => batch,
                Err(e) => {
                    failures.push(e.to_string());
                    break;
                }
            };
            if batch.frames.is_empty() {
                break;
            }
            let dissection = engine.dissect(&batch);
            for (at, frame) in batch.frames.iter().enumerate() {
                if filter.as_ref().is_some_and(|filter| !filter.matches(&registry, &batch, dissection, at)) {
                    continue;
                }
                for layer in dissection.layers(at, batch.data) {
                    let protocol = registry.protocol(layer.protocol());
                    for word in layer.fields(protocol) {
                        let Word::Diagnostic(d) = word else { continue };
                        let mut code = Vec::new();
                        write_text(d.code.as_bytes(), &mut code);
                        let code = String::from_utf8_lossy(&code).into_owned();
                        let key = (Reverse(d.severity), protocol.name.to_string(), code);
                        let first = || Count { count: 0, file: file.clone(), frame: frame.number };
                        counts.entry(key).or_insert_with(first).count += 1;
                    }
                }
            }
        }
    }
    let text = if args.json { json(&counts) } else { table(&counts, args.files.len() > 1) };
    print(&text)?;
    if failures.is_empty() { Ok(()) } else { Err(Failure::new(failures, 1)) }
}

type Counts = BTreeMap<(Reverse<Severity>, String, String), Count>;

fn json(counts: &Counts) -> String {
    let row = |((severity, protocol, code), count): (&(Reverse<Severity>, String, String), &Count)| {
        serde_json::json!({
            "severity": severity.0.name(),
            "protocol": protocol,
            "code": code,
            "count": count.count,
            "first": { "file": count.file.display().to_string(), "frame": count.frame },
        })
    };
    let rows: Vec<_> = counts.iter().map(row).collect();
    serde_json::json!({ "diagnostics": rows }).to_string() + "\n"
}

fn table(counts: &Counts, several: bool) -> String {
    let mut text = format!("{:>9}  {:8} {:14} {:30} first in\n", "count", "severity", "protocol", "code");
    for ((severity, protocol, code), Count { count, file, frame }) in counts {
        let place = if several { format!("{} frame {frame}", file.display()) } else { format!("frame {frame}") };
        text += &format!("{count:>9}  {:8} {protocol:14} {code:30} {place}\n", severity.0.name());
    }
    if counts.is_empty() { "no diagnostics\n".into() } else { text }
}
