//! NetBIOS name service (RFC 1002, section 4.2): the format is that of DNS, the names are NetBIOS's.

use super::{read_name, take_name};
use prosector_sdk::handle::{ComputedBytes, Handle};
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Nbns;

protocol! {
    /// NetBIOS name service: which names are where, RFC 1002.
    Nbns = nbns "NBNS", "NetBIOS Name Service" {
        id: u16 hex                             "Transaction ID",
        flags: u16 hex                          "Flags",
        flags.response: bool(u16) & 0x8000      "Response"
            = { 0 "Message is a query", 1 "Message is a response" },
        flags.opcode: u16 & 0x7800              "Opcode" = OPCODES,
        flags.authoritative: bool(u16) & 0x0400 "Authoritative"
            = { 0 "Server is not an authority for domain", 1 "Server is an authority for domain" },
        flags.truncated: bool(u16) & 0x0200     "Truncated"
            = { 0 "Message is not truncated", 1 "Message is truncated" },
        flags.recdesired: bool(u16) & 0x0100    "Recursion desired"
            = { 0 "Don't do query recursively", 1 "Do query recursively" },
        flags.recavail: bool(u16) & 0x0080      "Recursion available"
            = { 0 "Server can't do recursive queries", 1 "Server can do recursive queries" },
        flags.broadcast: bool(u16) & 0x0010     "Broadcast"
            = { 0 "Not a broadcast packet", 1 "Broadcast packet" },
        flags.rcode: u16 & 0x000f               "Reply code" = {
            0 "No error", 1 "Request was invalidly formatted", 2 "Problem with NBNS, cannot process name",
            3 "Requested name does not exist", 4 "Unsupported request", 5 "Request denied",
            6 "Name is owned by another node", 7 "Name is in conflict",
        },
        count.queries: u16                      "Questions",
        count.answers: u16                      "Answer RRs",
        count.auth_rr: u16                      "Authority RRs",
        count.add_rr: u16                       "Additional RRs",
        query: group                            "Query",
        record: group                           "Record",
        name: computed str                      "Name",
        type: u16                               "Type" = TYPES,
        class: u16                              "Class" = { 1 "IN" },
        ttl: u32                                "Time to live" unit "s",
        data_length: u16                        "Data length",
        nb_flags: u16 hex                       "Name flags" {
            group: 0x8000                       "Name type" = { 0 "Unique name", 1 "Group name" },
            ont: 0x6000                         "ONT" = { 0 "B-node", 1 "P-node", 2 "M-node", 3 "H-node" },
        },
        addr: ipv4                              "Addr",
        number_of_names: u8                     "Number of names",
        netbios_name: computed str              "Name",
        name_flags: u16 hex                     "Name flags" {
            group: 0x8000                       "Name type" = { 0 "Unique name", 1 "Group name" },
            ont: 0x6000                         "ONT" = { 0 "B-node", 1 "P-node", 2 "M-node", 3 "H-node" },
            drg: 0x1000                         "Name is being deregistered",
            cnf: 0x0800                         "Name is in conflict",
            act: 0x0400                         "Name is active",
            prm: 0x0200                         "Permanent node name",
        },
        unit_id: mac                            "Unit ID",
        data: bytes                             "Data",
    }
    claims { udp.port = 137 }
}

value_names! {
    /// Kinds of messages (RFC 1002, section 4.2.1.1).
    OPCODES {
        0 "Name query", 5 "Registration", 6 "Release", 7 "WACK", 8 "Refresh", 9 "Refresh (altcode)",
        15 "Multi-homed registration",
    }
}

value_names! {
    /// Types of records (RFC 1002, section 4.2.1.2).
    TYPES { 1 "A", 2 "NS", 10 "NULL", 32 "NB", 33 "NBSTAT" }
}

const NB: u16 = 32;
const NBSTAT: u16 = 33;

impl Dissector for Nbns {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.take(ID)?;
        let flags = flags(pdu)?;
        let queries = pdu.take(COUNT_QUERIES)?;
        let records = [pdu.take(COUNT_ANSWERS)?, pdu.take(COUNT_AUTH_RR)?, pdu.take(COUNT_ADD_RR)?];
        let opcode = name_of(OPCODES, u64::from(flags >> 11 & 15)).unwrap_or("Unknown operation");
        let response = if flags >> 15 != 0 { " response" } else { "" };
        if let Some((name, end)) = read_name(pdu.data(), pdu.position()) {
            let kind = pdu.data().get(end..end + 2).map_or(0, |b| u64::from(b[0]) << 8 | u64::from(b[1]));
            let kind = name_of(TYPES, kind).unwrap_or("?");
            pdu.info(format_args!("{opcode}{response} {kind} {}", String::from_utf8_lossy(&name)));
        } else {
            pdu.info(format_args!("{opcode}{response}"));
        }
        for _ in 0..queries {
            pdu.group(QUERY, |pdu| {
                name(pdu, NAME)?;
                pdu.take(TYPE)?;
                pdu.take(CLASS).map(drop)
            })?;
        }
        for _ in 0..records.map(u32::from).iter().sum() {
            pdu.group(RECORD, record)?;
        }
        Ok(())
    }
}

