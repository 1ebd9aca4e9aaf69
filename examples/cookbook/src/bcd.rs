//! Decimal digits, two in a byte.
//!
//! `take_bcd` reads a number whose digits stand in the order that one writes them in, the higher half of each byte
//! first: meters, clocks, payment. `take_digits` reads a text of digits, the lower half of each byte first, with an
//! optional half of ones at the end where their count is odd: telephone numbers, IMSI and IMEI (TBCD, 3GPP TS
//! 29.002).
//!
//! What can go wrong:
//!
//! * A number has no leading zeros. A meter's id `00 04 71 10` is 47110 as a number; where the zeros belong to it, it
//!   is a text. For the order of `take_bcd` the function `digits` below makes that text, of the bytes that `take_raw`
//!   gives.
//! * Halves from ten on are no digits. `take_bcd` records the number anyway and adds the diagnostic `bad-digit`; for
//!   `take_digits` they are `*`, `#`, `a`, `b` and `c`.
//! * A year of two digits stays one. Which century is meant, the frame doesn't say.
//! * More than nineteen digits don't fit into the number. Take them as a text.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Meter;

protocol! {
    /// Reading of an electricity meter that sends text messages.
    Meter = meter "METER", "Meter reading" {
        /// Eight digits, zeros included.
        id: computed str                "Meter",
        year: computed u8               "Year",
        month: computed u8              "Month",
        day: computed u8                "Day",
        energy: computed u32            "Energy" unit "kWh",
        phone.len: u8                   "Length of number",
        phone: computed str             "Telephone number",
    }
    claims { udp.port = 7106 }
}

impl Dissector for Meter {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let id = digits(pdu.take_raw(ID, 4)?);
        pdu.computed_bytes(ID, 0..4, id.as_bytes());
        pdu.take_bcd(YEAR, 1)?;
        pdu.take_bcd(MONTH, 1)?;
        pdu.take_bcd(DAY, 1)?;
        let energy = pdu.take_bcd(ENERGY, 3)?;
        pdu.info(format_args!("meter {id}: {energy} kWh"));
        let len = pdu.take(PHONE_LEN)?;
        if len > 0 {
            pdu.take_digits(PHONE, len.into())?;
        }
        pdu.end_here();
        Ok(())
    }
}

/// Decimal digits as a text, the higher half of each byte first.
fn digits(bytes: &[u8]) -> String {
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    halves.filter_map(|half| char::from_digit(half.into(), 16)).collect()
}

#[test]
fn a_reading() {
    check::<Meter>(
        "00047110 26 03 31 012345 06 9471325476f8",
        expect![[r#"
        Meter reading, meter 00047110: 12345 kWh
          Meter: 00047110
          Year: 26
          Month: 3
          Day: 31
          Energy: 12345 kWh
          Length of number: 6
          Telephone number: 49172345678
    "#]],
    );
}

#[test]
fn a_half_that_is_no_digit() {
    check::<Meter>(
        "00047110 26 1c 31 012345 00",
        expect![[r#"
        Meter reading, meter 00047110: 12345 kWh
          Meter: 00047110
          Year: 26
          Month: 22
          [warning] bad-digit: not a decimal number
          Day: 31
          Energy: 12345 kWh
          Length of number: 0
    "#]],
    );
}

#[test]
fn a_number_is_cut_off() {
    check::<Meter>(
        "00047110 26 03 31 012345 06 9471",
        expect![[r#"
        Meter reading, meter 00047110: 12345 kWh
          Meter: 00047110
          Year: 26
          Month: 3
          Day: 31
          Energy: 12345 kWh
          Length of number: 6
          [error] short: meter.phone needs 6 bytes at offset 11, 2 are there
    "#]],
    );
}
