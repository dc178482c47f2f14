;; An app that traps in its second turn, behind what its table can hold.
(module
  (table 1 1 funcref)
  (memory 1)
  (func $again (export "start") (param $os i32) (result i32)
    (if (i64.eq (i64.load offset=8 (local.get $os)) (i64.const 2)) (then (unreachable)))
    (i32.const 1)))
