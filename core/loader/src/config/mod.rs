//! `plugins.toml`: which dissectors run, and with which settings.

mod package;
mod read;
#[cfg(test)]
mod tests;
mod trust;

pub use package::{Build, PackageFile, TestSetup};
use prosector_package::{Lock, Locked, PackageName, Policy};
use semver::VersionReq;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use std::time::Duration;
pub use trust::trust_key;

/// Which dissectors a run uses.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The file that this was read from.
    pub file: Option<PathBuf>,
    /// Plugins, in the order of the file.
    pub plugins: Vec<PluginEntry>,
    /// Plugins or protocols. Where two claim a key, the one named first has it.
    pub precedence: Vec<Located<String>>,
    /// What every plugin may use that says nothing else.
    pub limits: Limits,
    /// Linked-in dissectors that are not used; a plugin may have one of the same name.
    pub builtin_disabled: Vec<Located<String>>,
    /// Plugins and dissectors that are not used.
    pub disabled: Vec<Located<String>>,
    /// If not empty, the only plugins and dissectors that are used, beside `data`.
    pub only: Vec<Located<String>>,
    /// Settings by full name (`ip.check_checksum`), applied in this order.
    pub settings: Vec<Located<(String, String)>>,
    /// Dissectors for keys, whoever claims them.
    pub decode_as: Vec<Located<Binding>>,
    /// What is asked of signatures, if the file says it.
    pub signatures: Option<Located<Policy>>,
    /// The file with the keys that are trusted; else `trust.toml` beside this one.
    pub trust: Option<Located<PathBuf>>,
    /// Where packages come from.
    pub registries: Vec<RegistryEntry>,
    /// Whether only what has a digest is loaded, and all that `plugins.lock` names.
    pub locked: bool,
}

/// Where the packages of a namespace come from.
#[derive(Clone, Debug)]
pub struct RegistryEntry {
    /// The namespace; `None` for all that have no registry of their own.
    pub namespace: Option<String>,
    /// A folder or an address, as the file says it.
    pub location: Located<String>,
    /// Whether it may be spoken to without TLS.
    pub plain_http: bool,
    /// What paths are relative to.
    pub folder: PathBuf,
}

/// One plugin.
#[derive(Clone, Debug)]
pub struct PluginEntry {
    /// How it is called in messages, and looked up where there is no file.
    pub name: Option<String>,
    /// Its file.
    pub file: Option<PathBuf>,
    /// The package that it is, whose file `plugins.lock` knows.
    pub package: Option<PackageName>,
    /// What `plugins.lock` says of the package.
    pub locked: Option<Locked>,
    /// The versions that are wanted.
    pub version: Option<Located<VersionReq>>,
    /// The digest that the file must have.
    pub sha256: Option<Located<[u8; 32]>>,
    /// Whether it is used.
    pub enabled: Located<bool>,
    /// Whether it may import WASI.
    pub wasi: bool,
    /// Its settings, by name with or without the protocol's.
    pub settings: Vec<Located<(String, String)>>,
    /// Tables and keys that it gets beside those that it declares, whoever else claims them.
    pub claims: Vec<Located<(String, u64)>>,
    /// What it may use.
    pub limits: Limits,
    /// Folders in which it is looked for by name.
    search: Vec<PathBuf>,
    /// Where its file or name was said, for messages.
    origin: String,
}

/// What a plugin may use.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Bytes of memory.
    pub memory: usize,
    /// The time of one call, a whole vector of frames.
    pub time: Duration,
    /// What a call may take for each frame in it, up to `time`.
    pub frame_time: Duration,
    /// Words a frame.
    pub spans: usize,
    /// Side bytes a frame.
    pub bytes: usize,
    /// How deep groups may be nested.
    pub nesting: usize,
    /// Lines that it may write to the log.
    pub log_lines: u32,
    /// Faults after which it is set aside.
    pub faults: u32,
    /// Units of fuel (about one an instruction) that each frame may use, every frame in a call of its own: then it does not
    /// depend on the machine what is too much.
    pub fuel: Option<u64>,
}

