//! TCP (RFC 9293): header; options and their RFCs in `options`, those of Multipath TCP (RFC 8684) in `mptcp`; what a
//! segment is in its connection in `analysis`.

use crate::checksum::{self, STATUS, UNVERIFIED};
use crate::ip::{QS_RATES, SET};
use crate::ports::conversation;
use prosector_sdk::prelude::*;

mod analysis;
mod info;
mod mptcp;
mod options;

/// The dissector.
#[derive(Default)]
pub struct Tcp {
    check_checksum: bool,
    flows: Flows<Option<analysis::Connection>>,
    /// How many connections there have been.
    streams: u32,
}

protocol! {
    /// Transmission Control Protocol (RFC 9293).
    Tcp = tcp "TCP", "Transmission Control Protocol" {
        srcport: u16                    "Source Port",
        dstport: u16                    "Destination Port",
        /// Source and destination, in this order.
        port: u16                       "Source or Destination Port" hidden,
        /// Connections, counted from 0 as they show.
        stream: computed u32            "Stream index" linked,
        /// Bytes of payload that were on the wire.
        len: computed u32               "TCP Segment Len" unit "bytes",
        /// Relative to the first of the connection.
        seq: computed u32               "Sequence Number" linked,
        seq_raw: u32                    "Sequence Number (raw)",
        /// Relative to the first of the connection.
        nxtseq: computed u32            "Next Sequence Number" linked,
        /// Relative to the first of the connection.
        ack: computed u32               "Acknowledgment Number" linked,
        ack_raw: u32                    "Acknowledgment number (raw)",
        hdr_len: u8 & 0xf0 * 4          "Header Length" unit "bytes",
        flags: u16 hex & 0x0fff         "Flags" {
            res: bool 0x0e00            "Reserved" = SET,
            ae: 0x0100                  "Accurate ECN" = SET,
            cwr: 0x0080                 "Congestion Window Reduced" = SET,
            ece: 0x0040                 "ECN-Echo" = SET,
            urg: 0x0020                 "Urgent" = SET,
            ack: 0x0010                 "Acknowledgment" = SET,
            push: 0x0008                "Push" = SET,
            reset: 0x0004               "Reset" = SET,
            syn: 0x0002                 "Syn" = SET,
            fin: 0x0001                 "Fin" = SET,
        },
        /// One letter for each flag that is set.
        flags.str: computed str         "TCP Flags",
        /// As it stands in the header, not scaled.
        window_size_value: u16          "Window",
        /// Scaled as the first segments of the connection have agreed.
        window_size: computed u32       "Calculated window size" unit "bytes" linked,
        /// What the window is multiplied by; -1: not known, -2: scaling is not used.
        window_size_scalefactor: computed i32 "Window size scaling factor" linked,
        checksum: u16 hex               "Checksum",
        checksum.status: computed u8    "Checksum Status" = STATUS,
        urgent_pointer: u16             "Urgent Pointer",
        options: bytes                  "Options",

        option: group                   "TCP Option",
        option_kind: u8                 "Kind" = OPTION_KINDS,
        option_len: u8                  "Length",
        options.mss_val: u16            "MSS Value" unit "bytes",
        options.wscale.shift: u8        "Shift count",
        options.wscale.multiplier: computed u16 "Multiplier",
        options.sack.count: computed u8 "TCP SACK Count",
        /// Relative to the first of the connection.
        options.sack_le: computed u32   "TCP SACK Left Edge" linked,
        options.sack_re: computed u32   "TCP SACK Right Edge" linked,
        /// The same of a block that came twice (RFC 2883).
        options.sack.dsack_le: computed u32 "TCP D-SACK Left Edge" linked,
        options.sack.dsack_re: computed u32 "TCP D-SACK Right Edge" linked,
        options.echo_value: u32         "TCP Echo Option",
        options.timestamp.tsval: u32    "Timestamp value",
        options.timestamp.tsecr: u32    "Timestamp echo reply",
        options.cc_value: u32           "TCP CC Option",
        options.md5.digest: bytes[16]   "MD5 digest",
        options.scps.vector: u8 hex     "TCP SCPS Capabilities Vector" {
            .options.scpsflags.bets: 0x80 "Partial Reliability Capable (BETS)" = SET,
            .options.scpsflags.snack1: 0x40 "Short Form SNACK Capable (SNACK1)" = SET,
            .options.scpsflags.snack2: 0x20 "Long Form SNACK Capable (SNACK2)" = SET,
            .options.scpsflags.compress: 0x10 "Lossless Header Compression (COMP)" = SET,
            .options.scpsflags.nlts: 0x08 "Network Layer Timestamp (NLTS)" = SET,
            .options.scpsflags.reserved: 0x07 "Reserved",
        },
        options.scps.binding: u8        "Connection ID",
        options.snack.offset: u16       "TCP SNACK Offset",
        options.snack.size: u16         "TCP SNACK Size",
        options.qs.rate: u8 & 0x0f      "QS Rate" = QS_RATES,
        options.qs.ttl_diff: u8         "QS TTL Diff",
        options.user_to_granularity: bool(u16) & 0x8000 "Granularity" = { 0 "Seconds", 1 "Minutes" },
        options.user_to_val: u16 & 0x7fff "User Timeout",
        options.ao.keyid: u8            "AO KeyID",
        options.ao.rnextkeyid: u8       "AO RNextKeyID",
        options.ao.mac: bytes           "AO MAC",
        options.tfo.request: none       "Fast Open Cookie Request",
        options.tfo.cookie: bytes       "Fast Open Cookie",
        options.acc_ecn.ee0b: u24       "Accurate ECN Echo ECT(0) Byte Counter",
        options.acc_ecn.eceb: u24       "Accurate ECN Echo CE Byte Counter",
        options.acc_ecn.ee1b: u24       "Accurate ECN Echo ECT(1) Byte Counter",
        options.experimental.exid: u16 hex "Experiment Identifier" = EXPERIMENTS,
        options.experimental.data: bytes "Data",
        options.unknown.payload: bytes  "Payload",

        options.mptcp.subtype: u8 & 0xf0 "Multipath TCP subtype" = {
            0 "Multipath Capable", 1 "Join Connection", 2 "Data Sequence Signal", 3 "Add Address",
            4 "Remove Address", 5 "Change Subflow Priority", 6 "TCP Fallback", 7 "Fast Close", 8 "TCP Reset",
        },
        options.mptcp.version: u8 & 0x0f "Multipath TCP version",
        options.mptcp.reserved: u16 hex & 0x0fff "Reserved",
        options.mptcp.flags as MPTCP_CAPABLE_V0: u8 hex "Multipath TCP flags" {
            .options.mptcp.checksumreq.flags: uint 0x80 "Checksum required",
            .options.mptcp.extensibility.flag: uint 0x40 "Extensibility",
            .options.mptcp.sha1.flag: uint 0x01 "Use HMAC-SHA1",
            .options.mptcp.reserved.flag: hex 0x3e "Reserved",
        },
        options.mptcp.flags as MPTCP_CAPABLE_V1: u8 hex "Multipath TCP flags" {
            .options.mptcp.checksumreq.flags as V1_CHECKSUM: uint 0x80 "Checksum required",
            .options.mptcp.extensibility.flag as V1_EXTENSIBILITY: uint 0x40 "Extensibility",
            .options.mptcp.nomoresubflows.flag: uint 0x20
                "Do not attempt to establish new subflows to this address and port",
            .options.mptcp.sha256.flag: uint 0x01 "Use HMAC-SHA256",
            .options.mptcp.reserved.flag as V1_RESERVED: hex 0x1e "Reserved",
        },
        options.mptcp.flags as MPTCP_BACKUP: u8 hex "Multipath TCP flags" {
            .options.mptcp.backup.flag: uint 0x01 "Backup flag",
        },
        options.mptcp.flags as MPTCP_DSS: u8 hex "Multipath TCP flags" {
            .options.mptcp.datafin.flag: uint 0x10 "DATA_FIN",
            .options.mptcp.dseqn8.flag: uint 0x08 "Data Sequence Number is 8 octets",
            .options.mptcp.dseqnpresent.flag: uint 0x04
                "Data Sequence Number, Subflow Sequence Number, Data-level Length, Checksum present",
            .options.mptcp.dataack8.flag: uint 0x02 "Data ACK is 8 octets",
            .options.mptcp.dataackpresent.flag: uint 0x01 "Data ACK is present",
        },
        options.mptcp.flags as MPTCP_RESET: u8 hex "Multipath TCP flags" {
            .options.mptcp.flag_U.flag: 0x08 "Flag U" = SET,
            .options.mptcp.flag_V.flag: 0x04 "Flag V" = SET,
            .options.mptcp.flag_W.flag: 0x02 "Flag W" = SET,
            .options.mptcp.flag_T.flag: 0x01 "Transient" = SET,
        },
        options.mptcp.rst_reason: u8 hex "TCPRST Reason" = {
            0 "Unspecified error", 1 "MPTCP-specific error", 2 "Lack of resources", 3 "Administratively prohibited",
            4 "Too much outstanding data", 5 "Unacceptable performance", 6 "Middlebox interference",
        },
        options.mptcp.addrid: u8        "Address ID",
        options.mptcp.sendkey: u64      "Sender's Key",
        options.mptcp.recvkey: u64      "Receiver's Key",
        options.mptcp.recvtok: u32      "Receiver's Token",
        options.mptcp.sendrand: u32     "Sender's Random Number",
        options.mptcp.sendtrunchmac: u64 "Sender's Truncated HMAC",
        options.mptcp.sendhmac: bytes[20] "Sender's HMAC",
        options.mptcp.addaddrtrunchmac: u64 "Truncated HMAC",
        options.mptcp.rawdataack as MPTCP_DATA_ACK_4: u32 "Original MPTCP Data ACK",
        options.mptcp.rawdataack as MPTCP_DATA_ACK_8: u64 "Original MPTCP Data ACK",
        options.mptcp.rawdataseqno as MPTCP_DATA_SEQ_4: u32 "Data Sequence Number",
        options.mptcp.rawdataseqno as MPTCP_DATA_SEQ_8: u64 "Data Sequence Number",
        options.mptcp.subflowseqno: u32 "Subflow Sequence Number",
        options.mptcp.datalvllen: u16   "Data-level Length" unit "bytes",
        options.mptcp.checksum: u16 hex "Checksum",
        options.mptcp.ipver: u8 & 0x0f  "IP version",
        options.mptcp.echo: u8 & 0x01   "Echo",
        options.mptcp.ipv4: ipv4        "Advertised IPv4 Address",
        options.mptcp.ipv6: ipv6        "Advertised IPv6 Address",
        options.mptcp.port: u16         "Advertised port",

        /// Why the connection is reset, in words (RFC 9293, section 3.5.3).
        reset_cause: str                "Reset cause",
        payload: bytes                  "TCP payload",

        time_relative: computed duration "Time since first frame in this TCP stream" linked,
        time_delta: computed duration   "Time since previous frame in this TCP stream" linked,
        analysis: group                 "SEQ/ACK analysis" linked,
        analysis.acks_frame: computed u32 "This is an ACK to the segment in frame" linked,
        analysis.ack_rtt: computed duration "The RTT to ACK the segment was" linked,
        analysis.initial_rtt: computed duration "iRTT" linked,
        analysis.bytes_in_flight: computed u32 "Bytes in flight" linked,
        analysis.push_bytes_sent: computed u32 "Bytes sent since last PSH flag" linked,
        analysis.flags: group           "TCP Analysis Flags" linked,
        analysis.retransmission: none   "A suspected retransmission" linked,
        analysis.fast_retransmission: none "A suspected fast retransmission" linked,
        analysis.spurious_retransmission: none "A suspected spurious retransmission" linked,
        analysis.out_of_order: none     "A suspected out-of-order segment" linked,
        analysis.reused_ports: none     "A new connection with used ports" linked,
        analysis.lost_segment: none     "A segment before this one was not captured" linked,
        analysis.ack_lost_segment: none "Acknowledges a segment that was not captured" linked,
        analysis.window_update: none    "Window update" linked,
        analysis.window_full: none      "The window is full now" linked,
        analysis.keep_alive: none       "Keep-alive" linked,
        analysis.keep_alive_ack: none   "Acknowledgment of a keep-alive" linked,
        analysis.zero_window_probe: none "Zero window probe" linked,
        analysis.zero_window: none      "Zero window" linked,
        analysis.zero_window_probe_ack: none "Acknowledgment of a zero window probe" linked,
        analysis.duplicate_ack: none    "Duplicate acknowledgment" linked,
        analysis.duplicate_ack_num: computed u32 "Duplicate ACK #" linked,
        analysis.duplicate_ack_frame: computed u32 "Duplicate to the ACK in frame" linked,

        segments: group                 "Reassembled TCP Segments" linked,
        segment: computed u32           "Frame" linked,
        segment.count: computed u32     "Segment count" linked,
        reassembled.length: computed u32 "Reassembled TCP length" linked,
        segment_data: bytes             "TCP segment data" linked,
    }
    claims { ip.proto = 6 }
    tables { PORT_TABLE: "tcp.port" stream }
    stateful
    settings { check_checksum: bool = false "Verify the checksum" }
}

