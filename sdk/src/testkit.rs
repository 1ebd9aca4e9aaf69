//! Tests for dissectors: a line of hex in, the tree out.
//!
//! `UPDATE_EXPECT=1 cargo test` writes what came out into the expectations.

use crate::declare::{Kind, Protocol, Role, Settings};
use crate::dissector::{Dissector, Entry, Vector, Verdict};
use crate::pdu::{Answer, HandOn, Pdu, Sink, Slice, Want};
use crate::span::Diagnostic;
use crate::value::{self, Value, Word};
pub use expect_test::Expect;

/// Dissects bytes, written in hexadecimal, and compares the tree with what is expected.
///
/// # Panics
/// If the tree differs, or `hex` is not hexadecimal.
pub fn check<D: Dissector>(hex: &str, expect: Expect) {
    expect.assert_eq(&tree::<D>(&parse_hex(hex)));
}

/// The same, where the protocol below passes on a context.
///
/// # Panics
/// If the tree differs, or `hex` is not hexadecimal.
pub fn check_in_context<D: Dissector>(context: u64, hex: &str, expect: Expect) {
    let mut out = Vec::new();
    let slice = Slice { claim: Slice::NO_CLAIM, context, ..Slice::default() };
    one::<D>(&mut ready::<D>(), &parse_hex(hex), slice, &mut out);
    expect.assert_eq(&String::from_utf8_lossy(&out));
}

/// The same with settings, each with its value as `-o` takes it. A value that is none, or that the dissector refuses,
/// is told in place of the tree.
///
/// # Panics
/// If the tree differs, `hex` is not hexadecimal, or there is no such setting.
pub fn check_with<D: Dissector>(settings: &[(&str, &str)], hex: &str, expect: Expect) {
    let mut out = Vec::new();
    match set::<D>(settings) {
        Ok(mut dissector) => {
            let slice = Slice { claim: Slice::NO_CLAIM, ..Slice::default() };
            one::<D>(&mut dissector, &parse_hex(hex), slice, &mut out);
        }
        Err(error) => out.extend_from_slice(format!("refused: {error}\n").as_bytes()),
    }
    expect.assert_eq(&String::from_utf8_lossy(&out));
}

/// Dissects the PDUs of one conversation, written in hexadecimal (`<` before one: in the other direction), one in
/// each frame, and compares their trees with what is expected. The frames are counted from 1 and a millisecond apart.
///
/// # Panics
/// If a tree differs, or a PDU is not hexadecimal.
pub fn check_flow<D: Dissector>(pdus: &[&str], expect: Expect) {
    let (mut dissector, mut out) = (ready::<D>(), Vec::new());
    for (at, pdu) in pdus.iter().enumerate() {
        let reverse = pdu.starts_with('<');
        out.extend_from_slice(format!("frame {}{}\n", at + 1, if reverse { ", reverse" } else { "" }).as_bytes());
        let slice = Slice {
            claim: Slice::NO_CLAIM,
            flow: 2,
            reverse,
            number: at as u64 + 1,
            time: at as i64 * 1_000_000,
            ..Slice::default()
        };
        one::<D>(&mut dissector, &parse_hex(pdu.trim_start_matches('<')), slice, &mut out);
    }
    expect.assert_eq(&String::from_utf8_lossy(&out));
}

/// Dissects bytes behind which `missing` more were on the wire that the capture does not have, and compares the tree
/// with what is expected.
///
/// # Panics
/// If the tree differs, or `hex` is not hexadecimal.
pub fn check_cut<D: Dissector>(missing: usize, hex: &str, expect: Expect) {
    let (mut out, bytes) = (Vec::new(), parse_hex(hex));
    let slice = Slice { claim: Slice::NO_CLAIM, wire_len: (bytes.len() + missing) as u32, ..Slice::default() };
    one::<D>(&mut ready::<D>(), &bytes, slice, &mut out);
    expect.assert_eq(&String::from_utf8_lossy(&out));
}

