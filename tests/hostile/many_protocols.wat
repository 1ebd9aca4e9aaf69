;; A thousand protocols that share the same sixteen thousand fields, which share the same long text: it takes little
;; memory here and would take a terabyte there.
;; status: 2
;; stderr: too much data is being copied
;; own: describe
(func (export "prosector:plugin/dissector@0.1.0#describe") (result i32) (local $at i32)
  ;; 1000 protocols from 0x40000, with 16000 fields from 0x80000 each
  (local.set $at (i32.const 0x40000))
  (loop
    (memory.copy (local.get $at) (i32.const 0x220) (i32.const 100))
    (i32.store offset=32 (local.get $at) (i32.const 0x80000))
    (i32.store offset=36 (local.get $at) (i32.const 16000))
    (local.set $at (i32.add (local.get $at) (i32.const 100)))
    (br_if 0 (i32.lt_u (local.get $at) (i32.const 0x586a0))))
  (local.set $at (i32.const 0x80000))
  (loop
    (memory.copy (local.get $at) (i32.const 0x300) (i32.const 88))
    ;; title: 64 KiB of zeros
    (i32.store offset=8 (local.get $at) (i32.const 0x500000))
    (i32.store offset=12 (local.get $at) (i32.const 0x10000))
    (local.set $at (i32.add (local.get $at) (i32.const 88)))
    (br_if 0 (i32.lt_u (local.get $at) (i32.const 0x1d7c00))))
  (i32.store (i32.const 0x210) (i32.const 0x40000))
  (i32.store (i32.const 0x214) (i32.const 1000))
  (i32.const 0x200))
(func $one (param $at i32) (param $len i32) (param $wire i32))
