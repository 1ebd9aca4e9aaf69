//! Requests and responses: which frame asked, and how long the answer took.
//!
//! What a response says of its request comes from another frame. So the protocol is `stateful`: its PDUs come in the
//! order of the frames, with their numbers and times and the number of their conversation. The fields are declared as
//! `linked`; whoever wants none of them (nor the info line) is spared the order.
//!
//! `requests::pair` is the whole bookkeeping where either side may ask and the response repeats a number of its
//! request: it keeps what asks and finds what is answered. It keeps [`Asked`], which is a [`Recent`] in [`Flows`]:
//! the last thousand requests of the flows seen last. For anything else (a request that is to be answered once, what
//! the request asked for) keep a `Recent` of your own and fill it yourself.
//!
//! What can go wrong:
//!
//! * Links go backwards only. When the request passes, its response has not come: it can't name it, nor say that
//!   there is none.
//! * Numbers come again. The newest request counts, so that of a request that was sent twice the response answers the
//!   second one.
//! * Nothing may be changed in a linked way but linked fields and the info line: not the diagnostics, not the
//!   hand-ons. A frame would differ by what was asked of it.
//! * A bounded memory forgets. So `None` does not mean that nobody asked, and is worth no more than a word in the
//!   info line.
//! * Without a flow (0: the protocol around has no addresses) there is no conversation. `pair` then gives `None`.

use prosector_sdk::prelude::*;
use prosector_sdk::requests::{Asked, pair};

/// The dissector.
#[derive(Default)]
pub struct Lookup {
    asked: Flows<Asked<u16>>,
}

protocol! {
    /// Looking parts up in a catalogue. Either side may ask.
    Lookup = lookup "LOOKUP", "Catalogue lookup" {
        response: bool                      "Response" = { 0 "request", 1 "response" },
        id: u16 hex                         "Id",
        part: u32                           "Part",
        price: u32 / 100                    "Price" unit "€",
        /// The frame with the request that is answered.
        response_to: computed u32           "Request in frame" linked,
        /// Between request and response.
        time: computed duration             "Response time" linked,
    }
    claims { udp.port = 7118 }
    stateful
}

impl Dissector for Lookup {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let is_response = pdu.take(RESPONSE)?;
        let id = pdu.take(ID)?;
        let part = pdu.take(PART)?;
        if is_response {
            pdu.take(PRICE)?;
        }
        pdu.end_here();
        // Read to the end, it is one: what is broken neither asks nor answers.
        let request = pair(&mut self.asked, pdu, is_response, id);
        if let Some(request) = request {
            pdu.computed(RESPONSE_TO, 0..0, request.frame);
            pdu.computed(TIME, 0..0, pdu.time().saturating_sub(request.time));
        }
        pdu.info(format_args!("{} {id:#06x} for {part}{}", Self::name(RESPONSE, is_response), AnswerTo(request)));
        Ok(())
    }

    fn flow_end(&mut self, flow: u64) {
        self.asked.end(flow);
    }
}

#[cfg(test)]
use prosector_sdk::testkit::check_flow;

#[test]
fn both_sides_ask_with_the_same_id() {
    check_flow::<Lookup>(
        &["00 0001 00000f00", "<00 0001 00000abc", "<01 0001 00000f00 000004d2", "01 0001 00000abc 00000063"],
        expect![[r#"
            frame 1
            Catalogue lookup, request 0x0001 for 3840
              Response: request
              Id: 0x0001
              Part: 3840
            frame 2, reverse
            Catalogue lookup, request 0x0001 for 2748
              Response: request
              Id: 0x0001
              Part: 2748
            frame 3, reverse
            Catalogue lookup, response 0x0001 for 3840 (request in 1)
              Response: response
              Id: 0x0001
              Part: 3840
              Price: 12.34 €
              [Request in frame: 1]
              [Response time: 0.002000000 seconds]
            frame 4
            Catalogue lookup, response 0x0001 for 2748 (request in 2)
              Response: response
              Id: 0x0001
              Part: 2748
              Price: 0.99 €
              [Request in frame: 2]
              [Response time: 0.002000000 seconds]
        "#]],
    );
}

#[test]
fn asked_twice_and_not_at_all() {
    check_flow::<Lookup>(
        &["00 0001 00000f00", "00 0001 00000f00", "<01 0001 00000f00 000004d2", "<01 0002 00000f01 000004d2"],
        expect![[r#"
            frame 1
            Catalogue lookup, request 0x0001 for 3840
              Response: request
              Id: 0x0001
              Part: 3840
            frame 2
            Catalogue lookup, request 0x0001 for 3840
              Response: request
              Id: 0x0001
              Part: 3840
            frame 3, reverse
            Catalogue lookup, response 0x0001 for 3840 (request in 2)
              Response: response
              Id: 0x0001
              Part: 3840
              Price: 12.34 €
              [Request in frame: 2]
              [Response time: 0.001000000 seconds]
            frame 4, reverse
            Catalogue lookup, response 0x0002 for 3841
              Response: response
              Id: 0x0002
              Part: 3841
              Price: 12.34 €
        "#]],
    );
}

#[test]
fn a_broken_request_is_none() {
    check_flow::<Lookup>(
        &["00 0001 0000", "<01 0001 00000f00 000004d2"],
        expect![[r#"
        frame 1
        Catalogue lookup
          Response: request
          Id: 0x0001
          [error] short: lookup.part needs 4 bytes at offset 3, 2 are there
        frame 2, reverse
        Catalogue lookup, response 0x0001 for 3840
          Response: response
          Id: 0x0001
          Part: 3840
          Price: 12.34 €
    "#]],
    );
}
