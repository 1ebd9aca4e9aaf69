//! Elements of vendors: Microsoft's number space, in which the Wi-Fi Alliance keeps WPA, WMM and WPS; the Wi-Fi
//! Alliance's own; Cisco's.

use super::elements::{Frame, drop};
use super::fields::*;
use super::{rsn, setup};
use prosector_sdk::prelude::*;

const IEEE_802_11: u32 = 0x00_0fac;
const CISCO: u32 = 0x00_4096;
const MICROSOFT: u32 = 0x00_50f2;
const WI_FI_ALLIANCE: u32 = 0x50_6f9a;

pub(super) fn element(pdu: &mut Pdu<'_>, frame: Frame) -> Step {
    let oui = pdu.take(TAG_OUI)?;
    if pdu.wire_remaining() == 0 {
        return Ok(());
    }
    let number = pdu.show(TAG_VENDOR_OUI_TYPE)?;
    match (oui, number) {
        (MICROSOFT, _) => {
            pdu.take(WFA_IE_TYPE)?;
            match number {
                1 => wpa(pdu),
                2 => wme(pdu, frame),
                4 => setup::wps(pdu),
                _ => Ok(()),
            }
        }
        (WI_FI_ALLIANCE, 9) => {
            pdu.skip(1)?;
            setup::p2p(pdu)
        }
        (WI_FI_ALLIANCE, 16) => {
            pdu.skip(1)?;
            hotspot(pdu)
        }
        (WI_FI_ALLIANCE, 22) => {
            pdu.skip(1)?;
            multi_band(pdu)
        }
        (IEEE_802_11, _) => {
            if pdu.take(RSN_IE_KDE_DATA_TYPE)? == 4 {
                pdu.take_rest(RSN_IE_PMKID);
            } else {
                pdu.take_rest(TAG_VENDOR_DATA);
            }
            Ok(())
        }
        (CISCO, _) => {
            pdu.take(AIRONET_TYPE)?;
            match number {
                3 => drop(pdu.take(AIRONET_VERSION)?),
                20 => drop(pdu.take(AIRONET_CLIENTMFP)?),
                _ => drop(pdu.take_rest(AIRONET_DATA)),
            }
            Ok(())
        }
        _ => {
            pdu.take_rest(TAG_VENDOR_DATA);
            Ok(())
        }
    }
}

/// What RSN grew out of.
fn wpa(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(WFA_IE_WPA_VERSION)?;
    if pdu.wire_remaining() == 0 {
        return Ok(());
    }
    rsn::suite(pdu, (WFA_IE_WPA_MCS, WFA_IE_WPA_MCS_OUI, WFA_IE_WPA_MCS_TYPE))?;
    for (count, suite) in [
        (WFA_IE_WPA_UCS_COUNT, (WFA_IE_WPA_UCS, WFA_IE_WPA_UCS_OUI, WFA_IE_WPA_UCS_TYPE)),
        (WFA_IE_WPA_AKMS_COUNT, (WFA_IE_WPA_AKMS, WFA_IE_WPA_AKMS_OUI, WFA_IE_WPA_AKMS_TYPE)),
    ] {
        if pdu.wire_remaining() == 0 {
            return Ok(());
        }
        for _ in 0..pdu.take(count)? {
            rsn::suite(pdu, suite)?;
        }
    }
    Ok(())
}

/// Wi-Fi Multimedia.
fn wme(pdu: &mut Pdu<'_>, frame: Frame) -> Step {
    const PARAMETERS: u8 = 1;
    const TSPEC: u8 = 2;
    let subtype = pdu.take(WFA_IE_WME_SUBTYPE)?;
    pdu.take(WFA_IE_WME_VERSION)?;
    if subtype == TSPEC {
        pdu.take_rest(TAG_VENDOR_DATA);
        return Ok(());
    }
    pdu.take(if frame.from_ap { WFA_IE_WME_QOS_INFO } else { WME_STATION_QOS })?;
    if subtype != PARAMETERS {
        return Ok(());
    }
    pdu.take_bytes(WFA_IE_WME_RESERVED, 1)?;
    while pdu.wire_remaining() >= 4 {
        pdu.group(WFA_IE_WME_ACP, |pdu| {
            pdu.take(WFA_IE_WME_ACP_ACI_AIFSN)?;
            let at = pdu.position();
            let ecw = pdu.take(WFA_IE_WME_ACP_ECW)?;
            pdu.computed(WFA_IE_WME_ACP_CW_MAX, at..at + 1, (1u16 << (ecw >> 4)) - 1);
            pdu.computed(WFA_IE_WME_ACP_CW_MIN, at..at + 1, (1u16 << (ecw & 15)) - 1);
            pdu.take(WFA_IE_WME_ACP_TXOP_LIMIT)?;
            Ok(())
        })?;
    }
    Ok(())
}

/// Hotspot 2.0.
fn hotspot(pdu: &mut Pdu<'_>) -> Step {
    pdu.show(HS20_INDICATION_DGAF_DISABLED)?;
    let has_id = pdu.show(HS20_INDICATION_PPS_MO_ID_PRESENT)?;
    let has_domain = pdu.show(HS20_INDICATION_ANQP_DOMAIN_ID_PRESENT)?;
    pdu.show(HS20_INDICATION_RESERVED)?;
    pdu.take(HS20_INDICATION_VERSION_NUMBER)?;
    if has_id {
        pdu.take(HS20_INDICATION_PPS_MO_ID)?;
    }
    if has_domain {
        pdu.take(HS20_INDICATION_DOMAIN_ID)?;
    }
    Ok(())
}

/// Multi-band operation and optimized connectivity.
fn multi_band(pdu: &mut Pdu<'_>) -> Step {
    const CELLULAR: u8 = 3;
    while pdu.wire_remaining() >= 2 {
        let start = pdu.position();
        let number = pdu.take(WFA_IE_MBO_OCE_ATTR_ID)?;
        let len = usize::from(pdu.take(WFA_IE_MBO_OCE_ATTR_LEN)?);
        if pdu.remaining() >= len {
            pdu.mark(WFA_IE_MBO_OCE_ATTR, start..pdu.position() + len);
        }
        if number == CELLULAR && len == 1 {
            pdu.take(WFA_IE_MBO_CELLULAR_CAP)?;
        } else {
            pdu.skip(len)?;
        }
    }
    Ok(())
}
