//! EtherNet/IP (ODVA, The CIP Networks Library, volume 2, chapter 2): the encapsulation header and its items.

use prosector_sdk::prelude::*;
use std::collections::VecDeque;

/// The dissector.
#[derive(Default)]
pub struct Enip {
    open: Flows<VecDeque<Request>>,
}

/// A request that was not answered yet.
struct Request {
    key: Key,
    frame: u64,
    time: i64,
}

/// Answers have the session of their request, and its context or, on a connection, its sequence count.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key {
    session: u32,
    command: u16,
    context: u64,
    sequence: Option<u16>,
}

protocol! {
    /// EtherNet/IP, Ethernet Industrial Protocol.
    Enip = enip "ENIP", "EtherNet/IP (Industrial Protocol)" {
        command: u16 le hex                     "Command" = {
            0x0000 "NOP", 0x0001 "List Targets", 0x0004 "List Services", 0x0063 "List Identity", 0x0064 "List Interfaces",
            0x0065 "Register Session", 0x0066 "Unregister Session", 0x006f "Send RR Data", 0x0070 "Send Unit Data",
            0x0072 "Indicate Status", 0x0073 "Cancel",
        },
        length: u16 le                          "Length",
        session: u32 le hex                     "Session Handle",
        status: u32 le hex                      "Status" = {
            0x00 "Success", 0x01 "Invalid Command", 0x02 "No Memory Resources", 0x03 "Incorrect Data",
            0x64 "Invalid Session Handle", 0x65 "Invalid Length", 0x69 "Unsupported Protocol Revision",
        },
        listid_delay: u16 le                    "Max Response Delay" unit "ms",
        context: bytes                          "Sender Context",
        options: u32 le hex                     "Options",
        rs.version: u16 le                      "Protocol Version",
        rs.flags: u16 le hex                    "Option Flags",
        srrd.iface: u32 le hex                  "Interface Handle" = { 0 "CIP" },
        sud.iface: u32 le hex                   "Interface Handle" = { 0 "CIP" },
        timeout: u16 le                         "Timeout",
        cpf.itemcount: u16 le                   "Item Count",
        cpf.item: group                         "Item",
        cpf.typeid: u16 le hex                  "Type ID" = {
            0x0000 "Null Address Item", 0x000c "CIP Identity", 0x00a1 "Connected Address Item",
            0x00b1 "Connected Data Item", 0x00b2 "Unconnected Data Item", 0x0100 "List Services Response",
            0x8000 "Socket Address Info O->T", 0x8001 "Socket Address Info T->O", 0x8002 "Sequenced Address Item",
        },
        cpf.length: u16 le                      "Length",
        cpf.cai.connid: u32 le hex              "Connection ID",
        cpf.sai.connid: u32 le hex              "Connection ID",
        cpf.sai.seq: u32 le                     "Encapsulation Sequence Number",
        .cip.connid: computed u32 hex           "Connection ID" hidden,
        .cip.seq: u16 le                        "CIP Sequence Count",
        lir.vendor: u16 le hex                  "Vendor ID",
        lir.devtype: u16 le                     "Device Type",
        lir.prodcode: u16 le                    "Product Code",
        lir.status: u16 le hex                  "Status",
        lir.serial: u32 le hex                  "Serial Number",
        lir.namelen: u8                         "Product Name Length",
        lir.name: str                           "Product Name",
        lir.state: u8 hex                       "State",
        lsr.capaflags: u16 le hex               "Capability Flags" {
            tcp: 0x0020                         "Supports CIP Encapsulation via TCP",
            udp: 0x0100                         "Supports CIP Class 0 or 1 via UDP",
        },
        lsr.servicename: str                    "Name of Service",
        cpf.data: bytes                         "Data",
        response_to: computed u32               "Request In" linked,
        time as TIME_FIELD: computed duration   "Time" linked,
    }
    claims { tcp.port = 44818, udp.port = [44818, 2222] }
    tables { CIP: "@cip", CIP_IO: "@cipio" }
    stateful
}

/// The position of the claim of port 2222, where items have no encapsulation header.
const IO_CLAIM: usize = 2;
const HEADER: usize = 24;
const MAX_OPEN: usize = 1_000;

