;; A table that grows for ever.
;; culprits: all
;; diagnostic: a table of 65537 elements; 65536 are allowed
;; stderr: 5 faults in this run, then it was set aside
(table $t 1 funcref)
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (loop (drop (table.grow $t (ref.null func) (i32.const 4096))) (br 0)))
