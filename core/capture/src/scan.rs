//! What both formats share: what a scan over the buffer finds, why it stops, and the byte order of numbers.

use crate::pcapng::read_options;
use prosector_sdk::frame::{BlockOption, Extra, Frame, Interface};

/// The longest record or block that is read. Longer ones are damage: no link layer comes near it.
pub(crate) const MAX_RECORD: usize = 256 << 20;

/// What scans have found: frames and extras of this batch, interfaces of the capture so far.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) frames: Vec<Frame>,
    pub(crate) extras: Vec<Extra>,
    pub(crate) interfaces: Vec<Interface>,
    /// The sections of the capture so far.
    pub(crate) sections: Vec<Section>,
    /// What is no frame and is to be kept.
    pub(crate) blocks: Vec<Block>,
    /// Whether blocks are kept, and how many bytes of them there are.
    pub(crate) keep_blocks: bool,
    pub(crate) block_bytes: usize,
    /// Secrets that the next frame is to have, see [`Extra::secrets`].
    pub(crate) secrets: String,
    /// Secrets of frames that were not chosen.
    pub(crate) passed_over: String,
    /// Frames in the capture so far.
    pub(crate) count: u64,
}

impl Found {
    /// The next frame, its number filled in here.
    #[inline]
    pub(crate) fn push(&mut self, frame: Frame) {
        self.count += 1;
        self.frames.push(Frame { number: self.count, ..frame });
    }
}

/// A section of a pcapng file (draft-ietf-opsawg-pcapng, section 4.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// What it says of itself: comment (1), hardware (2), operating system (3), application (4).
    pub options: Vec<BlockOption>,
}

impl Section {
    /// A section that this program makes: with its name.
    pub fn own() -> Section {
        let application = concat!("prosector ", env!("CARGO_PKG_VERSION"));
        Section { options: vec![BlockOption { code: 4, value: application.into() }] }
    }

    /// The text of an option.
    pub fn text(&self, code: u16) -> Option<String> {
        self.options.iter().find(|option| option.code == code).map(BlockOption::text)
    }
}

/// A pcapng block that is no frame, no interface and no section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its type: 4 name resolution, 5 interface statistics, 10 secrets, 0xbad what only its maker knows.
    pub kind: u32,
    /// Its body; numbers are little-endian. Of statistics, the time is in nanoseconds.
    pub body: Vec<u8>,
    /// The interface that statistics are about, as an index into [`Batch::interfaces`](prosector_sdk::frame::Batch::interfaces). Their body begins with
    /// its number within the section.
    pub interface: Option<u32>,
    /// The section that it stands in, counted from 1.
    pub section: u32,
    /// How many frames of the capture stand before it.
    pub after: u64,
}

impl Block {
    /// Of interface statistics, the sum of these counters (section 4.6), as far as they are there.
    pub fn counters(&self, codes: &[u16]) -> Option<u64> {
        let options = read_options(Order::Little, self.body.get(12..)?);
        let numbers = options.filter(|(code, _)| codes.contains(code)).filter_map(|(_, value)| value.first_chunk());
        numbers.map(|number| u64::from_le_bytes(*number)).reduce(|sum, number| sum + number)
    }
}

/// What a frame has beside its bytes, made if it has nothing yet.
pub(crate) fn extra_of<'a>(frame: &mut Frame, extras: &'a mut Vec<Extra>) -> &'a mut Extra {
    let extra = *frame.extra.get_or_insert_with(|| {
        extras.push(Extra::default());
        extras.len() as u32 - 1
    });
    &mut extras[extra as usize]
}

/// Why a scan stopped. It always stops at the border of a record, and after `Short` and `Broken`
/// a scan from there stops again in the same way unless bytes have been added.
pub(crate) enum Stop {
    /// It has as many frames as were wanted.
    Full,
    /// The next record, or as much of it as tells its length, takes `len` bytes.
    Short { what: &'static str, len: usize },
    /// The next record cannot be read: what was expected and what was found.
    Broken(String),
}

/// The byte order of a capture's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Little,
    Big,
}

impl Order {
    /// The number in `bytes[at..at + 2]`, which the caller knows to be there.
    #[inline]
    pub(crate) fn u16(self, bytes: &[u8], at: usize) -> u16 {
        let raw = [bytes[at], bytes[at + 1]];
        match self {
            Order::Little => u16::from_le_bytes(raw),
            Order::Big => u16::from_be_bytes(raw),
        }
    }

    /// The number in `bytes[at..at + 4]`, which the caller knows to be there.
    #[inline]
    pub(crate) fn u32(self, bytes: &[u8], at: usize) -> u32 {
        let raw = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        match self {
            Order::Little => u32::from_le_bytes(raw),
            Order::Big => u32::from_be_bytes(raw),
        }
    }
}
