//! Extensions of handshake messages (RFC 6066; RFC 8446, section 4.2, and many others).

use super::handshake::{all, names, ocsp, part, schemes, some};
use super::hello::{Terms, kind};
use super::reader::Reader;
use super::summary::Summary;
use super::*;
use super::{quic, sct};

/// Reads extensions and their length. `message` is the kind of the message that has them.
pub(super) fn list(pdu: &mut Pdu<'_>, message: u8, terms: Terms, summary: &mut Summary) -> Step {
    let len = pdu.take(HANDSHAKE_EXTENSIONS_LENGTH)?.into();
    part(pdu, HANDSHAKE_EXTENSIONS_LENGTH, len, |pdu| {
        while pdu.wire_remaining() > 0 {
            pdu.group(HANDSHAKE_EXTENSION, |pdu| {
                let number = pdu.take(HANDSHAKE_EXTENSION_TYPE)?;
                let len = pdu.take(HANDSHAKE_EXTENSION_LEN)?.into();
                part(pdu, HANDSHAKE_EXTENSION_LEN, len, |pdu| one(pdu, number, message, terms, summary))
            })?;
        }
        Ok(())
    })
}

/// Reads a list of strings, each behind its length.
fn strings<'a>(pdu: &mut Pdu<'a>, len: Handle<u8>, value: Handle<Variable>) -> Step {
    while pdu.wire_remaining() > 0 {
        some(pdu, len, value)?;
    }
    Ok(())
}

