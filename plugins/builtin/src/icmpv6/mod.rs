//! ICMPv6 (RFC 4443): errors, which quote the packet they are about, queries, and all that IPv6 does with neighbors.
//!
//! Here are declarations, header, errors (RFC 4443, section 3; RFC 4884) and echo; [`messages`] has what is left of
//! the types that IANA lists, [`options`] the options of neighbor discovery, [`rpl`] the routing protocol of RFC 6550.

mod messages;
mod names;
mod options;
mod rpl;

use crate::{checksum, icmp};
use names::{INFINITY, PREFERENCES, REGISTRATIONS, SET, TYPES};
use prosector_sdk::prelude::*;
use prosector_sdk::requests::{self, AnswerTo, Asked};

/// The dissector.
#[derive(Default)]
pub struct Icmpv6 {
    /// Echo requests, by identifier and sequence number.
    requests: Flows<Asked<(u16, u16)>>,
}

protocol! {
    /// Internet Control Message Protocol for IPv6: errors, ping, neighbor and group discovery, RPL; RFC 4443.
    Icmpv6 = icmpv6 "ICMPv6", "Internet Control Message Protocol v6" {
        type: u8                            "Type" = TYPES,
        /// What it means depends on the type; the info line names it.
        code: u8                            "Code",
        checksum: u16 hex                   "Checksum",
        checksum.status: computed u8        "Checksum Status" = checksum::STATUS,
        reserved: bytes                     "Reserved",
        data: bytes                         "Data",
        unknown_data: bytes                 "Unknown Data",

        // Errors (RFC 4443, section 3)
        /// In words of eight bytes.
        length: u8                          "Length of original datagram",
        mtu: u32                            "MTU",
        /// Which byte of the quoted packet is the problem.
        pointer: u32                        "Pointer",

        // Echo (RFC 4443, section 4) and extended echo (RFC 8335)
        echo.identifier: u16 hex            "Identifier",
        echo.sequence_number: u16           "Sequence",
        resp_to: computed u32               "Response To" linked,
        /// Milliseconds.
        resptime: computed f64              "Response Time" unit "ms" linked,
        ext.echo.seq: u8                    "Sequence number",
        ext.echo.req.res: u8 hex & 0xfe     "Reserved",
        ext.echo.req.local: bool(u8) & 0x01 "Local bit" = SET,
        ext.echo.rsp.state: u8 & 0xe0       "State" = {
            0 "Reserved", 1 "Incomplete", 2 "Reachable", 3 "Stale", 4 "Delay", 5 "Probe", 6 "Failed",
        },
        ext.echo.rsp.res: u8 hex & 0x18     "Reserved",
        ext.echo.rsp.active: bool(u8) & 4   "Active bit" = SET,
        ext.echo.rsp.ipv4: bool(u8) & 2     "IPv4 bit" = SET,
        ext.echo.rsp.ipv6: bool(u8) & 1     "IPv6 bit" = SET,

        // Multicast listeners (RFC 2710; RFC 3810, section 5)
        mld.maximum_response_delay: u16     "Maximum Response Delay [ms]",
        /// Already decoded from exponent and mantissa, in milliseconds.
        mld.maximum_response_code: computed u32 "Maximum Response Code",
        mld.multicast_address: ipv6         "Multicast Address",
        mld.flag: u8 hex                    "Flags" {
            s: 0x08 "Suppress Router-Side Processing",
            qrv: 0x07 "QRV (Querier's Robustness Variable)",
            reserved: 0xf0 "Reserved",
        },
        mld.qqi: u8                         "QQIC (Querier's Query Interval Code)",
        mld.nb_sources: u16                 "Number of Sources",
        mld.source_address: ipv6            "Source Address",
        mldr.nb_mcast_records: u16          "Number of Multicast Address Records",
        mldr.mar: group                     "Multicast Address Record",
        mldr.mar.record_type: u8            "Record Type" = {
            1 "Include", 2 "Exclude", 3 "Changed to include", 4 "Changed to exclude", 5 "Allow new sources",
            6 "Block old sources",
        },
        /// In words of four bytes.
        mldr.mar.aux_data_len: u8           "Aux Data Len",
        mldr.mar.nb_sources: u16            "Number of Sources",
        mldr.mar.multicast_address: ipv6    "Multicast Address",
        mldr.mar.source_address: ipv6       "Source Address",
        mldr.mar.auxiliary_data: bytes      "Auxiliary Data",

        // Neighbor discovery (RFC 4861, section 4)
        nd.ra.cur_hop_limit: u8             "Cur hop limit",
        nd.ra.flag: u8 hex                  "Flags" {
            m: 0x80 "Managed address configuration" = SET,
            o: 0x40 "Other configuration" = SET,
            h: 0x20 "Home Agent" = SET,
            prf: 0x18 "Prf (Default Router Preference)" = PREFERENCES,
            p: 0x04 "Proxy" = SET,
            rsv: 0x03 "Reserved",
        },
        nd.ra.router_lifetime: u16          "Router lifetime (s)",
        nd.ra.reachable_time: u32           "Reachable time (ms)",
        nd.ra.retrans_timer: u32            "Retrans timer (ms)",
        nd.ns.target_address: ipv6          "Target Address",
        nd.na.flag: u32 hex                 "Flags" {
            r: 0x80000000 "Router" = SET,
            s: 0x40000000 "Solicited" = SET,
            o: 0x20000000 "Override" = SET,
            rsv: 0x1fffffff "Reserved",
        },
        nd.na.target_address: ipv6          "Target Address",
        nd.rd.target_address: ipv6          "Target Address",
        rd.na.destination_address: ipv6     "Destination Address",

        // Options of neighbor discovery, in the order of their types
        opt: group                          "ICMPv6 Option",
        opt.type: u8                        "Type" = options::TYPES,
        /// Of the whole option, in words of eight bytes.
        opt.length: u8                      "Length",
        opt.reserved: none                  "Reserved",
        opt.padding: none                   "Padding",
        opt.linkaddr: mac                   "Link-layer address",
        opt.src_linkaddr: mac               "Source Link-layer address" hidden,
        opt.target_linkaddr: mac            "Target Link-layer address" hidden,
        opt.prefix.length: u8               "Prefix Length",
        opt.prefix.flag: u8 hex             "Flag" {
            l: 0x80 "On-link flag(L)" = SET,
            a: 0x40 "Autonomous address-configuration flag(A)" = SET,
            r: 0x20 "Router address flag(R)" = SET,
            reserved: 0x1f "Reserved",
        },
        opt.prefix.valid_lifetime: u32      "Valid Lifetime" unit "s" = INFINITY,
        opt.prefix.preferred_lifetime: u32  "Preferred Lifetime" unit "s" = INFINITY,
        opt.prefix: ipv6                    "Prefix",
        opt.redirected_packet: none         "Redirected Packet",
        opt.mtu: u32                        "MTU",
        opt.nbma.shortcut_limit: u8         "Shortcut Limit",
        opt.advertisement_interval: u32     "Advertisement Interval" unit "ms",
        opt.home_agent_preference: u16      "Home Agent Preference",
        opt.home_agent_lifetime: u16        "Home Agent Lifetime" unit "s",
        opt.ipv6_address: ipv6              "IPv6 Address",
        opt.cga.pad_length: u8              "Pad Length",
        opt.cga: bytes                      "CGA",
        opt.cga.modifier: bytes             "Modifier",
        opt.cga.subnet_prefix: bytes        "Subnet Prefix",
        opt.cga.count: bytes                "Count",
        opt.cga.subject_public_key_info: none "Subject Public Key Info",
        opt.cga.ext_type: u16               "Ext Type",
        opt.cga.ext_length: u16             "Ext Length",
        opt.cga.ext_data: bytes             "Ext Data",
        opt.rsa.key_hash: bytes             "Key Hash",
        opt.digital_signature_padding: none "Digital Signature and Padding",
        opt.timestamp: computed time_ns     "Timestamp",
        opt.nonce: bytes                    "Nonce",
        /// Of a trust anchor, the type of its name; of a certificate, the type of certificate.
        opt.name_type: u8                   "Name Type",
        opt.name_x501: bytes                "DER Encoded X.501 Name",
        opt.name_type.fqdn: computed str    "FQDN",
        x509_Certificate as X509_CERTIFICATE: none "Certificate",
        opt.certificate_padding: none       "Certificate and Padding",
        opt.ipa.option_code: u8             "Option-code" = {
            1 "Old Care-of Address", 2 "New Care-of Address", 3 "NAR's IP address",
            4 "NAR's Prefix (sent in PrRtAdv)",
        },
        opt.ipa.prefix_len: u8              "Prefix Length",
        opt.ipa.ipv6_address: ipv6          "IPv6 Address",
        opt.nrpi.option_code: u8            "Option-code",
        opt.nrpi.prefix_len: u8             "Prefix Length",
        opt.nrpi.prefix: ipv6               "Prefix",
        opt.lla.option_code: u8             "Option-code" = {
            0 "Wildcard", 1 "Link-layer Address of the New Access Point", 2 "Link-layer Address of the MN",
            3 "Link-layer Address of the NAR", 4 "Link-layer Address of the source",
            5 "The AP belongs to the current interface of the router", 6 "No prefix information available",
            7 "No fast handovers support available",
        },
        opt.lla.bytes: bytes                "Link-Layer Address",
        opt.naack.option_code: u8           "Option-Code",
        opt.naack.status: u8                "Status" = {
            1 "New CoA is invalid, perform address configuration", 2 "New CoA is invalid, use the supplied CoA",
            3 "NCoA is invalid, use NAR's IP address as NCoA in FBU", 4 "PCoA supplied, do not send FBU",
            128 "LLA is unrecognized",
        },
        opt.naack.supplied_ncoa: ipv6       "Supplied NCoA",
        opt.map.distance: u8 & 0xf0         "Distance",
        opt.map.preference: u8 & 0x0f       "Preference",
        opt.map.flag: u8 hex                "Flag" { r: 0x80 "RCoA Flag", reserved: 0x7f "Reserved" },
        opt.map.valid_lifetime: u32         "Valid Lifetime" unit "s",
        opt.map.global_address: ipv6        "Global Address",
        opt.route_info.flag: u8 hex         "Flag" {
            route_preference: 0x18 "Route Preference" = PREFERENCES,
            reserved: 0xe7 "Reserved",
        },
        opt.route_lifetime: u32             "Route Lifetime" unit "s" = INFINITY,
        opt.rdnss.lifetime: u32             "Lifetime" unit "s" = {
            0 "RDNSS address MUST no longer be used", 0xffffffff "Infinity",
        },
        opt.rdnss: ipv6                     "Recursive DNS Servers",
        opt.efo: u16 hex                    "Flags Expansion Option" {
            m: 0x8000 "Managed address configuration" = SET,
            o: 0x4000 "Other configuration" = SET,
            h: 0x2000 "Home Agent" = SET,
            prf: 0x1800 "Prf (Default Router Preference)" = PREFERENCES,
            p: 0x0400 "Proxy" = SET,
            rsv: 0x02ff "Reserved",
        },
        opt.hkr.pad_length: u8              "Pad Length",
        opt.hkr.at: u8 & 0xf0               "AT",
        opt.hkr.reserved: u8 & 0x0f         "Reserved",
        opt.hkr.encryption_public_key: bytes "Handover Key Encryption Public Key",
        opt.hkr.padding: bytes              "Padding",
        opt.hkr.lifetime: u16               "Lifetime" unit "s",
        opt.hkr.encrypted_handover_key: bytes "Encrypted Handover Key",
        opt.hai.option_code: u8             "Option-Code" = {
            1 "Access Network Identifier (AN ID)", 2 "Sector ID",
        },
        opt.hai.length: u8                  "HAI-Length",
        opt.hai.value: bytes                "HAI-Value",
        opt.mn.option_code: u8              "Option-Code" = { 1 "NAI", 2 "IMSI" },
        opt.mn.length: u8                   "MN-Length",
        opt.mn.value: bytes                 "MN-Value",
        opt.dnssl.lifetime: u32             "Lifetime" unit "s" = {
            0 "DNSSL domain name MUST no longer be used", 0xffffffff "Infinity",
        },
        opt.dnssl: computed str             "Domain Names",
        opt.ps.key_hash: bytes              "Key Hash",
        opt.aro.status: u8                  "Status" = REGISTRATIONS,
        opt.aro.registration_lifetime: u16  "Registration Lifetime" unit "min",
        opt.aro.eui64: eui64                "EUI-64",
        "opt.6co.context_length": u8        "Context Length",
        "opt.6co.flag": u8 hex              "Flag" {
            c: 0x10 "Compression Flag" = SET,
            cid: 0x0f "CID",
            reserved: 0xe0 "Reserved",
        },
        "opt.6co.valid_lifetime": u16       "Lifetime" unit "min",
        "opt.6co.context_prefix": ipv6      "Context Prefix",
        opt.abro.version_low: u16           "Version Low",
        opt.abro.version_high: u16          "Version High",
        opt.abro.valid_lifetime: u16        "Valid Lifetime" unit "min",
        "opt.abro.6lbr_address": ipv6       "6LBR Address",
        "opt.6cio.unassigned1": u16 hex & 0xfffe "Unassigned",
        "opt.6cio.flag_g": u16 hex & 0x0001 "G",
        "opt.6cio.unassigned2": u32 hex     "Unassigned",
        opt.captive_portal: str             "Captive Portal",
        opt.pref64.scaled_lifetime: u16 & 0xfff8 "Scaled Lifetime",
        opt.pref64.plc: u16 hex & 0x0007    "PLC (Prefix Length Code)" = {
            0 "96 bits prefix length", 1 "64 bits prefix length", 2 "56 bits prefix length",
            3 "48 bits prefix length", 4 "40 bits prefix length", 5 "32 bits prefix length",
        },
        opt.pref64.prefix: ipv6             "Prefix",

        // Router renumbering (RFC 2894, section 3)
        rr.sequence_number: u32             "Sequence Number",
        rr.segment_number: u8               "Segment Number",
        rr.flag: u8 hex                     "Flags" {
            t: 0x80 "Test Command" = SET,
            r: 0x40 "Result requested" = SET,
            a: 0x20 "All Interfaces" = SET,
            s: 0x10 "Site-specific" = SET,
            p: 0x08 "Processed previously" = SET,
            rsv: 0x07 "Reserved",
        },
        rr.maxdelay: u16                    "Max Delay" unit "ms",
        rr.pco.mp: group                    "Match-Prefix Part",
        rr.pco.mp.opcode: u8                "OpCode" = { 1 "Add", 2 "Change", 3 "Set Global" },
        rr.pco.mp.oplength: u8              "OpLength",
        rr.pco.mp.ordinal: u8 hex           "Ordinal",
        rr.pco.mp.matchlen: u8              "MatchLen",
        rr.pco.mp.minlen: u8                "MinLen",
        rr.pco.mp.maxlen: u8                "MaxLen",
        rr.pco.mp.matchprefix: ipv6         "MatchPrefix",
        rr.pco.up: group                    "Use-Prefix Part",
        rr.pco.up.uselen: u8                "UseLen",
        rr.pco.up.keeplen: u8               "KeepLen",
        rr.pco.up.flagmask: u8 hex          "FlagMask" {
            l: 0x80 "On-link flag(L)" = SET,
            a: 0x40 "Autonomous address-configuration flag(A)" = SET,
            reserved: 0x3f "Reserved",
        },
        rr.pco.up.raflags: u8 hex           "RAFlags",
        rr.pco.up.validlifetime: u32        "Valid Lifetime" unit "s" = INFINITY,
        rr.pco.up.preferredlifetime: u32    "Preferred Lifetime" unit "s" = INFINITY,
        rr.pco.up.flag: u32 hex             "Flags" {
            v: 0x80000000 "Decrement valid lifetime" = SET,
            p: 0x40000000 "Decrement preferred lifetime" = SET,
            reserved: 0x3fffffff "Reserved",
        },
        rr.pco.up.useprefix: ipv6           "UsePrefix",
        rr.rm: group                        "Result Message",
        rr.rm.flag: u16 hex                 "Flags" {
            b: 0x0002 "Bounds" = SET,
            f: 0x0001 "Forbidden" = SET,
            reserved: 0xfffc "Reserved",
        },
        rr.rm.ordinal: u8 hex               "Ordinal",
        rr.rm.matchedlen: u8                "MatchedLen",
        rr.rm.interfaceindex: u32           "InterfaceIndex",
        rr.rm.matchedprefix: ipv6           "MatchedPrefix",

        // Node information (RFC 4620, section 4)
        ni.qtype: u16                       "Qtype" = {
            0 "NOOP", 1 "Supported query types (Obsolete)", 2 "Node Name", 3 "Node addresses",
            4 "IPv4 node addresses",
        },
        ni.flag: u16 hex                    "Flags" {
            g: 0x0020 "Global-scope addresses" = SET,
            s: 0x0010 "Site-local addresses" = SET,
            l: 0x0008 "Link-local addresses" = SET,
            c: 0x0004 "Compression" = SET,
            a: 0x0002 "Unicast Addresses" = {
                0 "Unicast addresses on the queried interface", 1 "All unicast address",
            },
            t: 0x0001 "Truncated" = SET,
            rsv: hex 0xffc0 "Reserved",
        },
        ni.nonce: u64 hex                   "Nonce",
        ni.query.subject_ipv6: ipv6         "IPv6 subject address",
        ni.query.subject_fqdn: computed str "FQDN subject",
        ni.query.subject_ipv4: ipv4         "IPv4 subject address",
        ni.reply.node_ttl: u32              "TTL" unit "s",
        ni.reply.node_name: computed str    "Name Node",
        ni.reply.node_address: ipv6         "IPv6 Node address",
        ni.reply.ipv4_address: ipv4         "IPv4 Node address",

        // Mobility: RFC 6275, section 6.5 to 6.8; RFC 5568, section 6
        mip6.identifier: u16                "Identifier",
        mip6.home_agent_address: ipv6       "Home Agent Address",
        mip6.flag: u16 hex                  "Flags" {
            m: 0x8000 "Managed address configuration" = SET,
            o: 0x4000 "Other configuration" = SET,
            rsv: 0x3fff "Reserved",
        },
        fmip6.subtype: u8                   "Subtype" = {
            2 "Router Solicitation for Proxy Advertisement", 3 "Proxy Router Advertisement", 4 "Handover Initiate",
            5 "Handover Acknowledge",
        },
        fmip6.hi.flag: u8 hex               "Flag" {
            s: 0x80 "Assigned address configuration" = SET,
            a: 0x40 "Buffer" = SET,
            reserved: 0x3f "Reserved",
        },
        fmip6.identifier: u16               "Identifier",

        // Certification paths (RFC 3971, section 6.4)
        send.identifier: u16                "Identifier",
        send.all_components: u16            "All Components",
        send.component: u16                 "Component",

        // Multicast router discovery (RFC 4286, section 3)
        mcast_ra.query_interval: u16        "Query Interval",
        mcast_ra.robustness_variable: u16   "Robustness Variable",

        // Locator updates (RFC 6743, section 3)
        ilnp.nb_locs: u8                    "Num of Locs",
        ilnp.nb_locator: u64 hex            "Locator",
        ilnp.nb_preference: u16             "Preference",
        ilnp.nb_lifetime: u16               "Lifetime",

        // Duplicate addresses in 6LoWPAN (RFC 6775, section 4.4)
        "6lowpannd.da.status" as DA_STATUS: u8 "Status" = REGISTRATIONS,
        "6lowpannd.da.rsv" as DA_RSV: u8    "Reserved",
        "6lowpannd.da.lifetime" as DA_LIFETIME: u16 "Lifetime" unit "min",
        "6lowpannd.da.eui64" as DA_EUI64: eui64 "EUI-64",
        "6lowpannd.da.reg_addr" as DA_REG_ADDR: ipv6 "Registered Address",

        // Multicast in low-power networks (RFC 7731, section 6.2)
        mpl.seed_info: group                "MPL Seed Info",
        mpl.seed_info.min_sequence: u8      "MinSequence",
        mpl.seed_info.bm_len: u8 & 0xfc     "Buffered Messages Length",
        mpl.seed_info.s: u8 & 0x03          "Seed ID Length" = {
            0 "0 bit, not included in MPL Seed Info", 1 "16 bits", 2 "64 bits", 3 "128 bits",
        },
        mpl.seed_info.seed_id: computed str "Seed ID",
        /// Read from the bits of the buffered messages.
        mpl.seed_info.sequence: computed u8 "Sequence",

        // RPL (RFC 6550, section 6)
        rpl.secure.flag: u8 hex             "Flags" { t: 0x80 "Counter is Time (T)", rsv: 0x7f "Reserved" },
        rpl.secure.algorithm: u8            "Algorithm" = {
            0 "Encryption: CCM with AES-128 / Signature: RSA with SHA-256",
        },
        rpl.secure.kim: u8 & 0xc0           "Key Identifier Mode (KIM)",
        rpl.secure.lvl: u8 & 0x07           "Security Level (LVL)",
        rpl.secure.rsv: u8 & 0x38           "Reserved",
        rpl.secure.counter: u32             "Counter",
        rpl.secure.key.source: bytes[8]     "Key Source",
        rpl.secure.key.index: u8            "Key Index",
        rpl.dis.flags: u8                   "Flags",
        rpl.dio.instance: u8                "RPLInstanceID",
        rpl.dio.version: u8                 "Version",
        rpl.dio.rank: u16                   "Rank",
        rpl.dio.flag: u8 hex                "Flags" {
            g: 0x80 "Grounded (G)",
            "0" as RPL_DIO_FLAG_ZERO: 0x40 "Zero",
            mop: hex 0x38 "Mode of Operation (MOP)" = {
                0 "No Downward routes maintained by RPL", 1 "Non-Storing Mode of Operation",
                2 "Storing Mode of Operation with no multicast support",
                3 "Storing Mode of Operation with multicast support", 4 "P2P Route Discovery Mode of Operation",
            },
            preference: 0x07 "DODAG Preference",
        },
        rpl.dio.dtsn: u8                    "Destination Advertisement Trigger Sequence Number (DTSN)",
        rpl.dio.dagid: ipv6                 "DODAGID",
        rpl.dao.instance: u8                "RPLInstanceID",
        rpl.dao.flag: u8 hex                "Flags" {
            k: 0x80 "DAO-ACK Request (K)",
            d: 0x40 "DODAGID Present (D)",
            rsv: 0x3f "Reserved",
        },
        rpl.dao.sequence: u8                "DAO Sequence",
        rpl.dao.dodagid: ipv6               "DODAGID",
        rpl.daoack.instance: u8             "RPLInstanceID",
        rpl.daoack.flag: u8 hex             "Flag" { d: 0x80 "DODAGID Present (D)", rsv: 0x7f "Reserved" },
        rpl.daoack.sequence: u8             "DAO-ACK Sequence",
        rpl.daoack.status: u8               "Status",
        rpl.daoack.dodagid: ipv6            "DODAGID",
        rpl.cc.instance: u8                 "RPLInstanceID",
        rpl.cc.flag: u8 hex                 "Flag" { r: 0x80 "Response (R)", rsv: 0x7f "Reserved" },
        rpl.cc.nonce: u16 hex               "CC Nonce",
        rpl.cc.dodagid: ipv6                "DODAGID",
        rpl.cc.destination_counter: u32     "Destination Counter",
        rpl.p2p.dro.instance: u8            "RPLInstanceID",
        rpl.p2p.dro.version: u8             "Version",
        rpl.p2p.dro.flag: u16 hex           "Flags" {
            stop: 0x8000 "Stop",
            ack: 0x4000 "Ack",
            seq: 0x3000 "Seq",
            reserved: 0x0fff "Reserved",
        },
        rpl.p2p.dro.dagid: ipv6             "DODAGID",
        rpl.p2p.droack.flag: u16 hex        "Flags" { seq: 0xc000 "Seq", reserved: 0x3fff "Reserved" },

        // Options of RPL, in the order of their types
        rpl.opt.type: u8                    "Type" = rpl::OPTION_TYPES,
        rpl.opt.length: u8                  "Length",
        rpl.opt.reserved: none              "Reserved",
        rpl.opt.padn: none                  "Padding",
        rpl.opt.metric.type: u8             "Routing Metric/Constraint Type" = {
            1 "Node State and Attribute", 2 "Node Energy", 3 "Hop Count", 4 "Link Throughput", 5 "Link Latency",
            6 "Link Quality Level", 7 "Link ETX", 8 "Link Color",
        },
        rpl.opt.metric.flags: u16 hex       "Flags" {
            .rpl.opt.metric.reserved: hex 0xf800 "Reserved Flags",
            .rpl.opt.metric.flag.p: 0x0400 "Flag P" = SET,
            .rpl.opt.metric.flag.c: 0x0200 "Flag C" = SET,
            .rpl.opt.metric.flag.o: 0x0100 "Flag O" = SET,
            .rpl.opt.metric.flag.r: 0x0080 "Flag R" = SET,
            .rpl.opt.metric.flag.a: hex 0x0070 "A Field",
            .rpl.opt.metric.prec: hex 0x000f "Precedence field",
        },
        rpl.opt.metric.length: u8           "Metric Length",
        rpl.opt.metric.nsa.object: u16 hex  "Node State and Attribute Object" {
            reserved: hex 0xff00 "Reserved field",
            flags: hex 0x00fc "Flags",
            flag.a: 0x0002 "Flag A" = SET,
            flag.o: 0x0001 "Flag O" = SET,
        },
        rpl.opt.metric.nsa.object.opttlv.object: u8 "Node State and Attribute Optional TLV",
        rpl.opt.metric.nsa.object.opttlv.object.type: u8 "Node State and Attribute Optional TLV Type",
        rpl.opt.metric.nsa.object.opttlv.object.length: u8 "Node State and Attribute Optional TLV Length",
        rpl.opt.metric.nsa.object.opttlv.object.data: bytes "Raw Data",
        rpl.opt.metric.ne.object: u16 hex   "Node Energy Object" {
            flags: hex 0xf000 "Flags field",
            flag.i: 0x0800 "Flag I" = SET,
            type: hex 0x0600 "Type",
            flag.e: 0x0100 "Flag E" = SET,
            energy: hex 0x00ff "Energy",
        },
        rpl.opt.metric.hp.object: u16 hex   "Hop Count Object" {
            reserved: hex 0xf000 "Reserved field",
            flags: hex 0x0f00 "Flags",
            hp: 0x00ff "Hop Count",
        },
        rpl.opt.metric.lt.object.lt: u32    "Link Throughput",
        rpl.opt.metric.ll.object.ll: u32    "Link Latency",
        rpl.opt.metric.lql.object.res: u8 hex "Reserved field",
        rpl.opt.metric.lql.object: u8 hex   "Link Quality Level Object" {
            val: hex 0xe0 "Val(ue)",
            counter: 0x1f "Counter",
        },
        rpl.opt.metric.etx.object.etx: u16  "ETX",
        rpl.opt.metric.lc.object.res: u8 hex "Reserved field",
        rpl.opt.metric.lc.object: group     "Link Color Object",
        rpl.opt.metric.lc.object.lc: u16 hex & 0xffc0 "Link Color",
        rpl.opt.metric.lc.object.counter: u16 & 0x003f "Counter",
        rpl.opt.metric.lc.object.reserved: u16 & 0x003e "Reserved",
        rpl.opt.metric.lc.object.flag.i: u16 & 0x0001 "Flag I",
        rpl.opt.route.prefix_length: u8     "Prefix Length",
        rpl.opt.route.flag: u8 hex          "Flag" {
            .rpl.opt.route.pref: 0x18 "Preference" = PREFERENCES,
            .rpl.opt.route.reserved: 0xe7 "Reserved",
        },
        rpl.opt.route.lifetime: u32         "Route Lifetime" unit "s" = INFINITY,
        rpl.opt.route.prefix: ipv6          "Prefix",
        rpl.opt.config.flag: u8 hex         "Flag" {
            .rpl.opt.config.reserved: 0xf0 "Reserved",
            .rpl.opt.config.auth: 0x08 "Authentication Enabled" = SET,
            .rpl.opt.config.pcs: 0x07 "Path Control Size",
        },
        rpl.opt.config.interval_double: u8  "DIOIntervalDoublings",
        rpl.opt.config.interval_min: u8     "DIOIntervalMin",
        rpl.opt.config.redundancy: u8       "DIORedundancyConstant",
        rpl.opt.config.max_rank_inc: u16    "MaxRankInc",
        rpl.opt.config.min_hop_rank_inc: u16 "MinHopRankInc",
        rpl.opt.config.ocp: u16             "OCP (Objective Code Point)",
        rpl.opt.config.rsv: u8              "Reserved",
        rpl.opt.config.def_lifetime: u8     "Default Lifetime",
        rpl.opt.config.lifetime_unit: u16   "Lifetime Unit",
        rpl.opt.target.flag: none           "Reserved",
        rpl.opt.target.prefix_length: u8    "Target Length",
        rpl.opt.target.prefix: ipv6         "Target",
        rpl.opt.transit.flag: u8 hex        "Flags" { e: 0x80 "External" = SET, rsv: 0x7f "Reserved" },
        rpl.opt.transit.pathctl: u8         "Path Control",
        rpl.opt.transit.pathseq: u8         "Path Sequence",
        rpl.opt.transit.pathlifetime: u8    "Path Lifetime",
        rpl.opt.transit.parent: ipv6        "Parent Address",
        rpl.opt.solicited.instance: u8      "Instance",
        rpl.opt.solicited.flag: u8 hex      "Flag" {
            v: 0x80 "Version predicate",
            i: 0x40 "InstanceID predicate",
            d: 0x20 "DODAGID predicate",
            rsv: 0x1f "Reserved",
        },
        rpl.opt.solicited.dodagid: ipv6     "DODAGID",
        rpl.opt.solicited.version: u8       "Version",
        rpl.opt.prefix.length: u8           "Prefix Length",
        rpl.opt.prefix.flag: u8 hex         "Flag" {
            l: 0x80 "On Link" = SET,
            .rpl.opt.config.flag.a: 0x40 "Auto Address Config" = SET,
            .rpl.opt.config.flag.r: 0x20 "Router Address" = SET,
            .rpl.opt.config.flag.rsv: 0x1f "Reserved",
        },
        rpl.opt.prefix.valid_lifetime: u32  "Valid Lifetime" unit "s" = INFINITY,
        rpl.opt.prefix.preferred_lifetime: u32 "Preferred Lifetime" unit "s" = INFINITY,
        rpl.opt.prefix: ipv6                "Destination Prefix",
        rpl.opt.targetdesc.descriptor: u32 hex "Descriptor",
        rpl.opt.routediscovery.flag: none   "Flags",
        rpl.opt.routediscovery.flag.reply: bool(u8) & 0x80 "Reply",
        rpl.opt.routediscovery.flag.hopbyhop: bool(u8) & 0x40 "Hop-by-Hop",
        rpl.opt.routediscovery.flag.numofroutes: u8 & 0x30 "Number of Routes",
        /// Bytes that addresses share with the DODAGID and that are left out.
        rpl.opt.routediscovery.flag.compr: u8 & 0x0f "Compr",
        rpl.opt.routediscovery.lifetime: u8 & 0xc0 "Lifetime",
        rpl.opt.routediscovery.maxrank: u8 & 0x3f "MaxRank",
        rpl.opt.routediscovery.nh: u8 & 0x3f "NH",
        rpl.opt.routediscovery.targetaddr: ipv6 "Target Address",
        rpl.opt.routediscovery.addr_vec: group "Address Vector",
        rpl.opt.routediscovery.addrvec.addr: ipv6 "Address",
    }
    claims { ip.proto = 58 }
    tables { IPV6: "@ipv6", ICMP: "@icmp", PAYLOAD: "@data" }
    stateful
}

