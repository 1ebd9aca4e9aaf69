//! Writes captures: records encoded as pcapng or pcap ([`Encoder`]), where they go ([`Recorder`]), and frames of one
//! capture written into another ([`Copier`]).

mod copy;
mod encode;
mod recorder;
mod sink;

pub use copy::Copier;
pub(crate) use encode::options;
pub use encode::{Encoder, Format};
pub use recorder::{Recorder, Rotation, Stop};
