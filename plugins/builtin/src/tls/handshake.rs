//! Handshake messages (RFC 5246, section 7.4; RFC 8446, section 4).

use super::hello::{Hello, RETRY_RANDOM, Terms, is_short_hello, kind};
use super::summary::Summary;
use super::*;
use super::{extensions, fingerprint};
use std::ops::Range;

/// Reads a part whose length is known, and moves behind it. What does not fit into the part is an error of the part
/// alone: what comes after it can still be read.
pub(crate) fn part<'a, T>(
    pdu: &mut Pdu<'a>,
    claim: Handle<T>,
    len: usize,
    read: impl FnOnce(&mut Pdu<'a>) -> Step,
) -> Step {
    let end = pdu.position() + len;
    let is_whole = len <= pdu.remaining();
    match pdu.within(claim, len, read) {
        Err(stop) if is_whole => {
            let (at, needed, there) = (stop.offset as usize, stop.needed, stop.available);
            let text = format_args!("{needed} more bytes are needed, {there} are left");
            pdu.diagnostic(Severity::Error, "bad-length", at..at + there as usize, text);
        }
        other => other?,
    }
    pdu.skip(end.saturating_sub(pdu.position()))
}

/// Takes a length and that many bytes, where no bytes are no value.
pub(super) fn some<T: Fixed + Into<u64>>(pdu: &mut Pdu<'_>, len: Handle<T>, value: Handle<Variable>) -> Step {
    let len = pdu.take(len)?.into() as usize;
    if len > 0 {
        pdu.take_bytes(value, len)?;
    }
    Ok(())
}

/// Reads the messages up to the limit, which are whole.
pub(super) fn messages(pdu: &mut Pdu<'_>, terms: Terms, summary: &mut Summary) -> Step {
    while pdu.wire_remaining() > 0 {
        pdu.group(HANDSHAKE, |pdu| {
            let kind = pdu.take(HANDSHAKE_TYPE)?;
            let len = pdu.take(HANDSHAKE_LENGTH)? as usize;
            part(pdu, HANDSHAKE_LENGTH, len, |pdu| body(pdu, kind, terms, summary))
        })?;
    }
    Ok(())
}

/// Reads a message without its header, up to the limit.
pub(crate) fn body(pdu: &mut Pdu<'_>, kind: u8, terms: Terms, summary: &mut Summary) -> Step {
    summary.handshake(kind);
    match kind {
        kind::CLIENT_HELLO => client_hello(pdu, terms, summary),
        kind::SERVER_HELLO | kind::HELLO_RETRY_REQUEST => server_hello(pdu, kind, terms, summary),
        kind::HELLO_VERIFY_REQUEST => {
            pdu.take(HANDSHAKE_VERSION)?;
            some(pdu, HANDSHAKE_COOKIE_LENGTH, HANDSHAKE_COOKIE)
        }
        kind::NEW_SESSION_TICKET => new_session_ticket(pdu, terms),
        kind::ENCRYPTED_EXTENSIONS => extensions::list(pdu, kind, terms, summary),
        kind::CERTIFICATE => certificates(pdu, terms, summary),
        kind::SERVER_KEY_EXCHANGE => server_key_exchange(pdu, terms),
        kind::CERTIFICATE_REQUEST => certificate_request(pdu, terms, summary),
        kind::CERTIFICATE_VERIFY => {
            if has_schemes(terms) {
                pdu.take(HANDSHAKE_SIG_HASH_ALG)?;
            }
            some(pdu, HANDSHAKE_CLIENT_CERT_VRFY_SIG_LEN, HANDSHAKE_CLIENT_CERT_VRFY_SIG)
        }
        kind::CLIENT_KEY_EXCHANGE => client_key_exchange(pdu, terms),
        kind::FINISHED => {
            pdu.take_rest(HANDSHAKE_VERIFY_DATA);
            Ok(())
        }
        kind::CERTIFICATE_STATUS => match pdu.take(HANDSHAKE_EXTENSIONS_STATUS_REQUEST_TYPE)? {
            1 => ocsp(pdu),
            2 => {
                let len = pdu.take(HANDSHAKE_OCSP_RESPONSE_LIST_LEN)? as usize;
                part(pdu, HANDSHAKE_OCSP_RESPONSE_LIST_LEN, len, |pdu| {
                    while pdu.wire_remaining() > 0 {
                        ocsp(pdu)?;
                    }
                    Ok(())
                })
            }
            _ => Ok(()),
        },
        kind::KEY_UPDATE => pdu.take(HANDSHAKE_KEY_UPDATE_REQUEST_UPDATE).map(drop),
        kind::COMPRESSED_CERTIFICATE => {
            pdu.take(COMPRESS_CERTIFICATE_ALGORITHM)?;
            pdu.take(COMPRESS_CERTIFICATE_UNCOMPRESSED_LENGTH)?;
            some(pdu, COMPRESSED_LENGTH, COMPRESSED)
        }
        kind::NEXT_PROTOCOL => {
            some(pdu, HANDSHAKE_NPN_SELECTED_PROTOCOL_LEN, HANDSHAKE_NPN_SELECTED_PROTOCOL)?;
            some(pdu, HANDSHAKE_NPN_PADDING_LEN, HANDSHAKE_NPN_PADDING)
        }
        _ => Ok(()),
    }
}

