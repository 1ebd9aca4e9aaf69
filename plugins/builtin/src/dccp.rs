//! DCCP, the Datagram Congestion Control Protocol (RFC 4340).
//!
//! Sequence numbers are counted from the first one that was seen of each direction, and are only given as such once
//! that is known.

use crate::checksum::{self, STATUS, UNVERIFIED};
use crate::conversations::Conversations;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Dccp {
    /// The first sequence number of each side.
    first: Conversations<Option<u64>>,
}

protocol! {
    /// Datagram Congestion Control Protocol (RFC 4340).
    Dccp = dccp "DCCP", "Datagram Congestion Control Protocol" {
        srcport: u16                    "Source Port",
        dstport: u16                    "Destination Port",
        /// Source and destination, in this order.
        port: u16                       "Source or Destination Port" hidden,
        stream: computed u32            "Stream index" linked,
        /// In words of four bytes.
        data_offset: u8                 "Data Offset",
        ccval: u8 & 0xf0                "CCVal",
        cscov: u8 & 0x0f                "Checksum Coverage",
        checksum: u16 hex               "Checksum",
        checksum.status: computed u8    "Checksum Status" = STATUS,
        res1: u8 hex & 0xe0             "Reserved",
        type: u8 & 0x1e                 "Type" = {
            0 "Request", 1 "Response", 2 "Data", 3 "Ack", 4 "DataAck", 5 "CloseReq", 6 "Close", 7 "Reset", 8 "Sync",
            9 "SyncAck", 10..=15 "Reserved",
        },
        x: bool & 0x01                  "Extended Sequence Numbers",
        res2: u8 hex                    "Reserved",
        /// Counted from the first one of this direction.
        seq: computed u64               "Sequence Number" linked,
        seq_raw: u48                    "Sequence Number (raw)",
        seq as SHORT_SEQ: u24           "Sequence Number",
        ack_res: u16 hex                "Reserved",
        ack_res as SHORT_ACK_RES: u8 hex "Reserved",
        /// Counted from the first sequence number of the other direction.
        ack: computed u64               "Acknowledgement Number" linked,
        ack_raw: u48                    "Acknowledgement Number (raw)",
        ack as SHORT_ACK: u24           "Acknowledgement Number",
        service_code: u32               "Service Code" = { 0 "not specified", 0x4e504d50 "NPMP: NetPerfMeter Data" },
        reset_code: u8                  "Reset Code" = {
            0 "Unspecified", 1 "Closed", 2 "Aborted", 3 "No Connection", 4 "Packet Error", 5 "Option Error",
            6 "Mandatory Error", 7 "Connection Refused", 8 "Bad Service Code", 9 "Too Busy", 10 "Bad Init Cookie",
            11 "Aggression Penalty", 12..=127 "Reserved", 128..=255 "CCID specific code",
        },
        data1: u8                       "Data 1",
        data2: u8                       "Data 2",
        data3: u8                       "Data 3",

        options: group                  "Options",
        option_type: u8                 "Option Type" = {
            0 "Padding", 1 "Mandatory", 2 "Slow Receiver", 3..=31 "Reserved", 32 "Change L", 33 "Confirm L",
            34 "Change R", 35 "Confirm R", 36 "Init Cookie", 37 "NDP Count", 38 "Ack Vector [Nonce 0]",
            39 "Ack Vector [Nonce 1]", 40 "Data Dropped", 41 "Timestamp", 42 "Timestamp Echo", 43 "Elapsed Time",
            44 "Data checksum", 45..=127 "Reserved", 192 "CCID3 Loss Event Rate", 193 "CCID3 Loss Intervals",
            194 "CCID3 Receive Rate", 128..=255 "CCID option",
        },
        padding: bytes[1]               "Padding",
        mandatory: bytes[1]             "Mandatory",
        slow_receiver: bytes[1]         "Slow Receiver",
        option_reserved: bytes          "Reserved",
        feature_number: u8              "Feature Number" = {
            1 "Congestion Control ID (CCID)", 2 "Allow Short Seqnums", 3 "Sequence Window", 4 "ECN Incapable",
            5 "Ack Ratio", 6 "Send Ack Vector", 7 "Send NDP Count", 8 "Minimum Checksum Coverage",
            9 "Check Data Checksum", 10..=127 "Reserved", 192 "Send Loss Event Rate", 128..=255 "CCID feature",
        },
        init_cookie: bytes              "Init Cookie",
        ndp_count: computed u64         "NDP Count",
        ack_vector.nonce_0: bytes       "Ack Vector [Nonce 0]",
        ack_vector.nonce_1: bytes       "Ack Vector [Nonce 1]",
        data_dropped: bytes             "Data Dropped",
        timestamp: u32                  "Timestamp",
        timestamp_echo: u32             "Timestamp Echo",
        elapsed_time: u32               "Elapsed Time",
        elapsed_time as SHORT_ELAPSED_TIME: u16 "Elapsed Time",
        checksum_data: u32 hex          "Data Checksum",
        ccid3_loss_event_rate: u32      "CCID3 Loss Event Rate",
        ccid3_loss_intervals: bytes     "CCID3 Loss Intervals",
        ccid3_receive_rate: u32         "CCID3 Receive Rate",
        ccid_option_data: bytes         "CCID option",
        option_unknown: bytes           "Unknown",
    }
    claims { ip.proto = 33 }
    tables { PORT_TABLE: "dccp.port" }
    stateful
}

