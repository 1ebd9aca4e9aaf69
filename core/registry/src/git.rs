//! A git repository as registry: its newest commit, in the user's cache, is a folder like any other.

use crate::RegistryError;
use prosector_loader::{sha256, store};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Brings the repository at an address up to date, and gives the folder. `#NAME` at the end of the address is a branch or tag.
pub(crate) fn fetch(address: &str) -> Result<PathBuf, RegistryError> {
    let (url, branch) = address.split_once('#').unwrap_or((address, "HEAD"));
    let folder = store::folder("git").map_err(RegistryError::new)?.join(sha256(address.as_bytes()));
    let failed = |e: std::io::Error| RegistryError::file(&folder, e);
    std::fs::create_dir_all(&folder).map_err(failed)?;
    // One at a time; the file lies beside, since git wants the folder for itself.
    let guard = std::fs::File::create(folder.with_extension("guard")).map_err(failed)?;
    guard.lock().map_err(failed)?;
    if !folder.join(".git").is_dir() {
        git(&folder, &["init", "--quiet"], url)?;
    }
    git(&folder, &["fetch", "--quiet", "--depth=1", "--no-tags", "--", url, branch], url)?;
    git(&folder, &["reset", "--quiet", "--hard", "FETCH_HEAD"], url)?;
    Ok(folder)
}

/// Runs git. Nothing in the repository may make it do more than read: no helpers, no hooks, no links out of the folder.
fn git(folder: &Path, arguments: &[&str], url: &str) -> Result<(), RegistryError> {
    let mut command = Command::new("git");
    command
        .args(["-c", "core.symlinks=false", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_ALLOW_PROTOCOL", "file:git:https:ssh")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null());
    let output = command.output().map_err(|e| RegistryError::new(format!("git+{url}: git can't be run: {e}")))?;
    match output.status.success() {
        true => Ok(()),
        false => {
            let text = String::from_utf8_lossy(&output.stderr);
            let last = text.trim().lines().last().unwrap_or("git has failed");
            Err(RegistryError::new(format!("git+{url}: {last}")))
        }
    }
}
