//! Frames in and out: capture files — pcap and pcapng, plain or compressed —, live interfaces, and writing.
//!
//! [`Reader`] opens a capture, recognises by content how it is compressed and formatted, and hands out its frames
//! in order, a batch at a time. It knows no protocol: link types pass through as numbers.
//!
//! Invariant: every frame before a break in the capture is delivered, then one error, then nothing; whatever the bytes,
//! reading ends, and memory grows only with bytes that really arrive.

mod error;
#[cfg(unix)]
pub mod live;
mod pcap;
mod pcapng;
mod scan;
mod source;
mod write;

use std::fmt;
use std::io::{self, Read};
use std::path::Path;

use prosector_sdk::frame::{Batch, BlockOption, Frame, Interface, LinkType};

pub use error::{BpfError, Error};
use pcap::Pcap;
use pcapng::{MAX_SECRETS, Pcapng};
pub use scan::{Block, Section};
use scan::{Found, Stop, extra_of};
use source::Source;
pub use write::{Copier, Encoder, Format, Merger, Recorder, Rotation, Stop as StopWriting};

/// How much is read at once, and so the length of a batch:
/// little enough to be in the L2 cache still when it is dissected.
const READ: usize = 512 << 10;

/// Reads a capture, batch by batch.
///
/// It reads into one buffer and finds the frames there: nothing is copied or allocated per frame.
/// It doesn't map the file into memory: a mapped file that shrinks meanwhile ends the process (SIGBUS),
/// and its pages count as the process's memory.
pub struct Reader {
    name: String,
    source: Source,
    buffer: Vec<u8>,
    /// The bytes of `buffer` that have been read, but not yet scanned.
    start: usize,
    end: usize,
    /// Where `buffer` begins in the uncompressed capture.
    offset: u64,
    format: Scanner,
    found: Found,
    /// Which frames are delivered.
    chosen: Option<Choice>,
    ended: bool,
}

/// Says of each frame whether it is delivered.
pub type Choice = Box<dyn FnMut(&Frame, &[u8]) -> Result<bool, Error> + Send>;

enum Scanner {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

/// How far a capture has been read, in bytes of the file as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read so far.
    pub read: u64,
    /// Length of the file when it was opened; `None` where there is none, as with a pipe.
    pub size: Option<u64>,
}

/// What people are told that a file is called that is written.
pub fn file_name(path: &Path) -> String {
    if path == Path::new("-") { "standard output".into() } else { path.display().to_string() }
}

/// Where frames come from, batch by batch.
pub trait Frames {
    /// The next frames, `max` of them at most where that can be chosen; none at the end.
    ///
    /// # Errors
    /// As [`Reader::next_batch`].
    fn next_batch(&mut self, max: usize) -> Result<Batch<'_>, Error>;

    /// Whether [`Frames::next_batch`] would not wait for somebody who sends when he likes.
    fn is_ready(&self) -> bool;

    /// How far it has been read.
    fn progress(&self) -> Progress;
}

impl Frames for Reader {
    fn next_batch(&mut self, max: usize) -> Result<Batch<'_>, Error> {
        Reader::next_batch(self, max)
    }

    fn is_ready(&self) -> bool {
        true
    }

    fn progress(&self) -> Progress {
        Reader::progress(self)
    }
}

/// What kind of file a capture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// How it is written.
    pub format: Format,
    /// The compression around it: "gzip", "zstd" or "lz4".
    pub compression: Option<&'static str>,
    /// The link type of all its frames, where the file says one for all: in pcap.
    pub link: Option<LinkType>,
    /// Bytes of frame check sequence at the end of all its frames, where the file says that.
    pub fcs_len: Option<u8>,
    /// How many bytes of a frame were captured at most, as the head of a pcap file says; 0 if it does not.
    pub snaplen: u32,
}

impl About {
    /// The interface that a pcap file would name if it could.
    pub fn interface(&self) -> Interface {
        let fcs = self.fcs_len.map(|len| BlockOption { code: 13, value: vec![len * 8] });
        Interface {
            id: 0,
            section: 1,
            link: self.link.unwrap_or(LinkType(0)),
            name: None,
            description: None,
            snaplen: self.snaplen,
            options: fcs.into_iter().collect(),
        }
    }
}

