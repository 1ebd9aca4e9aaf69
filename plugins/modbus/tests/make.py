#!/usr/bin/env python3
"""Writes the captures beside this file. They are ours: every byte is made here, nothing was recorded anywhere.

Each function that ends in `_pcap` is one capture, and its docstring is its note of origin and purpose.
"""
import os, struct

HERE = os.path.dirname(os.path.abspath(__file__))
pk = struct.pack
A, B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
IP_A, IP_B = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])
T0 = 1_700_000_000  # 2023-11-14 22:13:20 UTC


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def eth(kind, payload, back=False):
    frame = (A + B if back else B + A) + pk(">H", kind) + payload
    return frame + bytes(max(0, 60 - len(frame)))


def ip(proto, payload, back=False, dst=None):
    src, dst = IP_B if back else IP_A, dst or (IP_A if back else IP_B)
    head = pk(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0x4000, 64, proto, 0, src, dst)
    return eth(0x0800, head[:10] + pk(">H", checksum(head)) + head[12:] + payload, back)


def udp(sport, dport, payload, back=False, dst=None):
    """From `sport` to `dport`; back: the other way."""
    sport, dport = (dport, sport) if back else (sport, dport)
    # Without a checksum, which IPv4 allows.
    return ip(17, pk(">HHHH", sport, dport, 8 + len(payload), 0) + payload, back, dst)


class Connection:
    """A TCP connection, whose frames are appended to `frames`."""

    def __init__(self, frames, sport, dport):
        self.frames, self.ports, self.seq = frames, (sport, dport), [1000, 5000]
        for back, flags in (False, 0x02), (True, 0x12), (False, 0x10):
            self.send(b"", back, flags)

    def send(self, payload, back=False, flags=0x18):
        sport, dport = self.ports[::-1] if back else self.ports
        seq, ack = self.seq[back], self.seq[not back] if flags & 0x10 else 0
        head = pk(">HHIIBBHHH", sport, dport, seq, ack, 5 << 4, flags, 64240, 0, 0)
        src, dst = (IP_B, IP_A) if back else (IP_A, IP_B)
        total = checksum(src + dst + pk(">II", len(head + payload), 6) + head + payload)
        self.frames.append(ip(6, head[:16] + pk(">H", total) + head[18:] + payload, back))
        self.seq[back] += len(payload) + (flags & 1) + (flags >> 1 & 1)


