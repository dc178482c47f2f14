;; An ArgOS app: its one export is start, its table and memory are as the linker makes them.
(module
  (table 3 funcref)
  (table 1 5 externref)
  (memory 2 16)
  (global $stack (mut i32) (i32.const 65536))
  (func $begin)
  (start $begin)
  (func $start (export "start") (param i32) (result i32) (i32.const 0)))
