//! Certificates (X.509, RFC 5280): the walk through one, for the protocols that carry them, and OCSP.
//!
//! Invariant: what is wrong in a certificate ends the walk, but not the PDU that it is in.

pub(crate) mod der;
mod extensions;
mod fields;
mod names;
pub(crate) mod ocsp;

use crate::tls::*;
use der::{BIT_STRING, Der, INTEGER, Item, OID, SEQUENCE};
pub(crate) use fields::certificate_protocol;
use prosector_sdk::handle::{ComputedBytes, Group, Handle};
use prosector_sdk::prelude::*;
use std::ops::Range;

value_names! {
    /// Kinds of text in a notice.
    TEXTS { 0 "ia5String", 1 "visibleString", 2 "bmpString", 3 "utf8String" }
}

/// The contents of a bit string: behind the number of bits that are unused.
fn bits(item: &Item) -> Range<usize> {
    item.contents.start.saturating_add(1).min(item.contents.end)..item.contents.end
}

/// Records an object identifier, and its name.
fn oid(pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>, der: &Der<'_>, item: &Item) {
    if !pdu.wants(field) && !pdu.wants(OID_NAME) {
        return;
    }
    let text = der.oid(item);
    pdu.computed_bytes(field, item.contents.clone(), text.as_bytes());
    if let Some(name) = names::oid(&text) {
        pdu.computed_bytes(OID_NAME, item.contents.clone(), name.as_bytes());
    }
}

/// Reads what is under a heading; it ends where it goes wrong.
fn under(pdu: &mut Pdu<'_>, heading: Handle<Group>, read: impl FnOnce(&mut Pdu<'_>) -> Option<()>) -> Option<()> {
    pdu.group(heading, |pdu| Ok(read(pdu))).ok().flatten()
}

/// Walks through the certificate in a range of the PDU. `timestamps` reads a list of signed certificate timestamps; the
/// cursor may only go forward to it.
pub(crate) fn certificate(
    pdu: &mut Pdu<'_>,
    range: Range<usize>,
    timestamps: &mut dyn FnMut(&mut Pdu<'_>, Range<usize>),
) -> Option<()> {
    let mut der = Der::new(pdu.data(), range);
    let outer = der.next()?;
    let mut signed = der.inside(&outer);
    let body = signed.next_if(SEQUENCE)?;
    let mut parts = signed.inside(&body);
    if let Some(version) = parts.next_if(0xa0) {
        let number = parts.inside(&version).next_if(INTEGER)?;
        let value = parts.bytes(&number.contents).last().copied().unwrap_or(0);
        pdu.computed(VERSION_OF_CERTIFICATE, number.contents, value);
    }
    pdu.mark(SERIAL, parts.next_if(INTEGER)?.contents);
    algorithm(pdu, &mut parts)?;
    under(pdu, ISSUER, |pdu| name(pdu, &mut parts))?;
    let validity = parts.next_if(SEQUENCE)?;
    under(pdu, VALIDITY, |pdu| {
        let mut times = parts.inside(&validity);
        for which in [NOT_BEFORE, NOT_AFTER] {
            let Some(time) = times.next() else { break };
            let is_general = time.tag == der::GENERALIZED_TIME;
            pdu.computed(which, time.whole.start..time.whole.start + 1, is_general);
            if is_general {
                let value = times.time(&time)?;
                pdu.computed(GENERALIZED_TIME, time.contents, value);
            } else {
                let text = utc_time(times.bytes(&time.contents));
                pdu.computed_bytes(UTC_TIME, time.contents, text.as_bytes());
            }
        }
        Some(())
    })?;
    under(pdu, SUBJECT, |pdu| name(pdu, &mut parts))?;
    let key = parts.next_if(SEQUENCE)?;
    let mut key = parts.inside(&key);
    let is_rsa = algorithm(pdu, &mut key)? == RSA;
    let value = bits(&key.next_if(BIT_STRING)?);
    pdu.mark(PUBLIC_KEY, value.clone());
    if is_rsa {
        rsa_key(pdu, Der::new(pdu.data(), value));
    }
    while let Some(part) = parts.next() {
        if part.tag == 0xa3 {
            let list = parts.inside(&part).next_if(SEQUENCE)?;
            let list = parts.inside(&list);
            pdu.computed(EXTENSIONS_COUNT, part.whole.start..part.whole.start, list.count());
            extensions::list(pdu, list, timestamps);
        }
    }
    algorithm(pdu, &mut signed)?;
    pdu.mark(CERTIFICATE_SIGNATURE, bits(&signed.next_if(BIT_STRING)?));
    Some(())
}

/// `YYMMDDhhmmssZ` as it is shown: with the century, parted.
fn utc_time(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let part = |at: usize| text.get(at..at + 2).unwrap_or("00");
    // RFC 5280, section 4.1.2.5.1
    let century = if part(0) < "50" { "20" } else { "19" };
    let seconds = if text.len() > 11 { part(10) } else { "00" };
    format!("{century}{}-{}-{} {}:{}:{seconds} (UTC)", part(0), part(2), part(4), part(6), part(8))
}

/// 1.2.840.113549.1.1.1
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];

/// RFC 8017, section A.1.1.
fn rsa_key(pdu: &mut Pdu<'_>, mut key: Der<'_>) -> Option<()> {
    let key_parts = key.next_if(SEQUENCE)?;
    let mut parts = key.inside(&key_parts);
    pdu.mark(MODULUS, parts.next_if(INTEGER)?.contents);
    let exponent = parts.next_if(INTEGER)?.contents;
    if exponent.len() <= 4 {
        let value = parts.bytes(&exponent).iter().fold(0i32, |n, &byte| n << 8 | i32::from(byte));
        pdu.computed(EXPONENT, exponent, value);
    }
    Some(())
}

