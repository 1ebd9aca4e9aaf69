//! The whole tree of a frame: a heading a layer, a line a field.

use crate::Writer;
use prosector_engine::{Demand, Dissection, Registry};
use prosector_sdk::frame::Batch;
use prosector_sdk::testkit::{write_fields, write_layer};

/// Writes trees.
#[derive(Debug, Default)]
pub struct Tree;

impl Writer for Tree {
    fn demand(&self, registry: &Registry) -> Demand {
        Demand::tree(registry)
    }

    fn frame(
        &mut self,
        registry: &Registry,
        batch: &Batch<'_>,
        dissection: &Dissection,
        frame: usize,
        out: &mut Vec<u8>,
    ) {
        // A trailer belongs to the tree of its protocol, but is known only after everything inside.
        let trailers: Vec<_> = dissection.layers(frame, batch.data).filter(|l| l.is_trailer()).collect();
        let mut before = None;
        for layer in dissection.layers(frame, batch.data).filter(|l| !l.is_trailer()) {
            let protocol = registry.protocol(layer.protocol());
            if layer.is_quoted() && before == Some(false) {
                out.extend_from_slice(b"[quoted]\n");
            }
            before = Some(layer.is_quoted());
            write_layer(protocol, layer.data(), layer.words(), layer.side(), layer.info(), out);
            for t in trailers.iter().filter(|t| t.parent() == Some(layer.id())) {
                write_fields(protocol, t.data(), t.words(), t.side(), out);
            }
        }
        out.push(b'\n');
    }
}
