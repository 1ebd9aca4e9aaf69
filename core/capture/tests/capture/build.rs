//! Builds captures.

/// A byte order.
#[derive(Clone, Copy)]
pub enum Order {
    Little,
    Big,
}

pub const ORDERS: [Order; 2] = [Order::Little, Order::Big];

/// Bytes with numbers in one order.
pub struct Build {
    order: Order,
    pub bytes: Vec<u8>,
}

impl Build {
    pub fn new(order: Order) -> Build {
        Build { order, bytes: Vec::new() }
    }

    pub fn u16(mut self, value: u16) -> Build {
        match self.order {
            Order::Little => self.bytes.extend(value.to_le_bytes()),
            Order::Big => self.bytes.extend(value.to_be_bytes()),
        }
        self
    }

    pub fn u32(mut self, value: u32) -> Build {
        match self.order {
            Order::Little => self.bytes.extend(value.to_le_bytes()),
            Order::Big => self.bytes.extend(value.to_be_bytes()),
        }
        self
    }

    pub fn u64(mut self, value: u64) -> Build {
        match self.order {
            Order::Little => self.bytes.extend(value.to_le_bytes()),
            Order::Big => self.bytes.extend(value.to_be_bytes()),
        }
        self
    }

    pub fn raw(mut self, bytes: &[u8]) -> Build {
        self.bytes.extend(bytes);
        self
    }

    /// Zeros up to a multiple of 4 bytes.
    pub fn pad(mut self) -> Build {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self
    }

    /// A pcap file header.
    pub fn pcap(self, magic: u32, version: (u16, u16), network: u32) -> Build {
        self.u32(magic).u16(version.0).u16(version.1).u32(0).u32(0).u32(65535).u32(network)
    }

    /// A pcap record: its lengths in the order of the file.
    pub fn record(self, time: (u32, u32), lengths: (u32, u32), data: &[u8]) -> Build {
        self.u32(time.0).u32(time.1).u32(lengths.0).u32(lengths.1).raw(data)
    }

    /// A pcapng block.
    pub fn block(self, kind: u32, body: impl FnOnce(Build) -> Build) -> Build {
        let body = body(Build::new(self.order)).pad().bytes;
        let len = body.len() as u32 + 12;
        self.u32(kind).u32(len).raw(&body).u32(len)
    }

    /// A pcapng option.
    pub fn option(self, code: u16, value: &[u8]) -> Build {
        self.u16(code).u16(value.len() as u16).raw(value).pad()
    }

    /// Section Header Block.
    pub fn section(self) -> Build {
        self.block(0x0a0d0d0a, |b| b.u32(0x1a2b3c4d).u16(1).u16(0).u64(u64::MAX))
    }

    /// Interface Description Block.
    pub fn interface(self, link: u16, snaplen: u32, options: impl FnOnce(Build) -> Build) -> Build {
        self.block(1, |b| options(b.u16(link).u16(0).u32(snaplen)))
    }

    /// Enhanced Packet Block.
    pub fn packet(
        self,
        interface: u32,
        stamp: u64,
        wire_len: u32,
        data: &[u8],
        options: impl FnOnce(Build) -> Build,
    ) -> Build {
        self.block(6, |b| {
            let b = b.u32(interface).u32((stamp >> 32) as u32).u32(stamp as u32);
            options(b.u32(data.len() as u32).u32(wire_len).raw(data).pad())
        })
    }
}

/// No options.
pub fn none(b: Build) -> Build {
    b
}

/// A small pcap capture, and where each frame ends.
pub fn small_pcap() -> (Vec<u8>, Vec<usize>) {
    let mut b = Build::new(Order::Little).pcap(0xa1b2c3d4, (2, 4), 1);
    let mut ends = Vec::new();
    for len in [0, 1, 14, 33] {
        b = b.record((1, 2), (len, 60), &vec![len as u8; len as usize]);
        ends.push(b.bytes.len());
    }
    (b.bytes, ends)
}

/// A small pcapng capture, where each frame ends, and where each other block does.
pub fn small_pcapng() -> (Vec<u8>, Vec<usize>, Vec<usize>) {
    let mut frames = Vec::new();
    let mut b = Build::new(Order::Big).section();
    let mut others = vec![b.bytes.len()];
    b = b.interface(1, 0, |b| b.option(2, b"eth0"));
    others.push(b.bytes.len());
    b = b.packet(0, 7, 60, b"abcde", |b| b.option(1, b"comment"));
    frames.push(b.bytes.len());
    b = b.block(0x0bad, |b| b.raw(b"whatever"));
    others.push(b.bytes.len());
    b = b.block(3, |b| b.u32(6).raw(b"simple"));
    frames.push(b.bytes.len());
    b = b.block(2, |b| b.u16(0).u16(9).u64(1).u32(3).u32(3).raw(b"old"));
    frames.push(b.bytes.len());
    (b.bytes, frames, others)
}

/// Numbers that look random, the same in every run (xorshift64).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}
