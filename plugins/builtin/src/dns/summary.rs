//! The info line: what is asked, and the gist of what is answered.

use super::Variant;
use super::names;
use super::values::{OPCODES, RCODES, TYPES};
use prosector_sdk::declare::name_of;
use std::fmt::{self, Formatter};
use std::net::{Ipv4Addr, Ipv6Addr};

/// An info line has no more records than this.
const MAX_RECORDS: usize = 100;

/// A message, read once more and only where its info line is wanted.
pub(super) struct Summary<'a> {
    pub message: &'a [u8],
    pub variant: Variant,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        // The line ends where the message can't be read any more.
        let _ = Reader { message: self.message, at: 0 }.line(self.variant, f);
        Ok(())
    }
}

struct Reader<'a> {
    message: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn line(&mut self, variant: Variant, f: &mut Formatter<'_>) -> Option<()> {
        let (id, flags) = (self.u16()?, self.u16()?);
        let (opcode, rcode) = (flags >> 11 & 15, flags & 15);
        match name_of(OPCODES, opcode.into()) {
            Some(name) => f.write_str(name),
            None => write!(f, "Unknown operation ({opcode})"),
        }
        .ok()?;
        let is_response = flags >> 15 != 0;
        write!(f, "{} 0x{id:04x}", if is_response { " response" } else { "" }).ok()?;
        if is_response && rcode != 0 {
            match name_of(RCODES, rcode.into()) {
                Some(name) => write!(f, " {name}"),
                None => write!(f, " Unknown error ({rcode})"),
            }
            .ok()?;
        }
        let questions = self.u16()?;
        let records = self.u16()? as usize + self.u16()? as usize + self.u16()? as usize;
        for _ in 0..questions.min(MAX_RECORDS as u16) {
            let name = self.name()?;
            let (kind, class) = (self.u16()?, self.u16()?);
            write!(f, " {} {name}", TypeName(kind)).ok()?;
            if variant == Variant::Mdns {
                f.write_str(if class >> 15 != 0 { ", \"QU\" question" } else { ", \"QM\" question" }).ok()?;
            }
        }
        for _ in 0..records.min(MAX_RECORDS) {
            let owner = self.name()?;
            let (kind, class) = (self.u16()?, self.u16()?);
            self.bytes(4)?;
            let len = self.u16()? as usize;
            let flush = variant == Variant::Mdns && class >> 15 != 0;
            write!(f, " {}{}", TypeName(kind), if flush { ", cache flush" } else { "" }).ok()?;
            let end = self.at + len;
            if len > 0 {
                // A record that can't be read does not hide the next.
                let _ = Reader { message: self.message.get(..end)?, at: self.at }.gist(kind, &owner, f);
            }
            self.at = end;
        }
        Some(())
    }

    /// What the record says, in a few words; of some types Wireshark repeats the owner's name.
    fn gist(&mut self, kind: u16, owner: &str, f: &mut Formatter<'_>) -> Option<()> {
        match kind {
            1 | 11 => write!(f, " {}", Ipv4Addr::from(*self.bytes(4)?.first_chunk::<4>()?)),
            28 => write!(f, " {}", Ipv6Addr::from(*self.bytes(16)?.first_chunk::<16>()?)),
            2 | 5 | 6 | 12 | 30 | 39 | 47 => write!(f, " {}", self.name()?),
            13 => {
                let (cpu, os) = (self.string()?, self.string()?);
                write!(f, " {cpu} {os}")
            }
            15 | 36 => write!(f, " {} {}", self.u16()?, self.name()?),
            33 => write!(f, " {} {} {} {}", self.u16()?, self.u16()?, self.u16()?, self.name()?),
            35 => write!(f, " {} {} {}", self.u16()?, self.u16()?, self.string()?),
            65282 => {
                self.bytes(12)?;
                write!(f, " {}", self.name()?)
            }
            3 | 4 | 7..=10 | 14 | 17..=23 | 26 | 27 | 42 | 49 | 51 | 52 | 55 => write!(f, " {owner}"),
            _ => Ok(()),
        }
        .ok()
    }

    fn bytes(&mut self, len: usize) -> Option<&[u8]> {
        let bytes = self.message.get(self.at..)?.get(..len)?;
        self.at += len;
        Some(bytes)
    }

    fn u16(&mut self) -> Option<u16> {
        self.bytes(2).and_then(|b| b.first_chunk()).map(|b| u16::from_be_bytes(*b))
    }

    fn string(&mut self) -> Option<String> {
        let len = *self.bytes(1)?.first()?;
        Some(String::from_utf8_lossy(self.bytes(len.into())?).into_owned())
    }

    fn name(&mut self) -> Option<String> {
        let mut text = Vec::new();
        let name = names::read(self.message, self.at, Some(&mut text));
        if !name.is_known() {
            return None;
        }
        self.at += name.in_place;
        Some(String::from_utf8_lossy(&text).into_owned())
    }
}

/// The mnemonic of a type, without the explanation that its name has in a tree.
struct TypeName(u16);

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match name_of(TYPES, self.0.into()) {
            Some(_) if self.0 == 255 => f.write_str("ANY"),
            Some(name) => f.write_str(name.split(' ').next().unwrap_or(name)),
            None => write!(f, "Unknown ({})", self.0),
        }
    }
}
