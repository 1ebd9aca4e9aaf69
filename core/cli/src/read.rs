//! `prosector read`.

use crate::files::FileFormat;
use crate::stats::Stats;
use crate::{Dissectors, Failure, message};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
#[cfg(unix)]
use prosector_capture::live::CaptureFilter;
use prosector_capture::{Copier, Error, Frames, Reader};
use prosector_engine::{Demand, Engine, Next, OwnedBatch, Registry, run_workers};
use prosector_filter::{Filter, FilterError};
use prosector_loader::Watch;
use prosector_output::{Fields, Ndjson, Summary, Tree, Writer, write_hex_dump};
use prosector_sdk::frame::Batch;
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
    /// Read only the frames that match this capture filter, in libpcap's language, before anything is dissected: "tcp port 443"
    #[cfg(unix)]
    #[arg(short = 'f', value_name = "FILTER")]
    capture_filter: Option<String>,
    /// Stop after this many frames have been read, whether they match or not
    #[arg(short = 'c', value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Write the frames that match into this file instead of printing them (print too with -T, -V or -e); - is standard output, and
    /// .gz, .zst or .lz4 at the end compresses it
    #[arg(short = 'w', value_name = "FILE", conflicts_with = "workers", conflicts_with = "watch")]
    write: Option<PathBuf>,
    /// What to write it as; else the name's .pcap means pcap and everything else pcapng
    #[arg(short = 'F', value_name = "FORMAT", requires = "write")]
    file_format: Option<FileFormat>,
    #[command(flatten)]
    show: ShowArgs,
}

/// What to print of frames, and how.
#[derive(Args)]
pub(crate) struct ShowArgs {
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
    /// Print only the frames that match this display filter: "ip.ttl < 64 && tcp.port == 443", in Wireshark's language
    #[arg(short = 'Y', long = "display-filter", value_name = "FILTER", allow_hyphen_values = true)]
    filter: Option<String>,
    /// Dissect with so many threads; the result is the same
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "watch",
          value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=256))]
    workers: usize,
    /// Use a plugin's new version as soon as its file, or plugins.toml, changes
    #[arg(long)]
    watch: bool,
    /// Say at the end, on standard error, what every plugin has done and used of its limits
    #[arg(long, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "table")]
    plugin_stats: Option<crate::stats::Format>,
    /// Say where in its own code a plugin has failed
    #[arg(long)]
    explain_trap: bool,
    #[command(flatten)]
    dissectors: Dissectors,
}

impl ShowArgs {
    /// Whether the call says what to print.
    pub fn is_asked(&self) -> bool {
        self.format.is_some() || self.tree || self.hex || !self.fields.is_empty()
    }

    /// Whether the call has a display filter.
    pub fn has_filter(&self) -> bool {
        self.filter.is_some()
    }
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
    let printed = args.write.is_none() || args.show.is_asked();
    let to_stdout = args.write.as_deref() == Some(Path::new("-"));
    if args.write.is_some() && args.files.len() > 1 {
        return Err(Failure::usage("-w takes one capture; `prosector merge` makes one of several"));
    }
    if let Some(target) = &args.write {
        crate::files::not_over_itself(target, &args.files)?;
    }
    if to_stdout && printed {
        return Err(Failure::usage("-w - writes to standard output: nothing can be printed there too"));
    }
    let mut run = Run::new(&args.show, printed)?;
    let several = run.for_people && args.files.len() > 1;
    let mut failed = false;
    for (i, file) in args.files.iter().enumerate() {
        if several {
            let gap = if i > 0 { "\n" } else { "" };
            run.output.bytes.extend_from_slice(format!("{gap}==> {} <==\n", file.display()).as_bytes());
        }
        // Each file is a capture of its own: numbers and relative times begin anew.
        let done = run.capture(|run, workers| {
            let mut reader = Reader::open(file).map_err(Problem::Input)?;
            #[cfg(unix)]
            choose(&mut reader, args.capture_filter.as_deref()).map_err(Problem::Input)?;
            let Some(target) = &args.write else {
                return run.frames(&mut reader, workers, args.count);
            };
            let format = FileFormat::of(args.file_format, target);
            let mut copier = Copier::create(target, format, None).map_err(Problem::Input)?;
            reader.keep_blocks();
            let read = run.copy(&mut reader, workers, args.count, &mut copier);
            // What was chosen before something went wrong is written.
            copier.finish(&mut reader).map_err(Problem::Input)?;
            read
        })?;
        match done {
            Ok(()) => {}
            Err(Problem::Input(e @ Error::Write { .. })) => return crate::files::finished(Err(e)),
            Err(Problem::Input(e @ (Error::Filter(_) | Error::Call(_)))) => return Err(e.into()),
            Err(Problem::Input(e)) => {
                Failure::from(e).tell();
                failed = true;
            }
            // Whoever reads our output has seen enough.
            Err(Problem::Output(e)) if e.kind() == ErrorKind::BrokenPipe => break,
            Err(Problem::Output(e)) => return Err(Failure::input(format!("standard output: {e}"))),
        }
    }
    run.finish();
    if failed { Err(Failure::new(Vec::new(), 1)) } else { Ok(()) }
}

