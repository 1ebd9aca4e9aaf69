//! Version 2 (RFC 1094).

use super::*;

/// Handles of version 2 all have this length.
const HANDLE: usize = 32;

pub(super) fn body(pdu: &mut Pdu<'_>, call: Call) -> Step {
    if matches!(call.procedure, 0 | 3 | 7) {
        return Ok(());
    }
    if !call.reply {
        return arguments(pdu, call.procedure);
    }
    pdu.show(STATUS)?;
    if pdu.take(STATUS2)? != 0 {
        return Ok(());
    }
    results(pdu, call.procedure)
}

fn file(pdu: &mut Pdu<'_>) -> Step {
    FILE.take_fixed(pdu, HANDLE)
}

/// A directory and a name in it.
fn place(pdu: &mut Pdu<'_>) -> Step {
    file(pdu)?;
    opaque(pdu, NAME)
}

fn arguments(pdu: &mut Pdu<'_>, procedure: u32) -> Step {
    match procedure {
        // GETATTR, READLINK, STATFS
        1 | 5 | 17 => file(pdu),
        2 => {
            file(pdu)?;
            settable(pdu)
        }
        // LOOKUP, REMOVE, RMDIR
        4 | 10 | 15 => place(pdu),
        6 => {
            file(pdu)?;
            pdu.take(READ_OFFSET)?;
            pdu.take(READ_COUNT)?;
            pdu.take(READ_TOTALCOUNT).map(drop)
        }
        8 => {
            file(pdu)?;
            pdu.take(WRITE_BEGINOFFSET)?;
            pdu.take(WRITE_OFFSET)?;
            pdu.take(WRITE_TOTALCOUNT)?;
            opaque(pdu, DATA)
        }
        // CREATE, MKDIR
        9 | 14 => {
            place(pdu)?;
            settable(pdu)
        }
        11 => {
            place(pdu)?;
            place(pdu)
        }
        12 => {
            file(pdu)?;
            place(pdu)
        }
        13 => {
            place(pdu)?;
            opaque(pdu, SYMLINK_TO)?;
            settable(pdu)
        }
        16 => {
            file(pdu)?;
            pdu.take(READDIR_COOKIE)?;
            pdu.take(READDIR_COUNT).map(drop)
        }
        _ => Ok(()),
    }
}

fn results(pdu: &mut Pdu<'_>, procedure: u32) -> Step {
    match procedure {
        // GETATTR, SETATTR, WRITE
        1 | 2 | 8 => attributes(pdu),
        // LOOKUP, CREATE, MKDIR
        4 | 9 | 14 => {
            file(pdu)?;
            attributes(pdu)
        }
        5 => opaque(pdu, READLINK_DATA),
        6 => {
            attributes(pdu)?;
            opaque(pdu, DATA)
        }
        16 => {
            while pdu.take(RPC_VALUE_FOLLOWS)? {
                pdu.take(READDIR_ENTRY_FILEID)?;
                opaque(pdu, READDIR_ENTRY_NAME)?;
                pdu.take(READDIR_ENTRY_COOKIE)?;
            }
            pdu.take(READDIR_EOF).map(drop)
        }
        17 => {
            pdu.take(STATFS_TSIZE)?;
            pdu.take(STATFS_BSIZE)?;
            pdu.take(STATFS_BLOCKS)?;
            pdu.take(STATFS_BFREE)?;
            pdu.take(STATFS_BAVAIL).map(drop)
        }
        _ => Ok(()),
    }
}

/// fattr (RFC 1094, section 2.3.5).
fn attributes(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(FTYPE)?;
    pdu.take(MODE)?;
    pdu.take(FATTR_NLINK)?;
    pdu.take(FATTR_UID)?;
    pdu.take(FATTR_GID)?;
    pdu.take(FATTR_SIZE)?;
    pdu.take(FATTR_BLOCKSIZE)?;
    pdu.take(FATTR_RDEV)?;
    pdu.take(FATTR_BLOCKS)?;
    pdu.take(FATTR_FSID)?;
    pdu.take(FATTR_FILEID)?;
    time(pdu, ATIME, ATIME_SEC, ATIME_USEC, 1000)?;
    time(pdu, MTIME, MTIME_SEC, MTIME_USEC, 1000)?;
    time(pdu, CTIME, CTIME_SEC, CTIME_USEC, 1000)
}

/// sattr (RFC 1094, section 2.3.6), in which all ones say that something is not to be set.
pub(super) fn settable(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(if pdu.peek(MODE)? == u32::MAX { NO_MODE } else { MODE })?;
    pdu.take(FATTR_UID)?;
    pdu.take(FATTR_GID)?;
    pdu.take(FATTR_SIZE)?;
    settable_time(pdu, ATIME, ATIME_SEC, ATIME_USEC)?;
    settable_time(pdu, MTIME, MTIME_SEC, MTIME_USEC)
}

fn settable_time(pdu: &mut Pdu<'_>, whole: Handle<ComputedWord>, sec: Handle<u32>, usec: Handle<u32>) -> Step {
    match pdu.peek(sec)? {
        u32::MAX => pdu.skip(8),
        _ => time(pdu, whole, sec, usec, 1000),
    }
}
