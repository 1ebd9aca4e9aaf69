//! DNS: messages (RFC 1035, section 4), over UDP and TCP (section 4.2). The protocols that share its format, multicast DNS
//! (RFC 6762) and LLMNR (RFC 4795), have their dissectors in `variants.rs` and its fields.
//!
//! Dynamic update renames the sections (RFC 2136), EDNS adds a pseudo record with options (RFC 6891), stateful
//! operations (RFC 8490) do without records. What is in the records: `records.rs`; in the options: `options.rs`.

mod names;
mod options;
mod records;
mod summary;
#[cfg(test)]
mod tests;
mod transactions;
mod values;
mod variants;

use crate::ip_protocols::IP_PROTOCOLS;
use names::{Flaw, Name};
use prosector_sdk::handle::{ComputedBytes, Handle};
use prosector_sdk::prelude::*;
use std::ops::Range;
use summary::Summary;
use transactions::Transactions;
use values::*;

/// The dissector.
#[derive(Default)]
pub struct Dns {
    /// Where the text of a name is put together, kept from message to message for its memory.
    text: Vec<u8>,
    transactions: Flows<Transactions>,
}

protocol! {
    /// Names, and what is known of them.
    Dns = dns "DNS", "Domain Name System" {
        /// Length of the message, where it comes over TCP.
        length: u16                             "Length",
        id: u16 hex                             "Transaction ID",
        flags: u16 hex                          "Flags" {
            response: 0x8000                    "Response" = { 0 "Message is a query", 1 "Message is a response" },
            opcode: uint 0x7800                 "Opcode" = OPCODES,
            authoritative: 0x0400               "Authoritative"
                = { 0 "Server is not an authority for domain", 1 "Server is an authority for domain" },
            /// LLMNR: several answered, or the name is known not to be unique.
            conflict: 0x0400                    "Conflict" = { 0 "None", 1 "The name is not considered unique" },
            truncated: 0x0200                   "Truncated"
                = { 0 "Message is not truncated", 1 "Message is truncated" },
            recdesired: 0x0100                  "Recursion desired"
                = { 0 "Don't do query recursively", 1 "Do query recursively" },
            /// LLMNR: the responder has not yet made sure that nobody else has the name.
            tentative: 0x0100                   "Tentative" = { 0 "Not tentative", 1 "Tentative" },
            recavail: 0x0080                    "Recursion available"
                = { 0 "Server can't do recursive queries", 1 "Server can do recursive queries" },
            z: 0x0040                           "Z" = { 0 "reserved (0)", 1 "reserved - incorrect!" },
            /// In a query: the sender understands this bit in the answer.
            authenticated: 0x0020               "Answer authenticated"
                = { 0 "Answer/authority portion was not authenticated by the server",
                    1 "Answer/authority portion was authenticated by the server" },
            checkdisable: 0x0010                "Non-authenticated data" = { 0 "Unacceptable", 1 "Acceptable" },
            rcode: uint 0x000f                  "Reply code" = RCODES,
        },
        count.queries: u16                      "Questions",
        count.answers: u16                      "Answer RRs",
        count.auth_rr: u16                      "Authority RRs",
        count.zones: u16                        "Zones",
        count.prerequisites: u16                "Prerequisites",
        count.updates: u16                      "Updates",
        count.add_rr: u16                       "Additional RRs",

        // Sections. Wireshark shows them as headings without a name.
        qry: group                              "Query",
        zone: group                             "Zone",
        answer: group                           "Answer",
        prerequisite: group                     "Prerequisite",
        authority: group                        "Authoritative nameserver",
        update: group                           "Update",
        additional: group                       "Additional record",

        qry.name: computed str                  "Name",
        /// Length of the name as it is written, in bytes.
        qry.name.len: computed u16              "Name Length",
        count.labels: computed u16              "Label Count",
        qry.type: u16                           "Type" = TYPES,
        qry.class: u16 hex                      "Class" = CLASSES,
        qry.class as QRY_CLASS_MDNS: u16 hex & 0x7fff "Class" = CLASSES,
        /// Multicast DNS: whether a unicast answer is welcome.
        qry.qu: bool(u16) & 0x8000              "\"QU\" question",

        resp.name: computed str                 "Name",
        srv.service: computed str               "Service",
        srv.proto: computed str                 "Protocol",
        srv.name: computed str                  "Name",
        resp.type: u16                          "Type" = TYPES,
        resp.class: u16 hex                     "Class" = CLASSES,
        resp.class as RESP_CLASS_MDNS: u16 hex & 0x7fff "Class" = CLASSES,
        /// Multicast DNS: whether records known before are to be forgotten.
        resp.cache_flush: bool(u16) & 0x8000    "Cache flush",
        resp.ttl: u32                           "Time to live" unit "s",
        rr.udp_payload_size: u16                "UDP payload size",
        rr.udp_payload_size as RR_UDP_PAYLOAD_SIZE_MDNS: u16 hex & 0x7fff "UDP payload size",
        resp.ext_rcode: u8 hex                  "Higher bits in extended RCODE",
        resp.edns0_version: u8                  "EDNS0 version",
        resp.z: u16 hex                         "Z" {
            do: 0x8000                          "DO bit"
                = { 0 "Cannot handle DNSSEC security RRs", 1 "Accepts DNSSEC security RRs" },
            reserved: hex 0x7fff                "Reserved",
        },
        resp.len: u16                           "Data length",

        a: ipv4                                 "Address",
        ns: computed str                        "Name Server",
        md: computed str                        "Mail Destination",
        mf: computed str                        "Mail Forwarder",
        cname: computed str                     "CNAME",
        soa.mname: computed str                 "Primary name server",
        soa.rname: computed str                 "Responsible authority's mailbox",
        soa.serial_number: u32                  "Serial Number",
        soa.refresh_interval: u32               "Refresh Interval" unit "s",
        soa.retry_interval: u32                 "Retry Interval" unit "s",
        soa.expire_limit: u32                   "Expire limit" unit "s",
        soa.minimum_ttl: u32                    "Minimum TTL" unit "s",
        mb: computed str                        "Mailbox Domain",
        mg: computed str                        "Mail Group member",
        mr: computed str                        "Mail Rename domain",
        null: bytes                             "Null (data)",
        wks.address: ipv4                       "Address",
        wks.protocol: u8                        "Protocol" = IP_PROTOCOLS,
        /// A byte of the bit map of ports that isn't zero.
        wks.bits: u8 hex                        "Bits",
        ptr.domain_name: computed str           "Domain Name",
        hinfo.cpu_length: u8                    "CPU Length",
        hinfo.cpu: str                          "CPU",
        hinfo.os_length: u8                     "OS Length",
        hinfo.os: str                           "OS",
        minfo.r: computed str                   "Responsible Mailbox",
        minfo.e: computed str                   "Error Mailbox",
        mx.preference: u16                      "Preference",
        mx.mail_exchange: computed str          "Mail Exchange",
        txt.length: u8                          "TXT Length",
        txt: str                                "TXT",
        rp.mailbox: computed str                "Mailbox",
        rp.txt_rr: computed str                 "TXT RR",
        afsdb.subtype: u16                      "Subtype",
        afsdb.hostname: computed str            "Hostname",
        x25.length: u8                          "Length",
        x25.psdn_address: str                   "PSDN-Address",
        idsn.length: u8                         "Length",
        idsn.address: str                       "ISDN Address",
        idsn.sa.length: u8                      "Length",
        idsn.sa.address: str                    "Sub Address",
        rt.subtype: u16                         "Preference",
        rt.intermediate_host: computed str      "Intermediate Hostname",
        nsap.rdata: bytes                       "NSAP Data",
        nsap_ptr.owner: computed str            "Owner",
        key.flags: u16 hex                      "Flags" {
            authentication: 0x8000              "Key allowed for authentication" = { 0 "Allowed", 1 "Not Allowed" },
            confidentiality: 0x4000             "Key allowed for confidentiality" = { 0 "Allowed", 1 "Not Allowed" },
            required: 0x2000                    "Key required" = { 0 "Required", 1 "Experimental or optional" },
            associated_user: 0x0400             "Key is associated with a user" = { 0 "No", 1 "Yes" },
            associated_named_entity: 0x0200     "Key is associated with the named entity" = { 0 "No", 1 "Yes" },
            ipsec: 0x0080                       "Key use with IPSEC" = { 0 "Invalid", 1 "Valid" },
            mime: 0x0040                        "Key use with MIME security multiparts"
                = { 0 "Invalid", 1 "Valid" },
            signatory: 0x000f                   "Signatory",
        },
        key.protocol: u8                        "Protocol",
        key.algorithm: u8                       "Algorithm" = ALGORITHMS,
        /// Computed from the record (RFC 4034, appendix B).
        key.key_id: computed u16                "Key ID",
        key.public_key: bytes                   "Public Key",
        px.preference: u16                      "Preference",
        px.map822: computed str                 "MAP822",
        px.map400: computed str                 "MAPX400",
        gpos.longitude_length: u8               "Longitude length",
        gpos.longitude: str                     "Longitude",
        gpos.latitude_length: u8                "Latitude length",
        gpos.latitude: str                      "Latitude",
        gpos.altitude_length: u8                "Altitude length",
        gpos.altitude: str                      "Altitude",
        aaaa: ipv6                              "AAAA Address",
        loc.version: u8                         "Version",
        /// Diameter: the high digit times ten to the power of the low one, in centimetres (RFC 1876, section 2).
        loc.size: u8                            "Size",
        loc.horizontal_precision: u8            "Horizontal Precision",
        loc.vertical_precision: u8              "Vertical Precision",
        /// Thousandths of a second of arc; the equator is 2147483648, more is north.
        loc.latitude: u32                       "Latitude",
        /// Thousandths of a second of arc; the prime meridian is 2147483648, more is east.
        loc.longitude: u32                      "Longitude",
        /// Centimetres, counted from 100 km below sea level.
        loc.altitude: u32                       "Altitude",
        loc.unknown_data: bytes                 "Unknown data",
        nxt.next_domain_name: computed str      "Next Domain Name",
        srv.priority: u16                       "Priority",
        srv.weight: u16                         "Weight",
        srv.port: u16                           "Port",
        srv.target: computed str                "Target",
        naptr.order: u16                        "Order",
        naptr.preference: u16                   "Preference",
        naptr.flags_length: u8                  "Flags Length",
        naptr.flags: str                        "Flags",
        naptr.service_length: u8                "Service Length",
        naptr.service: str                      "Service",
        naptr.regex_length: u8                  "Regex Length",
        naptr.regex: str                        "Regex",
        /// Length of the name as it is written, in bytes.
        naptr.replacement_length: computed u8   "Replacement Length",
        naptr.replacement: computed str         "Replacement",
        kx.preference: u16                      "Preference",
        kx.key_exchange: computed str           "Key Exchange",
        cert.type: u16                          "Type" = CERT_TYPES,
        cert.key_tag: u16 hex                   "Key Tag",
        cert.algorithm: u8                      "Algorithm" = ALGORITHMS,
        cert.certificate: bytes                 "Certificate (or CRL)",
        a6.prefix_len: u8                       "Prefix len",
        a6.address_suffix: computed ipv6        "Address Suffix",
        a6.prefix_name: computed str            "Prefix name",
        dname: computed str                     "Dname",
        opt: group                              "Option",
        opt.code: u16                           "Option Code" = OPTIONS,
        opt.len: u16                            "Option Length",
        opt.data: bytes                         "Option Data",
        opt.dau: u8                             "DAU" = ALGORITHMS,
        opt.dhu: u8                             "DHU" = DIGESTS,
        opt.n3u: u8                             "N3U" = NSEC3_HASHES,
        opt.client.family: u16                  "Family" = FAMILIES,
        opt.client.netmask: u8                  "Source Netmask",
        opt.client.scope: u8                    "Scope Netmask",
        opt.client.addr4: ipv4                  "Client Subnet",
        opt.client.addr6: ipv6                  "Client Subnet",
        opt.client.addr: bytes                  "Client Subnet",
        opt.cookie.client: bytes[8]             "Client Cookie",
        opt.cookie.server: bytes                "Server Cookie",
        /// How long the server keeps an idle connection, in tenths of a second.
        opt.edns_tcp_keepalive.timeout: u16     "Timeout",
        opt.padding: bytes                      "Padding",
        opt.chain.fqdn: computed str            "Closest Trust Point",
        opt.ext_error.info_code: u16            "Info Code" = EXTENDED_ERRORS,
        opt.ext_error.extra_text: str           "Extra Text",
        apl.address_family: u16                 "Address Family" = FAMILIES,
        apl.coded_prefix: u8                    "Prefix Length",
        apl.negation: bool & 0x80               "Negation Flag" = { 0 "No (0)", 1 "Yes (!)" },
        apl.afdlength: u8 & 0x7f                "Address Length",
        apl.afdpart.ipv4: ipv4                  "Address",
        apl.afdpart.ipv6: ipv6                  "Address",
        apl.afdpart.data: bytes                 "Address",
        ds.key_id: u16 hex                      "Key id",
        ds.algorithm: u8                        "Algorithm" = ALGORITHMS,
        ds.digest_type: u8                      "Digest Type" = DIGESTS,
        ds.digest: bytes                        "Digest",
        sshfp.algorithm: u8                     "Algorithm"
            = { 0 "Reserved", 1 "RSA", 2 "DSA", 3 "ECDSA", 4 "Ed25519", 5 "XMSS", 6 "Ed448" },
        sshfp.fingerprint.type: u8              "Fingerprint type" = { 0 "Reserved", 1 "SHA1", 2 "SHA256" },
        sshfp.fingerprint: bytes                "Fingerprint",
        ipseckey.gateway_precedence: u8         "Gateway Precedence",
        ipseckey.gateway_type: u8               "Gateway Type"
            = { 0 "No Gateway", 1 "IPv4 Gateway", 2 "IPv6 Gateway", 3 "DNS Gateway" },
        ipseckey.gateway_algorithm: u8          "Gateway Algorithm" = { 1 "DSA", 2 "RSA", 3 "ECDSA" },
        ipseckey.gateway_ipv4: ipv4             "IPv4 Gateway",
        ipseckey.gateway_ipv6: ipv6             "IPv6 Gateway",
        ipseckey.gateway_dns: computed str      "DNS Gateway",
        ipseckey.public_key: bytes              "Public Key",
        rrsig.type_covered: u16                 "Type Covered" = TYPES,
        rrsig.algorithm: u8                     "Algorithm" = ALGORITHMS,
        rrsig.labels: u8                        "Labels",
        rrsig.original_ttl: u32                 "Original TTL" unit "s",
        rrsig.signature_expiration: time_s      "Signature Expiration",
        rrsig.signature_inception: time_s       "Signature Inception",
        rrsig.key_tag: u16                      "Key Tag",
        rrsig.signers_name: computed str        "Signer's name",
        rrsig.signature: bytes                  "Signature",
        nsec.next_domain_name: computed str     "Next Domain Name",
        /// One for every bit that is set in the record's bit map of types.
        resp.type as BITMAP_TYPE: computed u16  "RR type in bit map" = TYPES,
        dnskey.flags: u16 hex                   "Flags" {
            zone_key: 0x0100                    "Zone Key"
                = { 0 "This is not a zone key", 1 "This is the zone key for specified zone" },
            key_revoked: 0x0080                 "Key Revoked" = { 0 "No", 1 "Yes" },
            secure_entry_point: 0x0001          "Key Signing Key" = { 0 "No", 1 "Yes" },
            reserved: hex 0xfe7e                "Reserved",
        },
        dnskey.protocol: u8                     "Protocol",
        dnskey.algorithm: u8                    "Algorithm" = ALGORITHMS,
        /// Computed from the record (RFC 4034, appendix B).
        dnskey.key_id: computed u16             "Key id",
        dnskey.public_key: bytes                "Public Key",
        dhcid.rdata: bytes                      "DHCID Data",
        nsec3.algo: u8                          "Hash algorithm" = NSEC3_HASHES,
        nsec3.flags: u8                         "NSEC3 flags" {
            opt_out: 0x01                       "NSEC3 Opt-out flag"
                = { 0 "Additional insecure delegations forbidden", 1 "Additional insecure delegations allowed" },
        },
        nsec3.iterations: u16                   "NSEC3 iterations",
        nsec3.salt_length: u8                   "Salt length",
        nsec3.salt_value: bytes                 "Salt value",
        nsec3.hash_length: u8                   "Hash length",
        /// In base 32 with extended hex alphabet, as it stands in the owner's name.
        nsec3.hash_value: computed str          "Next hashed owner",
        tlsa.certificate_usage: u8              "Certificate Usage"
            = { 0 "CA constraint (PKIX-TA)", 1 "Service certificate constraint (PKIX-EE)",
                2 "Trust anchor assertion (DANE-TA)", 3 "Domain-issued certificate (DANE-EE)" },
        tlsa.selector: u8                       "Selector"
            = { 0 "Full certificate (Cert)", 1 "SubjectPublicKeyInfo (SPKI)" },
        tlsa.matching_type: u8                  "Matching Type"
            = { 0 "No Hash Used (Full)", 1 "256 bit hash by SHA2 (SHA2-256)", 2 "512 bit hash by SHA2 (SHA2-512)" },
        tlsa.certificate_association_data: bytes "Certificate Association Data",
        hip.hit.length: u8                      "HIT length",
        hip.hit.pk.algo: u8                     "PK algorithm" = { 0 "Reserved", 1 "DSA", 2 "RSA" },
        hip.pk.length: u16                      "PK length",
        hip.hit: bytes                          "Host Identity Tag",
        hip.pk: bytes                           "HIP Public Key",
        hip.rendezvous_server: computed str     "Rendezvous Server",
        openpgpkey: bytes                       "OpenPGP Key",
        csync.soa: u32                          "SOA",
        csync.flags: u16 hex                    "Flags" {
            immediate: 0x0001                   "immediate",
            soaminimum: 0x0002                  "soaminimum",
        },
        csync.type_bitmap: bytes                "Type Bitmap",
        zonemd.serial: u32                      "Serial",
        zonemd.scheme: u8                       "Scheme" = { 0 "Reserved", 1 "SIMPLE", 240..=254 "Private Use" },
        zonemd.hash_algo: u8                    "Hash Algorithm"
            = { 0 "Reserved", 1 "SHA-384", 2 "SHA-512", 240..=254 "Private Use" },
        zonemd.digest: bytes                    "Digest",
        svcb.svcpriority: u16                   "SvcPriority",
        svcb.targetname: computed str           "TargetName",
        svcb.svcparam: group                    "SvcParam",
        svcb.svcparam.key: u16                  "SvcParamKey" = SVC_KEYS,
        svcb.svcparam.value.length: u16         "SvcParamValue length",
        svcb.svcparam.mandatory.key: u16        "Mandatory key" = SVC_KEYS,
        svcb.svcparam.alpn.length: u8           "ALPN length",
        svcb.svcparam.alpn: str                 "ALPN",
        svcb.svcparam.port: u16                 "Port",
        svcb.svcparam.ipv4hint.ip: ipv4         "IP",
        svcb.svcparam.echconfig: bytes          "ECHConfig",
        svcb.svcparam.ipv6hint.ip: ipv6         "IP",
        svcb.svcparam.odohconfig: bytes         "ODoHConfig",
        svcb.svcparam.value: bytes              "SvcParamValue",
        spf.length: u8                          "SPF Length",
        spf: str                                "SPF",
        ilnp.nid.preference: u16                "Preference",
        ilnp.nid: bytes[8]                      "NodeID",
        ilnp.l32.preference: u16                "Preference",
        ilnp.l32: ipv4                          "Locator32",
        ilnp.l64.preference: u16                "Preference",
        ilnp.l64: bytes[8]                      "Locator64",
        ilnp.lp.preference: u16                 "Preference",
        ilnp.lp: computed str                   "Locator FQDN",
        eui48: mac                              "EUI48 Address",
        eui64: eui64                            "EUI64 Address",
        tkey.algo_name: computed str            "Algorithm name",
        tkey.signature_inception: time_s        "Signature Inception",
        tkey.signature_expiration: time_s       "Signature Expiration",
        tkey.mode: u16                          "Mode"
            = { 1 "Server assigned", 2 "Diffie Hellman", 3 "GSSAPI", 4 "Resolver assigned", 5 "Delete" },
        tkey.error: u16                         "Error" = RCODES,
        tkey.key_size: u16                      "Key Size",
        tkey.key_data: bytes                    "Key Data",
        tkey.other_size: u16                    "Other Size",
        tkey.other_data: bytes                  "Other Data",
        tsig.algorithm_name: computed str       "Algorithm Name",
        tsig.time_signed: time_s(u48)           "Time Signed",
        tsig.fudge: u16                         "Fudge" unit "s",
        tsig.mac_size: u16                      "MAC Size",
        tsig.mac: bytes                         "MAC",
        tsig.original_id: u16                   "Original Id",
        tsig.error: u16                         "Error" = RCODES,
        tsig.other_len: u16                     "Other Len",
        tsig.other_data: bytes                  "Other Data",
        caa.flags: u8 hex                       "CAA Flags" {
            issuer_critical: 0x80               "Issuer Critical" = { 0 "Not critical", 1 "Critical" },
        },
        caa.tag_length: u8                      "Tag length",
        caa.tag: str                            "Tag",
        caa.issue: str                          "Issue",
        caa.issuewild: str                      "Issue Wildcard",
        caa.iodef: str                          "Report URL",
        caa.unknown: str                        "Unknown tag",
        caa.value: str                          "Value",
        wins.local_flag: bool(u32) & 1          "Local Flag",
        wins.lookup_timeout: u32                "Lookup timeout" unit "s",
        wins.cache_timeout: u32                 "Cache timeout" unit "s",
        wins.nb_wins_servers: u32               "Number of WINS servers",
        wins.wins_server: ipv4                  "WINS Server Address",
        winsr.local_flag: bool(u32) & 1         "Local Flag",
        winsr.lookup_timeout: u32               "Lookup timeout" unit "s",
        winsr.cache_timeout: u32                "Cache timeout" unit "s",
        winsr.name_result_domain: computed str  "Name Result Domain",
        xpf.ip_version: u8                      "IP Version" = { 4 "IPv4", 6 "IPv6" },
        xpf.protocol: u8                        "Protocol" = IP_PROTOCOLS,
        xpf.source_ipv4: ipv4                   "IPv4 Source",
        xpf.destination_ipv4: ipv4              "IPv4 Destination",
        xpf.source_ipv6: ipv6                   "IPv6 Source",
        xpf.destination_ipv6: ipv6              "IPv6 Destination",
        xpf.sport: u16                          "Source port",
        xpf.dport: u16                          "Destination port",
        /// Data of a record whose type is not known here.
        data: bytes                             "Data",

        dso: group                              "DNS Stateful Operation",
        dso.tlv: group                          "DSO TLV",
        dso.tlv.type: u16                       "Type" = DSO_TYPES,
        dso.tlv.length: u16                     "Length",
        dso.tlv.keepalive.inactivity: u32       "Inactivity Timeout" unit "ms",
        dso.tlv.keepalive.interval: u32         "Keepalive Interval" unit "ms",
        dso.tlv.retrydelay.retrydelay: u32      "Retry Delay" unit "ms",
        dso.tlv.encpad.padding: bytes           "Padding",
        dso.tlv.data: bytes                     "Data",

        extraneous.data: bytes                  "Extraneous Data Bytes",
        extraneous.length: computed i32         "Extraneous Data Length",

        response_to: computed u32               "Request In" linked,
        time: computed duration                 "Time" linked,
        retransmission: computed bool           "Retransmitted" linked,
        retransmit_request_in: computed u32     "Retransmitted request. Original request in" linked,
        retransmit_response_in: computed u32    "Retransmitted response. Original response in" linked,
        /// A response to no request of the capture.
        unsolicited: computed bool              "Unsolicited" linked,
    }
    claims { udp.port = 53, tcp.port = 53, media_type = crate::media::key(b"application/dns-message") }
    tables { GSS_API: "@gss-api" }
    stateful
}

