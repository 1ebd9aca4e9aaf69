;; A diagnostic whose text is not UTF-8.
;; culprits: 0xee
;; diagnostic: a diagnostic is not complete
;; stderr: a diagnostic is not complete
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at))
    (then (call $span (i32.const 0xfffe) (i32.const 0) (i32.const 1))
      (call $word (i64.const 0x1_ffff_ffff_0000))
      (call $word (i64.const 0))
      (call $word (i64.const 0x1_000000_000001)) ;; length of the code, its offset, length of the text
      (i32.store16 (global.get $side) (i32.const 0xffff))
      (global.set $side (i32.add (global.get $side) (i32.const 2))))
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
