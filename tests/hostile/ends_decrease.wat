;; The answer to the second slice ends before that to the first: one by one that is right.
;; faults: 4
;; stderr: the ends of an answer do not fit its lists
;; own: finish
(func $finish
  (if (i32.gt_u (global.get $ends) (i32.const 0x30018)) (then (i64.store (i32.const 0x30018) (i64.const 0)))))
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (call $honest (local.get $at) (local.get $len) (local.get $wire)))
