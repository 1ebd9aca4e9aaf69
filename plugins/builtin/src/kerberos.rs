//! Kerberos, version 5 (RFC 4120): tickets for users and services. The messages are BER; over TCP each comes behind its
//! length (section 7.2.2). What is encrypted stays closed.

use crate::ber::{self, id};
use prosector_sdk::handle::{ComputedWord, Handle, Variable};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Kerberos;

protocol! {
    /// Kerberos, version 5, RFC 4120.
    Kerberos = kerberos "KRB5", "Kerberos" {
        rm.reserved: bool(u32) & 0x80000000     "Reserved",
        rm.length: u32 & 0x7fffffff             "Record Length" unit "bytes",
        pvno: u32                               "pvno",
        msg_type: u32                           "msg-type" = MESSAGES,
        padata as PADATA_FIELD: computed u32    "padata" unit "items",
        padata_entry: group                     "PA-DATA",
        padata_type: i32                        "padata-type" = PADATA,
        padata_value: bytes                     "padata-value",
        include_pac: bool                       "include-pac",
        armor_type: i32                         "armor-type" = { 1 "fX-FAST-ARMOR-AP-REQUEST" },
        armor_value: bytes                      "armor-value",
        cksumtype: i32                          "cksumtype" = CHECKSUMS,
        checksum: bytes                         "checksum",
        pw_salt: bytes                          "pw-salt",
        info_salt: bytes                        "salt",
        info2_salt: str                         "salt",
        s2kparams: bytes                        "s2kparams",
        kdc_options: bytes                      "kdc-options",
        "KDCOptions.reserved": bool(u32) & 0x80000000 "reserved",
        "KDCOptions.forwardable": bool(u32) & 0x40000000 "forwardable",
        "KDCOptions.forwarded": bool(u32) & 0x20000000 "forwarded",
        "KDCOptions.proxiable": bool(u32) & 0x10000000 "proxiable",
        "KDCOptions.proxy": bool(u32) & 0x08000000 "proxy",
        "KDCOptions.allow.postdate": bool(u32) & 0x04000000 "allow-postdate",
        "KDCOptions.postdated": bool(u32) & 0x02000000 "postdated",
        "KDCOptions.unused7": bool(u32) & 0x01000000 "unused7",
        "KDCOptions.renewable": bool(u32) & 0x00800000 "renewable",
        "KDCOptions.unused9": bool(u32) & 0x00400000 "unused9",
        "KDCOptions.unused10": bool(u32) & 0x00200000 "unused10",
        "KDCOptions.opt.hardware.auth": bool(u32) & 0x00100000 "opt-hardware-auth",
        "KDCOptions.unused12": bool(u32) & 0x00080000 "unused12",
        "KDCOptions.unused13": bool(u32) & 0x00040000 "unused13",
        "KDCOptions.constrained.delegation": bool(u32) & 0x00020000 "constrained-delegation",
        "KDCOptions.canonicalize": bool(u32) & 0x00010000 "canonicalize",
        "KDCOptions.request.anonymous": bool(u32) & 0x00008000 "request-anonymous",
        "KDCOptions.unused17": bool(u32) & 0x00004000 "unused17",
        "KDCOptions.unused18": bool(u32) & 0x00002000 "unused18",
        "KDCOptions.unused19": bool(u32) & 0x00001000 "unused19",
        "KDCOptions.unused20": bool(u32) & 0x00000800 "unused20",
        "KDCOptions.unused21": bool(u32) & 0x00000400 "unused21",
        "KDCOptions.unused22": bool(u32) & 0x00000200 "unused22",
        "KDCOptions.unused23": bool(u32) & 0x00000100 "unused23",
        "KDCOptions.unused24": bool(u32) & 0x00000080 "unused24",
        "KDCOptions.unused25": bool(u32) & 0x00000040 "unused25",
        "KDCOptions.disable.transited.check": bool(u32) & 0x00000020 "disable-transited-check",
        "KDCOptions.renewable.ok": bool(u32) & 0x00000010 "renewable-ok",
        "KDCOptions.enc.tkt.in.skey": bool(u32) & 0x00000008 "enc-tkt-in-skey",
        "KDCOptions.unused29": bool(u32) & 0x00000004 "unused29",
        "KDCOptions.renew": bool(u32) & 0x00000002 "renew",
        "KDCOptions.validate": bool(u32) & 0x00000001 "validate",
        ap_options: bytes                       "ap-options",
        "APOptions.reserved": bool(u32) & 0x80000000 "reserved",
        "APOptions.use.session.key": bool(u32) & 0x40000000 "use-session-key",
        "APOptions.mutual.required": bool(u32) & 0x20000000 "mutual-required",
        crealm: str                             "crealm",
        realm: str                              "realm",
        cname: group                            "cname",
        sname: group                            "sname",
        name_type: i32                          "name-type" = {
            0 "kRB5-NT-UNKNOWN", 1 "kRB5-NT-PRINCIPAL", 2 "kRB5-NT-SRV-INST", 3 "kRB5-NT-SRV-HST",
            4 "kRB5-NT-SRV-XHST", 5 "kRB5-NT-UID", 6 "kRB5-NT-X500-PRINCIPAL", 7 "kRB5-NT-SMTP-NAME",
            10 "kRB5-NT-ENTERPRISE-PRINCIPAL", 11 "kRB5-NT-WELLKNOWN", 0xffffffffffffff80 "kRB5-NT-MS-PRINCIPAL",
        },
        cname_string: computed u32              "cname-string" unit "items",
        CNameString: str                        "CNameString",
        sname_string: computed u32              "sname-string" unit "items",
        SNameString: str                        "SNameString",
        server_name_element as SERVER_NAME: group "server-name",
        name_string: computed u32               "name-string" unit "items",
        KerberosString: str                     "KerberosString",
        from: computed time_s                   "from",
        till: computed time_s                   "till",
        rtime: computed time_s                  "rtime",
        nonce: u32                              "nonce",
        "kdc-req-body.etype" as REQ_ETYPE: computed u32 "etype" unit "items",
        ENCTYPE: i32                            "ENCTYPE" = ETYPES,
        addresses: computed u32                 "addresses" unit "items",
        addr_type: i32                          "addr-type"
            = { 2 "iPv4", 20 "nETBIOS", 24 "iPv6" },
        addr_ip: ipv4                           "IP Address",
        addr_ipv6: ipv6                         "IPv6 Address",
        addr_nb: computed str                   "NetBIOS Name",
        ticket: group                           "ticket",
        tkt_vno: u32                            "tkt-vno",
        etype: i32                              "etype" = ETYPES,
        kvno: u32                               "kvno",
        cipher: bytes                           "cipher",
        ctime: computed time_s                  "ctime",
        cusec: u32                              "cusec",
        stime: computed time_s                  "stime",
        susec: u32                              "susec",
        error_code: i32                         "error-code" = ERRORS,
        e_text: str                             "e-text",
        e_data: bytes                           "e-data",
    }
    claims { udp.port = 88, tcp.port = 88 }
}

