;; A million claims, all of them the same.
;; status: 2
;; stderr: hostile declares 1000000 claims; 4096 are allowed
;; own: memory
(memory (export "memory") 300)
(data (i32.const 0x248) (i32 0x10000 1000000))
(func $one (param $at i32) (param $len i32) (param $wire i32))
