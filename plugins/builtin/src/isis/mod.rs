//! IS-IS (ISO/IEC 10589; RFC 1195 for IP): headers of all PDUs here, what follows them in `values`.

use crate::checksum::{self, NOT_PRESENT, STATUS, UNVERIFIED};
use crate::ip::SET;
use prosector_sdk::handle::{ComputedBytes, Handle};
use prosector_sdk::prelude::*;
use std::fmt::Write;

mod values;

/// The dissector.
#[derive(Default)]
pub struct Isis;

protocol! {
    /// Intermediate System to Intermediate System (ISO/IEC 10589).
    Isis = isis "ISIS", "ISO 10589 ISIS InTRA Domain Routeing Information Exchange Protocol" {
        irpd: u8 hex                            "Intradomain Routing Protocol Discriminator" = { 0x83 "ISIS" },
        len: u8                                 "Length Indicator",
        version: u8                             "Version/Protocol ID Extension",
        /// 0 stands for 6, and 255 for none.
        sysid_len: u8                           "ID Length",
        type.reserved: u8 hex & 0xe0            "Reserved",
        type: u8 & 0x1f                         "PDU Type" = {
            15 "L1 HELLO", 16 "L2 HELLO", 17 "P2P HELLO", 18 "L1 LSP", 20 "L2 LSP", 24 "L1 CSNP", 25 "L2 CSNP",
            26 "L1 PSNP", 27 "L2 PSNP",
        },
        version2: u8                            "Version",
        reserved: u8                            "Reserved",
        /// 0 stands for 3.
        max_area_adr: u8                        "Maximum Area Addresses",

        hello.circuit_type: u8 hex & 0x03       "Circuit type" = {
            0 "Reserved 0 (discard PDU)", 1 "Level 1 only", 2 "Level 2 only", 3 "Level 1 and 2",
        },
        hello.reserved: u8 hex & 0xfc           "Reserved",
        hello.reserved as PRIORITY_RESERVED: bool & 0x80 "Reserved",
        hello.source_id: computed str           "SystemID {Sender of PDU}",
        hello.holding_timer: u16                "Holding timer",
        hello.pdu_length: u16                   "PDU length",
        hello.local_circuit_id: u8              "Local circuit ID",
        hello.priority: u8 & 0x7f               "Priority",
        hello.lan_id: computed str              "SystemID {Designated IS}",
        lsp.pdu_length: u16                     "PDU length",
        lsp.remaining_life: u16                 "Remaining lifetime",
        lsp.lsp_id: computed str                "LSP-ID",
        lsp.sequence_number: u32 hex            "Sequence number",
        lsp.checksum: u16 hex                   "Checksum",
        lsp.checksum.status: computed u8        "Checksum Status" = STATUS,
        lsp.partition_repair: bool & 0x80       "Partition Repair" = { 0 "Not supported", 1 "Supported" },
        lsp.att: u8 & 0x78                      "Attachment",
        lsp.error_metric: bool & 0x40           "Error metric",
        lsp.expense_metric: bool & 0x20         "Expense metric",
        lsp.delay_metric: bool & 0x10           "Delay metric",
        lsp.default_metric: bool & 0x08         "Default metric",
        lsp.overload: bool & 0x04               "Overload bit",
        lsp.is_type: u8 & 0x03                  "Type of Intermediate System" = {
            0 "Unused 0x0 (invalid)", 1 "Level 1", 2 "Unused 0x2 (invalid)", 3 "Level 2",
        },
        csnp.pdu_length: u16                    "PDU length",
        csnp.source_id: computed str            "Source-ID",
        csnp.source_circuit: bytes[1]           "Source-ID-Circuit",
        csnp.start_lsp_id: computed str         "Start LSP-ID",
        csnp.end_lsp_id: computed str           "End LSP-ID",
        psnp.pdu_length: u16                    "PDU length",
        psnp.source_id: computed str            "Source-ID",
        psnp.source_circuit: bytes[1]           "Source-ID-Circuit",

        clv: group                              "Variable Length Field",
        hello.clv.type: u8                      "Type" = CODES,
        hello.clv.length: u8                    "Length",
        lsp.clv.type: u8                        "Type" = CODES,
        lsp.clv.length: u8                      "Length",
        csnp.clv.type: u8                       "Type" = CODES,
        csnp.clv.length: u8                     "Length",
        psnp.clv.type: u8                       "Type" = CODES,
        psnp.clv.length: u8                     "Length",

        hello.area_address: bytes               "Area address",
        hello.is_neighbor: mac                  "IS Neighbor",
        hello.iid: u16                          "Instance Identifier",
        hello.supported_itid: u16               "Supported ITID",
        hello.clv_nlpid.nlpid: u8 hex           "NLPID",
        hello.clv_ipv4_int_addr: ipv4           "IPv4 interface address",
        hello.clv_ipv6_int_addr: ipv6           "IPv6 interface address",
        hello.clv_restart_flags: u8 hex         "Restart Signaling Flags" {
            sa: 0x04                            "Suppress Adjacency",
            ra: 0x02                            "Restart Acknowledgment",
            rr: 0x01                            "Restart Request",
        },
        hello.clv_restart.remain_time: u16      "Remaining holding time",
        hello.adjacency_state: u8               "Adjacency State" = { 0 "Up", 1 "Initializing", 2 "Down" },
        hello.extended_local_circuit_id: u32 hex "Extended Local circuit ID",
        hello.neighbor_systemid: computed str   "Neighbor SystemID",
        hello.neighbor_extended_local_circuit_id: u32 hex "Neighbor Extended Local circuit ID",

        csnp.iid: u16                           "Instance Identifier",
        csnp.supported_itid: u16                "Supported ITID",
        csnp.lsp_remain_life: u16               "Remaining Lifetime",
        csnp.lsp_id: computed str               "LSP-ID",
        csnp.lsp_seq_num: u32 hex               "LSP Sequence Number",
        csnp.lsp_checksum: u16 hex              "LSP checksum",

        lsp.area_address: bytes                 "Area address",
        lsp.iid: u16                            "Instance Identifier",
        lsp.supported_itid: u16                 "Supported ITID",
        lsp.clv_nlpid.nlpid: u8 hex             "NLPID",
        lsp.clv_ipv4_int_addr: ipv4             "IPv4 interface address",
        lsp.clv_ipv6_int_addr: ipv6             "IPv6 interface address",
        lsp.hostname: str                       "Hostname",
        lsp.clv_te_router_id: ipv4              "Traffic Engineering Router ID",
        lsp.originating_lsp_buffer_size: u16    "Neighbor originating buffer size",
        lsp.eis_neighbors_clv_inner.reserved: u8 hex "Reserved",
        lsp.eis_neighbors.default_metric: u8 & 0x3f "Default Metric",
        lsp.eis_neighbors.default_metric_ie: bool & 0x40 "Default Metric" = EXTERNAL,
        lsp.eis_neighbors.delay_metric: u8 & 0x3f "Delay Metric",
        lsp.eis_neighbors_delay_metric.supported: bool & 0x80 "Delay Metric" = UNSUPPORTED,
        lsp.eis_neighbors.delay_metric_ie: bool & 0x40 "Delay Metric" = EXTERNAL,
        lsp.eis_neighbors.expense_metric: u8 & 0x3f "Expense Metric",
        lsp.eis_neighbors.expense_metric_supported: bool & 0x80 "Expense Metric" = UNSUPPORTED,
        lsp.eis_neighbors.expense_metric_ie: bool & 0x40 "Expense Metric" = EXTERNAL,
        lsp.eis_neighbors.error_metric: u8 & 0x3f "Error Metric",
        lsp.eis_neighbors.error_metric_supported: bool & 0x80 "Error Metric" = UNSUPPORTED,
        lsp.eis_neighbors.error_metric_ie: bool & 0x40 "Error Metric" = EXTERNAL,
        lsp.eis_neighbors.is_neighbor: computed str "IS Neighbor",
        lsp.ip_reachability.ipv4_prefix: ipv4   "IPv4 prefix",
        lsp.ip_reachability.default_metric: u8 & 0x3f "Default Metric",
        lsp.ip_reachability.default_metric_ie: bool & 0x40 "Default Metric IE" = EXTERNAL,
        lsp.ip_reachability.distribution: bool & 0x80 "Distribution" = DISTRIBUTION,
        lsp.ip_reachability.delay_metric: u8 & 0x3f "Delay Metric",
        lsp.ip_reachability.delay_metric_support: bool & 0x80 "Delay Metric" = UNSUPPORTED,
        lsp.ip_reachability.delay_metric_ie: bool & 0x40 "Delay Metric" = EXTERNAL,
        lsp.ip_reachability.expense_metric: u8 & 0x3f "Expense Metric",
        lsp.ip_reachability.expense_metric_support: bool & 0x80 "Expense Metric" = UNSUPPORTED,
        lsp.ip_reachability.expense_metric_ie: bool & 0x40 "Expense Metric" = EXTERNAL,
        lsp.ip_reachability.error_metric: u8 & 0x3f "Error Metric",
        lsp.ip_reachability.error_metric_support: bool & 0x80 "Error Metric" = UNSUPPORTED,
        lsp.ip_reachability.error_metric_ie: bool & 0x40 "Error Metric" = EXTERNAL,
        lsp.ext_is_reachability.is_neighbor_id: computed str "IS neighbor ID",
        lsp.ext_is_reachability.metric: u24     "Metric",
        lsp.ext_is_reachability.subclvs_length: u8 "SubCLV Length",
        lsp.ext_is_reachability.code: u8        "Code",
        lsp.ext_is_reachability.length: u8      "Length",
        lsp.ext_is_reachability.link_local_identifier: u32 "Link Local Identifier",
        lsp.ext_is_reachability.link_remote_identifier: u32 "Link Remote Identifier",
        lsp.ext_is_reachability.ipv4_interface_address: ipv4 "IPv4 interface address",
        lsp.ext_is_reachability.ipv4_neighbor_address: ipv4 "IPv4 neighbor address",
        lsp.ext_is_reachability.traffic_engineering_default_metric: u24 "Traffic engineering default metric",
        /// In Mbit/s, as the three below.
        lsp.maximum_link_bandwidth: computed f64 "Maximum link bandwidth" unit "Mbps",
        lsp.reservable_link_bandwidth: computed f64 "Reservable link bandwidth" unit "Mbps",
        lsp.unrsv_bw.priority_level: computed f64 "priority level" unit "Mbps",
        lsp.adj_sid.flags: u8 hex               "Flags" {
            f: 0x80                             "Outgoing Encapsulation" = { 0 "IPv4", 1 "IPv6" },
            b: 0x40                             "Backup",
            v: 0x20                             "Value",
            l: 0x10                             "Local Significance",
            s: 0x08                             "Set",
        },
        lsp.adj_sid.weight: u8 hex              "Weight",
        lsp.adj_sid.system_id: computed str     "System-ID",
        lsp.sid.sli_label: u24 & 0x0fffff       "SID/Label/Index",
        lsp.sid.sli_index: u32 hex              "SID/Label/Index",
        lsp.ext_ip_reachability.metric: u32     "Metric",
        lsp.ext_ip_reachability.distribution: bool & 0x80 "Distribution" = DISTRIBUTION,
        lsp.ext_ip_reachability.subtlv: bool & 0x40 "Sub-TLV",
        lsp.ext_ip_reachability.prefix_length: u8 & 0x3f "Prefix Length",
        lsp.ext_ip_reachability.ipv4_prefix: computed ipv4 "IPv4 prefix",
        lsp.ext_ip_reachability.subclvs_length: computed u8 "SubCLV Length",
        lsp.ext_ip_reachability.prefix_sid.flags: u8 hex "Flags" {
            r: 0x80                             "Re-advertisement" = SET,
            n: 0x40                             "Node-SID" = SET,
            p: 0x20                             "no-PHP" = SET,
            e: 0x10                             "Explicit-Null" = SET,
            v: 0x08                             "Value" = SET,
            l: 0x04                             "Local" = SET,
        },
        lsp.sr_cap.i_flag: bool & 0x80          "I flag: IPv4 support",
        lsp.sr_cap.v_flag: bool & 0x40          "V flag: IPv6 support",
        lsp.sr_cap.range: u24                   "Range",
        lsp.sr_cap.label: u24 & 0x0fffff        "Label",
        lsp.sr_cap.sid: u32                     "SID",
        lsp.sr_alg: u8                          "Algorithm" = { 0 "Shortest Path First (SPF)" },
        lsp.rt_capable.router_id: u32 hex       "Router ID",
        lsp.rt_capable.flag_s: bool & 0x01      "S bit" = {
            0 "Not leaked between levels", 1 "Flooded across the routing domain",
        },
        lsp.rt_capable.flag_d: bool & 0x02      "D bit" = {
            0 "Not leaked down", 1 "Leaked from level 2 to level 1",
        },
    }
    claims { osi.nlpid = 0x83, fr.nlpid = 0x83, ethertype = 0x22f4 }
}

