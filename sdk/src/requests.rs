//! What stateful dissectors remember of earlier messages: requests that wait for their responses, files and contexts that were
//! opened.

use crate::flows::Flows;
use crate::pdu::Pdu;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::Hash;

/// The frame and the time of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Number of the frame.
    pub frame: u64,
    /// Nanoseconds since 1970.
    pub time: i64,
}

impl Sighting {
    /// Of this PDU.
    pub fn of(pdu: &Pdu<'_>) -> Sighting {
        Sighting { frame: pdu.frame_number(), time: pdu.time() }
    }

    /// How many milliseconds it lies before this PDU.
    pub fn millis_before(&self, pdu: &Pdu<'_>) -> f64 {
        pdu.time().saturating_sub(self.time) as f64 / 1e6
    }
}

/// Shows in an info line which request is answered, if it was seen.
pub struct AnswerTo(pub Option<Sighting>);

impl fmt::Display for AnswerTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |request| write!(f, " (request in {})", request.frame))
    }
}

/// A map that forgets its oldest entry where it would have more than [`Recent::LIMIT`].
#[derive(Debug)]
pub struct Recent<K, V> {
    map: HashMap<K, V>,
    order: VecDeque<K>,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Recent { map: HashMap::new(), order: VecDeque::new() }
    }
}

impl<K: Hash + Eq + Clone, V> Recent<K, V> {
    const LIMIT: usize = 1000;

    /// Keeps a value, in place of the one before it.
    pub fn insert(&mut self, key: K, value: V) {
        if self.map.insert(key.clone(), value).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() > Self::LIMIT
            && let Some(oldest) = self.order.pop_front()
        {
            self.map.remove(&oldest);
        }
    }

    /// What is kept under a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.map.get(key)
    }

    /// What is kept under a key, to be changed.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.map.get_mut(key)
    }

    /// Takes out what is kept under a key.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let value = self.map.remove(key)?;
        // Answers come about in the order of their requests.
        let at = self.order.iter().position(|k| k == key)?;
        self.order.remove(at);
        Some(value)
    }
}

/// Requests of either side, by whose they are and what a reply repeats.
pub type Asked<K> = Recent<(bool, K), Sighting>;

/// Keeps a request where either side may ask, or finds the one that a reply from the other side repeats the key of.
pub fn pair<K: Hash + Eq + Clone>(
    flows: &mut Flows<Asked<K>>,
    pdu: &Pdu<'_>,
    is_reply: bool,
    key: K,
) -> Option<Sighting> {
    if pdu.flow() == 0 {
        return None;
    }
    let requests = flows.of(pdu.flow());
    if is_reply {
        // Who talks to itself has one direction only.
        return requests.get(&(!pdu.is_reverse() && !pdu.is_own(), key)).copied();
    }
    requests.insert((pdu.is_reverse(), key), Sighting::of(pdu));
    None
}

#[test]
fn the_oldest_goes_first() {
    let mut recent = Recent::default();
    (0..1001).for_each(|n| recent.insert(n, n));
    assert_eq!((recent.get(&0), recent.get(&1)), (None, Some(&1)));
    assert_eq!(recent.remove(&1), Some(1));
    recent.insert(2, 9);
    assert_eq!(recent.get(&2), Some(&9));
}
