//! The protocol `_ws.expert`: the diagnostics of all layers of a frame, named as in Wireshark. They stand in the words of the
//! layers that they are about; whoever shows or compares them reads them there.

use prosector_sdk::declare::{Base, Field, Kind, Protocol, ValueName};
use prosector_sdk::span::{Diagnostic, Severity};
use prosector_sdk::testkit::diagnostic_text;
use prosector_sdk::value::Value;
use std::borrow::Cow;

/// Its name.
pub const NAME: &str = "_ws.expert";

const SEVERITY: u16 = 0;
const CODE: u16 = 1;
const PROTOCOL: u16 = 2;
const MESSAGE: u16 = 3;

/// Its declaration.
pub(crate) fn protocol() -> Protocol {
    let text = |name, title, description| Field {
        name: Cow::Borrowed(name),
        title: Cow::Borrowed(title),
        description: Cow::Borrowed(description),
        kind: Kind::Str,
        computed: true,
        hidden: true,
        ..Field::EMPTY
    };
    let name = |n, name| ValueName { from: n, to: n, name: Cow::Borrowed(name) };
    let fields = vec![
        Field {
            kind: Kind::Uint,
            width: 4,
            base: Base::Dec,
            names: Cow::Owned(vec![name(NOTE, "Note"), name(WARNING, "Warning"), name(ERROR, "Error")]),
            ..text("_ws.expert.severity", "Severity", "How much a diagnostic matters")
        },
        text("_ws.expert.code", "Code", "A diagnostic's fixed name: short, cut, bad-length …"),
        text("_ws.expert.protocol", "Protocol", "The protocol whose dissector says it"),
        text("_ws.expert.message", "Message", "What is wrong, as a sentence"),
    ];
    Protocol {
        name: Cow::Borrowed(NAME),
        short: Cow::Borrowed("Expert"),
        title: Cow::Borrowed("Diagnostics"),
        description: Cow::Borrowed("What dissectors say of frames that are not as they should be."),
        fields: Cow::Owned(fields),
        ..Protocol::default()
    }
}

/// Wireshark's numbers.
const NOTE: u64 = 0x40_0000;
const WARNING: u64 = 0x60_0000;
const ERROR: u64 = 0x80_0000;

/// The value of one of its fields for a diagnostic of a layer of `protocol`. A text may be made in `text`.
pub fn expert_value<'a>(field: u16, protocol: &'a Protocol, d: &Diagnostic<'a>, text: &'a mut String) -> Value<'a> {
    match field {
        SEVERITY => Value::Uint(match d.severity {
            Severity::Note => NOTE,
            Severity::Warning => WARNING,
            Severity::Error => ERROR,
        }),
        CODE => Value::Str(d.code.as_bytes()),
        PROTOCOL => Value::Str(protocol.name.as_bytes()),
        MESSAGE => {
            *text = diagnostic_text(protocol, d);
            Value::Str(text.as_bytes())
        }
        _ => Value::None,
    }
}
