//! OSPF, versions 2 (RFC 2328) and 3 (RFC 5340): packets here, LSAs in `v2` and `v3`, what opaque LSAs carry in `opaque`.

use crate::flag_names::{CAPABLE, ENABLED, PRESENCE, SUPPORTED};
use prosector_sdk::handle::Handle;
use prosector_sdk::prelude::*;

mod opaque;
mod v2;
mod v3;

/// The dissector.
#[derive(Default)]
pub struct Ospf;

protocol! {
    /// Open Shortest Path First, versions 2 and 3.
    Ospf = ospf "OSPF", "Open Shortest Path First" {
        header: group                           "OSPF Header",
        version: u8                             "Version",
        msg: u8                                 "Message Type" = {
            1 "Hello Packet", 2 "DB Description", 3 "LS Request", 4 "LS Update", 5 "LS Acknowledge",
        },
        packet_length: u16                      "Packet Length",
        srcrouter: ipv4                         "Source OSPF Router",
        area_id: ipv4                           "Area ID",
        checksum: u16 hex                       "Checksum",
        instance_id: u8                         "Instance ID" = {
            0 "IPv6 unicast AF", 1..=31 "IPv6 unicast AF, local policy", 32 "IPv6 multicast AF",
            33..=63 "IPv6 multicast AF, local policy", 64 "IPv4 unicast AF", 65..=95 "IPv4 unicast AF, local policy",
            96 "IPv4 multicast AF", 97..=127 "IPv4 multicast AF, local policy", 128..=255 "Unassigned",
        },
        reserved: bytes                         "Reserved",
        msg.hello: computed bool                "Hello" hidden,
        msg.dbdesc: computed bool               "Database Description" hidden,
        msg.lsreq: computed bool                "Link State Adv Request" hidden,
        msg.lsupdate: computed bool             "Link State Adv Update" hidden,
        msg.lsack: computed bool                "Link State Adv Acknowledgement" hidden,

        auth.type: u16                          "Auth Type" = {
            0 "Null", 1 "Simple password", 2 "Cryptographic",
        },
        auth.none: bytes[8]                     "Auth Data (none)",
        auth.simple: str[8]                     "Auth Data (Simple)",
        auth.crypt.key_id: u8                   "Auth Crypt Key id",
        auth.crypt.data_length: u8              "Auth Crypt Data Length",
        auth.crypt.seq_nbr: u32                 "Auth Crypt Sequence Number",
        auth.crypt.data: bytes                  "Auth Crypt Data",
        auth.unknown: bytes[8]                  "Auth Unknown",
        at: group                               "OSPF Authentication Trailer",
        at.auth_type: u16                       "Authentication Type" = { 1 "HMAC Cryptographic Authentication" },
        at.auth_data_len: u16                   "Authentication Data Length",
        at.reserved: u16 hex                    "Reserved",
        at.sa_id: u16 hex                       "Security Association Identifier (SA ID)",
        at.crypto_seq_nbr: u64                  "Cryptographic Sequence Number",
        at.auth_data: bytes                     "Authentication Data",

        hello: group                            "OSPF Hello Packet",
        hello.network_mask: ipv4                "Network Mask",
        hello.interface_id: u32                 "Interface ID",
        hello.hello_interval: u16               "Hello Interval [sec]",
        hello.router_priority: u8               "Router Priority",
        hello.router_dead_interval: u32         "Router Dead Interval [sec]",
        hello.router_dead_interval as V3_DEAD_INTERVAL: u16 "Router Dead Interval [sec]",
        hello.designated_router: ipv4           "Designated Router",
        hello.backup_designated_router: ipv4    "Backup Designated Router",
        hello.active_neighbor: ipv4             "Active Neighbor",

        db: group                               "OSPF DB Description",
        db.interface_mtu: u16                   "Interface MTU",
        dbd: u8 hex                             "DB Description" {
            r: 0x08                             "(R) OOBResync" = SET,
            i: 0x04                             "(I) Init" = SET,
            m: 0x02                             "(M) More" = SET,
            ms: 0x01                            "(MS) Master",
        },
        db.dd_sequence: u32                     "DD Sequence",
        ls.request: group                       "Link State Request",
        link_state_id: ipv4                     "Link State ID",
        advrouter: ipv4                         "Advertising Router",
        ls.number_of_lsas: u32                  "Number of LSAs",

        v2.options: u8 hex                      "Options" {
            dn: 0x80                            "DN" = SET,
            o: 0x40                             "O" = SET,
            dc: 0x20                            "(DC) Demand Circuits" = { 0 "Not supported", 1 "Supported" },
            l: 0x10                             "(L) LLS Data block" = { 0 "Not Present", 1 "Present" },
            n: 0x08                             "(N) NSSA" = { 0 "Not supported", 1 "Supported" },
            mc: 0x04                            "(MC) Multicast" = { 0 "Not capable", 1 "Capable" },
            e: 0x02                             "(E) External Routing" = { 0 "Not capable", 1 "Capable" },
            mt: 0x01                            "(MT) Multi-Topology Routing",
        },
        /// In LSAs of type 7 and the headers of these, where bit 0x08 has another meaning.
        v2.options as NSSA_OPTIONS: u8 hex      "Options" {
            dn as NSSA_DN: 0x80                 "DN" = SET,
            o as NSSA_O: 0x40                   "O" = SET,
            dc as NSSA_DC: 0x20                 "(DC) Demand Circuits" = { 0 "Not supported", 1 "Supported" },
            l as NSSA_L: 0x10                   "(L) LLS Data block" = { 0 "Not Present", 1 "Present" },
            p as NSSA_P: 0x08                   "(P) Propagate" = SET,
            mc as NSSA_MC: 0x04                 "(MC) Multicast" = { 0 "Not capable", 1 "Capable" },
            e as NSSA_E: 0x02                   "(E) External Routing" = { 0 "Not capable", 1 "Capable" },
            mt as NSSA_MT: 0x01                 "(MT) Multi-Topology Routing",
        },
        lsa.entry: group                        "LSA",
        lsa.age: u16 & 0x7fff                   "LS Age (seconds)",
        lsa.donotage: u16 & 0x8000              "Do Not Age Flag",
        lsa: u8                                 "LS Type" = {
            1 "Router-LSA", 2 "Network-LSA", 3 "Summary-LSA (IP network)", 4 "Summary-LSA (ASBR)",
            5 "AS-External-LSA (ASBR)", 6 "Group Membership LSA", 7 "NSSA AS-External-LSA",
            8 "External Attributes LSA", 9 "Opaque LSA, Link-local scope", 10 "Opaque LSA, Area-local scope",
            11 "Opaque LSA, AS-local scope",
        },
        lsa.router: computed bool               "Router LSA" hidden,
        lsa.network: computed bool              "Network LSA" hidden,
        lsa.summary: computed bool              "Summary LSA (IP Network)" hidden,
        lsa.asbr: computed bool                 "Summary LSA (ASBR)" hidden,
        lsa.asext: computed bool                "AS-External LSA (ASBR)" hidden,
        lsa.member: computed bool               "Group Membership LSA" hidden,
        lsa.nssa: computed bool                 "NSSA AS-External LSA" hidden,
        lsa.attr: computed bool                 "External Attributes LSA" hidden,
        lsa.opaque: computed bool               "Opaque LSA" hidden,
        lsa.mpls: computed bool                 "MPLS Traffic Engineering LSA" hidden,
        lsa.id: ipv4                            "Link State ID",
        lsid_opaque_type: u8                    "Link State ID Opaque Type" = {
            1 "Traffic Engineering LSA", 2 "Sycamore Optical Topology Descriptions", 3 "grace-LSA",
            4 "Router Information (RI)", 5 "L1VPN LSA", 6 "Inter-AS-TE-v2 LSA",
            7 "OSPFv2 Extended Prefix Opaque LSA", 8 "OSPFv2 Extended Link Opaque LSA",
        },
        lsid.opaque_id: u24                     "Link State ID Opaque ID",
        lsid_te_lsa.reserved: u8                "Link State ID TE-LSA Reserved",
        lsid_te_lsa.instance: u16               "Link State ID TE-LSA Instance",
        lsa.seqnum: u32 hex                     "Sequence Number",
        lsa.chksum: u16 hex                     "Checksum",
        lsa.length: u16                         "Length",
        v2.router.lsa.flags: u8 hex             "Flags" {
            h: 0x80                             "(H) flag",
            n: 0x10                             "(N) flag",
            w: 0x08                             "(W) Wild-card multicast receiver",
            v: 0x04                             "(V) Virtual link endpoint",
            e: 0x02                             "(E) AS boundary router",
            b: 0x01                             "(B) Area border router",
        },
        lsa.number_of_links: u16                "Number of Links",
        lsa.router.link: group                  "Link",
        lsa.router.linkid: ipv4                 "Link ID",
        lsa.router.linkdata: ipv4               "Link Data",
        lsa.router.linktype: u8                 "Link Type" = LINK_TYPES,
        lsa.router.nummetrics: u8               "Number of Metrics",
        lsa.router.metric0: u16                 "0 Metric",
        lsa.tos: u8                             "TOS",
        metric as TOS_METRIC: u16               "Metric",
        lsa.network.netmask: ipv4               "Netmask",
        lsa.network.attchrtr: ipv4              "Attached Router",
        lsa.asbr.netmask: ipv4                  "Netmask",
        lsa.asext.netmask: ipv4                 "Netmask",
        lsa.asext.type: bool & 0x80             "External Type" = { 0 "Type 1", 1 "Type 2" },
        lsa.tos as EXTERNAL_TOS: u8 & 0x7f      "TOS",
        metric: u24                             "Metric",
        lsa.asext.fwdaddr: ipv4                 "Forwarding Address",
        lsa.asext.extrttag: u32                 "External Route Tag",

        lls: group                              "OSPF LLS Data Block",
        lls.checksum: u16 hex                   "Checksum",
        lls.data_length: u16 * 4                "LLS Data Length" unit "bytes",
        lls.ext.options: u32 hex                "Options" {
            rs: 0x00000002                      "(RS) Restart Signal" = SET,
            lr: 0x00000001                      "(LR) LSDB Resynchronization" = SET,
        },
        v2.lls.sequence_number: u32 hex         "Sequence number",
        v2.lls.auth_data: bytes                 "Auth Data",
        v3.lls.ext.options: u32 hex             "Options" {
            rs: 0x00000002                      "(RS) Restart Signal" = SET,
            lr: 0x00000001                      "(LR) LSDB Resynchronization" = SET,
        },

        tlv: group                              "TLV",
        tlv_type: u16                           "TLV Type",
        tlv_type.opaque: u16                    "TLV Type" = {
            1 "Router Informational Capabilities", 2 "Router Functional Capabilities", 3 "IPv4 TE Mesh Group",
            4 "IPv6 TE Mesh Group", 5 "TE Node Capability", 6 "PCED", 7 "OSPF Dynamic Hostname", 8 "SR-Algorithm",
            9 "SID/Label Range", 12 "Node MSD", 14 "SR Local Block", 15 "SRMS Preference",
            16 "Flexible Algorithm Definition",
        },
        tlv_length: u16                         "TLV Length",
        tlv_value: bytes                        "TLV Value",
        tlv.unknown: bytes                      "Unknown TLV",
        ri.options: u8 hex                      "RI Options" {
            grc: 0x80                           "(GRC) Graceful Restart" = CAPABLE,
            grh: 0x40                           "(GRH) Graceful Restart Helper" = ENABLED,
            srs: 0x20                           "Stub Router Support",
            tes: 0x10                           "(TES) Traffic Engineering" = SUPPORTED,
            p2plan: 0x08                        "(P2PLAN) Point-to-point over LAN" = CAPABLE,
            ete: 0x04                           "(ETE) Experimental TE" = CAPABLE,
            host: 0x01                          "Host Router" = CAPABLE,
        },
        dynhostname: str                        "Dynamic Hostname",
        lsa_sa: u8                              "SR-Algorithm" = ALGORITHMS,
        tlv.range_size: u24                     "Range Size",
        tlv.range_size as PREFIX_RANGE_SIZE: u16 "Range Size",
        tlv.sidlabel_range.type: u16            "TLV Type" = { 1 "SID/Label" },
        tlv.sid_label: u32                      "SID/Label",
        tlv.sid_label as SHORT_SID: u24         "SID/Label",
        tlv.preference: u8                      "Preference",
        tlv.extpfx.tlv_type: u16                "TLV Type" = {
            1 "OSPFv2 Extended Prefix", 2 "OSPFv2 Extended Prefix Range",
        },
        tlv.extpfx.rotuetype: u8                "Route Type" = {
            0 "Unspecified", 1 "Intra-Area", 3 "Inter-Area", 5 "AS External", 7 "NSSA External",
        },
        tlv.extpfx.af: u8                       "Address Family" = { 0 "IPv4 Unicast" },
        tlv.extpfx.flags: u8 hex                "Flags" {
            a: 0x80                             "(A) Attach Flag" = SET,
            n: 0x40                             "(N) Node Flag" = SET,
        },
        tlv.extpfx_range.flags: u8 hex          "Flags" {
            ia: 0x80                            "(IA) Inter-Area Flag" = SET,
        },
        tlv.extpfx.subtlv_type: u16             "TLV Type" = { 1 "SID/Label", 2 "Prefix SID" },
        tlv.pfxsid.flags: u8 hex                "Flags" {
            np: 0x40                            "(NP) No-PHP Flag" = SET,
            m: 0x20                             "(M) Mapping Server Flag" = SET,
            e: 0x10                             "(E) Explicit-Null Flag" = SET,
            v: 0x08                             "(V) Value/Index Flag" = SET,
            l: 0x04                             "(L) Local/Global Flag" = SET,
        },
        tlv.extlink.tlv_type: u16               "TLV Type" = { 1 "OSPFv2 Extended Link" },
        tlv.extlink.subtlv_type: u16            "TLV Type" = {
            1 "SID/Label", 2 "Adj-SID", 3 "LAN Adj-SID/Label", 6 "Link MSD", 8 "Remote IPv4 Address",
            9 "Local/Remote Interface ID",
        },
        tlv.adjsid.flags: u8 hex                "Flags" {
            b: 0x80                             "(B) Backup Flag" = SET,
            v: 0x40                             "(V) Value/Index Flag" = SET,
            l: 0x20                             "(L) Local/Global Flag" = SET,
            g: 0x10                             "(G) Group Flag" = SET,
            p: 0x08                             "(P) Persistent Flag" = SET,
        },
        tlv.extlink.mt_id: u8                   "Multi-Topology ID",
        tlv.extlink.weight: u8                  "Weight",
        tlv.extlink.nbr: ipv4                   "Neighbor ID",
        tlv.remote_ipv4_address: ipv4           "Remote IPv4 Address",
        tlv.local_interface_id: u32             "Local Interface ID",
        tlv.remote_interface_id: u32            "Remote Interface ID",
        tlv.igp_msd_type: u8                    "MSD Type",
        tlv.igp_msd_value: u8                   "MSD Value",
        v2.grace.period: u32                    "Grace Period",
        v2.grace.reason: u8                     "Restart Reason" = {
            0 "Unknown", 1 "Software restart", 2 "Software reload/upgrade", 3 "Switch to redundant control processor",
        },
        v2.grace.ip: ipv4                       "Restart IP",
        mpls.routerid: ipv4                     "MPLS/TE Router ID",
        mpls.linktype: u8                       "MPLS/TE Link Type" = { 1 "Point-to-point", 2 "Multi-access" },
        mpls.linkid: ipv4                       "MPLS/TE Link ID",
        mpls.local_addr: ipv4                   "MPLS/TE Local Interface Address",
        mpls.remote_addr: ipv4                  "MPLS/TE Remote Interface Address",
        mpls.te_metric: u32                     "MPLS/TE Metric",
        mpls.link_max_bw: f32                   "Link Max BW",
        mpls.pri: f32                           "Pri (or TE-Class)",
        mpls.linkcolor: u32 hex                 "MPLS/TE Link Resource Class/Color",
        mpls.local_id: u32                      "MPLS/TE Local Interface Index",
        mpls.remote_id: u32                     "MPLS/TE Remote Interface Index",

        v3.options: u24 hex                     "Options" {
            at: 0x000400                        "AT" = SET,
            l: 0x000200                         "L" = SET,
            af: 0x000100                        "AF" = SET,
            dc: 0x000020                        "DC" = SET,
            r: 0x000010                         "R" = SET,
            n: 0x000008                         "N" = SET,
            mc: 0x000004                        "MC" = SET,
            e: 0x000002                         "E" = SET,
            v6: 0x000001                        "V6" = SET,
        },
        v3.lsa.do_not_age: bool(u16) & 0x8000   "Do Not Age",
        v3.lsa: u16 hex                         "LS Type" = V3_LSA_TYPES {
            u: 0x8000                           "LSA Handling" = {
                0 "Treat the LSA as if it had link-local flooding scope",
                1 "Store and flood the LSA as if the type is understood",
            },
            s12: hex 0x6000                     "Flooding Scope" = {
                0 "Link-Local Scoping", 1 "Area Scoping", 2 "AS Scoping", 3 "Reserved",
            },
            fc: 0x1fff                          "Function Code" = V3_FUNCTIONS,
        },
        v3.lsa.router: computed bool            "Router-LSA" hidden,
        v3.lsa.network: computed bool           "Network-LSA" hidden,
        v3.lsa.interprefix: computed bool       "Inter-Area-Prefix-LSA" hidden,
        v3.lsa.interrouter: computed bool       "Inter-Area-Router-LSA" hidden,
        v3.lsa.asext: computed bool             "AS-External-LSA" hidden,
        v3.lsa.member: computed bool            "Group-Membership-LSA" hidden,
        v3.lsa.nssa: computed bool              "NSSA-LSA" hidden,
        v3.lsa.link: computed bool              "Link-LSA" hidden,
        v3.lsa.intraprefix: computed bool       "Intra-Area-Prefix-LSA" hidden,
        v3.lsa.opaque: computed bool            "Router Information Opaque-LSA" hidden,
        v3.router.lsa.flags: u8 hex             "Flags" {
            w: 0x08                             "(W) Wild-card multicast receiver",
            v: 0x04                             "(V) Virtual link endpoint",
            e: 0x02                             "(E) AS boundary router",
            b: 0x01                             "(B) Area border router",
        },
        v3.lsa.type: u8                         "Type" = LINK_TYPES,
        v3.lsa.interface_id: u32                "Interface ID",
        v3.lsa.neighbor_interface_id: u32       "Neighbor Interface ID",
        v3.lsa.neighbor_router_id: ipv4         "Neighbor Router ID",
        v3.lsa.attached_router: ipv4            "Attached Router",
        v3.lsa.destination_router_id: ipv4      "Destination Router ID",
        v3.lsa.router_priority: u8              "Router Priority",
        v3.lsa.link_local_interface_address.ipv6: ipv6 "Link-local Interface Address",
        v3.lsa.link_local_interface_address.ipv4: ipv4 "Link-local Interface Address",
        v3.lsa.num_prefixes: u32                "# prefixes",
        v3.lsa.num_prefixes as SHORT_NUM_PREFIXES: u16 "# prefixes",
        v3.lsa.referenced_ls_type: u16 hex      "Referenced LS type" = V3_LSA_TYPES,
        v3.lsa.referenced_link_state_id: ipv4   "Referenced Link State ID",
        v3.lsa.referenced_advertising_router: ipv4 "Referenced Advertising Router",
        v3.as.external.flags: u8 hex            "Flags" {
            e: 0x04                             "(E) External Metric" = { 0 "Type 1", 1 "Type 2" },
            f: 0x02                             "(F) Forwarding Address" = PRESENCE,
            t: 0x01                             "(T) External Route Tag" = PRESENCE,
        },
        v3.lsa.forwarding_address.ipv6: ipv6    "Forwarding Address",
        v3.lsa.forwarding_address.ipv4: ipv4    "Forwarding Address",
        v3.lsa.external_route_tag: u32          "External Route Tag",
        prefix_length: u8                       "PrefixLength",
        v3.prefix.options: u8 hex               "PrefixOptions" {
            p: 0x08                             "(P) Propagate" = SET,
            mc: 0x04                            "(MC) Multicast" = SET,
            la: 0x02                            "(LA) Local Address" = SET,
            nu: 0x01                            "(NU) NoUnicast" = SET,
        },
        v3.address_prefix.ipv6: computed ipv6   "Address Prefix",
        v3.address_prefix.ipv4: computed ipv4   "Address Prefix",
    }
    claims { ip.proto = 89 }
}

