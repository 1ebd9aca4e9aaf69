//! MySQL and MariaDB, the client/server protocol (MySQL Internals Manual, chapter "Client/Server Protocol"; MariaDB
//! documentation, "Client/Server Protocol").

use prosector_sdk::handle::{ComputedWord, Handle, Variable};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Mysql {
    flows: Flows<Session>,
}

protocol! {
    /// MySQL and MariaDB, packets between client and server.
    Mysql = mysql "MySQL", "MySQL Protocol" {
        packet_length: u24 le                   "Packet Length",
        packet_number: u8                       "Packet Number",

        // Length-encoded numbers, which stand before many others
        .mariadb.prefix: u8                     "Prefix",
        .mariadb.length: computed u64           "Length",

        // Handshake
        protocol: u8                            "Protocol",
        version: str                            "Version",
        thread_id: u32 le                       "Thread ID",
        salt: str                               "Salt",
        caps.server: u16 le hex                 "Server Capabilities" {
            .caps.lp as SERVER_LP: 1                 "Long Password",
            .caps.fr as SERVER_FR: 2                 "Found Rows",
            .caps.lf as SERVER_LF: 4                 "Long Column Flags",
            .caps.cd as SERVER_CD: 8                 "Connect With Database",
            .caps.ns as SERVER_NS: 0x10              "Don't Allow database.table.column",
            .caps.cp as SERVER_CP: 0x20              "Can use compression protocol",
            .caps.ob as SERVER_OB: 0x40              "ODBC Client",
            .caps.li as SERVER_LI: 0x80              "Can Use LOAD DATA LOCAL",
            .caps.is as SERVER_IS: 0x100             "Ignore Spaces before '('",
            .caps.cu as SERVER_CU: 0x200             "Speaks 4.1 protocol (new flag)",
            .caps.ia as SERVER_IA: 0x400             "Interactive Client",
            .caps.sl as SERVER_SL: 0x800             "Switch to SSL after handshake",
            .caps.ii as SERVER_II: 0x1000            "Ignore sigpipes",
            .caps.ta as SERVER_TA: 0x2000            "Knows about transactions",
            .caps.rs as SERVER_RS: 0x4000            "Speaks 4.1 protocol (old flag)",
            .caps.sc as SERVER_SC: 0x8000            "Can do 4.1 authentication",
        },
        server_language: u8                     "Server Language",
        .mariadb.server_language: u8            "Server Language",
        server_status: u16 le hex               "Server Status" {
            .stat.it: 1                          "In transaction",
            .stat.ac: 2                          "AUTO_COMMIT",
            .stat.mu: 4                          "Multi query / Unused",
            .stat.mr: 8                          "More results",
            .stat.bi: 0x10                       "Bad index used",
            .stat.ni: 0x20                       "No index used",
            .stat.cr: 0x40                       "Cursor exists",
            .stat.lr: 0x80                       "Last row sent",
            .stat.dr: 0x100                      "Database dropped",
            .stat.bs: 0x200                      "No backslash escapes",
            .stat.mc: 0x400                      "Metadata changed",
            .stat.query_was_slow: 0x800          "Query was slow",
            .stat.ps_out_params: 0x1000          "PS Out Params",
            .stat.trans_readonly: 0x2000         "In Trans Readonly",
            .stat.session_state_changed: 0x4000  "Session state changed",
        },
        extcaps.server: u16 le hex              "Extended Server Capabilities" {
            .caps.ms as SERVER_EXT_MS: 1             "Multiple statements",
            .caps.mr as SERVER_EXT_MR: 2             "Multiple results",
            .caps.pm as SERVER_EXT_PM: 4             "PS Multiple results",
            .caps.pa as SERVER_EXT_PA: 8             "Plugin Auth",
            .caps.ca as SERVER_EXT_CA: 0x10          "Connect attrs",
            .caps.pm as SERVER_EXT_PM_2: 0x20        "Plugin Auth LENENC Client Data",
            .caps.ep as SERVER_EXT_EP: 0x40          "Client can handle expired passwords",
            .caps.session_track as SERVER_EXT_SESSION_TRACK: 0x80 "Session variable tracking",
            .caps.deprecate_eof as SERVER_EXT_DEPRECATE_EOF: 0x100 "Deprecate EOF",
            .caps.optional_metadata as SERVER_EXT_OPTIONAL_METADATA: 0x200 "Client can handle optional resultset metadata",
            .caps.compress_zsd as SERVER_EXT_COMPRESS_ZSD: 0x400 "ZSTD Compression Algorithm",
            .caps.query_attrs as SERVER_EXT_QUERY_ATTRS: 0x800 "Query Attributes",
            .caps.mf_auth as SERVER_EXT_MF_AUTH: 0x1000 "Multifactor Authentication",
            .caps.cap_ext as SERVER_EXT_CAP_EXT: 0x2000 "Capability Extension",
            .caps.unused as SERVER_EXT_UNUSED: uint hex 0xc000 "Unused",
        },
        auth_plugin.length: u8                  "Authentication Plugin Length",
        .mariadb.extcaps.server: u32 le hex     "MariaDB Extended Server Capabilities" {
            .mariadb.caps.pr: 0x1               "Progress indication",
            .mariadb.caps.cm: 0x2               "Multi commands",
            .mariadb.caps.bo: 0x4               "Bulk Operations",
            .mariadb.caps.em: 0x8               "Extended metadata",
            .mariadb.caps.me: 0x10              "Cache metadata",
        },
        unused: bytes                           "Unused",
        salt2: str                              "Salt",
        auth_plugin: str                        "Authentication Plugin",
        caps.client: u16 le hex                 "Client Capabilities" {
            .caps.lp as CLIENT_LP: 1                 "Long Password",
            .caps.fr as CLIENT_FR: 2                 "Found Rows",
            .caps.lf as CLIENT_LF: 4                 "Long Column Flags",
            .caps.cd as CLIENT_CD: 8                 "Connect With Database",
            .caps.ns as CLIENT_NS: 0x10              "Don't Allow database.table.column",
            .caps.cp as CLIENT_CP: 0x20              "Can use compression protocol",
            .caps.ob as CLIENT_OB: 0x40              "ODBC Client",
            .caps.li as CLIENT_LI: 0x80              "Can Use LOAD DATA LOCAL",
            .caps.is as CLIENT_IS: 0x100             "Ignore Spaces before '('",
            .caps.cu as CLIENT_CU: 0x200             "Speaks 4.1 protocol (new flag)",
            .caps.ia as CLIENT_IA: 0x400             "Interactive Client",
            .caps.sl as CLIENT_SL: 0x800             "Switch to SSL after handshake",
            .caps.ii as CLIENT_II: 0x1000            "Ignore sigpipes",
            .caps.ta as CLIENT_TA: 0x2000            "Knows about transactions",
            .caps.rs as CLIENT_RS: 0x4000            "Speaks 4.1 protocol (old flag)",
            .caps.sc as CLIENT_SC: 0x8000            "Can do 4.1 authentication",
        },
        extcaps.client: u16 le hex              "Extended Client Capabilities" {
            .caps.ms as CLIENT_EXT_MS: 1             "Multiple statements",
            .caps.mr as CLIENT_EXT_MR: 2             "Multiple results",
            .caps.pm as CLIENT_EXT_PM: 4             "PS Multiple results",
            .caps.pa as CLIENT_EXT_PA: 8             "Plugin Auth",
            .caps.ca as CLIENT_EXT_CA: 0x10          "Connect attrs",
            .caps.pm as CLIENT_EXT_PM_2: 0x20        "Plugin Auth LENENC Client Data",
            .caps.ep as CLIENT_EXT_EP: 0x40          "Client can handle expired passwords",
            .caps.session_track as CLIENT_EXT_SESSION_TRACK: 0x80 "Session variable tracking",
            .caps.deprecate_eof as CLIENT_EXT_DEPRECATE_EOF: 0x100 "Deprecate EOF",
            .caps.optional_metadata as CLIENT_EXT_OPTIONAL_METADATA: 0x200 "Client can handle optional resultset metadata",
            .caps.compress_zsd as CLIENT_EXT_COMPRESS_ZSD: 0x400 "ZSTD Compression Algorithm",
            .caps.query_attrs as CLIENT_EXT_QUERY_ATTRS: 0x800 "Query Attributes",
            .caps.mf_auth as CLIENT_EXT_MF_AUTH: 0x1000 "Multifactor Authentication",
            .caps.cap_ext as CLIENT_EXT_CAP_EXT: 0x2000 "Capability Extension",
            .caps.unused as CLIENT_EXT_UNUSED: uint hex 0xc000 "Unused",
        },
        max_packet: u32 le                      "MAX Packet",
        charset: u8                             "Charset",
        .mariadb.charset: u8                    "Charset",
        user: str                               "Username",
        passwd: bytes                           "Password",
        schema: str                             "Schema",
        client_auth_plugin: str                 "Client Auth Plugin",
        connattrs.length: computed u64          "Connection Attributes length",
        connattrs.name.length: computed u64     "Connection Attribute Name Length",
        connattrs.name: str                     "Connection Attribute Name",
        connattrs.value.length: computed u64    "Connection Attribute Value Length",
        connattrs.value: str                    "Connection Attribute Value",
        auth_switch_request.name: str           "Auth Method Name",
        auth_switch_request.data: bytes         "Auth Method Data",
        auth_switch_response.data: bytes        "Auth Method Data",

        // Requests
        command: u8                             "Command" = {
            0 "SLEEP", 1 "Quit", 2 "Use Database", 3 "Query", 4 "Show Fields", 5 "Create Database", 6 "Drop Database",
            7 "Refresh", 8 "Shutdown", 9 "Statistics", 10 "Process List", 11 "Connect", 12 "Kill Server Thread",
            13 "Dump Debuginfo", 14 "Ping", 15 "Time", 16 "Insert Delayed", 17 "Change User", 18 "Send Binlog",
            19 "Send Table", 20 "Slave Connect", 21 "Register Slave", 22 "Prepare Statement", 23 "Execute Statement",
            24 "Send BLOB", 25 "Close Statement", 26 "Reset Statement", 27 "Set Option", 28 "Fetch Data",
        },
        query: str                              "Statement",
        query_attrs_count: u8                   "Count",
        query_attrs_send_types_to_server: bool  "Send types to server",
        query_attr_name_type: u16 hex           "Attribute Name Type",
        query_attr_name: str                    "Attribute Name",
        query_attr_value: str                   "Attribute Value",
        table_name: str                         "Table Name",

        // Responses
        response_code: u8 hex                   "Response Code" = {
            0 "OK Packet", 0xfe "EOF Packet", 0xff "ERR Packet",
        },
        error_code: u16 le                      "Error Code",
        sqlstate: str                           "SQL state",
        error.message: str                      "Error message",
        eof: u8                                 "EOF marker",
        message: str                            "Message",
        affected_rows: computed u64             "Affected Rows",
        insert_id: computed u64                 "Last INSERT ID",
        warnings: u16 le                        "Warnings",
        session_track.data.length: computed u64 "Session tracking data length",
        session_track.type: u8                  "Session tracking type",
        session_track.length: computed u64      "Session tracking length",
        session_track.schema.length: computed u64 "Schema change length",
        session_track.schema: str               "Schema change",
        num_fields: computed u64                "Number of fields",
        field.catalog: str                      "Catalog",
        field.db: str                           "Database",
        field.table: str                        "Table",
        field.org_table: str                    "Original table",
        field.name: str                         "Name",
        field.org_name: str                     "Original name",
        field.charsetnr: u16 le                 "Charset number",
        field.length: u32 le                    "Length",
        field.type: u8                          "Type",
        field.flags: u16 le hex                 "Flags" {
            not_null: 1                          "Not null",
            primary_key: 2                       "Primary key",
            unique_key: 4                        "Unique key",
            multiple_key: 8                      "Multiple key",
            blob: 0x10                           "Blob",
            unsigned: 0x20                       "Unsigned",
            zero_fill: 0x40                      "Zero fill",
            enum: 0x100                          "Enum",
            auto_increment: 0x200                "Auto increment",
            timestamp: 0x400                     "Timestamp",
            set: 0x800                           "Set",
        },
        field.decimals: u8                      "Decimals",
        field.default: str                      "Default",
        field.default as NO_DEFAULT: computed str "Default",
        "row.text" as ROW_TEXT: str             "text",
        payload: bytes                          "Payload",
    }
    claims { tcp.port = 3306 }
    tables { TLS: "@tls" bound }
    stateful
}

