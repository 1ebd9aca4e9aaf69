//! Syslog: RFC 5424, and the older form that RFC 3164 describes.

use prosector_sdk::handle::{Handle, Variable};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Syslog;

protocol! {
    /// Messages of systems and programs, RFC 5424 and RFC 3164.
    Syslog = syslog "Syslog", "Syslog message" {
        /// Facility and level are one number in the text.
        facility as FACILITY_FIELD: computed u16 "Facility" = FACILITIES,
        level: computed u8          "Level" = LEVELS,
        msg: str                    "Message",
        version: str                "Syslog version",
        timestamp: str              "Syslog timestamp",
        timestamp_rfc3164: str      "Syslog timestamp (RFC3164)",
        hostname: str               "Syslog hostname",
        appname: str                "Syslog app name",
        procid: str                 "Syslog process id",
        msgid: str                  "Syslog message id",
        msgid.bom: u24 hex          "Syslog BOM",
    }
    claims { udp.port = 514 }
}

value_names! {
    /// Who speaks (RFC 5424, section 6.2.1).
    FACILITIES {
        0 "KERN - kernel messages", 1 "USER - random user-level messages", 2 "MAIL - mail system",
        3 "DAEMON - system daemons", 4 "AUTH - security/authorization messages",
        5 "SYSLOG - messages generated internally by syslogd", 6 "LPR - line printer subsystem",
        7 "NEWS - network news subsystem", 8 "UUCP - UUCP subsystem", 9 "CRON - clock daemon (BSD, Linux)",
        10 "AUTHPRIV - security/authorization messages (private)", 11 "FTP - ftp daemon", 12 "NTP - ntp subsystem",
        13 "LOGAUDIT - log audit", 14 "LOGALERT - log alert", 15 "CRON - clock daemon (Solaris)",
        16 "LOCAL0 - reserved for local use", 17 "LOCAL1 - reserved for local use",
        18 "LOCAL2 - reserved for local use", 19 "LOCAL3 - reserved for local use",
        20 "LOCAL4 - reserved for local use", 21 "LOCAL5 - reserved for local use",
        22 "LOCAL6 - reserved for local use", 23 "LOCAL7 - reserved for local use",
    }
}

value_names! {
    /// How bad it is.
    LEVELS {
        0 "EMERG - system is unusable", 1 "ALERT - action must be taken immediately", 2 "CRIT - critical conditions",
        3 "ERR - error conditions", 4 "WARNING - warning conditions", 5 "NOTICE - normal but significant condition",
        6 "INFO - informational", 7 "DEBUG - debug-level messages",
    }
}

/// Short names for the summary, by number.
const FACILITY: [&str; 24] = [
    "KERN", "USER", "MAIL", "DAEMON", "AUTH", "SYSLOG", "LPR", "NEWS", "UUCP", "CRON", "AUTHPRIV", "FTP", "NTP",
    "LOGAUDIT", "LOGALERT", "CRON", "LOCAL0", "LOCAL1", "LOCAL2", "LOCAL3", "LOCAL4", "LOCAL5", "LOCAL6", "LOCAL7",
];
const LEVEL_NAMES: [&str; 8] = ["EMERG", "ALERT", "CRIT", "ERR", "WARNING", "NOTICE", "INFO", "DEBUG"];

impl Dissector for Syslog {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let bytes = pdu.rest();
        let priority = priority(bytes);
        if let Some((value, len)) = priority {
            let (facility, level) = (value >> 3, value & 7);
            pdu.computed(FACILITY_FIELD, 0..len, facility);
            pdu.computed(LEVEL, 0..len, level);
            pdu.skip(len)?;
        }
        let start = pdu.position();
        let text = pdu.rest();
        // What C programs send ends with a zero byte.
        let len = text.iter().position(|&b| b == 0).unwrap_or(text.len());
        let text = &text[..len];
        let shown = String::from_utf8_lossy(text);
        match priority {
            Some((value, _)) => {
                let facility = FACILITY.get(usize::from(value >> 3)).unwrap_or(&"UNKNOWN");
                let level = LEVEL_NAMES[usize::from(value & 7)];
                pdu.info(format_args!("{facility}.{level}: {}", shown.trim_end()));
            }
            None => pdu.info(format_args!("{}", shown.trim_end())),
        }
        pdu.mark(MSG, start..start + len);
        if priority.is_some() {
            if text.starts_with(b"1 ") {
                rfc5424(pdu, start, text);
            } else if is_rfc3164(text) {
                rfc3164(pdu, start, text);
            }
        }
        pdu.skip(pdu.remaining())
    }
}

