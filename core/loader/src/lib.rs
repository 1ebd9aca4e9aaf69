//! Where dissectors come from (linked in, a native shared library, a WebAssembly component in a sandbox), and which of them a
//! run uses, as `plugins.toml` and the command line say.
//!
//! Invariant: nothing that a plugin returns reaches the engine unchecked, and nothing that a component does (trap, endless
//! loop, nonsense) is more than a [`Fault`](prosector_sdk::dissector::Fault).

mod cache;
mod check;
mod config;
mod declared;
mod native;
mod plugin;
mod save;
mod wasi;
mod wasm;
mod watch;

pub use config::{Binding, Config, ConfigError, ConfigErrors, Limits, Located, PluginEntry};
pub use plugin::Plugin;
pub use save::save;
pub use wasm::Sandbox;
pub use watch::Watch;

use prosector_engine::{Origin, Registry, Why, nearest};
use prosector_sdk::dissector::Builtin;
use sha2::{Digest, Sha256};
use std::env::consts::DLL_EXTENSION;
use std::sync::Arc;

/// What a configuration comes to.
pub struct Loaded {
    /// The protocols of the run.
    pub registry: Registry,
    /// The plugins that are used, those that come first for a key first.
    pub plugins: Vec<Plugin>,
}

/// Where dissectors come from.
enum Source {
    /// With the place of its entry in the configuration.
    Plugin(usize, Plugin),
    Builtin(&'static Builtin),
}

impl Source {
    fn is_called(&self, name: &str) -> bool {
        match self {
            Source::Plugin(_, plugin) => plugin.name() == name || plugin.protocols().iter().any(|p| p.name == name),
            Source::Builtin(builtin) => builtin.protocol.name == name,
        }
    }
}

/// Makes the registry of a run: the plugins of `config`, then every linked-in dissector, but first of all those that
/// `precedence` names. So where two claim a key, the one that comes first has it.
///
/// Everything that is wrong is told at once. With `absent`, plugins that are switched off are loaded too, to know what
/// they would claim; none of them is used.
pub fn load(config: &Config, absent: bool) -> Result<Loaded, ConfigErrors> {
    let (mut registry, mut errors) = (Registry::new(), Vec::new());
    let mut sources = open_all(config, absent, &mut registry, &mut errors);
    sources.extend(Builtin::all().into_iter().map(Source::Builtin));
    let rank = |source: &Source| config.precedence.iter().position(|name| source.is_called(&name.value));
    sources.sort_by_key(|source| rank(source).unwrap_or(usize::MAX));
    errors.extend(unknown_names(config, &registry, &sources));
    let mut used = Vec::new();
    for source in sources {
        match source {
            Source::Builtin(builtin) => {
                let added = registry.add_builtin(builtin, |name| config.unused(None, name));
                errors.extend(added.err().map(ConfigError::new));
            }
            Source::Plugin(at, plugin) => {
                errors.extend(add(&mut registry, config, &config.plugins[at], &plugin).err());
                used.push((at, plugin));
            }
        }
    }
    for (at, plugin) in &used {
        configure(&mut registry, &config.plugins[*at], plugin, &mut errors);
    }
    for setting in &config.settings {
        let (name, value) = &setting.value;
        errors.extend(registry.set(name, value).err().map(|e| setting.error(e)));
    }
    for binding in &config.decode_as {
        let Binding { table, key, dissector } = &binding.value;
        errors.extend(registry.bind(table, *key, dissector, Why::DecodeAs).err().map(|e| binding.error(e)));
    }
    match errors.is_empty() {
        true => Ok(Loaded { registry, plugins: used.into_iter().map(|(_, plugin)| plugin).collect() }),
        false => Err(ConfigErrors(errors)),
    }
}

/// Loads the plugins that are switched on; of the others it notes that they are not there.
fn open_all(config: &Config, absent: bool, registry: &mut Registry, errors: &mut Vec<ConfigError>) -> Vec<Source> {
    let (sandbox, mut sources) = (Sandbox::new(), Vec::new());
    for (at, entry) in config.plugins.iter().enumerate() {
        let off = match entry.enabled.value {
            true => config.switched_off(&entry.label()),
            false => Some(format!("{} = false", entry.enabled.origin())),
        };
        if off.is_some() && !absent {
            continue;
        }
        let plugin = match (open(entry, &sandbox), &off) {
            (Ok(plugin), _) => plugin,
            (Err(e), None) => {
                errors.push(e);
                continue;
            }
            // What can't be loaded is no error as long as it is switched off.
            (Err(_), Some(_)) => continue,
        };
        match off.or_else(|| config.switched_off(plugin.name())) {
            None => sources.push(Source::Plugin(at, plugin)),
            Some(reason) => {
                for protocol in plugin.protocols() {
                    registry.add_absent(protocol.clone(), origin(&plugin, entry), reason.clone());
                }
            }
        }
    }
    sources
}

/// The SHA-256 of some bytes, as `plugins.toml` writes it.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// Loads one plugin and holds it against its entry.
fn open(entry: &PluginEntry, sandbox: &Sandbox) -> Result<Plugin, ConfigError> {
    let path = entry.path()?;
    let bytes = std::fs::read(&path).map_err(|e| entry.error(format!("{}: {e}", path.display())))?;
    if let Some(wanted) = &entry.sha256
        && Sha256::digest(&bytes)[..] != wanted.value
    {
        let text = format!("the SHA-256 of {} is {}; it is not loaded", path.display(), sha256(&bytes));
        return Err(wanted.error(text));
    }
    let plugin = if path.extension().is_some_and(|e| e == DLL_EXTENSION) {
        if entry.sha256.is_none() {
            return Err(entry.error(format!(
                "{}: a native plugin runs without a sandbox; if you trust this one, say so in plugins.toml: sha256 = \"{}\"",
                path.display(),
                sha256(&bytes),
            )));
        }
        native::load(&bytes, &path, &entry.limits)
    } else {
        sandbox.load_bytes(&bytes, &path, &entry.limits, entry.wasi)
    };
    let plugin = plugin.map_err(|e| entry.error(e))?;
    if let Some(wanted) = &entry.version
        && !wanted.value.matches(plugin.version())
    {
        let (wants, is) = (&wanted.value, plugin.version());
        return Err(wanted.error(format!("{} is version {is}, which is not {wants}", path.display())));
    }
    match &entry.name {
        Some(name) if name != plugin.name() => {
            Err(entry.error(format!("{} is called {}, not {name}", path.display(), plugin.name())))
        }
        _ => Ok(plugin),
    }
}

fn origin(plugin: &Plugin, entry: &PluginEntry) -> Origin {
    Origin::Plugin(Arc::new(prosector_engine::Plugin {
        name: plugin.name().to_owned(),
        version: plugin.version().to_string(),
        file: plugin.file().display().to_string(),
        max_faults: entry.limits.faults,
        ..Default::default()
    }))
}

/// Names in `disabled`, `only` and `precedence` that nothing has.
fn unknown_names(config: &Config, registry: &Registry, sources: &[Source]) -> Vec<ConfigError> {
    let is_known = |name: &str| {
        sources.iter().any(|source| source.is_called(name))
            || registry.absent().iter().any(|a| a.protocol.name == name)
            || config.plugins.iter().any(|entry| entry.label() == name)
    };
    let names = || {
        let labels = config.plugins.iter().map(PluginEntry::label);
        labels.chain(Builtin::all().into_iter().map(|b| b.protocol.name.to_string()))
    };
    let all = config.disabled.iter().chain(&config.only).chain(&config.precedence);
    all.filter(|name| !is_known(&name.value))
        .map(|n| n.error(format!("no plugin or dissector is called {}{}", n.value, nearest(&n.value, names()))))
        .collect()
}

fn add(registry: &mut Registry, config: &Config, entry: &PluginEntry, plugin: &Plugin) -> Result<(), ConfigError> {
    let unused = |name: &str| config.unused(Some(plugin.name()), name);
    let worker = plugin.clone();
    let make = Box::new(move || Ok(worker.instantiate()));
    registry.add(plugin.protocols().to_vec(), origin(plugin, entry), unused, make).map_err(|e| entry.error(e))
}

/// Applies an entry's settings and claims. Where a plugin has several protocols, a setting goes to the one that declares
/// it, a key to the one that claims others of the same table.
fn configure(registry: &mut Registry, entry: &PluginEntry, plugin: &Plugin, errors: &mut Vec<ConfigError>) {
    let used: Vec<_> = plugin.protocols().iter().filter(|p| registry.find_protocol(&p.name).is_some()).collect();
    let Some(first) = used.first() else { return };
    for setting in &entry.settings {
        let (name, value) = &setting.value;
        let full = match name.split_once('.') {
            Some((protocol, _)) if used.iter().any(|p| p.name == protocol) => name.clone(),
            _ => {
                let owner = used.iter().find(|p| p.settings.iter().any(|s| s.name == *name)).unwrap_or(first);
                format!("{}.{name}", owner.name)
            }
        };
        errors.extend(registry.set(&full, value).err().map(|e| setting.error(e)));
    }
    for claim in &entry.claims {
        let (table, key) = &claim.value;
        let owner = used.iter().find(|p| p.claims.iter().any(|c| c.table == *table)).unwrap_or(first);
        errors.extend(registry.bind(table, *key, &owner.name, Why::Configured).err().map(|e| claim.error(e)));
    }
}
