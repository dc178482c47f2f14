;; A loop without an end.
(module
  (func (export "_start") (loop $again (br $again))))