/// Which flags there are depends on the direction.
fn flags(pdu: &mut Pdu<'_>) -> Result<u16, Stop> {
    let flags = pdu.show(FLAGS)?;
    let is_response = flags >> 15 != 0;
    pdu.show(FLAGS_RESPONSE)?;
    pdu.show(FLAGS_OPCODE)?;
    if is_response {
        pdu.show(FLAGS_AUTHORITATIVE)?;
    }
    pdu.show(FLAGS_TRUNCATED)?;
    pdu.show(FLAGS_RECDESIRED)?;
    if is_response {
        pdu.show(FLAGS_RECAVAIL)?;
    }
    pdu.show(FLAGS_BROADCAST)?;
    if is_response {
        pdu.show(FLAGS_RCODE)?;
    }
    pdu.skip(2)?;
    Ok(flags)
}

fn name(pdu: &mut Pdu<'_>, field: Handle<ComputedBytes>) -> Step {
    let at = pdu.position();
    let Some((text, end)) = read_name(pdu.data(), at) else {
        // One byte more than there is: the name is cut.
        return pdu.skip(pdu.remaining() + 1).map_err(|stop| Stop { field: field.id, ..stop });
    };
    pdu.skip(end.saturating_sub(at))?;
    pdu.computed_bytes(field, at..end, &text);
    Ok(())
}

fn record(pdu: &mut Pdu<'_>) -> Step {
    name(pdu, NAME)?;
    let kind = pdu.take(TYPE)?;
    pdu.take(CLASS)?;
    pdu.take(TTL)?;
    let len = pdu.take(DATA_LENGTH)?.into();
    pdu.within(DATA_LENGTH, len, |pdu| match kind {
        NB => {
            while pdu.remaining() > 0 {
                pdu.take(NB_FLAGS)?;
                // Whoever waits (WACK) has flags only.
                if pdu.remaining() == 0 {
                    break;
                }
                pdu.take(ADDR)?;
            }
            Ok(())
        }
        NBSTAT => {
            for _ in 0..pdu.take(NUMBER_OF_NAMES)? {
                take_name(pdu, NETBIOS_NAME)?;
                pdu.take(NAME_FLAGS)?;
            }
            if pdu.remaining() >= 6 {
                pdu.take(UNIT_ID)?;
            }
            if pdu.remaining() > 0 {
                pdu.take_rest(DATA);
            }
            Ok(())
        }
        _ => {
            if pdu.remaining() > 0 {
                pdu.take_rest(DATA);
            }
            Ok(())
        }
    })
}

builtin!(Nbns);

#[test]
fn a_query_and_its_answer() {
    // ACME<20>
    let name = format!("20 4542 4544 454e 4546 {} 00", "4341".repeat(12));
    check::<Nbns>(
        &format!("1234 0110 0001 0000 0000 0000 {name} 0020 0001"),
        expect![[r#"
            NetBIOS Name Service, Name query NB ACME<20>
              Transaction ID: 0x1234
              Flags: 0x0110
              Response: Message is a query
              Opcode: Name query (0)
              Truncated: Message is not truncated
              Recursion desired: Do query recursively
              Broadcast: Broadcast packet
              Questions: 1
              Answer RRs: 0
              Authority RRs: 0
              Additional RRs: 0
              Query: NB (32)
                Name: ACME<20>
                Type: NB (32)
                Class: IN (1)
        "#]],
    );
    check::<Nbns>(
        &format!("1234 8500 0000 0001 0000 0000 {name} 0020 0001 0000003c 0006 6000 c0000205"),
        expect![[r#"
            NetBIOS Name Service, Name query response NB ACME<20>
              Transaction ID: 0x1234
              Flags: 0x8500
              Response: Message is a response
              Opcode: Name query (0)
              Authoritative: Server is an authority for domain
              Truncated: Message is not truncated
              Recursion desired: Do query recursively
              Recursion available: Server can't do recursive queries
              Broadcast: Not a broadcast packet
              Reply code: No error (0)
              Questions: 0
              Answer RRs: 1
              Authority RRs: 0
              Additional RRs: 0
              Record: NB (32)
                Name: ACME<20>
                Type: NB (32)
                Class: IN (1)
                Time to live: 60 s
                Data length: 6
                Name flags: 0x6000
                  0... .... .... .... = Name type: Unique name
                  .11. .... .... .... = ONT: H-node (3)
                Addr: 192.0.2.5
        "#]],
    );
}

#[test]
fn a_name_that_is_cut() {
    check::<Nbns>(
        "1234 0110 0001 0000 0000 0000 20 4542",
        expect![[r#"
        NetBIOS Name Service, Name query
          Transaction ID: 0x1234
          Flags: 0x0110
          Response: Message is a query
          Opcode: Name query (0)
          Truncated: Message is not truncated
          Recursion desired: Do query recursively
          Broadcast: Broadcast packet
          Questions: 1
          Answer RRs: 0
          Authority RRs: 0
          Additional RRs: 0
          Query
          [error] short: nbns.name needs 4 bytes at offset 12, 3 are there
    "#]],
    );
}
