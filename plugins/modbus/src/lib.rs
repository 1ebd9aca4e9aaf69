//! The header of Modbus over TCP (MODBUS Messaging on TCP/IP Implementation Guide, section 3.1). Modbus: `modbus.rs`.

use prosector_sdk::prelude::*;

mod modbus;
pub use modbus::Modbus;

/// The dissector of the header.
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
    claims { tcp.port = 502, udp.port = 502, tls.port = 802 }
    tables { MODBUS: "@modbus" }
}

const PORT: u64 = 502;
/// What the length does not count.
const UNCOUNTED: usize = 6;
/// In the context that Modbus is given, beside the transaction and the unit.
const REQUEST: u64 = 1 << 63;

impl Dissector for Mbtcp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        // The protocol is always 0; the length counts the unit and at least a function.
        let b = pdu.rest();
        if matches!(b, [_, _, high, low, ..] if high | low != 0) || matches!(b, [_, _, _, _, 0, ..=1, ..]) {
            return pdu.reject();
        }
        let transaction = pdu.take(TRANS_ID)?;
        pdu.take(PROT_ID)?;
        let len = UNCOUNTED + usize::from(pdu.take(LEN)?);
        pdu.set_len(LEN, len);
        pdu.wait_for(len)?;
        let there = pdu.wire_len();
        if len > there {
            let text = format_args!("{len} bytes with the header, but there are {there}");
            pdu.diagnostic(Severity::Error, "bad-length", 4..6, text);
        }
        let unit = pdu.take(UNIT_ID)?;
        // On ports that aren't Modbus's own, the lower one is the server's.
        let (from, to) = (pdu.context() >> 16 & 0xffff, pdu.context() & 0xffff);
        let is_request = to == PORT || from != PORT && to < from;
        pdu.info(format_args!("{}: Trans: {transaction}; Unit: {unit}", if is_request { "Query" } else { "Response" }));
        if pdu.wire_remaining() > 0 {
            let context = u64::from(transaction) << 8 | u64::from(unit);
            pdu.hand_to(MODBUS).context(if is_request { context | REQUEST } else { context });
        }
        Ok(())
    }
}

builtin!(Mbtcp);
export!(Mbtcp, Modbus);
