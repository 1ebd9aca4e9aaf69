//! Bodies of several parts (RFC 2046, section 5.1): between lines of two hyphens and a boundary stand parts, each with a header
//! of its own. The boundary is that of the first such line, which need not be looked up in the header around.

use crate::lines::{self, Line};
use crate::media;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Multipart;

protocol! {
    /// MIME Multipart Media Encapsulation.
    Multipart = mime_multipart "MIME multipart", "MIME Multipart Media Encapsulation" {
        part: group                                 "Encapsulated multipart part",
        "header.content-disposition": str           "Content-Disposition",
        "header.content-encoding": str              "Content-Encoding",
        "header.content-id": str                    "Content-Id",
        "header.content-language": str              "Content-Language",
        "header.content-length": str                "Content-Length",
        "header.content-transfer-encoding": str     "Content-Transfer-Encoding",
        "header.content-type": str                  "Content-Type",
    }
    tables { MEDIA_TYPE: "media_type", MULTIPART: "@mime_multipart" }
}

/// So many parts of one body are read.
const MAX_PARTS: usize = 200;

impl Dissector for Multipart {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let Some(first) = boundary(pdu.rest()) else {
            return Ok(());
        };
        let (start, line) = first;
        let mark = pdu.rest().get(start..start + line).unwrap_or_default().to_vec();
        pdu.skip(start)?;
        for _ in 0..MAX_PARTS {
            let whole = Line::of(pdu.rest()).whole;
            pdu.skip(whole)?;
            let rest = pdu.rest();
            let Some(len) = next(rest, &mark) else {
                return Ok(());
            };
            pdu.group(PART, |pdu| part(pdu, len))?;
            // The line end before the boundary belongs to the boundary.
            let gap = Line::of(pdu.rest()).whole;
            pdu.skip(gap)?;
            if pdu.rest().get(mark.len()..).is_some_and(|behind| behind.starts_with(b"--")) {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Where the first line begins that looks like a boundary, and how long it is.
fn boundary(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let line = Line::of(rest);
        if rest.starts_with(b"--") && line.text > 2 {
            return Some((at, line.text));
        }
        at += line.whole.max(1);
    }
    None
}

/// How many bytes there are before the line end before the next boundary.
fn next(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let line = Line::of(bytes.get(at..).filter(|rest| !rest.is_empty())?);
        if bytes.get(at + line.whole..)?.starts_with(mark) {
            return Some(at + line.text);
        }
        at += line.whole.max(1);
    }
}

fn part(pdu: &mut Pdu<'_>, len: usize) -> Step {
    let end = pdu.position() + len;
    let mut content_type: &[u8] = b"text/plain";
    while pdu.position() < end {
        let rest = pdu.rest();
        let line = Line::of(rest);
        let text = rest.get(..line.text).unwrap_or_default();
        let at = pdu.position();
        pdu.skip(line.whole)?;
        if text.is_empty() {
            break;
        }
        let Some(colon) = text.iter().position(|&byte| byte == b':') else { continue };
        let value = lines::trim_start(text.get(colon + 1..).unwrap_or_default());
        let range = at + text.len() - value.len()..at + text.len();
        match text.get(..colon).unwrap_or_default().to_ascii_lowercase().as_slice() {
            b"content-type" => {
                content_type = value;
                pdu.mark(HEADER_CONTENT_TYPE, range);
            }
            b"content-disposition" => pdu.mark(HEADER_CONTENT_DISPOSITION, range),
            b"content-encoding" => pdu.mark(HEADER_CONTENT_ENCODING, range),
            b"content-id" => pdu.mark(HEADER_CONTENT_ID, range),
            b"content-language" => pdu.mark(HEADER_CONTENT_LANGUAGE, range),
            b"content-length" => pdu.mark(HEADER_CONTENT_LENGTH, range),
            b"content-transfer-encoding" => pdu.mark(HEADER_CONTENT_TRANSFER_ENCODING, range),
            _ => {}
        }
    }
    let left = end.saturating_sub(pdu.position());
    if left == 0 {
        return Ok(());
    }
    if lines::starts_with(content_type, b"multipart/") {
        pdu.hand_to(MULTIPART).len(left);
    } else {
        pdu.hand_on(MEDIA_TYPE, media::keys(content_type)).len(left);
    }
    pdu.skip(left)
}

builtin!(Multipart);

#[test]
fn two_parts() {
    let text = "--x\r\nContent-Type: text/plain\r\n\r\none\r\n--x\r\n\r\ntwo\r\n--x--\r\n";
    check::<Multipart>(
        &lines::hex(text),
        expect![[r#"
            MIME Multipart Media Encapsulation
              Encapsulated multipart part: text/plain
                Content-Type: text/plain
              Encapsulated multipart part
            → media_type [2234085431400891109, 1885464632615986612]: bytes 33..36
            → media_type [2234085431400891109, 1885464632615986612]: bytes 45..48
        "#]],
    );
}

#[test]
fn no_end() {
    check::<Multipart>(
        &lines::hex("--x\r\nContent-Type: text/plain\r\n\r\none"),
        expect![[r#"
        MIME Multipart Media Encapsulation
    "#]],
    );
}
