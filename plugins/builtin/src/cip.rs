//! CIP, the Common Industrial Protocol (ODVA, The CIP Networks Library, volume 1): services, paths, attribute lists.
//!
//! An answer does not say what it is about. Where its request was seen, the path is taken from there.

use prosector_sdk::prelude::*;
use std::collections::HashMap;

/// The dissector.
#[derive(Default)]
pub struct Cip {
    /// The paths of requests by their sequence counts: that of the request, then those of the services in it.
    paths: Flows<HashMap<u64, Vec<Vec<u8>>>>,
}

protocol! {
    /// Common Industrial Protocol.
    Cip = cip "CIP", "Common Industrial Protocol" {
        service: u8 hex                         "Service" = SERVICES {
            .rr: uint hex 0x80                  "Request/Response" = { 0 "Request", 1 "Response" },
            .sc: hex 0x7f                       "Service" = SERVICES,
        },
        genstat: u8 hex                         "General Status" = {
            0x00 "Success", 0x01 "Connection failure", 0x02 "Resource unavailable", 0x03 "Invalid parameter value",
            0x04 "Path segment error", 0x05 "Path destination unknown", 0x06 "Partial transfer", 0x07 "Connection lost",
            0x08 "Service not supported", 0x09 "Invalid attribute value", 0x0a "Attribute list error",
            0x0b "Already in requested mode/state", 0x0c "Object state conflict", 0x0d "Object already exists",
            0x0e "Attribute not settable", 0x0f "Privilege violation", 0x10 "Device state conflict",
            0x11 "Reply data too large", 0x13 "Not enough data", 0x14 "Attribute not supported", 0x15 "Too much data",
            0x16 "Object does not exist", 0x1e "Embedded service error", 0x1f "Vendor specific error",
            0x20 "Invalid parameter", 0x26 "Path size invalid", 0xff "General error",
        },
        addstat_size: u8                        "Additional Status Size" unit "words",
        addstat: u16 le hex                     "Additional Status",
        request_path_size: computed u8          "Request Path Size" unit "words",
        epath: bytes                            "EPath",
        path_segment: computed u8 hex           "Path Segment",
        path_segment.type: computed u8          "Path Segment Type" = {
            0 "Port Segment", 1 "Logical Segment", 2 "Network Segment", 3 "Symbolic Segment", 4 "Data Segment",
            5 "Data Type", 6 "Data Type",
        },
        logical_segment.type: computed u8       "Logical Segment Type" = {
            0 "Class ID", 1 "Instance ID", 2 "Member ID", 3 "Connection Point", 4 "Attribute ID", 5 "Special",
            6 "Service ID", 7 "Extended Logical",
        },
        logical_segment.format: computed u8     "Logical Segment Format" = {
            0 "8-bit Logical Segment", 1 "16-bit Logical Segment", 2 "32-bit Logical Segment",
        },
        class: computed u16 hex                 "Class" = CLASSES,
        instance: computed u32 hex              "Instance",
        member: computed u32 hex                "Member",
        connpoint: computed u32 hex             "Connection Point",
        attribute: computed u16                 "Attribute",
        symbol: computed str                    "ANSI Symbol",
        msp.num_services: u16 le                "Number of Services",
        msp.offset: u16 le                      "Offset",
        msp.service: group                      "Service Packet",
        getlist.attr_count: u16 le              "Attribute Count",
        setlist.attr_count: u16 le              "Attribute Count",
        getlist.attr_status: u8 hex             "Attribute Status",
        setlist.attr_status: u8 hex             "Attribute Status",
        id.status: u16 le hex                   "Status" {
            .id.owned: uint 0x0001              "Owned",
            .id.conf: uint 0x0004               "Configured",
            .id.ext: hex 0x00f0                 "Extended Device Status",
            .id.minor_fault1: uint 0x0100       "Minor Recoverable Fault",
            .id.minor_fault2: uint 0x0200       "Minor Unrecoverable Fault",
            .id.major_fault1: uint 0x0400       "Major Recoverable Fault",
            .id.major_fault2: uint 0x0800       "Major Unrecoverable Fault",
            .id.ext2: hex 0xf000                "Extended Device Status 2",
        },
        data: bytes                             "Data",
    }
    stateful
}

