//! Finger (RFC 1288): a line that asks, and an answer until the connection ends.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Finger {
    /// Frame and time of each connection's question.
    asked: Flows<Option<(u64, i64)>>,
}

protocol! {
    /// Finger (RFC 1288).
    Finger = finger "FINGER", "finger" {
        query: str                      "Query",
        response: str                   "Response",
        response_to: computed u32       "Request In" linked,
        response_time: computed duration "Response Time" linked,
    }
    claims { tcp.port = 79 }
    stateful
}

impl Dissector for Finger {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let asked = self.asked.of(pdu.flow());
        if !crate::lines::is_from_server(pdu, &[79]) {
            let line = pdu.peek_line()?.len();
            let len = (line + 2).min(pdu.remaining());
            let query = pdu.take_bytes(QUERY, len)?;
            pdu.info(format_args!("Query {}", crate::lines::show(query.trim_ascii_end())));
            *asked = Some((pdu.frame_number(), pdu.time()));
            return Ok(());
        }
        if pdu.is_stream() {
            return pdu.wait_more();
        }
        pdu.info(format_args!("Response"));
        pdu.take_rest(RESPONSE);
        if let Some((frame, time)) = *asked {
            pdu.computed(RESPONSE_TO, 0..0, frame);
            pdu.computed(RESPONSE_TIME, 0..0, pdu.time() - time);
        }
        Ok(())
    }

    fn flow_end(&mut self, flow: u64) {
        self.asked.end(flow);
    }
}

builtin!(Finger);

#[test]
fn a_question_and_its_answer() {
    check_stream::<Finger>(
        &["610d0a", "<620d0a", "<630d0a|"],
        expect![[r#"
            segment 1
            finger, Query a
              Query: a\r\n
            segment 2
            waits for 4 bytes
            segment 3
            finger, Response
              Response: b\r\nc\r\n
              [Request In: 1]
              [Response Time: 0.002000000 seconds]
        "#]],
    );
}
