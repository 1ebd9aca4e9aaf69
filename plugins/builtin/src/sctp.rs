//! SCTP, the Stream Control Transmission Protocol (RFC 9260): the common header and its chunks, with those of the
//! extensions for partial reliability (RFC 3758), authentication (RFC 4895), address changes (RFC 5061), padding
//! (RFC 4820), stream reset (RFC 6525) and interleaving (RFC 8260).
//!
//! TSNs are counted from the first one that was seen of each direction. User messages that are whole in one chunk are
//! handed on, by payload protocol where they name one, else by port.

use crate::checksum::{STATUS, UNVERIFIED};
use crate::conversations::Conversations;
use prosector_sdk::handle::{Handle, Variable};
use prosector_sdk::prelude::*;
use std::fmt;

/// The dissector.
#[derive(Default)]
pub struct Sctp {
    /// The first TSN of each side.
    first: Conversations<Option<u32>>,
}

protocol! {
    /// Stream Control Transmission Protocol (RFC 9260).
    Sctp = sctp "SCTP", "Stream Control Transmission Protocol" {
        srcport: u16                            "Source port",
        dstport: u16                            "Destination port",
        /// Source and destination, in this order.
        port: u16                               "Port" hidden,
        verification_tag: u32 hex               "Verification tag",
        /// Wireshark counts associations only where it is told to; without that it says 65535, or 0 without any chunk.
        assoc_index: computed u16               "Association index" = { 65535 "not counted" },
        checksum: u32 hex                       "Checksum",
        checksum.status: computed u8            "Checksum Status" = STATUS,

        chunk: group                            "Chunk",
        chunk_type: u8                          "Chunk type" = CHUNKS {
            .chunk_bit_1: 0x80                  "Bit" = {
                0 "Stop processing of the packet", 1 "Skip chunk and continue processing of the packet",
            },
            .chunk_bit_2: 0x40                  "Bit" = DO_REPORT,
        },
        chunk_flags: u8 hex                     "Chunk flags",
        chunk_length: u16                       "Chunk length",
        chunk_value: bytes                      "Chunk value",
        chunk_padding: bytes                    "Chunk padding",

        data_i_bit: bool & 0x08                 "I-Bit" = { 0 "Possibly delay SACK", 1 "Send SACK immediately" },
        data_u_bit: bool & 0x04                 "U-Bit" = { 0 "Ordered delivery", 1 "Unordered delivery" },
        data_b_bit: bool & 0x02                 "B-Bit" = { 0 "Subsequent segment", 1 "First segment" },
        data_e_bit: bool & 0x01                 "E-Bit" = { 0 "Not the last segment", 1 "Last segment" },
        /// Counted from the first one of this direction.
        data_tsn: computed u32                  "Transmission sequence number (relative)" linked,
        data_tsn_raw: u32                       "Transmission sequence number (absolute)",
        data_sid: u16 hex                       "Stream identifier",
        data_ssn: u16                           "Stream sequence number",
        data_reserved: u16                      "Reserved",
        data_mid: u32                           "Message identifier",
        data_fsn: u32                           "Fragment sequence number",
        data_payload_proto_id: u32              "Payload protocol identifier",

        initiate_tag: u32 hex                   "Initiate tag" hidden,
        init_initiate_tag: u32 hex              "Initiate tag",
        init_credit: u32                        "Advertised receiver window credit (a_rwnd)",
        init_nr_out_streams: u16                "Number of outbound streams",
        init_nr_in_streams: u16                 "Number of inbound streams",
        init_initial_tsn: u32                   "Initial TSN",
        initack_initiate_tag: u32 hex           "Initiate tag",
        initack_credit: u32                     "Advertised receiver window credit (a_rwnd)",
        initack_nr_out_streams: u16             "Number of outbound streams",
        initack_nr_in_streams: u16              "Number of inbound streams",
        initack_initial_tsn: u32                "Initial TSN",
        cookie: bytes                           "Cookie",

        sack_nounce_sum: u8 & 0x01              "Nounce sum",
        /// Counted from the first TSN of the other direction, where that was seen.
        sack_cumulative_tsn_ack: computed u32   "Cumulative TSN ACK (relative)" linked,
        sack_cumulative_tsn_ack_raw: u32        "Cumulative TSN ACK (absolute)",
        sack_a_rwnd: u32                        "Advertised receiver window credit (a_rwnd)",
        sack_number_of_gap_blocks: u16          "Number of gap acknowledgement blocks",
        sack_number_of_duplicated_tsns: u16     "Number of duplicated TSNs",
        sack_gap_block_start: u16               "Start",
        sack_gap_block_start_tsn: computed u32  "Start TSN" linked,
        sack_gap_block_end: u16                 "End",
        sack_gap_block_end_tsn: computed u32    "End TSN" linked,
        sack_number_of_tsns_gap_acked: computed u32 "Number of TSNs in gap acknowledgement blocks",
        sack_duplicate_tsn: u32                 "Duplicate TSN",

        abort_t_bit: bool & 0x01                "T-Bit" = { 0 "Tag not reflected", 1 "Tag reflected" },
        shutdown_complete_t_bit: bool & 0x01    "T-Bit" = { 0 "Tag not reflected", 1 "Tag reflected" },
        shutdown_cumulative_tsn_ack: u32        "Cumulative TSN Ack",
        ecne_lowest_tsn: u32                    "Lowest TSN",
        cwr_lowest_tsn: u32                     "Lowest TSN",
        forward_tsn_tsn: u32                    "New cumulative TSN",
        forward_tsn_sid: u16                    "Stream identifier",
        forward_tsn_ssn: u16                    "Stream sequence number",
        i_forward_tsn_tsn: u32                  "New cumulative TSN",
        i_forward_tsn_sid: u16                  "Stream identifier",
        i_forward_tsn_flags: u16 hex            "Flags" {
            .i_forward_tsn_res: 0xfffe          "Reserved",
            .i_forward_tsn_u_bit: 0x0001        "U-Bit" = { 0 "Ordered messages", 1 "Unordered messages" },
        },
        forward_tsn_mid: u32                    "Message identifier",
        shared_key_id: u16                      "Shared key identifier",
        hmac_id: u16                            "HMAC identifier" = HMACS,
        hmac: bytes                             "HMAC",
        padding_data: bytes                     "Padding data",
        asconf_seq_nr_number: u32 hex           "Sequence number",
        asconf_ack_seq_nr_number: u32 hex       "Sequence number",
        correlation_id: u32 hex                 "Correlation_id",

        cause: group                            "Error cause",
        cause_code: u16 hex                     "Cause code" = {
            0x0001 "Invalid stream identifier", 0x0002 "Missing mandatory parameter", 0x0003 "Stale cookie",
            0x0004 "Out of resource", 0x0005 "Unresolvable address", 0x0006 "Unrecognized chunk type",
            0x0007 "Invalid mandatory parameter", 0x0008 "Unrecognized parameters", 0x0009 "No user data",
            0x000a "Cookie received while shutting down", 0x000b "Restart with new addresses",
            0x000c "User initiated abort", 0x000d "Protocol violation", 0x00a0 "Delete last remaining IP address",
            0x00a1 "Refused due to resource shortage", 0x00a2 "Delete source IP address",
            0x00a3 "Illegal address change", 0x00a4 "No authorization", 0x0105 "Unsupported HMAC identifier",
        },
        cause_length: u16                       "Cause length",
        cause_stream_identifier: u16            "Stream identifier",
        cause_reserved: u16                     "Reserved",
        cause_nr_of_missing_parameters: u32     "Number of missing parameters",
        cause_missing_parameter_type: u16 hex   "Missing parameter type" = PARAMETERS,
        cause_measure_of_staleness: u32         "Measure of staleness in usec",
        cause_tsn: u32                          "TSN",
        cause_information: bytes                "Cause information",
        cause_padding: bytes                    "Cause padding",

        parameter: group                        "Parameter",
        parameter_type: u16 hex                 "Parameter type" = PARAMETERS {
            .parameter_bit_1: 0x8000            "Bit" = {
                0 "Stop processing of chunk", 1 "Skip parameter and continue processing of the chunk",
            },
            .parameter_bit_2: 0x4000            "Bit" = DO_REPORT,
        },
        parameter_length: u16                   "Parameter length",
        parameter_value: bytes                  "Parameter value",
        parameter_padding: bytes                "Parameter padding",
        parameter_heartbeat_information: bytes  "Heartbeat information",
        parameter_ipv4_address: ipv4            "IP Version 4 address",
        parameter_ipv6_address: ipv6            "IP Version 6 address",
        parameter_state_cookie: bytes           "State cookie",
        parameter_cookie_preservative_incr: u32 "Suggested Cookie life-span increment (msec)",
        parameter_hostname: str                 "Hostname",
        parameter_supported_address_type: u16   "Supported address type" = PARAMETERS,
        adaptation_layer_indication: u32 hex    "Indication",
        supported_chunk_type: u8                "Supported chunk type" = CHUNKS,
        random_number: bytes                    "Random number",
        chunk_type_to_auth: u8                  "Chunk type" = CHUNKS,
        parameter_reconfig_request_sequence_number: u32  "Re-configuration request sequence number",
        parameter_reconfig_response_sequence_number: u32 "Re-configuration response sequence number",
        parameter_reconfig_response_result: u32 "Result" = {
            0 "Success - Nothing to do", 1 "Success - Performed", 2 "Denied", 3 "Error - Wrong SSN",
            4 "Error - Request already in progress", 5 "Error - Bad sequence number", 6 "In progress",
        },
        parameter_senders_last_assigned_tsn: u32 "Senders last assigned TSN",
        parameter_senders_next_tsn: u32         "Senders next TSN",
        parameter_receivers_next_tsn: u32       "Receivers next TSN",
        parameter_reconfig_sid: u16             "Stream Identifier",
        parameter_add_outgoing_streams_number: u16   "Number of streams",
        parameter_add_outgoing_streams_reserved: u16 "Reserved",
        parameter_add_incoming_streams_number: u16   "Number of streams",
        parameter_add_incoming_streams_reserved: u16 "Reserved",
    }
    claims { ip.proto = 132, udp.port = 9899 }
    tables { PPI_TABLE: "sctp.ppi", PORT_TABLE: "sctp.port" }
    stateful
}

