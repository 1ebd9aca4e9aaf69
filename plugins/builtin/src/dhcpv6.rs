//! DHCPv6 (RFC 8415): addresses, prefixes and settings for IPv6 hosts.

use crate::lines::Hex;
use prosector_sdk::handle::{ComputedBytes, Handle};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Dhcpv6;

protocol! {
    /// Addresses, prefixes and settings for IPv6 hosts, RFC 8415.
    Dhcpv6 = dhcpv6 "DHCPv6", "DHCPv6" {
        msgtype: u8                         "Message type" = MESSAGES,
        xid: u24 hex                        "Transaction ID",
        hopcount: u8                        "Hopcount",
        linkaddr: ipv6                      "Link address",
        peeraddr: ipv6                      "Peer address",
        option: group                       "Option",
        option.type: u16                    "Option" = OPTIONS,
        option.type_str: computed str       "Option" hidden,
        option.length: u16                  "Length",
        option.value: bytes                 "Value",
        duid.bytes: bytes                   "DUID",
        duid.type: u16                      "DUID Type" = {
            1 "link-layer address plus time", 2 "assigned by vendor based on Enterprise number",
            3 "link-layer address", 4 "Universally Unique IDentifier (UUID)",
        },
        duidllt.hwtype: u16                 "Hardware type" = { 1 "Ethernet", 6 "IEEE 802", 32 "InfiniBand" },
        duidllt.time: computed time_s       "DUID Time",
        duidllt.link_layer_addr: computed str "Link-layer address",
        duidll.hwtype: u16                  "Hardware type" = { 1 "Ethernet", 6 "IEEE 802", 32 "InfiniBand" },
        duidll.link_layer_addr: computed str "Link-layer address",
        duiden.enterprise: u32              "Enterprise ID",
        duiden.identifier: bytes            "Identifier",
        duiduuid.bytes: bytes               "UUID",
        iaid: bytes[4]                      "IAID",
        iaid.t1: u32                        "T1" unit "s",
        iaid.t2: u32                        "T2" unit "s",
        iata: bytes[4]                      "IATA",
        iaaddr.ip: ipv6                     "IPv6 address",
        iaaddr.pref_lifetime: u32           "Preferred lifetime" unit "s",
        iaaddr.valid_lifetime: u32          "Valid lifetime" unit "s",
        iaprefix.pref_lifetime: u32         "Preferred lifetime" unit "s",
        iaprefix.valid_lifetime: u32        "Valid lifetime" unit "s",
        iaprefix.pref_len: u8               "Prefix length",
        iaprefix.pref_addr: ipv6            "Prefix address",
        requested_option_code: u16          "Requested Option code" = OPTIONS,
        option_preference: u8               "Pref-value",
        /// The message counts hundredths of a second.
        elapsed_time: u16 * 10              "Elapsed time" unit "ms",
        auth.protocol: u8                   "Protocol",
        auth.algorithm: u8                  "Algorithm",
        auth.rdm: u8                        "RDM",
        auth.replay_detection: bytes[8]     "Replay Detection",
        auth.info: bytes                    "Authentication Information",
        unicast: ipv6                       "IPv6 address",
        status_code: u16                    "Status Code" = {
            0 "Success", 1 "UnspecFail", 2 "NoAddrsAvail", 3 "NoBinding", 4 "NotOnLink", 5 "UseMulticast",
            6 "NoPrefixAvail", 7 "UnknownQueryType", 8 "MalformedQuery", 9 "NotConfigured", 10 "NotAllowed",
            11 "QueryTerminated",
        },
        status_msg: str                     "Status Message",
        userclass.length: u16               "Length",
        userclass.opaque_data: bytes        "Suboption",
        vendorclass.enterprise: u32         "Enterprise ID",
        vendorclass.data: str               "vendor-class-data",
        vendoropts.enterprise: u32          "Enterprise ID",
        vendoropts.enterprise.option_code: u16 "Option code",
        vendoropts.enterprise.option_length: u16 "Option length",
        vendoropts.enterprise.option_data: bytes "Option data",
        interface_id: bytes                 "Interface-ID",
        reconf_msg: u8                      "Reconfigure message type" = MESSAGES,
        sip_server_domain_search_fqdn: computed str "SIP Server Domain Search FQDN",
        sip_server_a: ipv6                  "SIP server address",
        dns_server: ipv6                    "DNS server address",
        search_list_entry: computed str     "List entry",
        nis_server: ipv6                    "NIS server address",
        nisp_server: ipv6                   "NISP server address",
        nis_fqdn: computed str              "NIS FQDN",
        nisp_fqdn: computed str             "NISP FQDN",
        sntp_server: ipv6                   "SNTP server address",
        lifetime: u32                       "Lifetime" unit "s",
        bcmcs_server_fqdn: computed str     "BCMCS server FQDN",
        bcmcs_server_a: ipv6                "BCMCS server address",
        remoteid.enterprise: u32            "Enterprise ID",
        remoteid_enterprise_id: bytes       "Remote-ID",
        subscriber_id: str                  "Subscriber-ID",
        client_fqdn_flags: u8 hex           "Flags",
        clientfqdn.client.n: bool & 0x04    "N bit"
            = { 0 "Server SHOULD perform PTR RR updates", 1 "Server SHOULD NOT perform PTR RR updates" },
        clientfqdn.client.s: bool & 0x01    "S bit"
            = { 0 "Server SHOULD NOT perform AAAA RR updates", 1 "Server SHOULD perform AAAA RR updates" },
        clientfqdn.server.n: bool & 0x04    "N bit" = { 0 "Server should update PTR", 1 "Server should not update PTR" },
        clientfqdn.server.o: bool & 0x02    "O bit" = { 0 "Server has not overridden the client's S bit", 1 "Server has overridden the client's S bit" },
        clientfqdn.server.s: bool & 0x01    "S bit" = { 0 "Server should not update AAAA", 1 "Server should update AAAA" },
        client_domain: computed str         "Client Domain Name",
        pana_agent: ipv6                    "PANA agents address",
        timezone: str                       "Time-zone",
        tzdb: str                           "TZ-database",
        clt_time: u32                       "Clt_time" unit "s",
        capwap_ac_v6: ipv6                  "CAPWAP Access Controllers address",
        ntpserver.option.type: u16          "Suboption"
            = { 1 "NTP Server Address", 2 "NTP Multicast Address", 3 "NTP Server FQDN" },
        ntpserver.option.length: u16        "Length",
        ntpserver.addr: ipv6                "NTP Server Address",
        ntpserver.mc_addr: ipv6             "NTP Multicast Address",
        ntpserver.fqdn: computed str        "NTP Server FQDN",
        aftr_name: computed str             "DS-Lite AFTR Name",
        pd_exclude.pref_len: u8             "Prefix length",
        pd_exclude.subnet_id: bytes         "IPv6 subnet ID",
        captive_portal: str                 "Captive Portal",
        relay_port: u16                     "Downstream Source Port",
    }
    claims { udp.port = [546, 547] }
    tables { DHCPV6: "@dhcpv6" }
}

