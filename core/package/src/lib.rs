//! Packages: the one file in which a plugin travels.
//!
//! That is the component itself, made from the core module that a compiler writes, with what people want to know of it, its
//! tests and its signature as custom sections. Nothing in here runs a plugin, and nothing reaches a network.
//!
//! Invariant: the same parts give the same bytes, and every byte is covered by the digest and by the signature.

mod component;
mod lock;
mod manifest;
mod name;
mod sign;
mod trust;

pub use component::{border, check_component, code, pack};
pub use lock::{Lock, Locked};
pub use manifest::{Manifest, SampleInfo};
pub use name::{PackageName, Request};
pub use sign::{PublicKey, SecretKey, Signature, keygen, sign};
pub use trust::{Pattern, Policy, Trust, TrustedKey, Verdict};

use component::{OURS, border_of, sections};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fmt::{self, Display};
use std::io::Read;
use std::path::Path;
use wasm_encoder::{ComponentSection, CustomSection};

const MANIFEST: &str = "prosector:manifest";
const README: &str = "prosector:readme";
/// Before the name of a capture.
const CAPTURE: &str = "prosector:capture/";
/// Before the name of the capture whose trees it has.
const EXPECTED: &str = "prosector:expected/";

/// A file of more bytes is no package.
pub const MAX_PACKAGE: u64 = 64 << 20;
/// Bytes of a manifest or README.
const MAX_TEXT: usize = 1 << 20;
/// Captures, and the bytes of all of them with what is expected of them.
const MAX_SAMPLES: usize = 256;
const MAX_SAMPLE_BYTES: usize = 16 << 20;
/// Letters in the name of a capture.
const MAX_FILE_NAME: usize = 100;

/// Why a package could not be made, read, or believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageError(String);

impl PackageError {
    /// An error with this text.
    pub fn new(text: impl Display) -> PackageError {
        PackageError(text.to_string())
    }
}

impl Display for PackageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PackageError {}

/// What lies in a package beside its code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About<'a> {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Its README, in Markdown.
    pub readme: Option<Cow<'a, str>>,
    /// The captures that it is tested with, by name.
    pub samples: Vec<Sample<'a>>,
}

/// A capture in a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample<'a> {
    /// The name of its file, without folders.
    pub name: Cow<'a, str>,
    /// The file, which is not compressed.
    pub capture: Cow<'a, [u8]>,
    /// The trees that it must give, as `plugin test` writes them.
    pub expected: Cow<'a, str>,
}

/// A package that was read; nothing of it was run, and nothing is believed yet.
#[derive(Clone, Debug)]
pub struct Package<'a> {
    /// The file.
    pub bytes: &'a [u8],
    /// What it says of itself.
    pub about: About<'a>,
    /// What it wants from its host, by the names of the interface.
    pub imports: Vec<String>,
    /// What it gives.
    pub exports: Vec<String>,
    /// Its signature, if there is one.
    pub signature: Option<Signature>,
}

impl<'a> Package<'a> {
    /// Reads the bytes of a file.
    pub fn read(bytes: &'a [u8]) -> Result<Package<'a>, PackageError> {
        check_component(bytes)?;
        if bytes.len() as u64 > MAX_PACKAGE {
            return Err(too_large(bytes.len() as u64));
        }
        let sections = sections(bytes)?;
        let (imports, exports) = border_of(&sections)?;
        let mut parts = Parts::default();
        for section in &sections {
            let Some(name) = section.name.filter(|name| name.starts_with(OURS)) else { continue };
            parts.take(name, section.data)?;
        }
        let about = parts.about()?;
        let said = &about.manifest.interface;
        if !said.is_empty() && interface(&exports) != Some(said) {
            return Err(PackageError::new(format!("its manifest says interface {said}, which it does not keep")));
        }
        Ok(Package { bytes, about, imports, exports, signature: Signature::find(bytes, &sections)? })
    }

    /// Its name, which its manifest must say.
    pub fn name(&self) -> Result<PackageName, PackageError> {
        match &*self.about.manifest.name {
            "" => Err(PackageError::new("it has no manifest that says its name; `prosector package pack` makes one")),
            name => name.parse(),
        }
    }

    /// Its version, which its manifest must say.
    pub fn version(&self) -> Result<semver::Version, PackageError> {
        let version = &self.about.manifest.version;
        version.parse().map_err(|e| PackageError::new(format!("its version {version:?} is not one: {e}")))
    }
}

/// The version of the plugin interface that a component keeps, `0.1.0`, by what it gives.
fn interface(exports: &[String]) -> Option<&str> {
    exports.iter().find_map(|name| name.strip_prefix("prosector:plugin/dissector@"))
}

/// The sections that are ours, as they come; each may come once.
#[derive(Default)]
struct Parts<'a> {
    manifest: Option<&'a [u8]>,
    readme: Option<&'a [u8]>,
    signature: Option<&'a [u8]>,
    captures: Vec<(&'a str, &'a [u8])>,
    expected: Vec<(&'a str, &'a [u8])>,
    bytes: usize,
}