/// Positions in the list of claims; the variants have the same.
mod claim {
    pub const TCP: usize = 1;
}

/// The protocols that share the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Variant {
    Dns,
    Mdns,
    Llmnr,
}

const OPCODE_UPDATE: u16 = 5;
const OPCODE_STATEFUL: u16 = 6;
const TYPE_SRV: u16 = 33;
const TYPE_OPT: u16 = 41;

impl Dissector for Dns {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        self.variant(pdu, Variant::Dns)
    }

    fn flow_end(&mut self, flow: u64) {
        self.transactions.end(flow);
    }
}

impl Dns {
    /// Over TCP a message comes behind its length (RFC 7766, section 8).
    fn variant(&mut self, pdu: &mut Pdu<'_>, variant: Variant) -> Step {
        if pdu.claim() == Some(claim::TCP) {
            let len = usize::from(pdu.take(LENGTH)?);
            pdu.set_len(LENGTH, 2 + len);
            pdu.wait_for(2 + len)?;
        }
        self.message(pdu, variant)
    }

    fn message<'a>(&mut self, pdu: &mut Pdu<'a>, variant: Variant) -> Step {
        let bytes = pdu.rest();
        pdu.info(format_args!("{}", Summary { message: bytes, variant }));
        let mut message = Message { bytes, start: pdu.position(), variant, text: &mut self.text };
        let id = pdu.take(ID)?;
        let flags = message.flags(pdu)?;
        self.transactions.of(pdu.flow()).link(pdu, id, flags >> 15 != 0);
        let opcode = flags >> 11 & 15;
        let is_update = opcode == OPCODE_UPDATE;
        let counts = if is_update {
            [pdu.take(COUNT_ZONES)?, pdu.take(COUNT_PREREQUISITES)?, pdu.take(COUNT_UPDATES)?]
        } else {
            [pdu.take(COUNT_QUERIES)?, pdu.take(COUNT_ANSWERS)?, pdu.take(COUNT_AUTH_RR)?]
        };
        let additional = pdu.take(COUNT_ADD_RR)?;
        if opcode == OPCODE_STATEFUL && counts == [0; 3] && additional == 0 {
            return pdu.group(DSO, options::stateful);
        }
        let [questions, second, third] =
            if is_update { [ZONE, PREREQUISITE, UPDATE] } else { [QRY, ANSWER, AUTHORITY] };
        for _ in 0..counts[0] {
            pdu.group(questions, |pdu| message.question(pdu))?;
        }
        for (count, section) in [(counts[1], second), (counts[2], third), (additional, ADDITIONAL)] {
            for _ in 0..count {
                pdu.group(section, |pdu| message.record(pdu))?;
            }
        }
        let extra = pdu.wire_remaining();
        if extra > 0 {
            pdu.computed(EXTRANEOUS_LENGTH, 0..0, extra);
            pdu.take_bytes(EXTRANEOUS_DATA, extra)?;
        }
        Ok(())
    }
}

