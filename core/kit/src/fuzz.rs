//! Broken PDUs through a plugin in its sandbox: whatever makes it fail is kept as a capture.

use crate::frames::{self, Carrier, Place};
use crate::lab::{Frames, Lab, tolerant};
use crate::package::file_name;
use crate::{KitError, Package, build};
use fastrand::Rng;
use prosector_engine::Engine;
use prosector_loader::Plugin;
use prosector_sdk::frame::{Batch, Frame};
use std::collections::HashSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Frames that are dissected together.
const BATCH: usize = 256;
/// Failures that are kept; after these the plugin has enough to be mended.
const MOST: usize = 10;
/// How long a failure may be made smaller.
const SHRINKING: Duration = Duration::from_secs(3);
/// Numbers at which lengths and counts go wrong.
const EDGES: [u64; 12] = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0xffff_ffff, u64::MAX];

/// What fuzzing has come to.
pub struct Fuzzed {
    /// Frames that were dissected.
    pub frames: u64,
    /// With which they come again.
    pub seed: u64,
    /// What went wrong, each once.
    pub found: Vec<Found>,
}

/// A way to make a plugin fail.
pub struct Found {
    /// The capture that does it, in the package's `tests/`.
    pub capture: PathBuf,
    /// What is said of it.
    pub text: String,
    /// The protocol and its bytes, if it takes but one PDU.
    pub pdu: Option<(String, Vec<u8>)>,
}

/// What broken PDUs are made from.
struct Seed {
    /// What carries them; else they are broken inside the frame that they came in.
    carrier: Option<Carrier>,
    protocol: String,
    /// PDUs in the order of a capture, each with whether it goes from server to client; or the frame, and where in it the PDU is.
    pdus: Vec<(Vec<u8>, bool)>,
    frame: Option<(Vec<u8>, usize, Frame)>,
}

/// One try: frames that belong together.
#[derive(Clone)]
struct Case {
    seed: usize,
    /// The broken bytes.
    pdus: Vec<(Vec<u8>, bool)>,
}

/// Breaks the PDUs of a package's captures in every way, and makes up others, for so long.
pub fn fuzz(package: &Package, plugin: &Plugin, time: Duration, seed: u64) -> Result<Fuzzed, KitError> {
    let mut package = package.clone();
    package.file.limits = tolerant(&package.file.limits);
    let lab = Lab::new(&package, plugin, "")?;
    let seeds = seeds(&package, plugin, &lab)?;
    let mut fuzzer = Fuzzer { lab: &lab, seeds: &seeds, rng: Rng::with_seed(seed), conversation: 1024 };
    let (mut engine, begun) = (lab.engine()?, Instant::now());
    let mut known = HashSet::new();
    let mut fuzzed = Fuzzed { frames: 0, seed, found: Vec::new() };
    while begun.elapsed() < time && fuzzed.found.len() < MOST {
        let (mut cases, mut frames, mut owners) = (Vec::new(), Frames::default(), Vec::new());
        while frames.frames.len() < BATCH {
            let case = fuzzer.case();
            fuzzer.append(&case, &mut frames);
            owners.resize(frames.frames.len(), cases.len());
            cases.push(case);
        }
        fuzzed.frames += frames.frames.len() as u64;
        for batch in frames.batches(BATCH) {
            engine.dissect(&batch);
        }
        let faults = engine.take_faults();
        if faults.is_empty() {
            continue;
        }
        for report in &faults {
            let text = lab.fault_text(report);
            if fuzzed.found.len() >= MOST || !known.insert(text.clone()) {
                continue;
            }
            let culprit = &cases[owners[report.frame as usize - 1]];
            let found = match fuzzer.fails(culprit)? {
                Some(text) => {
                    known.insert(text.clone());
                    let least = fuzzer.shrink(culprit, &text)?;
                    let mut frames = Frames::default();
                    fuzzer.append(&least, &mut frames);
                    let pdu = match &*least.pdus {
                        [(bytes, _)] => Some((seeds[least.seed].protocol.clone(), bytes.clone())),
                        _ => None,
                    };
                    Found { capture: save(&package, &frames)?, text, pdu }
                }
                // It takes what came before: all of it is kept.
                None => Found { capture: save(&package, &frames)?, text, pdu: None },
            };
            fuzzed.found.push(found);
        }
        // What failed has lost its state, and perhaps too much time.
        engine = lab.engine()?;
    }
    Ok(fuzzed)
}

