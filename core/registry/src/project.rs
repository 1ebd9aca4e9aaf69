//! A `plugins.toml` with its `plugins.lock`, and what is done to both.

use crate::{Registry, RegistryError};
use prosector_kit::{TestReport, try_package};
use prosector_loader::{Config, Edit, Limits, PluginEntry, RegistryEntry, edit_file, sha256, store, write_file};
use prosector_package::{Lock, Locked, Package, PackageName, Policy, Request, Trust, Verdict, read_file};
use semver::{Version, VersionReq};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What a call says beside the package.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The registry, in place of those that `plugins.toml` names.
    pub registry: Option<String>,
    /// A version before the one in the lock may be installed.
    pub downgrade: bool,
    /// The package gets what it asks for beyond what it would have: limits, WASI.
    pub grant: bool,
    /// Nothing may change in the lock.
    pub locked: bool,
}

/// `plugins.toml` and `plugins.lock`. As long as this is there, nobody else changes them in this way.
pub struct Project {
    file: PathBuf,
    config: Config,
    lock: Lock,
    trust: Trust,
    /// Registries that were opened: a git repository is fetched once.
    opened: RefCell<BTreeMap<(PathBuf, String), Rc<Registry>>>,
    _guard: File,
}

/// A package that is in its place now.
#[derive(Debug)]
pub struct Fetched {
    /// What the lock says of it.
    pub locked: Locked,
    /// The version that was locked before.
    pub before: Option<Version>,
    /// Captures that it was tested with; `None` where it was in its place already.
    pub captures: Option<usize>,
    /// Who has signed it.
    pub signed_by: Option<String>,
    /// What people are to know, one a line.
    pub warnings: Vec<String>,
}

/// A package of `plugins.toml`.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its name.
    pub name: PackageName,
    /// The versions that are wanted.
    pub wanted: Option<VersionReq>,
    /// What the lock says of it.
    pub locked: Option<Locked>,
    /// Whether its file is there.
    pub cached: bool,
    /// Whether it is used.
    pub enabled: bool,
}

/// A package with newer versions than the locked one.
#[derive(Clone, Debug)]
pub struct Outdated {
    /// Its name.
    pub name: PackageName,
    /// The locked version.
    pub locked: Version,
    /// The newest that `plugins.toml` allows.
    pub allowed: Version,
    /// The newest that there is.
    pub newest: Version,
}

/// What a package's signature has shown.
struct Signed {
    by: Option<String>,
    key: Option<String>,
    /// What people are to know of it.
    warnings: Vec<String>,
}

/// What is told while bytes come: of what, how many, of how many.
pub(crate) type Progress<'a> = &'a mut dyn FnMut(&str, u64, u64);

impl Project {
    /// Opens the file that was named, else the one that a run would use, else the user's, which need not be there yet. Waits
    /// until nobody else is at it.
    pub fn open(named: Option<&Path>) -> Result<Project, RegistryError> {
        let here = PathBuf::from("plugins.toml");
        let file = match named {
            Some(file) => file.to_owned(),
            None if here.is_file() => here,
            None => Config::user_file().ok_or_else(|| {
                RegistryError::new("there is no configuration folder; name a plugins.toml with --plugins")
            })?,
        };
        let guard = guard(&file)?;
        let config = match file.is_file() {
            true => Config::read(&file)?,
            false => Config { file: Some(file.clone()), ..Config::default() },
        };
        let (lock, trust) = (Lock::read(&Lock::beside(&file))?, config.trusted()?);
        Ok(Project { file, config, lock, trust, opened: RefCell::default(), _guard: guard })
    }

