//! Routes: prefixes (RFC 4271, section 4.3), with labels (RFC 8277), with distinguishers (RFC 4364), and those of EVPN
//! (RFC 7432, section 7).

use super::*;
use std::fmt::Write;

const IPV4: u16 = 1;
const IPV6: u16 = 2;
const LAYER2: u16 = 25;

const LABELED: u8 = 4;
const EVPN: u8 = 70;
const VPN: u8 = 128;
const ROUTE_TARGETS: u8 = 132;

/// Bytes of a route distinguisher and of a label.
const DISTINGUISHER: usize = 8;
const LABEL: usize = 3;

/// IPv4 prefixes, to the end.
pub(super) fn plain(pdu: &mut Pdu<'_>, field: Handle<ComputedWord>) -> Step {
    while pdu.wire_remaining() > 0 {
        let Some(bits) = prefix_len(pdu, 32) else { return Ok(()) };
        pdu.take(PREFIX_LENGTH)?;
        prefix4(pdu, field, bits)?;
    }
    Ok(())
}

/// The next prefix's length; nothing if it can't be right, so that nothing behind it can be read.
fn prefix_len(pdu: &mut Pdu<'_>, max: usize) -> Option<usize> {
    let (at, bits) = (pdu.position(), usize::from(pdu.rest().first().copied().unwrap_or(0)));
    if bits > max {
        let text = format_args!("a prefix of {bits} bits, where {max} are the most");
        pdu.diagnostic(Severity::Error, "bad-length", at..at + 1, text);
        return None;
    }
    Some(bits)
}

/// The bytes of a prefix of so many bits, filled up with zeros.
fn prefix<const N: usize>(pdu: &mut Pdu<'_>, bits: usize) -> Result<[u8; N], Stop> {
    let (rest, len) = (pdu.rest(), bits.div_ceil(8));
    pdu.skip(len)?;
    let mut address = [0; N];
    address.iter_mut().zip(rest).take(len).for_each(|(to, from)| *to = *from);
    Ok(address)
}

fn prefix4(pdu: &mut Pdu<'_>, field: Handle<ComputedWord>, bits: usize) -> Step {
    let at = pdu.position();
    let address = prefix::<4>(pdu, bits)?;
    pdu.computed(field, at..pdu.position(), address);
    Ok(())
}

/// Records a route distinguisher that begins at `at` (RFC 4364, section 4.2).
pub(super) fn distinguisher(pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>, at: usize) {
    if !pdu.wants(field) {
        return;
    }
    let text = match pdu.data().get(at..at + DISTINGUISHER) {
        Some(&[0, 0, a, b, c, d, e, f]) => {
            format!("{}:{}", u16::from_be_bytes([a, b]), u32::from_be_bytes([c, d, e, f]))
        }
        Some(&[0, 1, a, b, c, d, e, f]) => format!("{a}.{b}.{c}.{d}:{}", u16::from_be_bytes([e, f])),
        Some(&[0, 2, a, b, c, d, e, f]) => {
            format!("{}:{}", u32::from_be_bytes([a, b, c, d]), u16::from_be_bytes([e, f]))
        }
        Some(_) => "unknown type".into(),
        None => return,
    };
    pdu.computed_bytes(field, at..at + DISTINGUISHER, text.as_bytes());
}

fn label(bytes: &[u8]) -> u32 {
    bytes.iter().take(LABEL).fold(0, |label, &byte| label << 8 | u32::from(byte))
}

/// A route that is withdrawn has no label but this value (RFC 8277, section 2.4).
const WITHDRAWN: u32 = 0x80_0000;

/// How many of so many bytes are labels: those up to the one at the bottom of the stack.
fn labels_len(bytes: &[u8], max: usize) -> usize {
    let stack = bytes[..bytes.len().min(max)].chunks_exact(LABEL);
    let count = stack.clone().position(|bytes| matches!(label(bytes), 0 | WITHDRAWN) || label(bytes) & 1 != 0);
    LABEL * count.map_or(stack.len(), |last| last + 1)
}

/// A stack of labels.
fn labels(pdu: &mut Pdu<'_>, len: usize) -> Step {
    let (start, stack, mut text) = (pdu.position(), pdu.rest(), String::new());
    pdu.skip(len)?;
    for bytes in stack.chunks_exact(LABEL).take(len / LABEL) {
        let _ = match label(bytes) {
            WITHDRAWN => write!(text, "0 (withdrawn)"),
            label if label & 1 != 0 || label == 0 => write!(text, "{} (bottom)", label >> 4),
            label => write!(text, "{},", label >> 4),
        };
    }
    pdu.computed_bytes(LABEL_STACK, start..start + len, text.as_bytes());
    Ok(())
}

/// The routes of one address family, and the fields for their prefixes.
pub(super) struct Routes {
    pub afi: u16,
    pub safi: u8,
    pub ipv4: Handle<ComputedWord>,
    pub ipv6: Handle<ComputedBytes>,
}

