//! DNP3 (IEEE Std 1815): link frames and transport segments here, objects in `objects`.
//!
//! A link frame has a checksum behind every 16 bytes of what it carries. Without them, the segments of a message are put
//! together and come back to this dissector as bytes of their own.

use crate::flag_names::ON;
use prosector_sdk::prelude::*;

mod objects;

/// The dissector.
#[derive(Default)]
pub struct Dnp3 {
    unfinished: Flows<[Option<Message>; 2]>,
}

/// A message of which not all segments have come.
struct Message {
    /// Who talks to whom: destination and source.
    ends: [u16; 2],
    next_sequence: u8,
    bytes: Vec<u8>,
}

protocol! {
    /// Distributed Network Protocol, IEEE 1815.
    Dnp3 = dnp3 "DNP 3.0", "Distributed Network Protocol 3.0" {
        start as START_FIELD: u16 hex           "Start Bytes",
        len: u8                                 "Length",
        ctl as PRIMARY: u8 hex                  "Control" {
            dir as PRIMARY_DIR: 0x80            "Direction" = SET,
            prm as PRIMARY_PRM: 0x40            "Primary" = SET,
            fcb: 0x20                           "Frame Count Bit" = SET,
            fcv: 0x10                           "Frame Count Valid" = SET,
            prifunc: 0x0f                       "Control Function Code" = {
                0 "Reset of Remote Link", 1 "Reset User Process", 2 "Test Function For Link", 3 "User Data",
                4 "Unconfirmed User Data", 9 "Request Link Status",
            },
        },
        ctl as SECONDARY: u8 hex                "Control" {
            dir as SECONDARY_DIR: 0x80          "Direction" = SET,
            prm as SECONDARY_PRM: 0x40          "Primary" = SET,
            dfc: 0x10                           "Data Flow Control" = SET,
            secfunc: 0x0f                       "Control Function Code" = {
                0 "ACK", 1 "NACK", 11 "Status of Link", 14 "Link Service Not Functioning",
                15 "Link Service Not Used or Implemented",
            },
        },
        dst: u16 le                             "Destination",
        src: u16 le                             "Source",
        hdr.CRC: u16 le hex                     "Data Link Header checksum",
        tr.ctl: u8 hex                          "Transport Control" {
            .tr.fin: 0x80                       "Final" = SET,
            .tr.fir: 0x40                       "First" = SET,
            .tr.seq: 0x3f                       "Sequence",
        },
        /// What a segment adds to a message that does not end with it.
        al.frag_data: computed bytes            "DNP3.0 AL Fragment Data",
        al.fragment.reassembled.length: computed u32 "Reassembled DNP length",

        al.ctl: u8 hex                          "Application Control" {
            .al.fir: 0x80                       "First" = SET,
            .al.fin: 0x40                       "Final" = SET,
            .al.con: 0x20                       "Confirm" = SET,
            .al.uns: 0x10                       "Unsolicited" = SET,
            .al.seq: 0x0f                       "Sequence",
        },
        al.func: u8                             "Application Layer Function Code" = FUNCTIONS,
        al.iin: u16 hex                         "Internal Indications" {
            rst: 0x8000                         "Device Restart" = SET,
            dt: 0x4000                          "Device Trouble" = SET,
            dol: 0x2000                         "Digital Outputs in Local" = SET,
            tsr: 0x1000                         "Time Sync Required" = SET,
            cls3d: 0x0800                       "Class 3 Data Available" = SET,
            cls2d: 0x0400                       "Class 2 Data Available" = SET,
            cls1d: 0x0200                       "Class 1 Data Available" = SET,
            bmsg: 0x0100                        "Broadcast Msg Rx" = SET,
            cc: 0x0020                          "Configuration Corrupt" = SET,
            oae: 0x0010                         "Operation Already Executing" = SET,
            ebo: 0x0008                         "Event Buffer Overflow" = SET,
            pioor: 0x0004                       "Parameters Invalid or Out of Range" = SET,
            obju: 0x0002                        "Requested Objects Unknown" = SET,
            fcni: 0x0001                        "Function Code not implemented" = SET,
        },
        objects as OBJECTS_GROUP: group         "Objects",
        al.obj: u16 hex                         "Object" = OBJECTS,
        al.objq.prefix: u8 & 0x70               "Prefix Code" = {
            0 "None", 1 "1-Octet Index Prefix", 2 "2-Octet Index Prefix", 3 "4-Octet Index Prefix",
            4 "1-Octet Object Size Prefix", 5 "2-Octet Object Size Prefix", 6 "4-Octet Object Size Prefix",
        },
        al.objq.range: u8 & 0x0f                "Range Code" = {
            0 "8-bit Start and Stop Indices", 1 "16-bit Start and Stop Indices", 2 "32-bit Start and Stop Indices",
            3 "8-bit Absolute Address in Range Field", 4 "16-bit Absolute Address in Range Field",
            5 "32-bit Absolute Address in Range Field", 6 "No Range Field", 7 "8-bit Single Field Quantity",
            8 "16-bit Single Field Quantity", 9 "32-bit Single Field Quantity", 11 "Free-format Qualifier",
        },
        al.range.start: computed u32            "Start",
        al.range.stop: computed u32             "Stop",
        al.range.abs: computed u32              "Address",
        al.range.quantity: computed u32         "Quantity",
        point: group                            "Point",
        al.index: computed u32                  "Index",
        al.point_index: computed u32            "Point Index",
        al.size: computed u32                   "Size",
        al.bit: computed bool                   "Value (bit)" = ON,
        "al.2bit" as AL_2BIT: computed u8       "Value (two bit)",
        al.biq as BINARY: u8 hex                "Quality" {
            .al.biq.b7: 0x80                    "Point Value" = SET,
            .al.biq.b6: 0x40                    "Reserved" = SET,
            .al.biq.b5: 0x20                    "Chatter Filter" = SET,
            .al.biq.b4: 0x10                    "Local Force" = SET,
            .al.biq.b3: 0x08                    "Remote Force" = SET,
            .al.biq.b2: 0x04                    "Comm Fail" = SET,
            .al.biq.b1: 0x02                    "Restart" = SET,
            .al.biq.b0: 0x01                    "Online" = SET,
        },
        al.boq as BINARY_OUTPUT: u8 hex         "Quality" {
            .al.boq.b7: 0x80                    "Point Value" = SET,
            .al.boq.b6: 0x40                    "Reserved" = SET,
            .al.boq.b5: 0x20                    "Reserved" = SET,
            .al.boq.b4: 0x10                    "Local Force" = SET,
            .al.boq.b3: 0x08                    "Remote Force" = SET,
            .al.boq.b2: 0x04                    "Comm Fail" = SET,
            .al.boq.b1: 0x02                    "Restart" = SET,
            .al.boq.b0: 0x01                    "Online" = SET,
        },
        al.ctrq as COUNTER: u8 hex              "Quality" {
            .al.ctrq.b7: 0x80                   "Reserved" = SET,
            .al.ctrq.b6: 0x40                   "Discontinuity" = SET,
            .al.ctrq.b5: 0x20                   "Roll-Over" = SET,
            .al.ctrq.b4: 0x10                   "Local Force" = SET,
            .al.ctrq.b3: 0x08                   "Remote Force" = SET,
            .al.ctrq.b2: 0x04                   "Comm Fail" = SET,
            .al.ctrq.b1: 0x02                   "Restart" = SET,
            .al.ctrq.b0: 0x01                   "Online" = SET,
        },
        al.aiq as ANALOG: u8 hex                "Quality" {
            .al.aiq.b7: 0x80                    "Reserved" = SET,
            .al.aiq.b6: 0x40                    "Reference Check" = SET,
            .al.aiq.b5: 0x20                    "Over-Range" = SET,
            .al.aiq.b4: 0x10                    "Local Force" = SET,
            .al.aiq.b3: 0x08                    "Remote Force" = SET,
            .al.aiq.b2: 0x04                    "Comm Fail" = SET,
            .al.aiq.b1: 0x02                    "Restart" = SET,
            .al.aiq.b0: 0x01                    "Online" = SET,
        },
        al.aoq as ANALOG_OUTPUT: u8 hex         "Quality" {
            .al.aoq.b7: 0x80                    "Reserved" = SET,
            .al.aoq.b6: 0x40                    "Reserved" = SET,
            .al.aoq.b5: 0x20                    "Reserved" = SET,
            .al.aoq.b4: 0x10                    "Local Force" = SET,
            .al.aoq.b3: 0x08                    "Remote Force" = SET,
            .al.aoq.b2: 0x04                    "Comm Fail" = SET,
            .al.aoq.b1: 0x02                    "Restart" = SET,
            .al.aoq.b0: 0x01                    "Online" = SET,
        },
        al.cnt as AL_CNT32: u32 le              "Counter (32 bit)",
        al.cnt as AL_CNT16: u16 le              "Counter (16 bit)",
        al.ana.int as AL_ANA32: i32 le          "Value (32 bit)",
        al.ana.int as AL_ANA16: i16 le          "Value (16 bit)",
        al.ana.float: f32 le                    "Value (float)",
        al.ana.double: f64 le                   "Value (double)",
        al.anaout.int as AL_ANAOUT32: i32 le    "Output Value (32 bit)",
        al.anaout.int as AL_ANAOUT16: i16 le    "Output Value (16 bit)",
        al.anaout.float: f32 le                 "Output Value (float)",
        al.anaout.double: f64 le                "Output (double)",
        al.timestamp: computed time_s           "Timestamp",
        al.reltimestamp: computed duration      "Relative Timestamp",
        al.time_delay: u16 le                   "Time Delay",
        ctl.op: u8 & 0x0f                       "Operation Type" = {
            0 "NUL Operation", 1 "Pulse On", 2 "Pulse Off", 3 "Latch On", 4 "Latch Off",
        },
        ctl.clr: u8 & 0x30                      "Queue / Clear Field" = {
            0 "Not Set", 1 "Queue", 2 "Clear", 3 "Queue and Clear",
        },
        ctl.trip: u8 & 0xc0                     "Trip Control Code" = { 0 "NUL", 1 "Close", 2 "Trip" },
        al.count: u8                            "Count",
        al.on_time: u32 le                      "On Time",
        al.off_time: u32 le                     "Off Time",
        al.ctrlstatus: u8 & 0x7f                "Control Status" = {
            0 "Req. Accepted/Init/Queued", 1 "Req. Not Accepted; Arm-Timer Expired", 2 "Req. Not Accepted; No 'SELECT' Received",
            3 "Req. Not Accepted; Format Err. in Ctl Req.", 4 "Ctl Oper. Not Supported For This Point",
            5 "Req. Not Accepted; Ctrl Queue Full/Point Active", 6 "Req. Not Accepted; Ctrl Hardware Problems",
            7 "Req. Not Accepted; Local/Remote switch in Local", 8 "Req. Not Accepted; Too many operations requested",
            9 "Req. Not Accepted; Insufficient authorization", 10 "Req. Not Accepted; Local automation proc active",
            126 "Non Participating", 127 "Req. Not Accepted; Undefined error",
        },
        al.octet_string: bytes                  "Octet String",
        al.file_string_offset: u16 le           "File String Offset",
        al.file_string_length: u16 le           "File String Length",
        al.file.perms: u16 le oct               "Permissions",
        al.file.auth: u32 le hex                "File Authentication Key",
        al.file.size: u32 le hex                "File Size",
        al.file.mode: u16 le                    "File Control Mode" = { 0 "NULL", 1 "READ", 2 "WRITE", 3 "APPEND" },
        al.file.maxblock: u16 le                "File Max Block Size",
        al.file.reqID: u16 le                   "File Request Identifier",
        al.file_name: str                       "File Name",
        al.file.handle: u32 le hex              "File Handle",
        al.file.status: u8                      "File Control Status" = {
            0 "SUCCESS", 1 "PERMISSION DENIED", 2 "INVALID MODE", 3 "NOT FOUND", 4 "FILE LOCKED", 5 "OPEN COUNT EXCEEDED",
            6 "FILE NOT OPEN", 7 "INVALID BLOCK SIZE", 8 "LOST COM", 9 "FAILED ABORT", 16 "INVALID HANDLE",
            17 "BLOCK SEQUENCE INVALID", 18 "OPERATION FAILED", 255 "UNDEFINED",
        },
        al.file.blocknum: u32 le hex & 0x7fffffff "File Block Number",
        al.file.lastblock: bool(u32) le & 0x80000000 "File Last Block",
        al.file.data: bytes                     "File Data",
        al.unknown_data_chunk: bytes            "Unknown Data Chunk",
    }
    claims { tcp.port = 20000, udp.port = 20000, dnp3.al = 0 }
    tables { MESSAGES: "dnp3.al" }
    stateful
}

