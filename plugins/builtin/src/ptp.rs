//! PTP, the precision time protocol, version 2 (IEEE Std 1588-2019, clause 13), over UDP and over Ethernet; that includes
//! gPTP (IEEE Std 802.1AS).

use prosector_sdk::handle::Handle;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Ptp;

protocol! {
    /// Precision Time Protocol, IEEE 1588, version 2.
    Ptp = ptp "PTPv2", "Precision Time Protocol (IEEE1588)" {
        v2.majorsdoid: u8 hex & 0xf0            "majorSdoId" = { 1 "gPTP Domain", 2 "CMLDS" },
        v2.messagetype: u8 hex & 0x0f           "messageType" = {
            0 "Sync Message", 1 "Delay_Req Message", 2 "Peer_Delay_Req Message", 3 "Peer_Delay_Resp Message",
            8 "Follow_Up Message", 9 "Delay_Resp Message", 10 "Peer_Delay_Resp_Follow_Up Message",
            11 "Announce Message", 12 "Signalling Message", 13 "Management Message",
        },
        v2.minorversionptp: u8 & 0xf0           "minorVersionPTP",
        v2.versionptp: u8 & 0x0f                "versionPTP",
        v2.messagelength: u16                   "messageLength" unit "bytes",
        v2.domainnumber: u8                     "domainNumber",
        v2.minorsdoid: u8                       "minorSdoId",
        v2.flags: u16 hex                       "flags" {
            security: 0x8000                    "PTP_SECURITY",
            specific2: 0x4000                   "PTP profile Specific 2",
            specific1: 0x2000                   "PTP profile Specific 1",
            unicast: 0x0400                     "PTP_UNICAST",
            twostep: 0x0200                     "PTP_TWO_STEP",
            alternatemaster: 0x0100             "PTP_ALTERNATE_MASTER",
            synchronizationUncertain: 0x0040    "SYNCHRONIZATION_UNCERTAIN",
            frequencytraceable: 0x0020          "FREQUENCY_TRACEABLE",
            timetraceable: 0x0010               "TIME_TRACEABLE",
            timescale: 0x0008                   "PTP_TIMESCALE",
            utcreasonable: 0x0004               "PTP_UTC_REASONABLE",
            li59: 0x0002                        "PTP_LI_59",
            li61: 0x0001                        "PTP_LI_61",
        },
        /// The whole nanoseconds of the correction.
        v2.correction.ns: i64 & 0xffffffffffff0000 "correction" unit "ns",
        v2.correction.subns: computed f64       "correctionSubNs" unit "ns",
        v2.messagetypespecific: u32             "messageTypeSpecific",
        v2.clockidentity: u64 hex               "ClockIdentity",
        v2.sourceportid: u16                    "SourcePortID",
        v2.sequenceid: u16                      "sequenceId",
        v2.controlfield: u8                     "controlField" = {
            0 "Sync Message", 1 "Delay_Req Message", 2 "Follow_Up Message", 3 "Delay_Resp Message",
            4 "Management Message", 5 "Other Message",
        },
        v2.logmessageperiod: i8                 "logMessagePeriod",

        v2.an.origintimestamp.seconds: u48      "originTimestamp (seconds)",
        v2.an.origintimestamp.nanoseconds: u32  "originTimestamp (nanoseconds)",
        v2.an.origincurrentutcoffset: i16       "originCurrentUTCOffset" unit "s",
        v2.an.priority1: u8                     "priority1",
        v2.an.grandmasterclockclass: u8         "grandmasterClockClass",
        v2.an.grandmasterclockaccuracy: u8 hex  "grandmasterClockAccuracy" = {
            0x20 "The time is accurate to within 25 ns", 0x21 "The time is accurate to within 100 ns",
            0x22 "The time is accurate to within 250 ns", 0x23 "The time is accurate to within 1 us",
            0x24 "The time is accurate to within 2.5 us", 0x25 "The time is accurate to within 10 us",
            0x26 "The time is accurate to within 25 us", 0x27 "The time is accurate to within 100 us",
            0x28 "The time is accurate to within 250 us", 0x29 "The time is accurate to within 1 ms",
            0x2a "The time is accurate to within 2.5 ms", 0x2b "The time is accurate to within 10 ms",
            0x2c "The time is accurate to within 25 ms", 0x2d "The time is accurate to within 100 ms",
            0x2e "The time is accurate to within 250 ms", 0x2f "The time is accurate to within 1 s",
            0x30 "The time is accurate to within 10 s", 0x31 "The time is accurate to >10 s",
            0xfe "Accuracy Unknown", 0xff "reserved",
        },
        v2.an.grandmasterclockvariance: u16     "grandmasterClockVariance",
        v2.an.priority2: u8                     "priority2",
        v2.an.grandmasterclockidentity: u64 hex "grandmasterClockIdentity",
        v2.an.localstepsremoved: u16            "localStepsRemoved",
        v2.timesource: u8 hex                   "TimeSource" = {
            0x10 "ATOMIC_CLOCK", 0x20 "GPS", 0x30 "TERRESTRIAL_RADIO", 0x40 "PTP", 0x50 "NTP", 0x60 "HAND_SET",
            0x90 "OTHER", 0xa0 "INTERNAL_OSCILLATOR", 0xff "reserved",
        },
        v2.sdr.origintimestamp.seconds: u48     "originTimestamp (seconds)",
        v2.sdr.origintimestamp.nanoseconds: u32 "originTimestamp (nanoseconds)",
        v2.fu.preciseorigintimestamp.seconds: u48 "preciseOriginTimestamp (seconds)",
        v2.fu.preciseorigintimestamp.nanoseconds: u32 "preciseOriginTimestamp (nanoseconds)",
        /// Both in nanoseconds, of which the lower 32 bits: what many clocks count.
        "v2.fu.preciseorigintimestamp.32bit" as FU_32BIT: computed u32 "preciseOriginTimestamp (32bit)",
        v2.dr.receivetimestamp.seconds: u48     "receiveTimestamp (seconds)",
        v2.dr.receivetimestamp.nanoseconds: u32 "receiveTimestamp (nanoseconds)",
        v2.dr.requestingsourceportidentity: u64 hex "requestingSourcePortIdentity",
        v2.dr.requestingsourceportid: u16       "requestingSourcePortId",
        v2.pdrq.origintimestamp.seconds: u48    "originTimestamp (seconds)",
        v2.pdrq.origintimestamp.nanoseconds: u32 "originTimestamp (nanoseconds)",
        v2.pdrs.requestreceipttimestamp.seconds: u48 "requestreceiptTimestamp (seconds)",
        v2.pdrs.requestreceipttimestamp.nanoseconds: u32 "requestreceiptTimestamp (nanoseconds)",
        v2.pdrs.requestingportidentity: u64 hex "requestingSourcePortIdentity",
        v2.pdrs.requestingsourceportid: u16     "requestingSourcePortId",
        v2.pdfu.responseorigintimestamp.seconds: u48 "responseOriginTimestamp (seconds)",
        v2.pdfu.responseorigintimestamp.nanoseconds: u32 "responseOriginTimestamp (nanoseconds)",
        v2.pdfu.requestingportidentity: u64 hex "requestingSourcePortIdentity",
        v2.pdfu.requestingsourceportid: u16     "requestingSourcePortId",
        v2.sig.targetportidentity: u64 hex      "targetPortIdentity",
        v2.sig.targetportid: u16                "targetPortId",
        v2.mm.targetportidentity: u64 hex       "targetPortIdentity",
        v2.mm.targetportid: u16                 "targetPortId",
        v2.mm.startingboundaryhops: u8          "startingBoundaryHops",
        v2.mm.boundaryhops: u8                  "boundaryHops",
        v2.mm.action: u8 & 0x1f                 "action" = {
            0 "GET", 1 "SET", 2 "RESPONSE", 3 "COMMAND", 4 "ACKNOWLEDGE",
        },
        tlv: group                              "TLV",
        tlv.type: u16 hex                       "tlvType" = {
            0x0001 "Management", 0x0002 "Management error status", 0x0003 "Organization extension",
            0x0004 "Request unicast transmission", 0x0005 "Grant unicast transmission",
            0x0006 "Cancel unicast transmission", 0x0007 "Acknowledge cancel unicast transmission",
            0x0008 "Path trace", 0x0009 "Alternate time offset indicator", 0x8000 "Organization extension, not forwarded",
        },
        tlv.length: u16                         "lengthField",
        tlv.value: bytes                        "Value",
    }
    claims { udp.port = [319, 320], ethertype = 0x88f7 }
}

