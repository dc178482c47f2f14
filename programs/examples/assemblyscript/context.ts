// The contract between an app and ArgOS, for AssemblyScript: the layout of context.h, field by field. These are no objects that somebody collects, but
// views of memory, as structures of C are: changetype<Context>(address) makes one of an address. What the kernel shows can be read and not written, and
// stands until the turn ends.

// What start returns.
export const TURN_WAIT: i32 = 0; // call me when a message comes, or when mine.wakeAtNs is past
export const TURN_AGAIN: i32 = 1; // call me again as soon as the others had their turn
export const TURN_EXIT: i32 = 2; // end me: mine.exitCode says how it went

// Bits of Grant.flags.
export const GRANT_USE: u32 = 1; // messages can be sent through it
export const GRANT_SERVE: u32 = 2; // the app handles the interface
export const GRANT_REVOKED: u32 = 4;

// Message.kind of what came in.
export const MESSAGE_REQUEST: u16 = 1; // an answer is owed when id is not 0
export const MESSAGE_ANSWER: u16 = 2;
export const MESSAGE_NOTICE: u16 = 3; // from the kernel: operation is one of these
export const NOTICE_CLIENT_GONE: u32 = 1;
export const NOTICE_CANCELLED: u32 = 2;
export const NOTICE_ROOM: u32 = 3;
export const NOTICE_GRANTS: u32 = 4;
export const NOTICE_STOP: u32 = 5;

// Bits of Message.flags, set by who sends.
export const MESSAGE_NO_ANSWER: u16 = 1;
export const MESSAGE_AWAIT_HANDLER: u16 = 2;
export const MESSAGE_FORWARD: u16 = 4;
export const MESSAGE_CANCEL: u16 = 8;

// Message.blockMode.
export const BLOCK_NONE: u32 = 0;
export const BLOCK_COPY: u32 = 1;

// Errors are negative in messages and as results. These are some; context.h lists all.
export const NO_GRANT: i32 = 2;
export const REVOKED: i32 = 3;
export const NO_HANDLER: i32 = 4;
export const HANDLER_GONE: i32 = 5;
export const TIMED_OUT: i32 = 7;
export const FULL: i32 = 8;
export const REFUSED: i32 = 13;
export const UNSUPPORTED: i32 = 14;
export const MALFORMED: i32 = 15;

export const UNTIL_POLL: u64 = 0;
export const UNTIL_EVER: u64 = u64.MAX_VALUE;

// A grant that the app was started with. The first 32 bytes are the interface's hash.
@unmanaged
export class Grant {
    interface0: u64;
    interface1: u64;
    interface2: u64;
    interface3: u64;
    handle: u32;
    flags: u32;
    label: usize; // of a text that ends with a zero
    reserved: u32;
}

@unmanaged
export class Message {
    id: u64;
    badge: u64;
    word0: u64;
    word1: u64;
    word2: u64;
    word3: u64;
    grant: u32;
    operation: u32;
    kind: u16;
    flags: u16;
    error: i32;
    block: usize;
    blockSize: u32;
    blockMode: u32;
    grantCount: u32;
    grant0: u32; // four grants, each a handle, a mode and a badge
    mode0: u32;
    badge0: u64;
    grant1: u32;
    mode1: u32;
    badge1: u64;
    grant2: u32;
    mode2: u32;
    badge2: u64;
    grant3: u32;
    mode3: u32;
    badge3: u64;
}

// The page that the app may write.
@unmanaged
export class AppState {
    size: u32;
    exitCode: i32;
    store: usize;
    wakeAtNs: u64;
}

@unmanaged
export class Clock {
    size: u32;
    reserved: u32;
    monotonicNs: u64;
    wallNs: u64;
}

@unmanaged
export class Context {
    size: u32;
    app: u32;
    turn: u64; // turns so far, this one included
    mine: AppState;
    clock: usize; // 0 without a grant of the clock; changetype<Clock>(os.clock) otherwise
    log: u32; // functions are indices of the app's table, 0 where the app was not granted what they do;
    allocate: u32; // those below are the same functions
    release: u32;
    send: u32;
    answer: u32;
    wait: u32;
    call: u32;
    buffer: u32;
    grants: usize;
    grantCount: u32;
    inbox: usize;
    inboxCount: u32;
    arguments: usize; // of the addresses of texts that end with a zero; the first is the program's name
    argumentCount: u32;

    grantAt(index: u32): Grant {
        return changetype<Grant>(this.grants + index * offsetof<Grant>());
    }

    inboxAt(index: u32): Message {
        return changetype<Message>(this.inbox + index * offsetof<Message>());
    }

    argumentAt(index: u32): usize {
        return load<u32>(this.arguments + index * 4);
    }
}

// The functions of the context, by import. Without a grant of it, log does nothing.
@external("argos", "log")
export declare function log(text: usize, length: u32): void;
// 0 when there is no room. It makes memory grow, and the allocator behind AssemblyScript's new takes all memory for its own: use one of the two.
@external("argos", "allocate")
export declare function allocate(size: u32, alignment: u32): usize;
@external("argos", "release")
export declare function release(memory: usize): void;
// The message's id, 0 for one that wants no answer, or a negative error; never blocks.
@external("argos", "send")
export declare function send(message: Message): i64;
@external("argos", "answer")
export declare function answer(id: u64, answer: Message): i32;
// Up to count messages into an array; their number, 0 when none came in time.
@external("argos", "wait")
export declare function wait(out: Message, count: u32, untilNs: u64): i32;
// Sends, and waits for the answer: 0, or a negative error.
@external("argos", "call")
export declare function call(message: Message, answer: Message, untilNs: u64): i32;
