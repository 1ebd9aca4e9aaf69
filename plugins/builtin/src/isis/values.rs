//! The variable length fields of all PDUs (ISO/IEC 10589, section 9; RFC 1195; RFC 5305; RFC 8667; RFC 7981).

use super::*;
use prosector_sdk::handle::ComputedWord;

pub(super) fn read(pdu: &mut Pdu<'_>, kind: Kind, id_len: usize) -> Step {
    let (code, length) = match kind {
        Kind::Hello => (HELLO_CLV_TYPE, HELLO_CLV_LENGTH),
        Kind::State => (LSP_CLV_TYPE, LSP_CLV_LENGTH),
        Kind::Complete => (CSNP_CLV_TYPE, CSNP_CLV_LENGTH),
        Kind::Partial => (PSNP_CLV_TYPE, PSNP_CLV_LENGTH),
    };
    while pdu.wire_remaining() > 0 {
        pdu.group(CLV, |pdu| {
            let code = pdu.take(code)?;
            let len = usize::from(pdu.take(length)?);
            pdu.within(length, len, |pdu| match kind {
                Kind::Hello => hello(pdu, code, id_len),
                Kind::State => state(pdu, code, id_len),
                Kind::Complete | Kind::Partial => numbers(pdu, code, id_len),
            })
        })?;
    }
    Ok(())
}

fn area_addresses(pdu: &mut Pdu<'_>, field: Handle<prosector_sdk::handle::Variable>) -> Step {
    while pdu.wire_remaining() > 0 {
        let len = pdu.rest().first().copied().unwrap_or(0);
        pdu.take_bytes(field, 1 + usize::from(len))?;
    }
    Ok(())
}

/// An instance, and the topologies that it supports (RFC 8202, section 2.1).
fn instance(pdu: &mut Pdu<'_>, iid: Handle<u16>, itid: Handle<u16>) -> Step {
    pdu.take(iid)?;
    while pdu.wire_remaining() > 0 {
        pdu.take(itid)?;
    }
    Ok(())
}

/// One field after the other, to the end.
fn all<T: prosector_sdk::handle::Fixed>(pdu: &mut Pdu<'_>, field: Handle<T>) -> Step {
    while pdu.wire_remaining() > 0 {
        pdu.take(field)?;
    }
    Ok(())
}

