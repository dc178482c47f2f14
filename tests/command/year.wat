;; Ends with how many years have passed since 1970.
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (if (call $time (i32.const 0) (i64.const 1) (i32.const 0)) (then (call $exit (i32.const 255))))
    (call $exit (i32.wrap_i64 (i64.div_u (i64.load (i32.const 0)) (i64.const 31556952000000000))))))
