#include "base/str.h"

#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

char str_empty[1] = "";

static void reserve(struct str *s, size_t extra)
{
    size_t need = s->len + extra + 1;
    if (need <= s->capacity)
        return;
    size_t capacity = s->capacity + s->capacity / 2 + 64;
    if (capacity < need)
        capacity = need;
    char *old = s->text == str_empty ? NULL : s->text;
    s->text = xrealloc(old, capacity);
    s->text[s->len] = '\0';
    s->capacity = capacity;
}

void str_add_n(struct str *s, const char *text, size_t n)
{
    reserve(s, n);
    memcpy(s->text + s->len, text, n);
    s->len += n;
    s->text[s->len] = '\0';
}

void str_add(struct str *s, const char *text)
{
    str_add_n(s, text, strlen(text));
}

void str_addf(struct str *s, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    reserve(s, (size_t)n);
    vsnprintf(s->text + s->len, (size_t)n + 1, format, again);
    s->len += (size_t)n;
    va_end(again);
    va_end(args);
}

void str_clear(struct str *s)
{
    s->len = 0;
    if (s->text != str_empty)
        s->text[0] = '\0';
}

void str_release(struct str *s)
{
    if (s->text != str_empty)
        free(s->text);
    *s = (struct str)STR_INIT;
}

char *str_detach(struct str *s)
{
    reserve(s, 0);
    char *text = s->text;
    *s = (struct str)STR_INIT;
    return text;
}

void str_add_float(struct str *s, float x)
{
    char text[64];
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)x);
        if (strtof(text, NULL) == x)
            break;
    }
    // the locale's decimal point was used both ways above; the text itself always has a dot
    char *point = strstr(text, localeconv()->decimal_point);
    if (point)
        *point = '.';
    str_add(s, text);
}
