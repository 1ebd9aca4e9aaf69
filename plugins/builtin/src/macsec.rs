//! MACsec (IEEE 802.1AE-2018, clause 9): the security tag; what it protects is read where it is not encrypted.

use crate::eth::Place;
use crate::ethertypes::ETHERTYPES;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Macsec;

protocol! {
    /// MAC security: 802.1AE.
    Macsec = macsec "MACSEC", "802.1AE Security tag" {
        TCI: u8 hex & 0xfc              "TCI" {
            V: hex uint 0x80            "VER",
            ES: 0x40                    "ES",
            SC: 0x20                    "SC",
            SCB: 0x10                   "SCB",
            E: 0x08                     "E",
            C: 0x04                     "C",
        },
        AN: u8 hex & 0x03               "AN",
        SL: u8                          "Short length",
        PN: u32                         "Packet number",
        SCI.system_identifier: mac      "System Identifier",
        SCI.port_identifier: u16        "Port Identifier",
        etype: u16 hex                  "Ethertype" = ETHERTYPES,
        ICV: bytes                      "ICV",
    }
    claims { ethertype = 0x88e5 }
    tables { ETHERTYPE: "ethertype" named, DATA: "@data" }
}

const ICV_LEN: usize = 16;
const SC_BIT: u8 = 0x20 >> 2;
const ENCRYPTED_OR_CHANGED: u8 = 0x0c >> 2;

impl Dissector for Macsec {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let context = Place(pdu.context());
        let tci = pdu.show(TCI)?;
        pdu.take(AN)?;
        pdu.take(SL)?;
        let number = pdu.take(PN)?;
        pdu.info(format_args!("MACsec frame {number}"));
        if tci & SC_BIT != 0 {
            pdu.take(SCI_SYSTEM_IDENTIFIER)?;
            pdu.take(SCI_PORT_IDENTIFIER)?;
        }
        let payload = pdu.wire_remaining().saturating_sub(ICV_LEN);
        if tci & ENCRYPTED_OR_CHANGED != 0 {
            pdu.hand_to(DATA).len(payload);
            pdu.skip(payload)?;
        } else {
            let kind = pdu.take(ETYPE)?;
            let payload = payload.saturating_sub(2);
            let at = pdu.position();
            pdu.hand_on(ETHERTYPE, kind).len(payload).context(context.payload(at).0);
            pdu.skip(payload)?;
        }
        pdu.take_bytes(ICV, ICV_LEN)?;
        Ok(())
    }
}

builtin!(Macsec);

#[test]
fn protected_and_not_encrypted() {
    check::<Macsec>(
        "20 00 00000044 020000000001 0001 0800 4500 000102030405060708090a0b0c0d0e0f",
        expect![[r#"
            802.1AE Security tag, MACsec frame 68
              TCI: 0x08
                0... .... = VER: 0x0
                .0.. .... = ES: False
                ..1. .... = SC: True
                ...0 .... = SCB: False
                .... 0... = E: False
                .... .0.. = C: False
              AN: 0x0
              Short length: 0
              Packet number: 68
              System Identifier: 02:00:00:00:00:01
              Port Identifier: 1
              Ethertype: IPv4 (0x0800)
              ICV: 000102030405060708090a0b0c0d0e0f
            → ethertype [2048]: bytes 16..18
        "#]],
    );
    check::<Macsec>(
        "2c 00 00000044 020000000001 0001 aabb 000102030405060708090a0b0c0d0e0f",
        expect![[r#"
            802.1AE Security tag, MACsec frame 68
              TCI: 0x0b
                0... .... = VER: 0x0
                .0.. .... = ES: False
                ..1. .... = SC: True
                ...0 .... = SCB: False
                .... 1... = E: True
                .... .1.. = C: True
              AN: 0x0
              Short length: 0
              Packet number: 68
              System Identifier: 02:00:00:00:00:01
              Port Identifier: 1
              ICV: 000102030405060708090a0b0c0d0e0f
            → @data [0]: bytes 14..16
        "#]],
    );
    check::<Macsec>(
        "20 00 0000",
        expect![[r#"
            802.1AE Security tag
              TCI: 0x08
                0... .... = VER: 0x0
                .0.. .... = ES: False
                ..1. .... = SC: True
                ...0 .... = SCB: False
                .... 0... = E: False
                .... .0.. = C: False
              AN: 0x0
              Short length: 0
              [error] short: macsec.PN needs 4 bytes at offset 2, 2 are there
        "#]],
    );
}
