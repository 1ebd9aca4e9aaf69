//! Capture files that are written: their format, and `prosector merge` and `prosector slice`.

use crate::{Failure, message};
use clap::{Args, ValueEnum};
#[cfg(unix)]
use prosector_capture::live::CaptureFilter;
use prosector_capture::{Block, Copier, Encoder, Error, Format, Reader, Recorder, Rotation, Section, StopWriting};
use prosector_sdk::frame::{Frame, Interface, LinkType};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What a capture is written as, by the names that Wireshark's tools have for it.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FileFormat {
    /// Interfaces, comments, nanoseconds
    Pcapng,
    /// One link type, microseconds
    Pcap,
    /// The same with nanoseconds
    Nsecpcap,
}

impl FileFormat {
    /// The format that is asked for, by name or by the file's suffix.
    pub fn of(asked: Option<FileFormat>, path: &Path) -> Format {
        match asked {
            Some(FileFormat::Pcapng) => Format::Pcapng,
            Some(FileFormat::Pcap) => Format::Pcap { nanoseconds: false },
            Some(FileFormat::Nsecpcap) => Format::Pcap { nanoseconds: true },
            None => Format::of_name(path),
        }
    }
}

/// Where to write, and as what.
#[derive(Args)]
struct Target {
    /// The file to write; - is standard output, and .gz, .zst or .lz4 at the end compresses it
    #[arg(short = 'w', value_name = "FILE")]
    write: PathBuf,
    /// What to write it as; else the name's .pcap means pcap and everything else pcapng
    #[arg(short = 'F', value_name = "FORMAT")]
    file_format: Option<FileFormat>,
}

impl Target {
    fn format(&self) -> Format {
        FileFormat::of(self.file_format, &self.write)
    }
}

/// Refuses to write over a capture that is read.
pub(crate) fn not_over_itself(target: &Path, inputs: &[PathBuf]) -> Result<(), Failure> {
    let real = |path: &Path| path.canonicalize().ok().filter(|path| path.is_file());
    match real(target).filter(|target| inputs.iter().any(|input| real(input).as_ref() == Some(target))) {
        Some(_) => Err(Failure::usage(format!("-w {}: that is the capture that is read", target.display()))),
        None => Ok(()),
    }
}

/// Write a part of a capture into a file: some of its frames, or less of each.
#[derive(Args)]
pub(crate) struct SliceArgs {
    /// A capture file; - is standard input
    file: PathBuf,
    #[command(flatten)]
    target: Target,
    /// Frames by their numbers, like 1-100,205,900-
    #[arg(long, value_name = "RANGES", value_parser = parse_ranges, allow_hyphen_values = true)]
    frames: Option<Ranges>,
    /// Frames from this time on: like "2026-11-25 08:15:00.5", seconds since 1970, or +SECONDS since the first frame
    #[arg(long, value_name = "TIME", value_parser = parse_time, allow_hyphen_values = true)]
    from: Option<Time>,
    /// Frames before this time
    #[arg(long, value_name = "TIME", value_parser = parse_time, allow_hyphen_values = true)]
    to: Option<Time>,
    /// Only frames that match this capture filter, in libpcap's language: "tcp port 443"
    #[cfg(unix)]
    #[arg(short = 'f', value_name = "FILTER")]
    capture_filter: Option<String>,
    /// Keep this many bytes of each frame at most
    #[arg(short = 's', value_name = "BYTES", value_parser = clap::value_parser!(u32).range(1..))]
    snaplen: Option<u32>,
}

/// Ranges of frame numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ranges(Vec<(u64, u64)>);

fn parse_ranges(text: &str) -> Result<Ranges, String> {
    let range = |part: &str| {
        let wrong = || format!("{part:?} is none of 5, 5-9, 5- and -9");
        let number = |text: &str, open: u64| match text.trim() {
            "" => Ok(open),
            text => text.parse::<u64>().ok().filter(|n| *n > 0).ok_or_else(wrong),
        };
        let range = match part.split_once('-') {
            Some(("", "")) => return Err(wrong()),
            Some((first, last)) => (number(first, 1)?, number(last, u64::MAX)?),
            None => (number(part, 0)?, number(part, 0)?),
        };
        if range.0 == 0 || range.0 > range.1 { Err(wrong()) } else { Ok(range) }
    };
    text.split(',').map(range).collect::<Result<_, _>>().map(Ranges)
}

