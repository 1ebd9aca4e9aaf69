//! SAP, announcements of multicast sessions (RFC 2974).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Sap;

protocol! {
    /// Session Announcement Protocol, RFC 2974.
    Sap = sap "SAP", "Session Announcement Protocol" {
        flags: u8 hex                   "Flags" {
            v: uint 0xe0                "Version Number" = { 0 "SAPv0", 1 "SAPv1 or later" },
            a: 0x10                     "Address Type" = { 0 "IPv4", 1 "IPv6" },
            r: 0x08                     "Reserved",
            t: 0x04                     "Message Type" = { 0 "Announcement", 1 "Deletion" },
            e: 0x02                     "Encryption Bit" = { 0 "Payload not encrypted", 1 "Payload encrypted" },
            c: 0x01                     "Compression Bit" = { 0 "Payload not compressed", 1 "Payload compressed" },
        },
        auth.len: u8                    "Authentication Length" unit "words",
        message_identifier_hash: u16 hex "Message Identifier Hash",
        originating_source: ipv4        "Originating Source",
        originating_source.ipv6: ipv6   "Originating Source",
        auth.subheader: bytes           "Authentication subheader",
        /// A MIME type; announcements without one are SDP.
        payload_type: str               "Payload type",
    }
    claims { udp.port = 9875 }
    tables { SDP: "@sdp", DATA: "@data" }
}

const IPV6: u8 = 0x10;
const DELETION: u8 = 0x04;
/// Nobody can read it without more: encrypted or compressed.
const PACKED: u8 = 0x03;
/// Payload types are short; the next zero may be anywhere.
const MAX_TYPE: usize = 128;

impl Dissector for Sap {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let flags = pdu.take(FLAGS)?;
        let auth = 4 * usize::from(pdu.take(AUTH_LEN)?);
        let hash = pdu.take(MESSAGE_IDENTIFIER_HASH)?;
        let what = if flags & DELETION == 0 { "Announcement" } else { "Deletion" };
        pdu.info(format_args!("{what} (v{})", flags >> 5));
        match flags & IPV6 {
            0 => drop(pdu.take(ORIGINATING_SOURCE)?),
            _ => drop(pdu.take(ORIGINATING_SOURCE_IPV6)?),
        }
        if auth > 0 {
            pdu.take_bytes(AUTH_SUBHEADER, auth)?;
        }
        // Version 0 had no hash and no payload type: it is SDP.
        let is_text = pdu.rest().starts_with(b"v=0") || flags >> 5 == 0 && hash == 0;
        if flags & PACKED != 0 {
            pdu.hand_to(DATA);
        } else if is_text {
            pdu.hand_to(SDP).detail();
        } else {
            let rest = pdu.rest();
            let Some(end) = rest.iter().take(MAX_TYPE).position(|&byte| byte == 0) else {
                pdu.hand_to(DATA);
                return Ok(());
            };
            let kind = pdu.take_bytes(PAYLOAD_TYPE, end)?;
            pdu.skip(1)?;
            pdu.hand_to(if kind.eq_ignore_ascii_case(b"application/sdp") { SDP } else { DATA }).detail();
        }
        Ok(())
    }
}

builtin!(Sap);

#[test]
fn an_announcement() {
    check::<Sap>(
        "20 00 beef c0000201 6170706c69636174696f6e2f736470 00  763d300d0a",
        expect![[r#"
            Session Announcement Protocol, Announcement (v1)
              Flags: 0x20
                001. .... = Version Number: SAPv1 or later (1)
                ...0 .... = Address Type: IPv4
                .... 0... = Reserved: False
                .... .0.. = Message Type: Announcement
                .... ..0. = Encryption Bit: Payload not encrypted
                .... ...0 = Compression Bit: Payload not compressed
              Authentication Length: 0 words
              Message Identifier Hash: 0xbeef
              Originating Source: 192.0.2.1
              Payload type: application/sdp
            → @sdp [0]: bytes 24..29
        "#]],
    );
}

#[test]
fn authentication_longer_than_the_datagram() {
    check::<Sap>(
        "20 40 beef c0000201 0102",
        expect![[r#"
        Session Announcement Protocol, Announcement (v1)
          Flags: 0x20
            001. .... = Version Number: SAPv1 or later (1)
            ...0 .... = Address Type: IPv4
            .... 0... = Reserved: False
            .... .0.. = Message Type: Announcement
            .... ..0. = Encryption Bit: Payload not encrypted
            .... ...0 = Compression Bit: Payload not compressed
          Authentication Length: 64 words
          Message Identifier Hash: 0xbeef
          Originating Source: 192.0.2.1
          [error] short: sap.auth.subheader needs 256 bytes at offset 8, 2 are there
    "#]],
    );
}
