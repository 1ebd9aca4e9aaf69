//! Bodies that are packed, as `Content-Encoding` says (RFC 9110, section 8.4.1).

use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};
use std::io::{ErrorKind, Read};

/// No packed body is unpacked further than this.
const UNPACKED: u64 = 4 << 20;

/// Unpacks a body as far as it is there; `None` if it is not packed in this way.
pub fn unpack(encoding: &[u8], body: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut read = |from: &mut dyn Read| {
        out.clear();
        match from.take(UNPACKED).read_to_end(&mut out) {
            Ok(_) => true,
            Err(error) => error.kind() == ErrorKind::UnexpectedEof && !out.is_empty(),
        }
    };
    let done = match encoding.trim_ascii().to_ascii_lowercase().as_slice() {
        b"gzip" | b"x-gzip" => read(&mut GzDecoder::new(body)),
        // Some send the bare format, without the frame of zlib.
        b"deflate" | b"x-deflate" => read(&mut ZlibDecoder::new(body)) || read(&mut DeflateDecoder::new(body)),
        _ => false,
    };
    done.then_some(out)
}
