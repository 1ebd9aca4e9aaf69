//! Declarations: what a protocol is called, which fields it has, where it is found, what it hands on.
//!
//! Authors write them with [`protocol!`](crate::protocol); the host builds the same types from what a
//! component says of itself. That is why every text is a `Cow`.

use std::borrow::Cow;

/// A text that is either in the program (a linked-in protocol) or came from a component.
pub type Text = Cow<'static, str>;

/// Everything that the host must know of a protocol before the first frame.
#[derive(Clone, Debug, Default)]
#[cfg_attr(not(target_arch = "wasm32"), derive(serde::Deserialize, serde::Serialize))]
pub struct Protocol {
    /// Short lower-case name, the first part of every field's name: `ipv6`.
    pub name: Text,
    /// As it stands in a summary line: `IPv6`.
    pub short: Text,
    /// In full: `Internet Protocol Version 6`.
    pub title: Text,
    /// What it is and where it is specified.
    pub description: Text,
    /// Its fields; a field's position is its number in spans.
    pub fields: Cow<'static, [Field]>,
    /// Keys in dispatch tables that it claims.
    pub claims: Cow<'static, [Claim]>,
    /// Dispatch tables that its hand-ons look up; a hand-on names one by position.
    pub tables: Cow<'static, [Text]>,
    /// Tables in which it is asked about slices under keys that nobody claims.
    pub heuristics: Cow<'static, [Text]>,
    /// Settings it takes.
    pub settings: Cow<'static, [Setting]>,
    /// Those of `tables` to which it hands on parts of byte streams.
    pub streams: Cow<'static, [Text]>,
    /// Those of `tables` whose name stands in `frame.protocols`, between the protocols on both sides.
    pub named: Cow<'static, [Text]>,
    /// Those of `tables` that name a dissector to which it may bind flows.
    pub bound: Cow<'static, [Text]>,
    /// It keeps something from one PDU of a flow to the next.
    pub stateful: bool,
}

/// One field: how to read it from its bytes and how to show it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(serde::Deserialize, serde::Serialize))]
pub struct Field {
    /// Full name: `ipv6.hlim`.
    pub name: Text,
    /// As a tree shows it: `Hop Limit`.
    pub title: Text,
    /// A sentence for lists and help.
    pub description: Text,
    /// What kind of value it is.
    pub kind: Kind,
    /// Bytes that it occupies; 0 where that varies from frame to frame.
    pub width: u8,
    /// Least significant byte first.
    pub little_endian: bool,
    /// Bits of the bytes that belong to it; 0 means all of them. The value is shifted down to bit 0.
    pub mask: u64,
    /// The value is the number in the bytes times this.
    pub scale: u32,
    /// Of a float whose bytes are not IEEE 754 but a whole number: how the one becomes the other.
    pub fixed: Option<FixedPoint>,
    /// How numbers are written.
    pub base: Base,
    /// Unit of the value, shown behind it.
    pub unit: Text,
    /// Names of values.
    pub names: Cow<'static, [ValueName]>,
    /// The value is not in the bytes: a second word behind the span holds it.
    pub computed: bool,
    /// For selecting only, never shown in a tree: `ip.addr`.
    pub hidden: bool,
    /// Recorded from the bytes behind the payload, once the payload's own length is known: `eth.trailer`.
    pub trailer: bool,
    /// A part of the number before it (`tcp.flags.syn` of `tcp.flags`), shown one level deeper.
    pub part: bool,
    /// Its value comes from other frames. A stateful protocol of which no such field is wanted, though it has some, and which
    /// hands no stream on to anybody, needs no order.
    pub linked: bool,
    /// Whether it is what a summary line calls source or destination.
    pub role: Role,
}

impl Field {
    /// A field of which only the name and kind are said.
    pub const EMPTY: Field = Field {
        name: Cow::Borrowed(""),
        title: Cow::Borrowed(""),
        description: Cow::Borrowed(""),
        kind: Kind::None,
        width: 0,
        little_endian: false,
        mask: 0,
        scale: 1,
        fixed: None,
        base: Base::Dec,
        unit: Cow::Borrowed(""),
        names: Cow::Borrowed(&[]),
        computed: false,
        hidden: false,
        trailer: false,
        part: false,
        linked: false,
        role: Role::None,
    };
}

