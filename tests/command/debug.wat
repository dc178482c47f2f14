;; Calls four deep, that no compiler inlines; ends with 3.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func $leaf (param i32) (result i32)
    (local i32)
    (loop
      (local.set 1 (i32.add (local.get 1) (i32.load (local.get 0))))
      (br_if 0 (i32.lt_u (local.get 1) (i32.const 0))))
    (local.get 1))
  (func $walk (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (call $walk (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
      (else (call $leaf (i32.const 8)))))
  (func (export "_start")
    (call $exit (call $walk (i32.const 3)))))
