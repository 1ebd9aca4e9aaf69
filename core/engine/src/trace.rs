//! What happened to the slices of one frame on their way, for people who ask why.

use prosector_sdk::dissector::Verdict;

/// One hand-on: where was looked, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The layer that handed on, see [`LayerView::id`](crate::LayerView::id).
    pub layer: u32,
    /// The table.
    pub table: String,
    /// The keys, in the order in which they were looked up.
    pub keys: Vec<u64>,
    /// Bytes on the wire that were handed on.
    pub len: u32,
    /// Who was asked because nobody claims the keys, and what they said; `None`: it failed, or was set aside.
    pub asked: Vec<(u16, Option<Verdict>)>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a hand-on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was handed on: there were no bytes, or they would begin behind the end.
    Nothing,
    /// This protocol claims the key at this place of `keys`.
    Claimed(u16, usize),
    /// This protocol took it when asked.
    Taken(u16),
    /// This protocol took it: it has been certain of the flow before.
    Remembered(u16),
    /// An earlier PDU has said that it is for this protocol.
    Promised(u16),
    /// Nobody wanted it.
    Unclaimed,
}
