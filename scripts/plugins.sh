#!/usr/bin/env bash
# Builds the plugin packages of this repository: target/plugins/NAME.wasm for each folder of plugins/ whose crate is a
# cdylib, and the native plugin of examples/native. Needs target/release/prosector, and what scripts/setup.sh sets up.
set -euo pipefail
cd "$(dirname "$0")/.."

names=$(grep -l '"cdylib"' plugins/*/Cargo.toml | xargs -n1 dirname | xargs -n1 basename)
packages=$(for name in $names; do printf -- '-p prosector-%s ' "$name"; done)
target=wasm32-unknown-unknown
# A plugin is small and built once: it gets the best code. The names that a trap's backtrace shows stay.
export CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1
build="build --release --locked --target $target --target-dir target/wasm"

if [ -d "$(rustc --print sysroot)/lib/rustlib/$target" ]; then
    # shellcheck disable=SC2086
    cargo $build $packages
else
    # Debian's Rust is named by its path: rustup's stands before it on the PATH.
    # shellcheck disable=SC2086
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22 \
        /usr/bin/cargo $build -Zbuild-std=std,panic_abort $packages
fi
cargo build --release --locked -p prosector-acme-native
mkdir -p target/plugins
cp target/release/libprosector_acme_native.* target/plugins/ # .so, or what the system calls it
for name in $names; do
    target/release/prosector package pack "target/wasm/$target/release/prosector_$name.wasm" -o "target/plugins/$name.wasm"
done