/// Whether a signature says its algorithm: since TLS 1.2.
fn has_schemes(terms: Terms) -> bool {
    match terms.version {
        0 => true,
        version if terms.is_dtls => matches!(version, 0xfefc | 0xfefd),
        version => version >= 0x0303,
    }
}

fn client_hello<'a>(pdu: &mut Pdu<'a>, terms: Terms, summary: &mut Summary) -> Step {
    let body = pdu.rest();
    pdu.take(HANDSHAKE_VERSION)?;
    // In TLS 1.3 no part of it is a time.
    random(pdu, terms.is_13() && !terms.is_dtls)?;
    some(pdu, HANDSHAKE_SESSION_ID_LENGTH, HANDSHAKE_SESSION_ID)?;
    if terms.is_dtls {
        some(pdu, HANDSHAKE_COOKIE_LENGTH, HANDSHAKE_COOKIE)?;
    }
    let len = pdu.take(HANDSHAKE_CIPHER_SUITES_LENGTH)?.into();
    part(pdu, HANDSHAKE_CIPHER_SUITES_LENGTH, len, |pdu| all(pdu, HANDSHAKE_CIPHERSUITE))?;
    let len = pdu.take(HANDSHAKE_COMP_METHODS_LENGTH)?.into();
    part(pdu, HANDSHAKE_COMP_METHODS_LENGTH, len, |pdu| all(pdu, HANDSHAKE_COMP_METHOD))?;
    if pdu.wire_remaining() > 0 {
        extensions::list(pdu, kind::CLIENT_HELLO, terms, summary)?;
    }
    let Some(hello) = Hello::client(body, terms.is_dtls) else { return Ok(()) };
    let end = pdu.position();
    if pdu.wants(HANDSHAKE_JA3_FULL) || pdu.wants(HANDSHAKE_JA3) {
        let text = fingerprint::ja3(&hello);
        pdu.computed_bytes(HANDSHAKE_JA3_FULL, end..end, text.as_bytes());
        pdu.computed_bytes(HANDSHAKE_JA3, end..end, fingerprint::md5(&text).as_bytes());
    }
    if pdu.wants(HANDSHAKE_JA4) || pdu.wants(HANDSHAKE_JA4_R) {
        let transport = if terms.is_quic {
            'q'
        } else if terms.is_dtls {
            'd'
        } else {
            't'
        };
        let (hashed, text) = fingerprint::ja4(&hello, transport);
        pdu.computed_bytes(HANDSHAKE_JA4, end..end, hashed.as_bytes());
        pdu.computed_bytes(HANDSHAKE_JA4_R, end..end, text.as_bytes());
    }
    Ok(())
}

fn server_hello<'a>(pdu: &mut Pdu<'a>, message: u8, terms: Terms, summary: &mut Summary) -> Step {
    let body = pdu.rest();
    let hello = Hello::server(body);
    let version = pdu.take(HANDSHAKE_VERSION)?;
    if message == kind::SERVER_HELLO {
        let chosen = hello.as_ref().map_or(version, Hello::chosen_version);
        let is_retry = pdu.rest().starts_with(&RETRY_RANDOM);
        if is_retry {
            summary.retry();
        }
        random(pdu, !terms.is_dtls && (is_retry || terms.is_quic || super::hello::is_13(chosen)))?;
        if !is_short_hello(version) {
            some(pdu, HANDSHAKE_SESSION_ID_LENGTH, HANDSHAKE_SESSION_ID)?;
        }
        pdu.take(HANDSHAKE_CIPHERSUITE)?;
        if !is_short_hello(version) {
            pdu.take(HANDSHAKE_COMP_METHOD)?;
        }
    } else if version >= 0x7f13 {
        // Up to draft 18 a request to try again chose no cipher suite.
        pdu.take(HANDSHAKE_CIPHERSUITE)?;
    }
    if pdu.wire_remaining() > 0 {
        extensions::list(pdu, message, terms, summary)?;
    }
    let end = pdu.position();
    if let Some(hello) = hello
        && (pdu.wants(HANDSHAKE_JA3S_FULL) || pdu.wants(HANDSHAKE_JA3S))
    {
        let text = fingerprint::ja3s(&hello);
        pdu.computed_bytes(HANDSHAKE_JA3S_FULL, end..end, text.as_bytes());
        pdu.computed_bytes(HANDSHAKE_JA3S, end..end, fingerprint::md5(&text).as_bytes());
    }
    Ok(())
}