/// Everything in the captures that is for the plugin; and its keys, where no capture has anything.
fn seeds(package: &Package, plugin: &Plugin, lab: &Lab) -> Result<Vec<Seed>, KitError> {
    let mut seeds: Vec<Seed> = Vec::new();
    let carriers: Vec<(String, Carrier)> = (plugin.protocols().iter())
        .flat_map(|protocol| protocol.claims.iter().map(move |claim| (protocol, claim)))
        .filter_map(|(protocol, claim)| Some((protocol.name.to_string(), Carrier::of(&claim.table, claim.key)?)))
        .collect();
    for capture in package.captures().unwrap_or_default() {
        let (frames, _) = Frames::read(&capture)?;
        let mut engine = lab.engine()?;
        let mut carried: Vec<Seed> = Vec::new();
        for batch in frames.batches(BATCH) {
            let dissection = engine.dissect(&batch);
            for (i, frame) in batch.frames.iter().enumerate() {
                let is_own = |protocol: u16| lab.own.contains(&protocol);
                for layer in dissection.layers(i, batch.data).filter(|l| is_own(l.protocol()) && !l.is_trailer()) {
                    let outer = layer.parent().map(|parent| dissection.layer(parent, batch.data).protocol());
                    if outer.is_some_and(is_own) {
                        continue;
                    }
                    let name = lab.registry.protocol(layer.protocol()).name.to_string();
                    let below = outer.map(|outer| &*lab.registry.protocol(outer).name);
                    let carrier = carriers.iter().find(|(own, carrier)| *own == name && carries(*carrier, below));
                    let carrier = carrier.map(|(_, carrier)| *carrier);
                    let bytes = frame_bytes(&batch, frame);
                    let pdu = (layer.data().to_vec(), from_server(carrier, &bytes));
                    match (carrier, layer.start()) {
                        (Some(_), _) => match carried.iter_mut().find(|s| s.carrier == carrier && s.protocol == name) {
                            Some(seed) => seed.pdus.push(pdu),
                            None => carried.push(Seed { carrier, protocol: name, pdus: vec![pdu], frame: None }),
                        },
                        (None, Some(start)) => {
                            let start = start - frame.start as usize;
                            let whole = Frame { start: 0, extra: None, interface: None, ..*frame };
                            seeds.push(Seed {
                                carrier: None,
                                protocol: name,
                                pdus: vec![pdu],
                                frame: Some((bytes, start, whole)),
                            });
                        }
                        (None, None) => {}
                    }
                }
            }
        }
        seeds.append(&mut carried);
    }
    for (protocol, carrier) in carriers {
        if !seeds.iter().any(|seed| seed.carrier == Some(carrier)) {
            seeds.push(Seed { carrier: Some(carrier), protocol, pdus: vec![(vec![0; 16], false)], frame: None });
        }
    }
    match seeds.is_empty() {
        true => Err(KitError::new(
            "no capture in tests/ has anything for this plugin, and it claims no ethertype, ip.proto, udp.port or tcp.port",
        )),
        false => Ok(seeds),
    }
}

/// Whether the protocol below is the one that a carrier stands for.
fn carries(carrier: Carrier, below: Option<&str>) -> bool {
    match carrier {
        Carrier::Udp(_) => below == Some("udp"),
        Carrier::Tcp(_) => below == Some("tcp"),
        Carrier::IpProto(_) => below == Some("ip"),
        Carrier::Ethertype(_) => !matches!(below, Some("udp" | "tcp" | "ip" | "ipv6")),
    }
}

