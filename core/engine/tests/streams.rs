//! Streams, fragments, and whose further flows are: with small dissectors made for it.

mod support;

use prosector_engine::Registry;
use prosector_sdk::prelude::*;
use support::{add, dissect};

/// Sender and receiver, what the rest is (`s` stream, `e` its end, `l` lost, `f` fragment, `g` last fragment, `w` whole, `v` even if there is nothing), a port,
/// where it belongs.
mod net {
    use super::*;
    #[derive(Default)]
    pub struct Net;
    protocol! {
        Net = net "Net" {
            from: u8 "From", to: u8 "To", what: u8 "What", port: u8 "Port", at: u8 "At",
            fragments: group "Fragments", fragment: computed u32 "Frame", fragment.count: computed u32 "Count",
            reassembled.length: computed u32 "Length",
        }
        claims { link = 1 }
        tables { PORT_TABLE: "test.port" stream }
        stateful
    }
    impl Dissector for Net {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            pdu.take(FROM)?;
            pdu.take(TO)?;
            let (what, port, at) = (pdu.take(WHAT)?, pdu.take(PORT)?, pdu.take(AT)?);
            let next = pdu.hand_on(PORT_TABLE, port).addresses(0, 1, 1);
            match what {
                b's' => next.stream(at.into()),
                b'e' => next.stream(at.into()).stream_end(),
                b'l' => next.len(0).lost(at.into()),
                b'f' => next.fragment(port.into(), at.into(), true),
                b'g' => next.fragment(port.into(), at.into(), false),
                b'v' => next.even_empty(),
                _ => next,
            };
            Ok(())
        }
    }
}

/// A length that counts itself, then text. `!` binds the flow to shout, `x` is not of it.
mod text {
    use super::*;
    #[derive(Default)]
    pub struct Text(Flows<u32>);
    protocol! {
        Text = text "Text" { len: u8 "Length", text: str "Text", n: computed u32 "Number" }
        claims { test.port = [1, 3] }
        tables { SHOUT: "@shout" bound, PORTS: "test.port" }
        stateful
    }
    impl Dissector for Text {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            if pdu.rest().first() == Some(&b'x') {
                return pdu.reject();
            }
            let len = pdu.take(LEN)? - b'0';
            pdu.set_len(LEN, len.into());
            pdu.wait_for(len.into())?;
            let text = pdu.take_rest(TEXT);
            let n = self.0.of(pdu.flow());
            *n += 1;
            pdu.computed(N, 0..0, *n);
            assert_ne!(text, b"panic", "as told");
            match text {
                b"!" => pdu.bind(SHOUT),
                b"9" => pdu.expect(PORTS, &[], 0, SHOUT),
                _ => {}
            }
            Ok(())
        }
    }
}

/// Lines.
mod shout {
    use super::*;
    #[derive(Default)]
    pub struct Shout;
    protocol! { Shout = shout "Shout" { line: str "Line" } claims { test.port = 2 } }
    impl Dissector for Shout {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            pdu.take_line(LINE)?;
            pdu.end_here();
            Ok(())
        }
    }
}

mod data {
    use super::*;
    #[derive(Default)]
    pub struct Data;
    protocol! { Data = data "Data" { data: str "Data" } }
    impl Dissector for Data {
        fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
            pdu.take_rest(DATA);
            Ok(())
        }
    }
}

const WANT: [&str; 8] = [
    "text.text",
    "text.n",
    "shout.line",
    "data.data",
    "net.fragment",
    "net.fragment.count",
    "net.reassembled.length",
    "net.at",
];

/// What is found, the same at every size of batches.
fn found_whole(frames: &[(&[u8], u32)]) -> Vec<String> {
    let all = [1, 2, 256].map(|size| {
        let mut registry = Registry::new();
        add::<net::Net>(&mut registry);
        add::<text::Text>(&mut registry);
        add::<shout::Shout>(&mut registry);
        add::<data::Data>(&mut registry);
        dissect(registry, &WANT, frames, size).0
    });
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0], all[2]);
    let [lines, ..] = all;
    // Where a piece belongs is in the test already.
    let shown = |line: &String| line.split_once(" at=").map_or("", |(_, rest)| rest).to_owned();
    lines.iter().map(|line| tidy(&shown(&line.replace("net(at", "net( at")))).collect()
}

/// Without the number behind `at=` and the parenthesis that ends the layer.
fn tidy(line: &str) -> String {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
    rest.trim_start_matches(')')
        .trim_start()
        .replace(") text", "; text")
        .replace(") shout", "; shout")
        .replace(") data", "; data")
}

