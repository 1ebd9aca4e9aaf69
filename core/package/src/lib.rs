//! Packages: the one file in which a plugin travels.
//!
//! So far that is the component itself, made from the core module that a compiler writes.
//!
//! Invariant: the same module gives the same bytes.

use std::fmt;
use wit_component::ComponentEncoder;

/// Why a module could not be packed.
#[derive(Debug)]
pub struct PackError(String);

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PackError {}

/// Makes a component of a core module that was built with the SDK for `wasm32-unknown-unknown`. The interface that it
/// keeps is told by a custom section which the SDK puts there.
pub fn pack(module: &[u8]) -> Result<Vec<u8>, PackError> {
    let encode = || ComponentEncoder::default().validate(true).module(module)?.encode();
    encode().map_err(|e| PackError(format!("this module is not a prosector plugin: {e:#}")))
}