fn random(pdu: &mut Pdu<'_>, is_whole: bool) -> Step {
    let at = pdu.position();
    pdu.take(HANDSHAKE_RANDOM)?;
    if !is_whole {
        pdu.show_at(HANDSHAKE_RANDOM_TIME, at)?;
        pdu.show_at(HANDSHAKE_RANDOM_BYTES, at + 4)?;
    }
    Ok(())
}

/// Takes one field after another, up to the limit.
pub(super) fn all<T: Fixed>(pdu: &mut Pdu<'_>, field: Handle<T>) -> Step {
    while pdu.wire_remaining() > 0 {
        pdu.take(field)?;
    }
    Ok(())
}

fn new_session_ticket(pdu: &mut Pdu<'_>, terms: Terms) -> Step {
    pdu.take(HANDSHAKE_SESSION_TICKET_LIFETIME_HINT)?;
    if terms.is_13() {
        pdu.take(HANDSHAKE_SESSION_TICKET_AGE_ADD)?;
        some(pdu, HANDSHAKE_SESSION_TICKET_NONCE_LENGTH, HANDSHAKE_SESSION_TICKET_NONCE)?;
    }
    some(pdu, HANDSHAKE_SESSION_TICKET_LENGTH, HANDSHAKE_SESSION_TICKET)?;
    if terms.is_13() {
        extensions::list(pdu, kind::NEW_SESSION_TICKET, terms, &mut Summary::default())?;
    }
    Ok(())
}

fn certificates(pdu: &mut Pdu<'_>, terms: Terms, summary: &mut Summary) -> Step {
    if terms.is_13() {
        some(pdu, HANDSHAKE_CERTIFICATE_REQUEST_CONTEXT_LENGTH, HANDSHAKE_CERTIFICATE_REQUEST_CONTEXT)?;
    }
    let len = pdu.take(HANDSHAKE_CERTIFICATES_LENGTH)? as usize;
    part(pdu, HANDSHAKE_CERTIFICATES_LENGTH, len, |pdu| {
        while pdu.wire_remaining() > 0 {
            let len = pdu.take(HANDSHAKE_CERTIFICATE_LENGTH)? as usize;
            certificate(pdu, len)?;
            if terms.is_13() {
                extensions::list(pdu, kind::CERTIFICATE, terms, summary)?;
            }
        }
        Ok(())
    })
}

/// Takes a certificate of this length and walks through it. What is wrong in it is its own affair.
pub(super) fn certificate(pdu: &mut Pdu<'_>, len: usize) -> Step {
    if len > pdu.remaining() {
        return pdu.take_bytes(HANDSHAKE_CERTIFICATE, len).map(drop);
    }
    let range = pdu.position()..pdu.position() + len;
    pdu.mark(HANDSHAKE_CERTIFICATE, range.clone());
    crate::x509::certificate(pdu, range.clone(), &mut timestamps);
    pdu.skip(range.end.saturating_sub(pdu.position()))
}

/// An OCSP response and its length.
pub(super) fn ocsp(pdu: &mut Pdu<'_>) -> Step {
    let len = pdu.take(HANDSHAKE_OCSP_RESPONSE_LEN)? as usize;
    let range = pdu.position()..pdu.position() + len;
    if len <= pdu.remaining() {
        crate::x509::ocsp::message(pdu, range.clone(), &mut timestamps);
    }
    pdu.skip(range.end.saturating_sub(pdu.position()))
}

/// Reads signed certificate timestamps that lie ahead of the cursor.
fn timestamps(pdu: &mut Pdu<'_>, range: Range<usize>) {
    if let Some(ahead) = range.start.checked_sub(pdu.position())
        && pdu.skip(ahead).is_ok()
    {
        // They are whole, so what is wrong has become a diagnostic.
        let _ = part(pdu, SCT_SCTS_LENGTH, range.len(), super::sct::list);
    }
}

