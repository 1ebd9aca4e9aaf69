#!/usr/bin/env python3
"""Writes tls.pcap, connections of this machine's own OpenSSL with itself, and keys.log, their secrets.

Nothing is recorded from a network: client and server are two objects in memory, and what they write becomes TCP segments
here. One connection for each way to protect records, each with a request and an answer of HTTP. Certificates and random
numbers are new each time, so the files differ from run to run; the test asks only for what was said.
"""
import os, ssl, struct, subprocess, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SUITES = [
    (ssl.TLSVersion.TLSv1_2, "ECDHE-RSA-AES128-GCM-SHA256"),
    (ssl.TLSVersion.TLSv1_2, "AES256-GCM-SHA384"),
    (ssl.TLSVersion.TLSv1_2, "ECDHE-RSA-CHACHA20-POLY1305"),
    (ssl.TLSVersion.TLSv1_2, "AES128-CCM8"),
    (ssl.TLSVersion.TLSv1_2, "AES128-CCM"),
    (ssl.TLSVersion.TLSv1_2, "ECDHE-RSA-AES128-SHA256"),  # OpenSSL encrypts, then takes the MAC
    (ssl.TLSVersion.TLSv1_2, "ECDHE-RSA-AES256-SHA384"),
    (ssl.TLSVersion.TLSv1_2, "AES256-SHA"),
    (ssl.TLSVersion.TLSv1_3, None),
]
REQUEST = b"GET /secret HTTP/1.1\r\nHost: tls.example\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhidden"
NO_ENCRYPT_THEN_MAC = 1 << 19


def frame(number, source, sequence, acknowledgement, data, flags=0x18):
    port = 40000 + number
    ports = (port, 443) if source == 0 else (443, port)
    tcp = struct.pack(">HHIIBBHHH", *ports, sequence, acknowledgement, 0x50, flags, 65535, 0, 0) + data
    ends = [bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])]
    if source:
        ends.reverse()
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6, 0, *ends)
    return bytes(12) + b"\x08\x00" + ip + tcp


def connection(number, certificate, keylog, version, suite, options=0):
    sides = [ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)]
    for context in sides:
        context.minimum_version = context.maximum_version = version
        context.set_alpn_protocols(["http/1.1"])
        context.options |= options
        if suite:
            context.set_ciphers(suite + ":@SECLEVEL=0")
    sides[0].check_hostname, sides[0].verify_mode = False, ssl.CERT_NONE
    sides[0].keylog_filename = keylog
    sides[1].load_cert_chain(certificate)
    frames, sent = [frame(number, 0, 0, 0, b"", 2), frame(number, 1, 0, 1, b"", 0x12)], [1, 1]

    # What one end writes goes to the other by way of the list of frames.
    inputs, outputs = [ssl.MemoryBIO(), ssl.MemoryBIO()], [ssl.MemoryBIO(), ssl.MemoryBIO()]
    ends = [
        sides[0].wrap_bio(inputs[0], outputs[0], server_hostname="tls.example"),
        sides[1].wrap_bio(inputs[1], outputs[1], server_side=True),
    ]

    def pump():
        for end in (0, 1):
            data = outputs[end].read()
            for at in range(0, len(data), 1000):
                part = data[at : at + 1000]
                frames.append(frame(number, end, sent[end], sent[1 - end], part))
                sent[end] += len(part)
            inputs[1 - end].write(data)

    def attempt(action):
        try:
            return action()
        except ssl.SSLWantReadError:
            return None

    for _ in range(6):
        for end in ends:
            attempt(end.do_handshake)
            pump()
    ends[0].write(REQUEST)
    pump()
    assert ends[1].read() == REQUEST
    ends[1].write(ANSWER)
    pump()
    attempt(ends[0].read)
    attempt(ends[0].unwrap)
    pump()
    return frames


def main():
    keylog = os.path.join(HERE, "keys.log")
    if os.path.exists(keylog):
        os.remove(keylog)
    with tempfile.TemporaryDirectory() as scratch:
        certificate = os.path.join(scratch, "both.pem")
        key = os.path.join(scratch, "key.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=tls.example/O=Example", "-days",
             "3650", "-addext", "subjectAltName=DNS:tls.example", "-keyout", key, "-out", certificate],
            check=True, capture_output=True)
        with open(certificate, "a") as both:
            both.write(open(key).read())
        frames = []
        for number, (version, suite) in enumerate(SUITES):
            frames += connection(number, certificate, keylog, version, suite)
        frames += connection(len(SUITES), certificate, keylog, ssl.TLSVersion.TLSv1_2, "AES128-SHA256", NO_ENCRYPT_THEN_MAC)
    with open(os.path.join(HERE, "tls.pcap"), "wb") as capture:
        capture.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number, data in enumerate(frames):
            capture.write(struct.pack("<IIII", 1_700_000_000, number, len(data), len(data)) + data)


main()
