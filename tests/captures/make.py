#!/usr/bin/env python3
"""Writes the captures beside this file. They are ours: every byte is made here, nothing was recorded anywhere.

Each function below is one capture, and its docstring is its note of origin and purpose.
"""
import gzip, os, struct

HERE = os.path.dirname(os.path.abspath(__file__))
pk = struct.pack
A, B, ALL = bytes.fromhex("020000000001"), bytes.fromhex("020000000002"), b"\xff" * 6
IP_A, IP_B = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])
IP6_A, IP6_B = bytes.fromhex("20010db8" + "0" * 23 + "1"), bytes.fromhex("20010db8" + "0" * 23 + "2")
T0 = 1_700_000_000_000_000_000  # 2023-11-14 22:13:20 UTC


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def eth(kind, payload, src=A, dst=B, pad=True):
    frame = dst + src + pk(">H", kind) + payload
    return frame + bytes(max(0, 60 - len(frame))) if pad else frame


def vlan(vid, kind, payload, prio=0):
    return pk(">HH", prio << 13 | vid, kind) + payload


def ipv4(proto, payload, src=IP_A, dst=IP_B, ttl=64, options=b"", ident=1, frag=0x4000):
    ihl = 5 + len(options) // 4
    head = pk(">BBHHHBBH4s4s", 0x40 | ihl, 0, ihl * 4 + len(payload), ident, frag, ttl, proto, 0, src, dst) + options
    return head[:10] + pk(">H", checksum(head)) + head[12:] + payload


def ipv6(proto, payload, src=IP6_A, dst=IP6_B, hops=64):
    return pk(">IHBB", 6 << 28, len(payload), proto, hops) + src + dst + payload


def summed(proto, payload, at, src=IP_A, dst=IP_B):
    """`payload` with the checksum over it and its pseudo header put at offset `at`."""
    total = checksum(src + dst + pk(">II", len(payload), proto) + payload) or 0xFFFF
    return payload[:at] + pk(">H", total) + payload[at + 2:]


def udp(sport, dport, payload, src=IP_A, dst=IP_B):
    return summed(17, pk(">HHHH", sport, dport, 8 + len(payload), 0) + payload, 6, src, dst)


