use super::*;

const EXAMPLE: &str = r#"
search = ["plugins", "/usr/share/prosector/plugins"]
precedence = ["mine", "acme"]

[limits]
memory_mib = 64
time_ms = 250
frame_time_ms = 100
spans = 65536
bytes = 1048576
nesting = 32
log_lines = 100
faults = 5
fuel = 1000000

[[plugin]]
name = "acme"
file = "target/plugins/acme.wasm"
version = ">=0.1, <0.3"
sha256 = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
enabled = true
wasi = false
settings = { check = true, rate = 5, unit = "C", acme.depth = 0x10 }
claims = { "udp.port" = [4500, 4501], ethertype = 0x88b6 }
limits = { memory_mib = 16 }

[[plugin]]
file = "/lib/libmine.so"

[builtin]
disabled = ["dns"]

[settings]
"ip.check_checksum" = true
tcp.strict = false

[decode_as]
"udp.port" = { 4500 = "acme" }
tcp.port.0x50 = "mine"
"#;

fn parse(text: &str) -> Result<Config, ConfigErrors> {
    Config::parse(text, Path::new("conf/plugins.toml"))
}

/// The errors, without the name of the file.
fn errors(text: &str) -> Vec<String> {
    let errors = parse(text).expect_err(text).to_string();
    errors.lines().map(|line| line.strip_prefix("conf/plugins.toml:").expect(line).to_owned()).collect()
}

#[track_caller]
fn wrong(text: &str, error: &str) {
    assert_eq!(errors(text), [error], "{text}");
}

fn values<T: Clone>(all: &[Located<T>]) -> Vec<T> {
    all.iter().map(|one| one.value.clone()).collect()
}

fn pairs<T: Clone>(all: &[Located<(String, T)>]) -> Vec<(&str, T)> {
    all.iter().map(|one| (&*one.value.0, one.value.1.clone())).collect()
}

#[test]
fn example() {
    let config = parse(EXAMPLE).unwrap();
    assert_eq!(config.file.unwrap(), Path::new("conf/plugins.toml"));
    assert_eq!(values(&config.precedence), ["mine", "acme"]);
    assert_eq!(config.limits, Limits { fuel: Some(1_000_000), ..Limits::default() });
    assert_eq!(values(&config.builtin_disabled), ["dns"]);
    let settings = [("ip.check_checksum", "true".to_owned()), ("tcp.strict", "false".to_owned())];
    assert_eq!(pairs(&config.settings), settings);
    let bindings = ["udp.port==4500,acme", "tcp.port==80,mine"].map(|text| Binding::parse(text).unwrap());
    assert_eq!(values(&config.decode_as), bindings);

    let [acme, mine] = &*config.plugins else { panic!() };
    assert_eq!((acme.name.as_deref(), &*acme.label()), (Some("acme"), "acme"));
    assert_eq!(acme.path().unwrap(), Path::new("conf/target/plugins/acme.wasm"));
    assert_eq!(acme.search, [Path::new("conf/plugins"), Path::new("/usr/share/prosector/plugins")]);
    let version = acme.version.as_ref().unwrap();
    assert!(version.value.matches(&semver::Version::new(0, 2, 9)));
    assert_eq!(version.error("no").to_string(), "conf/plugins.toml:19: plugin.version: no");
    assert_eq!(acme.sha256.as_ref().unwrap().value[..4], [0, 0x11, 0x22, 0x33]);
    assert_eq!(acme.sha256.as_ref().unwrap().value[31], 0xff);
    assert!(acme.enabled.value && !acme.wasi);
    let settings = [("check", "true"), ("rate", "5"), ("unit", "C"), ("acme.depth", "16")];
    assert_eq!(pairs(&acme.settings), settings.map(|(name, value)| (name, value.to_owned())));
    assert_eq!(pairs(&acme.claims), [("udp.port", 4500), ("udp.port", 4501), ("ethertype", 0x88b6)]);
    assert_eq!(acme.limits, Limits { memory: 16 << 20, fuel: Some(1_000_000), ..Limits::default() });
    assert_eq!(acme.error("no").to_string(), "conf/plugins.toml:18: plugin.file: no");

    assert_eq!((mine.name.as_deref(), &*mine.label()), (None, "mine"));
    assert_eq!(mine.path().unwrap(), Path::new("/lib/libmine.so"));
    assert_eq!(mine.limits, config.limits);
}

