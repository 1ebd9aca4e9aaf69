//! What follows an IP header, by number (IANA, "Assigned Internet Protocol Numbers"), in Wireshark's words.

use prosector_sdk::declare::name_of;
use std::fmt;

prosector_sdk::value_names! {
    /// Names of `ip.proto` and of every next-header field.
    IP_PROTOCOLS {
        0 "IPv6 Hop-by-Hop Option",
        1 "ICMP",
        2 "IGMP",
        3 "GGP",
        4 "IPIP",
        5 "Stream",
        6 "TCP",
        7 "CBT",
        8 "EGP",
        9 "IGRP",
        10 "BBN RCC",
        11 "Network Voice",
        12 "PUP",
        13 "ARGUS",
        14 "EMCON",
        15 "XNET",
        16 "CHAOS",
        17 "UDP",
        18 "Multiplex",
        19 "DCN Measurement",
        20 "Host Monitoring",
        21 "Packet radio",
        22 "IDP",
        23 "Trunk-1",
        24 "Trunk-2",
        25 "Leaf-1",
        26 "Leaf-2",
        27 "Reliable Data",
        28 "IRT",
        29 "ISO TP4",
        30 "Bulk Data",
        31 "MFE NSP",
        32 "Merit Internodal",
        33 "Datagram Congestion Control Protocol",
        34 "3rd Party Connect",
        35 "Inter-Domain Policy Routing Protocol",
        36 "XTP",
        37 "Datagram delivery",
        38 "Control Message",
        39 "TP++",
        40 "IL",
        41 "IPv6",
        42 "Source demand routing",
        43 "Routing Header for IPv6",
        44 "Fragment Header for IPv6",
        45 "Inter-Domain Routing Protocol",
        46 "Reservation Protocol",
        47 "Generic Routing Encapsulation",
        48 "Dynamic source routing",
        49 "BNA",
        50 "Encap Security Payload",
        51 "Authentication Header",
        52 "INSLP",
        53 "SWIPE",
        54 "NBMA ARP",
        55 "IP Mobility",
        56 "TLSP Kryptonet",
        57 "SKIP",
        58 "ICMPv6",
        59 "No Next Header for IPv6",
        60 "Destination Options for IPv6",
        61 "any host internal protocol",
        62 "Mobile IPv6 (old)",
        63 "any local network",
        64 "SATNET EXPAK",
        65 "Kryptolan",
        66 "Remote Virtual Disk",
        67 "IPPC",
        68 "any distributed file system",
        69 "SATNET Monitoring",
        70 "VISA",
        71 "IPCV",
        72 "CPNX",
        73 "CPHB",
        74 "Wang Span",
        75 "Packet Video",
        76 "Backroom SATNET Mon",
        77 "Sun ND Protocol",
        78 "Wideband Mon",
        79 "Wideband Expak",
        80 "ISO Internet Protocol",
        81 "VMTP",
        82 "Secure VMTP",
        83 "VINES",
        84 "TTP",
        85 "NSFNET IGP",
        86 "Dissimilar Gateway",
        87 "TCF",
        88 "EIGRP",
        89 "OSPF IGP",
        90 "Sprite RPC",
        91 "Locus ARP",
        92 "Multicast Transport",
        93 "AX.25 Frames",
        94 "IP in IP",
        95 "MICP",
        96 "Semaphore",
        97 "Ether in IP",
        98 "ENCAP",
        99 "any private encryption scheme",
        100 "GMTP",
        101 "Ipsilon Flow",
        102 "PNNI over IP",
        103 "PIM",
        104 "ARIS",
        105 "SCPS",
        106 "QNX",
        107 "Active Networks",
        108 "IPComp",
        109 "Sitara Networks",
        110 "Compaq Peer",
        111 "IPX IN IP",
        112 "VRRP",
        113 "PGM",
        114 "any 0-hop protocol",
        115 "Layer 2 Tunneling",
        116 "DDX",
        117 "IATP",
        118 "STP",
        119 "SpectraLink",
        120 "UTI",
        121 "SMP",
        122 "SM",
        123 "PTP",
        124 "ISIS over IP",
        125 "FIRE",
        126 "CRTP",
        127 "CRUDP",
        128 "SSCOPMCE",
        129 "IPLT",
        130 "Secure Packet",
        131 "PIPE",
        132 "SCTP",
        133 "Fibre Channel",
        134 "RSVP E2EI",
        135 "Mobile IPv6",
        136 "UDPLite",
        137 "MPLS in IP",
        138 "MANET",
        139 "HIP",
        140 "Shim6 header",
        141 "WESP",
        142 "ROHC",
        143 "Ethernet",
        144..=172 "Unassigned",
        173 "AX/4000 Testframe",
        174..=223 "Unassigned",
        224 "Novell NCS Heartbeat",
        225..=252 "Unassigned",
        253..=254 "Use for experimentation and testing",
        255 "Reserved",
    }
}

/// A protocol as info lines have it: `UDP (17)`. The name is looked up only if the line is written.
pub(crate) struct Named(pub(crate) u8);

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", name_of(IP_PROTOCOLS, self.0.into()).unwrap_or("unknown"), self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherparse::IpNumber;

    /// Wireshark's word is not IANA's keyword: IPIP, IGRP, IDP, IRT, INSLP, TTP, MANET.
    const OTHERWISE: [u8; 7] = [4, 9, 22, 28, 52, 84, 138];

    /// Where our name is one word in capitals, it is IANA's keyword, and so etherparse's.
    #[test]
    fn keywords_are_those_of_etherparse() {
        let mut same = 0;
        for number in 0..=255u8 {
            let (ours, theirs) = (name_of(IP_PROTOCOLS, number.into()).unwrap(), IpNumber(number).keyword_str());
            let keyword = ours.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
            if let Some(theirs) = theirs.filter(|_| keyword && !OTHERWISE.contains(&number)) {
                assert_eq!(ours, theirs.trim_end_matches(" (deprecated)"), "IP protocol {number}");
                same += 1;
            }
        }
        assert!(same > 40, "only {same} names were compared");
    }

    #[test]
    fn every_number_has_one_name() {
        for number in 0..=255u64 {
            let names = IP_PROTOCOLS.iter().filter(|n| (n.from..=n.to).contains(&number));
            assert_eq!(names.count(), 1, "IP protocol {number}");
        }
    }
}
