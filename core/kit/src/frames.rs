//! Frames that carry bytes to a dissector, made from the key that it claims.

use crate::KitError;
use etherparse::{EtherType, Ethernet2Header, IpNumber, PacketBuilder};
use prosector_capture::{Encoder, Format, Section};
use prosector_sdk::frame::{Frame, LinkType};

const HERE: [u8; 6] = [2, 0, 0, 0, 0, 1];
const THERE: [u8; 6] = [2, 0, 0, 0, 0, 2];
const HERE_IP: [u8; 4] = [192, 0, 2, 1];
const THERE_IP: [u8; 4] = [192, 0, 2, 2];
/// The time of the first frame of a capture that is made: 2023-11-14 22:13:20 UTC.
const BEGINNING: i64 = 1_700_000_000_000_000_000;

/// What carries a protocol's PDUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// Ethernet, under this type.
    Ethertype(u16),
    /// IPv4, under this number.
    IpProto(u8),
    /// UDP, to this port.
    Udp(u16),
    /// TCP, to this port.
    Tcp(u16),
}

/// Where in a conversation some bytes are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    /// Which conversation: the port of the one who begins.
    pub conversation: u16,
    /// Bytes that went in this direction before.
    pub before: u32,
    /// Bytes that went in the other direction before.
    pub answered: u32,
    /// From the server to the client.
    pub reverse: bool,
}

impl Carrier {
    /// Reads the form of the command line, `udp.port=4500` or `ethertype=0x88b5`.
    pub fn parse(text: &str) -> Result<Carrier, KitError> {
        let carrier = || {
            let (table, key) = text.split_once('=')?;
            let key = match key.trim().trim_start_matches('=').to_ascii_lowercase().strip_prefix("0x") {
                Some(digits) => u64::from_str_radix(digits, 16).ok()?,
                None => key.trim().trim_start_matches('=').parse().ok()?,
            };
            Carrier::of(table.trim(), key)
        };
        carrier().ok_or_else(|| {
            KitError::new(format!(
                "{text:?} is no key; expected ethertype=0x88b5, ip.proto=253, udp.port=4500 or tcp.port=4500"
            ))
        })
    }

    /// What carries PDUs under a key of a dispatch table, if that is known here.
    pub fn of(table: &str, key: u64) -> Option<Carrier> {
        match table {
            // Below are lengths, not types (IEEE Std 802.3, clause 3.2.6).
            "ethertype" => u16::try_from(key).ok().filter(|&key| key >= 0x600).map(Carrier::Ethertype),
            "ip.proto" => u8::try_from(key).ok().map(Carrier::IpProto),
            "udp.port" => u16::try_from(key).ok().map(Carrier::Udp),
            "tcp.port" => u16::try_from(key).ok().map(Carrier::Tcp),
            _ => None,
        }
    }

    /// The table that it is a key of.
    pub fn table(self) -> &'static str {
        match self {
            Carrier::Ethertype(_) => "ethertype",
            Carrier::IpProto(_) => "ip.proto",
            Carrier::Udp(_) => "udp.port",
            Carrier::Tcp(_) => "tcp.port",
        }
    }

    /// The key, as people write it.
    pub fn key(self) -> String {
        match self {
            Carrier::Ethertype(key) => format!("{key:#06x}"),
            Carrier::IpProto(key) => key.to_string(),
            Carrier::Udp(key) | Carrier::Tcp(key) => key.to_string(),
        }
    }

    /// Bytes that it can carry in one frame.
    pub(crate) fn room(self) -> usize {
        1400
    }

    /// An Ethernet frame that carries these bytes, at most [`Carrier::room`].
    pub(crate) fn frame(self, place: Place, payload: &[u8]) -> Vec<u8> {
        let payload = &payload[..payload.len().min(self.room())];
        let ends = |a, b| if place.reverse { (b, a) } else { (a, b) };
        let (from, to) = ends(HERE, THERE);
        let mut out = Vec::with_capacity(54 + payload.len());
        if let Carrier::Ethertype(kind) = self {
            let header = Ethernet2Header { source: from, destination: to, ether_type: EtherType(kind) };
            out.extend_from_slice(&header.to_bytes());
            out.extend_from_slice(payload);
            return out;
        }
        let (from_ip, to_ip) = if place.reverse { (THERE_IP, HERE_IP) } else { (HERE_IP, THERE_IP) };
        let below = PacketBuilder::ethernet2(from, to).ipv4(from_ip, to_ip, 64);
        let ports = |port| if place.reverse { (port, place.conversation) } else { (place.conversation, port) };
        // Writing into memory fails only for what is too long, and this isn't.
        let _ = match self {
            Carrier::IpProto(number) => below.write(&mut out, IpNumber(number), payload),
            Carrier::Udp(port) => {
                let (from, to) = ports(port);
                below.udp(from, to).write(&mut out, payload)
            }
            Carrier::Tcp(port) => {
                let (from, to) = ports(port);
                below.tcp(from, to, 1 + place.before, 64_240).ack(1 + place.answered).psh().write(&mut out, payload)
            }
            Carrier::Ethertype(_) => Ok(()),
        };
        out
    }
}

