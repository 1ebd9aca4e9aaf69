//! Which dissectors a command uses: `plugins.toml`, and what the command line adds to it.

use crate::{Failure, message};
use clap::Args;
use prosector_engine::{Origin, Registry, RegistryError, Why};
use prosector_loader::{Binding, Config, Loaded, Located, PluginEntry, Watch};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Which dissectors are used.
#[derive(Args)]
#[command(next_help_heading = "Dissectors")]
pub(crate) struct Dissectors {
    /// Which plugins to use; else ./plugins.toml, else plugins.toml in your configuration folder
    #[arg(long, value_name = "FILE")]
    plugins: Option<PathBuf>,
    /// Load exactly what plugins.lock and digests in plugins.toml say, or stop
    #[arg(long)]
    locked: bool,
    /// Use this plugin too, before those of plugins.toml
    #[arg(long = "plugin", value_name = "FILE")]
    plugin: Vec<PathBuf>,
    /// Don't use this plugin or dissector; several are parted by commas
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    disable: Vec<String>,
    /// Use only these plugins and dissectors, parted by commas
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// Decode what has this key in a dispatch table as a protocol, like udp.port==4500,acme
    #[arg(short = 'd', value_name = "TABLE==KEY,NAME")]
    decode_as: Vec<String>,
    /// Keep what -d says, in the plugins.toml that is used
    #[arg(long, requires = "decode_as")]
    save: bool,
    /// Decrypt with the secrets in this file, as browsers and curl write them to SSLKEYLOGFILE
    #[arg(long, value_name = "FILE")]
    keylog: Option<PathBuf>,
    /// Change a setting, like ip.check_checksum:true
    #[arg(short = 'o', value_name = "NAME:VALUE")]
    settings: Vec<String>,
}

/// What is used, and what says so.
pub(crate) struct Chosen {
    pub registry: Registry,
    pub plugins: Vec<prosector_loader::Plugin>,
    pub config: Config,
    /// The files, as they were before they were read.
    pub watch: Watch,
}

impl Dissectors {
    /// Loads what is to be used and keeps what is to be kept. With `absent`, also loads what is switched off, to know what
    /// that would claim.
    pub fn load(&self, absent: bool) -> Result<Chosen, Failure> {
        let chosen = self.reload(absent, self.plugins.as_deref())?;
        if self.save {
            let Some(file) = chosen.config.file.clone().or_else(Config::user_file) else {
                return Err(Failure::usage("--save: there is no configuration folder; name a file with --plugins"));
            };
            let bindings = self.bindings()?;
            prosector_loader::save(&file, &bindings).map_err(Failure::usage)?;
            message(&format!("{}: saved", file.display()));
        }
        Ok(chosen)
    }

    fn bindings(&self) -> Result<Vec<Binding>, Failure> {
        let parse = |text: &String| Binding::parse(text).map_err(|e| Failure::usage(format!("-d {e}")));
        self.decode_as.iter().map(parse).collect()
    }

    /// Loads what is to be used, as this file says, and tells of keys that two want.
    pub fn reload(&self, absent: bool, file: Option<&Path>) -> Result<Chosen, Failure> {
        let mut config = Config::find(file)?;
        let named: Vec<_> =
            self.plugin.iter().map(|file| PluginEntry::file(file.clone(), &config.limits, "--plugin")).collect();
        config.plugins.splice(0..0, named);
        let located = |names: &[String], option: &str| -> Vec<Located<String>> {
            names.iter().map(|name| Located::new(name.clone(), option)).collect()
        };
        config.locked = self.locked;
        config.disabled.extend(located(&self.disable, "--disable"));
        config.only = located(&self.only, "--only");
        for text in &self.settings {
            let Some((name, value)) = text.split_once(':') else {
                return Err(Failure::usage(format!("-o {text}: expected NAME:VALUE, like ip.check_checksum:true")));
            };
            config.settings.push(Located::new((name.to_owned(), value.to_owned()), format!("-o {text}")));
        }
        for (binding, text) in self.bindings()?.into_iter().zip(&self.decode_as) {
            config.decode_as.push(Located::new(binding, format!("-d {text}")));
        }
        let watch = Watch::new(&config);
        let Loaded { mut registry, plugins, warnings } = prosector_loader::load(&config, absent)?;
        warnings.iter().for_each(|warning| message(warning));
        if let Some(file) = &self.keylog {
            let text = std::fs::read(file).map_err(|e| Failure::usage(format!("--keylog {}: {e}", file.display())))?;
            set_keylog(&mut registry, &String::from_utf8_lossy(&text)).map_err(Failure::usage)?;
        }
        tell_clashes(&registry);
        Ok(Chosen { registry, plugins, config, watch })
    }
}

/// Gives secrets to every protocol that takes some: those with a setting `keylog`.
fn set_keylog(registry: &mut Registry, secrets: &str) -> Result<(), RegistryError> {
    let takes = |id: &u16| registry.protocol(*id).settings.iter().any(|setting| setting.name == "keylog");
    let names: Vec<String> =
        (0..registry.len() as u16).filter(takes).map(|id| format!("{}.keylog", registry.protocol(id).name)).collect();
    names.iter().try_for_each(|name| registry.set(name, secrets))
}

/// Tells of keys that two plugins claim, or two linked-in dissectors. A plugin that takes a linked-in dissector's key is
/// what plugins are for.
fn tell_clashes(registry: &Registry) {
    let mut clashes: BTreeMap<(u16, u16, &str), Vec<u64>> = BTreeMap::new();
    for clash in registry.clashes() {
        let Some(owner) = registry.owner(&clash.table, clash.key) else { continue };
        let is_plugin = |id| matches!(registry.origin(id), Origin::Plugin(_));
        if owner.why == Why::Declared && (is_plugin(clash.other) || !is_plugin(owner.protocol)) {
            clashes.entry((owner.protocol, clash.other, &clash.table)).or_default().push(clash.key);
        }
    }
    for ((owner, other, table), keys) in clashes {
        let who = |id| format!("{} ({})", registry.protocol(id).name, registry.origin(id));
        let more = if keys.len() > 1 { format!(" and {} more keys of it", keys.len() - 1) } else { String::new() };
        message(&format!(
            "{table} {} (0x{:x}){more}: claimed by {} and by {}; the first has it, by the order in plugins.toml or its \
             `precedence`",
            keys[0],
            keys[0],
            who(owner),
            who(other),
        ));
    }
}
