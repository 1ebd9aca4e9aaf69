//! A plugin that uses every part of the plugin interface once: it runs linked in, as native library and as component, and
//! all must agree; its compiled form is kept for ever in `tests/fixtures`.

use prosector_sdk::prelude::*;

mod every {
    use super::*;

    /// Header of every kind of field, then records for other dissectors.
    #[derive(Default)]
    pub struct Every {
        offset: u64,
        unit: String,
    }

    value_names! {
        /// Kinds of records.
        KINDS { 1 "tally", 2..=9 "reserved" }
    }

    protocol! {
        /// A test protocol.
        Every = every "EVERY", "Every part of the interface" {
            magic: u8 hex              "Magic",
            flags: u16 le hex          "Flags" { low: 0x00ff "Low byte", top: 0x8000 "Top bit" },
            small: i16                 "Signed",
            wide: u40                  "Forty bits",
            factor: u8 * 4             "Length" unit "bytes",
            on: bool                   "Switch",
            real: f32                  "Real",
            mac: mac                   "MAC"        source,
            four: ipv4                 "IPv4"       destination,
            six: ipv6                  "IPv6",
            id: uuid                   "Id",
            seconds: time_s            "Seconds",
            nanos: time_ns             "Nanoseconds",
            ntp: time_ntp              "NTP",
            name: str                  "Name",
            raw: bytes[3]              "Raw",
            record: group              "Record",
            record.kind: u8            "Kind"       = KINDS,
            record.len: u8             "Length",
            shifted: computed u64      "Shifted"    unit "units",
            text: computed str         "Text",
            secret: u8                 "Secret"     hidden,
            trailer: bytes             "Trailer"    trailer,
        }
        claims { ethertype = 0x88b6 }
        tables { KIND: "every.kind", IP: "@ip" }
        heuristics { udp.port }
        settings {
            offset: uint = 0 in 0..=1000 "Added to the length",
            unit: text = "C" in ["C", "F"] "Unit of the text",
            refuse: bool = false "Refuse to run",
        }
    }

    impl Dissector for Every {
        fn configure(&mut self, settings: &Settings) -> Result<(), String> {
            if settings.is_on("refuse") {
                return Err("it was told to refuse".into());
            }
            self.offset = settings.number("offset");
            self.unit = settings.text("unit").to_owned();
            Ok(())
        }

        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            pdu.show(SECRET)?;
            pdu.take(MAGIC)?;
            pdu.take(FLAGS)?;
            pdu.take(SMALL)?;
            pdu.take(WIDE)?;
            let len = pdu.take(FACTOR)?;
            pdu.take(ON)?;
            pdu.take(REAL)?;
            pdu.take(MAC)?;
            pdu.take(FOUR)?;
            pdu.take(SIX)?;
            pdu.take(ID)?;
            pdu.take(SECONDS)?;
            pdu.take(NANOS)?;
            pdu.take(NTP)?;
            pdu.take_bytes(NAME, 4)?;
            pdu.take(RAW)?;
            pdu.computed(SHIFTED, 10..11, u64::from(len) + self.offset);
            pdu.computed_bytes(TEXT, 0..0, format!("{len} \u{b0}{}", self.unit).as_bytes());
            pdu.info(format_args!("length {len}"));
            while pdu.remaining() > 0 {
                let (kind, len) = pdu.group(RECORD, |pdu| Ok((pdu.take(RECORD_KIND)?, pdu.take(RECORD_LEN)?)))?;
                if kind == 0 {
                    pdu.set_len(RECORD_LEN, pdu.position());
                    break;
                }
                if kind == 66 {
                    pdu.diagnostic(Severity::Warning, "odd-kind", 0..1, format_args!("kind {kind} is odd"));
                }
                assert_ne!(kind, 0xdd, "a deadly record");
                pdu.within(RECORD_LEN, len.into(), |pdu| {
                    match kind {
                        4 => pdu.hand_to(IP).quoted(),
                        5 => pdu.hand_on(KIND, kind).detail(),
                        _ => pdu.hand_on(KIND, kind),
                    };
                    Ok(())
                })?;
            }
            Ok(())
        }

