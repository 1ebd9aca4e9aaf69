//! Version 4: COMPOUND, a list of operations (RFC 7530, and RFC 8881 for minor version 1). What nothing is known of ends the
//! list, since its length is not said.

use super::*;
use crate::checksum::{crc16, crc32};
use crate::xdr::word;

pub(super) fn body(pdu: &mut Pdu<'_>, call: Call) -> Step {
    const COMPOUND: u32 = 1;
    if call.procedure != COMPOUND {
        return Ok(());
    }
    if call.reply {
        pdu.show(STATUS)?;
        pdu.take(NFSSTAT4)?;
        opaque(pdu, TAG)?;
    } else {
        opaque(pdu, TAG)?;
        pdu.take(MINORVERSION)?;
    }
    let mut operations = Vec::new();
    let outcome = list(pdu, call.reply, &mut operations);
    let main = operations.iter().map(|&code| rank(code)).max();
    operations.retain(|&code| Some(rank(code)) == main);
    for &code in &operations {
        pdu.computed(MAIN_OPCODE, 0..0, code);
    }
    if let Some(&code) = operations.first() {
        pdu.info(format_args!("V4 {} {}", Nfs::name(OPCODE, code), call.what()));
    }
    outcome
}

/// How much an operation says of why a list was sent: most of them only lead to the one that matters.
fn rank(code: u32) -> u8 {
    match code {
        // GETFH, PUTFH, SEQUENCE
        10 | 22 | 53 => 0,
        // GETATTR, PUTROOTFH
        9 | 24 => 1,
        // ACCESS
        3 => 2,
        _ => 3,
    }
}

fn list(pdu: &mut Pdu<'_>, reply: bool, operations: &mut Vec<u32>) -> Step {
    for _ in 0..pdu.take(OPS_COUNT)? {
        let known = pdu.group(OPERATION, |pdu| {
            let code = pdu.take(OPCODE)?;
            operations.push(code);
            if !reply {
                return arguments(pdu, code);
            }
            pdu.show(STATUS)?;
            match pdu.take(NFSSTAT4)? {
                0 => results(pdu, code),
                // Only these say more when they fail: which attributes were set, who holds the lock, where the limit is.
                _ if matches!(code, 12 | 13 | 35) => Ok(false),
                _ if code == 34 => attribute_mask(pdu).map(|_| true),
                _ => Ok(true),
            }
        })?;
        if !known {
            break;
        }
    }
    Ok(())
}

