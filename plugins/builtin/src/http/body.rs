//! The body of a message: where it ends (RFC 9112, section 6.3), chunks, packed bodies, and who reads it.

use super::*;
use crate::media;
use crate::unpack::unpack;

/// Where the message ends that the cursor stands at, whose body would begin behind its `first` line and the header that
/// was scanned. `None` if it has all the bytes that there are.
pub fn message_len(
    pdu: &mut Pdu<'_>,
    scanned: &Scanned,
    kind: Kind,
    method: Method,
    first: Line,
) -> Result<Option<usize>, Stop> {
    if kind == Kind::Rest {
        return Ok(None);
    }
    let Some(len) = scanned.len else {
        return until_the_end(pdu);
    };
    let text = pdu.rest().get(..first.text).unwrap_or_default();
    let len = first.whole + len;
    let start = pdu.position();
    if kind == Kind::Response && has_no_body(head::code(text), method) {
        return Ok(Some(start + len));
    }
    if scanned.is_chunked {
        return match chunks_end(pdu.rest().get(len..).unwrap_or_default()) {
            Some(end) => Ok(Some(start + len + end)),
            None => until_the_end(pdu),
        };
    }
    match (scanned.content_length, kind) {
        (Some(body), _) => Ok(Some((start + len).saturating_add(body.min(u32::MAX.into()) as usize))),
        (None, Kind::Response) => until_the_end(pdu),
        // Against the specification, some clients send a body without saying how long it is.
        (None, _) if scanned.has_type => Ok(None),
        (None, _) => Ok(Some(start + len)),
    }
}

fn until_the_end(pdu: &mut Pdu<'_>) -> Result<Option<usize>, Stop> {
    if pdu.is_stream() {
        pdu.wait_more()?;
    }
    Ok(None)
}

/// Responses without a body (RFC 9110, section 6.4.1).
fn has_no_body(code: u16, method: Method) -> bool {
    matches!(code, 100..=199 | 204 | 304) || method == Method::Head || method == Method::Connect && code / 100 == 2
}

/// The size in a line before a chunk (RFC 9112, section 7.1).
fn chunk_size(line: &[u8]) -> u32 {
    let digits = lines::trim_start(line).iter().map_while(|&byte| char::from(byte).to_digit(16));
    digits.fold(0u32, |size, digit| size.saturating_mul(16).saturating_add(digit))
}

/// Where the chunks end; `None` if they go on behind `bytes`.
fn chunks_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = bytes.get(at..)?;
        let line = Line::first(rest)?;
        if line.text == 0 {
            // There is no size where one must be.
            return Some(bytes.len());
        }
        let size = chunk_size(rest.get(..line.text)?) as usize;
        at += line.whole;
        if size == 0 {
            break;
        }
        let boundary = bytes.get(at.checked_add(size)?..)?;
        at += size + Line::first(boundary)?.whole.min(2);
    }
    loop {
        let line = Line::first(bytes.get(at..)?)?;
        at += line.whole;
        if line.text == 0 {
            return Some(at);
        }
    }
}

/// Bytes of a body whose beginning is missing.
pub fn continuation(pdu: &mut Pdu<'_>) -> Step {
    pdu.info(format_args!("Continuation"));
    pdu.mark(FILE_DATA, pdu.position()..pdu.position() + lines::to_nul(pdu.rest()).len());
    pdu.hand_to(DATA);
    Ok(())
}

/// Reads the body and hands it on.
pub fn read(pdu: &mut Pdu<'_>, head: &Head<'_>) -> Step {
    if pdu.remaining() == 0 {
        return Ok(());
    }
    if head.is_chunked {
        let body = chunks(pdu)?;
        return plain_or_packed(pdu, head, &body);
    }
    let len = head.content_length.map_or(usize::MAX, |len| len.min(u32::MAX.into()) as usize).min(pdu.remaining());
    let body = pdu.rest().get(..len).unwrap_or_default();
    if body.is_empty() {
        return Ok(());
    }
    if head.content_encoding.is_some() {
        plain_or_packed(pdu, head, body)?;
    } else {
        pdu.mark(FILE_DATA, pdu.position()..pdu.position() + lines::to_nul(body).len());
        if is_multipart(head) {
            pdu.hand_to(MULTIPART).len(len);
        } else {
            pdu.hand_on(MEDIA_TYPE, media::keys(head.content_type)).len(len);
        }
    }
    pdu.skip(len)
}

/// Hands on a body that is not in the frame as it is.
fn plain_or_packed(pdu: &mut Pdu<'_>, head: &Head<'_>, body: &[u8]) -> Step {
    if body.is_empty() {
        pdu.computed_bytes(DECODED, 0..0, body);
        return Ok(());
    }
    let unpacked;
    let body = match head.content_encoding {
        None => body,
        Some(encoding) => match unpack(encoding, body) {
            Some(bytes) => {
                unpacked = bytes;
                &unpacked
            }
            None => {
                pdu.hand_on_bytes(DATA, 0u64, body);
                return Ok(());
            }
        },
    };
    pdu.computed_bytes(DECODED, 0..0, lines::to_nul(body));
    if is_multipart(head) {
        pdu.hand_on_bytes(MULTIPART, 0u64, body);
    } else {
        pdu.hand_on_bytes(MEDIA_TYPE, media::keys(head.content_type), body);
    }
    Ok(())
}

fn is_multipart(head: &Head<'_>) -> bool {
    lines::starts_with(head.content_type, b"multipart/")
}

/// Reads the chunks and returns what is in them.
fn chunks(pdu: &mut Pdu<'_>) -> Result<Vec<u8>, Stop> {
    let mut body = Vec::new();
    loop {
        let rest = pdu.rest();
        let line = Line::of(rest);
        if line.text == 0 {
            return Ok(body);
        }
        let size = chunk_size(rest.get(..line.text).unwrap_or_default());
        let at = pdu.position();
        pdu.group(CHUNK, |pdu| {
            pdu.computed(CHUNK_SIZE, at..at + line.text, size);
            pdu.skip(line.whole)?;
            if size > 0 {
                let len = (size as usize).min(pdu.remaining().max(1));
                body.extend_from_slice(pdu.take_bytes(CHUNK_DATA, len)?);
                let end = Line::of(pdu.rest());
                pdu.take_bytes(CHUNK_BOUNDARY, end.whole.min(2))?;
            }
            Ok(())
        })?;
        if size == 0 || pdu.remaining() == 0 {
            break;
        }
    }
    while pdu.remaining() > 0 {
        let line = Line::of(pdu.rest());
        if line.text == 0 {
            pdu.skip(line.whole)?;
            break;
        }
        pdu.take_bytes(CHUNKED_TRAILER_PART, line.whole)?;
    }
    Ok(body)
}
