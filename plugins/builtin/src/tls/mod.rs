//! TLS, Transport Layer Security: SSL 3.0 to TLS 1.2 (RFC 5246), TLS 1.3 (RFC 8446), and the hello messages of SSL 2.0
//! (draft-hickman-netscape-ssl-00). Records are opened where a key log has their secrets.

mod connection;
mod extensions;
mod fields;
mod fingerprint;
pub(crate) mod handshake;
pub(crate) mod hello;
pub(crate) mod kdf;
pub(crate) mod keylog;
pub(crate) mod names;
pub(crate) mod protection;
mod quic;
pub(crate) mod reader;
mod sct;
mod ssl2;
pub(crate) mod summary;
#[cfg(test)]
mod tests;

use crate::tls::connection::Connection;
pub(crate) use fields::handshake_protocol;
use handshake::part;
use hello::Terms;
use keylog::KeyLog;
use names::*;
use prosector_sdk::handle::{ComputedWord, Fixed, Handle, Variable};
use prosector_sdk::prelude::*;
use reader::Reader;
use summary::{Part, Summary};

/// The dissector.
#[derive(Default)]
pub struct Tls {
    connections: Flows<Connection>,
    keys: KeyLog,
    summary: Summary,
}

handshake_protocol! {
    {
        /// Transport Layer Security, all versions of it and of SSL. The key log is the content of a file as browsers write
        /// it to `SSLKEYLOGFILE`.
        Tls = tls "TLS", "Transport Layer Security"
    }
    {
        record: group                           "Record Layer",
        record.content_type: u8                 "Content Type" = {
            20 "Change Cipher Spec", 21 "Alert", 22 "Handshake", 23 "Application Data", 24 "Heartbeat",
            25 "Connection ID",
        },
        /// The content type of TLS 1.3 before the record is opened.
        record.opaque_type: u8                  "Opaque Type" = { 23 "Application Data" },
        record.version: u16 hex                 "Version" = VERSIONS,
        record.length: u16                      "Length",
        change_cipher_spec: none                "Change Cipher Spec Message",
        alert_message: group                    "Alert Message",
        alert_message.level: u8                 "Level" = { 1 "Warning", 2 "Fatal" },
        alert_message.desc: u8                  "Description" = ALERTS,
        heartbeat_message: group                "Heartbeat Message",
        heartbeat_message.type: u8              "Type" = { 1 "Request", 2 "Response" },
        heartbeat_message.payload_length: u16   "Payload Length",
        heartbeat_message.payload: bytes        "Payload",
        heartbeat_message.padding: bytes        "Padding and HMAC",
        app_data: bytes                         "Encrypted Application Data",
        /// The protocol that the two have agreed upon, or that the port stands for.
        app_data_proto: computed str            "Application Data Protocol",

        record.version as SSL2_VERSION: computed u16 hex "Version" = VERSIONS,
        record.length as SSL2_LENGTH: u16 & 0x7fff "Length",
        record.length as SSL2_PADDED_LENGTH: u16 & 0x3fff "Length",
        record.is_escape: bool(u16) & 0x4000    "Is Escape",
        record.padding_length: u8               "Padding Length",
        handshake.type as SSL2_TYPE: u8         "Handshake Message Type" = {
            0 "Error", 1 "Client Hello", 2 "Client Master Key", 3 "Client Finished", 4 "Server Hello", 5 "Server Verify",
            6 "Server Finished", 7 "Request Certificate", 8 "Client Certificate",
        },
        handshake.session_id_hit: bool          "Session ID Hit",
        handshake.cert_type as SSL2_CERT_TYPE: u8 "Certificate Type" = { 0 "N/A", 1 "X.509 Certificate" },
        handshake.certificate_length as SSL2_CERTIFICATE_LENGTH: u16 "Certificate Length",
        handshake.cipher_spec_len: u16          "Cipher Spec Length",
        handshake.session_id_length as SSL2_SESSION_ID_LENGTH: u16 "Session ID Length",
        handshake.challenge_length: u16         "Challenge Length",
        handshake.connection_id_length: u16     "Connection ID Length",
        handshake.cipherspec: u24 hex           "Cipher Spec" = SSL2_CIPHERS,
        handshake.challenge: bytes              "Challenge",
        handshake.connection_id as SSL2_CONNECTION_ID: bytes "Connection ID",
        handshake.clear_key_length: u16         "Clear Key Data Length",
        handshake.encrypted_key_length: u16     "Encrypted Key Data Length",
        handshake.key_arg_length: u16           "Key Argument Length",
        handshake.clear_key_data: bytes         "Clear Key Data",
        handshake.encrypted_key: bytes          "Encrypted Key",
        handshake.key_arg: bytes                "Key Argument",

        quic.parameter.type: computed u64       "Type" = {
            0x00 "original_destination_connection_id", 0x01 "max_idle_timeout", 0x02 "stateless_reset_token",
            0x03 "max_udp_payload_size", 0x04 "initial_max_data", 0x05 "initial_max_stream_data_bidi_local",
            0x06 "initial_max_stream_data_bidi_remote", 0x07 "initial_max_stream_data_uni",
            0x08 "initial_max_streams_bidi", 0x09 "initial_max_streams_uni", 0x0a "ack_delay_exponent",
            0x0b "max_ack_delay", 0x0c "disable_active_migration", 0x0d "preferred_address",
            0x0e "active_connection_id_limit", 0x0f "initial_source_connection_id", 0x10 "retry_source_connection_id",
            0x11 "version_information", 0x20 "max_datagram_frame_size", 0x1057 "loss_bits", 0x2ab2 "grease_quic_bit",
            0x3127 "initial_rtt", 0x3128 "google_connection_options", 0x3129 "user_agent", 0x4752 "google_version",
            0x7158 "enable_time_stamp_v2", 0xff03de1a "min_ack_delay", 0xff04de1b "min_ack_delay",
        },
        quic.parameter.length: computed u64     "Length",
        quic.parameter.value: bytes             "Value",
        quic.parameter.original_destination_connection_id: bytes "original_destination_connection_id",
        quic.parameter.max_idle_timeout: computed u64 "max_idle_timeout" unit "ms",
        quic.parameter.stateless_reset_token: bytes "stateless_reset_token",
        quic.parameter.max_udp_payload_size: computed u64 "max_udp_payload_size",
        quic.parameter.initial_max_data: computed u64 "initial_max_data",
        quic.parameter.initial_max_stream_data_bidi_local: computed u64 "initial_max_stream_data_bidi_local",
        quic.parameter.initial_max_stream_data_bidi_remote: computed u64 "initial_max_stream_data_bidi_remote",
        quic.parameter.initial_max_stream_data_uni: computed u64 "initial_max_stream_data_uni",
        quic.parameter.initial_max_streams_bidi: computed u64 "initial_max_streams_bidi",
        quic.parameter.initial_max_streams_uni: computed u64 "initial_max_streams_uni",
        quic.parameter.ack_delay_exponent: computed u64 "ack_delay_exponent",
        quic.parameter.max_ack_delay: computed u64 "max_ack_delay",
        quic.parameter.preferred_address.ipv4address: ipv4 "ipv4Address",
        quic.parameter.preferred_address.ipv4port: u16 "ipv4Port",
        quic.parameter.preferred_address.ipv6address: ipv6 "ipv6Address",
        quic.parameter.preferred_address.ipv6port: u16 "ipv6Port",
        quic.parameter.preferred_address.connectionid.length: u8 "Length",
        quic.parameter.preferred_address.connectionid: bytes "connectionId",
        quic.parameter.preferred_address.statelessresettoken: bytes "statelessResetToken",
        quic.parameter.active_connection_id_limit: computed u64 "Active Connection ID Limit",
        quic.parameter.initial_source_connection_id: bytes "Initial Source Connection ID",
        quic.parameter.retry_source_connection_id: bytes "Retry Source Connection ID",
        quic.parameter.max_datagram_frame_size: computed u64 "max_datagram_frame_size",
        quic.parameter.loss_bits: computed u64  "loss_bits",
        quic.parameter.enable_time_stamp_v2: computed u64 "Enable TimestampV2",
        quic.parameter.min_ack_delay: computed u64 "min_ack_delay",
        quic.parameter.google.user_agent: str   "Google UserAgent",
        quic.parameter.google.quic_version: u32 hex "Google QUIC version",
        quic.parameter.google.initial_rtt: computed u64 "Google Initial RTT",
        quic.parameter.google.connection_options: bytes "Google Connection options",
        quic.parameter.google.supported_versions_length: u8 "Google Supported Versions Length",
        quic.parameter.google.supported_version: u32 hex "Google Supported Version",
        quic.parameter.vi.chosen_version: u32 hex "Chosen Version",
        quic.parameter.vi.other_version: u32 hex "Other Version",
    }
    stateful
    claims {
        tcp.port = [
            261, 324, 443, 465, 563, 636, 802, 853, 989, 990, 992, 993, 994, 995, 1300, 2221, 2443, 3249, 3250, 3251, 3252,
            3269, 3496, 5061, 5349, 5671, 5684, 5868, 6514, 6697, 8443, 8883, 11207, 19999, 27017,
        ],
        sctp.port = 443,
    }
    tables {
        TLS: "@tls", HTTP: "@http" stream, HTTP2: "@http2" stream, PORT: "tls.port" stream,
    }
    heuristics { tcp.port }
    settings {
        keylog: text = "" "The content of a key log: the secrets that open what is encrypted"
    }
}

