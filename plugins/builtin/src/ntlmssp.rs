//! NTLMSSP, the authentication of Windows by challenge and response (MS-NLMP).

use crate::windows::{filetime, utf16};
use prosector_sdk::handle::{ComputedBytes, ComputedWord, Handle, Variable};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Ntlmssp;

protocol! {
    /// NTLM Secure Service Provider (MS-NLMP).
    Ntlmssp = ntlmssp "NTLMSSP", "NTLM Secure Service Provider" {
        identifier: str                                 "NTLMSSP identifier",
        messagetype: u32 le hex                         "NTLM Message Type" = {
            1 "NTLMSSP_NEGOTIATE", 2 "NTLMSSP_CHALLENGE", 3 "NTLMSSP_AUTH",
        },
        negotiateflags: u32 le hex                      "Negotiate Flags" {
            .negotiateunicode: 0x1                      "Negotiate UNICODE",
            .negotiateoem: 0x2                          "Negotiate OEM",
            .requesttarget: 0x4                         "Request Target",
            .negotiate00000008: 0x8                     "Request 0x00000008 ",
            .negotiatesign: 0x10                        "Negotiate Sign",
            .negotiateseal: 0x20                        "Negotiate Seal",
            .negotiatedatagram: 0x40                    "Negotiate Datagram",
            .negotiatelmkey: 0x80                       "Negotiate Lan Manager Key",
            .negotiate00000100: 0x100                   "Negotiate 0x00000100 ",
            .negotiatentlm: 0x200                       "Negotiate NTLM key",
            .negotiatentonly: 0x400                     "Negotiate NT Only",
            .negotiateanonymous: 0x800                  "Negotiate Anonymous",
            .negotiateoemdomainsupplied: 0x1000         "Negotiate OEM Domain Supplied",
            .negotiateoemworkstationsupplied: 0x2000    "Negotiate OEM Workstation Supplied",
            .negotiate00004000: 0x4000                  "Negotiate 0x00004000 ",
            .negotiatealwayssign: 0x8000                "Negotiate Always Sign",
            .targettypedomain: 0x10000                  "Target Type Domain",
            .targettypeserver: 0x20000                  "Target Type Server",
            .targettypeshare: 0x40000                   "Target Type Share",
            .negotiatentlm2: 0x80000                    "Negotiate Extended Security",
            .negotiateidentify: 0x100000                "Negotiate Identify",
            .negotiatent00200000: 0x200000              "Negotiate 0x00200000 ",
            .requestnonntsession: 0x400000              "Request Non-NT Session",
            .negotiatetargetinfo: 0x800000              "Negotiate Target Info",
            .negotiatent01000000: 0x1000000             "Negotiate 0x01000000 ",
            .negotiateversion: 0x2000000                "Negotiate Version",
            .negotiatent04000000: 0x4000000             "Negotiate 0x04000000 ",
            .negotiatent08000000: 0x8000000             "Negotiate 0x08000000 ",
            .negotiatent10000000: 0x10000000            "Negotiate 0x10000000 ",
            .negotiate128: 0x20000000                   "Negotiate 128",
            .negotiatekeyexch: 0x40000000               "Negotiate Key Exchange",
            .negotiate56: 0x80000000                    "Negotiate 56",
        },
        string.length: u16 le                           "Length",
        string.maxlen: u16 le                           "Maxlen",
        string.offset: u32 le                           "Offset",
        blob.length: u16 le                             "Length",
        blob.maxlen: u16 le                             "Maxlen",
        blob.offset: u32 le                             "Offset",
        negotiate.domain: computed str                  "Calling workstation domain",
        negotiate.callingworkstation: computed str      "Calling workstation name",
        version.major: u8                               "Major Version",
        version.minor: u8                               "Minor Version",
        version.build_number: u16 le                    "Build Number",
        version.ntlm_current_revision: u8               "NTLM Current Revision",
        ntlmserverchallenge: bytes                      "NTLM Server Challenge",
        reserved: bytes                                 "Reserved",
        challenge.target_name: computed str             "Target Name",
        challenge.target_info.length: u16 le            "Length",
        challenge.target_info.maxlen: u16 le            "Maxlen",
        challenge.target_info.offset: u32 le            "Offset",
        challenge.target_info.item.type: u16 le hex     "Target Info Item Type",
        challenge.target_info.item.length: u16 le       "Target Info Item Length",
        challenge.target_info.nb_computer_name: computed str "NetBIOS Computer Name",
        challenge.target_info.nb_domain_name: computed str "NetBIOS Domain Name",
        challenge.target_info.dns_computer_name: computed str "DNS Computer Name",
        challenge.target_info.dns_domain_name: computed str "DNS Domain Name",
        challenge.target_info.dns_tree_name: computed str "DNS Tree Name",
        challenge.target_info.flags: u32 le hex         "Flags",
        challenge.target_info.timestamp: computed time_s "Timestamp",
        challenge.target_info.restrictions: bytes       "Restrictions",
        challenge.target_info.target_name: computed str "Target Name",
        challenge.target_info.channel_bindings: bytes   "Channel Bindings",
        ntlmv2_response.item.type: u16 le hex           "NTLMV2 Response Item Type",
        ntlmv2_response.item.length: u16 le             "NTLMV2 Response Item Length",
        ntlmv2_response.nb_computer_name: computed str  "NetBIOS Computer Name",
        ntlmv2_response.nb_domain_name: computed str    "NetBIOS Domain Name",
        ntlmv2_response.dns_computer_name: computed str "DNS Computer Name",
        ntlmv2_response.dns_domain_name: computed str   "DNS Domain Name",
        ntlmv2_response.dns_tree_name: computed str     "DNS Tree Name",
        ntlmv2_response.flags: u32 le hex               "Flags",
        ntlmv2_response.timestamp: computed time_s      "Timestamp",
        ntlmv2_response.restrictions: bytes             "Restrictions",
        ntlmv2_response.target_name: computed str       "Target Name",
        ntlmv2_response.channel_bindings: bytes         "Channel Bindings",
        auth.lmresponse: bytes                          "Lan Manager Response",
        auth.ntresponse: bytes                          "NTLM Response",
        auth.domain: computed str                       "Domain name",
        auth.username: computed str                     "User name",
        auth.hostname: computed str                     "Host name",
        auth.sesskey: bytes                             "Session Key",
        authenticate.mic: bytes                         "MIC",
        ntlmclientchallenge: bytes                      "LMv2 Client Challenge",
        ntlmv2_response: bytes                          "NTLMv2 Response",
        ntlmv2_response.ntproofstr: bytes               "NTProofStr",
        ntlmv2_response.rversion: u8                    "Response Version",
        ntlmv2_response.hirversion: u8                  "Hi Response Version",
        ntlmv2_response.z: bytes                        "Z",
        ntlmv2_response.time: computed time_s           "Time",
        ntlmv2_response.chal: bytes                     "NTLMv2 Client Challenge",
        ntlmv2_response.pad: bytes                      "padding",
        verf.vers: u32 le                               "Version Number",
        verf.body: bytes                                "Verifier Body",
    }
    claims { dcerpc.auth_type = 10 }
}

