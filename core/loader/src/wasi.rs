//! An empty WASI 0.2, for guests whose language's runtime does not start without one.
//!
//! Invariant: every function here is a pure function of its arguments. So what a guest computes does not depend on the
//! machine, nor on what it was asked before, and the host keeps nothing for it.

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, ComponentType, Linker, LinkerInstance, Lower, Resource, ResourceType, WasmList};
use wasmtime::{Result, StoreContextMut, bail, ensure};

/// Bytes that `check-write` asks for at a time. More are swallowed too.
const MAX_WRITE: u64 = 1 << 20;
/// Random bytes that one call gives: as in browsers.
const MAX_RANDOM: u64 = 1 << 16;
/// What the monotonic clock shows, always: were it to go on, results would depend on how often a guest was called.
/// Waiting ends at once; a guest that looks at the clock until a time has come is stopped by the limit of its call. Not
/// 0, at which Go's runtime does not start.
const NOW: u64 = 1_000_000_000;
/// What is random elsewhere. Not 0, of which some generators never get away.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// Every resource. None has state, and the guest's own types keep streams and pollables apart; so wherever an
/// interface uses a resource of another one, at whatever version, the two are the same.
struct Handle;

#[derive(ComponentType, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    #[allow(dead_code)] // part of the type, but nothing fails
    LastOperationFailed(Resource<Handle>),
    #[component(name = "closed")]
    Closed,
}

#[derive(ComponentType, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

/// Whether an import is WASI's: `wasi:cli/stdout@0.2.6`.
pub(crate) fn is_wasi(import: &str) -> bool {
    import.starts_with("wasi:")
}

/// Gives a component an empty WASI 0.2: no files, network, environment, arguments, time or randomness. What language
/// runtimes call when they start and in normal work has an answer; any other function traps with its name.
///
/// Defines what the component imports from `wasi:` and nothing else, so any other import that the linker lacks is
/// still an error. The linker is then this component's: others import other versions and functions.
pub(crate) fn add_empty<T: 'static>(linker: &mut Linker<T>, component: &Component) -> Result<()> {
    let engine = component.engine();
    // Functions that have an answer replace their traps.
    linker.allow_shadowing(true);
    for (import, item) in component.component_type().imports(engine) {
        let ComponentItem::ComponentInstance(ty) = item.ty else { continue };
        if !is_wasi(import) {
            continue;
        }
        // Each at the very version that is imported: an exact match hides all others from wasmtime.
        let mut instance = linker.instance(import)?;
        for (name, item) in ty.exports(engine) {
            match item.ty {
                ComponentItem::ComponentFunc(_) => {
                    let full = format!("{import}#{name}");
                    instance.func_new(name, move |_, _, _, _| bail!("{full}: not in the sandbox's empty WASI"))?;
                }
                ComponentItem::Resource(_) => instance.resource(name, ResourceType::host::<Handle>(), |_, _| Ok(()))?,
                _ => {}
            }
        }
        add_answers(&mut instance, import)?;
    }
    linker.allow_shadowing(false);
    Ok(())
}

