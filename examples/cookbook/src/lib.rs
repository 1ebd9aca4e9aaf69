//! The cookbook: one page for each thing that comes up when a dissector is written.
//!
//! Each page is one file. Its head says when one needs this, how it is done and what can go wrong; below is a small
//! protocol of its own that does it, then tests that show what comes out, a broken input among them. `docs/cookbook.md`
//! is the index.

pub mod bcd;
pub mod binding;
pub mod bits;
pub mod byte_order;
pub mod bytes_not_in_the_frame;
pub mod checksums;
pub mod diagnostics;
pub mod durations;
pub mod flags;
pub mod floats;
pub mod fragments;
pub mod heuristics;
pub mod ids;
pub mod info;
pub mod integers;
pub mod layout;
pub mod names;
pub mod optional;
pub mod requests;
pub mod scaling;
pub mod settings;
pub mod state;
pub mod streams;
pub mod strings;
pub mod tables;
pub mod times;
pub mod tlv;
pub mod trailer_and_padding;