/// A message that is being read. Names may point anywhere into its bytes.
struct Message<'a, 't> {
    bytes: &'a [u8],
    /// Where it begins in the PDU: pointers count from there.
    start: usize,
    variant: Variant,
    /// The text of the name read last, if somebody wanted it.
    text: &'t mut Vec<u8>,
}

impl Message<'_, '_> {
    /// Which flags there are depends on the protocol and on the direction.
    fn flags(&self, pdu: &mut Pdu<'_>) -> Result<u16, Stop> {
        let flags = pdu.peek(FLAGS)?;
        let range = pdu.position()..pdu.position() + 2;
        let is_response = flags >> 15 != 0;
        pdu.mark(FLAGS, range.clone());
        pdu.mark(FLAGS_RESPONSE, range.clone());
        pdu.mark(FLAGS_OPCODE, range.clone());
        let mut mark = |when: bool, flag: Handle<bool>| {
            if when {
                pdu.mark(flag, range.clone());
            }
        };
        let is_llmnr = self.variant == Variant::Llmnr;
        mark(is_llmnr, FLAGS_CONFLICT);
        mark(!is_llmnr && is_response, FLAGS_AUTHORITATIVE);
        mark(true, FLAGS_TRUNCATED);
        mark(is_llmnr, FLAGS_TENTATIVE);
        mark(!is_llmnr, FLAGS_RECDESIRED);
        mark(!is_llmnr && is_response, FLAGS_RECAVAIL);
        mark(!is_llmnr, FLAGS_Z);
        mark(!is_llmnr && (is_response || flags & 0x20 != 0), FLAGS_AUTHENTICATED);
        mark(!is_llmnr, FLAGS_CHECKDISABLE);
        if is_response {
            pdu.mark(FLAGS_RCODE, range);
        }
        pdu.skip(2)?;
        Ok(flags)
    }

