;; Writes to the log with every frame.
;; log: 100
;; stderr: prosector: hostile: no more of its messages are shown
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (call $log (i32.const 1) (i32.const 0x1f0) (i32.const 6))
  (call $honest (local.get $at) (local.get $len) (local.get $wire)))
