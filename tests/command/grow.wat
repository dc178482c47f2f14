;; Grows its memory to 64 MiB; ends with 1 when it is refused, which is no error.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (call $exit (i32.eq (memory.grow (i32.const 1023)) (i32.const -1)))))
