//! Notices when `plugins.toml`, `plugins.lock` or a plugin's file has changed.

use crate::config::Config;
use prosector_package::Lock;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// How often files are looked at.
const PAUSE: Duration = Duration::from_millis(200);
/// A file that was written to since then may not be whole yet.
const SETTLED: Duration = Duration::from_millis(100);

/// When a file was last written to, and how long it is; nothing if it isn't there.
type Stamp = Option<(SystemTime, u64)>;

/// The files of a configuration, and how they were when they were last looked at.
pub struct Watch {
    files: Vec<(PathBuf, Stamp)>,
    looked: Instant,
}

impl Watch {
    /// Looks at the files of a configuration.
    pub fn new(config: &Config) -> Watch {
        let plugins = config.plugins.iter().filter_map(|entry| entry.path().ok());
        let lock = config.file.as_deref().map(Lock::beside);
        let files = config.file.iter().cloned().chain(lock).chain(plugins).map(|file| {
            let stamp = stamp(&file);
            (file, stamp)
        });
        Watch { files: files.collect(), looked: Instant::now() }
    }

    /// The files that have changed since they were last looked at. A file that is being written, or is gone, counts as
    /// changed when it is whole again.
    pub fn changed(&mut self) -> Vec<PathBuf> {
        if self.looked.elapsed() < PAUSE {
            return Vec::new();
        }
        self.looked = Instant::now();
        let mut changed = Vec::new();
        for (file, before) in &mut self.files {
            let now = stamp(file);
            let settled = now.is_some_and(|(time, _)| time.elapsed().map_or(true, |age| age >= SETTLED));
            if settled && now != *before {
                *before = now;
                changed.push(file.clone());
            }
        }
        changed
    }
}

fn stamp(file: &Path) -> Stamp {
    let about = std::fs::metadata(file).ok()?;
    Some((about.modified().ok()?, about.len()))
}
