//! Frames of a capture that is read, written into another with everything that belongs to them.

use super::{Encoder, Recorder};
use crate::{Block, Error, Format, Reader, Rotation, Section, StopWriting};
use prosector_sdk::frame::{Frame, Interface, LinkType};
use std::collections::VecDeque;
use std::path::Path;

/// Writes chosen frames of a capture, with its sections, interfaces, comments, secrets and statistics, as far as the format has
/// room for them. Interfaces keep their numbers.
pub struct Copier {
    name: String,
    encoder: Encoder,
    recorder: Recorder,
    /// Bytes of a frame that are kept at most.
    snaplen: u32,
    /// The section that is being written, counted from 1; 0 before the first.
    section: u32,
    /// Interfaces written.
    interfaces: usize,
    /// Of pcap, which has one link type for all frames.
    link: Option<LinkType>,
    /// What is no frame and stands behind the last frame that was written.
    blocks: VecDeque<Block>,
    records: Vec<u8>,
}

impl Copier {
    /// Begins to write. No more than `snaplen` bytes of each frame are kept.
    ///
    /// # Errors
    /// [`Error::Write`] if the file can't be made.
    pub fn create(path: &Path, format: Format, snaplen: Option<u32>) -> Result<Copier, Error> {
        let recorder = Recorder::create(path, format, Vec::new(), Rotation::default(), StopWriting::default(), false)?;
        Ok(Copier {
            name: path.display().to_string(),
            encoder: Encoder { format },
            recorder,
            snaplen: snaplen.unwrap_or(u32::MAX),
            section: 0,
            interfaces: 0,
            link: None,
            blocks: VecDeque::new(),
            records: Vec::new(),
        })
    }

    /// Writes those frames of the reader's last batch that are to be kept, given by their places in it.
    ///
    /// # Errors
    /// [`Error::Write`]; [`Error::Call`] if pcap can't hold frames of several link types.
    pub fn copy(&mut self, reader: &mut Reader, mut keep: impl FnMut(usize, &Frame) -> bool) -> Result<(), Error> {
        self.blocks.extend(reader.take_blocks());
        let batch = reader.batch();
        for (i, frame) in batch.frames.iter().enumerate() {
            if !keep(i, frame) {
                continue;
            }
            self.other_blocks(frame.number, reader);
            self.start(reader, Some(frame));
            let mut id = 0;
            if let Some(interface) = frame.interface.and_then(|i| batch.interfaces.get(i as usize)) {
                self.up_to(interface.section, reader.sections(), batch.interfaces);
                id = interface.id;
            }
            self.check_link(frame)?;
            let bytes = batch.bytes(frame);
            let bytes = &bytes[..bytes.len().min(self.snaplen as usize)];
            let extra = frame.extra.and_then(|i| batch.extras.get(i as usize)).filter(|extra| extra.has_options());
            self.encoder.frame(frame, id, bytes, extra, &mut self.records);
        }
        self.recorder.write(&self.records)?;
        self.records.clear();
        Ok(())
    }

    /// Writes what stands behind the last frame. Returns how many frames were written.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn finish(mut self, reader: &mut Reader) -> Result<u64, Error> {
        self.blocks.extend(reader.take_blocks());
        self.other_blocks(u64::MAX, reader);
        self.start(reader, None);
        self.up_to(reader.sections().len() as u32, reader.sections(), reader.interfaces());
        self.recorder.finish(&self.records)?;
        Ok(self.recorder.written().0)
    }

    /// The head of the file, where it isn't that of a section: before the first frame, or at the end.
    fn start(&mut self, reader: &Reader, first: Option<&Frame>) {
        if self.section > 0 {
            return;
        }
        let about = reader.about();
        match (self.encoder.format, about.format) {
            (Format::Pcapng, Format::Pcapng) => {} // with its sections
            (Format::Pcapng, Format::Pcap { .. }) => {
                self.section = 1;
                self.encoder.start(&Section::own(), LinkType(0), None, 0, &mut self.records);
                self.encoder.interface(&about.interface(), &mut self.records);
            }
            (Format::Pcap { .. }, _) => {
                let named = reader.interfaces().first().map(|interface| interface.link);
                let link = about.link.or(first.map(|frame| frame.link)).or(named).unwrap_or(LinkType(1));
                let fcs_len = about.fcs_len.or(first.and_then(|frame| frame.fcs_len));
                self.section = 1;
                self.link = Some(link);
                self.encoder.start(&Section::default(), link, fcs_len, about.snaplen, &mut self.records);
            }
        }
    }

    fn check_link(&self, frame: &Frame) -> Result<(), Error> {
        match self.link {
            Some(link) if link != frame.link => Err(Error::Call(format!(
                "{}: pcap holds frames of one link type; frame {} is of type {}, the first was of type {}; pcapng holds both",
                self.name, frame.number, frame.link.0, link.0
            ))),
            _ => Ok(()),
        }
    }

    /// Writes what is no frame and stands before this one.
    fn other_blocks(&mut self, frame: u64, reader: &Reader) {
        while let Some(block) = self.blocks.pop_front_if(|block| block.after < frame) {
            self.up_to(block.section, reader.sections(), reader.interfaces());
            self.encoder.block(&block, &mut self.records);
        }
    }

    /// Writes sections up to this one, and the interfaces of these that are not yet written.
    fn up_to(&mut self, section: u32, sections: &[Section], interfaces: &[Interface]) {
        if self.encoder.format != Format::Pcapng {
            return;
        }
        loop {
            while let Some(interface) = interfaces.get(self.interfaces).filter(|i| i.section == self.section) {
                // A Simple Packet Block is as long as this allows.
                let snaplen = if interface.snaplen == 0 { u32::MAX } else { interface.snaplen }.min(self.snaplen);
                let snaplen = if snaplen == u32::MAX { 0 } else { snaplen };
                self.encoder.interface(&Interface { snaplen, ..interface.clone() }, &mut self.records);
                self.interfaces += 1;
            }
            if self.section >= section {
                return;
            }
            if let Some(next) = sections.get(self.section as usize) {
                self.encoder.start(next, LinkType(0), None, 0, &mut self.records);
            }
            self.section += 1;
        }
    }
}
