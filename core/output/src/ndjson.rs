//! One JSON object a line and frame: `{"number":1,"time":…,"len":…,"cap_len":…,"layers":[{"protocol":…,"fields":{…}}]}`.
//!
//! A field's value is always an array of its occurrences, so that a protocol has one shape whatever is in a frame, and
//! no key stands twice. Numbers are numbers, flags are booleans; bytes are hexadecimal text, times are seconds.

use crate::Writer;
use prosector_engine::{Demand, Dissection, LayerView, Registry};
use prosector_sdk::declare::Kind;
use prosector_sdk::frame::{Batch, Frame};
use prosector_sdk::testkit::diagnostic_text;
use prosector_sdk::value::{Encoded, Value, Word, write_dec, write_float, write_hex, write_seconds, write_value};
use std::collections::HashMap;

/// Writes NDJSON.
#[derive(Debug, Default)]
pub struct Ndjson;

impl Writer for Ndjson {
    fn demand(&self, registry: &Registry) -> Demand {
        Demand::tree(registry)
    }

    fn frame(&mut self, registry: &Registry, batch: &Batch<'_>, dissection: &Dissection, at: usize, out: &mut Vec<u8>) {
        let frame = &batch.frames[at];
        out.extend_from_slice(b"{\"number\":");
        write_dec(frame.number, out);
        out.extend_from_slice(b",\"time\":");
        match frame.time {
            Frame::NO_TIME => out.extend_from_slice(b"null"),
            time => write_seconds(time.into(), out),
        }
        out.extend_from_slice(b",\"len\":");
        write_dec(frame.wire_len.into(), out);
        out.extend_from_slice(b",\"cap_len\":");
        write_dec(frame.len.into(), out);
        out.extend_from_slice(b",\"layers\":[");
        for (i, layer) in dissection.layers(at, batch.data).enumerate() {
            if i > 0 {
                out.push(b',');
            }
            write_layer(registry, layer, out);
        }
        out.extend_from_slice(b"]}\n");
    }
}

/// From so many fields on, the first of a name is looked up: to search all those before each takes too long.
const MANY: usize = 64;

fn write_layer(registry: &Registry, layer: LayerView<'_>, out: &mut Vec<u8>) {
    let protocol = registry.protocol(layer.protocol());
    out.extend_from_slice(b"{\"protocol\":");
    write_json_text(protocol.name.as_bytes(), out);
    if layer.is_quoted() {
        out.extend_from_slice(b",\"quoted\":true");
    }
    if layer.is_trailer() {
        out.extend_from_slice(b",\"trailer\":true");
    }
    if !layer.info().is_empty() {
        out.extend_from_slice(b",\"info\":");
        write_json_text(layer.info(), out);
    }
    out.extend_from_slice(b",\"fields\":{");
    // Fields in the order of their first occurrence, each with all its occurrences.
    let mut found: Vec<(usize, u16, Encoded<'_, '_>)> = Vec::new();
    let mut firsts: HashMap<&str, usize> = HashMap::new();
    let mut diagnostics = Vec::new();
    for word in layer.fields(protocol) {
        match word {
            // A hidden field was recorded for a filter.
            Word::Field { field, span, value } if field.kind != Kind::Group && !field.hidden => {
                // Two declarations may share a name.
                let same = |id: u16, other: &Encoded<'_, '_>| id == span.field || other.field().name == field.name;
                let first = if found.len() < MANY {
                    found.iter().find(|(_, id, v)| same(*id, v)).map_or(found.len(), |(at, ..)| *at)
                } else {
                    if firsts.is_empty() {
                        firsts.extend(found.iter().map(|(first, _, v)| (&*v.field().name, *first)));
                    }
                    *firsts.entry(&field.name).or_insert(found.len())
                };
                found.push((first, span.field, value));
            }
            Word::Diagnostic(d) => diagnostics.push(d),
            _ => {}
        }
    }
    found.sort_by_key(|(first, ..)| *first);
    for (i, (first, _, value)) in found.iter().enumerate() {
        if i == 0 || found[i - 1].0 != *first {
            if i > 0 {
                out.extend_from_slice(b"],");
            }
            write_json_text(value.field().name.as_bytes(), out);
            out.extend_from_slice(b":[");
        } else {
            out.push(b',');
        }
        write_json_value(value, out);
    }
    if !found.is_empty() {
        out.push(b']');
    }
    out.push(b'}');
    if !diagnostics.is_empty() {
        out.extend_from_slice(b",\"diagnostics\":[");
        for (i, d) in diagnostics.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            out.extend_from_slice(b"{\"severity\":\"");
            out.extend_from_slice(d.severity.name().as_bytes());
            out.extend_from_slice(b"\",\"code\":");
            write_json_text(d.code.as_bytes(), out);
            out.extend_from_slice(b",\"text\":");
            write_json_text(diagnostic_text(protocol, d).as_bytes(), out);
            out.push(b'}');
        }
        out.push(b']');
    }
    out.push(b'}');
}

fn write_json_value(value: &Encoded<'_, '_>, out: &mut Vec<u8>) {
    match value.get() {
        Value::None => out.extend_from_slice(b"true"),
        Value::Uint(n) => write_dec(n, out),
        Value::Int(n) => out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes()),
        Value::Bool(b) => out.extend_from_slice(if b { b"true" } else { b"false" }),
        Value::Float(f) if f.is_finite() => write_float(value.field(), f, out),
        Value::Float(_) => out.extend_from_slice(b"null"),
        Value::Time(ns) | Value::Duration(ns) => write_seconds(ns, out),
        Value::Str(text) => write_json_text(text, out),
        Value::Bytes(bytes) => {
            out.push(b'"');
            write_hex(bytes, None, out);
            out.push(b'"');
        }
        // Addresses and UUIDs: nothing in them needs escaping.
        other => {
            out.push(b'"');
            write_value(value.field(), other, out);
            out.push(b'"');
        }
    }
}

/// Text as a JSON string; what is not UTF-8 is replaced.
fn write_json_text(text: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    // Writing a string into memory can't fail.
    let _ = serde_json::to_writer(&mut *out, &String::from_utf8_lossy(text));
    // JSON may have delete and U+0080 to U+009F as they are, but some terminals obey them.
    if out[start..].iter().any(|b| matches!(b, 0x7f | 0xc2)) {
        let written = out.split_off(start);
        for c in String::from_utf8_lossy(&written).chars() {
            match c.is_control() {
                true => out.extend_from_slice(format!("\\u{:04x}", c as u32).as_bytes()),
                false => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
    }
}
