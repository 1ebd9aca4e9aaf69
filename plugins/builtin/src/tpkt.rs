//! TPKT, ISO transport services on top of TCP (RFC 1006, section 6).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Tpkt;

protocol! {
    /// ISO Transport Service on top of TCP (RFC 1006).
    Tpkt = tpkt "TPKT", "TPKT - ISO on TCP - RFC1006" {
        version: u8                 "Version",
        reserved: u8                "Reserved",
        length: u16                 "Length",
        /// Where a connection goes on in another format.
        continuation_data: bytes    "Continuation data",
    }
    claims { tcp.port = [102, 3389] }
    tables { COTP: "@cotp" }
}

const VERSION_NUMBER: u8 = 3;
const HEADER: usize = 4;
const REMOTE_DESKTOP: u16 = 3389;

impl Dissector for Tpkt {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if pdu.peek(VERSION)? != VERSION_NUMBER {
            if is_fast_path(pdu) {
                return pdu.reject();
            }
            pdu.info(format_args!("Continuation"));
            pdu.take_rest(CONTINUATION_DATA);
            return Ok(());
        }
        pdu.take(VERSION)?;
        pdu.take(RESERVED)?;
        let len = usize::from(pdu.take(LENGTH)?);
        pdu.info(format_args!("Version: 3, Length: {len}"));
        if len < HEADER {
            let text = format_args!("{len} bytes, less than the header's {HEADER}");
            pdu.diagnostic(Severity::Error, "bad-length", 2..4, text);
            return Ok(());
        }
        pdu.set_len(LENGTH, len);
        pdu.wait_for(len)?;
        if pdu.wire_remaining() > 0 {
            pdu.hand_to(COTP);
        }
        Ok(())
    }
}

/// Whether this is input or output of a remote desktop (MS-RDPBCGR, sections 2.2.8.1.2 and 2.2.9.1.2): a byte whose low bits
/// are 0, and the length in one byte or two.
fn is_fast_path(pdu: &Pdu<'_>) -> bool {
    let len = match *pdu.rest() {
        [first, len @ ..0x80, ..] if first & 3 == 0 => len.into(),
        [first, high, low, ..] if first & 3 == 0 => u16::from_be_bytes([high & 0x7f, low]),
        _ => return false,
    };
    [pdu.context() as u16, (pdu.context() >> 16) as u16].contains(&REMOTE_DESKTOP)
        && usize::from(len) == pdu.wire_remaining()
}

builtin!(Tpkt);

#[test]
fn packets() {
    check_stream::<Tpkt>(
        &["0300 0007 02f0", "80 0300 0004 1703"],
        expect![[r#"
        segment 1
        waits for 7 bytes
        segment 2
        TPKT - ISO on TCP - RFC1006, Version: 3, Length: 7
          Version: 3
          Reserved: 0
          Length: 7
        → @cotp [0]: bytes 4..7
        TPKT - ISO on TCP - RFC1006, Version: 3, Length: 4
          Version: 3
          Reserved: 0
          Length: 4
        TPKT - ISO on TCP - RFC1006, Continuation
          Continuation data: 1703
    "#]],
    );
}

#[test]
fn a_length_that_cannot_be() {
    check::<Tpkt>(
        "0300 0003 02f080",
        expect![[r#"
        TPKT - ISO on TCP - RFC1006, Version: 3, Length: 3
          Version: 3
          Reserved: 0
          Length: 3
          [error] bad-length: 3 bytes, less than the header's 4
    "#]],
    );
}
