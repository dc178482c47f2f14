;; A trap three calls deep, with names.
(module
  (func $innermost unreachable)
  (func $middle (call $innermost))
  (func $outer (export "_start") (call $middle)))
