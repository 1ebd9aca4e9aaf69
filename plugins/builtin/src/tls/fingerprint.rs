//! Fingerprints of hello messages: JA3 and JA3S (Salesforce, 2017), JA4 (FoxIO, 2023).

use super::hello::{Hello, extension};
use super::reader::Reader;
use md5::{Digest, Md5};
use sha2::Sha256;
use std::fmt::Write;

/// Whether a number is one of those that stand for nothing (RFC 8701).
pub(super) fn is_grease(n: u16) -> bool {
    n & 0x0f0f == 0x0a0a && n >> 8 == n & 0xff
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// JA3 or JA3S of its text.
pub(super) fn md5(text: &str) -> String {
    hex(&Md5::digest(text))
}

fn sha256(text: &str) -> String {
    if text.is_empty() { "0".repeat(12) } else { hex(&Sha256::digest(text)[..6]) }
}

fn list(numbers: impl Iterator<Item = u16>) -> String {
    numbers.filter(|&n| !is_grease(n)).map(|n| n.to_string()).collect::<Vec<_>>().join("-")
}

/// The text of JA3.
pub(super) fn ja3(hello: &Hello<'_>) -> String {
    let groups = hello.extension(extension::SUPPORTED_GROUPS).and_then(|mut e| e.vector(2));
    let formats = hello.extension(extension::EC_POINT_FORMATS).and_then(|mut e| e.vector(1));
    let formats = formats.map_or(&[][..], |f| f.0).iter().map(u8::to_string).collect::<Vec<_>>().join("-");
    format!(
        "{},{},{},{},{formats}",
        hello.version,
        list(hello.ciphers.pairs()),
        list(hello.extensions().map(|(kind, _)| kind)),
        list(groups.unwrap_or(Reader(&[])).pairs()),
    )
}

/// The text of JA3S.
pub(super) fn ja3s(hello: &Hello<'_>) -> String {
    let extensions: Vec<_> = hello.extensions().map(|(kind, _)| kind.to_string()).collect();
    format!("{},{},{}", hello.version, hello.cipher(), extensions.join("-"))
}

/// JA4 and its text before hashing. `transport` is `t`, `q` or `d`: over TCP, QUIC, or DTLS.
pub(super) fn ja4(hello: &Hello<'_>, transport: char) -> (String, String) {
    let known = |n: &u16| !is_grease(*n);
    let versions = hello.extension(extension::SUPPORTED_VERSIONS).and_then(|mut e| e.vector(1));
    let versions = versions.unwrap_or(Reader(&[])).pairs().filter(known);
    // The versions of DTLS count down.
    let best = if transport == 'd' { versions.min() } else { versions.max() };
    let version = match best.unwrap_or(hello.version) {
        0x0304 => "13",
        0x0303 => "12",
        0x0302 => "11",
        0x0301 => "10",
        0x0300 => "s3",
        0x0002 => "s2",
        0xfeff => "d1",
        0xfefd => "d2",
        0xfefc => "d3",
        _ => "00",
    };
    let alpn = hello.extension(extension::ALPN).and_then(|mut e| e.vector(2)?.vector(1)).map_or(&[][..], |name| name.0);
    let alpn = match alpn {
        [] => "00".to_owned(),
        &[first, .., last] | &[first @ last] if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() => {
            format!("{}{}", first as char, last as char)
        }
        &[first, .., last] | &[first @ last] => format!("{:x}{:x}", first >> 4, last & 15),
    };
    let mut ciphers: Vec<_> = hello.ciphers.pairs().filter(known).map(|n| format!("{n:04x}")).collect();
    let mut kinds: Vec<_> = hello.extensions().map(|(kind, _)| kind).filter(known).collect();
    let name = if kinds.contains(&extension::SERVER_NAME) { 'd' } else { 'i' };
    let a = format!("{transport}{version}{name}{:02}{:02}{alpn}", ciphers.len().min(99), kinds.len().min(99));
    ciphers.sort();
    let ciphers = ciphers.join(",");
    kinds.retain(|kind| ![extension::SERVER_NAME, extension::ALPN].contains(kind));
    kinds.sort();
    let mut extensions = kinds.iter().map(|n| format!("{n:04x}")).collect::<Vec<_>>().join(",");
    let schemes = hello.extension(extension::SIGNATURE_ALGORITHMS).and_then(|mut e| e.vector(2));
    let schemes: Vec<_> = schemes.unwrap_or(Reader(&[])).pairs().filter(known).map(|n| format!("{n:04x}")).collect();
    if !schemes.is_empty() {
        let _ = write!(extensions, "_{}", schemes.join(","));
    }
    (format!("{a}_{}_{}", sha256(&ciphers), sha256(&extensions)), format!("{a}_{ciphers}_{extensions}"))
}
