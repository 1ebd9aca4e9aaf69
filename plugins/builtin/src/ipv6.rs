//! IPv6 (RFC 8200): the fixed header and what its addresses have inside; extension headers in `extensions`, the
//! options of two of them in `options`.

use crate::checksum;
use crate::ip::{DSCP, ECN, QS_RATES};
use crate::ip_protocols::{IP_PROTOCOLS, Named};
use prosector_sdk::prelude::*;

mod addresses;
mod extensions;
mod options;

/// The dissector.
#[derive(Default)]
pub struct Ipv6;

protocol! {
    /// Internet Protocol, version 6 (RFC 8200), with its extension headers.
    Ipv6 = ipv6 "IPv6", "Internet Protocol Version 6" {
        version: u8 & 0xf0              "Version",
        /// Of either version of IP, for filters on both.
        .ip.version as IP_VERSION: u8 & 0xf0 "Version" hidden,
        tclass: u32 hex & 0x0ff00000    "Traffic Class" {
            dscp: 0x0fc00000            "Differentiated Services Codepoint" = DSCP,
            ecn: 0x00300000             "Explicit Congestion Notification" = ECN,
        },
        flow: u24 hex & 0x0fffff        "Flow Label",
        plen: u16                       "Payload Length" unit "bytes",
        nxt: u8                         "Next Header" = IP_PROTOCOLS,
        hlim: u8                        "Hop Limit",
        src: ipv6                       "Source Address" source,
        dst: ipv6                       "Destination Address" destination,
        /// Source and destination, in this order.
        addr: ipv6                      "Source or Destination Address" hidden,

        // What is inside of addresses.
        /// From an interface identifier that was made of a MAC address (RFC 4291, appendix A).
        src_slaac_mac: computed mac     "Source SLAAC MAC",
        dst_slaac_mac: computed mac     "Destination SLAAC MAC",
        slaac_mac: computed mac         "SLAAC MAC" hidden,
        /// RFC 5214, section 6.1.
        src_isatap_ipv4: ipv4           "Source ISATAP IPv4",
        dst_isatap_ipv4: ipv4           "Destination ISATAP IPv4",
        isatap_ipv4: ipv4               "ISATAP IPv4" hidden,
        /// RFC 3056, section 2.
        src_6to4_gw_ipv4: ipv4          "Source 6to4 Gateway IPv4",
        src_6to4_sla_id: u16            "Source 6to4 SLA ID",
        dst_6to4_gw_ipv4: ipv4          "Destination 6to4 Gateway IPv4",
        dst_6to4_sla_id: u16            "Destination 6to4 SLA ID",
        "6to4_gw_ipv4" as SIX_TO_FOUR_GW: ipv4 "6to4 Gateway IPv4" hidden,
        "6to4_sla_id" as SIX_TO_FOUR_SLA: u16 "6to4 SLA ID" hidden,
        /// Teredo (RFC 4380, section 4).
        src_ts_ipv4: ipv4               "Source Teredo Server IPv4",
        src_tc_port: computed u16       "Source Teredo Port",
        src_tc_ipv4: computed ipv4      "Source Teredo Client IPv4",
        dst_ts_ipv4: ipv4               "Destination Teredo Server IPv4",
        dst_tc_port: computed u16       "Destination Teredo Port",
        dst_tc_ipv4: computed ipv4      "Destination Teredo Client IPv4",
        ts_ipv4: ipv4                   "Teredo Server IPv4" hidden,
        tc_port: computed u16           "Teredo Port" hidden,
        tc_ipv4: computed ipv4          "Teredo Client IPv4" hidden,
        /// Below the well-known prefix of NAT64 (RFC 6052, section 2.1).
        src_embed_ipv4: ipv4            "Source Embedded IPv4",
        dst_embed_ipv4: ipv4            "Destination Embedded IPv4",
        embed_ipv4: ipv4                "Embedded IPv4" hidden,

        // Extension headers.
        hopopts: group                  "IPv6 Hop-by-Hop Option",
        hopopts.nxt: u8                 "Next Header" = IP_PROTOCOLS,
        hopopts.len: u8                 "Length" unit "× 8 bytes, without the first 8",
        hopopts.len_oct: computed u16   "Length" unit "bytes",
        dstopts: group                  "Destination Options for IPv6",
        dstopts.nxt: u8                 "Next Header" = IP_PROTOCOLS,
        dstopts.len: u8                 "Length" unit "× 8 bytes, without the first 8",
        dstopts.len_oct: computed u16   "Length" unit "bytes",
        fraghdr: group                  "Fragment Header for IPv6",
        fraghdr.nxt: u8                 "Next header" = IP_PROTOCOLS,
        fraghdr.reserved_octet: u8 hex  "Reserved octet",
        /// Where the fragment's bytes belong in the packet, in units of 8 bytes.
        fraghdr.offset: u16 & 0xfff8    "Offset" unit "× 8 bytes" {
            .fraghdr.reserved_bits: 0x0006 "Reserved bits",
            .fraghdr.more: 0x0001       "More Fragments" = { 0 "No", 1 "Yes" },
        },
        fraghdr.ident: u32 hex          "Identification",
        fragments: group                "IPv6 Fragments",
        fragment: computed u32          "Frame",
        fragment.count: computed u32    "Fragment count",
        reassembled.length: computed u32 "Reassembled IPv6 length" unit "bytes",
        routing: group                  "Routing Header for IPv6",
        routing.nxt: u8                 "Next Header" = IP_PROTOCOLS,
        routing.len: u8                 "Length" unit "× 8 bytes, without the first 8",
        routing.len_oct: computed u16   "Length" unit "bytes",
        routing.type: u8                "Type" = {
            0 "Source Route", 1 "Nimrod", 2 "Type 2 Routing", 3 "RPL Source Route", 4 "Segment Routing",
            5 "Compact Routing Header 16", 6 "Compact Routing Header 32", 253 "Experiment 1", 254 "Experiment 2",
        },
        routing.segleft: u8             "Segments Left",
        routing.src.reserved: bytes[4]  "Reserved",
        routing.src.addr: ipv6          "Address",
        routing.mipv6.reserved: bytes[4] "Reserved",
        routing.mipv6.home_address: ipv6 "Home Address",
        routing.rpl.cmprI: u32 & 0xf0000000 "Compressed Internal Octets (CmprI)" {
            .routing.rpl.cmprE: 0x0f000000 "Compressed Final Octets (CmprE)",
            .routing.rpl.pad: 0x00f00000 "Padding Bytes",
            .routing.rpl.reserved: 0x000fffff "Reserved",
        },
        routing.rpl.addr_count: computed i32 "Total Address Count",
        routing.rpl.address: bytes      "Address",
        routing.rpl.full_address: computed ipv6 "Full Address",
        routing.srh.last_entry: u8      "Last Entry",
        routing.srh.flags: u8 hex       "Flags",
        routing.srh.tag: bytes[2]       "Tag",
        routing.srh.addr: ipv6          "Address",
        routing.crh16.sid: u16          "Segment ID",
        routing.crh32.sid: u32          "Segment ID",
        routing.unknown_data: bytes     "Type-Specific Data",

        // Options.
        opt: group                      "IPv6 Option",
        opt.type: u8 hex                "Type" = {
            0x00 "Pad1", 0x01 "PadN", 0x04 "Tunnel Encapsulation Limit", 0x05 "Router Alert", 0x07 "CALIPSO",
            0x08 "SMF_DPD", 0x0f "Performance and Diagnostic Metrics", 0x1e "Experimental (0x1E)",
            0x26 "Quick-Start", 0x30 "Path MTU Option", 0x31 "IOAM Option", 0x3e "Experimental (0x3E)",
            0x41 "Tunnel Payload Forwarding (TPF) Information", 0x5e "Experimental (0x5E)", 0x63 "RPL Option",
            0x6d "MPL Option", 0x7e "Experimental (0x7E)", 0x8a "Endpoint Identification", 0x8b "ILNP Nonce",
            0x8c "Line-Identification Option", 0x9e "Experimental (0x9E)", 0xbe "Experimental (0xBE)",
            0xc2 "Jumbo Payload", 0xc9 "Home Address", 0xde "Experimental (0xDE)", 0xee "IP_DFF",
            0xfe "Experimental (0xFE)",
        } {
            action: 0xc0                "Action" = {
                0 "Skip and continue", 1 "Discard", 2 "Discard and send ICMP Parameter Problem",
                3 "Discard and send ICMP if not multicast",
            },
            change: 0x20                "May Change" = { 0 "No", 1 "Yes" },
            rest: hex 0x1f              "Low-Order Bits",
        },
        opt.length: u8                  "Length",
        opt.pad1: none                  "Pad1",
        opt.padn: bytes                 "PadN",
        opt.tel: u8                     "Tunnel Encapsulation Limit",
        opt.router_alert: u16           "Router Alert" = { 0 "MLD", 1 "RSVP", 2 "Active Network" },
        opt.jumbo: u32                  "Payload Length" unit "bytes",
        opt.pmtu.min: u16               "Minimum Reported PMTU" unit "bytes",
        opt.pmtu.rtn: u16 & 0xfffe * 2  "Return Minimum PMTU" unit "bytes",
        opt.pmtu.r_flag: bool(u8) & 0x01 "Return Flag",
        opt.calipso.doi: u32            "CALIPSO Domain of Interpretation",
        opt.calipso.cmpt.length: u8     "Compartment Length" unit "× 4 bytes",
        opt.calipso.sens_level: u8      "Sensitivity Level",
        opt.calipso.checksum: u16 hex   "Checksum",
        opt.calipso.cmpt_bitmap: bytes  "Compartment Bitmap",
        opt.smf_dpd.hash_bit: bool(u8) & 0x80 "H-bit",
        opt.smf_dpd.tid_type: u8 & 0x70 "TaggerID Type" = { 0 "NULL", 1 "DEFAULT", 2 "IPv4", 3 "IPv6" },
        opt.smf_dpd.tid_len: u8 & 0x0f  "TaggerID Length" unit "bytes, without the first",
        opt.smf_dpd.tagger_id: bytes    "TaggerID",
        opt.smf_dpd.ident: bytes        "Identifier",
        opt.smf_dpd.hav: bytes          "Hash Assist Value",
        opt.pdm.scale_dtlr: u8          "Scale DTLR",
        opt.pdm.scale_dtls: u8          "Scale DTLS",
        opt.pdm.psn_this_pkt: u16       "PSN This Packet",
        opt.pdm.psn_last_recv: u16      "PSN Last Received",
        opt.pdm.delta_last_recv: u16    "Delta Time Last Received",
        opt.pdm.delta_last_sent: u16    "Delta Time Last Sent",
        opt.qs_func: u8 & 0xf0          "Function" = { 0 "Rate request", 8 "Rate report" },
        opt.qs_rate: u8 & 0x0f          "Rate" = QS_RATES,
        opt.qs_ttl: u8                  "QS TTL",
        opt.qs_unused: u8               "Not Used",
        opt.qs_nonce: u32 hex & 0xfffffffc "QS Nonce" { .opt.qs_reserved: hex 0x3 "Reserved" },
        opt.mipv6.home_address: ipv6    "MIPv6 Home Address",
        opt.rpl.flag: u8 hex            "Flag" {
            o: 0x80                     "Down",
            r: 0x40                     "Rank Error",
            f: 0x20                     "Forwarding Error",
            rsv: hex 0x1f               "Reserved",
        },
        opt.rpl.instance_id: u8 hex     "RPLInstanceID",
        opt.rpl.sender_rank: u16 hex    "Sender Rank",
        opt.ilnp_nonce: bytes           "ILNP Nonce",
        opt.lio.length: u8              "LineIDLen",
        opt.lio.line_id: str            "Line ID",
        opt.mpl.flag: u8 hex            "Flag" {
            s: 0xc0                     "Seed ID Length" = {
                0 "0", 1 "16-bit unsigned integer", 2 "64-bit unsigned integer", 3 "128-bit unsigned integer",
            },
            m: 0x20                     "Largest Sequence",
            v: 0x10                     "Version",
            rsv: hex 0x0f               "Reserved",
        },
        opt.mpl.sequence: u8 hex        "Sequence",
        opt.mpl.seed_id: bytes          "Seed ID",
        opt.dff.flags: u8 hex           "Flags" {
            .opt.dff.flag.ver: 0xc0     "Version (VER)",
            .opt.dff.flag.dup: 0x20     "Duplicate (DUP)",
            .opt.dff.flag.ret: 0x10     "Return (RET)",
            .opt.dff.flag.rsv: hex 0x0f "Reserved",
        },
        opt.dff.sequence_number: u16    "Sequence Number",
        opt.experimental: bytes         "Experimental Option",
        opt.unknown: bytes              "Unknown Option Payload",
        /// Behind what an option of this type should have.
        opt_unknown_data: bytes         "Unknown Data",
    }
    claims {
        ip.proto = [0, 43, 44, 60, 41],
        ethertype = 0x86dd, link = 229, gre.proto = 0x86dd, ppp.protocol = 0x0057,
    }
    tables { PROTO_TABLE: "ip.proto", DATA: "@data" }
}