/// A dissector for one key of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The table, `udp.port`.
    pub table: String,
    /// The key in it.
    pub key: u64,
    /// The dissector's name.
    pub dissector: String,
}

/// A value and where it was said, for messages.
#[derive(Clone, Debug)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    origin: String,
}

/// Why no registry could be made. The text names the file, the place and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(String);

/// Everything that is wrong, at least one. Shown one a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl Config {
    /// Reads the file that was named, else `plugins.toml` here, else the one in the user's configuration folder, else
    /// none: then only linked-in dissectors run.
    pub fn find(named: Option<&Path>) -> Result<Config, ConfigErrors> {
        if let Some(path) = named {
            return Config::read(path);
        }
        match [Some("plugins.toml".into()), Config::user_file()].into_iter().flatten().find(|path| path.is_file()) {
            Some(path) => Config::read(&path),
            None => Ok(Config::default()),
        }
    }

    /// `plugins.toml` in the user's configuration folder, whether it is there or not.
    pub fn user_file() -> Option<PathBuf> {
        Some(directories::ProjectDirs::from("", "", "prosector")?.config_dir().join("plugins.toml"))
    }

    /// Reads a file.
    pub fn read(path: &Path) -> Result<Config, ConfigErrors> {
        let named = |e: &dyn Display| ConfigError(format!("{}: {e}", path.display()));
        let text = String::from_utf8(std::fs::read(path).map_err(|e| named(&e))?).map_err(|e| {
            let good = &e.as_bytes()[..e.utf8_error().valid_up_to()];
            let line = 1 + good.iter().filter(|b| **b == b'\n').count();
            ConfigError(format!("{}:{line}: not a text in UTF-8", path.display()))
        })?;
        let mut config = Config::parse(&text, path)?;
        if config.plugins.iter().any(|entry| entry.package.is_some()) {
            let lock = Lock::read(&Lock::beside(path)).map_err(ConfigError::new)?;
            for entry in &mut config.plugins {
                entry.locked = entry.package.as_ref().and_then(|name| lock.get(name)).cloned();
            }
        }
        Ok(config)
    }

    /// What is asked of the signature of a plugin. Packages must be signed unless the file says otherwise; other components if
    /// it says so, but for those whose digest it has, or that were named for this run.
    pub(crate) fn policy(&self, entry: &PluginEntry) -> Policy {
        match entry.package.is_some() {
            true => self.package_policy(),
            false if entry.sha256.is_some() || entry.is_for_this_run() => Policy::Off,
            false => self.signatures.as_ref().map_or(Policy::Off, |policy| policy.value),
        }
    }

    /// What is asked of the signatures of packages.
    pub fn package_policy(&self) -> Policy {
        self.signatures.as_ref().map(|policy| policy.value).unwrap_or_default()
    }

    /// What keeps a run from loading exactly what the lock says.
    pub(crate) fn unlocked(&self) -> Vec<ConfigError> {
        let mut errors = Vec::new();
        for entry in self.plugins.iter().filter(|entry| entry.package.is_none() && entry.enabled.value) {
            errors.extend(match entry.sha256 {
                None => Some(entry.error("has no sha256, and --locked loads only what has one")),
                Some(_) => None,
            });
        }
        let lock = self.file.as_deref().map(Lock::beside);
        let known = lock.map(|lock| (Lock::read(&lock), lock));
        match known {
            Some((Err(e), _)) => errors.push(ConfigError::new(e)),
            Some((Ok(known), lock)) => {
                let is_named = |locked: &Locked| self.plugins.iter().any(|e| e.package.as_ref() == Some(&locked.name));
                for locked in known.packages.iter().filter(|locked| !is_named(locked)) {
                    let (lock, name) = (lock.display(), &locked.name);
                    errors.push(ConfigError(format!("{lock}: {name} is in it, but not in plugins.toml")));
                }
            }
            None => {}
        }
        errors
    }
}