/// A point in time, in nanoseconds.
#[derive(Clone, Copy, Debug)]
enum Time {
    /// Since 1970.
    At(i64),
    /// Since the first frame.
    After(i64),
}

fn parse_time(text: &str) -> Result<Time, String> {
    let (relative, number) = match text.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let time = prosector_filter::parse_time(number).and_then(|ns| i64::try_from(ns).ok());
    let time = time.filter(|_| !relative || !number.contains([':', ' ']));
    let wrong = || "expected a time like \"2026-11-25 08:15:00.5\", seconds since 1970, or +SECONDS".to_owned();
    time.map(if relative { Time::After } else { Time::At }).ok_or_else(wrong)
}

impl Time {
    fn since_1970(self, first: i64) -> i64 {
        match self {
            Time::At(time) => time,
            Time::After(time) => first.saturating_add(time),
        }
    }
}

pub(crate) fn slice(args: &SliceArgs) -> Result<(), Failure> {
    not_over_itself(&args.target.write, std::slice::from_ref(&args.file))?;
    let mut reader = Reader::open(&args.file)?;
    reader.keep_blocks();
    #[cfg(unix)]
    let mut filter = {
        let link = reader.about().link;
        args.capture_filter.as_deref().map(|text| CaptureFilter::new(text, link)).transpose()?
    };
    let mut copier = Copier::create(&args.target.write, args.target.format(), args.snaplen)?;
    let last = args.frames.as_ref().and_then(|ranges| ranges.0.iter().map(|range| range.1).max()).unwrap_or(u64::MAX);
    let mut first_time = None;
    let keep = |frame: &Frame, first: i64| {
        let number = frame.number;
        let in_ranges = |ranges: &Ranges| ranges.0.iter().any(|(first, last)| (*first..=*last).contains(&number));
        let timed = args.from.is_none() && args.to.is_none() || frame.time != Frame::NO_TIME;
        timed
            && args.frames.as_ref().is_none_or(in_ranges)
            && args.from.is_none_or(|from| frame.time >= from.since_1970(first))
            && args.to.is_none_or(|to| frame.time < to.since_1970(first))
    };
    let mut outcome = Ok(());
    let mut chosen: Vec<bool> = Vec::new();
    while outcome.is_ok() {
        chosen.clear();
        match reader.next_batch(256) {
            Ok(batch) if batch.frames.is_empty() || batch.frames[0].number > last => break,
            Ok(batch) => {
                let mut times = batch.frames.iter().map(|frame| frame.time).filter(|time| *time != Frame::NO_TIME);
                first_time = first_time.or_else(|| times.next());
                chosen.extend(batch.frames.iter().map(|frame| keep(frame, first_time.unwrap_or(0))));
                #[cfg(unix)]
                if let Some(filter) = &mut filter {
                    for (frame, chosen) in batch.frames.iter().zip(&mut chosen).filter(|(_, chosen)| **chosen) {
                        *chosen = filter.matches(frame, batch.bytes(frame))?;
                    }
                }
            }
            Err(e) => {
                outcome = Err(e);
                continue;
            }
        }
        outcome = copier.copy(&mut reader, |i, _| chosen[i]);
    }
    // What was chosen before something went wrong is written.
    finished(copier.finish(&mut reader).map(drop))?;
    finished(outcome)
}

/// The failure that writing has ended with; that nobody reads on is none.
pub(crate) fn finished(outcome: Result<(), Error>) -> Result<(), Failure> {
    match outcome {
        Err(Error::Write { cause, .. }) if cause.kind() == ErrorKind::BrokenPipe => Ok(()),
        outcome => Ok(outcome?),
    }
}

