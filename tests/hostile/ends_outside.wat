;; Answers that end behind their lists.
;; culprits: all
;; diagnostic: the ends of an answer do not fit its lists
;; stderr: 5 faults in this run, then it was set aside
;; own: finish
(func $finish (i64.store (i32.const 0x30000) (i64.const -1)))
(func $one (param $at i32) (param $len i32) (param $wire i32))