    fn question(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let wanted = pdu.wants(QRY_NAME);
        let (name, range) = self.read_name(pdu, QRY_NAME, wanted)?;
        if name.is_known() {
            pdu.computed_bytes(QRY_NAME, range.clone(), self.text);
            pdu.computed(QRY_NAME_LEN, range.clone(), name.len);
            pdu.computed(COUNT_LABELS, range, name.labels);
        }
        pdu.take(QRY_TYPE)?;
        if self.variant == Variant::Mdns {
            pdu.show(QRY_CLASS_MDNS)?;
            pdu.take(QRY_QU)?;
        } else {
            pdu.take(QRY_CLASS)?;
        }
        Ok(())
    }

    fn record(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let wanted = pdu.wants(RESP_NAME) || pdu.wants(SRV_SERVICE) || pdu.wants(SRV_PROTO) || pdu.wants(SRV_NAME);
        let (name, range) = self.read_name(pdu, RESP_NAME, wanted)?;
        if !name.is_known() {
            // The diagnostic says it all.
        } else if pdu.peek(RESP_TYPE) == Ok(TYPE_SRV) {
            // _service._protocol.name (RFC 2782)
            let parts = self.text.splitn(3, |&byte| byte == b'.');
            for (field, part) in [SRV_SERVICE, SRV_PROTO, SRV_NAME].into_iter().zip(parts) {
                pdu.computed_bytes(field, range.clone(), part);
            }
        } else {
            pdu.computed_bytes(RESP_NAME, range, self.text);
        }
        let kind = pdu.take(RESP_TYPE)?;
        let is_mdns = self.variant == Variant::Mdns;
        match (kind, is_mdns) {
            (TYPE_OPT, false) => pdu.take(RR_UDP_PAYLOAD_SIZE)?,
            (TYPE_OPT, true) => pdu.show(RR_UDP_PAYLOAD_SIZE_MDNS)?,
            (_, false) => pdu.take(RESP_CLASS)?,
            (_, true) => pdu.show(RESP_CLASS_MDNS)?,
        };
        if is_mdns {
            pdu.take(RESP_CACHE_FLUSH)?;
        }
        if kind == TYPE_OPT {
            pdu.take(RESP_EXT_RCODE)?;
            pdu.take(RESP_EDNS0_VERSION)?;
            pdu.take(RESP_Z)?;
        } else {
            pdu.take(RESP_TTL)?;
        }
        let len = pdu.take(RESP_LEN)?.into();
        contained(pdu, RESP_LEN, len, |pdu| self.rdata(pdu, kind))
    }

