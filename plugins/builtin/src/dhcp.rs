//! DHCP (RFC 2131) and BOOTP (RFC 951), whose message it is: addresses and settings for hosts.
//!
//! The options are those of RFC 2132 and of the documents in IANA's registry. What they hold is a table here
//! (`options`), except for the few that are more than one value or a row of values.

use crate::flag_names::ENABLED;
use crate::handles::any;
use prosector_sdk::handle::{Handle, Variable};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Dhcp;

protocol! {
    /// Addresses and settings for hosts (RFC 2131), and BOOTP (RFC 951).
    Dhcp = dhcp "DHCP", "Dynamic Host Configuration Protocol" {
        type: u8                                "Message type" = { 1 "Boot Request", 2 "Boot Reply" },
        hw.type: u8 hex                         "Hardware type" = { 1 "Ethernet", 6 "IEEE 802", 32 "InfiniBand" },
        hw.len: u8                              "Hardware address length",
        hops: u8                                "Hops",
        id: u32 hex                             "Transaction ID",
        secs: u16                               "Seconds elapsed" unit "s",
        /// Some clients send the least significant byte first.
        secs as SECS_LE: u16 le                 "Seconds elapsed" unit "s",
        flags: u16 hex                          "Bootp flags" {
            bc: 0x8000                          "Broadcast flag" = { 0 "Unicast", 1 "Broadcast" },
            reserved: hex 0x7fff                "Reserved flags",
        },
        ip.client: ipv4                         "Client IP address",
        ip.your: ipv4                           "Your (client) IP address",
        ip.server: ipv4                         "Next server IP address",
        ip.relay: ipv4                          "Relay agent IP address",
        hw.mac_addr: mac                        "Client MAC address",
        hw.addr: bytes                          "Client hardware address",
        hw.addr_padding: bytes                  "Client hardware address padding",
        server: str                             "Server host name",
        file: str                               "Boot file name",
        /// 99.130.83.99 where options follow (RFC 2131, section 3).
        cookie: ipv4                            "Magic cookie" hidden,
        /// The same as a number: the first four bytes of the options (RFC 2131, section 3).
        cookie.value: u32 hex                   "Magic cookie" = { 0x63825363 "DHCP" },
        vendor_specific_options: bytes          "Bootp vendor specific options",

        option: group                           "Option",
        option.type: u8                         "Option" = CODES,
        option.length: u8                       "Length",
        option.value: bytes                     "Value",
        option.end: u8                          "Option End",
        option.padding: bytes                   "Padding",

        option.subnet_mask: ipv4                "Subnet Mask",
        option.time_offset: i32                 "Time Offset" unit "s",
        option.router: ipv4                     "Router",
        option.time_server: ipv4                "Time Server",
        option.name_server: ipv4                "Name Server",
        option.domain_name_server: ipv4         "Domain Name Server",
        option.log_server: ipv4                 "Log Server",
        option.quotes_server: ipv4              "Quotes Server",
        option.lpr_server: ipv4                 "LPR Server",
        option.impress_server: ipv4             "Impress Server",
        option.resource_location_server: ipv4   "Resource Location Server",
        option.hostname: str                    "Host Name",
        /// In blocks of 512 bytes.
        option.boot_file_size: u16              "Boot File Size",
        option.merit_dump_file: str             "Merit Dump File",
        option.domain_name: str                 "Domain Name",
        option.swap_server: ipv4                "Swap Server",
        option.root_path: str                   "Root Path",
        option.extension_path: str              "Extensions Path",
        option.ip_forwarding: bool              "IP Forwarding" = ENABLED,
        option.non_local_source_routing: bool   "Non-Local Source Routing" = ENABLED,
        option.policy_filter.ip: ipv4           "IP Address",
        option.policy_filter.subnet_mask: ipv4  "Subnet Mask",
        option.max_datagram_reassembly_size: u16 "Maximum Datagram Reassembly Size" unit "bytes",
        option.default_ip_ttl: u8               "Default IP Time-to-Live",
        option.path_mtu_aging_timeout: u32      "Path MTU Aging Timeout" unit "s",
        option.path_mtu_plateau_table_item: u16 "Path MTU Plateau Table Item" unit "bytes",
        option.interface_mtu: u16               "Interface MTU" unit "bytes",
        option.all_subnets_are_local: bool      "All Subnets are Local",
        option.broadcast_address: ipv4          "Broadcast Address",
        option.perform_mask_discovery: bool     "Perform Mask Discovery" = ENABLED,
        option.mask_supplier: bool              "Mask Supplier",
        option.perform_router_discover: bool    "Perform Router Discover" = ENABLED,
        option.router_solicitation_address: ipv4 "Router Solicitation Address",
        option.static_route.ip: ipv4            "Destination IP Address",
        option.static_route.router: ipv4        "Destination Router",
        option.trailer_encapsulation: bool      "Trailer Encapsulation" = ENABLED,
        option.arp_cache_timeout: u32           "ARP Cache Timeout" unit "s",
        option.ethernet_encapsulation: bool     "Ethernet Encapsulation" = ENABLED,
        option.tcp_default_ttl: u8              "TCP Default TTL",
        option.tcp_keepalive_interval: u32      "TCP Keepalive Interval" unit "s",
        option.tcp_keepalive_garbage: bool      "TCP Keepalive Garbage" = ENABLED,
        option.nis_domain: str                  "Network Information Service Domain",
        option.nis_server: ipv4                 "Network Information Service Server",
        option.ntp_server: ipv4                 "Network Time Protocol Server",
        option.vendor.value: bytes              "Value",
        option.netbios_over_tcpip_name_server: ipv4 "NetBIOS over TCP/IP Name Server",
        option.netbios_over_tcpip_dd_name_server: ipv4
            "NetBIOS over TCP/IP Datagram Distribution Name Server",
        option.netbios_over_tcpip_node_type: u8 "NetBIOS over TCP/IP Node Type"
            = { 1 "B-node", 2 "P-node", 4 "M-node", 8 "H-node" },
        option.netbios_over_tcpip_scope: str    "NetBIOS over TCP/IP Scope",
        option.xwindows_system_font_server: ipv4 "X Window System Font Server",
        option.xwindows_system_display_manager: ipv4 "X Window System Display Manager",
        option.requested_ip_address: ipv4       "Requested IP Address",
        option.ip_address_lease_time: u32       "IP Address Lease Time" unit "s",
        option.option_overload: u8              "Option Overload" = {
            1 "Boot file name holds options", 2 "Server host name holds options",
            3 "Boot file and server host names hold options",
        },
        option.dhcp: u8                         "DHCP" = MESSAGES,
        option.dhcp_server_id: ipv4             "DHCP Server Identifier",
        option.request_list_item: u8            "Parameter Request List Item" = CODES,
        option.message: str                     "Message",
        option.dhcp_max_message_size: u16       "Maximum DHCP Message Size" unit "bytes",
        option.renewal_time_value: u32          "Renewal Time Value" unit "s",
        option.rebinding_time_value: u32        "Rebinding Time Value" unit "s",
        option.vendor_class_id: str             "Vendor class identifier",
        client_id.type: u8                      "Type",
        client_id.undef: str                    "Client Identifier",
        client_id.iaid: bytes[4]                "IAID",
        client_id.duid_type: u16                "DUID Type" = {
            1 "link-layer address plus time", 2 "assigned by vendor based on Enterprise number",
            3 "link-layer address", 4 "Universally Unique Identifier (UUID)",
        },
        client_id: bytes                        "DUID",
        option.novell_netware_ip_domain: str    "Novell/Netware IP domain",
        option.nis_plus_domain: str             "Network Information Service+ Domain",
        option.nis_plus_server: ipv4            "Network Information Service+ Server",
        option.tftp_server_name: str            "TFTP Server Name",
        option.bootfile_name: str               "Bootfile name",
        option.mobile_ip_home_agent: ipv4       "Mobile IP Home Agent",
        option.smtp_server: ipv4                "SMTP Server",
        option.pop3_server: ipv4                "POP3 Server",
        option.nntp_server: ipv4                "NNTP Server",
        option.default_www_server: ipv4         "Default WWW Server",
        option.default_finger_server: ipv4      "Default Finger Server",
        option.default_irc_server: ipv4         "Default IRC Server",
        option.streettalk_server: ipv4          "StreetTalk Server",
        option.streettalk_da_server: ipv4       "StreetTalk Directory Assistance Server",
        option.user_class.text: str             "User Class Data (Text)",
        fqdn.flags: u8 hex                      "Flags",
        fqdn.mbz: u8 hex & 0xf0                 "Reserved flags",
        fqdn.n: bool & 0x08                     "Server DDNS"
            = { 0 "Some server updates", 1 "No server updates" },
        fqdn.e: bool & 0x04                     "Encoding" = { 0 "ASCII encoding", 1 "Binary encoding" },
        fqdn.o: bool & 0x02                     "Server overrides" = { 0 "No override", 1 "Override" },
        fqdn.s: bool & 0x01                     "Server" = { 0 "Client", 1 "Server" },
        fqdn.rcode1: u8                         "A-RR result",
        fqdn.rcode2: u8                         "PTR-RR result",
        fqdn.name: str                          "Client name",
        fqdn.name as FQDN_NAME_BINARY: computed str "Client name",
        option.agent_information_option.suboption: u8 "Option 82 Suboption" = AGENT,
        option.agent_information_option.agent_circuit_id: bytes "Agent Circuit ID",
        option.agent_information_option.agent_remote_id: bytes "Agent Remote ID",
        option.agent_information_option.link_selection: ipv4 "Link selection",
        option.agent_information_option.subscriber_id: str "Subscriber ID",
        option.agent_information_option.server_id_override: ipv4 "Server ID Override",
        option.agent_information_option.value: bytes "Value",
        option.client_last_transaction_time: u32 "Client last transaction time" unit "s",
        option.associated_ip_option: ipv4       "Associated IP option",
        option.client_system_architecture: u16  "Client System Architecture" = ARCHITECTURES,
        option.tz_pcode: str                    "TZ PCode",
        option.tz_tcode: str                    "TZ TCode",
        option.netinfo_parent_server_address: ipv4 "NetInfo Parent Server Address",
        option.netinfo_parent_server_tag: str   "NetInfo Parent Server Tag",
        option.captive_portal: str              "Captive Portal",
        option.dhcp_auto_configuration: u8      "DHCP Auto-Configuration"
            = { 0 "DoNotAutoConfigure", 1 "AutoConfigure" },
        option.subnet_selection_option: ipv4    "Subnet Selection Option",
        option.classless_static_route: bytes    "Subnet/MaskWidth-Router",
        option.forcerenew_nonce.algorithm: u8   "Algorithm" = { 1 "HMAC-MD5" },
        option.mudurl: str                      "MUDURL",
        option.private_proxy_autodiscovery: str "Private/Proxy autodiscovery",
    }
    claims { udp.port = [67, 68, 4011] }
}