value_names! {
    /// Chunk types, as info lines write them.
    CHUNKS {
        0 "DATA", 1 "INIT", 2 "INIT_ACK", 3 "SACK", 4 "HEARTBEAT", 5 "HEARTBEAT_ACK", 6 "ABORT", 7 "SHUTDOWN",
        8 "SHUTDOWN_ACK", 9 "ERROR", 10 "COOKIE_ECHO", 11 "COOKIE_ACK", 12 "ECNE", 13 "CWR", 14 "SHUTDOWN_COMPLETE",
        15 "AUTH", 16 "NR_SACK", 64 "I_DATA", 0x80 "ASCONF_ACK", 0x81 "PKTDROP", 0x82 "RE_CONFIG", 0x84 "PAD",
        0xc0 "FORWARD_TSN", 0xc1 "ASCONF", 0xc2 "I_FORWARD_TSN",
    }
}

value_names! {
    /// Parameter types.
    PARAMETERS {
        0x0001 "Heartbeat info", 0x0005 "IPv4 address", 0x0006 "IPv6 address", 0x0007 "State cookie",
        0x0008 "Unrecognized parameter", 0x0009 "Cookie preservative", 0x000b "Hostname address",
        0x000c "Supported address types", 0x000d "Outgoing SSN reset request", 0x000e "Incoming SSN reset request",
        0x000f "SSN/TSN reset request", 0x0010 "Re-configuration response", 0x0011 "Add outgoing streams request",
        0x0012 "Add incoming streams request", 0x8000 "ECN", 0x8002 "Random", 0x8003 "Authenticated Chunk list",
        0x8004 "Requested HMAC Algorithm", 0x8008 "Supported Extensions", 0xc000 "Forward TSN supported",
        0xc001 "Add IP address", 0xc002 "Delete IP address", 0xc003 "Error cause indication",
        0xc004 "Set primary address", 0xc005 "Success report", 0xc006 "Adaptation Layer Indication",
    }
}

