//! Mail messages (RFC 5322): header lines, which may be folded, and a body of the media type that `Content-Type` gives.

use crate::lines::{self, Line};
use crate::media;
use prosector_sdk::handle::{Handle, Variable};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Imf;

protocol! {
    /// Internet Message Format (RFC 5322).
    Imf = imf "IMF", "Internet Message Format" {
        date: str                       "Date",
        from: str                       "From",
        sender: str                     "Sender",
        reply_to: str                   "Reply-To",
        to: str                         "To",
        cc: str                         "Cc",
        bcc: str                        "Bcc",
        message_id: str                 "Message-ID",
        in_reply_to: str                "In-Reply-To",
        references: str                 "References",
        subject: str                    "Subject",
        comments: str                   "Comments",
        user_agent: str                 "User-Agent",
        keywords: str                   "Keywords",
        resent.date: str                "Resent-Date",
        resent.from: str                "Resent-From",
        resent.sender: str              "Resent-Sender",
        resent.to: str                  "Resent-To",
        resent.cc: str                  "Resent-Cc",
        resent.bcc: str                 "Resent-Bcc",
        resent.message_id: str          "Resent-Message-ID",
        return_path: str                "Return-Path",
        received: str                   "Received",
        content.type: str               "Content-Type",
        content.type.type: str          "Type",
        content.type.parameters: str    "Parameters",
        content.description: str        "Content-Description",
        content.id: str                 "Content-ID",
        content.transfer_encoding: str  "Content-Transfer-Encoding",
        content_language: str           "Content-Language",
        mime_version: str               "MIME-Version",
        autosubmitted: str              "Autosubmitted",
        delivery_date: str              "Delivery-Date",
        expires: str                    "Expires",
        importance: str                 "Importance",
        priority: str                   "Priority",
        sensitivity: str                "Sensitivity",
        delivered_to: str               "Delivered-To",
        ext.mailer: str                 "X-Mailer",
        ext.mimeole: str                "X-MimeOLE",
        "ext.original-to": str          "X-Original-To",
        ext.virus_scanned: str          "X-Virus-Scanned",
        ext.uidl: str                   "X-UIDL",
        ext.authentication_warning: str "X-Authentication-Warning",
        "thread-index": str             "Thread-Index",
        lines: str                      "Lines",
        precedence: str                 "Precedence",
        /// A header line that has no field of its own.
        extension: str                  "Unknown-Extension",
        extension.type: str             "Type",
        extension.value: str            "Value",
        mailbox_list.item: str          "Item",
        address_list.item: str          "Item",
        display_name: str               "Display-Name",
        address: str                    "Address",
    }
    claims { media_type = [media::key(b"message/rfc822"), media::key(b"text/rfc822-headers")] }
    tables { MEDIA_TYPE: "media_type", MULTIPART: "@mime_multipart" }
}

/// Headers with a field of their own, in small letters.
const HEADERS: &[(&[u8], Handle<Variable>)] = &[
    (b"date", DATE),
    (b"from", FROM),
    (b"sender", SENDER),
    (b"reply-to", REPLY_TO),
    (b"to", TO),
    (b"cc", CC),
    (b"bcc", BCC),
    (b"message-id", MESSAGE_ID),
    (b"in-reply-to", IN_REPLY_TO),
    (b"references", REFERENCES),
    (b"subject", SUBJECT),
    (b"comments", COMMENTS),
    (b"user-agent", USER_AGENT),
    (b"keywords", KEYWORDS),
    (b"resent-date", RESENT_DATE),
    (b"resent-from", RESENT_FROM),
    (b"resent-sender", RESENT_SENDER),
    (b"resent-to", RESENT_TO),
    (b"resent-cc", RESENT_CC),
    (b"resent-bcc", RESENT_BCC),
    (b"resent-message-id", RESENT_MESSAGE_ID),
    (b"return-path", RETURN_PATH),
    (b"received", RECEIVED),
    (b"content-type", CONTENT_TYPE),
    (b"content-description", CONTENT_DESCRIPTION),
    (b"content-id", CONTENT_ID),
    (b"content-transfer-encoding", CONTENT_TRANSFER_ENCODING),
    (b"content-language", CONTENT_LANGUAGE),
    (b"mime-version", MIME_VERSION),
    (b"autosubmitted", AUTOSUBMITTED),
    (b"delivery-date", DELIVERY_DATE),
    (b"expires", EXPIRES),
    (b"importance", IMPORTANCE),
    (b"priority", PRIORITY),
    (b"sensitivity", SENSITIVITY),
    (b"delivered-to", DELIVERED_TO),
    (b"x-mailer", EXT_MAILER),
    (b"x-mimeole", EXT_MIMEOLE),
    (b"x-original-to", EXT_ORIGINAL_TO),
    (b"x-virus-scanned", EXT_VIRUS_SCANNED),
    (b"x-uidl", EXT_UIDL),
    (b"x-authentication-warning", EXT_AUTHENTICATION_WARNING),
    (b"thread-index", THREAD_INDEX),
    (b"lines", LINES),
    (b"precedence", PRECEDENCE),
];

