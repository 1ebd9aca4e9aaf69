//! Modbus (MODBUS Application Protocol Specification V1.1b3, section 6). Whether a PDU asks or answers, and of which
//! transaction it is, the header around it tells. Where an answer's values lie, its request tells.

use crate::REQUEST;
use prosector_sdk::handle::Handle;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Modbus {
    /// By transaction and unit, and by function.
    requests: Flows<Recent<(u64, u8), Request>>,
}

/// When it came, the first bit or register that it asks for, and how many.
type Request = (Sighting, (u16, u16));

protocol! {
    /// Modbus.
    Modbus = modbus "Modbus", "Modbus" {
        func_code: u8 & 0x7f                    "Function Code" = {
            1 "Read Coils", 2 "Read Discrete Inputs", 3 "Read Holding Registers", 4 "Read Input Registers",
            5 "Write Single Coil", 6 "Write Single Register", 7 "Read Exception Status", 8 "Diagnostics",
            11 "Get Comm. Event Counters", 12 "Get Comm. Event Log", 15 "Write Multiple Coils",
            16 "Write Multiple Registers", 17 "Report Slave ID", 20 "Read File Record", 21 "Write File Record",
            22 "Mask Write Register", 23 "Read Write Register", 24 "Read FIFO Queue",
            43 "Encapsulated Interface Transport", 90 "Unity (Schneider)",
        },
        exception_code: u8                      "Exception Code" = {
            1 "Illegal function", 2 "Illegal data address", 3 "Illegal data value", 4 "Device failure", 5 "Acknowledge",
            6 "Device busy", 8 "Memory parity error", 10 "Gateway path unavailable", 11 "Gateway target is silent",
        },
        request_frame: computed u32             "Request Frame",
        response_time: computed duration        "Time from request",
        reference_num: u16                      "Reference Number",
        bit_cnt: u16                            "Bit Count",
        word_cnt: u16                           "Word Count",
        byte_cnt: u8                            "Byte Count",
        byte_cnt_16: u16                        "Byte Count (16-bit)",
        read_reference_num: u16                 "Read Reference Number",
        read_word_cnt: u16                      "Read Word Count",
        write_reference_num: u16                "Write Reference Number",
        write_word_cnt: u16                     "Write Word Count",
        reference_type: u8                      "Reference Type",
        reference_num_32: u32                   "Reference Number (32 bit)",
        bitnum: computed u16                    "Bit Number",
        bitval: computed bool                   "Bit Value",
        regnum16: computed u16                  "Register Number",
        regval_uint16: u16                      "Register Value (UINT16)",
        and_mask: u16 hex                       "AND mask",
        or_mask: u16 hex                        "OR mask",
        padding: u8 hex                         "Padding",
        diagnostic_code: u16                    "Diagnostic Code" = {
            0 "Return Query Data", 1 "Restart", 2 "Return Diagnostic Register", 3 "Change ASCII Input Delimiter",
            4 "Force Listen Only Mode", 10 "Clear Counters and Diagnostic Register", 11 "Return Bus Message Count",
            12 "Return Bus CRC Error Count", 13 "Return Bus Exception Count", 14 "Return Slave Message Count",
            15 "Return Slave No Response Count", 16 "Return Slave NAK Count", 17 "Return Slave Busy Count",
            18 "Return Bus Character Overrun Count", 20 "Clear Overrun Counter and Flag",
        },
        diagnostic.return_query_data.request as QUERY: bytes "Request Data",
        diagnostic.return_query_data.echo as ECHO: bytes "Echo Data",
        diagnostic.restart_communication_option as RESTART: u16 hex "Restart" = { 0 "Leave Log", 0xff00 "Clear Log" },
        diagnostic.return_diag_register as REGISTER: u16 hex "Diagnostic Register Contents",
        diagnostic.ascii_input_delimiter as DELIMITER: u8 hex "CHAR",
        diagnostic.clear_ctr_diag_reg as CLEARED: u16 "Clear Counters & Diag Register Echo",
        diagnostic.bus_message_count as N11: u16 "Total Message Count",
        diagnostic.bus_comm_error_count as N12: u16 "CRC Error Count",
        diagnostic.bus_exception_error_count as N13: u16 "Exception Error Count",
        diagnostic.slave_message_count as N14: u16 "Slave Message Count",
        diagnostic.no_slave_response_count as N15: u16 "Slave No Response Count",
        diagnostic.slave_nak_count as N16: u16 "Slave NAK Count",
        diagnostic.slave_busy_count as N17: u16 "Slave Device Busy Count",
        diagnostic.bus_char_overrun_count as N18: u16 "Slave Character Overrun Count",
        ev_status: u16 hex                      "Status",
        ev_count: u16                           "Event Count",
        ev_msg_count: u16                       "Message Count",
        event: u8 "Event" = { 0 "Restart", 4 "Listen Only Mode", 0x40..=0x7f "Sent", 0x80..=0xff "Received" },
        mei: u8                                 "MEI type" = { 13 "CANopen", 14 "Read Device Identification" },
        read_device_id: u8                      "Read Device ID" = {
            1 "Basic Identification", 2 "Regular Identification", 3 "Extended Identification", 4 "One object",
        },
        conformity_level: u8 hex                "Conformity Level",
        more_follows: u8 hex                    "More Follows",
        next_object_id: u8                      "Next Object ID",
        num_objects: u8                         "Number of Objects",
        object_id: u8                           "Object ID" = {
            0 "VendorName", 1 "ProductCode", 2 "MajorMinorRevision", 3 "VendorURL", 4 "ProductName", 5 "ModelName",
            6 "UserApplicationName",
        },
        objects_len: u8                         "Object length",
        object_str_value: str                   "Object String Value",
        object_value: bytes                     "Object Value",
        data: bytes                             "Data",
    }
    stateful
}