impl<'a> Parts<'a> {
    fn take(&mut self, name: &'a str, data: &'a [u8]) -> Result<(), PackageError> {
        let again = || PackageError::new(format!("{name} is there twice"));
        let (one, most) = match name {
            MANIFEST => (&mut self.manifest, MAX_TEXT),
            README => (&mut self.readme, MAX_TEXT),
            sign::SIGNATURE => (&mut self.signature, MAX_TEXT),
            _ => {
                let (list, file) = match (name.strip_prefix(CAPTURE), name.strip_prefix(EXPECTED)) {
                    (Some(file), _) => (&mut self.captures, file),
                    (_, Some(file)) => (&mut self.expected, file),
                    _ => {
                        let name: String = name.chars().take(MAX_FILE_NAME).collect();
                        return Err(PackageError::new(format!("it has a section {name:?}, which is unknown here")));
                    }
                };
                check_file_name(file)?;
                self.bytes += data.len();
                if list.iter().any(|(known, _)| *known == file) {
                    return Err(again());
                }
                if list.len() == MAX_SAMPLES || self.bytes > MAX_SAMPLE_BYTES {
                    return Err(PackageError::new(format!(
                        "it has more than {MAX_SAMPLES} captures, or more than {} MiB of them",
                        MAX_SAMPLE_BYTES >> 20
                    )));
                }
                list.push((file, data));
                return Ok(());
            }
        };
        if data.len() > most {
            return Err(PackageError::new(format!("{name} has {} bytes; {most} are allowed", data.len())));
        }
        match one.replace(data) {
            Some(_) => Err(again()),
            None => Ok(()),
        }
    }

    fn about(mut self) -> Result<About<'a>, PackageError> {
        let not_text = |what: &str| PackageError::new(format!("{what} is not a text in UTF-8"));
        let manifest = self.manifest.map(Manifest::parse).transpose()?.unwrap_or_default();
        let readme = self.readme.map(|text| str::from_utf8(text).map_err(|_| not_text("its README"))).transpose()?;
        let mut samples = Vec::new();
        for (name, capture) in self.captures {
            check_capture(name, capture)?;
            let Some(at) = self.expected.iter().position(|(of, _)| *of == name) else {
                return Err(PackageError::new(format!("nothing says what {name} must give")));
            };
            let expected = str::from_utf8(self.expected.swap_remove(at).1).map_err(|_| not_text(name))?;
            samples.push(Sample { name: name.into(), capture: capture.into(), expected: expected.into() });
        }
        if let Some((name, _)) = self.expected.first() {
            return Err(PackageError::new(format!("it says what {name} must give, which isn't there")));
        }
        Ok(About { manifest, readme: readme.map(Cow::from), samples })
    }
}

/// Names that mean the same on every system, and nothing to a path.
fn check_file_name(name: &str) -> Result<(), PackageError> {
    let right = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let ends = [".pcap", ".pcapng", ".cap"];
    let is_right = name.len() <= MAX_FILE_NAME
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(right)
        && ends.iter().any(|end| name.ends_with(end));
    match is_right {
        true => Ok(()),
        false => {
            let shown: String = name.chars().take(MAX_FILE_NAME).collect();
            let shown = shown.escape_default();
            Err(PackageError::new(format!(
                "\"{shown}\" can't be the name of a capture in a package: letters, digits, - _ . and at the end .pcap, \
                 .pcapng or .cap"
            )))
        }
    }
}

/// Only what is as large in memory as in the file.
fn check_capture(name: &str, capture: &[u8]) -> Result<(), PackageError> {
    // pcapng (Section Header Block), pcap in both byte orders with microseconds or nanoseconds
    // (draft-ietf-opsawg-pcapng, section 4.1; draft-ietf-opsawg-pcap, section 4).
    const BEGINNINGS: [[u8; 4]; 5] = [
        [0x0a, 0x0d, 0x0d, 0x0a],
        [0xd4, 0xc3, 0xb2, 0xa1],
        [0xa1, 0xb2, 0xc3, 0xd4],
        [0x4d, 0x3c, 0xb2, 0xa1],
        [0xa1, 0xb2, 0x3c, 0x4d],
    ];
    match capture.first_chunk() {
        Some(beginning) if BEGINNINGS.contains(beginning) => Ok(()),
        _ => Err(PackageError::new(format!(
            "{name} is no pcap or pcapng file; in a package, captures aren't compressed"
        ))),
    }
}

fn too_large(bytes: u64) -> PackageError {
    PackageError::new(format!("it has {bytes} bytes; a package may have {MAX_PACKAGE}"))
}

/// Reads the file of a package, which has a limit. The error names no file.
pub fn read_file(path: &Path) -> Result<Vec<u8>, PackageError> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        std::fs::File::open(path)?.take(MAX_PACKAGE + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(PackageError::new)?;
    match bytes.len() as u64 > MAX_PACKAGE {
        true => Err(PackageError::new(format!("it has more than {MAX_PACKAGE} bytes, which no package may have"))),
        false => Ok(bytes),
    }
}

/// Puts into a component what people want to know of it, in place of what was there. A signature goes, since it would be wrong.
pub fn describe(component: &[u8], about: &About<'_>) -> Result<Vec<u8>, PackageError> {
    let mut out = code(component)?;
    let mut add = |name: String, data: &[u8]| {
        CustomSection { name: name.into(), data: data.into() }.append_to_component(&mut out);
    };
    let (_, exports) = border_of(&sections(component)?)?;
    let interface = interface(&exports).unwrap_or_default().to_owned();
    add(MANIFEST.into(), &Manifest { interface, ..about.manifest.clone() }.to_json());
    if let Some(readme) = &about.readme {
        add(README.into(), readme.as_bytes());
    }
    for sample in &about.samples {
        add(format!("{CAPTURE}{}", sample.name), &sample.capture);
        add(format!("{EXPECTED}{}", sample.name), sample.expected.as_bytes());
    }
    // What nobody could read is not written.
    Package::read(&out)?;
    Ok(out)
}

/// The SHA-256 of some bytes, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests;