/// Reads the data of one extension.
fn one(pdu: &mut Pdu<'_>, number: u16, message: u8, terms: Terms, summary: &mut Summary) -> Step {
    let is_empty = pdu.wire_remaining() == 0;
    let from_client = message == kind::CLIENT_HELLO;
    match number {
        0 if !is_empty => {
            let len = pdu.take(HANDSHAKE_EXTENSIONS_SERVER_NAME_LIST_LEN)?.into();
            part(pdu, HANDSHAKE_EXTENSIONS_SERVER_NAME_LIST_LEN, len, |pdu| {
                while pdu.wire_remaining() > 0 {
                    pdu.take(HANDSHAKE_EXTENSIONS_SERVER_NAME_TYPE)?;
                    let len = pdu.take(HANDSHAKE_EXTENSIONS_SERVER_NAME_LEN)?.into();
                    let name = pdu.take_bytes(HANDSHAKE_EXTENSIONS_SERVER_NAME, len)?;
                    summary.server_name(name);
                }
                Ok(())
            })
        }
        1 => pdu.take(HANDSHAKE_MAX_FRAGMENT_LENGTH).map(drop),
        5 if from_client => {
            if pdu.take(HANDSHAKE_EXTENSIONS_STATUS_REQUEST_TYPE)? != 1 {
                return Ok(());
            }
            status_request(pdu)
        }
        5 if message == kind::CERTIFICATE => {
            pdu.take(HANDSHAKE_EXTENSIONS_STATUS_REQUEST_TYPE)?;
            ocsp(pdu)
        }
        17 if from_client => {
            let len = pdu.take(HANDSHAKE_EXTENSIONS_STATUS_REQUEST_LIST_LEN)?.into();
            part(pdu, HANDSHAKE_EXTENSIONS_STATUS_REQUEST_LIST_LEN, len, |pdu| {
                while pdu.wire_remaining() > 0 {
                    pdu.take(HANDSHAKE_EXTENSIONS_STATUS_REQUEST_TYPE)?;
                    let len = pdu.take(HANDSHAKE_EXTENSIONS_STATUS_REQUEST_LEN)?.into();
                    part(pdu, HANDSHAKE_EXTENSIONS_STATUS_REQUEST_LEN, len, status_request)?;
                }
                Ok(())
            })
        }
        10 => {
            let len = pdu.take(HANDSHAKE_EXTENSIONS_SUPPORTED_GROUPS_LENGTH)?.into();
            part(pdu, HANDSHAKE_EXTENSIONS_SUPPORTED_GROUPS_LENGTH, len, |pdu| {
                all(pdu, HANDSHAKE_EXTENSIONS_SUPPORTED_GROUP)
            })
        }
        11 => {
            let len = pdu.take(HANDSHAKE_EXTENSIONS_EC_POINT_FORMATS_LENGTH)?.into();
            part(pdu, HANDSHAKE_EXTENSIONS_EC_POINT_FORMATS_LENGTH, len, |pdu| {
                all(pdu, HANDSHAKE_EXTENSIONS_EC_POINT_FORMAT)
            })
        }
        12 => some(pdu, HANDSHAKE_EXTENSIONS_SRP_LEN, HANDSHAKE_EXTENSIONS_SRP_USERNAME),
        13 | 50 => schemes(pdu),
        34 if from_client || message == kind::CERTIFICATE_REQUEST => schemes(pdu),
        15 => pdu.take(HANDSHAKE_EXTENSION_HEARTBEAT_MODE).map(drop),
        16 => {
            let len = pdu.take(HANDSHAKE_EXTENSIONS_ALPN_LEN)?.into();
            part(pdu, HANDSHAKE_EXTENSIONS_ALPN_LEN, len, |pdu| {
                strings(pdu, HANDSHAKE_EXTENSIONS_ALPN_STR_LEN, HANDSHAKE_EXTENSIONS_ALPN_STR)
            })
        }
        17513 if from_client => {
            let len = pdu.take(HANDSHAKE_EXTENSIONS_ALPS_LEN)?.into();
            part(pdu, HANDSHAKE_EXTENSIONS_ALPS_LEN, len, |pdu| {
                strings(pdu, HANDSHAKE_EXTENSIONS_ALPS_ALPN_STR_LEN, HANDSHAKE_EXTENSIONS_ALPS_ALPN_STR)
            })
        }
        17513 => {
            pdu.take_rest(HANDSHAKE_EXTENSIONS_ALPS_SETTINGS);
            Ok(())
        }
        13172 => strings(pdu, HANDSHAKE_EXTENSIONS_NPN_STR_LEN, HANDSHAKE_EXTENSIONS_NPN),
        18 if is_empty => Ok(()),
        18 => sct::list(pdu),
        19 | 20 if from_client => {
            let len = pdu.take(HANDSHAKE_CERT_TYPE_TYPES_LEN)?.into();
            part(pdu, HANDSHAKE_CERT_TYPE_TYPES_LEN, len, |pdu| all(pdu, HANDSHAKE_CERT_TYPE_TYPE))
        }
        19 | 20 => pdu.take(HANDSHAKE_CERT_TYPE_TYPE).map(drop),
        21 => {
            pdu.take_rest(HANDSHAKE_EXTENSIONS_PADDING_DATA);
            Ok(())
        }
        27 => {
            let len = pdu.take(COMPRESS_CERTIFICATE_ALGORITHMS_LENGTH)?.into();
            part(pdu, COMPRESS_CERTIFICATE_ALGORITHMS_LENGTH, len, |pdu| all(pdu, COMPRESS_CERTIFICATE_ALGORITHM))
        }
        28 => pdu.take(RECORD_SIZE_LIMIT).map(drop),
        40 | 51 => key_share(pdu, message),
        41 if from_client => {
            let len = pdu.take(HANDSHAKE_EXTENSIONS_PSK_IDENTITIES_LENGTH)?.into();
            part(pdu, HANDSHAKE_EXTENSIONS_PSK_IDENTITIES_LENGTH, len, |pdu| {
                while pdu.wire_remaining() > 0 {
                    some(
                        pdu,
                        HANDSHAKE_EXTENSIONS_PSK_IDENTITY_IDENTITY_LENGTH,
                        HANDSHAKE_EXTENSIONS_PSK_IDENTITY_IDENTITY,
                    )?;
                    pdu.take(HANDSHAKE_EXTENSIONS_PSK_IDENTITY_OBFUSCATED_TICKET_AGE)?;
                }
                Ok(())
            })?;
            some(pdu, HANDSHAKE_EXTENSIONS_PSK_BINDERS_LEN, HANDSHAKE_EXTENSIONS_PSK_BINDERS)
        }
        41 => pdu.take(HANDSHAKE_EXTENSIONS_PSK_IDENTITY_SELECTED).map(drop),
        42 if message == kind::NEW_SESSION_TICKET => pdu.take(EARLY_DATA_MAX_EARLY_DATA_SIZE).map(drop),
        43 if from_client => {
            let len = pdu.take(HANDSHAKE_EXTENSIONS_SUPPORTED_VERSIONS_LEN)?.into();
            part(pdu, HANDSHAKE_EXTENSIONS_SUPPORTED_VERSIONS_LEN, len, |pdu| {
                all(pdu, HANDSHAKE_EXTENSIONS_SUPPORTED_VERSION)
            })
        }
        43 => pdu.take(HANDSHAKE_EXTENSIONS_SUPPORTED_VERSION).map(drop),
        44 => some(pdu, HANDSHAKE_EXTENSIONS_COOKIE_LEN, HANDSHAKE_EXTENSIONS_COOKIE),
        45 => {
            let len = pdu.take(EXTENSION_PSK_KE_MODES_LENGTH)?.into();
            part(pdu, EXTENSION_PSK_KE_MODES_LENGTH, len, |pdu| all(pdu, EXTENSION_PSK_KE_MODE))
        }
        47 => names(pdu),
        48 => pdu.take(EXTENSION_OID_FILTERS_LENGTH).map(drop),
        54 if terms.is_dtls => some(pdu, CONNECTION_ID_LENGTH, CONNECTION_ID),
        57 | 65445 if terms.is_quic => quic::parameters(pdu, message),
        65281 => some(pdu, HANDSHAKE_EXTENSIONS_RENEG_INFO_LEN, HANDSHAKE_EXTENSIONS_RENEG_INFO),
        // They are there or not.
        0 | 5 | 17 | 22 | 23 | 42 | 49 if is_empty => Ok(()),
        _ => {
            pdu.take_rest(HANDSHAKE_EXTENSION_DATA);
            Ok(())
        }
    }
}

