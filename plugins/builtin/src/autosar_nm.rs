//! AUTOSAR Network Management on CAN ("Specification of CAN Network Management", AUTOSAR CP R22-11, section 7.4): which
//! node is awake, and what it wants of the others. Which identifiers carry it is a matter of each vehicle; 0 is what
//! Wireshark takes by default.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct AutosarNm;

protocol! {
    /// AUTOSAR Network Management.
    AutosarNm = "autosar-nm" "AUTOSAR NM", "AUTOSAR Network Management" {
        ctrl: u8 hex                    "Control Bit Vector" {
            repeat_msg_req: 0x01        "Repeat Message Request" = {
                0 "Repeat Message State not requested", 1 "Repeat Message State requested",
            },
            reserved1: uint 0x02        "Reserved Bit 1",
            reserved2: uint 0x04        "Reserved Bit 2",
            nm_coord_sleep: 0x08        "NM Coordinator Sleep Ready" = {
                0 "Start of synchronized shutdown not requested", 1 "Start of synchronized shutdown requested",
            },
            active_wakeup: 0x10         "Active Wakeup" = {
                0 "Node has not woken up the network", 1 "Node has woken up the network",
            },
            reserved5: uint 0x20        "Reserved Bit 5",
            pni: 0x40                   "Partial Network Information" = {
                0 "NM message contains no Partial Network request information",
                1 "NM message contains Partial Network request information",
            },
            reserved7: uint 0x80        "Reserved Bit 7",
        },
        src: u8                         "Source Node Identifier",
        user_data: bytes                "User Data",
    }
    claims { can.id = 0 }
}

impl Dissector for AutosarNm {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let control = pdu.take(CTRL)?;
        let source = pdu.take(SRC)?;
        pdu.info(format_args!("Control Bit Vector: 0x{control:02x}, Source Node: {source}"));
        if pdu.remaining() > 0 {
            pdu.take_rest(USER_DATA);
        }
        Ok(())
    }
}

builtin!(AutosarNm);

#[test]
fn a_message() {
    check::<AutosarNm>(
        "51 43 0102",
        expect![[r#"
        AUTOSAR Network Management, Control Bit Vector: 0x51, Source Node: 67
          Control Bit Vector: 0x51
            .... ...1 = Repeat Message Request: Repeat Message State requested
            .... ..0. = Reserved Bit 1: 0
            .... .0.. = Reserved Bit 2: 0
            .... 0... = NM Coordinator Sleep Ready: Start of synchronized shutdown not requested
            ...1 .... = Active Wakeup: Node has woken up the network
            ..0. .... = Reserved Bit 5: 0
            .1.. .... = Partial Network Information: NM message contains Partial Network request information
            0... .... = Reserved Bit 7: 0
          Source Node Identifier: 67
          User Data: 0102
    "#]],
    );
    check::<AutosarNm>(
        "51",
        expect![[r#"
        AUTOSAR Network Management
          Control Bit Vector: 0x51
            .... ...1 = Repeat Message Request: Repeat Message State requested
            .... ..0. = Reserved Bit 1: 0
            .... .0.. = Reserved Bit 2: 0
            .... 0... = NM Coordinator Sleep Ready: Start of synchronized shutdown not requested
            ...1 .... = Active Wakeup: Node has woken up the network
            ..0. .... = Reserved Bit 5: 0
            .1.. .... = Partial Network Information: NM message contains Partial Network request information
            0... .... = Reserved Bit 7: 0
          [error] short: autosar-nm.src needs 1 bytes at offset 1, 0 are there
    "#]],
    );
}
