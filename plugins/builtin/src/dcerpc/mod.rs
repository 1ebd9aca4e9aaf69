//! DCE/RPC, connection-oriented and connectionless (The Open Group, C706, chapter 12), with what Windows adds (MS-RPCE).
//!
//! What a call carries goes to the interface's own dissector: the key in `dcerpc.interface` is [`interface_key`] of its
//! UUID, the context is [`Stub`].

mod secure_channel;
mod tests;

use crate::windows::{guid, is_dcerpc};
use prosector_sdk::handle::{ComputedBytes, ComputedWord, Handle};
use prosector_sdk::prelude::*;
use prosector_sdk::requests::Recent;
use std::fmt;

/// The dissector.
#[derive(Default)]
pub struct Dcerpc {
    flows: Flows<Connection>,
}

protocol! {
    /// Distributed Computing Environment / Remote Procedure Call.
    Dcerpc = dcerpc "DCERPC", "Distributed Computing Environment / Remote Procedure Call (DCE/RPC)" {
        ver: u8                              "Version",
        ver_minor: u8                        "Version (minor)",
        pkt_type: u8                         "Packet type" = {
            0 "Request", 1 "Ping", 2 "Response", 3 "Fault", 4 "Working", 5 "Nocall", 6 "Reject", 7 "Ack",
            8 "Cl_cancel", 9 "Fack", 10 "Cancel_ack", 11 "Bind", 12 "Bind_ack", 13 "Bind_nak", 14 "Alter_context",
            15 "Alter_context_resp", 16 "AUTH3", 17 "Shutdown", 18 "Co_cancel", 19 "Orphaned",
            20 "RPC-over-HTTP RTS",
        },
        cn_flags: u8 hex                     "Packet Flags" {
            first_frag: 0x1                  "First Frag",
            last_frag: 0x2                   "Last Frag",
            cancel_pending: 0x4              "Cancel Pending",
            reserved: 0x8                    "Reserved",
            mpx: 0x10                        "Multiplex",
            dne: 0x20                        "Did Not Execute",
            maybe: 0x40                      "Maybe",
            object: 0x80                     "Object",
        },
        drep: bytes                          "Data Representation",
        drep.byteorder: u8 & 0xf0            "Byte order" = { 0 "Big-endian", 1 "Little-endian" },
        drep.character: u8 & 0x0f            "Character" = { 0 "ASCII", 1 "EBCDIC" },
        drep.fp: u8                          "Floating-point" = { 0 "IEEE", 1 "VAX", 2 "Cray", 3 "IBM" },
        cn_frag_len as FRAG_LEN: computed u16 "Frag Length",
        cn_auth_len: computed u16            "Auth Length",
        cn_call_id: computed u32             "Call ID",
        cn_max_xmit: computed u16            "Max Xmit Frag",
        cn_max_recv: computed u16            "Max Recv Frag",
        cn_assoc_group: computed u32 hex     "Assoc Group",
        cn_num_ctx_items: u8                 "Num Ctx Items",
        cn_ctx_id: computed u16              "Context ID",
        cn_num_trans_items: u8               "Num Trans Items",
        cn_bind_to_uuid: computed uuid       "Interface UUID",
        cn_bind_if_ver: computed u16         "Interface Ver",
        cn_bind_if_ver_minor: computed u16   "Interface Ver Minor",
        cn_bind_trans_id: computed uuid      "ID",
        cn_bind_trans_btfn: u16 le hex       "Bind Time Features" {
            "01" as CN_BIND_TRANS_BTFN_01: 0x1 "Security Context Multiplexing Supported",
            "02" as CN_BIND_TRANS_BTFN_02: 0x2 "Keep Connection On Orphan Supported",
        },
        cn_bind_trans_ver: computed u32      "ver",
        cn_sec_addr_len: computed u16        "Scndry Addr len",
        cn_sec_addr: str                     "Scndry Addr",
        cn_num_results: u8                   "Num results",
        cn_ack_result: computed u16          "Ack result" = {
            0 "Acceptance", 1 "User rejection", 2 "Provider rejection", 3 "Negotiate ACK",
        },
        cn_ack_reason: computed u16          "Ack reason" = {
            0 "Reason not specified", 1 "Abstract syntax not supported",
            2 "Proposed transfer syntaxes not supported", 3 "Local limit exceeded",
        },
        cn_ack_trans_id: computed uuid       "Transfer Syntax",
        cn_ack_trans_ver: computed u32       "Syntax ver",
        cn_reject_reason: computed u16       "Reject reason",
        cn_alloc_hint: computed u32          "Alloc hint",
        opnum: computed u16                  "Opnum",
        obj_id: computed uuid                "Object",
        cn_cancel_count: u8                  "Cancel count",
        cn_fault_flags: u8 hex               "Fault flags" {
            extended_error: 0x1              "Extended error information present",
        },
        cn_status: computed u32 hex          "Status",
        reserved: bytes                      "Reserved",
        request_in: computed u32             "Request in frame",
        time: computed duration              "Time from request",
        stub_data: bytes                     "Stub data",
        encrypted_stub_data: bytes           "Encrypted stub data",
        fault_stub_data: bytes               "Fault stub data",
        unknown_if_id: computed bool         "Unknown DCERPC interface id",
        auth_padding: bytes                  "Auth Padding",
        auth_type: u8                        "Auth type" = {
            0 "None", 1 "Kerberos 5", 9 "SPNEGO", 10 "NTLMSSP", 14 "SCHANNEL SSP", 16 "Kerberos SSP",
            17 "Distributed Password Authentication SSP", 18 "MSN SSP", 21 "Digest SSP",
            68 "NETLOGON Secure Channel", 100 "MSMQ SSP",
        },
        auth_level: u8                       "Auth level" = {
            1 "None", 2 "Connect", 3 "Call", 4 "Packet", 5 "Packet integrity", 6 "Packet privacy",
        },
        auth_pad_len: u8                     "Auth pad len",
        auth_rsrvd: u8                       "Auth Rsrvd",
        auth_ctx_id: computed u32            "Auth Context ID",
        rpc_sec_vt.signature: bytes          "SEC_VT_SIGNATURE",
        rpc_sec_vt.command: u16 le hex       "Command" {
            cmd: uint hex 0x3fff             "Cmd",
            end: 0x4000                      "SEC_VT_COMMAND_END",
            must_process: 0x8000             "SEC_VT_MUST_PROCESS_COMMAND",
        },
        rpc_sec_vt.command.length as VT_LENGTH: u16 le "Length",
        rpc_sec_vt.bitmask: u32 le hex       "rpc_sec_vt_bitmask" {
            sign: 0x1                        "CLIENT_SUPPORT_HEADER_SIGNING",
        },
        rpc_sec_vt.pcontext.interface.uuid: computed uuid "UUID",
        rpc_sec_vt.pcontext.interface.ver: u32 le hex "Version",
        .netlogon.secchan.nl_auth_message.message_type as NL_TYPE: u32 le hex "Message Type"
            = { 0 "Request", 1 "Response" },
        .netlogon.secchan.nl_auth_message.message_flags as NL_FLAGS: u32 le hex "Message Flags" {
            nb_domain: 0x01                  "NetBios Domain",
            nb_host: 0x02                    "NetBios Host",
            dns_domain: 0x04                 "DNS Domain",
            dns_host: 0x08                   "DNS Host",
            nb_host_utf8: 0x10               "NetBios Host(UTF8)",
        },
        .netlogon.secchan.nl_auth_message.nb_domain as NL_NB_DOMAIN: str "NetBios Domain",
        .netlogon.secchan.nl_auth_message.nb_host as NL_NB_HOST: str "NetBios Host",
        .netlogon.secchan.nl_auth_message.dns_domain as NL_DNS_DOMAIN: computed str "DNS Domain",
        .netlogon.secchan.nl_auth_message.dns_host as NL_DNS_HOST: computed str "DNS Host",
        .netlogon.secchan.nl_auth_message.nb_host_utf8 as NL_NB_HOST_UTF8: computed str "NetBios Host(UTF8)",
        .netlogon.secchan.signalg as NL_SIGN: u16 le hex "Sign algorithm"
            = { 0x13 "HMAC-SHA256", 0x77 "HMAC-MD5" },
        .netlogon.secchan.sealalg as NL_SEAL: u16 le hex "Seal algorithm"
            = { 0x1a "AES-128", 0x7a "RC4", 0xffff "Not encrypted" },
        .netlogon.secchan.flags as NL_SIGNATURE_FLAGS: bytes "Flags",
        .netlogon.secchan.seq as NL_SEQUENCE: bytes "Sequence No",
        .netlogon.secchan.digest as NL_DIGEST: bytes "Packet Digest",
        .netlogon.secchan.nonce as NL_NONCE: bytes "Nonce",
        dg_flags1: u8 hex                    "Flags1",
        dg_flags2: u8 hex                    "Flags2",
        dg_serial_hi: u8 hex                 "Serial High",
        dg_if_id: computed uuid              "Interface",
        dg_act_id: computed uuid             "Activity",
        dg_server_boot: computed time_s      "Server boot time",
        dg_if_ver: computed u32              "Interface Ver",
        dg_seqnum: computed u32              "Sequence num",
        dg_ihint: computed u16 hex           "Interface Hint",
        dg_ahint: computed u16 hex           "Activity Hint",
        dg_frag_len: computed u16            "Fragment len",
        dg_frag_num: computed u16            "Fragment num",
        dg_auth_proto: u8                    "Auth proto",
        dg_serial_lo: u8 hex                 "Serial Low",
    }
    claims { tcp.port = 135 }
    tables { INTERFACE: "dcerpc.interface", AUTH: "dcerpc.auth_type", SELF: "@dcerpc" }
    heuristics { tcp.port, udp.port }
    stateful
}

