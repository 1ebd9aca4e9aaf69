;; Loops for ever where it is to say whether a slice is its own.
;; probes: took longer than 100ms
;; faults: 1-5
;; stderr: took longer than 100ms
;; stderr: then it was set aside
;; own: probe
(data (i32.const 0x258) (i32 0x298 1)) ;; heuristics
(data (i32.const 0x248) (i32 0 0)) ;; no claims
(func $probe (result i32) (loop (br 0)) unreachable)
(func $one (param $at i32) (param $len i32) (param $wire i32))
