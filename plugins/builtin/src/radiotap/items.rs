//! Which items a radiotap header has, and where each begins.

/// Numbers of items; those of the vendors' namespaces and of the list of TLVs are made up or borrowed from their bits.
pub(crate) mod item {
    pub const TSFT: u8 = 0;
    pub const FLAGS: u8 = 1;
    pub const RATE: u8 = 2;
    pub const CHANNEL: u8 = 3;
    pub const FHSS: u8 = 4;
    pub const DBM_SIGNAL: u8 = 5;
    pub const DBM_NOISE: u8 = 6;
    pub const QUALITY: u8 = 7;
    pub const TX_ATTENUATION: u8 = 8;
    pub const DB_TX_ATTENUATION: u8 = 9;
    pub const TX_POWER: u8 = 10;
    pub const ANTENNA: u8 = 11;
    pub const DB_SIGNAL: u8 = 12;
    pub const DB_NOISE: u8 = 13;
    pub const RX_FLAGS: u8 = 14;
    pub const TX_FLAGS: u8 = 15;
    pub const DATA_RETRIES: u8 = 17;
    pub const XCHANNEL: u8 = 18;
    pub const MCS: u8 = 19;
    pub const AMPDU: u8 = 20;
    pub const VHT: u8 = 21;
    pub const TIMESTAMP: u8 = 22;
    pub const HE: u8 = 23;
    pub const HE_MU: u8 = 24;
    pub const ZERO_LENGTH_PSDU: u8 = 26;
    pub const L_SIG: u8 = 27;
    pub const TLVS: u8 = 28;
    pub const VENDOR: u8 = 30;
}

/// Alignment and size of the items 0 to 27.
const LAYOUT: [(u8, u8); 28] = [
    (8, 8),
    (1, 1),
    (1, 1),
    (2, 4),
    (1, 2),
    (1, 1),
    (1, 1),
    (2, 2),
    (2, 2),
    (2, 2),
    (1, 1),
    (1, 1),
    (1, 1),
    (1, 1),
    (2, 2),
    (2, 2),
    (1, 1),
    (1, 1),
    (4, 8),
    (1, 3),
    (4, 8),
    (2, 12),
    (8, 12),
    (2, 12),
    (2, 12),
    (2, 6),
    (1, 1),
    (2, 4),
];

const NEXT_RADIOTAP: u32 = 1 << 29;
const NEXT_VENDOR: u32 = 1 << 30;
const MORE: u32 = 1 << 31;

/// What the bits of a word stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Namespace {
    /// The items above.
    Radiotap,
    /// Some vendor's.
    Vendor,
    /// Items from 32 on, of which there are none yet.
    Later,
}

/// The items of a header, each as its number and its offset.
#[derive(Clone, Debug)]
pub(crate) struct Items<'a> {
    header: &'a [u8],
    word: usize,
    namespace: Namespace,
    bit: u8,
    at: usize,
}

impl<'a> Items<'a> {
    /// `header` begins with the version and ends where its length says.
    pub fn new(header: &'a [u8]) -> Items<'a> {
        let mut items = Items { header, word: 0, namespace: Namespace::Radiotap, bit: 0, at: 0 };
        items.at = 4 + 4 * items.namespaces().count();
        items
    }

    fn word_at(&self, word: usize) -> Option<u32> {
        let bytes = self.header.get(4 + 4 * word..)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes))
    }

    /// The namespace of each word of bits.
    pub fn namespaces(&self) -> impl Iterator<Item = Namespace> + use<'a> {
        let mut next = Some(Namespace::Radiotap);
        let words = self.header.get(4..).unwrap_or_default().chunks_exact(4);
        words.map_while(move |bytes| {
            let this = next?;
            let word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            next = (word & MORE != 0).then(|| following(this, word));
            Some(this)
        })
    }
}

fn following(namespace: Namespace, word: u32) -> Namespace {
    match namespace {
        _ if word & NEXT_RADIOTAP != 0 => Namespace::Radiotap,
        _ if word & NEXT_VENDOR != 0 => Namespace::Vendor,
        Namespace::Radiotap => Namespace::Later,
        other => other,
    }
}

impl Iterator for Items<'_> {
    type Item = (u8, usize);

    fn next(&mut self) -> Option<(u8, usize)> {
        loop {
            let word = self.word_at(self.word)?;
            let bit = self.bit;
            self.bit += 1;
            match bit {
                0..29 if self.namespace != Namespace::Radiotap || word >> bit & 1 == 0 => {}
                0..28 => {
                    let (align, size) = LAYOUT[usize::from(bit)];
                    let start = self.at.next_multiple_of(align.into());
                    self.at = start + usize::from(size);
                    return Some((bit, start));
                }
                28 => {
                    // The last of the header, whatever other bits say.
                    (self.word, self.bit) = (self.header.len(), 0);
                    return Some((item::TLVS, self.at.next_multiple_of(4)));
                }
                item::VENDOR if word & NEXT_VENDOR != 0 => {
                    let start = self.at.next_multiple_of(2);
                    let len = self.header.get(start + 4..start + 6)?;
                    self.at = start + 6 + usize::from(u16::from_le_bytes([len[0], len[1]]));
                    return Some((item::VENDOR, start));
                }
                29 | 30 => {}
                _ => {
                    if word & MORE == 0 {
                        (self.word, self.bit) = (self.header.len(), 0);
                        return None;
                    }
                    self.namespace = following(self.namespace, word);
                    (self.word, self.bit) = (self.word + 1, 0);
                }
            }
        }
    }
}
