//! IPComp, IP payload compression (RFC 3173, section 3).

use crate::ip_protocols::IP_PROTOCOLS;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct IpComp;

protocol! {
    /// IP Payload Compression.
    IpComp = ipcomp "IPComp", "IP Payload Compression" {
        next_header: u8         "Next Header" = IP_PROTOCOLS,
        flags: u8 hex           "IPComp Flags",
        cpi: u16 hex            "IPComp CPI" = { 1 "OUI", 2 "DEFLATE", 3 "LZS", 4 "LZJH" },
    }
    claims { ip.proto = 108 }
    tables { DATA: "@data" }
}

impl Dissector for IpComp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(NEXT_HEADER)?;
        pdu.take(FLAGS)?;
        let cpi = pdu.take(CPI)?;
        pdu.info(format_args!("IPComp (CPI=0x{cpi:04x})"));
        pdu.hand_to(DATA);
        Ok(())
    }
}

builtin!(IpComp);

#[test]
fn a_packet() {
    check::<IpComp>(
        "06 00 0002 4b4c",
        expect![[r#"
        IP Payload Compression, IPComp (CPI=0x0002)
          Next Header: TCP (6)
          IPComp Flags: 0x00
          IPComp CPI: DEFLATE (0x0002)
        → @data [0]: bytes 4..6
    "#]],
    );
    check::<IpComp>(
        "06 00 00",
        expect![[r#"
        IP Payload Compression
          Next Header: TCP (6)
          IPComp Flags: 0x00
          [error] short: ipcomp.cpi needs 2 bytes at offset 2, 1 are there
    "#]],
    );
}
