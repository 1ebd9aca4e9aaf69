//! The [`protocol!`] macro: a declaration that reads like the specification's drawing, turned into statics and typed
//! handles.
//!
//! Invariant: everything a declaration says is checked here, at compile time, and an error points at the word that
//! is wrong.

mod emit;
mod layout;
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
/// `mac eui64 ipv4 ipv6 uuid`, `bytes` and `str` (`bytes[12]` where the length is fixed), `time_s(u32) time_ms(u64)
/// time_us(u64) time_ns time_ntp duration`, `group`, `none`. Between type and title: `le` for little endian, `hex` or `oct`,
/// `& MASK`, `* FACTOR`; `/ DIVISOR`, `+ OFFSET` and `- OFFSET` make a float of a whole number (`i16 / 10`: 253 is 25.3). Behind the title: `unit "…"`, `hidden`, `source`, `destination`, `trailer`, `= { value "name" }` or `=
/// A_CONST`, `{ part: MASK "Title" }`. Before the type: `computed`.
#[proc_macro]
pub fn protocol(input: TokenStream) -> TokenStream {
    match syn::parse::<parse::Protocol>(input) {
        Ok(protocol) => emit::protocol(&protocol).into(),
        Err(error) => error.to_compile_error().into(),
    }
}

/// Makes a struct whose fields lie one after the other in the bytes the whole dissector of its protocol.
///
/// ```text
/// /// Report of a weather station.
/// #[derive(Layout)]
/// #[layout(weather "Weather report"
///     claims { udp.port = 4713 }
///     info "{station}: {temperature} °C, {sky}")]
/// pub struct Weather {
///     #[field("Station")]                                       station: u16,
///     #[field(le "Temperature" unit "°C")]                      temperature: i16,
///     #[field("Sky" = { 0 "clear", 1 "cloudy" })]               sky: u8,
///     #[field(mac "Sender" source)]                             sender: [u8; 6],
///     #[field(u24 "Height" unit "m")]                           height: u32,
///     #[field(i16 / 10 "Dew point" unit "°C")]                  dew_point: f64,
///     #[field(str "Remark")]                                    remark: Rest,
/// }
/// ```
///
/// `#[layout(…)]` has what [`protocol!`] has around its fields; `#[field(…)]` what stands behind a field's colon there. Where it
/// doesn't begin with a type, the type is that of the struct. `Rest` is everything up to the end, of kind `bytes` or `str`.
/// `info` is the info line, in which a field's name stands for its value, or for its value's name. `payload TABLE = field` hands
/// what is behind the layout on by that key.
#[proc_macro_derive(Layout, attributes(layout, field))]
pub fn layout(input: TokenStream) -> TokenStream {
    match syn::parse(input).and_then(|input| layout::derive(&input)) {
        Ok(tokens) => tokens.into(),
        Err(error) => error.to_compile_error().into(),
    }
}