fn status_request(pdu: &mut Pdu<'_>) -> Step {
    let len = pdu.take(HANDSHAKE_EXTENSIONS_STATUS_REQUEST_RESPONDER_IDS_LEN)?.into();
    pdu.skip(len)?;
    let len = pdu.take(HANDSHAKE_EXTENSIONS_STATUS_REQUEST_EXTS_LEN)?.into();
    pdu.skip(len)
}

fn key_share(pdu: &mut Pdu<'_>, message: u8) -> Step {
    let entry = |pdu: &mut Pdu<'_>| {
        pdu.take(HANDSHAKE_EXTENSIONS_KEY_SHARE_GROUP)?;
        some(pdu, HANDSHAKE_EXTENSIONS_KEY_SHARE_KEY_EXCHANGE_LENGTH, HANDSHAKE_EXTENSIONS_KEY_SHARE_KEY_EXCHANGE)
    };
    if message == kind::CLIENT_HELLO {
        let len = pdu.take(HANDSHAKE_EXTENSIONS_KEY_SHARE_CLIENT_LENGTH)?.into();
        part(pdu, HANDSHAKE_EXTENSIONS_KEY_SHARE_CLIENT_LENGTH, len, |pdu| {
            while pdu.wire_remaining() > 0 {
                entry(pdu)?;
            }
            Ok(())
        })
    } else if Reader(pdu.rest()).0.len() == 2 {
        // A server that asks for another client hello says for which group.
        pdu.take(HANDSHAKE_EXTENSIONS_KEY_SHARE_SELECTED_GROUP).map(drop)
    } else {
        entry(pdu)
    }
}
