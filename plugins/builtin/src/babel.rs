//! Babel, a distance-vector routing protocol (RFC 8966).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Babel;

protocol! {
    /// Babel routing protocol.
    Babel = babel "Babel", "Babel Routing Protocol" {
        magic: u8                       "Magic",
        version: u8                     "Version",
        bodylen: u16                    "Body Length",
        tlv: group                      "Message",
        message: u8                     "Message" = MESSAGES,
        message.type: u8                "Message Type" = MESSAGES,
        message.length: u8              "Message Length",
        message.nonce: u16 hex          "Nonce",
        message.interval: u16           "Interval",
        message.seqno: u16 hex          "Seqno",
        message.ae: u8                  "Address Encoding" = {
            0 "Wildcard", 1 "IPv4", 2 "IPv6", 3 "Link-Local",
        },
        message.flags: u8 hex           "Flags",
        message.plen: u8                "Prefix Length",
        message.omitted: u8             "Omitted Bytes",
        message.rxcost: u16 hex         "Rxcost",
        message.metric: u16             "Metric",
        message.hopcount: u8            "Hop Count",
        message.routerid: bytes[8]      "Router ID",
        message.prefix: bytes           "Raw Prefix",
        subtlv: u8                      "Sub-TLV" = SUBTLVS,
        subtlv.type: u8                 "Sub-TLV Type" = SUBTLVS,
        subtlv.length: u8               "Sub-TLV Length",
        subtlv.diversity.channel: u8    "Channel",
    }
    claims { udp.port = [6696, 6697] }
}

value_names! {
    /// Messages, which the RFC calls TLVs.
    MESSAGES {
        0 "pad1", 1 "padn", 2 "ack-req", 3 "ack", 4 "hello", 5 "ihu", 6 "router-id", 7 "nh", 8 "update", 9 "request",
        10 "seqno-req", 11 "ts/pc (obsolete)", 12 "hmac", 13 "source-specific-update", 14 "source-specific-request",
        15 "source-specific-seqno-req", 16 "mac", 17 "pc", 18 "challenge-request", 19 "challenge-reply",
    }
}

value_names! {
    /// What may follow the fields of a message.
    SUBTLVS { 0 "pad1", 1 "padn", 2 "diversity", 3 "timestamp" }
}

impl Dissector for Babel {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.info(format_args!("Babel"));
        pdu.take(MAGIC)?;
        pdu.take(VERSION)?;
        let len = pdu.take(BODYLEN)?.into();
        pdu.within(BODYLEN, len, |pdu| {
            while pdu.wire_remaining() > 0 {
                pdu.group(TLV, message)?;
            }
            Ok(())
        })
    }
}

fn message(pdu: &mut Pdu<'_>) -> Step {
    pdu.show(MESSAGE)?;
    let kind = pdu.take(MESSAGE_TYPE)?;
    if kind == 0 {
        return Ok(());
    }
    let len = usize::from(pdu.take(MESSAGE_LENGTH)?);
    pdu.within(MESSAGE_LENGTH, len, |pdu| {
        match kind {
            2 => {
                pdu.skip(2)?;
                pdu.take(MESSAGE_NONCE)?;
                pdu.take(MESSAGE_INTERVAL)?;
            }
            3 => drop(pdu.take(MESSAGE_NONCE)?),
            4 => {
                pdu.skip(2)?;
                pdu.take(MESSAGE_SEQNO)?;
                pdu.take(MESSAGE_INTERVAL)?;
            }
            5 => {
                let encoding = pdu.take(MESSAGE_AE)?;
                pdu.skip(1)?;
                pdu.take(MESSAGE_RXCOST)?;
                pdu.take(MESSAGE_INTERVAL)?;
                address(pdu, encoding)?;
            }
            6 => {
                pdu.skip(2)?;
                pdu.take(MESSAGE_ROUTERID)?;
            }
            7 => {
                let encoding = pdu.take(MESSAGE_AE)?;
                pdu.skip(1)?;
                address(pdu, encoding)?;
            }
            8 => {
                let encoding = pdu.take(MESSAGE_AE)?;
                pdu.take(MESSAGE_FLAGS)?;
                let bits = pdu.take(MESSAGE_PLEN)?;
                let omitted = pdu.take(MESSAGE_OMITTED)?;
                pdu.take(MESSAGE_INTERVAL)?;
                pdu.take(MESSAGE_SEQNO)?;
                pdu.take(MESSAGE_METRIC)?;
                prefix(pdu, encoding, bits, omitted)?;
            }
            9 => {
                let encoding = pdu.take(MESSAGE_AE)?;
                let bits = pdu.take(MESSAGE_PLEN)?;
                prefix(pdu, encoding, bits, 0)?;
            }
            10 => {
                let encoding = pdu.take(MESSAGE_AE)?;
                let bits = pdu.take(MESSAGE_PLEN)?;
                pdu.take(MESSAGE_SEQNO)?;
                pdu.take(MESSAGE_HOPCOUNT)?;
                pdu.skip(1)?;
                pdu.take(MESSAGE_ROUTERID)?;
                prefix(pdu, encoding, bits, 0)?;
            }
            _ => return Ok(()),
        }
        while pdu.wire_remaining() > 0 {
            subtlv(pdu)?;
        }
        Ok(())
    })
}

