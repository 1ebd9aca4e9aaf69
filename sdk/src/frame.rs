//! Frames as they pass from capture to engine: a batch of bytes and where each frame lies in it.

/// A link-layer type, numbered as in the tcpdump.org LINKTYPE registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkType(pub u16);

/// Where one captured frame lies in its batch, and what the capture says of it.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// Position in the capture, counted from 1.
    pub number: u64,
    /// Time stamp in nanoseconds since 1970-01-01 00:00 UTC; [`Frame::NO_TIME`] where the capture has none.
    pub time: i64,
    /// Where the frame's bytes begin in [`Batch::data`].
    pub start: u32,
    /// How many bytes were captured.
    pub len: u32,
    /// How many bytes were on the wire; never less than `len`.
    pub wire_len: u32,
    /// How to read the first bytes.
    pub link: LinkType,
    /// Bytes of frame check sequence at the end of the frame; `None` where the capture doesn't say.
    pub fcs_len: Option<u8>,
    /// Index into [`Batch::interfaces`]; `None` where the format has no interfaces (pcap).
    pub interface: Option<u32>,
    /// Index into [`Batch::extras`]; `None` where the capture says nothing more of the frame.
    pub extra: Option<u32>,
}

impl Frame {
    /// The value of [`Frame::time`] where the capture has no time stamp (pcapng Simple Packet Block).
    pub const NO_TIME: i64 = i64::MIN;
}

/// An interface that a capture names (pcapng Interface Description Block, draft-ietf-opsawg-pcapng, section 4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Position within its section, counted from 0.
    pub id: u32,
    /// The section it belongs to, counted from 1.
    pub section: u32,
    /// Link type of its frames.
    pub link: LinkType,
    /// `if_name`.
    pub name: Option<String>,
    /// `if_description`.
    pub description: Option<String>,
    /// How many bytes of a frame are captured at most; 0 where there is no limit.
    pub snaplen: u32,
    /// What else the capture says of it. Time stamps are nanoseconds wherever they came from, so `if_tsresol` and
    /// `if_tsoffset` are not among these.
    pub options: Vec<BlockOption>,
}

/// An option of a pcapng block (draft-ietf-opsawg-pcapng, section 3.5), kept as it is for whoever writes it on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockOption {
    /// Its code, which means something else in each kind of block.
    pub code: u16,
    /// Its value; numbers are little-endian, whatever the file's byte order.
    pub value: Vec<u8>,
}

impl BlockOption {
    /// Its value as text. Some writers end or pad it with zeros.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.value).trim_end_matches('\0').to_owned()
    }
}

/// What few frames have beside their bytes (pcapng Enhanced Packet Block options).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extra {
    /// `opt_comment`, in the order given.
    pub comments: Vec<String>,
    /// `epb_flags`.
    pub flags: Option<u32>,
    /// TLS secrets that the capture gives before this frame, as lines of a key log (Decryption Secrets Block).
    pub secrets: String,
    /// The other options.
    pub options: Vec<BlockOption>,
}

impl Extra {
    /// Whether the frame itself has some of it: comments, flags, other options.
    pub fn has_options(&self) -> bool {
        !self.comments.is_empty() || self.flags.is_some() || !self.options.is_empty()
    }
}

/// Some frames that were read together.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// The bytes that the frames point into.
    pub data: &'a [u8],
    /// The frames, in the order of the capture.
    pub frames: &'a [Frame],
    /// Every interface that the capture has named so far, over all its sections.
    pub interfaces: &'a [Interface],
    /// What some of the frames have beside their bytes.
    pub extras: &'a [Extra],
}

impl<'a> Batch<'a> {
    /// The captured bytes of a frame of this batch.
    pub fn bytes(&self, frame: &Frame) -> &'a [u8] {
        &self.data[frame.start as usize..][..frame.len as usize]
    }
}
