//! Modbus (MODBUS Application Protocol Specification, section 6). Whether a PDU asks or answers, and of which
//! transaction it is, the header around it tells.
//!
//! An answer says how much it has, not from where; the number of its first register is that of the request.

use crate::mbtcp::REQUEST;
use prosector_sdk::prelude::*;
use std::collections::VecDeque;

/// The dissector.
#[derive(Default)]
pub struct Modbus {
    open: Flows<VecDeque<Request>>,
}

/// A request that was not answered yet.
struct Request {
    /// Transaction and unit.
    key: u64,
    function: u8,
    frame: u64,
    time: i64,
    reference: u16,
    count: u16,
}

protocol! {
    /// Modbus.
    Modbus = modbus "Modbus", "Modbus" {
        func_code: u8 & 0x7f                    "Function Code" = {
            1 "Read Coils", 2 "Read Discrete Inputs", 3 "Read Holding Registers", 4 "Read Input Registers",
            5 "Write Single Coil", 6 "Write Single Register", 7 "Read Exception Status", 8 "Diagnostics",
            11 "Get Comm. Event Counters", 12 "Get Comm. Event Log", 15 "Write Multiple Coils",
            16 "Write Multiple Registers", 17 "Report Slave ID", 20 "Read File Record", 21 "Write File Record",
            22 "Mask Write Register", 23 "Read Write Register", 24 "Read FIFO Queue", 43 "Encapsulated Interface Transport",
            90 "Unity (Schneider)",
        },
        exception_code: u8                      "Exception Code" = {
            1 "Illegal function", 2 "Illegal data address", 3 "Illegal data value", 4 "Slave device failure",
            5 "Acknowledge", 6 "Slave device busy", 8 "Memory parity error", 10 "Gateway path unavailable",
            11 "Gateway target device failed to respond",
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
        bitnum: computed u16                    "Bit Number",
        bitval: computed bool                   "Bit Value",
        regnum16: computed u16                  "Register Number",
        regval_uint16: u16                      "Register Value (UINT16)",
        and_mask: u16 hex                       "AND mask",
        or_mask: u16 hex                        "OR mask",
        diagnostic_code: u16                    "Diagnostic Code",
        ev_status: u16 hex                      "Status",
        ev_count: u16                           "Event Count",
        mei: u8                                 "MEI type" = {
            13 "CANopen General Reference Request and Response PDU", 14 "Read Device Identification",
        },
        read_device_id: u8                      "Read Device ID" = {
            1 "Basic Device Identification", 2 "Regular Device Identification", 3 "Extended Device Identification",
            4 "Specific Identification Object",
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
        data: bytes                             "Data",
    }
    stateful
}

const MAX_OPEN: usize = 1_000;
const FAILED: u8 = 0x80;

impl Dissector for Modbus {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let key = pdu.context() & !REQUEST;
        let is_request = pdu.context() & REQUEST != 0;
        let failed = pdu.rest().first().is_some_and(|byte| byte & FAILED != 0);
        let function = pdu.take(FUNC_CODE)?;
        pdu.info(format_args!("{}", Self::name(FUNC_CODE, function)));
        if is_request {
            let open = self.open.of(pdu.flow());
            if open.len() >= MAX_OPEN {
                open.pop_front();
            }
            let (reference, count) = match *pdu.rest() {
                [a, b, c, d, ..] => (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])),
                _ => (0, 0),
            };
            let (frame, time) = (pdu.frame_number(), pdu.time());
            open.push_back(Request { key, function, frame, time, reference, count });
            request(pdu, function)?;
        } else {
            let open = self.open.of(pdu.flow());
            let at = open.iter().position(|request| request.key == key && request.function == function);
            let request = at.and_then(|at| open.remove(at));
            if failed {
                pdu.take(EXCEPTION_CODE)?;
                return rest(pdu);
            }
            if let Some(request) = &request {
                pdu.computed(REQUEST_FRAME, 0..0, request.frame);
                pdu.computed(RESPONSE_TIME, 0..0, pdu.time() - request.time);
            }
            response(pdu, function, request.map_or((0, 0), |r| (r.reference, r.count)))?;
        }
        rest(pdu)
    }

    fn flow_end(&mut self, flow: u64) {
        self.open.end(flow);
    }
}

fn rest(pdu: &mut Pdu<'_>) -> Step {
    match pdu.wire_remaining() {
        0 => Ok(()),
        len => pdu.take_bytes(DATA, len).map(drop),
    }
}

