//! The messages of SSL 2.0 that are not encrypted (draft-hickman-netscape-ssl-00). Old clients offered newer versions
//! with its hello message (RFC 5246, appendix E.2).

use super::handshake::{all, certificate, part};
use super::reader::Reader;
use super::summary::{Part, Summary};
use super::*;

const CLIENT_HELLO: u8 = 1;
const CLIENT_MASTER_KEY: u8 = 2;
const SERVER_HELLO: u8 = 4;

/// Whether bytes begin a client hello in the format of SSL 2.0.
pub(super) fn is_client_hello(bytes: &[u8]) -> bool {
    let mut reader = Reader(bytes);
    let mut read = || {
        let len = reader.u16()?;
        let (kind, version) = (reader.u8()?, reader.u16()?);
        let (ciphers, session, challenge) = (reader.u16()?, reader.u16()?, reader.u16()?);
        let sum = 9 + u32::from(ciphers) + u32::from(session) + u32::from(challenge);
        let is_good = kind == CLIENT_HELLO
            && matches!(version, 0x0002 | 0x0300..=0x0303)
            && ciphers > 0
            && ciphers.is_multiple_of(3)
            && matches!(session, 0 | 16)
            && (16..=32).contains(&challenge);
        (len & 0x8000 != 0 && is_good && sum == u32::from(len & 0x7fff)).then_some(())
    };
    read().is_some()
}

/// Whether bytes are a message of SSL 2.0, be it that the connection is known to be of that version or not.
pub(super) fn is_message(bytes: &[u8], is_known: bool) -> bool {
    is_client_hello(bytes) || is_known && !is_record(bytes)
}

/// Bytes of a record with its header, which has a third byte if there is padding.
pub(super) fn len(bytes: &[u8]) -> Option<usize> {
    let header = Reader(bytes).u16()?;
    Some(if header & 0x8000 != 0 { 2 + usize::from(header & 0x7fff) } else { 3 + usize::from(header & 0x3fff) })
}

pub(super) fn record(pdu: &mut Pdu<'_>, summary: &mut Summary) -> Step {
    pdu.computed(SSL2_VERSION, 0..0, 2);
    if pdu.peek(SSL2_LENGTH)? == pdu.peek(RECORD_LENGTH)? {
        let len = pdu.take(SSL2_PADDED_LENGTH)?.into();
        pdu.take(RECORD_PADDING_LENGTH)?;
        return part(pdu, SSL2_PADDED_LENGTH, len, |pdu| message(pdu, summary));
    }
    let len = pdu.peek(SSL2_LENGTH)?.into();
    if is_clear(pdu.rest().get(2..).unwrap_or_default()) {
        pdu.show(SSL2_LENGTH)?;
    }
    pdu.skip(2)?;
    part(pdu, SSL2_LENGTH, len, |pdu| message(pdu, summary))
}

/// Whether a message is one of those that are not encrypted.
fn is_clear(message: &[u8]) -> bool {
    matches!(
        message,
        [CLIENT_HELLO, 0, 2, ..]
            | [CLIENT_HELLO, 3, 0..=3, ..]
            | [SERVER_HELLO, _, _, 0, 2, ..]
            | [CLIENT_MASTER_KEY, ..]
    )
}

fn message(pdu: &mut Pdu<'_>, summary: &mut Summary) -> Step {
    match pdu.peek(SSL2_TYPE)? {
        _ if !is_clear(pdu.rest()) => {
            summary.push(Part::EncryptedData);
            pdu.skip(pdu.wire_remaining())
        }
        CLIENT_HELLO => {
            summary.push(Part::Handshake(hello::kind::CLIENT_HELLO));
            pdu.take(SSL2_TYPE)?;
            pdu.take(HANDSHAKE_VERSION)?;
            let ciphers = pdu.take(HANDSHAKE_CIPHER_SPEC_LEN)?.into();
            let session = pdu.take(SSL2_SESSION_ID_LENGTH)?.into();
            let challenge = pdu.take(HANDSHAKE_CHALLENGE_LENGTH)?.into();
            part(pdu, HANDSHAKE_CIPHER_SPEC_LEN, ciphers, |pdu| all(pdu, HANDSHAKE_CIPHERSPEC))?;
            if session > 0 {
                pdu.take_bytes(HANDSHAKE_SESSION_ID, session)?;
            }
            pdu.take_bytes(HANDSHAKE_CHALLENGE, challenge)?;
            Ok(())
        }
        SERVER_HELLO => {
            summary.push(Part::Handshake(hello::kind::SERVER_HELLO));
            pdu.take(SSL2_TYPE)?;
            pdu.take(HANDSHAKE_SESSION_ID_HIT)?;
            pdu.take(SSL2_CERT_TYPE)?;
            pdu.take(HANDSHAKE_VERSION)?;
            let len = pdu.take(SSL2_CERTIFICATE_LENGTH)?.into();
            let ciphers = pdu.take(HANDSHAKE_CIPHER_SPEC_LEN)?.into();
            let id = pdu.take(HANDSHAKE_CONNECTION_ID_LENGTH)?.into();
            certificate(pdu, len)?;
            part(pdu, HANDSHAKE_CIPHER_SPEC_LEN, ciphers, |pdu| all(pdu, HANDSHAKE_CIPHERSPEC))?;
            pdu.take_bytes(SSL2_CONNECTION_ID, id)?;
            Ok(())
        }
        _ => {
            summary.push(Part::Handshake(hello::kind::CLIENT_KEY_EXCHANGE));
            pdu.take(SSL2_TYPE)?;
            pdu.take(HANDSHAKE_CIPHERSPEC)?;
            let clear = pdu.take(HANDSHAKE_CLEAR_KEY_LENGTH)?.into();
            let encrypted = pdu.take(HANDSHAKE_ENCRYPTED_KEY_LENGTH)?.into();
            let argument = pdu.take(HANDSHAKE_KEY_ARG_LENGTH)?.into();
            for (field, len) in
                [(HANDSHAKE_CLEAR_KEY_DATA, clear), (HANDSHAKE_ENCRYPTED_KEY, encrypted), (HANDSHAKE_KEY_ARG, argument)]
            {
                if len > 0 {
                    pdu.take_bytes(field, len)?;
                }
            }
            Ok(())
        }
    }
}
