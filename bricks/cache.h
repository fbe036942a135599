// The bench-cache: records as immutable files below
//   <cache>/<machine>/machine.json
//   <cache>/<machine>/<environment>/environment.json, probe.json
//   <cache>/<machine>/<environment>/<first two hex digits>/<signature>.<run id>.json
// written to a temporary file and renamed, so that many writers and shared file systems are safe
// and two caches merge by copying. A file that does not parse or whose text does not match is a
// miss with a reason, never an error that stops the work and never a substitute.
#ifndef BRICKS_CACHE_H
#define BRICKS_CACHE_H

#include "bricks/brick.h"
#include "bricks/environment.h"
#include "bricks/machine.h"
#include "bricks/probe.h"
#include "bricks/record.h"

// The folder to use: `given` (--cache), else $DLBRICKS_CACHE, else ./bench-cache where that
// exists, else $XDG_DATA_HOME/dlbricks or ~/.local/share/dlbricks.
void cache_path(const char *given, struct str *out);

// One machine and environment of a cache.
struct cache_place {
    char *path; // <cache>/<machine>/<environment>
    struct machine machine;
    struct environment environment;
    struct probe probe; // n_levels = 0 if none is stored
};

// Opens the place for writing: makes the folders, writes machine.json and environment.json if
// they are not there. Fails if the folder cannot be written.
int cache_open(struct cache_place *place, const char *cache, const struct machine *m,
               const struct environment *e, struct error *err);
void cache_close(struct cache_place *place);

// Every place of a cache whose machine.json and environment.json can be read; the caller frees
// with cache_places_free. Those that cannot are counted in *damaged. A missing cache holds none.
struct cache_place *cache_places(const char *cache, int *n, int *damaged);
void cache_places_free(struct cache_place *places, int n);

// Whether the first n characters of a name are the label or the folder of the place's machine.
bool place_is_named(const struct cache_place *place, const char *name, size_t n);

// What becomes of a file that is named like a record of a brick.
enum record_fate {
    FATE_usable,
    FATE_damaged, // does not parse, or is of a format that is not known
    FATE_foreign, // is of another brick
    FATE_old,     // measured with another version of our own loops
};

// Calls visit for each such file in a place, in the order of their names. r is the visitor's to
// release; it is empty unless the fate is FATE_usable, and why says why. A place without a path has
// none.
typedef void record_visit(void *context, enum record_fate fate, const char *path, struct record *r,
                          const char *why);
void cache_visit_brick(const struct cache_place *place, const struct brick *brick,
                       record_visit *visit, void *context);

// All runs' records of one brick: returns their number. Free with records_free. What was passed
// over is added to misses->n and the first reason kept: one struct, zeroed by the caller, serves
// many bricks; misses may be NULL. A place without a path holds none.
struct cache_misses {
    int n;
    char reason[512]; // file and why, of the first one
};
int cache_find(const struct cache_place *place, const struct brick *brick, struct record **records,
               struct cache_misses *misses);

// Writes one record (replacing the same run's earlier, smaller one).
int cache_put(const struct cache_place *place, const struct record *r, struct error *err);

// flags and result as file_put's.
int cache_put_probe(const struct cache_place *place, const struct probe *p, int flags,
                    struct error *err);

#endif
