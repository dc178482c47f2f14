;; Ends with exit codes that do not fit into eight bits, or none at all.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $exit (i32.const 0x1FF)))
  (func (export "quiet")))