impl Dissector for Icmpv6 {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let kind = pdu.take(TYPE)?;
        let code = pdu.take(CODE)?;
        names::say(pdu, kind, code);
        pdu.take(CHECKSUM)?;
        if pdu.wants(CHECKSUM_STATUS) {
            let data = pdu.data();
            let status = match data.len() == pdu.wire_len() && !pdu.is_quoted() {
                true => checksum::with_pseudo_header(pdu.context(), 58, data),
                false => checksum::UNVERIFIED,
            };
            pdu.computed(CHECKSUM_STATUS, 2..4, status);
        }
        match kind {
            1..=4 => error(pdu, kind),
            128 | 129 => self.echo(pdu, kind),
            130 => messages::listener_query(pdu),
            131 | 132 => messages::listener(pdu),
            133..=137 | 141 | 142 => messages::neighbor(pdu, kind),
            138 => messages::renumbering(pdu, code),
            139 => messages::node_query(pdu, code),
            140 => messages::node_reply(pdu),
            143 => messages::listener_report(pdu),
            144..=147 => messages::mobile_prefix(pdu, kind),
            148 | 149 => messages::certification_path(pdu, kind),
            150 | 154 => messages::fast_handover(pdu, kind),
            151 => messages::multicast_router(pdu),
            152 | 153 => Ok(()),
            155 => rpl::message(pdu, code),
            156 => messages::locators(pdu),
            157 | 158 => messages::duplicate_address(pdu),
            159 => messages::seeds(pdu),
            160 | 161 => extended_echo(pdu, kind),
            _ => {
                pdu.take_rest(DATA);
                Ok(())
            }
        }
    }

    fn flow_end(&mut self, flow: u64) {
        self.requests.end(flow);
    }
}

