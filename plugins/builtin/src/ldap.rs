//! LDAP, version 3 (RFC 4511), over TCP; and CLDAP, the same messages over UDP, with which Windows finds its domain
//! controllers (MS-ADTS, section 6.3): the fields `mscldap.*`.

use crate::ber::{self, id};
use crate::lines;
use prosector_sdk::declare::{Claim, Field, Protocol, Text};
use prosector_sdk::handle::{ComputedBytes, ComputedWord, Handle, Variable};
use prosector_sdk::prelude::*;
use prosector_sdk::requests::{Recent, Sighting};
use std::borrow::Cow;

/// The dissector.
#[derive(Default)]
pub struct Ldap {
    flows: Flows<Flow>,
}

#[derive(Default)]
struct Flow {
    requests: Recent<i64, Sighting>,
    /// The client has asked for TLS.
    start_tls: bool,
    /// The security tokens of the bind are of the GSS-API.
    gss: bool,
}

protocol! {
    /// Lightweight Directory Access Protocol, RFC 4511.
    Ldap = ldap "LDAP", "Lightweight Directory Access Protocol" {
        sasl_buffer_length: u32                 "SASL Buffer Length" unit "bytes",
        messageID: u32                          "messageID",
        protocolOp: computed u32                "protocolOp" = OPERATIONS,
        version: u32                            "version",
        name: str                               "name",
        authentication: computed u32            "authentication" = {
            0 "simple", 3 "sasl", 10 "ntlmsspNegotiate", 11 "ntlmsspAuth",
        },
        simple: str                             "simple",
        mechanism: str                          "mechanism",
        credentials: bytes                      "credentials",
        resultCode: u32                         "resultCode" = RESULTS,
        matchedDN: str                          "matchedDN",
        errorMessage: str                       "errorMessage",
        referral: computed u32                  "referral" unit "items",
        LDAPURL: str                            "LDAPURL",
        serverSaslCreds: bytes                  "serverSaslCreds",
        baseObject: str                         "baseObject",
        scope: u32                              "scope" = { 0 "baseObject", 1 "singleLevel", 2 "wholeSubtree" },
        derefAliases: u32                       "derefAliases" = {
            0 "neverDerefAliases", 1 "derefInSearching", 2 "derefFindingBaseObj", 3 "derefAlways",
        },
        sizeLimit: u32                          "sizeLimit",
        timeLimit: u32                          "timeLimit" unit "s",
        typesOnly: bool                         "typesOnly",
        filter: computed u32                    "filter" = FILTERS,
        and: computed u32                       "and" unit "items",
        and_item: computed u32                  "and item" = FILTERS,
        or: computed u32                        "or" unit "items",
        or_item: computed u32                   "or item" = FILTERS,
        not: computed u32                       "not" = FILTERS,
        attributeDesc: str                      "attributeDesc",
        assertionValue: str                     "assertionValue",
        present: str                            "present",
        substrings: computed u32                "substrings" unit "items",
        substrings_item: computed u32           "substrings item" = { 0 "initial", 1 "any", 2 "final" },
        initial: str                            "initial",
        any: str                                "any",
        final: str                              "final",
        matchingRule: str                       "matchingRule",
        matchValue: str                         "matchValue",
        dnAttributes: bool                      "dnAttributes",
        attributes: computed u32                "attributes" unit "items",
        AttributeDescription: str               "AttributeDescription",
        objectName: str                         "objectName",
        attribute: group                        "Attribute",
        type: str                               "type",
        vals: computed u32                      "vals" unit "items",
        AttributeValue: bytes                   "AttributeValue",
        oid: str                                "OID",
        guid: computed uuid                     "GUID",
        searchResRef: computed u32              "searchResRef" unit "items",
        object: str                             "object",
        modification: computed u32              "modification" unit "items",
        operation: u32                          "operation" = { 0 "add", 1 "delete", 2 "replace", 3 "increment" },
        entry: str                              "entry",
        delRequest: str                         "delRequest",
        newrdn: str                             "newrdn",
        deleteoldrdn: bool                      "deleteoldrdn",
        newSuperior: str                        "newSuperior",
        abandonRequest: u32                     "abandonRequest",
        requestName: str                        "requestName",
        requestValue: bytes                     "requestValue",
        responseName: str                       "responseName",
        responseValue: bytes                    "responseValue",
        controls: computed u32                  "controls" unit "items",
        control: group                          "Control",
        controlType: str                        "controlType",
        criticality: bool                       "criticality",
        controlValue: bytes                     "controlValue",
        size: i32                               "size",
        cookie: bytes                           "cookie",
        response_to: computed u32               "Response To",
        time: computed duration                 "Time",

        .mscldap.ntver.flags as NTVER: u32 le hex "Version Flags",
        .mscldap.ntver.searchflags.v1 as NTVER_V1: bool(u32) le & 0x1 "V1" = { 0 "Not requested", 1 "Version 1 netlogon response requested" },
        .mscldap.ntver.searchflags.v5 as NTVER_V5: bool(u32) le & 0x2 "V5" = { 0 "Not requested", 1 "Version 5 netlogon response requested" },
        .mscldap.ntver.searchflags.v5ex as NTVER_V5EX: bool(u32) le & 0x4 "V5EX" = { 0 "Not requested", 1 "Version 5 extended netlogon response requested" },
        .mscldap.ntver.searchflags.v5ep as NTVER_V5EP: bool(u32) le & 0x8 "V5EP" = { 0 "Not requested", 1 "IP address of the server requested" },
        .mscldap.ntver.searchflags.vcs as NTVER_VCS: bool(u32) le & 0x10 "VCS" = { 0 "Not requested", 1 "Closest site information requested" },
        .mscldap.ntver.searchflags.vnt4 as NTVER_VNT4: bool(u32) le & 0x1000000 "VNT4" = { 0 "Only full AD DS requested", 1 "Server to avoid NT4 emulation" },
        .mscldap.ntver.searchflags.vpdc as NTVER_VPDC: bool(u32) le & 0x10000000 "VPDC" = { 0 "Not requested", 1 "Primary Domain Controller requested" },
        .mscldap.ntver.searchflags.vip as NTVER_VIP: bool(u32) le & 0x20000000 "VIP" = { 0 "Not requested", 1 "IP details requested (obsolete)" },
        .mscldap.ntver.searchflags.vl as NTVER_VL: bool(u32) le & 0x40000000 "VL" = { 0 "Client is not the local machine", 1 "Client is the local machine" },
        .mscldap.ntver.searchflags.vgc as NTVER_VGC: bool(u32) le & 0x80000000 "VGC" = { 0 "Not requested", 1 "Global Catalog server requested" },
        .mscldap.netlogon.opcode as NETLOGON_OPCODE: u16 le "Operation code" = {
            19 "LOGON_SAM_LOGON_RESPONSE", 21 "LOGON_SAM_USER_UNKNOWN", 23 "LOGON_SAM_LOGON_RESPONSE_EX",
            24 "LOGON_SAM_PAUSE_RESPONSE_EX", 25 "LOGON_SAM_USER_UNKNOWN_EX",
        },
        .mscldap.netlogon.flags as NETLOGON_FLAGS: u32 le hex "Flags",
        .mscldap.netlogon.flags.forestnc as NETLOGON_FORESTNC: bool(u32) le & 0x80000000 "FDC" = { 0 "Not the default forest NC", 1 "The NC is the default forest NC" },
        .mscldap.netlogon.flags.defaultnc as NETLOGON_DEFAULTNC: bool(u32) le & 0x40000000 "DNC" = { 0 "Not the default NC", 1 "The NC is the default NC" },
        .mscldap.netlogon.flags.dnsname as NETLOGON_DNSNAME: bool(u32) le & 0x20000000 "DNS" = { 0 "Server name is not in DNS format", 1 "Server name is in DNS format" },
        .mscldap.netlogon.flags.writabledc as NETLOGON_WRITABLEDC: bool(u32) le & 0x1000 "WDC" = { 0 "Not a writable domain controller", 1 "Writable domain controller" },
        .mscldap.netlogon.flags.rodc as NETLOGON_RODC: bool(u32) le & 0x800 "RODC" = { 0 "Not a read-only domain controller", 1 "Read-only domain controller" },
        .mscldap.netlogon.flags.ndnc as NETLOGON_NDNC: bool(u32) le & 0x400 "NDNC" = { 0 "Domain NC", 1 "Non-domain NC serviced by LDAP server" },
        .mscldap.netlogon.flags.good_timeserv as NETLOGON_GOOD_TIMESERV: bool(u32) le & 0x200 "Good Time Serv" = { 0 "Has no hardware clock", 1 "Has a hardware clock" },
        .mscldap.netlogon.flags.writable as NETLOGON_WRITABLE: bool(u32) le & 0x100 "Writable",
        .mscldap.netlogon.flags.closest as NETLOGON_CLOSEST: bool(u32) le & 0x80 "Closest" = { 0 "Not in the client's site", 1 "In the client's site" },
        .mscldap.netlogon.flags.timeserv as NETLOGON_TIMESERV: bool(u32) le & 0x40 "Time Serv",
        .mscldap.netlogon.flags.kdc as NETLOGON_KDC: bool(u32) le & 0x20 "KDC",
        .mscldap.netlogon.flags.ds as NETLOGON_DS: bool(u32) le & 0x10 "DS",
        .mscldap.netlogon.flags.ldap as NETLOGON_LDAP: bool(u32) le & 0x8 "LDAP",
        .mscldap.netlogon.flags.gc as NETLOGON_GC: bool(u32) le & 0x4 "GC",
        .mscldap.netlogon.flags.pdc as NETLOGON_PDC: bool(u32) le & 0x1 "PDC",
        .mscldap.domain.guid as NETLOGON_GUID: computed uuid "Domain GUID",
        .mscldap.forest as NETLOGON_FOREST: computed str "Forest",
        .mscldap.domain as NETLOGON_DOMAIN: computed str "Domain",
        .mscldap.hostname as NETLOGON_HOSTNAME: computed str "Hostname",
        .mscldap.nb_domain as NETLOGON_NB_DOMAIN: computed str "NetBIOS Domain",
        .mscldap.nb_hostname as NETLOGON_NB_HOSTNAME: computed str "NetBIOS Hostname",
        .mscldap.username as NETLOGON_USERNAME: computed str "Username",
        .mscldap.sitename as NETLOGON_SITENAME: computed str "Server Site",
        .mscldap.clientsitename as NETLOGON_CLIENTSITENAME: computed str "Client Site",
        .mscldap.netlogon.lm_token as NETLOGON_LM_TOKEN: u16 le hex "LM Token",
        .mscldap.netlogon.nt_token as NETLOGON_NT_TOKEN: u16 le hex "NT Token",
    }
    claims { tcp.port = [389, 3268] }
    tables { GSS: "@gss-api", TLS: "@tls" bound }
    stateful
}

