;; Writes to the log for ever, in each instance that it gets anew: the limit is one for the whole run.
;; culprits: all
;; faults: 1-5
;; log: 100
;; diagnostic: took longer than 100ms
;; stderr: prosector: hostile: no more of its messages are shown
;; own: describe
(func (export "prosector:plugin/dissector@0.1.0#describe") (result i32)
  (call $log (i32.const 1) (i32.const 0x1f0) (i32.const 6))
  (i32.const 0x200))
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (loop (call $log (i32.const 1) (i32.const 0x1f0) (i32.const 6)) (br 0)))
