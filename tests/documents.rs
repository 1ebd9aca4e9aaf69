//! The transcripts in the documents are what the command prints.

mod support;

use support::{acme, bless, texts, top};

/// Runs every `$ prosector …` of the README's console blocks and compares. `BLESS=1` writes what came out.
#[test]
fn transcripts_are_true() {
    acme();
    let file = top().join("README.md");
    let text = std::fs::read_to_string(&file).expect("README.md");
    let mut renewed = String::new();
    let mut lines = text.lines().peekable();
    let mut transcripts = 0;
    while let Some(line) = lines.next() {
        renewed += line;
        renewed.push('\n');
        let Some(call) = line.strip_prefix("$ prosector ") else { continue };
        while lines.next_if(|l| !l.starts_with("```") && !l.starts_with("$ ")).is_some() {}
        let (out, err, _) = texts(&support::run(&call.split_whitespace().collect::<Vec<_>>()));
        renewed += &out;
        renewed += &err;
        transcripts += 1;
    }
    assert!(transcripts > 2, "the README shows what the command prints");
    if bless() {
        std::fs::write(&file, &renewed).expect("README.md can be written");
    } else {
        assert_eq!(text, renewed, "BLESS=1 writes what the command prints");
    }
}

/// The `plugins.toml` and the `plugin.toml` of docs/plugins.md are right.
#[test]
fn the_examples_of_configuration_are_right() {
    let text = std::fs::read_to_string(top().join("docs/plugins.md")).expect("docs/plugins.md");
    let (_, toml) = text.split_once("```toml\n").expect("an example");
    let (toml, _) = toml.split_once("```").expect("its end");
    let config = prosector_loader::Config::parse(toml, std::path::Path::new("plugins.toml")).expect("it is right");
    assert_eq!((config.plugins.len(), config.decode_as.len(), &config.limits), (2, 2, &Default::default()));
    let (_, toml) = text.split_once("## A package while it is written").expect("the section");
    let (toml, _) = toml.split_once("```toml\n").expect("an example").1.split_once("```").expect("its end");
    let file = prosector_loader::PackageFile::parse(toml, std::path::Path::new("plugin.toml")).expect("it is right");
    assert_eq!((file.captures.len(), file.test.decode_as.len(), file.limits.memory), (1, 1, 16 << 20));
}
