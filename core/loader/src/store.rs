//! Packages in the user's cache folder, each under the digest of its file. Nothing here is believed: who loads a package
//! computes its digest anew.

use std::io;
use std::path::PathBuf;

/// A folder in the user's cache, whether it is there or not.
pub fn folder(name: &str) -> io::Result<PathBuf> {
    let cache = crate::cache::user_folder();
    let cache = cache.ok_or_else(|| io::Error::other("there is no cache folder; PROSECTOR_CACHE names one"))?;
    Ok(cache.join(name))
}

/// Where the package with this SHA-256 (in hexadecimal) is kept, whether it is there or not; `None` without a cache folder.
pub fn file(sha256: &str) -> Option<PathBuf> {
    Some(folder("packages").ok()?.join(format!("{sha256}.wasm")))
}

/// Takes a package in, whole or not at all, whoever else does the same.
pub fn put(bytes: &[u8]) -> io::Result<()> {
    crate::write_file(&folder("packages")?.join(format!("{}.wasm", crate::sha256(bytes))), bytes)
}
