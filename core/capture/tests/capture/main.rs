//! Captures built byte by byte, and what the reader makes of them.

mod broken;
mod build;
mod compressed;
mod files;
mod pcap;
mod pcapng;
mod write;

use std::io::Cursor;

use prosector_capture::{Error, Reader};
use prosector_sdk::frame::{Extra, Frame, Interface};

/// A frame with what its batch holds of it.
#[derive(Clone, Debug)]
struct Read {
    frame: Frame,
    bytes: Vec<u8>,
    extra: Option<Extra>,
}

/// Everything that a reader delivers, and the error that ends it.
#[derive(Debug, Default)]
struct All {
    frames: Vec<Read>,
    interfaces: Vec<Interface>,
    error: Option<String>,
}

impl All {
    fn bytes(&self) -> Vec<&[u8]> {
        self.frames.iter().map(|f| &f.bytes[..]).collect()
    }
}

fn read(capture: &[u8]) -> All {
    match Reader::new(Box::new(Cursor::new(capture.to_vec())), "test".into()) {
        Ok(reader) => drain(reader, 1000),
        Err(error) => All { error: Some(line(&error)), ..All::default() },
    }
}

/// Reads to the end, and checks what holds for every capture.
fn drain(mut reader: Reader, max: usize) -> All {
    let mut all = All::default();
    loop {
        match reader.next_batch(max) {
            Ok(batch) => {
                assert!(batch.frames.len() <= max);
                if batch.frames.is_empty() {
                    break;
                }
                for frame in batch.frames {
                    assert_eq!(frame.number, all.frames.len() as u64 + 1);
                    assert!(frame.len <= frame.wire_len);
                    all.frames.push(Read {
                        frame: *frame,
                        bytes: batch.bytes(frame).to_vec(),
                        extra: frame.extra.map(|i| batch.extras[i as usize].clone()),
                    });
                }
                all.interfaces = batch.interfaces.to_vec();
            }
            Err(error) => {
                assert!(all.error.is_none(), "one error at most");
                all.error = Some(line(&error));
                break;
            }
        }
    }
    for _ in 0..3 {
        assert!(reader.next_batch(max).expect("nothing after the end").frames.is_empty());
    }
    all
}

fn line(error: &Error) -> String {
    let line = error.to_string();
    assert!(!line.contains('\n'));
    line
}
