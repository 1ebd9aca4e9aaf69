;; Wants something that nobody has heard of.
;; status: 2
;; stderr: it imports system
(component
  (import "system" (func (param "command" string)))
  (instance $dissector)
  (export "prosector:plugin/dissector@0.1.0" (instance $dissector)))
