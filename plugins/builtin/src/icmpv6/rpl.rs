//! RPL, routing for low-power networks: messages (RFC 6550, section 6), metrics (RFC 6551), routes between any two
//! nodes (RFC 6997).

use super::*;
use prosector_sdk::handle::{Group, Handle};

value_names! {
    /// Codes of messages.
    CODES {
        0 "DODAG Information Solicitation", 1 "DODAG Information Object", 2 "Destination Advertisement Object",
        3 "Destination Advertisement Object Acknowledgment", 4 "P2P Discovery Reply Object",
        5 "P2P Discovery Reply Object Acknowledgement", 128 "Secure DODAG Information Solicitation",
        129 "Secure DODAG Information Object", 130 "Secure Destination Advertisement Object",
        131 "Secure Destination Advertisement Object Acknowledgment", 132 "P2P Secure Discovery Reply Object",
        133 "P2P Secure Discovery Reply Object Acknowledgement", 138 "Consistency Check",
    }
}

value_names! {
    /// Types of options.
    OPTION_TYPES {
        0 "1-byte padding", 1 "n-byte padding", 2 "DAG Metric container", 3 "Routing Information",
        4 "DODAG configuration", 5 "RPL Target", 6 "Transit Information", 7 "Solicited Information",
        8 "Prefix Information", 9 "RPL Target Descriptor", 10 "P2P Route Discovery",
    }
}

const SECURE: u8 = 0x80;
const DISCOVERY_REPLY: u8 = 4;
const DISCOVERY_REPLY_ACK: u8 = 5;

pub(super) fn message(pdu: &mut Pdu<'_>, code: u8) -> Step {
    if name_of(CODES, code.into()).is_none() {
        pdu.take_rest(DATA);
        return Ok(());
    }
    if code & SECURE != 0 {
        security(pdu)?;
    }
    match code & !SECURE {
        0 => {
            pdu.take(RPL_DIS_FLAGS)?;
            pdu.take_bytes(RESERVED, 1)?;
        }
        1 => {
            pdu.take(RPL_DIO_INSTANCE)?;
            pdu.take(RPL_DIO_VERSION)?;
            pdu.take(RPL_DIO_RANK)?;
            pdu.take(RPL_DIO_FLAG)?;
            pdu.take(RPL_DIO_DTSN)?;
            again(pdu, RPL_DIO_FLAG)?;
            pdu.take_bytes(RESERVED, 1)?;
            pdu.take(RPL_DIO_DAGID)?;
        }
        2 => {
            pdu.take(RPL_DAO_INSTANCE)?;
            let flags = pdu.take(RPL_DAO_FLAG)?;
            pdu.take_bytes(RESERVED, 1)?;
            pdu.take(RPL_DAO_SEQUENCE)?;
            if flags & 0x40 != 0 {
                pdu.take(RPL_DAO_DODAGID)?;
            }
        }
        3 => {
            pdu.take(RPL_DAOACK_INSTANCE)?;
            let flags = pdu.take(RPL_DAOACK_FLAG)?;
            pdu.take(RPL_DAOACK_SEQUENCE)?;
            pdu.take(RPL_DAOACK_STATUS)?;
            if flags & 0x80 != 0 {
                pdu.take(RPL_DAOACK_DODAGID)?;
            }
        }
        kind @ (DISCOVERY_REPLY | DISCOVERY_REPLY_ACK) => {
            pdu.take(RPL_P2P_DRO_INSTANCE)?;
            pdu.take(RPL_P2P_DRO_VERSION)?;
            pdu.take(if kind == DISCOVERY_REPLY { RPL_P2P_DRO_FLAG } else { RPL_P2P_DROACK_FLAG })?;
            pdu.take(RPL_P2P_DRO_DAGID)?;
            if kind == DISCOVERY_REPLY_ACK {
                return Ok(());
            }
        }
        _ => {
            pdu.take(RPL_CC_INSTANCE)?;
            pdu.take(RPL_CC_FLAG)?;
            pdu.take(RPL_CC_NONCE)?;
            pdu.take(RPL_CC_DODAGID)?;
            pdu.take(RPL_CC_DESTINATION_COUNTER)?;
        }
    }
    while pdu.wire_remaining() > 0 {
        pdu.group(OPT, |pdu| option(pdu, code & !SECURE))?;
    }
    Ok(())
}

/// A byte that goes by the name of flags, although none of those are in it.
fn again(pdu: &mut Pdu<'_>, flags: Handle<u8>) -> Step {
    let at = pdu.position();
    pdu.skip(1)?;
    pdu.mark(flags, at..at + 1);
    Ok(())
}