value_names! {
    /// A flag.
    SET { 0 "Not set", 1 "Set" }
}

value_names! {
    /// What a message asks for or answers.
    FUNCTIONS {
        0 "Confirm", 1 "Read", 2 "Write", 3 "Select", 4 "Operate", 5 "Direct Operate", 6 "Direct Operate No ACK",
        7 "Immediate Freeze", 8 "Immediate Freeze No ACK", 9 "Freeze and Clear", 10 "Freeze and Clear No ACK",
        11 "Freeze With Time", 12 "Freeze With Time No ACK", 13 "Cold Restart", 14 "Warm Restart", 15 "Initialize Data",
        16 "Initialize Application", 17 "Start Application", 18 "Stop Application", 19 "Save Configuration",
        20 "Enable Spontaneous Messages", 21 "Disable Spontaneous Messages", 22 "Assign Classes",
        23 "Delay Measurement", 24 "Record Current Time", 25 "Open File", 26 "Close File", 27 "Delete File",
        28 "Get File Info", 29 "Authenticate File", 30 "Abort File", 31 "Activate Config",
        32 "Authentication Request", 33 "Authentication Error", 129 "Response", 130 "Unsolicited Response",
        131 "Authentication Response",
    }
}

value_names! {
    /// Groups of objects, whatever the variation.
    OBJECTS {
        0x0000..=0x00ff "Device Attribute", 0x0100..=0x01ff "Binary Input", 0x0200..=0x02ff "Binary Input Change",
        0x0300..=0x03ff "Double-bit Input", 0x0400..=0x04ff "Double-bit Input Change",
        0x0a00..=0x0aff "Binary Output", 0x0b00..=0x0bff "Binary Output Change", 0x0c00..=0x0cff "Control Block",
        0x1400..=0x14ff "Counter", 0x1500..=0x15ff "Frozen Counter", 0x1600..=0x16ff "Counter Change",
        0x1700..=0x17ff "Frozen Counter Change", 0x1e00..=0x1eff "Analog Input", 0x1f00..=0x1fff "Frozen Analog Input",
        0x2000..=0x20ff "Analog Input Change", 0x2200..=0x22ff "Analog Input Deadband",
        0x2800..=0x28ff "Analog Output", 0x2900..=0x29ff "Analog Output Block", 0x2a00..=0x2aff "Analog Output Change",
        0x3200..=0x32ff "Time and Date", 0x3300..=0x33ff "Time and Date CTO", 0x3400..=0x34ff "Time Delay",
        0x3c01 "Class 0 Data", 0x3c02 "Class 1 Data", 0x3c03 "Class 2 Data", 0x3c04 "Class 3 Data",
        0x4600..=0x46ff "File Control", 0x5000..=0x50ff "Internal Indications", 0x6e00..=0x6eff "Octet String",
        0x6f00..=0x6fff "Octet String Event",
    }
}

