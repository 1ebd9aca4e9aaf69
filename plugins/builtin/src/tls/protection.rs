//! How records are protected, and how they are opened (RFC 5246, section 6.2.3; RFC 8446, section 5.2).

use super::hello::{Session, Terms};
use super::kdf::{Hash, expand_label, hmac, prf};
use aes::cipher::{Array, BlockCipherDecrypt, BlockSizeUser, KeyInit};
use aes::{Aes128, Aes256};
use aes_gcm::aead::consts::{U8, U12, U16};
use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes128Gcm, Aes256Gcm};
use ccm::Ccm;
use chacha20poly1305::ChaCha20Poly1305;

/// Opens what an AEAD has sealed.
trait Open: Send {
    fn open(&self, nonce: &[u8; 12], associated: &[u8], sealed: &[u8]) -> Option<Vec<u8>>;
}

impl<A: Aead + Send> Open for A {
    fn open(&self, nonce: &[u8; 12], associated: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let nonce = aes_gcm::aead::Nonce::<A>::try_from(&nonce[..]).ok()?;
        self.decrypt(&nonce, Payload { msg: sealed, aad: associated }).ok()
    }
}

/// Decrypts in CBC mode, `data` whole blocks.
fn cbc<C: BlockCipherDecrypt + BlockSizeUser<BlockSize = U16>>(cipher: &C, iv: &[u8], data: &mut [u8]) {
    let mut last: [u8; 16] = iv.try_into().unwrap_or_default();
    for block in data.chunks_exact_mut(16) {
        let Ok(next) = <[u8; 16]>::try_from(&*block) else { return };
        if let Ok(block) = <&mut Array<u8, U16>>::try_from(&mut *block) {
            cipher.decrypt_block(block);
        }
        block.iter_mut().zip(last).for_each(|(byte, before)| *byte ^= before);
        last = next;
    }
}

/// What a cipher suite does to records, read from its name.
struct Suite {
    cipher: Cipher,
    key: usize,
    /// Of the PRF or of HKDF.
    hash: Hash,
    /// Of the records' MAC, where they have one.
    mac: Hash,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cipher {
    Gcm,
    Ccm,
    Ccm8,
    ChaCha,
    Cbc,
}

impl Suite {
    fn of(name: &str) -> Option<Suite> {
        let key = if name.contains("AES_128") { 16 } else { 32 };
        let mac = match name.rsplit('_').next()? {
            "SHA" => Hash::Sha1,
            "SHA384" => Hash::Sha384,
            "MD5" => Hash::Md5,
            _ => Hash::Sha256,
        };
        let cipher = match () {
            () if name.contains("CHACHA20_POLY1305") => Cipher::ChaCha,
            () if !name.contains("_AES_") => return None,
            () if name.contains("_GCM") => Cipher::Gcm,
            () if name.contains("_CCM_8") => Cipher::Ccm8,
            () if name.contains("_CCM") => Cipher::Ccm,
            () if name.contains("_CBC") => Cipher::Cbc,
            () => return None,
        };
        let hash = if mac == Hash::Sha384 { Hash::Sha384 } else { Hash::Sha256 };
        Some(Suite { cipher, key, hash, mac })
    }

    fn opener(&self, key: &[u8]) -> Option<Box<dyn Open>> {
        fn make<A: Aead + KeyInit + Send + 'static>(key: &[u8]) -> Option<Box<dyn Open>> {
            Some(Box::new(A::new_from_slice(key).ok()?))
        }
        match (self.cipher, self.key) {
            (Cipher::Gcm, 16) => make::<Aes128Gcm>(key),
            (Cipher::Gcm, _) => make::<Aes256Gcm>(key),
            (Cipher::Ccm, 16) => make::<Ccm<Aes128, U16, U12>>(key),
            (Cipher::Ccm, _) => make::<Ccm<Aes256, U16, U12>>(key),
            (Cipher::Ccm8, 16) => make::<Ccm<Aes128, U8, U12>>(key),
            (Cipher::Ccm8, _) => make::<Ccm<Aes256, U8, U12>>(key),
            (Cipher::ChaCha, _) => make::<ChaCha20Poly1305>(key),
            (Cipher::Cbc, _) => None,
        }
    }
}

/// The keys of one direction.
pub(crate) struct Keys {
    how: How,
    sequence: u64,
}

enum How {
    /// TLS 1.3: the nonce is `iv` with the sequence number, and the secret makes the next keys.
    Modern {
        open: Box<dyn Open>,
        iv: [u8; 12],
        suite: Suite,
        secret: Vec<u8>,
    },
    /// TLS 1.2: `explicit` bytes of the nonce come with the record, the others are in `iv`.
    Aead {
        open: Box<dyn Open>,
        iv: [u8; 12],
        explicit: usize,
        tag: usize,
    },
    Cbc {
        key: Vec<u8>,
        mac: Hash,
        mac_key: Vec<u8>,
        mac_first: bool,
        iv: Option<Vec<u8>>,
    },
}

impl Keys {
    /// The keys of TLS 1.3 that come from a traffic secret.
    pub fn modern(terms: Terms, secret: &[u8]) -> Option<Keys> {
        let suite = Suite::of(terms.cipher_name())?;
        let open = suite.opener(&expand_label(suite.hash, secret, "tls13 key", suite.key))?;
        let iv = expand_label(suite.hash, secret, "tls13 iv", 12).try_into().ok()?;
        Some(Keys { how: How::Modern { open, iv, suite, secret: secret.to_vec() }, sequence: 0 })
    }

