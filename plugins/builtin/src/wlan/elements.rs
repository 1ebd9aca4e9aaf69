//! The elements of management frames (IEEE Std 802.11-2020, clause 9.4.2): number, length, value.

use super::capabilities::{erp, extended_capabilities, he, ht, ht_operation, tx_power_envelope, vht, vht_operation};
use super::fields::*;
use super::{rsn, vendor};
use prosector_sdk::prelude::*;

/// What elements mean depends on it.
#[derive(Clone, Copy, Default)]
pub(super) struct Frame {
    /// An access point sent it.
    pub from_ap: bool,
    /// It is known to be of the 2.4 GHz band.
    pub is_2ghz: bool,
}

/// Reads elements up to the limit.
pub(super) fn elements(pdu: &mut Pdu<'_>, frame: Frame) -> Step {
    while pdu.wire_remaining() >= 2 {
        pdu.group(TAG, |pdu| element(pdu, frame))?;
    }
    Ok(())
}

const EXTENDED: u8 = 255;

fn element(pdu: &mut Pdu<'_>, frame: Frame) -> Step {
    let number = pdu.take(TAG_NUMBER)?;
    if number != EXTENDED {
        let len = pdu.take(TAG_LENGTH)?;
        return value(pdu, len.into(), |pdu| known(pdu, number, frame));
    }
    let (at, len) = (pdu.position(), pdu.peek(TAG_LENGTH)?);
    pdu.skip(1)?;
    value(pdu, len.into(), |pdu| {
        pdu.computed(EXT_TAG_LENGTH, at..at + 1, len.saturating_sub(1));
        match pdu.take(EXT_TAG_NUMBER)? {
            32 => {
                pdu.take(EXT_TAG_OWE_DH_PARAMETER_GROUP)?;
                pdu.take_rest(EXT_TAG_OWE_DH_PARAMETER_PUBLIC_KEY);
                Ok(())
            }
            35 => he(pdu, frame.is_2ghz),
            _ => {
                pdu.take_rest(EXT_TAG_DATA);
                Ok(())
            }
        }
    })
}

/// Reads a value. One that is shorter than what is in it spoils nothing behind it.
pub(super) fn value<'a>(pdu: &mut Pdu<'a>, len: usize, read: impl FnOnce(&mut Pdu<'a>) -> Step) -> Step {
    let start = pdu.position();
    pdu.within(TAG_LENGTH, len, |pdu| match read(pdu) {
        Err(stop) if stop.claim == TAG_LENGTH.id && !stop.cut => {
            let text = format_args!("{len} bytes are too few for what this is");
            pdu.diagnostic(Severity::Error, "short-element", start..start + len, text);
            Ok(())
        }
        other => other,
    })
}

