;; Traps on some frames, and so is set aside in the midst of the capture.
;; culprits: 0x31
;; diagnostic: unreachable
;; faults: 5
;; stderr: 5 faults in this run, then it was set aside
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x31)) (then unreachable))
  (call $honest (local.get $at) (local.get $len) (local.get $wire)))
