//! Compiled plugins of every released interface, which must load and give what they gave when they were made.
//!
//! Each `tests/fixtures/plugins/vX.Y/NAME.wasm` stands beside `NAME.txt`: the capture, the fields, what they gave.
//! `BLESS=1` writes what comes out, for a new fixture; an old one must never change.

mod support;

use support::{bless, run, texts, top};

#[test]
fn compiled_plugins_load_for_ever() {
    let mut checked = Vec::new();
    for version in std::fs::read_dir(top().join("tests/fixtures/plugins")).expect("fixtures") {
        for file in std::fs::read_dir(version.expect("a folder").path()).expect("a folder") {
            let plugin = file.expect("a file").path();
            if plugin.extension().is_none_or(|e| e != "wasm") {
                continue;
            }
            let record = plugin.with_extension("txt");
            let recorded = std::fs::read_to_string(&record).expect("what it gave");
            let mut lines = recorded.lines();
            let (capture, fields) = (lines.next().expect("a capture"), lines.next().expect("fields"));
            let plugin = plugin.to_string_lossy();
            let mut call = vec!["read", capture, "--plugins", "/dev/null", "--plugin", &*plugin];
            fields.split('\t').for_each(|field| call.extend(["-e", field]));
            let (found, messages, status) = texts(&run(&call));
            assert_eq!((messages.as_str(), status), ("", 0), "{plugin}");
            let found = format!("{capture}\n{fields}\n{found}");
            if bless() {
                std::fs::write(&record, &found).expect("it can be written");
            } else {
                assert_eq!(found, recorded, "{plugin}");
            }
            checked.push(plugin.into_owned());
        }
    }
    assert!(checked.len() >= 2, "{checked:?}");
}
