//! SSH, the Secure Shell: the transport layer (RFC 4253) up to where it is encrypted, with the key exchanges of RFC 4419
//! and RFC 5656, and the packets of SSH version 1.

mod kex;
#[cfg(test)]
mod tests;

use kex::Method;
use prosector_sdk::handle::{Handle, Variable};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Ssh {
    connections: Flows<Connection>,
}

protocol! {
    /// Secure Shell. What is encrypted stays so.
    Ssh = ssh "SSH", "SSH Protocol" {
        protocol: str                           "Protocol",
        /// A line that a server sends before it says its version.
        banner: str                             "Banner",
        packet: group                           "Packet",
        packet_length: u32                      "Packet Length",
        padding_length: u8                      "Padding Length",
        /// Version 1 fills up to eight bytes.
        padding_length as V1_PADDING: computed u8 "Padding Length",
        message_code: u8                        "Message Code" = {
            1 "Disconnect", 2 "Ignore", 3 "Unimplemented", 4 "Debug", 5 "Service Request", 6 "Service Accept",
            7 "Extension Info", 20 "Key Exchange Init", 21 "New Keys", 30 "Key Exchange Init",
            31 "Key Exchange Reply", 32 "Diffie-Hellman Group Exchange Init",
            33 "Diffie-Hellman Group Exchange Reply", 34 "Diffie-Hellman Group Exchange Request",
        },
        message_code as V1_MESSAGE_CODE: u8     "Message Code" = {
            0 "No Message", 1 "Disconnect", 2 "Public Key", 3 "Session Key", 4 "User",
        },
        cookie: bytes[16]                       "Cookie",
        kex_algorithms_length: u32              "kex_algorithms length",
        kex_algorithms: str                     "kex_algorithms string",
        server_host_key_algorithms_length: u32  "server_host_key_algorithms length",
        server_host_key_algorithms: str         "server_host_key_algorithms string",
        encryption_algorithms_client_to_server_length: u32 "encryption_algorithms_client_to_server length",
        encryption_algorithms_client_to_server: str "encryption_algorithms_client_to_server string",
        encryption_algorithms_server_to_client_length: u32 "encryption_algorithms_server_to_client length",
        encryption_algorithms_server_to_client: str "encryption_algorithms_server_to_client string",
        mac_algorithms_client_to_server_length: u32 "mac_algorithms_client_to_server length",
        mac_algorithms_client_to_server: str    "mac_algorithms_client_to_server string",
        mac_algorithms_server_to_client_length: u32 "mac_algorithms_server_to_client length",
        mac_algorithms_server_to_client: str    "mac_algorithms_server_to_client string",
        compression_algorithms_client_to_server_length: u32 "compression_algorithms_client_to_server length",
        compression_algorithms_client_to_server: str "compression_algorithms_client_to_server string",
        compression_algorithms_server_to_client_length: u32 "compression_algorithms_server_to_client length",
        compression_algorithms_server_to_client: str "compression_algorithms_server_to_client string",
        languages_client_to_server_length: u32  "languages_client_to_server length",
        languages_client_to_server: str         "languages_client_to_server string",
        languages_server_to_client_length: u32  "languages_server_to_client length",
        languages_server_to_client: str         "languages_server_to_client string",
        first_kex_packet_follows: u8            "First KEX Packet Follows",
        kex.reserved: bytes[4]                  "Reserved",
        /// What a client offers for its own direction, as text.
        kex.hassh_algorithms: computed str      "hasshAlgorithms",
        /// The MD5 of it.
        kex.hassh: computed str                 "hassh",
        kex.hasshserver_algorithms: computed str "hasshServerAlgorithms",
        kex.hasshserver: computed str           "hasshServer",
        mpint_length: u32                       "Multi Precision Integer Length",
        dh.e: bytes                             "DH client e",
        dh.f: bytes                             "DH server f",
        dh_gex.min: u32                         "DH GEX Min",
        dh_gex.nbits: u32                       "DH GEX Number of Bits",
        dh_gex.max: u32                         "DH GEX Max",
        dh_gex.p: bytes                         "DH GEX modulus (P)",
        dh_gex.g: bytes                         "DH GEX base (G)",
        ecdh.q_c_length: u32                    "ECDH client's ephemeral public key length",
        ecdh.q_c: bytes                         "ECDH client's ephemeral public key (Q_C)",
        ecdh.q_s_length: u32                    "ECDH server's ephemeral public key length",
        ecdh.q_s: bytes                         "ECDH server's ephemeral public key (Q_S)",
        host_key: group                         "KEX host key",
        host_key.length: u32                    "Host key length",
        host_key.type_length: u32               "Host key type length",
        host_key.type: str                      "Host key type",
        host_key.rsa.e: bytes                   "RSA public exponent (e)",
        host_key.rsa.n: bytes                   "RSA modulus (N)",
        host_key.dsa.p: bytes                   "DSA prime modulus (p)",
        host_key.dsa.q: bytes                   "DSA prime divisor (q)",
        host_key.dsa.g: bytes                   "DSA subgroup generator (g)",
        host_key.dsa.y: bytes                   "DSA public key (y)",
        host_key.ecdsa.id_length: u32           "ECDSA elliptic curve identifier length",
        host_key.ecdsa.id: str                  "ECDSA elliptic curve identifier",
        host_key.ecdsa.q_length: u32            "ECDSA public key length",
        host_key.ecdsa.q: bytes                 "ECDSA public key (Q)",
        host_key.eddsa.key_length: u32          "EdDSA public key length",
        host_key.eddsa.key: bytes               "EdDSA public key",
        host_key.data: bytes                    "Host key data",
        host_sig: group                         "KEX host signature",
        host_sig.length: u32                    "Host signature length",
        host_sig.type_length: u32               "Host signature type length",
        host_sig.type: str                      "Host signature type",
        host_sig.rsa: bytes                     "RSA signature",
        host_sig.dsa: bytes                     "DSA signature",
        host_sig.data: bytes                    "Host signature data",
        disconnect_reason: u32 hex              "Disconnect reason" = {
            1 "Host not allowed to connect", 2 "Protocol error", 3 "Key exchange failed", 5 "MAC error",
            6 "Compression error", 7 "Service not available", 8 "Protocol version not supported",
            9 "Host key not verifiable", 10 "Connection lost", 11 "By application", 12 "Too many connections",
            13 "Auth cancelled by user", 14 "No more auth methods available", 15 "Illegal user name",
        },
        disconnect_description_length: u32      "Disconnect description length",
        disconnect_description: str             "Disconnect description",
        lang_tag_length: u32                    "Language tag length",
        lang_tag: str                           "Language tag",
        ignore_data_length: u32                 "Ignore data length",
        ignore_data: bytes                      "Ignore data",
        debug_always_display: bool              "Always Display",
        debug_name_length: u32                  "Debug message length",
        debug_name: str                         "Debug message",
        service_name_length: u32                "Service Name length",
        service_name: str                       "Service Name",
        payload: bytes                          "Payload",
        padding_string: bytes                   "Padding String",
        /// Counted from 0 in each direction (RFC 4253, section 6.4).
        seq_num: computed u32                   "Sequence number",
        packet_length_encrypted: bytes[4]       "Packet Length (encrypted)",
        encrypted_packet: bytes                 "Encrypted Packet",
        direction: computed bool                "Direction" = { 0 "client-to-server", 1 "server-to-client" },
    }
    stateful
    claims { tcp.port = [22, 29418], sctp.port = 22 }
    heuristics { tcp.port }
}

