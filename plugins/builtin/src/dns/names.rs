//! Domain names: labels, compression pointers (RFC 1035, section 4.1.4) and how a name is written.

/// A longer name breaks RFC 1035, section 2.3.4. The final empty label counts.
const MAX_WIRE_LEN: usize = 255;
/// A name of that length has no more labels, and a pointer that follows no label is of no use.
const MAX_JUMPS: usize = 127;

/// What was found where a name should be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// Bytes that it takes where it stands, which is up to its first pointer. Where it is [`Flaw::Short`]: bytes that
    /// it would need.
    pub in_place: usize,
    /// Bytes of its text before anything is escaped.
    pub len: usize,
    /// Number of its labels.
    pub labels: usize,
    /// What is wrong with it.
    pub flaw: Option<Flaw>,
}

impl Name {
    /// Whether it can be said what the name is, or at least why not.
    pub fn is_known(&self) -> bool {
        self.flaw.is_none_or(|flaw| flaw.placeholder().is_some())
    }
}

/// What can be wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// The message ends before the name does.
    Short,
    /// A pointer leads out of the message, or to a name that the message doesn't end.
    Outside,
    /// Its pointers lead in a circle.
    Loop,
    /// It has more than 255 bytes.
    TooLong,
    /// A label begins with the bits 01 or 10, which no longer mean anything (RFC 6891, section 5).
    Reserved,
}

impl Flaw {
    /// What Wireshark writes instead of the name.
    pub fn placeholder(self) -> Option<&'static str> {
        match self {
            Flaw::Loop => Some("<Name contains a pointer that loops>"),
            Flaw::TooLong => Some("<Name too long>"),
            _ => None,
        }
    }
}

/// Reads the name at `start` of a message. Its text, for people, replaces what is in `text`.
///
/// Pointers may lead anywhere, forwards too: whoever made the message, the name is what a resolver would see.
pub(super) fn read(message: &[u8], start: usize, mut text: Option<&mut Vec<u8>>) -> Name {
    if let Some(text) = &mut text {
        text.clear();
    }
    let mut name = Name { in_place: 0, len: 0, labels: 0, flaw: None };
    let (mut at, mut wire_len, mut too_long) = (start, 1, false);
    // Brent's way to find a loop: a target is kept for twice as many jumps as the one before it.
    let (mut jumps, mut kept) = (0usize, usize::MAX);
    let flaw = loop {
        let head = message.get(at).copied();
        let missing = |needed: usize| if jumps == 0 { (needed, Flaw::Short) } else { (0, Flaw::Outside) };
        match head {
            None => break Some(missing(at + 1 - start)),
            Some(0) => {
                if jumps == 0 {
                    name.in_place = at + 1 - start;
                }
                break too_long.then_some((0, Flaw::TooLong));
            }
            Some(head @ ..64) => {
                let end = at + 1 + head as usize;
                let Some(label) = message.get(at + 1..end) else { break Some(missing(end - start)) };
                wire_len += 1 + label.len();
                too_long |= wire_len > MAX_WIRE_LEN;
                if too_long && jumps > 0 {
                    break Some((0, Flaw::TooLong));
                }
                if !too_long {
                    let dot = (name.labels > 0) as usize;
                    name.labels += 1;
                    name.len += dot + label.len();
                    if let Some(text) = &mut text {
                        text.extend_from_slice(&b"."[..dot]);
                        escape(label, text);
                    }
                }
                at = end;
            }
            Some(head @ 192..) => {
                let Some(&low) = message.get(at + 1) else { break Some(missing(at + 2 - start)) };
                if jumps == 0 {
                    name.in_place = at + 2 - start;
                }
                let target = (head as usize & 0x3f) << 8 | low as usize;
                if too_long {
                    break Some((0, Flaw::TooLong));
                }
                if target == kept || jumps == MAX_JUMPS {
                    break Some((0, Flaw::Loop));
                }
                jumps += 1;
                if jumps.is_power_of_two() {
                    kept = target;
                }
                at = target;
            }
            Some(_) => break Some((0, if jumps == 0 { Flaw::Reserved } else { Flaw::Outside })),
        }
    };
    let mut instead = None;
    if let Some((needed, flaw)) = flaw {
        name.in_place = name.in_place.max(needed);
        name.flaw = Some(flaw);
        instead = flaw.placeholder();
    } else if name.labels == 0 {
        instead = Some("<Root>");
    }
    if let Some(instead) = instead {
        (name.len, name.labels) = (instead.len(), 1);
        if let Some(text) = text {
            text.clear();
            text.extend_from_slice(instead.as_bytes());
        }
    }
    name
}

