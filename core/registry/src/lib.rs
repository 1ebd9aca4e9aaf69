//! Where packages come from and go to: registries, what is installed from them, and bundles for sites without a network.
//!
//! Invariant: nothing is run, kept or written down before its name, version, digest and signature are what they must be; and
//! what is written is written whole or not at all.

mod bundle;
mod folder;
mod git;
mod project;
mod registry;

pub use bundle::{bundle, unbundle};
pub use project::{Fetched, Listed, Options, Outdated, Project};
pub use registry::{Found, Registry};

use prosector_kit::KitError;
use prosector_loader::{ConfigError, ConfigErrors};
use prosector_oci::OciError;
use prosector_package::PackageError;
use std::fmt;
use std::path::Path;

/// Why something could not be done, one reason a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryError(pub Vec<String>);

impl RegistryError {
    fn new(text: impl fmt::Display) -> RegistryError {
        RegistryError(vec![text.to_string()])
    }

    /// What went wrong with a file.
    fn file(path: &Path, e: impl fmt::Display) -> RegistryError {
        RegistryError::new(format!("{}: {e}", path.display()))
    }

    /// What it went wrong with, before the first line.
    fn of(mut self, what: impl fmt::Display) -> RegistryError {
        if let Some(first) = self.0.first_mut() {
            *first = format!("{what}: {first}");
        }
        self
    }
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for RegistryError {}

impl From<PackageError> for RegistryError {
    fn from(e: PackageError) -> RegistryError {
        RegistryError::new(e)
    }
}

impl From<OciError> for RegistryError {
    fn from(e: OciError) -> RegistryError {
        RegistryError::new(e)
    }
}

impl From<KitError> for RegistryError {
    fn from(e: KitError) -> RegistryError {
        RegistryError(e.0)
    }
}

impl From<ConfigError> for RegistryError {
    fn from(e: ConfigError) -> RegistryError {
        RegistryError::new(e)
    }
}

impl From<ConfigErrors> for RegistryError {
    fn from(e: ConfigErrors) -> RegistryError {
        RegistryError(e.0.iter().map(ToString::to_string).collect())
    }
}
