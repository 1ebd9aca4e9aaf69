//! Key logs: the secrets of connections, as NSS and others write them (draft-ietf-tls-keylogfile).

use std::collections::HashMap;

/// What a line of a key log is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Label {
    /// `CLIENT_RANDOM`: the master secret, up to TLS 1.2.
    Master,
    ClientHandshake,
    ServerHandshake,
    ClientTraffic,
    ServerTraffic,
}

/// Secrets by label and client random.
#[derive(Default)]
pub(crate) struct KeyLog(HashMap<(Label, [u8; 32]), Vec<u8>>);

impl KeyLog {
    /// Adds the lines of a text. Those that are something else are passed over: comments, labels that are of no use here.
    pub fn add(&mut self, text: &str) {
        self.0.extend(text.lines().filter_map(line));
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn get(&self, label: Label, client_random: &[u8; 32]) -> Option<&[u8]> {
        self.0.get(&(label, *client_random)).map(Vec::as_slice)
    }
}

type Entry = ((Label, [u8; 32]), Vec<u8>);

fn line(line: &str) -> Option<Entry> {
    let mut words = line.split_ascii_whitespace();
    let label = match words.next()? {
        "CLIENT_RANDOM" => Label::Master,
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET" => Label::ClientHandshake,
        "SERVER_HANDSHAKE_TRAFFIC_SECRET" => Label::ServerHandshake,
        "CLIENT_TRAFFIC_SECRET_0" => Label::ClientTraffic,
        "SERVER_TRAFFIC_SECRET_0" => Label::ServerTraffic,
        _ => return None,
    };
    let random = hex(words.next()?)?.try_into().ok()?;
    let secret = hex(words.next()?)?;
    (secret.len() <= 64).then_some(((label, random), secret))
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect();
    let digits = digits.filter(|d| d.len().is_multiple_of(2))?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[test]
fn lines() {
    let random = "01".repeat(32);
    let mut log = KeyLog::default();
    log.add(&format!(
        "# a comment\r\nCLIENT_RANDOM {random} 0a0b\nEXPORTER_SECRET {random} 00\nCLIENT_RANDOM {random}\n\
         SERVER_TRAFFIC_SECRET_0 {random} 0C\nCLIENT_TRAFFIC_SECRET_0 {random} 0\n"
    ));
    assert_eq!(log.get(Label::Master, &[1; 32]), Some(&[10, 11][..]));
    assert_eq!(log.get(Label::ServerTraffic, &[1; 32]), Some(&[12][..]));
    assert_eq!(log.get(Label::ClientTraffic, &[1; 32]), None);
    assert_eq!(log.get(Label::Master, &[2; 32]), None);
}
