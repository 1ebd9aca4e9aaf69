//! Options of neighbor discovery (RFC 4861, section 4.6, and whatever has added to them since).

use super::*;
use prosector_sdk::handle::{ComputedBytes, Group, Handle, Variable};
use std::fmt;

value_names! {
    /// Types of options, as IANA lists them.
    TYPES {
        1 "Source link-layer address", 2 "Target link-layer address", 3 "Prefix information", 4 "Redirected header",
        5 "MTU", 6 "NBMA Shortcut Limit Option", 7 "Advertisement Interval", 8 "Home Agent Information",
        9 "Source Address List", 10 "Target Address List", 11 "CGA", 12 "RSA Signature", 13 "Timestamp",
        14 "Nonce", 15 "Trust Anchor", 16 "Certificate", 17 "IP Address/Prefix Option",
        18 "New Router Prefix Information", 19 "Link-layer Address", 20 "Neighbor Advertisement Acknowledgment",
        23 "MAP", 24 "Route Information", 25 "Recursive DNS Server", 26 "RA Flags Extension",
        27 "Handover Key Request", 28 "Handover Key Reply", 29 "Handover Assist Information",
        30 "Mobile Node Identifier Option", 31 "DNS Search List Option", 32 "Proxy Signature (PS)",
        33 "Address Registration Option", 34 "6LoWPAN Context Option", 35 "Authoritative Border Router",
        36 "6LoWPAN Capability Indication Option", 37 "DHCP Captive-Portal", 38 "PREF64 Option",
        138 "CARD Request", 139 "CARD Reply", 253 "RFC3692-style Experiment 1", 254 "RFC3692-style Experiment 2",
    }
}

/// The link-layer address that options told, for the info line.
#[derive(Clone, Copy, Default)]
pub(super) struct Link {
    /// What is said before it.
    word: &'static str,
    address: [u8; 6],
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word)?;
        if !self.word.is_empty() {
            let [a, b, c, d, e, g] = self.address;
            write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")?;
        }
        Ok(())
    }
}

/// All options up to the end of the message.
pub(super) fn all(pdu: &mut Pdu<'_>) -> Result<Link, Stop> {
    let mut link = Link::default();
    while pdu.wire_remaining() > 0 && pdu.group(OPT, |pdu| option(pdu, &mut link))? {}
    Ok(link)
}

/// One option; says whether another one can follow.
fn option(pdu: &mut Pdu<'_>, link: &mut Link) -> Result<bool, Stop> {
    let kind = pdu.take(OPT_TYPE)?;
    let words = pdu.take(OPT_LENGTH)?;
    let Some(len) = (usize::from(words) * 8).checked_sub(2) else {
        let at = pdu.position();
        pdu.diagnostic(Severity::Error, "bad-length", at - 1..at, format_args!("an option is at least 8 bytes long"));
        return Ok(false);
    };
    let end = pdu.position() + len;
    pdu.within(OPT_LENGTH, len, |pdu| {
        body(pdu, kind, words, len, link)?;
        if pdu.position() < end {
            pdu.take_bytes(UNKNOWN_DATA, end - pdu.position())?;
        }
        Ok(())
    })?;
    Ok(true)
}

