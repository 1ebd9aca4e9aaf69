//! Settings: what the frames don't tell and users know.
//!
//! | declared | asked for by | a user writes |
//! |---|---|---|
//! | `raw: bool = false "…"` | `settings.is_on("raw")` | `-o feed.raw:true` |
//! | `channels: uint = 2 in 1..=8 "…"` | `settings.number("channels")` | `-o feed.channels:4` |
//! | `unit: text = "C" in ["C", "F"] "…"` | `settings.text("unit")` | `-o feed.unit:F` |
//! | `key: text = "" "…"` | `settings.text("key")` | `-o feed.key:c0ffee` |
//!
//! or the same in `plugins.toml`; `prosector list protocols --json` shows all of them. `configure` takes them, once,
//! before the first frame. What can be checked by the declaration (type, choices, range) is; all else `configure`
//! checks, and an error from it is told to the user, in place of a run with wrong results.
//!
//! What can go wrong:
//!
//! * A name that `configure` misspells is no error: it is off, 0, or empty. Test each setting once, as below.
//! * Texts become what is needed in `configure` (numbers, bytes of a key), not again for every frame.
//! * Without settings given, the defaults must do, and `configure` must take them.
//! * Ports need no setting: users bind them by `-d udp.port==4500,feed` or `claims` in `plugins.toml`.
//! * A field that a setting brings in is declared like all others, and merely not recorded where it is off.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Feed {
    raw: bool,
    channels: usize,
    fahrenheit: bool,
    /// What the values are scrambled with; empty: with nothing.
    key: Vec<u8>,
}

protocol! {
    /// Temperatures, as many at a time as the device has channels.
    Feed = feed "FEED", "Temperature feed" {
        seq: u16                            "Sequence number",
        value: computed f64                 "Temperature" unit "°C",
        value as VALUE_F: computed f64      "Temperature" unit "°F",
        /// Tenths of degrees Celsius, as they are in the frame.
        value.raw: bytes[2]                 "Temperature, bytes",
    }
    claims { udp.port = 7123 }
    settings {
        raw: bool = false "Show the bytes of each value as well",
        channels: uint = 2 in 1..=8 "Values in a row",
        unit: text = "C" in ["C", "F"] "Unit that temperatures are shown in",
        key: text = "" "Key that values are scrambled with, in hexadecimal digits",
    }
}

impl Dissector for Feed {
    fn configure(&mut self, settings: &Settings) -> Result<(), String> {
        self.raw = settings.is_on("raw");
        self.channels = settings.number("channels") as usize;
        self.fahrenheit = settings.text("unit") == "F";
        self.key = hex(settings.text("key")).ok_or("key is to be pairs of hexadecimal digits")?;
        Ok(())
    }

    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let seq = pdu.take(SEQ)?;
        pdu.info(format_args!("seq {seq}"));
        let mut key = self.key.iter().cycle();
        for _ in 0..self.channels {
            let at = pdu.position();
            // `peek` reads as `show` does, and records nothing.
            let bytes = if self.raw { pdu.show(VALUE_RAW)? } else { pdu.peek(VALUE_RAW)? };
            pdu.skip(bytes.len())?;
            let clear = bytes.map(|byte| byte ^ key.next().unwrap_or(&0));
            let tenths = f64::from(i16::from_be_bytes(clear));
            if self.fahrenheit {
                pdu.computed(VALUE_F, at..at + 2, (tenths * 18.0 + 3200.0) / 100.0);
            } else {
                pdu.computed(VALUE, at..at + 2, tenths / 10.0);
            }
        }
        pdu.end_here();
        Ok(())
    }
}

/// The bytes that hexadecimal digits stand for; `None` where they are none.
fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| Some(c.to_digit(16)? as u8)).collect();
    let (pairs, rest) = digits.as_deref()?.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
use prosector_sdk::testkit::check_with;

#[test]
fn defaults() {
    check::<Feed>(
        "0001 00fd fff9",
        expect![[r#"
        Temperature feed, seq 1
          Sequence number: 1
          Temperature: 25.3 °C
          Temperature: -0.7 °C
    "#]],
    );
}

#[test]
fn each_setting() {
    check_with::<Feed>(
        &[("channels", "1"), ("raw", "true")],
        "0001 00fd",
        expect![[r#"
        Temperature feed, seq 1
          Sequence number: 1
          Temperature, bytes: 00fd
          Temperature: 25.3 °C
    "#]],
    );
    check_with::<Feed>(
        &[("unit", "F")],
        "0001 00fd fff9",
        expect![[r#"
        Temperature feed, seq 1
          Sequence number: 1
          Temperature: 77.54 °F
          Temperature: 30.74 °F
    "#]],
    );
    check_with::<Feed>(
        &[("key", "c0FFee")],
        "0001 c002 2e39",
        expect![[r#"
        Temperature feed, seq 1
          Sequence number: 1
          Temperature: 25.3 °C
          Temperature: -1613.5 °C
    "#]],
    );
}

#[test]
fn values_that_cannot_be() {
    check_with::<Feed>(
        &[("channels", "9")],
        "0001",
        expect![[r#"
        refused: channels is a whole number from 1 to 8, not "9"
    "#]],
    );
    check_with::<Feed>(
        &[("unit", "K")],
        "0001",
        expect![[r#"
        refused: unit is one of C, F, not "K"
    "#]],
    );
    check_with::<Feed>(
        &[("raw", "yes")],
        "0001",
        expect![[r#"
        refused: raw is true or false, not "yes"
    "#]],
    );
    check_with::<Feed>(
        &[("key", "c0f")],
        "0001",
        expect![[r#"
        refused: key is to be pairs of hexadecimal digits
    "#]],
    );
}

#[test]
fn fewer_values_than_channels() {
    check_with::<Feed>(
        &[("channels", "3")],
        "0001 00fd fff9",
        expect![[r#"
        Temperature feed, seq 1
          Sequence number: 1
          Temperature: 25.3 °C
          Temperature: -0.7 °C
          [error] short: feed.value.raw needs 2 bytes at offset 6, 0 are there
    "#]],
    );
}