/// The priority that a message begins with, and how many bytes it takes, angle brackets included.
fn priority(bytes: &[u8]) -> Option<(u16, usize)> {
    let digits = bytes.strip_prefix(b"<")?;
    let len = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    if !(1..=3).contains(&len) {
        return None;
    }
    let value = digits.iter().take(len).fold(0, |n, &b| n * 10 + u16::from(b - b'0'));
    Some((value, 1 + len + usize::from(digits.get(len) == Some(&b'>'))))
}

/// Marks the words of `text` that fields stand for; a word that is a dash alone is left out (RFC 5424, section 6). Returns
/// where the rest begins.
fn words(pdu: &mut Pdu<'_>, start: usize, text: &[u8], mut at: usize, fields: &[Handle<Variable>]) -> usize {
    for &field in fields {
        let Some(rest) = text.get(at..) else { break };
        let len = rest.iter().position(|&b| b == b' ').unwrap_or(rest.len());
        if rest.get(..len) != Some(b"-") && len > 0 {
            pdu.mark(field, start + at..start + at + len);
        }
        at += len + 1;
    }
    at
}

/// RFC 5424, section 6.
fn rfc5424(pdu: &mut Pdu<'_>, start: usize, text: &[u8]) {
    words(pdu, start, text, 0, &[VERSION, TIMESTAMP, HOSTNAME, APPNAME, PROCID, MSGID]);
    if let Some(at) = text.windows(3).position(|w| w == [0xef, 0xbb, 0xbf]) {
        pdu.mark(MSGID_BOM, start + at..start + at + 3);
    }
}

/// Whether a text begins as `Jan  1 12:34:56 `.
fn is_rfc3164(text: &[u8]) -> bool {
    let form = b"Aaa 99 99:99:99 ";
    text.len() > form.len()
        && form.iter().zip(text).all(|(&form, &b)| match form {
            b'A' => b.is_ascii_uppercase(),
            b'a' => b.is_ascii_lowercase(),
            b'9' => b.is_ascii_digit() || b == b' ',
            _ => b == form,
        })
}

/// RFC 3164, section 4.1: time, host, and a tag that may name a process in brackets.
fn rfc3164(pdu: &mut Pdu<'_>, start: usize, text: &[u8]) {
    const TIME: usize = 15;
    pdu.mark(TIMESTAMP_RFC3164, start..start + TIME);
    let at = words(pdu, start, text, TIME + 1, &[HOSTNAME]);
    let Some(rest) = text.get(at..) else { return };
    let tag = rest.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
    if tag > 0 {
        pdu.mark(PROCID, start + at..start + at + tag);
    }
    if tag < rest.len() {
        pdu.mark(MSGID, start + at + tag..start + at + rest.len());
    }
}

builtin!(Syslog);

#[test]
fn both_forms() {
    let hex = |text: &str| text.bytes().map(|b| format!("{b:02x}")).collect::<String>();
    check::<Syslog>(
        &hex("<34>1 2026-01-02T03:04:05Z host app 77 ID4 - hi"),
        expect![[r#"
        Syslog message, AUTH.CRIT: 1 2026-01-02T03:04:05Z host app 77 ID4 - hi
          Facility: AUTH - security/authorization messages (4)
          Level: CRIT - critical conditions (2)
          Message: 1 2026-01-02T03:04:05Z host app 77 ID4 - hi
          Syslog version: 1
          Syslog timestamp: 2026-01-02T03:04:05Z
          Syslog hostname: host
          Syslog app name: app
          Syslog process id: 77
          Syslog message id: ID4
    "#]],
    );
    check::<Syslog>(
        &hex("<13>Jan  2 03:04:05 host app: hi"),
        expect![[r#"
        Syslog message, USER.NOTICE: Jan  2 03:04:05 host app: hi
          Facility: USER - random user-level messages (1)
          Level: NOTICE - normal but significant condition (5)
          Message: Jan  2 03:04:05 host app: hi
          Syslog timestamp (RFC3164): Jan  2 03:04:05
          Syslog hostname: host
          Syslog process id: app
          Syslog message id: : hi
    "#]],
    );
    check::<Syslog>(
        &hex("no priority"),
        expect![[r#"
        Syslog message, no priority
          Message: no priority
    "#]],
    );
}

#[test]
fn priorities_that_are_none() {
    let hex = |text: &str| text.bytes().map(|b| format!("{b:02x}")).collect::<String>();
    for text in ["<", "<>x", "<1234>x", ""] {
        assert_eq!(priority(text.as_bytes()), None);
    }
    check::<Syslog>(
        &hex("<1"),
        expect![[r#"
        Syslog message, KERN.ALERT: 
          Facility: KERN - kernel messages (0)
          Level: ALERT - action must be taken immediately (1)
          Message: 
    "#]],
    );
}
