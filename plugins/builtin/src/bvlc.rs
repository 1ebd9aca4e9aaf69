//! BVLC, the BACnet virtual link layer over UDP (ANSI/ASHRAE Standard 135, annex J).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Bvlc;

protocol! {
    /// BACnet Virtual Link Control.
    Bvlc = bvlc "BVLC", "BACnet Virtual Link Control" {
        type: u8 hex                "Type" = { 0x81 "BACnet/IP (Annex J)", 0x82 "BACnet/IPv6 (Annex U)" },
        function: u8 hex            "Function" = {
            0x00 "BVLC-Result", 0x01 "Write-Broadcast-Distribution-Table", 0x02 "Read-Broadcast-Distribution-Table",
            0x03 "Read-Broadcast-Distribution-Table-Ack", 0x04 "Forwarded-NPDU", 0x05 "Register-Foreign-Device",
            0x06 "Read-Foreign-Device-Table", 0x07 "Read-Foreign-Device-Table-Ack", 0x08 "Delete-Foreign-Device-Table-Entry",
            0x09 "Distribute-Broadcast-To-Network", 0x0a "Original-Unicast-NPDU", 0x0b "Original-Broadcast-NPDU",
            0x0c "Secure-BVLL",
        },
        /// That of this header; the packet's is with it in the bytes.
        length: computed u16        "BVLC-Length",
        result_ip4: u16 hex         "Result",
        fwd_ip: ipv4                "IP",
        fwd_port: u16               "Port",
        reg_ttl: u16                "TTL",
    }
    claims { udp.port = 47808 }
    tables { BACNET: "@bacnet" }
}

const IPV4: u8 = 0x81;

impl Dissector for Bvlc {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if pdu.peek(TYPE)? != IPV4 {
            return pdu.reject();
        }
        pdu.take(TYPE)?;
        let function = pdu.take(FUNCTION)?;
        pdu.info(format_args!("{}", Self::name(FUNCTION, function)));
        let total = usize::from(pdu.rest().first_chunk().map_or(0, |&bytes| u16::from_be_bytes(bytes)));
        // Only a forwarded packet has more before it: who sent it first.
        let own = match function {
            0x04 => 10,
            0x09..=0x0b => 4,
            _ => total,
        };
        pdu.computed(LENGTH, 2..4, own);
        pdu.skip(2)?;
        pdu.set_len(LENGTH, total);
        match function {
            0x00 => drop(pdu.take(RESULT_IP4)?),
            0x04 => {
                pdu.take(FWD_IP)?;
                pdu.take(FWD_PORT)?;
            }
            0x05 => drop(pdu.take(REG_TTL)?),
            _ => {}
        }
        if matches!(function, 0x04 | 0x09..=0x0b) && pdu.wire_remaining() > 0 {
            pdu.hand_to(BACNET);
        }
        Ok(())
    }
}

builtin!(Bvlc);

#[test]
fn a_broadcast() {
    check::<Bvlc>(
        "81 0b 000c 0120ffff00ff 1008",
        expect![[r#"
        BACnet Virtual Link Control, Original-Broadcast-NPDU
          Type: BACnet/IP (Annex J) (0x81)
          Function: Original-Broadcast-NPDU (0x0b)
          BVLC-Length: 4
        → @bacnet [0]: bytes 4..12
    "#]],
    );
    check::<Bvlc>(
        "81 04 000c 0a000001 ba",
        expect![[r#"
        BACnet Virtual Link Control, Forwarded-NPDU
          Type: BACnet/IP (Annex J) (0x81)
          Function: Forwarded-NPDU (0x04)
          BVLC-Length: 10
          IP: 10.0.0.1
          [error] short: bvlc.fwd_port needs 2 bytes at offset 8, 1 are there
    "#]],
    );
    check::<Bvlc>(
        "00 0b",
        expect![[r#"
        rejected
    "#]],
    );
}