    /// Its `plugins.toml`.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Its `trust.toml`, whether it is there or not.
    pub fn trust_file(&self) -> PathBuf {
        self.config.trust_file().unwrap_or_else(|| self.file.with_file_name("trust.toml"))
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn lock(&self) -> &Lock {
        &self.lock
    }

    pub(crate) fn trust(&self) -> &Trust {
        &self.trust
    }

    pub(crate) fn policy(&self) -> Policy {
        self.config.package_policy()
    }

    fn entry(&self, name: &PackageName) -> Option<&PluginEntry> {
        self.config.plugins.iter().find(|entry| entry.package.as_ref() == Some(name))
    }

    /// The registry of a namespace: what the call names, else what `plugins.toml` says.
    pub fn registry(&self, namespace: Option<&str>, options: &Options) -> Result<Rc<Registry>, RegistryError> {
        if let Some(location) = &options.registry {
            return self.open_registry(&absolute(location)?, Path::new(""), false);
        }
        let own = self.config.registries.iter().find(|entry| entry.namespace.as_deref() == namespace);
        let entry = own.or_else(|| self.config.registries.iter().find(|entry| entry.namespace.is_none()));
        match entry {
            Some(entry) => self.registry_of(entry),
            None => {
                let key = namespace.unwrap_or("default");
                Err(RegistryError::new(format!(
                    "{} names no registry for it; --registry does, or there: [registries] {key} = \"oci://registry.example.org/plugins\"",
                    self.file.display()
                )))
            }
        }
    }

    /// Every registry that is named.
    pub fn registries(&self, options: &Options) -> Result<Vec<Rc<Registry>>, RegistryError> {
        if options.registry.is_some() || self.config.registries.is_empty() {
            return Ok(vec![self.registry(None, options)?]);
        }
        self.config.registries.iter().map(|entry| self.registry_of(entry)).collect()
    }

    fn registry_of(&self, entry: &RegistryEntry) -> Result<Rc<Registry>, RegistryError> {
        let opened = self.open_registry(&entry.location.value, &entry.folder, entry.plain_http);
        opened.map_err(|e| e.of(entry.location.origin()))
    }

    fn open_registry(&self, location: &str, base: &Path, plain_http: bool) -> Result<Rc<Registry>, RegistryError> {
        let key = (base.to_owned(), format!("{location} {plain_http}"));
        if let Some(registry) = self.opened.borrow().get(&key) {
            return Ok(registry.clone());
        }
        let registry = Rc::new(Registry::open(location, base, plain_http)?);
        self.opened.borrow_mut().insert(key, registry.clone());
        Ok(registry)
    }

    /// Installs the newest version that is wanted.
    pub fn install(
        &mut self,
        request: &Request,
        options: &Options,
        progress: Progress<'_>,
    ) -> Result<Fetched, RegistryError> {
        let name = &request.name;
        let registry = self.registry(name.namespace(), options).map_err(|e| e.of(name))?;
        let version = registry.newest(name, request.version.as_ref())?;
        self.install_version(&registry, name, &version, options, request.version.as_ref(), progress)
    }

    fn install_version(
        &mut self,
        registry: &Registry,
        name: &PackageName,
        version: &Version,
        options: &Options,
        wanted: Option<&VersionReq>,
        progress: Progress<'_>,
    ) -> Result<Fetched, RegistryError> {
        let what = format!("{name} {version}");
        self.no_downgrade(name, version, options, registry.location())?;
        let is_as_wanted = |entry: &PluginEntry| {
            wanted.is_none_or(|wanted| entry.version.as_ref().is_some_and(|own| own.value == *wanted))
        };
        if self.entry(name).is_some_and(is_as_wanted)
            && self.kept(name, version).is_some()
            && let Some(locked) = self.lock.get(name).cloned()
        {
            // The registry may have another one under this version by now: nobody would notice else.
            not_replaced(&locked, registry.digest(name, version)?.as_deref(), registry.location())
                .map_err(|e| e.of(&what))?;
            return self.restore(&locked, options, progress);
        }
        let bytes = match self.kept(name, version) {
            Some(bytes) => bytes,
            None => registry.fetch(name, version, &mut |at, of| progress(&what, at, of)).map_err(|e| e.of(&what))?,
        };
        let source = registry.location();
        let fetched = self.take(&bytes, (name, version), source, wanted, options).map_err(|e| e.of(&what))?;
        // Whoever updates needs to know where from.
        if let Some(location) = &options.registry
            && !self.config.registries.iter().any(|entry| entry.namespace.as_deref() == name.namespace())
        {
            let absolute = absolute(location)?;
            edit_file(&self.file, &[Edit::Registry { namespace: name.namespace(), location: &absolute }])?;
            self.config = Config::read(&self.file)?;
        }
        Ok(fetched)
    }

    /// Installs a package that came as a file.
    pub fn install_file(&mut self, file: &Path, options: &Options) -> Result<Fetched, RegistryError> {
        let named = |e: RegistryError| e.of(file.display());
        let bytes = read_file(file).map_err(|e| named(e.into()))?;
        let package = Package::read(&bytes).map_err(|e| named(e.into()))?;
        let (name, version) = (package.name(), package.version());
        let (name, version) = (name.map_err(|e| named(e.into()))?, version.map_err(|e| named(e.into()))?);
        let source = absolute(&file.to_string_lossy())?;
        self.no_downgrade(&name, &version, options, &source).map_err(named)?;
        self.take(&bytes, (&name, &version), &source, None, options).map_err(named)
    }

    /// Brings everything into its place that `plugins.toml` names: what the lock says, and of what it doesn't say the newest
    /// that is wanted. Goes on where one fails.
    pub fn install_all(&mut self, options: &Options, progress: Progress<'_>) -> Vec<Result<Fetched, RegistryError>> {
        let mut one = |project: &mut Project, listed: &Listed| {
            let name = &listed.name;
            let locked = listed.locked.as_ref();
            let fits =
                locked.filter(|locked| listed.wanted.as_ref().is_none_or(|wanted| wanted.matches(&locked.version)));
            match fits {
                Some(locked) => project.restore(locked, options, progress),
                None if options.locked => Err(RegistryError::new(format!(
                    "{name} is not in plugins.lock as plugins.toml wants it, and --locked lets nothing change there"
                ))),
                None => {
                    project.install(&Request { name: name.clone(), version: listed.wanted.clone() }, options, progress)
                }
            }
        };
        let listed = self.list();
        listed.iter().filter(|listed| listed.enabled).map(|listed| one(self, listed)).collect()
    }

    /// Brings the very file into its place that the lock names.
    fn restore(
        &mut self,
        locked: &Locked,
        options: &Options,
        progress: Progress<'_>,
    ) -> Result<Fetched, RegistryError> {
        let (name, version) = (&locked.name, &locked.version);
        let what = format!("{name} {version}");
        let (bytes, new) = match self.kept(name, version) {
            Some(bytes) => (bytes, false),
            None => {
                let from_file = Path::new(&locked.source);
                let bytes = match from_file.extension().is_some_and(|e| e == "wasm") {
                    true => read_file(from_file).map_err(|e| RegistryError::file(from_file, e))?,
                    false => {
                        let named = self.registry(name.namespace(), options);
                        let registry = named.or_else(|_| self.open_registry(&locked.source, Path::new(""), false))?;
                        registry.fetch(name, version, &mut |at, of| progress(&what, at, of)).map_err(|e| e.of(&what))?
                    }
                };
                (bytes, true)
            }
        };
        if new {
            return self.take(&bytes, (name, version), &locked.source, None, options).map_err(|e| e.of(&what));
        }
        let package = Package::read(&bytes)?;
        let Signed { by: signed_by, warnings, .. } = self.signed(&package).map_err(|e| e.of(&what))?;
        Ok(Fetched { locked: locked.clone(), before: Some(version.clone()), captures: None, signed_by, warnings })
    }

    /// Installs the newest versions that `plugins.toml` allows, of one package or all. Goes on where one fails.
    pub fn update(
        &mut self,
        only: Option<&PackageName>,
        options: &Options,
        progress: Progress<'_>,
    ) -> Vec<Result<Fetched, RegistryError>> {
        let listed: Vec<Listed> = self.list().into_iter().filter(|l| only.is_none_or(|name| l.name == *name)).collect();
        if let (Some(name), true) = (only, listed.is_empty()) {
            return vec![Err(RegistryError::new(format!("{} has no package {name}", self.file.display())))];
        }
        let mut results = Vec::new();
        for Listed { name, wanted, .. } in listed {
            results.push(self.install(&Request { name, version: wanted }, options, progress));
        }
        results
    }

    /// Takes a package out of `plugins.toml` and `plugins.lock`. Its file stays in the cache.
    pub fn remove(&mut self, name: &PackageName) -> Result<(), RegistryError> {
        if self.entry(name).is_none() && self.lock.get(name).is_none() {
            return Err(RegistryError::new(format!("{} has no package {name}", self.file.display())));
        }
        edit_file(&self.file, &[Edit::Remove(name)])?;
        self.config = Config::read(&self.file)?;
        self.lock.remove(name);
        self.write_lock()
    }

    /// The packages of `plugins.toml`, in its order.
    pub fn list(&self) -> Vec<Listed> {
        let listed = |entry: &PluginEntry| {
            let name = entry.package.clone()?;
            let locked = self.lock.get(&name).cloned();
            let file = locked.as_ref().and_then(|locked| store::file(&locked.sha256));
            Some(Listed {
                name,
                wanted: entry.version.as_ref().map(|wanted| wanted.value.clone()),
                cached: file.is_some_and(|file| file.is_file()),
                locked,
                enabled: entry.enabled.value,
            })
        };
        self.config.plugins.iter().filter_map(listed).collect()
    }

    /// The packages that have newer versions.
    pub fn outdated(&self, options: &Options) -> Vec<Result<Outdated, RegistryError>> {
        let mut all = Vec::new();
        for Listed { name, wanted, locked, .. } in self.list() {
            let Some(locked) = locked else { continue };
            let look = || -> Result<Option<Outdated>, RegistryError> {
                let registry = self.registry(name.namespace(), options)?;
                let newest = registry.newest(&name, None)?;
                let allowed = registry.newest(&name, wanted.as_ref()).unwrap_or_else(|_| locked.version.clone());
                let is_newer = newest > locked.version || allowed > locked.version;
                Ok(is_newer.then(|| Outdated { name: name.clone(), locked: locked.version.clone(), allowed, newest }))
            };
            match look() {
                Ok(found) => all.extend(found.map(Ok)),
                Err(e) => all.push(Err(e.of(&name))),
            }
        }
        all
    }

    pub(crate) fn no_downgrade(
        &self,
        name: &PackageName,
        version: &Version,
        options: &Options,
        source: &str,
    ) -> Result<(), RegistryError> {
        match self.lock.get(name) {
            Some(locked) if *version < locked.version && !options.downgrade => Err(RegistryError::new(format!(
                "{name} {version} from {source} is older than {} in plugins.lock; --downgrade installs it all the same",
                locked.version
            ))),
            _ => Ok(()),
        }
    }

    /// The file of a locked version, if it is in the cache as it must be.
    fn kept(&self, name: &PackageName, version: &Version) -> Option<Vec<u8>> {
        let locked = self.lock.get(name).filter(|locked| locked.version == *version)?;
        let bytes = read_file(&store::file(&locked.sha256)?).ok()?;
        (sha256(&bytes) == locked.sha256).then_some(bytes)
    }

    /// Who has signed a package; or why it is refused.
    fn signed(&self, package: &Package<'_>) -> Result<Signed, RegistryError> {
        Ok(match self.trust.check(self.policy(), package)? {
            Verdict::Signed { by, key } => Signed { by: Some(by), key: Some(key), warnings: Vec::new() },
            Verdict::Passed(warning) => Signed { by: None, key: None, warnings: warning.into_iter().collect() },
        })
    }

    /// Puts a package into its place, if it is what it must be and passes its tests.
    pub(crate) fn take(
        &mut self,
        bytes: &[u8],
        expected: (&PackageName, &Version),
        source: &str,
        wanted: Option<&VersionReq>,
        options: &Options,
    ) -> Result<Fetched, RegistryError> {
        let package = Package::read(bytes)?;
        let (name, version, digest) = (package.name()?, package.version()?, sha256(bytes));
        if (&name, &version) != expected {
            return Err(RegistryError::new(format!("what is there says that it is {name} {version}")));
        }
        let before = self.lock.get(&name).cloned();
        if let Some(locked) = before.as_ref().filter(|locked| locked.version == version) {
            not_replaced(locked, Some(&digest), source)?;
        }
        let Signed { by: signed_by, key: signer, mut warnings } = self.signed(&package)?;
        if let Some(Locked { signer: Some(old), version: old_version, .. }) = &before
            && signer.as_ref() != Some(old)
        {
            let now = signed_by.as_deref().unwrap_or("nobody who is trusted");
            warnings.push(format!("signed by {now}, {old_version} was signed with another key"));
        }
        let (limits, wasi, granted) = self.granted(&package, options)?;
        let report = self.try_out(&package, &limits, wasi)?;
        if report.is_none() {
            warnings.push("it has no captures to be tested with".into());
        }
        store::put(bytes).map_err(RegistryError::new)?;
        let said = wanted.map(VersionReq::to_string);
        let known = self.entry(&name).is_some();
        let version_text = said.or_else(|| (!known).then(|| format!("^{version}")));
        let edit = Edit::Use { package: &name, version: version_text.as_deref(), limits: &granted, wasi };
        edit_file(&self.file, &[edit])?;
        self.config = Config::read(&self.file)?;
        let locked = Locked { name, version, source: source.to_owned(), sha256: digest, signer };
        self.lock.put(locked.clone());
        self.write_lock()?;
        let captures = report.map(|report| report.captures.len());
        Ok(Fetched { locked, before: before.map(|b| b.version), captures: captures.or(Some(0)), signed_by, warnings })
    }

    /// What a package may use, and what of it must be written down for that.
    fn granted(
        &self,
        package: &Package<'_>,
        options: &Options,
    ) -> Result<(Limits, bool, BTreeMap<String, u64>), RegistryError> {
        let manifest = &package.about.manifest;
        let entry = self.entry(&package.name()?);
        let mut limits = entry.map_or(&self.config.limits, |entry| &entry.limits).clone();
        let has_wasi = entry.is_some_and(|entry| entry.wasi);
        let (mut granted, mut asked) = (BTreeMap::new(), Vec::new());
        for (name, &value) in &manifest.limits {
            // Counting instructions is stricter than what there is without; whoever wants that says it.
            if name != "fuel" && limits.get(name).is_some_and(|own| value > own) {
                limits.set(name, value);
                asked.push(format!("{name} = {value}"));
                granted.insert(name.clone(), value);
            }
        }
        if manifest.wasi && !has_wasi {
            asked.push("wasi = true".into());
        }
        if !asked.is_empty() && !options.grant {
            return Err(RegistryError::new(format!(
                "it asks for more than it gets here: {}; --grant writes that into its entry in plugins.toml",
                asked.join(", ")
            )));
        }
        Ok((limits, manifest.wasi || has_wasi, granted))
    }

    /// Runs a package's tests. An error if they fail; `None` if there are none.
    fn try_out(&self, package: &Package<'_>, limits: &Limits, wasi: bool) -> Result<Option<TestReport>, RegistryError> {
        let mut others = Vec::new();
        for name in &package.about.manifest.test_plugins {
            let entry = self.config.plugins.iter().find(|entry| entry.label() == *name);
            let entry = entry
                .ok_or_else(|| RegistryError::new(format!("its tests need the plugin {name}; install it first")))?;
            others.push(entry.path()?);
        }
        let report = try_package(package, limits, wasi, others)?.report;
        match report {
            Some(report) if !report.is_good() => {
                let mut lines = vec!["it does not pass its own tests:".to_owned()];
                lines.extend(report.to_string().lines().map(str::to_owned));
                Err(RegistryError(lines))
            }
            report => Ok(report),
        }
    }

    fn write_lock(&self) -> Result<(), RegistryError> {
        let path = Lock::beside(&self.file);
        write_file(&path, self.lock.to_text().as_bytes()).map_err(|e| RegistryError::file(&path, e))
    }
}

/// A version that is locked must stay what it is.
fn not_replaced(locked: &Locked, digest: Option<&str>, source: &str) -> Result<(), RegistryError> {
    match digest {
        Some(digest) if digest != locked.sha256 => Err(RegistryError::new(format!(
            "it was replaced in {source}: its SHA-256 is {digest}, plugins.lock says {}. If that is right, \
             `prosector package remove {}` forgets the old one",
            locked.sha256, locked.name
        ))),
        _ => Ok(()),
    }
}

/// Keeps others out until it is dropped.
fn guard(file: &Path) -> Result<File, RegistryError> {
    let folder = store::folder("guards").map_err(RegistryError::new)?;
    let whole = std::path::absolute(file).map_err(|e| RegistryError::file(file, e))?;
    let path = folder.join(sha256(whole.to_string_lossy().as_bytes()));
    let open = || -> std::io::Result<File> {
        std::fs::create_dir_all(&folder)?;
        let guard = File::create(&path)?;
        guard.lock()?;
        Ok(guard)
    };
    open().map_err(|e| RegistryError::file(&path, e))
}

/// A location that means the same from every folder.
fn absolute(location: &str) -> Result<String, RegistryError> {
    if location.contains("://") {
        return Ok(location.to_owned());
    }
    let path = std::path::absolute(location).map_err(|e| RegistryError::new(format!("{location}: {e}")))?;
    Ok(path.to_string_lossy().into_owned())
}