value_names! {
    /// A flag.
    SET { 0 "Not set", 1 "Set" }
}

value_names! {
    /// RFC 2328, section A.4.2; RFC 5340, section A.4.3.
    LINK_TYPES {
        1 "Point-to-point connection to another router", 2 "Connection to a transit network",
        3 "Connection to a stub network", 4 "Virtual link",
    }
}

value_names! {
    /// RFC 8665, section 3.1.
    ALGORITHMS { 0 "Shortest Path First", 1 "Strict Shortest Path First", 128..=255 "Flexible Algorithm" }
}

value_names! {
    /// LS types of version 3 with their scope bits (RFC 5340, section A.4.2.1).
    V3_LSA_TYPES {
        0x0008 "Link-LSA", 0x2001 "Router-LSA", 0x2002 "Network-LSA", 0x2003 "Inter-Area-Prefix-LSA",
        0x2004 "Inter-Area-Router-LSA", 0x2007 "NSSA-LSA", 0x2009 "Intra-Area-Prefix-LSA", 0x4005 "AS-External-LSA",
    }
}

value_names! {
    /// The same without the scope.
    V3_FUNCTIONS {
        1 "Router-LSA", 2 "Network-LSA", 3 "Inter-Area-Prefix-LSA", 4 "Inter-Area-Router-LSA", 5 "AS-External-LSA",
        6 "Group-Membership-LSA", 7 "NSSA-LSA", 8 "Link-LSA", 9 "Intra-Area-Prefix-LSA", 12 "Router Information-LSA",
    }
}