/// Write the frames of several captures into one file, in the order of their times.
#[derive(Args)]
pub(crate) struct MergeArgs {
    /// Capture files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    target: Target,
    /// Write one capture behind the other instead
    #[arg(short = 'a', long)]
    append: bool,
}

/// A capture that is being merged.
struct Input {
    reader: Reader,
    /// The next frame, as a place in the reader's batch.
    at: usize,
    /// Its time; of a frame without, that of the frame before.
    time: i64,
    /// The numbers that its interfaces have in the file written.
    ids: Vec<u32>,
    ended: bool,
}

/// The file that is written.
struct Merged {
    name: String,
    encoder: Encoder,
    recorder: Recorder,
    interfaces: Vec<Interface>,
    link: Option<LinkType>,
    statistics: Vec<Block>,
    records: Vec<u8>,
}

pub(crate) fn merge(args: &MergeArgs) -> Result<(), Failure> {
    not_over_itself(&args.target.write, &args.files)?;
    let format = args.target.format();
    let mut failed = false;
    let mut inputs = Vec::new();
    for file in &args.files {
        let mut reader = Reader::open(file)?;
        reader.keep_blocks();
        inputs.push(Input { reader, at: 0, time: i64::MIN, ids: Vec::new(), ended: false });
    }
    let target = &args.target.write;
    let (rotation, stop) = (Rotation::default(), StopWriting::default());
    let recorder = Recorder::create(target, format, Vec::new(), rotation, stop, false)?;
    let mut merged = Merged {
        name: target.display().to_string(),
        encoder: Encoder { format },
        recorder,
        interfaces: Vec::new(),
        link: None,
        statistics: Vec::new(),
        records: Vec::new(),
    };
    let mut tell = |e: Error| {
        message(&e.to_string());
        failed = true;
    };
    inputs.iter_mut().for_each(|input| merged.refill(input).unwrap_or_else(&mut tell));
    loop {
        let open = inputs.iter_mut().filter(|input| !input.ended);
        let next = if args.append { open.into_iter().next() } else { open.min_by_key(|input| input.time) };
        let Some(input) = next else { break };
        if let Err(e) = merged.frame(input) {
            // What was merged before is written.
            let _ = merged.finish();
            return finished(Err(e));
        }
        input.at += 1;
        if let Err(e) = merged.refill(input) {
            tell(e);
        }
    }
    finished(merged.finish())?;
    if failed { Err(Failure::new(Vec::new(), 1)) } else { Ok(()) }
}

impl Merged {
    /// Sees to it that an input has a next frame, or knows that it has none.
    fn refill(&mut self, input: &mut Input) -> Result<(), Error> {
        if input.at >= input.reader.batch().frames.len() && !input.ended {
            input.at = 0;
            let outcome = input.reader.next_batch(256).map(|batch| batch.frames.is_empty());
            input.ended = !matches!(outcome, Ok(false));
            self.other_blocks(input);
            outcome?;
        }
        if let Some(frame) = input.reader.batch().frames.get(input.at).filter(|_| !input.ended) {
            input.time = if frame.time == Frame::NO_TIME { input.time } else { frame.time };
        }
        Ok(())
    }

    /// Writes the next frame of an input.
    fn frame(&mut self, input: &mut Input) -> Result<(), Error> {
        let about = input.reader.about();
        let batch = input.reader.batch();
        let frame = &batch.frames[input.at];
        if self.encoder.format != Format::Pcapng {
            if self.link.is_none() {
                self.encoder.start(&Section::default(), frame.link, frame.fcs_len, about.snaplen, &mut self.records);
            }
            let link = *self.link.get_or_insert(frame.link);
            if link != frame.link {
                return Err(Error::Call(format!(
                    "{}: pcap holds frames of one link type; these captures have {} and {}; pcapng holds both",
                    self.name, link.0, frame.link.0
                )));
            }
        }
        let id = match frame.interface {
            Some(index) => {
                let interface = &batch.interfaces[index as usize];
                self.id(&mut input.ids, index as usize, interface)
            }
            None => self.id(&mut input.ids, 0, &about.interface()),
        };
        let extra = frame.extra.and_then(|i| batch.extras.get(i as usize)).filter(|extra| extra.has_options());
        // Only a section's first interface can have frames without a time.
        let time = if frame.time == Frame::NO_TIME && id > 0 { input.time } else { frame.time };
        self.encoder.frame(&Frame { time, ..*frame }, id, batch.bytes(frame), extra, &mut self.records);
        if self.records.len() >= 1 << 20 {
            self.recorder.write(&self.records)?;
            self.records.clear();
        }
        Ok(())
    }

