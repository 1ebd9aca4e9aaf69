//! Bytes as people read them.

use prosector_sdk::value::write_hex;

/// Appends a hex dump: offset, sixteen bytes, the same as ASCII.
pub fn write_hex_dump(bytes: &[u8], out: &mut Vec<u8>) {
    for (i, line) in bytes.chunks(16).enumerate() {
        out.extend_from_slice(format!("{:04x}  ", i * 16).as_bytes());
        write_hex(line, Some(b' '), out);
        out.resize(out.len() + (16 - line.len()) * 3 + 3, b' ');
        out.extend(line.iter().map(|&b| if (b' '..=b'~').contains(&b) { b } else { b'.' }));
        out.push(b'\n');
    }
}

#[test]
fn a_full_line_and_a_short_one() {
    let mut out = Vec::new();
    write_hex_dump(b"0123456789abcdef\x00\x7f", &mut out);
    assert_eq!(
        String::from_utf8_lossy(&out),
        "0000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66   0123456789abcdef\n\
         0010  00 7f                                             ..\n"
    );
}