const REQUEST: u8 = 0;
const RESPONSE: u8 = 2;
const FAULT: u8 = 3;
const HEADER: usize = 16;

/// What is known of an association.
#[derive(Default)]
struct Connection {
    /// The interface of each presentation context.
    contexts: Recent<u16, Syntax>,
    calls: Recent<u32, Call>,
}

#[derive(Clone, Copy)]
struct Syntax {
    interface: [u8; 16],
    version: u16,
    ndr64: bool,
}

#[derive(Clone, Copy)]
struct Call {
    frame: u64,
    time: i64,
    opnum: u16,
    object: Option<[u8; 16]>,
}

/// What an interface's dissector is told of a stub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stub {
    pub(crate) opnum: u16,
    pub(crate) response: bool,
    pub(crate) big_endian: bool,
    pub(crate) ndr64: bool,
    pub(crate) encrypted: bool,
}

impl Stub {
    pub(crate) fn to_context(self) -> u64 {
        u64::from(self.opnum)
            | u64::from(self.response) << 16
            | u64::from(self.big_endian) << 17
            | u64::from(self.ndr64) << 18
            | u64::from(self.encrypted) << 19
    }

    pub(crate) fn from_context(context: u64) -> Stub {
        let bit = |n: u32| context >> n & 1 != 0;
        Stub { opnum: context as u16, response: bit(16), big_endian: bit(17), ndr64: bit(18), encrypted: bit(19) }
    }
}

