//! The contract between an app and ArgOS, for Rust: the layout of context.h, field by field, and safe functions around it. What the kernel shows can be
//! read and not written, and stands until the turn ends.
#![allow(dead_code)]

use core::ffi::c_void;
use core::slice;

/// What `start` returns.
pub const TURN_WAIT: i32 = 0; // call me when a message comes, or when the time of wake_at is past
pub const TURN_AGAIN: i32 = 1; // call me again as soon as the others had their turn
pub const TURN_EXIT: i32 = 2; // end me

/// Bits of `Grant::flags`.
pub const GRANT_USE: u32 = 1; // messages can be sent through it
pub const GRANT_SERVE: u32 = 2; // the app handles the interface
pub const GRANT_REVOKED: u32 = 4;

/// `Message::kind` of what came in.
pub const MESSAGE_REQUEST: u16 = 1; // an answer is owed when id is not 0
pub const MESSAGE_ANSWER: u16 = 2;
pub const MESSAGE_NOTICE: u16 = 3; // from the kernel: operation is one of these
pub const NOTICE_CLIENT_GONE: u32 = 1;
pub const NOTICE_CANCELLED: u32 = 2;
pub const NOTICE_ROOM: u32 = 3;
pub const NOTICE_GRANTS: u32 = 4;
pub const NOTICE_STOP: u32 = 5;

/// Bits of `Message::flags`, set by who sends.
pub const MESSAGE_NO_ANSWER: u16 = 1;
pub const MESSAGE_AWAIT_HANDLER: u16 = 2;
pub const MESSAGE_FORWARD: u16 = 4;
pub const MESSAGE_CANCEL: u16 = 8;

/// `Message::block_mode`.
pub const BLOCK_NONE: u32 = 0;
pub const BLOCK_COPY: u32 = 1;

/// Errors are negative in messages, and positive where a function gives `Err`. These are some; context.h lists all.
pub const NO_GRANT: i32 = 2;
pub const REVOKED: i32 = 3;
pub const NO_HANDLER: i32 = 4;
pub const HANDLER_GONE: i32 = 5;
pub const TIMED_OUT: i32 = 7;
pub const FULL: i32 = 8;
pub const REFUSED: i32 = 13;
pub const UNSUPPORTED: i32 = 14;
pub const MALFORMED: i32 = 15;

pub const UNTIL_POLL: u64 = 0;
pub const UNTIL_EVER: u64 = u64::MAX;

