;; An allocator that gives addresses outside its memory.
;; culprits: all
;; diagnostic: beyond end of memory
;; stderr: 5 faults in this run, then it was set aside
;; own: allocator
(global $top (mut i32) (i32.const 0))
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
  (select (i32.const 0xfffff000) (i32.const 0x400000) (local.get 3)))
(func $one (param $at i32) (param $len i32) (param $wire i32))