/// The fields of a list of attributes.
struct Attributes {
    kind: Handle<u16>,
    len: Handle<u16>,
    /// By type, from 1: names of computer and domain, in NetBIOS and in DNS, and of the tree.
    names: [Handle<ComputedBytes>; 5],
    target_name: Handle<ComputedBytes>,
    time: Handle<ComputedWord>,
    flags: Handle<u32>,
    restrictions: Handle<Variable>,
    channel_bindings: Handle<Variable>,
}

const TARGET_INFO: Attributes = Attributes {
    kind: CHALLENGE_TARGET_INFO_ITEM_TYPE,
    len: CHALLENGE_TARGET_INFO_ITEM_LENGTH,
    names: [
        CHALLENGE_TARGET_INFO_NB_COMPUTER_NAME,
        CHALLENGE_TARGET_INFO_NB_DOMAIN_NAME,
        CHALLENGE_TARGET_INFO_DNS_COMPUTER_NAME,
        CHALLENGE_TARGET_INFO_DNS_DOMAIN_NAME,
        CHALLENGE_TARGET_INFO_DNS_TREE_NAME,
    ],
    target_name: CHALLENGE_TARGET_INFO_TARGET_NAME,
    time: CHALLENGE_TARGET_INFO_TIMESTAMP,
    flags: CHALLENGE_TARGET_INFO_FLAGS,
    restrictions: CHALLENGE_TARGET_INFO_RESTRICTIONS,
    channel_bindings: CHALLENGE_TARGET_INFO_CHANNEL_BINDINGS,
};

