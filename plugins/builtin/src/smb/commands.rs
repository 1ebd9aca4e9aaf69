//! The commands (MS-CIFS, section 2.2.4).

use super::*;

const CLOSE: u8 = 0x04;
const LOCKING_ANDX: u8 = 0x24;
pub(super) const TRANSACTION: u8 = 0x25;
pub(super) const ECHO: u8 = 0x2b;
const READ_ANDX: u8 = 0x2e;
const WRITE_ANDX: u8 = 0x2f;
pub(super) const TRANSACTION2: u8 = 0x32;
pub(super) const TRANSACTION2_SECONDARY: u8 = 0x33;
const NEGOTIATE: u8 = 0x72;
const SESSION_SETUP_ANDX: u8 = 0x73;
const LOGOFF_ANDX: u8 = 0x74;
pub(super) const TREE_CONNECT_ANDX: u8 = 0x75;
const NT_CREATE_ANDX: u8 = 0xa2;

/// The command behind another, and where it begins.
type Next = Option<(u8, u16)>;

/// Words, then bytes. Returns what follows.
pub(super) fn command(pdu: &mut Pdu<'_>, m: &mut Message<'_>, cmd: u8) -> Result<Next, Stop> {
    let at = pdu.position();
    let mut closed = None;
    if m.response
        && cmd != NT_CREATE_ANDX
        && let Some(fid) = m.request.fid
    {
        // Not in the bytes: what the request was about.
        m.show_file(pdu, fid, at);
        closed = (cmd == CLOSE).then_some(fid);
    }
    if m.response && cmd == TRANSACTION2 {
        if let Some(subcommand) = m.request.trans2 {
            pdu.computed(TRANS2_CMD_OF, at..at, subcommand);
        }
        if let Some(level) = m.request.level {
            pdu.computed(QPI_LOI, at..at, level);
        }
        text(pdu, FILE, at..at, &m.request.query);
    }
    let words = pdu.take(WCT)?;
    let mut next = None;
    let mut rest = Rest::default();
    let andx = matches!(
        cmd,
        LOCKING_ANDX | READ_ANDX | WRITE_ANDX | SESSION_SETUP_ANDX | LOGOFF_ANDX | TREE_CONNECT_ANDX | NT_CREATE_ANDX
    );
    let setup = |offset| number_at(pdu, at + 1 + offset, 1) as usize;
    let count = match (cmd, m.response) {
        // MS-SMB, section 2.2.4.9.2: the longer answer has 50 words, and Windows says that it has 42.
        (NT_CREATE_ANDX, true) if words == 42 => 50,
        // MS-CIFS, sections 2.2.4.33 and 2.2.4.46: how many there are follows from the setup count.
        (TRANSACTION | TRANSACTION2, false) if words >= 14 => 14 + setup(26),
        (TRANSACTION | TRANSACTION2, true) if words >= 10 => 10 + setup(18),
        _ => words.into(),
    };
    pdu.within(WCT, 2 * count, |pdu| {
        if words == 0 {
            return Ok(());
        }
        if andx {
            let cmd = pdu.take(CMD)?;
            pdu.take_bytes(RESERVED, 1)?;
            next = Some((cmd, pdu.take(ANDXOFFSET)?));
        }
        parameters(pdu, m, cmd, words, &mut rest)
    })?;
    let len = pdu.take(BCC)?;
    if len > 0 {
        pdu.within(BCC, len.into(), |pdu| bytes(pdu, m, cmd, words, &rest))?;
    }
    if let Some(fid) = closed {
        m.connection.files.remove(&fid);
    }
    Ok(next)
}

/// What the words say of the bytes.
#[derive(Default)]
struct Rest {
    len: usize,
    other_len: usize,
    extended: bool,
    unicode: bool,
    /// Where parameters and data of a transaction lie.
    parameters: (usize, usize),
    data: (usize, usize),
    fid: Option<u16>,
    setup: Vec<u16>,
    setup_at: usize,
}

