//! The pcapng format (draft-ietf-opsawg-pcapng).

use prosector_sdk::frame::{BlockOption, Extra, Frame, Interface, LinkType};

use crate::scan::{Block, Found, MAX_RECORD, Order, Section, Stop, extra_of};
use crate::write::options;

/// The type of a Section Header Block, the same in both byte orders: how a pcapng file begins.
pub(crate) const MAGIC: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// Block types (draft-ietf-opsawg-pcapng, section 4; the obsolete Packet Block: appendix A).
pub(crate) const SECTION: u32 = 0x0a0d_0d0a;
pub(crate) const INTERFACE: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
pub(crate) const SIMPLE_PACKET: u32 = 3;
const NAMES: u32 = 4;
pub(crate) const STATISTICS: u32 = 5;
pub(crate) const ENHANCED_PACKET: u32 = 6;
const SECRETS: u32 = 10;
/// What only its maker knows, and may be copied; 0x40000bad may not (section 4.8).
const CUSTOM: u32 = 0xbad;
/// The kind of secrets that are lines of a TLS key log (section 4.7).
const TLS_KEY_LOG: u32 = 0x544c_534b;
/// What of them is kept between two frames.
pub(crate) const MAX_SECRETS: usize = 16 << 20;
/// What of blocks that are no frames is kept until somebody takes them.
const MAX_BLOCKS: usize = 64 << 20;

/// Most interfaces that a capture may name: they are kept to its end, and must not fill the memory.
const MAX_INTERFACES: usize = 1 << 20;

/// Options whose value is a number, by their codes: of interfaces (section 4.2: speeds, time zone), of frames (section 4.3: drop count,
/// packet id, queue) and of statistics (section 4.6).
const INTERFACE_NUMBERS: &[u16] = &[8, 10, 16, 17];
const PACKET_NUMBERS: &[u16] = &[4, 5, 6];
const STATISTICS_NUMBERS: &[u16] = &[4, 5, 6, 7, 8];

/// Where a scan is: the section and its interfaces.
pub(crate) struct Pcapng {
    order: Order,
    /// Counted from 1; 0 before the first.
    section: u32,
    interfaces: Vec<Details>,
}

/// What frames take from their interface.
struct Details {
    /// Index into [`Found::interfaces`].
    index: u32,
    link: LinkType,
    snaplen: u32,
    fcs_len: Option<u8>,
    unit: Unit,
    /// Seconds to add to time stamps.
    offset: i64,
}

/// How time stamps convert to nanoseconds.
enum Unit {
    Multiply(u32),
    Divide(u64),
    /// A power of 2 to divide seconds by.
    Binary(u8),
}

impl Pcapng {
    /// Before the first block.
    pub(crate) fn new() -> Pcapng {
        Pcapng { order: Order::Little, section: 0, interfaces: Vec::new() }
    }

    /// Finds frames in `bytes` from `*at` on, until there are `max` of them.
    pub(crate) fn scan(&mut self, bytes: &[u8], at: &mut usize, found: &mut Found, max: usize) -> Stop {
        while found.frames.len() < max {
            let rest = &bytes[*at..];
            // No block is shorter, and a section header has its byte order in these.
            let Some(head) = rest.first_chunk::<12>() else {
                return Stop::Short { what: "a block", len: 12 };
            };
            if head.starts_with(&MAGIC) {
                self.order = match head[8..] {
                    [0x4d, 0x3c, 0x2b, 0x1a] => Order::Little,
                    [0x1a, 0x2b, 0x3c, 0x4d] => Order::Big,
                    _ => {
                        let found = u32::from_be_bytes([head[8], head[9], head[10], head[11]]);
                        return Stop::Broken(format!("expected byte-order magic 1a2b3c4d, found {found:08x}"));
                    }
                };
            }
            let len = self.order.u32(head, 4) as usize;
            if !(12..=MAX_RECORD).contains(&len) || !len.is_multiple_of(4) {
                return Stop::Broken(format!(
                    "expected a block length from 12 to {MAX_RECORD}, a multiple of 4, found {len}"
                ));
            }
            let Some(block) = rest.get(..len) else {
                return Stop::Short { what: "a block", len };
            };
            let trailer = self.order.u32(block, len - 4);
            if trailer as usize != len {
                return Stop::Broken(format!("expected the block's length {len} again at its end, found {trailer}"));
            }
            let body = &block[8..len - 4];
            let body_at = *at + 8;
            let before = found.count;
            let read = match self.order.u32(head, 0) {
                SECTION => self.section(body, found),
                INTERFACE => self.interface(body, found),
                ENHANCED_PACKET => self.packet(body, body_at, false, found),
                SIMPLE_PACKET => self.simple_packet(body, body_at, found),
                OBSOLETE_PACKET => self.packet(body, body_at, true, found),
                kind => {
                    if kind == SECRETS {
                        self.secrets(body, found);
                    }
                    if found.keep_blocks
                        && let Some(block) = self.block(kind, body, found.count)
                    {
                        found.block_bytes += body.len();
                        found.blocks.push(block);
                    }
                    match found.block_bytes > MAX_BLOCKS {
                        true => Err(format!("expected a frame within {MAX_BLOCKS} bytes of other blocks, found none")),
                        false => Ok(()),
                    }
                }
            };
            if let Err(problem) = read {
                return Stop::Broken(problem);
            }
            *at += len;
            if found.count > before {
                give_secrets(found);
            }
        }
        Stop::Full
    }