    /// The keys of the client and of the server that come from a master secret, up to TLS 1.2.
    pub fn classic(session: &Session, master: &[u8]) -> Option<[Keys; 2]> {
        let suite = Suite::of(session.terms.cipher_name())?;
        let is_12 = matches!(session.terms.version, 0x0303 | 0xfefd);
        let (mac, fixed_iv) = match suite.cipher {
            Cipher::ChaCha => (0, 12),
            Cipher::Gcm | Cipher::Ccm | Cipher::Ccm8 => (0, 4),
            Cipher::Cbc => (suite.mac.len(), if session.terms.version <= 0x0301 { 16 } else { 0 }),
        };
        let seed: [&[u8]; 3] = [b"key expansion", &session.server_random, &session.client_random?];
        let hash = if is_12 { suite.hash } else { Hash::Md5 };
        let block = prf(hash, master, &seed, 2 * (mac + suite.key + fixed_iv));
        let mut rest = &block[..];
        let mut pair = |len: usize| -> Option<[&[u8]; 2]> {
            let (own, behind) = rest.split_at_checked(len)?;
            let (peer, behind) = behind.split_at_checked(len)?;
            rest = behind;
            Some([own, peer])
        };
        let (macs, keys, ivs) = (pair(mac)?, pair(suite.key)?, pair(fixed_iv)?);
        let keys = |i: usize| -> Option<Keys> {
            let how = if suite.cipher == Cipher::Cbc {
                How::Cbc {
                    key: keys[i].to_vec(),
                    mac: suite.mac,
                    mac_key: macs[i].to_vec(),
                    mac_first: !session.encrypt_then_mac,
                    iv: (fixed_iv > 0).then(|| ivs[i].to_vec()),
                }
            } else {
                let mut iv = [0; 12];
                iv[..fixed_iv].copy_from_slice(ivs[i]);
                let tag = if suite.cipher == Cipher::Ccm8 { 8 } else { 16 };
                How::Aead { open: suite.opener(keys[i])?, iv, explicit: 12 - fixed_iv, tag }
            };
            Some(Keys { how, sequence: 0 })
        };
        Some([keys(0)?, keys(1)?])
    }

    /// Opens a record. Gives its content type and content; `None` if the keys don't fit.
    pub fn open(&mut self, kind: u8, version: u16, sealed: &[u8]) -> Option<(u8, Vec<u8>)> {
        let opened = self.open_as(self.sequence, kind, version, sealed)?;
        self.sequence += 1;
        Some(opened)
    }

    /// Opens a record whose sequence number is known.
    pub fn open_as(&mut self, sequence: u64, kind: u8, version: u16, sealed: &[u8]) -> Option<(u8, Vec<u8>)> {
        let header = |len: usize| {
            let mut header = vec![kind];
            header.extend_from_slice(&version.to_be_bytes());
            header.extend_from_slice(&(len as u16).to_be_bytes());
            header
        };
        let number = sequence.to_be_bytes();
        let numbered = |mut iv: [u8; 12]| {
            iv[4..].iter_mut().zip(number).for_each(|(byte, n)| *byte ^= n);
            iv
        };
        match &mut self.how {
            How::Modern { open, iv, .. } => {
                let mut inner = open.open(&numbered(*iv), &header(sealed.len()), sealed)?;
                // The content type stands behind the content, zeros behind both.
                let end = inner.iter().rposition(|&byte| byte != 0)?;
                let kind = inner[end];
                inner.truncate(end);
                Some((kind, inner))
            }
            How::Aead { open, iv, explicit, tag } => {
                let (given, sealed) = sealed.split_at_checked(*explicit)?;
                let mut nonce = if *explicit == 0 { numbered(*iv) } else { *iv };
                nonce[12 - *explicit..].copy_from_slice(given);
                let associated = [&number[..], &header(sealed.len().checked_sub(*tag)?)].concat();
                Some((kind, open.open(&nonce, &associated, sealed)?))
            }
            How::Cbc { key, mac, mac_key, mac_first, iv } => {
                let mut sealed = sealed;
                let check = |content: &[u8], len: usize, found: &[u8]| {
                    (hmac(*mac, mac_key, &[&number, &header(len), content]) == found).then_some(())
                };
                if !*mac_first {
                    let (content, found) = sealed.split_at_checked(sealed.len().checked_sub(mac.len())?)?;
                    check(content, content.len(), found)?;
                    sealed = content;
                }
                let (given, content) = if iv.is_none() { sealed.split_at_checked(16)? } else { (&[][..], sealed) };
                let mut plain = content.to_vec();
                let first = iv.as_deref().unwrap_or(given);
                if key.len() == 16 {
                    cbc(&Aes128::new_from_slice(key).ok()?, first, &mut plain);
                } else {
                    cbc(&Aes256::new_from_slice(key).ok()?, first, &mut plain);
                }
                let padding = usize::from(*plain.last()?) + 1;
                plain.truncate(plain.len().checked_sub(padding)?);
                if *mac_first {
                    let found = plain.split_off(plain.len().checked_sub(mac.len())?);
                    check(&plain, plain.len(), &found)?;
                }
                if iv.is_some() {
                    *iv = content.len().checked_sub(16).map(|at| content[at..].to_vec());
                }
                Some((kind, plain))
            }
        }
    }

    /// The keys that follow these after a key update (RFC 8446, section 7.2).
    pub fn updated(&self) -> Option<Keys> {
        let How::Modern { suite, secret, .. } = &self.how else { return None };
        let secret = expand_label(suite.hash, secret, "tls13 traffic upd", suite.hash.len());
        let suite = Suite { ..*suite };
        let open = suite.opener(&expand_label(suite.hash, &secret, "tls13 key", suite.key))?;
        let iv = expand_label(suite.hash, &secret, "tls13 iv", 12).try_into().ok()?;
        Some(Keys { how: How::Modern { open, iv, suite, secret }, sequence: 0 })
    }
}
