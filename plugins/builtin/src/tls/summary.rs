//! What a segment has, in few words.

use super::Tls;
use prosector_sdk::prelude::*;
use std::fmt;

/// The parts of an info line, collected while records are read.
#[derive(Default)]
pub(crate) struct Summary {
    parts: Vec<Part>,
    server_name: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Handshake(u8),
    HelloRetryRequest,
    EncryptedHandshake,
    ChangeCipherSpec,
    Alert(u8, u8),
    EncryptedAlert,
    Heartbeat(u8),
    EncryptedHeartbeat,
    ApplicationData,
    ConnectionId,
    EncryptedData,
}

impl Summary {
    /// What is more is not told.
    const MAX: usize = 32;

    pub fn clear(&mut self) {
        self.parts.clear();
        self.server_name.clear();
    }

    pub fn push(&mut self, part: Part) {
        // Data takes many records and says nothing new.
        let is_again = part == Part::ApplicationData && self.parts.last() == Some(&part);
        if self.parts.len() < Summary::MAX && !is_again {
            self.parts.push(part);
        }
    }

    pub fn handshake(&mut self, kind: u8) {
        self.push(Part::Handshake(kind));
    }

    /// What was taken for a server hello is a request to try again.
    pub fn retry(&mut self) {
        if let Some(last) = self.parts.last_mut() {
            *last = Part::HelloRetryRequest;
        }
    }

    pub fn server_name(&mut self, name: &[u8]) {
        if self.server_name.is_empty() {
            self.server_name.extend_from_slice(name);
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, &part) in self.parts.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            match part {
                Part::Handshake(kind) => write!(f, "{}", Tls::name(super::HANDSHAKE_TYPE, kind))?,
                Part::HelloRetryRequest => f.write_str("Hello Retry Request")?,
                Part::EncryptedHandshake => f.write_str("Encrypted Handshake Message")?,
                Part::ChangeCipherSpec => f.write_str("Change Cipher Spec")?,
                Part::Alert(level, description) => write!(
                    f,
                    "Alert (Level: {}, Description: {})",
                    Tls::name(super::ALERT_MESSAGE_LEVEL, level),
                    Tls::name(super::ALERT_MESSAGE_DESC, description)
                )?,
                Part::EncryptedAlert => f.write_str("Encrypted Alert")?,
                Part::Heartbeat(1) => f.write_str("Heartbeat Request")?,
                Part::Heartbeat(_) => f.write_str("Heartbeat Response")?,
                Part::EncryptedHeartbeat => f.write_str("Encrypted Heartbeat")?,
                Part::ApplicationData => f.write_str("Application Data")?,
                Part::ConnectionId => f.write_str("Connection ID")?,
                Part::EncryptedData => f.write_str("Encrypted Data")?,
            }
            if part == Part::Handshake(1) && !self.server_name.is_empty() {
                write!(f, " (SNI={})", String::from_utf8_lossy(&self.server_name))?;
            }
        }
        Ok(())
    }
}
