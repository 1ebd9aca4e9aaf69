//! What is written of a segment: its flags in letters, and the summary line.

use super::{analysis, flag, options::kind};
use std::fmt;

/// A letter for each flag, the highest first; the three reserved ones share one.
const LETTERS: &[u8; 12] = b"RRRACEUAPRSF";
/// Stands for a flag that is not set: a middle dot.
const UNSET: &[u8; 2] = b"\xc2\xb7";

/// `·······AP···`: a text, and how long it is.
pub(super) fn flag_letters(flags: u16) -> ([u8; 24], usize) {
    let (mut text, mut len) = ([0; 24], 0);
    for (i, &letter) in LETTERS.iter().enumerate() {
        if flags >> (11 - i) & 1 != 0 {
            text[len] = letter;
            len += 1;
        } else {
            text[len..len + 2].copy_from_slice(UNSET);
            len += 2;
        }
    }
    (text, len)
}

/// Names of the flags, the lowest first.
const NAMES: [&str; 9] = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"];

/// A segment in one line: `[SYN, ACK] Seq=7 Ack=3 Win=65535 Len=0 MSS=1460`.
/// Numbers are relative to the start of the connection, where that is known.
pub(super) struct Segment<'a> {
    pub segment: analysis::Segment<'a>,
    pub place: Option<analysis::Place>,
    pub urgent: u16,
}

impl fmt::Display for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let analysis::Segment { ports, flags, seq, ack, window, len, options } = self.segment;
        let (seq, ack, window) = self.place.map_or((seq, ack, window.into()), |p| (p.seq, p.ack, p.window));
        let base = self.place.map_or(0, |place| place.ack_base);
        let mut names = NAMES.iter().enumerate().filter(|(bit, _)| flags >> bit & 1 != 0).map(|(_, name)| name);
        if let Some(note) = self.place.and_then(|place| place.note) {
            write!(f, "[TCP {note}")?;
            if let Some((count, frame)) = self.place.and_then(|place| place.duplicate_ack) {
                write!(f, " {frame}#{count}")?;
            }
            f.write_str("] ")?;
        }
        write!(f, "{} → {} ", ports[0], ports[1])?;
        write!(f, "[{}", names.next().unwrap_or(&"<None>"))?;
        names.try_for_each(|name| write!(f, ", {name}"))?;
        write!(f, "] Seq={seq}")?;
        if flags & flag::ACK != 0 {
            write!(f, " Ack={ack}")?;
        }
        write!(f, " Win={window}")?;
        if flags & flag::URGENT != 0 {
            write!(f, " Urg={}", self.urgent)?;
        }
        write!(f, " Len={len}")?;
        let mut rest = options;
        while let &[option, ref behind @ ..] = rest {
            let len = match (option, behind) {
                (kind::END, _) => break,
                (kind::NOP, _) => 1,
                (_, &[len, ..]) if len >= 2 => usize::from(len),
                _ => break,
            };
            let Some(body) = rest.get(2..len.max(2)).filter(|_| option != kind::NOP) else {
                rest = rest.get(len..).unwrap_or_default();
                continue;
            };
            match (option, body) {
                (kind::MSS, &[a, b]) => write!(f, " MSS={}", u16::from_be_bytes([a, b]))?,
                (kind::WINDOW_SCALE, &[shift]) => write!(f, " WS={}", 1u16 << shift.min(14))?,
                (kind::SACK_PERMITTED, []) => f.write_str(" SACK_PERM")?,
                (kind::SACK, edges) => {
                    for [left, right] in edges.as_chunks::<4>().0.as_chunks::<2>().0 {
                        let relative = |edge| u32::from_be_bytes(edge).wrapping_sub(base);
                        write!(f, " SLE={} SRE={}", relative(*left), relative(*right))?;
                    }
                }
                (kind::TIME_STAMPS, &[a, b, c, d, ref echo @ ..]) if let Ok(echo) = echo.try_into() => {
                    let value = u32::from_be_bytes([a, b, c, d]);
                    write!(f, " TSval={value} TSecr={}", u32::from_be_bytes(echo))?;
                }
                _ => {}
            }
            rest = &rest[len..];
        }
        Ok(())
    }
}
