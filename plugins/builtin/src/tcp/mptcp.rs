//! Options of Multipath TCP (RFC 8684, section 3; version 0 is RFC 6824).

use super::*;

mod subtype {
    pub const CAPABLE: u8 = 0;
    pub const JOIN: u8 = 1;
    pub const DATA_SEQUENCE: u8 = 2;
    pub const ADD_ADDRESS: u8 = 3;
    pub const REMOVE_ADDRESS: u8 = 4;
    pub const PRIORITY: u8 = 5;
    pub const FAIL: u8 = 6;
    pub const FAST_CLOSE: u8 = 7;
    pub const RESET: u8 = 8;
}

/// Bits of [`MPTCP_DSS`].
mod dss {
    pub const ACK: u8 = 0x01;
    pub const ACK_8: u8 = 0x02;
    pub const MAPPING: u8 = 0x04;
    pub const SEQ_8: u8 = 0x08;
}

/// Reads the `len` bytes behind kind and length.
pub(super) fn read(pdu: &mut Pdu<'_>, len: usize) -> Step {
    match pdu.show(OPTIONS_MPTCP_SUBTYPE)? {
        subtype::CAPABLE => capable(pdu),
        subtype::JOIN => join(pdu, len),
        subtype::DATA_SEQUENCE => data_sequence(pdu),
        subtype::ADD_ADDRESS => add_address(pdu, len),
        subtype::REMOVE_ADDRESS => {
            pdu.skip(1)?;
            while pdu.wire_remaining() > 0 {
                pdu.take(OPTIONS_MPTCP_ADDRID)?;
            }
            Ok(())
        }
        subtype::PRIORITY => {
            pdu.take(MPTCP_BACKUP)?;
            match pdu.wire_remaining() {
                0 => Ok(()),
                _ => pdu.take(OPTIONS_MPTCP_ADDRID).map(drop),
            }
        }
        subtype::FAIL => {
            pdu.take(OPTIONS_MPTCP_RESERVED)?;
            pdu.take(MPTCP_DATA_SEQ_8).map(drop)
        }
        subtype::FAST_CLOSE => {
            pdu.take(OPTIONS_MPTCP_RESERVED)?;
            pdu.take(OPTIONS_MPTCP_RECVKEY).map(drop)
        }
        subtype::RESET => {
            pdu.take(MPTCP_RESET)?;
            pdu.take(OPTIONS_MPTCP_RST_REASON).map(drop)
        }
        _ => Ok(()),
    }
}

/// Section 3.1: keys and data length come one after the other in the handshake, each option longer than the last.
fn capable(pdu: &mut Pdu<'_>) -> Step {
    match pdu.take(OPTIONS_MPTCP_VERSION)? {
        0 => pdu.take(MPTCP_CAPABLE_V0)?,
        _ => pdu.take(MPTCP_CAPABLE_V1)?,
    };
    if pdu.wire_remaining() >= 8 {
        pdu.take(OPTIONS_MPTCP_SENDKEY)?;
    }
    if pdu.wire_remaining() >= 8 {
        pdu.take(OPTIONS_MPTCP_RECVKEY)?;
    }
    mapping_end(pdu)
}

/// Section 3.2: which of the three messages it is shows in its length.
fn join(pdu: &mut Pdu<'_>, len: usize) -> Step {
    match len {
        10 => {
            pdu.take(MPTCP_BACKUP)?;
            pdu.take(OPTIONS_MPTCP_ADDRID)?;
            pdu.take(OPTIONS_MPTCP_RECVTOK)?;
            pdu.take(OPTIONS_MPTCP_SENDRAND).map(drop)
        }
        14 => {
            pdu.take(MPTCP_BACKUP)?;
            pdu.take(OPTIONS_MPTCP_ADDRID)?;
            pdu.take(OPTIONS_MPTCP_SENDTRUNCHMAC)?;
            pdu.take(OPTIONS_MPTCP_SENDRAND).map(drop)
        }
        22 => {
            pdu.take(OPTIONS_MPTCP_RESERVED)?;
            pdu.take(OPTIONS_MPTCP_SENDHMAC).map(drop)
        }
        _ => Ok(()),
    }
}

/// Section 3.3.
fn data_sequence(pdu: &mut Pdu<'_>) -> Step {
    pdu.skip(1)?;
    let flags = pdu.take(MPTCP_DSS)?;
    if flags & dss::ACK != 0 {
        match flags & dss::ACK_8 {
            0 => pdu.take(MPTCP_DATA_ACK_4).map(drop)?,
            _ => pdu.take(MPTCP_DATA_ACK_8).map(drop)?,
        }
    }
    if flags & dss::MAPPING == 0 {
        return Ok(());
    }
    match flags & dss::SEQ_8 {
        0 => pdu.take(MPTCP_DATA_SEQ_4).map(drop)?,
        _ => pdu.take(MPTCP_DATA_SEQ_8).map(drop)?,
    }
    pdu.take(OPTIONS_MPTCP_SUBFLOWSEQNO)?;
    mapping_end(pdu)
}

/// Length and checksum of the data that a mapping is about, where they are.
fn mapping_end(pdu: &mut Pdu<'_>) -> Step {
    if pdu.wire_remaining() >= 2 {
        pdu.take(OPTIONS_MPTCP_DATALVLLEN)?;
    }
    if pdu.wire_remaining() >= 2 {
        pdu.take(OPTIONS_MPTCP_CHECKSUM)?;
    }
    Ok(())
}

/// Section 3.4.1: port and HMAC may be there or not, so that the length tells the address family. Version 0 has the
/// IP version where version 1 has the echo flag.
fn add_address(pdu: &mut Pdu<'_>, len: usize) -> Step {
    match pdu.peek(OPTIONS_MPTCP_IPVER)? {
        4 | 6 => pdu.take(OPTIONS_MPTCP_IPVER)?,
        _ => pdu.take(OPTIONS_MPTCP_ECHO)?,
    };
    pdu.take(OPTIONS_MPTCP_ADDRID)?;
    if len < 2 + 16 {
        pdu.take(OPTIONS_MPTCP_IPV4)?;
    } else {
        pdu.take(OPTIONS_MPTCP_IPV6)?;
    }
    if matches!(pdu.wire_remaining(), 2 | 10) {
        pdu.take(OPTIONS_MPTCP_PORT)?;
    }
    if pdu.wire_remaining() >= 8 {
        pdu.take(OPTIONS_MPTCP_ADDADDRTRUNCHMAC)?;
    }
    Ok(())
}
