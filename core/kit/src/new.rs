//! A new package: a dissector that works, with a capture, a test and what else it needs, to be changed into one's own.

use crate::frames::{Carrier, capture_of};
use crate::package::file_name;
use crate::{KitError, build};
use prosector_sdk::dissector::Builtin;
use std::path::{Path, PathBuf};

/// The language that a dissector is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Rust.
    Rust,
    /// C.
    C,
}

/// Where a Rust package takes the SDK from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sdk {
    /// The registry, by version.
    Version(String),
    /// A folder.
    Path(PathBuf),
    /// A git repository.
    Git(String),
}

impl Sdk {
    /// Reads the form of the command line: a folder, an address, or a version.
    pub fn parse(text: &str) -> Result<Sdk, KitError> {
        let path = Path::new(text);
        if path.join("Cargo.toml").is_file() {
            return path.canonicalize().map(Sdk::Path).map_err(|e| KitError::file(path, e));
        }
        match text {
            _ if text.contains("://") || text.starts_with("git@") => Ok(Sdk::Git(text.to_owned())),
            _ if text.starts_with(|c: char| c.is_ascii_digit()) => Ok(Sdk::Version(text.to_owned())),
            _ => Err(KitError::new(format!(
                "{text:?} is no SDK: expected its folder (with a Cargo.toml in it), a version, or the address of a git repository"
            ))),
        }
    }

    /// The SDK that this program was built with, where its folder is still there; else the version.
    pub fn default_one() -> Sdk {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk");
        match folder.canonicalize() {
            Ok(folder) if folder.join("Cargo.toml").is_file() => Sdk::Path(folder),
            _ => Sdk::Version(env!("CARGO_PKG_VERSION").to_owned()),
        }
    }

    fn toml(&self) -> String {
        match self {
            Sdk::Version(version) => format!("{version:?}"),
            Sdk::Path(path) => format!("{{ path = {:?} }}", path.display().to_string()),
            Sdk::Git(address) => format!("{{ git = {address:?} }}"),
        }
    }
}

/// What a new package is to be.
#[derive(Clone, Debug)]
pub struct NewPackage {
    /// Its folder, which must not be there or be empty. The folder's name is the plugin's.
    pub folder: PathBuf,
    /// Its language.
    pub language: Language,
    /// Where its PDUs are found.
    pub on: Carrier,
    /// The SDK, for Rust.
    pub sdk: Sdk,
}

/// Messages of the example's protocol, as all templates dissect it: hello, world, and one that breaks off.
const MESSAGES: &str = "01 01 0005 68656c6c6f\n< 01 02 0005 776f726c64\n< 01 02 0009 74727565";

/// Makes a package. Gives the files that it has written, relative to its folder.
pub fn new(package: &NewPackage) -> Result<Vec<String>, KitError> {
    let folder = &package.folder;
    let name = file_name(folder);
    check_name(&name)?;
    if std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(KitError::file(folder, "is there already, and not empty"));
    }
    let protocol = name.replace('-', "_");
    if Builtin::all().iter().any(|b| b.protocol.name == protocol) {
        return Err(KitError::new(format!("a linked-in dissector is called {protocol}; take another name")));
    }
    let title = titled(&name);
    let build = match package.language {
        Language::Rust => "",
        Language::C => "\n[build]\nlanguage = \"c\"\nsources = [\"src/{{protocol}}.c\"]\n",
    };
    let optional = if package.language == Language::Rust { ", even this file" } else { " but [build]" };
    let filled = |template: &str| {
        let values = [
            ("{{build}}", build),
            ("{{optional}}", optional),
            ("{{name}}", &name),
            ("{{protocol}}", &protocol),
            ("{{PROTOCOL}}", &protocol.to_uppercase()),
            ("{{title}}", &title),
            ("{{type}}", &title.replace(' ', "")),
            ("{{table}}", package.on.table()),
            ("{{key}}", &package.on.key()),
            ("{{sdk}}", &package.sdk.toml()),
        ];
        values.iter().fold(template.to_owned(), |text, (mark, value)| text.replace(mark, value))
    };
    let text = |name: &str, template: &str| (name.to_owned(), filled(template).into_bytes());
    let mut files = match package.language {
        Language::Rust => vec![
            text("Cargo.toml", include_str!("../templates/rust/Cargo.toml.in")),
            text("src/lib.rs", include_str!("../templates/rust/lib.rs.in")),
        ],
        Language::C => vec![text(&format!("src/{protocol}.c"), include_str!("../templates/c/plugin.c.in"))],
    };
    files.extend([
        text("plugin.toml", include_str!("../templates/plugin.toml.in")),
        text("README.md", include_str!("../templates/README.md.in")),
        text(".gitignore", include_str!("../templates/gitignore.in")),
        ("tests/first.pcap".into(), capture_of(package.on, MESSAGES)?),
        ("tests/first.pcap.txt".into(), expected(&title, &protocol, package.on).into_bytes()),
    ]);
    for (file, bytes) in &files {
        build::write(&folder.join(file), bytes)?;
    }
    Ok(files.into_iter().map(|(file, _)| file).collect())
}

/// What can be a plugin, a protocol and a crate at once.
fn check_name(name: &str) -> Result<(), KitError> {
    let right = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    match name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(right) {
        true => Ok(()),
        false => Err(KitError::new(format!(
            "{name:?} is no plugin name: a lower-case letter, then lower-case letters, digits, _ and -"
        ))),
    }
}

/// `door-lock` → `Door Lock`
fn titled(name: &str) -> String {
    let words = name.split(['-', '_']).filter(|word| !word.is_empty());
    let word = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    words.map(word).collect::<Vec<_>>().join(" ")
}

/// What the template's dissector makes of it.
fn expected(title: &str, protocol: &str, on: Carrier) -> String {
    let mut text = String::new();
    for (i, (kind, number, said)) in [("request", 1, "hello"), ("response", 2, "world")].into_iter().enumerate() {
        text += &format!(
            "frame {}\n{title}, {kind} {said}\n  Version: 1\n  Type: {kind} ({number})\n  Length: 5 bytes\n  Text: {said}\n\n",
            i + 1,
        );
    }
    // In a stream, more is awaited.
    if !matches!(on, Carrier::Tcp(_)) {
        text += &format!(
            "frame 3\n{title}\n  Version: 1\n  Type: response (2)\n  Length: 9 bytes\n  \
             [error] short: {protocol}.text needs 9 bytes at offset 4, 4 are there\n\n"
        );
    }
    text
}