fn parameters(pdu: &mut Pdu<'_>, m: &mut Message<'_>, cmd: u8, words: u8, rest: &mut Rest) -> Step {
    match (cmd, m.response) {
        (NEGOTIATE, true) => {
            pdu.take(DIALECT_INDEX)?;
            if words < 17 {
                return Ok(());
            }
            pdu.take(SM)?;
            pdu.take(MAX_MPX_COUNT)?;
            pdu.take(MAX_VCS)?;
            pdu.take(MAX_BUFSIZE)?;
            pdu.take(MAX_RAW)?;
            pdu.take(SESSION_KEY)?;
            let capabilities = pdu.take(SERVER_CAP)?;
            rest.extended = capabilities & 0x8000_0000 != 0;
            // MS-CIFS, section 2.2.4.52.2: the names follow what is being negotiated, and aren't aligned.
            rest.unicode = capabilities & 0x4 != 0;
            time(pdu, SYSTEM_TIME)?;
            pdu.take(SERVER_TIMEZONE)?;
            rest.len = pdu.take(CHALLENGE_LENGTH)?.into();
        }
        (SESSION_SETUP_ANDX, false) => {
            pdu.take(MAX_BUF)?;
            pdu.take(MAX_MPX_COUNT)?;
            pdu.take(VC)?;
            pdu.take(SESSION_KEY)?;
            if words == 12 {
                rest.len = pdu.take(SECURITY_BLOB_LEN)?.into();
            } else {
                rest.len = pdu.take(ANSI_PWLEN)?.into();
                rest.other_len = pdu.take(UNICODE_PWLEN)?.into();
            }
            pdu.take_bytes(RESERVED, 4)?;
            pdu.take(SERVER_CAP)?;
        }
        (SESSION_SETUP_ANDX, true) => {
            pdu.take(SETUP_ACTION)?;
            if words >= 4 {
                rest.len = pdu.take(SECURITY_BLOB_LEN)?.into();
            }
        }
        (TREE_CONNECT_ANDX, false) => {
            pdu.take(CONNECT_FLAGS)?;
            rest.len = pdu.take(PWLEN)?.into();
        }
        (TREE_CONNECT_ANDX, true) => {
            pdu.take(CONNECT_SUPPORT)?;
            if words >= 7 {
                access(pdu)?;
                access(pdu)?;
            }
        }
        (ECHO, false) => {
            pdu.take(ECHO_COUNT)?;
        }
        (ECHO, true) => {
            pdu.take(ECHO_SEQ_NUM)?;
        }
        (NT_CREATE_ANDX, false) => create_request(pdu, m, rest)?,
        (NT_CREATE_ANDX, true) => create_response(pdu, m, words)?,
        (CLOSE, false) => {
            let at = pdu.position();
            let frame = pdu.frame_number();
            let fid = number_at(pdu, at, 2) as u16;
            if let Some(file) = m.connection.files.get_mut(&fid) {
                file.closed = Some(frame);
            }
            m.fid(pdu)?;
            let at = pdu.position();
            let seconds = number(pdu, 4)?;
            pdu.computed(LAST_WRITE_TIME, at..at + 4, seconds * 1_000_000_000);
        }
        (READ_ANDX, false) => {
            m.fid(pdu)?;
            let offset = pdu.take(OFFSET)?;
            let low = pdu.take(MAXCOUNT_LOW)?;
            pdu.take(MINCOUNT)?;
            // MS-SMB, section 2.2.4.2.1: the upper half of what was a timeout is reserved.
            pdu.take(MAXCOUNT_HIGH)?;
            pdu.skip(2)?;
            pdu.take(REMAINING)?;
            let high = if words >= 12 { pdu.take(OFFSET_HIGH)? } else { 0 };
            range(pdu, m, u64::from(high) << 32 | u64::from(offset), low.into());
        }
        (READ_ANDX, true) => {
            show_range(pdu, m);
            pdu.take(REMAINING)?;
            pdu.take(DCM)?;
            pdu.take_bytes(RESERVED, 2)?;
            rest.len = pdu.take(DATA_LEN_LOW)?.into();
            rest.data.0 = pdu.take(DATA_OFFSET)?.into();
            let at = pdu.position();
            pdu.skip(4)?;
            pdu.mark(DATA_LEN_HIGH, at..at + 4);
            pdu.take_bytes(RESERVED, 6)?;
        }
        (WRITE_ANDX, false) => {
            rest.fid = Some(m.fid(pdu)?);
            let offset = pdu.take(OFFSET)?;
            pdu.take_bytes(RESERVED, 4)?;
            pdu.take(WRITE_MODE)?;
            pdu.take(REMAINING)?;
            pdu.take(DATA_LEN_HIGH)?;
            let len = pdu.take(DATA_LEN_LOW)?;
            rest.len = len.into();
            rest.data.0 = pdu.take(DATA_OFFSET)?.into();
            let high = if words >= 14 { pdu.take(OFFSET_HIGH)? } else { 0 };
            range(pdu, m, u64::from(high) << 32 | u64::from(offset), len.into());
        }
        (WRITE_ANDX, true) => {
            show_range(pdu, m);
            pdu.take(COUNT_LOW)?;
            pdu.take(REMAINING)?;
            pdu.take(COUNT_HIGH)?;
            pdu.take_bytes(RESERVED, 2)?;
        }
        (LOCKING_ANDX, false) => {
            m.fid(pdu)?;
            pdu.take(LOCK_TYPE)?;
            pdu.take(LOCKING_OPLOCK_LEVEL)?;
            pdu.take(TIMEOUT)?;
            pdu.take(LOCKING_NUM_UNLOCKS)?;
            pdu.take(LOCKING_NUM_LOCKS)?;
        }
        (TRANSACTION | TRANSACTION2, _) => transaction(pdu, m, cmd, rest)?,
        (TRANSACTION2_SECONDARY, false) => secondary(pdu, m, rest)?,
        _ => {}
    }
    Ok(())
}

