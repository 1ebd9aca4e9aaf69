//! LMP, the Link Management Protocol (RFC 4204): the header of messages.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Lmp;

protocol! {
    /// Link Management Protocol (RFC 4204).
    Lmp = lmp "LMP", "Link Management Protocol (LMP)" {
        version: u8 & 0xf0          "LMP Version",
        header_flags: u8 hex        "Flags" {
            .hdr.reboot: 0x02       "Reboot",
            .hdr.ccdown: 0x01       "ControlChannelDown",
        },
        msg: u8                     "Message Type" = {
            1 "Config Message", 2 "ConfigAck Message", 3 "ConfigNack Message", 4 "Hello Message", 5 "BeginVerify Message",
            6 "BeginVerifyAck Message", 7 "BeginVerifyNack Message", 8 "EndVerify Message", 9 "EndVerifyAck Message",
            10 "Test Message", 11 "TestStatusSuccess Message", 12 "TestStatusFailure Message", 13 "TestStatusAck Message",
            14 "LinkSummary Message", 15 "LinkSummaryAck Message", 16 "LinkSummaryNack Message", 17 "ChannelStatus Message",
            18 "ChannelStatusAck Message", 19 "ChannelStatusRequest Message", 20 "ChannelStatusResponse Message",
        },
        header_length: u16          "Length" unit "bytes",
        object_group: group         "Object",
        negotiable: bool & 0x80     "Negotiable",
        ctype: u8 & 0x7f            "Object C-Type",
        object: u8                  "Object class",
        object_length: u16          "Length",
    }
    claims { udp.port = 701 }
}

const HEADER: usize = 8;
const OBJECT_HEADER: usize = 4;

impl Dissector for Lmp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(VERSION)?;
        pdu.skip(1)?;
        pdu.take(HEADER_FLAGS)?;
        let kind = pdu.take(MSG)?;
        pdu.info(format_args!("{}", Self::name(MSG, kind)));
        let len = usize::from(pdu.take(HEADER_LENGTH)?);
        pdu.skip(2)?;
        pdu.within(HEADER_LENGTH, len.saturating_sub(HEADER), |pdu| {
            while pdu.wire_remaining() > 0 {
                let more = pdu.group(OBJECT_GROUP, |pdu| {
                    pdu.show(NEGOTIABLE)?;
                    pdu.take(CTYPE)?;
                    pdu.take(OBJECT)?;
                    let at = pdu.position();
                    let len = usize::from(pdu.take(OBJECT_LENGTH)?);
                    if len < OBJECT_HEADER {
                        let text = format_args!("{len} bytes, less than the object's header");
                        pdu.diagnostic(Severity::Error, "bad-length", at..at + 2, text);
                        return Ok(false);
                    }
                    pdu.within(OBJECT_LENGTH, len - OBJECT_HEADER, |pdu| pdu.skip(pdu.remaining()))?;
                    Ok(true)
                })?;
                if !more {
                    break;
                }
            }
            Ok(())
        })
    }
}

builtin!(Lmp);

#[test]
fn a_hello() {
    check::<Lmp>(
        "10 00 01 04 0010 0000  01 07 0008 00000001",
        expect![[r#"
        Link Management Protocol (LMP), Hello Message
          LMP Version: 1
          Flags: 0x01
            .... ..0. = Reboot: False
            .... ...1 = ControlChannelDown: True
          Message Type: Hello Message (4)
          Length: 16 bytes
          Object
            Negotiable: False
            Object C-Type: 1
            Object class: 7
            Length: 8
    "#]],
    );
}

#[test]
fn an_object_without_length() {
    check::<Lmp>(
        "10 00 01 04 0010 0000  01 07 0000 00000001",
        expect![[r#"
        Link Management Protocol (LMP), Hello Message
          LMP Version: 1
          Flags: 0x01
            .... ..0. = Reboot: False
            .... ...1 = ControlChannelDown: True
          Message Type: Hello Message (4)
          Length: 16 bytes
          Object
            Negotiable: False
            Object C-Type: 1
            Object class: 7
            Length: 0
            [error] bad-length: 0 bytes, less than the object's header
    "#]],
    );
    check::<Lmp>(
        "10 00 01 04 0010 0000  01 07",
        expect![[r#"
        Link Management Protocol (LMP), Hello Message
          LMP Version: 1
          Flags: 0x01
            .... ..0. = Reboot: False
            .... ...1 = ControlChannelDown: True
          Message Type: Hello Message (4)
          Length: 16 bytes
          Object
            Negotiable: False
            Object C-Type: 1
            Object class: 7
          [error] short: lmp.object_length needs 2 bytes at offset 10, 0 are there
    "#]],
    );
}
