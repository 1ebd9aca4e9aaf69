//! Ethernet configuration test protocol, the loopback of Ethernet ("The Ethernet", version 2.0, section 8).
//!
//! A list of functions, of which the first `skip count` bytes are done. Numbers are little-endian.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Loopback;

protocol! {
    /// Configuration Test Protocol (loopback).
    Loopback = loop "LOOP", "Configuration Test Protocol (loopback)" {
        skipcount: u16 le               "skipCount",
        /// The function that is to be done next.
        relevant_function: u16 le       "Relevant function" = FUNCTIONS,
        function: u16 le                "Function" = FUNCTIONS,
        receipt_number: u16 le          "Receipt number",
        forwarding_address: mac         "Forwarding address",
    }
    claims { ethertype = 0x9000 }
    tables { DATA: "@data" }
}

value_names! { FUNCTIONS { 1 "Reply", 2 "Forward Data" } }

const REPLY: u16 = 1;
const FORWARD: u16 = 2;

impl Dissector for Loopback {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let skip = usize::from(pdu.take(SKIPCOUNT)?);
        let at = pdu.position();
        let relevant = pdu.show_at(RELEVANT_FUNCTION, at + skip)?;
        pdu.info(format_args!("{}", Self::name(FUNCTION, relevant)));
        loop {
            match pdu.take(FUNCTION)? {
                FORWARD => drop(pdu.take(FORWARDING_ADDRESS)?),
                REPLY => {
                    pdu.take(RECEIPT_NUMBER)?;
                    break;
                }
                _ => break,
            }
        }
        pdu.hand_to(DATA);
        Ok(())
    }
}

builtin!(Loopback);

#[test]
fn a_reply_that_is_to_be_forwarded() {
    check::<Loopback>(
        "0000 0200 020000000001 0100 0700 aabb",
        expect![[r#"
        Configuration Test Protocol (loopback), Forward Data
          skipCount: 0
          Relevant function: Forward Data (2)
          Function: Forward Data (2)
          Forwarding address: 02:00:00:00:00:01
          Function: Reply (1)
          Receipt number: 7
        → @data [0]: bytes 14..16
    "#]],
    );
    check::<Loopback>(
        "0800 0200 020000000001 0100 0700 aabb",
        expect![[r#"
        Configuration Test Protocol (loopback), Reply
          skipCount: 8
          Relevant function: Reply (1)
          Function: Forward Data (2)
          Forwarding address: 02:00:00:00:00:01
          Function: Reply (1)
          Receipt number: 7
        → @data [0]: bytes 14..16
    "#]],
    );
    check::<Loopback>(
        "ff00 0100 0700",
        expect![[r#"
        Configuration Test Protocol (loopback)
          skipCount: 255
          [error] short: loop.relevant_function needs 2 bytes at offset 257, 0 are there
    "#]],
    );
}