fn known(pdu: &mut Pdu<'_>, number: u8, frame: Frame) -> Step {
    match number {
        0 => {
            let start = pdu.position();
            pdu.take_rest(SSID);
            pdu.mark(SSID_TEXT, start..pdu.position());
        }
        1 => rates(pdu, SUPPORTED_RATES)?,
        3 => drop(pdu.take(DS_CURRENT_CHANNEL)?),
        5 => traffic_map(pdu)?,
        7 => country(pdu)?,
        16 => drop(pdu.take_rest(TAG_CHALLENGE_TEXT)),
        33 => {
            pdu.take(POWERCAP_MIN)?;
            pdu.take(POWERCAP_MAX)?;
        }
        36 => {
            while pdu.wire_remaining() >= 2 {
                pdu.group(SUPCHAN, |pdu| {
                    pdu.take(SUPCHAN_FIRST)?;
                    pdu.take(SUPCHAN_RANGE)?;
                    Ok(())
                })?;
            }
        }
        42 | 47 => erp(pdu)?,
        45 => ht(pdu)?,
        48 => rsn::read(pdu, &rsn::FIELDS)?,
        50 => rates(pdu, EXTENDED_SUPPORTED_RATES)?,
        59 => drop(pdu.take(SUPOPECLASS_CURRENT)?),
        61 => ht_operation(pdu)?,
        76 => {
            pdu.take(MMIE_KEYID)?;
            pdu.take_bytes(MMIE_IPN, 6)?;
            pdu.take_rest(MMIE_MIC);
        }
        90 => {
            pdu.take(BSS_MAX_IDLE_PERIOD)?;
            pdu.take(BSS_MAX_IDLE_OPTIONS_PROTECTED)?;
        }
        107 => {
            pdu.show(INTERWORKING_ACCESS_NETWORK_TYPE)?;
            for flag in [INTERWORKING_INTERNET, INTERWORKING_ASRA, INTERWORKING_ESR, INTERWORKING_UESA] {
                pdu.show(flag)?;
            }
            // Venue information (2 bytes) may stand before the HESSID.
            let rest = pdu.wire_remaining().saturating_sub(1);
            pdu.skip(1 + rest % 6)?;
            if rest >= 6 {
                pdu.take(INTERWORKING_HESSID)?;
            }
        }
        114 => drop(pdu.take_rest(MESH_ID)),
        127 => extended_capabilities(pdu)?,
        133 => cisco(pdu)?,
        191 => vht(pdu)?,
        192 => vht_operation(pdu)?,
        195 => tx_power_envelope(pdu)?,
        221 => vendor::element(pdu, frame)?,
        _ => drop(pdu.take_rest(TAG_DATA)),
    }
    Ok(())
}

pub(super) fn drop<T>(_: T) {}

fn rates(pdu: &mut Pdu<'_>, field: prosector_sdk::handle::Handle<u8>) -> Step {
    while pdu.wire_remaining() > 0 {
        pdu.take(field)?;
    }
    Ok(())
}

fn traffic_map(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(TIM_DTIM_COUNT)?;
    pdu.take(TIM_DTIM_PERIOD)?;
    // The bitmap begins with the byte of this number, which is even (clause 9.4.2.5).
    let first = usize::from(pdu.take(TIM_BMAPCTL)? & 0xfe);
    let start = pdu.position();
    let map = pdu.take_rest(TIM_PARTIAL_VIRTUAL_BITMAP);
    if pdu.wants(TIM_AID) {
        for (i, byte) in map.iter().enumerate() {
            for bit in (0..8).filter(|bit| byte >> bit & 1 != 0) {
                let association = (first + i) * 8 + bit;
                // Number 0 is no station.
                if association != 0 {
                    pdu.computed(TIM_AID, start + i..start + i + 1, association);
                }
            }
        }
    }
    Ok(())
}

fn country(pdu: &mut Pdu<'_>) -> Step {
    pdu.take_bytes(COUNTRY_INFO_CODE, 2)?;
    pdu.take(COUNTRY_INFO_ENVIRONMENT)?;
    while pdu.wire_remaining() >= 3 {
        // From 201 on it is an operating class.
        if pdu.peek(COUNTRY_INFO_FNM_FCN)? > 200 {
            pdu.skip(3)?;
            continue;
        }
        pdu.group(COUNTRY_INFO_FNM, |pdu| {
            pdu.take(COUNTRY_INFO_FNM_FCN)?;
            pdu.take(COUNTRY_INFO_FNM_NC)?;
            pdu.take(COUNTRY_INFO_FNM_MTPL)?;
            Ok(())
        })?;
    }
    Ok(())
}

/// Cisco Compatible Extensions: the access point's name, and how many clients it has.
fn cisco(pdu: &mut Pdu<'_>) -> Step {
    const NAME: usize = 16;
    pdu.take_bytes(CISCO_CCX1_UNKNOWN, 10)?;
    let name = pdu.rest().get(..NAME).unwrap_or_default();
    let len = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    pdu.mark(CISCO_CCX1_NAME, pdu.position()..pdu.position() + len);
    pdu.skip(NAME)?;
    pdu.take(CISCO_CCX1_CLIENTS)?;
    pdu.take_rest(CISCO_CCX1_UNKNOWN2);
    Ok(())
}
