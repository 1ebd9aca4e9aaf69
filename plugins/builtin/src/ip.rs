//! IPv4 (RFC 791): header and options; the type-of-service octet as RFC 2474 and RFC 3168 divide it today.

use crate::checksum::{self, STATUS, UNVERIFIED};
use crate::ip_protocols::{IP_PROTOCOLS, Named};
use prosector_sdk::prelude::*;

mod options;

/// The dissector.
#[derive(Default)]
pub struct Ip {
    check_checksum: bool,
}

protocol! {
    /// Internet Protocol, version 4 (RFC 791).
    Ip = ip "IPv4", "Internet Protocol Version 4" {
        version: u8 & 0xf0              "Version",
        hdr_len: u8 & 0x0f * 4          "Header Length" unit "bytes",
        dsfield: u8 hex                 "Differentiated Services Field" {
            dscp: 0xfc                  "Differentiated Services Codepoint" = DSCP,
            ecn: 0x03                   "Explicit Congestion Notification" = ECN,
        },
        len: u16                        "Total Length" unit "bytes",
        /// The length of what was captured, where the header says 0 because the network card was to cut the packet.
        len as LEN_OFFLOADED: computed u32 "Total Length" unit "bytes",
        id: u16 hex                     "Identification",
        flags: u8 hex & 0xe0            "Flags" {
            rb: 0x80                    "Reserved bit" = SET,
            df: 0x40                    "Don't fragment" = SET,
            mf: 0x20                    "More fragments" = SET,
        },
        /// Where the fragment's bytes belong in the packet, in units of 8 bytes.
        frag_offset: u16 & 0x1fff       "Fragment Offset" unit "× 8 bytes",
        ttl: u8                         "Time to Live",
        proto: u8                       "Protocol" = IP_PROTOCOLS,
        checksum: u16 hex               "Header Checksum",
        checksum.status: computed u8    "Header checksum status" = STATUS,
        src: ipv4                       "Source Address" source,
        dst: ipv4                       "Destination Address" destination,
        /// Source and destination, in this order.
        addr: ipv4                      "Source or Destination Address" hidden,
        /// The destination in the header while a source route is not yet at its end.
        cur_rt: ipv4                    "Current Route",

        opt: group                      "Option",
        opt.type: u8                    "Type" {
            copy: 0x80                  "Copy on fragmentation" = { 0 "No", 1 "Yes" },
            class: 0x60                 "Class" = {
                0 "Control", 1 "Reserved for future use", 2 "Debugging and measurement", 3 "Reserved for future use",
            },
            number: 0x1f                "Number" = OPTION_NUMBERS,
        },
        opt.len: u8                     "Length",
        /// The next free place or the next address in the option, counted from 1.
        opt.ptr: u8                     "Pointer",
        rec_rt: ipv4                    "Recorded Route",
        src_rt: ipv4                    "Source Route",
        empty_rt: ipv4                  "Empty Route",
        fragments: group                "IPv4 Fragments",
        fragment: computed u32          "Frame",
        fragment.count: computed u32    "Fragment count",
        reassembled.length: computed u32 "Reassembled IPv4 length" unit "bytes",
        /// Hosts that had no room for their time stamp.
        opt.overflow: u8 & 0xf0         "Overflow",
        opt.flag: u8 hex & 0x0f         "Flag" = {
            0 "Time stamps only", 1 "Time stamp and address", 3 "Time stamps for prespecified addresses",
        },
        opt.time_stamp_addr: ipv4       "Address",
        opt.time_stamp: u32             "Time stamp" unit "ms",
        opt.ra: u16                     "Router Alert" = { 0 "Router shall examine packet", 1..=65535 "Reserved" },
        opt.sid: u16                    "Stream Identifier",
        opt.mtu: u16                    "MTU",
        opt.id_number: u16              "ID Number",
        opt.ohc: u16                    "Outbound Hop Count",
        opt.rhc: u16                    "Return Hop Count",
        opt.originator: ipv4            "Originator IP Address",
        opt.qs_func: u8 & 0xf0          "Function" = { 0 "Rate request", 8 "Rate report" },
        opt.qs_rate: u8 & 0x0f          "Rate" = QS_RATES,
        opt.qs_ttl: u8                  "QS TTL",
        /// IP TTL − QS TTL, modulo 256: it stays the same while every router takes part (RFC 4782, section 3.1).
        opt.qs_ttl_diff: computed u8    "TTL Diff",
        opt.qs_unused: u8               "Not Used",
        opt.qs_nonce: u32 hex & 0xfffffffc "QS Nonce" { .opt.qs_reserved: hex 0x3 "Reserved" },
        opt.sec_rfc791_sec: u16 hex     "Security" = {
            0 "Unclassified", 0xf135 "Confidential", 0x789a "EFTO", 0xbc4d "MMMM", 0x5e26 "PROG",
            0xaf13 "Restricted", 0xd788 "Secret", 0x6bc5 "Top secret",
        },
        opt.sec_rfc791_comp: u16        "Compartments",
        opt.sec_rfc791_hr: str[2]       "Handling Restrictions",
        opt.sec_rfc791_tcc: str[3]      "Transmission Control Code",
        opt.sec_cl: u8 hex              "Classification Level" = {
            0x01 "Reserved 4", 0x3d "Top secret", 0x5a "Secret", 0x96 "Confidential",
            0x66 "Reserved 3", 0xcc "Reserved 2", 0xab "Unclassified", 0xf1 "Reserved 1",
        },
        opt.sec_prot_auth_flags: u8 hex "Protection Authority Flags" {
            .opt.sec_prot_auth_genser: 0x80 "GENSER" = PROTECTED,
            .opt.sec_prot_auth_siop_esi: 0x40 "SIOP-ESI" = PROTECTED,
            .opt.sec_prot_auth_sci: 0x20 "SCI" = PROTECTED,
            .opt.sec_prot_auth_nsa: 0x10 "NSA" = PROTECTED,
            .opt.sec_prot_auth_doe: 0x08 "DOE" = PROTECTED,
            .opt.sec_prot_auth_unassigned: hex 0x06 "Unassigned",
            .opt.sec_prot_auth_fti: 0x01 "Field Termination Indicator" = FTI,
        },
        /// The octets after the first: nothing is assigned in them but their last bit.
        opt.sec_prot_auth_flags as SEC_MORE_FLAGS: u8 hex "Protection Authority Flags" {
            .opt.sec_prot_auth_unassigned as SEC_MORE_UNASSIGNED: hex 0xfe "Unassigned",
            .opt.sec_prot_auth_fti as SEC_MORE_FTI: 0x01 "Field Termination Indicator" = FTI,
        },
        opt.ext_sec_add_sec_info_format_code: u8 hex "Additional Security Info Format Code",
        opt.ext_sec_add_sec_info: bytes "Additional Security Info",
        cipso.doi: u32                  "DOI",
        cipso.tag_type: u8              "Tag Type" = {
            0 "Padding", 1 "Restrictive Category Bitmap", 2 "Enumerated Categories", 5 "Ranged Categories",
            6 "Permissive Categories", 7 "Free Form",
        },
        cipso.sensitivity_level: u8     "Sensitivity Level",
        cipso.categories: computed str  "Categories",
        cipso.tag_data: bytes           "Tag data",
    }
    claims {
        ethertype = 0x0800, link = 228, ip.proto = 4, llc.dsap = 0x06, gre.proto = 0x0800, ppp.protocol = 0x0021,
    }
    tables { PROTO_TABLE: "ip.proto", IPV6: "@ipv6" }
    settings { check_checksum: bool = false "Verify the header checksum" }
}

