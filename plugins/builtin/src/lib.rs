//! The dissectors that are linked into the host, one file a protocol, written against the public SDK.
//!
//! Invariant: nothing here is known to the host by name; each file registers itself, and taking a `mod` line away
//! takes the protocol away.

mod ah;
mod arcnet;
mod arp;
mod ayiya;
mod cfp;
mod chdlc;
mod checksum;
mod cmd;
mod data;
mod dns;
mod erspan;
mod eth;
mod ethertypes;
mod fddi;
mod frelay;
mod geneve;
mod gre;
mod gtp;
mod icmp;
mod icmpv6;
mod ieee8021ah;
mod igmp;
mod ip;
mod ip_protocols;
mod ipnet;
mod ipoib;
mod ipv6;
mod llc;
mod macsec;
mod mpls;
mod nflog;
mod null;
mod pim;
mod ports;
mod ppp;
mod radiotap;
mod raw;
mod sll;
mod sll2;
mod tcp;
mod teredo;
mod udp;
mod vlan;
mod vntag;
mod vxlan;
mod wlan;

/// Linking the crate is not enough where nothing of it is named: a linker may then leave it out, and every
/// registration with it. A host calls this once.
pub fn link() {}
