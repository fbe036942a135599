#include "bricks/canon.h"

#include <sha256.h>
#include <string.h>

// libmd leaves the text untouched; out holds its 64 digits and the terminator.
void signature_of(const char *text, char out[SIGNATURE_SIZE])
{
    _Static_assert(SIGNATURE_SIZE == SHA256_DIGEST_STRING_LENGTH, "libmd writes that many bytes");
    SHA256Data((const uint8_t *)text, strlen(text), out);
}
