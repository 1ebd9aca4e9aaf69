//! The tree of the file, walked by hand, so that every error names its line, its key and what would be right, and one
//! run shows all of them.

use super::{Binding, Config, ConfigError, ConfigErrors, Limits, Located, PluginEntry, RegistryEntry};
use prosector_engine::nearest;
use prosector_package::{PackageName, Policy};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::hash::Hash;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

impl Config {
    /// Reads the text of a file. Files and folders in it are relative to the file's folder. The errors are in the
    /// order of the file.
    pub fn parse(content: &str, path: &Path) -> Result<Config, ConfigErrors> {
        let document = document(content, path)?;
        let mut reader = Reader::new(content, path);
        let mut root = Table::root(document.get_ref());
        let search: Vec<_> = reader
            .texts(root.get("search"), "plugins")
            .into_iter()
            .map(|folder| reader.folder().join(folder.value))
            .collect();
        let limits = reader.limits(root.get("limits"), &Limits::default());
        let plugins = reader.plugins(root.get("plugin"), &search, &limits);
        let mut builtin = reader.table(root.get("builtin"), "[builtin]");
        let policy = |value: &DeValue| value.as_str()?.parse::<Policy>().ok();
        let signatures = root.get("signatures");
        let signatures = reader.value(signatures, "a policy", r#""required", "warn" or "off""#, policy);
        let trust = reader.value(root.get("trust"), "a path", r#""trust.toml""#, text);
        let trust = trust.map(|trust| Located { value: reader.folder().join(trust.value), origin: trust.origin });
        let registries = reader.registries(root.get("registries"));
        let config = Config {
            file: Some(path.to_owned()),
            signatures,
            trust,
            registries,
            locked: false,
            plugins,
            precedence: reader.texts(root.get("precedence"), "acme"),
            limits,
            builtin_disabled: reader.texts(builtin.get("disabled"), "dns"),
            disabled: Vec::new(),
            only: Vec::new(),
            settings: reader.settings(root.get("settings")),
            decode_as: reader.bindings(root.get("decode_as")),
        };
        reader.rest(builtin);
        reader.rest(root);
        reader.finish(config)
    }
}

/// The document in a text, or what is wrong with its syntax.
pub(super) fn document<'a>(text: &'a str, path: &Path) -> Result<Spanned<DeTable<'a>>, ConfigErrors> {
    let (document, syntax) = DeTable::parse_recoverable(text);
    if syntax.is_empty() {
        return Ok(document);
    }
    let reader = Reader::new(text, path);
    // What follows a mistake in its line is mostly its consequence: the first of each line counts.
    let error = |e: &toml::de::Error| {
        let line = reader.line(e.span().map_or(text.len(), |span| span.start));
        let message = e.message().lines().next().unwrap_or_default();
        (line, ConfigError(format!("{}:{line}: {message}", path.display())))
    };
    let lines: BTreeMap<_, _> = syntax.iter().rev().map(error).collect();
    Err(ConfigErrors(lines.into_values().collect()))
}

/// A value of the file.
#[derive(Clone)]
pub(super) struct Node<'a> {
    /// All keys that lead to it: `plugin.version`.
    name: String,
    /// Where in the name the last of them begins.
    last: usize,
    /// Where its key starts, or itself in a list.
    at: usize,
    pub value: &'a DeValue<'a>,
}

impl Node<'_> {
    /// The last of the keys that lead to it. A key with dots in it is one, if it stands in a table of its own.
    pub fn last(&self) -> &str {
        &self.name[self.last..]
    }
}

/// A table whose keys are being read. One that is not there has no keys.
pub(super) struct Table<'a> {
    name: String,
    fields: Option<&'a DeTable<'a>>,
    /// The keys that were asked for: the others are wrong.
    known: Vec<&'static str>,
}

impl<'a> Table<'a> {
    pub fn root(document: &'a DeTable<'a>) -> Table<'a> {
        Table { name: String::new(), fields: Some(document), known: Vec::new() }
    }

    pub fn get(&mut self, key: &'static str) -> Option<Node<'a>> {
        self.known.push(key);
        self.fields?.get_key_value(key).map(|(key, value)| self.node(key, value))
    }

    pub fn nodes(&self) -> impl Iterator<Item = Node<'a>> {
        self.fields.into_iter().flatten().map(|(key, value)| self.node(key, value))
    }

    fn node(&self, key: &Spanned<DeString<'a>>, value: &'a Spanned<DeValue<'a>>) -> Node<'a> {
        let dot = if self.name.is_empty() { "" } else { "." };
        let last = self.name.len() + dot.len();
        Node { name: format!("{}{dot}{key}", self.name), last, at: key.span().start, value: value.get_ref() }
    }
}

