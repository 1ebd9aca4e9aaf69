//! What hello messages settle for the rest of a connection.

use super::names::CIPHER_SUITES;
use super::reader::Reader;
use prosector_sdk::prelude::name_of;

/// Numbers of extensions.
pub(crate) mod extension {
    pub const SERVER_NAME: u16 = 0;
    pub const SUPPORTED_GROUPS: u16 = 10;
    pub const EC_POINT_FORMATS: u16 = 11;
    pub const SIGNATURE_ALGORITHMS: u16 = 13;
    pub const ALPN: u16 = 16;
    pub const ENCRYPT_THEN_MAC: u16 = 22;
    pub const EARLY_DATA: u16 = 42;
    pub const SUPPORTED_VERSIONS: u16 = 43;
}

/// Numbers of handshake messages.
pub(crate) mod kind {
    pub const CLIENT_HELLO: u8 = 1;
    pub const SERVER_HELLO: u8 = 2;
    pub const HELLO_VERIFY_REQUEST: u8 = 3;
    pub const NEW_SESSION_TICKET: u8 = 4;
    pub const HELLO_RETRY_REQUEST: u8 = 6;
    pub const ENCRYPTED_EXTENSIONS: u8 = 8;
    pub const CERTIFICATE: u8 = 11;
    pub const SERVER_KEY_EXCHANGE: u8 = 12;
    pub const CERTIFICATE_REQUEST: u8 = 13;
    pub const CERTIFICATE_VERIFY: u8 = 15;
    pub const CLIENT_KEY_EXCHANGE: u8 = 16;
    pub const FINISHED: u8 = 20;
    pub const CERTIFICATE_STATUS: u8 = 22;
    pub const KEY_UPDATE: u8 = 24;
    pub const COMPRESSED_CERTIFICATE: u8 = 25;
    pub const NEXT_PROTOCOL: u8 = 67;

    /// Whether there is such a message.
    pub const fn is_known(kind: u8) -> bool {
        matches!(kind, 0..=6 | 8 | 11..=16 | 20..=25 | 67)
    }
}

/// The SHA-256 of "HelloRetryRequest", the random of a server hello that asks for another client hello (RFC 8446,
/// section 4.1.3).
pub(super) const RETRY_RANDOM: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
    0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// Whether a version, as hello messages settle it, is one of TLS 1.3, its drafts, or DTLS 1.3.
pub(crate) fn is_13(version: u16) -> bool {
    matches!(version, 0x0304 | 0x7f0e..=0x7fff | 0xfb17 | 0xfb1a | 0xfefc)
}

/// Whether a server hello of this version is as short as it was up to draft 21 of TLS 1.3.
pub(super) fn is_short_hello(version: u16) -> bool {
    matches!(version, 0x7f0e..=0x7f15)
}

/// A hello message, without its header.
pub(crate) struct Hello<'a> {
    pub version: u16,
    pub random: &'a [u8],
    /// Those offered, or the one chosen.
    pub ciphers: Reader<'a>,
    extensions: Reader<'a>,
}