value_names! {
    /// Flags of one bit.
    SET { 0 "Not set", 1 "Set" }
}

value_names! {
    /// Differentiated services codepoints (RFC 2474, 2597, 3246, 5865, 8622).
    DSCP {
        0 "Default", 1 "Lower Effort", 8 "Class Selector 1", 10 "Assured Forwarding 11",
        12 "Assured Forwarding 12", 14 "Assured Forwarding 13", 16 "Class Selector 2",
        18 "Assured Forwarding 21", 20 "Assured Forwarding 22", 22 "Assured Forwarding 23",
        24 "Class Selector 3", 26 "Assured Forwarding 31", 28 "Assured Forwarding 32",
        30 "Assured Forwarding 33", 32 "Class Selector 4", 34 "Assured Forwarding 41",
        36 "Assured Forwarding 42", 38 "Assured Forwarding 43", 40 "Class Selector 5", 44 "Voice Admit",
        46 "Expedited Forwarding", 48 "Class Selector 6", 56 "Class Selector 7",
    }
}

value_names! {
    /// Explicit congestion notification (RFC 3168, section 5).
    ECN {
        0 "Not ECN-Capable Transport", 1 "ECN-Capable Transport codepoint '01'",
        2 "ECN-Capable Transport codepoint '10'", 3 "Congestion Experienced",
    }
}

