//! A folder as registry: `NAME/VERSION.wasm`, or `NAMESPACE/NAME/VERSION.wasm`, each with `VERSION.wasm.sha256` beside it, as
//! `sha256sum` writes it. Nothing else is needed, so that people can put files there by hand.

use crate::RegistryError;
use prosector_package::{PackageName, read_file, sha256};
use semver::Version;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The folder of a registry.
#[derive(Clone, Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub fn open(path: PathBuf) -> Result<Folder, RegistryError> {
        match path.is_dir() {
            true => Ok(Folder(path)),
            false => Err(RegistryError::file(&path, "this registry is no folder, or can't be reached")),
        }
    }

    fn package(&self, name: &PackageName) -> PathBuf {
        name.namespace().map_or(self.0.clone(), |namespace| self.0.join(namespace)).join(name.plugin())
    }

    fn file(&self, name: &PackageName, version: &Version) -> PathBuf {
        self.package(name).join(format!("{version}.wasm"))
    }

    pub fn versions(&self, name: &PackageName) -> Result<Vec<Version>, RegistryError> {
        let files = entries(&self.package(name))?;
        Ok(files.iter().filter_map(|file| file.strip_suffix(".wasm")?.parse().ok()).collect())
    }

    pub fn fetch(&self, name: &PackageName, version: &Version) -> Result<Vec<u8>, RegistryError> {
        let file = self.file(name, version);
        let bytes = read_file(&file).map_err(|e| RegistryError::file(&file, e))?;
        let noted = beside(&file);
        match fs::read_to_string(&noted) {
            Ok(text) if text.split_whitespace().next() == Some(&sha256(&bytes)) => Ok(bytes),
            Ok(_) => {
                let digest = sha256(&bytes);
                Err(RegistryError::file(
                    &file,
                    format!("its SHA-256 is {digest}, which is not what {} says", noted.display()),
                ))
            }
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(bytes),
            Err(e) => Err(RegistryError::file(&noted, e)),
        }
    }

    /// The digest of a version that is there.
    pub fn digest(&self, name: &PackageName, version: &Version) -> Result<Option<String>, RegistryError> {
        let file = self.file(name, version);
        match file.try_exists() {
            Ok(false) => Ok(None),
            Ok(true) => Ok(Some(sha256(&read_file(&file).map_err(|e| RegistryError::file(&file, e))?))),
            Err(e) => Err(RegistryError::file(&file, e)),
        }
    }

    pub fn publish(
        &self,
        name: &PackageName,
        version: &Version,
        bytes: &[u8],
        replace: bool,
    ) -> Result<(), RegistryError> {
        let file = self.file(name, version);
        let noted = beside(&file);
        let line = format!("{}  {version}.wasm\n", sha256(bytes));
        let folder = self.package(name);
        fs::create_dir_all(&folder).map_err(|e| RegistryError::file(&folder, e))?;
        let put = |path: &Path, bytes: &[u8], replace: bool| -> std::io::Result<()> {
            let mut builder = tempfile::Builder::new();
            // Everybody who sees the folder may read what is in it; a temporary file is its owner's alone else.
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
            let mut part = builder.tempfile_in(&folder)?;
            part.write_all(bytes)?;
            match replace {
                true => part.persist(path)?,
                // Of two who publish at the same time, one is first.
                false => part.persist_noclobber(path)?,
            };
            Ok(())
        };
        put(&file, bytes, replace).map_err(|e| match e.kind() {
            ErrorKind::AlreadyExists => RegistryError::file(&file, "somebody else has just published this version"),
            _ => RegistryError::file(&file, e),
        })?;
        put(&noted, line.as_bytes(), true).map_err(|e| RegistryError::file(&noted, e))
    }

    /// Every package that is there.
    pub fn packages(&self) -> Result<Vec<PackageName>, RegistryError> {
        let mut names = Vec::new();
        let has_versions = |name: &PackageName| self.versions(name).is_ok_and(|versions| !versions.is_empty());
        for first in entries(&self.0)? {
            names.extend(PackageName::new(None, &first).ok().filter(has_versions));
            if PackageName::new(Some(&first), "any").is_ok() {
                let below = entries(&self.0.join(&first))?;
                let below = below.iter().filter_map(|second| PackageName::new(Some(&first), second).ok());
                names.extend(below.filter(has_versions));
            }
        }
        Ok(names)
    }
}

/// Where the digest of a file is noted.
fn beside(file: &Path) -> PathBuf {
    file.with_extension("wasm.sha256")
}

/// The names in a folder; none if it isn't there, or is a file.
fn entries(folder: &Path) -> Result<Vec<String>, RegistryError> {
    match fs::read_dir(folder) {
        Ok(entries) => {
            let mut names: Vec<String> =
                entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
            names.sort();
            Ok(names)
        }
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(e) => Err(RegistryError::file(folder, e)),
    }
}