const HELLO_MSG: u8 = 1;
const DATABASE_DESCRIPTION: u8 = 2;
const REQUEST: u8 = 3;
const UPDATE: u8 = 4;
const ACKNOWLEDGEMENT: u8 = 5;

/// Cryptographic authentication (RFC 2328, section D.3).
const CRYPTOGRAPHIC: u16 = 2;

/// Bits in the options of hellos and database descriptions that say what follows the packet.
const V2_LLS: u32 = 0x10;
const V3_LLS: u32 = 0x200;
const V3_TRAILER: u32 = 0x400;

/// What all parts of a packet must know of its header.
#[derive(Clone, Copy)]
struct Header {
    is_v3: bool,
    /// Version 3 for IPv4 (RFC 5838, section 2.1).
    is_ipv4: bool,
}

impl Dissector for Ospf {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let (header, message, len, crypt_len) = pdu.group(HEADER, read_header)?;
        let body = len.saturating_sub(pdu.position());
        let options = pdu.within(PACKET_LENGTH, body, |pdu| packet(pdu, header, message))?;
        pdu.skip(crypt_len)?;
        let (lls, trailer) = match header.is_v3 {
            false => (options & V2_LLS != 0, false),
            true => (options & V3_LLS != 0, options & V3_TRAILER != 0),
        };
        if lls && pdu.wire_remaining() > 0 {
            pdu.group(LLS, |pdu| lls_block(pdu, header))?;
        }
        if trailer && pdu.wire_remaining() > 0 {
            pdu.group(AT, trailer_block)?;
        }
        Ok(())
    }
}