#[repr(C)]
pub struct Grant {
    pub interface: [u8; 32], // SHA-256 of the interface's canonical text
    pub handle: u32,
    pub flags: u32,
    label: *const u8,
    reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct MessageGrant {
    pub handle: u32,
    pub mode: u32,
    pub badge: u64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Message {
    pub id: u64,
    pub badge: u64,
    pub words: [u64; 4],
    pub grant: u32,
    pub operation: u32,
    pub kind: u16,
    pub flags: u16,
    pub error: i32,
    pub block: *mut c_void,
    pub block_size: u32,
    pub block_mode: u32,
    pub grant_count: u32,
    pub grants: [MessageGrant; 4],
}

/// The page that the app may write.
#[repr(C)]
struct AppState {
    size: u32,
    exit_code: i32,
    store: *mut c_void,
    wake_at_ns: u64,
}

#[repr(C)]
struct Clock {
    size: u32,
    reserved: u32,
    monotonic_ns: u64,
    wall_ns: u64,
}

/// Functions are indices of the app's table, and None where the app was not granted what they do.
#[repr(C)]
pub struct Context {
    pub size: u32,
    pub app: u32,
    pub turn: u64, // turns so far, this one included
    mine: *mut AppState,
    clock: *const Clock,
    log: Option<unsafe extern "C" fn(text: *const u8, length: u32)>,
    allocate: Option<unsafe extern "C" fn(size: u32, alignment: u32) -> *mut c_void>,
    release: Option<unsafe extern "C" fn(memory: *mut c_void)>,
    send: unsafe extern "C" fn(message: *const Message) -> i64,
    answer: unsafe extern "C" fn(id: u64, answer: *const Message) -> i32,
    wait: unsafe extern "C" fn(out: *mut Message, count: u32, until_ns: u64) -> i32,
    call: unsafe extern "C" fn(message: *const Message, answer: *mut Message, until_ns: u64) -> i32,
    buffer: Option<unsafe extern "C" fn(request: *mut c_void) -> i32>,
    grants: *const Grant,
    grant_count: u32,
    inbox: *const Message,
    inbox_count: u32,
    arguments: *const *const u8,
    argument_count: u32,
}

/// The bytes of a text that ends with a zero. It has to stand as long as the result is used.
unsafe fn text_of<'a>(text: *const u8) -> &'a [u8] {
    let mut length = 0;
    while *text.add(length) != 0 {
        length += 1;
    }
    slice::from_raw_parts(text, length)
}

unsafe fn array_of<'a, T>(first: *const T, count: u32) -> &'a [T] {
    if count == 0 { &[] } else { slice::from_raw_parts(first, count as usize) }
}

impl Grant {
    pub fn label(&self) -> &[u8] {
        unsafe { text_of(self.label) }
    }
}

impl Message {
    /// All zero: where a message starts that is filled in.
    pub const NONE: Message = Message {
        id: 0,
        badge: 0,
        words: [0; 4],
        grant: 0,
        operation: 0,
        kind: 0,
        flags: 0,
        error: 0,
        block: core::ptr::null_mut(),
        block_size: 0,
        block_mode: BLOCK_NONE,
        grant_count: 0,
        grants: [MessageGrant { handle: 0, mode: 0, badge: 0 }; 4],
    };
}

impl Context {
    pub fn log(&self, text: &[u8]) {
        if let Some(log) = self.log {
            unsafe { log(text.as_ptr(), text.len() as u32) }
        }
    }

    /// None without a grant of the clock. It goes on while the app runs, so each look is a new one.
    pub fn monotonic_ns(&self) -> Option<u64> {
        if self.clock.is_null() { None } else { Some(unsafe { core::ptr::addr_of!((*self.clock).monotonic_ns).read_volatile() }) }
    }

    /// With TURN_WAIT: call me at this time of the monotonic clock even when no message comes.
    pub fn wake_at(&self, monotonic_ns: u64) {
        unsafe { (*self.mine).wake_at_ns = monotonic_ns }
    }

    /// With TURN_EXIT: how it went.
    pub fn set_exit_code(&self, code: i32) {
        unsafe { (*self.mine).exit_code = code }
    }

    pub fn grants(&self) -> &[Grant] {
        unsafe { array_of(self.grants, self.grant_count) }
    }

    /// What came with this turn, oldest first.
    pub fn inbox(&self) -> &[Message] {
        unsafe { array_of(self.inbox, self.inbox_count) }
    }

    /// The first is the program's name.
    pub fn arguments(&self) -> impl Iterator<Item = &[u8]> {
        unsafe { array_of(self.arguments, self.argument_count) }.iter().map(|text| unsafe { text_of(*text) })
    }

    /// The message's id, 0 for one that wants no answer, or an error's number. Never blocks.
    pub fn send(&self, message: &Message) -> Result<u64, u32> {
        let id = unsafe { (self.send)(message) };
        if id < 0 { Err(-id as u32) } else { Ok(id as u64) }
    }

    /// False when the app owes no answer to a request of that id.
    pub fn answer(&self, id: u64, answer: &Message) -> bool {
        unsafe { (self.answer)(id, answer) == 0 }
    }

    /// The next message, or None when none came in time.
    pub fn wait(&self, until_ns: u64) -> Option<Message> {
        let mut message = Message::NONE;
        let count = unsafe { (self.wait)(&mut message, 1, until_ns) };
        if count == 1 { Some(message) } else { None }
    }

    /// Sends, and waits for the answer.
    pub fn call(&self, message: &Message, until_ns: u64) -> Result<Message, u32> {
        let mut answer = Message::NONE;
        let error = unsafe { (self.call)(message, &mut answer, until_ns) };
        if error == 0 { Ok(answer) } else { Err(-error as u32) }
    }
}