fn found(frames: &[&[u8]]) -> Vec<String> {
    found_whole(&frames.iter().map(|f| (*f, f.len() as u32)).collect::<Vec<_>>())
}

#[test]
fn pdus_are_cut_from_a_stream_wherever_its_pieces_end() {
    let frames: [&[u8]; 4] = [b"abs\x01\x003no2", b"abs\x01\x04y4a", b"bas\x01\x012b", b"abs\x01\x07bc3xx"];
    assert_eq!(
        found(&frames),
        [
            "text(text=no n=1)",
            "fragment=1 fragment=2 count=2 length=2; text(text=y n=2)",
            "text(text=b n=3)",
            "fragment=2 fragment=4 count=2 length=4; text(text=abc n=4; text(text=xx n=5)",
        ]
    );
}

#[test]
fn what_comes_twice_or_early_is_put_in_order() {
    let frames: [&[u8]; 4] = [b"abs\x01\x003no", b"abs\x01\x05bc2!", b"abs\x01\x003no", b"abs\x01\x0234az"];
    let found = found(&frames);
    assert_eq!(found[..3], ["text(text=no n=1)", "", ""]);
    assert_eq!(found[3], "fragment=4 fragment=2 count=2 length=4; text(text=azc n=2; text(text=! n=3)");
}

#[test]
fn a_gap_is_given_up_when_it_will_not_be_filled() {
    let frames: [&[u8]; 4] = [b"abs\x01\x004a", b"abs\x01\x073no", b"bal\x01\x0a", b"abs\x01\x0a2y"];
    // The PDU before the gap comes to no end, and what waited behind it shows where that is known.
    assert_eq!(found(&frames), ["", "", "text(text=a n=1; text(text=no n=2)", "text(text=y n=3)"]);
}

#[test]
fn the_end_of_a_stream_gives_what_is_there() {
    assert_eq!(
        found(&[b"abs\x02\x00one\ntw", b"abe\x02\x06o"]),
        ["shout(line=one)", "fragment=1 fragment=2 count=2 length=3; shout(line=two)"]
    );
}

#[test]
fn what_is_rejected_is_data_and_a_bound_flow_is_for_another() {
    assert_eq!(
        found(&[b"abs\x01\x00xyz", b"abs\x01\x032!", b"bas\x01\x00hey\n", b"abs\x01\x05ho\n", b"cbs\x01\x002a"]),
        ["data(data=xyz)", "text(text=! n=1)", "shout(line=hey)", "shout(line=ho)", "text(text=a n=1)"]
    );
    assert_eq!(found(&[b"abw\x01\x00xyz"]), ["data(data=xyz)"]);
}

#[test]
fn fragments_are_put_together_in_the_frame_that_completes_them() {
    assert_eq!(
        found(&[b"abg\x03\x04cd", b"abf\x03\x036b", b"baf\x03\x006z", b"abf\x03\x006za", b"abf\x03\x006za"]),
        [
            "data(data=cd)",
            "[fragment-overlap]; data(data=6b)",
            "data(data=6z)",
            "fragment=1 fragment=2 fragment=4 count=3 length=6; text(text=za6cd n=1)",
            "data(data=6za)"
        ]
    );
}

#[test]
fn nothing_is_handed_on_only_where_that_is_asked_for_and_to_an_owner() {
    assert_eq!(found(&[b"abw\x02\x00", b"abv\x02\x00", b"abv\x09\x00"]), ["", "shout(line=)", ""]);
}

#[test]
fn fragments_that_lie_about_the_length_are_data() {
    let frames: [&[u8]; 4] = [b"abg\x03\x004abc", b"abg\x03\x08ab", b"abf\x03\x0aab", b"abg\x03\x00"];
    assert_eq!(
        found(&frames),
        ["fragment=1 count=1 length=4; text(text=abc n=1)", "data(data=ab)", "[bad-fragment]; data(data=ab)", ""]
    );
}

#[test]
fn a_last_fragment_may_be_empty() {
    assert_eq!(
        found(&[b"abf\x03\x00", b"abf\x03\x003ab", b"abg\x03\x03"]),
        ["", "data(data=3ab)", "fragment=2 fragment=3 count=2 length=3; text(text=ab n=1)"]
    );
}

#[test]
fn what_the_capture_cut_is_no_part_of_a_later_pdu() {
    let frames: [(&[u8], u32); 3] = [(b"abs\x01\x009abc", 14), (b"abs\x01\x092a", 7), (b"abs\x01\x0b2b", 7)];
    assert_eq!(found_whole(&frames), ["text(text=abc n=1)", "text(text=a n=2)", "text(text=b n=3)"]);
}
