;; A list of numbers at an odd address.
;; culprits: all
;; diagnostic: not aligned
;; stderr: 5 faults in this run, then it was set aside
;; own: finish
(func $finish (i32.store (i32.const 0x10000) (i32.const 0x40001)))
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (call $honest (local.get $at) (local.get $len) (local.get $wire)))
