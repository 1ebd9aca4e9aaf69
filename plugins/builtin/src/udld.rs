//! UDLD, Cisco's detection of unidirectional links (RFC 5171, section 4).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Udld;

protocol! {
    /// Unidirectional Link Detection.
    Udld = udld "UDLD", "Unidirectional Link Detection" {
        version: u8 & 0xe0              "Version",
        opcode: u8 & 0x1f               "Opcode" = { 0 "Reserved", 1 "Probe", 2 "Echo", 3 "Flush" },
        flags: u8                       "Flags" {
            rt: uint hex 0x01           "Recommended timeout",
            rsy: uint hex 0x02          "ReSynch",
        },
        checksum: u16 hex               "Checksum",
        tlv: group                      "TLV",
        tlv.type: u16 hex               "Type" = {
            1 "Device ID", 2 "Port ID", 3 "Echo", 4 "Message interval", 5 "Timeout interval", 6 "Device name",
            7 "Sequence number",
        },
        tlv.len: u16                    "Length",
        device_id: str                  "Device ID",
        sent_through_interface: str     "Sent through Interface",
        data: bytes                     "Data",
    }
    claims { llc.snap = 0x0c0111 }
}

const TLV_HEADER: usize = 4;

impl Dissector for Udld {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.show(VERSION)?;
        pdu.take(OPCODE)?;
        pdu.take(FLAGS)?;
        pdu.take(CHECKSUM)?;
        let (mut device, mut port) = (&b""[..], &b""[..]);
        while pdu.remaining() > 0 {
            pdu.group(TLV, |pdu| {
                let kind = pdu.take(TLV_TYPE)?;
                let at = pdu.position();
                let len = usize::from(pdu.take(TLV_LEN)?);
                let Some(data) = len.checked_sub(TLV_HEADER) else {
                    pdu.diagnostic(Severity::Error, "bad-length", at..at + 2, format_args!("{len} bytes, less than 4"));
                    return Ok(());
                };
                match kind {
                    1 => device = pdu.take_bytes(DEVICE_ID, data)?,
                    2 => port = pdu.take_bytes(SENT_THROUGH_INTERFACE, data)?,
                    _ => drop(pdu.take_bytes(DATA, data)?),
                }
                Ok(())
            })?;
        }
        pdu.info(format_args!("Device ID: {}  Port ID: {}", device.escape_ascii(), port.escape_ascii()));
        Ok(())
    }
}

builtin!(Udld);

#[test]
fn a_probe() {
    check::<Udld>(
        "21 03 1234 0001 0006 5331 0002 0009 4769302f31 0004 0005 07",
        expect![[r#"
            Unidirectional Link Detection, Device ID: S1  Port ID: Gi0/1
              Version: 1
              Opcode: Probe (1)
              Flags: 3
                .... ...1 = Recommended timeout: 0x1
                .... ..1. = ReSynch: 0x1
              Checksum: 0x1234
              TLV: Device ID (0x0001)
                Type: Device ID (0x0001)
                Length: 6
                Device ID: S1
              TLV: Port ID (0x0002)
                Type: Port ID (0x0002)
                Length: 9
                Sent through Interface: Gi0/1
              TLV: Message interval (0x0004)
                Type: Message interval (0x0004)
                Length: 5
                Data: 07
        "#]],
    );
}

#[test]
fn lengths_that_cannot_be() {
    check::<Udld>(
        "21 03 1234 0001 0003",
        expect![[r#"
            Unidirectional Link Detection, Device ID:   Port ID: 
              Version: 1
              Opcode: Probe (1)
              Flags: 3
                .... ...1 = Recommended timeout: 0x1
                .... ..1. = ReSynch: 0x1
              Checksum: 0x1234
              TLV: Device ID (0x0001)
                Type: Device ID (0x0001)
                Length: 3
                [error] bad-length: 3 bytes, less than 4
        "#]],
    );
    check::<Udld>(
        "21 03 1234 0001 0016 53",
        expect![[r#"
            Unidirectional Link Detection
              Version: 1
              Opcode: Probe (1)
              Flags: 3
                .... ...1 = Recommended timeout: 0x1
                .... ..1. = ReSynch: 0x1
              Checksum: 0x1234
              TLV: Device ID (0x0001)
                Type: Device ID (0x0001)
                Length: 22
              [error] short: udld.device_id needs 18 bytes at offset 8, 1 are there
        "#]],
    );
}
