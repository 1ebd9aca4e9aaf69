;; Traps only where it gets several slices at once: it costs no frame, but is told.
;; faults: 4
;; stderr: 4 faults in this run
;; own: finish
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (call $honest (local.get $at) (local.get $len) (local.get $wire)))
(func $finish (if (i32.gt_u (global.get $ends) (i32.const 0x30018)) (then unreachable)))
