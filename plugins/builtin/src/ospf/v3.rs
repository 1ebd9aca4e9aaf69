//! LSAs of version 3 (RFC 5340, section A.4; RFC 5838 for those about IPv4).

use super::*;

/// Reads a header. Returns the function code and the length.
pub(super) fn lsa_header(pdu: &mut Pdu<'_>) -> Result<(u16, u16), Stop> {
    pdu.show(LSA_AGE)?;
    pdu.take(V3_LSA_DO_NOT_AGE)?;
    let at = pdu.position();
    let function = pdu.take(V3_LSA)? & 0x1fff;
    let flag = match function {
        1 => Some(V3_LSA_ROUTER),
        2 => Some(V3_LSA_NETWORK),
        3 => Some(V3_LSA_INTERPREFIX),
        4 => Some(V3_LSA_INTERROUTER),
        5 => Some(V3_LSA_ASEXT),
        6 => Some(V3_LSA_MEMBER),
        7 => Some(V3_LSA_NSSA),
        8 => Some(V3_LSA_LINK),
        9 => Some(V3_LSA_INTRAPREFIX),
        12 => Some(V3_LSA_OPAQUE),
        _ => None,
    };
    if let Some(flag) = flag {
        pdu.computed(flag, at..at + 2, true);
    }
    pdu.take(LINK_STATE_ID)?;
    pdu.take(ADVROUTER)?;
    pdu.take(LSA_SEQNUM)?;
    pdu.take(LSA_CHKSUM)?;
    Ok((function, pdu.take(LSA_LENGTH)?))
}

/// A whole LSA.
pub(super) fn lsa(pdu: &mut Pdu<'_>, header: Header) -> Step {
    let (function, len) = lsa_header(pdu)?;
    lsa_body(pdu, len, |pdu| match function {
        1 => {
            pdu.take(V3_ROUTER_LSA_FLAGS)?;
            pdu.take(V3_OPTIONS)?;
            while pdu.wire_remaining() > 0 {
                pdu.group(LSA_ROUTER_LINK, |pdu| {
                    pdu.take(V3_LSA_TYPE)?;
                    pdu.take_bytes(RESERVED, 1)?;
                    pdu.take(TOS_METRIC)?;
                    pdu.take(V3_LSA_INTERFACE_ID)?;
                    pdu.take(V3_LSA_NEIGHBOR_INTERFACE_ID)?;
                    pdu.take(V3_LSA_NEIGHBOR_ROUTER_ID)?;
                    Ok(())
                })?;
            }
            Ok(())
        }
        2 => {
            pdu.take_bytes(RESERVED, 1)?;
            pdu.take(V3_OPTIONS)?;
            while pdu.wire_remaining() > 0 {
                pdu.take(V3_LSA_ATTACHED_ROUTER)?;
            }
            Ok(())
        }
        3 => {
            pdu.take_bytes(RESERVED, 1)?;
            pdu.take(METRIC)?;
            let len = prefix_header(pdu)?;
            pdu.take_bytes(RESERVED, 2)?;
            prefix(pdu, header, len)
        }
        4 => {
            pdu.take_bytes(RESERVED, 1)?;
            pdu.take(V3_OPTIONS)?;
            pdu.take_bytes(RESERVED, 1)?;
            pdu.take(METRIC)?;
            pdu.take(V3_LSA_DESTINATION_ROUTER_ID)?;
            Ok(())
        }
        5 | 7 => external(pdu, header),
        8 => {
            pdu.take(V3_LSA_ROUTER_PRIORITY)?;
            pdu.take(V3_OPTIONS)?;
            if header.is_ipv4 {
                // The address stands in the first four of sixteen bytes (RFC 5838, section 2.5).
                pdu.take(V3_LSA_LINK_LOCAL_INTERFACE_ADDRESS_IPV4)?;
                pdu.skip(12)?;
            } else {
                pdu.take(V3_LSA_LINK_LOCAL_INTERFACE_ADDRESS_IPV6)?;
            }
            for _ in 0..pdu.take(V3_LSA_NUM_PREFIXES)? {
                let len = prefix_header(pdu)?;
                pdu.take_bytes(RESERVED, 2)?;
                prefix(pdu, header, len)?;
            }
            Ok(())
        }
        9 => {
            let count = pdu.take(SHORT_NUM_PREFIXES)?;
            pdu.take(V3_LSA_REFERENCED_LS_TYPE)?;
            pdu.take(V3_LSA_REFERENCED_LINK_STATE_ID)?;
            pdu.take(V3_LSA_REFERENCED_ADVERTISING_ROUTER)?;
            for _ in 0..count {
                let len = prefix_header(pdu)?;
                pdu.take(TOS_METRIC)?;
                prefix(pdu, header, len)?;
            }
            Ok(())
        }
        12 => opaque::body(pdu, opaque::ROUTER_INFORMATION),
        _ => Ok(()),
    })
}

fn external(pdu: &mut Pdu<'_>, header: Header) -> Step {
    const FORWARDING: u8 = 2;
    const TAG: u8 = 1;
    let flags = pdu.take(V3_AS_EXTERNAL_FLAGS)?;
    pdu.take(METRIC)?;
    let len = prefix_header(pdu)?;
    let referenced = pdu.take(V3_LSA_REFERENCED_LS_TYPE)?;
    prefix(pdu, header, len)?;
    if flags & FORWARDING != 0 {
        if header.is_ipv4 {
            pdu.take(V3_LSA_FORWARDING_ADDRESS_IPV4)?;
            pdu.skip(12)?;
        } else {
            pdu.take(V3_LSA_FORWARDING_ADDRESS_IPV6)?;
        }
    }
    if flags & TAG != 0 {
        pdu.take(V3_LSA_EXTERNAL_ROUTE_TAG)?;
    }
    if referenced != 0 {
        pdu.take(V3_LSA_REFERENCED_LINK_STATE_ID)?;
    }
    Ok(())
}

fn prefix_header(pdu: &mut Pdu<'_>) -> Result<u8, Stop> {
    let len = pdu.take(PREFIX_LENGTH)?;
    pdu.take(V3_PREFIX_OPTIONS)?;
    Ok(len)
}

/// A prefix takes as many whole words as it needs (RFC 5340, section A.4.1).
fn prefix(pdu: &mut Pdu<'_>, header: Header, len: u8) -> Step {
    let at = pdu.position();
    let bytes = usize::from(len).div_ceil(32) * 4;
    let text = pdu.rest().get(..bytes);
    pdu.skip(bytes)?;
    if let Some(prefix) = text {
        if header.is_ipv4 {
            let mut address = [0; 4];
            address.iter_mut().zip(prefix).for_each(|(to, from)| *to = *from);
            pdu.computed(V3_ADDRESS_PREFIX_IPV4, at..at + bytes, address);
        } else {
            let mut address = [0; 16];
            address.iter_mut().zip(prefix).for_each(|(to, from)| *to = *from);
            pdu.computed_bytes(V3_ADDRESS_PREFIX_IPV6, at..at + bytes, &address);
        }
    }
    Ok(())
}
