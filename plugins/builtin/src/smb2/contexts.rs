//! Negotiate contexts, create contexts, and what goes with control codes.

use super::*;

/// MS-SMB2, section 2.2.3.1: `count` contexts, each at a multiple of eight bytes.
pub(super) fn negotiate(pdu: &mut Pdu<'_>, c: &mut Command<'_>, offset: usize, count: u16) -> Step {
    let start = c.base + offset;
    if start < pdu.position() {
        return Ok(());
    }
    pdu.skip(start - pdu.position())?;
    for i in 0..count {
        let odd = (pdu.position() - c.base) % 8;
        if i > 0 && odd > 0 {
            pdu.skip(8 - odd)?;
        }
        let kind = pdu.take(NEGOTIATE_CONTEXT_TYPE)?;
        let len = pdu.take(NEGOTIATE_CONTEXT_DATA_LENGTH)?;
        pdu.take_bytes(RESERVED, 4)?;
        pdu.within(NEGOTIATE_CONTEXT_DATA_LENGTH, len.into(), |pdu| match kind {
            1 => {
                let count = pdu.take(NEGOTIATE_CONTEXT_HASH_ALG_COUNT)?;
                let salt = pdu.take(NEGOTIATE_CONTEXT_SALT_LENGTH)?;
                for _ in 0..count {
                    pdu.take(NEGOTIATE_CONTEXT_HASH_ALGORITHM)?;
                }
                pdu.take_bytes(NEGOTIATE_CONTEXT_SALT, salt.into()).map(drop)
            }
            2 => {
                for _ in 0..pdu.take(NEGOTIATE_CONTEXT_CIPHER_COUNT)? {
                    pdu.take(NEGOTIATE_CONTEXT_CIPHER_ID)?;
                }
                Ok(())
            }
            3 => {
                let count = pdu.take(NEGOTIATE_CONTEXT_COMP_ALG_COUNT)?;
                pdu.skip(2)?;
                pdu.take(NEGOTIATE_CONTEXT_COMP_ALG_FLAGS)?;
                for _ in 0..count {
                    pdu.take(NEGOTIATE_CONTEXT_COMP_ALG_ID)?;
                }
                Ok(())
            }
            5 => take_text(pdu, NEGOTIATE_CONTEXT_NETNAME, len.into()).map(drop),
            8 => {
                for _ in 0..pdu.take(NEGOTIATE_CONTEXT_SIGNING_ALG_COUNT)? {
                    pdu.take(NEGOTIATE_CONTEXT_SIGNING_ID)?;
                }
                Ok(())
            }
            0x100 => {
                pdu.take_rest(NEGOTIATE_CONTEXT_POSIX_RESERVED);
                Ok(())
            }
            _ => {
                if len > 0 {
                    pdu.take_rest(UNKNOWN);
                }
                Ok(())
            }
        })?;
    }
    Ok(())
}

/// MS-SMB2, section 2.2.13.2: create contexts, each with the way to the next.
pub(super) fn create(pdu: &mut Pdu<'_>, c: &mut Command<'_>) -> Step {
    loop {
        let base = pdu.position();
        let next = pdu.peek(CREATE_CHAIN_OFFSET)? as usize;
        let len = if next < 16 { pdu.wire_remaining() } else { next };
        pdu.within(CREATE_CHAIN_OFFSET, len, |pdu| {
            pdu.take(CREATE_CHAIN_OFFSET)?;
            let at = pdu.position();
            // The offsets of a context count from its own start.
            let (name_offset, name_len) = (number(pdu, 2)?, number(pdu, 2)?);
            pdu.skip(2)?;
            pdu.computed(OLB_OFFSET, at..at + 2, name_offset);
            pdu.computed(OLB_LENGTH, at + 2..at + 4, name_len);
            let (data_offset, data_len) = place(pdu, 2, 4)?;
            let mut tag = *b"    ";
            let start = base + name_offset as usize;
            if start >= pdu.position() {
                pdu.skip(start - pdu.position())?;
                let name = pdu.take_bytes(TAG, name_len as usize)?;
                tag = name.first_chunk().copied().unwrap_or(tag);
            }
            let start = base + data_offset;
            if data_len == 0 || start < pdu.position() {
                return Ok(());
            }
            pdu.skip(start - pdu.position())?;
            pdu.within(OLB_LENGTH, data_len, |pdu| context(pdu, c, &tag, data_len))
        })?;
        if next < 16 || pdu.remaining() < 16 {
            return Ok(());
        }
    }
}

