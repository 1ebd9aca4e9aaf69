"""ACME telemetry: one header, then `n` readings, big-endian, directly on Ethernet."""

from prosector import Base, Entry, Protocol, plugin

ACME = Protocol(
    "acme", "ACME", "ACME telemetry",
    description="ACME telemetry: a fixed header and `n` readings; the example protocol of prosector.",
    claims=[("ethertype", 0x88B5)],
)
VERSION = ACME.uint("version", "Version", 1)
TYPE = ACME.uint("type", "Type", 1, names={1: "hello", 2: "data", 3: "alarm", 4: "bye"})
FLAGS = ACME.uint("flags", "Flags", 2, base=Base.HEX)
SEQ = ACME.uint("seq", "Sequence number", 4)
TS = ACME.uint("ts", "Sent", 8, unit="ns")
N = ACME.uint("n", "Readings", 2)
TLV = ACME.group("tlv", "Reading")
TLV_ID = ACME.uint("tlv.id", "Id", 2)
TLV_VALUE = ACME.uint("tlv.value", "Value", 4)
SUM = ACME.uint("sum", "Sum of values", 8, computed=True)


@ACME.on(Entry.DISSECT)
def dissect(pdu):
    pdu.take(VERSION)
    kind = pdu.take(TYPE)
    pdu.take(FLAGS)
    seq = pdu.take(SEQ)
    pdu.take(TS)
    n = pdu.take(N)
    if pdu.wants_info:
        pdu.info(f"{TYPE.name(kind)} seq {seq}, {n} readings")
    total, start = 0, pdu.at
    for _ in range(n):
        with pdu.group(TLV):
            pdu.take(TLV_ID)
            total += pdu.take(TLV_VALUE)
    pdu.computed(SUM, start, pdu.at, total)
    pdu.set_len(N, pdu.at)


Dissector = plugin("acme", "0.1.0", ACME)
