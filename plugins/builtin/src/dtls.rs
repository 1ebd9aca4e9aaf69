//! DTLS, TLS over datagrams: 1.0 (RFC 4347), 1.2 (RFC 6347) and 1.3 (RFC 9147), of which encrypted records have another
//! header. The handshake messages are those of TLS.

use crate::tls::handshake::{body, part};
use crate::tls::hello::{Hello, Session, kind};
use crate::tls::keylog::{KeyLog, Label};
use crate::tls::names::{ALERTS, VERSIONS};
use crate::tls::protection::Keys;
use crate::tls::reader::Reader;
use crate::tls::summary::{Part, Summary};
use crate::tls::{Carried, carried_terms, carry, handshake_protocol};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Dtls {
    connections: Flows<Connection>,
    keys: KeyLog,
    summary: Summary,
}

handshake_protocol! {
    {
        /// Datagram Transport Layer Security.
        Dtls = dtls "DTLS", "Datagram Transport Layer Security"
    }
    {
        handshake.message_seq: u16              "Message Sequence",
        handshake.fragment_offset: u24          "Fragment Offset",
        handshake.fragment_length: u24          "Fragment Length",
        reassembled.length: computed u32        "Reassembled DTLS length",
        record: group                           "Record Layer",
        record.content_type: u8                 "Content Type" = {
            20 "Change Cipher Spec", 21 "Alert", 22 "Handshake", 23 "Application Data", 24 "Heartbeat",
            25 "Connection ID", 26 "ACK",
        },
        record.version: u16 hex                 "Version" = VERSIONS,
        record.epoch: u16                       "Epoch",
        record.sequence_number: u48             "Sequence Number",
        record.connection_id: bytes             "Connection ID",
        record.length: u16                      "Length",
        change_cipher_spec: none                "Change Cipher Spec Message",
        alert_message: group                    "Alert Message",
        alert_message.level: u8                 "Level" = { 1 "Warning", 2 "Fatal" },
        alert_message.desc: u8                  "Description" = ALERTS,
        heartbeat_message.type: u8              "Type" = { 1 "Request", 2 "Response" },
        heartbeat_message.payload_length: u16   "Payload Length",
        heartbeat_message.payload: bytes        "Payload",
        app_data: bytes                         "Encrypted Application Data",
        enc_content: bytes                      "Encrypted Record Content",
    }
    stateful
    claims { udp.port = [853, 2221, 5684, 5868] }
    tables { DTLS: "@dtls", PORT: "dtls.port" }
    heuristics { udp.port }
    settings {
        keylog: text = "" "The content of a key log: the secrets that open what is encrypted"
    }
}

const HEADER: usize = 13;
/// Longer messages are not put together, nor those in more parts.
const MAX_MESSAGE: usize = 1 << 17;
const MAX_PARTS: usize = 1024;
const CONNECTION_ID_EXTENSION: u16 = 54;

#[derive(Default)]
struct Connection {
    session: Session,
    ends: [End; 2],
    is_told: bool,
}

#[derive(Default)]
struct End {
    keys: Option<Keys>,
    /// The message that comes in fragments.
    message: Fragments,
    /// Bytes of the connection ID in this end's records.
    id_len: usize,
}

/// The fragments of one handshake message.
#[derive(Default)]
struct Fragments {
    /// Kind, sequence number, length.
    of: (u8, u16, usize),
    bytes: Vec<u8>,
    parts: Vec<(usize, usize)>,
}

impl Fragments {
    /// Adds a fragment. Gives the message when it is whole.
    fn add(&mut self, of: (u8, u16, usize), at: usize, bytes: &[u8]) -> Option<Vec<u8>> {
        if self.of != of || self.bytes.is_empty() {
            *self = Fragments { of, ..Fragments::default() };
        }
        let end = at + bytes.len();
        if end > of.2 || of.2 > MAX_MESSAGE || self.parts.len() == MAX_PARTS {
            return None;
        }
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes[at..end].copy_from_slice(bytes);
        self.parts.push((at, end));
        self.parts.sort();
        let covered = self.parts.iter().fold(0, |to, &(from, end)| if from <= to { to.max(end) } else { to });
        (covered == of.2).then(|| std::mem::take(self).bytes)
    }
}

/// Whether bytes begin a record with the header of versions up to 1.2.
fn is_record(bytes: &[u8]) -> bool {
    matches!(bytes, [20..=26, 0xfe, 0xfd | 0xff, ..] | [20..=26, 1, 0, ..])
}

