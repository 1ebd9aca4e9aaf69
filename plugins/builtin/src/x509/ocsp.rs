//! OCSP, the Online Certificate Status Protocol (RFC 6960): requests and responses, over HTTP or stapled into TLS.

use super::der::{BIT_STRING, Der, ENUMERATED, INTEGER, OCTET_STRING, OID, SEQUENCE};
use super::extensions::extension;
use super::{bits, certificate, certificate_protocol, oid};
use crate::tls::*;
use prosector_sdk::handle::{ComputedWord, Handle};
use prosector_sdk::prelude::*;
use std::ops::Range;

/// The dissector of what comes over HTTP.
#[derive(Default)]
pub struct Ocsp;

mod declaration {
    use super::{Ocsp, certificate_protocol};

    certificate_protocol! {
        {
            /// Online Certificate Status Protocol.
            Ocsp = ocsp "OCSP", "Online Certificate Status Protocol"
        }
        {}
        claims {
            media_type = [
                crate::media::key(b"application/ocsp-request"),
                crate::media::key(b"application/ocsp-response"),
            ],
        }
    }
}

impl Dissector for Ocsp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if pdu.is_stream() {
            return pdu.wait_more();
        }
        let range = 0..pdu.data().len();
        match message(pdu, range, &mut |_, _| {}) {
            Some(text) => pdu.info(format_args!("{text}")),
            None => return pdu.reject(),
        }
        Ok(())
    }
}

/// Walks through a request or a response in a range of the PDU, and says which it is.
pub(crate) fn message(
    pdu: &mut Pdu<'_>,
    range: Range<usize>,
    timestamps: &mut dyn FnMut(&mut Pdu<'_>, Range<usize>),
) -> Option<&'static str> {
    let mut der = Der::new(pdu.data(), range);
    let outer = der.next_if(SEQUENCE)?;
    let parts = der.inside(&outer);
    if parts.peek() == Some(ENUMERATED) {
        response(pdu, parts, timestamps);
        return Some("Response");
    }
    request(pdu, parts, timestamps);
    Some("Request")
}

fn time(pdu: &mut Pdu<'_>, der: &mut Der<'_>, field: Handle<ComputedWord>) -> Option<()> {
    let item = der.next_if(super::der::GENERALIZED_TIME)?;
    let value = der.time(&item)?;
    pdu.computed(field, item.contents, value);
    Some(())
}

