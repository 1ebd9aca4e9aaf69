//! Which conversation a slice belongs to, and memory for the conversations that were seen last.

use prosector_sdk::flows::FlowHasher;
use prosector_sdk::pdu::{Ends, Slice};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher, Hasher};

/// Bit of a flow's number: its two addresses are the same, so only ports tell its directions apart.
const SAME: u64 = 1;

/// The flow, and whether in its second direction, of what a PDU hands on that says who talks to whom. `bytes` are the
/// captured bytes of the PDU, `slice` says which flow it is in itself. Flows of different protocols are different.
pub(crate) fn flow_of(bytes: &[u8], slice: &Slice, ends: Ends, protocol: u16) -> (u64, bool) {
    let len = ends.len as usize;
    let end = |from: u16| bytes.get(from as usize..)?.get(..len);
    let (Some(from), Some(to)) = (end(ends.from), end(ends.to)) else { return (slice.flow, slice.reverse) };
    if len == 0 || ends.ports && slice.flow == 0 {
        return (slice.flow, slice.reverse);
    }
    // The addresses decide the direction; ports only where those are the same.
    let reverse = if ends.ports && slice.flow & SAME == 0 { slice.reverse } else { from > to };
    let (first, second) = if reverse { (to, from) } else { (from, to) };
    let mut hash = DefaultHasher::new();
    // Addresses begin anew, whatever tunnel they are in: the tunnel's two directions may look like two flows.
    hash.write_u64(if ends.ports { slice.flow } else { 0 });
    hash.write_u16(protocol);
    hash.write(first);
    hash.write(second);
    let number = hash.finish() & !SAME;
    (if !ends.ports && from == to { number | SAME } else { number.max(2) }, reverse)
}

/// The flow of a part of a flow, as a protocol numbers its parts.
pub(crate) fn of_part(flow: u64, protocol: u16, part: u64) -> u64 {
    let mut hash = DefaultHasher::new();
    hash.write_u64(flow);
    hash.write_u16(protocol);
    hash.write_u64(part);
    (hash.finish() & !SAME).max(2)
}

/// Something kept for each of the flows seen last. Two generations: when the newer is full, the older is forgotten, so
/// a flow stays as long as fewer than `most` others have been seen since.
pub(crate) struct Recent<V> {
    new: HashMap<u64, V, BuildHasherDefault<FlowHasher>>,
    old: HashMap<u64, V, BuildHasherDefault<FlowHasher>>,
    most: usize,
    /// How many flows were forgotten.
    pub(crate) forgotten: u64,
}

impl<V> Default for Recent<V> {
    fn default() -> Self {
        Recent { new: HashMap::default(), old: HashMap::default(), most: usize::MAX, forgotten: 0 }
    }
}

impl<V: Default> Recent<V> {
    pub(crate) fn new(most: usize) -> Recent<V> {
        Recent { most, ..Recent::default() }
    }

    /// Sees a flow: it has something kept from now on. Gives the flows that are forgotten for it. Flow 0 is none.
    pub(crate) fn touch(&mut self, flow: u64) -> Vec<u64> {
        let mut ended = Vec::new();
        if flow != 0 && !self.new.contains_key(&flow) {
            let value = self.old.remove(&flow).unwrap_or_default();
            if self.new.len() >= self.most {
                // The older one's memory is taken for the newer: it does not grow anew, and nothing comes apart.
                std::mem::swap(&mut self.new, &mut self.old);
                ended = self.new.drain().map(|(flow, _)| flow).collect();
                // The order of a hash map is not for anybody to see.
                ended.sort_unstable();
                self.forgotten += ended.len() as u64;
            }
            self.new.insert(flow, value);
        }
        ended
    }

    /// Forgets the older generation; if there is none, everything.
    pub(crate) fn forget_older(&mut self) {
        if self.old.is_empty() {
            self.old = std::mem::take(&mut self.new);
        }
        self.forgotten += self.old.len() as u64;
        self.old.clear();
    }

    /// Everything that is kept.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.new.values().chain(self.old.values())
    }

    /// What is kept for a flow.
    pub(crate) fn get(&mut self, flow: u64) -> Option<&mut V> {
        self.new.get_mut(&flow).or_else(|| self.old.get_mut(&flow))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(bytes: &[u8]) -> (u64, bool) {
        flow_of(bytes, &Slice::default(), Ends { from: 0, to: 2, len: 2, ports: false }, 0)
    }

    fn ports(bytes: &[u8], (flow, reverse): (u64, bool)) -> (u64, bool) {
        let slice = Slice { flow, reverse, ..Slice::default() };
        flow_of(bytes, &slice, Ends { from: 0, to: 1, len: 1, ports: true }, 0)
    }

    #[test]
    fn both_directions_are_one_flow() {
        let (there, back) = (addresses(b"aabb"), addresses(b"bbaa"));
        assert_eq!((there.0, there.1, back.1), (back.0, false, true));
        let (there_ports, back_ports) = (ports(b"x1", there), ports(b"1x", back));
        assert_eq!((there_ports.0, there_ports.1, back_ports.1), (back_ports.0, false, true));
        // Port x talks to port 1, and the other way round: two flows.
        assert_ne!(there_ports.0, ports(b"1x", there).0);
        assert_ne!(there_ports.0, there.0);
        assert_ne!(addresses(b"aabb").0, addresses(b"aabc").0);
    }

    #[test]
    fn a_host_that_talks_to_itself_is_told_apart_by_ports() {
        let (there, back) = (ports(b"x1", addresses(b"aaaa")), ports(b"1x", addresses(b"aaaa")));
        assert_eq!(there.0, back.0);
        assert_ne!(there.1, back.1);
    }

    #[test]
    fn what_is_not_captured_or_has_no_addresses_belongs_to_no_flow() {
        assert_eq!(addresses(b"aab"), (0, false));
        assert_eq!(ports(b"x1", (0, false)), (0, false));
    }

    #[test]
    fn the_flows_seen_last_are_kept() {
        let mut recent = Recent::<u32>::new(2);
        for flow in [1, 2] {
            assert!(recent.touch(flow).is_empty());
            *recent.get(flow).expect("it was seen") = flow as u32;
        }
        assert!(recent.touch(3).is_empty() && recent.touch(1).is_empty());
        assert_eq!(recent.get(1), Some(&mut 1));
        // 1 and 3 are the newer two; 2 is the older one.
        assert_eq!(recent.touch(4), [2]);
        assert_eq!(recent.get(2), None);
        assert!(recent.touch(0).is_empty());
        assert_eq!(recent.get(0), None);
    }
}
