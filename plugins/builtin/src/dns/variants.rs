//! Multicast DNS (RFC 6762) and LLMNR (RFC 4795): protocols of their own with the messages and the fields of DNS.

use super::*;
use prosector_sdk::declare::{Claim, Field, Protocol, Text};
use std::borrow::Cow;

/// The fields of DNS.
const fn fields() -> Cow<'static, [Field]> {
    match &Dns::PROTOCOL.fields {
        Cow::Borrowed(fields) => Cow::Borrowed(fields),
        Cow::Owned(_) => Cow::Borrowed(&[]),
    }
}

const fn claim(table: &'static str, key: u64) -> Claim {
    Claim { table: Cow::Borrowed(table), key }
}

/// Declares a protocol as `protocol!` does, but with the fields of DNS: the handles of those fit for it too.
macro_rules! variant {
    ($(#[$meta:meta])* $type:ident = $name:literal $short:literal, $title:literal, $variant:ident, $port:literal) => {
        $(#[$meta])*
        #[derive(Default)]
        pub(super) struct $type(Dns);

        impl prosector_sdk::Declared for $type {
            const PROTOCOL: &'static Protocol = {
                static CLAIMS: [Claim; 2] = [claim("udp.port", $port), claim("tcp.port", $port)];
                const NONE: &[Text] = &[];
                static PROTOCOL: Protocol = Protocol {
                    name: Cow::Borrowed($name),
                    short: Cow::Borrowed($short),
                    title: Cow::Borrowed($title),
                    description: Cow::Borrowed($title),
                    fields: fields(),
                    claims: Cow::Borrowed(&CLAIMS),
                    tables: Cow::Borrowed(NONE),
                    heuristics: Cow::Borrowed(NONE),
                    settings: Cow::Borrowed(&[]),
                    streams: Cow::Borrowed(NONE),
                    named: Cow::Borrowed(NONE),
                    bound: Cow::Borrowed(NONE),
                    stateful: true,
                };
                &PROTOCOL
            };
        }

        impl Dissector for $type {
            fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
                self.0.variant(pdu, Variant::$variant)
            }

            fn flow_end(&mut self, flow: u64) {
                self.0.flow_end(flow);
            }
        }

        builtin!($type);
    };
}

variant!(
    /// The dissector of multicast DNS.
    Mdns = "mdns" "MDNS", "Multicast Domain Name System", Mdns, 5353
);
variant!(
    /// The dissector of LLMNR.
    Llmnr = "llmnr" "LLMNR", "Link-local Multicast Name Resolution", Llmnr, 5355
);