value_names! {
    /// Kinds of messages (RFC 8415, section 7.3, and IANA's registry).
    MESSAGES {
        1 "Solicit", 2 "Advertise", 3 "Request", 4 "Confirm", 5 "Renew", 6 "Rebind", 7 "Reply", 8 "Release",
        9 "Decline", 10 "Reconfigure", 11 "Information-request", 12 "Relay-forw", 13 "Relay-reply",
        14 "Leasequery", 15 "Leasequery-reply", 16 "Leasequery-done", 17 "Leasequery-data", 18 "Reconfigure-request",
        19 "Reconfigure-reply", 20 "DHCPv4-query", 21 "DHCPv4-response", 22 "ActiveLeasequery", 23 "StartTLS",
    }
}

value_names! {
    /// Codes of options.
    OPTIONS {
        1 "Client Identifier", 2 "Server Identifier", 3 "Identity Association for Non-temporary Address",
        4 "Identity Association for Temporary Address", 5 "IA Address", 6 "Option Request", 7 "Preference",
        8 "Elapsed time", 9 "Relay Message", 11 "Authentication", 12 "Server unicast", 13 "Status code",
        14 "Rapid Commit", 15 "User Class", 16 "Vendor Class", 17 "Vendor-specific Information", 18 "Interface-Id",
        19 "Reconfigure Message", 20 "Reconfigure Accept", 21 "SIP Server Domain Name List",
        22 "SIP Servers IPv6 Address List", 23 "DNS recursive name server", 24 "Domain Search List",
        25 "Identity Association for Prefix Delegation", 26 "IA Prefix",
        27 "Network Information Server (NIS) Servers", 28 "Network Information Server V2 (NIS+) Servers",
        29 "Network Information Server (NIS) Domain Name",
        30 "Network Information Server V2 (NIS+) Domain Name",
        31 "Simple Network Time Protocol Server", 32 "Lifetime", 33 "BCMCS Server Domain Name",
        34 "BCMCS Server IPv6 Address", 36 "Geoconf Civic", 37 "Remote Identifier", 38 "Subscriber Identifier",
        39 "Client Fully Qualified Domain Name", 40 "PANA Agents Server", 41 "Timezone", 42 "Timezone Database",
        43 "Echo Request", 44 "Leasequery query", 45 "Leasequery client data", 46 "Leasequery client last transaction time",
        47 "Leasequery relay data", 48 "Leasequery client link", 49 "Home Network Information", 50 "Relay-ID",
        51 "Access-Network-Information", 52 "CAPWAP Access Controllers", 53 "Relay ID", 56 "NTP Server",
        57 "V6 Access Domain", 58 "SIP UA Configuration Service Domain List", 59 "Bootfile URL",
        60 "Bootfile Parameters", 61 "Client System Architecture Type", 62 "Client Network Interface Identifier",
        63 "Geolocation", 64 "Dual-Stack Lite AFTR Name", 65 "ERP Local Domain Name",
        66 "Relay-Supplied Options", 67 "Prefix Exclude", 68 "Virtual Subnet Selection",
        74 "RDNSS Selection", 79 "Client Link-layer Address", 80 "Link Address", 82 "SOL_MAX_RT",
        83 "INF_MAX_RT", 86 "PCP Server", 87 "DHCPv4 Message", 88 "DHCPv4 over DHCPv6 Server", 89 "S46 Rule",
        90 "S46 Border Relay", 91 "S46 Default Mapping Rule", 92 "S46 IPv4/Address Binding",
        93 "S46 Port Parameters", 94 "S46 MAP-E Container", 95 "S46 MAP-T Container",
        96 "S46 Lightweight 4over6 Container", 103 "Captive Portal", 112 "Manufacturer Usage Description",
        135 "Relay Port", 143 "IPv6 Address-ANDSF",
    }
}

