//! Version 3 (RFC 1813).

use super::*;

pub(super) fn body(pdu: &mut Pdu<'_>, call: Call) -> Step {
    if call.procedure == 0 {
        return Ok(());
    }
    if !call.reply {
        return arguments(pdu, call.procedure);
    }
    pdu.show(STATUS)?;
    let status = pdu.take(STATUS3)?;
    results(pdu, call.procedure, status == 0)
}

/// A directory and a name in it.
fn place(pdu: &mut Pdu<'_>) -> Step {
    FILE.take(pdu)?;
    opaque(pdu, NAME)
}

fn arguments(pdu: &mut Pdu<'_>, procedure: u32) -> Step {
    match procedure {
        // GETATTR, READLINK, FSSTAT, FSINFO, PATHCONF
        1 | 5 | 18..=20 => FILE.take(pdu),
        2 => {
            FILE.take(pdu)?;
            settable(pdu)?;
            if pdu.take(SATTRGUARD3)? != 0 {
                time(pdu, CTIME, CTIME_SEC, CTIME_NSEC, 1)?;
            }
            Ok(())
        }
        // LOOKUP, REMOVE, RMDIR
        3 | 12 | 13 => place(pdu),
        4 => {
            FILE.take(pdu)?;
            access(pdu, ACCESS_CHECK, &RIGHTS, None).map(drop)
        }
        6 => {
            FILE.take(pdu)?;
            pdu.take(OFFSET3)?;
            pdu.take(COUNT3).map(drop)
        }
        7 => {
            FILE.take(pdu)?;
            pdu.take(OFFSET3)?;
            pdu.take(COUNT3)?;
            pdu.take(WRITE_STABLE)?;
            opaque(pdu, DATA)
        }
        8 => {
            place(pdu)?;
            const EXCLUSIVE: u32 = 2;
            if pdu.take(CREATEMODE)? == EXCLUSIVE {
                return pdu.take_bytes(VERIFIER, 8).map(drop);
            }
            settable(pdu)
        }
        9 => {
            place(pdu)?;
            settable(pdu)
        }
        10 => {
            place(pdu)?;
            settable(pdu)?;
            opaque(pdu, SYMLINK_TO)
        }
        14 => {
            place(pdu)?;
            place(pdu)
        }
        15 => {
            FILE.take(pdu)?;
            place(pdu)
        }
        16 => {
            FILE.take(pdu)?;
            pdu.take(COOKIE3)?;
            pdu.take_bytes(VERIFIER, 8)?;
            pdu.take(COUNT3).map(drop)
        }
        17 => {
            FILE.take(pdu)?;
            pdu.take(COOKIE3)?;
            pdu.take_bytes(VERIFIER, 8)?;
            pdu.take(COUNT3_DIRCOUNT)?;
            pdu.take(COUNT3_MAXCOUNT).map(drop)
        }
        21 => {
            FILE.take(pdu)?;
            pdu.take(OFFSET3)?;
            pdu.take(COUNT3).map(drop)
        }
        _ => Ok(()),
    }
}

fn results(pdu: &mut Pdu<'_>, procedure: u32, good: bool) -> Step {
    match (procedure, good) {
        (1, true) => attributes(pdu),
        // SETATTR, REMOVE, RMDIR
        (2 | 12 | 13, _) => changes(pdu),
        (3, true) => {
            FILE.take(pdu)?;
            maybe_attributes(pdu)?;
            maybe_attributes(pdu)
        }
        (4, true) => {
            maybe_attributes(pdu)?;
            access(pdu, ACCESS_RIGHTS, &RIGHTS, None).map(drop)
        }
        (5, true) => {
            maybe_attributes(pdu)?;
            opaque(pdu, READLINK_DATA)
        }
        (6, true) => {
            maybe_attributes(pdu)?;
            pdu.take(COUNT3)?;
            pdu.take(READ_EOF)?;
            opaque(pdu, DATA)
        }
        (7, true) => {
            changes(pdu)?;
            pdu.take(COUNT3)?;
            pdu.take(WRITE_COMMITTED)?;
            pdu.take_bytes(VERIFIER, 8).map(drop)
        }
        // CREATE, MKDIR, SYMLINK, MKNOD
        (8..=11, true) => {
            if pdu.take(HANDLE_FOLLOW)? != 0 {
                FILE.take(pdu)?;
            }
            maybe_attributes(pdu)?;
            changes(pdu)
        }
        (7..=11, false) => changes(pdu),
        (14, _) => {
            changes(pdu)?;
            changes(pdu)
        }
        (15, _) => {
            maybe_attributes(pdu)?;
            changes(pdu)
        }
        (16 | 17, true) => directory(pdu, procedure == 17),
        (18, true) => {
            maybe_attributes(pdu)?;
            pdu.take(FSSTAT3_RESOK_TBYTES)?;
            pdu.take(FSSTAT3_RESOK_FBYTES)?;
            pdu.take(FSSTAT3_RESOK_ABYTES)?;
            pdu.take(FSSTAT3_RESOK_TFILES)?;
            pdu.take(FSSTAT3_RESOK_FFILES)?;
            pdu.take(FSSTAT3_RESOK_AFILES)?;
            pdu.take(FSSTAT_INVARSEC).map(drop)
        }
        (19, true) => {
            maybe_attributes(pdu)?;
            for field in
                [FSINFO_RTMAX, FSINFO_RTPREF, FSINFO_RTMULT, FSINFO_WTMAX, FSINFO_WTPREF, FSINFO_WTMULT, FSINFO_DTPREF]
            {
                pdu.take(field)?;
            }
            pdu.take(FSINFO_MAXFILESIZE)?;
            time(pdu, DTIME, DTIME_SEC, DTIME_NSEC, 1)?;
            pdu.take(FSINFO_PROPERTIES).map(drop)
        }
        (20, true) => {
            maybe_attributes(pdu)?;
            pdu.take(PATHCONF_LINKMAX)?;
            pdu.take(PATHCONF_NAME_MAX)?;
            pdu.take(PATHCONF_NO_TRUNC)?;
            pdu.take(PATHCONF_CHOWN_RESTRICTED)?;
            pdu.take(PATHCONF_CASE_INSENSITIVE)?;
            pdu.take(PATHCONF_CASE_PRESERVING).map(drop)
        }
        (21, _) => {
            changes(pdu)?;
            if good { pdu.take_bytes(VERIFIER, 8).map(drop) } else { Ok(()) }
        }
        (3..=6 | 16..=20, false) => maybe_attributes(pdu),
        _ => Ok(()),
    }
}

