//! UPDATE messages (RFC 4271, section 4.3) and their path attributes.

use super::routes::{self, Routes};
use super::*;

/// An ATTR_SET (RFC 6368) has attributes of its own.
const MAX_DEPTH: u8 = 3;

pub(super) fn message(pdu: &mut Pdu<'_>) -> Step {
    let len = usize::from(pdu.take(UPDATE_WITHDRAWN_ROUTES_LENGTH)?);
    if len > 0 {
        pdu.within(UPDATE_WITHDRAWN_ROUTES_LENGTH, len, |pdu| {
            pdu.group(UPDATE_WITHDRAWN_ROUTES, |pdu| routes::plain(pdu, WITHDRAWN_PREFIX))
        })?;
    }
    let (at, len) = (pdu.position(), usize::from(pdu.peek(UPDATE_PATH_ATTRIBUTES_LENGTH)?));
    if at + 2 + len > pdu.wire_len() {
        let text = format_args!("{len} bytes of path attributes, but there are {}", pdu.wire_remaining() - 2);
        pdu.diagnostic(Severity::Error, "bad-length", at..at + 2, text);
        return Ok(());
    }
    pdu.take(UPDATE_PATH_ATTRIBUTES_LENGTH)?;
    if len > 0 {
        pdu.within(UPDATE_PATH_ATTRIBUTES_LENGTH, len, |pdu| {
            pdu.group(UPDATE_PATH_ATTRIBUTES, |pdu| attributes(pdu, MAX_DEPTH))
        })?;
    }
    if pdu.wire_remaining() > 0 {
        pdu.group(UPDATE_NLRI, |pdu| routes::plain(pdu, NLRI_PREFIX))?;
    }
    Ok(())
}

fn attributes(pdu: &mut Pdu<'_>, depth: u8) -> Step {
    while pdu.wire_remaining() > 0 {
        pdu.group(UPDATE_PATH_ATTRIBUTE, |pdu| attribute(pdu, depth))?;
    }
    Ok(())
}