value_names! {
    /// Operations: the numbers of their tags.
    OPERATIONS {
        0 "bindRequest", 1 "bindResponse", 2 "unbindRequest", 3 "searchRequest", 4 "searchResEntry",
        5 "searchResDone", 6 "modifyRequest", 7 "modifyResponse", 8 "addRequest", 9 "addResponse", 10 "delRequest",
        11 "delResponse", 12 "modDNRequest", 13 "modDNResponse", 14 "compareRequest", 15 "compareResponse",
        16 "abandonRequest", 19 "searchResRef", 23 "extendedReq", 24 "extendedResp", 25 "intermediateResponse",
    }
}

value_names! {
    /// Kinds of filters (RFC 4511, section 4.5.1.7).
    FILTERS {
        0 "and", 1 "or", 2 "not", 3 "equalityMatch", 4 "substrings", 5 "greaterOrEqual", 6 "lessOrEqual",
        7 "present", 8 "approxMatch", 9 "extensibleMatch",
    }
}

value_names! {
    /// Results (RFC 4511, section 4.1.9).
    RESULTS {
        0 "success", 1 "operationsError", 2 "protocolError", 3 "timeLimitExceeded", 4 "sizeLimitExceeded",
        5 "compareFalse", 6 "compareTrue", 7 "authMethodNotSupported", 8 "strongerAuthRequired", 10 "referral",
        11 "adminLimitExceeded", 12 "unavailableCriticalExtension", 13 "confidentialityRequired",
        14 "saslBindInProgress", 16 "noSuchAttribute", 17 "undefinedAttributeType", 18 "inappropriateMatching",
        19 "constraintViolation", 20 "attributeOrValueExists", 21 "invalidAttributeSyntax", 32 "noSuchObject",
        33 "aliasProblem", 34 "invalidDNSyntax", 36 "aliasDereferencingProblem", 48 "inappropriateAuthentication",
        49 "invalidCredentials", 50 "insufficientAccessRights", 51 "busy", 52 "unavailable",
        53 "unwillingToPerform", 54 "loopDetect", 64 "namingViolation", 65 "objectClassViolation",
        66 "notAllowedOnNonLeaf", 67 "notAllowedOnRDN", 68 "entryAlreadyExists", 69 "objectClassModsProhibited",
        71 "affectsMultipleDSAs", 80 "other", 118 "canceled", 119 "noSuchOperation", 120 "tooLate",
        121 "cannotCancel",
    }
}

