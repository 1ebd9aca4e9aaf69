//! The bodies of messages, behind the checksum, in the order of their types; [`super`] names their RFCs.

use super::*;
use std::fmt;
use std::net::Ipv6Addr;

/// A query for multicast listeners; from 28 bytes on it is version 2 (RFC 3810, section 8.1).
pub(super) fn listener_query(pdu: &mut Pdu<'_>) -> Step {
    if pdu.wire_len() < 28 {
        return listener(pdu);
    }
    let at = pdu.position();
    if let Some(&[high, low]) = pdu.rest().first_chunk::<2>() {
        let code = u32::from(high) << 8 | u32::from(low);
        let delay = if code < 0x8000 { code } else { (code & 0x0fff | 0x1000) << ((code >> 12 & 7) + 3) };
        pdu.computed(MLD_MAXIMUM_RESPONSE_CODE, at..at + 2, delay);
    }
    pdu.skip(2)?;
    pdu.take_bytes(RESERVED, 2)?;
    pdu.take(MLD_MULTICAST_ADDRESS)?;
    pdu.take(MLD_FLAG)?;
    pdu.take(MLD_QQI)?;
    for _ in 0..pdu.take(MLD_NB_SOURCES)? {
        pdu.take(MLD_SOURCE_ADDRESS)?;
    }
    Ok(())
}

/// Query, report and done of version 1.
pub(super) fn listener(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(MLD_MAXIMUM_RESPONSE_DELAY)?;
    pdu.take_bytes(RESERVED, 2)?;
    pdu.take(MLD_MULTICAST_ADDRESS)?;
    Ok(())
}