/// Dissects what the payload has left of a PDU, `before` bytes after the PDU's start, and compares the fields with
/// what is expected, see [`Dissector::trailer`].
///
/// # Panics
/// If the fields differ, or `hex` is not hexadecimal.
pub fn check_trailer<D: Dissector>(before: u32, hex: &str, expect: Expect) {
    let (mut out, bytes) = (b"trailer\n".to_vec(), parse_hex(hex));
    let len = bytes.len() as u32;
    let slice = Slice { len, wire_len: len, claim: Slice::NO_CLAIM, context: before.into(), ..Slice::default() };
    let sink = run(&mut ready::<D>(), Entry::Trailer, &bytes, slice);
    write_fields(D::PROTOCOL, &bytes, &sink.words, &sink.side, &mut out);
    expect.assert_eq(&String::from_utf8_lossy(&out));
}

/// Bytes from hexadecimal digits; white space is passed over.
///
/// # Panics
/// If there is another character, or an odd number of digits.
pub fn parse_hex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        hex.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16).expect("a hex digit") as u8).collect();
    assert!(digits.len().is_multiple_of(2), "an odd number of hex digits");
    digits.chunks(2).map(|d| d[0] << 4 | d[1]).collect()
}

/// What a dissector says of a slice that nobody claims, see [`Dissector::probe`].
pub fn probe<D: Dissector>(bytes: &[u8]) -> Verdict {
    let (want, mut sink, len) = (Want::default(), Sink::default(), bytes.len() as u32);
    let slice = Slice { len, wire_len: len, claim: Slice::NO_CLAIM, ..Slice::default() };
    D::default().probe(&mut Pdu::new(bytes, slice, &want, &mut sink))
}