/// How a whole number in the bytes becomes a float: `number * scale / divisor + offset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(serde::Deserialize, serde::Serialize))]
pub struct FixedPoint {
    /// The number is two's complement.
    pub signed: bool,
    /// What it is divided by, not 0.
    pub divisor: u32,
    /// What is then added.
    pub offset: i32,
}

impl FixedPoint {
    /// The float that a number, already shifted down and sign-extended, stands for. One division, so that 253 tenths are
    /// 25.3 and nothing else.
    #[inline]
    pub fn value(&self, number: i128, scale: u32) -> f64 {
        let divisor = i128::from(self.divisor.max(1));
        (number * i128::from(scale) + i128::from(self.offset) * divisor) as f64 / divisor as f64
    }
}

/// What kind of value a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(not(target_arch = "wasm32"), serde(rename_all = "snake_case"))]
#[repr(u8)]
pub enum Kind {
    /// No value: the field is there or it isn't.
    None,
    /// Several fields under one heading.
    Group,
    /// Unsigned number.
    Uint,
    /// Signed number, two's complement.
    Int,
    /// True or false.
    Bool,
    /// IEEE 754, 4 or 8 bytes; or [`Field::fixed`].
    Float,
    /// Bytes.
    Bytes,
    /// Text; bytes that are not UTF-8 are replaced.
    Str,
    /// 48-bit MAC address.
    Mac,
    /// 64-bit MAC address.
    Eui64,
    /// IPv4 address.
    Ipv4,
    /// IPv6 address; fewer than 16 bytes are a prefix.
    Ipv6,
    /// UUID, as in RFC 9562.
    Uuid,
    /// Absolute time: seconds since 1970; as computed value: nanoseconds.
    TimeS,
    /// Absolute time: nanoseconds since 1970, after scaling.
    TimeNs,
    /// Absolute time: NTP time stamp, 32.32 bits since 1900 (RFC 5905, section 6).
    TimeNtp,
    /// A time span; as computed value: nanoseconds.
    Duration,
}

impl Kind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Kind; 17] = [
        Kind::None,
        Kind::Group,
        Kind::Uint,
        Kind::Int,
        Kind::Bool,
        Kind::Float,
        Kind::Bytes,
        Kind::Str,
        Kind::Mac,
        Kind::Eui64,
        Kind::Ipv4,
        Kind::Ipv6,
        Kind::Uuid,
        Kind::TimeS,
        Kind::TimeNs,
        Kind::TimeNtp,
        Kind::Duration,
    ];

    /// Whether a computed value of this kind lies in the side buffer instead of one word.
    pub const fn is_long(self) -> bool {
        matches!(self, Kind::Bytes | Kind::Str | Kind::Ipv6 | Kind::Uuid)
    }
}

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(not(target_arch = "wasm32"), serde(rename_all = "snake_case"))]
#[repr(u8)]
pub enum Base {
    /// `4660`
    Dec,
    /// `0x1234`
    Hex,
    /// `0o11064`, as `011064`
    Oct,
}

/// What a field is for a summary line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(not(target_arch = "wasm32"), serde(rename_all = "snake_case"))]
#[repr(u8)]
pub enum Role {
    /// Nothing.
    None,
    /// The sender's address.
    Source,
    /// The receiver's address.
    Destination,
}

/// A name for a value or for a range of values.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(serde::Deserialize, serde::Serialize))]
pub struct ValueName {
    /// The smallest value that it names.
    pub from: u64,
    /// The largest value that it names.
    pub to: u64,
    /// The name.
    pub name: Text,
}

/// One key of one dispatch table, claimed by a protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(serde::Deserialize, serde::Serialize))]
pub struct Claim {
    /// The table: `udp.port`.
    pub table: Text,
    /// The key: 53.
    pub key: u64,
}

/// A setting that a protocol takes.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(serde::Deserialize, serde::Serialize))]
pub struct Setting {
    /// Its name, without the protocol's: `check_checksum`.
    pub name: Text,
    /// What it does.
    pub description: Text,
    /// Its value where nobody says otherwise, and so its type.
    pub default: SettingValue,
    /// A text must be one of these; empty: any text.
    pub choices: Cow<'static, [Text]>,
    /// The least and the most that a number may be.
    pub range: (u64, u64),
}

