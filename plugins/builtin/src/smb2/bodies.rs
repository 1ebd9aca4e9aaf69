//! The bodies of the commands (MS-SMB2, sections 2.2.3 to 2.2.40).

use super::*;

pub(super) fn body(pdu: &mut Pdu<'_>, c: &mut Command<'_>, cmd: u16, status: u32) -> Step {
    if c.response && matches!(cmd, 14 | 16 | 17) {
        // Not in the bytes: what the request asked for.
        let at = pdu.position();
        show_level(pdu, c, cmd, at);
    }
    let size = pdu.take(BUFFER_CODE)?;
    const BUFFER_OVERFLOW: u32 = 0x8000_0005;
    const ERROR_SIZE: u16 = 9;
    if c.response
        && size == ERROR_SIZE
        && !matches!(status, 0 | BUFFER_OVERFLOW)
        && !(cmd == SESSION_SETUP && status == MORE_PROCESSING_REQUIRED)
    {
        return error(pdu);
    }
    match (cmd, c.response) {
        (0, false) => negotiate_request(pdu, c),
        (0, true) => negotiate_response(pdu, c),
        (1, false) => session_request(pdu, c),
        (1, true) => session_response(pdu, c, status),
        (3, false) => tree_request(pdu, c),
        (3, true) => tree_response(pdu, c),
        // A field without meaning is the whole body.
        (2, true) | (4 | 12 | 13 | 7, _) if size == 4 => pdu.take_bytes(RESERVED, 2).map(drop),
        (5, false) => create_request(pdu, c),
        (5, true) => create_response(pdu, c),
        (6, false) => close_request(pdu, c),
        (6, true) => close_response(pdu),
        (7, false) => flush(pdu, c),
        (8, false) => read_request(pdu, c),
        (8, true) => read_response(pdu, c),
        (9, false) => write_request(pdu, c),
        (9, true) => write_response(pdu),
        (10, false) => lock_request(pdu, c),
        (10, true) => pdu.take_bytes(UNKNOWN, 2).map(drop),
        (11, _) => ioctl(pdu, c),
        (14, false) => find_request(pdu, c),
        (14, true) => {
            let place = place(pdu, 2, 4)?;
            c.part(pdu, place, info::find)
        }
        (15, false) => notify_request(pdu, c),
        (15, true) => place(pdu, 2, 4).map(drop),
        (16, false) => get_info_request(pdu, c),
        (16, true) => {
            let place = place(pdu, 2, 4)?;
            c.part(pdu, place, info::information)
        }
        (17, false) => set_info_request(pdu, c),
        _ => Ok(()),
    }
}

fn error(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(ERROR_CONTEXT_COUNT)?;
    pdu.take(ERROR_RESERVED)?;
    let len = pdu.take(ERROR_BYTE_COUNT)? as usize;
    // MS-SMB2, section 2.2.2: without data there is one byte that means nothing.
    pdu.take_bytes(ERROR_DATA, len.max(1).min(pdu.remaining())).map(drop)
}

fn negotiate_request(pdu: &mut Pdu<'_>, c: &mut Command<'_>) -> Step {
    let count = pdu.take(DIALECT_COUNT)?;
    pdu.take(SEC_MODE)?;
    pdu.skip(1)?;
    pdu.take_bytes(RESERVED, 2)?;
    pdu.take(CAPABILITIES)?;
    uuid(pdu, CLIENT_GUID)?;
    let offset = pdu.take(NEGOTIATE_CONTEXT_OFFSET)? as usize;
    let contexts = pdu.take(NEGOTIATE_CONTEXT_COUNT)?;
    pdu.take_bytes(RESERVED, 2)?;
    let mut newest = 0;
    for _ in 0..count {
        newest = newest.max(pdu.take(DIALECT)?);
    }
    if newest >= 0x311 { contexts::negotiate(pdu, c, offset, contexts) } else { Ok(()) }
}

