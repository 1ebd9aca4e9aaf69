//! BGP-4 (RFC 4271): messages here, what updates say in `update`, how prefixes and distinguishers are read in `routes`.

use prosector_sdk::handle::{ComputedBytes, ComputedWord, Handle};
use prosector_sdk::prelude::*;

mod routes;
mod update;

/// The dissector.
#[derive(Default)]
pub struct Bgp {
    /// In which frame each direction's last message ended.
    ends: Flows<[u64; 2]>,
}

protocol! {
    /// Border Gateway Protocol, version 4.
    Bgp = bgp "BGP", "Border Gateway Protocol" {
        marker: bytes[16]                       "Marker",
        length: u16                             "Length",
        type: u8                                "Type" = {
            1 "OPEN Message", 2 "UPDATE Message", 3 "NOTIFICATION Message", 4 "KEEPALIVE Message",
            5 "ROUTE-REFRESH Message", 6 "CAPABILITY Message", 128 "Cisco ROUTE-REFRESH Message",
        },

        open.version: u8                        "Version",
        open.myas: u16                          "My AS" = { 23456 "AS_TRANS" },
        open.holdtime: u16                      "Hold Time",
        open.identifier: ipv4                   "BGP Identifier",
        open.opt.len: u8                        "Optional Parameters Length",
        open.opt.len as EXTENDED_OPT_LEN: u16   "Extended Optional Parameters Length",
        open.opt.param: group                   "Optional Parameter",
        open.opt.param.type: u8                 "Parameter Type" = { 1 "Authentication", 2 "Capability" },
        open.opt.param.len: u8                  "Parameter Length",
        open.opt.param.len as EXTENDED_PARAM_LEN: u16 "Parameter Length",
        open.opt.param.auth: bytes              "Authentication Data",
        open.opt.param.unknown: bytes           "Unknown",
        cap: group                              "Capability",
        cap.type: u8                            "Type" = {
            0 "Reserved", 1 "Multiprotocol extensions", 2 "Route refresh", 3 "Cooperative route filtering",
            4 "Multiple routes to a destination", 5 "Extended Next Hop Encoding", 6 "BGP-Extended Message", 7 "BGPsec",
            8 "Multiple Labels", 9 "BGP Role", 64 "Graceful Restart", 65 "Support for 4-octet AS number",
            67 "Dynamic", 68 "Multisession", 69 "Additional Paths", 70 "Enhanced route refresh",
            71 "Long-Lived Graceful Restart", 73 "FQDN", 128 "Route refresh (Cisco)", 130 "Route filtering (Cisco)",
        },
        cap.length: u8                          "Length",
        cap.reserved: bytes[1]                  "Reserved",
        cap.mp.afi: u16                         "AFI" = AFIS,
        cap.mp.safi: u8                         "SAFI" = SAFIS,
        cap.orf.afi: u16                        "AFI" = AFIS,
        cap.orf.safi: u8                        "SAFI" = SAFIS,
        cap.orf.number: u8                      "Number",
        cap.orf.type: u8                        "Type" = ORF_TYPES,
        cap.orf.sendreceive: u8                 "Send Receive" = SEND_RECEIVE,
        cap.enh.afi: u16                        "AFI" = AFIS,
        cap.enh.safi: u16                       "SAFI" = SAFIS,
        cap.enh.nhafi: u16                      "Next hop AFI" = AFIS,
        cap.gr.timers: u16 hex                  "Restart Timers" {
            restart_flag: 0x8000                "Restart state",
            notification_flag: 0x4000           "Graceful notification",
            restart_time: 0x0fff                "Time",
        },
        cap.gr.afi: u16                         "AFI" = AFIS,
        cap.gr.safi: u8                         "SAFI" = SAFIS,
        cap.gr.flag: u8 hex                     "Flag" {
            pfs: 0x80                           "Preserve forwarding state",
        },
        "cap.4as" as CAP_4AS: u32               "AS Number",
        cap.ap.afi: u16                         "AFI" = AFIS,
        cap.ap.safi: u8                         "SAFI" = SAFIS,
        cap.ap.sendreceive: u8                  "Send/Receive" = SEND_RECEIVE,
        cap.orf.fqdn.hostname.len: u8           "Hostname Length",
        cap.orf.fqdn.hostname: str              "Hostname",
        cap.orf.fqdn.domain_name.len: u8        "Domain Name Length",
        cap.orf.fqdn.domain_name: str           "Domain Name",
        cap.unknown: bytes                      "Unknown",

        notify.major_error: u8                  "Major error Code" = {
            1 "Message Header Error", 2 "OPEN Message Error", 3 "UPDATE Message Error", 4 "Hold Timer Expired",
            5 "Finite State Machine Error", 6 "Cease", 7 "ROUTE-REFRESH Message Error",
        },
        notify.minor_error: u8                  "Minor error Code (Message Header)" = {
            1 "Connection Not Synchronized", 2 "Bad Message Length", 3 "Bad Message Type",
        },
        notify.minor_error_open: u8             "Minor error Code (Open Message)" = {
            1 "Unsupported Version Number", 2 "Bad Peer AS", 3 "Bad BGP Identifier", 4 "Unsupported Optional Parameter",
            6 "Unacceptable Hold Time", 7 "Unsupported Capability", 11 "Role Mismatch",
        },
        notify.minor_error_update: u8           "Minor error Code (Update Message)" = {
            1 "Malformed Attribute List", 2 "Unrecognized Well-known Attribute", 3 "Missing Well-known Attribute",
            4 "Attribute Flags Error", 5 "Attribute Length Error", 6 "Invalid ORIGIN Attribute",
            8 "Invalid NEXT_HOP Attribute", 9 "Optional Attribute Error", 10 "Invalid Network Field",
            11 "Malformed AS_PATH",
        },
        notify.minor_error_expired: u8          "Minor error Code (Hold Timer Expired)",
        notify.minor_error_state: u8            "Minor error Code (State Machine)",
        notify.minor_error_cease: u8            "Minor error Code (Cease)" = {
            1 "Maximum Number of Prefixes Reached", 2 "Administratively Shutdown", 3 "Peer De-configured",
            4 "Administratively Reset", 5 "Connection Rejected", 6 "Other Configuration Change",
            7 "Connection Collision Resolution", 8 "Out of Resources", 9 "Hard Reset", 10 "BFD Down",
        },
        notify.minor_error_unknown: u8          "Minor error Code (Unknown)",
        notify.communication_length: u8         "BGP Shutdown Communication Length",
        notify.communication: str               "Shutdown Communication",
        notify.minor_data: bytes                "Data",

        route_refresh.afi: u16                  "Address family identifier (AFI)" = AFIS,
        route_refresh.subtype: u8               "Subtype" = {
            0 "Normal route refresh request", 1 "Beginning of a route refresh", 2 "Ending of a route refresh",
        },
        route_refresh.safi: u8                  "Subsequent address family identifier (SAFI)" = SAFIS,
        route_refresh.orf: group                "ORF information",
        route_refresh.orf.flag: u8              "ORF flag" = { 1 "Immediate", 2 "Defer" },
        route_refresh.orf.type: u8              "ORF type" = ORF_TYPES,
        route_refresh.orf.length: u8            "ORF length",

        update.withdrawn_routes.length: u16     "Withdrawn Routes Length",
        update.withdrawn_routes: group          "Withdrawn Routes",
        update.path_attributes.length: u16      "Total Path Attribute Length",
        update.path_attributes: group           "Path attributes",
        update.nlri: group                      "Network Layer Reachability Information (NLRI)",
        update.path_attribute: group            "Path Attribute",
        update.path_attribute.flags: u8 hex     "Flags" {
            optional: 0x80                      "Optional" = SET,
            transitive: 0x40                    "Transitive" = SET,
            partial: 0x20                       "Partial" = SET,
            extended_length: 0x10               "Extended-Length" = SET,
            unused: hex 0x0f                    "Unused",
        },
        update.path_attribute.type_code: u8     "Type Code" = ATTRIBUTES,
        update.path_attribute.length: u8        "Length",
        update.path_attribute.length as EXTENDED_LENGTH: u16 "Length",
        update.path_attribute.origin: u8        "Origin" = { 0 "IGP", 1 "EGP", 2 "INCOMPLETE" },
        update.path_attribute.as_path_segment: group "AS Path segment",
        update.path_attribute.as_path_segment.type: u8 "Segment type" = {
            1 "AS_SET", 2 "AS_SEQUENCE", 3 "AS_CONFED_SEQUENCE", 4 "AS_CONFED_SET",
        },
        update.path_attribute.as_path_segment.length: u8 "Segment length (number of ASN)",
        update.path_attribute.as_path_segment.as2: u16 "AS2",
        update.path_attribute.as_path_segment.as4: u32 "AS4",
        update.path_attribute.next_hop: ipv4    "Next hop",
        update.path_attribute.multi_exit_disc: u32 "Multiple exit discriminator",
        update.path_attribute.local_pref: u32   "Local preference",
        update.path_attribute.aggregator_as: u32 "Aggregator AS",
        update.path_attribute.aggregator_as as AGGREGATOR_AS2: u16 "Aggregator AS",
        update.path_attribute.aggregator_origin: ipv4 "Aggregator origin",
        update.path_attribute.community: group  "Community",
        update.path_attribute.community_wellknown: u32 hex "Community Well-known" = {
            0xffff0000 "GRACEFUL_SHUTDOWN", 0xffff0001 "ACCEPT_OWN", 0xffff0006 "LLGR_STALE", 0xffff0007 "NO_LLGR",
            0xffff029a "BLACKHOLE", 0xffffff01 "NO_EXPORT", 0xffffff02 "NO_ADVERTISE",
            0xffffff03 "NO_EXPORT_SUBCONFED", 0xffffff04 "NOPEER",
        },
        update.path_attribute.community_as: u16 "Community AS",
        update.path_attribute.community_value: u16 "Community value",
        update.path_attribute.originator_id: ipv4 "Originator identifier",
        path_attribute.cluster_id: ipv4         "Cluster ID",
        update.path_attribute.mp_reach_nlri.afi: u16 "Address family identifier (AFI)" = AFIS,
        update.path_attribute.mp_reach_nlri.safi: u8 "Subsequent address family identifier (SAFI)" = SAFIS,
        /// With the byte before it, its length.
        /// With the byte that says its length.
        update.path_attribute.mp_reach_nlri.next_hop: bytes "Next hop" hidden,
        /// Where it is no address.
        update.path_attribute.mp_reach_nlri.next_hop as OTHER_NEXT_HOP: bytes "Next hop",
        update.path_attribute.mp_reach_nlri.next_hop.rd: computed str "Next hop Route Distinguisher",
        update.path_attribute.mp_reach_nlri.next_hop.ipv4: ipv4 "Next hop IPv4 Address",
        update.path_attribute.mp_reach_nlri.next_hop.ipv6: ipv6 "Next hop IPv6 Address",
        update.path_attribute.mp_reach_nlri.next_hop.ipv6.link_local: ipv6 "Next hop Link-local Address",
        update.path_attribute.mp_reach_nlri.nbr_snpa: u8 "Number of Subnetwork points of attachment (SNPA)",
        update.path_attribute.mp_reach_nlri.snpa_length: u8 "SNPA Length",
        update.path_attribute.mp_reach_nlri.snpa: bytes "SNPA",
        update.path_attribute.mp_reach_nlri: group "Network Layer Reachability Information (NLRI)",
        update.path_attribute.mp_unreach_nlri.afi: u16 "Address family identifier (AFI)" = AFIS,
        update.path_attribute.mp_unreach_nlri.safi: u8 "Subsequent address family identifier (SAFI)" = SAFIS,
        update.path_attribute.mp_unreach_nlri: group "Withdrawn Routes",

        ext_com: group                          "Extended community",
        ext_com.type: u8 hex                    "Type" = COMMUNITY_TYPES {
            auth: 0x80                          "IANA Authority" = {
                0 "Allocated on First Come First Serve Basis", 1 "Experimental or Standards action",
            },
            tran: 0x40                          "Transitive across ASes" = { 0 "Transitive", 1 "Non-transitive" },
        },
        ext_com.stype_tr_as2: u8 hex            "Subtype (AS2)" = COMMUNITY_SUBTYPES,
        ext_com.stype_ntr_as2: u8 hex           "Subtype (Non-transitive AS2)" = COMMUNITY_SUBTYPES,
        ext_com.stype_tr_IP4: u8 hex            "Subtype (IPv4)" = COMMUNITY_SUBTYPES,
        ext_com.stype_ntr_IP4: u8 hex           "Subtype (Non-transitive IPv4)" = COMMUNITY_SUBTYPES,
        ext_com.stype_tr_as4: u8 hex            "Subtype (AS4)" = COMMUNITY_SUBTYPES,
        ext_com.stype_ntr_as4: u8 hex           "Subtype (Non-transitive AS4)" = COMMUNITY_SUBTYPES,
        ext_com.stype_tr_opaque: u8 hex         "Subtype (Opaque)" = {
            6 "OSPF Router ID", 11 "Color", 12 "Encapsulation", 13 "Default Gateway",
        },
        ext_com.stype_ntr_opaque: u8 hex        "Subtype (Non-transitive Opaque)" = {
            0 "BGP Origin Validation state",
        },
        ext_com.stype_tr_evpn: u8 hex           "Subtype (EVPN)" = {
            0 "MAC Mobility", 1 "ESI Label", 2 "ES-Import Route Target", 3 "EVPN Router's MAC",
        },
        ext_com.stype_tr_exp: u8 hex            "Subtype (Experimental)" = {
            6 "Flow spec traffic-rate", 7 "Flow spec traffic-action", 8 "Flow spec redirect AS2",
            9 "Flow spec traffic-remarking",
        },
        ext_com.stype_unknown: u8 hex           "Subtype",
        ext_com.value_as2: u16                  "2-Octet AS",
        ext_com.value_as4: u32                  "4-Octet AS",
        ext_com.value_IP4: ipv4                 "IPv4 address",
        ext_com.value_an2: u16                  "2-Octet AN",
        ext_com.value_an4: u32                  "4-Octet AN",
        ext_com.value_link_bw: f32              "Link bandwidth",
        ext_com.tunnel_type: u16                "Tunnel type" = TUNNEL_TYPES,
        ext_com.value_raw: u48 hex              "Raw Value",
        large_communities: group                "Large communities",
        large_communities.ga: u32               "Global Administrator",
        large_communities.ldp1: u32             "Local Data Part 1",
        large_communities.ldp2: u32             "Local Data Part 2",
        update.attribute.aigp.type: u8          "AIGP attribute type" = { 1 "Type AIGP TLV" },
        update.attribute.aigp.length: u16       "AIGP TLV length",
        update.attribute.aigp.accu_igp_metric: u64 "AIGP Accumulated IGP Metric",
        update.path_attribute.attr_set.origin_as: u32 "Origin AS",
        update.path_attribute.bgpsec.sp.length: u16 "Length",
        update.path_attribute.bgpsec.sps.pcount: u8 "pCount",
        update.path_attribute.bgpsec.sps.flags: u8 "Flags",
        update.path_attribute.bgpsec.sps.as: u32 "AS Number",
        update.path_attribute.bgpsec.sb.length: u16 "Length",
        update.path_attribute.bgpsec.sb.algo_id: u8 "Algo ID",
        update.path_attribute.bgpsec.ss.ski: bytes[20] "SKI",
        update.path_attribute.bgpsec.ss.length: u16 "Length",
        update.path_attribute.bgpsec.ss.sig: bytes "Signature",
        update.path_attribute.pmsi.tunnel.flags: u8 "Flags",
        update.path_attribute.pmsi.tunnel.type: u8 "Tunnel Type" = {
            0 "No tunnel information present", 1 "RSVP-TE P2MP LSP", 2 "mLDP P2MP LSP", 3 "PIM-SSM Tree",
            4 "PIM-SM Tree", 5 "BIDIR-PIM Tree", 6 "Ingress Replication", 7 "mLDP MP2MP LSP",
        },
        update.path_attribute.pmsi.ingress_rep_ip: ipv4 "Tunnel type ingress replication IP end point",
        prefix_sid.type: u8                     "Type" = {
            1 "Label-Index", 3 "Originator SRGB", 5 "SRv6 L3 Service", 6 "SRv6 L2 Service",
        },
        prefix_sid.length: u16                  "Length",
        prefix_sid.reserved: bytes[1]           "Reserved",
        prefix_sid.label_index.flags: u16 hex   "Label-Index Flags",
        prefix_sid.label_index.value: u32       "Label-Index Value",
        prefix_sid.originator_srgb.flags: u16 hex "Originator SRGB Flags",
        prefix_sid.originator_srgb_base: u24    "SRGB Base",
        prefix_sid.originator_srgb_range: u24   "SRGB Range",
        prefix_sid.value: bytes                 "Value",

        prefix_length: u8                       "Prefix Length",
        nlri_prefix: computed ipv4              "NLRI prefix",
        withdrawn_prefix: computed ipv4         "Withdrawn prefix",
        label_stack: computed str               "Label Stack",
        rd: computed str                        "Route Distinguisher",
        mp_reach_nlri_ipv4_prefix: computed ipv4 "MP Reach NLRI IPv4 prefix",
        mp_reach_nlri_ipv6_prefix: computed ipv6 "MP Reach NLRI IPv6 prefix",
        mp_unreach_nlri_ipv4_prefix: computed ipv4 "MP Unreach NLRI IPv4 prefix",
        mp_unreach_nlri_ipv6_prefix: computed ipv6 "MP Unreach NLRI IPv6 prefix",
        evpn.nlri: group                        "EVPN NLRI",
        evpn.nlri.rt: u8                        "Route Type" = {
            1 "Ethernet AD Route", 2 "MAC Advertisement Route", 3 "Inclusive Multicast Route",
            4 "Ethernet Segment Route", 5 "IP Prefix route", 6 "Selective Multicast Route",
        },
        evpn.nlri.len: u8                       "Length",
        evpn.nlri.rd: bytes[8]                  "Route Distinguisher",
        evpn.nlri.esi: bytes[10]                "ESI",
        evpn.nlri.etag: u32                     "Ethernet Tag ID",
        evpn.nlri.maclen: u8                    "MAC Address Length",
        evpn.nlri.mac_addr: mac                 "MAC Address",
        evpn.nlri.iplen: u8                     "IP Address Length",
        evpn.nlri.ip.addr: ipv4                 "IPv4 address",
        evpn.nlri.ipv6.addr: ipv6               "IPv6 address",
        evpn.nlri.prefix_len: u8                "IP prefix length",
        evpn.nlri.ipv4.gtw_addr: ipv4           "IPv4 Gateway address",
        evpn.nlri.ipv6.gtw_addr: ipv6           "IPv6 Gateway address",
        evpn.nlri.vni: u24                      "VNI",
    }
    claims { tcp.port = 179 }
    stateful
}