fn access(pdu: &mut Pdu<'_>) -> Step {
    let at = pdu.position();
    let value = number(pdu, 4)? as u32;
    bits(pdu, ACCESS_MASK, ACCESS_MASK_BITS, at, value);
    Ok(())
}

fn range(pdu: &mut Pdu<'_>, m: &mut Message<'_>, offset: u64, len: u32) {
    m.request.range = Some((offset, len));
    show_range(pdu, m);
}

fn show_range(pdu: &mut Pdu<'_>, m: &Message<'_>) {
    if let Some((offset, len)) = m.request.range {
        pdu.computed(FILE_RW_OFFSET, 0..0, offset);
        pdu.computed(FILE_RW_LENGTH, 0..0, len);
    }
}

/// MS-CIFS, section 2.2.4.64.1.
fn create_request(pdu: &mut Pdu<'_>, m: &mut Message<'_>, rest: &mut Rest) -> Step {
    pdu.take_bytes(RESERVED, 1)?;
    // What it is called depends on the place: two bytes here.
    let at = pdu.position();
    rest.len = number(pdu, 2)? as usize;
    pdu.mark(FILE_NAME_LEN, at..at + 2);
    let at = pdu.position();
    let mut file = File { flags: number(pdu, 4)? as u32, ..File::default() };
    bits(pdu, CREATE_FLAGS, CREATE_FLAGS_BITS, at, file.flags);
    pdu.take(RFID)?;
    let at = pdu.position();
    file.access = number(pdu, 4)? as u32;
    bits(pdu, ACCESS_MASK, ACCESS_MASK_BITS, at, file.access);
    pdu.take(ALLOC_SIZE64)?;
    let at = pdu.position();
    file.attributes = number(pdu, 4)? as u32;
    bits(pdu, FILE_ATTRIBUTE, FILE_ATTRIBUTE_BITS, at, file.attributes);
    let at = pdu.position();
    file.share = number(pdu, 4)? as u32;
    bits(pdu, SHARE_ACCESS, SHARE_ACCESS_BITS, at, file.share);
    let at = pdu.position();
    file.disposition = number(pdu, 4)? as u32;
    pdu.computed(CREATE_DISPOSITION, at..at + 4, file.disposition);
    let at = pdu.position();
    file.options = number(pdu, 4)? as u32;
    bits(pdu, CREATE_OPTIONS, CREATE_OPTIONS_BITS, at, file.options);
    pdu.take(IMPERSONATION_LEVEL)?;
    pdu.take(SECURITY_FLAGS)?;
    m.request.file = file;
    Ok(())
}