const PORT: u64 = 3306;
const HEADER: usize = 4;

// Capabilities, of the extended ones those 16 bits higher.
const CONNECT_WITH_DB: u32 = 0x8;
const SSL: u32 = 0x800;
const SECURE_CONNECTION: u32 = 0x8000;
const PLUGIN_AUTH: u32 = 0x8_0000;
const CONNECT_ATTRS: u32 = 0x10_0000;
const SESSION_TRACK: u32 = 0x80_0000;
const DEPRECATE_EOF: u32 = 0x100_0000;
const QUERY_ATTRIBUTES: u32 = 0x800_0000;

/// What the next packet is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Greeting,
    Login,
    /// The server says whether it takes the login.
    Auth,
    /// It asked for another way of authentication.
    AuthSwitch,
    Request,
    Ok,
    Tabular,
    /// The fields of a table, so many of them.
    Fields(u64),
    Rows,
    /// The fields that a request for them is answered with.
    ShowFields,
    Message,
}

#[derive(Default)]
struct Session {
    state: State,
    capabilities: u32,
    mariadb: bool,
}

impl Dissector for Mysql {
    fn flow_end(&mut self, flow: u64) {
        self.flows.end(flow);
    }

    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let request = pdu.context() & 0xffff == PORT;
        let session = self.flows.of(pdu.flow());
        let mut first = true;
        // As many packets as are there make one layer.
        loop {
            let rest = pdu.rest();
            if rest.is_empty() && !first {
                return Ok(());
            }
            let Some(&[a, b, c, _]) = rest.first_chunk() else {
                if first {
                    pdu.wait_for(HEADER)?;
                    return pdu.skip(HEADER);
                }
                pdu.end_here();
                return Ok(());
            };
            let whole = HEADER + u32::from_le_bytes([a, b, c, 0]) as usize;
            if pdu.is_stream() && rest.len() < whole {
                if first {
                    pdu.wait_for(whole)?;
                }
                pdu.end_here();
                return Ok(());
            }
            first = false;
            pdu.take(PACKET_LENGTH)?;
            pdu.take(PACKET_NUMBER)?;
            pdu.within(PACKET_LENGTH, whole - HEADER, |pdu| {
                if request { from_client(pdu, session) } else { from_server(pdu, session) }
            })?;
        }
    }
}