impl Dissector for Dtls {
    fn configure(&mut self, settings: &Settings) -> Result<(), String> {
        // A capture may give more of it later: lines are added to those that are there.
        self.keys.add(settings.text("keylog"));
        Ok(())
    }

    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        self.summary.clear();
        let outcome = self.records(pdu);
        pdu.info(format_args!("{}", self.summary));
        outcome
    }

    fn probe(&self, pdu: &mut Pdu<'_>) -> Verdict {
        let data = pdu.data();
        let len = Reader(data).bytes(11).and_then(|_| Reader(data.get(11..)?).u16());
        match (data.first(), len) {
            _ if !is_record(data) => Verdict::NotMine,
            (Some(22), Some(len)) if HEADER + usize::from(len) <= pdu.wire_len() => Verdict::Certain,
            (_, Some(len)) if HEADER + usize::from(len) <= pdu.wire_len() => Verdict::Maybe,
            _ => Verdict::NotMine,
        }
    }

    fn flow_end(&mut self, flow: u64) {
        self.connections.end(flow);
    }
}

impl Dtls {
    fn records(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let Dtls { connections, keys, summary } = self;
        let context = pdu.context();
        if context >> 56 == Carried::Messages as u64 {
            let len = pdu.wire_len();
            body(pdu, (context >> 40) as u8, carried_terms(context), summary)?;
            pdu.computed(REASSEMBLED_LENGTH, 0..len, len);
            return Ok(());
        }
        let connection = connections.of(pdu.flow());
        connection.session.terms.is_dtls = true;
        while pdu.wire_remaining() > 0 {
            let rest = pdu.rest();
            if is_record(rest) {
                connection.record(pdu, keys, summary)?;
            } else if rest.first().is_some_and(|first| first & 0xe0 == 0x20) && connection.session.terms.is_13() {
                // The header of encrypted records of 1.3 (RFC 9147, section 4).
                summary.push(Part::EncryptedData);
                pdu.take_rest(ENC_CONTENT);
                return Ok(());
            } else if pdu.position() == 0 {
                return pdu.reject();
            } else {
                pdu.take_rest(ENC_CONTENT);
                return Ok(());
            }
        }
        Ok(())
    }
}

impl Connection {
    fn record(&mut self, pdu: &mut Pdu<'_>, log: &KeyLog, summary: &mut Summary) -> Step {
        pdu.group(RECORD, |pdu| {
            let kind = pdu.take(RECORD_CONTENT_TYPE)?;
            let version = pdu.take(RECORD_VERSION)?;
            let epoch = pdu.take(RECORD_EPOCH)?;
            let number = pdu.take(RECORD_SEQUENCE_NUMBER)?;
            let way = usize::from(pdu.is_reverse());
            if kind == 25 && self.ends[way].id_len > 0 {
                pdu.take_bytes(RECORD_CONNECTION_ID, self.ends[way].id_len)?;
            }
            let len = pdu.take(RECORD_LENGTH)?.into();
            part(pdu, RECORD_LENGTH, len, |pdu| {
                if epoch > 0 {
                    let sequence = u64::from(epoch) << 48 | number;
                    self.encrypted(pdu, log, summary, kind, version, sequence);
                    return Ok(());
                }
                match kind {
                    20 => {
                        summary.push(Part::ChangeCipherSpec);
                        pdu.mark(CHANGE_CIPHER_SPEC, pdu.position()..pdu.position() + pdu.remaining());
                        self.encrypt(way, log);
                        Ok(())
                    }
                    21 => pdu.group(ALERT_MESSAGE, |pdu| {
                        let level = pdu.take(ALERT_MESSAGE_LEVEL)?;
                        let description = pdu.take(ALERT_MESSAGE_DESC)?;
                        summary.push(Part::Alert(level, description));
                        Ok(())
                    }),
                    22 => {
                        while pdu.wire_remaining() > 0 {
                            pdu.group(crate::tls::HANDSHAKE, |pdu| self.handshake(pdu, way, summary))?;
                        }
                        Ok(())
                    }
                    23 => {
                        summary.push(Part::ApplicationData);
                        pdu.take_rest(APP_DATA);
                        Ok(())
                    }
                    24 => {
                        let kind = pdu.take(HEARTBEAT_MESSAGE_TYPE)?;
                        summary.push(Part::Heartbeat(kind));
                        let len = pdu.take(HEARTBEAT_MESSAGE_PAYLOAD_LENGTH)?.into();
                        pdu.take_bytes(HEARTBEAT_MESSAGE_PAYLOAD, len)?;
                        Ok(())
                    }
                    _ => Ok(()),
                }
            })
        })
    }

