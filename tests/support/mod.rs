//! What the tests share: where things are, and running the command.

#![allow(dead_code)] // each test uses its own part

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The top of the repository.
pub fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

/// A plugin, as `make build` leaves it.
pub fn plugin(name: &str) -> PathBuf {
    built(&format!("{name}.wasm"))
}

/// The same dissectors as a native library.
pub fn native(name: &str) -> PathBuf {
    built(&format!("{DLL_PREFIX}prosector_{name}_native{DLL_SUFFIX}"))
}

fn built(file: &str) -> PathBuf {
    let file = top().join("target/plugins").join(file);
    assert!(file.is_file(), "{} is missing: `make build` makes it", file.display());
    file
}

/// The acme plugin.
pub fn acme() -> PathBuf {
    plugin("acme")
}

/// A folder of a test's own, empty.
pub fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Every sample capture, by name.
pub fn captures() -> Vec<PathBuf> {
    let files = std::fs::read_dir(top().join("tests/captures")).expect("tests/captures");
    let mut files: Vec<PathBuf> = files.map(|f| f.expect("a file").path()).collect();
    files.retain(|f| f.to_string_lossy().contains(".pcap"));
    files.sort();
    assert!(files.len() >= 7, "the sample captures are there");
    files
}

/// The command, to be run at the top of the repository, with the repository's own `plugins.toml`.
pub fn prosector() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prosector"));
    command.current_dir(top()).env("NO_COLOR", "1");
    command
}

/// Runs the command.
pub fn run(arguments: &[&str]) -> Output {
    prosector().args(arguments).output().expect("prosector runs")
}

/// Standard output, standard error, exit status.
pub fn texts(output: &Output) -> (String, String, i32) {
    (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
        output.status.code().expect("it was not killed"),
    )
}

/// Whether expectations are to be written instead of compared.
pub fn bless() -> bool {
    std::env::var_os("BLESS").is_some()
}