value_names! {
    /// Whether a metric is supported: the bit says that it is not.
    UNSUPPORTED { 0 "Supported", 1 "Not Supported" }
}

value_names! {
    /// Whether a metric can be compared with those of the domain.
    EXTERNAL { 0 "Internal", 1 "External" }
}

value_names! {
    /// RFC 5302, section 2.
    DISTRIBUTION { 0 "Up", 1 "Down" }
}

value_names! {
    /// Codes of variable length fields (IANA).
    CODES {
        1 "Area address(es)", 2 "IS Reachability", 3 "ES Neighbor(s)", 6 "IS Neighbor(s)", 7 "Instance Identifier",
        8 "Padding", 9 "LSP entries", 10 "Authentication", 12 "Checksum", 13 "Purge Originator ID",
        14 "Originating neighbor buffer size", 22 "Extended IS reachability", 128 "IP Internal reachability",
        129 "Protocols supported", 130 "IP External reachability", 132 "IP Interface address(es)",
        134 "Traffic Engineering Router ID", 135 "Extended IP Reachability", 137 "Hostname", 140 "IPv6 TE Router ID",
        144 "MT-Capability", 211 "Restart Signaling", 222 "MT-IS Reachability", 229 "Multi Topology",
        232 "IPv6 Interface address(es)", 235 "MT IP. Reachability", 236 "IPv6 reachability",
        237 "MT IPv6 Reachability", 240 "Point-to-point Adjacency State", 242 "Router Capability",
    }
}