impl Setting {
    /// Reads a text as a value of this setting; the error says what would be right.
    pub fn parse(&self, text: &str) -> Result<SettingValue, String> {
        match &self.default {
            SettingValue::Bool(_) => match text.to_ascii_lowercase().as_str() {
                "true" => Ok(SettingValue::Bool(true)),
                "false" => Ok(SettingValue::Bool(false)),
                _ => Err("true or false".into()),
            },
            SettingValue::Uint(_) => match (text.parse(), self.range) {
                (Ok(n), (min, max)) if (min..=max).contains(&n) => Ok(SettingValue::Uint(n)),
                (_, (0, u64::MAX)) => Err("a whole number".into()),
                (_, (min, max)) => Err(format!("a whole number from {min} to {max}")),
            },
            SettingValue::Text(_) if self.choices.is_empty() || self.choices.iter().any(|c| c == text) => {
                Ok(SettingValue::Text(text.to_owned().into()))
            }
            SettingValue::Text(_) => Err(format!("one of {}", self.choices.join(", "))),
        }
    }
}

/// The value of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(not(target_arch = "wasm32"), serde(rename_all = "snake_case"))]
pub enum SettingValue {
    /// On or off.
    Bool(bool),
    /// A number.
    Uint(u64),
    /// A text.
    Text(Text),
}

/// The settings of one protocol: what the user said, and the defaults for the rest.
#[derive(Clone, Debug, Default)]
pub struct Settings(pub Vec<(Text, SettingValue)>);

impl Settings {
    /// The defaults of a protocol.
    pub fn of(protocol: &Protocol) -> Settings {
        Settings(protocol.settings.iter().map(|s| (s.name.clone(), s.default.clone())).collect())
    }

    fn get(&self, name: &str) -> Option<&SettingValue> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    /// Whether a setting is on; `false` where it isn't declared as one that can be.
    pub fn is_on(&self, name: &str) -> bool {
        matches!(self.get(name), Some(SettingValue::Bool(true)))
    }

    /// A setting's number; 0 where it isn't declared as one.
    pub fn number(&self, name: &str) -> u64 {
        if let Some(SettingValue::Uint(n)) = self.get(name) { *n } else { 0 }
    }

    /// A setting's text; empty where it isn't declared as one.
    pub fn text(&self, name: &str) -> &str {
        if let Some(SettingValue::Text(t)) = self.get(name) { t } else { "" }
    }
}

/// The name of a value in a list of value names.
pub fn name_of(names: &[ValueName], value: u64) -> Option<&str> {
    names.iter().find(|n| (n.from..=n.to).contains(&value)).map(|n| &*n.name)
}

/// A list of value names that several fields share.
///
/// ```
/// prosector_sdk::value_names! {
///     /// Reply codes.
///     RCODES { 0 "No error", 1 "Format error", 16..=22 "Reserved" }
/// }
/// assert_eq!(prosector_sdk::declare::name_of(RCODES, 20), Some("Reserved"));
/// ```
#[macro_export]
macro_rules! value_names {
    (@to $from:literal) => { $from };
    (@to $from:literal $to:literal) => { $to };
    ($(#[$meta:meta])* pub $name:ident { $($names:tt)* }) => {
        $crate::value_names!(@list $(#[$meta])* [pub] $name { $($names)* });
    };
    ($(#[$meta:meta])* $name:ident { $($names:tt)* }) => {
        $crate::value_names!(@list $(#[$meta])* [pub(crate)] $name { $($names)* });
    };
    (@list $(#[$meta:meta])* [$visible:vis] $name:ident { $($from:literal $(..= $to:literal)? $text:literal),* $(,)? }) => {
        $(#[$meta])*
        $visible const $name: &[$crate::declare::ValueName] = &[$($crate::declare::ValueName {
            from: $from,
            to: $crate::value_names!(@to $from $($to)?),
            name: ::std::borrow::Cow::Borrowed($text),
        }),*];
    };
}
