//! PostgreSQL, frontend/backend protocol 3 (PostgreSQL documentation, chapter "Frontend/Backend Protocol").

use prosector_sdk::handle::{Handle, Variable};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Pgsql {
    flows: Flows<Session>,
}

protocol! {
    /// PostgreSQL, messages between frontend and backend.
    Pgsql = pgsql "PGSQL", "PostgreSQL" {
        type: computed str              "Type",
        length: u32                     "Length",
        /// From the client to the server.
        frontend: computed bool         "Frontend" hidden,
        version_major: u16              "Protocol major version",
        version_minor: u16              "Protocol minor version",
        version_supported_minor: u32    "Supported minor version",
        number_nonsupported_options: i32 "Number nonsupported options",
        nonsupported_option: str        "Nonsupported option",
        parameter_name: str             "Parameter name",
        parameter_value: str            "Parameter value",
        query: str                      "Query",
        password: str                   "Password",
        authtype: u32                   "Authentication type" = {
            0 "Success", 1 "V4", 2 "V5", 3 "Plaintext password", 4 "crypt()ed password", 5 "MD5 password",
            6 "SCM credentials", 7 "GSSAPI", 8 "GSSAPI/SSPI continue", 9 "SSPI", 10 "SASL", 11 "SASL continue",
            12 "SASL complete",
        },
        salt: bytes                     "Salt value",
        auth.gssapi_sspi.data: bytes    "GSSAPI or SSPI data",
        auth.sasl.mech: str             "SASL authentication mechanism",
        auth.sasl.data.length: i32      "SASL authentication data length",
        auth.sasl.data: bytes           "SASL authentication data",
        statement: str                  "Statement",
        portal: str                     "Portal",
        returns: u32                    "Returns",
        tag: str                        "Tag",
        status: u8                      "Status" = {
            69 "In a failed transaction", 73 "Idle", 84 "In a transaction",
        },
        copydata: bytes                 "Copy data",
        error: str                      "Error",
        pid: u32                        "PID",
        key: u32                        "Key",
        condition: str                  "Condition",
        text: str                       "Text",
        oid.table: u32                  "Table OID",
        oid.type: u32                   "Type OID",
        oid: u32                        "OID",
        format: u16                     "Format" = { 0 "Text", 1 "Binary" },
        format as FORMAT_BYTE: u8       "Format" = { 0 "Text", 1 "Binary" },
        field.count: u16                "Field count",
        col.name: str                   "Column name",
        col.index: u16                  "Column index",
        val.length: i32                 "Column length",
        val.length as TYPE_LENGTH: i16  "Column length",
        val.data: bytes                 "Data",
        col.typemod: i32                "Type modifier",
        severity: str                   "Severity",
        code: str                       "Code",
        message: str                    "Message",
        detail: str                     "Detail",
        hint: str                       "Hint",
        position: str                   "Position",
        internal_position: str          "Position (Internal)",
        internal_query: str             "Query (Internal)",
        where: str                      "Context",
        schema_name: str                "Schema",
        table_name: str                 "Table",
        column_name: str                "Column",
        type_name: str                  "Type",
        constraint_name: str            "Constraint",
        file: str                       "File",
        line: str                       "Line",
        routine: str                    "Routine",
    }
    claims { tcp.port = 5432 }
    tables { TLS: "@tls" bound }
    stateful
}

const PORT: u64 = 5432;
const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;
const CANCEL_REQUEST: u32 = 80_877_102;

#[derive(Default)]
struct Session {
    /// The last request for authentication: it says what a password message holds.
    auth: u32,
    /// One byte is to come that answers a request for encryption.
    asked_for_tls: bool,
}

