#!/usr/bin/env bash
# Builds the plugin packages of this repository: target/plugins/NAME.wasm for each folder of plugins/ and tests/plugins/
# whose crate is one, and the native ones of examples/native and tests/plugins. Needs target/release/prosector, and what scripts/setup.sh sets up.
set -euo pipefail
cd "$(dirname "$0")/.."

# Crates that are a library too: the native ones have nothing to compile for WebAssembly.
names=$(grep -l '"cdylib", "rlib"' plugins/*/Cargo.toml tests/plugins/*/Cargo.toml | xargs -n1 dirname | xargs -n1 basename)
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
cargo build --release --locked -p prosector-acme-native -p prosector-every-native
mkdir -p target/plugins
for library in target/release/*prosector_*_native.*; do
    case $library in *.so | *.dylib | *.dll) cp "$library" target/plugins/ ;; esac
done
for name in $names; do
    target/release/prosector package pack "target/wasm/$target/release/prosector_$name.wasm" -o "target/plugins/$name.wasm"
done
