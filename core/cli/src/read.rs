//! `prosector read`.

use crate::{Dissectors, Failure, message};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use prosector_capture::Reader;
use prosector_engine::Engine;
use prosector_output::{Fields, Ndjson, Summary, Tree, Writer, write_hex_dump};
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Frames that go through the dissectors together. More gains nothing, and a batch is to stay in the cache.
const BATCH: usize = 256;
/// Files from this size on get a progress bar.
const LONG_FILE: u64 = 32 << 20;
/// Output that is written at once.
const CHUNK: usize = 64 << 10;

/// Dissect capture files and print what is in them.
#[derive(Args)]
pub(crate) struct ReadArgs {
    /// Capture files; - is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// What to print
    #[arg(short = 'T', value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// Print the whole tree of every frame; the same as -T tree
    #[arg(short = 'V', conflicts_with = "format")]
    tree: bool,
    /// Print the bytes of every frame too
    #[arg(short = 'x')]
    hex: bool,
    /// Print this field, one column each, with -T fields
    #[arg(short = 'e', value_name = "FIELD")]
    fields: Vec<String>,
    /// Stop after this many frames
    #[arg(short = 'c', value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    #[command(flatten)]
    dissectors: Dissectors,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One line a frame
    Summary,
    /// Every layer and field of every frame
    Tree,
    /// The fields chosen with -e, parted by tabs, one line a frame
    Fields,
    /// One JSON object a frame and line
    Ndjson,
}

pub(crate) fn run(args: &ReadArgs) -> Result<(), Failure> {
    let format = match args.format {
        Some(format) => format,
        None if args.tree => Format::Tree,
        None if !args.fields.is_empty() => Format::Fields,
        None => Format::Summary,
    };
    let for_people = matches!(format, Format::Summary | Format::Tree);
    match format {
        Format::Fields if args.fields.is_empty() => {
            return Err(Failure::usage("-T fields needs at least one -e FIELD; `prosector list fields` names them"));
        }
        Format::Fields => {}
        _ if !args.fields.is_empty() => return Err(Failure::usage("-e goes with -T fields")),
        _ => {}
    }
    if args.hex && !for_people {
        return Err(Failure::usage("-x goes with -T summary and -T tree"));
    }
    let registry = Arc::new(args.dissectors.registry()?);
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let mut failed = false;
    let mut output = Output { bytes: Vec::with_capacity(2 * CHUNK) };
    for (i, file) in args.files.iter().enumerate() {
        // Each file is a capture of its own: numbers and relative times begin anew.
        let mut writer: Box<dyn Writer> = match format {
            Format::Summary => Box::new(Summary::new(colour)),
            Format::Tree => Box::new(Tree),
            Format::Fields => Box::new(Fields::new(&registry, &args.fields).map_err(Failure::usage)?),
            Format::Ndjson => Box::new(Ndjson),
        };
        if for_people && args.files.len() > 1 {
            let gap = if i > 0 { "\n" } else { "" };
            output.bytes.extend_from_slice(format!("{gap}==> {} <==\n", file.display()).as_bytes());
        }
        let mut engine = Engine::new(registry.clone(), writer.demand(&registry)).map_err(Failure::usage)?;
        let done = read_file(file, args, &mut engine, &mut *writer, &mut output);
        let flushed = output.flush();
        match done.and(flushed.map_err(Problem::Output)) {
            Ok(()) => {}
            Err(Problem::Input(e)) => {
                message(&e.to_string());
                failed = true;
            }
            // Whoever reads our output has seen enough.
            Err(Problem::Output(e)) if e.kind() == ErrorKind::BrokenPipe => return Ok(()),
            Err(Problem::Output(e)) => return Err(Failure::input(format!("standard output: {e}"))),
        }
    }
    if failed { Err(Failure { text: String::new(), status: 1 }) } else { Ok(()) }
}

enum Problem {
    Input(prosector_capture::Error),
    Output(std::io::Error),
}

fn read_file(
    file: &Path,
    args: &ReadArgs,
    engine: &mut Engine,
    writer: &mut dyn Writer,
    output: &mut Output,
) -> Result<(), Problem> {
    let mut reader = Reader::open(file).map_err(Problem::Input)?;
    let size = reader.progress().size;
    let progress = progress_bar(size);
    let mut left = args.count.unwrap_or(u64::MAX);
    while left > 0 {
        let batch = match reader.next_batch(BATCH.min(left.try_into().unwrap_or(BATCH))) {
            Ok(batch) => batch,
            Err(e) => {
                progress.finish_and_clear();
                // What was found before the break comes out before the message.
                output.flush().map_err(Problem::Output)?;
                return Err(Problem::Input(e));
            }
        };
        if batch.frames.is_empty() {
            break;
        }
        left -= batch.frames.len() as u64;
        engine.dissect(&batch);
        let (registry, dissection) = (engine.registry(), engine.dissection());
        for (i, frame) in batch.frames.iter().enumerate() {
            writer.frame(registry, &batch, dissection, i, &mut output.bytes);
            if args.hex {
                write_hex_dump(batch.bytes(frame), &mut output.bytes);
                output.bytes.push(b'\n');
            }
        }
        for fault in engine.take_faults() {
            let registry = engine.registry();
            let (name, origin) = (&registry.protocol(fault.protocol).name, registry.origin(fault.protocol));
            let after = if fault.set_aside { "; it is not called again in this run" } else { "" };
            message(&format!("frame {}: dissector {name} ({origin}) failed: {}{after}", fault.frame, fault.reason));
        }
        // A pipe may pause; what came so far is to be seen at once.
        if output.bytes.len() >= CHUNK || size.is_none() {
            output.flush().map_err(Problem::Output)?;
        }
        if !progress.is_hidden() {
            progress.set_position(reader.progress().read);
        }
    }
    progress.finish_and_clear();
    Ok(())
}

/// Only where somebody watches standard error and the results go elsewhere.
fn progress_bar(size: Option<u64>) -> ProgressBar {
    match size {
        Some(size) if size >= LONG_FILE && std::io::stderr().is_terminal() && !std::io::stdout().is_terminal() => {
            let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
            let bar = ProgressBar::new(size);
            if let Ok(style) = style { bar.with_style(style) } else { bar }
        }
        _ => ProgressBar::hidden(),
    }
}

/// Standard output, written in chunks.
struct Output {
    bytes: Vec<u8>,
}

impl Output {
    fn flush(&mut self) -> std::io::Result<()> {
        let mut stdout = std::io::stdout().lock();
        let written = stdout.write_all(&self.bytes).and_then(|()| stdout.flush());
        self.bytes.clear();
        written
    }
}
