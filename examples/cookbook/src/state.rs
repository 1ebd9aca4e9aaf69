//! State of a conversation: what one PDU says decides how later ones are read.
//!
//! A `stateful` protocol gets the PDUs of one conversation in the order of the frames, and `pdu.flow()` is the same
//! number for both of its directions; `pdu.is_reverse()` tells these apart. [`Flows<T>`](Flows) keeps a `T` for each,
//! begun with its `Default`, and forgets the conversations that were seen least recently. `flow_end` says that one
//! won't come again.
//!
//! Here nothing is `linked`, for what is kept decides how bytes are read: without order every frame would be wrong.
//! (`linked` is for fields that merely tell of other frames, see the page on requests. A protocol has the one or the
//! other, not both.)
//!
//! What can go wrong:
//!
//! * Bounds. `Flows` holds up to 131072 conversations; what each holds is for the dissector to bound, in number and in
//!   length. A plugin has 64 MiB in all, which is 512 bytes each.
//! * The beginning may be missing: captures start in the middle. Without it, show bytes and say why; don't guess.
//! * State changes when the PDU is whole, so behind the last `?`. Over TCP a call that runs off the end is repeated
//!   when more has come.
//! * `Flows::of(0)` is always new. So a PDU that belongs to no conversation is read as if the beginning were missing.
//! * What comes from a setting is no state; `configure` has it.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Gauge {
    talks: Flows<Talk>,
}

/// What is known of a conversation.
#[derive(Default)]
struct Talk {
    /// How wide values are, in bytes; `None` where nobody has said so.
    width: Option<u8>,
    /// Names of channels, which stand for their numbers later on.
    names: Vec<(u8, Vec<u8>)>,
}

/// Channels that are kept for one conversation, and bytes of a name.
const MAX_CHANNELS: usize = 8;
const MAX_NAME: usize = 16;

protocol! {
    /// Values of gauges, which are agreed upon before.
    Gauge = gauge "GAUGE", "Gauge values" {
        type: u8                        "Type" = { 1 "open", 2 "channel", 3 "value" },
        width: u8                       "Width of values" unit "bytes",
        channel: u8                     "Channel",
        /// As the frame says it, or an earlier one.
        name: str                       "Name",
        name as NAME_BEFORE: computed str "Name",
        value: computed u64             "Value",
        value.raw: bytes                "Value, of unknown width",
    }
    claims { udp.port = 7119 }
    stateful
}

impl Dissector for Gauge {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let talk = self.talks.of(pdu.flow());
        let kind = pdu.take(TYPE)?;
        match kind {
            1 => {
                let (at, width) = (pdu.position(), pdu.take(WIDTH)?);
                let known = (1..=8).contains(&width);
                if !known {
                    pdu.diagnostic(Severity::Error, "bad-width", at..at + 1, format_args!("not from 1 to 8 bytes"));
                }
                *talk = Talk { width: known.then_some(width), ..Talk::default() };
                pdu.info(format_args!("open, {width} bytes"));
            }
            2 => {
                let channel = pdu.take(CHANNEL)?;
                let name = pdu.take_rest(NAME);
                pdu.info(format_args!("channel {channel} is {}", String::from_utf8_lossy(name)));
                talk.keep(channel, name);
            }
            3 => {
                let channel = pdu.take(CHANNEL)?;
                let name = talk.name(channel);
                if let Some(name) = name {
                    pdu.computed_bytes(NAME_BEFORE, 0..0, name);
                }
                let Some(width) = talk.width else {
                    let at = pdu.position();
                    let len = pdu.take_rest(VALUE_RAW).len();
                    let text = format_args!("the frame that says how wide values are is missing");
                    pdu.diagnostic(Severity::Note, "no-open", at..at + len, text);
                    return Ok(());
                };
                let value = pdu.take_number(VALUE, width.into(), false)?;
                let name = String::from_utf8_lossy(name.unwrap_or(b"?"));
                pdu.info(format_args!("{name} = {value}"));
                pdu.end_here();
            }
            _ => {}
        }
        Ok(())
    }

    fn flow_end(&mut self, flow: u64) {
        self.talks.end(flow);
    }
}

impl Talk {
    /// Keeps the name of a channel, in place of the one before it; there is no room for more than so many.
    fn keep(&mut self, channel: u8, name: &[u8]) {
        self.names.retain(|(other, _)| *other != channel);
        if self.names.len() < MAX_CHANNELS {
            self.names.push((channel, name.get(..MAX_NAME).unwrap_or(name).to_vec()));
        }
    }

    fn name(&self, channel: u8) -> Option<&[u8]> {
        self.names.iter().find(|(other, _)| *other == channel).map(|(_, name)| name.as_slice())
    }
}

#[cfg(test)]
use prosector_sdk::testkit::check_flow;

#[test]
fn what_was_agreed_upon_holds_for_both_directions() {
    check_flow::<Gauge>(
        &["01 03", "<02 07 6f696c", "03 07 000100", "<01 01", "03 07 05"],
        expect![[r#"
        frame 1
        Gauge values, open, 3 bytes
          Type: open (1)
          Width of values: 3 bytes
        frame 2, reverse
        Gauge values, channel 7 is oil
          Type: channel (2)
          Channel: 7
          Name: oil
        frame 3
        Gauge values, oil = 256
          Type: value (3)
          Channel: 7
          [Name: oil]
          Value: 256
        frame 4, reverse
        Gauge values, open, 1 bytes
          Type: open (1)
          Width of values: 1 bytes
        frame 5
        Gauge values, ? = 5
          Type: value (3)
          Channel: 7
          Value: 5
    "#]],
    );
}

#[test]
fn the_beginning_is_missing() {
    check_flow::<Gauge>(
        &["03 07 000100"],
        expect![[r#"
        frame 1
        Gauge values
          Type: value (3)
          Channel: 7
          Value, of unknown width: 000100
          [note] no-open: the frame that says how wide values are is missing
    "#]],
    );
}

#[test]
fn a_width_that_cannot_be() {
    check_flow::<Gauge>(
        &["01 09", "03 07 000100"],
        expect![[r#"
        frame 1
        Gauge values, open, 9 bytes
          Type: open (1)
          Width of values: 9 bytes
          [error] bad-width: not from 1 to 8 bytes
        frame 2
        Gauge values
          Type: value (3)
          Channel: 7
          Value, of unknown width: 000100
          [note] no-open: the frame that says how wide values are is missing
    "#]],
    );
}

#[test]
fn what_is_kept_is_bounded() {
    let mut talk = Talk::default();
    (0..=255).for_each(|channel| talk.keep(channel, &[b'x'; 1000]));
    assert_eq!(talk.names.len(), MAX_CHANNELS);
    assert!(talk.names.iter().all(|(_, name)| name.len() == MAX_NAME));
}
