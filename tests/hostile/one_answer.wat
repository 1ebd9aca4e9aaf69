;; Answers once, however many slices it gets: one by one that is right.
;; faults: 4
;; stderr: 1 answers to 171 slices
;; own: finish
(func $finish (i32.store (i32.const 0x1001c) (i32.const 3)))
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (call $honest (local.get $at) (local.get $len) (local.get $wire)))