/// The request that begins TLS (RFC 4511, section 4.14.1).
const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";
/// The control for results in pages (RFC 2696).
const PAGED_RESULTS: &[u8] = b"1.2.840.113556.1.4.319";
/// No message is longer.
const MAX_LEN: usize = 1 << 24;

impl Dissector for Ldap {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        // Once a security layer is agreed on, each message comes in a buffer behind its length (RFC 4422, section 3.7).
        if pdu.rest().first() == Some(&0) {
            let len = pdu.take(SASL_BUFFER_LENGTH)? as usize;
            if len > MAX_LEN {
                return pdu.reject();
            }
            pdu.set_len(SASL_BUFFER_LENGTH, 4 + len);
            pdu.wait_for(4 + len)?;
            let Some(plain) = signed_only(pdu.rest()) else {
                pdu.info(format_args!("SASL GSS-API Privacy: payload ({len} bytes)"));
                return Ok(());
            };
            if plain.start + plain.len() == len {
                pdu.hand_to(GSS).len(plain.start);
            }
            pdu.skip(plain.start)?;
            return pdu.within(SASL_BUFFER_LENGTH, plain.len(), |pdu| {
                while ber::next_is(pdu, id::SEQUENCE) {
                    self.message(pdu)?;
                }
                Ok(())
            });
        }
        if !ber::next_is(pdu, id::SEQUENCE) {
            return pdu.reject();
        }
        let Some(header) = ber::peek(pdu) else { return pdu.skip(pdu.remaining() + 1) };
        if header.total() > MAX_LEN {
            return pdu.reject();
        }
        pdu.set_len(MESSAGEID, header.total());
        pdu.wait_for(header.total())?;
        self.message(pdu)
    }

    fn flow_end(&mut self, flow: u64) {
        self.flows.end(flow);
    }
}

