#include "bricks/canon.h"

#include <assert.h>
#include <sha256.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

// libmd leaves the text untouched; out holds its 64 digits and the terminator.
void signature_of(const char *text, char out[SIGNATURE_SIZE])
{
    _Static_assert(SIGNATURE_SIZE == SHA256_DIGEST_STRING_LENGTH, "libmd writes that many bytes");
    SHA256Data((const uint8_t *)text, strlen(text), out);
}

void name_append(char *name, size_t size, const char *text)
{
    enum { TAIL = 9 }; // '#' and the digits
    struct str whole = STR_INIT;
    char signature[SIGNATURE_SIZE];
    assert(size > TAIL);
    str_add(&whole, name);
    str_add(&whole, text);
    snprintf(name, size, "%s", whole.text);
    if (whole.len >= size) {
        signature_of(whole.text, signature);
        snprintf(name + size - 1 - TAIL, TAIL + 1, "#%.8s", signature);
    }
    str_release(&whole);
}