pub(super) struct Reader<'a> {
    path: &'a Path,
    newlines: Vec<usize>,
    errors: Vec<(usize, ConfigError)>,
}

impl<'a> Reader<'a> {
    pub fn new(text: &str, path: &'a Path) -> Reader<'a> {
        let newlines = text.match_indices('\n').map(|(at, _)| at).collect();
        Reader { path, newlines, errors: Vec::new() }
    }

    /// What was read, unless something was wrong.
    pub fn finish<T>(mut self, value: T) -> Result<T, ConfigErrors> {
        if self.errors.is_empty() {
            return Ok(value);
        }
        self.errors.sort_by_key(|(at, _)| *at);
        Err(ConfigErrors(self.errors.into_iter().map(|(_, e)| e).collect()))
    }

    fn folder(&self) -> &'a Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    fn line(&self, at: usize) -> usize {
        1 + self.newlines.partition_point(|newline| *newline < at)
    }

    fn located<T>(&self, node: &Node, value: T) -> Located<T> {
        let origin = format!("{}:{}: {}", self.path.display(), self.line(node.at), node.name.escape_debug());
        Located::new(value, origin)
    }

    pub fn error(&mut self, node: &Node, e: impl Display) {
        self.errors.push((node.at, self.located(node, ()).error(e)));
    }

    /// What `read` makes of a value, or an error.
    pub fn value<T>(
        &mut self,
        node: Option<Node<'a>>,
        what: &str,
        expected: &str,
        read: impl FnOnce(&'a DeValue<'a>) -> Option<T>,
    ) -> Option<Located<T>> {
        let node = node?;
        if let Some(value) = read(node.value) {
            return Some(self.located(&node, value));
        }
        let found = match node.value {
            DeValue::String(text) => format!("{text:?}"),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            DeValue::Boolean(yes) => yes.to_string(),
            DeValue::Datetime(time) => time.to_string(),
            DeValue::Array(_) => "a list".into(),
            DeValue::Table(_) => "a table".into(),
        };
        self.error(&node, format!("{found} is not {what}; expected {expected}"));
        None
    }

    pub fn switch(&mut self, node: Option<Node<'a>>) -> Option<bool> {
        self.value(node, "a switch", "true or false", DeValue::as_bool).map(|yes| yes.value)
    }

    fn limit(&mut self, node: Option<Node<'a>>, max: u64) -> Option<u64> {
        let read = |value: &DeValue| number(value).filter(|n| (1..=max).contains(n));
        self.value(node, "a limit", &format!("a whole number from 1 to {max}"), read).map(|n| n.value)
    }