/// Lets a reader deliver only what a capture filter lets through.
#[cfg(unix)]
fn choose(reader: &mut Reader, filter: Option<&str>) -> Result<(), Error> {
    if let Some(text) = filter {
        let mut filter = CaptureFilter::new(text, reader.about().link)?;
        reader.choose(Box::new(move |frame, bytes| filter.matches(frame, bytes)));
    }
    Ok(())
}

/// The filter of the call, if it has one.
pub(crate) fn compile(filter: Option<&str>, registry: &Registry) -> Result<Option<Filter>, FilterError> {
    filter.map(|text| Filter::compile(text, registry)).transpose()
}

pub(crate) enum Problem {
    Input(Error),
    Output(std::io::Error),
}

/// Frames of one or several captures on their way to standard output.
pub(crate) struct Run<'a> {
    args: &'a ShowArgs,
    filter: Option<Filter>,
    format: Format,
    /// Without it, frames are dissected only to be chosen.
    printed: bool,
    /// The format is one for people.
    for_people: bool,
    colour: bool,
    registry: Arc<Registry>,
    watch: Option<Watch>,
    /// The `plugins.toml` that is used.
    file: Option<PathBuf>,
    output: Output,
    stats: Stats,
    /// The engine of the capture before, for its faults.
    before: Option<Engine>,
}

