//! Writing to `plugins.toml` what somebody chose while the command ran. Comments, order and everything else stay.

use crate::config::{Binding, Config, ConfigError};
use prosector_package::PackageName;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value};

/// One change of a `plugins.toml`.
#[derive(Clone, Copy, Debug)]
pub enum Edit<'a> {
    /// A package is used from now on, or with another requirement.
    Use {
        /// Which one.
        package: &'a PackageName,
        /// Its versions, `^0.1`; `None` keeps what the entry says.
        version: Option<&'a str>,
        /// Limits that it gets beside those that its entry has.
        limits: &'a BTreeMap<String, u64>,
        /// Whether it gets an empty WASI.
        wasi: bool,
    },
    /// A package is not used any more.
    Remove(&'a PackageName),
    /// Where packages of a namespace come from, or all that have no registry of their own.
    Registry {
        /// The namespace.
        namespace: Option<&'a str>,
        /// A folder or an address.
        location: &'a str,
    },
}

/// Writes bindings into the table `[decode_as]` of a file, which is made where there is none. A binding of the same
/// table and key is replaced.
pub fn save(path: &Path, bindings: &[Binding]) -> Result<(), ConfigError> {
    change(path, |document| bind(document, bindings))
}

/// Makes changes in a file, which is made where there is none.
pub fn edit_file(path: &Path, edits: &[Edit<'_>]) -> Result<(), ConfigError> {
    change(path, |document| edits.iter().try_for_each(|edit| apply(document, edit)))
}

/// The file must be right before and after.
fn change(path: &Path, how: impl FnOnce(&mut DocumentMut) -> Result<(), ConfigError>) -> Result<(), ConfigError> {
    let named = |e: &dyn Display| ConfigError::new(format!("{}: {e}", path.display()));
    let text = match fs::read_to_string(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => String::new(),
        text => text.map_err(|e| named(&e))?,
    };
    let edited = edit(&text, path, how)?;
    match edited == text {
        true => Ok(()),
        false => write_file(path, edited.as_bytes()).map_err(|e| named(&e)),
    }
}

fn edit(
    text: &str,
    path: &Path,
    how: impl FnOnce(&mut DocumentMut) -> Result<(), ConfigError>,
) -> Result<String, ConfigError> {
    check(text, path)?; // so every part is of its kind, where it is there
    let mut document: DocumentMut = text.parse().map_err(|e| ConfigError::new(format!("{}: {e}", path.display())))?;
    how(&mut document)?;
    let mut edited = document.to_string();
    if text.contains("\r\n") {
        edited = edited.replace("\r\n", "\n").replace('\n', "\r\n"); // `toml_edit` writes `\n`
    }
    check(&edited, path)?;
    Ok(edited)
}

fn bind(document: &mut DocumentMut, bindings: &[Binding]) -> Result<(), ConfigError> {
    let mut header = Table::new();
    header.set_implicit(true);
    let tables = table(document.entry("decode_as").or_insert(Item::Table(header)), "decode_as")?;
    for binding in bindings {
        if replace(tables, "", binding) || insert(tables, "", binding) {
            continue;
        }
        let keys = InlineTable::from_iter([(binding.key.to_string(), &*binding.dissector)]);
        add(tables, &binding.table, keys.into());
    }
    Ok(())
}

fn table<'a>(item: &'a mut Item, name: &str) -> Result<&'a mut dyn TableLike, ConfigError> {
    item.as_table_like_mut().ok_or_else(|| ConfigError::new(format!("{name} is not a table")))
}