/// What an operation is called with; says whether it is known.
fn arguments(pdu: &mut Pdu<'_>, code: u32) -> Result<bool, Stop> {
    match code {
        // GETFH, LOOKUPP, PUTPUBFH, PUTROOTFH, READLINK, RESTOREFH, SAVEFH
        10 | 16 | 23 | 24 | 27 | 31 | 32 => {}
        3 => drop(access(pdu, ACCESS_CHECK, &RIGHTS, None)?),
        // CLOSE
        4 => {
            pdu.take(SEQID)?;
            state(pdu)?;
        }
        // COMMIT
        5 => {
            pdu.take(OFFSET4)?;
            pdu.take(COUNT4)?;
        }
        // DELEGPURGE, RENEW, DESTROY_CLIENTID
        7 | 30 | 57 => drop(pdu.take(CLIENTID)?),
        // DELEGRETURN, FREE_STATEID
        8 | 45 => state(pdu)?,
        9 => drop(attribute_mask(pdu)?),
        // LINK, LOOKUP, REMOVE, SECINFO
        11 | 15 | 28 | 33 => opaque(pdu, PATHNAME_COMPONENT)?,
        // NVERIFY, VERIFY
        17 | 37 => attributes(pdu)?,
        18 => return open(pdu),
        // OPEN_CONFIRM
        20 => {
            state(pdu)?;
            pdu.take(SEQID)?;
        }
        // OPEN_DOWNGRADE
        21 => {
            state(pdu)?;
            pdu.take(SEQID)?;
            pdu.take(OPEN4_SHARE_ACCESS)?;
            pdu.take(OPEN4_SHARE_DENY)?;
        }
        22 => FILE.take(pdu)?,
        // READ
        25 => {
            state(pdu)?;
            pdu.take(OFFSET4)?;
            pdu.take(COUNT4)?;
        }
        // RENAME
        29 => {
            opaque(pdu, PATHNAME_COMPONENT)?;
            opaque(pdu, PATHNAME_COMPONENT)?;
        }
        // SETATTR
        34 => {
            state(pdu)?;
            attributes(pdu)?;
        }
        // SETCLIENTID_CONFIRM
        36 => {
            pdu.take(CLIENTID)?;
            pdu.take(VERIFIER4)?;
        }
        // WRITE
        38 => {
            state(pdu)?;
            pdu.take(OFFSET4)?;
            pdu.take(STABLE_HOW4)?;
            data(pdu, WRITE_DATA_LENGTH)?;
        }
        // EXCHANGE_ID
        42 => {
            pdu.take(VERIFIER4)?;
            opaque(pdu, DATA)?;
            pdu.take(EXCHANGE_ID_CALL_FLAGS)?;
            if pdu.take(EXCHANGE_ID_STATE_PROTECT)? != 0 {
                return Ok(false);
            }
            implementation(pdu)?;
        }
        43 => return create_session(pdu),
        // DESTROY_SESSION
        44 => drop(pdu.take(SESSION_ID4)?),
        // GETDEVICEINFO
        47 => {
            pdu.take(DEVICEID)?;
            pdu.take(LAYOUTTYPE)?;
            pdu.take(MAXCOUNT)?;
            notifications(pdu)?;
        }
        // LAYOUTGET
        50 => {
            pdu.take(LAYOUTAVAIL)?;
            pdu.take(LAYOUTTYPE)?;
            pdu.take(IOMODE)?;
            pdu.take(OFFSET4)?;
            pdu.take(LENGTH4)?;
            pdu.take(MINLENGTH4)?;
            state(pdu)?;
            pdu.take(MAXCOUNT)?;
        }
        // LAYOUTRETURN
        51 => {
            pdu.take(RECLAIM4)?;
            pdu.take(LAYOUTTYPE)?;
            pdu.take(IOMODE)?;
            const FILE: u32 = 1;
            if pdu.take(RETURNTYPE)? == FILE {
                pdu.take(OFFSET4)?;
                pdu.take(LENGTH4)?;
                state(pdu)?;
                opaque(pdu, LRF_BODY_CONTENT)?;
            }
        }
        // SECINFO_NO_NAME
        52 => drop(pdu.take(SECINFO_STYLE)?),
        // SEQUENCE
        53 => {
            pdu.take(SESSION_ID4)?;
            pdu.take(SEQID)?;
            pdu.take(SLOTID)?;
            pdu.take(HIGH_SLOTID)?;
            pdu.take(CACHETHIS4)?;
        }
        // RECLAIM_COMPLETE
        58 => drop(pdu.take(RECLAIM_ONE_FS4)?),
        _ => return Ok(false),
    }
    Ok(true)
}

