;; Loops for ever on one frame of a vector.
;; culprits: 0xee
;; diagnostic: took longer than 100ms
;; stderr: took longer than 100ms
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at))
    (then (loop (br 0)))
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
