//! Interfaces: which there are, and opening them.

use super::{Settings, bpf, open};
use crate::Error;
use crate::pcap::{FILE_HEADER, Pcap};
use pcap::{Active, Capture};
use prosector_sdk::frame::{BlockOption, Interface, LinkType};
use std::net::IpAddr;

/// An interface that can perhaps be captured from.
#[derive(Clone, Debug)]
pub struct Device {
    /// Its name, as for [`super::Live::open`].
    pub name: String,
    /// What libpcap says of it.
    pub description: Option<String>,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// It is switched on.
    pub up: bool,
    /// It has a connection.
    pub running: bool,
    /// It leads back to this host.
    pub loopback: bool,
    /// It is a radio.
    pub wireless: bool,
}

/// Every interface that libpcap knows.
///
/// # Errors
/// [`Error::Interface`] if it can't tell.
pub fn devices() -> Result<Vec<Device>, Error> {
    let list = pcap::Device::list().map_err(|e| Error::Interface { name: "interfaces".into(), problem: text(&e) })?;
    let device = |d: pcap::Device| Device {
        up: d.flags.is_up(),
        running: d.flags.is_running(),
        loopback: d.flags.is_loopback(),
        wireless: d.flags.is_wireless(),
        addresses: d.addresses.iter().map(|a| a.addr).collect(),
        name: d.name,
        description: d.desc,
    };
    Ok(list.into_iter().map(device).collect())
}

impl Device {
    /// Opens it for a moment, to see what it is.
    ///
    /// # Errors
    /// Why it can't be opened, in one line.
    pub fn probe(&self) -> Result<LinkType, String> {
        let settings = Settings { filter: None, snaplen: 64, promiscuous: false, buffer: 1 << 20, immediate: false };
        let capture = open(&self.name, &settings).map_err(|e| no_permission(&e).unwrap_or_else(|| text(&e)))?;
        Ok(about(&capture).map_err(|e| e.to_string())?.link)
    }
}

/// `; did you mean eth0?`, or which there are.
pub(super) fn nearest(name: &str, known: &[Device]) -> String {
    let distance = |device: &&Device| strsim::damerau_levenshtein(&device.name, name);
    match known.iter().min_by_key(distance) {
        Some(device) if distance(&device) <= 2 => format!("; did you mean {}?", device.name),
        Some(_) => {
            let names: Vec<&str> = known.iter().map(|device| device.name.as_str()).collect();
            format!("; there are {}", names.join(", "))
        }
        None => "; there are none".into(),
    }
}

/// What libpcap says, without its own name before it.
pub(super) fn text(error: &pcap::Error) -> String {
    match error {
        pcap::Error::PcapError(text) => text.clone(),
        error => error.to_string(),
    }
}

/// What to do about a lack of permission, if that is what the error says.
pub(super) fn no_permission(error: &pcap::Error) -> Option<String> {
    let text = text(error).to_lowercase();
    let lacks = ["permi", "cap_net_raw", "operation not permitted"].iter().any(|word| text.contains(word));
    let command = std::env::current_exe().map_or("prosector".into(), |path| path.display().to_string());
    lacks.then(|| {
        if cfg!(target_os = "linux") {
            format!("no permission to capture; run as root, or once: sudo setcap cap_net_raw+ep {command}")
        } else {
            "no permission to capture; run as root, or give your user access to /dev/bpf*".into()
        }
    })
}

pub(super) fn refused(name: &str, error: &pcap::Error) -> Error {
    let problem = no_permission(error).unwrap_or_else(|| match text(error) {
        text if text.is_empty() => "cannot be opened".into(),
        text => format!("cannot be opened: {text}"),
    });
    Error::Interface { name: name.to_owned(), problem }
}

/// A file for a moment, with a name that libpcap can open: in memory where the system has that.
#[cfg(target_os = "linux")]
pub(super) fn scratch() -> std::io::Result<(std::os::fd::OwnedFd, std::path::PathBuf)> {
    use std::os::fd::AsRawFd;
    let file = rustix::fs::memfd_create("prosector", rustix::fs::MemfdFlags::CLOEXEC)?;
    let path = format!("/proc/self/fd/{}", file.as_raw_fd()).into();
    Ok((file, path))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn scratch() -> std::io::Result<(tempfile::NamedTempFile, std::path::PathBuf)> {
    let file = tempfile::NamedTempFile::new()?;
    let path = file.path().to_owned();
    Ok((file, path))
}

/// What an open interface gives: the head that libpcap would write to a pcap file. It is the only way to ask the library for the number
/// that files have for the link type (its own differ by system) and for the resolution of time stamps.
fn about(capture: &Capture<Active>) -> Result<Pcap, Error> {
    let failed = |problem: String| Error::Interface { name: "libpcap".into(), problem };
    let (_file, path) = scratch().map_err(|e| failed(e.to_string()))?;
    drop(capture.savefile(&path).map_err(|e| failed(text(&e)))?);
    let head = std::fs::read(&path).map_err(|e| failed(e.to_string()))?;
    match Pcap::open(&head[..head.len().min(FILE_HEADER)]) {
        Some(Ok(pcap)) => Ok(pcap),
        _ => Err(failed("an unknown form of its file header".into())),
    }
}

/// An interface that is open.
pub(super) struct Port {
    pub name: String,
    pub capture: Capture<Active>,
    pub link: LinkType,
    /// Nanoseconds in a unit of libpcap's fraction of a second.
    pub unit: i64,
    /// How many frames the kernel and the interface have dropped, when last asked: these counters have 32 bits.
    pub dropped: [u32; 2],
    /// It is gone, or has failed.
    pub ended: bool,
    /// It was up when it was last looked at.
    pub up: bool,
}

impl Port {
    /// What is captured from an open interface, and what files say of it.
    pub(super) fn new(
        device: Option<&Device>,
        name: &str,
        id: u32,
        mut capture: Capture<Active>,
        settings: &Settings,
    ) -> Result<(Port, Interface), Error> {
        let about = about(&capture)?;
        let mut options = Vec::new();
        if let Some(filter) = &settings.filter {
            bpf::apply(&mut capture, filter)?;
            // if_filter: 0 says that it is libpcap's language.
            options.push(BlockOption { code: 11, value: [&[0], filter.as_bytes()].concat() });
        }
        let interface = Interface {
            id,
            section: 1,
            link: about.link,
            name: Some(name.to_owned()),
            description: device.and_then(|d| d.description.clone()),
            snaplen: settings.snaplen,
            options,
        };
        let unit = if about.nanoseconds() { 1 } else { 1_000 };
        let up = device.is_none_or(|d| d.up);
        Ok((
            Port { name: name.to_owned(), capture, link: about.link, unit, dropped: [0; 2], ended: false, up },
            interface,
        ))
    }
}