/// Headers that list people, who are mailboxes or also groups of them.
const MAILBOXES: &[Handle<Variable>] = &[FROM, RESENT_FROM];
const ADDRESSES: &[Handle<Variable>] = &[TO, CC, BCC, REPLY_TO, RESENT_TO, RESENT_CC, RESENT_BCC];

impl Dissector for Imf {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let mut content_type: &[u8] = b"text/plain";
        while pdu.remaining() > 0 {
            let line = Line::of(pdu.rest());
            if line.text == 0 {
                pdu.skip(line.whole)?;
                break;
            }
            if let Some(value) = header(pdu)? {
                content_type = value;
            }
        }
        if pdu.remaining() == 0 {
            return Ok(());
        }
        if lines::starts_with(content_type, b"multipart/") {
            pdu.hand_to(MULTIPART);
        } else {
            pdu.hand_on(MEDIA_TYPE, media::keys(content_type));
        }
        Ok(())
    }
}

/// Reads a header with the lines that continue it (RFC 5322, section 2.2.3). Returns the value of `Content-Type`.
fn header<'a>(pdu: &mut Pdu<'a>) -> Result<Option<&'a [u8]>, Stop> {
    let (start, rest) = (pdu.position(), pdu.rest());
    let mut line = Line::of(rest);
    let mut len = line.whole;
    while matches!(rest.get(len), Some(b' ' | b'\t')) {
        line = Line::of(rest.get(len..).unwrap_or_default());
        len += line.whole;
    }
    let all = rest.get(..len).unwrap_or_default();
    let end = len - (line.whole - line.text);
    let Some(colon) = all.iter().position(|&byte| byte == b':') else {
        pdu.skip(len)?;
        return Ok(None);
    };
    let name = all.get(..colon).unwrap_or_default().to_ascii_lowercase();
    let value = lines::trim_start(all.get(colon + 1..end).unwrap_or_default());
    let at = end - value.len();
    let Some(&(_, field)) = HEADERS.iter().find(|(known, _)| *known == name) else {
        pdu.mark(EXTENSION, start..start + end);
        pdu.mark(EXTENSION_TYPE, start..start + colon);
        pdu.mark(EXTENSION_VALUE, start + at..start + end);
        pdu.skip(len)?;
        return Ok(None);
    };
    pdu.mark(field, start + at..start + end);
    let is = |fields: &[Handle<Variable>]| fields.iter().any(|other| other.id == field.id);
    if field.id == SUBJECT.id {
        pdu.info(format_args!("subject: {}", lines::show(value)));
    } else if field.id == CONTENT_TYPE.id {
        let semicolon = value.iter().position(|&byte| byte == b';').unwrap_or(value.len());
        pdu.mark(CONTENT_TYPE_TYPE, start + at..start + at + semicolon);
        if semicolon < value.len() {
            pdu.mark(CONTENT_TYPE_PARAMETERS, start + at + semicolon + 1..start + end);
        }
        pdu.skip(len)?;
        return Ok(Some(value));
    } else if is(MAILBOXES) || is(ADDRESSES) {
        let item = if is(MAILBOXES) { MAILBOX_LIST_ITEM } else { ADDRESS_LIST_ITEM };
        people(pdu, item, all.get(at..).unwrap_or_default(), start + at);
    }
    pdu.skip(len)?;
    Ok(None)
}

