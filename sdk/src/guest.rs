//! The plugin's side of the interface, whichever way it is loaded: all dissectors of a plugin in one instance, called
//! with flat words. [`component`](crate::component) and [`native`](crate::native) build on it.

use crate::declare::{Protocol, Settings};
use crate::dissector::{Dissector, Entry, Fault, Vector};
use crate::flat;
use crate::pdu::{Sink, Slice, Want};

/// What a plugin is, as [`export!`](crate::export) and [`export_native!`](crate::export_native) say it.
pub trait Plugin {
    /// Its own name.
    const NAME: &'static str;
    /// Its own version.
    const VERSION: &'static str;

    /// Makes its dissectors, each once.
    fn dissectors() -> Vec<Loaded>;
}

/// A dissector of a plugin.
pub struct Loaded {
    /// Its declaration.
    pub protocol: &'static Protocol,
    vector: Box<dyn Vector>,
}

impl Loaded {
    /// A new one.
    pub fn of<D: Dissector>() -> Loaded {
        Loaded { protocol: D::PROTOCOL, vector: Box::<D>::default() }
    }
}

/// A package's name without the `prosector-` that it may begin with.
pub const fn plugin_name(package: &'static str) -> &'static str {
    match package.as_bytes() {
        [b'p', b'r', b'o', b's', b'e', b'c', b't', b'o', b'r', b'-', ..] => package.split_at("prosector-".len()).1,
        _ => package,
    }
}

/// An instance of a plugin: its dissectors, and buffers that are reused from call to call.
pub struct Instance {
    /// Its dissectors.
    pub dissectors: Vec<Loaded>,
    slices: Vec<Slice>,
    want: Want,
    sink: Sink,
}

/// The lists of an answer, see `sdk/wit/v0.1/prosector.wit`.
#[derive(Default)]
pub struct Answers {
    /// Spans.
    pub words: Vec<u64>,
    /// Texts and other long values.
    pub side: Vec<u8>,
    /// Hand-ons.
    pub next: Vec<u64>,
    /// Where the lists end for each slice.
    pub ends: Vec<u64>,
}

impl Instance {
    /// A new instance.
    pub fn new<P: Plugin>() -> Instance {
        Instance { dissectors: P::dissectors(), slices: Vec::new(), want: Want::default(), sink: Sink::default() }
    }

    /// Gives a dissector its settings.
    pub fn configure(&mut self, dissector: u32, settings: &Settings) -> Result<(), String> {
        self.dissectors[dissector as usize].vector.configure(settings)
    }

    /// Dissects slices, as `sdk/wit/v0.1/prosector.wit` says.
    pub fn dissect(
        &mut self,
        dissector: u32,
        entry: Entry,
        bytes: &[u8],
        slices: &[u64],
        want: &[u64],
    ) -> Result<Answers, Fault> {
        let Instance { dissectors, slices: unpacked, want: wanted, sink } = self;
        unpacked.clear();
        unpacked.extend(flat::slices(slices));
        flat::read_want(want, wanted);
        // The lists of the last call went to the host; as much is likely to be found again.
        let (words, side) = (sink.words.capacity(), sink.side.capacity());
        sink.clear();
        dissectors[dissector as usize].vector.run(entry, bytes, unpacked, wanted, sink)?;
        let mut next = Vec::with_capacity(sink.next.len() * flat::NEXT);
        sink.next.iter().for_each(|n| flat::push_next(n, &mut next));
        let mut ends = Vec::with_capacity(sink.answers.len() * 3);
        sink.answers.iter().for_each(|a| flat::push_answer(a, &mut ends));
        let words = std::mem::replace(&mut sink.words, Vec::with_capacity(words));
        let side = std::mem::replace(&mut sink.side, Vec::with_capacity(side));
        Ok(Answers { words, side, next, ends })
    }
}