value_names! {
    /// What to do with chunks and parameters that are not understood.
    DO_REPORT { 0 "Do not report", 1 "Do report" }
}

value_names! {
    /// RFC 4895, section 3.3.
    HMACS { 1 "SHA-1", 3 "SHA-256" }
}

/// Addresses, error causes and unrecognized parameters may contain parameters.
const MAX_DEPTH: u8 = 4;

impl Dissector for Sctp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.show(SRCPORT)?;
        let src = pdu.take(PORT)?;
        pdu.show(DSTPORT)?;
        let dst = pdu.take(PORT)?;
        pdu.take(VERIFICATION_TAG)?;
        pdu.computed(ASSOC_INDEX, 0..0, if pdu.wire_remaining() == 4 { 0 } else { u16::MAX });
        pdu.take(CHECKSUM)?;
        pdu.computed(CHECKSUM_STATUS, 8..12, UNVERIFIED);
        let (conversation, side) = self.first.of(pdu, src, dst);
        let [first, second] = &mut conversation.sides;
        let (own, other) = if side == 0 { (first, &*second) } else { (second, &*first) };
        pdu.info(format_args!("{}", Chunks { bytes: pdu.rest(), own: *own, other: *other }));
        let mut packet = Packet { ports: [src, dst], own, other: *other };
        while pdu.wire_remaining() > 0 {
            pdu.group(CHUNK, |pdu| packet.chunk(pdu))?;
        }
        Ok(())
    }

    fn flow_end(&mut self, flow: u64) {
        self.first.end(flow);
    }
}

