//! Microsoft's name management over IPX ("NWLink"): names on the socket 0x0551, datagrams to mail slots on 0x0553.

use super::nbipx::NETWORKS;
use super::take_name;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Nmpi;

protocol! {
    /// Name Management Protocol over IPX.
    Nmpi = nmpi "NMPI", "Name Management Protocol over IPX" {
        /// The networks that a broadcast has gone through.
        ipx_network: u32 hex            "IPX Network",
        opcode: u8 hex                  "Opcode" = OPCODES,
        name_type: u8 hex               "Name Type" = { 0x01 "Machine", 0x02 "Workgroup", 0x03 "Browser" },
        messageid: u16 le hex           "Message ID",
        requested_name: computed str    "Requested name",
        source_name: computed str       "Source name",
    }
    claims { ipx.socket = [0x0551, 0x0553] }
    tables { SMB: "@smb" }
}

value_names! {
    OPCODES {
        0xf1 "Claim name", 0xf2 "Delete name", 0xf3 "Query name", 0xf4 "Name found", 0xf5 "Messenger hangup",
        0xfc "Mailslot write", 0xfd "Find mailslot name", 0xfe "Mailslot name found",
    }
}

impl Dissector for Nmpi {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        const MAILSLOT_WRITE: u8 = 0xfc;
        // Only broadcasts that routers pass on have them.
        if name_of(OPCODES, pdu.peek(OPCODE)?.into()).is_none() {
            for _ in 0..NETWORKS {
                pdu.take(IPX_NETWORK)?;
            }
        }
        let opcode = pdu.take(OPCODE)?;
        pdu.take(NAME_TYPE)?;
        pdu.take(MESSAGEID)?;
        take_name(pdu, REQUESTED_NAME)?;
        take_name(pdu, SOURCE_NAME)?;
        if let Some(name) = name_of(OPCODES, opcode.into()) {
            pdu.info(format_args!("{name}"));
        }
        if opcode == MAILSLOT_WRITE {
            pdu.hand_to(SMB);
        }
        Ok(())
    }
}

builtin!(Nmpi);

#[test]
fn a_datagram_to_a_mail_slot() {
    check::<Nmpi>(
        "fc 02 0100 41434d452020202020202020202020 00 5a45524f2020202020202020202020 20 ff534d4225",
        expect![[r#"
            Name Management Protocol over IPX, Mailslot write
              Opcode: Mailslot write (0xfc)
              Name Type: Workgroup (0x02)
              Message ID: 0x0001
              Requested name: ACME<00>
              Source name: ZERO<20>
            → @smb [0]: bytes 36..41
        "#]],
    );
    let networks = "00000000".repeat(8);
    check::<Nmpi>(
        &format!("{networks} f3 01 0100 41434d452020202020202020202020 00 {}", "00".repeat(16)),
        expect![[r#"
            Name Management Protocol over IPX, Query name
              IPX Network: 0x00000000
              IPX Network: 0x00000000
              IPX Network: 0x00000000
              IPX Network: 0x00000000
              IPX Network: 0x00000000
              IPX Network: 0x00000000
              IPX Network: 0x00000000
              IPX Network: 0x00000000
              Opcode: Query name (0xf3)
              Name Type: Machine (0x01)
              Message ID: 0x0001
              Requested name: ACME<00>
              Source name: <00>
        "#]],
    );
    check::<Nmpi>(
        "f3 01 0100 41434d",
        expect![[r#"
        Name Management Protocol over IPX
          Opcode: Query name (0xf3)
          Name Type: Machine (0x01)
          Message ID: 0x0001
          [error] short: bytes needs 16 bytes at offset 4, 3 are there
    "#]],
    );
}