/// Whether the sender's port is the claimed one, in a plain frame of Ethernet and IPv4.
fn from_server(carrier: Option<Carrier>, frame: &[u8]) -> bool {
    let (Some(Carrier::Udp(port) | Carrier::Tcp(port)), Some(first)) = (carrier, frame.get(14)) else { return false };
    let at = 14 + 4 * usize::from(first & 0xf);
    frame.get(at..at + 2).is_some_and(|source| source == port.to_be_bytes())
}

fn frame_bytes(batch: &Batch<'_>, frame: &Frame) -> Vec<u8> {
    batch.data[frame.start as usize..][..frame.len as usize].to_vec()
}

struct Fuzzer<'a> {
    lab: &'a Lab,
    seeds: &'a [Seed],
    rng: Rng,
    conversation: u16,
}

impl Fuzzer<'_> {
    /// A new try: some PDUs of a conversation, most of them broken.
    fn case(&mut self) -> Case {
        let seed = self.rng.usize(..self.seeds.len());
        let pdus = &self.seeds[seed].pdus;
        let first = self.rng.usize(..pdus.len());
        let count = self.rng.usize(1..=4).min(pdus.len() - first);
        let pdus = pdus[first..first + count].to_vec();
        let broken = |(mut bytes, reverse): (Vec<u8>, bool)| {
            for _ in 0..self.rng.usize(0..=4) {
                self.mutate(&mut bytes);
            }
            (bytes, reverse)
        };
        Case { seed, pdus: pdus.into_iter().map(broken).collect() }
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        let at = self.rng.usize(..bytes.len().max(1));
        let some = |rng: &mut Rng, most: usize| rng.usize(1..=most.max(1));
        match self.rng.u8(..9) {
            0 => bytes.truncate(at),
            1 => {
                let len = some(&mut self.rng, 64);
                bytes.extend(std::iter::repeat_with(|| self.rng.u8(..)).take(len));
            }
            2 => {
                let len = self.rng.usize(..200);
                *bytes = std::iter::repeat_with(|| self.rng.u8(..)).take(len).collect();
            }
            _ if bytes.is_empty() => {}
            3 | 4 => {
                // A number at an edge, in either byte order.
                let edge = EDGES[self.rng.usize(..EDGES.len())];
                let width = [1, 2, 4, 8][self.rng.usize(..4)].min(bytes.len() - at);
                let number =
                    if self.rng.bool() { edge.to_le_bytes() } else { (edge << (8 * (8 - width))).to_be_bytes() };
                bytes[at..at + width].copy_from_slice(&number[..width]);
            }
            5 => bytes[at] = self.rng.u8(..),
            6 => bytes[at] ^= 1 << self.rng.u8(..8),
            7 => {
                let len = some(&mut self.rng, bytes.len() - at);
                bytes.drain(at..at + len);
            }
            _ => {
                let len = some(&mut self.rng, bytes.len() - at);
                let again = bytes[at..at + len].to_vec();
                bytes.splice(at..at, again);
            }
        }
    }

    /// Appends the frames of a case.
    fn append(&mut self, case: &Case, frames: &mut Frames) {
        let seed = &self.seeds[case.seed];
        let mut place = Place { conversation: self.conversation, ..Place::default() };
        self.conversation = self.conversation.checked_add(1).unwrap_or(1024);
        for (bytes, reverse) in &case.pdus {
            let start = frames.data.len();
            match (seed.carrier, &seed.frame) {
                (Some(carrier), _) => {
                    if *reverse != place.reverse {
                        place = Place { before: place.answered, answered: place.before, reverse: *reverse, ..place };
                    }
                    frames.data.extend(carrier.frame(place, bytes));
                    place.before += bytes.len().min(carrier.room()) as u32;
                    frames.frames.push(frames::frame(frames.frames.len(), start, frames.data.len() - start));
                }
                (None, Some((whole, at, about))) => {
                    // Lengths around it stay as they are.
                    frames.data.extend_from_slice(&whole[..*at]);
                    frames.data.extend_from_slice(bytes);
                    let len = (frames.data.len() - start) as u32;
                    let number = frames.frames.len() as u64 + 1;
                    frames.frames.push(Frame {
                        number,
                        start: start as u32,
                        len,
                        wire_len: len.max(about.wire_len),
                        ..*about
                    });
                }
                (None, None) => {}
            }
        }
    }

    /// What the plugin's fault says, if this alone makes it fail.
    fn fails(&mut self, case: &Case) -> Result<Option<String>, KitError> {
        let mut frames = Frames::default();
        self.append(case, &mut frames);
        let mut engine: Engine = self.lab.engine()?;
        for batch in frames.batches(BATCH) {
            engine.dissect(&batch);
        }
        Ok(engine.take_faults().first().map(|report| self.lab.fault_text(report)))
    }

    /// The least that still fails in the same way, as far as a short while shows.
    fn shrink(&mut self, case: &Case, text: &str) -> Result<Case, KitError> {
        let (mut least, begun) = (case.clone(), Instant::now());
        let mut at = 0;
        while least.pdus.len() > 1 && at < least.pdus.len() {
            let mut less = least.clone();
            less.pdus.remove(at);
            if begun.elapsed() < SHRINKING && self.fails(&less)?.as_deref() == Some(text) {
                least = less;
            } else {
                at += 1;
            }
        }
        for pdu in 0..least.pdus.len() {
            let mut piece = least.pdus[pdu].0.len() / 2;
            while piece > 0 && begun.elapsed() < SHRINKING {
                let mut end = least.pdus[pdu].0.len();
                while end >= piece && begun.elapsed() < SHRINKING {
                    let mut less = least.clone();
                    less.pdus[pdu].0.drain(end - piece..end);
                    if self.fails(&less)?.as_deref() == Some(text) {
                        least = less;
                    }
                    end -= piece;
                }
                piece /= 2;
            }
        }
        Ok(least)
    }
}