fn apply(document: &mut DocumentMut, edit: &Edit<'_>) -> Result<(), ConfigError> {
    match *edit {
        Edit::Registry { namespace, location } => {
            let registries = document.entry("registries").or_insert(Item::Table(Table::new()));
            table(registries, "registries")?.insert(namespace.unwrap_or("default"), location.into());
        }
        Edit::Remove(package) => {
            let plugins = document.entry("plugin").or_insert(Item::None);
            if let Some(tables) = plugins.as_array_of_tables_mut() {
                tables.retain(|entry| !is_for(entry, package));
            } else if let Some(list) = plugins.as_array_mut() {
                list.retain(|entry| !entry.as_inline_table().is_some_and(|entry| is_for(entry, package)));
            }
        }
        Edit::Use { package, version, limits, wasi } => {
            let plugins = document.entry("plugin").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
            let fill = |entry: &mut dyn TableLike| {
                if let Some(version) = version {
                    set(entry, "version", version.into());
                }
                if wasi {
                    set(entry, "wasi", true.into());
                }
                if !limits.is_empty() {
                    let own = entry.entry("limits").or_insert(InlineTable::new().into());
                    if let Some(own) = own.as_table_like_mut() {
                        limits.iter().for_each(|(name, limit)| set(own, name, (*limit as i64).into()));
                    }
                }
            };
            let name = package.to_string();
            if let Some(tables) = plugins.as_array_of_tables_mut() {
                if !tables.iter().any(|entry| is_for(entry, package)) {
                    let mut entry = Table::new();
                    entry.insert("package", name.into());
                    tables.push(entry);
                }
                tables.iter_mut().filter(|entry| is_for(*entry, package)).for_each(|entry| fill(entry));
            } else if let Some(list) = plugins.as_array_mut() {
                if !list.iter().filter_map(Value::as_inline_table).any(|entry| is_for(entry, package)) {
                    list.push(InlineTable::from_iter([("package", name)]));
                }
                let entries = list.iter_mut().filter_map(Value::as_inline_table_mut);
                entries.filter(|entry| is_for(*entry, package)).for_each(|entry| fill(entry));
            }
        }
    }
    Ok(())
}

fn is_for(entry: &dyn TableLike, package: &PackageName) -> bool {
    let name = entry.get("package").and_then(Item::as_str);
    name.is_some_and(|name| name.parse::<PackageName>().is_ok_and(|name| name == *package))
}

/// Gives a key its value; what stands around an old one stays.
fn set(table: &mut dyn TableLike, key: &str, mut value: Value) {
    if let Some(Item::Value(old)) = table.get(key) {
        *value.decor_mut() = old.decor().clone();
    }
    table.insert(key, Item::Value(value));
}

fn check(text: &str, path: &Path) -> Result<(), ConfigError> {
    Config::parse(text, path).map(drop).map_err(ConfigError::new)
}

/// Gives the key of a binding, wherever it stands, its dissector.
fn replace(table: &mut dyn TableLike, prefix: &str, binding: &Binding) -> bool {
    table.iter_mut().any(|(key, item)| {
        let name = format!("{prefix}{}", key.get());
        if let Some(table) = item.as_table_like_mut() {
            return replace(table, &format!("{name}."), binding);
        }
        let Some(value) = item.as_value_mut() else { return false };
        let same = name.rsplit_once('.').and_then(|(table, key)| Binding::new(table, key, "-"));
        if !same.is_some_and(|same| same.table == binding.table && same.key == binding.key) {
            return false;
        }
        let decor = value.decor().clone();
        *value = Value::from(&*binding.dissector);
        *value.decor_mut() = decor;
        true
    })
}

/// Adds the key of a binding where its table stands.
fn insert(table: &mut dyn TableLike, prefix: &str, binding: &Binding) -> bool {
    table.iter_mut().any(|(key, item)| {
        let name = format!("{prefix}{}", key.get());
        let Some(table) = item.as_table_like_mut() else { return false };
        if name != binding.table {
            return insert(table, &format!("{name}."), binding);
        }
        add(table, &binding.key.to_string(), (&*binding.dissector).into());
        true
    })
}

fn add(table: &mut dyn TableLike, key: &str, mut value: Value) {
    if let Some((_, Item::Value(last))) = table.iter_mut().last() {
        let suffix = last.decor().suffix().and_then(|suffix| suffix.as_str()).unwrap_or_default().to_owned();
        // The space before a closing brace belongs to the value that was the last.
        if suffix.trim().is_empty() {
            last.decor_mut().set_suffix("");
            value.decor_mut().set_prefix(" ");
            value.decor_mut().set_suffix(suffix);
        }
    }
    table.insert(key, Item::Value(value));
}

