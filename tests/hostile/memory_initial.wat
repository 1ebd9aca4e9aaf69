;; Begins with more memory than is allowed.
;; status: 2
;; stderr: more memory than the 64 MiB that are allowed
;; own: memory
(memory (export "memory") 2000)
(func $one (param $at i32) (param $len i32) (param $wire i32))
