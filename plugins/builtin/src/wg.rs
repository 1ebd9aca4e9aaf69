//! WireGuard (Donenfeld, "WireGuard: Next Generation Kernel Network Tunnel", section 5.4). Found by its look, on any port.

use crate::base64;
use prosector_sdk::prelude::*;
use std::collections::BTreeMap;

/// The dissector.
#[derive(Default)]
pub struct Wg {
    flows: Flows<Sessions>,
}

/// The handshakes of a flow.
#[derive(Default)]
struct Sessions {
    /// How many there were.
    count: u32,
    /// Which session an index is of, and the frame that first had it, by index.
    of: BTreeMap<u32, (u32, u64)>,
}

protocol! {
    /// WireGuard.
    Wg = wg "WireGuard", "WireGuard Protocol" {
        type: u8                        "Type" = {
            1 "Handshake Initiation", 2 "Handshake Response", 3 "Cookie Reply", 4 "Transport Data",
        },
        reserved: bytes[3]              "Reserved",
        sender: u32 le hex              "Sender",
        receiver: u32 le hex            "Receiver",
        /// In Base64, as keys are written.
        ephemeral: computed str         "Ephemeral",
        /// Never: no keys are known here.
        ephemeral.known_privkey: computed bool "Has Private Key",
        encrypted_static: bytes[48]     "Encrypted Static",
        encrypted_timestamp: bytes[28]  "Encrypted Timestamp",
        encrypted_empty: bytes[16]      "Encrypted Empty",
        mac1: bytes[16]                 "mac1",
        mac2: bytes[16]                 "mac2",
        nonce: bytes[24]                "Nonce",
        encrypted_cookie: bytes[32]     "Encrypted Cookie",
        counter: u64 le                 "Counter",
        encrypted_packet: bytes         "Encrypted Packet",
        /// Counted in each flow.
        stream: computed u32            "Stream index" linked,
        response_to: computed u32       "Response to Frame" linked,
    }
    heuristics { udp.port }
    stateful
}

const INITIATION: u8 = 1;
const RESPONSE: u8 = 2;
const COOKIE: u8 = 3;
const DATA: u8 = 4;
const KEY_LEN: usize = 32;
/// Indices that are kept for a flow at most.
const KEPT: usize = 1000;