/// The header, and where the authentication's data is not in it, what lies behind the packet. Returns what it is, the
/// message type, the length of the packet and that of the data behind it.
fn read_header(pdu: &mut Pdu<'_>) -> Result<(Header, u8, usize, usize), Stop> {
    let version = pdu.take(VERSION)?;
    let message = pdu.take(MSG)?;
    let flag = match message {
        HELLO_MSG => Some(MSG_HELLO),
        DATABASE_DESCRIPTION => Some(MSG_DBDESC),
        REQUEST => Some(MSG_LSREQ),
        UPDATE => Some(MSG_LSUPDATE),
        ACKNOWLEDGEMENT => Some(MSG_LSACK),
        _ => None,
    };
    if let Some(flag) = flag {
        pdu.computed(flag, 1..2, true);
    }
    pdu.info(format_args!("{}", Ospf::name(MSG, message)));
    let len = usize::from(pdu.take(PACKET_LENGTH)?);
    pdu.take(SRCROUTER)?;
    pdu.take(AREA_ID)?;
    pdu.take(CHECKSUM)?;
    if version != 2 {
        let instance = pdu.take(INSTANCE_ID)?;
        pdu.take_bytes(RESERVED, 1)?;
        let header = Header { is_v3: true, is_ipv4: (64..128).contains(&instance) };
        return Ok((header, message, len, 0));
    }
    let mut crypt_len = 0;
    match pdu.take(AUTH_TYPE)? {
        0 => drop(pdu.take(AUTH_NONE)?),
        1 => drop(pdu.take(AUTH_SIMPLE)?),
        CRYPTOGRAPHIC => {
            pdu.skip(2)?;
            pdu.take(AUTH_CRYPT_KEY_ID)?;
            crypt_len = usize::from(pdu.take(AUTH_CRYPT_DATA_LENGTH)?);
            pdu.take(AUTH_CRYPT_SEQ_NBR)?;
            if pdu.data().len() >= len + crypt_len {
                pdu.mark(AUTH_CRYPT_DATA, len..len + crypt_len);
            }
        }
        _ => drop(pdu.take(AUTH_UNKNOWN)?),
    }
    Ok((Header { is_v3: false, is_ipv4: true }, message, len, crypt_len))
}

