//! Conversations between ports.

use prosector_sdk::Pdu;

/// The part of the hosts' flow that two ports are, the same in both directions, and the direction.
pub(crate) fn conversation(pdu: &Pdu<'_>, src: u16, dst: u16) -> (u64, bool) {
    // Addresses tell the directions apart, and ports where those are the same.
    let reverse = if pdu.is_own() { src > dst } else { pdu.is_reverse() };
    let (first, second) = if reverse { (dst, src) } else { (src, dst) };
    (u64::from(first) << 16 | u64::from(second), reverse)
}
