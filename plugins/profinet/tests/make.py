#!/usr/bin/env python3
"""Writes the captures beside this file. They are ours: every byte is made here, nothing was recorded anywhere.

Each function that ends in `_pcap` is one capture, and its docstring is its note of origin and purpose.
"""
import os, struct

HERE = os.path.dirname(os.path.abspath(__file__))
pk = struct.pack
A, B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
T0 = 1_700_000_000  # 2023-11-14 22:13:20 UTC


def pcap(file, frames):
    out = pk("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    for i, frame in enumerate(frames):
        out += pk("<IIII", T0 + i // 1000, i % 1000 * 1000, len(frame), len(frame)) + frame
    with open(os.path.join(HERE, file), "wb") as f:
        f.write(out)


def eth(payload, kind=0x8892, pad=True):
    frame = B + A + pk(">H", kind) + payload
    return frame + bytes(max(0, 60 - len(frame))) if pad else frame


def cyclic(frame_id, cycle, status=0x35, transfer=0, data=bytes(range(40))):
    return pk(">H", frame_id) + data + pk(">HBB", cycle, status, transfer)


def dcp(frame_id, service, kind, blocks=b"", delay=0, length=None):
    length = len(blocks) if length is None else length
    return eth(pk(">HBBIHH", frame_id, service, kind, 0x01020304, delay, length) + blocks)


def block(option, suboption, content, length=None):
    block = pk(">BBH", option, suboption, len(content) if length is None else length) + content
    return block + bytes(len(block) % 2)


INFO, SAVE = pk(">H", 0), pk(">H", 1)
HELLO, GET_SET, ASK, FOUND = 0xFEFC, 0xFEFD, 0xFEFE, 0xFEFF
ADDRESS = bytes([192, 0, 2, 7, 255, 255, 255, 0, 192, 0, 2, 1])


def realtime_pcap():
    """What the frame ID tells: cyclic frames of all classes, with a tag of a VLAN and over UDP, good and bad status; alarms,
    clocks and fragments, which others dissect."""
    kinds = 0x0020, 0x0080, 0xFC01, 0xFE01, 0xFE02, 0xFF00, 0xFF20, 0xFF40, 0x0000, 0xFFFF
    over_udp = pk(">HHHH", 34962, 34962, 54, 0) + cyclic(0xC000, 9)
    over_ip = pk(">BBHHHBBH4s4s", 0x45, 0, 74, 1, 0, 64, 17, 0xF671, bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])) + over_udp
    pcap("realtime.pcap", [
        *(eth(cyclic(frame_id, 128 * i)) for i, frame_id in enumerate((0x0100, 0x0700, 0x8000, 0xBC00, 0xC000, 0xF800))),
        eth(cyclic(0x8001, 65535, status=0xCA, transfer=1)),
        eth(pk(">HH", 6 << 13, 0x8892) + cyclic(0x8002, 7), kind=0x8100),
        eth(over_ip, kind=0x0800),
        *(eth(pk(">H", frame_id) + b"not dissected here") for frame_id in kinds),
        eth(pk(">HBB", 0xFF80, 1, 0x80) + b"8 octets"),
        eth(pk(">HBB", 0xFF80, 1, 0x01) + b"the last"),
    ])


