;; Hands on by a table that it does not declare.
;; culprits: 0xee
;; diagnostic: table 7 is not declared
;; stderr: table 7 is not declared
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at))
    (then (call $honest (local.get $at) (local.get $len) (local.get $wire))
      (i32.store16 (i32.sub (global.get $next) (i32.const 50)) (i32.const 7)))
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
