;; Log lines as long as almost all its memory, for ever.
;; culprits: all
;; faults: 1-5
;; log: 1-100
;; diagnostic: took longer than 100ms
;; own: memory
(memory (export "memory") 1024)
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (loop (call $log (i32.const 1) (i32.const 0x800000) (i32.const 0x3800000)) (br 0)))
