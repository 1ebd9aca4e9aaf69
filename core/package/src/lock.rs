//! `plugins.lock`: the very files that `plugins.toml` means.

use crate::{PackageError, PackageName};
use semver::Version;
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The form of the file.
const FORM: u32 = 1;
const HEAD: &str =
    "# Written by `prosector package`: the very files that plugins.toml means. Commit it together with that.\n\n";

/// What `plugins.lock` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    form: u32,
    /// Packages, by name.
    #[serde(default, rename = "package")]
    pub packages: Vec<Locked>,
}

/// One package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// Its name.
    pub name: PackageName,
    /// Its version.
    pub version: Version,
    /// The registry that it came from, or its file.
    pub source: String,
    /// The SHA-256 of its file.
    pub sha256: String,
    /// The key that it was signed with, if it was one that is trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
}

impl Default for Lock {
    fn default() -> Lock {
        Lock { form: FORM, packages: Vec::new() }
    }
}

impl Lock {
    /// Where the lock of a `plugins.toml` is: beside it, `plugins.lock`.
    pub fn beside(config: &Path) -> PathBuf {
        config.with_extension("lock")
    }

    /// Reads a file; one that isn't there names nothing.
    pub fn read(path: &Path) -> Result<Lock, PackageError> {
        let named = |e: &dyn Display| PackageError::new(format!("{}: {e}", path.display()));
        match std::fs::read_to_string(path) {
            Ok(text) => Lock::parse(&text).map_err(|e| named(&e)),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(Lock::default()),
            Err(e) => Err(named(&e)),
        }
    }

    /// Reads the text of a file.
    pub fn parse(text: &str) -> Result<Lock, PackageError> {
        let broken = |e: &dyn Display| PackageError::new(format!("not a lock file as prosector writes it: {e}"));
        let lock: Lock = toml::from_str(text).map_err(|e| broken(&e.to_string().trim()))?;
        if lock.form != FORM {
            let text = format!("it has form {}, this program knows form {FORM}", lock.form);
            return Err(PackageError::new(text));
        }
        for (i, package) in lock.packages.iter().enumerate() {
            let digits = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
            if package.sha256.len() != 64 || !package.sha256.chars().all(digits) {
                return Err(broken(&format!("the sha256 of {} is no digest", package.name)));
            }
            if lock.packages[..i].iter().any(|before| before.name.plugin() == package.name.plugin()) {
                return Err(broken(&format!("{} is there twice", package.name.plugin())));
            }
        }
        Ok(lock)
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        // Texts and numbers can always be written.
        HEAD.to_owned() + &toml::to_string(self).unwrap_or_default()
    }

    /// What it says of a package.
    pub fn get(&self, name: &PackageName) -> Option<&Locked> {
        self.packages.iter().find(|package| package.name == *name)
    }

    /// Takes a package in, in place of what it said before.
    pub fn put(&mut self, package: Locked) {
        self.remove(&package.name);
        self.packages.push(package);
        self.packages.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// Forgets a package; whether it was there.
    pub fn remove(&mut self, name: &PackageName) -> bool {
        let before = self.packages.len();
        self.packages.retain(|package| package.name != *name);
        self.packages.len() != before
    }
}
