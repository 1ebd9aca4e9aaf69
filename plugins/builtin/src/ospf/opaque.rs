//! What opaque LSAs carry: traffic engineering (RFC 3630), graceful restart (RFC 3623), router information (RFC 7770),
//! extended prefixes and links (RFC 7684), with the values of segment routing (RFC 8665).

use super::*;

pub(super) const TRAFFIC_ENGINEERING: u8 = 1;
const GRACE: u8 = 3;
pub(super) const ROUTER_INFORMATION: u8 = 4;
const EXTENDED_PREFIX: u8 = 7;
const EXTENDED_LINK: u8 = 8;

/// The body of an opaque LSA.
pub(super) fn body(pdu: &mut Pdu<'_>, kind: u8) -> Step {
    match kind {
        TRAFFIC_ENGINEERING => tlvs(pdu, TLV_TYPE, engineering),
        GRACE => tlvs(pdu, TLV_TYPE, grace),
        ROUTER_INFORMATION => tlvs(pdu, TLV_TYPE_OPAQUE, information),
        EXTENDED_PREFIX => tlvs(pdu, TLV_EXTPFX_TLV_TYPE, extended_prefix),
        EXTENDED_LINK => tlvs(pdu, TLV_EXTLINK_TLV_TYPE, extended_link),
        _ => unknown(pdu),
    }
}

/// Type, length, value, and what fills it up to whole words. Values are read to their end.
fn tlvs(pdu: &mut Pdu<'_>, kind: Handle<u16>, value: fn(&mut Pdu<'_>, u16) -> Step) -> Step {
    while pdu.wire_remaining() > 0 {
        pdu.group(TLV, |pdu| {
            let kind = pdu.take(kind)?;
            let len = usize::from(pdu.take(TLV_LENGTH)?);
            pdu.within(TLV_LENGTH, len, |pdu| value(pdu, kind))?;
            pdu.skip(padding(len).min(pdu.wire_remaining()))
        })?;
    }
    Ok(())
}

fn unknown(pdu: &mut Pdu<'_>) -> Step {
    if pdu.wire_remaining() > 0 {
        pdu.take_bytes(TLV_UNKNOWN, pdu.wire_remaining())?;
    }
    Ok(())
}

fn engineering(pdu: &mut Pdu<'_>, kind: u16) -> Step {
    match kind {
        1 => pdu.take(MPLS_ROUTERID).map(drop),
        2 => tlvs(pdu, TLV_TYPE, |pdu, kind| match kind {
            1 => pdu.take(MPLS_LINKTYPE).map(drop),
            2 => pdu.take(MPLS_LINKID).map(drop),
            3 | 4 => {
                while pdu.wire_remaining() > 0 {
                    pdu.take(if kind == 3 { MPLS_LOCAL_ADDR } else { MPLS_REMOTE_ADDR })?;
                }
                Ok(())
            }
            5 => pdu.take(MPLS_TE_METRIC).map(drop),
            6 | 7 => pdu.take(MPLS_LINK_MAX_BW).map(drop),
            8 => {
                while pdu.wire_remaining() > 0 {
                    pdu.take(MPLS_PRI)?;
                }
                Ok(())
            }
            9 => pdu.take(MPLS_LINKCOLOR).map(drop),
            11 => {
                pdu.take(MPLS_LOCAL_ID)?;
                pdu.take(MPLS_REMOTE_ID)?;
                Ok(())
            }
            _ => unknown(pdu),
        }),
        _ => unknown(pdu),
    }
}

fn grace(pdu: &mut Pdu<'_>, kind: u16) -> Step {
    match kind {
        1 => pdu.take(V2_GRACE_PERIOD).map(drop),
        2 => pdu.take(V2_GRACE_REASON).map(drop),
        3 => pdu.take(V2_GRACE_IP).map(drop),
        _ => unknown(pdu),
    }
}

