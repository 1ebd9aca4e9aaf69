//! Points in time.
//!
//! | declared | in the bytes | `take` gives |
//! |---|---|---|
//! | `time_s`, `time_s(u64)` | seconds since 1970 | these seconds |
//! | `time_ms`, `time_us`, `time_ns` | milli-, micro-, nanoseconds since 1970, in 8 bytes | nanoseconds |
//! | `time_ms(u48)` | the same in 6 bytes | nanoseconds |
//! | `time_ntp` | 32.32 bits of seconds since 1900 (RFC 5905, section 6) | the 64 bits as they are |
//! | `computed time_ns` | nothing; `computed` is given nanoseconds since 1970 | |
//!
//! `le` goes with all of them. Every time is shown in UTC, to the nanosecond.
//!
//! A time of another epoch or another step is worked out and recorded with `computed`. This page has two: what
//! Windows counts (100 ns since 1601), and milliseconds since a start that the same frame tells.
//!
//! What can go wrong:
//!
//! * A computed time has 64 bits of nanoseconds, from 1677 to 2262. Work it out in `i128` and clamp it; a frame may
//!   say anything.
//! * Zero often means "no time". Don't compute one from it.
//! * A time that counts from another frame (the start of a measurement) needs a stateful protocol, and a `linked` field:
//!   see the page on requests. Nothing but the frame may decide about other fields.
//! * Seconds of 32 bits end in 2106. NTP counts on from 2036 in an era of its own, which `time_ntp` knows.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Journal;

protocol! {
    /// Record of a journal, with the same moment in every form.
    Journal = journal "JOURNAL", "Journal record" {
        boot: time_s                    "Boot",
        written: time_ms(u48)           "Written",
        synced: time_us le              "Synced",
        sampled: time_ns                "Sampled",
        sent: time_ntp                  "Sent",
        /// In steps of 100 ns since 1601; 0 where there is none.
        expires.raw: u64 le             "Expires, steps" hidden,
        expires: computed time_ns       "Expires",
        event.offset: u32               "Since boot" unit "ms",
        event.time: computed time_ns    "Time of event",
    }
    claims { udp.port = 7107 }
}

impl Dissector for Journal {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let boot = pdu.take(BOOT)?;
        pdu.take(WRITTEN)?;
        pdu.take(SYNCED)?;
        pdu.take(SAMPLED)?;
        pdu.take(SENT)?;
        let (at, steps) = (pdu.position(), pdu.take(EXPIRES_RAW)?);
        if steps != 0 {
            pdu.computed(EXPIRES, at..at + 8, filetime(steps));
        }
        let (at, offset) = (pdu.position(), pdu.take(EVENT_OFFSET)?);
        pdu.info(format_args!("event {offset} ms after boot"));
        let event = i64::from(boot) * 1_000_000_000 + i64::from(offset) * 1_000_000;
        pdu.computed(EVENT_TIME, at..at + 4, event);
        pdu.end_here();
        Ok(())
    }
}

/// Nanoseconds since 1970 of a time in steps of 100 ns since 1601 (MS-DTYP, section 2.3.3).
fn filetime(steps: u64) -> i64 {
    const FROM_1601_TO_1970: i128 = 116_444_736_000_000_000;
    ((i128::from(steps) - FROM_1601_TO_1970) * 100).clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

#[test]
fn one_moment_in_every_form() {
    check::<Journal>(
        "6553f100 018bcfe56800 00401e18240a0600 17979cfe362a0000 e8fe6f8080000000 00006dc64717da01 000005dc",
        expect![[r#"
            Journal record, event 1500 ms after boot
              Boot: Nov 14, 2023 22:13:20.000000000 UTC
              Written: Nov 14, 2023 22:13:20.000000000 UTC
              Synced: Nov 14, 2023 22:13:20.000000000 UTC
              Sampled: Nov 14, 2023 22:13:20.000000000 UTC
              Sent: Nov 14, 2023 22:13:20.500000000 UTC
              Expires: Nov 14, 2023 22:13:20.000000000 UTC
              Since boot: 1500 ms
              Time of event: Nov 14, 2023 22:13:21.500000000 UTC
        "#]],
    );
}

#[test]
fn times_that_cannot_be() {
    check::<Journal>(
        "00000000 ffffffffffff ffffffffffffffff 0000000000000000 0000000000000000 ffffffffffffffff ffffffff",
        expect![[r#"
            Journal record, event 4294967295 ms after boot
              Boot: Jan  1, 1970 00:00:00.000000000 UTC
              Written: Not representable
              Synced: Not representable
              Sampled: Jan  1, 1970 00:00:00.000000000 UTC
              Sent: Jan  1, 1970 00:00:00.000000000 UTC
              Expires: Apr 11, 2262 23:47:16.854775807 UTC
              Since boot: 4294967295 ms
              Time of event: Feb 19, 1970 17:02:47.295000000 UTC
        "#]],
    );
}

#[test]
fn no_time_and_a_cut() {
    check::<Journal>(
        "6553f100 018bcfe56800 00401e18240a0600 17979cfe362a0000 e8fe6f8080000000 0000000000000000 0000",
        expect![[r#"
            Journal record
              Boot: Nov 14, 2023 22:13:20.000000000 UTC
              Written: Nov 14, 2023 22:13:20.000000000 UTC
              Synced: Nov 14, 2023 22:13:20.000000000 UTC
              Sampled: Nov 14, 2023 22:13:20.000000000 UTC
              Sent: Nov 14, 2023 22:13:20.500000000 UTC
              [error] short: journal.event.offset needs 4 bytes at offset 42, 2 are there
        "#]],
    );
}
