//! Type, length, value: lists whose items say how long they are.
//!
//! `pdu.repeat(read)` reads items as long as there are bytes before the limit; `pdu.within(LEN, len, read)` sets the
//! limit to the next `len` bytes, and moves to their end afterwards. So one inside the other reads lists in lists. A
//! `group` around each item gives it a heading, which shows the item's first named value.
//!
//! An item of a known type is read by type *and* length; all others show as bytes. So a new type, or an old one that
//! has grown, costs nothing but its meaning, and the list goes on behind it.
//!
//! What can go wrong:
//!
//! * Does the length count the value, or the header too? If it does, it must be at least that header, and less is an
//!   error that ends the list: nobody knows where the next item begins.
//! * A length over the end of the list. `within` reads as far as there are bytes, and the field that doesn't fit says
//!   so. So the value is taken with its length, by `take_bytes(VALUE, len)`; `take_rest` would fit always and say
//!   nothing.
//! * A field that doesn't fit into its *item* leaves the whole list, as every `?` does. `contained` in place of `within`
//!   makes a diagnostic of it and goes on behind the item; that is right where items don't depend on each other.
//! * Lengths of zero are no danger: every turn takes at least the type. `repeat` ends where a turn takes nothing.
//! * A type without a length (padding, end of list) ends its item early; what follows the end is padding.
//! * Items in items: bound how deep. Each level costs stack, and a frame has room for thousands. Of groups in groups
//!   a plugin may have 32.

use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Inventory;

protocol! {
    /// Parts of a device: sections with items in them.
    Inventory = parts "PARTS", "Device inventory" {
        section: group                  "Section",
        section.kind: u16               "Kind" = { 1 "chassis", 2 "module" },
        /// These four bytes count.
        section.len: u16                "Length",
        item: group                     "Item",
        item.type: u8                   "Type" = {
            0 "end", 1 "padding", 2 "name", 3 "uptime", 4 "addresses", 5 "slot",
        },
        /// Of the value alone.
        item.len: u8                    "Length",
        item.name: str                  "Name",
        item.uptime: u32                "Uptime" unit "s",
        item.address: ipv4              "Address",
        item.value: bytes               "Value",
        padding: bytes                  "Padding",
    }
    claims { udp.port = 7111 }
}

const SECTION_HEADER: usize = 4;
const END: u8 = 0;
const PADDING_BYTE: u8 = 1;
/// Slots in slots.
const DEEPEST: u8 = 4;

impl Dissector for Inventory {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        pdu.info(format_args!("{} bytes", pdu.wire_len()));
        pdu.repeat(|pdu| pdu.group(SECTION, section))
    }
}

fn section(pdu: &mut Pdu<'_>) -> Step {
    pdu.take(SECTION_KIND)?;
    let (at, len) = (pdu.position(), usize::from(pdu.take(SECTION_LEN)?));
    let Some(len) = len.checked_sub(SECTION_HEADER) else {
        pdu.diagnostic(Severity::Error, "bad-length", at..at + 2, format_args!("{len} is less than the header"));
        return pdu.skip(pdu.wire_remaining());
    };
    pdu.within(SECTION_LEN, len, |pdu| pdu.repeat(|pdu| item(pdu, 0)))
}

fn item(pdu: &mut Pdu<'_>, depth: u8) -> Step {
    let kind = pdu.group(ITEM, |pdu| {
        let kind = pdu.take(ITEM_TYPE)?;
        if kind == END || kind == PADDING_BYTE {
            return Ok(kind);
        }
        let len = usize::from(pdu.take(ITEM_LEN)?);
        pdu.contained(ITEM_LEN, len, |pdu| match (kind, len) {
            (2, _) => pdu.take_bytes(ITEM_NAME, len).map(drop),
            (3, 4) => pdu.take(ITEM_UPTIME).map(drop),
            (4, _) if len % 4 == 0 => pdu.repeat(|pdu| pdu.take(ITEM_ADDRESS).map(drop)),
            (5, _) if depth < DEEPEST => pdu.repeat(|pdu| item(pdu, depth + 1)),
            _ => pdu.take_bytes(ITEM_VALUE, len).map(drop),
        })?;
        Ok(kind)
    })?;
    if kind == END && pdu.wire_remaining() > 0 {
        pdu.take_rest(PADDING);
    }
    Ok(())
}

#[test]
fn sections() {
    check::<Inventory>(
        "0001 0015  02 03 637075  01  04 08 c0000201 c0000202  00
         0002 0017  05 06 03 04 0000003c  09 02 abcd  03 01 05  00 000000",
        expect![[r#"
            Device inventory, 44 bytes
              Section: chassis (1)
                Kind: chassis (1)
                Length: 21
                Item: name (2)
                  Type: name (2)
                  Length: 3
                  Name: cpu
                Item: padding (1)
                  Type: padding (1)
                Item: addresses (4)
                  Type: addresses (4)
                  Length: 8
                  Address: 192.0.2.1
                  Address: 192.0.2.2
                Item: end (0)
                  Type: end (0)
              Section: module (2)
                Kind: module (2)
                Length: 23
                Item: slot (5)
                  Type: slot (5)
                  Length: 6
                  Item: uptime (3)
                    Type: uptime (3)
                    Length: 4
                    Uptime: 60 s
                Item
                  Type: 9
                  Length: 2
                  Value: abcd
                Item: uptime (3)
                  Type: uptime (3)
                  Length: 1
                  Value: 05
                Item: end (0)
                  Type: end (0)
                Padding: 000000
        "#]],
    );
}

#[test]
fn a_value_over_the_end() {
    check::<Inventory>(
        "0001 0008  02 09 6370",
        expect![[r#"
        Device inventory, 8 bytes
          Section: chassis (1)
            Kind: chassis (1)
            Length: 8
            Item: name (2)
              Type: name (2)
              Length: 9
          [error] short: parts.item.name needs 9 bytes at offset 6, 2 are there (the end is set by parts.section.len)
    "#]],
    );
}

#[test]
fn lengths_of_nothing() {
    check::<Inventory>(
        "0001 0008  04 00 09 00  0002 0003 02 00",
        expect![[r#"
        Device inventory, 14 bytes
          Section: chassis (1)
            Kind: chassis (1)
            Length: 8
            Item: addresses (4)
              Type: addresses (4)
              Length: 0
            Item
              Type: 9
              Length: 0
              Value: <none>
          Section: module (2)
            Kind: module (2)
            Length: 3
            [error] bad-length: 3 is less than the header
    "#]],
    );
}

#[test]
fn slots_in_slots() {
    check::<Inventory>(
        "0002 0012  05 0c 05 0a 05 08 05 06 05 04 05 02 05 00",
        expect![[r#"
        Device inventory, 18 bytes
          Section: module (2)
            Kind: module (2)
            Length: 18
            Item: slot (5)
              Type: slot (5)
              Length: 12
              Item: slot (5)
                Type: slot (5)
                Length: 10
                Item: slot (5)
                  Type: slot (5)
                  Length: 8
                  Item: slot (5)
                    Type: slot (5)
                    Length: 6
                    Item: slot (5)
                      Type: slot (5)
                      Length: 4
                      Value: 05020500
    "#]],
    );
}
