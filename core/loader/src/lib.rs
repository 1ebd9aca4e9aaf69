//! Where dissectors come from: linked in, or a WebAssembly component in a sandbox; and which of them a run uses, as
//! `plugins.toml` says.
//!
//! Invariant: nothing that a plugin returns reaches the engine unchecked, and nothing that it does (trap, endless
//! loop, nonsense) is more than a [`Fault`](prosector_sdk::dissector::Fault).

mod cache;
mod check;
mod config;
mod wasm;

pub use config::{Config, ConfigError, PluginEntry};
pub use wasm::{Plugin, Sandbox};

use prosector_engine::{Origin, Registry};

/// Makes the registry of a run: the plugins of `config` in their order, then every linked-in dissector. So where two
/// claim a key, a plugin has it before a linked-in dissector, and of two plugins the one that is named first.
pub fn load(config: &Config) -> Result<Registry, ConfigError> {
    let mut registry = Registry::new();
    let entries: Vec<_> = config.plugins.iter().filter(|entry| entry.enabled).collect();
    if !entries.is_empty() {
        let sandbox = Sandbox::new()?;
        for entry in entries {
            let plugin = sandbox.load(&entry.file)?;
            for (dissector, protocol) in plugin.protocols().iter().enumerate() {
                let plugin = plugin.clone();
                let origin = Origin::Plugin(entry.file.display().to_string());
                let new = Box::new(move || plugin.instantiate(dissector as u32));
                registry.add(protocol.clone(), origin, new).map_err(|e| entry.error(e))?;
            }
            for (name, value) in &entry.settings {
                let owner = plugin.protocols().iter().find(|p| p.settings.iter().any(|s| s.name == *name));
                let owner = owner.map_or(&plugin.protocols()[0].name, |p| &p.name);
                registry.set(&format!("{owner}.{name}"), value).map_err(|e| entry.error(e))?;
            }
        }
    }
    registry.add_builtins(&config.disabled).map_err(ConfigError::new)?;
    for (name, value) in &config.settings {
        registry.set(name, value).map_err(ConfigError::new)?;
    }
    Ok(registry)
}
