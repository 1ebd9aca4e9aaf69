//! Captures cut short and damaged.

use crate::build::{Build, Order, Random, small_pcap, small_pcapng};
use crate::{line, read};

use prosector_capture::Reader;

#[test]
fn pcap_cut_anywhere() {
    let (capture, ends) = small_pcap();
    let whole = read(&capture);
    for cut in 24..=capture.len() {
        let all = read(&capture[..cut]);
        let complete = ends.iter().filter(|&&end| end <= cut).count();
        assert_eq!(all.bytes(), whole.bytes()[..complete], "cut at {cut}");
        let border = ends[..complete].last().copied().unwrap_or(24);
        if cut == border {
            assert_eq!(all.error, None);
        } else {
            let error = all.error.unwrap();
            assert!(error.starts_with(&format!("test: at byte {border}: expected a packet ")), "{error}");
            assert!(error.ends_with(&format!("found {} of them and the end of the file", cut - border)), "{error}");
        }
    }
    for cut in 4..24 {
        assert_eq!(
            read(&capture[..cut]).error.unwrap(),
            format!(
                "test: at byte 0: expected a pcap file header of 24 bytes, found {cut} of them and the end of the file"
            )
        );
    }
}

#[test]
fn pcapng_cut_anywhere() {
    let (capture, frames, others) = small_pcapng();
    let whole = read(&capture);
    assert_eq!((whole.frames.len(), &whole.error), (frames.len(), &None));
    for cut in 4..=capture.len() {
        let all = read(&capture[..cut]);
        let complete = frames.iter().filter(|&&end| end <= cut).count();
        assert_eq!(all.bytes(), whole.bytes()[..complete], "cut at {cut}");
        let border = frames.iter().chain(&others).copied().filter(|&end| end <= cut).max().unwrap_or(0);
        if cut == border {
            assert_eq!(all.error, None);
        } else {
            let error = all.error.unwrap();
            assert!(error.starts_with(&format!("test: at byte {border}: expected a block of ")), "{error}");
        }
    }
}

#[test]
fn a_damaged_length_allocates_nothing() {
    let all = read(
        &Build::new(Order::Little).pcap(0xa1b2c3d4, (2, 4), 1).record((0, 0), (1, 1), b"a").u64(0).u64(u64::MAX).bytes,
    );
    assert_eq!(all.bytes(), [b"a"]);
    assert_eq!(
        all.error.unwrap(),
        "test: at byte 41: expected a packet of at most 268435456 captured bytes, found 4294967295"
    );
    let all =
        read(&Build::new(Order::Little).pcap(0xa1b2c3d4, (2, 4), 1).u64(0).u32(200 << 20).u32(0).raw(b"abc").bytes);
    assert_eq!(
        all.error.unwrap(),
        "test: at byte 24: expected a packet with its header of 209715216 bytes, found 19 of them and the end of the file"
    );
}

#[test]
fn a_read_error_comes_after_the_frames() {
    struct Failing(Option<Vec<u8>>);
    impl std::io::Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            // 5: EIO.
            let bytes = self.0.take().ok_or_else(|| std::io::Error::from_raw_os_error(5))?;
            buffer[..4].copy_from_slice(&bytes[..4]);
            if bytes.len() > 4 {
                self.0 = Some(bytes[4..].to_vec());
            }
            Ok(4)
        }
    }
    let (capture, ends) = small_pcap();
    let capture = capture[..ends[2] / 4 * 4].to_vec();
    let mut reader = Reader::new(Box::new(Failing(Some(capture))), "disk".into()).unwrap();
    assert_eq!(reader.next_batch(9).unwrap().frames.len(), 1);
    assert_eq!(reader.next_batch(9).unwrap().frames.len(), 1);
    let error = line(&reader.next_batch(9).unwrap_err());
    assert!(error.starts_with("disk: at byte 57: ") && error.contains("a read error ("), "{error}");
    assert!(reader.next_batch(9).unwrap().frames.is_empty());
}

#[test]
fn flipped_bits_neither_panic_nor_loop() {
    let mut random = Random(4);
    for capture in [small_pcap().0, small_pcapng().0] {
        for _ in 0..20_000 {
            let mut damaged = capture.clone();
            for _ in 0..=random.below(6) {
                let at = random.below(damaged.len());
                damaged[at] ^= 1 << random.below(8);
            }
            read(&damaged);
        }
    }
}

#[test]
fn random_bytes_neither_panic_nor_loop() {
    let mut random = Random(5);
    let starts = [
        &Build::new(Order::Little).pcap(0xa1b2c3d4, (2, 4), 1).bytes[..],
        &Build::new(Order::Big).section().bytes,
        &[0x1f, 0x8b, 8, 0],
        &[0x28, 0xb5, 0x2f, 0xfd],
        &[0x04, 0x22, 0x4d, 0x18],
        &[],
    ];
    for start in starts {
        for _ in 0..2000 {
            let len = random.below(300);
            let noise = (0..len).map(|_| if random.below(3) == 0 { random.below(256) as u8 } else { 0 });
            read(&start.iter().copied().chain(noise).collect::<Vec<_>>());
        }
    }
}
