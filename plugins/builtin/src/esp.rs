//! ESP, the encapsulating security payload of IPsec (RFC 4303, section 2). What follows is encrypted, but where a NAT is
//! in between it comes in UDP (RFC 3948), together with the key exchange and single bytes that keep the way open.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Esp;

protocol! {
    /// Encapsulating Security Payload.
    Esp = esp "ESP", "Encapsulating Security Payload" {
        spi: u32 hex            "ESP SPI",
        sequence: u32           "ESP Sequence",
        /// With the integrity check value, if there is one.
        encrypted_data: bytes   "Encrypted Data",
    }
    claims { ip.proto = 50 }
}

impl Dissector for Esp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let spi = pdu.take(SPI)?;
        pdu.info(format_args!("ESP (SPI=0x{spi:08x})"));
        pdu.take(SEQUENCE)?;
        if pdu.remaining() > 0 {
            pdu.take_rest(ENCRYPTED_DATA);
        }
        Ok(())
    }
}

builtin!(Esp);

/// The UDP port that ESP and the key exchange share.
mod udp {
    use prosector_sdk::prelude::*;

    /// The dissector.
    #[derive(Default)]
    pub struct UdpEncap;

    protocol! {
        /// UDP encapsulation of IPsec packets.
        UdpEncap = udpencap "UDPENCAP", "UDP Encapsulation of IPsec Packets" {
            /// Four zeros, which no ESP packet begins with.
            non_esp_marker: u32 hex     "Non-ESP Marker",
            nat_keepalive: u8 hex       "NAT-keepalive packet",
        }
        claims { udp.port = 4500 }
        tables { ESP: "@esp", ISAKMP: "@isakmp" }
    }

    const KEEPALIVE: u8 = 0xff;

    impl Dissector for UdpEncap {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            match pdu.rest() {
                [KEEPALIVE] => {
                    pdu.take(NAT_KEEPALIVE)?;
                    pdu.info(format_args!("NAT-keepalive"));
                }
                [0, 0, 0, 0, ..] => {
                    pdu.take(NON_ESP_MARKER)?;
                    pdu.hand_to(ISAKMP);
                }
                _ => drop(pdu.hand_to(ESP)),
            }
            Ok(())
        }
    }

    builtin!(UdpEncap);

    #[test]
    fn the_three_kinds() {
        check::<UdpEncap>(
            "ff",
            expect![[r#"
            UDP Encapsulation of IPsec Packets, NAT-keepalive
              NAT-keepalive packet: 0xff
        "#]],
        );
        check::<UdpEncap>(
            "00000000 01",
            expect![[r#"
            UDP Encapsulation of IPsec Packets
              Non-ESP Marker: 0x00000000
            → @isakmp [0]: bytes 4..5
        "#]],
        );
        check::<UdpEncap>(
            "00000001 00000002",
            expect![[r#"
            UDP Encapsulation of IPsec Packets
            → @esp [0]: bytes 0..8
        "#]],
        );
    }
}

#[test]
fn a_packet() {
    check::<Esp>(
        "00001234 00000005 aabbcc",
        expect![[r#"
        Encapsulating Security Payload, ESP (SPI=0x00001234)
          ESP SPI: 0x00001234
          ESP Sequence: 5
          Encrypted Data: aabbcc
    "#]],
    );
    check::<Esp>(
        "00001234 00",
        expect![[r#"
        Encapsulating Security Payload, ESP (SPI=0x00001234)
          ESP SPI: 0x00001234
          [error] short: esp.sequence needs 4 bytes at offset 4, 1 are there
    "#]],
    );
}
