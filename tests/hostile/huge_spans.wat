;; Answers more words than are allowed.
;; culprits: 0xee
;; diagnostic: 65537 spans; 65536 are allowed
;; stderr: 65537 spans; 65536 are allowed
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at))
    (then (local.set $len (i32.const 65537))
      (loop
        (call $span (i32.const 0) (i32.const 0) (i32.const 1))
        (br_if 0 (local.tee $len (i32.sub (local.get $len) (i32.const 1))))))
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
