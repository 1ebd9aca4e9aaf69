//! NetBIOS over IPX ("IPX Router Specification", Novell, section 7): datagrams between names, and which names there are.

use super::take_name;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Nbipx;

protocol! {
    /// NetBIOS over IPX.
    Nbipx = nbipx "NBIPX", "NetBIOS over IPX" {
        /// The networks that a broadcast has gone through.
        .nmpi.ipx_network: u32 hex              "IPX Network",
        .nmpi.conn_control: u8 hex              "Connection control" {
            sys_packet: 0x80                    "Packet" = { 0 "Non-system packet", 1 "System packet" },
            ack: 0x40                           "Acknowledgement" = { 0 "Not required", 1 "Required" },
            attention: 0x20                     "Attention",
            end_msg: 0x10                       "End of message",
            resend: 0x08                        "Resend",
        },
        .nmpi.name_flags: u8 hex                "Name type flag" {
            group: 0x80                         "Name" = { 0 "Unique name", 1 "Group name" },
            in_use: 0x40                        "In use" = { 0 "Not used", 1 "Used" },
            registered: 0x04                    "Registered",
            duplicated: 0x02                    "Duplicated",
            deregistered: 0x01                  "Deregistered",
        },
        .nmpi.packettype: u8 hex                "Packet Type" = {
            0x01 "Find name", 0x02 "Name recognized", 0x03 "Check name", 0x04 "Name in use", 0x05 "Deregister name",
            0x06 "Session data", 0x07 "Session end", 0x08 "Session end ACK", 0x09 "Status query",
            0x0a "Status response", 0x0b "Directed datagram",
        },
        name: computed str                      "Name",
        receiver: computed str                  "Receiver's Name",
        sender: computed str                    "Sender's Name",
    }
    claims { ipx.socket = 0x0455 }
    tables { SMB: "@smb", DATA: "@data" }
}

/// How many networks a broadcast may go through.
pub(super) const NETWORKS: usize = 8;

impl Dissector for Nbipx {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        const DIRECTED_DATAGRAM: u8 = 0x0b;
        // Datagrams and sessions say at once what they are, all others behind the networks.
        let is_early = matches!(pdu.rest(), [_, 0x06..=0x08 | DIRECTED_DATAGRAM, ..]);
        if is_early {
            pdu.take(NMPI_CONN_CONTROL)?;
        } else {
            for _ in 0..NETWORKS {
                pdu.take(NMPI_IPX_NETWORK)?;
            }
            pdu.take(NMPI_NAME_FLAGS)?;
        }
        let kind = pdu.take(NMPI_PACKETTYPE)?;
        pdu.info(format_args!("{}", Nbipx::name(NMPI_PACKETTYPE, kind)));
        if !is_early {
            return take_name(pdu, NAME);
        }
        if kind == DIRECTED_DATAGRAM {
            take_name(pdu, RECEIVER)?;
            take_name(pdu, SENDER)?;
            pdu.hand_to(if pdu.rest().starts_with(b"\xffSMB") { SMB } else { DATA });
        }
        Ok(())
    }
}

builtin!(Nbipx);

#[test]
fn a_datagram() {
    check::<Nbipx>(
        "00 0b 41434d452020202020202020202020 00 5a45524f2020202020202020202020 20 ff534d4225",
        expect![[r#"
            NetBIOS over IPX, Directed datagram
              Connection control: 0x00
                0... .... = Packet: Non-system packet
                .0.. .... = Acknowledgement: Not required
                ..0. .... = Attention: False
                ...0 .... = End of message: False
                .... 0... = Resend: False
              Packet Type: Directed datagram (0x0b)
              Receiver's Name: ACME<00>
              Sender's Name: ZERO<20>
            → @smb [0]: bytes 34..39
        "#]],
    );
}

#[test]
fn a_name_that_is_looked_for() {
    let networks = "00000001".repeat(8);
    check::<Nbipx>(
        &format!("{networks} 40 01 41434d452020202020202020202020 00"),
        expect![[r#"
        NetBIOS over IPX, Find name
          IPX Network: 0x00000001
          IPX Network: 0x00000001
          IPX Network: 0x00000001
          IPX Network: 0x00000001
          IPX Network: 0x00000001
          IPX Network: 0x00000001
          IPX Network: 0x00000001
          IPX Network: 0x00000001
          Name type flag: 0x40
            0... .... = Name: Unique name
            .1.. .... = In use: Used
            .... .0.. = Registered: False
            .... ..0. = Duplicated: False
            .... ...0 = Deregistered: False
          Packet Type: Find name (0x01)
          Name: ACME<00>
    "#]],
    );
    check::<Nbipx>(
        &format!("{networks} 40 01 41434d"),
        expect![[r#"
        NetBIOS over IPX, Find name
          IPX Network: 0x00000001
          IPX Network: 0x00000001
          IPX Network: 0x00000001
          IPX Network: 0x00000001
          IPX Network: 0x00000001
          IPX Network: 0x00000001
          IPX Network: 0x00000001
          IPX Network: 0x00000001
          Name type flag: 0x40
            0... .... = Name: Unique name
            .1.. .... = In use: Used
            .... .0.. = Registered: False
            .... ..0. = Duplicated: False
            .... ...0 = Deregistered: False
          Packet Type: Find name (0x01)
          [error] short: bytes needs 16 bytes at offset 34, 3 are there
    "#]],
    );
}
