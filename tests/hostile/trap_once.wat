;; Traps on one frame.
;; culprits: 0xee
;; diagnostic: unreachable
;; stderr: unreachable
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at))
    (then unreachable)
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