/// Where the messages are in a Kerberos token that is signed but not sealed (RFC 4121, section 4.2.6.2): behind its header, and
/// behind the checksum if that was rotated to the front.
fn signed_only(token: &[u8]) -> Option<std::ops::Range<usize>> {
    const HEADER: usize = 16;
    const SEALED: u8 = 0x02;
    let &[5, 4, flags, 0xff, ec0, ec1, rrc0, rrc1, ..] = token else { return None };
    let (checksum, rotated) = (usize::from(ec0) << 8 | usize::from(ec1), usize::from(rrc0) << 8 | usize::from(rrc1));
    let len = token.len().checked_sub(HEADER + checksum).filter(|_| flags & SEALED == 0)?;
    match rotated {
        0 => Some(HEADER..HEADER + len),
        n if n == checksum => Some(HEADER + checksum..token.len()),
        _ => None,
    }
}

impl Ldap {
    fn message(&mut self, pdu: &mut Pdu<'_>) -> Step {
        ber::element(pdu, |pdu, _| {
            let message = ber::integer(pdu, MESSAGEID)?;
            let at = pdu.position();
            ber::element(pdu, |pdu, header| {
                let kind = header.number;
                pdu.computed(PROTOCOLOP, at..at + header.head, kind);
                pdu.info(format_args!("{}({message})", Ldap::name(PROTOCOLOP, kind)));
                let flow = self.flows.of(pdu.flow());
                flow.link(pdu, kind, message);
                operation(pdu, kind, message, flow)
            })?;
            ber::optional(pdu, id::constructed(0), |pdu| {
                // The tag is implicit: the controls are right inside.
                pdu.computed(CONTROLS, pdu.position()..pdu.position(), ber::count(pdu.rest()));
                while pdu.remaining() > 0 {
                    pdu.group(CONTROL, control)?;
                }
                Ok(())
            })
            .map(drop)
        })
    }
}

impl Flow {
    fn link(&mut self, pdu: &mut Pdu<'_>, kind: u32, message: i64) {
        let now = Sighting::of(pdu);
        match kind {
            0 | 3 | 6 | 8 | 10 | 12 | 14 | 23 => {
                self.requests.insert(message, now);
            }
            1 | 4 | 5 | 7 | 9 | 11 | 13 | 15 | 19 | 24 | 25 => {
                if let Some(sent) = self.requests.get(&message) {
                    pdu.computed(RESPONSE_TO, 0..0, sent.frame);
                    pdu.computed(TIME, 0..0, now.time.saturating_sub(sent.time));
                }
            }
            _ => {}
        }
    }
}

/// What the summary says of a message: what it is, and whom it is about.
fn about(pdu: &mut Pdu<'_>, kind: u32, message: i64, name: &[u8], more: impl std::fmt::Display) {
    let shown = if name.is_empty() { "<ROOT>".into() } else { String::from_utf8_lossy(name) };
    pdu.info(format_args!("{}({message}) \"{shown}\"{more}", Ldap::name(PROTOCOLOP, kind)));
}