/// Defines the functions of an interface that have an answer.
fn add_answers<T: 'static>(to: &mut LinkerInstance<'_, T>, import: &str) -> Result<()> {
    match import.split('@').next().unwrap_or(import) {
        "wasi:cli/environment" => {
            give(to, "get-environment", Vec::<(String, String)>::new)?;
            give(to, "get-arguments", Vec::<String>::new)?;
            give(to, "initial-cwd", || None::<String>)
        }
        "wasi:cli/exit" => {
            to.func_wrap("exit", |_, _: (Result<(), ()>,)| -> Result<()> { bail!("the guest exited") })?;
            to.func_wrap("exit-with-code", |_, (code,): (u8,)| -> Result<()> { bail!("the guest exited with {code}") })
        }
        "wasi:cli/stdin" => give(to, "get-stdin", handle),
        "wasi:cli/stdout" => give(to, "get-stdout", handle),
        "wasi:cli/stderr" => give(to, "get-stderr", handle),
        "wasi:cli/terminal-stdin" => give(to, "get-terminal-stdin", || None::<Resource<Handle>>),
        "wasi:cli/terminal-stdout" => give(to, "get-terminal-stdout", || None::<Resource<Handle>>),
        "wasi:cli/terminal-stderr" => give(to, "get-terminal-stderr", || None::<Resource<Handle>>),
        "wasi:clocks/monotonic-clock" => {
            give(to, "now", || NOW)?;
            give(to, "resolution", || 1u64)?;
            to.func_wrap("subscribe-instant", |_, _: (u64,)| Ok((handle(),)))?;
            to.func_wrap("subscribe-duration", |_, _: (u64,)| Ok((handle(),)))
        }
        "wasi:clocks/wall-clock" => {
            give(to, "now", || Datetime { seconds: 0, nanoseconds: 0 })?;
            give(to, "resolution", || Datetime { seconds: 0, nanoseconds: 1 })
        }
        "wasi:filesystem/preopens" => give(to, "get-directories", Vec::<(Resource<Handle>, String)>::new),
        "wasi:io/poll" => {
            to.func_wrap("[method]pollable.ready", |_, _: (Resource<Handle>,)| Ok((true,)))?;
            to.func_wrap("[method]pollable.block", |_, _: (Resource<Handle>,)| Ok(()))?;
            to.func_wrap("poll", |_, (all,): (Vec<Resource<Handle>>,)| {
                ensure!(!all.is_empty(), "the guest waits for nothing");
                Ok(((0..all.len() as u32).collect::<Vec<_>>(),))
            })
        }
        "wasi:io/streams" => add_streams(to),
        "wasi:random/random" => {
            to.func_wrap("get-random-bytes", random)?;
            give(to, "get-random-u64", || SEED)
        }
        "wasi:random/insecure" => {
            to.func_wrap("get-insecure-random-bytes", random)?;
            give(to, "get-insecure-random-u64", || SEED)
        }
        "wasi:random/insecure-seed" => give(to, "insecure-seed", || (SEED, !SEED)),
        _ => Ok(()),
    }
}

/// Streams that are at their end, and streams that swallow what is written.
fn add_streams<T: 'static>(to: &mut LinkerInstance<'_, T>) -> Result<()> {
    type Stream = Resource<Handle>;
    type Answer<A> = Result<(Result<A, StreamError>,)>;
    for name in ["read", "blocking-read"] {
        let read = |_: StoreContextMut<T>, _: (Stream, u64)| -> Answer<Vec<u8>> { Ok((Err(StreamError::Closed),)) };
        to.func_wrap(&format!("[method]input-stream.{name}"), read)?;
    }
    for name in ["skip", "blocking-skip"] {
        let skip = |_: StoreContextMut<T>, _: (Stream, u64)| -> Answer<u64> { Ok((Err(StreamError::Closed),)) };
        to.func_wrap(&format!("[method]input-stream.{name}"), skip)?;
    }
    let check = |_: StoreContextMut<T>, _: (Stream,)| -> Answer<u64> { Ok((Ok(MAX_WRITE),)) };
    to.func_wrap("[method]output-stream.check-write", check)?;
    for name in ["write", "blocking-write-and-flush"] {
        // The list stays in the guest: nothing is copied.
        let write = |_: StoreContextMut<T>, _: (Stream, WasmList<u8>)| -> Answer<()> { Ok((Ok(()),)) };
        to.func_wrap(&format!("[method]output-stream.{name}"), write)?;
    }
    for name in ["write-zeroes", "blocking-write-zeroes-and-flush"] {
        let write = |_: StoreContextMut<T>, _: (Stream, u64)| -> Answer<()> { Ok((Ok(()),)) };
        to.func_wrap(&format!("[method]output-stream.{name}"), write)?;
    }
    for name in ["flush", "blocking-flush"] {
        let flush = |_: StoreContextMut<T>, _: (Stream,)| -> Answer<()> { Ok((Ok(()),)) };
        to.func_wrap(&format!("[method]output-stream.{name}"), flush)?;
    }
    for name in ["splice", "blocking-splice"] {
        let splice =
            |_: StoreContextMut<T>, _: (Stream, Stream, u64)| -> Answer<u64> { Ok((Err(StreamError::Closed),)) };
        to.func_wrap(&format!("[method]output-stream.{name}"), splice)?;
    }
    for name in ["input-stream", "output-stream"] {
        to.func_wrap(&format!("[method]{name}.subscribe"), |_, _: (Stream,)| Ok((handle(),)))?;
    }
    Ok(())
}

/// Defines a function without parameters.
fn give<T: 'static, A>(
    to: &mut LinkerInstance<'_, T>,
    name: &str,
    a: impl Fn() -> A + Send + Sync + 'static,
) -> Result<()>
where
    A: Lower + Send + Sync + 'static,
{
    to.func_wrap(name, move |_, ()| Ok((a(),)))
}

