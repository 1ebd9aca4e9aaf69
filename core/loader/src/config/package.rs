//! `plugin.toml`: what a package says of itself, and how it is built and tested. The same reader as for `plugins.toml`, so that
//! its errors are as good.

use super::read::{Reader, document, number, text};
use super::{Binding, Config, ConfigError, ConfigErrors, Limits, Located, PluginEntry};
use prosector_package::PackageName;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What `plugin.toml` says. A file that isn't there says nothing.
#[derive(Clone, Debug, Default)]
pub struct PackageFile {
    /// Who publishes it: what stands before the slash in the package's name.
    pub namespace: Option<String>,
    /// What it is for, in a sentence.
    pub description: Option<String>,
    /// Its licence, as an SPDX expression.
    pub license: Option<String>,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// Where its source is.
    pub repository: Option<String>,
    /// How it is built; `None` where its files tell.
    pub build: Option<Build>,
    /// Whether it needs an empty WASI.
    pub wasi: bool,
    /// What it may use.
    pub limits: Limits,
    /// Those limits that it names itself, by the names of `plugins.toml`.
    pub named_limits: BTreeMap<String, u64>,
    /// Further plugins that its tests use, relative to the file's folder.
    pub test_plugins: Vec<PathBuf>,
    /// What holds for tests.
    pub test: TestSetup,
    /// What holds for single captures beside that, by the names of their files.
    pub captures: BTreeMap<String, TestSetup>,
}

/// How a plugin is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Build {
    /// By cargo.
    Rust,
    /// By clang, from these sources.
    C {
        /// Sources, relative to the file's folder.
        sources: Vec<String>,
        /// Further options of the compiler.
        flags: Vec<String>,
    },
    /// By a command of its own.
    Command {
        /// The program and its arguments, run in the file's folder.
        command: Vec<String>,
        /// The module or component that it makes, relative to the file's folder.
        output: String,
    },
}

/// What a test changes.
#[derive(Clone, Debug, Default)]
pub struct TestSetup {
    /// Settings, by name with or without the protocol's.
    pub settings: Vec<Located<(String, String)>>,
    /// Dissectors for keys.
    pub decode_as: Vec<Located<Binding>>,
    /// Where captures come from.
    pub origin: Option<String>,
}

impl PackageFile {
    /// Reads a file; one that isn't there says nothing.
    pub fn read(path: &Path) -> Result<PackageFile, ConfigErrors> {
        match std::fs::read_to_string(path) {
            Ok(text) => PackageFile::parse(&text, path),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(PackageFile::default()),
            Err(e) => Err(ConfigError::new(format!("{}: {e}", path.display())).into()),
        }
    }