/// The key of an interface: the halves of its UUID, added bit by bit.
pub(crate) const fn interface_key(uuid: u128) -> u64 {
    (uuid >> 64) as u64 ^ uuid as u64
}

/// Interfaces whose name is known, as in the publications of Microsoft (MS-DCOM, MS-SAMR, …).
const INTERFACES: &[(u128, &str)] = &[
    (0x00000001_0000_0000_c000_000000000046, "IClassFactory"),
    (0x00000131_0000_0000_c000_000000000046, "IRemUnknown"),
    (0x00000143_0000_0000_c000_000000000046, "IRemUnknown2"),
    (0x000001a0_0000_0000_c000_000000000046, "ISystemActivator"),
    (0x00020400_0000_0000_c000_000000000046, "IDispatch"),
    (0x00020401_0000_0000_c000_000000000046, "ITypeInfo"),
    (0x0b0a6584_9e0f_11cf_a3cf_00805f68cb1b, "localepmp"),
    (0x12345678_1234_abcd_ef00_0123456789ab, "SPOOLSS"),
    (0x12345678_1234_abcd_ef00_01234567cffb, "RPC_NETLOGON"),
    (0x12345778_1234_abcd_ef00_0123456789ab, "LSARPC"),
    (0x12345778_1234_abcd_ef00_0123456789ac, "SAMR"),
    (0x1ff70682_0a51_30e8_076d_740be8cee98b, "ATSVC"),
    (0x338cd001_2244_31f1_aaaa_900038001003, "WINREG"),
    (0x367abb81_9844_35f1_ad32_98f038001003, "SVCCTL"),
    (0x4b324fc8_1670_01d3_1278_5a47bf6ee188, "SRVSVC"),
    (0x4fc742e0_4a10_11cf_8273_00aa004ae673, "NETDFS"),
    (0x6bffd098_a112_3610_9833_46c3f87e345a, "WKSSVC"),
    (0x76f03f96_cdfd_44fc_a22c_64950a001209, "IREMOTEWINSPOOL"),
    (0x82273fdc_e32a_18c3_3f78_827929dc23ea, "EVENTLOG"),
    (0x99fcfec4_5260_101b_bbcb_00aa0021347a, "IOXIDResolver"),
    (0xa4f1db00_ca47_1067_b31f_00dd010662da, "MAPI"),
    (0xafa8bd80_7d8a_11c9_bef4_08002b102989, "MGMT"),
    (0xb196b283_bab4_101a_b69c_00aa00341d07, "IProvideClassInfo"),
    (0xe1af8308_5d1f_11c9_91a4_08002b14a0fa, "EPMv4"),
    (0xe3514235_4b06_11d1_ab04_00c04fc2dcd2, "DRSUAPI"),
    (0xf5cc5a18_4264_101a_8c59_08002b2f8426, "NSPI"),
];