impl<'a> Run<'a> {
    /// Loads what is needed.
    pub fn new(args: &'a ShowArgs, printed: bool) -> Result<Run<'a>, Failure> {
        let format = match args.format {
            Some(format) => format,
            None if args.tree => Format::Tree,
            None if !args.fields.is_empty() => Format::Fields,
            None => Format::Summary,
        };
        let for_people = matches!(format, Format::Summary | Format::Tree);
        match format {
            Format::Fields if args.fields.is_empty() => {
                return Err(Failure::usage(
                    "-T fields needs at least one -e FIELD; `prosector list fields` names them",
                ));
            }
            Format::Fields => {}
            _ if !args.fields.is_empty() => return Err(Failure::usage("-e goes with -T fields")),
            _ => {}
        }
        if args.hex && !for_people {
            return Err(Failure::usage("-x goes with -T summary and -T tree"));
        }
        let loaded = args.dissectors.load(false)?;
        let filter = compile(args.filter.as_deref(), &loaded.registry)?;
        Ok(Run {
            args,
            filter,
            format,
            printed,
            for_people: for_people && printed,
            colour: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
            registry: Arc::new(loaded.registry),
            watch: args.watch.then_some(loaded.watch),
            file: loaded.config.file,
            output: Output { bytes: Vec::with_capacity(2 * CHUNK) },
            stats: Stats::default(),
            before: None,
        })
    }

    /// What frames are dissected with.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Takes a capture through engines that know nothing of others yet.
    pub fn capture(
        &mut self,
        read: impl FnOnce(&mut Self, &mut Vec<Worker>) -> Result<(), Problem>,
    ) -> Result<Result<(), Problem>, Failure> {
        let mut workers = Vec::new();
        for _ in 0..self.args.workers {
            let writer = self.writer(&self.registry).map_err(Failure::usage)?;
            let mut engine = self.engine(&self.registry, &*writer, self.filter.as_ref()).map_err(Failure::usage)?;
            if let Some(before) = &self.before {
                engine.inherit_faults(before, |_| true);
            }
            workers.push((engine, writer));
        }
        let done = read(self, &mut workers);
        workers.iter().for_each(|(engine, _)| self.stats.add(engine));
        self.before = workers.into_iter().next().map(|(engine, _)| engine);
        Ok(done.and(self.output.flush().map_err(Problem::Output)))
    }

    /// Says at the end what is to be said of the whole run.
    pub fn finish(&self) {
        self.stats.tell_evicted();
        self.stats.tell_faults();
        if let Some(format) = self.args.plugin_stats {
            self.stats.print(format);
        }
    }

    /// Shows the frames of a capture.
    pub fn frames(
        &mut self,
        frames: &mut dyn Frames,
        workers: &mut Vec<Worker>,
        count: Option<u64>,
    ) -> Result<(), Problem> {
        match &mut workers[..] {
            [(engine, writer)] => self.one_by_one(frames, engine, writer, count),
            _ => self.in_parallel(frames, workers, count),
        }
    }

    fn writer(&self, registry: &Registry) -> Result<Box<dyn Writer>, String> {
        Ok(match self.format {
            Format::Summary => Box::new(Summary::new(self.colour)),
            Format::Tree => Box::new(Tree),
            Format::Fields => Box::new(Fields::new(registry, &self.args.fields).map_err(|e| e.to_string())?),
            Format::Ndjson => Box::new(Ndjson),
        })
    }

    fn engine(&self, registry: &Arc<Registry>, writer: &dyn Writer, filter: Option<&Filter>) -> Result<Engine, String> {
        let mut demand = if self.printed { writer.demand(registry) } else { Demand::nothing(registry) };
        if let Some(filter) = filter {
            filter.demand(&mut demand);
        }
        let mut engine = Engine::new(registry.clone(), demand)?;
        engine.explain_faults(self.args.explain_trap);
        Ok(engine)
    }

    fn one_by_one(
        &mut self,
        frames: &mut dyn Frames,
        engine: &mut Engine,
        writer: &mut Box<dyn Writer>,
        count: Option<u64>,
    ) -> Result<(), Problem> {
        let size = frames.progress().size;
        let progress = progress_bar(size);
        let mut left = count.unwrap_or(u64::MAX);
        while left > 0 {
            let batch = match frames.next_batch(BATCH.min(left.try_into().unwrap_or(BATCH))) {
                Ok(batch) => batch,
                Err(e) => {
                    progress.finish_and_clear();
                    // What was found before the break comes out before the message.
                    self.output.flush().map_err(Problem::Output)?;
                    return Err(Problem::Input(e));
                }
            };
            if batch.frames.is_empty() {
                break;
            }
            left -= batch.frames.len() as u64;
            self.reload_if_changed(engine, writer);
            engine.dissect(&batch);
            write_batch(
                self.args,
                self.filter.as_ref(),
                engine,
                &mut **writer,
                &batch,
                &mut self.output.bytes,
                |bytes| {
                    if bytes.len() >= CHUNK { flush(bytes) } else { Ok(()) }
                },
            )
            .map_err(Problem::Output)?;
            for fault in engine.take_faults() {
                crate::stats::tell_fault(engine.registry(), &fault, self.args.explain_trap);
            }
            // A pipe may pause; what came so far is to be seen at once.
            if size.is_none() {
                self.output.flush().map_err(Problem::Output)?;
            }
            if !progress.is_hidden() {
                progress.set_position(frames.progress().read);
            }
        }
        progress.finish_and_clear();
        Ok(())
    }

    /// Writes the frames of a capture that match, and shows them if they are to be printed.
    fn copy(
        &mut self,
        reader: &mut Reader,
        workers: &mut [Worker],
        count: Option<u64>,
        copier: &mut Copier,
    ) -> Result<(), Problem> {
        let [(engine, writer)] = workers else { return Ok(()) };
        let progress = progress_bar(reader.progress().size);
        let (mut left, mut chosen) = (count.unwrap_or(u64::MAX), Vec::new());
        while left > 0 {
            let batch = reader.next_batch(BATCH.min(left.try_into().unwrap_or(BATCH))).map_err(Problem::Input)?;
            if batch.frames.is_empty() {
                break;
            }
            left -= batch.frames.len() as u64;
            if self.printed || self.filter.is_some() {
                engine.dissect(&batch);
            }
            chosen.clear();
            for i in 0..batch.frames.len() {
                let matches = |filter: &Filter| filter.matches(engine.registry(), &batch, engine.dissection(), i);
                chosen.push(self.filter.as_ref().is_none_or(matches));
            }
            if self.printed {
                let (args, filter, out) = (self.args, self.filter.as_ref(), &mut self.output.bytes);
                write_batch(args, filter, engine, &mut **writer, &batch, out, |_| Ok(())).map_err(Problem::Output)?;
                match self.output.flush() {
                    // Whoever reads our output has seen enough; the file is to be whole.
                    Err(e) if e.kind() == ErrorKind::BrokenPipe => self.printed = false,
                    outcome => outcome.map_err(Problem::Output)?,
                }
            }
            for fault in engine.take_faults() {
                crate::stats::tell_fault(engine.registry(), &fault, self.args.explain_trap);
            }
            copier.copy(reader, |i, _| chosen[i]).map_err(Problem::Input)?;
            progress.set_position(reader.progress().read);
        }
        progress.finish_and_clear();
        Ok(())
    }

    /// The same as `one_by_one` with several workers.
    fn in_parallel(
        &mut self,
        frames: &mut dyn Frames,
        workers: &mut Vec<Worker>,
        count: Option<u64>,
    ) -> Result<(), Problem> {
        let size = frames.progress().size;
        let progress = progress_bar(size);
        let (mut left, mut first) = (count.unwrap_or(u64::MAX), OwnedBatch::default());
        let mut read = |owned: &mut OwnedBatch, wait: bool| {
            if left == 0 {
                return Ok(Next::End);
            }
            if !wait && !frames.is_ready() {
                return Ok(Next::NoneYet);
            }
            let batch = frames.next_batch(BATCH.min(left.try_into().unwrap_or(BATCH))).map_err(Problem::Input)?;
            owned.copy(&batch);
            left -= batch.frames.len() as u64;
            progress.set_position(frames.progress().read);
            Ok(if owned.is_empty() { Next::End } else { Next::Frames })
        };
        // All of them count their times from the same frame.
        let mut there = read(&mut first, true)? == Next::Frames;
        for (_, writer) in &mut *workers {
            first.frames().iter().for_each(|frame| writer.skip(frame));
        }
        let (args, registry, output) = (self.args, self.registry.clone(), &mut self.output);
        // It compiles: it has before. A filter has room for its own work, so each worker has one.
        let filtered = |(engine, writer)| (engine, (writer, compile(args.filter.as_deref(), &registry).ok().flatten()));
        let work =
            |engine: &mut Engine, (writer, filter): &mut (Box<dyn Writer>, Option<Filter>), batch: &Batch<'_>| {
                let mut bytes = Vec::new();
                write_batch(args, filter.as_ref(), engine, &mut **writer, batch, &mut bytes, |_| Ok(()))?;
                Ok::<_, std::io::Error>((bytes, engine.take_faults()))
            };
        let (back, outcome) = run_workers(
            std::mem::take(workers).into_iter().map(filtered).collect(),
            |owned, wait| {
                if std::mem::take(&mut there) {
                    std::mem::swap(owned, &mut first);
                    return Ok(Next::Frames);
                }
                read(owned, wait)
            },
            work,
            |done| {
                let (bytes, faults) = done.map_err(Problem::Output)?;
                output.bytes.extend_from_slice(&bytes);
                faults.iter().for_each(|fault| crate::stats::tell_fault(&registry, fault, args.explain_trap));
                if output.bytes.len() >= CHUNK || size.is_none() {
                    output.flush().map_err(Problem::Output)?;
                }
                Ok(true)
            },
        );
        *workers = back.into_iter().map(|(engine, (writer, _))| (engine, writer)).collect();
        progress.finish_and_clear();
        outcome
    }

