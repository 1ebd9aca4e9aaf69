;; Traps where it is instantiated.
;; status: 2
;; stderr: unreachable
(func $trap unreachable)
(start $trap)
(func $one (param $at i32) (param $len i32) (param $wire i32))
