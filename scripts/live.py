#!/usr/bin/env python3
"""Measures live capture against dumpcap and tshark, on a veth pair between two network namespaces that it makes and removes.

    scripts/live.py rates [--input mixed100k.pcap] [--loops 10] [--rates 20000,50000,100000,top]
    scripts/live.py latency
    scripts/live.py soak [--input mixed1m.pcap] [--loops 100] [--no-ring]

Needs root, `ip`, `tcpreplay`, and for comparison `dumpcap` and `tshark`. Inputs are those that `make bench` makes. Prints tables in
Markdown: what was sent, captured and dropped, CPU time, peak memory, and how long the tool went on behind the last frame.
"""

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
PROSECTOR = TOP / "target/release/prosector"
INPUTS = TOP / "target/bench/inputs"
SPACES = ("prosector-live-a", "prosector-live-b")
BUFFER = "2"  # MiB of kernel buffer, dumpcap's default
FIELDS = ["frame.number", "ip.src", "ip.dst", "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport", "ip.proto", "frame.len"]
COLUMNS = [part for field in FIELDS for part in ("-e", field)]


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


def remove_spaces():
    for name in SPACES:
        subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL)


def make_spaces():
    a, b = SPACES
    remove_spaces()
    ip("netns", "add", a)
    ip("netns", "add", b)
    ip("-n", a, "link", "add", "va", "type", "veth", "peer", "name", "vb", "netns", b)
    for space, device in ((a, "va"), (b, "vb")):
        # Nothing but what is replayed is to be on the wire.
        inside(space, ["sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"]).wait()
        ip("-n", space, "link", "set", device, "up")


def inside(space, command, **options):
    return subprocess.Popen(["ip", "netns", "exec", space, *map(str, command)], **options)


def replay(path, loops, rate):
    """Sends a capture; gives how many frames were sent, and how many a second."""
    speed = ["-t"] if rate == "top" else [f"--pps={rate}"]
    command = ["tcpreplay", "-i", "va", "-K", f"--loop={loops}", *speed, path]
    report = inside(SPACES[0], command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).communicate()[0]
    sent = int(re.search(r"Actual: (\d+) packets", report)[1])
    return sent, float(re.search(r"([\d.]+) pps", report)[1])


def wait_until_started(process, seconds=1.5):
    time.sleep(seconds)
    if process.poll() is not None:
        sys.exit(f"live: {process.args} has ended early")