/// The kinds of PDUs, each with codes of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Hello,
    State,
    Complete,
    Partial,
}

const POINT_TO_POINT: u8 = 17;

impl Dissector for Isis {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(IRPD)?;
        pdu.take(LEN)?;
        pdu.take(VERSION)?;
        let id_len = match pdu.take(SYSID_LEN)? {
            0 => 6,
            255 => 0,
            len => usize::from(len),
        };
        pdu.show(TYPE_RESERVED)?;
        let kind = pdu.take(TYPE)?;
        pdu.info(format_args!("{}", Self::name(TYPE, kind)));
        pdu.take(VERSION2)?;
        pdu.take(RESERVED)?;
        pdu.take(MAX_AREA_ADR)?;
        match kind {
            15..=17 => hello(pdu, kind, id_len),
            18 | 20 => state(pdu, id_len),
            24 | 25 => {
                let len = usize::from(pdu.take(CSNP_PDU_LENGTH)?);
                system_id(pdu, CSNP_SOURCE_ID, id_len, 0)?;
                pdu.take(CSNP_SOURCE_CIRCUIT)?;
                system_id(pdu, CSNP_START_LSP_ID, id_len, 2)?;
                system_id(pdu, CSNP_END_LSP_ID, id_len, 2)?;
                body(pdu, Kind::Complete, len, id_len)
            }
            26 | 27 => {
                let len = usize::from(pdu.take(PSNP_PDU_LENGTH)?);
                system_id(pdu, PSNP_SOURCE_ID, id_len, 0)?;
                pdu.take(PSNP_SOURCE_CIRCUIT)?;
                body(pdu, Kind::Partial, len, id_len)
            }
            _ => Ok(()),
        }
    }
}

