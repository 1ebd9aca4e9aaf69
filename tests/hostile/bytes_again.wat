;; Says all bytes of a slice thousands of times.
;; culprits: 0xee
;; diagnostic: the values of one slice come to more than
;; stderr: the values of one slice come to more than
(func $one (param $at i32) (param $len i32) (param $wire i32) (local $n i32)
  (if (call $culprit (local.get $at))
    (then
      (local.set $n (i32.const 65536))
      (loop
        (call $span (i32.const 0) (i32.const 0) (local.get $len))
        (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
