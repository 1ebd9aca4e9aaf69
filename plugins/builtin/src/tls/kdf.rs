//! How keys come from secrets: the PRF of TLS up to 1.2 (RFC 5246, section 5; RFC 2246, section 5) and HKDF
//! (RFC 5869) with the labels of TLS 1.3 (RFC 8446, section 7.1).

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha256, Sha384};

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Md5,
    Sha1,
    Sha256,
    Sha384,
}

impl Hash {
    /// Bytes of its value.
    pub fn len(self) -> usize {
        match self {
            Hash::Md5 => 16,
            Hash::Sha1 => 20,
            Hash::Sha256 => 32,
            Hash::Sha384 => 48,
        }
    }
}

/// HMAC (RFC 2104) of the parts together.
pub(crate) fn hmac(hash: Hash, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    fn with<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        // Any length of a key will do.
        let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else { return Vec::new() };
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().to_vec()
    }
    match hash {
        Hash::Md5 => with::<Hmac<Md5>>(key, parts),
        Hash::Sha1 => with::<Hmac<Sha1>>(key, parts),
        Hash::Sha256 => with::<Hmac<Sha256>>(key, parts),
        Hash::Sha384 => with::<Hmac<Sha384>>(key, parts),
    }
}

fn p_hash(hash: Hash, secret: &[u8], seed: &[&[u8]], len: usize) -> Vec<u8> {
    let (mut out, mut a) = (Vec::new(), hmac(hash, secret, seed));
    while out.len() < len {
        let mut parts = vec![&a[..]];
        parts.extend_from_slice(seed);
        out.extend(hmac(hash, secret, &parts));
        a = hmac(hash, secret, &[&a]);
    }
    out.truncate(len);
    out
}

/// The PRF of TLS 1.2 with its hash, or, with MD5, that of older versions.
pub(crate) fn prf(hash: Hash, secret: &[u8], seed: &[&[u8]], len: usize) -> Vec<u8> {
    if hash != Hash::Md5 {
        return p_hash(hash, secret, seed, len);
    }
    let half = secret.len().div_ceil(2);
    let md5 = p_hash(Hash::Md5, &secret[..half], seed, len);
    let sha1 = p_hash(Hash::Sha1, &secret[secret.len() - half..], seed, len);
    md5.iter().zip(&sha1).map(|(a, b)| a ^ b).collect()
}

/// HKDF-Expand-Label without a context; `label` with its prefix, such as `tls13 key`.
pub(crate) fn expand_label(hash: Hash, secret: &[u8], label: &str, len: usize) -> Vec<u8> {
    let mut info = (len as u16).to_be_bytes().to_vec();
    info.push(label.len() as u8);
    info.extend_from_slice(label.as_bytes());
    info.push(0);
    let (mut out, mut last, mut count) = (Vec::new(), Vec::new(), 0u8);
    while out.len() < len {
        count += 1;
        last = hmac(hash, secret, &[&last, &info, &[count]]);
        out.extend_from_slice(&last);
    }
    out.truncate(len);
    out
}

/// RFC 8448, section 3: the server's handshake traffic secret and its key.
#[test]
fn a_label_of_tls_1_3() {
    use prosector_sdk::testkit::parse_hex;
    let secret = parse_hex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38");
    let key = expand_label(Hash::Sha256, &secret, "tls13 key", 16);
    assert_eq!(key, parse_hex("3fce516009c21727d0f2e4e86ee403bc"));
    let iv = expand_label(Hash::Sha256, &secret, "tls13 iv", 12);
    assert_eq!(iv, parse_hex("5d313eb2671276ee13000b30"));
}
