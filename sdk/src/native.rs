//! Native plugins: shared libraries which the host calls with the same flat words as a component.
//!
//! The library exports one symbol, [`SYMBOL`], a [`Table`] of C functions. A host reads its first three members, which
//! never change, and the rest only if they are what it knows. Declarations and settings cross as JSON, because they do so
//! once; everything else is pointers and lengths. A native plugin is trusted code: nothing stops it from crashing the
//! host.

use crate::declare::{Protocol, SettingValue, Settings};
use crate::dissector::Entry;
use crate::guest::{Answers, Instance, Plugin};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

/// The name of the exported table.
pub const SYMBOL: &str = "prosector_plugin";
/// The version of the interface, 0.1.
pub const VERSION: u32 = 1;
/// A digest of the interface's text, so that nobody calls a plugin that was built with an unfinished 0.1.
pub const INTERFACE: u64 = fnv1a(include_bytes!("../wit/v0.1/prosector.wit"));

/// FNV-1a, 64 bits.
const fn fnv1a(bytes: &[u8]) -> u64 {
    let (mut hash, mut i) = (0xcbf2_9ce4_8422_2325, 0);
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x100_0000_01b3);
        i += 1;
    }
    hash
}

/// Items in memory that belongs to somebody else.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct List<T> {
    /// The first; may be dangling where there is none.
    pub ptr: *const T,
    /// How many.
    pub len: usize,
}

impl<T> List<T> {
    /// The items of a slice, which must outlive the list.
    pub const fn of(items: &[T]) -> List<T> {
        List { ptr: items.as_ptr(), len: items.len() }
    }

    /// The items.
    ///
    /// # Safety
    /// They must be there, unchanged, as long as the result is used.
    #[allow(unsafe_code)]
    pub unsafe fn get<'a>(self) -> &'a [T] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: as the caller promises.
        unsafe { std::slice::from_raw_parts(self.ptr, self.len) }
    }
}

/// The lists of an answer; they belong to the instance and stay as they are until its next call.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Lists {
    /// Spans.
    pub words: List<u64>,
    /// Texts and other long values.
    pub side: List<u8>,
    /// Hand-ons.
    pub next: List<u64>,
    /// Where the lists end for each slice.
    pub ends: List<u64>,
    /// Why there is no answer, UTF-8.
    pub error: List<u8>,
}

impl Default for Lists {
    fn default() -> Self {
        Lists {
            words: List::of(&[]),
            side: List::of(&[]),
            next: List::of(&[]),
            ends: List::of(&[]),
            error: List::of(&[]),
        }
    }
}

/// What a native plugin exports.
#[repr(C)]
pub struct Table {
    /// Bytes of this table.
    pub size: u32,
    /// [`VERSION`]
    pub version: u32,
    /// [`INTERFACE`]
    pub interface: u64,
    /// A [`Description`] as JSON; stays for ever.
    pub describe: extern "C" fn() -> List<u8>,
    /// Makes an instance. Instances may be on several threads, each on one at a time.
    pub create: extern "C" fn() -> *mut c_void,
    /// Ends an instance.
    pub destroy: unsafe extern "C" fn(instance: *mut c_void),
    /// Gives a dissector its settings, one JSON object of names and values. 0, or 1 and an error.
    pub configure:
        unsafe extern "C" fn(instance: *mut c_void, dissector: u32, settings: List<u8>, out: *mut Lists) -> u32,
    /// Dissects slices, see `sdk/wit/v0.1/prosector.wit`; slices may lie anywhere in `bytes`. 0, or 1 and an error.
    pub dissect: unsafe extern "C" fn(
        instance: *mut c_void,
        dissector: u32,
        entry: u32,
        bytes: List<u8>,
        slices: List<u64>,
        want: List<u64>,
        out: *mut Lists,
    ) -> u32,
}

/// What a native plugin says of itself.
#[derive(Debug, Deserialize, Serialize)]
pub struct Description {
    /// Its own name.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// Its dissectors are numbered by their protocols' positions.
    pub protocols: Vec<Protocol>,
}

/// Settings as JSON.
pub fn settings_to_json(settings: &Settings) -> String {
    let object: BTreeMap<&str, &SettingValue> = settings.0.iter().map(|(name, value)| (&**name, value)).collect();
    serde_json::to_string(&object).unwrap_or_default()
}