fn attribute(pdu: &mut Pdu<'_>, depth: u8) -> Step {
    const EXTENDED: u8 = 0x10;
    let flags = pdu.take(UPDATE_PATH_ATTRIBUTE_FLAGS)?;
    let kind = pdu.take(UPDATE_PATH_ATTRIBUTE_TYPE_CODE)?;
    let len = match flags & EXTENDED {
        0 => pdu.take(UPDATE_PATH_ATTRIBUTE_LENGTH)?.into(),
        _ => usize::from(pdu.take(EXTENDED_LENGTH)?),
    };
    pdu.within(UPDATE_PATH_ATTRIBUTE_LENGTH, len, |pdu| {
        match (kind, len) {
            (1, 1) => drop(pdu.take(UPDATE_PATH_ATTRIBUTE_ORIGIN)?),
            (2 | 17, _) => return as_path(pdu, kind == 17),
            (3, 4) => drop(pdu.take(UPDATE_PATH_ATTRIBUTE_NEXT_HOP)?),
            (4, 4) => drop(pdu.take(UPDATE_PATH_ATTRIBUTE_MULTI_EXIT_DISC)?),
            (5, 4) => drop(pdu.take(UPDATE_PATH_ATTRIBUTE_LOCAL_PREF)?),
            (7, 6) => {
                pdu.take(AGGREGATOR_AS2)?;
                pdu.take(UPDATE_PATH_ATTRIBUTE_AGGREGATOR_ORIGIN)?;
            }
            (7 | 18, 8) => {
                pdu.take(UPDATE_PATH_ATTRIBUTE_AGGREGATOR_AS)?;
                pdu.take(UPDATE_PATH_ATTRIBUTE_AGGREGATOR_ORIGIN)?;
            }
            (8, _) => {
                while pdu.wire_remaining() > 0 {
                    pdu.group(UPDATE_PATH_ATTRIBUTE_COMMUNITY, community)?;
                }
            }
            (9, 4) => drop(pdu.take(UPDATE_PATH_ATTRIBUTE_ORIGINATOR_ID)?),
            (10, _) if len % 4 == 0 => {
                while pdu.wire_remaining() > 0 {
                    pdu.take(PATH_ATTRIBUTE_CLUSTER_ID)?;
                }
            }
            (14, _) => return reach(pdu),
            (15, _) => {
                let afi = pdu.take(UPDATE_PATH_ATTRIBUTE_MP_UNREACH_NLRI_AFI)?;
                let safi = pdu.take(UPDATE_PATH_ATTRIBUTE_MP_UNREACH_NLRI_SAFI)?;
                if pdu.wire_remaining() > 0 {
                    let routes =
                        Routes { afi, safi, ipv4: MP_UNREACH_NLRI_IPV4_PREFIX, ipv6: MP_UNREACH_NLRI_IPV6_PREFIX };
                    pdu.group(UPDATE_PATH_ATTRIBUTE_MP_UNREACH_NLRI, |pdu| routes.read(pdu))?;
                }
            }
            (16, _) => {
                while pdu.wire_remaining() > 0 {
                    pdu.group(EXT_COM, extended_community)?;
                }
            }
            (22, 5..) => {
                pdu.take(UPDATE_PATH_ATTRIBUTE_PMSI_TUNNEL_FLAGS)?;
                let kind = pdu.take(UPDATE_PATH_ATTRIBUTE_PMSI_TUNNEL_TYPE)?;
                pdu.skip(3)?;
                if kind == 6 && len == 9 {
                    pdu.take(UPDATE_PATH_ATTRIBUTE_PMSI_INGRESS_REP_IP)?;
                }
            }
            (26, _) => {
                while pdu.wire_remaining() > 0 {
                    pdu.take(UPDATE_ATTRIBUTE_AIGP_TYPE)?;
                    let len = usize::from(pdu.take(UPDATE_ATTRIBUTE_AIGP_LENGTH)?);
                    if len != 11 {
                        return Ok(());
                    }
                    pdu.take(UPDATE_ATTRIBUTE_AIGP_ACCU_IGP_METRIC)?;
                }
            }
            (32, _) => {
                while pdu.wire_remaining() > 0 {
                    pdu.group(LARGE_COMMUNITIES, |pdu| {
                        pdu.take(LARGE_COMMUNITIES_GA)?;
                        pdu.take(LARGE_COMMUNITIES_LDP1)?;
                        pdu.take(LARGE_COMMUNITIES_LDP2)
                    })?;
                }
            }
            (33, _) => return bgpsec(pdu),
            (40, _) => {
                while pdu.wire_remaining() > 0 {
                    prefix_sid(pdu)?;
                }
            }
            (128, 4..) if depth > 0 => {
                pdu.take(UPDATE_PATH_ATTRIBUTE_ATTR_SET_ORIGIN_AS)?;
                return attributes(pdu, depth - 1);
            }
            _ => {}
        }
        Ok(())
    })
}

