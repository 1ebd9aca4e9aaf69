//! Names of types, codes and other values, and the info line that is made of them.

use super::*;

value_names! {
    /// Message types, as IANA lists them.
    TYPES {
        1 "Destination Unreachable", 2 "Packet Too Big", 3 "Time Exceeded", 4 "Parameter Problem",
        100..=101 "Private experimentation", 127 "Reserved for expansion of ICMPv6 error messages",
        128 "Echo (ping) request", 129 "Echo (ping) reply", 130 "Multicast Listener Query",
        131 "Multicast Listener Report", 132 "Multicast Listener Done", 133 "Router Solicitation",
        134 "Router Advertisement", 135 "Neighbor Solicitation", 136 "Neighbor Advertisement", 137 "Redirect",
        138 "Router Renumbering", 139 "Node Information Query", 140 "Node Information Reply",
        141 "Inverse Neighbor Discovery Solicitation", 142 "Inverse Neighbor Discovery Advertisement",
        143 "Multicast Listener Report Message v2", 144 "Home Agent Address Discovery Request",
        145 "Home Agent Address Discovery Reply", 146 "Mobile Prefix Solicitation",
        147 "Mobile Prefix Advertisement", 148 "Certification Path Solicitation",
        149 "Certification Path Advertisement", 150 "Experimental Mobility", 151 "Multicast Router Advertisement",
        152 "Multicast Router Solicitation", 153 "Multicast Router Termination", 154 "FMIPv6", 155 "RPL Control",
        156 "Locator Update", 157 "Duplicate Address Request", 158 "Duplicate Address Confirmation",
        159 "MPL Control Message", 160 "Extended Echo request", 161 "Extended Echo reply",
        200..=201 "Private experimentation", 255 "Reserved for expansion of ICMPv6 informational messages",
    }
}
value_names! { SET { 0 "Not set", 1 "Set" } }
value_names! { INFINITY { 0xffffffff "Infinity" } }
value_names! { PREFERENCES { 0 "Medium", 1 "High", 2 "Reserved", 3 "Low" } }
value_names! { REGISTRATIONS { 0 "Success", 1 "Duplicate Exists", 2 "Neighbor Cache Full" } }

value_names! { UNREACHABLE_CODES {
    0 "no route to destination", 1 "Administratively prohibited", 2 "Beyond scope of source address",
    3 "Address unreachable", 4 "Port unreachable", 5 "Source address failed ingress/egress policy",
    6 "Reject route to destination", 7 "Error in Source Routing Header",
} }
value_names! { EXCEEDED_CODES { 0 "hop limit exceeded in transit", 1 "fragment reassembly time exceeded" } }
value_names! { PARAMETER_CODES {
    0 "erroneous header field encountered", 1 "unrecognized Next Header type encountered",
    2 "unrecognized IPv6 option encountered", 3 "IPv6 First Fragment has incomplete IPv6 Header Chain",
} }
value_names! { RENUMBERING_CODES { 0 "Command", 1 "Result", 255 "Sequence number reset" } }
value_names! { NODE_QUERY_CODES {
    0 "Query subject = IPv6 addresses", 1 "Query subject = DNS name or empty", 2 "Query subject = IPv4 addresses",
} }
value_names! { NODE_REPLY_CODES { 0 "Successful", 1 "Refused", 2 "Unknown query type" } }
value_names! { EXTENDED_ECHO_CODES { 0 "No error" } }
value_names! { EXTENDED_ECHO_REPLY_CODES {
    0 "No error", 1 "Malformed Query", 2 "No Such Interface", 3 "No Such Table Entry",
    4 "Multiple Interfaces Satisfy Query",
} }

/// The info line: type, and for types that have codes what the code means.
pub(super) fn say(pdu: &mut Pdu<'_>, kind: u8, code: u8) {
    let codes = match kind {
        1 => UNREACHABLE_CODES,
        3 => EXCEEDED_CODES,
        4 => PARAMETER_CODES,
        138 => RENUMBERING_CODES,
        139 => NODE_QUERY_CODES,
        140 => NODE_REPLY_CODES,
        155 => rpl::CODES,
        160 => EXTENDED_ECHO_CODES,
        161 => EXTENDED_ECHO_REPLY_CODES,
        _ => {
            return match name_of(TYPES, kind.into()) {
                Some(name) => pdu.info(format_args!("{name}")),
                None => pdu.info(format_args!("Unknown ({kind})")),
            };
        }
    };
    let name = Icmpv6::name(TYPE, kind);
    match name_of(codes, code.into()) {
        Some(code) => pdu.info(format_args!("{name} ({code})")),
        None => pdu.info(format_args!("{name} (Unknown ({code}))")),
    }
}
