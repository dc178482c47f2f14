;; An app whose turn does not end.
(module
  (memory (export "memory") 1)
  (table 1 funcref)
  (func (export "start") (param i32) (result i32)
    (loop (br 0))
    (i32.const 0)))
