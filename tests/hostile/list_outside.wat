;; A list that lies outside its memory.
;; culprits: all
;; diagnostic: out of bounds
;; stderr: 5 faults in this run, then it was set aside
;; own: finish
(func $finish (i32.store (i32.const 0x10004) (i32.const 0xfffffff)))
(func $one (param $at i32) (param $len i32) (param $wire i32))