fn hello(pdu: &mut Pdu<'_>, kind: u8, id_len: usize) -> Step {
    pdu.show(HELLO_CIRCUIT_TYPE)?;
    pdu.take(HELLO_RESERVED)?;
    system_id(pdu, HELLO_SOURCE_ID, id_len, 0)?;
    pdu.take(HELLO_HOLDING_TIMER)?;
    let len = usize::from(pdu.take(HELLO_PDU_LENGTH)?);
    if kind == POINT_TO_POINT {
        pdu.take(HELLO_LOCAL_CIRCUIT_ID)?;
    } else {
        pdu.show(PRIORITY_RESERVED)?;
        pdu.take(HELLO_PRIORITY)?;
        system_id(pdu, HELLO_LAN_ID, id_len, 1)?;
    }
    body(pdu, Kind::Hello, len, id_len)
}

fn state(pdu: &mut Pdu<'_>, id_len: usize) -> Step {
    let len = usize::from(pdu.take(LSP_PDU_LENGTH)?);
    pdu.take(LSP_REMAINING_LIFE)?;
    let covered = pdu.position();
    system_id(pdu, LSP_LSP_ID, id_len, 2)?;
    pdu.take(LSP_SEQUENCE_NUMBER)?;
    let at = pdu.position();
    let sum = pdu.take(LSP_CHECKSUM)?;
    if pdu.wants(LSP_CHECKSUM_STATUS) {
        // From the LSP-ID on: the lifetime changes on the way.
        let status = match pdu.data().get(covered..len) {
            _ if sum == 0 => NOT_PRESENT,
            Some(data) if at + 2 <= len => checksum::fletcher(data),
            _ => UNVERIFIED,
        };
        pdu.computed(LSP_CHECKSUM_STATUS, at..at + 2, status);
    }
    pdu.show(LSP_PARTITION_REPAIR)?;
    pdu.show(LSP_ATT)?;
    pdu.show(LSP_ERROR_METRIC)?;
    pdu.show(LSP_EXPENSE_METRIC)?;
    pdu.show(LSP_DELAY_METRIC)?;
    pdu.show(LSP_DEFAULT_METRIC)?;
    pdu.show(LSP_OVERLOAD)?;
    pdu.take(LSP_IS_TYPE)?;
    body(pdu, Kind::State, len, id_len)
}

