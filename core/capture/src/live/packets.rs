//! Frames of a live capture that were taken together.

use crate::{Encoder, Format};
use prosector_sdk::frame::{Batch, Frame, Interface};
use std::sync::Arc;

/// Frames that were taken together, as the records of a file.
#[derive(Debug, Default)]
pub struct Packets {
    /// The records.
    pub(super) data: Vec<u8>,
    pub(super) frames: Vec<Frame>,
    pub(super) interfaces: Arc<[Interface]>,
}

impl Packets {
    /// Appends a frame.
    #[inline]
    pub(super) fn push(&mut self, format: Format, mut frame: Frame, bytes: &[u8]) {
        let interface = frame.interface.unwrap_or(0);
        frame.start = Encoder { format }.frame(&frame, interface, bytes, None, &mut self.data) as u32;
        self.frames.push(frame);
    }

    pub(super) fn clear(&mut self) {
        self.data.clear();
        self.frames.clear();
    }

    /// What it takes of the memory, in bytes.
    pub(super) fn size(&self) -> usize {
        self.data.capacity() + self.frames.capacity() * size_of::<Frame>()
    }

    /// The frames.
    pub fn batch(&self) -> Batch<'_> {
        Batch { data: &self.data, frames: &self.frames, interfaces: &self.interfaces, extras: &[] }
    }
}
