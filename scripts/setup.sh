#!/usr/bin/env bash
# Sets up what building needs, once: C compilers, libpcap, and a way to compile plugins for wasm32-unknown-unknown. Installs
# nothing that is there. Debian and its relatives get packages; elsewhere it says what is missing. With the argument `all`, also what
# some tests do without: a registry to publish in.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "setup: $*" >&2; }

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo

install() {
    if ! command -v apt-get >/dev/null; then
        say "this machine lacks: $*"
        say "install what your system calls these Debian packages, then try again"
        exit 1
    fi
    if [ -n "$sudo" ] && ! command -v sudo >/dev/null; then
        say "run as root: apt-get install $*"
        exit 1
    fi
    say "installing $*"
    $sudo apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

if ! command -v cargo >/dev/null; then
    say "no cargo: install Rust with rustup, https://rustup.rs"
    exit 1
fi
need=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
have=$(rustc --version | cut -d' ' -f2)
if [ "$(printf '%s\n' "$need" "$have" | sort -V | head -n1)" != "$need" ]; then
    say "Rust $have is too old, $need is needed: rustup update stable"
    exit 1
fi

command -v cc >/dev/null || install gcc libc6-dev
# Plugins in C; rust-lld or wasm-ld links them.
command -v clang >/dev/null || install clang
# Live capture: libpcap, to be linked with.
echo 'int main(void) { return 0; }' | cc -xc - -lpcap -o /dev/null 2>/dev/null || install libpcap-dev

if [ "${1:-}" = all ]; then
    command -v docker-registry >/dev/null || install docker-registry
    command -v git >/dev/null || install git
fi

# Three ways to the wasm32 standard library: it is there; rustup fetches it; Debian's own Rust builds it from source.
# scripts/plugins.sh takes the same order.
if [ ! -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ]; then
    if ! { command -v rustup >/dev/null && rustup target add wasm32-unknown-unknown >/dev/null 2>&1; }; then
        if ! { [ -x /usr/bin/cargo ] && [ -d /usr/lib/rustlib/src ] && command -v wasm-ld-22 >/dev/null; }; then
            say "rustup can't fetch the target wasm32-unknown-unknown here; Debian's Rust will build it"
            install rustc-web cargo-web rust-web-src lld-22
        fi
    fi
fi