    /// Reads a handshake message or a fragment of one.
    fn handshake(&mut self, pdu: &mut Pdu<'_>, way: usize, summary: &mut Summary) -> Step {
        let kind = pdu.take(crate::tls::HANDSHAKE_TYPE)?;
        let len = pdu.take(crate::tls::HANDSHAKE_LENGTH)? as usize;
        let number = pdu.take(HANDSHAKE_MESSAGE_SEQ)?;
        let at = pdu.take(HANDSHAKE_FRAGMENT_OFFSET)? as usize;
        let here = pdu.take(HANDSHAKE_FRAGMENT_LENGTH)? as usize;
        let bytes = pdu.rest().get(..here).unwrap_or(pdu.rest());
        if here == len {
            self.learn(kind, bytes, way);
            let terms = self.session.terms;
            return part(pdu, HANDSHAKE_FRAGMENT_LENGTH, here, |pdu| body(pdu, kind, terms, summary));
        }
        summary.handshake(kind);
        if bytes.len() == here
            && let Some(message) = self.ends[way].message.add((kind, number, len), at, bytes)
        {
            self.learn(kind, &message, way);
            let context = carry(Carried::Messages, self.session.terms) | u64::from(kind) << 40;
            pdu.hand_on_bytes(DTLS, 0u64, &message).context(context);
        }
        pdu.skip(here)
    }

    fn learn(&mut self, kind: u8, body: &[u8], way: usize) {
        self.session.learn(kind, body, way == 1);
        let hello = match kind {
            kind::CLIENT_HELLO => Hello::client(body, true),
            kind::SERVER_HELLO => Hello::server(body),
            _ => None,
        };
        if let Some(mut extension) = hello.and_then(|hello| hello.extension(CONNECTION_ID_EXTENSION)) {
            // Who says it wants to find it in what the other end sends (RFC 9146, section 3).
            self.ends[1 - way].id_len = extension.vector(1).map_or(0, |id| id.0.len());
        }
    }

    /// From now on an end has keys.
    fn encrypt(&mut self, way: usize, log: &KeyLog) {
        let master = self.session.client_random.as_ref().and_then(|random| log.get(Label::Master, random));
        let keys = master.and_then(|master| Keys::classic(&self.session, master));
        let is_client = (way == 1) == self.session.client_is_reverse;
        self.ends[way].keys = keys.map(|[client, server]| if is_client { client } else { server });
    }

    fn encrypted(
        &mut self,
        pdu: &mut Pdu<'_>,
        log: &KeyLog,
        summary: &mut Summary,
        kind: u8,
        version: u16,
        sequence: u64,
    ) {
        let (at, way) = (pdu.position(), usize::from(pdu.is_reverse()));
        let sealed = match kind {
            23 => {
                summary.push(Part::ApplicationData);
                pdu.take_rest(APP_DATA)
            }
            _ => {
                summary.push(match kind {
                    20 => Part::ChangeCipherSpec,
                    21 => Part::EncryptedAlert,
                    22 => Part::EncryptedHandshake,
                    24 => Part::EncryptedHeartbeat,
                    25 => Part::ConnectionId,
                    _ => Part::EncryptedData,
                });
                pdu.take_rest(ENC_CONTENT)
            }
        };
        if log.is_empty() {
            return;
        }
        let opened = self.ends[way].keys.as_mut().and_then(|keys| keys.open_as(sequence, kind, version, sealed));
        match opened {
            Some((23, content)) => {
                let context = pdu.context();
                let ports = [context as u16, (context >> 16) as u16];
                let keys = [ports[0].min(ports[1]), ports[0].max(ports[1])];
                pdu.hand_on_bytes(PORT, keys, &content).context(context);
            }
            None if !std::mem::replace(&mut self.is_told, true) => {
                let text = format_args!("the key of this connection is not in the key log, or does not fit");
                pdu.diagnostic(Severity::Note, "no-key", at..at + sealed.len(), text);
            }
            _ => {}
        }
    }
}