value_names! {
    /// A flag.
    SET { 0 "Not set", 1 "Set" }
}

value_names! {
    /// Address families (IANA).
    AFIS { 1 "IPv4", 2 "IPv6", 25 "Layer-2 VPN", 16388 "BGP-LS" }
}

value_names! {
    /// Subsequent address families (IANA).
    SAFIS {
        1 "Unicast", 2 "Multicast", 3 "Unicast+Multicast", 4 "Labeled Unicast", 5 "MCAST-VPN", 65 "VPLS", 66 "MDT",
        70 "EVPN", 71 "BGP-LS", 128 "Labeled VPN Unicast", 129 "Labeled VPN Multicast", 132 "Route Target Filter",
        133 "Flow Spec Filter", 134 "Flow Spec Filter VPN",
    }
}

value_names! {
    /// Outbound route filters (RFC 5291).
    ORF_TYPES { 64 "Address Prefix ORF", 128 "Cisco PrefixList ORF" }
}

value_names! {
    /// RFC 5291, section 5; RFC 7911, section 4.
    SEND_RECEIVE { 1 "Receive", 2 "Send", 3 "Both" }
}

value_names! {
    /// Path attributes (IANA).
    ATTRIBUTES {
        1 "ORIGIN", 2 "AS_PATH", 3 "NEXT_HOP", 4 "MULTI_EXIT_DISC", 5 "LOCAL_PREF", 6 "ATOMIC_AGGREGATE", 7 "AGGREGATOR",
        8 "COMMUNITIES", 9 "ORIGINATOR_ID", 10 "CLUSTER_LIST", 14 "MP_REACH_NLRI", 15 "MP_UNREACH_NLRI",
        16 "EXTENDED_COMMUNITIES", 17 "AS4_PATH", 18 "AS4_AGGREGATOR", 22 "PMSI_TUNNEL_ATTRIBUTE",
        23 "TUNNEL_ENCAPSULATION_ATTRIBUTE", 26 "AIGP", 29 "BGP-LS Attribute", 32 "LARGE_COMMUNITY", 33 "BGPsec_PATH",
        35 "Only to Customer", 36 "D-PATH", 40 "BGP Prefix-SID", 128 "ATTR_SET",
    }
}