fn request(
    pdu: &mut Pdu<'_>,
    mut parts: Der<'_>,
    timestamps: &mut dyn FnMut(&mut Pdu<'_>, Range<usize>),
) -> Option<()> {
    let body = parts.next_if(SEQUENCE)?;
    let mut parts = parts.inside(&body);
    while let Some(part) = parts.next() {
        match part.tag {
            SEQUENCE => {
                let mut list = parts.inside(&part);
                pdu.computed(REQUESTS, 0..0, list.count());
                while let Some(one) = list.next_if(SEQUENCE) {
                    certificate_id(pdu, &mut list.inside(&one))?;
                }
            }
            0xa2 => {
                let list = parts.inside(&part).next_if(SEQUENCE)?;
                let list = parts.inside(&list);
                pdu.computed(REQUEST_EXTENSIONS, 0..0, list.count());
                extensions(pdu, list, timestamps);
            }
            _ => {}
        }
    }
    Some(())
}

fn extensions(
    pdu: &mut Pdu<'_>,
    mut list: Der<'_>,
    timestamps: &mut dyn FnMut(&mut Pdu<'_>, Range<usize>),
) -> Option<()> {
    while let Some(one) = list.next_if(SEQUENCE) {
        let mut parts = list.inside(&one);
        let id = parts.next_if(OID)?;
        let mut value = parts.next()?;
        if value.tag != OCTET_STRING {
            value = parts.next()?;
        }
        if parts.bytes(&id.contents) == [0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2] {
            // The nonce is an octet string, but some leave its header out.
            let inner = parts.inside(&value).next_if(OCTET_STRING).unwrap_or(value);
            pdu.mark(NONCE, inner.contents);
        } else {
            extension(pdu, &parts, &id, &value, timestamps);
        }
    }
    Some(())
}

/// Which certificate is meant.
fn certificate_id(pdu: &mut Pdu<'_>, parts: &mut Der<'_>) -> Option<()> {
    let id = parts.next_if(SEQUENCE)?;
    let mut id = parts.inside(&id);
    id.next_if(SEQUENCE)?;
    pdu.mark(ISSUER_NAME_HASH, id.next_if(OCTET_STRING)?.contents);
    pdu.mark(ISSUER_KEY_HASH, id.next_if(OCTET_STRING)?.contents);
    pdu.mark(STATUS_SERIAL, id.next_if(INTEGER)?.contents);
    Some(())
}

fn response(
    pdu: &mut Pdu<'_>,
    mut parts: Der<'_>,
    timestamps: &mut dyn FnMut(&mut Pdu<'_>, Range<usize>),
) -> Option<()> {
    let status = parts.next_if(ENUMERATED)?;
    let value = parts.bytes(&status.contents).last().copied().unwrap_or(0);
    pdu.computed(RESPONSE_STATUS, status.contents, value);
    let tagged = parts.next_if(0xa0)?;
    let bytes = parts.inside(&tagged).next_if(SEQUENCE)?;
    let mut parts = parts.inside(&bytes);
    let id = parts.next_if(OID)?;
    oid(pdu, RESPONSE_TYPE, &parts, &id);
    let content = parts.next_if(OCTET_STRING)?;
    let basic = parts.inside(&content).next_if(SEQUENCE)?;
    let mut parts = parts.inside(&basic);
    let data = parts.next_if(SEQUENCE)?;
    response_data(pdu, parts.inside(&data), timestamps);
    parts.next_if(SEQUENCE)?;
    pdu.mark(RESPONSE_SIGNATURE, bits(&parts.next_if(BIT_STRING)?));
    let tagged = parts.next_if(0xa0)?;
    let list = parts.inside(&tagged).next_if(SEQUENCE)?;
    let mut list = parts.inside(&list);
    pdu.computed(RESPONSE_CERTS, 0..0, list.count());
    while let Some(one) = list.next_if(SEQUENCE) {
        certificate(pdu, one.whole, timestamps);
    }
    Some(())
}

fn response_data(
    pdu: &mut Pdu<'_>,
    mut parts: Der<'_>,
    timestamps: &mut dyn FnMut(&mut Pdu<'_>, Range<usize>),
) -> Option<()> {
    parts.next_if(0xa0);
    let responder = parts.next()?;
    pdu.computed(RESPONDER, responder.whole.start..responder.whole.start + 1, responder.tag & 0x1f);
    if responder.tag == 0xa1 {
        pdu.computed(BY_NAME, responder.contents.start..responder.contents.start, 0);
        super::name(pdu, &mut parts.inside(&responder));
    } else {
        pdu.mark(BY_KEY, parts.inside(&responder).next_if(OCTET_STRING)?.contents);
    }
    time(pdu, &mut parts, PRODUCED_AT);
    let list = parts.next_if(SEQUENCE)?;
    let mut list = parts.inside(&list);
    pdu.computed(RESPONSES, 0..0, list.count());
    while let Some(one) = list.next_if(SEQUENCE) {
        single(pdu, list.inside(&one), timestamps);
    }
    if let Some(tagged) = parts.next_if(0xa1)
        && let Some(list) = parts.inside(&tagged).next_if(SEQUENCE)
    {
        extensions(pdu, parts.inside(&list), timestamps);
    }
    Some(())
}

/// The status of one certificate.
fn single(pdu: &mut Pdu<'_>, mut parts: Der<'_>, timestamps: &mut dyn FnMut(&mut Pdu<'_>, Range<usize>)) -> Option<()> {
    certificate_id(pdu, &mut parts)?;
    let status = parts.next()?;
    pdu.computed(CERT_STATUS, status.whole.start..status.whole.start + 1, status.tag & 0x1f);
    if status.tag == 0xa1 {
        let mut revoked = parts.inside(&status);
        time(pdu, &mut revoked, REVOCATION_TIME);
        if let Some(reason) = revoked.next_if(0xa0)
            && let Some(value) = revoked.inside(&reason).next_if(ENUMERATED)
        {
            let number = revoked.bytes(&value.contents).last().copied().unwrap_or(0);
            pdu.computed(REVOCATION_REASON, value.contents, number);
        }
    }
    time(pdu, &mut parts, THIS_UPDATE);
    if let Some(next) = parts.next_if(0xa0) {
        time(pdu, &mut parts.inside(&next), NEXT_UPDATE);
    }
    if let Some(tagged) = parts.next_if(0xa1)
        && let Some(list) = parts.inside(&tagged).next_if(SEQUENCE)
    {
        extensions(pdu, parts.inside(&list), timestamps);
    }
    Some(())
}

builtin!(Ocsp);

#[test]
fn a_request() {
    check::<Ocsp>(
        "30 1e 30 1c 30 1a 30 18 30 16 3009 0605 2b0e03021a 0500 04 02 aabb 04 02 ccdd 02 01 07",
        expect![[r#"
            Online Certificate Status Protocol, Request
              [requestList: 1 items]
              issuerNameHash: aabb
              issuerKeyHash: ccdd
              serialNumber: 07
        "#]],
    );
}

#[test]
fn lengths_that_cannot_be() {
    check::<Ocsp>(
        "30 09 0a 01 00 a0 04 30 7f 06 00",
        expect![[r#"
        Online Certificate Status Protocol, Response
          responseStatus: successful (0)
    "#]],
    );
}
