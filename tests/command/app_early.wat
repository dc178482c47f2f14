;; An app whose module calls the context before there is one.
(module
  (import "argos" "log" (func $log (param i32 i32)))
  (memory 1)
  (func $early (call $log (i32.const 0) (i32.const 1)))
  (start $early)
  (func (export "start") (param i32) (result i32) (i32.const 2)))
