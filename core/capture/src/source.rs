//! Where a capture's bytes come from: opening, counting, decompressing.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use lz4_flex::frame::FrameDecoder;

use crate::error::Error;

/// How much compressed input is read at once.
const INPUT: usize = 64 << 10;

/// How much a decompressor is asked for at once: where it finds damage, it drops what it has of that.
const OUTPUT: usize = 32 << 10;

/// The uncompressed bytes of a capture.
pub(crate) struct Source {
    input: Box<dyn Read + Send>,
    /// The compression around the capture.
    pub(crate) compression: Option<&'static str>,
    /// Bytes taken from the file so far.
    taken: Arc<AtomicU64>,
    /// Length of a regular file.
    pub(crate) size: Option<u64>,
    /// Why the input ended, where bytes before that had to be handed over first.
    failure: Option<io::Error>,
}

impl Source {
    /// Opens a file; "-" is the standard input.
    pub(crate) fn open(path: &Path, name: &str) -> Result<Source, Error> {
        if path == Path::new("-") {
            return Source::new(Box::new(io::stdin()), None, name);
        }
        let failed = |cause| open_error(name, cause);
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(Error::Directory { name: name.to_owned() });
        }
        let size = metadata.is_file().then_some(metadata.len());
        Source::new(Box::new(file), size, name)
    }

    /// Takes the bytes from `input`, of `size` bytes if it is a regular file. Recognises compression by content.
    pub(crate) fn new(input: Box<dyn Read + Send>, size: Option<u64>, name: &str) -> Result<Source, Error> {
        let taken = Arc::new(AtomicU64::new(0));
        let mut input = Counted { input, taken: taken.clone() };
        let failed = |cause| open_error(name, cause);

        let mut magic = Vec::new();
        input.by_ref().take(4).read_to_end(&mut magic).map_err(failed)?;
        let compression = match magic[..] {
            [0x1f, 0x8b, ..] => Some("gzip"),
            // RFC 8878, section 3.1: a frame, or a skippable frame, with which parallel compressors begin.
            [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Some("zstd"),
            [0x04, 0x22, 0x4d, 0x18] => Some("lz4"),
            _ => None,
        };
        let start = Cursor::new(magic);
        let buffered = |input| BufReader::with_capacity(INPUT, input);
        let input: Box<dyn Read + Send> = match compression {
            Some("gzip") => Box::new(Bounded(MultiGzDecoder::new(start.chain(buffered(input))))),
            Some("zstd") => {
                Box::new(Bounded(zstd::Decoder::with_buffer(start.chain(buffered(input))).map_err(failed)?))
            }
            Some(_) => Box::new(Bounded(Lz4::new(start.chain(buffered(input))))),
            None => Box::new(start.chain(input)),
        };
        Ok(Source { input, compression, taken, size, failure: None })
    }

    /// Reads into `buffer`, which isn't empty: from a regular file until it is full, otherwise what one read gives.
    /// 0 is the end.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let mut filled = 0;
        while filled < buffer.len() {
            match self.input.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if filled == 0 => return Err(error),
                Err(error) => {
                    self.failure = Some(error);
                    break;
                }
            }
            if self.size.is_none() {
                break;
            }
        }
        Ok(filled)
    }

    /// Bytes taken from the file so far.
    pub(crate) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }
}

fn open_error(name: &str, cause: io::Error) -> Error {
    match cause.kind() {
        io::ErrorKind::IsADirectory => Error::Directory { name: name.to_owned() },
        _ => Error::Open { name: name.to_owned(), cause },
    }
}

/// Counts what is read.
struct Counted<R> {
    input: R,
    taken: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(buffer)?;
        self.taken.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Reads at most [`OUTPUT`] bytes at once.
struct Bounded<R>(R);

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = buffer.len().min(OUTPUT);
        self.0.read(&mut buffer[..len])
    }
}

/// Decompresses lz4 frames, one after the other.
///
/// `FrameDecoder` doesn't tell the end of a frame from the end of the input between two blocks of a frame.
/// We do: only the latter reads the input to its end, after bytes of the frame.
struct Lz4<R: Read> {
    /// Of the current frame; always there between calls.
    decoder: Option<FrameDecoder<Tail<R>>>,
}

/// Notes how an input goes on within an lz4 frame.
struct Tail<R> {
    input: R,
    /// Bytes of the frame were read.
    begun: bool,
    /// The input ended.
    ended: bool,
}

impl<R: Read> Lz4<R> {
    fn new(input: R) -> Lz4<R> {
        Lz4 { decoder: Some(FrameDecoder::new(Tail { input, begun: false, ended: false })) }
    }
}

impl<R: Read> Read for Lz4<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = &mut self.decoder {
            let n = decoder.read(buffer)?;
            let tail = decoder.get_ref();
            if n > 0 || tail.ended && !tail.begun {
                return Ok(n);
            }
            if tail.ended {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            // A decoder keeps buffers for its first frame's block size, and asserts on them.
            self.decoder = self.decoder.take().and_then(|ended| Lz4::new(ended.into_inner().input).decoder);
        }
        Ok(0)
    }
}

impl<R: Read> Read for Tail<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(buffer)?;
        self.begun |= n > 0;
        self.ended |= n == 0;
        Ok(n)
    }
}