value_names! {
    /// Extended communities (RFC 7153).
    COMMUNITY_TYPES {
        0x00 "Transitive 2-Octet AS-Specific", 0x01 "Transitive IPv4-Address-Specific",
        0x02 "Transitive 4-Octet AS-Specific", 0x03 "Transitive Opaque", 0x06 "EVPN",
        0x40 "Non-Transitive 2-Octet AS-Specific", 0x41 "Non-Transitive IPv4-Address-Specific",
        0x42 "Non-Transitive 4-Octet AS-Specific", 0x43 "Non-Transitive Opaque", 0x80 "Generic/Experimental Use",
    }
}

value_names! {
    /// Their subtypes, where an AS number or an address leads.
    COMMUNITY_SUBTYPES {
        0x02 "Route Target", 0x03 "Route Origin", 0x04 "Link Bandwidth", 0x05 "OSPF Domain Identifier",
        0x07 "OSPF Router ID", 0x08 "BGP Data Collection", 0x09 "Source AS", 0x0a "L2VPN Identifier",
        0x0b "VRF Route Import",
    }
}

value_names! {
    /// RFC 9012, section 13.
    TUNNEL_TYPES {
        1 "L2TPv3 over IP", 2 "GRE", 7 "IP in IP", 8 "VXLAN Encapsulation", 9 "NVGRE Encapsulation",
        10 "MPLS Encapsulation", 11 "MPLS in GRE Encapsulation", 12 "VXLAN GPE Encapsulation", 13 "MPLS in UDP Encapsulation",
        15 "SR TE Policy",
    }
}

