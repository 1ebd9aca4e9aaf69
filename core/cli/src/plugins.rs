//! `prosector plugins`.

use crate::{Dissectors, Failure, print};
use clap::Subcommand;
use prosector_sdk::declare::Protocol;
use std::collections::BTreeMap;

#[derive(Subcommand)]
pub(crate) enum PluginsCommand {
    /// Load everything that plugins.toml names, say what it is, and what is wrong
    Check {
        #[command(flatten)]
        dissectors: Dissectors,
    },
}

pub(crate) fn run(command: &PluginsCommand) -> Result<(), Failure> {
    let PluginsCommand::Check { dissectors } = command;
    let chosen = dissectors.load(true)?;
    let mut text = match &chosen.config.file {
        Some(file) => format!("{} is right\n", file.display()),
        None => "there is no plugins.toml; linked-in dissectors are used alone\n".into(),
    };
    for plugin in &chosen.plugins {
        text += &format!("{} {} ({})\n", plugin.name(), plugin.version(), plugin.file().display());
        for protocol in plugin.protocols() {
            text += &format!("  {}: {}{}\n", protocol.name, protocol.title, claims(protocol));
        }
    }
    for absent in chosen.registry.absent() {
        text += &format!("{} ({}) is not used: {}\n", absent.protocol.name, absent.origin, absent.reason);
    }
    print(&text)
}

/// `; claims udp.port 53 (0x35), 5353 (0x14e9)`
fn claims(protocol: &Protocol) -> String {
    let mut tables: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for claim in protocol.claims.iter() {
        tables.entry(&claim.table).or_default().push(format!("{} (0x{:x})", claim.key, claim.key));
    }
    let claims: Vec<String> = tables.iter().map(|(table, keys)| format!("{table} {}", keys.join(", "))).collect();
    if claims.is_empty() { String::new() } else { format!("; claims {}", claims.join("; ")) }
}