value_names! {
    /// Common services (volume 1, appendix A).
    SERVICES {
        0x01 "Get Attributes All", 0x02 "Set Attributes All", 0x03 "Get Attribute List", 0x04 "Set Attribute List",
        0x05 "Reset", 0x06 "Start", 0x07 "Stop", 0x08 "Create", 0x09 "Delete", 0x0a "Multiple Service Packet",
        0x0d "Apply Attributes", 0x0e "Get Attribute Single", 0x10 "Set Attribute Single", 0x11 "Find Next Object Instance",
        0x15 "Restore", 0x16 "Save", 0x17 "No Operation", 0x18 "Get Member", 0x19 "Set Member", 0x1a "Insert Member",
        0x1b "Remove Member", 0x1c "Group Sync",
    }
}

value_names! {
    /// Object classes.
    CLASSES {
        0x01 "Identity", 0x02 "Message Router", 0x04 "Assembly", 0x05 "Connection", 0x06 "Connection Manager",
        0x0f "Parameter", 0x37 "File", 0x43 "Time Sync", 0x47 "Device Level Ring", 0xf4 "Port", 0xf5 "TCP/IP Interface",
        0xf6 "Ethernet Link",
    }
}

const RESPONSE: u8 = 0x80;
const GET_ATTRIBUTE_LIST: u8 = 0x03;
const SET_ATTRIBUTE_LIST: u8 = 0x04;
const MULTIPLE: u8 = 0x0a;
const IDENTITY: u32 = 1;

/// Requests that are kept for one flow; the rest is forgotten with them when there are more.
const MAX_KEPT: usize = 1_000;
/// A packet of services in a packet of services is not read.
const MAX_DEPTH: u8 = 1;

impl Dissector for Cip {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let (key, service) = (pdu.context(), pdu.peek(SERVICE)?);
        pdu.info(format_args!("{}", Self::name(SERVICE, service & !RESPONSE)));
        let kept = self.paths.of(pdu.flow());
        if service & RESPONSE != 0 {
            let paths = kept.remove(&key).unwrap_or_default();
            return response(pdu, &mut paths.iter().map(Vec::as_slice), MAX_DEPTH);
        }
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        let mut paths = Vec::new();
        let result = request(pdu, &mut paths, MAX_DEPTH);
        kept.insert(key, paths);
        result
    }

    fn flow_end(&mut self, flow: u64) {
        self.paths.end(flow);
    }
}

fn request(pdu: &mut Pdu<'_>, paths: &mut Vec<Vec<u8>>, depth: u8) -> Step {
    let service = pdu.take(SERVICE)?;
    let words = pdu.rest().first().copied().unwrap_or(0);
    pdu.skip(1)?;
    let at = pdu.position();
    pdu.computed(REQUEST_PATH_SIZE, at - 1..at, words);
    let bytes = pdu.take_bytes(EPATH, 2 * usize::from(words))?;
    paths.push(bytes.to_vec());
    path(pdu, bytes, Some(at));
    match service {
        GET_ATTRIBUTE_LIST => {
            for _ in 0..pdu.take(GETLIST_ATTR_COUNT)? {
                attribute(pdu)?;
            }
        }
        SET_ATTRIBUTE_LIST if pdu.take(SETLIST_ATTR_COUNT)? > 0 => {
            attribute(pdu)?;
        }
        MULTIPLE if depth > 0 => {
            return services(pdu, &mut |pdu| request(pdu, paths, depth - 1));
        }
        _ => {}
    }
    rest(pdu)
}

fn response(pdu: &mut Pdu<'_>, paths: &mut dyn Iterator<Item = &[u8]>, depth: u8) -> Step {
    let service = pdu.take(SERVICE)? & !RESPONSE;
    pdu.skip(1)?;
    let status = pdu.take(GENSTAT)?;
    for _ in 0..pdu.take(ADDSTAT_SIZE)? {
        pdu.take(ADDSTAT)?;
    }
    let mut class = None;
    if let Some(bytes) = paths.next() {
        pdu.computed(REQUEST_PATH_SIZE, 0..0, bytes.len() / 2);
        class = path(pdu, bytes, None);
    }
    const EMBEDDED_SERVICE_ERROR: u8 = 0x1e;
    if status != 0 && status != EMBEDDED_SERVICE_ERROR {
        return rest(pdu);
    }
    match service {
        GET_ATTRIBUTE_LIST => {
            // How long a value is depends on the attribute, so what lies behind an unknown one can't be parted.
            for _ in 0..pdu.take(GETLIST_ATTR_COUNT)? {
                let number = attribute(pdu)?;
                let failed = pdu.take(GETLIST_ATTR_STATUS)? != 0;
                pdu.skip(1)?;
                match (class, number) {
                    _ if failed => {}
                    (Some(IDENTITY), 5) => drop(pdu.take(ID_STATUS)?),
                    _ => break,
                }
            }
        }
        SET_ATTRIBUTE_LIST => {
            for _ in 0..pdu.take(SETLIST_ATTR_COUNT)? {
                attribute(pdu)?;
                pdu.take(SETLIST_ATTR_STATUS)?;
                pdu.skip(1)?;
            }
        }
        MULTIPLE if depth > 0 => {
            return services(pdu, &mut |pdu| response(pdu, paths, depth - 1));
        }
        _ => {}
    }
    rest(pdu)
}