/// A new handle for the guest. wasmtime keeps a table of those; the store limits it (`set_max_component_handles`).
fn handle() -> Resource<Handle> {
    Resource::new_own(0)
}

/// Bytes that are always the same.
fn random<T>(_: StoreContextMut<'_, T>, (len,): (u64,)) -> Result<(Vec<u8>,)> {
    ensure!(len <= MAX_RANDOM, "{len} random bytes at once; {MAX_RANDOM} are allowed");
    let word = |n: u64| n.wrapping_mul(SEED).to_le_bytes();
    Ok(((1..=len.div_ceil(8)).flat_map(word).take(len as usize).collect(),))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmtime::{Engine, Store};

    /// Streams, and functions that use them; `@A` and `@B` are versions.
    const GUEST: &str = r#"(component $C
        (import "wasi:io/poll@A" (instance $poll
            (export "pollable" (type $p (sub resource)))
            (export "[method]pollable.block" (func (param "self" (borrow $p))))
            (export "poll" (func (param "in" (list (borrow $p))) (result (list u32))))))
        (alias export $poll "pollable" (type $pollable))
        (import "wasi:io/error@A" (instance $error (export "error" (type (sub resource)))))
        (alias export $error "error" (type $io-error))
        (import "wasi:io/streams@A" (instance $streams
            (alias outer $C $pollable (type $pollable))
            (export "pollable" (type $p (eq $pollable)))
            (alias outer $C $io-error (type $io-error))
            (export "error" (type $e (eq $io-error)))
            (export "input-stream" (type $i (sub resource)))
            (export "output-stream" (type $o (sub resource)))
            (type $failure (variant (case "last-operation-failed" (own $e)) (case "closed")))
            (export "stream-error" (type $f (eq $failure)))
            (export "[method]input-stream.blocking-read"
                (func (param "self" (borrow $i)) (param "len" u64) (result (result (list u8) (error $f)))))
            (export "[method]output-stream.check-write"
                (func (param "self" (borrow $o)) (result (result u64 (error $f)))))
            (export "[method]output-stream.blocking-write-and-flush"
                (func (param "self" (borrow $o)) (param "contents" (list u8)) (result (result (error $f)))))
            (export "[method]output-stream.subscribe" (func (param "self" (borrow $o)) (result (own $p))))))
        (alias export $streams "output-stream" (type $output-stream))
        (alias export $streams "input-stream" (type $input-stream))
        (import "wasi:cli/stdin@B" (instance $stdin
            (alias outer $C $input-stream (type $input-stream))
            (export "input-stream" (type $i (eq $input-stream)))
            (export "get-stdin" (func (result (own $i))))))
        (import "wasi:cli/stdout@B" (instance $stdout
            (alias outer $C $output-stream (type $output-stream))
            (export "output-stream" (type $o (eq $output-stream)))
            (export "get-stdout" (func (result (own $o))))))
        (import "wasi:cli/environment@B" (instance $environment
            (export "get-environment" (func (result (list (tuple string string)))))
            (export "initial-cwd" (func (result (option string))))))
        (import "wasi:cli/exit@B" (instance $exit (export "exit" (func (param "status" (result))))))
        (import "wasi:clocks/monotonic-clock@B" (instance $monotonic (export "now" (func (result u64)))))
        (import "wasi:clocks/wall-clock@B" (instance $wall
            (type $record (record (field "seconds" u64) (field "nanoseconds" u32)))
            (export "datetime" (type $datetime (eq $record)))
            (export "now" (func (result $datetime)))))
        (import "wasi:random/random@B" (instance $random
            (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))
        (import "wasi:sockets/instance-network@B" (instance $sockets
            (export "network" (type $n (sub resource)))
            (export "instance-network" (func (result (own $n))))))

        (core module $libc
            (memory (export "memory") 4)
            (global $top (mut i32) (i32.const 1024))
            (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                (global.set $top (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
                (global.get $top)
                (global.set $top (i32.add (global.get $top) (local.get 3)))))
        (core instance $libc (instantiate $libc))
        (alias core export $libc "memory" (core memory $memory))
        (alias core export $libc "realloc" (core func $realloc))

        (core func $block (canon lower (func $poll "[method]pollable.block")))
        (core func $poll (canon lower (func $poll "poll") (memory $memory) (realloc $realloc)))
        (core func $read (canon lower (func $streams "[method]input-stream.blocking-read")
            (memory $memory) (realloc $realloc)))
        (core func $check (canon lower (func $streams "[method]output-stream.check-write") (memory $memory)))
        (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush")
            (memory $memory)))
        (core func $subscribe (canon lower (func $streams "[method]output-stream.subscribe")))
        (core func $stdin (canon lower (func $stdin "get-stdin")))
        (core func $stdout (canon lower (func $stdout "get-stdout")))
        (core func $environment (canon lower (func $environment "get-environment")
            (memory $memory) (realloc $realloc)))
        (core func $cwd (canon lower (func $environment "initial-cwd") (memory $memory) (realloc $realloc)))
        (core func $exit (canon lower (func $exit "exit")))
        (core func $monotonic (canon lower (func $monotonic "now")))
        (core func $wall (canon lower (func $wall "now") (memory $memory)))
        (core func $random (canon lower (func $random "get-random-bytes") (memory $memory) (realloc $realloc)))
        (core func $network (canon lower (func $sockets "instance-network")))
        (core func $drop (canon resource.drop $output-stream))

        (core module $main
            (import "" "memory" (memory 1))
            (import "" "block" (func $block (param i32)))
            (import "" "poll" (func $poll (param i32 i32 i32)))
            (import "" "read" (func $read (param i32 i64 i32)))
            (import "" "check" (func $check (param i32 i32)))
            (import "" "write" (func $write (param i32 i32 i32 i32)))
            (import "" "subscribe" (func $subscribe (param i32) (result i32)))
            (import "" "stdin" (func $stdin (result i32)))
            (import "" "stdout" (func $stdout (result i32)))
            (import "" "environment" (func $environment (param i32)))
            (import "" "cwd" (func $cwd (param i32)))
            (import "" "exit" (func $exit (param i32)))
            (import "" "monotonic" (func $monotonic (result i64)))
            (import "" "wall" (func $wall (param i32)))
            (import "" "random" (func $random (param i64 i32)))
            (import "" "network" (func $network (result i32)))
            (import "" "drop" (func $drop (param i32)))
            ;; 16: an address for answers. It is filled with ones, so that each must have been written.
            (func $fill (memory.fill (i32.const 16) (i32.const 255) (i32.const 32)))
            (func (export "environment") (result i64)
                call $fill
                (call $environment (i32.const 16))
                (call $cwd (i32.const 32))
                (i64.or (i64.load32_u (i32.const 20)) (i64.load8_u (i32.const 32))))
            (func (export "write") (result i64) (local $out i32)
                call $fill
                (local.set $out (call $stdout))
                (call $write (local.get $out) (i32.const 0) (i32.const 60000) (i32.const 16))
                (if (i32.load8_u (i32.const 16)) (then unreachable))
                (call $check (local.get $out) (i32.const 16))
                (if (i32.load8_u (i32.const 16)) (then unreachable))
                (call $drop (local.get $out))
                (i64.load (i32.const 24)))
            ;; The tag of the error: closed.
            (func (export "read") (result i64)
                call $fill
                (call $read (call $stdin) (i64.const -1) (i32.const 16))
                (i64.add (i64.mul (i64.load8_u (i32.const 16)) (i64.const 10)) (i64.load8_u (i32.const 20))))
            ;; Two pollables: both are ready.
            (func (export "poll") (result i64) (local $out i32)
                (local.set $out (call $stdout))
                (i32.store (i32.const 64) (call $subscribe (local.get $out)))
                (i32.store (i32.const 68) (call $subscribe (local.get $out)))
                (call $block (i32.load (i32.const 64)))
                (call $poll (i32.const 64) (i32.const 2) (i32.const 16))
                (i64.load32_u (i32.const 20)))
            (func (export "clocks") (result i64)
                call $fill
                (call $wall (i32.const 16))
                (i64.add (i64.load (i32.const 16)) (call $monotonic)))
            (func (export "random") (result i64)
                (call $random (i64.const 13) (i32.const 16))
                (i64.load (i32.load (i32.const 16))))
            (func (export "endless-random") (result i64) (call $random (i64.const -1) (i32.const 16)) (i64.const 0))
            (func (export "endless-streams") (result i64) (loop (drop (call $stdout)) (br 0)) (i64.const 0))
            (func (export "exit") (result i64) (call $exit (i32.const 0)) (i64.const 0))
            (func (export "network") (result i64) (i64.extend_i32_u (call $network))))
        (core instance $main (instantiate $main (with "" (instance
            (export "memory" (memory $memory))
            (export "block" (func $block)) (export "poll" (func $poll)) (export "read" (func $read))
            (export "check" (func $check)) (export "write" (func $write)) (export "subscribe" (func $subscribe))
            (export "stdin" (func $stdin)) (export "stdout" (func $stdout))
            (export "environment" (func $environment)) (export "cwd" (func $cwd)) (export "exit" (func $exit))
            (export "monotonic" (func $monotonic)) (export "wall" (func $wall)) (export "random" (func $random))
            (export "network" (func $network)) (export "drop" (func $drop))))))
        (func (export "environment") (result u64) (canon lift (core func $main "environment")))
        (func (export "write") (result u64) (canon lift (core func $main "write")))
        (func (export "read") (result u64) (canon lift (core func $main "read")))
        (func (export "poll") (result u64) (canon lift (core func $main "poll")))
        (func (export "clocks") (result u64) (canon lift (core func $main "clocks")))
        (func (export "random") (result u64) (canon lift (core func $main "random")))
        (func (export "endless-random") (result u64) (canon lift (core func $main "endless-random")))
        (func (export "endless-streams") (result u64) (canon lift (core func $main "endless-streams")))
        (func (export "exit") (result u64) (canon lift (core func $main "exit")))
        (func (export "network") (result u64) (canon lift (core func $main "network"))))"#;

    /// A guest's functions by name, each called in a fresh instance.
    fn guest(text: String) -> impl Fn(&str) -> Result<u64, String> {
        let engine = Engine::default();
        let component = Component::new(&engine, wat::parse_str(&text).unwrap()).unwrap();
        let mut linker = Linker::new(&engine);
        add_empty(&mut linker, &component).unwrap();
        move |function| {
            let call = || {
                let mut store = Store::new(&engine, ());
                let instance = linker.instantiate(&mut store, &component)?;
                let function = instance.get_typed_func::<(), (u64,)>(&mut store, function)?;
                // What a guest was asked before changes nothing.
                let first = function.call(&mut store, ())?.0;
                assert_eq!(first, function.call(&mut store, ())?.0);
                Ok(first)
            };
            call().map_err(|e: wasmtime::Error| e.root_cause().to_string())
        }
    }

    #[test]
    fn everything_has_an_empty_answer() {
        // One version, another, and interfaces of one that use another's resources.
        for (a, b) in [("0.2.0", "0.2.0"), ("0.2.6", "0.2.6"), ("0.2.0", "0.2.6"), ("0.2.9", "0.2.1")] {
            let call = guest(GUEST.replace("@A", &format!("@{a}")).replace("@B", &format!("@{b}")));
            assert_eq!(call("environment"), Ok(0));
            assert_eq!(call("write"), Ok(MAX_WRITE));
            assert_eq!(call("read"), Ok(11));
            assert_eq!(call("poll"), Ok(2));
            assert_eq!(call("clocks"), Ok(NOW));
            assert_eq!(call("random"), Ok(SEED));
        }
    }

    #[test]
    fn the_rest_traps() {
        let call = guest(GUEST.replace("@A", "@0.2.0").replace("@B", "@0.2.6"));
        assert_eq!(call("exit").unwrap_err(), "the guest exited");
        let network = "wasi:sockets/instance-network@0.2.6#instance-network: not in the sandbox's empty WASI";
        assert_eq!(call("network").unwrap_err(), network);
        assert_eq!(
            call("endless-random").unwrap_err(),
            format!("{} random bytes at once; 65536 are allowed", u64::MAX)
        );
        assert!(call("endless-streams").unwrap_err().contains("handle limit"));
    }

    #[test]
    fn what_is_not_wasi_stays_undefined() {
        let call = guest(r#"(component (import "other:thing/x@0.2.0" (instance (export "f" (func)))))"#.into());
        assert!(call("f").is_err());
        assert!(is_wasi("wasi:cli/stdout@0.2.0") && !is_wasi("other:wasi/x"));
        // A WASI interface that is unknown, and resources under another name, do no harm.
        let call = guest(
            r#"(component $C
                (import "wasi:io/error@0.2.3" (instance $error (export "error" (type (sub resource)))))
                (alias export $error "error" (type $io-error))
                (import "wasi:http/types@0.2.3" (instance
                    (alias outer $C $io-error (type $io-error))
                    (export "io-error" (type (eq $io-error)))
                    (export "fields" (type $fields (sub resource)))
                    (export "[constructor]fields" (func (result (own $fields)))))))"#
                .into(),
        );
        assert_eq!(call("f").unwrap_err(), "failed to find function export"); // so it was instantiated
    }
}