value_names! {
    /// Option kinds (IANA, "TCP Option Kind Numbers").
    OPTION_KINDS {
        0 "End of Option List", 1 "No-Operation", 2 "Maximum Segment Size", 3 "Window Scale", 4 "SACK Permitted",
        5 "SACK", 6 "Echo", 7 "Echo Reply", 8 "Time Stamp Option", 9 "Partial Order Connection Permitted",
        10 "Partial Order Service Profile", 11 "CC", 12 "CC.NEW", 13 "CC.ECHO", 14 "TCP Alternate Checksum Request",
        15 "TCP Alternate Checksum Data", 16 "Skeeter", 17 "Bubba", 18 "Trailer Checksum Option",
        19 "MD5 Signature Option", 20 "SCPS Capabilities", 21 "Selective Negative Acknowledgements",
        22 "Record Boundaries", 23 "Corruption experienced", 24 "SNAP", 25 "Unassigned", 26 "TCP Compression Filter",
        27 "Quick-Start Response", 28 "User Timeout Option", 29 "The TCP Authentication Option", 30 "Multipath TCP",
        34 "TCP Fast Open Cookie", 69 "Encryption Negotiation", 76 "Riverbed Probe", 78 "Riverbed Transparency",
        172 "Accurate ECN Order 0", 174 "Accurate ECN Order 1", 253 "RFC3692-style Experiment 1",
        254 "RFC3692-style Experiment 2",
    }
}