impl Config {
    /// Why a plugin or dissector is switched off, if it is.
    pub(crate) fn switched_off(&self, name: &str) -> Option<String> {
        self.disabled.iter().find(|d| d.value == name).map(|d| d.origin.clone())
    }

    /// Why a dissector is not used, if it isn't; `plugin` is the one that it comes from.
    pub(crate) fn unused(&self, plugin: Option<&str>, name: &str) -> Option<String> {
        let named = |only: &Located<String>| only.value == name || plugin.is_some_and(|p| only.value == p);
        let builtin = self.builtin_disabled.iter().find(|d| plugin.is_none() && d.value == name);
        self.switched_off(name).or_else(|| builtin.map(|d| d.origin.clone())).or_else(|| {
            // What nobody claims must go somewhere.
            let left_out = !self.only.is_empty() && name != "data" && !self.only.iter().any(named);
            left_out.then(|| "--only does not name it".into())
        })
    }
}

impl PluginEntry {
    /// A plugin that was named there, on the command line perhaps.
    pub fn file(file: PathBuf, limits: &Limits, origin: &str) -> PluginEntry {
        PluginEntry {
            name: None,
            file: Some(file),
            package: None,
            locked: None,
            version: None,
            sha256: None,
            enabled: Located::new(true, origin),
            wasi: false,
            settings: Vec::new(),
            claims: Vec::new(),
            limits: limits.clone(),
            search: Vec::new(),
            origin: origin.into(),
        }
    }

    /// Whether the command line names it.
    fn is_for_this_run(&self) -> bool {
        self.origin.starts_with('-')
    }

    /// Its file, or the first of its name in the folders of `search`; of a package, where that is kept.
    pub fn path(&self) -> Result<PathBuf, ConfigError> {
        if let Some(package) = &self.package {
            return self.package_file(package);
        }
        let name = match (&self.file, &self.name) {
            (Some(file), _) => return Ok(file.clone()),
            (None, Some(name)) => name,
            (None, None) => return Err(self.error("needs a name or a file")),
        };
        let files = [format!("{name}.wasm"), format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"), format!("{name}{DLL_SUFFIX}")];
        let mut paths = self.search.iter().flat_map(|folder| files.iter().map(|file| folder.join(file)));
        paths.find(|path| path.is_file()).ok_or_else(|| {
            let [wasm, library, plain] = &files;
            let folders: Vec<_> = self.search.iter().map(|folder| folder.display().to_string()).collect();
            self.error(match &*folders {
                [] => format!("plugin {name} has no `file`, and `search` names no folder to look for {wasm} in"),
                _ => format!("no {wasm}, {library} or {plain} in {}", folders.join(", ")),
            })
        })
    }

    fn package_file(&self, package: &PackageName) -> Result<PathBuf, ConfigError> {
        const WAY_OUT: &str = "`prosector package install` gets it";
        let Some(locked) = &self.locked else {
            return Err(self.error(format!("{package} is not in plugins.lock; {WAY_OUT}")));
        };
        if let Some(wanted) = &self.version
            && !wanted.value.matches(&locked.version)
        {
            let (wanted, version) = (&wanted.value, &locked.version);
            return Err(self.error(format!("{package} is to be {wanted}, plugins.lock has {version}; {WAY_OUT}")));
        }
        let file = crate::store::file(&locked.sha256).filter(|file| file.is_file());
        file.ok_or_else(|| self.error(format!("{package} {} is not in the cache; {WAY_OUT}", locked.version)))
    }

    /// How it is called in messages: its name, else that of its file, of a library without `lib`.
    pub fn label(&self) -> String {
        let path = self.file.as_deref().unwrap_or(Path::new(""));
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let library = path.to_string_lossy().ends_with(DLL_SUFFIX).then(|| stem.strip_prefix(DLL_PREFIX)).flatten();
        self.name.clone().unwrap_or_else(|| library.unwrap_or(&stem).to_owned())
    }

    /// What messages call the package, or the file.
    pub(crate) fn package_or(&self, path: &Path) -> String {
        match (&self.package, &self.locked) {
            (Some(package), Some(locked)) => format!("{package} {}", locked.version),
            _ => path.display().to_string(),
        }
    }

    /// What is wrong with it, and where it was named.
    pub fn error(&self, e: impl Display) -> ConfigError {
        ConfigError(format!("{}: {e}", self.origin))
    }
}

impl Limits {
    /// How files call the limits.
    pub const NAMES: [&str; 9] =
        ["memory_mib", "time_ms", "frame_time_ms", "spans", "bytes", "nesting", "log_lines", "faults", "fuel"];

