// An app for ArgOS: one function, whose argument is all that it can do. This one counts. It writes a line to the log every tenth of a second, three
// times or as often as its first argument says. It handles the interface of counter.wit for whoever has a grant to it, and when it was given a grant to
// another counter, it asks that one. context.ts says what else there is.
//
// Nothing here is allocated: the text and the two messages have places of their own, and strings that are written out are in the program already.
import {
    Clock, Context, Message,
    GRANT_SERVE, GRANT_USE, MESSAGE_NOTICE, MESSAGE_REQUEST, NOTICE_STOP, TURN_EXIT, TURN_WAIT, UNSUPPORTED, UNTIL_EVER,
    answer, call, log,
} from "./context";

const PERIOD_NS: u64 = 100_000_000; // a tenth of a second
const COUNTER_COUNT: u32 = 1; // the first function of counter.wit

// Globals stay from turn to turn.
let count: u32 = 0;
let countMax: u32 = 3;
let nextNs: u64 = 0;

// ---- Text ----

const LINE_SIZE: u32 = 100;
const line = memory.data(100);
let lineLength: u32 = 0;

function lineAddByte(byte: u8): void {
    if (lineLength < LINE_SIZE) {
        store<u8>(line + lineLength, byte);
        lineLength++;
    }
}

function lineAdd(text: string): void {
    for (let index = 0; index < text.length; index++) {
        lineAddByte(<u8>text.charCodeAt(index));
    }
}

function lineAddNumber(number: u64): void {
    if (number >= 10) {
        lineAddNumber(number / 10);
    }
    lineAddByte(<u8>(48 + number % 10));
}

function lineLog(): void {
    log(line, lineLength);
    lineLength = 0;
}

function isText(address: usize, text: string): bool {
    for (let index = 0; index < text.length; index++) {
        if (load<u8>(address + index) != <u8>text.charCodeAt(index)) {
            return false;
        }
    }
    return load<u8>(address + text.length) == 0;
}

function numberOf(address: usize): u32 {
    let number: u32 = 0;
    for (let digit = load<u8>(address); digit >= 48 && digit <= 57; digit = load<u8>(++address)) {
        number = number * 10 + (digit - 48);
    }
    return number;
}

// ---- Messages ----

const MESSAGE_SIZE = 144;
const question = changetype<Message>(memory.data(144, 8));
const reply = changetype<Message>(memory.data(144, 8));

// Answers all that came with this turn; false when the app is asked to end.
function answerAll(os: Context): bool {
    for (let index: u32 = 0; index < os.inboxCount; index++) {
        const message = os.inboxAt(index);
        if (message.kind == MESSAGE_REQUEST && message.id != 0) {
            memory.fill(changetype<usize>(reply), 0, MESSAGE_SIZE);
            if (message.operation == COUNTER_COUNT) {
                reply.word0 = count;
            } else {
                reply.error = -UNSUPPORTED;
            }
            answer(message.id, reply);
        } else if (message.kind == MESSAGE_NOTICE && message.operation == NOTICE_STOP) {
            return false;
        }
    }
    return true;
}

// Asks another counter how far it is, where the app was given one.
function ask(os: Context): void {
    for (let index: u32 = 0; index < os.grantCount; index++) {
        const grant = os.grantAt(index);
        if ((grant.flags & GRANT_USE) == 0 || !isText(grant.label, "counter")) {
            continue;
        }
        memory.fill(changetype<usize>(question), 0, MESSAGE_SIZE);
        memory.fill(changetype<usize>(reply), 0, MESSAGE_SIZE);
        question.grant = grant.handle;
        question.operation = COUNTER_COUNT;
        const error = call(question, reply, UNTIL_EVER);
        lineAdd(error == 0 ? "the other counter is at " : "the other counter does not answer: error ");
        lineAddNumber(error == 0 ? reply.word0 : <u64>-error);
        lineLog();
    }
}

// ---- The app ----

function countOne(os: Context): void {
    count++;
    lineAdd("count ");
    lineAddNumber(count);
    lineAdd(" of ");
    lineAddNumber(countMax);
    lineLog();
    ask(os);
}

function isHandler(os: Context): bool {
    for (let index: u32 = 0; index < os.grantCount; index++) {
        if ((os.grantAt(index).flags & GRANT_SERVE) != 0) {
            return true;
        }
    }
    return false;
}

export function start(os: Context): i32 {
    if (os.turn == 1 && os.argumentCount > 1) {
        countMax = numberOf(os.argumentAt(1));
    }
    if (!answerAll(os)) {
        return TURN_EXIT;
    }
    // Without a clock every turn counts.
    const nowNs = os.clock != 0 ? changetype<Clock>(os.clock).monotonicNs : nextNs;
    if (count < countMax && nowNs >= nextNs) {
        countOne(os);
        nextNs = nowNs + PERIOD_NS;
    }
    if (count < countMax) {
        os.mine.wakeAtNs = nextNs;
        return TURN_WAIT;
    }
    return isHandler(os) ? TURN_WAIT : TURN_EXIT;
}
