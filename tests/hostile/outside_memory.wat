;; Reads outside its memory.
;; culprits: 0xee
;; diagnostic: out of bounds memory access
;; stderr: out of bounds memory access
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at))
    (then (drop (i32.load (i32.const -1))))
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
