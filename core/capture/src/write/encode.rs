//! Records of pcapng (draft-ietf-opsawg-pcapng) and pcap (draft-ietf-opsawg-pcap), always little-endian.

use super::sink::Compression;
use crate::pcapng::{ENHANCED_PACKET, INTERFACE, SECTION, SIMPLE_PACKET};
use crate::{Block, Section};
use prosector_sdk::frame::{BlockOption, Extra, Frame, Interface, LinkType};
use std::path::Path;

/// What a file is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// pcapng, time stamps in nanoseconds.
    Pcapng,
    /// pcap: one link type, no interfaces, no comments.
    Pcap {
        /// Time stamps are in nanoseconds, not microseconds.
        nanoseconds: bool,
    },
}

impl Format {
    /// The format that a file's name asks for: pcap for `.pcap`, before what it says of compression, else pcapng.
    pub fn of_name(path: &Path) -> Format {
        match Compression::of_name(&path.to_string_lossy()).0.ends_with(".pcap") {
            true => Format::Pcap { nanoseconds: false },
            false => Format::Pcapng,
        }
    }

    /// The length of the record that begins here, if as much of it is there as tells its length.
    pub(crate) fn record(self, bytes: &[u8]) -> Option<usize> {
        let number = |at: usize| {
            let bytes = bytes.get(at..)?.first_chunk::<4>()?;
            Some(u32::from_le_bytes(*bytes) as usize)
        };
        match self {
            Format::Pcapng => number(4),
            Format::Pcap { .. } => Some(16 + number(8)?),
        }
    }

    /// Whether the record that begins here is a frame.
    pub(crate) fn is_frame(self, bytes: &[u8]) -> bool {
        match self {
            Format::Pcapng => {
                [ENHANCED_PACKET, SIMPLE_PACKET].iter().any(|kind| bytes.starts_with(&kind.to_le_bytes()))
            }
            Format::Pcap { .. } => true,
        }
    }
}

/// Appends records to bytes.
#[derive(Clone, Copy, Debug)]
pub struct Encoder {
    /// What they are written as.
    pub format: Format,
}

