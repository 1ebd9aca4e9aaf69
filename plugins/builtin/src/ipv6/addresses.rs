//! What addresses tell of other addresses: MAC addresses and IPv4 addresses that they were made of.

use super::*;
use prosector_sdk::handle::{ComputedWord, Handle};

/// The same field of the source, of the destination and of both.
type Three<T> = [Handle<T>; 3];

const SLAAC: Three<ComputedWord> = [SRC_SLAAC_MAC, DST_SLAAC_MAC, SLAAC_MAC];
const ISATAP: Three<[u8; 4]> = [SRC_ISATAP_IPV4, DST_ISATAP_IPV4, ISATAP_IPV4];
const SIX_TO_FOUR: Three<[u8; 4]> = [SRC_6TO4_GW_IPV4, DST_6TO4_GW_IPV4, SIX_TO_FOUR_GW];
const SIX_TO_FOUR_ID: Three<u16> = [SRC_6TO4_SLA_ID, DST_6TO4_SLA_ID, SIX_TO_FOUR_SLA];
const TEREDO_SERVER: Three<[u8; 4]> = [SRC_TS_IPV4, DST_TS_IPV4, TS_IPV4];
const TEREDO_PORT: Three<ComputedWord> = [SRC_TC_PORT, DST_TC_PORT, TC_PORT];
const TEREDO_CLIENT: Three<ComputedWord> = [SRC_TC_IPV4, DST_TC_IPV4, TC_IPV4];
const EMBEDDED: Three<[u8; 4]> = [SRC_EMBED_IPV4, DST_EMBED_IPV4, EMBED_IPV4];

const WELL_KNOWN_PREFIX: [u8; 12] = [0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];

/// Records what is in the two addresses of the header, which have been read.
#[inline]
pub(super) fn show(pdu: &mut Pdu<'_>) {
    for (which, at) in [8, 24].into_iter().enumerate() {
        let Some(address) = pdu.data().get(at..).and_then(|d| d.first_chunk()) else { return };
        one(pdu, which, at, address);
    }
}

#[inline]
fn one(pdu: &mut Pdu<'_>, which: usize, at: usize, address: &[u8; 16]) {
    match address {
        [0x20, 0x02, ..] => {
            both(pdu, SIX_TO_FOUR, which, at + 2..at + 6);
            both(pdu, SIX_TO_FOUR_ID, which, at + 6..at + 8);
        }
        // Port and client are stored inverted.
        &[0x20, 0x01, 0, 0, .., p, q, a, b, c, d] => {
            both(pdu, TEREDO_SERVER, which, at + 4..at + 8);
            for i in [which, 2] {
                pdu.computed(TEREDO_PORT[i], at + 10..at + 12, !u16::from_be_bytes([p, q]));
                pdu.computed(TEREDO_CLIENT[i], at + 12..at + 16, [!a, !b, !c, !d]);
            }
        }
        _ if address.starts_with(&WELL_KNOWN_PREFIX) => both(pdu, EMBEDDED, which, at + 12..at + 16),
        _ => {}
    }
    match address[8..] {
        [a, b, c, 0xff, 0xfe, d, e, f] => {
            for i in [which, 2] {
                pdu.computed(SLAAC[i], at + 8..at + 16, [a ^ 0x02, b, c, d, e, f]);
            }
        }
        [0x00 | 0x02, 0x00, 0x5e, 0xfe, ..] => both(pdu, ISATAP, which, at + 12..at + 16),
        _ => {}
    }
}

fn both<T>(pdu: &mut Pdu<'_>, [src, dst, any]: Three<T>, which: usize, range: std::ops::Range<usize>) {
    pdu.mark(if which == 0 { src } else { dst }, range.clone());
    pdu.mark(any, range);
}