/// A report of version 2.
pub(super) fn listener_report(pdu: &mut Pdu<'_>) -> Step {
    pdu.take_bytes(RESERVED, 2)?;
    for _ in 0..pdu.take(MLDR_NB_MCAST_RECORDS)? {
        pdu.group(MLDR_MAR, |pdu| {
            pdu.take(MLDR_MAR_RECORD_TYPE)?;
            let auxiliary = usize::from(pdu.take(MLDR_MAR_AUX_DATA_LEN)?) * 4;
            let sources = pdu.take(MLDR_MAR_NB_SOURCES)?;
            pdu.take(MLDR_MAR_MULTICAST_ADDRESS)?;
            for _ in 0..sources {
                pdu.take(MLDR_MAR_SOURCE_ADDRESS)?;
            }
            if auxiliary > 0 {
                pdu.take_bytes(MLDR_MAR_AUXILIARY_DATA, auxiliary)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Router and neighbor discovery, redirect, and inverse discovery (RFC 3122), which is options only.
pub(super) fn neighbor(pdu: &mut Pdu<'_>, kind: u8) -> Step {
    let name = Icmpv6::name(TYPE, kind);
    match kind {
        134 => {
            pdu.take(ND_RA_CUR_HOP_LIMIT)?;
            pdu.take(ND_RA_FLAG)?;
            pdu.take(ND_RA_ROUTER_LIFETIME)?;
            pdu.take(ND_RA_REACHABLE_TIME)?;
            pdu.take(ND_RA_RETRANS_TIMER)?;
        }
        135 => {
            pdu.take_bytes(RESERVED, 4)?;
            let target = Ipv6Addr::from(pdu.take(ND_NS_TARGET_ADDRESS)?);
            pdu.info(format_args!("{name} for {target}"));
            let link = options::all(pdu)?;
            pdu.info(format_args!("{name} for {target}{link}"));
            return Ok(());
        }
        136 => {
            let flags = pdu.take(ND_NA_FLAG)?;
            let flags = NeighborFlags(flags);
            let target = Ipv6Addr::from(pdu.take(ND_NA_TARGET_ADDRESS)?);
            pdu.info(format_args!("{name} {target} ({flags})"));
            let link = options::all(pdu)?;
            pdu.info(format_args!("{name} {target} ({flags}){link}"));
            return Ok(());
        }
        137 => {
            pdu.take_bytes(RESERVED, 4)?;
            pdu.take(ND_RD_TARGET_ADDRESS)?;
            pdu.take(RD_NA_DESTINATION_ADDRESS)?;
        }
        _ => {
            pdu.take_bytes(RESERVED, 4)?;
        }
    }
    let link = options::all(pdu)?;
    pdu.info(format_args!("{name}{link}"));
    Ok(())
}

/// The flags of a neighbor advertisement, for the info line.
#[derive(Clone, Copy)]
struct NeighborFlags(u32);

impl fmt::Display for NeighborFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 >> 29 {
            0 => "none",
            1 => "ovr",
            2 => "sol",
            3 => "sol, ovr",
            4 => "rtr",
            5 => "rtr, ovr",
            6 => "rtr, sol",
            _ => "rtr, sol, ovr",
        })
    }
}

pub(super) fn renumbering(pdu: &mut Pdu<'_>, code: u8) -> Step {
    pdu.take(RR_SEQUENCE_NUMBER)?;
    pdu.take(RR_SEGMENT_NUMBER)?;
    pdu.take(RR_FLAG)?;
    pdu.take(RR_MAXDELAY)?;
    pdu.take_bytes(RESERVED, 4)?;
    while pdu.wire_remaining() > 0 {
        match code {
            0 => {
                let prefixes = pdu.group(RR_PCO_MP, match_prefix)?;
                for _ in 0..prefixes {
                    pdu.group(RR_PCO_UP, use_prefix)?;
                }
            }
            1 => pdu.group(RR_RM, result)?,
            _ => break,
        }
    }
    Ok(())
}

/// The first part of a prefix control operation; says how many prefixes to use follow (RFC 2894, section 3.2.1).
fn match_prefix(pdu: &mut Pdu<'_>) -> Result<u8, Stop> {
    pdu.take(RR_PCO_MP_OPCODE)?;
    let words = pdu.take(RR_PCO_MP_OPLENGTH)?;
    pdu.take(RR_PCO_MP_ORDINAL)?;
    pdu.take(RR_PCO_MP_MATCHLEN)?;
    pdu.take(RR_PCO_MP_MINLEN)?;
    pdu.take(RR_PCO_MP_MAXLEN)?;
    pdu.take_bytes(RESERVED, 2)?;
    pdu.take(RR_PCO_MP_MATCHPREFIX)?;
    Ok(words.saturating_sub(3) / 4)
}

fn use_prefix(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(RR_PCO_UP_USELEN)?;
    pdu.take(RR_PCO_UP_KEEPLEN)?;
    pdu.take(RR_PCO_UP_FLAGMASK)?;
    // The flags have the same meaning as in the mask.
    let at = pdu.position();
    pdu.take(RR_PCO_UP_RAFLAGS)?;
    pdu.mark(RR_PCO_UP_FLAGMASK_L, at..at + 1);
    pdu.mark(RR_PCO_UP_FLAGMASK_A, at..at + 1);
    pdu.mark(RR_PCO_UP_FLAGMASK_RESERVED, at..at + 1);
    pdu.take(RR_PCO_UP_VALIDLIFETIME)?;
    pdu.take(RR_PCO_UP_PREFERREDLIFETIME)?;
    pdu.take(RR_PCO_UP_FLAG)?;
    pdu.take(RR_PCO_UP_USEPREFIX)?;
    Ok(())
}

fn result(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(RR_RM_FLAG)?;
    pdu.take(RR_RM_ORDINAL)?;
    pdu.take(RR_RM_MATCHEDLEN)?;
    pdu.take(RR_RM_INTERFACEINDEX)?;
    pdu.take(RR_RM_MATCHEDPREFIX)?;
    Ok(())
}

pub(super) fn node_query(pdu: &mut Pdu<'_>, code: u8) -> Step {
    pdu.take(NI_QTYPE)?;
    pdu.take(NI_FLAG)?;
    pdu.take(NI_NONCE)?;
    match code {
        0 => {
            pdu.take(NI_QUERY_SUBJECT_IPV6)?;
        }
        1 => {
            options::domain(pdu, NI_QUERY_SUBJECT_FQDN)?;
        }
        2 => {
            pdu.take(NI_QUERY_SUBJECT_IPV4)?;
        }
        _ => {}
    }
    Ok(())
}

pub(super) fn node_reply(pdu: &mut Pdu<'_>) -> Step {
    let kind = pdu.take(NI_QTYPE)?;
    pdu.take(NI_FLAG)?;
    pdu.take(NI_NONCE)?;
    match kind {
        2 if pdu.wire_remaining() > 0 => {
            pdu.take(NI_REPLY_NODE_TTL)?;
            while pdu.wire_remaining() > 0 {
                options::domain(pdu, NI_REPLY_NODE_NAME)?;
            }
        }
        3 => {
            while pdu.wire_remaining() > 0 {
                pdu.take(NI_REPLY_NODE_TTL)?;
                pdu.take(NI_REPLY_NODE_ADDRESS)?;
            }
        }
        4 => {
            while pdu.wire_remaining() > 0 {
                pdu.take(NI_REPLY_NODE_TTL)?;
                pdu.take(NI_REPLY_IPV4_ADDRESS)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Home agent discovery and mobile prefixes.
pub(super) fn mobile_prefix(pdu: &mut Pdu<'_>, kind: u8) -> Step {
    pdu.take(MIP6_IDENTIFIER)?;
    if kind == 147 {
        pdu.take(MIP6_FLAG)?;
        options::all(pdu)?;
        return Ok(());
    }
    pdu.take_bytes(RESERVED, 2)?;
    while kind == 145 && pdu.wire_remaining() > 0 {
        pdu.take(MIP6_HOME_AGENT_ADDRESS)?;
    }
    Ok(())
}

pub(super) fn certification_path(pdu: &mut Pdu<'_>, kind: u8) -> Step {
    pdu.take(SEND_IDENTIFIER)?;
    if kind == 149 {
        pdu.take(SEND_ALL_COMPONENTS)?;
        pdu.take(SEND_COMPONENT)?;
        pdu.take_bytes(RESERVED, 2)?;
    } else {
        pdu.take(SEND_COMPONENT)?;
    }
    options::all(pdu)?;
    Ok(())
}

pub(super) fn fast_handover(pdu: &mut Pdu<'_>, kind: u8) -> Step {
    let subtype = pdu.take(FMIP6_SUBTYPE)?;
    let name = Icmpv6::name(TYPE, kind);
    pdu.info(format_args!("{name} ({})", Icmpv6::name(FMIP6_SUBTYPE, subtype)));
    match subtype {
        2 | 3 | 5 => {
            pdu.take_bytes(RESERVED, 1)?;
        }
        4 => {
            pdu.take(FMIP6_HI_FLAG)?;
        }
        _ => pdu.skip(1)?,
    }
    pdu.take(FMIP6_IDENTIFIER)?;
    options::all(pdu)?;
    Ok(())
}

pub(super) fn multicast_router(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(MCAST_RA_QUERY_INTERVAL)?;
    pdu.take(MCAST_RA_ROBUSTNESS_VARIABLE)?;
    Ok(())
}

pub(super) fn locators(pdu: &mut Pdu<'_>) -> Step {
    let count = pdu.take(ILNP_NB_LOCS)?;
    pdu.take_bytes(RESERVED, 1)?;
    pdu.take_bytes(RESERVED, 2)?;
    for _ in 0..count {
        pdu.take(ILNP_NB_LOCATOR)?;
        pdu.take(ILNP_NB_PREFERENCE)?;
        pdu.take(ILNP_NB_LIFETIME)?;
    }
    Ok(())
}

pub(super) fn duplicate_address(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(DA_STATUS)?;
    pdu.take(DA_RSV)?;
    pdu.take(DA_LIFETIME)?;
    pdu.take(DA_EUI64)?;
    pdu.take(DA_REG_ADDR)?;
    Ok(())
}

/// What an MPL forwarder has buffered, seed by seed.
pub(super) fn seeds(pdu: &mut Pdu<'_>) -> Step {
    while pdu.wire_remaining() > 0 {
        pdu.group(MPL_SEED_INFO, seed)?;
    }
    Ok(())
}

fn seed(pdu: &mut Pdu<'_>) -> Step {
    let first = pdu.take(MPL_SEED_INFO_MIN_SEQUENCE)?;
    let bytes = pdu.show(MPL_SEED_INFO_BM_LEN)?;
    let len = match pdu.take(MPL_SEED_INFO_S)? {
        0 => 0,
        1 => 2,
        2 => 8,
        _ => 16,
    };
    let at = pdu.position();
    let id = pdu.rest();
    pdu.skip(len)?;
    if len > 0 && pdu.wants(MPL_SEED_INFO_SEED_ID) {
        let id = id.get(..len).unwrap_or_default();
        let text = match <[u8; 16]>::try_from(id) {
            Ok(address) => Ipv6Addr::from(address).to_string(),
            Err(_) => {
                let hex: Vec<_> = id.iter().map(|b| format!("{b:02x}")).collect();
                hex.join(if len == 8 { ":" } else { "" })
            }
        };
        pdu.computed_bytes(MPL_SEED_INFO_SEED_ID, at..at + len, text.as_bytes());
    }
    // Each bit stands for the sequence number so many behind the first; the numbers wrap around.
    let mut number = first;
    for _ in 0..bytes {
        let at = pdu.position();
        let bits = pdu.rest().first().copied().unwrap_or_default();
        pdu.skip(1)?;
        for bit in 0..8 {
            if bits & 0x80 >> bit != 0 {
                pdu.computed(MPL_SEED_INFO_SEQUENCE, at..at + 1, number);
            }
            number = number.wrapping_add(1);
        }
    }
    Ok(())
}
