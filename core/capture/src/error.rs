//! Why a capture cannot be read or written, or not to its end.

use std::fmt;
use std::io;

/// Why a capture cannot be read or written, or not to its end. Displayed as one line that begins with the name of the file or interface;
/// only [`Error::Filter`] has two more, which show the place.
#[derive(Debug)]
pub enum Error {
    /// The file is missing, may not be read, or the system refuses it otherwise.
    Open {
        /// The file's name.
        name: String,
        /// What the system says.
        cause: io::Error,
    },
    /// The file is a directory.
    Directory {
        /// The directory's name.
        name: String,
    },
    /// The file has no bytes, or what it compresses has none.
    Empty {
        /// The file's name.
        name: String,
        /// The compression around the capture: "gzip", "zstd" or "lz4".
        compression: Option<&'static str>,
    },
    /// The file is of another kind.
    NotCapture {
        /// The file's name.
        name: String,
        /// The compression around the capture: "gzip", "zstd" or "lz4".
        compression: Option<&'static str>,
        /// The first bytes, 16 at most.
        start: Vec<u8>,
    },
    /// The capture is cut short or damaged. Every frame before the break has been delivered.
    Broken {
        /// The file's name.
        name: String,
        /// Where the record begins that cannot be read: a byte offset in the uncompressed capture.
        offset: u64,
        /// What was expected there, and what was found.
        problem: String,
    },
    /// A capture cannot be written, or not on. What is in the file is whole.
    Write {
        /// The file's name.
        name: String,
        /// What the system says.
        cause: io::Error,
    },
    /// What was asked for can't be, like an interface or a filter; the text says which, what is wrong with it, and what there is.
    Call(String),
    /// A capture filter is wrong.
    Filter(BpfError),
    /// An interface can't be opened, or can't be captured from any more.
    Interface {
        /// Its name.
        name: String,
        /// Why.
        problem: String,
    },
}

/// What is wrong with a capture filter. Its display has three lines: what is wrong, the filter, and a caret below the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BpfError {
    /// What libpcap says.
    pub problem: String,
    /// The filter.
    pub filter: String,
    /// Where it goes wrong: a byte offset.
    pub at: usize,
}

impl fmt::Display for BpfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = self.filter[..self.at].chars().count();
        write!(f, "capture filter: {}\n  {}\n  {:column$}^", self.problem, self.filter, "")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Open { name, cause } => match cause.kind() {
                io::ErrorKind::NotFound => write!(f, "{name}: no such file"),
                io::ErrorKind::PermissionDenied => write!(f, "{name}: no permission to read it"),
                _ => write!(f, "{name}: cannot read it: {cause}"),
            },
            Error::Directory { name } => write!(f, "{name}: a directory, expected a capture file"),
            Error::Empty { name, compression } => match compression {
                None => write!(f, "{name}: an empty file, expected a pcap or pcapng capture"),
                Some(compression) => {
                    write!(f, "{name}: an empty {compression} stream, expected a pcap or pcapng capture in it")
                }
            },
            Error::NotCapture { name, compression, start } => {
                write!(f, "{name}: not a capture: ")?;
                if let Some(compression) = compression {
                    write!(f, "the {compression} stream in it ")?;
                }
                write!(f, "begins with")?;
                for byte in start {
                    write!(f, " {byte:02x}")?;
                }
                let text: String = start
                    .iter()
                    .map(|&b| if b == b' ' || b.is_ascii_graphic() { char::from(b) } else { '.' })
                    .collect();
                write!(f, " ({text}), expected pcap or pcapng, plain or in gzip, zstd or lz4")
            }
            Error::Broken { name, offset, problem } => write!(f, "{name}: at byte {offset}: {problem}"),
            Error::Write { name, cause } => match cause.kind() {
                io::ErrorKind::PermissionDenied => write!(f, "{name}: no permission to write it"),
                io::ErrorKind::NotFound => write!(f, "{name}: cannot write it: there is no such folder"),
                io::ErrorKind::StorageFull if name == "standard output" => write!(f, "{name}: the disk is full"),
                io::ErrorKind::StorageFull => {
                    write!(f, "{name}: the disk is full; the file ends with the last whole frame")
                }
                _ => write!(f, "{name}: cannot write it: {cause}"),
            },
            Error::Call(text) => f.write_str(text),
            Error::Filter(error) => error.fmt(f),
            Error::Interface { name, problem } => write!(f, "{name}: {problem}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Open { cause, .. } | Error::Write { cause, .. } => Some(cause),
            _ => None,
        }
    }
}
