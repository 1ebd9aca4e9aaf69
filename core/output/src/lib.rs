//! How what was found is shown: one writer a format, each of which says what it needs as a
//! [`Demand`](prosector_engine::Demand) and appends bytes for batches.
//!
//! Invariant: every frame gives exactly what the format promises (a line, a tree, an object), whatever is in it, and
//! nothing from a frame or plugin reaches the output unescaped.

mod fields;
mod hex;
mod ndjson;
mod summary;
mod tree;

pub use fields::Fields;
pub use hex::write_hex_dump;
pub use ndjson::Ndjson;
pub use summary::Summary;
pub use tree::Tree;

use prosector_engine::{Demand, Dissection, Registry};
use prosector_sdk::frame::{Batch, Frame};

/// A format.
pub trait Writer: Send {
    /// What must be recorded for it.
    fn demand(&self, registry: &Registry) -> Demand;

    /// Appends one frame of a batch, given by its place in it.
    fn frame(
        &mut self,
        registry: &Registry,
        batch: &Batch<'_>,
        dissection: &Dissection,
        frame: usize,
        out: &mut Vec<u8>,
    );

    /// Is told of a frame that is not shown.
    fn skip(&mut self, _frame: &Frame) {}
}
