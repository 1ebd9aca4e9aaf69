//! High efficiency, IEEE 802.11ax.

use super::*;
use prosector_sdk::handle::Handle;

/// A value and, where the header says that it isn't known, the same bits under another name.
type Known = (bool, Handle<u16>, Handle<u16>);

fn show(pdu: &mut Pdu<'_>, fields: &[Known]) -> Step {
    for &(known, field, unknown) in fields {
        pdu.show(if known { field } else { unknown })?;
    }
    Ok(())
}

const HE_MU_PPDU: u16 = 2;
const HE_TRIGGERED: u16 = 3;

pub(super) fn he(pdu: &mut Pdu<'_>) -> Step {
    let one = pdu.take(HE_DATA_1)?;
    let two = pdu.take(HE_DATA_2)?;
    let known = |bit: u16| one & bit != 0;
    let known_2 = |bit: u16| two & bit != 0;
    pdu.show(HE_DATA_3)?;
    show(
        pdu,
        &[
            (known(0x0004), HE_DATA_3_BSS_COLOR, HE_DATA_3_BSS_COLOR_UNKNOWN),
            (known(0x0008), HE_DATA_3_BEAM_CHANGE, HE_DATA_3_BEAM_CHANGE_UNKNOWN),
            (known(0x0010), HE_DATA_3_UL_DL, HE_DATA_3_UL_DL_UNKNOWN),
            (known(0x0020), HE_DATA_3_DATA_MCS, HE_DATA_3_DATA_MCS_UNKNOWN),
            (known(0x0040), HE_DATA_3_DATA_DCM, HE_DATA_3_DATA_DCM_UNKNOWN),
            (known(0x0080), HE_DATA_3_CODING, HE_DATA_3_CODING_UNKNOWN),
            (known(0x0100), HE_DATA_3_LDPC_EXTRA_SYMBOL_SEGMENT, HE_DATA_3_LDPC_EXTRA_SYMBOL_SEGMENT_UNKNOWN),
            (known(0x0200), HE_DATA_3_STBC, HE_DATA_3_STBC_UNKNOWN),
        ],
    )?;
    pdu.skip(2)?;
    pdu.show(HE_DATA_4)?;
    let first = known(0x0400);
    match one & 3 {
        HE_MU_PPDU => {
            show(pdu, &[(first, HE_DATA_4_SPATIAL_REUSE, HE_DATA_4_SPATIAL_REUSE_UNKNOWN)])?;
            pdu.show(HE_DATA_4_STA_ID_USER)?;
            pdu.show(HE_DATA_4_RESERVED_D4_B15)?;
        }
        HE_TRIGGERED => show(
            pdu,
            &[
                (first, HE_DATA_4_SPATIAL_REUSE_1, HE_DATA_4_SPATIAL_REUSE_1_UNKNOWN),
                (known(0x0800), HE_DATA_4_SPATIAL_REUSE_2, HE_DATA_4_SPATIAL_REUSE_2_UNKNOWN),
                (known(0x1000), HE_DATA_4_SPATIAL_REUSE_3, HE_DATA_4_SPATIAL_REUSE_3_UNKNOWN),
                (known(0x2000), HE_DATA_4_SPATIAL_REUSE_4, HE_DATA_4_SPATIAL_REUSE_4_UNKNOWN),
            ],
        )?,
        _ => {
            show(pdu, &[(first, HE_DATA_4_SPATIAL_REUSE, HE_DATA_4_SPATIAL_REUSE_UNKNOWN)])?;
            pdu.show(HE_DATA_4_RESERVED_D4_FFF0)?;
        }
    }
    pdu.skip(2)?;
    pdu.show(HE_DATA_5)?;
    show(
        pdu,
        &[
            (known(0x4000), HE_DATA_5_DATA_BW_RU_ALLOCATION, HE_DATA_5_DATA_BW_RU_ALLOCATION_UNKNOWN),
            (known_2(0x0002), HE_DATA_5_GI, HE_DATA_5_GI_UNKNOWN),
            (true, HE_DATA_5_LTF_SYMBOL_SIZE, HE_DATA_5_LTF_SYMBOL_SIZE_UNKNOWN),
            (known_2(0x0004), HE_NUM_LTF_SYMBOLS, HE_NUM_LTF_SYMBOLS_UNKNOWN),
            (true, HE_DATA_5_RESERVED_D5_B11, HE_DATA_5_RESERVED_D5_B11),
            (known_2(0x0008), HE_PRE_FEC_PADDING_FACTOR, HE_PRE_FEC_PADDING_FACTOR_UNKNOWN),
            (known_2(0x0010), HE_TXBF, HE_TXBF_UNKNOWN),
            (known_2(0x0020), HE_PE_DISAMBIGUITY, HE_PE_DISAMBIGUITY_UNKNOWN),
        ],
    )?;
    pdu.skip(2)?;
    pdu.show(HE_DATA_6)?;
    pdu.show(HE_DATA_6_NSTS)?;
    pdu.show(HE_DATA_6_RESERVED_D6_00E0)?;
    show(
        pdu,
        &[
            (known(0x8000), HE_DATA_6_DOPPLER_VALUE, HE_DATA_6_DOPPLER_VALUE_UNKNOWN),
            (known_2(0x0040), HE_DATA_6_TXOP_VALUE, HE_DATA_6_TXOP_VALUE_UNKNOWN),
            (known_2(0x0080), HE_DATA_6_MIDAMBLE_PERIODICITY, HE_DATA_6_MIDAMBLE_PERIODICITY_UNKNOWN),
        ],
    )?;
    pdu.skip(2)
}

pub(super) fn he_mu(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(HE_MU_FLAGS_1)?;
    pdu.take(HE_MU_FLAGS_2)?;
    for field in [
        HE_MU_CHAN1_RUS_0_INDEX,
        HE_MU_CHAN1_RUS_1_INDEX,
        HE_MU_CHAN1_RUS_2_INDEX,
        HE_MU_CHAN1_RUS_3_INDEX,
        HE_MU_CHAN2_RUS_0_INDEX,
        HE_MU_CHAN2_RUS_1_INDEX,
        HE_MU_CHAN2_RUS_2_INDEX,
        HE_MU_CHAN2_RUS_3_INDEX,
    ] {
        pdu.take(field)?;
    }
    Ok(())
}

/// The signal field of the legacy preamble.
pub(super) fn l_sig(pdu: &mut Pdu<'_>) -> Step {
    pdu.show(L_SIG_RATE_KNOWN)?;
    pdu.show(L_SIG_LENGTH_KNOWN)?;
    pdu.show(L_SIG_RESERVED)?;
    pdu.take(L_SIG_DATA1)?;
    pdu.show(L_SIG_RATE)?;
    pdu.show(L_SIG_LENGTH)?;
    pdu.take(L_SIG_DATA2)?;
    Ok(())
}
