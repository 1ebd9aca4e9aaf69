//! Key exchange: what is offered, and the messages of each method.

use super::*;
use md5::{Digest, Md5};

/// How keys are exchanged. It decides what the messages from 30 on mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Dh,
    /// RFC 4419
    Group,
    /// RFC 5656, and whatever sends one string and gets one back.
    Ecdh,
    Unknown,
}

impl Method {
    pub fn of(name: &[u8]) -> Method {
        match name {
            b"" => Method::Unknown,
            name if name.starts_with(b"diffie-hellman-group-exchange-") => Method::Group,
            name if name.starts_with(b"diffie-hellman-") => Method::Dh,
            _ => Method::Ecdh,
        }
    }

    /// The name of a message that depends on the method.
    pub fn message(self, code: u8) -> Option<&'static str> {
        Some(match (self, code) {
            (Method::Dh, 30) => "Diffie-Hellman Key Exchange Init",
            (Method::Dh, 31) => "Diffie-Hellman Key Exchange Reply",
            (Method::Group, 30) => "Diffie-Hellman Group Exchange Request (Old)",
            (Method::Group, 31) => "Diffie-Hellman Group Exchange Group",
            (Method::Ecdh, 30) => "Elliptic Curve Diffie-Hellman Key Exchange Init",
            (Method::Ecdh, 31) => "Elliptic Curve Diffie-Hellman Key Exchange Reply",
            _ => return None,
        })
    }

    /// Reads a message without its number.
    pub fn read(self, pdu: &mut Pdu<'_>, code: u8) -> Step {
        match (self, code) {
            (Method::Dh, 30) | (_, 32) => mpint(pdu, DH_E),
            (Method::Dh, 31) | (_, 33) => {
                host_key(pdu)?;
                mpint(pdu, DH_F)?;
                signature(pdu)
            }
            (Method::Group, 30) => pdu.take(DH_GEX_NBITS).map(drop),
            (_, 34) => {
                pdu.take(DH_GEX_MIN)?;
                pdu.take(DH_GEX_NBITS)?;
                pdu.take(DH_GEX_MAX).map(drop)
            }
            (Method::Group, 31) => {
                mpint(pdu, DH_GEX_P)?;
                mpint(pdu, DH_GEX_G)
            }
            (Method::Ecdh, 30) => string(pdu, ECDH_Q_C_LENGTH, ECDH_Q_C).map(drop),
            (Method::Ecdh, 31) => {
                host_key(pdu)?;
                string(pdu, ECDH_Q_S_LENGTH, ECDH_Q_S)?;
                signature(pdu)
            }
            _ => Ok(()),
        }
    }
}

/// Reads what an end offers; gives its key exchange methods.
pub(super) fn init(pdu: &mut Pdu<'_>, is_server: bool) -> Result<Vec<u8>, Stop> {
    pdu.take(COOKIE)?;
    let lists = [
        (KEX_ALGORITHMS_LENGTH, KEX_ALGORITHMS),
        (SERVER_HOST_KEY_ALGORITHMS_LENGTH, SERVER_HOST_KEY_ALGORITHMS),
        (ENCRYPTION_ALGORITHMS_CLIENT_TO_SERVER_LENGTH, ENCRYPTION_ALGORITHMS_CLIENT_TO_SERVER),
        (ENCRYPTION_ALGORITHMS_SERVER_TO_CLIENT_LENGTH, ENCRYPTION_ALGORITHMS_SERVER_TO_CLIENT),
        (MAC_ALGORITHMS_CLIENT_TO_SERVER_LENGTH, MAC_ALGORITHMS_CLIENT_TO_SERVER),
        (MAC_ALGORITHMS_SERVER_TO_CLIENT_LENGTH, MAC_ALGORITHMS_SERVER_TO_CLIENT),
        (COMPRESSION_ALGORITHMS_CLIENT_TO_SERVER_LENGTH, COMPRESSION_ALGORITHMS_CLIENT_TO_SERVER),
        (COMPRESSION_ALGORITHMS_SERVER_TO_CLIENT_LENGTH, COMPRESSION_ALGORITHMS_SERVER_TO_CLIENT),
        (LANGUAGES_CLIENT_TO_SERVER_LENGTH, LANGUAGES_CLIENT_TO_SERVER),
        (LANGUAGES_SERVER_TO_CLIENT_LENGTH, LANGUAGES_SERVER_TO_CLIENT),
    ];
    let mut offered = [&[][..]; 10];
    for (slot, (len, list)) in offered.iter_mut().zip(lists) {
        *slot = string(pdu, len, list)?;
    }
    pdu.take(FIRST_KEX_PACKET_FOLLOWS)?;
    pdu.take(KEX_RESERVED)?;
    let (text_field, field, own) =
        if is_server { (KEX_HASSHSERVER_ALGORITHMS, KEX_HASSHSERVER, 1) } else { (KEX_HASSH_ALGORITHMS, KEX_HASSH, 0) };
    if pdu.wants(text_field) || pdu.wants(field) {
        // HASSH (Salesforce, 2018)
        let text = [offered[0], offered[2 + own], offered[4 + own], offered[6 + own]].join(&b';');
        let at = pdu.position();
        pdu.computed_bytes(text_field, at..at, &text);
        let digest: String = Md5::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
        pdu.computed_bytes(field, at..at, digest.as_bytes());
    }
    Ok(offered[0].to_vec())
}

