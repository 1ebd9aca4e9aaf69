//! What a dissector is to its author ([`Dissector`]) and to the host ([`Vector`]).

use crate::declare::{Protocol, Settings, ValueName, name_of};
use crate::handle::Handle;
use crate::pdu::{Pdu, Sink, Slice, Step, Want};
use std::fmt;

/// A type whose protocol is declared; [`protocol!`](crate::protocol) implements it.
pub trait Declared {
    /// The declaration.
    const PROTOCOL: &'static Protocol;

    /// The declared name of a field's value, for info lines; `unknown` where it has none. Looked up when it is written,
    /// so it costs nothing where no info line is wanted.
    #[inline]
    fn name<T>(field: Handle<T>, value: impl Into<u64>) -> Name {
        Name { names: &Self::PROTOCOL.fields[field.id as usize].names, value: value.into() }
    }
}

/// The name of a value, see [`Declared::name`].
#[derive(Clone, Copy, Debug)]
pub struct Name {
    names: &'static [ValueName],
    value: u64,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(name_of(self.names, self.value).unwrap_or("unknown"))
    }
}

/// A dissector as its author writes it: one PDU at a time.
pub trait Dissector: Declared + Default + Send + 'static {
    /// Takes the settings, before the first frame. An error is told to the user and the dissector is not used.
    fn configure(&mut self, _settings: &Settings) -> Result<(), String> {
        Ok(())
    }

    /// Reads one PDU. Slices come in batches, and in no promised order: nothing that a dissector keeps may change how a
    /// later PDU is read, unless its protocol is declared as `stateful`. Then the slices of one flow come in the order of
    /// the frames, and what is kept is kept for that flow ([`Pdu::flow`]).
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step;

    /// Reads what lies behind the payload of a PDU of this protocol, where the payload turned out to be shorter
    /// than what it was given (see [`Pdu::set_len`]). Called only if a field is declared as `trailer`.
    /// [`Pdu::context`] is then, in its low 32 bits, the number of bytes before the trailer, and in its high 32 bits the
    /// low half of the context that the PDU itself came with.
    fn trailer(&mut self, _pdu: &mut Pdu<'_>) -> Step {
        Ok(())
    }

    /// Says whether a slice is a PDU of this protocol. Asked of slices under keys that nobody claims, in the tables which
    /// the protocol names as `heuristics`. The verdict may depend on the slice alone.
    fn probe(&self, _pdu: &mut Pdu<'_>) -> Verdict {
        Verdict::NotMine
    }

    /// Forgets what was kept for a flow: it will not be heard of again, or others have needed the place. Called only if
    /// the protocol is declared as `stateful`.
    fn flow_end(&mut self, _flow: u64) {}
}

/// What a dissector says of a slice that nobody claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Verdict {
    /// It is not of this protocol, nor will anything else in its flow be. The next dissector is asked.
    NotMine,
    /// It may be; it is dissected so, unless another dissector is certain. The flow's next slice is asked about anew.
    Maybe,
    /// It is, and so is everything else in its flow.
    Certain,
    /// It is of this protocol but broken, and is dissected so. The flow's next slice is asked about anew.
    Error,
}

impl Verdict {
    /// From its number; `None` where there is none of that number.
    pub const fn from_number(number: u32) -> Option<Verdict> {
        Some(match number {
            0 => Verdict::NotMine,
            1 => Verdict::Maybe,
            2 => Verdict::Certain,
            3 => Verdict::Error,
            _ => return None,
        })
    }
}

/// Which part of a dissector is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// [`Dissector::dissect`]
    Dissect,
    /// [`Dissector::trailer`]
    Trailer,
    /// [`Dissector::probe`]
    Probe,
    /// [`Dissector::flow_end`]
    FlowEnd,
}

impl Entry {
    /// All entries, in the order of their numbers.
    pub const ALL: [Entry; 4] = [Entry::Dissect, Entry::Trailer, Entry::Probe, Entry::FlowEnd];
}

