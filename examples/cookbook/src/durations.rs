//! Spans of time.
//!
//! `duration(WIDTH) * FACTOR`: the factor makes nanoseconds of the number in the bytes, so `* 1000000` where it
//! counts milliseconds. It is shown in seconds, whatever it was counted in, and filters compare seconds as well:
//! `uplink.age > 1.5`. A number with a unit (`u16 "Interval" unit "ms"`) is shown as it is in the frame; take it
//! where people know the number from configuration files.
//!
//! What a factor can't say is `computed duration`, given in nanoseconds: numbers with a sign, fractions such as 16.16
//! bits of seconds, differences of two fields.
//!
//! What can go wrong:
//!
//! * What `take` gives is in nanoseconds too: the factor is in it.
//! * A special value (all ones for "never") needs a name, which durations can't have: declare a plain number with
//!   `unit` for it.
//! * A difference may be negative where clocks differ. Subtract in `i64` with `saturating_sub`.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Uplink;

protocol! {
    /// Status of an uplink.
    Uplink = uplink "UPLINK", "Uplink status" {
        /// In hundredths of a second.
        uptime: duration(u32) * 10000000        "Uptime",
        age: duration(u16) * 1000000            "Age of the last sample",
        jitter: duration(u24) le * 1000         "Jitter",
        /// 16.16 bits of seconds, as in NTP.
        delay.raw: u32 hex                      "Delay, bits" hidden,
        delay: computed duration                "Delay",
        skew.us: i32                            "Clock skew" unit "µs",
        skew: computed duration                 "Clock skew",
        hold: u16                               "Hold time" unit "s" = { 0xffff "for ever" },
    }
    claims { udp.port = 7108 }
}

impl Dissector for Uplink {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(UPTIME)?;
        let age = pdu.take(AGE)?;
        pdu.info(format_args!("last sample {} ms ago", age / 1_000_000));
        pdu.take(JITTER)?;
        let (at, bits) = (pdu.position(), pdu.take(DELAY_RAW)?);
        pdu.computed(DELAY, at..at + 4, (u64::from(bits) * 1_000_000_000) >> 16);
        let (at, skew) = (pdu.position(), pdu.take(SKEW_US)?);
        pdu.computed(SKEW, at..at + 4, i64::from(skew) * 1000);
        pdu.take(HOLD)?;
        pdu.end_here();
        Ok(())
    }
}

#[test]
fn a_status() {
    check::<Uplink>(
        "0000c350 1388 e80300 00018000 fffffc18 ffff",
        expect![[r#"
            Uplink status, last sample 5000 ms ago
              Uptime: 500.000000000 seconds
              Age of the last sample: 5.000000000 seconds
              Jitter: 0.001000000 seconds
              Delay: 1.500000000 seconds
              Clock skew: -1000 µs
              Clock skew: -0.001000000 seconds
              Hold time: for ever (65535)
        "#]],
    );
}

#[test]
fn cut_off_in_the_delay() {
    check::<Uplink>(
        "0000c350 1388 e80300 0001",
        expect![[r#"
        Uplink status, last sample 5000 ms ago
          Uptime: 500.000000000 seconds
          Age of the last sample: 5.000000000 seconds
          Jitter: 0.001000000 seconds
          [error] short: uplink.delay.raw needs 4 bytes at offset 9, 2 are there
    "#]],
    );
}
