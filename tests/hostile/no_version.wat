;; Something else.
;; status: 2
;; stderr: not a prosector plugin: it does not export prosector:plugin/dissector
(component)
