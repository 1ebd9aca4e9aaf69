//! The protocol between RPKI caches and routers (RFC 6810; version 1 in RFC 8210).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct RpkiRtr;

protocol! {
    /// RPKI to router protocol.
    RpkiRtr = rpkirtr "RPKI-RTR", "RPKI-Router Protocol" {
        ."rpki-rtr.version" as VERSION: u8          "Version",
        ."rpki-rtr.pdu_type" as PDU_TYPE: u8        "PDU Type" = {
            0 "Serial Notify", 1 "Serial Query", 2 "Reset Query", 3 "Cache Response", 4 "IPv4 Prefix", 6 "IPv6 Prefix",
            7 "End of Data", 8 "Cache Reset", 9 "Router Key", 10 "Error Report",
        },
        ."rpki-rtr.reserved" as RESERVED: bytes     "Reserved",
        ."rpki-rtr.session_id" as SESSION_ID: u16   "Session ID",
        ."rpki-rtr.error_code" as ERROR_CODE: u16   "Error Code" = {
            0 "Corrupt Data", 1 "Internal Error", 2 "No Data Available", 3 "Invalid Request",
            4 "Unsupported Protocol Version", 5 "Unsupported PDU Type", 6 "Withdrawal of Unknown Record",
            7 "Duplicate Announcement Received", 8 "Unexpected Protocol Version",
        },
        ."rpki-rtr.length" as LENGTH: u32           "Length",
        ."rpki-rtr.serial_number" as SERIAL_NUMBER: u32 "Serial Number",
        ."rpki-rtr.flags" as FLAGS: u8 hex          "Flags",
        ."rpki-rtr.flags.aw" as FLAGS_AW: bool & 0x01 "Flag AW",
        ."rpki-rtr.prefix_length" as PREFIX_LENGTH: u8 "Prefix Length",
        ."rpki-rtr.max_length" as MAX_LENGTH: u8    "Max length",
        ."rpki-rtr.ipv4_prefix" as IPV4_PREFIX: ipv4 "IPv4 Prefix",
        ."rpki-rtr.ipv6_prefix" as IPV6_PREFIX: ipv6 "IPv6 Prefix",
        ."rpki-rtr.as_number" as AS_NUMBER: u32     "AS Number",
        ."rpki-rtr.refresh_interval" as REFRESH_INTERVAL: u32 "Refresh Interval",
        ."rpki-rtr.retry_interval" as RETRY_INTERVAL: u32 "Retry Interval",
        ."rpki-rtr.expire_interval" as EXPIRE_INTERVAL: u32 "Expire Interval",
        ."rpki-rtr.subject_key_identifier" as SUBJECT_KEY_IDENTIFIER: bytes[20] "Subject Key Identifier",
        ."rpki-rtr.length_pdu" as LENGTH_PDU: u32   "Length of Encapsulated PDU",
        ."rpki-rtr.error_pdu" as ERROR_PDU: bytes   "Erroneous PDU",
        ."rpki-rtr.length_text" as LENGTH_TEXT: u32 "Length of text",
        ."rpki-rtr.error_text" as ERROR_TEXT: str   "Erroneous Text",
    }
    claims { tcp.port = 323 }
}

const HEADER: usize = 8;
/// Longer than any PDU can sensibly be: error reports quote one.
const MAX: usize = 65_536;

