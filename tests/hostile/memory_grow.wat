;; Takes memory until there is no more.
;; culprits: all
;; diagnostic: more memory than the 64 MiB that are allowed
;; stderr: more memory than the 64 MiB that are allowed
;; stderr: 5 faults in this run, then it was set aside
(func $one (param $at i32) (param $len i32) (param $wire i32) (loop (drop (memory.grow (i32.const 16))) (br 0)))
