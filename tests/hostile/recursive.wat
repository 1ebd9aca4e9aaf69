;; Hands all that it gets on to itself, twice.
;; differs: 0xee
(data (i32.const 0x190) "@hostile")
;; Two tables: itself, and for the other frames one that nobody has keys in ("an info").
(data (i32.const 0x290) (i32 0x190 8 0x1f8 7))
(data (i32.const 0x254) (i32 2))
(func $again (param $wire i32)
  (i64.store (global.get $next) (i64.extend_i32_u (local.get $wire)))
  (i64.store offset=8 (global.get $next) (i64.const 1))
  (memory.fill (i32.add (global.get $next) (i32.const 16)) (i32.const 0) (i32.const 40))
  (global.set $next (i32.add (global.get $next) (i32.const 56))))
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at))
    (then (call $again (local.get $wire)) (call $again (local.get $wire)))
    (else
      (call $honest (local.get $at) (local.get $len) (local.get $wire))
      (i32.store16 offset=6 (i32.sub (global.get $next) (i32.const 56)) (i32.const 1)))))
