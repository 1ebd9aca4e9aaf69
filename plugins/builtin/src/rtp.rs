//! RTP, real-time transport (RFC 3550, section 5). Which ports carry it is said elsewhere, as in SDP.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Rtp;

value_names! {
    /// Payload types (RFC 3551, section 6).
    PAYLOAD_TYPES {
        0 "ITU-T G.711 PCMU", 3 "GSM 06.10", 4 "ITU-T G.723", 5 "DVI4 8000 samples/s", 6 "DVI4 16000 samples/s",
        7 "Experimental linear predictive encoding from Xerox PARC", 8 "ITU-T G.711 PCMA", 9 "ITU-T G.722",
        10 "16-bit uncompressed audio, stereo", 11 "16-bit uncompressed audio, monaural",
        12 "Qualcomm Code Excited Linear Predictive coding", 13 "Comfort noise", 14 "MPEG-I/II Audio",
        15 "ITU-T G.728", 16 "DVI4 11025 samples/s", 17 "DVI4 22050 samples/s", 18 "ITU-T G.729",
        19 "Comfort noise (old)", 25 "Sun CellB video encoding", 26 "JPEG-compressed video", 28 "'nv' program",
        31 "ITU-T H.261", 32 "MPEG-I/II Video", 33 "MPEG-II transport streams", 34 "ITU-T H.263", 2 "ITU-T G.721",
        96..=127 "DynamicRTP-Type",
    }
}

protocol! {
    /// Real-Time Transport Protocol (RFC 3550).
    Rtp = rtp "RTP", "Real-Time Transport Protocol" {
        version: u8 & 0xc0              "Version",
        padding: bool & 0x20            "Padding",
        ext: bool & 0x10                "Extension",
        cc: u8 & 0x0f                   "Contributing source identifiers count",
        marker: bool & 0x80             "Marker",
        p_type: u8 & 0x7f               "Payload type" = PAYLOAD_TYPES,
        seq: u16                        "Sequence number",
        timestamp: u32                  "Timestamp",
        ssrc: u32 hex                   "Synchronization Source identifier",
        csrc.item: u32 hex              "CSRC item",
        ext.profile: u16 hex            "Defined by profile",
        /// In words of four bytes.
        ext.len: u16                    "Extension length",
        hdr_ext: u32 hex                "Header extension",
        ext.rfc5285.id: u8 & 0xf0       "Identifier",
        ext.rfc5285.len: computed u8    "Length",
        ext.rfc5285.data: bytes         "Extension Data",
        payload: bytes                  "Payload",
        padding.data: bytes             "Padding data",
        padding.count: u8               "Padding count",
    }
}

impl Dissector for Rtp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        const VERSION_2: u8 = 2;
        if pdu.peek(VERSION)? != VERSION_2 {
            return pdu.reject();
        }
        pdu.show(VERSION)?;
        let padded = pdu.show(PADDING)?;
        let extended = pdu.show(EXT)?;
        let sources = pdu.take(CC)?;
        let marker = pdu.show(MARKER)?;
        let kind = pdu.take(P_TYPE)?;
        let sequence = pdu.take(SEQ)?;
        let time = pdu.take(TIMESTAMP)?;
        let ssrc = pdu.take(SSRC)?;
        pdu.info(format_args!(
            "PT={}, SSRC=0x{ssrc:X}, Seq={sequence}, Time={time}{}",
            Rtp::name(P_TYPE, kind),
            if marker { ", Mark" } else { "" }
        ));
        for _ in 0..sources {
            pdu.take(CSRC_ITEM)?;
        }
        if extended {
            let profile = pdu.take(EXT_PROFILE)?;
            let words = pdu.take(EXT_LEN)?;
            pdu.within(EXT_LEN, 4 * usize::from(words), |pdu| extension(pdu, profile))?;
        }
        let padding = match pdu.rest().last() {
            Some(&n) if padded && n > 0 && usize::from(n) <= pdu.wire_remaining() => usize::from(n),
            _ => 0,
        };
        let len = pdu.wire_remaining() - padding;
        if len > 0 {
            pdu.take_bytes(PAYLOAD, len.min(pdu.remaining()))?;
        }
        if padding > 0 {
            if padding > 1 {
                pdu.take_bytes(PADDING_DATA, padding - 1)?;
            }
            pdu.take(PADDING_COUNT)?;
        }
        Ok(())
    }
}

/// The header extension: several small ones (RFC 8285, section 4.2), or words.
fn extension(pdu: &mut Pdu<'_>, profile: u16) -> Step {
    const ONE_BYTE_HEADERS: u16 = 0xbede;
    while pdu.remaining() > 0 {
        if profile != ONE_BYTE_HEADERS {
            pdu.take(HDR_EXT)?;
            continue;
        }
        let head = pdu.peek(PADDING_COUNT)?;
        // 0 fills up, and 15 ends the list.
        match head >> 4 {
            0 => pdu.skip(1)?,
            15 => return Ok(()),
            _ => {
                let at = pdu.position();
                let len = usize::from(head & 0x0f) + 1;
                pdu.take(EXT_RFC5285_ID)?;
                pdu.computed(EXT_RFC5285_LEN, at..at + 1, len);
                pdu.take_bytes(EXT_RFC5285_DATA, len)?;
            }
        }
    }
    Ok(())
}

builtin!(Rtp);

#[test]
fn a_packet() {
    check::<Rtp>(
        "b1 88 0102 00000a00 01020304 0a0b0c0d bede0001 10ff0000 d5d5 0003",
        expect![[r#"
        Real-Time Transport Protocol, PT=ITU-T G.711 PCMA, SSRC=0x1020304, Seq=258, Time=2560, Mark
          Version: 2
          Padding: True
          Extension: True
          Contributing source identifiers count: 1
          Marker: True
          Payload type: ITU-T G.711 PCMA (8)
          Sequence number: 258
          Timestamp: 2560
          Synchronization Source identifier: 0x01020304
          CSRC item: 0x0a0b0c0d
          Defined by profile: 0xbede
          Extension length: 1
          Identifier: 1
          Length: 1
          Extension Data: ff
          Payload: d5
          Padding data: d500
          Padding count: 3
    "#]],
    );
}

#[test]
fn padding_and_length_that_lie() {
    check::<Rtp>(
        "a0 00 0001 00000001 00000002 ffff",
        expect![[r#"
        Real-Time Transport Protocol, PT=ITU-T G.711 PCMU, SSRC=0x2, Seq=1, Time=1
          Version: 2
          Padding: True
          Extension: False
          Contributing source identifiers count: 0
          Marker: False
          Payload type: ITU-T G.711 PCMU (0)
          Sequence number: 1
          Timestamp: 1
          Synchronization Source identifier: 0x00000002
          Payload: ffff
    "#]],
    );
    check::<Rtp>(
        "83 00 0001 00000001 00000002 ffff",
        expect![[r#"
        Real-Time Transport Protocol, PT=ITU-T G.711 PCMU, SSRC=0x2, Seq=1, Time=1
          Version: 2
          Padding: False
          Extension: False
          Contributing source identifiers count: 3
          Marker: False
          Payload type: ITU-T G.711 PCMU (0)
          Sequence number: 1
          Timestamp: 1
          Synchronization Source identifier: 0x00000002
          [error] short: rtp.csrc.item needs 4 bytes at offset 12, 2 are there
    "#]],
    );
}
