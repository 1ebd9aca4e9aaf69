//! Checksums that many protocols use, and the words that say whether one holds. For other polynomials than these there is the
//! crate `crc`.

crate::value_names! {
    /// What became of verifying a checksum, numbered as Wireshark does.
    pub STATUS { 0 "Bad", 1 "Good", 2 "Unverified", 3 "Not present" }
}

/// The checksum did not hold.
pub const BAD: u8 = 0;
/// The checksum holds.
pub const GOOD: u8 = 1;
/// Nobody asked, or not every byte was captured.
pub const UNVERIFIED: u8 = 2;
/// The field says that there is none.
pub const NOT_PRESENT: u8 = 3;

/// The Internet checksum (RFC 1071). Over data that includes its own checksum it is 0 if that holds.
pub fn internet(data: &[u8]) -> u16 {
    let (pairs, rest) = data.as_chunks::<2>();
    let last = rest.first().map_or(0, |&byte| u64::from(byte) << 8);
    let mut sum = pairs.iter().fold(last, |sum, &pair| sum + u64::from(u16::from_be_bytes(pair)));
    while sum >> 16 != 0 {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// Whether the checksum of OSI protocols (ISO 8473, annex C), which is in `data`, holds over it.
pub fn fletcher_holds(data: &[u8]) -> bool {
    let (mut low, mut high) = (0u32, 0u32);
    for &byte in data {
        low = (low + u32::from(byte)) % 255;
        high = (high + low) % 255;
    }
    (low, high) == (0, 0)
}

/// The CRC of IEEE Std 802.3, clause 3.2.9, with the bits of each byte in the order of transmission.
pub fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut i = 0;
        while i < 256 {
            let mut crc = i as u32;
            let mut bit = 0;
            while bit < 8 {
                crc = crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
                bit += 1;
            }
            table[i] = crc;
            i += 1;
        }
        table
    };
    !bytes.iter().fold(!0, |crc, &byte| TABLE[(crc as u8 ^ byte) as usize] ^ crc >> 8)
}

/// A CRC of 16 bits that goes from the least significant bit to the most significant one, beginning with `start`, by the
/// polynomial in that order: 0x8408 is ITU-T's (ISO 3309), 0xa001 that of Modbus on serial lines (with `start` 0xffff).
pub fn crc16(polynomial: u16, start: u16, bytes: &[u8]) -> u16 {
    bytes.iter().fold(start, |crc, &byte| {
        let step = |crc: u16, _| if crc & 1 != 0 { crc >> 1 ^ polynomial } else { crc >> 1 };
        (0..8).fold(crc ^ u16::from(byte), step)
    })
}

/// A CRC of 16 bits that goes from the most significant bit to the least significant one: with 0x1021 and `start` 0xffff it is
/// what many call CCITT.
pub fn crc16_msb(polynomial: u16, start: u16, bytes: &[u8]) -> u16 {
    bytes.iter().fold(start, |crc, &byte| {
        let step = |crc: u16, _| if crc & 0x8000 != 0 { crc << 1 ^ polynomial } else { crc << 1 };
        (0..8).fold(crc ^ u16::from(byte) << 8, step)
    })
}

#[test]
fn check_values() {
    // Of the catalogue of parametrised CRC algorithms: each over these nine characters.
    let digits = b"123456789";
    assert_eq!(crc32(digits), 0xcbf4_3926);
    assert_eq!(crc16(0xa001, 0xffff, digits), 0x4b37);
    assert_eq!(crc16(0x8408, 0, digits), 0x2189);
    assert_eq!(crc16_msb(0x1021, 0xffff, digits), 0x29b1);
    // The example of RFC 1071, section 3, and what makes it 0.
    assert_eq!(internet(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), 0x220d);
    assert_eq!(internet(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7, 0x22, 0x0d]), 0);
    assert_eq!(internet(&[0x12]), !0x1200);
}
