#include "cli/commands.h"

#include <stdarg.h>

#include "base/json.h"

int report(const struct error *err)
{
    char text[sizeof err->text];
    fprintf(stderr, "dlbricks: %s\n", printable(text, sizeof text, err->text));
    return STATUS_failed;
}

void note(const char *format, ...)
{
    char text[1024], shown[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fprintf(stderr, "note: %s\n", printable(shown, sizeof shown, text));
}