/// A packet that is being read.
struct Packet<'c> {
    ports: [u16; 2],
    /// The first TSN of its sender.
    own: &'c mut Option<u32>,
    /// The first TSN of its receiver.
    other: Option<u32>,
}

impl Packet<'_> {
    fn chunk(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let at = pdu.position();
        let kind = pdu.take(CHUNK_TYPE)?;
        let flags_at = pdu.position();
        pdu.take(CHUNK_FLAGS)?;
        let len = usize::from(pdu.take(CHUNK_LENGTH)?);
        if len < 4 {
            let text = format_args!("{len} bytes, less than the chunk's header");
            pdu.diagnostic(Severity::Error, "bad-length", at + 2..at + 4, text);
            return pdu.skip(pdu.remaining());
        }
        pdu.within(CHUNK_LENGTH, len - 4, |pdu| self.body(pdu, kind, flags_at))?;
        padding(pdu, CHUNK_PADDING, len)
    }

    fn body(&mut self, pdu: &mut Pdu<'_>, kind: u8, flags_at: usize) -> Step {
        match kind {
            0 => return self.data(pdu, flags_at, false),
            1 => {
                pdu.show(INITIATE_TAG)?;
                pdu.take(INIT_INITIATE_TAG)?;
                pdu.take(INIT_CREDIT)?;
                pdu.take(INIT_NR_OUT_STREAMS)?;
                pdu.take(INIT_NR_IN_STREAMS)?;
                pdu.take(INIT_INITIAL_TSN)?;
                return parameters(pdu, MAX_DEPTH);
            }
            2 => {
                pdu.show(INITIATE_TAG)?;
                pdu.take(INITACK_INITIATE_TAG)?;
                pdu.take(INITACK_CREDIT)?;
                pdu.take(INITACK_NR_OUT_STREAMS)?;
                pdu.take(INITACK_NR_IN_STREAMS)?;
                pdu.take(INITACK_INITIAL_TSN)?;
                return parameters(pdu, MAX_DEPTH);
            }
            3 => return self.sack(pdu, flags_at),
            4 | 5 | 0x82 => return parameters(pdu, MAX_DEPTH),
            6 => {
                pdu.show_at(ABORT_T_BIT, flags_at)?;
                return causes(pdu, MAX_DEPTH);
            }
            7 => drop(pdu.take(SHUTDOWN_CUMULATIVE_TSN_ACK)?),
            9 => return causes(pdu, MAX_DEPTH),
            10 => drop(pdu.take_bytes(COOKIE, pdu.wire_remaining())?),
            12 => drop(pdu.take(ECNE_LOWEST_TSN)?),
            13 => drop(pdu.take(CWR_LOWEST_TSN)?),
            14 => drop(pdu.show_at(SHUTDOWN_COMPLETE_T_BIT, flags_at)?),
            15 => {
                pdu.take(SHARED_KEY_ID)?;
                pdu.take(HMAC_ID)?;
                pdu.take_bytes(HMAC, pdu.wire_remaining())?;
            }
            64 => return self.data(pdu, flags_at, true),
            0x80 => {
                pdu.take(ASCONF_ACK_SEQ_NR_NUMBER)?;
                return parameters(pdu, MAX_DEPTH);
            }
            0xc1 => {
                pdu.take(ASCONF_SEQ_NR_NUMBER)?;
                return parameters(pdu, MAX_DEPTH);
            }
            0x84 => drop(pdu.take_bytes(PADDING_DATA, pdu.wire_remaining())?),
            0xc0 => {
                pdu.take(FORWARD_TSN_TSN)?;
                while pdu.wire_remaining() > 0 {
                    pdu.take(FORWARD_TSN_SID)?;
                    pdu.take(FORWARD_TSN_SSN)?;
                }
            }
            0xc2 => {
                pdu.take(I_FORWARD_TSN_TSN)?;
                while pdu.wire_remaining() > 0 {
                    pdu.take(I_FORWARD_TSN_SID)?;
                    pdu.take(I_FORWARD_TSN_FLAGS)?;
                    pdu.take(FORWARD_TSN_MID)?;
                }
            }
            _ => {}
        }
        if pdu.wire_remaining() > 0 {
            pdu.take_bytes(CHUNK_VALUE, pdu.wire_remaining())?;
        }
        Ok(())
    }

    /// DATA, or I-DATA of RFC 8260, section 2.1.
    fn data(&mut self, pdu: &mut Pdu<'_>, flags_at: usize, interleaved: bool) -> Step {
        pdu.show_at(DATA_I_BIT, flags_at)?;
        pdu.show_at(DATA_U_BIT, flags_at)?;
        let begins = pdu.show_at(DATA_B_BIT, flags_at)?;
        let ends = pdu.show_at(DATA_E_BIT, flags_at)?;
        let at = pdu.position();
        let tsn = pdu.take(DATA_TSN_RAW)?;
        let first = *self.own.get_or_insert(tsn);
        pdu.computed(DATA_TSN, at..at + 4, tsn.wrapping_sub(first));
        pdu.take(DATA_SID)?;
        let mut payload_protocol = 0;
        if interleaved {
            pdu.take(DATA_RESERVED)?;
            pdu.take(DATA_MID)?;
            if begins {
                payload_protocol = pdu.take(DATA_PAYLOAD_PROTO_ID)?;
            } else {
                pdu.take(DATA_FSN)?;
            }
        } else {
            pdu.take(DATA_SSN)?;
            payload_protocol = pdu.take(DATA_PAYLOAD_PROTO_ID)?;
        }
        if begins && ends && pdu.wire_remaining() > 0 {
            let [src, dst] = self.ports;
            match payload_protocol {
                0 => pdu.hand_on(PORT_TABLE, [src.min(dst), src.max(dst)]),
                number => pdu.hand_on(PPI_TABLE, number),
            }
            .ports(0, 2, 2)
            .context(1 << 32 | u64::from(src) << 16 | u64::from(dst));
        }
        Ok(())
    }

    fn sack(&self, pdu: &mut Pdu<'_>, flags_at: usize) -> Step {
        pdu.show_at(SACK_NOUNCE_SUM, flags_at)?;
        let at = pdu.position();
        let ack = pdu.take(SACK_CUMULATIVE_TSN_ACK_RAW)?;
        let relative = ack.wrapping_sub(self.other.unwrap_or(0));
        pdu.computed(SACK_CUMULATIVE_TSN_ACK, at..at + 4, relative);
        pdu.take(SACK_A_RWND)?;
        let gaps = pdu.take(SACK_NUMBER_OF_GAP_BLOCKS)?;
        let duplicates = pdu.take(SACK_NUMBER_OF_DUPLICATED_TSNS)?;
        let mut acked = 0;
        let at = pdu.position();
        for _ in 0..gaps {
            let at = pdu.position();
            let start = pdu.take(SACK_GAP_BLOCK_START)?;
            pdu.computed(SACK_GAP_BLOCK_START_TSN, at..at + 2, relative.wrapping_add(start.into()));
            let end = pdu.take(SACK_GAP_BLOCK_END)?;
            pdu.computed(SACK_GAP_BLOCK_END_TSN, at + 2..at + 4, relative.wrapping_add(end.into()));
            acked += u32::from(end.saturating_sub(start)) + 1;
        }
        if gaps > 0 {
            pdu.computed(SACK_NUMBER_OF_TSNS_GAP_ACKED, at..pdu.position(), acked);
        }
        for _ in 0..duplicates {
            pdu.take(SACK_DUPLICATE_TSN)?;
        }
        Ok(())
    }
}