const RESPONSE: Attributes = Attributes {
    kind: NTLMV2_RESPONSE_ITEM_TYPE,
    len: NTLMV2_RESPONSE_ITEM_LENGTH,
    names: [
        NTLMV2_RESPONSE_NB_COMPUTER_NAME,
        NTLMV2_RESPONSE_NB_DOMAIN_NAME,
        NTLMV2_RESPONSE_DNS_COMPUTER_NAME,
        NTLMV2_RESPONSE_DNS_DOMAIN_NAME,
        NTLMV2_RESPONSE_DNS_TREE_NAME,
    ],
    target_name: NTLMV2_RESPONSE_TARGET_NAME,
    time: NTLMV2_RESPONSE_TIMESTAMP,
    flags: NTLMV2_RESPONSE_FLAGS,
    restrictions: NTLMV2_RESPONSE_RESTRICTIONS,
    channel_bindings: NTLMV2_RESPONSE_CHANNEL_BINDINGS,
};

const SIGNATURE: &[u8] = b"NTLMSSP\0";
const UNICODE: u32 = 0x1;
const VERSION: u32 = 0x0200_0000;

impl Dissector for Ntlmssp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if !pdu.rest().starts_with(SIGNATURE) {
            pdu.info(format_args!("NTLMSSP Verifier"));
            pdu.take(VERF_VERS)?;
            pdu.take_rest(VERF_BODY);
            return Ok(());
        }
        pdu.take_bytes(IDENTIFIER, SIGNATURE.len() - 1)?;
        pdu.skip(1)?;
        let kind = pdu.take(MESSAGETYPE)?;
        pdu.info(format_args!("{}", Ntlmssp::name(MESSAGETYPE, kind)));
        match kind {
            1 => negotiate(pdu),
            2 => challenge(pdu),
            3 => authenticate(pdu),
            _ => Ok(()),
        }
    }
}

/// Where a field of the payload lies: its length and offset, which the message has at `at`.
fn place(pdu: &Pdu<'_>, at: usize) -> (usize, usize) {
    match pdu.data().get(at..at + 8) {
        Some(&[a, b, _, _, c, d, e, f]) => {
            (u16::from_le_bytes([a, b]).into(), u32::from_le_bytes([c, d, e, f]) as usize)
        }
        _ => (0, 0),
    }
}

/// A text of the payload. One of no length is called `NULL`.
fn text(pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>, at: usize, unicode: bool) -> Result<String, Stop> {
    let (len, offset) = place(pdu, at);
    let bytes = pdu.data().get(offset..offset + len).unwrap_or_default();
    if len == 0 {
        pdu.computed_bytes(field, at..at + 8, b"NULL");
        return Ok("NULL".into());
    }
    let value = if unicode { utf16(bytes) } else { String::from_utf8_lossy(bytes).into_owned() };
    pdu.computed_bytes(field, offset..offset + len, value.as_bytes());
    pdu.show_at(STRING_LENGTH, at)?;
    pdu.show_at(STRING_MAXLEN, at + 2)?;
    pdu.show_at(STRING_OFFSET, at + 4)?;
    Ok(value)
}

