// A growing string, always terminated. Empty is STR_INIT; text points to a constant "" until the
// first character is added, so that it may be read at any time.
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stddef.h>

struct str {
    char *text; // terminated; never NULL
    size_t len; // without the terminator
    size_t capacity;
};

extern char str_empty[1];
#define STR_INIT {str_empty, 0, 0}

void str_add(struct str *s, const char *text);
void str_add_n(struct str *s, const char *text, size_t n);
void str_addf(struct str *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void str_clear(struct str *s);   // empty, keeps the memory
void str_release(struct str *s); // empty, frees the memory
char *str_detach(struct str *s); // the caller frees the text; s is empty again

// The shortest decimal text that reads back as exactly this float32, whatever the locale.
void str_add_float(struct str *s, float x);

#endif