/// The fixed header.
const HEADER: usize = 40;

impl Dissector for Ipv6 {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        // An extension header behind something else: AH, or even IPv4. They are the first claims.
        if let Some(&kind) = pdu.claim().and_then(|claim| extensions::KINDS.get(claim)) {
            let context = pdu.context();
            return payload(pdu, kind, context, false);
        }
        let version = pdu.show(VERSION)?;
        pdu.show(IP_VERSION)?;
        if version != 6 {
            pdu.info(format_args!("Bogus IP version {version}"));
            pdu.diagnostic(Severity::Error, "bad-version", 0..1, format_args!("version {version}"));
            pdu.hand_to(DATA);
            return Ok(());
        }
        pdu.show(TCLASS)?;
        pdu.skip(1)?;
        pdu.take(FLOW)?;
        let plen = usize::from(pdu.take(PLEN)?);
        let next = pdu.take(NXT)?;
        pdu.take(HLIM)?;
        let wire_len = pdu.wire_len();
        if plen > wire_len.saturating_sub(HEADER) {
            let text = format_args!("{plen} bytes, but there are {}", wire_len.saturating_sub(HEADER));
            pdu.diagnostic(Severity::Warning, "bad-length", 4..6, text);
        }
        let jumbogram = plen == 0 && next == extensions::HOP_BY_HOP;
        if !jumbogram {
            pdu.set_len(PLEN, HEADER + plen);
        }
        pdu.show(SRC)?;
        pdu.take(ADDR)?;
        pdu.show(DST)?;
        pdu.take(ADDR)?;
        addresses::show(pdu);
        let addresses = pdu.data().get(8..HEADER).unwrap_or_default();
        payload(pdu, next, checksum::addresses_context(addresses, true), jumbogram)
    }
}

