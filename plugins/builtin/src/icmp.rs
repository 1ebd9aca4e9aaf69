//! Internet Control Message Protocol (RFC 792): errors, which quote the datagram they are about, and queries.
//!
//! Beyond RFC 792: address masks (RFC 950, appendix I), router discovery (RFC 1256, section 3; with the Mobile IP
//! extensions of RFC 5944, section 2.1), extensions behind the quoted datagram (RFC 4884) with MPLS label stacks
//! (RFC 4950) and interface information (RFC 5837), extended echo (RFC 8335).

use crate::checksum;
use prosector_sdk::handle::{Handle, Variable};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Icmp;

protocol! {
    /// Internet Control Message Protocol: reports of trouble with IPv4 datagrams, and queries such as ping; RFC 792.
    Icmp = icmp "ICMP", "Internet Control Message Protocol" {
        type: u8                                "Type" = TYPES,
        /// What it means depends on the type; the info line names it.
        code: u8                                "Code",
        checksum: u16 hex                       "Checksum",
        checksum.status: computed u8            "Checksum Status" = checksum::STATUS,
        unused: bytes                           "Unused",
        reserved: bytes                         "Reserved",

        // Queries
        ident: u16                              "Identifier (BE)",
        /// The identifier as a host that sends it in little endian means it.
        ident_le: u16 le                        "Identifier (LE)",
        seq: u16                                "Sequence Number (BE)",
        /// The sequence number as a host that sends it in little endian means it.
        seq_le: u16 le                          "Sequence Number (LE)",
        /// When the echo request was sent, where its data begin with what looks like a time in seconds and microseconds.
        data_time: computed time_ns             "Timestamp from icmp data",
        originate_timestamp: u32                "Originate Timestamp" unit "ms",
        receive_timestamp: u32                  "Receive Timestamp" unit "ms",
        transmit_timestamp: u32                 "Transmit Timestamp" unit "ms",
        address_mask: ipv4                      "Address Mask",
        ext.echo.seq: u8                        "Sequence Number",
        ext.echo.req.res: u8 hex & 0xfe         "Reserved",
        ext.echo.req.local: bool(u8) & 0x01     "Local bit",
        ext.echo.rsp.state: u8 & 0xe0           "State" = {
            0 "Reserved", 1 "Incomplete", 2 "Reachable", 3 "Stale", 4 "Delay", 5 "Probe", 6 "Failed",
        },
        ext.echo.rsp.res: u8 hex & 0x18         "Reserved",
        ext.echo.rsp.active: bool(u8) & 0x04    "Active bit",
        ext.echo.rsp.ipv4: bool(u8) & 0x02      "IPv4 bit",
        ext.echo.rsp.ipv6: bool(u8) & 0x01      "IPv6 bit",

        // Errors
        /// Length of the quoted datagram in words of four bytes.
        length: u8                              "Length",
        length.original_datagram: u8 * 4        "Length of original datagram" unit "bytes",
        mtu: u16                                "MTU of next hop",
        /// Which byte of the quoted datagram is the problem.
        pointer: u8                             "Pointer",
        redir_gw: ipv4                          "Gateway Address",

        // Router advertisements
        num_addrs: u8                           "Number of addresses",
        /// Words of four bytes for each address.
        addr_entry_size: u8                     "Address entry size",
        lifetime: u16                           "Lifetime" unit "s",
        router_address: ipv4                    "Router address",
        pref_level: i32                         "Preference level",
        mip: group                              "Mobile IP extension",
        mip.type: u8                            "Extension Type" = {
            0 "One byte padding extension", 16 "Mobility Agent Advertisement Extension",
            19 "Prefix Lengths Extension", 24 "Challenge Extension",
        },
        mip.length: u8                          "Length",
        mip.prefixlength: u8                    "Prefix Length",
        mip.seq: u16                            "Sequence Number",
        mip.life: u16                           "Registration Lifetime" unit "s",
        mip.flags: u16 hex                      "Flags" {
            .mip.r: 0x8000 "Registration Required",
            .mip.b: 0x4000 "Busy",
            .mip.h: 0x2000 "Home Agent",
            .mip.f: 0x1000 "Foreign Agent",
            .mip.m: 0x0800 "Minimal Encapsulation",
            .mip.g: 0x0400 "GRE",
            .mip.v: 0x0200 "VJ Comp",
            .mip.rt: 0x0100 "Reverse tunneling",
            .mip.u: 0x0080 "UDP tunneling",
            .mip.x: 0x0040 "Revocation support",
            .mip.reserved: hex 0x003f "Reserved",
        },
        mip.coa: ipv4                           "Care-Of-Address",
        mip.challenge: bytes                    "Challenge",
        mip.content: bytes                      "Content",

        // Extensions
        ext: group                              "ICMP Multi-Part Extensions",
        ext.version: u8 & 0xf0                  "Version",
        ext.res: u16 hex & 0x0fff               "Reserved",
        ext.checksum: u16 hex                   "Checksum",
        ext.checksum.status: computed u8        "Checksum Status" = checksum::STATUS,
        ext.object: group                       "Object",
        /// Length of the object, these four bytes included.
        ext.length: u16                         "Length",
        ext.class: u8                           "Class" = {
            1 "MPLS Label Stack Class", 2 "Interface Information Object", 3 "Interface Identification Object",
        },
        /// What it means depends on the class.
        ext.ctype: u8                           "C-Type",
        ext.data: bytes                         "Data",
        mpls.label: u24 & 0xfffff0              "Label",
        mpls.exp: u24 & 0x00000e                "Experimental",
        mpls.s: bool(u24) & 0x000001            "Stack bit",
        mpls.ttl: u8                            "Time to live",
        mpls.data: bytes                        "Data",
        int_info.role: u8 & 0xc0                "Interface Role" = {
            0 "IP interface upon which datagram arrived",
            1 "sub-IP component of an IP interface upon which datagram arrived",
            2 "IP interface through which datagram would be forwarded",
            3 "IP next-hop to which datagram would be forwarded",
        },
        int_info.reserved: u8 & 0x30            "Reserved",
        int_info.ifindex: bool(u8) & 0x08       "ifIndex",
        int_info.ipaddr: bool(u8) & 0x04        "IP Address",
        int_info.name_present: bool(u8) & 0x02  "Interface Name",
        int_info.mtu_present: bool(u8) & 0x01   "MTU",
        int_info.index: u32                     "Interface Index",
        int_info.afi: u16                       "Address Family Identifier" = FAMILIES,
        int_info.ipv4: ipv4                     "Source",
        int_info.ipv6: ipv6                     "Source",
        int_info.ipunknown: bytes               "Source",
        /// Length of the name, this byte included.
        int_info.name_length: u8                "Name Length",
        int_info.name: str                      "Name",
        int_info.mtu: u32                       "Maximum Transmission Unit",
        int_ident.name: str                     "Name",
        int_ident.index: u32                    "Interface Index",
        int_ident.afi: u16                      "Address Family Identifier" = FAMILIES,
        int_ident.addr_length: u8               "Address Length",
        int_ident.reserved: bytes               "Reserved",
        int_ident.ipv4: ipv4                    "Address",
        int_ident.ipv6: ipv6                    "Address",
        int_ident.address: bytes                "Address",
    }
    claims { ip.proto = 1 }
    tables { IP: "@ip", DATA: "@data" }
}

