//! The Internet checksum (RFC 1071), by etherparse, which is faster than the SDK's and knows pseudo headers.

use etherparse::checksum::u64_16bit_word;

pub(crate) use prosector_sdk::checksum::{BAD, GOOD, NOT_PRESENT, STATUS, UNVERIFIED, crc32};

/// What an IP header passes on to whom it carries: the sum of its addresses, for the pseudo header.
///
/// Bit 32 tells IPv6 from IPv4, and bit 33 that the context comes from an IP header at all.
pub(crate) fn addresses_context(addresses: &[u8], ipv6: bool) -> u64 {
    let sum = u64_16bit_word::add_slice(0, addresses);
    u64::from(!u64_16bit_word::ones_complement(sum)) | u64::from(ipv6) << 32 | 1 << 33
}

/// Whether a checksum over `data` holds, which includes the checksum field itself.
pub(crate) fn plain(data: &[u8]) -> u8 {
    status(u64_16bit_word::add_slice(0, data))
}

/// Whether a checksum holds that includes a pseudo header (RFC 9293, section 3.1; RFC 8200, section 8.1), whose
/// addresses are summed up in `context`. Unverified where `context` comes from no IP header.
pub(crate) fn with_pseudo_header(context: u64, protocol: u8, data: &[u8]) -> u8 {
    with_partial_cover(context, protocol, data.len(), data)
}

/// As [`with_pseudo_header`], for a checksum that covers only the beginning, `data`, of a PDU of `len` bytes.
pub(crate) fn with_partial_cover(context: u64, protocol: u8, len: usize, data: &[u8]) -> u8 {
    if context >> 33 == 0 {
        return UNVERIFIED;
    }
    let sum = u64_16bit_word::add_2bytes(0, u16::to_ne_bytes(context as u16));
    let sum = u64_16bit_word::add_4bytes(sum, (len as u32).to_be_bytes());
    let sum = u64_16bit_word::add_2bytes(sum, [0, protocol]);
    status(u64_16bit_word::add_slice(sum, data))
}

/// Whether the checksum of OSI protocols, which is in `data`, holds over it.
pub(crate) fn fletcher(data: &[u8]) -> u8 {
    if prosector_sdk::checksum::fletcher_holds(data) { GOOD } else { BAD }
}

fn status(sum: u64) -> u8 {
    if u64_16bit_word::ones_complement(sum) == 0 { GOOD } else { BAD }
}

/// The CRC-16 of ITU-T (ISO 3309), least significant bit first, beginning with `start`.
pub(crate) fn crc16(start: u16, bytes: &[u8]) -> u16 {
    prosector_sdk::checksum::crc16(0x8408, start, bytes)
}

#[test]
fn the_example_of_rfc_1071() {
    let mut words = vec![0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
    assert_eq!(plain(&words), BAD);
    words.extend([0x22, 0x0d]);
    assert_eq!(plain(&words), GOOD);
}

#[test]
fn a_udp_datagram_with_its_pseudo_header() {
    let udp = [0x00, 0x01, 0x00, 0x02, 0x00, 0x08, 0xf6, 0xec];
    let context = addresses_context(&[10, 0, 0, 1, 10, 0, 0, 2], false);
    let sum: u32 = 0x0a00 + 0x0001 + 0x0a00 + 0x0002 + 17 + 8 + 1 + 2 + 8;
    let mut right = udp;
    right[6..].copy_from_slice(&(!(sum as u16)).to_be_bytes());
    assert_eq!(with_pseudo_header(context, 17, &right), GOOD);
    assert_eq!(with_pseudo_header(0, 17, &right), UNVERIFIED);
    right[7] ^= 1;
    assert_eq!(with_pseudo_header(context, 17, &right), BAD);
}
