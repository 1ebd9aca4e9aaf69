;; A verdict that is none, on what nobody claims.
;; probes: 77 is no verdict
;; stderr: 77 is no verdict
;; stderr: 5 faults in this run, then it was set aside
;; own: probe
(data (i32.const 0x258) (i32 0x298 1)) ;; heuristics
(data (i32.const 0x248) (i32 0 0)) ;; no claims
(func $probe (result i32) (i32.const 77))
(func $one (param $at i32) (param $len i32) (param $wire i32))