const MARK: [u8; 16] = [0xff; 16];
/// The marker, length and type.
const HEADER: usize = 19;

impl Dissector for Bgp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        // Whatever its marker, a message begins behind one; else it must have one (RFC 4271, section 6.1).
        let frame = pdu.frame_number();
        let behind = self.ends.of(pdu.flow())[usize::from(pdu.is_reverse())] == frame && frame != 0;
        let marked = pdu.peek(MARKER)? == MARK;
        let len = match *pdu.rest() {
            [_, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, high, low, ..] => u16::from_be_bytes([high, low]).into(),
            _ => 0,
        };
        let is_message = marked || behind && (HEADER..=pdu.wire_len()).contains(&len);
        if !is_message {
            // The middle of a message: the next one begins where there is a marker.
            let next = pdu.rest().windows(MARK.len()).position(|bytes| bytes == MARK);
            pdu.info(format_args!("Continuation"));
            if let Some(next) = next.filter(|_| !behind) {
                pdu.set_len(MARKER, next);
            }
            return Ok(());
        }
        if !marked {
            pdu.diagnostic(
                Severity::Error,
                "bad-marker",
                0..MARK.len(),
                format_args!("the connection is not synchronized"),
            );
        }
        pdu.take(MARKER)?;
        pdu.take(LENGTH)?;
        if len < HEADER {
            let text = format_args!("{len} bytes, less than the header's {HEADER}");
            pdu.diagnostic(Severity::Error, "bad-length", 16..18, text);
            return Ok(());
        }
        pdu.set_len(LENGTH, len);
        pdu.wait_for(len)?;
        self.ends.of(pdu.flow())[usize::from(pdu.is_reverse())] = frame;
        let kind = pdu.take(TYPE)?;
        pdu.info(format_args!("{}", Self::name(TYPE, kind)));
        match kind {
            1 => open(pdu),
            2 => update::message(pdu),
            3 => notification(pdu),
            5 | 128 => route_refresh(pdu),
            _ => Ok(()),
        }
    }

    fn flow_end(&mut self, flow: u64) {
        self.ends.end(flow);
    }
}