value_names! {
    /// Kinds of messages (RFC 4120, section 7.5.7).
    MESSAGES {
        10 "krb-as-req", 11 "krb-as-rep", 12 "krb-tgs-req", 13 "krb-tgs-rep", 14 "krb-ap-req", 15 "krb-ap-rep",
        16 "krb-tgt-req", 17 "krb-tgt-rep", 20 "krb-safe", 21 "krb-priv", 22 "krb-cred", 30 "krb-error",
    }
}

value_names! {
    /// Kinds of data before authentication (RFC 4120, section 7.5.2; RFC 6113; MS-KILE, section 2.2).
    PADATA {
        1 "pA-TGS-REQ", 2 "pA-ENC-TIMESTAMP", 3 "pA-PW-SALT", 11 "pA-ETYPE-INFO", 13 "pA-SAM-RESPONSE",
        14 "pA-PK-AS-REQ-19", 15 "pA-PK-AS-REP-19", 16 "pA-PK-AS-REQ", 17 "pA-PK-AS-REP", 19 "pA-ETYPE-INFO2",
        20 "pA-SVR-REFERRAL-INFO", 128 "pA-PAC-REQUEST", 129 "pA-FOR-USER", 130 "pA-FOR-X509-USER",
        132 "pA-AS-CHECKSUM", 133 "pA-FX-COOKIE", 136 "pA-FX-FAST", 137 "pA-FX-ERROR",
        138 "pA-ENCRYPTED-CHALLENGE", 141 "pA-OTP-CHALLENGE", 147 "pA-PKINIT-KX", 149 "pA-REQ-ENC-PA-REP",
        150 "pA-AS-FRESHNESS", 151 "pA-SPAKE", 165 "pA-SUPPORTED-ETYPES", 167 "pA-PAC-OPTIONS",
    }
}

