// The files of a bench-cache one by one: their names, and reading each kind.
#ifndef BRICKS_CACHE_FILES_H
#define BRICKS_CACHE_FILES_H

#include "bricks/environment.h"
#include "bricks/machine.h"
#include "bricks/probe.h"
#include "bricks/record.h"

enum { CACHE_KEY_SIZE = 160, MAX_RECORD_BYTES = 64 << 20 };

// "folder/name"; the caller frees it.
char *cache_join(const char *folder, const char *name);

// Each reads the file of that name in a folder. A missing probe is an empty one.
int cache_read_machine(const char *folder, struct machine *m, struct error *err);
int cache_read_environment(const char *folder, struct environment *e, struct error *err);
int cache_read_probe(const char *folder, struct probe *p, struct error *err);

// Writes one of them; takes the reference of json. flags as file_put's, as is the result.
int cache_write_json(const char *folder, const char *name, json_t *json, int flags,
                     struct error *err);

// What a record's file name says: "<signature>.<run>.json".
struct record_name {
    char signature[SIGNATURE_SIZE];
    char run[RUN_ID_SIZE];
};
bool record_name_read(struct record_name *out, const char *name);

// Path of a record in a place's folder; the caller frees it.
char *record_path(const char *place, const char *signature, const char *run);

// Reads a whole record: it parses, its signature is that of its text, and its text reads back as a
// brick. *text receives the file as it is, which the caller frees. On failure both are empty.
int record_read(struct record *r, char **text, const char *path, struct error *err);

// The text at the beginning of a record's file, if it is that of the signature; the rest of the
// file is not looked at. NULL if it is not, or not within some KiB. The caller frees it.
char *record_peek_text(const char *path, const char *signature);

// A record that was parsed: its text reads back as a brick.
int record_check_brick(const struct record *r, const char *where, struct error *err);

#endif
