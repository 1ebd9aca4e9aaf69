;; Begins a group that does not end.
;; culprits: 0xee
;; diagnostic: a group does not end
;; stderr: a group does not end
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at))
    (then (call $span (i32.const 1) (i32.const 0) (i32.const 1)))
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
