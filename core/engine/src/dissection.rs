//! What was found in one batch: layers, and for each its words.

use prosector_sdk::declare::Protocol;
use prosector_sdk::pdu::{Answer, Ends, Sink};
use prosector_sdk::value::{self, Word};

pub(crate) const NONE: u32 = u32::MAX;
pub(crate) const NO_KEY: u64 = u64::MAX;

/// One PDU of one frame. Layers of a frame form a tree: what a layer handed on are its children.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layer {
    pub protocol: u16,
    pub depth: u16,
    /// How many layers may be below it.
    pub budget: u16,
    /// Part of a frame that another layer quotes.
    pub quoted: bool,
    /// A detail of the layer above, or inside one.
    pub detail: bool,
    /// The trailer of the layer above, not a layer of its own.
    pub trailer: bool,
    /// Its bytes are in [`Dissection::stitched`], not in the batch's buffer.
    pub stitched: bool,
    /// There are no bytes in it, only its context.
    pub empty: bool,
    /// It came to nothing: its PDU is not complete yet, or not of its protocol.
    pub dead: bool,
    /// The table that it was looked up in, as a position in the engine's; [`NONE`] where another way led here.
    pub via: u32,
    /// That table is one that `frame.protocols` names.
    pub named: bool,
    /// The key that comes next if its protocol rejects it; [`NO_KEY`] where there is none.
    pub other_key: u64,
    /// Where in it the addresses of those who talk lie, if it said so.
    pub ends: Ends,
    pub frame: u32,
    pub start: u32,
    pub len: u32,
    pub context: u64,
    pub words: (u32, u32),
    pub side: (u32, u32),
    pub info: (u32, u32),
    pub parent: u32,
    pub first_child: u32,
    pub last_child: u32,
    pub next_sibling: u32,
}

impl Layer {
    /// A layer of a protocol of which nothing else is known.
    pub(crate) fn of(protocol: u16, parent: u32) -> Layer {
        Layer {
            protocol,
            depth: 0,
            budget: 0,
            quoted: false,
            detail: false,
            trailer: false,
            stitched: false,
            empty: false,
            dead: false,
            via: NONE,
            named: false,
            other_key: NO_KEY,
            ends: Ends::default(),
            frame: 0,
            start: 0,
            len: 0,
            context: 0,
            words: (0, 0),
            side: (0, 0),
            info: (0, 0),
            parent,
            first_child: NONE,
            last_child: NONE,
            next_sibling: NONE,
        }
    }
}

/// What was found in one batch. The memory is reused from batch to batch.
#[derive(Debug, Default)]
pub struct Dissection {
    /// The first are the frames themselves, in order.
    pub(crate) layers: Vec<Layer>,
    pub(crate) sink: Sink,
    /// Bytes that are in no frame as they stand: put together from several, decrypted, decompressed.
    pub(crate) stitched: Vec<u8>,
}

impl Dissection {
    pub(crate) fn clear(&mut self) {
        self.layers.clear();
        self.sink.clear();
        self.stitched.clear();
    }

    /// Keeps bytes that are in no frame as they stand; gives where they begin in [`Dissection::stitched`].
    pub(crate) fn stitch(&mut self, bytes: &[u8]) -> u32 {
        let start = self.stitched.len() as u32;
        self.stitched.extend_from_slice(bytes);
        start
    }

    /// The buffer that a layer's bytes are in.
    pub(crate) fn buffer<'a>(&'a self, stitched: bool, data: &'a [u8]) -> &'a [u8] {
        if stitched { &self.stitched } else { data }
    }

    /// Adds a layer as the last child of its parent.
    pub(crate) fn push(&mut self, layer: Layer) -> u32 {
        let id = self.layers.len() as u32;
        if layer.parent != NONE {
            let parent = &mut self.layers[layer.parent as usize];
            let before = std::mem::replace(&mut parent.last_child, id);
            if before == NONE {
                parent.first_child = id;
            } else {
                self.layers[before as usize].next_sibling = id;
            }
        }
        self.layers.push(layer);
        id
    }

    /// Stores where the answer's words, side bytes and info line lie.
    pub(crate) fn answer(&mut self, layer: u32, answer: &Answer, words: u32, side: u32) {
        let layer = &mut self.layers[layer as usize];
        layer.words = (words, answer.words);
        layer.side = (side, answer.side);
        layer.info = (side + answer.info_start, side + answer.info_start + answer.info_len);
    }

