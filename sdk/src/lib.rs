//! What a dissector is written with, be it linked into the host or a sandboxed component.
//!
//! A protocol is *declared* with [`protocol!`]: its names, its fields, the keys it claims. A [`Dissector`] then
//! reads each PDU with a cursor, [`Pdu`]; every field that it takes is recorded as a [span](span), and names, formats
//! and nesting follow from the declaration. [`export!`] makes the crate a component, [`builtin!`] links it in.
//!
//! Invariant: a dissector sees its slice, its settings and nothing else, and reading past the end is a value
//! ([`Stop`]), never a panic; so the same source gives the same spans wherever it runs.

pub mod checksum;
pub mod declare;
pub mod dissector;
pub mod flat;
pub mod flows;
pub mod frame;
pub mod guest;
pub mod handle;
pub mod pdu;
pub mod requests;
pub mod span;
pub mod take;

#[cfg(target_arch = "wasm32")]
pub mod component;
#[cfg(not(target_arch = "wasm32"))]
pub mod native;
#[cfg(not(target_arch = "wasm32"))]
pub mod testkit;
#[cfg(not(target_arch = "wasm32"))]
pub mod value;

extern crate self as prosector_sdk;

pub use dissector::{Declared, Dissector};
#[doc(hidden)]
#[cfg(not(target_arch = "wasm32"))]
pub use inventory;
pub use pdu::{Pdu, Step, Stop};
pub use prosector_sdk_macros::{Layout, protocol};

/// What a dissector's file imports.
pub mod prelude {
    pub use crate::declare::{Settings, name_of};
    pub use crate::dissector::{Declared, Dissector, Verdict};
    pub use crate::flows::Flows;
    pub use crate::handle::Rest;
    pub use crate::pdu::{Keys, Pdu, Step, Stop};
    pub use crate::requests::{AnswerTo, Asked, Recent, Sighting, pair};
    pub use crate::span::Severity;
    pub use crate::take::Encoding;
    #[cfg(not(target_arch = "wasm32"))]
    pub use crate::testkit::{
        check, check_cut, check_flow, check_in_context, check_stream, check_trailer, check_with, parse_hex, probe,
    };
    pub use crate::{Layout, builtin, export, export_native, protocol, value_names};
    #[cfg(not(target_arch = "wasm32"))]
    pub use expect_test::expect;
}

/// Makes the crate a component that holds these dissectors.
///
/// With the SDK's feature `native-plugin`, built for the machine itself, a native plugin instead: that is how `prosector plugin
/// bench` gets one of the same source.
#[cfg(not(feature = "native-plugin"))]
#[macro_export]
macro_rules! export {
    ($($dissector:ty),+ $(,)?) => {
        $crate::export_component!($($dissector),+);
    };
}

#[doc(hidden)]
#[cfg(feature = "native-plugin")]
#[macro_export]
macro_rules! export {
    ($($dissector:ty),+ $(,)?) => {
        $crate::export_component!($($dissector),+);
        $crate::export_native!($($dissector),+);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! export_component {
    ($($dissector:ty),+ $(,)?) => {
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code)]
        const _: () = {
            $crate::plugin!(Plugin: $($dissector),+);
            $crate::component::bindings::export!(Plugin with_types_in $crate::component::bindings);
        };
    };
}

/// Makes the crate a native plugin that holds these dissectors: a shared library, for hosts that trust it. For a crate
/// of its own (`crate-type = ["cdylib"]`), because a program can hold only one.
///
/// ```ignore
/// prosector_sdk::export_native!(my_plugin::MyDissector);
/// ```
#[macro_export]
macro_rules! export_native {
    ($($dissector:ty),+ $(,)?) => {
        #[cfg(not(target_arch = "wasm32"))]
        #[allow(unsafe_code)]
        const _: () = {
            $crate::plugin!(Plugin: $($dissector),+);
            // SAFETY: a cdylib has one such symbol; the host looks for it by this name.
            #[unsafe(no_mangle)]
            static prosector_plugin: $crate::native::Table = $crate::native::Table::of::<Plugin>();
        };
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! plugin {
    ($plugin:ident: $($dissector:ty),+) => {
        struct $plugin;
        impl $crate::guest::Plugin for $plugin {
            const NAME: &'static str = $crate::guest::plugin_name(env!("CARGO_PKG_NAME"));
            const VERSION: &'static str = env!("CARGO_PKG_VERSION");
            fn dissectors() -> Vec<$crate::guest::Loaded> {
                vec![$($crate::guest::Loaded::of::<$dissector>()),+]
            }
        }
    };
}
