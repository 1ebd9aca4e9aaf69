;; Says that it keeps the interface, but has nothing of it.
;; status: 2
;; stderr: describe
(component
  (instance $dissector)
  (export "prosector:plugin/dissector@0.1.0" (instance $dissector)))
