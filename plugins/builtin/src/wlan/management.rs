//! The bodies of management frames: fixed parameters, then elements (IEEE Std 802.11-2020, clauses 9.3.3, 9.4.1, 9.6).

use super::elements::{Frame, drop, elements};
use super::fields::*;
use prosector_sdk::prelude::*;

/// Reads the body up to the limit.
pub(super) fn body(pdu: &mut Pdu<'_>, subtype: u16, is_2ghz: bool) -> Step {
    match subtype {
        0 | 2 => {
            pdu.take(FIXED_CAPABILITIES)?;
            pdu.take(FIXED_LISTEN_IVAL)?;
            if subtype == 2 {
                pdu.take(FIXED_CURRENT_AP)?;
            }
        }
        1 | 3 => {
            pdu.take(FIXED_CAPABILITIES)?;
            pdu.take(FIXED_STATUS_CODE)?;
            pdu.take(FIXED_AID)?;
        }
        5 | 8 => {
            pdu.take(FIXED_TIMESTAMP)?;
            pdu.take(FIXED_BEACON)?;
            pdu.take(FIXED_CAPABILITIES)?;
        }
        10 | 12 => drop(pdu.take(FIXED_REASON_CODE)?),
        11 => authentication(pdu)?,
        13 | 14 => return action(pdu),
        _ => {}
    }
    elements(pdu, Frame { from_ap: matches!(subtype, 1 | 3 | 5 | 8), is_2ghz })
}

fn authentication(pdu: &mut Pdu<'_>) -> Step {
    const SAE: u16 = 3;
    let algorithm = pdu.take(FIXED_AUTH_ALG)?;
    let sequence = pdu.show(FIXED_AUTH_SEQ)?;
    if algorithm == SAE {
        pdu.show(FIXED_SAE_MESSAGE_TYPE)?;
    }
    pdu.skip(2)?;
    let status = pdu.take(FIXED_STATUS_CODE)?;
    match sequence {
        _ if algorithm != SAE => Ok(()),
        1 => commit(pdu, status),
        2 => {
            pdu.take(FIXED_SEND_CONFIRM)?;
            pdu.take_bytes(FIXED_CONFIRM, 32.min(pdu.remaining()))?;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The first message of SAE (clause 12.4.7.4): a scalar and a point, of sizes that the group says.
fn commit(pdu: &mut Pdu<'_>, status: u16) -> Step {
    const TOKEN_REQUIRED: u16 = 76;
    if pdu.wire_remaining() == 0 {
        return Ok(());
    }
    let group = pdu.take(FIXED_FINITE_CYCLIC_GROUP)?;
    let size = match group {
        19 => 32,
        20 => 48,
        21 => 66,
        _ => 0,
    };
    let rest = pdu.wire_remaining();
    if size == 0 || status == TOKEN_REQUIRED || rest < size * 3 {
        pdu.take_rest(FIXED_ANTI_CLOGGING_TOKEN);
        return Ok(());
    }
    pdu.take_bytes(FIXED_SCALAR, size)?;
    pdu.take_bytes(FIXED_FINITE_FIELD_ELEMENT, size * 2)?;
    Ok(())
}

fn action(pdu: &mut Pdu<'_>) -> Step {
    const BLOCK_ACK: u8 = 3;
    const PUBLIC: u8 = 4;
    const HT: u8 = 7;
    const SA_QUERY: u8 = 8;
    match pdu.take(FIXED_CATEGORY_CODE)? {
        BLOCK_ACK => match pdu.take(FIXED_ACTION_CODE)? {
            0 => {
                pdu.take(FIXED_DIALOG_TOKEN)?;
                pdu.take(FIXED_BAPARAMS)?;
                pdu.take(FIXED_BATIMEOUT)?;
                pdu.take(FIXED_SSC)?;
            }
            1 => {
                pdu.take(FIXED_DIALOG_TOKEN)?;
                pdu.take(FIXED_STATUS_CODE)?;
                pdu.take(FIXED_BAPARAMS)?;
                pdu.take(FIXED_BATIMEOUT)?;
            }
            2 => {
                pdu.take(FIXED_DELBA_PARAM)?;
                pdu.take(FIXED_REASON_CODE)?;
            }
            _ => {}
        },
        PUBLIC => {
            pdu.take(FIXED_PUBLICACT)?;
            pdu.take_rest(ACTION_DATA);
            return Ok(());
        }
        HT => match pdu.take(FIXED_HTACT)? {
            0 => drop(pdu.take(FIXED_CHANWIDTH)?),
            1 => drop(pdu.take(FIXED_SM_POWERCONTROL)?),
            _ => {
                pdu.take_rest(ACTION_DATA);
                return Ok(());
            }
        },
        SA_QUERY => {
            pdu.skip(1)?;
            pdu.take(FIXED_TRANSACTION_ID)?;
        }
        _ => {
            pdu.take_rest(ACTION_DATA);
            return Ok(());
        }
    }
    elements(pdu, Frame::default())
}
