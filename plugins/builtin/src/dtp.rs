//! DTP, with which Cisco's switches agree on trunks; as seen in captures.

use crate::padded::take_padded;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Dtp;

protocol! {
    /// Dynamic Trunk Protocol.
    Dtp = dtp "DTP", "Dynamic Trunk Protocol" {
        version: u8             "Version",
        tlv: group              "TLV",
        tlv_type: u16 hex       "Type" = { 1 "Domain", 2 "Trunk Status", 3 "Trunk Type", 4 "Sender ID" },
        /// With the type and itself.
        tlv_len: u16            "Length",
        domain: str             "Domain",
        tos: u8 hex & 0x80      "Trunk Operating Status" = { 0 "Access", 1 "Trunk" },
        tas: u8 hex & 0x07      "Trunk Administrative Status" = { 1 "On", 2 "Off", 3 "Desirable", 4 "Auto" },
        tot: u8 hex & 0xe0      "Trunk Operating Type" = { 1 "Native", 2 "ISL", 5 "802.1Q" },
        tat: u8 hex & 0x07      "Trunk Administrative Type" = { 0 "Negotiated", 1 "Native", 2 "ISL", 5 "802.1Q" },
        senderid: mac           "Sender ID",
        data: bytes             "Data",
    }
    claims { llc.snap = 0x0c2004 }
}

const TLV_HEADER: usize = 4;

impl Dissector for Dtp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(VERSION)?;
        pdu.info(format_args!("Dynamic Trunk Protocol"));
        while pdu.remaining() > 0 {
            pdu.group(TLV, |pdu| {
                let kind = pdu.take(TLV_TYPE)?;
                let at = pdu.position();
                let len = usize::from(pdu.take(TLV_LEN)?);
                let Some(data) = len.checked_sub(TLV_HEADER) else {
                    pdu.diagnostic(Severity::Error, "bad-length", at..at + 2, format_args!("{len} bytes, less than 4"));
                    return pdu.skip(pdu.remaining());
                };
                match (kind, data) {
                    (1, 1..) => drop(take_padded(pdu, DOMAIN, data)?),
                    (2, 1) => {
                        pdu.show(TOS)?;
                        pdu.take(TAS)?;
                    }
                    (3, 1) => {
                        pdu.show(TOT)?;
                        pdu.take(TAT)?;
                    }
                    (4, 6) => drop(pdu.take(SENDERID)?),
                    (_, 0) => {}
                    _ => drop(pdu.take_bytes(DATA, data)?),
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}

builtin!(Dtp);

#[test]
fn a_message() {
    check::<Dtp>(
        "01 0001 0008 4c616200 0002 0005 04 0003 0005 40 0004 000a 020000000001",
        expect![[r#"
            Dynamic Trunk Protocol, Dynamic Trunk Protocol
              Version: 1
              TLV: Domain (0x0001)
                Type: Domain (0x0001)
                Length: 8
                Domain: Lab
              TLV: Trunk Status (0x0002)
                Type: Trunk Status (0x0002)
                Length: 5
                Trunk Operating Status: Access (0x0)
                Trunk Administrative Status: Auto (0x4)
              TLV: Trunk Type (0x0003)
                Type: Trunk Type (0x0003)
                Length: 5
                Trunk Operating Type: ISL (0x2)
                Trunk Administrative Type: Negotiated (0x0)
              TLV: Sender ID (0x0004)
                Type: Sender ID (0x0004)
                Length: 10
                Sender ID: 02:00:00:00:00:01
        "#]],
    );
    check::<Dtp>(
        "01 0001 0003",
        expect![[r#"
            Dynamic Trunk Protocol, Dynamic Trunk Protocol
              Version: 1
              TLV: Domain (0x0001)
                Type: Domain (0x0001)
                Length: 3
                [error] bad-length: 3 bytes, less than 4
        "#]],
    );
    check::<Dtp>(
        "01 0004 000a 0200",
        expect![[r#"
            Dynamic Trunk Protocol, Dynamic Trunk Protocol
              Version: 1
              TLV: Sender ID (0x0004)
                Type: Sender ID (0x0004)
                Length: 10
              [error] short: dtp.senderid needs 6 bytes at offset 5, 2 are there
        "#]],
    );
}
