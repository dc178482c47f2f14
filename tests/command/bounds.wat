;; An access behind the end of the memory, and one at the far end of the address space.
(module
  (memory (export "memory") 1)
  (func $reader (export "_start") (drop (i32.load (i32.const 65533))))
  (func $far (export "far") (drop (i64.load offset=0xFFFFFFFF (i32.const -1)))))
