//! Payloads of version 2 (RFC 7296, section 3).

use super::*;

/// Reads a payload, behind its header. `iv` is how long an initialization vector is, where that is known.
pub(super) fn payload(pdu: &mut Pdu<'_>, kind: u8, iv: Option<usize>) -> Step {
    match kind {
        33 => payloads(pdu, 2, &proposal, false)?,
        34 => {
            pdu.take(KEY_EXCHANGE_DH_GROUP)?;
            pdu.take_bytes(RESERVED, 2)?;
            pdu.take_rest(KEY_EXCHANGE_DATA);
        }
        35 | 36 => {
            let kind = pdu.take(ID_TYPE)?;
            pdu.take_bytes(RESERVED, 3)?;
            identity(pdu, kind)?;
        }
        37 => {
            pdu.take(CERT_ENCODING)?;
            pdu.take_rest(CERT_DATA);
        }
        38 => {
            pdu.take(CERTREQ_TYPE)?;
            if pdu.remaining() > 0 {
                pdu.take_rest(IKE_CERTREQ_AUTHORITY);
            }
        }
        39 => {
            pdu.take(AUTH_METHOD)?;
            pdu.take_bytes(RESERVED, 3)?;
            pdu.take_rest(AUTH_DATA);
        }
        40 => drop(pdu.take_rest(NONCE)),
        41 => notify(pdu)?,
        42 => {
            pdu.take(DELETE_PROTOID_V2)?;
            let spi = usize::from(pdu.take(SPISIZE)?);
            for _ in 0..pdu.take(NUM_SPIS)? {
                if spi > 0 {
                    pdu.take_bytes(DELETE_SPI, spi)?;
                }
            }
        }
        43 => vendor(pdu)?,
        44 | 45 => selectors(pdu)?,
        46 => encrypted(pdu, iv)?,
        53 => {
            pdu.take(FRAG_NUMBER)?;
            pdu.take(FRAG_TOTAL)?;
            encrypted(pdu, iv)?;
        }
        _ if pdu.remaining() > 0 => drop(pdu.take_rest(DATAPAYLOAD)),
        _ => {}
    }
    Ok(())
}

/// RFC 7296, section 3.14.
fn encrypted(pdu: &mut Pdu<'_>, iv: Option<usize>) -> Step {
    if let Some(len @ 1..) = iv {
        pdu.take_bytes(ENC_IV, len)?;
    }
    if pdu.remaining() > 0 {
        pdu.take_rest(ENC_DATA);
    }
    Ok(())
}

fn proposal(pdu: &mut Pdu<'_>, _: u8, _: usize) -> Step {
    const TRANSFORM: u8 = 3;
    pdu.take(PROP_NUMBER)?;
    pdu.take(PROP_PROTOID_V2)?;
    let spi = usize::from(pdu.take(SPISIZE)?);
    let transforms = pdu.take(PROP_TRANSFORMS)?;
    if spi > 0 {
        pdu.take_bytes(SPI, spi)?;
    }
    if transforms > 0 {
        payloads(pdu, TRANSFORM, &transform, false)?;
    }
    Ok(())
}