value_names! {
    /// Encryption types (RFC 3961, section 8, and IANA's registry).
    ETYPES {
        0 "eTYPE-NULL", 1 "eTYPE-DES-CBC-CRC", 2 "eTYPE-DES-CBC-MD4", 3 "eTYPE-DES-CBC-MD5",
        5 "eTYPE-DES3-CBC-MD5", 16 "eTYPE-DES3-CBC-SHA1", 17 "eTYPE-AES128-CTS-HMAC-SHA1-96",
        18 "eTYPE-AES256-CTS-HMAC-SHA1-96", 19 "eTYPE-AES128-CTS-HMAC-SHA256-128",
        20 "eTYPE-AES256-CTS-HMAC-SHA384-192", 23 "eTYPE-ARCFOUR-HMAC-MD5", 24 "eTYPE-ARCFOUR-HMAC-MD5-56",
        25 "eTYPE-CAMELLIA128-CTS-CMAC", 26 "eTYPE-CAMELLIA256-CTS-CMAC",
    }
}

value_names! {
    /// Types of checksums (RFC 3961, section 8, and IANA's registry).
    CHECKSUMS {
        0 "cKSUMTYPE-NONE", 1 "cKSUMTYPE-CRC32", 2 "cKSUMTYPE-RSA-MD4", 3 "cKSUMTYPE-RSA-MD4-DES",
        4 "cKSUMTYPE-DES-MAC", 5 "cKSUMTYPE-DES-MAC-K", 6 "cKSUMTYPE-RSA-MD4-DES-K", 7 "cKSUMTYPE-RSA-MD5",
        8 "cKSUMTYPE-RSA-MD5-DES", 12 "cKSUMTYPE-HMAC-SHA1-DES3-KD", 14 "cKSUMTYPE-SHA1",
        15 "cKSUMTYPE-HMAC-SHA1-96-AES-128", 16 "cKSUMTYPE-HMAC-SHA1-96-AES-256", 17 "cKSUMTYPE-CMAC-CAMELLIA128",
        18 "cKSUMTYPE-CMAC-CAMELLIA256", 19 "cKSUMTYPE-HMAC-SHA256-128-AES128",
        20 "cKSUMTYPE-HMAC-SHA384-192-AES256", 0x8003 "cKSUMTYPE-GSSAPI",
        0xffffffffffffff76 "cKSUMTYPE-HMAC-MD5",
    }
}

value_names! {
    /// Errors (RFC 4120, section 7.5.9).
    ERRORS {
        0 "eRR-NONE", 1 "eRR-NAME-EXP", 2 "eRR-SERVICE-EXP", 3 "eRR-BAD-PVNO", 4 "eRR-C-OLD-MAST-KVNO",
        5 "eRR-S-OLD-MAST-KVNO", 6 "eRR-C-PRINCIPAL-UNKNOWN", 7 "eRR-S-PRINCIPAL-UNKNOWN",
        8 "eRR-PRINCIPAL-NOT-UNIQUE", 9 "eRR-NULL-KEY", 10 "eRR-CANNOT-POSTDATE", 11 "eRR-NEVER-VALID",
        12 "eRR-POLICY", 13 "eRR-BADOPTION", 14 "eRR-ETYPE-NOSUPP", 15 "eRR-SUMTYPE-NOSUPP",
        16 "eRR-PADATA-TYPE-NOSUPP", 17 "eRR-TRTYPE-NOSUPP", 18 "eRR-CLIENT-REVOKED", 19 "eRR-SERVICE-REVOKED",
        20 "eRR-TGT-REVOKED", 21 "eRR-CLIENT-NOTYET", 22 "eRR-SERVICE-NOTYET", 23 "eRR-KEY-EXP",
        24 "eRR-PREAUTH-FAILED", 25 "eRR-PREAUTH-REQUIRED", 26 "eRR-SERVER-NOMATCH", 31 "eRR-BAD-INTEGRITY",
        32 "eRR-TKT-EXPIRED", 33 "eRR-TKT-NYV", 34 "eRR-REPEAT", 35 "eRR-NOT-US", 36 "eRR-BADMATCH",
        37 "eRR-SKEW", 38 "eRR-BADADDR", 39 "eRR-BADVERSION", 40 "eRR-MSG-TYPE", 41 "eRR-MODIFIED",
        42 "eRR-BADORDER", 44 "eRR-BADKEYVER", 45 "eRR-NOKEY", 46 "eRR-MUT-FAIL", 47 "eRR-BADDIRECTION",
        48 "eRR-METHOD", 49 "eRR-BADSEQ", 50 "eRR-INAPP-CKSUM", 51 "pATH-NOT-ACCEPTED",
        52 "eRR-RESPONSE-TOO-BIG", 60 "eRR-GENERIC", 61 "eRR-FIELD-TOOLONG", 68 "eRR-WRONG-REALM",
    }
}