fn rest(pdu: &mut Pdu<'_>) -> Step {
    match pdu.wire_remaining() {
        0 => Ok(()),
        len => pdu.take_bytes(DATA, len).map(drop),
    }
}

fn attribute(pdu: &mut Pdu<'_>) -> Result<u16, Stop> {
    let (at, rest) = (pdu.position(), pdu.rest());
    pdu.skip(2)?;
    let number = rest.first_chunk().map_or(0, |&bytes| u16::from_le_bytes(bytes));
    pdu.computed(ATTRIBUTE, at..at + 2, number);
    Ok(number)
}

/// The services of a packet of several: offsets, counted from their number, and then the services.
fn services(pdu: &mut Pdu<'_>, read: &mut dyn FnMut(&mut Pdu<'_>) -> Step) -> Step {
    let start = pdu.position();
    let count = usize::from(pdu.take(MSP_NUM_SERVICES)?);
    let list = pdu.position();
    let mut offsets = Vec::with_capacity(count.min(pdu.remaining() / 2));
    for _ in 0..count {
        offsets.push(usize::from(pdu.take(MSP_OFFSET)?));
    }
    let end = pdu.position() + pdu.wire_remaining();
    for (i, &offset) in offsets.iter().enumerate() {
        let next = offsets.get(i + 1).map_or(end, |next| start + next);
        let Some(gap) = (start + offset).checked_sub(pdu.position()) else {
            let text = format_args!("a service begins before the end of the one before it");
            pdu.diagnostic(Severity::Error, "bad-offset", list + 2 * i..list + 2 * i + 2, text);
            return Ok(());
        };
        pdu.skip(gap)?;
        pdu.show_at(MSP_OFFSET, list + 2 * i)?;
        let len = next.saturating_sub(pdu.position());
        pdu.group(MSP_SERVICE, |pdu| pdu.within(MSP_OFFSET, len, |pdu| read(pdu)))?;
    }
    Ok(())
}

/// The segments of a path (volume 1, appendix C), which begins at `at` in the PDU, or is one of another frame. Returns
/// the class.
fn path(pdu: &mut Pdu<'_>, bytes: &[u8], at: Option<usize>) -> Option<u32> {
    let mut class = None;
    let mut rest = bytes;
    while let [segment, ..] = *rest {
        let (kind, logical, format) = (segment >> 5, segment >> 2 & 7, segment & 3);
        let offset = bytes.len() - rest.len();
        let range = |len: usize| at.map_or(0..0, |at| at + offset..at + (offset + len).min(bytes.len()));
        pdu.computed(PATH_SEGMENT, range(1), segment);
        pdu.computed(PATH_SEGMENT_TYPE, range(1), kind);
        let len = match (kind, format) {
            (1, 0) => 2,
            (1, 1) => 4,
            (1, 2) => 6,
            // An ANSI symbol: its length, its text, and a byte to make it even.
            (4, _) => {
                let size = rest.get(1).copied().map_or(0, usize::from);
                if segment == 0x91
                    && let Some(text) = rest.get(2..2 + size)
                {
                    pdu.computed_bytes(SYMBOL, range(2 + size), text);
                }
                2 + size.next_multiple_of(2)
            }
            _ => return class,
        };
        if kind == 1 {
            pdu.computed(LOGICAL_SEGMENT_TYPE, range(1), logical);
            pdu.computed(LOGICAL_SEGMENT_FORMAT, range(1), format);
            // Wider values are aligned: a byte between.
            let value = rest.get(if len == 2 { 1 } else { 2 }..len).unwrap_or_default();
            let value = value.iter().rev().fold(0, |n, &byte| n << 8 | u32::from(byte));
            match logical {
                0 => {
                    class = Some(value);
                    pdu.computed(CLASS, range(len), value);
                }
                1 => pdu.computed(INSTANCE, range(len), value),
                2 => pdu.computed(MEMBER, range(len), value),
                3 => pdu.computed(CONNPOINT, range(len), value),
                4 => pdu.computed(ATTRIBUTE, range(len), value),
                _ => {}
            }
        }
        rest = rest.get(len..).unwrap_or_default();
    }
    class
}