value_names! {
    /// Types of DHCP messages (RFC 2132, section 9.6, and IANA's registry).
    MESSAGES {
        1 "Discover", 2 "Offer", 3 "Request", 4 "Decline", 5 "ACK", 6 "NAK", 7 "Release", 8 "Inform",
        9 "Force Renew", 10 "Lease query", 11 "Lease Unassigned", 12 "Lease Unknown", 13 "Lease Active",
        14 "Bulk Lease Query", 15 "Lease Query Done", 16 "Active LeaseQuery", 17 "Lease Query Status", 18 "TLS",
    }
}

value_names! {
    /// Codes of options.
    CODES {
        0 "Padding", 1 "Subnet Mask", 2 "Time Offset", 3 "Router", 4 "Time Server", 5 "Name Server",
        6 "Domain Name Server", 7 "Log Server", 8 "Quotes Server", 9 "LPR Server", 10 "Impress Server",
        11 "Resource Location Server", 12 "Host Name", 13 "Boot File Size", 14 "Merit Dump File", 15 "Domain Name",
        16 "Swap Server", 17 "Root Path", 18 "Extensions Path", 19 "IP Forwarding", 20 "Non-Local Source Routing",
        21 "Policy Filter", 22 "Maximum Datagram Reassembly Size", 23 "Default IP Time-to-Live",
        24 "Path MTU Aging Timeout", 25 "Path MTU Plateau Table", 26 "Interface MTU", 27 "All Subnets are Local",
        28 "Broadcast Address", 29 "Perform Mask Discovery", 30 "Mask Supplier", 31 "Perform Router Discover",
        32 "Router Solicitation Address", 33 "Static Route", 34 "Trailer Encapsulation", 35 "ARP Cache Timeout",
        36 "Ethernet Encapsulation", 37 "TCP Default TTL", 38 "TCP Keepalive Interval", 39 "TCP Keepalive Garbage",
        40 "Network Information Service Domain", 41 "Network Information Service Servers",
        42 "Network Time Protocol Servers", 43 "Vendor-Specific Information", 44 "NetBIOS over TCP/IP Name Server",
        45 "NetBIOS over TCP/IP Datagram Distribution Name Server", 46 "NetBIOS over TCP/IP Node Type",
        47 "NetBIOS over TCP/IP Scope", 48 "X Window System Font Server", 49 "X Window System Display Manager",
        50 "Requested IP Address", 51 "IP Address Lease Time", 52 "Option Overload", 53 "DHCP Message Type",
        54 "DHCP Server Identifier", 55 "Parameter Request List", 56 "Message", 57 "Maximum DHCP Message Size",
        58 "Renewal Time Value", 59 "Rebinding Time Value", 60 "Vendor class identifier", 61 "Client identifier",
        62 "Novell/Netware IP Domain", 63 "Novell Options", 64 "Network Information Service+ Domain",
        65 "Network Information Service+ Servers", 66 "TFTP Server Name", 67 "Bootfile name",
        68 "Mobile IP Home Agent", 69 "SMTP Server", 70 "POP3 Server", 71 "NNTP Server", 72 "Default WWW Server",
        73 "Default Finger Server", 74 "Default IRC Server", 75 "StreetTalk Server",
        76 "StreetTalk Directory Assistance Server", 77 "User Class Information", 78 "Directory Agent Information",
        79 "Service Location Agent Scope", 80 "Rapid commit", 81 "Client Fully Qualified Domain Name",
        82 "Agent Information Option", 83 "iSNS", 85 "Novell Directory Services Servers",
        86 "Novell Directory Services Tree Name", 87 "Novell Directory Services Context", 90 "Authentication",
        91 "Client last transaction time", 92 "Associated IP option", 93 "Client System Architecture",
        94 "Client Network Device Interface", 95 "LDAP", 97 "UUID/GUID-based Client Identifier",
        98 "Open Group's User Authentication", 99 "Civic Addresses Configuration", 100 "PCode", 101 "TCode",
        108 "IPv6-Only Preferred", 112 "NetInfo Parent Server Address", 113 "NetInfo Parent Server Tag",
        114 "DHCP Captive-Portal", 116 "DHCP Auto-Configuration", 117 "Name Service Search",
        118 "Subnet Selection Option", 119 "Domain Search", 120 "SIP Servers", 121 "Classless Static Route",
        122 "CableLabs Client Configuration", 123 "Coordinate-based Location Configuration",
        124 "V-I Vendor Class", 125 "V-I Vendor-specific Information", 128 "DOCSIS full security server IP",
        138 "CAPWAP Access Controllers", 141 "SIP UA Configuration Service Domains", 143 "SZTP Redirect",
        145 "Forcerenew Nonce Capable", 146 "RDNSS Selection", 150 "TFTP Server Address", 151 "Status Code",
        152 "Base Time", 153 "Start Time of State", 154 "Query Start Time", 155 "Query End Time",
        156 "DHCP State", 157 "Data Source", 161 "Manufacturer Usage Description", 175 "Etherboot",
        212 "6RD", 220 "Subnet Allocation", 221 "Virtual Subnet Selection", 249 "Private/Classless Static Route (Microsoft)",
        252 "Private/Proxy autodiscovery", 255 "End",
    }
}