impl<'a> Hello<'a> {
    /// Reads a client hello.
    pub fn client(body: &'a [u8], is_dtls: bool) -> Option<Hello<'a>> {
        let mut reader = Reader(body);
        let (version, random) = (reader.u16()?, reader.bytes(32)?);
        reader.vector(1)?;
        if is_dtls {
            reader.vector(1)?;
        }
        let ciphers = reader.vector(2)?;
        reader.vector(1)?;
        Some(Hello { version, random, ciphers, extensions: reader.vector(2).unwrap_or(Reader(&[])) })
    }

    /// Reads a server hello.
    pub fn server(body: &'a [u8]) -> Option<Hello<'a>> {
        let mut reader = Reader(body);
        let (version, random) = (reader.u16()?, reader.bytes(32)?);
        let is_short = is_short_hello(version);
        if !is_short {
            reader.vector(1)?;
        }
        let ciphers = Reader(reader.bytes(2)?);
        if !is_short {
            reader.u8()?;
        }
        Some(Hello { version, random, ciphers, extensions: reader.vector(2).unwrap_or(Reader(&[])) })
    }

    /// Its extensions and their data.
    pub fn extensions(&self) -> impl Iterator<Item = (u16, Reader<'a>)> + use<'a> {
        let mut reader = self.extensions;
        std::iter::from_fn(move || Some((reader.u16()?, reader.vector(2)?)))
    }

    /// The data of an extension.
    pub fn extension(&self, kind: u16) -> Option<Reader<'a>> {
        self.extensions().find(|&(k, _)| k == kind).map(|(_, data)| data)
    }

    /// The cipher suite that a server chose.
    pub fn cipher(&self) -> u16 {
        Reader(self.ciphers.0).u16().unwrap_or(0)
    }

    /// The version that a server chose.
    pub fn chosen_version(&self) -> u16 {
        self.extension(extension::SUPPORTED_VERSIONS).and_then(|mut e| e.u16()).unwrap_or(self.version)
    }
}

/// What decides how messages are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    /// As the server chose it; 0 where that is not known.
    pub version: u16,
    /// The cipher suite; 0 where that is not known.
    pub cipher: u16,
    pub is_dtls: bool,
    pub is_quic: bool,
}

impl Terms {
    /// The name of the cipher suite, which says how keys are exchanged and what protects records.
    pub fn cipher_name(&self) -> &'static str {
        if self.cipher == 0 { "" } else { name_of(CIPHER_SUITES, self.cipher.into()).unwrap_or("") }
    }

    pub fn is_13(&self) -> bool {
        self.is_quic || is_13(self.version)
    }
}

/// What is known of a connection.
#[derive(Default)]
pub(crate) struct Session {
    pub terms: Terms,
    pub client_random: Option<[u8; 32]>,
    pub server_random: [u8; 32],
    /// The application protocol that the server chose.
    pub alpn: Vec<u8>,
    /// RFC 7366
    pub encrypt_then_mac: bool,
    /// The direction in which the client sends.
    pub client_is_reverse: bool,
    /// The client has said that it sends data before it hears from the server (RFC 8446, section 4.2.10).
    pub has_early_data: bool,
}

impl Session {
    /// Takes from a handshake message, without its header, what it settles.
    pub fn learn(&mut self, kind: u8, body: &[u8], is_reverse: bool) {
        match kind {
            kind::CLIENT_HELLO => {
                if let Some(hello) = Hello::client(body, self.terms.is_dtls) {
                    self.client_random = hello.random.try_into().ok();
                    self.client_is_reverse = is_reverse;
                    self.has_early_data = hello.extension(extension::EARLY_DATA).is_some();
                }
            }
            kind::SERVER_HELLO => {
                let Some(hello) = Hello::server(body) else { return };
                self.terms.version = hello.chosen_version();
                self.terms.cipher = hello.cipher();
                self.server_random = hello.random.try_into().unwrap_or_default();
                self.client_is_reverse = !is_reverse;
                self.encrypt_then_mac = hello.extension(extension::ENCRYPT_THEN_MAC).is_some();
                self.learn_alpn(hello.extension(extension::ALPN));
            }
            kind::ENCRYPTED_EXTENSIONS => {
                let Some(mut reader) = Reader(body).vector(2) else { return };
                while let (Some(kind), Some(data)) = (reader.u16(), reader.vector(2)) {
                    if kind == extension::ALPN {
                        self.learn_alpn(Some(data));
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether records are those of TLS 1.3, as far as can be known.
    pub fn is_13(&self) -> bool {
        self.terms.is_13() || self.terms.version == 0 && self.has_early_data
    }

    fn learn_alpn(&mut self, extension: Option<Reader<'_>>) {
        if let Some(name) = extension.and_then(|mut e| e.vector(2)?.vector(1)) {
            self.alpn = name.0.to_vec();
        }
    }
}