fn hello(pdu: &mut Pdu<'_>, code: u8, id_len: usize) -> Step {
    match code {
        1 => area_addresses(pdu, HELLO_AREA_ADDRESS),
        6 => all(pdu, HELLO_IS_NEIGHBOR),
        7 => instance(pdu, HELLO_IID, HELLO_SUPPORTED_ITID),
        129 => all(pdu, HELLO_CLV_NLPID_NLPID),
        132 => all(pdu, HELLO_CLV_IPV4_INT_ADDR),
        211 => {
            let flags = pdu.take(HELLO_CLV_RESTART_FLAGS)?;
            const ACKNOWLEDGEMENT: u8 = 0x02;
            if flags & ACKNOWLEDGEMENT != 0 && pdu.wire_remaining() >= 2 {
                pdu.take(HELLO_CLV_RESTART_REMAIN_TIME)?;
            }
            Ok(())
        }
        232 => all(pdu, HELLO_CLV_IPV6_INT_ADDR),
        240 => {
            pdu.take(HELLO_ADJACENCY_STATE)?;
            if pdu.wire_remaining() > 0 {
                pdu.take(HELLO_EXTENDED_LOCAL_CIRCUIT_ID)?;
            }
            if pdu.wire_remaining() > 0 {
                system_id(pdu, HELLO_NEIGHBOR_SYSTEMID, id_len, 0)?;
            }
            if pdu.wire_remaining() > 0 {
                pdu.take(HELLO_NEIGHBOR_EXTENDED_LOCAL_CIRCUIT_ID)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Of complete and partial sequence numbers.
fn numbers(pdu: &mut Pdu<'_>, code: u8, id_len: usize) -> Step {
    match code {
        7 => instance(pdu, CSNP_IID, CSNP_SUPPORTED_ITID),
        9 => {
            while pdu.wire_remaining() > 0 {
                pdu.take(CSNP_LSP_REMAIN_LIFE)?;
                system_id(pdu, CSNP_LSP_ID, id_len, 2)?;
                pdu.take(CSNP_LSP_SEQ_NUM)?;
                pdu.take(CSNP_LSP_CHECKSUM)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn state(pdu: &mut Pdu<'_>, code: u8, id_len: usize) -> Step {
    match code {
        1 => area_addresses(pdu, LSP_AREA_ADDRESS),
        2 => {
            // The first byte tells virtual links where there are any.
            pdu.take(LSP_EIS_NEIGHBORS_CLV_INNER_RESERVED)?;
            while pdu.wire_remaining() > 0 {
                neighbor_metrics(pdu)?;
                system_id(pdu, LSP_EIS_NEIGHBORS_IS_NEIGHBOR, id_len, 1)?;
            }
            Ok(())
        }
        7 => instance(pdu, LSP_IID, LSP_SUPPORTED_ITID),
        14 => pdu.take(LSP_ORIGINATING_LSP_BUFFER_SIZE).map(drop),
        22 => {
            while pdu.wire_remaining() > 0 {
                system_id(pdu, LSP_EXT_IS_REACHABILITY_IS_NEIGHBOR_ID, id_len, 1)?;
                pdu.take(LSP_EXT_IS_REACHABILITY_METRIC)?;
                let len = pdu.take(LSP_EXT_IS_REACHABILITY_SUBCLVS_LENGTH)?.into();
                pdu.within(LSP_EXT_IS_REACHABILITY_SUBCLVS_LENGTH, len, |pdu| neighbor_values(pdu, id_len))?;
            }
            Ok(())
        }
        128 | 130 => {
            while pdu.wire_remaining() > 0 {
                prefix_metrics(pdu)?;
                pdu.take(LSP_IP_REACHABILITY_IPV4_PREFIX)?;
                pdu.skip(4)?;
            }
            Ok(())
        }
        129 => all(pdu, LSP_CLV_NLPID_NLPID),
        132 => all(pdu, LSP_CLV_IPV4_INT_ADDR),
        134 => pdu.take(LSP_CLV_TE_ROUTER_ID).map(drop),
        135 => {
            while pdu.wire_remaining() > 0 {
                prefix(pdu)?;
            }
            Ok(())
        }
        137 => pdu.take_bytes(LSP_HOSTNAME, pdu.wire_remaining()).map(drop),
        232 => all(pdu, LSP_CLV_IPV6_INT_ADDR),
        242 => {
            pdu.take(LSP_RT_CAPABLE_ROUTER_ID)?;
            pdu.show(LSP_RT_CAPABLE_FLAG_S)?;
            pdu.take(LSP_RT_CAPABLE_FLAG_D)?;
            while pdu.wire_remaining() >= 2 {
                capability(pdu)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A sub-TLV of a capability; of those only what segment routing has is looked at.
fn capability(pdu: &mut Pdu<'_>) -> Step {
    let &[kind, len, ..] = pdu.rest() else { return pdu.skip(2) };
    pdu.skip(2)?;
    pdu.within(LSP_CLV_LENGTH, len.into(), |pdu| match kind {
        2 => blocks(pdu),
        19 => all(pdu, LSP_SR_ALG),
        _ => Ok(()),
    })
}

/// Blocks of labels or indices: how many, and the first (RFC 8667, section 3.1).
fn blocks(pdu: &mut Pdu<'_>) -> Step {
    pdu.show(LSP_SR_CAP_I_FLAG)?;
    pdu.take(LSP_SR_CAP_V_FLAG)?;
    while pdu.wire_remaining() > 0 {
        pdu.take(LSP_SR_CAP_RANGE)?;
        let &[_, len, ..] = pdu.rest() else { return pdu.skip(2) };
        pdu.skip(2)?;
        pdu.within(LSP_CLV_LENGTH, len.into(), |pdu| match len {
            3 => pdu.take(LSP_SR_CAP_LABEL).map(drop),
            4 => pdu.take(LSP_SR_CAP_SID).map(drop),
            _ => Ok(()),
        })?;
    }
    Ok(())
}

fn neighbor_metrics(pdu: &mut Pdu<'_>) -> Step {
    pdu.show(LSP_EIS_NEIGHBORS_DEFAULT_METRIC)?;
    pdu.take(LSP_EIS_NEIGHBORS_DEFAULT_METRIC_IE)?;
    pdu.show(LSP_EIS_NEIGHBORS_DELAY_METRIC)?;
    pdu.show(LSP_EIS_NEIGHBORS_DELAY_METRIC_SUPPORTED)?;
    pdu.take(LSP_EIS_NEIGHBORS_DELAY_METRIC_IE)?;
    pdu.show(LSP_EIS_NEIGHBORS_EXPENSE_METRIC)?;
    pdu.show(LSP_EIS_NEIGHBORS_EXPENSE_METRIC_SUPPORTED)?;
    pdu.take(LSP_EIS_NEIGHBORS_EXPENSE_METRIC_IE)?;
    pdu.show(LSP_EIS_NEIGHBORS_ERROR_METRIC)?;
    pdu.show(LSP_EIS_NEIGHBORS_ERROR_METRIC_SUPPORTED)?;
    pdu.take(LSP_EIS_NEIGHBORS_ERROR_METRIC_IE)?;
    Ok(())
}

fn prefix_metrics(pdu: &mut Pdu<'_>) -> Step {
    pdu.show(LSP_IP_REACHABILITY_DEFAULT_METRIC)?;
    pdu.show(LSP_IP_REACHABILITY_DEFAULT_METRIC_IE)?;
    pdu.take(LSP_IP_REACHABILITY_DISTRIBUTION)?;
    pdu.show(LSP_IP_REACHABILITY_DELAY_METRIC)?;
    pdu.show(LSP_IP_REACHABILITY_DELAY_METRIC_SUPPORT)?;
    pdu.take(LSP_IP_REACHABILITY_DELAY_METRIC_IE)?;
    pdu.show(LSP_IP_REACHABILITY_EXPENSE_METRIC)?;
    pdu.show(LSP_IP_REACHABILITY_EXPENSE_METRIC_SUPPORT)?;
    pdu.take(LSP_IP_REACHABILITY_EXPENSE_METRIC_IE)?;
    pdu.show(LSP_IP_REACHABILITY_ERROR_METRIC)?;
    pdu.show(LSP_IP_REACHABILITY_ERROR_METRIC_SUPPORT)?;
    pdu.take(LSP_IP_REACHABILITY_ERROR_METRIC_IE)?;
    Ok(())
}

/// RFC 5305, section 4.
fn prefix(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(LSP_EXT_IP_REACHABILITY_METRIC)?;
    pdu.show(LSP_EXT_IP_REACHABILITY_DISTRIBUTION)?;
    let more = pdu.show(LSP_EXT_IP_REACHABILITY_SUBTLV)?;
    let len = usize::from(pdu.take(LSP_EXT_IP_REACHABILITY_PREFIX_LENGTH)?).div_ceil(8);
    let (at, rest) = (pdu.position(), pdu.rest());
    pdu.skip(len)?;
    let mut address = [0; 4];
    address.iter_mut().zip(rest).take(len).for_each(|(to, from)| *to = *from);
    pdu.computed(LSP_EXT_IP_REACHABILITY_IPV4_PREFIX, at..at + len, address);
    let at = pdu.position();
    let len = if more { pdu.rest().first().copied().unwrap_or(0) } else { 0 };
    pdu.skip(more.into())?;
    pdu.computed(LSP_EXT_IP_REACHABILITY_SUBCLVS_LENGTH, at..pdu.position(), len);
    pdu.within(LSP_EXT_IP_REACHABILITY_SUBCLVS_LENGTH, len.into(), |pdu| {
        while pdu.wire_remaining() >= 2 {
            let &[kind, len, ..] = pdu.rest() else { return pdu.skip(2) };
            pdu.skip(2)?;
            pdu.within(LSP_EXT_IP_REACHABILITY_SUBCLVS_LENGTH, len.into(), |pdu| {
                // A prefix SID (RFC 8667, section 2.1).
                if kind == 3 && len >= 5 {
                    pdu.take(LSP_EXT_IP_REACHABILITY_PREFIX_SID_FLAGS)?;
                    pdu.take(LSP_SR_ALG)?;
                    sid(pdu)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    })
}

/// A label of three bytes, or an index of four.
fn sid(pdu: &mut Pdu<'_>) -> Step {
    match pdu.wire_remaining() {
        3 => pdu.take(LSP_SID_SLI_LABEL).map(drop),
        _ => pdu.take(LSP_SID_SLI_INDEX).map(drop),
    }
}

/// Sub-TLVs of a neighbor (RFC 5305, section 3).
fn neighbor_values(pdu: &mut Pdu<'_>, id_len: usize) -> Step {
    while pdu.wire_remaining() > 0 {
        let code = pdu.take(LSP_EXT_IS_REACHABILITY_CODE)?;
        let len = usize::from(pdu.take(LSP_EXT_IS_REACHABILITY_LENGTH)?);
        pdu.within(LSP_EXT_IS_REACHABILITY_LENGTH, len, |pdu| match code {
            4 if len >= 8 => {
                pdu.take(LSP_EXT_IS_REACHABILITY_LINK_LOCAL_IDENTIFIER)?;
                pdu.take(LSP_EXT_IS_REACHABILITY_LINK_REMOTE_IDENTIFIER)?;
                Ok(())
            }
            6 => all(pdu, LSP_EXT_IS_REACHABILITY_IPV4_INTERFACE_ADDRESS),
            8 => all(pdu, LSP_EXT_IS_REACHABILITY_IPV4_NEIGHBOR_ADDRESS),
            9 => bandwidth(pdu, LSP_MAXIMUM_LINK_BANDWIDTH),
            10 => bandwidth(pdu, LSP_RESERVABLE_LINK_BANDWIDTH),
            11 => bandwidth(pdu, LSP_UNRSV_BW_PRIORITY_LEVEL),
            18 => pdu.take(LSP_EXT_IS_REACHABILITY_TRAFFIC_ENGINEERING_DEFAULT_METRIC).map(drop),
            31 | 32 => {
                pdu.take(LSP_ADJ_SID_FLAGS)?;
                pdu.take(LSP_ADJ_SID_WEIGHT)?;
                if code == 32 {
                    system_id(pdu, LSP_ADJ_SID_SYSTEM_ID, id_len, 0)?;
                }
                sid(pdu)
            }
            _ => Ok(()),
        })?;
    }
    Ok(())
}

/// Bandwidths in bytes a second.
fn bandwidth(pdu: &mut Pdu<'_>, field: Handle<ComputedWord>) -> Step {
    while pdu.wire_remaining() > 0 {
        let (at, rest) = (pdu.position(), pdu.rest());
        pdu.skip(4)?;
        let bytes = rest.first_chunk().map_or(0.0, |&bytes| f32::from_be_bytes(bytes));
        pdu.computed(field, at..at + 4, f64::from(bytes) * 8.0 / 1e6);
    }
    Ok(())
}
