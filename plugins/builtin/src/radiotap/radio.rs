//! What a radiotap header says of the radio, for `wlan_radio`.

use super::items::{Items, item};
use crate::wlan_radio::{Ampdu, HeRate, Ht, Radio, Vht};

/// Reads a whole header, from its version on.
pub(crate) fn radio(header: &[u8]) -> Radio {
    let mut radio = Radio::default();
    if header.first() != Some(&0) {
        return radio;
    }
    for (number, at) in Items::new(header) {
        let bytes = header.get(at..).unwrap_or_default();
        if read(&mut radio, number, bytes).is_none() {
            break;
        }
    }
    radio
}

/// `None` where the item goes over the end.
fn read(radio: &mut Radio, number: u8, bytes: &[u8]) -> Option<()> {
    let byte = |at: usize| bytes.get(at).copied();
    let u16_at = |at: usize| Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    match number {
        item::TSFT => radio.tsf = Some(u64::from_le_bytes(*bytes.first_chunk()?)),
        item::FLAGS => {
            let flags = byte(0)?;
            radio.short_preamble = Some(flags & 0x02 != 0);
            radio.fcs = flags & 0x10 != 0;
            radio.padded = flags & 0x20 != 0;
        }
        item::RATE => radio.rate = Some(f64::from(byte(0)?) / 2.0).filter(|rate| *rate > 0.0),
        item::CHANNEL => {
            radio.frequency = Some(u16_at(0)?);
            radio.set_channel_flags(u16_at(2)?.into());
        }
        item::FHSS => radio.hopping = true,
        // Where several antennas are listed the first word's value is that of the whole.
        item::DBM_SIGNAL if radio.signal_dbm.is_none() => radio.signal_dbm = Some(byte(0)? as i8),
        item::DBM_NOISE if radio.noise_dbm.is_none() => radio.noise_dbm = Some(byte(0)? as i8),
        item::DB_SIGNAL => radio.signal_db = Some(byte(0)?),
        item::DB_NOISE => radio.noise_db = Some(byte(0)?),
        item::XCHANNEL => {
            radio.set_channel_flags(u32::from_le_bytes(*bytes.first_chunk()?));
            radio.frequency = Some(u16_at(4)?);
            radio.channel = Some(byte(6)?);
        }
        item::MCS => {
            let (known, flags) = (byte(0)?, byte(1)?);
            let value = |bit: u8, value: u8| (known & bit != 0).then_some(value);
            radio.ht = Some(Ht {
                mcs: value(0x02, byte(2)?),
                bandwidth: value(0x01, flags & 3),
                short_gi: value(0x04, flags >> 2 & 1).map(|gi| gi != 0),
                greenfield: value(0x08, flags >> 3 & 1).map(|format| format != 0),
                ldpc: value(0x10, flags >> 4 & 1).map(|fec| fec != 0),
                stbc: value(0x20, flags >> 5 & 3),
                extension: value(0x40, known >> 6 & 2 | flags >> 7),
            });
        }
        item::AMPDU => {
            radio.ampdu =
                Some(Ampdu { reference: u32::from_le_bytes(*bytes.first_chunk()?), flags: u16_at(4)?.into() });
        }
        item::VHT => {
            let (known, flags) = (u16_at(0)?, byte(2)?);
            let flag = |bit: u16| (known & bit != 0).then_some(flags & bit as u8 != 0);
            let mut vht = Vht {
                stbc: flag(0x01),
                txop_ps_not_allowed: flag(0x02).unwrap_or(false),
                short_gi: flag(0x04),
                disambiguation: flag(0x08),
                extra_symbol: flag(0x10),
                beamformed: flag(0x20),
                bandwidth: (known & 0x40 != 0).then_some(byte(3)?),
                users: [(0, 0, false); 4],
                group: (known & 0x80 != 0).then_some(byte(9)?),
                partial_aid: (known & 0x100 != 0).then_some(u16_at(10)?),
            };
            for (i, user) in vht.users.iter_mut().enumerate() {
                let value = byte(4 + i)?;
                *user = (value >> 4, value & 0x0f, byte(8)? >> i & 1 != 0);
            }
            radio.vht = Some(vht);
        }
        item::HE => {
            const MCS: u16 = 0x0020;
            const BANDWIDTH: u16 = 0x4000;
            const GI: u16 = 0x0002;
            let (one, two, three, five, six) = (u16_at(0)?, u16_at(2)?, u16_at(4)?, u16_at(8)?, u16_at(10)?);
            radio.he = Some((one & (MCS | BANDWIDTH) == MCS | BANDWIDTH && two & GI != 0).then_some(HeRate {
                mcs: (three >> 8 & 15) as u8,
                dual_carrier: three & 0x1000 != 0,
                allocation: (five & 15) as u8,
                gi: (five >> 4 & 3) as u8,
                streams: (six & 15) as u8,
            }));
        }
        _ => {}
    }
    Some(())
}