const RELAY_FORWARD: u8 = 12;
const RELAY_REPLY: u8 = 13;
const RELAY_MESSAGE: u16 = 9;
/// How deep options may lie in options.
const MAX_DEPTH: usize = 8;

impl Dissector for Dhcpv6 {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let kind = pdu.take(MSGTYPE)?;
        if matches!(kind, RELAY_FORWARD | RELAY_REPLY) {
            pdu.take(HOPCOUNT)?;
            pdu.take(LINKADDR)?;
            pdu.take(PEERADDR)?;
            pdu.info(format_args!("{}", Dhcpv6::name(MSGTYPE, kind)));
        } else {
            let xid = pdu.take(XID)?;
            let name = Dhcpv6::name(MSGTYPE, kind);
            match client(pdu.rest()) {
                Some(id) => pdu.info(format_args!("{name} XID: 0x{xid:06x} CID: {}", Hex(id))),
                None => pdu.info(format_args!("{name} XID: 0x{xid:06x}")),
            }
        }
        options(pdu, kind, 0)
    }
}

/// The client's identifier, among options.
fn client(mut options: &[u8]) -> Option<&[u8]> {
    const CLIENT_ID: [u8; 2] = [0, 1];
    while let [a, b, high, low, rest @ ..] = options {
        let (value, behind) = rest.split_at_checked(u16::from_be_bytes([*high, *low]).into())?;
        if [*a, *b] == CLIENT_ID {
            return Some(value);
        }
        options = behind;
    }
    None
}

fn options(pdu: &mut Pdu<'_>, message: u8, depth: usize) -> Step {
    while pdu.wire_remaining() > 0 {
        pdu.group(OPTION, |pdu| {
            let at = pdu.position();
            let code = pdu.take(OPTION_TYPE)?;
            if pdu.wants(OPTION_TYPE_STR) {
                let name = name_of(OPTIONS, code.into()).unwrap_or("Unknown");
                pdu.computed_bytes(OPTION_TYPE_STR, at..at + 2, name.as_bytes());
            }
            let len = usize::from(pdu.take(OPTION_LENGTH)?);
            let room = pdu.wire_remaining();
            if len > room {
                let text = format_args!("{len} bytes, but there are {room}");
                pdu.diagnostic(Severity::Error, "bad-length", at + 2..at + 4, text);
            }
            pdu.within(OPTION_LENGTH, len, |pdu| match depth {
                MAX_DEPTH.. => Ok(()),
                _ => option(pdu, code, message, depth),
            })
        })?;
    }
    Ok(())
}

