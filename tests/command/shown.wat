;; For argos disassemble: a call that is inlined, one that is not, one beyond the compiler's limits.
(module
  (import "env" "log" (func $log (param i32)))
  (memory 1)
  (func $load (param i32) (result i32) (i32.load offset=4 align=2 (local.get 0)))
  (func $sum (export "total") (param i32) (result i32)
    (local i32)
    (loop
      (local.set 1 (i32.add (local.get 1) (call $load (local.get 0))))
      (call $log (local.get 1))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 4)))))
    (local.get 1))
  (func $plain (param i64) (result i64) (local.get 0))
  (func $other (param i64) (result i64) (local.get 0))
  (func $wide (param i64 i64 i64 i64 i64 i64 i64 i64) (result i64) (local.get 7))
  (func $refused (param i64) (result i64)
    (return_call $wide (local.get 0) (local.get 0) (local.get 0) (local.get 0) (local.get 0) (local.get 0) (local.get 0) (local.get 0))))