fn open(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(OPEN_VERSION)?;
    pdu.take(OPEN_MYAS)?;
    pdu.take(OPEN_HOLDTIME)?;
    pdu.take(OPEN_IDENTIFIER)?;
    let mut len = usize::from(pdu.take(OPEN_OPT_LEN)?);
    // Longer lengths (RFC 9072, section 2) are announced by a length and a type that are all ones.
    let extended = len == 0xff && pdu.rest().first() == Some(&0xff);
    if extended {
        pdu.skip(1)?;
        len = pdu.take(EXTENDED_OPT_LEN)?.into();
    }
    pdu.within(OPEN_OPT_LEN, len, |pdu| {
        while pdu.wire_remaining() > 0 {
            pdu.group(OPEN_OPT_PARAM, |pdu| {
                let kind = pdu.take(OPEN_OPT_PARAM_TYPE)?;
                let len = match extended {
                    true => pdu.take(EXTENDED_PARAM_LEN)?.into(),
                    false => pdu.take(OPEN_OPT_PARAM_LEN)?.into(),
                };
                pdu.within(OPEN_OPT_PARAM_LEN, len, |pdu| match kind {
                    1 => pdu.take_bytes(OPEN_OPT_PARAM_AUTH, len).map(drop),
                    2 => {
                        while pdu.wire_remaining() > 0 {
                            pdu.group(CAP, capability)?;
                        }
                        Ok(())
                    }
                    _ => pdu.take_bytes(OPEN_OPT_PARAM_UNKNOWN, len).map(drop),
                })
            })?;
        }
        Ok(())
    })
}

