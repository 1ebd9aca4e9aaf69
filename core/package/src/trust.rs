//! Who may sign what.

use crate::{Package, PackageError, PackageName, PublicKey};
use std::fmt;
use std::str::FromStr;

/// What is asked of signatures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Every package must be signed with a key that is trusted for it.
    #[default]
    Required,
    /// One that isn't is used, with a message. A signature that is wrong is refused all the same.
    Warn,
    /// Signatures aren't looked at.
    Off,
}

impl FromStr for Policy {
    type Err = ();

    fn from_str(text: &str) -> Result<Policy, ()> {
        match text {
            "required" => Ok(Policy::Required),
            "warn" => Ok(Policy::Warn),
            "off" => Ok(Policy::Off),
            _ => Err(()),
        }
    }
}

/// The keys that are trusted.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Each with what it is trusted for.
    pub keys: Vec<TrustedKey>,
}

/// A key, whose it is, and what that one may sign.
#[derive(Clone, Debug)]
pub struct TrustedKey {
    /// The key.
    pub key: PublicKey,
    /// Whose it is, for people.
    pub name: String,
    /// What may be signed with it.
    pub packages: Vec<Pattern>,
}

/// Names of packages: one, all of a namespace (`weather-team/*`), or all (`*`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// This one.
    One(PackageName),
    /// All of this namespace.
    Namespace(String),
    /// All that there are.
    All,
}

impl Pattern {
    fn matches(&self, name: &PackageName) -> bool {
        match self {
            Pattern::One(one) => one == name,
            Pattern::Namespace(namespace) => name.namespace() == Some(namespace),
            Pattern::All => true,
        }
    }
}

impl FromStr for Pattern {
    type Err = PackageError;

    fn from_str(text: &str) -> Result<Pattern, PackageError> {
        match text.strip_suffix("/*") {
            _ if text == "*" => Ok(Pattern::All),
            Some(namespace) => {
                PackageName::new(Some(namespace), "any").map(|_| Pattern::Namespace(namespace.to_owned()))
            }
            None => text.parse().map(Pattern::One),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::One(name) => name.fmt(f),
            Pattern::Namespace(namespace) => write!(f, "{namespace}/*"),
            Pattern::All => f.write_str("*"),
        }
    }
}

/// What came of checking a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Somebody who is trusted for the package has signed it.
    Signed {
        /// Whose key it is.
        by: String,
        /// The key.
        key: String,
    },
    /// Nobody who is trusted has, but the policy lets it pass: what people are to be told, if anything.
    Passed(Option<String>),
}

impl Trust {
    /// Holds a package's signature against the keys. The error says why it is refused.
    pub fn check(&self, policy: Policy, package: &Package<'_>) -> Result<Verdict, PackageError> {
        if policy == Policy::Off {
            return Ok(Verdict::Passed(None));
        }
        let why = match self.trusted(package) {
            Ok(key) => return Ok(Verdict::Signed { by: key.name.clone(), key: key.key.to_string() }),
            Err(Doubt::Wrong(why)) => return Err(why),
            Err(Doubt::Unknown(why)) => why,
        };
        match policy {
            Policy::Required => Err(why),
            _ => Ok(Verdict::Passed(Some(why.to_string()))),
        }
    }

    fn trusted(&self, package: &Package<'_>) -> Result<&TrustedKey, Doubt> {
        let unknown = |text: String| Doubt::Unknown(PackageError::new(text));
        let Some(signature) = &package.signature else { return Err(unknown("it is not signed".into())) };
        let id = signature.key_id();
        let mut known = self.keys.iter().filter(|key| key.key.id() == id).peekable();
        if known.peek().is_none() {
            return Err(unknown(format!("it is signed with key {id}, which is not trusted")));
        }
        let name = &package.name().map_err(Doubt::Wrong)?;
        let mut others = Vec::new();
        for key in known {
            signature.verify(package.bytes, &key.key).map_err(Doubt::Wrong)?;
            if key.packages.iter().any(|pattern| pattern.matches(name)) {
                return Ok(key);
            }
            others.push(&*key.name);
        }
        let whose = others.join(", ");
        Err(unknown(format!("it is signed with key {id} ({whose}), which is not trusted for {name}")))
    }
}

/// Why a signature says nothing.
enum Doubt {
    /// Nobody who is trusted has signed it.
    Unknown(PackageError),
    /// It can't be right.
    Wrong(PackageError),
}