/// A length-encoded number; `None` stands for NULL.
fn length(pdu: &mut Pdu<'_>) -> Result<Option<u64>, Stop> {
    let at = pdu.position();
    let prefix = pdu.take(MARIADB_PREFIX)?;
    let n = match prefix {
        0..=250 => {
            pdu.computed(MARIADB_LENGTH, at..at + 1, prefix);
            return Ok(Some(prefix.into()));
        }
        251 | 255 => return Ok(None),
        252 => 2,
        253 => 3,
        254 => 8,
    };
    let value = pdu.rest().iter().take(n).rev().fold(0, |v, &b| v << 8 | u64::from(b));
    pdu.skip(n)?;
    pdu.computed(MARIADB_LENGTH, at + 1..at + 1 + n, value);
    Ok(Some(value))
}

/// A length-encoded number that is the value of a field.
fn number(pdu: &mut Pdu<'_>, field: Handle<ComputedWord>) -> Result<u64, Stop> {
    let at = pdu.position();
    let value = length(pdu)?.unwrap_or(0);
    pdu.computed(field, at..pdu.position(), value);
    Ok(value)
}

/// A length-encoded text.
fn text(pdu: &mut Pdu<'_>, field: Handle<Variable>) -> Step {
    if let Some(len) = length(pdu)? {
        pdu.take_bytes(field, usize::try_from(len).unwrap_or(usize::MAX))?;
    }
    Ok(())
}

