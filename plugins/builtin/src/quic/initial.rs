//! The protection of Initial packets (RFC 9001, section 5): their keys come from a connection ID that anybody sees.

use super::is_v2;
use crate::tls::kdf::{Hash, expand_label, hmac};
use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use aes_gcm::Aes128Gcm;
use aes_gcm::aead::{Aead, Payload};

/// The keys of both ends.
pub(super) struct Keys {
    /// The connection ID that they come from.
    pub id: Vec<u8>,
    ends: [End; 2],
}

struct End {
    packet: Aes128Gcm,
    iv: [u8; 12],
    header: Aes128,
    /// One more than the largest packet number.
    next: u64,
}

/// A packet whose header is no longer protected.
pub(super) struct Opened {
    /// Its first byte.
    pub first: u8,
    pub number: u64,
    /// Its frames; `None` if the key doesn't fit.
    pub content: Option<Vec<u8>>,
}

/// The salt of a version (RFC 9001, section 5.2; RFC 9369, section 3.3.1).
fn salt(version: u32) -> Option<&'static [u8; 20]> {
    Some(match version {
        0x6b33_43cf => b"\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9",
        0xff00_0011..=0xff00_0014 => {
            b"\xef\x4f\xb0\xab\xb4\x74\x70\xc4\x1b\xef\xcf\x80\x31\x33\x4f\xae\x48\x5e\x09\xa0"
        }
        0xff00_0015 | 0xff00_0016 | 0xface_b001 => {
            b"\x7f\xbc\xdb\x0e\x7c\x66\xbb\xe9\x19\x3a\x96\xcd\x21\x51\x9e\xbd\x7a\x02\x64\x4a"
        }
        0xff00_0017..=0xff00_001c | 0xface_b002 => {
            b"\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02"
        }
        0xff00_001d..=0xff00_0020 => {
            b"\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99"
        }
        0xff02_0000 | 0x709a_50c4 => {
            b"\xa7\x07\xc2\x03\xa5\x9b\x47\x18\x4a\x1d\x62\xca\x57\x04\x06\xea\x7a\xe3\xe5\xd3"
        }
        0x0000_0001 | 0xff00_0021 | 0xff00_0022 => {
            b"\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a"
        }
        _ => return None,
    })
}

impl Keys {
    /// The keys for the connection ID that the client chose for the server.
    pub fn new(version: u32, id: &[u8]) -> Option<Keys> {
        let secret = hmac(Hash::Sha256, salt(version)?, &[id]);
        let prefix = if is_v2(version) { "quicv2" } else { "quic" };
        let end = |label: &str| {
            let secret = expand_label(Hash::Sha256, &secret, label, 32);
            let expand = |what: &str, len| expand_label(Hash::Sha256, &secret, &format!("tls13 {prefix} {what}"), len);
            Some(End {
                packet: Aes128Gcm::new_from_slice(&expand("key", 16)).ok()?,
                iv: expand("iv", 12).try_into().ok()?,
                header: Aes128::new_from_slice(&expand("hp", 16)).ok()?,
                next: 0,
            })
        };
        Some(Keys { id: id.to_vec(), ends: [end("tls13 client in")?, end("tls13 server in")?] })
    }

    /// Opens a packet whose packet number begins at `at`. `None` if it is too short.
    pub fn open(&mut self, packet: &[u8], at: usize, from_server: bool) -> Option<Opened> {
        let end = &mut self.ends[usize::from(from_server)];
        // The sample for the header lies where a packet number of four bytes would end.
        let sample: [u8; 16] = packet.get(at + 4..at + 20)?.try_into().ok()?;
        let mut mask = Array::from(sample);
        end.header.encrypt_block(&mut mask);
        let first = packet.first()? ^ mask[0] & 0x0f;
        let width = usize::from(first & 3) + 1;
        let mut header = packet.get(..at + width)?.to_vec();
        *header.first_mut()? = first;
        header[at..].iter_mut().zip(&mask[1..]).for_each(|(byte, mask)| *byte ^= mask);
        let low = header[at..].iter().fold(0u64, |n, &byte| n << 8 | u64::from(byte));
        let number = whole_number(low, 8 * width, end.next);
        let mut nonce = end.iv;
        nonce[4..].iter_mut().zip(number.to_be_bytes()).for_each(|(byte, n)| *byte ^= n);
        let payload = Payload { msg: packet.get(at + width..)?, aad: &header };
        let content = end.packet.decrypt(&nonce.into(), payload).ok();
        if content.is_some() {
            end.next = end.next.max(number + 1);
        }
        Some(Opened { first, number, content })
    }
}

/// A packet number of which the low bits are there, as near as can be to the one that is expected (RFC 9000, appendix A.3).
fn whole_number(low: u64, bits: usize, expected: u64) -> u64 {
    let window = 1u64 << bits;
    let candidate = expected & !(window - 1) | low;
    if candidate + window / 2 <= expected {
        candidate + window
    } else if candidate > expected + window / 2 && candidate >= window {
        candidate - window
    } else {
        candidate
    }
}

/// RFC 9001, appendix A.1.
#[test]
fn the_keys_of_the_rfc() {
    let id = b"\x83\x94\xc8\xf0\x3e\x51\x57\x08";
    let secret = hmac(Hash::Sha256, salt(1).unwrap(), &[id]);
    let client = expand_label(Hash::Sha256, &secret, "tls13 client in", 32);
    let key = expand_label(Hash::Sha256, &client, "tls13 quic key", 16);
    assert_eq!(key, prosector_sdk::testkit::parse_hex("1f369613dd76d5467730efcbe3b1a22d"));
    assert_eq!(whole_number(0x9b32, 16, 0xa82f_30eb), 0xa82f_9b32);
    assert_eq!(whole_number(0, 8, 0), 0);
}

/// A client's Initial packet of version 1, number 2, with these frames.
#[cfg(test)]
pub(super) fn seal(id: &[u8], content: &[u8]) -> Vec<u8> {
    let keys = Keys::new(1, id).unwrap();
    let end = &keys.ends[0];
    let mut packet = vec![0xc1, 0, 0, 0, 1, id.len() as u8];
    packet.extend_from_slice(id);
    packet.extend_from_slice(&[0, 0]);
    packet.extend_from_slice(&(0x4000 | (2 + content.len() + 16) as u16).to_be_bytes());
    let at = packet.len();
    packet.extend_from_slice(&[0, 2]);
    let mut nonce = end.iv;
    nonce[11] ^= 2;
    let sealed = end.packet.encrypt(&nonce.into(), Payload { msg: content, aad: &packet }).unwrap();
    packet.extend_from_slice(&sealed);
    let mut mask = Array::from(<[u8; 16]>::try_from(&packet[at + 4..at + 20]).unwrap());
    end.header.encrypt_block(&mut mask);
    packet[0] ^= mask[0] & 0x0f;
    packet[at] ^= mask[1];
    packet[at + 1] ^= mask[2];
    packet
}
