;; Wants more than anybody supplies here.
(module
  (import "env" "sleep" (func (param i32)))
  (import "env" "table" (table 1 funcref))
  (import "env" "memory" (memory 1))
  (import "env" "state" (global i32))
  (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
  (import "wasi_snapshot_preview1" "no_such_call" (func))
  (import "m" "a" (func)) (import "m" "b" (func)) (import "m" "c" (func)) (import "m" "d" (func))
  (import "m" "e" (func)) (import "m" "f" (func)) (import "m" "g" (func))
  (func (export "_start")))
