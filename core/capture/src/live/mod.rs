//! Live capture.
//!
//! One thread takes frames from all interfaces ([`Session`]), as records of a file at once, so that they are copied once. They go to the
//! thread that writes them, which may make it wait, and then to whoever shows them, which may not: what doesn't fit into that queue is
//! not shown, and counted. So frames are lost in two places only, the kernel's buffer and this queue.

mod bpf;
mod devices;
mod packets;
mod queue;
mod session;

pub use bpf::CaptureFilter;
pub use devices::{Device, devices};
pub use packets::Packets;
pub use session::{Controls, Counters, Limits, Plan, Session, Shown, Tell, Totals};

use crate::Error;
use devices::{Port, nearest};
use pcap::{Capture, Precision};
use prosector_sdk::frame::Interface;

/// How long the kernel gathers frames before it hands them over, in milliseconds, unless there are many.
const GATHER: i32 = 20;
/// Interfaces that have this name stand for all of them.
const ANY: &str = "any";

/// How to capture.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A capture filter, in libpcap's language.
    pub filter: Option<String>,
    /// How many bytes of a frame are captured at most.
    pub snaplen: u32,
    /// Capture also what is for other hosts.
    pub promiscuous: bool,
    /// The kernel's buffer, in bytes, for each interface.
    pub buffer: usize,
    /// Hand every frame over at once.
    pub immediate: bool,
}

/// Interfaces that are captured from.
pub struct Live {
    ports: Vec<Port>,
    interfaces: Vec<Interface>,
}

impl Live {
    /// Opens interfaces.
    ///
    /// # Errors
    /// [`Error::Call`]: there is no such interface, or the filter is wrong; [`Error::Interface`]: it can't be opened.
    pub fn open(names: &[String], settings: &Settings) -> Result<Live, Error> {
        let known = devices()?;
        let mut live = Live { ports: Vec::new(), interfaces: Vec::new() };
        for name in names {
            let device = known.iter().find(|device| device.name == *name);
            let capture = open(name, settings).map_err(|problem| match device {
                Some(_) => devices::refused(name, &problem),
                // Asked last: some devices can be opened and are not listed.
                None => Error::Call(format!("{name}: no such interface{}", nearest(name, &known))),
            })?;
            let id = live.ports.len() as u32;
            let (port, interface) = Port::new(device, name, id, capture, settings)?;
            live.ports.push(port);
            live.interfaces.push(interface);
        }
        Ok(live)
    }

    /// The interfaces, in the order that they were named in.
    pub fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }
}

/// Opens one interface for capturing without waiting.
fn open(name: &str, settings: &Settings) -> Result<Capture<pcap::Active>, pcap::Error> {
    let mut capture = Capture::from_device(name)?
        .snaplen(settings.snaplen.try_into().unwrap_or(i32::MAX))
        // "any" has no such mode, and libpcap takes asking for it as a failure.
        .promisc(settings.promiscuous && name != ANY)
        .buffer_size(settings.buffer.try_into().unwrap_or(i32::MAX))
        .immediate_mode(settings.immediate)
        .precision(Precision::Nano)
        .timeout(GATHER)
        .open()?
        .setnonblock()?;
    if name == ANY {
        // The second version of the cooked header says which interface it was. Old systems have the first alone.
        let _ = capture.set_datalink(pcap::Linktype(276));
    }
    Ok(capture)
}