/// A text up to its zero byte, or the end of the packet.
fn text_z<'a>(pdu: &mut Pdu<'a>, field: Handle<Variable>) -> Result<&'a [u8], Stop> {
    let rest = pdu.rest();
    let len = rest.iter().position(|&b| b == 0).unwrap_or(rest.len());
    let text = pdu.take_bytes(field, len)?;
    if pdu.remaining() > 0 {
        pdu.skip(1)?;
    }
    Ok(text)
}

fn from_client(pdu: &mut Pdu<'_>, session: &mut Session) -> Step {
    match session.state {
        State::Login => login(pdu, session),
        State::AuthSwitch | State::Auth => {
            session.state = State::Auth;
            pdu.info(format_args!("Auth Switch Response"));
            if pdu.remaining() > 0 {
                pdu.take_rest(AUTH_SWITCH_RESPONSE_DATA);
            }
            Ok(())
        }
        _ => request(pdu, session),
    }
}

fn from_server(pdu: &mut Pdu<'_>, session: &mut Session) -> Step {
    let Some(&code) = pdu.rest().first() else { return Ok(()) };
    const EOF_LEN: usize = 9;
    let is_eof = code == 0xfe
        && (pdu.wire_remaining() < EOF_LEN
            || session.capabilities & DEPRECATE_EOF != 0 && session.state == State::Rows);
    match (session.state, code) {
        (State::Greeting, 10) => greeting(pdu, session),
        (_, 0xff) => error(pdu, session),
        (State::Auth | State::Login | State::AuthSwitch, 0xfe) => {
            pdu.take(RESPONSE_CODE)?;
            pdu.show_at(EOF, pdu.position() - 1)?;
            auth_switch(pdu, session)
        }
        // AuthMoreData: more of what the method wants, without its name.
        (State::Auth | State::Login | State::AuthSwitch, 1) => {
            session.state = State::AuthSwitch;
            pdu.info(format_args!("Auth More Data"));
            pdu.skip(1)?;
            pdu.take_rest(AUTH_SWITCH_REQUEST_DATA);
            Ok(())
        }
        (State::Fields(0) | State::Rows | State::ShowFields, _) if is_eof => eof(pdu, session),
        (State::Fields(left), _) if left > 0 => {
            session.state = match left - 1 {
                0 if session.capabilities & DEPRECATE_EOF != 0 => State::Rows,
                left => State::Fields(left),
            };
            field(pdu, false)
        }
        (State::ShowFields, _) => field(pdu, true),
        (State::Rows, _) => {
            pdu.info(format_args!("Response TABULAR"));
            while pdu.remaining() > 0 {
                text(pdu, ROW_TEXT)?;
            }
            Ok(())
        }
        (_, 0) => ok(pdu, session),
        (State::Tabular, _) => {
            pdu.info(format_args!("Response TABULAR"));
            session.state = State::Fields(number(pdu, NUM_FIELDS)?);
            Ok(())
        }
        (State::Message, _) => {
            session.state = State::Request;
            pdu.take_rest(MESSAGE);
            Ok(())
        }
        _ if is_eof => eof(pdu, session),
        _ => {
            pdu.take_rest(PAYLOAD);
            Ok(())
        }
    }
}

