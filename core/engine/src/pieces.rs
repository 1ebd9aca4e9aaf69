//! What is shown of a PDU that came in pieces: fields that the protocol which handed the pieces on declares by these names,
//! with its own name before them.

use crate::order::Place;
use crate::walk::Engine;
use prosector_sdk::declare::{Kind, Protocol};
use prosector_sdk::pdu::{Slice, Want};
use prosector_sdk::span::{END, Span};

/// Numbers of these fields.
#[derive(Clone, Copy, Default)]
pub(crate) struct Fields {
    /// A group around the numbers of the frames: `ip.fragments`, `tcp.segments`.
    list: Option<u16>,
    /// Number of a frame: `ip.fragment`, `tcp.segment`.
    piece: Option<u16>,
    /// How many: `ip.fragment.count`, `tcp.segment.count`.
    count: Option<u16>,
    /// Length of the PDU: `ip.reassembled.length`.
    len: Option<u16>,
    /// Bytes that belong to a PDU that other frames complete: `tcp.segment_data`.
    segment: Option<u16>,
}

impl Fields {
    pub(crate) fn of(protocol: &Protocol) -> Fields {
        let mut found = Fields::default();
        for (at, field) in protocol.fields.iter().enumerate() {
            let Some(name) = field.name.strip_prefix(&*protocol.name) else { continue };
            let place = match (name, field.kind, field.computed) {
                (".fragments" | ".segments", Kind::Group, false) => &mut found.list,
                (".fragment" | ".segment", Kind::Uint, true) => &mut found.piece,
                (".fragment.count" | ".segment.count", Kind::Uint, true) => &mut found.count,
                (".reassembled.length", Kind::Uint, true) => &mut found.len,
                (".segment_data", Kind::Bytes, false) => &mut found.segment,
                _ => continue,
            };
            place.get_or_insert(at as u16);
        }
        found
    }

    /// Whether any of them is wanted: then those above must say where their PDUs end.
    pub(crate) fn wanted(&self, want: &Want) -> bool {
        let Fields { list, piece, count, len, segment } = *self;
        [list, piece, count, len, segment].into_iter().flatten().any(|field| want.has(field))
    }
}

/// Words to append to a layer.
struct Words<'a> {
    want: &'a Want,
    words: Vec<u64>,
}

impl Words<'_> {
    fn computed(&mut self, field: Option<u16>, value: u64) {
        if let Some(field) = field.filter(|field| self.want.has(*field)) {
            self.words.extend([Span::pack(field, 0, 0), value]);
        }
    }
}

impl Engine {
    /// Says in a layer which frames a PDU that it has handed on is from.
    pub(crate) fn show_pieces(&mut self, place: &Place, pieces: &[(u64, u32)], len: u32) {
        let protocol = self.dissection.layers[place.parent as usize].protocol as usize;
        let fields = self.pieces[protocol];
        let mut words = Words { want: &self.demand.want[protocol], words: Vec::new() };
        let list = fields.list.filter(|list| words.want.has(*list));
        words.words.extend(list.map(|list| Span::pack(list, 0, 0)));
        pieces.iter().for_each(|(frame, _)| words.computed(fields.piece, *frame));
        words.computed(fields.count, pieces.len() as u64);
        words.computed(fields.len, len.into());
        words.words.extend(list.map(|_| Span::pack(END, 0, 0)));
        let words = words.words;
        self.append(place.parent, &words);
    }

    /// Says in a layer that these bytes of it belong to a PDU that another frame completes.
    pub(crate) fn show_segment(&mut self, place: &Place, slice: &Slice) {
        let layer = self.dissection.layers[place.parent as usize];
        let field = self.pieces[layer.protocol as usize].segment;
        if let Some(field) = field.filter(|field| self.demand.want[layer.protocol as usize].has(*field))
            && let Some(offset) = slice.start.checked_sub(layer.start).filter(|_| layer.stitched == place.stitched)
            && offset + slice.len <= layer.len
        {
            self.append(place.parent, &[Span::pack(field, offset as usize, slice.len as usize)]);
        }
    }

    /// Appends words to a layer that has its own already, by moving them to the end.
    fn append(&mut self, layer: u32, words: &[u64]) {
        if words.is_empty() {
            return;
        }
        let list = &mut self.dissection.sink.words;
        let layer = &mut self.dissection.layers[layer as usize];
        let start = list.len() as u32;
        list.extend_from_within(layer.words.0 as usize..layer.words.1 as usize);
        list.extend_from_slice(words);
        layer.words = (start, list.len() as u32);
    }
}
