;; Terminal escapes and bytes that are not UTF-8, wherever a guest can put a text.
;; culprits: 0xee
;; differs: all
;; log: 0-100
;; own: declaration, describe, configure
(data (i32.const 0x100) "hostile")
(data (i32.const 0x110) "0.1.0")
;; escape, a character that some terminals take for escape and bracket, bell, delete, back, new line, and 0
(data (i32.const 0x120) "\1b]0;owned\07\c2\9b31m\7f\08\0d\0aowned")
(data (i32.const 0x140) "hostile.byte")
(data (i32.const 0x150) "hostile.group")
(data (i32.const 0x160) "hostile.number")
(data (i32.const 0x170) "hostile.text")
(data (i32.const 0x180) "ethertype")
(data (i32.const 0x1a0) "\1b[2J\ff\fe\c2\9b31m\7f\c3owned")
(data (i32.const 0x200) (i32 0x100 7 0x110 5 0x220 1))
;; protocol: all texts are the one at 0x120, and so are a claim's table, the table, the heuristics', a setting's
(data (i32.const 0x220) (i32 0x100 7 0x120 25 0x120 25 0x120 25))
(data (i32.const 0x240) (i32 0x300 4 0x700 2 0x2a0 1 0x2a0 1 0x2b0 1 0 0 0 0 0 0 0))
(data (i32.const 0x700) (i32 0x180 9) (i64 0x88b6) (i32 0x120 25) (i64 1))
(data (i32.const 0x2a0) (i32 0x120 25))
;; setting: name, description; its value: 2 a text; choices; min, max
(data (i32.const 0x2b0) (i32 0x120 25 0x120 25 2 0 0x120 25 0x2a0 1) (i64 0 1))
;; fields with the text as title, description, unit
(data (i32.const 0x300)
  (i32 0x140 12 0x120 25 0x120 25) (i8 2 1 0 0 0 0 0 0) (i64 0) (i32 1 0 0 0 0 0) (i32 0x120 25 0x480 1) (i64 0))
(data (i32.const 0x358)
  (i32 0x150 13 0x120 25 0x120 25) (i8 1 0 0 0 0 0 0 0) (i64 0) (i32 1 0 0 0 0 0) (i32 0x120 25 0 0) (i64 0))
(data (i32.const 0x3b0)
  (i32 0x160 14 0x120 25 0x120 25) (i8 2 8 0 0 0 0 0 0) (i64 0) (i32 1 0 0 0 0 0) (i32 0x120 25 0 0) (i64 1))
(data (i32.const 0x408)
  (i32 0x170 12 0x120 25 0x120 25) (i8 7 0 0 0 0 0 0 0) (i64 0) (i32 1 0 0 0 0 0) (i32 0x120 25 0 0) (i64 1))
;; a name for the values 0 to 50
(data (i32.const 0x480) (i64 0 50) (i32 0x120 25))
(func (export "prosector:plugin/dissector@0.1.0#describe") (result i32)
  (call $log (i32.const 3) (i32.const 0x120) (i32.const 25))
  (i32.const 0x200))
(func (export "prosector:plugin/dissector@0.1.0#configure") (param i32 i32 i32) (result i32)
  (call $log (i32.const 1) (i32.const 0x120) (i32.const 25))
  (global.set $top (i32.const 0x400000))
  (i32.const 0x500))
(func $one (param $at i32) (param $len i32) (param $wire i32) (local $byte i32)
  (local.set $byte (i32.load8_u (local.get $at)))
  ;; One frame's fault has the text as its reason.
  (if (call $culprit (local.get $at)) (then (call $"\1b[31mowned")))
  (call $span (i32.const 1) (i32.const 0) (local.get $len))
  (call $span (i32.const 0) (i32.const 0) (i32.const 1))
  (call $span (i32.const 3) (i32.const 0) (i32.const 1))
  (call $word (call $text (i32.const 0x1a0) (i32.const 18)))
  (call $span (i32.const 0xffff) (i32.const 0) (i32.const 0))
  ;; A diagnostic: its bytes; severity, field, claim; needed, available; length of code, offset, length of text.
  (call $span (i32.const 0xfffe) (i32.const 0) (i32.const 1))
  (call $word (i64.const 0x1_ffff_ffff_0000))
  (call $word (i64.const 0))
  (call $word (i64.or (i64.const 0x0019_000000_000019)
    (i64.shl (i64.extend_i32_u (i32.sub (global.get $side) (global.get $slice_side))) (i64.const 24))))
  (drop (call $text (i32.const 0x120) (i32.const 25)))
  (drop (call $text (i32.const 0x120) (i32.const 25)))
  (global.set $info (i32.sub (global.get $side) (global.get $slice_side)))
  (global.set $info_len (i32.wrap_i64 (call $text (i32.const 0x1a0) (i32.const 18)))))
(func $"\1b[31mowned"
  (call $log (i32.const 3) (i32.const 0x120) (i32.const 25))
  unreachable)