/// Returns the options, which say what follows the packet.
fn packet(pdu: &mut Pdu<'_>, header: Header, message: u8) -> Result<u32, Stop> {
    match message {
        HELLO_MSG => return pdu.group(HELLO, |pdu| hello(pdu, header)),
        DATABASE_DESCRIPTION => {
            let options = pdu.group(DB, |pdu| database_description(pdu, header))?;
            lsa_headers(pdu, header)?;
            return Ok(options);
        }
        REQUEST => {
            while pdu.wire_remaining() > 0 {
                pdu.group(LS_REQUEST, |pdu| {
                    if header.is_v3 {
                        pdu.take_bytes(RESERVED, 2)?;
                        pdu.take(V3_LSA)?;
                    } else {
                        pdu.skip(3)?;
                        pdu.take(LSA)?;
                    }
                    pdu.take(LINK_STATE_ID)?;
                    pdu.take(ADVROUTER)?;
                    Ok(())
                })?;
            }
        }
        UPDATE => {
            for _ in 0..pdu.take(LS_NUMBER_OF_LSAS)? {
                pdu.group(LSA_ENTRY, |pdu| match header.is_v3 {
                    true => v3::lsa(pdu, header),
                    false => v2::lsa(pdu),
                })?;
            }
        }
        ACKNOWLEDGEMENT => lsa_headers(pdu, header)?,
        _ => {}
    }
    Ok(0)
}

