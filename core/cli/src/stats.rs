//! What plugins have done in a run: faults, time, memory.

use crate::message;
use clap::ValueEnum;
use prosector_engine::{Engine, Evicted, FaultReport, PluginStats, Registry};
use serde_json::json;

/// How statistics are written.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// Columns for people
    Table,
    /// A JSON array
    Json,
}

/// Tells of one fault, as it happens.
pub(crate) fn tell_fault(registry: &Registry, report: &FaultReport, explain: bool) {
    let (name, origin) = (&registry.protocol(report.protocol).name, registry.origin(report.protocol));
    let mut text = format!("frame {}: dissector {name} ({origin}) failed: {}", report.frame, report.fault.reason);
    if explain && !report.fault.backtrace.is_empty() {
        text += &format!("; in {}", report.fault.backtrace);
    }
    if report.set_aside {
        text += "; it is set aside: not called again in this run";
    }
    message(&text);
}

/// What every plugin has done, over all engines of a run, and what these have forgotten.
#[derive(Default)]
pub(crate) struct Stats(Vec<PluginStats>, Evicted);

impl Stats {
    /// Adds what an engine has done.
    pub fn add(&mut self, engine: &Engine) {
        let Evicted { flows, streams, fragmented } = engine.evicted();
        self.1.flows += flows;
        self.1.streams += streams;
        self.1.fragmented += fragmented;
        for more in engine.plugin_stats() {
            match self.0.iter_mut().find(|s| s.plugin == more.plugin) {
                Some(sum) => sum.add(&more),
                None => self.0.push(more),
            }
        }
    }

    /// Says at the end what was forgotten, since results may lack something by it.
    pub fn tell_evicted(&self) {
        let Evicted { flows, streams, fragmented } = self.1;
        if self.1 != Evicted::default() {
            message(&format!(
                "for want of room, the state of {flows} flows, {streams} streams and {fragmented} fragmented packets was \
                 forgotten, those not heard of for longest"
            ));
        }
    }

    /// Says at the end which plugins have failed.
    pub fn tell_faults(&self) {
        for s in self.0.iter().filter(|s| s.faults > 0) {
            let many = if s.faults == 1 { "" } else { "s" };
            let end = if s.set_aside { ", then it was set aside: later frames are without it" } else { "" };
            message(&format!("{}: {} fault{many} in this run{end}", s.plugin, s.faults));
        }
    }

    /// Writes everything to standard error.
    pub fn print(&self, format: Format) {
        match format {
            Format::Json => {
                let plugins: Vec<serde_json::Value> = self.0.iter().map(object).collect();
                eprintln!("{:#}", serde_json::Value::Array(plugins));
            }
            Format::Table => {
                let head = ["plugin", "version", "calls", "frames", "ns/frame", "longest", "memory", "spans", "faults"];
                let head = head.map(str::to_owned);
                let rows: Vec<[String; 9]> = std::iter::once(head).chain(self.0.iter().map(columns)).collect();
                let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
                let widths: Vec<usize> = (0..9).map(width).collect();
                for row in &rows {
                    let cells = row.iter().zip(&widths).enumerate().map(|(i, (cell, &width))| match i {
                        0 | 1 => format!("{cell:<width$}"),
                        _ => format!("{cell:>width$}"),
                    });
                    eprintln!("{}", cells.collect::<Vec<_>>().join("  ").trim_end());
                }
            }
        }
    }
}

fn per_frame(s: &PluginStats) -> f64 {
    s.time.as_nanos() as f64 / s.slices.max(1) as f64
}

/// `12.5 MiB of 64 (20 %)`: what is used, the limit, the share.
fn of_limit(used: f64, limit: f64, unit: &str) -> String {
    if limit == 0.0 {
        return "-".into(); // it was not needed, so it has none
    }
    format!("{used:.1} of {limit:.0} {unit} ({:.0} %)", 100.0 * used / limit)
}

fn columns(s: &PluginStats) -> [String; 9] {
    let mib = |bytes: usize| bytes as f64 / f64::from(1 << 20);
    let usage = s.usage.unwrap_or_default();
    let memory = match usage.memory {
        0 => "-".into(),
        memory => of_limit(mib(memory), mib(usage.memory_limit), "MiB"),
    };
    [
        s.plugin.name.clone(),
        s.plugin.version.clone(),
        s.calls.to_string(),
        s.slices.to_string(),
        format!("{:.0}", per_frame(s)),
        of_limit(s.longest.as_secs_f64() * 1e3, usage.time_limit.as_secs_f64() * 1e3, "ms"),
        memory,
        format!("{} of {}", usage.words, usage.words_limit),
        if s.set_aside { format!("{}, set aside", s.faults) } else { s.faults.to_string() },
    ]
}

fn object(s: &PluginStats) -> serde_json::Value {
    let usage = s.usage.unwrap_or_default();
    json!({
        "plugin": s.plugin.name,
        "version": s.plugin.version,
        "file": s.plugin.file,
        "calls": s.calls,
        "frames": s.slices,
        "ns_per_frame": per_frame(s),
        "longest_call_ms": s.longest.as_secs_f64() * 1e3,
        "call_limit_ms": usage.time_limit.as_secs_f64() * 1e3,
        "memory_bytes": usage.memory,
        "memory_limit_bytes": usage.memory_limit,
        "most_spans": usage.words,
        "spans_limit": usage.words_limit,
        "faults": s.faults,
        "set_aside": s.set_aside,
    })
}