/// Passed as context by a protocol that hands on nothing but the extensions of RFC 4884, as ICMPv6 does.
pub(crate) const EXTENSIONS: u64 = 1 << 34;

/// Status of a checksum of extensions that the sender left at zero.
const NOT_PRESENT: u8 = 3;

const ECHO_REPLY: u8 = 0;
const UNREACHABLE: u8 = 3;
const QUENCH: u8 = 4;
const REDIRECT: u8 = 5;
const ECHO: u8 = 8;
const ADVERTISEMENT: u8 = 9;
const EXCEEDED: u8 = 11;
const PARAMETER: u8 = 12;
const TIMESTAMP: u8 = 13;
const TIMESTAMP_REPLY: u8 = 14;
const INFORMATION: u8 = 15;
const INFORMATION_REPLY: u8 = 16;
const MASK: u8 = 17;
const MASK_REPLY: u8 = 18;
const EXTENDED_ECHO: u8 = 42;
const EXTENDED_ECHO_REPLY: u8 = 43;

value_names! {
    /// Message types, as IANA lists them.
    TYPES {
        0 "Echo (ping) reply", 1..=2 "Reserved", 3 "Destination unreachable", 4 "Source quench (flow control)",
        5 "Redirect", 6 "Alternate host address", 8 "Echo (ping) request", 9 "Router advertisement",
        10 "Router solicitation", 11 "Time-to-live exceeded", 12 "Parameter problem", 13 "Timestamp request",
        14 "Timestamp reply", 15 "Information request", 16 "Information reply", 17 "Address mask request",
        18 "Address mask reply", 19 "Reserved (for security)", 20..=29 "Reserved (for robustness experiment)",
        30 "Traceroute", 31 "Datagram Conversion Error", 32 "Mobile Host Redirect", 33 "IPv6 Where-Are-You",
        34 "IPv6 I-Am-Here", 35 "Mobile Registration Request", 36 "Mobile Registration Reply",
        37 "Domain Name Request", 38 "Domain Name Reply", 39 "SKIP", 40 "Photuris",
        41 "Experimental mobility protocols", 42 "Extended Echo request", 43 "Extended Echo reply",
    }
}

