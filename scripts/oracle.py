#!/usr/bin/env python3
"""Hold the command against an oracle's answers for a corpus of real captures, and the figures against the floor.

usage: scripts/oracle.py [--raise]        (CORPUS=../shared/corpus and ORACLE=../shared/oracle/compare.py unless set)

.ci/oracle-floor holds, for each protocol and for all together, what agreement was reached: the share of cells whose
field is known, the share of compared cells that are equal, and the share of all cells averaged over protocols and
files. No figure may fall, but for agreement where more became known of a protocol in exchange. --raise writes today's figures down, if none fell, there and for people in docs/protocols.md.
"""
import json, os, subprocess, sys, tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FLOOR = os.path.join(TOP, ".ci", "oracle-floor")
SHARED = os.path.join(TOP, "..", "shared")
CORPUS = os.environ.get("CORPUS", os.path.join(SHARED, "corpus"))
ORACLE = os.environ.get("ORACLE", os.path.join(SHARED, "oracle", "compare.py"))
TABLE = os.path.join(TOP, "docs", "protocols.md")
HOST = os.path.join(TOP, "target", "release", "prosector")
FIGURES = ("covered", "agree", "even")
# Files where the oracle has the wrong number of frames; docs/oracle.md says why.
ORACLE_ERRS = {"suricata-verify/tests__bug-6875-01__fuzz.pcap"}
# One cell less in a million is a rounding, not a fall.
SLACK = 1e-6


def measure():
    """Figures by protocol, for every protocol that the command knows, the number of captures of each, and the faults."""
    with tempfile.TemporaryDirectory() as folder:
        result = os.path.join(folder, "result.json")
        subprocess.run([sys.executable, ORACLE, HOST, CORPUS, "--json", result], check=True, stdout=subprocess.DEVNULL, cwd=TOP)
        with open(result) as f:
            found = json.load(f)
    figures = {p: v for p, v in found["protocols"].items() if v["covered"] > 0}
    figures["all"] = found
    files = {p: v["files"] for p, v in figures.items()}
    return {p: tuple(v[k] for k in FIGURES) for p, v in figures.items()}, files, found["faults"]


def floor():
    if not os.path.exists(FLOOR):
        return {}
    with open(FLOOR) as f:
        rows = [line.split() for line in f if not line.startswith("#")]
    return {protocol: tuple(map(float, figures)) for protocol, *figures in rows}


def write_table(figures, files):
    """Every protocol of the command with its figures, for people."""
    listed = subprocess.run([HOST, "list", "protocols", "--json"], check=True, capture_output=True, text=True, cwd=TOP)
    rows = [(p["name"], p["title"].replace("|", "\\|")) for p in json.loads(listed.stdout) if p["origin"] == "built-in"]
    with open(TABLE, "w") as f:
        f.write(
            "# Built-in protocols\n\n"
            "Written by `scripts/oracle.py --raise`. The figures compare our values with those of tshark 4.0.17 over a corpus of real captures:\n"
            "*covered* is the share of tshark's cells whose field we know, *agree* the share of compared cells that are equal,\n"
            "*even* the share of all cells, averaged over captures. What differs on purpose is in [oracle.md](oracle.md).\n"
            "Protocols without figures have no traffic of their own in that corpus, or are counted under another name.\n\n"
            "| protocol | | captures | covered | agree | even |\n|---|---|---|---|---|---|\n"
        )
        for name, title in sorted(rows):
            row = [f"{x:.4f}" for x in figures[name]] if name in figures else ["", "", ""]
            f.write(f"| `{name}` | {title} | {files.get(name, '')} | " + " | ".join(row) + " |\n")
        f.write(f"| all | | {files['all']} | " + " | ".join(f"{x:.4f}" for x in figures["all"]) + " |\n")


def main():
    figures, files, faults = measure()
    before, fell = floor(), []
    faults = [(os.path.relpath(path, CORPUS), why) for path, why in faults]
    for path, why in faults:
        print(f"{'oracle errs' if path in ORACLE_ERRS else 'FAULT'} {path}: {why}")
    faults = [path for path, _ in faults if path not in ORACLE_ERRS]
    print(f"{'protocol':12} {'covered':>9} {'agree':>9} {'even':>9}")
    for protocol, now in sorted(figures.items()):
        print(f"{protocol:12} " + " ".join(f"{x:9.6f}" for x in now))
        floors = before.get(protocol, (0, 0, 0))
        for name, x, least in zip(FIGURES, now, floors):
            # Of what was not known before nobody has said how well it agrees.
            if name == "agree" and now[0] > floors[0] + SLACK:
                continue
            if x < least - SLACK:
                fell.append(f"{protocol}: {name} fell from {least:.6f} to {x:.6f}")
    fell += [f"{protocol}: no longer there" for protocol in before if protocol not in figures]
    print("\n".join(fell) or "nothing fell")
    if fell or faults:
        sys.exit(1)
    if "--raise" in sys.argv[1:]:
        with open(FLOOR, "w") as f:
            f.write(f"# protocol {' '.join(FIGURES)}: written by scripts/oracle.py --raise; may only rise\n")
            for protocol, now in sorted(figures.items()):
                f.write(f"{protocol} " + " ".join(f"{int(x * 1e6) / 1e6:.6f}" for x in now) + "\n")
        write_table(figures, files)


if __name__ == "__main__":
    main()