fn capability(pdu: &mut Pdu<'_>) -> Step {
    let kind = pdu.take(CAP_TYPE)?;
    let len = usize::from(pdu.take(CAP_LENGTH)?);
    if len > pdu.wire_remaining() {
        let (at, there) = (pdu.position(), pdu.wire_remaining());
        pdu.diagnostic(Severity::Error, "bad-length", at - 1..at, format_args!("{len} bytes, but there are {there}"));
        return pdu.skip(there);
    }
    pdu.within(CAP_LENGTH, len, |pdu| {
        match (kind, len) {
            (1, 4) => {
                pdu.take(CAP_MP_AFI)?;
                pdu.take(CAP_RESERVED)?;
                pdu.take(CAP_MP_SAFI)?;
            }
            (3 | 130, 5..) => {
                pdu.take(CAP_ORF_AFI)?;
                pdu.take(CAP_RESERVED)?;
                pdu.take(CAP_ORF_SAFI)?;
                for _ in 0..pdu.take(CAP_ORF_NUMBER)? {
                    pdu.take(CAP_ORF_TYPE)?;
                    pdu.take(CAP_ORF_SENDRECEIVE)?;
                }
            }
            (5, 6..) => {
                while pdu.wire_remaining() > 0 {
                    pdu.take(CAP_ENH_AFI)?;
                    pdu.take(CAP_ENH_SAFI)?;
                    pdu.take(CAP_ENH_NHAFI)?;
                }
            }
            (64, 2..) => {
                pdu.take(CAP_GR_TIMERS)?;
                while pdu.wire_remaining() > 0 {
                    pdu.take(CAP_GR_AFI)?;
                    pdu.take(CAP_GR_SAFI)?;
                    pdu.take(CAP_GR_FLAG)?;
                }
            }
            (65, 4) => drop(pdu.take(CAP_4AS)?),
            (69, 4..) => {
                while pdu.wire_remaining() > 0 {
                    pdu.take(CAP_AP_AFI)?;
                    pdu.take(CAP_AP_SAFI)?;
                    pdu.take(CAP_AP_SENDRECEIVE)?;
                }
            }
            (73, 2..) => {
                let len = pdu.take(CAP_ORF_FQDN_HOSTNAME_LEN)?.into();
                pdu.take_bytes(CAP_ORF_FQDN_HOSTNAME, len)?;
                let len = pdu.take(CAP_ORF_FQDN_DOMAIN_NAME_LEN)?.into();
                if len > 0 {
                    pdu.take_bytes(CAP_ORF_FQDN_DOMAIN_NAME, len)?;
                }
            }
            (_, 1..) => drop(pdu.take_bytes(CAP_UNKNOWN, len)?),
            _ => {}
        }
        Ok(())
    })
}