/// Reads the extension headers from `next` on, then hands on what follows. `jumbogram`: the length is among them.
fn payload(pdu: &mut Pdu<'_>, next: u8, context: u64, jumbogram: bool) -> Step {
    let mut chain = extensions::Chain { next, context, jumbogram, fragment: None };
    loop {
        pdu.info(format_args!("{}", Named(chain.next)));
        if !chain.read(pdu)? {
            break;
        }
    }
    let extensions::Chain { next, context, fragment, .. } = chain;
    if let Some(extensions::Fragment { offset, more, ident }) = fragment {
        let yes = if more { "y" } else { "n" };
        pdu.info(format_args!("IPv6 fragment (off={offset} more={yes} ident=0x{ident:08x} nxt={next})"));
        let next = pdu.hand_on(PROTO_TABLE, next).context(context).addresses(8, 24, 16);
        next.fragment(ident.into(), offset as usize, more);
    } else if next == NO_NEXT_HEADER {
        pdu.hand_to(DATA);
    } else {
        pdu.hand_on(PROTO_TABLE, next).context(context).addresses(8, 24, 16);
    }
    Ok(())
}

/// RFC 8200, section 4.7.
const NO_NEXT_HEADER: u8 = 59;

builtin!(Ipv6);

#[cfg(test)]
mod tests;