fn negotiate_response(pdu: &mut Pdu<'_>, c: &mut Command<'_>) -> Step {
    pdu.take(SEC_MODE)?;
    pdu.skip(1)?;
    let dialect = pdu.take(DIALECT)?;
    let contexts = pdu.take(NEGOTIATE_CONTEXT_COUNT)?;
    uuid(pdu, SERVER_GUID)?;
    pdu.take(CAPABILITIES)?;
    pdu.take(MAX_TRANS_SIZE)?;
    pdu.take(MAX_READ_SIZE)?;
    pdu.take(MAX_WRITE_SIZE)?;
    time(pdu, CURRENT_TIME)?;
    time(pdu, BOOT_TIME)?;
    let blob = place(pdu, 2, 2)?;
    let offset = pdu.take(NEGOTIATE_CONTEXT_OFFSET)? as usize;
    security_blob(pdu, c, blob)?;
    if dialect >= 0x311 && dialect != 0x2ff { contexts::negotiate(pdu, c, offset, contexts) } else { Ok(()) }
}

fn security_blob(pdu: &mut Pdu<'_>, c: &mut Command<'_>, place: (usize, usize)) -> Step {
    if place.1 == 0 {
        return pdu.take_bytes(SECURITY_BLOB, 0).map(drop);
    }
    c.part(pdu, place, security_token)
}

fn security_token(pdu: &mut Pdu<'_>, c: &mut Command<'_>) -> Step {
    let at = pdu.position();
    pdu.mark(SECURITY_BLOB, at..at + pdu.remaining());
    if c.request.cmd == SESSION_SETUP
        && !c.response
        && let Some(who) = who(pdu.rest())
    {
        c.connection.sessions.insert(c.session, Session { frame: pdu.frame_number(), ..who });
    }
    pdu.hand_to(GSS_API).detail();
    Ok(())
}

/// Who the last message of NTLM in a blob says that they are (MS-NLMP, section 2.2.1.3).
fn who(blob: &[u8]) -> Option<Session> {
    const AUTHENTICATE: &[u8] = b"NTLMSSP\0\x03\0\0\0";
    let start = blob.windows(AUTHENTICATE.len()).position(|w| w == AUTHENTICATE)?;
    let message = blob.get(start..)?;
    let field = |at: usize| -> Option<String> {
        let &[l, m, _, _, a, b, c, d] = message.get(at..at + 8)?.first_chunk()?;
        let offset = u32::from_le_bytes([a, b, c, d]) as usize;
        Some(utf16(message.get(offset..)?.get(..usize::from(u16::from_le_bytes([l, m])))?))
    };
    Some(Session { domain: field(28)?, account: field(36)?, host: field(44)?, frame: 0 })
}

fn session_request(pdu: &mut Pdu<'_>, c: &mut Command<'_>) -> Step {
    pdu.take(SES_REQ_FLAGS)?;
    pdu.take(SEC_MODE)?;
    pdu.take(CAPABILITIES)?;
    pdu.take(CHANNEL)?;
    let blob = place(pdu, 2, 2)?;
    pdu.take(PREVIOUS_SESID)?;
    security_blob(pdu, c, blob)
}

fn session_response(pdu: &mut Pdu<'_>, c: &mut Command<'_>, status: u32) -> Step {
    pdu.take(SESSION_FLAGS)?;
    let blob = place(pdu, 2, 2)?;
    if status == 0 {
        let frame = pdu.frame_number();
        match c.connection.sessions.get_mut(&c.session) {
            Some(session) => session.frame = frame,
            None => c.connection.sessions.insert(c.session, Session { frame, ..Session::default() }),
        }
    }
    security_blob(pdu, c, blob)
}

fn tree_request(pdu: &mut Pdu<'_>, c: &mut Command<'_>) -> Step {
    pdu.take(TC_FLAGS)?;
    let path = place(pdu, 2, 2)?;
    c.part(pdu, path, |pdu, c| {
        c.request.name = take_text(pdu, TREE_PATH, pdu.remaining())?;
        let path = &c.request.name;
        pdu.info(format_args!("Tree Connect Request Tree: {path}"));
        Ok(())
    })
}

fn tree_response(pdu: &mut Pdu<'_>, c: &mut Command<'_>) -> Step {
    let kind = pdu.take(SHARE_TYPE)?;
    pdu.take_bytes(RESERVED, 1)?;
    let at = pdu.position();
    let flags = pdu.take(SHARE_FLAGS)?;
    pdu.computed(SHARE_CACHING, at..at + 4, flags & 0x30);
    pdu.take(SHARE_CAPS)?;
    pdu.take(SMB_ACCESS_MASK)?;
    let tree = Tree { path: std::mem::take(&mut c.request.name), kind, frame: pdu.frame_number() };
    c.connection.trees.insert((c.session, c.tree), tree);
    Ok(())
}

