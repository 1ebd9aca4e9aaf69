//! Directories, and information about files and file systems (MS-FSCC, sections 2.4 and 2.5).

use super::*;

/// The entries of a directory.
pub(super) fn find(pdu: &mut Pdu<'_>, c: &mut Command<'_>) -> Step {
    const NAMES: u8 = 12;
    let level = c.request.level;
    let at = pdu.position();
    pdu.mark(FIND_INFO_BLOB, at..at + pdu.remaining());
    if !matches!(level, 1..=3 | NAMES | 37 | 38) {
        return Ok(());
    }
    loop {
        let base = pdu.position();
        let next = pdu.take(NEXT_OFFSET)? as usize;
        pdu.take(FILE_INDEX)?;
        if level != NAMES {
            times(pdu)?;
            pdu.take(EOF)?;
            pdu.take(ALLOCATION_SIZE)?;
            pdu.take(FILE_ATTRIBUTE)?;
        }
        let len = pdu.take(FILENAME_LEN)? as usize;
        if matches!(level, 2 | 3 | 37 | 38) {
            pdu.take(EA_SIZE)?;
        }
        if matches!(level, 3 | 37) {
            let short = usize::from(pdu.take(SHORT_NAME_LEN)?);
            pdu.take_bytes(RESERVED, 1)?;
            let at = pdu.position();
            let name = utf16(pdu.rest().get(..short.min(24)).unwrap_or_default());
            text(pdu, SHORTNAME, at..at + short.min(24), &name);
            pdu.skip(24)?;
        }
        match level {
            37 => pdu.take_bytes(RESERVED, 2).map(drop)?,
            38 => pdu.take_bytes(RESERVED, 4).map(drop)?,
            _ => {}
        }
        if level >= 37 {
            pdu.take(FILE_ID)?;
        }
        take_text(pdu, FILENAME, len)?;
        let start = base + next;
        if next == 0 || start < pdu.position() {
            return Ok(());
        }
        pdu.skip(start - pdu.position())?;
    }
}

fn times(pdu: &mut Pdu<'_>) -> Step {
    for field in [CREATE_TIME, LAST_ACCESS_TIME, LAST_WRITE_TIME, LAST_CHANGE_TIME] {
        time(pdu, field)?;
    }
    Ok(())
}

fn basic(pdu: &mut Pdu<'_>) -> Step {
    times(pdu)?;
    pdu.take(FILE_ATTRIBUTE)?;
    pdu.take_bytes(UNKNOWN, 4)?;
    Ok(())
}

/// Information of the class and level that was asked for.
pub(super) fn information(pdu: &mut Pdu<'_>, c: &mut Command<'_>) -> Step {
    match (c.request.class, c.request.level) {
        (1, 4) => basic(pdu),
        (1, 5) => {
            pdu.take(SMB_ALLOC_SIZE64)?;
            pdu.take(SMB_END_OF_FILE)?;
            pdu.take(SMB_LINK_COUNT)?;
            pdu.take(SMB_DELETE_PENDING)?;
            pdu.take(SMB_IS_DIRECTORY)?;
            Ok(())
        }
        (1, 6) => pdu.take(FILE_ID).map(drop),
        (1, 7) => pdu.take(EA_SIZE).map(drop),
        (1, 8) => pdu.take(SMB_ACCESS_MASK).map(drop),
        (1, 13) => pdu.take(DISPOSITION_DELETE_ON_CLOSE).map(drop),
        (1, 14) => pdu.take(POSITION_INFO).map(drop),
        (1, 16) => pdu.take(MODE_INFO).map(drop),
        (1, 17) => pdu.take(ALIGNMENT_INFO).map(drop),
        (1, 18) => all(pdu),
        (1, 20) => pdu.take(EOF).map(drop),
        (1, 22) => streams(pdu),
        (1, 34) => {
            times(pdu)?;
            pdu.take(ALLOCATION_SIZE)?;
            pdu.take(EOF)?;
            pdu.take(FILE_ATTRIBUTE)?;
            pdu.take_bytes(UNKNOWN, 4)?;
            Ok(())
        }
        (2, 3) => {
            pdu.take(SMB_ALLOC_SIZE64)?;
            pdu.take(SMB_FREE_ALLOC_UNITS)?;
            pdu.take(SMB_FS_SECTOR_PER_UNIT)?;
            pdu.take(SMB_FS_BYTES_PER_SECTOR)?;
            Ok(())
        }
        (2, 5) => {
            pdu.take(SMB_FS_ATTR)?;
            pdu.take(SMB_FS_MAX_NAME_LEN)?;
            let len = pdu.take(SMB_FS_NAME_LEN)?;
            take_text(pdu, SMB_FS_NAME, len as usize).map(drop)
        }
        _ => Ok(()),
    }
}

/// MS-FSCC, section 2.4.2.
fn all(pdu: &mut Pdu<'_>) -> Step {
    basic(pdu)?;
    pdu.take(ALLOCATION_SIZE)?;
    pdu.take(EOF)?;
    pdu.take(NLINKS)?;
    pdu.take(DELETE_PENDING)?;
    pdu.take(IS_DIRECTORY)?;
    pdu.skip(2)?;
    pdu.take(FILE_ID)?;
    pdu.take(EA_SIZE)?;
    pdu.take(SMB_ACCESS_MASK)?;
    pdu.take(POSITION_INFO)?;
    pdu.take(MODE_INFO)?;
    pdu.take(ALIGNMENT_INFO)?;
    let len = pdu.take(FILENAME_LEN)?;
    take_text(pdu, FILENAME, len as usize).map(drop)
}

/// MS-FSCC, section 2.4.49.
fn streams(pdu: &mut Pdu<'_>) -> Step {
    loop {
        let base = pdu.position();
        let next = pdu.take(SMB_NEXT_ENTRY_OFFSET)? as usize;
        let len = pdu.take(SMB_STREAM_NAME_LEN)?;
        pdu.take(SMB_STREAM_SIZE)?;
        pdu.take(SMB_ALLOC_SIZE64)?;
        take_text(pdu, SMB_STREAM_NAME, len as usize)?;
        let start = base + next;
        if next == 0 || start < pdu.position() {
            return Ok(());
        }
        pdu.skip(start - pdu.position())?;
    }
}