/// An option behind its length: `len` bytes, which are there unless the message ends before.
fn body(pdu: &mut Pdu<'_>, kind: u8, words: u8, len: usize, link: &mut Link) -> Step {
    match kind {
        1 => link_layer(pdu, OPT_SRC_LINKADDR, " from ", len, link)?,
        2 => link_layer(pdu, OPT_TARGET_LINKADDR, " is at ", len, link)?,
        3 => {
            pdu.take(OPT_PREFIX_LENGTH)?;
            pdu.take(OPT_PREFIX_FLAG)?;
            pdu.take(OPT_PREFIX_VALID_LIFETIME)?;
            pdu.take(OPT_PREFIX_PREFERRED_LIFETIME)?;
            blank(pdu, OPT_RESERVED, 4)?;
            pdu.take(OPT_PREFIX)?;
        }
        4 => {
            blank(pdu, OPT_RESERVED, 6)?;
            let (at, there) = (pdu.position(), pdu.remaining());
            if there > 0 {
                pdu.mark(OPT_REDIRECTED_PACKET, at..at + there);
                pdu.hand_to(IPV6).quoted();
                pdu.skip(there)?;
            }
        }
        5 => {
            blank(pdu, OPT_RESERVED, 2)?;
            pdu.take(OPT_MTU)?;
        }
        // RFC 2491, section 5.1
        6 => {
            pdu.take(OPT_NBMA_SHORTCUT_LIMIT)?;
            blank(pdu, OPT_RESERVED, 1)?;
            blank(pdu, OPT_RESERVED, 4)?;
        }
        // RFC 6275, sections 7.3 and 7.4
        7 => {
            blank(pdu, OPT_RESERVED, 2)?;
            pdu.take(OPT_ADVERTISEMENT_INTERVAL)?;
        }
        8 => {
            blank(pdu, OPT_RESERVED, 2)?;
            pdu.take(OPT_HOME_AGENT_PREFERENCE)?;
            pdu.take(OPT_HOME_AGENT_LIFETIME)?;
        }
        // RFC 3122, section 3.1
        9 | 10 => {
            blank(pdu, OPT_RESERVED, 6)?;
            while pdu.wire_remaining() >= 16 {
                pdu.take(OPT_IPV6_ADDRESS)?;
            }
        }
        // RFC 3971, sections 5 and 6.4
        11 => generated_address(pdu)?,
        12 => signature(pdu, OPT_RSA_KEY_HASH)?,
        13 => timestamp(pdu)?,
        14 => {
            pdu.take_bytes(OPT_NONCE, len)?;
        }
        15 => trust_anchor(pdu)?,
        16 => certificate(pdu)?,
        // RFC 5568, section 6.4
        17 => {
            pdu.take(OPT_IPA_OPTION_CODE)?;
            pdu.take(OPT_IPA_PREFIX_LEN)?;
            blank(pdu, OPT_RESERVED, 4)?;
            pdu.take(OPT_IPA_IPV6_ADDRESS)?;
        }
        18 => {
            pdu.take(OPT_NRPI_OPTION_CODE)?;
            pdu.take(OPT_NRPI_PREFIX_LEN)?;
            blank(pdu, OPT_RESERVED, 4)?;
            pdu.take(OPT_NRPI_PREFIX)?;
        }
        19 => {
            pdu.take(OPT_LLA_OPTION_CODE)?;
            pdu.take_bytes(OPT_LLA_BYTES, len - 1)?;
        }
        20 => {
            pdu.take(OPT_NAACK_OPTION_CODE)?;
            pdu.take(OPT_NAACK_STATUS)?;
            blank(pdu, OPT_RESERVED, 4)?;
            if words == 3 {
                pdu.take(OPT_NAACK_SUPPLIED_NCOA)?;
            }
        }
        // RFC 5380, section 6.3
        23 => {
            pdu.show(OPT_MAP_DISTANCE)?;
            pdu.take(OPT_MAP_PREFERENCE)?;
            pdu.take(OPT_MAP_FLAG)?;
            pdu.take(OPT_MAP_VALID_LIFETIME)?;
            pdu.take(OPT_MAP_GLOBAL_ADDRESS)?;
        }
        // RFC 4191, section 2.3
        24 => {
            pdu.take(OPT_PREFIX_LENGTH)?;
            pdu.take(OPT_ROUTE_INFO_FLAG)?;
            pdu.take(OPT_ROUTE_LIFETIME)?;
            match words {
                2 => prefix(pdu, OPT_PREFIX, 8)?,
                3 => prefix(pdu, OPT_PREFIX, 16)?,
                _ => {}
            }
        }
        // RFC 8106, section 5
        25 => {
            blank(pdu, OPT_RESERVED, 2)?;
            pdu.take(OPT_RDNSS_LIFETIME)?;
            while pdu.wire_remaining() >= 16 {
                pdu.take(OPT_RDNSS)?;
            }
        }
        31 => {
            blank(pdu, OPT_RESERVED, 2)?;
            pdu.take(OPT_DNSSL_LIFETIME)?;
            while pdu.rest().first().is_some_and(|&len| len > 0) {
                domain(pdu, OPT_DNSSL)?;
            }
            padding(pdu)?;
        }
        // RFC 5175, section 4
        26 => {
            pdu.take(OPT_EFO)?;
            blank(pdu, OPT_RESERVED, 4)?;
        }
        // RFC 5269, section 4.1
        27 | 28 => {
            let pad = usize::from(pdu.take(OPT_HKR_PAD_LENGTH)?);
            pdu.show(OPT_HKR_AT)?;
            pdu.take(OPT_HKR_RESERVED)?;
            let key = if kind == 27 {
                OPT_HKR_ENCRYPTION_PUBLIC_KEY
            } else {
                pdu.take(OPT_HKR_LIFETIME)?;
                OPT_HKR_ENCRYPTED_HANDOVER_KEY
            };
            pdu.take_bytes(key, pdu.wire_remaining().saturating_sub(pad))?;
            pdu.take_bytes(OPT_HKR_PADDING, pad)?;
        }
        // RFC 5271, section 4
        29 => {
            pdu.take(OPT_HAI_OPTION_CODE)?;
            let len = pdu.take(OPT_HAI_LENGTH)?;
            pdu.take_bytes(OPT_HAI_VALUE, len.into())?;
            padding(pdu)?;
        }
        30 => {
            pdu.take(OPT_MN_OPTION_CODE)?;
            let len = pdu.take(OPT_MN_LENGTH)?;
            pdu.take_bytes(OPT_MN_VALUE, len.into())?;
            padding(pdu)?;
        }
        // RFC 6496, section 5.1
        32 => signature(pdu, OPT_PS_KEY_HASH)?,
        // RFC 6775, section 4
        33 => {
            pdu.take(OPT_ARO_STATUS)?;
            blank(pdu, OPT_RESERVED, 3)?;
            pdu.take(OPT_ARO_REGISTRATION_LIFETIME)?;
            pdu.take(OPT_ARO_EUI64)?;
        }
        34 => {
            pdu.take(OPT_6CO_CONTEXT_LENGTH)?;
            pdu.take(OPT_6CO_FLAG)?;
            blank(pdu, OPT_RESERVED, 2)?;
            pdu.take(OPT_6CO_VALID_LIFETIME)?;
            match words {
                2 => prefix(pdu, OPT_6CO_CONTEXT_PREFIX, 8)?,
                3 => prefix(pdu, OPT_6CO_CONTEXT_PREFIX, 16)?,
                _ => {}
            }
        }
        35 => {
            pdu.take(OPT_ABRO_VERSION_LOW)?;
            pdu.take(OPT_ABRO_VERSION_HIGH)?;
            pdu.take(OPT_ABRO_VALID_LIFETIME)?;
            pdu.take(OPT_ABRO_6LBR_ADDRESS)?;
        }
        // RFC 7400, section 3.3
        36 => {
            pdu.show(OPT_6CIO_UNASSIGNED1)?;
            pdu.take(OPT_6CIO_FLAG_G)?;
            pdu.take(OPT_6CIO_UNASSIGNED2)?;
        }
        // RFC 8910, section 2.3
        37 => {
            let text = pdu.rest().iter().take_while(|b| **b != 0).count();
            pdu.take_bytes(OPT_CAPTIVE_PORTAL, text)?;
            pdu.skip(len - text)?;
        }
        // RFC 8781, section 4
        38 => {
            pdu.show(OPT_PREF64_SCALED_LIFETIME)?;
            let bytes = match pdu.take(OPT_PREF64_PLC)? {
                0 => 12,
                plc @ 1..=5 => 9 - usize::from(plc),
                _ => return pdu.skip(pdu.wire_remaining()),
            };
            prefix(pdu, OPT_PREF64_PREFIX, bytes)?;
            pdu.skip(pdu.wire_remaining())?;
        }
        _ => {
            pdu.take_bytes(DATA, len)?;
        }
    }
    Ok(())
}