impl Dissector for RpkiRtr {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if pdu.is_stream() {
            let len = match pdu.rest() {
                [_, _, _, _, len @ ..] => len.first_chunk().map(|&len| u32::from_be_bytes(len) as usize),
                _ => None,
            };
            match len {
                Some(len) if len > MAX => return pdu.reject(),
                len => pdu.wait_for(len.unwrap_or(HEADER))?,
            }
        }
        pdu.take(VERSION)?;
        let kind = pdu.take(PDU_TYPE)?;
        pdu.info(format_args!("{}", Self::name(PDU_TYPE, kind)));
        match kind {
            0 | 1 | 3 | 7 => drop(pdu.take(SESSION_ID)?),
            9 => {
                pdu.take(FLAGS)?;
                pdu.take_bytes(RESERVED, 1)?;
            }
            10 => drop(pdu.take(ERROR_CODE)?),
            2 | 4 | 6 | 8 => drop(pdu.take_bytes(RESERVED, 2)?),
            _ => pdu.skip(2)?,
        }
        let len = pdu.peek(LENGTH)? as usize;
        if kind > 10 || kind == 5 {
            pdu.skip(4)?;
        } else {
            pdu.take(LENGTH)?;
        }
        if !(HEADER..=MAX).contains(&len) {
            pdu.diagnostic(Severity::Error, "bad-length", 4..8, format_args!("{len} bytes"));
            return Ok(());
        }
        pdu.set_len(LENGTH, len);
        match kind {
            0 | 1 => drop(pdu.take(SERIAL_NUMBER)?),
            4 | 6 => {
                pdu.show(FLAGS_AW)?;
                pdu.take(FLAGS)?;
                pdu.take(PREFIX_LENGTH)?;
                pdu.take(MAX_LENGTH)?;
                pdu.take_bytes(RESERVED, 1)?;
                if kind == 4 {
                    pdu.take(IPV4_PREFIX)?;
                } else {
                    pdu.take(IPV6_PREFIX)?;
                }
                pdu.take(AS_NUMBER)?;
            }
            7 => {
                pdu.take(SERIAL_NUMBER)?;
                if pdu.wire_remaining() >= 12 {
                    pdu.take(REFRESH_INTERVAL)?;
                    pdu.take(RETRY_INTERVAL)?;
                    pdu.take(EXPIRE_INTERVAL)?;
                }
            }
            9 => {
                pdu.take(SUBJECT_KEY_IDENTIFIER)?;
                pdu.take(AS_NUMBER)?;
            }
            10 => {
                let len = pdu.take(LENGTH_PDU)? as usize;
                if len > 0 {
                    pdu.take_bytes(ERROR_PDU, len)?;
                }
                let len = pdu.take(LENGTH_TEXT)? as usize;
                if len > 0 {
                    pdu.take_bytes(ERROR_TEXT, len)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

builtin!(RpkiRtr);

#[test]
fn a_prefix_and_an_error() {
    check::<RpkiRtr>(
        "00 04 0000 00000014  01 18 18 00 0a000000 0000fde8",
        expect![[r#"
        RPKI-Router Protocol, IPv4 Prefix
          Version: 0
          PDU Type: IPv4 Prefix (4)
          Reserved: 0000
          Length: 20
          Flag AW: True
          Flags: 0x01
          Prefix Length: 24
          Max length: 24
          Reserved: 00
          IPv4 Prefix: 10.0.0.0
          AS Number: 65000
    "#]],
    );
    check::<RpkiRtr>(
        "00 0a 0002 00000012  00000000 00000002 6869",
        expect![[r#"
        RPKI-Router Protocol, Error Report
          Version: 0
          PDU Type: Error Report (10)
          Error Code: No Data Available (2)
          Length: 18
          Length of Encapsulated PDU: 0
          Length of text: 2
          Erroneous Text: hi
    "#]],
    );
}

#[test]
fn lying_lengths() {
    check::<RpkiRtr>(
        "00 04 0000 00000002",
        expect![[r#"
        RPKI-Router Protocol, IPv4 Prefix
          Version: 0
          PDU Type: IPv4 Prefix (4)
          Reserved: 0000
          Length: 2
          [error] bad-length: 2 bytes
    "#]],
    );
    check::<RpkiRtr>(
        "00 0a 0002 00000012  00000004 00000002 6869",
        expect![[r#"
        RPKI-Router Protocol, Error Report
          Version: 0
          PDU Type: Error Report (10)
          Error Code: No Data Available (2)
          Length: 18
          Length of Encapsulated PDU: 4
          Erroneous PDU: 00000002
          [error] short: rpki-rtr.length_text needs 4 bytes at offset 16, 2 are there
    "#]],
    );
}
