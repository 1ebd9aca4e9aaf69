;; A million names for the values of one field: whoever shows a value looks through them all.
;; status: 2
;; stderr: hostile declares 1000000 value names; 16384 are allowed
;; own: memory
(memory (export "memory") 400)
(data (i32.const 0x348) (i32 0x10000 1000000))
(func $one (param $at i32) (param $len i32) (param $wire i32))
