;; An app for ArgOS: one function, whose argument is all that it can do. This one counts. It writes a line to the log every tenth of a second, three
;; times or as often as its first argument says. It handles the interface of counter.wit for whoever has a grant to it, and when it was given a grant to
;; another counter, it asks that one.
;;
;; The argument $os is the address of a structure; behind each load from it stands the field that it reads. What it points to is read-only, but for
;; mine. context.h, which comes with apps in C, describes all of it: a pointer takes 4 bytes, a field stands at a multiple of its size. The functions
;; are in there too, as indices of table 0; where there is no table, the same ones are imported from argos.
(module
  (import "argos" "log" (func $log (param $text i32) (param $length i32)))
  (import "argos" "answer" (func $answer (param $id i64) (param $answer i32) (result i32)))
  (import "argos" "call" (func $call (param $message i32) (param $answer i32) (param $until_ns i64) (result i32)))

  ;; What memory holds: 256 the line of text, 512 a message to send, 768 the answer to it; texts, each with its length before it.
  (memory 1)
  (data (i32.const 1024) "\06count ")
  (data (i32.const 1040) "\04 of ")
  (data (i32.const 1056) "\18the other counter is at ")
  (data (i32.const 1088) "\28the other counter does not answer: error")
  (data (i32.const 1136) "\01 ")
  (data (i32.const 1152) "counter\00")

  ;; Globals and memory stay from turn to turn.
  (global $count (mut i32) (i32.const 0))
  (global $count_max (mut i32) (i32.const 3))
  (global $next_ns (mut i64) (i64.const 0))
  (global $length (mut i32) (i32.const 0)) ;; of the line

  ;; ---- Text ----

  (func $line_add_byte (param $byte i32)
    (i32.store8 offset=256 (global.get $length) (local.get $byte))
    (global.set $length (i32.add (global.get $length) (i32.const 1))))

  (func $line_add (param $text i32)
    (local $size i32)
    (local.set $size (i32.load8_u (local.get $text)))
    (memory.copy (i32.add (i32.const 256) (global.get $length)) (i32.add (local.get $text) (i32.const 1)) (local.get $size))
    (global.set $length (i32.add (global.get $length) (local.get $size))))

  (func $line_add_number (param $number i64)
    (if (i64.ge_u (local.get $number) (i64.const 10))
      (then (call $line_add_number (i64.div_u (local.get $number) (i64.const 10)))))
    (call $line_add_byte (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $number) (i64.const 10))))))

  (func $line_log
    (call $log (i32.const 256) (global.get $length))
    (global.set $length (i32.const 0)))

  (func $texts_are_equal (param $left i32) (param $right i32) (result i32)
    (local $byte i32)
    (loop $next
      (local.set $byte (i32.load8_u (local.get $left)))
      (if (i32.ne (local.get $byte) (i32.load8_u (local.get $right)))
        (then (return (i32.const 0))))
      (local.set $left (i32.add (local.get $left) (i32.const 1)))
      (local.set $right (i32.add (local.get $right) (i32.const 1)))
      (br_if $next (local.get $byte)))
    (i32.const 1))

  ;; The number that a text of digits starts with.
  (func $number_of (param $text i32) (result i32)
    (local $number i32) (local $digit i32)
    (loop $next
      (local.set $digit (i32.sub (i32.load8_u (local.get $text)) (i32.const 48)))
      (if (i32.lt_u (local.get $digit) (i32.const 10))
        (then
          (local.set $number (i32.add (i32.mul (local.get $number) (i32.const 10)) (local.get $digit)))
          (local.set $text (i32.add (local.get $text) (i32.const 1)))
          (br $next))))
    (local.get $number))

  ;; ---- Messages ----

  ;; Answers all that came with this turn; 0 when the app is asked to end.
  (func $answer_all (param $os i32) (result i32)
    (local $in i32) (local $end i32)
    (local.set $in (i32.load offset=64 (local.get $os))) ;; inbox
    (local.set $end (i32.add (local.get $in) (i32.mul (i32.load offset=68 (local.get $os)) (i32.const 144)))) ;; inbox_count
    (loop $next
      (if (i32.lt_u (local.get $in) (local.get $end))
        (then
          (if (i32.eq (i32.load16_u offset=56 (local.get $in)) (i32.const 1)) ;; kind: MESSAGE_REQUEST
            (then (call $answer_one (local.get $in))))
          (if (i32.eq (i32.load16_u offset=56 (local.get $in)) (i32.const 3)) ;; kind: MESSAGE_NOTICE
            (then
              (if (i32.eq (i32.load offset=52 (local.get $in)) (i32.const 5)) ;; operation: NOTICE_STOP
                (then (return (i32.const 0))))))
          (local.set $in (i32.add (local.get $in) (i32.const 144)))
          (br $next))))
    (i32.const 1))

  (func $answer_one (param $in i32)
    (if (i64.eqz (i64.load (local.get $in))) ;; id
      (then (return)))
    (memory.fill (i32.const 512) (i32.const 0) (i32.const 144))
    (if (i32.eq (i32.load offset=52 (local.get $in)) (i32.const 1)) ;; operation: the first function of counter.wit
      (then (i64.store offset=16 (i32.const 512) (i64.extend_i32_u (global.get $count)))) ;; words[0]
      (else (i32.store offset=60 (i32.const 512) (i32.const -14)))) ;; error: UNSUPPORTED
    (drop (call $answer (i64.load (local.get $in)) (i32.const 512))))

  ;; Asks another counter how far it is, where the app was given one.
  (func $ask (param $os i32)
    (local $grant i32) (local $end i32)
    (local.set $grant (i32.load offset=56 (local.get $os))) ;; grants
    (local.set $end (i32.add (local.get $grant) (i32.mul (i32.load offset=60 (local.get $os)) (i32.const 48)))) ;; grant_count
    (loop $next
      (if (i32.lt_u (local.get $grant) (local.get $end))
        (then
          (if (i32.and (i32.load offset=36 (local.get $grant)) (i32.const 1)) ;; flags: GRANT_USE
            (then
              (if (call $texts_are_equal (i32.load offset=40 (local.get $grant)) (i32.const 1152)) ;; label: "counter"
                (then (call $ask_one (i32.load offset=32 (local.get $grant))))))) ;; handle
          (local.set $grant (i32.add (local.get $grant) (i32.const 48)))
          (br $next)))))

  (func $ask_one (param $handle i32)
    (local $error i32)
    (memory.fill (i32.const 512) (i32.const 0) (i32.const 144))
    (memory.fill (i32.const 768) (i32.const 0) (i32.const 144))
    (i32.store offset=48 (i32.const 512) (local.get $handle)) ;; grant
    (i32.store offset=52 (i32.const 512) (i32.const 1)) ;; operation
    (local.set $error (call $call (i32.const 512) (i32.const 768) (i64.const -1))) ;; UNTIL_EVER
    (if (i32.eqz (local.get $error))
      (then
        (call $line_add (i32.const 1056))
        (call $line_add_number (i64.load offset=16 (i32.const 768)))) ;; words[0]
      (else
        (call $line_add (i32.const 1088))
        (call $line_add (i32.const 1136))
        (call $line_add_number (i64.extend_i32_u (i32.sub (i32.const 0) (local.get $error))))))
    (call $line_log))

  ;; ---- The app ----

  (func $count_one (param $os i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (call $line_add (i32.const 1024))
    (call $line_add_number (i64.extend_i32_u (global.get $count)))
    (call $line_add (i32.const 1040))
    (call $line_add_number (i64.extend_i32_u (global.get $count_max)))
    (call $line_log)
    (call $ask (local.get $os)))

  (func $is_handler (param $os i32) (result i32)
    (local $grant i32) (local $end i32)
    (local.set $grant (i32.load offset=56 (local.get $os))) ;; grants
    (local.set $end (i32.add (local.get $grant) (i32.mul (i32.load offset=60 (local.get $os)) (i32.const 48)))) ;; grant_count
    (loop $next
      (if (i32.lt_u (local.get $grant) (local.get $end))
        (then
          (if (i32.and (i32.load offset=36 (local.get $grant)) (i32.const 2)) ;; flags: GRANT_SERVE
            (then (return (i32.const 1))))
          (local.set $grant (i32.add (local.get $grant) (i32.const 48)))
          (br $next))))
    (i32.const 0))

  (func $is_counting (result i32)
    (i32.lt_u (global.get $count) (global.get $count_max)))

  ;; Gives 0 for TURN_WAIT, 2 for TURN_EXIT.
  (func $start (export "start") (param $os i32) (result i32)
    (local $now_ns i64)
    (if (i32.and (i64.eq (i64.load offset=8 (local.get $os)) (i64.const 1)) ;; turn
                 (i32.gt_u (i32.load offset=76 (local.get $os)) (i32.const 1))) ;; argument_count
      (then (global.set $count_max (call $number_of (i32.load offset=4 (i32.load offset=72 (local.get $os))))))) ;; arguments[1]
    (if (i32.eqz (call $answer_all (local.get $os)))
      (then (return (i32.const 2))))
    ;; Without a clock every turn counts.
    (local.set $now_ns (global.get $next_ns))
    (if (i32.load offset=20 (local.get $os)) ;; clock
      (then (local.set $now_ns (i64.load offset=8 (i32.load offset=20 (local.get $os)))))) ;; clock->monotonic_ns
    (if (i32.and (call $is_counting) (i64.ge_u (local.get $now_ns) (global.get $next_ns)))
      (then
        (call $count_one (local.get $os))
        (global.set $next_ns (i64.add (local.get $now_ns) (i64.const 100000000))))) ;; a tenth of a second
    (if (call $is_counting)
      (then
        (i64.store offset=16 (i32.load offset=16 (local.get $os)) (global.get $next_ns)) ;; mine->wake_at_ns
        (return (i32.const 0))))
    (select (i32.const 0) (i32.const 2) (call $is_handler (local.get $os)))))
