//! Internet Control Message Protocol (RFC 792): errors, which quote the datagram they are about, and queries.
//!
//! Beyond RFC 792: address masks (RFC 950, appendix I), router discovery (RFC 1256, section 3; with the Mobile IP
//! extensions of RFC 5944, section 2.1), extended echo (RFC 8335); what errors have behind the quoted datagram is in
//! [`extensions`].

mod extensions;

use crate::checksum;
use crate::flag_names::PRESENCE;
use prosector_sdk::prelude::*;
use prosector_sdk::requests::{self, AnswerTo, Asked, Sighting};

/// The dissector.
#[derive(Default)]
pub struct Icmp {
    /// Echo requests, by identifier and sequence number.
    requests: Flows<Asked<(u16, u16)>>,
}

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
        /// When the request was sent, if its data begin with what looks like a time in seconds and microseconds.
        data_time: computed time_ns             "Timestamp from icmp data",
        data_time_relative: computed duration   "Timestamp from icmp data (relative)" linked,
        resp_to: computed u32                   "Request frame" linked,
        /// Milliseconds.
        resptime: computed f64                  "Response time" unit "ms" linked,
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
        int_info.ipaddr: bool(u8) & 0x04        "IP Address" = PRESENCE,
        int_info.name_present: bool(u8) & 0x02  "Interface Name" = PRESENCE,
        int_info.mtu_present: bool(u8) & 0x01   "MTU" = PRESENCE,
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
    stateful
}

/// Passed as context by a protocol that hands on nothing but the extensions of RFC 4884, as ICMPv6 does.
pub(crate) const EXTENSIONS: u64 = 1 << 34;

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
            return extensions::all(pdu);
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
            ECHO_REPLY | ECHO => self.echo(pdu, kind),
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

    fn flow_end(&mut self, flow: u64) {
        self.requests.end(flow);
    }
}

impl Icmp {
    fn echo(&mut self, pdu: &mut Pdu<'_>, kind: u8) -> Step {
        let key = identify(pdu)?;
        let request = requests::pair(&mut self.requests, pdu, kind == ECHO_REPLY, key);
        if let Some(request) = request {
            pdu.computed(RESP_TO, 0..0, request.frame);
            pdu.computed(RESPTIME, 0..0, request.millis_before(pdu));
        }
        say_query(pdu, kind, key, request);
        if let Some(time) = sent(pdu.rest()) {
            let at = pdu.position();
            pdu.computed(DATA_TIME, at..at + 8, time);
            if pdu.flow() != 0 {
                pdu.computed(DATA_TIME_RELATIVE, at..at + 8, pdu.time().saturating_sub(time));
            }
            pdu.skip(8)?;
        }
        pdu.hand_to(DATA);
        Ok(())
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
        Some(bytes) if data.len() == pdu.wire_len() && !pdu.is_quoted() => checksum::plain(bytes),
        _ => checksum::UNVERIFIED,
    }
}

fn query(pdu: &mut Pdu<'_>, kind: u8) -> Step {
    let key = identify(pdu)?;
    say_query(pdu, kind, key, None);
    Ok(())
}

/// Identifier and sequence number.
fn identify(pdu: &mut Pdu<'_>) -> Result<(u16, u16), Stop> {
    let id = pdu.show(IDENT)?;
    pdu.take(IDENT_LE)?;
    let seq = pdu.show(SEQ)?;
    pdu.take(SEQ_LE)?;
    Ok((id, seq))
}