const START: u16 = 0x0564;
/// Start, length, control, addresses and checksum.
const HEADER: usize = 10;
/// What the length counts of the header: control and addresses.
const COUNTED: usize = 5;
const CHUNK: usize = 16;
const CHECKSUM: usize = 2;

/// The position of the claim by which whole messages come back.
const MESSAGE_CLAIM: usize = 2;

/// The longest message that is put together; devices have buffers of 2 KiB.
const MAX_MESSAGE: usize = 65_536;

const PRIMARY_BIT: u8 = 0x40;
const FINAL: u8 = 0x80;
const FIRST: u8 = 0x40;
const SEQUENCE: u8 = 0x3f;

impl Dissector for Dnp3 {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if pdu.claim() == Some(MESSAGE_CLAIM) {
            return message(pdu);
        }
        if pdu.peek(START_FIELD)? != START {
            return pdu.reject();
        }
        pdu.take(START_FIELD)?;
        let len = usize::from(pdu.take(LEN)?);
        if len < COUNTED {
            let text = format_args!("{len} bytes, less than the {COUNTED} of the header that it counts");
            pdu.diagnostic(Severity::Error, "bad-length", 2..3, text);
            return pdu.reject();
        }
        let user = len - COUNTED;
        let total = HEADER + user + user.div_ceil(CHUNK) * CHECKSUM;
        pdu.set_len(LEN, total);
        pdu.wait_for(total)?;
        let control = pdu.peek(PRIMARY)?;
        if control & PRIMARY_BIT != 0 {
            pdu.take(PRIMARY)?;
            pdu.info(format_args!("{}", Self::name(CTL_PRIFUNC, control & 0x0f)));
        } else {
            pdu.take(SECONDARY)?;
            pdu.info(format_args!("{}", Self::name(CTL_SECFUNC, control & 0x0f)));
        }
        let ends = [pdu.take(DST)?, pdu.take(SRC)?];
        pdu.take(HDR_CRC)?;
        if user == 0 {
            return Ok(());
        }
        let transport = pdu.show(TR_CTL)?;
        let at = pdu.position();
        let mut bytes = Vec::with_capacity(user.min(pdu.remaining()));
        for chunk in pdu.rest().chunks(CHUNK + CHECKSUM) {
            let left = (user - bytes.len()).min(CHUNK);
            bytes.extend_from_slice(chunk.get(..left).unwrap_or(chunk));
        }
        pdu.skip(total - HEADER)?;
        self.segment(pdu, ends, transport, at..total, bytes.get(1..).unwrap_or_default());
        Ok(())
    }

    fn flow_end(&mut self, flow: u64) {
        self.unfinished.end(flow);
    }
}