    /// A limit by its name, in the unit that the name says; `None` if there is none.
    pub fn get(&self, name: &str) -> Option<u64> {
        Some(match name {
            "memory_mib" => self.memory as u64 >> 20,
            "time_ms" => self.time.as_millis() as u64,
            "frame_time_ms" => self.frame_time.as_millis() as u64,
            "spans" => self.spans as u64,
            "bytes" => self.bytes as u64,
            "nesting" => self.nesting as u64,
            "log_lines" => self.log_lines.into(),
            "faults" => self.faults.into(),
            "fuel" => return self.fuel,
            _ => return None,
        })
    }

    /// Sets a limit by its name, if there is one of that name, to the most that can be.
    pub fn set(&mut self, name: &str, value: u64) {
        let number = usize::try_from(value).unwrap_or(usize::MAX);
        let count = u32::try_from(value).unwrap_or(u32::MAX);
        match name {
            "memory_mib" => self.memory = number.saturating_mul(1 << 20),
            "time_ms" => self.time = Duration::from_millis(value),
            "frame_time_ms" => self.frame_time = Duration::from_millis(value),
            "spans" => self.spans = number,
            "bytes" => self.bytes = number,
            "nesting" => self.nesting = number,
            "log_lines" => self.log_lines = count,
            "faults" => self.faults = count,
            "fuel" => self.fuel = Some(value),
            _ => {}
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            memory: 64 << 20,
            time: Duration::from_millis(250),
            frame_time: Duration::from_millis(100),
            spans: 65536,
            bytes: 1 << 20,
            nesting: 32,
            log_lines: 100,
            faults: 5,
            fuel: None,
        }
    }
}

impl Binding {
    /// Reads the form of the command line, `udp.port==4500,acme`.
    pub fn parse(text: &str) -> Result<Binding, ConfigError> {
        let binding = || {
            let (table, rest) = text.split_once("==")?;
            let (key, dissector) = rest.split_once(',')?;
            Binding::new(table.trim(), key.trim(), dissector.trim())
        };
        let wrong = || format!("{text:?} is not a binding; expected something like udp.port==4500,acme");
        binding().ok_or_else(|| ConfigError(wrong()))
    }

    /// None where a part is empty, or the key is no number (decimal, or hexadecimal after `0x`).
    pub(crate) fn new(table: &str, key: &str, dissector: &str) -> Option<Binding> {
        let (digits, radix) = key.strip_prefix("0x").map_or((key, 10), |digits| (digits, 16));
        // A sign is no digit.
        let key = u64::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with('+'))?;
        let named = !table.is_empty() && !dissector.is_empty();
        named.then(|| Binding { table: table.to_owned(), key, dissector: dissector.to_owned() })
    }
}

impl<T> Located<T> {
    /// A value, and where it was said (`--plugin`, or `plugins.toml:12: plugin.version`).
    pub fn new(value: T, origin: impl Into<String>) -> Located<T> {
        Located { value, origin: origin.into() }
    }

    /// Where it was said.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What is wrong with it, and where it was said.
    pub fn error(&self, e: impl Display) -> ConfigError {
        ConfigError(format!("{}: {e}", self.origin))
    }
}

impl ConfigError {
    /// An error with this text.
    pub fn new(e: impl Display) -> ConfigError {
        ConfigError(e.to_string())
    }
}

impl Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

impl Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.0.iter().map(|e| &*e.0).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for ConfigErrors {}

impl From<ConfigError> for ConfigErrors {
    fn from(e: ConfigError) -> ConfigErrors {
        ConfigErrors(vec![e])
    }
}
