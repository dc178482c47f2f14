/* From what a person calls an interface to its hash. */
#ifndef PLATFORM_LINUX_INTERFACE_NAME_H
#define PLATFORM_LINUX_INTERFACE_NAME_H

#include "base/budget.h"
#include "base/bytes.h"
#include "base/sha256.h"

#define INTERFACE_NAME_SIZE 32

struct interface_name {
    uint8_t hash[SHA256_SIZE];
    char name[INTERFACE_NAME_SIZE]; /* its own, cut where it is longer, or the first digits of its hash where that is all that is known */
};

/* By the name of one that ArgOS comes with, by a file with one interface (any word with a '/' or that ends in .wit), or by its hash: all 64 digits,
   or at least 8 of one that ArgOS comes with. False, after a message when `says` is set, where it stands for none. */
bool interface_name_find(struct budget *budget, struct bytes word, bool says, struct interface_name *out);

#endif