/// Packets may be so long (RFC 4253, section 6.1, wants 35000); key exchanges with large keys stay below it.
const MAX_PACKET: u32 = 256 << 10;
/// Before its version a server may send lines, but not for ever.
const MAX_BANNERS: u32 = 1000;

mod message {
    pub const DISCONNECT: u8 = 1;
    pub const IGNORE: u8 = 2;
    pub const DEBUG: u8 = 4;
    pub const SERVICE_REQUEST: u8 = 5;
    pub const SERVICE_ACCEPT: u8 = 6;
    pub const KEXINIT: u8 = 20;
    pub const NEWKEYS: u8 = 21;
    pub const V1_SESSION_KEY: u8 = 3;
}

#[derive(Default)]
struct Connection {
    ends: [End; 2],
    /// Its packets have the format of version 1.
    is_v1: bool,
    /// From the client's session key on, version 1 encrypts.
    is_v1_encrypted: bool,
}

#[derive(Default)]
struct End {
    has_begun: bool,
    banners: u32,
    is_encrypted: bool,
    packets: u32,
    /// The key exchange methods that it offers.
    methods: Vec<u8>,
}

impl Connection {
    /// The key exchange method: the client's first that the server has too (RFC 4253, section 7.1).
    fn method(&self, client: usize) -> Method {
        let (client, server) = (&self.ends[client].methods, &self.ends[1 - client].methods);
        let mut offered = client.split(|&byte| byte == b',');
        let has = |name: &&[u8]| server.is_empty() || server.split(|&byte| byte == b',').any(|other| other == *name);
        match offered.find(has) {
            Some(name) if !client.is_empty() => Method::of(name),
            _ => Method::of(server.split(|&byte| byte == b',').next().unwrap_or_default()),
        }
    }
}

