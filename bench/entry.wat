;; What bench/entry.c measures: an app that calls functions of the host in a loop, and an app that is called by the host.
;; Both bring their own table, through which a context's functions are called.
(module
  (type $turn (func (param i32) (result i32)))
  (type $call (func (param i32 i32 i64) (result i32)))
  (type $answer (func (param i64 i32) (result i32)))
  (import "host" "call" (func $call (type $call)))
  (import "host" "call_by_array" (func $call_by_array (type $call)))
  (import "host" "answer" (func $answer (type $answer)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (memory 1)
  (table funcref (elem $call $call_by_array $answer))

  ;; Turns: one that does nothing, one that answers, one that traps.
  (func (export "empty") (type $turn) (i32.const 1))
  (func (export "answering") (type $turn)
    (drop (call_indirect (type $answer) (i64.const 7) (local.get 0) (i32.const 2)))
    (i32.const 1))
  (func (export "trapping") (type $turn) (unreachable))

  ;; Loops of so many rounds.
  (func (export "nothing") (param $rounds i64)
    (loop $next
      (local.set $rounds (i64.sub (local.get $rounds) (i64.const 1)))
      (br_if $next (i64.ne (local.get $rounds) (i64.const 0)))))
  (func (export "import") (param $rounds i64)
    (loop $next
      (drop (call $call (i32.const 16) (i32.const 64) (local.get $rounds)))
      (local.set $rounds (i64.sub (local.get $rounds) (i64.const 1)))
      (br_if $next (i64.ne (local.get $rounds) (i64.const 0)))))
  (func (export "wasi") (param $rounds i64)
    (loop $next
      (drop (call $clock_time_get (i32.const 1) (local.get $rounds) (i32.const 16)))
      (local.set $rounds (i64.sub (local.get $rounds) (i64.const 1)))
      (br_if $next (i64.ne (local.get $rounds) (i64.const 0)))))
  (func $through (param $rounds i64) (param $function i32)
    (loop $next
      (drop (call_indirect (type $call) (i32.const 16) (i32.const 64) (local.get $rounds) (local.get $function)))
      (local.set $rounds (i64.sub (local.get $rounds) (i64.const 1)))
      (br_if $next (i64.ne (local.get $rounds) (i64.const 0)))))
  (func (export "native") (param $rounds i64) (call $through (local.get $rounds) (i32.const 0)))
  (func (export "array") (param $rounds i64) (call $through (local.get $rounds) (i32.const 1))))