/// A list of people, with commas between them, and of named groups of people (RFC 5322, section 3.4); in quotes, comments
/// and angle brackets the marks of a list don't count.
fn people(pdu: &mut Pdu<'_>, item: Handle<Variable>, list: &[u8], at: usize) {
    let (mut start, mut quoted, mut depth, mut grouped) = (0, false, 0i32, false);
    for (i, &byte) in list.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'(' | b'<' if !quoted => depth += 1,
            b')' | b'>' if !quoted => depth -= 1,
            b',' | b';' if !quoted && depth <= 0 => {
                let item = if grouped { MAILBOX_LIST_ITEM } else { item };
                person(pdu, item, list.get(start..i).unwrap_or_default(), at + start);
                grouped &= byte == b',';
                start = i + 1;
            }
            b':' if !quoted && depth <= 0 => {
                let name = list.get(start..i).unwrap_or_default();
                let begins = at + i - name.trim_ascii_start().len();
                pdu.mark(DISPLAY_NAME, begins..begins + name.trim_ascii().len());
                (grouped, start) = (true, i + 1);
            }
            _ => {}
        }
    }
    person(pdu, item, list.get(start..).unwrap_or_default(), at + start);
}

fn person(pdu: &mut Pdu<'_>, item: Handle<Variable>, text: &[u8], at: usize) {
    let body = text.trim_ascii_start();
    let at = at + text.len() - body.len();
    if body.is_empty() {
        return;
    }
    pdu.mark(item, at..at + body.len());
    let open = body.iter().position(|&byte| byte == b'<');
    let close = body.iter().rposition(|&byte| byte == b'>');
    match (open, close) {
        (Some(open), Some(close)) if open < close => {
            let name = body.get(..open).unwrap_or_default().trim_ascii_end();
            if !name.is_empty() {
                pdu.mark(DISPLAY_NAME, at..at + name.len());
            }
            pdu.mark(ADDRESS, at + open + 1..at + close);
        }
        _ => pdu.mark(ADDRESS, at..at + body.len()),
    }
}

builtin!(Imf);

#[test]
fn a_message() {
    check::<Imf>(
        &lines::hex(
            "From: \"A, B\" <a@example.org>, c@example.org\r\nSubject: one\r\n two\r\nX-Own: 1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\ntext\r\n",
        ),
        expect![[r#"
            Internet Message Format, subject: one\r\n two
              From: "A, B" <a@example.org>, c@example.org
              Item: "A, B" <a@example.org>
              Display-Name: "A, B"
              Address: a@example.org
              Item: c@example.org\r\n
              Address: c@example.org\r\n
              Subject: one\r\n two
              Unknown-Extension: X-Own: 1
              Type: X-Own
              Value: 1
              Content-Type: text/plain; charset=utf-8
              Type: text/plain
              Parameters:  charset=utf-8
            → media_type [2234085431400891109, 1885464632615986612]: bytes 118..124
        "#]],
    );
}

#[test]
fn a_group() {
    check::<Imf>(
        &lines::hex(
            "To: \"A: B\" <a@example.org>,\r\n We: b@example.org, C <c@example.org>;, none:;, d@example.org\r\n",
        ),
        expect![[r#"
            Internet Message Format
              To: "A: B" <a@example.org>,\r\n We: b@example.org, C <c@example.org>;, none:;, d@example.org
              Item: "A: B" <a@example.org>
              Display-Name: "A: B"
              Address: a@example.org
              Display-Name: We
              Item: b@example.org
              Address: b@example.org
              Item: C <c@example.org>
              Display-Name: C
              Address: c@example.org
              Display-Name: none
              Item: d@example.org\r\n
              Address: d@example.org\r\n
        "#]],
    );
}

#[test]
fn no_header_at_all() {
    check::<Imf>(
        &lines::hex("text"),
        expect![[r#"
        Internet Message Format
    "#]],
    );
}