const FAILED: u8 = 0x80;
const DEVICE_IDENTIFICATION: u8 = 14;
/// By diagnostic code, from 10 on.
const COUNTERS: [Handle<u16>; 9] = [CLEARED, N11, N12, N13, N14, N15, N16, N17, N18];

impl Dissector for Modbus {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let (key, is_request) = (pdu.context() & !REQUEST, pdu.context() & REQUEST != 0);
        let failed = pdu.rest().first().is_some_and(|byte| byte & FAILED != 0);
        let function = pdu.take(FUNC_CODE)?;
        let (what, name) = (if is_request { "Query" } else { "Response" }, Self::name(FUNC_CODE, function));
        pdu.info(format_args!("{what}: {name}"));
        let (requests, mut asked) = (self.requests.of(pdu.flow()), (0, u16::MAX));
        if failed {
            let code = pdu.take(EXCEPTION_CODE)?;
            pdu.info(format_args!("{what}: {name}: {}", Self::name(EXCEPTION_CODE, code)));
        } else if is_request {
            if let [a, b, c, d, ..] = *pdu.rest() {
                asked = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            }
            requests.insert((key, function), (Sighting::of(pdu), asked));
        } else if let Some((request, of_request)) = requests.get(&(key, function)) {
            asked = *of_request;
            pdu.computed(REQUEST_FRAME, 0..0, request.frame);
            pdu.computed(RESPONSE_TIME, 0..0, pdu.time().saturating_sub(request.time));
        }
        if !failed {
            content(pdu, function, is_request, asked)?;
        }
        if pdu.wire_remaining() > 0 {
            pdu.take_bytes(DATA, pdu.wire_remaining())?;
        }
        Ok(())
    }

    fn flow_end(&mut self, flow: u64) {
        self.requests.end(flow);
    }
}

/// What stands behind the function; `asked` is the first bit or register that was asked for, and how many, if known.
fn content(pdu: &mut Pdu<'_>, function: u8, is_request: bool, asked: (u16, u16)) -> Step {
    let begins_with: &[Handle<u16>] = match (function, is_request) {
        (1 | 2, true) | (15, _) => &[REFERENCE_NUM, BIT_CNT],
        (3 | 4, true) | (16, _) => &[REFERENCE_NUM, WORD_CNT],
        (5 | 6, _) | (24, true) => &[REFERENCE_NUM],
        (8, _) => &[DIAGNOSTIC_CODE],
        (11, false) => &[EV_STATUS, EV_COUNT],
        (22, _) => &[REFERENCE_NUM, AND_MASK, OR_MASK],
        (23, true) => &[READ_REFERENCE_NUM, READ_WORD_CNT, WRITE_REFERENCE_NUM, WRITE_WORD_CNT],
        (24, false) => &[BYTE_CNT_16, WORD_CNT],
        _ => &[],
    };
    let mut numbers = [0; 4];
    for (number, &field) in numbers.iter_mut().zip(begins_with) {
        *number = pdu.take(field)?;
    }
    match (function, is_request) {
        (1 | 2, false) => bits(pdu, asked),
        (3 | 4 | 23, false) => registers(pdu, asked.0),
        (5, _) => pdu.show_at(PADDING, pdu.position() + 1).map(drop),
        (6, _) => register(pdu, numbers[0]),
        (8, _) => diagnostics(pdu, numbers[0], is_request),
        (12, false) => counted(pdu, |pdu| {
            [EV_STATUS, EV_COUNT, EV_MSG_COUNT].into_iter().try_for_each(|field| pdu.take(field).map(drop))?;
            pdu.repeat(|pdu| pdu.take(EVENT).map(drop))
        }),
        (15, true) | (17, false) => pdu.take(BYTE_CNT).map(drop),
        (16, true) => registers(pdu, numbers[0]),
        (20 | 21, _) => counted(pdu, |pdu| pdu.repeat(|pdu| file(pdu, function, is_request))),
        (23, true) => registers(pdu, numbers[2]),
        (43, _) if pdu.take(MEI)? == DEVICE_IDENTIFICATION => identification(pdu, is_request),
        _ => Ok(()),
    }
}

