//! Objects of a message (IEEE Std 1815, annex A): what they are, how many there are, and their values.

use super::*;

/// A message with this function carries values; others only name objects.
fn has_values(function: u8) -> bool {
    matches!(function, 2..=6 | 25..=30 | 129..)
}

/// What precedes each object.
#[derive(Clone, Copy)]
enum Prefix {
    None,
    /// An index of so many bytes.
    Index(usize),
    /// A size of so many bytes.
    Size(usize),
}

/// An object header and its objects.
pub(super) fn header(pdu: &mut Pdu<'_>, function: u8) -> Step {
    let object = pdu.take(AL_OBJ)?;
    let prefix = match pdu.show(AL_OBJQ_PREFIX)? {
        0 => Prefix::None,
        code @ 1..=3 => Prefix::Index(1 << (code - 1)),
        code @ 4..=6 => Prefix::Size(1 << (code - 4)),
        _ => Prefix::None,
    };
    let (mut start, count) = match pdu.take(AL_OBJQ_RANGE)? {
        code @ 0..=2 => {
            let start = number(pdu, AL_RANGE_START, 1 << code)?;
            let stop = number(pdu, AL_RANGE_STOP, 1 << code)?;
            (start, u64::from(stop) + 1 - u64::from(start).min(u64::from(stop) + 1))
        }
        code @ 3..=5 => (number(pdu, AL_RANGE_ABS, 1 << (code - 3))?, 1),
        code @ 7..=9 => (0, number(pdu, AL_RANGE_QUANTITY, 1 << (code - 7))?.into()),
        11 => (0, number(pdu, AL_RANGE_QUANTITY, 1)?.into()),
        _ => return Ok(()),
    };
    let values = has_values(function);
    if !values && matches!(prefix, Prefix::None) {
        return Ok(());
    }
    if values && let Some(width) = packed(object) {
        return bits(pdu, start, count, width);
    }
    for _ in 0..count {
        if pdu.wire_remaining() == 0 {
            break;
        }
        let before = pdu.position();
        pdu.group(POINT, |pdu| point(pdu, object, function, prefix, start))?;
        start = start.wrapping_add(1);
        if pdu.position() == before {
            break;
        }
    }
    Ok(())
}

/// A number of so many bytes, least significant first.
fn number(
    pdu: &mut Pdu<'_>,
    field: prosector_sdk::handle::Handle<prosector_sdk::handle::ComputedWord>,
    width: usize,
) -> Result<u32, Stop> {
    let (at, rest) = (pdu.position(), pdu.rest());
    pdu.skip(width)?;
    let value = rest.iter().take(width).rev().fold(0, |n, &byte| n << 8 | u32::from(byte));
    pdu.computed(field, at..at + width, value);
    Ok(value)
}

/// How many bits a value has where several share a byte.
fn packed(object: u16) -> Option<u32> {
    match object {
        0x0101 | 0x0a01 | 0x5001 => Some(1),
        0x0301 => Some(2),
        _ => None,
    }
}

fn bits(pdu: &mut Pdu<'_>, start: u32, count: u64, width: u32) -> Step {
    let (at, rest) = (pdu.position(), pdu.rest());
    let available = rest.len() as u64 * 8 / u64::from(width);
    for i in 0..count.min(available) {
        let bit = i as usize * width as usize;
        let value = rest.get(bit / 8).map_or(0, |byte| byte >> (bit % 8) & ((1 << width) - 1));
        let range = at + bit / 8..at + bit / 8 + 1;
        pdu.group(POINT, |pdu| {
            pdu.computed(AL_POINT_INDEX, range.clone(), start.wrapping_add(i as u32));
            pdu.computed(if width == 1 { AL_BIT } else { AL_2BIT }, range, value);
            Ok(())
        })?;
    }
    let len = (count.saturating_mul(width.into())).div_ceil(8);
    pdu.skip(usize::try_from(len).unwrap_or(usize::MAX))
}

fn point(pdu: &mut Pdu<'_>, object: u16, function: u8, prefix: Prefix, index: u32) -> Step {
    match prefix {
        Prefix::None => pdu.computed(AL_POINT_INDEX, 0..0, index),
        Prefix::Index(width) => drop(number(pdu, AL_INDEX, width)?),
        Prefix::Size(width) => {
            let size = number(pdu, AL_SIZE, width)? as usize;
            return pdu.within(AL_SIZE, size, |pdu| sized(pdu, object));
        }
    }
    if has_values(function) { value(pdu, object) } else { Ok(()) }
}

/// Objects whose size stands before them.
fn sized(pdu: &mut Pdu<'_>, object: u16) -> Step {
    match object {
        0x4603 => {
            pdu.take(AL_FILE_STRING_OFFSET)?;
            let len = pdu.take(AL_FILE_STRING_LENGTH)?.into();
            // Only a file that is written has a time, rights and a size.
            const MODE_AT: usize = 16;
            let is_write = pdu.rest().get(MODE_AT) == Some(&2);
            if is_write {
                time(pdu)?;
                pdu.take(AL_FILE_PERMS)?;
            } else {
                pdu.skip(8)?;
            }
            pdu.take(AL_FILE_AUTH)?;
            if is_write {
                pdu.take(AL_FILE_SIZE)?;
            } else {
                pdu.skip(4)?;
            }
            pdu.take(AL_FILE_MODE)?;
            pdu.take(AL_FILE_MAXBLOCK)?;
            pdu.take(AL_FILE_REQID)?;
            pdu.take_bytes(AL_FILE_NAME, len)?;
        }
        0x4604 => {
            pdu.take(AL_FILE_HANDLE)?;
            pdu.take(AL_FILE_SIZE)?;
            pdu.take(AL_FILE_MAXBLOCK)?;
            pdu.take(AL_FILE_REQID)?;
            pdu.take(AL_FILE_STATUS)?;
        }
        0x4605 => {
            pdu.take(AL_FILE_HANDLE)?;
            pdu.show(AL_FILE_BLOCKNUM)?;
            pdu.take(AL_FILE_LASTBLOCK)?;
            if pdu.wire_remaining() > 0 {
                pdu.take_bytes(AL_FILE_DATA, pdu.wire_remaining())?;
            }
        }
        0x4606 => {
            pdu.take(AL_FILE_HANDLE)?;
            pdu.show(AL_FILE_BLOCKNUM)?;
            pdu.take(AL_FILE_LASTBLOCK)?;
            pdu.take(AL_FILE_STATUS)?;
        }
        _ if pdu.wire_remaining() > 0 => drop(pdu.take_bytes(AL_UNKNOWN_DATA_CHUNK, pdu.wire_remaining())?),
        _ => {}
    }
    Ok(())
}