/// Position in the list of claims.
const TCP: usize = 1;
/// No message is longer.
const MAX_LEN: u32 = 1 << 20;

const AS_REQ: u32 = 10;
const AS_REP: u32 = 11;
const TGS_REQ: u32 = 12;
const TGS_REP: u32 = 13;
const AP_REQ: u32 = 14;
const AP_REP: u32 = 15;
const ERROR: u32 = 30;

impl Dissector for Kerberos {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if pdu.claim() == Some(TCP) {
            let len = pdu.peek(RM_LENGTH)?;
            if len > MAX_LEN {
                return pdu.reject();
            }
            pdu.show(RM_RESERVED)?;
            pdu.take(RM_LENGTH)?;
            pdu.set_len(RM_LENGTH, 4 + len as usize);
            pdu.wait_for(4 + len as usize)?;
        }
        match pdu.rest().first() {
            Some(&id::SEQUENCE) if pdu.claim().is_none() => user_to_user(pdu),
            Some(tag) if tag & 0xe0 != id::application(0) => pdu.reject(),
            _ => message(pdu),
        }
    }
}

fn message(pdu: &mut Pdu<'_>) -> Step {
    ber::element(pdu, |pdu, header| {
        let kind = header.number;
        pdu.info(format_args!("{}", Title(kind)));
        match kind {
            AS_REQ | TGS_REQ => members(pdu, |pdu, n| match n {
                1 => ber::integer(pdu, PVNO).map(drop),
                2 => ber::integer(pdu, MSG_TYPE).map(drop),
                3 => ber::counted(pdu, PADATA_FIELD, |pdu| padata(pdu, true)),
                4 => request(pdu),
                _ => Ok(()),
            }),
            AS_REP | TGS_REP => members(pdu, |pdu, n| match n {
                0 => ber::integer(pdu, PVNO).map(drop),
                1 => ber::integer(pdu, MSG_TYPE).map(drop),
                2 => ber::counted(pdu, PADATA_FIELD, |pdu| padata(pdu, false)),
                3 => ber::octets(pdu, CREALM).map(drop),
                4 => client(pdu),
                5 => ticket(pdu),
                6 => encrypted(pdu),
                _ => Ok(()),
            }),
            AP_REQ | AP_REP => application(pdu, kind),
            ERROR => error(pdu),
            _ => members(pdu, |pdu, n| match n {
                0 => ber::integer(pdu, PVNO).map(drop),
                1 => ber::integer(pdu, MSG_TYPE).map(drop),
                _ => Ok(()),
            }),
        }
    })
}

/// The name of a message in the summary.
struct Title(u32);

impl std::fmt::Display for Title {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match name_of(MESSAGES, self.0.into()) {
            Some(name) => f.write_str(&name.trim_start_matches("krb-").to_uppercase()),
            None => write!(f, "Unknown message {}", self.0),
        }
    }
}

/// Reads a sequence of members that are tagged explicitly: `read` is told the number of each.
fn members<'a>(pdu: &mut Pdu<'a>, mut read: impl FnMut(&mut Pdu<'a>, u32) -> Step) -> Step {
    ber::element(pdu, |pdu, _| ber::each(pdu, |pdu, header| read(pdu, header.number)))
}

