//! `prosector capture`.

use crate::files::FileFormat;
use crate::read::{Problem, Run, ShowArgs};
use crate::{Failure, link_name, message, privileges};
use clap::Args;
use prosector_capture::live::{Controls, Limits, Live, Plan, Session, Settings, devices};
use prosector_capture::{Recorder, Rotation, StopWriting, file_name};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Capture from interfaces and dissect what comes, or write it into files.
#[derive(Args)]
pub(crate) struct CaptureArgs {
    /// The capture filter, like -f
    #[arg(value_name = "FILTER", conflicts_with = "capture_filter")]
    words: Vec<String>,
    /// Interfaces, as `prosector interfaces` lists them; any means all. Else the first that is up
    #[arg(short = 'i', value_name = "INTERFACE")]
    interfaces: Vec<String>,
    /// Capture only what matches this capture filter, in libpcap's language: "tcp port 443"
    #[arg(short = 'f', value_name = "FILTER")]
    capture_filter: Option<String>,
    /// Stop after this many frames
    #[arg(short = 'c', value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Stop after duration:SECONDS, filesize:KB (1000 bytes, before compression), packets:N, or files:N of a ring
    #[arg(short = 'a', value_name = "WHEN", value_parser = parse_condition)]
    autostop: Vec<Condition>,
    /// Capture this many bytes of each frame at most
    #[arg(short = 's', value_name = "BYTES", default_value_t = 262_144, value_parser = clap::value_parser!(u32).range(1..=0x7fff_ffff))]
    snaplen: u32,
    /// Don't capture what is for other hosts: not in promiscuous mode
    #[arg(short = 'p')]
    no_promiscuous: bool,
    /// The kernel's buffer for each interface, in MiB
    #[arg(short = 'B', value_name = "MIB", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=2047))]
    buffer: u32,
    /// Take every frame at once; else those of 20 ms together. Costs more for each frame
    #[arg(long)]
    immediate: bool,
    /// Write every frame into this file and print nothing (print too with -T, -V, -e or -Y); - is standard output, and .gz, .zst or .lz4
    /// at the end compresses it
    #[arg(short = 'w', value_name = "FILE")]
    write: Option<PathBuf>,
    /// What to write it as; else the name's .pcap means pcap and everything else pcapng
    #[arg(short = 'F', value_name = "FORMAT", requires = "write")]
    file_format: Option<FileFormat>,
    /// Write a ring of files, the next after filesize:KB, packets:N or duration:SECONDS; files:N keeps the last N
    #[arg(short = 'b', value_name = "WHEN", requires = "write", value_parser = parse_condition)]
    ring: Vec<Condition>,
    /// Become this user when the interfaces are open
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Tell the counters of each interface so often, on standard error; also at SIGUSR1 and at the end
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds)]
    stats_interval: Option<Duration>,
    #[command(flatten)]
    show: ShowArgs,
}

/// `filesize:1000`
#[derive(Clone, Copy, Debug, PartialEq)]
enum Condition {
    Bytes(u64),
    Packets(u64),
    Duration(Duration),
    Files(u64),
}

fn parse_condition(text: &str) -> Result<Condition, String> {
    let wrong = || "expected duration:SECONDS, filesize:KB, packets:N or files:N".to_owned();
    let (kind, value) = text.split_once(':').ok_or_else(wrong)?;
    let number =
        || value.parse::<u64>().ok().filter(|n| *n > 0).ok_or_else(|| format!("{value:?} is no number from 1 on"));
    match kind {
        "duration" => parse_seconds(value).map(Condition::Duration),
        "filesize" => Ok(Condition::Bytes(number()?.saturating_mul(1000))),
        "packets" => number().map(Condition::Packets),
        "files" => number().map(Condition::Files),
        _ => Err(wrong()),
    }
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|s| *s > 0.0);
    seconds.and_then(|s| Duration::try_from_secs_f64(s).ok()).ok_or_else(|| format!("{text:?} is no number of seconds"))
}

/// When to begin another file, when to end writing, when to end capturing.
fn conditions(args: &CaptureArgs) -> Result<(Rotation, StopWriting, Limits), Failure> {
    let (mut rotation, mut stop) = (Rotation::default(), StopWriting::default());
    let mut limits = Limits { frames: args.count, duration: None };
    for condition in &args.ring {
        match *condition {
            Condition::Bytes(bytes) => rotation.bytes = Some(bytes),
            Condition::Packets(frames) => rotation.frames = Some(frames),
            Condition::Duration(duration) => rotation.duration = Some(duration),
            Condition::Files(files) => rotation.files = Some(files),
        }
    }
    let ring = rotation.is_ring();
    if !args.ring.is_empty() && !ring {
        return Err(Failure::usage(
            "-b files: needs -b filesize:, packets: or duration:, which says when the next file begins",
        ));
    }
    if ring && args.write.as_deref() == Some(Path::new("-")) {
        return Err(Failure::usage("-b writes several files: -w - can't be a ring"));
    }
    for condition in &args.autostop {
        match *condition {
            Condition::Bytes(_) | Condition::Files(_) if args.write.is_none() => {
                return Err(Failure::usage("-a filesize: and -a files: go with -w"));
            }
            Condition::Bytes(_) if ring => {
                return Err(Failure::usage("-a filesize: does not go with -b; -b filesize: does"));
            }
            Condition::Files(_) if !ring => return Err(Failure::usage("-a files: goes with -b")),
            Condition::Bytes(bytes) => stop.bytes = Some(bytes),
            Condition::Files(files) => stop.files = Some(files),
            Condition::Packets(frames) => limits.frames = Some(limits.frames.map_or(frames, |n| n.min(frames))),
            Condition::Duration(duration) => limits.duration = Some(duration),
        }
    }
    Ok((rotation, stop, limits))
}