value_names! {
    /// Parts of the relay agent's option (RFC 3046 and later).
    AGENT {
        1 "Agent Circuit ID", 2 "Agent Remote ID", 4 "DOCSIS Device Class", 5 "Link selection", 6 "Subscriber ID",
        7 "RADIUS Attributes", 8 "Authentication", 9 "Vendor-Specific Information", 10 "Relay Agent Flags",
        11 "Server ID Override", 12 "Relay Agent Identifier", 19 "DHCPv4 Relay Source Port",
        151 "VRF name/VPN ID", 152 "Server ID Override (Cisco proprietary)",
    }
}

value_names! {
    /// Kinds of machines that boot (RFC 4578, section 2.1, and IANA's registry).
    ARCHITECTURES {
        0 "IA x86 PC", 1 "NEC/PC98", 2 "IA64 PC", 3 "DEC Alpha", 4 "ArcX86", 5 "Intel Lean Client", 6 "EFI IA32",
        7 "EFI BC", 8 "EFI Xscale", 9 "EFI x86-64", 10 "ARM 32-bit UEFI", 11 "ARM 64-bit UEFI",
        12 "PowerPC Open Firmware", 13 "PowerPC ePAPR", 14 "POWER OPAL v3", 15 "x86 uefi boot from http",
        16 "x64 uefi boot from http", 17 "ebc boot from http", 18 "arm uefi 32 boot from http",
        19 "arm uefi 64 boot from http", 20 "pc/at bios boot from http",
    }
}

