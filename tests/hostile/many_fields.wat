;; Half a million fields without names; a million would not fit into the memory that it may have.
;; status: 2
;; stderr: hostile declares 500000 fields; 16384 are allowed
;; own: memory
(memory (export "memory") 700)
(data (i32.const 0x240) (i32 0x10000 500000))
(func $one (param $at i32) (param $len i32) (param $wire i32))
