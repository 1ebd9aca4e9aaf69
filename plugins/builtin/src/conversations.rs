//! What is kept for each pair of ports of a flow, for transports that count from the first number they see.

use prosector_sdk::prelude::*;
use std::collections::HashMap;

/// Pairs of ports that are kept for one flow of addresses; a port scan must not fill the memory.
const MAX_PAIRS: usize = 1_000;

/// A `T` for each pair of ports of each flow.
#[derive(Default)]
pub(crate) struct Conversations<T> {
    flows: Flows<HashMap<(u16, u16), Conversation<T>>>,
    count: u32,
}

/// What is kept for one pair of ports.
#[derive(Default)]
pub(crate) struct Conversation<T> {
    /// How many conversations were seen before it.
    pub index: u32,
    /// One for each direction.
    pub sides: [T; 2],
}

impl<T: Default> Conversations<T> {
    /// The conversation that a PDU with these ports belongs to, and the side that it comes from: 0 or 1.
    pub fn of(&mut self, pdu: &Pdu<'_>, src: u16, dst: u16) -> (&mut Conversation<T>, usize) {
        let pairs = self.flows.of(pdu.flow());
        let (first, second) = if pdu.is_reverse() { (dst, src) } else { (src, dst) };
        // Where both addresses are the same, as on a loopback, only the ports tell the directions apart.
        let swapped = !pairs.contains_key(&(first, second)) && pairs.contains_key(&(second, first));
        let key = if swapped { (second, first) } else { (first, second) };
        if pairs.len() >= MAX_PAIRS && !pairs.contains_key(&key) {
            pairs.clear();
        }
        let conversation = pairs.entry(key).or_insert_with(|| {
            self.count += 1;
            Conversation { index: self.count - 1, ..Conversation::default() }
        });
        (conversation, usize::from(pdu.is_reverse() ^ swapped))
    }

    /// Forgets a flow.
    pub fn end(&mut self, flow: u64) {
        self.flows.end(flow);
    }
}