/// Options that hold one value, or a row of values of the same width.
fn plain(code: u8) -> Option<Handle<Variable>> {
    Some(match code {
        1 => any(OPTION_SUBNET_MASK),
        2 => any(OPTION_TIME_OFFSET),
        3 => any(OPTION_ROUTER),
        4 => any(OPTION_TIME_SERVER),
        5 => any(OPTION_NAME_SERVER),
        6 => any(OPTION_DOMAIN_NAME_SERVER),
        7 => any(OPTION_LOG_SERVER),
        8 => any(OPTION_QUOTES_SERVER),
        9 => any(OPTION_LPR_SERVER),
        10 => any(OPTION_IMPRESS_SERVER),
        11 => any(OPTION_RESOURCE_LOCATION_SERVER),
        12 => OPTION_HOSTNAME,
        13 => any(OPTION_BOOT_FILE_SIZE),
        14 => OPTION_MERIT_DUMP_FILE,
        15 => OPTION_DOMAIN_NAME,
        16 => any(OPTION_SWAP_SERVER),
        17 => OPTION_ROOT_PATH,
        18 => OPTION_EXTENSION_PATH,
        19 => any(OPTION_IP_FORWARDING),
        20 => any(OPTION_NON_LOCAL_SOURCE_ROUTING),
        22 => any(OPTION_MAX_DATAGRAM_REASSEMBLY_SIZE),
        23 => any(OPTION_DEFAULT_IP_TTL),
        24 => any(OPTION_PATH_MTU_AGING_TIMEOUT),
        25 => any(OPTION_PATH_MTU_PLATEAU_TABLE_ITEM),
        26 => any(OPTION_INTERFACE_MTU),
        27 => any(OPTION_ALL_SUBNETS_ARE_LOCAL),
        28 => any(OPTION_BROADCAST_ADDRESS),
        29 => any(OPTION_PERFORM_MASK_DISCOVERY),
        30 => any(OPTION_MASK_SUPPLIER),
        31 => any(OPTION_PERFORM_ROUTER_DISCOVER),
        32 => any(OPTION_ROUTER_SOLICITATION_ADDRESS),
        34 => any(OPTION_TRAILER_ENCAPSULATION),
        35 => any(OPTION_ARP_CACHE_TIMEOUT),
        36 => any(OPTION_ETHERNET_ENCAPSULATION),
        37 => any(OPTION_TCP_DEFAULT_TTL),
        38 => any(OPTION_TCP_KEEPALIVE_INTERVAL),
        39 => any(OPTION_TCP_KEEPALIVE_GARBAGE),
        40 => OPTION_NIS_DOMAIN,
        41 => any(OPTION_NIS_SERVER),
        42 => any(OPTION_NTP_SERVER),
        43 => OPTION_VENDOR_VALUE,
        44 => any(OPTION_NETBIOS_OVER_TCPIP_NAME_SERVER),
        45 => any(OPTION_NETBIOS_OVER_TCPIP_DD_NAME_SERVER),
        46 => any(OPTION_NETBIOS_OVER_TCPIP_NODE_TYPE),
        47 => OPTION_NETBIOS_OVER_TCPIP_SCOPE,
        48 => any(OPTION_XWINDOWS_SYSTEM_FONT_SERVER),
        49 => any(OPTION_XWINDOWS_SYSTEM_DISPLAY_MANAGER),
        50 => any(OPTION_REQUESTED_IP_ADDRESS),
        51 => any(OPTION_IP_ADDRESS_LEASE_TIME),
        52 => any(OPTION_OPTION_OVERLOAD),
        53 => any(OPTION_DHCP),
        54 => any(OPTION_DHCP_SERVER_ID),
        55 => any(OPTION_REQUEST_LIST_ITEM),
        56 => OPTION_MESSAGE,
        57 => any(OPTION_DHCP_MAX_MESSAGE_SIZE),
        58 => any(OPTION_RENEWAL_TIME_VALUE),
        59 => any(OPTION_REBINDING_TIME_VALUE),
        60 => OPTION_VENDOR_CLASS_ID,
        62 => OPTION_NOVELL_NETWARE_IP_DOMAIN,
        64 => OPTION_NIS_PLUS_DOMAIN,
        65 => any(OPTION_NIS_PLUS_SERVER),
        66 => OPTION_TFTP_SERVER_NAME,
        67 => OPTION_BOOTFILE_NAME,
        68 => any(OPTION_MOBILE_IP_HOME_AGENT),
        69 => any(OPTION_SMTP_SERVER),
        70 => any(OPTION_POP3_SERVER),
        71 => any(OPTION_NNTP_SERVER),
        72 => any(OPTION_DEFAULT_WWW_SERVER),
        73 => any(OPTION_DEFAULT_FINGER_SERVER),
        74 => any(OPTION_DEFAULT_IRC_SERVER),
        75 => any(OPTION_STREETTALK_SERVER),
        76 => any(OPTION_STREETTALK_DA_SERVER),
        77 => OPTION_USER_CLASS_TEXT,
        91 => any(OPTION_CLIENT_LAST_TRANSACTION_TIME),
        92 => any(OPTION_ASSOCIATED_IP_OPTION),
        93 => any(OPTION_CLIENT_SYSTEM_ARCHITECTURE),
        100 => OPTION_TZ_PCODE,
        101 => OPTION_TZ_TCODE,
        112 => any(OPTION_NETINFO_PARENT_SERVER_ADDRESS),
        113 => OPTION_NETINFO_PARENT_SERVER_TAG,
        114 => OPTION_CAPTIVE_PORTAL,
        116 => any(OPTION_DHCP_AUTO_CONFIGURATION),
        118 => any(OPTION_SUBNET_SELECTION_OPTION),
        145 => any(OPTION_FORCERENEW_NONCE_ALGORITHM),
        161 => OPTION_MUDURL,
        252 => OPTION_PRIVATE_PROXY_AUTODISCOVERY,
        _ => return None,
    })
}