fn create_request(pdu: &mut Pdu<'_>, c: &mut Command<'_>) -> Step {
    pdu.skip(1)?;
    pdu.take(CREATE_OPLOCK)?;
    pdu.take(IMPERSONATION_LEVEL)?;
    pdu.take(CREATE_FLAGS)?;
    pdu.take_bytes(RESERVED, 8)?;
    pdu.take(SMB_ACCESS_MASK)?;
    pdu.take(FILE_ATTRIBUTE)?;
    pdu.take(SMB_SHARE_ACCESS)?;
    pdu.take(CREATE_DISPOSITION)?;
    pdu.take(SMB_CREATE_OPTIONS)?;
    let name = place(pdu, 2, 2)?;
    let extra = place(pdu, 4, 4)?;
    c.part(pdu, name, |pdu, c| {
        c.request.name = take_text(pdu, FILENAME, pdu.remaining())?;
        Ok(())
    })?;
    let name = &c.request.name;
    pdu.info(format_args!("Create Request File: {name}"));
    c.part(pdu, extra, contexts::create)
}

fn times(pdu: &mut Pdu<'_>) -> Step {
    for field in [CREATE_TIME, LAST_ACCESS_TIME, LAST_WRITE_TIME, LAST_CHANGE_TIME] {
        time(pdu, field)?;
    }
    Ok(())
}

fn create_response(pdu: &mut Pdu<'_>, c: &mut Command<'_>) -> Step {
    pdu.take(CREATE_OPLOCK)?;
    pdu.take(CREATE_REP_FLAGS)?;
    pdu.take(CREATE_ACTION)?;
    times(pdu)?;
    pdu.take(ALLOCATION_SIZE)?;
    pdu.take(EOF)?;
    pdu.take(FILE_ATTRIBUTE)?;
    pdu.take_bytes(RESERVED, 4)?;
    if let Some(&fid) = pdu.rest().first_chunk::<16>() {
        let file = File { name: std::mem::take(&mut c.request.name), frame: pdu.frame_number() };
        c.connection.files.insert(fid, file);
    }
    c.fid(pdu)?;
    let extra = place(pdu, 4, 4)?;
    c.part(pdu, extra, contexts::create)
}

fn close_request(pdu: &mut Pdu<'_>, c: &mut Command<'_>) -> Step {
    pdu.take(CLOSE_FLAGS)?;
    pdu.skip(4)?;
    let fid = c.fid(pdu)?;
    let at = pdu.position();
    pdu.computed(CLOSE_FRAME, at - 16..at, pdu.frame_number());
    if fid != NO_FID {
        c.connection.files.remove(&fid);
    }
    Ok(())
}

fn close_response(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(CLOSE_FLAGS)?;
    pdu.take_bytes(RESERVED, 4)?;
    times(pdu)?;
    pdu.take(ALLOCATION_SIZE)?;
    pdu.take(EOF)?;
    pdu.take(FILE_ATTRIBUTE)?;
    Ok(())
}

fn flush(pdu: &mut Pdu<'_>, c: &mut Command<'_>) -> Step {
    pdu.skip(6)?;
    c.fid(pdu).map(drop)
}

fn read_request(pdu: &mut Pdu<'_>, c: &mut Command<'_>) -> Step {
    pdu.take(READ_PADDING)?;
    pdu.take(READ_FLAGS)?;
    pdu.take(READ_LENGTH)?;
    pdu.take(FILE_OFFSET)?;
    c.request.name = hex(c.fid(pdu)?);
    pdu.take(MIN_COUNT)?;
    pdu.take(CHANNEL)?;
    pdu.take(REMAINING_BYTES)?;
    place(pdu, 2, 2).map(drop)
}

/// A file identifier as a text, to remember it by until the response.
fn hex(fid: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(fid))
}

