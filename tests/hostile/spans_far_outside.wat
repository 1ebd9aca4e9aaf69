;; The farthest span that a word can name.
;; culprits: 0xee
;; diagnostic: field 0 spans bytes 16777215+16777215
;; stderr: field 0 spans bytes 16777215+16777215
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at))
    (then (call $span (i32.const 0) (i32.const 0xffffff) (i32.const 0xffffff)))
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