const IS_DHCP: [u8; 4] = [99, 130, 83, 99];
const ETHERNET: u8 = 1;
const PAD: u8 = 0;
const OVERLOAD: u8 = 52;
const MESSAGE_TYPE: u8 = 53;
const END: u8 = 255;
/// Where the server's name and the boot file's name are in the message.
const SERVER_NAME: std::ops::Range<usize> = 44..108;
const FILE_NAME: std::ops::Range<usize> = 108..236;

impl Dissector for Dhcp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let kind = pdu.take(TYPE)?;
        pdu.info(format_args!("Boot {}", if kind == 1 { "Request" } else { "Reply" }));
        let hw_type = pdu.take(HW_TYPE)?;
        let hw_len = pdu.take(HW_LEN)?;
        pdu.take(HOPS)?;
        let id = pdu.take(ID)?;
        // As many seconds, and none in the low byte, are a small number from a client that swaps the bytes.
        let secs = pdu.peek(SECS)?;
        let swapped = secs != 0 && secs & 0xff == 0;
        pdu.take(if swapped { SECS_LE } else { SECS })?;
        pdu.take(FLAGS)?;
        for address in [IP_CLIENT, IP_YOUR, IP_SERVER, IP_RELAY] {
            pdu.take(address)?;
        }
        if hw_type == ETHERNET && hw_len == 6 {
            pdu.take(HW_MAC_ADDR)?;
            pdu.take_bytes(HW_ADDR_PADDING, 10)?;
        } else {
            let len = usize::from(hw_len).min(16);
            if len > 0 {
                pdu.take_bytes(HW_ADDR, len)?;
            }
            if len < 16 {
                pdu.take_bytes(HW_ADDR_PADDING, 16 - len)?;
            }
        }
        let (overload, message) = look_ahead(pdu.data().get(FILE_NAME.end + 4..).unwrap_or_default());
        name(pdu, SERVER, SERVER_NAME.len(), overload & 2 != 0)?;
        name(pdu, FILE, FILE_NAME.len(), overload & 1 != 0)?;
        if pdu.wire_remaining() == 0 {
            return Ok(());
        }
        if pdu.peek(COOKIE)? != IS_DHCP {
            pdu.take_rest(VENDOR_SPECIFIC_OPTIONS);
            return Ok(());
        }
        pdu.show(COOKIE)?;
        pdu.take(COOKIE_VALUE)?;
        if let Some(name) = name_of(MESSAGES, message.into()) {
            pdu.info(format_args!("DHCP {name:<8} - Transaction ID 0x{id:x}"));
        }
        options(pdu)?;
        if pdu.remaining() > 0 {
            pdu.take_rest(OPTION_PADDING);
        }
        Ok(())
    }
}

