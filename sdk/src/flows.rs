//! What a stateful dissector keeps for its conversations.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Something for each flow. What a dissector keeps for one flow is to be bounded by the dissector; how many flows there are
/// is bounded by the host, which says by [`Dissector::flow_end`](crate::Dissector::flow_end) when one is forgotten.
#[derive(Debug, Default)]
pub struct Flows<T> {
    kept: HashMap<u64, T, BuildHasherDefault<FlowHasher>>,
    /// For slices that belong to no flow: nothing stays in it.
    nobody: T,
}

impl<T: Default> Flows<T> {
    /// What is kept for a flow, made new if there is nothing yet; for flow 0 always new.
    pub fn of(&mut self, flow: u64) -> &mut T {
        if flow == 0 {
            self.nobody = T::default();
            return &mut self.nobody;
        }
        self.kept.entry(flow).or_default()
    }

    /// Forgets a flow.
    pub fn end(&mut self, flow: u64) {
        self.kept.remove(&flow);
    }
}

/// The numbers of flows are hashes already.
#[derive(Clone, Copy, Debug, Default)]
pub struct FlowHasher(u64);

impl Hasher for FlowHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(byte.into()));
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = (self.0 ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