fn options(pdu: &mut Pdu<'_>, header: Header) -> Result<u32, Stop> {
    if header.is_v3 { pdu.take(V3_OPTIONS) } else { pdu.take(V2_OPTIONS).map(u32::from) }
}

fn hello(pdu: &mut Pdu<'_>, header: Header) -> Result<u32, Stop> {
    let set = if header.is_v3 {
        pdu.take(HELLO_INTERFACE_ID)?;
        pdu.take(HELLO_ROUTER_PRIORITY)?;
        let set = options(pdu, header)?;
        pdu.take(HELLO_HELLO_INTERVAL)?;
        pdu.take(V3_DEAD_INTERVAL)?;
        set
    } else {
        pdu.take(HELLO_NETWORK_MASK)?;
        pdu.take(HELLO_HELLO_INTERVAL)?;
        let set = options(pdu, header)?;
        pdu.take(HELLO_ROUTER_PRIORITY)?;
        pdu.take(HELLO_ROUTER_DEAD_INTERVAL)?;
        set
    };
    pdu.take(HELLO_DESIGNATED_ROUTER)?;
    pdu.take(HELLO_BACKUP_DESIGNATED_ROUTER)?;
    while pdu.wire_remaining() > 0 {
        pdu.take(HELLO_ACTIVE_NEIGHBOR)?;
    }
    Ok(set)
}

fn database_description(pdu: &mut Pdu<'_>, header: Header) -> Result<u32, Stop> {
    let set = if header.is_v3 {
        pdu.take_bytes(RESERVED, 1)?;
        let set = options(pdu, header)?;
        pdu.take(DB_INTERFACE_MTU)?;
        pdu.take_bytes(RESERVED, 1)?;
        set
    } else {
        pdu.take(DB_INTERFACE_MTU)?;
        options(pdu, header)?
    };
    pdu.take(DBD)?;
    pdu.take(DB_DD_SEQUENCE)?;
    Ok(set)
}

fn lsa_headers(pdu: &mut Pdu<'_>, header: Header) -> Step {
    while pdu.wire_remaining() > 0 {
        pdu.group(
            LSA_ENTRY,
            |pdu| {
                if header.is_v3 { v3::lsa_header(pdu).map(drop) } else { v2::lsa_header(pdu).map(drop) }
            },
        )?;
    }
    Ok(())
}

/// Link-local signaling (RFC 5613).
fn lls_block(pdu: &mut Pdu<'_>, header: Header) -> Step {
    const HEADER: usize = 4;
    pdu.take(LLS_CHECKSUM)?;
    let len = pdu.take(LLS_DATA_LENGTH)? as usize;
    pdu.within(LLS_DATA_LENGTH, len.saturating_sub(HEADER), |pdu| {
        while pdu.wire_remaining() > 0 {
            pdu.group(TLV, |pdu| {
                let kind = pdu.take(TLV_TYPE)?;
                let len = usize::from(pdu.take(TLV_LENGTH)?);
                pdu.within(TLV_LENGTH, len, |pdu| match (kind, header.is_v3) {
                    (1, false) if len == 4 => pdu.take(LLS_EXT_OPTIONS).map(drop),
                    (1, true) if len == 4 => pdu.take(V3_LLS_EXT_OPTIONS).map(drop),
                    (2, false) => {
                        pdu.take(V2_LLS_SEQUENCE_NUMBER)?;
                        pdu.take_bytes(V2_LLS_AUTH_DATA, pdu.wire_remaining())?;
                        Ok(())
                    }
                    _ => pdu.take_bytes(TLV_VALUE, pdu.wire_remaining()).map(drop),
                })?;
                pdu.skip(padding(len).min(pdu.wire_remaining()))
            })?;
        }
        Ok(())
    })
}

/// The authentication trailer of version 3 (RFC 7166, section 4.1).
fn trailer_block(pdu: &mut Pdu<'_>) -> Step {
    const HEADER: usize = 16;
    pdu.take(AT_AUTH_TYPE)?;
    let len = usize::from(pdu.take(AT_AUTH_DATA_LEN)?);
    pdu.take(AT_RESERVED)?;
    pdu.take(AT_SA_ID)?;
    pdu.take(AT_CRYPTO_SEQ_NBR)?;
    pdu.take_bytes(AT_AUTH_DATA, len.saturating_sub(HEADER))?;
    Ok(())
}

/// How many bytes fill `len` up to whole words.
fn padding(len: usize) -> usize {
    len.next_multiple_of(4) - len
}

/// Says how long an LSA is, if it can be.
fn lsa_body(pdu: &mut Pdu<'_>, len: u16, read: impl FnOnce(&mut Pdu<'_>) -> Step) -> Step {
    const HEADER: u16 = 20;
    match len.checked_sub(HEADER) {
        Some(len) => pdu.within(LSA_LENGTH, len.into(), read),
        None => {
            let at = pdu.position();
            let text = format_args!("{len} bytes, less than the LSA's header");
            pdu.diagnostic(Severity::Error, "bad-length", at - 2..at, text);
            pdu.skip(pdu.remaining())
        }
    }
}

builtin!(Ospf);

