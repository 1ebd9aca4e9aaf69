//! The kinds of registries, as one.

use crate::folder::Folder;
use crate::{RegistryError, git};
use prosector_oci::OciRegistry;
use prosector_package::{MAX_PACKAGE, Package, PackageName, sha256};
use semver::{Version, VersionReq};
use std::collections::BTreeMap;
use std::path::Path;

/// A place where packages are published.
pub struct Registry {
    /// How people name it.
    location: String,
    kind: Kind,
}

enum Kind {
    Folder(Folder),
    /// The newest commit of a repository, which can be read only.
    Git(Folder),
    Oci(Box<OciRegistry>),
}

/// A package that a search has found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its name.
    pub name: PackageName,
    /// Its newest version.
    pub version: Version,
    /// What it is for, where the registry tells.
    pub description: String,
}

impl Registry {
    /// Opens what a location names: a folder (relative to `base`), `file://…`, `git+https://…` or another address that git
    /// knows, `oci://HOST[:PORT][/PATH]`.
    pub fn open(location: &str, base: &Path, plain_http: bool) -> Result<Registry, RegistryError> {
        let kind = if let Some(rest) = location.strip_prefix("oci://") {
            Kind::Oci(Box::new(OciRegistry::new(rest, plain_http)?))
        } else if let Some(url) = location.strip_prefix("git+") {
            Kind::Git(Folder::open(git::fetch(url)?)?)
        } else if let Some(path) = location.strip_prefix("file://") {
            Kind::Folder(Folder::open(path.into())?)
        } else if location.contains("://") {
            return Err(RegistryError::new(format!(
                "{location}: not a registry: a folder, file://…, git+https://… or oci://… is one"
            )));
        } else {
            Kind::Folder(Folder::open(base.join(location))?)
        };
        Ok(Registry { location: location.to_owned(), kind })
    }

    /// How people name it.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// The versions of a package that are there, the oldest first.
    pub fn versions(&self, name: &PackageName) -> Result<Vec<Version>, RegistryError> {
        let mut versions: Vec<Version> = match &self.kind {
            Kind::Folder(folder) | Kind::Git(folder) => folder.versions(name)?,
            Kind::Oci(oci) => oci.tags(&name.to_string())?.iter().filter_map(|tag| tag.parse().ok()).collect(),
        };
        versions.sort();
        Ok(versions)
    }

    /// The newest version that is wanted. Prereleases only if they are asked for, or there is nothing else.
    pub fn newest(&self, name: &PackageName, wanted: Option<&VersionReq>) -> Result<Version, RegistryError> {
        let versions = self.versions(name)?;
        let any = wanted.is_none_or(|wanted| *wanted == VersionReq::STAR);
        let fits = |version: &&Version| match wanted {
            Some(wanted) if !any => wanted.matches(version),
            _ => version.pre.is_empty(),
        };
        let found = versions.iter().rfind(fits).or(if any { versions.last() } else { None });
        found.cloned().ok_or_else(|| {
            let all: Vec<String> = versions.iter().rev().take(10).map(Version::to_string).collect();
            RegistryError::new(match wanted {
                Some(wanted) if !all.is_empty() => {
                    format!("no version of {name} in {} is {wanted}; there are {}", self.location, all.join(", "))
                }
                _ => format!("{} has no {name}", self.location),
            })
        })
    }

    /// Fetches a version. What comes is not believed yet.
    pub fn fetch(
        &self,
        name: &PackageName,
        version: &Version,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Vec<u8>, RegistryError> {
        match &self.kind {
            Kind::Folder(folder) | Kind::Git(folder) => folder.fetch(name, version),
            Kind::Oci(oci) => Ok(oci.pull(&name.to_string(), &version.to_string(), MAX_PACKAGE, progress)?),
        }
    }

    /// The SHA-256 of what is published as a version.
    pub fn digest(&self, name: &PackageName, version: &Version) -> Result<Option<String>, RegistryError> {
        match &self.kind {
            Kind::Folder(folder) | Kind::Git(folder) => folder.digest(name, version),
            Kind::Oci(oci) => Ok(oci.digest(&name.to_string(), &version.to_string())?.map(|(digest, _)| digest)),
        }
    }

    /// Publishes a package. A version that is there stays what it is, unless it is to be replaced; whether this was new.
    pub fn publish(&self, package: &Package<'_>, replace: bool) -> Result<bool, RegistryError> {
        let (name, version) = (package.name()?, package.version()?);
        let (digest, published) = (sha256(package.bytes), self.digest(&name, &version)?);
        if published.as_ref() == Some(&digest) {
            return Ok(false);
        }
        if let Some(published) = published
            && !replace
        {
            return Err(RegistryError::new(format!(
                "{} has another {name} {version} already (SHA-256 {published}); who has locked it would be stopped. \
                 Publish a new version, or replace it with --force",
                self.location
            )));
        }
        match &self.kind {
            Kind::Folder(folder) => folder.publish(&name, &version, package.bytes, replace)?,
            Kind::Git(_) => {
                return Err(RegistryError::new(format!(
                    "{}: publish into the folder of a working copy, then commit and push",
                    self.location
                )));
            }
            Kind::Oci(oci) => {
                let manifest = &package.about.manifest;
                let said = [
                    ("title", name.to_string()),
                    ("version", version.to_string()),
                    ("description", manifest.description.clone()),
                    ("licenses", manifest.license.clone()),
                    ("source", manifest.repository.clone()),
                ];
                let said = said.into_iter().filter(|(_, text)| !text.is_empty());
                let annotations: BTreeMap<String, String> =
                    said.map(|(key, text)| (format!("org.opencontainers.image.{key}"), text)).collect();
                oci.push(&name.to_string(), &version.to_string(), package.bytes, &annotations)?;
            }
        }
        Ok(true)
    }

    /// Packages whose name or description has a text in it.
    pub fn search(&self, text: &str) -> Result<Vec<Found>, RegistryError> {
        let text = text.to_lowercase();
        let names = match &self.kind {
            Kind::Folder(folder) | Kind::Git(folder) => folder.packages()?,
            Kind::Oci(oci) => oci.repositories()?.iter().filter_map(|name| name.parse().ok()).collect(),
        };
        let mut found = Vec::new();
        for name in names {
            let Ok(version) = self.newest(&name, None) else { continue };
            let description = match &self.kind {
                Kind::Folder(folder) | Kind::Git(folder) => {
                    let bytes = folder.fetch(&name, &version).unwrap_or_default();
                    Package::read(&bytes).map(|package| package.about.manifest.description).unwrap_or_default()
                }
                Kind::Oci(_) => String::new(),
            };
            if name.to_string().contains(&text) || description.to_lowercase().contains(&text) {
                found.push(Found { name, version, description });
            }
        }
        Ok(found)
    }
}
