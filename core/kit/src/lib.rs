//! What the author of a plugin works with: a new package, building it, and holding it against captures.
//!
//! Invariant: whatever a plugin is tried with here, it runs in the sandbox that it runs in everywhere.

mod bench;
mod build;
mod declared;
mod dev;
mod frames;
mod fuzz;
mod lab;
mod new;
mod pack;
mod package;
mod record;
mod test;
mod toolchain;

pub use bench::{Measured, Wanted, bench};
pub use build::{Built, build};
pub use declared::{declared, type_name};
pub use dev::dev;
pub use frames::{Carrier, capture_of};
pub use fuzz::{Found, Fuzzed, fuzz};
pub use lab::load;
pub use new::{Language, NewPackage, Sdk, new};
pub use pack::{Packed, Tried, pack, try_package};
pub use package::Package;
pub use test::{TestReport, test};

use prosector_loader::{ConfigError, ConfigErrors};
use std::fmt;
use std::path::Path;

/// Why something could not be done, one reason a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KitError(pub Vec<String>);

impl KitError {
    fn new(text: impl fmt::Display) -> KitError {
        KitError(vec![text.to_string()])
    }

    /// What went wrong with a file.
    fn file(path: &Path, e: impl fmt::Display) -> KitError {
        KitError::new(format!("{}: {e}", path.display()))
    }
}

impl fmt::Display for KitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for KitError {}

impl From<ConfigErrors> for KitError {
    fn from(errors: ConfigErrors) -> KitError {
        KitError(errors.0.iter().map(ToString::to_string).collect())
    }
}

impl From<ConfigError> for KitError {
    fn from(error: ConfigError) -> KitError {
        KitError::new(error)
    }
}