fn mpint(pdu: &mut Pdu<'_>, field: Handle<Variable>) -> Step {
    string(pdu, MPINT_LENGTH, field).map(drop)
}

fn host_key(pdu: &mut Pdu<'_>) -> Step {
    pdu.group(HOST_KEY, |pdu| {
        let len = pdu.take(HOST_KEY_LENGTH)? as usize;
        pdu.within(HOST_KEY_LENGTH, len, |pdu| {
            let kind = string(pdu, HOST_KEY_TYPE_LENGTH, HOST_KEY_TYPE)?;
            match kind {
                b"ssh-rsa" => {
                    mpint(pdu, HOST_KEY_RSA_E)?;
                    mpint(pdu, HOST_KEY_RSA_N)?;
                }
                b"ssh-dss" => {
                    mpint(pdu, HOST_KEY_DSA_P)?;
                    mpint(pdu, HOST_KEY_DSA_Q)?;
                    mpint(pdu, HOST_KEY_DSA_G)?;
                    mpint(pdu, HOST_KEY_DSA_Y)?;
                }
                b"ecdsa-sha2-nistp256" | b"ecdsa-sha2-nistp384" | b"ecdsa-sha2-nistp521" => {
                    string(pdu, HOST_KEY_ECDSA_ID_LENGTH, HOST_KEY_ECDSA_ID)?;
                    string(pdu, HOST_KEY_ECDSA_Q_LENGTH, HOST_KEY_ECDSA_Q)?;
                }
                b"ssh-ed25519" | b"ssh-ed448" => {
                    string(pdu, HOST_KEY_EDDSA_KEY_LENGTH, HOST_KEY_EDDSA_KEY)?;
                }
                // A certificate of OpenSSH begins with a nonce; the key follows.
                b"ssh-ed25519-cert-v01@openssh.com" => {
                    let nonce = pdu.peek(HOST_KEY_EDDSA_KEY_LENGTH)? as usize;
                    pdu.skip(4)?;
                    pdu.skip(nonce)?;
                    string(pdu, HOST_KEY_EDDSA_KEY_LENGTH, HOST_KEY_EDDSA_KEY)?;
                }
                _ => {}
            }
            if pdu.wire_remaining() > 0 {
                pdu.take_rest(HOST_KEY_DATA);
            }
            Ok(())
        })
    })
}

fn signature(pdu: &mut Pdu<'_>) -> Step {
    pdu.group(HOST_SIG, |pdu| {
        let len = pdu.take(HOST_SIG_LENGTH)? as usize;
        pdu.within(HOST_SIG_LENGTH, len, |pdu| {
            match string(pdu, HOST_SIG_TYPE_LENGTH, HOST_SIG_TYPE)? {
                b"ssh-rsa" => mpint(pdu, HOST_SIG_RSA)?,
                b"ssh-dss" => mpint(pdu, HOST_SIG_DSA)?,
                _ => {
                    pdu.take_rest(HOST_SIG_DATA);
                }
            }
            Ok(())
        })
    })
}
