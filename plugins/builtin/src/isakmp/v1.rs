//! Payloads of version 1 (RFC 2408, section 3; RFC 2407, section 4; RFC 3947, section 3).

use super::*;

const NAT_D: [u8; 2] = [20, 130];
const NAT_OA: [u8; 2] = [21, 131];
const IKE: u8 = 1;

/// Reads a payload, behind its header.
pub(super) fn payload(pdu: &mut Pdu<'_>, kind: u8, _: usize) -> Step {
    match kind {
        1 => association(pdu),
        4 => {
            pdu.take_rest(KEY_EXCHANGE_DATA);
            Ok(())
        }
        5 => {
            let kind = pdu.take(ID_TYPE)?;
            pdu.take(ID_PROTOID)?;
            pdu.take(ID_PORT)?;
            identity(pdu, kind)
        }
        6 => {
            pdu.take(CERT_ENCODING)?;
            pdu.take_rest(CERT_DATA);
            Ok(())
        }
        7 => {
            pdu.take(CERTREQ_TYPE)?;
            if pdu.remaining() > 0 {
                pdu.take_rest(IKE_CERTREQ_AUTHORITY);
            }
            Ok(())
        }
        8 => {
            pdu.take_rest(HASH);
            Ok(())
        }
        9 => {
            pdu.take_rest(SIG);
            Ok(())
        }
        10 => {
            pdu.take_rest(NONCE);
            Ok(())
        }
        11 => notify(pdu),
        12 => delete(pdu),
        13 => vendor(pdu),
        _ if NAT_D.contains(&kind) => {
            pdu.take_rest(IKE_NAT_HASH);
            Ok(())
        }
        _ if NAT_OA.contains(&kind) => {
            let family = pdu.take(ID_TYPE)?;
            pdu.take_bytes(RESERVED, 3)?;
            if family == 5 {
                pdu.take(IKE_NAT_ORIGINAL_ADDRESS_IPV6).map(drop)
            } else {
                pdu.take(IKE_NAT_ORIGINAL_ADDRESS_IPV4).map(drop)
            }
        }
        _ => {
            if pdu.remaining() > 0 {
                pdu.take_rest(DATAPAYLOAD);
            }
            Ok(())
        }
    }
}

fn association(pdu: &mut Pdu<'_>) -> Step {
    const IPSEC: u32 = 1;
    const PROPOSAL: u8 = 2;
    if pdu.take(SA_DOI)? == IPSEC {
        let at = pdu.position();
        pdu.take_bytes(SA_SITUATION, 4)?;
        pdu.show_at(SA_SITUATION_IDENTITY_ONLY, at)?;
        pdu.show_at(SA_SITUATION_SECRECY, at)?;
        pdu.show_at(SA_SITUATION_INTEGRITY, at)?;
        payloads(pdu, PROPOSAL, &proposal, true)
    } else {
        pdu.take_rest(SA_SITUATION);
        Ok(())
    }
}

fn proposal(pdu: &mut Pdu<'_>, _: u8, _: usize) -> Step {
    const TRANSFORM: u8 = 3;
    pdu.take(PROP_NUMBER)?;
    let protocol = pdu.take(PROP_PROTOID)?;
    let spi = usize::from(pdu.take(SPISIZE)?);
    let transforms = pdu.take(PROP_TRANSFORMS)?;
    if spi > 0 {
        pdu.take_bytes(SPI, spi)?;
    }
    if transforms > 0 {
        if protocol == IKE {
            payloads(pdu, TRANSFORM, &ike_transform, true)?
        } else {
            payloads(pdu, TRANSFORM, &ipsec_transform, true)?
        };
    }
    Ok(())
}

fn ike_transform(pdu: &mut Pdu<'_>, _: u8, _: usize) -> Step {
    pdu.take(TRANS_NUMBER)?;
    pdu.take(TRANS_ID)?;
    pdu.take_bytes(RESERVED, 2)?;
    while pdu.remaining() > 0 {
        pdu.group(IKE_ATTR, |pdu| {
            let short = pdu.show(IKE_ATTR_FORMAT)?;
            let kind = pdu.take(IKE_ATTR_TYPE)?;
            let len = if short { 2 } else { pdu.take(IKE_ATTR_LENGTH)?.into() };
            let at = pdu.position();
            let value = pdu.take_bytes(IKE_ATTR_VALUE, len)?;
            let field = match kind {
                1 => IKE_ATTR_ENCRYPTION_ALGORITHM,
                2 => IKE_ATTR_HASH_ALGORITHM,
                3 => IKE_ATTR_AUTHENTICATION_METHOD,
                4 => IKE_ATTR_GROUP_DESCRIPTION,
                11 => IKE_ATTR_LIFE_TYPE,
                14 => IKE_ATTR_KEY_LENGTH,
                12 if len <= 8 => {
                    let duration = value.iter().fold(0u64, |n, &byte| n << 8 | u64::from(byte));
                    pdu.computed(IKE_ATTR_LIFE_DURATION, at..at + len, duration);
                    return Ok(());
                }
                _ => return Ok(()),
            };
            if len == 2 {
                pdu.show_at(field, at)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn ipsec_transform(pdu: &mut Pdu<'_>, _: u8, _: usize) -> Step {
    pdu.take(TRANS_NUMBER)?;
    pdu.take(TRANS_ID)?;
    pdu.take_bytes(RESERVED, 2)?;
    while pdu.remaining() > 0 {
        pdu.group(IPSEC_ATTR, |pdu| {
            let short = pdu.show(IPSEC_ATTR_FORMAT)?;
            pdu.take(IPSEC_ATTR_TYPE)?;
            let len = if short { 2 } else { pdu.take(IPSEC_ATTR_LENGTH)?.into() };
            pdu.take_bytes(IPSEC_ATTR_VALUE, len)?;
            Ok(())
        })?;
    }
    Ok(())
}

fn notify(pdu: &mut Pdu<'_>) -> Step {
    // RFC 3706: dead peer detection.
    const ARE_YOU_THERE: u16 = 36136;
    const ARE_YOU_THERE_ACK: u16 = 36137;
    pdu.take(NOTIFY_DOI)?;
    pdu.take(NOTIFY_PROTOID)?;
    let spi = usize::from(pdu.take(SPISIZE)?);
    let kind = pdu.take(NOTIFY_MSGTYPE)?;
    if spi > 0 {
        pdu.take_bytes(SPI, spi)?;
    }
    notification(pdu);
    match kind {
        ARE_YOU_THERE => drop(pdu.take(NOTIFY_DATA_DPD_ARE_YOU_THERE)?),
        ARE_YOU_THERE_ACK => drop(pdu.take(NOTIFY_DATA_DPD_ARE_YOU_THERE_ACK)?),
        _ => {}
    }
    Ok(())
}

fn delete(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(DELETE_DOI)?;
    pdu.take(DELETE_PROTOID)?;
    let spi = usize::from(pdu.take(SPISIZE)?);
    for _ in 0..pdu.take(NUM_SPIS)? {
        pdu.take_bytes(DELETE_SPI, spi.max(1))?;
    }
    Ok(())
}
