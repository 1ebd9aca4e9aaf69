//! Bundles: everything that a `plugins.toml` names in one file, for a site without a network. A tar file without compression, so
//! that nothing in it can be larger than it looks: `plugins.toml`, `plugins.lock`, `trust.toml`, and `packages/SHA-256.wasm`.

use crate::project::{Fetched, Options, Project};
use crate::{Listed, RegistryError};
use prosector_loader::{Config, sha256, store, write_file};
use prosector_package::{Lock, Locked, MAX_PACKAGE, PackageName, Policy, read_file};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes of a text in a bundle, and of a whole bundle.
const MAX_TEXT: u64 = 4 << 20;
const MAX_BUNDLE: u64 = 512 << 20;
const NAMES: [&str; 3] = ["plugins.toml", "plugins.lock", "trust.toml"];

/// Writes packages into one file: those that are named, else all that `plugins.toml` has. Gives what is in it.
pub fn bundle(project: &Project, only: &[PackageName], output: &Path) -> Result<Vec<Locked>, RegistryError> {
    let listed = project.list();
    if let Some(unknown) = only.iter().find(|name| listed.iter().all(|listed| listed.name != **name)) {
        return Err(RegistryError::new(format!("{} has no package {unknown}", project.file().display())));
    }
    let mut lock = Lock::default();
    let mut files = Vec::new();
    for Listed { name, locked, .. } in listed.iter().filter(|l| only.is_empty() || only.contains(&l.name)) {
        let missing = || RegistryError::new(format!("{name} is not installed; `prosector package install` gets it"));
        let locked = locked.as_ref().filter(|_| project.lock().get(name).is_some()).ok_or_else(missing)?;
        let bytes = read_file(&store::file(&locked.sha256).ok_or_else(missing)?).map_err(|_| missing())?;
        if sha256(&bytes) != locked.sha256 {
            return Err(RegistryError::new(format!("{name}: its file in the cache is broken; remove and install it")));
        }
        lock.put(locked.clone());
        files.push((format!("packages/{}.wasm", locked.sha256), bytes));
    }
    if files.is_empty() {
        return Err(RegistryError::new(format!("{} has no packages", project.file().display())));
    }
    let mut texts = vec![("plugins.lock".to_owned(), lock.to_text().into_bytes())];
    for (name, path) in
        [("plugins.toml", Some(project.file().to_owned())), ("trust.toml", project.config().trust_file())]
    {
        if let Some(bytes) = path.filter(|path| path.is_file()).and_then(|path| std::fs::read(path).ok()) {
            texts.push((name.to_owned(), bytes));
        }
    }
    let pack = || -> std::io::Result<()> {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, bytes) in texts.iter().chain(&files) {
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, name, &bytes[..])?;
        }
        write_file(output, &tar.into_inner()?)
    };
    pack().map_err(|e| RegistryError::file(output, e))?;
    Ok(lock.packages)
}