impl Encoder {
    /// The beginning of a file, or of a section of a pcapng file. pcap needs to know the link type of all frames, and as with
    /// frames the length of a frame check sequence.
    pub fn start(self, section: &Section, link: LinkType, fcs_len: Option<u8>, snaplen: u32, out: &mut Vec<u8>) {
        let Format::Pcap { nanoseconds } = self.format else {
            return block(SECTION, out, |out| {
                out.extend_from_slice(&0x1a2b_3c4d_u32.to_le_bytes());
                out.extend_from_slice(&[1, 0, 0, 0]);
                out.extend_from_slice(&(-1i64).to_le_bytes()); // the section's length is not known
                options(&section.options, out);
            });
        };
        let magic: u32 = if nanoseconds { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
        let fcs = fcs_len.map_or(0, |len| 0x0400_0000 | u32::from(len / 2) << 28);
        let snaplen = if snaplen == 0 { 262_144 } else { snaplen };
        out.extend_from_slice(&magic.to_le_bytes());
        out.extend_from_slice(&[2, 0, 4, 0]);
        out.extend_from_slice(&[0; 8]);
        out.extend_from_slice(&snaplen.to_le_bytes());
        out.extend_from_slice(&(u32::from(link.0) | fcs).to_le_bytes());
    }

    /// An Interface Description Block (section 4.2); nothing in pcap.
    pub fn interface(self, interface: &Interface, out: &mut Vec<u8>) {
        if self.format != Format::Pcapng {
            return;
        }
        block(INTERFACE, out, |out| {
            out.extend_from_slice(&u32::from(interface.link.0).to_le_bytes());
            out.extend_from_slice(&interface.snaplen.to_le_bytes());
            let text = |code, text: &Option<String>| {
                text.as_ref().map(|text| BlockOption { code, value: text.as_bytes().to_vec() })
            };
            let own = [text(2, &interface.name), text(3, &interface.description)].into_iter().flatten();
            let resolution = BlockOption { code: 9, value: vec![9] };
            let all: Vec<BlockOption> = own.chain([resolution]).chain(interface.options.iter().cloned()).collect();
            options(&all, out);
        });
    }

    /// A block that is no frame; nothing in pcap.
    pub fn block(self, other: &Block, out: &mut Vec<u8>) {
        if self.format == Format::Pcapng {
            block(other.kind, out, |out| out.extend_from_slice(&other.body));
        }
    }

    /// A frame with its bytes, of the interface that is written as number `interface`. Returns where in `out` its bytes begin.
    #[inline]
    pub fn frame(self, frame: &Frame, interface: u32, bytes: &[u8], extra: Option<&Extra>, out: &mut Vec<u8>) -> usize {
        match self.format {
            Format::Pcapng if frame.time == Frame::NO_TIME && interface == 0 && extra.is_none() => {
                simple(frame, bytes, out)
            }
            Format::Pcapng => enhanced(frame, interface, bytes, extra, out),
            Format::Pcap { nanoseconds } => {
                let time = frame.time.max(0);
                let fraction = (time % 1_000_000_000) as u32;
                let seconds = (time / 1_000_000_000).min(u32::MAX.into()) as u32;
                let fraction = if nanoseconds { fraction } else { fraction / 1_000 };
                for number in [seconds, fraction, bytes.len() as u32, frame.wire_len] {
                    out.extend_from_slice(&number.to_le_bytes());
                }
                out.extend_from_slice(bytes);
                out.len() - bytes.len()
            }
        }
    }
}

/// Enhanced Packet Block (section 4.3).
#[inline]
fn enhanced(frame: &Frame, interface: u32, bytes: &[u8], extra: Option<&Extra>, out: &mut Vec<u8>) -> usize {
    let start = out.len();
    let time = frame.time.max(0) as u64;
    let padded = bytes.len().next_multiple_of(4);
    // Without options its length is known: most frames, and all of a live capture.
    let len = 32 + padded as u32;
    let mut head = [0; 28];
    let numbers =
        [ENHANCED_PACKET, len, interface, (time >> 32) as u32, time as u32, bytes.len() as u32, frame.wire_len];
    for (at, number) in numbers.into_iter().enumerate() {
        head[4 * at..][..4].copy_from_slice(&number.to_le_bytes());
    }
    out.extend_from_slice(&head);
    out.extend_from_slice(bytes);
    out.extend_from_slice(&[0; 3][..padded - bytes.len()]);
    if let Some(extra) = extra {
        let comments = extra.comments.iter().map(|text| BlockOption { code: 1, value: text.as_bytes().to_vec() });
        let flags = extra.flags.map(|flags| BlockOption { code: 2, value: flags.to_le_bytes().to_vec() });
        options(&comments.chain(flags).chain(extra.options.iter().cloned()).collect::<Vec<_>>(), out);
    }
    let len = (out.len() - start + 4) as u32;
    out[start + 4..][..4].copy_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&len.to_le_bytes());
    start + head.len()
}

/// Simple Packet Block (section 4.4), the only one that may be without a time.
fn simple(frame: &Frame, bytes: &[u8], out: &mut Vec<u8>) -> usize {
    let start = out.len();
    block(SIMPLE_PACKET, out, |out| {
        out.extend_from_slice(&frame.wire_len.to_le_bytes());
        out.extend_from_slice(bytes);
    });
    start + 12
}

/// A block: type, length, what `body` appends, padding, length.
fn block(kind: u32, out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    body(out);
    out.resize(start + (out.len() - start).next_multiple_of(4), 0);
    let len = ((out.len() - start + 4) as u32).to_le_bytes();
    out[start + 4..][..4].copy_from_slice(&len);
    out.extend_from_slice(&len);
}

/// Options and their end (section 3.5); nothing where there are none.
pub(crate) fn options(options: &[BlockOption], out: &mut Vec<u8>) {
    // A longer value can't be said: its length has 16 bits.
    let options = options.iter().filter(|option| option.value.len() <= 0xffff);
    let before = out.len();
    for BlockOption { code, value } in options {
        out.extend_from_slice(&code.to_le_bytes());
        out.extend_from_slice(&(value.len() as u16).to_le_bytes());
        out.extend_from_slice(value);
        out.extend_from_slice(&[0; 3][..value.len().next_multiple_of(4) - value.len()]);
    }
    if out.len() > before {
        out.extend_from_slice(&[0; 4]);
    }
}