def pcap(file, frames):
    out = pk("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    for i, frame in enumerate(frames):
        out += pk("<IIII", T0 + i // 1000, i % 1000 * 1000, len(frame), len(frame)) + frame
    with open(os.path.join(HERE, file), "wb") as f:
        f.write(out)


def header(transaction, pdu, unit=7, protocol=0, length=None):
    return pk(">HHHB", transaction, protocol, 1 + len(pdu) if length is None else length, unit) + pdu


# Each request with its response.
TALK = """
    01 0010 000b                            01 02 cd05
    02 0010 0008                            02 01 cd
    03 006b 0003                            03 06 022b 0000 0064
    04 0008 0001                            84 02
    05 00ac ff00                            05 00ac ff00
    06 0001 0003                            06 0001 0003
    07                                      07 6d
    08 0000 a537                            08 0000 a537
    08 0001 ff00                            08 0001 ff00
    08 0002 0000                            08 0002 1234
    08 0003 2c00                            08 0003 2c00
    08 0004 0000                            -
    08 000a 0000                            08 000a 0000
    08 000b 0000                            08 000b 000b
    08 000c 0000                            08 000c 000c
    08 000d 0000                            08 000d 000d
    08 000e 0000                            08 000e 000e
    08 000f 0000                            08 000f 000f
    08 0010 0000                            08 0010 0010
    08 0011 0000                            08 0011 0011
    08 0012 0000                            08 0012 0012
    08 0014 0000                            08 0014 0000
    0b                                      0b ffff 0108
    0c                                      0c 0a 0000 0108 0121 2000 4092
    0f 0013 000a 02 cd01                    0f 0013 000a
    10 0001 0002 04 000a 0102               10 0001 0002
    11                                      11 03 07 ff 58
    14 0e 06 0004 0001 0002 06 0003 0009 0002   14 0c 05 06 0dfe 0020 05 06 33cd 0040
    15 0d 06 0004 0007 0003 06af 04be 100d  15 0d 06 0004 0007 0003 06af 04be 100d
    16 0004 00f2 0025                       16 0004 00f2 0025
    17 0003 0006 000e 0003 06 00ff 00ff 00ff    17 0c 00fe 0acd 0001 0003 000d 00ff
    18 04de                                 18 0006 0002 01b8 1284
    2b 0e 01 00                             2b 0e 01 81 00 00 03 00 04 41636d65 01 02 5831 80 03 010203
    2b 0d 0102                              2b 0d 03
    5a 00 02                                da 01
    64 0102                                 64 0304
"""


def talk():
    for line in TALK.split("\n"):
        sides = [bytes.fromhex(part.replace("-", "")) for part in line.strip().replace("  ", "\t").split("\t") if part.strip()]
        if sides:
            yield sides


def functions_pcap():
    """Every function that has a form of its own, each request with its response; the last of them over UDP."""
    frames = []
    connection = Connection(frames, 40000, 502)
    for transaction, (request, response) in enumerate(talk(), 1):
        connection.send(header(transaction, request))
        if response:
            connection.send(header(transaction, response), True)
    frames.append(udp(40000, 502, header(1, bytes.fromhex("03 0001 0001"))))
    frames.append(udp(40000, 502, header(1, bytes.fromhex("03 02 0007")), True))
    pcap("functions.pcap", frames)


def stream_pcap():
    """Two requests in a segment, answered in the other order; a response in three segments, and once more; a transaction that
    comes again with another request; responses whose request was not captured; another port."""
    frames = []
    connection = Connection(frames, 40000, 502)
    ask = lambda transaction, first, count=1: header(transaction, pk(">BHH", 3, first, count))
    answer = lambda transaction, *values: header(transaction, pk(f">BB{len(values)}H", 3, 2 * len(values), *values))
    connection.send(ask(1, 100) + ask(2, 200, 2))
    connection.send(answer(2, 20, 21) + answer(1, 10), True)
    connection.send(ask(3, 300, 3))
    split = answer(3, 30, 31, 32)
    for part in split[:4], split[4:9], split[9:], split:
        connection.send(part, True)
    connection.send(ask(3, 400))
    connection.send(answer(3, 40), True)
    connection.send(answer(9, 90), True)
    connection.send(header(10, bytes.fromhex("01 01 05")), True)
    connection.send(b"not Modbus at all")
    other = Connection(frames, 40001, 1502)
    other.send(ask(1, 500))
    other.send(answer(1, 50), True)
    pcap("stream.pcap", frames)


def broken_pcap():
    """Lengths and counts that promise more than there is, or nothing."""
    frames = []
    for pdu in "", "03", "03 00", "10 0001 0002 08 0001", "14 0e 06 0004", "15 09 06 0004 0007 00ff", "2b", "08 00", "05 00ac ff":
        frames.append(udp(40000, 502, header(1, bytes.fromhex(pdu))))
    for pdu in "01 09 05", "03 06 0009 00", "03 03 0001 02", "83", "0c 04 0000 01", "14 04 00 06", "14 04 09 06 01", "18 0006", \
            "2b 0e 01 83 00 00 02 00 02 6869", "2b 0e 01 83 00 00 01 00 09 6869":
        frames.append(udp(40000, 502, header(2, bytes.fromhex(pdu)), True))
    whole = bytes.fromhex("03 0001 0001")
    for length in 0, 1, 2, 5, 7, 0xFFFF:
        frames.append(udp(40000, 502, header(3, whole, length=length)))
    frames.append(udp(40000, 502, header(3, whole, protocol=1)))
    frames += [udp(40000, 502, header(4, whole)[:n]) for n in range(1, 8)]
    pcap("broken.pcap", frames)


if __name__ == "__main__":
    for name, function in list(globals().items()):
        if name.endswith("_pcap"):
            function()
