;; Ends a group that did not begin.
;; culprits: 0xee
;; diagnostic: a group ends that did not begin
;; stderr: a group ends that did not begin
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at))
    (then (call $span (i32.const 0xffff) (i32.const 0) (i32.const 0)))
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