/// Bytes that only have to be there.
fn blank(pdu: &mut Pdu<'_>, field: Handle<Group>, len: usize) -> Step {
    let at = pdu.position();
    pdu.skip(len)?;
    pdu.mark(field, at..at + len);
    Ok(())
}

/// What is left of the option.
fn padding(pdu: &mut Pdu<'_>) -> Step {
    match pdu.wire_remaining() {
        0 => Ok(()),
        len => blank(pdu, OPT_PADDING, len),
    }
}

/// The first bytes of an IPv6 address.
fn prefix(pdu: &mut Pdu<'_>, field: Handle<[u8; 16]>, len: usize) -> Step {
    let at = pdu.position();
    pdu.skip(len)?;
    pdu.mark(field, at..at + len);
    Ok(())
}

/// A link-layer address, which fills the option: how long it is, and what pads it, only the link would know.
fn link_layer(pdu: &mut Pdu<'_>, field: Handle<[u8; 6]>, word: &'static str, len: usize, link: &mut Link) -> Step {
    let at = pdu.position();
    let bytes = pdu.rest();
    pdu.skip(len)?;
    pdu.mark(OPT_LINKADDR, at..at + len);
    pdu.mark(field, at..at + len);
    if len == 6
        && let Some(&address) = bytes.first_chunk()
    {
        *link = Link { word, address };
    }
    Ok(())
}