fn greeting(pdu: &mut Pdu<'_>, session: &mut Session) -> Step {
    session.state = State::Login;
    pdu.info(format_args!("Server Greeting"));
    pdu.take(PROTOCOL)?;
    session.mariadb = text_z(pdu, VERSION)?.windows(7).any(|name| name == b"MariaDB");
    pdu.take(THREAD_ID)?;
    text_z(pdu, SALT)?;
    if pdu.remaining() == 0 {
        return Ok(());
    }
    let caps = pdu.take(CAPS_SERVER)?;
    // A bit that every server of MySQL sets. Newer ones of MariaDB don't, but may hide their name.
    session.mariadb |= caps & 1 == 0;
    pdu.take(if session.mariadb { MARIADB_SERVER_LANGUAGE } else { SERVER_LANGUAGE })?;
    pdu.take(SERVER_STATUS)?;
    pdu.take(EXTCAPS_SERVER)?;
    pdu.take(AUTH_PLUGIN_LENGTH)?;
    if session.mariadb {
        pdu.take_bytes(UNUSED, 6)?;
        pdu.take(MARIADB_EXTCAPS_SERVER)?;
    } else {
        pdu.take_bytes(UNUSED, 10)?;
    }
    text_z(pdu, SALT2)?;
    if pdu.remaining() > 0 { text_z(pdu, AUTH_PLUGIN).map(drop) } else { Ok(()) }
}

