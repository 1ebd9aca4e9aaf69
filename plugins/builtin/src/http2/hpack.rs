//! HPACK (RFC 7541): header fields as indices into a table that both sides fill as they go, and text that may be in a
//! Huffman code.

use std::collections::VecDeque;

/// A dynamic table is kept up to this size, whatever its owner announces.
const MAX_TABLE: usize = 64 << 10;
/// A text is decoded up to this length.
const MAX_TEXT: usize = 64 << 10;
/// An entry counts for so many bytes more than its texts have (RFC 7541, section 4.1).
const OVERHEAD: usize = 32;

/// The dynamic table of one direction, the latest entry first.
pub struct Table {
    entries: VecDeque<(Vec<u8>, Vec<u8>)>,
    size: usize,
    limit: usize,
}

impl Default for Table {
    fn default() -> Table {
        Table { entries: VecDeque::new(), size: 0, limit: 4096 }
    }
}

/// What one step through a header block gives.
pub enum Item {
    Field(Field),
    /// The table's new size.
    Resize(u64),
}

/// A header field.
pub struct Field {
    pub name: Vec<u8>,
    pub value: Vec<u8>,
    /// Where the name or all of it came from in the tables.
    pub index: Option<u64>,
    pub kind: Kind,
}

/// How a field is written (RFC 7541, section 6).
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Indexed,
    Incremental,
    Without,
    Never,
}

impl Table {
    /// Reads what `block` begins with. Returns it and the rest; `None` if it makes no sense.
    pub fn next<'a>(&mut self, block: &'a [u8]) -> Option<(Item, &'a [u8])> {
        let &first = block.first()?;
        let (kind, bits) = match first {
            0x80.. => (Kind::Indexed, 7),
            0x40..=0x7f => (Kind::Incremental, 6),
            0x20..=0x3f => {
                let (size, rest) = integer(block, 5)?;
                self.limit = usize::try_from(size).unwrap_or(MAX_TABLE).min(MAX_TABLE);
                self.shrink();
                return Some((Item::Resize(size), rest));
            }
            0x10..=0x1f => (Kind::Never, 4),
            _ => (Kind::Without, 4),
        };
        let (index, rest) = integer(block, bits)?;
        let index = Some(index).filter(|&index| index > 0);
        if kind == Kind::Indexed {
            let (name, value) = self.get(index?)?;
            return Some((Item::Field(Field { name, value, index, kind }), rest));
        }
        let (name, rest) = match index {
            Some(index) => (self.get(index)?.0, rest),
            None => text(rest)?,
        };
        let (value, rest) = text(rest)?;
        if kind == Kind::Incremental {
            self.size += name.len() + value.len() + OVERHEAD;
            self.entries.push_front((name.clone(), value.clone()));
            self.shrink();
        }
        Some((Item::Field(Field { name, value, index, kind }), rest))
    }

    /// An entry of the static table or, behind it, of the dynamic one.
    fn get(&self, index: u64) -> Option<(Vec<u8>, Vec<u8>)> {
        let index = usize::try_from(index).ok()?.checked_sub(1)?;
        match STATIC.get(index) {
            Some((name, value)) => Some((name.as_bytes().to_vec(), value.as_bytes().to_vec())),
            None => self.entries.get(index - STATIC.len()).cloned(),
        }
    }

    fn shrink(&mut self) {
        while self.size > self.limit {
            let Some((name, value)) = self.entries.pop_back() else { break };
            self.size -= name.len() + value.len() + OVERHEAD;
        }
    }
}

/// A number that begins in the low `bits` of the first byte (RFC 7541, section 5.1).
fn integer(bytes: &[u8], bits: u32) -> Option<(u64, &[u8])> {
    let (&first, mut rest) = bytes.split_first()?;
    let most = (1 << bits) - 1;
    let mut value = u64::from(first & most);
    if value < most.into() {
        return Some((value, rest));
    }
    for shift in (0..56).step_by(7) {
        let (&byte, behind) = rest.split_first()?;
        rest = behind;
        value += u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((value, rest));
        }
    }
    None
}

/// A text behind its length, in Huffman code or plain (RFC 7541, section 5.2).
fn text(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let packed = bytes.first()? & 0x80 != 0;
    let (len, rest) = integer(bytes, 7)?;
    let (text, rest) = rest.split_at_checked(usize::try_from(len).ok()?)?;
    Some((if packed { unpack(text)? } else { text.to_vec() }, rest))
}

/// Decodes the Huffman code; `None` if it has the symbol for its end in it.
fn unpack(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len().min(MAX_TEXT) * 8 / 5);
    let (mut code, mut len) = (0u32, 0);
    for &byte in bytes {
        for shift in (0..8).rev() {
            (code, len) = (code << 1 | u32::from(byte >> shift & 1), len + 1);
            let (first, start, count) = CODE.rows.get(len).copied()?;
            let Some(at) = code.checked_sub(first).filter(|at| *at < count) else { continue };
            out.push(u8::try_from(*CODE.symbols.get((start + at) as usize)?).ok()?);
            (code, len) = (0, 0);
            if out.len() >= MAX_TEXT {
                return Some(out);
            }
        }
    }
    // What is left over is the beginning of that symbol, all ones.
    Some(out)
}

/// The Huffman code: within one length the codes go up with the symbols, so the lengths say everything.
struct Code {
    /// By length: the first code, where its symbol stands in `symbols`, how many there are.
    rows: [(u32, u32, u32); 31],
    symbols: [u16; 257],
}

static CODE: Code = Code::new();

impl Code {
    const fn new() -> Code {
        let mut code = Code { rows: [(0, 0, 0); 31], symbols: [0; 257] };
        let (mut first, mut start, mut len) = (0, 0, 1);
        while len <= 30 {
            first <<= 1;
            let (mut symbol, mut count) = (0, 0);
            while symbol < 257 {
                if LENGTHS[symbol] as usize == len {
                    code.symbols[start + count] = symbol as u16;
                    count += 1;
                }
                symbol += 1;
            }
            code.rows[len] = (first, start as u32, count as u32);
            first += count as u32;
            start += count;
            len += 1;
        }
        code
    }
}

/// Bits of each symbol's code (RFC 7541, appendix B); the last symbol is the end.
#[rustfmt::skip]
const LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
    28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7,
    7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21,
    23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24,
    21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];

/// RFC 7541, appendix A.
const STATIC: &[(&str, &str)] = &[
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

#[test]
fn the_code_is_complete() {
    let sum: u64 = LENGTHS.iter().map(|&len| 1 << (30 - len)).sum();
    assert_eq!(sum, 1 << 30);
}

/// The examples of RFC 7541, appendix C.4.1 and C.4.2.
#[test]
fn packed_fields_and_the_table() {
    let mut table = Table::default();
    let mut read = |hex: &str| {
        let bytes = prosector_sdk::testkit::parse_hex(hex);
        let (mut rest, mut out) = (bytes.as_slice(), Vec::new());
        while !rest.is_empty() {
            let (item, behind) = table.next(rest).expect("a field");
            rest = behind;
            if let Item::Field(field) = item {
                out.push(format!(
                    "{}: {}",
                    String::from_utf8_lossy(&field.name),
                    String::from_utf8_lossy(&field.value)
                ));
            }
        }
        out.join("\n")
    };
    assert_eq!(
        read("828684418cf1e3c2e5f23a6ba0ab90f4ff"),
        ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com"
    );
    assert_eq!(
        read("828684be5886a8eb10649cbf"),
        ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\ncache-control: no-cache"
    );
    assert!(table.next(&[0xff, 0xff]).is_none());
}
