//! Frames of a capture that is read, written into another with everything that belongs to them.

use super::output::Output;
use crate::{Block, Error, Format, Reader, Section};
use prosector_sdk::frame::{Frame, Interface};
use std::collections::VecDeque;
use std::path::Path;

/// Writes chosen frames of a capture, with its sections, interfaces, comments, secrets and statistics, as far as the format has
/// room for them. Interfaces keep their numbers.
pub struct Copier {
    output: Output,
    /// Bytes of a frame that are kept at most.
    snaplen: u32,
    /// The section that is being written, counted from 1; 0 before the first.
    section: u32,
    /// Interfaces written.
    interfaces: usize,
    /// What is no frame and stands behind the last frame that was written.
    blocks: VecDeque<Block>,
}

impl Copier {
    /// Begins to write. No more than `snaplen` bytes of each frame are kept.
    ///
    /// # Errors
    /// [`Error::Write`] if the file can't be made.
    pub fn create(path: &Path, format: Format, snaplen: Option<u32>) -> Result<Copier, Error> {
        let output = Output::create(path, format)?;
        let snaplen = snaplen.unwrap_or(u32::MAX);
        Ok(Copier { output, snaplen, section: 0, interfaces: 0, blocks: VecDeque::new() })
    }

    /// Writes those frames of the reader's last batch that are to be kept, given by their places in it.
    ///
    /// # Errors
    /// [`Error::Write`]; [`Error::Call`] if pcap can't hold frames of several link types.
    pub fn copy(&mut self, reader: &mut Reader, mut keep: impl FnMut(usize, &Frame) -> bool) -> Result<(), Error> {
        self.blocks.extend(reader.take_blocks());
        let (batch, snaplen) = (reader.batch(), reader.about().snaplen);
        for (i, frame) in batch.frames.iter().enumerate() {
            if !keep(i, frame) {
                continue;
            }
            self.other_blocks(frame.number, reader);
            let interface = frame.interface.and_then(|i| batch.interfaces.get(i as usize));
            let (section, id) = interface.map_or((1, 0), |interface| (interface.section, interface.id));
            self.up_to(section, reader);
            self.output.frame(&batch, frame, id, self.snaplen, snaplen)?;
        }
        Ok(())
    }

    /// Writes what stands behind the last frame.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn finish(mut self, reader: &mut Reader) -> Result<(), Error> {
        self.blocks.extend(reader.take_blocks());
        self.other_blocks(u64::MAX, reader);
        self.up_to(reader.sections().len().max(1) as u32, reader);
        let about = reader.about();
        let link = about.link.or(reader.interfaces().first().map(|interface| interface.link));
        self.output.finish(link, about.snaplen)
    }

    /// Writes what is no frame and stands before this one.
    fn other_blocks(&mut self, frame: u64, reader: &Reader) {
        while let Some(block) = self.blocks.pop_front_if(|block| block.after < frame) {
            self.up_to(block.section, reader);
            self.output.block(&block);
        }
    }

    /// Writes sections up to this one, and the interfaces of these that are not yet written. What comes from pcap gets a section and an
    /// interface.
    fn up_to(&mut self, section: u32, reader: &Reader) {
        if !self.output.is_pcapng() {
            return;
        }
        let own = ([Section::own()], [reader.about().interface()]);
        let (sections, interfaces) = match reader.about().format {
            Format::Pcapng => (reader.sections(), reader.interfaces()),
            Format::Pcap { .. } => (&own.0[..], &own.1[..]),
        };
        loop {
            while let Some(interface) = interfaces.get(self.interfaces).filter(|i| i.section == self.section) {
                // A Simple Packet Block is as long as this allows.
                let limit = if interface.snaplen == 0 { u32::MAX } else { interface.snaplen }.min(self.snaplen);
                let snaplen = if limit == u32::MAX { 0 } else { limit };
                self.output.interface(&Interface { snaplen, ..interface.clone() });
                self.interfaces += 1;
            }
            if self.section >= section {
                return;
            }
            if let Some(next) = sections.get(self.section as usize) {
                self.output.section(next);
            }
            self.section += 1;
        }
    }
}
