//! A package while it is written: a folder with its source, `plugin.toml` and `tests/`.

use crate::{KitError, declared, toolchain};
use prosector_loader::{Build, PackageFile, Plugin};
use prosector_package::{About, Manifest};
use serde_json::Value;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// A package's folder and what its files say.
#[derive(Clone, Debug)]
pub struct Package {
    /// The folder.
    pub folder: PathBuf,
    /// What `plugin.toml` says.
    pub file: PackageFile,
    /// How it is built.
    pub build: Build,
    /// What cargo knows of it, if cargo builds it.
    pub(crate) cargo: Option<CargoPackage>,
}

/// What `cargo metadata` says of a crate.
#[derive(Clone, Debug, Default)]
pub(crate) struct CargoPackage {
    pub name: String,
    /// The name of its library, as files have it.
    pub library: String,
    pub target: PathBuf,
    pub manifest: Manifest,
}

impl Package {
    /// Reads what a package says of itself.
    pub fn open(folder: &Path) -> Result<Package, KitError> {
        let file = PackageFile::read(&folder.join("plugin.toml"))?;
        let has_cargo = folder.join("Cargo.toml").is_file();
        let build = match &file.build {
            Some(build) => build.clone(),
            None if has_cargo => Build::Rust,
            None if !folder.join("plugin.toml").is_file() => {
                let here = folder.display();
                return Err(KitError::new(format!(
                    "{here}: no plugin package: it has neither plugin.toml nor Cargo.toml; `prosector plugin new NAME` makes one"
                )));
            }
            None => {
                return Err(KitError::file(
                    &folder.join("plugin.toml"),
                    "there is no Cargo.toml, so it must say how it is built: [build] language = \"c\" or \"command\"",
                ));
            }
        };
        let cargo = if build == Build::Rust { Some(CargoPackage::of(folder)?) } else { None };
        Ok(Package { folder: folder.to_owned(), file, build, cargo })
    }

    /// Where the built plugin is put, unless somebody says otherwise.
    pub fn output(&self, name: &str) -> PathBuf {
        self.folder.join("build").join(format!("{name}.wasm"))
    }

    /// What the package file tells people of it. What `plugin.toml` doesn't say, `Cargo.toml` may.
    pub(crate) fn about(&self, plugin: &Plugin) -> About<'static> {
        let cargo = self.cargo.as_ref().map(|cargo| cargo.manifest.clone()).unwrap_or_default();
        let file = &self.file;
        let named = |plugin: &str| match &file.namespace {
            Some(namespace) => format!("{namespace}/{plugin}"),
            None => plugin.to_owned(),
        };
        let manifest = Manifest {
            name: named(plugin.name()),
            version: plugin.version().to_string(),
            description: file.description.clone().unwrap_or(cargo.description),
            license: file.license.clone().unwrap_or(cargo.license),
            authors: if file.authors.is_empty() { cargo.authors } else { file.authors.clone() },
            repository: file.repository.clone().unwrap_or(cargo.repository),
            limits: file.named_limits.clone(),
            wasi: file.wasi,
            protocols: plugin.protocols().iter().map(declared).collect(),
            ..Manifest::default()
        };
        let readme = std::fs::read_to_string(self.folder.join("README.md")).ok().map(Cow::from);
        About { manifest, readme, samples: Vec::new() }
    }

    /// The captures in `tests/`, by name.
    pub(crate) fn captures(&self) -> Result<Vec<PathBuf>, KitError> {
        let folder = self.folder.join("tests");
        let entries = std::fs::read_dir(&folder).map_err(|e| KitError::file(&folder, e))?;
        let mut captures: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        captures.retain(|path| is_capture(path));
        captures.sort();
        match captures.is_empty() {
            true => Err(KitError::file(&folder, "no capture (.pcap, .pcapng) is there to test with")),
            false => Ok(captures),
        }
    }
}

/// Whether a file is called like a capture, compressed or not.
fn is_capture(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = [".gz", ".zst", ".lz4"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    [".pcap", ".pcapng", ".cap"].iter().any(|end| name.ends_with(end))
}

/// The name of a file, for messages and tables.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

impl CargoPackage {
    fn of(folder: &Path) -> Result<CargoPackage, KitError> {
        let manifest = folder.join("Cargo.toml");
        let output = toolchain::run(
            std::process::Command::new("cargo")
                .args(["metadata", "--no-deps", "--format-version=1"])
                .current_dir(folder)
                .stderr(std::process::Stdio::inherit()),
            "cargo",
        )?;
        let metadata: Value = serde_json::from_slice(&output).map_err(|e| KitError::file(&manifest, e))?;
        let packages = metadata["packages"].as_array().into_iter().flatten();
        let wanted = manifest.canonicalize().map_err(|e| KitError::file(&manifest, e))?;
        let is_this =
            |package: &&Value| package["manifest_path"].as_str().is_some_and(|path| Path::new(path) == wanted);
        let package =
            packages.into_iter().find(is_this).ok_or_else(|| KitError::file(&manifest, "names no package"))?;
        let has = |target: &Value, kind: &str| {
            target["crate_types"].as_array().is_some_and(|all| all.iter().any(|k| k == kind))
        };
        let library = package["targets"].as_array().into_iter().flatten().find(|target| has(target, "cdylib"));
        let Some(library) = library else {
            return Err(KitError::file(&manifest, "a plugin is a library with crate-type = [\"cdylib\", \"rlib\"]"));
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(CargoPackage {
            name: text(&package["name"]),
            library: text(&library["name"]).replace('-', "_"),
            target: text(&metadata["target_directory"]).into(),
            manifest: Manifest {
                description: text(&package["description"]),
                license: text(&package["license"]),
                authors: package["authors"].as_array().into_iter().flatten().map(text).collect(),
                repository: text(&package["repository"]),
                ..Manifest::default()
            },
        })
    }
}
