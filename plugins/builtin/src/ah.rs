//! AH, the IP authentication header (RFC 4302, section 2).

use crate::ip_protocols::IP_PROTOCOLS;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Ah;

protocol! {
    /// IP authentication header.
    Ah = ah "AH", "Authentication Header" {
        next_header: u8        "Next header" = IP_PROTOCOLS,
        length: u8             "Length" unit "× 4 bytes, without the first 8",
        reserved: bytes[2]     "Reserved",
        spi: u32 hex           "AH SPI",
        sequence: u32          "AH Sequence",
        icv: bytes             "AH ICV",
    }
    claims { ip.proto = 51 }
    tables { PROTO: "ip.proto" }
}

/// Bytes up to the ICV.
const FIXED: usize = 12;

impl Dissector for Ah {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let next = pdu.take(NEXT_HEADER)?;
        let len = 4 * (2 + usize::from(pdu.take(LENGTH)?));
        pdu.take(RESERVED)?;
        let spi = pdu.take(SPI)?;
        pdu.take(SEQUENCE)?;
        pdu.info(format_args!("AH (SPI=0x{spi:08x})"));
        if len > FIXED {
            pdu.take_bytes(ICV, len - FIXED)?;
        }
        // The addresses are still those of the IP header before this one.
        let context = pdu.context();
        pdu.hand_on(PROTO, next).context(context);
        Ok(())
    }
}

builtin!(Ah);

#[test]
fn a_header() {
    check::<Ah>(
        "59 04 0000 00000100 00000013 000102030405060708090a0b 0301",
        expect![[r#"
            Authentication Header, AH (SPI=0x00000100)
              Next header: OSPF IGP (89)
              Length: 4 × 4 bytes, without the first 8
              Reserved: 0000
              AH SPI: 0x00000100
              AH Sequence: 19
              AH ICV: 000102030405060708090a0b
            → ip.proto [89]: bytes 24..26
        "#]],
    );
    check::<Ah>(
        "59 04 0000 00000100 00000013 0001",
        expect![[r#"
            Authentication Header, AH (SPI=0x00000100)
              Next header: OSPF IGP (89)
              Length: 4 × 4 bytes, without the first 8
              Reserved: 0000
              AH SPI: 0x00000100
              AH Sequence: 19
              [error] short: ah.icv needs 12 bytes at offset 12, 2 are there
        "#]],
    );
}