#[test]
fn empty() {
    let config = parse("").unwrap();
    assert!(config.plugins.is_empty() && config.limits == Limits::default());
    assert!(parse("\u{feff}# nothing\r\n[builtin]\r\n").is_ok());
}

/// Quoted, dotted and nested keys say the same.
#[test]
fn forms() {
    for claims in [
        r#"claims = { "udp.port" = [1, 2] }"#,
        "claims = { udp.port = [1, 2] }",
        "claims.udp.port = [1, 2]",
        "[plugin.claims]\nudp.port = [1, 2]",
        "[plugin.claims.udp]\nport = [\n1,\n2]",
    ] {
        let config = parse(&format!("[[plugin]]\nname = \"a\"\n{claims}")).unwrap();
        assert_eq!(pairs(&config.plugins[0].claims), [("udp.port", 1), ("udp.port", 2)], "{claims}");
    }
    for decode_as in [
        r#"decode_as = { "udp.port" = { 80 = "acme" } }"#,
        r#"decode_as.udp.port.0x50 = "acme""#,
        "[decode_as]\nudp.port.80 = \"acme\"",
        "[decode_as]\n\"udp.port.80\" = \"acme\"",
        "[decode_as.udp.port]\n80 = \"acme\"",
        "[decode_as.\"udp.port\"]\n80 = \"acme\"",
    ] {
        let binding = Binding { table: "udp.port".into(), key: 80, dissector: "acme".into() };
        assert_eq!(values(&parse(decode_as).unwrap().decode_as), [binding], "{decode_as}");
    }
    let config =
        parse("[settings]\nip.b = 1\n[settings.tcp]\na = ''\n[settings.eth]\nx = 18446744073709551615").unwrap();
    let settings = [("ip.b", "1"), ("tcp.a", ""), ("eth.x", "18446744073709551615")];
    assert_eq!(pairs(&config.settings), settings.map(|(name, value)| (name, value.to_owned())));
    let config = parse("plugin = [{ name = 'a' }, { name = 'b' }]").unwrap();
    assert_eq!(config.plugins.iter().map(PluginEntry::label).collect::<Vec<_>>(), ["a", "b"]);
}

/// The number that something is located at is its own line, not that of its list.
#[test]
fn lines() {
    let config = parse("[[plugin]]\nname = 'a'\nclaims.udp.port = [\n  1,\n  2,\n]\n").unwrap();
    let error = config.plugins[0].claims[1].error("no").to_string();
    assert_eq!(error, "conf/plugins.toml:5: plugin.claims.udp.port: no");
}