/// The tree of one PDU, as `prosector read -V` shows its layer.
///
/// # Panics
/// If the dissector doesn't take its own default settings.
pub fn tree<D: Dissector>(bytes: &[u8]) -> String {
    let mut out = Vec::new();
    let slice = Slice { claim: Slice::NO_CLAIM, ..Slice::default() };
    one::<D>(&mut ready::<D>(), bytes, slice, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// Dissects a stream that comes in segments, written in hexadecimal (`<` before one: in the other direction; `|` behind
/// one: the last), as the host would, and compares the trees of all PDUs with what is expected.
///
/// # Panics
/// If a tree differs, or a segment is not hexadecimal.
pub fn check_stream<D: Dissector>(segments: &[&str], expect: Expect) {
    let (mut dissector, mut out) = (ready::<D>(), Vec::new());
    let mut pending: [Vec<u8>; 2] = Default::default();
    let mut need = [0, 0];
    for (at, segment) in segments.iter().enumerate() {
        let reverse = segment.starts_with('<');
        let last = segment.ends_with('|');
        out.extend_from_slice(format!("segment {}\n", at + 1).as_bytes());
        let (bytes, need) = (&mut pending[reverse as usize], &mut need[reverse as usize]);
        bytes.extend(parse_hex(segment.trim_start_matches('<').trim_end_matches('|')));
        while !bytes.is_empty() && (bytes.len() >= *need || last) {
            let slice = Slice {
                claim: Slice::NO_CLAIM,
                stream: !last,
                flow: 2,
                reverse,
                number: at as u64 + 1,
                time: at as i64 * 1_000_000,
                ..Slice::default()
            };
            let end = one::<D>(&mut dissector, bytes, slice, &mut out);
            match end {
                Answer::REJECTED => bytes.clear(),
                end if end as usize > bytes.len() => {
                    out.extend_from_slice(format!("waits for {end} bytes\n").as_bytes());
                    *need = end as usize;
                    break;
                }
                end => drop(bytes.drain(..end as usize)),
            }
            *need = 0;
        }
    }
    expect.assert_eq(&String::from_utf8_lossy(&out));
}

/// A dissector with its default settings.
fn ready<D: Dissector>() -> D {
    set(&[]).expect("default settings")
}

/// A dissector with settings.
fn set<D: Dissector>(texts: &[(&str, &str)]) -> Result<D, String> {
    let mut settings = Settings::of(D::PROTOCOL);
    for (name, text) in texts {
        let at = D::PROTOCOL.settings.iter().position(|setting| setting.name == *name).expect("a declared setting");
        let value = D::PROTOCOL.settings[at].parse(text);
        settings.0[at].1 = value.map_err(|right| format!("{name} is {right}, not {text:?}"))?;
    }
    let mut dissector = D::default();
    Dissector::configure(&mut dissector, &settings)?;
    Ok(dissector)
}

/// Gives one PDU to a dissector, of which everything is wanted that a tree shows.
fn run<D: Dissector>(dissector: &mut D, entry: Entry, bytes: &[u8], slice: Slice) -> Sink {
    let protocol = D::PROTOCOL;
    let mut want = Want::nothing(protocol.fields.len());
    want.info = true;
    for (i, field) in protocol.fields.iter().enumerate() {
        if !field.hidden {
            want.insert(i as u16);
        }
    }
    let mut sink = Sink::default();
    dissector.run(entry, bytes, &[slice], &want, &mut sink).expect("built-in dissectors don't fault");
    sink
}

/// Dissects one PDU and appends its tree, unless it waits for more. Gives its end.
fn one<D: Dissector>(dissector: &mut D, bytes: &[u8], slice: Slice, out: &mut Vec<u8>) -> u32 {
    let protocol = D::PROTOCOL;
    let len = bytes.len() as u32;
    let slice = Slice { len, wire_len: slice.wire_len.max(len), ..slice };
    let sink = run(dissector, Entry::Dissect, bytes, slice);
    let answer = sink.answers[0];
    if answer.end == Answer::REJECTED {
        out.extend_from_slice(b"rejected\n");
        return answer.end;
    }
    if answer.end > len && slice.stream {
        return answer.end;
    }
    let info = &sink.side[answer.info_start as usize..][..answer.info_len as usize];
    write_layer(protocol, bytes, &sink.words, &sink.side, info, out);
    for next in &sink.next {
        let keys = &next.keys[..next.key_count as usize];
        let table = &protocol.tables[next.table as usize];
        let end = next.offset + next.wire_len;
        let text = match next.what {
            HandOn::Bind => format!("→ the flow is for {table}\n"),
            HandOn::Expect => {
                let address = &sink.side[next.offset as usize..end as usize];
                let dissector = &protocol.tables[next.keys[1] as usize];
                format!("→ {table} {} of {address:?} is for {dissector}\n", next.keys[0])
            }
            HandOn::Whole if !next.side => format!("→ {table} {keys:?}: bytes {}..{end}\n", next.offset),
            what => {
                let of = if next.side { "side bytes" } else { "bytes" };
                let part = if next.part > 0 { format!(" part {}", next.part) } else { String::new() };
                let at = if what == HandOn::Whole { String::new() } else { format!(", {what:?} at {}", next.at) };
                format!("→ {table} {keys:?}{part}: {of} {}..{end}{at}\n", next.offset)
            }
        };
        out.extend_from_slice(text.as_bytes());
    }
    answer.end
}

/// Appends one layer of a tree: a heading, then a line a field, two spaces deeper for every group.
pub fn write_layer(protocol: &Protocol, data: &[u8], words: &[u64], side: &[u8], info: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(protocol.title.as_bytes());
    for (role, title) in [(Role::Source, ", Src: "), (Role::Destination, ", Dst: ")] {
        let of_role = value::read_words(protocol, data, words, side).find_map(|word| match word {
            Word::Field { field, value, .. } if field.role == role => Some((field, value)),
            _ => None,
        });
        if let Some((field, value)) = of_role {
            out.extend_from_slice(title.as_bytes());
            value::write_value(field, value.get(), out);
        }
    }
    if !info.is_empty() {
        out.extend_from_slice(b", ");
        value::write_text(info, out);
    }
    out.push(b'\n');
    write_fields(protocol, data, words, side, out);
}

/// Appends the fields of one layer. What is in no byte of the frame stands in brackets, as in Wireshark; of the protocol `frame`
/// everything would.
pub fn write_fields(protocol: &Protocol, data: &[u8], words: &[u64], side: &[u8], out: &mut Vec<u8>) {
    let mut depth = 1usize;
    let indent = |out: &mut Vec<u8>, depth: usize| out.resize(out.len() + 2 * depth, b' ');
    let words: Vec<_> = value::read_words(protocol, data, words, side).collect();
    for (at, &word) in words.iter().enumerate() {
        match word {
            Word::End => depth = depth.saturating_sub(1).max(1),
            Word::Diagnostic(d) => {
                indent(out, depth);
                out.extend_from_slice(diagnostic_text(protocol, &d).as_bytes());
                out.push(b'\n');
            }
            Word::Field { field, value, span } => {
                let is_group = field.kind == Kind::Group;
                if !field.hidden {
                    let is_made_up = field.computed && span.len == 0 && !is_group && protocol.name != "frame";
                    indent(out, depth + field.part as usize);
                    out.extend_from_slice(if is_made_up { b"[" } else { b"" });
                    value::write_label(field, value.get(), out);
                    out.extend_from_slice(if is_made_up { b"]" } else { b"" });
                    if is_group {
                        write_content(&words[at + 1..], out);
                    }
                    out.push(b'\n');
                }
                depth += is_group as usize;
            }
        }
    }
}

/// Appends to the heading of a group what it is about: the first of its fields whose value has a name, else its first text or
/// address.
fn write_content(inside: &[Word<'_, '_>], out: &mut Vec<u8>) {
    let mut depth = 0usize;
    let mut text = None;
    for &word in inside {
        match word {
            Word::End if depth == 0 => break,
            Word::End => depth -= 1,
            Word::Field { field, .. } if field.kind == Kind::Group => depth += 1,
            Word::Field { field, value, .. } if depth == 0 && !field.hidden && !field.part => match value.get() {
                Value::Bool(_) => {}
                value if value::value_name(field, &value).is_some() => {
                    text = Some((field, value));
                    break;
                }
                value @ (Value::Str([_, ..]) | Value::Ipv4(_) | Value::Ipv6(_) | Value::Mac(_)) => {
                    text = text.or(Some((field, value)));
                }
                _ => {}
            },
            _ => {}
        }
    }
    if let Some((field, value)) = text {
        out.extend_from_slice(b": ");
        value::write_named(field, value, out);
    }
}

/// A diagnostic as a line of text.
pub fn diagnostic_text(protocol: &Protocol, d: &Diagnostic<'_>) -> String {
    let name = |f: u16| protocol.fields.get(f as usize).map_or("bytes", |f| &f.name);
    let what = d.field.map_or("bytes", name);
    let mut code = Vec::new();
    value::write_text(d.code.as_bytes(), &mut code);
    let mut line = format!("[{}] {}", d.severity.name(), String::from_utf8_lossy(&code));
    match d.code {
        Diagnostic::SHORT | Diagnostic::CUT => {
            line += &format!(
                ": {what} needs {} bytes at offset {}, {} {}",
                d.needed,
                d.offset,
                d.available,
                if d.code == Diagnostic::CUT { "were captured" } else { "are there" },
            );
            if let Some(claim) = d.claim {
                line += &format!(" (the end is set by {})", name(claim));
            }
        }
        _ if d.text.is_empty() => {}
        _ => {
            let mut text = Vec::new();
            value::write_text(d.text.as_bytes(), &mut text);
            line += ": ";
            line += &String::from_utf8_lossy(&text);
        }
    }
    line
}
