//! What a stateful dissector keeps for its conversations.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Flows in each of two generations.
const MOST: usize = 64 << 10;

/// Something for each of the flows seen last. When the newer of two generations is full, the older one is forgotten. What is
/// kept for one flow is for the dissector to bound.
#[derive(Debug, Default)]
pub struct Flows<T> {
    new: Map<T>,
    old: Map<T>,
    /// For slices that belong to no flow: nothing stays in it.
    nobody: T,
}

type Map<T> = HashMap<u64, T, BuildHasherDefault<FlowHasher>>;

impl<T: Default> Flows<T> {
    /// What is kept for a flow, made new if there is nothing yet; for flow 0 always new.
    pub fn of(&mut self, flow: u64) -> &mut T {
        if flow == 0 {
            self.nobody = T::default();
            return &mut self.nobody;
        }
        if !self.new.contains_key(&flow) {
            let value = self.old.remove(&flow).unwrap_or_default();
            if self.new.len() >= MOST {
                // The older one's memory is taken for the newer: it does not grow anew, and nothing comes apart.
                std::mem::swap(&mut self.new, &mut self.old);
                self.new.clear();
            }
            self.new.insert(flow, value);
        }
        self.new.entry(flow).or_default()
    }

    /// The same for a part of a flow, as the dissector itself numbers its parts.
    pub fn of_part(&mut self, flow: u64, part: u64) -> &mut T {
        let mut hash = FlowHasher(flow);
        hash.write_u64(part.wrapping_add(1));
        self.of(if flow == 0 { 0 } else { hash.finish().max(1) })
    }

    /// Forgets a flow.
    pub fn end(&mut self, flow: u64) {
        self.new.remove(&flow);
        self.old.remove(&flow);
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
        let mixed = (self.0 ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[test]
fn flows_are_kept_apart_and_the_oldest_are_forgotten() {
    let mut flows = Flows::<u32>::default();
    *flows.of(5) = 1;
    *flows.of_part(5, 0) = 2;
    *flows.of_part(5, 1) = 3;
    assert_eq!((*flows.of(5), *flows.of_part(5, 0), *flows.of_part(5, 1)), (1, 2, 3));
    *flows.of(0) = 4;
    assert_eq!(*flows.of(0), 0);
    flows.end(5);
    assert_eq!(*flows.of(5), 0);
    *flows.of(7) = 7;
    (1000..1000 + 2 * MOST as u64).for_each(|flow| *flows.of(flow) += 1);
    assert_eq!(*flows.of(7), 0);
    assert!(flows.new.len() + flows.old.len() <= 2 * MOST);
}
