;; A word with a meaning that is not given out yet.
;; culprits: 0xee
;; diagnostic: field 65280 is not declared
;; stderr: field 65280 is not declared
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at))
    (then (call $span (i32.const 0xff00) (i32.const 0) (i32.const 1)))
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