builtin!(Dtls);

#[test]
fn a_message_in_fragments() {
    let record = |number: u8, content: &str| {
        format!("16 feff 0000 00000000000{number} {:04x} {content}", content.replace(' ', "").len() / 2)
    };
    check::<Dtls>(
        &(record(0, "03 000017 0000 000000 000017 feff 14 000102030405060708090a0b0c0d0e0f10111213")
            + &record(1, "0e 000004 0001 000000 000002 0102")
            + "14 feff 0000 000000000002 0001 01 16 feff 0001 000000000000 0002 abcd"),
        expect![[r#"
            Datagram Transport Layer Security, Hello Verify Request, Server Hello Done, Change Cipher Spec, Encrypted Handshake Message
              Record Layer: Handshake (22)
                Content Type: Handshake (22)
                Version: DTLS 1.0 (0xfeff)
                Epoch: 0
                Sequence Number: 0
                Length: 35
                Handshake Protocol: Hello Verify Request (3)
                  Handshake Type: Hello Verify Request (3)
                  Length: 23
                  Message Sequence: 0
                  Fragment Offset: 0
                  Fragment Length: 23
                  Version: DTLS 1.0 (0xfeff)
                  Cookie Length: 20
                  Cookie: 000102030405060708090a0b0c0d0e0f10111213
              Record Layer: Handshake (22)
                Content Type: Handshake (22)
                Version: DTLS 1.0 (0xfeff)
                Epoch: 0
                Sequence Number: 1
                Length: 14
                Handshake Protocol: Server Hello Done (14)
                  Handshake Type: Server Hello Done (14)
                  Length: 4
                  Message Sequence: 1
                  Fragment Offset: 0
                  Fragment Length: 2
              Record Layer: Change Cipher Spec (20)
                Content Type: Change Cipher Spec (20)
                Version: DTLS 1.0 (0xfeff)
                Epoch: 0
                Sequence Number: 2
                Length: 1
                Change Cipher Spec Message
              Record Layer: Handshake (22)
                Content Type: Handshake (22)
                Version: DTLS 1.0 (0xfeff)
                Epoch: 1
                Sequence Number: 0
                Length: 2
                Encrypted Record Content: abcd
        "#]],
    );
}

#[test]
fn fragments_in_any_order() {
    let mut fragments = Fragments::default();
    let of = (1, 0, 5);
    assert_eq!(fragments.add(of, 3, &[3, 4]), None);
    assert_eq!(fragments.add(of, 0, &[0, 1]), None);
    assert_eq!(fragments.add(of, 4, &[4, 5]), None, "beyond the end");
    assert_eq!(fragments.add(of, 1, &[1, 2]), Some(vec![0, 1, 2, 3, 4]));
    assert_eq!(fragments.add((1, 1, 5), 0, &[0]), None);
}

#[test]
fn lengths_that_cannot_be() {
    check::<Dtls>(
        "16 fefd 0000 000000000000 0010 01 000004 0000 000000 000004 0303 05",
        expect![[r#"
            Datagram Transport Layer Security, Client Hello
              Record Layer: Handshake (22)
                Content Type: Handshake (22)
                Version: DTLS 1.2 (0xfefd)
                Epoch: 0
                Sequence Number: 0
                Length: 16
                Handshake Protocol: Client Hello (1)
                  Handshake Type: Client Hello (1)
                  Length: 4
                  Message Sequence: 0
                  Fragment Offset: 0
                  Fragment Length: 4
                  Version: TLS 1.2 (0x0303)
              [error] short: dtls.handshake.random needs 32 bytes at offset 27, 1 are there
        "#]],
    );
    check::<Dtls>(
        "16 fefd 0000 000000000000 000f 02 000100 0000 000000 000100 0303 05",
        expect![[r#"
            Datagram Transport Layer Security, Server Hello
              Record Layer: Handshake (22)
                Content Type: Handshake (22)
                Version: DTLS 1.2 (0xfefd)
                Epoch: 0
                Sequence Number: 0
                Length: 15
                Handshake Protocol: Server Hello (2)
                  Handshake Type: Server Hello (2)
                  Length: 256
                  Message Sequence: 0
                  Fragment Offset: 0
                  Fragment Length: 256
                  Version: TLS 1.2 (0x0303)
                [error] bad-length: 32 more bytes are needed, 1 are left
        "#]],
    );
}