fn option(pdu: &mut Pdu<'_>, code: u16, message: u8, depth: usize) -> Step {
    match code {
        1 | 2 | 50 | 53 => duid(pdu),
        3 | 25 => {
            pdu.take(IAID)?;
            pdu.take(IAID_T1)?;
            pdu.take(IAID_T2)?;
            options(pdu, message, depth + 1)
        }
        4 => {
            pdu.take(IATA)?;
            options(pdu, message, depth + 1)
        }
        5 => {
            pdu.take(IAADDR_IP)?;
            pdu.take(IAADDR_PREF_LIFETIME)?;
            pdu.take(IAADDR_VALID_LIFETIME)?;
            options(pdu, message, depth + 1)
        }
        6 => row(pdu, REQUESTED_OPTION_CODE),
        7 => pdu.take(OPTION_PREFERENCE).map(drop),
        8 => pdu.take(ELAPSED_TIME).map(drop),
        RELAY_MESSAGE => {
            pdu.hand_to(DHCPV6);
            Ok(())
        }
        11 => {
            pdu.take(AUTH_PROTOCOL)?;
            pdu.take(AUTH_ALGORITHM)?;
            pdu.take(AUTH_RDM)?;
            pdu.take(AUTH_REPLAY_DETECTION)?;
            if pdu.remaining() > 0 {
                pdu.take_rest(AUTH_INFO);
            }
            Ok(())
        }
        12 => pdu.take(UNICAST).map(drop),
        13 => {
            pdu.take(STATUS_CODE)?;
            if pdu.remaining() > 0 {
                pdu.take_rest(STATUS_MSG);
            }
            Ok(())
        }
        15 => {
            while pdu.remaining() > 0 {
                let len = pdu.take(USERCLASS_LENGTH)?;
                pdu.take_bytes(USERCLASS_OPAQUE_DATA, len.into())?;
            }
            Ok(())
        }
        16 => {
            pdu.take(VENDORCLASS_ENTERPRISE)?;
            while pdu.remaining() > 0 {
                let len = u16_at(pdu.rest());
                pdu.skip(2)?;
                pdu.take_bytes(VENDORCLASS_DATA, len)?;
            }
            Ok(())
        }
        17 => {
            pdu.take(VENDOROPTS_ENTERPRISE)?;
            while pdu.remaining() > 0 {
                pdu.take(VENDOROPTS_ENTERPRISE_OPTION_CODE)?;
                let len = pdu.take(VENDOROPTS_ENTERPRISE_OPTION_LENGTH)?;
                pdu.take_bytes(VENDOROPTS_ENTERPRISE_OPTION_DATA, len.into())?;
            }
            Ok(())
        }
        18 => {
            pdu.take_rest(INTERFACE_ID);
            Ok(())
        }
        19 => pdu.take(RECONF_MSG).map(drop),
        21 => names(pdu, SIP_SERVER_DOMAIN_SEARCH_FQDN),
        22 => row(pdu, SIP_SERVER_A),
        23 => row(pdu, DNS_SERVER),
        24 => names(pdu, SEARCH_LIST_ENTRY),
        26 => {
            pdu.take(IAPREFIX_PREF_LIFETIME)?;
            pdu.take(IAPREFIX_VALID_LIFETIME)?;
            pdu.take(IAPREFIX_PREF_LEN)?;
            pdu.take(IAPREFIX_PREF_ADDR)?;
            options(pdu, message, depth + 1)
        }
        27 => row(pdu, NIS_SERVER),
        28 => row(pdu, NISP_SERVER),
        29 => names(pdu, NIS_FQDN),
        30 => names(pdu, NISP_FQDN),
        31 => row(pdu, SNTP_SERVER),
        32 => pdu.take(LIFETIME).map(drop),
        33 => names(pdu, BCMCS_SERVER_FQDN),
        34 => row(pdu, BCMCS_SERVER_A),
        37 => {
            pdu.take(REMOTEID_ENTERPRISE)?;
            pdu.take_rest(REMOTEID_ENTERPRISE_ID);
            Ok(())
        }
        38 => {
            pdu.take_rest(SUBSCRIBER_ID);
            Ok(())
        }
        39 => {
            // RFC 4704, section 4.1: which bits count depends on who speaks.
            pdu.show(CLIENT_FQDN_FLAGS)?;
            let bits: &[_] = match message {
                1 | 3 | 4 | 5 | 6 | 11 => &[CLIENTFQDN_CLIENT_N, CLIENTFQDN_CLIENT_S],
                _ => &[CLIENTFQDN_SERVER_N, CLIENTFQDN_SERVER_O, CLIENTFQDN_SERVER_S],
            };
            for &bit in bits {
                pdu.show(bit)?;
            }
            pdu.skip(1)?;
            names(pdu, CLIENT_DOMAIN)
        }
        40 => row(pdu, PANA_AGENT),
        41 => {
            pdu.take_rest(TIMEZONE);
            Ok(())
        }
        42 => {
            pdu.take_rest(TZDB);
            Ok(())
        }
        45 | 66 => options(pdu, message, depth + 1),
        46 => pdu.take(CLT_TIME).map(drop),
        52 => row(pdu, CAPWAP_AC_V6),
        56 => {
            while pdu.remaining() > 0 {
                let kind = pdu.take(NTPSERVER_OPTION_TYPE)?;
                let len = pdu.take(NTPSERVER_OPTION_LENGTH)?.into();
                pdu.within(NTPSERVER_OPTION_LENGTH, len, |pdu| match kind {
                    1 => pdu.take(NTPSERVER_ADDR).map(drop),
                    2 => pdu.take(NTPSERVER_MC_ADDR).map(drop),
                    3 => names(pdu, NTPSERVER_FQDN),
                    _ => Ok(()),
                })?;
            }
            Ok(())
        }
        64 => names(pdu, AFTR_NAME),
        67 => {
            pdu.take(PD_EXCLUDE_PREF_LEN)?;
            pdu.take_rest(PD_EXCLUDE_SUBNET_ID);
            Ok(())
        }
        103 => {
            pdu.take_rest(CAPTIVE_PORTAL);
            Ok(())
        }
        135 => pdu.take(RELAY_PORT).map(drop),
        _ => {
            if pdu.remaining() > 0 {
                pdu.take_rest(OPTION_VALUE);
            }
            Ok(())
        }
    }
}

