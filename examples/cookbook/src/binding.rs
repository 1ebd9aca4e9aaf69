//! One conversation that says what another one is, or what becomes of itself.
//!
//! * `pdu.expect(PORTS, &address, port, NAME)`: flows that begin later, with this end, are for that dissector. So a
//!   control protocol announces data on ports that nobody could claim. An empty address is any.
//! * `pdu.bind(NAME)`: from the next PDU on, this very conversation is for that dissector, in both directions. So a
//!   connection that was upgraded becomes something else.
//!
//! The tables are declared as `bound`: the one that the port is looked up in, and the ones that name the dissectors
//! (`"@name"`).
//!
//! What can go wrong:
//!
//! * A claimed port stays with whoever claims it, whatever is expected there. In a stream a binding goes before
//!   claims.
//! * `bind` at the request would be too early: the other side may refuse. Bind at the answer that agrees, which needs
//!   state if that doesn't repeat what was asked.
//! * It holds from the next PDU on. What is behind this PDU in the same segment counts as the next one, so say where
//!   this one ends (`set_len`, `end_here`).
//! * Both are for later frames. What has passed before was shown as what it seemed to be then.
//! * The address that is announced may not be the one that is used, behind a NAT. Where ports are rarely reused, any
//!   address finds more.

use prosector_sdk::prelude::*;

mod dial {
    use super::*;

    /// The dissector.
    #[derive(Default)]
    pub struct Dial;

    protocol! {
        /// Calls between intercoms: who listens where, and whether to go on in the short form.
        Dial = dial "DIAL", "Intercom calls" {
            type: u8                    "Type" = { 1 "listening", 2 "go short", 3 "gone short" },
            len: u8                     "Length",
            address: ipv4               "Address",
            port: u16                   "Port",
        }
        claims { tcp.port = 7129 }
        tables { UDP_PORT: "udp.port" bound, VOICE: "@voice" bound, SHORT: "@dial_short" bound }
    }

    const HEADER: usize = 2;

    impl Dissector for Dial {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            let kind = pdu.take(TYPE)?;
            let len = HEADER + usize::from(pdu.take(LEN)?);
            pdu.set_len(LEN, len);
            pdu.wait_for(len)?;
            pdu.info(format_args!("{}", Self::name(TYPE, kind)));
            match kind {
                1 => {
                    let address = pdu.take(ADDRESS)?;
                    let port = pdu.take(PORT)?;
                    pdu.expect(UDP_PORT, &address, port, VOICE);
                }
                3 => pdu.bind(SHORT),
                _ => {}
            }
            Ok(())
        }
    }
}

mod short {
    use super::*;

    /// The short form: one byte says all.
    #[derive(Layout)]
    #[layout(dial_short "DIAL-SHORT", "Intercom calls, short form" info "{key}")]
    pub struct Short {
        #[field("Key" = { 1 "call", 2 "hang up" })]
        key: u8,
    }
}

mod voice {
    use super::*;

    /// Samples, on ports that were announced.
    #[derive(Layout)]
    #[layout(voice "VOICE", "Intercom voice" info "seq {seq}")]
    pub struct Voice {
        #[field("Sequence number")]
        seq: u16,
        #[field(bytes "Samples")]
        samples: Rest,
    }
}

pub use dial::Dial;
pub use short::Short;
pub use voice::Voice;

#[test]
fn a_port_is_announced() {
    check_stream::<Dial>(
        &["01 06 c0000201 1f90"],
        expect![[r#"
        segment 1
        Intercom calls, listening
          Type: listening (1)
          Length: 6
          Address: 192.0.2.1
          Port: 8080
        → udp.port 8080 of [192, 0, 2, 1] is for @voice
    "#]],
    );
}

#[test]
fn the_connection_becomes_another() {
    check_stream::<Dial>(
        &["02 00", "<03 00"],
        expect![[r#"
        segment 1
        Intercom calls, go short
          Type: go short (2)
          Length: 0
        segment 2
        Intercom calls, gone short
          Type: gone short (3)
          Length: 0
        → the flow is for @dial_short
    "#]],
    );
    check_stream::<Short>(
        &["01 02"],
        expect![[r#"
        segment 1
        Intercom calls, short form, call
          Key: call (1)
        Intercom calls, short form, hang up
          Key: hang up (2)
    "#]],
    );
}

#[test]
fn an_announcement_too_short() {
    check_stream::<Dial>(
        &["01 04 c0000201"],
        expect![[r#"
        segment 1
        Intercom calls, listening
          Type: listening (1)
          Length: 4
          Address: 192.0.2.1
          [error] short: dial.port needs 2 bytes at offset 6, 0 are there (the end is set by dial.len)
    "#]],
    );
}

#[test]
fn voice_is_known_by_its_port_only() {
    check::<Voice>(
        "0001 7f80",
        expect![[r#"
        Intercom voice, seq 1
          Sequence number: 1
          Samples: 7f80
    "#]],
    );
}