/// MS-CIFS, section 2.2.4.64.2; the longer form: MS-SMB, section 2.2.4.9.2.
fn create_response(pdu: &mut Pdu<'_>, m: &mut Message<'_>, words: u8) -> Step {
    pdu.take(OPLOCK_LEVEL)?;
    let at = pdu.position();
    let fid = number_at(pdu, at, 2) as u16;
    let file = File { frame: pdu.frame_number(), ..std::mem::take(&mut m.request.file) };
    m.connection.files.insert(fid, file);
    m.fid(pdu)?;
    pdu.take(CREATE_ACTION)?;
    for field in [CREATE_TIME, ACCESS_TIME, LAST_WRITE_TIME, CHANGE_TIME] {
        time(pdu, field)?;
    }
    let at = pdu.position();
    let attributes = number(pdu, 4)? as u32;
    bits(pdu, FILE_ATTRIBUTE, FILE_ATTRIBUTE_BITS, at, attributes);
    pdu.take(ALLOC_SIZE64)?;
    pdu.take(END_OF_FILE)?;
    pdu.take(FILE_TYPE)?;
    pdu.take(IPC_STATE)?;
    pdu.take(IS_DIRECTORY)?;
    if words >= 42 {
        let at = pdu.position();
        let bytes = pdu.rest().first_chunk().copied().unwrap_or_default();
        pdu.skip(16)?;
        pdu.computed_bytes(VOLUME_GUID, at..at + 16, &guid(&bytes));
        pdu.take(CREATE_FILE_ID_64B)?;
        access(pdu)?;
        access(pdu)?;
    }
    Ok(())
}

/// MS-CIFS, sections 2.2.4.33 and 2.2.4.46.
fn transaction(pdu: &mut Pdu<'_>, m: &mut Message<'_>, cmd: u8, rest: &mut Rest) -> Step {
    pdu.take(TPC)?;
    pdu.take(TDC)?;
    if m.response {
        pdu.take_bytes(RESERVED, 2)?;
    } else {
        pdu.take(MPC)?;
        pdu.take(MDC)?;
        pdu.take(MSC)?;
        pdu.take_bytes(RESERVED, 1)?;
        pdu.take(TRANSACTION_FLAGS)?;
        pdu.take(TIMEOUT)?;
        pdu.take_bytes(RESERVED, 2)?;
    }
    rest.parameters.1 = pdu.take(PC)?.into();
    rest.parameters.0 = pdu.take(PO)?.into();
    if m.response {
        pdu.take(PD)?;
    }
    rest.data.1 = pdu.take(DC)?.into();
    rest.data.0 = pdu.take(DATA_OFFSET)?.into();
    if m.response {
        pdu.take(DATA_DISP)?;
    }
    let setup = pdu.take(SC)?;
    pdu.take_bytes(RESERVED, 1)?;
    let at = pdu.position();
    for i in 0..usize::from(setup) {
        rest.setup.push(number_at(pdu, at + 2 * i, 2) as u16);
    }
    if cmd == TRANSACTION2 && !m.response && setup > 0 {
        m.request.trans2 = Some(pdu.take(TRANS2_CMD)?);
    }
    // A named pipe's function, and the file (MS-CIFS, section 2.2.5).
    if cmd == TRANSACTION && !m.response && setup == 2 && rest.setup.first() == Some(&TRANSACT_PIPE) {
        m.request.pipe = Some(pdu.take(SMB_PIPE_FUNCTION)?);
        rest.fid = Some(m.fid(pdu)?);
    }
    rest.setup_at = at;
    if m.response
        && cmd == TRANSACTION
        && let Some(function) = m.request.pipe
    {
        pdu.computed(PIPE_FUNCTION_OF, at..at, function);
        // Once as the file of the transaction, and once as that of the pipe.
        if let Some(fid) = m.request.fid {
            m.show_file(pdu, fid, at);
        }
    }
    Ok(())
}

/// More of a transaction (MS-CIFS, section 2.2.4.47.1).
fn secondary(pdu: &mut Pdu<'_>, m: &mut Message<'_>, rest: &mut Rest) -> Step {
    pdu.take(TPC)?;
    pdu.take(TDC)?;
    rest.parameters.1 = pdu.take(PC)?.into();
    rest.parameters.0 = pdu.take(PO)?.into();
    pdu.take(PD)?;
    rest.data.1 = pdu.take(DC)?.into();
    rest.data.0 = pdu.take(DATA_OFFSET)?.into();
    pdu.take(DATA_DISP)?;
    m.fid(pdu).map(drop)
}

const TRANSACT_PIPE: u16 = 0x0026;

