//! Names and addresses as people write them, and texts as they are shown.

use reqwest::Url;
use std::net::IpAddr;

/// Bytes of a text from elsewhere that are shown.
const MAX_SHOWN: usize = 1000;

/// The host with its port, and the path, with a slash at the end where there is one.
pub(crate) fn location(location: &str) -> Result<(String, String), String> {
    // Not shown, because it may have a password.
    if location.contains('@') {
        return Err("the address of an OCI registry has no user: `docker login HOST` keeps them".into());
    }
    let wrong = || one_line(&format!("oci://{location} is not an address: expected oci://HOST[:PORT][/PATH]"));
    let (host, path) = location.split_once('/').unwrap_or((location, ""));
    let path = path.trim_end_matches('/');
    let is_host = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    let url = url(host).ok_or_else(wrong)?;
    if !host.chars().all(is_host) || url.path() != "/" || !(path.is_empty() || is_repository(path)) {
        return Err(wrong());
    }
    let path = if path.is_empty() { String::new() } else { format!("{path}/") };
    Ok((host.to_ascii_lowercase(), path))
}

fn url(host: &str) -> Option<Url> {
    Url::parse(&format!("http://{host}/")).ok()
}

pub(crate) fn is_loopback(host: &str) -> bool {
    let url = url(host);
    let Some(name) = url.as_ref().and_then(Url::host_str) else { return false };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Of the specification's names; it has rules for more than one separator in a row, which registries know themselves.
pub(crate) fn is_repository(name: &str) -> bool {
    let is_alphanumeric = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let is_part = |part: &str| {
        let bytes = part.as_bytes();
        bytes.first().is_some_and(is_alphanumeric)
            && bytes.last().is_some_and(is_alphanumeric)
            && bytes.iter().all(|b| is_alphanumeric(b) || b"._-".contains(b))
    };
    name.len() <= 255 && name.split('/').all(is_part)
}

pub(crate) fn is_tag(tag: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    tag.len() <= 128
        && tag.bytes().next().is_some_and(is_word)
        && tag.bytes().all(|b| is_word(b) || b == b'.' || b == b'-')
}

/// What others wrote must neither break lines nor steer the terminal.
pub(crate) fn one_line(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations() {
        let good = |host: &str, path: &str| Ok((host.to_owned(), path.to_owned()));
        assert_eq!(location("registry.example.org"), good("registry.example.org", ""));
        assert_eq!(location("registry.example.org/"), good("registry.example.org", ""));
        assert_eq!(location("127.0.0.1:5000/a/b-c/"), good("127.0.0.1:5000", "a/b-c/"));
        assert_eq!(location("[::1]:5000/a"), good("[::1]:5000", "a/"));
        for wrong in
            ["", "/a", "host:port", "host:99999", "host/../a", "host/A", "ho st", "host?a", "host//a", "[::1", "a:b:c"]
        {
            assert!(location(wrong).unwrap_err().contains("is not an address"), "{wrong}");
        }
        assert!(!location("ada:secret@host").unwrap_err().contains("secret"));
    }

    #[test]
    fn loopback() {
        for host in ["localhost", "localhost:5000", "127.0.0.1", "127.8.9.1:1", "[::1]", "[::1]:5000"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example.org", "127.0.0.1.example.org", "128.0.0.1", "[::2]", "example.org:127"] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn repositories_and_tags() {
        assert!(is_repository("weather-team/acme") && is_repository("a/b.c__d/0"));
        for wrong in ["", "a//b", "..", "a/../b", "A", "a/", "/a", "a-", "ä", "a?b", "a%2fb"] {
            assert!(!is_repository(wrong), "{wrong}");
        }
        assert!(is_tag("1.2.3-rc.1") && is_tag("_") && is_tag("Latest"));
        for wrong in ["", ".", "..", "-a", "1.0.0+x", "a/b", "a?b", &"a".repeat(129)] {
            assert!(!is_tag(wrong), "{wrong}");
        }
    }
}
