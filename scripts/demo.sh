#!/usr/bin/env bash
# A short tour on sample captures. Each command is shown before it runs.
set -euo pipefail
cd "$(dirname "$0")/.."

show() {
    printf '\n$ prosector %s\n' "$*"
    target/release/prosector "$@"
}

echo "Fifteen frames of a small network, one line each:"
show read tests/captures/office.pcap
echo
echo "ACME telemetry, a protocol of its own on ethertype 0x88b5. Its dissector is a sandboxed WebAssembly plugin,"
echo "$(head -n 200 plugins/acme/src/lib.rs | sed -n '/^impl Dissector/,/^}/p' | wc -l) lines of Rust in plugins/acme. One frame as a tree, with its bytes:"
show read tests/captures/acme.pcap -V -x -c 2
echo
echo "Chosen fields as columns, plugin fields among them:"
show read tests/captures/acme.pcap -T fields -e frame.number -e eth.src -e vlan.id -e acme.type -e acme.tlv.value -e acme.sum
