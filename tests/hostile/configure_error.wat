;; Refuses its settings.
;; status: 2
;; stderr: hostile refuses its settings: a; text!
;; own: configure
(data (i32.const 0x600) (i32 1 0x500 7))
(data (i32.const 0x500) "a\ntext!")
(func (export "prosector:plugin/dissector@0.1.0#configure") (param i32 i32 i32) (result i32) (i32.const 0x600))
(func $one (param $at i32) (param $len i32) (param $wire i32))