value_names! {
    /// Experiments (IANA, "TCP Experimental Option Experiment Identifiers").
    EXPERIMENTS {
        0x00ac "TCP ACK Rate Request", 0x0348 "Host ID", 0x0a0d "Autonomous System Compensation",
        0x0ca0 "Capability Option", 0x0ed0 "Extended Data Offset", 0x454e "Encryption Negotiation",
        0x5323 "Service Number", 0x75ec "Timestamp Interval", 0xacc0 "Accurate ECN - Order 0",
        0xacc1 "Accurate ECN - Order 1", 0xacce "Accurate ECN",
        0xe2d4 "Shared Memory communications over RDMA protocol", 0xf989 "Fast Open", 0xf990 "Low Latency",
    }
}

/// A header without options.
const MIN_HEADER: usize = 20;

/// Bits of [`FLAGS`].
mod flag {
    pub const FIN: u16 = 0x001;
    pub const SYN: u16 = 0x002;
    pub const RESET: u16 = 0x004;
    pub const PUSH: u16 = 0x008;
    pub const ACK: u16 = 0x010;
    pub const URGENT: u16 = 0x020;
}

impl Dissector for Tcp {
    fn configure(&mut self, settings: &Settings) -> Result<(), String> {
        self.check_checksum = settings.is_on("check_checksum");
        Ok(())
    }

    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.show(SRCPORT)?;
        let src = pdu.take(PORT)?;
        pdu.show(DSTPORT)?;
        let dst = pdu.take(PORT)?;
        if pdu.wants(LEN)
            && let Some(&offset) = pdu.data().get(12)
            && let Some(len) = pdu.wire_len().checked_sub(usize::from(offset >> 4) * 4)
        {
            pdu.computed(LEN, 12..13, len);
        }
        let seq = pdu.take(SEQ_RAW)?;
        let ack = pdu.take(ACK_RAW)?;
        let hdr_len = usize::from(pdu.show(HDR_LEN)?);
        if hdr_len < MIN_HEADER {
            pdu.info(format_args!("{src} → {dst} Seq={seq}, bogus TCP header length ({hdr_len})"));
            pdu.diagnostic(Severity::Error, "bad-header-length", 12..13, format_args!("{hdr_len} bytes, less than 20"));
            return Ok(());
        }
        let at = pdu.position();
        let flags = pdu.take(FLAGS)?;
        if pdu.wants(FLAGS_STR) {
            let (letters, len) = info::flag_letters(flags);
            pdu.computed_bytes(FLAGS_STR, at..at + 2, &letters[..len]);
        }
        let window = pdu.take(WINDOW_SIZE_VALUE)?;
        pdu.take(CHECKSUM)?;
        if pdu.wants(CHECKSUM_STATUS) {
            let whole = self.check_checksum && !pdu.is_quoted() && pdu.data().len() == pdu.wire_len();
            let status = if whole { checksum::with_pseudo_header(pdu.context(), 6, pdu.data()) } else { UNVERIFIED };
            pdu.computed(CHECKSUM_STATUS, 16..18, status);
        }
        let urgent = pdu.take(URGENT_POINTER)?;
        let options_len = hdr_len - MIN_HEADER;
        let options = &pdu.rest()[..options_len.min(pdu.remaining())];
        let len = pdu.wire_len().saturating_sub(hdr_len);
        let segment = analysis::Segment { ports: [src, dst], seq, ack, flags, window, len: len as u32, options };
        let place = self.connection(pdu, &segment, src, dst);
        pdu.info(format_args!("{}", info::Segment { segment, place, urgent }));
        if options_len > 0 {
            pdu.mark(OPTIONS, MIN_HEADER..MIN_HEADER + options.len());
            let acked = options::Acked { ack, base: place.map_or(0, |place| place.ack_base) };
            pdu.within(HDR_LEN, options_len, |pdu| options::read(pdu, acked))?;
            pdu.skip(hdr_len.saturating_sub(pdu.position()))?;
        }
        // Who was called has the port that says more; else the lower one is taken for it.
        let keys = match place.and_then(|place| place.server) {
            Some(server) => [server, if server == src { dst } else { src }],
            None => [src.min(dst), src.max(dst)],
        };
        let ports = 1 << 32 | u64::from(src) << 16 | u64::from(dst);
        let gap = place.and_then(|place| Some((place, place.gap?)));
        let give_up = |pdu: &mut Pdu<'_>| {
            if let Some((place, gap)) = gap {
                let next = pdu.hand_on(PORT_TABLE, keys).ports(0, 2, 2).context(ports);
                next.part(place.part).len(0).gap(gap);
            }
        };
        // What the segment fills itself has come.
        let fills = gap.is_some_and(|(place, gap)| place.offset < gap);
        if !fills {
            give_up(pdu);
        }
        if flags & flag::RESET != 0 {
            let text = pdu.rest().split(|&byte| byte == 0).next().unwrap_or_default();
            if pdu.remaining() > 0 {
                pdu.mark(RESET_CAUSE, hdr_len..hdr_len + text.len());
            }
            // Whatever is not complete will not be.
            let next = pdu.hand_on(PORT_TABLE, keys).ports(0, 2, 2).context(ports).len(0);
            if let Some(place) = place {
                next.part(place.part).stream(place.expected).stream_end();
            }
            return Ok(());
        }
        if pdu.remaining() > 0 {
            pdu.mark(PAYLOAD, hdr_len..hdr_len + pdu.remaining());
        }
        let next = pdu.hand_on(PORT_TABLE, keys).ports(0, 2, 2).context(ports);
        if let Some(place) = place {
            next.part(place.part).stream(place.offset);
            if flags & flag::FIN != 0 {
                next.stream_end();
            }
        }
        if fills {
            give_up(pdu);
        }
        Ok(())
    }
}

impl Tcp {
    /// Where a segment is in its connection, and what it means there; `None` where connections are not looked at.
    fn connection(
        &mut self,
        pdu: &mut Pdu<'_>,
        segment: &analysis::Segment<'_>,
        src: u16,
        dst: u16,
    ) -> Option<analysis::Place> {
        if pdu.flow() == 0 {
            return None;
        }
        let (number, time) = (pdu.frame_number(), pdu.time());
        let (part, reverse) = conversation(pdu, src, dst);
        let connection = self.flows.of_part(pdu.flow(), part);
        let reused = connection.as_ref().is_some_and(|connection| connection.is_over(segment, reverse));
        if reused || connection.is_none() {
            *connection = Some(analysis::Connection::new(self.streams, time));
            self.streams += 1;
        }
        Some(connection.as_mut()?.see(pdu, segment, analysis::Seen { number, time, reverse, reused }))
    }
}

builtin!(Tcp);

#[cfg(test)]
mod tests;
