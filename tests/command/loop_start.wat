;; A start function that does not return: the instance is never made.
(module
  (func $first (loop $again (br $again)))
  (start $first)
  (func (export "_start")))