fn padata(pdu: &mut Pdu<'_>, request: bool) -> Step {
    let mut kind = 0;
    pdu.group(PADATA_ENTRY, |pdu| {
        members(pdu, |pdu, n| match n {
            1 => {
                kind = ber::integer(pdu, PADATA_TYPE)?;
                Ok(())
            }
            2 => ber::element(pdu, |pdu, header| {
                let at = pdu.position();
                // All of it was captured, or its parts say that it wasn't.
                if header.len <= pdu.remaining() {
                    pdu.mark(PADATA_VALUE, at..at + header.len);
                }
                if header.len == 0 {
                    return Ok(());
                }
                match kind {
                    1 => ber::element(pdu, |pdu, header| application(pdu, header.number)),
                    2 | 138 => encrypted(pdu),
                    3 => {
                        pdu.take_rest(PW_SALT);
                        Ok(())
                    }
                    11 => etype_infos(pdu, false),
                    19 => etype_infos(pdu, true),
                    128 => members(pdu, |pdu, _| ber::integer(pdu, INCLUDE_PAC).map(drop)),
                    136 => ber::element(pdu, |pdu, _| if request { fast_request(pdu) } else { fast_reply(pdu) }),
                    _ => Ok(()),
                }
            }),
            _ => Ok(()),
        })
    })
}

/// KrbFastArmoredReq (RFC 6113, section 5.4.2).
fn fast_request(pdu: &mut Pdu<'_>) -> Step {
    members(pdu, |pdu, n| match n {
        0 => armor(pdu),
        1 => members(pdu, |pdu, n| match n {
            0 => ber::integer(pdu, CKSUMTYPE).map(drop),
            1 => ber::octets(pdu, CHECKSUM).map(drop),
            _ => Ok(()),
        }),
        2 => encrypted(pdu),
        _ => Ok(()),
    })
}

/// KrbFastArmor (RFC 6113, section 5.4.1): a ticket for the key that the rest is encrypted with.
fn armor(pdu: &mut Pdu<'_>) -> Step {
    const AP_REQUEST: i64 = 1;
    let mut kind = 0;
    members(pdu, |pdu, n| match n {
        0 => {
            kind = ber::integer(pdu, ARMOR_TYPE)?;
            Ok(())
        }
        1 => ber::element(pdu, |pdu, header| {
            let at = pdu.position();
            if header.len <= pdu.remaining() {
                pdu.mark(ARMOR_VALUE, at..at + header.len);
            }
            match kind {
                AP_REQUEST => ber::element(pdu, |pdu, header| application(pdu, header.number)),
                _ => Ok(()),
            }
        }),
        _ => Ok(()),
    })
}

/// KrbFastArmoredRep (RFC 6113, section 5.4.3).
fn fast_reply(pdu: &mut Pdu<'_>) -> Step {
    members(pdu, |pdu, n| if n == 0 { encrypted(pdu) } else { Ok(()) })
}

/// ETYPE-INFO and ETYPE-INFO2 (RFC 4120, sections 5.2.7.4 and 5.2.7.5).
fn etype_infos(pdu: &mut Pdu<'_>, second: bool) -> Step {
    ber::element(pdu, |pdu, _| {
        while pdu.remaining() > 0 {
            members(pdu, |pdu, n| match n {
                0 => ber::integer(pdu, ETYPE).map(drop),
                1 if second => ber::octets(pdu, INFO2_SALT).map(drop),
                1 => ber::octets(pdu, INFO_SALT).map(drop),
                2 => ber::octets(pdu, S2KPARAMS).map(drop),
                _ => Ok(()),
            })?;
        }
        Ok(())
    })
}

/// KDC-REQ-BODY
fn request(pdu: &mut Pdu<'_>) -> Step {
    members(pdu, |pdu, n| match n {
        0 => options(pdu, KDC_OPTIONS, KDCOPTIONS_RESERVED.id..=KDCOPTIONS_VALIDATE.id),
        1 => client(pdu),
        2 => ber::octets(pdu, REALM).map(drop),
        3 => server(pdu),
        4 => ber::time(pdu, FROM).map(drop),
        5 => ber::time(pdu, TILL).map(drop),
        6 => ber::time(pdu, RTIME).map(drop),
        7 => ber::integer(pdu, NONCE).map(drop),
        8 => ber::counted(pdu, REQ_ETYPE, |pdu| ber::integer(pdu, ENCTYPE).map(drop)),
        9 => ber::counted(pdu, ADDRESSES, address),
        10 => encrypted(pdu),
        11 => ber::element(pdu, |pdu, _| {
            while pdu.remaining() > 0 {
                ticket(pdu)?;
            }
            Ok(())
        }),
        _ => Ok(()),
    })
}

