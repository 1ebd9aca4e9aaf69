//! Packages in the user's cache folder, each under the digest of its file. Nothing here is believed: who loads a package
//! computes its digest anew.

use std::io::Write;
use std::path::PathBuf;

/// Where the package with this SHA-256 (in hexadecimal) is kept, whether it is there or not; `None` without a cache folder.
pub fn file(sha256: &str) -> Option<PathBuf> {
    Some(folder()?.join(format!("{sha256}.wasm")))
}

/// Where packages are kept.
pub fn folder() -> Option<PathBuf> {
    Some(crate::cache::user_folder()?.join("packages"))
}

/// Takes a package in, whole or not at all, whoever else does the same.
pub fn put(bytes: &[u8]) -> std::io::Result<PathBuf> {
    let file = file(&crate::sha256(bytes))
        .ok_or_else(|| std::io::Error::other("there is no cache folder; PROSECTOR_CACHE names one"))?;
    let folder = file.parent().unwrap_or(&file);
    std::fs::create_dir_all(folder)?;
    let mut part = tempfile::NamedTempFile::new_in(folder)?;
    part.write_all(bytes)?;
    part.persist(&file)?;
    Ok(file)
}