    /// Reads the text of a file. The errors are in the order of the file.
    pub fn parse(content: &str, path: &Path) -> Result<PackageFile, ConfigErrors> {
        let parsed = document(content, path)?;
        let mut reader = Reader::new(content, path);
        let mut root = super::read::Table::root(parsed.get_ref());
        let mut package = reader.table(root.get("package"), "[package]");
        let namespace = package.get("namespace");
        let whose = |value: &_| text(value).filter(|name| PackageName::new(Some(name), "any").is_ok());
        let example = r#"something like "weather-team": lower-case letters, digits, and - _ . between them"#;
        let namespace = reader.value(namespace, "a namespace", example, whose).map(|name| name.value);
        let mut one = |node, example: &str| reader.value(node, "a text", example, text).map(|text| text.value);
        let description = one(package.get("description"), r#""Reports of our weather stations""#);
        let license = one(package.get("license"), r#""MIT OR Apache-2.0""#);
        let repository = one(package.get("repository"), r#""https://example.org/weather""#);
        let authors = reader.texts(package.get("authors"), "Ada <ada@example.org>");
        reader.rest(package);

        let mut build = reader.table(root.get("build"), "[build]");
        let wasi = reader.switch(build.get("wasi")).unwrap_or(false);
        let (language, sources, flags) = (build.get("language"), build.get("sources"), build.get("flags"));
        let (command, output) = (build.get("command"), build.get("output"));
        let values = |list: Vec<Located<String>>| list.into_iter().map(|item| item.value).collect::<Vec<_>>();
        let known = |value: &_| text(value).filter(|word| ["rust", "c", "command"].contains(&&**word));
        let how = reader.value(language.clone(), "a language", r#""rust", "c" or "command""#, known);
        let sources = values(reader.texts(sources, "src/weather.c"));
        let flags = values(reader.texts(flags, "-DVERSION=2"));
        let words = values(reader.texts(command, "make"));
        let output = reader.value(output, "a path", r#""out/weather.wasm""#, text);
        let build_how = match how.as_ref().map(|how| &*how.value) {
            Some("rust") => Some(Build::Rust),
            Some("c") => Some(Build::C { sources, flags }),
            Some("command") => match output {
                Some(output) if !words.is_empty() => Some(Build::Command { command: words, output: output.value }),
                _ => {
                    let node = language.expect("it was read");
                    reader.error(&node, r#"needs `command`, like ["make"], and `output`, like "out/weather.wasm""#);
                    None
                }
            },
            _ => None,
        };
        reader.rest(build);

        let node = root.get("limits");
        let limits = reader.limits(node.clone(), &Limits::default());
        let table = reader.table(node, "[limits]");
        let named_limits =
            table.nodes().filter_map(|node| Some((node.last().to_owned(), number(node.value)?))).collect();

        let mut test = reader.table(root.get("test"), "[test]");
        let folder = path.parent().unwrap_or(Path::new(""));
        let test_plugins = values(reader.texts(test.get("plugins"), "../other/build/other.wasm"));
        let test_plugins = test_plugins.into_iter().map(|file| folder.join(file)).collect();
        let all = reader.setup(&mut test);
        let captures = reader.table(test.get("capture"), r#"[test.capture."one.pcap"]"#);
        let mut by_name = BTreeMap::new();
        for node in captures.nodes() {
            let name = node.last().to_owned();
            let mut table = reader.table(Some(node), r#"[test.capture."one.pcap"]"#);
            by_name.insert(name, reader.setup(&mut table));
            reader.rest(table);
        }
        reader.rest(test);
        reader.rest(root);
        reader.finish(PackageFile {
            namespace,
            description,
            license,
            authors: values(authors),
            repository,
            build: build_how,
            wasi,
            limits,
            named_limits,
            test_plugins,
            test: all,
            captures: by_name,
        })
    }

    /// What holds for a capture, first what holds for all.
    pub fn setups(&self, capture: &str) -> impl Iterator<Item = &TestSetup> + Clone {
        std::iter::once(&self.test).chain(self.captures.get(capture))
    }

    /// Which dissectors a test of the package uses: what is linked in, this plugin, and those that it names.
    pub fn config(&self, plugin: &Path, capture: &str) -> Config {
        let setups = || self.setups(capture);
        let mut entry = PluginEntry::file(plugin.to_owned(), &self.limits, "plugin.toml");
        entry.wasi = self.wasi;
        entry.settings = setups().flat_map(|setup| setup.settings.iter().cloned()).collect();
        let others = self.test_plugins.iter();
        let others =
            others.map(|file| PluginEntry::file(file.clone(), &Limits::default(), "plugin.toml: test.plugins"));
        Config {
            plugins: std::iter::once(entry).chain(others).collect(),
            decode_as: setups().flat_map(|setup| setup.decode_as.iter().cloned()).collect(),
            ..Config::default()
        }
    }
}

impl<'a> Reader<'a> {
    fn setup(&mut self, table: &mut super::read::Table<'a>) -> TestSetup {
        let example = r#""made by tests/make.py""#;
        TestSetup {
            settings: self.settings(table.get("settings")),
            decode_as: self.bindings(table.get("decode_as")),
            origin: self.value(table.get("origin"), "a text", example, text).map(|origin| origin.value),
        }
    }
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let errors = |text: &str| PackageFile::parse(text, Path::new("plugin.toml")).expect_err("it is wrong").to_string();
    assert_eq!(
        errors("[package]\nlicence = \"MIT\"\n"),
        "plugin.toml:2: package.licence: unknown key; did you mean license?"
    );
    assert_eq!(
        errors("[build]\nlanguage = \"java\"\n[limits]\nmemory_mib = 0"),
        "plugin.toml:2: build.language: \"java\" is not a language; expected \"rust\", \"c\" or \"command\"\n\
         plugin.toml:4: limits.memory_mib: 0 is not a limit; expected a whole number from 1 to 4294967295"
    );
    assert!(errors("[build]\nlanguage = \"command\"\ncommand = [\"make\"]").contains("needs `command`"));
}

#[test]
fn a_capture_has_its_own_settings_after_those_of_all() {
    let text = "[test]\nsettings = { check = true }\n[test.capture.\"a.pcap\"]\nsettings = { check = false }\n\
                decode_as = { udp.port = { 9 = \"x\" } }\n[limits]\nmemory_mib = 16\n";
    let file = PackageFile::parse(text, Path::new("plugin.toml")).expect("it is right");
    let config = file.config(Path::new("x.wasm"), "a.pcap");
    let values: Vec<_> = config.plugins[0].settings.iter().map(|setting| &*setting.value.1).collect();
    assert_eq!((values, config.decode_as.len()), (vec!["true", "false"], 1));
    assert_eq!(file.config(Path::new("x.wasm"), "b.pcap").plugins[0].settings.len(), 1);
    assert_eq!((file.limits.memory, file.named_limits["memory_mib"]), (16 << 20, 16));
}
