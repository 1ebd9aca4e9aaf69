;; Answers to no slice.
;; culprits: all
;; diagnostic: 0 answers to 1 slices
;; stderr: 5 faults in this run, then it was set aside
;; own: finish
(func $finish (i32.store (i32.const 0x1001c) (i32.const 0)))
(func $one (param $at i32) (param $len i32) (param $wire i32))
