//! `prosector info`.

use crate::{Failure, print};
use clap::Args;
use prosector_capture::{About, Block, Format, Reader, Section};
use prosector_engine::link_type_name;
use prosector_sdk::frame::{Frame, Interface, LinkType};
use prosector_sdk::value::write_time;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Say what capture files are: format, interfaces, how many frames, from when to when.
#[derive(Args)]
pub(crate) struct InfoArgs {
    /// Capture files; - is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print JSON, one object a line
    #[arg(long)]
    json: bool,
}

/// What is known of a capture.
struct Info {
    about: About,
    /// Bytes of the file as it is stored.
    size: u64,
    frames: u64,
    captured: u64,
    on_wire: u64,
    cut: u64,
    first: Option<i64>,
    last: Option<i64>,
    previous: i64,
    in_order: bool,
    comments: u64,
    links: BTreeMap<LinkType, u64>,
    /// Frames of each interface.
    of_interface: Vec<u64>,
    interfaces: Vec<Interface>,
    sections: Vec<Section>,
    /// The last of each interface.
    statistics: BTreeMap<u32, Block>,
}

pub(crate) fn run(args: &InfoArgs) -> Result<(), Failure> {
    let mut failures = Vec::new();
    for (i, file) in args.files.iter().enumerate() {
        let mut reader = match Reader::open(file) {
            Ok(reader) => reader,
            Err(e) => {
                failures.push(e.to_string());
                continue;
            }
        };
        let (info, broken) = read(&mut reader);
        let text = match args.json {
            true => object(file, &info, broken.as_ref().map(ToString::to_string)).to_string() + "\n",
            false => format!("{}{}", if i > 0 { "\n" } else { "" }, describe(reader.name(), &info)),
        };
        print(&text)?;
        failures.extend(broken.map(|e| e.to_string()));
    }
    if failures.is_empty() { Ok(()) } else { Err(Failure::new(failures, 1)) }
}

/// Reads a capture to its end, or to where it breaks off.
fn read(reader: &mut Reader) -> (Info, Option<prosector_capture::Error>) {
    reader.keep_blocks();
    let mut info = Info {
        about: reader.about(),
        size: 0,
        frames: 0,
        captured: 0,
        on_wire: 0,
        cut: 0,
        first: None,
        last: None,
        previous: i64::MIN,
        in_order: true,
        comments: 0,
        links: BTreeMap::new(),
        of_interface: Vec::new(),
        interfaces: Vec::new(),
        sections: Vec::new(),
        statistics: BTreeMap::new(),
    };
    let broken = loop {
        match reader.next_batch(4096) {
            Ok(batch) if batch.frames.is_empty() => break None,
            Ok(batch) => {
                for frame in batch.frames {
                    info.frame(frame);
                }
                info.comments += batch.extras.iter().map(|extra| extra.comments.len() as u64).sum::<u64>();
            }
            Err(e) => break Some(e),
        }
        info.statistics(reader);
    };
    info.statistics(reader);
    let progress = reader.progress();
    info.size = progress.size.unwrap_or(progress.read);
    info.interfaces = reader.interfaces().to_vec();
    info.sections = reader.sections().to_vec();
    info.of_interface.resize(info.interfaces.len(), 0);
    (info, broken)
}

impl Info {
    fn statistics(&mut self, reader: &mut Reader) {
        let of = |block: Block| block.interface.map(|interface| (interface, block));
        self.statistics.extend(reader.take_blocks().into_iter().filter_map(of));
    }

    fn frame(&mut self, frame: &Frame) {
        self.frames += 1;
        self.captured += u64::from(frame.len);
        self.on_wire += u64::from(frame.wire_len);
        self.cut += u64::from(frame.len < frame.wire_len);
        *self.links.entry(frame.link).or_default() += 1;
        if let Some(i) = frame.interface {
            if self.of_interface.len() <= i as usize {
                self.of_interface.resize(i as usize + 1, 0);
            }
            self.of_interface[i as usize] += 1;
        }
        if frame.time != Frame::NO_TIME {
            self.first = Some(self.first.map_or(frame.time, |first| first.min(frame.time)));
            self.last = Some(self.last.map_or(frame.time, |last| last.max(frame.time)));
            self.in_order &= frame.time >= self.previous;
            self.previous = frame.time;
        }
    }

    /// In seconds.
    fn duration(&self) -> Option<f64> {
        let (first, last) = (self.first?, self.last?);
        Some(last.saturating_sub(first) as f64 / 1e9)
    }

    /// Frames that were dropped while an interface was captured from, as the file says.
    fn dropped(&self, interface: usize) -> Option<u64> {
        let of = self.statistics.get(&(interface as u32))?;
        of.counters(&[5, 7]) // isb_ifdrop and isb_osdrop
    }
}

fn format_name(format: Format) -> &'static str {
    match format {
        Format::Pcapng => "pcapng",
        Format::Pcap { nanoseconds: false } => "pcap, microseconds",
        Format::Pcap { nanoseconds: true } => "pcap, nanoseconds",
    }
}

