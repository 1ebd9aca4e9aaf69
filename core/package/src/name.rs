//! What packages are called.

use crate::PackageError;
use semver::VersionReq;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Letters that a part of a name may have.
const MAX_PART: usize = 64;

/// The name of a package, `acme` or `weather-team/acme`. The part behind the slash is the name that the plugin has itself; the
/// one before it says who publishes it.
///
/// Names are ASCII, so that none can look like another one by letters of another script, and each part is a file name that
/// means nothing to a shell, a path or a registry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PackageName {
    namespace: Option<String>,
    name: String,
}

impl PackageName {
    /// The name of a plugin, and who publishes it.
    pub fn new(namespace: Option<&str>, name: &str) -> Result<PackageName, PackageError> {
        namespace.into_iter().chain([name]).try_for_each(check_part)?;
        Ok(PackageName { namespace: namespace.map(str::to_owned), name: name.to_owned() })
    }

    /// Who publishes it.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The plugin's own name.
    pub fn plugin(&self) -> &str {
        &self.name
    }
}

/// Lower-case ASCII letters and digits, with single `-`, `_` or `.` between them.
fn check_part(part: &str) -> Result<(), PackageError> {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let wrong = match part.chars().find(|&c| !alphanumeric(c) && !"-_.".contains(c)) {
        Some(c) if c.is_ascii_graphic() || c == ' ' => format!("{c:?} can't be in one"),
        // It may look like a letter that can, or like nothing.
        Some(c) => format!("U+{:04X} can't be in one", c as u32),
        None if part.is_empty() => "a part of it is empty".into(),
        None if part.len() > MAX_PART => format!("a part of it has {} letters, {MAX_PART} are allowed", part.len()),
        None if part.split(['-', '_', '.']).any(str::is_empty) => {
            "-, _ and . can only stand between letters and digits".into()
        }
        None => return Ok(()),
    };
    let shown: String = part.chars().take(MAX_PART).collect();
    let shown = shown.escape_default();
    Err(PackageError::new(format!(
        "\"{shown}\" is no package name: {wrong}; lower-case letters, digits, and - _ . between them, like weather-team/acme"
    )))
}

impl fmt::Display for PackageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&self.name)
    }
}

impl FromStr for PackageName {
    type Err = PackageError;

    fn from_str(text: &str) -> Result<PackageName, PackageError> {
        match text.split_once('/') {
            Some((namespace, name)) => PackageName::new(Some(namespace), name),
            None => PackageName::new(None, text),
        }
    }
}

impl TryFrom<String> for PackageName {
    type Error = PackageError;

    fn try_from(text: String) -> Result<PackageName, PackageError> {
        text.parse()
    }
}

impl From<PackageName> for String {
    fn from(name: PackageName) -> String {
        name.to_string()
    }
}

/// A package that is wanted: `weather-team/acme@^0.1`. Without a requirement it is the newest that is not a prerelease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which one.
    pub name: PackageName,
    /// Which versions of it.
    pub version: Option<VersionReq>,
}

impl FromStr for Request {
    type Err = PackageError;

    fn from_str(text: &str) -> Result<Request, PackageError> {
        let (name, version) = match text.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (text, None),
        };
        let requirement = |text: &str| {
            let wrong = |e| PackageError::new(format!("{text:?} is no version requirement, like ^0.1 or =0.1.2: {e}"));
            text.parse::<VersionReq>().map_err(wrong)
        };
        Ok(Request { name: name.parse()?, version: version.map(requirement).transpose()? })
    }
}

#[test]
fn names() {
    for text in ["acme", "weather-team/acme", "a/b", "x1.y_z/0", &"a".repeat(64)] {
        assert_eq!(text.parse::<PackageName>().expect(text).to_string(), *text);
    }
    let wrong = |text: &str| text.parse::<PackageName>().expect_err(text).to_string();
    for text in
        ["", "/", "a/", "/a", "..", "a/..", "../a", "a/b/c", "a--b", "-a", "a-", "A", "a b", "a\\b", "a:b", "a@b"]
    {
        assert!(wrong(text).contains("is no package name: "), "{text}");
    }
    assert!(wrong("\u{430}cme").contains("\"\\u{430}cme\" is no package name: U+0430 can't be in one"));
    assert!(wrong("acme\u{200b}").contains("U+200B can't be in one"));
    assert!(wrong(&"a".repeat(65)).contains("65 letters"));
    assert!(wrong("c:").contains("':' can't be in one"));
}

#[test]
fn requests() {
    let request: Request = "weather-team/acme@^0.1".parse().expect("a request");
    assert_eq!(request.name.to_string(), "weather-team/acme");
    assert_eq!(request.version, Some("^0.1".parse().expect("a requirement")));
    assert_eq!("acme".parse::<Request>().expect("a request").version, None);
    assert!("acme@new".parse::<Request>().expect_err("it is wrong").to_string().contains("\"new\" is no version"));
}
