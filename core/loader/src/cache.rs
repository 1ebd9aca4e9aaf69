//! Compiled plugins in the user's cache folder, so that a plugin is compiled once and not at every start.
//!
//! An entry's name holds the digest of the component and a hash of wasmtime's version and settings; the file begins
//! with the digest of what follows. What doesn't fit is compiled anew. Only files that this module wrote are believed:
//! compiled code is never taken from anywhere else.

use sha2::{Digest, Sha256};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use wasmtime::Engine;
use wasmtime::component::Component;

/// Compiles a component, or takes it from the cache. Where the cache can't be used the plugin runs all the same. What a package
/// says of itself, and who has signed it, changes nothing in the code: that is compiled once.
pub(crate) fn compile(engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Component> {
    // What is broken is the compiler's to tell.
    let code = prosector_package::code(bytes);
    let bytes = code.as_deref().unwrap_or(bytes);
    let Some(path) = entry(engine, bytes) else { return Component::from_binary(engine, bytes) };
    if let Some(component) = read(engine, &path) {
        return Ok(component);
    }
    let component = Component::from_binary(engine, bytes)?;
    if let Ok(code) = component.serialize() {
        // A cache that can't be written costs time, nothing else.
        let _ = write(&path, &code);
    }
    Ok(component)
}

/// Where compiled plugins are kept.
pub(crate) fn folder() -> Option<PathBuf> {
    Some(user_folder()?.join("plugins"))
}

/// What this user's cache is, `~/.cache/prosector` on Linux, or what `PROSECTOR_CACHE` names.
pub(crate) fn user_folder() -> Option<PathBuf> {
    match std::env::var_os("PROSECTOR_CACHE") {
        Some(folder) => Some(PathBuf::from(folder)),
        None => Some(directories::ProjectDirs::from("", "", "prosector")?.cache_dir().to_owned()),
    }
}

fn entry(engine: &Engine, bytes: &[u8]) -> Option<PathBuf> {
    let folder = folder()?;
    let mut settings = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut settings);
    let digest = crate::sha256(bytes);
    Some(folder.join(format!("{digest}-{:016x}.cwasm", settings.finish())))
}

#[allow(unsafe_code)]
fn read(engine: &Engine, path: &Path) -> Option<Component> {
    let file = std::fs::read(path).ok()?;
    let (digest, code) = file.split_first_chunk::<32>()?;
    if *digest != <[u8; 32]>::from(Sha256::digest(code)) {
        return None;
    }
    // SAFETY: the code is what `Component::serialize` wrote: the digest shows that the file is as `write` left it, in
    // a folder that only this user can write to, and the name that wasmtime and its settings are the same.
    unsafe { Component::deserialize(engine, code) }.ok()
}

/// Written beside and renamed, so that nobody reads half an entry.
fn write(path: &Path, code: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let part = path.with_extension(format!("part{}", std::process::id()));
    let mut file = std::fs::File::create(&part)?;
    let written = file.write_all(&Sha256::digest(code)).and_then(|()| file.write_all(code));
    drop(file);
    match written {
        Ok(()) => std::fs::rename(&part, path),
        Err(e) => {
            let _ = std::fs::remove_file(&part);
            Err(e)
        }
    }
}