/// Installs what a bundle has, as if it came from a registry. What the bundle says of trust is not believed, unless `trust` says
/// so: then its `plugins.toml` and `trust.toml` are taken over where there are none.
pub fn unbundle(
    plugins: Option<&Path>,
    input: &Path,
    options: &Options,
    trust: bool,
) -> Result<Vec<Result<Fetched, RegistryError>>, RegistryError> {
    let mut parts = read(input).map_err(|e| e.of(input.display()))?;
    let lock = text(&mut parts, "plugins.lock")?.ok_or_else(|| RegistryError::file(input, "it has no plugins.lock"))?;
    let lock = Lock::parse(&lock).map_err(|e| RegistryError::file(input, e))?;
    let (config, keys) = (text(&mut parts, "plugins.toml")?, text(&mut parts, "trust.toml")?);
    let mut files = Vec::new();
    for locked in &lock.packages {
        let bytes = parts.remove(&format!("packages/{}.wasm", locked.sha256));
        let bytes = bytes.filter(|bytes| sha256(bytes) == locked.sha256);
        let broken = || {
            RegistryError::file(input, format!("the file of {} {} is missing or broken", locked.name, locked.version))
        };
        files.push((locked, bytes.ok_or_else(broken)?));
    }
    if let Some(name) = parts.keys().next() {
        return Err(RegistryError::file(input, format!("{name} is in it, which plugins.lock does not name")));
    }
    let wanted: BTreeMap<PackageName, _> = match &config {
        Some(text) => {
            let config = Config::parse(text, Path::new("plugins.toml"))
                .map_err(|e| RegistryError::from(e).of(input.display()))?;
            let entries = config.plugins.into_iter();
            entries.filter_map(|entry| Some((entry.package?, entry.version?.value))).collect()
        }
        None => BTreeMap::new(),
    };
    let mut project = Project::open(plugins)?;
    if trust {
        let texts = [(Some(project.file().to_owned()), &config), (project.config().trust_file(), &keys)];
        for (path, text) in texts {
            if let (Some(path), Some(text)) = (path, text)
                && !path.exists()
            {
                write_file(&path, text.as_bytes()).map_err(|e| RegistryError::file(&path, e))?;
            }
        }
        drop(project);
        project = Project::open(plugins)?;
    }
    if project.policy() == Policy::Required && project.trust().keys.is_empty() {
        let file = project.config().trust_file().unwrap_or_default();
        let brought = match keys {
            Some(_) => "; --trust takes the keys that the bundle brings, if you know who made it",
            None => "",
        };
        return Err(RegistryError::file(
            &file,
            format!("no key is trusted here, so nothing can be installed{brought}"),
        ));
    }
    let mut results = Vec::new();
    for (locked, bytes) in files {
        let (name, version) = (&locked.name, &locked.version);
        let what = format!("{name} {version}");
        let taken = project
            .no_downgrade(name, version, options, &input.display().to_string())
            .and_then(|()| project.take(&bytes, (name, version), &locked.source, wanted.get(name), options));
        results.push(taken.map_err(|e| e.of(what)));
    }
    Ok(results)
}

/// The files of a bundle. Names are known ones, and sizes have a limit.
fn read(input: &Path) -> Result<BTreeMap<String, Vec<u8>>, RegistryError> {
    let file = File::open(input).map_err(RegistryError::new)?;
    if file.metadata().map_err(RegistryError::new)?.len() > MAX_BUNDLE {
        return Err(RegistryError::new(format!("it has more than {MAX_BUNDLE} bytes, which no bundle may have")));
    }
    let mut archive = tar::Archive::new(file.take(MAX_BUNDLE));
    let broken = |e: std::io::Error| RegistryError::new(format!("not a bundle, or broken: {e}"));
    let mut parts = BTreeMap::new();
    for entry in archive.entries().map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let digest = name.strip_prefix("packages/").and_then(|name| name.strip_suffix(".wasm"));
        let is_digest = |name: &str| name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit());
        let most = match digest {
            Some(digest) if is_digest(digest) => MAX_PACKAGE,
            _ if NAMES.contains(&&*name) => MAX_TEXT,
            _ => return Err(RegistryError::new(format!("it has a file {name:?}, which no bundle has"))),
        };
        if !entry.header().entry_type().is_file() || entry.size() > most {
            return Err(RegistryError::new(format!("{name:?} in it is no file of at most {most} bytes")));
        }
        let mut bytes = Vec::new();
        entry.take(most).read_to_end(&mut bytes).map_err(broken)?;
        if parts.insert(name.clone(), bytes).is_some() {
            return Err(RegistryError::new(format!("{name} is in it twice")));
        }
    }
    Ok(parts)
}

fn text(parts: &mut BTreeMap<String, Vec<u8>>, name: &str) -> Result<Option<String>, RegistryError> {
    let bytes = parts.remove(name);
    bytes
        .map(|bytes| String::from_utf8(bytes).map_err(|_| RegistryError::new(format!("{name} is not a text"))))
        .transpose()
}
