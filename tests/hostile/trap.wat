;; Traps on every frame.
;; culprits: all
;; diagnostic: unreachable
;; stderr: unreachable
;; stderr: 5 faults in this run, then it was set aside
(func $one (param $at i32) (param $len i32) (param $wire i32) unreachable)
