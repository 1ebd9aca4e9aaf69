//! The dissectors that are linked into the host, one file a protocol, written against the public SDK.
//!
//! Invariant: nothing here is known to the host by name; each file registers itself, and taking a `mod` line away
//! takes the protocol away.

mod arp;
mod checksum;
mod data;
mod dns;
mod eth;
mod ethertypes;
mod gre;
mod icmp;
mod icmpv6;
mod igmp;
mod ip;
mod ip_protocols;
mod ipv6;
mod llc;
mod mpls;
mod null;
mod raw;
mod sll;
mod sll2;
mod tcp;
mod udp;
mod vlan;
mod vxlan;

/// Linking the crate is not enough where nothing of it is named: a linker may then leave it out, and every
/// registration with it. A host calls this once.
pub fn link() {}
