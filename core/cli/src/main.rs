//! The `prosector` command: reads its arguments, puts the crates together and tells people what went wrong.
//!
//! Invariant: what was asked for goes to standard output and nothing else does; every message is one line on standard
//! error; the exit status is 0, 1 (an input could not be read to its end) or 2 (the call is wrong).

mod list;
mod read;

use clap::{Args, Parser, Subcommand};
use prosector_engine::Registry;
use prosector_loader::{Config, PluginEntry};
use std::path::PathBuf;
use std::process::ExitCode;

/// A packet dissector that you extend with plugins.
#[derive(Parser)]
#[command(name = "prosector", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Dissect capture files (pcap, pcapng; also gzip, zstd, lz4) and print what is in them
    Read(read::ReadArgs),
    /// List the protocols, fields, dispatch tables or plugins that there are
    List(list::ListArgs),
    /// Make packages
    #[command(subcommand)]
    Package(Package),
}

#[derive(Subcommand)]
enum Package {
    /// Make a plugin file of a module that was compiled for wasm32-unknown-unknown with the SDK
    Pack {
        /// The module
        module: PathBuf,
        /// Where to write the plugin
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
}

/// Which dissectors are used.
#[derive(Args)]
struct Dissectors {
    /// Which plugins to use; else ./plugins.toml, else plugins.toml in your configuration folder
    #[arg(long, value_name = "FILE")]
    plugins: Option<PathBuf>,
    /// Use this plugin too, before those of plugins.toml
    #[arg(long = "plugin", value_name = "FILE")]
    plugin: Vec<PathBuf>,
    /// Change a setting, like ip.check_checksum:true
    #[arg(short = 'o', value_name = "NAME:VALUE")]
    settings: Vec<String>,
}

impl Dissectors {
    fn registry(&self) -> Result<Registry, Failure> {
        let mut config = Config::find(self.plugins.as_deref()).map_err(Failure::usage)?;
        config.plugins.splice(0..0, self.plugin.iter().cloned().map(PluginEntry::file));
        for setting in &self.settings {
            let Some((name, value)) = setting.split_once(':') else {
                return Err(Failure::usage(format!("-o {setting}: expected NAME:VALUE, like ip.check_checksum:true")));
            };
            config.settings.push((name.to_owned(), value.to_owned()));
        }
        let registry = prosector_loader::load(&config).map_err(Failure::usage)?;
        for clash in registry.clashes() {
            // A plugin that takes a linked-in dissector's key is what plugins are for; two plugins are a surprise.
            let is_plugin = |id| matches!(registry.origin(id), prosector_engine::Origin::Plugin(_));
            if is_plugin(clash.other) || !is_plugin(clash.owner) {
                let who = |id| format!("{} ({})", registry.protocol(id).name, registry.origin(id));
                let (owner, other) = (who(clash.owner), who(clash.other));
                message(&format!("{} {}: {other} wants it too, {owner} has it", clash.table, clash.key));
            }
        }
        Ok(registry)
    }
}

/// Why the command ends, and with which status.
struct Failure {
    text: String,
    status: u8,
}

impl Failure {
    fn usage(e: impl std::fmt::Display) -> Failure {
        Failure { text: e.to_string(), status: 2 }
    }

    fn input(e: impl std::fmt::Display) -> Failure {
        Failure { text: e.to_string(), status: 1 }
    }
}

/// Tells people something, in one line, whatever a plugin or file may have put into it.
fn message(text: &str) {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut line = Vec::new();
    prosector_sdk::value::write_text(lines.join("; ").as_bytes(), &mut line);
    eprintln!("prosector: {}", String::from_utf8_lossy(&line));
}

fn main() -> ExitCode {
    prosector_builtin::link();
    let default_hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // A dissector's panic is contained and told as a fault of that dissector.
        if !prosector_engine::is_dissecting() {
            default_hook(panic);
        }
    }));
    let outcome = match Cli::parse().command {
        Command::Read(args) => read::run(&args),
        Command::List(args) => list::run(&args),
        Command::Package(Package::Pack { module, output }) => pack(&module, &output),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.text.is_empty() {
                message(&failure.text);
            }
            ExitCode::from(failure.status)
        }
    }
}

fn pack(module: &std::path::Path, output: &std::path::Path) -> Result<(), Failure> {
    let bytes = std::fs::read(module).map_err(|e| Failure::input(format!("{}: {e}", module.display())))?;
    let component =
        prosector_package::pack(&bytes).map_err(|e| Failure::input(format!("{}: {e}", module.display())))?;
    if let Some(folder) = output.parent() {
        std::fs::create_dir_all(folder).map_err(|e| Failure::input(format!("{}: {e}", folder.display())))?;
    }
    std::fs::write(output, component).map_err(|e| Failure::input(format!("{}: {e}", output.display())))
}
