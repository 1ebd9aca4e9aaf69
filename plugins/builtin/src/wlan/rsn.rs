//! The robust security network element (IEEE Std 802.11-2020, clause 9.4.2.24), which also travels in keys of EAPOL.

use prosector_sdk::handle::{Handle, Variable};
use prosector_sdk::prelude::*;

/// A suite: as a whole, whose it is, which.
pub(crate) type Suite = (Handle<u32>, Handle<u32>, Handle<u8>);

/// The fields by which a protocol records it.
pub(crate) struct Fields {
    pub version: Handle<u16>,
    pub group: Suite,
    pub pairwise_count: Handle<u16>,
    pub pairwise: Suite,
    pub akm_count: Handle<u16>,
    pub akm: Suite,
    pub capabilities: Handle<u16>,
    pub pmkid_count: Handle<u16>,
    pub pmkid: Handle<Variable>,
    pub group_management: Suite,
}

mod wlan {
    use super::super::fields::*;
    use super::Fields;

    pub(crate) const FIELDS: Fields = Fields {
        version: RSN_VERSION,
        group: (RSN_GCS, RSN_GCS_OUI, RSN_GCS_TYPE),
        pairwise_count: RSN_PCS_COUNT,
        pairwise: (RSN_PCS, RSN_PCS_OUI, RSN_PCS_TYPE),
        akm_count: RSN_AKMS_COUNT,
        akm: (RSN_AKMS, RSN_AKMS_OUI, RSN_AKMS_TYPE),
        capabilities: RSN_CAPABILITIES,
        pmkid_count: RSN_PMKID_COUNT,
        pmkid: PMKID_AKMS,
        group_management: (RSN_GMCS, RSN_GMCS_OUI, RSN_GMCS_TYPE),
    };
}
pub(crate) use wlan::FIELDS;

/// Reads the value of the element. Everything behind the version may be left out, from some point on.
pub(crate) fn read(pdu: &mut Pdu<'_>, fields: &Fields) -> Step {
    const PMKID: usize = 16;
    pdu.take(fields.version)?;
    if pdu.wire_remaining() == 0 {
        return Ok(());
    }
    suite(pdu, fields.group)?;
    for (count, list) in [(fields.pairwise_count, fields.pairwise), (fields.akm_count, fields.akm)] {
        if pdu.wire_remaining() == 0 {
            return Ok(());
        }
        for _ in 0..pdu.take(count)? {
            suite(pdu, list)?;
        }
    }
    if pdu.wire_remaining() == 0 {
        return Ok(());
    }
    pdu.take(fields.capabilities)?;
    if pdu.wire_remaining() == 0 {
        return Ok(());
    }
    for _ in 0..pdu.take(fields.pmkid_count)? {
        pdu.take_bytes(fields.pmkid, PMKID)?;
    }
    if pdu.wire_remaining() > 0 {
        suite(pdu, fields.group_management)?;
    }
    Ok(())
}

/// Reads a suite, recorded as a whole and in its parts.
pub(crate) fn suite(pdu: &mut Pdu<'_>, (whole, oui, number): Suite) -> Step {
    pdu.show(whole)?;
    pdu.take(oui)?;
    pdu.take(number)?;
    Ok(())
}