fn request(pdu: &mut Pdu<'_>, function: u8) -> Step {
    match function {
        1 | 2 => {
            pdu.take(REFERENCE_NUM)?;
            pdu.take(BIT_CNT)?;
        }
        3 | 4 => {
            pdu.take(REFERENCE_NUM)?;
            pdu.take(WORD_CNT)?;
        }
        5 | 6 | 22 => return single(pdu, function),
        8 => drop(pdu.take(DIAGNOSTIC_CODE)?),
        15 => {
            pdu.take(REFERENCE_NUM)?;
            pdu.take(BIT_CNT)?;
            pdu.take(BYTE_CNT)?;
        }
        16 => {
            let first = pdu.take(REFERENCE_NUM)?;
            pdu.take(WORD_CNT)?;
            let len = pdu.take(BYTE_CNT)?.into();
            return registers(pdu, first, len);
        }
        23 => {
            pdu.take(READ_REFERENCE_NUM)?;
            pdu.take(READ_WORD_CNT)?;
            let first = pdu.take(WRITE_REFERENCE_NUM)?;
            pdu.take(WRITE_WORD_CNT)?;
            let len = pdu.take(BYTE_CNT)?.into();
            return registers(pdu, first, len);
        }
        24 => drop(pdu.take(REFERENCE_NUM)?),
        43 => {
            const DEVICE_IDENTIFICATION: u8 = 14;
            if pdu.take(MEI)? == DEVICE_IDENTIFICATION {
                pdu.take(READ_DEVICE_ID)?;
                pdu.take(OBJECT_ID)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Writing one value is answered by its repetition.
fn single(pdu: &mut Pdu<'_>, function: u8) -> Step {
    let number = pdu.take(REFERENCE_NUM)?;
    match function {
        6 => return registers(pdu, number, 2),
        22 => {
            pdu.take(AND_MASK)?;
            pdu.take(OR_MASK)?;
        }
        _ => {}
    }
    Ok(())
}

fn response(pdu: &mut Pdu<'_>, function: u8, (first, count): (u16, u16)) -> Step {
    match function {
        1 | 2 => {
            let len = usize::from(pdu.take(BYTE_CNT)?);
            return bits(pdu, first, count, len);
        }
        3 | 4 | 23 => {
            let len = pdu.take(BYTE_CNT)?.into();
            return registers(pdu, first, len);
        }
        5 | 6 | 22 => return single(pdu, function),
        8 => drop(pdu.take(DIAGNOSTIC_CODE)?),
        11 => {
            pdu.take(EV_STATUS)?;
            pdu.take(EV_COUNT)?;
        }
        15 => {
            pdu.take(REFERENCE_NUM)?;
            pdu.take(BIT_CNT)?;
        }
        16 => {
            pdu.take(REFERENCE_NUM)?;
            pdu.take(WORD_CNT)?;
        }
        17 => drop(pdu.take(BYTE_CNT)?),
        24 => {
            pdu.take(BYTE_CNT_16)?;
            pdu.take(WORD_CNT)?;
        }
        43 => return identification(pdu),
        _ => {}
    }
    Ok(())
}

fn bits(pdu: &mut Pdu<'_>, first: u16, count: u16, len: usize) -> Step {
    let (at, rest) = (pdu.position(), pdu.rest());
    pdu.skip(len)?;
    let count = if count == 0 { 8 * len } else { usize::from(count).min(8 * len) };
    for bit in 0..count {
        let range = at + bit / 8..at + bit / 8 + 1;
        let value = rest.get(bit / 8).is_some_and(|byte| byte >> (bit % 8) & 1 != 0);
        pdu.computed(BITNUM, range.clone(), first.wrapping_add(bit as u16));
        pdu.computed(BITVAL, range, value);
    }
    Ok(())
}

fn registers(pdu: &mut Pdu<'_>, first: u16, len: usize) -> Step {
    for i in 0..len / 2 {
        let at = pdu.position();
        pdu.computed(REGNUM16, at..at + 2, first.wrapping_add(i as u16));
        pdu.take(REGVAL_UINT16)?;
    }
    Ok(())
}

fn identification(pdu: &mut Pdu<'_>) -> Step {
    const DEVICE_IDENTIFICATION: u8 = 14;
    if pdu.take(MEI)? != DEVICE_IDENTIFICATION {
        return Ok(());
    }
    pdu.take(READ_DEVICE_ID)?;
    pdu.take(CONFORMITY_LEVEL)?;
    pdu.take(MORE_FOLLOWS)?;
    pdu.take(NEXT_OBJECT_ID)?;
    for _ in 0..pdu.take(NUM_OBJECTS)? {
        pdu.take(OBJECT_ID)?;
        let len = pdu.take(OBJECTS_LEN)?.into();
        pdu.take_bytes(OBJECT_STR_VALUE, len)?;
    }
    Ok(())
}

builtin!(Modbus);

#[test]
fn answers() {
    check::<Modbus>(
        "03 04 0009 0018",
        expect![[r#"
        Modbus, Read Holding Registers
          Function Code: Read Holding Registers (3)
          Byte Count: 4
          Register Number: 0
          Register Value (UINT16): 9
          Register Number: 1
          Register Value (UINT16): 24
    "#]],
    );
    check::<Modbus>(
        "01 01 05",
        expect![[r#"
        Modbus, Read Coils
          Function Code: Read Coils (1)
          Byte Count: 1
          Bit Number: 0
          Bit Value: True
          Bit Number: 1
          Bit Value: False
          Bit Number: 2
          Bit Value: True
          Bit Number: 3
          Bit Value: False
          Bit Number: 4
          Bit Value: False
          Bit Number: 5
          Bit Value: False
          Bit Number: 6
          Bit Value: False
          Bit Number: 7
          Bit Value: False
    "#]],
    );
    check::<Modbus>(
        "83 02",
        expect![[r#"
        Modbus, Read Holding Registers
          Function Code: Read Holding Registers (3)
          Exception Code: Illegal data address (2)
    "#]],
    );
    check::<Modbus>(
        "2b 0e 01 83 00 00 01 00 02 6869",
        expect![[r#"
        Modbus, Encapsulated Interface Transport
          Function Code: Encapsulated Interface Transport (43)
          MEI type: Read Device Identification (14)
          Read Device ID: Basic Device Identification (1)
          Conformity Level: 0x83
          More Follows: 0x00
          Next Object ID: 0
          Number of Objects: 1
          Object ID: VendorName (0)
          Object length: 2
          Object String Value: hi
    "#]],
    );
}

#[test]
fn a_count_over_the_end() {
    check::<Modbus>(
        "03 06 0009 00",
        expect![[r#"
        Modbus, Read Holding Registers
          Function Code: Read Holding Registers (3)
          Byte Count: 6
          Register Number: 0
          Register Value (UINT16): 9
          Register Number: 1
          [error] short: modbus.regval_uint16 needs 2 bytes at offset 4, 1 are there
    "#]],
    );
}
