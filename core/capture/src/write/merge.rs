//! Several captures in one file.

use super::output::Output;
use crate::{Block, Error, Format, Reader, Section};
use prosector_sdk::frame::{Frame, Interface};
use std::path::Path;

/// A capture that is being merged.
struct Input {
    reader: Reader,
    /// The next frame, as a place in the reader's batch.
    at: usize,
    /// Its time; of a frame without, that of the frame before.
    time: i64,
    /// The numbers that its interfaces have in the file written.
    ids: Vec<Option<u32>>,
    ended: bool,
}

/// Writes the frames of several captures into one file, which has one section. Interfaces of which the same is said are one.
pub struct Merger {
    output: Output,
    interfaces: Vec<Interface>,
    /// They stand at the end.
    statistics: Vec<Block>,
}

impl Merger {
    /// Begins to write.
    ///
    /// # Errors
    /// [`Error::Write`] if the file can't be made.
    pub fn create(path: &Path, format: Format) -> Result<Merger, Error> {
        let mut output = Output::create(path, format)?;
        output.section(&Section::own());
        Ok(Merger { output, interfaces: Vec::new(), statistics: Vec::new() })
    }

    /// Writes all frames, in the order of their times, or one capture behind the other. What is wrong with a capture is told, and ends that
    /// capture.
    ///
    /// # Errors
    /// [`Error::Write`]; [`Error::Call`] if pcap can't hold frames of several link types. What was merged before is written.
    pub fn merge(mut self, readers: Vec<Reader>, append: bool, mut tell: impl FnMut(Error)) -> Result<(), Error> {
        let input = |mut reader: Reader| {
            reader.keep_blocks();
            Input { reader, at: 0, time: i64::MIN, ids: Vec::new(), ended: false }
        };
        let mut inputs: Vec<Input> = readers.into_iter().map(input).collect();
        inputs.iter_mut().for_each(|input| self.refill(input).unwrap_or_else(&mut tell));
        let mut outcome = Ok(());
        while outcome.is_ok() {
            let mut open = inputs.iter_mut().filter(|input| !input.ended);
            let next = if append { open.next() } else { open.min_by_key(|input| input.time) };
            let Some(input) = next else { break };
            outcome = self.frame(input);
            input.at += 1;
            self.refill(input).unwrap_or_else(&mut tell);
        }
        self.statistics.iter().for_each(|block| self.output.block(block));
        self.output.finish(None, 0)?;
        outcome
    }

    /// Sees to it that an input has a next frame, or knows that it has none.
    fn refill(&mut self, input: &mut Input) -> Result<(), Error> {
        if input.at >= input.reader.batch().frames.len() {
            input.at = 0;
            let outcome = input.reader.next_batch(256).map(|batch| batch.frames.is_empty());
            input.ended = !matches!(outcome, Ok(false));
            self.other_blocks(input);
            outcome?;
        }
        if let Some(frame) = input.reader.batch().frames.get(input.at)
            && frame.time != Frame::NO_TIME
        {
            input.time = frame.time;
        }
        Ok(())
    }

    /// Writes the next frame of an input.
    fn frame(&mut self, input: &mut Input) -> Result<(), Error> {
        let (batch, about) = (input.reader.batch(), input.reader.about());
        let frame = &batch.frames[input.at];
        let id = match frame.interface {
            Some(index) => self.id(&mut input.ids, index as usize, &batch.interfaces[index as usize]),
            None => self.id(&mut input.ids, 0, &about.interface()),
        };
        // Only a section's first interface can have frames without a time.
        let time = if frame.time == Frame::NO_TIME && id > 0 { input.time } else { frame.time };
        self.output.frame(&batch, &Frame { time, ..*frame }, id, u32::MAX, about.snaplen)
    }

    /// The number of an input's interface in the file.
    fn id(&mut self, ids: &mut Vec<Option<u32>>, index: usize, interface: &Interface) -> u32 {
        if ids.len() <= index {
            ids.resize(index + 1, None);
        }
        *ids[index].get_or_insert_with(|| {
            let wanted = Interface { id: 0, section: 1, ..interface.clone() };
            let known = self.interfaces.iter().position(|known| *known == wanted);
            known.unwrap_or_else(|| {
                self.output.interface(&wanted);
                self.interfaces.push(wanted);
                self.interfaces.len() - 1
            }) as u32
        })
    }

    /// Takes what is no frame: secrets and names at once, statistics for the end.
    fn other_blocks(&mut self, input: &mut Input) {
        for mut block in input.reader.take_blocks() {
            match block.interface {
                None => self.output.block(&block),
                Some(index) => {
                    let id = self.id(&mut input.ids, index as usize, &input.reader.interfaces()[index as usize]);
                    block.body[..4].copy_from_slice(&id.to_le_bytes());
                    self.statistics.push(block);
                }
            }
        }
    }
}
