//! The pcap format (draft-ietf-opsawg-pcap, sections 4 and 5), its nanosecond variant (magic a1b23c4d),
//! its variant with longer record headers by A. Kuznetzov (magic a1b2cd34), and its old versions.

use prosector_sdk::frame::{Frame, LinkType};

use crate::scan::{Found, MAX_RECORD, Order, Stop};

/// Length of the file header.
pub(crate) const FILE_HEADER: usize = 24;

/// What the file header says of the records.
pub(crate) struct Pcap {
    order: Order,
    /// Nanoseconds in a unit of a record's second time field.
    unit: i64,
    /// Length of a record header.
    record_header: usize,
    lengths: Lengths,
    pub(crate) link: LinkType,
    pub(crate) fcs_len: Option<u8>,
    /// How many bytes of a frame were captured at most.
    pub(crate) snaplen: u32,
}

/// The order of the two lengths in a record header.
#[derive(Clone, Copy)]
enum Lengths {
    /// Captured, then on the wire.
    Normal,
    /// On the wire, then captured: before version 2.3.
    Swapped,
    /// Version 2.3 was written with either order; the smaller is the captured one.
    Unknown,
}

impl Pcap {
    /// Reads the file header from a capture's first bytes. `None`: it isn't pcap.
    pub(crate) fn open(start: &[u8]) -> Option<Result<Pcap, Stop>> {
        let magic = start.first_chunk::<4>()?;
        let (order, unit, record_header) =
            [Order::Little, Order::Big].into_iter().find_map(|order| match order.u32(magic, 0) {
                0xa1b2_c3d4 => Some((order, 1_000, 16)),
                0xa1b2_3c4d => Some((order, 1, 16)),
                0xa1b2_cd34 => Some((order, 1_000, 24)),
                _ => None,
            })?;
        let Some(header) = start.first_chunk::<FILE_HEADER>() else {
            return Some(Err(Stop::Short { what: "a pcap file header", len: FILE_HEADER }));
        };
        let lengths = match (order.u16(header, 4), order.u16(header, 6)) {
            (2, 0..=2) => Lengths::Swapped,
            (2, 3) => Lengths::Unknown,
            (2, _) => Lengths::Normal,
            (major, minor) => {
                return Some(Err(Stop::Broken(format!("expected pcap version 2, found {major}.{minor}"))));
            }
        };
        let network = order.u32(header, 20);
        // libpcap's pcap/pcap.h: LT_FCS_LENGTH_PRESENT, LT_FCS_LENGTH (in units of 16 bits).
        let fcs_len = (network & 0x0400_0000 != 0).then_some((network >> 28) as u8 * 2);
        Some(Ok(Pcap {
            order,
            unit,
            record_header,
            lengths,
            link: LinkType(network as u16),
            fcs_len,
            snaplen: order.u32(header, 16),
        }))
    }

    /// Whether time stamps are in nanoseconds.
    pub(crate) fn nanoseconds(&self) -> bool {
        self.unit == 1
    }

    /// Finds frames in `bytes` from `*at` on, until there are `max` of them.
    pub(crate) fn scan(&self, bytes: &[u8], at: &mut usize, found: &mut Found, max: usize) -> Stop {
        while found.frames.len() < max {
            let rest = &bytes[*at..];
            let Some(header) = rest.first_chunk::<16>() else {
                return Stop::Short { what: "a packet header", len: self.record_header };
            };
            let mut len = self.order.u32(header, 8);
            let mut wire_len = self.order.u32(header, 12);
            let swap = match self.lengths {
                Lengths::Normal => false,
                Lengths::Swapped => true,
                Lengths::Unknown => len > wire_len,
            };
            if swap {
                (len, wire_len) = (wire_len, len);
            }
            if len as usize > MAX_RECORD {
                return Stop::Broken(format!("expected a packet of at most {MAX_RECORD} captured bytes, found {len}"));
            }
            let end = self.record_header + len as usize;
            if rest.len() < end {
                return Stop::Short { what: "a packet with its header", len: end };
            }
            let seconds = i64::from(self.order.u32(header, 0));
            let fraction = i64::from(self.order.u32(header, 4));
            found.push(Frame {
                number: 0,
                time: seconds * 1_000_000_000 + fraction * self.unit,
                start: (*at + self.record_header) as u32,
                len,
                wire_len: wire_len.max(len),
                link: self.link,
                fcs_len: self.fcs_len,
                interface: None,
                extra: None,
            });
            *at += end;
        }
        Stop::Full
    }
}
