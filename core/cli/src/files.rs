//! Capture files that are written: their format, and `prosector merge` and `prosector slice`.

use crate::{Failure, message};
use clap::{Args, ValueEnum};
#[cfg(unix)]
use prosector_capture::live::CaptureFilter;
use prosector_capture::{Copier, Error, Format, Merger, Reader};
use prosector_sdk::frame::Frame;
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

pub(crate) fn merge(args: &MergeArgs) -> Result<(), Failure> {
    not_over_itself(&args.target.write, &args.files)?;
    // What can't be read at all is told before anything is written.
    let readers = args.files.iter().map(|file| Reader::open(file)).collect::<Result<Vec<_>, _>>()?;
    let mut failed = false;
    let merger = Merger::create(&args.target.write, args.target.format())?;
    finished(merger.merge(readers, args.append, |e| {
        message(&e.to_string());
        failed = true;
    }))?;
    if failed { Err(Failure::new(Vec::new(), 1)) } else { Ok(()) }
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
