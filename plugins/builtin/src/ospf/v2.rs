//! LSAs of version 2 (RFC 2328, section A.4; RFC 3101 for NSSAs; RFC 5250 for opaque ones).

use super::*;

/// Reads a header. Returns the LS type, what is in the Link State ID, and the length.
pub(super) fn lsa_header(pdu: &mut Pdu<'_>) -> Result<(u8, u8, u16), Stop> {
    pdu.show(LSA_AGE)?;
    pdu.take(LSA_DONOTAGE)?;
    let kind = pdu.rest().get(1).copied().unwrap_or(0);
    pdu.take(if kind == 7 { NSSA_OPTIONS } else { V2_OPTIONS })?;
    let at = pdu.position();
    pdu.take(LSA)?;
    let flag = match kind {
        1 => Some(LSA_ROUTER),
        2 => Some(LSA_NETWORK),
        3 => Some(LSA_SUMMARY),
        4 => Some(LSA_ASBR),
        5 => Some(LSA_ASEXT),
        6 => Some(LSA_MEMBER),
        7 => Some(LSA_NSSA),
        8 => Some(LSA_ATTR),
        9..=11 => Some(LSA_OPAQUE),
        _ => None,
    };
    if let Some(flag) = flag {
        pdu.computed(flag, at..at + 1, true);
    }
    let mut opaque = 0;
    if let 9..=11 = kind {
        opaque = pdu.take(LSID_OPAQUE_TYPE)?;
        if opaque == opaque::TRAFFIC_ENGINEERING {
            pdu.computed(LSA_MPLS, at..at + 1, true);
            pdu.take(LSID_TE_LSA_RESERVED)?;
            pdu.take(LSID_TE_LSA_INSTANCE)?;
        } else {
            pdu.take(LSID_OPAQUE_ID)?;
        }
    } else {
        pdu.take(LSA_ID)?;
    }
    pdu.take(ADVROUTER)?;
    pdu.take(LSA_SEQNUM)?;
    pdu.take(LSA_CHKSUM)?;
    Ok((kind, opaque, pdu.take(LSA_LENGTH)?))
}

/// A whole LSA.
pub(super) fn lsa(pdu: &mut Pdu<'_>) -> Step {
    let (kind, opaque, len) = lsa_header(pdu)?;
    lsa_body(pdu, len, |pdu| match kind {
        1 => router(pdu),
        2 => {
            pdu.take(LSA_NETWORK_NETMASK)?;
            while pdu.wire_remaining() > 0 {
                pdu.take(LSA_NETWORK_ATTCHRTR)?;
            }
            Ok(())
        }
        3 | 4 => {
            pdu.take(LSA_ASBR_NETMASK)?;
            while pdu.wire_remaining() > 0 {
                pdu.take(LSA_TOS)?;
                pdu.take(METRIC)?;
            }
            Ok(())
        }
        5 | 7 => {
            pdu.take(LSA_ASEXT_NETMASK)?;
            while pdu.wire_remaining() > 0 {
                pdu.show(LSA_ASEXT_TYPE)?;
                pdu.take(EXTERNAL_TOS)?;
                pdu.take(METRIC)?;
                pdu.take(LSA_ASEXT_FWDADDR)?;
                pdu.take(LSA_ASEXT_EXTRTTAG)?;
            }
            Ok(())
        }
        9..=11 => opaque::body(pdu, opaque),
        _ => Ok(()),
    })
}

fn router(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(V2_ROUTER_LSA_FLAGS)?;
    pdu.skip(1)?;
    for _ in 0..pdu.take(LSA_NUMBER_OF_LINKS)? {
        pdu.group(LSA_ROUTER_LINK, |pdu| {
            pdu.take(LSA_ROUTER_LINKID)?;
            pdu.take(LSA_ROUTER_LINKDATA)?;
            pdu.take(LSA_ROUTER_LINKTYPE)?;
            let metrics = pdu.take(LSA_ROUTER_NUMMETRICS)?;
            pdu.take(LSA_ROUTER_METRIC0)?;
            for _ in 0..metrics {
                pdu.take(LSA_TOS)?;
                pdu.skip(1)?;
                pdu.take(TOS_METRIC)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}