/// Bytes of the payload.
fn blob(pdu: &mut Pdu<'_>, field: Handle<Variable>, at: usize) -> Result<std::ops::Range<usize>, Stop> {
    let (len, offset) = place(pdu, at);
    if len == 0 {
        if at + 8 <= pdu.data().len() {
            pdu.mark(field, at..at + 8);
        }
        return Ok(0..0);
    }
    pdu.show_at(BLOB_LENGTH, at)?;
    pdu.show_at(BLOB_MAXLEN, at + 2)?;
    pdu.show_at(BLOB_OFFSET, at + 4)?;
    let range = offset..offset + len;
    if range.end > pdu.data().len() {
        return Ok(0..0);
    }
    pdu.mark(field, range.clone());
    Ok(range)
}

fn version(pdu: &mut Pdu<'_>, at: usize) -> Step {
    pdu.show_at(VERSION_MAJOR, at)?;
    pdu.show_at(VERSION_MINOR, at + 1)?;
    pdu.show_at(VERSION_BUILD_NUMBER, at + 2)?;
    pdu.show_at(VERSION_NTLM_CURRENT_REVISION, at + 7)?;
    Ok(())
}

/// MS-NLMP, section 2.2.1.1. What the client is called comes in the character set of its machine.
fn negotiate(pdu: &mut Pdu<'_>) -> Step {
    let flags = pdu.take(NEGOTIATEFLAGS)?;
    if pdu.data().len() < 32 {
        return Ok(());
    }
    text(pdu, NEGOTIATE_DOMAIN, 16, false)?;
    text(pdu, NEGOTIATE_CALLINGWORKSTATION, 24, false)?;
    if flags & VERSION != 0 && pdu.data().len() >= 40 {
        version(pdu, 32)?;
    }
    pdu.skip(pdu.remaining())
}

/// MS-NLMP, section 2.2.1.2.
fn challenge(pdu: &mut Pdu<'_>) -> Step {
    let flags = flags_at(pdu, 20);
    text(pdu, CHALLENGE_TARGET_NAME, 12, flags & UNICODE != 0)?;
    pdu.skip(8)?;
    pdu.take(NEGOTIATEFLAGS)?;
    pdu.take_bytes(NTLMSERVERCHALLENGE, 8)?;
    if pdu.remaining() < 16 {
        return Ok(());
    }
    pdu.take_bytes(RESERVED, 8)?;
    let (len, offset) = place(pdu, 40);
    pdu.take(CHALLENGE_TARGET_INFO_LENGTH)?;
    pdu.take(CHALLENGE_TARGET_INFO_MAXLEN)?;
    pdu.take(CHALLENGE_TARGET_INFO_OFFSET)?;
    if flags & VERSION != 0 && offset >= 56 {
        version(pdu, 48)?;
    }
    if len > 0 && offset >= pdu.position() {
        pdu.skip(offset - pdu.position())?;
        pdu.within(CHALLENGE_TARGET_INFO_LENGTH, len, |pdu| attributes(pdu, &TARGET_INFO))?;
    }
    pdu.skip(pdu.remaining())
}

/// MS-NLMP, section 2.2.1.3.
fn authenticate(pdu: &mut Pdu<'_>) -> Step {
    let flags = flags_at(pdu, 60);
    let unicode = flags & UNICODE != 0;
    let lm = blob(pdu, AUTH_LMRESPONSE, 12)?;
    const LM_RESPONSE: usize = 24;
    if lm.len() == LM_RESPONSE {
        pdu.mark(NTLMCLIENTCHALLENGE, lm.start..lm.start + 8);
    }
    let nt = blob(pdu, AUTH_NTRESPONSE, 20)?;
    let domain = text(pdu, AUTH_DOMAIN, 28, unicode)?;
    let user = text(pdu, AUTH_USERNAME, 36, unicode)?;
    text(pdu, AUTH_HOSTNAME, 44, unicode)?;
    pdu.info(format_args!("NTLMSSP_AUTH, User: {domain}\\{user}"));
    // Older clients leave out the end of the header: their payload begins before it.
    let payload = [12, 20, 28, 36, 44, 52].map(|at| place(pdu, at)).into_iter().filter(|(len, _)| *len > 0);
    let payload = payload.map(|(_, offset)| offset).min().unwrap_or(pdu.data().len());
    if payload >= 64 && pdu.data().len() >= 64 {
        blob(pdu, AUTH_SESSKEY, 52)?;
        pdu.show_at(NEGOTIATEFLAGS, 60)?;
    }
    if flags & VERSION != 0 && payload >= 72 && pdu.data().len() >= 72 {
        version(pdu, 64)?;
    }
    if payload >= 88 && pdu.data().len() >= 88 {
        pdu.mark(AUTHENTICATE_MIC, 72..88);
    }
    if nt.len() > LM_RESPONSE && nt.start >= pdu.position() {
        pdu.mark(NTLMV2_RESPONSE, nt.clone());
        pdu.skip(nt.start - pdu.position())?;
        pdu.within(BLOB_LENGTH, nt.len(), response)?;
    }
    pdu.skip(pdu.remaining())
}