/// The security section (RFC 6550, section 6.1).
fn security(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(RPL_SECURE_FLAG)?;
    pdu.take(RPL_SECURE_ALGORITHM)?;
    let mode = pdu.peek(RPL_SECURE_KIM)?;
    let level = pdu.peek(RPL_SECURE_LVL)?;
    let at = pdu.position();
    pdu.mark(RPL_SECURE_FLAG, at..at + 1);
    pdu.show(RPL_SECURE_KIM)?;
    pdu.show(RPL_SECURE_LVL)?;
    pdu.take(RPL_SECURE_RSV)?;
    again(pdu, RPL_SECURE_FLAG)?;
    pdu.take(RPL_SECURE_COUNTER)?;
    // Figure 10: mode 3 signs; its odd levels encrypt too, with a group's key.
    let (source, index) = match (mode, level % 2) {
        (0, _) => (false, true),
        (2, _) | (3, 1) => (true, true),
        _ => (false, false),
    };
    if source {
        pdu.take(RPL_SECURE_KEY_SOURCE)?;
    }
    if index {
        pdu.take(RPL_SECURE_KEY_INDEX)?;
    }
    Ok(())
}

fn option(pdu: &mut Pdu<'_>, message: u8) -> Step {
    let kind = pdu.take(RPL_OPT_TYPE)?;
    if kind == 0 {
        return Ok(());
    }
    let len = pdu.take(RPL_OPT_LENGTH)?.into();
    pdu.within(RPL_OPT_LENGTH, len, |pdu| {
        body(pdu, kind, len, message)?;
        if pdu.wire_remaining() > 0 {
            pdu.take_rest(UNKNOWN_DATA);
        }
        Ok(())
    })
}

/// An option behind its length: `len` bytes, which are there unless the message ends before.
fn body(pdu: &mut Pdu<'_>, kind: u8, len: usize, message: u8) -> Step {
    match kind {
        1 => blank(pdu, RPL_OPT_PADN, len)?,
        2 => {
            while pdu.wire_remaining() > 0 {
                metric(pdu)?;
            }
        }
        3 => {
            pdu.take(RPL_OPT_ROUTE_PREFIX_LENGTH)?;
            pdu.take(RPL_OPT_ROUTE_FLAG)?;
            pdu.take(RPL_OPT_ROUTE_LIFETIME)?;
            prefix(pdu, RPL_OPT_ROUTE_PREFIX)?;
        }
        4 => {
            pdu.take(RPL_OPT_CONFIG_FLAG)?;
            pdu.take(RPL_OPT_CONFIG_INTERVAL_DOUBLE)?;
            pdu.take(RPL_OPT_CONFIG_INTERVAL_MIN)?;
            pdu.take(RPL_OPT_CONFIG_REDUNDANCY)?;
            pdu.take(RPL_OPT_CONFIG_MAX_RANK_INC)?;
            pdu.take(RPL_OPT_CONFIG_MIN_HOP_RANK_INC)?;
            pdu.take(RPL_OPT_CONFIG_OCP)?;
            pdu.take(RPL_OPT_CONFIG_RSV)?;
            pdu.take(RPL_OPT_CONFIG_DEF_LIFETIME)?;
            pdu.take(RPL_OPT_CONFIG_LIFETIME_UNIT)?;
        }
        5 => {
            blank(pdu, RPL_OPT_TARGET_FLAG, 1)?;
            pdu.take(RPL_OPT_TARGET_PREFIX_LENGTH)?;
            prefix(pdu, RPL_OPT_TARGET_PREFIX)?;
        }
        6 => {
            pdu.take(RPL_OPT_TRANSIT_FLAG)?;
            pdu.take(RPL_OPT_TRANSIT_PATHCTL)?;
            pdu.take(RPL_OPT_TRANSIT_PATHSEQ)?;
            pdu.take(RPL_OPT_TRANSIT_PATHLIFETIME)?;
            if pdu.wire_remaining() > 0 {
                pdu.take(RPL_OPT_TRANSIT_PARENT)?;
            }
        }
        7 => {
            pdu.take(RPL_OPT_SOLICITED_INSTANCE)?;
            pdu.take(RPL_OPT_SOLICITED_FLAG)?;
            pdu.take(RPL_OPT_SOLICITED_DODAGID)?;
            pdu.take(RPL_OPT_SOLICITED_VERSION)?;
        }
        8 => {
            pdu.take(RPL_OPT_PREFIX_LENGTH)?;
            pdu.take(RPL_OPT_PREFIX_FLAG)?;
            pdu.take(RPL_OPT_PREFIX_VALID_LIFETIME)?;
            pdu.take(RPL_OPT_PREFIX_PREFERRED_LIFETIME)?;
            blank(pdu, RPL_OPT_RESERVED, 4)?;
            pdu.take(RPL_OPT_PREFIX)?;
        }
        9 => {
            pdu.take(RPL_OPT_TARGETDESC_DESCRIPTOR)?;
        }
        10 => route_discovery(pdu, message)?,
        _ => {
            pdu.take_bytes(DATA, len)?;
        }
    }
    Ok(())
}

/// Bytes that only have to be there.
fn blank(pdu: &mut Pdu<'_>, field: Handle<Group>, len: usize) -> Step {
    let at = pdu.position();
    pdu.skip(len)?;
    pdu.mark(field, at..at + len);
    Ok(())
}