/// Milliseconds since 1970, in six bytes.
fn time(pdu: &mut Pdu<'_>) -> Step {
    const LEN: usize = 6;
    let (at, rest) = (pdu.position(), pdu.rest());
    pdu.skip(LEN)?;
    let ms = rest.iter().take(LEN).rev().fold(0, |n, &byte| n << 8 | i64::from(byte));
    pdu.computed(AL_TIMESTAMP, at..at + LEN, ms.saturating_mul(1_000_000));
    Ok(())
}

/// Milliseconds since the time and date that this message gave before.
fn relative_time(pdu: &mut Pdu<'_>) -> Step {
    const LEN: usize = 2;
    let (at, rest) = (pdu.position(), pdu.rest());
    pdu.skip(LEN)?;
    let ms = rest.iter().take(LEN).rev().fold(0, |n, &byte| n << 8 | i64::from(byte));
    pdu.computed(AL_RELTIMESTAMP, at..at + LEN, ms * 1_000_000);
    Ok(())
}

/// The value of one object. The high byte of its number is its group, the low byte its variation.
fn value(pdu: &mut Pdu<'_>, object: u16) -> Step {
    let [group, variation] = object.to_be_bytes();
    match (group, variation) {
        (1, 2) | (2 | 4, 1..=3) | (3, 2) => drop(pdu.take(BINARY)?),
        (10, 2) | (11, 1 | 2) => drop(pdu.take(BINARY_OUTPUT)?),
        (12, 1) => {
            pdu.show(CTL_OP)?;
            pdu.show(CTL_CLR)?;
            pdu.take(CTL_TRIP)?;
            pdu.take(AL_COUNT)?;
            pdu.take(AL_ON_TIME)?;
            pdu.take(AL_OFF_TIME)?;
            pdu.take(AL_CTRLSTATUS)?;
        }
        (20, 1..=4) | (21, 1..=8) | (22 | 23, 1..=8) => drop(pdu.take(COUNTER)?),
        (30..=33, 1 | 2) | (30, 5 | 6) | (31, 3 | 4 | 7 | 8) | (32 | 33, 3..=8) => drop(pdu.take(ANALOG)?),
        (40, 1..=4) | (42 | 43, 1..=8) => drop(pdu.take(ANALOG_OUTPUT)?),
        _ => {}
    }
    match (group, variation) {
        (20, 1 | 3 | 5 | 7) | (21, 1 | 3 | 5 | 7 | 9 | 11) | (22 | 23, 1 | 3 | 5 | 7) => drop(pdu.take(AL_CNT32)?),
        (20, 2 | 4 | 6 | 8) | (21, 2 | 4 | 6 | 8 | 10 | 12) | (22 | 23, 2 | 4 | 6 | 8) => drop(pdu.take(AL_CNT16)?),
        (30, 1 | 3) | (31, 1 | 3 | 5) | (32 | 33, 1 | 3) | (34, 2) => drop(pdu.take(AL_ANA32)?),
        (30, 2 | 4) | (31, 2 | 4 | 6) | (32 | 33, 2 | 4) | (34, 1) => drop(pdu.take(AL_ANA16)?),
        (30, 5) | (31, 7) | (32 | 33, 5 | 7) | (34, 3) => drop(pdu.take(AL_ANA_FLOAT)?),
        (30, 6) | (31, 8) | (32 | 33, 6 | 8) => drop(pdu.take(AL_ANA_DOUBLE)?),
        (40 | 41, 1) | (42 | 43, 1 | 3) => drop(pdu.take(AL_ANAOUT32)?),
        (40 | 41, 2) | (42 | 43, 2 | 4) => drop(pdu.take(AL_ANAOUT16)?),
        (40 | 41, 3) | (42 | 43, 5 | 7) => drop(pdu.take(AL_ANAOUT_FLOAT)?),
        (40 | 41, 4) | (42 | 43, 6 | 8) => drop(pdu.take(AL_ANAOUT_DOUBLE)?),
        (52, 1 | 2) => drop(pdu.take(AL_TIME_DELAY)?),
        (110 | 111, 1..) => drop(pdu.take_bytes(AL_OCTET_STRING, variation.into())?),
        _ => {}
    }
    match (group, variation) {
        (2 | 4 | 11, 2) | (21, 5 | 6) | (22 | 23, 5..=8) | (32 | 33 | 42 | 43, 3 | 4 | 7 | 8) => time(pdu),
        (50, 1..=3) | (51, 1 | 2) => time(pdu),
        (2 | 4, 3) => relative_time(pdu),
        (41, 1..=4) => pdu.take(AL_CTRLSTATUS).map(drop),
        _ => Ok(()),
    }
}