fn time(ns: i64) -> String {
    let mut text = Vec::new();
    write_time(ns.into(), &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

fn link_name(link: LinkType) -> String {
    match link_type_name(link) {
        "" => crate::link_name(link),
        name => format!("{name} ({})", link.0),
    }
}

fn describe(name: &str, info: &Info) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: String| text += &format!("{:18} {value}\n", format!("{name}:"));
    row("File", name.to_owned());
    let compression = info.about.compression.map(|c| format!(", in {c}")).unwrap_or_default();
    row("Format", format!("{}{compression}", format_name(info.about.format)));
    row("Size", format!("{} bytes", info.size));
    for section in &info.sections {
        for (name, code) in [("Comment", 1), ("Hardware", 2), ("Operating system", 3), ("Application", 4)] {
            section.text(code).into_iter().for_each(|value| row(name, value));
        }
    }
    row("Frames", info.frames.to_string());
    row("Bytes captured", info.captured.to_string());
    row("Bytes on the wire", info.on_wire.to_string());
    if info.cut > 0 {
        row("Cut short", format!("{} frames", info.cut));
    }
    if info.comments > 0 {
        row("Frame comments", info.comments.to_string());
    }
    if let (Some(first), Some(last), Some(duration)) = (info.first, info.last, info.duration()) {
        row("First frame", time(first));
        row("Last frame", time(last));
        row("Duration", format!("{duration:.9} seconds"));
        if duration > 0.0 {
            row(
                "Rate",
                format!("{:.1} frames/s, {:.0} bytes/s", info.frames as f64 / duration, info.on_wire as f64 / duration),
            );
        }
        row("Order of times", if info.in_order { "ascending".into() } else { "not ascending".into() });
    }
    if info.frames > 0 {
        row("Average frame", format!("{:.1} bytes", info.on_wire as f64 / info.frames as f64));
    }
    for (link, frames) in info.links.iter().filter(|_| info.interfaces.is_empty()) {
        row("Link type", format!("{}, {frames} frames", link_name(*link)));
    }
    if info.links.is_empty()
        && let Some(link) = info.about.link
    {
        row("Link type", link_name(link));
    }
    for (i, interface) in info.interfaces.iter().enumerate() {
        let name = interface.name.as_deref().unwrap_or("without a name");
        let filter = filter(interface).map(|filter| format!(", filter {filter:?}")).unwrap_or_default();
        let dropped = info.dropped(i).map(|n| format!(", {n} dropped")).unwrap_or_default();
        let snaplen =
            if interface.snaplen == 0 { String::new() } else { format!(", at most {} bytes each", interface.snaplen) };
        let description = interface.description.as_ref().map(|d| format!(" ({d})")).unwrap_or_default();
        let frames = info.of_interface[i];
        row(
            &format!("Interface {i}"),
            format!("{name}{description}, {}, {frames} frames{dropped}{snaplen}{filter}", link_name(interface.link)),
        );
    }
    text
}

/// `if_filter` in libpcap's language.
fn filter(interface: &Interface) -> Option<String> {
    let option = interface.options.iter().find(|option| option.code == 11)?;
    option.value.strip_prefix(&[0]).map(|text| String::from_utf8_lossy(text).into_owned())
}

fn object(file: &Path, info: &Info, error: Option<String>) -> serde_json::Value {
    let seconds = |time: Option<i64>| {
        time.map(|ns| format!("{}.{:09}", ns.div_euclid(1_000_000_000), ns.rem_euclid(1_000_000_000)))
    };
    let interfaces: Vec<_> = info
        .interfaces
        .iter()
        .enumerate()
        .map(|(i, interface)| {
            json!({
                "name": interface.name,
                "description": interface.description,
                "link_type": interface.link.0,
                "snaplen": interface.snaplen,
                "filter": filter(interface),
                "frames": info.of_interface[i],
                "dropped": info.dropped(i),
            })
        })
        .collect();
    let sections: Vec<_> = info
        .sections
        .iter()
        .map(|section| {
            json!({
                "comment": section.text(1),
                "hardware": section.text(2),
                "os": section.text(3),
                "application": section.text(4),
            })
        })
        .collect();
    let links: BTreeMap<String, u64> = info.links.iter().map(|(link, n)| (link.0.to_string(), *n)).collect();
    json!({
        "file": file.display().to_string(),
        "format": match info.about.format {
            Format::Pcapng => "pcapng",
            Format::Pcap { nanoseconds: false } => "pcap",
            Format::Pcap { nanoseconds: true } => "nsecpcap",
        },
        "compression": info.about.compression,
        "size": info.size,
        "frames": info.frames,
        "bytes_captured": info.captured,
        "bytes_on_wire": info.on_wire,
        "frames_cut": info.cut,
        "comments": info.comments,
        "first": seconds(info.first),
        "last": seconds(info.last),
        "duration": info.duration(),
        "in_order": info.in_order,
        "frames_by_link_type": links,
        "interfaces": interfaces,
        "sections": sections,
        "error": error,
    })
}
