#!/usr/bin/env bash
# Runs every test of the workspace and closes with one line that counts them all.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo test --release --locked --workspace 2>&1 | awk '
    { print }
    /^test result:/ { passed += $4; failed += $6; ignored += $8 }
    END { printf "%d passed, %d failed, %d skipped\n", passed, failed, ignored }'
