;; Loops for ever where it is instantiated.
;; status: 2
;; stderr: took longer than 250ms
(func $for_ever (loop (br 0)))
(start $for_ever)
(func $one (param $at i32) (param $len i32) (param $wire i32))