def tcp(sport, dport, seq, ack, flags, payload=b"", options=b"", src=IP_A, dst=IP_B):
    head = pk(">HHIIBBHHH", sport, dport, seq, ack, (5 + len(options) // 4) << 4, flags, 64240, 0, 0) + options
    return summed(6, head + payload, 16, src, dst)


def icmp(kind, code, rest):
    body = pk(">BBH", kind, code, 0) + rest
    return body[:2] + pk(">H", checksum(body)) + body[4:]


def icmp6(kind, code, rest, src=IP6_A, dst=IP6_B):
    return summed(58, pk(">BBH", kind, code, 0) + rest, 2, src, dst)


def name(text):
    return b"".join(bytes([len(part)]) + part.encode() for part in text.split(".") if part) + b"\0"


def acme(kind, seq, readings, flags=0, claimed=None):
    head = pk(">BBHIQH", 1, kind, flags, seq, T0 + seq * 1_000_000, len(readings) if claimed is None else claimed)
    return head + b"".join(pk(">HI", *r) for r in readings)


def pcap(file, frames, link=1, nano=False, order="<", snap=262144):
    """`frames`: bytes, or (bytes, length on the wire)."""
    out = pk(order + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, snap, link)
    for i, frame in enumerate(frames):
        data, wire = frame if isinstance(frame, tuple) else (frame, len(frame))
        t = T0 + i * 1_234_567
        out += pk(order + "IIII", t // 10**9, t % 10**9 // (1 if nano else 1000), len(data), wire) + data
    write(file, out)


def block(kind, body):
    body += bytes(-len(body) % 4)
    return pk("<II", kind, len(body) + 12) + body + pk("<I", len(body) + 12)


def option(code, value):
    return pk("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def write(file, data):
    with open(os.path.join(HERE, file), "wb") as f:
        f.write(gzip.compress(data, mtime=0) if file.endswith(".gz") else data)


def acme_pcap():
    """ACME telemetry on Ethernet, plain and VLAN-tagged; the last two promise more readings than they bring."""
    frames = [
        eth(0x88B5, acme(1, 1, [])),
        eth(0x88B5, acme(2, 2, [(1, 42), (2, 1)], flags=0x8000)),
        eth(0x8100, vlan(100, 0x88B5, acme(3, 3, [(7, 4294967295), (8, 1)]), prio=3)),
        eth(0x88B5, acme(2, 4, [(1, 5)], claimed=3), pad=False),
        eth(0x88B5, acme(9, 5, [])[:12], pad=False),
    ]
    # The packages of the same dissector in other languages have it too.
    for folder in ("", "../../plugins/acme/tests", "../../examples/c/acme/tests", "../../examples/python/acme/tests"):
        pcap(os.path.join(folder, "acme.pcap"), frames)


def every(flags, length, records=b"", name=b"name", magic=0xE7):
    """A PDU of the test protocol in tests/plugins/every."""
    return (pk(">B", magic) + pk("<H", flags) + pk(">h", -2) + (0x0102030405).to_bytes(5, "big") + pk(">B?f", length, True, 0.5)
            + A + IP_A + IP6_A + bytes(range(16)) + pk(">IQQ", 1_700_000_000, T0, 0xE8FE_6280_8000_0000) + name + b"raw"
            + records)


def every_pcap():
    """The test protocol: on Ethernet with all its fields and a trailer; found by heuristics over UDP, in both directions;
    on a frame that nobody recognizes first; broken, and cut short."""
    talk = lambda payload, there=True: eth(0x800, ipv4(
        17, udp(5000, 6000, payload) if there else udp(6000, 5000, payload, IP_B, IP_A),
        *((IP_A, IP_B) if there else (IP_B, IP_A))))
    record = lambda kind, payload: pk(">BB", kind, len(payload)) + payload
    quoted = ipv4(1, icmp(8, 0, pk(">HH", 1, 1)))
    pcap("../fixtures/every.pcap", [
        eth(0x88B6, every(0x8012, 3, record(1, b"a") + record(66, b"zz") + record(4, quoted) + record(0, b"")) + b"end"),
        talk(every(1, 1, record(1, b"b"))),
        talk(every(2, 2, record(1, b"c-") + record(1, b"d")), False),
        talk(b"after certainty"),
        eth(0x800, ipv4(17, udp(5001, 6000, b"not recognized"))),
        eth(0x800, ipv4(17, udp(5001, 6000, every(3, 3)))),
        eth(0x800, ipv4(17, udp(5002, 6000, every(4, 4, magic=0xE8)))),
        eth(0x88B6, every(5, 5, pk(">BB", 2, 9) + b"short"), pad=False),
        eth(0x88B6, every(6, 6, record(1, b"e"))[:40], pad=False),
        talk(every(7, 7, record(1, b"f"))),
        *conversation(),
        eth(0x800, ipv4(17, udp(5003, 6009, b"expected" + every(8, 8)[8:]))),
    ])


def conversation():
    """Words over TCP: in one segment, over two, in the other direction, in the wrong order, with every letter that means
    something, none of the protocol, and after the flow was bound to another one."""
    frames = []
    word = lambda text: bytes([len(text)]) + text
    talk = Connection(frames, 40009, 7006)
    talk.send(0, word(b"one") + word(b"two")[:2])
    talk.send(0, word(b"two")[2:] + word(b"three"))
    talk.send(1, word(b"answer"))
    late, early = talk.send(0, word(b"late")[:3], captured=False), talk.send(0, word(b"late")[3:], captured=False)
    frames.extend([early, late])
    talk.send(0, b"\0nobody's")
    talk.send(0, word(b"stream") + word(b"fragments") + word(b"expect"))
    talk.send(1, word(b"bind") + b"12")
    talk.send(0, b"3")
    talk.close()
    return frames


def office_pcap():
    """What a small network shows in a second: ARP, DNS, a TCP connection, pings, neighbour discovery, multicast."""
    query = pk(">HHHHHH", 0x1234, 0x0100, 1, 0, 0, 0) + name("www.example.com") + pk(">HH", 1, 1)
    answer = pk(">HHHHHH", 0x1234, 0x8180, 1, 2, 0, 0) + name("www.example.com") + pk(">HH", 1, 1)
    answer += pk(">HHHIH", 0xC00C, 5, 1, 300, 6) + b"\3web" + b"\xc0\x10"
    answer += pk(">HHHIH", 0xC02D, 1, 1, 60, 4) + IP_B
    syn_options = pk(">BBH", 2, 4, 1460) + b"\4\2" + pk(">BBII", 8, 10, 1000, 0) + b"\1" + pk(">BBB", 3, 3, 7)
    stamp = b"\1\1" + pk(">BBII", 8, 10, 1001, 1000)
    solicited = bytes.fromhex("ff02" + "0" * 18 + "01ff000002")
    ns = icmp6(135, 0, bytes(4) + IP6_B + b"\1\1" + A, IP6_A, solicited)
    na = icmp6(136, 0, pk(">I", 0x60000000) + IP6_B + b"\2\1" + B, IP6_B, IP6_A)
    report = icmp(0x22, 0, pk(">HH", 0, 1) + pk(">BBH", 4, 0, 0) + bytes([239, 1, 2, 3]))
    ping = pk(">HH", 77, 1) + bytes(range(48))
    quoted = ipv4(17, udp(5000, 9, b"nobody"))[:28]
    return pcap("office.pcap", [
        eth(0x0806, pk(">HHBBH", 1, 0x800, 6, 4, 1) + A + IP_A + bytes(6) + IP_B, dst=ALL),
        eth(0x0806, pk(">HHBBH", 1, 0x800, 6, 4, 2) + B + IP_B + A + IP_A, src=B, dst=A),
        eth(0x0800, ipv4(17, udp(40000, 53, query))),
        eth(0x0800, ipv4(17, udp(53, 40000, answer, IP_B, IP_A), IP_B, IP_A), src=B, dst=A),
        eth(0x0800, ipv4(6, tcp(40001, 80, 100, 0, 0x02, options=syn_options))),
        eth(0x0800, ipv4(6, tcp(80, 40001, 900, 101, 0x12, options=syn_options, src=IP_B, dst=IP_A), IP_B, IP_A), src=B, dst=A),
        eth(0x0800, ipv4(6, tcp(40001, 80, 101, 901, 0x10, options=stamp))),
        eth(0x0800, ipv4(6, tcp(40001, 80, 101, 901, 0x18, b"GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n", stamp))),
        eth(0x0800, ipv4(6, tcp(80, 40001, 901, 143, 0x14, src=IP_B, dst=IP_A), IP_B, IP_A), src=B, dst=A),
        eth(0x0800, ipv4(1, icmp(8, 0, ping))),
        eth(0x0800, ipv4(1, icmp(0, 0, ping), IP_B, IP_A), src=B, dst=A),
        eth(0x0800, ipv4(1, icmp(3, 3, bytes(4) + quoted), IP_B, IP_A), src=B, dst=A),
        eth(0x86DD, ipv6(58, ns, dst=solicited)),
        eth(0x86DD, ipv6(58, na, IP6_B, IP6_A), src=B, dst=A),
        eth(0x0800, ipv4(2, report, dst=bytes([224, 0, 0, 22]), ttl=1, options=b"\x94\4\0\0")),
    ])


def tunnels_pcap():
    """Frames in frames: stacked VLANs, VXLAN, GRE, MPLS, IPv6 in IPv4, extension headers, fragments, LLC/SNAP."""
    inner = eth(0x0800, ipv4(1, icmp(8, 0, pk(">HH", 1, 1) + b"inside")), src=B, dst=A)
    ping6 = icmp6(128, 0, pk(">HH", 2, 1) + b"six")
    hop = pk(">BBBBHBB", 43, 0, 5, 2, 0, 1, 0) + pk(">BBBB", 44, 2, 4, 0) + bytes(4) + IP6_B
    return pcap("tunnels.pcap", [
        eth(0x88A8, vlan(10, 0x8100, vlan(20, 0x0800, ipv4(17, udp(1, 2, b"qinq"))))),
        eth(0x0800, ipv4(17, udp(50000, 4789, pk(">II", 0x08000000, 5001 << 8) + inner))),
        eth(0x0800, ipv4(47, pk(">HHI", 0x2000, 0x0800, 99) + ipv4(17, udp(3, 4, b"in gre")))),
        eth(0x8847, pk(">II", 16 << 12 | 64, 17 << 12 | 1 << 8 | 63) + ipv4(17, udp(5, 6, b"labelled"))),
        eth(0x0800, ipv4(41, ipv6(58, ping6))),
        eth(0x86DD, ipv6(0, hop + pk(">BBHI", 58, 0, 0, 7) + ping6)),
        eth(0x0800, ipv4(17, udp(7, 8, b"x" * 40)[:24], frag=0x2000)),
        eth(0x0800, ipv4(17, udp(7, 8, b"x" * 40)[24:], frag=0x0003)),
        B + A + pk(">H", 8 + 28 + 4) + bytes.fromhex("aaaa03000000") + pk(">H", 0x800) + ipv4(17, udp(9, 10, b"snap")) + bytes(6),
    ])


def broken_pcap():
    """Frames whose own lengths lie, and frames that the capture cut short."""
    whole = eth(0x0800, ipv4(17, udp(1000, 2000, b"cut short by the capture")))
    lying = ipv4(17, udp(1000, 2000, b"short"))
    header = ipv4(6, tcp(1, 2, 3, 4, 0x02))
    loop = pk(">HHHHHH", 1, 0, 1, 0, 0, 0) + b"\xc0\x0c" + pk(">HH", 1, 1)
    return pcap("broken.pcap", [
        (whole[:30], len(whole)), (whole[:40], len(whole)), (whole[:50], len(whole)),
        eth(0x0800, lying[:2] + pk(">H", 400) + lying[4:], pad=False),
        eth(0x0800, bytes([0x4F]) + lying[1:], pad=False),
        eth(0x0800, header[:32] + b"\xf0" + header[33:], pad=False),
        eth(0x0800, ipv4(17, pk(">HHHH", 1, 2, 3, 0)), pad=False),
        eth(0x0800, ipv4(17, udp(40000, 53, loop))),
        B + A, b"", b"\x01",
        eth(0x86DD, ipv6(0, b"\x3a\xff\x01"), pad=False),
    ])


def links_pcapng():
    """Two sections, several interfaces with link types of their own, other time resolutions, comments, a foreign block."""
    ping = ipv4(1, icmp(8, 0, pk(">HH", 3, 1)))
    sll = pk(">HHH6s2sH", 4, 1, 6, A, b"\0\0", 0x0800) + ping
    sll2 = pk(">HHIHBB6s2s", 0x0800, 0, 7, 1, 4, 6, A, b"\0\0") + ping
    out = block(0x0A0D0D0A, pk("<IHHq", 0x1A2B3C4D, 1, 0, -1) + option(4, b"by hand") + option(0, b""))
    for link, text in ((1, b"eth0"), (113, b"any"), (276, b"any2"), (0, b"lo0"), (101, b"tun0"), (228, b"tun4"), (229, b"tun6")):
        out += block(1, pk("<HHI", link, 0, 0) + option(2, text) + option(9, b"\x09") + option(0, b""))
    frames = [eth(0x0800, ping), sll, sll2, pk("<I", 2) + ping, ping, ping, ipv6(58, icmp6(128, 0, pk(">HH", 4, 1)))]
    for i, data in enumerate(frames):
        t = T0 + i
        options = option(1, b"a comment") + option(2, pk("<I", 1)) + option(0, b"") if i == 0 else b""
        out += block(6, pk("<IIIII", i, t >> 32, t & 0xFFFFFFFF, len(data), len(data)) + data + bytes(-len(data) % 4) + options)
    out += block(0x4BADB10C, b"nobody knows this block")
    out += block(0x0A0D0D0A, pk("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    out += block(1, pk("<HHI", 1, 0, 40) + option(3, b"second section") + option(9, b"\x8a") + option(14, pk("<q", 1_700_000_000)))
    t = 512  # half a second in units of 2^-10 s, after the offset
    out += block(6, pk("<IIIII", 0, 0, t, len(frames[0]), len(frames[0])) + frames[0])
    out += block(3, pk("<I", len(frames[0])) + frames[0][:40])
    write("links.pcapng", out)


class Connection:
    """One TCP connection: its frames are collected in `frames`."""

    def __init__(self, frames, sport, dport, first=1000):
        self.frames, self.ports, self.ends, self.seq = frames, (sport, dport), (IP_A, IP_B), [first, first + 4000]
        scale = b"\x01\x03\x03\x07"
        self.send(0, flags=0x02, options=scale)
        self.send(1, flags=0x12, options=scale)
        self.send(0)

    def segment(self, side, payload=b"", flags=0x10, options=b"", seq=None):
        """A frame from the client (0) or the server (1), which changes nothing."""
        (src, dst), (sport, dport) = (x if side == 0 else x[::-1] for x in (self.ends, self.ports))
        seq, ack = self.seq[side] if seq is None else seq, self.seq[1 - side] if flags & 0x10 else 0
        mac = {} if side == 0 else dict(src=B, dst=A)
        return eth(0x0800, ipv4(6, tcp(sport, dport, seq, ack, flags, payload, options, src, dst), src, dst), **mac)

    def send(self, side, payload=b"", flags=0x10, options=b"", captured=True):
        frame = self.segment(side, payload, flags | (0x08 if payload else 0), options)
        self.seq[side] += len(payload) + (flags & 1) + (flags >> 1 & 1)
        if captured:
            self.frames.append(frame)
        return frame

    def close(self):
        self.send(0, flags=0x11)
        self.send(1, flags=0x11)
        self.send(0)


def streams_pcap():
    """What needs state: HTTP in pieces, out of order, sent twice; a segment that was not captured; FTP, whose data connection has
    a port that only its control connection tells; TFTP, which goes on at another port; fragments of a DNS answer, the last
    one first; a connection that has the ports of an earlier one; one of which only the client's segments were captured, not
    all of them; a call, whose media have ports that only its invitation tells;
    requests in another order, of which only one direction was captured; one whose acknowledgment was captured before it."""
    frames = []
    web = Connection(frames, 40001, 80)
    request = b"GET /list HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
    web.send(0, request[:20])
    web.send(0, request[20:])
    body = b"one\ntwo\nthree\n" * 20
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    first, late, early = (web.send(1, part, captured=False) for part in (answer[:100], answer[100:200], answer[200:]))
    frames += [first, early, late, late]
    web.send(0)
    web.send(0, request)
    web.send(1, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    web.send(0, b"GET /never-captured HTTP/1.1\r\n\r\n", captured=False)
    web.send(0, b"GET /after HTTP/1.1\r\n\r\n")
    web.send(1)
    web.close()
    control = Connection(frames, 40002, 21)
    control.send(1, b"220 ready\r\n")
    control.send(0, b"PASV\r\n")
    control.send(1, b"227 Entering Passive Mode (192,0,2,2,195,80)\r\n")
    data = Connection(frames, 40003, 195 << 8 | 80)
    data.send(1, b"a file\n")
    data.close()
    again = Connection(frames, 40001, 80, first=90000)
    again.send(0, b"GET / HTTP/1.1\r\n\r\n")
    frames.append(eth(0x0800, ipv4(17, udp(50000, 69, b"\0\1file\0octet\0"))))
    frames.append(eth(0x0800, ipv4(17, udp(50001, 50000, b"\0\3\0\1some data", IP_B, IP_A), IP_B, IP_A), B, A))
    question = name("big.example.com") + pk(">HH", 16, 1)
    text = b"\xc0\x0c" + pk(">HHIH", 16, 1, 60, 201) + b"\xc8" + b"x" * 200
    datagram = udp(53, 53001, pk(">HHHHHH", 7, 0x8180, 1, 2, 0, 0) + question + text * 2, IP_B, IP_A)
    parts = [(datagram[at:at + 160], at // 8 | (0x2000 if at + 160 < len(datagram) else 0)) for at in range(0, len(datagram), 160)]
    frames += [eth(0x0800, ipv4(17, part, IP_B, IP_A, ident=77, frag=frag), B, A) for part, frag in parts[::-1]]
    both = []
    client = Connection(both, 40004, 80)
    for path in b"/one", b"/two", b"/three", b"/four", b"/five":
        client.send(0, b"GET " + path + b" HTTP/1.1\r\n\r\n", captured=path != b"/two")
    frames += [frame for frame in both if frame[26:30] == IP_A]
    offer = b"v=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"
    invite = b"INVITE sip:b@192.0.2.2 SIP/2.0\r\nCall-ID: 1@192.0.2.1\r\nCSeq: 1 INVITE\r\nContent-Type: application/sdp\r\n"
    invite += b"Content-Length: %d\r\n\r\n" % len(offer) + offer
    frames.append(eth(0x0800, ipv4(17, udp(5060, 5060, invite))))
    media = pk(">BBHII", 0x80, 0, 7, 160, 0x1234) + b"\xff" * 20
    frames.append(eth(0x0800, ipv4(17, udp(50002, 40000, media, IP_B, IP_A), IP_B, IP_A), B, A))
    both = []
    client = Connection(both, 40005, 80)
    for number in b"1234567":
        client.send(0, b"GET /%c HTTP/1.1\r\n\r\n" % number)
    start, ack, *requests = [frame for frame in both if frame[26:30] == IP_A]
    frames += [start, ack] + [requests[at] for at in (0, 2, 1, 3, 5, 4, 6)]
    both = []
    web = Connection(both, 40006, 80)
    web.send(0, b"GET /first HTTP/1.1\r\n\r\n")
    request = web.send(0, b"GET /late HTTP/1.1\r\n\r\n", captured=False)
    web.send(0, b"GET /early HTTP/1.1\r\n\r\n")
    web.send(1)
    frames += both + [request]
    return pcap("streams.pcap", frames)


def secrets_pcapng():
    """Two of the connections of tls/tls.pcap, one of TLS 1.2 and one of TLS 1.3, behind a block with their secrets."""
    with open(os.path.join(HERE, "tls", "tls.pcap"), "rb") as f:
        data = f.read()
    with open(os.path.join(HERE, "tls", "keys.log"), "rb") as f:
        keys = f.read()
    out = block(0x0A0D0D0A, pk("<IHHq", 0x1A2B3C4D, 1, 0, -1)) + block(1, pk("<HHI", struct.unpack_from("<I", data, 20)[0], 0, 0))
    out += block(10, pk("<II", 0x544C534B, len(keys)) + keys)
    at, ports = 24, []
    while at < len(data):
        seconds, fraction, length, wire = struct.unpack_from("<IIII", data, at)
        frame = data[at + 16:at + 16 + length]
        at += 16 + length
        client = max(struct.unpack_from(">HH", frame, 34))
        if client not in ports:
            ports.append(client)
        if ports.index(client) in (0, 8):
            stamp = seconds * 1_000_000 + fraction
            out += block(6, pk("<IIIII", 0, stamp >> 32, stamp & 0xFFFFFFFF, length, wire) + frame)
    write("secrets.pcapng", out)


def formats():
    """The same two frames in the variants of pcap."""
    two = [eth(0x88B5, acme(1, 1, [])), eth(0x88B5, acme(4, 2, [(9, 9)]))]
    pcap("big-endian-nano.pcap", two, nano=True, order=">", snap=20)
    pcap("little-endian.pcap.gz", two)


if __name__ == "__main__":
    for make in (acme_pcap, every_pcap, office_pcap, tunnels_pcap, broken_pcap, links_pcapng, streams_pcap, secrets_pcapng, formats):
        make()