impl Dissector for Pgsql {
    fn flow_end(&mut self, flow: u64) {
        self.flows.end(flow);
    }

    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let frontend = pdu.context() & 0xffff == PORT || pdu.context() == 0;
        let session = self.flows.of(pdu.flow());
        if !frontend && session.asked_for_tls {
            session.asked_for_tls = false;
            match pdu.rest().first() {
                Some(b'S') => {
                    pdu.skip(1)?;
                    pdu.end_here();
                    pdu.info(format_args!("SSL accepted"));
                    pdu.bind(TLS);
                    return Ok(());
                }
                Some(b'N') => {
                    pdu.skip(1)?;
                    pdu.end_here();
                    pdu.info(format_args!("SSL refused"));
                    return Ok(());
                }
                _ => {}
            }
        }
        let mut first = true;
        // As many messages as are there make one layer.
        loop {
            let rest = pdu.rest();
            // The first message of a client has no type.
            let typed = usize::from(!frontend || rest.first().is_some_and(|&kind| kind != 0));
            if rest.is_empty() && !first {
                return Ok(());
            }
            let Some(&length) = rest.get(typed..).and_then(|r| r.first_chunk()) else {
                if first {
                    pdu.wait_for(typed + 4)?;
                    return pdu.skip(typed + 4);
                }
                pdu.end_here();
                return Ok(());
            };
            let length = u32::from_be_bytes(length) as usize;
            const MOST: usize = 1 << 28;
            if !(4..MOST).contains(&length) {
                if first {
                    return pdu.reject();
                }
                return Ok(());
            }
            let whole = typed + length;
            if pdu.is_stream() && rest.len() < whole {
                if first {
                    pdu.wait_for(whole)?;
                }
                pdu.end_here();
                return Ok(());
            }
            first = false;
            pdu.within(LENGTH, whole, |pdu| message(pdu, session, frontend, typed == 1))?;
        }
    }
}

/// A text up to its zero byte, without it.
fn text<'a>(pdu: &mut Pdu<'a>, field: Handle<Variable>) -> Result<&'a [u8], Stop> {
    let rest = pdu.rest();
    let len = rest.iter().position(|&b| b == 0).unwrap_or(rest.len());
    let value = pdu.take_bytes(field, len)?;
    pdu.skip(1)?;
    Ok(value)
}

