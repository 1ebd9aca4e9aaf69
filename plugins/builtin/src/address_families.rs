//! Names of address families (IANA, "Address Family Numbers"), which many protocols put before an address.

prosector_sdk::value_names! {
    ADDRESS_FAMILIES {
        0 "Reserved",
        1 "IPv4",
        2 "IPv6",
        3 "NSAP",
        4 "HDLC (8-bit multidrop)",
        5 "BBN 1822",
        6 "802 (includes all 802 media plus Ethernet)",
        7 "E.163",
        8 "E.164 (SMDS, Frame Relay, ATM)",
        9 "F.69 (Telex)",
        10 "X.121 (X.25, Frame Relay)",
        11 "IPX",
        12 "Appletalk",
        13 "Decnet IV",
        14 "Banyan Vines",
        15 "E.164 with NSAP subaddress",
        16 "DNS (Domain Name System)",
        17 "Distinguished Name",
        18 "AS Number",
        24 "GWID",
        25 "Layer-2 VPN",
        16384 "EIGRP Common Service Family",
        16385 "EIGRP IPv4 Service Family",
        16386 "EIGRP IPv6 Service Family",
        16387 "LISP Canonical Address Format (LCAF)",
        16388 "BGP-LS",
        16389 "48-bit MAC Address",
        16390 "64-bit MAC Address",
        65535 "Reserved",
    }
}

/// An IPv4 address follows.
pub(crate) const IPV4: u16 = 1;
/// An IPv6 address follows.
pub(crate) const IPV6: u16 = 2;