value_names! {
    /// Address families of interface objects.
    FAMILIES { 1 "IPv4", 2 "IPv6", 6 "802", 0x4005 "48-bit MAC Address", 0x4006 "64-bit MAC Address" }
}

value_names! { UNREACHABLE_CODES {
    0 "Network unreachable", 1 "Host unreachable", 2 "Protocol unreachable", 3 "Port unreachable",
    4 "Fragmentation needed", 5 "Source route failed", 6 "Destination network unknown",
    7 "Destination host unknown", 8 "Source host isolated", 9 "Network administratively prohibited",
    10 "Host administratively prohibited", 11 "Network unreachable for TOS", 12 "Host unreachable for TOS",
    13 "Communication administratively filtered", 14 "Host precedence violation",
    15 "Precedence cutoff in effect",
} }
value_names! { REDIRECT_CODES {
    0 "Redirect for network", 1 "Redirect for host", 2 "Redirect for TOS and network", 3 "Redirect for TOS and host",
} }
value_names! { ALTERNATE_CODES { 0 "Alternate address for host" } }
value_names! { ADVERTISEMENT_CODES { 0 "Normal router advertisement", 16 "Does not route common traffic" } }
value_names! { EXCEEDED_CODES { 0 "Time to live exceeded in transit", 1 "Fragment reassembly time exceeded" } }
value_names! { PARAMETER_CODES { 0 "Pointer indicates the error", 1 "Required option missing", 2 "Bad length" } }
value_names! { PHOTURIS_CODES {
    0 "Bad SPI", 1 "Authentication Failed", 2 "Decompression Failed", 3 "Decryption Failed",
    4 "Need Authentication", 5 "Need Authorization",
} }
value_names! { EXTENDED_ECHO_CODES { 0 "No error" } }
value_names! { EXTENDED_ECHO_REPLY_CODES {
    0 "No error", 1 "Malformed Query", 2 "No Such Interface", 3 "No Such Table Entry",
    4 "Multiple Interfaces Satisfy Query",
} }

impl Dissector for Icmp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if pdu.context() == EXTENSIONS {
            return extensions(pdu);
        }
        let kind = pdu.take(TYPE)?;
        let code = pdu.take(CODE)?;
        pdu.take(CHECKSUM)?;
        if pdu.wants(CHECKSUM_STATUS) {
            let status = status(pdu, 0);
            pdu.computed(CHECKSUM_STATUS, 2..4, status);
        }
        say(pdu, kind, code);
        match kind {
            ECHO_REPLY | ECHO => echo(pdu, kind),
            UNREACHABLE | QUENCH | REDIRECT | EXCEEDED | PARAMETER => error(pdu, kind, code),
            ADVERTISEMENT => advertisement(pdu, code),
            TIMESTAMP | TIMESTAMP_REPLY => {
                query(pdu, kind)?;
                pdu.take(ORIGINATE_TIMESTAMP)?;
                pdu.take(RECEIVE_TIMESTAMP)?;
                pdu.take(TRANSMIT_TIMESTAMP)?;
                Ok(())
            }
            INFORMATION | INFORMATION_REPLY => query(pdu, kind),
            MASK | MASK_REPLY => {
                query(pdu, kind)?;
                pdu.take(ADDRESS_MASK)?;
                Ok(())
            }
            EXTENDED_ECHO | EXTENDED_ECHO_REPLY => extended_echo(pdu, kind),
            _ => Ok(()),
        }
    }
}