impl Icmpv6 {
    fn echo(&mut self, pdu: &mut Pdu<'_>, kind: u8) -> Step {
        let id = pdu.take(ECHO_IDENTIFIER)?;
        let seq = pdu.take(ECHO_SEQUENCE_NUMBER)?;
        let request = requests::pair(&mut self.requests, pdu, kind == 129, (id, seq));
        if let Some(request) = request {
            pdu.computed(RESP_TO, 0..0, request.frame);
            pdu.computed(RESPTIME, 0..0, request.millis_before(pdu));
        }
        let name = Icmpv6::name(TYPE, kind);
        pdu.info(format_args!("{name} id=0x{id:04x}, seq={seq}{}", AnswerTo(request)));
        pdu.hand_to(PAYLOAD);
        Ok(())
    }
}

fn error(pdu: &mut Pdu<'_>, kind: u8) -> Step {
    // RFC 4884, section 4: a length in what used to be an unused byte; only these two types have it.
    let mut quoted = usize::MAX;
    match kind {
        2 => {
            pdu.take(MTU)?;
        }
        4 => {
            pdu.take(POINTER)?;
        }
        _ if pdu.peek(LENGTH)? > 0 => {
            quoted = usize::from(pdu.take(LENGTH)?) * 8;
            pdu.take_bytes(RESERVED, 3)?;
        }
        _ => {
            pdu.take_bytes(RESERVED, 4)?;
        }
    }
    pdu.hand_to(IPV6).quoted().len(quoted);
    if pdu.wire_remaining() > quoted {
        pdu.skip(quoted)?;
        pdu.hand_to(ICMP).context(icmp::EXTENSIONS);
    }
    Ok(())
}

