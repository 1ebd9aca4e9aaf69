//! Signatures: Ed25519 in minisign's formats, so that keys can be made and kept with `minisign` too.
//!
//! A signature stands in the last section of the file and covers every byte before it. That section has one form only, to
//! the last byte, so that nothing in the file can be changed unseen.

use crate::component::{Section, sections};
use crate::{Manifest, PackageError};
use minisign::{KeyPair, SecretKeyBox, SignatureBox};
use std::fmt;
use std::io::Cursor;
use wasm_encoder::{ComponentSection, CustomSection};

/// The section of the signature.
pub(crate) const SIGNATURE: &str = "prosector:signature";
/// The line that minisign calls the untrusted comment: the signature does not cover it, so it is always the same.
const COMMENT: &str = "signature of a prosector package";

/// A key that signatures are checked with.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(minisign::PublicKey);

/// A key that packages are signed with.
pub struct SecretKey(minisign::SecretKey);

/// A signature that lies in a package; nothing says yet that it is right.
#[derive(Clone)]
pub struct Signature {
    signed: SignatureBox,
    /// The bytes that it covers: that many from the beginning.
    len: usize,
}

impl PublicKey {
    /// Reads a key: the content of a file that `keygen` or minisign has written, or its second line alone.
    pub fn parse(text: &str) -> Result<PublicKey, PackageError> {
        let line = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
        minisign::PublicKey::from_base64(line).map(PublicKey).map_err(|_| {
            PackageError::new(
                "no public key: expected the 56 letters and digits that stand in the second line of a .pub file",
            )
        })
    }

    /// The number that a signature names its key by, as minisign shows it.
    pub fn id(&self) -> String {
        key_id(self.0.keynum())
    }
}

/// One line of base 64.
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_base64())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// minisign shows the number as a little-endian integer.
fn key_id(number: &[u8]) -> String {
    number.iter().rev().map(|byte| format!("{byte:02X}")).collect()
}

/// Makes a key: the contents of the file that is kept, encrypted if there is a password, and of the one that others get.
pub fn keygen(password: Option<&str>) -> Result<(String, String), PackageError> {
    let failed = |e: minisign::PError| PackageError::new(format!("no key could be made: {e}"));
    let pair = match password {
        Some(password) => KeyPair::generate_encrypted_keypair(Some(password.to_owned())),
        None => KeyPair::generate_unencrypted_keypair(),
    };
    let KeyPair { pk, sk } = pair.map_err(failed)?;
    let id = key_id(pk.keynum());
    let secret = sk.to_box(Some(&format!("prosector secret key {id}"))).map_err(failed)?.into_string();
    Ok((secret, format!("untrusted comment: prosector public key {id}\n{}\n", pk.to_base64())))
}

impl SecretKey {
    /// Whether a key's file needs a password.
    pub fn is_encrypted(text: &str) -> bool {
        SecretKeyBox::from(text.to_owned()).into_unencrypted_secret_key().is_err()
    }

    /// Reads a key's file. Without a password it must not need one.
    pub fn parse(text: &str, password: Option<&str>) -> Result<SecretKey, PackageError> {
        let kept = SecretKeyBox::from(text.to_owned());
        let key = match password {
            Some(password) => kept.into_secret_key(Some(password.to_owned())),
            None => kept.into_unencrypted_secret_key(),
        };
        key.map(SecretKey).map_err(|e| PackageError::new(format!("no secret key: {e}")))
    }
}

/// Signs a package, in place of the signature that it had.
pub fn sign(package: &[u8], key: &SecretKey) -> Result<Vec<u8>, PackageError> {
    let end = sections(package)?.iter().find(|s| s.name == Some(SIGNATURE)).map_or(package.len(), |s| s.range.start);
    let mut out = package[..end].to_vec();
    // Others read it without this program: `minisign -V` shows it.
    let manifest = Manifest::of(&out)?;
    let about = format!("prosector package {} {}", manifest.name, manifest.version);
    let signed = minisign::sign(None, &key.0, Cursor::new(&out), Some(&about), Some(COMMENT))
        .map_err(|e| PackageError::new(format!("it can't be signed: {e}")))?;
    append(&mut out, &signed);
    Ok(out)
}

fn append(out: &mut Vec<u8>, signed: &SignatureBox) {
    let text = signed.to_string();
    CustomSection { name: SIGNATURE.into(), data: text.as_bytes().into() }.append_to_component(out);
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "signature with key {}", self.key_id())
    }
}

impl Signature {
    /// The signature of a package, if there is one. It must be in its place and in its one form.
    pub(crate) fn find(package: &[u8], sections: &[Section<'_>]) -> Result<Option<Signature>, PackageError> {
        let Some(at) = sections.iter().position(|s| s.name == Some(SIGNATURE)) else { return Ok(None) };
        if at + 1 != sections.len() {
            return Err(PackageError::new(
                "something stands behind its signature, which covers only what is before it",
            ));
        }
        let Section { range, data, .. } = &sections[at];
        let wrong = |e: &dyn fmt::Display| PackageError::new(format!("its signature is broken: {e}"));
        let text = str::from_utf8(data).map_err(|_| wrong(&"not a text"))?;
        let signed = SignatureBox::from_string(text).map_err(|e| wrong(&e))?;
        let mut one_form = Vec::new();
        append(&mut one_form, &signed);
        if one_form != package[range.clone()] || !text.starts_with(&format!("untrusted comment: {COMMENT}\n")) {
            return Err(wrong(&"it is not written as signatures are"));
        }
        Ok(Some(Signature { signed, len: range.start }))
    }

    /// The number of the key that it says it was made with.
    pub fn key_id(&self) -> String {
        key_id(self.signed.keynum())
    }

    /// Checks it with a key.
    pub fn verify(&self, package: &[u8], key: &PublicKey) -> Result<(), PackageError> {
        let covered = package.get(..self.len).unwrap_or_default();
        minisign::verify(&key.0, &self.signed, Cursor::new(covered), true, false, false).map_err(|_| {
            let id = key.id();
            PackageError::new(match self.key_id() == id {
                true => format!("its signature is wrong: these are not the bytes that key {id} has signed"),
                false => format!("it is signed with key {}, not with key {id}", self.key_id()),
            })
        })
    }
}
