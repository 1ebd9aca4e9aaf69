//! BACnet, the network layer (ANSI/ASHRAE Standard 135, section 6.2).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Bacnet;

protocol! {
    /// Building Automation and Control Networks, the network layer.
    Bacnet = bacnet "BACnet", "Building Automation and Control Network NPDU" {
        version: u8                 "Version" = { 1 "ASHRAE 135-1995" },
        control: u8 hex             "Control" {
            .control_net: 0x80      "NSDU contains" = {
                0 "BACnet APDU, message type field absent", 1 "BACnet Network Layer Message, message type field present",
            },
            .control_res1: 0x40     "Reserved",
            .control_dest: 0x20     "Destination Specifier" = { 0 "absent", 1 "DNET, DLEN and hop count present" },
            .control_res2: 0x10     "Reserved",
            .control_src: 0x08      "Source specifier" = { 0 "absent", 1 "SNET, SLEN and SADR present" },
            .control_expect: 0x04   "Expecting Reply",
            .control_prio_high: 0x02 "Priority" = {
                0 "Not a Life Safety or Critical Equipment message", 1 "Life Safety or Critical Equipment message",
            },
            .control_prio_low: 0x01 "Priority" = { 0 "Normal message", 1 "Urgent message" },
        },
        dnet: u16                   "Destination Network Address",
        dlen: u8                    "Destination MAC Layer Address Length",
        dadr: bytes                 "DADR",
        snet: u16                   "Source Network Address",
        slen: u8                    "Source MAC Layer Address Length",
        sadr: bytes                 "SADR",
        hopc: u8                    "Hop Count",
        mesgtyp: u8 hex             "Network Layer Message Type" = {
            0x00 "Who-Is-Router-To-Network", 0x01 "I-Am-Router-To-Network", 0x02 "I-Could-Be-Router-To-Network",
            0x03 "Reject-Message-To-Network", 0x04 "Router-Busy-To-Network", 0x05 "Router-Available-To-Network",
            0x06 "Initialize-Routing-Table", 0x07 "Initialize-Routing-Table-Ack", 0x08 "Establish-Connection-To-Network",
            0x09 "Disconnect-Connection-To-Network", 0x12 "What-Is-Network-Number", 0x13 "Network-Number-Is",
        },
        vendor: u16                 "Vendor ID",
    }
    claims { llc.dsap = 0x82 }
    tables { BACAPP: "@bacapp" }
}

const MESSAGE: u8 = 0x80;
const DESTINATION: u8 = 0x20;
const SOURCE: u8 = 0x08;
/// Message types from here on are of vendors.
const PROPRIETARY: u8 = 0x80;

impl Dissector for Bacnet {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.info(format_args!("Building Automation and Control Network NPDU"));
        pdu.take(VERSION)?;
        let control = pdu.take(CONTROL)?;
        if control & DESTINATION != 0 {
            pdu.take(DNET)?;
            let len = pdu.take(DLEN)?.into();
            if len > 0 {
                pdu.take_bytes(DADR, len)?;
            }
        }
        if control & SOURCE != 0 {
            pdu.take(SNET)?;
            let len = pdu.take(SLEN)?.into();
            if len > 0 {
                pdu.take_bytes(SADR, len)?;
            }
        }
        if control & DESTINATION != 0 {
            pdu.take(HOPC)?;
        }
        if control & MESSAGE != 0 {
            if pdu.take(MESGTYP)? >= PROPRIETARY {
                pdu.take(VENDOR)?;
            }
        } else if pdu.wire_remaining() > 0 {
            pdu.hand_to(BACAPP);
        }
        Ok(())
    }
}

builtin!(Bacnet);

#[test]
fn destinations_and_sources() {
    check::<Bacnet>(
        "01 20 ffff 00 ff 1008",
        expect![[r#"
            Building Automation and Control Network NPDU, Building Automation and Control Network NPDU
              Version: ASHRAE 135-1995 (1)
              Control: 0x20
                0... .... = NSDU contains: BACnet APDU, message type field absent
                .0.. .... = Reserved: False
                ..1. .... = Destination Specifier: DNET, DLEN and hop count present
                ...0 .... = Reserved: False
                .... 0... = Source specifier: absent
                .... .0.. = Expecting Reply: False
                .... ..0. = Priority: Not a Life Safety or Critical Equipment message
                .... ...0 = Priority: Normal message
              Destination Network Address: 65535
              Destination MAC Layer Address Length: 0
              Hop Count: 255
            → @bacapp [0]: bytes 6..8
        "#]],
    );
    check::<Bacnet>(
        "01 88 0001 06 0a000001bac0 00",
        expect![[r#"
            Building Automation and Control Network NPDU, Building Automation and Control Network NPDU
              Version: ASHRAE 135-1995 (1)
              Control: 0x88
                1... .... = NSDU contains: BACnet Network Layer Message, message type field present
                .0.. .... = Reserved: False
                ..0. .... = Destination Specifier: absent
                ...0 .... = Reserved: False
                .... 1... = Source specifier: SNET, SLEN and SADR present
                .... .0.. = Expecting Reply: False
                .... ..0. = Priority: Not a Life Safety or Critical Equipment message
                .... ...0 = Priority: Normal message
              Source Network Address: 1
              Source MAC Layer Address Length: 6
              SADR: 0a000001bac0
              Network Layer Message Type: Who-Is-Router-To-Network (0x00)
        "#]],
    );
    check::<Bacnet>(
        "01 20 ffff 06 0a00",
        expect![[r#"
            Building Automation and Control Network NPDU, Building Automation and Control Network NPDU
              Version: ASHRAE 135-1995 (1)
              Control: 0x20
                0... .... = NSDU contains: BACnet APDU, message type field absent
                .0.. .... = Reserved: False
                ..1. .... = Destination Specifier: DNET, DLEN and hop count present
                ...0 .... = Reserved: False
                .... 0... = Source specifier: absent
                .... .0.. = Expecting Reply: False
                .... ..0. = Priority: Not a Life Safety or Critical Equipment message
                .... ...0 = Priority: Normal message
              Destination Network Address: 65535
              Destination MAC Layer Address Length: 6
              [error] short: bacnet.dadr needs 6 bytes at offset 5, 2 are there
        "#]],
    );
}
