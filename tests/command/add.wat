;; A library: functions of all number types, for --invoke.
(module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "wide") (param i64) (result i64) (local.get 0))
  (func (export "half") (param f64) (result f64) (f64.div (local.get 0) (f64.const 2)))
  (func (export "third") (param f32) (result f32) (f32.div (local.get 0) (f32.const 3)))
  (func (export "vector") (param v128) (result v128) (local.get 0))
  (func (export "pair") (result i32 i64) (i32.const -1) (i64.const 7))
  (func (export "identity") (param externref) (result externref) (local.get 0))
  (func (export "nothing"))
  (memory (export "memory") 1)
  (global (export "answer") i32 (i32.const 42)))