/// The big-endian number that some bytes begin with; 0 where they are too few.
fn u16_at(bytes: &[u8]) -> usize {
    bytes.first_chunk().map_or(0, |&two| u16::from_be_bytes(two)).into()
}

/// As many values as there are.
fn row<T: prosector_sdk::handle::Fixed>(pdu: &mut Pdu<'_>, field: Handle<T>) -> Step {
    while pdu.remaining() > 0 {
        pdu.take(field)?;
    }
    Ok(())
}

/// RFC 8415, section 11.
fn duid(pdu: &mut Pdu<'_>) -> Step {
    /// From 1970 to 2000, which times of DUIDs count from.
    const EPOCH: i64 = 946_684_800;
    let at = pdu.position();
    pdu.mark(DUID_BYTES, at..at + pdu.remaining());
    match pdu.take(DUID_TYPE)? {
        1 => {
            pdu.take(DUIDLLT_HWTYPE)?;
            let at = pdu.position();
            let time = pdu.rest().first_chunk().map_or(0, |&four| u32::from_be_bytes(four));
            pdu.skip(4)?;
            pdu.computed(DUIDLLT_TIME, at..at + 4, (i64::from(time) + EPOCH) * 1_000_000_000);
            link_layer_address(pdu, DUIDLLT_LINK_LAYER_ADDR);
        }
        2 => {
            pdu.take(DUIDEN_ENTERPRISE)?;
            pdu.take_rest(DUIDEN_IDENTIFIER);
        }
        3 => {
            pdu.take(DUIDLL_HWTYPE)?;
            link_layer_address(pdu, DUIDLL_LINK_LAYER_ADDR);
        }
        4 => {
            pdu.take_rest(DUIDUUID_BYTES);
        }
        _ => {}
    }
    Ok(())
}