/// How wide the AS numbers are is agreed on when the session begins (RFC 6793); without that, the one width tells that
/// makes the segments fill the attribute.
fn as_path(pdu: &mut Pdu<'_>, wide: bool) -> Step {
    let wide = wide || fills(pdu.rest(), 4) || !fills(pdu.rest(), 2);
    while pdu.wire_remaining() > 0 {
        pdu.group(UPDATE_PATH_ATTRIBUTE_AS_PATH_SEGMENT, |pdu| {
            pdu.take(UPDATE_PATH_ATTRIBUTE_AS_PATH_SEGMENT_TYPE)?;
            for _ in 0..pdu.take(UPDATE_PATH_ATTRIBUTE_AS_PATH_SEGMENT_LENGTH)? {
                if wide {
                    pdu.take(UPDATE_PATH_ATTRIBUTE_AS_PATH_SEGMENT_AS4)?;
                } else {
                    pdu.take(UPDATE_PATH_ATTRIBUTE_AS_PATH_SEGMENT_AS2)?;
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn fills(mut bytes: &[u8], width: usize) -> bool {
    while let [1..=4, count, rest @ ..] = bytes {
        match rest.get(usize::from(*count) * width..) {
            Some(behind) => bytes = behind,
            None => return false,
        }
    }
    bytes.is_empty()
}

fn community(pdu: &mut Pdu<'_>) -> Step {
    let value = pdu.peek(UPDATE_PATH_ATTRIBUTE_COMMUNITY_WELLKNOWN)?;
    let names = &Bgp::PROTOCOL.fields[UPDATE_PATH_ATTRIBUTE_COMMUNITY_WELLKNOWN.id as usize].names;
    if name_of(names, value.into()).is_some() {
        return pdu.take(UPDATE_PATH_ATTRIBUTE_COMMUNITY_WELLKNOWN).map(drop);
    }
    pdu.take(UPDATE_PATH_ATTRIBUTE_COMMUNITY_AS)?;
    pdu.take(UPDATE_PATH_ATTRIBUTE_COMMUNITY_VALUE)?;
    Ok(())
}

fn extended_community(pdu: &mut Pdu<'_>) -> Step {
    let kind = pdu.take(EXT_COM_TYPE)?;
    let subtype = pdu.take(match kind {
        0x00 => EXT_COM_STYPE_TR_AS2,
        0x01 => EXT_COM_STYPE_TR_IP4,
        0x02 => EXT_COM_STYPE_TR_AS4,
        0x03 => EXT_COM_STYPE_TR_OPAQUE,
        0x06 => EXT_COM_STYPE_TR_EVPN,
        0x40 => EXT_COM_STYPE_NTR_AS2,
        0x41 => EXT_COM_STYPE_NTR_IP4,
        0x42 => EXT_COM_STYPE_NTR_AS4,
        0x43 => EXT_COM_STYPE_NTR_OPAQUE,
        0x80 => EXT_COM_STYPE_TR_EXP,
        _ => EXT_COM_STYPE_UNKNOWN,
    })?;
    match (kind, subtype) {
        (0x00 | 0x40, 4) => {
            pdu.take(EXT_COM_VALUE_AS2)?;
            pdu.take(EXT_COM_VALUE_LINK_BW)?;
        }
        (0x00 | 0x40, _) => {
            pdu.take(EXT_COM_VALUE_AS2)?;
            pdu.take(EXT_COM_VALUE_AN4)?;
        }
        (0x01 | 0x41, _) => {
            pdu.take(EXT_COM_VALUE_IP4)?;
            pdu.take(EXT_COM_VALUE_AN2)?;
        }
        (0x02 | 0x42, _) => {
            pdu.take(EXT_COM_VALUE_AS4)?;
            pdu.take(EXT_COM_VALUE_AN2)?;
        }
        (0x03, 12) => {
            pdu.skip(4)?;
            pdu.take(EXT_COM_TUNNEL_TYPE)?;
        }
        _ => drop(pdu.take(EXT_COM_VALUE_RAW)?),
    }
    Ok(())
}

/// RFC 4760, section 3.
fn reach(pdu: &mut Pdu<'_>) -> Step {
    let afi = pdu.take(UPDATE_PATH_ATTRIBUTE_MP_REACH_NLRI_AFI)?;
    let safi = pdu.take(UPDATE_PATH_ATTRIBUTE_MP_REACH_NLRI_SAFI)?;
    let len = usize::from(pdu.rest().first().copied().unwrap_or(0));
    let end = pdu.position() + 1 + len;
    let is_address = matches!(len, 4 | 12 | 16 | 24 | 32 | 48);
    let whole = if is_address { UPDATE_PATH_ATTRIBUTE_MP_REACH_NLRI_NEXT_HOP } else { OTHER_NEXT_HOP };
    pdu.take_bytes(whole, 1 + len)?;
    let mut at = end - len;
    // With a route distinguisher before each address where the routes have one (RFC 4364, section 4.3.2).
    let distinguished = matches!(len, 12 | 24 | 48);
    for field in [
        UPDATE_PATH_ATTRIBUTE_MP_REACH_NLRI_NEXT_HOP_IPV6,
        UPDATE_PATH_ATTRIBUTE_MP_REACH_NLRI_NEXT_HOP_IPV6_LINK_LOCAL,
    ] {
        if distinguished && at + 8 <= end {
            routes::distinguisher(pdu, UPDATE_PATH_ATTRIBUTE_MP_REACH_NLRI_NEXT_HOP_RD, at);
            at += 8;
        }
        if matches!(len, 4 | 12) && at + 4 <= end {
            pdu.show_at(UPDATE_PATH_ATTRIBUTE_MP_REACH_NLRI_NEXT_HOP_IPV4, at)?;
            break;
        }
        if at + 16 <= end {
            pdu.show_at(field, at)?;
            at += 16;
        }
    }
    for _ in 0..pdu.take(UPDATE_PATH_ATTRIBUTE_MP_REACH_NLRI_NBR_SNPA)? {
        // In half bytes (RFC 2858, section 2).
        let len = usize::from(pdu.take(UPDATE_PATH_ATTRIBUTE_MP_REACH_NLRI_SNPA_LENGTH)?).div_ceil(2);
        pdu.take_bytes(UPDATE_PATH_ATTRIBUTE_MP_REACH_NLRI_SNPA, len)?;
    }
    if pdu.wire_remaining() > 0 {
        let routes = Routes { afi, safi, ipv4: MP_REACH_NLRI_IPV4_PREFIX, ipv6: MP_REACH_NLRI_IPV6_PREFIX };
        pdu.group(UPDATE_PATH_ATTRIBUTE_MP_REACH_NLRI, |pdu| routes.read(pdu))?;
    }
    Ok(())
}

/// RFC 8205, section 3. Lengths include themselves.
fn bgpsec(pdu: &mut Pdu<'_>) -> Step {
    let len = usize::from(pdu.take(UPDATE_PATH_ATTRIBUTE_BGPSEC_SP_LENGTH)?);
    pdu.within(UPDATE_PATH_ATTRIBUTE_BGPSEC_SP_LENGTH, len.saturating_sub(2), |pdu| {
        while pdu.wire_remaining() > 0 {
            pdu.take(UPDATE_PATH_ATTRIBUTE_BGPSEC_SPS_PCOUNT)?;
            pdu.take(UPDATE_PATH_ATTRIBUTE_BGPSEC_SPS_FLAGS)?;
            pdu.take(UPDATE_PATH_ATTRIBUTE_BGPSEC_SPS_AS)?;
        }
        Ok(())
    })?;
    while pdu.wire_remaining() > 0 {
        let len = usize::from(pdu.take(UPDATE_PATH_ATTRIBUTE_BGPSEC_SB_LENGTH)?);
        pdu.take(UPDATE_PATH_ATTRIBUTE_BGPSEC_SB_ALGO_ID)?;
        // One that can't be right is passed over: what follows is a signature all the same.
        let len = if len < 3 { pdu.wire_remaining() } else { len - 3 };
        pdu.within(UPDATE_PATH_ATTRIBUTE_BGPSEC_SB_LENGTH, len, |pdu| {
            while pdu.wire_remaining() > 0 {
                pdu.take(UPDATE_PATH_ATTRIBUTE_BGPSEC_SS_SKI)?;
                let len = pdu.take(UPDATE_PATH_ATTRIBUTE_BGPSEC_SS_LENGTH)?.into();
                pdu.take_bytes(UPDATE_PATH_ATTRIBUTE_BGPSEC_SS_SIG, len)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// RFC 8669, section 3.
fn prefix_sid(pdu: &mut Pdu<'_>) -> Step {
    let kind = pdu.take(PREFIX_SID_TYPE)?;
    let len = usize::from(pdu.take(PREFIX_SID_LENGTH)?);
    pdu.within(PREFIX_SID_LENGTH, len, |pdu| {
        match (kind, len) {
            (1, 7) => {
                pdu.take(PREFIX_SID_RESERVED)?;
                pdu.take(PREFIX_SID_LABEL_INDEX_FLAGS)?;
                pdu.take(PREFIX_SID_LABEL_INDEX_VALUE)?;
            }
            (3, 2..) => {
                pdu.take(PREFIX_SID_ORIGINATOR_SRGB_FLAGS)?;
                while pdu.wire_remaining() > 0 {
                    pdu.take(PREFIX_SID_ORIGINATOR_SRGB_BASE)?;
                    pdu.take(PREFIX_SID_ORIGINATOR_SRGB_RANGE)?;
                }
            }
            _ => drop(pdu.take_bytes(PREFIX_SID_VALUE, len)?),
        }
        Ok(())
    })
}