fn bytes(pdu: &mut Pdu<'_>, m: &mut Message<'_>, cmd: u8, words: u8, rest: &Rest) -> Step {
    match (cmd, m.response) {
        (NEGOTIATE, false) => {
            while pdu.remaining() > 0 {
                let bytes = pdu.rest();
                let len = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
                let at = pdu.position();
                pdu.take(BUFFER_FORMAT)?;
                pdu.mark(DIALECT, at + 1..at + len.max(1));
                pdu.take_bytes(DIALECT_NAME, len.saturating_sub(1))?;
                pdu.skip(1)?;
            }
            return Ok(());
        }
        (NEGOTIATE, true) if rest.extended => {
            let at = pdu.position();
            let bytes = pdu.rest().first_chunk::<16>().copied().unwrap_or_default();
            pdu.skip(16)?;
            pdu.computed_bytes(SERVER_GUID, at..at + 16, &guid(&bytes));
            blob(pdu, pdu.remaining())?;
        }
        (NEGOTIATE, true) if words >= 17 => {
            if rest.len > 0 {
                pdu.take_bytes(CHALLENGE, rest.len)?;
            }
            for field in [PRIMARY_DOMAIN, SERVER] {
                match rest.unicode {
                    _ if pdu.remaining() == 0 => {}
                    true => drop(unicode(pdu, field)?),
                    false => drop(ascii(pdu, field)?),
                }
            }
        }
        (SESSION_SETUP_ANDX, false) => {
            if words == 12 {
                blob(pdu, rest.len)?;
            } else {
                if rest.len > 0 {
                    pdu.take_bytes(ANSI_PASSWORD, rest.len)?;
                }
                if rest.other_len > 0 {
                    pdu.take_bytes(UNICODE_PASSWORD, rest.other_len)?;
                }
                m.string(pdu, ACCOUNT)?;
                m.string(pdu, PRIMARY_DOMAIN)?;
            }
            strings(pdu, m, &[NATIVE_OS, NATIVE_LANMAN, PRIMARY_DOMAIN])?;
        }
        (SESSION_SETUP_ANDX, true) => {
            if words >= 4 {
                blob(pdu, rest.len)?;
            }
            strings(pdu, m, &[NATIVE_OS, NATIVE_LANMAN, PRIMARY_DOMAIN])?;
        }
        (TREE_CONNECT_ANDX, false) => {
            if rest.len > 0 {
                pdu.take_bytes(PASSWORD, rest.len)?;
            }
            m.request.path = m.string(pdu, REQUEST_PATH)?;
            let path = &m.request.path;
            pdu.info(format_args!("Tree Connect AndX Request, Path: {path}"));
            ascii(pdu, SERVICE)?;
        }
        (TREE_CONNECT_ANDX, true) => {
            ascii(pdu, SERVICE)?;
            strings(pdu, m, &[NATIVE_FS])?;
        }
        (ECHO, _) => {
            pdu.take_rest(ECHO_DATA);
        }
        (NT_CREATE_ANDX, false) => {
            m.request.file.name = m.string(pdu, FILE)?;
            let name = &m.request.file.name;
            pdu.info(format_args!("NT Create AndX Request, Path: {name}"));
        }
        (READ_ANDX, true) | (WRITE_ANDX, false) => {
            let start = m.base + rest.data.0;
            if start > pdu.position() {
                pdu.take_bytes(PADDING, (start - pdu.position()).min(pdu.remaining()))?;
            }
            let at = pdu.position();
            let len = rest.len.min(pdu.remaining());
            if len > 0 {
                pdu.mark(FILE_DATA, at..at + len);
            }
            pipe(pdu, m, rest.fid.or(m.request.fid));
            pdu.skip(len)?;
        }
        (TRANSACTION | TRANSACTION2 | TRANSACTION2_SECONDARY, _) => return transaction_bytes(pdu, m, cmd, rest),
        _ => {}
    }
    if pdu.remaining() > 0 {
        pdu.take_rest(EXTRA_BYTE_PARAMETERS);
    }
    Ok(())
}

fn strings(pdu: &mut Pdu<'_>, m: &Message<'_>, fields: &[Handle<ComputedBytes>]) -> Step {
    for field in fields {
        if pdu.remaining() > 0 {
            m.string(pdu, *field)?;
        }
    }
    Ok(())
}

fn blob(pdu: &mut Pdu<'_>, len: usize) -> Step {
    if len == 0 {
        return Ok(());
    }
    let at = pdu.position();
    pdu.within(SECURITY_BLOB_LEN, len, |pdu| {
        pdu.mark(SECURITY_BLOB, at..at + pdu.remaining());
        pdu.hand_to(GSS_API).detail();
        pdu.skip(pdu.remaining())
    })
}

