//! Elements that say what a station can do and how a network operates: bit after bit (IEEE Std 802.11-2020, clauses
//! 9.4.2.11, 9.4.2.26, 9.4.2.55 to 57, 9.4.2.157 to 161; 802.11ax-2021, clause 9.4.2.248).

use super::fields::*;
use prosector_sdk::prelude::*;

pub(super) fn erp(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(ERP_INFO)?;
    Ok(())
}

pub(super) fn ht(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(HT_CAPABILITIES)?;
    pdu.take(HT_AMPDUPARAM)?;
    mcs_set(pdu)?;
    pdu.take(HTEX_CAPABILITIES)?;
    pdu.take(TXBF)?;
    pdu.take(ASEL)?;
    Ok(())
}

pub(super) fn ht_operation(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(HT_INFO_PRIMARYCHANNEL)?;
    pdu.take(HT_INFO_DELIM1)?;
    pdu.take(HT_INFO_DELIM2)?;
    pdu.take(HT_INFO_DELIM3)?;
    mcs_set(pdu)
}

/// One bit for each MCS, 77 of them; then what is sent.
fn mcs_set(pdu: &mut Pdu<'_>) -> Step {
    for field in
        [HT_MCSSET_RXBITMASK_0TO7, HT_MCSSET_RXBITMASK_8TO15, HT_MCSSET_RXBITMASK_16TO23, HT_MCSSET_RXBITMASK_24TO31]
    {
        pdu.show(field)?;
    }
    pdu.skip(4)?;
    for field in [HT_MCSSET_RXBITMASK_32, HT_MCSSET_RXBITMASK_33TO38, HT_MCSSET_RXBITMASK_39TO52] {
        pdu.show(field)?;
    }
    pdu.skip(2)?;
    pdu.take(HT_MCSSET_RXBITMASK_53TO76)?;
    pdu.take(HT_MCSSET_HIGHESTDATARATE)?;
    pdu.show(HT_MCSSET_TXSETDEFINED)?;
    pdu.show(HT_MCSSET_TXRXMCSNOTEQUAL)?;
    pdu.show(HT_MCSSET_TXMAXSS)?;
    pdu.show(HT_MCSSET_TXUNEQUALMOD)?;
    pdu.skip(4)
}

pub(super) fn vht(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(VHT_CAPABILITIES)?;
    pdu.take(VHT_MCSSET_RXMCSMAP)?;
    pdu.show(VHT_MCSSET_RXHIGHESTLONGGIRATE)?;
    pdu.take(VHT_MCSSET_MAX_NSTS_TOTAL)?;
    pdu.take(VHT_MCSSET_TXMCSMAP)?;
    pdu.show(VHT_MCSSET_TXHIGHESTLONGGIRATE)?;
    pdu.show(VHT_NCSSET_EXT_NSS_BW_CAP)?;
    pdu.take(VHT_NCSSET_RESERVED)?;
    Ok(())
}

pub(super) fn vht_operation(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(VHT_OP_CHANNELWIDTH)?;
    pdu.take(VHT_OP_CHANNELCENTER0)?;
    pdu.take(VHT_OP_CHANNELCENTER1)?;
    pdu.take(VHT_OP_BASICMCSMAP)?;
    Ok(())
}

/// In units of half a dBm, for as many widths as the first byte says.
pub(super) fn tx_power_envelope(pdu: &mut Pdu<'_>) -> Step {
    let count = usize::from(pdu.take(VHT_TPE_PWR_INFO)? & 7) + 1;
    let widths = [VHT_TPE_PWR_CONSTR_20, VHT_TPE_PWR_CONSTR_40, VHT_TPE_PWR_CONSTR_80, VHT_TPE_PWR_CONSTR_160];
    for field in widths.into_iter().take(count) {
        pdu.take(field)?;
    }
    Ok(())
}

pub(super) fn extended_capabilities(pdu: &mut Pdu<'_>) -> Step {
    let octets = [EXTCAP_1, EXTCAP_2, EXTCAP_3, EXTCAP_4, EXTCAP_5, EXTCAP_6, EXTCAP_7];
    for octet in octets {
        if pdu.wire_remaining() == 0 {
            return Ok(());
        }
        pdu.take(octet)?;
    }
    match pdu.wire_remaining() {
        0 => return Ok(()),
        1 => drop(pdu.take(EXTCAP_8)?),
        // A number of two bits lies across the border.
        _ => drop(pdu.take(EXTCAP_8_9)?),
    }
    if pdu.wire_remaining() > 0 {
        pdu.take(EXTCAP_10)?;
    }
    while pdu.wire_remaining() > 0 {
        pdu.take(EXTCAP_MORE)?;
    }
    Ok(())
}

fn drop<T>(_: T) {}

/// Some widths are of one band only, if the frame's is known.
pub(super) fn he(pdu: &mut Pdu<'_>, is_2ghz: bool) -> Step {
    pdu.take(EXT_TAG_HE_MAC_CAPS)?;
    pdu.show(EXT_TAG_HE_PHY_CAP_RESERVED_B0)?;
    pdu.show(EXT_TAG_HE_PHY_CAP_FBYTE_RESERVED_B0)?;
    pdu.take(if is_2ghz { FBYTES_2GHZ } else { EXT_TAG_HE_PHY_CAP_FBYTES })?;
    pdu.take(EXT_TAG_HE_PHY_CAP_BITS_8_TO_23)?;
    pdu.take(EXT_TAG_HE_PHY_CAP_BITS_24_TO_39)?;
    pdu.take(EXT_TAG_HE_PHY_CAP_BITS_40_TO_55)?;
    pdu.take(EXT_TAG_HE_PHY_CAP_BITS_56_TO_71)?;
    pdu.take(EXT_TAG_HE_PHY_CAP_BITS_72_TO_87)?;
    pdu.take(EXT_TAG_HE_MCS_MAP_RX_HE_MCS_MAP_LTE_80)?;
    pdu.take(EXT_TAG_HE_MCS_MAP_TX_HE_MCS_MAP_LTE_80)?;
    Ok(())
}