/// A bit string, and each of its first 32 bits as one of the fields of these numbers.
fn options(pdu: &mut Pdu<'_>, field: Handle<Variable>, bits: std::ops::RangeInclusive<u16>) -> Step {
    let (range, bytes) = ber::contents(pdu)?;
    if bytes.len() >= 5 {
        pdu.mark(field, range.start + 1..range.end);
        for id in bits {
            pdu.mark(Handle { id, ..KDCOPTIONS_RESERVED }, range.start + 1..range.start + 5);
        }
    }
    Ok(())
}

fn client(pdu: &mut Pdu<'_>) -> Step {
    pdu.group(CNAME, |pdu| name(pdu, CNAME_STRING, CNAMESTRING))
}

fn server(pdu: &mut Pdu<'_>) -> Step {
    pdu.group(SNAME, |pdu| name(pdu, SNAME_STRING, SNAMESTRING))
}

/// PrincipalName (RFC 4120, section 5.2.2).
fn name(pdu: &mut Pdu<'_>, parts: Handle<ComputedWord>, part: Handle<Variable>) -> Step {
    members(pdu, |pdu, n| match n {
        0 => ber::integer(pdu, NAME_TYPE).map(drop),
        1 => ber::counted(pdu, parts, |pdu| ber::octets(pdu, part).map(drop)),
        _ => Ok(()),
    })
}

/// RFC 4120, section 7.5.3.
fn address(pdu: &mut Pdu<'_>) -> Step {
    let mut kind = 0;
    members(pdu, |pdu, n| {
        match (n, kind) {
            (0, _) => kind = ber::integer(pdu, ADDR_TYPE)?,
            (1, 2) => drop(ber::octets(pdu, ADDR_IP)?),
            (1, 24) => drop(ber::octets(pdu, ADDR_IPV6)?),
            (1, 20) => {
                let (range, bytes) = ber::contents(pdu)?;
                let name = bytes.get(..15).unwrap_or(bytes).trim_ascii_end();
                pdu.computed_bytes(ADDR_NB, range, name);
            }
            _ => {}
        }
        Ok(())
    })
}

fn ticket(pdu: &mut Pdu<'_>) -> Step {
    pdu.group(TICKET, |pdu| {
        ber::element(pdu, |pdu, _| {
            members(pdu, |pdu, n| match n {
                0 => ber::integer(pdu, TKT_VNO).map(drop),
                1 => ber::octets(pdu, REALM).map(drop),
                2 => server(pdu),
                3 => encrypted(pdu),
                _ => Ok(()),
            })
        })
    })
}

fn encrypted(pdu: &mut Pdu<'_>) -> Step {
    members(pdu, |pdu, n| match n {
        0 => ber::integer(pdu, ETYPE).map(drop),
        1 => ber::integer(pdu, KVNO).map(drop),
        2 => ber::octets(pdu, CIPHER).map(drop),
        _ => Ok(()),
    })
}

/// AP-REQ and AP-REP, inside their tag.
fn application(pdu: &mut Pdu<'_>, kind: u32) -> Step {
    members(pdu, |pdu, n| match (n, kind) {
        (0, _) => ber::integer(pdu, PVNO).map(drop),
        (1, _) => ber::integer(pdu, MSG_TYPE).map(drop),
        (2, AP_REQ) => options(pdu, AP_OPTIONS, APOPTIONS_RESERVED.id..=APOPTIONS_MUTUAL_REQUIRED.id),
        (3, AP_REQ) => ticket(pdu),
        (2, AP_REP) | (4, AP_REQ) => encrypted(pdu),
        _ => Ok(()),
    })
}