/// The rest as an address of any length, in the notation of MAC addresses.
fn link_layer_address(pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>) {
    if pdu.wants(field) && pdu.remaining() > 0 {
        let at = pdu.position();
        let text: Vec<String> = pdu.rest().iter().map(|b| format!("{b:02x}")).collect();
        pdu.computed_bytes(field, at..at + text.len(), text.join(":").as_bytes());
    }
}

/// Names up to the limit, each as labels (RFC 8415, section 10). One that ends with the empty label is shown with a dot at
/// its end; one that the limit ends is a partial name.
fn names(pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>) -> Step {
    while pdu.remaining() > 0 {
        let (at, rest) = (pdu.position(), pdu.rest());
        let (mut text, mut len) = (Vec::new(), 0);
        while let Some(&label_len) = rest.get(len) {
            let label = rest.get(len + 1..len + 1 + usize::from(label_len));
            len += 1 + usize::from(label_len);
            if !text.is_empty() {
                text.push(b'.');
            }
            match label {
                Some(label) if !label.is_empty() => text.extend_from_slice(label),
                _ => break,
            }
        }
        pdu.skip(len)?;
        pdu.computed_bytes(field, at..at + len, &text);
    }
    Ok(())
}

builtin!(Dhcpv6);

#[test]
fn a_solicit() {
    check::<Dhcpv6>(
        "01 123456 0001 000e 0001 0001 00000000 020000000001 0008 0002 0001
         0003 0028 00000001 00000e10 00001518 0005 0018 20010db8000000000000000000000001 00001c20 00001d4c
         0027 0008 01 04 61636d65 0000 0006 0004 0017 0018",
        expect![[r#"
            DHCPv6, Solicit XID: 0x123456 CID: 0001000100000000020000000001
              Message type: Solicit (1)
              Transaction ID: 0x123456
              Option: Client Identifier (1)
                Option: Client Identifier (1)
                Length: 14
                DUID: 0001000100000000020000000001
                DUID Type: link-layer address plus time (1)
                Hardware type: Ethernet (1)
                DUID Time: Jan  1, 2000 00:00:00.000000000 UTC
                Link-layer address: 02:00:00:00:00:01
              Option: Elapsed time (8)
                Option: Elapsed time (8)
                Length: 2
                Elapsed time: 10 ms
              Option: Identity Association for Non-temporary Address (3)
                Option: Identity Association for Non-temporary Address (3)
                Length: 40
                IAID: 00000001
                T1: 3600 s
                T2: 5400 s
                Option: IA Address (5)
                  Option: IA Address (5)
                  Length: 24
                  IPv6 address: 2001:db8::1
                  Preferred lifetime: 7200 s
                  Valid lifetime: 7500 s
              Option: Client Fully Qualified Domain Name (39)
                Option: Client Fully Qualified Domain Name (39)
                Length: 8
                Flags: 0x01
                N bit: Server SHOULD perform PTR RR updates
                S bit: Server SHOULD perform AAAA RR updates
                Client Domain Name: acme.
                Client Domain Name: 
              Option: Option Request (6)
                Option: Option Request (6)
                Length: 4
                Requested Option code: DNS recursive name server (23)
                Requested Option code: Domain Search List (24)
        "#]],
    );
}

#[test]
fn a_relayed_message_and_lies() {
    check::<Dhcpv6>(
        "0c 01 20010db8000000000000000000000001 fe800000000000000000000000000001 0009 0004 01123456",
        expect![[r#"
            DHCPv6, Relay-forw
              Message type: Relay-forw (12)
              Hopcount: 1
              Link address: 2001:db8::1
              Peer address: fe80::1
              Option: Relay Message (9)
                Option: Relay Message (9)
                Length: 4
            → @dhcpv6 [0]: bytes 38..42
        "#]],
    );
    check::<Dhcpv6>(
        "07 123456 0017 0020 20010db8",
        expect![[r#"
            DHCPv6, Reply XID: 0x123456
              Message type: Reply (7)
              Transaction ID: 0x123456
              Option: DNS recursive name server (23)
                Option: DNS recursive name server (23)
                Length: 32
                [error] bad-length: 32 bytes, but there are 4
              [error] short: dhcpv6.dns_server needs 16 bytes at offset 8, 4 are there
        "#]],
    );
}