fn notification(pdu: &mut Pdu<'_>) -> Step {
    let major = pdu.take(NOTIFY_MAJOR_ERROR)?;
    let minor = pdu.take(match major {
        1 => NOTIFY_MINOR_ERROR,
        2 => NOTIFY_MINOR_ERROR_OPEN,
        3 => NOTIFY_MINOR_ERROR_UPDATE,
        4 => NOTIFY_MINOR_ERROR_EXPIRED,
        5 => NOTIFY_MINOR_ERROR_STATE,
        6 => NOTIFY_MINOR_ERROR_CEASE,
        _ => NOTIFY_MINOR_ERROR_UNKNOWN,
    })?;
    // RFC 9003, section 2: a shutdown or reset may say why.
    if major == 6 && matches!(minor, 2 | 4) && pdu.wire_remaining() > 1 {
        let len = pdu.take(NOTIFY_COMMUNICATION_LENGTH)?.into();
        pdu.take_bytes(NOTIFY_COMMUNICATION, len)?;
    } else if pdu.wire_remaining() > 0 {
        pdu.take_bytes(NOTIFY_MINOR_DATA, pdu.wire_remaining())?;
    }
    Ok(())
}

fn route_refresh(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(ROUTE_REFRESH_AFI)?;
    pdu.take(ROUTE_REFRESH_SUBTYPE)?;
    pdu.take(ROUTE_REFRESH_SAFI)?;
    if pdu.wire_remaining() > 0 {
        pdu.group(ROUTE_REFRESH_ORF, |pdu| {
            pdu.take(ROUTE_REFRESH_ORF_FLAG)?;
            pdu.take(ROUTE_REFRESH_ORF_TYPE)?;
            pdu.take(ROUTE_REFRESH_ORF_LENGTH)?;
            Ok(())
        })?;
    }
    Ok(())
}

builtin!(Bgp);