/// The variable length fields, up to the length of the PDU.
fn body(pdu: &mut Pdu<'_>, kind: Kind, len: usize, id_len: usize) -> Step {
    match len.checked_sub(pdu.position()) {
        Some(_) => {
            pdu.set_len(LEN, len);
            values::read(pdu, kind, id_len)
        }
        None => {
            let at = pdu.position();
            pdu.diagnostic(
                Severity::Error,
                "bad-length",
                8..10,
                format_args!("{len} bytes, less than the header's {at}"),
            );
            Ok(())
        }
    }
}

/// Reads an identifier of a system, with up to two more bytes: the number of a pseudonode, and that of a fragment.
fn system_id(pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>, id_len: usize, more: usize) -> Step {
    let (at, rest) = (pdu.position(), pdu.rest());
    let len = id_len + more;
    pdu.skip(len).map_err(|stop| Stop { field: field.id, ..stop })?;
    if pdu.wants(field) {
        let mut text = String::with_capacity(3 * len);
        for (i, byte) in rest.iter().take(len).enumerate() {
            let between = match i {
                0 => "",
                _ if i == id_len + 1 => "-",
                _ if i == id_len || i < id_len && i % 2 == 0 => ".",
                _ => "",
            };
            let _ = write!(text, "{between}{byte:02x}");
        }
        pdu.computed_bytes(field, at..at + len, text.as_bytes());
    }
    Ok(())
}

builtin!(Isis);

