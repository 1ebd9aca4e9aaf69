//! KNXnet/IP, the header of ISO 22510 (KNX Standard, 3.8.2, section 4) and the connection header of tunnels. What is behind
//! is data.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Knxip;

protocol! {
    /// KNXnet/IP.
    Knxip = "kip" "KNX/IP", "KNX/IP" {
        .knxip.headerlength: u8             "Header Length",
        .knxip.version: u8 hex              "Protocol Version",
        .knxip.service: u16 hex             "Service Identifier" = SERVICES,
        .knxip.service.family: u8 hex       "Service Family" = {
            2 "Core", 3 "Device Management", 4 "Tunneling", 5 "Routing", 6 "Remote Logging",
            7 "Remote Diag And Config", 8 "Object Server", 9 "Security",
        },
        .knxip.service.type: u16 hex        "Service Type" = SERVICES,
        .knxip.totallength: u16             "Total Length",
        .knxip.struct.length: u8            "Structure Length",
        .knxip.channel: u8 hex              "Channel",
        .knxip.seqctr: u8                   "Sequence Counter",
        .knxip.reserved: u8 hex             "Reserved",
    }
    claims { udp.port = 3671, tcp.port = 3671 }
    tables { CEMI: "@cemi", DATA: "@data" }
}

value_names! {
    SERVICES {
        0x0201 "Search Request", 0x0202 "Search Response", 0x0203 "Description Request",
        0x0204 "Description Response", 0x0205 "Connect Request", 0x0206 "Connect Response",
        0x0207 "Connection State Request", 0x0208 "Connection State Response", 0x0209 "Disconnect Request",
        0x020a "Disconnect Response", 0x020b "Search Request Extended", 0x020c "Search Response Extended",
        0x0310 "Configuration Request", 0x0311 "Configuration Acknowledgement", 0x0420 "Tunneling Request",
        0x0421 "Tunneling Acknowledgement", 0x0530 "Routing Indication", 0x0531 "Routing Loss", 0x0532 "Routing Busy",
        0x0950 "Secure Wrapper", 0x0951 "Session Request", 0x0952 "Session Response", 0x0953 "Session Authenticate",
        0x0954 "Session Status", 0x0955 "Timer Notify",
    }
}

const HEADER: usize = 6;

impl Dissector for Knxip {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if !matches!(pdu.rest(), [6, 0x10, ..] | [] | [6]) {
            return pdu.reject();
        }
        pdu.take(KNXIP_HEADERLENGTH)?;
        pdu.take(KNXIP_VERSION)?;
        pdu.show(KNXIP_SERVICE_FAMILY)?;
        pdu.show(KNXIP_SERVICE_TYPE)?;
        let service = pdu.take(KNXIP_SERVICE)?;
        pdu.info(format_args!("{}", Self::name(KNXIP_SERVICE, service)));
        let len = usize::from(pdu.take(KNXIP_TOTALLENGTH)?);
        pdu.set_len(KNXIP_TOTALLENGTH, len.max(HEADER));
        match service {
            0x0310 | 0x0311 | 0x0420 | 0x0421 => {
                pdu.take(KNXIP_STRUCT_LENGTH)?;
                pdu.take(KNXIP_CHANNEL)?;
                pdu.take(KNXIP_SEQCTR)?;
                pdu.take(KNXIP_RESERVED)?;
                pdu.hand_to(CEMI);
            }
            0x0530 => drop(pdu.hand_to(CEMI)),
            _ => drop(pdu.hand_to(DATA)),
        }
        Ok(())
    }
}

builtin!(Knxip);

#[test]
fn a_tunnel() {
    check::<Knxip>(
        "06 10 0420 000c 04 01 07 00 2900",
        expect![[r#"
        KNX/IP, Tunneling Request
          Header Length: 6
          Protocol Version: 0x10
          Service Family: Tunneling (0x04)
          Service Type: Tunneling Request (0x0420)
          Service Identifier: Tunneling Request (0x0420)
          Total Length: 12
          Structure Length: 4
          Channel: 0x01
          Sequence Counter: 7
          Reserved: 0x00
        → @cemi [0]: bytes 10..12
    "#]],
    );
    check::<Knxip>(
        "06 10 0420 000c 04 01",
        expect![[r#"
        KNX/IP, Tunneling Request
          Header Length: 6
          Protocol Version: 0x10
          Service Family: Tunneling (0x04)
          Service Type: Tunneling Request (0x0420)
          Service Identifier: Tunneling Request (0x0420)
          Total Length: 12
          Structure Length: 4
          Channel: 0x01
          [error] short: knxip.seqctr needs 1 bytes at offset 8, 0 are there
    "#]],
    );
}
