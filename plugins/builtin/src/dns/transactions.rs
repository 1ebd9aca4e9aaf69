//! Which query a response answers, and what was sent before.

use super::*;
use prosector_sdk::requests::Sighting;
use std::collections::BTreeMap;

/// A query of the same number is a repetition for as long; afterwards it is a new one.
const REPETITION: i64 = 5_000_000_000;
/// The most queries that are kept of one flow.
const MAX_OPEN: usize = 1000;

/// The queries of one flow.
#[derive(Debug, Default)]
pub(super) struct Transactions {
    by_id: BTreeMap<u16, Transaction>,
}

#[derive(Clone, Copy, Debug)]
struct Transaction {
    query: Sighting,
    /// Number of the frame of the first response.
    response: Option<u64>,
}

impl Transactions {
    /// Keeps a message, and records what it has to do with earlier ones.
    pub fn link(&mut self, pdu: &mut Pdu<'_>, id: u16, is_response: bool) {
        let now = Sighting::of(pdu);
        let before = self.by_id.get_mut(&id);
        if is_response {
            match before {
                None => pdu.computed(UNSOLICITED, 0..0, true),
                Some(Transaction { response: Some(frame), .. }) => {
                    pdu.computed(RETRANSMIT_RESPONSE_IN, 0..0, *frame);
                    pdu.computed(RETRANSMISSION, 0..0, true);
                }
                Some(transaction) => {
                    transaction.response = Some(now.frame);
                    pdu.computed(RESPONSE_TO, 0..0, transaction.query.frame);
                    pdu.computed(TIME, 0..0, now.time.saturating_sub(transaction.query.time));
                }
            }
            return;
        }
        if let Some(transaction) = before {
            // What was answered is asked anew: all queries of mDNS have the same number.
            if transaction.response.is_none() && now.time.saturating_sub(transaction.query.time) <= REPETITION {
                pdu.computed(RETRANSMIT_REQUEST_IN, 0..0, transaction.query.frame);
                pdu.computed(RETRANSMISSION, 0..0, true);
                return;
            }
        } else if self.by_id.len() >= MAX_OPEN {
            let oldest = self.by_id.iter().min_by_key(|(_, t)| t.query.frame).map(|(&id, _)| id);
            oldest.and_then(|id| self.by_id.remove(&id));
        }
        self.by_id.insert(id, Transaction { query: now, response: None });
    }
}