/// Appends a label with control characters as C writes them. Bytes over 127 stay: most often they are UTF-8.
fn escape(label: &[u8], text: &mut Vec<u8>) {
    for &byte in label {
        let short = match byte {
            7..=13 => b"abtnvfr"[byte as usize - 7],
            0..32 | 127 => {
                text.extend_from_slice(&[b'\\', b'0' + (byte >> 6), b'0' + (byte >> 3 & 7), b'0' + (byte & 7)]);
                continue;
            }
            _ => {
                text.push(byte);
                continue;
            }
        };
        text.extend_from_slice(&[b'\\', short]);
    }
}

#[cfg(test)]
fn text_of(message: &[u8], start: usize) -> (String, Name) {
    let mut text = Vec::new();
    let name = read(message, start, Some(&mut text));
    (String::from_utf8(text).expect("the test's names are ASCII"), name)
}

#[test]
fn plain_and_compressed() {
    let message = b"\x03www\x04acme\x00\x03ftp\xc0\x04";
    assert_eq!(text_of(message, 0), ("www.acme".into(), Name { in_place: 10, len: 8, labels: 2, flaw: None }));
    assert_eq!(text_of(message, 10), ("ftp.acme".into(), Name { in_place: 6, len: 8, labels: 2, flaw: None }));
    assert_eq!(text_of(message, 9), ("<Root>".into(), Name { in_place: 1, len: 6, labels: 1, flaw: None }));
    // A pointer forwards is nobody's habit, but clear in what it says.
    assert_eq!(text_of(b"\xc0\x03?\x01a\x00", 0), ("a".into(), Name { in_place: 2, len: 1, labels: 1, flaw: None }));
    assert_eq!(text_of(b"\x04a\n.\x7f\x00", 0).0, "a\\n.\\177");
}

#[test]
fn pointers_that_loop() {
    for message in [&b"\xc0\x00"[..], b"\x01a\xc0\x00", b"\x01a\xc0\x06??\x01b\xc0\x00", b"\xc0\x02\xc0\x04\xc0\x02"] {
        let (text, name) = text_of(message, 0);
        assert_eq!((text.as_str(), name.flaw), ("<Name contains a pointer that loops>", Some(Flaw::Loop)));
        assert!(name.in_place <= 4);
    }
}

#[test]
fn too_long() {
    let mut message = Vec::new();
    for _ in 0..4 {
        message.push(61);
        message.extend([b'x'; 61]);
    }
    let end = message.len();
    message.extend(b"\x05abcde\x00");
    assert_eq!(text_of(&message, 0).1, Name { in_place: 255, len: 253, labels: 5, flaw: None });
    message[end] = 6;
    message.insert(end + 1, b'z');
    assert_eq!(text_of(&message, 0).1, Name { in_place: 256, len: 15, labels: 1, flaw: Some(Flaw::TooLong) });
    let pointer = message.len();
    message.extend(b"\x02to\xc0\x00");
    assert_eq!(text_of(&message, pointer).1, Name { in_place: 5, len: 15, labels: 1, flaw: Some(Flaw::TooLong) });
}

#[test]
fn cut_short_and_led_astray() {
    let flaw = |message: &[u8]| (text_of(message, 0).1.in_place, text_of(message, 0).1.flaw);
    assert_eq!(flaw(b""), (1, Some(Flaw::Short)));
    assert_eq!(flaw(b"\x03ab"), (4, Some(Flaw::Short)));
    assert_eq!(flaw(b"\x02ab"), (4, Some(Flaw::Short)));
    assert_eq!(flaw(b"\xc0"), (2, Some(Flaw::Short)));
    assert_eq!(flaw(b"\xc0\x50"), (2, Some(Flaw::Outside)));
    assert_eq!(flaw(b"\xff\xff"), (2, Some(Flaw::Outside)));
    assert_eq!(flaw(b"\x01a\x41\x08\xa5"), (0, Some(Flaw::Reserved)));
}
