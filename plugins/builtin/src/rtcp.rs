//! RTCP, the control part of RTP (RFC 3550, section 6; feedback: RFC 4585).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Rtcp;

protocol! {
    /// Real-time Transport Control Protocol (RFC 3550, section 6).
    Rtcp = rtcp "RTCP", "Real-time Transport Control Protocol" {
        version: u8 & 0xc0              "Version",
        padding: bool & 0x20            "Padding",
        rc: u8 & 0x1f                   "Reception report count",
        sc: u8 & 0x1f                   "Source count",
        app.subtype: u8 & 0x1f          "Subtype",
        rtpfb.fmt: u8 & 0x1f            "RTCP Feedback message type (FMT)" = {
            1 "Generic negative acknowledgement (NACK)", 3 "Temporary Maximum Media Stream Bit Rate Request (TMMBR)",
            4 "Temporary Maximum Media Stream Bit Rate Notification (TMMBN)", 15 "Transport-wide Congestion Control",
        },
        psfb.fmt: u8 & 0x1f             "RTCP Feedback message type (FMT)" = {
            1 "Picture Loss Indication", 2 "Slice Loss Indication", 3 "Reference Picture Selection Indication",
            4 "Full Intra Request (FIR) Command", 15 "Application Layer Feedback",
        },
        pt: u8                          "Packet type" = {
            200 "Sender Report", 201 "Receiver Report", 202 "Source description", 203 "Goodbye",
            204 "Application specific", 205 "Generic RTP Feedback", 206 "Payload-specific Feedback",
            207 "Extended report (RFC 3611)",
        },
        /// In words of four bytes, less one.
        length: u16                     "Length",
        senderssrc: u32 hex             "Sender SSRC",
        mediassrc: u32 hex              "Media source SSRC",
        timestamp.ntp.msw: u32          "Timestamp, MSW",
        timestamp.ntp.lsw: u32          "Timestamp, LSW",
        timestamp.ntp: time_ntp         "MSW and LSW as NTP timestamp",
        timestamp.rtp: u32              "RTP timestamp",
        sender.packetcount: u32         "Sender's packet count",
        sender.octetcount: u32          "Sender's octet count",
        ssrc.identifier: u32 hex        "Identifier",
        ssrc.fraction: u8               "Fraction lost",
        ssrc.cum_nr: i24                "Cumulative number of packets lost",
        ssrc.ext_high: u32              "Extended highest sequence number received" {
            .ssrc.high_cycles: uint 0xffff0000 "Sequence number cycles count",
            .ssrc.high_seq: uint 0xffff "Highest sequence number received",
        },
        ssrc.jitter: u32                "Interarrival jitter",
        ssrc.lsr: u32                   "Last SR timestamp",
        ssrc.dlsr: u32                  "Delay since last SR timestamp",
        sdes.type: u8                   "Type" = {
            0 "END", 1 "CNAME (user and domain)", 2 "NAME (common name)", 3 "EMAIL (e-mail address)",
            4 "PHONE (phone number)", 5 "LOC (geographic location)", 6 "TOOL (name/version of source app)",
            7 "NOTE (note about source)", 8 "PRIV (private extensions)",
        },
        sdes.length: u8                 "Length",
        sdes.text: str                  "Text",
        bye_reason_not_padded.length: u8 "Length",
        app.name: str                   "Name (ASCII)",
        app.data: bytes                 "Application specific data",
        fci: bytes                      "Feedback Control Information (FCI)",
    }
}

impl Dissector for Rtcp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        const VERSION_2: u8 = 2;
        if pdu.peek(VERSION)? != VERSION_2 {
            return pdu.reject();
        }
        // RFC 3550, section 6.1: several packets, one behind the other.
        while pdu.remaining() > 0 {
            let kind = number(pdu, 1, 1) as u8;
            let len = 4 * (number(pdu, 2, 2) as usize + 1);
            pdu.within(LENGTH, len, |pdu| packet(pdu, kind))?;
        }
        Ok(())
    }
}

/// The number in `n` bytes, `skip` bytes behind the cursor; 0 where there are none.
fn number(pdu: &Pdu<'_>, skip: usize, n: usize) -> u64 {
    pdu.rest().iter().skip(skip).take(n).fold(0, |v, &b| v << 8 | u64::from(b))
}

