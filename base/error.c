#include "base/error.h"

#include <stdarg.h>
#include <string.h>

static void fill(struct error *err, const char *format, va_list args)
{
    if (err && !err->text[0])
        vsnprintf(err->text, sizeof err->text, format, args);
}

int fail(struct error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(err, format, args);
    va_end(args);
    return -1;
}

int fail_unsupported(struct error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (err && !err->text[0])
        err->unsupported = true;
    fill(err, format, args);
    va_end(args);
    return -1;
}

void *fail_null(struct error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(err, format, args);
    va_end(args);
    return NULL;
}

void error_prefix(struct error *err, const char *prefix)
{
    if (!err)
        return;
    struct error whole = {.unsupported = err->unsupported};
    snprintf(whole.text, sizeof whole.text, "%s: %.*s", prefix,
             (int)(sizeof whole.text - strlen(prefix) % sizeof whole.text), err->text);
    *err = whole;
}