fn counted<'a>(pdu: &mut Pdu<'a>, read: impl FnOnce(&mut Pdu<'a>) -> Step) -> Step {
    let len = pdu.take(BYTE_CNT)?.into();
    pdu.within(BYTE_CNT, len, read)
}

fn bits(pdu: &mut Pdu<'_>, (first, count): (u16, u16)) -> Step {
    let len = usize::from(pdu.take(BYTE_CNT)?);
    let (at, bytes) = (pdu.position(), pdu.rest());
    for (bit, byte) in (0..count).zip(bytes.iter().take(len).flat_map(|byte| [byte; 8])) {
        let range = at + usize::from(bit / 8)..at + usize::from(bit / 8) + 1;
        pdu.computed(BITNUM, range.clone(), first.wrapping_add(bit));
        pdu.computed(BITVAL, range, byte >> (bit % 8) & 1 != 0);
    }
    pdu.skip(len)
}

fn registers(pdu: &mut Pdu<'_>, first: u16) -> Step {
    let count = u16::from(pdu.take(BYTE_CNT)?) / 2;
    (0..count).try_for_each(|i| register(pdu, first.wrapping_add(i)))
}

fn register(pdu: &mut Pdu<'_>, number: u16) -> Step {
    let at = pdu.position();
    pdu.computed(REGNUM16, at..at + 2, number);
    pdu.take(REGVAL_UINT16).map(drop)
}

fn diagnostics(pdu: &mut Pdu<'_>, code: u16, is_request: bool) -> Step {
    match (code, is_request) {
        (0, _) => drop(pdu.take_rest(if is_request { QUERY } else { ECHO })),
        (1, _) => drop(pdu.take(RESTART)?),
        (2, false) => drop(pdu.take(REGISTER)?),
        (3, _) => pdu.take(DELIMITER).and_then(|_| pdu.skip(1))?,
        (10..=18, false) => drop(pdu.take(COUNTERS[usize::from(code) - 10])?),
        _ => {}
    }
    Ok(())
}

/// One record of a file: of which one is asked, what was read, or what is written.
fn file(pdu: &mut Pdu<'_>, function: u8, is_request: bool) -> Step {
    let was_read = function == 20 && !is_request;
    let mut len = if was_read { usize::from(pdu.take(BYTE_CNT)?).saturating_sub(1) } else { 0 };
    pdu.take(REFERENCE_TYPE)?;
    if !was_read {
        pdu.take(REFERENCE_NUM_32)?;
        let words = pdu.take(WORD_CNT)?;
        len = if function == 21 { 2 * usize::from(words) } else { 0 };
    }
    if len > 0 { pdu.take_bytes(DATA, len).map(drop) } else { Ok(()) }
}

fn identification(pdu: &mut Pdu<'_>, is_request: bool) -> Step {
    pdu.take(READ_DEVICE_ID)?;
    if is_request {
        return pdu.take(OBJECT_ID).map(drop);
    }
    [CONFORMITY_LEVEL, MORE_FOLLOWS, NEXT_OBJECT_ID].into_iter().try_for_each(|field| pdu.take(field).map(drop))?;
    for _ in 0..pdu.take(NUM_OBJECTS)? {
        let value = if pdu.take(OBJECT_ID)? <= 6 { OBJECT_STR_VALUE } else { OBJECT_VALUE };
        pdu.take_prefixed(OBJECTS_LEN, value)?;
    }
    Ok(())
}

builtin!(Modbus);