/// A capture of PDUs that are written as hexadecimal digits, one a line: `<` before one says that it goes from server to client, and
/// everything behind `#` is passed over.
pub fn capture_of(on: Carrier, text: &str) -> Result<Vec<u8>, KitError> {
    let (mut frames, mut place) = (Vec::new(), Place { conversation: 40_000, ..Place::default() });
    for (at, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let digits = line.strip_prefix('<').unwrap_or(line);
        if digits.is_empty() {
            continue;
        }
        let wrong = |what: &str| KitError::new(format!("line {}: {what}", at + 1));
        let halves: Vec<u8> = digits
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| Some(c.to_digit(16)? as u8))
            .collect::<Option<_>>()
            .ok_or_else(|| wrong("expected hexadecimal digits, like 01 02 0a"))?;
        let (pairs, rest) = halves.as_chunks::<2>();
        let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
        if !rest.is_empty() {
            return Err(wrong("an odd number of digits"));
        }
        if bytes.len() > on.room() {
            return Err(wrong(&format!("{} bytes; a frame has room for {}", bytes.len(), on.room())));
        }
        let reverse = line.starts_with('<');
        if reverse != place.reverse {
            place = Place { before: place.answered, answered: place.before, reverse, ..place };
        }
        frames.push(on.frame(place, &bytes));
        place.before += bytes.len() as u32;
    }
    match frames.is_empty() {
        true => Err(KitError::new("there are no bytes in it")),
        false => Ok(capture(&frames, LinkType(1))),
    }
}

/// A capture file of frames, a millisecond apart.
pub(crate) fn capture(frames: &[Vec<u8>], link: LinkType) -> Vec<u8> {
    let encoder = Encoder { format: Format::Pcap { nanoseconds: false } };
    let mut out = Vec::new();
    encoder.start(&Section::default(), link, None, 0, &mut out);
    for (i, bytes) in frames.iter().enumerate() {
        encoder.frame(&frame(i, 0, bytes.len()), 0, bytes, None, &mut out);
    }
    out
}

/// The record of the frame with this index, whose bytes begin there.
pub(crate) fn frame(index: usize, start: usize, len: usize) -> Frame {
    Frame {
        number: index as u64 + 1,
        time: BEGINNING + index as i64 * 1_000_000,
        start: start as u32,
        len: len as u32,
        wire_len: len as u32,
        link: LinkType(1),
        fcs_len: None,
        interface: None,
        extra: None,
    }
}

#[test]
fn keys_are_read() {
    assert_eq!(Carrier::parse("ethertype=0x88B5"), Ok(Carrier::Ethertype(0x88b5)));
    assert_eq!(Carrier::parse("udp.port=4500"), Ok(Carrier::Udp(4500)));
    for wrong in ["udp.port=70000", "ethertype=5", "sctp.port=1", "udp.port", "udp.port=x"] {
        assert!(Carrier::parse(wrong).is_err(), "{wrong}");
    }
}