/// What fills the last word of a part of `len` bytes up; nothing behind the last part.
fn padding(pdu: &mut Pdu<'_>, field: Handle<Variable>, len: usize) -> Step {
    let padding = (len.next_multiple_of(4) - len).min(pdu.wire_remaining());
    if padding > 0 {
        pdu.take_bytes(field, padding)?;
    }
    Ok(())
}

fn parameters(pdu: &mut Pdu<'_>, depth: u8) -> Step {
    while pdu.wire_remaining() > 0 {
        pdu.group(PARAMETER, |pdu| {
            let at = pdu.position();
            let kind = pdu.take(PARAMETER_TYPE)?;
            let len = usize::from(pdu.take(PARAMETER_LENGTH)?);
            if len < 4 {
                let text = format_args!("{len} bytes, less than the parameter's header");
                pdu.diagnostic(Severity::Error, "bad-length", at + 2..at + 4, text);
                return pdu.skip(pdu.remaining());
            }
            pdu.within(PARAMETER_LENGTH, len - 4, |pdu| parameter(pdu, kind, depth))?;
            padding(pdu, PARAMETER_PADDING, len)
        })?;
    }
    Ok(())
}

fn parameter(pdu: &mut Pdu<'_>, kind: u16, depth: u8) -> Step {
    let len = pdu.wire_remaining();
    match kind {
        0x0001 => drop(pdu.take_bytes(PARAMETER_HEARTBEAT_INFORMATION, len)?),
        0x0005 => drop(pdu.take(PARAMETER_IPV4_ADDRESS)?),
        0x0006 => drop(pdu.take(PARAMETER_IPV6_ADDRESS)?),
        0x0007 => drop(pdu.take_bytes(PARAMETER_STATE_COOKIE, len)?),
        0x0009 => drop(pdu.take(PARAMETER_COOKIE_PRESERVATIVE_INCR)?),
        0x000b => drop(pdu.take_bytes(PARAMETER_HOSTNAME, len)?),
        0x000c => {
            while pdu.wire_remaining() > 0 {
                pdu.take(PARAMETER_SUPPORTED_ADDRESS_TYPE)?;
            }
        }
        0x000d => {
            pdu.take(PARAMETER_RECONFIG_REQUEST_SEQUENCE_NUMBER)?;
            pdu.take(PARAMETER_RECONFIG_RESPONSE_SEQUENCE_NUMBER)?;
            pdu.take(PARAMETER_SENDERS_LAST_ASSIGNED_TSN)?;
            while pdu.wire_remaining() > 0 {
                pdu.take(PARAMETER_RECONFIG_SID)?;
            }
        }
        0x000e => {
            pdu.take(PARAMETER_RECONFIG_REQUEST_SEQUENCE_NUMBER)?;
            while pdu.wire_remaining() > 0 {
                pdu.take(PARAMETER_RECONFIG_SID)?;
            }
        }
        0x000f => drop(pdu.take(PARAMETER_RECONFIG_REQUEST_SEQUENCE_NUMBER)?),
        0x0010 => {
            pdu.take(PARAMETER_RECONFIG_RESPONSE_SEQUENCE_NUMBER)?;
            pdu.take(PARAMETER_RECONFIG_RESPONSE_RESULT)?;
            if pdu.wire_remaining() > 0 {
                pdu.take(PARAMETER_SENDERS_NEXT_TSN)?;
                pdu.take(PARAMETER_RECEIVERS_NEXT_TSN)?;
            }
        }
        0x0011 => {
            pdu.take(PARAMETER_RECONFIG_REQUEST_SEQUENCE_NUMBER)?;
            pdu.take(PARAMETER_ADD_OUTGOING_STREAMS_NUMBER)?;
            pdu.take(PARAMETER_ADD_OUTGOING_STREAMS_RESERVED)?;
        }
        0x0012 => {
            pdu.take(PARAMETER_RECONFIG_REQUEST_SEQUENCE_NUMBER)?;
            pdu.take(PARAMETER_ADD_INCOMING_STREAMS_NUMBER)?;
            pdu.take(PARAMETER_ADD_INCOMING_STREAMS_RESERVED)?;
        }
        0x8002 => drop(pdu.take_bytes(RANDOM_NUMBER, len)?),
        0x8003 => {
            while pdu.wire_remaining() > 0 {
                pdu.take(CHUNK_TYPE_TO_AUTH)?;
            }
        }
        0x8004 => {
            while pdu.wire_remaining() > 0 {
                pdu.take(HMAC_ID)?;
            }
        }
        0x8008 => {
            while pdu.wire_remaining() > 0 {
                pdu.take(SUPPORTED_CHUNK_TYPE)?;
            }
        }
        0xc001 | 0xc002 | 0xc004 if depth > 0 => {
            pdu.take(CORRELATION_ID)?;
            return parameters(pdu, depth - 1);
        }
        0xc003 if depth > 0 => {
            pdu.take(CORRELATION_ID)?;
            return causes(pdu, depth - 1);
        }
        0xc005 => drop(pdu.take(CORRELATION_ID)?),
        0xc006 => drop(pdu.take(ADAPTATION_LAYER_INDICATION)?),
        0x0008 if depth > 0 => return parameters(pdu, depth - 1),
        _ if len > 0 => drop(pdu.take_bytes(PARAMETER_VALUE, len)?),
        _ => {}
    }
    Ok(())
}