/// What an operation that went well is answered with; says whether it is known.
fn results(pdu: &mut Pdu<'_>, code: u32) -> Result<bool, Stop> {
    match code {
        // DELEGPURGE, DELEGRETURN, LOOKUP, LOOKUPP, NVERIFY, OPENATTR, PUTFH, PUTPUBFH, PUTROOTFH, RENEW, RESTOREFH, SAVEFH,
        // SETCLIENTID_CONFIRM, VERIFY, RELEASE_LOCKOWNER, DESTROY_SESSION, FREE_STATEID, DESTROY_CLIENTID, RECLAIM_COMPLETE
        7 | 8 | 15 | 16 | 17 | 19 | 22..=24 | 30..=32 | 36 | 37 | 39 | 44 | 45 | 57 | 58 => {}
        3 => {
            const SUPPORTED: [Handle<ComputedWord>; 6] = [
                ACCESS_SUPP_READ,
                ACCESS_SUPP_LOOKUP,
                ACCESS_SUPP_MODIFY,
                ACCESS_SUPP_EXTEND,
                ACCESS_SUPP_DELETE,
                ACCESS_SUPP_EXECUTE,
            ];
            let asked = access(pdu, ACCESS_SUPPORTED, &SUPPORTED, None)?;
            access(pdu, ACCESS_RIGHTS, &RIGHTS, Some(asked))?;
        }
        // CLOSE: it means nothing any more (RFC 7530, section 16.2.5).
        4 => drop(pdu.take(STATEID)?),
        // COMMIT
        5 => drop(pdu.take(VERIFIER4)?),
        9 => attributes(pdu)?,
        10 => FILE.take(pdu)?,
        // LINK, REMOVE
        11 | 28 => changes(pdu)?,
        18 => return opened(pdu),
        // OPEN_CONFIRM, OPEN_DOWNGRADE
        20 | 21 => state(pdu)?,
        // READ
        25 => {
            pdu.take(EOF)?;
            data(pdu, READ_DATA_LENGTH)?;
        }
        27 => opaque(pdu, READLINK_DATA)?,
        // RENAME
        29 => {
            changes(pdu)?;
            changes(pdu)?;
        }
        // SECINFO, SECINFO_NO_NAME
        33 | 52 => {
            const RPCSEC_GSS: u32 = 6;
            for _ in 0..pdu.take(RPC_ARRAY_LEN)? {
                if pdu.take(SECINFO_FLAVOR)? == RPCSEC_GSS {
                    opaque(pdu, SECINFO_FLAVOR_INFO_RPCSEC_GSS_INFO_OID)?;
                    pdu.take(SECINFO_FLAVOR_INFO_RPCSEC_GSS_INFO_QOP)?;
                    pdu.take(SECINFO_RPCSEC_GSS_INFO_SERVICE)?;
                }
            }
        }
        34 => drop(attribute_mask(pdu)?),
        // SETCLIENTID
        35 => {
            pdu.take(CLIENTID)?;
            pdu.take(VERIFIER4)?;
        }
        // WRITE
        38 => {
            pdu.take(COUNT4)?;
            pdu.take(STABLE_HOW4)?;
            pdu.take(VERIFIER4)?;
        }
        // EXCHANGE_ID
        42 => {
            pdu.take(CLIENTID)?;
            pdu.take(SEQID)?;
            pdu.take(EXCHANGE_ID_REPLY_FLAGS)?;
            if pdu.take(EXCHANGE_ID_STATE_PROTECT)? != 0 {
                return Ok(false);
            }
            pdu.take(MINORID4)?;
            opaque(pdu, MAJORID4)?;
            opaque(pdu, SCOPE)?;
            implementation(pdu)?;
        }
        // CREATE_SESSION
        43 => {
            pdu.take(SESSION_ID4)?;
            pdu.take(SEQID)?;
            pdu.take(CREATE_SESSION_FLAGS)?;
            channel(pdu)?;
            channel(pdu)?;
        }
        // GETDEVICEINFO
        47 => {
            let kind = pdu.take(LAYOUTTYPE)?;
            if kind == FILES {
                pdu.skip(4)?;
                device(pdu)?;
            } else {
                opaque(pdu, DEVINFO)?;
            }
            notifications(pdu)?;
        }
        50 => layouts(pdu)?,
        // LAYOUTRETURN
        51 => {
            if word(pdu)? != 0 {
                state(pdu)?;
            }
        }
        // SEQUENCE
        53 => {
            pdu.take(SESSION_ID4)?;
            pdu.take(SEQID)?;
            pdu.take(SLOTID)?;
            pdu.take(HIGH_SLOTID)?;
            pdu.take(TARGET_HIGH_SLOTID)?;
            pdu.take(SEQUENCE_FLAGS)?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// What is read or written; its length has a second field.
fn data(pdu: &mut Pdu<'_>, len: Handle<u32>) -> Step {
    pdu.show(len)?;
    opaque(pdu, DATA)
}

/// stateid4 (RFC 8881, section 3.3.12), with checksums by which they are told apart at a glance.
fn state(pdu: &mut Pdu<'_>) -> Step {
    let at = pdu.position();
    let whole = pdu.show(STATEID)?;
    if pdu.wants(STATEID_HASH) {
        pdu.computed(STATEID_HASH, at..at + whole.len(), !crc16(!0, &whole));
    }
    pdu.take(STATEID_SEQID)?;
    let other = pdu.take(STATEID_OTHER)?;
    if pdu.wants(STATEID_OTHER_HASH) {
        pdu.computed(STATEID_OTHER_HASH, at + 4..at + whole.len(), crc32(&other));
    }
    Ok(())
}

/// change_info4: of a directory.
fn changes(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(CHANGE_INFO_ATOMIC)?;
    pdu.take(CHANGEID4_BEFORE)?;
    pdu.take(CHANGEID4_AFTER).map(drop)
}

/// open_claim4 and what stands before it (RFC 8881, section 18.16.1).
fn open(pdu: &mut Pdu<'_>) -> Result<bool, Stop> {
    const CREATE: u32 = 1;
    pdu.take(SEQID)?;
    pdu.take(OPEN4_SHARE_ACCESS)?;
    pdu.take(OPEN4_SHARE_DENY)?;
    pdu.take(CLIENTID)?;
    opaque(pdu, OPEN_OWNER4)?;
    if pdu.take(OPEN_OPENTYPE)? == CREATE {
        let mode = pdu.take(CREATEMODE4)?;
        if mode >= 2 {
            pdu.take(VERIFIER4)?;
        }
        if mode != 2 {
            attributes(pdu)?;
        }
    }
    match pdu.take(OPEN_CLAIM_TYPE)? {
        0 | 3 => opaque(pdu, PATHNAME_COMPONENT)?,
        1 => drop(pdu.take(OPEN_DELEGATION_TYPE)?),
        2 => {
            state(pdu)?;
            opaque(pdu, PATHNAME_COMPONENT)?;
        }
        5 => state(pdu)?,
        4 | 6 => {}
        _ => return Ok(false),
    }
    Ok(true)
}

fn opened(pdu: &mut Pdu<'_>) -> Result<bool, Stop> {
    state(pdu)?;
    changes(pdu)?;
    pdu.take(OPEN_RFLAGS)?;
    attribute_mask(pdu)?;
    match pdu.take(OPEN_DELEGATION_TYPE)? {
        0 => return Ok(true),
        1 => {
            state(pdu)?;
            pdu.take(RECALL)?;
        }
        2 => {
            state(pdu)?;
            pdu.take(RECALL)?;
            const SIZE: u32 = 1;
            match pdu.take(OPEN_LIMIT_BY)? {
                SIZE => drop(pdu.take(FILESIZE)?),
                _ => pdu.skip(8)?,
            }
        }
        _ => return Ok(false),
    }
    // nfsace4 (RFC 8881, section 6.2.1)
    pdu.take(ACETYPE4)?;
    pdu.take(ACEFLAGS4)?;
    let at = pdu.position();
    let mask = pdu.take(ACEMASK4)?;
    for bit in bits(mask) {
        pdu.computed(ACE_PERM4, at..at + 4, 1u32 << bit);
    }
    opaque(pdu, NAME)?;
    Ok(true)
}

/// nfs_impl_id4, at most one.
fn implementation(pdu: &mut Pdu<'_>) -> Step {
    for _ in 0..word(pdu)? {
        opaque(pdu, NII_DOMAIN4)?;
        opaque(pdu, NII_NAME4)?;
        instant(pdu)?;
    }
    Ok(())
}

/// nfstime4
fn instant(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(NFSTIME4_SECONDS)?;
    pdu.take(NFSTIME4_NSECONDS).map(drop)
}

fn create_session(pdu: &mut Pdu<'_>) -> Result<bool, Stop> {
    pdu.take(CLIENTID)?;
    pdu.take(SEQID)?;
    pdu.take(CREATE_SESSION_FLAGS)?;
    channel(pdu)?;
    channel(pdu)?;
    pdu.take(CB_PROGRAM)?;
    for _ in 0..word(pdu)? {
        match pdu.take(FLAVOR4)? {
            0 => {}
            1 => {
                pdu.take(STAMP4)?;
                opaque(pdu, MACHINENAME4)?;
                pdu.take(UID4)?;
                pdu.take(GID4)?;
                for _ in 0..word(pdu)? {
                    pdu.take(GID4)?;
                }
            }
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// channel_attrs4 (RFC 8881, section 18.36.1)
fn channel(pdu: &mut Pdu<'_>) -> Step {
    for field in [PADSIZE4, MAXREQSIZE4, MAXRESPSIZE4, MAXRESPSIZECACHED4, MAXOPS4, MAXREQS4] {
        pdu.take(field)?;
    }
    // Room for RDMA
    for _ in 0..word(pdu)? {
        pdu.skip(4)?;
    }
    Ok(())
}

/// Which bits of a word are set.
fn bits(word: u32) -> impl Iterator<Item = u32> {
    (0..32).filter(move |bit| word >> bit & 1 != 0)
}

fn notifications(pdu: &mut Pdu<'_>) -> Step {
    for index in 0..word(pdu)? {
        let at = pdu.position();
        match pdu.peek(NOTIFY_MASK)? {
            0 => pdu.skip(4)?,
            mask => {
                pdu.take(NOTIFY_MASK)?;
                for bit in bits(mask) {
                    pdu.computed(NOTIFY_TYPE, at..at + 4, index.wrapping_mul(32).wrapping_add(bit));
                }
            }
        }
    }
    Ok(())
}

/// The layout type of files that lie on several servers (RFC 8881, section 13).
const FILES: u32 = 1;

/// nfsv4_1_file_layout_ds_addr4
fn device(pdu: &mut Pdu<'_>) -> Step {
    for _ in 0..word(pdu)? {
        pdu.take(DEVICEIDX)?;
    }
    for _ in 0..word(pdu)? {
        for _ in 0..word(pdu)? {
            opaque(pdu, R_NETID)?;
            opaque(pdu, R_ADDR)?;
        }
    }
    Ok(())
}

fn layouts(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(RETCLOSE4)?;
    state(pdu)?;
    for _ in 0..word(pdu)? {
        pdu.take(OFFSET4)?;
        pdu.take(LENGTH4)?;
        pdu.take(IOMODE)?;
        if pdu.take(LAYOUTTYPE)? != FILES {
            opaque(pdu, LAYOUT)?;
            continue;
        }
        pdu.skip(4)?;
        pdu.take(DEVICEID)?;
        let at = pdu.position();
        let how = pdu.take(NFL_UTIL)?;
        pdu.computed(NFL_UTIL_STRIPE_SIZE, at..at + 4, how & !0x3f);
        pdu.computed(NFL_UTIL_COMMIT_THRU_MDS, at..at + 4, how >> 1 & 1);
        pdu.computed(NFL_UTIL_DENSE, at..at + 4, how & 1);
        pdu.take(NFL_FIRST_STRIPE_INDEX)?;
        pdu.take(OFFSET4)?;
        for _ in 0..pdu.take(NFL_FHS)? {
            FILE.take(pdu)?;
        }
    }
    Ok(())
}

/// More words than that no mask of attributes has.
const MASK_WORDS: usize = 8;

/// bitmap4: which attributes. Returns its words and where each is.
fn mask(pdu: &mut Pdu<'_>) -> Result<[(usize, u32); MASK_WORDS], Stop> {
    let mut words = [(0, 0); MASK_WORDS];
    for i in 0..word(pdu)? {
        let at = pdu.position();
        let bits = word(pdu)?;
        if let Some(place) = words.get_mut(i as usize) {
            *place = (at, bits);
        }
    }
    Ok(words)
}

/// Calls `each` with the number of every attribute of a mask, behind the fields of its word.
fn each(
    pdu: &mut Pdu<'_>,
    words: &[(usize, u32)],
    mut each: impl FnMut(&mut Pdu<'_>, u32) -> Result<bool, Stop>,
) -> Step {
    for (i, &(at, word)) in words.iter().enumerate() {
        if word == 0 {
            continue;
        }
        pdu.computed(ATTR_COUNT, at..at + 4, word.count_ones());
        pdu.show_at(ATTR_MASK, at)?;
        for bit in bits(word) {
            let number = i as u32 * 32 + bit;
            pdu.computed(ATTR, at..at + 4, number);
            if !each(pdu, number)? {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn attribute_mask(pdu: &mut Pdu<'_>) -> Step {
    let words = mask(pdu)?;
    each(pdu, &words, |_, _| Ok(true))
}

/// fattr4: which attributes, then their values without anything between them.
fn attributes(pdu: &mut Pdu<'_>) -> Step {
    let words = mask(pdu)?;
    let len = word(pdu)? as usize;
    pdu.within(OPERATION, len.next_multiple_of(4), |pdu| {
        each(pdu, &words, attribute)?;
        pdu.skip(pdu.remaining())
    })
}

/// The value of an attribute (RFC 8881, section 5.8); says whether it is known.
fn attribute(pdu: &mut Pdu<'_>, number: u32) -> Result<bool, Stop> {
    match number {
        0 | 75 => attribute_mask(pdu)?,
        1 => drop(pdu.take(NFS_FTYPE4)?),
        2 => drop(pdu.take(FATTR4_FH_EXPIRE_TYPE)?),
        3 => drop(pdu.take(CHANGEID4)?),
        4 => drop(pdu.take(FATTR4_SIZE)?),
        5 => drop(pdu.take(FATTR4_LINK_SUPPORT)?),
        6 => drop(pdu.take(FATTR4_SYMLINK_SUPPORT)?),
        7 => drop(pdu.take(FATTR4_NAMED_ATTR)?),
        8 => {
            pdu.take(FSID4_MAJOR)?;
            pdu.take(FSID4_MINOR)?;
        }
        9 => drop(pdu.take(FATTR4_UNIQUE_HANDLES)?),
        10 => drop(pdu.take(FATTR4_LEASE_TIME)?),
        11 => drop(pdu.take(NFSSTAT4)?),
        13 => drop(pdu.take(FATTR4_ACLSUPPORT)?),
        14 => drop(pdu.take(FATTR4_ARCHIVE)?),
        15 => drop(pdu.take(FATTR4_CANSETTIME)?),
        16 => drop(pdu.take(FATTR4_CASE_INSENSITIVE)?),
        17 => drop(pdu.take(FATTR4_CASE_PRESERVING)?),
        18 => drop(pdu.take(FATTR4_CHOWN_RESTRICTED)?),
        19 => FILE.take(pdu)?,
        20 => drop(pdu.take(FATTR4_FILEID)?),
        21 => drop(pdu.take(FATTR4_FILES_AVAIL)?),
        22 => drop(pdu.take(FATTR4_FILES_FREE)?),
        23 => drop(pdu.take(FATTR4_FILES_TOTAL)?),
        25 => drop(pdu.take(FATTR4_HIDDEN)?),
        26 => drop(pdu.take(FATTR4_HOMOGENEOUS)?),
        27 => drop(pdu.take(FATTR4_MAXFILESIZE)?),
        28 => drop(pdu.take(FATTR4_MAXLINK)?),
        29 => drop(pdu.take(FATTR4_MAXNAME)?),
        30 => drop(pdu.take(FATTR4_MAXREAD)?),
        31 => drop(pdu.take(FATTR4_MAXWRITE)?),
        32 => opaque(pdu, FATTR4_MIMETYPE)?,
        33 => drop(pdu.take(MODE)?),
        34 => drop(pdu.take(FATTR4_NO_TRUNC)?),
        35 => drop(pdu.take(FATTR4_NUMLINKS)?),
        36 => opaque(pdu, FATTR4_OWNER)?,
        37 => opaque(pdu, FATTR4_OWNER_GROUP)?,
        38 => drop(pdu.take(FATTR4_QUOTA_HARD)?),
        39 => drop(pdu.take(FATTR4_QUOTA_SOFT)?),
        40 => drop(pdu.take(FATTR4_QUOTA_USED)?),
        41 => {
            pdu.take(SPECDATA1)?;
            pdu.take(SPECDATA2)?;
        }
        42 => drop(pdu.take(FATTR4_SPACE_AVAIL)?),
        43 => drop(pdu.take(FATTR4_SPACE_FREE)?),
        44 => drop(pdu.take(FATTR4_SPACE_TOTAL)?),
        45 => drop(pdu.take(FATTR4_SPACE_USED)?),
        46 => drop(pdu.take(FATTR4_SYSTEM)?),
        47 | 49..=53 => instant(pdu)?,
        // Times that are to be set: the client's or the server's.
        48 | 54 => {
            const CLIENT_TIME: u32 = 1;
            if word(pdu)? == CLIENT_TIME {
                instant(pdu)?;
            }
        }
        55 => drop(pdu.take(FATTR4_MOUNTED_ON_FILEID)?),
        62 | 64 => {
            for _ in 0..word(pdu)? {
                pdu.take(LAYOUTTYPE)?;
            }
        }
        65 => drop(pdu.take(FATTR4_LAYOUT_BLKSIZE)?),
        68 => thresholds(pdu)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// mdsthreshold4 (RFC 8881, section 3.3.23 and 5.12.4)
fn thresholds(pdu: &mut Pdu<'_>) -> Step {
    for _ in 0..pdu.take(RPC_ARRAY_LEN)? {
        pdu.take(LAYOUTTYPE)?;
        let mut hints = Vec::new();
        for _ in 0..pdu.take(FATTR4_THRESHOLD_ITEM_MASK_COUNT)? {
            let at = pdu.position();
            let mask = pdu.take(FATTR4_THRESHOLD_ITEM_HINT_MASK)?;
            if hints.len() < MASK_WORDS {
                hints.push((at, mask));
            }
        }
        pdu.skip(4)?;
        for (at, mask) in hints {
            pdu.computed(FATTR4_THRESHOLD_ITEM_HINT_COUNT, at..at + 4, mask.count_ones());
            for bit in bits(mask) {
                pdu.computed(FATTR4_THRESHOLD_ITEM_HINT, at..at + 4, bit);
                pdu.take(LENGTH4)?;
            }
        }
    }
    Ok(())
}
