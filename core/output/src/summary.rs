//! One line a frame: number, time since the first frame, source, destination, protocol, length, info.

use crate::Writer;
use prosector_engine::{Demand, Dissection, Registry};
use prosector_sdk::declare::Role;
use prosector_sdk::frame::{Batch, Frame};
use prosector_sdk::span::{Diagnostic, Severity};
use prosector_sdk::value::{Word, write_dec, write_text, write_value};

/// Writes summary lines.
#[derive(Debug, Default)]
pub struct Summary {
    colour: bool,
    first: Option<i64>,
    /// The info column of the frame at hand.
    info: Vec<u8>,
}

impl Summary {
    /// With colours for a terminal, or without.
    pub fn new(colour: bool) -> Summary {
        Summary { colour, ..Summary::default() }
    }
}

impl Writer for Summary {
    fn demand(&self, registry: &Registry) -> Demand {
        Demand::summary(registry)
    }

    fn skip(&mut self, frame: &Frame) {
        if frame.time != Frame::NO_TIME {
            self.first.get_or_insert(frame.time);
        }
    }

    fn frame(&mut self, registry: &Registry, batch: &Batch<'_>, dissection: &Dissection, at: usize, out: &mut Vec<u8>) {
        let frame = &batch.frames[at];
        // The innermost layer that has one says protocol and info; the innermost addresses win.
        let (mut source, mut destination, mut protocol, mut depth) = (None, None, 0u16, 0);
        self.info.clear();
        let (mut broken, mut cut, mut fault) = (false, false, false);
        for layer in dissection.layers(at, batch.data) {
            let declared = registry.protocol(layer.protocol());
            for word in layer.fields(declared) {
                match word {
                    Word::Field { field, value, .. } if !layer.is_quoted() && !layer.is_detail() => match field.role {
                        Role::Source => source = Some(value),
                        Role::Destination => destination = Some(value),
                        Role::None => {}
                    },
                    Word::Diagnostic(d) => {
                        fault |= d.code == Diagnostic::FAULT;
                        broken |= d.severity == Severity::Error && d.code != Diagnostic::FAULT;
                        cut |= d.code == Diagnostic::CUT;
                    }
                    _ => {}
                }
            }
            if layer.is_quoted() || layer.is_trailer() {
                continue;
            }
            // Bare data says less than the protocol that carries it, and so does a body of which only the type is known.
            let is_body = declared.fields.is_empty() && declared.claims.iter().any(|claim| claim.table == "media_type");
            let is_content = !(declared.name == "data" || is_body);
            let is_beside = (protocol, depth) == (layer.protocol(), layer.depth());
            if is_content && (layer.is_detail() || is_beside) {
                // Details, and several PDUs of one protocol beside each other, all have their say.
                self.add(layer.info());
            } else if !layer.is_detail() && (is_content || self.info.is_empty() || protocol == 0) {
                (protocol, depth) = (layer.protocol(), layer.depth());
                self.info.clear();
                self.add(layer.info());
            }
        }
        let colour = if !self.colour {
            ""
        } else if broken || fault {
            "\x1b[31m"
        } else {
            COLOURS[protocol as usize % COLOURS.len()]
        };
        out.extend_from_slice(colour.as_bytes());
        column(out, 6, true, |out| write_dec(frame.number, out));
        out.push(b' ');
        column(out, 12, true, |out| self.time(frame, out));
        out.push(b' ');
        column(out, 17, true, |out| source.iter().for_each(|v| write_value(v.field(), v.get(), out)));
        out.extend_from_slice(" → ".as_bytes());
        column(out, 17, false, |out| destination.iter().for_each(|v| write_value(v.field(), v.get(), out)));
        out.push(b' ');
        column(out, 8, false, |out| out.extend_from_slice(registry.protocol(protocol).short.as_bytes()));
        out.push(b' ');
        column(out, 5, true, |out| write_dec(frame.wire_len.into(), out));
        out.push(b' ');
        write_text(&self.info, out);
        if fault {
            out.extend_from_slice(b" [its dissector failed]");
        } else if broken {
            out.extend_from_slice(b" [malformed]");
        } else if cut {
            out.extend_from_slice(b" [cut short by the capture]");
        }
        if self.colour {
            out.extend_from_slice(b"\x1b[0m");
        }
        out.push(b'\n');
    }
}

/// An info column of so many bytes gets nothing further.
const MAX_INFO: usize = 500;

const COLOURS: [&str; 6] = ["\x1b[36m", "\x1b[32m", "\x1b[33m", "\x1b[34m", "\x1b[35m", "\x1b[39m"];

impl Summary {
    fn add(&mut self, info: &[u8]) {
        if info.is_empty() || self.info.len() > MAX_INFO {
            return;
        }
        if !self.info.is_empty() {
            self.info.extend_from_slice(b", ");
        }
        self.info.extend_from_slice(info);
    }

    /// Seconds since the first frame, to the microsecond.
    fn time(&mut self, frame: &Frame, out: &mut Vec<u8>) {
        if frame.time == Frame::NO_TIME {
            return out.push(b'-');
        }
        let since = frame.time as i128 - *self.first.get_or_insert(frame.time) as i128;
        if since < 0 {
            out.push(b'-');
        }
        let micros = since.unsigned_abs() / 1000;
        write_dec((micros / 1_000_000) as u64, out);
        out.push(b'.');
        let mut digits = *b"000000";
        let mut rest = (micros % 1_000_000) as u32;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        out.extend_from_slice(&digits);
    }
}

/// Fills what `write` appends up to `width` columns. What stands in columns is ASCII.
fn column(out: &mut Vec<u8>, width: usize, right: bool, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    write(out);
    let missing = width.saturating_sub(out.len() - start);
    out.resize(out.len() + missing, b' ');
    if right {
        out[start..].rotate_right(missing);
    }
}
