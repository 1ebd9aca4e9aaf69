//! Wi-Fi Protected Setup and Wi-Fi Direct (Wi-Fi Alliance): attributes within a vendor's element.

use super::elements::drop;
use super::fields::*;
use prosector_sdk::prelude::*;

/// Attributes of WPS: type and length of two bytes each.
pub(super) fn wps(pdu: &mut Pdu<'_>) -> Step {
    while pdu.wire_remaining() >= 4 {
        let kind = pdu.take(WPS_TYPE)?;
        let len = usize::from(pdu.take(WPS_LENGTH)?);
        pdu.within(WPS_LENGTH, len, |pdu| attribute(pdu, kind))?;
    }
    Ok(())
}

fn attribute(pdu: &mut Pdu<'_>, kind: u16) -> Step {
    match kind {
        0x1002 => drop(pdu.take(WPS_ASSOCIATION_STATE)?),
        0x1008 => drop(pdu.take(WPS_CONFIG_METHODS)?),
        0x1009 => drop(pdu.take(WPS_CONFIGURATION_ERROR)?),
        0x1011 => drop(pdu.take_rest(WPS_DEVICE_NAME)),
        0x1012 => drop(pdu.take(WPS_DEVICE_PASSWORD_ID)?),
        0x1021 => drop(pdu.take_rest(WPS_MANUFACTURER)),
        0x1023 => drop(pdu.take_rest(WPS_MODEL_NAME)),
        0x1024 => drop(pdu.take_rest(WPS_MODEL_NUMBER)),
        0x103a => drop(pdu.take(WPS_REQUEST_TYPE)?),
        0x103b => drop(pdu.take(WPS_RESPONSE_TYPE)?),
        0x103c => drop(pdu.take(WPS_RF_BANDS)?),
        0x1041 => drop(pdu.take(WPS_SELECTED_REGISTRAR)?),
        0x1042 => drop(pdu.take_rest(WPS_SERIAL_NUMBER)),
        0x1044 => drop(pdu.take(WPS_WIFI_PROTECTED_SETUP_STATE)?),
        0x1047 => drop(pdu.take_rest(WPS_UUID_E)),
        0x1048 => drop(pdu.take_rest(WPS_UUID_R)),
        0x1049 => extension(pdu)?,
        0x104a => drop(pdu.take(WPS_VERSION)?),
        0x1054 => drop(pdu.take_rest(WPS_PRIMARY_DEVICE_TYPE)),
        0x1057 => drop(pdu.take(WPS_AP_SETUP_LOCKED)?),
        _ => {}
    }
    Ok(())
}

fn extension(pdu: &mut Pdu<'_>) -> Step {
    const WI_FI_ALLIANCE: u32 = 0x00_372a;
    pdu.mark(WPS_VENDOR_EXTENSION, pdu.position()..pdu.position() + pdu.remaining());
    if pdu.take(WPS_VENDOR_ID)? != WI_FI_ALLIANCE {
        return Ok(());
    }
    while pdu.wire_remaining() >= 2 {
        let id = pdu.take(WPS_EXT_ID)?;
        let len = usize::from(pdu.take(WPS_EXT_LEN)?);
        pdu.within(WPS_EXT_LEN, len, |pdu| {
            if id == 0 {
                pdu.take(WPS_EXT_VERSION2)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Attributes of Wi-Fi Direct: a type of one byte, a length of two in little endian.
pub(super) fn p2p(pdu: &mut Pdu<'_>) -> Step {
    while pdu.wire_remaining() >= 3 {
        let kind = pdu.take(P2P_TYPE)?;
        let len = usize::from(pdu.take(P2P_LENGTH)?);
        pdu.within(P2P_LENGTH, len, |pdu| {
            match kind {
                2 => {
                    pdu.take(P2P_DEVICE_CAPABILITY)?;
                    pdu.take(P2P_GROUP_CAPABILITY)?;
                }
                6 => {
                    pdu.take(P2P_COUNTRY)?;
                    pdu.take(P2P_OPERATING_CLASS)?;
                    pdu.take(P2P_CHANNEL)?;
                }
                _ => drop(pdu.take_rest(P2P_DATA)),
            }
            Ok(())
        })?;
    }
    Ok(())
}
