;; Linking: what fits an import, what is shared through it, what stays when instantiation fails.

(module $E
  (memory (export "memory") 1 4)
  (table (export "table") 2 5 funcref)
  (table (export "objects") 1 externref)
  (global (export "global") (mut i64) (i64.const 0))
  (func (export "function") (param i32) (result i64) (i64.extend_i32_u (local.get 0)))
  (func (export "get") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "grow") (result i32) (memory.grow (i32.const 1)))
  (func (export "size") (result i32) (memory.size))
)
(register "E" $E)

(module (import "E" "memory" (memory 1)) (import "E" "memory" (memory 0 4)) (import "E" "memory" (memory 1 65536)))
(assert_unlinkable (module (import "E" "memory" (memory 2))) "incompatible import type")
(assert_unlinkable (module (import "E" "memory" (memory 1 3))) "incompatible import type")
(module (import "E" "table" (table 2 funcref)) (import "E" "table" (table 0 5 funcref)) (import "E" "objects" (table 1 externref)))
(assert_unlinkable (module (import "E" "table" (table 3 funcref))) "incompatible import type")
(assert_unlinkable (module (import "E" "table" (table 2 4 funcref))) "incompatible import type")
(assert_unlinkable (module (import "E" "table" (table 2 externref))) "incompatible import type")
(assert_unlinkable (module (import "E" "objects" (table 1 2 externref))) "incompatible import type")
(module (import "E" "function" (func (param i32) (result i64))))
(assert_unlinkable (module (import "E" "function" (func (param i32) (result i32)))) "incompatible import type")
(assert_unlinkable (module (import "E" "function" (func (param i32)))) "incompatible import type")
(assert_unlinkable (module (import "E" "function" (global i32))) "incompatible import type")
(assert_unlinkable (module (import "E" "memory" (table 1 funcref))) "incompatible import type")
(assert_unlinkable (module (import "E" "" (func))) "unknown import")
(assert_unlinkable (module (import "" "function" (func))) "unknown import")

;; A size that was reached by growing counts.
(assert_return (invoke $E "grow") (i32.const 1))
(module $F
  (import "E" "memory" (memory 2))
  (data (i32.const 65536) "f")
  (func (export "grow") (result i32) (memory.grow (i32.const 1)))
  (func (export "size") (result i32) (memory.size)))
(assert_return (invoke $E "get" (i32.const 65536)) (i32.const 102))
(assert_return (invoke $F "grow") (i32.const 2))
(assert_return (invoke $E "size") (i32.const 3))
(assert_return (invoke $E "grow") (i32.const 3))
(assert_return (invoke $F "size") (i32.const 4))
(assert_return (invoke $F "grow") (i32.const -1))

;; Segments before the one that fails, and what the start function did before its trap, stay.
(assert_trap
  (module (import "E" "memory" (memory 1)) (data (i32.const 0) "ab") (data (i32.const 262143) "cd") (data (i32.const 2) "e"))
  "out of bounds memory access")
(assert_return (invoke $E "get" (i32.const 1)) (i32.const 98))
(assert_return (invoke $E "get" (i32.const 262143)) (i32.const 0))
(assert_return (invoke $E "get" (i32.const 2)) (i32.const 0))
(assert_trap
  (module (import "E" "memory" (memory 1)) (func $start (i32.store8 (i32.const 5) (i32.const 55)) (unreachable)) (start $start))
  "unreachable")
(assert_return (invoke $E "get" (i32.const 5)) (i32.const 55))

;; A function that a failed instance put into a table lives on, with its own memory.
(assert_trap
  (module
    (import "E" "table" (table 1 funcref))
    (memory 1) (data (i32.const 0) "\2a")
    (func $f (result i32) (i32.load8_u (i32.const 0)))
    (elem (i32.const 0) $f)
    (func $start (drop (i32.div_u (i32.const 1) (i32.const 0)))) (start $start))
  "integer divide by zero")
(module
  (import "E" "table" (table 1 funcref))
  (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0))))
(assert_return (invoke "call" (i32.const 0)) (i32.const 42))
(assert_trap (invoke "call" (i32.const 1)) "uninitialized element")

;; Types are equal by structure, across modules, whatever their number.
(module $G
  (type (func)) (type (func (param f64))) (type $t (func (param i32 i64) (result f32)))
  (func (export "t") (type $t) (f32.const 4)))
(register "G" $G)
(module
  (type $t (func (param i32 i64) (result f32)))
  (import "G" "t" (func $i (type $t)))
  (table funcref (elem $i))
  (func (export "call") (result f32) (call_indirect (type $t) (i32.const 1) (i64.const 2) (i32.const 0))))
(assert_return (invoke "call") (f32.const 4))

;; The start function runs once, after the segments.
(module
  (memory 1) (data (i32.const 0) "\05")
  (global $runs (export "runs") (mut i32) (i32.const 0))
  (func $start (global.set $runs (i32.add (global.get $runs) (i32.load (i32.const 0)))))
  (start $start))
(assert_return (get "runs") (i32.const 5))
(assert_invalid (module (func $f (param i32)) (start $f)) "start function")
(assert_invalid (module (start 0)) "unknown function")
(assert_invalid (module (func (export "a")) (memory (export "a") 1)) "duplicate export name")
(assert_invalid (module (export "a" (func 0))) "unknown function")

;; Host functions, called directly and by table.
(module
  (import "spectest" "print_i32" (func $p (param i32)))
  (import "spectest" "print_f64_f64" (func $q (param f64 f64)))
  (table funcref (elem $p $q))
  (func (export "direct") (call $p (i32.const 1)) (call $q (f64.const 1) (f64.const 2)))
  (func (export "indirect") (param i32) (call_indirect (param i32) (i32.const 5) (local.get 0)))
  (func (export "tail") (return_call $p (i32.const 1))))
(assert_return (invoke "direct"))
(assert_return (invoke "indirect" (i32.const 0)))
(assert_trap (invoke "indirect" (i32.const 1)) "indirect call type mismatch")
(assert_return (invoke "tail"))
