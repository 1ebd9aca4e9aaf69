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
pub mod store;
mod wasi;
mod wasm;
mod watch;

pub use config::{
    Binding, Build, Config, ConfigError, ConfigErrors, Limits, Located, PackageFile, PluginEntry, RegistryEntry,
    TestSetup, trust_key,
};
pub use plugin::Plugin;
pub use prosector_package::sha256;
pub use save::{Edit, edit_file, save, write_file};
pub use wasm::Sandbox;
pub use watch::Watch;

use prosector_engine::{Origin, Registry, Why, nearest};
use prosector_package::{Package, Policy, Trust, Verdict};
use prosector_sdk::declare::Protocol;
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
    /// What people are to know of plugins that are used all the same, one a line.
    pub warnings: Vec<String>,
}

/// Makes the registry of a run: first the protocols that `precedence` names, then those of the plugins of `config`, then
/// those that are linked in. So where two claim a key, the one that comes first has it.
///
/// Everything that is wrong is told at once. With `absent`, plugins that are switched off are loaded too, to know what
/// they would claim; none of them is used.
pub fn load(config: &Config, absent: bool) -> Result<Loaded, ConfigErrors> {
    let (mut registry, mut errors) = (Registry::new(), Vec::new());
    let mut warnings = Vec::new();
    if config.locked {
        errors.extend(config.unlocked());
    }
    let (used, off) = open_all(config, absent, &mut registry, &mut errors, &mut warnings);
    let mut protocols = Vec::new();
    for (entry, plugin) in &used {
        let (worker, origin) = (plugin.clone(), origin(plugin, &config.plugins[*entry]));
        let source = registry.add_source(Box::new(move || Ok(worker.instantiate())));
        for (at, protocol) in plugin.protocols().iter().enumerate() {
            protocols.push(Found { protocol, plugin: Some((*entry, plugin)), origin: origin.clone(), source, at });
        }
    }
    for builtin in Builtin::all() {
        let new = builtin.new;
        let source = registry.add_source(Box::new(move || Ok(vec![new()])));
        protocols.push(Found { protocol: builtin.protocol, plugin: None, origin: Origin::Builtin, source, at: 0 });
    }
    errors.extend(unknown_names(config, &registry, &protocols));
    let rank = |found: &Found<'_>| config.precedence.iter().position(|name| found.is_called(&name.value));
    protocols.sort_by_key(|found| rank(found).unwrap_or(usize::MAX));
    for Found { protocol, plugin, origin, source, at } in protocols {
        match config.unused(plugin.map(|(_, plugin)| plugin.name()), &protocol.name) {
            Some(reason) => registry.add_absent(protocol.clone(), origin, reason),
            None => {
                let error = |e| match plugin {
                    Some((entry, _)) => config.plugins[entry].error(e),
                    None => ConfigError::new(e),
                };
                errors.extend(registry.add_protocol(protocol.clone(), origin, source, at).err().map(error));
            }
        }
    }
    // What comes first has a key, so it is the last that takes it.
    let rank = |plugin: &Plugin| config.precedence.iter().position(|name| name.value == plugin.name());
    let mut in_turn: Vec<_> = used.iter().collect();
    in_turn.sort_by_key(|(_, plugin)| rank(plugin).unwrap_or(usize::MAX));
    for (at, plugin) in in_turn.into_iter().rev() {
        configure(&mut registry, &config.plugins[*at], plugin, &mut errors);
    }
    // What the file says of dissectors that are switched off now is for when they are on again.
    let is_off = |registry: &Registry, name: &str| {
        registry.find_protocol(name).is_none()
            && (off.iter().any(|o| o == name) || registry.absent().iter().any(|a| a.protocol.name == name))
    };
    for setting in &config.settings {
        let (name, value) = &setting.value;
        if said_in_file(setting) && name.split_once('.').is_some_and(|(protocol, _)| is_off(&registry, protocol)) {
            continue;
        }
        errors.extend(registry.set(name, value).err().map(|e| setting.error(e)));
    }
    for binding in &config.decode_as {
        let Binding { table, key, dissector } = &binding.value;
        if said_in_file(binding) && is_off(&registry, dissector) {
            continue;
        }
        errors.extend(registry.bind(table, *key, dissector, Why::DecodeAs).err().map(|e| binding.error(e)));
    }
    match errors.is_empty() {
        true => Ok(Loaded { registry, plugins: used.into_iter().map(|(_, plugin)| plugin).collect(), warnings }),
        false => Err(ConfigErrors(errors)),
    }
}

/// Not with an option: who says it there means this run.
fn said_in_file<T>(said: &Located<T>) -> bool {
    !said.origin().starts_with('-')
}

/// A protocol, and where its dissector comes from.
struct Found<'a> {
    protocol: &'a Protocol,
    /// The plugin, with the place of its entry in the configuration.
    plugin: Option<(usize, &'a Plugin)>,
    origin: Origin,
    source: usize,
    at: usize,
}

impl Found<'_> {
    fn is_called(&self, name: &str) -> bool {
        self.protocol.name == name || self.plugin.is_some_and(|(_, plugin)| plugin.name() == name)
    }
}

