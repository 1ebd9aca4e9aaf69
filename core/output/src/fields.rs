//! Chosen fields, one line a frame, as `tshark -T fields` writes them: columns parted by tabs, several occurrences by
//! commas, nothing where the field is absent.

use crate::Writer;
use prosector_engine::{Demand, Dissection, FieldRef, LayerView, Registry, RegistryError};
use prosector_sdk::declare::Field;
use prosector_sdk::frame::Batch;
use prosector_sdk::span::{DIAGNOSTIC, Diagnostic, Span};
use prosector_sdk::value::{Computed, decode, is_plain, write_plain, write_value};

/// Stands for "not shown" and "no more".
const NONE: u32 = u32::MAX;

/// What must be known of a field to step over its words.
#[derive(Clone, Copy)]
struct Shown {
    /// Its place in [`Fields::sources`], and which of the declarations there.
    source: u32,
    declared: u32,
    computed: bool,
}

/// One occurrence of a shown field in the present frame.
#[derive(Clone, Copy)]
struct Cell {
    /// Where its bytes are in the batch.
    start: u32,
    len: u32,
    /// The word behind the span, of a computed field.
    second: u64,
    layer: u32,
    /// The next occurrence of the same field.
    next: u32,
    /// Which of its source's declarations.
    declared: u32,
}

/// A distinct field, which may be declared more than once, and its occurrences in the present frame.
struct Source {
    fields: Vec<FieldRef>,
    declared: Vec<Field>,
    /// Whether all are plain decimal numbers.
    plain: bool,
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
        let mut fields = Fields {
            columns: Vec::new(),
            sources: Vec::new(),
            shown: vec![Vec::new(); registry.len()],
            cells: Vec::new(),
        };
        for name in names {
            let found = registry.find_fields(name)?;
            let known = fields.sources.iter().position(|s| s.fields == found);
            let source = known.unwrap_or(fields.sources.len()) as u32;
            if known.is_none() {
                let declared: Vec<Field> = found.iter().map(|f| registry.field(*f).clone()).collect();
                let plain = declared.iter().all(is_plain);
                fields.sources.push(Source { fields: found.to_vec(), declared, plain, first: NONE, last: NONE });
                for (i, f) in found.iter().enumerate() {
                    let shown = &mut fields.shown[f.protocol as usize];
                    if shown.is_empty() {
                        let declared = registry.protocol(f.protocol).fields.iter();
                        shown.extend(declared.map(|f| Shown { source: NONE, declared: 0, computed: f.computed }));
                    }
                    (shown[f.field as usize].source, shown[f.field as usize].declared) = (source, i as u32);
                }
            }
            fields.columns.push(source);
        }
        Ok(fields)
    }

    /// Finds the occurrences in one layer.
    #[inline]
    fn collect(&mut self, layer: &LayerView<'_>) {
        let Fields { sources, shown, cells, .. } = self;
        let shown = &shown[layer.protocol() as usize];
        let mut words = if shown.is_empty() { &[] } else { layer.words() };
        while let [word, after @ ..] = words {
            let Span { field, offset, len } = Span::unpack(*word);
            words = after;
            match shown.get(field as usize) {
                Some(shown) => {
                    let second = if shown.computed { after.first().copied().unwrap_or(0) } else { 0 };
                    words = after.get(shown.computed as usize..).unwrap_or_default();
                    let Some(source) = sources.get_mut(shown.source as usize) else { continue };
                    let cell = cells.len() as u32;
                    let start = layer.start() as u32 + offset;
                    cells.push(Cell { start, len, second, layer: layer.id(), next: NONE, declared: shown.declared });
                    match cells.get_mut(source.last as usize) {
                        Some(before) => before.next = cell,
                        None => source.first = cell,
                    }
                    source.last = cell;
                }
                None if field == DIAGNOSTIC => words = after.get(Diagnostic::WORDS..).unwrap_or_default(),
                None => {}
            }
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
        _registry: &Registry,
        batch: &Batch<'_>,
        dissection: &Dissection,
        frame: usize,
        out: &mut Vec<u8>,
    ) {
        self.cells.clear();
        self.sources.iter_mut().for_each(|s| (s.first, s.last) = (NONE, NONE));
        for layer in dissection.layers(frame, batch.data) {
            self.collect(&layer);
        }
        for (i, column) in self.columns.iter().enumerate() {
            if i > 0 {
                out.push(b'\t');
            }
            let source = &self.sources[*column as usize];
            let mut at = source.first;
            while let Some(cell) = self.cells.get(at as usize) {
                let bytes = batch.data.get(cell.start as usize..).and_then(|d| d.get(..cell.len as usize));
                let bytes = bytes.unwrap_or_default();
                if source.plain {
                    write_plain(bytes, out);
                } else {
                    let field = &source.declared[cell.declared as usize];
                    let side = || dissection.layer(cell.layer, batch.data).side();
                    let computed = field.computed.then(|| Computed { word: cell.second, side: side() });
                    write_value(field, decode(field, bytes, computed), out);
                }
                at = cell.next;
                if at != NONE {
                    out.push(b',');
                }
            }
        }
        out.push(b'\n');
    }
}