impl Dissector for Ssh {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let connection = self.connections.of(pdu.flow());
        let way = usize::from(pdu.is_reverse());
        let (source, destination) = ((pdu.context() >> 16) as u16, pdu.context() as u16);
        let is_server = match (is_port(source), is_port(destination)) {
            (true, false) => true,
            (false, true) => false,
            _ => pdu.is_reverse(),
        };
        let who = if is_server { "Server" } else { "Client" };
        let (rest, end) = (pdu.rest(), &mut connection.ends[way]);
        if !end.has_begun && !rest.starts_with(b"SSH-") {
            // A prefix of it waits; so does a line without an end.
            if pdu.is_stream() && b"SSH-".starts_with(rest) {
                return pdu.wait_more();
            }
            let is_text = rest.iter().take(4).all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
            match (is_text, is_server) {
                (true, true) if end.banners < MAX_BANNERS => return banner(pdu, end),
                (true, false) => return pdu.reject(),
                // The capture begins later.
                _ => (end.has_begun, end.is_encrypted) = (true, true),
            }
        }
        if !end.has_begun {
            let line = pdu.take_line(PROTOCOL)?;
            pdu.info(format_args!("{who}: Protocol ({})", String::from_utf8_lossy(line)));
            end.has_begun = true;
            connection.is_v1 |= line.starts_with(b"SSH-1.") && !line.starts_with(b"SSH-1.99");
        }
        let mut said = None;
        while pdu.wire_remaining() > 0 {
            let start = pdu.position();
            let length = pdu.peek(PACKET_LENGTH).ok();
            let other_is_encrypted = connection.ends[1 - way].is_encrypted;
            let end = &mut connection.ends[way];
            let is_bad = length.is_some_and(|len| len > MAX_PACKET);
            if is_bad && !end.is_encrypted {
                // Where this side's new keys were not seen (another path of Multipath TCP, packets that are missing), it is a
                // length that is encrypted.
                if !other_is_encrypted {
                    let text = format_args!("{} bytes are too many", length.unwrap_or(0));
                    pdu.diagnostic(Severity::Error, "bad-length", start..start + 4, text);
                }
                end.is_encrypted = true;
            }
            if end.is_encrypted {
                if said.is_none() {
                    pdu.info(format_args!("{who}: Encrypted packet (len={})", pdu.wire_remaining()));
                }
                if pdu.remaining() >= 4 {
                    pdu.take(PACKET_LENGTH_ENCRYPTED)?;
                }
                pdu.take_rest(ENCRYPTED_PACKET);
                break;
            }
            let padding = if connection.is_v1 { length.map_or(0, |len| 8 - len as usize % 8) } else { 0 };
            let len = length.map(|len| 4 + padding + len as usize);
            if pdu.is_stream() && len.is_none_or(|len| len > pdu.remaining()) {
                if start == 0 {
                    pdu.wait_for(len.unwrap_or(4).max(pdu.remaining() + 1))?;
                }
                pdu.end_here();
                break;
            }
            let code = pdu.group(PACKET, |pdu| {
                let len = pdu.take(PACKET_LENGTH)? as usize;
                let mut code = None;
                pdu.within(PACKET_LENGTH, len + padding, |pdu| {
                    code = if connection.is_v1 {
                        version_1(pdu, connection, padding)?
                    } else {
                        Some(packet(pdu, connection, way, is_server)?)
                    };
                    Ok(())
                })?;
                Ok(code)
            })?;
            if said.is_none() {
                said = code;
            }
            match said {
                Some(code) if connection.is_v1 => pdu.info(format_args!("{who}: {}", Ssh::name(V1_MESSAGE_CODE, code))),
                Some(code) => {
                    let method = connection.method(if is_server { 1 - way } else { way });
                    match method.message(code) {
                        Some(name) => pdu.info(format_args!("{who}: {name}")),
                        None => pdu.info(format_args!("{who}: {}", Ssh::name(MESSAGE_CODE, code))),
                    }
                }
                None => pdu.info(format_args!("{who}: Encrypted packet")),
            }
        }
        pdu.computed(DIRECTION, 0..0, is_server);
        Ok(())
    }

    fn probe(&self, pdu: &mut Pdu<'_>) -> Verdict {
        let is_mine = pdu.data().starts_with(b"SSH-2.0-") || pdu.data().starts_with(b"SSH-1.");
        if is_mine { Verdict::Certain } else { Verdict::NotMine }
    }

    fn flow_end(&mut self, flow: u64) {
        self.connections.end(flow);
    }
}

