//! Mail slots (MS-MAIL, section 2.2.1): datagrams in a transaction of SMB. The slice begins with the transaction's setup
//! words, behind which the byte count, the slot's name and the datagram lie.
//!
//! Where there is padding between name and datagram, the transaction passes on where the datagram begins, in bytes from
//! the first setup word, as context; 0 means right behind the name.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Mailslot;

protocol! {
    /// Datagrams to mail slots, MS-MAIL.
    Mailslot = mailslot "SMB Mailslot", "SMB MailSlot Protocol" {
        opcode: u16 le      "Opcode" = { 1 "Write Mail Slot" },
        priority: u16 le    "Priority",
        class: u16 le       "Class" = { 1 "Reliable", 2 "Unreliable & Broadcast" },
        size: u16 le        "Size" unit "bytes",
        name: str           "Mailslot Name",
    }
    tables { BROWSER: "@browser", NETLOGON: "@smb_netlogon", DATA: "@data" }
}

impl Dissector for Mailslot {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(OPCODE)?;
        pdu.take(PRIORITY)?;
        pdu.take(CLASS)?;
        pdu.take(SIZE)?;
        let rest = pdu.rest();
        let len = rest.iter().position(|&b| b == 0).unwrap_or(rest.len());
        let name = pdu.take_bytes(NAME, len)?;
        pdu.info(format_args!("Mailslot {}", String::from_utf8_lossy(name)));
        pdu.skip(1)?;
        let padding = (pdu.context() as usize).saturating_sub(pdu.position());
        pdu.skip(padding)?;
        if pdu.wire_remaining() > 0 {
            pdu.hand_to(match name.to_ascii_uppercase().as_slice() {
                b"\\MAILSLOT\\BROWSE" | b"\\MAILSLOT\\LANMAN" => BROWSER,
                slot if slot.starts_with(b"\\MAILSLOT\\NET\\") || slot.starts_with(b"\\MAILSLOT\\TEMP\\") => NETLOGON,
                _ => DATA,
            });
        }
        Ok(())
    }
}

builtin!(Mailslot);

#[test]
fn a_datagram() {
    check::<Mailslot>(
        "0100 0000 0200 1300  5c4d41494c534c4f545c42524f57534500 0208",
        expect![[r#"
        SMB MailSlot Protocol, Mailslot \MAILSLOT\BROWSE
          Opcode: Write Mail Slot (1)
          Priority: 0
          Class: Unreliable & Broadcast (2)
          Size: 19 bytes
          Mailslot Name: \MAILSLOT\BROWSE
        → @browser [0]: bytes 25..27
    "#]],
    );
    check::<Mailslot>(
        "0100 0000 0200 1300 5c4d",
        expect![[r#"
        SMB MailSlot Protocol, Mailslot \M
          Opcode: Write Mail Slot (1)
          Priority: 0
          Class: Unreliable & Broadcast (2)
          Size: 19 bytes
          Mailslot Name: \M
          [error] short: bytes needs 1 bytes at offset 10, 0 are there
    "#]],
    );
}
