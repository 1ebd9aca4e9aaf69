//! The [`protocol!`] macro: a declaration that reads like the specification's drawing, turned into statics and typed
//! handles.
//!
//! Invariant: everything a declaration says is checked here, at compile time, and an error points at the word that
//! is wrong.

mod emit;
mod parse;

use proc_macro::TokenStream;

/// Declares a protocol and implements `Declared` for the type of its dissector.
///
/// ```text
/// protocol! {
///     /// What it is; where it is specified.
///     Acme = acme "ACME", "ACME telemetry" {     // type = name "in a summary line", "in full"
///         version: u8 "Version",
///         flags: u16 hex "Flags" { urgent: 0x8000 "Urgent", retained: 0x4000 "Retained" },
///         ttl: u8 "Time to live" unit "s",
///         kind.code as CODE: u8 "Code" = { 1 "hello", 2..=9 "data" },
///         tlv: group "Reading",
///         sum: computed u64 "Sum of values",
///     }
///     claims { ethertype = 0x88b5, udp.port = [4500, 4501] }
///     tables { PORT: "udp.port", IPV6: "@ipv6" }  // what it hands on to; "@name" is one dissector
///     heuristics { udp.port }                     // where it is asked about what nobody claims, see `probe`
///     settings {
///         check_checksum: bool = false "Verify checksums",
///         window: uint = 8 in 1..=64 "Size of the window",
///         unit: text = "C" in ["C", "F"] "Unit of temperatures",
///     }
///     stateful                                    // it keeps something from PDU to PDU of a flow
/// }
/// ```
///
/// A field is `name: type "Title"`. Each field becomes a constant handle, its name in capitals (`tlv.id` is `TLV_ID`,
/// or what `as NAME` says); a leading dot makes the name whole (`.ip.version` in IPv6). Types: `u8 u16 u24 u32 u40 u48 u56 u64`, the same with `i`, `bool(u8)`, `f32 f64`,
/// `mac eui64 ipv4 ipv6 uuid`, `bytes` and `str` (`bytes[12]` where the length is fixed), `time_s(u32) time_ns
/// time_ntp duration`, `group`, `none`. Between type and title: `le` for little endian, `hex` or `oct`, `& MASK`,
/// `* FACTOR`. Behind the title: `unit "…"`, `hidden`, `source`, `destination`, `trailer`, `= { value "name" }` or `=
/// A_CONST`, `{ part: MASK "Title" }`. Before the type: `computed`.
#[proc_macro]
pub fn protocol(input: TokenStream) -> TokenStream {
    match syn::parse::<parse::Protocol>(input) {
        Ok(protocol) => emit::protocol(&protocol).into(),
        Err(error) => error.to_compile_error().into(),
    }
}
