//! The programs that build a plugin: found, or explained.

use crate::KitError;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The target of plugins: no system below them, so nothing that they could import.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Runs a program to its end; what it says on standard error goes through untouched. Gives its standard output.
pub(crate) fn run(command: &mut Command, name: &str) -> Result<Vec<u8>, KitError> {
    let output = command.output().map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => KitError::new(format!("{name} is not there{}", hint(name))),
        _ => KitError::new(format!("{name}: {e}")),
    })?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(KitError::new(format!("{name} failed, {}; what it said is above", output.status))),
    }
}

/// How a missing program is had.
fn hint(name: &str) -> &'static str {
    match name {
        "cargo" | "rustc" => ": install Rust with rustup, https://rustup.rs",
        "clang" => {
            ": install clang (Debian: apt-get install clang lld), or name another one in the environment variable CC"
        }
        _ => "",
    }
}

/// `cargo`, with what makes it compile for wasm32 where `folder` is: the installed standard library of the target; else, on
/// Debian, that of Debian's own Rust, built from source. The same order as in `scripts/setup.sh`.
pub(crate) fn cargo_for_wasm(folder: &Path) -> Result<Command, KitError> {
    let output = run(Command::new("rustc").args(["--print", "sysroot"]).current_dir(folder), "rustc")?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&output).trim());
    if sysroot.join("lib/rustlib").join(TARGET).is_dir() {
        return Ok(Command::new("cargo"));
    }
    let debian = ["/usr/bin/cargo", "/usr/lib/rustlib/src", "/usr/bin/wasm-ld-22"];
    if debian.iter().all(|path| Path::new(path).exists()) {
        let mut cargo = Command::new("/usr/bin/cargo");
        // Named by their paths: rustup's stand before them on the PATH.
        cargo
            .env("RUSTC", "/usr/bin/rustc")
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-22");
        return Ok(cargo);
    }
    Err(KitError(vec![
        format!("Rust in {} has no standard library for {TARGET}", sysroot.display()),
        format!("with rustup: rustup target add {TARGET}"),
        "without rustup, on Debian: apt-get install rustc-web cargo-web rust-web-src lld-22".into(),
    ]))
}

/// Where cargo keeps the crates that it has fetched.
pub(crate) fn cargo_home() -> Option<PathBuf> {
    let named = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    named.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))
}

/// Whether a command of [`cargo_for_wasm`] has to build the standard library itself.
pub(crate) fn builds_std(cargo: &Command) -> bool {
    cargo.get_program() != "cargo"
}

/// A C compiler that knows wasm32.
pub(crate) fn clang() -> PathBuf {
    std::env::var_os("CC").map_or_else(|| "clang".into(), PathBuf::from)
}

/// A linker for wasm32: LLVM's, under any of its names, else the one that comes with Rust.
pub(crate) fn wasm_linker() -> Result<(PathBuf, Vec<&'static str>), KitError> {
    let folders: Vec<PathBuf> =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    let versions = (11..=40).rev().map(|version| format!("wasm-ld-{version}"));
    for name in std::iter::once("wasm-ld".to_owned()).chain(versions) {
        if let Some(path) = folders.iter().map(|folder| folder.join(&name)).find(|path| path.is_file()) {
            return Ok((path, Vec::new()));
        }
    }
    let sysroot =
        Command::new("rustc").args(["--print", "sysroot"]).output().map(|output| output.stdout).unwrap_or_default();
    let rustlib = PathBuf::from(String::from_utf8_lossy(&sysroot).trim()).join("lib/rustlib");
    let hosts = std::fs::read_dir(rustlib).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    match hosts.map(|host| host.join("bin/rust-lld")).find(|lld| lld.is_file()) {
        Some(lld) => Ok((lld, vec!["-flavor", "wasm"])),
        None => Err(KitError::new("no linker for wasm32 is there: install lld (Debian: apt-get install lld)")),
    }
}