fn read_response(pdu: &mut Pdu<'_>, c: &mut Command<'_>) -> Step {
    let at = pdu.position();
    let offset = number(pdu, 1)?;
    pdu.computed(OLB_OFFSET, at..at + 1, offset);
    pdu.skip(1)?;
    let len = number(pdu, 4)?;
    pdu.take(READ_REMAINING)?;
    pdu.take_bytes(RESERVED, 4)?;
    pdu.mark(RESERVED, at + 1..at + 2);
    pdu.computed(OLB_LENGTH, at + 2..at + 6, len);
    if len == 0 {
        pdu.take_bytes(READ_BLOB, 0)?;
    }
    c.part(pdu, (offset as usize, len as usize), |pdu, c| {
        let at = pdu.position();
        pdu.mark(READ_BLOB, at..at + pdu.remaining());
        let fid = u128::from_str_radix(&c.request.name, 16).unwrap_or_default().to_be_bytes();
        c.pipe(pdu, fid);
        Ok(())
    })
}

fn write_request(pdu: &mut Pdu<'_>, c: &mut Command<'_>) -> Step {
    let offset = pdu.take(DATA_OFFSET)?;
    let len = pdu.take(WRITE_LENGTH)?;
    pdu.take(FILE_OFFSET)?;
    let fid = c.fid(pdu)?;
    pdu.take(CHANNEL)?;
    pdu.take(REMAINING_BYTES)?;
    place(pdu, 2, 2)?;
    pdu.take(WRITE_FLAGS)?;
    c.part(pdu, (offset.into(), len as usize), |pdu, c| {
        let at = pdu.position();
        pdu.mark(WRITE_DATA, at..at + pdu.remaining());
        c.pipe(pdu, fid);
        Ok(())
    })
}

fn write_response(pdu: &mut Pdu<'_>) -> Step {
    pdu.take_bytes(RESERVED, 2)?;
    pdu.take(WRITE_COUNT)?;
    pdu.take(WRITE_REMAINING)?;
    pdu.take(CHANNEL_INFO_OFFSET)?;
    pdu.take(CHANNEL_INFO_LENGTH)?;
    Ok(())
}

/// MS-SMB2, section 2.2.26.
fn lock_request(pdu: &mut Pdu<'_>, c: &mut Command<'_>) -> Step {
    let count = pdu.take(LOCK_COUNT)?;
    pdu.take_bytes(RESERVED, 4)?;
    c.fid(pdu)?;
    for _ in 0..count {
        pdu.take(FILE_OFFSET)?;
        pdu.take(LOCK_LENGTH)?;
        pdu.take(LOCK_FLAGS)?;
        pdu.take_bytes(RESERVED, 4)?;
    }
    Ok(())
}

fn ioctl(pdu: &mut Pdu<'_>, c: &mut Command<'_>) -> Step {
    pdu.take_bytes(RESERVED, 2)?;
    let function = pdu.take(IOCTL_FUNCTION)?;
    let fid = c.fid(pdu)?;
    let at = pdu.position();
    let fixed = pdu.rest().get(..if c.response { 24 } else { 32 }).unwrap_or_default();
    let word = |i: usize| {
        fixed.get(i..i + 4).and_then(|b| b.first_chunk().copied()).map_or(0, |b| u32::from_le_bytes(b) as usize)
    };
    // MS-SMB2, sections 2.2.31 and 2.2.32: a request says between input and output how much it takes.
    let (input, output) = match c.response {
        true => ((word(0), word(4)), (word(8), word(12))),
        false => ((word(0), word(4)), (word(12), word(16))),
    };
    if c.response {
        pdu.skip(16)?;
        pdu.take(BODY_FLAGS)?;
    } else {
        pdu.skip(8)?;
        pdu.take(MAX_IOCTL_IN_SIZE)?;
        pdu.skip(8)?;
        pdu.take(MAX_IOCTL_OUT_SIZE)?;
        pdu.take(IOCTL_FLAGS)?;
    }
    pdu.take_bytes(RESERVED, 4)?;
    let show = |pdu: &mut Pdu<'_>, at: usize, (offset, len): (usize, usize)| {
        pdu.computed(OLB_OFFSET, at..at + 4, offset);
        pdu.computed(OLB_LENGTH, at + 4..at + 8, len);
    };
    // Whichever lies first in the message is read first.
    let mut parts = [(at, input, false), (at + if c.response { 8 } else { 12 }, output, true)];
    parts.sort_by_key(|(_, (offset, _), _)| *offset);
    for (at, place, is_output) in parts {
        show(pdu, at, place);
        c.part(pdu, place, |pdu, c| contexts::control(pdu, c, function, fid, is_output))?;
    }
    Ok(())
}