fn transform(pdu: &mut Pdu<'_>, _: u8, _: usize) -> Step {
    const KEY_LENGTH: u16 = 14;
    let kind = pdu.take(TF_TYPE)?;
    pdu.take_bytes(RESERVED, 1)?;
    pdu.take(match kind {
        1 => TF_ID_ENCR,
        2 => TF_ID_PRF,
        3 => TF_ID_INTEG,
        4 => TF_ID_DH,
        5 => TF_ID_ESN,
        _ => TF_ID,
    })?;
    while pdu.remaining() > 0 {
        pdu.group(IKE2_ATTR, |pdu| {
            let short = pdu.show(IKE2_ATTR_FORMAT)?;
            let kind = pdu.take(IKE2_ATTR_TYPE)?;
            let len = if short { 2 } else { pdu.take(IKE2_ATTR_LENGTH)?.into() };
            let at = pdu.position();
            pdu.take_bytes(IKE2_ATTR_VALUE, len)?;
            if (kind, len) == (KEY_LENGTH, 2) {
                pdu.show_at(IKE2_ATTR_KEY_LENGTH, at)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn notify(pdu: &mut Pdu<'_>) -> Step {
    const INVALID_KEY: u16 = 17;
    const REDIRECT: [u16; 2] = [16407, 16408];
    const SIGNATURE_HASH_ALGORITHMS: u16 = 16431;
    pdu.take(NOTIFY_PROTOID_V2)?;
    let spi = usize::from(pdu.take(SPISIZE)?);
    let kind = pdu.take(NOTIFY_MSGTYPE_V2)?;
    if spi > 0 {
        pdu.take_bytes(SPI, spi)?;
    }
    notification(pdu);
    match kind {
        INVALID_KEY => drop(pdu.take(NOTIFY_DATA_ACCEPTED_DH_GROUP)?),
        SIGNATURE_HASH_ALGORITHMS => {
            while pdu.remaining() > 0 {
                pdu.take(NOTIFY_DATA_SIGNATURE_HASH_ALGORITHMS)?;
            }
        }
        // RFC 5685, section 6.
        _ if REDIRECT.contains(&kind) && pdu.remaining() > 0 => {
            let kind = pdu.take(NOTIFY_DATA_REDIRECT_GW_IDENT_TYPE)?;
            let len = usize::from(pdu.take(NOTIFY_DATA_REDIRECT_GW_IDENT_LEN)?);
            match (kind, len) {
                (1, 4) => drop(pdu.take(NOTIFY_DATA_REDIRECT_NEW_RESP_GW_IDENT_IPV4)?),
                (2, 16) => drop(pdu.take(NOTIFY_DATA_REDIRECT_NEW_RESP_GW_IDENT_IPV6)?),
                _ => drop(pdu.take_bytes(NOTIFY_DATA_REDIRECT_NEW_RESP_GW_IDENT_FQDN, len)?),
            }
            if pdu.remaining() > 0 {
                pdu.take_rest(NOTIFY_DATA_REDIRECT_NONCE_DATA);
            }
        }
        _ => {}
    }
    Ok(())
}

fn selectors(pdu: &mut Pdu<'_>) -> Step {
    let count = pdu.take(TS_NUMBER)?;
    pdu.take_bytes(RESERVED, 3)?;
    for _ in 0..count {
        let kind = pdu.take(TS_TYPE)?;
        pdu.take(TS_PROTOID)?;
        let len = usize::from(pdu.take(TS_SELECTOR_LENGTH)?);
        pdu.within(TS_SELECTOR_LENGTH, len.saturating_sub(4), |pdu| {
            match kind {
                7 | 8 => {
                    pdu.take(TS_START_PORT)?;
                    pdu.take(TS_END_PORT)?;
                }
                _ => return Ok(()),
            }
            if kind == 7 {
                pdu.take(TS_START_IPV4)?;
                pdu.take(TS_END_IPV4)?;
            } else {
                pdu.take(TS_START_IPV6)?;
                pdu.take(TS_END_IPV6)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// The cipher of the first transform that is one, in the security association among payloads.
pub(super) fn cipher(mut kind: u8, mut payloads: &[u8]) -> Option<u16> {
    const SECURITY_ASSOCIATION: u8 = 33;
    const ENCRYPTION: u8 = 1;
    while let &[next, _, high, low, ..] = payloads {
        let len = usize::from(u16::from_be_bytes([high, low]));
        let payload = payloads.get(4..len)?;
        if kind == SECURITY_ASSOCIATION {
            // Behind the header of the proposal, which is the only one in an answer.
            let spi = usize::from(*payload.get(6)?);
            let mut transforms = payload.get(8 + spi..)?;
            while let &[_, _, high, low, kind, _, a, b, ..] = transforms {
                if kind == ENCRYPTION {
                    return Some(u16::from_be_bytes([a, b]));
                }
                let len = usize::from(u16::from_be_bytes([high, low]));
                transforms = transforms.get(len.max(8)..)?;
            }
            return None;
        }
        (kind, payloads) = (next, payloads.get(len..)?);
    }
    None
}

/// Bytes of a cipher's initialization vector (RFC 7296, section 3.3.2; RFC 3602, 3686, 4106, 4309, 5529, 7634).
pub(super) fn iv_len(cipher: u16) -> Option<usize> {
    match cipher {
        1..=3 | 6 | 7 => Some(8),
        11 => Some(0),
        12 | 23 => Some(16),
        13..=16 | 18..=21 | 24..=28 => Some(8),
        _ => None,
    }
}

#[test]
fn the_agreed_cipher() {
    let nonce_and_sa =
        prosector_sdk::testkit::parse_hex("21 00 0006 abcd  00 00 0014 00 00 0010 01 01 00 01 00 00 0008 01 00 0014");
    assert_eq!(cipher(40, &nonce_and_sa), Some(20));
    assert_eq!(cipher(33, &nonce_and_sa), None);
    assert_eq!(cipher(40, &nonce_and_sa[..20]), None);
    assert_eq!([iv_len(20), iv_len(12), iv_len(999)], [Some(8), Some(16), None]);
}