value_names! {
    /// Rates of Quick-Start (RFC 4782, section 3.1), in IPv4, IPv6 and TCP.
    QS_RATES {
        0 "0 bit/s", 1 "80 Kbit/s", 2 "160 Kbit/s", 3 "320 Kbit/s", 4 "640 Kbit/s", 5 "1.28 Mbit/s",
        6 "2.56 Mbit/s", 7 "5.12 Mbit/s", 8 "10.24 Mbit/s", 9 "20.48 Mbit/s", 10 "40.96 Mbit/s",
        11 "81.92 Mbit/s", 12 "163.84 Mbit/s", 13 "327.68 Mbit/s", 14 "655.36 Mbit/s", 15 "1.31072 Gbit/s",
    }
}

value_names! {
    /// Option numbers (IANA, "IP Option Numbers").
    OPTION_NUMBERS {
        0 "End of Option List (EOL)", 1 "No-Operation (NOP)", 2 "Security", 3 "Loose source route",
        4 "Time stamp", 5 "Extended security", 6 "Commercial IP security option", 7 "Record route",
        8 "Stream identifier", 9 "Strict source route", 10 "Experimental Measurement", 11 "MTU probe",
        12 "MTU Reply", 13 "Experimental Flow Control", 14 "Experimental Access Control", 15 "Ask Estrin",
        16 "IMI Traffic Descriptor", 17 "Extended Internet Protocol", 18 "Traceroute", 19 "Address Extension",
        20 "Router Alert", 21 "Selective Directed Broadcast", 22 "Unassigned", 23 "Dynamic Packet State",
        24 "Upstream Multicast Packet", 25 "Quick-Start", 30 "RFC 3692-style experiment",
    }
}

value_names! {
    /// Protection authorities (RFC 1108, section 2.4).
    PROTECTED {
        0 "Datagram not protected in accordance with its rules", 1 "Datagram protected in accordance with its rules",
    }
}

value_names! {
    /// Whether another octet of flags follows.
    FTI { 0 "Final octet", 1 "Additional octet present" }
}

