//! From a package's source to the one file that is loaded and passed on.

use crate::{KitError, Package, toolchain};
use prosector_loader::{Build, Plugin, Sandbox};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The C side of the interface, which is compiled together with a plugin's own sources.
const C_HEADER: &str = include_str!("../../../sdk/c/prosector.h");
const C_SOURCE: &str = include_str!("../../../sdk/c/prosector.c");

/// A plugin that was built.
pub struct Built {
    /// Its file.
    pub file: PathBuf,
    /// How large that is, in bytes.
    pub size: usize,
    /// The plugin, loaded as the host loads it.
    pub plugin: Plugin,
}

/// Builds a package, puts what it says of itself into the file, and loads that. What compilers say goes to standard error, as
/// they say it. Without `output` the file is `build/NAME.wasm` in the package's folder.
pub fn build(package: &Package, output: Option<&Path>) -> Result<Built, KitError> {
    let module = match &package.build {
        Build::Rust => rust(package)?,
        Build::C { sources, flags } => c(package, sources, flags)?,
        Build::Command { command, output } => {
            let (program, arguments) = command.split_first().ok_or_else(|| KitError::new("an empty command"))?;
            let mut command = Command::new(program);
            command.args(arguments).current_dir(&package.folder).stdout(Stdio::inherit()).stderr(Stdio::inherit());
            toolchain::run(&mut command, program).map_err(|KitError(mut texts)| {
                texts.push(format!(
                    "{program} is what `build.command` in plugin.toml runs; the package's README may say how to get it"
                ));
                KitError(texts)
            })?;
            package.folder.join(output)
        }
    };
    let code = std::fs::read(&module).map_err(|e| KitError::file(&module, e))?;
    let component = prosector_package::pack(&code).map_err(|e| KitError::file(&module, e))?;
    // A plugin's name, and what it declares, is known only when it has been asked.
    let plugin = Sandbox::new().load_bytes(&component, &module, &package.file.limits, package.file.wasi)?;
    let packed = prosector_package::describe(&component, &package.about(&plugin));
    let packed = packed.map_err(|e| KitError::file(&module, e))?;
    let file = output.map_or_else(|| package.output(plugin.name()), Path::to_owned);
    write(&file, &packed)?;
    let plugin = Sandbox::new().load_bytes(&packed, &file, &package.file.limits, package.file.wasi)?;
    Ok(Built { file, size: packed.len(), plugin })
}

/// Writes a file whole or not at all.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), KitError> {
    prosector_loader::write_file(path, bytes).map_err(|e| KitError::file(path, e))
}

fn rust(package: &Package) -> Result<PathBuf, KitError> {
    let cargo = package.cargo.as_ref().ok_or_else(|| KitError::new("cargo builds no such package"))?;
    let target = cargo.target.join("wasm");
    let mut command = toolchain::cargo_for_wasm(&package.folder)?;
    if toolchain::builds_std(&command) {
        command.arg("-Zbuild-std=std,panic_abort");
    }
    // Where it was built is not told: the same source gives the same bytes everywhere.
    if let Some(home) = toolchain::cargo_home() {
        let flag = format!("--remap-path-prefix={}=/cargo", home.display());
        command.arg("--config").arg(format!("target.{}.rustflags=[{flag:?}]", toolchain::TARGET));
    }
    command
        .args(["build", "--release", "--target", toolchain::TARGET, "--package", &cargo.name, "--target-dir"])
        .arg(&target)
        .current_dir(&package.folder)
        .stderr(Stdio::inherit())
        // A plugin is small and built once: it gets the best code. The names that a trap's backtrace shows stay.
        .env("CARGO_PROFILE_RELEASE_LTO", "fat")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1");
    toolchain::run(&mut command, "cargo")?;
    Ok(target.join(toolchain::TARGET).join("release").join(format!("{}.wasm", cargo.library)))
}

/// A native library of a Rust package, for measuring what the sandbox costs.
pub(crate) fn native(package: &Package) -> Result<Option<PathBuf>, KitError> {
    let Some(cargo) = &package.cargo else { return Ok(None) };
    let target = cargo.target.join("native");
    let mut command = Command::new("cargo");
    command
        .args(["build", "--release", "--lib", "--package", &cargo.name])
        .args(["--features", "prosector-sdk/native-plugin", "--target-dir"])
        .arg(&target)
        .current_dir(&package.folder)
        .stderr(Stdio::inherit())
        .env("CARGO_PROFILE_RELEASE_LTO", "fat")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1");
    toolchain::run(&mut command, "cargo")?;
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    Ok(Some(target.join("release").join(format!("{prefix}{}{suffix}", cargo.library))))
}

fn c(package: &Package, sources: &[String], flags: &[String]) -> Result<PathBuf, KitError> {
    let folder = package.folder.join("build/c");
    write(&folder.join("prosector.h"), C_HEADER.as_bytes())?;
    write(&folder.join("prosector.c"), C_SOURCE.as_bytes())?;
    let (linker, flavor) = toolchain::wasm_linker()?;
    let clang = toolchain::clang();
    let own = std::iter::once(folder.join("prosector.c"));
    let mut objects = Vec::new();
    for (i, source) in sources.iter().map(|source| package.folder.join(source)).chain(own).enumerate() {
        let object = folder.join(format!("{i}.o"));
        let mut command = Command::new(&clang);
        command
            .args(["--target=wasm32-unknown-unknown", "-std=c11", "-ffreestanding", "-O2", "-Wall", "-Wextra"])
            // Functions that nobody calls are left out; see `--gc-sections` below.
            .args(["-ffunction-sections", "-fdata-sections", "-c", "-I"])
            .arg(&folder)
            .args(flags)
            .arg(&source)
            .arg("-o")
            .arg(&object)
            .stderr(Stdio::inherit());
        toolchain::run(&mut command, &clang.to_string_lossy())?;
        objects.push(object);
    }
    // A stack that overflows traps, instead of running into the data: `--stack-first`.
    let module = folder.join("plugin.wasm");
    let mut command = Command::new(&linker);
    command
        .args(flavor)
        .args(["--no-entry", "--stack-first", "--gc-sections", "-o"])
        .arg(&module)
        .args(objects)
        .stderr(Stdio::inherit());
    toolchain::run(&mut command, &linker.to_string_lossy())?;
    Ok(module)
}