const PROTOCOL_NUMBER: u8 = 33;

const REQUEST: u8 = 0;
const RESPONSE: u8 = 1;
const DATA: u8 = 2;
const DATA_ACK: u8 = 4;
const RESET: u8 = 7;

impl Dissector for Dccp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.show(SRCPORT)?;
        let src = pdu.take(PORT)?;
        pdu.show(DSTPORT)?;
        let dst = pdu.take(PORT)?;
        let (conversation, side) = self.first.of(pdu, src, dst);
        pdu.computed(STREAM, 0..0, conversation.index);
        let header = 4 * usize::from(pdu.take(DATA_OFFSET)?);
        pdu.show(CCVAL)?;
        let coverage = pdu.take(CSCOV)?;
        pdu.take(CHECKSUM)?;
        if pdu.wants(CHECKSUM_STATUS) {
            let status = status(pdu, header, coverage);
            pdu.computed(CHECKSUM_STATUS, 6..8, status);
        }
        pdu.show(RES1)?;
        let kind = pdu.show(TYPE)?;
        let is_long = pdu.take(X)?;
        let (own, other) = (conversation.sides[side], conversation.sides[1 - side]);
        let at = pdu.position();
        let seq = if is_long {
            pdu.take(RES2)?;
            let seq = pdu.take(SEQ_RAW)?;
            if let Some(first) = own {
                pdu.computed(SEQ, at + 1..at + 7, seq.wrapping_sub(first));
            }
            seq
        } else {
            pdu.take(SHORT_SEQ)?.into()
        };
        let first = *conversation.sides[side].get_or_insert(seq);
        let seq = if seq == first { seq } else { seq.wrapping_sub(first) };
        pdu.info(format_args!("{src} → {dst} [{}] Seq={seq}", Self::name(TYPE, kind)));
        if kind != REQUEST && kind != DATA {
            if is_long {
                pdu.take(ACK_RES)?;
                let at = pdu.position();
                let ack = pdu.take(ACK_RAW)?;
                if let Some(first) = other {
                    pdu.computed(ACK, at..at + 6, ack.wrapping_sub(first));
                }
            } else {
                pdu.take(SHORT_ACK_RES)?;
                pdu.take(SHORT_ACK)?;
            }
        }
        if matches!(kind, REQUEST | RESPONSE) {
            pdu.take(SERVICE_CODE)?;
        } else if kind == RESET {
            pdu.take(RESET_CODE)?;
            pdu.take(DATA1)?;
            pdu.take(DATA2)?;
            pdu.take(DATA3)?;
        }
        if header < pdu.position() {
            let text = format_args!("{header} bytes, less than the header has");
            pdu.diagnostic(Severity::Error, "bad-length", 4..5, text);
            return Ok(());
        }
        if header > pdu.position() {
            let len = header - pdu.position();
            pdu.group(OPTIONS, |pdu| {
                pdu.within(DATA_OFFSET, len, |pdu| {
                    while pdu.wire_remaining() > 0 {
                        option(pdu)?;
                    }
                    Ok(())
                })
            })?;
        }
        if matches!(kind, REQUEST | RESPONSE | DATA | DATA_ACK) && pdu.wire_remaining() > 0 {
            pdu.hand_on(PORT_TABLE, [src.min(dst), src.max(dst)])
                .ports(0, 2, 2)
                .context(1 << 32 | u64::from(src) << 16 | u64::from(dst));
        }
        Ok(())
    }

    fn flow_end(&mut self, flow: u64) {
        self.first.end(flow);
    }
}

