;; Groups in groups in groups.
;; culprits: 0xee
;; diagnostic: groups nest deeper than 32
;; stderr: groups nest deeper than 32
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at))
    (then (local.set $len (i32.const 33))
      (loop
        (call $span (i32.const 1) (i32.const 0) (i32.const 1))
        (br_if 0 (local.tee $len (i32.sub (local.get $len) (i32.const 1))))))
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