fn operation(pdu: &mut Pdu<'_>, kind: u32, message: i64, flow: &mut Flow) -> Step {
    match kind {
        0 => bind(pdu, message, flow),
        1 => {
            result(pdu, kind, message)?;
            while pdu.remaining() > 0 {
                if ber::next_is(pdu, id::context(7)) {
                    token(pdu, SERVERSASLCREDS, flow.gss)?;
                } else {
                    referral(pdu)?;
                }
            }
            Ok(())
        }
        3 => search(pdu, message),
        4 => {
            let name = ber::octets(pdu, OBJECTNAME)?;
            about(pdu, kind, message, name, "");
            attributes(pdu)
        }
        19 => {
            let at = pdu.position();
            pdu.computed(SEARCHRESREF, at..at, ber::count(pdu.rest()));
            while pdu.remaining() > 0 {
                ber::octets(pdu, LDAPURL)?;
            }
            Ok(())
        }
        6 => {
            let name = ber::octets(pdu, OBJECT)?;
            about(pdu, kind, message, name, "");
            ber::counted(pdu, MODIFICATION, |pdu| {
                ber::element(pdu, |pdu, _| {
                    ber::integer(pdu, OPERATION)?;
                    attribute(pdu)
                })
            })
        }
        8 => {
            let name = ber::octets(pdu, ENTRY)?;
            about(pdu, kind, message, name, "");
            attributes(pdu)
        }
        // The contents are the name itself: the tag is implicit.
        10 => {
            let name = pdu.take_rest(DELREQUEST);
            about(pdu, kind, message, name, "");
            Ok(())
        }
        12 => {
            let name = ber::octets(pdu, ENTRY)?;
            about(pdu, kind, message, name, "");
            ber::octets(pdu, NEWRDN)?;
            ber::integer(pdu, DELETEOLDRDN)?;
            if pdu.remaining() > 0 {
                ber::octets(pdu, NEWSUPERIOR)?;
            }
            Ok(())
        }
        14 => {
            let name = ber::octets(pdu, ENTRY)?;
            about(pdu, kind, message, name, "");
            ber::element(pdu, |pdu, _| assertion(pdu))
        }
        16 => {
            let at = pdu.position();
            pdu.mark(ABANDONREQUEST, at..at + pdu.remaining());
            Ok(())
        }
        23 => {
            let name = ber::octets(pdu, REQUESTNAME)?;
            flow.start_tls = name == START_TLS;
            if pdu.remaining() > 0 {
                ber::octets(pdu, REQUESTVALUE)?;
            }
            Ok(())
        }
        24 => {
            let success = result(pdu, kind, message)? == 0;
            ber::each_tagged(pdu, |pdu, tag| match tag {
                10 => ber::octets(pdu, RESPONSENAME).map(drop),
                11 => ber::octets(pdu, RESPONSEVALUE).map(drop),
                _ => referral(pdu),
            })?;
            if std::mem::take(&mut flow.start_tls) && success {
                pdu.bind(TLS);
            }
            Ok(())
        }
        25 => ber::each_tagged(pdu, |pdu, tag| match tag {
            0 => ber::octets(pdu, RESPONSENAME).map(drop),
            _ => ber::octets(pdu, RESPONSEVALUE).map(drop),
        }),
        5 | 7 | 9 | 11 | 13 | 15 => {
            result(pdu, kind, message)?;
            while pdu.remaining() > 0 {
                referral(pdu)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn bind(pdu: &mut Pdu<'_>, message: i64, flow: &mut Flow) -> Step {
    ber::integer(pdu, VERSION)?;
    let name = ber::octets(pdu, NAME)?;
    let Some(header) = ber::peek(pdu) else { return pdu.skip(pdu.remaining() + 1) };
    let at = pdu.position();
    pdu.computed(AUTHENTICATION, at..at + header.head, header.number);
    let how = match header.number {
        0 => " simple",
        3 => " sasl",
        _ => "",
    };
    about(pdu, 0, message, name, how);
    match header.number {
        0 => ber::octets(pdu, SIMPLE).map(drop),
        3 => ber::element(pdu, |pdu, _| {
            let mechanism = ber::octets(pdu, MECHANISM)?;
            flow.gss = mechanism.starts_with(b"GSS");
            if pdu.remaining() > 0 {
                token(pdu, CREDENTIALS, flow.gss)?;
            }
            Ok(())
        }),
        _ => ber::skip(pdu),
    }
}

/// A security token, which is handed on if it is of the GSS-API.
fn token(pdu: &mut Pdu<'_>, field: Handle<Variable>, gss: bool) -> Step {
    ber::element(pdu, |pdu, _| {
        let at = pdu.position();
        pdu.mark(field, at..at + pdu.remaining());
        if gss && pdu.remaining() > 0 {
            pdu.hand_to(GSS).detail();
        }
        Ok(())
    })
}

/// Returns the result's number.
fn result(pdu: &mut Pdu<'_>, kind: u32, message: i64) -> Result<i64, Stop> {
    let code = ber::integer(pdu, RESULTCODE)?;
    let name = name_of(&Ldap::PROTOCOL.fields[RESULTCODE.id as usize].names, code as u64).unwrap_or("unknown result");
    ber::octets(pdu, MATCHEDDN)?;
    let text = ber::octets(pdu, ERRORMESSAGE)?;
    let operation = Ldap::name(PROTOCOLOP, kind);
    match text {
        [] => pdu.info(format_args!("{operation}({message}) {name}")),
        _ => pdu.info(format_args!("{operation}({message}) {name} ({})", lines::show(text))),
    }
    Ok(code)
}

fn referral(pdu: &mut Pdu<'_>) -> Step {
    ber::counted(pdu, REFERRAL, |pdu| ber::octets(pdu, LDAPURL).map(drop))
}

fn search(pdu: &mut Pdu<'_>, message: i64) -> Step {
    let base = ber::octets(pdu, BASEOBJECT)?;
    let scope = ber::integer(pdu, SCOPE)?;
    let scope = name_of(&Ldap::PROTOCOL.fields[SCOPE.id as usize].names, scope as u64).unwrap_or("unknown");
    about(pdu, 3, message, base, format_args!(" {scope}"));
    ber::integer(pdu, DEREFALIASES)?;
    ber::integer(pdu, SIZELIMIT)?;
    ber::integer(pdu, TIMELIMIT)?;
    ber::integer(pdu, TYPESONLY)?;
    filter(pdu, FILTER, 0)?;
    ber::counted(pdu, ATTRIBUTES, |pdu| ber::octets(pdu, ATTRIBUTEDESCRIPTION).map(drop))
}

/// A filter; `field` takes its kind.
fn filter(pdu: &mut Pdu<'_>, field: Handle<ComputedWord>, depth: usize) -> Step {
    let at = pdu.position();
    ber::element(pdu, |pdu, header| {
        pdu.computed(field, at..at + header.head, header.number);
        if depth > ber::MAX_DEPTH {
            pdu.diagnostic(Severity::Warning, "too-deep", at..at + header.head, format_args!("filters in filters"));
            return Ok(());
        }
        match header.number {
            0 | 1 => {
                let (list, item) = if header.number == 0 { (AND, AND_ITEM) } else { (OR, OR_ITEM) };
                pdu.computed(list, at..at + header.head, ber::count(pdu.rest()));
                while pdu.remaining() > 0 {
                    filter(pdu, item, depth + 1)?;
                }
                Ok(())
            }
            2 => filter(pdu, NOT, depth + 1),
            3 | 5 | 6 | 8 => assertion(pdu),
            4 => {
                ber::octets(pdu, TYPE)?;
                ber::counted(pdu, SUBSTRINGS, |pdu| {
                    let at = pdu.position();
                    let kind = ber::peek(pdu).map_or(0, |header| header.number);
                    pdu.computed(SUBSTRINGS_ITEM, at..at + 1, kind);
                    let field = match kind {
                        0 => INITIAL,
                        1 => ANY,
                        _ => FINAL,
                    };
                    ber::octets(pdu, field).map(drop)
                })
            }
            7 => {
                pdu.take_rest(PRESENT);
                Ok(())
            }
            9 => ber::each_tagged(pdu, |pdu, tag| match tag {
                1 => ber::octets(pdu, MATCHINGRULE).map(drop),
                2 => ber::octets(pdu, TYPE).map(drop),
                3 => ber::octets(pdu, MATCHVALUE).map(drop),
                _ => ber::integer(pdu, DNATTRIBUTES).map(drop),
            }),
            _ => Ok(()),
        }
    })
}

fn assertion(pdu: &mut Pdu<'_>) -> Step {
    let name = ber::octets(pdu, ATTRIBUTEDESC)?;
    ber::element(pdu, |pdu, _| match (name, pdu.remaining()) {
        (b"NtVer", 4) => nt_version(pdu),
        (b"DomainGuid" | b"DomainGUID", 16) => guid(pdu, GUID),
        (_, 0) => Ok(()),
        _ => {
            pdu.take_rest(ASSERTIONVALUE);
            Ok(())
        }
    })
}

fn attributes(pdu: &mut Pdu<'_>) -> Step {
    ber::counted(pdu, ATTRIBUTES, attribute)
}

fn attribute(pdu: &mut Pdu<'_>) -> Step {
    pdu.group(ATTRIBUTE, |pdu| {
        ber::element(pdu, |pdu, _| {
            let kind = ber::octets(pdu, TYPE)?;
            ber::counted(pdu, VALS, |pdu| match kind {
                b"supportedCapabilities" | b"supportedControl" | b"supportedExtension" | b"supportedFeatures" => {
                    ber::octets(pdu, OID).map(drop)
                }
                b"objectGUID" => ber::element(pdu, |pdu, header| match header.len {
                    16 => guid(pdu, GUID),
                    _ => Ok(()),
                }),
                b"netlogon" | b"Netlogon" => ber::element(pdu, |pdu, _| netlogon(pdu)),
                _ => ber::octets(pdu, ATTRIBUTEVALUE).map(drop),
            })
        })
    })
}

fn control(pdu: &mut Pdu<'_>) -> Step {
    ber::element(pdu, |pdu, _| {
        let kind = ber::octets(pdu, CONTROLTYPE)?;
        if ber::next_is(pdu, id::BOOLEAN) {
            ber::integer(pdu, CRITICALITY)?;
        }
        if pdu.remaining() == 0 {
            return Ok(());
        }
        if kind == PAGED_RESULTS {
            return ber::element(pdu, |pdu, _| {
                ber::element(pdu, |pdu, _| {
                    ber::integer(pdu, SIZE)?;
                    ber::octets(pdu, COOKIE).map(drop)
                })
            });
        }
        ber::octets(pdu, CONTROLVALUE).map(drop)
    })
}

/// MS-ADTS, section 6.3.1.1.
fn nt_version(pdu: &mut Pdu<'_>) -> Step {
    for bit in
        [NTVER_V1, NTVER_V5, NTVER_V5EX, NTVER_V5EP, NTVER_VCS, NTVER_VNT4, NTVER_VPDC, NTVER_VIP, NTVER_VL, NTVER_VGC]
    {
        pdu.show(bit)?;
    }
    pdu.take(NTVER).map(drop)
}

/// A GUID: its first three parts have their least significant byte first (MS-DTYP, section 2.3.4.2).
fn guid(pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>) -> Step {
    let (at, bytes) = (pdu.position(), pdu.rest());
    pdu.skip(16)?;
    if let Some(&[a, b, c, d, e, f, g, h, ref rest @ ..]) = bytes.first_chunk::<16>() {
        pdu.computed_bytes(field, at..at + 16, &[&[d, c, b, a, f, e, h, g][..], &rest[..]].concat());
    }
    Ok(())
}

/// What a domain controller says of itself (MS-ADTS, section 6.3.1.9).
fn netlogon(pdu: &mut Pdu<'_>) -> Step {
    let (start, message) = (pdu.position(), pdu.rest());
    let opcode = pdu.take(NETLOGON_OPCODE)?;
    if !matches!(opcode, 23..=25) {
        return Ok(());
    }
    pdu.skip(2)?;
    for bit in [
        NETLOGON_FORESTNC,
        NETLOGON_DEFAULTNC,
        NETLOGON_DNSNAME,
        NETLOGON_WRITABLEDC,
        NETLOGON_RODC,
        NETLOGON_NDNC,
        NETLOGON_GOOD_TIMESERV,
        NETLOGON_WRITABLE,
        NETLOGON_CLOSEST,
        NETLOGON_TIMESERV,
        NETLOGON_KDC,
        NETLOGON_DS,
        NETLOGON_LDAP,
        NETLOGON_GC,
        NETLOGON_PDC,
    ] {
        pdu.show(bit)?;
    }
    pdu.take(NETLOGON_FLAGS)?;
    guid(pdu, NETLOGON_GUID)?;
    for field in [
        NETLOGON_FOREST,
        NETLOGON_DOMAIN,
        NETLOGON_HOSTNAME,
        NETLOGON_NB_DOMAIN,
        NETLOGON_NB_HOSTNAME,
        NETLOGON_USERNAME,
        NETLOGON_SITENAME,
        NETLOGON_CLIENTSITENAME,
    ] {
        name(pdu, field, message, start)?;
    }
    if pdu.remaining() > 8 {
        // The address, where it was asked for.
        pdu.skip(pdu.remaining() - 8)?;
    }
    nt_version(pdu)?;
    pdu.take(NETLOGON_LM_TOKEN)?;
    pdu.take(NETLOGON_NT_TOKEN)?;
    Ok(())
}

/// A name, compressed as in DNS (RFC 1035, section 4.1.4); pointers count from the start of the message.
fn name(pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>, message: &[u8], start: usize) -> Step {
    let begin = pdu.position().saturating_sub(start);
    let (mut at, mut end, mut text, mut jumps) = (begin, None, Vec::new(), 0);
    while let Some(&len) = message.get(at) {
        if len >= 0xc0 {
            let low = message.get(at + 1).copied().unwrap_or(0);
            end.get_or_insert(at + 2);
            at = usize::from(len & 0x3f) << 8 | usize::from(low);
            jumps += 1;
            if jumps > 16 {
                break;
            }
            continue;
        }
        let label = message.get(at + 1..at + 1 + usize::from(len)).unwrap_or_default();
        at += 1 + usize::from(len);
        if len == 0 || text.len() > 255 {
            break;
        }
        if !text.is_empty() {
            text.push(b'.');
        }
        text.extend_from_slice(label);
    }
    let from = pdu.position();
    pdu.skip(end.unwrap_or(at).saturating_sub(begin).max(1))?;
    let shown: &[u8] = if text.is_empty() { b"<Root>" } else { &text };
    pdu.computed_bytes(field, from..pdu.position(), shown);
    Ok(())
}

builtin!(Ldap);

/// The same messages over UDP.
#[derive(Default)]
pub struct Cldap(Ldap);

impl prosector_sdk::Declared for Cldap {
    const PROTOCOL: &'static Protocol = {
        static CLAIMS: [Claim; 1] = [Claim { table: Cow::Borrowed("udp.port"), key: 389 }];
        const NONE: &[Text] = &[];
        const TABLES: &[Text] = &[Cow::Borrowed("@gss-api"), Cow::Borrowed("@tls")];
        const fn fields() -> Cow<'static, [Field]> {
            match &Ldap::PROTOCOL.fields {
                Cow::Borrowed(fields) => Cow::Borrowed(fields),
                Cow::Owned(_) => Cow::Borrowed(&[]),
            }
        }
        static PROTOCOL: Protocol = Protocol {
            name: Cow::Borrowed("cldap"),
            short: Cow::Borrowed("CLDAP"),
            title: Cow::Borrowed("Connectionless Lightweight Directory Access Protocol"),
            description: Cow::Borrowed("LDAP over UDP, MS-ADTS, section 6.3."),
            fields: fields(),
            claims: Cow::Borrowed(&CLAIMS),
            tables: Cow::Borrowed(TABLES),
            heuristics: Cow::Borrowed(NONE),
            settings: Cow::Borrowed(&[]),
            streams: Cow::Borrowed(NONE),
            named: Cow::Borrowed(NONE),
            bound: Cow::Borrowed(TABLES),
            stateful: true,
        };
        &PROTOCOL
    };
}

impl Dissector for Cldap {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if !ber::next_is(pdu, id::SEQUENCE) {
            return pdu.reject();
        }
        while ber::next_is(pdu, id::SEQUENCE) {
            self.0.message(pdu)?;
        }
        Ok(())
    }

    fn flow_end(&mut self, flow: u64) {
        self.0.flow_end(flow);
    }
}

builtin!(Cldap);

#[test]
fn a_search() {
    use ber::tlv;
    let filter = tlv("a0", &["8702 636e", &tlv("a3", &["0402 636e 0403 616263"])]);
    let search = tlv("63", &["0400 0a0100 0a0100 020100 020100 010100", &filter, &tlv("30", &["0402 636e"])]);
    let request = tlv("30", &["020101", &search]);
    let values = tlv("30", &["0402 636e", &tlv("31", &["0403 616263"])]);
    let entry = tlv("30", &["020101", &tlv("64", &["0400", &tlv("30", &[&values])])]);
    let control = tlv("30", &["0403 312e32 0402 3000"]);
    let done = tlv("30", &["020101", &tlv("65", &["0a0100 0400 0400"]), &tlv("a0", &[&control])]);
    let (first, second) = request.split_at(30);
    check_stream::<Ldap>(
        &[first, second, &format!("<{entry} {done}")],
        expect![[r#"
            segment 1
            waits for 47 bytes
            segment 2
            Lightweight Directory Access Protocol, searchRequest(1) "<ROOT>" baseObject
              messageID: 1
              protocolOp: searchRequest (3)
              baseObject: 
              scope: baseObject (0)
              derefAliases: neverDerefAliases (0)
              sizeLimit: 0
              timeLimit: 0 s
              typesOnly: False
              filter: and (0)
              and: 2 items
              and item: present (7)
              present: cn
              and item: equalityMatch (3)
              attributeDesc: cn
              assertionValue: abc
              attributes: 1 items
              AttributeDescription: cn
            segment 3
            Lightweight Directory Access Protocol, searchResEntry(1) "<ROOT>"
              messageID: 1
              protocolOp: searchResEntry (4)
              [Response To: 2]
              [Time: 0.001000000 seconds]
              objectName: 
              attributes: 1 items
              Attribute: cn
                type: cn
                vals: 1 items
                AttributeValue: 616263
            Lightweight Directory Access Protocol, searchResDone(1) success
              messageID: 1
              protocolOp: searchResDone (5)
              [Response To: 2]
              [Time: 0.001000000 seconds]
              resultCode: success (0)
              matchedDN: 
              errorMessage: 
              [controls: 1 items]
              Control: 1.2
                controlType: 1.2
                controlValue: 3000
        "#]],
    );
}

#[test]
fn a_buffer_and_a_length_that_is_too_long() {
    check::<Ldap>(
        "00000004 01020304",
        expect![[r#"
        Lightweight Directory Access Protocol, SASL GSS-API Privacy: payload (4 bytes)
          SASL Buffer Length: 4 bytes
    "#]],
    );
    check::<Cldap>(
        "30 7f 020101 63",
        expect![[r#"
        Connectionless Lightweight Directory Access Protocol
          messageID: 1
          [error] short: bytes needs 2 bytes at offset 5, 1 are there
    "#]],
    );
}
