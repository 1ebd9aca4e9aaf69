;; Sixteen thousand fields, all of them four times in one frame: an output must not search through all of them for each.
;; differs: 0xee
;; own: memory, describe
(memory (export "memory") 128)
;; Names "hostile.fXXXX" from 0x600000, fields from 0x640000.
(func (export "prosector:plugin/dissector@0.1.0#describe") (result i32)
  (local $n i32) (local $name i32) (local $field i32)
  (local.set $n (i32.const 16383))
  (loop
    (local.set $name (i32.add (i32.const 0x600000) (i32.shl (local.get $n) (i32.const 4))))
    (memory.copy (local.get $name) (i32.const 0x140) (i32.const 8))
    (i32.store offset=8 (local.get $name) (i32.or
      (i32.add (i32.const 0x61616161) (i32.and (local.get $n) (i32.const 15)))
      (i32.or
        (i32.shl (i32.and (local.get $n) (i32.const 0xf0)) (i32.const 4))
        (i32.shl (i32.and (local.get $n) (i32.const 0xf00)) (i32.const 8)))))
    (i32.store8 offset=12 (local.get $name) (i32.add (i32.const 0x61) (i32.shr_u (local.get $n) (i32.const 12))))
    (local.set $field (i32.add (i32.const 0x640000) (i32.mul (local.get $n) (i32.const 88))))
    (memory.copy (local.get $field) (i32.const 0x300) (i32.const 88))
    ;; The first four are those of every guest.
    (if (i32.lt_u (local.get $n) (i32.const 4))
      (then (memory.copy
        (local.get $field) (i32.add (i32.const 0x300) (i32.mul (local.get $n) (i32.const 88))) (i32.const 88)))
      (else (i32.store (local.get $field) (local.get $name)) (i32.store offset=4 (local.get $field) (i32.const 13))))
    (br_if 0 (i32.ge_s (local.tee $n (i32.sub (local.get $n) (i32.const 1))) (i32.const 0))))
  (i32.store (i32.const 0x240) (i32.const 0x640000))
  (i32.store (i32.const 0x244) (i32.const 16384))
  (i32.const 0x200))
(func $one (param $at i32) (param $len i32) (param $wire i32) (local $n i32)
  (if (call $culprit (local.get $at))
    (then
      (loop
        (call $span (i32.add (i32.const 4) (i32.rem_u (local.get $n) (i32.const 16380))) (i32.const 0) (i32.const 1))
        (br_if 0 (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 65520)))))
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
