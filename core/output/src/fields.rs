//! Chosen fields, one line a frame, as `tshark -T fields` writes them: columns parted by tabs, several occurrences by
//! commas, nothing where the field is absent.

use crate::Writer;
use prosector_engine::{Demand, Dissection, EXPERT, FieldRef, LayerView, Registry, RegistryError, expert_value};
use prosector_sdk::declare::Protocol;
use prosector_sdk::frame::Batch;
use prosector_sdk::span::{DIAGNOSTIC, Diagnostic, Span};
use prosector_sdk::value::{Computed, Word, decode, is_plain, read_plain, write_dec, write_value};

/// What must be known of a field to write it or to step over its words.
#[derive(Clone, Copy)]
struct Shown {
    /// Its place in [`Fields::texts`]; `u32::MAX` where it isn't shown.
    text: u32,
    computed: bool,
    plain: bool,
}

/// Writes chosen fields.
pub struct Fields {
    /// For each column, which of the texts it shows.
    columns: Vec<u32>,
    /// The distinct fields; a name may be declared more than once.
    sources: Vec<Vec<FieldRef>>,
    /// For each distinct field, its occurrences in the present frame, each with a comma behind it.
    texts: Vec<Vec<u8>>,
    /// For each protocol, its fields; empty where none is shown.
    shown: Vec<Vec<Shown>>,
    /// Fields of diagnostics, which stand in no layer of their own, each with the text that shows it.
    expert: Vec<(u16, u32)>,
}

impl Fields {
    /// One column for each name, in this order. The error names a field that isn't there, and the nearest ones.
    pub fn new(registry: &Registry, names: &[String]) -> Result<Fields, RegistryError> {
        let mut fields = Fields {
            columns: Vec::new(),
            sources: Vec::new(),
            texts: Vec::new(),
            shown: vec![Vec::new(); registry.len()],
            expert: Vec::new(),
        };
        for name in names {
            let found = registry.find_fields(name)?;
            let known = fields.sources.iter().position(|s| s == found);
            let source = known.unwrap_or(fields.sources.len()) as u32;
            if known.is_none() {
                fields.sources.push(found.to_vec());
                fields.texts.push(Vec::new());
                found.iter().for_each(|f| fields.show(registry, *f, source));
            }
            fields.columns.push(source);
        }
        Ok(fields)
    }

    fn show(&mut self, registry: &Registry, field: FieldRef, text: u32) {
        if registry.protocol(field.protocol).name == EXPERT {
            return self.expert.push((field.field, text));
        }
        let shown = &mut self.shown[field.protocol as usize];
        if shown.is_empty() {
            let declared = registry.protocol(field.protocol).fields.iter();
            shown.extend(declared.map(|f| Shown { text: u32::MAX, computed: f.computed, plain: is_plain(f) }));
        }
        shown[field.field as usize].text = text;
    }

    /// Writes the occurrences in one layer.
    #[inline]
    fn write_layer(&mut self, protocol: &Protocol, layer: &LayerView<'_>) {
        let shown = &self.shown[layer.protocol() as usize];
        if shown.is_empty() {
            return;
        }
        let data = layer.data();
        let mut words = layer.words();
        while let [word, after @ ..] = words {
            let Span { field, offset, len } = Span::unpack(*word);
            words = after;
            let Some(shown) = shown.get(field as usize) else {
                if field == DIAGNOSTIC {
                    words = after.get(Diagnostic::WORDS..).unwrap_or_default();
                }
                continue;
            };
            let mut second = None;
            if shown.computed {
                second = after.first().copied();
                words = after.get(1..).unwrap_or_default();
            }
            let Some(text) = self.texts.get_mut(shown.text as usize) else { continue };
            let bytes = data.get(offset as usize..(offset + len) as usize).unwrap_or_default();
            if shown.plain {
                write_dec(second.unwrap_or_else(|| read_plain(bytes)), text);
            } else {
                let field = &protocol.fields[field as usize];
                let computed = second.map(|word| Computed { word, side: layer.side() });
                write_value(field, decode(field, bytes, computed), text);
            }
            text.push(b',');
        }
    }
}

impl Fields {
    /// Writes what the diagnostics of one layer say.
    fn write_diagnostics(&mut self, registry: &Registry, layer: &LayerView<'_>) {
        let protocol = registry.protocol(layer.protocol());
        for word in layer.fields(protocol) {
            let Word::Diagnostic(diagnostic) = word else { continue };
            for &(field, text) in &self.expert {
                let (declared, mut made) = (registry.find_protocol(EXPERT), String::new());
                let Some(declared) = declared.map(|id| &registry.protocol(id).fields[field as usize]) else { continue };
                let text = &mut self.texts[text as usize];
                write_value(declared, expert_value(field, protocol, &diagnostic, &mut made), text);
                text.push(b',');
            }
        }
    }
}

impl Writer for Fields {
    fn demand(&self, registry: &Registry) -> Demand {
        let mut demand = Demand::nothing(registry);
        self.sources.iter().flatten().for_each(|f| demand.field(*f));
        if !self.expert.is_empty() {
            demand.every_layer();
        }
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
        self.texts.iter_mut().for_each(Vec::clear);
        for layer in dissection.layers(frame, batch.data) {
            self.write_layer(registry.protocol(layer.protocol()), &layer);
            if !self.expert.is_empty() {
                self.write_diagnostics(registry, &layer);
            }
        }
        for (i, column) in self.columns.iter().enumerate() {
            if i > 0 {
                out.push(b'\t');
            }
            if let [occurrences @ .., _] = &self.texts[*column as usize][..] {
                out.extend_from_slice(occurrences);
            }
        }
        out.push(b'\n');
    }
}