/// KERB-TGT-REQUEST and KERB-TGT-REPLY, which have no tag of their own (draft-swift-win2k-krb-user2user-03, section 6).
fn user_to_user(pdu: &mut Pdu<'_>) -> Step {
    const REPLY: i64 = 17;
    let mut kind = 0;
    members(pdu, |pdu, n| match n {
        0 => ber::integer(pdu, PVNO).map(drop),
        1 => {
            kind = ber::integer(pdu, MSG_TYPE)?;
            pdu.info(format_args!("{}", Title(kind as u32)));
            Ok(())
        }
        2 if kind == REPLY => ticket(pdu),
        2 => pdu.group(SERVER_NAME, |pdu| name(pdu, NAME_STRING, KERBEROSSTRING)),
        3 => ber::octets(pdu, REALM).map(drop),
        _ => Ok(()),
    })
}

fn error(pdu: &mut Pdu<'_>) -> Step {
    const PREAUTH_FAILED: i64 = 24;
    const PREAUTH_REQUIRED: i64 = 25;
    const ETYPE_NOT_SUPPORTED: i64 = 14;
    let mut code = 0;
    members(pdu, |pdu, n| match n {
        0 => ber::integer(pdu, PVNO).map(drop),
        1 => ber::integer(pdu, MSG_TYPE).map(drop),
        2 => ber::time(pdu, CTIME).map(drop),
        3 => ber::integer(pdu, CUSEC).map(drop),
        4 => ber::time(pdu, STIME).map(drop),
        5 => ber::integer(pdu, SUSEC).map(drop),
        6 => {
            code = ber::integer(pdu, ERROR_CODE)?;
            let name = name_of(ERRORS, code as u64).unwrap_or("unknown");
            pdu.info(format_args!("KRB Error: {name}"));
            Ok(())
        }
        7 => ber::octets(pdu, CREALM).map(drop),
        8 => client(pdu),
        9 => ber::octets(pdu, REALM).map(drop),
        10 => server(pdu),
        11 => ber::octets(pdu, E_TEXT).map(drop),
        12 => ber::element(pdu, |pdu, header| {
            let at = pdu.position();
            if header.len <= pdu.remaining() {
                pdu.mark(E_DATA, at..at + header.len);
            }
            if matches!(code, PREAUTH_FAILED | PREAUTH_REQUIRED | ETYPE_NOT_SUPPORTED)
                && ber::next_is(pdu, id::SEQUENCE)
            {
                return ber::element(pdu, |pdu, _| {
                    while pdu.remaining() > 0 {
                        padata(pdu, false)?;
                    }
                    Ok(())
                });
            }
            Ok(())
        }),
        _ => Ok(()),
    })
}

builtin!(Kerberos);