fn login(pdu: &mut Pdu<'_>, session: &mut Session) -> Step {
    pdu.info(format_args!("Login Request"));
    let low = pdu.take(CAPS_CLIENT)?;
    let high = pdu.take(EXTCAPS_CLIENT)?;
    let caps = u32::from(high) << 16 | u32::from(low);
    session.capabilities = caps;
    pdu.take(MAX_PACKET)?;
    pdu.take(if session.mariadb { MARIADB_CHARSET } else { CHARSET })?;
    pdu.take_bytes(UNUSED, 23)?;
    if caps & SSL != 0 && pdu.remaining() == 0 {
        pdu.bind(TLS);
        return Ok(());
    }
    session.state = State::Auth;
    text_z(pdu, USER)?;
    if caps & SECURE_CONNECTION != 0 {
        let len = usize::from(pdu.rest().first().copied().unwrap_or(0));
        pdu.skip(1)?;
        if len > 0 {
            pdu.take_bytes(PASSWD, len)?;
        }
    } else {
        text_z(pdu, PASSWD)?;
    }
    if caps & CONNECT_WITH_DB != 0 && pdu.remaining() > 0 {
        text_z(pdu, SCHEMA)?;
    }
    if caps & PLUGIN_AUTH != 0 && pdu.remaining() > 0 {
        text_z(pdu, CLIENT_AUTH_PLUGIN)?;
    }
    if caps & CONNECT_ATTRS != 0 && pdu.remaining() > 0 {
        number(pdu, CONNATTRS_LENGTH)?;
        while pdu.remaining() > 0 {
            let len = number(pdu, CONNATTRS_NAME_LENGTH)?;
            pdu.take_bytes(CONNATTRS_NAME, len as usize)?;
            let len = number(pdu, CONNATTRS_VALUE_LENGTH)?;
            pdu.take_bytes(CONNATTRS_VALUE, len as usize)?;
        }
    }
    Ok(())
}

fn auth_switch(pdu: &mut Pdu<'_>, session: &mut Session) -> Step {
    session.state = State::AuthSwitch;
    pdu.info(format_args!("Auth Switch Request"));
    text_z(pdu, AUTH_SWITCH_REQUEST_NAME)?;
    if pdu.remaining() > 0 {
        pdu.take_rest(AUTH_SWITCH_REQUEST_DATA);
    }
    Ok(())
}

fn request(pdu: &mut Pdu<'_>, session: &mut Session) -> Step {
    let command = pdu.take(COMMAND)?;
    pdu.info(format_args!("Request {}", Mysql::name(COMMAND, command)));
    session.state = match command {
        3 => State::Tabular,
        4 => State::ShowFields,
        9 => State::Message,
        10 => State::Tabular,
        1 | 22..=25 => State::Request,
        _ => State::Ok,
    };
    match command {
        2 | 5 | 6 => {
            pdu.take_rest(SCHEMA);
        }
        3 => {
            if session.capabilities & QUERY_ATTRIBUTES != 0 {
                attributes(pdu)?;
            }
            pdu.take_rest(QUERY);
        }
        4 => drop(text_z(pdu, TABLE_NAME)?),
        22 => {
            pdu.take_rest(QUERY);
        }
        _ => {
            if pdu.remaining() > 0 {
                pdu.take_rest(PAYLOAD);
            }
        }
    }
    Ok(())
}

/// The attributes of a query: their types and names, then their values.
fn attributes(pdu: &mut Pdu<'_>) -> Step {
    let count = pdu.take(QUERY_ATTRS_COUNT)?;
    pdu.skip(1)?;
    if count == 0 {
        return Ok(());
    }
    pdu.take_bytes(UNUSED, usize::from(count).div_ceil(8))?;
    let mut types = Vec::with_capacity(count.into());
    if pdu.take(QUERY_ATTRS_SEND_TYPES_TO_SERVER)? {
        for _ in 0..count {
            types.push(pdu.take(QUERY_ATTR_NAME_TYPE)? >> 8);
            text(pdu, QUERY_ATTR_NAME)?;
        }
    }
    for kind in types {
        match kind {
            1 => pdu.skip(1)?,
            2 | 13 => pdu.skip(2)?,
            3 | 4 | 9 => pdu.skip(4)?,
            5 | 8 => pdu.skip(8)?,
            // Times have one byte for their length.
            7 | 10..=12 => {
                let len = pdu.rest().first().copied().unwrap_or(0);
                pdu.skip(1 + usize::from(len))?;
            }
            _ => text(pdu, QUERY_ATTR_VALUE)?,
        }
    }
    Ok(())
}

