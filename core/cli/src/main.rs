//! The `prosector` command: reads its arguments, puts the crates together and tells people what went wrong.
//!
//! Invariant: what was asked for goes to standard output and nothing else does; every message is one line on standard
//! error (only a filter's has two more, which show the place); the exit status is 0, 1 (an input or output ended early)
//! or 2 (the call is wrong); a capture that is stopped twice ends with 128 and the signal's number.

#[cfg(unix)]
mod capture;
mod dissectors;
mod explain;
mod files;
mod follow;
mod info;
#[cfg(unix)]
mod interfaces;
mod list;
mod package;
mod plugin;
#[cfg(unix)]
mod privileges;
mod read;
mod schema;
mod statistics;
mod stats;

use clap::{Parser, Subcommand};
use dissectors::Dissectors;
use prosector_filter::FilterError;
use prosector_loader::ConfigErrors;
use prosector_sdk::frame::LinkType;
use std::io::Write;
use std::process::ExitCode;

/// A packet dissector that you extend with plugins.
#[derive(Parser)]
#[command(name = "prosector", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Dissect capture files (pcap, pcapng; also gzip, zstd, lz4) and print what is in them
    Read(read::ReadArgs),
    /// Capture from interfaces and dissect what comes, or write it into files
    #[cfg(unix)]
    Capture(capture::CaptureArgs),
    /// List the interfaces that can be captured from, and why others can't
    #[cfg(unix)]
    Interfaces(interfaces::InterfacesArgs),
    /// Say what capture files are: format, interfaces, how many frames, from when to when
    Info(info::InfoArgs),
    /// Write a part of a capture into a file: some of its frames, or less of each
    Slice(files::SliceArgs),
    /// Write the frames of several captures into one file, in the order of their times
    Merge(files::MergeArgs),
    /// Say step by step which dissectors were asked for a frame, who took it, and why
    Explain(explain::ExplainArgs),
    /// Print what the two ends of a conversation have sent each other
    Follow(follow::FollowArgs),
    /// Count what is in capture files
    Stats(statistics::StatsArgs),
    /// List the protocols, fields, dispatch tables or plugins that there are
    List(list::ListArgs),
    /// Describe protocols and fields as JSON, for tools
    Schema(schema::SchemaArgs),
    /// Write a plugin: make a new one, build, test, measure, fuzz it; and check which are used
    #[command(subcommand, alias = "plugins")]
    Plugin(plugin::PluginCommand),
    /// Pack, sign, publish, install plugins: one file each, whose origin and bytes are checked
    #[command(subcommand)]
    Package(package::PackageCommand),
}

/// Why the command ends, and with which status.
struct Failure {
    /// One a line.
    texts: Vec<String>,
    /// Lines that show where in the call it is, behind those.
    place: String,
    status: u8,
}

impl Failure {
    fn new(texts: Vec<String>, status: u8) -> Failure {
        Failure { texts, place: String::new(), status }
    }

    fn usage(e: impl std::fmt::Display) -> Failure {
        Failure::new(vec![e.to_string()], 2)
    }

    fn input(e: impl std::fmt::Display) -> Failure {
        Failure::new(vec![e.to_string()], 1)
    }

    /// The one message of several lines: a caret stands below the place.
    fn filter(error: impl std::fmt::Display) -> Failure {
        let text = error.to_string();
        let (what, place) = text.split_once('\n').unwrap_or((&text, ""));
        Failure { place: format!("{place}\n"), ..Failure::usage(what) }
    }

    /// Tells people of it.
    fn tell(&self) {
        self.texts.iter().for_each(|text| message(text));
        eprint!("{}", self.place);
    }
}

impl From<FilterError> for Failure {
    fn from(error: FilterError) -> Failure {
        Failure::filter(error)
    }
}

impl From<prosector_capture::Error> for Failure {
    fn from(error: prosector_capture::Error) -> Failure {
        use prosector_capture::Error;
        match error {
            Error::Filter(wrong) => Failure::filter(wrong),
            Error::Call(_) => Failure::usage(error),
            _ => Failure::input(error),
        }
    }
}

impl From<ConfigErrors> for Failure {
    fn from(errors: ConfigErrors) -> Failure {
        Failure::new(errors.0.iter().map(|e| e.to_string()).collect(), 2)
    }
}

/// Tells people something, in one line, whatever a plugin or file may have put into it.
fn message(text: &str) {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut line = Vec::new();
    prosector_sdk::value::write_text(lines.join("; ").as_bytes(), &mut line);
    eprintln!("prosector: {}", String::from_utf8_lossy(&line));
}

fn main() -> ExitCode {
    prosector_builtin::link();
    let default_hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // A dissector's panic is contained and told as a fault of that dissector.
        if !prosector_engine::is_dissecting() {
            default_hook(panic);
        }
    }));
    let outcome = match Cli::parse().command {
        Command::Read(args) => read::run(&args),
        #[cfg(unix)]
        Command::Capture(args) => capture::run(&args),
        #[cfg(unix)]
        Command::Interfaces(args) => interfaces::run(&args),
        Command::Info(args) => info::run(&args),
        Command::Slice(args) => files::slice(&args),
        Command::Merge(args) => files::merge(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Follow(args) => follow::run(&args),
        Command::Stats(args) => statistics::run(&args),
        Command::List(args) => list::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Plugin(command) => plugin::run(&command),
        Command::Package(command) => package::run(&command),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.tell();
            ExitCode::from(failure.status)
        }
    }
}

/// What people are told that a link type is called.
fn link_name(link: LinkType) -> String {
    match prosector_engine::link_type_name(link) {
        "" => format!("link type {}", link.0),
        name => name.to_owned(),
    }
}

/// Writes lines to standard output, whatever the name of a file may have put into them. A reader that has seen enough is no
/// error.
fn print(text: &str) -> Result<(), Failure> {
    let shown = |c: char| match c.is_control() && c != '\n' && c != '\t' {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    let text: String = text.chars().map(shown).collect();
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::input(format!("standard output: {e}"))),
        _ => Ok(()),
    }
}
