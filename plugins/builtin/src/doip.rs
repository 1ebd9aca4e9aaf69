//! DoIP, diagnostics of vehicles over IP (ISO 13400-2:2019, section 7).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Doip;

protocol! {
    /// Diagnostic communication over Internet Protocol.
    Doip = doip "DoIP", "DoIP (ISO13400) Protocol" {
        version: u8 hex                 "Version" = {
            0 "Reserved", 1 "DoIP ISO/DIS 13400-2:2010", 2 "DoIP ISO 13400-2:2012", 3 "DoIP ISO 13400-2:2019",
            0xff "Default value for vehicle identification request messages",
        },
        inverse: u8 hex                 "Inverse version",
        type: u16 hex                   "Type" = {
            0x0000 "Generic DoIP header NACK", 0x0001 "Vehicle identification request",
            0x0002 "Vehicle identification request with EID", 0x0003 "Vehicle identification request with VIN",
            0x0004 "Vehicle announcement message/vehicle identification response message",
            0x0005 "Routing activation request", 0x0006 "Routing activation response",
            0x0007 "Alive check request", 0x0008 "Alive check response", 0x4001 "DoIP entity status request",
            0x4002 "DoIP entity status response", 0x4003 "Diagnostic power mode information request",
            0x4004 "Diagnostic power mode information response", 0x8001 "Diagnostic message",
            0x8002 "Diagnostic message ACK", 0x8003 "Diagnostic message NACK",
        },
        length: u32                     "Length",
        nack_code: u8 hex               "DoIP Header NACK code" = {
            0 "Incorrect pattern format", 1 "Unknown payload type", 2 "Message too large", 3 "Out of memory",
            4 "Invalid payload length",
        },
        vin: str                        "VIN",
        logical_address: u16 hex        "Logical Address",
        eid: bytes[6]                   "EID",
        gid: bytes[6]                   "GID",
        futher_action: u8 hex           "Further action required" = {
            0x00 "No further action required", 0x10 "Routing activation required to initiate central security",
        },
        sync_status: u8 hex             "VIN/GID sync. status" = {
            0x00 "VIN and/or GID are synchronized", 0x10 "Incomplete: VIN and GID are NOT synchronized",
        },
        source_address: u16 hex         "Source Address",
        target_address: u16 hex         "Target Address",
        activation_type: u8 hex         "Activation type" = { 0 "Default", 1 "WWH-OBD", 0xe0 "Central security" },
        tester_logical_address: u16 hex "Logical address of external tester",
        response_code: u8 hex           "Routing activation response code" = {
            0x00 "Routing activation denied due to unknown source address.",
            0x10 "Routing successfully activated.", 0x11 "Routing will be activated; confirmation required.",
        },
        reserved_iso: bytes[4]          "Reserved by ISO",
        reserved_oem: bytes             "Reserved by OEM",
        node_type: u8 hex               "Node type" = { 0 "DoIP gateway", 1 "DoIp node" },
        max_sockets: u8                 "Max concurrent sockets",
        sockets: u8                     "Currently open sockets",
        max_data_size: u32              "Max data size",
        power_mode: u8 hex              "Diagnostic power mode" = { 0 "not ready", 1 "ready", 2 "not supported" },
        diag_ack_code: u8 hex           "ACK code" = { 0 "ACK" },
        diag_nack_code: u8 hex          "NACK code" = {
            2 "Invalid source address", 3 "Unknown target address", 4 "Diagnostic message too large",
            5 "Out of memory", 6 "Target unreachable", 7 "Unknown network", 8 "Transport protocol error",
        },
        previous: bytes                 "Previous message",
        data: bytes                     "Payload data",
    }
    claims { udp.port = 13400, tcp.port = 13400 }
    tables { UDS: "@uds" }
}

const HEADER: usize = 8;
const VIN_LEN: usize = 17;