#[test]
fn wrong_types() {
    let plugin =
        |line: &str, error: &str| wrong(&format!("[[plugin]]\nname = 'a'\n{line}"), &format!("3: plugin.{error}"));
    wrong("search = 'x'", r#"1: search: "x" is not a list; expected something like ["plugins"]"#);
    wrong("search = ['x',\n5]", r#"2: search: 5 is not a name; expected something like "plugins""#);
    wrong("precedence = true", r#"1: precedence: true is not a list; expected something like ["acme"]"#);
    wrong("precedence = ['']", r#"1: precedence: "" is not a name; expected something like "acme""#);
    wrong("limits = 5", "1: limits: 5 is not a table; expected something like limits = { memory_mib = 64 }");
    wrong(
        "[builtin]\ndisabled = 'dns'",
        r#"2: builtin.disabled: "dns" is not a list; expected something like ["dns"]"#,
    );
    wrong("builtin = []", "1: builtin: a list is not a table; expected something like [builtin]");
    wrong("settings = 1", "1: settings: 1 is not a table; expected something like settings = { check = true }");
    let setting = "expected true, false, a whole number from 0 up, or a text";
    for (text, found) in [("-1", "-1"), ("1.5", "1.5"), ("[1]", "a list"), ("1979-05-27", "1979-05-27")] {
        wrong(&format!("settings.ip.x = {text}"), &format!("1: settings.ip.x: {found} is not a setting; {setting}"));
        plugin(&format!("settings.x = {text}"), &format!("settings.x: {found} is not a setting; {setting}"));
    }
    wrong("plugin = 5", "1: plugin: 5 is not a list; expected a table for each, [[plugin]]");
    wrong("plugin = [5]", "1: plugin: 5 is not a table; expected something like [[plugin]]");
    wrong("[plugin]\nname = 'a'", "1: plugin: a table is not a list; expected a table for each, [[plugin]]");
    wrong("[[plugin]]\nname = 5", r#"2: plugin.name: 5 is not a name without a path; expected something like "acme""#);
    wrong(
        "[[plugin]]\nname = 'a/b'",
        r#"2: plugin.name: "a/b" is not a name without a path; expected something like "acme""#,
    );
    wrong(
        "[[plugin]]\nfile = ''",
        r#"2: plugin.file: "" is not a path; expected something like "target/plugins/acme.wasm""#,
    );
    let version = r#"is not a version requirement; expected something like ">=0.1, <0.3""#;
    plugin("version = '>=x'", &format!(r#"version: ">=x" {version}"#));
    plugin("version = 0.1", &format!("version: 0.1 {version}"));
    for digits in ["", "12", &"g".repeat(64), &"0".repeat(63), &"0".repeat(65), &"é".repeat(32)] {
        let error = format!("sha256: {digits:?} is not a SHA-256 digest; expected 64 hexadecimal digits");
        plugin(&format!("sha256 = '{digits}'"), &error);
    }
    plugin("enabled = 'yes'", r#"enabled: "yes" is not a switch; expected true or false"#);
    plugin("wasi = 1", "wasi: 1 is not a switch; expected true or false");
    plugin("settings = true", "settings: true is not a table; expected something like settings = { check = true }");
    let claims = r#"expected something like claims = { "udp.port" = [4500, 4501] }"#;
    plugin("claims = [4500]", &format!("claims: a list is not a table; {claims}"));
    let key = "is not a key; expected a number or a list of numbers, like [4500, 4501]";
    plugin("claims.udp.port = 'x'", &format!(r#"claims.udp.port: "x" {key}"#));
    plugin("claims.udp.port = -1", &format!("claims.udp.port: -1 {key}"));
    plugin("claims.udp.port = [1, 18446744073709551616]", &format!("claims.udp.port: 18446744073709551616 {key}"));
    plugin("claims.udp.port = [[1]]", &format!("claims.udp.port: a list {key}"));
    wrong("decode_as = 'x'", r#"1: decode_as: "x" is not a table; expected something like [decode_as]"#);
    let binding = r#"is not a binding; expected something like "udp.port" = { 4500 = "acme" }"#;
    wrong("decode_as.4500 = 'x'", &format!(r#"1: decode_as.4500: "x" {binding}"#));
    wrong("decode_as.udp.port = 'x'", &format!(r#"1: decode_as.udp.port: "x" {binding}"#));
    wrong("decode_as.udp.port.4500 = 5", &format!("1: decode_as.udp.port.4500: 5 {binding}"));
    wrong("decode_as.udp.port.4500 = ''", &format!(r#"1: decode_as.udp.port.4500: "" {binding}"#));
}

#[test]
fn wrong_limits() {
    for key in ["memory_mib", "time_ms", "frame_time_ms", "spans", "bytes", "nesting", "log_lines", "faults", "fuel"] {
        let max = if key == "fuel" { u64::MAX } else { u32::MAX.into() };
        for (text, found) in [
            ("0", "0"),
            ("-1", "-1"),
            ("'5'", "\"5\""),
            ("1.5", "1.5"),
            ("1_0_000_000_000_000_000_000_0", "100000000000000000000"),
        ] {
            let error = format!("{key}: {found} is not a limit; expected a whole number from 1 to {max}");
            wrong(&format!("[limits]\n{key} = {text}"), &format!("2: limits.{error}"));
            wrong(&format!("[[plugin]]\nname = 'a'\nlimits.{key} = {text}"), &format!("3: plugin.limits.{error}"));
        }
    }
    wrong(
        "[[plugin]]\nname = 'a'\nlimits = 5",
        "3: plugin.limits: 5 is not a table; expected something like limits = { memory_mib = 64 }",
    );
}

#[test]
fn unknown_keys() {
    wrong("[[plugins]]\nname = 'a'", "1: plugins: unknown key; did you mean plugin?");
    let known = "`search`, `limits`, `plugin`, `builtin`, `signatures`, `trust`, `registries`, `precedence`, `settings`, `decode_as`";
    wrong("\u{feff}search = []\nx = 1", &format!("2: x: unknown key; there are {known}"));
    wrong("xyz = 1", &format!("1: xyz: unknown key; there are {known}"));
    wrong("[[plugin]]\nname = 'a'\nfiel = 'x'", "3: plugin.fiel: unknown key; did you mean file?");
    wrong("[limits]\nmemory = 1", "2: limits.memory: unknown key; did you mean memory_mib?");
    wrong("[[plugin]]\nname = 'a'\nlimits.fule = 1", "3: plugin.limits.fule: unknown key; did you mean fuel?");
    wrong("[builtin]\nx = 1", "2: builtin.x: unknown key; there are `disabled`");
    wrong("\"a\\nb\\u001b\" = 1", &format!("1: a\\nb\\u{{1b}}: unknown key; there are {known}"));
}

#[test]
fn conflicts() {
    wrong("[[plugin]]\nenabled = false", r#"1: plugin: no name and no file; expected something like name = "acme""#);
    wrong(
        "[[plugin]]\nname = 'a'\n[[plugin]]\nfile = 'b'\nname = 'a'",
        "5: plugin.name: the same as in line 2; expected once",
    );
    wrong("[settings]\n\"ip.x\" = 1\nip.x = 2", "3: settings.ip.x: the same as in line 2; expected once");
    wrong(
        "[decode_as]\nudp.port.80 = 'a'\n\"udp.port\" = { 0x50 = 'b' }",
        "3: decode_as.udp.port.0x50: the same as in line 2; expected once",
    );
}

#[test]
fn all_errors_in_order() {
    let text = "[settings]\nx = -1\n[[plugin]]\nfiel = 1\nwasi = 2\n[limits]\nfuel = 0\n[z]\n";
    let lines: Vec<_> = errors(text).iter().map(|e| e.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(lines, ["2", "3", "4", "5", "7", "8"]);
}

/// The message is toml's, one for each line.
#[test]
fn syntax() {
    for (text, lines) in [
        ("[limits]\nfuel = \n", "2"),
        ("a = 1\na = 2", "2"),
        ("[[plugin]", "1"),
        ("a = 'x\nb = 1", "1"),
        ("a = [1,\n", "1"),
        ("\n\na", "3"),
        ("a = = 1\nb = 2\nc = 'x\nd = 1\nd = 2", "1 3 5"),
    ] {
        let errors = errors(text);
        let found: Vec<_> = errors.iter().map(|e| e.split_once(": ").unwrap().0).collect();
        assert_eq!(found.join(" "), lines, "{errors:?}");
    }
}

#[test]
fn files() {
    let folder = std::env::temp_dir().join(format!("prosector-config-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("b")).unwrap();
    let file = folder.join("plugins.toml");
    let error = |path: &Path| {
        let error = Config::find(Some(path)).unwrap_err().to_string();
        error.strip_prefix(folder.to_str().unwrap()).expect(&error).to_owned()
    };
    assert!(error(&file).starts_with("/plugins.toml: "));
    assert!(error(&folder).starts_with(": "));
    std::fs::write(&file, b"# a\n# b \xff\n").unwrap();
    assert_eq!(error(&file), "/plugins.toml:2: not a text in UTF-8");

    std::fs::write(&file, "search = ['a', 'b']\n\n[[plugin]]\nname = 'acme'\n").unwrap();
    let plugin = &Config::read(&file).unwrap().plugins[0];
    let names = format!("no acme.wasm, {DLL_PREFIX}acme{DLL_SUFFIX} or acme{DLL_SUFFIX} in");
    let (a, b) = (folder.join("a"), folder.join("b"));
    let expected = format!("{}:4: plugin.name: {names} {}, {}", file.display(), a.display(), b.display());
    assert_eq!(plugin.path().unwrap_err().to_string(), expected);
    for name in [format!("acme{DLL_SUFFIX}"), format!("{DLL_PREFIX}acme{DLL_SUFFIX}"), "acme.wasm".into()] {
        std::fs::write(b.join(&name), "").unwrap();
        assert_eq!(plugin.path().unwrap(), b.join(&name));
    }
    std::fs::remove_dir_all(&folder).unwrap();

    let plugin = &parse("[[plugin]]\nname = 'acme'").unwrap().plugins[0];
    let expected = "conf/plugins.toml:2: plugin.name: plugin acme has no `file`, and `search` names no folder to look for acme.wasm in";
    assert_eq!(plugin.path().unwrap_err().to_string(), expected);
}

#[test]
fn labels() {
    let label = |file: &str| PluginEntry::file(file.into(), &Limits::default(), "--plugin").label();
    assert_eq!(label("x/acme.wasm"), "acme");
    assert_eq!(label("x/library.wasm"), "library");
    assert_eq!(label(&format!("{DLL_PREFIX}acme-1.2{DLL_SUFFIX}")), "acme-1.2");
    assert_eq!(label("acme"), "acme");
    assert_eq!(label("acme.bin"), "acme");
    assert_eq!(PluginEntry::file("x".into(), &Limits::default(), "--plugin").error("no").to_string(), "--plugin: no");
}

#[test]
fn bindings() {
    let binding = Binding { table: "udp.port".into(), key: 0x1194, dissector: "acme".into() };
    for text in ["udp.port==4500,acme", "udp.port == 0x1194, acme"] {
        assert_eq!(Binding::parse(text).as_ref(), Ok(&binding));
    }
    for text in [
        "",
        "udp.port=4500,acme",
        "udp.port==4500",
        "==1,a",
        "t==,a",
        "t==1,",
        "t==-1,a",
        "t==+1,a",
        "t==0x,a",
        "t==1:2,a",
    ] {
        let error = format!("{text:?} is not a binding; expected something like udp.port==4500,acme");
        assert_eq!(Binding::parse(text).unwrap_err().to_string(), error);
    }
}

#[test]
fn packages_and_registries() {
    let text = r#"
signatures = "warn"
trust = "keys/trust.toml"

[registries]
default = "../plugins"
weather-team = { location = "oci://registry.example.org/prosector", plain_http = true }

[[plugin]]
package = "weather-team/acme"
version = "^0.1"
"#;
    let config = parse(text).unwrap();
    assert_eq!(config.signatures.unwrap().value, Policy::Warn);
    assert_eq!(config.trust.unwrap().value, Path::new("conf/keys/trust.toml"));
    let all: Vec<_> =
        config.registries.iter().map(|r| (r.namespace.as_deref(), &*r.location.value, r.plain_http)).collect();
    let oci = "oci://registry.example.org/prosector";
    assert_eq!(all, [(None, "../plugins", false), (Some("weather-team"), oci, true)]);
    let entry = &config.plugins[0];
    assert_eq!((entry.label(), entry.name.as_deref()), ("acme".into(), Some("acme")));
    let error = entry.path().unwrap_err().to_string();
    let expected = "conf/plugins.toml:10: plugin.package: weather-team/acme is not in plugins.lock; `prosector package install` gets it";
    assert_eq!(error, expected);

    wrong("signatures = 'on'", r#"1: signatures: "on" is not a policy; expected "required", "warn" or "off""#);
    wrong(
        "[registries]\nWeather = 'x'",
        "2: registries.Weather: no namespace; expected the part of a package's name before the slash, or default",
    );
    wrong(
        "[[plugin]]\npackage = '../acme'",
        r#"2: plugin.package: "../acme" is not a package; expected something like "acme" or "weather-team/acme""#,
    );
    let beside = "can't stand beside `package`: the package has its name, and plugins.lock its file";
    wrong("[[plugin]]\npackage = 'acme'\nfile = 'acme.wasm'", &format!("3: plugin.file: {beside}"));
    wrong(
        "[[plugin]]\npackage = 'a/acme'\n[[plugin]]\npackage = 'b/acme'",
        "4: plugin.package: the same as in line 2; expected once",
    );
}
