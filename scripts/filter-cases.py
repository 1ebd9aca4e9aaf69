#!/usr/bin/env python3
"""filter-cases.py [--bless] [CASES]: asks tshark how many frames each case of tests/filters.tsv matches.

A case is a line of capture, display filter and count, parted by tabs. Captures without a folder are those of tests/captures, others
lie in ../shared/corpus. Without --bless, counts that differ are printed and the exit status is 1; with it, the file is written
anew with tshark's counts (a new case may leave its count out). Filters that tshark refuses are named and kept as they are.
"""
import argparse
import pathlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

TOP = pathlib.Path(__file__).resolve().parent.parent


def path(capture):
    folder = TOP.parent / "shared/corpus" if "/" in capture else TOP / "tests/captures"
    return folder / capture


def count(case):
    """The number of matching frames; the message of a filter that is refused; None without the capture."""
    capture, text = case
    if not path(capture).is_file():
        return None
    call = ["tshark", "-n", "-r", path(capture), "-Y", text, "-T", "fields", "-e", "frame.number"]
    run = subprocess.run(call, capture_output=True, text=True, env={"TZ": "UTC", "PATH": "/usr/bin:/bin"})
    refused = [line for line in run.stderr.splitlines() if line.startswith("tshark:")]
    # A capture that breaks off is told in the same way, after its frames.
    if refused and run.returncode and not run.stdout and "appears to have been cut" not in run.stderr:
        return refused[0]
    return len(run.stdout.split())


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--bless", action="store_true", help="write tshark's counts")
    options.add_argument("cases", nargs="?", type=pathlib.Path, default=TOP / "tests/filters.tsv")
    options = options.parse_args()
    lines = options.cases.read_text().splitlines()
    cases = [line.split("\t") for line in lines if line and not line.startswith("# ")]
    with ThreadPoolExecutor(2) as pool:
        counts = dict(zip(map(tuple, (c[:2] for c in cases)), pool.map(count, [c[:2] for c in cases])))
    wrong, written = 0, []
    for line in lines:
        if not line or line.startswith("# "):
            written.append(line)
            continue
        capture, text, *expected = line.split("\t")
        found = counts[capture, text]
        if not isinstance(found, int):
            print(f"{capture}\t{text}: {found or 'no such capture'}", file=sys.stderr)
        elif expected != [str(found)]:
            wrong += 1
            print(f"{capture}\t{text}: tshark finds {found}, not {''.join(expected) or '-'}")
            line = f"{capture}\t{text}\t{found}"
        written.append(line)
    if options.bless:
        options.cases.write_text("\n".join(written) + "\n")
    sys.exit(1 if wrong and not options.bless else 0)


if __name__ == "__main__":
    main()
