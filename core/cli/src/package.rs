//! `prosector package`: plugins on their way from who writes them to who uses them.

use crate::plugin::size;
use crate::{Failure, message, print};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use prosector_loader::{Config, trust_key, write_file};
use prosector_package::{About, Package, PackageName, PublicKey, Request, SecretKey, Trust, TrustedKey, Verdict};
use prosector_registry::{Fetched, Options, Project, RegistryError};
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub(crate) enum PackageCommand {
    /// Build and test a plugin's folder, and make the one file of it that is published; or make a plugin of a compiled module
    Pack {
        /// The folder; or a module that was compiled for wasm32-unknown-unknown with the SDK
        #[arg(value_name = "FOLDER|MODULE", default_value = ".")]
        path: PathBuf,
        /// Where to write it; else build/NAME-VERSION.wasm in the folder
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Show what a package says of itself, what it has in it, and what it wants from its host; nothing of it is run
    Inspect {
        /// The package
        file: PathBuf,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a key to sign with: NAME.key, which is yours alone, and NAME.pub, which everybody may have
    Keygen {
        /// The name of both files, without the end
        #[arg(default_value = "prosector")]
        name: PathBuf,
        /// Keep the key without a password, for machines that sign
        #[arg(long)]
        no_password: bool,
    },
    /// Sign a package, in its file; the password is asked for, or taken from PROSECTOR_KEY_PASSWORD
    Sign {
        /// The package
        file: PathBuf,
        /// Your key
        #[arg(long, value_name = "FILE", default_value = "prosector.key")]
        key: PathBuf,
    },
    /// Check a package's signature, with a key or with all that are trusted here
    Verify {
        /// The package
        file: PathBuf,
        /// The public key, or its file; else the keys of trust.toml beside plugins.toml
        #[arg(long, value_name = "KEY|FILE")]
        key: Option<String>,
        #[command(flatten)]
        here: Here,
    },
    /// Trust a key for packages: write it into trust.toml beside plugins.toml
    Trust {
        /// The public key, or its file
        #[arg(value_name = "KEY|FILE")]
        key: String,
        /// Whose it is
        #[arg(long)]
        name: String,
        /// What it may sign: NAME, NAMESPACE/NAME, NAMESPACE/* or *; several are parted by commas
        #[arg(long = "for", value_name = "PACKAGES", value_delimiter = ',', required = true)]
        packages: Vec<String>,
        #[command(flatten)]
        here: Here,
    },
    /// Put a package into a registry
    Publish {
        /// The package
        file: PathBuf,
        /// Replace this version, if there is another one of the same number
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        from: From,
    },
    /// Find packages by a part of their names or descriptions
    Search {
        /// The part
        #[arg(default_value = "")]
        text: String,
        #[command(flatten)]
        from: From,
    },
    /// Install packages: check, test, and name them in plugins.toml and plugins.lock; without a name, all that these name
    Install {
        /// NAME, NAME@REQUIREMENT like acme@^0.1, or the FILE of a package
        #[arg(value_name = "NAME[@REQ]|FILE")]
        packages: Vec<String>,
        #[command(flatten)]
        how: How,
        /// Nothing may change in plugins.lock: only what it names is fetched
        #[arg(long, conflicts_with = "packages")]
        locked: bool,
        #[command(flatten)]
        from: From,
    },
    /// Install the newest versions that plugins.toml allows
    Update {
        /// Only these packages
        names: Vec<PackageName>,
        #[command(flatten)]
        how: How,
        #[command(flatten)]
        from: From,
    },
    /// Take packages out of plugins.toml and plugins.lock
    Remove {
        /// The packages
        #[arg(required = true)]
        names: Vec<PackageName>,
        #[command(flatten)]
        here: Here,
    },
    /// List the packages of plugins.toml, with what plugins.lock says of them
    List {
        /// As JSON, one array
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        here: Here,
    },
    /// List packages that have newer versions
    Outdated {
        /// As JSON, one array
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        from: From,
    },
    /// Write installed packages into one file, for a site without a network
    Bundle {
        /// Only these packages
        names: Vec<PackageName>,
        /// Where to write it
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
        #[command(flatten)]
        here: Here,
    },
    /// Install the packages of a bundle
    Unbundle {
        /// The bundle
        file: PathBuf,
        /// Take its plugins.toml and trust.toml over too, where there are none: you know who made it
        #[arg(long)]
        trust: bool,
        #[command(flatten)]
        how: How,
        #[command(flatten)]
        here: Here,
    },
}

/// Where packages are used.
#[derive(Args)]
pub(crate) struct Here {
    /// The plugins.toml; else ./plugins.toml, else plugins.toml in your configuration folder
    #[arg(long, value_name = "FILE")]
    plugins: Option<PathBuf>,
}

/// Where packages come from.
#[derive(Args)]
pub(crate) struct From {
    /// A folder, file://…, git+https://… or oci://HOST/PATH, instead of what plugins.toml says
    #[arg(long, value_name = "LOCATION")]
    registry: Option<String>,
    #[command(flatten)]
    here: Here,
}

/// What may be.
#[derive(Args)]
pub(crate) struct How {
    /// Install a version that is older than the one in plugins.lock
    #[arg(long)]
    downgrade: bool,
    /// Give a package what it asks for beyond what it would get: limits, WASI
    #[arg(long)]
    grant: bool,
}

impl std::convert::From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Failure {
        Failure::new(error.0, 1)
    }
}

fn options(from: Option<&From>, how: Option<&How>, locked: bool) -> Options {
    Options {
        registry: from.and_then(|from| from.registry.clone()),
        downgrade: how.is_some_and(|how| how.downgrade),
        grant: how.is_some_and(|how| how.grant),
        locked,
    }
}

pub(crate) fn run(command: &PackageCommand) -> Result<(), Failure> {
    match command {
        PackageCommand::Pack { path, output } if path.is_file() => {
            let file = output.clone().unwrap_or_else(|| path.with_extension("plugin.wasm"));
            let bytes = std::fs::read(path).map_err(|e| named(path, e))?;
            let component = prosector_package::pack(&bytes).map_err(|e| named(path, e))?;
            write(&file, &component)
        }
        PackageCommand::Pack { path, output } => pack(path, output.as_deref()),
        PackageCommand::Inspect { file, json } => inspect(file, *json),
        PackageCommand::Keygen { name, no_password } => keygen(name, *no_password),
        PackageCommand::Sign { file, key } => sign(file, key),
        PackageCommand::Verify { file, key, here } => verify(file, key.as_deref(), here),
        PackageCommand::Trust { key, name, packages, here } => trust(key, name, packages, here),
        PackageCommand::Publish { file, force, from } => publish(file, *force, from),
        PackageCommand::Search { text, from } => {
            let project = Project::open(from.here.plugins.as_deref())?;
            let mut lines = String::new();
            for registry in project.registries(&options(Some(from), None, false))? {
                for found in registry.search(text)? {
                    lines +=
                        &format!("{}\t{}\t{}\t{}\n", found.name, found.version, registry.location(), found.description);
                }
            }
            print(&lines)
        }
        PackageCommand::Install { packages, how, locked, from } => {
            install(packages, &options(Some(from), Some(how), *locked), &from.here)
        }
        PackageCommand::Update { names, how, from } => {
            let mut project = Project::open(from.here.plugins.as_deref())?;
            let (options, mut bar) = (options(Some(from), Some(how), false), Bar::default());
            let mut all = Vec::new();
            for only in if names.is_empty() { vec![None] } else { names.iter().map(Some).collect() } {
                all.extend(project.update(only, &options, &mut |what, at, of| bar.show(what, at, of)));
            }
            drop(bar);
            tell(all)
        }
        PackageCommand::Remove { names, here } => {
            let mut project = Project::open(here.plugins.as_deref())?;
            for name in names {
                project.remove(name)?;
                print(&format!("{name} removed from {}\n", project.file().display()))?;
            }
            Ok(())
        }
        PackageCommand::List { json, here } => list(*json, here),
        PackageCommand::Outdated { json, from } => outdated(*json, from),
        PackageCommand::Bundle { names, output, here } => {
            let project = Project::open(here.plugins.as_deref())?;
            let packages = prosector_registry::bundle(&project, names, output)?;
            let lines: String = packages.iter().map(|p| format!("  {} {}\n", p.name, p.version)).collect();
            print(&format!("{}:\n{lines}", output.display()))
        }
        PackageCommand::Unbundle { file, trust, how, here } => {
            let options = options(None, Some(how), false);
            tell(prosector_registry::unbundle(here.plugins.as_deref(), file, &options, *trust)?)
        }
    }
}

fn named(path: &Path, e: impl std::fmt::Display) -> Failure {
    Failure::input(format!("{}: {e}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_file(path, bytes).map_err(|e| named(path, e))
}

fn pack(folder: &Path, output: Option<&Path>) -> Result<(), Failure> {
    let package = prosector_kit::Package::open(folder)?;
    let (report, packed) = prosector_kit::pack(&package, output)?;
    print(&report.to_string())?;
    let Some(packed) = packed else {
        return Err(Failure::input("it does not pass its tests, so it is not packed"));
    };
    packed.missing.iter().for_each(|text| message(text));
    print(&format!("{}: {}, {}\n", packed.file.display(), packed.name, size(packed.size)))
}

/// Reads a package's file.
fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    prosector_package::read_file(file).map_err(|e| named(file, e))
}

fn inspect(file: &Path, as_json: bool) -> Result<(), Failure> {
    let bytes = read(file)?;
    let package = Package::read(&bytes).map_err(|e| named(file, e))?;
    let About { manifest, readme, samples } = &package.about;
    let digest = prosector_package::sha256(&bytes);
    let key = package.signature.as_ref().map(|signature| signature.key_id());
    if as_json {
        let mut object = json!(manifest);
        object["captures"] = samples
            .iter()
            .map(|s| json!({"name": s.name, "bytes": s.capture.len(), "origin": manifest.origin(&s.name), "expected": s.expected}))
            .collect();
        for (name, value) in [
            ("sha256", json!(digest)),
            ("bytes", json!(bytes.len())),
            ("signed_with", json!(key)),
            ("imports", json!(package.imports)),
            ("exports", json!(package.exports)),
            ("readme", json!(readme)),
        ] {
            object[name] = value;
        }
        return print(&format!("{object:#}\n"));
    }
    let mut text = format!("{} {}\n", manifest.name, manifest.version);
    let mut say = |name: &str, value: &str| {
        if !value.is_empty() {
            text += &format!("  {name}: {value}\n");
        }
    };
    say("description", &manifest.description);
    say("license", &manifest.license);
    say("authors", &manifest.authors.join(", "));
    say("repository", &manifest.repository);
    say("interface", &manifest.interface);
    say("size", &size(bytes.len()));
    say("sha256", &digest);
    say("signature", &key.map_or("none".into(), |key| format!("with key {key}, not checked here")));
    let limits: Vec<String> = manifest.limits.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    say("asks for", &limits.join(", "));
    say("imports", if package.imports.is_empty() { "nothing" } else { "" });
    say("imports", &package.imports.join(", "));
    for protocol in &manifest.protocols {
        let list = |key: &str| protocol[key].as_array().map(Vec::as_slice).unwrap_or_default();
        let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let claims: Vec<String> =
            list("claims").iter().map(|claim| format!("{} {}", word(&claim["table"]), word(&claim["key"]))).collect();
        say(&format!("protocol {}", word(&protocol["name"])), &word(&protocol["title"]));
        say("  claims", &claims.join(", "));
        for setting in list("settings") {
            say(&format!("  setting {}", word(&setting["name"])), &word(&setting["default"]));
        }
        let fields: Vec<String> =
            list("fields").iter().map(|field| format!("{} ({})", word(&field["name"]), word(&field["type"]))).collect();
        say("  fields", &fields.join(", "));
    }
    for sample in samples {
        let origin = match manifest.origin(&sample.name) {
            "" => "nothing says where it comes from",
            origin => origin,
        };
        say(&format!("capture {}", sample.name), &format!("{} bytes, {origin}", sample.capture.len()));
    }
    if let Some(readme) = readme {
        text += &format!("\n{}\n", readme.trim_end());
    }
    print(&text)
}

fn keygen(name: &Path, no_password: bool) -> Result<(), Failure> {
    let (key, public) = (name.with_added_extension("key"), name.with_added_extension("pub"));
    for file in [&key, &public] {
        if file.exists() {
            return Err(named(file, "is there already; a lost key can't be made again"));
        }
    }
    let password = match no_password {
        true => None,
        false => Some(password(&key, true)?),
    };
    let (secret, text) = prosector_package::keygen(password.as_deref()).map_err(Failure::input)?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&key).and_then(|mut file| file.write_all(secret.as_bytes()));
    written.map_err(|e| named(&key, e))?;
    std::fs::write(&public, &text).map_err(|e| named(&public, e))?;
    print(&format!(
        "{}: keep it; whoever has it signs in your name\n{}: give it to who is to trust you\n{text}",
        key.display(),
        public.display()
    ))
}

/// What the environment says, else what somebody types.
fn password(key: &Path, twice: bool) -> Result<String, Failure> {
    if let Ok(password) = std::env::var("PROSECTOR_KEY_PASSWORD") {
        return Ok(password);
    }
    let ask = |text: &str| {
        let no_terminal = |e| format!("{}: its password: {e}; PROSECTOR_KEY_PASSWORD may have it", key.display());
        rpassword::prompt_password(text).map_err(|e| Failure::input(no_terminal(e)))
    };
    let password = ask(&format!("Password of {}: ", key.display()))?;
    match twice && ask("Once more: ")? != password {
        true => Err(Failure::input("the passwords are not the same")),
        false => Ok(password),
    }
}

fn sign(file: &Path, key: &Path) -> Result<(), Failure> {
    let text = std::fs::read_to_string(key).map_err(|e| named(key, e))?;
    let bytes = read(file)?;
    Package::read(&bytes).and_then(|package| package.name()).map_err(|e| named(file, e))?;
    let password = if SecretKey::is_encrypted(&text) { Some(password(key, false)?) } else { None };
    let secret = SecretKey::parse(&text, password.as_deref()).map_err(|e| named(key, e))?;
    let signed = prosector_package::sign(&bytes, &secret).map_err(|e| named(file, e))?;
    let package = Package::read(&signed).map_err(|e| named(file, e))?;
    let id = package.signature.as_ref().map(|signature| signature.key_id()).unwrap_or_default();
    write(file, &signed)?;
    let About { manifest, .. } = &package.about;
    print(&format!("{}: {} {} is signed with key {id}\n", file.display(), manifest.name, manifest.version))
}

/// A public key, or the content of its file.
fn public_key(text: &str) -> Result<PublicKey, Failure> {
    let path = Path::new(text);
    match path.is_file() {
        true => {
            let content = std::fs::read_to_string(path).map_err(|e| named(path, e))?;
            PublicKey::parse(&content).map_err(|e| named(path, e))
        }
        false => PublicKey::parse(text).map_err(|e| Failure::usage(format!("{text}: {e}, or the name of one"))),
    }
}

fn verify(file: &Path, key: Option<&str>, here: &Here) -> Result<(), Failure> {
    let bytes = read(file)?;
    let package = Package::read(&bytes).map_err(|e| named(file, e))?;
    let trust = match key {
        Some(key) => {
            let key = public_key(key)?;
            Trust {
                keys: vec![TrustedKey {
                    name: format!("key {}", key.id()),
                    key,
                    packages: vec![prosector_package::Pattern::All],
                }],
            }
        }
        None => Config::find(here.plugins.as_deref())?.trusted()?,
    };
    let verdict = trust.check(prosector_package::Policy::Required, &package).map_err(|e| named(file, e))?;
    let About { manifest, .. } = &package.about;
    let by = if let Verdict::Signed { by, .. } = verdict { by } else { String::new() };
    print(&format!("{}: {} {}, signed by {by}\n", file.display(), manifest.name, manifest.version))
}

fn trust(key: &str, name: &str, packages: &[String], here: &Here) -> Result<(), Failure> {
    let key = public_key(key)?;
    let patterns = packages.iter().map(|text| text.parse()).collect::<Result<Vec<_>, _>>().map_err(Failure::usage)?;
    let project = Project::open(here.plugins.as_deref())?;
    let file = project.trust_file();
    let trusted = TrustedKey { key, name: name.to_owned(), packages: patterns };
    trust_key(&file, &trusted)?;
    print(&format!("{}: key {} of {name} may sign {}\n", file.display(), trusted.key.id(), packages.join(", ")))
}

fn publish(file: &Path, force: bool, from: &From) -> Result<(), Failure> {
    let bytes = read(file)?;
    let package = Package::read(&bytes).map_err(|e| named(file, e))?;
    let (name, version) = (package.name().map_err(|e| named(file, e))?, package.version().map_err(|e| named(file, e))?);
    let registry = match &from.registry {
        Some(location) => prosector_registry::Registry::open(location, Path::new(""), false)?.into(),
        None => Project::open(from.here.plugins.as_deref())?.registry(name.namespace(), &Options::default())?,
    };
    if package.signature.is_none() {
        message(&format!("{}: it is not signed; who asks for signatures can't install it", file.display()));
    }
    if package.about.samples.is_empty() {
        message(&format!(
            "{}: it has no captures to be tested with; `prosector package pack` puts them in",
            file.display()
        ));
    }
    let before = if force { registry.digest(&name, &version)? } else { None };
    let new = registry.publish(&package, force)?;
    if let Some(before) = before.filter(|_| new) {
        message(&format!("{name} {version}, SHA-256 {before}, is replaced: who has locked it is stopped"));
    }
    let what = if new { "published in" } else { "is already in" };
    print(&format!("{name} {version} {what} {}\n", registry.location()))
}

fn install(packages: &[String], options: &Options, here: &Here) -> Result<(), Failure> {
    let mut project = Project::open(here.plugins.as_deref())?;
    let mut bar = Bar::default();
    let mut progress = |what: &str, at, of| bar.show(what, at, of);
    if packages.is_empty() {
        let all = project.install_all(options, &mut progress);
        if all.is_empty() {
            return Err(Failure::input(format!("{} names no packages", project.file().display())));
        }
        return tell(all);
    }
    let mut all = Vec::new();
    for text in packages {
        all.push(if text.ends_with(".wasm") {
            project.install_file(Path::new(text), options)
        } else {
            let request: Request = text.parse().map_err(Failure::usage)?;
            project.install(&request, options, &mut progress)
        });
    }
    tell(all)
}

/// Says what is in its place now, then what could not be put there.
fn tell(all: Vec<Result<Fetched, RegistryError>>) -> Result<(), Failure> {
    let mut wrong = Vec::new();
    for one in all {
        match one {
            Err(RegistryError(texts)) => wrong.extend(texts),
            Ok(Fetched { locked, before, captures, signed_by, warnings }) => {
                let (name, version) = (&locked.name, &locked.version);
                warnings.iter().for_each(|text| message(&format!("{name} {version}: {text}")));
                let by = signed_by.map_or(String::new(), |by| format!(", signed by {by}"));
                let tested = match captures {
                    None => ", in its place already".into(),
                    Some(1) => ", 1 capture passed".into(),
                    Some(n) => format!(", {n} captures passed"),
                };
                let before = before.filter(|before| before != version).map_or(String::new(), |b| format!(" (was {b})"));
                print(&format!("{name} {version}{before}{tested}{by}\n"))?;
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failure::new(wrong, 1)) }
}

fn list(as_json: bool, here: &Here) -> Result<(), Failure> {
    let project = Project::open(here.plugins.as_deref())?;
    let (mut rows, mut lines) = (Vec::new(), String::new());
    for listed in project.list() {
        let wanted = listed.wanted.as_ref().map(ToString::to_string);
        let locked = listed.locked.as_ref();
        let state = match (locked, listed.cached) {
            _ if !listed.enabled => "switched off",
            (None, _) => "not installed",
            (_, false) => "not in the cache",
            _ => "ready",
        };
        let version = locked.map_or("-".into(), |locked| locked.version.to_string());
        let source = locked.map_or("-", |locked| &*locked.source);
        lines += &format!("{}\t{version}\t{}\t{state}\t{source}\n", listed.name, wanted.as_deref().unwrap_or("*"));
        rows.push(json!({"name": listed.name, "wanted": wanted, "locked": locked, "state": state}));
    }
    print(&if as_json { format!("{:#}\n", Value::Array(rows)) } else { lines })
}

fn outdated(as_json: bool, from: &From) -> Result<(), Failure> {
    let project = Project::open(from.here.plugins.as_deref())?;
    let (mut rows, mut lines, mut wrong) = (Vec::new(), String::new(), Vec::new());
    for one in project.outdated(&options(Some(from), None, false)) {
        match one {
            Err(RegistryError(texts)) => wrong.extend(texts),
            Ok(found) => {
                let [locked, allowed, newest] = [&found.locked, &found.allowed, &found.newest].map(ToString::to_string);
                lines += &format!("{}\t{locked}\t{allowed}\t{newest}\n", found.name);
                rows.push(json!({"name": found.name, "locked": locked, "allowed": allowed, "newest": newest}));
            }
        }
    }
    print(&if as_json { format!("{:#}\n", Value::Array(rows)) } else { lines })?;
    if wrong.is_empty() { Ok(()) } else { Err(Failure::new(wrong, 1)) }
}

/// The progress of transfers, where somebody watches.
#[derive(Default)]
struct Bar(Option<(String, ProgressBar)>);

impl Bar {
    fn show(&mut self, what: &str, at: u64, of: u64) {
        if !std::io::stderr().is_terminal() {
            return;
        }
        if self.0.as_ref().is_none_or(|(known, _)| known != what) {
            self.0 = Some((what.to_owned(), bar(what, of)));
        }
        if let Some((_, bar)) = &self.0 {
            bar.set_position(at);
        }
    }
}

fn bar(what: &str, of: u64) -> ProgressBar {
    let bar = ProgressBar::new(of).with_message(what.to_owned());
    match ProgressStyle::with_template("{msg} {bar:40} {bytes}/{total_bytes} {bytes_per_sec}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some((_, bar)) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