/// Writes a file beside and renames it, so that nobody reads half of one. Its folder is made; a link stays a link.
pub fn write_file(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let path = &fs::canonicalize(path).unwrap_or(path.to_owned());
    fs::create_dir_all(path.parent().unwrap_or(Path::new("")))?;
    let part = path.with_extension(format!("part{}", std::process::id()));
    let written = fs::write(&part, bytes).and_then(|()| match fs::metadata(path) {
        Ok(old) => fs::set_permissions(&part, old.permissions()),
        Err(_) => Ok(()),
    });
    written.and_then(|()| fs::rename(&part, path)).inspect_err(|_| {
        let _ = fs::remove_file(&part);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(text: &str, path: &Path, bindings: &[Binding]) -> Result<String, ConfigError> {
        super::edit(text, path, |document| bind(document, bindings))
    }

    #[test]
    fn packages_come_and_go_and_the_rest_stays() {
        let path = Path::new("plugins.toml");
        let edit = |text: &str, edits: &[Edit<'_>]| {
            super::edit(text, path, |document| edits.iter().try_for_each(|edit| apply(document, edit))).unwrap()
        };
        let acme: PackageName = "weather-team/acme".parse().unwrap();
        let used = |version, limits| Edit::Use { package: &acme, version, limits, wasi: false };
        let (none, more) = (BTreeMap::new(), BTreeMap::from([("memory_mib".to_owned(), 128)]));
        let before = "# ours\nprecedence = [\"mine\"] # first\n\n[[plugin]] # built here\nfile = \"mine.wasm\"\n\n[settings]\nip.check_checksum = true\n";
        let with = edit(before, &[used(Some("^0.1"), &none)]);
        let entry = "\n[[plugin]]\npackage = \"weather-team/acme\"\nversion = \"^0.1\"\n";
        assert_eq!(with, before.replace("\n[settings]", &format!("{entry}\n[settings]")));
        assert_eq!(edit(&with, &[used(None, &none)]), with);
        let newer = edit(&with.replace("\"^0.1\"", "\"^0.1\" # tried"), &[used(Some("^0.2"), &more)]);
        assert!(newer.contains("version = \"^0.2\" # tried\nlimits = { memory_mib = 128 }\n"), "{newer}");
        assert_eq!(edit(&with, &[Edit::Remove(&acme)]), before);
        assert_eq!(edit(before, &[Edit::Remove(&acme)]), before);
        let listed = "plugin = [{ file = \"mine.wasm\" }]\n";
        let with = edit(listed, &[used(Some("^0.1"), &none)]);
        assert_eq!(
            with,
            "plugin = [{ file = \"mine.wasm\" }, { package = \"weather-team/acme\", version = \"^0.1\" }]\n"
        );
        assert_eq!(edit(&with, &[Edit::Remove(&acme)]), listed);
        let registry = |namespace, location| Edit::Registry { namespace, location };
        let with =
            edit("# ours\n", &[registry(None, "../plugins"), registry(Some("weather-team"), "oci://127.0.0.1:5000/p")]);
        assert!(
            with.contains("[registries]\ndefault = \"../plugins\"\nweather-team = \"oci://127.0.0.1:5000/p\"\n"),
            "{with}"
        );
        assert!(with.contains("# ours"), "{with}");
    }

    fn binding(text: &str) -> Binding {
        Binding::parse(text).unwrap()
    }

    /// What becomes of a file by two bindings.
    #[track_caller]
    fn becomes(before: &str, after: &str) {
        let path = Path::new("plugins.toml");
        let bindings = [binding("udp.port==4500,new"), binding("tcp.port==80,new")];
        let text = edit(before, path, &bindings).unwrap();
        let config = Config::parse(&text, path).unwrap();
        let found: Vec<_> = config.decode_as.iter().map(|one| &one.value).collect();
        assert!(bindings.iter().all(|one| found.contains(&one)), "{text}");
        assert_eq!(text, after);
        assert_eq!(edit(&text, path, &bindings).unwrap(), text, "a second time");
    }

    #[test]
    fn forms() {
        let tcp = "\"tcp.port\" = { 80 = \"new\" }\n";
        let both = format!("[decode_as]\n\"udp.port\" = {{ 4500 = \"new\" }}\n{tcp}");
        becomes("", &both);
        becomes("# mine\n[limits]\nfuel = 5 # few\n", &format!("# mine\n[limits]\nfuel = 5 # few\n\n{both}"));
        becomes("\u{feff}", &both);
        becomes("[decode_as]\n[builtin]\n", &format!("{both}[builtin]\n"));
        becomes(
            "[decode_as] # x\n# y\n\"udp.port\" = { 4500 = 'old', 1 = 'a' } # z\n\n[builtin]\n",
            &format!("[decode_as] # x\n# y\n\"udp.port\" = {{ 4500 = \"new\", 1 = 'a' }} # z\n{tcp}\n[builtin]\n"),
        );
        becomes(
            "[decode_as]\n\"udp.port\" = { 1 = 'a' }\n",
            &format!("[decode_as]\n\"udp.port\" = {{ 1 = 'a', 4500 = \"new\" }}\n{tcp}"),
        );
        becomes(
            "[decode_as]\nudp.port.0x1194 = 'old' # z\nudp.port.1 = 'a'\n",
            &format!("[decode_as]\nudp.port.0x1194 = \"new\" # z\nudp.port.1 = 'a'\n{tcp}"),
        );
        becomes(
            "[decode_as]\nudp.port.1 = 'a'\n",
            &format!("[decode_as]\nudp.port.1 = 'a'\nudp.port.4500 = \"new\"\n{tcp}"),
        );
        becomes(
            "[decode_as.udp.port]\n1 = 'a'\n[decode_as.\"tcp.port\"]\n# b\n80 = 'b'\n",
            "[decode_as.udp.port]\n1 = 'a'\n4500 = \"new\"\n[decode_as.\"tcp.port\"]\n# b\n80 = \"new\"\n",
        );
        becomes(
            "[decode_as.udp.port]\n1 = 'a'\n",
            "[decode_as]\n\"tcp.port\" = { 80 = \"new\" }\n[decode_as.udp.port]\n1 = 'a'\n4500 = \"new\"\n",
        );
        becomes(
            "decode_as = { udp.port = { 1 = 'a' } }\n[builtin]\n",
            "decode_as = { udp.port = { 1 = 'a', 4500 = \"new\" } , \"tcp.port\" = { 80 = \"new\" }}\n[builtin]\n",
        );
        becomes(
            "decode_as = { 'udp.port' = { 1 = 'a' } }\n",
            "decode_as = { 'udp.port' = { 1 = 'a', 4500 = \"new\" }, \"tcp.port\" = { 80 = \"new\" } }\n",
        );
        becomes(
            "decode_as = {\n  'udp.port' = { 1 = 'a' }, # b\n}\n# c\n",
            "decode_as = {\n  'udp.port' = { 1 = 'a', 4500 = \"new\" }, \"tcp.port\" = { 80 = \"new\" }, # b\n}\n# c\n",
        );
        becomes(
            "# a\r\n[decode_as]\r\n'udp.port' = { 4500 = 'a' } # b\r\n",
            "# a\r\n[decode_as]\r\n'udp.port' = { 4500 = \"new\" } # b\r\n\"tcp.port\" = { 80 = \"new\" }\r\n",
        );
        becomes(
            "decode_as.udp.port.1 = 'a'\n[builtin]\n",
            "decode_as.udp.port.1 = 'a'\ndecode_as.udp.port.4500 = \"new\"\ndecode_as.\"tcp.port\" = { 80 = \"new\" }\n[builtin]\n",
        );
    }

    #[test]
    fn files() {
        let folder = std::env::temp_dir().join(format!("prosector-save-{}", std::process::id()));
        let path = folder.join("a/b/plugins.toml");
        save(&path, &[binding("udp.port==1,a")]).unwrap();
        save(&path, &[binding("udp.port==1,b"), binding("udp.port==2,\"\u{1b}")]).unwrap();
        let config = Config::read(&path).unwrap();
        let names: Vec<_> = config.decode_as.iter().map(|one| &*one.value.dissector).collect();
        assert_eq!(names, ["b", "\"\u{1b}"]);
        assert_eq!(fs::read_dir(folder.join("a/b")).unwrap().count(), 1);

        // A link stays one, and so do the file's rights.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            let link = folder.join("link.toml");
            std::os::unix::fs::symlink(&path, &link).unwrap();
            save(&link, &[binding("udp.port==1,c")]).unwrap();
            assert!(link.is_symlink());
            assert_eq!(Config::read(&path).unwrap().decode_as[0].value.dissector, "c");
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }

        fs::write(&path, "decode_as = 5\n").unwrap();
        let error = save(&path, &[binding("udp.port==1,a")]).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{}:1: decode_as: 5 is not a table", path.display())), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "decode_as = 5\n");
        assert!(save(&folder, &[]).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