fn interface_name(uuid: &[u8; 16]) -> Option<&'static str> {
    let uuid = u128::from_be_bytes(*uuid);
    INTERFACES.iter().find(|(known, _)| *known == uuid).map(|(_, name)| *name)
}

/// A UUID, or the name of the interface that it stands for.
struct Interface([u8; 16]);

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match interface_name(&self.0) {
            Some(name) => f.write_str(name),
            None => {
                let n = u128::from_be_bytes(self.0);
                let (a, b, c, d) = (n >> 96, n >> 80 & 0xffff, n >> 64 & 0xffff, n >> 48 & 0xffff);
                write!(f, "{a:08x}-{b:04x}-{c:04x}-{d:04x}-{:012x}", n & 0xffff_ffff_ffff)
            }
        }
    }
}

impl Dissector for Dcerpc {
    fn flow_end(&mut self, flow: u64) {
        self.flows.end(flow);
    }

    fn probe(&self, pdu: &mut Pdu<'_>) -> Verdict {
        let data = pdu.rest();
        match data {
            // C706, section 12.5.1: version 4 over datagrams has a header of 80 bytes.
            [4, kind, _, flags2, order, 0 | 1, ..] if data.len() >= DATAGRAM_HEADER => {
                let fits = *kind <= 10 && flags2 & !2 == 0 && order & !0x11 == 0;
                if fits { Verdict::Maybe } else { Verdict::NotMine }
            }
            _ if is_dcerpc(data) => Verdict::Certain,
            _ => Verdict::NotMine,
        }
    }

    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        match pdu.peek(VER)? {
            5 => {}
            4 => return datagram(pdu, self.flows.of(pdu.flow())),
            _ => return pdu.reject(),
        }
        pdu.wait_for(HEADER)?;
        if !is_dcerpc(pdu.rest()) {
            return pdu.reject();
        }
        let big = pdu.rest().get(4).is_some_and(|order| order & 0x10 == 0);
        let len = number_at(pdu, 8, 2, big) as usize;
        if len < HEADER {
            return pdu.reject();
        }
        let connection = self.flows.of(pdu.flow());
        if pdu.is_stream() {
            pdu.set_len(FRAG_LEN, len);
            pdu.wait_for(len)?;
            return fragment(pdu, connection, big);
        }
        // What is written to a pipe at once may be several PDUs.
        pdu.within(FRAG_LEN, len, |pdu| fragment(pdu, connection, big))?;
        if is_dcerpc(pdu.rest()) {
            pdu.hand_to(SELF);
        }
        Ok(())
    }
}

/// How numbers of a PDU are read.
#[derive(Clone, Copy)]
struct Order(bool);

impl Order {
    fn take(self, pdu: &mut Pdu<'_>, n: usize) -> Result<u64, Stop> {
        let value = number_at(pdu, pdu.position(), n, self.0);
        pdu.skip(n)?;
        Ok(value)
    }

