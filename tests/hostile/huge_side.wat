;; Answers more side bytes than are allowed.
;; culprits: 0xee
;; diagnostic: 1048577 side bytes; 1048576 are allowed
;; stderr: 1048577 side bytes; 1048576 are allowed
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at))
    (then (global.set $side (i32.add (global.get $side) (i32.const 0x100001))))
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
