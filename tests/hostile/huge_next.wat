;; Hands on more often than is allowed.
;; culprits: 0xee
;; diagnostic: 1025 hand-ons; 1024 are allowed
;; stderr: 1025 hand-ons; 1024 are allowed
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (if (call $culprit (local.get $at))
    (then (memory.fill (global.get $next) (i32.const 0) (i32.const 57400))
      (global.set $next (i32.add (global.get $next) (i32.const 57400))))
    (else (call $honest (local.get $at) (local.get $len) (local.get $wire)))))