fn say_query(pdu: &mut Pdu<'_>, kind: u8, (id, seq): (u16, u16), request: Option<Sighting>) {
    let (name, swapped) = (Icmp::name(TYPE, kind), seq.swap_bytes());
    pdu.info(format_args!("{name:20} id=0x{id:04x}, seq={seq}/{swapped}{}", AnswerTo(request)));
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
        extensions::all(pdu)?;
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
    if pdu.wire_remaining() > 0 { extensions::all(pdu) } else { Ok(()) }
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

builtin!(Icmp);

#[test]
fn ping_with_the_time_it_was_sent() {
    check::<Icmp>(
        "08 00 2948 03b4 0001  00105e5f 90d00300  64617461",
        expect![[r#"
        Internet Control Message Protocol, Echo (ping) request  id=0x03b4, seq=1/256
          Type: Echo (ping) request (8)
          Code: 0
          Checksum: 0x2948
          Checksum Status: Good (1)
          Identifier (BE): 948
          Identifier (LE): 46083
          Sequence Number (BE): 1
          Sequence Number (LE): 256
          Timestamp from icmp data: Sep 13, 2020 12:26:40.250000000 UTC
        → @data [0]: bytes 16..20
    "#]],
    );
}

#[test]
fn too_long_to_pass() {
    check::<Icmp>(
        "03 04 eb49 0000 05dc  4500001c00010000401166ce0a0000010a000002 03e807d0001e0000",
        expect![[r#"
            Internet Control Message Protocol, Destination unreachable (Fragmentation needed)
              Type: Destination unreachable (3)
              Code: 4
              Checksum: 0xeb49
              Checksum Status: Good (1)
              Unused: 0000
              MTU of next hop: 1500
            → @ip [0]: bytes 8..36
        "#]],
    );
}

#[test]
fn redirect() {
    check::<Icmp>(
        "05 01 e527 0a000001  4500001c00010000401166ce0a0000010a000002 03e807d0001e0000",
        expect![[r#"
            Internet Control Message Protocol, Redirect             (Redirect for host)
              Type: Redirect (5)
              Code: 1
              Checksum: 0xe527
              Checksum Status: Good (1)
              Gateway Address: 10.0.0.1
            → @ip [0]: bytes 8..36
        "#]],
    );
}

#[test]
fn mobility_agent() {
    check::<Icmp>(
        "09 00 ed8d 01 02 0708  0a000002 fffffffb  10 0a 0005 0258 b000 0a000001  13 01 18  00",
        expect![[r#"
            Internet Control Message Protocol, Router advertisement (Normal router advertisement)
              Type: Router advertisement (9)
              Code: 0
              Checksum: 0xed8d
              Checksum Status: Good (1)
              Number of addresses: 1
              Address entry size: 2
              Lifetime: 1800 s
              Router address: 10.0.0.2
              Preference level: -5
              Mobile IP extension: Mobility Agent Advertisement Extension (16)
                Extension Type: Mobility Agent Advertisement Extension (16)
                Length: 10
                Sequence Number: 5
                Registration Lifetime: 600 s
                Flags: 0xb000
                  1... .... .... .... = Registration Required: True
                  .0.. .... .... .... = Busy: False
                  ..1. .... .... .... = Home Agent: True
                  ...1 .... .... .... = Foreign Agent: True
                  .... 0... .... .... = Minimal Encapsulation: False
                  .... .0.. .... .... = GRE: False
                  .... ..0. .... .... = VJ Comp: False
                  .... ...0 .... .... = Reverse tunneling: False
                  .... .... 0... .... = UDP tunneling: False
                  .... .... .0.. .... = Revocation support: False
                  .... .... ..00 0000 = Reserved: 0x00
                Care-Of-Address: 10.0.0.1
              Mobile IP extension: Prefix Lengths Extension (19)
                Extension Type: Prefix Lengths Extension (19)
                Length: 1
                Prefix Length: 24
              Mobile IP extension: One byte padding extension (0)
                Extension Type: One byte padding extension (0)
        "#]],
    );
}

#[test]
fn timestamps() {
    check::<Icmp>(
        "0d 00 c269 0001 0002  02932e00 00000000 00000000",
        expect![[r#"
        Internet Control Message Protocol, Timestamp request    id=0x0001, seq=2/512
          Type: Timestamp request (13)
          Code: 0
          Checksum: 0xc269
          Checksum Status: Good (1)
          Identifier (BE): 1
          Identifier (LE): 256
          Sequence Number (BE): 2
          Sequence Number (LE): 512
          Originate Timestamp: 43200000 ms
          Receive Timestamp: 0 ms
          Transmit Timestamp: 0 ms
    "#]],
    );
}

#[test]
fn extended_echo_is_answered() {
    check::<Icmp>(
        "2b 03 d3ad 0009 01 46",
        expect![[r#"
            Internet Control Message Protocol, Extended Echo reply  (No Such Table Entry)
              Type: Extended Echo reply (43)
              Code: 3
              Checksum: 0xd3ad
              Checksum Status: Good (1)
              Identifier (BE): 9
              Identifier (LE): 2304
              Sequence Number: 1
              State: Reachable (2)
              Reserved: 0x0
              Active bit: True
              IPv4 bit: True
              IPv6 bit: False
        "#]],
    );
}

#[test]
fn cut_short_in_the_sequence_number() {
    check::<Icmp>(
        "08 00 f446 03b4 00",
        expect![[r#"
        Internet Control Message Protocol, Echo (ping) request
          Type: Echo (ping) request (8)
          Code: 0
          Checksum: 0xf446
          Checksum Status: Bad (0)
          Identifier (BE): 948
          Identifier (LE): 46083
          [error] short: icmp.seq needs 2 bytes at offset 6, 1 are there
    "#]],
    );
}

#[test]
fn guesses_of_sending_times() {
    let at = |hex: &str| sent(&prosector_sdk::testkit::parse_hex(hex));
    let second = 1_600_000_000_000_000_000;
    assert_eq!(at("5f5e1000 00000001"), Some(second + 1_000), "big endian");
    assert_eq!(at("00105e5f 01000000"), Some(second + 1_000), "little endian");
    assert_eq!(at("7f615f5f 00000000"), Some(1_600_086_399_000_000_000), "64 bits, little endian");
    assert_eq!(at("5f5e1000 000f4240"), None, "a million microseconds");
    assert_eq!(at("61626364 65666768"), None, "letters");
    assert_eq!(at("5f5e1000 000000"), None, "too short");
}