const LIST_IDENTITY: u16 = 0x63;
const REGISTER_SESSION: u16 = 0x65;
const SEND_RR_DATA: u16 = 0x6f;
const SEND_UNIT_DATA: u16 = 0x70;

impl Dissector for Enip {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if pdu.claim() == Some(IO_CLAIM) {
            pdu.info(format_args!("Connected data"));
            return items(pdu).map(drop);
        }
        let command = pdu.peek(COMMAND)?;
        if Self::PROTOCOL.fields.first().is_some_and(|f| name_of(&f.names, command.into()).is_none()) {
            return pdu.reject();
        }
        pdu.take(COMMAND)?;
        let len = usize::from(pdu.take(LENGTH)?);
        pdu.set_len(LENGTH, HEADER + len);
        pdu.wait_for(HEADER + len)?;
        let session = pdu.take(SESSION)?;
        pdu.info(format_args!("{}, Session: 0x{session:08x}", Self::name(COMMAND, command)));
        pdu.take(STATUS)?;
        let mut context = 0;
        if command == LIST_IDENTITY && len == 0 {
            // A request to all says how long an answer may take.
            pdu.take(LISTID_DELAY)?;
            pdu.take_bytes(CONTEXT, 6)?;
        } else {
            context = pdu.take_bytes(CONTEXT, 8)?.iter().fold(0, |n, &byte| n << 8 | u64::from(byte));
        }
        pdu.take(OPTIONS)?;
        let mut sequence = None;
        match command {
            REGISTER_SESSION if len >= 4 => {
                pdu.take(RS_VERSION)?;
                pdu.take(RS_FLAGS)?;
            }
            SEND_RR_DATA | SEND_UNIT_DATA => {
                pdu.take(if command == SEND_RR_DATA { SRRD_IFACE } else { SUD_IFACE })?;
                pdu.take(TIMEOUT)?;
                sequence = items(pdu)?;
            }
            _ if len > 0 => drop(items(pdu)?),
            _ => {}
        }
        let key = Key { session, command, context, sequence };
        if matches!(command, SEND_RR_DATA | SEND_UNIT_DATA) && (pdu.wants(RESPONSE_TO) || pdu.wants(TIME_FIELD)) {
            self.link(pdu, key);
        }
        Ok(())
    }

    fn flow_end(&mut self, flow: u64) {
        self.open.end(flow);
    }
}

impl Enip {
    /// Which of the two is the request only the port tells, and with it the direction.
    fn link(&mut self, pdu: &mut Pdu<'_>, key: Key) {
        const PORT: u64 = 44818;
        let open = self.open.of(pdu.flow());
        if pdu.context() & 0xffff == PORT {
            if open.len() >= MAX_OPEN {
                open.pop_front();
            }
            open.push_back(Request { key, frame: pdu.frame_number(), time: pdu.time() });
        } else if let Some(at) = open.iter().position(|request| request.key == key)
            && let Some(request) = open.remove(at)
        {
            pdu.computed(RESPONSE_TO, 0..0, request.frame);
            pdu.computed(TIME_FIELD, 0..0, pdu.time() - request.time);
        }
    }
}