impl Dissector for Ip {
    fn configure(&mut self, settings: &Settings) -> Result<(), String> {
        self.check_checksum = settings.is_on("check_checksum");
        Ok(())
    }

    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let version = pdu.show(VERSION)?;
        if version != 4 {
            return other_version(pdu, version);
        }
        let hdr_len = usize::from(pdu.take(HDR_LEN)?);
        if hdr_len < MIN_HEADER {
            pdu.info(format_args!("Bogus IP header length ({hdr_len}, must be at least {MIN_HEADER})"));
            pdu.diagnostic(Severity::Error, "bad-header-length", 0..1, format_args!("{hdr_len} bytes, less than 20"));
            return Ok(());
        }
        pdu.take(DSFIELD)?;
        if !total_length(pdu, hdr_len)? {
            return Ok(());
        }
        let id = pdu.take(ID)?;
        let more = pdu.show(FLAGS)? & 1 != 0;
        let offset = pdu.take(FRAG_OFFSET)?;
        let ttl = pdu.take(TTL)?;
        let proto = pdu.take(PROTO)?;
        pdu.take(CHECKSUM)?;
        if pdu.wants(CHECKSUM_STATUS) {
            let header = pdu.data().get(..hdr_len).filter(|_| self.check_checksum);
            pdu.computed(CHECKSUM_STATUS, 10..12, header.map_or(UNVERIFIED, checksum::plain));
        }
        pdu.show(SRC)?;
        let src = pdu.take(ADDR)?;
        let dst = destination(pdu, hdr_len)?;
        if hdr_len > MIN_HEADER {
            pdu.within(HDR_LEN, hdr_len - MIN_HEADER, |pdu| options::read(pdu, ttl))?;
            // Where the header is longer than what there is, this says so.
            pdu.skip(hdr_len.saturating_sub(pdu.position()))?;
        }
        if more || offset != 0 {
            pdu.info(format_args!(
                "Fragmented IP protocol (proto={}, off={}, ID={id:04x})",
                Named(proto),
                u32::from(offset) * 8,
            ));
        } else {
            pdu.info(format_args!("{}", Named(proto)));
        }
        let context = checksum::addresses_context([src, dst].as_flattened(), false);
        // The first fragment says what it is; one that isn't all here is never put together with others.
        let is_cut_first = offset == 0 && pdu.data().len() < pdu.wire_len();
        let next = pdu.hand_on(PROTO_TABLE, proto).context(context).addresses(12, 16, 4);
        if (more || offset != 0) && !is_cut_first {
            next.fragment(id.into(), usize::from(offset) * 8, more);
        }
        Ok(())
    }
}

/// A header without options.
const MIN_HEADER: usize = 20;

/// Reads the total length and ends the packet there. Returns whether it makes sense to read on.
#[inline(always)]
fn total_length(pdu: &mut Pdu<'_>, hdr_len: usize) -> Result<bool, Stop> {
    let (len, wire_len) = (usize::from(pdu.peek(LEN)?), pdu.wire_len());
    if len == 0 {
        pdu.skip(2)?;
        pdu.computed(LEN_OFFLOADED, 2..4, wire_len);
        return Ok(true);
    }
    pdu.take(LEN)?;
    if len < hdr_len {
        pdu.info(format_args!("Bogus IP length ({len}, less than header length {hdr_len})"));
        let text = format_args!("{len} bytes, less than the header's {hdr_len}");
        pdu.diagnostic(Severity::Error, "bad-length", 2..4, text);
        return Ok(false);
    }
    if len > wire_len {
        pdu.diagnostic(Severity::Warning, "bad-length", 2..4, format_args!("{len} bytes, but there are {wire_len}"));
    }
    pdu.set_len(LEN, len);
    Ok(true)
}

/// Reads the destination in the header. Returns where the packet is to end, which is elsewhere if it has a source route.
#[inline(always)]
fn destination(pdu: &mut Pdu<'_>, hdr_len: usize) -> Result<[u8; 4], Stop> {
    let header = pdu.data();
    if hdr_len > MIN_HEADER
        && let Some(options) = header.get(MIN_HEADER..hdr_len.min(header.len()))
        && let Some(last) = options::final_destination(options)
    {
        pdu.take(CUR_RT)?;
        return Ok(last);
    }
    pdu.show(DST)?;
    pdu.take(ADDR)
}

/// Some senders announce IPv6 as IPv4.
#[cold]
fn other_version(pdu: &mut Pdu<'_>, version: u8) -> Step {
    pdu.info(format_args!("Bogus IP version {version}"));
    pdu.diagnostic(Severity::Error, "bad-version", 0..1, format_args!("version {version}"));
    if version == 6 {
        pdu.hand_to(IPV6);
    }
    Ok(())
}

builtin!(Ip);

#[cfg(test)]
mod tests;
