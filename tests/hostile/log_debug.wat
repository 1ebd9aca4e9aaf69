;; Writes to the log with every frame, most of it what is not shown.
;; log: 100
;; stderr: prosector: hostile: no more of its messages are shown
(global $n (mut i32) (i32.const 0))
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (global.set $n (i32.add (global.get $n) (i32.const 1)))
  (call $log (i32.and (global.get $n) (i32.const 1)) (i32.const 0x1f0) (i32.const 6))
  (call $log (i32.const 0) (i32.const 0x1f0) (i32.const 6))
  (call $honest (local.get $at) (local.get $len) (local.get $wire)))
