//! Messages that are compressed (MS-SMB2, sections 2.2.42 and 3.1.4.4), with LZNT1 (MS-XCA, section 2.5) or as patterns.

/// Nothing is decompressed into more.
const MAX_LEN: usize = 1 << 20;

const NONE: u16 = 0;
const LZNT1: u16 = 1;
const LZ77_HUFFMAN: u16 = 3;
const PATTERN_V1: u16 = 4;

/// The message behind its header of 16 bytes, decompressed; `None` where that can't be done.
pub(super) fn decompress(message: &[u8]) -> Option<Vec<u8>> {
    let (header, rest) = message.split_first_chunk::<16>()?;
    let original = u32_at(header, 4)? as usize;
    let is_chained = u16_at(header, 10)? & 1 != 0;
    // What stands before the offset is as it is.
    let offset = if is_chained { 0 } else { u32_at(header, 12)? as usize };
    if original.max(offset) > MAX_LEN {
        return None;
    }
    let mut out = Vec::new();
    if is_chained {
        chain(message.get(8..)?, &mut out)?;
    } else {
        out.extend_from_slice(rest.get(..offset)?);
        payload(u16_at(header, 8)?, rest.get(offset..)?, &mut out)?;
    }
    (out.len() == original + offset).then_some(out)
}

/// SMB2_COMPRESSION_CHAINED_PAYLOAD_HEADER, one behind the other.
fn chain(mut bytes: &[u8], out: &mut Vec<u8>) -> Option<()> {
    while !bytes.is_empty() {
        let algorithm = u16_at(bytes, 0)?;
        let (data, rest) = bytes.get(8..)?.split_at_checked(u32_at(bytes, 4)? as usize)?;
        let skip = if says_size(algorithm) { 4 } else { 0 };
        payload(algorithm, data.get(skip..)?, out)?;
        bytes = rest;
    }
    Some(())
}

/// Whether the size that a part had stands in front of it.
pub(super) fn says_size(algorithm: u16) -> bool {
    matches!(algorithm, LZNT1..=LZ77_HUFFMAN)
}

fn payload(algorithm: u16, data: &[u8], out: &mut Vec<u8>) -> Option<()> {
    match algorithm {
        NONE => out.extend_from_slice(data),
        LZNT1 => lznt1(data, out)?,
        PATTERN_V1 => {
            let count = u32_at(data, 4)? as usize;
            if count > MAX_LEN.saturating_sub(out.len()) {
                return None;
            }
            out.resize(out.len() + count, *data.first()?);
        }
        _ => return None,
    }
    (out.len() <= MAX_LEN).then_some(())
}

/// Chunks, each of which stands for at most 4,096 bytes.
fn lznt1(mut data: &[u8], out: &mut Vec<u8>) -> Option<()> {
    while let Some(header) = u16_at(data, 0).filter(|&header| header != 0) {
        let (chunk, rest) = data.get(2..)?.split_at_checked(usize::from(header & 0xfff) + 1)?;
        match header & 0x8000 {
            0 => out.extend_from_slice(chunk),
            _ => lznt1_chunk(chunk, out)?,
        }
        if out.len() > MAX_LEN {
            return None;
        }
        data = rest;
    }
    Some(())
}

fn lznt1_chunk(chunk: &[u8], out: &mut Vec<u8>) -> Option<()> {
    const MAX_CHUNK: usize = 4096;
    let start = out.len();
    let mut bytes = chunk.iter().copied();
    while let Some(flags) = bytes.next() {
        for bit in 0..8 {
            let Some(byte) = bytes.next() else { return Some(()) };
            if flags >> bit & 1 == 0 {
                out.push(byte);
                continue;
            }
            // The further into the chunk, the more bits of a pair are its displacement, at least four.
            let pair = usize::from(u16::from_le_bytes([byte, bytes.next()?]));
            let written = out.len() - start;
            let displacement_bits = written.checked_sub(1)?.checked_ilog2().unwrap_or(0).max(3) + 1;
            let len_bits = 16 - displacement_bits.min(12);
            let (len, displacement) = ((pair & ((1 << len_bits) - 1)) + 3, (pair >> len_bits) + 1);
            if displacement > written || written + len > MAX_CHUNK {
                return None;
            }
            // What is copied may reach into what is being written.
            for at in out.len() - displacement..out.len() - displacement + len {
                out.push(*out.get(at)?);
            }
        }
    }
    Some(())
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|&b| u16::from_le_bytes(b))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|&b| u32::from_le_bytes(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use prosector_sdk::testkit::parse_hex;

    fn unpacked(hex: &str) -> Option<String> {
        decompress(&parse_hex(hex)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    #[test]
    fn patterns_and_plain_bytes() {
        let chained = "fc534d42 08000000  0000 0100 03000000 616263  0400 0000 08000000 78 000000 05000000";
        assert_eq!(unpacked(chained).as_deref(), Some("abcxxxxx"));
        assert_eq!(unpacked("fc534d42 04000000  0400 0100 08000000 78 000000 ffffffff"), None);
        assert_eq!(unpacked("fc534d42 04000000  0000 0100 ff000000 61"), None);
    }

    #[test]
    fn repetitions() {
        // "ab", then 8 bytes from 2 back: 4 bits of displacement and 12 of length.
        let packed = "fc534d42 0a000000 0100 0000 00000000  04b0 04 61 62 0510 ";
        assert_eq!(unpacked(packed).as_deref(), Some("ababababab"));
        assert_eq!(unpacked("fc534d42 05000000 0100 0000 00000000  04b0 01 05 10 61 62"), None);
        assert_eq!(unpacked("fc534d42 0a000000 0100 0000 00000000  ffff 04 61"), None);
    }

    #[test]
    fn a_part_that_is_plain() {
        let packed = "fc534d42 02000000 0100 0000 02000000  6162  0130 6364";
        assert_eq!(unpacked(packed).as_deref(), Some("abcd"));
    }
}