/// Loads the plugins that are switched on, each with its entry's place in the configuration; of the others it notes that
/// they are not there, and gives their names.
fn open_all(
    config: &Config,
    absent: bool,
    registry: &mut Registry,
    errors: &mut Vec<ConfigError>,
    warnings: &mut Vec<String>,
) -> (Vec<(usize, Plugin)>, Vec<String>) {
    let (sandbox, mut used, mut off) = (Sandbox::new(), Vec::new(), Vec::new());
    let asks = config.plugins.iter().any(|entry| config.policy(entry) != Policy::Off);
    let trust = if asks { config.trusted() } else { Ok(Trust::default()) };
    let trust = trust.unwrap_or_else(|ConfigErrors(wrong)| {
        errors.extend(wrong);
        Trust::default()
    });
    for (at, entry) in config.plugins.iter().enumerate() {
        let reason = match entry.enabled.value {
            true => config.switched_off(&entry.label()),
            false => Some(format!("{} = false", entry.enabled.origin())),
        };
        off.extend(reason.is_some().then(|| entry.label()));
        // Native code that is switched off is not run, not even to ask what it would claim.
        let is_native = || entry.path().is_ok_and(|path| path.extension().is_some_and(|e| e == DLL_EXTENSION));
        if reason.is_some() && (!absent || is_native()) {
            continue;
        }
        match (open(entry, config.policy(entry), &trust, &sandbox, warnings), reason) {
            (Ok(plugin), reason) => match reason.or_else(|| config.switched_off(plugin.name())) {
                None => used.push((at, plugin)),
                Some(reason) => {
                    for protocol in plugin.protocols() {
                        registry.add_absent(protocol.clone(), origin(&plugin, entry), reason.clone());
                    }
                }
            },
            (Err(e), None) => errors.push(e),
            // What can't be loaded is no error as long as it is switched off.
            (Err(_), Some(_)) => {}
        }
    }
    (used, off)
}

/// Loads one plugin and holds it against its entry, against the lock, and its signature against the policy.
fn open(
    entry: &PluginEntry,
    policy: Policy,
    trust: &Trust,
    sandbox: &Sandbox,
    warnings: &mut Vec<String>,
) -> Result<Plugin, ConfigError> {
    let path = entry.path()?;
    let bytes = std::fs::read(&path).map_err(|e| entry.error(format!("{}: {e}", path.display())))?;
    if let Some(wanted) = &entry.sha256
        && Sha256::digest(&bytes)[..] != wanted.value
    {
        let text = format!("the SHA-256 of {} is {}; it is not loaded", path.display(), sha256(&bytes));
        return Err(wanted.error(text));
    }
    let is_native = path.extension().is_some_and(|e| e == DLL_EXTENSION);
    if !is_native && (entry.package.is_some() || policy != Policy::Off) {
        let checked = believe(entry, policy, trust, &bytes);
        let warning = checked.map_err(|e| entry.error(format!("{}: {e}", entry.package_or(&path))))?;
        warnings.extend(warning.map(|text| entry.error(format!("{}: {text}", entry.package_or(&path))).to_string()));
    }
    let plugin = if is_native {
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

/// Holds a package against the lock, and its signature against the policy; what people are to know of it.
fn believe(
    entry: &PluginEntry,
    policy: Policy,
    trust: &Trust,
    bytes: &[u8],
) -> Result<Option<String>, prosector_package::PackageError> {
    let wrong = |text: String| Err(prosector_package::PackageError::new(text));
    if let Some(locked) = &entry.locked
        && sha256(bytes) != locked.sha256
    {
        let (file, lock) = (sha256(bytes), &locked.sha256);
        return wrong(format!("its SHA-256 is {file}, plugins.lock says {lock}; it is not loaded"));
    }
    let package = Package::read(bytes)?;
    if let Some(locked) = &entry.locked {
        let (name, version) = (package.name()?, package.version()?);
        if (&name, &version) != (&locked.name, &locked.version) {
            return wrong(format!("this file is {name} {version}; it is not loaded"));
        }
    }
    let signer = entry.locked.as_ref().and_then(|locked| locked.signer.as_ref());
    match trust.check(policy, &package)? {
        Verdict::Signed { key, .. } if signer.is_some_and(|signer| *signer != key) => {
            wrong("it is signed with another key than plugins.lock says; it is not loaded".into())
        }
        Verdict::Signed { .. } => Ok(None),
        Verdict::Passed(warning) => Ok(warning),
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
fn unknown_names(config: &Config, registry: &Registry, protocols: &[Found<'_>]) -> Vec<ConfigError> {
    let is_known = |name: &str| {
        protocols.iter().any(|found| found.is_called(name))
            || registry.absent().iter().any(|a| a.protocol.name == name)
            || config.plugins.iter().any(|entry| entry.label() == name)
    };
    let names = || {
        let labels = config.plugins.iter().map(PluginEntry::label);
        labels.chain(protocols.iter().map(|found| found.protocol.name.to_string()))
    };
    let builtins = || Builtin::all().into_iter().map(|b| b.protocol.name.to_string());
    let unknown = config.disabled.iter().chain(&config.only).chain(&config.precedence);
    let unknown = unknown
        .filter(|name| !is_known(&name.value))
        .map(|n| n.error(format!("no plugin or dissector is called {}{}", n.value, nearest(&n.value, names()))));
    let no_builtin = config
        .builtin_disabled
        .iter()
        .filter(|name| !builtins().any(|b| b == name.value))
        .map(|n| n.error(format!("no linked-in dissector is called {}{}", n.value, nearest(&n.value, builtins()))));
    unknown.chain(no_builtin).collect()
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