/// RFC 4340, section 9.2: how much of the application's data the checksum covers is said in words, from 1 on; 0 means
/// all of it.
fn status(pdu: &Pdu<'_>, header: usize, coverage: u8) -> u8 {
    let len = pdu.wire_len();
    let covered = match coverage {
        0 => len,
        words => header + 4 * (usize::from(words) - 1),
    };
    match pdu.data().get(..covered) {
        Some(data) if !pdu.is_quoted() => checksum::with_partial_cover(pdu.context(), PROTOCOL_NUMBER, len, data),
        _ => UNVERIFIED,
    }
}

fn option(pdu: &mut Pdu<'_>) -> Step {
    let at = pdu.position();
    let kind = pdu.take(OPTION_TYPE)?;
    // Options below 32 have no length (RFC 4340, section 5.8).
    match kind {
        0 => return pdu.show_at(PADDING, at).map(drop),
        1 => return pdu.show_at(MANDATORY, at).map(drop),
        2 => return pdu.show_at(SLOW_RECEIVER, at).map(drop),
        3..=31 => {
            pdu.mark(OPTION_RESERVED, at..at + 1);
            return Ok(());
        }
        _ => {}
    }
    let len = usize::from(pdu.rest().first().copied().unwrap_or(0));
    if len < 2 || len > 1 + pdu.wire_remaining() {
        let text = format_args!("an option of {len} bytes, where {} are left", 1 + pdu.wire_remaining());
        pdu.diagnostic(Severity::Error, "bad-length", at..at + 1, text);
        return pdu.skip(pdu.remaining());
    }
    pdu.skip(1)?;
    pdu.within(OPTION_TYPE, len - 2, |pdu| {
        let len = len - 2;
        match (kind, len) {
            (32..=35, 1..) => drop(pdu.take(FEATURE_NUMBER)?),
            (36, _) => drop(pdu.take_bytes(INIT_COOKIE, len)?),
            (37, 1..=6) => {
                let (at, rest) = (pdu.position(), pdu.rest());
                pdu.skip(len)?;
                let count = rest.iter().take(len).fold(0, |n, &byte| n << 8 | u64::from(byte));
                pdu.computed(NDP_COUNT, at..at + len, count);
            }
            (38, _) => drop(pdu.take_bytes(ACK_VECTOR_NONCE_0, len)?),
            (39, _) => drop(pdu.take_bytes(ACK_VECTOR_NONCE_1, len)?),
            (40, _) => drop(pdu.take_bytes(DATA_DROPPED, len)?),
            (41, 4) => drop(pdu.take(TIMESTAMP)?),
            (42, 4 | 6 | 8) => {
                pdu.take(TIMESTAMP_ECHO)?;
                elapsed_time(pdu)?;
            }
            (43, 2 | 4) => elapsed_time(pdu)?,
            (44, 4) => drop(pdu.take(CHECKSUM_DATA)?),
            (192, 4) => drop(pdu.take(CCID3_LOSS_EVENT_RATE)?),
            (193, _) => drop(pdu.take_bytes(CCID3_LOSS_INTERVALS, len)?),
            (194, 4) => drop(pdu.take(CCID3_RECEIVE_RATE)?),
            (128.., _) => drop(pdu.take_bytes(CCID_OPTION_DATA, len)?),
            (45..=127, _) => drop(pdu.take_bytes(OPTION_UNKNOWN, len)?),
            _ => {
                let text = format_args!("{len} bytes of data, which this option can't have");
                pdu.diagnostic(Severity::Warning, "bad-length", at + 1..at + 2, text);
            }
        }
        Ok(())
    })
}

fn elapsed_time(pdu: &mut Pdu<'_>) -> Step {
    match pdu.wire_remaining() {
        0 => Ok(()),
        2 => pdu.take(SHORT_ELAPSED_TIME).map(drop),
        _ => pdu.take(ELAPSED_TIME).map(drop),
    }
}

builtin!(Dccp);

