//! A connection: what is kept from record to record.

use super::handshake::part;
use super::hello::{self, Session};
use super::keylog::{KeyLog, Label};
use super::protection::Keys;
use super::reader::Reader;
use super::summary::{Part, Summary};
use super::*;

/// Longer messages are not put together.
const MAX_MESSAGE: usize = 1 << 17;

/// One connection.
#[derive(Default)]
pub(crate) struct Connection {
    session: Session,
    /// What comes from either end; the second goes in the flow's second direction.
    pub ends: [End; 2],
    pub is_ssl2: bool,
    /// That there is no key has been said.
    is_told: bool,
}

/// What comes from one end.
#[derive(Default)]
pub(crate) struct End {
    /// A PDU has been waited for.
    pub has_waited: bool,
    /// Everything is encrypted, since a Change Cipher Spec.
    is_encrypted: bool,
    keys: Option<Keys>,
    /// The beginning of a handshake message that the next record goes on with.
    pending: Vec<u8>,
    /// The same of what was decrypted.
    opened: Vec<u8>,
    /// Bytes of application data so far.
    offset: u64,
}

/// How many bytes the whole handshake messages take that bytes begin with.
pub(super) fn whole_messages(bytes: &[u8]) -> usize {
    let mut reader = Reader(bytes);
    let mut len = 0;
    while reader.u8().is_some() && reader.vector(3).is_some() {
        len = bytes.len() - reader.0.len();
    }
    len
}

/// Whether bytes may begin a handshake message.
fn is_message(bytes: &[u8]) -> bool {
    let mut reader = Reader(bytes);
    reader.u8().is_none_or(hello::kind::is_known) && reader.number(3).is_none_or(|len| len < MAX_MESSAGE)
}

impl Connection {
    /// Reads one record, which is whole.
    pub fn record(&mut self, pdu: &mut Pdu<'_>, log: &KeyLog, summary: &mut Summary) -> Step {
        let way = usize::from(pdu.is_reverse());
        pdu.group(RECORD, |pdu| {
            let kind = pdu.peek(RECORD_CONTENT_TYPE)?;
            let is_opaque = kind == 23 && self.session.is_13();
            pdu.take(if is_opaque { RECORD_OPAQUE_TYPE } else { RECORD_CONTENT_TYPE })?;
            let version = pdu.take(RECORD_VERSION)?;
            let len = pdu.take(RECORD_LENGTH)?.into();
            part(pdu, RECORD_LENGTH, len, |pdu| {
                let opened = self.open(pdu, log, kind, version);
                self.content(pdu, log, kind, summary)?;
                if let Some((kind, content)) = opened {
                    self.opened(pdu, log, way, kind, &content);
                }
                Ok(())
            })
        })
    }

    /// Opens an encrypted record, if its key is known.
    fn open(&mut self, pdu: &mut Pdu<'_>, log: &KeyLog, kind: u8, version: u16) -> Option<(u8, Vec<u8>)> {
        let end = &mut self.ends[usize::from(pdu.is_reverse())];
        let is_13 = self.session.terms.is_13();
        if log.is_empty() || !(if is_13 { kind == 23 } else { end.is_encrypted && kind != 20 }) {
            return None;
        }
        let opened = end.keys.as_mut().and_then(|keys| keys.open(kind, version, pdu.rest()));
        if opened.is_none() && !std::mem::replace(&mut self.is_told, true) {
            let range = pdu.position()..pdu.position() + pdu.remaining();
            let text = if end.keys.is_some() { "does not fit" } else { "is not in the key log" };
            pdu.diagnostic(Severity::Note, "no-key", range, format_args!("the key of this connection {text}"));
        }
        opened
    }

