//! PAP, the password authentication protocol of PPP (RFC 1334, section 2).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Pap;

protocol! {
    /// PPP Password Authentication Protocol.
    Pap = pap "PPP PAP", "PPP Password Authentication Protocol" {
        code: u8                        "Code" = {
            1 "Authenticate-Request", 2 "Authenticate-Ack", 3 "Authenticate-Nak",
        },
        identifier: u8                  "Identifier",
        length: u16                     "Length",
        peer_id.length: u8              "Peer-ID-Length",
        peer_id: str                    "Peer-ID",
        password.length: u8             "Password-Length",
        password: str                   "Password",
        message.length: u8              "Message-Length",
        message: str                    "Message",
        stuff: bytes                    "Stuff",
    }
    claims { ppp.protocol = 0xc023, ethertype = 0xc023 }
}

const HEADER: usize = 4;

impl Dissector for Pap {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let code = pdu.take(CODE)?;
        pdu.info(format_args!("{}", Self::name(CODE, code)));
        pdu.take(IDENTIFIER)?;
        let len = usize::from(pdu.take(LENGTH)?);
        pdu.set_len(LENGTH, len.max(HEADER));
        match code {
            1 => {
                let len = pdu.take(PEER_ID_LENGTH)?;
                let peer = pdu.take_bytes(PEER_ID, len.into())?;
                let len = pdu.take(PASSWORD_LENGTH)?;
                let password = pdu.take_bytes(PASSWORD, len.into())?;
                let (peer, password) = (peer.escape_ascii(), password.escape_ascii());
                pdu.info(format_args!("Authenticate-Request (Peer-ID='{peer}', Password='{password}')"));
            }
            // An empty message may leave its length out, too.
            2 | 3 if pdu.remaining() > 0 => {
                let len = pdu.take(MESSAGE_LENGTH)?;
                pdu.take_bytes(MESSAGE, len.into())?;
            }
            _ if pdu.remaining() > 0 => drop(pdu.take_rest(STUFF)),
            _ => {}
        }
        Ok(())
    }
}

builtin!(Pap);

#[test]
fn messages() {
    check::<Pap>(
        "01 01 0010 05 616c696365 05 7377656574",
        expect![[r#"
        PPP Password Authentication Protocol, Authenticate-Request (Peer-ID='alice', Password='sweet')
          Code: Authenticate-Request (1)
          Identifier: 1
          Length: 16
          Peer-ID-Length: 5
          Peer-ID: alice
          Password-Length: 5
          Password: sweet
    "#]],
    );
    check::<Pap>(
        "02 01 0005 00",
        expect![[r#"
        PPP Password Authentication Protocol, Authenticate-Ack
          Code: Authenticate-Ack (2)
          Identifier: 1
          Length: 5
          Message-Length: 0
          Message: 
    "#]],
    );
    check::<Pap>(
        "01 01 0008 05 616c69",
        expect![[r#"
        PPP Password Authentication Protocol, Authenticate-Request
          Code: Authenticate-Request (1)
          Identifier: 1
          Length: 8
          Peer-ID-Length: 5
          [error] short: pap.peer_id needs 5 bytes at offset 5, 3 are there
    "#]],
    );
}
