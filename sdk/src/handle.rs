//! Typed handles: what `pdu.take(…)` is given, so that no name is looked up while frames pass.

use crate::declare::FixedPoint;
use std::marker::PhantomData;

/// A field of known value type. [`protocol!`](crate::protocol) makes one constant of it for every field.
#[derive(Debug)]
pub struct Handle<T> {
    /// Number of the field in its protocol.
    pub id: u16,
    /// Bytes that it occupies; 0 where that varies.
    pub width: u8,
    /// Least significant byte first.
    pub little_endian: bool,
    /// Bits that belong to it; 0 means all.
    pub mask: u64,
    /// The value is the number in the bytes times this.
    pub scale: u32,
    /// How a whole number becomes the float that it stands for.
    pub fixed: Option<FixedPoint>,
    /// How many fields after this one are parts of it.
    pub parts: u16,
    /// The type of its value.
    pub value: PhantomData<T>,
}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Handle<T> {}

/// The number in some bytes; of more than eight, in the last eight read.
#[inline(always)]
pub(crate) fn read_number(bytes: &[u8], little_endian: bool) -> u64 {
    if little_endian {
        return bytes.iter().rev().fold(0, |n, &b| n << 8 | b as u64);
    }
    // The usual widths are one load each; as arrays, for a pattern of single bytes would be as many loads.
    if let Ok(&bytes) = <&[u8; 4]>::try_from(bytes) {
        u32::from_be_bytes(bytes).into()
    } else if let Ok(&bytes) = <&[u8; 2]>::try_from(bytes) {
        u16::from_be_bytes(bytes).into()
    } else if let Ok(&bytes) = <&[u8; 8]>::try_from(bytes) {
        u64::from_be_bytes(bytes)
    } else {
        bytes.iter().fold(0, |n, &b| n << 8 | b as u64)
    }
}

impl<T> Handle<T> {
    /// The number in the bytes, masked, shifted down and scaled.
    #[inline(always)]
    fn number(&self, bytes: &[u8]) -> u64 {
        let mut n = read_number(bytes, self.little_endian);
        if self.mask != 0 {
            n = (n & self.mask) >> self.mask.trailing_zeros();
        }
        n.wrapping_mul(self.scale as u64)
    }
}

/// Value types that a handle reads from a fixed number of bytes.
pub trait Fixed: Sized {
    /// Decodes the field's bytes, exactly as many as its width.
    fn decode(handle: &Handle<Self>, bytes: &[u8]) -> Self;
}

macro_rules! numbers {
    ($($t:ty),*) => {$(
        impl Fixed for $t {
            #[inline(always)]
            fn decode(handle: &Handle<Self>, bytes: &[u8]) -> Self {
                handle.number(bytes) as $t
            }
        }
    )*};
}
numbers!(u8, u16, u32, u64);

macro_rules! signed {
    ($($t:ty),*) => {$(
        impl Fixed for $t {
            #[inline(always)]
            fn decode(handle: &Handle<Self>, bytes: &[u8]) -> Self {
                sign_extend(handle.number(bytes), handle.width, handle.mask) as $t
            }
        }
    )*};
}
signed!(i8, i16, i32, i64);

/// Reads a number of `width` bytes, or as many bits as `mask` has, as two's complement.
pub(crate) fn sign_extend(n: u64, width: u8, mask: u64) -> i64 {
    let bits = if mask == 0 { width as u32 * 8 } else { mask.count_ones() };
    let unused = 64 - bits.clamp(1, 64);
    (n << unused) as i64 >> unused
}

impl Fixed for bool {
    #[inline(always)]
    fn decode(handle: &Handle<Self>, bytes: &[u8]) -> Self {
        handle.number(bytes) != 0
    }
}

impl Fixed for f32 {
    fn decode(handle: &Handle<Self>, bytes: &[u8]) -> Self {
        f32::from_bits(handle.number(bytes) as u32)
    }
}

impl Fixed for f64 {
    fn decode(handle: &Handle<Self>, bytes: &[u8]) -> Self {
        match handle.fixed {
            Some(fixed) => {
                let number = Handle { scale: 1, ..*handle }.number(bytes);
                fixed_point(&fixed, number, handle.scale, handle.width, handle.mask)
            }
            None => f64::from_bits(handle.number(bytes)),
        }
    }
}

/// The float that a number of `width` bytes, or as many bits as `mask` has, stands for.
pub(crate) fn fixed_point(fixed: &FixedPoint, number: u64, scale: u32, width: u8, mask: u64) -> f64 {
    let number = if fixed.signed { sign_extend(number, width, mask).into() } else { number.into() };
    fixed.value(number, scale)
}

impl<const N: usize> Fixed for [u8; N] {
    #[inline(always)]
    fn decode(_: &Handle<Self>, bytes: &[u8]) -> Self {
        let mut array = [0; N];
        array.copy_from_slice(bytes);
        array
    }
}

/// The type of fields whose length varies: bytes and text.
#[derive(Debug)]
pub struct Variable;

/// In a [`Layout`](crate::Layout), the type of its last field: everything up to the end.
#[derive(Debug, Default)]
pub struct Rest;

/// The type of groups.
#[derive(Debug)]
pub struct Group;

/// The type of computed fields of long kinds: text, bytes, IPv6 addresses, UUIDs.
#[derive(Debug)]
pub struct ComputedBytes;

/// The type of computed fields that are one word.
#[derive(Debug)]
pub struct ComputedWord;

/// A dispatch table that a protocol hands on to.
#[derive(Clone, Copy, Debug)]
pub struct Table(pub u16);