impl Routes {
    pub fn read(&self, pdu: &mut Pdu<'_>) -> Step {
        match (self.afi, self.safi) {
            (IPV4 | IPV6, 1 | 2 | LABELED | VPN | 129) => {
                while pdu.wire_remaining() > 0 {
                    if !self.route(pdu)? {
                        break;
                    }
                }
                Ok(())
            }
            // An AS and a community, as far as the prefix goes (RFC 4684, section 4).
            (IPV4, ROUTE_TARGETS) => {
                while pdu.wire_remaining() > 0 {
                    let bits = usize::from(pdu.take(PREFIX_LENGTH)?);
                    pdu.skip(bits.div_ceil(8))?;
                }
                Ok(())
            }
            (LAYER2, EVPN) => {
                while pdu.wire_remaining() > 0 {
                    pdu.group(EVPN_NLRI, evpn)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Returns whether more can be read behind it.
    fn route(&self, pdu: &mut Pdu<'_>) -> Result<bool, Stop> {
        let labeled = matches!(self.safi, LABELED | VPN | 129);
        let address_bits = if self.afi == IPV4 { 32 } else { 128 };
        let distinguished = matches!(self.safi, VPN | 129);
        let (at, rest) = (pdu.position(), pdu.rest());
        let bits = usize::from(rest.first().copied().unwrap_or(0));
        let labels_len = if labeled { labels_len(rest.get(1..).unwrap_or_default(), bits / 8) } else { 0 };
        let before = 8 * (labels_len + if distinguished { DISTINGUISHER } else { 0 });
        let Some(bits) = bits.checked_sub(before).filter(|bits| *bits <= address_bits) else {
            let text = format_args!("a route of {bits} bits, not {before} to {}", before + address_bits);
            pdu.diagnostic(Severity::Error, "bad-length", at..at + rest.len().min(1), text);
            return Ok(false);
        };
        pdu.take(PREFIX_LENGTH)?;
        if labeled {
            labels(pdu, labels_len)?;
        }
        if distinguished {
            distinguisher(pdu, RD, pdu.position());
            pdu.skip(DISTINGUISHER)?;
        }
        if self.afi == IPV4 {
            prefix4(pdu, self.ipv4, bits)?;
        } else {
            let at = pdu.position();
            let address = prefix::<16>(pdu, bits)?;
            pdu.computed_bytes(self.ipv6, at..pdu.position(), &address);
        }
        Ok(true)
    }
}

fn evpn(pdu: &mut Pdu<'_>) -> Step {
    let kind = pdu.take(EVPN_NLRI_RT)?;
    let len = usize::from(pdu.take(EVPN_NLRI_LEN)?);
    pdu.within(EVPN_NLRI_LEN, len, |pdu| {
        pdu.take(EVPN_NLRI_RD)?;
        match kind {
            1 => {
                pdu.take(EVPN_NLRI_ESI)?;
                pdu.take(EVPN_NLRI_ETAG)?;
                pdu.take(EVPN_NLRI_VNI)?;
            }
            2 => {
                pdu.take(EVPN_NLRI_ESI)?;
                pdu.take(EVPN_NLRI_ETAG)?;
                pdu.take(EVPN_NLRI_MACLEN)?;
                pdu.take(EVPN_NLRI_MAC_ADDR)?;
                address(pdu)?;
                pdu.take(EVPN_NLRI_VNI)?;
                if pdu.wire_remaining() > 0 {
                    pdu.take(EVPN_NLRI_VNI)?;
                }
            }
            3 => {
                pdu.take(EVPN_NLRI_ETAG)?;
                address(pdu)?;
            }
            4 => {
                pdu.take(EVPN_NLRI_ESI)?;
                address(pdu)?;
            }
            5 => {
                pdu.take(EVPN_NLRI_ESI)?;
                pdu.take(EVPN_NLRI_ETAG)?;
                pdu.take(EVPN_NLRI_PREFIX_LEN)?;
                if len == 34 {
                    pdu.take(EVPN_NLRI_IP_ADDR)?;
                    pdu.take(EVPN_NLRI_IPV4_GTW_ADDR)?;
                } else {
                    pdu.take(EVPN_NLRI_IPV6_ADDR)?;
                    pdu.take(EVPN_NLRI_IPV6_GTW_ADDR)?;
                }
                pdu.take(EVPN_NLRI_VNI)?;
            }
            _ => {}
        }
        Ok(())
    })
}

fn address(pdu: &mut Pdu<'_>) -> Step {
    match pdu.take(EVPN_NLRI_IPLEN)? {
        32 => pdu.take(EVPN_NLRI_IP_ADDR).map(drop),
        128 => pdu.take(EVPN_NLRI_IPV6_ADDR).map(drop),
        _ => Ok(()),
    }
}
