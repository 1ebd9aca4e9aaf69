//! CHAP, the challenge handshake authentication protocol of PPP (RFC 1994, section 4).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Chap;

protocol! {
    /// PPP Challenge Handshake Authentication Protocol.
    Chap = chap "PPP CHAP", "PPP Challenge Handshake Authentication Protocol" {
        code: u8                        "Code" = { 1 "Challenge", 2 "Response", 3 "Success", 4 "Failure" },
        identifier: u8                  "Identifier",
        length: u16                     "Length",
        value_size: u8                  "Value Size",
        value: bytes                    "Value",
        name: str                       "Name",
        message: str                    "Message",
        stuff: bytes                    "Stuff",
    }
    claims { ppp.protocol = 0xc223 }
}

const HEADER: usize = 4;

impl Dissector for Chap {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let code = pdu.take(CODE)?;
        let kind = Self::name(CODE, code);
        pdu.info(format_args!("{kind}"));
        pdu.take(IDENTIFIER)?;
        let len = usize::from(pdu.take(LENGTH)?);
        pdu.set_len(LENGTH, len.max(HEADER));
        match code {
            1 | 2 => {
                let len = pdu.take(VALUE_SIZE)?;
                pdu.take_bytes(VALUE, len.into())?;
                let name = pdu.take_rest(NAME).escape_ascii();
                pdu.info(format_args!("{kind} (NAME='{name}')"));
            }
            3 | 4 if pdu.remaining() > 0 => {
                let message = pdu.take_rest(MESSAGE).escape_ascii();
                pdu.info(format_args!("{kind} (MESSAGE='{message}')"));
            }
            _ if pdu.remaining() > 0 => drop(pdu.take_rest(STUFF)),
            _ => {}
        }
        Ok(())
    }
}

builtin!(Chap);

#[test]
fn messages() {
    check::<Chap>(
        "01 01 000c 04 01020304 6e6173",
        expect![[r#"
        PPP Challenge Handshake Authentication Protocol, Challenge (NAME='nas')
          Code: Challenge (1)
          Identifier: 1
          Length: 12
          Value Size: 4
          Value: 01020304
          Name: nas
    "#]],
    );
    check::<Chap>(
        "03 01 0006 6f6b",
        expect![[r#"
        PPP Challenge Handshake Authentication Protocol, Success (MESSAGE='ok')
          Code: Success (3)
          Identifier: 1
          Length: 6
          Message: ok
    "#]],
    );
    check::<Chap>(
        "01 01 000c 09 01020304",
        expect![[r#"
        PPP Challenge Handshake Authentication Protocol, Challenge
          Code: Challenge (1)
          Identifier: 1
          Length: 12
          Value Size: 9
          [error] short: chap.value needs 9 bytes at offset 5, 4 are there
    "#]],
    );
}
