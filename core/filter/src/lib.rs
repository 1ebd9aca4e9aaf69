//! Display filters: Wireshark's language, compiled once into a small program that runs on the spans of each frame.
//!
//! A filter says what must be recorded for it ([`Filter::demand`]), so it costs a dissection of a few fields and no more.
//! Fields of plugins are fields like any other.
//!
//! Invariant: whether a frame matches depends on the frame's dissection alone, not on what else was wanted of it, and nothing is
//! allocated for a frame but for the texts of diagnostics.

mod compile;
mod error;
mod eval;
mod lex;
mod literal;
mod parse;
mod program;
#[cfg(test)]
mod tests;

pub use error::FilterError;
pub use literal::parse_time;

use compile::Needs;
use eval::Frame;
use program::Op;
use prosector_engine::{Demand, Dissection, Registry};
use prosector_sdk::frame::Batch;
use std::cell::Cell;

/// A compiled filter. It belongs to the registry that it was compiled with.
pub struct Filter {
    /// `None`: all frames match.
    program: Option<Op>,
    needs: Needs,
    scratch: Cell<Vec<u8>>,
}

impl Filter {
    /// Compiles a filter. An empty text is the filter that every frame matches.
    pub fn compile(text: &str, registry: &Registry) -> Result<Filter, FilterError> {
        let compiled = parse::parse(text).and_then(|node| match node {
            None => Ok((None, Needs::default())),
            Some(node) => compile::compile(&node, registry).map(|(op, needs)| (Some(op), needs)),
        });
        let (program, needs) = compiled.map_err(|wrong| wrong.in_filter(text))?;
        Ok(Filter { program, needs, scratch: Cell::default() })
    }

    /// Adds what must be recorded for it.
    pub fn demand(&self, demand: &mut Demand) {
        self.needs.fields.iter().for_each(|field| demand.field(*field));
        self.needs.protocols.iter().for_each(|protocol| demand.layers_of(*protocol));
        if self.needs.all {
            demand.every_layer();
        }
    }

    /// Whether a frame of a batch, given by its place in it, matches.
    #[inline]
    pub fn matches(&self, registry: &Registry, batch: &Batch<'_>, dissection: &Dissection, frame: usize) -> bool {
        match &self.program {
            None => true,
            Some(op) => Frame::new(registry, batch, dissection, frame, &self.scratch).holds(op),
        }
    }
}
