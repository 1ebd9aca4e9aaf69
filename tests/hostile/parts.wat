;; Hands almost all that it gets on to itself, as many times as it may.
;; differs: 0xee
;; own: memory
(memory (export "memory") 1024)
;; Two tables: itself, and for the other frames one that nobody has keys in ("an info").
(data (i32.const 0x190) "@hostile")
(data (i32.const 0x290) (i32 0x190 8 0x1f8 7))
(data (i32.const 0x254) (i32 2))
(func $one (param $at i32) (param $len i32) (param $wire i32) (local $n i32)
  (if (call $culprit (local.get $at))
    (then
      (local.set $n (i32.const 400))
      (loop
        ;; From the second byte on: there it is honest.
        (i64.store (global.get $next)
          (i64.or (i64.const 0x1000000) (i64.extend_i32_u (i32.sub (local.get $wire) (i32.const 1)))))
        (i64.store offset=8 (global.get $next) (i64.const 1))
        (memory.fill (i32.add (global.get $next) (i32.const 16)) (i32.const 0) (i32.const 40))
        (global.set $next (i32.add (global.get $next) (i32.const 56)))
        (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (else
      (call $honest (local.get $at) (local.get $len) (local.get $wire))
      (i32.store16 offset=6 (i32.sub (global.get $next) (i32.const 56)) (i32.const 1)))))
