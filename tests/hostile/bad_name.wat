;; A protocol whose name is terminal escapes.
;; status: 2
;; stderr: is no protocol name
(data (i32.const 0x120) "\1b[31m\07x")
(data (i32.const 0x220) (i32 0x120))
(func $one (param $at i32) (param $len i32) (param $wire i32))
