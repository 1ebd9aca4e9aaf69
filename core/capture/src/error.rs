//! Why a capture cannot be read, or not to its end.

use std::fmt;
use std::io;

/// Why a capture cannot be read, or not to its end. Displayed as one line that begins with the file's name.
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
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Open { cause, .. } => Some(cause),
            _ => None,
        }
    }
}