/// What the options say of where else options are (52), and of the type of the message (53).
fn look_ahead(mut options: &[u8]) -> (u8, u8) {
    let (mut overload, mut message) = (0, 0);
    while let Some((&code, rest)) = options.split_first() {
        match code {
            PAD => options = rest,
            END => break,
            _ => {
                let Some((&len, rest)) = rest.split_first() else { break };
                match (code, rest.first()) {
                    (OVERLOAD, Some(&value)) => overload = value,
                    (MESSAGE_TYPE, Some(&value)) => message = value,
                    _ => {}
                }
                options = rest.get(len.into()..).unwrap_or_default();
            }
        }
    }
    (overload, message)
}

/// A name in a field of `len` bytes, unless there are options in it.
fn name(pdu: &mut Pdu<'_>, field: Handle<Variable>, len: usize, overloaded: bool) -> Step {
    let at = pdu.position();
    let bytes = pdu.rest();
    pdu.skip(len)?;
    let text = bytes.iter().take(len).position(|&b| b == 0).unwrap_or(len);
    if text > 0 && !overloaded {
        pdu.mark(field, at..at + text);
    }
    Ok(())
}

/// Options up to the one that ends them, or to the limit.
fn options(pdu: &mut Pdu<'_>) -> Step {
    while pdu.wire_remaining() > 0 {
        let code = pdu.peek(OPTION_TYPE)?;
        pdu.group(OPTION, |pdu| option(pdu, code))?;
        if code == END {
            break;
        }
    }
    Ok(())
}

