//! `plugins.toml`: which dissectors run, and with which settings.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Which dissectors a run uses.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Plugins, in order of precedence.
    pub plugins: Vec<PluginEntry>,
    /// Linked-in dissectors that are not used.
    pub disabled: Vec<String>,
    /// Settings by full name (`ip.check_checksum`), applied in this order.
    pub settings: Vec<(String, String)>,
}

/// One plugin.
#[derive(Clone, Debug)]
pub struct PluginEntry {
    /// Its file.
    pub file: PathBuf,
    /// Whether it is used.
    pub enabled: bool,
    /// Its settings, by name without the protocol's.
    pub settings: Vec<(String, String)>,
    /// Where it was named, for messages.
    origin: String,
}

impl PluginEntry {
    /// A plugin that was named on the command line.
    pub fn file(file: PathBuf) -> PluginEntry {
        PluginEntry { file, enabled: true, settings: Vec::new(), origin: "--plugin".into() }
    }

    pub(crate) fn error(&self, e: impl fmt::Display) -> ConfigError {
        ConfigError(format!("{}: {e}", self.origin))
    }
}

/// Why no registry could be made. The text names the file, the place and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(String);

impl ConfigError {
    pub(crate) fn new(e: impl fmt::Display) -> ConfigError {
        ConfigError(e.to_string())
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "plugin")]
    plugins: Vec<toml::Spanned<Entry>>,
    #[serde(default)]
    builtin: Builtin,
    #[serde(default)]
    settings: BTreeMap<String, Scalar>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Builtin {
    #[serde(default)]
    disabled: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    file: PathBuf,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default)]
    settings: BTreeMap<String, Scalar>,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected true, false, a number or a text")]
enum Scalar {
    Bool(bool),
    Number(u64),
    Text(String),
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Bool(b) => b.fmt(f),
            Scalar::Number(n) => n.fmt(f),
            Scalar::Text(text) => text.fmt(f),
        }
    }
}

impl Config {
    /// Reads the file that was named, else `plugins.toml` here, else the one in the user's configuration folder, else
    /// none: then only linked-in dissectors run.
    pub fn find(named: Option<&Path>) -> Result<Config, ConfigError> {
        if let Some(path) = named {
            return Config::read(path);
        }
        let user = directories::ProjectDirs::from("", "", "prosector").map(|d| d.config_dir().join("plugins.toml"));
        match [Some(PathBuf::from("plugins.toml")), user].into_iter().flatten().find(|path| path.is_file()) {
            Some(path) => Config::read(&path),
            None => Ok(Config::default()),
        }
    }

    /// Reads a file.
    pub fn read(path: &Path) -> Result<Config, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|e| ConfigError(format!("{}: {e}", path.display())))?;
        Config::parse(&text, path)
    }

    /// Reads the text of a file. Plugin files are relative to the file's folder.
    pub fn parse(text: &str, path: &Path) -> Result<Config, ConfigError> {
        let file: File = toml::from_str(text).map_err(|e: toml::de::Error| {
            let line = 1 + text[..e.span().map_or(0, |s| s.start)].matches('\n').count();
            ConfigError(format!("{}:{line}: {}", path.display(), e.message()))
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let entry = |entry: toml::Spanned<Entry>| {
            let line = 1 + text[..entry.span().start].matches('\n').count();
            let entry = entry.into_inner();
            PluginEntry {
                file: folder.join(entry.file),
                enabled: entry.enabled,
                settings: entry.settings.iter().map(|(name, value)| (name.clone(), value.to_string())).collect(),
                origin: format!("{}:{line}", path.display()),
            }
        };
        Ok(Config {
            plugins: file.plugins.into_iter().map(entry).collect(),
            disabled: file.builtin.disabled,
            settings: file.settings.iter().map(|(name, value)| (name.clone(), value.to_string())).collect(),
        })
    }
}
