//! Plugins as native shared libraries.
//!
//! They are trusted code: only a file whose SHA-256 the configuration names is loaded, and the bytes that were checked are
//! the bytes that are loaded. What they answer is checked as a guest's is, and their panics are faults, but nothing keeps
//! them from crashing the process, from taking for ever or any memory.

#![allow(unsafe_code)]

use crate::check::Flat;
use crate::config::{ConfigError, Limits};
use crate::declared::Description;
use crate::plugin::{Call, Code as AnyCode, Instance, Plugin, Take};
use libloading::Library;
use prosector_sdk::declare::Settings;
use prosector_sdk::dissector::{Entry, Fault};
use prosector_sdk::native::{self, INTERFACE, List, Lists, SYMBOL, Table, VERSION};
use std::ffi::c_void;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

/// The table of a loaded library.
pub(crate) struct Code(&'static Table);

/// Loads a library, whose digest the caller has checked.
pub(crate) fn load(bytes: &[u8], path: &Path, limits: &Limits) -> Result<Plugin, ConfigError> {
    let named = |e: &dyn std::fmt::Display| ConfigError::new(format!("{}: {e}", path.display()));
    let table = table(bytes).map_err(|e| named(&e))?;
    // SAFETY: the table's function, and the text that it says stays for ever.
    let text = unsafe { (table.describe)().get() };
    let native::Description { name, version, protocols } =
        serde_json::from_slice(text).map_err(|e| named(&format!("it can't be understood: {e}")))?;
    let description = Description::new(&name, &version, protocols).map_err(|e| named(&e))?;
    Ok(Plugin::new(description, path, limits, AnyCode::Native(Code(table))))
}

/// Loads the very bytes that were checked, from a file of our own: so nobody can change them in between, and a new version
/// under an old name is a new library.
fn table(bytes: &[u8]) -> Result<&'static Table, String> {
    let folder = crate::cache::folder().unwrap_or_else(std::env::temp_dir);
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut file = tempfile::Builder::new()
        .suffix(std::env::consts::DLL_SUFFIX)
        .tempfile_in(&folder)
        .map_err(|e| format!("{}: {e}", folder.display()))?;
    file.write_all(bytes).and_then(|()| file.flush()).map_err(|e| format!("{}: {e}", file.path().display()))?;
    let copy = file.into_temp_path();
    // SAFETY: the library's initializers run; the user has named its digest, and so trusts it.
    let library = unsafe { Library::new(copy.as_os_str()) }.map_err(|e| format!("it can't be loaded: {e}"))?;
    // It stays loaded: its code may be running, and what it described is in use.
    let library: &'static Library = Box::leak(Box::new(library));
    // SAFETY: a library that exports this name says by it that it has such a table there.
    let table = unsafe { library.get::<*const u32>(SYMBOL) }
        .map_err(|_| format!("not a prosector plugin: it does not export {SYMBOL}"))?;
    let head: *const u32 = *table;
    // SAFETY: the first two members are the same in every version.
    let (size, version) = unsafe { (*head, *head.add(1)) };
    if (size as usize, version) != (size_of::<Table>(), VERSION) {
        return Err(format!(
            "it keeps version {version} of the native plugin interface, with a table of {size} bytes; this prosector \
             knows version {VERSION}, with {} bytes",
            size_of::<Table>(),
        ));
    }
    // SAFETY: the version and size are ours, so that is what lies there.
    let table: &'static Table = unsafe { &*head.cast::<Table>() };
    if table.interface != INTERFACE {
        return Err(format!(
            "it was built with another state of interface 0.1 ({:016x}; this prosector has {INTERFACE:016x}); build it anew",
            table.interface,
        ));
    }
    Ok(table)
}

impl Code {
    /// Makes an instance.
    pub(crate) fn start(&self) -> Result<Box<dyn Instance>, Fault> {
        let instance = (self.0.create)();
        match instance.is_null() {
            true => Err(Fault::new("no instance could be made")),
            false => Ok(Box::new(Running { table: self.0, instance, slices: Vec::new() })),
        }
    }
}

/// An instance of a library's plugin.
struct Running {
    table: &'static Table,
    instance: *mut c_void,
    slices: Vec<u64>,
}

// SAFETY: an instance may go from thread to thread, as the table's contract says; it is never shared.
unsafe impl Send for Running {}

impl Drop for Running {
    fn drop(&mut self) {
        // SAFETY: `create` gave it, and nobody uses it any more.
        unsafe { (self.table.destroy)(self.instance) }
    }
}

/// What a call gave, or why there is nothing.
fn outcome(status: u32, out: &Lists) -> Result<(), Fault> {
    match status {
        0 => Ok(()),
        // SAFETY: the lists stay until the instance's next call.
        _ => Err(Fault::new(String::from_utf8_lossy(unsafe { out.error.get() }))),
    }
}

impl Instance for Running {
    fn configure(&mut self, dissector: u32, settings: &Settings, _: Duration) -> Result<(), Fault> {
        let settings = native::settings_to_json(settings);
        let mut out = Lists::default();
        // SAFETY: the instance is `create`'s, and the lists stay during the call.
        let status =
            unsafe { (self.table.configure)(self.instance, dissector, List::of(settings.as_bytes()), &mut out) };
        outcome(status, &out)
    }

    fn dissect(&mut self, dissector: u32, entry: Entry, call: Call<'_>, take: Take<'_>) -> Result<(), Fault> {
        self.slices.clear();
        call.slices.iter().for_each(|slice| call.push_slice(slice, slice.start, &mut self.slices));
        let mut out = Lists::default();
        let (bytes, slices, want) = (List::of(call.buffer), List::of(&self.slices), List::of(call.want));
        // SAFETY: as in `configure`.
        let status =
            unsafe { (self.table.dissect)(self.instance, dissector, entry as u32, bytes, slices, want, &mut out) };
        outcome(status, &out)?;
        // SAFETY: the lists stay until the instance's next call.
        let flat = unsafe {
            Flat { words: out.words.get(), side: out.side.get(), next: out.next.get(), ends: out.ends.get() }
        };
        take(flat, call.slices).map_err(Fault::new)
    }

    fn memory(&self) -> usize {
        0
    }
}
