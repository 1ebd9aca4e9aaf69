;; The reference: it keeps every rule.
(func $one (param $at i32) (param $len i32) (param $wire i32)
  (call $honest (local.get $at) (local.get $len) (local.get $wire)))