/// The first bytes of an address: as many as there are, 16 at most.
fn prefix(pdu: &mut Pdu<'_>, field: Handle<[u8; 16]>) -> Step {
    let (at, len) = (pdu.position(), pdu.wire_remaining().min(16));
    pdu.skip(len)?;
    if len > 0 {
        pdu.mark(field, at..at + len);
    }
    Ok(())
}

/// One metric or constraint (RFC 6551, section 2.1).
fn metric(pdu: &mut Pdu<'_>) -> Step {
    const CONSTRAINT: u16 = 0x0200;
    let kind = pdu.take(RPL_OPT_METRIC_TYPE)?;
    let flags = pdu.take(RPL_OPT_METRIC_FLAGS)?;
    let len = pdu.take(RPL_OPT_METRIC_LENGTH)?.into();
    pdu.within(RPL_OPT_METRIC_LENGTH, len, |pdu| {
        match kind {
            1 => {
                pdu.take(RPL_OPT_METRIC_NSA_OBJECT)?;
                while pdu.wire_remaining() > 0 {
                    pdu.show(RPL_OPT_METRIC_NSA_OBJECT_OPTTLV_OBJECT)?;
                    pdu.take(RPL_OPT_METRIC_NSA_OBJECT_OPTTLV_OBJECT_TYPE)?;
                    let len = pdu.take(RPL_OPT_METRIC_NSA_OBJECT_OPTTLV_OBJECT_LENGTH)?;
                    pdu.take_bytes(RPL_OPT_METRIC_NSA_OBJECT_OPTTLV_OBJECT_DATA, len.into())?;
                }
            }
            2 => {
                while pdu.wire_remaining() > 0 {
                    pdu.take(RPL_OPT_METRIC_NE_OBJECT)?;
                }
            }
            3 => {
                pdu.take(RPL_OPT_METRIC_HP_OBJECT)?;
            }
            4 => {
                while pdu.wire_remaining() > 0 {
                    pdu.take(RPL_OPT_METRIC_LT_OBJECT_LT)?;
                }
            }
            5 => {
                while pdu.wire_remaining() > 0 {
                    pdu.take(RPL_OPT_METRIC_LL_OBJECT_LL)?;
                }
            }
            6 => {
                pdu.take(RPL_OPT_METRIC_LQL_OBJECT_RES)?;
                while pdu.wire_remaining() > 0 {
                    pdu.take(RPL_OPT_METRIC_LQL_OBJECT)?;
                }
            }
            7 => {
                while pdu.wire_remaining() > 0 {
                    pdu.take(RPL_OPT_METRIC_ETX_OBJECT_ETX)?;
                }
            }
            8 => {
                pdu.take(RPL_OPT_METRIC_LC_OBJECT_RES)?;
                while pdu.wire_remaining() > 0 {
                    pdu.group(RPL_OPT_METRIC_LC_OBJECT, |pdu| link_color(pdu, flags & CONSTRAINT != 0))?;
                }
            }
            _ => {}
        }
        Ok(())
    })
}

/// A link color and how often it occurs; in a constraint, whether links of it are to be used or avoided.
fn link_color(pdu: &mut Pdu<'_>, constraint: bool) -> Step {
    pdu.show(RPL_OPT_METRIC_LC_OBJECT_LC)?;
    if constraint {
        pdu.show(RPL_OPT_METRIC_LC_OBJECT_RESERVED)?;
        pdu.take(RPL_OPT_METRIC_LC_OBJECT_FLAG_I)?;
    } else {
        pdu.take(RPL_OPT_METRIC_LC_OBJECT_COUNTER)?;
    }
    Ok(())
}

/// The discovery of a route to one node (RFC 6997, section 7).
fn route_discovery(pdu: &mut Pdu<'_>, message: u8) -> Step {
    let at = pdu.position();
    pdu.show(RPL_OPT_ROUTEDISCOVERY_FLAG_REPLY)?;
    pdu.show(RPL_OPT_ROUTEDISCOVERY_FLAG_HOPBYHOP)?;
    pdu.show(RPL_OPT_ROUTEDISCOVERY_FLAG_NUMOFROUTES)?;
    let left_out = pdu.take(RPL_OPT_ROUTEDISCOVERY_FLAG_COMPR)?;
    pdu.mark(RPL_OPT_ROUTEDISCOVERY_FLAG, at..at + 1);
    pdu.show(RPL_OPT_ROUTEDISCOVERY_LIFETIME)?;
    pdu.take(if message == DISCOVERY_REPLY {
        RPL_OPT_ROUTEDISCOVERY_NH
    } else {
        RPL_OPT_ROUTEDISCOVERY_MAXRANK
    })?;
    let len = 16 - usize::from(left_out & 15);
    let at = pdu.position();
    pdu.skip(len)?;
    pdu.mark(RPL_OPT_ROUTEDISCOVERY_TARGETADDR, at..at + len);
    pdu.group(RPL_OPT_ROUTEDISCOVERY_ADDR_VEC, |pdu| {
        while pdu.wire_remaining() >= len {
            let at = pdu.position();
            pdu.skip(len)?;
            pdu.mark(RPL_OPT_ROUTEDISCOVERY_ADDRVEC_ADDR, at..at + len);
        }
        Ok(())
    })
}