/// Why a dissector gave no answer: a trap, a panic, an answer that breaks the rules. For people to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What happened.
    pub reason: String,
    /// Where, in the plugin's own code: its functions, innermost first, parted by ` < `. Empty where that is not known.
    pub backtrace: String,
}

impl Fault {
    /// Without a backtrace.
    pub fn new(reason: impl Into<String>) -> Fault {
        Fault { reason: reason.into(), backtrace: String::new() }
    }
}

/// The message of a panic.
#[cfg(not(target_arch = "wasm32"))]
pub fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("without a message"))
}

/// A dissector as the host calls it: all slices that wait for it, in one call.
pub trait Vector: Send {
    /// Takes the settings, before the first call of [`Vector::run`].
    fn configure(&mut self, settings: &Settings) -> Result<(), String>;

    /// Dissects every slice of `buffer` and appends one answer for each to `sink`.
    ///
    /// After a fault, what `sink` has got in this call is to be thrown away.
    fn run(&mut self, entry: Entry, buffer: &[u8], slices: &[Slice], want: &Want, sink: &mut Sink)
    -> Result<(), Fault>;

    /// What it uses of what it may; `None` where nobody counts.
    fn usage(&self) -> Option<Usage> {
        None
    }
}

/// What a dissector has used of what it may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The most memory that it has had, in bytes.
    pub memory: usize,
    /// How much it may have.
    pub memory_limit: usize,
    /// How long its longest call may take.
    pub time_limit: std::time::Duration,
    /// The most words that one slice has given, and how many it may give.
    pub words: usize,
    /// How many words one slice may give.
    pub words_limit: usize,
    /// Time in the plugin's own code, where that is measured.
    pub inside: std::time::Duration,
    /// Time in calls into it, with what goes over the border and comes back, where that is measured.
    pub calls: std::time::Duration,
}

impl<D: Dissector> Vector for D {
    fn configure(&mut self, settings: &Settings) -> Result<(), String> {
        Dissector::configure(self, settings)
    }

    fn run(
        &mut self,
        entry: Entry,
        buffer: &[u8],
        slices: &[Slice],
        want: &Want,
        sink: &mut Sink,
    ) -> Result<(), Fault> {
        for &slice in slices {
            let slice = if D::PROTOCOL.stateful { slice } else { slice.without_flow() };
            let mut pdu = Pdu::new(buffer, slice, want, sink);
            let outcome = match entry {
                Entry::Dissect => self.dissect(&mut pdu),
                Entry::Trailer => self.trailer(&mut pdu),
                Entry::Probe => {
                    let verdict = self.probe(&mut pdu);
                    pdu.verdict(verdict);
                    continue;
                }
                Entry::FlowEnd => {
                    self.flow_end(slice.flow);
                    Ok(())
                }
            };
            pdu.finish(outcome);
        }
        Ok(())
    }
}

/// A dissector that is linked into the host. [`builtin!`](crate::builtin) registers one.
#[cfg(not(target_arch = "wasm32"))]
pub struct Builtin {
    /// Its declaration.
    pub protocol: &'static Protocol,
    /// Makes a new one.
    pub new: fn() -> Box<dyn Vector>,
}

#[cfg(not(target_arch = "wasm32"))]
inventory::collect!(Builtin);

#[cfg(not(target_arch = "wasm32"))]
impl Builtin {
    /// The entry for a dissector.
    pub const fn of<D: Dissector>() -> Builtin {
        Builtin { protocol: D::PROTOCOL, new: || Box::<D>::default() }
    }

    /// Every linked-in dissector, by name.
    pub fn all() -> Vec<&'static Builtin> {
        let mut all: Vec<_> = inventory::iter::<Builtin>.into_iter().collect();
        all.sort_by_key(|b| &b.protocol.name);
        all
    }
}

/// Registers a dissector with every program that it is linked into.
#[macro_export]
macro_rules! builtin {
    ($dissector:ty) => {
        #[cfg(not(target_arch = "wasm32"))]
        $crate::inventory::submit! { $crate::dissector::Builtin::of::<$dissector>() }
    };
}