impl Dnp3 {
    /// Adds a transport segment to the message that it is of.
    fn segment(
        &mut self,
        pdu: &mut Pdu<'_>,
        ends: [u16; 2],
        transport: u8,
        range: std::ops::Range<usize>,
        bytes: &[u8],
    ) {
        let slot = &mut self.unfinished.of(pdu.flow())[usize::from(pdu.is_reverse())];
        let sequence = transport & SEQUENCE;
        let message = match transport & FIRST {
            0 => slot.take().filter(|m| m.ends == ends && m.next_sequence == sequence),
            _ => {
                *slot = None;
                Some(Message { ends, next_sequence: sequence, bytes: Vec::new() })
            }
        };
        let mut message = message.filter(|m| m.bytes.len() + bytes.len() <= MAX_MESSAGE);
        if let Some(message) = &mut message {
            message.bytes.extend_from_slice(bytes);
            message.next_sequence = sequence.wrapping_add(1) & SEQUENCE;
        }
        match message {
            Some(message) if transport & FINAL != 0 => {
                pdu.computed(AL_FRAGMENT_REASSEMBLED_LENGTH, range, message.bytes.len());
                pdu.hand_on_bytes(MESSAGES, 0u8, &message.bytes);
            }
            message => {
                pdu.computed_bytes(AL_FRAG_DATA, range, bytes);
                *slot = message;
            }
        }
    }
}

