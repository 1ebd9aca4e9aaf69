//! Extension headers (RFC 8200, section 4) that say what comes next in their first byte.

use super::*;
use prosector_sdk::handle::{ComputedWord, Handle};

pub(super) const HOP_BY_HOP: u8 = 0;
const ROUTING_HEADER: u8 = 43;
const FRAGMENT: u8 = 44;
const DESTINATION: u8 = 60;

/// Those that are read here, in the order of the protocol's claims.
pub(super) const KINDS: [u8; 4] = [HOP_BY_HOP, ROUTING_HEADER, FRAGMENT, DESTINATION];

/// A piece of a packet.
pub(super) struct Fragment {
    /// In bytes.
    pub offset: u32,
    pub more: bool,
    pub ident: u32,
}

/// Where the reading of the headers is.
pub(super) struct Chain {
    /// What comes next.
    pub next: u8,
    /// For the checksum below, see [`checksum::addresses_context`].
    pub context: u64,
    /// The fixed header has no length; a hop-by-hop option is to have it (RFC 2675, section 2).
    pub jumbogram: bool,
    /// What comes next is only a piece.
    pub fragment: Option<Fragment>,
}

/// The fields that begin most extension headers.
struct Start {
    next: Handle<u8>,
    len: Handle<u8>,
    octets: Handle<ComputedWord>,
}

impl Start {
    /// Reads them, then the rest of the header with `read`. Returns what comes next.
    fn read(self, pdu: &mut Pdu<'_>, read: impl FnOnce(&mut Pdu<'_>) -> Result<(), Stop>) -> Result<u8, Stop> {
        let start = pdu.position();
        let next = pdu.take(self.next)?;
        let octets = 8 * (1 + usize::from(pdu.take(self.len)?));
        pdu.computed(self.octets, start + 1..start + 2, octets);
        pdu.within(self.len, octets - 2, read)?;
        // Where the header is longer than what there is, this says so.
        pdu.skip((start + octets).saturating_sub(pdu.position()))?;
        Ok(next)
    }
}