/// The parameters of a key exchange and the signature of them. Which there are is in the cipher suite's name.
fn server_key_exchange(pdu: &mut Pdu<'_>, terms: Terms) -> Step {
    let name = terms.cipher_name();
    let has = |part: &str| name.contains(part);
    if has("PSK") {
        some(pdu, HANDSHAKE_HINT_LEN, HANDSHAKE_HINT)?;
    }
    if has("_ECDH") {
        if pdu.take(HANDSHAKE_SERVER_CURVE_TYPE)? != 3 {
            return Ok(());
        }
        pdu.take(HANDSHAKE_SERVER_NAMED_CURVE)?;
        some(pdu, HANDSHAKE_SERVER_POINT_LEN, HANDSHAKE_SERVER_POINT)?;
    } else if has("_DH") {
        some(pdu, HANDSHAKE_P_LEN, HANDSHAKE_P)?;
        some(pdu, HANDSHAKE_G_LEN, HANDSHAKE_G)?;
        some(pdu, HANDSHAKE_YS_LEN, HANDSHAKE_YS)?;
    } else if has("RSA_EXPORT") {
        some(pdu, HANDSHAKE_MODULUS_LEN, HANDSHAKE_MODULUS)?;
        some(pdu, HANDSHAKE_EXPONENT_LEN, HANDSHAKE_EXPONENT)?;
    } else {
        return Ok(());
    }
    if has("PSK") || has("_anon") {
        return Ok(());
    }
    if has_schemes(terms) {
        pdu.take(HANDSHAKE_SIG_HASH_ALG)?;
    }
    some(pdu, HANDSHAKE_SIG_LEN, HANDSHAKE_SIG)
}

fn client_key_exchange(pdu: &mut Pdu<'_>, terms: Terms) -> Step {
    let name = terms.cipher_name();
    let has = |part: &str| name.contains(part);
    if has("PSK") {
        some(pdu, HANDSHAKE_IDENTITY_LEN, HANDSHAKE_IDENTITY)?;
    }
    if has("_ECDH") {
        some(pdu, HANDSHAKE_CLIENT_POINT_LEN, HANDSHAKE_CLIENT_POINT)
    } else if has("_DH") {
        some(pdu, HANDSHAKE_YC_LEN, HANDSHAKE_YC)
    } else if has("_RSA") && matches!(terms.version, 0x0300 | 0x0100) {
        // SSL 3.0 has no length, nor has OpenSSL's first DTLS.
        pdu.take_rest(HANDSHAKE_EPMS);
        Ok(())
    } else if has("_RSA") {
        some(pdu, HANDSHAKE_EPMS_LEN, HANDSHAKE_EPMS)
    } else {
        Ok(())
    }
}

fn certificate_request(pdu: &mut Pdu<'_>, terms: Terms, summary: &mut Summary) -> Step {
    if terms.is_13() {
        some(pdu, HANDSHAKE_CERTIFICATE_REQUEST_CONTEXT_LENGTH, HANDSHAKE_CERTIFICATE_REQUEST_CONTEXT)?;
        return extensions::list(pdu, kind::CERTIFICATE_REQUEST, terms, summary);
    }
    let len = pdu.take(HANDSHAKE_CERT_TYPES_COUNT)?.into();
    part(pdu, HANDSHAKE_CERT_TYPES_COUNT, len, |pdu| all(pdu, HANDSHAKE_CERT_TYPE))?;
    if has_schemes(terms) {
        schemes(pdu)?;
    }
    names(pdu)
}

/// Signature schemes and their length.
pub(super) fn schemes(pdu: &mut Pdu<'_>) -> Step {
    let len = pdu.take(HANDSHAKE_SIG_HASH_ALG_LEN)?.into();
    part(pdu, HANDSHAKE_SIG_HASH_ALG_LEN, len, |pdu| all(pdu, HANDSHAKE_SIG_HASH_ALG))
}

/// Names of authorities and their length.
pub(super) fn names(pdu: &mut Pdu<'_>) -> Step {
    let len = pdu.take(HANDSHAKE_DNAMES_LEN)?.into();
    part(pdu, HANDSHAKE_DNAMES_LEN, len, |pdu| {
        while pdu.wire_remaining() > 0 {
            some(pdu, HANDSHAKE_DNAME_LEN, HANDSHAKE_DNAME)?;
        }
        Ok(())
    })
}
