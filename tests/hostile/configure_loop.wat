;; Loops for ever over its settings.
;; status: 2
;; stderr: hostile refuses its settings: took longer than 250ms
;; own: configure
(func (export "prosector:plugin/dissector@0.1.0#configure") (param i32 i32 i32) (result i32) (loop (br 0)) unreachable)
(func $one (param $at i32) (param $len i32) (param $wire i32))