/// An instance, and what its last call gave: the host looks at that until the next one.
struct Held {
    instance: Instance,
    answers: Answers,
    error: String,
}

#[allow(unsafe_code)]
impl Table {
    /// The table of a plugin; for [`export_native!`](crate::export_native).
    pub const fn of<P: Plugin>() -> Table {
        Table {
            size: size_of::<Table>() as u32,
            version: VERSION,
            interface: INTERFACE,
            describe: describe::<P>,
            create: create::<P>,
            destroy,
            configure,
            dissect,
        }
    }
}

/// Panics are told to the host as faults; the library's own copy of the standard library need not write them too.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|_| {}));
}

extern "C" fn describe<P: Plugin>() -> List<u8> {
    static TEXT: OnceLock<String> = OnceLock::new();
    quiet_panics();
    let text = || {
        let protocols = P::dissectors().iter().map(|d| d.protocol.clone()).collect();
        let description = Description { name: P::NAME.into(), version: P::VERSION.into(), protocols };
        serde_json::to_string(&description).unwrap_or_default()
    };
    let text = TEXT.get_or_init(|| catch_unwind(text).unwrap_or_default());
    List::of(text.as_bytes())
}

extern "C" fn create<P: Plugin>() -> *mut c_void {
    let held =
        catch_unwind(|| Held { instance: Instance::new::<P>(), answers: Answers::default(), error: String::new() });
    held.map_or(std::ptr::null_mut(), |held| Box::into_raw(Box::new(held)).cast())
}

#[allow(unsafe_code)]
unsafe extern "C" fn destroy(instance: *mut c_void) {
    // SAFETY: the host gives what `create` gave it, once.
    let held = unsafe { Box::from_raw(instance.cast::<Held>()) };
    // No panic may cross into the host.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(held)));
}

#[allow(unsafe_code)]
unsafe extern "C" fn configure(instance: *mut c_void, dissector: u32, settings: List<u8>, out: *mut Lists) -> u32 {
    // SAFETY: the host gives what `create` gave it, lists that stay during the call, and a place for the answer.
    let (held, settings, out) = unsafe { (&mut *instance.cast::<Held>(), settings.get(), &mut *out) };
    held.call(out, |held| {
        let object: BTreeMap<String, SettingValue> = serde_json::from_slice(settings).map_err(|e| e.to_string())?;
        let settings = Settings(object.into_iter().map(|(name, value)| (name.into(), value)).collect());
        held.instance.configure(dissector, &settings)
    })
}

#[allow(unsafe_code)]
unsafe extern "C" fn dissect(
    instance: *mut c_void,
    dissector: u32,
    entry: u32,
    bytes: List<u8>,
    slices: List<u64>,
    want: List<u64>,
    out: *mut Lists,
) -> u32 {
    // SAFETY: as in `configure`.
    let (held, out) = unsafe { (&mut *instance.cast::<Held>(), &mut *out) };
    // SAFETY: as in `configure`.
    let (bytes, slices, want) = unsafe { (bytes.get(), slices.get(), want.get()) };
    held.call(out, |held| {
        let entry = *Entry::ALL.get(entry as usize).ok_or_else(|| format!("entry {entry} is not known"))?;
        held.answers = held.instance.dissect(dissector, entry, bytes, slices, want).map_err(|fault| fault.reason)?;
        Ok(())
    })
}

impl Held {
    /// Makes a call whose panic stays here, and shows its outcome to the host.
    fn call(&mut self, out: &mut Lists, act: impl FnOnce(&mut Held) -> Result<(), String>) -> u32 {
        self.answers = Answers::default();
        let outcome = catch_unwind(AssertUnwindSafe(|| act(self)));
        let outcome = outcome.unwrap_or_else(|panic| Err(crate::dissector::panic_text(&*panic)));
        let status = u32::from(outcome.is_err());
        self.error = outcome.err().unwrap_or_default();
        *out = Lists {
            words: List::of(&self.answers.words),
            side: List::of(&self.answers.side),
            next: List::of(&self.answers.next),
            ends: List::of(&self.answers.ends),
            error: List::of(self.error.as_bytes()),
        };
        status
    }
}
