;; An allocator that gives the same address always: it harms nobody but the guest.
;; culprits: all
;; diagnostic: spans bytes
;; stderr: 5 faults in this run, then it was set aside
;; own: allocator
(global $top (mut i32) (i32.const 0))
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0x400000))
;; What it takes for slices are the wanted bits: the last list that was handed over lies over the others.
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (call $span (i32.const 0) (i32.const 0xffffff) (i32.const 1)))