pub(crate) fn run(args: &CaptureArgs) -> Result<(), Failure> {
    let (rotation, stop, limits) = conditions(args)?;
    let show = args.write.is_none() || args.show.is_asked() || args.show.has_filter();
    if show && args.write.as_deref() == Some(Path::new("-")) {
        return Err(Failure::usage("-w - writes to standard output: nothing can be printed there too"));
    }
    let words = (!args.words.is_empty()).then(|| args.words.join(" "));
    let settings = Settings {
        filter: args.capture_filter.clone().or(words),
        snaplen: args.snaplen,
        promiscuous: !args.no_promiscuous,
        buffer: (args.buffer as usize) << 20,
        immediate: args.immediate,
    };
    let live = Live::open(&interfaces(args)?, &settings)?;
    match &args.user {
        Some(user) => privileges::become_user(user).map_err(|e| Failure::usage(format!("--user {user}: {e}")))?,
        None => privileges::keep_files(),
    }
    // Signals end it in order from here on: with everything written, and the counters told. The second ends it at once, since whoever
    // reads our output may never take it.
    let controls = Controls::default();
    for (signals, flag) in [(&[SIGINT, SIGTERM, SIGHUP][..], &controls.stop), (&[SIGUSR1], &controls.report)] {
        for signal in signals.iter().filter(|signal| **signal != SIGHUP || !hangup_is_ignored()) {
            let second = (*signal != SIGUSR1).then(|| {
                signal_hook::flag::register_conditional_shutdown(*signal, 128 + signal, flag.clone()).map(drop)
            });
            let first = signal_hook::flag::register(*signal, flag.clone()).map(drop);
            second
                .into_iter()
                .chain([first])
                .collect::<Result<(), _>>()
                .map_err(|e| Failure::input(format!("signals: {e}")))?;
        }
    }
    let record = |path: &PathBuf| {
        let format = FileFormat::of(args.file_format, path);
        Recorder::create(path, format, Session::head(&live, format)?, rotation, stop, true)
    };
    let recorder = args.write.as_ref().map(record).transpose()?;
    let mut run = show.then(|| Run::new(&args.show, true)).transpose()?;
    for interface in live.interfaces() {
        let link = link_name(interface.link);
        let name = interface.name.as_deref().unwrap_or_default();
        message(&format!("capturing from {name} ({link})"));
        let unknown = |run: &Run<'_>| run.registry().owner("link", interface.link.0.into()).is_none();
        if run.as_ref().is_some_and(unknown) {
            message(&format!("{name}: no dissector for {link}: its frames are shown as bytes"));
        }
    }
    let plan = Plan {
        recorder,
        show,
        limits,
        controls: controls.clone(),
        report_every: args.stats_interval,
        tell: Box::new(message),
        before_taking: privileges::keep_nothing,
    };
    let (session, shown) = Session::start(live, plan);
    let mut outcome = Ok(());
    if let (Some(run), Some(mut shown)) = (&mut run, shown) {
        privileges::keep_nothing();
        let done = run.capture(|run, workers| run.frames(&mut shown, workers, None));
        drop(shown);
        match done {
            Ok(Ok(())) => {}
            // Whoever reads our output has seen enough.
            Ok(Err(Problem::Output(e))) if e.kind() == ErrorKind::BrokenPipe => controls.stop.store(true, Relaxed),
            Ok(Err(Problem::Output(e))) => {
                controls.stop.store(true, Relaxed);
                outcome = Err(Failure::input(format!("standard output: {e}")));
            }
            Ok(Err(Problem::Input(e))) => outcome = Err(e.into()),
            Err(failure) => {
                controls.stop.store(true, Relaxed);
                outcome = Err(failure);
            }
        }
        run.finish();
    }
    let totals = session.join();
    totals.counters.iter().for_each(|counters| message(&counters.to_string()));
    if let (Some((frames, files)), Some(path)) = (totals.written, &args.write) {
        let files = if rotation.is_ring() { format!("{files} files") } else { file_name(path) };
        message(&format!("{frames} frames written to {files}"));
    }
    outcome?;
    if totals.failed { Err(Failure::new(Vec::new(), 1)) } else { Ok(()) }
}

/// Whether the program was started by nohup, which must not be undone.
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 << (SIGHUP - 1) != 0)
}

/// The interfaces that are asked for, else the first that is up.
fn interfaces(args: &CaptureArgs) -> Result<Vec<String>, Failure> {
    if !args.interfaces.is_empty() {
        return Ok(args.interfaces.clone());
    }
    let devices = devices().map_err(Failure::input)?;
    let first =
        devices.into_iter().find(|device| device.up && device.running && !device.loopback && device.name != "any");
    let first =
        first.ok_or_else(|| Failure::usage("no interface is up; -i names one, `prosector interfaces` lists them"))?;
    Ok(vec![first.name])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_have_a_kind_and_a_number() {
        assert_eq!(parse_condition("filesize:10"), Ok(Condition::Bytes(10_000)));
        assert_eq!(parse_condition("duration:1.5"), Ok(Condition::Duration(Duration::from_millis(1500))));
        assert_eq!(parse_condition("files:3"), Ok(Condition::Files(3)));
        for wrong in ["", "10", "size:1", "packets:0", "packets:x", "duration:-1", "duration:nan", "duration:inf"] {
            assert!(parse_condition(wrong).is_err(), "{wrong}");
        }
    }
}
