;; Wants to know the environment.
;; status: 2
;; stderr: it imports wasi:cli/environment@0.2.0
(component
  (import "wasi:cli/environment@0.2.0" (instance
    (export "get-environment" (func (result (list (tuple string string)))))))
  (instance $dissector)
  (export "prosector:plugin/dissector@0.1.0" (instance $dissector)))