impl Chain {
    /// Reads the next header, if it is one of [`KINDS`]. Returns whether there may be another one.
    pub fn read(&mut self, pdu: &mut Pdu<'_>) -> Result<bool, Stop> {
        if self.fragment.is_some() || pdu.wire_remaining() == 0 {
            return Ok(false);
        }
        match self.next {
            HOP_BY_HOP => {
                let mut jumbo = None;
                self.next = pdu.group(HOPOPTS, |pdu| {
                    Start { next: HOPOPTS_NXT, len: HOPOPTS_LEN, octets: HOPOPTS_LEN_OCT }
                        .read(pdu, |pdu| options::read(pdu, &mut jumbo))
                })?;
                if let Some(len) = jumbo.filter(|_| self.jumbogram) {
                    pdu.set_len(OPT_JUMBO, HEADER.saturating_add(len as usize));
                }
            }
            DESTINATION => {
                self.next = pdu.group(DSTOPTS, |pdu| {
                    Start { next: DSTOPTS_NXT, len: DSTOPTS_LEN, octets: DSTOPTS_LEN_OCT }
                        .read(pdu, |pdu| options::read(pdu, &mut None))
                })?;
            }
            ROUTING_HEADER => {
                let mut last = None;
                self.next = pdu.group(ROUTING, |pdu| {
                    Start { next: ROUTING_NXT, len: ROUTING_LEN, octets: ROUTING_LEN_OCT }
                        .read(pdu, |pdu| routing(pdu, &mut last))
                })?;
                // The checksum below is over the final destination (RFC 8200, section 8.1).
                if let (Some(last), Some(src)) = (last, pdu.data().get(8..24).and_then(|d| d.first_chunk()))
                    && pdu.claim().is_none_or(|claim| claim >= KINDS.len())
                {
                    self.context = checksum::addresses_context([*src, last].as_flattened(), true);
                }
            }
            FRAGMENT => pdu.group(FRAGHDR, |pdu| {
                self.next = pdu.take(FRAGHDR_NXT)?;
                pdu.take(FRAGHDR_RESERVED_OCTET)?;
                let more = pdu.peek(FRAGHDR_MORE)?;
                let offset = u32::from(pdu.take(FRAGHDR_OFFSET)?) * 8;
                let ident = pdu.take(FRAGHDR_IDENT)?;
                self.fragment = (more || offset > 0).then_some(Fragment { offset, more, ident });
                Ok(())
            })?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Reads what stands behind next header and length. `last` becomes the packet's final destination, where it is not
/// there yet.
fn routing(pdu: &mut Pdu<'_>, last: &mut Option<[u8; 16]>) -> Step {
    let kind = pdu.take(ROUTING_TYPE)?;
    let left = pdu.take(ROUTING_SEGLEFT)?;
    match kind {
        // RFC 2460, section 4.4; withdrawn by RFC 5095.
        0 => {
            pdu.take(ROUTING_SRC_RESERVED)?;
            while pdu.wire_remaining() >= 16 {
                *last = Some(pdu.take(ROUTING_SRC_ADDR)?);
            }
        }
        // RFC 6275, section 6.4.
        2 => {
            pdu.take(ROUTING_MIPV6_RESERVED)?;
            while pdu.wire_remaining() >= 16 {
                *last = Some(pdu.take(ROUTING_MIPV6_HOME_ADDRESS)?);
            }
        }
        3 => rpl(pdu, last)?,
        // RFC 8754, section 2: the first in the list is the last to be visited. TLVs may follow.
        4 => {
            let entries = pdu.take(ROUTING_SRH_LAST_ENTRY)?;
            pdu.take(ROUTING_SRH_FLAGS)?;
            pdu.take(ROUTING_SRH_TAG)?;
            for _ in 0..=entries {
                if pdu.wire_remaining() < 16 {
                    break;
                }
                let address = pdu.take(ROUTING_SRH_ADDR)?;
                last.get_or_insert(address);
            }
        }
        // RFC 9631, sections 5 and 6.
        5 => {
            while pdu.wire_remaining() >= 2 {
                pdu.take(ROUTING_CRH16_SID)?;
            }
        }
        6 => {
            while pdu.wire_remaining() >= 4 {
                pdu.take(ROUTING_CRH32_SID)?;
            }
        }
        _ => match pdu.wire_remaining() {
            0 => {}
            len => pdu.take_bytes(ROUTING_UNKNOWN_DATA, len).map(drop)?,
        },
    }
    if left == 0 {
        *last = None;
    }
    Ok(())
}

/// RFC 6554, section 3: addresses without the first bytes, which are those of the header's destination.
fn rpl(pdu: &mut Pdu<'_>, last: &mut Option<[u8; 16]>) -> Step {
    let at = pdu.position();
    let common = usize::from(pdu.peek(ROUTING_RPL_CMPRI)? as u8);
    let common_last = usize::from(pdu.peek(ROUTING_RPL_CMPRE)? as u8);
    let pad = usize::from(pdu.peek(ROUTING_RPL_PAD)? as u8);
    pdu.take(ROUTING_RPL_CMPRI)?;
    let len = pdu.wire_remaining().saturating_sub(pad);
    let (size, size_last) = (16 - common, 16 - common_last);
    let Some(before) = len.checked_sub(size_last) else {
        pdu.computed(ROUTING_RPL_ADDR_COUNT, at..at + 4, 0);
        return Ok(());
    };
    let count = before / size + 1;
    pdu.computed(ROUTING_RPL_ADDR_COUNT, at..at + 4, count);
    let prefix = pdu.data().get(24..HEADER).and_then(|d| d.first_chunk::<16>()).copied().unwrap_or_default();
    for i in 1..=count {
        let (common, size) = if i == count { (common_last, size_last) } else { (common, size) };
        let at = pdu.position();
        let rest = pdu.take_bytes(ROUTING_RPL_ADDRESS, size)?;
        let mut address = prefix;
        address[common..].copy_from_slice(rest);
        pdu.computed_bytes(ROUTING_RPL_FULL_ADDRESS, at..at + size, &address);
        *last = Some(address);
    }
    Ok(())
}
