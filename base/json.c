#include "base/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"

json_t *json_read_text(const char *text, size_t bytes, const char *where, struct error *err)
{
    json_error_t e;
    json_t *json = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &e);
    if (json)
        return json;
    char shown[JSON_ERROR_TEXT_LENGTH];
    return fail_null(err, "%s: not valid JSON: line %d, column %d: %s", where, e.line, e.column,
                     printable(shown, sizeof shown, e.text));
}

json_t *json_read_file(const char *path, size_t max_bytes, struct error *err)
{
    size_t bytes;
    char *text = file_read(path, max_bytes, &bytes, err);
    if (!text)
        return NULL;
    json_t *json = json_read_text(text, bytes, path, err);
    free(text);
    return json;
}

// The member as it is, or NULL with a message that says what it should have been.
static json_t *member(const json_t *object, const char *key, const char *what, const char *where,
                      struct error *err)
{
    json_t *value = json_object_get(object, key);
    if (!value)
        return fail_null(err, "%s: \"%s\" (%s) is missing", where, key, what);
    return value;
}

static void *wrong(const char *key, const char *what, const char *where, struct error *err)
{
    return fail_null(err, "%s: \"%s\" is not %s", where, key, what);
}

int json_get_int(const json_t *object, const char *key, int64_t *value, const char *where,
                 struct error *err)
{
    const json_t *v = member(object, key, "an integer", where, err);
    if (!v)
        return -1;
    if (!json_is_integer(v)) {
        wrong(key, "an integer", where, err);
        return -1;
    }
    *value = json_integer_value(v);
    return 0;
}

int json_get_size(const json_t *object, const char *key, size_t *value, const char *where,
                  struct error *err)
{
    int64_t wide;
    if (json_get_int(object, key, &wide, where, err))
        return -1;
    if (wide < 0)
        return fail(err, "%s: \"%s\" is negative", where, key);
    *value = (size_t)wide;
    return 0;
}

int json_get_real(const json_t *object, const char *key, double *value, const char *where,
                  struct error *err)
{
    const json_t *v = member(object, key, "a number", where, err);
    if (!v)
        return -1;
    if (!json_is_number(v)) {
        wrong(key, "a number", where, err);
        return -1;
    }
    *value = json_number_value(v);
    return 0;
}

const char *json_get_text(const json_t *object, const char *key, const char *where,
                          struct error *err)
{
    const json_t *v = member(object, key, "a string", where, err);
    if (v && !json_is_string(v))
        return wrong(key, "a string", where, err);
    return json_string_value(v);
}

json_t *json_get_array(const json_t *object, const char *key, const char *where, struct error *err)
{
    json_t *v = member(object, key, "an array", where, err);
    if (v && !json_is_array(v))
        return wrong(key, "an array", where, err);
    return v;
}

json_t *json_get_object(const json_t *object, const char *key, const char *where, struct error *err)
{
    json_t *v = member(object, key, "an object", where, err);
    if (v && !json_is_object(v))
        return wrong(key, "an object", where, err);
    return v;
}

// Length of the UTF-8 sequence at s, 0 if there is none. Overlong forms, surrogates and what lies
// beyond U+10FFFF are none.
static int utf8_length(const unsigned char *s)
{
    if (s[0] < 0x80)
        return 1;
    int n = s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : s[0] >= 0xf0 ? 4 : 0;
    if (!n || s[0] > 0xf4)
        return 0;
    for (int i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    bool surrogate = s[0] == 0xed && s[1] >= 0xa0;
    bool beyond = s[0] == 0xf4 && s[1] >= 0x90;
    return overlong || surrogate || beyond ? 0 : n;
}

// C0, DEL, and C1, which UTF-8 writes as c2 80 to c2 9f.
static bool is_control(const unsigned char *s)
{
    return s[0] < 0x20 || s[0] == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0);
}

char *printable(char *out, size_t size, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t used = 0;
    while (*s) {
        int n = utf8_length(s);
        bool keep = n > 0 && !is_control(s);
        size_t bytes = keep ? (size_t)n : 1;
        if (used + bytes >= size)
            break;
        memcpy(out + used, keep ? (const char *)s : "?", bytes);
        used += bytes;
        s += n > 0 ? n : 1;
    }
    out[used] = '\0';
    return out;
}

json_t *json_text(const char *text)
{
    struct str clean = STR_INIT;
    const unsigned char *s = (const unsigned char *)(text ? text : "");
    while (*s) {
        int n = utf8_length(s);
        str_add_n(&clean, n ? (const char *)s : "?", n ? (size_t)n : 1);
        s += n ? n : 1;
    }
    json_t *json = json_stringn(clean.text, clean.len);
    str_release(&clean);
    return json;
}
