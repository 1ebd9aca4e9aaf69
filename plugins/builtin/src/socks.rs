//! SOCKS 4, 4a and 5 (RFC 1928, RFC 1929): a client says where its proxy is to lead it; then the connection carries whatever
//! that is.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Socks {
    flows: Flows<Session>,
}

protocol! {
    /// SOCKS, versions 4 and 5.
    Socks = socks "Socks", "Socks Protocol" {
        version: u8                     "Version",
        auth_method_count: u8           "Authentication Method Count",
        auth_method: u8                 "Method" = METHODS,
        auth_accepted_method: u8        "Accepted Auth Method" = METHODS,
        subnegotiation_version: u8      "Subnegotiation Version",
        username: str                   "Username",
        password: str                   "Password",
        auth_status: u8                 "Status" = { 0 "success", 1..=255 "failure" },
        command: u8                     "Command" = { 1 "Connect", 2 "Bind", 3 "UdpAssociate" },
        results as RESULTS_4: u8        "Results(V4)" = {
            90 "Granted", 91 "Rejected or Failed", 92 "Rejected because SOCKS server cannot connect to identd on the client",
            93 "Rejected because the client program and identd report different user-ids",
        },
        results: u8                     "Results(V5)" = {
            0 "Succeeded", 1 "General SOCKS server failure", 2 "Connection not allowed by ruleset", 3 "Network unreachable",
            4 "Host unreachable", 5 "Connection refused", 6 "TTL expired", 7 "Command not supported",
            8 "Address type not supported",
        },
        reserved: u8                    "Reserved",
        address_type: u8                "Address Type" = { 1 "IPv4", 3 "Domain Name", 4 "IPv6" },
        dst: ipv4                       "Remote Address",
        dstV6 as DST_V6: ipv6           "Remote Address(ipv6)",
        remote_name: str                "Remote name",
        dstport: u16                    "Remote Port",
        v4a_dns_name: str               "SOCKS v4a Remote Domain Name",
        port: u16                       "Port",
        /// What the client asked for, in what passes through afterwards.
        version as ASKED_VERSION: computed u8   "Version",
        command as ASKED_COMMAND: computed u8   "Command",
        dst as ASKED_DST: computed ipv4         "Remote Address",
        dstport as ASKED_PORT: computed u16     "Remote Port",
    }
    claims { tcp.port = 1080 }
    tables { TCP_PORT: "tcp.port" stream }
    stateful
}

value_names! {
    /// How a client may show who it is (RFC 1928, section 3).
    METHODS {
        0 "No authentication",
        1 "GSSAPI",
        2 "Username/Password",
        3 "Chap",
        255 "No acceptable methods",
    }
}

const CONNECT: u8 = 1;

#[derive(Default)]
struct Session {
    stage: Stage,
    /// What the client asks for, and where it wants to be led.
    version: u8,
    command: u8,
    port: u16,
    /// `None` where it is no IPv4 address.
    address: Option<u32>,
    /// Bytes that went through, in each direction.
    passed: [u64; 2],
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Methods,
    /// User and password are to come.
    Password,
    Request,
    Open,
}

impl Dissector for Socks {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let session = self.flows.of(pdu.flow());
        let is_server = crate::lines::is_from_server(pdu, &[1080]);
        match (session.stage, is_server) {
            (Stage::Open, _) => return session.pass(pdu),
            (Stage::Password, true) => {
                pdu.take(SUBNEGOTIATION_VERSION)?;
                pdu.take(AUTH_STATUS)?;
                session.stage = Stage::Request;
            }
            (Stage::Password, false) => {
                pdu.take(SUBNEGOTIATION_VERSION)?;
                text(pdu, USERNAME)?;
                text(pdu, PASSWORD)?;
            }
            (_, false) => match pdu.rest().first() {
                Some(4) => session.request_4(pdu)?,
                Some(5) if session.stage == Stage::Methods => {
                    pdu.take(VERSION)?;
                    let count = pdu.take(AUTH_METHOD_COUNT)?;
                    for _ in 0..count {
                        pdu.take(AUTH_METHOD)?;
                    }
                    pdu.info(format_args!("Version: 5"));
                }
                Some(5) => {
                    pdu.take(VERSION)?;
                    let command = pdu.take(COMMAND)?;
                    pdu.take(RESERVED)?;
                    let port = address(pdu)?;
                    pdu.info(format_args!("Version: 5, {}", Self::name(COMMAND, command)));
                    (session.version, session.command, session.port) = (5, command, port);
                }
                _ => return pdu.reject(),
            },
            (_, true) => match (pdu.rest().first(), session.stage) {
                (Some(0), _) => {
                    pdu.take(VERSION)?;
                    let result = pdu.take(RESULTS_4)?;
                    pdu.take(DSTPORT)?;
                    pdu.take(DST)?;
                    pdu.info(format_args!("Version: 4, {}", Self::name(RESULTS_4, result)));
                    session.answered(result == 90);
                }
                (Some(5), Stage::Methods) => {
                    pdu.take(VERSION)?;
                    let method = pdu.take(AUTH_ACCEPTED_METHOD)?;
                    pdu.info(format_args!("Version: 5, {}", Self::name(AUTH_ACCEPTED_METHOD, method)));
                    session.stage = if method == 2 { Stage::Password } else { Stage::Request };
                }
                (Some(5), _) => {
                    pdu.take(VERSION)?;
                    let result = pdu.take(RESULTS)?;
                    pdu.take(RESERVED)?;
                    address(pdu)?;
                    pdu.info(format_args!("Version: 5, {}", Self::name(RESULTS, result)));
                    session.answered(result == 0);
                }
                _ => return pdu.reject(),
            },
        }
        pdu.end_here();
        Ok(())
    }

    fn flow_end(&mut self, flow: u64) {
        self.flows.end(flow);
    }
}

