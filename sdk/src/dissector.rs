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

    /// Reads one PDU. Nothing that it keeps may change how a later PDU is read: slices come in batches, and in no
    /// promised order.
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step;

    /// Reads what lies behind the payload of a PDU of this protocol, where the payload turned out to be shorter
    /// than what it was given (see [`Pdu::set_len`]). Called only if a field is declared as `trailer`.
    /// [`Pdu::context`] is then, in its low 32 bits, the number of bytes before the trailer, and in its high 32 bits the
    /// low half of the context that the PDU itself came with.
    fn trailer(&mut self, _pdu: &mut Pdu<'_>) -> Step {
        Ok(())
    }
}

/// Which part of a dissector is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// [`Dissector::dissect`]
    Dissect,
    /// [`Dissector::trailer`]
    Trailer,
}

/// Why a dissector gave no answer: a trap, a panic, an answer that breaks the rules. For people to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(pub String);

/// A dissector as the host calls it: all slices that wait for it, in one call.
pub trait Vector: Send {
    /// Takes the settings, before the first call of [`Vector::run`].
    fn configure(&mut self, settings: &Settings) -> Result<(), String>;

    /// Dissects every slice of `buffer` and appends one answer for each to `sink`.
    ///
    /// After a fault, what `sink` has got in this call is to be thrown away.
    fn run(&mut self, entry: Entry, buffer: &[u8], slices: &[Slice], want: &Want, sink: &mut Sink)
    -> Result<(), Fault>;
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
            let mut pdu = Pdu::new(buffer, slice, want, sink);
            let outcome = match entry {
                Entry::Dissect => self.dissect(&mut pdu),
                Entry::Trailer => self.trailer(&mut pdu),
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