/// Hands what is written to or read from a pipe to DCE/RPC. Each pipe is a conversation of its own.
fn pipe(pdu: &mut Pdu<'_>, m: &Message<'_>, fid: Option<u16>) {
    if is_dcerpc(pdu.rest()) {
        pdu.hand_to(DCERPC).part(u64::from(m.tid) << 16 | u64::from(fid.unwrap_or(0)) | 1 << 32);
    }
}

fn transaction_bytes(pdu: &mut Pdu<'_>, m: &mut Message<'_>, cmd: u8, rest: &Rest) -> Step {
    if cmd == TRANSACTION && !m.response {
        let name = m.string(pdu, TRANS_NAME)?;
        if name.starts_with("\\MAILSLOT\\") {
            // The mail slot reads it from the setup on, which ends before the bytes do.
            let bytes = pdu.data().get(rest.setup_at..).unwrap_or_default();
            let data = (m.base + rest.data.0).saturating_sub(rest.setup_at);
            pdu.hand_on_bytes(MAILSLOT, 0u64, bytes).context(data as u64);
            return Ok(());
        }
    }
    if cmd == TRANSACTION && m.request.pipe.is_none() {
        for i in 0..rest.setup.len() {
            pdu.show_at(TRANS_DATA_SETUP_WORD, rest.setup_at + 2 * i)?;
        }
    }
    for (i, (offset, len)) in [rest.parameters, rest.data].into_iter().enumerate() {
        let start = m.base + offset;
        if len == 0 || start < pdu.position() {
            continue;
        }
        if start > pdu.position() {
            pdu.take_bytes(PADDING, (start - pdu.position()).min(pdu.remaining()))?;
        }
        pdu.within(BCC, len, |pdu| if i == 0 { trans_parameters(pdu, m, cmd) } else { trans_data(pdu, m, cmd, rest) })?;
    }
    Ok(())
}

fn trans_parameters(pdu: &mut Pdu<'_>, m: &mut Message<'_>, cmd: u8) -> Step {
    match (cmd, m.response, m.request.trans2) {
        // MS-CIFS, sections 2.2.6.6 and 2.2.6.8: information about a path, or about an open file.
        (TRANSACTION2, false, Some(subcommand @ (5 | 7))) => {
            if subcommand == 7 {
                m.fid(pdu)?;
            }
            let at = pdu.position();
            let level = number(pdu, 2)? as u16;
            pdu.computed(QPI_LOI, at..at + 2, level);
            m.request.level = Some(level);
            if subcommand == 5 {
                pdu.take_bytes(RESERVED, 4)?;
                m.request.query = m.string(pdu, FILE)?;
            }
            Ok(())
        }
        (TRANSACTION2, true, Some(5 | 7)) => {
            let at = pdu.position();
            let offset = number(pdu, 2)?;
            pdu.computed(EA_ERROR_OFFSET, at..at + 2, offset);
            Ok(())
        }
        (TRANSACTION | TRANSACTION2_SECONDARY, ..) => {
            pdu.take_rest(TRANS_DATA_PARAMETERS);
            Ok(())
        }
        _ => Ok(()),
    }
}

fn trans_data(pdu: &mut Pdu<'_>, m: &mut Message<'_>, cmd: u8, rest: &Rest) -> Step {
    if cmd == TRANSACTION2_SECONDARY || cmd == TRANSACTION && m.request.pipe.is_none() {
        pdu.take_rest(TRANS_DATA);
        return Ok(());
    }
    if cmd == TRANSACTION {
        pipe(pdu, m, rest.fid.or(m.request.fid));
        return Ok(());
    }
    match m.request.level {
        // MS-FSCC, section 2.4.7 (as information level 1004) and 2.4.22.
        Some(1004 | 0x101) if m.response => {
            for field in [CREATE_TIME, ACCESS_TIME, LAST_WRITE_TIME, CHANGE_TIME] {
                time(pdu, field)?;
            }
            let at = pdu.position();
            let attributes = number(pdu, 4)? as u32;
            bits(pdu, FILE_ATTRIBUTE, FILE_ATTRIBUTE_BITS, at, attributes);
            if pdu.remaining() > 0 {
                pdu.take_rest(UNKNOWN_DATA);
            }
            Ok(())
        }
        Some(1006) if m.response => pdu.take(INDEX_NUMBER).map(drop),
        _ => Ok(()),
    }
}