    /// The layers of a frame, given by its place in the batch: outer before inner, in the order they were handed on.
    /// The first is always the frame's own. `data` is the batch's.
    #[inline]
    pub fn layers<'a>(&'a self, frame: usize, data: &'a [u8]) -> impl Iterator<Item = LayerView<'a>> {
        self.tree(frame).map(move |(layer, id)| self.view(id, layer, data))
    }

    /// The layers of a frame with their numbers, without the dead ones.
    #[inline]
    pub(crate) fn tree(&self, frame: usize) -> impl Iterator<Item = (&Layer, u32)> {
        let mut at = frame as u32;
        std::iter::from_fn(move || {
            loop {
                let layer = self.layers.get(at as usize)?;
                let id = std::mem::replace(&mut at, self.after(layer));
                if !layer.dead {
                    return Some((layer, id));
                }
            }
        })
    }

    #[inline]
    fn view<'a>(&'a self, id: u32, layer: &'a Layer, data: &'a [u8]) -> LayerView<'a> {
        LayerView { id, layer, sink: &self.sink, data: self.buffer(layer.stitched, data) }
    }

    /// A layer by its number, see [`LayerView::id`].
    ///
    /// # Panics
    /// If the batch has no such layer.
    #[inline]
    pub fn layer<'a>(&'a self, id: u32, data: &'a [u8]) -> LayerView<'a> {
        self.view(id, &self.layers[id as usize], data)
    }

    #[inline]
    fn after(&self, layer: &Layer) -> u32 {
        if layer.first_child != NONE {
            return layer.first_child;
        }
        let mut layer = layer;
        while layer.next_sibling == NONE {
            let Some(parent) = self.layers.get(layer.parent as usize) else { return NONE };
            layer = parent;
        }
        layer.next_sibling
    }
}

/// One layer of a frame.
#[derive(Clone, Copy, Debug)]
pub struct LayerView<'a> {
    id: u32,
    layer: &'a Layer,
    sink: &'a Sink,
    data: &'a [u8],
}

impl<'a> LayerView<'a> {
    /// Its number, among the layers of its batch.
    #[inline]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The number of the layer around it; `None` for the frame itself.
    pub fn parent(&self) -> Option<u32> {
        (self.layer.parent != NONE).then_some(self.layer.parent)
    }

    /// Number of its protocol.
    #[inline]
    pub fn protocol(&self) -> u16 {
        self.layer.protocol
    }

    /// How many layers are around it; 0 for the frame itself.
    pub fn depth(&self) -> usize {
        self.layer.depth as usize
    }

    /// It is a part of a quotation, like the datagram inside an ICMP error.
    #[inline]
    pub fn is_quoted(&self) -> bool {
        self.layer.quoted
    }

    /// It is a detail of a layer around it, and not what the frame is about.
    #[inline]
    pub fn is_detail(&self) -> bool {
        self.layer.detail
    }

    /// It is no layer of its own but the trailer of an outer layer of the same protocol.
    #[inline]
    pub fn is_trailer(&self) -> bool {
        self.layer.trailer
    }

    /// Where its bytes begin in the batch's buffer; `None` where they are in no frame as they stand.
    #[inline]
    pub fn start(&self) -> Option<usize> {
        (!self.layer.stitched).then_some(self.layer.start as usize)
    }

    /// Its captured bytes.
    #[inline]
    pub fn data(&self) -> &'a [u8] {
        &self.data[self.layer.start as usize..][..self.layer.len as usize]
    }

    /// Its spans.
    #[inline]
    pub fn words(&self) -> &'a [u64] {
        &self.sink.words[self.layer.words.0 as usize..self.layer.words.1 as usize]
    }

    /// Its side bytes.
    #[inline]
    pub fn side(&self) -> &'a [u8] {
        &self.sink.side[self.layer.side.0 as usize..self.layer.side.1 as usize]
    }

    /// Its info line, empty where it has none or none was wanted.
    pub fn info(&self) -> &'a [u8] {
        &self.sink.side[self.layer.info.0 as usize..self.layer.info.1 as usize]
    }

    /// What its words say, in order. `protocol` is the declaration of [`LayerView::protocol`].
    #[inline]
    pub fn fields<'p>(&self, protocol: &'p Protocol) -> impl Iterator<Item = Word<'p, 'a>> + use<'a, 'p> {
        value::read_words(protocol, self.data(), self.words(), self.side())
    }
}