/// fattr3 (RFC 1813, section 2.6).
fn attributes(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(FATTR3_TYPE)?;
    pdu.take(MODE3)?;
    pdu.take(FATTR3_NLINK)?;
    pdu.take(FATTR3_UID)?;
    pdu.take(FATTR3_GID)?;
    pdu.take(FATTR3_SIZE)?;
    pdu.take(FATTR3_USED)?;
    pdu.take(SPECDATA1)?;
    pdu.take(SPECDATA2)?;
    pdu.take(FATTR3_FSID)?;
    pdu.take(FATTR3_FILEID)?;
    time(pdu, ATIME, ATIME_SEC, ATIME_NSEC, 1)?;
    time(pdu, MTIME, MTIME_SEC, MTIME_NSEC, 1)?;
    time(pdu, CTIME, CTIME_SEC, CTIME_NSEC, 1)
}

fn maybe_attributes(pdu: &mut Pdu<'_>) -> Step {
    if pdu.take(ATTRIBUTES_FOLLOW)? != 0 { attributes(pdu) } else { Ok(()) }
}

/// wcc_data: a few attributes from before, all from after.
fn changes(pdu: &mut Pdu<'_>) -> Step {
    if pdu.take(ATTRIBUTES_FOLLOW)? != 0 {
        pdu.take(WCC_ATTR_SIZE)?;
        time(pdu, MTIME, MTIME_SEC, MTIME_NSEC, 1)?;
        time(pdu, CTIME, CTIME_SEC, CTIME_NSEC, 1)?;
    }
    maybe_attributes(pdu)
}

/// sattr3: attributes that are to be set, each with a mark whether.
fn settable(pdu: &mut Pdu<'_>) -> Step {
    const CLIENT_TIME: u32 = 2;
    if pdu.take(SET_IT)? != 0 {
        pdu.take(MODE3)?;
    }
    if pdu.take(SET_IT)? != 0 {
        pdu.take(UID3)?;
    }
    if pdu.take(SET_IT)? != 0 {
        pdu.take(GID3)?;
    }
    if pdu.take(SET_IT)? != 0 {
        pdu.take(SET_SIZE)?;
    }
    if pdu.take(SET_IT)? == CLIENT_TIME {
        time(pdu, ATIME, ATIME_SEC, ATIME_NSEC, 1)?;
    }
    if pdu.take(SET_IT)? == CLIENT_TIME {
        time(pdu, MTIME, MTIME_SEC, MTIME_NSEC, 1)?;
    }
    Ok(())
}

/// READDIR and READDIRPLUS.
fn directory(pdu: &mut Pdu<'_>, plus: bool) -> Step {
    maybe_attributes(pdu)?;
    pdu.take_bytes(VERIFIER, 8)?;
    while pdu.take(RPC_VALUE_FOLLOWS)? {
        if plus {
            pdu.take(READDIRPLUS_ENTRY_FILEID)?;
            opaque(pdu, READDIRPLUS_ENTRY_NAME)?;
            pdu.take(READDIRPLUS_ENTRY_COOKIE)?;
            maybe_attributes(pdu)?;
            if pdu.take(HANDLE_FOLLOW)? != 0 {
                FILE.take(pdu)?;
            }
        } else {
            pdu.take(READDIR_ENTRY3_FILEID)?;
            opaque(pdu, READDIR_ENTRY3_NAME)?;
            pdu.take(READDIR_ENTRY3_COOKIE)?;
        }
    }
    pdu.take(READDIR_EOF).map(drop)
}