    fn show(self, pdu: &mut Pdu<'_>, field: Handle<ComputedWord>, n: usize) -> Result<u64, Stop> {
        let at = pdu.position();
        let value = self.take(pdu, n)?;
        pdu.computed(field, at..at + n, value);
        Ok(value)
    }

    fn uuid(self, pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>) -> Result<[u8; 16], Stop> {
        let at = pdu.position();
        let bytes: [u8; 16] = pdu.rest().first_chunk().copied().unwrap_or_default();
        pdu.skip(16)?;
        let uuid = if self.0 { bytes } else { guid(&bytes) };
        pdu.computed_bytes(field, at..at + 16, &uuid);
        Ok(uuid)
    }
}

fn number_at(pdu: &Pdu<'_>, at: usize, n: usize, big: bool) -> u64 {
    let bytes = pdu.data().get(at..at + n).unwrap_or_default();
    let add = |v: u64, &b: &u8| v << 8 | u64::from(b);
    if big { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) }
}

/// C706, section 12.6.3.1.
fn fragment(pdu: &mut Pdu<'_>, connection: &mut Connection, big: bool) -> Step {
    let order = Order(big);
    pdu.take(VER)?;
    pdu.take(VER_MINOR)?;
    let kind = pdu.take(PKT_TYPE)?;
    let flags = pdu.take(CN_FLAGS)?;
    drep(pdu, 4)?;
    order.show(pdu, FRAG_LEN, 2)?;
    let auth_len = order.show(pdu, CN_AUTH_LEN, 2)? as usize;
    let call = order.show(pdu, CN_CALL_ID, 4)? as u32;
    pdu.info(format_args!("{}: call_id: {call}", Dcerpc::name(PKT_TYPE, kind)));
    // C706, section 13.2.6.1: what secures the PDU stands at its end, behind eight bytes that say what it is.
    const TRAILER: usize = 8;
    let end = pdu.position() + pdu.wire_remaining();
    let auth = if auth_len > 0 { end.checked_sub(auth_len + TRAILER).filter(|&at| at >= HEADER) } else { None };
    let (level, padding) = match auth.and_then(|at| pdu.data().get(at..at + 3)) {
        Some(&[_, level, padding]) => (level, usize::from(padding)),
        _ => (0, 0),
    };
    // MS-RPCE, section 3.3.1.5.2.2: with a stub that is encrypted its padding is too.
    let padding = if level == PRIVACY { 0 } else { padding.min(auth.unwrap_or(0).saturating_sub(HEADER)) };
    let body = auth.unwrap_or(end).saturating_sub(padding).saturating_sub(HEADER);
    let mut p = Fragment { connection, order, kind, flags, call, level };
    pdu.within(FRAG_LEN, body, |pdu| p.body(pdu))?;
    if let Some(at) = auth {
        if padding > 0 {
            pdu.take_bytes(AUTH_PADDING, padding)?;
        }
        pdu.skip(at.saturating_sub(pdu.position()))?;
        let auth_type = pdu.take(AUTH_TYPE)?;
        pdu.take(AUTH_LEVEL)?;
        pdu.take(AUTH_PAD_LEN)?;
        pdu.take(AUTH_RSRVD)?;
        order.show(pdu, AUTH_CTX_ID, 4)?;
        const SECURE_CHANNEL: u8 = 68;
        if auth_type == SECURE_CHANNEL {
            return secure_channel::verifier(pdu, matches!(kind, 11 | 12 | 14 | 15));
        }
        // Bits 0 to 7: the type of the PDU.
        pdu.hand_on(AUTH, auth_type).context(kind.into()).detail();
    }
    Ok(())
}

fn drep(pdu: &mut Pdu<'_>, len: usize) -> Step {
    pdu.show(DREP_BYTEORDER)?;
    pdu.show(DREP_CHARACTER)?;
    pdu.show_at(DREP_FP, pdu.position() + 1)?;
    pdu.take_bytes(DREP, len)?;
    Ok(())
}

struct Fragment<'c> {
    connection: &'c mut Connection,
    order: Order,
    kind: u8,
    flags: u8,
    call: u32,
    level: u8,
}

