//! Linux cooked capture, version 2 (<https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html>): the fields of
//! version 1 in another order, and the interface. Their names are those of version 1, so this is a part of the
//! protocol `sll`.

use crate::sll::{HALEN_V2, HATYPE, IFINDEX, PKTTYPE_V2, Sll, address, payload};
use prosector_sdk::prelude::*;

/// Where the protocol stands; two reserved bytes follow.
const PROTOCOL_AT: usize = 0;

/// Reads a header of version 2 and hands on what follows.
pub(crate) fn dissect(pdu: &mut Pdu<'_>) -> Step {
    pdu.skip(4)?;
    pdu.take(IFINDEX)?;
    let hardware = pdu.take(HATYPE)?;
    let kind = pdu.take(PKTTYPE_V2)?;
    pdu.info(format_args!("{}", Sll::name(PKTTYPE_V2, kind)));
    let address_len = pdu.take(HALEN_V2)?;
    address(pdu, address_len.into())?;
    payload(pdu, hardware, PROTOCOL_AT)
}
