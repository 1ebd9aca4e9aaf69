//! One file that is written: whole records only, whatever happens.

use crate::Format;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Compressed by so much at once.
const CHUNK: usize = 1 << 20;
/// Written by so much at once, where nobody waits for it.
const WRITE: usize = 256 << 10;

/// How a file is compressed: as many members (RFC 1952, section 2.2), frames (RFC 8878, section 3.1; LZ4 frame format), one behind the
/// other, each with whole records. So whoever reads it while it is written, or after this program was killed, finds whole
/// members up to the last that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Zstd,
    Lz4,
}

impl Compression {
    /// A file's name without what it says of compression, and what that is.
    pub(crate) fn of_name(name: &str) -> (&str, Compression) {
        let suffixes = [
            (".gz", Compression::Gzip),
            (".zst", Compression::Zstd),
            (".zstd", Compression::Zstd),
            (".lz4", Compression::Lz4),
        ];
        // A name that is nothing else, like .gz, says nothing.
        let bare = |end| name.strip_suffix(end).filter(|base: &&str| !base.is_empty() && !base.ends_with('/'));
        let says = |(end, compression)| Some((bare(end)?, compression));
        suffixes.into_iter().find_map(says).unwrap_or((name, Compression::None))
    }

    fn compress(self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        Ok(match self {
            Compression::None => bytes.to_vec(),
            Compression::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                encoder.write_all(bytes)?;
                encoder.finish()?
            }
            Compression::Zstd => zstd::encode_all(bytes, 0)?,
            Compression::Lz4 => {
                let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
                encoder.write_all(bytes)?;
                encoder.finish().map_err(io::Error::other)?
            }
        })
    }
}

/// Where bytes go.
enum Target {
    File(File),
    Stdout,
}

/// One file that is written.
pub(crate) struct Sink {
    target: Target,
    format: Format,
    compression: Compression,
    /// Whole records that are not yet written.
    pending: Vec<u8>,
    /// How long the file is.
    len: u64,
    /// Frames that were taken and are not in the file, once it can't be written on.
    pub(crate) lost: u64,
}

impl Sink {
    /// Makes a file; "-" is the standard output.
    pub(crate) fn create(path: &Path, format: Format, compression: Compression) -> io::Result<Sink> {
        let target = if path == Path::new("-") { Target::Stdout } else { Target::File(File::create(path)?) };
        Ok(Sink { target, format, compression, pending: Vec::new(), len: 0, lost: 0 })
    }

    /// Takes whole records.
    pub(crate) fn write(&mut self, records: &[u8]) -> io::Result<()> {
        let enough = if self.compression == Compression::None { WRITE } else { CHUNK };
        // What is large already isn't copied once more.
        if self.pending.is_empty() && self.compression == Compression::None && records.len() >= enough / 8 {
            return self.put(records, records);
        }
        self.pending.extend_from_slice(records);
        if self.pending.len() >= enough { self.flush() } else { Ok(()) }
    }

    /// Writes everything that was taken, so that others can read it.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let mut records = std::mem::take(&mut self.pending);
        let done = match self.compression {
            Compression::None => self.put(&records, &records),
            compression => compression.compress(&records).and_then(|bytes| self.put(&bytes, &records)),
        };
        records.clear();
        self.pending = records;
        done
    }

    /// Writes bytes, which are these records as the file has them. If not all of them can be written, the file is cut back to its last
    /// whole record, or member.
    fn put(&mut self, bytes: &[u8], records: &[u8]) -> io::Result<()> {
        let mut written = 0;
        while written < bytes.len() {
            let done = match &mut self.target {
                Target::File(file) => file.write(&bytes[written..]),
                Target::Stdout => {
                    let mut stdout = io::stdout().lock();
                    stdout.write(&bytes[written..]).and_then(|n| stdout.flush().map(|()| n))
                }
            };
            match done {
                Ok(0) => return Err(self.cut_back(written, records, io::ErrorKind::WriteZero.into())),
                Ok(n) => written += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.cut_back(written, records, error)),
            }
        }
        self.len += bytes.len() as u64;
        Ok(())
    }

    fn cut_back(&mut self, written: usize, records: &[u8], error: io::Error) -> io::Error {
        let (mut at, mut whole) = (0, 0);
        while let Some(len) = self.format.record(&records[at..]).filter(|len| *len > 0) {
            if self.compression == Compression::None && at + len <= written {
                whole = at + len;
            } else {
                self.lost += u64::from(self.format.is_frame(&records[at..]));
            }
            at = (at + len).min(records.len());
        }
        if let Target::File(file) = &self.target {
            // If not even this can be done, the file ends with a part of a record; every reader tells that.
            let _ = file.set_len(self.len + whole as u64);
        }
        error
    }

    /// Whether somebody has removed the file.
    pub(crate) fn is_gone(&self) -> bool {
        #[cfg(unix)]
        if let Target::File(file) = &self.target {
            use std::os::unix::fs::MetadataExt;
            return file.metadata().is_ok_and(|about| about.nlink() == 0);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_written_on_ends_with_a_whole_record() {
        let folder = tempfile::tempdir().expect("a folder");
        let record = |len: u8| [&[6, 0, 0, 0, len, 0, 0, 0][..], &vec![0; usize::from(len) - 8]].concat();
        let records = [record(32), record(40), record(36)].concat();
        for (written, whole, lost) in [(108, 108, 0), (107, 72, 1), (72, 72, 1), (71, 32, 2), (5, 0, 3), (0, 0, 3)] {
            let path = folder.path().join("a");
            let mut sink = Sink::create(&path, Format::Pcapng, Compression::None).expect("a file");
            std::fs::write(&path, &records[..written]).expect("it is written");
            sink.cut_back(written, &records, io::ErrorKind::StorageFull.into());
            let len = std::fs::metadata(&path).expect("it is there").len();
            assert_eq!((len, sink.lost), (whole, lost), "{written} bytes written");
        }
    }
}