fn context(pdu: &mut Pdu<'_>, c: &mut Command<'_>, tag: &[u8; 4], len: usize) -> Step {
    match (tag, c.response) {
        (b"MxAc", true) => {
            pdu.take(MXAC_STATUS)?;
            pdu.take(SMB_ACCESS_MASK)?;
        }
        (b"QFid", true) => {
            pdu.take_rest(QFID_FID);
        }
        (b"DHnQ", true) => {
            pdu.take(DHNQ_BUFFER_RESERVED)?;
        }
        (b"DHnQ" | b"DHnC", false) => {
            uuid(pdu, FID)?;
        }
        (b"DH2Q", _) => {
            pdu.take(DH2X_TIMEOUT)?;
            pdu.take(DH2X_FLAGS)?;
            if !c.response {
                pdu.take(DH2X_RESERVED)?;
                uuid(pdu, DH2X_CREATE_GUID)?;
            }
        }
        (b"RqLs", _) => {
            uuid(pdu, LEASE_LEASE_KEY)?;
            pdu.take(LEASE_LEASE_STATE)?;
            pdu.take(LEASE_LEASE_FLAGS)?;
            pdu.take(LEASE_LEASE_DURATION)?;
            // MS-SMB2, section 2.2.13.2.10: version 2 is longer.
            if len >= 52 {
                uuid(pdu, LEASE_PARENT_LEASE_KEY)?;
                pdu.take(LEASE_LEASE_OPLOCK)?;
                pdu.take(LEASE_LEASE_RESERVED)?;
            }
        }
        (b"AAPL", false) => {
            pdu.take(AAPL_COMMAND_CODE)?;
            pdu.take(AAPL_RESERVED)?;
            pdu.take(AAPL_QUERY_BITMASK)?;
            pdu.take(AAPL_CAPS)?;
        }
        _ => {}
    }
    Ok(())
}

/// The input or output of a control code (MS-FSCC, section 2.3; MS-SMB2, sections 2.2.31 and 2.2.32).
pub(super) fn control(pdu: &mut Pdu<'_>, c: &mut Command<'_>, function: u32, fid: [u8; 16], output: bool) -> Step {
    const DFS_GET_REFERRALS: u32 = 0x0006_0194;
    const PIPE_WAIT: u32 = 0x0011_0018;
    const PIPE_TRANSCEIVE: u32 = 0x0011_c017;
    const QUERY_NETWORK_INTERFACE_INFO: u32 = 0x0014_01fc;
    const VALIDATE_NEGOTIATE_INFO: u32 = 0x0014_0204;
    match (function, output) {
        (PIPE_TRANSCEIVE, _) => c.pipe(pdu, fid),
        (PIPE_WAIT, false) => {
            pdu.take(FSCTL_WAIT_TIMEOUT)?;
            let len = number(pdu, 4)?;
            pdu.skip(2)?;
            take_text(pdu, FSCTL_WAIT_NAME, len as usize)?;
        }
        (VALIDATE_NEGOTIATE_INFO, false) => {
            pdu.take(CAPABILITIES)?;
            uuid(pdu, CLIENT_GUID)?;
            pdu.take(SEC_MODE)?;
            pdu.skip(1)?;
            for _ in 0..pdu.take(DIALECT_COUNT)? {
                pdu.take(DIALECT)?;
            }
        }
        (VALIDATE_NEGOTIATE_INFO, true) => {
            pdu.take(CAPABILITIES)?;
            uuid(pdu, SERVER_GUID)?;
            pdu.take(SEC_MODE)?;
            pdu.skip(1)?;
            pdu.take(DIALECT)?;
        }
        (DFS_GET_REFERRALS, false) => {
            pdu.take(SMB_MAX_REFERRAL_LEVEL)?;
            take_text(pdu, SMB_FILE, pdu.remaining())?;
        }
        (DFS_GET_REFERRALS, true) => return referrals(pdu),
        (QUERY_NETWORK_INTERFACE_INFO, true) => loop {
            let base = pdu.position();
            let next = pdu.take(IOCTL_NETWORK_INTERFACES_NEXT_OFFSET)? as usize;
            interface(pdu)?;
            let start = base + next;
            if next == 0 || start <= pdu.position() {
                return Ok(());
            }
            pdu.skip(start - pdu.position())?;
        },
        _ => {}
    }
    Ok(())
}