#[test]
fn a_request_with_options() {
    check::<Dccp>(
        "1000 1388 08 00 0000  01 00 00000000000a  00000000  00 01 20 04 01 02 29 06 00000009",
        expect![[r#"
            Datagram Congestion Control Protocol, 4096 → 5000 [Request] Seq=10
              Source Port: 4096
              Destination Port: 5000
              [Stream index: 0]
              Data Offset: 8
              CCVal: 0
              Checksum Coverage: 0
              Checksum: 0x0000
              Checksum Status: Unverified (2)
              Reserved: 0x0
              Type: Request (0)
              Extended Sequence Numbers: True
              Reserved: 0x00
              Sequence Number (raw): 10
              Service Code: not specified (0)
              Options: Padding (0)
                Option Type: Padding (0)
                Padding: 00
                Option Type: Mandatory (1)
                Mandatory: 01
                Option Type: Change L (32)
                Feature Number: Congestion Control ID (CCID) (1)
                Option Type: Timestamp (41)
                Timestamp: 9
        "#]],
    );
}

#[test]
fn an_acknowledgement_and_a_reset() {
    check::<Dccp>(
        "1000 1388 0a 00 0000  07 00 00000000000a 0000 00000000000b  26 03 00 2a 06 00000001 2b 04 0005 00 25 03 07",
        expect![[r#"
            Datagram Congestion Control Protocol, 4096 → 5000 [Ack] Seq=10
              Source Port: 4096
              Destination Port: 5000
              [Stream index: 0]
              Data Offset: 10
              CCVal: 0
              Checksum Coverage: 0
              Checksum: 0x0000
              Checksum Status: Unverified (2)
              Reserved: 0x0
              Type: Ack (3)
              Extended Sequence Numbers: True
              Reserved: 0x00
              Sequence Number (raw): 10
              Reserved: 0x0000
              Acknowledgement Number (raw): 11
              Options: Ack Vector [Nonce 0] (38)
                Option Type: Ack Vector [Nonce 0] (38)
                Ack Vector [Nonce 0]: 00
                Option Type: Timestamp Echo (42)
                Timestamp Echo: 1
                Option Type: Elapsed Time (43)
                Elapsed Time: 5
                Option Type: Padding (0)
                Padding: 00
                Option Type: NDP Count (37)
                [error] bad-length: an option of 3 bytes, where 2 are left
        "#]],
    );
    check::<Dccp>(
        "1000 1388 07 00 0000  0f 00 00000000000a 0000 00000000000b  01 000000",
        expect![[r#"
            Datagram Congestion Control Protocol, 4096 → 5000 [Reset] Seq=10
              Source Port: 4096
              Destination Port: 5000
              [Stream index: 0]
              Data Offset: 7
              CCVal: 0
              Checksum Coverage: 0
              Checksum: 0x0000
              Checksum Status: Unverified (2)
              Reserved: 0x0
              Type: Reset (7)
              Extended Sequence Numbers: True
              Reserved: 0x00
              Sequence Number (raw): 10
              Reserved: 0x0000
              Acknowledgement Number (raw): 11
              Reset Code: Closed (1)
              Data 1: 0
              Data 2: 0
              Data 3: 0
        "#]],
    );
}

#[test]
fn short_numbers_and_an_option_that_is_too_long() {
    check::<Dccp>(
        "1000 1388 05 00 0000  06 00000a 00 00000b  26 05 0000 6869",
        expect![[r#"
            Datagram Congestion Control Protocol, 4096 → 5000 [Ack] Seq=10
              Source Port: 4096
              Destination Port: 5000
              [Stream index: 0]
              Data Offset: 5
              CCVal: 0
              Checksum Coverage: 0
              Checksum: 0x0000
              Checksum Status: Unverified (2)
              Reserved: 0x0
              Type: Ack (3)
              Extended Sequence Numbers: False
              Sequence Number: 10
              Reserved: 0x00
              Acknowledgement Number: 11
              Options: Ack Vector [Nonce 0] (38)
                Option Type: Ack Vector [Nonce 0] (38)
                [error] bad-length: an option of 5 bytes, where 4 are left
        "#]],
    );
    check::<Dccp>(
        "1000 1388 02 00 0000  01 00 00000000000a 00000000",
        expect![[r#"
            Datagram Congestion Control Protocol, 4096 → 5000 [Request] Seq=10
              Source Port: 4096
              Destination Port: 5000
              [Stream index: 0]
              Data Offset: 2
              CCVal: 0
              Checksum Coverage: 0
              Checksum: 0x0000
              Checksum Status: Unverified (2)
              Reserved: 0x0
              Type: Request (0)
              Extended Sequence Numbers: True
              Reserved: 0x00
              Sequence Number (raw): 10
              Service Code: not specified (0)
              [error] bad-length: 8 bytes, less than the header has
        "#]],
    );
}