/// MS-NLMP, sections 2.2.2.7 and 2.2.2.8.
fn response(pdu: &mut Pdu<'_>) -> Step {
    pdu.take_bytes(NTLMV2_RESPONSE_NTPROOFSTR, 16)?;
    pdu.take(NTLMV2_RESPONSE_RVERSION)?;
    pdu.take(NTLMV2_RESPONSE_HIRVERSION)?;
    pdu.take_bytes(NTLMV2_RESPONSE_Z, 6)?;
    time(pdu, NTLMV2_RESPONSE_TIME)?;
    pdu.take_bytes(NTLMV2_RESPONSE_CHAL, 8)?;
    pdu.take_bytes(NTLMV2_RESPONSE_Z, 4)?;
    attributes(pdu, &RESPONSE)?;
    if pdu.remaining() > 0 {
        pdu.take_rest(NTLMV2_RESPONSE_PAD);
    }
    Ok(())
}

fn time(pdu: &mut Pdu<'_>, field: Handle<ComputedWord>) -> Step {
    let at = pdu.position();
    let value = pdu.rest().first_chunk().map_or(0, |&bytes| u64::from_le_bytes(bytes));
    pdu.skip(8)?;
    pdu.computed(field, at..at + 8, filetime(value));
    Ok(())
}

/// A list of AV_PAIR (MS-NLMP, section 2.2.2.1).
fn attributes(pdu: &mut Pdu<'_>, fields: &Attributes) -> Step {
    loop {
        let kind = pdu.take(fields.kind)?;
        let len = usize::from(pdu.take(fields.len)?);
        pdu.within(fields.len, len, |pdu| {
            if len == 0 {
                return Ok(());
            }
            let at = pdu.position();
            let name = match kind {
                1..=5 => fields.names.get(usize::from(kind) - 1),
                9 => Some(&fields.target_name),
                _ => None,
            };
            if let Some(&field) = name {
                let value = utf16(pdu.rest());
                pdu.skip(len)?;
                pdu.computed_bytes(field, at..at + len, value.as_bytes());
                return Ok(());
            }
            match kind {
                6 => pdu.take(fields.flags).map(drop),
                7 => time(pdu, fields.time),
                8 => pdu.take_bytes(fields.restrictions, len).map(drop),
                10 => pdu.take_bytes(fields.channel_bindings, len).map(drop),
                _ => Ok(()),
            }
        })?;
        if kind == 0 || pdu.remaining() == 0 {
            return Ok(());
        }
    }
}

/// The flags, where another field has to know them first.
fn flags_at(pdu: &Pdu<'_>, at: usize) -> u32 {
    pdu.data().get(at..).and_then(|b| b.first_chunk()).map_or(0, |&b| u32::from_le_bytes(b))
}

builtin!(Ntlmssp);

