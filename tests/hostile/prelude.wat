;; What every guest here begins with: a plugin that keeps all the rules, but for `$one`, which each guest brings itself.
;; A guest whose head says `own: NAME` brings that part too.
;;
;; Memory: declaration from 0x100, answers from 0x10000, hand-ons from 0x20000, ends from 0x30000, words from 0x40000,
;; side bytes from 0x200000, what the host hands over from 0x400000.

;; part: log
(import "prosector:plugin/log@0.1.0" "write" (func $log (param $level i32) (param $text i32) (param $len i32)))

;; part: memory
(memory (export "memory") 96)

;; part: allocator
(global $top (mut i32) (i32.const 0x400000))
(func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
  (local $at i32)
  (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
  (global.set $top (i32.add (local.get $at) (local.get $size)))
  (local.get $at))

;; part: declaration
;; A string or list is an address and a length.
(data (i32.const 0x100) "hostile")
(data (i32.const 0x110) "0.1.0")
(data (i32.const 0x120) "HOSTILE")
(data (i32.const 0x130) "A hostile guest")
(data (i32.const 0x140) "hostile.byte")
(data (i32.const 0x150) "hostile.group")
(data (i32.const 0x160) "hostile.number")
(data (i32.const 0x170) "hostile.text")
(data (i32.const 0x180) "ethertype")
(data (i32.const 0x190) "hostile.next")
(data (i32.const 0x1a0) "Byte")
(data (i32.const 0x1b0) "Group")
(data (i32.const 0x1c0) "Number")
(data (i32.const 0x1d0) "Text")
(data (i32.const 0x1e0) "udp.port")
(data (i32.const 0x1f0) "a text, an info")
;; description: name, version, protocols
(data (i32.const 0x200) (i32 0x100 7 0x110 5 0x220 1))
;; protocol: name, short, title, description; from 0x240 fields, claims, tables, heuristics, settings, streams, named,
;; bound; stateful
(data (i32.const 0x220) (i32 0x100 7 0x120 7 0x130 15 0 0))
(data (i32.const 0x240) (i32 0x300 4 0x700 1 0x290 1 0x298 0 0 0 0 0 0 0 0 0 0))
;; claim: table, key
(data (i32.const 0x700) (i32 0x180 9) (i64 0x88b6))
(data (i32.const 0x290) (i32 0x190 12))
(data (i32.const 0x298) (i32 0x1e0 8))
;; field: name, title, description; kind, width, little-endian; mask; scale; fixed point; base; unit, names;
;; computed, hidden, trailer, part, linked, role
(data (i32.const 0x300) (i32 0x140 12 0x1a0 4 0 0) (i8 2 1 0 0 0 0 0 0) (i64 0) (i32 1 0 0 0 0 0) (i32 0 0 0 0) (i64 0))
(data (i32.const 0x358) (i32 0x150 13 0x1b0 5 0 0) (i8 1 0 0 0 0 0 0 0) (i64 0) (i32 1 0 0 0 0 0) (i32 0 0 0 0) (i64 0))
(data (i32.const 0x3b0) (i32 0x160 14 0x1c0 6 0 0) (i8 2 8 0 0 0 0 0 0) (i64 0) (i32 1 0 0 0 0 0) (i32 0 0 0 0) (i64 1))
(data (i32.const 0x408) (i32 0x170 12 0x1d0 4 0 0) (i8 7 0 0 0 0 0 0 0) (i64 0) (i32 1 0 0 0 0 0) (i32 0 0 0 0) (i64 1))

;; part: describe
(func (export "prosector:plugin/dissector@0.1.0#describe") (result i32) (i32.const 0x200))

;; part: configure
;; result: 0 right or 1 wrong in a byte, then the text of what is wrong
(func (export "prosector:plugin/dissector@0.1.0#configure")
  (param $dissector i32) (param $settings i32) (param $count i32) (result i32)
  (global.set $top (i32.const 0x400000))
  (i32.const 0x500))

;; part: lists
;; Where the lists of the answers end, and the info line of the present slice.
(global $words (mut i32) (i32.const 0))
(global $side (mut i32) (i32.const 0))
(global $next (mut i32) (i32.const 0))
(global $ends (mut i32) (i32.const 0))
(global $slice_side (mut i32) (i32.const 0))
(global $info (mut i32) (i32.const 0))
(global $info_len (mut i32) (i32.const 0))
(func $word (param $word i64)
  (i64.store (global.get $words) (local.get $word))
  (global.set $words (i32.add (global.get $words) (i32.const 8))))
;; field << 48 | offset << 24 | length
(func $span (param $field i32) (param $offset i32) (param $len i32)
  (call $word (i64.or
    (i64.shl (i64.extend_i32_u (local.get $field)) (i64.const 48))
    (i64.or
      (i64.shl (i64.extend_i32_u (local.get $offset)) (i64.const 24))
      (i64.extend_i32_u (local.get $len))))))
;; Appends a text to the side bytes; gives its place, offset << 32 | length.
(func $text (param $at i32) (param $len i32) (result i64) (local $start i32)
  (local.set $start (global.get $side))
  (memory.copy (local.get $start) (local.get $at) (local.get $len))
  (global.set $side (i32.add (local.get $start) (local.get $len)))
  (i64.or
    (i64.shl (i64.extend_i32_u (i32.sub (local.get $start) (global.get $slice_side))) (i64.const 32))
    (i64.extend_i32_u (local.get $len))))

;; part: honest
;; What is right for a slice: every field once, its second byte handed on, an info line.
(func $honest (param $at i32) (param $len i32) (param $wire i32) (local $byte i32)
  (local.set $byte (i32.load8_u (local.get $at)))
  (call $span (i32.const 1) (i32.const 0) (local.get $len))
  (call $span (i32.const 0) (i32.const 0) (i32.const 1))
  (call $span (i32.const 2) (i32.const 0) (i32.const 1))
  (call $word (i64.mul (i64.extend_i32_u (local.get $byte)) (i64.const 1000)))
  (call $span (i32.const 3) (i32.const 0) (i32.const 1))
  (call $word (call $text (i32.const 0x1f0) (i32.const 6)))
  (call $span (i32.const 0xffff) (i32.const 0) (i32.const 0))
  (global.set $info (i32.sub (global.get $side) (global.get $slice_side)))
  (global.set $info_len (i32.wrap_i64 (call $text (i32.const 0x1f8) (i32.const 7))))
  ;; table << 48 | offset << 24 | length on the wire; number of keys; keys; context; where in a stream; part
  (i64.store (global.get $next) (i64.or (i64.const 0x1000000) (i64.extend_i32_u
    (i32.sub (local.get $wire) (i32.const 1)))))
  (i64.store offset=8 (global.get $next) (i64.const 1))
  (i64.store offset=16 (global.get $next) (i64.extend_i32_u (local.get $byte)))
  (i64.store offset=24 (global.get $next) (i64.const 0))
  (memory.fill (i32.add (global.get $next) (i32.const 32)) (i32.const 0) (i32.const 24))
  (global.set $next (i32.add (global.get $next) (i32.const 56))))
;; Whether a slice is the one that a guest may do wrong on.
(func $culprit (param $at i32) (result i32) (i32.eq (i32.load8_u (local.get $at)) (i32.const 0xee)))

;; part: probe
(func $probe (result i32) (i32.const 0))

;; part: finish
;; May change the answers at 0x10000 before the host gets them.
(func $finish)

;; part: dissect
(func (export "prosector:plugin/dissector@0.1.0#dissect")
  (param $dissector i32) (param $entry i32) (param $bytes i32) (param $byte_count i32)
  (param $slice i32) (param $slice_words i32) (param $want i32) (param $want_words i32) (result i32)
  (local $last i32) (local $wire i32)
  (global.set $words (i32.const 0x40000))
  (global.set $side (i32.const 0x200000))
  (global.set $next (i32.const 0x20000))
  (global.set $ends (i32.const 0x30000))
  (local.set $last (i32.add (local.get $slice) (i32.shl (local.get $slice_words) (i32.const 3))))
  (block $done (loop $more
    (br_if $done (i32.ge_u (local.get $slice) (local.get $last)))
    (global.set $slice_side (global.get $side))
    (global.set $info (i32.const 0))
    (global.set $info_len (i32.const 0))
    ;; slice: captured length, start; claim and flags, length on the wire; context; flow; frame; time
    (local.set $wire (i32.load offset=12 (local.get $slice)))
    (if (i32.eq (local.get $entry) (i32.const 2))
      (then (local.set $wire (call $probe)))
      (else (call $one
        (i32.add (local.get $bytes) (i32.load offset=4 (local.get $slice)))
        (i32.load (local.get $slice))
        (local.get $wire))))
    ;; ends: of side bytes, of words; length of the PDU, end of hand-ons; length of the info line, its start
    (i32.store (global.get $ends) (i32.sub (global.get $side) (i32.const 0x200000)))
    (i32.store offset=4 (global.get $ends)
      (i32.shr_u (i32.sub (global.get $words) (i32.const 0x40000)) (i32.const 3)))
    (i32.store offset=8 (global.get $ends) (local.get $wire))
    (i32.store offset=12 (global.get $ends)
      (i32.div_u (i32.sub (global.get $next) (i32.const 0x20000)) (i32.const 56)))
    (i32.store offset=16 (global.get $ends) (global.get $info_len))
    (i32.store offset=20 (global.get $ends) (global.get $info))
    (global.set $ends (i32.add (global.get $ends) (i32.const 24)))
    (local.set $slice (i32.add (local.get $slice) (i32.const 48)))
    (br $more)))
  ;; answers: words, side, next, ends, each an address and a count
  (i32.store (i32.const 0x10000) (i32.const 0x40000))
  (i32.store (i32.const 0x10004) (i32.shr_u (i32.sub (global.get $words) (i32.const 0x40000)) (i32.const 3)))
  (i32.store (i32.const 0x10008) (i32.const 0x200000))
  (i32.store (i32.const 0x1000c) (i32.sub (global.get $side) (i32.const 0x200000)))
  (i32.store (i32.const 0x10010) (i32.const 0x20000))
  (i32.store (i32.const 0x10014) (i32.shr_u (i32.sub (global.get $next) (i32.const 0x20000)) (i32.const 3)))
  (i32.store (i32.const 0x10018) (i32.const 0x30000))
  (i32.store (i32.const 0x1001c) (i32.shr_u (i32.sub (global.get $ends) (i32.const 0x30000)) (i32.const 3)))
  (global.set $top (i32.const 0x400000))
  (call $finish)
  (i32.const 0x10000))
