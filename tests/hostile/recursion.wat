;; Calls itself for ever.
;; culprits: 0xee
;; diagnostic: call stack exhausted
;; stderr: call stack exhausted
(func $deeper (param $n i32) (result i32)
  (i32.add (call $deeper (i32.add (local.get $n) (i32.const 1))) (local.get $n)))
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at)) (then (drop (call $deeper (i32.const 0)))))
  (call $honest (local.get $at) (local.get $len) (local.get $wire)))