/// Shows class and level of the information that was asked for, where the bytes don't have it.
fn show_level(pdu: &mut Pdu<'_>, c: &Command<'_>, cmd: u16, at: usize) {
    let Request { class, level, .. } = c.request;
    if cmd == 14 {
        if level > 0 {
            pdu.computed(FIND_INFOLEVEL_OF, at..at, level);
        }
        return;
    }
    if class > 0 {
        pdu.computed(CLASS_OF, at..at, class);
        match class {
            1 => pdu.computed(FILE_LEVEL_OF, at..at, level),
            2 => pdu.computed(FS_LEVEL_OF, at..at, level),
            3 => pdu.computed(SEC_LEVEL_OF, at..at, level),
            _ => {}
        }
    }
}

fn find_request(pdu: &mut Pdu<'_>, c: &mut Command<'_>) -> Step {
    let at = pdu.position();
    c.request.level = number(pdu, 1)? as u8;
    pdu.computed(FIND_INFOLEVEL_OF, at..at + 1, c.request.level);
    pdu.take(FIND_FLAGS)?;
    pdu.take(FILE_INDEX)?;
    c.fid(pdu)?;
    let pattern = place(pdu, 2, 2)?;
    pdu.take(OUTPUT_BUFFER_LEN)?;
    c.part(pdu, pattern, |pdu, _| take_text(pdu, FIND_PATTERN, pdu.remaining()).map(drop))
}

fn notify_request(pdu: &mut Pdu<'_>, c: &mut Command<'_>) -> Step {
    pdu.take(NOTIFY_FLAGS)?;
    pdu.take(OUTPUT_BUFFER_LEN)?;
    c.fid(pdu)?;
    pdu.take(SMB_NT_NOTIFY_COMPLETION_FILTER)?;
    pdu.take_bytes(RESERVED, 4)?;
    Ok(())
}

/// Class and level, as a request has them.
fn level(pdu: &mut Pdu<'_>, c: &mut Command<'_>) -> Step {
    c.request.class = pdu.take(CLASS)?;
    let at = pdu.position();
    c.request.level = number(pdu, 1)? as u8;
    let level = c.request.level;
    match c.request.class {
        1 => pdu.computed(FILE_LEVEL_OF, at..at + 1, level),
        2 => pdu.computed(FS_LEVEL_OF, at..at + 1, level),
        3 => pdu.computed(SEC_LEVEL_OF, at..at + 1, level),
        _ => {}
    }
    Ok(())
}

fn additional(pdu: &mut Pdu<'_>, c: &Command<'_>) -> Step {
    const SECURITY: u8 = 3;
    if c.request.class == SECURITY {
        pdu.take(GETSETINFO_ADDITIONALS)?;
    } else {
        pdu.take(GETSETINFO_ADDITIONAL)?;
    }
    Ok(())
}

fn get_info_request(pdu: &mut Pdu<'_>, c: &mut Command<'_>) -> Step {
    level(pdu, c)?;
    pdu.take(MAX_RESPONSE_SIZE)?;
    pdu.take(GETINFO_INPUT_OFFSET)?;
    pdu.take_bytes(RESERVED, 2)?;
    pdu.take(GETINFO_INPUT_SIZE)?;
    additional(pdu, c)?;
    pdu.take(GETINFO_FLAGS)?;
    c.fid(pdu).map(drop)
}

fn set_info_request(pdu: &mut Pdu<'_>, c: &mut Command<'_>) -> Step {
    level(pdu, c)?;
    let len = pdu.take(SETINFO_SIZE)?;
    let offset = pdu.take(SETINFO_OFFSET)?;
    pdu.take(SETINFO_RESERVED)?;
    additional(pdu, c)?;
    c.fid(pdu)?;
    c.part(pdu, (offset.into(), len as usize), info::information)
}
