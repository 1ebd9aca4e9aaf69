;; A computed text outside its side bytes.
;; culprits: 0xee
;; diagnostic: the value of field 3 is outside the side bytes
;; stderr: the value of field 3 is outside the side bytes
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at))
    (then (call $span (i32.const 3) (i32.const 0) (i32.const 1))
      (call $word (i64.const 0x1_0000_0006)))
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
