;; Fills all memory that it may have, in one instruction at a time, for ever.
;; culprits: all
;; faults: 1-5
;; diagnostic: took longer than 100ms
;; stderr: then it was set aside
;; own: memory
(memory (export "memory") 1024)
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (loop (memory.fill (i32.const 0x400000) (i32.const 7) (i32.const 0x3c00000)) (br 0)))