    /// With `--watch`, takes changed plugins over between two batches. What can't be used leaves everything as it is.
    fn reload_if_changed(&mut self, engine: &mut Engine, writer: &mut Box<dyn Writer>) {
        let changed = self.watch.as_mut().map(Watch::changed).unwrap_or_default();
        let Some(first) = changed.first() else { return };
        let loaded = self.args.dissectors.reload(false, self.file.as_deref()).map_err(|failure| failure.texts);
        let started = loaded.and_then(|loaded| {
            let registry = Arc::new(loaded.registry);
            // Columns are fields of the registry; other writers go on with what they know of the capture.
            let columns = (self.format == Format::Fields).then(|| self.writer(&registry)).transpose();
            let columns = columns.map_err(|e| vec![e])?;
            let filter =
                compile(self.args.filter.as_deref(), &registry).map_err(|e| vec![format!("filter: {}", e.message)])?;
            let writer = columns.as_deref().unwrap_or(&**writer);
            let engine = self.engine(&registry, writer, filter.as_ref()).map_err(|e| vec![e])?;
            Ok((registry, engine, columns, filter, loaded.watch))
        });
        match started {
            Ok((registry, mut fresh, columns, filter, watch)) => {
                self.filter = filter;
                fresh.follow_up(engine);
                // A new version has done no wrong yet.
                fresh.inherit_faults(engine, |plugin| {
                    !changed.iter().any(|file| file.display().to_string() == plugin.file)
                });
                self.stats.add(engine);
                (self.registry, *engine) = (registry, fresh);
                if let Some(columns) = columns {
                    *writer = columns;
                }
                // A changed plugins.toml may name other files.
                self.watch = Some(watch);
                message(&format!("{} has changed and is used from here on", first.display()));
            }
            Err(texts) => {
                texts.iter().for_each(|text| message(text));
                message(&format!("{} has changed but can't be used; what was loaded goes on", first.display()));
            }
        }
    }
}

/// An engine and what writes its results.
pub(crate) type Worker = (Engine, Box<dyn Writer>);

/// Appends what is to be shown of a dissected batch; `after` is called behind each frame that is.
fn write_batch(
    args: &ShowArgs,
    filter: Option<&Filter>,
    engine: &Engine,
    writer: &mut dyn Writer,
    batch: &Batch<'_>,
    out: &mut Vec<u8>,
    mut after: impl FnMut(&mut Vec<u8>) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let (registry, dissection) = (engine.registry(), engine.dissection());
    for (i, frame) in batch.frames.iter().enumerate() {
        if filter.is_some_and(|filter| !filter.matches(registry, batch, dissection, i)) {
            writer.skip(frame);
            continue;
        }
        writer.frame(registry, batch, dissection, i, out);
        if args.hex {
            write_hex_dump(batch.bytes(frame), out);
            out.push(b'\n');
        }
        after(out)?;
    }
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
        flush(&mut self.bytes)
    }
}

/// Writes bytes to standard output and forgets them.
fn flush(bytes: &mut Vec<u8>) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    bytes.clear();
    written
}
