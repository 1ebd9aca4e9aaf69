//! A capture that is written: one file, or a ring of several.

use super::sink::{Compression, Sink};
use crate::{Error, Format, file_name};
use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use time::OffsetDateTime;

/// How often a file that is written to is looked at, and how old what others can read of it may be.
const LOOK: Duration = Duration::from_secs(1);

/// When the next file of a ring is begun, at whichever comes first. Nothing set: there is one file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rotation {
    /// Behind so many bytes, before compression.
    pub bytes: Option<u64>,
    /// Behind so many frames.
    pub frames: Option<u64>,
    /// With the first frame after so long.
    pub duration: Option<Duration>,
    /// How many files are kept: the oldest goes before another one is begun.
    pub files: Option<u64>,
}

impl Rotation {
    /// Whether there is more than one file.
    pub fn is_ring(&self) -> bool {
        self.bytes.is_some() || self.frames.is_some() || self.duration.is_some()
    }
}

/// When writing is to end, at whichever comes first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stop {
    /// Behind so many bytes, before compression, of what isn't a ring.
    pub bytes: Option<u64>,
    /// Behind so many files of a ring.
    pub files: Option<u64>,
}

/// Writes records into one file, or a ring of several. Whatever happens, a file holds whole records.
pub struct Recorder {
    path: PathBuf,
    format: Format,
    compression: Compression,
    rotation: Rotation,
    stop: Stop,
    /// What each file begins with.
    head: Vec<u8>,
    sink: Sink,
    /// The file that is written now.
    current: PathBuf,
    /// The files of the ring before it.
    before: VecDeque<PathBuf>,
    /// Removes the oldest: of a large file that takes a while, in which frames come.
    removing: Option<JoinHandle<()>>,
    /// Counted from 1.
    number: u64,
    opened: Instant,
    looked: Instant,
    /// Bytes and frames of this file.
    bytes: u64,
    frames: u64,
    /// Frames of all files.
    written: u64,
    /// What is taken is written at once.
    live: bool,
}

impl Recorder {
    /// Begins to write. `head` is what each file begins with; `live` writes what comes without waiting for more. The name's suffix says
    /// how it is compressed: `.gz`, `.zst`, `.lz4`; "-" is the standard output.
    ///
    /// # Errors
    /// [`Error::Write`] if the file can't be made.
    pub fn create(
        path: &Path,
        format: Format,
        head: Vec<u8>,
        rotation: Rotation,
        stop: Stop,
        live: bool,
    ) -> Result<Recorder, Error> {
        let (_, compression) = Compression::of_name(&path.to_string_lossy());
        let current = if rotation.is_ring() { ring_name(path, 1) } else { path.to_owned() };
        let made = Sink::create(&current, format, compression).and_then(|mut sink| {
            sink.write(&head)?;
            sink.flush().map(|()| sink)
        });
        let sink = made.map_err(|cause| Error::Write { name: file_name(&current), cause })?;
        let now = Instant::now();
        Ok(Recorder {
            path: path.to_owned(),
            format,
            compression,
            rotation,
            stop,
            bytes: head.len() as u64,
            head,
            sink,
            current,
            before: VecDeque::new(),
            removing: None,
            number: 1,
            opened: now,
            looked: now,
            frames: 0,
            written: 0,
            live,
        })
    }

    /// Writes whole records. Says whether to go on: not behind what was to be the end.
    ///
    /// # Errors
    /// [`Error::Write`]: the disk is full, or the file gone. It is whole to its end.
    pub fn write(&mut self, records: &[u8]) -> Result<bool, Error> {
        let more = self.write_parts(records).map_err(|cause| self.failed(cause))?;
        if self.live && (self.compression == Compression::None || self.looked.elapsed() >= LOOK) {
            self.sink.flush().map_err(|cause| self.failed(cause))?;
        }
        self.look()?;
        Ok(more)
    }