builtin!(Cip);

#[test]
fn attributes_asked_for_and_given() {
    check::<Cip>(
        "03 02 20012401 0100 0500",
        expect![[r#"
            Common Industrial Protocol, Get Attribute List
              Service: Get Attribute List (0x03)
                0... .... = Request/Response: Request (0x0)
                .000 0011 = Service: Get Attribute List (0x03)
              Request Path Size: 2 words
              EPath: 20012401
              Path Segment: 0x20
              Path Segment Type: Logical Segment (1)
              Logical Segment Type: Class ID (0)
              Logical Segment Format: 8-bit Logical Segment (0)
              Class: Identity (0x0001)
              Path Segment: 0x24
              Path Segment Type: Logical Segment (1)
              Logical Segment Type: Instance ID (1)
              Logical Segment Format: 8-bit Logical Segment (0)
              Instance: 0x00000001
              Attribute Count: 1
              Attribute: 5
        "#]],
    );
    check::<Cip>(
        "83 00 00 00 0100 0500 0000 6030",
        expect![[r#"
            Common Industrial Protocol, Get Attribute List
              Service: 0x83
                1... .... = Request/Response: Response (0x1)
                .000 0011 = Service: Get Attribute List (0x03)
              General Status: Success (0x00)
              Additional Status Size: 0 words
              Attribute Count: 1
              Attribute: 5
              Attribute Status: 0x00
              Data: 6030
        "#]],
    );
}

#[test]
fn services_together_and_an_offset_that_leads_back() {
    check::<Cip>(
        "0a 02 20022401 0200 0600 0e00  03 02 20012401 0100 0500  0e 03 20012401 3001",
        expect![[r#"
            Common Industrial Protocol, Multiple Service Packet
              Service: Multiple Service Packet (0x0a)
                0... .... = Request/Response: Request (0x0)
                .000 1010 = Service: Multiple Service Packet (0x0a)
              Request Path Size: 2 words
              EPath: 20022401
              Path Segment: 0x20
              Path Segment Type: Logical Segment (1)
              Logical Segment Type: Class ID (0)
              Logical Segment Format: 8-bit Logical Segment (0)
              Class: Message Router (0x0002)
              Path Segment: 0x24
              Path Segment Type: Logical Segment (1)
              Logical Segment Type: Instance ID (1)
              Logical Segment Format: 8-bit Logical Segment (0)
              Instance: 0x00000001
              Number of Services: 2
              Offset: 6
              Offset: 14
              Offset: 6
              Service Packet: Get Attribute List (0x03)
                Service: Get Attribute List (0x03)
                  0... .... = Request/Response: Request (0x0)
                  .000 0011 = Service: Get Attribute List (0x03)
                Request Path Size: 2 words
                EPath: 20012401
                Path Segment: 0x20
                Path Segment Type: Logical Segment (1)
                Logical Segment Type: Class ID (0)
                Logical Segment Format: 8-bit Logical Segment (0)
                Class: Identity (0x0001)
                Path Segment: 0x24
                Path Segment Type: Logical Segment (1)
                Logical Segment Type: Instance ID (1)
                Logical Segment Format: 8-bit Logical Segment (0)
                Instance: 0x00000001
                Attribute Count: 1
              [error] short: bytes needs 2 bytes at offset 20, 0 are there (the end is set by cip.msp.offset)
        "#]],
    );
    check::<Cip>(
        "0a 02 20022401 0100 0200  03 02",
        expect![[r#"
            Common Industrial Protocol, Multiple Service Packet
              Service: Multiple Service Packet (0x0a)
                0... .... = Request/Response: Request (0x0)
                .000 1010 = Service: Multiple Service Packet (0x0a)
              Request Path Size: 2 words
              EPath: 20022401
              Path Segment: 0x20
              Path Segment Type: Logical Segment (1)
              Logical Segment Type: Class ID (0)
              Logical Segment Format: 8-bit Logical Segment (0)
              Class: Message Router (0x0002)
              Path Segment: 0x24
              Path Segment Type: Logical Segment (1)
              Logical Segment Type: Instance ID (1)
              Logical Segment Format: 8-bit Logical Segment (0)
              Instance: 0x00000001
              Number of Services: 1
              Offset: 2
              [error] bad-offset: a service begins before the end of the one before it
        "#]],
    );
}
