//! Requests that wait for their responses: what the fields `…response_to` and `…time` are told by.

use prosector_sdk::prelude::*;
use std::collections::BTreeMap;

/// The most requests that are kept of one flow.
const MAX_OPEN: usize = 1000;

/// The frame and the time of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Number of the frame.
    pub frame: u64,
    /// Nanoseconds since 1970.
    pub time: i64,
}

impl Sighting {
    /// How many milliseconds it lies before this PDU.
    pub fn millis_before(&self, pdu: &Pdu<'_>) -> f64 {
        pdu.time().saturating_sub(self.time) as f64 / 1e6
    }
}

/// The requests of one flow, by what a response repeats of them.
#[derive(Debug)]
pub struct Requests<K> {
    open: BTreeMap<K, Sighting>,
}

impl<K> Default for Requests<K> {
    fn default() -> Requests<K> {
        Requests { open: BTreeMap::new() }
    }
}

impl<K: Ord + Clone> Requests<K> {
    /// Keeps a request. Where one of the same key is there, that one is returned, and it is replaced if `replace`.
    pub fn insert(&mut self, key: K, sighting: Sighting, replace: bool) -> Option<Sighting> {
        let before = self.open.get(&key).copied();
        if before.is_some() && !replace {
            return before;
        }
        if before.is_none() && self.open.len() >= MAX_OPEN {
            let oldest = self.open.iter().min_by_key(|(_, s)| s.frame).map(|(k, _)| k.clone());
            oldest.and_then(|key| self.open.remove(&key));
        }
        self.open.insert(key, sighting);
        before
    }

    /// The request of this key.
    pub fn get(&self, key: &K) -> Option<Sighting> {
        self.open.get(key).copied()
    }
}

/// Keeps a request where either side may ask, or finds the one that a reply from the other side repeats the key of.
pub fn pair<K: Ord + Clone>(
    flows: &mut Flows<Requests<(bool, K)>>,
    pdu: &Pdu<'_>,
    is_reply: bool,
    key: K,
) -> Option<Sighting> {
    if pdu.flow() == 0 {
        return None;
    }
    let requests = flows.of(pdu.flow());
    if is_reply {
        return requests.get(&(!pdu.is_reverse(), key));
    }
    let sighting = Sighting { frame: pdu.frame_number(), time: pdu.time() };
    requests.insert((pdu.is_reverse(), key), sighting, true);
    None
}

#[test]
fn the_oldest_goes_first() {
    let at = |frame| Sighting { frame, time: 0 };
    let mut requests = Requests::default();
    for n in 0..=MAX_OPEN as u64 {
        assert_eq!(requests.insert(n, at(n), false), None);
    }
    assert_eq!([requests.get(&0), requests.get(&1)], [None, Some(at(1))]);
    assert_eq!(requests.insert(1, at(9), false), Some(at(1)));
}