/// The info line: type, and for types that have codes what the code means.
fn say(pdu: &mut Pdu<'_>, kind: u8, code: u8) {
    let name = name_of(TYPES, kind.into()).unwrap_or("Unknown ICMP (obsolete or malformed?)");
    let codes = match kind {
        UNREACHABLE => UNREACHABLE_CODES,
        REDIRECT => REDIRECT_CODES,
        6 => ALTERNATE_CODES,
        ADVERTISEMENT => ADVERTISEMENT_CODES,
        EXCEEDED => EXCEEDED_CODES,
        PARAMETER => PARAMETER_CODES,
        40 => PHOTURIS_CODES,
        EXTENDED_ECHO => EXTENDED_ECHO_CODES,
        EXTENDED_ECHO_REPLY => EXTENDED_ECHO_REPLY_CODES,
        _ => return pdu.info(format_args!("{name}")),
    };
    match name_of(codes, code.into()) {
        Some(code) => pdu.info(format_args!("{name:20} ({code})")),
        None => pdu.info(format_args!("{name:20} (Unknown code: {code})")),
    }
}

/// Whether the checksum over everything from `start` on holds.
fn status(pdu: &Pdu<'_>, start: usize) -> u8 {
    let data = pdu.data();
    match data.get(start..) {
        Some(bytes) if data.len() == pdu.wire_len() => checksum::plain(bytes),
        _ => checksum::UNVERIFIED,
    }
}

fn query(pdu: &mut Pdu<'_>, kind: u8) -> Step {
    let id = pdu.show(IDENT)?;
    pdu.take(IDENT_LE)?;
    let seq = pdu.show(SEQ)?;
    let swapped = pdu.take(SEQ_LE)?;
    pdu.info(format_args!("{:20} id=0x{id:04x}, seq={seq}/{swapped}", Icmp::name(TYPE, kind)));
    Ok(())
}

fn echo(pdu: &mut Pdu<'_>, kind: u8) -> Step {
    query(pdu, kind)?;
    if let Some(time) = sent(pdu.rest()) {
        let at = pdu.position();
        pdu.computed(DATA_TIME, at..at + 8, time);
        pdu.skip(8)?;
    }
    pdu.hand_to(DATA);
    Ok(())
}

/// The time in nanoseconds that many pings put first in their data: seconds and microseconds, in either byte order.
///
/// Whether that is what the data mean can only be guessed: from years in which there have been pings, and from
/// microseconds that are less than a second.
fn sent(data: &[u8]) -> Option<i64> {
    const YEAR_1990: u32 = 631_152_000;
    const YEAR_2038: u32 = 1 << 31;
    let (&seconds, rest) = data.split_first_chunk::<4>()?;
    let &micros = rest.first_chunk::<4>()?;
    let big = (u32::from_be_bytes(seconds), u32::from_be_bytes(micros));
    let little = (u32::from_le_bytes(seconds), u32::from_le_bytes(micros));
    // Zeros are more likely the upper half of a little-endian 64-bit second than the very start of a second.
    let guesses = if big.1 == 0 { [little, big] } else { [big, little] };
    let likely = |&(seconds, micros): &(u32, u32)| (YEAR_1990..YEAR_2038).contains(&seconds) && micros < 1_000_000;
    let (seconds, micros) = guesses.into_iter().find(likely)?;
    Some(i64::from(seconds) * 1_000_000_000 + i64::from(micros) * 1_000)
}

fn error(pdu: &mut Pdu<'_>, kind: u8, code: u8) -> Step {
    const FRAGMENTATION_NEEDED: u8 = 4;
    let mut quoted = 0;
    match kind {
        REDIRECT => {
            pdu.take(REDIR_GW)?;
        }
        QUENCH => pdu.skip(4)?,
        _ => {
            // RFC 4884, section 4: a length in what used to be an unused byte.
            quoted = usize::from(pdu.rest().get(1).copied().unwrap_or(0)) * 4;
            let has_mtu = kind == UNREACHABLE && code == FRAGMENTATION_NEEDED;
            if kind == PARAMETER {
                pdu.take(POINTER)?;
            } else if quoted > 0 {
                pdu.take_bytes(UNUSED, 1)?;
            } else {
                pdu.take_bytes(UNUSED, if has_mtu { 2 } else { 4 })?;
            }
            if quoted > 0 {
                pdu.show(LENGTH)?;
                pdu.take(LENGTH_ORIGINAL_DATAGRAM)?;
            }
            if has_mtu {
                pdu.take(MTU)?;
            } else if pdu.position() < 8 {
                pdu.take_bytes(UNUSED, 8 - pdu.position())?;
            }
        }
    }
    // Senders older than RFC 4884 put extensions behind 128 bytes, padded if the datagram is shorter (section 5.2).
    if quoted == 0 {
        let total = pdu.rest().get(2..4).map_or(usize::MAX, |b| usize::from(b[0]) << 8 | usize::from(b[1]));
        quoted = if total <= 128 { 128 } else { usize::MAX };
    }
    pdu.hand_to(IP).quoted().len(quoted);
    if pdu.wire_remaining() > quoted {
        pdu.skip(quoted)?;
        extensions(pdu)?;
    }
    Ok(())
}

