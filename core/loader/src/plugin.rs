//! Plugins of whatever kind, once they are loaded, and their dissectors as the engine calls them.

use crate::check::{Checker, Flat};
use crate::config::Limits;
use crate::declared::Description;
use crate::{native, wasm};
use prosector_sdk::declare::{Protocol, Settings};
use prosector_sdk::dissector::{Entry, Fault, Usage, Vector};
use prosector_sdk::flat;
use prosector_sdk::pdu::{Sink, Slice, Want};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A loaded plugin.
#[derive(Clone)]
pub struct Plugin(Arc<Inner>);

struct Inner {
    description: Description,
    file: PathBuf,
    limits: Limits,
    code: Code,
}

/// What its instances are made of.
pub(crate) enum Code {
    Component(Box<wasm::Code>),
    Native(native::Code),
}

impl Plugin {
    pub(crate) fn new(description: Description, file: &Path, limits: &Limits, code: Code) -> Plugin {
        Plugin(Arc::new(Inner { description, file: file.to_owned(), limits: limits.clone(), code }))
    }

    /// Its own name.
    pub fn name(&self) -> &str {
        &self.0.description.name
    }

    /// Its own version.
    pub fn version(&self) -> &semver::Version {
        &self.0.description.version
    }

    /// Its file.
    pub fn file(&self) -> &Path {
        &self.0.file
    }

    /// What it dissects; never empty.
    pub fn protocols(&self) -> &[Protocol] {
        &self.0.description.protocols
    }

    /// Makes its dissectors for one worker, in the order of its protocols; they share an instance.
    pub fn instantiate(&self) -> Vec<Box<dyn Vector>> {
        let settings = self.protocols().iter().map(|_| None).collect();
        let shared = Arc::new(Mutex::new(Shared {
            plugin: self.clone(),
            settings,
            instance: None,
            starting: Duration::ZERO,
            memory: 0,
        }));
        let guest = |(dissector, protocol): (usize, &Protocol)| -> Box<dyn Vector> {
            Box::new(Guest {
                shared: shared.clone(),
                checker: Checker::new(protocol, &self.0.limits),
                dissector: dissector as u32,
                stateful: protocol.stateful,
            })
        };
        self.protocols().iter().enumerate().map(guest).collect()
    }
}

/// An instance of a plugin.
pub(crate) trait Instance: Send {
    /// Gives a dissector its settings, which may take so long.
    fn configure(&mut self, dissector: u32, settings: &Settings, time: Duration) -> Result<(), Fault>;

    /// Makes as many calls as the slices need, and hands the answers of each to `take`.
    fn dissect(&mut self, dissector: u32, entry: Entry, call: Call<'_>, take: Take<'_>) -> Result<(), Fault>;

    /// Bytes of memory that it has, if that is known.
    fn memory(&self) -> usize;

    /// Time in its own code, and in calls into it, where that is measured.
    fn time(&self) -> (Duration, Duration) {
        (Duration::ZERO, Duration::ZERO)
    }
}

/// Slices to dissect.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub buffer: &'a [u8],
    pub slices: &'a [Slice],
    pub want: &'a [u64],
    /// Whether the slices' flows are for it to know: otherwise that would depend on who else needs them.
    pub flows: bool,
}

impl Call<'_> {
    /// Appends a slice, as the dissector may know it, which begins there in the bytes that it gets.
    pub(crate) fn push_slice(&self, slice: &Slice, start: u32, words: &mut Vec<u64>) {
        let slice = if self.flows { *slice } else { slice.without_flow() };
        flat::push_slice(&Slice { start, ..slice }, words);
    }
}

/// Takes the answers to some slices.
pub(crate) type Take<'a> = &'a mut dyn FnMut(Flat<'_>, &[Slice]) -> Result<(), String>;

/// What the dissectors of a plugin share, on one worker.
struct Shared {
    plugin: Plugin,
    /// Of each dissector that is used.
    settings: Vec<Option<Settings>>,
    /// `None` before the first call and after a fault.
    instance: Option<Box<dyn Instance>>,
    /// How long the instance took to start and to be configured: all of it may take as long as one call.
    starting: Duration,
    /// The most memory that an instance has had.
    memory: usize,
}

impl Shared {
    /// The instance; a fresh one gets the settings of every dissector.
    fn instance(&mut self) -> Result<&mut dyn Instance, Fault> {
        if self.instance.is_none() {
            let Inner { limits, code, description, .. } = &*self.plugin.0;
            let begun = Instant::now();
            let mut fresh = match code {
                Code::Component(code) => code.start(&description.name, limits)?,
                Code::Native(code) => code.start()?,
            };
            for (dissector, settings) in self.settings.iter().enumerate() {
                if let Some(settings) = settings {
                    fresh.configure(dissector as u32, settings, limits.time.saturating_sub(begun.elapsed()))?;
                }
            }
            self.starting = begun.elapsed();
            self.instance = Some(fresh);
        }
        match &mut self.instance {
            Some(instance) => Ok(&mut **instance),
            None => Err(Fault::new("no instance")),
        }
    }
}

/// One dissector of a plugin, for one worker.
struct Guest {
    shared: Arc<Mutex<Shared>>,
    checker: Checker,
    dissector: u32,
    stateful: bool,
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Vector for Guest {
    fn configure(&mut self, settings: &Settings) -> Result<(), String> {
        let mut shared = lock(&self.shared);
        shared.settings[self.dissector as usize] = Some(settings.clone());
        let left = shared.plugin.0.limits.time.saturating_sub(shared.starting);
        let done = match &mut shared.instance {
            Some(instance) => {
                let begun = Instant::now();
                let done = instance.configure(self.dissector, settings, left);
                shared.starting += begun.elapsed();
                done
            }
            None => shared.instance().map(|_| ()),
        };
        done.map_err(|fault| fault.reason)
    }

    fn run(
        &mut self,
        entry: Entry,
        buffer: &[u8],
        slices: &[Slice],
        want: &Want,
        sink: &mut Sink,
    ) -> Result<(), Fault> {
        let Guest { shared, checker, dissector, stateful } = self;
        let mut shared = lock(shared);
        let want = flat::want_words(want);
        let mut take = |flat: Flat<'_>, slices: &[Slice]| checker.take(&flat, entry, slices, sink);
        let call = Call { buffer, slices, want: &want, flows: *stateful };
        let (outcome, memory) = match shared.instance() {
            Ok(instance) => (instance.dissect(*dissector, entry, call, &mut take), instance.memory()),
            Err(fault) => (Err(fault), 0),
        };
        shared.memory = shared.memory.max(memory);
        if outcome.is_err() {
            // Nothing is known of the instance's state now.
            shared.instance = None;
        }
        outcome
    }

    fn usage(&self) -> Option<Usage> {
        let shared = lock(&self.shared);
        let limits = &shared.plugin.0.limits;
        let (inside, calls) = shared.instance.as_ref().map_or_else(Default::default, |instance| instance.time());
        Some(Usage {
            memory: shared.memory,
            memory_limit: limits.memory,
            time_limit: limits.time,
            words: self.checker.most_words,
            words_limit: limits.spans,
            inside,
            calls,
        })
    }
}
