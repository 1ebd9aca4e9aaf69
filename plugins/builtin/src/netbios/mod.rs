//! NetBIOS over UDP (RFC 1001, RFC 1002) and over IPX, and what Windows says in its datagrams: which names there are (`nbns`),
//! datagrams between names (`nbdgm`), mail slots in those (`mailslot`), and who is in the network (`browser`).

mod browser;
mod mailslot;
mod nbdgm;
mod nbipx;
mod nbns;
mod nmpi;

use prosector_sdk::handle::{ComputedBytes, Handle};
use prosector_sdk::prelude::*;

/// The most pointers that a name is followed over.
const MAX_JUMPS: usize = 16;

/// Reads the encoded name at `at` of a message. Returns its text, and where the name ends in place; `None` if it is cut.
fn read_name(message: &[u8], mut at: usize) -> Option<(Vec<u8>, usize)> {
    let (mut text, mut end, mut jumps) = (Vec::new(), None, 0);
    loop {
        let len = *message.get(at)?;
        match len {
            0 => return Some((text, end.unwrap_or(at + 1))),
            0xc0.. => {
                let to = usize::from(len & 0x3f) << 8 | usize::from(*message.get(at + 1)?);
                end.get_or_insert(at + 2);
                jumps += 1;
                if jumps > MAX_JUMPS {
                    return Some((text, end?));
                }
                at = to;
            }
            _ => {
                let label = message.get(at + 1..at + 1 + usize::from(len))?;
                let first = text.is_empty();
                if !first {
                    text.push(b'.');
                }
                match decode(label).filter(|_| first) {
                    Some(name) => write_name(&name, &mut text),
                    None => text.extend_from_slice(label),
                }
                if text.len() > 512 {
                    return Some((text, end.unwrap_or(at + 1)));
                }
                at += 1 + label.len();
            }
        }
    }
}

/// Takes a name of 16 characters that isn't encoded.
fn take_name(pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>) -> Step {
    let at = pdu.position();
    let chars: Option<[u8; 16]> = pdu.rest().first_chunk().copied();
    pdu.skip(16)?;
    if let Some(chars) = chars {
        let mut text = Vec::new();
        write_name(&chars, &mut text);
        pdu.computed_bytes(field, at..at + 16, &text);
    }
    Ok(())
}

/// First-level decoding (RFC 1001, section 14.1): each letter from A to P is half a byte.
fn decode(label: &[u8]) -> Option<[u8; 16]> {
    let mut name = [0; 16];
    if label.len() != 32 {
        return None;
    }
    for (byte, pair) in name.iter_mut().zip(label.chunks_exact(2)) {
        let half = |c: u8| c.checked_sub(b'A').filter(|&n| n < 16);
        *byte = half(pair[0])? << 4 | half(pair[1])?;
    }
    Some(name)
}

/// A name as text: without the padding, and with its type, the last byte, in angle brackets.
fn write_name(name: &[u8; 16], text: &mut Vec<u8>) {
    let bracketed = |byte: u8, text: &mut Vec<u8>| text.extend_from_slice(format!("<{byte:02x}>").as_bytes());
    let (chars, kind) = name.split_at(15);
    let padding = if chars.ends_with(&[0]) { 0 } else { b' ' };
    let len = chars.iter().rposition(|&b| b != padding).map_or(0, |last| last + 1);
    for &byte in &chars[..len] {
        match byte {
            0x20..=0x7e => text.push(byte),
            _ => bracketed(byte, text),
        }
    }
    bracketed(kind[0], text);
}

#[test]
fn names() {
    // "ACME", padded, of type 0x20.
    let encoded = b"\x20EBEDENEFCACACACACACACACACACACACA\0";
    let read = |message: &[u8], at| {
        read_name(message, at).map(|(text, end)| (String::from_utf8_lossy(&text).into_owned(), end))
    };
    assert_eq!(read(encoded, 0), Some(("ACME<20>".into(), 34)));
    assert_eq!(read(&[encoded, &b"\xc0\x00"[..]].concat(), 34), Some(("ACME<20>".into(), 36)));
    assert_eq!(read(b"\x03abc\x02de\0", 0), Some(("abc.de".into(), 8)));
    assert_eq!(read(b"\xc0\x00", 0), Some((String::new(), 2)));
    assert_eq!(read(b"\x03ab", 0), None);
}
