//! Link-layer types and the numbers that Wireshark has for them.

use prosector_sdk::declare::name_of;
use prosector_sdk::frame::LinkType;

/// LINKTYPE (tcpdump.org registry), WTAP_ENCAP (Wireshark's wiretap), for the types met in captures.
const WIRETAP: &[(u16, u16)] = &[
    (0, 15),
    (1, 1),
    (6, 2),
    (7, 8),
    (8, 3),
    (9, 4),
    (10, 6),
    (12, 7),
    (14, 7),
    (50, 4),
    (51, 139),
    (100, 10),
    (101, 7),
    (104, 28),
    (105, 20),
    (107, 26),
    (108, 174),
    (113, 25),
    (114, 30),
    (117, 39),
    (119, 21),
    (123, 13),
    (127, 23),
    (129, 9),
    (137, 67),
    (140, 42),
    (147, 45),
    (148, 46),
    (149, 47),
    (160, 58),
    (162, 60),
    (178, 83),
    (187, 41),
    (189, 95),
    (192, 97),
    (195, 104),
    (220, 115),
    (226, 124),
    (227, 125),
    (228, 129),
    (229, 130),
    (230, 127),
    (231, 146),
    (235, 132),
    (239, 141),
    (242, 180),
    (249, 152),
    (253, 158),
    (258, 171),
    (271, 185),
    (274, 198),
    (276, 210),
];

prosector_sdk::value_names! {
    /// Names of encapsulations, by WTAP_ENCAP number.
    ENCAPSULATIONS {
        1 "Ethernet",
        2 "Token Ring",
        3 "SLIP",
        4 "PPP",
        6 "FDDI",
        7 "Raw IP, OpenBSD",
        8 "ARCNET, BSD",
        9 "ARCNET, Linux",
        10 "ATM, LLC-encapsulated",
        13 "SunATM",
        15 "BSD loopback",
        20 "IEEE 802.11",
        21 "IEEE 802.11 with Prism header",
        23 "IEEE 802.11 with radiotap header",
        25 "Linux cooked capture",
        26 "Frame Relay",
        28 "Cisco HDLC",
        30 "LocalTalk",
        39 "OpenBSD pflog",
        41 "Bluetooth HCI",
        42 "SS7 MTP2",
        45 "User 0",
        46 "User 1",
        47 "User 2",
        58 "User 13",
        60 "User 15",
        67 "Juniper ATM1 PIC",
        83 "Juniper Ethernet",
        95 "USB, Linux",
        97 "Per-Packet Information",
        104 "IEEE 802.15.4 with FCS",
        115 "USB, Linux, mmapped",
        124 "Solaris ipnet",
        125 "SocketCAN",
        127 "IEEE 802.15.4 without FCS",
        129 "Raw IPv4",
        130 "Raw IPv6",
        132 "DVB-CI",
        139 "PPPoE session",
        141 "Linux netfilter log",
        146 "D-Bus",
        152 "USBPcap",
        158 "Linux netlink",
        171 "Apple PKTAP",
        174 "OpenBSD loopback",
        180 "IP over InfiniBand",
        185 "Linux vsock",
        198 "Ethernet mPacket",
        210 "Linux cooked capture v2",
    }
}

/// The WTAP_ENCAP number of a link type; `None` where the table has none.
pub(crate) fn encapsulation(link: LinkType) -> Option<u16> {
    let at = WIRETAP.binary_search_by_key(&link.0, |row| row.0).ok()?;
    Some(WIRETAP[at].1)
}

/// What a link type is called; empty where the table has no name.
pub fn link_type_name(link: LinkType) -> &'static str {
    encapsulation(link).and_then(|e| name_of(ENCAPSULATIONS, e.into())).unwrap_or("")
}

#[test]
fn the_table_is_sorted_and_every_row_has_a_name() {
    assert!(WIRETAP.is_sorted_by_key(|row| row.0));
    for row in WIRETAP {
        assert_ne!(link_type_name(LinkType(row.0)), "", "link type {}", row.0);
    }
}