/// The items of the common packet format. Returns the sequence count of connected data.
fn items(pdu: &mut Pdu<'_>) -> Result<Option<u16>, Stop> {
    let mut sequence = None;
    let mut is_io = false;
    for _ in 0..pdu.take(CPF_ITEMCOUNT)? {
        pdu.group(CPF_ITEM, |pdu| {
            let kind = pdu.take(CPF_TYPEID)?;
            let len = usize::from(pdu.take(CPF_LENGTH)?);
            pdu.within(CPF_LENGTH, len, |pdu| {
                match kind {
                    0x000c => identity(pdu)?,
                    0x00a1 => {
                        let at = pdu.position();
                        let id = pdu.take(CPF_CAI_CONNID)?;
                        pdu.computed(CIP_CONNID, at..at + 4, id);
                    }
                    0x00b1 if is_io => drop(pdu.hand_to(CIP_IO)),
                    0x00b1 => {
                        sequence = Some(pdu.take(CIP_SEQ)?);
                        let context = u64::from(sequence.unwrap_or(0)) | 1 << 16;
                        if pdu.wire_remaining() > 0 {
                            pdu.hand_to(CIP).context(context);
                        }
                    }
                    0x00b2 if len > 0 => drop(pdu.hand_to(CIP)),
                    0x0100 => {
                        pdu.skip(2)?;
                        pdu.take(LSR_CAPAFLAGS)?;
                        pdu.take_bytes(LSR_SERVICENAME, pdu.wire_remaining())?;
                    }
                    0x8002 => {
                        let at = pdu.position();
                        let id = pdu.take(CPF_SAI_CONNID)?;
                        pdu.computed(CIP_CONNID, at..at + 4, id);
                        pdu.take(CPF_SAI_SEQ)?;
                        is_io = true;
                    }
                    _ if len > 0 => drop(pdu.take_bytes(CPF_DATA, len)?),
                    _ => {}
                }
                Ok(())
            })
        })?;
    }
    Ok(sequence)
}

/// An identity in the answer to List Identity. The socket address is in network byte order and not shown.
fn identity(pdu: &mut Pdu<'_>) -> Step {
    const SOCKET_ADDRESS: usize = 16;
    pdu.skip(2 + SOCKET_ADDRESS)?;
    pdu.take(LIR_VENDOR)?;
    pdu.take(LIR_DEVTYPE)?;
    pdu.take(LIR_PRODCODE)?;
    pdu.skip(2)?;
    pdu.take(LIR_STATUS)?;
    pdu.take(LIR_SERIAL)?;
    let len = pdu.take(LIR_NAMELEN)?.into();
    pdu.take_bytes(LIR_NAME, len)?;
    pdu.take(LIR_STATE)?;
    Ok(())
}

builtin!(Enip);

#[test]
fn a_connected_request() {
    check::<Enip>(
        "7000 1600 04030201 00000000 0000000000000000 00000000  00000000 0100
         0200 a100 0400 010b7c00 b100 0200 8907",
        expect![[r#"
            EtherNet/IP (Industrial Protocol), Send Unit Data, Session: 0x01020304
              Command: Send Unit Data (0x0070)
              Length: 22
              Session Handle: 0x01020304
              Status: Success (0x00000000)
              Sender Context: 0000000000000000
              Options: 0x00000000
              Interface Handle: CIP (0x00000000)
              Timeout: 1
              Item Count: 2
              Item: Connected Address Item (0x00a1)
                Type ID: Connected Address Item (0x00a1)
                Length: 4
                Connection ID: 0x007c0b01
              Item: Connected Data Item (0x00b1)
                Type ID: Connected Data Item (0x00b1)
                Length: 2
                CIP Sequence Count: 1929
        "#]],
    );
}

#[test]
fn list_identity_and_a_lie() {
    check::<Enip>(
        "6300 0000 00000000 00000000 e803 0000c1debed1 00000000",
        expect![[r#"
        EtherNet/IP (Industrial Protocol), List Identity, Session: 0x00000000
          Command: List Identity (0x0063)
          Length: 0
          Session Handle: 0x00000000
          Status: Success (0x00000000)
          Max Response Delay: 1000 ms
          Sender Context: 0000c1debed1
          Options: 0x00000000
    "#]],
    );
    check::<Enip>(
        "6f00 0a00 04030201 00000000 0000000000000000 00000000  00000000 0100 ffff b200",
        expect![[r#"
            EtherNet/IP (Industrial Protocol), Send RR Data, Session: 0x01020304
              Command: Send RR Data (0x006f)
              Length: 10
              Session Handle: 0x01020304
              Status: Success (0x00000000)
              Sender Context: 0000000000000000
              Options: 0x00000000
              Interface Handle: CIP (0x00000000)
              Timeout: 1
              Item Count: 65535
              Item: Unconnected Data Item (0x00b2)
                Type ID: Unconnected Data Item (0x00b2)
              [error] short: enip.cpf.length needs 2 bytes at offset 34, 0 are there
        "#]],
    );
    check::<Enip>(
        "7f00 0a00",
        expect![[r#"
        rejected
    "#]],
    );
}