    /// Reads a name and records it.
    fn name(&mut self, pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>) -> Step {
        let wanted = pdu.wants(field);
        let (name, range) = self.read_name(pdu, field, wanted)?;
        if name.is_known() {
            pdu.computed_bytes(field, range, self.text);
        }
        Ok(())
    }

    /// Reads a name; if it is wanted, `self.text` is its text afterwards.
    fn read_name(
        &mut self,
        pdu: &mut Pdu<'_>,
        field: Handle<ComputedBytes>,
        wanted: bool,
    ) -> Result<(Name, Range<usize>), Stop> {
        let at = pdu.position();
        let name = names::read(self.bytes, at.saturating_sub(self.start), wanted.then_some(&mut *self.text));
        if let Some(flaw) = name.flaw {
            flawed_name(pdu, &name, flaw);
        }
        let len = match name.flaw {
            // Where it ends can't be known, so it takes what there is.
            Some(Flaw::Reserved) => pdu.remaining(),
            _ => name.in_place,
        };
        pdu.skip(len).map_err(|stop| Stop { field: field.id, ..stop })?;
        Ok((name, at..pdu.position()))
    }
}

#[cold]
fn flawed_name(pdu: &mut Pdu<'_>, name: &Name, flaw: Flaw) {
    let (code, text) = match flaw {
        // The stop that follows says it.
        Flaw::Short => return,
        Flaw::Outside => ("bad-pointer", "a pointer of this name leads out of the message"),
        Flaw::Loop => ("pointer-loop", "the pointers of this name lead in a circle"),
        Flaw::TooLong => ("long-name", "this name has more than 255 bytes"),
        Flaw::Reserved => ("bad-label", "this name has a label of a kind that is no longer used"),
    };
    let at = pdu.position();
    let end = at + name.in_place.min(pdu.remaining());
    pdu.diagnostic(Severity::Error, code, at..end, format_args!("{text}"));
}

/// Reads a part whose length is known, and moves behind it. What does not fit into the part is an error of the part
/// alone: what comes after it can still be read.
fn contained<'a, T>(pdu: &mut Pdu<'a>, claim: Handle<T>, len: usize, read: impl FnOnce(&mut Pdu<'a>) -> Step) -> Step {
    let end = pdu.position() + len;
    let is_whole = len <= pdu.remaining();
    match pdu.within(claim, len, read) {
        Err(stop) if is_whole => bad_length(pdu, stop),
        other => other?,
    }
    pdu.skip(end.saturating_sub(pdu.position()))
}

#[cold]
fn bad_length(pdu: &mut Pdu<'_>, stop: Stop) {
    let (at, needed, available) = (stop.offset as usize, stop.needed, stop.available);
    let range = at..at + available as usize;
    match Dns::PROTOCOL.fields.get(stop.field as usize) {
        Some(field) => {
            let text = format_args!("{} needs {needed} bytes, {available} are left", field.name);
            pdu.diagnostic(Severity::Error, "bad-length", range, text);
        }
        None => {
            let text = format_args!("{needed} more bytes are announced, {available} are left");
            pdu.diagnostic(Severity::Error, "bad-length", range, text);
        }
    }
}

builtin!(Dns);
