/* A driver that stands before the driver of SoftHSM2 and does what hardware does and software does not: it counts wrong
 * PINs and locks itself, and it is pulled out, also in the middle of its work. All cryptography is SoftHSM2's.
 *
 * The folder LOOSE_FOLDER steers it: the file `out` means that the token is pulled out; `pull-after` has the number of
 * signatures after which it is; `refuse-again` means that the PIN before a signature (CKU_CONTEXT_SPECIFIC) is refused, as
 * with cards whose signature keys have a PIN of their own; `locked` means that somebody else has
 * used up the tries.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long ulong;
typedef ulong (*any)();
/* CK_FUNCTION_LIST of PKCS#11 2.40: a version and 68 functions. */
struct list { unsigned char version[2]; any f[68]; };
enum { GET_FUNCTION_LIST = 3, GET_SLOT_LIST, GET_SLOT_INFO, GET_TOKEN_INFO, LOGIN = 18, SIGN = 43, CONTEXT_SPECIFIC = 2 };
enum { OK = 0, DEVICE_REMOVED = 0x32, PIN_INCORRECT = 0xA0, PIN_LOCKED = 0xA4, TOKEN_NOT_PRESENT = 0xE0 };
enum { COUNT_LOW = 0x10000, FINAL_TRY = 0x20000, LOCKED = 0x40000, REMOVABLE = 2, PRESENT = 1 };
/* Flags lie behind the texts of CK_SLOT_INFO and CK_TOKEN_INFO. */
enum { SLOT_FLAGS = 96, TOKEN_FLAGS = 96 };

static struct list *real, loose;
static int tries = 3;

static const char *path(const char *name) {
    static char buffer[4096];
    snprintf(buffer, sizeof buffer, "%s/%s", getenv("LOOSE_FOLDER"), name);
    return buffer;
}

static int tries_left(void) { return access(path("locked"), F_OK) == 0 ? 0 : tries; }

static int is_out(void) { return access(path("out"), F_OK) == 0; }

static ulong get_slot_list(unsigned char with_token, ulong *slots, ulong *count) {
    if (with_token && is_out()) { *count = 0; return OK; }
    return real->f[GET_SLOT_LIST](with_token, slots, count);
}

static ulong get_slot_info(ulong slot, unsigned char *info) {
    ulong said = real->f[GET_SLOT_INFO](slot, info);
    if (said == OK) {
        ulong flags;
        memcpy(&flags, info + SLOT_FLAGS, sizeof flags);
        flags |= REMOVABLE;
        if (is_out()) flags &= ~(ulong)PRESENT;
        memcpy(info + SLOT_FLAGS, &flags, sizeof flags);
    }
    return said;
}

static ulong get_token_info(ulong slot, unsigned char *info) {
    if (is_out()) return TOKEN_NOT_PRESENT;
    ulong said = real->f[GET_TOKEN_INFO](slot, info);
    if (said == OK) {
        ulong flags;
        memcpy(&flags, info + TOKEN_FLAGS, sizeof flags);
        flags &= ~(ulong)(COUNT_LOW | FINAL_TRY | LOCKED);
        if (tries_left() < 3) flags |= COUNT_LOW;
        if (tries_left() == 1) flags |= FINAL_TRY;
        if (tries_left() == 0) flags |= LOCKED;
        memcpy(info + TOKEN_FLAGS, &flags, sizeof flags);
    }
    return said;
}

static ulong login(ulong session, ulong user, unsigned char *pin, ulong length) {
    if (is_out()) return DEVICE_REMOVED;
    if (tries_left() == 0) return PIN_LOCKED;
    if (user == CONTEXT_SPECIFIC) {
        FILE *log = fopen(path("pins-again"), "a");
        if (log) { fputc('x', log); fclose(log); }
        if (access(path("refuse-again"), F_OK) == 0) return PIN_INCORRECT;
        return real->f[LOGIN](session, user, pin, length);
    }
    ulong said = real->f[LOGIN](session, user, pin, length);
    if (said == OK) tries = 3;
    if (said == PIN_INCORRECT) {
        FILE *log = fopen(path("wrong-pins"), "a");
        if (log) { fputc('x', log); fclose(log); }
        tries--;
    }
    return said;
}

static ulong sign(ulong session, unsigned char *data, ulong length, unsigned char *made, ulong *size) {
    FILE *file = fopen(path("pull-after"), "r");
    if (file && made) {
        int left = 0;
        if (fscanf(file, "%d", &left) != 1) left = 0;
        fclose(file);
        if (left == 0) {
            fclose(fopen(path("out"), "w"));
            remove(path("pull-after"));
        } else if ((file = fopen(path("pull-after"), "w"))) {
            fprintf(file, "%d", left - 1);
            fclose(file);
        }
    } else if (file) {
        fclose(file);
    }
    if (is_out()) return DEVICE_REMOVED;
    return real->f[SIGN](session, data, length, made, size);
}

ulong C_GetFunctionList(struct list **given) {
    if (!real) {
        void *library = dlopen(getenv("LOOSE_BEHIND"), RTLD_NOW);
        if (!library) return 5;
        any get = (any)dlsym(library, "C_GetFunctionList");
        if (!get || get(&real) != OK) return 5;
        loose = *real;
        loose.f[GET_FUNCTION_LIST] = (any)C_GetFunctionList;
        loose.f[GET_SLOT_LIST] = (any)get_slot_list;
        loose.f[GET_SLOT_INFO] = (any)get_slot_info;
        loose.f[GET_TOKEN_INFO] = (any)get_token_info;
        loose.f[LOGIN] = (any)login;
        loose.f[SIGN] = (any)sign;
    }
    *given = &loose;
    return OK;
}
