//! Chosen fields, one line a frame, as `tshark -T fields` writes them: columns parted by tabs, several occurrences by
//! commas, nothing where the field is absent.

use crate::Writer;
use prosector_engine::{Demand, Dissection, FieldRef, LayerView, Registry, RegistryError};
use prosector_sdk::declare::Field;
use prosector_sdk::frame::Batch;
use prosector_sdk::span::{DIAGNOSTIC, Diagnostic, Span};
use prosector_sdk::value::{Computed, decode, is_plain, read_plain, write_dec, write_value};

/// Stands for "not shown" and "no more".
const NONE: u32 = u32::MAX;

/// What must be known of a field to step over its words.
#[derive(Clone, Copy)]
struct Shown {
    /// Its place in [`Fields::sources`], and which of the declarations there.
    source: u32,
    declared: u32,
    computed: bool,
    plain: bool,
}

/// One occurrence of a shown field in the present frame.
#[derive(Clone, Copy)]
struct Cell {
    /// Its value if its field is plain; else where its span is, `layer << 32 | place among the layer's words`.
    value: u64,
    /// The next occurrence of the same field.
    next: u32,
    /// Which of its source's declarations.
    declared: u32,
}

/// A distinct field, which may be declared more than once.
struct Source {
    fields: Vec<FieldRef>,
    declared: Vec<Field>,
    /// Whether all are plain decimal numbers.
    plain: bool,
}

/// Writes chosen fields.
pub struct Fields {
    /// For each column, which of the sources it shows.
    columns: Vec<u32>,
    sources: Vec<Source>,
    /// For each protocol, its fields; empty where none is shown.
    shown: Vec<Vec<Shown>>,
    /// The occurrences in the present frame, and for each source its first and last.
    cells: Vec<Cell>,
    ends: Vec<(u32, u32)>,
}

impl Fields {
    /// One column for each name, in this order. The error names a field that isn't there, and the nearest ones.
    pub fn new(registry: &Registry, names: &[String]) -> Result<Fields, RegistryError> {
        let mut fields = Fields {
            columns: Vec::new(),
            sources: Vec::new(),
            shown: vec![Vec::new(); registry.len()],
            cells: Vec::new(),
            ends: Vec::new(),
        };
        for name in names {
            let found = registry.find_fields(name)?;
            let known = fields.sources.iter().position(|s| s.fields == found);
            let source = known.unwrap_or(fields.sources.len()) as u32;
            if known.is_none() {
                let declared: Vec<Field> = found.iter().map(|f| registry.field(*f).clone()).collect();
                let plain = declared.iter().all(is_plain);
                fields.sources.push(Source { fields: found.to_vec(), declared, plain });
                fields.ends.push((NONE, NONE));
                for (i, f) in found.iter().enumerate() {
                    let shown = &mut fields.shown[f.protocol as usize];
                    if shown.is_empty() {
                        let declared = registry.protocol(f.protocol).fields.iter();
                        shown.extend(declared.map(|f| Shown {
                            source: NONE,
                            declared: 0,
                            computed: f.computed,
                            plain: false,
                        }));
                    }
                    let computed = registry.field(*f).computed;
                    shown[f.field as usize] = Shown { source, declared: i as u32, computed, plain };
                }
            }
            fields.columns.push(source);
        }
        Ok(fields)
    }

    /// Finds the occurrences in one layer.
    #[inline]
    fn collect(&mut self, layer: &LayerView<'_>) {
        let Fields { shown, cells, ends, .. } = self;
        let shown = &shown[layer.protocol() as usize];
        if shown.is_empty() {
            return;
        }
        let (words, data) = (layer.words(), layer.data());
        let mut at = 0;
        while let Some(&word) = words.get(at) {
            let Span { field, offset, len } = Span::unpack(word);
            let here = at;
            at += 1;
            let Some(shown) = shown.get(field as usize) else {
                if field == DIAGNOSTIC {
                    at += Diagnostic::WORDS;
                }
                continue;
            };
            at += shown.computed as usize;
            let Some((first, last)) = ends.get_mut(shown.source as usize) else { continue };
            let value = match (shown.plain, shown.computed) {
                (false, _) => (layer.id() as u64) << 32 | here as u64,
                (true, true) => words.get(here + 1).copied().unwrap_or(0),
                (true, false) => read_plain(data.get(offset as usize..(offset + len) as usize).unwrap_or_default()),
            };
            let cell = cells.len() as u32;
            cells.push(Cell { value, next: NONE, declared: shown.declared });
            match cells.get_mut(*last as usize) {
                Some(before) => before.next = cell,
                None => *first = cell,
            }
            *last = cell;
        }
    }
}

/// Appends the value of a field that isn't plain.
fn write_cell(field: &Field, place: u64, batch: &Batch<'_>, dissection: &Dissection, out: &mut Vec<u8>) {
    let layer = dissection.layer((place >> 32) as u32, batch.data);
    let mut words = layer.words()[place as u32 as usize..].iter().copied();
    let span = Span::unpack(words.next().unwrap_or(0));
    let bytes = layer.data().get(span.offset as usize..).and_then(|d| d.get(..span.len as usize));
    let computed = field.computed.then(|| Computed { word: words.next().unwrap_or(0), side: layer.side() });
    write_value(field, decode(field, bytes.unwrap_or_default(), computed), out);
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
        self.ends.fill((NONE, NONE));
        for layer in dissection.layers(frame, batch.data) {
            self.collect(&layer);
        }
        for (i, column) in self.columns.iter().enumerate() {
            if i > 0 {
                out.push(b'\t');
            }
            let source = &self.sources[*column as usize];
            let mut at = self.ends[*column as usize].0;
            while let Some(cell) = self.cells.get(at as usize) {
                if source.plain {
                    write_dec(cell.value, out);
                } else {
                    write_cell(&source.declared[cell.declared as usize], cell.value, batch, dissection, out);
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
