;; A span that ends outside the slice.
;; culprits: 0xee
;; diagnostic: field 0 spans bytes
;; stderr: field 0 spans bytes
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at))
    (then (call $span (i32.const 0) (local.get $len) (i32.const 1)))
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
