//! Texts: where they end, and how their characters are encoded.
//!
//! | where it ends | declared | read with |
//! |---|---|---|
//! | a fixed length | `str[6]` | `take` |
//! | a fixed length, zeros fill it up | `str` | `take_padded(FIELD, len)` |
//! | its length stands before it | `u8`, `str` | `take_prefixed(LEN, FIELD)` |
//! | its length stands elsewhere | `str` | `take_bytes(FIELD, len)` |
//! | a zero byte | `str` | `take_cstr(FIELD)` |
//! | another delimiter | `str` | `take_until(FIELD, b"; ")`, `take_line(FIELD)` |
//! | the end of the PDU | `str` | `take_rest(FIELD)` |
//!
//! All of them give the bytes. `str` is UTF-8, of which ASCII is a part; what is not UTF-8 shows as `�`, and control
//! characters are escaped, so nothing needs to be checked. Texts in UTF-16 and Latin-1 are `computed str`, read with
//! `take_text`.
//!
//! What can go wrong:
//!
//! * Lengths in characters: a text of n characters in UTF-16 has 2 n bytes.
//! * Without a delimiter the rest is taken (in a stream it is waited for): by `take_until` and `take_cstr` with the
//!   diagnostic `unterminated`, by `take_line` without, since last lines are often so.
//! * A text filled up with blanks: take it as it is, blanks and all, and trim it for the info line only.
//! * An info line is one line. Texts from the frame go into it through `from_utf8_lossy`, cut where they may be long.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Station;

protocol! {
    /// A radio station says what it is.
    Station = station "STATION", "Station announcement" {
        /// Filled up with blanks.
        callsign: str[6]                "Call sign",
        network: str                    "Network",
        operator.len: u8                "Length of operator",
        operator: str                   "Operator",
        slogan: str                     "Slogan",
        /// `key=value` pairs, parted by semicolons.
        tag: str                        "Tag",
        city.len: u8                    "Length of city" unit "characters",
        /// UTF-16, big-endian.
        city: computed str              "City",
        street.len: u8                  "Length of street",
        /// ISO 8859-1.
        street: computed str            "Street",
        remark: str                     "Remark",
    }
    claims { udp.port = 7110 }
}

impl Dissector for Station {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let callsign = pdu.take(CALLSIGN)?;
        pdu.take_padded(NETWORK, 8)?;
        let operator = pdu.take_prefixed(OPERATOR_LEN, OPERATOR)?;
        pdu.info(format_args!(
            "{} of {}",
            String::from_utf8_lossy(callsign.trim_ascii_end()),
            String::from_utf8_lossy(operator.get(..40).unwrap_or(operator))
        ));
        pdu.take_cstr(SLOGAN)?;
        for _ in 0..2 {
            pdu.take_until(TAG, b";")?;
        }
        let characters = usize::from(pdu.take(CITY_LEN)?);
        pdu.take_text(CITY, 2 * characters, Encoding::Utf16)?;
        let len = pdu.take(STREET_LEN)?;
        pdu.take_text(STREET, len.into(), Encoding::Latin1)?;
        pdu.take_rest(REMARK);
        Ok(())
    }
}

#[test]
fn an_announcement() {
    check::<Station>(
        "444230414243 6e6f727468000000 05 4d61726961 67c3bc6e73746967 00 66726571 3d31 3b 706f773d32 3b
         03 00d6006c0062 05 47e46e6765 6f6b09ff",
        expect![[r#"
            Station announcement, DB0ABC of Maria
              Call sign: DB0ABC
              Network: north
              Length of operator: 5
              Operator: Maria
              Slogan: günstig
              Tag: freq=1
              Tag: pow=2
              Length of city: 3 characters
              City: Ölb
              Length of street: 5
              Street: Gänge
              Remark: ok\t�
        "#]],
    );
}

#[test]
fn no_zero_byte() {
    check::<Station>(
        "444230414243 6e6f727468000000 01 4d 6c6f7374",
        expect![[r#"
            Station announcement, DB0ABC of M
              Call sign: DB0ABC
              Network: north
              Length of operator: 1
              Operator: M
              Slogan: lost
              [warning] unterminated: what should end this is not there
              [error] short: station.tag needs 1 bytes at offset 20, 0 are there
        "#]],
    );
}

#[test]
fn a_length_over_the_end() {
    check::<Station>(
        "444230414243 6e6f727468000000 20 4d61726961",
        expect![[r#"
        Station announcement
          Call sign: DB0ABC
          Network: north
          Length of operator: 32
          [error] short: station.operator needs 32 bytes at offset 15, 5 are there
    "#]],
    );
}
