;; A _start that is no program's.
(module
  (func (export "_start") (param i32) (result i32) (local.get 0)))