const SYNC: u8 = 0;
const DELAY_REQ: u8 = 1;
const PEER_DELAY_REQ: u8 = 2;
const PEER_DELAY_RESP: u8 = 3;
const FOLLOW_UP: u8 = 8;
const DELAY_RESP: u8 = 9;
const PEER_DELAY_RESP_FOLLOW_UP: u8 = 10;
const ANNOUNCE: u8 = 11;
const SIGNALLING: u8 = 12;
const MANAGEMENT: u8 = 13;
const HEADER_LEN: usize = 34;

impl Dissector for Ptp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.show(V2_MAJORSDOID)?;
        let kind = pdu.take(V2_MESSAGETYPE)?;
        pdu.info(format_args!("{}", Self::name(V2_MESSAGETYPE, kind)));
        pdu.show(V2_MINORVERSIONPTP)?;
        if pdu.take(V2_VERSIONPTP)? != 2 {
            return Ok(());
        }
        let len = usize::from(pdu.take(V2_MESSAGELENGTH)?);
        pdu.set_len(V2_MESSAGELENGTH, len.max(HEADER_LEN));
        pdu.take(V2_DOMAINNUMBER)?;
        pdu.take(V2_MINORSDOID)?;
        pdu.take(V2_FLAGS)?;
        let at = pdu.position();
        let fraction = pdu.data().get(at + 6..at + 8).map_or(0, |low| u16::from_be_bytes([low[0], low[1]]));
        pdu.take(V2_CORRECTION_NS)?;
        pdu.computed(V2_CORRECTION_SUBNS, at + 6..at + 8, f64::from(fraction) / 65536.0);
        pdu.take(V2_MESSAGETYPESPECIFIC)?;
        pdu.take(V2_CLOCKIDENTITY)?;
        pdu.take(V2_SOURCEPORTID)?;
        pdu.take(V2_SEQUENCEID)?;
        pdu.take(V2_CONTROLFIELD)?;
        pdu.take(V2_LOGMESSAGEPERIOD)?;
        match kind {
            SYNC | DELAY_REQ => {
                timestamp(pdu, V2_SDR_ORIGINTIMESTAMP_SECONDS, V2_SDR_ORIGINTIMESTAMP_NANOSECONDS)?;
            }
            PEER_DELAY_REQ => {
                timestamp(pdu, V2_PDRQ_ORIGINTIMESTAMP_SECONDS, V2_PDRQ_ORIGINTIMESTAMP_NANOSECONDS)?;
                pdu.skip(10)?;
            }
            PEER_DELAY_RESP => {
                let (seconds, nanoseconds) =
                    (V2_PDRS_REQUESTRECEIPTTIMESTAMP_SECONDS, V2_PDRS_REQUESTRECEIPTTIMESTAMP_NANOSECONDS);
                timestamp(pdu, seconds, nanoseconds)?;
                pdu.take(V2_PDRS_REQUESTINGPORTIDENTITY)?;
                pdu.take(V2_PDRS_REQUESTINGSOURCEPORTID)?;
            }
            FOLLOW_UP => {
                let at = pdu.position();
                let (seconds, nanoseconds) =
                    (V2_FU_PRECISEORIGINTIMESTAMP_SECONDS, V2_FU_PRECISEORIGINTIMESTAMP_NANOSECONDS);
                let time = timestamp(pdu, seconds, nanoseconds)?;
                pdu.computed(FU_32BIT, at..at + 10, time as u32);
            }
            DELAY_RESP => {
                timestamp(pdu, V2_DR_RECEIVETIMESTAMP_SECONDS, V2_DR_RECEIVETIMESTAMP_NANOSECONDS)?;
                pdu.take(V2_DR_REQUESTINGSOURCEPORTIDENTITY)?;
                pdu.take(V2_DR_REQUESTINGSOURCEPORTID)?;
            }
            PEER_DELAY_RESP_FOLLOW_UP => {
                let (seconds, nanoseconds) =
                    (V2_PDFU_RESPONSEORIGINTIMESTAMP_SECONDS, V2_PDFU_RESPONSEORIGINTIMESTAMP_NANOSECONDS);
                timestamp(pdu, seconds, nanoseconds)?;
                pdu.take(V2_PDFU_REQUESTINGPORTIDENTITY)?;
                pdu.take(V2_PDFU_REQUESTINGSOURCEPORTID)?;
            }
            ANNOUNCE => announce(pdu)?,
            SIGNALLING => {
                pdu.take(V2_SIG_TARGETPORTIDENTITY)?;
                pdu.take(V2_SIG_TARGETPORTID)?;
            }
            MANAGEMENT => {
                pdu.take(V2_MM_TARGETPORTIDENTITY)?;
                pdu.take(V2_MM_TARGETPORTID)?;
                pdu.take(V2_MM_STARTINGBOUNDARYHOPS)?;
                pdu.take(V2_MM_BOUNDARYHOPS)?;
                pdu.take(V2_MM_ACTION)?;
                pdu.skip(1)?;
            }
            _ => return Ok(()),
        }
        while pdu.remaining() > 0 {
            pdu.group(TLV, |pdu| {
                pdu.take(TLV_TYPE)?;
                let len = usize::from(pdu.take(TLV_LENGTH)?);
                if len > 0 {
                    pdu.take_bytes(TLV_VALUE, len)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// A time stamp; in nanoseconds, as far as they fit.
fn timestamp(pdu: &mut Pdu<'_>, seconds: Handle<u64>, nanoseconds: Handle<u32>) -> Result<u64, Stop> {
    let seconds = pdu.take(seconds)?;
    Ok(seconds.wrapping_mul(1_000_000_000).wrapping_add(pdu.take(nanoseconds)?.into()))
}

fn announce(pdu: &mut Pdu<'_>) -> Step {
    timestamp(pdu, V2_AN_ORIGINTIMESTAMP_SECONDS, V2_AN_ORIGINTIMESTAMP_NANOSECONDS)?;
    pdu.take(V2_AN_ORIGINCURRENTUTCOFFSET)?;
    pdu.skip(1)?;
    pdu.take(V2_AN_PRIORITY1)?;
    pdu.take(V2_AN_GRANDMASTERCLOCKCLASS)?;
    pdu.take(V2_AN_GRANDMASTERCLOCKACCURACY)?;
    pdu.take(V2_AN_GRANDMASTERCLOCKVARIANCE)?;
    pdu.take(V2_AN_PRIORITY2)?;
    pdu.take(V2_AN_GRANDMASTERCLOCKIDENTITY)?;
    pdu.take(V2_AN_LOCALSTEPSREMOVED)?;
    pdu.take(V2_TIMESOURCE)?;
    Ok(())
}

builtin!(Ptp);

#[test]
fn a_follow_up() {
    check::<Ptp>(
        "08 02 002c 00 00 0000 0000000000018000 00000000 020000fffe000001 0001 0007 02 00
         000000000001 00000002",
        expect![[r#"
            Precision Time Protocol (IEEE1588), Follow_Up Message
              majorSdoId: 0x0
              messageType: Follow_Up Message (0x8)
              minorVersionPTP: 0
              versionPTP: 2
              messageLength: 44 bytes
              domainNumber: 0
              minorSdoId: 0
              flags: 0x0000
                0... .... .... .... = PTP_SECURITY: False
                .0.. .... .... .... = PTP profile Specific 2: False
                ..0. .... .... .... = PTP profile Specific 1: False
                .... .0.. .... .... = PTP_UNICAST: False
                .... ..0. .... .... = PTP_TWO_STEP: False
                .... ...0 .... .... = PTP_ALTERNATE_MASTER: False
                .... .... .0.. .... = SYNCHRONIZATION_UNCERTAIN: False
                .... .... ..0. .... = FREQUENCY_TRACEABLE: False
                .... .... ...0 .... = TIME_TRACEABLE: False
                .... .... .... 0... = PTP_TIMESCALE: False
                .... .... .... .0.. = PTP_UTC_REASONABLE: False
                .... .... .... ..0. = PTP_LI_59: False
                .... .... .... ...0 = PTP_LI_61: False
              correction: 1 ns
              correctionSubNs: 0.5 ns
              messageTypeSpecific: 0
              ClockIdentity: 0x020000fffe000001
              SourcePortID: 1
              sequenceId: 7
              controlField: Follow_Up Message (2)
              logMessagePeriod: 0
              preciseOriginTimestamp (seconds): 1
              preciseOriginTimestamp (nanoseconds): 2
              preciseOriginTimestamp (32bit): 1000000002
        "#]],
    );
}

#[test]
fn an_announcement() {
    check::<Ptp>(
        "0b 12 0044 00 00 0008 0000000000000000 00000000 020000fffe000001 0001 0007 05 01
         000000000001 00000002 0025 00 80 f8 fe ffff 80 020000fffe000001 0000 a0 0008 0000",
        expect![[r#"
            Precision Time Protocol (IEEE1588), Announce Message
              majorSdoId: 0x0
              messageType: Announce Message (0xb)
              minorVersionPTP: 1
              versionPTP: 2
              messageLength: 68 bytes
              domainNumber: 0
              minorSdoId: 0
              flags: 0x0008
                0... .... .... .... = PTP_SECURITY: False
                .0.. .... .... .... = PTP profile Specific 2: False
                ..0. .... .... .... = PTP profile Specific 1: False
                .... .0.. .... .... = PTP_UNICAST: False
                .... ..0. .... .... = PTP_TWO_STEP: False
                .... ...0 .... .... = PTP_ALTERNATE_MASTER: False
                .... .... .0.. .... = SYNCHRONIZATION_UNCERTAIN: False
                .... .... ..0. .... = FREQUENCY_TRACEABLE: False
                .... .... ...0 .... = TIME_TRACEABLE: False
                .... .... .... 1... = PTP_TIMESCALE: True
                .... .... .... .0.. = PTP_UTC_REASONABLE: False
                .... .... .... ..0. = PTP_LI_59: False
                .... .... .... ...0 = PTP_LI_61: False
              correction: 0 ns
              correctionSubNs: 0 ns
              messageTypeSpecific: 0
              ClockIdentity: 0x020000fffe000001
              SourcePortID: 1
              sequenceId: 7
              controlField: Other Message (5)
              logMessagePeriod: 1
              originTimestamp (seconds): 1
              originTimestamp (nanoseconds): 2
              originCurrentUTCOffset: 37 s
              priority1: 128
              grandmasterClockClass: 248
              grandmasterClockAccuracy: Accuracy Unknown (0xfe)
              grandmasterClockVariance: 65535
              priority2: 128
              grandmasterClockIdentity: 0x020000fffe000001
              localStepsRemoved: 0
              TimeSource: INTERNAL_OSCILLATOR (0xa0)
              TLV: Path trace (0x0008)
                tlvType: Path trace (0x0008)
                lengthField: 0
        "#]],
    );
}

#[test]
fn short_ones() {
    check::<Ptp>(
        "09 02 0002 00 00 0000 000000",
        expect![[r#"
            Precision Time Protocol (IEEE1588), Delay_Resp Message
              majorSdoId: 0x0
              messageType: Delay_Resp Message (0x9)
              minorVersionPTP: 0
              versionPTP: 2
              messageLength: 2 bytes
              domainNumber: 0
              minorSdoId: 0
              flags: 0x0000
                0... .... .... .... = PTP_SECURITY: False
                .0.. .... .... .... = PTP profile Specific 2: False
                ..0. .... .... .... = PTP profile Specific 1: False
                .... .0.. .... .... = PTP_UNICAST: False
                .... ..0. .... .... = PTP_TWO_STEP: False
                .... ...0 .... .... = PTP_ALTERNATE_MASTER: False
                .... .... .0.. .... = SYNCHRONIZATION_UNCERTAIN: False
                .... .... ..0. .... = FREQUENCY_TRACEABLE: False
                .... .... ...0 .... = TIME_TRACEABLE: False
                .... .... .... 0... = PTP_TIMESCALE: False
                .... .... .... .0.. = PTP_UTC_REASONABLE: False
                .... .... .... ..0. = PTP_LI_59: False
                .... .... .... ...0 = PTP_LI_61: False
              [error] short: ptp.v2.correction.ns needs 8 bytes at offset 8, 3 are there
        "#]],
    );
    check::<Ptp>(
        "00 01",
        expect![[r#"
            Precision Time Protocol (IEEE1588), Sync Message
              majorSdoId: 0x0
              messageType: Sync Message (0x0)
              minorVersionPTP: 0
              versionPTP: 1
        "#]],
    );
}