fn extended_echo(pdu: &mut Pdu<'_>, kind: u8) -> Step {
    pdu.take(ECHO_IDENTIFIER)?;
    pdu.take(EXT_ECHO_SEQ)?;
    if kind == 160 {
        pdu.show(EXT_ECHO_REQ_RES)?;
        pdu.take(EXT_ECHO_REQ_LOCAL)?;
        if pdu.wire_remaining() > 0 {
            pdu.hand_to(ICMP).context(icmp::EXTENSIONS);
        }
    } else {
        pdu.show(EXT_ECHO_RSP_STATE)?;
        pdu.show(EXT_ECHO_RSP_RES)?;
        pdu.show(EXT_ECHO_RSP_ACTIVE)?;
        pdu.show(EXT_ECHO_RSP_IPV4)?;
        pdu.take(EXT_ECHO_RSP_IPV6)?;
    }
    Ok(())
}

builtin!(Icmpv6);

#[test]
fn ping() {
    check::<Icmpv6>(
        "80 00 5b6e 03b4 0001  64617461",
        expect![[r#"
        Internet Control Message Protocol v6, Echo (ping) request id=0x03b4, seq=1
          Type: Echo (ping) request (128)
          Code: 0
          Checksum: 0x5b6e
          Checksum Status: Unverified (2)
          Identifier: 0x03b4
          Sequence: 1
        → @data [0]: bytes 8..12
    "#]],
    );
}

#[test]
fn too_big_quotes_the_start_of_a_packet() {
    check::<Icmpv6>(
        "02 00 1234 000005dc  60000000 0014 3aff",
        expect![[r#"
        Internet Control Message Protocol v6, Packet Too Big
          Type: Packet Too Big (2)
          Code: 0
          Checksum: 0x1234
          Checksum Status: Unverified (2)
          MTU: 1500
        → @ipv6 [0]: bytes 8..16
    "#]],
    );
}

#[test]
fn unreachable_with_extensions() {
    check::<Icmpv6>(
        "01 04 1234 01 000000  60000000 0000 3b40  20 00 0000 0008 01 01 0001710a",
        expect![[r#"
            Internet Control Message Protocol v6, Destination Unreachable (Port unreachable)
              Type: Destination Unreachable (1)
              Code: 4
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Length of original datagram: 1
              Reserved: 000000
            → @ipv6 [0]: bytes 8..16
            → @icmp [0]: bytes 16..28
        "#]],
    );
}

#[test]
fn extended_echo_is_answered() {
    check::<Icmpv6>(
        "a1 00 1234 0009 01 47",
        expect![[r#"
            Internet Control Message Protocol v6, Extended Echo reply (No error)
              Type: Extended Echo reply (161)
              Code: 0
              Checksum: 0x1234
              Checksum Status: Unverified (2)
              Identifier: 0x0009
              Sequence number: 1
              State: Reachable (2)
              Reserved: 0x0
              Active bit: Set
              IPv4 bit: Set
              IPv6 bit: Set
        "#]],
    );
}

#[test]
fn an_unknown_type() {
    check::<Icmpv6>(
        "0c 01 1234 0102030405",
        expect![[r#"
        Internet Control Message Protocol v6, Unknown (12)
          Type: 12
          Code: 1
          Checksum: 0x1234
          Checksum Status: Unverified (2)
          Data: 0102030405
    "#]],
    );
}

#[test]
fn cut_short_in_the_checksum() {
    check::<Icmpv6>(
        "80 00 5b",
        expect![[r#"
        Internet Control Message Protocol v6, Echo (ping) request
          Type: Echo (ping) request (128)
          Code: 0
          [error] short: icmpv6.checksum needs 2 bytes at offset 2, 1 are there
    "#]],
    );
}
