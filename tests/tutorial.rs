//! `docs/tutorial.md` and `docs/packages.md` word for word: their commands are run in an empty folder, their files written where they say,
//! and what they show must come out. A line `…`, and `…` in a line, stand for anything. `BLESS=1` writes what came out into blocks without one.

mod support;

use std::path::Path;
use std::process::Command;
use support::{bless, folder, top};

/// A block of the page.
struct Block<'a> {
    language: &'a str,
    /// The text before it: names a file in its last line, if it is one.
    before: &'a str,
    content: &'a str,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let parts: Vec<&str> = page.split("```").collect();
    parts
        .chunks(2)
        .filter(|pair| pair.len() == 2)
        .map(|pair| {
            let (language, content) = pair[1].split_once('\n').expect("a block has lines");
            Block { language, before: pair[0].trim_end(), content }
        })
        .collect()
}

/// The file that a block is to be written to: "… `src/lib.rs`:" before it.
fn file_of<'a>(block: &Block<'a>) -> Option<&'a str> {
    let name = block.before.strip_suffix("`:")?.rsplit('`').next()?;
    name.contains('/').then_some(name)
}

#[test]
fn everything_comes_out_as_the_tutorial_says() {
    follow("tutorial");
}

#[test]
fn everything_comes_out_as_the_page_on_packages_says() {
    follow("packages");
}

fn follow(name: &str) {
    let page_file = top().join(format!("docs/{name}.md"));
    let page = std::fs::read_to_string(&page_file).expect("the page");
    let (place, programs) = (folder(&format!("page-{name}")), folder(&format!("page-{name}-bin")));
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_prosector"), programs.join("prosector")).expect("a link");
    let mut path = programs.into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let target = folder("kit").parent().expect("a parent").join("kit-packages/target");
    let mut here = place.clone();
    let (mut written, mut wrong) = (page.clone(), Vec::new());
    for block in blocks(&page) {
        if let Some(name) = file_of(&block) {
            std::fs::write(here.join(name), block.content).expect("a file");
        }
        if block.language != "console" {
            continue;
        }
        let mut found = String::new();
        for command in block.content.lines().filter_map(|line| line.strip_prefix("$ ")) {
            found += &format!("$ {command}\n");
            if let Some(folder) = command.strip_prefix("cd ") {
                here = here.join(folder).canonicalize().expect("a folder");
                continue;
            }
            // The workspace's versions of everything, so that nothing need be fetched.
            if here.join("Cargo.toml").is_file() && !here.join("Cargo.lock").is_file() {
                std::fs::copy(top().join("Cargo.lock"), here.join("Cargo.lock")).expect("a lock file");
            }
            found += &run(command, &here, &path, &target, &place.join("cache"));
        }
        if !matches(block.content, &found) {
            match bless() && !block.content.contains('…') {
                true => written = written.replacen(block.content, &found, 1),
                false => wrong.push(format!("expected:\n{}\nfound:\n{found}", block.content)),
            }
        }
    }
    if written != page {
        std::fs::write(page_file, written).expect("docs can be written");
    }
    assert!(wrong.is_empty(), "{}\nBLESS=1 writes what came out", wrong.join("\n\n"));
}

/// What a command says, on both of its outputs. Cargo is quiet, so that only errors are seen of it.
fn run(command: &str, here: &Path, path: &std::ffi::OsStr, target: &Path, cache: &Path) -> String {
    let output = Command::new("sh")
        .args(["-c", &format!("{{ {command}\n}} 2>&1")])
        .current_dir(here)
        .env("PATH", path)
        .env("CARGO_TARGET_DIR", target)
        .env("PROSECTOR_CACHE", cache)
        .env("CARGO_TERM_QUIET", "true")
        .env("NO_COLOR", "1")
        .output()
        .expect("a shell");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if text.is_empty() || text.ends_with('\n') { text } else { text + "\n" }
}

/// Whether a text is as a pattern says, in which `…` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, others)) = pattern.split_once('…') else { return pattern == text };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let (between, last) = others.rsplit_once('…').map_or((None, others), |(between, last)| (Some(between), last));
    for part in between.into_iter().flat_map(|between| between.split('…')) {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[test]
fn dots_stand_for_anything() {
    assert!(matches("a\n…\nc\n", "a\nb\nb\nc\n") && matches("a …\n", "a b\n") && matches("", ""));
    assert!(matches("a…\n", "a\nb\n") && matches("a…b…c", "a b b c") && !matches("a…b…c", "a c"));
    assert!(!matches("a\n…\nc\n", "a\nb\n") && !matches("a\n", "a\nb\n"));
}
