;; An app that says two lines, one with a control character, and ends with code 7 by way of its state page.
(module
  (import "argos" "log" (func $log (param i32 i32)))
  (memory 1)
  (data (i32.const 16) "one\1b[31m\ntwo")
  (func (export "start") (param $os i32) (result i32)
    (call $log (i32.const 16) (i32.const 12))
    (i32.store offset=4 (i32.load offset=16 (local.get $os)) (i32.const 7))
    (i32.const 2)))
