//! Building and testing anew whenever a file of the package changes.

use crate::{KitError, Package, TestReport, build, test};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often the files are looked at. It is so few that looking costs nothing.
const PAUSE: Duration = Duration::from_millis(300);

/// Builds and tests a package now, and then each time that one of its files has changed, until `tell` says that it is enough.
/// `tell` gets what came of each turn.
pub fn dev(folder: &Path, mut tell: impl FnMut(Result<TestReport, KitError>) -> bool) {
    loop {
        let before = files(folder);
        let turn = || {
            let package = Package::open(folder)?;
            let built = build(&package, None)?;
            test(&package, &built.plugin, false)
        };
        if !tell(turn()) {
            return;
        }
        while files(folder) == before {
            std::thread::sleep(PAUSE);
        }
    }
}

/// The files of a package, with their times and lengths: not what building makes, nor what is hidden.
fn files(folder: &Path) -> Vec<(PathBuf, Option<SystemTime>, u64)> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let made =
                ["target", "build", "Cargo.lock", "__pycache__", "node_modules"].iter().any(|made| name == *made);
            let Ok(about) = entry.metadata() else { continue };
            match about.is_dir() {
                _ if made || name.to_string_lossy().starts_with('.') => {}
                true => folders.push(path),
                false => files.push((path, about.modified().ok(), about.len())),
            }
        }
    }
    files.sort();
    files
}