impl Fragment<'_> {
    fn body(&mut self, pdu: &mut Pdu<'_>) -> Step {
        match self.kind {
            REQUEST => self.request(pdu),
            RESPONSE => self.response(pdu),
            FAULT => self.fault(pdu),
            11 | 14 => self.bind(pdu),
            12 | 15 => self.bind_ack(pdu),
            13 => self.order.show(pdu, CN_REJECT_REASON, 2).map(drop),
            _ => Ok(()),
        }
    }

    fn bind(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let order = self.order;
        order.show(pdu, CN_MAX_XMIT, 2)?;
        order.show(pdu, CN_MAX_RECV, 2)?;
        order.show(pdu, CN_ASSOC_GROUP, 4)?;
        let count = pdu.take(CN_NUM_CTX_ITEMS)?;
        pdu.skip(3)?;
        for _ in 0..count {
            let id = order.show(pdu, CN_CTX_ID, 2)? as u16;
            let transfers = pdu.take(CN_NUM_TRANS_ITEMS)?;
            pdu.skip(1)?;
            let interface = order.uuid(pdu, CN_BIND_TO_UUID)?;
            let version = order.show(pdu, CN_BIND_IF_VER, 2)? as u16;
            order.show(pdu, CN_BIND_IF_VER_MINOR, 2)?;
            let mut ndr64 = false;
            let mut features = false;
            for _ in 0..transfers {
                let at = pdu.position();
                let transfer = u128::from_be_bytes(order.uuid(pdu, CN_BIND_TRANS_ID)?);
                ndr64 |= transfer == NDR64;
                // MS-RPCE, section 3.3.1.5.3: no syntax but what the client can do.
                if transfer >> 64 == FEATURES {
                    features = true;
                    pdu.show_at(CN_BIND_TRANS_BTFN, at + 8)?;
                }
                order.show(pdu, CN_BIND_TRANS_VER, 4)?;
            }
            if !features {
                self.connection.contexts.insert(id, Syntax { interface, version, ndr64 });
            }
            pdu.info(format_args!(
                "{}: call_id: {}, {count} context items: {} V{version}",
                Dcerpc::name(PKT_TYPE, self.kind),
                self.call,
                Interface(interface)
            ));
        }
        Ok(())
    }

    fn bind_ack(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let order = self.order;
        let xmit = order.show(pdu, CN_MAX_XMIT, 2)?;
        let recv = order.show(pdu, CN_MAX_RECV, 2)?;
        order.show(pdu, CN_ASSOC_GROUP, 4)?;
        let len = order.show(pdu, CN_SEC_ADDR_LEN, 2)? as usize;
        if len > 0 {
            let text = pdu.rest().get(..len).unwrap_or_default();
            let text = text.strip_suffix(b"\0").unwrap_or(text);
            pdu.mark(CN_SEC_ADDR, pdu.position()..pdu.position() + text.len());
        }
        pdu.skip(len)?;
        pdu.skip(pdu.position().next_multiple_of(4) - pdu.position())?;
        let count = pdu.take(CN_NUM_RESULTS)?;
        pdu.skip(3)?;
        for _ in 0..count {
            match order.show(pdu, CN_ACK_RESULT, 2)? {
                0 => pdu.skip(2)?,
                3 => {
                    pdu.take(CN_BIND_TRANS_BTFN)?;
                }
                _ => {
                    order.show(pdu, CN_ACK_REASON, 2)?;
                }
            }
            order.uuid(pdu, CN_ACK_TRANS_ID)?;
            order.show(pdu, CN_ACK_TRANS_VER, 4)?;
        }
        pdu.info(format_args!(
            "{}: call_id: {}, max_xmit: {xmit} max_recv: {recv}, {count} results",
            Dcerpc::name(PKT_TYPE, self.kind),
            self.call
        ));
        Ok(())
    }

    fn request(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let order = self.order;
        order.show(pdu, CN_ALLOC_HINT, 4)?;
        let context = order.show(pdu, CN_CTX_ID, 2)? as u16;
        let opnum = order.show(pdu, OPNUM, 2)? as u16;
        let object = if self.flags & OBJECT != 0 { Some(order.uuid(pdu, OBJ_ID)?) } else { None };
        let syntax = self.connection.contexts.get(&context).copied();
        if syntax.is_some() && self.flags & FIRST != 0 {
            let call = Call { frame: pdu.frame_number(), time: pdu.time(), opnum, object };
            self.connection.calls.insert(self.call, call);
        }
        self.describe(pdu, syntax, Some(opnum), "Request");
        let vt = if self.level == PRIVACY { None } else { trailer_at(pdu.rest()) };
        let len = vt.unwrap_or(pdu.wire_remaining());
        pdu.within(FRAG_LEN, len, |pdu| self.stub(pdu, syntax, Some(opnum)))?;
        if vt.is_some() { security_trailer(pdu) } else { Ok(()) }
    }

    fn response(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let order = self.order;
        order.show(pdu, CN_ALLOC_HINT, 4)?;
        let context = order.show(pdu, CN_CTX_ID, 2)? as u16;
        pdu.take(CN_CANCEL_COUNT)?;
        pdu.skip(1)?;
        let syntax = self.connection.contexts.get(&context).copied();
        let opnum = self.answered(pdu, syntax);
        self.describe(pdu, syntax, opnum, "Response");
        self.stub(pdu, syntax, opnum)
    }

    fn fault(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let order = self.order;
        order.show(pdu, CN_ALLOC_HINT, 4)?;
        let context = order.show(pdu, CN_CTX_ID, 2)? as u16;
        pdu.take(CN_CANCEL_COUNT)?;
        pdu.take(CN_FAULT_FLAGS)?;
        let status = order.show(pdu, CN_STATUS, 4)?;
        pdu.take_bytes(RESERVED, 4)?;
        let syntax = self.connection.contexts.get(&context).copied();
        self.answered(pdu, syntax);
        pdu.info(format_args!("Fault: call_id: {}, Ctx: {context}, status: 0x{status:08x}", self.call));
        if pdu.remaining() > 0 {
            pdu.take_rest(FAULT_STUB_DATA);
        }
        Ok(())
    }

    /// Shows what a response answers.
    fn answered(&mut self, pdu: &mut Pdu<'_>, syntax: Option<Syntax>) -> Option<u16> {
        syntax?;
        let call = *self.connection.calls.get(&self.call)?;
        pdu.computed(OPNUM, 0..0, call.opnum);
        if let Some(object) = call.object {
            pdu.computed_bytes(OBJ_ID, 0..0, &object);
        }
        pdu.computed(REQUEST_IN, 0..0, call.frame);
        pdu.computed(TIME, 0..0, pdu.time().saturating_sub(call.time));
        Some(call.opnum)
    }

    fn describe(&self, pdu: &mut Pdu<'_>, syntax: Option<Syntax>, opnum: Option<u16>, what: &str) {
        let call = self.call;
        match (syntax, opnum) {
            (Some(s), Some(opnum)) => pdu.info(format_args!(
                "{what}: call_id: {call}, opnum: {opnum}, {} V{}",
                Interface(s.interface),
                s.version
            )),
            _ => pdu.info(format_args!("{what}: call_id: {call}")),
        }
    }

    fn stub(&mut self, pdu: &mut Pdu<'_>, syntax: Option<Syntax>, opnum: Option<u16>) -> Step {
        let Some(Syntax { interface, ndr64, .. }) = syntax else {
            show_stub(pdu, self.level);
            return Ok(());
        };
        if interface_name(&interface).is_none() {
            pdu.computed(UNKNOWN_IF_ID, 0..0, true);
            show_stub(pdu, self.level);
            return Ok(());
        }
        const WHOLE: u8 = FIRST | LAST;
        match opnum {
            Some(opnum) if self.flags & WHOLE == WHOLE => {
                let encrypted = self.level == PRIVACY;
                let stub = Stub { opnum, response: self.kind == RESPONSE, big_endian: self.order.0, ndr64, encrypted };
                if encrypted {
                    let at = pdu.position();
                    pdu.mark(ENCRYPTED_STUB_DATA, at..at + pdu.remaining());
                }
                // Once for the call, once for the operation.
                if stub.response
                    && let Some(call) = self.connection.calls.get(&self.call)
                {
                    pdu.computed(REQUEST_IN, 0..0, call.frame);
                }
                pdu.hand_on(INTERFACE, interface_key(u128::from_be_bytes(interface))).context(stub.to_context());
            }
            _ => show_stub(pdu, self.level),
        }
        Ok(())
    }
}