class Tool:
    """A way to capture, and how it tells what it has captured."""

    def __init__(self, name, command, captured, dropped):
        self.name, self.command, self.captured, self.dropped = name, command, captured, dropped

    def run(self, path, loops, rate):
        process = inside(SPACES[1], self.command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        messages = []
        reader = threading.Thread(target=lambda: messages.append(process.stderr.read()))
        reader.start()
        wait_until_started(process)
        sent, pps = replay(path, loops, rate)
        ended = time.monotonic()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        # `ip netns exec` becomes the command itself, so this is its usage, and of tshark that of the dumpcap that it starts.
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        lag = max(0.0, time.monotonic() - ended - 0.5)
        reader.join()
        text = "".join(messages)
        find = lambda pattern: sum(int(n) for n in re.findall(pattern, text))
        return {
            "sent": sent, "pps": pps, "captured": find(self.captured), "dropped": find(self.dropped),
            "not shown": find(r"(\d+) not shown"), "cpu": usage.ru_utime + usage.ru_stime, "mib": usage.ru_maxrss / 1024, "lag": lag,
        }


def tools(job):
    file = "/tmp/prosector-live.pcapng"
    ours = (r"(\d+) frames received", r"(\d+) dropped by the kernel")
    if job == "write":
        return [
            Tool("prosector capture -w", [PROSECTOR, "capture", "-i", "vb", "-B", BUFFER, "-w", file], *ours),
            Tool("dumpcap -w", ["dumpcap", "-q", "-i", "vb", "-B", BUFFER, "-w", file], r"Packets captured: (\d+)", r"'vb': \d+/(\d+)"),
        ]
    return [
        Tool("prosector -T fields", [PROSECTOR, "capture", "-i", "vb", "-B", BUFFER, "-T", "fields", *COLUMNS], *ours),
        Tool(
            "tshark -T fields",
            ["tshark", "-n", "-i", "vb", "-B", BUFFER, "-T", "fields", *COLUMNS],
            r"(\d+) packets captured",
            r"(\d+) packets dropped",
        ),
    ]


def rates(options):
    path = INPUTS / options.input
    print("| job | offered frames/s | tool | captured | dropped | not shown | CPU s | peak MiB | seconds behind |")
    print("|---|---|---|---|---|---|---|---|---|")
    for job in ("write", "fields"):
        for rate in options.rates.split(","):
            for tool in tools(job):
                # tshark is given less to do at low rates: it would take minutes.
                loops = options.loops if rate == "top" else max(1, options.loops // 5)
                r = tool.run(path, loops, rate)
                lost = "0" if r["dropped"] == 0 else f"{r['dropped']:,} ({100 * r['dropped'] / r['sent']:.1f} %)"
                print(
                    f"| {job} | {r['pps']:,.0f} | {tool.name} | {r['captured']:,} of {r['sent']:,} | {lost} | {r['not shown']:,} "
                    f"| {r['cpu']:.2f} | {r['mib']:.0f} | {r['lag']:.1f} |",
                    flush=True,
                )


def latency(_):
    """From sending a frame to reading its line, at ten frames a second."""
    a, b = SPACES
    print("| tool | median ms | 95 % ms | longest ms |")
    print("|---|---|---|---|")
    columns = ["-T", "fields", "-e", "frame.number"]
    for name, command in (
        ("prosector", [PROSECTOR, "capture", "-i", "vb", *columns]),
        ("prosector --immediate", [PROSECTOR, "capture", "-i", "vb", "--immediate", *columns]),
        ("tshark -l", ["tshark", "-n", "-l", "-i", "vb", *columns]),
    ):
        process = inside(b, command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        wait_until_started(process, 2)
        sender = subprocess.Popen(
            ["ip", "netns", "exec", a, sys.executable, "-c", SENDER], stdin=subprocess.PIPE, bufsize=0
        )
        times = []
        for n in range(60):
            time.sleep(0.1 + (n % 7) / 300)
            begun = time.monotonic()
            sender.stdin.write(b"x")
            process.stdout.readline()
            times.append(1000 * (time.monotonic() - begun))
        sender.kill()
        process.send_signal(signal.SIGINT)
        process.wait()
        times.sort()
        print(f"| {name} | {statistics.median(times):.1f} | {times[int(0.95 * len(times))]:.1f} | {times[-1]:.1f} |")


SENDER = """
import os, socket
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(("va", 0))
while os.read(0, 1):
    wire.send(bytes.fromhex("020000000002 020000000001 88b5".replace(" ", "")) + bytes(46))
"""


def soak(options):
    """Memory over a long run, while it prints columns and, unless that is unwanted, writes a ring."""
    ring = [] if options.no_ring else ["-w", "/tmp/prosector-live.pcapng", "-b", "filesize:200000", "-b", "files:3"]
    command = [PROSECTOR, "capture", "-i", "vb", "-B", BUFFER, "-T", "fields", *COLUMNS, *ring]
    process = inside(SPACES[1], command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    wait_until_started(process)
    result = []
    begun = time.monotonic()
    sender = threading.Thread(target=lambda: result.append(replay(INPUTS / options.input, options.loops, "top")))
    sender.start()
    samples = []
    while sender.is_alive():
        time.sleep(0.25)
        status = Path(f"/proc/{process.pid}/status").read_text()
        samples.append((time.monotonic() - begun, int(re.search(r"VmRSS:\s+(\d+)", status)[1])))
    (sent, pps), = result
    process.send_signal(signal.SIGINT)
    print(process.communicate()[1].strip())
    # The sender loads the whole capture before it begins: the last frame is what can be counted from.
    start = samples[-1][0] - sent / pps
    first = max(rss for at, rss in samples if at <= start + 1_000_000 / pps)
    peak = max(rss for _, rss in samples)
    print(f"{sent:,} frames, {pps:,.0f} a second; peak memory {first / 1024:.1f} MiB in the first million, {peak / 1024:.1f} MiB in all: {peak / first:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["rates", "latency", "soak"])
    parser.add_argument("--input")
    parser.add_argument("--loops", type=int)
    parser.add_argument("--no-ring", action="store_true")
    parser.add_argument("--rates", default="20000,50000,100000,top")
    options = parser.parse_args()
    options.input = options.input or ("mixed1m.pcap" if options.what == "soak" else "mixed100k.pcap")
    options.loops = options.loops or (100 if options.what == "soak" else 10)
    make_spaces()
    try:
        {"rates": rates, "latency": latency, "soak": soak}[options.what](options)
    finally:
        remove_spaces()
        for file in Path("/tmp").glob("prosector-live*"):
            file.unlink(missing_ok=True)


main()
