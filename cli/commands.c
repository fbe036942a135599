#include "cli/commands.h"

#include <stdarg.h>

#include "base/json.h"
#include "base/memory.h"

int report(const struct error *err)
{
    char text[sizeof err->text];
    fprintf(stderr, "dlbricks: %s\n", printable(text, sizeof text, err->text));
    return STATUS_failed;
}

void note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    size_t size = (size_t)n + 1;
    char *text = xmalloc(size), *shown = xmalloc(size);
    va_start(args, format);
    vsnprintf(text, size, format, args);
    va_end(args);
    fprintf(stderr, "note: %s\n", printable(shown, size, text));
    free(text);
    free(shown);
}