fn option(pdu: &mut Pdu<'_>, code: u8) -> Step {
    pdu.take(OPTION_TYPE)?;
    let at = pdu.position();
    match code {
        PAD => {
            pdu.mark(OPTION_PADDING, at - 1..at);
            return Ok(());
        }
        END => {
            pdu.mark(OPTION_END, at - 1..at);
            return Ok(());
        }
        _ => {}
    }
    let len = usize::from(pdu.take(OPTION_LENGTH)?);
    if len == 0 {
        return Ok(());
    }
    let start = pdu.position();
    if len > pdu.wire_remaining() {
        // Says that it doesn't fit.
        return pdu.take_bytes(OPTION_VALUE, len).map(drop);
    }
    if len <= pdu.remaining() {
        pdu.mark(OPTION_VALUE, start..start + len);
    }
    pdu.within(OPTION_LENGTH, len, |pdu| value(pdu, code))?;
    if code == OVERLOAD {
        let overload = pdu.data().get(start).copied().unwrap_or(0);
        for (bit, range) in [(2, SERVER_NAME), (1, FILE_NAME)] {
            if overload & bit != 0 {
                elsewhere(pdu, range)?;
            }
        }
    }
    Ok(())
}

/// The options in the field for a name (RFC 2132, section 9.3), which are read as plain ones: they can't say that there
/// are more elsewhere.
fn elsewhere(pdu: &mut Pdu<'_>, range: std::ops::Range<usize>) -> Step {
    let mut at = range.start;
    while at < range.end {
        let code = pdu.show_at(OPTION_TYPE, at)?;
        match code {
            PAD => at += 1,
            END => {
                pdu.mark(OPTION_END, at..at + 1);
                break;
            }
            _ => {
                let len = usize::from(pdu.show_at(OPTION_LENGTH, at + 1)?);
                let value = at + 2..at + 2 + len;
                if value.end > range.end {
                    break;
                }
                pdu.mark(OPTION_VALUE, value.clone());
                mark_plain(pdu, code, value.clone());
                at = value.end;
            }
        }
    }
    Ok(())
}

/// Records the value of an option of the table, or the values if it has several; says whether the option is there.
fn mark_plain(pdu: &mut Pdu<'_>, code: u8, range: std::ops::Range<usize>) -> bool {
    let Some(field) = plain(code) else { return false };
    let width = usize::from(field.width);
    if width == 0 {
        let bytes = pdu.data().get(range.clone()).unwrap_or_default();
        let is_text = field.id != OPTION_VENDOR_VALUE.id;
        let len = bytes.iter().position(|&b| b == 0 && is_text).unwrap_or(bytes.len());
        pdu.mark(field, range.start..range.start + len);
    } else {
        for at in range.clone().step_by(width).take_while(|at| at + width <= range.end) {
            pdu.mark(field, at..at + width);
        }
    }
    true
}

