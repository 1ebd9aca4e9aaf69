//! What a package says of itself.

use crate::component::sections;
use crate::{MANIFEST, PackageError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The form of the manifest. It rises when a reader of before would understand something wrong.
const FORM: u32 = 1;

/// What a package says of itself. What its dissectors declare stands in it as well, so that it can be shown before anything
/// runs; whoever loads the plugin holds it against what that declares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Manifest {
    /// The number of the form that this has.
    pub form: u32,
    /// Its name, `acme` or `weather-team/acme`.
    pub name: String,
    /// Its version, as in Semantic Versioning 2.0.
    pub version: String,
    /// The plugin interface that it was built for, `0.1`.
    pub interface: String,
    /// What it is for, in a sentence.
    pub description: String,
    /// Its licence, as an SPDX expression.
    pub license: String,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// Where its source is.
    pub repository: String,
    /// Limits that it asks for, named as in `plugins.toml`.
    pub limits: BTreeMap<String, u64>,
    /// Whether it wants an empty WASI.
    pub wasi: bool,
    /// What it dissects: tables and keys claimed, fields, settings with their defaults, as `prosector schema` writes them.
    pub protocols: Vec<Value>,
    /// How all its captures are tested.
    pub test: SampleInfo,
    /// How each of them is tested beside that.
    pub captures: BTreeMap<String, SampleInfo>,
    /// Plugins that must be there when its captures are tested.
    pub test_plugins: Vec<String>,
}

/// How a capture is tested, and where it is from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SampleInfo {
    /// Where it comes from.
    pub origin: String,
    /// Settings, by name, as texts.
    pub settings: Vec<(String, String)>,
    /// Dissectors for keys, as the command line says them: `udp.port==4500,acme`.
    pub decode_as: Vec<String>,
}

impl Default for Manifest {
    fn default() -> Manifest {
        Manifest {
            form: FORM,
            name: String::new(),
            version: String::new(),
            interface: String::new(),
            description: String::new(),
            license: String::new(),
            authors: Vec::new(),
            repository: String::new(),
            limits: BTreeMap::new(),
            wasi: false,
            protocols: Vec::new(),
            test: SampleInfo::default(),
            captures: BTreeMap::new(),
            test_plugins: Vec::new(),
        }
    }
}

impl Manifest {
    /// Where a capture comes from; empty if nobody says it.
    pub fn origin(&self, capture: &str) -> &str {
        let own = self.captures.get(capture).map_or("", |info| &*info.origin);
        if own.is_empty() { &self.test.origin } else { own }
    }

    pub(crate) fn parse(json: &[u8]) -> Result<Manifest, PackageError> {
        let manifest: Manifest =
            serde_json::from_slice(json).map_err(|e| PackageError::new(format!("its manifest is broken: {e}")))?;
        match manifest.form {
            FORM => Ok(manifest),
            newer => Err(PackageError::new(format!(
                "its manifest has form {newer}, this program knows form {FORM}: a newer prosector reads it"
            ))),
        }
    }

    /// The manifest of a component that may be no package yet.
    pub(crate) fn of(component: &[u8]) -> Result<Manifest, PackageError> {
        let sections = sections(component)?;
        let found = sections.iter().find(|section| section.name == Some(MANIFEST));
        found.map_or_else(|| Ok(Manifest::default()), |section| Manifest::parse(section.data))
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        // Names and texts can always be written.
        serde_json::to_vec(self).unwrap_or_default()
    }
}
