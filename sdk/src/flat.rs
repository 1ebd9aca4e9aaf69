//! Slices, wants and answers as flat words, as `sdk/wit/v0.1/prosector.wit` lays them out: what crosses the border
//! between host and plugin. Both sides use this.

use crate::pdu::{Answer, Ends, HandOn, Next, Slice, Want};
use crate::span::Span;

/// Appends a slice.
#[inline]
pub fn push_slice(slice: &Slice, words: &mut Vec<u64>) {
    words.extend([
        (slice.start as u64) << 32 | slice.len as u64,
        (slice.wire_len as u64) << 32
            | (slice.stream as u64) << 18
            | (slice.reverse as u64) << 17
            | (slice.quoted as u64) << 16
            | slice.claim as u64,
        slice.context,
        slice.flow,
        slice.number,
        slice.time as u64,
    ]);
}

/// Reads slices.
#[inline]
pub fn slices(words: &[u64]) -> impl Iterator<Item = Slice> {
    words.as_chunks::<6>().0.iter().map(|&[place, wire, context, flow, number, time]| Slice {
        start: (place >> 32) as u32,
        len: place as u32,
        wire_len: (wire >> 32) as u32,
        claim: wire as u16,
        quoted: wire >> 16 & 1 != 0,
        reverse: wire >> 17 & 1 != 0,
        stream: wire >> 18 & 1 != 0,
        context,
        flow,
        number,
        time: time as i64,
    })
}

/// What is wanted, as words.
pub fn want_words(want: &Want) -> Vec<u64> {
    std::iter::once(want.info as u64).chain(want.fields.iter().copied()).collect()
}

/// Reads what is wanted.
pub fn read_want(words: &[u64], want: &mut Want) {
    let (info, fields) = words.split_first().unwrap_or((&0, &[]));
    want.info = *info != 0;
    want.fields.clear();
    want.fields.extend_from_slice(fields);
}

/// Appends a hand-on.
pub fn push_next(next: &Next, words: &mut Vec<u64>) {
    let Ends { from, to, len, ports } = next.ends;
    let ends = (ports as u64) << 47 | (from as u64) << 31 | (to as u64) << 15 | (len & 0x7fff) as u64;
    words.extend([
        Span::pack(next.table, next.offset as usize, next.wire_len as usize),
        ends << 16
            | (next.side as u64) << 15
            | (next.what as u64) << 9
            | (next.quoted as u64) << 8
            | (next.detail as u64) << 7
            | next.key_count as u64,
        next.keys[0],
        next.keys[1],
        next.context,
        next.at,
        next.part,
    ]);
}

/// Words of a hand-on.
pub const NEXT: usize = 7;

/// Reads hand-ons; `None` for one of an unknown kind.
pub fn nexts(words: &[[u64; NEXT]]) -> impl Iterator<Item = Option<Next>> {
    words.iter().map(|&[place, how, first, second, context, at, part]| {
        let place = Span::unpack(place);
        Some(Next {
            what: HandOn::from_number((how >> 9) as u8 & 0x3f)?,
            side: how >> 15 & 1 != 0,
            at,
            part,
            table: place.field,
            offset: place.offset,
            wire_len: place.len,
            keys: [first, second],
            key_count: how as u8 & 0x7f,
            quoted: how >> 8 & 1 != 0,
            detail: how >> 7 & 1 != 0,
            context,
            ends: Ends {
                from: (how >> 47) as u16,
                to: (how >> 31) as u16,
                len: (how >> 16) as u16 & 0x7fff,
                ports: how >> 63 != 0,
            },
        })
    })
}

/// Appends an answer.
pub fn push_answer(answer: &Answer, words: &mut Vec<u64>) {
    words.extend([
        (answer.words as u64) << 32 | answer.side as u64,
        (answer.next as u64) << 32 | answer.end as u64,
        (answer.info_start as u64) << 32 | answer.info_len as u64,
    ]);
}

/// Reads an answer.
#[inline]
pub fn answer([ends, next, info]: [u64; 3]) -> Answer {
    Answer {
        words: (ends >> 32) as u32,
        side: ends as u32,
        next: (next >> 32) as u32,
        end: next as u32,
        info_start: (info >> 32) as u32,
        info_len: info as u32,
    }
}