fn show_stub(pdu: &mut Pdu<'_>, level: u8) {
    if pdu.remaining() > 0 {
        pdu.take_rest(if level == PRIVACY { ENCRYPTED_STUB_DATA } else { STUB_DATA });
    }
}

const FIRST: u8 = 0x01;
const LAST: u8 = 0x02;
const OBJECT: u8 = 0x80;
/// The authentication level at which stubs are encrypted.
const PRIVACY: u8 = 6;
const NDR64: u128 = 0x71710533_beba_4937_8319_b5dbef9ccc36;
/// The first half of the UUID that announces features at bind time.
const FEATURES: u128 = 0x6cb71c2c_98124540;

/// Where the verification trailer begins (MS-RPCE, section 2.2.2.13): at a multiple of four bytes behind the stub.
fn trailer_at(stub: &[u8]) -> Option<usize> {
    const SIGNATURE: [u8; 8] = [0x8a, 0xe3, 0x13, 0x71, 0x02, 0xf4, 0x36, 0x71];
    (0..stub.len()).step_by(4).find(|&at| stub.get(at..).is_some_and(|s| s.starts_with(&SIGNATURE)))
}

fn security_trailer(pdu: &mut Pdu<'_>) -> Step {
    pdu.take_bytes(RPC_SEC_VT_SIGNATURE, 8)?;
    loop {
        let command = pdu.take(RPC_SEC_VT_COMMAND)?;
        let len = pdu.take(VT_LENGTH)?;
        pdu.within(VT_LENGTH, len.into(), |pdu| {
            match command & 0x3fff {
                1 => {
                    pdu.take(RPC_SEC_VT_BITMASK)?;
                }
                2 => {
                    for _ in 0..2 {
                        Order(false).uuid(pdu, RPC_SEC_VT_PCONTEXT_INTERFACE_UUID)?;
                        pdu.take(RPC_SEC_VT_PCONTEXT_INTERFACE_VER)?;
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        if command & 0x4000 != 0 || pdu.remaining() == 0 {
            return Ok(());
        }
    }
}

const DATAGRAM_HEADER: usize = 80;

/// C706, section 12.5.2.
fn datagram(pdu: &mut Pdu<'_>, connection: &mut Connection) -> Step {
    if pdu.data().len() < DATAGRAM_HEADER {
        return pdu.reject();
    }
    pdu.take(VER)?;
    let kind = pdu.take(PKT_TYPE)?;
    pdu.take(DG_FLAGS1)?;
    pdu.take(DG_FLAGS2)?;
    let order = Order(pdu.rest().first().is_some_and(|b| b & 0x10 == 0));
    drep(pdu, 3)?;
    pdu.take(DG_SERIAL_HI)?;
    order.uuid(pdu, OBJ_ID)?;
    let interface = order.uuid(pdu, DG_IF_ID)?;
    order.uuid(pdu, DG_ACT_ID)?;
    let at = pdu.position();
    let boot = order.take(pdu, 4)?;
    pdu.computed(DG_SERVER_BOOT, at..at + 4, boot * 1_000_000_000);
    order.show(pdu, DG_IF_VER, 4)?;
    let sequence = order.show(pdu, DG_SEQNUM, 4)? as u32;
    let opnum = order.show(pdu, OPNUM, 2)? as u16;
    order.show(pdu, DG_IHINT, 2)?;
    order.show(pdu, DG_AHINT, 2)?;
    order.show(pdu, DG_FRAG_LEN, 2)?;
    order.show(pdu, DG_FRAG_NUM, 2)?;
    pdu.take(DG_AUTH_PROTO)?;
    pdu.take(DG_SERIAL_LO)?;
    pdu.info(format_args!("{}: seq: {sequence}, opnum: {opnum}", Dcerpc::name(PKT_TYPE, kind)));
    match kind {
        REQUEST => {
            let call = Call { frame: pdu.frame_number(), time: pdu.time(), opnum, object: None };
            connection.calls.insert(sequence, call);
        }
        RESPONSE => {
            if let Some(call) = connection.calls.get(&sequence) {
                pdu.computed(REQUEST_IN, 0..0, call.frame);
                pdu.computed(TIME, 0..0, pdu.time().saturating_sub(call.time));
            }
        }
        _ => return Ok(()),
    }
    if interface_name(&interface).is_none() {
        pdu.computed(UNKNOWN_IF_ID, 0..0, true);
        show_stub(pdu, 0);
    }
    Ok(())
}

builtin!(Dcerpc);
