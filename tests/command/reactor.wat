;; A reactor: _initialize runs before what is invoked, and what is invoked may end the process.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (global $state (mut i32) (i32.const 0))
  (func (export "_initialize") (global.set $state (i32.const 42)))
  (func (export "state") (result i32) (global.get $state))
  (func (export "leave") (param i32) (call $exit (local.get 0))))