fn extended_echo(pdu: &mut Pdu<'_>, kind: u8) -> Step {
    pdu.show(IDENT)?;
    pdu.take(IDENT_LE)?;
    pdu.take(EXT_ECHO_SEQ)?;
    if kind == EXTENDED_ECHO_REPLY {
        pdu.show(EXT_ECHO_RSP_STATE)?;
        pdu.show(EXT_ECHO_RSP_RES)?;
        pdu.show(EXT_ECHO_RSP_ACTIVE)?;
        pdu.show(EXT_ECHO_RSP_IPV4)?;
        pdu.take(EXT_ECHO_RSP_IPV6)?;
        return Ok(());
    }
    pdu.show(EXT_ECHO_REQ_RES)?;
    pdu.take(EXT_ECHO_REQ_LOCAL)?;
    if pdu.wire_remaining() > 0 { extensions(pdu) } else { Ok(()) }
}

fn advertisement(pdu: &mut Pdu<'_>, code: u8) -> Step {
    let count = pdu.take(NUM_ADDRS)?;
    let words = pdu.take(ADDR_ENTRY_SIZE)?;
    pdu.take(LIFETIME)?;
    if words != 2 {
        pdu.hand_to(DATA);
        return Ok(());
    }
    for _ in 0..count {
        pdu.take(ROUTER_ADDRESS)?;
        pdu.take(PREF_LEVEL)?;
    }
    if matches!(code, 0 | 16) {
        while pdu.wire_remaining() > 0 {
            pdu.group(MIP, mobile_ip)?;
        }
    }
    Ok(())
}

/// One extension of a mobility agent's advertisement (RFC 5944, section 1.9).
fn mobile_ip(pdu: &mut Pdu<'_>) -> Step {
    let kind = pdu.take(MIP_TYPE)?;
    if kind == 0 {
        return Ok(());
    }
    let len = pdu.take(MIP_LENGTH)?.into();
    pdu.within(MIP_LENGTH, len, |pdu| {
        match kind {
            16 => {
                pdu.take(MIP_SEQ)?;
                pdu.take(MIP_LIFE)?;
                pdu.take(MIP_FLAGS)?;
                while pdu.wire_remaining() >= 4 {
                    pdu.take(MIP_COA)?;
                }
            }
            19 => {
                while pdu.wire_remaining() > 0 {
                    pdu.take(MIP_PREFIXLENGTH)?;
                }
            }
            24 => {
                pdu.take_bytes(MIP_CHALLENGE, len)?;
            }
            _ if len > 0 => {
                pdu.take_bytes(MIP_CONTENT, len)?;
            }
            _ => {}
        }
        Ok(())
    })
}

/// The extension structure (RFC 4884, section 7), up to the end of the message.
fn extensions(pdu: &mut Pdu<'_>) -> Step {
    pdu.group(EXT, |pdu| {
        let start = pdu.position();
        let version = pdu.show(EXT_VERSION)?;
        pdu.take(EXT_RES)?;
        let checksum = pdu.take(EXT_CHECKSUM)?;
        if pdu.wants(EXT_CHECKSUM_STATUS) {
            let status = if checksum == 0 { NOT_PRESENT } else { status(pdu, start) };
            pdu.computed(EXT_CHECKSUM_STATUS, start + 2..start + 4, status);
        }
        // Version 1 is that of drafts; it has the same form.
        if !matches!(version, 1 | 2) {
            return Ok(());
        }
        while pdu.wire_remaining() >= 4 && pdu.group(EXT_OBJECT, object)? {}
        Ok(())
    })
}

