//! OLSR, the Optimized Link State Routing protocol, version 1 (RFC 3626, section 3): the header of packets, and those of
//! the messages in them.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Olsr;

protocol! {
    /// Optimized Link State Routing Protocol (RFC 3626).
    Olsr = olsr "OLSR", "Optimized Link State Routing Protocol" {
        packet_len: u16             "Packet Length",
        packet_seq_num: u16         "Packet Sequence Number",
        message: group              "Message",
        message_type: u8            "Message Type" = {
            1 "HELLO", 2 "TC", 3 "MID", 4 "HNA", 128 "Powerinfo", 129 "Nameservice", 130 "LQ-HELLO", 131 "LQ-TC",
        },
        message_size: u16           "Message",
        originator: ipv4            "Originator Address",
        ttl: u8                     "TTL",
        hop_count: u8               "Hop Count",
        message_seq_num: u16        "Message Sequence Number",
        network_addr: ipv4          "Network Address",
        netmask: ipv4               "Netmask",
        interface_addr: ipv4        "Interface Address",
        data: bytes                 "Data",
    }
    claims { udp.port = 698 }
}

const HEADER: usize = 4;
const MESSAGE_HEADER: usize = 12;

impl Dissector for Olsr {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let len = usize::from(pdu.take(PACKET_LEN)?);
        pdu.info(format_args!("OLSR (IPv4) Packet,  Length: {len} Bytes"));
        pdu.take(PACKET_SEQ_NUM)?;
        pdu.within(PACKET_LEN, len.saturating_sub(HEADER), |pdu| {
            while pdu.wire_remaining() > 0 {
                pdu.group(MESSAGE, message)?;
            }
            Ok(())
        })
    }
}

fn message(pdu: &mut Pdu<'_>) -> Step {
    let at = pdu.position();
    let kind = pdu.take(MESSAGE_TYPE)?;
    // How long it holds, as mantissa and exponent.
    pdu.skip(1)?;
    let len = usize::from(pdu.take(MESSAGE_SIZE)?);
    if len < MESSAGE_HEADER {
        let text = format_args!("{len} bytes, less than the message's header");
        pdu.diagnostic(Severity::Error, "bad-length", at + 2..at + 4, text);
        return pdu.skip(pdu.remaining());
    }
    pdu.within(MESSAGE_SIZE, len - 4, |pdu| {
        pdu.take(ORIGINATOR)?;
        pdu.take(TTL)?;
        pdu.take(HOP_COUNT)?;
        pdu.take(MESSAGE_SEQ_NUM)?;
        match kind {
            3 => {
                while pdu.wire_remaining() > 0 {
                    pdu.take(INTERFACE_ADDR)?;
                }
            }
            4 => {
                while pdu.wire_remaining() > 0 {
                    pdu.take(NETWORK_ADDR)?;
                    pdu.take(NETMASK)?;
                }
            }
            _ if pdu.wire_remaining() > 0 => drop(pdu.take_bytes(DATA, pdu.wire_remaining())?),
            _ => {}
        }
        Ok(())
    })
}

builtin!(Olsr);

#[test]
fn networks() {
    check::<Olsr>(
        "0018 0001  04 86 0014 0a000001 ff 00 0002 0a010000 ffff0000",
        expect![[r#"
            Optimized Link State Routing Protocol, OLSR (IPv4) Packet,  Length: 24 Bytes
              Packet Length: 24
              Packet Sequence Number: 1
              Message: HNA (4)
                Message Type: HNA (4)
                Message: 20
                Originator Address: 10.0.0.1
                TTL: 255
                Hop Count: 0
                Message Sequence Number: 2
                Network Address: 10.1.0.0
                Netmask: 255.255.0.0
        "#]],
    );
    check::<Olsr>(
        "0018 0001  04 86 0003 0a000001",
        expect![[r#"
            Optimized Link State Routing Protocol, OLSR (IPv4) Packet,  Length: 24 Bytes
              Packet Length: 24
              Packet Sequence Number: 1
              Message: HNA (4)
                Message Type: HNA (4)
                Message: 3
                [error] bad-length: 3 bytes, less than the message's header
        "#]],
    );
}
