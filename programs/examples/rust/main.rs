//! An app for ArgOS: one function, whose argument is all that it can do. This one counts. It writes a line to the log every tenth of a second, three
//! times or as often as its first argument says. It handles the interface of counter.wit for whoever has a grant to it, and when it was given a grant to
//! another counter, it asks that one. context.rs says what else there is.
#![no_std]
#![no_main]

mod context;

use context::{Context, Message, GRANT_SERVE, GRANT_USE, MESSAGE_NOTICE, MESSAGE_REQUEST, NOTICE_STOP, TURN_EXIT, TURN_WAIT, UNSUPPORTED, UNTIL_EVER};
use core::fmt::Write;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

const PERIOD_NS: u64 = 100_000_000; // a tenth of a second
const COUNTER_COUNT: u32 = 1; // the first function of counter.wit

/// What is static stays from turn to turn; what is on the stack does not. An app has one thread, so these are plain loads and stores.
static COUNT: AtomicU32 = AtomicU32::new(0);
static COUNT_MAX: AtomicU32 = AtomicU32::new(0);
static NEXT_NS: AtomicU64 = AtomicU64::new(0);

/// A line of text without an allocator; what is too long is cut.
struct Line {
    text: [u8; 100],
    length: usize,
}

impl Line {
    const fn new() -> Line {
        Line { text: [0; 100], length: 0 }
    }

    fn text(&self) -> &[u8] {
        self.text.get(..self.length).unwrap_or(&[])
    }
}

impl Write for Line {
    fn write_str(&mut self, words: &str) -> core::fmt::Result {
        for (place, byte) in self.text.iter_mut().skip(self.length).zip(words.bytes()) {
            *place = byte;
            self.length += 1;
        }
        Ok(())
    }
}

macro_rules! log {
    ($os:expr, $($words:tt)*) => {{
        let mut line = Line::new();
        let _ = write!(line, $($words)*);
        $os.log(line.text());
    }};
}

fn number_of(text: &[u8]) -> u32 {
    text.iter().take_while(|byte| byte.is_ascii_digit()).fold(0, |number: u32, byte| number.wrapping_mul(10).wrapping_add(u32::from(byte - b'0')))
}

/// Answers all that came with this turn; false when the app is asked to end.
fn answer_all(os: &Context) -> bool {
    for message in os.inbox() {
        if message.kind == MESSAGE_REQUEST && message.id != 0 {
            let answer = if message.operation == COUNTER_COUNT {
                Message { words: [u64::from(COUNT.load(Relaxed)), 0, 0, 0], ..Message::NONE }
            } else {
                Message { error: -UNSUPPORTED, ..Message::NONE }
            };
            os.answer(message.id, &answer);
        } else if message.kind == MESSAGE_NOTICE && message.operation == NOTICE_STOP {
            return false;
        }
    }
    true
}

/// Asks another counter how far it is, where the app was given one.
fn ask(os: &Context) {
    for grant in os.grants().iter().filter(|grant| grant.flags & GRANT_USE != 0 && grant.label() == b"counter") {
        let question = Message { grant: grant.handle, operation: COUNTER_COUNT, ..Message::NONE };
        match os.call(&question, UNTIL_EVER) {
            Ok(answer) => log!(os, "the other counter is at {}", answer.words[0]),
            Err(error) => log!(os, "the other counter does not answer: error {}", error),
        }
    }
}

fn count_one(os: &Context) {
    let count = COUNT.fetch_add(1, Relaxed) + 1;
    log!(os, "count {} of {}", count, COUNT_MAX.load(Relaxed));
    ask(os);
}

#[no_mangle]
pub extern "C" fn start(os: &Context) -> i32 {
    if os.turn == 1 {
        COUNT_MAX.store(os.arguments().nth(1).map_or(3, number_of), Relaxed);
    }
    if !answer_all(os) {
        return TURN_EXIT;
    }
    // Without a clock every turn counts.
    let next_ns = NEXT_NS.load(Relaxed);
    let now_ns = os.monotonic_ns().unwrap_or(next_ns);
    let is_counting = || COUNT.load(Relaxed) < COUNT_MAX.load(Relaxed);
    if is_counting() && now_ns >= next_ns {
        count_one(os);
        NEXT_NS.store(now_ns + PERIOD_NS, Relaxed);
    }
    if is_counting() {
        os.wake_at(NEXT_NS.load(Relaxed));
        return TURN_WAIT;
    }
    let is_handler = os.grants().iter().any(|grant| grant.flags & GRANT_SERVE != 0);
    if is_handler { TURN_WAIT } else { TURN_EXIT }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