    fn write_parts(&mut self, records: &[u8]) -> io::Result<bool> {
        let limit = if self.rotation.is_ring() { self.rotation.bytes } else { self.stop.bytes };
        let mut rest = records;
        let (mut at, mut frames_before) = (0, self.frames);
        while at < rest.len() {
            let len = self.format.record(&rest[at..]).unwrap_or(rest.len());
            if self.format.is_frame(&rest[at..]) {
                let full = limit.is_some_and(|limit| self.bytes + (at + len) as u64 > limit && self.frames > 0)
                    || self.rotation.frames.is_some_and(|limit| self.frames >= limit)
                    || at == 0 && self.rotation.duration.is_some_and(|limit| self.opened.elapsed() >= limit);
                if full {
                    self.take(&rest[..at], frames_before)?;
                    rest = &rest[at..];
                    if !self.rotation.is_ring() || !self.next_file()? {
                        return Ok(false);
                    }
                    (at, frames_before) = (0, 0);
                    continue;
                }
                self.frames += 1;
            }
            at += len;
        }
        self.take(rest, frames_before)?;
        Ok(true)
    }

    fn take(&mut self, records: &[u8], frames_before: u64) -> io::Result<()> {
        self.bytes += records.len() as u64;
        self.written += self.frames - frames_before;
        self.sink.write(records)
    }

    /// Begins the next file of the ring. Says whether there is to be one.
    fn next_file(&mut self) -> io::Result<bool> {
        self.sink.flush()?;
        if self.stop.files.is_some_and(|files| self.number >= files) {
            return Ok(false);
        }
        self.number += 1;
        self.before.push_back(std::mem::replace(&mut self.current, ring_name(&self.path, self.number)));
        if self.rotation.files.is_some_and(|files| self.before.len() as u64 >= files)
            && let Some(oldest) = self.before.pop_front()
        {
            self.await_removal();
            // Somebody may have moved it away, which is what rings are read by.
            self.removing = Some(std::thread::spawn(move || std::fs::remove_file(oldest).unwrap_or(())));
        }
        self.sink = Sink::create(&self.current, self.format, self.compression)?;
        self.sink.write(&self.head)?;
        (self.bytes, self.frames, self.opened) = (self.head.len() as u64, 0, Instant::now());
        Ok(true)
    }

    fn await_removal(&mut self) {
        self.removing.take().map(JoinHandle::join);
    }

    /// Looks from time to time whether the file is still there, and lets others see what is compressed.
    ///
    /// # Errors
    /// [`Error::Write`]: the file is gone.
    pub fn look(&mut self) -> Result<(), Error> {
        if !self.live || self.looked.elapsed() < LOOK {
            return Ok(());
        }
        self.looked = Instant::now();
        self.sink.flush().map_err(|cause| self.failed(cause))?;
        if self.sink.is_gone() {
            return Err(self.failed(io::Error::other("somebody has removed it")));
        }
        Ok(())
    }

    /// Writes what is left. A frame limit or size doesn't matter for `records`.
    ///
    /// # Errors
    /// As [`Recorder::write`].
    pub fn finish(&mut self, records: &[u8]) -> Result<(), Error> {
        self.await_removal();
        self.sink.write(records).and_then(|()| self.sink.flush()).map_err(|cause| self.failed(cause))
    }

    /// Frames written, and files begun.
    pub fn written(&self) -> (u64, u64) {
        (self.written - self.sink.lost, self.number)
    }

    /// The form of its records.
    pub fn format(&self) -> Format {
        self.format
    }

    fn failed(&self, cause: io::Error) -> Error {
        Error::Write { name: file_name(&self.current), cause }
    }
}

/// The name of a file of a ring, as Wireshark's tools make it: `trace.pcapng.gz` gives `trace_00001_20261125081500.pcapng.gz`, the number
/// and the time in UTC.
fn ring_name(path: &Path, number: u64) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (base, _) = Compression::of_name(&name);
    let dot = base.rfind('.').filter(|at| *at > 0).unwrap_or(base.len());
    let (stem, suffix) = name.split_at(dot);
    let now = OffsetDateTime::now_utc();
    let (year, month, day) = (now.year(), u8::from(now.month()), now.day());
    let (hour, minute, second) = (now.hour(), now.minute(), now.second());
    path.with_file_name(format!(
        "{stem}_{number:05}_{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}{suffix}"
    ))
}