fn error(pdu: &mut Pdu<'_>, session: &mut Session) -> Step {
    session.state = State::Request;
    pdu.take(RESPONSE_CODE)?;
    let code = pdu.take(ERROR_CODE)?;
    pdu.info(format_args!("Response Error {code}"));
    if pdu.rest().first() == Some(&b'#') {
        pdu.skip(1)?;
        pdu.take_bytes(SQLSTATE, 5)?;
    }
    pdu.take_rest(ERROR_MESSAGE);
    Ok(())
}

fn eof(pdu: &mut Pdu<'_>, session: &mut Session) -> Step {
    pdu.take(RESPONSE_CODE)?;
    pdu.show_at(EOF, pdu.position() - 1)?;
    pdu.info(format_args!("Response EOF"));
    const MORE_RESULTS: u16 = 8;
    let status = if session.capabilities & DEPRECATE_EOF != 0 && pdu.remaining() > 0 {
        rows_and_status(pdu)?
    } else if pdu.remaining() >= 4 {
        pdu.take(WARNINGS)?;
        pdu.take(SERVER_STATUS)?
    } else {
        0
    };
    session.state = match session.state {
        State::Fields(_) => State::Rows,
        _ if status & MORE_RESULTS != 0 => State::Tabular,
        _ => State::Request,
    };
    Ok(())
}

fn rows_and_status(pdu: &mut Pdu<'_>) -> Result<u16, Stop> {
    number(pdu, AFFECTED_ROWS)?;
    let at = pdu.position();
    if let Some(id @ 1..) = length(pdu)? {
        pdu.computed(INSERT_ID, at..pdu.position(), id);
    }
    let status = pdu.take(SERVER_STATUS)?;
    pdu.take(WARNINGS)?;
    Ok(status)
}

fn ok(pdu: &mut Pdu<'_>, session: &mut Session) -> Step {
    pdu.take(RESPONSE_CODE)?;
    pdu.info(format_args!("Response OK"));
    session.state = State::Request;
    let status = rows_and_status(pdu)?;
    if session.capabilities & SESSION_TRACK == 0 {
        if pdu.remaining() > 0 {
            pdu.take_rest(MESSAGE);
        }
        return Ok(());
    }
    const STATE_CHANGED: u16 = 0x4000;
    const SCHEMA_CHANGED: u8 = 1;
    if pdu.remaining() > 0 {
        text(pdu, MESSAGE)?;
    }
    if status & STATE_CHANGED != 0 && pdu.remaining() > 0 {
        number(pdu, SESSION_TRACK_DATA_LENGTH)?;
        while pdu.remaining() > 0 {
            let kind = pdu.take(SESSION_TRACK_TYPE)?;
            let len = number(pdu, SESSION_TRACK_LENGTH)?;
            pdu.within(SESSION_TRACK_LENGTH, len as usize, |pdu| {
                if kind == SCHEMA_CHANGED {
                    let len = number(pdu, SESSION_TRACK_SCHEMA_LENGTH)?;
                    pdu.take_bytes(SESSION_TRACK_SCHEMA, len as usize)?;
                }
                Ok(())
            })?;
        }
    }
    Ok(())
}

fn field(pdu: &mut Pdu<'_>, with_default: bool) -> Step {
    pdu.info(format_args!("Response TABULAR"));
    for name in [FIELD_CATALOG, FIELD_DB, FIELD_TABLE, FIELD_ORG_TABLE, FIELD_NAME, FIELD_ORG_NAME] {
        text(pdu, name)?;
    }
    pdu.skip(1)?;
    pdu.take(FIELD_CHARSETNR)?;
    pdu.take(FIELD_LENGTH)?;
    pdu.take(FIELD_TYPE)?;
    pdu.take(FIELD_FLAGS)?;
    pdu.take(FIELD_DECIMALS)?;
    pdu.skip(2)?;
    if with_default && pdu.remaining() > 0 {
        let at = pdu.position();
        match length(pdu)? {
            Some(len) => {
                pdu.take_bytes(FIELD_DEFAULT, len as usize)?;
            }
            None => pdu.computed_bytes(NO_DEFAULT, at..at + 1, b"NULL"),
        }
    }
    Ok(())
}

