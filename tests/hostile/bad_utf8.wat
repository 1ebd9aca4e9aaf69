;; A description that is not UTF-8.
;; status: 2
;; stderr: utf-8
;; own: describe
(func (export "prosector:plugin/dissector@0.1.0#describe") (result i32)
  (i32.store8 (i32.const 0x130) (i32.const 0xff))
  (i32.const 0x200))
(func $one (param $at i32) (param $len i32) (param $wire i32))
