// Errors of the library: a message on the caller's stack. Library code never prints and never
// exits; it fills a struct error and returns -1 or NULL, and only cli/ shows it. The first
// message wins, so that a caller may add its own on the way out without hiding the cause.
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct error {
    char text[1024];  // complete sentence: file, node, operator, value, what to do; "" means none
    bool unsupported; // nothing is wrong with the input, only that we cannot do it
};

// Fills err unless it already holds a message (err may be NULL). Returns -1, so that a function
// can end with `return fail(err, "...")`.
int fail(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The same for what is right in itself and beyond us, such as a format of a later version.
int fail_unsupported(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// The same for functions that return a pointer: `return fail_null(err, "...")`.
void *fail_null(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Puts "prefix: " before the message that err holds; used where a caller knows the file's name.
void error_prefix(struct error *err, const char *prefix);

// A broken invariant of our own: says where and aborts. Never for input, files or memory sizes
// that a file asked for.
#define BUG(...)                                                                                   \
    do {                                                                                           \
        fprintf(stderr, "dlbricks: bug at %s:%d: ", __FILE__, __LINE__);                           \
        fprintf(stderr, __VA_ARGS__);                                                              \
        fputc('\n', stderr);                                                                       \
        abort();                                                                                   \
    } while (0)

#endif
