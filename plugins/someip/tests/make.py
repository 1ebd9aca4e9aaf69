#!/usr/bin/env python3
"""Writes the captures beside this file. They are ours: every byte is made here, nothing was recorded anywhere.

Each function that ends in `_pcap` is one capture, and its docstring is its note of origin and purpose.
"""
import os, struct

HERE = os.path.dirname(os.path.abspath(__file__))
pk = struct.pack
A, B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
IP_A, IP_B = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])
GROUP = bytes([239, 192, 0, 1])
IP6_B = bytes.fromhex("20010db8" + "0" * 23 + "2")
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


def someip(service, method, payload=b"", kind=0x00, session=1, length=None, version=1, code=0):
    length = 8 + len(payload) if length is None else length
    return pk(">HHIHHBBBB", service, method, length, 0x0101, session, version, 1, kind, code) + payload


def segment(offset, more, payload, session=1):
    return someip(0x1234, 0x8002, pk(">I", offset | more) + payload, 0x22, session)


def discovery(entries, options, entries_len=None, options_len=None):
    entries, options = b"".join(entries), b"".join(options)
    entries_len = len(entries) if entries_len is None else entries_len
    options_len = len(options) if options_len is None else options_len
    return someip(0xFFFF, 0x8100, pk(">II", 0xC0000000, entries_len) + entries + pk(">I", options_len) + options, 0x02)


def entry(kind, runs, last, ttl=3, service=0x1234, instance=1):
    """`runs`: two pairs of an index and a number of options."""
    (first, n), (second, m) = runs
    return pk(">BBBBHHI", kind, first, second, n << 4 | m, service, instance, 1 << 24 | ttl) + last


def service(kind, *runs, **rest):
    return entry(kind, (runs + ((0, 0), (0, 0)))[:2], pk(">I", 7), **rest)


def eventgroup(kind, *runs, group=5, flags=0x00, **rest):
    return entry(kind, (runs + ((0, 0), (0, 0)))[:2], pk(">BBH", 0, flags, group), **rest)


def option(kind, body):
    return pk(">HBB", 1 + len(body), kind, 0) + body


def endpoint(address, proto, port, kind=4):
    return option(kind + (2 if len(address) == 16 else 0), address + pk(">BBH", 0, proto, port))


def discover(message):
    return udp(30490, 30490, message, dst=GROUP)


def discovery_pcap():
    """Every kind of entry and of option: looked for, offered, subscribed to, acknowledged, and all of it taken back; entries
    that refer to two runs of options; a type that nobody knows."""
    text = b"".join(bytes([len(part)]) + part for part in (b"otherserv=internet", b"ipsec", b""))
    options = [
        endpoint(IP_B, 17, 30509), endpoint(IP_B, 6, 30510), endpoint(IP6_B, 17, 30511), endpoint(GROUP, 17, 30512, 20),
        endpoint(IP6_B, 17, 30513, 20), endpoint(IP_B, 17, 30490, 36), endpoint(IP6_B, 17, 30490, 36), option(1, text),
        option(2, pk(">HH", 1, 2)), option(0x77, b"unknown"),
    ]
    pcap("discovery.pcap", [
        discover(discovery([service(0, ttl=0xFFFFFF, instance=0xFFFF)], [])),
        discover(discovery([service(1, (0, 3), (7, 2)), service(1, (3, 1), service=0x5678)], options)),
        udp(30490, 30490, discovery([eventgroup(6, (0, 1), flags=0x9F)], [endpoint(IP_A, 17, 40000)])),
        udp(30490, 30490, discovery([eventgroup(7, (0, 1)), eventgroup(7, ttl=0, group=6)], options[3:4]), True),
        udp(30490, 30490, discovery([eventgroup(6, ttl=0)], [])),
        discover(discovery([service(1, ttl=0), service(9)], [])),
    ])


def messages_pcap():
    """At ports that were offered: a call and its answer, an error, several messages in a datagram, events in segments that come
    mixed, messages that begin and end anywhere in a stream, a stream of something else. A service at a port that nobody has
    offered is not found."""
    frames = [discover(discovery([service(1, (0, 2))], [endpoint(IP_B, 17, 30509), endpoint(IP_B, 6, 30510)]))]
    talk = lambda message, back=False: frames.append(udp(40000, 30509, message, back))
    talk(someip(0x1234, 0x0001, b"call"))
    talk(someip(0x1234, 0x0001, b"answer", 0x80), True)
    talk(someip(0x1234, 0x0002, session=2))
    talk(someip(0x1234, 0x0002, kind=0x81, session=2, code=3), True)
    talk(someip(0x1234, 0x8001, b"one", 0x02) + someip(0x1234, 0x8001, kind=0x02) + someip(0x1234, 0x8003, b"three", 0x02), True)
    talk(someip(0x1234, 0x0003, b"no answer, please", 0x01))
    talk(segment(0, 1, b"a" * 32), True)
    talk(segment(0, 1, b"A" * 16, session=2), True)
    talk(segment(32, 0, b"end"), True)
    talk(segment(16, 0, b"END", session=2), True)
    connection = Connection(frames, 40001, 30510)
    calls = b"".join(someip(0x1234, 0x0010 + i, b"x" * i, session=i) for i in range(4))
    for part in calls[:10], calls[10:40], calls[40:]:
        connection.send(part)
    connection.send(someip(0x1234, 0x0010, b"answer", 0x80), True)
    Connection(frames, 40002, 30510).send(b"something else that is not SOME/IP")
    frames.append(udp(40000, 30999, someip(0x1234, 0x0001)))
    pcap("messages.pcap", frames)


def broken_pcap():
    """Lengths that lie, messages and discovery that end too early, options of no length."""
    whole = discovery([service(1, (0, 1))], [endpoint(IP_B, 17, 30509)])
    offer = service(1, (0, 1))
    frames = [discover(someip(0x1234, 1, b"short", length=length)) for length in (0, 7, 8, 12, 14, 0x7FFFFFFF, 0xFFFFFFFF)]
    frames += [discover(someip(0x1234, 1, b"another version", version=9)), discover(someip(1, 2) + b"rest")]
    frames += [discover(someip(0x1234, 1, b"\0\0\0\1"[:n], 0x22)) for n in range(5)]
    frames += [discover(whole[:n]) for n in range(4, len(whole), 5)]
    frames += [discover(discovery([offer], [], entries_len=n)) for n in (0, 15, 17, 0xFFFFFFFF)]
    frames += [discover(discovery([offer], [endpoint(IP_B, 17, 1)], options_len=n)) for n in (1, 11, 13, 0xFFFFFFFF)]
    for bad in pk(">HB", 0, 4), pk(">HB", 0, 1), pk(">HBB", 1, 4, 0), pk(">HB", 0xFFFF, 1), option(4, IP_B), option(1, b"\x09short"), \
            option(2, b"\0"), option(4, IP_B + bytes(9)), option(0x77, b""):
        frames.append(discover(discovery([offer], [bad, endpoint(IP_B, 17, 1)])))
    pcap("broken.pcap", frames)


if __name__ == "__main__":
    for name, function in list(globals().items()):
        if name.endswith("_pcap"):
            function()
