//! RESP, what Redis speaks (redis.io/docs/reference/protocol-spec): values begin with a letter for their type and end with
//! CR LF; arrays hold values. Of what version 3 added, the values inside maps, sets, attributes and pushes are shown.

use crate::lines;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Resp;

protocol! {
    /// REdis Serialization Protocol.
    Resp = resp "RESP", "REdis Serialization Protocol" {
        string: str                         "String",
        error: str                          "Error",
        integer: computed i64               "Integer",
        bulk_string: group                  "Bulk String",
        bulk_string.length: computed i32    "Length",
        bulk_string.value: bytes            "Value",
        array: group                        "Array",
        array.length: computed i32          "Length",
    }
    claims { tcp.port = 6379 }
}

/// Arrays are read to this depth.
const DEPTH: usize = 32;

impl Dissector for Resp {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        if !begins(pdu.rest()) {
            return pdu.reject();
        }
        while begins(pdu.rest()) {
            value(pdu, DEPTH)?;
        }
        pdu.end_here();
        Ok(())
    }
}

/// Whether a value begins here.
fn begins(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|kind| b"+-:$*_,#!=(%~|>".contains(kind))
}

fn value(pdu: &mut Pdu<'_>, depth: usize) -> Step {
    let at = pdu.position();
    let line = pdu.peek_line()?;
    let (kind, text) = line.split_first().map_or((0, line), |(&kind, text)| (kind, text));
    let number = match text.strip_prefix(b"-") {
        Some(digits) => lines::number(digits).map(|n| -(n as i64)),
        None => lines::number(text).map(|n| n as i64),
    };
    let range = at + 1..at + 1 + text.len();
    let whole = line.len() + 2;
    let whole = whole.min(pdu.remaining());
    pdu.info(format_args!("{}", lines::show(line)));
    match (kind, number) {
        (b'+', _) => pdu.mark(STRING, range),
        (b'-', _) => pdu.mark(ERROR, range),
        (b':', Some(number)) => pdu.computed(INTEGER, range, number),
        (b'$', Some(number)) => {
            return pdu.group(BULK_STRING, |pdu| {
                pdu.computed(BULK_STRING_LENGTH, range, number);
                pdu.skip(whole)?;
                if let Ok(len) = usize::try_from(number) {
                    pdu.take_bytes(BULK_STRING_VALUE, len)?;
                    pdu.skip(2)?;
                }
                Ok(())
            });
        }
        (b'*', Some(number)) => {
            return pdu.group(ARRAY, |pdu| {
                pdu.computed(ARRAY_LENGTH, range, number);
                pdu.skip(whole)?;
                values(pdu, number, depth)
            });
        }
        (b'~' | b'>', Some(number)) => {
            pdu.skip(whole)?;
            return values(pdu, number, depth);
        }
        // Pairs of a key and a value.
        (b'%' | b'|', Some(number)) => {
            pdu.skip(whole)?;
            return values(pdu, number.saturating_mul(2), depth);
        }
        (b'!' | b'=', Some(number)) => {
            pdu.skip(whole)?;
            return match usize::try_from(number) {
                Ok(len) => pdu.skip(len.saturating_add(2)),
                Err(_) => Ok(()),
            };
        }
        _ => {}
    }
    pdu.skip(whole)
}

fn values(pdu: &mut Pdu<'_>, count: i64, depth: usize) -> Step {
    if depth > 0 {
        for _ in 0..count {
            if pdu.remaining() == 0 {
                // There are fewer than was said: in a stream more may come.
                return pdu.skip(1);
            }
            value(pdu, depth - 1)?;
        }
    }
    Ok(())
}

builtin!(Resp);

#[test]
fn a_command_and_answers() {
    check_stream::<Resp>(
        &[&lines::hex("*2\r\n$3\r\nGET\r\n$1\r\n"), &lines::hex("a\r\n:-1\r\n$-1\r\n")],
        expect![[r#"
            segment 1
            waits for 18 bytes
            segment 2
            REdis Serialization Protocol, $-1
              Array
                Length: 2
                Bulk String
                  Length: 3
                  Value: 474554
                Bulk String
                  Length: 1
                  Value: 61
              Integer: -1
              Bulk String
                Length: -1
        "#]],
    );
}

#[test]
fn lengths_that_cannot_be() {
    check::<Resp>(
        &lines::hex("$9\r\nabc\r\n"),
        expect![[r#"
        REdis Serialization Protocol, $9
          Bulk String
            Length: 9
          [error] short: resp.bulk_string.value needs 9 bytes at offset 4, 5 are there
    "#]],
    );
    check::<Resp>(
        &lines::hex("*999999999999\r\n"),
        expect![[r#"
        REdis Serialization Protocol, *999999999999
          Array
            Length: 999999999999
          [error] short: bytes needs 1 bytes at offset 15, 0 are there
    "#]],
    );
}