/// The value of an option, which the limit ends.
fn value(pdu: &mut Pdu<'_>, code: u8) -> Step {
    let range = pdu.position()..pdu.position() + pdu.remaining();
    match code {
        21 => pairs(pdu, OPTION_POLICY_FILTER_IP, OPTION_POLICY_FILTER_SUBNET_MASK),
        33 => pairs(pdu, OPTION_STATIC_ROUTE_IP, OPTION_STATIC_ROUTE_ROUTER),
        61 => client_id(pdu),
        81 => fqdn(pdu),
        82 => agent(pdu),
        121 | 249 => {
            while pdu.remaining() > 0 {
                // RFC 3442: as many bytes of the destination as count, then the router.
                let width = usize::from(pdu.rest().first().copied().unwrap_or(0)).min(32);
                pdu.take_bytes(OPTION_CLASSLESS_STATIC_ROUTE, 1 + width.div_ceil(8) + 4)?;
            }
            Ok(())
        }
        // Inform etc. may leave out what a mask of zeros says; the rest is told by the table.
        _ => {
            mark_plain(pdu, code, range);
            Ok(())
        }
    }
}

fn pairs(pdu: &mut Pdu<'_>, first: Handle<[u8; 4]>, second: Handle<[u8; 4]>) -> Step {
    while pdu.remaining() > 0 {
        pdu.take(first)?;
        pdu.take(second)?;
    }
    Ok(())
}

/// RFC 2132, section 9.14: type and address of the hardware, or another identifier; RFC 4361, section 6.1: that of DHCPv6.
fn client_id(pdu: &mut Pdu<'_>) -> Step {
    let kind = pdu.peek(HW_TYPE)?;
    if kind == ETHERNET && pdu.remaining() == 7 {
        pdu.take(HW_TYPE)?;
        pdu.take(HW_MAC_ADDR)?;
    } else if kind == 255 && pdu.remaining() > 7 {
        pdu.take(CLIENT_ID_TYPE)?;
        pdu.take(CLIENT_ID_IAID)?;
        pdu.show(CLIENT_ID_DUID_TYPE)?;
        pdu.take_rest(CLIENT_ID);
    } else {
        pdu.take(CLIENT_ID_TYPE)?;
        pdu.take_rest(CLIENT_ID_UNDEF);
    }
    Ok(())
}

/// RFC 4702, section 2.
fn fqdn(pdu: &mut Pdu<'_>) -> Step {
    let binary = pdu.peek(FQDN_E)?;
    for flag in [FQDN_N, FQDN_E, FQDN_O, FQDN_S] {
        pdu.show(flag)?;
    }
    pdu.show(FQDN_MBZ)?;
    pdu.take(FQDN_FLAGS)?;
    pdu.take(FQDN_RCODE1)?;
    pdu.take(FQDN_RCODE2)?;
    if pdu.remaining() == 0 {
        return Ok(());
    }
    if !binary {
        pdu.take_rest(FQDN_NAME);
        return Ok(());
    }
    let (at, mut rest) = (pdu.position(), pdu.rest());
    let mut text = Vec::new();
    while let Some((&len, tail)) = rest.split_first() {
        let Some(label) = tail.get(..len.into()).filter(|l| !l.is_empty()) else { break };
        if !text.is_empty() {
            text.push(b'.');
        }
        text.extend_from_slice(label);
        rest = &tail[label.len()..];
    }
    pdu.computed_bytes(FQDN_NAME_BINARY, at..at + pdu.remaining(), &text);
    Ok(())
}

/// RFC 3046, section 2.0: options of their own.
fn agent(pdu: &mut Pdu<'_>) -> Step {
    while pdu.remaining() > 0 {
        let code = pdu.take(OPTION_AGENT_INFORMATION_OPTION_SUBOPTION)?;
        let len = usize::from(pdu.take(OPTION_LENGTH)?);
        let field = match code {
            1 => OPTION_AGENT_INFORMATION_OPTION_AGENT_CIRCUIT_ID,
            2 => OPTION_AGENT_INFORMATION_OPTION_AGENT_REMOTE_ID,
            5 if len == 4 => any(OPTION_AGENT_INFORMATION_OPTION_LINK_SELECTION),
            6 => OPTION_AGENT_INFORMATION_OPTION_SUBSCRIBER_ID,
            11 if len == 4 => any(OPTION_AGENT_INFORMATION_OPTION_SERVER_ID_OVERRIDE),
            _ => OPTION_AGENT_INFORMATION_OPTION_VALUE,
        };
        pdu.take_bytes(field, len)?;
    }
    Ok(())
}

builtin!(Dhcp);