/// Writes a capture into `tests/`, under the next free name.
fn save(package: &Package, frames: &Frames) -> Result<PathBuf, KitError> {
    let folder = package.folder.join("tests");
    let free = (1..).map(|n| folder.join(format!("fuzz-{n}.pcap"))).find(|path| !path.exists());
    let path = free.unwrap_or_else(|| folder.join("fuzz.pcap"));
    let bytes: Vec<Vec<u8>> =
        frames.frames.iter().map(|frame| frames.data[frame.start as usize..][..frame.len as usize].to_vec()).collect();
    let link = frames.frames.first().map_or(prosector_sdk::frame::LinkType(1), |frame| frame.link);
    build::write(&path, &frames::capture(&bytes, link))?;
    Ok(path)
}

impl Found {
    /// What its author may want to keep of it, for people.
    pub fn advice(&self, package: &Package) -> String {
        let name = file_name(&self.capture);
        let mut text = format!("tests/{name}: {}\n", self.text);
        if let Some((protocol, bytes)) = &self.pdu {
            let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let hex = hex.join(" ");
            text += &match exported(package, protocol) {
                Some(dissector) => format!(
                    "    #[test]\n    fn {}() {{\n        check::<{dissector}>(\"{hex}\", expect![[\"\"]]);\n    }}\n",
                    name.trim_end_matches(".pcap").replace('-', "_"),
                ),
                None => format!("    its PDU: {hex}\n"),
            };
        }
        text
    }
}

/// The type of a protocol's dissector, if the source says it in the usual way.
fn exported(package: &Package, protocol: &str) -> Option<String> {
    let source = std::fs::read_to_string(package.folder.join("src/lib.rs")).ok()?;
    let at = source.find(&format!("= {protocol} \""))?;
    let dissector = source[..at].trim_end().rsplit(|c: char| c.is_whitespace()).next()?;
    dissector.chars().all(|c| c.is_alphanumeric() || c == '_').then(|| dissector.to_owned())
}