/// Gives its identifier. Behind that of elliptic curves stands which curve (RFC 5480, section 2.1.1).
fn algorithm<'a>(pdu: &mut Pdu<'_>, parts: &mut Der<'a>) -> Option<&'a [u8]> {
    let algorithm = parts.next_if(SEQUENCE)?;
    let mut inner = parts.inside(&algorithm);
    let id = inner.next_if(OID)?;
    oid(pdu, ALGORITHM, parts, &id);
    if let Some(curve) = inner.next_if(OID) {
        oid(pdu, CURVE, parts, &curve);
    }
    Some(parts.bytes(&id.contents))
}

/// Walks through a name.
pub(crate) fn name(pdu: &mut Pdu<'_>, parts: &mut Der<'_>) -> Option<()> {
    let sequence = parts.next_if(SEQUENCE)?;
    let mut sets = parts.inside(&sequence);
    pdu.computed(NAME, sequence.whole.start..sequence.whole.start, sets.count());
    while let Some(set) = sets.next() {
        let mut attributes = sets.inside(&set);
        while let Some(one) = attributes.next_if(SEQUENCE) {
            attribute(pdu, &mut attributes.inside(&one));
        }
    }
    Some(())
}

fn attribute(pdu: &mut Pdu<'_>, parts: &mut Der<'_>) -> Option<()> {
    let kind = parts.next_if(OID)?;
    oid(pdu, ATTRIBUTE, parts, &kind);
    let value = parts.next()?;
    let range = value.contents.clone();
    // 2.5.4.6
    if parts.bytes(&kind.contents) == [0x55, 4, 6] {
        pdu.mark(COUNTRY, range);
        return Some(());
    }
    let (choice, field) = match value.tag {
        0x14 => (0, TELETEX_STRING),
        0x13 => (1, PRINTABLE_STRING),
        0x1c => (2, UNIVERSAL_STRING),
        0x1e => {
            pdu.computed(DIRECTORY_STRING, value.whole.start..value.whole.start + 1, 3);
            let units = parts.bytes(&range).chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            let text: String = char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect();
            pdu.computed_bytes(BMP_STRING, range, text.as_bytes());
            return Some(());
        }
        0x0c => (4, UTF8_STRING),
        _ => {
            pdu.mark(IA5_STRING, range);
            return Some(());
        }
    };
    pdu.computed(DIRECTORY_STRING, value.whole.start..value.whole.start + 1, choice);
    pdu.mark(field, range);
    Some(())
}

#[test]
fn a_certificate() {
    check::<crate::tls::Tls>(
        "16030300b00b0000ac0000a90000a63081a330818da003020102020107300d06092a864886f70d01010b0500300d310b30090603550403
         0c0263613020170d3234303130313030303030305a180f32303530303130313030303030305a300d310b300906035504030c026d653020
         300d06092a864886f70d0101010500030f00300c020500c1d2e3f40203010001a3123010300e0603551d0f0101ff0404030205a0300d06
         092a864886f70d01010b050003020055",
        expect![[r#"
            Transport Layer Security, Certificate
              Record Layer: Handshake (22)
                Content Type: Handshake (22)
                Version: TLS 1.2 (0x0303)
                Length: 176
                Handshake Protocol: Certificate (11)
                  Handshake Type: Certificate (11)
                  Length: 172
                  Certificates Length: 169
                  Certificate Length: 166
                  Certificate: 3081a330818da003020102020107300d06092a864886f70d01010b0500300d310b300906035504030c0263613020170d3234303130313030303030305a180f32303530303130313030303030305a300d310b300906035504030c026d653020300d06092a864886f70d0101010500030f00300c020500c1d2e3f40203010001a3123010300e0603551d0f0101ff0404030205a0300d06092a864886f70d01010b050003020055
                  version: v3 (2)
                  serialNumber: 07
                  Algorithm Id: 1.2.840.113549.1.1.11
                  Name: sha256WithRSAEncryption
                  issuer: uTF8String (4)
                    [rdnSequence: 1 items]
                    Object Id: 2.5.4.3
                    Name: id-at-commonName
                    DirectoryString: uTF8String (4)
                    uTF8String: ca
                  validity: utcTime (0)
                    notBefore: utcTime (0)
                    utcTime: 2024-01-01 00:00:00 (UTC)
                    notAfter: generalizedTime (1)
                    generalizedTime: Jan  1, 2050 00:00:00.000000000 UTC
                  subject: uTF8String (4)
                    [rdnSequence: 1 items]
                    Object Id: 2.5.4.3
                    Name: id-at-commonName
                    DirectoryString: uTF8String (4)
                    uTF8String: me
                  Algorithm Id: 1.2.840.113549.1.1.1
                  Name: rsaEncryption
                  subjectPublicKey: 300c020500c1d2e3f40203010001
                  modulus: 00c1d2e3f4
                  publicExponent: 65537
                  [extensions: 1]
                  Extension Id: 2.5.29.15
                  Name: id-ce-keyUsage
                  critical: True
                  KeyUsage: a0
                  digitalSignature: True
                  contentCommitment: False
                  keyEncipherment: True
                  dataEncipherment: False
                  keyAgreement: False
                  keyCertSign: False
                  cRLSign: False
                  encipherOnly: False
                  decipherOnly: False
                  Algorithm Id: 1.2.840.113549.1.1.11
                  Name: sha256WithRSAEncryption
                  encrypted: 55
        "#]],
    );
}
