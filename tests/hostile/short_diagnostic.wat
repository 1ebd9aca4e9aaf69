;; A diagnostic without its words.
;; culprits: 0xee
;; diagnostic: a diagnostic is not complete
;; stderr: a diagnostic is not complete
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at))
    (then (call $span (i32.const 0xfffe) (i32.const 0) (i32.const 1)))
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
