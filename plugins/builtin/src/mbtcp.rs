//! The header of Modbus over TCP (MODBUS Messaging on TCP/IP Implementation Guide, section 3.1).

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Mbtcp;

protocol! {
    /// Modbus/TCP.
    Mbtcp = mbtcp "Modbus/TCP", "Modbus/TCP" {
        trans_id: u16       "Transaction Identifier",
        prot_id: u16        "Protocol Identifier",
        len: u16            "Length",
        unit_id: u8         "Unit Identifier",
    }
    claims { tcp.port = 502, udp.port = 502 }
    tables { MODBUS: "@modbus" }
}

const PORT: u64 = 502;
/// What the length does not count.
const UNCOUNTED: usize = 6;

/// What Modbus is told by its context: the transaction, the unit, and whether it is a request.
pub(crate) const REQUEST: u64 = 1 << 63;

impl Dissector for Mbtcp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let bad = match *pdu.rest() {
            [_, _, 0, 0, 0, len, ..] => len < 2,
            [_, _, high, low, ..] => (high, low) != (0, 0),
            _ => false,
        };
        if bad {
            return pdu.reject();
        }
        let transaction = pdu.take(TRANS_ID)?;
        pdu.take(PROT_ID)?;
        let len = usize::from(pdu.take(LEN)?);
        pdu.set_len(LEN, UNCOUNTED + len);
        pdu.wait_for(UNCOUNTED + len)?;
        let unit = pdu.take(UNIT_ID)?;
        let is_request = pdu.context() & 0xffff == PORT;
        let what = if is_request { "Query" } else { "Response" };
        pdu.info(format_args!("{what}: Trans: {transaction}; Unit: {unit}"));
        let context = u64::from(transaction) << 8 | u64::from(unit);
        if pdu.wire_remaining() > 0 {
            pdu.hand_to(MODBUS).context(if is_request { context | REQUEST } else { context });
        }
        Ok(())
    }
}

builtin!(Mbtcp);

#[test]
fn a_query_and_what_is_none() {
    check::<Mbtcp>(
        "0001 0000 0006 0a 0100000001",
        expect![[r#"
        Modbus/TCP, Response: Trans: 1; Unit: 10
          Transaction Identifier: 1
          Protocol Identifier: 0
          Length: 6
          Unit Identifier: 10
        → @modbus [0]: bytes 7..12
    "#]],
    );
    check::<Mbtcp>(
        "4745 5420 2f20",
        expect![[r#"
        rejected
    "#]],
    );
    check::<Mbtcp>(
        "0001 0000 0006 0a 01",
        expect![[r#"
        Modbus/TCP, Response: Trans: 1; Unit: 10
          Transaction Identifier: 1
          Protocol Identifier: 0
          Length: 6
          Unit Identifier: 10
        → @modbus [0]: bytes 7..8
    "#]],
    );
}