    /// Section Header Block (section 4.1): interfaces are counted from 0 again.
    fn section(&mut self, body: &[u8], found: &mut Found) -> Result<(), String> {
        let (header, options): (&[u8; 16], _) = fixed(body, "a section header block")?;
        // 1.2 is 1.0 by another name.
        match (self.order.u16(header, 4), self.order.u16(header, 6)) {
            (1, 0 | 2) => {}
            (major, minor) => return Err(format!("expected pcapng version 1.0, found {major}.{minor}")),
        }
        if found.sections.len() == MAX_INTERFACES {
            return Err(format!("expected at most {MAX_INTERFACES} sections, found another"));
        }
        self.section += 1;
        self.interfaces.clear();
        found.sections.push(Section { options: self.options(options).map(|option| self.kept(option, &[])).collect() });
        Ok(())
    }

    /// Interface Description Block (section 4.2).
    fn interface(&mut self, body: &[u8], found: &mut Found) -> Result<(), String> {
        let (header, options): (&[u8; 8], _) = fixed(body, "an interface description block")?;
        if found.interfaces.len() == MAX_INTERFACES {
            return Err(format!("expected at most {MAX_INTERFACES} interfaces, found another"));
        }
        let link = LinkType(self.order.u16(header, 0));
        let snaplen = self.order.u32(header, 4);
        let mut interface = Interface {
            id: self.interfaces.len() as u32,
            section: self.section,
            link,
            name: None,
            description: None,
            snaplen,
            options: Vec::new(),
        };
        let mut details = Details {
            index: found.interfaces.len() as u32,
            link,
            snaplen,
            fcs_len: None,
            unit: Unit::new(6),
            offset: 0,
        };
        for (code, value) in self.options(options) {
            match (code, value) {
                (2, _) => interface.name = Some(text(value)),
                (3, _) => interface.description = Some(text(value)),
                (9, &[resolution, ..]) => details.unit = Unit::new(resolution),
                (14, _) => {
                    if let Some(&seconds) = value.first_chunk() {
                        details.offset = match self.order {
                            Order::Little => i64::from_le_bytes(seconds),
                            Order::Big => i64::from_be_bytes(seconds),
                        };
                    }
                }
                _ => {
                    // In bits, but its own example is 4, and writers take it for bytes.
                    if let (13, &[len, ..]) = (code, value) {
                        details.fcs_len = Some(if len < 8 { len } else { len / 8 });
                    }
                    interface.options.push(self.kept((code, value), INTERFACE_NUMBERS));
                }
            }
        }
        found.interfaces.push(interface);
        self.interfaces.push(details);
        Ok(())
    }

    /// Decryption Secrets Block (section 4.7). One that is broken costs its secrets and no frames.
    fn secrets(&self, body: &[u8], found: &mut Found) {
        let Some((header, rest)) = body.split_first_chunk::<8>() else { return };
        let (kind, len) = (self.order.u32(header, 0), self.order.u32(header, 4) as usize);
        if let Some(secrets) = rest.get(..len)
            && kind == TLS_KEY_LOG
            && found.secrets.len() + len <= MAX_SECRETS
        {
            found.secrets.push_str(&String::from_utf8_lossy(secrets));
            found.secrets.push('\n');
        }
    }