impl Reader {
    /// Opens a capture file; "-" is the standard input.
    ///
    /// # Errors
    ///
    /// Every variant of [`Error`]: [`Error::Broken`] if the capture is cut short or damaged in its file header.
    pub fn open(path: &Path) -> Result<Reader, Error> {
        let name = if path == Path::new("-") { "standard input".into() } else { path.display().to_string() };
        Reader::with_source(Source::open(path, &name)?, name)
    }

    /// Reads a capture from `input`, which errors call `name`.
    /// As from a pipe, frames are delivered after every read that completes one.
    ///
    /// # Errors
    ///
    /// As [`Reader::open`].
    pub fn new(input: Box<dyn Read + Send>, name: String) -> Result<Reader, Error> {
        Reader::with_source(Source::new(input, None, &name)?, name)
    }

    fn with_source(source: Source, name: String) -> Result<Reader, Error> {
        let mut reader = Reader {
            name,
            source,
            buffer: vec![0; READ],
            start: 0,
            end: 0,
            offset: 0,
            format: Scanner::Pcapng(Pcapng::new()),
            found: Found::default(),
            chosen: None,
            ended: false,
        };
        reader.read_file_header()?;
        Ok(reader)
    }

    /// Recognises the format.
    fn read_file_header(&mut self) -> Result<(), Error> {
        const LEN: usize = pcap::FILE_HEADER;
        let mut failure = None;
        while self.end < LEN && failure.is_none() {
            match self.fill(LEN) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => failure = Some(error),
            }
        }
        let start = &self.buffer[..self.end];
        if start.starts_with(&pcapng::MAGIC) {
            return match failure {
                None => Ok(()),
                Some(_) => Err(self.cut_short("a section header block", 28, failure)),
            };
        }
        match Pcap::open(start) {
            Some(Ok(pcap)) => {
                self.start = LEN;
                self.format = Scanner::Pcap(pcap);
                Ok(())
            }
            Some(Err(Stop::Broken(problem))) => Err(self.broken(problem)),
            Some(Err(_)) => Err(self.cut_short("a pcap file header", LEN, failure)),
            None if failure.is_some() => Err(self.cut_short("a file header", LEN, failure)),
            None => {
                let (name, compression) = (self.name.clone(), self.source.compression);
                Err(match start {
                    [] => Error::Empty { name, compression },
                    _ => Error::NotCapture { name, compression, start: start[..start.len().min(16)].to_vec() },
                })
            }
        }
    }

    /// The next frames of the capture, `max` of them at most (but one at least); none at its end.
    ///
    /// Never waits for a second frame: returns what is complete after a read.
    ///
    /// # Errors
    ///
    /// [`Error::Broken`] once, where the capture is cut short or damaged, after every frame before that.
    /// Damage in compressed data shows only as a whole block of it is decompressed: frames in that block may be lost.
    pub fn next_batch(&mut self, max: usize) -> Result<Batch<'_>, Error> {
        self.found.frames.clear();
        self.found.extras.clear();
        while !self.ended {
            let bytes = &self.buffer[..self.end];
            let stop = match &mut self.format {
                Scanner::Pcap(pcap) => pcap.scan(bytes, &mut self.start, &mut self.found, max.max(1)),
                Scanner::Pcapng(pcapng) => pcapng.scan(bytes, &mut self.start, &mut self.found, max.max(1)),
            };
            self.choose_frames()?;
            // A refill moves the bytes that these point to; and they come before an error.
            if !self.found.frames.is_empty() {
                break;
            }
            self.found.extras.clear();
            match stop {
                Stop::Full if self.chosen.is_none() => break,
                Stop::Full => {}
                Stop::Short { what, len } => match self.fill(len) {
                    Ok(0) if self.start == self.end => self.ended = true,
                    Ok(0) => return Err(self.cut_short(what, len, None)),
                    Ok(_) => {}
                    Err(error) => return Err(self.cut_short(what, len, Some(error))),
                },
                Stop::Broken(problem) => return Err(self.broken(problem)),
            }
        }
        Ok(self.batch())
    }

    /// Leaves out the frames that are not to be delivered. Secrets that one of them has go to the next that is.
    fn choose_frames(&mut self) -> Result<(), Error> {
        let Some(chosen) = &mut self.chosen else { return Ok(()) };
        let found = &mut self.found;
        for mut frame in std::mem::take(&mut found.frames) {
            let bytes = &self.buffer[frame.start as usize..][..frame.len as usize];
            match chosen(&frame, bytes) {
                Ok(true) => {
                    if !found.passed_over.is_empty() {
                        let passed_over = std::mem::take(&mut found.passed_over);
                        extra_of(&mut frame, &mut found.extras).secrets.insert_str(0, &passed_over);
                    }
                    found.frames.push(frame);
                }
                Ok(false) => {
                    if let Some(extra) = frame.extra.map(|i| &found.extras[i as usize])
                        && found.passed_over.len() + extra.secrets.len() <= MAX_SECRETS
                    {
                        found.passed_over.push_str(&extra.secrets);
                    }
                }
                Err(error) => {
                    self.ended = true;
                    found.frames.clear();
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// The last batch once more.
    pub fn batch(&self) -> Batch<'_> {
        Batch {
            data: &self.buffer[..self.end],
            frames: &self.found.frames,
            interfaces: &self.found.interfaces,
            extras: &self.found.extras,
        }
    }

    /// Delivers only some frames from here on. They keep their numbers.
    pub fn choose(&mut self, choice: Choice) {
        self.chosen = Some(choice);
    }

    /// Keeps blocks that are no frames from here on, for [`Reader::take_blocks`].
    pub fn keep_blocks(&mut self) {
        self.found.keep_blocks = true;
    }

    /// The blocks kept since they were last taken, in their order.
    pub fn take_blocks(&mut self) -> Vec<Block> {
        self.found.block_bytes = 0;
        std::mem::take(&mut self.found.blocks)
    }

    /// The sections of the capture so far; pcap has none.
    pub fn sections(&self) -> &[Section] {
        &self.found.sections
    }

    /// Every interface that the capture has named so far; pcap has none.
    pub fn interfaces(&self) -> &[Interface] {
        &self.found.interfaces
    }

    /// What kind of file it is.
    pub fn about(&self) -> About {
        let (format, snaplen) = match &self.format {
            Scanner::Pcapng(_) => (Format::Pcapng, 0),
            Scanner::Pcap(pcap) => (Format::Pcap { nanoseconds: pcap.nanoseconds() }, pcap.snaplen),
        };
        let (link, fcs_len) = match &self.format {
            Scanner::Pcapng(_) => (None, None),
            Scanner::Pcap(pcap) => (Some(pcap.link), pcap.fcs_len),
        };
        About { format, compression: self.source.compression, link, fcs_len, snaplen }
    }

    /// What people are told that it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How far the capture has been read.
    pub fn progress(&self) -> Progress {
        Progress { read: self.source.taken(), size: self.source.size }
    }

    /// Reads more bytes behind those not yet scanned, which are fewer than `want`. Returns how many; 0 at the end.
    fn fill(&mut self, want: usize) -> io::Result<usize> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.offset += self.start as u64;
        self.end -= self.start;
        self.start = 0;
        // Doubled, and only when it is full: memory grows with the bytes that arrive, not with a length in the file.
        if self.end == self.buffer.len() {
            self.buffer.resize(want.min(2 * self.end), 0);
        }
        let limit = self.buffer.len().min(want.max(READ));
        let n = self.source.fill(&mut self.buffer[self.end..limit])?;
        self.end += n;
        Ok(n)
    }

    /// The error for a capture that ends, or cannot be read on, before the `len` bytes of the next record are there.
    fn cut_short(&mut self, what: &str, len: usize, cause: Option<io::Error>) -> Error {
        let end = match (cause, self.source.compression) {
            (None, _) => "the end of the file".into(),
            (Some(error), Some(compression)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                format!("the {compression} stream cut short")
            }
            // Errors of the system have a number, those of decompressors have not.
            (Some(error), Some(compression)) if error.raw_os_error().is_none() => {
                format!("damage in the {compression} stream ({error})")
            }
            (Some(error), _) => format!("a read error ({error})"),
        };
        self.broken(match self.end - self.start {
            0 => format!("expected {what} of {len} bytes, found {end}"),
            have => format!("expected {what} of {len} bytes, found {have} of them and {end}"),
        })
    }

    /// The error for the record at which the scan stopped, the last thing that this reader has to say.
    fn broken(&mut self, problem: String) -> Error {
        self.ended = true;
        Error::Broken { name: self.name.clone(), offset: self.offset + self.start as u64, problem }
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("name", &self.name).field("progress", &self.progress()).finish_non_exhaustive()
    }
}
