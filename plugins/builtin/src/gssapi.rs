//! GSS-API tokens (RFC 2743, section 3.1): which mechanism, and what it says. A message of SPNEGO, Kerberos or NTLM
//! without that frame is taken as well.

use crate::ber::{self, id};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct GssApi;

protocol! {
    /// Generic Security Service API (RFC 2743).
    GssApi = "gss-api" "GSS-API", "GSS-API Generic Security Service Application Program Interface" {
        "OID" as OID: computed str      "OID",
    }
    claims { dcerpc.auth_type = [9, 16] }
    tables { SPNEGO: "@spnego" }
}

/// What SPNEGO is called: 1.3.6.1.5.5.2.
const SPNEGO_OID: &[u8] = &[0x2b, 6, 1, 5, 5, 2];

impl Dissector for GssApi {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if !ber::next_is(pdu, id::application(0)) || mechanism(pdu.rest()) != Some(SPNEGO_OID) {
            pdu.hand_to(SPNEGO);
            return Ok(());
        }
        ber::element(pdu, |pdu, _| {
            ber::oid(pdu, OID)?;
            pdu.hand_to(SPNEGO);
            Ok(())
        })
    }
}

/// The object identifier of the mechanism that a framed token begins with.
pub(crate) fn mechanism(token: &[u8]) -> Option<&[u8]> {
    let outer = ber::Header::parse(token)?;
    let inner = token.get(outer.head..)?;
    let header = ber::Header::parse(inner).filter(|header| header.id == id::OID)?;
    inner.get(header.head..header.head + header.len)
}

builtin!(GssApi);

#[test]
fn tokens() {
    check::<GssApi>(
        "60 0a 06062b0601050502 a000",
        expect![[r#"
        GSS-API Generic Security Service Application Program Interface
          OID: 1.3.6.1.5.5.2
        → @spnego [0]: bytes 10..12
    "#]],
    );
    check::<GssApi>(
        "a1 03 30 01 00",
        expect![[r#"
        GSS-API Generic Security Service Application Program Interface
        → @spnego [0]: bytes 0..5
    "#]],
    );
}

#[test]
fn a_token_that_is_cut() {
    check::<GssApi>(
        "60 20 06062b0601",
        expect![[r#"
        GSS-API Generic Security Service Application Program Interface
        → @spnego [0]: bytes 0..7
    "#]],
    );
}