impl Session {
    fn request_4(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(VERSION)?;
        let command = pdu.take(COMMAND)?;
        let port = pdu.take(DSTPORT)?;
        let ip = pdu.take(DST)?;
        let end = zero(pdu)?;
        pdu.take_bytes(USERNAME, end)?;
        pdu.skip(1)?;
        // Version 4a: an address 0.0.0.x stands for the name that follows.
        if matches!(ip, [0, 0, 0, last] if last > 0) {
            let end = zero(pdu)?;
            pdu.take_bytes(V4A_DNS_NAME, end)?;
            pdu.skip(1)?;
        }
        pdu.info(format_args!("Version: 4, Remote Port: {port}"));
        (self.version, self.command, self.port) = (4, command, port);
        self.address = Some(u32::from_be_bytes(ip));
        Ok(())
    }

    fn answered(&mut self, granted: bool) {
        if granted && self.command == CONNECT {
            self.stage = Stage::Open;
        }
    }

    fn pass(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let direction = usize::from(pdu.is_reverse());
        let passed = self.passed.get(direction).copied().unwrap_or_default();
        pdu.computed(ASKED_VERSION, 0..0, self.version);
        pdu.computed(ASKED_COMMAND, 0..0, self.command);
        if let Some(address) = self.address {
            pdu.computed(ASKED_DST, 0..0, address);
        }
        pdu.computed(ASKED_PORT, 0..0, self.port);
        pdu.info(format_args!("Version: {}, Remote Port: {}", self.version, self.port));
        pdu.hand_on(TCP_PORT, self.port).stream(passed);
        if let Some(count) = self.passed.get_mut(direction) {
            *count += pdu.wire_remaining() as u64;
        }
        Ok(())
    }
}

/// How many bytes there are before the next NUL.
fn zero(pdu: &mut Pdu<'_>) -> Result<usize, Stop> {
    match pdu.rest().iter().position(|&byte| byte == 0) {
        Some(at) => Ok(at),
        None if pdu.is_stream() && pdu.remaining() < 1024 => pdu.wait_more(),
        None => Ok(pdu.remaining()),
    }
}

/// Text behind a byte with its length.
fn text(pdu: &mut Pdu<'_>, field: prosector_sdk::handle::Handle<prosector_sdk::handle::Variable>) -> Step {
    let len = pdu.rest().first().copied().unwrap_or_default();
    pdu.skip(1)?;
    pdu.take_bytes(field, len.into()).map(drop)
}

/// An address and a port (RFC 1928, section 5). Returns the port.
fn address(pdu: &mut Pdu<'_>) -> Result<u16, Stop> {
    match pdu.take(ADDRESS_TYPE)? {
        1 => pdu.take(DST).map(drop)?,
        4 => pdu.take(DST_V6).map(drop)?,
        _ => text(pdu, REMOTE_NAME)?,
    }
    pdu.take(PORT)
}

builtin!(Socks);

#[test]
fn version_5() {
    check_stream::<Socks>(
        &["050100", "<0500", "05010003 01 61 0050", "<05000001 00000000 0050", "616263"],
        expect![[r#"
            segment 1
            Socks Protocol, Version: 5
              Version: 5
              Authentication Method Count: 1
              Method: No authentication (0)
            segment 2
            Socks Protocol, Version: 5, No authentication
              Version: 5
              Accepted Auth Method: No authentication (0)
            segment 3
            Socks Protocol, Version: 5, Connect
              Version: 5
              Command: Connect (1)
              Reserved: 0
              Address Type: Domain Name (3)
              Remote name: a
              Port: 80
            segment 4
            Socks Protocol, Version: 5, Succeeded
              Version: 5
              Results(V5): Succeeded (0)
              Reserved: 0
              Address Type: IPv4 (1)
              Remote Address: 0.0.0.0
              Port: 80
            segment 5
            Socks Protocol, Version: 5, Remote Port: 80
              [Version: 5]
              [Command: 1]
              [Remote Port: 80]
            → tcp.port [80]: bytes 0..3, Stream at 0
        "#]],
    );
}

#[test]
fn version_4_without_an_end() {
    check::<Socks>(
        "04010050 c0000201 61",
        expect![[r#"
        Socks Protocol
          Version: 4
          Command: Connect (1)
          Remote Port: 80
          Remote Address: 192.0.2.1
          Username: a
          [error] short: bytes needs 1 bytes at offset 9, 0 are there
    "#]],
    );
}