impl Dissector for Doip {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        // Each version is followed by its complement.
        if matches!(pdu.rest(), [version, inverse, ..] if version ^ inverse != 0xff) {
            return pdu.reject();
        }
        pdu.take(VERSION)?;
        pdu.take(INVERSE)?;
        let kind = pdu.take(TYPE)?;
        let len = pdu.take(LENGTH)? as usize;
        pdu.set_len(LENGTH, HEADER.saturating_add(len));
        pdu.info(format_args!("{}", Self::name(TYPE, kind)));
        match kind {
            0x0000 => drop(pdu.take(NACK_CODE)?),
            0x0002 => drop(pdu.take(EID)?),
            0x0003 => drop(pdu.take_bytes(VIN, VIN_LEN)?),
            0x0004 => {
                pdu.take_bytes(VIN, VIN_LEN)?;
                pdu.take(LOGICAL_ADDRESS)?;
                pdu.take(EID)?;
                pdu.take(GID)?;
                pdu.take(FUTHER_ACTION)?;
                if pdu.remaining() > 0 {
                    pdu.take(SYNC_STATUS)?;
                }
            }
            0x0005 => {
                pdu.take(SOURCE_ADDRESS)?;
                pdu.take(ACTIVATION_TYPE)?;
                pdu.take(RESERVED_ISO)?;
                if pdu.remaining() > 0 {
                    pdu.take_rest(RESERVED_OEM);
                }
            }
            0x0006 => {
                pdu.take(TESTER_LOGICAL_ADDRESS)?;
                pdu.take(SOURCE_ADDRESS)?;
                pdu.take(RESPONSE_CODE)?;
                pdu.take(RESERVED_ISO)?;
                if pdu.remaining() > 0 {
                    pdu.take_rest(RESERVED_OEM);
                }
            }
            0x0008 => drop(pdu.take(SOURCE_ADDRESS)?),
            0x4002 => {
                pdu.take(NODE_TYPE)?;
                pdu.take(MAX_SOCKETS)?;
                pdu.take(SOCKETS)?;
                if pdu.remaining() > 0 {
                    pdu.take(MAX_DATA_SIZE)?;
                }
            }
            0x4004 => drop(pdu.take(POWER_MODE)?),
            0x8001..=0x8003 => {
                let source = pdu.take(SOURCE_ADDRESS)?;
                let target = pdu.take(TARGET_ADDRESS)?;
                pdu.info(format_args!("{} 0x{source:04x} -> 0x{target:04x}", Self::name(TYPE, kind)));
                match kind {
                    0x8001 => {
                        pdu.hand_to(UDS);
                        return Ok(());
                    }
                    0x8002 => drop(pdu.take(DIAG_ACK_CODE)?),
                    _ => drop(pdu.take(DIAG_NACK_CODE)?),
                }
                if pdu.remaining() > 0 {
                    pdu.take_rest(PREVIOUS);
                }
            }
            _ if pdu.remaining() > 0 => drop(pdu.take_rest(DATA)),
            _ => {}
        }
        Ok(())
    }
}

builtin!(Doip);

#[test]
fn messages() {
    check::<Doip>(
        "02 fd 0005 0000000b 0e80 00 00000000 01020304",
        expect![[r#"
        DoIP (ISO13400) Protocol, Routing activation request
          Version: DoIP ISO 13400-2:2012 (0x02)
          Inverse version: 0xfd
          Type: Routing activation request (0x0005)
          Length: 11
          Source Address: 0x0e80
          Activation type: Default (0x00)
          Reserved by ISO: 00000000
          Reserved by OEM: 01020304
    "#]],
    );
    check::<Doip>(
        "02 fd 8001 00000006 0e80 4010 3e00",
        expect![[r#"
        DoIP (ISO13400) Protocol, Diagnostic message 0x0e80 -> 0x4010
          Version: DoIP ISO 13400-2:2012 (0x02)
          Inverse version: 0xfd
          Type: Diagnostic message (0x8001)
          Length: 6
          Source Address: 0x0e80
          Target Address: 0x4010
        → @uds [0]: bytes 12..14
    "#]],
    );
    check::<Doip>(
        "02 fd 8002 00000005 4010 0e80 00",
        expect![[r#"
        DoIP (ISO13400) Protocol, Diagnostic message ACK 0x4010 -> 0x0e80
          Version: DoIP ISO 13400-2:2012 (0x02)
          Inverse version: 0xfd
          Type: Diagnostic message ACK (0x8002)
          Length: 5
          Source Address: 0x4010
          Target Address: 0x0e80
          ACK code: ACK (0x00)
    "#]],
    );
    check::<Doip>(
        "02 fd 8002 00000005 4010 0e",
        expect![[r#"
        DoIP (ISO13400) Protocol, Diagnostic message ACK
          Version: DoIP ISO 13400-2:2012 (0x02)
          Inverse version: 0xfd
          Type: Diagnostic message ACK (0x8002)
          Length: 5
          Source Address: 0x4010
          [error] short: doip.target_address needs 2 bytes at offset 10, 1 are there
    "#]],
    );
}