/// One object (RFC 4884, section 7.1); says whether another one can follow.
fn object(pdu: &mut Pdu<'_>) -> Result<bool, Stop> {
    const LABELS: u8 = 1;
    const INFORMATION: u8 = 2;
    const IDENTIFICATION: u8 = 3;
    let start = pdu.position();
    let len = pdu.take(EXT_LENGTH)?;
    let class = pdu.take(EXT_CLASS)?;
    let Some(len) = len.checked_sub(4) else {
        pdu.diagnostic(
            Severity::Error,
            "bad-length",
            start..start + 2,
            format_args!("an object is at least 4 bytes long, not {len}"),
        );
        return Ok(false);
    };
    let ctype = pdu.show(EXT_CTYPE)?;
    if class == INFORMATION {
        pdu.show(INT_INFO_ROLE)?;
        pdu.show(INT_INFO_RESERVED)?;
        pdu.show(INT_INFO_IFINDEX)?;
        pdu.show(INT_INFO_IPADDR)?;
        pdu.show(INT_INFO_NAME_PRESENT)?;
        pdu.show(INT_INFO_MTU_PRESENT)?;
    }
    pdu.skip(1)?;
    pdu.within(EXT_LENGTH, len.into(), |pdu| {
        match (class, ctype) {
            (LABELS, 1) => labels(pdu)?,
            (INFORMATION, _) => interface(pdu, ctype)?,
            (IDENTIFICATION, 1) => text(pdu, INT_IDENT_NAME, pdu.wire_remaining())?,
            (IDENTIFICATION, 2) => {
                pdu.take(INT_IDENT_INDEX)?;
            }
            (IDENTIFICATION, 3) => address(pdu)?,
            (IDENTIFICATION, _) => {}
            _ if pdu.wire_remaining() > 0 => {
                pdu.take_rest(EXT_DATA);
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(true)
}

/// A label stack (RFC 4950, section 3).
fn labels(pdu: &mut Pdu<'_>) -> Step {
    while pdu.wire_remaining() >= 4 {
        pdu.show(MPLS_LABEL)?;
        pdu.show(MPLS_EXP)?;
        pdu.take(MPLS_S)?;
        pdu.take(MPLS_TTL)?;
    }
    if pdu.wire_remaining() > 0 {
        pdu.take_rest(MPLS_DATA);
    }
    Ok(())
}

/// Sub-objects of interface information, as the bits of the C-Type say (RFC 5837, section 4.1).
fn interface(pdu: &mut Pdu<'_>, ctype: u8) -> Step {
    if ctype & 0x08 != 0 {
        pdu.take(INT_INFO_INDEX)?;
    }
    if ctype & 0x04 != 0 {
        let family = pdu.take(INT_INFO_AFI)?;
        pdu.take_bytes(RESERVED, 2)?;
        match family {
            1 => {
                pdu.take(INT_INFO_IPV4)?;
            }
            2 => {
                pdu.take(INT_INFO_IPV6)?;
            }
            _ => {
                // How long it is, and so where anything behind it begins, nobody can tell.
                pdu.take_rest(INT_INFO_IPUNKNOWN);
                return Ok(());
            }
        }
    }
    if ctype & 0x02 != 0 {
        let len = usize::from(pdu.take(INT_INFO_NAME_LENGTH)?);
        text(pdu, INT_INFO_NAME, len.saturating_sub(1))?;
    }
    if ctype & 0x01 != 0 {
        pdu.take(INT_INFO_MTU)?;
    }
    Ok(())
}

/// The address of an interface (RFC 8335, section 2.1).
fn address(pdu: &mut Pdu<'_>) -> Step {
    let family = pdu.take(INT_IDENT_AFI)?;
    pdu.take(INT_IDENT_ADDR_LENGTH)?;
    pdu.take_bytes(INT_IDENT_RESERVED, 1)?;
    match family {
        1 => {
            pdu.take(INT_IDENT_IPV4)?;
        }
        2 => {
            pdu.take(INT_IDENT_IPV6)?;
        }
        _ => {
            pdu.take_rest(INT_IDENT_ADDRESS);
        }
    }
    Ok(())
}

/// A text of `len` bytes that is filled up with zeros.
fn text(pdu: &mut Pdu<'_>, field: Handle<Variable>, len: usize) -> Step {
    let shown = pdu.rest().iter().take(len).take_while(|b| **b != 0).count();
    pdu.take_bytes(field, shown)?;
    pdu.skip(len - shown)
}

builtin!(Icmp);
