//! What copying and merging have in common: a file that gets frames of captures that are read.

use super::{Encoder, Recorder};
use crate::{Block, Error, Format, Rotation, Section, StopWriting, file_name};
use prosector_sdk::frame::{Batch, Frame, Interface, LinkType};
use std::path::Path;

/// Records are handed on by so many bytes.
const CHUNK: usize = 1 << 20;

/// A file that gets frames of captures that are read.
pub(super) struct Output {
    name: String,
    encoder: Encoder,
    recorder: Recorder,
    /// Of pcap, the link type of all frames, once its head is written.
    link: Option<LinkType>,
    records: Vec<u8>,
}

impl Output {
    pub(super) fn create(path: &Path, format: Format) -> Result<Output, Error> {
        let recorder = Recorder::create(path, format, Vec::new(), Rotation::default(), StopWriting::default(), false)?;
        Ok(Output { name: file_name(path), encoder: Encoder { format }, recorder, link: None, records: Vec::new() })
    }

    /// Whether it has sections, interfaces and other blocks.
    pub(super) fn is_pcapng(&self) -> bool {
        self.encoder.format == Format::Pcapng
    }

    /// Begins a section; nothing in pcap.
    pub(super) fn section(&mut self, section: &Section) {
        if self.is_pcapng() {
            self.encoder.start(section, LinkType(0), None, 0, &mut self.records);
        }
    }

    /// Names an interface; nothing in pcap.
    pub(super) fn interface(&mut self, interface: &Interface) {
        self.encoder.interface(interface, &mut self.records);
    }

    /// Writes a block that is no frame; nothing in pcap.
    pub(super) fn block(&mut self, block: &Block) {
        self.encoder.block(block, &mut self.records);
    }

    /// Writes a frame of a batch, or so much of its beginning. pcap begins with the first one, whose capture has this limit on lengths.
    ///
    /// # Errors
    /// [`Error::Write`]; [`Error::Call`] if pcap can't hold it.
    pub(super) fn frame(
        &mut self,
        batch: &Batch<'_>,
        frame: &Frame,
        interface: u32,
        most: u32,
        snaplen: u32,
    ) -> Result<(), Error> {
        if !self.is_pcapng() {
            let link = self.begin_pcap(frame.link, frame.fcs_len, snaplen);
            if link != frame.link {
                return Err(Error::Call(format!(
                    "{}: pcap holds frames of one link type; frame {} is of type {}, the first was of type {}; pcapng holds both",
                    self.name, frame.number, frame.link.0, link.0
                )));
            }
        }
        let bytes = batch.bytes(frame);
        let bytes = &bytes[..bytes.len().min(most as usize)];
        let extra = frame.extra.and_then(|i| batch.extras.get(i as usize)).filter(|extra| extra.has_options());
        self.encoder.frame(frame, interface, bytes, extra, &mut self.records);
        if self.records.len() >= CHUNK { self.hand_on() } else { Ok(()) }
    }

    /// Writes the head of a pcap file, if it isn't there. Gives the link type of the file.
    fn begin_pcap(&mut self, link: LinkType, fcs_len: Option<u8>, snaplen: u32) -> LinkType {
        *self.link.get_or_insert_with(|| {
            self.encoder.start(&Section::default(), link, fcs_len, snaplen, &mut self.records);
            link
        })
    }

    fn hand_on(&mut self) -> Result<(), Error> {
        self.recorder.write(&self.records)?;
        self.records.clear();
        Ok(())
    }

    /// Writes what is left; a pcap file without frames is of this link type.
    pub(super) fn finish(&mut self, link: Option<LinkType>, snaplen: u32) -> Result<(), Error> {
        if !self.is_pcapng() {
            self.begin_pcap(link.unwrap_or(LinkType(1)), None, snaplen);
        }
        self.hand_on()?;
        self.recorder.finish(&[])
    }
}
