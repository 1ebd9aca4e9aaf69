;; A computed text whose end does not fit into 32 bits.
;; culprits: 0xee
;; diagnostic: the value of field 3 is outside the side bytes
;; stderr: the value of field 3 is outside the side bytes
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at))
    (then (call $span (i32.const 3) (i32.const 0) (i32.const 1))
      (call $word (i64.const 0xffff_ffff_0000_0001)))
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