/// Error causes (RFC 9260, section 3.3.10).
fn causes(pdu: &mut Pdu<'_>, depth: u8) -> Step {
    while pdu.wire_remaining() > 0 {
        pdu.group(CAUSE, |pdu| {
            let at = pdu.position();
            let code = pdu.take(CAUSE_CODE)?;
            let len = usize::from(pdu.take(CAUSE_LENGTH)?);
            if len < 4 {
                let text = format_args!("{len} bytes, less than the cause's header");
                pdu.diagnostic(Severity::Error, "bad-length", at + 2..at + 4, text);
                return pdu.skip(pdu.remaining());
            }
            pdu.within(CAUSE_LENGTH, len - 4, |pdu| match code {
                1 => {
                    pdu.take(CAUSE_STREAM_IDENTIFIER)?;
                    pdu.take(CAUSE_RESERVED)?;
                    Ok(())
                }
                2 => {
                    for _ in 0..pdu.take(CAUSE_NR_OF_MISSING_PARAMETERS)? {
                        pdu.take(CAUSE_MISSING_PARAMETER_TYPE)?;
                    }
                    Ok(())
                }
                3 => pdu.take(CAUSE_MEASURE_OF_STALENESS).map(drop),
                9 => pdu.take(CAUSE_TSN).map(drop),
                5 | 8 | 11 | 0xa0 | 0xa2 if depth > 0 => parameters(pdu, depth - 1),
                _ if pdu.wire_remaining() > 0 => pdu.take_bytes(CAUSE_INFORMATION, pdu.wire_remaining()).map(drop),
                _ => Ok(()),
            })?;
            padding(pdu, CAUSE_PADDING, len)
        })?;
    }
    Ok(())
}

