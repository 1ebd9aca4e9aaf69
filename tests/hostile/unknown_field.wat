;; A field that it does not declare.
;; culprits: 0xee
;; diagnostic: field 4 is not declared
;; stderr: field 4 is not declared
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at))
    (then (call $span (i32.const 4) (i32.const 0) (i32.const 1)))
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