/// A whole application message.
fn message(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(AL_CTL)?;
    let function = pdu.take(AL_FUNC)?;
    pdu.info(format_args!("{}", Dnp3::name(AL_FUNC, function)));
    if function > 0x80 {
        pdu.take(AL_IIN)?;
    }
    while pdu.wire_remaining() > 0 {
        pdu.group(OBJECTS_GROUP, |pdu| objects::header(pdu, function))?;
    }
    Ok(())
}

builtin!(Dnp3);

#[test]
fn a_read_in_one_segment() {
    check::<Dnp3>(
        "0564 0b c4 0400 0300 e42b  c1 c0 01 3c 02 06 beef",
        expect![[r#"
        Distributed Network Protocol 3.0, Unconfirmed User Data
          Start Bytes: 0x0564
          Length: 11
          Control: 0xc4
            1... .... = Direction: Set
            .1.. .... = Primary: Set
            ..0. .... = Frame Count Bit: Not set
            ...0 .... = Frame Count Valid: Not set
            .... 0100 = Control Function Code: Unconfirmed User Data (4)
          Destination: 4
          Source: 3
          Data Link Header checksum: 0x2be4
          Transport Control: 0xc1
            1... .... = Final: Set
            .1.. .... = First: Set
            ..00 0001 = Sequence: 1
          Reassembled DNP length: 5
        → dnp3.al [0]: side bytes 21..26
    "#]],
    );
    check::<Dnp3>(
        "0564 05 8b 0100 6400 a097",
        expect![[r#"
        Distributed Network Protocol 3.0, Status of Link
          Start Bytes: 0x0564
          Length: 5
          Control: 0x8b
            1... .... = Direction: Set
            .0.. .... = Primary: Not set
            ...0 .... = Data Flow Control: Not set
            .... 1011 = Control Function Code: Status of Link (11)
          Destination: 1
          Source: 100
          Data Link Header checksum: 0x97a0
    "#]],
    );
}

#[test]
fn lengths_that_cannot_be() {
    check::<Dnp3>(
        "0564 04 c4 0400 0300 e42b",
        expect![[r#"
        rejected
    "#]],
    );
    check::<Dnp3>(
        "0564 0b c4 0400 0300 e42b  c1 c0 01",
        expect![[r#"
        Distributed Network Protocol 3.0, Unconfirmed User Data
          Start Bytes: 0x0564
          Length: 11
          Control: 0xc4
            1... .... = Direction: Set
            .1.. .... = Primary: Set
            ..0. .... = Frame Count Bit: Not set
            ...0 .... = Frame Count Valid: Not set
            .... 0100 = Control Function Code: Unconfirmed User Data (4)
          Destination: 4
          Source: 3
          Data Link Header checksum: 0x2be4
          Transport Control: 0xc1
            1... .... = Final: Set
            .1.. .... = First: Set
            ..00 0001 = Sequence: 1
          [error] short: bytes needs 8 bytes at offset 10, 3 are there
    "#]],
    );
}
