;; An info line outside its side bytes.
;; culprits: 0xee
;; diagnostic: the ends of an answer do not fit its lists
;; stderr: the ends of an answer do not fit its lists
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at))
    (then (global.set $info_len (i32.const 1)))
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
