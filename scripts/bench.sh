#!/usr/bin/env bash
# Times the command against other tools: CPU time, medians of RUNS rounds in which each runs once (default 5).
# Takes the inputs and peers of ../shared/bench, which it makes on the first run. JOBS chooses among its jobs.
set -euo pipefail
cd "$(dirname "$0")/.."

bench=../shared/bench
if [ ! -f "$bench/bench.py" ]; then
    echo "bench: $bench is not there; it holds the generators and the peers" >&2
    exit 1
fi
work=$PWD/target/bench
[ -f "$work/inputs/truth.json" ] || python3 "$bench/make_inputs.py" "$work/inputs" >/dev/null
[ -x "$work/peers/floor" ] || bash "$bench/peers/build.sh" "$work/peers" || echo "bench: not every peer could be built" >&2
# shellcheck disable=SC2086
python3 "$bench/bench.py" "$PWD/target/release/prosector" "$work/inputs" "$work/peers" ${JOBS:-start summary nine-fields acme acme-every}
echo
cargo bench --locked -q -p prosector-cli --bench boundary -- "$work/inputs/custom1m.pcap"