/// A cryptographically generated address (RFC 3972, section 3).
fn generated_address(pdu: &mut Pdu<'_>) -> Step {
    let pad = usize::from(pdu.take(OPT_CGA_PAD_LENGTH)?);
    blank(pdu, OPT_RESERVED, 1)?;
    let (at, len) = (pdu.position(), pdu.wire_remaining().saturating_sub(pad));
    if len <= pdu.remaining() {
        pdu.mark(OPT_CGA, at..at + len);
    }
    pdu.within(OPT_CGA_PAD_LENGTH, len, |pdu| {
        pdu.take_bytes(OPT_CGA_MODIFIER, 16)?;
        pdu.take_bytes(OPT_CGA_SUBNET_PREFIX, 8)?;
        pdu.take_bytes(OPT_CGA_COUNT, 1)?;
        let key = der_len(pdu.rest());
        blank(pdu, OPT_CGA_SUBJECT_PUBLIC_KEY_INFO, key)?;
        while pdu.wire_remaining() >= 4 {
            pdu.take(OPT_CGA_EXT_TYPE)?;
            let len = pdu.take(OPT_CGA_EXT_LENGTH)?;
            pdu.take_bytes(OPT_CGA_EXT_DATA, len.into())?;
        }
        Ok(())
    })?;
    padding(pdu)
}

/// Length of the DER element (X.690, section 8.1) that the bytes begin with; all of them if it can't be told.
fn der_len(bytes: &[u8]) -> usize {
    match *bytes {
        [_, len @ 0..=0x7f, ..] => 2 + usize::from(len),
        [_, 0x81, len, ..] => 3 + usize::from(len),
        [_, 0x82, high, low, ..] => 4 + (usize::from(high) << 8 | usize::from(low)),
        _ => bytes.len(),
    }
}

/// A signature with the hash of the key it was made with.
fn signature(pdu: &mut Pdu<'_>, key_hash: Handle<Variable>) -> Step {
    blank(pdu, OPT_RESERVED, 2)?;
    pdu.take_bytes(key_hash, 16)?;
    blank(pdu, OPT_DIGITAL_SIGNATURE_PADDING, pdu.wire_remaining())
}

/// Seconds since 1970 and, in the last 16 bits, the fraction of a second.
fn timestamp(pdu: &mut Pdu<'_>) -> Step {
    blank(pdu, OPT_RESERVED, 6)?;
    let at = pdu.position();
    let time = pdu.rest().first_chunk().map_or(0, |b| u64::from_be_bytes(*b));
    pdu.skip(8)?;
    let seconds = (time >> 16) as i64;
    let fraction = ((time & 0xffff) as i64 * 1_000_000_000) >> 16;
    pdu.computed(OPT_TIMESTAMP, at..at + 8, seconds.saturating_mul(1_000_000_000).saturating_add(fraction));
    Ok(())
}

fn trust_anchor(pdu: &mut Pdu<'_>) -> Step {
    let kind = pdu.take(OPT_NAME_TYPE)?;
    let pad = usize::from(pdu.take(OPT_CGA_PAD_LENGTH)?);
    let len = pdu.wire_remaining().saturating_sub(pad);
    match kind {
        1 => {
            pdu.take_bytes(OPT_NAME_X501, len)?;
        }
        2 => pdu.within(OPT_CGA_PAD_LENGTH, len, |pdu| domain(pdu, OPT_NAME_TYPE_FQDN))?,
        _ => {
            pdu.take_bytes(UNKNOWN_DATA, len)?;
        }
    }
    padding(pdu)
}