impl Dissector for Wg {
    fn probe(&self, pdu: &mut Pdu<'_>) -> Verdict {
        let len = pdu.wire_len();
        match pdu.data().first_chunk() {
            Some(&[INITIATION, 0, 0, 0]) if len == 148 => Verdict::Certain,
            Some(&[RESPONSE, 0, 0, 0]) if len == 92 => Verdict::Certain,
            Some(&[COOKIE, 0, 0, 0]) if len == 64 => Verdict::Certain,
            // Packets are padded to 16 bytes, and have a header and an authenticator of 16 bytes each.
            Some(&[DATA, 0, 0, 0]) if len >= 32 && len.is_multiple_of(16) => Verdict::Maybe,
            _ => Verdict::NotMine,
        }
    }

    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let kind = pdu.take(TYPE)?;
        let name = Self::name(TYPE, kind);
        pdu.take(RESERVED)?;
        match kind {
            INITIATION => {
                let sender = pdu.take(SENDER)?;
                pdu.info(format_args!("{name}, sender=0x{sender:08X}"));
                ephemeral(pdu)?;
                pdu.take(ENCRYPTED_STATIC)?;
                pdu.take(ENCRYPTED_TIMESTAMP)?;
                pdu.take(MAC1)?;
                pdu.take(MAC2)?;
                let sessions = self.flows.of(pdu.flow());
                let session = sessions.count;
                sessions.count += 1;
                remember(pdu, &mut sessions.of, sender, session);
                pdu.computed(STREAM, 0..0, session);
            }
            RESPONSE => {
                let sender = pdu.take(SENDER)?;
                let receiver = pdu.take(RECEIVER)?;
                pdu.info(format_args!("{name}, sender=0x{sender:08X}, receiver=0x{receiver:08X}"));
                ephemeral(pdu)?;
                pdu.take(ENCRYPTED_EMPTY)?;
                pdu.take(MAC1)?;
                pdu.take(MAC2)?;
                let of = &mut self.flows.of(pdu.flow()).of;
                if let Some(&(session, frame)) = of.get(&receiver) {
                    remember(pdu, of, sender, session);
                    pdu.computed(STREAM, 0..0, session);
                    pdu.computed(RESPONSE_TO, 0..0, frame);
                }
            }
            COOKIE => {
                let receiver = pdu.take(RECEIVER)?;
                pdu.info(format_args!("{name}, receiver=0x{receiver:08X}"));
                pdu.take(NONCE)?;
                pdu.take(ENCRYPTED_COOKIE)?;
                if let Some(&(session, frame)) = self.flows.of(pdu.flow()).of.get(&receiver) {
                    pdu.computed(STREAM, 0..0, session);
                    pdu.computed(RESPONSE_TO, 0..0, frame);
                }
            }
            DATA => {
                let receiver = pdu.take(RECEIVER)?;
                let counter = pdu.take(COUNTER)?;
                pdu.info(format_args!("{name}, receiver=0x{receiver:08X}, counter={counter}"));
                pdu.take_rest(ENCRYPTED_PACKET);
                if let Some(&(session, _)) = self.flows.of(pdu.flow()).of.get(&receiver) {
                    pdu.computed(STREAM, 0..0, session);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn flow_end(&mut self, flow: u64) {
        self.flows.end(flow);
    }
}

fn remember(pdu: &Pdu<'_>, of: &mut BTreeMap<u32, (u32, u64)>, index: u32, session: u32) {
    if of.len() >= KEPT {
        of.clear();
    }
    of.insert(index, (session, pdu.frame_number()));
}

fn ephemeral(pdu: &mut Pdu<'_>) -> Step {
    let at = pdu.position();
    if pdu.wants(EPHEMERAL)
        && let Some(key) = pdu.rest().get(..KEY_LEN)
    {
        pdu.computed_bytes(EPHEMERAL, at..at + KEY_LEN, &base64::encode(key));
    }
    pdu.skip(KEY_LEN)?;
    pdu.computed(EPHEMERAL_KNOWN_PRIVKEY, at..at + KEY_LEN, false);
    Ok(())
}

builtin!(Wg);

#[test]
fn what_it_looks_like() {
    use prosector_sdk::testkit::probe;
    let message = |kind: u8, len: usize| [vec![kind], vec![0; len - 1]].concat();
    assert_eq!(probe::<Wg>(&message(INITIATION, 148)), Verdict::Certain);
    assert_eq!(probe::<Wg>(&message(INITIATION, 147)), Verdict::NotMine);
    assert_eq!(probe::<Wg>(&message(DATA, 48)), Verdict::Maybe);
    assert_eq!(probe::<Wg>(&message(DATA, 47)), Verdict::NotMine);
}

#[test]
fn messages() {
    let (key, empty, mac) = ("11".repeat(32), "22".repeat(16), "33".repeat(32));
    check::<Wg>(
        &format!("02000000 01000000 02000000 {key} {empty} {mac}"),
        expect![[r#"
        WireGuard Protocol, Handshake Response, sender=0x00000001, receiver=0x00000002
          Type: Handshake Response (2)
          Reserved: 000000
          Sender: 0x00000001
          Receiver: 0x00000002
          Ephemeral: ERERERERERERERERERERERERERERERERERERERERERE=
          Has Private Key: False
          Encrypted Empty: 22222222222222222222222222222222
          mac1: 33333333333333333333333333333333
          mac2: 33333333333333333333333333333333
    "#]],
    );
    check::<Wg>(
        "04000000 01000000 0700000000000000 aabb",
        expect![[r#"
        WireGuard Protocol, Transport Data, receiver=0x00000001, counter=7
          Type: Transport Data (4)
          Reserved: 000000
          Receiver: 0x00000001
          Counter: 7
          Encrypted Packet: aabb
    "#]],
    );
    check::<Wg>(
        "01000000 01000000 1111",
        expect![[r#"
        WireGuard Protocol, Handshake Initiation, sender=0x00000001
          Type: Handshake Initiation (1)
          Reserved: 000000
          Sender: 0x00000001
          [error] short: bytes needs 32 bytes at offset 8, 2 are there
    "#]],
    );
}