#[test]
fn an_open_with_capabilities() {
    check::<Bgp>(
        "ffffffffffffffffffffffffffffffff 002d 01  04 5ba0 00b4 0a000001 10
         02 06 01 04 0001 00 01  02 06 41 04 00010000",
        expect![[r#"
            Border Gateway Protocol, OPEN Message
              Marker: ffffffffffffffffffffffffffffffff
              Length: 45
              Type: OPEN Message (1)
              Version: 4
              My AS: AS_TRANS (23456)
              Hold Time: 180
              BGP Identifier: 10.0.0.1
              Optional Parameters Length: 16
              Optional Parameter: Capability (2)
                Parameter Type: Capability (2)
                Parameter Length: 6
                Capability: Multiprotocol extensions (1)
                  Type: Multiprotocol extensions (1)
                  Length: 4
                  AFI: IPv4 (1)
                  Reserved: 00
                  SAFI: Unicast (1)
              Optional Parameter: Capability (2)
                Parameter Type: Capability (2)
                Parameter Length: 6
                Capability: Support for 4-octet AS number (65)
                  Type: Support for 4-octet AS number (65)
                  Length: 4
                  AS Number: 65536
        "#]],
    );
}

#[test]
fn an_update() {
    check::<Bgp>(
        "ffffffffffffffffffffffffffffffff 0046 02  0004 18 0a0000  0027
         40 01 01 00  40 02 06 02 01 00010000  40 03 04 0a000001  c0 10 08 0002 012c 0000012c
         c0 08 04 fde92bc1  10 0a01",
        expect![[r#"
            Border Gateway Protocol, UPDATE Message
              Marker: ffffffffffffffffffffffffffffffff
              Length: 70
              Type: UPDATE Message (2)
              Withdrawn Routes Length: 4
              Withdrawn Routes: 10.0.0.0
                Prefix Length: 24
                Withdrawn prefix: 10.0.0.0
              Total Path Attribute Length: 39
              Path attributes
                Path Attribute: ORIGIN (1)
                  Flags: 0x40
                    0... .... = Optional: Not set
                    .1.. .... = Transitive: Set
                    ..0. .... = Partial: Not set
                    ...0 .... = Extended-Length: Not set
                    .... 0000 = Unused: 0x0
                  Type Code: ORIGIN (1)
                  Length: 1
                  Origin: IGP (0)
                Path Attribute: AS_PATH (2)
                  Flags: 0x40
                    0... .... = Optional: Not set
                    .1.. .... = Transitive: Set
                    ..0. .... = Partial: Not set
                    ...0 .... = Extended-Length: Not set
                    .... 0000 = Unused: 0x0
                  Type Code: AS_PATH (2)
                  Length: 6
                  AS Path segment: AS_SEQUENCE (2)
                    Segment type: AS_SEQUENCE (2)
                    Segment length (number of ASN): 1
                    AS4: 65536
                Path Attribute: NEXT_HOP (3)
                  Flags: 0x40
                    0... .... = Optional: Not set
                    .1.. .... = Transitive: Set
                    ..0. .... = Partial: Not set
                    ...0 .... = Extended-Length: Not set
                    .... 0000 = Unused: 0x0
                  Type Code: NEXT_HOP (3)
                  Length: 4
                  Next hop: 10.0.0.1
                Path Attribute: EXTENDED_COMMUNITIES (16)
                  Flags: 0xc0
                    1... .... = Optional: Set
                    .1.. .... = Transitive: Set
                    ..0. .... = Partial: Not set
                    ...0 .... = Extended-Length: Not set
                    .... 0000 = Unused: 0x0
                  Type Code: EXTENDED_COMMUNITIES (16)
                  Length: 8
                  Extended community: Transitive 2-Octet AS-Specific (0x00)
                    Type: Transitive 2-Octet AS-Specific (0x00)
                      0... .... = IANA Authority: Allocated on First Come First Serve Basis
                      .0.. .... = Transitive across ASes: Transitive
                    Subtype (AS2): Route Target (0x02)
                    2-Octet AS: 300
                    4-Octet AN: 300
                Path Attribute: COMMUNITIES (8)
                  Flags: 0xc0
                    1... .... = Optional: Set
                    .1.. .... = Transitive: Set
                    ..0. .... = Partial: Not set
                    ...0 .... = Extended-Length: Not set
                    .... 0000 = Unused: 0x0
                  Type Code: COMMUNITIES (8)
                  Length: 4
                  Community
                    Community AS: 65001
                    Community value: 11201
                Path Attribute
                  Flags: 0x10
                    0... .... = Optional: Not set
                    .0.. .... = Transitive: Not set
                    ..0. .... = Partial: Not set
                    ...1 .... = Extended-Length: Set
                    .... 0000 = Unused: 0x0
              [error] short: bgp.update.path_attribute.type_code needs 1 bytes at offset 66, 0 are there (the end is set by bgp.update.path_attributes.length)
        "#]],
    );
}

#[test]
fn routes_of_a_vpn() {
    check::<Bgp>(
        "ffffffffffffffffffffffffffffffff 0039 02  0000 0022
         90 0e 001e 0001 80 0c 00000000000000000a000001 00  60 187701 0000 01f4 000001f4 850000 00",
        expect![[r#"
            Border Gateway Protocol, UPDATE Message
              Marker: ffffffffffffffffffffffffffffffff
              Length: 57
              Type: UPDATE Message (2)
              Withdrawn Routes Length: 0
              Total Path Attribute Length: 34
              Path attributes
                Path Attribute: MP_REACH_NLRI (14)
                  Flags: 0x90
                    1... .... = Optional: Set
                    .0.. .... = Transitive: Not set
                    ..0. .... = Partial: Not set
                    ...1 .... = Extended-Length: Set
                    .... 0000 = Unused: 0x0
                  Type Code: MP_REACH_NLRI (14)
                  Length: 30
                  Address family identifier (AFI): IPv4 (1)
                  Subsequent address family identifier (SAFI): Labeled VPN Unicast (128)
                  Next hop Route Distinguisher: 0:0
                  Next hop IPv4 Address: 10.0.0.1
                  Number of Subnetwork points of attachment (SNPA): 0
                  Network Layer Reachability Information (NLRI): 100208 (bottom)
                    Prefix Length: 96
                    Label Stack: 100208 (bottom)
                    Route Distinguisher: 500:500
                    MP Reach NLRI IPv4 prefix: 133.0.0.0
        "#]],
    );
}

#[test]
fn a_notification_and_a_lost_beginning() {
    check::<Bgp>(
        "ffffffffffffffffffffffffffffffff 0018 03  06 02 02 6869",
        expect![[r#"
        Border Gateway Protocol, NOTIFICATION Message
          Marker: ffffffffffffffffffffffffffffffff
          Length: 24
          Type: NOTIFICATION Message (3)
          Major error Code: Cease (6)
          Minor error Code (Cease): Administratively Shutdown (2)
          BGP Shutdown Communication Length: 2
          Shutdown Communication: hi
    "#]],
    );
    check::<Bgp>(
        "0102030405060708090a0b0c0d0e0f10 ffffffffffffffffffffffffffffffff 0013 04",
        expect![[r#"
        Border Gateway Protocol, Continuation
    "#]],
    );
    check::<Bgp>(
        "ffffffffffffffffffffffffffffffff 0012 04",
        expect![[r#"
        Border Gateway Protocol
          Marker: ffffffffffffffffffffffffffffffff
          Length: 18
          [error] bad-length: 18 bytes, less than the header's 19
    "#]],
    );
}
