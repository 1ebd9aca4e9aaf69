//! Captures through the plugin, against the trees that are expected of it.

use crate::lab::{Frames, Lab};
use crate::package::file_name;
use crate::record::{self, record};
use crate::{KitError, Package};
use prosector_engine::{Engine, PluginStats};
use prosector_loader::Plugin;
use prosector_sdk::declare::Kind;
use prosector_sdk::dissector::Entry;
use prosector_sdk::pdu::{Next, Sink, Slice};
use prosector_sdk::testkit::{write_fields, write_layer};
use prosector_sdk::value::Word;
use similar::TextDiff;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// What the tests of a package have shown.
pub struct TestReport {
    /// One a capture.
    pub captures: Vec<Tested>,
    /// Fields that the plugin declares, and those of them that no capture shows.
    pub fields: usize,
    /// See there.
    pub unseen: Vec<String>,
    /// Protocols that keep something from PDU to PDU without saying so.
    pub unruly: Vec<String>,
    /// What the plugin has used of its limits; `None` where it was never called.
    pub stats: Option<PluginStats>,
}

/// What one capture has shown.
pub struct Tested {
    /// The name of its file.
    pub capture: String,
    /// Its frames.
    pub frames: usize,
    /// Layers of the plugin in them.
    pub layers: usize,
    /// What is wrong, each with several lines perhaps.
    pub wrong: Vec<String>,
    /// The expectation was written anew.
    pub blessed: bool,
}

/// Takes every capture in `tests/` through a plugin, and holds the trees of its layers against `tests/CAPTURE.txt`. With `bless`
/// these are written instead.
pub fn test(package: &Package, plugin: &Plugin, bless: bool) -> Result<TestReport, KitError> {
    let mut seen: BTreeMap<String, bool> = plugin
        .protocols()
        .iter()
        .flat_map(|protocol| protocol.fields.iter())
        .filter(|field| field.kind != Kind::Group)
        .map(|field| (field.name.to_string(), false))
        .collect();
    let mut report =
        TestReport { captures: Vec::new(), fields: seen.len(), unseen: Vec::new(), unruly: Vec::new(), stats: None };
    for path in package.captures()? {
        let capture = file_name(&path);
        let lab = Lab::new(package, plugin, &capture)?;
        let (frames, broken) = Frames::read(&path)?;
        let mut run = Run::new(&lab)?;
        run.frames(&frames, 256, &mut seen);
        let mut wrong: Vec<String> = run.faults.iter().chain(&broken).cloned().collect();
        let expected = path.with_file_name(format!("{capture}.txt"));
        let blessed = bless && run.faults.is_empty();
        if blessed {
            crate::build::write(&expected, run.text.as_bytes())?;
        } else if run.faults.is_empty()
            && let Some(difference) = difference(&expected, &run.text)?
        {
            wrong.push(difference);
        }
        let (frames, layers) = (frames.frames.len(), run.layers);
        if layers == 0 && wrong.is_empty() {
            wrong.push("nothing in it is for this plugin; `prosector explain` says who gets what, and why".into());
        }
        for stats in run.engine.plugin_stats().into_iter().filter(|stats| stats.plugin.name == plugin.name()) {
            match &mut report.stats {
                Some(sum) => sum.add(&stats),
                none => *none = Some(stats),
            }
        }
        report.captures.push(Tested { capture, frames, layers, wrong, blessed });
    }
    if report.failed() == 0 {
        report.unruly = unruly(package, plugin)?;
    }
    report.unseen = seen.into_iter().filter(|(_, seen)| !seen).map(|(name, _)| name).collect();
    Ok(report)
}

/// How the trees differ from those that are expected; `None` where they don't.
fn difference(expected: &Path, found: &str) -> Result<Option<String>, KitError> {
    let name = file_name(expected);
    match std::fs::read_to_string(expected) {
        Ok(expected) if expected == found => Ok(None),
        Ok(expected) => Ok(Some(diff(&expected, found, &name, "what the plugin gives"))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            Ok(Some(format!("tests/{name} is not there; --bless writes it, then read what is in it")))
        }
        Err(e) => Err(KitError::file(expected, e)),
    }
}

fn diff(old: &str, new: &str, old_name: &str, new_name: &str) -> String {
    TextDiff::from_lines(old, new).unified_diff().context_radius(3).header(old_name, new_name).to_string()
}

/// What a dissector says of one PDU: words, side bytes, hand-ons.
type Said = (Vec<u64>, Vec<u8>, Vec<Next>);