fn is_port(port: u16) -> bool {
    matches!(port, 22 | 29418)
}

/// A line that a server sends before its version (RFC 4253, section 4.2).
fn banner(pdu: &mut Pdu<'_>, end: &mut End) -> Step {
    let line = pdu.take_line(BANNER)?;
    pdu.info(format_args!("Server: {}", String::from_utf8_lossy(line)));
    end.banners += 1;
    pdu.end_here();
    Ok(())
}

/// A packet of version 1 behind its length: padding, message, CRC.
fn version_1(pdu: &mut Pdu<'_>, connection: &mut Connection, padding: usize) -> Result<Option<u8>, Stop> {
    let at = pdu.position();
    pdu.computed(V1_PADDING, at..at + padding, padding);
    pdu.skip(padding)?;
    if connection.is_v1_encrypted {
        pdu.take_rest(PAYLOAD);
        return Ok(None);
    }
    let code = pdu.take(V1_MESSAGE_CODE)?;
    pdu.take_rest(PAYLOAD);
    connection.is_v1_encrypted |= code == message::V1_SESSION_KEY;
    Ok(Some(code))
}

/// A packet of version 2 behind its length. Gives the message's number.
fn packet(pdu: &mut Pdu<'_>, connection: &mut Connection, way: usize, is_server: bool) -> Result<u8, Stop> {
    let start = pdu.position();
    let padding = usize::from(pdu.take(PADDING_LENGTH)?);
    let payload = pdu.wire_remaining().saturating_sub(padding);
    let mut code = 0;
    let client = if is_server { 1 - way } else { way };
    let method = connection.method(client);
    let mut methods = None;
    pdu.within(PADDING_LENGTH, payload, |pdu| {
        code = pdu.take(MESSAGE_CODE)?;
        match code {
            message::KEXINIT => methods = Some(kex::init(pdu, is_server)?),
            message::DISCONNECT => {
                pdu.take(DISCONNECT_REASON)?;
                string(pdu, DISCONNECT_DESCRIPTION_LENGTH, DISCONNECT_DESCRIPTION)?;
                string(pdu, LANG_TAG_LENGTH, LANG_TAG)?;
            }
            message::IGNORE => string(pdu, IGNORE_DATA_LENGTH, IGNORE_DATA).map(drop)?,
            message::DEBUG => {
                pdu.take(DEBUG_ALWAYS_DISPLAY)?;
                string(pdu, DEBUG_NAME_LENGTH, DEBUG_NAME)?;
                string(pdu, LANG_TAG_LENGTH, LANG_TAG)?;
            }
            message::SERVICE_REQUEST | message::SERVICE_ACCEPT => {
                string(pdu, SERVICE_NAME_LENGTH, SERVICE_NAME)?;
            }
            30..=49 => method.read(pdu, code)?,
            _ => {}
        }
        if pdu.wire_remaining() > 0 {
            pdu.take_rest(PAYLOAD);
        }
        Ok(())
    })?;
    if pdu.wire_remaining() > 0 {
        pdu.take_rest(PADDING_STRING);
    }
    let end = &mut connection.ends[way];
    pdu.computed(SEQ_NUM, start..start, end.packets);
    end.packets = end.packets.wrapping_add(1);
    if let Some(methods) = methods {
        end.methods = methods;
    }
    end.is_encrypted |= code == message::NEWKEYS;
    Ok(code)
}

/// Bytes and their length.
fn string<'a>(pdu: &mut Pdu<'a>, len: Handle<u32>, value: Handle<Variable>) -> Result<&'a [u8], Stop> {
    match pdu.take(len)? {
        0 => Ok(&[]),
        len => pdu.take_bytes(value, len as usize),
    }
}

builtin!(Ssh);