        fn trailer(&mut self, pdu: &mut Pdu<'_>) -> Step {
            pdu.take_rest(TRAILER);
            Ok(())
        }

        fn probe(&self, pdu: &mut Pdu<'_>) -> Verdict {
            match pdu.rest() {
                [0xe7, ..] => Verdict::Certain,
                [0xe8, ..] => Verdict::Maybe,
                [0xe9, ..] => Verdict::Error,
                _ => Verdict::NotMine,
            }
        }
    }
}

mod tally {
    use super::*;
    use std::collections::HashMap;

    /// Counts the records of a flow.
    #[derive(Default)]
    pub struct Tally(HashMap<u64, u64>);

    protocol! {
        /// Records that are counted.
        Tally = tally "Tally" {
            byte: u8                    "Byte",
            seen: computed u64          "Seen in this flow",
            reverse: computed bool      "Other direction",
        }
        claims { every.kind = 1 }
        stateful
    }

    impl Dissector for Tally {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            let seen = self.0.entry(pdu.flow()).or_default();
            *seen += 1;
            pdu.computed(SEEN, 0..0, *seen);
            pdu.computed(REVERSE, 0..0, pdu.is_reverse());
            pdu.take(BYTE)?;
            pdu.set_len(BYTE, 1);
            Ok(())
        }

        fn flow_end(&mut self, flow: u64) {
            self.0.remove(&flow);
        }
    }
}

mod talk {
    use super::*;

    /// What it keeps for each direction of a flow.
    #[derive(Default)]
    pub struct Talk(Flows<[u64; 2]>);

    protocol! {
        /// Words in a stream, each behind its length. The first letter says what is done with it.
        Talk = talk "Talk" {
            len: u8                     "Length",
            word: str                   "Word",
            frame: computed u32         "Frame"     linked,
            time: computed time_ns      "Time"      linked,
            sum: computed u64           "Bytes in this direction" linked,
        }
        claims { tcp.port = 7006 }
        tables {
            KIND: "every.kind" stream named,
            UDP: "udp.port",
            EVERY: "@every" bound,
            TALLY: "@tally" bound,
        }
        stateful
    }

    impl Dissector for Talk {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            let len = pdu.take(LEN)?;
            if len == 0 {
                return pdu.reject();
            }
            pdu.set_len(LEN, 1 + usize::from(len));
            pdu.wait_for(1 + usize::from(len))?;
            let at = pdu.position();
            let word = pdu.take_rest(WORD);
            let before = self.0.of(pdu.flow())[pdu.is_reverse() as usize];
            let sum = before + word.len() as u64;
            self.0.of(pdu.flow())[pdu.is_reverse() as usize] = sum;
            pdu.computed(FRAME, 0..0, pdu.frame_number());
            pdu.computed(TIME, 0..0, pdu.time());
            pdu.computed(SUM, 0..0, sum);
            match word.first() {
                Some(b'b') => pdu.bind(TALLY),
                Some(b'e') => pdu.expect(UDP, &[192, 0, 2, 2], 6009, EVERY),
                Some(b's') => {
                    let turned: Vec<u8> = word.iter().rev().copied().collect();
                    pdu.hand_on_bytes(KIND, 1u8, &turned).part(3).stream(before);
                }
                Some(b'f') => {
                    let half = word.len() / 2;
                    pdu.hand_on_bytes(KIND, 1u8, &word[half..]).addresses(at, at, 1).fragment(9, half, false);
                    pdu.hand_on_bytes(KIND, 1u8, &word[..half]).addresses(at, at, 1).fragment(9, 0, true);
                }
                _ => {}
            }
            Ok(())
        }

        fn flow_end(&mut self, flow: u64) {
            self.0.end(flow);
        }
    }
}

pub use every::Every;
pub use talk::Talk;
pub use tally::Tally;

export!(Every, Tally, Talk);

#[test]
fn what_begins_with_the_magic_number_is_recognized() {
    use prosector_sdk::testkit::probe;
    assert_eq!(probe::<Every>(&[0xe7, 1]), Verdict::Certain);
    assert_eq!(probe::<Every>(&[0xe8]), Verdict::Maybe);
    assert_eq!(probe::<Every>(&[]), Verdict::NotMine);
}