/// Protocols that aren't declared as `stateful`, but whose PDUs are read differently when they come in another order.
fn unruly(package: &Package, plugin: &Plugin) -> Result<Vec<String>, KitError> {
    let mut unruly = Vec::new();
    for (dissector, (protocol, recorded)) in plugin.protocols().iter().zip(&record(package, plugin)?).enumerate() {
        let want = record::everything(protocol);
        let settings = record::settings(package, protocol);
        let read = |slices: &mut dyn Iterator<Item = &Slice>| -> Result<Vec<Said>, KitError> {
            let mut instance = record::instance(plugin, dissector, &settings)?;
            let one = |slice: &Slice| {
                let mut sink = Sink::default();
                let done = instance.run(Entry::Dissect, &recorded.bytes, &[*slice], &want, &mut sink);
                done.map_err(|fault| KitError::new(format!("{} failed: {}", protocol.name, fault.reason)))?;
                Ok((sink.words, sink.side, sink.next))
            };
            slices.map(one).collect()
        };
        let mut turned = if protocol.stateful { continue } else { read(&mut recorded.slices.iter().rev())? };
        turned.reverse();
        if turned != read(&mut recorded.slices.iter())? {
            unruly.push(protocol.name.to_string());
        }
    }
    Ok(unruly)
}

/// A capture on its way through the plugin.
struct Run<'a> {
    lab: &'a Lab,
    engine: Engine,
    text: String,
    layers: usize,
    faults: Vec<String>,
}

impl<'a> Run<'a> {
    fn new(lab: &'a Lab) -> Result<Run<'a>, KitError> {
        Ok(Run { lab, engine: lab.engine()?, text: String::new(), layers: 0, faults: Vec::new() })
    }

    /// Dissects frames in batches of this size.
    fn frames(&mut self, frames: &Frames, size: usize, seen: &mut BTreeMap<String, bool>) {
        let registry = &self.lab.registry;
        for batch in frames.batches(size) {
            let dissection = self.engine.dissect(&batch);
            for (i, frame) in batch.frames.iter().enumerate() {
                let own = |protocol: &u16| self.lab.own.contains(protocol);
                let layers: Vec<_> = dissection.layers(i, batch.data).collect();
                let mut out = Vec::new();
                for layer in layers.iter().filter(|layer| !layer.is_trailer()) {
                    let protocol = registry.protocol(layer.protocol());
                    if !own(&layer.protocol()) {
                        let parent = layer.parent().map(|parent| dissection.layer(parent, batch.data).protocol());
                        if parent.as_ref().is_some_and(own) {
                            out.extend_from_slice(format!("→ {}\n", protocol.name).as_bytes());
                        }
                        continue;
                    }
                    self.layers += 1;
                    write_layer(protocol, layer.data(), layer.words(), layer.side(), layer.info(), &mut out);
                    let trailers = layers.iter().filter(|t| t.is_trailer() && t.parent() == Some(layer.id()));
                    for part in trailers.clone() {
                        write_fields(protocol, part.data(), part.words(), part.side(), &mut out);
                    }
                    for word in trailers.chain([layer]).flat_map(|part| part.fields(protocol)) {
                        if let Word::Field { field, .. } = word
                            && let Some(seen) = seen.get_mut(&*field.name)
                        {
                            *seen = true;
                        }
                    }
                }
                if !out.is_empty() {
                    self.text += &format!("frame {}\n{}\n", frame.number, String::from_utf8_lossy(&out));
                }
            }
            for report in self.engine.take_faults() {
                self.faults.push(format!("frame {}: {}", report.frame, self.lab.fault_text(&report)));
            }
        }
    }
}

impl TestReport {
    /// Whether everything is as it should be.
    pub fn is_good(&self) -> bool {
        self.failed() == 0 && self.unruly.is_empty()
    }

    fn failed(&self) -> usize {
        self.captures.iter().filter(|tested| !tested.wrong.is_empty()).count()
    }
}

impl fmt::Display for TestReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let many = |n: usize, what: &str| if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") };
        for Tested { capture, frames, layers, wrong, blessed } in &self.captures {
            let verdict = match (wrong.is_empty(), blessed) {
                (false, _) => "FAILED",
                (true, true) => "written",
                (true, false) => "ok",
            };
            writeln!(f, "{capture}: {verdict} ({}, {})", many(*frames, "frame"), many(*layers, "PDU"))?;
            for text in wrong {
                for line in text.lines() {
                    writeln!(f, "    {line}")?;
                }
            }
        }
        writeln!(f, "fields shown by some capture: {} of {}", self.fields - self.unseen.len(), self.fields)?;
        if !self.unseen.is_empty() {
            writeln!(f, "    never: {}", self.unseen.join(", "))?;
        }
        if let Some(PluginStats { longest, usage: Some(usage), .. }) = &self.stats {
            let mib = |bytes: usize| bytes as f64 / f64::from(1 << 20);
            writeln!(
                f,
                "limits used: {:.1} of {:.0} ms, {:.1} of {:.0} MiB, {} of {} words a PDU",
                longest.as_secs_f64() * 1e3,
                usage.time_limit.as_secs_f64() * 1e3,
                mib(usage.memory),
                mib(usage.memory_limit),
                usage.words,
                usage.words_limit,
            )?;
        }
        for protocol in &self.unruly {
            writeln!(
                f,
                "{protocol} keeps something that changes how a later PDU is read: in another order, its PDUs give something else. \
                 Either it must not, or the protocol is declared as `stateful`"
            )?;
        }
        writeln!(f, "{} passed, {} failed", self.captures.len() - self.failed(), self.failed() + self.unruly.len())
    }
}
