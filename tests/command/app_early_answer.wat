;; Answers before its first turn, when the kernel does not know its memory yet.
(module
  (import "argos" "answer" (func $answer (param i64 i32) (result i32)))
  (memory (export "memory") 1)
  (func $early (drop (call $answer (i64.const 1) (i32.const 8))))
  (start $early)
  (func (export "start") (param i32) (result i32) (i32.const 2)))
