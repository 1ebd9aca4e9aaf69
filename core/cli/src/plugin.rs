//! `prosector plugin`: writing one, and checking which are used.

use crate::{Dissectors, Failure, print};
use clap::{Args, Subcommand, ValueEnum};
use prosector_kit::{Carrier, KitError, Language, NewPackage, Package, Sdk};
use prosector_loader::Plugin;
use prosector_sdk::declare::Protocol;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

#[derive(Subcommand)]
pub(crate) enum PluginCommand {
    /// Make a new package: a dissector that works, with a capture and a test, to be changed into your own
    New(NewArgs),
    /// Build the package and make the one file that is loaded and passed on
    Build {
        #[command(flatten)]
        package: PackageArgs,
        /// Where to write the plugin; else build/NAME.wasm in the package's folder
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Build the package and hold its captures in tests/ against the trees that are expected of them
    Test {
        #[command(flatten)]
        package: PackageArgs,
        /// Make what came out the expectation
        #[arg(long)]
        bless: bool,
        /// Test this plugin file instead of building one
        #[arg(long, value_name = "FILE")]
        plugin: Option<PathBuf>,
    },
    /// Make a capture of PDUs that are written in hexadecimal, one a line (`<` before one: from server to client)
    Capture {
        /// The text; - is standard input
        text: PathBuf,
        /// What carries them: ethertype=0x88b5, ip.proto=253, udp.port=4500 or tcp.port=4500
        #[arg(long, value_name = "TABLE=KEY")]
        on: String,
        /// Where to write the capture
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Measure what its dissectors cost, in the sandbox and as native code, on its own captures
    Bench {
        #[command(flatten)]
        package: PackageArgs,
    },
    /// Try to make it fail with broken and made-up PDUs; what does is kept in tests/
    Fuzz {
        #[command(flatten)]
        package: PackageArgs,
        /// How long, in seconds
        #[arg(long, value_name = "SECONDS", default_value_t = 60)]
        time: u64,
        /// Do the same as another time
        #[arg(long, value_name = "NUMBER")]
        seed: Option<u64>,
    },
    /// Build and test it anew whenever one of its files changes
    Dev {
        #[command(flatten)]
        package: PackageArgs,
    },
    /// Load everything that plugins.toml names, say what it is, and what is wrong
    Check {
        #[command(flatten)]
        dissectors: Dissectors,
    },
}

#[derive(Args)]
pub(crate) struct PackageArgs {
    /// The package's folder
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
}

#[derive(Args)]
pub(crate) struct NewArgs {
    /// Its folder; the last part of that is the plugin's name
    name: PathBuf,
    /// What it is written in
    #[arg(long, value_enum, default_value = "rust")]
    lang: Lang,
    /// Where its PDUs are found: ethertype=0x88b5, ip.proto=253, udp.port=4500 or tcp.port=4500
    #[arg(long, value_name = "TABLE=KEY", default_value = "udp.port=4500")]
    on: String,
    /// The SDK: its folder, a version, or the address of a git repository; else the one that this program was built with
    #[arg(long)]
    sdk: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Lang {
    Rust,
    C,
}

impl From<KitError> for Failure {
    fn from(error: KitError) -> Failure {
        Failure::new(error.0, 1)
    }
}

pub(crate) fn run(command: &PluginCommand) -> Result<(), Failure> {
    match command {
        PluginCommand::New(args) => new(args),
        PluginCommand::Build { package, output } => {
            let package = Package::open(&package.folder)?;
            let built = prosector_kit::build(&package, output.as_deref())?;
            print(&format!("{}: {}\n{}", built.file.display(), size(built.size), about(&built.plugin)))
        }
        PluginCommand::Test { package, bless, plugin } => {
            let package = Package::open(&package.folder)?;
            let plugin = match plugin {
                Some(file) => prosector_kit::load(&package, file)?,
                None => prosector_kit::build(&package, None)?.plugin,
            };
            let report = prosector_kit::test(&package, &plugin, *bless)?;
            print(&report.to_string())?;
            if report.is_good() { Ok(()) } else { Err(Failure::new(Vec::new(), 1)) }
        }
        PluginCommand::Capture { text, on, output } => {
            let on = Carrier::parse(on).map_err(|e| Failure::usage(format!("--on {e}")))?;
            let failed = |e: std::io::Error| Failure::input(format!("{}: {e}", text.display()));
            let content = match text.as_os_str() == "-" {
                true => std::io::read_to_string(std::io::stdin()).map_err(failed)?,
                false => std::fs::read_to_string(text).map_err(failed)?,
            };
            let named = |e: KitError| Failure::input(format!("{}: {e}", text.display()));
            let capture = prosector_kit::capture_of(on, &content).map_err(named)?;
            std::fs::write(output, capture).map_err(|e| Failure::input(format!("{}: {e}", output.display())))
        }
        PluginCommand::Bench { package } => {
            let package = Package::open(&package.folder)?;
            let built = prosector_kit::build(&package, None)?;
            let rows = prosector_kit::bench(&package, &built.plugin)?;
            let rows: String = rows.iter().map(|row| format!("{row}\n")).collect();
            print(&format!("{}\n{rows}", prosector_kit::Measured::HEAD))
        }
        PluginCommand::Fuzz { package, time, seed } => {
            let package = Package::open(&package.folder)?;
            let built = prosector_kit::build(&package, None)?;
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            let seed = seed.unwrap_or(now.as_nanos() as u64 & 0xffff_ffff);
            let fuzzed = prosector_kit::fuzz(&package, &built.plugin, Duration::from_secs(*time), seed)?;
            let found: String = fuzzed.found.iter().map(|found| found.advice(&package)).collect();
            let count = fuzzed.found.len();
            let failures = if count == 1 { "failure" } else { "failures" };
            let end = format!("{} frames, {count} {failures} (--seed {})\n", fuzzed.frames, fuzzed.seed);
            print(&(found + &end))?;
            if count > 0 { Err(Failure::new(Vec::new(), 1)) } else { Ok(()) }
        }
        PluginCommand::Dev { package } => {
            prosector_kit::dev(&package.folder, |turn| {
                let said = match turn {
                    Ok(report) => print(&format!("{report}--- waiting for a change\n")),
                    Err(error) => {
                        Failure::from(error).tell();
                        print("--- waiting for a change\n")
                    }
                };
                said.is_ok()
            });
            Ok(())
        }
        PluginCommand::Check { dissectors } => check(dissectors),
    }
}

fn new(args: &NewArgs) -> Result<(), Failure> {
    let language = match args.lang {
        Lang::Rust => Language::Rust,
        Lang::C => Language::C,
    };
    let on = Carrier::parse(&args.on).map_err(|e| Failure::usage(format!("--on {e}")))?;
    let sdk = args.sdk.as_deref().map_or_else(|| Ok(Sdk::default_one()), Sdk::parse);
    let sdk = sdk.map_err(|e| Failure::usage(format!("--sdk {e}")))?;
    let package = NewPackage { folder: args.name.clone(), language, on, sdk };
    let files = prosector_kit::new(&package)?;
    let folder = args.name.display();
    let list: String = files.iter().map(|file| format!("  {folder}/{file}\n")).collect();
    print(&format!("{list}Next: prosector plugin test {folder}\n"))
}

pub(crate) fn size(bytes: usize) -> String {
    format!("{:.1} KiB", bytes as f64 / 1024.0)
}

/// What a plugin is and claims.
fn about(plugin: &Plugin) -> String {
    let mut text = format!("{} {}\n", plugin.name(), plugin.version());
    for protocol in plugin.protocols() {
        text += &format!("  {}: {}{}\n", protocol.name, protocol.title, claims(protocol));
    }
    text
}

fn check(dissectors: &Dissectors) -> Result<(), Failure> {
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