fn address(pdu: &mut Pdu<'_>, encoding: u8) -> Step {
    match encoding {
        1 => pdu.take_bytes(MESSAGE_PREFIX, 4).map(drop),
        2 => pdu.take_bytes(MESSAGE_PREFIX, 16).map(drop),
        3 => pdu.take_bytes(MESSAGE_PREFIX, 8).map(drop),
        _ => pdu.take_bytes(MESSAGE_PREFIX, 0).map(drop),
    }
}

/// The bytes of a prefix but for those that it has in common with one before it (RFC 8966, section 4.6.9).
fn prefix(pdu: &mut Pdu<'_>, encoding: u8, bits: u8, omitted: u8) -> Step {
    let len = match encoding {
        0 => 0,
        _ => usize::from(bits).div_ceil(8).saturating_sub(omitted.into()),
    };
    pdu.take_bytes(MESSAGE_PREFIX, len).map(drop)
}

fn subtlv(pdu: &mut Pdu<'_>) -> Step {
    pdu.show(SUBTLV)?;
    let kind = pdu.take(SUBTLV_TYPE)?;
    if kind == 0 {
        return Ok(());
    }
    let len = pdu.take(SUBTLV_LENGTH)?.into();
    pdu.within(SUBTLV_LENGTH, len, |pdu| {
        if kind == 2 {
            while pdu.wire_remaining() > 0 {
                pdu.take(SUBTLV_DIVERSITY_CHANNEL)?;
            }
        }
        Ok(())
    })
}

builtin!(Babel);

#[test]
fn a_hello_and_an_update() {
    check::<Babel>(
        "2a 02 001a  04 06 0000 0001 0190  08 10 02 00 20 00 0190 0001 0000 20010db8 02 00",
        expect![[r#"
            Babel Routing Protocol, Babel
              Magic: 42
              Version: 2
              Body Length: 26
              Message: hello (4)
                Message: hello (4)
                Message Type: hello (4)
                Message Length: 6
                Seqno: 0x0001
                Interval: 400
              Message: update (8)
                Message: update (8)
                Message Type: update (8)
                Message Length: 16
                Address Encoding: IPv6 (2)
                Flags: 0x00
                Prefix Length: 32
                Omitted Bytes: 0
                Interval: 400
                Seqno: 0x0001
                Metric: 0
                Raw Prefix: 20010db8
                Sub-TLV: diversity (2)
                Sub-TLV Type: diversity (2)
                Sub-TLV Length: 0
        "#]],
    );
}

#[test]
fn a_prefix_that_is_too_long() {
    check::<Babel>(
        "2a 02 0007  09 05 02 40 200101",
        expect![[r#"
            Babel Routing Protocol, Babel
              Magic: 42
              Version: 2
              Body Length: 7
              Message: request (9)
                Message: request (9)
                Message Type: request (9)
                Message Length: 5
                Address Encoding: IPv6 (2)
                Prefix Length: 64
              [error] short: babel.message.prefix needs 8 bytes at offset 8, 3 are there (the end is set by babel.message.length)
        "#]],
    );
}