    pub fn list(&mut self, node: Option<Node<'a>>, expected: &str) -> Vec<Node<'a>> {
        let name = node.as_ref().map_or(String::new(), |node| node.name.clone());
        let list = self.value(node, "a list", expected, DeValue::as_array).map(|list| list.value.iter());
        let item =
            |item: &'a Spanned<_>| Node { name: name.clone(), last: 0, at: item.span().start, value: item.get_ref() };
        list.into_iter().flatten().map(item).collect()
    }

    pub fn texts(&mut self, node: Option<Node<'a>>, example: &str) -> Vec<Located<String>> {
        let list = self.list(node, &format!("something like [{example:?}]"));
        let expected = format!("something like {example:?}");
        let item = |node| self.value(Some(node), "a name", &expected, text);
        list.into_iter().filter_map(item).collect()
    }

    pub fn table(&mut self, node: Option<Node<'a>>, expected: &str) -> Table<'a> {
        let name = node.as_ref().map_or(String::new(), |node| node.name.clone());
        let fields = self.value(node, "a table", &format!("something like {expected}"), DeValue::as_table);
        Table { name, fields: fields.map(|fields| fields.value), known: Vec::new() }
    }

    /// The values of a table and of all tables in it, in the order of the file, with their names in that table:
    /// `udp.port = 1` is the same as `"udp.port" = 1`.
    fn leaves(&mut self, node: Option<Node<'a>>, expected: &str) -> Vec<(String, Node<'a>)> {
        let table = self.table(node, expected);
        let prefix = table.name.len() + 1;
        let mut leaves = Vec::new();
        let mut tables = vec![table];
        while let Some(table) = tables.pop() {
            for node in table.nodes() {
                match node.value {
                    DeValue::Table(fields) => {
                        tables.push(Table { name: node.name, fields: Some(fields), known: Vec::new() });
                    }
                    _ => leaves.push((node.name[prefix..].to_owned(), node)),
                }
            }
        }
        leaves.sort_by_key(|(_, node)| node.at);
        leaves
    }

    /// An error where there was the same before.
    fn once<K: Eq + Hash>(&mut self, node: &Node, key: K, seen: &mut HashMap<K, usize>) {
        let line = self.line(node.at);
        if let Some(first) = seen.insert(key, line) {
            self.error(node, format!("the same as in line {first}; expected once"));
        }
    }

    /// An error for each key that nobody asked for.
    pub fn rest(&mut self, table: Table<'a>) {
        let prefix = if table.name.is_empty() { 0 } else { table.name.len() + 1 };
        for node in table.nodes() {
            let key = &node.name[prefix..];
            if table.known.contains(&key) {
                continue;
            }
            let hint = match nearest(key, table.known.iter().map(|known| known.to_string())) {
                none if none.is_empty() => format!("; there are `{}`", table.known.join("`, `")),
                near => near,
            };
            self.error(&node, format!("unknown key{hint}"));
        }
    }

    pub fn limits(&mut self, node: Option<Node<'a>>, base: &Limits) -> Limits {
        let mut table = self.table(node, "limits = { memory_mib = 64 }");
        let mut limits = base.clone();
        for name in Limits::NAMES {
            let max = if name == "fuel" { u64::MAX } else { u32::MAX.into() };
            if let Some(value) = self.limit(table.get(name), max) {
                limits.set(name, value);
            }
        }
        self.rest(table);
        limits
    }

    fn plugins(&mut self, node: Option<Node<'a>>, search: &[PathBuf], limits: &Limits) -> Vec<PluginEntry> {
        let mut names = HashMap::new();
        let entries = self.list(node, "a table for each, [[plugin]]");
        entries.into_iter().filter_map(|node| self.plugin(node, search, limits, &mut names)).collect()
    }

    fn plugin(
        &mut self,
        node: Node<'a>,
        search: &[PathBuf],
        limits: &Limits,
        names: &mut HashMap<String, usize>,
    ) -> Option<PluginEntry> {
        const NAME: &str = r#"something like "acme""#;
        const FILE: &str = r#"something like "target/plugins/acme.wasm""#;
        const PACKAGE: &str = r#"something like "acme" or "weather-team/acme""#;
        const VERSION: &str = r#"something like ">=0.1, <0.3""#;
        let header = Node { name: node.name.clone(), ..node };
        let mut table = self.table(Some(node), "[[plugin]]");
        table.fields?;
        let (name, file, enabled) = (table.get("name"), table.get("file"), table.get("enabled"));
        let origin = |node: &Node<'a>| self.located(node, ()).origin;
        let package = table.get("package");
        let (origin, switch) = (
            origin(file.as_ref().or(name.as_ref()).or(package.as_ref()).unwrap_or(&header)),
            enabled.as_ref().map(origin),
        );
        let sha256 = table.get("sha256");
        let named = |value: &DeValue| value.as_str()?.parse::<PackageName>().ok();
        let package_name = self.value(package.clone(), "a package", PACKAGE, named);
        match (&package, &name) {
            (None, None) if file.is_none() => {
                self.error(&header, r#"no name and no file; expected something like name = "acme""#)
            }
            (None, None) => {}
            (None, Some(node)) => text(node.value).into_iter().for_each(|name| self.once(node, name, names)),
            (Some(node), _) => {
                for other in [&name, &file, &sha256].into_iter().flatten() {
                    self.error(
                        other,
                        "can't stand beside `package`: the package has its name, and plugins.lock its file",
                    );
                }
                if let Some(package) = &package_name {
                    self.once(node, package.value.plugin().to_owned(), names);
                }
            }
        }
        let bare = |value: &DeValue| text(value).filter(|name| !name.contains(['/', '\\']));
        let entry = PluginEntry {
            name: match &package_name {
                Some(package) => Some(package.value.plugin().to_owned()),
                None => self.value(name, "a name without a path", NAME, bare).map(|name| name.value),
            },
            package: package_name.map(|package| package.value),
            locked: None,
            file: self.value(file, "a path", FILE, text).map(|file| self.folder().join(file.value)),
            version: self.value(table.get("version"), "a version requirement", VERSION, |v| v.as_str()?.parse().ok()),
            sha256: self.value(sha256, "a SHA-256 digest", "64 hexadecimal digits", digest),
            enabled: Located::new(self.switch(enabled).unwrap_or(true), switch.unwrap_or_default()),
            wasi: self.switch(table.get("wasi")).unwrap_or(false),
            settings: self.settings(table.get("settings")),
            claims: self.claims(table.get("claims")),
            limits: self.limits(table.get("limits"), limits),
            search: search.to_vec(),
            origin,
        };
        self.rest(table);
        Some(entry)
    }

    pub fn settings(&mut self, node: Option<Node<'a>>) -> Vec<Located<(String, String)>> {
        const EXPECTED: &str = "true, false, a whole number from 0 up, or a text";
        let mut seen = HashMap::new();
        let mut settings = Vec::new();
        for (name, node) in self.leaves(node, "settings = { check = true }") {
            self.once(&node, name.clone(), &mut seen);
            settings.extend(self.value(Some(node), "a setting", EXPECTED, |value| Some((name, scalar(value)?))));
        }
        settings
    }

    /// `registries = { default = "../plugins", weather-team = { location = "oci://…", plain_http = true } }`
    fn registries(&mut self, node: Option<Node<'a>>) -> Vec<RegistryEntry> {
        const LOCATION: &str = r#"a folder, or something like "oci://registry.example.org/plugins""#;
        let mut registries = Vec::new();
        let table = self.table(node, r#"registries = { default = "../plugins" }"#);
        for node in table.nodes() {
            let namespace = match node.last() {
                "default" => None,
                name if PackageName::new(Some(name), "any").is_ok() => Some(name.to_owned()),
                _ => {
                    self.error(
                        &node,
                        "no namespace; expected the part of a package's name before the slash, or default",
                    );
                    continue;
                }
            };
            let (location, plain_http) = if node.value.is_table() {
                let mut table = self.table(Some(node), "a table");
                let location = self.value(table.get("location"), "a registry", LOCATION, text);
                let plain_http = self.switch(table.get("plain_http")).unwrap_or(false);
                self.rest(table);
                (location, plain_http)
            } else {
                (self.value(Some(node), "a registry", LOCATION, text), false)
            };
            let folder = self.folder().to_owned();
            registries.extend(location.map(|location| RegistryEntry { namespace, location, plain_http, folder }));
        }
        registries
    }

    fn claims(&mut self, node: Option<Node<'a>>) -> Vec<Located<(String, u64)>> {
        let mut claims = Vec::new();
        for (table, node) in self.leaves(node, r#"claims = { "udp.port" = [4500, 4501] }"#) {
            let keys = if node.value.is_array() { self.list(Some(node), "") } else { vec![node] };
            let read = |value: &DeValue| Some((table.clone(), number(value)?));
            let expected = "a number or a list of numbers, like [4500, 4501]";
            claims.extend(keys.into_iter().filter_map(|node| self.value(Some(node), "a key", expected, read)));
        }
        claims
    }

    pub fn bindings(&mut self, node: Option<Node<'a>>) -> Vec<Located<Binding>> {
        const EXPECTED: &str = r#"something like "udp.port" = { 4500 = "acme" }"#;
        let mut seen = HashMap::new();
        let mut bindings = Vec::new();
        for (name, node) in self.leaves(node, "[decode_as]") {
            let (table, key) = name.rsplit_once('.').unwrap_or(("", &name));
            let read = |value: &DeValue| Binding::new(table, key, value.as_str()?);
            if let Some(binding) = self.value(Some(node.clone()), "a binding", EXPECTED, read) {
                self.once(&node, (binding.value.table.clone(), binding.value.key), &mut seen);
                bindings.push(binding);
            }
        }
        bindings
    }
}

/// A text that is not empty.
pub(super) fn text(value: &DeValue) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

pub(super) fn number(value: &DeValue) -> Option<u64> {
    let number = value.as_integer()?;
    u64::from_str_radix(number.as_str(), number.radix()).ok()
}

fn scalar(value: &DeValue) -> Option<String> {
    match value {
        DeValue::Boolean(yes) => Some(yes.to_string()),
        DeValue::String(text) => Some(text.to_string()),
        value => Some(number(value)?.to_string()),
    }
}

fn digest(value: &DeValue) -> Option<[u8; 32]> {
    let digits: Vec<_> = value.as_str()?.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let digits: [u32; 64] = digits.try_into().ok()?;
    Some(std::array::from_fn(|i| (digits[2 * i] << 4 | digits[2 * i + 1]) as u8))
}