/// The chunks of a packet in words, up to where the line would get too long. Numbers are relative to the first ones.
struct Chunks<'a> {
    bytes: &'a [u8],
    own: Option<u32>,
    other: Option<u32>,
}

impl fmt::Display for Chunks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut rest, mut first) = (self.bytes, self.own);
        for i in 0..16 {
            let Some((&[kind, _, high, low], _)) = rest.split_first_chunk::<4>() else { return Ok(()) };
            let between = if i > 0 { " " } else { "" };
            match rest.get(4..12) {
                Some(&[a, b, c, d, e, g, h, i]) if kind == 3 => {
                    let (ack, window) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, g, h, i]));
                    let ack = ack.wrapping_sub(self.other.unwrap_or(0));
                    write!(f, "{between}SACK (Ack={ack}, Arwnd={window})")?;
                }
                Some(&[a, b, c, d, ..]) if kind == 0 => {
                    let tsn = u32::from_be_bytes([a, b, c, d]);
                    let tsn = tsn.wrapping_sub(*first.get_or_insert(tsn));
                    write!(f, "{between}DATA (TSN={tsn})")?;
                }
                _ => write!(f, "{between}{}", Sctp::name(CHUNK_TYPE, kind))?,
            }
            let len = usize::from(high) << 8 | usize::from(low);
            match rest.get(len.max(4).next_multiple_of(4)..) {
                Some(behind) => rest = behind,
                None => return Ok(()),
            }
        }
        f.write_str(" …")
    }
}

builtin!(Sctp);