/// What a slice is that TLS was handed on by itself or by another protocol, see [`carry`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Carried {
    /// Handshake messages.
    Messages = 1,
    Alert = 2,
}

/// The context for a slice that has no records.
pub(crate) fn carry(what: Carried, terms: Terms) -> u64 {
    let flags = u64::from(terms.is_quic) | u64::from(terms.is_dtls) << 1;
    (what as u64) << 56 | flags << 32 | u64::from(terms.version) << 16 | u64::from(terms.cipher)
}

pub(crate) fn carried_terms(context: u64) -> Terms {
    Terms {
        version: (context >> 16) as u16,
        cipher: context as u16,
        is_quic: context >> 32 & 1 != 0,
        is_dtls: context >> 33 & 1 != 0,
    }
}

const HEADER: usize = 5;
/// A record's content may be 2¹⁴ bytes long, and grow by 2048 when it is encrypted.
const MAX_RECORD: u16 = (1 << 14) + 2048;

/// Whether bytes may be the beginning of a record: its content type, version and length.
fn is_record(bytes: &[u8]) -> bool {
    let mut reader = Reader(bytes);
    let kind = reader.u8().is_none_or(|kind| (20..=25).contains(&kind));
    let major = reader.u8().is_none_or(|major| major == 3 || major == 1);
    let minor = reader.u8().is_none_or(|minor| minor <= 4);
    kind && major && minor && reader.u16().is_none_or(|len| len <= MAX_RECORD)
}