    /// The number of an input's interface in the file. Interfaces of which the same is said are one.
    fn id(&mut self, ids: &mut Vec<u32>, index: usize, interface: &Interface) -> u32 {
        while ids.len() <= index {
            ids.push(u32::MAX);
        }
        if ids[index] == u32::MAX {
            let same = |known: &Interface| Interface { id: 0, section: 1, ..known.clone() };
            let wanted = same(interface);
            let known = self.interfaces.iter().position(|known| *known == wanted);
            ids[index] = known.unwrap_or_else(|| {
                if self.interfaces.is_empty() {
                    self.start();
                }
                self.encoder.interface(&wanted, &mut self.records);
                self.interfaces.push(wanted);
                self.interfaces.len() - 1
            }) as u32;
        }
        ids[index]
    }

    fn start(&mut self) {
        if self.encoder.format == Format::Pcapng {
            self.encoder.start(&Section::own(), LinkType(0), None, 0, &mut self.records);
        }
    }

    /// Takes what is no frame: secrets and names at once, statistics for the end.
    fn other_blocks(&mut self, input: &mut Input) {
        for mut block in input.reader.take_blocks() {
            let Some(index) = block.interface else {
                if self.interfaces.is_empty() {
                    // There is nothing yet that it could stand behind.
                    if let Some(first) = input.reader.interfaces().first().cloned() {
                        self.id(&mut input.ids, 0, &first);
                    } else {
                        continue;
                    }
                }
                self.encoder.block(&block, &mut self.records);
                continue;
            };
            if let Some(interface) = input.reader.interfaces().get(index as usize).cloned() {
                let id = self.id(&mut input.ids, index as usize, &interface);
                block.body[..4].copy_from_slice(&id.to_le_bytes());
                self.statistics.push(block);
            }
        }
    }

    fn finish(&mut self) -> Result<(), Error> {
        match self.encoder.format {
            Format::Pcapng if self.interfaces.is_empty() => self.start(),
            Format::Pcap { .. } if self.link.is_none() => {
                self.encoder.start(&Section::default(), LinkType(1), None, 0, &mut self.records);
            }
            _ => {}
        }
        for block in std::mem::take(&mut self.statistics) {
            self.encoder.block(&block, &mut self.records);
        }
        self.recorder.finish(&self.records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_frames() {
        let ranges = |text| parse_ranges(text).map(|ranges| ranges.0);
        assert_eq!(ranges("1-3,7,9-,-2"), Ok(vec![(1, 3), (7, 7), (9, u64::MAX), (1, 2)]));
        for wrong in ["", "0", "3-1", "-", "a", "1,,2", "1--2", "0-3"] {
            assert!(ranges(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_format_follows_from_option_and_name() {
        let of = |asked, name| FileFormat::of(asked, Path::new(name));
        assert_eq!(of(None, "a.pcap"), Format::Pcap { nanoseconds: false });
        assert_eq!(of(None, "a.pcap.gz"), Format::Pcap { nanoseconds: false });
        assert_eq!(of(None, "a.cap"), Format::Pcapng);
        assert_eq!(of(None, "-"), Format::Pcapng);
        assert_eq!(of(Some(FileFormat::Pcapng), "a.pcap"), Format::Pcapng);
        assert_eq!(of(Some(FileFormat::Nsecpcap), "a.pcapng"), Format::Pcap { nanoseconds: true });
    }
}
