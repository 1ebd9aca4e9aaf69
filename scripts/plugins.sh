#!/usr/bin/env bash
# Builds the plugin packages of this repository, as anybody builds theirs: target/plugins/NAME.wasm for each folder of plugins/ and
# tests/plugins/ whose crate is one; and the native ones of examples/native and tests/plugins. Needs target/release/prosector, and
# what scripts/setup.sh sets up.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p target/plugins
# Crates that are a library too: the native ones have nothing to compile for WebAssembly.
for folder in $(grep -l '"cdylib", "rlib"' plugins/*/Cargo.toml tests/plugins/*/Cargo.toml | xargs -n1 dirname); do
    target/release/prosector plugin build "$folder" -o "target/plugins/$(basename "$folder").wasm"
done
cargo build --release --locked -p prosector-acme-native -p prosector-every-native
for library in target/release/*prosector_*_native.*; do
    case $library in *.so | *.dylib | *.dll) cp "$library" target/plugins/ ;; esac
done