    /// Enhanced Packet Block (section 4.3) or obsolete Packet Block, which differ in the first four bytes.
    fn packet(&self, body: &[u8], body_at: usize, obsolete: bool, found: &mut Found) -> Result<(), String> {
        let (header, rest): (&[u8; 20], _) = fixed(body, "a packet block")?;
        let order = self.order;
        let id = if obsolete { order.u16(header, 0).into() } else { order.u32(header, 0) };
        let interface = self.details(id)?;
        let len = order.u32(header, 12);
        // Bodies are multiples of 4 bytes, so that there is room for the padding too.
        let Some(options) = rest.get((len as usize).next_multiple_of(4)..) else {
            return Err(format!("expected at most {} captured bytes in the block, found {len}", rest.len()));
        };
        let mut fcs_len = interface.fcs_len;
        let mut extra = None;
        if let Some(packet) = self.packet_options(options) {
            // epb_flags, bits 5 to 8; 0 says nothing.
            match packet.flags.map(|flags| (flags >> 5) as u8 & 0xf) {
                None | Some(0) => {}
                len => fcs_len = len,
            }
            extra = Some(found.extras.len() as u32);
            found.extras.push(packet);
        }
        found.push(Frame {
            number: 0,
            time: interface.time(u64::from(order.u32(header, 4)) << 32 | u64::from(order.u32(header, 8))),
            start: (body_at + header.len()) as u32,
            len,
            wire_len: order.u32(header, 16).max(len),
            link: interface.link,
            fcs_len,
            interface: Some(interface.index),
            extra,
        });
        Ok(())
    }

    /// Simple Packet Block (section 4.4): of the first interface, without a time stamp or a captured length.
    fn simple_packet(&self, body: &[u8], body_at: usize, found: &mut Found) -> Result<(), String> {
        let (header, rest): (&[u8; 4], _) = fixed(body, "a simple packet block")?;
        let interface = self.details(0)?;
        let wire_len = self.order.u32(header, 0);
        let snaplen = if interface.snaplen == 0 { u32::MAX } else { interface.snaplen };
        found.push(Frame {
            number: 0,
            time: Frame::NO_TIME,
            start: (body_at + header.len()) as u32,
            len: wire_len.min(snaplen).min(rest.len() as u32),
            wire_len,
            link: interface.link,
            fcs_len: interface.fcs_len,
            interface: Some(interface.index),
            extra: None,
        });
        Ok(())
    }

    /// An interface of this section.
    fn details(&self, id: u32) -> Result<&Details, String> {
        self.interfaces.get(id as usize).ok_or_else(|| match self.interfaces.len() {
            0 => format!("expected an interface description before the section's first packet, found interface {id}"),
            n => format!("expected an interface from 0 to {}, found interface {id}", n - 1),
        })
    }

    /// What a packet's options say that frames keep; `None` if nothing.
    fn packet_options(&self, bytes: &[u8]) -> Option<Extra> {
        let mut extra = Extra::default();
        for (code, value) in self.options(bytes) {
            match code {
                1 => extra.comments.push(text(value)),
                2 if value.len() == 4 => extra.flags = Some(self.order.u32(value, 0)),
                2 => {}
                _ => extra.options.push(self.kept((code, value), PACKET_NUMBERS)),
            }
        }
        (extra != Extra::default()).then_some(extra)
    }

    /// A block that is no frame as it is kept; `None` if it is none that is, or broken.
    fn block(&self, kind: u32, body: &[u8], after: u64) -> Option<Block> {
        let mut body = body.to_vec();
        let mut about = None;
        let options_at = match kind {
            NAMES => {
                let mut at = 0;
                // Records (section 4.5) until the one of type 0, then options.
                loop {
                    let head = body.get(at..at + 4)?;
                    let (record, len) = (self.order.u16(head, 0), usize::from(self.order.u16(head, 2)));
                    self.turn(&mut body[at..at + 2]);
                    self.turn(&mut body[at + 2..at + 4]);
                    at += 4 + len.next_multiple_of(4);
                    if record == 0 {
                        break at;
                    }
                }
            }
            STATISTICS => {
                let head: [u8; 12] = *body.first_chunk()?;
                let interface = self.details(self.order.u32(&head, 0)).ok()?;
                about = Some(interface.index);
                let stamp =
                    |bytes: &[u8]| u64::from(self.order.u32(bytes, 0)) << 32 | u64::from(self.order.u32(bytes, 4));
                let time = |bytes: &[u8]| {
                    let time = interface.time(stamp(bytes)).max(0) as u64;
                    [((time >> 32) as u32).to_le_bytes(), (time as u32).to_le_bytes()].concat()
                };
                let mut statistics: Vec<BlockOption> =
                    self.options(&body[12..]).map(|option| self.kept(option, STATISTICS_NUMBERS)).collect();
                for (code, value) in
                    self.options(&body[12..]).filter(|(code, value)| matches!(code, 2 | 3) && value.len() == 8)
                {
                    statistics
                        .iter_mut()
                        .filter(|option| option.code == code)
                        .for_each(|option| option.value = time(value));
                }
                let mut kept = self.order.u32(&head, 0).to_le_bytes().to_vec();
                kept.extend(time(&head[4..]));
                options(&statistics, &mut kept);
                body = kept;
                return Some(Block { kind, body, interface: about, section: self.section, after });
            }
            SECRETS => {
                let len = self.order.u32(body.get(..8)?, 4) as usize;
                self.turn(&mut body[..4]);
                self.turn(&mut body[4..8]);
                8 + len.next_multiple_of(4)
            }
            CUSTOM => {
                self.turn(body.get_mut(..4)?);
                body.len()
            }
            _ => return None,
        };
        let kept: Vec<BlockOption> =
            self.options(body.get(options_at..)?).map(|option| self.kept(option, &[])).collect();
        body.truncate(options_at);
        options(&kept, &mut body);
        Some(Block { kind, body, interface: about, section: self.section, after })
    }

