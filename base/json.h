// Reading and writing of our own JSON files with jansson. Getters take the place from which they
// read ("cache/ab/....json: samples[3]") so that each message is complete. All fail with -1/NULL
// and a message; none aborts on any input.
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/file.h"

// Parses a text; `where` names it in messages. The caller owns the reference.
json_t *json_read_text(const char *text, size_t bytes, const char *where, struct error *err);

// Loads a whole file ("-" is standard input), at most max_bytes. The caller owns the reference.
json_t *json_read_file(const char *path, size_t max_bytes, struct error *err);

// Members of an object, by name; `where` names the object in messages.
int json_get_int(const json_t *object, const char *key, int64_t *value, const char *where,
                 struct error *err);
int json_get_size(const json_t *object, const char *key, size_t *value, const char *where,
                  struct error *err); // at least 0
int json_get_real(const json_t *object, const char *key, double *value, const char *where,
                  struct error *err);
const char *json_get_text(const json_t *object, const char *key, const char *where,
                          struct error *err); // borrowed
json_t *json_get_array(const json_t *object, const char *key, const char *where,
                       struct error *err); // borrowed
json_t *json_get_object(const json_t *object, const char *key, const char *where,
                        struct error *err); // borrowed

// A string for JSON of any bytes: what is not UTF-8 becomes '?'. NULL gives "".
json_t *json_text(const char *text);

// A text without control characters, for showing what came from an untrusted file: each is
// replaced by '?', as is what is not UTF-8. Cuts at size - 1. Returns `out`.
char *printable(char *out, size_t size, const char *text);

#endif
