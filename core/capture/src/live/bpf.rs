//! Capture filters. libpcap says what is wrong with one, but not where; that is found by trying.

use super::devices::{scratch, text};
use crate::{BpfError, Encoder, Error, Format, Section};
use pcap::{Activated, Active, BpfProgram, Capture, Offline};
use prosector_sdk::frame::{Frame, LinkType};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Sets an interface's filter.
pub(super) fn apply(capture: &mut Capture<Active>, filter: &str) -> Result<(), Error> {
    on_one_line(filter).map_err(Error::Filter)?;
    capture.filter(filter, true).map_err(|error| Error::Filter(explain(capture, filter, &error)))
}

/// A capture filter for frames that are read from a file.
pub struct CaptureFilter {
    text: String,
    /// It is compiled for each link type that comes up.
    programs: HashMap<LinkType, BpfProgram>,
}

impl CaptureFilter {
    /// A filter. What it means depends on the link type; without one, only mistakes that are mistakes everywhere are known yet.
    ///
    /// # Errors
    /// [`Error::Filter`].
    pub fn new(text: &str, link: Option<LinkType>) -> Result<CaptureFilter, Error> {
        let mut filter = CaptureFilter { text: text.to_owned(), programs: HashMap::new() };
        match (filter.program(link.unwrap_or(LinkType(1))).map(drop), link) {
            (Err(Error::Filter(error)), None) if !error.problem.contains("syntax error") => {}
            (outcome, _) => outcome?,
        }
        Ok(filter)
    }

    /// Whether a frame matches. libpcap is told that it is as long as was captured of it.
    ///
    /// # Errors
    /// [`Error::Filter`]: it says something that frames of this link type can't have.
    pub fn matches(&mut self, frame: &Frame, bytes: &[u8]) -> Result<bool, Error> {
        Ok(self.program(frame.link)?.filter(bytes))
    }

    fn program(&mut self, link: LinkType) -> Result<&BpfProgram, Error> {
        Ok(match self.programs.entry(link) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(compile(&of_link(link)?, &self.text).map_err(Error::Filter)?),
        })
    }
}

/// A handle for frames of a link type, by way of an empty file: libpcap's own numbers differ from those of files.
fn of_link(link: LinkType) -> Result<Capture<Offline>, Error> {
    let mut head = Vec::new();
    let pcap = Encoder { format: Format::Pcap { nanoseconds: false } };
    pcap.start(&Section::default(), link, None, 0, &mut head);
    let failed = |problem: String| Error::Interface { name: "libpcap".into(), problem };
    let (_file, path) = scratch().map_err(|e| failed(e.to_string()))?;
    std::fs::write(&path, head).map_err(|e| failed(e.to_string()))?;
    Capture::from_file(&path).map_err(|e| failed(text(&e)))
}

/// Compiles a filter.
fn compile(capture: &Capture<impl Activated>, filter: &str) -> Result<BpfProgram, BpfError> {
    on_one_line(filter)?;
    capture.compile(filter, true).map_err(|error| explain(capture, filter, &error))
}

/// libpcap ends at a line break, and what is behind it would be left out.
fn on_one_line(filter: &str) -> Result<(), BpfError> {
    match filter.find(['\n', '\0']) {
        Some(at) => Err(BpfError { problem: "a line break".into(), filter: filter.to_owned(), at }),
        None => Ok(()),
    }
}

/// What is wrong with a filter, and where.
fn explain(capture: &Capture<impl Activated>, filter: &str, error: &pcap::Error) -> BpfError {
    let problem = text(error);
    let problem = problem.trim_start_matches("can't parse filter expression: ").to_owned();
    // It names what it doesn't know: unknown host 'nowhere'.
    let name = problem.split(['\'', '"']).nth(1);
    let named = words(filter).into_iter().find(|&(start, end)| name == Some(&filter[start..end]));
    let at = named.map_or_else(|| first_wrong(capture, filter), |(start, _)| start);
    BpfError { problem, filter: filter.to_owned(), at }
}

/// Where the first word begins with which no filter could go on: of the words before it, and what could follow them, some
/// filter can be made, and with it none.
fn first_wrong(capture: &Capture<impl Activated>, filter: &str) -> usize {
    const ENDS: [&str; 18] = [
        "",
        " 1",
        " ip",
        " tcp",
        " 192.0.2.1",
        " host 192.0.2.1",
        " net 192.0.2.0/24",
        " port 80",
        " portrange 1-2",
        " 02:00:00:00:00:01",
        " proto 6",
        " 0]=0",
        "]=0",
        ":1]=0",
        " = 0",
        "=0",
        " 1 = 0",
        " mask 255.255.255.0",
    ];
    let words = words(filter);
    for (i, &(_, end)) in words.iter().enumerate() {
        let begun = &filter[..end];
        let open = begun.matches('(').count().saturating_sub(begun.matches(')').count());
        let could_go_on =
            ENDS.iter().any(|rest| capture.compile(&format!("{begun}{rest}{}", ")".repeat(open)), true).is_ok());
        if !could_go_on {
            return words[i].0;
        }
    }
    filter.len()
}

/// Where words and signs begin and end.
fn words(text: &str) -> Vec<(usize, usize)> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices() {
        let in_word = c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '/');
        if !in_word && let Some(start) = start.take() {
            words.push((start, at));
        }
        if in_word {
            start.get_or_insert(at);
        } else if !c.is_whitespace() {
            words.push((at, at + c.len_utf8()));
        }
    }
    words.extend(start.map(|start| (start, text.len())));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_where_no_filter_could_go_on() {
        let capture = Capture::dead(pcap::Linktype::ETHERNET).expect("a handle");
        let at = |filter: &str| compile(&capture, filter).err().map(|e| e.at);
        assert_eq!(at("tcp port 80 and host 192.0.2.1"), None);
        assert_eq!(at("tcp prot 80"), Some(4));
        assert_eq!(at("tcp port 80 adn host 192.0.2.1"), Some(12));
        assert_eq!(at("(tcp or udp"), Some(11));
        assert_eq!(at("tcp and"), Some(7));
        assert_eq!(at("tcp[13] & 2 != "), Some(15));
        assert_eq!(at("ip proto 300 )"), Some(13));
        assert_eq!(at("udp port nosuchport"), Some(9));
        assert_eq!(at("tcp port t"), Some(9));
        assert_eq!(at("udp\nport 1"), Some(3));
        let error = compile(&capture, "tcp prot 80").err().expect("an error").to_string();
        assert_eq!(error.lines().skip(1).collect::<Vec<_>>(), ["  tcp prot 80", "      ^"]);
    }
}
