//! What is wrong with a filter, and where.

use std::fmt;
use std::ops::Range;

/// Why a text is no filter. Shown, it has three lines: what is wrong, the filter, and a caret below the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// What is wrong, and what would be right.
    pub message: String,
    /// The text of the filter.
    pub filter: String,
    /// The place in it, as bytes.
    pub place: Range<usize>,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One column for every character, whatever a terminal would make of it.
        let shown: String = self.filter.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let columns = |range: Range<usize>| self.filter.get(range).map_or(0, |text| text.chars().count());
        let before = columns(0..self.place.start);
        let under = columns(self.place.clone()).max(1);
        writeln!(f, "{}", self.message)?;
        writeln!(f, "  {shown}")?;
        write!(f, "  {}^{}", " ".repeat(before), "~".repeat(under - 1))
    }
}

impl std::error::Error for FilterError {}

/// A message about a place; [`FilterError`] once the filter's text is at hand.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub message: String,
    pub place: Range<usize>,
}

impl Wrong {
    pub fn new(place: &Range<usize>, message: impl Into<String>) -> Wrong {
        Wrong { message: message.into(), place: place.clone() }
    }

    pub fn in_filter(self, filter: &str) -> FilterError {
        FilterError { message: self.message, filter: filter.to_owned(), place: self.place }
    }
}
