;; Loops for ever on every frame.
;; culprits: all
;; faults: 1-5
;; diagnostic: took longer than 100ms
;; stderr: took longer than 100ms
;; stderr: then it was set aside
(func $one (param $at i32) (param $len i32) (param $wire i32) (loop (br 0)))
