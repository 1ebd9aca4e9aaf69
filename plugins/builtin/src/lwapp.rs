//! Lightweight Access Point Protocol (RFC 5412), between access points and their controller: control messages, and
//! frames of IEEE 802.11 as they came over the air.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Lwapp;

protocol! {
    /// Lightweight Access Point Protocol: control messages, or frames of IEEE 802.11.
    Lwapp = lwapp "LWAPP", "LWAPP Encapsulated Packet" {
        /// Of the access point; only in control messages that it sends.
        apid: mac "AP Identity",
        version: u8 & 0xc0 "Version",
        slotId: u8 & 0x38 "slotId",
        /// With the version and the slot in the upper bits.
        flags: u8 hex "Flags" {
            type: 0x04 "Type" = { 0 "Encapsulated 802.11", 1 "LWAPP control packet" },
            fragment: 0x02 "Fragment",
            fragmentType: 0x01 "Fragment Type",
        },
        fragmentId: u8 hex "Fragment Id",
        Length: u16 "Length",
        rssi: u8 hex "RSSI",
        snr: u8 hex "SNR",
        control.type: u8 "Control Type" = {
            1 "DISCOVERY_REQUEST", 2 "DISCOVERY_REPLY", 3 "JOIN_REQUEST", 4 "JOIN_REPLY", 5 "KEY_UPDATE",
            6 "KEY_UPDATE_RSP", 7 "KEY_UPDATE_REQ", 8 "KEY_UPDATE_TRIGGER", 10 "CONFIGURE_REQUEST",
            11 "CONFIGURE_RESPONSE", 12 "CONFIGURE_COMMAND", 13 "CONFIGURE_COMMAND_RES", 16 "STATISTICS_INFO",
            17 "STATISTICS_INFO_RES", 18 "CHANGE_STATE_EVENT", 19 "CHANGE_STATE_EVENT_RES", 22 "ECHO_REQUEST",
            23 "ECHO_RESPONSE", 24 "IMAGE_DATA_REQUEST", 25 "IMAGE_DATA_RESPONSE",
        },
        control.seqno: u8 "Control Sequence Number",
        control.length: u16 "Control Length",
    }
    claims { udp.port = [12222, 12223], ethertype = 0x88bb }
    tables { WLAN: "@wlan", DATA: "@data" }
}

const CONTROL: u8 = 0x04;
const HEADER: usize = 6;

impl Dissector for Lwapp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        // Before a control message of an access point stands its address; the header's length tells.
        let header = |at: usize| {
            let bytes = pdu.data().get(at..at + HEADER)?;
            let len = usize::from(u16::from_be_bytes([bytes[2], bytes[3]]));
            (at + HEADER + len == pdu.wire_len()).then_some(())
        };
        if header(0).is_none() && header(6).is_some() {
            pdu.take(APID)?;
        }
        pdu.show(VERSION)?;
        pdu.show(SLOTID)?;
        let flags = pdu.take(FLAGS)?;
        pdu.take(FRAGMENTID)?;
        let len = usize::from(pdu.take(LENGTH)?);
        pdu.take(RSSI)?;
        pdu.take(SNR)?;
        pdu.set_len(LENGTH, pdu.position() + len);
        if flags & CONTROL == 0 {
            pdu.info(format_args!("802.11 Packet"));
            pdu.hand_to(if flags & 0x02 != 0 { DATA } else { WLAN }).context(crate::wlan::WITHOUT_FCS);
            return Ok(());
        }
        let kind = pdu.take(CONTROL_TYPE)?;
        pdu.info(format_args!("CNTL {}", Self::name(CONTROL_TYPE, kind)));
        pdu.take(CONTROL_SEQNO)?;
        pdu.take(CONTROL_LENGTH)?;
        if pdu.wire_remaining() > 0 {
            pdu.hand_to(DATA);
        }
        Ok(())
    }
}

builtin!(Lwapp);

#[test]
fn a_control_message_of_a_controller() {
    check::<Lwapp>(
        "04 01 0008 00 00  16 2a 0000 00000001",
        expect![[r#"
            LWAPP Encapsulated Packet, CNTL ECHO_REQUEST
              Version: 0
              slotId: 0
              Flags: 0x04
                .... .1.. = Type: LWAPP control packet
                .... ..0. = Fragment: False
                .... ...0 = Fragment Type: False
              Fragment Id: 0x01
              Length: 8
              RSSI: 0x00
              SNR: 0x00
              Control Type: ECHO_REQUEST (22)
              Control Sequence Number: 42
              Control Length: 0
            → @data [0]: bytes 10..14
        "#]],
    );
}

#[test]
fn a_control_message_of_an_access_point() {
    check::<Lwapp>(
        "020000000001 04 01 0004 00 00  16 2a 0000",
        expect![[r#"
            LWAPP Encapsulated Packet, CNTL ECHO_REQUEST
              AP Identity: 02:00:00:00:00:01
              Version: 0
              slotId: 0
              Flags: 0x04
                .... .1.. = Type: LWAPP control packet
                .... ..0. = Fragment: False
                .... ...0 = Fragment Type: False
              Fragment Id: 0x01
              Length: 4
              RSSI: 0x00
              SNR: 0x00
              Control Type: ECHO_REQUEST (22)
              Control Sequence Number: 42
              Control Length: 0
        "#]],
    );
}

#[test]
fn a_header_that_is_cut() {
    check::<Lwapp>(
        "00 01 0008",
        expect![[r#"
            LWAPP Encapsulated Packet
              Version: 0
              slotId: 0
              Flags: 0x00
                .... .0.. = Type: Encapsulated 802.11
                .... ..0. = Fragment: False
                .... ...0 = Fragment Type: False
              Fragment Id: 0x01
              Length: 8
              [error] short: lwapp.rssi needs 1 bytes at offset 4, 0 are there
        "#]],
    );
}