fn message(pdu: &mut Pdu<'_>, session: &mut Session, frontend: bool, typed: bool) -> Step {
    let at = pdu.position();
    let kind = if typed { pdu.rest().first().copied().unwrap_or(0) } else { 0 };
    let code = pdu.rest().get(4..8).and_then(|c| c.first_chunk().copied()).map_or(0, u32::from_be_bytes);
    let name = name(kind, code, session.auth, frontend);
    let shown: &str = if name.is_empty() { "Unknown" } else { name };
    pdu.computed_bytes(TYPE, at..at + usize::from(typed), shown.as_bytes());
    pdu.info(format_args!("{}{shown}", if frontend { '>' } else { '<' }));
    pdu.computed(FRONTEND, 0..0, frontend);
    pdu.skip(typed.into())?;
    pdu.take(LENGTH)?;
    match (kind, frontend) {
        (0, true) => startup(pdu, session, code),
        (b'p', true) => password(pdu, session),
        (b'Q', true) => text(pdu, QUERY).map(drop),
        (b'P', true) => {
            text(pdu, STATEMENT)?;
            text(pdu, QUERY)?;
            types(pdu)
        }
        (b'B', true) => bind(pdu),
        (b'E', true) => {
            text(pdu, PORTAL)?;
            pdu.take(RETURNS).map(drop)
        }
        (b'C' | b'D', true) => {
            let portal = pdu.rest().first() == Some(&b'P');
            pdu.skip(1)?;
            text(pdu, if portal { PORTAL } else { STATEMENT }).map(drop)
        }
        (b'f', true) => text(pdu, ERROR).map(drop),
        (b'd', _) => {
            pdu.take_rest(COPYDATA);
            Ok(())
        }
        (b'R', false) => authentication(pdu, session),
        (b'K', false) => {
            pdu.take(PID)?;
            pdu.take(KEY).map(drop)
        }
        (b'S', false) => {
            text(pdu, PARAMETER_NAME)?;
            text(pdu, PARAMETER_VALUE).map(drop)
        }
        (b'Z', false) => pdu.take(STATUS).map(drop),
        (b'T', false) => row_description(pdu),
        (b'D', false) => values(pdu),
        (b'C', false) => text(pdu, TAG).map(drop),
        (b'E' | b'N', false) => error(pdu),
        (b'A', false) => {
            pdu.take(PID)?;
            text(pdu, CONDITION)?;
            if pdu.remaining() > 0 { text(pdu, TEXT).map(drop) } else { Ok(()) }
        }
        (b't', false) => types(pdu),
        (b'G' | b'H' | b'W', false) => {
            pdu.take(FORMAT_BYTE)?;
            formats(pdu)
        }
        (b'v', false) => {
            pdu.take(VERSION_SUPPORTED_MINOR)?;
            for _ in 0..pdu.take(NUMBER_NONSUPPORTED_OPTIONS)? {
                text(pdu, NONSUPPORTED_OPTION)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn name(kind: u8, code: u32, auth: u32, frontend: bool) -> &'static str {
    if frontend {
        return match kind {
            0 => match code {
                SSL_REQUEST => "SSL request",
                GSS_REQUEST => "GSS encrypt request",
                CANCEL_REQUEST => "Cancel request",
                _ => "Startup message",
            },
            b'p' => match auth {
                7..=9 => "GSSResponse message",
                10 => "SASLInitialResponse message",
                11 => "SASLResponse message",
                _ => "Password message",
            },
            b'Q' => "Simple query",
            b'P' => "Parse",
            b'B' => "Bind",
            b'E' => "Execute",
            b'D' => "Describe",
            b'C' => "Close",
            b'H' => "Flush",
            b'S' => "Sync",
            b'F' => "Function call",
            b'd' => "Copy data",
            b'c' => "Copy completion",
            b'f' => "Copy failure",
            b'X' => "Termination",
            _ => "",
        };
    }
    match kind {
        b'1' => "Parse completion",
        b'2' => "Bind completion",
        b'3' => "Close completion",
        b'A' => "Notification",
        b'C' => "Command completion",
        b'D' => "Data row",
        b'E' => "Error",
        b'G' => "CopyIn response",
        b'H' => "CopyOut response",
        b'I' => "Empty query",
        b'K' => "Backend key data",
        b'N' => "Notice",
        b'R' => "Authentication request",
        b'S' => "Parameter status",
        b'T' => "Row description",
        b'V' => "Function call response",
        b'W' => "CopyBoth response",
        b'Z' => "Ready for query",
        b'c' => "Copy completion",
        b'd' => "Copy data",
        b'n' => "No data",
        b's' => "Portal suspended",
        b't' => "Parameter description",
        b'v' => "Negotiate protocol version",
        _ => "",
    }
}

fn startup(pdu: &mut Pdu<'_>, session: &mut Session, code: u32) -> Step {
    match code {
        SSL_REQUEST | GSS_REQUEST => {
            session.asked_for_tls = true;
            Ok(())
        }
        CANCEL_REQUEST => {
            pdu.skip(4)?;
            pdu.take(PID)?;
            pdu.take(KEY).map(drop)
        }
        _ => {
            pdu.take(VERSION_MAJOR)?;
            pdu.take(VERSION_MINOR)?;
            while pdu.rest().first().is_some_and(|&b| b != 0) {
                text(pdu, PARAMETER_NAME)?;
                text(pdu, PARAMETER_VALUE)?;
            }
            Ok(())
        }
    }
}

fn password(pdu: &mut Pdu<'_>, session: &Session) -> Step {
    match session.auth {
        7..=9 => {
            pdu.take_rest(AUTH_GSSAPI_SSPI_DATA);
        }
        10 => {
            text(pdu, AUTH_SASL_MECH)?;
            if pdu.take(AUTH_SASL_DATA_LENGTH)? > 0 {
                pdu.take_rest(AUTH_SASL_DATA);
            }
        }
        11 => {
            pdu.take_rest(AUTH_SASL_DATA);
        }
        _ => {
            text(pdu, PASSWORD)?;
        }
    }
    Ok(())
}

fn authentication(pdu: &mut Pdu<'_>, session: &mut Session) -> Step {
    let auth = pdu.take(AUTHTYPE)?;
    match auth {
        4 => {
            pdu.take_bytes(SALT, 2)?;
        }
        5 => {
            pdu.take_bytes(SALT, 4)?;
        }
        8 => {
            pdu.take_rest(AUTH_GSSAPI_SSPI_DATA);
        }
        10 => {
            while pdu.rest().first().is_some_and(|&b| b != 0) {
                text(pdu, AUTH_SASL_MECH)?;
            }
        }
        11 | 12 => {
            pdu.take_rest(AUTH_SASL_DATA);
        }
        _ => {}
    }
    session.auth = auth;
    Ok(())
}

fn types(pdu: &mut Pdu<'_>) -> Step {
    for _ in 0..pdu.take(FIELD_COUNT)? {
        pdu.take(OID_TYPE)?;
    }
    Ok(())
}

fn formats(pdu: &mut Pdu<'_>) -> Step {
    for _ in 0..pdu.take(FIELD_COUNT)? {
        pdu.take(FORMAT)?;
    }
    Ok(())
}

fn values(pdu: &mut Pdu<'_>) -> Step {
    for _ in 0..pdu.take(FIELD_COUNT)? {
        let len = pdu.take(VAL_LENGTH)?;
        if len > 0 {
            pdu.take_bytes(VAL_DATA, len as usize)?;
        }
    }
    Ok(())
}

fn bind(pdu: &mut Pdu<'_>) -> Step {
    text(pdu, PORTAL)?;
    text(pdu, STATEMENT)?;
    formats(pdu)?;
    values(pdu)?;
    formats(pdu)
}

fn row_description(pdu: &mut Pdu<'_>) -> Step {
    for _ in 0..pdu.take(FIELD_COUNT)? {
        text(pdu, COL_NAME)?;
        pdu.take(OID_TABLE)?;
        pdu.take(COL_INDEX)?;
        pdu.take(OID_TYPE)?;
        pdu.take(TYPE_LENGTH)?;
        pdu.take(COL_TYPEMOD)?;
        pdu.take(FORMAT)?;
    }
    Ok(())
}

/// Documentation, "Error and Notice Message Fields": a letter before each text.
fn error(pdu: &mut Pdu<'_>) -> Step {
    while let Some(&kind) = pdu.rest().first().filter(|&&kind| kind != 0) {
        pdu.skip(1)?;
        let field = match kind {
            b'S' => SEVERITY,
            b'C' => CODE,
            b'M' => MESSAGE,
            b'D' => DETAIL,
            b'H' => HINT,
            b'P' => POSITION,
            b'p' => INTERNAL_POSITION,
            b'q' => INTERNAL_QUERY,
            b'W' => WHERE,
            b's' => SCHEMA_NAME,
            b't' => TABLE_NAME,
            b'c' => COLUMN_NAME,
            b'd' => TYPE_NAME,
            b'n' => CONSTRAINT_NAME,
            b'F' => FILE,
            b'L' => LINE,
            b'R' => ROUTINE,
            _ => {
                let rest = pdu.rest();
                pdu.skip(rest.iter().position(|&b| b == 0).unwrap_or(rest.len()) + 1)?;
                continue;
            }
        };
        text(pdu, field)?;
    }
    Ok(())
}

builtin!(Pgsql);

#[test]
fn a_startup_and_a_query() {
    check::<Pgsql>(
        "00000020 0003 0000 75736572 00 616e6e00 64617461 62617365 00 746573 74 00 00
         51 0000000d 73656c65 63742031 00",
        expect![[r#"
            PostgreSQL, >Simple query
              [Type: Startup message]
              Length: 32
              Protocol major version: 3
              Protocol minor version: 0
              Parameter name: user
              Parameter value: ann
              Parameter name: database
              Parameter value: test
              Type: Simple query
              Length: 13
              Query: select 1
        "#]],
    );
}

#[test]
fn a_message_in_two_segments() {
    check_stream::<Pgsql>(
        &["51 0000000d 73656c65", "63742031 00 58 00000004"],
        expect![[r#"
        segment 1
        waits for 14 bytes
        segment 2
        PostgreSQL, >Termination
          Type: Simple query
          Length: 13
          Query: select 1
          Type: Termination
          Length: 4
    "#]],
    );
}

#[test]
fn lengths_that_lie() {
    check::<Pgsql>(
        "51 00000003 73656c65",
        expect![[r#"
        rejected
    "#]],
    );
    check::<Pgsql>(
        "51 00000020 73656c65 00",
        expect![[r#"
        PostgreSQL, >Simple query
          Type: Simple query
          Length: 32
          Query: sele
    "#]],
    );
}