#[test]
fn an_association_begins() {
    check::<Sctp>(
        "0400 0050 00000000 0a0b0c0d  01 00 0020 00000001 00010000 000a 0010 00000064
         000c 0006 0005 0000 8000 0004",
        expect![[r#"
            Stream Control Transmission Protocol, INIT
              Source port: 1024
              Destination port: 80
              Verification tag: 0x00000000
              [Association index: not counted (65535)]
              Checksum: 0x0a0b0c0d
              Checksum Status: Unverified (2)
              Chunk: INIT (1)
                Chunk type: INIT (1)
                  0... .... = Bit: Stop processing of the packet
                  .0.. .... = Bit: Do not report
                Chunk flags: 0x00
                Chunk length: 32
                Initiate tag: 0x00000001
                Advertised receiver window credit (a_rwnd): 65536
                Number of outbound streams: 10
                Number of inbound streams: 16
                Initial TSN: 100
                Parameter: Supported address types (0x000c)
                  Parameter type: Supported address types (0x000c)
                    0... .... .... .... = Bit: Stop processing of chunk
                    .0.. .... .... .... = Bit: Do not report
                  Parameter length: 6
                  Supported address type: IPv4 address (5)
                  Parameter padding: 0000
                Parameter: ECN (0x8000)
                  Parameter type: ECN (0x8000)
                    1... .... .... .... = Bit: Skip parameter and continue processing of the chunk
                    .0.. .... .... .... = Bit: Do not report
                  Parameter length: 4
        "#]],
    );
}

#[test]
fn data_and_acknowledgement() {
    check::<Sctp>(
        "0400 0050 00000007 0a0b0c0d  03 01 0018 0000000a 00010000 0001 0001 0002 0003 00000009
         00 03 0012 00000065 0001 0002 0000002e 6869 0000",
        expect![[r#"
            Stream Control Transmission Protocol, SACK (Ack=10, Arwnd=65536) DATA (TSN=0)
              Source port: 1024
              Destination port: 80
              Verification tag: 0x00000007
              [Association index: not counted (65535)]
              Checksum: 0x0a0b0c0d
              Checksum Status: Unverified (2)
              Chunk: SACK (3)
                Chunk type: SACK (3)
                  0... .... = Bit: Stop processing of the packet
                  .0.. .... = Bit: Do not report
                Chunk flags: 0x01
                Chunk length: 24
                Nounce sum: 1
                Cumulative TSN ACK (absolute): 10
                Cumulative TSN ACK (relative): 10
                Advertised receiver window credit (a_rwnd): 65536
                Number of gap acknowledgement blocks: 1
                Number of duplicated TSNs: 1
                Start: 2
                Start TSN: 12
                End: 3
                End TSN: 13
                Number of TSNs in gap acknowledgement blocks: 2
                Duplicate TSN: 9
              Chunk: DATA (0)
                Chunk type: DATA (0)
                  0... .... = Bit: Stop processing of the packet
                  .0.. .... = Bit: Do not report
                Chunk flags: 0x03
                Chunk length: 18
                I-Bit: Possibly delay SACK
                U-Bit: Ordered delivery
                B-Bit: First segment
                E-Bit: Last segment
                Transmission sequence number (absolute): 101
                Transmission sequence number (relative): 0
                Stream identifier: 0x0001
                Stream sequence number: 2
                Payload protocol identifier: 46
                Chunk padding: 0000
            → sctp.ppi [46]: bytes 52..54
        "#]],
    );
}

#[test]
fn an_abort_with_a_cause_and_a_lying_length() {
    check::<Sctp>(
        "0400 0050 00000007 0a0b0c0d  06 01 000c 0001 0008 0005 0000  07 00 0003",
        expect![[r#"
            Stream Control Transmission Protocol, ABORT SHUTDOWN
              Source port: 1024
              Destination port: 80
              Verification tag: 0x00000007
              [Association index: not counted (65535)]
              Checksum: 0x0a0b0c0d
              Checksum Status: Unverified (2)
              Chunk: ABORT (6)
                Chunk type: ABORT (6)
                  0... .... = Bit: Stop processing of the packet
                  .0.. .... = Bit: Do not report
                Chunk flags: 0x01
                Chunk length: 12
                T-Bit: Tag reflected
                Error cause: Invalid stream identifier (0x0001)
                  Cause code: Invalid stream identifier (0x0001)
                  Cause length: 8
                  Stream identifier: 5
                  Reserved: 0
              Chunk: SHUTDOWN (7)
                Chunk type: SHUTDOWN (7)
                  0... .... = Bit: Stop processing of the packet
                  .0.. .... = Bit: Do not report
                Chunk flags: 0x00
                Chunk length: 3
                [error] bad-length: 3 bytes, less than the chunk's header
        "#]],
    );
    check::<Sctp>(
        "0400 0050 00000007 0a0b0c0d  0a 00 0010 0102",
        expect![[r#"
            Stream Control Transmission Protocol, COOKIE_ECHO
              Source port: 1024
              Destination port: 80
              Verification tag: 0x00000007
              [Association index: not counted (65535)]
              Checksum: 0x0a0b0c0d
              Checksum Status: Unverified (2)
              Chunk: COOKIE_ECHO (10)
                Chunk type: COOKIE_ECHO (10)
                  0... .... = Bit: Stop processing of the packet
                  .0.. .... = Bit: Do not report
                Chunk flags: 0x00
                Chunk length: 16
                Cookie: 0102
        "#]],
    );
}