#[test]
fn a_request() {
    use ber::tlv;
    let padata = tlv("30", &["a104 02020080 a209", &tlv("04", &["3005 a003 0101ff"])]);
    let name = tlv("30", &["a003 020101", &tlv("a1", &[&tlv("30", &["1b04 41434d45"])])]);
    let body = tlv(
        "30",
        &[
            "a007 0305 0040810010",
            &tlv("a1", &[&name]),
            "a206 1b04 41434d45",
            &tlv("a5", &["180f 32303337303931333032343830355a"]),
            "a706 0204 00000001",
            &tlv("a8", &[&tlv("30", &["020112 020117"])]),
        ],
    );
    let request = tlv("30", &["a103 020105 a203 02010a", &tlv("a3", &[&tlv("30", &[&padata])]), &tlv("a4", &[&body])]);
    check::<Kerberos>(
        &tlv("6a", &[&request]),
        expect![[r#"
            Kerberos, AS-REQ
              pvno: 5
              msg-type: krb-as-req (10)
              padata: 1 items
              PA-DATA: pA-PAC-REQUEST (128)
                padata-type: pA-PAC-REQUEST (128)
                padata-value: 3005a0030101ff
                include-pac: True
              kdc-options: 40810010
              reserved: False
              forwardable: True
              forwarded: False
              proxiable: False
              proxy: False
              allow-postdate: False
              postdated: False
              unused7: False
              renewable: True
              unused9: False
              unused10: False
              opt-hardware-auth: False
              unused12: False
              unused13: False
              constrained-delegation: False
              canonicalize: True
              request-anonymous: False
              unused17: False
              unused18: False
              unused19: False
              unused20: False
              unused21: False
              unused22: False
              unused23: False
              unused24: False
              unused25: False
              disable-transited-check: False
              renewable-ok: True
              enc-tkt-in-skey: False
              unused29: False
              renew: False
              validate: False
              cname: kRB5-NT-PRINCIPAL (1)
                name-type: kRB5-NT-PRINCIPAL (1)
                cname-string: 1 items
                CNameString: ACME
              realm: ACME
              till: Sep 13, 2037 02:48:05.000000000 UTC
              nonce: 1
              etype: 2 items
              ENCTYPE: eTYPE-AES256-CTS-HMAC-SHA1-96 (18)
              ENCTYPE: eTYPE-ARCFOUR-HMAC-MD5 (23)
        "#]],
    );
}

#[test]
fn an_error() {
    use ber::tlv;
    let info = tlv("30", &[&tlv("30", &["a003 020112 a106 1b04 41434d45"])]);
    let padata = tlv("30", &["a103 020113", &tlv("a2", &[&tlv("04", &[&info])])]);
    let error = tlv(
        "30",
        &[
            "a003 020105 a103 02011e a411 180f 32303236303130323033303430355a a503 020105 a603 020119 a906 1b04 41434d45",
            &tlv("ac", &[&tlv("04", &[&tlv("30", &[&padata])])]),
        ],
    );
    check::<Kerberos>(
        &tlv("7e", &[&error]),
        expect![[r#"
            Kerberos, KRB Error: eRR-PREAUTH-REQUIRED
              pvno: 5
              msg-type: krb-error (30)
              stime: Jan  2, 2026 03:04:05.000000000 UTC
              susec: 5
              error-code: eRR-PREAUTH-REQUIRED (25)
              realm: ACME
              e-data: 301c301aa103020113a2130411300f300da003020112a1061b0441434d45
              PA-DATA: pA-ETYPE-INFO2 (19)
                padata-type: pA-ETYPE-INFO2 (19)
                padata-value: 300f300da003020112a1061b0441434d45
                etype: eTYPE-AES256-CTS-HMAC-SHA1-96 (18)
                salt: ACME
        "#]],
    );
}

#[test]
fn a_length_that_is_too_long() {
    check::<Kerberos>(
        "6a 20 30 1e a103 0201",
        expect![[r#"
        Kerberos, AS-REQ
          [error] short: bytes needs 1 bytes at offset 8, 0 are there
    "#]],
    );
}

#[test]
fn a_request_for_a_ticket_of_the_server() {
    check::<Kerberos>(
        "30 20 a003 020105 a103 020110 a20e 300c a003 020180 a105 3003 1b01 41 a304 1b02 4243",
        expect![[r#"
            Kerberos, TGT-REQ
              pvno: 5
              msg-type: krb-tgt-req (16)
              server-name: kRB5-NT-MS-PRINCIPAL (-128)
                name-type: kRB5-NT-MS-PRINCIPAL (-128)
                name-string: 1 items
                KerberosString: A
              realm: BC
        "#]],
    );
}

#[test]
fn a_request_in_armor() {
    use ber::tlv;
    let checksum = tlv("a1", &[&tlv("30", &["a003 020110 a104 0402 0102"])]);
    let encrypted = tlv("30", &["a003 020112 a204 0402 abcd"]);
    let request =
        tlv("a0", &[&tlv("30", &["a00d 300b a003 020102 a104 0402 0304", &checksum, &tlv("a2", &[&encrypted])])]);
    let padata = tlv("30", &["a104 02020088", &tlv("a2", &[&tlv("04", &[&request])])]);
    let body = tlv("30", &["a103 020105 a203 02010c", &tlv("a3", &[&tlv("30", &[&padata])])]);
    check::<Kerberos>(
        &tlv("6c", &[&body]),
        expect![[r#"
            Kerberos, TGS-REQ
              pvno: 5
              msg-type: krb-tgs-req (12)
              padata: 1 items
              PA-DATA: pA-FX-FAST (136)
                padata-type: pA-FX-FAST (136)
                padata-value: a02f302da00d300ba003020102a10404020304a10d300ba003020110a10404020102a20d300ba003020112a2040402abcd
                armor-type: 2
                armor-value: 0304
                cksumtype: cKSUMTYPE-HMAC-SHA1-96-AES-256 (16)
                checksum: 0102
                etype: eTYPE-AES256-CTS-HMAC-SHA1-96 (18)
                cipher: abcd
        "#]],
    );
}