    /// An option with its numbers in little-endian order: which those are, by code, `numbers` says.
    fn kept(&self, (code, value): (u16, &[u8]), numbers: &[u16]) -> BlockOption {
        let mut value = value.to_vec();
        match code {
            // A custom option begins with the number of its maker.
            2988 | 2989 | 19372 | 19373 if value.len() >= 4 => self.turn(&mut value[..4]),
            code if numbers.contains(&code) => self.turn(&mut value),
            _ => {}
        }
        BlockOption { code, value }
    }

    /// Turns a number of the file into little-endian order.
    fn turn(&self, number: &mut [u8]) {
        if self.order == Order::Big {
            number.reverse();
        }
    }

    /// The options of a block of this section.
    fn options<'a>(&self, bytes: &'a [u8]) -> impl Iterator<Item = (u16, &'a [u8])> + use<'a> {
        read_options(self.order, bytes)
    }
}

/// Options as code and value (section 3.5), up to their end or the first that is malformed.
pub(crate) fn read_options(order: Order, mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (head, rest) = bytes.split_first_chunk::<4>()?;
        let len = usize::from(order.u16(head, 2));
        let value = rest.get(..len)?;
        bytes = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
        match order.u16(head, 0) {
            0 => None,
            code => Some((code, value)),
        }
    })
}

impl Details {
    /// A time stamp in nanoseconds since 1970; beyond the 292 years that fit, the nearest that does.
    fn time(&self, stamp: u64) -> i64 {
        let stamp = i128::from(stamp);
        let nanoseconds = match self.unit {
            Unit::Multiply(factor) => stamp * i128::from(factor),
            Unit::Divide(divisor) => stamp / i128::from(divisor),
            Unit::Binary(power) => (stamp * 1_000_000_000) >> power,
        };
        let time = nanoseconds + i128::from(self.offset) * 1_000_000_000;
        // i64::MIN says that there is no time.
        time.clamp((Frame::NO_TIME + 1).into(), i64::MAX.into()) as i64
    }
}

impl Unit {
    /// From `if_tsresol`: the negative power of 10, or of 2 if the top bit is set.
    fn new(resolution: u8) -> Unit {
        let power = resolution & 0x7f;
        if resolution & 0x80 != 0 {
            return Unit::Binary(power);
        }
        match power {
            0..=9 => Unit::Multiply(10u32.pow(9 - u32::from(power))),
            // Of a time stamp in units too small for u64, saturated or not, nothing is left.
            _ => Unit::Divide(10u64.saturating_pow(u32::from(power) - 9)),
        }
    }
}

/// Gives the secrets that have come, if any have, to the frame behind them.
fn give_secrets(found: &mut Found) {
    let Some(frame) = found.frames.last_mut().filter(|_| !found.secrets.is_empty()) else { return };
    extra_of(frame, &mut found.extras).secrets = std::mem::take(&mut found.secrets);
}

/// The fixed part at the beginning of a block's body, and the rest of it.
fn fixed<'a, const N: usize>(body: &'a [u8], block: &str) -> Result<(&'a [u8; N], &'a [u8]), String> {
    body.split_first_chunk()
        .ok_or_else(|| format!("expected {block} of at least {} bytes, found {}", N + 12, body.len() + 12))
}

fn text(value: &[u8]) -> String {
    BlockOption { code: 0, value: value.to_vec() }.text()
}
