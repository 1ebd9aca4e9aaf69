//! Vendor IDs: hashes of whatever a vendor likes, sometimes with a version behind. Seen in captures, and named in RFC 3706,
//! RFC 3947 and the drafts before it.

/// What Cisco's Unity clients say; two bytes of version follow.
pub(super) const CISCO_UNITY: [u8; 14] =
    [0x12, 0xf5, 0xf2, 0x8c, 0x45, 0x71, 0x68, 0xa9, 0x70, 0x2d, 0x9f, 0xe2, 0x74, 0xcc];

const NAMES: &[(&[u8], &str)] = &[
    (&CISCO_UNITY, "CISCO-UNITY"),
    (&[0x09, 0x00, 0x26, 0x89, 0xdf, 0xd6, 0xb7, 0x12], "XAUTH"),
    (
        &[0xaf, 0xca, 0xd7, 0x13, 0x68, 0xa1, 0xf1, 0xc9, 0x6b, 0x86, 0x96, 0xfc, 0x77, 0x57],
        "RFC 3706 DPD (Dead Peer Detection)",
    ),
    (&0x4a131c81070358455c5728f20e95452f_u128.to_be_bytes(), "RFC 3947 Negotiation of NAT-Traversal in the IKE"),
    (&0x439b59f8ba676c4c7737ae22eab8f582_u128.to_be_bytes(), "draft-ietf-ipsec-nat-t-ike-07"),
    (&0x7d9419a65310ca6f2c179d9215529d56_u128.to_be_bytes(), "draft-ietf-ipsec-nat-t-ike-03"),
    (&0xcd60464335df21f87cfdb2fc68b6a448_u128.to_be_bytes(), "draft-ietf-ipsec-nat-t-ike-02"),
    // Of the same name with a line feed, as some implementations hash it.
    (&0x90cb80913ebb696e086381b5ec427b1f_u128.to_be_bytes(), "draft-ietf-ipsec-nat-t-ike-02\\n"),
    (&0x4485152d18b6bbcd0be8a8469579ddcc_u128.to_be_bytes(), "draft-ietf-ipsec-nat-t-ike-00"),
    (&0x27bab5dc01ea0760ea4e3190ac27c0d0_u128.to_be_bytes(), "draft-stenberg-ipsec-nat-traversal-01"),
    (&0x6105c422e76847e43f9684801292aecd_u128.to_be_bytes(), "draft-stenberg-ipsec-nat-traversal-02"),
    (&0x4048b7d56ebce88525e7de7f00d6c2d3_u128.to_be_bytes(), "Cisco Fragmentation"),
    (&[0x69, 0x93, 0x69, 0x22, 0x87, 0x41, 0xc6, 0xd4, 0xca, 0x09, 0x4c, 0x93, 0xe2, 0x42, 0xc9, 0xde], "Netscreen-6"),
];

/// The name of what begins like this.
pub(super) fn name(id: &[u8]) -> Option<&'static str> {
    NAMES.iter().find(|(prefix, _)| id.starts_with(prefix)).map(|&(_, name)| name)
}
