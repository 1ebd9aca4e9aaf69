//! `trust.toml`: whose signatures are believed. The same reader as for `plugins.toml`.

use super::read::{Reader, Table, document, text};
use super::{Config, ConfigError, ConfigErrors};
use prosector_package::{Pattern, PublicKey, Trust, TrustedKey};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use toml::de::DeValue;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Value};

impl Config {
    /// The file with the keys that are trusted: the one that is named, else `trust.toml` beside this one.
    pub fn trust_file(&self) -> Option<PathBuf> {
        let named = self.trust.as_ref().map(|trust| trust.value.clone());
        named.or_else(|| Some(self.file.as_ref()?.with_file_name("trust.toml")))
    }

    /// The keys that are trusted. A file that isn't there has none, unless it was named.
    pub fn trusted(&self) -> Result<Trust, ConfigErrors> {
        let Some(file) = self.trust_file() else { return Ok(Trust::default()) };
        let failed = |e: std::io::Error| ConfigError::new(format!("{}: {e}", file.display()));
        match (std::fs::read_to_string(&file), &self.trust) {
            (Ok(content), _) => parse(&content, &file),
            (Err(e), None) if e.kind() == ErrorKind::NotFound => Ok(Trust::default()),
            (Err(e), Some(named)) => Err(named.error(failed(e)).into()),
            (Err(e), None) => Err(failed(e).into()),
        }
    }
}

/// Adds a key to a file, which is made where there is none. What stands in it stays.
pub fn trust_key(path: &Path, key: &TrustedKey) -> Result<(), ConfigErrors> {
    let failed = |e: &dyn std::fmt::Display| ConfigErrors::from(ConfigError::new(format!("{}: {e}", path.display())));
    let content = match std::fs::read_to_string(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => String::new(),
        content => content.map_err(|e| failed(&e))?,
    };
    parse(&content, path)?;
    let mut document: DocumentMut = content.parse().map_err(|e| failed(&e))?;
    let keys = document.entry("key").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let keys = keys.as_array_of_tables_mut().ok_or_else(|| failed(&"its keys are not written as [[key]]"))?;
    let packages = key.packages.iter().map(ToString::to_string);
    keys.push(toml_edit::Table::from_iter([
        ("key", Value::from(key.key.to_string())),
        ("name", Value::from(&*key.name)),
        ("packages", Value::from_iter(packages)),
    ]));
    crate::write_file(path, document.to_string().as_bytes()).map_err(|e| failed(&e))
}

/// Reads the text of a file. The errors are in the order of the file.
pub(super) fn parse(content: &str, path: &Path) -> Result<Trust, ConfigErrors> {
    let document = document(content, path)?;
    let mut reader = Reader::new(content, path);
    let mut root = Table::root(document.get_ref());
    let mut keys = Vec::new();
    for node in reader.list(root.get("key"), "a table for each, [[key]]") {
        let mut table = reader.table(Some(node.clone()), "[[key]]");
        let public = |value: &DeValue| PublicKey::parse(value.as_str()?).ok();
        let (key, name, packages) = (table.get("key"), table.get("name"), table.get("packages"));
        if key.is_none() || packages.is_none() {
            reader.error(&node, r#"needs `key`, and `packages` that it may sign, like ["weather-team/*"]"#);
        }
        let key = reader.value(key, "a public key", "the second line of a .pub file", public);
        let name = reader.value(name, "a name", r#""Ada""#, text).map_or(String::new(), |name| name.value);
        let mut patterns = Vec::new();
        for said in reader.list(packages, r#"something like ["weather-team/*"]"#) {
            let pattern = |value: &DeValue| value.as_str()?.parse::<Pattern>().ok();
            let expected = r#""acme", "weather-team/acme", "weather-team/*" or "*""#;
            patterns.extend(reader.value(Some(said), "a package", expected, pattern).map(|pattern| pattern.value));
        }
        reader.rest(table);
        keys.extend(key.map(|key| TrustedKey { key: key.value, name, packages: patterns }));
    }
    reader.rest(root);
    reader.finish(Trust { keys })
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let (_, public) = prosector_package::keygen(None).expect("a key");
    let key = public.lines().nth(1).expect("a line");
    let right = format!("[[key]]\nkey = \"{key}\"\nname = \"Ada\"\npackages = [\"weather-team/*\", \"acme\"]\n");
    let trust = parse(&right, Path::new("trust.toml")).expect("it is right");
    assert_eq!((trust.keys.len(), trust.keys[0].key.to_string(), trust.keys[0].packages.len()), (1, key.to_owned(), 2));
    let errors = |text: &str| parse(text, Path::new("trust.toml")).expect_err("it is wrong").to_string();
    assert_eq!(
        errors("[[key]]\nkey = \"RWQ\"\npackages = [\"../x\"]\n[[key]]\nname = \"Bob\"\nfor = 1"),
        "trust.toml:2: key.key: \"RWQ\" is not a public key; expected the second line of a .pub file\n\
         trust.toml:3: key.packages: \"../x\" is not a package; expected \"acme\", \"weather-team/acme\", \
         \"weather-team/*\" or \"*\"\n\
         trust.toml:4: key: needs `key`, and `packages` that it may sign, like [\"weather-team/*\"]\n\
         trust.toml:6: key.for: unknown key; there are `key`, `name`, `packages`"
    );
}
