/* The table from Linux's error numbers to WASI's. Both take the names from POSIX, so a line is one name. */
#include "platform/linux/wasi_errno.h"

#include <errno.h>

#define SAME(name) [E##name] = WASI_##name

static const uint8_t wasi_numbers[] = {
    SAME(2BIG),
    SAME(ACCES),
    SAME(ADDRINUSE),
    SAME(ADDRNOTAVAIL),
    SAME(AFNOSUPPORT),
    SAME(AGAIN),
    SAME(ALREADY),
    SAME(BADF),
    SAME(BADMSG),
    SAME(BUSY),
    SAME(CANCELED),
    SAME(CHILD),
    SAME(CONNABORTED),
    SAME(CONNREFUSED),
    SAME(CONNRESET),
    SAME(DEADLK),
    SAME(DESTADDRREQ),
    SAME(DOM),
    SAME(DQUOT),
    SAME(EXIST),
    SAME(FAULT),
    SAME(FBIG),
    SAME(HOSTUNREACH),
    SAME(IDRM),
    SAME(ILSEQ),
    SAME(INPROGRESS),
    SAME(INTR),
    SAME(INVAL),
    SAME(IO),
    SAME(ISCONN),
    SAME(ISDIR),
    SAME(LOOP),
    SAME(MFILE),
    SAME(MLINK),
    SAME(MSGSIZE),
    SAME(MULTIHOP),
    SAME(NAMETOOLONG),
    SAME(NETDOWN),
    SAME(NETRESET),
    SAME(NETUNREACH),
    SAME(NFILE),
    SAME(NOBUFS),
    SAME(NODEV),
    SAME(NOENT),
    SAME(NOEXEC),
    SAME(NOLCK),
    SAME(NOLINK),
    SAME(NOMEM),
    SAME(NOMSG),
    SAME(NOPROTOOPT),
    SAME(NOSPC),
    SAME(NOSYS),
    SAME(NOTCONN),
    SAME(NOTDIR),
    SAME(NOTEMPTY),
    SAME(NOTRECOVERABLE),
    SAME(NOTSOCK),
    SAME(NOTTY),
    SAME(NXIO),
    SAME(OVERFLOW),
    SAME(OWNERDEAD),
    SAME(PERM),
    SAME(PIPE),
    SAME(PROTO),
    SAME(PROTONOSUPPORT),
    SAME(PROTOTYPE),
    SAME(RANGE),
    SAME(ROFS),
    SAME(SPIPE),
    SAME(SRCH),
    SAME(STALE),
    SAME(TIMEDOUT),
    SAME(TXTBSY),
    SAME(XDEV),
    [EOPNOTSUPP] = WASI_NOTSUP, /* on Linux ENOTSUP is the same number */
};

enum wasi_errno wasi_errno_from_linux(int number) {
    if (number == 0) {
        return WASI_SUCCESS;
    }
    bool is_known = number > 0 && (size_t)number < sizeof wasi_numbers && wasi_numbers[number] != 0;
    return is_known ? (enum wasi_errno)wasi_numbers[number] : WASI_IO;
}
