;; A computed field without its value.
;; culprits: 0xee
;; diagnostic: computed field 2 has no value
;; stderr: computed field 2 has no value
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at))
    (then (call $span (i32.const 2) (i32.const 0) (i32.const 1)))
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
