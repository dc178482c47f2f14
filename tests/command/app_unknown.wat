;; An app that wants a function of the context that there is not.
(module
  (import "argos" "log" (func (param i32 i32)))
  (import "argos" "sing" (func (param i32)))
  (memory 1)
  (func (export "start") (param i32) (result i32) (i32.const 2)))
