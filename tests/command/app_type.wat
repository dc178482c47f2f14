;; An app that imports a function of the context with another type.
(module
  (import "argos" "answer" (func (param i32 i32) (result i32)))
  (memory 1)
  (func (export "start") (param i32) (result i32) (i32.const 2)))