fn information(pdu: &mut Pdu<'_>, kind: u16) -> Step {
    match kind {
        1 => {
            pdu.take(RI_OPTIONS)?;
            pdu.skip(pdu.remaining())
        }
        7 => pdu.take_bytes(DYNHOSTNAME, pdu.wire_remaining()).map(drop),
        8 => {
            while pdu.wire_remaining() > 0 {
                pdu.take(LSA_SA)?;
            }
            Ok(())
        }
        9 | 14 => {
            pdu.take(TLV_RANGE_SIZE)?;
            pdu.take_bytes(RESERVED, 1)?;
            tlvs(pdu, TLV_SIDLABEL_RANGE_TYPE, |pdu, _| sid(pdu))
        }
        12 => {
            while pdu.wire_remaining() > 0 {
                pdu.take(TLV_IGP_MSD_TYPE)?;
                pdu.take(TLV_IGP_MSD_VALUE)?;
            }
            Ok(())
        }
        15 => {
            pdu.take(TLV_PREFERENCE)?;
            pdu.take_bytes(RESERVED, 3)?;
            Ok(())
        }
        _ => unknown(pdu),
    }
}

/// A label has 20 bits in three bytes; four bytes are a segment identifier (RFC 8665, section 2.1).
fn sid(pdu: &mut Pdu<'_>) -> Step {
    match pdu.wire_remaining() {
        3 => pdu.take(SHORT_SID).map(drop),
        _ => pdu.take(TLV_SID_LABEL).map(drop),
    }
}

fn extended_prefix(pdu: &mut Pdu<'_>, kind: u16) -> Step {
    let len = match kind {
        1 => {
            pdu.take(TLV_EXTPFX_ROTUETYPE)?;
            let len = pdu.take(PREFIX_LENGTH)?;
            pdu.take(TLV_EXTPFX_AF)?;
            pdu.take(TLV_EXTPFX_FLAGS)?;
            len
        }
        2 => {
            let len = pdu.take(PREFIX_LENGTH)?;
            pdu.take(TLV_EXTPFX_AF)?;
            pdu.take(PREFIX_RANGE_SIZE)?;
            pdu.take(TLV_EXTPFX_RANGE_FLAGS)?;
            pdu.take_bytes(RESERVED, 3)?;
            len
        }
        _ => return unknown(pdu),
    };
    let (at, len) = (pdu.position(), usize::from(len).div_ceil(32) * 4);
    if let Some(&[a, b, c, d]) = pdu.rest().get(..4)
        && len == 4
    {
        pdu.computed(V3_ADDRESS_PREFIX_IPV4, at..at + 4, [a, b, c, d]);
    }
    pdu.skip(len)?;
    tlvs(pdu, TLV_EXTPFX_SUBTLV_TYPE, |pdu, kind| match kind {
        1 => sid(pdu),
        2 => {
            pdu.take(TLV_PFXSID_FLAGS)?;
            pdu.take_bytes(RESERVED, 1)?;
            pdu.take(TLV_EXTLINK_MT_ID)?;
            pdu.take(LSA_SA)?;
            sid(pdu)
        }
        _ => unknown(pdu),
    })
}

fn extended_link(pdu: &mut Pdu<'_>, kind: u16) -> Step {
    if kind != 1 {
        return unknown(pdu);
    }
    pdu.take(LSA_ROUTER_LINKTYPE)?;
    pdu.take_bytes(RESERVED, 3)?;
    pdu.take(LSA_ROUTER_LINKID)?;
    pdu.take(LSA_ROUTER_LINKDATA)?;
    tlvs(pdu, TLV_EXTLINK_SUBTLV_TYPE, |pdu, kind| match kind {
        1 => sid(pdu),
        2 | 3 => {
            pdu.take(TLV_ADJSID_FLAGS)?;
            pdu.take_bytes(RESERVED, 1)?;
            pdu.take(TLV_EXTLINK_MT_ID)?;
            pdu.take(TLV_EXTLINK_WEIGHT)?;
            if kind == 3 {
                pdu.take(TLV_EXTLINK_NBR)?;
            }
            sid(pdu)
        }
        6 => {
            while pdu.wire_remaining() > 0 {
                pdu.take(TLV_IGP_MSD_TYPE)?;
                pdu.take(TLV_IGP_MSD_VALUE)?;
            }
            Ok(())
        }
        8 => pdu.take(TLV_REMOTE_IPV4_ADDRESS).map(drop),
        9 => {
            pdu.take(TLV_LOCAL_INTERFACE_ID)?;
            pdu.take(TLV_REMOTE_INTERFACE_ID)?;
            Ok(())
        }
        _ => unknown(pdu),
    })
}
