//! Chosen fields, one line a frame, as `tshark -T fields` writes them: columns parted by tabs, several occurrences by
//! commas, nothing where the field is absent.

use crate::Writer;
use prosector_engine::{Demand, Dissection, FieldRef, Registry, RegistryError};
use prosector_sdk::frame::Batch;
use prosector_sdk::span::{DIAGNOSTIC, Diagnostic, Span};
use prosector_sdk::value::{Computed, decode, write_value};

/// Stands for "not shown" and "no more".
const NONE: u32 = u32::MAX;

/// What must be known of a field to step over its words.
#[derive(Clone, Copy)]
struct Shown {
    /// Its place in [`Fields::sources`].
    source: u32,
    computed: bool,
}

/// One occurrence of a shown field in the present frame.
#[derive(Clone, Copy)]
struct Cell {
    word: u64,
    /// The word behind it, of a computed field.
    second: u64,
    layer: u32,
    /// The next occurrence of the same field.
    next: u32,
    field: FieldRef,
}

/// A distinct field, and its occurrences in the present frame.
struct Source {
    fields: Vec<FieldRef>,
    first: u32,
    last: u32,
}

/// Writes chosen fields.
pub struct Fields {
    /// For each column, which of the sources it shows.
    columns: Vec<u32>,
    sources: Vec<Source>,
    /// For each protocol, its fields; empty where none is shown.
    shown: Vec<Vec<Shown>>,
    /// Kept from frame to frame for its memory.
    cells: Vec<Cell>,
}

impl Fields {
    /// One column for each name, in this order. The error names a field that isn't there, and the nearest ones.
    pub fn new(registry: &Registry, names: &[String]) -> Result<Fields, RegistryError> {
        let mut fields =
            Fields { columns: Vec::new(), sources: Vec::new(), shown: vec![Vec::new(); registry.len()], cells: Vec::new() };
        for name in names {
            let found = registry.find_fields(name)?;
            let known = fields.sources.iter().position(|s| s.fields == found);
            let source = known.unwrap_or(fields.sources.len()) as u32;
            if known.is_none() {
                fields.sources.push(Source { fields: found.to_vec(), first: NONE, last: NONE });
                for f in found {
                    let shown = &mut fields.shown[f.protocol as usize];
                    if shown.is_empty() {
                        let declared = registry.protocol(f.protocol).fields.iter();
                        shown.extend(declared.map(|f| Shown { source: NONE, computed: f.computed }));
                    }
                    shown[f.field as usize].source = source;
                }
            }
            fields.columns.push(source);
        }
        Ok(fields)
    }

    /// Finds the occurrences in one layer.
    #[inline]
    fn collect(&mut self, protocol: u16, layer: u32, mut words: &[u64]) {
        let shown = &self.shown[protocol as usize];
        while let Some(&word) = words.first() {
            let field = Span::unpack(word).field;
            let len = match shown.get(field as usize) {
                Some(shown) => {
                    if let Some(source) = self.sources.get_mut(shown.source as usize) {
                        let cell = self.cells.len() as u32;
                        let second = if shown.computed { words.get(1).copied().unwrap_or(0) } else { 0 };
                        let field = FieldRef { protocol, field };
                        self.cells.push(Cell { word, second, layer, next: NONE, field });
                        match self.cells.get_mut(source.last as usize) {
                            Some(before) => before.next = cell,
                            None => source.first = cell,
                        }
                        source.last = cell;
                    }
                    1 + shown.computed as usize
                }
                None if field == DIAGNOSTIC => 1 + Diagnostic::WORDS,
                None => 1,
            };
            words = words.get(len..).unwrap_or_default();
        }
    }
}

impl Writer for Fields {
    fn demand(&self, registry: &Registry) -> Demand {
        let mut demand = Demand::nothing(registry);
        self.sources.iter().flat_map(|s| &s.fields).for_each(|f| demand.field(*f));
        demand
    }

    fn frame(
        &mut self,
        registry: &Registry,
        batch: &Batch<'_>,
        dissection: &Dissection,
        frame: usize,
        out: &mut Vec<u8>,
    ) {
        self.cells.clear();
        self.sources.iter_mut().for_each(|s| (s.first, s.last) = (NONE, NONE));
        for layer in dissection.layers(frame, batch.data) {
            if !self.shown[layer.protocol() as usize].is_empty() {
                self.collect(layer.protocol(), layer.id(), layer.words());
            }
        }
        for (i, column) in self.columns.iter().enumerate() {
            if i > 0 {
                out.push(b'\t');
            }
            let mut at = self.sources[*column as usize].first;
            while let Some(cell) = self.cells.get(at as usize) {
                let field = registry.field(cell.field);
                let (span, layer) = (Span::unpack(cell.word), dissection.layer(cell.layer, batch.data));
                let bytes = layer.data().get(span.offset as usize..).and_then(|d| d.get(..span.len as usize));
                let computed = field.computed.then(|| Computed { word: cell.second, side: layer.side() });
                write_value(field, decode(field, bytes.unwrap_or_default(), computed), out);
                at = cell.next;
                if at != NONE {
                    out.push(b',');
                }
            }
        }
        out.push(b'\n');
    }
}