#[test]
fn a_negotiation() {
    check::<Ntlmssp>(
        "4e544c4d53535000 01000000 07820002 0000000000000000 0200020028000000 0a00614a0000000f 4d45",
        expect![[r#"
            NTLM Secure Service Provider, NTLMSSP_NEGOTIATE
              NTLMSSP identifier: NTLMSSP
              NTLM Message Type: NTLMSSP_NEGOTIATE (0x00000001)
              Negotiate Flags: 0x02008207
                .... .... .... .... .... .... .... ...1 = Negotiate UNICODE: True
                .... .... .... .... .... .... .... ..1. = Negotiate OEM: True
                .... .... .... .... .... .... .... .1.. = Request Target: True
                .... .... .... .... .... .... .... 0... = Request 0x00000008 : False
                .... .... .... .... .... .... ...0 .... = Negotiate Sign: False
                .... .... .... .... .... .... ..0. .... = Negotiate Seal: False
                .... .... .... .... .... .... .0.. .... = Negotiate Datagram: False
                .... .... .... .... .... .... 0... .... = Negotiate Lan Manager Key: False
                .... .... .... .... .... ...0 .... .... = Negotiate 0x00000100 : False
                .... .... .... .... .... ..1. .... .... = Negotiate NTLM key: True
                .... .... .... .... .... .0.. .... .... = Negotiate NT Only: False
                .... .... .... .... .... 0... .... .... = Negotiate Anonymous: False
                .... .... .... .... ...0 .... .... .... = Negotiate OEM Domain Supplied: False
                .... .... .... .... ..0. .... .... .... = Negotiate OEM Workstation Supplied: False
                .... .... .... .... .0.. .... .... .... = Negotiate 0x00004000 : False
                .... .... .... .... 1... .... .... .... = Negotiate Always Sign: True
                .... .... .... ...0 .... .... .... .... = Target Type Domain: False
                .... .... .... ..0. .... .... .... .... = Target Type Server: False
                .... .... .... .0.. .... .... .... .... = Target Type Share: False
                .... .... .... 0... .... .... .... .... = Negotiate Extended Security: False
                .... .... ...0 .... .... .... .... .... = Negotiate Identify: False
                .... .... ..0. .... .... .... .... .... = Negotiate 0x00200000 : False
                .... .... .0.. .... .... .... .... .... = Request Non-NT Session: False
                .... .... 0... .... .... .... .... .... = Negotiate Target Info: False
                .... ...0 .... .... .... .... .... .... = Negotiate 0x01000000 : False
                .... ..1. .... .... .... .... .... .... = Negotiate Version: True
                .... .0.. .... .... .... .... .... .... = Negotiate 0x04000000 : False
                .... 0... .... .... .... .... .... .... = Negotiate 0x08000000 : False
                ...0 .... .... .... .... .... .... .... = Negotiate 0x10000000 : False
                ..0. .... .... .... .... .... .... .... = Negotiate 128: False
                .0.. .... .... .... .... .... .... .... = Negotiate Key Exchange: False
                0... .... .... .... .... .... .... .... = Negotiate 56: False
              Calling workstation domain: NULL
              Calling workstation name: ME
              Length: 2
              Maxlen: 2
              Offset: 40
              Major Version: 10
              Minor Version: 0
              Build Number: 19041
              NTLM Current Revision: 15
        "#]],
    );
}

#[test]
fn a_challenge() {
    check::<Ntlmssp>(
        "4e544c4d53535000 02000000 0400040038000000 05828a02 0102030405060708 0000000000000000 140014003c000000
         0a00614a0000000f 5300 4400  0200 0400 53004400  0700 0800 0080be04e2f8d901",
        expect![[r#"
            NTLM Secure Service Provider, NTLMSSP_CHALLENGE
              NTLMSSP identifier: NTLMSSP
              NTLM Message Type: NTLMSSP_CHALLENGE (0x00000002)
              Target Name: SD
              Length: 4
              Maxlen: 4
              Offset: 56
              Negotiate Flags: 0x028a8205
                .... .... .... .... .... .... .... ...1 = Negotiate UNICODE: True
                .... .... .... .... .... .... .... ..0. = Negotiate OEM: False
                .... .... .... .... .... .... .... .1.. = Request Target: True
                .... .... .... .... .... .... .... 0... = Request 0x00000008 : False
                .... .... .... .... .... .... ...0 .... = Negotiate Sign: False
                .... .... .... .... .... .... ..0. .... = Negotiate Seal: False
                .... .... .... .... .... .... .0.. .... = Negotiate Datagram: False
                .... .... .... .... .... .... 0... .... = Negotiate Lan Manager Key: False
                .... .... .... .... .... ...0 .... .... = Negotiate 0x00000100 : False
                .... .... .... .... .... ..1. .... .... = Negotiate NTLM key: True
                .... .... .... .... .... .0.. .... .... = Negotiate NT Only: False
                .... .... .... .... .... 0... .... .... = Negotiate Anonymous: False
                .... .... .... .... ...0 .... .... .... = Negotiate OEM Domain Supplied: False
                .... .... .... .... ..0. .... .... .... = Negotiate OEM Workstation Supplied: False
                .... .... .... .... .0.. .... .... .... = Negotiate 0x00004000 : False
                .... .... .... .... 1... .... .... .... = Negotiate Always Sign: True
                .... .... .... ...0 .... .... .... .... = Target Type Domain: False
                .... .... .... ..1. .... .... .... .... = Target Type Server: True
                .... .... .... .0.. .... .... .... .... = Target Type Share: False
                .... .... .... 1... .... .... .... .... = Negotiate Extended Security: True
                .... .... ...0 .... .... .... .... .... = Negotiate Identify: False
                .... .... ..0. .... .... .... .... .... = Negotiate 0x00200000 : False
                .... .... .0.. .... .... .... .... .... = Request Non-NT Session: False
                .... .... 1... .... .... .... .... .... = Negotiate Target Info: True
                .... ...0 .... .... .... .... .... .... = Negotiate 0x01000000 : False
                .... ..1. .... .... .... .... .... .... = Negotiate Version: True
                .... .0.. .... .... .... .... .... .... = Negotiate 0x04000000 : False
                .... 0... .... .... .... .... .... .... = Negotiate 0x08000000 : False
                ...0 .... .... .... .... .... .... .... = Negotiate 0x10000000 : False
                ..0. .... .... .... .... .... .... .... = Negotiate 128: False
                .0.. .... .... .... .... .... .... .... = Negotiate Key Exchange: False
                0... .... .... .... .... .... .... .... = Negotiate 56: False
              NTLM Server Challenge: 0102030405060708
              Reserved: 0000000000000000
              Length: 20
              Maxlen: 20
              Offset: 60
              Major Version: 10
              Minor Version: 0
              Build Number: 19041
              NTLM Current Revision: 15
              Target Info Item Type: 0x0002
              Target Info Item Length: 4
              NetBIOS Domain Name: SD
              Target Info Item Type: 0x0007
              Target Info Item Length: 8
              Timestamp: Oct  7, 2023 05:49:21.003110400 UTC
        "#]],
    );
}

#[test]
fn a_verifier() {
    check::<Ntlmssp>(
        "01000000 0102030405060708090a0b0c",
        expect![[r#"
        NTLM Secure Service Provider, NTLMSSP Verifier
          Version Number: 1
          Verifier Body: 0102030405060708090a0b0c
    "#]],
    );
}

#[test]
fn offsets_that_lie() {
    check::<Ntlmssp>(
        "4e544c4d53535000 03000000 18001800ffffffff 1800180058000000 ffffffffffffffff 0400040010000000 0000000000000000
         0000000000000000 05828a02",
        expect![[r#"
            NTLM Secure Service Provider, NTLMSSP_AUTH, User: \￿￿
              NTLMSSP identifier: NTLMSSP
              NTLM Message Type: NTLMSSP_AUTH (0x00000003)
              Length: 24
              Maxlen: 24
              Offset: 4294967295
              Length: 24
              Maxlen: 24
              Offset: 88
              Domain name: 
              Length: 65535
              Maxlen: 65535
              Offset: 4294967295
              User name: ￿￿
              Length: 4
              Maxlen: 4
              Offset: 16
              Host name: NULL
        "#]],
    );
}
