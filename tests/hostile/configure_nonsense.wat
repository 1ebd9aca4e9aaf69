;; Answers to its settings with something that is neither right nor wrong.
;; status: 2
;; stderr: hostile refuses its settings: invalid expected discriminant
;; own: configure
(data (i32.const 0x600) (i8 77))
(func (export "prosector:plugin/dissector@0.1.0#configure") (param i32 i32 i32) (result i32) (i32.const 0x600))
(func $one (param $at i32) (param $len i32) (param $wire i32))