fn certificate(pdu: &mut Pdu<'_>) -> Step {
    let kind = pdu.take(OPT_NAME_TYPE)?;
    blank(pdu, OPT_RESERVED, 1)?;
    if kind != 1 {
        return blank(pdu, OPT_CERTIFICATE_PADDING, pdu.wire_remaining());
    }
    let len = der_len(pdu.rest());
    blank(pdu, X509_CERTIFICATE, len)?;
    padding(pdu)
}

/// A domain name of labels (RFC 1035, section 3.1), without compression.
pub(super) fn domain(pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>) -> Step {
    let at = pdu.position();
    let mut name = Vec::new();
    loop {
        let len = usize::from(pdu.rest().first().copied().unwrap_or_default());
        pdu.skip(1)?;
        if len == 0 {
            break;
        }
        let label = pdu.rest();
        pdu.skip(len)?;
        if !name.is_empty() {
            name.push(b'.');
        }
        name.extend_from_slice(label.get(..len).unwrap_or_default());
    }
    if !name.is_empty() {
        pdu.computed_bytes(field, at..pdu.position(), &name);
    }
    Ok(())
}

#[test]
fn router_advertisement() {
    check::<Icmpv6>(
        "86 00 1234 40 c8 0708 00000000 00000000
         01 01 020000000001
         03 04 40 c0 00278d00 00093a80 00000000 20010db8000000000000000000000000
         05 01 0000 000005dc
         18 02 30 08 0000000a 20010db800010000
         19 03 0000 00000258 20010db8000000000000000000000053
         1f 03 0000 00000258 07 6578616d706c65 03 6f7267 00 00 00 00",
        expect![[r#"
            Internet Control Message Protocol v6, Router Advertisement from 02:00:00:00:00:01
              Type: Router Advertisement (134)
              Code: 0
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Cur hop limit: 64
              Flags: 0xc8
                1... .... = Managed address configuration: Set
                .1.. .... = Other configuration: Set
                ..0. .... = Home Agent: Not set
                ...0 1... = Prf (Default Router Preference): High (1)
                .... .0.. = Proxy: Not set
                .... ..00 = Reserved: 0
              Router lifetime (s): 1800
              Reachable time (ms): 0
              Retrans timer (ms): 0
              ICMPv6 Option: Source link-layer address (1)
                Type: Source link-layer address (1)
                Length: 1
                Link-layer address: 02:00:00:00:00:01
              ICMPv6 Option: Prefix information (3)
                Type: Prefix information (3)
                Length: 4
                Prefix Length: 64
                Flag: 0xc0
                  1... .... = On-link flag(L): Set
                  .1.. .... = Autonomous address-configuration flag(A): Set
                  ..0. .... = Router address flag(R): Not set
                  ...0 0000 = Reserved: 0
                Valid Lifetime: 2592000 s
                Preferred Lifetime: 604800 s
                Reserved
                Prefix: 2001:db8::
              ICMPv6 Option: MTU (5)
                Type: MTU (5)
                Length: 1
                Reserved
                MTU: 1500
              ICMPv6 Option: Route Information (24)
                Type: Route Information (24)
                Length: 2
                Prefix Length: 48
                Flag: 0x08
                  ...0 1... = Route Preference: High (1)
                  000. .000 = Reserved: 0
                Route Lifetime: 10 s
                Prefix: 2001:db8:1::
              ICMPv6 Option: Recursive DNS Server (25)
                Type: Recursive DNS Server (25)
                Length: 3
                Reserved
                Lifetime: 600 s
                Recursive DNS Servers: 2001:db8::53
              ICMPv6 Option: DNS Search List Option (31)
                Type: DNS Search List Option (31)
                Length: 3
                Reserved
                Lifetime: 600 s
                Domain Names: example.org
                Padding
        "#]],
    );
}

#[test]
fn secured_solicitation() {
    check::<Icmpv6>(
        "85 00 1234 00000000
         0b 05 02 00 000102030405060708090a0b0c0d0e0f 20010db800000000 01 3003020105 fffd 0000 0000
         0d 02 000000000000 00005f5e10008000
         0e 01 010203040506",
        expect![[r#"
            Internet Control Message Protocol v6, Router Solicitation
              Type: Router Solicitation (133)
              Code: 0
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Reserved: 00000000
              ICMPv6 Option: CGA (11)
                Type: CGA (11)
                Length: 5
                Pad Length: 2
                Reserved
                CGA: 000102030405060708090a0b0c0d0e0f20010db800000000013003020105fffd0000
                Modifier: 000102030405060708090a0b0c0d0e0f
                Subnet Prefix: 20010db800000000
                Count: 01
                Subject Public Key Info
                Ext Type: 65533
                Ext Length: 0
                Ext Data: <none>
                Padding
              ICMPv6 Option: Timestamp (13)
                Type: Timestamp (13)
                Length: 2
                Reserved
                Timestamp: Sep 13, 2020 12:26:40.500000000 UTC
              ICMPv6 Option: Nonce (14)
                Type: Nonce (14)
                Length: 1
                Nonce: 010203040506
        "#]],
    );
}

#[test]
fn redirected_packet() {
    check::<Icmpv6>(
        "89 00 1234 00000000 fe800000000000000000000000000001 20010db8000000000000000000000099
         04 02 000000000000 60000000 0000 3b40",
        expect![[r#"
            Internet Control Message Protocol v6, Redirect
              Type: Redirect (137)
              Code: 0
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Reserved: 00000000
              Target Address: fe80::1
              Destination Address: 2001:db8::99
              ICMPv6 Option: Redirected header (4)
                Type: Redirected header (4)
                Length: 2
                Reserved
                Redirected Packet
            → @ipv6 [0]: bytes 48..56
        "#]],
    );
}

#[test]
fn low_power_networks() {
    check::<Icmpv6>(
        "85 00 1234 00000000
         21 02 00 000000 003c 0200000000000001
         22 02 40 11 0000 003c 20010db800000000
         26 02 0259 0064ff9b00000000 00000000",
        expect![[r#"
            Internet Control Message Protocol v6, Router Solicitation
              Type: Router Solicitation (133)
              Code: 0
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Reserved: 00000000
              ICMPv6 Option: Address Registration Option (33)
                Type: Address Registration Option (33)
                Length: 2
                Status: Success (0)
                Reserved
                Registration Lifetime: 60 min
                EUI-64: 02:00:00:00:00:00:00:01
              ICMPv6 Option: 6LoWPAN Context Option (34)
                Type: 6LoWPAN Context Option (34)
                Length: 2
                Context Length: 64
                Flag: 0x11
                  ...1 .... = Compression Flag: Set
                  .... 0001 = CID: 1
                  000. .... = Reserved: 0
                Reserved
                Lifetime: 60 min
                Context Prefix: 2001:db8::
              ICMPv6 Option: PREF64 Option (38)
                Type: PREF64 Option (38)
                Length: 2
                Scaled Lifetime: 75
                PLC (Prefix Length Code): 64 bits prefix length (0x1)
                Prefix: 64:ff9b::
        "#]],
    );
}

#[test]
fn an_option_of_no_length() {
    check::<Icmpv6>(
        "85 00 1234 00000000  01 00 020000000001",
        expect![[r#"
            Internet Control Message Protocol v6, Router Solicitation
              Type: Router Solicitation (133)
              Code: 0
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Reserved: 00000000
              ICMPv6 Option: Source link-layer address (1)
                Type: Source link-layer address (1)
                Length: 0
                [error] bad-length: an option is at least 8 bytes long
        "#]],
    );
}

#[test]
fn an_option_longer_than_the_message() {
    check::<Icmpv6>(
        "85 00 1234 00000000  05 01 0000 000005dc  19 05 0000 00000258 20010db8000000000000000000000053",
        expect![[r#"
            Internet Control Message Protocol v6, Router Solicitation
              Type: Router Solicitation (133)
              Code: 0
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Reserved: 00000000
              ICMPv6 Option: MTU (5)
                Type: MTU (5)
                Length: 1
                Reserved
                MTU: 1500
              ICMPv6 Option: Recursive DNS Server (25)
                Type: Recursive DNS Server (25)
                Length: 5
                Reserved
                Lifetime: 600 s
                Recursive DNS Servers: 2001:db8::53
              [error] short: icmpv6.unknown_data needs 16 bytes at offset 40, 0 are there
        "#]],
    );
}
