;; Calls before its first turn, when the kernel does not know its memory yet.
(module
  (import "argos" "call" (func $call (param i32 i32 i64) (result i32)))
  (memory (export "memory") 1)
  (func $early (drop (call $call (i32.const 8) (i32.const 512) (i64.const -1))))
  (start $early)
  (func (export "start") (param i32) (result i32) (i32.const 2)))
