//! Writes captures: records encoded as pcapng or pcap ([`Encoder`]), where they go ([`Recorder`]), and frames of one
//! capture or several written into another ([`Copier`], [`Merger`]).

mod copy;
mod encode;
mod merge;
mod output;
mod recorder;
mod sink;

pub use copy::Copier;
pub(crate) use encode::options;
pub use encode::{Encoder, Format};
pub use merge::Merger;
pub use recorder::{Recorder, Rotation, Stop};