/// RESP_GET_DFS_REFERRAL (MS-DFSC, section 2.2.4).
fn referrals(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(DFS_PATH_CONSUMED)?;
    let count = pdu.take(DFS_NUM_REFERRALS)?;
    pdu.take(DFS_FLAGS)?;
    pdu.take_bytes(SMB_PADDING, 2)?;
    for _ in 0..count {
        let base = pdu.position();
        let version = pdu.take(DFS_REFERRAL_VERSION)?;
        let size = pdu.take(DFS_REFERRAL_SIZE)?;
        let rest = usize::from(size).saturating_sub(4);
        pdu.within(DFS_REFERRAL_SIZE, rest, |pdu| referral(pdu, base, version))?;
    }
    Ok(())
}

/// DFS_REFERRAL_V2 to V4 (MS-DFSC, section 2.2.5): offsets count from `base`.
fn referral(pdu: &mut Pdu<'_>, base: usize, version: u16) -> Step {
    const NAME_LIST: u16 = 0x2;
    pdu.take(DFS_REFERRAL_SERVER_TYPE)?;
    let flags = pdu.take(DFS_REFERRAL_FLAGS)?;
    match version {
        2 => {
            pdu.take(DFS_REFERRAL_PROXIMITY)?;
        }
        3 | 4 => {}
        _ => return Ok(()),
    }
    pdu.take(DFS_REFERRAL_TTL)?;
    if version > 2 && flags & NAME_LIST != 0 {
        let domain = pdu.take(DFS_REFERRAL_DOMAIN_OFFSET)?;
        let count = pdu.take(DFS_REFERRAL_NUMBER_OF_EXPNAMES)?;
        let mut at = usize::from(pdu.take(DFS_REFERRAL_EXPNAMES_OFFSET)?);
        text_at(pdu, DFS_REFERRAL_DOMAIN_NAME, base + usize::from(domain));
        for _ in 0..count {
            match text_at(pdu, DFS_REFERRAL_EXPNAME, base + at) {
                0 => break,
                len => at += len,
            }
        }
        return Ok(());
    }
    let path = pdu.take(DFS_REFERRAL_PATH_OFFSET)?;
    let alternate = pdu.take(DFS_REFERRAL_ALT_PATH_OFFSET)?;
    let node = pdu.take(DFS_REFERRAL_NODE_OFFSET)?;
    for (field, offset) in [(DFS_REFERRAL_PATH, path), (DFS_REFERRAL_ALT_PATH, alternate), (DFS_REFERRAL_NODE, node)] {
        text_at(pdu, field, base + usize::from(offset));
    }
    Ok(())
}

/// Shows the text at an offset, and returns how many bytes it has with its zero; none if nothing is there.
fn text_at(pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>, at: usize) -> usize {
    let bytes = pdu.data().get(at..).unwrap_or_default();
    let len = bytes.chunks_exact(2).position(|c| c == [0, 0]).map_or(bytes.len() / 2 * 2, |n| 2 * n + 2);
    text(pdu, field, at..at + len, &utf16(bytes));
    len
}

fn interface(pdu: &mut Pdu<'_>) -> Step {
    const INET: u16 = 2;
    const INET6: u16 = 23;
    pdu.take(IOCTL_NETWORK_INTERFACES_INDEX)?;
    pdu.take(IOCTL_NETWORK_INTERFACES_CAPABILITIES)?;
    pdu.take(IOCTL_NETWORK_INTERFACES_RSS_QUEUE_COUNT)?;
    pdu.take(IOCTL_NETWORK_INTERFACES_LINK_SPEED)?;
    let family = pdu.take(WINDOWS_SOCKADDR_FAMILY)?;
    if matches!(family, INET | INET6) {
        pdu.take(WINDOWS_SOCKADDR_PORT)?;
    }
    match family {
        INET => {
            pdu.take(SOCKADDR_IN)?;
        }
        INET6 => {
            pdu.take(WINDOWS_SOCKADDR_IN6_FLOW_INFO)?;
            pdu.take(WINDOWS_SOCKADDR_IN6_ADDR)?;
            pdu.take(WINDOWS_SOCKADDR_IN6_SCOPE_ID)?;
        }
        _ => {}
    }
    Ok(())
}