#[test]
fn a_hello_of_version_2() {
    check::<Ospf>(
        "02 01 0030 01010101 00000000 0000 0000 0000000000000000  ffffff00 000a 12 01 00000028 0a000001 0a000002
         02020202  fff6 0003 0001 0004 00000001",
        expect![[r#"
            Open Shortest Path First, Hello Packet
              OSPF Header: Hello Packet (1)
                Version: 2
                Message Type: Hello Packet (1)
                Packet Length: 48
                Source OSPF Router: 1.1.1.1
                Area ID: 0.0.0.0
                Checksum: 0x0000
                Auth Type: Null (0)
                Auth Data (none): 0000000000000000
              OSPF Hello Packet: 255.255.255.0
                Network Mask: 255.255.255.0
                Hello Interval [sec]: 10
                Options: 0x12
                  0... .... = DN: Not set
                  .0.. .... = O: Not set
                  ..0. .... = (DC) Demand Circuits: Not supported
                  ...1 .... = (L) LLS Data block: Present
                  .... 0... = (N) NSSA: Not supported
                  .... .0.. = (MC) Multicast: Not capable
                  .... ..1. = (E) External Routing: Capable
                  .... ...0 = (MT) Multi-Topology Routing: False
                Router Priority: 1
                Router Dead Interval [sec]: 40
                Designated Router: 10.0.0.1
                Backup Designated Router: 10.0.0.2
                Active Neighbor: 2.2.2.2
              OSPF LLS Data Block
                Checksum: 0xfff6
                LLS Data Length: 12 bytes
                TLV
                  TLV Type: 1
                  TLV Length: 4
                  Options: 0x00000001
                    .... .... .... .... .... .... .... ..0. = (RS) Restart Signal: Not set
                    .... .... .... .... .... .... .... ...1 = (LR) LSDB Resynchronization: Set
        "#]],
    );
}

#[test]
fn an_update_of_version_2() {
    check::<Ospf>(
        "02 04 0064 01010101 00000000 0000 0002 0000 0110 00000009  00000002
         0001 22 01 01010101 01010101 80000001 1234 0024  02 00 0001 0a000000 ffffff00 03 00 000a
         0001 22 05 0a000000 01010101 80000001 1234 0024  ffffff00 80 000014 00000000 00000007
         000102030405060708090a0b0c0d0e0f",
        expect![[r#"
            Open Shortest Path First, LS Update
              OSPF Header: LS Update (4)
                Version: 2
                Message Type: LS Update (4)
                Packet Length: 100
                Source OSPF Router: 1.1.1.1
                Area ID: 0.0.0.0
                Checksum: 0x0000
                Auth Type: Cryptographic (2)
                Auth Crypt Key id: 1
                Auth Crypt Data Length: 16
                Auth Crypt Sequence Number: 9
                Auth Crypt Data: 000102030405060708090a0b0c0d0e0f
              Number of LSAs: 2
              LSA: Router-LSA (1)
                LS Age (seconds): 1
                Do Not Age Flag: 0
                Options: 0x22
                  0... .... = DN: Not set
                  .0.. .... = O: Not set
                  ..1. .... = (DC) Demand Circuits: Supported
                  ...0 .... = (L) LLS Data block: Not Present
                  .... 0... = (N) NSSA: Not supported
                  .... .0.. = (MC) Multicast: Not capable
                  .... ..1. = (E) External Routing: Capable
                  .... ...0 = (MT) Multi-Topology Routing: False
                LS Type: Router-LSA (1)
                Link State ID: 1.1.1.1
                Advertising Router: 1.1.1.1
                Sequence Number: 0x80000001
                Checksum: 0x1234
                Length: 36
                Flags: 0x02
                  0... .... = (H) flag: False
                  ...0 .... = (N) flag: False
                  .... 0... = (W) Wild-card multicast receiver: False
                  .... .0.. = (V) Virtual link endpoint: False
                  .... ..1. = (E) AS boundary router: True
                  .... ...0 = (B) Area border router: False
                Number of Links: 1
                Link: Connection to a stub network (3)
                  Link ID: 10.0.0.0
                  Link Data: 255.255.255.0
                  Link Type: Connection to a stub network (3)
                  Number of Metrics: 0
                  0 Metric: 10
              LSA: AS-External-LSA (ASBR) (5)
                LS Age (seconds): 1
                Do Not Age Flag: 0
                Options: 0x22
                  0... .... = DN: Not set
                  .0.. .... = O: Not set
                  ..1. .... = (DC) Demand Circuits: Supported
                  ...0 .... = (L) LLS Data block: Not Present
                  .... 0... = (N) NSSA: Not supported
                  .... .0.. = (MC) Multicast: Not capable
                  .... ..1. = (E) External Routing: Capable
                  .... ...0 = (MT) Multi-Topology Routing: False
                LS Type: AS-External-LSA (ASBR) (5)
                Link State ID: 10.0.0.0
                Advertising Router: 1.1.1.1
                Sequence Number: 0x80000001
                Checksum: 0x1234
                Length: 36
                Netmask: 255.255.255.0
                External Type: Type 2
                TOS: 0
                Metric: 20
                Forwarding Address: 0.0.0.0
                External Route Tag: 7
        "#]],
    );
}

#[test]
fn an_update_of_version_3() {
    check::<Ospf>(
        "03 04 0068 01010101 00000000 0000 00 00  00000002
         0001 2001 00000000 01010101 80000001 1234 0028  01 000033 02 00 0040 00000006 00000006 03030303
         0001 2003 00000002 01010101 80000001 1234 0024  00 000014 40 02 0000 20010db800000004",
        expect![[r#"
            Open Shortest Path First, LS Update
              OSPF Header: LS Update (4)
                Version: 3
                Message Type: LS Update (4)
                Packet Length: 104
                Source OSPF Router: 1.1.1.1
                Area ID: 0.0.0.0
                Checksum: 0x0000
                Instance ID: IPv6 unicast AF (0)
                Reserved: 00
              Number of LSAs: 2
              LSA: Router-LSA (0x2001)
                LS Age (seconds): 1
                Do Not Age: False
                LS Type: Router-LSA (0x2001)
                  0... .... .... .... = LSA Handling: Treat the LSA as if it had link-local flooding scope
                  .01. .... .... .... = Flooding Scope: Area Scoping (0x1)
                  ...0 0000 0000 0001 = Function Code: Router-LSA (1)
                Link State ID: 0.0.0.0
                Advertising Router: 1.1.1.1
                Sequence Number: 0x80000001
                Checksum: 0x1234
                Length: 40
                Flags: 0x01
                  .... 0... = (W) Wild-card multicast receiver: False
                  .... .0.. = (V) Virtual link endpoint: False
                  .... ..0. = (E) AS boundary router: False
                  .... ...1 = (B) Area border router: True
                Options: 0x000033
                  .... .... .... .0.. .... .... = AT: Not set
                  .... .... .... ..0. .... .... = L: Not set
                  .... .... .... ...0 .... .... = AF: Not set
                  .... .... .... .... ..1. .... = DC: Set
                  .... .... .... .... ...1 .... = R: Set
                  .... .... .... .... .... 0... = N: Not set
                  .... .... .... .... .... .0.. = MC: Not set
                  .... .... .... .... .... ..1. = E: Set
                  .... .... .... .... .... ...1 = V6: Set
                Link: Connection to a transit network (2)
                  Type: Connection to a transit network (2)
                  Reserved: 00
                  Metric: 64
                  Interface ID: 6
                  Neighbor Interface ID: 6
                  Neighbor Router ID: 3.3.3.3
              LSA: Inter-Area-Prefix-LSA (0x2003)
                LS Age (seconds): 1
                Do Not Age: False
                LS Type: Inter-Area-Prefix-LSA (0x2003)
                  0... .... .... .... = LSA Handling: Treat the LSA as if it had link-local flooding scope
                  .01. .... .... .... = Flooding Scope: Area Scoping (0x1)
                  ...0 0000 0000 0011 = Function Code: Inter-Area-Prefix-LSA (3)
                Link State ID: 0.0.0.2
                Advertising Router: 1.1.1.1
                Sequence Number: 0x80000001
                Checksum: 0x1234
                Length: 36
                Reserved: 00
                Metric: 20
                PrefixLength: 64
                PrefixOptions: 0x02
                  .... 0... = (P) Propagate: Not set
                  .... .0.. = (MC) Multicast: Not set
                  .... ..1. = (LA) Local Address: Set
                  .... ...0 = (NU) NoUnicast: Not set
                Reserved: 0000
                Address Prefix: 2001:db8:0:4::
        "#]],
    );
}

#[test]
fn an_opaque_lsa_and_one_that_is_too_short() {
    check::<Ospf>(
        "02 04 0050 01010101 00000000 0000 0000 0000000000000000  00000002
         0001 00 0a 04000000 01010101 80000001 1234 0024  0008 0001 00 000000 0007 0002 6869 0000
         0001 00 01 01010101 01010101 80000001 1234 0013",
        expect![[r#"
            Open Shortest Path First, LS Update
              OSPF Header: LS Update (4)
                Version: 2
                Message Type: LS Update (4)
                Packet Length: 80
                Source OSPF Router: 1.1.1.1
                Area ID: 0.0.0.0
                Checksum: 0x0000
                Auth Type: Null (0)
                Auth Data (none): 0000000000000000
              Number of LSAs: 2
              LSA: Opaque LSA, Area-local scope (10)
                LS Age (seconds): 1
                Do Not Age Flag: 0
                Options: 0x00
                  0... .... = DN: Not set
                  .0.. .... = O: Not set
                  ..0. .... = (DC) Demand Circuits: Not supported
                  ...0 .... = (L) LLS Data block: Not Present
                  .... 0... = (N) NSSA: Not supported
                  .... .0.. = (MC) Multicast: Not capable
                  .... ..0. = (E) External Routing: Not capable
                  .... ...0 = (MT) Multi-Topology Routing: False
                LS Type: Opaque LSA, Area-local scope (10)
                Link State ID Opaque Type: Router Information (RI) (4)
                Link State ID Opaque ID: 0
                Advertising Router: 1.1.1.1
                Sequence Number: 0x80000001
                Checksum: 0x1234
                Length: 36
                TLV: SR-Algorithm (8)
                  TLV Type: SR-Algorithm (8)
                  TLV Length: 1
                  SR-Algorithm: Shortest Path First (0)
                TLV: OSPF Dynamic Hostname (7)
                  TLV Type: OSPF Dynamic Hostname (7)
                  TLV Length: 2
                  Dynamic Hostname: hi
              LSA: Router-LSA (1)
                LS Age (seconds): 1
                Do Not Age Flag: 0
                Options: 0x00
                  0... .... = DN: Not set
                  .0.. .... = O: Not set
                  ..0. .... = (DC) Demand Circuits: Not supported
                  ...0 .... = (L) LLS Data block: Not Present
                  .... 0... = (N) NSSA: Not supported
                  .... .0.. = (MC) Multicast: Not capable
                  .... ..0. = (E) External Routing: Not capable
                  .... ...0 = (MT) Multi-Topology Routing: False
                LS Type: Router-LSA (1)
                Link State ID: 1.1.1.1
                Advertising Router: 1.1.1.1
                Sequence Number: 0x80000001
              [error] short: ospf.lsa.chksum needs 2 bytes at offset 80, 0 are there (the end is set by ospf.packet_length)
        "#]],
    );
}
