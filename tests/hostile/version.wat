;; Keeps a later version of the interface.
;; status: 2
;; stderr: version "0.2.0" of the plugin interface
;; stderr: this prosector knows 0.1
(component
  (instance $dissector)
  (export "prosector:plugin/dissector@0.2.0" (instance $dissector)))
