//! The engine: which protocols there are ([`Registry`]), what the caller wants to know ([`Demand`]), and the walk of
//! batches of frames through dissectors ([`Engine`]), which leaves a [`Dissection`].
//!
//! It has never heard of files, terminals or WebAssembly: frames come in as [`Batch`](prosector_sdk::frame::Batch)es,
//! dissectors as [`Vector`](prosector_sdk::dissector::Vector)s.
//!
//! Invariant: what is found in a frame depends on the frame and, for `frame.time_*`, on those before it in the
//! capture; never on how the capture was cut into batches, and on the demand only in that less is recorded.

mod calls;
mod demand;
mod dissection;
mod expert;
mod flows;
mod fragments;
mod frame;
mod heuristics;
mod link_types;
mod order;
mod pieces;
mod registry;
mod streams;
mod trace;
mod walk;
mod workers;

pub use calls::{FaultReport, PluginStats, is_dissecting};
pub use demand::Demand;
pub use dissection::{Dissection, LayerView};
pub use expert::{NAME as EXPERT, expert_value};
pub use link_types::link_type_name;
pub use order::Evicted;
pub use registry::{Absent, Claimed, Clash, Factory, FieldRef, Origin, Plugin, Registry, RegistryError, Why, nearest};
pub use streams::Tapped;
pub use trace::{Lookup, Outcome};
pub use walk::{Engine, SharedState};
pub use workers::{Next, OwnedBatch, run_workers};