def dcp_pcap():
    """A controller looks for a device, names it and gives it an address; a device says hello; every kind of block."""
    name = lambda with_info, text: block(2, 2, with_info + text)
    properties = [
        block(2, 1, INFO + b"Pump"), name(INFO, b"pump-1"), block(2, 3, INFO + pk(">HH", 0x1234, 0x0001)),
        block(2, 4, INFO + b"\x01\x00"), block(2, 5, INFO + bytes([1, 1, 1, 2, 2, 2, 3, 61, 5, 3, 6, 1, 7, 1, 128, 4, 255, 255])),
        block(2, 6, INFO + b"port-001.pump-1"), block(2, 7, INFO + b"\x00\x64"), block(2, 8, INFO + pk(">HH", 0x4321, 2)),
        block(2, 10, INFO + pk(">H", 0x8015)),
    ]
    others = [
        block(1, 1, INFO + B), block(1, 2, pk(">H", 0x81) + ADDRESS), block(1, 3, INFO + ADDRESS + ADDRESS[8:] * 4),
        block(3, 61, INFO + b"\x3d\x01\x01"), block(3, 61, INFO + b"\x3d\x04\x00abc"), block(3, 255, INFO + b"\xff\x01\x02"),
        block(6, 1, INFO + b"\x00\x01"), block(7, 2, INFO + pk(">H", 0x3000)), block(7, 3, INFO + bytes(range(16))),
        block(7, 4, INFO + bytes(16)), block(0x80, 1, b"ours"), block(4, 1, INFO + b"reserved"),
    ]
    pcap("dcp.pcap", [
        dcp(ASK, 5, 0, block(255, 255, b""), delay=1),
        dcp(ASK, 5, 0, name(b"", b"pump-1"), delay=128),
        dcp(FOUND, 5, 1, b"".join(properties)),
        dcp(FOUND, 5, 1, b"".join(others)),
        dcp(GET_SET, 3, 0, bytes([2, 2, 1, 2])),
        dcp(GET_SET, 3, 1, name(INFO, b"pump-1") + block(1, 2, pk(">H", 1) + ADDRESS)),
        dcp(GET_SET, 4, 0, block(5, 1, SAVE) + name(SAVE, b"pump-2") + block(1, 2, SAVE + ADDRESS) + block(5, 2, SAVE)),
        dcp(GET_SET, 4, 1, block(5, 4, bytes([2, 2, 0])) + block(5, 4, bytes([1, 2, 6]))),
        dcp(GET_SET, 4, 0, block(5, 3, INFO + pk(">H", 0x0100))),
        dcp(GET_SET, 4, 0, block(5, 5, INFO) + block(5, 6, pk(">H", 4)) + block(5, 1, b"")),
        dcp(GET_SET, 4, 5),
        dcp(HELLO, 6, 0, name(INFO, b"pump-2") + block(6, 1, INFO + b"\x00\x00")),
        dcp(GET_SET, 1, 0, b"of a manufacturer"),
    ])


def broken_pcap():
    """Frames that end too early, lengths that lie, blocks without anything in them."""
    found = dcp(FOUND, 5, 1, block(2, 2, INFO + b"pump-1") + block(1, 2, INFO + ADDRESS))
    frames = [found[:n] for n in range(14, 58)]
    frames += [eth(cyclic(0x8000, 1)[-n:] if n else b"", pad=False) for n in range(4)]
    frames += [eth(pk(">H", 0x8000) + bytes(n), pad=False) for n in range(5)]
    frames += [eth(pk(">H", 0xFF80) + bytes(n), pad=False) for n in range(3)]
    frames += [dcp(FOUND, 5, 1, block(2, 2, INFO + b"pump-1"), length=n) for n in (0, 1, 3, 4, 5, 11, 13, 200, 0xFFFF)]
    frames += [dcp(FOUND, 5, 1, block(2, 2, INFO + b"pump-1", length=n)) for n in (0, 1, 2, 3, 7, 9, 50, 0xFFFF)]
    for option, suboption in (1, 1), (1, 2), (1, 3), (2, 3), (2, 4), (2, 5), (2, 7), (2, 8), (2, 10), (3, 61), (6, 1), (7, 2), (7, 3):
        frames.append(dcp(FOUND, 5, 1, block(option, suboption, INFO + b"\x01")))
    for suboption in range(1, 8):
        frames.append(dcp(GET_SET, 4, 0, block(5, suboption, b"\x00")))
    frames.append(dcp(GET_SET, 3, 0, bytes([2, 2, 1])))
    pcap("broken.pcap", frames)


if __name__ == "__main__":
    for name, function in list(globals().items()):
        if name.endswith("_pcap"):
            function()
