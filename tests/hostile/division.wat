;; Divides by zero.
;; culprits: 0xee
;; diagnostic: integer divide by zero
;; stderr: integer divide by zero
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at))
    (then (drop (i32.div_u (local.get $len) (i32.const 0))))
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