impl Dissector for Tls {
    fn configure(&mut self, settings: &Settings) -> Result<(), String> {
        // A capture may give more of it later: lines are added to those that are there.
        self.keys.add(settings.text("keylog"));
        Ok(())
    }

    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        self.summary.clear();
        let outcome = match pdu.context() >> 56 {
            0 => self.records(pdu),
            what if what == Carried::Messages as u64 => self.messages(pdu),
            what if what == Carried::Alert as u64 => alert(pdu, &mut self.summary),
            _ => Ok(()),
        };
        pdu.info(format_args!("{}", self.summary));
        outcome
    }

    fn probe(&self, pdu: &mut Pdu<'_>) -> Verdict {
        let data = pdu.data();
        match data {
            // A record with a hello message.
            [22, 3, 0..=4, _, _, 1 | 2, 0, ..] if is_record(data) => Verdict::Certain,
            [20..=24, 3, 0..=4, high, low, ..] if is_record(data) && (*high, *low) != (0, 0) => Verdict::Maybe,
            _ if ssl2::is_client_hello(data) => Verdict::Certain,
            _ => Verdict::NotMine,
        }
    }

    fn flow_end(&mut self, flow: u64) {
        self.connections.end(flow);
    }
}

impl Tls {
    /// Reads records, as many as are whole.
    fn records(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let Tls { connections, keys, summary } = self;
        let connection = connections.of(pdu.flow());
        let way = usize::from(pdu.is_reverse());
        loop {
            let start = pdu.position();
            let rest = pdu.rest();
            let is_first = start == 0;
            let len = match Reader(rest) {
                _ if ssl2::is_message(rest, connection.is_ssl2) => ssl2::len(rest),
                _ if !is_record(rest) => {
                    if is_first {
                        return pdu.reject();
                    }
                    // The next call rejects it.
                    pdu.end_here();
                    return Ok(());
                }
                mut reader => reader.bytes(3).and_then(|_| Some(HEADER + usize::from(reader.u16()?))),
            };
            if pdu.is_stream() && len.is_none_or(|len| len > rest.len()) {
                if is_first {
                    connection.ends[way].has_waited = true;
                    pdu.wait_for(len.unwrap_or(HEADER).max(rest.len() + 1))?;
                }
                pdu.end_here();
                return Ok(());
            }
            if ssl2::is_message(rest, connection.is_ssl2) {
                connection.is_ssl2 = true;
                pdu.group(RECORD, |pdu| ssl2::record(pdu, summary))?;
            } else {
                connection.record(pdu, keys, summary)?;
            }
            // What an earlier segment began is a PDU of its own.
            if std::mem::take(&mut connection.ends[way].has_waited) {
                pdu.end_here();
            }
            if pdu.wire_remaining() == 0 {
                return Ok(());
            }
        }
    }

    /// Reads handshake messages without records around them.
    fn messages(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let terms = carried_terms(pdu.context());
        if !pdu.is_stream() {
            return handshake::messages(pdu, terms, &mut self.summary);
        }
        let whole = connection::whole_messages(pdu.rest());
        if whole == 0 {
            let mut header = Reader(pdu.rest());
            let len = header.u8().and_then(|_| header.number(3)).unwrap_or(0);
            return pdu.wait_for((4 + len).max(pdu.rest().len() + 1));
        }
        part(pdu, HANDSHAKE_LENGTH, whole, |pdu| handshake::messages(pdu, terms, &mut self.summary))?;
        pdu.end_here();
        Ok(())
    }
}

fn alert(pdu: &mut Pdu<'_>, summary: &mut Summary) -> Step {
    pdu.group(ALERT_MESSAGE, |pdu| {
        let level = pdu.take(ALERT_MESSAGE_LEVEL)?;
        let description = pdu.take(ALERT_MESSAGE_DESC)?;
        summary.push(Part::Alert(level, description));
        Ok(())
    })
}

builtin!(Tls);
