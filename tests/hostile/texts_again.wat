;; Many computed texts that all are the same side bytes: little here, gigabytes in the output.
;; culprits: 0xee
;; diagnostic: the values of one slice come to more than
;; stderr: the values of one slice come to more than
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at))
    (then
      (global.set $side (i32.add (global.get $slice_side) (i32.const 0x80000)))
      (local.set $len (i32.const 4096))
      (loop
        (call $span (i32.const 3) (i32.const 0) (i32.const 1))
        (call $word (i64.const 0x80000))
        (br_if 0 (local.tee $len (i32.sub (local.get $len) (i32.const 1))))))
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