    /// Reads the content of a record as it is.
    fn content(&mut self, pdu: &mut Pdu<'_>, log: &KeyLog, kind: u8, summary: &mut Summary) -> Step {
        let way = usize::from(pdu.is_reverse());
        let is_13 = self.session.is_13();
        let is_encrypted = self.ends[way].is_encrypted && !is_13;
        match kind {
            20 => {
                summary.push(Part::ChangeCipherSpec);
                pdu.mark(CHANGE_CIPHER_SPEC, pdu.position()..pdu.position() + pdu.remaining());
                if !is_13 {
                    self.encrypt(way, log);
                }
                Ok(())
            }
            21 if !is_encrypted && pdu.wire_remaining() == 2 => alert(pdu, summary),
            21 => {
                summary.push(Part::EncryptedAlert);
                Ok(())
            }
            22 if is_encrypted => {
                summary.push(Part::EncryptedHandshake);
                Ok(())
            }
            22 => self.handshake(pdu, log, summary),
            23 => {
                summary.push(Part::ApplicationData);
                let at = pdu.position();
                pdu.take_rest(APP_DATA);
                if let Some(protocol) = protocol(&self.session.alpn, pdu.context()) {
                    pdu.computed_bytes(APP_DATA_PROTO, at..pdu.position(), protocol.as_bytes());
                }
                Ok(())
            }
            24 if is_encrypted => {
                summary.push(Part::EncryptedHeartbeat);
                Ok(())
            }
            24 => heartbeat(pdu, summary),
            25 => {
                summary.push(Part::ConnectionId);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Reads handshake messages that are not encrypted. One may go on from record to record.
    fn handshake(&mut self, pdu: &mut Pdu<'_>, log: &KeyLog, summary: &mut Summary) -> Step {
        let way = usize::from(pdu.is_reverse());
        let content = pdu.rest();
        let pending = std::mem::take(&mut self.ends[way].pending);
        if pending.is_empty() {
            if !is_message(content) {
                summary.push(Part::EncryptedHandshake);
                return Ok(());
            }
            let whole = whole_messages(content);
            self.learn(&content[..whole], way, log);
            let terms = self.session.terms;
            part(pdu, RECORD_LENGTH, whole, |pdu| handshake::messages(pdu, terms, summary))?;
            self.ends[way].pending = content[whole..].to_vec();
            if let Some(&kind) = content.get(whole) {
                summary.push(if hello::kind::is_known(kind) {
                    Part::Handshake(kind)
                } else {
                    Part::EncryptedHandshake
                });
            }
            return Ok(());
        }
        let bytes = [&pending, content].concat();
        if !is_message(&bytes) {
            summary.push(Part::EncryptedHandshake);
            return Ok(());
        }
        let whole = whole_messages(&bytes);
        if whole > 0 {
            self.learn(&bytes[..whole], way, log);
            pdu.hand_on_bytes(TLS, 0u64, &bytes[..whole]).context(carry(Carried::Messages, self.session.terms));
        }
        bytes.iter().take(1).for_each(|&kind| summary.push(Part::Handshake(kind)));
        self.ends[way].pending = bytes[whole..].to_vec();
        Ok(())
    }

    /// Takes from whole messages what they settle.
    fn learn(&mut self, messages: &[u8], way: usize, log: &KeyLog) {
        let mut reader = Reader(messages);
        while let (Some(kind), Some(body)) = (reader.u8(), reader.vector(3)) {
            self.session.learn(kind, body.0, way == 1);
            let is_13 = self.session.terms.is_13();
            match kind {
                hello::kind::CLIENT_HELLO if !is_13 => self.ends.iter_mut().for_each(|end| end.is_encrypted = false),
                hello::kind::SERVER_HELLO if is_13 => {
                    self.modern(way, log, Label::ServerHandshake);
                    self.modern(1 - way, log, Label::ClientHandshake);
                }
                hello::kind::FINISHED if is_13 => {
                    let is_client = (way == 1) == self.session.client_is_reverse;
                    self.modern(way, log, if is_client { Label::ClientTraffic } else { Label::ServerTraffic });
                }
                hello::kind::KEY_UPDATE if is_13 => {
                    let end = &mut self.ends[way];
                    end.keys = end.keys.as_ref().and_then(Keys::updated);
                }
                _ => {}
            }
        }
    }

    /// From now on an end uses the keys that come from a secret of TLS 1.3.
    fn modern(&mut self, way: usize, log: &KeyLog, label: Label) {
        let secret = self.session.client_random.as_ref().and_then(|random| log.get(label, random));
        self.ends[way].keys = secret.and_then(|secret| Keys::modern(self.session.terms, secret));
    }

    /// From now on everything from an end is encrypted.
    fn encrypt(&mut self, way: usize, log: &KeyLog) {
        let master = self.session.client_random.as_ref().and_then(|random| log.get(Label::Master, random));
        let keys = master.and_then(|master| Keys::classic(&self.session, master));
        let is_client = (way == 1) == self.session.client_is_reverse;
        let end = &mut self.ends[way];
        end.keys = keys.map(|[client, server]| if is_client { client } else { server });
        end.is_encrypted = true;
        end.pending.clear();
    }

    /// Hands on what was in an encrypted record.
    fn opened(&mut self, pdu: &mut Pdu<'_>, log: &KeyLog, way: usize, kind: u8, content: &[u8]) {
        match kind {
            21 => {
                pdu.hand_on_bytes(TLS, 0u64, content).context(carry(Carried::Alert, self.session.terms));
            }
            22 => {
                let mut bytes = std::mem::take(&mut self.ends[way].opened);
                bytes.extend_from_slice(content);
                if !is_message(&bytes) {
                    return;
                }
                let whole = whole_messages(&bytes);
                if whole > 0 {
                    self.learn(&bytes[..whole], way, log);
                    pdu.hand_on_bytes(TLS, 0u64, &bytes[..whole]).context(carry(Carried::Messages, self.session.terms));
                }
                self.ends[way].opened = bytes[whole..].to_vec();
            }
            23 if !content.is_empty() => {
                let end = &mut self.ends[way];
                let offset = end.offset;
                end.offset += content.len() as u64;
                let context = pdu.context();
                let ports = [context as u16, (context >> 16) as u16];
                let next = match &self.session.alpn[..] {
                    b"h2" => pdu.hand_on_bytes(HTTP2, 0u64, content),
                    b"http/1.1" | b"http/1.0" => pdu.hand_on_bytes(HTTP, 0u64, content),
                    _ => {
                        let keys = [ports[0].min(ports[1]), ports[0].max(ports[1])];
                        pdu.hand_on_bytes(PORT, keys, content)
                    }
                };
                next.context(context).stream(offset);
            }
            _ => {}
        }
    }
}

fn heartbeat(pdu: &mut Pdu<'_>, summary: &mut Summary) -> Step {
    pdu.group(HEARTBEAT_MESSAGE, |pdu| {
        let kind = pdu.take(HEARTBEAT_MESSAGE_TYPE)?;
        summary.push(Part::Heartbeat(kind));
        let at = pdu.position();
        let len = usize::from(pdu.take(HEARTBEAT_MESSAGE_PAYLOAD_LENGTH)?);
        // At least 16 bytes of padding follow the payload (RFC 6520, section 4).
        let most = pdu.wire_remaining().saturating_sub(16);
        if len > most {
            let text = format_args!("{len} bytes of payload, but there are {most}");
            pdu.diagnostic(Severity::Error, "bad-length", at..at + 2, text);
        }
        pdu.take_bytes(HEARTBEAT_MESSAGE_PAYLOAD, len.min(pdu.wire_remaining()))?;
        if pdu.wire_remaining() > 0 {
            pdu.take_rest(HEARTBEAT_MESSAGE_PADDING);
        }
        Ok(())
    })
}

/// The title of the protocol that is in application data: the one that was agreed upon, or that of the port.
fn protocol(alpn: &[u8], context: u64) -> Option<&'static str> {
    match alpn {
        [b'h', b'2', ..] => return Some("HyperText Transfer Protocol 2"),
        [b'h', b't', b't', b'p', b'/', ..] => return Some("Hypertext Transfer Protocol"),
        [b's', b'p', b'd', b'y', ..] => return Some("SPDY"),
        _ => {}
    }
    let of = |port: u16| {
        Some(match port {
            443 => "Hypertext Transfer Protocol",
            25 | 465 | 587 => "Simple Mail Transfer Protocol",
            993 | 143 => "Internet Message Access Protocol",
            995 | 110 => "Post Office Protocol",
            21 | 990 => "File Transfer Protocol (FTP)",
            636 | 389 => "Lightweight Directory Access Protocol",
            853 => "Domain Name System",
            3306 => "MySQL Protocol",
            3389 => "TPKT - ISO on TCP - RFC1006",
            5061 => "Session Initiation Protocol",
            5432 => "PostgreSQL",
            5671 => "Advanced Message Queuing Protocol",
            5868 => "Diameter Protocol",
            8883 => "MQ Telemetry Transport Protocol",
            27017 => "Mongo Wire Protocol",
            _ => return None,
        })
    };
    let (source, destination) = ((context >> 16) as u16, context as u16);
    of(source.min(destination)).or(of(source.max(destination)))
}