#[test]
fn a_hello_between_two() {
    check::<Isis>(
        "83 14 01 00 11 01 00 00  03 111111111111 001e 002b 02
         81 01 cc  01 04 03490001  84 04 0a000001  d3 01 00  f0 05 02 00000002",
        expect![[r#"
            ISO 10589 ISIS InTRA Domain Routeing Information Exchange Protocol, P2P HELLO
              Intradomain Routing Protocol Discriminator: ISIS (0x83)
              Length Indicator: 20
              Version/Protocol ID Extension: 1
              ID Length: 0
              Reserved: 0x0
              PDU Type: P2P HELLO (17)
              Version: 1
              Reserved: 0
              Maximum Area Addresses: 0
              Circuit type: Level 1 and 2 (0x3)
              Reserved: 0x00
              SystemID {Sender of PDU}: 1111.1111.1111
              Holding timer: 30
              PDU length: 43
              Local circuit ID: 2
              Variable Length Field: Protocols supported (129)
                Type: Protocols supported (129)
                Length: 1
                NLPID: 0xcc
              Variable Length Field: Area address(es) (1)
                Type: Area address(es) (1)
                Length: 4
                Area address: 03490001
              Variable Length Field: IP Interface address(es) (132)
                Type: IP Interface address(es) (132)
                Length: 4
                IPv4 interface address: 10.0.0.1
              Variable Length Field: Restart Signaling (211)
                Type: Restart Signaling (211)
                Length: 1
                Restart Signaling Flags: 0x00
                  .... .0.. = Suppress Adjacency: False
                  .... ..0. = Restart Acknowledgment: False
                  .... ...0 = Restart Request: False
              Variable Length Field: Point-to-point Adjacency State (240)
                Type: Point-to-point Adjacency State (240)
                Length: 5
                Adjacency State: Down (2)
              [error] short: isis.hello.extended_local_circuit_id needs 4 bytes at offset 41, 2 are there (the end is set by isis.len)
        "#]],
    );
}

#[test]
fn a_link_state() {
    check::<Isis>(
        "83 1b 01 00 12 01 00 00  004c 04af 1111111111110000 00000003 0000 03
         16 0b 222222222222 00 00000a 00  87 09 0000000a 20 0a000001
         02 0c 00 0a 80 80 80 222222222222 00  f2 05 01010101 00",
        expect![[r#"
            ISO 10589 ISIS InTRA Domain Routeing Information Exchange Protocol, L1 LSP
              Intradomain Routing Protocol Discriminator: ISIS (0x83)
              Length Indicator: 27
              Version/Protocol ID Extension: 1
              ID Length: 0
              Reserved: 0x0
              PDU Type: L1 LSP (18)
              Version: 1
              Reserved: 0
              Maximum Area Addresses: 0
              PDU length: 76
              Remaining lifetime: 1199
              LSP-ID: 1111.1111.1111.00-00
              Sequence number: 0x00000003
              Checksum: 0x0000
              Checksum Status: Not present (3)
              Partition Repair: Not supported
              Attachment: 0
              Error metric: False
              Expense metric: False
              Delay metric: False
              Default metric: False
              Overload bit: False
              Type of Intermediate System: Level 2 (3)
              Variable Length Field: Extended IS reachability (22)
                Type: Extended IS reachability (22)
                Length: 11
                IS neighbor ID: 2222.2222.2222.00
                Metric: 10
                SubCLV Length: 0
              Variable Length Field: Extended IP Reachability (135)
                Type: Extended IP Reachability (135)
                Length: 9
                Metric: 10
                Distribution: Up
                Sub-TLV: False
                Prefix Length: 32
                IPv4 prefix: 10.0.0.1
                [SubCLV Length: 0]
              Variable Length Field: IS Reachability (2)
                Type: IS Reachability (2)
                Length: 12
                Reserved: 0x00
                Default Metric: 10
                Default Metric: Internal
                Delay Metric: 0
                Delay Metric: Not Supported
                Delay Metric: Internal
                Expense Metric: 0
                Expense Metric: Not Supported
                Expense Metric: Internal
                Error Metric: 0
                Error Metric: Not Supported
                Error Metric: Internal
                IS Neighbor: 2222.2222.2222.00
              Variable Length Field: Router Capability (242)
                Type: Router Capability (242)
                Length: 5
                Router ID: 0x01010101
                S bit: Not leaked between levels
                D bit: Not leaked down
        "#]],
    );
}

#[test]
fn sequence_numbers_and_a_short_length() {
    check::<Isis>(
        "83 11 01 00 1a 01 00 00  0023 111111111111 00  09 10 03fc 1111111111110000 00000002 5bec",
        expect![[r#"
            ISO 10589 ISIS InTRA Domain Routeing Information Exchange Protocol, L1 PSNP
              Intradomain Routing Protocol Discriminator: ISIS (0x83)
              Length Indicator: 17
              Version/Protocol ID Extension: 1
              ID Length: 0
              Reserved: 0x0
              PDU Type: L1 PSNP (26)
              Version: 1
              Reserved: 0
              Maximum Area Addresses: 0
              PDU length: 35
              Source-ID: 1111.1111.1111
              Source-ID-Circuit: 00
              Variable Length Field: LSP entries (9)
                Type: LSP entries (9)
                Length: 16
                Remaining Lifetime: 1020
                LSP-ID: 1111.1111.1111.00-00
                LSP Sequence Number: 0x00000002
                LSP checksum: 0x5bec
        "#]],
    );
    check::<Isis>(
        "83 1b 01 00 12 01 00 00  0014 04af 1111111111110000 00000003 0000 03",
        expect![[r#"
            ISO 10589 ISIS InTRA Domain Routeing Information Exchange Protocol, L1 LSP
              Intradomain Routing Protocol Discriminator: ISIS (0x83)
              Length Indicator: 27
              Version/Protocol ID Extension: 1
              ID Length: 0
              Reserved: 0x0
              PDU Type: L1 LSP (18)
              Version: 1
              Reserved: 0
              Maximum Area Addresses: 0
              PDU length: 20
              Remaining lifetime: 1199
              LSP-ID: 1111.1111.1111.00-00
              Sequence number: 0x00000003
              Checksum: 0x0000
              Checksum Status: Not present (3)
              Partition Repair: Not supported
              Attachment: 0
              Error metric: False
              Expense metric: False
              Delay metric: False
              Default metric: False
              Overload bit: False
              Type of Intermediate System: Level 2 (3)
              [error] bad-length: 20 bytes, less than the header's 27
        "#]],
    );
    check::<Isis>(
        "83 11 01 00 1a 01 00 00  0023 111111111111 00  09 10 03fc",
        expect![[r#"
            ISO 10589 ISIS InTRA Domain Routeing Information Exchange Protocol, L1 PSNP
              Intradomain Routing Protocol Discriminator: ISIS (0x83)
              Length Indicator: 17
              Version/Protocol ID Extension: 1
              ID Length: 0
              Reserved: 0x0
              PDU Type: L1 PSNP (26)
              Version: 1
              Reserved: 0
              Maximum Area Addresses: 0
              PDU length: 35
              Source-ID: 1111.1111.1111
              Source-ID-Circuit: 00
              Variable Length Field: LSP entries (9)
                Type: LSP entries (9)
                Length: 16
                Remaining Lifetime: 1020
              [error] short: isis.csnp.lsp_id needs 8 bytes at offset 21, 0 are there
        "#]],
    );
}

#[test]
fn segment_routing() {
    check::<Isis>(
        "83 1b 01 00 12 01 00 00  0041 04af 1111111111110000 00000003 0000 03
         87 12 0000000a 60 0a000001 08 03 06 40 00 00000028  f2 10 01010101 00 02 09 c0 0003e8 01 03 000fa0",
        expect![[r#"
            ISO 10589 ISIS InTRA Domain Routeing Information Exchange Protocol, L1 LSP
              Intradomain Routing Protocol Discriminator: ISIS (0x83)
              Length Indicator: 27
              Version/Protocol ID Extension: 1
              ID Length: 0
              Reserved: 0x0
              PDU Type: L1 LSP (18)
              Version: 1
              Reserved: 0
              Maximum Area Addresses: 0
              PDU length: 65
              Remaining lifetime: 1199
              LSP-ID: 1111.1111.1111.00-00
              Sequence number: 0x00000003
              Checksum: 0x0000
              Checksum Status: Not present (3)
              Partition Repair: Not supported
              Attachment: 0
              Error metric: False
              Expense metric: False
              Delay metric: False
              Default metric: False
              Overload bit: False
              Type of Intermediate System: Level 2 (3)
              Variable Length Field: Extended IP Reachability (135)
                Type: Extended IP Reachability (135)
                Length: 18
                Metric: 10
                Distribution: Up
                Sub-TLV: True
                Prefix Length: 32
                IPv4 prefix: 10.0.0.1
                SubCLV Length: 8
                Flags: 0x40
                  0... .... = Re-advertisement: Not set
                  .1.. .... = Node-SID: Set
                  ..0. .... = no-PHP: Not set
                  ...0 .... = Explicit-Null: Not set
                  .... 0... = Value: Not set
                  .... .0.. = Local: Not set
                Algorithm: Shortest Path First (SPF) (0)
                SID/Label/Index: 0x00000028
              Variable Length Field: Router Capability (242)
                Type: Router Capability (242)
                Length: 16
                Router ID: 0x01010101
                S bit: Not leaked between levels
                D bit: Not leaked down
                I flag: IPv4 support: True
                V flag: IPv6 support: True
                Range: 1000
                Label: 4000
        "#]],
    );
}