fn packet(pdu: &mut Pdu<'_>, kind: u8) -> Step {
    pdu.show(VERSION)?;
    pdu.show(PADDING)?;
    let count = match kind {
        200 | 201 => pdu.take(RC),
        204 => pdu.take(APP_SUBTYPE),
        205 => pdu.take(RTPFB_FMT),
        206 => pdu.take(PSFB_FMT),
        _ => pdu.take(SC),
    }?;
    pdu.take(PT)?;
    pdu.take(LENGTH)?;
    pdu.info(format_args!("{}", Rtcp::name(PT, kind)));
    match kind {
        200 => {
            pdu.take(SENDERSSRC)?;
            pdu.show(TIMESTAMP_NTP)?;
            pdu.take(TIMESTAMP_NTP_MSW)?;
            pdu.take(TIMESTAMP_NTP_LSW)?;
            pdu.take(TIMESTAMP_RTP)?;
            pdu.take(SENDER_PACKETCOUNT)?;
            pdu.take(SENDER_OCTETCOUNT)?;
            reports(pdu, count)
        }
        201 => {
            pdu.take(SENDERSSRC)?;
            reports(pdu, count)
        }
        202 => {
            for _ in 0..count {
                source(pdu)?;
            }
            Ok(())
        }
        203 => {
            for _ in 0..count {
                pdu.take(SSRC_IDENTIFIER)?;
            }
            if pdu.remaining() > 0 {
                let len = pdu.take(SDES_LENGTH)?;
                pdu.take_bytes(SDES_TEXT, len.into())?;
            }
            Ok(())
        }
        204 => {
            pdu.take(SSRC_IDENTIFIER)?;
            pdu.take_bytes(APP_NAME, 4)?;
            pdu.take_rest(APP_DATA);
            Ok(())
        }
        205 | 206 => {
            pdu.take(SENDERSSRC)?;
            pdu.take(MEDIASSRC)?;
            if pdu.remaining() > 0 {
                pdu.take_rest(FCI);
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn reports(pdu: &mut Pdu<'_>, count: u8) -> Step {
    for _ in 0..count {
        pdu.take(SSRC_IDENTIFIER)?;
        pdu.take(SSRC_FRACTION)?;
        pdu.take(SSRC_CUM_NR)?;
        pdu.take(SSRC_EXT_HIGH)?;
        pdu.take(SSRC_JITTER)?;
        pdu.take(SSRC_LSR)?;
        pdu.take(SSRC_DLSR)?;
    }
    Ok(())
}

/// RFC 3550, section 6.5: items up to a zero, then bytes that fill the word.
fn source(pdu: &mut Pdu<'_>) -> Step {
    let start = pdu.position();
    pdu.take(SSRC_IDENTIFIER)?;
    while pdu.take(SDES_TYPE)? != 0 {
        let len = pdu.take(SDES_LENGTH)?;
        pdu.take_bytes(SDES_TEXT, len.into())?;
    }
    let read = pdu.position() - start;
    pdu.skip((read.next_multiple_of(4) - read).min(pdu.remaining()))
}

builtin!(Rtcp);

#[test]
fn a_report_and_a_description() {
    check::<Rtcp>(
        "81 c9 0007 01020304 05060708 10 fffffe 0001 0203 00000004 00000005 00000006
         81 ca 0003 01020304 01 02 6162 00 000000",
        expect![[r#"
            Real-time Transport Control Protocol, Source description
              Version: 2
              Padding: False
              Reception report count: 1
              Packet type: Receiver Report (201)
              Length: 7
              Sender SSRC: 0x01020304
              Identifier: 0x05060708
              Fraction lost: 16
              Cumulative number of packets lost: -2
              Extended highest sequence number received: 66051
                0000 0000 0000 0001 .... .... .... .... = Sequence number cycles count: 1
                .... .... .... .... 0000 0010 0000 0011 = Highest sequence number received: 515
              Interarrival jitter: 4
              Last SR timestamp: 5
              Delay since last SR timestamp: 6
              Version: 2
              Padding: False
              Source count: 1
              Packet type: Source description (202)
              Length: 3
              Identifier: 0x01020304
              Type: CNAME (user and domain) (1)
              Length: 2
              Text: ab
              Type: END (0)
        "#]],
    );
}

#[test]
fn a_sender_report() {
    check::<Rtcp>(
        "80 c8 0006 01020304 e9a37d00 80000000 00000007 00000008 00000009
         81 cb 0001 01020304",
        expect![[r#"
            Real-time Transport Control Protocol, Goodbye
              Version: 2
              Padding: False
              Reception report count: 0
              Packet type: Sender Report (200)
              Length: 6
              Sender SSRC: 0x01020304
              MSW and LSW as NTP timestamp: Mar 19, 2024 02:54:56.500000000 UTC
              Timestamp, MSW: 3919805696
              Timestamp, LSW: 2147483648
              RTP timestamp: 7
              Sender's packet count: 8
              Sender's octet count: 9
              Version: 2
              Padding: False
              Source count: 1
              Packet type: Goodbye (203)
              Length: 1
              Identifier: 0x01020304
        "#]],
    );
}

#[test]
fn a_length_that_lies() {
    check::<Rtcp>(
        "80 c8 0006 01020304 e9a3",
        expect![[r#"
        Real-time Transport Control Protocol, Sender Report
          Version: 2
          Padding: False
          Reception report count: 0
          Packet type: Sender Report (200)
          Length: 6
          Sender SSRC: 0x01020304
          [error] short: rtcp.timestamp.ntp needs 8 bytes at offset 8, 2 are there
    "#]],
    );
}
