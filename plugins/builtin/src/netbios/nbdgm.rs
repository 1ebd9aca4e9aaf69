//! NetBIOS datagram service (RFC 1002, section 4.4).

use super::read_name;
use prosector_sdk::handle::{ComputedBytes, Handle};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Nbdgm;

protocol! {
    /// NetBIOS datagram service: datagrams from name to name, RFC 1002.
    Nbdgm = nbdgm "NBDS", "NetBIOS Datagram Service" {
        type: u8                        "Message Type" = TYPES,
        flags: u8 hex                   "Flags",
        next: bool & 0x01               "More fragments follow",
        first: bool & 0x02              "This is first fragment",
        node_type: u8 & 0x0c            "Node Type" = { 0 "B node", 1 "P node", 2 "M node", 3 "NBDD" },
        dgram_id: u16 hex               "Datagram ID",
        src.ip: ipv4                    "Source IP",
        src.port: u16                   "Source Port",
        dgram_len: u16                  "Datagram length" unit "bytes",
        pkt_offset: u16                 "Packet offset" unit "bytes",
        error_code: u8 hex              "Error code" = {
            0x82 "Destination name not present", 0x83 "Invalid source name format",
            0x84 "Invalid destination name format",
        },
        source_name: computed str       "Source name",
        destination_name: computed str  "Destination name",
    }
    claims { udp.port = 138 }
    tables { SMB: "@smb", DATA: "@data" }
}

value_names! {
    /// Types of messages.
    TYPES {
        0x10 "Direct_unique datagram", 0x11 "Direct_group datagram", 0x12 "Broadcast datagram",
        0x13 "Datagram error", 0x14 "Datagram query request", 0x15 "Datagram positive query response",
        0x16 "Datagram negative query response",
    }
}

impl Dissector for Nbdgm {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let kind = pdu.take(TYPE)?;
        if let Some(name) = name_of(TYPES, kind.into()) {
            pdu.info(format_args!("{name}"));
        }
        pdu.show(NEXT)?;
        let first = pdu.show(FIRST)?;
        pdu.show(NODE_TYPE)?;
        pdu.take(FLAGS)?;
        pdu.take(DGRAM_ID)?;
        pdu.take(SRC_IP)?;
        pdu.take(SRC_PORT)?;
        match kind {
            0x10..=0x12 => {
                let len = usize::from(pdu.take(DGRAM_LEN)?);
                let offset = pdu.take(PKT_OFFSET)?;
                pdu.set_len(DGRAM_LEN, pdu.position() + len);
                if offset == 0 {
                    name(pdu, SOURCE_NAME)?;
                    name(pdu, DESTINATION_NAME)?;
                }
                if pdu.wire_remaining() > 0 {
                    pdu.hand_to(if first && offset == 0 { SMB } else { DATA });
                }
            }
            0x13 => {
                pdu.take(ERROR_CODE)?;
            }
            0x14..=0x16 => name(pdu, DESTINATION_NAME)?,
            _ => {}
        }
        Ok(())
    }
}

fn name(pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>) -> Step {
    let at = pdu.position();
    // Pointers count from the start of the message here (RFC 1002, section 4.4.2).
    let Some((text, end)) = read_name(pdu.data(), at) else {
        return pdu.skip(pdu.remaining() + 1).map_err(|stop| Stop { field: field.id, ..stop });
    };
    pdu.skip(end.saturating_sub(at))?;
    pdu.computed_bytes(field, at..end, &text);
    Ok(())
}

builtin!(Nbdgm);

#[test]
fn a_datagram() {
    // From ACME<20> to ACME<1d>.
    let name = |kind: &str| format!("20 4542 4544 454e 4546 {} {kind} 00", "4341".repeat(11));
    check::<Nbdgm>(
        &format!("11 02 1234 c0000205 008a 0049 0000 {} {} ff534d4225", name("4341"), name("424e")),
        expect![[r#"
            NetBIOS Datagram Service, Direct_group datagram
              Message Type: Direct_group datagram (17)
              More fragments follow: False
              This is first fragment: True
              Node Type: B node (0)
              Flags: 0x02
              Datagram ID: 0x1234
              Source IP: 192.0.2.5
              Source Port: 138
              Datagram length: 73 bytes
              Packet offset: 0 bytes
              Source name: ACME<20>
              Destination name: ACME<1d>
            → @smb [0]: bytes 82..87
        "#]],
    );
}

#[test]
fn an_error_and_a_name_that_is_cut() {
    check::<Nbdgm>(
        "13 02 1234 c0000205 008a 82",
        expect![[r#"
        NetBIOS Datagram Service, Datagram error
          Message Type: Datagram error (19)
          More fragments follow: False
          This is first fragment: True
          Node Type: B node (0)
          Flags: 0x02
          Datagram ID: 0x1234
          Source IP: 192.0.2.5
          Source Port: 138
          Error code: Destination name not present (0x82)
    "#]],
    );
    check::<Nbdgm>(
        "14 02 1234 c0000205 008a 20 4542",
        expect![[r#"
        NetBIOS Datagram Service, Datagram query request
          Message Type: Datagram query request (20)
          More fragments follow: False
          This is first fragment: True
          Node Type: B node (0)
          Flags: 0x02
          Datagram ID: 0x1234
          Source IP: 192.0.2.5
          Source Port: 138
          [error] short: nbdgm.destination_name needs 4 bytes at offset 10, 3 are there
    "#]],
    );
}