builtin!(Mysql);

#[test]
fn a_greeting() {
    check::<Mysql>(
        "31000000 0a 382e3000 07000000 4142434445464748 00 ffff 21 0200 ffdf 15 00000000000000000000
         4142434445464748494a4b4c 00 6d7900",
        expect![[r#"
            MySQL Protocol, Server Greeting
              Packet Length: 49
              Packet Number: 0
              Protocol: 10
              Version: 8.0
              Thread ID: 7
              Salt: ABCDEFGH
              Server Capabilities: 0xffff
                .... .... .... ...1 = Long Password: True
                .... .... .... ..1. = Found Rows: True
                .... .... .... .1.. = Long Column Flags: True
                .... .... .... 1... = Connect With Database: True
                .... .... ...1 .... = Don't Allow database.table.column: True
                .... .... ..1. .... = Can use compression protocol: True
                .... .... .1.. .... = ODBC Client: True
                .... .... 1... .... = Can Use LOAD DATA LOCAL: True
                .... ...1 .... .... = Ignore Spaces before '(': True
                .... ..1. .... .... = Speaks 4.1 protocol (new flag): True
                .... .1.. .... .... = Interactive Client: True
                .... 1... .... .... = Switch to SSL after handshake: True
                ...1 .... .... .... = Ignore sigpipes: True
                ..1. .... .... .... = Knows about transactions: True
                .1.. .... .... .... = Speaks 4.1 protocol (old flag): True
                1... .... .... .... = Can do 4.1 authentication: True
              Server Language: 33
              Server Status: 0x0002
                .... .... .... ...0 = In transaction: False
                .... .... .... ..1. = AUTO_COMMIT: True
                .... .... .... .0.. = Multi query / Unused: False
                .... .... .... 0... = More results: False
                .... .... ...0 .... = Bad index used: False
                .... .... ..0. .... = No index used: False
                .... .... .0.. .... = Cursor exists: False
                .... .... 0... .... = Last row sent: False
                .... ...0 .... .... = Database dropped: False
                .... ..0. .... .... = No backslash escapes: False
                .... .0.. .... .... = Metadata changed: False
                .... 0... .... .... = Query was slow: False
                ...0 .... .... .... = PS Out Params: False
                ..0. .... .... .... = In Trans Readonly: False
                .0.. .... .... .... = Session state changed: False
              Extended Server Capabilities: 0xdfff
                .... .... .... ...1 = Multiple statements: True
                .... .... .... ..1. = Multiple results: True
                .... .... .... .1.. = PS Multiple results: True
                .... .... .... 1... = Plugin Auth: True
                .... .... ...1 .... = Connect attrs: True
                .... .... ..1. .... = Plugin Auth LENENC Client Data: True
                .... .... .1.. .... = Client can handle expired passwords: True
                .... .... 1... .... = Session variable tracking: True
                .... ...1 .... .... = Deprecate EOF: True
                .... ..1. .... .... = Client can handle optional resultset metadata: True
                .... .1.. .... .... = ZSTD Compression Algorithm: True
                .... 1... .... .... = Query Attributes: True
                ...1 .... .... .... = Multifactor Authentication: True
                ..0. .... .... .... = Capability Extension: False
                11.. .... .... .... = Unused: 0x3
              Authentication Plugin Length: 21
              Unused: 00000000000000000000
              Salt: ABCDEFGHIJKL
        "#]],
    );
}

#[test]
fn an_error() {
    check::<Mysql>(
        "0f000002 ff 1504 23 3238303030 64656e696564",
        expect![[r#"
            MySQL Protocol, Response Error 1045
              Packet Length: 15
              Packet Number: 2
              Response Code: ERR Packet (0xff)
              Error Code: 1045
              SQL state: 28000
              Error message: denied
        "#]],
    );
}

#[test]
fn lengths_that_lie() {
    check::<Mysql>(
        "05000001 00 fc ff",
        expect![[r#"
        MySQL Protocol, Response OK
          Packet Length: 5
          Packet Number: 1
          Response Code: OK Packet (0x00)
          Prefix: 252
          [error] short: bytes needs 2 bytes at offset 6, 1 are there
    "#]],
    );
}
