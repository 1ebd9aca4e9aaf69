//! Extensions of certificates (RFC 5280, section 4.2), Netscape's among them.

use super::der::{BIT_STRING, BOOLEAN, Der, INTEGER, Item, OCTET_STRING, OID, SEQUENCE};
use super::{bits, oid};
use crate::tls::*;
use prosector_sdk::handle::{ComputedWord, Handle};
use prosector_sdk::prelude::*;
use std::ops::Range;

/// Walks through extensions.
pub(super) fn list(
    pdu: &mut Pdu<'_>,
    mut list: Der<'_>,
    timestamps: &mut dyn FnMut(&mut Pdu<'_>, Range<usize>),
) -> Option<()> {
    while let Some(one) = list.next_if(SEQUENCE) {
        let mut parts = list.inside(&one);
        let id = parts.next_if(OID)?;
        oid(pdu, EXTENSION_ID, &parts, &id);
        if let Some(critical) = parts.next_if(BOOLEAN) {
            pdu.mark(CRITICAL, critical.contents);
        }
        if let Some(value) = parts.next_if(OCTET_STRING) {
            extension(pdu, &parts, &id, &value, timestamps);
        }
    }
    Some(())
}

/// Reads the value of one, an element inside an octet string.
pub(super) fn extension(
    pdu: &mut Pdu<'_>,
    der: &Der<'_>,
    id: &Item,
    value: &Item,
    timestamps: &mut dyn FnMut(&mut Pdu<'_>, Range<usize>),
) -> Option<()> {
    let mut inner = der.inside(value);
    let item = inner.next()?;
    match der.bytes(&id.contents) {
        &[0x55, 0x1d, number] => standard(pdu, &inner, number, &item),
        [0x2b, 6, 1, 5, 5, 7, 1, 1] => access(pdu, inner.inside(&item)),
        &[0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 1, number] => netscape(pdu, number, &item),
        // Signed certificate timestamps, in a certificate or in what OCSP says of one (RFC 6962, section 3.3).
        [0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 2 | 5] => {
            timestamps(pdu, item.contents);
            Some(())
        }
        _ => None,
    }
}

/// One of those below 2.5.29.
fn standard(pdu: &mut Pdu<'_>, der: &Der<'_>, number: u8, item: &Item) -> Option<()> {
    let mut parts = der.inside(item);
    let start = item.whole.start..item.whole.start;
    match (number, item.tag) {
        (14, OCTET_STRING) => pdu.mark(SUBJECT_KEY, item.contents.clone()),
        (15, BIT_STRING) => key_usage(pdu, der, bits(item)),
        (17 | 18, SEQUENCE) => general_names(pdu, parts),
        (19, SEQUENCE) => {
            if let Some(flag) = parts.next_if(BOOLEAN) {
                pdu.mark(IS_AUTHORITY, flag.contents);
            }
            let len = parts.next_if(INTEGER)?;
            let value = parts.bytes(&len.contents).iter().fold(0u64, |n, &byte| n << 8 | u64::from(byte));
            pdu.computed(PATH_LEN, len.contents, value);
        }
        (31 | 46, SEQUENCE) => {
            pdu.computed(DISTRIBUTION_POINTS, start, parts.count());
            while let Some(point) = parts.next_if(SEQUENCE) {
                // distributionPoint [0], in it fullName [0]
                let Some(outer) = parts.inside(&point).next_if(0xa0) else { continue };
                let Some(names) = parts.inside(&outer).next_if(0xa0) else { continue };
                general_names(pdu, parts.inside(&names));
            }
        }
        (32, SEQUENCE) => {
            pdu.computed(POLICIES, start, parts.count());
            while let Some(one) = parts.next_if(SEQUENCE) {
                policy(pdu, parts.inside(&one));
            }
        }
        (35, SEQUENCE) => {
            while let Some(part) = parts.next() {
                if part.tag == 0x80 {
                    pdu.mark(AUTHORITY_KEY, part.contents);
                }
            }
        }
        (37, SEQUENCE) => {
            pdu.computed(PURPOSES, start, parts.count());
            while let Some(id) = parts.next_if(OID) {
                oid(pdu, PURPOSE, &parts, &id);
            }
        }
        _ => {}
    }
    Some(())
}

/// RFC 5280, section 4.2.1.3: trailing zeros are left out.
fn key_usage(pdu: &mut Pdu<'_>, der: &Der<'_>, range: Range<usize>) {
    let bytes = der.bytes(&range);
    pdu.mark(KEY_USAGE, range.clone());
    let usages = [
        KEY_USAGE_0,
        KEY_USAGE_1,
        KEY_USAGE_2,
        KEY_USAGE_3,
        KEY_USAGE_4,
        KEY_USAGE_5,
        KEY_USAGE_6,
        KEY_USAGE_7,
        KEY_USAGE_8,
    ];
    for (bit, usage) in usages.into_iter().enumerate() {
        let is_set = bytes.get(bit / 8).is_some_and(|byte| byte >> (7 - bit % 8) & 1 != 0);
        pdu.computed(usage, range.clone(), is_set);
    }
}

fn general_names(pdu: &mut Pdu<'_>, mut names: Der<'_>) {
    pdu.computed(GENERAL_NAMES, 0..0, names.count());
    while let Some(name) = names.next() {
        pdu.computed(GENERAL_NAME, name.whole.start..name.whole.start + 1, name.tag & 0x1f);
        general_name(pdu, &names, &name);
    }
}

fn general_name(pdu: &mut Pdu<'_>, der: &Der<'_>, name: &Item) {
    let range = name.contents.clone();
    match (name.tag, range.len()) {
        (0x81, _) => pdu.mark(RFC822_NAME, range),
        (0x82, _) => pdu.mark(DNS_NAME, range),
        (0x86, _) => pdu.mark(URI, range),
        (0x87, 4) => pdu.mark(IP_ADDRESS_4, range),
        (0x87, 16) => pdu.mark(IP_ADDRESS_6, range),
        (0x87, _) => pdu.mark(IP_ADDRESS, range),
        (0x88, _) => oid(pdu, REGISTERED_ID, der, name),
        (0xa4, _) => {
            super::name(pdu, &mut der.inside(name));
        }
        _ => {}
    }
}

fn policy(pdu: &mut Pdu<'_>, mut parts: Der<'_>) -> Option<()> {
    let id = parts.next_if(OID)?;
    oid(pdu, POLICY, &parts, &id);
    let qualifiers = parts.next_if(SEQUENCE)?;
    let mut qualifiers = parts.inside(&qualifiers);
    pdu.computed(QUALIFIERS, 0..0, qualifiers.count());
    while let Some(one) = qualifiers.next_if(SEQUENCE) {
        let mut parts = qualifiers.inside(&one);
        let (id, value) = (parts.next_if(OID)?, parts.next()?);
        match parts.bytes(&id.contents) {
            [0x2b, 6, 1, 5, 5, 7, 2, 1] => pdu.mark(STATEMENT, value.contents),
            [0x2b, 6, 1, 5, 5, 7, 2, 2] => {
                notice(pdu, parts.inside(&value));
            }
            _ => {}
        }
    }
    Some(())
}

fn notice(pdu: &mut Pdu<'_>, mut parts: Der<'_>) -> Option<()> {
    if let Some(reference) = parts.next_if(SEQUENCE) {
        let mut reference = parts.inside(&reference);
        text(pdu, ORGANIZATION, &reference.next()?);
        let numbers = reference.next_if(SEQUENCE)?;
        let mut numbers = reference.inside(&numbers);
        pdu.computed(NOTICE_NUMBERS, 0..0, numbers.count());
        while let Some(number) = numbers.next_if(INTEGER) {
            let value = numbers.bytes(&number.contents).iter().fold(0i64, |n, &byte| n << 8 | i64::from(byte));
            pdu.computed(NOTICE_NUMBER, number.contents, value);
        }
    }
    text(pdu, EXPLICIT_TEXT, &parts.next()?);
    Some(())
}

/// A text of one of four kinds.
fn text(pdu: &mut Pdu<'_>, field: Handle<ComputedWord>, item: &Item) {
    let (kind, value) = match item.tag {
        0x16 => (0, NOTICE_IA5),
        0x1a => (1, NOTICE_VISIBLE),
        0x1e => (2, NOTICE_BMP),
        _ => (3, NOTICE_UTF8),
    };
    pdu.computed(field, item.whole.start..item.whole.start + 1, kind);
    pdu.mark(value, item.contents.clone());
}

fn access(pdu: &mut Pdu<'_>, mut parts: Der<'_>) -> Option<()> {
    pdu.computed(ACCESS, 0..0, parts.count());
    while let Some(one) = parts.next_if(SEQUENCE) {
        let mut one = parts.inside(&one);
        let (method, place) = (one.next_if(OID)?, one.next()?);
        oid(pdu, ACCESS_METHOD, &one, &method);
        pdu.computed(ACCESS_LOCATION, place.whole.start..place.whole.start + 1, place.tag & 0x1f);
        general_name(pdu, &one, &place);
    }
    Some(())
}

/// One of those below 2.16.840.1.113730.1.
fn netscape(pdu: &mut Pdu<'_>, number: u8, item: &Item) -> Option<()> {
    let field = match number {
        1 => {
            pdu.mark(NETSCAPE_TYPE, bits(item));
            return Some(());
        }
        2 => NETSCAPE_BASE,
        3 => NETSCAPE_REVOCATION,
        4 => NETSCAPE_CA_REVOCATION,
        8 => NETSCAPE_POLICY,
        12 => NETSCAPE_SERVER,
        13 => NETSCAPE_COMMENT,
        _ => return None,
    };
    pdu.mark(field, item.contents.clone());
    Some(())
}
