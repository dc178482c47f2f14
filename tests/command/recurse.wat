;; A recursion without an end.
(module
  (func $again (export "_start") (call $again) (call $again)))
